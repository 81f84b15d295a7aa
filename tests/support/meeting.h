/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server that meet again and again: what tests of resumption and of early data begin
 * with. */
#ifndef TESTS_SUPPORT_MEETING_H
#define TESTS_SUPPORT_MEETING_H

#include "engine/pair.h"

/* One client and one server that may meet again and again; each test changes what it is about. */
struct meeting {
    struct authority authority, other;
    bulla_trust *trust, *other_trust;
    bulla_credential *server, *client;
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    int64_t now;

    bool stateful, stateless, by_hand, mutual;
    uint32_t client_early, server_early;
    unsigned num_tickets;
    uint32_t lifetime;
    const char *judgement;
    const char *client_alpn, *server_alpn;
    const char *name;
    const uint16_t *server_groups;
    const uint16_t *client_suites, *server_suites;
    const uint16_t *client_schemes, *server_schemes; /* one each; NULL: the default */
    unsigned client_ask;
    bulla_trust *server_trust;
    bulla_client_auth client_auth;
};

void meeting_make(struct meeting *scene);
void meeting_free(struct meeting *scene);
bulla_config *meeting_client(struct meeting *scene);
bulla_config *meeting_server(struct meeting *scene);
/* Opens a pair that has not begun to talk. */
void meeting_open(struct meeting *scene, struct pair *pair);
/* Meets once; true where both say that they resumed. Asserts what must hold either way. */
bool meet(struct meeting *scene);

#endif
