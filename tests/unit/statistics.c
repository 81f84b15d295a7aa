/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection counts: records and bytes on both sides of a wire agree with it and with each
 * other, from the first hello to the last alert, in both versions. */
#include "support/check.h"

#include "engine/expect.h"

#include <stdlib.h>

static const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;
static uint8_t plenty[50000];

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Statistics");
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

static void open_pair(struct pair *pair, uint16_t version, bool trusted) {
    struct authority stranger;
    authority_make(&stranger, "Stranger");
    bulla_trust *other = authority_trust(&stranger);
    struct setup client = {.role = BULLA_CLIENT,
                           .trust = trusted ? trust : other,
                           .version_min = BULLA_TLS_1_2,
                           .version_max = version};
    struct setup server = {.role = BULLA_SERVER,
                           .credentials = {credential},
                           .version_min = BULLA_TLS_1_2,
                           .version_max = version};
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    bulla_trust_free(other);
    authority_free(&stranger);
}

static bulla_statistics statistics_of(const struct end *end) {
    bulla_statistics out;
    bulla_connection_statistics(end->connection, &out);
    return out;
}

/* All that one side sent is what the other got. */
static void expect_agreement(const struct pair *pair) {
    bulla_statistics client = statistics_of(&pair->client), server = statistics_of(&pair->server);
    assert_int_equal(client.records_sent, server.records_received);
    assert_int_equal(server.records_sent, client.records_received);
    assert_int_equal(client.bytes_sent, server.bytes_received);
    assert_int_equal(server.bytes_sent, client.bytes_received);
    assert_int_equal(client.data_sent, server.data_received);
    assert_int_equal(server.data_sent, client.data_received);
}

static void nothing_was_sent_yet(void **state) {
    const bulla_statistics nothing = {0};
    struct pair pair;
    (void)state;
    open_pair(&pair, BULLA_TLS_1_3, true);
    bulla_statistics client = statistics_of(&pair.client), server = statistics_of(&pair.server);
    assert_memory_equal(&client, &nothing, sizeof nothing);
    assert_memory_equal(&server, &nothing, sizeof nothing);
    pair_close(&pair);
}

/* Byte by byte, and the hello is counted when it is whole, the records' headers with it. */
static void a_record_counts_when_it_is_whole(void **state) {
    struct pair pair;
    (void)state;
    open_pair(&pair, BULLA_TLS_1_3, true);
    (void)end_receive(&pair.client, 0);
    size_t len = end_flush(&pair.client, &pair.server);
    assert_int_equal(statistics_of(&pair.client).records_sent, 1);
    assert_int_equal(statistics_of(&pair.client).bytes_sent, len);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(statistics_of(&pair.server).records_received, 0);
        assert_int_equal(statistics_of(&pair.server).bytes_received, 0);
        (void)end_receive(&pair.server, 1);
    }
    assert_int_equal(statistics_of(&pair.server).records_received, 1);
    assert_int_equal(statistics_of(&pair.server).bytes_received, len);
    pair_close(&pair);
}

static void both_sides_agree(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct pair pair;
        open_pair(&pair, versions[i % 2], true);
        pair.chunk = i < 2 ? 0 : 7; /* however it is cut */
        pair_connect(&pair);
        expect_agreement(&pair);
        assert_int_equal(statistics_of(&pair.client).data_sent, 0);
        assert_int_equal(end_send(&pair.client, &pair.server, BYTES_IN(plenty)), BULLA_OK);
        assert_int_equal(end_send(&pair.server, &pair.client, bytes_of(plenty, 1)), BULLA_OK);
        pair_run(&pair);
        expect_agreement(&pair);
        assert_int_equal(statistics_of(&pair.server).data_received, sizeof plenty);
        assert_int_equal(statistics_of(&pair.client).data_received, 1);
        assert_int_equal(bulla_connection_close(pair.client.connection), BULLA_OK);
        assert_int_equal(bulla_connection_close(pair.server.connection), BULLA_OK);
        pair_run(&pair);
        expect_agreement(&pair);
        pair_close(&pair);
    }
}

/* What it takes to send so much: exactly the sealed records. */
static void data_is_counted_as_sent(void **state) {
    struct pair pair;
    (void)state;
    open_pair(&pair, BULLA_TLS_1_3, true);
    pair_connect(&pair);
    bulla_statistics before = statistics_of(&pair.client);
    assert_int_equal(end_send(&pair.client, &pair.server, bytes_of(plenty, 20000)), BULLA_OK);
    bulla_statistics after = statistics_of(&pair.client);
    assert_int_equal(after.records_sent - before.records_sent, 2);
    assert_int_equal(after.data_sent - before.data_sent, 20000);
    assert_int_equal(after.bytes_sent - before.bytes_sent, 20000 + 2 * RECORD_OVERHEAD);
    assert_int_equal(after.bytes_sent - before.bytes_sent, end_waiting(&pair.server));
    /* Where there is no room nothing is sent, and nothing counted. */
    bulla_bytes data = bytes_of(plenty, 100);
    uint8_t out[8];
    size_t len;
    assert_int_equal(bulla_connection_send(pair.client.connection, &data, out, sizeof out, &len),
                     BULLA_E_BUFFER_TOO_SMALL);
    bulla_statistics later = statistics_of(&pair.client);
    assert_memory_equal(&later, &after, sizeof after);
    pair_close(&pair);
}

/* A failed connection still tells, its last alert included. */
static void failures_are_counted_too(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        open_pair(&pair, versions[i], false);
        pair_run(&pair);
        assert_int_equal(end_failure(&pair.client), BULLA_E_CERT_UNKNOWN_ISSUER);
        assert_int_equal(end_failure(&pair.server), BULLA_E_ALERT_RECEIVED);
        bulla_statistics client = statistics_of(&pair.client);
        assert_int_equal(client.bytes_sent, statistics_of(&pair.server).bytes_received);
        assert_int_equal(client.records_sent, statistics_of(&pair.server).records_received);
        assert_true(client.records_sent >= 2);
        pair_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_was_sent_yet),
        cmocka_unit_test(a_record_counts_when_it_is_whole),
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(data_is_counted_as_sent),
        cmocka_unit_test(failures_are_counted_too),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
