/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's NewSessionTicket, RFC 5077 3.3, and the sessions that a handshake leaves behind on
 * either side: in a ticket, or under the session id of the ServerHello. Only what has the extended
 * master secret is resumed, RFC 7627 5.4. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

static bulla_cause new_session_ticket_12_build(bulla_connection *connection, struct writer *body);
static bulla_cause session_12_store(bulla_connection *connection);
static bulla_cause state_put(const bulla_config *config, const struct session *session,
                             const uint8_t *id);
static bool session_12_plan(const bulla_connection *connection, struct session *out);

/* ------------------------------------------------------------------ the server */

bulla_cause new_session_ticket_12_send(bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    if (handshake->ticket_promised) {
        return flight_send(connection, HANDSHAKE_NEW_SESSION_TICKET, new_session_ticket_12_build,
                           NULL);
    }
    return handshake->server_session_id_len == 0 ? BULLA_OK : session_12_store(connection);
}

/* Where there is no ticket after all, an empty one keeps the promise. */
static bulla_cause new_session_ticket_12_build(bulla_connection *connection, struct writer *body) {
    struct session session;
    bulla_cause cause = BULLA_E_SESSION_UNUSABLE;
    size_t start = body->len;
    if (session_12_plan(connection, &session)) {
        writer_u32(body, session.lifetime);
        size_t ticket = writer_open(body, 2);
        cause = ticket_issue(connection, &session, body);
        writer_close(body, ticket, 2);
    }
    bytes_wipe(&session, sizeof session);
    if (cause == BULLA_E_SESSION_UNUSABLE && !body->failed) {
        body->len = start;
        writer_u32(body, 0);
        writer_u16(body, 0);
        return BULLA_OK;
    }
    return cause;
}

/* What cannot be stored is merely not found again. */
static bulla_cause session_12_store(bulla_connection *connection) {
    const uint8_t *id = connection->handshake->server_session_id;
    struct session session;
    bulla_cause cause = BULLA_E_SESSION_UNUSABLE;
    if (session_12_plan(connection, &session)) {
        cause = (connection->config->ask & BULLA_ASK_SESSION) != 0
                    ? session_news_add(connection, &session, id)
                    : state_put(connection->config, &session, id);
    }
    bytes_wipe(&session, sizeof session);
    return cause == BULLA_E_SESSION_UNUSABLE ? BULLA_OK : cause;
}

static bulla_cause state_put(const bulla_config *config, const struct session *session,
                             const uint8_t *id) {
    struct writer state = writer_growing(SESSION_STATE_LEN_MAX);
    bulla_bytes encoded;
    bulla_cause cause = session_encode(session, &state);
    if (cause == BULLA_OK && !writer_finish(&state, &encoded)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        cause = session_store_put(config->session_store, id, encoded,
                                  session->issued_at + session->lifetime);
    }
    writer_free(&state);
    return cause;
}

/* ------------------------------------------------------------------ the client */

bulla_cause new_session_ticket_12_receive(bulla_connection *connection, bulla_bytes body,
                                          bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes ticket;
    (void)whole;
    if (!reader_u32(&reader, &handshake->ticket_lifetime) || !reader_vector16(&reader, &ticket)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    /* Nothing is kept before the server's Finished proves it. */
    handshake->ticket = bytes_duplicate(ticket);
    handshake->ticket_len = ticket.len;
    return handshake->ticket == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

bulla_cause session_12_keep(bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    bool has_ticket = handshake->ticket_len != 0;
    bool has_id = handshake->server_session_id_len != 0 && !handshake->resumption.accepted;
    struct session session;
    if ((!has_ticket && !has_id) || !session_12_plan(connection, &session)) {
        return BULLA_OK;
    }
    session.ticket_is_id = !has_ticket;
    session.ticket = has_ticket
                         ? bytes_of(handshake->ticket, handshake->ticket_len)
                         : bytes_of(handshake->server_session_id, handshake->server_session_id_len);
    /* Zero leaves it open, RFC 5077 3.3. */
    if (has_ticket && handshake->ticket_lifetime != 0 &&
        handshake->ticket_lifetime < session.lifetime) {
        session.lifetime = handshake->ticket_lifetime;
    }
    bulla_cause cause = session_keep(connection, &session);
    bytes_wipe(&session, sizeof session);
    return cause == BULLA_E_SESSION_UNUSABLE ? BULLA_OK : cause;
}

/* ------------------------------------------------------------------ both */

static bool session_12_plan(const bulla_connection *connection, struct session *out) {
    if (!connection->extended_master_secret || !session_plan(connection, out)) {
        return false;
    }
    bytes_copy(out->secret, sizeof out->secret, BYTES_IN(connection->master->secret));
    return true;
}
