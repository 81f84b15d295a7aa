/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of writer.h: every byte that leaves goes through reserve(). */
#include "base/writer.h"

#include <stdlib.h>

enum { WRITER_FIRST_CAP = 256 };

static bool grow(struct writer *writer, size_t need);
static inline uint8_t *reserve(struct writer *writer, size_t len);

struct writer writer_into(uint8_t *buffer, size_t cap) {
    return (struct writer){.buffer = buffer, .cap = cap};
}

struct writer writer_growing(size_t cap_max) {
    return (struct writer){.cap_max = cap_max};
}

void writer_free(struct writer *writer) {
    if (writer->cap_max != 0) {
        bytes_wipe_and_free(writer->buffer, writer->cap);
    }
    *writer = (struct writer){.cap_max = writer->cap_max};
}

uint8_t *writer_reserve(struct writer *writer, size_t len) {
    return reserve(writer, len);
}

static inline uint8_t *reserve(struct writer *writer, size_t len) {
    if (writer->failed) {
        return NULL;
    }
    if (writer->cap - writer->len < len && !grow(writer, len)) {
        writer->failed = true;
        return NULL;
    }
    uint8_t *place = writer->buffer == NULL ? NULL : writer->buffer + writer->len;
    writer->len += len;
    return place;
}

/* Doubles, so that the total copied stays linear; the old block may hold secrets and is wiped. */
static bool grow(struct writer *writer, size_t need) {
    if (writer->cap_max < writer->len || writer->cap_max - writer->len < need) {
        return false;
    }
    size_t cap = writer->cap == 0 ? WRITER_FIRST_CAP : writer->cap;
    while (cap - writer->len < need) {
        cap = cap > writer->cap_max / 2 ? writer->cap_max : cap * 2;
    }
    cap = cap > writer->cap_max ? writer->cap_max : cap;
    uint8_t *bigger = malloc(cap);
    if (bigger == NULL) {
        return false;
    }
    bytes_copy(bigger, cap, bytes_of(writer->buffer, writer->len));
    bytes_wipe_and_free(writer->buffer, writer->cap);
    writer->buffer = bigger;
    writer->cap = cap;
    return true;
}

static inline void write_number(struct writer *writer, uint64_t value, unsigned size) {
    uint8_t *place = reserve(writer, size);
    for (unsigned i = 0; place != NULL && i < size; i++) {
        place[i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
}

void writer_u8(struct writer *writer, uint8_t value) {
    write_number(writer, value, 1);
}

void writer_u16(struct writer *writer, uint16_t value) {
    write_number(writer, value, 2);
}

void writer_u24(struct writer *writer, uint32_t value) {
    write_number(writer, value, 3);
}

void writer_u32(struct writer *writer, uint32_t value) {
    write_number(writer, value, 4);
}

void writer_u64(struct writer *writer, uint64_t value) {
    write_number(writer, value, 8);
}

void writer_bytes(struct writer *writer, bulla_bytes bytes) {
    uint8_t *place = reserve(writer, bytes.len);
    if (place != NULL) {
        bytes_copy(place, bytes.len, bytes);
    }
}

void writer_text(struct writer *writer, const char *text) {
    writer_bytes(writer, bytes_of_text(text));
}

size_t writer_open(struct writer *writer, unsigned length_size) {
    /* All ones until writer_close(): a vector that is never closed is invalid, not empty. */
    write_number(writer, UINT64_MAX, length_size);
    return writer->len;
}

void writer_close(struct writer *writer, size_t mark, unsigned length_size) {
    if (writer->failed) {
        return;
    }
    size_t len = writer->len - mark;
    if (len >= (size_t)1 << 8 * length_size) {
        writer->failed = true;
        return;
    }
    for (unsigned i = 0; i < length_size; i++) {
        writer->buffer[mark - 1 - i] = (uint8_t)(len >> 8 * i);
    }
}

void writer_vector(struct writer *writer, unsigned length_size, bulla_bytes bytes) {
    size_t mark = writer_open(writer, length_size);
    writer_bytes(writer, bytes);
    writer_close(writer, mark, length_size);
}

bool writer_finish(const struct writer *writer, bulla_bytes *out) {
    if (writer->failed) {
        return false;
    }
    *out = bytes_of(writer->buffer, writer->len);
    return true;
}
