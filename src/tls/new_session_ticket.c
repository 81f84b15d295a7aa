/* SPDX-License-Identifier: Apache-2.0 */
/* NewSessionTicket, RFC 8446 4.6.1: a server lets its client come back, a client keeps what it was
 * given. (TLS 1.2's is in new_session_ticket_12.c; what a session holds of its connection is the
 * same for both and stands here.) */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

enum { TICKET_NONCE_LEN = 8, AGE_ADD_LEN = 4 };

static bool wants_tickets(const bulla_connection *connection);
static bulla_cause ticket_write(bulla_connection *connection, uint64_t number,
                                struct writer *messages);
static void resumption_secret(bulla_connection *connection, uint8_t *out);
static uint32_t lifetime_left(const bulla_connection *connection, int64_t now);

/* ------------------------------------------------------------------ the server */

/* After the client's Finished: what it proves is part of what the ticket stands for. */
bulla_cause new_session_tickets_send(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct writer messages = writer_growing(2 * TICKETS_MAX * NEW_SESSION_TICKET_LEN_MAX);
    unsigned num_tickets = connection->resumed && config->num_tickets > 1 ? 1 : config->num_tickets;
    bulla_cause cause = BULLA_OK;
    if (num_tickets == 0 || !wants_tickets(connection)) {
        resumable_end(connection);
        return BULLA_OK;
    }
    resumption_secret(connection, connection->resumable->secret);
    for (unsigned i = 0; i < num_tickets && cause == BULLA_OK; i++) {
        cause = ticket_write(connection, i, &messages);
    }
    bytes_wipe(connection->resumable->secret, SECRET_LEN_MAX);
    if (connection->resumable->news == NULL) {
        resumable_end(connection); /* it has no more to tell */
    }
    if (cause == BULLA_OK) {
        cause = flight_send_whole(connection, bytes_of(messages.buffer, messages.len));
    }
    writer_free(&messages);
    /* Without a key for tickets there are none: no reason to fail a connection. */
    return cause == BULLA_E_SESSION_UNUSABLE ? BULLA_OK : cause;
}

static bool wants_tickets(const bulla_connection *connection) {
    return config_resumes(connection->config) && resumable_holds(connection) &&
           connection->handshake->peer_offers_psk_dhe; /* RFC 8446 4.2.9 */
}

