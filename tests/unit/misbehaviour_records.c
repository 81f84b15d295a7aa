/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that break RFC 8446 sections 5 and 6: records of wrong type, version, length, protection
 * or order, change_cipher_spec at each wrong time, alerts in each phase, floods, and peers that do
 * not speak TLS at all. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/expect.h"

enum { BYTES_MAX = 1 << 18 };

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *server;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.server = authority_issue(&world.authority, &(struct leaf){.not_for_clients = true});
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->server);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

/* Where a pair stands when the forged bytes come. */
enum phase {
    FRESH,     /* the client's hello lies in its output; the server has read nothing */
    RETRIED,   /* the server has sent a HelloRetryRequest, the client has read it */
    ANSWERED,  /* the server has sent its flight; the client has read the ServerHello alone */
    CONNECTED, /* both are done */
    NUM_PHASES
};

static void open_pair(struct pair *pair, const struct world *world, enum phase phase) {
    static const uint16_t group_codes[] = {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1};
    struct setup client = {.role = BULLA_CLIENT, .trust = world->trust};
    struct setup server = {.role = BULLA_SERVER, .credentials = {world->server}};
    client.version_min = client.version_max = BULLA_TLS_1_3; /* tls12_misbehaviour.c has 1.2 */
    server.version_min = server.version_max = BULLA_TLS_1_3;
    if (phase == RETRIED) {
        server.groups = group_codes + 1;
        server.num_groups = 1;
    }
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    if (phase == CONNECTED) {
        pair_connect(pair);
        return;
    }
    (void)end_receive(&pair->client, 0);
    if (phase != FRESH) {
        (void)end_flush(&pair->client, &pair->server);
        (void)end_receive(&pair->server, SIZE_MAX);
        (void)end_flush(&pair->server, &pair->client);
        const uint8_t *bytes = pair->client.inbox.buffer;
        (void)end_receive(&pair->client, RECORD_HEADER_LEN + ((size_t)bytes[3] << 8 | bytes[4]));
        pair->client.inbox.len = pair->client.inbox_start = 0;
        bulla_connection_output_sent(pair->client.connection, SIZE_MAX);
    }
    assert_int_equal(end_failure(&pair->client), BULLA_OK);
    assert_int_equal(end_failure(&pair->server), BULLA_OK);
}

static struct end *end_of(struct pair *pair, bulla_role role) {
    return role == BULLA_CLIENT ? &pair->client : &pair->server;
}

/* Feeds bytes to a pair's end in a phase; `cause` is BULLA_OK where they are to be taken. */
static void feed(const struct world *world, enum phase phase, bulla_role role, bulla_bytes bytes,
                 bulla_cause cause, const char *what) {
    struct pair pair;
    open_pair(&pair, world, phase);
    if (cause == BULLA_OK) {
        expect_taken(end_of(&pair, role), bytes, what);
    } else {
        expect_refused(end_of(&pair, role), bytes, cause, what);
    }
    pair_close(&pair);
}

static void feed_record(const struct world *world, enum phase phase, bulla_role role, unsigned type,
                        bulla_bytes fragment, bulla_cause cause, const char *what) {
    struct writer out = writer_growing(BYTES_MAX);
    raw_record(&out, type, LEGACY_VERSION, fragment);
    feed(world, phase, role, bytes_of(out.buffer, out.len), cause, what);
    writer_free(&out);
}

/* The same, sealed. */
static void feed_sealed(const struct world *world, enum phase phase, bulla_role role, unsigned type,
                        bulla_bytes content, size_t num_padding, bulla_cause cause,
                        const char *what) {
    struct writer out = writer_growing(BYTES_MAX);
    struct pair pair;
    open_pair(&pair, world, phase);
    raw_sealed(&out, end_of(&pair, role), 0, type, content, num_padding);
    if (cause == BULLA_OK) {
        expect_taken(end_of(&pair, role), bytes_of(out.buffer, out.len), what);
    } else {
        expect_refused(end_of(&pair, role), bytes_of(out.buffer, out.len), cause, what);
    }
    pair_close(&pair);
    writer_free(&out);
}

/* ------------------------------------------------------------------ not TLS */

