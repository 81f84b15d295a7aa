/* SPDX-License-Identifier: Apache-2.0 */
/* The choice among several credentials, RFC 8446 4.4.2.2 and 4.4.2.3, RFC 5246 7.4.2 and 7.4.6.
 *
 * A credential fits where the peer can verify its signatures: by the schemes that it named; in TLS
 * 1.2 also by a suite for such keys and by the curves that the client listed (RFC 8422 5.3).
 *
 * A server shows, of those that fit, one that is for the name asked for (SNI): that very name
 * before a wildcard of one label (RFC 9525 6.3). For no name or one that it does not have it shows
 * the first credential added, or another for the first of that one's names; else whatever fits. Of
 * several ECDSA and Ed25519 come before RSA, and then what was added first.
 *
 * A client with one credential shows it if it fits: its owner has made the choice, and a server
 * that does not want it can say why. Of several, where the server names authorities, it shows the
 * first that one of them issued, at whatever place in its chain, and none where none is: RFC
 * 8446 4.2.4 binds nobody to that, but a guess says who the client is to somebody who did not ask,
 * and ends a handshake that might have gone on without. */
#include "tls/credential_choice.h"
#include "tls/hello.h"
#include "x509/dns_name.h"
#include "x509/name.h"

#include <stdlib.h>

enum entry_kind { ENTRY_INVALID = 0, ENTRY_NAME, ENTRY_WILDCARD, ENTRY_ISSUER };

/* One name of one credential. */
struct entry {
    enum entry_kind kind;
    uint32_t place; /* of the credential */
    uint64_t hash;  /* of `name`, whatever the case of its letters */
    bool is_rsa;
    bulla_bytes name; /* of a wildcard what stands behind "*."; an issuer's whole Name */
};

/* Sorted by kind, hash, and then by who is shown first. */
struct credential_index {
    size_t num_entries;
    struct entry *entries;
    struct entry first; /* the first name of the first credential; ENTRY_INVALID: it has none */
};

/* What the peer can verify, worked out once for all credentials. */
struct demand {
    const bulla_config *config;
    uint16_t version;
    uint32_t schemes;
    uint32_t refused_curves;
    bool suite_for_ecdsa, suite_for_rsa;
};

static void add_credential(struct credential_index *index, const bulla_credential *credential,
                           uint32_t place);
static bool entry_of_name(const struct general_name *name, struct entry *out);
static void add_entry(struct credential_index *index, const struct entry *entry);
static uint64_t hash_of_name(bulla_bytes name);
static int compare_entries(const void *a, const void *b);
static struct demand demand_of(const bulla_connection *connection);
static bulla_cause check_fit(const struct demand *demand, const bulla_credential *credential);
static bulla_credential *for_client(const bulla_connection *connection,
                                    const struct demand *demand);
static bulla_credential *for_server(const bulla_connection *connection,
                                    const struct demand *demand);
static bulla_credential *for_authorities(const bulla_connection *connection,
                                         const struct demand *demand);
static bulla_credential *first_that_fits(const bulla_config *config, const struct demand *demand);
static bulla_credential *best_of(const bulla_config *config, enum entry_kind kind, uint64_t hash,
                                 bulla_bytes name, const struct demand *demand);
static size_t first_entry(const struct credential_index *index, enum entry_kind kind,
                          uint64_t hash);

