/* SPDX-License-Identifier: Apache-2.0 */
/* What the runner expects of a handshake; see checks.h. */
#include "checks.h"

#include "setup.h"

#include <stdio.h>
#include <string.h>

static bool check_numbers(const struct options *options, const bulla_connection_info *info);
static bool check_early_data(const struct options *options, const bulla_connection_info *info);
static bool check_names(const struct options *options, const bulla_connection_info *info);
static bool check_peer(const struct options *options, const bulla_connection *connection,
                       const bulla_connection_info *info);
static bool number_is(const char *what, unsigned long expected, unsigned long actual);
static bool text_is(const char *what, const char *expected, bulla_bytes actual);
static bool same(bulla_bytes a, bulla_bytes b);
static bool differs(const char *what);
static unsigned char base64_char(unsigned value);

bool check_handshake(const struct options *options, const bulla_connection *connection,
                     bool is_resumption) {
    bulla_connection_info info;
    bulla_connection_info_get(connection, &info);
    if (options->never_done) {
        return differs("the handshake's end, which was never to come");
    }
    if (info.resumed != (is_resumption && !options->expect_session_miss)) {
        return differs(info.resumed ? "resumption, which there was"
                                    : "resumption, of which there was none");
    }
    return check_numbers(options, &info) && check_early_data(options, &info) &&
           check_names(options, &info) && check_peer(options, connection, &info);
}

static bool check_numbers(const struct options *options, const bulla_connection_info *info) {
    if (options->expect_retry && !info->hello_retried) {
        return differs("HelloRetryRequest, of which there was none");
    }
    if (options->expect_no_retry && info->hello_retried) {
        return differs("HelloRetryRequest, of which there was one");
    }
    if (options->expect_extended_master_secret && !info->extended_master_secret) {
        return differs("extended master secret, of which there was none");
    }
    return number_is("version", options->expect_version, info->version) &&
           number_is("suite", options->expect_suite, info->suite) &&
           number_is("group", options->expect_group, info->group) &&
           number_is("signature scheme", options->expect_peer_scheme, info->peer_signature_scheme);
}

/* Of the reasons that BoringSSL gives one says that early data was accepted. */
static bool check_early_data(const struct options *options, const bulla_connection_info *info) {
    const char *reason = options->expect_early_data_reason;
    bool accepted = info->early_data == BULLA_EARLY_DATA_ACCEPTED;
    if ((options->expect_early_data_accepted && !accepted) ||
        (options->expect_early_data_rejected && accepted) ||
        (reason != NULL && accepted != (strcmp(reason, "accept") == 0))) {
        return differs(accepted ? "early data, which was accepted"
                                : "early data, which was not accepted");
    }
    if (options->expect_no_early_data && info->early_data != BULLA_EARLY_DATA_NONE) {
        return differs("early data, which was offered");
    }
    return true;
}

bool check_rejection(const struct options *options, const bulla_connection *connection,
                     size_t early_len) {
    bulla_bytes refused = bulla_connection_early_data_refused(connection);
    if (!options->expect_early_data_rejected) {
        return differs("early data, which was rejected");
    }
    size_t len = strlen(options->initial_write);
    bool equal = refused.len == early_len;
    for (size_t i = 0; equal && i < early_len; i++) {
        equal = refused.data[i] == (uint8_t)options->initial_write[i % len];
    }
    return equal || differs("the early data that was given back");
}

/* In TLS 1.2 the runner counts on sessions that RFC 7627 5.3 does not let us keep. */
bool check_end(const struct options *options, const bulla_connection *connection,
               bool got_session) {
    bulla_connection_info info;
    bulla_connection_info_get(connection, &info);
    if (options->expect_no_session && got_session) {
        return differs("a session, which there was");
    }
    bool must =
        options->expect_new_ticket || (info.version == BULLA_TLS_1_3 && !options->is_server &&
                                       !options->expect_no_session && !options->shuts_down);
    return got_session || !must || differs("a session, of which there was none");
}

/* A server is to choose what it was told to; a client that expects nothing is to be given none. */
static bool check_names(const struct options *options, const bulla_connection_info *info) {
    const char *alpn = options->is_server ? options->select_alpn : options->expect_alpn;
    return (options->expect_server_name == NULL ||
            text_is("server name", options->expect_server_name, info->server_name)) &&
           text_is("ALPN", alpn == NULL ? "" : alpn, info->alpn);
}

static bool check_peer(const struct options *options, const bulla_connection *connection,
                       const bulla_connection_info *info) {
    bulla_credential *owner;
    bulla_bytes leaf;
    if (options->expect_no_peer && info->peer_authenticated) {
        return differs("the peer's certificate, of which there was one");
    }
    bool must = !options->is_server || options->require_client_certificate;
    if (must && !options->expect_no_peer && !info->peer_authenticated) {
        return differs("the peer's certificate, of which there was none");
    }
    if (options->expect_peer_file == NULL) {
        return true;
    }
    if (!setup_read_leaf(&owner, &leaf, options->expect_peer_file)) {
        return differs("the file of the peer's certificate, which cannot be read");
    }
    bool equal = same(leaf, bulla_connection_peer_certificate(connection, 0));
    bulla_credential_free(owner);
    return equal || differs("the peer's certificate");
}

/* The flag is base64: what came is encoded as it goes along the text. */
bool check_staple(const struct options *options, const bulla_connection *connection) {
    bulla_bytes staple = bulla_connection_ocsp_response(connection);
    const char *text = options->expect_staple;
    if (text == NULL) {
        return true;
    }
    if (strlen(text) != (staple.len + 2) / 3 * 4) {
        return differs("the stapled response's length");
    }
    for (size_t i = 0; i < staple.len; i += 3) {
        size_t left = staple.len - i;
        unsigned bits = (unsigned)staple.data[i] << 16;
        bits |= left > 1 ? (unsigned)staple.data[i + 1] << 8 : 0;
        bits |= left > 2 ? staple.data[i + 2] : 0;
        for (unsigned j = 0; j < 4; j++) {
            char expected = j > left ? '=' : (char)base64_char(bits >> (18 - 6 * j) & 63);
            if (*text++ != expected) {
                return differs("the stapled response");
            }
        }
    }
    return true;
}

static bool number_is(const char *what, unsigned long expected, unsigned long actual) {
    if (expected == 0 || expected == actual) {
        return true;
    }
    (void)fprintf(stderr, "%s: 0x%04lx, not 0x%04lx\n", what, actual, expected);
    return false;
}

static bool text_is(const char *what, const char *expected, bulla_bytes actual) {
    bulla_bytes text = {(const uint8_t *)expected, strlen(expected)};
    return same(text, actual) || differs(what);
}

static bool same(bulla_bytes a, bulla_bytes b) {
    size_t i = 0;
    while (a.len == b.len && i < a.len && a.data[i] == b.data[i]) {
        i++;
    }
    return a.len == b.len && i == a.len;
}

static bool differs(const char *what) {
    (void)fprintf(stderr, "not as expected: %s\n", what);
    return false;
}

static unsigned char base64_char(unsigned value) {
    return (unsigned char)"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[value];
}
