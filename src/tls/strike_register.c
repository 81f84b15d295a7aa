/* SPDX-License-Identifier: Apache-2.0 */
/* Which early data was seen, RFC 8446 8.2: a ring of strikes in the order of their arrival, and
 * buckets to find them by.
 *
 * How long a strike is kept. Early data is fresh within `window` seconds on either side of the
 * moment where its ticket's age puts it (RFC 8446 8.3), so of two copies the second can come up to
 * twice the window after the first, and may be asked about when the clock has just gone on: that
 * long a strike stays, and only then it may be forgotten.
 *
 * Time that goes backwards. What was forgotten because the clock ran ahead would be fresh again
 * once the clock is put right. So the register remembers the time of the last strike that it
 * forgot, and knows nothing to be new while that strike would still be kept: for a clock that only
 * goes forward that is never. A strike from a future that was revoked stays until that future has
 * passed; if such strikes fill the register, there is no early data until then.
 *
 * Who has a ticket can try hellos until many fall into one bucket. A bucket is full at
 * BUCKET_STRIKES_MAX, long before that costs us anything, and what falls into a full bucket is not
 * new, as in a full register: it is taken after the handshake instead. */
#include "base/lock.h"
#include "tls/session.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    WINDOW_MAX = 60,
    STRIKES_MIN = 64,
    STRIKES_MAX = 1 << 20,
    BUCKET_STRIKES_MAX = 16, /* see LRU_CHAIN_MAX */
    FORGOTTEN_AT_ONCE = 4,   /* more than one comes: a flood is forgotten as fast, and no call
                              * waits for all of it */
    UNIQUE_LEN = 32,
};

struct strike {
    uint8_t unique[UNIQUE_LEN];
    int64_t at;
    uint32_t next; /* in its bucket, an older one: index + 1, or 0 */
};

struct bulla_strike_register {
    atomic_size_t num_owners;
    uint32_t window;
    size_t num_max, num_buckets; /* the latter a power of two */
    struct lock lock;            /* guards all below */
    struct strike *ring;
    uint32_t *buckets; /* the newest of each: index + 1, or 0 */
    size_t oldest, num;
    int64_t forgotten_at; /* the latest time of a strike that was forgotten */
    bool begun;
    int64_t begun_at;
};

static bool make_table(bulla_strike_register *strikes);
static bool is_past(const bulla_strike_register *strikes, int64_t at, int64_t now);
static void forget_past(bulla_strike_register *strikes, int64_t now);
static void forget_oldest(bulla_strike_register *strikes);
static bool may_be_put(const bulla_strike_register *strikes, const uint8_t *unique, int64_t now);
static void put(bulla_strike_register *strikes, const uint8_t *unique, int64_t now);
static uint32_t *bucket_of(const bulla_strike_register *strikes, const uint8_t *unique);

