/* SPDX-License-Identifier: Apache-2.0 */
/* Early data (0-RTT), RFC 8446 2.3, 4.2.10 and 8: a client sends it under a key of the session that
 * it offers; a server takes it once, or passes it over. What can be replayed is never mixed with
 * what cannot: it has its own event, its own limit, and its own way back where it was refused. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

#include <stdlib.h>

static void refuse(bulla_connection *connection);
static bool may_take(const bulla_connection *connection, int64_t now);
static bool age_is_likely(const bulla_connection *connection, int64_t now);
static bulla_cause take(bulla_connection *connection);
static bulla_cause end_of_early_data_build(bulla_connection *connection, struct writer *body);
static void early_traffic(bulla_connection *connection, enum hash_id hash);

struct early *early_new(void) {
    struct early *early = calloc(1, sizeof *early);
    if (early != NULL) {
        early->copy = writer_growing(EARLY_DATA_LEN_MAX);
    }
    return early;
}

void early_end(bulla_connection *connection) {
    struct early *early = connection->early;
    if (early != NULL) {
        connection->early_data = (uint8_t)early->state; /* also where the handshake fails */
        writer_free(&early->copy);
        bytes_wipe_and_free(early, sizeof *early);
        connection->early = NULL;
    }
}

void early_conclude(bulla_connection *connection) {
    struct early *early = connection->early;
    if (early == NULL) {
        return;
    }
    connection->early_data = (uint8_t)early->state;
    if (early->state != BULLA_EARLY_DATA_REFUSED || early->copy.len == 0) {
        early_end(connection);
    }
}

/* ------------------------------------------------------------------ the client */

/* From here on what is written goes under the early key; the suite is the session's until the
 * server says which. */
