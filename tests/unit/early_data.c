/* SPDX-License-Identifier: Apache-2.0 */
/* Early data that a server does not take is skipped, up to a limit, and the handshake goes on:
 * RFC 8446 4.2.10. The client is our own, whose ClientHello is replaced by one that offers a PSK
 * and early data. */
#include "engine/pair.h"

#include "tls/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { HELLO_MAX = 2048, SEED = 11 };

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.credential = authority_issue(&world.authority, &(struct leaf){.key = KEY_KIND_ED25519});
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

static void open_pair(struct pair *pair, const struct world *world, struct seeded *random,
                      const struct replay_message *hello, bool retry) {
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    struct setup client = {.role = BULLA_CLIENT,
                           .trust = world->trust,
                           .random = random,
                           .replay = hello,
                           .num_replay = hello == NULL ? 0 : 1};
    struct setup server = {.role = BULLA_SERVER,
                           .credentials = {world->credential},
                           .groups = retry ? p256 : NULL,
                           .num_groups = retry ? 1 : 0};
    *random = seeded_of(SEED);
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
}

/* The ClientHello that a client with this seed writes, and to it psk_key_exchange_modes, early_data
 * and a pre_shared_key that nobody knows. */
static bulla_bytes hello_with_early_data(const struct world *world, uint8_t *out) {
    static const uint8_t more[] = {0, 45, 0, 2,  1,   1, /* psk_dhe_ke */
                                   0, 42, 0, 0,          /* early_data */
                                   0, 41, 0, 45,         /* pre_shared_key */
                                   0, 8,  0, 2,  'i', 'd', 0, 0, 0, 0, 0, 33, 32};
    struct seeded random;
    struct pair pair;
    open_pair(&pair, world, &random, NULL, false);
    bulla_input none = {0};
    bulla_bytes data;
    assert_int_equal(bulla_connection_receive(pair.client.connection, &none, &data),
                     BULLA_EVENT_NEED_BYTES);
    bulla_bytes output = bulla_connection_output(pair.client.connection);
    size_t skipped = RECORD_HEADER_LEN + HANDSHAKE_HEADER_LEN;
    struct writer hello = writer_into(out, HELLO_MAX);
    writer_bytes(&hello, bytes_of(output.data + skipped, output.len - skipped));
    writer_bytes(&hello, BYTES_IN(more));
    const uint8_t binder[32] = {0};
    writer_bytes(&hello, BYTES_IN(binder));
    /* The block of extensions grew: its length stands behind random, session id, suites and
     * compression. */
    size_t at = 2 + RANDOM_LEN + 1 + SESSION_ID_LEN_MAX;
    at += 2 + ((size_t)out[at] << 8 | out[at + 1]) + 2;
    size_t len = hello.len - at - 2;
    out[at] = (uint8_t)(len >> 8);
    out[at + 1] = (uint8_t)len;
    pair_close(&pair);
    bulla_bytes whole;
    assert_true(writer_finish(&hello, &whole));
    return whole;
}

/* Records that look like sealed data, `num` of them with `len` bytes each. */
static void feed_garbage(struct end *server, size_t num, size_t len) {
    uint8_t record[RECORD_HEADER_LEN + 4096] = {CONTENT_APPLICATION_DATA, 3, 3};
    record[3] = (uint8_t)(len >> 8);
    record[4] = (uint8_t)len;
    for (size_t i = 0; i < num; i++) {
        (void)end_feed(server, bytes_of(record, RECORD_HEADER_LEN + len));
    }
}

/* What `from` has to say reaches `to`. */
static void pass(struct end *from, struct end *to) {
    (void)end_flush(from, to);
    while (end_waiting(to) != 0) {
        (void)end_receive(to, SIZE_MAX);
    }
}

/* The client says its hello. */
static void start(struct pair *pair) {
    bulla_input none = {0};
    bulla_bytes data;
    assert_int_equal(bulla_connection_receive(pair->client.connection, &none, &data),
                     BULLA_EVENT_NEED_BYTES);
    pair->client.started = true;
}

/* The client's hello reaches the server, then the garbage, then the rest of the handshake. */
static void run(struct pair *pair, size_t num, size_t len) {
    start(pair);
    pass(&pair->client, &pair->server);
    feed_garbage(&pair->server, num, len);
    pair_run(pair);
}

static void test_skipped(void **state) {
    uint8_t buffer[HELLO_MAX];
    struct replay_message hello = {HANDSHAKE_CLIENT_HELLO, hello_with_early_data(*state, buffer)};
    for (int retry = 0; retry < 2; retry++) {
        struct seeded random;
        struct pair pair;
        open_pair(&pair, *state, &random, &hello, retry != 0);
        run(&pair, 4, 4096);
        assert_int_equal(end_failure(&pair.server), BULLA_OK);
        assert_true(pair_agrees(&pair));
        assert_int_equal(end_info(&pair.server).hello_retried, retry);
        pair_close(&pair);
    }
}

static void test_too_much(void **state) {
    uint8_t buffer[HELLO_MAX];
    struct replay_message hello = {HANDSHAKE_CLIENT_HELLO, hello_with_early_data(*state, buffer)};
    struct seeded random;
    struct pair pair;
    open_pair(&pair, *state, &random, &hello, false);
    run(&pair, 5, 4096);
    assert_int_equal(end_failure(&pair.server), BULLA_E_RECORD_DECRYPT_FAILED);
    pair_close(&pair);
    open_pair(&pair, *state, &random, &hello, true);
    run(&pair, 5, 4096);
    assert_int_equal(end_failure(&pair.server), BULLA_E_MESSAGE_UNEXPECTED);
    pair_close(&pair);
}

/* After a HelloRetryRequest early data ends where the second hello begins: RFC 8446 4.2.10. */
static void test_none_within_or_after_the_second_hello(void **state) {
    uint8_t buffer[HELLO_MAX];
    struct replay_message hello = {HANDSHAKE_CLIENT_HELLO, hello_with_early_data(*state, buffer)};
    for (int within = 0; within < 2; within++) {
        struct seeded random;
        struct pair pair;
        open_pair(&pair, *state, &random, &hello, true);
        start(&pair);
        pass(&pair.client, &pair.server);
        pass(&pair.server, &pair.client);
        if (within != 0) {
            static const uint8_t part[] = {CONTENT_HANDSHAKE, 3, 3, 0, 1, HANDSHAKE_CLIENT_HELLO};
            (void)end_feed(&pair.server, BYTES_IN(part));
        } else {
            pass(&pair.client, &pair.server);
        }
        assert_int_equal(end_failure(&pair.server), BULLA_OK);
        feed_garbage(&pair.server, 1, 64);
        assert_int_equal(end_failure(&pair.server),
                         within != 0 ? BULLA_E_MESSAGE_UNEXPECTED : BULLA_E_RECORD_DECRYPT_FAILED);
        pair_close(&pair);
    }
}

static void test_not_offered(void **state) {
    struct seeded random;
    struct pair pair;
    open_pair(&pair, *state, &random, NULL, false);
    run(&pair, 1, 64);
    assert_int_equal(end_failure(&pair.server), BULLA_E_RECORD_DECRYPT_FAILED);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_none_within_or_after_the_second_hello),
        cmocka_unit_test(test_not_offered),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
