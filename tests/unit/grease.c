/* SPDX-License-Identifier: Apache-2.0 */
/* GREASE, RFC 8701: what a client's hello has that nobody knows, that servers pass over it, and
 * that a server which picks some of it is refused; and what a server of that kind may strew into
 * what it asks, which a client passes over. */
#include "support/check.h"

#include "engine/expect.h"

#include <stdlib.h>

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Grease");
    trust = authority_trust(&authority);
    credential = authority_issue(&authority, &(struct leaf){0});
    return 0;
}

static int world_drop(void **state) {
    (void)state;
    bulla_credential_free(credential);
    bulla_trust_free(trust);
    authority_free(&authority);
    return 0;
}

static void without_grease(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_set_grease(builder, 0);
}

static struct setup client_setup(void) {
    return (struct setup){.role = BULLA_CLIENT, .trust = trust};
}

static struct setup server_setup(void) {
    return (struct setup){.role = BULLA_SERVER, .trust = trust, .credentials = {credential}};
}

/* A client that has written its hello, and a server that has not seen it. */
static void open_hello(struct pair *pair, const struct setup *client) {
    const struct setup server = server_setup();
    pair_open(pair, setup_config(client), setup_config(&server), TEST_SERVER_NAME);
    (void)end_receive(&pair->client, 0);
}

static bool is_grease(uint16_t code) {
    return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);
}

/* The values in their places; 0 where none is there. */
struct found {
    uint16_t suite, group, share, version, first_extension, last_extension;
    size_t num_extensions;
};

/* One at the most in each list, and that one first. */
static uint16_t find_in_list(bulla_bytes list) {
    struct reader reader = reader_over(list);
    uint16_t code, found = 0;
    for (size_t i = 0; reader_u16(&reader, &code); i++) {
        assert_true(i == 0 || !is_grease(code));
        found = is_grease(code) ? code : found;
    }
    assert_true(reader_at_end(&reader));
    return found;
}

static struct found find_all(const struct forged_hello *hello) {
    bulla_bytes named_groups = forged_get(hello, EXTENSION_SUPPORTED_GROUPS);
    bulla_bytes versions = forged_get(hello, EXTENSION_SUPPORTED_VERSIONS);
    bulla_bytes shares = forged_get(hello, EXTENSION_KEY_SHARE);
    struct reader reader = reader_over(bytes_after(shares, 2));
    bulla_bytes share;
    uint16_t group = 0;
    struct found found = {.suite = find_in_list(hello->cipher_suites),
                          .group = find_in_list(bytes_after(named_groups, 2)),
                          .version = find_in_list(bytes_after(versions, 1))};
    assert_true(reader_u16(&reader, &group) && reader_vector16(&reader, &share));
    if (is_grease(group)) {
        assert_true(share.len != 0);
        found.share = group;
    }
    for (size_t i = 0; i < hello->num_extensions; i++) {
        uint16_t type = hello->extensions[i].type;
        if (is_grease(type)) {
            found.num_extensions++;
            found.first_extension = i == 0 ? type : found.first_extension;
            found.last_extension = i != 0 ? type : found.last_extension;
        }
    }
    return found;
}

/* ------------------------------------------------------------------ the hello */

static void a_hello_has_a_value_in_each_place(void **state) {
    const struct setup client = client_setup();
    uint16_t suites_seen = 0;
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        struct pair pair;
        open_hello(&pair, &client);
        struct forged_hello hello =
            raw_read_client_hello(bulla_connection_output(pair.client.connection));
        struct found found = find_all(&hello);
        assert_true(is_grease(found.suite) && is_grease(found.group) && is_grease(found.version));
        assert_int_equal(found.share, found.group); /* RFC 8446 4.2.8: shares of named groups */
        assert_int_equal(found.num_extensions, 2);
        assert_true(is_grease(found.first_extension) && is_grease(found.last_extension));
        assert_int_not_equal(found.first_extension, found.last_extension);
        suites_seen |= (uint16_t)(1U << (found.suite >> 12));
        pair_close(&pair);
    }
    /* They differ from hello to hello: 64 of them have more than one in 16. */
    assert_true((suites_seen & (suites_seen - 1)) != 0);
}

