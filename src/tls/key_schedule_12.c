/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5246 5, 6.3 and 8.1, RFC 7627 4, RFC 5705 4. See key_schedule_12.h. */
#include "tls/key_schedule_12.h"

#include "base/reader.h"
#include "base/writer.h"

enum {
    SEED_PARTS_MAX = 5,
    /* A client's and a server's key and IV, RFC 5246 6.3; AEAD suites have no MAC keys. */
    KEY_BLOCK_LEN_MAX = 2 * (AEAD_KEY_LEN_MAX + AEAD_NONCE_LEN),
};

static void hmac_of_parts(const struct hmac_key *key, const bulla_bytes *parts, size_t num_parts,
                          uint8_t *out);
static bool label_is_reserved(bulla_bytes label);

/* P_hash: A(i) is the MAC of A(i-1), A(0) the seed; each block of output is that of A(i) and the
 * seed. */
void prf(enum hash_id hash, bulla_bytes secret, const bulla_bytes *seed, size_t num_parts,
         uint8_t *out, size_t len) {
    uint8_t a[HASH_LEN_MAX], block[HASH_LEN_MAX];
    bulla_bytes parts[1 + SEED_PARTS_MAX] = {bytes_of(a, hash_len(hash))};
    struct writer output = writer_into(out, len);
    struct hmac_key key;
    for (size_t i = 0; i < num_parts; i++) {
        parts[1 + i] = seed[i];
    }
    hmac_key_set(&key, hash, secret);
    hmac_of_parts(&key, seed, num_parts, a);
    while (output.len < len) {
        size_t left = len - output.len;
        hmac_of_parts(&key, parts, 1 + num_parts, block);
        writer_bytes(&output, bytes_of(block, left < hash_len(hash) ? left : hash_len(hash)));
        hmac(&key, bytes_of(a, hash_len(hash)), a);
    }
    bytes_wipe(&key, sizeof key);
    bytes_wipe(a, sizeof a);
    bytes_wipe(block, sizeof block);
}

static void hmac_of_parts(const struct hmac_key *key, const bulla_bytes *parts, size_t num_parts,
                          uint8_t *out) {
    struct hash inner = key->inner, outer = key->outer;
    uint8_t digest[HASH_LEN_MAX];
    size_t len = hash_len(inner.id);
    for (size_t i = 0; i < num_parts; i++) {
        hash_update(&inner, parts[i]);
    }
    hash_finish(&inner, digest);
    hash_update(&outer, bytes_of(digest, len));
    hash_finish(&outer, out);
    bytes_wipe(digest, sizeof digest);
}

void master_secret_derive(struct master_12 *master, enum hash_id hash, bulla_bytes premaster) {
    const bulla_bytes seed[] = {BYTES_OF("master secret"), BYTES_IN(master->client_random),
                                BYTES_IN(master->server_random)};
    prf(hash, premaster, seed, 3, master->secret, sizeof master->secret);
}

void extended_master_secret_derive(struct master_12 *master, enum hash_id hash,
                                   bulla_bytes premaster, const uint8_t *session_hash) {
    const bulla_bytes seed[] = {BYTES_OF("extended master secret"),
                                bytes_of(session_hash, hash_len(hash))};
    prf(hash, premaster, seed, 2, master->secret, sizeof master->secret);
}

void record_keys_12_derive(struct record_keys *out_client, struct record_keys *out_server,
                           const struct suite *suite, const struct master_12 *master) {
    uint8_t block[KEY_BLOCK_LEN_MAX];
    const bulla_bytes seed[] = {BYTES_OF("key expansion"), BYTES_IN(master->server_random),
                                BYTES_IN(master->client_random)};
    size_t key_len = aead_key_len(suite->aead), iv_len = record_12_iv_len(suite->aead);
    prf(suite->hash, BYTES_IN(master->secret), seed, 3, block, 2 * (key_len + iv_len));
    *out_client = *out_server = (struct record_keys){.aead = {.id = suite->aead}, .is_12 = true};
    bytes_copy(out_client->aead.bytes, AEAD_KEY_LEN_MAX, bytes_of(block, key_len));
    bytes_copy(out_server->aead.bytes, AEAD_KEY_LEN_MAX, bytes_of(block + key_len, key_len));
    bytes_copy(out_client->iv, AEAD_NONCE_LEN, bytes_of(block + 2 * key_len, iv_len));
    bytes_copy(out_server->iv, AEAD_NONCE_LEN, bytes_of(block + 2 * key_len + iv_len, iv_len));
    bytes_wipe(block, sizeof block);
}

void finished_12_verify_data(uint8_t *out, enum hash_id hash, const struct master_12 *master,
                             bulla_role sender, const uint8_t *digest) {
    const bulla_bytes seed[] = {sender == BULLA_CLIENT ? BYTES_OF("client finished")
                                                       : BYTES_OF("server finished"),
                                bytes_of(digest, hash_len(hash))};
    prf(hash, BYTES_IN(master->secret), seed, 2, out, VERIFY_DATA_12_LEN);
}

bulla_cause exporter_12_derive(uint8_t *out, size_t len, enum hash_id hash,
                               const struct master_12 *master, bulla_bytes label,
                               bulla_bytes context) {
    const uint8_t context_len[] = {(uint8_t)(context.len >> 8), (uint8_t)context.len};
    if (context.len > UINT16_MAX || label_is_reserved(label)) {
        return BULLA_E_API_MISUSE;
    }
    const bulla_bytes seed[] = {label, BYTES_IN(master->client_random),
                                BYTES_IN(master->server_random), BYTES_IN(context_len), context};
    size_t num_parts = context.data == NULL ? 3 : 5;
    prf(hash, BYTES_IN(master->secret), seed, num_parts, out, len);
    return BULLA_OK;
}

/* RFC 5705 4: an exporter must not come upon what the handshake makes of the same secret. A label
 * that merely begins with one of these is no safer, as nothing separates it from the seed. */
static bool label_is_reserved(bulla_bytes label) {
    const bulla_bytes reserved[] = {BYTES_OF("client finished"), BYTES_OF("server finished"),
                                    BYTES_OF("master secret"), BYTES_OF("extended master secret"),
                                    BYTES_OF("key expansion")};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        struct reader reader = reader_over(label);
        bulla_bytes start;
        if (reader_bytes(&reader, reserved[i].len, &start) && bytes_equal(start, reserved[i])) {
            return true;
        }
    }
    return false;
}
