/* SPDX-License-Identifier: Apache-2.0 */
/* Percentiles by sorting: a round has some hundred samples, and it happens between measurements. */
#include "stats.h"
#include <stdlib.h>
#include <time.h>

static double percentile(double *values, size_t num_values, double share);
static int compare(const void *a, const void *b);

uint64_t stats_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

bool series_make(struct series *out, size_t rounds_cap, size_t samples_cap) {
    *out = (struct series){.rounds_cap = rounds_cap, .samples_cap = samples_cap};
    out->samples = calloc(samples_cap, sizeof(*out->samples));
    out->medians = calloc(rounds_cap, sizeof(*out->medians));
    if (out->samples == NULL || out->medians == NULL) {
        series_free(out);
        return false;
    }
    return true;
}

void series_free(struct series *series) {
    free(series->samples);
    free(series->medians);
    *series = (struct series){0};
}

void series_add(struct series *series, double sample) {
    if (series->num_samples < series->samples_cap) {
        series->samples[series->num_samples++] = sample;
    }
}

void series_end_round(struct series *series) {
    if (series->num_samples == 0 || series->num_rounds == series->rounds_cap) {
        return;
    }
    double low = percentile(series->samples, series->num_samples, 0.1);
    if (series->num_rounds == 0 || low < series->best) {
        series->best = low;
    }
    series->medians[series->num_rounds++] = percentile(series->samples, series->num_samples, 0.5);
    series->num_samples = 0;
}

struct figure series_figure(const struct series *series) {
    if (series->num_rounds == 0) {
        return (struct figure){0};
    }
    return (struct figure){.best = series->best,
                           .median = percentile(series->medians, series->num_rounds, 0.5)};
}

/* Sorts `values`; the nearest rank. */
static double percentile(double *values, size_t num_values, double share) {
    qsort(values, num_values, sizeof(*values), compare);
    return values[(size_t)((double)(num_values - 1) * share)];
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}
