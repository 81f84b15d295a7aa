/* SPDX-License-Identifier: Apache-2.0 */
/* Signature memory: that a signature over certain bytes verified once under a certain key. It need
 * not be verified again, so that chains seen before are nearly free. What is remembered is
 * arithmetic, never trust: dates, names and anchors are judged anew each time. Only success is
 * remembered. Bounded, shared by threads, reference-counted. */
#ifndef BULLA_MEMO_H
#define BULLA_MEMO_H

#include <bulla/error.h>

typedef struct bulla_memo bulla_memo;

typedef struct bulla_memo_stats {
    uint64_t num_hits, num_misses, num_evictions;
    size_t num_entries, num_entries_max;
} bulla_memo_stats;

/* Room for `num_entries_max` signatures (64 to 1,048,576, rounded up to a power of two), 32 bytes
 * each, allocated at once. `salt` is 32 random bytes: digests are keyed with it, so that nobody can
 * aim at a slot. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_memo_new(bulla_memo **out, size_t num_entries_max,
                                                      const uint8_t salt[32]);
BULLA_API void bulla_memo_stats_get(const bulla_memo *memo, bulla_memo_stats *out);
BULLA_API bulla_memo *bulla_memo_ref(bulla_memo *memo);
BULLA_API void bulla_memo_free(bulla_memo *memo);

#endif
