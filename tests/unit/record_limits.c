/* SPDX-License-Identifier: Apache-2.0 */
/* Record sizes as the peers wish them: record_size_limit (RFC 8449) and max_fragment_length
 * (RFC 6066 4), in both versions, for what is sent and for what is taken. What goes over the wire
 * is measured there, by the records' headers. */
#include "support/check.h"

#include "engine/expect.h"
#include "tls/hello.h"

#include <stdlib.h>

enum { OVERHEAD_13 = 16, OVERHEAD_12 = 8 + 16, SEED = 7 };

static const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;
static uint8_t plenty[40000];

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Limits");
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

static void limit_set(bulla_config_builder *builder, void *context) {
    const size_t *limit = context;
    bulla_config_set_record_size_limit(builder, *limit);
}

static struct setup setup_of(bulla_role role, uint16_t version, size_t *limit) {
    static const uint16_t aes_128[] = {BULLA_TLS_AES_128_GCM_SHA256,
                                       BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
    struct setup setup = {.role = role,
                          .trust = trust,
                          .suites = aes_128,
                          .num_suites = 2,
                          .version_min = BULLA_TLS_1_2,
                          .version_max = version};
    setup.credentials[0] = role == BULLA_SERVER ? credential : NULL;
    if (*limit != 0) {
        setup.more = limit_set;
        setup.more_context = limit;
    }
    return setup;
}

/* The longest and the shortest fragment among the records of `wire`. */
struct measure {
    size_t longest, shortest, num_records;
};

static struct measure measure(bulla_bytes wire) {
    struct measure out = {.shortest = SIZE_MAX};
    struct reader reader = reader_over(wire);
    uint8_t type;
    uint16_t version;
    bulla_bytes fragment = bytes_of(NULL, 0);
    while (!reader_at_end(&reader)) {
        assert_true(reader_u8(&reader, &type) && reader_u16(&reader, &version) &&
                    reader_vector16(&reader, &fragment));
        out.longest = fragment.len > out.longest ? fragment.len : out.longest;
        out.shortest = fragment.len < out.shortest ? fragment.len : out.shortest;
        out.num_records++;
    }
    return out;
}

static struct measure measure_waiting(const struct end *end) {
    return measure(bytes_of(end->inbox.buffer + end->inbox_start, end_waiting(end)));
}

/* Sends a lot one way; its records on the wire, and it arrives. */
static struct measure measure_data(struct end *from, struct end *to) {
    size_t before = to->received.len;
    assert_int_equal(end_send(from, to, BYTES_IN(plenty)), BULLA_OK);
    struct measure found = measure_waiting(to);
    (void)end_receive(to, SIZE_MAX);
    expect_cause(to, BULLA_OK, "data");
    assert_int_equal(to->received.len - before, sizeof plenty);
    return found;
}

/* ------------------------------------------------------------------ record_size_limit */

static void each_side_keeps_to_the_others_limit(void **state) {
    const struct {
        size_t client, server; /* 0: no wish */
    } cases[] = {{1000, 0}, {0, 1000}, {64, 16384}, {16384, 64}, {100, 200}, {0, 0}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        size_t limits[] = {cases[i / 2].client, cases[i / 2].server};
        uint16_t version = versions[i % 2];
        struct setup client = setup_of(BULLA_CLIENT, version, &limits[0]);
        struct setup server = setup_of(BULLA_SERVER, version, &limits[1]);
        size_t overhead = version == BULLA_TLS_1_3 ? 1 + OVERHEAD_13 : OVERHEAD_12;
        struct pair pair;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.client).version, version);
        size_t to_client = limits[0] == 0 ? 16384 : limits[0];
        /* A server's wish is its answer: without a question there is none. */
        size_t to_server = limits[1] == 0 || limits[0] == 0 ? 16384 : limits[1];
        assert_int_equal(measure_data(&pair.server, &pair.client).longest, to_client + overhead);
        assert_int_equal(measure_data(&pair.client, &pair.server).longest, to_server + overhead);
        pair_close(&pair);
    }
}

