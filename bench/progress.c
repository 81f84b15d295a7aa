/* SPDX-License-Identifier: Apache-2.0 */
/* Writes to stderr alone, and only between measurements. */
#include "progress.h"
#include "stats.h"
#include <stdio.h>
#include <unistd.h>

enum { PATIENCE_NS = 1000000000 };

void progress_begin(struct progress *progress) {
    *progress = (struct progress){
        .is_terminal = isatty(STDERR_FILENO) == 1,
        .begun_ns = stats_now_ns(),
    };
}

void progress_show(struct progress *progress, const char *what, size_t round, size_t num_rounds) {
    if (!progress->is_terminal || stats_now_ns() - progress->begun_ns < PATIENCE_NS) {
        return;
    }
    fprintf(stderr, "\r\033[K%s: round %zu of %zu", what, round + 1, num_rounds);
    fflush(stderr);
    progress->has_line = true;
}

void progress_clear(struct progress *progress) {
    if (progress->has_line) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        progress->has_line = false;
    }
}