static void switched_off_there_is_none(void **state) {
    struct setup client = client_setup();
    struct pair pair;
    (void)state;
    client.more = without_grease;
    open_hello(&pair, &client);
    struct forged_hello hello =
        raw_read_client_hello(bulla_connection_output(pair.client.connection));
    struct found found = find_all(&hello);
    assert_int_equal(found.suite | found.group | found.share | found.version, 0);
    assert_int_equal(found.num_extensions, 0);
    pair_close(&pair);
}

/* RFC 8446 4.1.2: a second hello is the first, but for its share. */
static void a_second_hello_has_the_same_values(void **state) {
    const struct setup client = client_setup();
    struct pair pair;
    (void)state;
    open_hello(&pair, &client);
    struct forged_hello hello =
        raw_read_client_hello(bulla_connection_output(pair.client.connection));
    struct found first = find_all(&hello);
    struct forged_hello retry = forged_retry(&pair.client);
    struct writer message = writer_growing(1 << 14), record = writer_growing(1 << 14);
    forged_write(&retry, HANDSHAKE_SERVER_HELLO, &message);
    raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    bulla_connection_output_sent(pair.client.connection, SIZE_MAX);
    expect_taken(&pair.client, bytes_of(record.buffer, record.len), "a HelloRetryRequest");
    bulla_bytes output = bulla_connection_output(pair.client.connection);
    assert_int_equal(output.data[0], CONTENT_CHANGE_CIPHER_SPEC);
    hello = raw_read_client_hello(bytes_after(output, RECORD_HEADER_LEN + 1));
    struct found second = find_all(&hello);
    assert_int_equal(second.suite, first.suite);
    assert_int_equal(second.group, first.group);
    assert_int_equal(second.version, first.version);
    assert_int_equal(second.first_extension, first.first_extension);
    assert_int_equal(second.last_extension, first.last_extension);
    assert_int_equal(second.share, 0);
    writer_free(&message);
    writer_free(&record);
    pair_close(&pair);
}

static void servers_pass_over_it(void **state) {
    const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        static const uint16_t p384[] = {BULLA_GROUP_SECP384R1};
        struct setup client = client_setup(), server = server_setup();
        struct pair pair;
        client.version_min = server.version_min = BULLA_TLS_1_2;
        client.version_max = BULLA_TLS_1_3;
        server.version_max = versions[i % 2];
        server.groups = i < 2 ? NULL : p384; /* with a retry */
        server.num_groups = i < 2 ? 0 : 1;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.client).version, versions[i % 2]);
        assert_true(pair_agrees(&pair));
        pair_close(&pair);
    }
}

/* ------------------------------------------------------------------ servers that pick it */

