/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmark asks of a TLS library, so that each measurement is written once: peer_bulla.c
 * and peer_libssl.c answer it.
 *
 * Either library writes what it sends to a wire and reads what it receives from one: plain memory,
 * so that each pays the one copy that a system call would cost and no other. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "chains.h"
#include "wire.h"

enum resumption {
    RESUME_NOTHING,
    RESUME_LATEST, /* each connection takes up what the one before it left, and leaves a session */
    RESUME_FIRST,  /* after settle(): each takes up the first one's session, and leaves none */
};

struct peer_setup {
    const struct chains *chains;
    uint16_t version;     /* the only one spoken; 0: TLS 1.3 */
    uint16_t suite;       /* the only one offered and accepted */
    uint16_t group;       /* the same; 0: X25519 */
    bool mutual;          /* the server requires a client certificate */
    bool remember;        /* keep a signature memory, where there is such a thing */
    bool release_buffers; /* give buffers back when they are empty, where that is a choice */
    enum resumption resumption;
    size_t early_len; /* bytes of early data that a resuming client sends; at most EARLY_LEN_MAX */
};

enum { EARLY_LEN_MAX = 1024 };

/* What the connections of one setup share; of each library's own making. */
struct peer_configs {
    void *sides[NUM_SIDES];
    void *shared;
};

/* One end of a connection. Its memory is the caller's and must not move while it is open. */
struct peer_connection {
    void *handle;
    struct peer_configs *configs;
    struct wire *in;  /* what the other end has sent */
    struct wire *out; /* what this end sends */
    bool established;
    bool resumed;       /* known once established */
    bool early_over;    /* libssl's: there is no more early data to send or to wait for */
    size_t early_taken; /* bytes of early data that a server was handed */
};

/* Functions that fail say why on stderr. */
struct peer {
    const char *name;

    bool (*configure)(struct peer_configs *out, const struct peer_setup *setup);
    void (*discard)(struct peer_configs *configs);
    /* With RESUME_FIRST, after the connection that leaves the session. */
    bool (*settle)(struct peer_configs *configs);

    /* Makes `connection`, whose `configs`, `in` and `out` are set. */
    bool (*open)(struct peer_connection *connection, enum side side);
    /* Goes on with the handshake as far as `in` reaches, and sets `established` at its end; after
     * that it takes tickets. */
    bool (*handshake)(struct peer_connection *connection);
    /* Sends `data` as one record. */
    bool (*send)(struct peer_connection *connection, bulla_bytes data);
    /* The next run of received data, valid until the next call; empty where `in` has no more. */
    bool (*receive)(struct peer_connection *connection, bulla_bytes *out_data);
    /* Frees `handle`; safe on a connection that did not open. */
    void (*close)(struct peer_connection *connection);
};

extern const struct peer PEER_BULLA;
extern const struct peer PEER_LIBSSL;

#endif
