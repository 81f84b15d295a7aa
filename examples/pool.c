/* SPDX-License-Identifier: Apache-2.0 */
/* See pool.h. Ten connections at most are idle, for 90 s at most; the oldest one makes room. Of
 * several the youngest is taken, so that the others age and go. */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_MAX = 10, IDLE_MS_MAX = 90000 };

struct pool {
    bulla_workspace *workspace; /* lent to whichever of the connections is talking */
    size_t num_idle;
    struct {
        struct pool_key key; /* owns a reference to its config, whose address so stays its own */
        struct channel *channel;
        int64_t since_ms;
    } idle[IDLE_MAX]; /* the oldest first */
};

static bool is_alive(struct channel *channel);
static struct channel *take_out(struct pool *pool, size_t index);

struct pool *pool_new(void) {
    struct pool *pool = calloc(1, sizeof *pool);
    must(pool == NULL ? BULLA_E_OUT_OF_MEMORY : bulla_workspace_new(&pool->workspace), "pool");
    return pool;
}

void pool_free(struct pool *pool) {
    while (pool->num_idle > 0) {
        pool_drop(take_out(pool, 0));
    }
    bulla_workspace_free(pool->workspace);
    free(pool);
}

struct channel *pool_take(struct pool *pool, const struct pool_key *key) {
    while (pool->num_idle > 0 && now_ms() - pool->idle[0].since_ms > IDLE_MS_MAX) {
        pool_drop(take_out(pool, 0));
    }
    for (size_t i = pool->num_idle; i-- > 0;) {
        const struct pool_key *each = &pool->idle[i].key;
        if (each->config == key->config && strcmp(each->host, key->host) == 0 &&
            strcmp(each->port, key->port) == 0) {
            struct channel *channel = take_out(pool, i);
            if (is_alive(channel)) {
                return channel;
            }
            pool_drop(channel);
        }
    }
    return NULL;
}

struct channel *pool_connect(struct pool *pool, const struct pool_key *key, int timeout_ms) {
    struct channel *channel = malloc(sizeof *channel);
    must(channel == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK, "pool");
    if (channel_connect(channel, key->config, pool->workspace, key->host, key->port, timeout_ms) &&
        channel_handshake(channel)) {
        return channel;
    }
    channel_explain(channel, key->host);
    pool_drop(channel);
    return NULL;
}

void pool_give(struct pool *pool, const struct pool_key *key, struct channel *channel) {
    if (pool->num_idle == IDLE_MAX) {
        pool_drop(take_out(pool, 0));
    }
    pool->idle[pool->num_idle].key = *key;
    pool->idle[pool->num_idle].channel = channel;
    pool->idle[pool->num_idle].since_ms = now_ms();
    bulla_config_ref(key->config);
    pool->num_idle++;
}

void pool_drop(struct channel *channel) {
    if (channel != NULL) {
        channel_close(channel);
        free(channel);
    }
}

/* With a deadline that is now, nothing but silence is good: tickets may come, an end may not. */
static bool is_alive(struct channel *channel) {
    bulla_bytes none;
    channel->deadline_ms = now_ms();
    return channel_next(channel, &none) == BULLA_EVENT_INVALID;
}

static struct channel *take_out(struct pool *pool, size_t index) {
    struct channel *channel = pool->idle[index].channel;
    bulla_config_free(pool->idle[index].key.config);
    pool->num_idle--;
    memmove(pool->idle + index, pool->idle + index + 1,
            (pool->num_idle - index) * sizeof *pool->idle);
    return channel;
}
