/* SPDX-License-Identifier: Apache-2.0 */
/* ServerHello and HelloRetryRequest, RFC 8446 4.1.3 and 4.1.4: one message on the wire, told apart
 * by its random. Each side leaves here with the handshake's keys. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

/* SHA-256 of "HelloRetryRequest", RFC 8446 4.1.3. */
static const uint8_t hello_retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

static void server_hello_write(const bulla_connection *connection, struct writer *body,
                               bulla_bytes random);
static bulla_cause server_hello_build(bulla_connection *connection, struct writer *body);
static bulla_cause server_hello_draw(bulla_connection *connection, uint8_t *out_random,
                                     uint8_t *out_share);
static bulla_cause hello_retry_request_build(bulla_connection *connection, struct writer *body);
static bulla_cause server_hello_parse(struct server_hello *out, bulla_bytes body);
static bulla_cause choose_version(bulla_connection *connection, const struct server_hello *hello);
static bulla_cause server_hello_13_receive(bulla_connection *connection, struct server_hello *hello,
                                           bulla_bytes whole);
static bulla_cause check_fields(const bulla_connection *connection,
                                const struct server_hello *hello);
static bulla_cause retry_receive(bulla_connection *connection, const struct server_hello *hello);
static bulla_cause key_share_receive(bulla_connection *connection,
                                     const struct extensions *extensions);
static void secrets_derive(bulla_connection *connection);

/* ------------------------------------------------------------------ the server */

bulla_cause hello_retry_request_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    handshake->retry = false;
    handshake->retried = true;
    transcript_fold(&handshake->transcript);
    bulla_cause cause =
        flight_send(connection, HANDSHAKE_SERVER_HELLO, hello_retry_request_build, NULL);
    if (cause == BULLA_OK) {
        cause = flight_flush(connection);
    }
    return cause == BULLA_OK ? flight_send_compatibility(connection) : cause;
}

bulla_cause server_hello_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = flight_send(connection, HANDSHAKE_SERVER_HELLO, server_hello_build, NULL);
    if (cause == BULLA_OK) {
        cause = flight_flush(connection);
    }
    if (cause == BULLA_OK) {
        cause = flight_send_compatibility(connection);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    secrets_derive(connection);
    bool early = connection->early != NULL && connection->early->state == BULLA_EARLY_DATA_ACCEPTED;
    flight_set_read_secret(connection, early ? connection->early->traffic_secret
                                             : handshake->secrets.client_traffic);
    cause = flight_set_write_secret(connection, handshake->secrets.server_traffic);
    if (cause == BULLA_OK) {
        cause = flight_send(connection, HANDSHAKE_ENCRYPTED_EXTENSIONS, encrypted_extensions_build,
                            NULL);
    }
    if (cause == BULLA_OK && handshake->certificate_asked) {
        cause =
            flight_send(connection, HANDSHAKE_CERTIFICATE_REQUEST, certificate_request_build, NULL);
    }
    return cause;
}

