/* SPDX-License-Identifier: Apache-2.0 */
/* The signature memory (bulla/memo.h): a fixed table of digests, in sets of eight.
 *
 * What is kept of a signature is SHA-256 over the salt, the issuer's key, the algorithm, the signed
 * bytes and the signature, each behind its length, so that no two different questions are the same
 * bytes. All 256 bits but one are stored and compared: a false hit is a collision of SHA-256, the
 * same thing that would let two certificates share one signature. The salt is secret and digests
 * never leave, so nobody can choose which set a signature falls into.
 *
 * No thread ever waits. A set is guarded by a sequence number that is odd while one thread writes:
 * whoever reads takes the eight digests between two looks at it, and believes a match only if both
 * saw the same even number. A writer that finds it odd gives up. Both give the answer "unknown",
 * which costs a verification and is never wrong. */
#include "x509/memo.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    ENTRIES_MIN = 64,
    ENTRIES_MAX = 1048576,
    SALT_LEN = 32,
    DIGEST_LEN = 32,
    WAYS = 8,        /* entries of a set; the bits of memo_guard.recent */
    LINE_LEN = 64,   /* of a cache: what several threads write stands apart */
    LENGTH_SIZE = 8, /* of the length fields that are hashed */
};

/* An empty place has no bit set, and so no digest's last one. */
struct memo_set {
    _Alignas(LINE_LEN) _Atomic uint64_t words[WAYS][MEMO_TAG_WORDS];
};

/* What belongs to a set and is written more often than it. */
struct memo_guard {
    _Atomic uint64_t sequence; /* odd while somebody writes */
    _Atomic uint32_t recent;   /* a bit for each place that was hit lately */
    uint32_t hand;             /* where the next victim is looked for; the writer's alone */
};

struct memo_counter {
    _Alignas(LINE_LEN) _Atomic uint64_t count;
};

struct bulla_memo {
    struct memo_counter num_hits, num_misses, num_evictions, num_entries;
    atomic_size_t num_owners;
    struct hash salted; /* SHA-256 that has taken in the salt: a whole block */
    size_t num_sets;    /* a power of two */
    struct memo_set *sets;
    struct memo_guard *guards;
};

static bulla_cause make_table(bulla_memo *memo, size_t num_entries_max);
static void hash_sized(struct hash *hash, bulla_bytes bytes);
static size_t set_of(const bulla_memo *memo, const struct memo_tag *tag);
static unsigned find(const struct memo_set *set, const struct memo_tag *tag);
static bool lock(struct memo_guard *guard, uint64_t *out_sequence);
static void put(bulla_memo *memo, size_t index, const struct memo_tag *tag);
static unsigned choose_place(const struct memo_set *set, struct memo_guard *guard,
                             bool *out_evicts);
static void count(struct memo_counter *counter);
static uint64_t counted(const struct memo_counter *counter);

