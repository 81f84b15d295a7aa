/* SPDX-License-Identifier: Apache-2.0 */
/* What all seeds share because it is dear to make: authorities, credentials, keys, trust stores, a
 * memo of signatures and one thread's workspace. Nothing in it changes what a connection does. */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "engine/pair.h"

enum { ISSUER_A = 1, ISSUER_B = 2, ISSUERS_ALL = 3 }; /* bits: a trust store is a set of them */

/* A credential, and what is known of it apart from the engine. */
struct shown {
    enum key_kind key;
    unsigned issuer;
    const char *name; /* the one DNS name that it bears */
    int64_t not_before, not_after;
    bulla_credential *credential;
};

enum {
    SHOWN_ED25519,
    SHOWN_P256,
    SHOWN_ED25519_HOUR, /* ends in an hour after TEST_NOW */
    SHOWN_P256_MINUTES, /* in ten minutes */
    NUM_SHOWN_CHEAP,
    SHOWN_RSA = NUM_SHOWN_CHEAP,
    SHOWN_P384,
    SHOWN_OTHER_NAME,
    SHOWN_WILDCARD,
    SHOWN_B_ED25519,
    SHOWN_B_P256,
    SHOWN_ENDED,
    SHOWN_NOT_YET,
    SHOWN_CLIENT,
    SHOWN_CLIENT_RSA,
    NUM_SHOWN
};

struct world {
    struct shown shown[NUM_SHOWN];
    bulla_trust *trusts[ISSUERS_ALL + 1]; /* by their set of issuers; none for the empty one */
    struct private_key keys[NUM_SHOWN];   /* of each credential, for BULLA_EVENT_SIGN */
    bulla_memo *memo;
    bulla_workspace *workspace;
};

void world_make(struct world *world);
void world_free(struct world *world);
/* Whose leaf that is; -1: nobody's, or empty. */
int world_find(const struct world *world, bulla_bytes leaf);

#endif
