/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2 between two engines, without trouble: every suite and kind of key, client certificates,
 * decisions that are answered later; which version, and the extended master secret. */
#include "support/check.h"

#include "support/tls12.h"

#include <stdlib.h>

static void expect_12(const struct pair *pair, uint16_t suite) {
    for (unsigned side = 0; side < 2; side++) {
        bulla_connection_info info = end_info(side == 0 ? &pair->client : &pair->server);
        assert_int_equal(info.version, BULLA_TLS_1_2);
        assert_int_equal(info.suite, suite);
        assert_true(info.handshake_done);
        assert_false(info.resumed);
        assert_true(info.extended_master_secret);
    }
    assert_true(pair_agrees(pair));
}

/* ------------------------------------------------------------------ what works */

static const struct {
    uint16_t suite;
    enum key_kind kind;
} suites_of_keys[] = {
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, KEY_KIND_EC_P256},
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, KEY_KIND_EC_P384},
    {BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, KEY_KIND_EC_P256},
    {BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, KEY_KIND_ED25519},
    {BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, KEY_KIND_RSA},
    {BULLA_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, KEY_KIND_RSA},
    {BULLA_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, KEY_KIND_RSA},
};

enum { NUM_SUITES_OF_KEYS = sizeof suites_of_keys / sizeof suites_of_keys[0] };

static void every_suite_connects(void **state) {
    (void)state;
    /* A certificate's curve is to be among them, RFC 8422 5.3. */
    static const uint16_t curves[3][3] = {
        {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1, BULLA_GROUP_SECP384R1},
        {BULLA_GROUP_SECP384R1, BULLA_GROUP_SECP256R1, BULLA_GROUP_X25519},
        {BULLA_GROUP_SECP256R1, BULLA_GROUP_SECP384R1, BULLA_GROUP_X25519}};
    for (size_t i = 0; i < 2 * NUM_SUITES_OF_KEYS; i++) {
        size_t row = i / 2;
        struct setup client = client_setup(), server = server_setup(suites_of_keys[row].kind);
        struct pair pair;
        client.suites = server.suites = &suites_of_keys[row].suite;
        client.num_suites = server.num_suites = 1;
        client.groups = server.groups = curves[row % 3];
        client.num_groups = server.num_groups = 3;
        open_with(&pair, &client, &server);
        pair.chunk = i % 2; /* byte by byte, too */
        pair_connect(&pair);
        expect_12(&pair, suites_of_keys[row].suite);
        assert_int_equal(end_info(&pair.client).group, curves[row % 3][0]);
        talk(&pair);
        assert_int_equal(bulla_connection_close(pair.client.connection), BULLA_OK);
        pair_run(&pair);
        assert_int_equal(pair.server.last, BULLA_EVENT_CLOSED);
        pair_close(&pair);
    }
}

static void small_records_and_much_data_arrive(void **state) {
    (void)state;
    static uint8_t data[100000];
    struct setup client = client_setup(), server = server_setup(KEY_KIND_RSA);
    struct pair pair;
    client.record_size = 64;
    client.padding = 32; /* which TLS 1.2 does not have */
    server.record_size = 64;
    open_with(&pair, &client, &server);
    pair_connect(&pair);
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i * 31);
    }
    assert_int_equal(end_send(&pair.client, &pair.server, BYTES_IN(data)), BULLA_OK);
    pair_run(&pair);
    assert_true(bytes_equal(bytes_of(pair.server.received.buffer, pair.server.received.len),
                            BYTES_IN(data)));
    assert_int_equal(bulla_connection_update_key(pair.client.connection, 0), BULLA_E_API_MISUSE);
    pair_close(&pair);
}

