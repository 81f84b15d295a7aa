/* SPDX-License-Identifier: Apache-2.0 */
/* Finished, RFC 8446 4.4.4, and the steps that follow the two of them: the application's keys. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

static bulla_cause finished_build(bulla_connection *connection, struct writer *body);
static void application_derive(bulla_connection *connection);
static const uint8_t *traffic_secret_of(const struct handshake *handshake, bulla_role sender);

/* A server's Finished ends its flight, and its records are the application's from here on; a
 * client's ends the handshake. */
bulla_cause finished_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = flight_send(connection, HANDSHAKE_FINISHED, finished_build, NULL);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (connection->role == BULLA_SERVER) {
        application_derive(connection);
        return flight_set_write_secret(connection, handshake->application.server_traffic);
    }
    resumption_secret_keep(connection);
    return flight_set_write_secret(connection, handshake->application.client_traffic);
}

static bulla_cause finished_build(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    uint8_t digest[HASH_LEN_MAX], verify_data[HASH_LEN_MAX];
    enum hash_id hash = connection->suite->hash;
    transcript_digest(&handshake->transcript, digest);
    finished_verify_data(verify_data, hash, traffic_secret_of(handshake, connection->role), digest);
    writer_bytes(body, bytes_of(verify_data, hash_len(hash)));
    return BULLA_OK;
}

bulla_cause finished_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole) {
    const struct handshake *handshake = connection->handshake;
    uint8_t digest[HASH_LEN_MAX], expected[HASH_LEN_MAX];
    enum hash_id hash = connection->suite->hash;
    bulla_role sender = connection->role == BULLA_CLIENT ? BULLA_SERVER : BULLA_CLIENT;
    (void)whole;
    if (body.len != hash_len(hash)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    transcript_digest(&handshake->transcript, digest);
    finished_verify_data(expected, hash, traffic_secret_of(handshake, sender), digest);
    return bytes_equal_secret(body.data, expected, body.len) ? BULLA_OK : BULLA_E_FINISHED_INVALID;
}

/* At the client: the transcript now reaches to the server's Finished. */
bulla_cause server_finished_received(bulla_connection *connection) {
    application_derive(connection);
    flight_set_read_secret(connection, connection->handshake->application.server_traffic);
    return BULLA_OK;
}

/* At the server. */
bulla_cause client_finished_received(bulla_connection *connection) {
    flight_set_read_secret(connection, connection->handshake->application.client_traffic);
    return BULLA_OK;
}

static void application_derive(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    struct application_secrets *secrets = &handshake->application;
    uint8_t digest[HASH_LEN_MAX];
    transcript_digest(&handshake->transcript, digest);
    application_secrets_derive(secrets, &handshake->secrets, connection->suite->hash, digest);
    key_log_secret(connection, "CLIENT_TRAFFIC_SECRET_0", secrets->client_traffic);
    key_log_secret(connection, "SERVER_TRAFFIC_SECRET_0", secrets->server_traffic);
    key_log_secret(connection, "EXPORTER_SECRET", secrets->exporter);
}

static const uint8_t *traffic_secret_of(const struct handshake *handshake, bulla_role sender) {
    return sender == BULLA_CLIENT ? handshake->secrets.client_traffic
                                  : handshake->secrets.server_traffic;
}
