/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate compression, RFC 8879: the lists of algorithms that both sides send, the
 * CompressedCertificate that is read, and those that are sent, which are made once, when a config
 * is built, from its own credentials; a credential that comes as an answer is shown as it is.
 *
 * Refused are algorithms that were not offered, a length that no Certificate has (before anything
 * is allocated for it), and what does not give exactly the length that it promises. */
#include "tls/hello.h"
#include "tls/messages.h"

#include <stdlib.h>

static const struct certificate_compression *find(const bulla_config *config, uint16_t algorithm);
static bulla_cause decompress(bulla_connection *connection, bulla_bytes compressed, uint8_t *out,
                              size_t len, bulla_compress_function function, bulla_bytes whole);
static bulla_cause compress_one(bulla_config *config, const bulla_credential *credential,
                                bool with_status);
static bulla_cause compress_by(bulla_config *config,
                               const struct certificate_compression *compression,
                               const struct compressed_certificate *plan, bulla_bytes plain);
static int compare(const void *a, const void *b);

/* ------------------------------------------------------------------ the lists */

bool certificate_decompresses(const bulla_config *config) {
    for (size_t i = 0; i < config->num_compressions; i++) {
        if (config->compressions[i].decompress != NULL) {
            return true;
        }
    }
    return false;
}

void certificate_compression_write(const bulla_config *config, struct writer *body) {
    size_t list = writer_open(body, 1);
    for (size_t i = 0; i < config->num_compressions; i++) {
        if (config->compressions[i].decompress != NULL) {
            writer_u16(body, config->compressions[i].algorithm);
        }
    }
    writer_close(body, list, 1);
}

