/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of bulla-bench. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <bulla/bytes.h>
#include <stdbool.h>

struct options {
    bool json;
    bool detail;
    bool list;
    bool help;
    const char *only; /* NULL for everything */
    size_t num_rounds;
    size_t num_handshakes;  /* in a round, of either library */
    size_t num_batches;     /* of records in a round, each way */
    size_t num_connections; /* at rest at the same time */
};

/* False after a line on stderr for a command line that makes no sense. */
BULLA_MUST_CHECK bool options_parse(struct options *out, int num_words, char **words);
void options_print_help(void);

#endif
