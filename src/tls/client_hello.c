/* SPDX-License-Identifier: Apache-2.0 */
/* ClientHello, RFC 8446 4.1.2 and RFC 5246 7.4.1.2: the client writes one hello for all versions
 * that it speaks (twice after a HelloRetryRequest); the server reads it, and negotiation.c decides
 * what follows. */
#include "tls/flight.h"
#include "tls/hello.h"
#include "tls/messages.h"

static enum hash_id only_hash(const bulla_config *config);
static bulla_cause client_hello_build(bulla_connection *connection, struct writer *body);
static bulla_cause client_hello_draw(bulla_connection *connection);
static size_t first_draw_len(const bulla_config *config);
static bulla_cause draw_first(bulla_connection *connection, const struct random_source *random);
static bulla_cause share_draw(bulla_connection *connection, const struct random_source *random);
static const struct group *half_of_first(const bulla_config *config);
static void cipher_suites_write(const bulla_connection *connection, struct writer *body);
static void extensions_write(bulla_connection *connection, struct writer *body);
static bulla_cause remember_own(struct handshake *handshake, bulla_bytes body);

/* ------------------------------------------------------------------ the client */

bulla_cause client_hello_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes whole;
    if (handshake->retry) {
        handshake->retry = false;
        handshake->retried = true;
        session_retry(connection);
        bulla_cause cause = flight_send_compatibility(connection);
        if (cause != BULLA_OK) {
            return cause;
        }
    } else {
        transcript_start(&handshake->transcript, only_hash(connection->config));
        if (connection->config->version_min <= BULLA_TLS_1_2) {
            transcript_keep(&handshake->transcript);
        }
    }
    bulla_cause cause = flight_send(connection, HANDSHAKE_CLIENT_HELLO, client_hello_build, &whole);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = remember_own(
        handshake, bytes_of(whole.data + HANDSHAKE_HEADER_LEN, whole.len - HANDSHAKE_HEADER_LEN));
    if (cause == BULLA_OK) {
        cause = flight_flush(connection);
    }
    return cause == BULLA_OK ? early_data_begin(connection) : cause;
}

/* The hash of all suites, where they have the same; else HASH_INVALID: the server chooses. */
static enum hash_id only_hash(const bulla_config *config) {
    enum hash_id hash = config->suites[0]->hash;
    for (size_t i = 1; i < config->num_suites; i++) {
        hash = config->suites[i]->hash == hash ? hash : HASH_INVALID;
    }
    return hash;
}