static void foreign_protocols(void **state) {
    static const struct {
        const char *first;
        bulla_cause cause;
    } cases[] = {
        {"GET / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"HEAD / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"POST / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"PUT / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"DELETE / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"OPTIONS * HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"CONNECT a:443 HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"PATCH / HTTP/1.1\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"PRI * HTTP/2.0\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"HTTP/1.1 400 Bad Request\r\n", BULLA_E_PEER_SPEAKS_HTTP},
        {"SSH-2.0-OpenSSH_9.2\r\n", BULLA_E_PEER_SPEAKS_SSH},
        {"220 mail.example ESMTP\r\n", BULLA_E_PEER_SPEAKS_SMTP},
        {"220-ftp.example\r\n", BULLA_E_PEER_SPEAKS_SMTP},
        {"EHLO a.example\r\n", BULLA_E_PEER_SPEAKS_SMTP},
        {"\x80\x2e\x01\x03\x01", BULLA_E_PEER_SPEAKS_SSL2},
        {"GETTY", BULLA_E_PEER_NOT_TLS},
        {"\r\n\r\n\r\n", BULLA_E_PEER_NOT_TLS},
        {"\x16\x02\x01\x01\x01", BULLA_E_PEER_NOT_TLS},
        {"\x18\x03\x03\x01\x01", BULLA_E_PEER_NOT_TLS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_bytes bytes = bytes_of_text(cases[i].first);
        feed(*state, FRESH, BULLA_SERVER, bytes, cases[i].cause, cases[i].first);
        feed(*state, FRESH, BULLA_CLIENT, bytes, cases[i].cause, cases[i].first);
        /* Nothing is judged before its five bytes are here. */
        feed(*state, FRESH, BULLA_SERVER, bytes_of(bytes.data, 4), BULLA_OK, cases[i].first);
    }
}

/* ------------------------------------------------------------------ headers and lengths */

static void record_headers(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        feed(*state, CONNECTED, (bulla_role)role, BYTES_OF("\x18\x03\x03\0\x01"),
             BULLA_E_RECORD_TYPE_UNKNOWN, "heartbeat");
        feed(*state, CONNECTED, (bulla_role)role, BYTES_OF("\0\x03\x03\0\x01"),
             BULLA_E_RECORD_TYPE_UNKNOWN, "type 0");
        feed(*state, CONNECTED, (bulla_role)role, BYTES_OF("\x17\x02\x03\0\x01"),
             BULLA_E_RECORD_VERSION_INVALID, "version 2.3");
        feed(*state, FRESH, (bulla_role)role, BYTES_OF("\x17\x03\x03\0\0"),
             BULLA_E_MESSAGE_UNEXPECTED, "data before keys");
        feed(*state, FRESH, (bulla_role)role, BYTES_OF("\x16\x03\x00\x40\x00"), BULLA_OK,
             "as long as may be");
        feed(*state, FRESH, (bulla_role)role, BYTES_OF("\x16\x03\x03\x40\x01"),
             BULLA_E_RECORD_TOO_LONG, "plaintext above 2^14");
        feed(*state, CONNECTED, (bulla_role)role, BYTES_OF("\x17\x03\x03\x41\x00"), BULLA_OK,
             "as long as may be");
        feed(*state, CONNECTED, (bulla_role)role, BYTES_OF("\x17\x03\x03\x41\x01"),
             BULLA_E_RECORD_TOO_LONG, "ciphertext above 2^14 + 256");
    }
}

static void sealed_lengths(void **state) {
    static uint8_t long_data[RECORD_PLAINTEXT_LEN_MAX + 1];
    const bulla_bytes most = bytes_of(long_data, RECORD_PLAINTEXT_LEN_MAX);
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        feed_sealed(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA, most, 0,
                    BULLA_OK, "2^14 bytes");
        feed_sealed(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA,
                    BYTES_IN(long_data), 0, BULLA_E_RECORD_TOO_LONG, "2^14 + 1 bytes");
        feed_sealed(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA, most, 1,
                    BULLA_E_RECORD_TOO_LONG, "2^14 bytes and padding");
        feed_sealed(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA, BYTES_OF("x"),
                    RECORD_PLAINTEXT_LEN_MAX - 1, BULLA_OK, "padded as far as may be");
        feed_sealed(*state, CONNECTED, (bulla_role)role, 0, bytes_of(NULL, 0), 0,
                    BULLA_E_RECORD_NO_CONTENT_TYPE, "no content type");
        feed_sealed(*state, CONNECTED, (bulla_role)role, 0, bytes_of(NULL, 0), 100,
                    BULLA_E_RECORD_NO_CONTENT_TYPE, "padding alone");
        feed_sealed(*state, CONNECTED, (bulla_role)role, 99, BYTES_OF("x"), 0,
                    BULLA_E_RECORD_TYPE_UNKNOWN, "inner type 99");
        feed_record(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA,
                    BYTES_OF("0123456789abcdef"), BULLA_E_RECORD_DECRYPT_FAILED, "a tag alone");
        feed_record(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA,
                    BYTES_OF("0123456789abcdef0"), BULLA_E_RECORD_DECRYPT_FAILED, "a wrong tag");
        feed_record(*state, CONNECTED, (bulla_role)role, CONTENT_APPLICATION_DATA,
                    bytes_of(NULL, 0), BULLA_E_RECORD_DECRYPT_FAILED, "nothing");
    }
}