bulla_cause bulla_strike_register_new(bulla_strike_register **out, uint32_t window,
                                      size_t num_max) {
    if (out == NULL || window < 1 || window > WINDOW_MAX || num_max < STRIKES_MIN ||
        num_max > STRIKES_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bulla_strike_register *strikes = calloc(1, sizeof *strikes);
    if (strikes == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&strikes->num_owners, 1);
    strikes->window = window;
    strikes->num_max = num_max;
    strikes->forgotten_at = INT64_MIN;
    if (!make_table(strikes) || !lock_init(&strikes->lock)) {
        free(strikes->ring);
        free(strikes->buckets);
        free(strikes);
        return BULLA_E_OUT_OF_MEMORY;
    }
    *out = strikes;
    return BULLA_OK;
}

bulla_strike_register *bulla_strike_register_ref(bulla_strike_register *strikes) {
    atomic_fetch_add_explicit(&strikes->num_owners, 1, memory_order_relaxed);
    return strikes;
}

void bulla_strike_register_free(bulla_strike_register *strikes) {
    if (strikes == NULL ||
        atomic_fetch_sub_explicit(&strikes->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    lock_destroy(&strikes->lock);
    free(strikes->ring);
    free(strikes->buckets);
    free(strikes);
}

void strike_register_begin(bulla_strike_register *strikes, int64_t now) {
    lock_take(&strikes->lock);
    if (!strikes->begun) {
        strikes->begun = true;
        strikes->begun_at = now;
    }
    lock_release(&strikes->lock);
}

bool strike_register_knows(bulla_strike_register *strikes, int64_t issued_at, int64_t now) {
    lock_take(&strikes->lock);
    bool knows = strikes->begun &&
                 (issued_at >= strikes->begun_at || is_past(strikes, strikes->begun_at, now));
    lock_release(&strikes->lock);
    return knows;
}

bool strike_register_is_new(bulla_strike_register *strikes, const uint8_t *unique, int64_t now) {
    lock_take(&strikes->lock);
    forget_past(strikes, now);
    bool is_new = is_past(strikes, strikes->forgotten_at, now) && may_be_put(strikes, unique, now);
    if (is_new) {
        put(strikes, unique, now);
    }
    lock_release(&strikes->lock);
    return is_new;
}

uint32_t strike_window(const bulla_strike_register *strikes) {
    return strikes->window;
}

static bool make_table(bulla_strike_register *strikes) {
    strikes->num_buckets = STRIKES_MIN;
    while (strikes->num_buckets < strikes->num_max) {
        strikes->num_buckets *= 2;
    }
    strikes->ring = calloc(strikes->num_max, sizeof *strikes->ring);
    strikes->buckets = calloc(strikes->num_buckets, sizeof *strikes->buckets);
    return strikes->ring != NULL && strikes->buckets != NULL;
}

/* Whether a strike at `at` need not be kept any more. Unsigned: a clock may say anything. */
static bool is_past(const bulla_strike_register *strikes, int64_t at, int64_t now) {
    return now > at && (uint64_t)now - (uint64_t)at > 2 * (uint64_t)strikes->window + 1;
}

static void forget_past(bulla_strike_register *strikes, int64_t now) {
    for (int i = 0; i < FORGOTTEN_AT_ONCE && strikes->num != 0; i++) {
        if (!is_past(strikes, strikes->ring[strikes->oldest].at, now)) {
            return;
        }
        forget_oldest(strikes);
    }
}

/* The oldest of all is the last of its bucket. */
static void forget_oldest(bulla_strike_register *strikes) {
    const struct strike *oldest = &strikes->ring[strikes->oldest];
    uint32_t *place = bucket_of(strikes, oldest->unique);
    while (*place != strikes->oldest + 1) {
        place = &strikes->ring[*place - 1].next;
    }
    *place = 0;
    if (oldest->at > strikes->forgotten_at) {
        strikes->forgotten_at = oldest->at;
    }
    strikes->oldest = (strikes->oldest + 1) % strikes->num_max;
    strikes->num--;
}

/* There is room in the ring and in the bucket, and it is not there, but for what is past and merely
 * waits to be forgotten. Not in constant time: what strikes are made of was sent in the clear. */
static bool may_be_put(const bulla_strike_register *strikes, const uint8_t *unique, int64_t now) {
    size_t num_seen = 0;
    for (uint32_t link = *bucket_of(strikes, unique); link != 0; num_seen++) {
        const struct strike *seen = &strikes->ring[link - 1];
        if (bytes_equal(BYTES_IN(seen->unique), bytes_of(unique, UNIQUE_LEN)) &&
            !is_past(strikes, seen->at, now)) {
            return false;
        }
        link = seen->next;
    }
    return num_seen < BUCKET_STRIKES_MAX && strikes->num < strikes->num_max;
}

static void put(bulla_strike_register *strikes, const uint8_t *unique, int64_t now) {
    size_t index = (strikes->oldest + strikes->num) % strikes->num_max;
    uint32_t *bucket = bucket_of(strikes, unique);
    struct strike *strike = &strikes->ring[index];
    *strike = (struct strike){.at = now, .next = *bucket};
    bytes_copy(strike->unique, UNIQUE_LEN, bytes_of(unique, UNIQUE_LEN));
    *bucket = (uint32_t)index + 1;
    strikes->num++;
}

static uint32_t *bucket_of(const bulla_strike_register *strikes, const uint8_t *unique) {
    size_t number = (size_t)unique[0] << 16 | (size_t)unique[1] << 8 | unique[2];
    return &strikes->buckets[number & (strikes->num_buckets - 1)];
}