static bulla_cause ticket_write(bulla_connection *connection, uint64_t number,
                                struct writer *messages) {
    const bulla_config *config = connection->config;
    uint8_t nonce[TICKET_NONCE_LEN], random[AGE_ADD_LEN];
    struct writer nonce_writer = writer_into(nonce, sizeof nonce);
    struct reader random_reader = reader_over(BYTES_IN(random));
    struct session session;
    if (!session_plan(connection, &session)) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    if (!random_fill(&config->random, random, sizeof random) ||
        !reader_u32(&random_reader, &session.age_add)) {
        return BULLA_E_RANDOM_FAILED;
    }
    writer_u64(&nonce_writer, number);
    ticket_psk_derive(session.secret, connection->suite->hash, connection->resumable->secret,
                      BYTES_IN(nonce));
    session.early_data_max = config->early_data_max;

    size_t start = messages->len;
    writer_u8(messages, HANDSHAKE_NEW_SESSION_TICKET);
    size_t message = writer_open(messages, 3);
    writer_u32(messages, session.lifetime);
    writer_u32(messages, session.age_add);
    writer_vector(messages, 1, BYTES_IN(nonce));
    size_t ticket = writer_open(messages, 2);
    bulla_cause cause = ticket_issue(connection, &session, messages);
    writer_close(messages, ticket, 2);
    size_t extensions = writer_open(messages, 2);
    if (session.early_data_max != 0) {
        size_t data = extension_open(messages, EXTENSION_EARLY_DATA);
        writer_u32(messages, session.early_data_max);
        writer_close(messages, data, 2);
    }
    writer_close(messages, extensions, 2);
    writer_close(messages, message, 3);
    bytes_wipe(&session, sizeof session);
    if (cause != BULLA_OK && !messages->failed) {
        messages->len = start;
        return cause;
    }
    return messages->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

bulla_cause ticket_issue(bulla_connection *connection, const struct session *plan,
                         struct writer *out) {
    const bulla_config *config = connection->config;
    uint8_t id[STORED_SESSION_ID_LEN];
    bulla_bytes encoded;
    if (config->ticket_keys == NULL) {
        if (!random_fill(&config->random, id, sizeof id)) {
            return BULLA_E_RANDOM_FAILED;
        }
        writer_bytes(out, BYTES_IN(id));
    }
    if ((config->ask & BULLA_ASK_SESSION) != 0) {
        return session_news_add(connection, plan, id);
    }
    struct writer state = writer_growing(SESSION_STATE_LEN_MAX);
    bulla_cause cause = session_encode(plan, &state);
    if (cause == BULLA_OK && !writer_finish(&state, &encoded)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        cause = config->ticket_keys != NULL
                    ? ticket_seal(config->ticket_keys, connection->workspace->pool, &config->random,
                                  plan->issued_at, encoded, out)
                    : session_store_put(config->session_store, id, encoded,
                                        plan->issued_at + plan->lifetime);
    }
    writer_free(&state);
    return cause;
}

/* ------------------------------------------------------------------ the client */

bulla_cause new_session_ticket_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole) {
    struct reader reader = reader_over(body);
    struct extensions extensions;
    struct session session;
    uint32_t lifetime, age_add, early_data_max = 0;
    bulla_bytes nonce, ticket, data;
    (void)whole;
    if (!reader_u32(&reader, &lifetime) || !reader_u32(&reader, &age_add) ||
        !reader_vector8(&reader, &nonce) || !reader_vector16(&reader, &ticket) || ticket.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    bulla_cause cause = extensions_parse_last(&extensions, &reader, IN_NEW_SESSION_TICKET, 0);
    if (cause == BULLA_OK && extension_get(&extensions, EXTENSION_EARLY_DATA, &data)) {
        reader = reader_over(data);
        if (!reader_u32(&reader, &early_data_max) || !reader_at_end(&reader)) {
            cause = BULLA_E_EXTENSION_MALFORMED;
        }
    }
    if (cause == BULLA_OK) {
        cause = post_handshake_count(connection, BULLA_E_POST_HANDSHAKE_FLOOD);
    }
    if (cause != BULLA_OK || lifetime == 0 || !session_plan(connection, &session)) {
        return cause; /* a lifetime of zero: not to be kept, RFC 8446 4.6.1 */
    }
    session.lifetime = lifetime > TICKET_LIFETIME_MAX ? TICKET_LIFETIME_MAX : lifetime;
    session.age_add = age_add;
    session.early_data_max = early_data_max;
    session.ticket = ticket;
    ticket_psk_derive(session.secret, connection->suite->hash, connection->resumable->secret,
                      nonce);
    cause = session_keep(connection, &session);
    bytes_wipe(&session, sizeof session);
    /* What cannot be kept is not: no reason to fail a connection. */
    return cause == BULLA_E_SESSION_UNUSABLE ? BULLA_OK : cause;
}

bulla_cause session_keep(bulla_connection *connection, const struct session *plan) {
    const bulla_config *config = connection->config;
    struct session *session;
    uint8_t key[32];
    if ((config->ask & BULLA_ASK_SESSION) != 0) {
        return session_news_add(connection, plan, NULL);
    }
    bulla_cause cause = session_new(&session, plan);
    if (cause == BULLA_OK) {
        session_cache_key(connection, key);
        session_cache_put(config->session_cache, key, session);
    }
    return cause;
}

/* ------------------------------------------------------------------ both */

void resumption_secret_keep(bulla_connection *connection) {
    if (connection->resumable != NULL) {
        resumption_secret(connection, connection->resumable->secret);
    }
}

/* The transcript reaches to the client's Finished. */
static void resumption_secret(bulla_connection *connection, uint8_t *out) {
    struct handshake *handshake = connection->handshake;
    uint8_t digest[HASH_LEN_MAX];
    transcript_digest(&handshake->transcript, digest);
    resumption_secret_derive(out, &handshake->application, connection->suite->hash, digest);
}

bool session_plan(const bulla_connection *connection, struct session *out) {
    const bulla_config *config = connection->config;
    const struct handshake *handshake = connection->handshake;
    const struct alpn_protocol *alpn = connection->alpn;
    if (!resumable_holds(connection)) {
        return false;
    }
    const struct resumable *resumable = connection->resumable;
    bool done = handshake == NULL;
    int64_t now = config->clock(config->clock_context);
    bulla_bytes leaf = !done && handshake->num_certificates != 0
                           ? handshake->certificates[0]
                           : bytes_of(connection->peer_leaf, connection->peer_leaf_len);
    *out = (struct session){
        .version = connection->version,
        .suite = connection->suite,
        .group = connection->group == NULL ? 0 : connection->group->code,
        .peer_signature_scheme = connection->peer_signature_scheme,
        .extended_master_secret = connection->extended_master_secret,
        .peer_authenticated = leaf.len != 0,
        .authenticated_at = done ? resumable->authenticated_at : handshake->authenticated_at,
        .valid_until = done ? resumable->valid_until : handshake->valid_until,
        .issued_at = now,
        .alpn = alpn == NULL ? bytes_of(NULL, 0) : bytes_of(alpn->name, alpn->len),
        .server_name = bytes_of(connection->server_name, connection->server_name_len),
        .peer_leaf = leaf,
    };
    session_judgement(connection, out->judgement);
    out->lifetime =
        connection->role == BULLA_CLIENT ? TICKET_LIFETIME_MAX : lifetime_left(connection, now);
    return out->lifetime != 0;
}

/* A server's: of the config's limit, which counts from the full handshake, and of the peer's chain.
 */
static uint32_t lifetime_left(const bulla_connection *connection, int64_t now) {
    const struct handshake *handshake = connection->handshake;
    int64_t ends = handshake->authenticated_at + connection->config->ticket_lifetime;
    ends = handshake->valid_until < ends ? handshake->valid_until : ends;
    return ends <= now ? 0 : (uint32_t)(ends - now);
}