/* The first round counts the entries, the second writes them down. */
bulla_cause credential_index_new(struct credential_index **out, const bulla_config *config) {
    struct credential_index *index = calloc(1, sizeof *index);
    if (index == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    for (int round = 0; round < 2; round++) {
        if (round == 1) {
            index->entries = calloc(index->num_entries + 1, sizeof *index->entries);
            index->num_entries = 0;
            if (index->entries == NULL) {
                free(index);
                return BULLA_E_OUT_OF_MEMORY;
            }
        }
        for (size_t i = 0; i < config->num_credentials; i++) {
            add_credential(index, config->credentials[i], (uint32_t)i);
        }
    }
    qsort(index->entries, index->num_entries, sizeof *index->entries, compare_entries);
    *out = index;
    return BULLA_OK;
}

void credential_index_free(struct credential_index *index) {
    if (index != NULL) {
        free(index->entries);
        free(index);
    }
}

bulla_credential *credential_for(const bulla_connection *connection) {
    struct demand demand = demand_of(connection);
    return connection->role == BULLA_SERVER ? for_server(connection, &demand)
                                            : for_client(connection, &demand);
}

bulla_credential *credential_by_name(const bulla_connection *connection) {
    struct demand demand = demand_of(connection);
    if (demand.schemes == 0) {
        demand.schemes = UINT32_MAX;
    }
    return for_server(connection, &demand);
}

bulla_cause credential_fits(const bulla_connection *connection,
                            const bulla_credential *credential) {
    struct demand demand = demand_of(connection);
    return check_fit(&demand, credential);
}

const struct signature_scheme *credential_scheme(const bulla_connection *connection,
                                                 const bulla_credential *credential) {
    const bulla_config *config = connection->config;
    const struct public_key_info *key = &credential->leaf.key;
    return signature_scheme_for_key(config->schemes, config->num_schemes, connection->version,
                                    key->kind, key->bits, connection->handshake->peer_schemes);
}

/* Ed25519 keys have no group of their own: the signature schemes say all of them. */
uint32_t credential_refused_curves(bulla_bytes supported_groups) {
    static const struct {
        uint16_t group;
        enum key_kind kind;
    } curves[] = {
        {BULLA_GROUP_SECP256R1, KEY_KIND_EC_P256},
        {BULLA_GROUP_SECP384R1, KEY_KIND_EC_P384},
        {0x0019 /* secp521r1 */, KEY_KIND_EC_P521},
    };
    uint32_t refused = 0;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        struct reader reader = reader_over(supported_groups);
        bool listed = supported_groups.len == 0;
        uint16_t group;
        while (!listed && reader_u16(&reader, &group)) {
            listed = group == curves[i].group;
        }
        refused |= listed ? 0 : (uint32_t)1 << curves[i].kind;
    }
    return refused;
}

/* Making the index. */

/* That a chain's later certificates can be read was found out when it was read. */
static void add_credential(struct credential_index *index, const bulla_credential *credential,
                           uint32_t place) {
    struct name_iterator names = name_iterator_over(credential->leaf.subject_alt_name);
    struct entry entry = {.place = place, .is_rsa = credential->leaf.key.kind == KEY_KIND_RSA};
    struct general_name name;
    while (name_next(&names, &name)) {
        if (!entry_of_name(&name, &entry)) {
            continue;
        }
        if (place == 0 && index->first.kind == ENTRY_INVALID) {
            index->first = entry;
        }
        add_entry(index, &entry);
    }
    entry.kind = ENTRY_ISSUER;
    entry.is_rsa = false; /* a client goes by the order of adding alone */
    for (size_t i = 0; i < credential->num_certificates; i++) {
        struct certificate certificate;
        if (certificate_parse(&certificate, credential->certificates[i]) == BULLA_OK) {
            entry.name = certificate.issuer;
            entry.hash = name_hash(entry.name);
            add_entry(index, &entry);
        }
    }
}

/* False for what no client asks for by SNI: other kinds of names, "*" in other places. */
static bool entry_of_name(const struct general_name *name, struct entry *out) {
    if (name->kind != GENERAL_NAME_DNS) {
        return false;
    }
    out->name = name->value;
    out->kind =
        dns_name_is_valid_pattern(name->value) && dns_name_wildcard_rest(name->value, &out->name)
            ? ENTRY_WILDCARD
            : ENTRY_NAME;
    out->hash = hash_of_name(out->name);
    return true;
}

static void add_entry(struct credential_index *index, const struct entry *entry) {
    if (index->entries != NULL) {
        index->entries[index->num_entries] = *entry;
    }
    index->num_entries++;
}

/* FNV-1a. The names in the table are our own: who finds another one with the same hash gains a
 * comparison. */
static uint64_t hash_of_name(bulla_bytes name) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        hash ^= c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
        hash *= 0x100000001b3;
    }
    return hash;
}

static int compare_entries(const void *a, const void *b) {
    const struct entry *left = a;
    const struct entry *right = b;
    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    if (left->is_rsa != right->is_rsa) {
        return left->is_rsa ? 1 : -1;
    }
    return left->place == right->place ? 0 : left->place < right->place ? -1 : 1;
}

/* Choosing. */

static struct demand demand_of(const bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    struct demand demand = {.config = connection->config,
                            .version = connection->version,
                            .schemes = handshake->peer_schemes,
                            .suite_for_ecdsa = true,
                            .suite_for_rsa = true};
    if (connection->role == BULLA_SERVER && connection->version == BULLA_TLS_1_2) {
        demand.suite_for_ecdsa = suite_choose(connection, SIGNER_ECDSA) != NULL;
        demand.suite_for_rsa = suite_choose(connection, SIGNER_RSA) != NULL;
        demand.refused_curves = handshake->peer_refused_curves;
    }
    return demand;
}

