/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8446 section 7: the labels and their order. See key_schedule.h. */
#include "tls/key_schedule.h"

#include "base/writer.h"

enum { LABEL_LEN_MAX = 255, HKDF_LABEL_LEN_MAX = 2 + 1 + LABEL_LEN_MAX + 1 + HASH_LEN_MAX };

static const uint8_t zeros[HASH_LEN_MAX];

/* What every handshake would compute again, by hash: the digest of nothing, which "derived" and the
 * like take for their context, and the handshake's salt where there is no PSK. */
struct fixed_values {
    uint8_t empty_digest[SECRET_LEN_MAX];
    uint8_t salt_without_psk[SECRET_LEN_MAX];
};

static const struct fixed_values *fixed_values_of(enum hash_id hash);
static void expand_label_keyed(const struct hmac_key *key, bulla_bytes label, bulla_bytes context,
                               uint8_t *out, size_t len);
static void derive_secret(const struct hmac_key *key, const char *label, enum hash_id hash,
                          const uint8_t *digest, uint8_t *out);
static void derive_next_salt(const struct hmac_key *key, enum hash_id hash, uint8_t *out);

void expand_label(enum hash_id hash, const uint8_t *secret, const char *label, bulla_bytes context,
                  uint8_t *out, size_t len) {
    struct hmac_key key;
    hmac_key_set(&key, hash, bytes_of(secret, hash_len(hash)));
    expand_label_keyed(&key, bytes_of_text(label), context, out, len);
    bytes_wipe(&key, sizeof key);
}

void early_secrets_derive(struct early_secrets *out, enum hash_id hash, bulla_bytes psk) {
    struct hmac_key key;
    size_t len = hash_len(hash);
    hkdf_extract(hash, bytes_of(zeros, len), psk, out->early_secret);
    hmac_key_set(&key, hash, bytes_of(out->early_secret, len));
    derive_secret(&key, "res binder", hash, fixed_values_of(hash)->empty_digest, out->binder_key);
    derive_next_salt(&key, hash, out->handshake_salt);
    bytes_wipe(&key, sizeof key);
}

void early_traffic_derive(uint8_t *out, const struct early_secrets *from, enum hash_id hash,
                          const uint8_t *digest) {
    struct hmac_key key;
    hmac_key_set(&key, hash, bytes_of(from->early_secret, hash_len(hash)));
    derive_secret(&key, "c e traffic", hash, digest, out);
    bytes_wipe(&key, sizeof key);
}

void handshake_secrets_derive(struct handshake_secrets *out, struct early_secrets *from,
                              enum hash_id hash, bulla_bytes shared_secret, const uint8_t *digest) {
    const uint8_t *salt =
        from == NULL ? fixed_values_of(hash)->salt_without_psk : from->handshake_salt;
    uint8_t secret[HASH_LEN_MAX];
    struct hmac_key key;
    size_t len = hash_len(hash);

    hkdf_extract(hash, bytes_of(salt, len), shared_secret, secret);
    hmac_key_set(&key, hash, bytes_of(secret, len));
    derive_secret(&key, "c hs traffic", hash, digest, out->client_traffic);
    derive_secret(&key, "s hs traffic", hash, digest, out->server_traffic);
    derive_next_salt(&key, hash, out->master_salt);

    bytes_wipe(&key, sizeof key);
    bytes_wipe(secret, sizeof secret);
    if (from != NULL) {
        bytes_wipe(from, sizeof *from);
    }
}

void application_secrets_derive(struct application_secrets *out, struct handshake_secrets *from,
                                enum hash_id hash, const uint8_t *digest) {
    struct hmac_key key;
    size_t len = hash_len(hash);

    hkdf_extract(hash, bytes_of(from->master_salt, len), bytes_of(zeros, len), out->master_secret);
    bytes_wipe(from->master_salt, sizeof from->master_salt);
    hmac_key_set(&key, hash, bytes_of(out->master_secret, len));
    derive_secret(&key, "c ap traffic", hash, digest, out->client_traffic);
    derive_secret(&key, "s ap traffic", hash, digest, out->server_traffic);
    derive_secret(&key, "exp master", hash, digest, out->exporter);

    bytes_wipe(&key, sizeof key);
}

void resumption_secret_derive(uint8_t *out, struct application_secrets *from, enum hash_id hash,
                              const uint8_t *digest) {
    struct hmac_key key;
    hmac_key_set(&key, hash, bytes_of(from->master_secret, hash_len(hash)));
    derive_secret(&key, "res master", hash, digest, out);
    bytes_wipe(from->master_secret, sizeof from->master_secret);
    bytes_wipe(&key, sizeof key);
}

void ticket_psk_derive(uint8_t *out, enum hash_id hash, const uint8_t *resumption_secret,
                       bulla_bytes nonce) {
    expand_label(hash, resumption_secret, "resumption", nonce, out, hash_len(hash));
}

