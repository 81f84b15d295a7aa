/* SPDX-License-Identifier: Apache-2.0 */
/* The private CA of `bulla up`: a root, an intermediate, one server and one client certificate, as
 * PEM files in a folder. */
#ifndef CA_PRIVATE_CA_H
#define CA_PRIVATE_CA_H

#include "ca/certified_key.h"

enum private_ca_part {
    PRIVATE_CA_ROOT = 0,
    PRIVATE_CA_INTERMEDIATE,
    PRIVATE_CA_SERVER,
    PRIVATE_CA_CLIENT,
    PRIVATE_CA_NUM_PARTS,
};

struct private_ca_report {
    struct {
        bool made; /* just now, for the first time or anew */
        int64_t not_after;
        struct certified_key_files files;
    } parts[PRIVATE_CA_NUM_PARTS];
    uint8_t root_sha256[32];
    char problem[CERTIFIED_KEY_PROBLEM_MAX]; /* one line that names the file and the fix */
};

/* Makes what is missing in `folder` (and the folder), renews what has passed two thirds of its
 * life or does not fit its key or issuer, and leaves the rest alone. The root is never replaced
 * silently: people trust it. False with a `problem`; files that were good are then as before. */
BULLA_MUST_CHECK bool private_ca_prepare(struct private_ca_report *out, const char *folder,
                                         int64_t now, const struct random_source *random);

#endif
