/* SPDX-License-Identifier: Apache-2.0 */
/* What goes from one connection of a test to the next, so that it can be resumed. */
#ifndef BOGO_CARRIED_H
#define BOGO_CARRIED_H

#include "options.h"
#include <bulla/bulla.h>

enum { CARRIED_SESSIONS_MAX = 32, CARRIED_ID_LEN_MAX = 64 };

struct carried_session {
    uint8_t id[CARRIED_ID_LEN_MAX];
    size_t id_len; /* 0: a client's */
    uint8_t *state;
    size_t state_len;
};

struct carried {
    /* A server has one of these, or keeps what BULLA_EVENT_SESSION gives. */
    bulla_ticket_keys *ticket_keys;
    bulla_session_store *store;
    bool outside;
    bulla_strike_register *strikes; /* NULL: BULLA_EVENT_STRIKE */
    bulla_credential *credential;   /* for BULLA_EVENT_CREDENTIAL; NULL: none */
    struct carried_session sessions[CARRIED_SESSIONS_MAX]; /* a client's is the first */
    size_t num_sessions;
    int64_t seconds_passed; /* that did not, but the runner asked for */
};

bool carried_init(struct carried *out, const struct options options[NUM_OPTIONS]);
void carried_free(struct carried *carried);

/* Keeps a session (copied), a client's instead of the one before. */
bool carried_keep(struct carried *carried, bulla_bytes id, bulla_bytes state);
/* The state that was kept under an id; no bytes: it is not known. */
bulla_bytes carried_find(const struct carried *carried, bulla_bytes id);
void carried_forget(struct carried *carried);

#endif
