/* SPDX-License-Identifier: Apache-2.0 */
/* base64 by arithmetic; see base64.h. A character is mapped by comparing it with the ends of the
 * five ranges of the alphabet, each comparison giving a mask. */
#include "base/base64.h"

/* Characters collected into groups of four, which make three bytes. */
struct group {
    uint32_t bits;
    unsigned num_symbols;
    unsigned num_padding;
    uint32_t invalid; /* not zero once a character outside the alphabet was seen */
};

/* All ones where a < b, else 0; both below 2^31. */
static uint32_t mask_less(uint32_t a, uint32_t b) {
    return 0 - ((a - b) >> 31);
}

/* All ones where `value` is `first` to `last`. */
static uint32_t mask_range(uint32_t value, uint32_t first, uint32_t last) {
    return ~mask_less(value, first) & ~mask_less(last, value);
}

static uint8_t symbol_of(uint32_t value) {
    uint32_t symbol = (mask_range(value, 0, 25) & ('A' + value)) |
                      (mask_range(value, 26, 51) & ('a' + value - 26)) |
                      (mask_range(value, 52, 61) & ('0' + value - 52)) |
                      (mask_range(value, 62, 62) & '+') | (mask_range(value, 63, 63) & '/');
    return (uint8_t)symbol;
}

/* 0 to 63; marks the group where `symbol` is not of the alphabet. */
static uint32_t value_of(uint8_t symbol, struct group *group) {
    uint32_t upper = mask_range(symbol, 'A', 'Z');
    uint32_t lower = mask_range(symbol, 'a', 'z');
    uint32_t digit = mask_range(symbol, '0', '9');
    uint32_t plus = mask_range(symbol, '+', '+');
    uint32_t slash = mask_range(symbol, '/', '/');
    group->invalid |= ~(upper | lower | digit | plus | slash);
    return (upper & (symbol - (uint32_t)'A')) | (lower & (symbol - (uint32_t)'a' + 26)) |
           (digit & (symbol - (uint32_t)'0' + 52)) | (plus & 62) | (slash & 63);
}

void base64_write(struct writer *writer, bulla_bytes bytes) {
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t num = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        bits |= num > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        bits |= num > 2 ? (uint32_t)bytes.data[i + 2] : 0;
        uint8_t *quad = writer_reserve(writer, 4);
        if (quad == NULL) {
            return;
        }
        quad[0] = symbol_of(bits >> 18);
        quad[1] = symbol_of(bits >> 12 & 63);
        quad[2] = num > 1 ? symbol_of(bits >> 6 & 63) : '=';
        quad[3] = num > 2 ? symbol_of(bits & 63) : '=';
    }
}

/* A full group: three bytes, or two or one where it ends in padding. RFC 4648 3.5: what the padding
 * leaves unused is zero. */
static bool group_finish(struct group *group, uint8_t *out, size_t *out_len) {
    unsigned num = 3 - group->num_padding;
    uint32_t unused = group->bits & ((UINT32_C(1) << 8 * group->num_padding) - 1);
    if (unused != 0) {
        return false;
    }
    for (unsigned i = 0; i < num; i++) {
        out[*out_len + i] = (uint8_t)(group->bits >> (16 - 8 * i));
    }
    *out_len += num;
    group->bits = 0;
    group->num_symbols = 0;
    return true;
}

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_decode(bulla_bytes text, uint8_t *out, size_t *out_len) {
    struct group group = {0};
    *out_len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (is_space(c)) {
            continue;
        }
        bool padding = c == '=';
        bool padding_may_come = group.num_symbols >= 2;
        if (padding ? !padding_may_come : group.num_padding != 0) {
            return false;
        }
        group.bits = group.bits << 6 | (padding ? 0 : value_of(c, &group));
        group.num_padding += padding;
        group.num_symbols++;
        if (group.num_symbols == 4 && !group_finish(&group, out, out_len)) {
            return false;
        }
    }
    return group.num_symbols == 0 && group.invalid == 0;
}
