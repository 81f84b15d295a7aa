/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that seal a server's tickets, RFC 5077 4 and RFC 8446 4.6.1, and the sealing.
 *
 *     opaque key_name[16];
 *     opaque nonce[12];       random
 *     opaque ciphertext[n];   AES-256-GCM of the session's bytes, with key_name beside it
 *     opaque tag[16];
 *
 * Whoever gets hold of such a key reads every session that it sealed, and with TLS 1.2 their past
 * traffic. So keys that nobody handed in are drawn for `period` seconds of sealing and as many of
 * opening, and what has ended is wiped at the next call here. The keys are copied out under the
 * lock and used outside of it; the copies are wiped, in the pool's context too.
 *
 * Refused is, without saying why: a name that no key has, an altered byte, a key that has ended. A
 * nonce is drawn for each ticket, so no key seals more than SEALS_MAX of them (NIST SP
 * 800-38D 8.3): one of our own is replaced early then, one that was handed in waits for the next.
 * Called by the choice of sessions and both NewSessionTicket files, from any thread. */
#include "base/lock.h"
#include "base/reader.h"
#include "tls/session.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    PERIOD_MIN = 60,
    PERIOD_MAX = 604800,
    KEYS_MAX = 8,
    NAME_LEN = BULLA_TICKET_KEY_NAME_LEN,
    SECRET_LEN = BULLA_TICKET_KEY_SECRET_LEN,
    TICKET_OVERHEAD = NAME_LEN + AEAD_NONCE_LEN + AEAD_TAG_LEN,
};

static const uint64_t SEALS_MAX = (uint64_t)1 << 32;

struct ticket_key {
    uint8_t name[NAME_LEN];
    uint8_t secret[SECRET_LEN];
    int64_t seals_from, seals_until, opens_until;
    uint64_t num_seals;
};

struct bulla_ticket_keys {
    atomic_size_t num_owners;
    uint32_t period;
    struct lock lock; /* guards all below */
    bool handed_in;   /* no key is drawn any more */
    size_t num_keys;
    struct ticket_key keys[KEYS_MAX]; /* in the order in which they came */
};

static bulla_cause sealing_key(bulla_ticket_keys *keys, const struct random_source *random,
                               int64_t now, struct ticket_key *out);
static bool lend_sealing_key(bulla_ticket_keys *keys, int64_t now, const struct ticket_key *fresh,
                             struct ticket_key *out, bool *out_wants_fresh);
static bool lend_opening_key(bulla_ticket_keys *keys, int64_t now, bulla_bytes name,
                             struct ticket_key *out);
static bulla_cause draw_key(struct ticket_key *out, uint32_t period,
                            const struct random_source *random, int64_t now);
static bulla_cause add(bulla_ticket_keys *keys, const struct ticket_key *key);
static bulla_cause make_room(bulla_ticket_keys *keys, int64_t until);
static struct ticket_key *find_sealing(bulla_ticket_keys *keys, int64_t now);
static struct ticket_key *find_named(bulla_ticket_keys *keys, bulla_bytes name);
static void forget_ended(bulla_ticket_keys *keys, int64_t now);
static void remove_key(bulla_ticket_keys *keys, size_t index);
static struct aead_key aead_key_of(const struct ticket_key *key);
static int64_t seconds_after(int64_t time, int64_t seconds);
static int64_t seconds_before(int64_t time, int64_t seconds);

