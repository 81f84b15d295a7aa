/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of engines in a world where everything can be repeated: the randomness is seeded, the
 * clock is a number, ticket keys are handed in. So sessions resume, binders hold and early data is
 * taken in each play of the same script, and what a fuzzer changes comes behind all of that. */
#ifndef FUZZ_LIVE_H
#define FUZZ_LIVE_H

#include "engine/raw.h"

/* What outlives scripts: trust, and Ed25519 credentials, which sign alike in each run. The server's
 * has an OCSP response to staple. */
struct live_world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *server, *client;
};

void live_world_make(struct live_world *world);

/* The first four bytes of a script, big-endian: which protocol is spoken. */
enum live_option {
    LIVE_VERSIONS = 3,    /* enum live_versions */
    LIVE_SUITES = 3 << 2, /* 0: the default; else one: see live.c */
    LIVE_RETRY = 1 << 4,  /* the client's first group is not the server's */
    LIVE_AUTH_REQUEST = 1 << 5,
    LIVE_AUTH_REQUIRE = 1 << 6,
    LIVE_CLIENT_SHOWS = 1 << 7, /* the client has a certificate */
    LIVE_KEEPER = 3 << 8,       /* enum live_keeper: how the server knows sessions again */
    LIVE_CLIENT_ASKS = 1 << 10, /* the client hands sessions in, instead of a cache */
    LIVE_EARLY = 1 << 11,
    LIVE_ASK_STRIKE = 1 << 12,
    LIVE_ASKS = 1 << 13,         /* both raise the other decisions */
    LIVE_WARM = 1 << 14,         /* a connection came before, and left sessions */
    LIVE_SMALL = 1 << 15,        /* records of 64 bytes, padded to 32 */
    LIVE_CLIENT_LIMIT = 1 << 16, /* record_size_limit */
    LIVE_SERVER_LIMIT = 1 << 17,
    LIVE_COMPRESSION = 1 << 18,
    LIVE_STAPLE = 1 << 19,
    LIVE_PLAIN = 1 << 20, /* neither GREASE nor the names of authorities */
    LIVE_EMS_REQUIRED = 1 << 21,
    LIVE_LATER = 3 << 22,        /* how long after the first connection: see live.c */
    LIVE_OTHER_SERVER = 1 << 24, /* the server's config has changed since */
    LIVE_ANOTHER_NAME = 1 << 25, /* the client comes to an address, without SNI */
    LIVE_HYBRID = 1 << 26,       /* the client's first group is X25519MLKEM768 */
};

enum live_versions { LIVE_BOTH, LIVE_12, LIVE_13, LIVE_SERVER_12 };
enum live_keeper { LIVE_NOBODY, LIVE_TICKETS, LIVE_STORE, LIVE_CALLER };

/* Handshake messages that one side sends instead of its own. */
struct live_messages {
    const struct replay_message *messages;
    size_t num;
};

struct live {
    const struct live_world *world;
    uint32_t options;
    struct seeded seeds[2];
    int64_t now;
    bool warm; /* a connection came before */
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    struct writer states[2]; /* of the last connection's last session: client, server */
};

void live_open(struct live *live, const struct live_world *world, uint32_t options);
void live_close(struct live *live);
/* A pair as the options say; nothing is sent. `instead`: of the client, of the server; or NULL. */
void live_pair(struct live *live, struct pair *pair, const struct live_messages *instead);
/* The client begins, with early data where it may. */
void live_start(struct live *live, struct pair *pair);
/* Closes the pair; its sessions stay. */
void live_pair_close(struct live *live, struct pair *pair);

#endif
