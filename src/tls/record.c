/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing and opening records: RFC 8446 5.2 to 5.4; for TLS 1.2, RFC 5246 6.2.3.3 with the nonces
 * of RFC 5288 3 (AES-GCM) and RFC 7905 2 (ChaCha20-Poly1305). See record.h. */
#include "tls/record.h"

#include "base/writer.h"

#include <string.h>

/* TLS 1.2's additional data: sequence number, type, version, length of the plaintext. */
enum { ADDITIONAL_DATA_12_LEN = 8 + 1 + 2 + 2, EXPLICIT_NONCE_LEN = 8 };

static bulla_cause seal_13(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                           bulla_bytes content, size_t multiple, uint8_t *out);
static bulla_cause seal_12(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                           bulla_bytes content, uint8_t *out);
static bulla_cause open_13(struct aead_pool *pool, struct record_keys *keys, struct record *record);
static bulla_cause open_12(struct aead_pool *pool, struct record_keys *keys, struct record *record);
static size_t explicit_nonce_len(const struct record_keys *keys);
static void additional_data_12(uint8_t *out, uint64_t sequence, const uint8_t *header, size_t len);
static bool is_exhausted(const struct record_keys *keys, enum content_type type);
static void nonce_of(const struct record_keys *keys, uint8_t *nonce);
static void header_write(uint8_t *out, enum content_type type, uint16_t version, size_t len);
static size_t padded_len(size_t len, size_t multiple);

size_t record_12_iv_len(enum aead_id id) {
    return id == AEAD_CHACHA20_POLY1305 ? AEAD_NONCE_LEN : AEAD_NONCE_LEN - EXPLICIT_NONCE_LEN;
}

size_t record_sealed_len(const struct record_keys *keys, size_t len, size_t multiple) {
    if (keys->aead.id == AEAD_INVALID) {
        return RECORD_HEADER_LEN + len;
    }
    return keys->is_12 ? RECORD_HEADER_LEN + explicit_nonce_len(keys) + len + AEAD_TAG_LEN
                       : RECORD_HEADER_LEN + padded_len(len, multiple) + 1 + AEAD_TAG_LEN;
}

bulla_cause record_seal(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                        bulla_bytes content, size_t multiple, uint16_t plaintext_version,
                        uint8_t *out) {
    if (keys->aead.id == AEAD_INVALID) {
        header_write(out, type, plaintext_version, content.len);
        bytes_copy(out + RECORD_HEADER_LEN, content.len, content);
        return BULLA_OK;
    }
    if (is_exhausted(keys, type)) {
        return BULLA_E_RECORD_SEQUENCE_EXHAUSTED;
    }
    bulla_cause cause = keys->is_12 ? seal_12(pool, keys, type, content, out)
                                    : seal_13(pool, keys, type, content, multiple, out);
    /* What failed left nothing to send: the alert that says so comes next in the peer's count. */
    keys->sequence += cause == BULLA_OK;
    return cause;
}

bulla_cause record_open(struct aead_pool *pool, struct record_keys *keys, struct record *record) {
    if (keys->sequence == UINT64_MAX) {
        return BULLA_E_RECORD_SEQUENCE_EXHAUSTED;
    }
    bulla_cause cause = keys->is_12 ? open_12(pool, keys, record) : open_13(pool, keys, record);
    keys->sequence++;
    return cause;
}

/* Sequence numbers never wrap, RFC 8446 5.3 and RFC 5246 6.1. TLS 1.2 has no other key to go on
 * with: its data ends where AES-GCM's margin does, and one alert may still say so. */
static bool is_exhausted(const struct record_keys *keys, enum content_type type) {
    bool ends_early =
        keys->is_12 && keys->aead.id != AEAD_CHACHA20_POLY1305 && type == CONTENT_APPLICATION_DATA;
    return keys->sequence == UINT64_MAX || (ends_early && keys->sequence >= RECORDS_12_MAX);
}

