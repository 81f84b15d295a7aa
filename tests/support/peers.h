/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines in one process, a client and a server, with a small CA's certificates: what tests of
 * whole connections begin with. */
#ifndef TESTS_SUPPORT_PEERS_H
#define TESTS_SUPPORT_PEERS_H

#include "base/bytes.h"
#include <bulla/connection.h>

/* A CA, and a P-256 credential that it issued to each side; the server is "localhost". */
struct identities {
    bulla_trust *trust;
    bulla_credential *server;
    bulla_credential *client;
};

void identities_make(struct identities *out);
void identities_free(struct identities *identities);

struct peers_wish {
    bulla_client_auth client_auth; /* BULLA_CLIENT_AUTH_INVALID stands for _NONE */
    bool client_has_credential;
    bool retry;   /* the client's first share is of a group that the server does not have */
    bool tls_12;  /* and no newer one */
    bool tickets; /* sessions may be resumed by ticket */
};

struct peers {
    bulla_workspace *workspace;
    bulla_connection *client;
    bulla_connection *server;
};

/* Configs and connections; the client has written its ClientHello. */
void peers_make(struct peers *out, const struct identities *identities,
                const struct peers_wish *wish);
void peers_free(struct peers *peers);

/* Feeds a copy of `bytes`, exactly as long as they are, so that a sanitizer sees who reads past
 * them. Goes on past BULLA_EVENT_HANDSHAKE_DONE; returns the first event that is neither this nor
 * BULLA_EVENT_NEED_BYTES, or the latter. */
bulla_event peer_feed(bulla_connection *connection, bulla_bytes bytes);

/* What waits for sending, which thereby counts as sent: a heap copy; free() its bytes. */
bulla_input peer_take_output(bulla_connection *connection);

/* Carries bytes to and fro until both are silent. */
void peers_talk(struct peers *peers);

#endif
