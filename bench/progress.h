/* SPDX-License-Identifier: Apache-2.0 */
/* One line on a terminal that says what is being measured, for whoever waits for longer than a
 * second. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool is_terminal;
    bool has_line;
    uint64_t begun_ns;
};

void progress_begin(struct progress *progress);
/* `round` counts from 0. */
void progress_show(struct progress *progress, const char *what, size_t round, size_t num_rounds);
/* Takes the line away, before something else is printed. */
void progress_clear(struct progress *progress);

#endif