/* ------------------------------------------------------------------ TLS 1.3 */

static bulla_cause seal_13(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                           bulla_bytes content, size_t multiple, uint8_t *out) {
    uint8_t *fragment = out + RECORD_HEADER_LEN;
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
    return aead_seal(pool, &keys->aead, nonce, bytes_of(out, RECORD_HEADER_LEN), content, tail,
                     fragment);
}

static bulla_cause open_13(struct aead_pool *pool, struct record_keys *keys,
                           struct record *record) {
    uint8_t nonce[AEAD_NONCE_LEN];
    if (record->len < AEAD_TAG_LEN + 1) {
        return BULLA_E_RECORD_DECRYPT_FAILED;
    }
    nonce_of(keys, nonce);
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

/* ------------------------------------------------------------------ TLS 1.2 */

/* The explicit part of AES-GCM's nonce must never come twice under a key; the sequence number does
 * not, RFC 5288 3. */
static bulla_cause seal_12(struct aead_pool *pool, struct record_keys *keys, enum content_type type,
                           bulla_bytes content, uint8_t *out) {
    uint8_t nonce[AEAD_NONCE_LEN], additional[ADDITIONAL_DATA_12_LEN];
    size_t explicit_len = explicit_nonce_len(keys);
    uint8_t *fragment = out + RECORD_HEADER_LEN;
    header_write(out, type, LEGACY_VERSION, explicit_len + content.len + AEAD_TAG_LEN);
    additional_data_12(additional, keys->sequence, out, content.len);
    nonce_of(keys, nonce);
    bytes_copy(fragment, explicit_len,
               bytes_of(nonce + AEAD_NONCE_LEN - explicit_len, explicit_len));
    return aead_seal(pool, &keys->aead, nonce, BYTES_IN(additional), content, bytes_of(NULL, 0),
                     fragment + explicit_len);
}

/* The version in the header is covered as it came: another one than TLS 1.2's does not open. */
static bulla_cause open_12(struct aead_pool *pool, struct record_keys *keys,
                           struct record *record) {
    uint8_t nonce[AEAD_NONCE_LEN], additional[ADDITIONAL_DATA_12_LEN];
    size_t explicit_len = explicit_nonce_len(keys);
    if (record->len < explicit_len + AEAD_TAG_LEN) {
        return BULLA_E_RECORD_DECRYPT_FAILED;
    }
    size_t len = record->len - explicit_len - AEAD_TAG_LEN;
    additional_data_12(additional, keys->sequence, record->header, len);
    nonce_of(keys, nonce);
    bytes_copy(nonce + AEAD_NONCE_LEN - explicit_len, explicit_len,
               bytes_of(record->fragment, explicit_len));
    bulla_cause cause = aead_open(pool, &keys->aead, nonce, BYTES_IN(additional),
                                  record->fragment + explicit_len, len + AEAD_TAG_LEN);
    if (cause != BULLA_OK) {
        return cause;
    }
    record->fragment += explicit_len;
    record->len = len;
    return len > RECORD_PLAINTEXT_LEN_MAX ? BULLA_E_RECORD_TOO_LONG : BULLA_OK;
}

static size_t explicit_nonce_len(const struct record_keys *keys) {
    return AEAD_NONCE_LEN - record_12_iv_len(keys->aead.id);
}

static void additional_data_12(uint8_t *out, uint64_t sequence, const uint8_t *header, size_t len) {
    struct writer writer = writer_into(out, ADDITIONAL_DATA_12_LEN);
    writer_u64(&writer, sequence);
    writer_bytes(&writer, bytes_of(header, 1 + 2)); /* type and version */
    writer_u16(&writer, (uint16_t)len);
}

/* ------------------------------------------------------------------ both */

/* The sequence number, left-padded, exclusive-ored into the IV: RFC 8446 5.3 and RFC 7905 2. Into
 * the zeros behind TLS 1.2's salt for AES-GCM it is simply written. */
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
