/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's ServerHello, RFC 5246 7.4.1.3: the server's whole answer, extensions and all; from here
 * a session goes on or a full handshake begins. A client refuses a suite, a compression or a
 * session that it did not offer, a server without secure renegotiation (RFC 5746 4.1), and a
 * session that comes back without what it began with (RFC 7627 5.3). */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

static bulla_cause server_hello_12_build(bulla_connection *connection, struct writer *body);
static bulla_cause begin_full(bulla_connection *connection);
static bulla_cause session_id_draw(bulla_connection *connection);
static bulla_cause server_random_draw(bulla_connection *connection);
static void extensions_write(bulla_connection *connection, struct writer *body);
static bulla_cause check_fields(bulla_connection *connection, const struct server_hello *hello);
static bulla_cause extensions_receive(bulla_connection *connection,
                                      const struct extensions *extensions);
static bulla_cause session_receive(bulla_connection *connection, const struct server_hello *hello);
static bulla_cause early_data_refuse(bulla_connection *connection);

/* ------------------------------------------------------------------ the server */

bulla_cause server_hello_12_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = BULLA_OK;
    if (handshake->resumption.accepted) {
        handshake->ticket_promised = false; /* the client's is as good as it was */
    } else {
        cause = begin_full(connection);
    }
    if (cause == BULLA_OK) {
        cause = server_random_draw(connection);
    }
    if (cause == BULLA_OK) {
        cause = flight_send(connection, HANDSHAKE_SERVER_HELLO, server_hello_12_build, NULL);
    }
    if (cause == BULLA_OK && handshake->resumption.accepted) {
        cause = session_12_resume(connection);
    }
    return cause;
}

/* The certificate decides about the suite. */
static bulla_cause begin_full(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    const bulla_credential *credential = handshake->credential;
    connection->suite = suite_choose(connection, suite_signer_of_key(credential->leaf.key.kind));
    if (connection->suite == NULL) {
        return BULLA_E_NO_COMMON_SUITE;
    }
    transcript_choose(&handshake->transcript, connection->suite->hash);
    handshake->status_promised =
        (handshake->peer_extensions & extension_bit(EXTENSION_STATUS_REQUEST)) != 0 &&
        credential->ocsp_response.len != 0;
    return session_id_draw(connection);
}

/* A session gets a number where the state stays here and no ticket carries the number. */
static bulla_cause session_id_draw(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    const bulla_config *config = connection->config;
    if (connection->resumable == NULL || !connection->extended_master_secret ||
        handshake->ticket_promised || config->ticket_keys != NULL) {
        return BULLA_OK;
    }
    handshake->server_session_id_len = STORED_SESSION_ID_LEN;
    return random_fill(&config->random, handshake->server_session_id, STORED_SESSION_ID_LEN)
               ? BULLA_OK
               : BULLA_E_RANDOM_FAILED;
}

/* A server that speaks TLS 1.3 says so where nobody can take it away, RFC 8446 4.1.3. */
static bulla_cause server_random_draw(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    uint8_t *random = connection->handshake->server_random;
    const bulla_bytes sentinel = BYTES_OF("DOWNGRD\1");
    if (!random_fill(&config->random, random, RANDOM_LEN)) {
        return BULLA_E_RANDOM_FAILED;
    }
    if (config->version_max >= BULLA_TLS_1_3) {
        bytes_copy(random + RANDOM_LEN - sentinel.len, sentinel.len, sentinel);
    }
    return BULLA_OK;
}

static bulla_cause server_hello_12_build(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    writer_u16(body, BULLA_TLS_1_2);
    writer_bytes(body, BYTES_IN(handshake->server_random));
    writer_vector(body, 1,
                  handshake->resumption.accepted
                      ? bytes_of(handshake->session_id, handshake->session_id_len)
                      : bytes_of(handshake->server_session_id, handshake->server_session_id_len));
    writer_u16(body, connection->suite->code);
    writer_u8(body, 0); /* compression_method: null */
    size_t start = body->len;
    size_t block = writer_open(body, 2);
    extensions_write(connection, body);
    if (body->len == start + 2) {
        body->len = start; /* a client without extensions may not know the block either */
        return BULLA_OK;
    }
    writer_close(body, block, 2);
    return BULLA_OK;
}

static void empty_write(struct writer *body, uint16_t type) {
    writer_u16(body, type);
    writer_u16(body, 0);
}

static void extensions_write(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    uint64_t offered = handshake->peer_extensions;
    if (handshake->secure_renegotiation ||
        (offered & extension_bit(EXTENSION_RENEGOTIATION_INFO)) != 0) {
        writer_u16(body, EXTENSION_RENEGOTIATION_INFO);
        writer_vector(body, 2, bytes_of("", 1)); /* empty renegotiated_connection, RFC 5746 3.6 */
    }
    if (connection->extended_master_secret) {
        empty_write(body, EXTENSION_EXTENDED_MASTER_SECRET);
    }
    if ((offered & extension_bit(EXTENSION_EC_POINT_FORMATS)) != 0) {
        writer_u16(body, EXTENSION_EC_POINT_FORMATS);
        writer_vector(body, 2, bytes_of("\1", 2)); /* a list of one: uncompressed, RFC 8422 5.2 */
    }
    if (handshake->ticket_promised) {
        empty_write(body, EXTENSION_SESSION_TICKET);
    }
    if (handshake->status_promised) {
        empty_write(body, EXTENSION_STATUS_REQUEST);
    }
    server_extensions_write(connection, body);
}

/* ------------------------------------------------------------------ the client */

