/* SPDX-License-Identifier: Apache-2.0 */
/* What a TLS 1.2 peer, or somebody in between, can do to us: forged hellos and key exchanges, a
 * ChangeCipherSpec where none belongs, altered records, renegotiation, warnings. */
#include "support/check.h"

#include "support/tls12.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ a server's flight, forged */

/* Where in a message which byte becomes what, and what the client says to it. */
static const struct {
    const char *what;
    enum handshake_type message;
    int offset; /* from the message's header on; negative: from its end */
    uint8_t value;
    bulla_cause cause;
} forgeries[] = {
    {"another version", HANDSHAKE_SERVER_HELLO, 5, 2, BULLA_E_VERSION_UNSUPPORTED},
    {"a suite of TLS 1.3", HANDSHAKE_SERVER_HELLO, 4 + 2 + 32 + 1, 0x13, BULLA_E_SUITE_NOT_OFFERED},
    {"a suite without AEAD", HANDSHAKE_SERVER_HELLO, 4 + 2 + 32 + 2, 0x09,
     BULLA_E_SUITE_NOT_OFFERED},
    {"a suite for RSA", HANDSHAKE_SERVER_HELLO, 4 + 2 + 32 + 2, 0x2f,
     BULLA_E_CERTIFICATE_KIND_ILLEGAL},
    {"compression", HANDSHAKE_SERVER_HELLO, 4 + 2 + 32 + 3, 1, BULLA_E_COMPRESSION_ILLEGAL},
    {"the server's random", HANDSHAKE_SERVER_HELLO, 4 + 2, 0, BULLA_E_SIGNATURE_INVALID},
    {"an explicit curve", HANDSHAKE_SERVER_KEY_EXCHANGE, 4, 1, BULLA_E_GROUP_NOT_OFFERED},
    {"a curve that was not offered", HANDSHAKE_SERVER_KEY_EXCHANGE, 6, 0x19,
     BULLA_E_GROUP_NOT_OFFERED},
    {"a curve for which the share is short", HANDSHAKE_SERVER_KEY_EXCHANGE, 6, 0x17,
     BULLA_E_KEY_SHARE_INVALID},
    {"another share", HANDSHAKE_SERVER_KEY_EXCHANGE, 8, 0x55, BULLA_E_SIGNATURE_INVALID},
    {"a scheme for RSA", HANDSHAKE_SERVER_KEY_EXCHANGE, 4 + 36, 8,
     BULLA_E_SIGNATURE_SCHEME_ILLEGAL},
    {"SHA-1", HANDSHAKE_SERVER_KEY_EXCHANGE, 4 + 36, 2, BULLA_E_SIGNATURE_SCHEME_ILLEGAL},
    {"the same curve under SHA-384", HANDSHAKE_SERVER_KEY_EXCHANGE, 4 + 36, 5,
     BULLA_E_SIGNATURE_INVALID},
    {"another signature", HANDSHAKE_SERVER_KEY_EXCHANGE, -1, 0x55, BULLA_E_SIGNATURE_INVALID},
    {"a longer list", HANDSHAKE_CERTIFICATE, 6, 0xff, BULLA_E_MESSAGE_MALFORMED},
    {"another message", HANDSHAKE_SERVER_KEY_EXCHANGE, 0, HANDSHAKE_CERTIFICATE_STATUS,
     BULLA_E_MESSAGE_UNEXPECTED},
    {"TLS 1.3's message", HANDSHAKE_SERVER_KEY_EXCHANGE, 0, HANDSHAKE_ENCRYPTED_EXTENSIONS,
     BULLA_E_MESSAGE_UNEXPECTED},
    {"the end without a key", HANDSHAKE_SERVER_KEY_EXCHANGE, 0, HANDSHAKE_SERVER_HELLO_DONE,
     BULLA_E_MESSAGE_UNEXPECTED},
    {"Finished", HANDSHAKE_SERVER_HELLO_DONE, 0, HANDSHAKE_FINISHED, BULLA_E_MESSAGE_UNEXPECTED},
};

