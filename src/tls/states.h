/* SPDX-License-Identifier: Apache-2.0 */
/* The legal order of a handshake as data: RFC 8446 appendix A and RFC 5246 7.3 (with RFC 5077 3.1),
 * one table of edges for each role and version. The tables of TLS 1.3 hold what comes before the
 * version is known; those of TLS 1.2 begin where a hello was received.
 *
 * An edge with a message leads from a state in which that message may come, through the handler
 * that gives it meaning, to the next state. An edge without a message is something that we do in a
 * state without waiting for the peer; of several, the first whose condition holds is taken. State
 * names are the RFC's; those of ours (RECVD_..., SEND_...) stand where the RFC's figure writes an
 * action beside an arrow. Who has no edge is an unexpected_message. */
#ifndef TLS_STATES_H
#define TLS_STATES_H

#include "tls/protocol.h"
#include <bulla/connection.h>

enum state {
    STATE_INVALID = 0,
    STATE_START,
    STATE_WAIT_SH,
    STATE_RECVD_SH,
    STATE_WAIT_EE,
    STATE_RECVD_EE,
    STATE_WAIT_CERT_CR,
    STATE_RECVD_CH,
    STATE_SESSION_CHOSEN,
    STATE_NEGOTIATED,
    STATE_WAIT_FLIGHT2,
    STATE_WAIT_EOED,
    STATE_RECVD_EOED,
    STATE_WAIT_CERT,
    STATE_RECVD_CERT,
    STATE_WAIT_CV,
    STATE_WAIT_FINISHED,
    STATE_RECVD_FINISHED,
    STATE_SEND_EOED,
    STATE_SEND_FLIGHT2,
    STATE_SEND_CERT,
    STATE_SEND_CV,
    STATE_SEND_FINISHED,
    STATE_SEND_TICKETS,
    STATE_CONNECTED,
    /* TLS 1.2 alone; the rest of its states it has in common with 1.3. */
    STATE_WAIT_STATUS_SKE, /* CertificateStatus or ServerKeyExchange */
    STATE_WAIT_SKE,
    STATE_RECVD_SKE,
    STATE_WAIT_CR_SHD,
    STATE_WAIT_SHD,
    STATE_RECVD_SHD,
    STATE_SEND_SKE,
    STATE_SEND_SHD,
    STATE_SEND_CKE,
    STATE_WAIT_CKE,
    STATE_RECVD_CKE,
    STATE_WAIT_TICKET_CCS, /* NewSessionTicket where it was promised, else ChangeCipherSpec */
    STATE_WAIT_TICKET,
    STATE_WAIT_CCS,
    NUM_STATES,
};

/* What a condition asks of the handshake so far. */
enum condition {
    CONDITION_INVALID = 0,
    ALWAYS,
    IF_RETRY,             /* this side decided on, or was sent, a HelloRetryRequest */
    IF_CERTIFICATE_ASKED, /* a CertificateRequest was sent or received */
    IF_CREDENTIAL,        /* we have a certificate to show */
    IF_PEER_CERTIFICATE,  /* the peer's certificate list was not empty */
    IF_RESUMED,           /* a session was taken up again */
    IF_EARLY_DATA,        /* and early data is accepted */
    IF_TICKET_PROMISED,   /* TLS 1.2: a NewSessionTicket was promised in the ServerHello */
};

enum edge_flags {
    /* The next record comes under another key: no byte may follow in this one, RFC 8446 5.1. */
    CHANGES_READ_KEY = 1 << 0,
    /* The handler adds the message to the transcript itself, because it needs it there midway. */
    HASHED_BY_HANDLER = 1 << 1,
    /* Not part of the handshake's transcript. */
    NOT_HASHED = 1 << 2,
};

typedef bulla_cause (*message_handler)(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole);
/* An action may need a decision: it then sets connection->waiting, is called again in the same
 * state once the answer is there, and only then is the edge taken. */
typedef bulla_cause (*state_action)(bulla_connection *connection);

struct edge {
    enum state state;
    enum handshake_type message; /* HANDSHAKE_NONE: an edge without a message */
    enum condition condition;
    message_handler handler; /* with a message */
    state_action action;     /* without one; NULL: nothing but the step */
    enum state next;
    unsigned flags;
};

struct edges {
    const struct edge *rows;
    size_t num_rows;
};

/* The table of a role for a version; version 0 (not known yet) has TLS 1.3's. */
struct edges states_edges(bulla_role role, uint16_t version);

/* The edge for a message in a state; NULL where the message may not come. */
const struct edge *states_find(bulla_role role, uint16_t version, enum state state,
                               enum handshake_type message);

/* The RFC's name, such as "WAIT_CERT_CR". */
const char *state_name(enum state state);

#endif
