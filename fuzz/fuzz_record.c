/* SPDX-License-Identifier: Apache-2.0 */
/* Records, RFC 8446 5.2 to 5.4: the first byte says under which suite and what the rest is. A
 * forged record is refused; an inner plaintext that somebody with the keys has sealed is taken
 * apart as section 5.4 says; what record_seal() makes, record_open() gives back. */
#include "engine/authority.h"
#include "tls/key_schedule.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void open_forged(struct aead_pool *pool, struct record_keys keys, bulla_bytes fragment);
static void open_inner(struct aead_pool *pool, struct record_keys keys, bulla_bytes inner);
static void seal_and_open(struct aead_pool *pool, struct record_keys keys, size_t multiple,
                          bulla_bytes content);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const uint8_t secret[SECRET_LEN_MAX] = {0x0b};
    static struct aead_pool *pool;
    struct record_keys keys;
    if (pool == NULL) {
        must(aead_pool_new(&pool, 8) == BULLA_OK, "pool");
    }
    if (len < 2 || len > RECORD_CIPHERTEXT_LEN_MAX) {
        return 0;
    }
    traffic_keys_derive(&keys, &suites[data[0] % NUM_SUITES], secret);
    keys.sequence = data[1];
    const bulla_bytes rest = bytes_of(data + 2, len - 2);
    switch (data[0] / NUM_SUITES % 3) {
    case 0:
        open_forged(pool, keys, rest);
        break;
    case 1:
        open_inner(pool, keys, rest);
        break;
    default:
        seal_and_open(pool, keys, 1 + (size_t)data[1] * 7, rest);
    }
    return 0;
}

static struct record record_of(const uint8_t *header, bulla_bytes fragment) {
    struct record record = {.type = CONTENT_APPLICATION_DATA, .len = fragment.len};
    bytes_copy(record.header, RECORD_HEADER_LEN, bytes_of(header, RECORD_HEADER_LEN));
    record.fragment = bytes_duplicate(fragment);
    must(record.fragment != NULL, "memory");
    return record;
}

static void open_forged(struct aead_pool *pool, struct record_keys keys, bulla_bytes fragment) {
    const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(fragment.len >> 8),
                              (uint8_t)fragment.len};
    struct record record = record_of(header, fragment);
    uint8_t *block = record.fragment;
    must(record_open(pool, &keys, &record) == BULLA_E_RECORD_DECRYPT_FAILED, "a forgery");
    free(block);
}

static void open_inner(struct aead_pool *pool, struct record_keys keys, bulla_bytes inner) {
    const size_t len = inner.len + AEAD_TAG_LEN;
    const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
    uint8_t *sealed = malloc(len), nonce[AEAD_NONCE_LEN];
    size_t end = inner.len;
    must(sealed != NULL, "memory");
    bytes_copy(nonce, sizeof nonce, BYTES_IN(keys.iv));
    nonce[AEAD_NONCE_LEN - 1] ^= (uint8_t)keys.sequence;
    must(aead_seal(pool, &keys.aead, nonce, BYTES_IN(header), inner, bytes_of(NULL, 0), sealed) ==
             BULLA_OK,
         "seal");
    struct record record = record_of(header, bytes_of(sealed, len));
    uint8_t *block = record.fragment;
    bulla_cause cause = record_open(pool, &keys, &record);
    while (end > 0 && inner.data[end - 1] == 0) {
        end--;
    }
    if (inner.len == 0) {
        must(cause == BULLA_E_RECORD_DECRYPT_FAILED, "too short to be one");
    } else if (inner.len > RECORD_INNER_PLAINTEXT_LEN_MAX) {
        must(cause == BULLA_E_RECORD_TOO_LONG, "too long");
    } else if (end == 0) {
        must(cause == BULLA_E_RECORD_NO_CONTENT_TYPE, "padding alone");
    } else {
        must(cause == BULLA_OK && (uint8_t)record.type == inner.data[end - 1], "its type");
        must(bytes_equal(bytes_of(record.fragment, record.len), bytes_of(inner.data, end - 1)),
             "its content");
    }
    free(block);
    free(sealed);
}

static void seal_and_open(struct aead_pool *pool, struct record_keys keys, size_t multiple,
                          bulla_bytes content) {
    struct record_keys reader = keys;
    if (content.len > RECORD_PLAINTEXT_LEN_MAX) {
        return;
    }
    size_t len = record_sealed_len(&keys, content.len, multiple);
    uint8_t *sealed = malloc(len);
    must(sealed != NULL, "memory");
    must(record_seal(pool, &keys, CONTENT_APPLICATION_DATA, content, multiple, LEGACY_VERSION,
                     sealed) == BULLA_OK,
         "seal");
    struct record record =
        record_of(sealed, bytes_of(sealed + RECORD_HEADER_LEN, len - RECORD_HEADER_LEN));
    uint8_t *block = record.fragment;
    must(record_open(pool, &reader, &record) == BULLA_OK, "open");
    must(record.type == CONTENT_APPLICATION_DATA &&
             bytes_equal(bytes_of(record.fragment, record.len), content),
         "what was sealed");
    must(keys.sequence == reader.sequence, "one record on");
    free(block);
    free(sealed);
}
