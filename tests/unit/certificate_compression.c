/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate compression, RFC 8879, between two engines: whose algorithm is taken, what is sent
 * compressed and what is not, and a peer that lies about what it compressed. The compressor here
 * remembers what it was given, and its output is the place where that is found again. */
#include "support/check.h"

#include "engine/expect.h"
#include "tls/hello.h"
#include "tls/messages.h"

#include <stdlib.h>

enum { ZLIB = 1, BROTLI = 2, ZSTD = 3, REMEMBERED_MAX = 64 };

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;

static struct {
    struct writer inputs[REMEMBERED_MAX];
    size_t num_inputs;
    unsigned num_decompressed;
    bulla_bytes instead; /* what the next decompression gives; empty: what was compressed */
    bool fails;
} memory;

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Compression");
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

static int forget(void **state) {
    (void)state;
    for (size_t i = 0; i < memory.num_inputs; i++) {
        writer_free(&memory.inputs[i]);
    }
    bytes_wipe(&memory, sizeof memory);
    return 0;
}

/* ------------------------------------------------------------------ compressors */

static int remember_as(bulla_bytes input, uint8_t *out, size_t *out_len, uint8_t mark) {
    must(memory.num_inputs < REMEMBERED_MAX && *out_len >= 2, "room to remember");
    memory.inputs[memory.num_inputs] = writer_growing(1 << 20);
    writer_bytes(&memory.inputs[memory.num_inputs], input);
    out[0] = mark;
    out[1] = (uint8_t)memory.num_inputs++;
    *out_len = 2;
    return 1;
}

static int recall_as(bulla_bytes input, uint8_t *out, size_t *out_len, uint8_t mark) {
    memory.num_decompressed++;
    if (memory.fails || input.len != 2 || input.data[0] != mark ||
        input.data[1] >= memory.num_inputs) {
        return 0;
    }
    const struct writer *found = &memory.inputs[input.data[1]];
    bulla_bytes plain =
        memory.instead.len != 0 ? memory.instead : bytes_of(found->buffer, found->len);
    if (plain.len > *out_len) {
        return 0;
    }
    bytes_copy(out, *out_len, plain);
    *out_len = plain.len;
    return 1;
}

static int zlib_in(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return remember_as(input, out, out_len, ZLIB);
}

static int zlib_out(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return recall_as(input, out, out_len, ZLIB);
}

static int zstd_in(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return remember_as(input, out, out_len, ZSTD);
}

static int zstd_out(bulla_bytes input, uint8_t *out, size_t *out_len) {
    return recall_as(input, out, out_len, ZSTD);
}

/* One that never makes anything smaller, and one that breaks. */
static int useless_in(bulla_bytes input, uint8_t *out, size_t *out_len) {
    (void)out;
    bool fits = input.len <= *out_len;
    must(!fits, "no more room than what is worth sending");
    return 0;
}

static int overstating_in(bulla_bytes input, uint8_t *out, size_t *out_len) {
    (void)out;
    *out_len = input.len + 1000;
    return 1;
}

static void both_zlib_first(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, zlib_in, zlib_out);
    bulla_config_add_certificate_compression(builder, ZSTD, zstd_in, zstd_out);
}

static void both_zstd_first(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZSTD, zstd_in, zstd_out);
    bulla_config_add_certificate_compression(builder, ZLIB, zlib_in, zlib_out);
}

static void only_zlib(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, zlib_in, zlib_out);
}

static void only_reads_zlib(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, NULL, zlib_out);
}

static void only_writes_zlib(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, zlib_in, NULL);
}

static void only_brotli(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, BROTLI, useless_in, zlib_out);
}

static void writes_useless_zlib(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, useless_in, NULL);
}

static void writes_overstated_zlib(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_add_certificate_compression(builder, ZLIB, overstating_in, NULL);
}

/* ------------------------------------------------------------------ connections */

typedef void (*more_function)(bulla_config_builder *builder, void *context);

static struct setup client_setup(more_function more) {
    return (struct setup){.role = BULLA_CLIENT, .trust = trust, .more = more};
}

static struct setup server_setup(more_function more) {
    return (struct setup){
        .role = BULLA_SERVER, .trust = trust, .credentials = {credential}, .more = more};
}

static void connect(const struct setup *client, const struct setup *server) {
    struct pair pair;
    pair_open(&pair, setup_config(client), setup_config(server), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_true(pair_agrees(&pair));
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.client.connection, 0),
                            bulla_credential_certificate(credential, 0)));
    pair_close(&pair);
}

/* Connects, and says how often something was decompressed. */
static unsigned decompressed(more_function client, more_function server) {
    const struct setup client_is = client_setup(client), server_is = server_setup(server);
    unsigned before = memory.num_decompressed;
    connect(&client_is, &server_is);
    return memory.num_decompressed - before;
}