static void forged_flights_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct pair pair;
        size_t len;
        open_default(&pair);
        turn(&pair.client, &pair.server);
        turn(&pair.server, &pair.client);
        uint8_t *message = message_find(&pair.client, forgeries[i].message, &len);
        message += forgeries[i].offset < 0 ? (int)len + forgeries[i].offset : forgeries[i].offset;
        *message =
            *message == forgeries[i].value ? (uint8_t)~forgeries[i].value : forgeries[i].value;
        expect_refused(&pair.client, bytes_of(NULL, 0), forgeries[i].cause, forgeries[i].what);
        pair_close(&pair);
    }
}

/* A ServerHello whose extensions are changed on the way: what each change leads to. */
static const struct {
    const char *what;
    uint16_t dropped, set;
    bulla_bytes data;
    bulla_cause cause;
} hello_forgeries[] = {
    {"no renegotiation_info",
     EXTENSION_RENEGOTIATION_INFO,
     0,
     {NULL, 0},
     BULLA_E_RENEGOTIATION_INFO_MISSING},
    {"a renegotiation",
     0,
     EXTENSION_RENEGOTIATION_INFO,
     {(const uint8_t *)"\1x", 2},
     BULLA_E_RENEGOTIATION_INFO_INVALID},
    {"no length", 0, EXTENSION_RENEGOTIATION_INFO, {NULL, 0}, BULLA_E_RENEGOTIATION_INFO_INVALID},
    {"a full extended_master_secret",
     0,
     EXTENSION_EXTENDED_MASTER_SECRET,
     {(const uint8_t *)"x", 1},
     BULLA_E_EXTENSION_MALFORMED},
    {"compressed points alone",
     0,
     EXTENSION_EC_POINT_FORMATS,
     {(const uint8_t *)"\1\1", 2},
     BULLA_E_POINT_FORMAT_UNSUPPORTED},
    {"no points", 0, EXTENSION_EC_POINT_FORMATS, {NULL, 0}, BULLA_E_EXTENSION_MALFORMED},
    {"a ticket unasked for", 0, EXTENSION_SESSION_TICKET, {NULL, 0}, BULLA_E_EXTENSION_UNSOLICITED},
    {"a staple unasked for", 0, EXTENSION_STATUS_REQUEST, {NULL, 0}, BULLA_E_EXTENSION_UNSOLICITED},
    {"a key share", 0, EXTENSION_KEY_SHARE, {NULL, 0}, BULLA_E_EXTENSION_MISPLACED},
    {"an unknown extension", 0, 0x1234, {NULL, 0}, BULLA_E_EXTENSION_UNSOLICITED},
    {"no extended_master_secret: another secret",
     EXTENSION_EXTENDED_MASTER_SECRET,
     0,
     {NULL, 0},
     BULLA_OK},
    {"groups", 0, EXTENSION_SUPPORTED_GROUPS, {(const uint8_t *)"\0\2\0\x1d", 4}, BULLA_OK},
};

static struct forged_hello read_server_hello(bulla_bytes message) {
    struct reader reader = reader_over(bytes_after(message, HANDSHAKE_HEADER_LEN));
    struct forged_hello hello = {.legacy_version = LEGACY_VERSION};
    bulla_bytes block = bytes_of(NULL, 0), data;
    uint16_t type;
    assert_true(reader_skip(&reader, 2) && reader_bytes(&reader, RANDOM_LEN, &hello.random) &&
                reader_vector8(&reader, &hello.session_id) &&
                reader_bytes(&reader, 2, &hello.cipher_suites) &&
                reader_bytes(&reader, 1, &hello.compression) && reader_vector16(&reader, &block));
    reader = reader_over(block);
    while (reader_u16(&reader, &type) && reader_vector16(&reader, &data)) {
        forged_set(&hello, type, data);
    }
    return hello;
}