static void be16(uint8_t *out, uint16_t value) {
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

enum picked { SUITE, VERSION, GROUP, FIRST_EXTENSION, LAST_EXTENSION, SUITE_12, EXTENSION_12 };

/* The honest answer to a client's hello with one of its GREASE values in it. */
static void expect_of_picking(enum picked what, bool in_retry, bulla_cause cause,
                              const char *name) {
    const struct setup client = client_setup();
    struct writer message = writer_growing(1 << 14), record = writer_growing(1 << 14);
    uint8_t code[2], share[] = {0, 0, 0, 1, 0};
    struct pair pair;
    open_hello(&pair, &client);
    struct forged_hello offered =
        raw_read_client_hello(bulla_connection_output(pair.client.connection));
    struct found found = find_all(&offered);
    struct forged_hello hello =
        in_retry ? forged_retry(&pair.client) : forged_server_hello(&pair.client);
    switch (what) {
    case SUITE:
    case SUITE_12:
        be16(code, found.suite);
        hello.cipher_suites = BYTES_IN(code);
        break;
    case VERSION:
        be16(code, found.version);
        forged_set(&hello, EXTENSION_SUPPORTED_VERSIONS, BYTES_IN(code));
        break;
    case GROUP:
        be16(share, found.group);
        forged_set(&hello, EXTENSION_KEY_SHARE, in_retry ? bytes_of(share, 2) : BYTES_IN(share));
        break;
    case FIRST_EXTENSION:
        forged_set(&hello, found.first_extension, bytes_of(NULL, 0));
        break;
    case LAST_EXTENSION:
    case EXTENSION_12:
        forged_set(&hello, found.last_extension, BYTES_OF("\0"));
        break;
    }
    if (what == SUITE_12 || what == EXTENSION_12) {
        forged_drop(&hello, EXTENSION_SUPPORTED_VERSIONS);
        forged_drop(&hello, EXTENSION_KEY_SHARE);
        hello.session_id = bytes_of(NULL, 0);
        forged_set(&hello, EXTENSION_RENEGOTIATION_INFO, BYTES_OF("\0"));
    }
    if (what == EXTENSION_12) {
        hello.cipher_suites = BYTES_OF("\xc0\x2b");
    }
    forged_write(&hello, HANDSHAKE_SERVER_HELLO, &message);
    raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    expect_refused(&pair.client, bytes_of(record.buffer, record.len), cause, name);
    writer_free(&message);
    writer_free(&record);
    pair_close(&pair);
}

static void a_server_that_picks_it_is_refused(void **state) {
    const bulla_cause unsolicited = BULLA_E_EXTENSION_UNSOLICITED;
    (void)state;
    expect_of_picking(SUITE, false, BULLA_E_SUITE_NOT_OFFERED, "its suite");
    expect_of_picking(VERSION, false, BULLA_E_VERSION_NOT_OFFERED, "its version");
    expect_of_picking(GROUP, false, BULLA_E_GROUP_NOT_OFFERED, "its group");
    expect_of_picking(FIRST_EXTENSION, false, unsolicited, "its first extension");
    expect_of_picking(LAST_EXTENSION, false, unsolicited, "its last extension");
    expect_of_picking(SUITE, true, BULLA_E_SUITE_NOT_OFFERED, "its suite, to retry");
    expect_of_picking(VERSION, true, BULLA_E_VERSION_NOT_OFFERED, "its version, to retry");
    expect_of_picking(GROUP, true, BULLA_E_GROUP_NOT_OFFERED, "its group, to retry");
    expect_of_picking(FIRST_EXTENSION, true, unsolicited, "its first extension, to retry");
    expect_of_picking(SUITE_12, false, BULLA_E_SUITE_NOT_OFFERED, "its suite, in TLS 1.2");
    expect_of_picking(EXTENSION_12, false, unsolicited, "its extension, in TLS 1.2");
}

/* ------------------------------------------------------------------ behind the keys */

static void expect_of_message(enum handshake_type type, bulla_bytes body, bulla_cause cause,
                              const char *what) {
    const struct replay_message message = {type, body};
    struct setup client = client_setup(), server = server_setup();
    struct pair pair;
    client.credentials[0] = credential;
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    server.replay = &message;
    server.num_replay = 1;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_run(&pair);
    expect_cause(&pair.client, cause, what);
    assert_int_equal(end_info(&pair.server).peer_authenticated, cause == BULLA_OK);
    pair_close(&pair);
}

/* RFC 8701 4: a server may strew values into what it asks; into answers it may not. */
static void a_servers_own_grease_is_passed_over(void **state) {
    const enum handshake_type request = HANDSHAKE_CERTIFICATE_REQUEST;
    (void)state;
    expect_of_message(request, BYTES_OF("\0\0\x0d\x4a\x4a\0\1!\0\x0d\0\4\0\2\4\3"), BULLA_OK,
                      "an extension");
    expect_of_message(request, BYTES_OF("\0\0\x0a\0\x0d\0\6\0\4\x2a\x2a\4\3"), BULLA_OK,
                      "a signature scheme");
    expect_of_message(HANDSHAKE_ENCRYPTED_EXTENSIONS, BYTES_OF("\0\5\x4a\x4a\0\1!"),
                      BULLA_E_EXTENSION_UNSOLICITED, "an answer");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hello_has_a_value_in_each_place),
        cmocka_unit_test(switched_off_there_is_none),
        cmocka_unit_test(a_second_hello_has_the_same_values),
        cmocka_unit_test(servers_pass_over_it),
        cmocka_unit_test(a_server_that_picks_it_is_refused),
        cmocka_unit_test(a_servers_own_grease_is_passed_over),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
