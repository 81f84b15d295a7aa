/* SPDX-License-Identifier: Apache-2.0 */
/* PEM, RFC 7468: base64 between BEGIN and END lines. */
#ifndef DER_PEM_H
#define DER_PEM_H

#include "base/reader.h"
#include "base/writer.h"
#include <bulla/error.h>

struct pem_block {
    bulla_bytes label; /* "CERTIFICATE"; a view into the text */
    uint8_t *der;      /* heap; pem_block_free() wipes and frees it */
    size_t der_len;
};

/* Reads the next block of any label, passing over text between blocks. BULLA_E_PEM_NOT_FOUND at
 * the end; BULLA_E_PEM_MALFORMED for a damaged block; BULLA_E_KEY_ENCRYPTED for RFC 1421's
 * "Proc-Type: 4,ENCRYPTED" header, which is not supported. */
BULLA_MUST_CHECK bulla_cause pem_next(struct reader *text, struct pem_block *out);
void pem_block_free(struct pem_block *block);

/* Writes one block, 64 columns. */
void pem_write(struct writer *writer, const char *label, bulla_bytes der);

#endif
