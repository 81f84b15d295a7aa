/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes src/der/pem.c and base64: every block of a text. A block that is read can be written, and
 * reads as the same again; the reader always moves on. */
#include "der/pem.h"

#include <stdio.h>
#include <stdlib.h>

enum { LABEL_LEN_MAX = 100 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void check_round_trip(const struct pem_block *block) {
    char label[LABEL_LEN_MAX + 1];
    if (block->label.len > LABEL_LEN_MAX) {
        return;
    }
    snprintf(label, sizeof label, "%.*s", (int)block->label.len, (const char *)block->label.data);
    struct writer writer = writer_growing(block->der_len * 2 + 4 * LABEL_LEN_MAX);
    bulla_bytes text;
    pem_write(&writer, label, bytes_of(block->der, block->der_len));
    require(writer_finish(&writer, &text));
    struct reader reader = reader_over(text);
    struct pem_block again;
    require(pem_next(&reader, &again) == BULLA_OK && reader_at_end(&reader));
    require(bytes_equal(again.label, block->label));
    require(bytes_equal(bytes_of(again.der, again.der_len), bytes_of(block->der, block->der_len)));
    pem_block_free(&again);
    writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader text = reader_over(bytes_of(data, len));
    for (;;) {
        struct pem_block block;
        const size_t left = text.left;
        bulla_cause cause = pem_next(&text, &block);
        if (cause == BULLA_E_PEM_NOT_FOUND) {
            require(reader_at_end(&text));
            return 0;
        }
        require(cause == BULLA_OK || cause == BULLA_E_PEM_MALFORMED ||
                cause == BULLA_E_KEY_ENCRYPTED);
        require(text.left < left);
        if (cause == BULLA_OK) {
            require(block.der_len > 0 && block.der_len <= left);
            check_round_trip(&block);
        }
        pem_block_free(&block);
    }
}