static void forged_server_hellos_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof hello_forgeries / sizeof hello_forgeries[0]; i++) {
        struct writer message = writer_growing(1 << 14);
        struct pair pair;
        size_t len;
        open_default(&pair);
        turn(&pair.client, &pair.server);
        turn(&pair.server, &pair.client);
        const uint8_t *sent = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
        struct forged_hello hello = read_server_hello(bytes_of(sent, len));
        if (hello_forgeries[i].dropped != 0) {
            forged_drop(&hello, hello_forgeries[i].dropped);
        }
        if (hello_forgeries[i].set != 0) {
            forged_set(&hello, hello_forgeries[i].set, hello_forgeries[i].data);
        }
        forged_write(&hello, HANDSHAKE_SERVER_HELLO, &message);
        replace_inbox(&pair.client, CONTENT_HANDSHAKE, bytes_of(message.buffer, message.len));
        (void)end_receive(&pair.client, SIZE_MAX);
        expect_cause(&pair.client, hello_forgeries[i].cause, hello_forgeries[i].what);
        writer_free(&message);
        pair_close(&pair);
    }
}

/* A server that echoes the compatibility mode's session id goes on with nothing. */
static void a_session_that_was_not_offered_is_refused(void **state) {
    (void)state;
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    struct writer message = writer_growing(1 << 14);
    struct pair pair;
    size_t len;
    client.version_max = BULLA_TLS_1_3;
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    const uint8_t *sent = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
    struct forged_hello hello = read_server_hello(bytes_of(sent, len));
    const struct handshake *handshake = pair.client.connection->handshake;
    assert_int_equal(handshake->session_id_len, 32);
    assert_int_equal(hello.session_id.len, 0);
    hello.session_id = bytes_of(handshake->session_id, 32);
    forged_write(&hello, HANDSHAKE_SERVER_HELLO, &message);
    replace_inbox(&pair.client, CONTENT_HANDSHAKE, bytes_of(message.buffer, message.len));
    expect_refused(&pair.client, bytes_of(NULL, 0), BULLA_E_SESSION_NOT_OFFERED, "an echo");
    writer_free(&message);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ keys and Finished */

/* A byte of the hello that nobody minds is changed: the two transcripts differ, and with them the
 * keys; without the extended master secret the keys are the same, and it is Finished that tells. */
static void an_altered_hello_is_noticed_at_the_end(void **state) {
    (void)state;
    for (unsigned extended = 0; extended < 2; extended++) {
        struct setup server = server_setup(KEY_KIND_EC_P256);
        struct altered_client altered;
        struct pair pair;
        size_t len;
        altered_make(&altered, extended ? 0 : EXTENSION_EXTENDED_MASTER_SECRET, 0x5a5a);
        open_with(&pair, &altered.setup, &server);
        turn(&pair.client, &pair.server);
        uint8_t *hello = message_find(&pair.server, HANDSHAKE_CLIENT_HELLO, &len);
        /* The unknown suite at the end of the list becomes another one. */
        size_t session_id_len = hello[4 + 2 + 32];
        uint8_t *list = hello + 4 + 2 + 32 + 1 + session_id_len;
        size_t list_len = (size_t)list[0] << 8 | list[1];
        list[2 + list_len - 1] = 0x5b;
        turn(&pair.server, &pair.client);
        turn(&pair.client, &pair.server);
        turn(&pair.server, &pair.client);
        expect_cause(&pair.server,
                     extended ? BULLA_E_RECORD_DECRYPT_FAILED : BULLA_E_FINISHED_INVALID, "server");
        pair_close(&pair);
        altered_free(&altered);
    }
}

/* What waits in the client's second flight, by record: ClientKeyExchange, ChangeCipherSpec,
 * Finished. */
static bulla_bytes record_at(const struct end *end, size_t index) {
    struct reader reader = reader_over(bytes_of(end->inbox.buffer, end->inbox.len));
    bulla_bytes header = bytes_of(NULL, 0), fragment = bytes_of(NULL, 0);
    for (size_t i = 0; i <= index; i++) {
        assert_true(reader_bytes(&reader, 3, &header) && reader_vector16(&reader, &fragment));
    }
    return bytes_of(header.data, RECORD_HEADER_LEN + fragment.len);
}

static void open_to_second_flight(struct pair *pair) {
    open_default(pair);
    turn(&pair->client, &pair->server);
    turn(&pair->server, &pair->client);
    turn(&pair->client, &pair->server);
}

static void second_flights_in_another_order_are_refused(void **state) {
    (void)state;
    /* Record numbers as they are fed; 9 ends. */
    static const struct {
        const char *what;
        uint8_t order[4];
        bulla_cause cause;
    } cases[] = {
        {"as it is", {0, 1, 2, 9}, BULLA_OK},
        {"ChangeCipherSpec first", {1, 9}, BULLA_E_MESSAGE_UNEXPECTED},
        {"without a key", {1, 2, 9}, BULLA_E_MESSAGE_UNEXPECTED},
        {"the key twice", {0, 0, 9}, BULLA_E_MESSAGE_UNEXPECTED},
        {"ChangeCipherSpec twice", {0, 1, 1, 9}, BULLA_E_RECORD_DECRYPT_FAILED},
        {"protected before ChangeCipherSpec", {0, 2, 9}, BULLA_E_MESSAGE_UNEXPECTED},
        {"unprotected after it", {0, 1, 0, 9}, BULLA_E_RECORD_DECRYPT_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct writer wire = writer_growing(1 << 14);
        struct pair pair;
        open_to_second_flight(&pair);
        assert_int_equal(record_at(&pair.server, 1).data[0], CONTENT_CHANGE_CIPHER_SPEC);
        for (const uint8_t *record = cases[i].order; *record != 9; record++) {
            writer_bytes(&wire, record_at(&pair.server, *record));
        }
        pair.server.inbox.len = 0;
        (void)end_feed(&pair.server, bytes_of(wire.buffer, wire.len));
        /* What an encrypted Finished looks like as plaintext is for chance to say. */
        if (i == 5) {
            assert_true(end_failure(&pair.server) == BULLA_E_MESSAGE_UNEXPECTED ||
                        end_failure(&pair.server) == BULLA_E_MESSAGE_TOO_LONG);
        } else {
            expect_cause(&pair.server, cases[i].cause, cases[i].what);
        }
        writer_free(&wire);
        pair_close(&pair);
    }
}

static void a_change_cipher_spec_stands_alone(void **state) {
    (void)state;
    static const struct {
        const char *what;
        bulla_bytes body;
        bulla_cause cause;
    } cases[] = {
        {"empty", {NULL, 0}, BULLA_E_CHANGE_CIPHER_SPEC_INVALID},
        {"another value", {(const uint8_t *)"\2", 1}, BULLA_E_CHANGE_CIPHER_SPEC_INVALID},
        {"two bytes", {(const uint8_t *)"\1\1", 2}, BULLA_E_CHANGE_CIPHER_SPEC_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct writer wire = writer_growing(1 << 14);
        struct pair pair;
        open_to_second_flight(&pair);
        writer_bytes(&wire, record_at(&pair.server, 0));
        raw_record(&wire, CONTENT_CHANGE_CIPHER_SPEC, LEGACY_VERSION, cases[i].body);
        pair.server.inbox.len = 0;
        expect_refused(&pair.server, bytes_of(wire.buffer, wire.len), cases[i].cause,
                       cases[i].what);
        writer_free(&wire);
        pair_close(&pair);
    }
    /* In the middle of a message, which goes on after it. */
    struct writer wire = writer_growing(1 << 14);
    struct pair pair;
    open_to_second_flight(&pair);
    bulla_bytes message = bytes_after(record_at(&pair.server, 0), RECORD_HEADER_LEN);
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.data, 7));
    raw_record(&wire, CONTENT_CHANGE_CIPHER_SPEC, LEGACY_VERSION, BYTES_OF("\1"));
    pair.server.inbox.len = 0;
    expect_refused(&pair.server, bytes_of(wire.buffer, wire.len), BULLA_E_MESSAGE_INTERLEAVED,
                   "in a message");
    writer_free(&wire);
    pair_close(&pair);
}

/* And none belongs anywhere else, nor before the version is known. */
static void a_change_cipher_spec_elsewhere_is_refused(void **state) {
    (void)state;
    struct pair pair;
    struct writer wire = writer_growing(1 << 14);
    raw_record(&wire, CONTENT_CHANGE_CIPHER_SPEC, LEGACY_VERSION, BYTES_OF("\1"));
    bulla_bytes change = bytes_of(wire.buffer, wire.len);

    open_default(&pair); /* before the server's Certificate is there */
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    size_t len;
    uint8_t *hello = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
    replace_inbox(&pair.client, CONTENT_HANDSHAKE, bytes_of(hello, len));
    expect_refused(&pair.client, change, BULLA_E_MESSAGE_UNEXPECTED, "client");
    pair_close(&pair);

    open_default(&pair); /* while the client's key is waited for */
    turn(&pair.client, &pair.server);
    turn(&pair.server, &pair.client);
    expect_refused(&pair.server, change, BULLA_E_MESSAGE_UNEXPECTED, "server");
    pair_close(&pair);

    open_default(&pair); /* before the ServerHello, which then is TLS 1.2's */
    turn(&pair.client, &pair.server);
    (void)end_feed(&pair.client, change);
    turn(&pair.server, &pair.client);
    expect_refused(&pair.client, bytes_of(NULL, 0), BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "early");
    pair_close(&pair);

    open_default(&pair); /* protected, when all is done */
    pair_connect(&pair);
    struct record_keys keys = pair.client.connection->write;
    uint8_t sealed[64];
    size_t sealed_len = record_sealed_len(&keys, 1, 1);
    assert_int_equal(record_seal(pair.workspace->pool, &keys, CONTENT_CHANGE_CIPHER_SPEC,
                                 BYTES_OF("\1"), 1, LEGACY_VERSION, sealed),
                     BULLA_OK);
    (void)end_feed(&pair.server, bytes_of(sealed, sealed_len));
    expect_cause(&pair.server, BULLA_E_MESSAGE_UNEXPECTED, "connected");
    pair_close(&pair);
    writer_free(&wire);
}

static void data_before_the_end_is_refused(void **state) {
    (void)state;
    struct pair pair;
    open_to_second_flight(&pair); /* protected already, and before the client's Finished */
    struct writer wire = writer_growing(1 << 14);
    writer_bytes(&wire, record_at(&pair.server, 0));
    writer_bytes(&wire, record_at(&pair.server, 1));
    uint8_t sealed[64];
    struct record_keys keys = pair.client.connection->write;
    keys.sequence = 0;
    assert_int_equal(record_seal(pair.workspace->pool, &keys, CONTENT_APPLICATION_DATA,
                                 BYTES_OF("early"), 1, LEGACY_VERSION, sealed),
                     BULLA_OK);
    writer_bytes(&wire, bytes_of(sealed, record_sealed_len(&keys, 5, 1)));
    pair.server.inbox.len = 0;
    (void)end_feed(&pair.server, bytes_of(wire.buffer, wire.len));
    expect_cause(&pair.server, BULLA_E_MESSAGE_UNEXPECTED, "protected");
    pair_close(&pair);

    open_default(&pair); /* and in the clear */
    turn(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    wire.len = 0;
    raw_record(&wire, CONTENT_APPLICATION_DATA, LEGACY_VERSION, BYTES_OF("early"));
    (void)end_feed(&pair.server, bytes_of(wire.buffer, wire.len));
    expect_cause(&pair.server, BULLA_E_MESSAGE_UNEXPECTED, "plain");
    pair_close(&pair);
    writer_free(&wire);
}

static const struct {
    uint16_t suite;
    enum key_kind kind;
} kinds_of_suites[3] = {
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, KEY_KIND_EC_P256},
    {BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, KEY_KIND_ED25519},
    {BULLA_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, KEY_KIND_RSA},
};

/* Every byte of a record counts: type, version, explicit nonce, ciphertext, tag. */
static void altered_records_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        size_t len = 1;
        for (size_t at = 0; at < len; at++) {
            struct setup client = client_setup(), server = server_setup(kinds_of_suites[i].kind);
            struct pair pair;
            client.suites = &kinds_of_suites[i].suite;
            client.num_suites = 1;
            open_with(&pair, &client, &server);
            pair_connect(&pair);
            assert_int_equal(end_send(&pair.client, &pair.server, BYTES_OF("secret")), BULLA_OK);
            len = pair.server.inbox.len;
            pair.server.inbox.buffer[at] ^= 1;
            (void)end_receive(&pair.server, SIZE_MAX);
            bulla_cause cause = end_failure(&pair.server);
            assert_int_equal(pair.server.received.len, 0);
            if (at == 3 || (at == 4 && cause == BULLA_OK)) {
                assert_true(cause == BULLA_OK || cause == BULLA_E_RECORD_DECRYPT_FAILED ||
                            cause == BULLA_E_RECORD_TOO_LONG); /* another length */
            } else {
                assert_int_equal(cause, at == 1 ? BULLA_E_RECORD_VERSION_INVALID
                                                : BULLA_E_RECORD_DECRYPT_FAILED);
            }
            pair_close(&pair);
        }
    }
}

