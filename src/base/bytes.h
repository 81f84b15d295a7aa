/* SPDX-License-Identifier: Apache-2.0 */
/* The few operations on raw memory that the rest of the house uses: bounded copies, comparisons
 * (one for public bytes, one for secrets) and wiping. memcpy and memcmp stand nowhere else. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <bulla/bytes.h>
#include <stdbool.h>
#include <string.h>

/* The bytes of a string literal, without its final zero. */
#define BYTES_OF(literal)                                                                          \
    ((bulla_bytes){.data = (const uint8_t *)(literal), .len = sizeof(literal) - 1})

/* The bytes of an array (not of a pointer). */
#define BYTES_IN(array) ((bulla_bytes){.data = (array), .len = sizeof(array)})

static inline bulla_bytes bytes_of(const void *data, size_t len) {
    return (bulla_bytes){.data = (const uint8_t *)data, .len = len};
}

/* The bytes of a NUL-terminated string; NULL gives no bytes. */
static inline bulla_bytes bytes_of_text(const char *text) {
    return bytes_of(text, text == NULL ? 0 : strlen(text));
}

/* What follows the first `begin` bytes; nothing where there are not as many. */
static inline bulla_bytes bytes_after(bulla_bytes bytes, size_t begin) {
    return begin >= bytes.len ? bytes_of(NULL, 0) : bytes_of(bytes.data + begin, bytes.len - begin);
}

/* Copies `from` to `to`, which has room for `cap` bytes and does not overlap it; aborts on a
 * programmer's error rather than write past the end. */
void bytes_copy(void *to, size_t cap, bulla_bytes from);

/* Copies within or between buffers that may overlap. */
void bytes_move(void *to, const void *from, size_t len);

/* Compares public bytes; stops at the first difference. */
bool bytes_equal(bulla_bytes a, bulla_bytes b);

/* Compares secrets of one length in time that depends on the length alone. */
bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t len);

/* -1, 0 or 1, as the bytes sort; a prefix sorts before what it begins. */
int bytes_compare(bulla_bytes a, bulla_bytes b);

/* True where every byte is zero. */
bool bytes_all_zero(bulla_bytes bytes);
/* Whether one of them is `byte`. For what is no secret. */
bool bytes_contain(bulla_bytes bytes, uint8_t byte);

/* Overwrites a secret so that the compiler can't leave it out. */
void bytes_wipe(void *secret, size_t len);

/* A heap copy of `from` (never NULL on success, also for 0 bytes); NULL without memory. */
BULLA_MUST_CHECK uint8_t *bytes_duplicate(bulla_bytes from);

/* Wipes and frees a heap block of `len` bytes; NULL is allowed. */
void bytes_wipe_and_free(void *block, size_t len);

#endif
