/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server of one library, joined by two wires, with each side's time kept apart. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include "peer.h"

struct pair {
    const struct peer *peer;
    struct peer_connection ends[NUM_SIDES];
    uint64_t nanoseconds[NUM_SIDES]; /* spent inside either side's calls since pair_open() */
};

/* Opens both ends and leads them through the handshake; the time for both goes to
 * `nanoseconds`. On failure the pair is closed. `wires` are emptied first and are lent to whichever
 * pair is busy: between two calls of the functions here they are empty again. */
BULLA_MUST_CHECK bool pair_open(struct pair *out, const struct peer *peer,
                                struct peer_configs *configs, struct wires *wires);
/* Its time counts too, so that it is read after this. */
void pair_close(struct pair *pair);

/* `num` records of `data` leave `from`. */
BULLA_MUST_CHECK bool pair_send(struct pair *pair, enum side from, bulla_bytes data, size_t num);
/* The other side takes `len` bytes of data off the wire. Where `expected` is not NULL they must be
 * its bytes, over and over. */
BULLA_MUST_CHECK bool pair_receive(struct pair *pair, enum side to, size_t len,
                                   const bulla_bytes *expected);

#endif