void traffic_secret_update(uint8_t *secret, enum hash_id hash) {
    uint8_t next[HASH_LEN_MAX];
    expand_label(hash, secret, "traffic upd", bytes_of(NULL, 0), next, hash_len(hash));
    bytes_copy(secret, hash_len(hash), bytes_of(next, hash_len(hash)));
    bytes_wipe(next, sizeof next);
}

void traffic_keys_derive(struct record_keys *out, const struct suite *suite,
                         const uint8_t *traffic_secret) {
    struct hmac_key key;
    hmac_key_set(&key, suite->hash, bytes_of(traffic_secret, hash_len(suite->hash)));
    *out = (struct record_keys){.aead = {.id = suite->aead}};
    expand_label_keyed(&key, BYTES_OF("key"), bytes_of(NULL, 0), out->aead.bytes,
                       aead_key_len(suite->aead));
    expand_label_keyed(&key, BYTES_OF("iv"), bytes_of(NULL, 0), out->iv, sizeof out->iv);
    bytes_wipe(&key, sizeof key);
}

void finished_verify_data(uint8_t *out, enum hash_id hash, const uint8_t *traffic_secret,
                          const uint8_t *digest) {
    uint8_t finished_key[HASH_LEN_MAX];
    size_t len = hash_len(hash);
    expand_label(hash, traffic_secret, "finished", bytes_of(NULL, 0), finished_key, len);
    hmac_once(hash, bytes_of(finished_key, len), bytes_of(digest, len), out);
    bytes_wipe(finished_key, sizeof finished_key);
}

void exporter_derive(uint8_t *out, size_t len, enum hash_id hash, const uint8_t *exporter_secret,
                     bulla_bytes label, bulla_bytes context) {
    struct hmac_key key;
    uint8_t secret[HASH_LEN_MAX], digest[HASH_LEN_MAX];
    size_t secret_len = hash_len(hash);

    hmac_key_set(&key, hash, bytes_of(exporter_secret, secret_len));
    expand_label_keyed(&key, label, bytes_of(fixed_values_of(hash)->empty_digest, secret_len),
                       secret, secret_len);

    hash_once(hash, context, digest);
    expand_label(hash, secret, "exporter", bytes_of(digest, secret_len), out, len);
    bytes_wipe(&key, sizeof key);
    bytes_wipe(secret, sizeof secret);
}

/* struct HkdfLabel, RFC 8446 7.1. */
static void expand_label_keyed(const struct hmac_key *key, bulla_bytes label, bulla_bytes context,
                               uint8_t *out, size_t len) {
    uint8_t buffer[HKDF_LABEL_LEN_MAX];
    struct writer info = writer_into(buffer, sizeof buffer);
    const bulla_bytes prefix = BYTES_OF("tls13 ");
    writer_u16(&info, (uint16_t)len);
    writer_u8(&info, (uint8_t)(prefix.len + label.len));
    writer_bytes(&info, prefix);
    writer_bytes(&info, label);
    writer_u8(&info, (uint8_t)context.len);
    writer_bytes(&info, context);
    hkdf_expand(key, bytes_of(buffer, info.len), out, len);
}

/* Derive-Secret, with the transcript hashed already. */
static void derive_secret(const struct hmac_key *key, const char *label, enum hash_id hash,
                          const uint8_t *digest, uint8_t *out) {
    size_t len = hash_len(hash);
    expand_label_keyed(key, bytes_of_text(label), bytes_of(digest, len), out, len);
}

static void derive_next_salt(const struct hmac_key *key, enum hash_id hash, uint8_t *out) {
    derive_secret(key, "derived", hash, fixed_values_of(hash)->empty_digest, out);
}

static const struct fixed_values *fixed_values_of(enum hash_id hash) {
    static const struct fixed_values sha256 = {
        .empty_digest = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                         0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                         0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55},
        .salt_without_psk = {0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54,
                             0xfc, 0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0, 0x76, 0x18, 0x9c, 0x48,
                             0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba},
    };
    static const struct fixed_values sha384 = {
        .empty_digest = {0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e,
                         0xb1, 0xb1, 0xe3, 0x6a, 0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43,
                         0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e, 0xde, 0xbf,
                         0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b},
        .salt_without_psk = {0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8,
                             0x4d, 0xe9, 0xc7, 0x53, 0x33, 0x0e, 0x92, 0xd0, 0x1f, 0x0a,
                             0x88, 0x21, 0x4b, 0x44, 0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04,
                             0x9e, 0x93, 0xe5, 0x2f, 0x2b, 0x16, 0xfa, 0xd9, 0x22, 0xfd,
                             0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b},
    };
    return hash == HASH_SHA384 ? &sha384 : &sha256;
}
