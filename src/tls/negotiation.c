/* SPDX-License-Identifier: Apache-2.0 */
/* A server's choices from a ClientHello: version, suite, group, protocol, name (RFC 8446 4.1.1,
 * RFC 5246 7.4.1.2, RFC 8422 5.1). Extensions that the version requires and that are missing, other
 * compression methods, a fallback that nobody needed, and a second hello that disagrees with the
 * first are refused. */
#include "tls/credential_choice.h"
#include "tls/hello.h"
#include "tls/messages.h"
#include "tls/server_name.h"

static bulla_cause choose_version(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause negotiate_13(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause negotiate_12(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause negotiate_common(bulla_connection *connection, const struct client_hello *hello);
static void read_suites(bulla_connection *connection, bulla_bytes list);
static bulla_cause choose_suite(bulla_connection *connection);
static bulla_cause choose_group(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause choose_group_12(bulla_connection *connection, const struct client_hello *hello);
static bulla_cause choose_alpn(bulla_connection *connection, const struct extensions *extensions);
static bulla_cause read_server_name(bulla_connection *connection,
                                    const struct extensions *extensions);
static bulla_cause read_schemes(bulla_connection *connection, const struct extensions *extensions);
static bulla_cause check_second(const bulla_connection *connection,
                                const struct client_hello *hello);

bulla_cause negotiate(bulla_connection *connection, const struct client_hello *hello) {
    struct handshake *handshake = connection->handshake;
    bulla_cause cause = handshake->retried ? check_second(connection, hello) : BULLA_OK;
    if (cause == BULLA_OK) {
        cause = choose_version(connection, hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    handshake->certificate_asked = connection->config->client_auth != BULLA_CLIENT_AUTH_NONE;
    read_suites(connection, hello->cipher_suites);
    return connection->version == BULLA_TLS_1_3 ? negotiate_13(connection, hello)
                                                : negotiate_12(connection, hello);
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

/* The newest in common; without supported_versions a client speaks at most TLS 1.2,
 * RFC 8446 4.2.1. */
static bulla_cause choose_version(bulla_connection *connection, const struct client_hello *hello) {
    const bulla_config *config = connection->config;
    bulla_bytes data, list = BYTES_OF("\3\3");
    if (extension_get(&hello->extensions, EXTENSION_SUPPORTED_VERSIONS, &data)) {
        struct reader reader = reader_over(data);
        if (!reader_vector8(&reader, &list) || !reader_at_end(&reader) || list.len < 2 ||
            list.len % 2 != 0) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
    } else if (hello->version < BULLA_TLS_1_2) {
        return offers_code(hello->cipher_suites, SUITE_FALLBACK) ? BULLA_E_FALLBACK_INAPPROPRIATE
                                                                 : BULLA_E_VERSION_UNSUPPORTED;
    }
    uint16_t version = config->version_max;
    while (version >= config->version_min && !offers_code(list, version)) {
        version--;
    }
    if (version < config->version_min) {
        return BULLA_E_VERSION_UNSUPPORTED;
    }
    if (version < config->version_max && offers_code(hello->cipher_suites, SUITE_FALLBACK)) {
        return BULLA_E_FALLBACK_INAPPROPRIATE; /* RFC 7507 3 */
    }
    if (connection->handshake->retried && version != connection->version) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    connection->version = version;
    return BULLA_OK;
}

/* What follows a second hello is no early data of the first's. */
static void expect_early_data(bulla_connection *connection, const struct extensions *extensions) {
    struct handshake *handshake = connection->handshake;
    handshake->early_data_left = 0;
    if ((extensions->present & extension_bit(EXTENSION_EARLY_DATA)) != 0) {
        /* All that a ticket of ours may have invited, and what protects it. */
        handshake->early_data_left = early_data_skipped_max(connection->config->early_data_max);
        connection->early_data = BULLA_EARLY_DATA_REFUSED; /* until it is taken */
    }
}

static bulla_cause negotiate_13(bulla_connection *connection, const struct client_hello *hello) {
    const struct extensions *extensions = &hello->extensions;
    bulla_bytes data;
    if (hello->compression_methods.len != 1 || hello->compression_methods.data[0] != 0) {
        return BULLA_E_COMPRESSION_ILLEGAL;
    }
    expect_early_data(connection, extensions);
    bulla_cause cause = choose_suite(connection);
    if (cause == BULLA_OK) {
        cause = negotiate_common(connection, hello);
    }
    if (cause == BULLA_OK) {
        cause = choose_group(connection, hello);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    if ((extensions->present & extension_bit(EXTENSION_PRE_SHARED_KEY)) != 0 &&
        (extensions->present & extension_bit(EXTENSION_PSK_KEY_EXCHANGE_MODES)) == 0) {
        return BULLA_E_EXTENSION_MISSING; /* RFC 8446 4.2.9 */
    }
    if (extension_get(extensions, EXTENSION_CERTIFICATE_AUTHORITIES, &data)) {
        /* What a client trusts is looked at for its form alone: a name decides here. */
        cause = certificate_authorities_receive(connection->handshake, data);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    connection->extended_master_secret = true; /* RFC 8446 appendix D has what it gives */
    return read_schemes(connection, extensions);
}

static bulla_cause negotiate_12(bulla_connection *connection, const struct client_hello *hello) {
    if (!bytes_contain(hello->compression_methods, 0)) {
        return BULLA_E_COMPRESSION_ILLEGAL;
    }
    bulla_cause cause = extensions_12_receive(connection, &hello->extensions);
    if (cause == BULLA_OK && suite_choose(connection, SIGNER_ANY) == NULL) {
        cause = BULLA_E_NO_COMMON_SUITE;
    }
    if (cause == BULLA_OK) {
        cause = negotiate_common(connection, hello);
    }
    if (cause == BULLA_OK) {
        cause = choose_group_12(connection, hello);
    }
    return cause == BULLA_OK ? read_schemes(connection, &hello->extensions) : cause;
}

/* What both versions settle alike. */
static bulla_cause negotiate_common(bulla_connection *connection,
                                    const struct client_hello *hello) {
    const struct extensions *extensions = &hello->extensions;
    bulla_bytes data;
    bulla_cause cause = read_server_name(connection, extensions);
    if (cause == BULLA_OK) {
        cause = choose_alpn(connection, extensions);
    }
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_RECORD_SIZE_LIMIT, &data)) {
        cause = record_size_limit_receive(connection, data);
    } else if (cause == BULLA_OK &&
               extension_get(extensions, EXTENSION_MAX_FRAGMENT_LENGTH, &data)) {
        cause = max_fragment_length_receive(connection, data);
    }
    if (cause == BULLA_OK && extension_get(extensions, EXTENSION_COMPRESS_CERTIFICATE, &data)) {
        cause = certificate_compression_receive(connection, data);
    }
    return cause;
}

/* TLS 1.2's default is SHA-1, RFC 5246 7.4.1.4.1, which nobody signs with here. In TLS 1.3 only who
 * offers a PSK may leave the schemes out, RFC 8446 9.2: session_choose() sees to the rest. */
static bulla_cause read_schemes(bulla_connection *connection, const struct extensions *extensions) {
    uint32_t *schemes = &connection->handshake->peer_schemes;
    bulla_bytes data;
    if (extension_get(extensions, EXTENSION_SIGNATURE_ALGORITHMS, &data)) {
        return signature_algorithms_read(connection->config, data, schemes);
    }
    *schemes = 0;
    if (connection->version == BULLA_TLS_1_2) {
        return BULLA_E_NO_COMMON_SIGNATURE_SCHEME;
    }
    return extension_get(extensions, EXTENSION_PRE_SHARED_KEY, &data) ? BULLA_OK
                                                                      : BULLA_E_EXTENSION_MISSING;
}

bool suite_is_configured(const bulla_config *config, const struct suite *suite) {
    for (size_t i = 0; i < config->num_suites; i++) {
        if (config->suites[i] == suite) {
            return true;
        }
    }
    return false;
}

static bool is_chacha(const struct suite *suite) {
    return suite != NULL && suite->aead == AEAD_CHACHA20_POLY1305;
}

/* What is offered, as bits; and whether ChaCha20-Poly1305 stands before all else that we know. */
static void read_suites(bulla_connection *connection, bulla_bytes list) {
    struct handshake *handshake = connection->handshake;
    struct reader reader = reader_over(list);
    uint16_t code;
    handshake->peer_suites = 0;
    handshake->peer_prefers_chacha = false;
    while (reader_u16(&reader, &code)) {
        handshake->secure_renegotiation |= code == SUITE_EMPTY_RENEGOTIATION_INFO;
        const struct suite *suite = suite_find(code);
        if (suite == NULL) {
            continue;
        }
        if (handshake->peer_suites == 0) {
            handshake->peer_prefers_chacha = is_chacha(suite);
        }
        handshake->peer_suites |= suite_bit(suite);
    }
}

const struct suite *suite_choose(const bulla_connection *connection, enum suite_signer signer) {
    const bulla_config *config = connection->config;
    const struct handshake *handshake = connection->handshake;
    const struct suite *best = NULL;
    for (size_t i = 0; i < config->num_suites; i++) {
        const struct suite *suite = config->suites[i];
        if (suite->version != connection->version ||
            (handshake->peer_suites & suite_bit(suite)) == 0 ||
            (signer != SIGNER_ANY && suite->signer != signer)) {
            continue;
        }
        if (best == NULL ||
            (handshake->peer_prefers_chacha && is_chacha(suite) && !is_chacha(best))) {
            best = suite;
        }
    }
    return best;
}

static bulla_cause choose_suite(bulla_connection *connection) {
    const struct suite *suite = suite_choose(connection, SIGNER_ANY);
    if (suite == NULL) {
        return BULLA_E_NO_COMMON_SUITE;
    }
    if (connection->handshake->retried && connection->suite != suite) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    connection->suite = suite;
    return BULLA_OK;
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

/* TLS 1.2 has no shares to look at. A client that names no groups takes any, RFC 8422 4. */
static bulla_cause choose_group_12(bulla_connection *connection, const struct client_hello *hello) {
    const bulla_config *config = connection->config;
    bulla_bytes data, supported = bytes_of(NULL, 0);
    if (extension_get(&hello->extensions, EXTENSION_SUPPORTED_GROUPS, &data)) {
        struct reader reader = reader_over(data);
        if (!reader_vector16(&reader, &supported) || !reader_at_end(&reader) || supported.len < 2 ||
            supported.len % 2 != 0) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
    }
    connection->handshake->peer_refused_curves = credential_refused_curves(supported);
    for (size_t i = 0; i < config->num_groups; i++) {
        const struct group *group = config->groups[i];
        bool wanted = supported.len == 0 ? group->code == BULLA_GROUP_SECP256R1
                                         : offers_code(supported, group->code);
        if (wanted && !group_is_hybrid(group)) {
            connection->group = group;
            return BULLA_OK;
        }
    }
    return BULLA_E_NO_COMMON_GROUP;
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
        return BULLA_OK;
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
    connection->server_name_len = (uint32_t)name.len;
    return connection->server_name == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

/* RFC 8446 4.1.2: all but the key share, cookie, early data, PSKs and padding stays. */
static bulla_cause check_second(const bulla_connection *connection,
                                const struct client_hello *hello) {
    const struct handshake *handshake = connection->handshake;
    uint64_t early_data = extension_bit(EXTENSION_EARLY_DATA);
    uint64_t may_change = early_data | extension_bit(EXTENSION_KEY_SHARE) |
                          extension_bit(EXTENSION_COOKIE) | extension_bit(EXTENSION_PADDING) |
                          extension_bit(EXTENSION_PRE_SHARED_KEY) |
                          extension_bit(EXTENSION_PSK_KEY_EXCHANGE_MODES) | /* goes with them */
                          extension_bit(EXTENSION_STATUS_REQUEST); /* kept for OCSP's kind alone */
    uint64_t changed = handshake->peer_extensions ^ hello->extensions.present;
    if (!bytes_equal(hello->random, BYTES_IN(handshake->client_random)) ||
        !bytes_equal(hello->session_id,
                     bytes_of(handshake->session_id, handshake->session_id_len)) ||
        (hello->extensions.present & early_data) != 0 || (changed & ~may_change) != 0) {
        return BULLA_E_HELLO_RETRY_CHANGED;
    }
    return BULLA_OK;
}
