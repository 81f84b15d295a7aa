/* SPDX-License-Identifier: Apache-2.0 */
/* The edges of RFC 8446 appendix A. tests/unit/states.c owns a second drawing of the RFC's figures
 * and holds it against these tables. */
#include "tls/states.h"

#include "tls/messages.h"

/* Shorter, so that a row is a line. */
#define S(name) STATE_##name
#define M(name) HANDSHAKE_##name

/* RFC 8446 A.1. */
static const struct edge client_edges[] = {
    {S(START), M(NONE), ALWAYS, NULL, client_hello_send, S(WAIT_SH), 0},
    {S(WAIT_SH), M(SERVER_HELLO), ALWAYS, server_hello_receive, NULL, S(RECVD_SH),
     CHANGES_READ_KEY | HASHED_BY_HANDLER},
    {S(RECVD_SH), M(NONE), IF_RETRY, NULL, client_hello_send, S(WAIT_SH), 0},
    {S(RECVD_SH), M(NONE), ALWAYS, NULL, server_hello_finish, S(WAIT_EE), 0},
    {S(WAIT_EE), M(ENCRYPTED_EXTENSIONS), ALWAYS, encrypted_extensions_receive, NULL,
     S(WAIT_CERT_CR), 0},
    {S(WAIT_CERT_CR), M(CERTIFICATE_REQUEST), ALWAYS, certificate_request_receive, NULL,
     S(WAIT_CERT), 0},
    {S(WAIT_CERT_CR), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(RECVD_CERT), M(NONE), ALWAYS, NULL, certificate_judge, S(WAIT_CV), 0},
    {S(WAIT_CV), M(CERTIFICATE_VERIFY), ALWAYS, certificate_verify_receive, NULL, S(WAIT_FINISHED),
     0},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_receive, NULL, S(RECVD_FINISHED),
     CHANGES_READ_KEY},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, server_finished_received, S(SEND_FLIGHT2), 0},
    {S(SEND_FLIGHT2), M(NONE), IF_CERTIFICATE_ASKED, NULL, credential_choose, S(SEND_CERT), 0},
    {S(SEND_FLIGHT2), M(NONE), ALWAYS, NULL, NULL, S(SEND_FINISHED), 0},
    {S(SEND_CERT), M(NONE), IF_CREDENTIAL, NULL, certificate_send, S(SEND_CV), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_send, S(SEND_FINISHED), 0},
    {S(SEND_CV), M(NONE), ALWAYS, NULL, certificate_verify_send, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_send, S(CONNECTED), 0},
    {S(CONNECTED), M(NEW_SESSION_TICKET), ALWAYS, new_session_ticket_receive, NULL, S(CONNECTED),
     NOT_HASHED},
    {S(CONNECTED), M(KEY_UPDATE), ALWAYS, key_update_receive, NULL, S(CONNECTED),
     CHANGES_READ_KEY | NOT_HASHED},
};

/* RFC 8446 A.2. */
static const struct edge server_edges[] = {
    {S(START), M(CLIENT_HELLO), ALWAYS, client_hello_receive, NULL, S(RECVD_CH),
     CHANGES_READ_KEY | HASHED_BY_HANDLER},
    {S(RECVD_CH), M(NONE), IF_RETRY, NULL, hello_retry_request_send, S(START), 0},
    {S(RECVD_CH), M(NONE), ALWAYS, NULL, credential_choose, S(NEGOTIATED), 0},
    {S(NEGOTIATED), M(NONE), ALWAYS, NULL, server_hello_send, S(SEND_CERT), 0},
    {S(SEND_CERT), M(NONE), ALWAYS, NULL, certificate_send, S(SEND_CV), 0},
    {S(SEND_CV), M(NONE), ALWAYS, NULL, certificate_verify_send, S(SEND_FINISHED), 0},
    {S(SEND_FINISHED), M(NONE), ALWAYS, NULL, finished_send, S(WAIT_FLIGHT2), 0},
    {S(WAIT_FLIGHT2), M(NONE), IF_CERTIFICATE_ASKED, NULL, NULL, S(WAIT_CERT), 0},
    {S(WAIT_FLIGHT2), M(NONE), ALWAYS, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(WAIT_CERT), M(CERTIFICATE), ALWAYS, certificate_receive, NULL, S(RECVD_CERT), 0},
    {S(RECVD_CERT), M(NONE), IF_PEER_CERTIFICATE, NULL, certificate_judge, S(WAIT_CV), 0},
    {S(RECVD_CERT), M(NONE), ALWAYS, NULL, NULL, S(WAIT_FINISHED), 0},
    {S(WAIT_CV), M(CERTIFICATE_VERIFY), ALWAYS, certificate_verify_receive, NULL, S(WAIT_FINISHED),
     0},
    {S(WAIT_FINISHED), M(FINISHED), ALWAYS, finished_receive, NULL, S(RECVD_FINISHED),
     CHANGES_READ_KEY},
    {S(RECVD_FINISHED), M(NONE), ALWAYS, NULL, client_finished_received, S(CONNECTED), 0},
    {S(CONNECTED), M(KEY_UPDATE), ALWAYS, key_update_receive, NULL, S(CONNECTED),
     CHANGES_READ_KEY | NOT_HASHED},
};

static const char *const state_names[NUM_STATES] = {
    [STATE_INVALID] = "INVALID",
    [S(START)] = "START",
    [S(WAIT_SH)] = "WAIT_SH",
    [S(RECVD_SH)] = "RECVD_SH",
    [S(WAIT_EE)] = "WAIT_EE",
    [S(WAIT_CERT_CR)] = "WAIT_CERT_CR",
    [S(RECVD_CH)] = "RECVD_CH",
    [S(NEGOTIATED)] = "NEGOTIATED",
    [S(WAIT_FLIGHT2)] = "WAIT_FLIGHT2",
    [S(WAIT_CERT)] = "WAIT_CERT",
    [S(RECVD_CERT)] = "RECVD_CERT",
    [S(WAIT_CV)] = "WAIT_CV",
    [S(WAIT_FINISHED)] = "WAIT_FINISHED",
    [S(RECVD_FINISHED)] = "RECVD_FINISHED",
    [S(SEND_FLIGHT2)] = "SEND_FLIGHT2",
    [S(SEND_CERT)] = "SEND_CERT",
    [S(SEND_CV)] = "SEND_CV",
    [S(SEND_FINISHED)] = "SEND_FINISHED",
    [S(CONNECTED)] = "CONNECTED",
};

struct edges states_edges(bulla_role role) {
    if (role == BULLA_CLIENT) {
        return (struct edges){client_edges, sizeof client_edges / sizeof client_edges[0]};
    }
    return (struct edges){server_edges, sizeof server_edges / sizeof server_edges[0]};
}

const struct edge *states_find(bulla_role role, enum state state, enum handshake_type message) {
    struct edges edges = states_edges(role);
    /* A peer may well send a message of type 0: it has no edge, though some edges have no message.
     */
    for (size_t i = 0; i < edges.num_rows && message != HANDSHAKE_NONE; i++) {
        if (edges.rows[i].state == state && edges.rows[i].message == message) {
            return &edges.rows[i];
        }
    }
    return NULL;
}

const char *state_name(enum state state) {
    return (unsigned)state < NUM_STATES ? state_names[state] : "INVALID";
}