static bulla_cause client_hello_build(bulla_connection *connection, struct writer *body) {
    struct handshake *handshake = connection->handshake;
    size_t start = body->len;
    bulla_cause cause = client_hello_draw(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    writer_u16(body, LEGACY_VERSION);
    writer_bytes(body, BYTES_IN(handshake->client_random));
    writer_vector(body, 1, bytes_of(handshake->session_id, handshake->session_id_len));
    cipher_suites_write(connection, body);
    writer_vector(body, 1, bytes_of("", 1)); /* legacy_compression_methods: null */
    extensions_write(connection, body);
    if (body->failed) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    return binders_fill_in(connection, body->buffer + start, body->len - start);
}

/* Draws what is random, in a fixed order: random, session id, GREASE, private key. A second hello
 * keeps all of it, but for the key where the server asked for another group. */
static bulla_cause client_hello_draw(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct random_ahead ahead;
    if (connection->handshake->retried) {
        return share_draw(connection, &config->random);
    }
    connection->handshake->exchange_group = config->groups[0];
    connection->handshake->half_group = half_of_first(config);
    bulla_cause cause = BULLA_E_RANDOM_FAILED;
    if (random_ahead_draw(&ahead, &config->random, first_draw_len(config))) {
        const struct random_source random = random_ahead_source(&ahead);
        cause = draw_first(connection, &random);
        cause = cause == BULLA_OK ? share_draw(connection, &random) : cause;
    }
    random_ahead_wipe(&ahead);
    return cause;
}

static size_t first_draw_len(const bulla_config *config) {
    bool has_share = config->version_max >= BULLA_TLS_1_3;
    return RANDOM_LEN + SESSION_ID_LEN_MAX + (config->grease ? 1U : 0U) +
           (has_share ? key_exchange_draw_len(config->groups[0]->exchange) : 0);
}

static bulla_cause share_draw(bulla_connection *connection, const struct random_source *random) {
    struct handshake *handshake = connection->handshake;
    if (handshake->exchange.id != KEY_EXCHANGE_INVALID ||
        connection->config->version_max < BULLA_TLS_1_3) {
        return BULLA_OK;
    }
    enum key_exchange_id exchange = handshake->exchange_group->exchange;
    handshake->client_share_len = key_exchange_offer_len(exchange);
    return key_exchange_offer(&handshake->exchange, exchange, random, handshake->client_share);
}

static bulla_cause draw_first(bulla_connection *connection, const struct random_source *random) {
    struct handshake *handshake = connection->handshake;
    const bulla_config *config = connection->config;
    if (!random_fill(random, handshake->client_random, RANDOM_LEN) ||
        !random_fill(random, handshake->session_id, SESSION_ID_LEN_MAX) ||
        (config->grease && !random_fill(random, &handshake->grease, 1))) {
        return BULLA_E_RANDOM_FAILED;
    }
    session_offer(connection);
    const struct session *session = handshake->resumption.session;
    if (session != NULL && session->ticket_is_id) {
        handshake->session_id_len = session->ticket.len;
        bytes_copy(handshake->session_id, SESSION_ID_LEN_MAX, session->ticket);
    } else if (config->version_max >= BULLA_TLS_1_3 || session != NULL) {
        /* The compatibility mode of RFC 8446 D.4; with a ticket of TLS 1.2, what the server
         * echoes where it takes it (RFC 5077 3.4). */
        handshake->session_id_len = SESSION_ID_LEN_MAX;
    }
    return BULLA_OK;
}

/* The group of a hybrid's half, where the first group is a hybrid and the list names its half. */
static const struct group *half_of_first(const bulla_config *config) {
    enum key_exchange_id half = key_exchange_half(config->groups[0]->exchange);
    for (size_t i = 1; i < config->num_groups; i++) {
        if (config->groups[i]->exchange == half) {
            return config->groups[i];
        }
    }
    return NULL;
}

/* Where values that nobody knows stand in a hello, RFC 8701: each its own. */
enum grease_use {
    GREASE_SUITE,
    GREASE_GROUP,
    GREASE_VERSION,
    GREASE_FIRST_EXTENSION,
    GREASE_LAST_EXTENSION,
};

static uint16_t grease_value(const struct handshake *handshake, enum grease_use use) {
    unsigned nibble = (handshake->grease + (unsigned)use) & 15;
    return (uint16_t)(nibble << 12 | nibble << 4 | 0x0a0a);
}

static void cipher_suites_write(const bulla_connection *connection, struct writer *body) {
    const bulla_config *config = connection->config;
    size_t list = writer_open(body, 2);
    if (config->grease) {
        writer_u16(body, grease_value(connection->handshake, GREASE_SUITE));
    }
    for (size_t i = 0; i < config->num_suites; i++) {
        if (suite_in_range(config, config->suites[i])) {
            writer_u16(body, config->suites[i]->code);
        }
    }
    writer_close(body, list, 2);
}

/* ------------------------------------------------------------------ its extensions, by type */

static void server_name_write(bulla_connection *connection, struct writer *body) {
    size_t list = writer_open(body, 2);
    writer_u8(body, 0); /* host_name, RFC 6066 3 */
    writer_vector(body, 2, bytes_of(connection->server_name, connection->server_name_len));
    writer_close(body, list, 2);
}

static bool has_server_name(const bulla_connection *connection) {
    return connection->server_name_len != 0 && !connection->server_name_is_address;
}

static void alpn_write(bulla_connection *connection, struct writer *body) {
    const bulla_config *config = connection->config;
    size_t list = writer_open(body, 2);
    for (size_t i = 0; i < config->num_alpn; i++) {
        writer_vector(body, 1, bytes_of(config->alpn[i].name, config->alpn[i].len));
    }
    writer_close(body, list, 2);
}

static bool has_alpn(const bulla_connection *connection) {
    return connection->config->num_alpn != 0;
}

static void groups_write(bulla_connection *connection, struct writer *body) {
    const bulla_config *config = connection->config;
    size_t list = writer_open(body, 2);
    if (config->grease) {
        writer_u16(body, grease_value(connection->handshake, GREASE_GROUP));
    }
    for (size_t i = 0; i < config->num_groups; i++) {
        if (config->version_max >= BULLA_TLS_1_3 || !group_is_hybrid(config->groups[i])) {
            writer_u16(body, config->groups[i]->code);
        }
    }
    writer_close(body, list, 2);
}

static void point_formats_write(bulla_connection *connection, struct writer *body) {
    (void)connection;
    writer_vector(body, 1, bytes_of("", 1)); /* uncompressed, RFC 8422 5.1.2 */
}

static void schemes_write(bulla_connection *connection, struct writer *body) {
    signature_algorithms_write(connection->config, body);
}

static void empty_write(bulla_connection *connection, struct writer *body) {
    (void)connection;
    (void)body;
}

static void renegotiation_info_write(bulla_connection *connection, struct writer *body) {
    (void)connection;
    writer_u8(body, 0); /* no renegotiated_connection, RFC 5746 3.4 */
}

static bool speaks_12(const bulla_connection *connection) {
    return connection->config->version_min <= BULLA_TLS_1_2;
}

static bool speaks_13(const bulla_connection *connection) {
    return connection->config->version_max >= BULLA_TLS_1_3;
}

static void session_ticket_write(bulla_connection *connection, struct writer *body) {
    const struct session *session = connection->handshake->resumption.session;
    if (session != NULL && session->version == BULLA_TLS_1_2 && !session->ticket_is_id) {
        writer_bytes(body, session->ticket);
    }
}

static bool wants_ticket_12(const bulla_connection *connection) {
    return speaks_12(connection) && connection->resumable != NULL;
}

static void status_write(bulla_connection *connection, struct writer *body) {
    (void)connection;
    status_request_write(body);
}

static bool wants_status(const bulla_connection *connection) {
    return connection->config->revocation != BULLA_REVOCATION_OFF;
}

static void record_size_limit_write(bulla_connection *connection, struct writer *body) {
    /* TLS 1.3 counts the content type too, RFC 8449 4; 1.2 does not mind one byte. */
    writer_u16(body, (uint16_t)(connection->config->record_size_limit + speaks_13(connection)));
}

static bool has_record_size_limit(const bulla_connection *connection) {
    return connection->config->record_size_limit != 0;
}

static void compress_certificate_write(bulla_connection *connection, struct writer *body) {
    certificate_compression_write(connection->config, body);
}

static bool decompresses(const bulla_connection *connection) {
    return speaks_13(connection) && certificate_decompresses(connection->config);
}

static void versions_write(bulla_connection *connection, struct writer *body) {
    const bulla_config *config = connection->config;
    size_t list = writer_open(body, 1);
    if (config->grease) {
        writer_u16(body, grease_value(connection->handshake, GREASE_VERSION));
    }
    for (uint16_t version = config->version_max; version >= config->version_min; version--) {
        writer_u16(body, version);
    }
    writer_close(body, list, 1);
}

static void cookie_write(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    writer_vector(body, 2, bytes_of(handshake->cookie, handshake->cookie_len));
}

static bool has_cookie(const bulla_connection *connection) {
    return connection->handshake->cookie != NULL;
}

static void key_share_write(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    size_t list = writer_open(body, 2);
    if (connection->config->grease && !handshake->share_replaced) {
        writer_u16(body, grease_value(handshake, GREASE_GROUP));
        writer_vector(body, 2, bytes_of("", 1));
    }
    writer_u16(body, handshake->exchange_group->code);
    writer_vector(body, 2, bytes_of(handshake->client_share, handshake->client_share_len));
    if (handshake->half_group != NULL) {
        writer_u16(body, handshake->half_group->code);
        writer_vector(
            body, 2,
            key_exchange_half_share(handshake->exchange_group->exchange, handshake->client_share));
    }
    writer_close(body, list, 2);
}

static void psk_modes_write(bulla_connection *connection, struct writer *body) {
    (void)connection;
    writer_vector(body, 1, bytes_of("\1", 1)); /* psk_dhe_ke, RFC 8446 4.2.9 */
}

static bool wants_psk(const bulla_connection *connection) {
    return speaks_13(connection) && connection->resumable != NULL;
}

static bool offers_early_data(const bulla_connection *connection) {
    return connection->early != NULL && !connection->handshake->retried;
}

static bool offers_psk(const bulla_connection *connection) {
    const struct session *session = connection->handshake->resumption.session;
    return session != NULL && session->version == BULLA_TLS_1_3;
}

/* In the order of sending; `applies` NULL: always. */
static const struct {
    uint16_t type;
    bool (*applies)(const bulla_connection *connection);
    void (*write)(bulla_connection *connection, struct writer *body);
} own_extensions[] = {
    {EXTENSION_SERVER_NAME, has_server_name, server_name_write},
    {EXTENSION_EXTENDED_MASTER_SECRET, speaks_12, empty_write},
    {EXTENSION_RENEGOTIATION_INFO, speaks_12, renegotiation_info_write},
    {EXTENSION_SUPPORTED_GROUPS, NULL, groups_write},
    {EXTENSION_EC_POINT_FORMATS, speaks_12, point_formats_write},
    {EXTENSION_SESSION_TICKET, wants_ticket_12, session_ticket_write},
    {EXTENSION_ALPN, has_alpn, alpn_write},
    {EXTENSION_STATUS_REQUEST, wants_status, status_write},
    {EXTENSION_SIGNATURE_ALGORITHMS, NULL, schemes_write},
    {EXTENSION_COMPRESS_CERTIFICATE, decompresses, compress_certificate_write},
    {EXTENSION_RECORD_SIZE_LIMIT, has_record_size_limit, record_size_limit_write},
    {EXTENSION_SUPPORTED_VERSIONS, speaks_13, versions_write},
    {EXTENSION_COOKIE, has_cookie, cookie_write},
    {EXTENSION_PSK_KEY_EXCHANGE_MODES, wants_psk, psk_modes_write},
    {EXTENSION_KEY_SHARE, speaks_13, key_share_write},
    {EXTENSION_EARLY_DATA, offers_early_data, empty_write},
};

static void extensions_write(bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    bool grease = connection->config->grease;
    size_t block = writer_open(body, 2);
    if (grease) {
        writer_u16(body, grease_value(handshake, GREASE_FIRST_EXTENSION));
        writer_u16(body, 0);
    }
    for (size_t i = 0; i < sizeof own_extensions / sizeof own_extensions[0]; i++) {
        if (own_extensions[i].applies == NULL || own_extensions[i].applies(connection)) {
            size_t data = extension_open(body, own_extensions[i].type);
            own_extensions[i].write(connection, body);
            writer_close(body, data, 2);
        }
    }
    if (grease) {
        writer_u16(body, grease_value(handshake, GREASE_LAST_EXTENSION));
        writer_vector(body, 2, bytes_of("", 1));
    }
    if (offers_psk(connection)) {
        size_t data = extension_open(body, EXTENSION_PRE_SHARED_KEY); /* last, RFC 8446 4.2.11 */
        pre_shared_key_write(connection, body);
        writer_close(body, data, 2);
    }
    writer_close(body, block, 2);
}

/* What was sent is what the server answers to: its random, session id and extensions are read back
 * from the message itself. */
static bulla_cause remember_own(struct handshake *handshake, bulla_bytes body) {
    struct client_hello hello;
    bulla_cause cause = client_hello_parse(&hello, body);
    if (cause != BULLA_OK) {
        return BULLA_E_INTERNAL;
    }
    handshake->offered = hello.extensions.present;
    bytes_copy(handshake->client_random, RANDOM_LEN, hello.random);
    bytes_copy(handshake->session_id, SESSION_ID_LEN_MAX, hello.session_id);
    handshake->session_id_len = hello.session_id.len;
    return BULLA_OK;
}

/* ------------------------------------------------------------------ the server */

bulla_cause client_hello_receive(bulla_connection *connection, bulla_bytes body,
                                 bulla_bytes whole) {
    struct handshake *handshake = connection->handshake;
    struct client_hello hello;
    bulla_bytes status;
    bulla_cause cause = client_hello_parse(&hello, body);
    if (cause == BULLA_OK) {
        cause = negotiate(connection, &hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    bytes_copy(handshake->client_random, RANDOM_LEN, hello.random);
    bytes_copy(handshake->session_id, SESSION_ID_LEN_MAX, hello.session_id);
    handshake->session_id_len = hello.session_id.len;
    handshake->peer_extensions = hello.extensions.present;
    if (extension_get(&hello.extensions, EXTENSION_STATUS_REQUEST, &status)) {
        cause = status_request_receive(handshake, status);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    if (!handshake->retried) {
        /* TLS 1.2 chooses its suite with the certificate: until then both hashes run. */
        transcript_start(&handshake->transcript,
                         connection->suite == NULL ? HASH_INVALID : connection->suite->hash);
        if (connection->version == BULLA_TLS_1_2 && handshake->certificate_asked) {
            transcript_keep(&handshake->transcript);
        }
    }
    cause = session_wish_receive(connection, &hello, whole);
    transcript_add(&handshake->transcript, whole);
    return cause;
}

/* ------------------------------------------------------------------ both */

bulla_cause client_hello_parse(struct client_hello *out, bulla_bytes body) {
    struct reader reader = reader_over(body);
    if (!reader_u16(&reader, &out->version) || !reader_bytes(&reader, RANDOM_LEN, &out->random) ||
        !reader_vector8(&reader, &out->session_id) ||
        !reader_vector16(&reader, &out->cipher_suites) ||
        !reader_vector8(&reader, &out->compression_methods) ||
        out->session_id.len > SESSION_ID_LEN_MAX || out->cipher_suites.len < 2 ||
        out->cipher_suites.len % 2 != 0 || out->compression_methods.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (reader_at_end(&reader)) { /* TLS 1.2 without extensions, or something older */
        out->extensions.present = 0;
        return BULLA_OK;
    }
    return extensions_parse_last(&out->extensions, &reader, IN_CLIENT_HELLO, 0);
}
