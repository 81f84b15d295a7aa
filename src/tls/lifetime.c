/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection holds, and how it is let go: the handshake's memory begins and ends here, keys
 * are wiped, and whatever fails ends in one alert. */
#include "tls/flight.h"
#include "tls/hello.h"

#include <stdlib.h>

static void session_forget(const bulla_connection *connection);

bulla_cause handshake_begin(bulla_connection *connection) {
    struct handshake *handshake = calloc(1, sizeof *handshake);
    if (handshake == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    handshake->flight = writer_growing(CERTIFICATE_MESSAGE_LEN_MAX * 2);
    connection->handshake = handshake;
    connection->state = STATE_START;
    return BULLA_OK;
}

void handshake_end(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake == NULL) {
        return;
    }
    key_exchange_wipe(&handshake->exchange);
    bulla_credential_free(handshake->credential);
    writer_free(&handshake->flight);
    free(handshake->cookie);
    free(handshake->signature);
    free(handshake->chain);
    free(handshake->authorities);
    free(handshake->status);
    free(handshake->ticket);
    free(handshake->resumption.offer);
    session_free(handshake->resumption.session);
    transcript_forget(&handshake->transcript);
    aead_key_retire(connection->workspace->pool, &handshake->next_read.aead);
    aead_key_retire(connection->workspace->pool, &handshake->next_write.aead);
    bytes_wipe_and_free(handshake, sizeof *handshake);
    connection->handshake = NULL;
}

bulla_cause lasting_secrets_keep(bulla_connection *connection) {
    const struct application_secrets *from = &connection->handshake->application;
    bool is_client = connection->role == BULLA_CLIENT;
    size_t len = hash_len(connection->suite->hash);
    connection->secrets = malloc(NUM_LASTING_SECRETS * len);
    if (connection->secrets == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bytes_copy(lasting_secret(connection, SECRET_READ), len,
               bytes_of(is_client ? from->server_traffic : from->client_traffic, len));
    bytes_copy(lasting_secret(connection, SECRET_WRITE), len,
               bytes_of(is_client ? from->client_traffic : from->server_traffic, len));
    bytes_copy(lasting_secret(connection, SECRET_EXPORTER), len, bytes_of(from->exporter, len));
    return BULLA_OK;
}

void connection_wipe_keys(bulla_connection *connection) {
    aead_key_retire(connection->workspace->pool, &connection->read.aead);
    aead_key_retire(connection->workspace->pool, &connection->write.aead);
    if (connection->secrets != NULL) {
        bytes_wipe_and_free(connection->secrets,
                            NUM_LASTING_SECRETS * hash_len(connection->suite->hash));
        connection->secrets = NULL;
    }
    bytes_wipe_and_free(connection->master, sizeof *connection->master);
    connection->master = NULL;
}

bulla_cause connection_fail(bulla_connection *connection, bulla_cause cause) {
    if (connection->failure != BULLA_OK) {
        return connection->failure;
    }
    bulla_alert alert = bulla_cause_about(cause)->alert;
    connection->failure = cause;
    connection->waiting = WAITING_NOT;
    if (alert != BULLA_ALERT_NONE && !connection->close_sent &&
        alert_send(connection, ALERT_FATAL, alert) == BULLA_OK) {
        connection->alert_sent = alert;
    }
    session_forget(connection);
    handshake_end(connection);
    resumable_end(connection);
    early_end(connection);
    connection_wipe_keys(connection);
    connection->pending = reader_over(bytes_of(NULL, 0));
    assembly_end(connection);
    return cause;
}

bulla_cause alert_send(bulla_connection *connection, enum alert_level level, bulla_alert alert) {
    const uint8_t message[] = {(uint8_t)level, (uint8_t)alert};
    bulla_cause cause = BULLA_OK;
    if (connection->role == BULLA_CLIENT && connection->handshake != NULL &&
        connection->write.aead.id != AEAD_INVALID) {
        cause = flight_send_compatibility(connection);
    }
    return cause == BULLA_OK ? output_record(connection, CONTENT_ALERT, BYTES_IN(message)) : cause;
}

/* A session of TLS 1.2 with which a connection failed is not tried again, RFC 5246 7.2: what went
 * wrong would go wrong each time until it ends. (Those of TLS 1.3 are used once anyway.) */
static void session_forget(const bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    const struct session *session = handshake == NULL ? NULL : handshake->resumption.session;
    bulla_session_cache *cache = connection->config->session_cache;
    uint8_t key[32];
    if (session != NULL && session->version == BULLA_TLS_1_2 && cache != NULL) {
        session_cache_key(connection, key);
        session_cache_drop(cache, key);
    }
}
