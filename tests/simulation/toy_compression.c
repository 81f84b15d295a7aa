/* SPDX-License-Identifier: Apache-2.0 */
/* See toy_compression.h. What stood there before is named by its place: MARK, distance (2 bytes),
 * length (1 byte). MARK itself is MARK, 0, 0. That is enough for a chain, whose certificates share
 * their names. */
#include "simulation/toy_compression.h"

enum { MARK = 0xa5, REPEAT_MIN = 5, PLACES = 256 };

static size_t repeat_len(bulla_bytes input, size_t from, size_t at) {
    size_t len = 0;
    while (len < 255 && at + len < input.len && input.data[from + len] == input.data[at + len]) {
        len++;
    }
    return len;
}

int toy_compress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    size_t places[PLACES] = {0}, len = 0; /* where three such bytes stood last, and one more */
    for (size_t i = 0; i < input.len;) {
        size_t repeat = 0, distance = 0;
        if (i + 2 < input.len) {
            unsigned place =
                (input.data[i] * 7U + input.data[i + 1] * 31U + input.data[i + 2]) % PLACES;
            distance = places[place] == 0 ? 0 : i + 1 - places[place];
            repeat = distance == 0 || distance > 0xffff ? 0 : repeat_len(input, i - distance, i);
            places[place] = i + 1;
        }
        bool marked = repeat >= REPEAT_MIN || input.data[i] == MARK;
        size_t needed = repeat >= REPEAT_MIN ? 4 : marked ? 3 : 1;
        if (*out_len - len < needed) {
            return 0;
        }
        out[len] = input.data[i];
        if (marked) {
            distance = repeat >= REPEAT_MIN ? distance : 0;
            out[len] = MARK;
            out[len + 1] = (uint8_t)(distance >> 8);
            out[len + 2] = (uint8_t)distance;
        }
        if (repeat >= REPEAT_MIN) {
            out[len + 3] = (uint8_t)repeat;
        }
        len += needed;
        i += repeat >= REPEAT_MIN ? repeat : 1;
    }
    *out_len = len;
    return 1;
}

int toy_decompress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    size_t len = 0;
    for (size_t i = 0; i < input.len;) {
        size_t distance = 0, repeat = 1;
        bool marked = input.data[i] == MARK;
        if (marked && input.len - i < 3) {
            return 0;
        }
        if (marked) {
            distance = (size_t)input.data[i + 1] << 8 | input.data[i + 2];
        }
        if (distance != 0) {
            if (input.len - i < 4 || distance > len) {
                return 0;
            }
            repeat = input.data[i + 3];
        }
        if (*out_len - len < repeat) {
            return 0;
        }
        for (size_t j = 0; j < repeat; j++, len++) {
            out[len] = distance != 0 ? out[len - distance] : input.data[i];
        }
        i += distance != 0 ? 4 : marked ? 3 : 1;
    }
    *out_len = len;
    return 1;
}
