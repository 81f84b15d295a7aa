/* SPDX-License-Identifier: Apache-2.0 */
/* What one side wants of its connections: all that a config says, drawn from the seed, and drawn
 * anew in part when something changes between two connections. */
#ifndef SIMULATION_WISHES_H
#define SIMULATION_WISHES_H

#include "simulation/world.h"

enum { ALPN_WISHES = 3, SHOWN_WISHES = 3, EARLY_WISH_MAX = 1000 };

/* How a side comes to know a session again. */
enum keeper {
    KEEPER_NONE,
    KEEPER_OWN,     /* a client's cache; a server's ticket keys */
    KEEPER_STORE,   /* a server's store */
    KEEPER_BY_HAND, /* BULLA_ASK_SESSION: the simulation keeps them */
};

struct wishes {
    bulla_role role;
    uint16_t version_min, version_max;
    uint16_t suites[9], groups[4], schemes[10];
    size_t num_suites, num_groups, num_schemes;
    const char *alpn[ALPN_WISHES + 1];
    int shown[SHOWN_WISHES]; /* places in the world */
    size_t num_shown;
    unsigned trust;   /* a set of issuers */
    const char *name; /* a client: whom it wants to talk to */
    bulla_client_auth auth;
    unsigned ask; /* without what `keeper` and `asks_strike` say */
    bool name_authorities, grease, names_judgement, requires_extended_master_secret;
    size_t record_size, padding, record_size_limit;
    bool compresses, decompresses;

    enum keeper keeper;
    unsigned num_tickets;
    uint32_t lifetime, early_max; /* 0: no early data */
    bool asks_strike;
};

/* What can change by itself. */
enum change {
    CHANGE_VERSIONS,
    CHANGE_SUITES,
    CHANGE_GROUPS,
    CHANGE_SCHEMES,
    CHANGE_ALPN,
    CHANGE_SHOWN,
    CHANGE_TRUST,
    CHANGE_NAME,
    CHANGE_AUTH,
    CHANGE_ASK,
    CHANGE_RECORDS,
    CHANGE_KEEPER,
    CHANGE_EARLY,
    NUM_CHANGES
};

void wishes_draw(struct wishes *wishes, struct seeded *seeded, bulla_role role);
void wishes_change(struct wishes *wishes, struct seeded *seeded, enum change change);

/* What the configs refer to. */
struct belongings {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    struct seeded *random;
    const int64_t *clock;
};

bulla_config *wishes_config(const struct wishes *wishes, const struct world *world,
                            const struct belongings *belongings);

#endif