static void compresses_where_both_can(void **state) {
    (void)state;
    assert_int_equal(decompressed(only_zlib, only_zlib), 1);
    assert_int_equal(decompressed(only_reads_zlib, only_writes_zlib), 1);
    assert_int_equal(decompressed(both_zlib_first, only_zlib), 1);
    /* and otherwise not */
    assert_int_equal(decompressed(NULL, only_zlib), 0);
    assert_int_equal(decompressed(only_zlib, NULL), 0);
    assert_int_equal(decompressed(only_writes_zlib, only_zlib), 0);
    assert_int_equal(decompressed(only_zlib, only_reads_zlib), 0);
    assert_int_equal(decompressed(only_brotli, only_zlib), 0);
}

/* The sender's order of preference counts. */
static void prefers_its_own_first(void **state) {
    const struct setup client = client_setup(both_zlib_first);
    (void)state;
    const struct {
        more_function server;
        uint16_t algorithm;
    } cases[] = {{both_zlib_first, ZLIB}, {both_zstd_first, ZSTD}, {only_brotli, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct setup server = server_setup(cases[i].server);
        struct pair pair;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        (void)end_receive(&pair.client, 0);
        (void)end_flush(&pair.client, &pair.server);
        (void)end_receive(&pair.server, SIZE_MAX);
        assert_int_equal(pair.server.connection->handshake->compression, cases[i].algorithm);
        pair_close(&pair);
    }
}

static void compresses_once_for_a_config(void **state) {
    const struct setup client = client_setup(only_zlib), server = server_setup(only_zlib);
    bulla_config *server_config = setup_config(&server);
    (void)state;
    assert_int_equal(memory.num_inputs, 1);
    for (unsigned i = 0; i < 3; i++) {
        struct pair pair;
        pair_open(&pair, setup_config(&client), bulla_config_ref(server_config), TEST_SERVER_NAME);
        pair_connect(&pair);
        pair_close(&pair);
    }
    assert_int_equal(memory.num_inputs, 1);
    assert_int_equal(memory.num_decompressed, 3);
    bulla_config_free(server_config);
}

/* What is remembered for one credential is not another's. */
static void each_credential_has_its_own(void **state) {
    bulla_credential *many[3];
    struct setup server = server_setup(both_zstd_first);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        many[i] = authority_issue(&authority, &(struct leaf){.key = KEY_KIND_ED25519});
        server.credentials[i] = many[i];
    }
    bulla_config *config = setup_config(&server);
    assert_int_equal(config->num_compressed, 6);
    for (size_t i = 0; i < 3; i++) {
        bulla_bytes zstd = certificate_compressed(config, many[i], false, ZSTD);
        bulla_bytes zlib = certificate_compressed(config, many[i], false, ZLIB);
        assert_int_equal(zstd.data[1], ZSTD);
        assert_int_equal(zlib.data[1], ZLIB);
        const struct writer *plain = &memory.inputs[zstd.data[zstd.len - 1]];
        struct writer expected = writer_growing(1 << 16);
        certificate_write(many[i], false, &expected);
        assert_true(bytes_equal(bytes_of(plain->buffer, plain->len),
                                bytes_of(expected.buffer, expected.len)));
        writer_free(&expected);
        assert_int_equal(certificate_compressed(config, many[i], true, ZLIB).len, 0);
        assert_int_equal(certificate_compressed(config, many[i], false, BROTLI).len, 0);
        assert_int_equal(certificate_compressed(config, many[i], false, 0).len, 0);
    }
    assert_int_equal(certificate_compressed(config, credential, false, ZLIB).len, 0);
    bulla_config_free(config);
    for (size_t i = 0; i < 3; i++) {
        bulla_credential_free(many[i]);
    }
}

static void what_is_not_smaller_goes_plain(void **state) {
    (void)state;
    assert_int_equal(decompressed(only_reads_zlib, writes_useless_zlib), 0);
    assert_int_equal(decompressed(only_reads_zlib, writes_overstated_zlib), 0);
}

/* A credential that an answer brings is not one of the config's. */
static void an_answered_credential_goes_plain(void **state) {
    struct setup client = client_setup(only_zlib), server = server_setup(only_zlib);
    struct pair pair;
    (void)state;
    server.credentials[0] = NULL;
    server.ask = BULLA_ASK_CREDENTIAL;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair.server.credential = credential;
    pair_connect(&pair);
    assert_int_equal(memory.num_decompressed, 0);
    pair_close(&pair);
}

static void clients_compress_too(void **state) {
    struct setup client = client_setup(only_zlib), server = server_setup(only_zlib);
    struct pair pair;
    (void)state;
    client.credentials[0] = credential;
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_true(end_info(&pair.server).peer_authenticated);
    assert_int_equal(memory.num_decompressed, 2);
    pair_close(&pair);
    /* A server that reads none is not sent one. */
    server.more = only_writes_zlib;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_true(end_info(&pair.server).peer_authenticated);
    assert_int_equal(memory.num_decompressed, 3);
    pair_close(&pair);
}

