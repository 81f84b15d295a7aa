/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the benchmarks, and its parts. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "options.h"
#include "pair.h"
#include "progress.h"
#include "results.h"

struct bench {
    const struct options *options;
    struct results results;
    struct progress progress;
    struct wires wires;
    struct chains chains[NUM_CHAIN_KINDS]; /* each made when it is first needed */
};

/* NULL after a line on stderr. */
const struct chains *bench_chains(struct bench *bench, enum chain_kind kind);

/* True where something of a part is to be measured: neither merely listed nor left out. `probe`
 * has been given the part's results, whatever their figures. */
bool bench_is_wanted(const struct bench *bench, const struct results *probe);

/* Each lists its results, or measures and reports what is wanted of them. False where a connection
 * or libcrypto failed. */
BULLA_MUST_CHECK bool bench_handshakes(struct bench *bench);
BULLA_MUST_CHECK bool bench_records(struct bench *bench);
BULLA_MUST_CHECK bool bench_validation(struct bench *bench);
BULLA_MUST_CHECK bool bench_hostile(struct bench *bench);
/* The last to run: it has malloc counted from then on. */
BULLA_MUST_CHECK bool bench_memory(struct bench *bench);

#endif
