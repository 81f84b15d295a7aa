/* SPDX-License-Identifier: Apache-2.0 */
/* Raw memory: copies, comparisons, wiping. See bytes.h. */
#include "base/bytes.h"

#include <stdlib.h>

void bytes_copy(void *to, size_t cap, bulla_bytes from) {
    if (from.len > cap) {
        abort();
    }
    if (from.len != 0) {
        memcpy(to, from.data, from.len);
    }
}

void bytes_move(void *to, const void *from, size_t len) {
    if (len != 0) {
        memmove(to, from, len);
    }
}

bool bytes_equal(bulla_bytes a, bulla_bytes b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t len) {
    uint64_t difference = 0;
    size_t i = 0;
    for (; len - i >= sizeof difference; i += sizeof difference) {
        uint64_t left, right;
        memcpy(&left, a + i, sizeof left);
        memcpy(&right, b + i, sizeof right);
        difference |= left ^ right;
        /* Keeps the compiler from leaving the loop once a difference is known. */
        __asm__ __volatile__("" : "+r"(difference));
    }
    for (; i < len; i++) {
        difference |= (uint64_t)(a[i] ^ b[i]);
        __asm__ __volatile__("" : "+r"(difference));
    }
    return difference == 0;
}

int bytes_compare(bulla_bytes a, bulla_bytes b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order == 0 && a.len != b.len) {
        order = a.len < b.len ? -1 : 1;
    }
    return (order > 0) - (order < 0);
}

bool bytes_contain(bulla_bytes bytes, uint8_t byte) {
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] == byte) {
            return true;
        }
    }
    return false;
}

bool bytes_all_zero(bulla_bytes bytes) {
    uint8_t seen = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        seen |= bytes.data[i];
    }
    return seen == 0;
}

void bytes_wipe(void *secret, size_t len) {
    if (len != 0) {
        memset(secret, 0, len);
        __asm__ __volatile__("" : : "r"(secret) : "memory");
    }
}

uint8_t *bytes_duplicate(bulla_bytes from) {
    uint8_t *copy = malloc(from.len == 0 ? 1 : from.len);
    if (copy != NULL) {
        bytes_copy(copy, from.len, from);
    }
    return copy;
}

void bytes_wipe_and_free(void *block, size_t len) {
    if (block != NULL) {
        bytes_wipe(block, len);
        free(block);
    }
}
