/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of idle connections for one thread. A connection is only ever given to who asks with the
 * key under which it was made: the same server and the same config, thus the same trust, own
 * certificate, pins and versions. */
#ifndef POOL_H
#define POOL_H

#include "channel.h"

struct pool_key {
    const char *host, *port; /* stay the caller's, for as long as the pool */
    bulla_config *config;
};

struct pool *pool_new(void);
/* Closes what is idle. */
void pool_free(struct pool *pool);
/* An idle connection that is still alive, or NULL. */
struct channel *pool_take(struct pool *pool, const struct pool_key *key);
/* A new connection, its handshake done; NULL, and a sentence on stderr, where that failed. */
struct channel *pool_connect(struct pool *pool, const struct pool_key *key, int timeout_ms);
/* Hands a connection back: it is idle now. */
void pool_give(struct pool *pool, const struct pool_key *key, struct channel *channel);
/* Closes one that is of no use any more; NULL is none. */
void pool_drop(struct channel *channel);

#endif