bulla_cause bulla_ticket_keys_new(bulla_ticket_keys **out, uint32_t period) {
    if (out == NULL || period < PERIOD_MIN || period > PERIOD_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bulla_ticket_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    if (!lock_init(&keys->lock)) {
        free(keys);
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&keys->num_owners, 1);
    keys->period = period;
    *out = keys;
    return BULLA_OK;
}

bulla_cause bulla_ticket_keys_add(bulla_ticket_keys *keys, const uint8_t name[16],
                                  const uint8_t secret[32], int64_t from, int64_t until) {
    if (keys == NULL || name == NULL || secret == NULL || until <= from) {
        return BULLA_E_API_MISUSE;
    }
    struct ticket_key key = {.seals_from = from, .seals_until = until, .opens_until = until};
    bytes_copy(key.name, NAME_LEN, bytes_of(name, NAME_LEN));
    bytes_copy(key.secret, SECRET_LEN, bytes_of(secret, SECRET_LEN));
    lock_take(&keys->lock);
    bulla_cause cause = add(keys, &key);
    lock_release(&keys->lock);
    bytes_wipe(&key, sizeof key);
    return cause;
}

bulla_ticket_keys *bulla_ticket_keys_ref(bulla_ticket_keys *keys) {
    atomic_fetch_add_explicit(&keys->num_owners, 1, memory_order_relaxed);
    return keys;
}

void bulla_ticket_keys_free(bulla_ticket_keys *keys) {
    if (keys == NULL ||
        atomic_fetch_sub_explicit(&keys->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    lock_destroy(&keys->lock);
    bytes_wipe_and_free(keys, sizeof *keys);
}

bulla_cause ticket_seal(bulla_ticket_keys *keys, struct aead_pool *pool,
                        const struct random_source *random, int64_t now, bulla_bytes state,
                        struct writer *out) {
    struct ticket_key key;
    uint8_t nonce[AEAD_NONCE_LEN];
    if (state.len > SESSION_TICKET_LEN_MAX - TICKET_OVERHEAD) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    if (!random_fill(random, nonce, sizeof nonce)) {
        return BULLA_E_RANDOM_FAILED;
    }
    bulla_cause cause = sealing_key(keys, random, now, &key);
    if (cause != BULLA_OK) {
        return cause;
    }
    size_t start = out->len;
    writer_bytes(out, BYTES_IN(key.name));
    writer_bytes(out, BYTES_IN(nonce));
    uint8_t *place = writer_reserve(out, state.len + AEAD_TAG_LEN);
    cause = BULLA_E_OUT_OF_MEMORY;
    if (place != NULL) {
        struct aead_key aead = aead_key_of(&key);
        cause = aead_seal(pool, &aead, nonce, BYTES_IN(key.name), state, bytes_of(NULL, 0), place);
        aead_key_retire(pool, &aead);
    }
    out->len = cause == BULLA_OK ? out->len : start;
    bytes_wipe(&key, sizeof key);
    return cause;
}

bool ticket_open(bulla_ticket_keys *keys, struct aead_pool *pool, int64_t now, bulla_bytes ticket,
                 struct writer *out_state) {
    struct reader reader = reader_over(ticket);
    struct ticket_key key;
    bulla_bytes name, nonce;
    if (!reader_bytes(&reader, NAME_LEN, &name) || !reader_bytes(&reader, AEAD_NONCE_LEN, &nonce) ||
        reader.left < AEAD_TAG_LEN || !lend_opening_key(keys, now, name, &key)) {
        return false;
    }
    bulla_bytes sealed = reader_rest(&reader);
    size_t start = out_state->len;
    uint8_t *place = writer_reserve(out_state, sealed.len);
    bool opened = false;
    if (place != NULL) {
        struct aead_key aead = aead_key_of(&key);
        bytes_copy(place, sealed.len, sealed);
        opened = aead_open(pool, &aead, nonce.data, name, place, sealed.len) == BULLA_OK;
        aead_key_retire(pool, &aead);
    }
    out_state->len = opened ? out_state->len - AEAD_TAG_LEN : start;
    bytes_wipe(&key, sizeof key);
    return opened;
}

/* The key to seal with now. One that is missing is drawn outside of the lock; where two threads do
 * so at once, the first to come back wins. */
static bulla_cause sealing_key(bulla_ticket_keys *keys, const struct random_source *random,
                               int64_t now, struct ticket_key *out) {
    bool wants_fresh;
    if (lend_sealing_key(keys, now, NULL, out, &wants_fresh)) {
        return BULLA_OK;
    }
    if (!wants_fresh) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    struct ticket_key fresh;
    bulla_cause cause = draw_key(&fresh, keys->period, random, now);
    if (cause == BULLA_OK && !lend_sealing_key(keys, now, &fresh, out, &wants_fresh)) {
        cause = BULLA_E_SESSION_UNUSABLE; /* keys were handed in meanwhile */
    }
    bytes_wipe(&fresh, sizeof fresh);
    return cause;
}

/* Where there is none yet, it is `fresh` from now on, which may be NULL. */
static bool lend_sealing_key(bulla_ticket_keys *keys, int64_t now, const struct ticket_key *fresh,
                             struct ticket_key *out, bool *out_wants_fresh) {
    lock_take(&keys->lock);
    forget_ended(keys, now);
    struct ticket_key *key = find_sealing(keys, now);
    *out_wants_fresh = key == NULL && !keys->handed_in;
    if (*out_wants_fresh && fresh != NULL && make_room(keys, INT64_MAX) == BULLA_OK) {
        key = &keys->keys[keys->num_keys++];
        *key = *fresh;
    }
    if (key != NULL) {
        key->num_seals++;
        *out = *key;
    }
    lock_release(&keys->lock);
    return key != NULL;
}

static bool lend_opening_key(bulla_ticket_keys *keys, int64_t now, bulla_bytes name,
                             struct ticket_key *out) {
    lock_take(&keys->lock);
    forget_ended(keys, now);
    const struct ticket_key *key = find_named(keys, name);
    if (key != NULL) {
        *out = *key;
    }
    lock_release(&keys->lock);
    return key != NULL;
}

/* It seals a little earlier than now, too: a clock that is set back by less than a period, or two
 * threads that read it in another order than they come here, need no second key. */
static bulla_cause draw_key(struct ticket_key *out, uint32_t period,
                            const struct random_source *random, int64_t now) {
    *out = (struct ticket_key){
        .seals_from = seconds_before(now, period),
        .seals_until = seconds_after(now, period),
        .opens_until = seconds_after(now, 2 * (int64_t)period),
    };
    return random_fill(random, out->name, NAME_LEN) && random_fill(random, out->secret, SECRET_LEN)
               ? BULLA_OK
               : BULLA_E_RANDOM_FAILED;
}

/* A key that is here already gets new times: a fleet's list may be handed in again and again. The
 * keys that were drawn before the first are dropped, for nobody else has them. */
static bulla_cause add(bulla_ticket_keys *keys, const struct ticket_key *key) {
    struct ticket_key *same = find_named(keys, BYTES_IN(key->name));
    while (!keys->handed_in && keys->num_keys != 0) {
        remove_key(keys, 0);
        same = NULL;
    }
    keys->handed_in = true;
    if (same == NULL) {
        bulla_cause cause = make_room(keys, key->seals_from);
        if (cause == BULLA_OK) {
            keys->keys[keys->num_keys++] = *key;
        }
        return cause;
    }
    if (!bytes_equal_secret(same->secret, key->secret, SECRET_LEN)) {
        return BULLA_E_API_MISUSE;
    }
    same->seals_from = key->seals_from;
    same->seals_until = key->seals_until;
    same->opens_until = key->opens_until;
    return BULLA_OK;
}

/* Of too many the one that ends first gives way, if it does so by `until`. */
static bulla_cause make_room(bulla_ticket_keys *keys, int64_t until) {
    size_t first = 0;
    if (keys->num_keys < KEYS_MAX) {
        return BULLA_OK;
    }
    for (size_t i = 1; i < keys->num_keys; i++) {
        first = keys->keys[i].opens_until < keys->keys[first].opens_until ? i : first;
    }
    if (keys->keys[first].opens_until > until) {
        return BULLA_E_API_MISUSE;
    }
    remove_key(keys, first);
    return BULLA_OK;
}

/* The one that began last. */
static struct ticket_key *find_sealing(bulla_ticket_keys *keys, int64_t now) {
    struct ticket_key *found = NULL;
    for (size_t i = 0; i < keys->num_keys; i++) {
        struct ticket_key *key = &keys->keys[i];
        bool seals = key->seals_from <= now && now < key->seals_until && key->num_seals < SEALS_MAX;
        if (seals && (found == NULL || key->seals_from >= found->seals_from)) {
            found = key;
        }
    }
    return found;
}

static struct ticket_key *find_named(bulla_ticket_keys *keys, bulla_bytes name) {
    for (size_t i = 0; i < keys->num_keys; i++) {
        if (bytes_equal(BYTES_IN(keys->keys[i].name), name)) {
            return &keys->keys[i];
        }
    }
    return NULL;
}

static void forget_ended(bulla_ticket_keys *keys, int64_t now) {
    for (size_t i = keys->num_keys; i-- > 0;) {
        if (keys->keys[i].opens_until <= now) {
            remove_key(keys, i);
        }
    }
}

static void remove_key(bulla_ticket_keys *keys, size_t index) {
    struct ticket_key *key = &keys->keys[index];
    keys->num_keys--;
    bytes_move(key, key + 1, (keys->num_keys - index) * sizeof *key);
    bytes_wipe(&keys->keys[keys->num_keys], sizeof *key);
}

static struct aead_key aead_key_of(const struct ticket_key *key) {
    struct aead_key aead = {.id = AEAD_AES_256_GCM};
    bytes_copy(aead.bytes, sizeof aead.bytes, BYTES_IN(key->secret));
    return aead;
}

static int64_t seconds_after(int64_t time, int64_t seconds) {
    return time > INT64_MAX - seconds ? INT64_MAX : time + seconds;
}

static int64_t seconds_before(int64_t time, int64_t seconds) {
    return time < INT64_MIN + seconds ? INT64_MIN : time - seconds;
}