/* ------------------------------------------------------------------ renegotiation and alerts */

static void renegotiation_is_declined(void **state) {
    (void)state;
    static const uint8_t request[] = {HANDSHAKE_HELLO_REQUEST, 0, 0, 0};
    static const uint8_t full[] = {HANDSHAKE_HELLO_REQUEST, 0, 0, 1, 0};
    struct pair pair;
    open_default(&pair);
    pair_connect(&pair);
    send_raw(&pair.server, &pair.client, CONTENT_HANDSHAKE, BYTES_IN(request));
    turn(&pair.client, &pair.server);
    assert_int_not_equal(end_waiting(&pair.server), 0); /* the warning */
    pair_run(&pair);
    assert_int_equal(pair.server.connection->num_warnings, 1);
    talk(&pair);
    /* Only so often in a row. */
    for (unsigned i = 0; i <= POST_HANDSHAKE_MESSAGES_MAX; i++) {
        expect_cause(&pair.client, BULLA_OK, "requests");
        send_raw(&pair.server, &pair.client, CONTENT_HANDSHAKE, BYTES_IN(request));
        (void)end_receive(&pair.client, SIZE_MAX);
    }
    expect_cause(&pair.client, BULLA_E_POST_HANDSHAKE_FLOOD, "too many");
    pair_close(&pair);

    open_default(&pair);
    pair_connect(&pair);
    send_raw(&pair.server, &pair.client, CONTENT_HANDSHAKE, BYTES_IN(full));
    (void)end_receive(&pair.client, SIZE_MAX);
    expect_cause(&pair.client, BULLA_E_MESSAGE_TRAILING_BYTES, "with a body");
    pair_close(&pair);
}

