/* SPDX-License-Identifier: Apache-2.0 */
/* X25519MLKEM768 in handshakes (draft-ietf-tls-ecdhe-mlkem): which shares a client sends and a
 * server takes, the half beside the hybrid, retries, and shares that must be refused. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "engine/expect.h"

enum {
    OFFER_LEN = 1184 + 32,
    ANSWER_LEN = 1088 + 32,
    SHARES_AT = 2,
    ENTRY_LEN = 4, /* of a KeyShareEntry: group, length */
    /* Where the share of a ServerHello stands, its key_share being the first extension: record,
     * message, version, random, session id, suite, compression, block, type, length, entry. */
    ANSWER_AT = RECORD_HEADER_LEN + HANDSHAKE_HEADER_LEN + 2 + RANDOM_LEN + 1 + SESSION_ID_LEN_MAX +
                2 + 1 + 2 + 4 + ENTRY_LEN,
};

static const uint16_t hybrid[] = {BULLA_GROUP_X25519MLKEM768};
static const uint16_t x25519[] = {BULLA_GROUP_X25519};
static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
static const uint16_t hybrid_last[] = {BULLA_GROUP_X25519, BULLA_GROUP_X25519MLKEM768};
static const uint16_t hybrid_and_p256[] = {BULLA_GROUP_X25519MLKEM768, BULLA_GROUP_SECP256R1};

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.credential = authority_issue(&world.authority, &(struct leaf){.uri = NULL});
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->credential);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

/* NULL: the default list. */
static void open_pair(struct pair *pair, const struct world *world, const uint16_t *client,
                      size_t num_client, const uint16_t *server, size_t num_server) {
    struct setup setups[] = {
        {.role = BULLA_CLIENT,
         .trust = world->trust,
         .groups = client,
         .num_groups = num_client,
         .no_grease = true},
        {.role = BULLA_SERVER,
         .credentials = {world->credential},
         .groups = server,
         .num_groups = num_server},
    };
    pair_open(pair, setup_config(&setups[0]), setup_config(&setups[1]), TEST_SERVER_NAME);
}

/* The shares of the ClientHello that lies in the client's output; a view. */
static bulla_bytes shares_offered(const struct pair *pair) {
    struct forged_hello hello =
        raw_read_client_hello(bulla_connection_output(pair->client.connection));
    return bytes_after(forged_get(&hello, EXTENSION_KEY_SHARE), SHARES_AT);
}

static void start_client(struct pair *pair) {
    (void)end_receive(&pair->client, 0);
    assert_int_equal(pair->client.last, BULLA_EVENT_NEED_BYTES);
}

static void which_group_is_taken(void **state) {
    static const struct {
        const uint16_t *client;
        size_t num_client;
        const uint16_t *server;
        size_t num_server;
        uint16_t group;
        bool retried;
        size_t shares_len; /* of the first hello */
    } cases[] = {
        {NULL, 0, NULL, 0, BULLA_GROUP_X25519MLKEM768, false,
         ENTRY_LEN + OFFER_LEN + ENTRY_LEN + 32},
        {NULL, 0, x25519, 1, BULLA_GROUP_X25519, false, ENTRY_LEN + OFFER_LEN + ENTRY_LEN + 32},
        {NULL, 0, p256, 1, BULLA_GROUP_SECP256R1, true, ENTRY_LEN + OFFER_LEN + ENTRY_LEN + 32},
        {NULL, 0, hybrid_last, 2, BULLA_GROUP_X25519, false,
         ENTRY_LEN + OFFER_LEN + ENTRY_LEN + 32},
        {hybrid, 1, NULL, 0, BULLA_GROUP_X25519MLKEM768, false, ENTRY_LEN + OFFER_LEN},
        {hybrid_and_p256, 2, p256, 1, BULLA_GROUP_SECP256R1, true, ENTRY_LEN + OFFER_LEN},
        {x25519, 1, NULL, 0, BULLA_GROUP_X25519, false, ENTRY_LEN + 32},
        {hybrid_last, 2, NULL, 0, BULLA_GROUP_X25519, false, ENTRY_LEN + 32},
        {hybrid_last, 2, hybrid, 1, BULLA_GROUP_X25519MLKEM768, true, ENTRY_LEN + 32},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair pair;
        open_pair(&pair, *state, cases[i].client, cases[i].num_client, cases[i].server,
                  cases[i].num_server);
        start_client(&pair);
        assert_int_equal(shares_offered(&pair).len, cases[i].shares_len);
        pair_connect(&pair);
        assert_true(pair_agrees(&pair));
        assert_int_equal(end_info(&pair.client).group, cases[i].group);
        assert_int_equal(end_info(&pair.server).group, cases[i].group);
        assert_int_equal(end_info(&pair.client).hello_retried, cases[i].retried);
        pair_close(&pair);
    }
}

