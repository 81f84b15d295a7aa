/* SPDX-License-Identifier: Apache-2.0 */
/* A wire is one buffer, filled at its end by one side and read from its start by the other; it is
 * never moved, because the sides take turns and leave it empty. */
#include "wire.h"
#include "base/bytes.h"
#include <stdlib.h>

enum { WIRE_CAP = 256 * 1024 };

const char *side_name(enum side side) {
    return side == SIDE_CLIENT ? "client" : "server";
}

enum side side_other(enum side side) {
    return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

bool wire_append(struct wire *wire, bulla_bytes bytes) {
    if (bytes.len > wire->cap - wire->end) {
        return false;
    }
    bytes_copy(wire->bytes + wire->end, wire->cap - wire->end, bytes);
    wire->end += bytes.len;
    return true;
}

void wire_consume(struct wire *wire, size_t len) {
    wire->start += len;
    if (wire_is_empty(wire)) {
        wire->start = wire->base;
        wire->end = wire->base;
    }
}

bool wire_is_empty(const struct wire *wire) {
    return wire->start == wire->end;
}

bool wires_make(struct wires *out) {
    *out = (struct wires){0};
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        uint8_t *bytes = malloc(WIRE_CAP);
        out->sent_by[side] = (struct wire){.bytes = bytes, .cap = bytes == NULL ? 0 : WIRE_CAP};
    }
    if (out->sent_by[SIDE_CLIENT].bytes == NULL || out->sent_by[SIDE_SERVER].bytes == NULL) {
        wires_free(out);
        return false;
    }
    return true;
}

void wires_free(struct wires *wires) {
    free(wires->sent_by[SIDE_CLIENT].bytes);
    free(wires->sent_by[SIDE_SERVER].bytes);
    *wires = (struct wires){0};
}

void wires_set_base(struct wires *wires, size_t base) {
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        struct wire *wire = &wires->sent_by[side];
        wire->base = base;
        wire_consume(wire, wire->end - wire->start);
    }
}