bulla_cause certificate_compression_receive(bulla_connection *connection, bulla_bytes data) {
    const bulla_config *config = connection->config;
    struct reader reader = reader_over(data);
    size_t best = config->num_compressions;
    bulla_bytes list;
    uint16_t algorithm;
    if (!reader_vector8(&reader, &list) || !reader_at_end(&reader) || list.len == 0 ||
        list.len % 2 != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    reader = reader_over(list);
    while (reader_u16(&reader, &algorithm)) {
        for (size_t i = 0; i < best; i++) {
            const struct certificate_compression *ours = &config->compressions[i];
            if (ours->algorithm == algorithm && ours->compress != NULL) {
                best = i;
            }
        }
    }
    connection->handshake->compression =
        best == config->num_compressions ? 0 : config->compressions[best].algorithm;
    return BULLA_OK;
}

/* ------------------------------------------------------------------ reading */

bulla_cause compressed_certificate_receive(bulla_connection *connection, bulla_bytes body,
                                           bulla_bytes whole) {
    struct reader reader = reader_over(body);
    bulla_bytes compressed;
    uint16_t algorithm;
    uint32_t len;
    if (!certificate_decompresses(connection->config)) {
        return BULLA_E_MESSAGE_UNEXPECTED; /* nothing was offered */
    }
    if (!reader_u16(&reader, &algorithm) || !reader_u24(&reader, &len) ||
        !reader_vector24(&reader, &compressed) || compressed.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    const struct certificate_compression *compression = find(connection->config, algorithm);
    if (compression == NULL || compression->decompress == NULL) {
        return BULLA_E_CERTIFICATE_COMPRESSION_ILLEGAL;
    }
    if (len == 0 || len > CERTIFICATE_MESSAGE_LEN_MAX) {
        return BULLA_E_CERTIFICATE_DECOMPRESSION_FAILED;
    }
    uint8_t *plain = malloc(len);
    if (plain == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause =
        decompress(connection, compressed, plain, len, compression->decompress, whole);
    free(plain);
    return cause;
}

/* The handler of Certificate copies what it keeps. The transcript has the message as it was sent,
 * RFC 8879 4. */
static bulla_cause decompress(bulla_connection *connection, bulla_bytes compressed, uint8_t *out,
                              size_t len, bulla_compress_function function, bulla_bytes whole) {
    size_t out_len = len;
    if (function(compressed, out, &out_len) != 1 || out_len != len) {
        return BULLA_E_CERTIFICATE_DECOMPRESSION_FAILED;
    }
    return certificate_receive(connection, bytes_of(out, len), whole);
}

static const struct certificate_compression *find(const bulla_config *config, uint16_t algorithm) {
    for (size_t i = 0; i < config->num_compressions; i++) {
        if (config->compressions[i].algorithm == algorithm) {
            return &config->compressions[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ what is sent */

bulla_bytes certificate_compressed(const bulla_config *config, const bulla_credential *credential,
                                   bool with_status, uint16_t algorithm) {
    const struct compressed_certificate wanted = {
        .credential = credential, .with_status = with_status, .algorithm = algorithm};
    if (algorithm == 0 || config->num_compressed == 0) {
        return bytes_of(NULL, 0);
    }
    const struct compressed_certificate *found =
        bsearch(&wanted, config->compressed, config->num_compressed, sizeof wanted, compare);
    return found == NULL ? bytes_of(NULL, 0) : bytes_of(found->body, found->len);
}

bulla_cause certificate_compress_all(bulla_config *config) {
    size_t num_max = config->num_credentials * config->num_compressions * 2;
    if (num_max == 0 || config->version_max < BULLA_TLS_1_3) {
        return BULLA_OK;
    }
    config->compressed = calloc(num_max, sizeof *config->compressed);
    bulla_cause cause = config->compressed == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
    for (size_t i = 0; cause == BULLA_OK && i < config->num_credentials; i++) {
        const bulla_credential *credential = config->credentials[i];
        cause = compress_one(config, credential, false);
        if (cause == BULLA_OK && credential->ocsp_response.len != 0) {
            cause = compress_one(config, credential, true);
        }
    }
    if (cause == BULLA_OK) {
        qsort(config->compressed, config->num_compressed, sizeof *config->compressed, compare);
    }
    return cause;
}

void certificate_compressed_free(bulla_config *config) {
    for (size_t i = 0; i < config->num_compressed; i++) {
        free(config->compressed[i].body);
    }
    free(config->compressed);
}

static bulla_cause compress_one(bulla_config *config, const bulla_credential *credential,
                                bool with_status) {
    struct writer plain = writer_growing(CERTIFICATE_MESSAGE_LEN_MAX);
    bulla_bytes body;
    certificate_write(credential, with_status, &plain);
    /* What is longer is no peer's to read, whatever its form. */
    bool fits = writer_finish(&plain, &body);
    bulla_cause cause = BULLA_OK;
    for (size_t i = 0; fits && cause == BULLA_OK && i < config->num_compressions; i++) {
        const struct certificate_compression *compression = &config->compressions[i];
        const struct compressed_certificate plan = {.credential = credential,
                                                    .with_status = with_status,
                                                    .algorithm = compression->algorithm};
        if (compression->compress != NULL) {
            cause = compress_by(config, compression, &plan, body);
        }
    }
    writer_free(&plain);
    return cause;
}

/* Only what comes out shorter is kept: it is given no more room than that. */
static bulla_cause compress_by(bulla_config *config,
                               const struct certificate_compression *compression,
                               const struct compressed_certificate *plan, bulla_bytes plain) {
    enum { FIELDS_LEN = 2 + 3 + 3 };
    size_t room = plain.len <= FIELDS_LEN + 1 ? 0 : plain.len - FIELDS_LEN - 1, len = room;
    uint8_t *compressed = malloc(plain.len), *body = malloc(plain.len);
    if (compressed == NULL || body == NULL) {
        free(compressed);
        free(body);
        return BULLA_E_OUT_OF_MEMORY;
    }
    if (compression->compress(plain, compressed, &len) != 1 || len == 0 || len > room) {
        free(compressed);
        free(body);
        return BULLA_OK;
    }
    struct writer message = writer_into(body, plain.len);
    writer_u16(&message, plan->algorithm);
    writer_u24(&message, (uint32_t)plain.len);
    writer_vector(&message, 3, bytes_of(compressed, len));
    free(compressed);
    struct compressed_certificate *entry = &config->compressed[config->num_compressed++];
    *entry = *plan;
    entry->body = body;
    entry->len = message.len;
    return BULLA_OK;
}

/* By credential (its address), algorithm, and whether its OCSP response goes with it. */
static int compare(const void *a, const void *b) {
    const struct compressed_certificate *left = a, *right = b;
    uintptr_t left_at = (uintptr_t)left->credential, right_at = (uintptr_t)right->credential;
    if (left_at != right_at) {
        return left_at < right_at ? -1 : 1;
    }
    if (left->algorithm != right->algorithm) {
        return left->algorithm < right->algorithm ? -1 : 1;
    }
    return (int)left->with_status - (int)right->with_status;
}
