/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's certificate compressions, for RFC 8879: one drops the two zeros that a Certificate
 * of TLS 1.3 begins with, one adds four known bytes, one adds a byte that can be any. */
#include "compression.h"

#include <string.h>

enum { ADDED_LEN = 4 };

static int shrink(bulla_bytes input, uint8_t *out, size_t *out_len);
static int unshrink(bulla_bytes input, uint8_t *out, size_t *out_len);
static int expand(bulla_bytes input, uint8_t *out, size_t *out_len);
static int unexpand(bulla_bytes input, uint8_t *out, size_t *out_len);
static int vary(bulla_bytes input, uint8_t *out, size_t *out_len);
static int unvary(bulla_bytes input, uint8_t *out, size_t *out_len);
static int with_prefix(bulla_bytes prefix, bulla_bytes input, uint8_t *out, size_t *out_len);
static int without(size_t prefix_len, bulla_bytes input, uint8_t *out, size_t *out_len);

static const uint8_t zeros[2] = {0, 0};
static const uint8_t added[ADDED_LEN] = {1, 2, 3, 4};

static const struct {
    uint16_t code;
    bulla_compress_function compress, decompress;
} algorithms[] = {
    {0xff02, expand, unexpand},
    {0xff01, shrink, unshrink},
    {0xff03, vary, unvary},
};

bool compression_add(bulla_config_builder *builder, unsigned long algorithm) {
    bool any = false;
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (algorithm == 0 || algorithm == algorithms[i].code) {
            bulla_config_add_certificate_compression(
                builder, algorithms[i].code, algorithms[i].compress, algorithms[i].decompress);
            any = true;
        }
    }
    return any;
}

static int shrink(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return input.len >= sizeof zeros && input.data[0] == 0 && input.data[1] == 0 &&
           without(sizeof zeros, input, out, out_len);
}

static int unshrink(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return with_prefix((bulla_bytes){zeros, sizeof zeros}, input, out, out_len);
}

static int expand(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return with_prefix((bulla_bytes){added, sizeof added}, input, out, out_len);
}

static int unexpand(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return input.len >= sizeof added && memcmp(input.data, added, sizeof added) == 0 &&
           without(sizeof added, input, out, out_len);
}

/* The byte may be any: one that the message itself has to give. */
static int vary(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return input.len != 0 &&
           with_prefix((bulla_bytes){input.data + input.len - 1, 1}, input, out, out_len);
}

static int unvary(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return input.len != 0 && without(1, input, out, out_len);
}

static int with_prefix(bulla_bytes prefix, bulla_bytes input, uint8_t *out, size_t *out_len) {
    if (*out_len < prefix.len + input.len) {
        return 0;
    }
    for (size_t i = 0; i < prefix.len; i++) {
        out[i] = prefix.data[i];
    }
    for (size_t i = 0; i < input.len; i++) {
        out[prefix.len + i] = input.data[i];
    }
    *out_len = prefix.len + input.len;
    return 1;
}

static int without(size_t prefix_len, bulla_bytes input, uint8_t *out, size_t *out_len) {
    return with_prefix((bulla_bytes){NULL, 0},
                       (bulla_bytes){input.data + prefix_len, input.len - prefix_len}, out,
                       out_len);
}
