/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes written as hexadecimal text, for tests with published vectors. Spaces are skipped. */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>

static inline int hex_digit(char digit) {
    const char *digits = "0123456789abcdef";
    const char *found = digit == '\0' ? NULL : strchr(digits, digit | 0x20);
    return found == NULL ? -1 : (int)(found - digits);
}

/* Reads at most `cap` bytes; a test whose text is wrong is aborted. */
static inline bulla_bytes hex_into(uint8_t *out, size_t cap, const char *text) {
    size_t len = 0;
    while (*text != '\0') {
        if (*text == ' ') {
            text++;
            continue;
        }
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || len == cap) {
            fprintf(stderr, "hex.h: wrong or too long: \"%.32s\"\n", text);
            abort();
        }
        out[len++] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return bytes_of(out, len);
}

/* Declares `name` as the bytes of a text literal. */
#define HEX(name, text)                                                                            \
    uint8_t name##_buffer[sizeof(text) / 2 + 1];                                                   \
    bulla_bytes name = hex_into(name##_buffer, sizeof name##_buffer, text)

#endif
