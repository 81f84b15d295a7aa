/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured, as a table for people or as JSON for programs.
 *
 * A result is one row of the table and up to three lines of JSON (NAME, NAME_median and
 * NAME_over_sum or NAME_over_bare), each chosen by its own name. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "stats.h"

enum unit { UNIT_MICROSECONDS, UNIT_MEGABYTES_PER_SECOND, UNIT_BYTES, UNIT_ALLOCATIONS };

enum { RESULT_NAME_LEN_MAX = 64 };

/* What is asked of a result; zeros ask nothing. */
struct target {
    double ratio;    /* with theirs, at least */
    double of_floor; /* times and bytes: ours over the floor, at most; speeds: at least */
    double ours;     /* at most, where `has_ours` */
    bool has_ours;
};

struct result {
    char name[RESULT_NAME_LEN_MAX];
    enum unit unit;
    struct figure ours;
    struct figure theirs;
    double floor;    /* what nobody can do without; 0 for nothing */
    bool ours_alone; /* nobody to compare with */
    struct target target;
    bool is_detail; /* a row of the table only where details are wanted */
};

/* A group of results of one kind. */
struct section {
    const char *title;
    const char *floor_name; /* "sum", "bare", or NULL for none */
    bool has_medians;
};

enum results_mode { RESULTS_TABLE, RESULTS_JSON, RESULTS_LIST, RESULTS_NOTHING };

struct results {
    enum results_mode mode;
    const char *only;
    bool detail;
    const struct section *section;
    bool has_heading; /* the section's heading was printed */
    size_t num_shown;
    size_t num_met; /* targets */
    size_t num_missed;
};

/* A section's heading is printed with its first row. */
void results_begin(struct results *results, const struct section *section);
void results_add(struct results *results, const struct result *result);

/* A line on how many targets were met, after a table that had any. */
void results_end(const struct results *results);

/* The same choice without printing: `num_shown` says afterwards whether anything was chosen. */
struct results results_probe(const struct results *results, const struct section *section);

#endif