/* One byte of room less than a record needs gives a smaller record, and the rest follows. */
static void sending_fits_any_room(void **state) {
    (void)state;
    static const uint8_t plain[200] = {1, 2, 3};
    uint8_t out[300];
    struct pair pair;
    open_default(&pair);
    pair_connect(&pair);
    size_t overhead = record_sealed_len(&pair.client.connection->write, 0, 1), total = 0;
    assert_int_equal(overhead, RECORD_HEADER_LEN + 8 + AEAD_TAG_LEN);
    for (size_t room = 0; room < sizeof out; room++) {
        bulla_bytes data = BYTES_IN(plain);
        size_t len = 0;
        bulla_cause cause = bulla_connection_send(pair.client.connection, &data, out, room, &len);
        assert_int_equal(cause, room <= overhead ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK);
        size_t expected = room <= overhead ? 0 : room - overhead < 200 ? room - overhead : 200;
        assert_int_equal(200 - data.len, expected);
        total += 200 - data.len;
        writer_bytes(&pair.server.inbox, bytes_of(out, len));
    }
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, total);
    pair_close(&pair);
}

static void clients_show_every_kind_of_certificate(void **state) {
    (void)state;
    for (enum key_kind kind = KEY_KIND_EC_P256; kind <= KEY_KIND_ED25519; kind++) {
        struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
        struct pair pair;
        client.credentials[0] = tls12_credential(kind);
        server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
        open_with(&pair, &client, &server);
        pair_connect(&pair);
        expect_12(&pair, BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        assert_true(end_info(&pair.server).peer_authenticated);
        assert_true(bytes_equal(bulla_connection_peer_certificate(pair.server.connection, 0),
                                tls12_credential(kind)->certificates[0]));
        assert_null(pair.client.connection->handshake);
        talk(&pair);
        pair_close(&pair);
    }
}

static void clients_without_a_certificate_are_let_in_or_not(void **state) {
    (void)state;
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    struct pair pair;
    server.client_auth = BULLA_CLIENT_AUTH_REQUEST;
    open_with(&pair, &client, &server);
    pair_connect(&pair);
    assert_false(end_info(&pair.server).peer_authenticated);
    pair_close(&pair);

    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    open_with(&pair, &client, &server);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_CERTIFICATE_REQUIRED_12, "no certificate");
    assert_int_equal(bulla_connection_failure(pair.client.connection).alert_received,
                     BULLA_ALERT_HANDSHAKE_FAILURE);
    pair_close(&pair);
}

