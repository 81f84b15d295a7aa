/* SPDX-License-Identifier: Apache-2.0 */
/* Times, and what is said of many of them. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <bulla/bytes.h>
#include <stdbool.h>

uint64_t stats_now_ns(void);

/* What a series of rounds comes to. */
struct figure {
    double best; /* the lowest of the rounds' 10th percentiles: what the machine does undisturbed */
    double median; /* the median of the rounds' medians */
};

/* One quantity's samples: gathered by round, and closed by stats_end_round(). Zeroed memory is a
 * valid empty one, to which nothing can be added. */
struct series {
    double *samples;
    size_t num_samples;
    size_t samples_cap; /* in one round */
    double *medians;
    size_t num_rounds;
    size_t rounds_cap;
    double best;
};

BULLA_MUST_CHECK bool series_make(struct series *out, size_t rounds_cap, size_t samples_cap);
void series_free(struct series *series);

/* A sample past the capacity is dropped. */
void series_add(struct series *series, double sample);
void series_end_round(struct series *series);
/* Zeros where no round was ended. */
struct figure series_figure(const struct series *series);

#endif
