/* SPDX-License-Identifier: Apache-2.0 */
/* KeyUpdate, RFC 8446 4.6.3, and the count of what may come after the handshake without data
 * between. */
#include "tls/flight.h"
#include "tls/messages.h"

enum { UPDATE_NOT_REQUESTED = 0, UPDATE_REQUESTED = 1 };

static uint8_t *write_secret(const bulla_connection *connection);

bulla_cause key_update_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole) {
    (void)whole;
    if (body.len != 1) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (body.data[0] != UPDATE_NOT_REQUESTED && body.data[0] != UPDATE_REQUESTED) {
        return BULLA_E_KEY_UPDATE_ILLEGAL;
    }
    bulla_cause cause = post_handshake_count(connection, BULLA_E_KEY_UPDATE_FLOOD);
    if (cause != BULLA_OK) {
        return cause;
    }
    traffic_secret_update(lasting_secret(connection, SECRET_READ), connection->suite->hash);
    flight_set_read_secret(connection, lasting_secret(connection, SECRET_READ));
    /* One answer serves all requests that come before it is sent. */
    if (body.data[0] == UPDATE_REQUESTED && !connection->answer_queued && !connection->close_sent) {
        connection->answer_queued = true;
        return key_update_send(connection, false);
    }
    return BULLA_OK;
}

bulla_cause key_update_send(bulla_connection *connection, bool ask_peer) {
    const uint8_t message[] = {HANDSHAKE_KEY_UPDATE, 0, 0, 1,
                               ask_peer ? UPDATE_REQUESTED : UPDATE_NOT_REQUESTED};
    bulla_cause cause = flight_send_whole(connection, BYTES_IN(message));
    if (cause != BULLA_OK) {
        return cause;
    }
    uint8_t *secret = write_secret(connection);
    traffic_secret_update(secret, connection->suite->hash);
    return flight_set_write_secret(connection, secret);
}

/* A server that answers early data may send one before the handshake is done. */
static uint8_t *write_secret(const bulla_connection *connection) {
    return connection->handshake == NULL ? lasting_secret(connection, SECRET_WRITE)
                                         : connection->handshake->application.server_traffic;
}

bulla_cause post_handshake_count(bulla_connection *connection, bulla_cause flood) {
    connection->num_post_handshake++;
    return connection->num_post_handshake > POST_HANDSHAKE_MESSAGES_MAX ? flood : BULLA_OK;
}
