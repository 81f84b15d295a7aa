/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate and its private key, as two PEM files that belong together. */
#ifndef CA_PAIR_H
#define CA_PAIR_H

#include "x509/issue.h"

#include <stdio.h>

enum { PAIR_PATH_MAX = 1024, PAIR_PROBLEM_MAX = 3 * PAIR_PATH_MAX + 512 };

struct pair {
    uint8_t *der;                   /* of the file's first certificate; heap */
    struct certificate certificate; /* views into `der` */
    struct private_key key;
};

enum pair_state {
    PAIR_INVALID = 0,
    PAIR_GOOD,
    PAIR_MISSING,  /* neither file is there */
    PAIR_NO_KEY,   /* the certificate alone; `certificate` is usable */
    PAIR_NO_CERT,  /* the key alone */
    PAIR_MISMATCH, /* the key is another certificate's */
    PAIR_BROKEN,   /* a file can't be read or understood: `problem` names it and the fix */
};

struct pair_files {
    char certificate[PAIR_PATH_MAX];
    char key[PAIR_PATH_MAX];
};

/* Zeroed memory is an empty pair. pair_free() it whatever the outcome. `problem` has
 * PAIR_PROBLEM_MAX bytes, here and below. */
BULLA_MUST_CHECK enum pair_state pair_load(struct pair *out, const struct pair_files *files,
                                           char *problem);
void pair_free(struct pair *pair);

/* True where `issuer` issued `pair`'s certificate: name and signature. */
BULLA_MUST_CHECK bool pair_is_issued_by(const struct pair *pair, const struct pair *issuer);

/* Makes a new P-256 key and a certificate for it, signed by `issuer` (NULL: by itself), and writes
 * both files; with `add_issuer` the issuer's certificate follows in the chain. On failure `problem`
 * says why, and neither file is half written. */
BULLA_MUST_CHECK bool pair_make(struct pair *out, const struct pair_files *files,
                                const struct issue_request *request, const struct pair *issuer,
                                bool add_issuer, const struct random_source *random, char *problem);

#endif