/* A client that speaks both says it for TLS 1.3, whose count has one byte more. */
static void the_type_byte_counts_in_tls_13_alone(void **state) {
    size_t limit = 500, none = 0;
    (void)state;
    struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
    struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_2, &none);
    struct pair pair;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_int_equal(end_info(&pair.client).version, BULLA_TLS_1_2);
    assert_int_equal(measure_data(&pair.server, &pair.client).longest, 501 + OVERHEAD_12);
    pair_close(&pair);
}

static void flights_are_cut_too(void **state) {
    size_t limit = 64, none = 0;
    (void)state;
    struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
    struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
    struct pair pair;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    (void)end_receive(&pair.client, 0);
    (void)end_flush(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    (void)end_flush(&pair.server, &pair.client);
    struct measure flight = measure_waiting(&pair.client);
    assert_int_equal(flight.longest, 65 + OVERHEAD_13);
    assert_true(flight.num_records > 10);
    pair_connect(&pair);
    pair_close(&pair);
}

/* The limit holds for content, type and padding together. */
static void padding_stays_within_the_limit(void **state) {
    const struct {
        size_t limit, multiple, longest; /* of TLSInnerPlaintext */
    } cases[] = {
        {300, 128, 256}, {300, 256, 256}, {255, 256, 256},       {254, 256, 255},
        {64, 1000, 65},  {64, 2, 64},     {16384, 16384, 16384},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t limit = cases[i].limit, none = 0;
        struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
        struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
        struct pair pair;
        server.padding = cases[i].multiple;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_connect(&pair);
        struct measure data = measure_data(&pair.server, &pair.client);
        assert_int_equal(data.longest, cases[i].longest + OVERHEAD_13);
        size_t multiple = cases[i].multiple < limit + 1 ? cases[i].multiple : limit + 1;
        assert_int_equal((data.shortest - OVERHEAD_13) % multiple, 0);
        pair_close(&pair);
    }
}

/* The smaller of the config's record size and the peer's limit counts. */
static void the_smaller_of_wish_and_config_counts(void **state) {
    const size_t sizes[] = {64, 999, 1000, 1001, 16384};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t limit = 1000, none = 0;
        struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
        struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
        struct pair pair;
        server.record_size = sizes[i];
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_connect(&pair);
        size_t expected = sizes[i] < limit ? sizes[i] : limit;
        assert_int_equal(measure_data(&pair.server, &pair.client).longest,
                         expected + 1 + OVERHEAD_13);
        pair_close(&pair);
    }
}

/* send_room() is what it takes, and with less than it as much is sent as fits. */
static void any_room_is_enough_for_something(void **state) {
    size_t limit = 100, none = 0;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setup client = setup_of(BULLA_CLIENT, versions[i], &limit);
        struct setup server = setup_of(BULLA_SERVER, versions[i], &none);
        struct pair pair;
        server.padding = 32;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        pair_connect(&pair);
        for (size_t room = 0; room < 400; room++) {
            uint8_t *out = malloc(room + 1);
            bulla_bytes data = bytes_of(plenty, 1000);
            size_t len;
            must(out != NULL, "memory");
            bulla_cause cause =
                bulla_connection_send(pair.server.connection, &data, out, room, &len);
            assert_true(len <= room);
            assert_int_equal(cause, len == 0 ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK);
            assert_true(len != 0 || room < 5 + 32 + 16);
            size_t before = pair.client.received.len;
            (void)end_feed(&pair.client, bytes_of(out, len));
            expect_cause(&pair.client, BULLA_OK, "a record cut to the room");
            assert_int_equal(pair.client.received.len - before, 1000 - data.len);
            free(out);
        }
        pair_close(&pair);
    }
}

/* ------------------------------------------------------------------ what is taken */

static void connect_with(struct pair *pair, uint16_t version, size_t *client_limit,
                         size_t *server_limit) {
    struct setup client = setup_of(BULLA_CLIENT, version, client_limit);
    struct setup server = setup_of(BULLA_SERVER, version, server_limit);
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(pair);
}

