/* SPDX-License-Identifier: Apache-2.0 */
/* The client's sessions (bulla/session.h): by server and config, the least recently used server
 * makes room for a new one.
 *
 * A TLS 1.3 ticket is taken out by its use (RFC 8446 C.4), so several of them are kept for
 * connections that begin at once: a server that gave more than TICKETS_KEPT loses the oldest. A TLS
 * 1.2 session is lent as often as it is asked for, until the server gives another or it ends. A
 * server is remembered by one version alone: the one that it spoke last. Called by the client's
 * hello and by both NewSessionTicket files, from any thread. */
#include "base/lock.h"
#include "base/lru_map.h"
#include "tls/protocol.h"
#include "tls/session.h"
#include <bulla/config.h>

#include <stdatomic.h>
#include <stdlib.h>

enum { SERVERS_MAX = 65536, TICKETS_KEPT = 4 };

struct cached_server {
    struct lru_node node;
    size_t num_sessions;                    /* at least 1 */
    struct session *sessions[TICKETS_KEPT]; /* the newest first */
};

struct bulla_session_cache {
    atomic_size_t num_owners;
    atomic_size_t num_servers; /* the map's, for whoever asks without the lock */
    struct lock lock;          /* guards the map and what it holds */
    struct lru_map servers;
};

static struct cached_server *find(const bulla_session_cache *cache, const uint8_t *key);
static void put_server(bulla_session_cache *cache, const uint8_t *key,
                       struct cached_server *server);
static void put_session(struct cached_server *server, struct session *session);
static struct session *take_session(struct cached_server *server, int64_t now);
static void remove_server(bulla_session_cache *cache, struct cached_server *server);
static void remove_sessions(struct cached_server *server);

bulla_cause bulla_session_cache_new(bulla_session_cache **out, size_t num_sessions_max) {
    if (out == NULL || num_sessions_max < 1 || num_sessions_max > SERVERS_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bulla_session_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&cache->num_owners, 1);
    if (!lru_map_init(&cache->servers, num_sessions_max) || !lock_init(&cache->lock)) {
        lru_map_free(&cache->servers);
        free(cache);
        return BULLA_E_OUT_OF_MEMORY;
    }
    *out = cache;
    return BULLA_OK;
}

void bulla_session_cache_clear(bulla_session_cache *cache) {
    lock_take(&cache->lock);
    while (cache->servers.oldest != NULL) {
        remove_server(cache, (struct cached_server *)cache->servers.oldest);
    }
    lock_release(&cache->lock);
}

size_t bulla_session_cache_num(const bulla_session_cache *cache) {
    return atomic_load_explicit(&cache->num_servers, memory_order_relaxed);
}

bulla_session_cache *bulla_session_cache_ref(bulla_session_cache *cache) {
    atomic_fetch_add_explicit(&cache->num_owners, 1, memory_order_relaxed);
    return cache;
}

void bulla_session_cache_free(bulla_session_cache *cache) {
    if (cache == NULL ||
        atomic_fetch_sub_explicit(&cache->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    bulla_session_cache_clear(cache);
    lru_map_free(&cache->servers);
    lock_destroy(&cache->lock);
    free(cache);
}

/* Memory for a server that is not known yet is taken before the lock, and given back where it was
 * not needed; without it the session is lost, and the next handshake is a full one. */
void session_cache_put(bulla_session_cache *cache, const uint8_t *key, struct session *session) {
    struct cached_server *spare = calloc(1, sizeof *spare);
    lock_take(&cache->lock);
    struct cached_server *server = find(cache, key);
    if (server == NULL && spare != NULL) {
        server = spare;
        spare = NULL;
        put_server(cache, key, server);
    }
    if (server != NULL) {
        lru_map_touch(&cache->servers, &server->node);
        put_session(server, session);
    } else {
        session_free(session);
    }
    lock_release(&cache->lock);
    free(spare);
}

struct session *session_cache_take(bulla_session_cache *cache, const uint8_t *key, int64_t now) {
    struct session *session = NULL;
    lock_take(&cache->lock);
    struct cached_server *server = find(cache, key);
    if (server != NULL) {
        lru_map_touch(&cache->servers, &server->node);
        session = take_session(server, now);
        if (server->num_sessions == 0) {
            remove_server(cache, server);
        }
    }
    lock_release(&cache->lock);
    return session;
}

void session_cache_drop(bulla_session_cache *cache, const uint8_t *key) {
    lock_take(&cache->lock);
    struct cached_server *server = find(cache, key);
    if (server != NULL) {
        remove_server(cache, server);
    }
    lock_release(&cache->lock);
}

static struct cached_server *find(const bulla_session_cache *cache, const uint8_t *key) {
    return (struct cached_server *)lru_map_find(&cache->servers, key);
}

static void put_server(bulla_session_cache *cache, const uint8_t *key,
                       struct cached_server *server) {
    struct lru_node *surplus = lru_map_surplus(&cache->servers, key);
    if (surplus != NULL) {
        remove_server(cache, (struct cached_server *)surplus);
    }
    bytes_copy(server->node.key, LRU_KEY_LEN, bytes_of(key, LRU_KEY_LEN));
    lru_map_put(&cache->servers, &server->node);
    atomic_fetch_add_explicit(&cache->num_servers, 1, memory_order_relaxed);
}

static void put_session(struct cached_server *server, struct session *session) {
    if (server->num_sessions != 0 &&
        (session->version != BULLA_TLS_1_3 || server->sessions[0]->version != BULLA_TLS_1_3)) {
        remove_sessions(server);
    }
    if (server->num_sessions == TICKETS_KEPT) {
        session_free(server->sessions[--server->num_sessions]);
    }
    bytes_move(server->sessions + 1, server->sessions,
               server->num_sessions * sizeof *server->sessions);
    server->sessions[0] = session;
    server->num_sessions++;
}

/* No session is kept for longer than a week, whatever the server said (RFC 8446 4.6.1). A TLS 1.2
 * session that there is no memory to copy is not offered. */
static struct session *take_session(struct cached_server *server, int64_t now) {
    while (server->num_sessions != 0) {
        struct session *newest = server->sessions[0];
        bool is_alive = session_is_alive(newest, TICKET_LIFETIME_MAX, now);
        if (is_alive && newest->version != BULLA_TLS_1_3) {
            struct session *copy = NULL;
            return session_new(&copy, newest) == BULLA_OK ? copy : NULL;
        }
        server->num_sessions--;
        bytes_move(server->sessions, server->sessions + 1,
                   server->num_sessions * sizeof *server->sessions);
        if (is_alive) {
            return newest;
        }
        session_free(newest);
    }
    return NULL;
}

static void remove_server(bulla_session_cache *cache, struct cached_server *server) {
    lru_map_remove(&cache->servers, &server->node);
    atomic_fetch_sub_explicit(&cache->num_servers, 1, memory_order_relaxed);
    remove_sessions(server);
    free(server);
}

static void remove_sessions(struct cached_server *server) {
    while (server->num_sessions != 0) {
        session_free(server->sessions[--server->num_sessions]);
    }
}