static bulla_cause check_fit(const struct demand *demand, const bulla_credential *credential) {
    const struct public_key_info *key = &credential->leaf.key;
    bool suite = suite_signer_of_key(key->kind) == SIGNER_RSA ? demand->suite_for_rsa
                                                              : demand->suite_for_ecdsa;
    if (!suite) {
        return BULLA_E_NO_COMMON_SUITE;
    }
    bool curve_refused = (demand->refused_curves & (uint32_t)1 << key->kind) != 0;
    return !curve_refused && signature_scheme_for_key(demand->config->schemes,
                                                      demand->config->num_schemes, demand->version,
                                                      key->kind, key->bits, demand->schemes) != NULL
               ? BULLA_OK
               : BULLA_E_NO_COMMON_SIGNATURE_SCHEME;
}

static bulla_credential *for_client(const bulla_connection *connection,
                                    const struct demand *demand) {
    bool has_choice = connection->config->num_credentials > 1;
    return has_choice && connection->handshake->authorities_len != 0
               ? for_authorities(connection, demand)
               : first_that_fits(connection->config, demand);
}

static bulla_credential *for_server(const bulla_connection *connection,
                                    const struct demand *demand) {
    const bulla_config *config = connection->config;
    const struct entry *first = &config->index->first;
    bulla_bytes name = bytes_of(connection->server_name, connection->server_name_len);
    bulla_bytes parent;
    if (name.len != 0 && name.data[name.len - 1] == '.') {
        name.len--; /* RFC 6066 3 forbids it, and it is the same name */
    }
    bulla_credential *found = best_of(config, ENTRY_NAME, hash_of_name(name), name, demand);
    if (found == NULL && dns_name_parent(name, &parent)) {
        found = best_of(config, ENTRY_WILDCARD, hash_of_name(parent), parent, demand);
    }
    if (found == NULL && first->kind != ENTRY_INVALID) {
        found = best_of(config, first->kind, first->hash, first->name, demand);
    }
    return found == NULL ? first_that_fits(config, demand) : found;
}

/* The list is a row of DER names behind 2-byte lengths, RFC 8446 4.2.4 and RFC 5246 7.4.4. Of all
 * that it finds, what was added first. */
static bulla_credential *for_authorities(const bulla_connection *connection,
                                         const struct demand *demand) {
    const bulla_config *config = connection->config;
    const struct credential_index *index = config->index;
    struct reader list = reader_over(
        bytes_of(connection->handshake->authorities, connection->handshake->authorities_len));
    size_t best = config->num_credentials;
    bulla_bytes name;
    while (reader_vector16(&list, &name)) {
        if (!name_is_well_formed(name)) {
            continue;
        }
        uint64_t hash = name_hash(name);
        for (size_t i = first_entry(index, ENTRY_ISSUER, hash); i < index->num_entries; i++) {
            const struct entry *entry = &index->entries[i];
            if (entry->hash != hash || entry->place >= best) {
                break;
            }
            if (name_equal(entry->name, name) &&
                check_fit(demand, config->credentials[entry->place]) == BULLA_OK) {
                best = entry->place;
            }
        }
    }
    return best == config->num_credentials ? NULL : config->credentials[best];
}

static bulla_credential *first_that_fits(const bulla_config *config, const struct demand *demand) {
    for (size_t i = 0; i < config->num_credentials; i++) {
        if (check_fit(demand, config->credentials[i]) == BULLA_OK) {
            return config->credentials[i];
        }
    }
    return NULL;
}

static bulla_credential *best_of(const bulla_config *config, enum entry_kind kind, uint64_t hash,
                                 bulla_bytes name, const struct demand *demand) {
    const struct credential_index *index = config->index;
    for (size_t i = first_entry(index, kind, hash); i < index->num_entries; i++) {
        const struct entry *entry = &index->entries[i];
        if (entry->kind != kind || entry->hash != hash) {
            break;
        }
        if (dns_name_equal(entry->name, name) &&
            check_fit(demand, config->credentials[entry->place]) == BULLA_OK) {
            return config->credentials[entry->place];
        }
    }
    return NULL;
}

static size_t first_entry(const struct credential_index *index, enum entry_kind kind,
                          uint64_t hash) {
    size_t first = 0;
    size_t end = index->num_entries;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct entry *entry = &index->entries[middle];
        if (entry->kind < kind || (entry->kind == kind && entry->hash < hash)) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}