static void longer_records_are_refused(void **state) {
    const struct {
        size_t content, padding;
        bool taken;
    } cases[] = {{64, 0, true},  {1, 63, true},  {63, 1, true},    {65, 0, false},
                 {64, 1, false}, {1, 64, false}, {16384, 0, false}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        size_t limit = 64;
        struct writer record = writer_growing(1 << 15);
        struct pair pair;
        connect_with(&pair, BULLA_TLS_1_3, &limit, &limit);
        struct end *victim = i % 2 == 0 ? &pair.client : &pair.server;
        raw_sealed(&record, victim, 0, CONTENT_APPLICATION_DATA,
                   bytes_of(plenty, cases[i / 2].content), cases[i / 2].padding);
        if (cases[i / 2].taken) {
            expect_taken(victim, bytes_of(record.buffer, record.len), "within the limit");
        } else {
            expect_refused(victim, bytes_of(record.buffer, record.len), BULLA_E_RECORD_TOO_LONG,
                           "above the limit");
        }
        writer_free(&record);
        pair_close(&pair);
    }
}

/* By its header alone: the rest of it need not come. */
static void longer_records_are_refused_by_their_headers(void **state) {
    const uint8_t allowed_13[] = {23, 3, 3, 0, 65 + OVERHEAD_13};
    const uint8_t refused_13[] = {23, 3, 3, 0, 65 + OVERHEAD_13 + 1};
    const uint8_t allowed_12[] = {23, 3, 3, 0, 64 + OVERHEAD_12};
    const uint8_t refused_12[] = {23, 3, 3, 0, 64 + OVERHEAD_12 + 1};
    size_t limit = 64;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bool is_13 = versions[i] == BULLA_TLS_1_3;
        struct pair pair;
        connect_with(&pair, versions[i], &limit, &limit);
        (void)end_feed(&pair.server, is_13 ? BYTES_IN(allowed_13) : BYTES_IN(allowed_12));
        expect_cause(&pair.server, BULLA_OK, "at the limit");
        pair_close(&pair);
        connect_with(&pair, versions[i], &limit, &limit);
        (void)end_feed(&pair.server, is_13 ? BYTES_IN(refused_13) : BYTES_IN(refused_12));
        expect_cause(&pair.server, BULLA_E_RECORD_TOO_LONG, "above the limit");
        assert_int_equal(bulla_connection_failure(pair.server.connection).alert_sent,
                         BULLA_ALERT_RECORD_OVERFLOW);
        expect_dead(&pair.server, BULLA_E_RECORD_TOO_LONG);
        pair_close(&pair);
    }
}

/* A wish that the server did not answer was not agreed on. */
static void without_an_answer_there_is_no_limit(void **state) {
    const struct replay_message no_answer = {HANDSHAKE_ENCRYPTED_EXTENSIONS, BYTES_OF("\0\0")};
    size_t limit = 64, none = 0;
    struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
    struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
    struct writer record = writer_growing(1 << 15);
    struct pair pair;
    (void)state;
    server.replay = &no_answer;
    server.num_replay = 1;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(&pair);
    raw_sealed(&record, &pair.client, 0, CONTENT_APPLICATION_DATA, bytes_of(plenty, 16384), 0);
    expect_taken(&pair.client, bytes_of(record.buffer, record.len), "as long as a record can be");
    writer_free(&record);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ illegal wishes */

static void expect_of_answer(bulla_bytes extensions, bulla_cause cause, const char *what) {
    const struct replay_message answer = {HANDSHAKE_ENCRYPTED_EXTENSIONS, extensions};
    size_t limit = 1000, none = 0;
    struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &limit);
    struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
    struct pair pair;
    server.replay = &answer;
    server.num_replay = 1;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_run(&pair);
    expect_cause(&pair.client, cause, what);
    if (cause != BULLA_OK) {
        expect_dead(&pair.client, cause);
    }
    pair_close(&pair);
}