bulla_cause server_hello_12_receive(bulla_connection *connection, struct server_hello *hello,
                                    bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    if (connection->early != NULL) {
        return early_data_refuse(connection);
    }
    bulla_cause cause = check_fields(connection, hello);
    if (cause == BULLA_OK) {
        cause = extensions_parse(&hello->extensions, hello->block, IN_SERVER_HELLO_12,
                                 handshake->offered);
    }
    if (cause == BULLA_OK) {
        cause = extensions_receive(connection, &hello->extensions);
    }
    if (cause == BULLA_OK) {
        cause = session_receive(connection, hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    bytes_copy(handshake->server_random, RANDOM_LEN, hello->random);
    transcript_add(&handshake->transcript, whole);
    transcript_choose(&handshake->transcript, connection->suite->hash);
    return BULLA_OK;
}

/* What was sent early is lost on this server, RFC 8446 D.3; it shall not be so again. */
static bulla_cause early_data_refuse(bulla_connection *connection) {
    uint8_t key[32];
    if (connection->config->session_cache != NULL) {
        session_cache_key(connection, key);
        session_cache_drop(connection->config->session_cache, key);
    }
    return BULLA_E_EARLY_DATA_DOWNGRADE;
}

static bulla_cause check_fields(bulla_connection *connection, const struct server_hello *hello) {
    const struct suite *suite = suite_find(hello->suite);
    if (connection->handshake->num_compatibility != 0) {
        return BULLA_E_CHANGE_CIPHER_SPEC_INVALID; /* one came before the hello: not in TLS 1.2 */
    }
    if (suite == NULL || suite->version != BULLA_TLS_1_2 ||
        !suite_is_configured(connection->config, suite)) {
        return BULLA_E_SUITE_NOT_OFFERED;
    }
    connection->suite = suite;
    return hello->compression == 0 ? BULLA_OK : BULLA_E_COMPRESSION_ILLEGAL;
}

static bulla_cause extensions_receive(bulla_connection *connection,
                                      const struct extensions *extensions) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes data, nothing = bytes_of(NULL, 0), ticket = nothing, status = nothing;
    if (!extension_get(extensions, EXTENSION_RENEGOTIATION_INFO, &data)) {
        return BULLA_E_RENEGOTIATION_INFO_MISSING;
    }
    handshake->ticket_promised = extension_get(extensions, EXTENSION_SESSION_TICKET, &ticket);
    handshake->status_promised = extension_get(extensions, EXTENSION_STATUS_REQUEST, &status);
    if (ticket.len != 0 || status.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    bulla_cause cause = extensions_12_receive(connection, extensions);
    return cause == BULLA_OK ? server_extensions_receive(connection, extensions) : cause;
}

/* A server that echoes the session id of our hello goes on with the session that we offered, RFC
 * 5246 7.4.1.3 and RFC 5077 3.4. What else it says is the name of a new one. */
static bulla_cause session_receive(bulla_connection *connection, const struct server_hello *hello) {
    struct handshake *handshake = connection->handshake;
    struct session *session = handshake->resumption.session;
    bool echoed =
        hello->session_id.len != 0 &&
        bytes_equal(hello->session_id, bytes_of(handshake->session_id, handshake->session_id_len));
    if (!echoed) {
        session_free(session);
        handshake->resumption.session = NULL;
        handshake->server_session_id_len = hello->session_id.len;
        bytes_copy(handshake->server_session_id, SESSION_ID_LEN_MAX, hello->session_id);
        return BULLA_OK;
    }
    if (session == NULL || session->version != BULLA_TLS_1_2) {
        return BULLA_E_SESSION_NOT_OFFERED;
    }
    if (session->suite != connection->suite) {
        return BULLA_E_SESSION_CHANGED;
    }
    if (!connection->extended_master_secret) {
        return BULLA_E_EXTENDED_MASTER_SECRET_CHANGED; /* every session that is kept has it */
    }
    connection->group = group_find(session->group);
    return session_adopt(connection, session);
}

/* ------------------------------------------------------------------ both */

bulla_cause extensions_12_receive(bulla_connection *connection,
                                  const struct extensions *extensions) {
    bulla_bytes data, formats;
    if (extension_get(extensions, EXTENSION_RENEGOTIATION_INFO, &data) &&
        !bytes_equal(data, bytes_of("", 1))) {
        return BULLA_E_RENEGOTIATION_INFO_INVALID; /* RFC 5746 3.4, 3.6 */
    }
    if (extension_get(extensions, EXTENSION_EC_POINT_FORMATS, &data)) {
        struct reader reader = reader_over(data);
        if (!reader_vector8(&reader, &formats) || !reader_at_end(&reader)) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
        if (!bytes_contain(formats, 0)) {
            return BULLA_E_POINT_FORMAT_UNSUPPORTED; /* RFC 8422 5.1.2, 5.2 */
        }
    }
    data = bytes_of(NULL, 0);
    connection->extended_master_secret =
        extension_get(extensions, EXTENSION_EXTENDED_MASTER_SECRET, &data);
    if (data.len != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    return connection->extended_master_secret ||
                   !connection->config->extended_master_secret_required
               ? BULLA_OK
               : BULLA_E_EXTENDED_MASTER_SECRET_MISSING;
}

bulla_cause session_12_resume(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = master_begin(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    bytes_copy(connection->master->secret, MASTER_SECRET_LEN,
               bytes_of(handshake->resumption.session->secret, MASTER_SECRET_LEN));
    transcript_forget(&handshake->transcript);
    next_keys_derive(connection);
    return BULLA_OK;
}
