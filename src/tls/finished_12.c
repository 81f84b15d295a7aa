/* SPDX-License-Identifier: Apache-2.0 */
/* ChangeCipherSpec and Finished of TLS 1.2, RFC 5246 7.1 and 7.4.9: one after the other, they take
 * the new keys up and prove them. A session is worth keeping from the peer's Finished on. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

#include <stdlib.h>

static bulla_cause change_cipher_spec_send(bulla_connection *connection);
static bulla_cause finished_12_build(bulla_connection *connection, struct writer *body);
static void verify_data(const bulla_connection *connection, bulla_role sender, uint8_t *out);
static void keys_take_up(bulla_connection *connection, struct record_keys *present,
                         struct record_keys *next);
static void conclude(bulla_connection *connection);

bulla_cause finished_12_send(bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    bool is_server = connection->role == BULLA_SERVER;
    bulla_cause cause = BULLA_OK;
    if (is_server && !handshake->resumption.accepted) {
        cause = new_session_ticket_12_send(connection);
    }
    if (cause == BULLA_OK) {
        cause = change_cipher_spec_send(connection);
    }
    if (cause == BULLA_OK) {
        cause = flight_send(connection, HANDSHAKE_FINISHED, finished_12_build, NULL);
    }
    if (cause == BULLA_OK) {
        cause = flight_flush(connection);
    }
    /* The second Finished is the server's in a full handshake, and the client's in a resumed one.
     */
    if (is_server != handshake->resumption.accepted) {
        conclude(connection);
    }
    return cause;
}

/* The flight so far goes out under the present key. From here on alerts need nothing before them,
 * as TLS 1.3's do. */
static bulla_cause change_cipher_spec_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    const uint8_t one = 1;
    bulla_cause cause = flight_flush(connection);
    if (cause == BULLA_OK) {
        cause = output_record(connection, CONTENT_CHANGE_CIPHER_SPEC, bytes_of(&one, 1));
    }
    handshake->compatibility_sent = true;
    keys_take_up(connection, &connection->write, &handshake->next_write);
    return cause;
}

static bulla_cause finished_12_build(bulla_connection *connection, struct writer *body) {
    uint8_t data[VERIFY_DATA_12_LEN];
    verify_data(connection, connection->role, data);
    writer_bytes(body, BYTES_IN(data));
    return BULLA_OK;
}

/* The driver has seen to it that nothing of a message is pending. */
bulla_cause change_cipher_spec_receive(bulla_connection *connection, bulla_bytes body,
                                       bulla_bytes whole) {
    (void)whole;
    if (!bytes_equal(body, bytes_of("\1", 1))) {
        return BULLA_E_CHANGE_CIPHER_SPEC_INVALID;
    }
    keys_take_up(connection, &connection->read, &connection->handshake->next_read);
    return BULLA_OK;
}

bulla_cause finished_12_receive(bulla_connection *connection, bulla_bytes body, bulla_bytes whole) {
    const struct handshake *handshake = connection->handshake;
    bool is_client = connection->role == BULLA_CLIENT;
    uint8_t expected[VERIFY_DATA_12_LEN];
    (void)whole;
    if (body.len != sizeof expected) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    verify_data(connection, is_client ? BULLA_SERVER : BULLA_CLIENT, expected);
    if (!bytes_equal_secret(body.data, expected, sizeof expected)) {
        return BULLA_E_FINISHED_INVALID;
    }
    bulla_cause cause = is_client ? session_12_keep(connection) : BULLA_OK;
    if (is_client != handshake->resumption.accepted) {
        conclude(connection);
    }
    return cause;
}

static void verify_data(const bulla_connection *connection, bulla_role sender, uint8_t *out) {
    uint8_t digest[HASH_LEN_MAX];
    transcript_digest(&connection->handshake->transcript, digest);
    finished_12_verify_data(out, connection->suite->hash, connection->master, sender, digest);
}

static void keys_take_up(bulla_connection *connection, struct record_keys *present,
                         struct record_keys *next) {
    aead_key_retire(connection->workspace->pool, &present->aead);
    *present = *next;
    bytes_wipe(next, sizeof *next);
}

/* Nobody needs the master secret any more but exporters, which are safe to use with the extended
 * one alone (RFC 7627 6.1). */
static void conclude(bulla_connection *connection) {
    if (!connection->extended_master_secret) {
        bytes_wipe_and_free(connection->master, sizeof *connection->master);
        connection->master = NULL;
    }
}

/* ------------------------------------------------------------------ the keys */

bulla_cause master_begin(bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    struct master_12 *master = calloc(1, sizeof *master);
    if (master == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bytes_copy(master->client_random, RANDOM_LEN, BYTES_IN(handshake->client_random));
    bytes_copy(master->server_random, RANDOM_LEN, BYTES_IN(handshake->server_random));
    connection->master = master;
    return BULLA_OK;
}

void next_keys_derive(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bool is_client = connection->role == BULLA_CLIENT;
    record_keys_12_derive(is_client ? &handshake->next_write : &handshake->next_read,
                          is_client ? &handshake->next_read : &handshake->next_write,
                          connection->suite, connection->master);
    key_log_master_secret(connection);
}