static bulla_cause server_hello_build(bulla_connection *connection, struct writer *body) {
    struct handshake *handshake = connection->handshake;
    enum key_exchange_id exchange = connection->group->exchange;
    uint8_t server_random[RANDOM_LEN], share[KEY_EXCHANGE_SHARE_LEN_MAX];
    bulla_cause cause = server_hello_draw(connection, server_random, share);
    if (cause != BULLA_OK) {
        return cause;
    }
    server_hello_write(connection, body, BYTES_IN(server_random));
    size_t extensions = writer_open(body, 2);
    size_t data = extension_open(body, EXTENSION_KEY_SHARE);
    writer_u16(body, connection->group->code);
    writer_vector(body, 2, bytes_of(share, key_exchange_answer_len(exchange)));
    writer_close(body, data, 2);
    data = extension_open(body, EXTENSION_SUPPORTED_VERSIONS);
    writer_u16(body, BULLA_TLS_1_3);
    writer_close(body, data, 2);
    if (handshake->resumption.accepted) {
        data = extension_open(body, EXTENSION_PRE_SHARED_KEY);
        writer_u16(body, handshake->resumption.index);
        writer_close(body, data, 2);
    }
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

static bulla_cause server_hello_draw(bulla_connection *connection, uint8_t *out_random,
                                     uint8_t *out_share) {
    struct handshake *handshake = connection->handshake;
    struct random_ahead ahead;
    bulla_cause cause = BULLA_E_RANDOM_FAILED;
    if (random_ahead_draw(&ahead, &connection->config->random,
                          RANDOM_LEN + key_exchange_draw_len(KEY_EXCHANGE_X25519))) {
        const struct random_source random = random_ahead_source(&ahead);
        cause = !random_fill(&random, out_random, RANDOM_LEN)
                    ? BULLA_E_RANDOM_FAILED
                    : key_exchange_accept(
                          connection->group->exchange, &random,
                          bytes_of(handshake->client_share, handshake->client_share_len), out_share,
                          handshake->shared_secret, &handshake->shared_secret_len);
    }
    random_ahead_wipe(&ahead);
    return cause;
}

static bulla_cause hello_retry_request_build(bulla_connection *connection, struct writer *body) {
    server_hello_write(connection, body, BYTES_IN(hello_retry_random));
    size_t extensions = writer_open(body, 2);
    size_t data = extension_open(body, EXTENSION_KEY_SHARE);
    writer_u16(body, connection->group->code);
    writer_close(body, data, 2);
    data = extension_open(body, EXTENSION_SUPPORTED_VERSIONS);
    writer_u16(body, BULLA_TLS_1_3);
    writer_close(body, data, 2);
    writer_close(body, extensions, 2);
    return BULLA_OK;
}

/* The fields before the extensions. */
static void server_hello_write(const bulla_connection *connection, struct writer *body,
                               bulla_bytes random) {
    const struct handshake *handshake = connection->handshake;
    writer_u16(body, LEGACY_VERSION);
    writer_bytes(body, random);
    writer_vector(body, 1, bytes_of(handshake->session_id, handshake->session_id_len));
    writer_u16(body, connection->suite->code);
    writer_u8(body, 0); /* legacy_compression_method */
}

/* ------------------------------------------------------------------ the client */

bulla_cause server_hello_receive(bulla_connection *connection, bulla_bytes body,
                                 bulla_bytes whole) {
    struct server_hello hello;
    bulla_cause cause = server_hello_parse(&hello, body);
    if (cause == BULLA_OK) {
        cause = choose_version(connection, &hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    return connection->version == BULLA_TLS_1_2
               ? server_hello_12_receive(connection, &hello, whole)
               : server_hello_13_receive(connection, &hello, whole);
}

static bulla_cause server_hello_13_receive(bulla_connection *connection, struct server_hello *hello,
                                           bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = extensions_parse(&hello->extensions, hello->block,
                                         hello->is_retry ? IN_HELLO_RETRY_REQUEST : IN_SERVER_HELLO,
                                         handshake->offered);
    if (cause == BULLA_OK) {
        cause = check_fields(connection, hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    const struct suite *suite = suite_find(hello->suite);
    if (handshake->retried && suite != connection->suite) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    connection->suite = suite;
    connection->extended_master_secret = true;
    transcript_forget(&handshake->transcript);
    transcript_choose(&handshake->transcript, suite->hash);
    if (hello->is_retry) {
        transcript_fold(&handshake->transcript);
        cause = retry_receive(connection, hello);
    } else {
        cause = session_answer_receive(connection, &hello->extensions);
        if (cause == BULLA_OK) {
            cause = key_share_receive(connection, &hello->extensions);
        }
    }
    transcript_add(&handshake->transcript, whole);
    return cause;
}

/* A ServerHello was read: its keys for what follows. */
bulla_cause server_hello_finish(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    secrets_derive(connection);
    flight_set_read_secret(connection, handshake->secrets.server_traffic);
    /* Early data goes on under its own keys until the server has said what it thinks of it. */
    return connection->early != NULL && connection->early->state == BULLA_EARLY_DATA_OFFERED
               ? BULLA_OK
               : flight_set_write_secret(connection, handshake->secrets.client_traffic);
}

static bulla_cause server_hello_parse(struct server_hello *out, bulla_bytes body) {
    struct reader reader = reader_over(body);
    if (!reader_u16(&reader, &out->version) || !reader_bytes(&reader, RANDOM_LEN, &out->random) ||
        !reader_vector8(&reader, &out->session_id) || !reader_u16(&reader, &out->suite) ||
        !reader_u8(&reader, &out->compression) || out->session_id.len > SESSION_ID_LEN_MAX) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    out->is_retry = bytes_equal(out->random, BYTES_IN(hello_retry_random));
    out->block = bytes_of(NULL, 0);
    if (reader_at_end(&reader)) {
        return BULLA_OK; /* TLS 1.2 may have no extensions at all, RFC 5246 7.4.1.3 */
    }
    if (!reader_vector16(&reader, &out->block)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    return reader_at_end(&reader) ? BULLA_OK : BULLA_E_MESSAGE_TRAILING_BYTES;
}

/* The last eight bytes of the random with which a server that could do better says so, RFC 8446
 * 4.1.3: TLS 1.2 chosen, or something older. */
static bool has_downgrade_sentinel(bulla_bytes random) {
    static const uint8_t sentinel[7] = {'D', 'O', 'W', 'N', 'G', 'R', 'D'};
    bulla_bytes last = bytes_after(random, RANDOM_LEN - 8);
    return bytes_equal(bytes_of(last.data, 7), BYTES_IN(sentinel)) && last.data[7] <= 1;
}

/* supported_versions is TLS 1.3's; without it the version is what the old field says. */
static bulla_cause choose_version(bulla_connection *connection, const struct server_hello *hello) {
    const bulla_config *config = connection->config;
    uint16_t version = hello->version;
    bulla_bytes data;
    if (extensions_find(hello->block, EXTENSION_SUPPORTED_VERSIONS, &data)) {
        struct reader reader = reader_over(data);
        if (!reader_u16(&reader, &version) || !reader_at_end(&reader)) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
        if (version < BULLA_TLS_1_3 || version > config->version_max) {
            return BULLA_E_VERSION_NOT_OFFERED;
        }
    } else if (version != BULLA_TLS_1_2 || config->version_min > BULLA_TLS_1_2 || hello->is_retry) {
        return BULLA_E_VERSION_UNSUPPORTED;
    } else if (config->version_max > BULLA_TLS_1_2 && has_downgrade_sentinel(hello->random)) {
        return BULLA_E_DOWNGRADE_DETECTED;
    }
    if (connection->handshake->retried && version != connection->version) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    connection->version = version;
    return BULLA_OK;
}

/* What ServerHello and HelloRetryRequest of TLS 1.3 have in common. */
static bulla_cause check_fields(const bulla_connection *connection,
                                const struct server_hello *hello) {
    const struct handshake *handshake = connection->handshake;
    if (hello->version != LEGACY_VERSION) {
        return BULLA_E_HELLO_VERSION_ILLEGAL;
    }
    if (hello->compression != 0) {
        return BULLA_E_COMPRESSION_ILLEGAL;
    }
    if (!bytes_equal(hello->session_id,
                     bytes_of(handshake->session_id, handshake->session_id_len))) {
        return BULLA_E_SESSION_ID_MISMATCH;
    }
    const struct suite *suite = suite_find(hello->suite);
    return suite != NULL && suite->version == BULLA_TLS_1_3 &&
                   suite_is_configured(connection->config, suite)
               ? BULLA_OK
               : BULLA_E_SUITE_NOT_OFFERED;
}

static const struct group *offered_group(const bulla_config *config, uint16_t code) {
    for (size_t i = 0; i < config->num_groups; i++) {
        if (config->groups[i]->code == code) {
            return config->groups[i];
        }
    }
    return NULL;
}

static bulla_cause retry_group_receive(bulla_connection *connection, bulla_bytes data) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(data);
    uint16_t code;
    if (!reader_u16(&reader, &code) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    const struct group *group = offered_group(connection->config, code);
    if (group == NULL) {
        return BULLA_E_GROUP_NOT_OFFERED;
    }
    if (group == handshake->exchange_group || group == handshake->half_group) {
        return BULLA_E_HELLO_RETRY_POINTLESS;
    }
    key_exchange_wipe(&handshake->exchange);
    handshake->exchange_group = group;
    handshake->share_replaced = true;
    handshake->half_group = NULL; /* RFC 8446 4.2.8: one share, of the group that was asked for */
    return BULLA_OK;
}

static bulla_cause retry_cookie_receive(struct handshake *handshake, bulla_bytes data) {
    struct reader reader = reader_over(data);
    bulla_bytes cookie;
    if (!reader_vector16(&reader, &cookie) || !reader_at_end(&reader) || cookie.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    handshake->cookie = bytes_duplicate(cookie);
    handshake->cookie_len = cookie.len;
    return handshake->cookie == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause retry_receive(bulla_connection *connection, const struct server_hello *hello) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes share, cookie;
    bool has_share = extension_get(&hello->extensions, EXTENSION_KEY_SHARE, &share);
    bool has_cookie = extension_get(&hello->extensions, EXTENSION_COOKIE, &cookie);
    if (handshake->retried) {
        return BULLA_E_HELLO_RETRY_AGAIN;
    }
    if (!has_share && !has_cookie) {
        return BULLA_E_HELLO_RETRY_POINTLESS;
    }
    bulla_cause cause = has_share ? retry_group_receive(connection, share) : BULLA_OK;
    if (cause == BULLA_OK && has_cookie) {
        cause = retry_cookie_receive(handshake, cookie);
    }
    handshake->retry = true;
    return cause;
}

static bulla_cause key_share_receive(bulla_connection *connection,
                                     const struct extensions *extensions) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes data, share;
    uint16_t code;
    if (!extension_get(extensions, EXTENSION_KEY_SHARE, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    struct reader reader = reader_over(data);
    if (!reader_u16(&reader, &code) || !reader_vector16(&reader, &share) ||
        !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (handshake->half_group != NULL && code == handshake->half_group->code) {
        key_exchange_keep_half(&handshake->exchange);
        handshake->exchange_group = handshake->half_group;
    }
    if (code != handshake->exchange_group->code) {
        return BULLA_E_GROUP_NOT_OFFERED;
    }
    connection->group = handshake->exchange_group;
    return key_exchange_finish(&handshake->exchange, &connection->workspace->exchange, share,
                               handshake->shared_secret, &handshake->shared_secret_len);
}

/* ------------------------------------------------------------------ both */

/* The handshake's secrets; the key exchange has done its work and is wiped. */
static void secrets_derive(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    uint8_t digest[HASH_LEN_MAX];
    transcript_digest(&handshake->transcript, digest);
    handshake_secrets_derive(
        &handshake->secrets, handshake->resumption.accepted ? &handshake->early : NULL,
        connection->suite->hash, bytes_of(handshake->shared_secret, handshake->shared_secret_len),
        digest);
    bytes_wipe(handshake->shared_secret, sizeof handshake->shared_secret);
    key_exchange_wipe(&handshake->exchange);
    key_log_secret(connection, "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                   handshake->secrets.client_traffic);
    key_log_secret(connection, "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                   handshake->secrets.server_traffic);
}