/* RFC 8446 5.1 and 5.4: handshake and alert records are not empty, padded or not. */
static void empty_records(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        feed_record(*state, FRESH, (bulla_role)role, CONTENT_HANDSHAKE, bytes_of(NULL, 0),
                    BULLA_E_RECORD_EMPTY, "empty handshake record");
        feed_record(*state, FRESH, (bulla_role)role, CONTENT_ALERT, bytes_of(NULL, 0),
                    BULLA_E_RECORD_EMPTY, "empty alert record");
        for (int phase = ANSWERED; phase <= CONNECTED; phase++) {
            for (size_t padding = 0; padding <= 3; padding += 3) {
                feed_sealed(*state, (enum phase)phase, (bulla_role)role, CONTENT_HANDSHAKE,
                            bytes_of(NULL, 0), padding, BULLA_E_RECORD_EMPTY,
                            "empty handshake record, sealed");
                feed_sealed(*state, (enum phase)phase, (bulla_role)role, CONTENT_ALERT,
                            bytes_of(NULL, 0), padding, BULLA_E_RECORD_EMPTY,
                            "empty alert record, sealed");
            }
        }
    }
}

/* 32 empty records of data in a row are borne, RFC 8446 5.4 allows them; a byte between starts the
 * count anew. */
static void empty_data_flood(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct writer out = writer_growing(BYTES_MAX);
        struct pair pair;
        open_pair(&pair, *state, CONNECTED);
        struct end *victim = end_of(&pair, (bulla_role)role);
        for (unsigned i = 0; i < 2 * EMPTY_RECORDS_MAX + 1; i++) {
            bool between = i == EMPTY_RECORDS_MAX;
            raw_sealed(&out, victim, i, CONTENT_APPLICATION_DATA,
                       between ? BYTES_OF("x") : bytes_of(NULL, 0), i % 3);
        }
        expect_taken(victim, bytes_of(out.buffer, out.len), "32 empty records twice");
        out.len = 0;
        raw_sealed(&out, victim, 0, CONTENT_APPLICATION_DATA, bytes_of(NULL, 0), 0);
        expect_refused(victim, bytes_of(out.buffer, out.len), BULLA_E_RECORD_FLOOD_EMPTY, "flood");
        pair_close(&pair);
        writer_free(&out);
    }
}

/* ------------------------------------------------------------------ protection and order */

static void plaintext_after_keys(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (int phase = ANSWERED; phase <= CONNECTED; phase++) {
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_HANDSHAKE,
                        BYTES_OF("\x08\0\0\x02\0\0"), BULLA_E_RECORD_NOT_PROTECTED,
                        "plaintext handshake record");
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_HANDSHAKE,
                        bytes_of(NULL, 0), BULLA_E_RECORD_NOT_PROTECTED,
                        "empty plaintext handshake record");
            /* A client that could make nothing of our flight has no other way to say so. */
            bool may_come = role == BULLA_SERVER && phase == ANSWERED;
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_ALERT,
                        BYTES_OF("\x02\x28"),
                        may_come ? BULLA_E_ALERT_RECEIVED : BULLA_E_RECORD_NOT_PROTECTED,
                        "plaintext alert");
        }
    }
}

static void data_in_the_handshake(void **state) {
    feed_sealed(*state, ANSWERED, BULLA_CLIENT, CONTENT_APPLICATION_DATA, BYTES_OF("x"), 0,
                BULLA_E_MESSAGE_UNEXPECTED, "data before the server's Finished");
    feed_sealed(*state, ANSWERED, BULLA_SERVER, CONTENT_APPLICATION_DATA, BYTES_OF("x"), 0,
                BULLA_E_MESSAGE_UNEXPECTED, "data before the client's Finished");
    feed_sealed(*state, ANSWERED, BULLA_SERVER, CONTENT_APPLICATION_DATA, bytes_of(NULL, 0), 0,
                BULLA_E_MESSAGE_UNEXPECTED, "no data before the client's Finished");
}