/* A server that asks and never reads must not fill the client's memory, not even with data between
 * its requests. */
static void refusals_do_not_pile_up(void **state) {
    (void)state;
    static const uint8_t request[] = {HANDSHAKE_HELLO_REQUEST, 0, 0, 0};
    struct pair pair;
    open_default(&pair);
    pair_connect(&pair);
    for (unsigned round = 1; round <= 2; round++) {
        for (unsigned i = 0; i < 10; i++) {
            send_raw(&pair.server, &pair.client, CONTENT_HANDSHAKE, BYTES_IN(request));
            assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("data")), BULLA_OK);
        }
        while (end_waiting(&pair.client) != 0) {
            (void)end_receive(&pair.client, SIZE_MAX);
        }
        expect_cause(&pair.client, BULLA_OK, "requests and data");
        assert_int_equal(bulla_connection_output(pair.client.connection).len,
                         record_sealed_len(&pair.client.connection->write, 2, 1));
        (void)end_flush(&pair.client, &pair.server);
        (void)end_receive(&pair.server, SIZE_MAX);
        assert_int_equal(pair.server.connection->num_warnings, round);
    }
    pair_close(&pair);
}

static void renegotiation_is_refused(void **state) {
    (void)state;
    struct setup client = client_setup();
    bulla_bytes wire;
    struct pair pair;
    (void)hello_of(&client, &wire);
    open_default(&pair);
    pair_connect(&pair);
    send_raw(&pair.client, &pair.server, CONTENT_HANDSHAKE, bytes_after(wire, RECORD_HEADER_LEN));
    turn(&pair.server, &pair.client);
    expect_cause(&pair.server, BULLA_E_RENEGOTIATION_REFUSED, "a second hello");
    free((void *)(uintptr_t)wire.data);
    pair_close(&pair);
}