/* One X25519 key in both shares: the second costs no more than its bytes. */
static void the_half_has_the_hybrids_key(void **state) {
    struct pair pair;
    open_pair(&pair, *state, NULL, 0, NULL, 0);
    start_client(&pair);
    bulla_bytes shares = shares_offered(&pair);
    const uint8_t first[] = {0x11, 0xec, OFFER_LEN >> 8, OFFER_LEN & 0xff};
    const uint8_t second[] = {0, 0x1d, 0, 32};
    assert_memory_equal(shares.data, first, sizeof first);
    const uint8_t *half = shares.data + ENTRY_LEN + OFFER_LEN;
    assert_memory_equal(half, second, sizeof second);
    assert_memory_equal(half + ENTRY_LEN, half - 32, 32);
    pair_close(&pair);
}

/* RFC 8446 4.1.4: a retry for a group whose share is there already. And 4.2.8: after one for
 * another group there is one share. */
static void retries(void **state) {
    static const struct {
        const char *what;
        bulla_bytes group;
        bulla_cause cause;
    } cases[] = {
        {"the hybrid", {(const uint8_t *)"\x11\xec", 2}, BULLA_E_HELLO_RETRY_POINTLESS},
        {"its half", {(const uint8_t *)"\0\x1d", 2}, BULLA_E_HELLO_RETRY_POINTLESS},
        {"another", {(const uint8_t *)"\0\x17", 2}, BULLA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair pair;
        open_pair(&pair, *state, NULL, 0, NULL, 0);
        start_client(&pair);
        struct forged_hello retry = forged_retry(&pair.client);
        forged_set(&retry, EXTENSION_KEY_SHARE, cases[i].group);
        struct writer message = writer_growing(HELLO_LEN_MAX), record = writer_growing(1 << 16);
        bulla_bytes whole;
        forged_write(&retry, HANDSHAKE_SERVER_HELLO, &message);
        assert_true(writer_finish(&message, &whole));
        raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, whole);
        assert_true(writer_finish(&record, &whole));
        if (cases[i].cause == BULLA_OK) {
            size_t len = bulla_connection_output(pair.client.connection).len;
            expect_taken(&pair.client, whole, cases[i].what);
            bulla_bytes output =
                bytes_after(bulla_connection_output(pair.client.connection), len + 6);
            struct forged_hello second = raw_read_client_hello(output);
            assert_int_equal(forged_get(&second, EXTENSION_KEY_SHARE).len,
                             SHARES_AT + ENTRY_LEN + 65);
        } else {
            expect_refused(&pair.client, whole, cases[i].cause, cases[i].what);
        }
        writer_free(&message);
        writer_free(&record);
        pair_close(&pair);
    }
}

