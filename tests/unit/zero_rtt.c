/* SPDX-License-Identifier: Apache-2.0 */
/* Early data that is taken, or refused and handed back: RFC 8446 2.3, 4.2.10 and 8; its limits, its
 * replays, its owner, and the answer to it. (What a server does that takes none: early_data.c.) */
#include "support/check.h"

#include "engine/expect.h"
#include "support/meeting.h"
#include "tls/config.h"

#include <stdlib.h>

static void change_keys(struct meeting *scene) {
    bulla_ticket_keys_free(scene->keys);
    must(bulla_ticket_keys_new(&scene->keys, 3600) == BULLA_OK, "keys");
}

/* A scene whose client has a session that takes early data. */
static void early_scene(struct meeting *scene) {
    meeting_make(scene);
    scene->client_early = 1000;
    scene->server_early = 500;
    assert_false(meet(scene));
}

/* Opens, and sends `text` early, as much as is taken. */
static size_t send_early(struct meeting *scene, struct pair *pair, const char *text) {
    size_t taken = 0;
    meeting_open(scene, pair);
    (void)end_receive(&pair->client, SIZE_MAX);
    (void)end_flush(&pair->client, &pair->server);
    bulla_cause cause = end_send_early(&pair->client, &pair->server, bytes_of_text(text), &taken);
    assert_true(cause == BULLA_OK || taken == 0);
    return taken;
}

static void test_early_data_is_taken(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early bird"), 10);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_OFFERED);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 10);
    assert_memory_equal(pair.server.early.buffer, "early bird", 10);
    assert_int_equal(pair.server.received.len, 0);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_ACCEPTED);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_ACCEPTED);
    assert_int_equal(bulla_connection_early_data_refused(pair.client.connection).len, 0);
    assert_true(pair_agrees(&pair));
    assert_int_equal(end_send(&pair.client, &pair.server, BYTES_OF("late")), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 4);
    pair_close(&pair);
    meeting_free(&scene);
}

static void test_early_data_needs_no_data(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    meeting_open(&scene, &pair);
    pair_connect(&pair);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_ACCEPTED);
    pair_close(&pair);
    meeting_free(&scene);
}

static void test_early_data_has_a_limit(void **state) {
    struct meeting scene;
    struct pair pair;
    size_t taken;
    char text[600] = "";
    (void)state;
    early_scene(&scene);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = 'x';
    }
    assert_int_equal(send_early(&scene, &pair, text), 500); /* the server's limit, in its ticket */
    assert_int_equal(end_send_early(&pair.client, &pair.server, BYTES_OF("y"), &taken),
                     BULLA_E_EARLY_DATA_UNAVAILABLE);
    assert_int_equal(taken, 0);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 500);
    assert_int_equal(end_send_early(&pair.client, &pair.server, BYTES_OF("y"), &taken),
                     BULLA_E_EARLY_DATA_UNAVAILABLE);
    pair_close(&pair);
    meeting_free(&scene);
}

static void test_too_much_early_data_is_refused(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "0123456789"), 10);
    pair.client.connection->early->left = 600; /* a client that does not heed the limit */
    char text[496] = "";
    size_t taken;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        text[i] = 'x';
    }
    assert_int_equal(end_send_early(&pair.client, &pair.server, bytes_of_text(text), &taken),
                     BULLA_OK);
    assert_int_equal(taken, 495);
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_E_EARLY_DATA_TOO_LONG, "five bytes more than allowed");
    pair_close(&pair);
    meeting_free(&scene);
}

/* Each row: why the server passes early data over; the handshake goes on without a word. */
static void early_off(struct meeting *scene) {
    scene->server_early = 0;
}

static void early_retry(struct meeting *scene) {
    static const uint16_t p256[] = {BULLA_GROUP_SECP256R1};
    scene->server_groups = p256;
}

static void expect_refused_early(struct meeting *scene, bool resumed) {
    struct pair pair;
    assert_int_equal(send_early(scene, &pair, "too early"), 9);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 0);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_REFUSED);
    assert_int_equal(end_info(&pair.server).early_data, BULLA_EARLY_DATA_REFUSED);
    assert_int_equal(end_info(&pair.client).resumed, resumed);
    bulla_bytes refused = bulla_connection_early_data_refused(pair.client.connection);
    assert_true(bytes_equal(refused, BYTES_OF("too early")));
    assert_true(pair_agrees(&pair));
    uint8_t small[64];
    size_t len; /* in two parts, straight from where it is kept */
    assert_int_equal(
        bulla_connection_send(pair.client.connection, &refused, small, RECORD_OVERHEAD + 4, &len),
        BULLA_OK);
    assert_int_equal(refused.len, 5);
    writer_bytes(&pair.server.inbox, bytes_of(small, len));
    assert_int_equal(end_send(&pair.client, &pair.server, refused), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.server.received.len, 9);
    assert_int_equal(bulla_connection_early_data_refused(pair.client.connection).len, 0);
    pair_close(&pair);
}

