/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from one seed: a client and a server that meet several times, while time passes and
 * things change between their meetings. Each meeting is one connection (encounter.h), or the first
 * flight of an earlier one, recorded and replayed (replay.h). */
#ifndef SIMULATION_EPISODE_H
#define SIMULATION_EPISODE_H

#include "simulation/plant.h"
#include "simulation/tally.h"
#include "simulation/wishes.h"

enum {
    CONNECTIONS_PER_SEED = 8,
    MEMBERS = 2,             /* of the server's fleet: they share all but their strike registers */
    REGISTERS = 2 * MEMBERS, /* each member's, and each one's of our own (BULLA_ASK_STRIKE) */
    FLIGHTS_KEPT = 4,
    STATES_KEPT = 24,
    TICKETS_KNOWN = 2 * CONNECTIONS_PER_SEED,
    STRIKES_KNOWN = 4 * CONNECTIONS_PER_SEED,
    CLIENT = 0,
    SERVER = 1,
};

/* A full handshake as one side saw it: whom it met, under its own clock. Times of two connections
 * never overlap, so that a session's time of authentication tells where it came from. */
struct full {
    int64_t from, until;
    int peer; /* place in the world; -1: nobody was shown */
    uint16_t version;
    bulla_bytes alpn; /* a constant text */
};

/* A session that the simulation keeps itself. */
struct kept {
    uint8_t id[32];
    struct writer state;
};

/* A client's bytes up to the server's first answer, and what went early in them. */
struct flight {
    struct writer bytes;
    unsigned number;              /* of the connection that it began */
    size_t num_early;             /* bytes */
    unsigned taken_by[REGISTERS]; /* the server connection that took its early data; 0: none */
};

struct episode {
    const struct world *world;
    struct tally *tally;
    uint64_t seed;
    enum plant plant;
    struct seeded seeded;
    unsigned number;      /* of the connection under way, from 1 */
    unsigned num_servers; /* server connections so far */

    struct wishes wishes[2];
    struct seeded randoms[2]; /* that the engine draws from */
    int64_t clocks[2], latest;
    unsigned last_member; /* whom the last connection went to */
    bool went_back;       /* the clock did, ever */
    bool unchanged;       /* nothing did since the last connection, but time */
    bool tickets_due;     /* the last connection ended in a way that lets the next be resumed, */
    uint32_t lifetime;    /* the shortest that a session of this episode was given */
    int64_t origins[2], peers_until[2]; /* for this long from the first and up to the second */

    bulla_config *client, *servers[MEMBERS]; /* NULL: to be made */
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes[MEMBERS];
    int64_t keys_until; /* the end of the last ticket key that was handed in */

    struct full fulls[2][CONNECTIONS_PER_SEED];
    size_t num_fulls[2];
    struct kept states[2][STATES_KEPT]; /* a ring for each side; the newest is the last one put */
    size_t num_states[2];
    struct flight flights[FLIGHTS_KEPT];
    size_t num_flights;
    uint64_t offered[TICKETS_KNOWN], stored[TICKETS_KNOWN]; /* digests of tickets that were used */
    size_t num_offered, num_stored;
    uint8_t struck[MEMBERS][STRIKES_KNOWN][32]; /* what we keep for BULLA_ASK_STRIKE */
    size_t num_struck[MEMBERS];

    uint64_t wire;           /* a digest of all that was sent */
    const char *broken;      /* the promise that does not hold */
    bulla_cause failures[2]; /* of the last connection */
};

/* Plays the first `num_connections` of the seed. False where a promise was broken: one line says
 * which, and how to see it again. */
bool episode_play(const struct world *world, uint64_t seed, unsigned num_connections,
                  enum plant plant, struct tally *tally);

/* For connections and replays: */

bulla_config *episode_config(struct episode *episode, int side, unsigned member);
void episode_require(struct episode *episode, bool holds, const char *what);
/* The byte at `place` of what goes early in that connection, or of one side's data. */
uint8_t early_byte(unsigned number, size_t place);
uint8_t stream_byte(int side, size_t place);
/* Keeps a session that a connection of that side tells of. */
void episode_keep(struct episode *episode, int side, const bulla_connection *connection);
/* The state kept under `id` by the server; empty: none. With `once` it is gone. */
bulla_bytes episode_state(struct episode *episode, bulla_bytes id);
/* Our own strike register. */
bool episode_strike(struct episode *episode, unsigned member, const uint8_t *unique);
void episode_hash(struct episode *episode, const uint8_t *bytes, size_t len);

#endif
