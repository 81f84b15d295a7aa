/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to read bytes that came from outside: a cursor with its bounds in it.
 *
 * A getter that returns false has read nothing and changed nothing but what it documents. Parsers
 * chain getters with && or || and end with reader_at_end(): trailing bytes are an error. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

struct reader {
    const uint8_t *next;
    size_t left;
};

static inline struct reader reader_over(bulla_bytes bytes) {
    return (struct reader){.next = bytes.data, .left = bytes.len};
}

static inline bool reader_at_end(const struct reader *reader) {
    return reader->left == 0;
}

/* What has not been read yet, without reading it. */
static inline bulla_bytes reader_rest(const struct reader *reader) {
    return bytes_of(reader->next, reader->left);
}

BULLA_MUST_CHECK static inline bool reader_bytes(struct reader *reader, size_t len,
                                                 bulla_bytes *out) {
    if (reader->left < len) {
        return false;
    }
    *out = bytes_of(reader->next, len);
    if (len != 0) {
        reader->next += len;
        reader->left -= len;
    }
    return true;
}

BULLA_MUST_CHECK static inline bool reader_skip(struct reader *reader, size_t len) {
    bulla_bytes skipped;
    return reader_bytes(reader, len, &skipped);
}

/* Copies exactly `len` bytes out. */
BULLA_MUST_CHECK static inline bool reader_copy(struct reader *reader, uint8_t *out, size_t len) {
    bulla_bytes bytes;
    if (!reader_bytes(reader, len, &bytes)) {
        return false;
    }
    bytes_copy(out, len, bytes);
    return true;
}

BULLA_MUST_CHECK static inline bool reader_u8(struct reader *reader, uint8_t *out) {
    bulla_bytes b;
    if (!reader_bytes(reader, 1, &b)) {
        return false;
    }
    *out = b.data[0];
    return true;
}

BULLA_MUST_CHECK static inline bool reader_u16(struct reader *reader, uint16_t *out) {
    bulla_bytes b;
    if (!reader_bytes(reader, 2, &b)) {
        return false;
    }
    *out = (uint16_t)(b.data[0] << 8 | b.data[1]);
    return true;
}

BULLA_MUST_CHECK static inline bool reader_u24(struct reader *reader, uint32_t *out) {
    bulla_bytes b;
    if (!reader_bytes(reader, 3, &b)) {
        return false;
    }
    *out = (uint32_t)b.data[0] << 16 | (uint32_t)b.data[1] << 8 | b.data[2];
    return true;
}

BULLA_MUST_CHECK static inline bool reader_u32(struct reader *reader, uint32_t *out) {
    bulla_bytes b;
    if (!reader_bytes(reader, 4, &b)) {
        return false;
    }
    *out = (uint32_t)b.data[0] << 24 | (uint32_t)b.data[1] << 16 | (uint32_t)b.data[2] << 8 |
           b.data[3];
    return true;
}

BULLA_MUST_CHECK static inline bool reader_u64(struct reader *reader, uint64_t *out) {
    bulla_bytes b;
    if (!reader_bytes(reader, 8, &b)) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < b.len; i++) {
        *out = *out << 8 | b.data[i];
    }
    return true;
}

/* A vector that stands behind its own length, as RFC 8446 section 3.4 writes them: opaque<..2^8-1>,
 * <..2^16-1>, <..2^24-1>. */
BULLA_MUST_CHECK static inline bool reader_vector8(struct reader *reader, bulla_bytes *out) {
    struct reader ahead = *reader;
    uint8_t len;
    if (!reader_u8(&ahead, &len) || !reader_bytes(&ahead, len, out)) {
        return false;
    }
    *reader = ahead;
    return true;
}

BULLA_MUST_CHECK static inline bool reader_vector16(struct reader *reader, bulla_bytes *out) {
    struct reader ahead = *reader;
    uint16_t len;
    if (!reader_u16(&ahead, &len) || !reader_bytes(&ahead, len, out)) {
        return false;
    }
    *reader = ahead;
    return true;
}

BULLA_MUST_CHECK static inline bool reader_vector24(struct reader *reader, bulla_bytes *out) {
    struct reader ahead = *reader;
    uint32_t len;
    if (!reader_u24(&ahead, &len) || !reader_bytes(&ahead, len, out)) {
        return false;
    }
    *reader = ahead;
    return true;
}

#endif