/* RFC 5246 7.4.1.1: passed over while a handshake is on its way, and hashed by nobody. */
static void stray_hello_requests_are_passed_over(void **state) {
    (void)state;
    static const uint8_t request[] = {HANDSHAKE_HELLO_REQUEST, 0, 0, 0};
    struct writer wire = writer_growing(1 << 14);
    struct pair pair;
    open_default(&pair);
    turn(&pair.client, &pair.server);
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, BYTES_IN(request));
    bulla_bytes record = bytes_of(wire.buffer, wire.len);
    (void)end_feed(&pair.client, record);
    turn(&pair.server, &pair.client);
    /* The server's hello and the rest come in two records, and one between. */
    size_t len;
    uint8_t *hello = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
    uint8_t *rest = bytes_duplicate(bytes_of(
        hello + len, pair.client.inbox.len - (size_t)(hello + len - pair.client.inbox.buffer)));
    size_t rest_len = pair.client.inbox.len - RECORD_HEADER_LEN - len;
    assert_non_null(rest);
    replace_inbox(&pair.client, CONTENT_HANDSHAKE, bytes_of(hello, len));
    (void)end_feed(&pair.client, record);
    wire.len = 0;
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(rest, rest_len));
    (void)end_feed(&pair.client, bytes_of(wire.buffer, wire.len));
    (void)end_flush(&pair.client, &pair.server);
    pair_connect(&pair);
    free(rest);
    writer_free(&wire);
    pair_close(&pair);

    /* TLS 1.3 has no such thing. */
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    client.version_min = client.version_max = BULLA_TLS_1_3;
    server.version_max = BULLA_TLS_1_3;
    open_with(&pair, &client, &server);
    turn(&pair.client, &pair.server);
    wire = writer_growing(64);
    raw_record(&wire, CONTENT_HANDSHAKE, LEGACY_VERSION, BYTES_IN(request));
    (void)end_feed(&pair.client, bytes_of(wire.buffer, wire.len));
    expect_cause(&pair.client, BULLA_E_MESSAGE_UNEXPECTED, "TLS 1.3");
    writer_free(&wire);
    pair_close(&pair);
}