/* Every decision is asked for, and answered later. */
static void decisions_may_be_answered_later(void **state) {
    (void)state;
    for (unsigned bytewise = 0; bytewise < 2; bytewise++) {
        struct setup client = client_setup(), server = server_setup(KEY_KIND_INVALID);
        struct pair pair;
        client.ask = server.ask = BULLA_ASK_CREDENTIAL | BULLA_ASK_SIGN | BULLA_ASK_VERIFY;
        server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
        open_with(&pair, &client, &server);
        pair.chunk = bytewise;
        pair.client.credential = tls12_credential(KEY_KIND_RSA);
        pair.server.credential = tls12_credential(KEY_KIND_ED25519);
        pair_connect(&pair);
        expect_12(&pair, BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        assert_int_equal(pair.client.events[BULLA_EVENT_SIGN], 1);
        assert_int_equal(pair.server.events[BULLA_EVENT_SIGN], 1);
        assert_int_equal(pair.client.events[BULLA_EVENT_VERIFY], 1);
        assert_int_equal(pair.server.events[BULLA_EVENT_VERIFY], 1);
        talk(&pair);
        pair_close(&pair);
    }
}

static void what_is_to_be_signed_is_what_the_rfc_says(void **state) {
    (void)state;
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    struct pair pair;
    bulla_signing signing;
    server.ask = BULLA_ASK_SIGN;
    open_with(&pair, &client, &server);
    pair.server.holds = true;
    turn(&pair.client, &pair.server);
    assert_int_equal(end_receive(&pair.server, SIZE_MAX), BULLA_EVENT_SIGN);
    assert_int_equal(bulla_connection_signing(pair.server.connection, &signing), BULLA_OK);
    const struct handshake *handshake = pair.server.connection->handshake;
    /* Both randoms, named_curve, x25519, and a share of 32 bytes. */
    assert_int_equal(signing.message.len, 32 + 32 + 1 + 2 + 1 + 32);
    assert_memory_equal(signing.message.data, handshake->client_random, 32);
    assert_memory_equal(signing.message.data + 32, handshake->server_random, 32);
    assert_memory_equal(signing.message.data + 64, "\3\0\x1d\x20", 4);
    assert_int_equal(bulla_connection_answer_signature(pair.server.connection, BYTES_OF("no")),
                     BULLA_OK);
    turn(&pair.server, &pair.client);
    turn(&pair.client, &pair.server);
    expect_cause(&pair.client, BULLA_E_SIGNATURE_INVALID, "a wrong answer");
    pair_close(&pair);
}

/* ------------------------------------------------------------------ versions */

static void both_versions_meet_at_the_best(void **state) {
    (void)state;
    static const struct {
        uint16_t client_min, client_max, server_min, server_max, agreed;
    } cases[] = {
        {0x303, 0x304, 0x303, 0x304, 0x304}, {0x303, 0x304, 0x303, 0x303, 0x303},
        {0x303, 0x303, 0x303, 0x304, 0x303}, {0x304, 0x304, 0x303, 0x304, 0x304},
        {0x304, 0x304, 0x303, 0x303, 0},     {0x303, 0x303, 0x304, 0x304, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
        struct pair pair;
        client.version_min = cases[i].client_min;
        client.version_max = cases[i].client_max;
        server.version_min = cases[i].server_min;
        server.version_max = cases[i].server_max;
        open_with(&pair, &client, &server);
        pair_run(&pair);
        if (cases[i].agreed == 0) {
            expect_cause(&pair.server, BULLA_E_VERSION_UNSUPPORTED, "nothing in common");
        } else {
            assert_int_equal(end_info(&pair.client).version, cases[i].agreed);
            assert_int_equal(end_info(&pair.server).version, cases[i].agreed);
            assert_true(pair_agrees(&pair));
        }
        pair_close(&pair);
    }
}

/* Somebody takes TLS 1.3 out of the hello: the server's random tells. */
static void a_downgrade_is_noticed(void **state) {
    (void)state;
    for (uint16_t server_max = BULLA_TLS_1_2; server_max <= BULLA_TLS_1_3; server_max++) {
        struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
        struct writer hello = writer_growing(1 << 14);
        struct pair pair;
        size_t len;
        client.version_max = BULLA_TLS_1_3;
        server.version_max = server_max;
        open_with(&pair, &client, &server);
        (void)end_receive(&pair.client, SIZE_MAX);
        struct forged_hello forged =
            raw_read_client_hello(bulla_connection_output(pair.client.connection));
        forged_drop(&forged, EXTENSION_SUPPORTED_VERSIONS);
        forged_write(&forged, HANDSHAKE_CLIENT_HELLO, &hello);
        replace_inbox(&pair.server, CONTENT_HANDSHAKE, bytes_of(hello.buffer, hello.len));
        turn(&pair.server, &pair.client);
        const uint8_t *server_hello = message_find(&pair.client, HANDSHAKE_SERVER_HELLO, &len);
        bool told = bytes_equal(bytes_of(server_hello + 4 + 2 + 24, 8), BYTES_OF("DOWNGRD\1"));
        assert_int_equal(told, server_max == BULLA_TLS_1_3);
        turn(&pair.client, &pair.server);
        expect_cause(&pair.client,
                     server_max == BULLA_TLS_1_3 ? BULLA_E_DOWNGRADE_DETECTED : BULLA_OK, "client");
        writer_free(&hello);
        pair_close(&pair);
    }
}

static void signalling_suites_are_answered(void **state) {
    (void)state;
    struct setup server = server_setup(KEY_KIND_EC_P256);
    struct altered_client altered;
    struct pair pair;
    altered_make(&altered, 0, SUITE_FALLBACK);
    server.version_max = BULLA_TLS_1_3;
    open_with(&pair, &altered.setup, &server);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_FALLBACK_INAPPROPRIATE, "a fallback from nothing");
    pair_close(&pair);
    server.version_max = BULLA_TLS_1_2;
    open_with(&pair, &altered.setup, &server);
    pair_connect(&pair);
    pair_close(&pair);
    altered_free(&altered);

    /* The other one stands for the extension; this client does not know what it said. */
    altered_make(&altered, EXTENSION_RENEGOTIATION_INFO, SUITE_EMPTY_RENEGOTIATION_INFO);
    open_with(&pair, &altered.setup, &server);
    pair_run(&pair);
    expect_cause(&pair.client, BULLA_E_EXTENSION_UNSOLICITED, "the server answers the signal");
    pair_close(&pair);
    altered_free(&altered);

    altered_make(&altered, EXTENSION_RENEGOTIATION_INFO, 0);
    open_with(&pair, &altered.setup, &server);
    pair_run(&pair);
    expect_cause(&pair.client, BULLA_E_RENEGOTIATION_INFO_MISSING, "no word of it");
    pair_close(&pair);
    altered_free(&altered);
}

/* ------------------------------------------------------------------ extended master secret */

static void require_extended(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_set_extended_master_secret(builder, 1);
}

static void without_extended_master_secret_nothing_is_exported(void **state) {
    (void)state;
    struct setup server = server_setup(KEY_KIND_EC_P256);
    struct altered_client altered;
    struct pair pair;
    uint8_t out[32];
    altered_make(&altered, EXTENSION_EXTENDED_MASTER_SECRET, 0);
    open_with(&pair, &altered.setup, &server);
    pair_connect(&pair);
    assert_false(end_info(&pair.client).extended_master_secret);
    assert_false(end_info(&pair.server).extended_master_secret);
    const bulla_bytes label = BYTES_OF("EXPORTER-test");
    assert_int_equal(bulla_connection_export(pair.client.connection, label, label, out, sizeof out),
                     BULLA_E_EXTENDED_MASTER_SECRET_MISSING);
    assert_null(pair.server.connection->master);
    talk(&pair);
    pair_close(&pair);

    server.more = require_extended;
    open_with(&pair, &altered.setup, &server);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_EXTENDED_MASTER_SECRET_MISSING, "the server insists");
    pair_close(&pair);

    server.more = NULL;
    altered.setup.more = require_extended;
    open_with(&pair, &altered.setup, &server);
    pair_run(&pair);
    expect_cause(&pair.client, BULLA_E_EXTENDED_MASTER_SECRET_MISSING, "the client insists");
    pair_close(&pair);
    altered_free(&altered);

    struct setup client = client_setup();
    client.more = server.more = require_extended;
    open_with(&pair, &client, &server);
    pair_connect(&pair);
    pair_close(&pair);
}

