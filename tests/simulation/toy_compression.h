/* SPDX-License-Identifier: Apache-2.0 */
/* A compressor for certificates that costs no library: bulla_compress_functions. */
#ifndef SIMULATION_TOY_COMPRESSION_H
#define SIMULATION_TOY_COMPRESSION_H

#include <bulla/config.h>

#include <stdbool.h>

int toy_compress(bulla_bytes input, uint8_t *out, size_t *out_len);
int toy_decompress(bulla_bytes input, uint8_t *out, size_t *out_len);

#endif
