/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate and its private key, as two PEM files that belong together. */
#ifndef CA_CERTIFIED_KEY_H
#define CA_CERTIFIED_KEY_H

#include "x509/issue.h"

#include <stdio.h>

enum {
    CERTIFIED_KEY_PATH_MAX = 1024,
    CERTIFIED_KEY_PROBLEM_MAX = 3 * CERTIFIED_KEY_PATH_MAX + 512
};

struct certified_key {
    uint8_t *der;                   /* of the file's first certificate; heap */
    struct certificate certificate; /* views into `der` */
    struct private_key key;
};

enum certified_key_state {
    CERTIFIED_KEY_INVALID = 0,
    CERTIFIED_KEY_GOOD,
    CERTIFIED_KEY_MISSING,  /* neither file is there */
    CERTIFIED_KEY_NO_KEY,   /* the certificate alone; `certificate` is usable */
    CERTIFIED_KEY_NO_CERT,  /* the key alone */
    CERTIFIED_KEY_MISMATCH, /* the key is another certificate's */
    CERTIFIED_KEY_BROKEN,   /* a file can't be read or understood: `problem` names it and the fix */
};

struct certified_key_files {
    char certificate[CERTIFIED_KEY_PATH_MAX];
    char key[CERTIFIED_KEY_PATH_MAX];
};

/* Zeroed memory is an empty pair. certified_key_free() it whatever the outcome. `problem` has
 * CERTIFIED_KEY_PROBLEM_MAX bytes, here and below. */
BULLA_MUST_CHECK enum certified_key_state
certified_key_load(struct certified_key *out, const struct certified_key_files *files,
                   char *problem);
void certified_key_free(struct certified_key *pair);

/* True where `issuer` issued `pair`'s certificate: name and signature. */
BULLA_MUST_CHECK bool certified_key_is_issued_by(const struct certified_key *pair,
                                                 const struct certified_key *issuer);

/* Makes a new P-256 key and a certificate for it, signed by `issuer` (NULL: by itself), and writes
 * both files; with `add_issuer` the issuer's certificate follows in the chain. On failure `problem`
 * says why, and neither file is half written. */
BULLA_MUST_CHECK bool certified_key_make(struct certified_key *out,
                                         const struct certified_key_files *files,
                                         const struct issue_request *request,
                                         const struct certified_key *issuer, bool add_issuer,
                                         const struct random_source *random, char *problem);

#endif
