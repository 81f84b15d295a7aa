/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials and trust from the files that options name. What fails has been said on stderr when a
 * function returns false: one line with the file, the cause and the fix. */
#ifndef CLI_MATERIAL_H
#define CLI_MATERIAL_H

#include <bulla/credential.h>
#include <bulla/trust.h>
#include <stdbool.h>

struct credential_files {
    const char *certificate;
    const char *key;      /* NULL: in the certificate's file */
    const char *password; /* NULL: the key is not encrypted; else a file's first line */
};

BULLA_MUST_CHECK bool material_credential(bulla_credential **out, const char *verb,
                                          const struct credential_files *files);

/* Every CA of a PEM file, or of a folder's files; NULL: the system's trust store.
 * `out` is NULL where it fails. */
BULLA_MUST_CHECK bool material_trust(bulla_trust **out, const char *verb, const char *path);

#endif