/* An empty list is no use to compress. */
static void a_client_without_certificate_sends_it_plain(void **state) {
    struct setup client = client_setup(only_zlib), server = server_setup(only_zlib);
    (void)state;
    server.client_auth = BULLA_CLIENT_AUTH_REQUEST;
    connect(&client, &server);
    assert_int_equal(memory.num_decompressed, 1);
}

static void tls_12_has_none(void **state) {
    struct setup client = client_setup(only_zlib), server = server_setup(only_zlib);
    (void)state;
    server.version_min = server.version_max = BULLA_TLS_1_2;
    connect(&client, &server);
    assert_int_equal(memory.num_decompressed, 0);
    assert_int_equal(memory.num_inputs, 0);
}

/* ------------------------------------------------------------------ peers that lie */

/* The server's CompressedCertificate is replaced by `body`; what the client makes of it. */
static void expect_of_body(bulla_bytes body, bulla_cause cause, const char *what) {
    const struct replay_message instead = {HANDSHAKE_COMPRESSED_CERTIFICATE, body};
    struct setup client = client_setup(only_zlib), server = server_setup(both_zlib_first);
    struct pair pair;
    server.replay = &instead;
    server.num_replay = 1;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_run(&pair);
    expect_cause(&pair.client, cause, what);
    assert_int_equal(bulla_connection_failure(pair.client.connection).alert_sent,
                     bulla_cause_about(cause)->alert);
    expect_dead(&pair.client, cause);
    pair_close(&pair);
}

static void expect_of_fields(uint16_t algorithm, uint32_t len, bulla_bytes compressed,
                             bulla_cause cause, const char *what) {
    uint8_t buffer[64];
    struct writer body = writer_into(buffer, sizeof buffer);
    writer_u16(&body, algorithm);
    writer_u24(&body, len);
    writer_vector(&body, 3, compressed);
    must(!body.failed, "room for a body");
    expect_of_body(bytes_of(buffer, body.len), cause, what);
}

static void other_algorithms_are_refused(void **state) {
    (void)state;
    const bulla_cause illegal = BULLA_E_CERTIFICATE_COMPRESSION_ILLEGAL;
    expect_of_fields(ZSTD, 100, BYTES_OF("\3\0"), illegal, "known to the server alone");
    expect_of_fields(0, 100, BYTES_OF("\0\0"), illegal, "reserved");
    expect_of_fields(0x4001, 100, BYTES_OF("\1\0"), illegal, "private use");
    assert_int_equal(memory.num_decompressed, 0);
}

static void impossible_lengths_are_refused_unseen(void **state) {
    (void)state;
    const bulla_cause failed = BULLA_E_CERTIFICATE_DECOMPRESSION_FAILED;
    expect_of_fields(ZLIB, 0, BYTES_OF("\1\0"), failed, "no length");
    expect_of_fields(ZLIB, CERTIFICATE_MESSAGE_LEN_MAX + 1, BYTES_OF("\1\0"), failed, "64 KiB");
    expect_of_fields(ZLIB, 0xffffff, BYTES_OF("\1\0"), failed, "16 MiB");
    assert_int_equal(memory.num_decompressed, 0);
    /* The longest that is read gets as far as the compressor. */
    expect_of_fields(ZLIB, CERTIFICATE_MESSAGE_LEN_MAX, BYTES_OF("\1\0"), failed, "not as long");
    assert_int_equal(memory.num_decompressed, 1);
}

static void another_length_than_promised_is_refused(void **state) {
    const bulla_cause failed = BULLA_E_CERTIFICATE_DECOMPRESSION_FAILED;
    struct writer plain = writer_growing(1 << 16);
    (void)state;
    certificate_write(credential, false, &plain);
    uint32_t len = (uint32_t)plain.len;
    writer_free(&plain);
    expect_of_fields(ZLIB, len - 1, BYTES_OF("\1\0"), failed, "longer by one");
    expect_of_fields(ZLIB, len + 1, BYTES_OF("\1\0"), failed, "shorter by one");
    memory.fails = true;
    expect_of_fields(ZLIB, len, BYTES_OF("\1\0"), failed, "does not decompress");
    assert_int_equal(memory.num_decompressed, 3);
}

static void malformed_messages_are_refused(void **state) {
    (void)state;
    const bulla_cause malformed = BULLA_E_MESSAGE_MALFORMED;
    expect_of_body(bytes_of("", 0), malformed, "empty");
    expect_of_body(BYTES_OF("\0\1\0\0"), malformed, "cut in its length");
    expect_of_body(BYTES_OF("\0\1\0\1\0\0\0\3\1\0"), malformed, "cut in its bytes");
    expect_of_body(BYTES_OF("\0\1\0\1\0\0\0\0"), malformed, "nothing compressed");
    expect_of_body(BYTES_OF("\0\1\0\1\0\0\0\2\1\0!"), BULLA_E_MESSAGE_TRAILING_BYTES, "more");
}