static void illegal_answers_are_refused(void **state) {
    (void)state;
    const bulla_cause illegal = BULLA_E_EXTENSION_VALUE_ILLEGAL;
    const bulla_cause malformed = BULLA_E_EXTENSION_MALFORMED;
    const bulla_cause unsolicited = BULLA_E_EXTENSION_UNSOLICITED;
    expect_of_answer(BYTES_OF("\0\6\0\x1c\0\2\0\x40"), BULLA_OK, "64");
    expect_of_answer(BYTES_OF("\0\6\0\x1c\0\2\x40\1"), BULLA_OK, "16385");
    expect_of_answer(BYTES_OF("\0\6\0\x1c\0\2\xff\xff"), BULLA_OK, "65535");
    expect_of_answer(BYTES_OF("\0\6\0\x1c\0\2\0\x3f"), illegal, "63");
    expect_of_answer(BYTES_OF("\0\6\0\x1c\0\2\0\0"), illegal, "0");
    expect_of_answer(BYTES_OF("\0\5\0\x1c\0\1\x40"), malformed, "cut");
    expect_of_answer(BYTES_OF("\0\7\0\x1c\0\3\0\x40\0"), malformed, "longer");
    /* RFC 8449 5: never both; and this client asked for one alone. */
    expect_of_answer(BYTES_OF("\0\x0b\0\x1c\0\2\0\x40\0\1\0\1\1"), unsolicited, "both");
    expect_of_answer(BYTES_OF("\0\5\0\1\0\1\1"), unsolicited, "the other");
}

static void expect_of_wish(uint16_t type, bulla_bytes data, bulla_cause cause, const char *what) {
    size_t none = 0;
    struct setup client = setup_of(BULLA_CLIENT, BULLA_TLS_1_3, &none);
    struct setup server = setup_of(BULLA_SERVER, BULLA_TLS_1_3, &none);
    struct forged_hello hello = forged_client_hello();
    struct writer message = writer_growing(1 << 14), record = writer_growing(1 << 14);
    struct pair pair;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    forged_set(&hello, type, data);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
    raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    if (cause == BULLA_OK) {
        expect_taken(&pair.server, bytes_of(record.buffer, record.len), what);
    } else {
        expect_refused(&pair.server, bytes_of(record.buffer, record.len), cause, what);
    }
    writer_free(&message);
    writer_free(&record);
    pair_close(&pair);
}

static void illegal_wishes_are_refused(void **state) {
    (void)state;
    const bulla_cause illegal = BULLA_E_EXTENSION_VALUE_ILLEGAL;
    const bulla_cause malformed = BULLA_E_EXTENSION_MALFORMED;
    const uint16_t limit = EXTENSION_RECORD_SIZE_LIMIT, fragment = EXTENSION_MAX_FRAGMENT_LENGTH;
    expect_of_wish(limit, BYTES_OF("\0\x40"), BULLA_OK, "64");
    expect_of_wish(limit, BYTES_OF("\xff\xff"), BULLA_OK, "65535");
    expect_of_wish(limit, BYTES_OF("\0\x3f"), illegal, "63");
    expect_of_wish(limit, BYTES_OF("\x40"), malformed, "one byte");
    expect_of_wish(limit, BYTES_OF("\0\x40\0"), malformed, "three bytes");
    expect_of_wish(fragment, BYTES_OF("\1"), BULLA_OK, "2^9");
    expect_of_wish(fragment, BYTES_OF("\4"), BULLA_OK, "2^12");
    expect_of_wish(fragment, BYTES_OF("\0"), illegal, "0");
    expect_of_wish(fragment, BYTES_OF("\5"), illegal, "2^13");
    expect_of_wish(fragment, BYTES_OF(""), malformed, "no byte");
    expect_of_wish(fragment, BYTES_OF("\1\1"), malformed, "two bytes");
}

/* ------------------------------------------------------------------ max_fragment_length */

