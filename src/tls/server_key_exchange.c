/* SPDX-License-Identifier: Apache-2.0 */
/* ServerKeyExchange, RFC 8422 5.4: the server's ephemeral share, signed together with both randoms.
 * Curves are named or refused, and named are those that the client offers. Signing may be answered
 * later, by somebody else. */
#include "tls/flight.h"
#include "tls/messages.h"

enum { CURVE_TYPE_NAMED = 3 }; /* RFC 8422 5.4 */

static bulla_cause offer_draw(bulla_connection *connection);
static bulla_cause server_key_exchange_build(bulla_connection *connection, struct writer *body);
static void content_set(struct handshake *handshake, bulla_bytes params);
static bulla_bytes params_of(const struct handshake *handshake);
static bulla_cause params_read(bulla_connection *connection, struct reader *reader);
static const struct group *group_offered(const bulla_config *config, uint16_t code);

/* ------------------------------------------------------------------ the server */

bulla_cause server_key_exchange_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->signature == NULL) {
        bulla_cause cause = offer_draw(connection);
        if (cause == BULLA_OK) {
            cause = handshake_sign(connection);
        }
        if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
            return cause;
        }
    }
    return flight_send(connection, HANDSHAKE_SERVER_KEY_EXCHANGE, server_key_exchange_build, NULL);
}

static bulla_cause offer_draw(bulla_connection *connection) {
    uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX], buffer[SIGNED_CONTENT_LEN_MAX];
    struct writer params = writer_into(buffer, sizeof buffer);
    enum key_exchange_id exchange = connection->group->exchange;
    bulla_cause cause = key_exchange_offer(&connection->handshake->exchange, exchange,
                                           &connection->config->random, share);
    if (cause != BULLA_OK) {
        return cause;
    }
    writer_u8(&params, CURVE_TYPE_NAMED);
    writer_u16(&params, connection->group->code);
    writer_vector(&params, 1, bytes_of(share, key_exchange_offer_len(exchange)));
    content_set(connection->handshake, bytes_of(buffer, params.len));
    return params.failed ? BULLA_E_INTERNAL : BULLA_OK;
}

static bulla_cause server_key_exchange_build(bulla_connection *connection, struct writer *body) {
    writer_bytes(body, params_of(connection->handshake));
    signature_write(connection->handshake, body);
    return BULLA_OK;
}

/* ------------------------------------------------------------------ the client */

bulla_cause server_key_exchange_receive(bulla_connection *connection, bulla_bytes body,
                                        bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(body);
    (void)whole;
    bulla_cause cause = params_read(connection, &reader);
    if (cause != BULLA_OK) {
        return cause;
    }
    content_set(handshake, bytes_of(body.data, body.len - reader.left));
    return signature_receive(connection, &reader, handshake->to_sign);
}

/* Leaves the share for the ClientKeyExchange. */
static bulla_cause params_read(bulla_connection *connection, struct reader *reader) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes share;
    uint8_t curve_type;
    uint16_t code;
    if (!reader_u8(reader, &curve_type)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (curve_type != CURVE_TYPE_NAMED) {
        return BULLA_E_GROUP_NOT_OFFERED;
    }
    if (!reader_u16(reader, &code) || !reader_vector8(reader, &share)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    connection->group = group_offered(connection->config, code);
    if (connection->group == NULL) {
        return BULLA_E_GROUP_NOT_OFFERED;
    }
    if (share.len != key_exchange_offer_len(connection->group->exchange)) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    bytes_copy(handshake->client_share, sizeof handshake->client_share, share);
    handshake->client_share_len = share.len;
    return BULLA_OK;
}

static const struct group *group_offered(const bulla_config *config, uint16_t code) {
    for (size_t i = 0; i < config->num_groups; i++) {
        if (config->groups[i]->code == code && !group_is_hybrid(config->groups[i])) {
            return config->groups[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ both */

static void content_set(struct handshake *handshake, bulla_bytes params) {
    struct writer content =
        writer_into(handshake->signed_content, sizeof handshake->signed_content);
    writer_bytes(&content, BYTES_IN(handshake->client_random));
    writer_bytes(&content, BYTES_IN(handshake->server_random));
    writer_bytes(&content, params);
    handshake->to_sign = bytes_of(content.buffer, content.len);
}

static bulla_bytes params_of(const struct handshake *handshake) {
    return bytes_after(handshake->to_sign, 2 * (size_t)RANDOM_LEN);
}