/* RFC 8446 5.1: nothing stands within a message that is split over records. */
static void interleaved(void **state) {
    static const struct {
        unsigned type;
        bulla_bytes content;
        bulla_cause cause;
    } cases[] = {
        {CONTENT_ALERT, {(const uint8_t *)"\x01\x5a", 2}, BULLA_E_MESSAGE_INTERLEAVED},
        {CONTENT_APPLICATION_DATA, {(const uint8_t *)"x", 1}, BULLA_E_MESSAGE_INTERLEAVED},
        {CONTENT_HANDSHAKE, {(const uint8_t *)"\0", 1}, BULLA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
            struct writer out = writer_growing(BYTES_MAX);
            struct pair pair;
            open_pair(&pair, *state, CONNECTED);
            struct end *victim = end_of(&pair, (bulla_role)role);
            raw_sealed(&out, victim, 0, CONTENT_HANDSHAKE, BYTES_OF("\x18\0\0\x01"), 0);
            raw_sealed(&out, victim, 1, cases[i].type, cases[i].content, 0);
            if (cases[i].cause == BULLA_OK) {
                expect_taken(victim, bytes_of(out.buffer, out.len), "a KeyUpdate in two records");
            } else {
                expect_refused(victim, bytes_of(out.buffer, out.len), cases[i].cause,
                               "a record within a KeyUpdate");
            }
            pair_close(&pair);
            writer_free(&out);
        }
    }
}

/* ------------------------------------------------------------------ change_cipher_spec */

static void change_cipher_spec(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (int phase = FRESH; phase < NUM_PHASES; phase++) {
            bool in_time =
                phase == RETRIED || phase == ANSWERED || (phase == FRESH && role == BULLA_CLIENT);
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_CHANGE_CIPHER_SPEC,
                        BYTES_OF("\x01"), in_time ? BULLA_OK : BULLA_E_CHANGE_CIPHER_SPEC_INVALID,
                        "change_cipher_spec");
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_CHANGE_CIPHER_SPEC,
                        BYTES_OF("\x02"), BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "content 2");
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_CHANGE_CIPHER_SPEC,
                        BYTES_OF("\x01\x01"), BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "two bytes");
            feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_CHANGE_CIPHER_SPEC,
                        bytes_of(NULL, 0), BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "no byte");
        }
        for (int phase = ANSWERED; phase <= CONNECTED; phase++) {
            feed_sealed(*state, (enum phase)phase, (bulla_role)role, CONTENT_CHANGE_CIPHER_SPEC,
                        BYTES_OF("\x01"), 0, BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "sealed");
        }
    }
}

static void change_cipher_spec_flood(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct writer out = writer_growing(BYTES_MAX);
        struct pair pair;
        open_pair(&pair, *state, ANSWERED);
        struct end *victim = end_of(&pair, (bulla_role)role);
        for (int i = 0; i < COMPATIBILITY_CCS_MAX; i++) {
            raw_record(&out, CONTENT_CHANGE_CIPHER_SPEC, LEGACY_VERSION, BYTES_OF("\x01"));
        }
        expect_taken(victim, bytes_of(out.buffer, out.len), "32 of them");
        expect_refused(victim, BYTES_OF("\x14\x03\x03\0\x01\x01"),
                       BULLA_E_CHANGE_CIPHER_SPEC_INVALID, "one more");
        pair_close(&pair);
        writer_free(&out);
    }
}

/* ------------------------------------------------------------------ alerts */

/* The level is not looked at, RFC 8446 6; close_notify before the end of the handshake is an end,
 * and after it what it says. */
