/* SPDX-License-Identifier: Apache-2.0 */
/* Test data from files: lines of `name = hex`, the hex wrapped over as many lines as it needs, and
 * comments that begin with '#'. A name may stand several times. */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include "base/bytes.h"

enum { VECTORS_MAX = 256 };

struct vector {
    const char *name;
    bulla_bytes value;
};

struct vectors {
    char *text;     /* the file; names are cut out of it */
    uint8_t *bytes; /* all values */
    size_t num_items;
    struct vector items[VECTORS_MAX];
};

/* Reads a file; a test that names one that is missing or malformed fails here. */
void vectors_read(struct vectors *out, const char *path);
void vectors_free(struct vectors *vectors);

/* How often the name stands there, and the value at its nth place (from 0); the test fails where
 * there are not as many. */
size_t vectors_count(const struct vectors *vectors, const char *name);
bulla_bytes vectors_nth(const struct vectors *vectors, const char *name, size_t nth);
/* The value of a name that stands once. */
bulla_bytes vectors_get(const struct vectors *vectors, const char *name);

/* Asserts that two runs of bytes are the same. */
void assert_bytes(bulla_bytes actual, bulla_bytes expected);

#endif
