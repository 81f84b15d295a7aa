/* SPDX-License-Identifier: Apache-2.0 */
/* The chains that cost a validator most, as a peer may send them: as many certificates as are
 * taken, and no more bytes than a Certificate message holds. */
#ifndef BENCH_HOSTILE_CHAINS_H
#define BENCH_HOSTILE_CHAINS_H

#include "mint.h"
#include <bulla/report.h>

enum { HOSTILE_LEN_MAX = 65000 }; /* of 64 KiB in all; lengths and extensions have the rest */

struct hostile_chain {
    bulla_bytes root_pem;
    bulla_bytes certificates[BULLA_VERIFY_CHAIN_LEN_MAX];
    size_t num_certificates;
    size_t len; /* of all */
};

struct hostile_kind {
    const char *name;
    bool (*make)(struct hostile_chain *out);
};

enum { NUM_HOSTILE_KINDS = 18 };
extern const struct hostile_kind HOSTILE_KINDS[NUM_HOSTILE_KINDS];

/* hostile_chain_free() it either way. */
BULLA_MUST_CHECK bool hostile_chain_make(struct hostile_chain *out,
                                         const struct hostile_kind *kind);
void hostile_chain_free(struct hostile_chain *chain);

#endif
