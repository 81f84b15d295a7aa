/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out of files, PEM or DER, in the order in which they stand there. */
#ifndef CLI_CHAIN_FILES_H
#define CLI_CHAIN_FILES_H

#include "base/bytes.h"

enum { CHAIN_FILES_ITEMS_MAX = 64 };

enum chain_file_kind { CHAIN_FILE_INVALID = 0, CHAIN_FILE_CERTIFICATE, CHAIN_FILE_REQUEST };

struct chain_file_item {
    enum chain_file_kind kind;
    bulla_bytes der; /* views `owned` */
    uint8_t *owned;
};

struct chain_files {
    struct chain_file_item items[CHAIN_FILES_ITEMS_MAX];
    size_t num_items;
};

/* Adds every certificate and certification request (PKCS#10) of `path`; other PEM blocks are passed
 * over. False where there is none, with one line on stderr. chain_files_free() either way. */
BULLA_MUST_CHECK bool chain_files_add(struct chain_files *files, const char *verb,
                                      const char *path);
void chain_files_free(struct chain_files *files);

/* True where an operand is meant as a file: it exists, or looks like a path of one. */
bool chain_files_is_file(const char *operand);

/* True where a file's content is DER rather than text. */
bool chain_files_is_der(bulla_bytes content);

#endif