static void test_early_data_is_refused(void **state) {
    static const struct {
        void (*change)(struct meeting *);
        bool resumed;
    } rows[] = {{early_off, true}, {early_retry, true}, {change_keys, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct meeting scene;
        early_scene(&scene);
        rows[i].change(&scene);
        expect_refused_early(&scene, rows[i].resumed);
        meeting_free(&scene);
    }
}

/* A client sends as much as its ticket allows; a server that does not take it, for whatever reason,
 * has to read on to what comes after it. */
static void test_much_early_data_is_refused(void **state) {
    static void (*const changes[])(struct meeting *) = {change_keys, early_off, early_retry};
    enum { LEN = 300000 };
    char *text = malloc(LEN + 1);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i <= LEN; i++) {
        text[i] = i < LEN ? 'x' : 0;
    }
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct meeting scene;
        struct pair pair;
        meeting_make(&scene);
        scene.client_early = scene.server_early = LEN;
        assert_false(meet(&scene));
        changes[i](&scene);
        assert_int_equal(send_early(&scene, &pair, text), LEN);
        pair_connect(&pair);
        assert_int_equal(pair.server.early.len, 0);
        assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_REFUSED);
        pair_close(&pair);
        meeting_free(&scene);
    }
    free(text);
}

/* A limit that was lowered holds at once: what older tickets allow is more than is wanted. */
static void test_early_data_above_a_new_limit_is_refused(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    for (uint32_t limit = 499; limit <= 500; limit++) {
        early_scene(&scene);
        scene.server_early = limit;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        assert_int_equal(end_info(&pair.server).early_data,
                         limit < 500 ? BULLA_EARLY_DATA_REFUSED : BULLA_EARLY_DATA_ACCEPTED);
        pair_close(&pair);
        meeting_free(&scene);
    }
}

/* Whoever acts on early data may want to know whose it is. */
static void test_early_data_has_an_owner(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    meeting_make(&scene);
    scene.mutual = true;
    scene.client_early = scene.server_early = 500;
    assert_false(meet(&scene));
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(pair.server.early.len, 5);
    assert_int_equal(end_info(&pair.server).handshake_done, 0);
    assert_int_equal(end_info(&pair.server).peer_authenticated, 1);
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.server.connection, 0),
                            bulla_credential_certificate(scene.client, 0)));
    assert_int_equal(bulla_connection_peer_certificate(pair.server.connection, 1).len, 0);
    pair_close(&pair);
    meeting_free(&scene);
}

/* A ticket whose age the client tells wrong, as one does that comes from a recording. */
static void test_early_data_of_the_wrong_age_is_refused(void **state) {
    struct meeting scene;
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct pair pair;
        early_scene(&scene);
        scene.now += 100;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        scene.now += late ? 10 : 9;
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).early_data,
                         late ? BULLA_EARLY_DATA_REFUSED : BULLA_EARLY_DATA_ACCEPTED);
        assert_int_equal(end_info(&pair.server).resumed, 1);
        pair_close(&pair);
        meeting_free(&scene);
    }
}

/* A client whose clock tells whole seconds may be one ahead: GnuTLS refuses a ticket that is older
 * than it can be. */
static void test_the_age_is_never_more_than_true(void **state) {
    struct meeting scene;
    (void)state;
    for (uint32_t waited = 0; waited < 3; waited++) {
        struct pair pair;
        early_scene(&scene);
        scene.now += waited;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        (void)end_receive(&pair.server, SIZE_MAX);
        const struct resumption *resumption = &pair.server.connection->handshake->resumption;
        assert_int_equal(resumption->ticket_age - resumption->session->age_add,
                         waited == 0 ? 0 : (waited - 1) * 1000);
        pair_close(&pair);
        meeting_free(&scene);
    }
}