static void warnings_are_no_more_than_that(void **state) {
    (void)state;
    static const uint8_t warning[] = {1, BULLA_ALERT_UNRECOGNIZED_NAME};
    static const uint8_t fatal[] = {2, BULLA_ALERT_UNRECOGNIZED_NAME};
    static const uint8_t bogus[] = {3, BULLA_ALERT_UNRECOGNIZED_NAME};
    struct writer wire = writer_growing(64);
    struct pair pair;
    raw_record(&wire, CONTENT_ALERT, LEGACY_VERSION, BYTES_IN(warning));
    open_default(&pair); /* before the server's hello, as some servers send it */
    turn(&pair.client, &pair.server);
    (void)end_feed(&pair.client, bytes_of(wire.buffer, wire.len));
    pair_connect(&pair);
    for (unsigned i = 0; i < WARNING_ALERTS_MAX - 1; i++) {
        send_raw(&pair.server, &pair.client, CONTENT_ALERT, BYTES_IN(warning));
    }
    (void)end_receive(&pair.client, SIZE_MAX);
    expect_cause(&pair.client, BULLA_OK, "as many as are allowed");
    send_raw(&pair.server, &pair.client, CONTENT_ALERT, BYTES_IN(warning));
    (void)end_receive(&pair.client, SIZE_MAX);
    expect_cause(&pair.client, BULLA_E_ALERT_FLOOD, "one more");
    send_raw(&pair.client, &pair.server, CONTENT_ALERT, BYTES_IN(bogus));
    pair_close(&pair);

    open_default(&pair);
    pair_connect(&pair);
    send_raw(&pair.server, &pair.client, CONTENT_ALERT, BYTES_IN(fatal));
    (void)end_receive(&pair.client, SIZE_MAX);
    expect_cause(&pair.client, BULLA_E_ALERT_RECEIVED, "fatal");
    send_raw(&pair.client, &pair.server, CONTENT_ALERT, BYTES_IN(bogus));
    (void)end_receive(&pair.server, SIZE_MAX);
    pair_close(&pair);

    open_default(&pair);
    pair_connect(&pair);
    send_raw(&pair.client, &pair.server, CONTENT_ALERT, BYTES_IN(bogus));
    (void)end_receive(&pair.server, SIZE_MAX);
    expect_cause(&pair.server, BULLA_E_ALERT_MALFORMED, "no level at all");
    pair_close(&pair);
    writer_free(&wire);
}