/* A client's share with a change; the server's refusal. */
static void bad_offers_are_refused(void **state) {
    static const struct {
        const char *what;
        size_t len, at, num;
        uint8_t value;
        bulla_cause cause;
    } cases[] = {
        {"one byte less", OFFER_LEN - 1, 0, 0, 0, BULLA_E_KEY_SHARE_INVALID},
        {"one byte more", OFFER_LEN + 1, 0, 0, 0, BULLA_E_KEY_SHARE_INVALID},
        {"X25519's alone", 32, 0, 0, 0, BULLA_E_KEY_SHARE_INVALID},
        {"the server's length", ANSWER_LEN, 0, 0, 0, BULLA_E_KEY_SHARE_INVALID},
        {"a coefficient of 4095", OFFER_LEN, 1149, 3, 0xff, BULLA_E_KEY_SHARE_INVALID},
        {"a point of small order", OFFER_LEN, 1184, 32, 0, BULLA_E_KEY_SHARE_INVALID},
        {"nothing", OFFER_LEN, 0, 0, 0, BULLA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t shares[SHARES_AT + ENTRY_LEN + OFFER_LEN + 1] = {0};
        struct pair pair;
        open_pair(&pair, *state, NULL, 0, NULL, 0);
        start_client(&pair);
        size_t list = ENTRY_LEN + cases[i].len;
        const uint8_t head[] = {(uint8_t)(list >> 8),         (uint8_t)list,        0x11, 0xec,
                                (uint8_t)(cases[i].len >> 8), (uint8_t)cases[i].len};
        bytes_copy(shares, sizeof shares, BYTES_IN(head));
        bytes_copy(shares + sizeof head, OFFER_LEN,
                   bytes_of(shares_offered(&pair).data + ENTRY_LEN, OFFER_LEN));
        memset(shares + sizeof head + cases[i].at, cases[i].value, cases[i].num);
        struct forged_hello hello = forged_client_hello();
        forged_set(&hello, EXTENSION_SUPPORTED_GROUPS, BYTES_OF("\0\x02\x11\xec"));
        forged_set(&hello, EXTENSION_KEY_SHARE, bytes_of(shares, SHARES_AT + list));
        struct writer message = writer_growing(HELLO_LEN_MAX), record = writer_growing(1 << 16);
        bulla_bytes whole;
        forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
        assert_true(writer_finish(&message, &whole));
        raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, whole);
        assert_true(writer_finish(&record, &whole));
        if (cases[i].cause == BULLA_OK) {
            expect_taken(&pair.server, whole, cases[i].what);
        } else {
            expect_refused(&pair.server, whole, cases[i].cause, cases[i].what);
        }
        writer_free(&message);
        writer_free(&record);
        pair_close(&pair);
    }
}

/* A ServerHello's share of another length. */
static void bad_answers_are_refused(void **state) {
    static const size_t lengths[] = {1, 32, 1088, ANSWER_LEN - 1, ANSWER_LEN + 1, OFFER_LEN};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t share[ENTRY_LEN + OFFER_LEN] = {0x11, 0xec, (uint8_t)(lengths[i] >> 8),
                                                (uint8_t)lengths[i]};
        struct pair pair;
        open_pair(&pair, *state, NULL, 0, NULL, 0);
        start_client(&pair);
        struct forged_hello hello = forged_server_hello(&pair.client);
        forged_set(&hello, EXTENSION_KEY_SHARE, bytes_of(share, ENTRY_LEN + lengths[i]));
        struct writer message = writer_growing(HELLO_LEN_MAX), record = writer_growing(1 << 16);
        bulla_bytes whole;
        forged_write(&hello, HANDSHAKE_SERVER_HELLO, &message);
        assert_true(writer_finish(&message, &whole));
        raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION, whole);
        assert_true(writer_finish(&record, &whole));
        expect_refused(&pair.client, whole, BULLA_E_KEY_SHARE_INVALID, "another length");
        writer_free(&message);
        writer_free(&record);
        pair_close(&pair);
    }
}

/* Whoever alters a share on its way, in either part, leaves two ends without a common key. */
static void altered_shares_lead_nowhere(void **state) {
    static const size_t places[] = {0, 500, 1087, 1088, ANSWER_LEN - 2};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct pair pair;
        open_pair(&pair, *state, NULL, 0, NULL, 0);
        start_client(&pair);
        (void)end_flush(&pair.client, &pair.server);
        (void)end_receive(&pair.server, SIZE_MAX);
        (void)end_flush(&pair.server, &pair.client);
        uint8_t *sent = pair.client.inbox.buffer + pair.client.inbox_start;
        const uint8_t entry[] = {0x11, 0xec, ANSWER_LEN >> 8, ANSWER_LEN & 0xff};
        assert_memory_equal(sent + ANSWER_AT - ENTRY_LEN, entry, sizeof entry);
        sent[ANSWER_AT + places[i]] ^= 1;
        pair_run(&pair);
        expect_cause(&pair.client, BULLA_E_RECORD_DECRYPT_FAILED, "an altered share");
        assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
        pair_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_group_is_taken),
        cmocka_unit_test(the_half_has_the_hybrids_key),
        cmocka_unit_test(retries),
        cmocka_unit_test(bad_offers_are_refused),
        cmocka_unit_test(bad_answers_are_refused),
        cmocka_unit_test(altered_shares_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
