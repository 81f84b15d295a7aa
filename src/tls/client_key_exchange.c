/* SPDX-License-Identifier: Apache-2.0 */
/* ClientKeyExchange, RFC 8422 5.7: the client's ephemeral share. With it both sides have the
 * master secret, which is bound to all messages up to here where the extended master secret was
 * agreed on (RFC 7627 4). */
#include "tls/flight.h"
#include "tls/messages.h"

static bulla_cause client_key_exchange_build(bulla_connection *connection, struct writer *body);
static bulla_cause master_derive(bulla_connection *connection);

bulla_cause client_key_exchange_send(bulla_connection *connection) {
    bulla_cause cause =
        flight_send(connection, HANDSHAKE_CLIENT_KEY_EXCHANGE, client_key_exchange_build, NULL);
    return cause == BULLA_OK ? master_derive(connection) : cause;
}

static bulla_cause client_key_exchange_build(bulla_connection *connection, struct writer *body) {
    struct handshake *handshake = connection->handshake;
    enum key_exchange_id exchange = connection->group->exchange;
    uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX];
    bulla_cause cause =
        key_exchange_accept(exchange, &connection->config->random,
                            bytes_of(handshake->client_share, handshake->client_share_len), share,
                            handshake->shared_secret, &handshake->shared_secret_len);
    if (cause == BULLA_OK) {
        writer_vector(body, 1, bytes_of(share, key_exchange_answer_len(exchange)));
    }
    return cause;
}

bulla_cause client_key_exchange_receive(bulla_connection *connection, bulla_bytes body,
                                        bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    bulla_bytes share;
    if (!reader_vector8(&reader, &share)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(&reader)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    bulla_cause cause =
        key_exchange_finish(&handshake->exchange, &connection->workspace->exchange, share,
                            handshake->shared_secret, &handshake->shared_secret_len);
    if (cause != BULLA_OK) {
        return cause;
    }
    transcript_add(&handshake->transcript, whole);
    if (handshake->num_certificates == 0) {
        transcript_forget(&handshake->transcript); /* no CertificateVerify will want it */
    }
    return master_derive(connection);
}

static bulla_cause master_derive(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes premaster = bytes_of(handshake->shared_secret, handshake->shared_secret_len);
    enum hash_id hash = connection->suite->hash;
    uint8_t digest[HASH_LEN_MAX];
    bulla_cause cause = master_begin(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (connection->extended_master_secret) {
        transcript_digest(&handshake->transcript, digest);
        extended_master_secret_derive(connection->master, hash, premaster, digest);
    } else {
        master_secret_derive(connection->master, hash, premaster);
    }
    bytes_wipe(handshake->shared_secret, sizeof handshake->shared_secret);
    key_exchange_wipe(&handshake->exchange);
    next_keys_derive(connection);
    return BULLA_OK;
}