/* A server that starts again with the keys of before has forgotten what it saw. */
static void test_early_data_after_a_restart(void **state) {
    struct meeting scene;
    (void)state;
    for (int later = 0; later < 2; later++) {
        early_scene(&scene);
        assert_true(meet(&scene));
        bulla_strike_register_free(scene.strikes);
        must(bulla_strike_register_new(&scene.strikes, 10, 64) == BULLA_OK, "strikes");
        scene.now++;
        bulla_config_free(meeting_server(&scene)); /* the new process begins */
        scene.now += later ? 22 : 20;
        struct pair pair;
        assert_int_equal(send_early(&scene, &pair, "early"), 5);
        pair_connect(&pair);
        assert_int_equal(end_info(&pair.server).early_data,
                         later ? BULLA_EARLY_DATA_ACCEPTED : BULLA_EARLY_DATA_REFUSED);
        pair_close(&pair);
        meeting_free(&scene);
    }
}

/* What took early data may answer it before the client has finished: 0.5-RTT. */
static void test_early_data_is_answered_at_once(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(pair.server.early.len, 5);
    assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_OK);
    pair_connect(&pair);
    assert_int_equal(pair.client.received.len, 6);
    pair_close(&pair);
    /* And nobody else before the end of its handshake. */
    scene.server_early = 0;
    meeting_open(&scene, &pair);
    (void)end_receive(&pair.client, SIZE_MAX);
    (void)end_flush(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_E_API_MISUSE);
    pair_close(&pair);
    meeting_free(&scene);
}

/* A server may come to its key's end while it answers early data: its Finished is out, so that a
 * KeyUpdate may follow (RFC 8446 4.6.3), and the next one follows from that. */
static void test_early_answers_outlive_a_key(void **state) {
    struct meeting scene;
    struct pair pair;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "early"), 5);
    (void)end_receive(&pair.server, SIZE_MAX);
    (void)end_flush(&pair.server, &pair.client);
    (void)end_receive(&pair.client, SIZE_MAX);
    pair.server.connection->write.sequence = RECORDS_PER_KEY_MAX;
    pair.client.connection->read.sequence = RECORDS_PER_KEY_MAX;
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("answer")), BULLA_OK);
    assert_int_equal(pair.server.connection->write.sequence, 1); /* of another key */
    assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
    pair_connect(&pair);
    assert_int_equal(bulla_connection_update_key(pair.server.connection, 0), BULLA_OK);
    assert_int_equal(end_send(&pair.server, &pair.client, BYTES_OF("more")), BULLA_OK);
    pair_run(&pair);
    assert_int_equal(pair.client.received.len, 10);
    pair_close(&pair);
    meeting_free(&scene);
}

/* The very bytes of a first flight, again: taken early once, and never after. */
static void test_replayed_early_data_is_refused(void **state) {
    struct meeting scene;
    struct pair pair, replay;
    (void)state;
    early_scene(&scene);
    assert_int_equal(send_early(&scene, &pair, "pay 5"), 5);
    bulla_bytes flight = bytes_of(pair.server.inbox.buffer, end_waiting(&pair.server));
    uint8_t *recorded = bytes_duplicate(flight);
    size_t recorded_len = flight.len;
    assert_non_null(recorded);
    pair_connect(&pair);
    assert_int_equal(pair.server.early.len, 5);
    pair_close(&pair);
    meeting_open(&scene, &replay);
    (void)end_feed(&replay.server, bytes_of(recorded, recorded_len));
    expect_cause(&replay.server, BULLA_OK, "a replay is passed over");
    assert_int_equal(replay.server.early.len, 0);
    assert_int_equal(end_info(&replay.server).early_data, BULLA_EARLY_DATA_REFUSED);
    pair_close(&replay);
    free(recorded);
    meeting_free(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_early_data_is_taken),
        cmocka_unit_test(test_early_data_needs_no_data),
        cmocka_unit_test(test_early_data_has_a_limit),
        cmocka_unit_test(test_too_much_early_data_is_refused),
        cmocka_unit_test(test_early_data_is_refused),
        cmocka_unit_test(test_much_early_data_is_refused),
        cmocka_unit_test(test_early_data_above_a_new_limit_is_refused),
        cmocka_unit_test(test_early_data_has_an_owner),
        cmocka_unit_test(test_early_data_of_the_wrong_age_is_refused),
        cmocka_unit_test(test_the_age_is_never_more_than_true),
        cmocka_unit_test(test_early_data_after_a_restart),
        cmocka_unit_test(test_early_data_is_answered_at_once),
        cmocka_unit_test(test_early_answers_outlive_a_key),
        cmocka_unit_test(test_replayed_early_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
