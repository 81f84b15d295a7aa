/* SPDX-License-Identifier: Apache-2.0 */
/* Leads a client and a server through a handshake and through data, in turn. Whatever a side does
 * happens between side_enter() and side_leave(), which keep its time and charge it its heap. */
#include "pair.h"
#include "base/bytes.h"
#include "heap.h"
#include "stats.h"
#include <stdio.h>

/* A handshake with a HelloRetryRequest takes 3. */
enum { TURNS_MAX = 8 };

static uint64_t side_enter(enum side side);
static void side_leave(struct pair *pair, enum side side, uint64_t since);
static bool pair_open_ends(struct pair *pair);
static bool pair_handshake(struct pair *pair);
static bool side_step(struct pair *pair, enum side side);
static bool matches(bulla_bytes data, size_t offset, bulla_bytes expected);
static bool complain(const struct pair *pair, const char *what);

bool pair_open(struct pair *out, const struct peer *peer, struct peer_configs *configs,
               struct wires *wires) {
    *out = (struct pair){.peer = peer};
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        wire_consume(&wires->sent_by[side], wires->sent_by[side].end - wires->sent_by[side].start);
        out->ends[side] = (struct peer_connection){.configs = configs,
                                                   .in = &wires->sent_by[side_other(side)],
                                                   .out = &wires->sent_by[side]};
    }
    if (!pair_open_ends(out) || !pair_handshake(out)) {
        pair_close(out);
        return false;
    }
    return true;
}

void pair_close(struct pair *pair) {
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        uint64_t since = side_enter(side);
        pair->peer->close(&pair->ends[side]);
        side_leave(pair, side, since);
    }
}

bool pair_send(struct pair *pair, enum side from, bulla_bytes data, size_t num) {
    uint64_t since = side_enter(from);
    bool sent = true;
    for (size_t i = 0; sent && i < num; i++) {
        sent = pair->peer->send(&pair->ends[from], data);
    }
    side_leave(pair, from, since);
    return sent;
}

bool pair_receive(struct pair *pair, enum side to, size_t len, const bulla_bytes *expected) {
    uint64_t since = side_enter(to);
    bool received = true;
    size_t done = 0;
    while (received && done < len) {
        bulla_bytes data = {0};
        received = pair->peer->receive(&pair->ends[to], &data) && data.len > 0 &&
                   (expected == NULL || matches(data, done, *expected));
        done += data.len;
    }
    side_leave(pair, to, since);
    return (received && done == len) || complain(pair, "data did not arrive as it was sent");
}

static uint64_t side_enter(enum side side) {
    heap_charge_to(side == SIDE_CLIENT ? HEAP_CLIENT : HEAP_SERVER);
    return stats_now_ns();
}

static void side_leave(struct pair *pair, enum side side, uint64_t since) {
    pair->nanoseconds[side] += stats_now_ns() - since;
    heap_charge_to(HEAP_NOBODY);
}

static bool pair_open_ends(struct pair *pair) {
    bool opened = true;
    for (enum side side = SIDE_CLIENT; opened && side < NUM_SIDES; side++) {
        uint64_t since = side_enter(side);
        opened = pair->peer->open(&pair->ends[side], side);
        side_leave(pair, side, since);
    }
    return opened;
}

static bool pair_handshake(struct pair *pair) {
    const struct peer_connection *client = &pair->ends[SIDE_CLIENT];
    const struct peer_connection *server = &pair->ends[SIDE_SERVER];
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        if (!side_step(pair, SIDE_CLIENT) || !side_step(pair, SIDE_SERVER)) {
            return false;
        }
        if (client->established && server->established && wire_is_empty(client->in) &&
            wire_is_empty(server->in)) {
            return true;
        }
    }
    return complain(pair, "the handshake does not end");
}

static bool side_step(struct pair *pair, enum side side) {
    struct peer_connection *end = &pair->ends[side];
    if (end->established && wire_is_empty(end->in)) {
        return true;
    }
    uint64_t since = side_enter(side);
    bool went_on = pair->peer->handshake(end);
    side_leave(pair, side, since);
    return went_on;
}

/* True where `data` goes on at `offset` of `expected`, repeated. */
static bool matches(bulla_bytes data, size_t offset, bulla_bytes expected) {
    while (data.len > 0) {
        size_t begin = offset % expected.len;
        size_t len = expected.len - begin < data.len ? expected.len - begin : data.len;
        if (!bytes_equal(bytes_of(data.data, len), bytes_of(expected.data + begin, len))) {
            return false;
        }
        data = bytes_of(data.data + len, data.len - len);
        offset += len;
    }
    return true;
}

static bool complain(const struct pair *pair, const char *what) {
    fprintf(stderr, "bulla-bench: %s: %s\n", pair->peer->name, what);
    return false;
}
