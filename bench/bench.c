/* SPDX-License-Identifier: Apache-2.0 */
/* What all benchmarks share: certificates that are made when first asked for, and whether a name is
 * wanted at all. */
#include "bench.h"

#include <stdio.h>

const struct chains *bench_chains(struct bench *bench, enum chain_kind kind) {
    struct chains *chains = &bench->chains[kind];
    if (chains->server_key == NULL && !chains_make(chains, kind)) {
        fprintf(stderr, "bulla-bench: can't make certificates\n");
        return NULL;
    }
    return chains;
}

bool bench_is_wanted(const struct bench *bench, const struct results *probe) {
    return bench->results.mode != RESULTS_LIST && probe->num_shown > 0;
}
