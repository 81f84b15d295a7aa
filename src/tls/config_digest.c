/* SPDX-License-Identifier: Apache-2.0 */
/* The two digests of a config, SHA-256 over an encoding in which nothing can be taken for anything
 * else; the same in every process, so that a fleet can share its tickets.
 *
 * config->judgement covers what decides whether a peer is accepted, and at a client whom it shows,
 * for that is who it goes on to be: a session is resumed under the judgement that it began with and
 * under no other. config->fingerprint covers besides what else
 * makes a client's connections different: sessions are looked up by it. Neither covers what says
 * nothing of the peer: clock, randomness, sizes of records, the memo, early data. */
#include "tls/config_digest.h"
#include "x509/crl_store.h"
#include "x509/pins.h"
#include "x509/set_digest.h"
#include "x509/trust.h"

/* To be changed with the encoding: sessions of other versions are then not resumed. */
static const char judgement_label[] = "bulla judgement 1";
static const char fingerprint_label[] = "bulla fingerprint 1";

_Static_assert(sizeof((struct bulla_config *)0)->judgement == SET_DIGEST_LEN, "SHA-256");

static bulla_cause digest_judgement(bulla_config *config);
static void digest_fingerprint(bulla_config *config);
static bulla_cause add_sets(struct hash *hash, const bulla_config *config);
static void add_set(struct hash *hash, bool present, const uint8_t *digest);
static void add_credentials(struct hash *hash, const bulla_config *config);
static void add_number(struct hash *hash, uint64_t number);
static void add_bytes(struct hash *hash, bulla_bytes bytes);

bulla_cause config_digest(bulla_config *config) {
    bulla_cause cause = digest_judgement(config);
    if (cause == BULLA_OK) {
        digest_fingerprint(config);
    }
    return cause;
}

static bulla_cause digest_judgement(bulla_config *config) {
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    add_bytes(&hash, bytes_of_text(judgement_label));
    add_number(&hash, config->role);
    add_number(&hash, config->client_auth);
    add_number(&hash, config->ask & BULLA_ASK_VERIFY);
    add_bytes(&hash, bytes_of(config->judgement_identity, config->judgement_identity_len));
    add_number(&hash, config->purpose);
    add_number(&hash, config->profile);
    add_number(&hash, config->verify_depth);
    add_number(&hash, config->revocation);
    bulla_cause cause = add_sets(&hash, config);
    if (config->role == BULLA_CLIENT) {
        add_credentials(&hash, config);
    }
    hash_finish(&hash, config->judgement);
    return cause;
}

/* CRLs that nobody asks decide nothing. */
static bulla_cause add_sets(struct hash *hash, const bulla_config *config) {
    bool asks_crls = config->crls != NULL && config->revocation != BULLA_REVOCATION_OFF;
    uint8_t trust[SET_DIGEST_LEN] = {0};
    uint8_t crls[SET_DIGEST_LEN] = {0};
    uint8_t pins[SET_DIGEST_LEN] = {0};
    bulla_cause cause = config->trust == NULL ? BULLA_OK : trust_digest(config->trust, trust);
    if (cause == BULLA_OK && asks_crls) {
        cause = crl_store_digest(config->crls, crls);
    }
    if (cause == BULLA_OK && config->pins != NULL) {
        cause = pins_digest_all(config->pins, pins);
    }
    add_set(hash, config->trust != NULL, trust);
    add_set(hash, asks_crls, crls);
    add_set(hash, config->pins != NULL, pins);
    return cause;
}

/* Lists count with their order: it decides what is negotiated, and which credential is shown. */
static void digest_fingerprint(bulla_config *config) {
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    add_bytes(&hash, bytes_of_text(fingerprint_label));
    add_bytes(&hash, BYTES_IN(config->judgement));
    add_number(&hash, config->version_min);
    add_number(&hash, config->version_max);
    add_number(&hash, config->extended_master_secret_required);
    add_number(&hash, config->ask & BULLA_ASK_CREDENTIAL);
    add_number(&hash, config->num_suites);
    for (size_t i = 0; i < config->num_suites; i++) {
        add_number(&hash, config->suites[i]->code);
    }
    add_number(&hash, config->num_groups);
    for (size_t i = 0; i < config->num_groups; i++) {
        add_number(&hash, config->groups[i]->code);
    }
    add_number(&hash, config->num_schemes);
    for (size_t i = 0; i < config->num_schemes; i++) {
        add_number(&hash, config->schemes[i]->code);
    }
    add_number(&hash, config->num_alpn);
    for (size_t i = 0; i < config->num_alpn; i++) {
        add_bytes(&hash, bytes_of(config->alpn[i].name, config->alpn[i].len));
    }
    add_credentials(&hash, config);
    hash_finish(&hash, config->fingerprint);
}

static void add_set(struct hash *hash, bool present, const uint8_t *digest) {
    add_number(hash, present);
    hash_update(hash, bytes_of(digest, SET_DIGEST_LEN));
}

/* In their order, by which one is chosen. */
static void add_credentials(struct hash *hash, const bulla_config *config) {
    add_number(hash, config->num_credentials);
    for (size_t i = 0; i < config->num_credentials; i++) {
        add_bytes(hash, config->credentials[i]->leaf.der);
    }
}

static void add_number(struct hash *hash, uint64_t number) {
    uint8_t octets[8];
    for (unsigned i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    hash_update(hash, BYTES_IN(octets));
}

static void add_bytes(struct hash *hash, bulla_bytes bytes) {
    add_number(hash, bytes.len);
    hash_update(hash, bytes);
}