/* A client of ours whose hello has extensions more, which its own drawn numbers would give. */
static void open_with_extensions(struct pair *pair, uint16_t version, const uint16_t *types,
                                 const bulla_bytes *data, size_t num_types,
                                 struct writer *out_hello) {
    size_t none = 0;
    struct seeded random = seeded_of(SEED);
    struct setup client = setup_of(BULLA_CLIENT, version, &none);
    struct setup server = setup_of(BULLA_SERVER, version, &none);
    client.random = &random;
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    (void)end_receive(&pair->client, 0);
    struct forged_hello hello =
        raw_read_client_hello(bulla_connection_output(pair->client.connection));
    for (size_t i = 0; i < num_types; i++) {
        forged_set(&hello, types[i], data[i]);
    }
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, out_hello);
    pair_close(pair);
    const struct replay_message replay = {
        HANDSHAKE_CLIENT_HELLO,
        bytes_after(bytes_of(out_hello->buffer, out_hello->len), HANDSHAKE_HEADER_LEN)};
    random = seeded_of(SEED);
    client.replay = &replay;
    client.num_replay = 1;
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair_connect(pair);
}

static void max_fragment_length_binds_both_sides(void **state) {
    const uint16_t type = EXTENSION_MAX_FRAGMENT_LENGTH;
    const bulla_bytes codes[] = {BYTES_OF("\1"), BYTES_OF("\2"), BYTES_OF("\3"), BYTES_OF("\4")};
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        uint16_t version = versions[i % 2];
        size_t len = (size_t)512 << i / 2;
        size_t overhead = version == BULLA_TLS_1_3 ? 1 + OVERHEAD_13 : OVERHEAD_12;
        struct writer hello = writer_growing(1 << 14);
        struct pair pair;
        open_with_extensions(&pair, version, &type, &codes[i / 2], 1, &hello);
        assert_int_equal(measure_data(&pair.server, &pair.client).longest, len + overhead);
        /* This client knows nothing of it, and writes what is too long for what it asked for. */
        assert_int_equal(end_send(&pair.client, &pair.server, bytes_of(plenty, len)), BULLA_OK);
        (void)end_receive(&pair.server, SIZE_MAX);
        expect_cause(&pair.server, BULLA_OK, "as long as agreed");
        assert_int_equal(end_send(&pair.client, &pair.server, bytes_of(plenty, len + 1)), BULLA_OK);
        (void)end_receive(&pair.server, SIZE_MAX);
        expect_cause(&pair.server, BULLA_E_RECORD_TOO_LONG, "longer by one");
        writer_free(&hello);
        pair_close(&pair);
    }
}

/* RFC 8449 5: with record_size_limit there, max_fragment_length is not even looked at. */
static void record_size_limit_goes_before_max_fragment_length(void **state) {
    const uint16_t types[] = {EXTENSION_MAX_FRAGMENT_LENGTH, EXTENSION_RECORD_SIZE_LIMIT};
    const bulla_bytes data[] = {BYTES_OF("\1"), BYTES_OF("\x07\xd1")};
    const bulla_bytes illegal[] = {BYTES_OF("\7"), BYTES_OF("\x07\xd1")};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uint16_t version = versions[i % 2];
        size_t expected = version == BULLA_TLS_1_3 ? 2001 + OVERHEAD_13 : 2001 + OVERHEAD_12;
        struct writer hello = writer_growing(1 << 14);
        struct pair pair;
        open_with_extensions(&pair, version, types, i < 2 ? data : illegal, 2, &hello);
        assert_int_equal(measure_data(&pair.server, &pair.client).longest, expected);
        writer_free(&hello);
        pair_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_keeps_to_the_others_limit),
        cmocka_unit_test(the_type_byte_counts_in_tls_13_alone),
        cmocka_unit_test(flights_are_cut_too),
        cmocka_unit_test(padding_stays_within_the_limit),
        cmocka_unit_test(the_smaller_of_wish_and_config_counts),
        cmocka_unit_test(any_room_is_enough_for_something),
        cmocka_unit_test(longer_records_are_refused),
        cmocka_unit_test(longer_records_are_refused_by_their_headers),
        cmocka_unit_test(without_an_answer_there_is_no_limit),
        cmocka_unit_test(illegal_answers_are_refused),
        cmocka_unit_test(illegal_wishes_are_refused),
        cmocka_unit_test(max_fragment_length_binds_both_sides),
        cmocka_unit_test(record_size_limit_goes_before_max_fragment_length),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