bulla_cause early_data_begin(bulla_connection *connection) {
    const struct session *session = connection->handshake->resumption.session;
    if (connection->early == NULL || connection->early->state != BULLA_EARLY_DATA_OFFERED) {
        return BULLA_OK;
    }
    bulla_cause cause = flight_send_compatibility(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    connection->suite = session->suite;
    early_traffic(connection, session->suite->hash);
    return flight_set_write_secret(connection, connection->early->traffic_secret);
}

void early_data_retry(bulla_connection *connection) {
    if (connection->early != NULL) {
        refuse(connection);
        aead_key_retire(connection->workspace->pool, &connection->write.aead);
        connection->write.aead.id = AEAD_INVALID;
    }
}

bulla_cause early_data_answer_receive(bulla_connection *connection,
                                      const struct extensions *extensions) {
    struct handshake *handshake = connection->handshake;
    const struct resumption *resumption = &handshake->resumption;
    struct early *early = connection->early;
    const struct alpn_protocol *alpn = connection->alpn;
    bulla_bytes data;
    if (!extension_get(extensions, EXTENSION_EARLY_DATA, &data)) {
        if (early == NULL || early->state != BULLA_EARLY_DATA_OFFERED) {
            return BULLA_OK;
        }
        refuse(connection);
        return flight_set_write_secret(connection, handshake->secrets.client_traffic);
    }
    if (data.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    /* Under the PSK alone, and with what went with it: RFC 8446 4.2.10. */
    if (early == NULL || early->state != BULLA_EARLY_DATA_OFFERED || !resumption->accepted ||
        resumption->session->suite != connection->suite ||
        !bytes_equal(resumption->session->alpn,
                     alpn == NULL ? bytes_of(NULL, 0) : bytes_of(alpn->name, alpn->len))) {
        return BULLA_E_EXTENSION_VALUE_ILLEGAL;
    }
    early->state = BULLA_EARLY_DATA_ACCEPTED;
    return BULLA_OK;
}

bulla_cause end_of_early_data_send(bulla_connection *connection) {
    bulla_cause cause =
        flight_send(connection, HANDSHAKE_END_OF_EARLY_DATA, end_of_early_data_build, NULL);
    connection->early->left = 0;
    return cause == BULLA_OK
               ? flight_set_write_secret(connection, connection->handshake->secrets.client_traffic)
               : cause;
}

static bulla_cause end_of_early_data_build(bulla_connection *connection, struct writer *body) {
    (void)connection;
    (void)body;
    return BULLA_OK;
}

static void refuse(bulla_connection *connection) {
    connection->early->state = BULLA_EARLY_DATA_REFUSED;
    connection->early->left = 0;
    bytes_wipe(connection->early->traffic_secret, SECRET_LEN_MAX);
}

/* ------------------------------------------------------------------ the server */

bulla_cause early_data_choose(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct handshake *handshake = connection->handshake;
    const struct resumption *resumption = &handshake->resumption;
    bool offered = (handshake->peer_extensions & extension_bit(EXTENSION_EARLY_DATA)) != 0;
    uint8_t unique[32];
    if (!offered) {
        return BULLA_OK;
    }
    if (resumption->accepted && resumption->session->early_data_max > config->early_data_max) {
        handshake->early_data_left = early_data_skipped_max(resumption->session->early_data_max);
    }
    int64_t now = config->clock(config->clock_context);
    if (!may_take(connection, now)) {
        return BULLA_OK;
    }
    if ((config->ask & BULLA_ASK_STRIKE) != 0) {
        if (!resumption->strike_answered) {
            connection->waiting = WAITING_STRIKE;
            return BULLA_OK;
        }
        return resumption->strike_is_new ? take(connection) : BULLA_OK;
    }
    early_data_unique(connection, unique);
    return strike_register_knows(config->strikes, resumption->session->issued_at, now) &&
                   strike_register_is_new(config->strikes, unique, now)
               ? take(connection)
               : BULLA_OK;
}

/* A binder is as unique as its hello, and nobody but the session's owner can make another one:
 * RFC 8446 8.2. */
void early_data_unique(const bulla_connection *connection, uint8_t *out) {
    hash_once(HASH_SHA256, connection->handshake->resumption.binder, out);
}

uint32_t early_data_window(const bulla_config *config) {
    return config->strikes == NULL ? BULLA_STRIKE_WINDOW_DEFAULT : strike_window(config->strikes);
}

/* As much ciphertext again, and more: the records of what was promised may be small. */
size_t early_data_skipped_max(uint32_t promised) {
    return EARLY_DATA_SKIPPED_MAX + 2 * (size_t)promised;
}

/* RFC 8446 4.2.10 and 8: the first identity, the session's own suite and protocol, a fresh hello,
 * and no retry in between. A ticket from before the limit was lowered promised too much. */
static bool may_take(const bulla_connection *connection, int64_t now) {
    const bulla_config *config = connection->config;
    const struct handshake *handshake = connection->handshake;
    const struct resumption *resumption = &handshake->resumption;
    return resumption->accepted && resumption->index == 0 && !handshake->retried &&
           resumption->session->early_data_max != 0 &&
           resumption->session->early_data_max <= config->early_data_max &&
           resumption->session->suite == connection->suite && age_is_likely(connection, now);
}

/* Whether the ticket is as old as the client says, give or take the window: RFC 8446 8.3. */
static bool age_is_likely(const bulla_connection *connection, int64_t now) {
    const struct resumption *resumption = &connection->handshake->resumption;
    uint32_t window = early_data_window(connection->config);
    int64_t here = now - resumption->session->issued_at;
    uint32_t there = (resumption->ticket_age - resumption->session->age_add) / 1000;
    return here >= 0 && here <= (int64_t)there + window && there <= here + (int64_t)window;
}

static bulla_cause take(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    connection->early = early_new();
    if (connection->early == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    connection->early->state = BULLA_EARLY_DATA_ACCEPTED;
    connection->early->left = handshake->resumption.session->early_data_max;
    handshake->early_data_left = 0; /* nothing is passed over */
    early_traffic(connection, connection->suite->hash);
    return BULLA_OK;
}

bulla_cause end_of_early_data_receive(bulla_connection *connection, bulla_bytes body,
                                      bulla_bytes whole) {
    (void)whole;
    if (body.len != 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    flight_set_read_secret(connection, connection->handshake->secrets.client_traffic);
    return BULLA_OK;
}

/* ------------------------------------------------------------------ both */

/* client_early_traffic_secret; the transcript reaches to the ClientHello. */
static void early_traffic(bulla_connection *connection, enum hash_id hash) {
    const struct handshake *handshake = connection->handshake;
    uint8_t digest[HASH_LEN_MAX];
    struct hash running = transcript_fork(&handshake->transcript, hash);
    hash_finish(&running, digest);
    early_traffic_derive(connection->early->traffic_secret, &handshake->early, hash, digest);
    key_log_secret(connection, "CLIENT_EARLY_TRAFFIC_SECRET", connection->early->traffic_secret);
}
