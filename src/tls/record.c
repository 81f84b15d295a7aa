/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing and opening records, RFC 8446 5.2 to 5.4. See record.h. */
#include "tls/record.h"

#include "base/writer.h"

#include <string.h>

static void nonce_of(const struct record_keys *keys, uint8_t *nonce);
static void header_write(uint8_t *out, enum content_type type, uint16_t version, size_t len);
static size_t padded_len(size_t len, size_t multiple);

size_t record_sealed_len(const struct record_keys *keys, size_t len, size_t multiple) {
    if (keys->aead.id == AEAD_INVALID) {
        return RECORD_HEADER_LEN + len;
    }
    return RECORD_HEADER_LEN + padded_len(len, multiple) + 1 + AEAD_TAG_LEN;
}

bulla_cause record_seal(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                        bulla_bytes content, size_t multiple, uint16_t plaintext_version,
                        uint8_t *out) {
    uint8_t *fragment = out + RECORD_HEADER_LEN;
    if (keys->aead.id == AEAD_INVALID) {
        header_write(out, type, plaintext_version, content.len);
        bytes_copy(fragment, content.len, content);
        return BULLA_OK;
    }
    if (keys->sequence == UINT64_MAX) {
        return BULLA_E_RECORD_SEQUENCE_EXHAUSTED;
    }
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t type_byte = (uint8_t)type;
    size_t padded = padded_len(content.len, multiple);
    bulla_bytes tail = bytes_of(&type_byte, 1);
    header_write(out, CONTENT_APPLICATION_DATA, LEGACY_VERSION, padded + 1 + AEAD_TAG_LEN);
    if (padded != content.len) {
        /* Content, type and zeros stand in one piece then, RFC 8446 5.4. */
        bytes_copy(fragment, padded, content);
        fragment[content.len] = type_byte;
        memset(fragment + content.len + 1, 0, padded - content.len);
        content = bytes_of(fragment, padded + 1);
        tail = bytes_of(NULL, 0);
    }
    nonce_of(keys, nonce);
    bulla_cause cause = aead_seal(pool, &keys->aead, nonce, bytes_of(out, RECORD_HEADER_LEN),
                                  content, tail, fragment);
    /* What failed left nothing to send: the alert that says so comes next in the peer's count. */
    keys->sequence += cause == BULLA_OK;
    return cause;
}

bulla_cause record_open(struct aead_pool *pool, struct record_keys *keys, struct record *record) {
    uint8_t nonce[AEAD_NONCE_LEN];
    if (keys->sequence == UINT64_MAX) {
        return BULLA_E_RECORD_SEQUENCE_EXHAUSTED;
    }
    if (record->len < AEAD_TAG_LEN + 1) {
        return BULLA_E_RECORD_DECRYPT_FAILED;
    }
    nonce_of(keys, nonce);
    keys->sequence++;
    bulla_cause cause = aead_open(pool, &keys->aead, nonce, BYTES_IN(record->header),
                                  record->fragment, record->len);
    if (cause != BULLA_OK) {
        return cause;
    }
    size_t len = record->len - AEAD_TAG_LEN;
    if (len > RECORD_INNER_PLAINTEXT_LEN_MAX) {
        return BULLA_E_RECORD_TOO_LONG;
    }
    while (len > 0 && record->fragment[len - 1] == 0) {
        len--;
    }
    if (len == 0) {
        return BULLA_E_RECORD_NO_CONTENT_TYPE;
    }
    record->type = (enum content_type)record->fragment[len - 1];
    record->len = len - 1;
    return BULLA_OK;
}

/* The sequence number, left-padded, exclusive-ored into the IV: RFC 8446 5.3. */
static void nonce_of(const struct record_keys *keys, uint8_t *nonce) {
    bytes_copy(nonce, AEAD_NONCE_LEN, BYTES_IN(keys->iv));
    for (unsigned i = 0; i < 8; i++) {
        nonce[AEAD_NONCE_LEN - 1 - i] ^= (uint8_t)(keys->sequence >> 8 * i);
    }
}

static void header_write(uint8_t *out, enum content_type type, uint16_t version, size_t len) {
    struct writer header = writer_into(out, RECORD_HEADER_LEN);
    writer_u8(&header, (uint8_t)type);
    writer_u16(&header, version);
    writer_u16(&header, (uint16_t)len);
}

/* The content's length with padding: content and type together fill a multiple, as far as a record
 * can hold it. */
static size_t padded_len(size_t len, size_t multiple) {
    if (multiple <= 1) {
        return len;
    }
    size_t inner = (len + 1 + multiple - 1) / multiple * multiple;
    return inner > RECORD_INNER_PLAINTEXT_LEN_MAX ? RECORD_PLAINTEXT_LEN_MAX : inner - 1;
}