static void alerts_in_each_phase(void **state) {
    static const struct {
        bulla_bytes alert;
        bulla_cause cause, when_connected;
    } cases[] = {
        {{(const uint8_t *)"\x02\x28", 2}, BULLA_E_ALERT_RECEIVED, BULLA_E_ALERT_RECEIVED},
        {{(const uint8_t *)"\x01\x28", 2}, BULLA_E_ALERT_RECEIVED, BULLA_E_ALERT_RECEIVED},
        {{(const uint8_t *)"\x63\x28", 2}, BULLA_E_ALERT_RECEIVED, BULLA_E_ALERT_RECEIVED},
        {{(const uint8_t *)"\x02\xfe", 2}, BULLA_E_ALERT_RECEIVED, BULLA_E_ALERT_RECEIVED},
        {{(const uint8_t *)"\x01\0", 2}, BULLA_E_CLOSED_BEFORE_HANDSHAKE, BULLA_OK},
        {{(const uint8_t *)"\x02\0", 2}, BULLA_E_CLOSED_BEFORE_HANDSHAKE, BULLA_OK},
        {{(const uint8_t *)"\x01\x5a", 2}, BULLA_OK, BULLA_OK},
        {{(const uint8_t *)"\x02", 1}, BULLA_E_ALERT_MALFORMED, BULLA_E_ALERT_MALFORMED},
        {{(const uint8_t *)"\x02\x28\x02", 3}, BULLA_E_ALERT_MALFORMED, BULLA_E_ALERT_MALFORMED},
        {{(const uint8_t *)"\x02\x28\x02\x28", 4},
         BULLA_E_ALERT_MALFORMED,
         BULLA_E_ALERT_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
            for (int phase = FRESH; phase < NUM_PHASES; phase++) {
                bulla_cause cause = phase == CONNECTED ? cases[i].when_connected : cases[i].cause;
                if (phase == FRESH || phase == RETRIED) {
                    feed_record(*state, (enum phase)phase, (bulla_role)role, CONTENT_ALERT,
                                cases[i].alert, cause, "plaintext alert");
                } else {
                    feed_sealed(*state, (enum phase)phase, (bulla_role)role, CONTENT_ALERT,
                                cases[i].alert, 0, cause, "sealed alert");
                }
            }
        }
    }
}

static void alert_is_told(void **state) {
    for (unsigned description = 1; description < 256; description++) {
        const uint8_t alert[] = {21, 3, 3, 0, 2, 2, (uint8_t)description};
        struct pair pair;
        open_pair(&pair, *state, FRESH);
        (void)end_feed(&pair.client, BYTES_IN(alert));
        bulla_failure failure = bulla_connection_failure(pair.client.connection);
        if (description == BULLA_ALERT_USER_CANCELED) {
            assert_int_equal(failure.cause, BULLA_OK);
        } else {
            assert_int_equal(failure.cause, BULLA_E_ALERT_RECEIVED);
            assert_int_equal(failure.alert_received, description);
            assert_int_equal(failure.alert_sent, BULLA_ALERT_NONE);
        }
        pair_close(&pair);
    }
}

static void warnings_flood(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct writer out = writer_growing(BYTES_MAX);
        struct pair pair;
        open_pair(&pair, *state, CONNECTED);
        struct end *victim = end_of(&pair, (bulla_role)role);
        for (unsigned i = 0; i < 2 * WARNING_ALERTS_MAX + 1; i++) {
            bool between = i == WARNING_ALERTS_MAX;
            raw_sealed(&out, victim, i, between ? CONTENT_APPLICATION_DATA : CONTENT_ALERT,
                       BYTES_OF("\x01\x5a"), 0);
        }
        expect_taken(victim, bytes_of(out.buffer, out.len), "4 of them twice");
        out.len = 0;
        raw_sealed(&out, victim, 0, CONTENT_ALERT, BYTES_OF("\x01\x5a"), 0);
        expect_refused(victim, bytes_of(out.buffer, out.len), BULLA_E_ALERT_FLOOD, "one more");
        pair_close(&pair);
        writer_free(&out);
    }
}

static void early_ends(void **state) {
    for (int role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (int phase = FRESH; phase < NUM_PHASES; phase++) {
            struct pair pair;
            open_pair(&pair, *state, (enum phase)phase);
            struct end *end = end_of(&pair, (bulla_role)role);
            bulla_cause cause =
                phase == CONNECTED ? BULLA_E_TRUNCATED : BULLA_E_CLOSED_BEFORE_HANDSHAKE;
            bulla_connection_receive_end(end->connection);
            assert_int_equal(end_failure(end), cause);
            assert_int_equal(bulla_connection_failure(end->connection).alert_sent,
                             BULLA_ALERT_NONE);
            expect_dead(end, cause);
            pair_close(&pair);
        }
    }
}

/* ------------------------------------------------------------------ assembly */

/* A message in two records, and in the same delivery the beginning of the next one: what the
 * assembly held is over by then, and must not be taken for its end. */
