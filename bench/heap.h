/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the heap of each side of a connection, libcrypto's share included. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Who pays for what is allocated from now on. */
enum heap_account { HEAP_NOBODY, HEAP_CLIENT, HEAP_SERVER, NUM_HEAP_ACCOUNTS };

/* Sizes are those that were asked for, without malloc's own rounding and headers. */
struct heap_figures {
    int64_t live_bytes; /* may sink below 0 where a block of before was freed */
    int64_t peak_bytes; /* the most that were live since heap_mark_peak() */
    uint64_t num_allocations;
};

/* False where malloc can't be replaced: under sanitizers, and with another libc than glibc. */
bool heap_can_count(void);

/* Counts from here until the process ends; until then malloc is as it was, but for one branch. */
void heap_start_counting(void);

void heap_charge_to(enum heap_account account);
struct heap_figures heap_figures_of(enum heap_account account);
/* Lets the account's peak begin at what is live now. */
void heap_mark_peak(enum heap_account account);

#endif
