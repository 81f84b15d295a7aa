/* SPDX-License-Identifier: Apache-2.0 */
/* The two sides of a connection, and the memory that stands for the network between them. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <bulla/bytes.h>
#include <stdbool.h>

enum side { SIDE_CLIENT, SIDE_SERVER, NUM_SIDES };

/* "client" or "server". */
const char *side_name(enum side side);
enum side side_other(enum side side);

/* Bytes on their way: [start, end) of `bytes`. An empty wire starts at `base`. */
struct wire {
    uint8_t *bytes;
    size_t base;
    size_t start;
    size_t end;
    size_t cap;
};

/* False where the bytes had no room. */
BULLA_MUST_CHECK bool wire_append(struct wire *wire, bulla_bytes bytes);
/* Marks `len` bytes as read; a wire that is empty thereby starts at its base again. */
void wire_consume(struct wire *wire, size_t len);
bool wire_is_empty(const struct wire *wire);

/* A connection's two wires: room for a batch of records, or for a handshake's flights. */
struct wires {
    struct wire sent_by[NUM_SIDES];
};

BULLA_MUST_CHECK bool wires_make(struct wires *out);
void wires_free(struct wires *wires);
/* Empties both and lets them start `base` bytes further on. */
void wires_set_base(struct wires *wires, size_t base);

#endif
