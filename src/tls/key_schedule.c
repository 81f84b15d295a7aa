/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8446 section 7: the labels and their order. See key_schedule.h. */
#include "tls/key_schedule.h"

#include "base/writer.h"

enum { LABEL_LEN_MAX = 255, HKDF_LABEL_LEN_MAX = 2 + 1 + LABEL_LEN_MAX + 1 + HASH_LEN_MAX };

static const uint8_t zeros[HASH_LEN_MAX];

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

void handshake_secrets_derive(struct handshake_secrets *out, enum hash_id hash,
                              bulla_bytes shared_secret, const uint8_t *digest) {
    uint8_t early_secret[HASH_LEN_MAX], salt[HASH_LEN_MAX];
    struct hmac_key key;
    size_t len = hash_len(hash);

    hkdf_extract(hash, bytes_of(zeros, len), bytes_of(zeros, len), early_secret);
    hmac_key_set(&key, hash, bytes_of(early_secret, len));
    derive_next_salt(&key, hash, salt);

    hkdf_extract(hash, bytes_of(salt, len), shared_secret, out->handshake_secret);
    hmac_key_set(&key, hash, bytes_of(out->handshake_secret, len));
    derive_secret(&key, "c hs traffic", hash, digest, out->client_traffic);
    derive_secret(&key, "s hs traffic", hash, digest, out->server_traffic);

    bytes_wipe(&key, sizeof key);
    bytes_wipe(early_secret, sizeof early_secret);
    bytes_wipe(salt, sizeof salt);
}

void application_secrets_derive(struct application_secrets *out, struct handshake_secrets *from,
                                enum hash_id hash, const uint8_t *digest) {
    uint8_t master_secret[HASH_LEN_MAX], salt[HASH_LEN_MAX];
    struct hmac_key key;
    size_t len = hash_len(hash);

    hmac_key_set(&key, hash, bytes_of(from->handshake_secret, len));
    derive_next_salt(&key, hash, salt);
    bytes_wipe(from->handshake_secret, sizeof from->handshake_secret);

    hkdf_extract(hash, bytes_of(salt, len), bytes_of(zeros, len), master_secret);
    hmac_key_set(&key, hash, bytes_of(master_secret, len));
    derive_secret(&key, "c ap traffic", hash, digest, out->client_traffic);
    derive_secret(&key, "s ap traffic", hash, digest, out->server_traffic);
    derive_secret(&key, "exp master", hash, digest, out->exporter);

    bytes_wipe(&key, sizeof key);
    bytes_wipe(master_secret, sizeof master_secret);
    bytes_wipe(salt, sizeof salt);
}

void traffic_secret_update(uint8_t *secret, enum hash_id hash) {
    uint8_t next[HASH_LEN_MAX];
    expand_label(hash, secret, "traffic upd", bytes_of(NULL, 0), next, hash_len(hash));
    bytes_copy(secret, SECRET_LEN_MAX, bytes_of(next, hash_len(hash)));
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

    hash_once(hash, bytes_of(NULL, 0), digest);
    hmac_key_set(&key, hash, bytes_of(exporter_secret, secret_len));
    expand_label_keyed(&key, label, bytes_of(digest, secret_len), secret, secret_len);

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
    writer_u16(&info, (uint16_t)len);
    size_t mark = writer_open(&info, 1);
    writer_text(&info, "tls13 ");
    writer_bytes(&info, label);
    writer_close(&info, mark, 1);
    writer_vector(&info, 1, context);
    hkdf_expand(key, bytes_of(buffer, info.len), out, len);
}

/* Derive-Secret, with the transcript hashed already. */
static void derive_secret(const struct hmac_key *key, const char *label, enum hash_id hash,
                          const uint8_t *digest, uint8_t *out) {
    size_t len = hash_len(hash);
    expand_label_keyed(key, bytes_of_text(label), bytes_of(digest, len), out, len);
}

static void derive_next_salt(const struct hmac_key *key, enum hash_id hash, uint8_t *out) {
    uint8_t digest[HASH_LEN_MAX];
    hash_once(hash, bytes_of(NULL, 0), digest);
    derive_secret(key, "derived", hash, digest, out);
}
