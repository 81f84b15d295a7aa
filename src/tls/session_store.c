/* SPDX-License-Identifier: Apache-2.0 */
/* The server's sessions by number (bulla/session.h): the least recently used one makes room, and
 * one that has ended is not given out any more.
 *
 * The numbers are random and drawn here, so a client chooses what it asks for, but not where
 * anything is kept: it can neither fill one bucket of the map nor make another's session harder to
 * find. An ended session's secret is no use to anybody but a thief: each look takes up to two such
 * sessions off the old end, so that they do not wait for the store to be full. Called by the
 * choice of sessions and both NewSessionTicket files, from any thread. */
#include "base/lock.h"
#include "base/lru_map.h"
#include "tls/session.h"

#include <stdatomic.h>
#include <stdlib.h>

_Static_assert((int)STORED_SESSION_ID_LEN == (int)LRU_KEY_LEN, "a session's number is its key");

enum { SWEPT_AT_ONCE = 2 };

struct stored_session {
    struct lru_node node;
    int64_t until; /* its first second that is too late */
    size_t len;
    uint8_t state[];
};

struct bulla_session_store {
    atomic_size_t num_owners;
    atomic_size_t num_sessions; /* the map's, for whoever asks without the lock */
    struct lock lock;           /* guards the map and what it holds */
    struct lru_map sessions;
};

static struct stored_session *find(const bulla_session_store *store, const uint8_t *id);
static void put(bulla_session_store *store, struct stored_session *session);
static bool get(bulla_session_store *store, const uint8_t *id, bool once, struct writer *out_state);
static void sweep(bulla_session_store *store, int64_t now);
static void remove_session(bulla_session_store *store, struct stored_session *session);

bulla_cause bulla_session_store_new(bulla_session_store **out, size_t num_sessions_max) {
    if (out == NULL || num_sessions_max < 1 || num_sessions_max > LRU_NUM_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bulla_session_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&store->num_owners, 1);
    if (!lru_map_init(&store->sessions, num_sessions_max) || !lock_init(&store->lock)) {
        lru_map_free(&store->sessions);
        free(store);
        return BULLA_E_OUT_OF_MEMORY;
    }
    *out = store;
    return BULLA_OK;
}

void bulla_session_store_clear(bulla_session_store *store) {
    lock_take(&store->lock);
    while (store->sessions.oldest != NULL) {
        remove_session(store, (struct stored_session *)store->sessions.oldest);
    }
    lock_release(&store->lock);
}

size_t bulla_session_store_num(const bulla_session_store *store) {
    return atomic_load_explicit(&store->num_sessions, memory_order_relaxed);
}

bulla_session_store *bulla_session_store_ref(bulla_session_store *store) {
    atomic_fetch_add_explicit(&store->num_owners, 1, memory_order_relaxed);
    return store;
}

void bulla_session_store_free(bulla_session_store *store) {
    if (store == NULL ||
        atomic_fetch_sub_explicit(&store->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    bulla_session_store_clear(store);
    lru_map_free(&store->sessions);
    lock_destroy(&store->lock);
    free(store);
}

bulla_cause session_store_put(bulla_session_store *store, const uint8_t *id, bulla_bytes state,
                              int64_t until) {
    if (state.len > SESSION_STATE_LEN_MAX) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    struct stored_session *session = malloc(sizeof *session + state.len);
    if (session == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    *session = (struct stored_session){.until = until, .len = state.len};
    bytes_copy(session->node.key, LRU_KEY_LEN, bytes_of(id, STORED_SESSION_ID_LEN));
    bytes_copy(session->state, state.len, state);
    lock_take(&store->lock);
    put(store, session);
    lock_release(&store->lock);
    return BULLA_OK;
}

bool session_store_get(bulla_session_store *store, const uint8_t *id, int64_t now, bool once,
                       struct writer *out_state) {
    bulla_bytes written;
    lock_take(&store->lock);
    struct stored_session *session = find(store, id);
    if (session != NULL && session->until <= now) {
        remove_session(store, session);
    }
    sweep(store, now);
    bool found = get(store, id, once, out_state);
    lock_release(&store->lock);
    return found && writer_finish(out_state, &written);
}

static struct stored_session *find(const bulla_session_store *store, const uint8_t *id) {
    return (struct stored_session *)lru_map_find(&store->sessions, id);
}

static void put(bulla_session_store *store, struct stored_session *session) {
    struct stored_session *same = find(store, session->node.key);
    if (same != NULL) {
        remove_session(store, same);
    }
    struct lru_node *surplus = lru_map_surplus(&store->sessions, session->node.key);
    if (surplus != NULL) {
        remove_session(store, (struct stored_session *)surplus);
    }
    lru_map_put(&store->sessions, &session->node);
    atomic_fetch_add_explicit(&store->num_sessions, 1, memory_order_relaxed);
}

static bool get(bulla_session_store *store, const uint8_t *id, bool once,
                struct writer *out_state) {
    struct stored_session *session = find(store, id);
    if (session == NULL) {
        return false;
    }
    writer_bytes(out_state, bytes_of(session->state, session->len));
    if (once) {
        remove_session(store, session);
    } else {
        lru_map_touch(&store->sessions, &session->node);
    }
    return true;
}

static void sweep(bulla_session_store *store, int64_t now) {
    for (int i = 0; i < SWEPT_AT_ONCE && store->sessions.oldest != NULL; i++) {
        struct stored_session *oldest = (struct stored_session *)store->sessions.oldest;
        if (oldest->until > now) {
            return;
        }
        remove_session(store, oldest);
    }
}

static void remove_session(bulla_session_store *store, struct stored_session *session) {
    lru_map_remove(&store->sessions, &session->node);
    atomic_fetch_sub_explicit(&store->num_sessions, 1, memory_order_relaxed);
    bytes_wipe_and_free(session, sizeof *session + session->len);
}