/* What came out is a Certificate like any other. */
static void what_is_inside_is_judged_too(void **state) {
    const struct {
        bulla_bytes plain;
        bulla_cause cause;
        const char *what;
    } cases[] = {
        {BYTES_OF("\1!\0\0\0"), BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL, "a context"},
        {BYTES_OF("\0\0\0\0"), BULLA_E_CERTIFICATE_LIST_EMPTY, "no certificate"},
        {BYTES_OF("\0\0\0\0!"), BULLA_E_MESSAGE_TRAILING_BYTES, "more"},
        {BYTES_OF("\0\0\0\7\0\0\1"), BULLA_E_MESSAGE_MALFORMED, "cut"},
        {BYTES_OF("\0\0\0\6\0\0\1!\0\0"), BULLA_E_CERT_MALFORMED, "no DER"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memory.instead = cases[i].plain;
        expect_of_fields(ZLIB, (uint32_t)cases[i].plain.len, BYTES_OF("\1\0"), cases[i].cause,
                         cases[i].what);
    }
}

/* Nothing was offered: the message has no place here. */
static void unasked_for_it_is_unexpected(void **state) {
    const struct setup client = client_setup(only_writes_zlib), server = server_setup(NULL);
    struct pair pair;
    (void)state;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    bulla_bytes body = BYTES_OF("\0\1\0\1\0\0\0\2\1\0");
    assert_int_equal(compressed_certificate_receive(pair.client.connection, body, body),
                     BULLA_E_MESSAGE_UNEXPECTED);
    assert_int_equal(memory.num_decompressed, 0);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ the lists */

static void malformed_lists_are_refused(void **state) {
    const struct setup server = server_setup(only_zlib);
    const struct {
        bulla_bytes list;
        bulla_cause cause;
    } cases[] = {
        {BYTES_OF("\2\0\1"), BULLA_OK},
        {BYTES_OF("\4\x6a\x6a\0\1"), BULLA_OK}, /* GREASE is as good as any */
        {BYTES_OF("\2\0\2"), BULLA_OK},
        {BYTES_OF("\0"), BULLA_E_EXTENSION_MALFORMED},
        {BYTES_OF("\1\0"), BULLA_E_EXTENSION_MALFORMED},
        {BYTES_OF("\3\0\1\0"), BULLA_E_EXTENSION_MALFORMED},
        {BYTES_OF("\2\0\1!"), BULLA_E_EXTENSION_MALFORMED},
        {BYTES_OF("\4\0\1"), BULLA_E_EXTENSION_MALFORMED},
        {BYTES_OF(""), BULLA_E_EXTENSION_MALFORMED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct setup client = client_setup(NULL);
        struct forged_hello hello = forged_client_hello();
        struct writer message = writer_growing(1 << 14), record = writer_growing(1 << 14);
        struct pair pair;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        forged_set(&hello, EXTENSION_COMPRESS_CERTIFICATE, cases[i].list);
        forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
        raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION,
                   bytes_of(message.buffer, message.len));
        (void)end_feed(&pair.server, bytes_of(record.buffer, record.len));
        expect_cause(&pair.server, cases[i].cause, "a list");
        writer_free(&message);
        writer_free(&record);
        pair_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(compresses_where_both_can, forget),
        cmocka_unit_test_teardown(prefers_its_own_first, forget),
        cmocka_unit_test_teardown(compresses_once_for_a_config, forget),
        cmocka_unit_test_teardown(each_credential_has_its_own, forget),
        cmocka_unit_test_teardown(what_is_not_smaller_goes_plain, forget),
        cmocka_unit_test_teardown(an_answered_credential_goes_plain, forget),
        cmocka_unit_test_teardown(clients_compress_too, forget),
        cmocka_unit_test_teardown(a_client_without_certificate_sends_it_plain, forget),
        cmocka_unit_test_teardown(tls_12_has_none, forget),
        cmocka_unit_test_teardown(other_algorithms_are_refused, forget),
        cmocka_unit_test_teardown(impossible_lengths_are_refused_unseen, forget),
        cmocka_unit_test_teardown(another_length_than_promised_is_refused, forget),
        cmocka_unit_test_teardown(malformed_messages_are_refused, forget),
        cmocka_unit_test_teardown(what_is_inside_is_judged_too, forget),
        cmocka_unit_test_teardown(unasked_for_it_is_unexpected, forget),
        cmocka_unit_test_teardown(malformed_lists_are_refused, forget),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
