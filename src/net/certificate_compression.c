/* SPDX-License-Identifier: Apache-2.0 */
/* zlib (RFC 1950), brotli (RFC 7932) and zstd (RFC 8878) as RFC 8879 uses them. See
 * certificate_compression.h.
 *
 * What is compressed is our own, once for a config: as small as may be, whatever it takes. What is
 * decompressed is a stranger's: into the room that it is given, within a bound on memory (zlib and
 * zstd have one of their own, of less than 200 KiB), and refused unless it ends where its input
 * ends. */
#include "net/certificate_compression.h"

#include <stddef.h>

#ifdef BULLA_HAS_BROTLI
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>
#endif
#ifdef BULLA_HAS_ZLIB
#include <zlib.h>
#endif
#ifdef BULLA_HAS_ZSTD
#include <zstd.h>
#endif

#ifdef BULLA_HAS_BROTLI

/* The highest quality takes thirty times as long for a chain and saves a few bytes of it: that
 * would be seconds for a config with a thousand credentials. */
enum { BROTLI_QUALITY = 5 };

/* A stream may ask for a window of 16 MiB; a chain of the longest that is read needs a small part
 * of this. */
enum { BROTLI_MEMORY_MAX = 1 << 19 };

static void *brotli_allocate(void *budget, size_t len) {
    size_t *left = budget;
    if (len > *left) {
        return NULL;
    }
    *left -= len;
    return malloc(len);
}

static void brotli_free(void *budget, void *block) {
    (void)budget;
    free(block);
}

static int brotli_compress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return BrotliEncoderCompress(BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_DEFAULT_MODE,
                                 input.len, input.data, out_len, out) == BROTLI_TRUE;
}

static int brotli_decompress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    size_t budget = BROTLI_MEMORY_MAX, left = *out_len;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(brotli_allocate, brotli_free, &budget);
    if (state == NULL) {
        return 0;
    }
    BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state, &input.len, &input.data, &left, &out, NULL);
    BrotliDecoderDestroyInstance(state);
    *out_len -= left;
    return result == BROTLI_DECODER_RESULT_SUCCESS && input.len == 0;
}

#endif
#ifdef BULLA_HAS_ZSTD

static int zstd_compress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    size_t len = ZSTD_compress(out, *out_len, input.data, input.len, ZSTD_maxCLevel());
    *out_len = ZSTD_isError(len) ? 0 : len;
    return !ZSTD_isError(len);
}

/* In one piece, for which no window is allocated. */
static int zstd_decompress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    size_t len = ZSTD_decompress(out, *out_len, input.data, input.len);
    *out_len = ZSTD_isError(len) ? 0 : len;
    return !ZSTD_isError(len);
}

#endif
#ifdef BULLA_HAS_ZLIB

static int zlib_compress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    uLongf len = *out_len;
    int result = compress2(out, &len, input.data, input.len, Z_BEST_COMPRESSION);
    *out_len = len;
    return result == Z_OK;
}

static int zlib_decompress(bulla_bytes input, uint8_t *out, size_t *out_len) {
    uLongf len = *out_len;
    uLong read = input.len;
    int result = uncompress2(out, &len, input.data, &read);
    *out_len = len;
    return result == Z_OK && read == input.len;
}

#endif

/* IANA's numbers, RFC 8879 7.3. */
void certificate_compression_add_all(bulla_config_builder *builder) {
#ifdef BULLA_HAS_BROTLI
    bulla_config_add_certificate_compression(builder, 2, brotli_compress, brotli_decompress);
#endif
#ifdef BULLA_HAS_ZSTD
    bulla_config_add_certificate_compression(builder, 3, zstd_compress, zstd_decompress);
#endif
#ifdef BULLA_HAS_ZLIB
    bulla_config_add_certificate_compression(builder, 1, zlib_compress, zlib_decompress);
#endif
    (void)builder; /* where there is none */
}