/* The last record of a key, and an alert that says so. */
static void a_key_is_not_used_for_ever(void **state) {
    (void)state;
    struct pair pair;
    uint8_t out[64];
    size_t len;
    bulla_bytes data = BYTES_OF("x");
    open_default(&pair);
    pair_connect(&pair);
    pair.client.connection->write.sequence = RECORDS_12_MAX - 1;
    pair.server.connection->read.sequence = RECORDS_12_MAX - 1;
    assert_int_equal(end_send(&pair.client, &pair.server, data), BULLA_OK);
    assert_int_equal(bulla_connection_send(pair.client.connection, &data, out, sizeof out, &len),
                     BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 1);
    assert_int_equal(bulla_connection_failure(pair.server.connection).alert_received,
                     BULLA_ALERT_INTERNAL_ERROR);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_flights_are_refused),
        cmocka_unit_test(forged_server_hellos_are_refused),
        cmocka_unit_test(a_session_that_was_not_offered_is_refused),
        cmocka_unit_test(an_altered_hello_is_noticed_at_the_end),
        cmocka_unit_test(second_flights_in_another_order_are_refused),
        cmocka_unit_test(a_change_cipher_spec_stands_alone),
        cmocka_unit_test(a_change_cipher_spec_elsewhere_is_refused),
        cmocka_unit_test(data_before_the_end_is_refused),
        cmocka_unit_test(altered_records_are_refused),
        cmocka_unit_test(renegotiation_is_declined),
        cmocka_unit_test(refusals_do_not_pile_up),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(stray_hello_requests_are_passed_over),
        cmocka_unit_test(warnings_are_no_more_than_that),
        cmocka_unit_test(a_key_is_not_used_for_ever),
    };
    return cmocka_run_group_tests_name("tls12_misbehaviour", tests, tls12_make, tls12_drop);
}
