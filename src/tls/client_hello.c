/* SPDX-License-Identifier: Apache-2.0 */
/* ClientHello, RFC 8446 4.1.2: the client writes it (twice after a HelloRetryRequest), the server
 * reads it and decides version, suite, group and protocol. Extensions that TLS 1.3 requires and
 * that are missing, other compression methods, and a second hello that disagrees with the first are
 * refused. */
#include "tls/flight.h"
#include "tls/messages.h"
#include "tls/server_name.h"

struct client_hello {
    bulla_bytes random;
    bulla_bytes session_id;
    bulla_bytes cipher_suites;
    bulla_bytes compression_methods;
    struct extensions extensions;
};

static bulla_cause client_hello_build(bulla_connection *connection, struct writer *body);
static void extensions_build(const bulla_connection *connection, struct writer *body);
static bulla_cause client_hello_draw(bulla_connection *connection);
static const struct group *half_of_first(const bulla_config *config);
static bulla_cause client_hello_parse(struct client_hello *out, bulla_bytes body);
static bulla_cause remember_own(struct handshake *handshake, bulla_bytes body);
static bulla_cause negotiate(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause choose_suite(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause choose_group(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause choose_alpn(bulla_connection *connection, const struct extensions *extensions);
static bulla_cause read_server_name(bulla_connection *connection,
                                    const struct extensions *extensions);
static bulla_cause check_second(const bulla_connection *connection,
                                const struct client_hello *hello);

/* ------------------------------------------------------------------ the client */

bulla_cause client_hello_send(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    bulla_bytes whole;
    if (handshake->retry) {
        handshake->retry = false;
        handshake->retried = true;
        bulla_cause cause = flight_send_compatibility(connection);
        if (cause != BULLA_OK) {
            return cause;
        }
    } else {
        transcript_start(&handshake->transcript, HASH_INVALID);
    }
    bulla_cause cause = flight_send(connection, HANDSHAKE_CLIENT_HELLO, client_hello_build, &whole);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = remember_own(
        handshake, bytes_of(whole.data + HANDSHAKE_HEADER_LEN, whole.len - HANDSHAKE_HEADER_LEN));
    return cause == BULLA_OK ? flight_flush(connection) : cause;
}

static bulla_cause client_hello_build(bulla_connection *connection, struct writer *body) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = client_hello_draw(connection);
    if (cause != BULLA_OK) {
        return cause;
    }
    writer_u16(body, LEGACY_VERSION);
    writer_bytes(body, BYTES_IN(handshake->client_random));
    writer_vector(body, 1, bytes_of(handshake->session_id, handshake->session_id_len));
    size_t mark = writer_open(body, 2);
    for (size_t i = 0; i < connection->config->num_suites; i++) {
        writer_u16(body, connection->config->suites[i]->code);
    }
    writer_close(body, mark, 2);
    writer_vector(body, 1, bytes_of("", 1)); /* legacy_compression_methods: null */
    mark = writer_open(body, 2);
    extensions_build(connection, body);
    writer_close(body, mark, 2);
    return BULLA_OK;
}

/* Draws what is random, in a fixed order: random, session id, private key. A second hello keeps the
 * first two, and its key too unless the server asked for another group. */
static bulla_cause client_hello_draw(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    const struct random_source *random = &connection->config->random;
    if (!handshake->retried) {
        handshake->exchange_group = connection->config->groups[0];
        handshake->half_group = half_of_first(connection->config);
        handshake->session_id_len = SESSION_ID_LEN_MAX; /* compatibility mode, RFC 8446 D.4 */
        if (!random_fill(random, handshake->client_random, RANDOM_LEN) ||
            !random_fill(random, handshake->session_id, SESSION_ID_LEN_MAX)) {
            return BULLA_E_RANDOM_FAILED;
        }
    }
    if (handshake->exchange.id != KEY_EXCHANGE_INVALID) {
        return BULLA_OK;
    }
    enum key_exchange_id exchange = handshake->exchange_group->exchange;
    handshake->client_share_len = key_exchange_offer_len(exchange);
    return key_exchange_offer(&handshake->exchange, exchange, random, handshake->client_share);
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

static void server_name_write(const bulla_connection *connection, struct writer *body) {
    writer_u16(body, EXTENSION_SERVER_NAME);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 2);
    writer_u8(body, 0); /* host_name, RFC 6066 3 */
    writer_vector(body, 2, bytes_of(connection->server_name, connection->server_name_len));
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

static void alpn_write(const bulla_config *config, struct writer *body) {
    writer_u16(body, EXTENSION_ALPN);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 2);
    for (size_t i = 0; i < config->num_alpn; i++) {
        writer_vector(body, 1, bytes_of(config->alpn[i].name, config->alpn[i].len));
    }
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

static void supported_groups_write(const bulla_config *config, struct writer *body) {
    writer_u16(body, EXTENSION_SUPPORTED_GROUPS);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 2);
    for (size_t i = 0; i < config->num_groups; i++) {
        writer_u16(body, config->groups[i]->code);
    }
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

static void key_share_write(const struct handshake *handshake, struct writer *body) {
    writer_u16(body, EXTENSION_KEY_SHARE);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 2);
    writer_u16(body, handshake->exchange_group->code);
    writer_vector(body, 2, bytes_of(handshake->client_share, handshake->client_share_len));
    if (handshake->half_group != NULL) {
        writer_u16(body, handshake->half_group->code);
        writer_vector(
            body, 2,
            key_exchange_half_share(handshake->exchange_group->exchange, handshake->client_share));
    }
    writer_close(body, list, 2);
    writer_close(body, data, 2);
}

static void extensions_build(const bulla_connection *connection, struct writer *body) {
    const struct handshake *handshake = connection->handshake;
    if (connection->server_name_len != 0 && !connection->server_name_is_address) {
        server_name_write(connection, body);
    }
    supported_groups_write(connection->config, body);
    signature_algorithms_write(body);
    if (connection->config->revocation != BULLA_REVOCATION_OFF) {
        status_request_write(body);
    }
    if (connection->config->num_alpn != 0) {
        alpn_write(connection->config, body);
    }
    writer_u16(body, EXTENSION_SUPPORTED_VERSIONS);
    size_t data = writer_open(body, 2);
    size_t list = writer_open(body, 1);
    writer_u16(body, BULLA_TLS_1_3);
    writer_close(body, list, 1);
    writer_close(body, data, 2);
    if (handshake->cookie != NULL) {
        writer_u16(body, EXTENSION_COOKIE);
        data = writer_open(body, 2);
        writer_vector(body, 2, bytes_of(handshake->cookie, handshake->cookie_len));
        writer_close(body, data, 2);
    }
    key_share_write(handshake, body);
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
    bulla_cause cause = client_hello_parse(&hello, body);
    if (cause == BULLA_OK && handshake->retried) {
        cause = check_second(connection, &hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    bytes_copy(handshake->client_random, RANDOM_LEN, hello.random);
    bytes_copy(handshake->session_id, SESSION_ID_LEN_MAX, hello.session_id);
    handshake->session_id_len = hello.session_id.len;
    /* A second hello offers none, and what follows it is no early data of the first. */
    bool offers = (hello.extensions.present & extension_bit(EXTENSION_EARLY_DATA)) != 0;
    handshake->early_data_left = offers ? EARLY_DATA_SKIPPED_MAX : 0;
    cause = negotiate(connection, &hello);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (!handshake->retried) {
        transcript_start(&handshake->transcript, connection->suite->hash);
    }
    transcript_add(&handshake->transcript, whole);
    return BULLA_OK;
}

static bulla_cause client_hello_parse(struct client_hello *out, bulla_bytes body) {
    struct reader reader = reader_over(body);
    uint16_t legacy_version;
    if (!reader_u16(&reader, &legacy_version) || !reader_bytes(&reader, RANDOM_LEN, &out->random) ||
        !reader_vector8(&reader, &out->session_id) ||
        !reader_vector16(&reader, &out->cipher_suites) ||
        !reader_vector8(&reader, &out->compression_methods) ||
        out->session_id.len > SESSION_ID_LEN_MAX || out->cipher_suites.len < 2 ||
        out->cipher_suites.len % 2 != 0 || out->compression_methods.len == 0) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (reader_at_end(&reader)) {
        /* No extensions at all: TLS 1.2 or older, which is what is wrong with it. */
        return BULLA_E_VERSION_UNSUPPORTED;
    }
    return extensions_parse_last(&out->extensions, &reader, IN_CLIENT_HELLO, 0);
}

static bulla_cause check_version(const struct client_hello *hello) {
    bulla_bytes data, list;
    if (!extension_get(&hello->extensions, EXTENSION_SUPPORTED_VERSIONS, &data)) {
        return BULLA_E_VERSION_UNSUPPORTED;
    }
    struct reader reader = reader_over(data);
    if (!reader_vector8(&reader, &list) || !reader_at_end(&reader) || list.len < 2 ||
        list.len % 2 != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    reader = reader_over(list);
    uint16_t version;
    while (reader_u16(&reader, &version)) {
        if (version == BULLA_TLS_1_3) {
            return BULLA_OK;
        }
    }
    return BULLA_E_VERSION_UNSUPPORTED;
}

static bulla_cause negotiate(bulla_connection *connection, const struct client_hello *hello) {
    bulla_bytes data;
    bulla_cause cause = check_version(hello);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (hello->compression_methods.len != 1 || hello->compression_methods.data[0] != 0) {
        return BULLA_E_COMPRESSION_ILLEGAL;
    }
    cause = choose_suite(connection, hello);
    if (cause == BULLA_OK) {
        cause = read_server_name(connection, &hello->extensions);
    }
    if (cause == BULLA_OK) {
        cause = choose_alpn(connection, &hello->extensions);
    }
    if (cause == BULLA_OK) {
        cause = choose_group(connection, hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    uint64_t present = hello->extensions.present;
    if ((present & extension_bit(EXTENSION_PRE_SHARED_KEY)) != 0 &&
        (present & extension_bit(EXTENSION_PSK_KEY_EXCHANGE_MODES)) == 0) {
        return BULLA_E_EXTENSION_MISSING; /* RFC 8446 4.2.9 */
    }
    /* Without a PSK the certificate's algorithms are mandatory, RFC 8446 9.2. */
    if (!extension_get(&hello->extensions, EXTENSION_SIGNATURE_ALGORITHMS, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    connection->handshake->certificate_asked =
        connection->config->client_auth != BULLA_CLIENT_AUTH_NONE;
    return signature_algorithms_read(data, &connection->handshake->peer_schemes);
}

static bool offers_code(bulla_bytes list, uint16_t code) {
    struct reader reader = reader_over(list);
    uint16_t offered;
    while (reader_u16(&reader, &offered)) {
        if (offered == code) {
            return true;
        }
    }
    return false;
}

static bulla_cause choose_suite(bulla_connection *connection, const struct client_hello *hello) {
    const bulla_config *config = connection->config;
    for (size_t i = 0; i < config->num_suites; i++) {
        if (offers_code(hello->cipher_suites, config->suites[i]->code)) {
            if (connection->handshake->retried && connection->suite != config->suites[i]) {
                return BULLA_E_HELLO_RETRY_CHANGED;
            }
            connection->suite = config->suites[i];
            return BULLA_OK;
        }
    }
    return BULLA_E_NO_COMMON_SUITE;
}

/* Looks a group's share up. `out_share` stays empty where there is none; a group that stands twice
 * is an error, RFC 8446 4.2.8. */
static bulla_cause find_share(bulla_bytes list, uint16_t code, bulla_bytes *out_share) {
    struct reader reader = reader_over(list);
    *out_share = bytes_of(NULL, 0);
    while (!reader_at_end(&reader)) {
        uint16_t group;
        bulla_bytes share;
        if (!reader_u16(&reader, &group) || !reader_vector16(&reader, &share) || share.len == 0) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
        if (group == code && out_share->len != 0) {
            return BULLA_E_EXTENSION_VALUE_ILLEGAL;
        }
        if (group == code) {
            *out_share = share;
        }
    }
    return BULLA_OK;
}

/* The first of our groups that comes with a share; else the first in common, after a retry. */
static bulla_cause choose_group_among(bulla_connection *connection, bulla_bytes supported,
                                      bulla_bytes shares) {
    struct handshake *handshake = connection->handshake;
    const struct group *in_common = NULL;
    for (size_t i = 0; i < connection->config->num_groups; i++) {
        const struct group *group = connection->config->groups[i];
        bulla_bytes share;
        bulla_cause cause = find_share(shares, group->code, &share);
        if (cause != BULLA_OK) {
            return cause;
        }
        if (share.len != 0 && !offers_code(supported, group->code)) {
            return BULLA_E_EXTENSION_VALUE_ILLEGAL;
        }
        if (share.len != 0) {
            if (share.len != key_exchange_offer_len(group->exchange)) {
                return BULLA_E_KEY_SHARE_INVALID;
            }
            connection->group = group;
            bytes_copy(handshake->client_share, sizeof handshake->client_share, share);
            handshake->client_share_len = share.len;
            handshake->retry = false;
            return BULLA_OK;
        }
        if (in_common == NULL && offers_code(supported, group->code)) {
            in_common = group;
        }
    }
    connection->group = in_common;
    handshake->retry = true;
    return in_common == NULL ? BULLA_E_NO_COMMON_GROUP : BULLA_OK;
}

static bulla_cause choose_group(bulla_connection *connection, const struct client_hello *hello) {
    bulla_bytes data, supported, shares;
    const struct group *asked = connection->group; /* by our HelloRetryRequest, if any */
    if (!extension_get(&hello->extensions, EXTENSION_SUPPORTED_GROUPS, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    struct reader reader = reader_over(data);
    if (!reader_vector16(&reader, &supported) || !reader_at_end(&reader) || supported.len < 2 ||
        supported.len % 2 != 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (!extension_get(&hello->extensions, EXTENSION_KEY_SHARE, &data)) {
        return BULLA_E_EXTENSION_MISSING;
    }
    reader = reader_over(data);
    if (!reader_vector16(&reader, &shares) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    bulla_cause cause = choose_group_among(connection, supported, shares);
    if (cause == BULLA_OK && connection->handshake->retried &&
        (connection->handshake->retry || connection->group != asked)) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    return cause;
}

static bulla_cause choose_alpn(bulla_connection *connection, const struct extensions *extensions) {
    const bulla_config *config = connection->config;
    bulla_bytes data, list, name;
    if (!extension_get(extensions, EXTENSION_ALPN, &data)) {
        return BULLA_OK;
    }
    struct reader reader = reader_over(data);
    if (!reader_vector16(&reader, &list) || !reader_at_end(&reader) || list.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    size_t best = config->num_alpn;
    reader = reader_over(list);
    while (!reader_at_end(&reader)) {
        if (!reader_vector8(&reader, &name) || name.len == 0) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
        for (size_t i = 0; i < best; i++) {
            if (bytes_equal(name, bytes_of(config->alpn[i].name, config->alpn[i].len))) {
                best = i;
            }
        }
    }
    if (config->num_alpn != 0 && best == config->num_alpn) {
        return BULLA_E_NO_COMMON_ALPN;
    }
    connection->alpn = config->num_alpn == 0 ? NULL : &config->alpn[best];
    return BULLA_OK;
}

static bulla_cause read_server_name(bulla_connection *connection,
                                    const struct extensions *extensions) {
    bulla_bytes data, list, name;
    uint8_t type;
    if (!extension_get(extensions, EXTENSION_SERVER_NAME, &data)) {
        return connection->handshake->retried && connection->server_name_len != 0
                   ? BULLA_E_HELLO_RETRY_CHANGED
                   : BULLA_OK;
    }
    struct reader reader = reader_over(data);
    if (!reader_vector16(&reader, &list) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    reader = reader_over(list);
    if (!reader_u8(&reader, &type) || type != 0 || !reader_vector16(&reader, &name) ||
        !reader_at_end(&reader) || name.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (!server_name_is_valid(name)) {
        return BULLA_E_SERVER_NAME_INVALID;
    }
    if (connection->handshake->retried) {
        return bytes_equal(name, bytes_of(connection->server_name, connection->server_name_len))
                   ? BULLA_OK
                   : BULLA_E_HELLO_RETRY_CHANGED;
    }
    connection->server_name = bytes_duplicate(name);
    connection->server_name_len = name.len;
    return connection->server_name == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

/* RFC 8446 4.1.2: all but the key share, cookie, early data, PSKs and padding stays. */
static bulla_cause check_second(const bulla_connection *connection,
                                const struct client_hello *hello) {
    const struct handshake *handshake = connection->handshake;
    if (!bytes_equal(hello->random, BYTES_IN(handshake->client_random)) ||
        !bytes_equal(hello->session_id,
                     bytes_of(handshake->session_id, handshake->session_id_len)) ||
        (hello->extensions.present & extension_bit(EXTENSION_EARLY_DATA)) != 0) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    return BULLA_OK;
}
