/* SPDX-License-Identifier: Apache-2.0 */
/* The reading of chain_files.h. DER has no label: what parses as a certificate is one, and so for
 * a certification request; PEM says what it holds. */
#include "cli/chain_files.h"

#include "cli/exit.h"
#include "der/der.h"
#include "der/pem.h"
#include "net/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bulla_cause add_pem(struct chain_files *files, bulla_bytes text);
static bulla_cause add_der(struct chain_files *files, bulla_bytes der);
static enum chain_file_kind kind_of_label(bulla_bytes label);
static bool is_request(bulla_bytes der);
static bulla_cause add(struct chain_files *files, enum chain_file_kind kind, bulla_bytes der);

bool chain_files_add(struct chain_files *files, const char *verb, const char *path) {
    struct file file;
    size_t num_before = files->num_items;
    if (!file_read(&file, path)) {
        (void)exit_with(EXIT_USAGE, verb, "cannot read %s: %s; check the path", path,
                        strerror(errno));
        return false;
    }
    bulla_bytes content = file_bytes(&file);
    bulla_cause cause =
        chain_files_is_der(content) ? add_der(files, content) : add_pem(files, content);
    file_free(&file);
    if (cause == BULLA_OK && files->num_items == num_before) {
        cause = BULLA_E_PEM_NOT_FOUND;
    }
    if (cause != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, verb, "%s: %s: %s; give a certificate or a chain, PEM or DER",
                        path, bulla_cause_about(cause)->name, bulla_cause_about(cause)->says);
    }
    return cause == BULLA_OK;
}

void chain_files_free(struct chain_files *files) {
    for (size_t i = 0; i < files->num_items; i++) {
        free(files->items[i].owned);
    }
    files->num_items = 0;
}

bool chain_files_is_file(const char *operand) {
    static const char *const endings[] = {".pem", ".crt", ".cer", ".der", ".csr", ".req"};
    size_t len = strlen(operand);
    if (access(operand, F_OK) == 0 || strchr(operand, '/') != NULL) {
        return true;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (len > 4 && strcmp(operand + len - 4, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A SEQUENCE whose length takes more than one byte, as every certificate's does: '0' and then
 * something that no text has there. */
bool chain_files_is_der(bulla_bytes content) {
    return content.len > 1 && content.data[0] == DER_SEQUENCE && content.data[1] >= 0x80;
}

static bulla_cause add_pem(struct chain_files *files, bulla_bytes text) {
    struct reader rest = reader_over(text);
    for (;;) {
        struct pem_block block;
        bulla_cause cause = pem_next(&rest, &block);
        if (cause == BULLA_E_PEM_NOT_FOUND) {
            return BULLA_OK;
        }
        if (cause != BULLA_OK) {
            return cause;
        }
        enum chain_file_kind kind = kind_of_label(block.label);
        if (kind != CHAIN_FILE_INVALID) {
            cause = add(files, kind, bytes_of(block.der, block.der_len));
        }
        pem_block_free(&block);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
}

static bulla_cause add_der(struct chain_files *files, bulla_bytes der) {
    return add(files, is_request(der) ? CHAIN_FILE_REQUEST : CHAIN_FILE_CERTIFICATE, der);
}

static enum chain_file_kind kind_of_label(bulla_bytes label) {
    if (bytes_equal(label, BYTES_OF("CERTIFICATE")) ||
        bytes_equal(label, BYTES_OF("X509 CERTIFICATE"))) {
        return CHAIN_FILE_CERTIFICATE;
    }
    bool request = bytes_equal(label, BYTES_OF("CERTIFICATE REQUEST")) ||
                   bytes_equal(label, BYTES_OF("NEW CERTIFICATE REQUEST"));
    return request ? CHAIN_FILE_REQUEST : CHAIN_FILE_INVALID;
}

/* RFC 2986 4.1: what is signed begins with version 0, where a certificate has [0] or its serial
 * number and then an algorithm; a Name follows here. */
static bool is_request(bulla_bytes der) {
    struct reader reader = reader_over(der);
    struct reader outer;
    struct reader info;
    uint32_t version;
    bulla_bytes subject;
    bulla_bytes key;
    return der_read_nested(&reader, DER_SEQUENCE, &outer) &&
           der_read_nested(&outer, DER_SEQUENCE, &info) &&
           der_read_small_integer(&info, &version) && version == 0 &&
           der_read(&info, DER_SEQUENCE, &subject) && der_read(&info, DER_SEQUENCE, &key) &&
           !reader_at_end(&info) && reader_rest(&info).data[0] == DER_CONTEXT_CONSTRUCTED(0);
}

static bulla_cause add(struct chain_files *files, enum chain_file_kind kind, bulla_bytes der) {
    if (files->num_items == CHAIN_FILES_ITEMS_MAX) {
        return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
    }
    uint8_t *copy = bytes_duplicate(der);
    if (copy == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    files->items[files->num_items++] =
        (struct chain_file_item){kind, bytes_of(copy, der.len), copy};
    return BULLA_OK;
}
