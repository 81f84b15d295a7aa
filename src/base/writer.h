/* SPDX-License-Identifier: Apache-2.0 */
/* The one way to build bytes for the wire: a writer into a buffer of fixed or growing size.
 *
 * A failure (no room, no memory, a vector longer than its length field) sticks: later calls do
 * nothing, and the one check is writer_finish() at the end. */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

struct writer {
    uint8_t *buffer;
    size_t len;
    size_t cap;
    size_t cap_max; /* 0: `buffer` is the caller's and does not grow */
    bool failed;
};

/* Writes into the caller's `buffer` of `cap` bytes. */
struct writer writer_into(uint8_t *buffer, size_t cap);

/* Writes into a heap buffer that grows up to `cap_max` bytes (> 0). writer_free() releases it, or
 * the caller takes `buffer` over and frees it. */
struct writer writer_growing(size_t cap_max);

/* Wipes and frees a growing writer's buffer, and makes the writer empty. */
void writer_free(struct writer *writer);

void writer_u8(struct writer *writer, uint8_t value);
void writer_u16(struct writer *writer, uint16_t value);
void writer_u24(struct writer *writer, uint32_t value);
void writer_u32(struct writer *writer, uint32_t value);
void writer_u64(struct writer *writer, uint64_t value);
void writer_bytes(struct writer *writer, bulla_bytes bytes);
void writer_text(struct writer *writer, const char *text);

/* `len` bytes to be filled in by the caller; NULL once failed. Valid until the next write. */
uint8_t *writer_reserve(struct writer *writer, size_t len);

/* Begins a vector whose length field has `length_size` bytes (1 to 3); the result is the mark that
 * writer_close() needs to fill that field in. */
BULLA_MUST_CHECK size_t writer_open(struct writer *writer, unsigned length_size);
void writer_close(struct writer *writer, size_t mark, unsigned length_size);

/* A whole vector: length field and bytes. */
void writer_vector(struct writer *writer, unsigned length_size, bulla_bytes bytes);

/* True where all was written; `out` then views the bytes (owned as before). */
BULLA_MUST_CHECK bool writer_finish(const struct writer *writer, bulla_bytes *out);

#endif