static void message_begins_behind_an_assembled_one(void **state) {
    static uint8_t beginning[RECORD_PLAINTEXT_LEN_MAX] = {HANDSHAKE_CLIENT_HELLO, 0, 0xf0, 0};
    static const size_t lengths[] = {4, 100, 160, RECORD_PLAINTEXT_LEN_MAX};
    const uint16_t group = BULLA_GROUP_SECP256R1;
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct setup client = {.role = BULLA_CLIENT, .trust = world->trust};
        struct setup server = {.role = BULLA_SERVER,
                               .credentials = {world->server},
                               .groups = &group,
                               .num_groups = 1};
        struct writer hello = writer_growing(BYTES_MAX), out = writer_growing(BYTES_MAX);
        struct forged_hello forged = forged_client_hello();
        struct pair pair;
        pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
        forged_write(&forged, HANDSHAKE_CLIENT_HELLO, &hello);
        raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(hello.buffer, 100));
        raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION,
                   bytes_of(hello.buffer + 100, hello.len - 100));
        raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(beginning, lengths[i]));
        expect_taken(&pair.server, bytes_of(out.buffer, out.len), "a second ClientHello begins");
        const bulla_connection *connection = pair.server.connection;
        assert_int_equal(connection->pending.left, lengths[i]);
        assert_true(
            bytes_equal(reader_rest(&connection->pending), bytes_of(beginning, lengths[i])));
        pair_close(&pair);
        writer_free(&hello);
        writer_free(&out);
    }
}

/* The same at the client, under keys: messages in two records, and in records of one byte. */
static void messages_in_small_records(void **state) {
    struct writer out = writer_growing(BYTES_MAX), content = writer_growing(BYTES_MAX);
    struct pair pair;
    open_pair(&pair, *state, ANSWERED);
    raw_sealed(&out, &pair.client, 0, CONTENT_HANDSHAKE, BYTES_OF("\x08\0\0"), 0);
    raw_sealed(&out, &pair.client, 1, CONTENT_HANDSHAKE, BYTES_OF("\x02\0\0"), 0);
    raw_message(&content, HANDSHAKE_CERTIFICATE_REQUEST,
                BYTES_OF("\0\0\x08\0\x0d\0\x04\0\x02\x04\x03"));
    for (size_t i = 0; i < content.len; i++) {
        raw_sealed(&out, &pair.client, (unsigned)(2 + i), CONTENT_HANDSHAKE,
                   bytes_of(content.buffer + i, 1), i);
    }
    expect_taken(&pair.client, bytes_of(out.buffer, out.len), "messages in small records");
    assert_int_equal(pair.client.connection->state, STATE_WAIT_CERT);
    assert_null(pair.client.connection->assembly);
    pair_close(&pair);
    writer_free(&out);
    writer_free(&content);
}

/* A length that is not waited for. */
static void long_messages(void **state) {
    feed_record(*state, FRESH, BULLA_SERVER, CONTENT_HANDSHAKE, BYTES_OF("\x01\x01\0\x01"),
                BULLA_E_MESSAGE_TOO_LONG, "a ClientHello above 2^16");
    feed_record(*state, FRESH, BULLA_SERVER, CONTENT_HANDSHAKE, BYTES_OF("\x01\x01\0\0"), BULLA_OK,
                "a ClientHello of 2^16");
    feed_record(*state, FRESH, BULLA_CLIENT, CONTENT_HANDSHAKE, BYTES_OF("\x02\xff\xff\xff"),
                BULLA_E_MESSAGE_TOO_LONG, "a ServerHello of 2^24");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_protocols),
        cmocka_unit_test(record_headers),
        cmocka_unit_test(sealed_lengths),
        cmocka_unit_test(empty_records),
        cmocka_unit_test(empty_data_flood),
        cmocka_unit_test(plaintext_after_keys),
        cmocka_unit_test(data_in_the_handshake),
        cmocka_unit_test(interleaved),
        cmocka_unit_test(change_cipher_spec),
        cmocka_unit_test(change_cipher_spec_flood),
        cmocka_unit_test(alerts_in_each_phase),
        cmocka_unit_test(alert_is_told),
        cmocka_unit_test(warnings_flood),
        cmocka_unit_test(early_ends),
        cmocka_unit_test(message_begins_behind_an_assembled_one),
        cmocka_unit_test(messages_in_small_records),
        cmocka_unit_test(long_messages),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