bulla_cause bulla_memo_new(bulla_memo **out, size_t num_entries_max, const uint8_t salt[32]) {
    if (out == NULL || salt == NULL || num_entries_max < ENTRIES_MIN ||
        num_entries_max > ENTRIES_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bulla_memo *memo = aligned_alloc(LINE_LEN, sizeof *memo);
    if (memo == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    *memo = (bulla_memo){0};
    atomic_init(&memo->num_owners, 1);
    bulla_cause cause = make_table(memo, num_entries_max);
    if (cause != BULLA_OK) {
        bulla_memo_free(memo);
        return cause;
    }
    static const uint8_t rest_of_block[LINE_LEN - SALT_LEN];
    hash_start(&memo->salted, HASH_SHA256);
    hash_update(&memo->salted, bytes_of(salt, SALT_LEN));
    hash_update(&memo->salted, BYTES_IN(rest_of_block));
    *out = memo;
    return BULLA_OK;
}

void bulla_memo_stats_get(const bulla_memo *memo, bulla_memo_stats *out) {
    *out = (bulla_memo_stats){
        .num_hits = counted(&memo->num_hits),
        .num_misses = counted(&memo->num_misses),
        .num_evictions = counted(&memo->num_evictions),
        .num_entries = (size_t)counted(&memo->num_entries),
        .num_entries_max = memo->num_sets * WAYS,
    };
}

bulla_memo *bulla_memo_ref(bulla_memo *memo) {
    atomic_fetch_add_explicit(&memo->num_owners, 1, memory_order_relaxed);
    return memo;
}

void bulla_memo_free(bulla_memo *memo) {
    if (memo == NULL ||
        atomic_fetch_sub_explicit(&memo->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    free(memo->sets);
    free(memo->guards);
    bytes_wipe(&memo->salted, sizeof memo->salted);
    free(memo);
}

bool memo_knows(bulla_memo *memo, const struct certificate *child,
                const struct public_key_info *issuer_key) {
    if (memo == NULL) {
        return false;
    }
    struct memo_tag tag = memo_tag_of(memo, child, issuer_key);
    return memo_knows_tag(memo, &tag);
}

void memo_remember(bulla_memo *memo, const struct certificate *child,
                   const struct public_key_info *issuer_key) {
    if (memo == NULL) {
        return;
    }
    struct memo_tag tag = memo_tag_of(memo, child, issuer_key);
    memo_remember_tag(memo, &tag);
}

/* The encoding is free of prefixes, so that what SHA-256 makes of it behind a secret block is a
 * keyed function that nobody predicts without the salt. */
struct memo_tag memo_tag_of(const bulla_memo *memo, const struct certificate *child,
                            const struct public_key_info *issuer_key) {
    struct hash hash = memo->salted;
    const uint8_t algorithm[] = {(uint8_t)child->signature_algorithm.kind,
                                 (uint8_t)child->signature_algorithm.hash};
    hash_update(&hash, BYTES_IN(algorithm));
    hash_sized(&hash, issuer_key->der);
    hash_sized(&hash, child->tbs);
    hash_sized(&hash, child->signature);
    uint8_t digest[DIGEST_LEN];
    hash_finish(&hash, digest);
    struct memo_tag tag;
    bytes_copy(tag.words, sizeof tag.words, BYTES_IN(digest));
    tag.words[MEMO_TAG_WORDS - 1] |= 1;
    return tag;
}

bool memo_knows_tag(bulla_memo *memo, const struct memo_tag *tag) {
    size_t index = set_of(memo, tag);
    struct memo_guard *guard = &memo->guards[index];
    uint64_t before = atomic_load_explicit(&guard->sequence, memory_order_acquire);
    unsigned place = find(&memo->sets[index], tag);
    uint64_t after = atomic_load_explicit(&guard->sequence, memory_order_relaxed);
    if (place == WAYS || before != after || before % 2 != 0) {
        count(&memo->num_misses);
        return false;
    }
    uint32_t bit = 1U << place;
    /* Looked at first: a line that is only read stays in every core's cache. */
    if ((atomic_load_explicit(&guard->recent, memory_order_relaxed) & bit) == 0) {
        atomic_fetch_or_explicit(&guard->recent, bit, memory_order_relaxed);
    }
    count(&memo->num_hits);
    return true;
}

void memo_remember_tag(bulla_memo *memo, const struct memo_tag *tag) {
    size_t index = set_of(memo, tag);
    struct memo_guard *guard = &memo->guards[index];
    uint64_t sequence;
    if (!lock(guard, &sequence)) {
        return;
    }
    if (find(&memo->sets[index], tag) == WAYS) {
        put(memo, index, tag);
    }
    atomic_store_explicit(&guard->sequence, sequence + 2, memory_order_release);
}

/* Zeros are a valid table without entries. */
static bulla_cause make_table(bulla_memo *memo, size_t num_entries_max) {
    size_t num_sets = ENTRIES_MIN / WAYS;
    while (num_sets * WAYS < num_entries_max) {
        num_sets *= 2;
    }
    memo->num_sets = num_sets;
    memo->sets = aligned_alloc(LINE_LEN, num_sets * sizeof *memo->sets);
    memo->guards = calloc(num_sets, sizeof *memo->guards);
    if (memo->sets == NULL || memo->guards == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < num_sets; i++) {
        memo->sets[i] = (struct memo_set){0};
    }
    return BULLA_OK;
}

static void hash_sized(struct hash *hash, bulla_bytes bytes) {
    uint8_t length[LENGTH_SIZE];
    for (size_t i = 0; i < LENGTH_SIZE; i++) {
        length[i] = (uint8_t)((uint64_t)bytes.len >> (8 * i));
    }
    hash_update(hash, BYTES_IN(length));
    hash_update(hash, bytes);
}

static size_t set_of(const bulla_memo *memo, const struct memo_tag *tag) {
    return (size_t)tag->words[0] & (memo->num_sets - 1);
}

/* The place that holds the tag, or WAYS. Words are loaded with acquire, and put() stores them with
 * release: who sees one word of a write also sees the odd sequence number that came before it. A
 * mixture of two writes is therefore never followed by the number that preceded the reading. */
static unsigned find(const struct memo_set *set, const struct memo_tag *tag) {
    for (unsigned place = 0; place < WAYS; place++) {
        uint64_t difference = 0;
        for (unsigned i = 0; i < MEMO_TAG_WORDS && difference == 0; i++) {
            difference =
                atomic_load_explicit(&set->words[place][i], memory_order_acquire) ^ tag->words[i];
        }
        if (difference == 0) {
            return place;
        }
    }
    return WAYS;
}

static bool lock(struct memo_guard *guard, uint64_t *out_sequence) {
    *out_sequence = atomic_load_explicit(&guard->sequence, memory_order_relaxed);
    return *out_sequence % 2 == 0 && atomic_compare_exchange_strong_explicit(
                                         &guard->sequence, out_sequence, *out_sequence + 1,
                                         memory_order_acquire, memory_order_relaxed);
}

/* The set is locked. */
static void put(bulla_memo *memo, size_t index, const struct memo_tag *tag) {
    struct memo_set *set = &memo->sets[index];
    bool evicts;
    unsigned place = choose_place(set, &memo->guards[index], &evicts);
    for (unsigned i = 0; i < MEMO_TAG_WORDS; i++) {
        atomic_store_explicit(&set->words[place][i], tag->words[i], memory_order_release);
    }
    count(evicts ? &memo->num_evictions : &memo->num_entries);
}

/* An empty place, else from the hand on the first that was not hit lately. Each eviction takes one
 * mark away and moves the hand: what is asked for again keeps its place against a flood of
 * signatures that nobody asks for twice, and what is not asked for any more loses it in the end. */
static unsigned choose_place(const struct memo_set *set, struct memo_guard *guard,
                             bool *out_evicts) {
    *out_evicts = false;
    for (unsigned place = 0; place < WAYS; place++) {
        if (atomic_load_explicit(&set->words[place][MEMO_TAG_WORDS - 1], memory_order_relaxed) ==
            0) {
            return place;
        }
    }
    *out_evicts = true;
    unsigned hand = guard->hand;
    uint32_t recent = atomic_load_explicit(&guard->recent, memory_order_relaxed);
    unsigned place = hand;
    for (unsigned i = 0; i < WAYS; i++) {
        unsigned candidate = (hand + i) % WAYS;
        if ((recent & 1U << candidate) == 0) {
            place = candidate;
            break;
        }
    }
    atomic_fetch_and_explicit(&guard->recent, ~(1U << hand | 1U << place), memory_order_relaxed);
    guard->hand = (hand + 1) % WAYS;
    return place;
}

static void count(struct memo_counter *counter) {
    atomic_fetch_add_explicit(&counter->count, 1, memory_order_relaxed);
}

static uint64_t counted(const struct memo_counter *counter) {
    return atomic_load_explicit(&counter->count, memory_order_relaxed);
}