static void exporters_tell_labels_and_contexts_apart(void **state) {
    (void)state;
    struct pair pair;
    uint8_t none[32], empty[32], other[32];
    open_default(&pair);
    pair_connect(&pair);
    const bulla_connection *client = pair.client.connection;
    const bulla_bytes label = BYTES_OF("EXPORTER-test");
    assert_int_equal(bulla_connection_export(client, label, bytes_of(NULL, 0), none, 32), BULLA_OK);
    assert_int_equal(bulla_connection_export(client, label, bytes_of("", 0), empty, 32), BULLA_OK);
    assert_memory_not_equal(none, empty, 32);
    assert_int_equal(
        bulla_connection_export(pair.server.connection, label, bytes_of("", 0), other, 32),
        BULLA_OK);
    assert_memory_equal(empty, other, 32);
    static const char *const reserved[] = {"client finished", "server finished", "master secret",
                                           "extended master secret", "key expansion"};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(
            bulla_connection_export(client, bytes_of_text(reserved[i]), label, other, 32),
            BULLA_E_API_MISUSE);
    }
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_connects),
        cmocka_unit_test(small_records_and_much_data_arrive),
        cmocka_unit_test(sending_fits_any_room),
        cmocka_unit_test(clients_show_every_kind_of_certificate),
        cmocka_unit_test(clients_without_a_certificate_are_let_in_or_not),
        cmocka_unit_test(decisions_may_be_answered_later),
        cmocka_unit_test(what_is_to_be_signed_is_what_the_rfc_says),
        cmocka_unit_test(both_versions_meet_at_the_best),
        cmocka_unit_test(a_downgrade_is_noticed),
        cmocka_unit_test(signalling_suites_are_answered),
        cmocka_unit_test(without_extended_master_secret_nothing_is_exported),
        cmocka_unit_test(exporters_tell_labels_and_contexts_apart),
    };
    return cmocka_run_group_tests_name("tls12", tests, tls12_make, tls12_drop);
}
