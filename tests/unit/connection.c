/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as a caller has them: input in any pieces, data of any size both ways, records of
 * the size and padding that were asked for, key updates, exporters, closing, and each call at a
 * time when it may not be made. RFC 8446 4.6.3, 5.2 to 5.5, 6.1, 7.5. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/expect.h"

enum { DATA_MAX = 100000 };

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *both;
    uint8_t data[DATA_MAX];
};

static int world_make(void **state) {
    static struct world world;
    struct seeded seeded = seeded_of(7);
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.both = authority_issue(&world.authority, &(struct leaf){.key = KEY_KIND_ED25519});
    (void)seeded_fill(&seeded, world.data, DATA_MAX);
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->both);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

/* A mutual pair; `record_size` and `padding` are of both sides, 0 for the defaults. */
static void open_sized(struct pair *pair, const struct world *world, size_t record_size,
                       size_t padding) {
    struct setup client = {.role = BULLA_CLIENT,
                           .trust = world->trust,
                           .credentials = {world->both},
                           .record_size = record_size,
                           .padding = padding};
    struct setup server = client;
    server.role = BULLA_SERVER;
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
}

static void open_connected(struct pair *pair, const struct world *world) {
    open_sized(pair, world, 0, 0);
    pair_connect(pair);
}

/* What `from` sends arrives at `to` as it was. */
static void assert_carries(struct pair *pair, struct end *from, struct end *to, bulla_bytes data) {
    size_t before = to->received.len;
    assert_int_equal(end_send(from, to, data), BULLA_OK);
    pair_run(pair);
    assert_true(
        bytes_equal(bytes_after(bytes_of(to->received.buffer, to->received.len), before), data));
}

static void assert_talks(struct pair *pair) {
    assert_carries(pair, &pair->client, &pair->server, BYTES_OF("from the client"));
    assert_carries(pair, &pair->server, &pair->client, BYTES_OF("from the server"));
}

/* ------------------------------------------------------------------ input */

static void input_in_pieces(void **state) {
    static const size_t record_sizes[] = {64, 0};
    for (size_t chunk = 1; chunk <= 17; chunk += 4) {
        for (size_t i = 0; i < 2; i++) {
            struct pair pair;
            open_sized(&pair, *state, record_sizes[i], 0);
            pair.chunk = chunk;
            pair_connect(&pair);
            assert_true(pair_agrees(&pair));
            assert_talks(&pair);
            pair_close(&pair);
        }
    }
}

static void input_cut_anywhere(void **state) {
    const struct world *world = *state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct seeded cuts = seeded_of(seed);
        struct pair pair;
        open_sized(&pair, world, seed % 3 == 0 ? 0 : 64 + seed * 7, 0);
        pair.cuts = &cuts;
        pair_connect(&pair);
        assert_true(pair_agrees(&pair));
        assert_carries(&pair, &pair.client, &pair.server, bytes_of(world->data, 5000));
        assert_carries(&pair, &pair.server, &pair.client, bytes_of(world->data, 5000));
        pair_close(&pair);
    }
}

/* An idle connection keeps its keys and its peer's leaf: no handshake, no buffer. */
static void idle_is_lean(void **state) {
    struct pair pair;
    open_connected(&pair, *state);
    pair.chunk = 3;
    assert_talks(&pair);
    assert_int_equal(end_receive(&pair.client, 0), BULLA_EVENT_NEED_BYTES);
    assert_int_equal(end_receive(&pair.server, 0), BULLA_EVENT_NEED_BYTES);
    for (int i = 0; i < 2; i++) {
        const bulla_connection *idle = i == 0 ? pair.client.connection : pair.server.connection;
        assert_null(idle->handshake);
        assert_null(idle->stash);
        assert_null(idle->output);
        assert_null(idle->assembly);
        assert_int_equal(idle->pending.left, 0);
    }
    pair_close(&pair);
}

/* ------------------------------------------------------------------ data */

static void data_of_all_sizes(void **state) {
    static const size_t sizes[] = {0,    1,     2,     63,    64,    65,      255,
                                   4095, 16383, 16384, 16385, 32768, DATA_MAX};
    static const size_t record_sizes[] = {64, 1000, 16384};
    const struct world *world = *state;
    for (size_t i = 0; i < 3; i++) {
        struct pair pair;
        open_sized(&pair, world, record_sizes[i], 0);
        pair_connect(&pair);
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++) {
            assert_carries(&pair, &pair.client, &pair.server, bytes_of(world->data, sizes[j]));
            assert_carries(&pair, &pair.server, &pair.client, bytes_of(world->data, sizes[j]));
        }
        pair_close(&pair);
    }
}

/* Each record is as long as `record_size` and `padding` say, RFC 8446 5.4. */
static void assert_records(bulla_bytes wire, size_t data_len, size_t record_size, size_t padding) {
    struct reader reader = reader_over(wire);
    while (!reader_at_end(&reader)) {
        bulla_bytes fragment = bytes_of(NULL, 0);
        size_t len = data_len < record_size ? data_len : record_size;
        assert_true(reader_skip(&reader, 3));
        assert_true(reader_vector16(&reader, &fragment));
        size_t inner = fragment.len - AEAD_TAG_LEN;
        assert_true(inner <= RECORD_INNER_PLAINTEXT_LEN_MAX && inner >= len + 1);
        assert_true(inner % padding == 0 || inner == RECORD_INNER_PLAINTEXT_LEN_MAX);
        assert_true(inner < len + 1 + padding);
        data_len -= len;
    }
    assert_int_equal(data_len, 0);
}

static void records_of_the_size_asked_for(void **state) {
    static const size_t record_sizes[] = {64, 100, 16384};
    static const size_t paddings[] = {1, 2, 64, 100, 4096, 16384};
    static const size_t sizes[] = {1, 63, 64, 99, 4095, 16383, 16384, 20000};
    const struct world *world = *state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 6; j++) {
            struct pair pair;
            open_sized(&pair, world, record_sizes[i], paddings[j]);
            pair_connect(&pair);
            for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
                const bulla_bytes data = bytes_of(world->data, sizes[k]);
                size_t start = pair.server.inbox.len;
                assert_int_equal(end_send(&pair.client, &pair.server, data), BULLA_OK);
                assert_records(
                    bytes_of(pair.server.inbox.buffer + start, pair.server.inbox.len - start),
                    sizes[k], record_sizes[i], paddings[j]);
                pair_run(&pair);
                assert_true(bytes_equal(
                    bytes_of(pair.server.received.buffer, pair.server.received.len), data));
                pair.server.received.len = 0;
            }
            pair_close(&pair);
        }
    }
}

/* However little room there is, what has room goes out, and nothing is lost or written past the
 * end. */
static void sending_into_little_room(void **state) {
    static const size_t paddings[] = {1, 16, 64};
    const struct world *world = *state;
    for (size_t cap = 0; cap < 200; cap++) {
        for (size_t i = 0; i < 3; i++) {
            const bulla_bytes whole = bytes_of(world->data, 300);
            /* Header and tag stand around a multiple that holds the content type and a byte. */
            size_t least = RECORD_HEADER_LEN + AEAD_TAG_LEN + (paddings[i] < 2 ? 2 : paddings[i]);
            bulla_bytes data = whole;
            struct pair pair;
            open_sized(&pair, world, 0, paddings[i]);
            pair_connect(&pair);
            while (data.len != 0) {
                uint8_t *out = malloc(cap == 0 ? 1 : cap);
                size_t len;
                bulla_cause cause =
                    bulla_connection_send(pair.client.connection, &data, out, cap, &len);
                assert_true(len <= cap);
                writer_bytes(&pair.server.inbox, bytes_of(out, len));
                free(out);
                assert_int_equal(cause, cap < least ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK);
                if (cap < least) {
                    assert_int_equal(len, 0);
                    break;
                }
            }
            pair_run(&pair);
            assert_true(bytes_equal(bytes_of(pair.server.received.buffer, pair.server.received.len),
                                    bytes_of(whole.data, whole.len - data.len)));
            assert_int_equal(end_failure(&pair.server), BULLA_OK);
            pair_close(&pair);
        }
    }
}

/* What waits goes first, whole or not at all; moving it is progress by itself. */
static void waiting_output_goes_first(void **state) {
    struct pair pair;
    uint8_t out[200];
    open_connected(&pair, *state);
    bulla_connection *client = pair.client.connection;
    bulla_bytes data = BYTES_OF("data");
    size_t len;
    assert_int_equal(bulla_connection_update_key(client, 0), BULLA_OK);
    size_t waiting = bulla_connection_output(client).len;
    assert_int_equal(bulla_connection_send(client, &data, out, waiting - 1, &len),
                     BULLA_E_BUFFER_TOO_SMALL);
    assert_int_equal(len, 0);
    assert_int_equal(bulla_connection_output(client).len, waiting);
    assert_int_equal(bulla_connection_send(client, &data, out, waiting, &len), BULLA_OK);
    assert_int_equal(len, waiting);
    assert_int_equal(data.len, 4);
    writer_bytes(&pair.server.inbox, bytes_of(out, len));
    assert_int_equal(bulla_connection_output(client).len, 0);
    assert_int_equal(bulla_connection_send(client, &data, out, sizeof out, &len), BULLA_OK);
    assert_int_equal(data.len, 0);
    writer_bytes(&pair.server.inbox, bytes_of(out, len));
    pair_run(&pair);
    assert_true(bytes_equal(bytes_of(pair.server.received.buffer, pair.server.received.len),
                            BYTES_OF("data")));
    pair_close(&pair);
}

static void output_taken_in_parts(void **state) {
    struct pair pair;
    struct writer whole = writer_growing(1 << 16);
    open_sized(&pair, *state, 0, 0);
    bulla_connection *client = pair.client.connection;
    (void)end_receive(&pair.client, 0);
    bulla_bytes output = bulla_connection_output(client);
    writer_bytes(&whole, output);
    for (size_t left = output.len; left != 0; left--) {
        output = bulla_connection_output(client);
        assert_int_equal(output.len, left);
        assert_int_equal(output.data[0], whole.buffer[whole.len - left]);
        bulla_connection_output_sent(client, 1);
    }
    bulla_connection_output_sent(client, 1); /* more than there is */
    assert_int_equal(bulla_connection_output(client).len, 0);
    writer_free(&whole);
    pair_close(&pair);
}

static void assert_same_secret(const struct end *end, enum lasting_secret which,
                               const struct end *other, enum lasting_secret others) {
    size_t len = hash_len(end->connection->suite->hash);
    assert_memory_equal(lasting_secret(end->connection, which),
                        lasting_secret(other->connection, others), len);
}

/* ------------------------------------------------------------------ key updates */

static void key_updates(void **state) {
    for (int by_server = 0; by_server <= 1; by_server++) {
        for (int asks = 0; asks <= 1; asks++) {
            struct pair pair;
            open_connected(&pair, *state);
            struct end *end = by_server ? &pair.server : &pair.client;
            struct end *other = by_server ? &pair.client : &pair.server;
            struct record_keys write = end->connection->write, read = end->connection->read;
            for (int i = 0; i < 5; i++) {
                assert_int_equal(bulla_connection_update_key(end->connection, asks), BULLA_OK);
                assert_talks(&pair);
                assert_false(bytes_equal(BYTES_IN(write.iv), BYTES_IN(end->connection->write.iv)));
                assert_int_equal(bytes_equal(BYTES_IN(read.iv), BYTES_IN(end->connection->read.iv)),
                                 !asks);
                write = end->connection->write;
                read = end->connection->read;
                assert_same_secret(end, SECRET_WRITE, other, SECRET_READ);
                assert_same_secret(end, SECRET_READ, other, SECRET_WRITE);
            }
            assert_true(pair_agrees(&pair)); /* the exporter does not change */
            pair_close(&pair);
        }
    }
}

/* Both ask at once: each answers the other, and no more follows. */
static void key_updates_that_cross(void **state) {
    struct pair pair;
    open_connected(&pair, *state);
    assert_int_equal(bulla_connection_update_key(pair.client.connection, 1), BULLA_OK);
    assert_int_equal(bulla_connection_update_key(pair.server.connection, 1), BULLA_OK);
    assert_talks(&pair);
    assert_int_equal(end_failure(&pair.client), BULLA_OK);
    assert_int_equal(pair.client.connection->num_post_handshake, 0);
    pair_close(&pair);
}

/* RFC 8446 5.5: before a key has sealed too much it is changed without being told. */
static void key_changes_by_itself(void **state) {
    for (int over = 0; over <= 1; over++) {
        struct pair pair;
        open_connected(&pair, *state);
        struct record_keys *write = &pair.client.connection->write;
        write->sequence = (uint64_t)RECORDS_PER_KEY_MAX - 1 + (unsigned)over;
        pair.server.connection->read.sequence = write->sequence;
        assert_carries(&pair, &pair.client, &pair.server, BYTES_OF("x"));
        assert_int_equal(write->sequence, over ? 1 : RECORDS_PER_KEY_MAX);
        assert_int_equal(pair.server.connection->read.sequence, write->sequence);
        assert_talks(&pair);
        pair_close(&pair);
    }
}

/* A sequence number does not wrap, RFC 8446 5.3: there is nothing left to say it with. */
static void sequence_ends(void **state) {
    struct pair pair;
    open_connected(&pair, *state);
    pair.client.connection->write.sequence = UINT64_MAX;
    assert_int_equal(end_send(&pair.client, &pair.server, BYTES_OF("x")),
                     BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
    assert_int_equal(bulla_connection_failure(pair.client.connection).alert_sent, BULLA_ALERT_NONE);
    expect_dead(&pair.client, BULLA_E_RECORD_SEQUENCE_EXHAUSTED);

    pair.server.connection->read.sequence = UINT64_MAX;
    expect_refused(&pair.server,
                   BYTES_OF("\x17\x03\x03\0\x11"
                            "0123456789abcdefg"),
                   BULLA_E_RECORD_SEQUENCE_EXHAUSTED, "a record too many");
    pair_close(&pair);
}

/* ------------------------------------------------------------------ exporters */

static void exporters(void **state) {
    uint8_t one[32], other[32], most[255 * 32], too_long[256];
    struct pair pair;
    open_sized(&pair, *state, 0, 0);
    const bulla_connection *client = pair.client.connection, *server = pair.server.connection;
    const bulla_bytes label = BYTES_OF("label"), none = bytes_of(NULL, 0);
    assert_int_equal(bulla_connection_export(client, label, none, one, 32), BULLA_E_API_MISUSE);
    pair_connect(&pair);
    assert_int_equal(bulla_connection_export(client, label, none, one, 32), BULLA_OK);
    assert_int_equal(bulla_connection_export(server, label, none, other, 32), BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(one), BYTES_IN(other)));
    assert_int_equal(bulla_connection_export(server, label, BYTES_OF("x"), other, 32), BULLA_OK);
    assert_false(bytes_equal(BYTES_IN(one), BYTES_IN(other)));
    assert_int_equal(bulla_connection_export(server, BYTES_OF("Label"), none, other, 32), BULLA_OK);
    assert_false(bytes_equal(BYTES_IN(one), BYTES_IN(other)));
    assert_int_equal(bulla_connection_export(client, label, none, most, sizeof most), BULLA_OK);
    assert_int_equal(bulla_connection_export(client, label, none, most, sizeof most + 1),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_export(client, none, none, one, 32), BULLA_E_API_MISUSE);
    (void)memset(too_long, 'x', sizeof too_long);
    assert_int_equal(bulla_connection_export(client, bytes_of(too_long, 249), none, one, 32),
                     BULLA_OK);
    assert_int_equal(bulla_connection_export(client, bytes_of(too_long, 250), none, one, 32),
                     BULLA_E_API_MISUSE);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ closing */

static void close_both_ways(void **state) {
    for (int by_server = 0; by_server <= 1; by_server++) {
        struct pair pair;
        uint8_t out[64];
        open_connected(&pair, *state);
        struct end *end = by_server ? &pair.server : &pair.client;
        struct end *other = by_server ? &pair.client : &pair.server;
        bulla_bytes data = BYTES_OF("x");
        size_t len;
        assert_int_equal(bulla_connection_close(end->connection), BULLA_OK);
        assert_int_equal(bulla_connection_close(end->connection), BULLA_OK);
        assert_int_equal(bulla_connection_send(end->connection, &data, out, sizeof out, &len),
                         BULLA_E_API_MISUSE);
        assert_int_equal(bulla_connection_update_key(end->connection, 1), BULLA_E_API_MISUSE);
        pair_run(&pair);
        assert_int_equal(other->last, BULLA_EVENT_CLOSED);
        /* The other direction goes on, RFC 8446 6.1, and key updates are not answered any more. */
        assert_int_equal(bulla_connection_update_key(other->connection, 1), BULLA_OK);
        assert_carries(&pair, other, end, BYTES_OF("more"));
        assert_int_equal(bulla_connection_output(end->connection).len, 0);
        assert_int_equal(bulla_connection_close(other->connection), BULLA_OK);
        pair_run(&pair);
        assert_int_equal(end->last, BULLA_EVENT_CLOSED);
        for (int i = 0; i < 2; i++) {
            bulla_connection_receive_end(i == 0 ? end->connection : other->connection);
        }
        assert_int_equal(end_failure(end), BULLA_OK);
        assert_int_equal(end_failure(other), BULLA_OK);
        pair_close(&pair);
    }
}

/* What comes behind close_notify is not looked at, be it good or not. */
static void data_after_close(void **state) {
    struct pair pair;
    struct writer out = writer_growing(1 << 16);
    open_connected(&pair, *state);
    raw_sealed(&out, &pair.server, 0, CONTENT_ALERT, BYTES_OF("\x01\0"), 0);
    raw_sealed(&out, &pair.server, 1, CONTENT_APPLICATION_DATA, BYTES_OF("late"), 0);
    writer_text(&out, "garbage");
    assert_int_equal(end_feed(&pair.server, bytes_of(out.buffer, out.len)), BULLA_EVENT_CLOSED);
    assert_int_equal(end_receive(&pair.server, SIZE_MAX), BULLA_EVENT_CLOSED);
    assert_int_equal(end_receive(&pair.server, SIZE_MAX), BULLA_EVENT_CLOSED);
    assert_int_equal(end_waiting(&pair.server), 0);
    assert_int_equal(pair.server.received.len, 0);
    assert_int_equal(end_failure(&pair.server), BULLA_OK);
    pair_close(&pair);
    writer_free(&out);
}

static void truncation(void **state) {
    struct pair pair;
    open_connected(&pair, *state);
    assert_carries(&pair, &pair.client, &pair.server, BYTES_OF("half of it"));
    bulla_connection_receive_end(pair.server.connection);
    assert_int_equal(end_failure(&pair.server), BULLA_E_TRUNCATED);
    expect_dead(&pair.server, BULLA_E_TRUNCATED);
    /* Our own close_notify does not stand for the peer's. */
    assert_int_equal(bulla_connection_close(pair.client.connection), BULLA_OK);
    bulla_connection_receive_end(pair.client.connection);
    assert_int_equal(end_failure(&pair.client), BULLA_E_TRUNCATED);
    pair_close(&pair);
}

/* Closing before the handshake is done ends it: nothing follows close_notify. */
static void close_in_the_handshake(void **state) {
    for (int by_server = 0; by_server <= 1; by_server++) {
        for (int turns = 0; turns <= 2; turns++) {
            struct pair pair;
            open_sized(&pair, *state, 0, 0);
            struct end *end = by_server ? &pair.server : &pair.client;
            struct end *other = by_server ? &pair.client : &pair.server;
            for (int i = 0; i < turns; i++) {
                struct end *turn = i % 2 == 0 ? &pair.client : &pair.server;
                (void)end_receive(turn, SIZE_MAX);
                (void)end_flush(turn, i % 2 == 0 ? &pair.server : &pair.client);
            }
            assert_int_equal(bulla_connection_close(end->connection), BULLA_OK);
            pair_run(&pair);
            assert_int_equal(end_failure(end), BULLA_E_CLOSED_BEFORE_HANDSHAKE);
            /* A client that has the whole flight is done; for it this is the ordinary end. */
            assert_int_equal(end_failure(other),
                             by_server && turns == 2 ? BULLA_OK : BULLA_E_CLOSED_BEFORE_HANDSHAKE);
            expect_dead(end, BULLA_E_CLOSED_BEFORE_HANDSHAKE);
            pair_close(&pair);
        }
    }
}

/* ------------------------------------------------------------------ misuse */

static void calls_before_the_handshake_is_done(void **state) {
    struct pair pair;
    uint8_t out[64];
    open_sized(&pair, *state, 0, 0);
    for (int turn = 0; turn < 3; turn++) {
        struct end *end = turn % 2 == 0 ? &pair.client : &pair.server;
        bulla_bytes data = BYTES_OF("x");
        size_t len;
        assert_int_equal(bulla_connection_send(end->connection, &data, out, sizeof out, &len),
                         BULLA_E_API_MISUSE);
        assert_int_equal(bulla_connection_update_key(end->connection, 0), BULLA_E_API_MISUSE);
        assert_int_equal(end_failure(end), BULLA_OK);
        assert_false(end_info(end).handshake_done);
        if (turn < 2) {
            (void)end_receive(end, SIZE_MAX);
            (void)end_flush(end, turn % 2 == 0 ? &pair.server : &pair.client);
        }
    }
    pair_connect(&pair); /* none of it did any harm */
    assert_talks(&pair);
    pair_close(&pair);
}

static void names_of_servers(void **state) {
    static const struct {
        bulla_bytes name;
        bulla_cause cause;
    } cases[] = {
        {{(const uint8_t *)"a.example", 9}, BULLA_OK},
        {{(const uint8_t *)"a.example.", 10}, BULLA_OK},
        {{(const uint8_t *)"xn--bcher-kva.example", 21}, BULLA_OK},
        {{(const uint8_t *)"192.0.2.1", 9}, BULLA_OK},
        {{(const uint8_t *)"::1", 3}, BULLA_OK},
        {{NULL, 0}, BULLA_E_API_MISUSE}, /* nothing could be verified */
        {{(const uint8_t *)".", 1}, BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"a example", 9}, BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"a.example:443", 13}, BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"https://a", 9}, BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"b\xc3\xbc"
                           "cher.example",
          15},
         BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"a\0b", 3}, BULLA_E_SERVER_NAME_INVALID},
        {{(const uint8_t *)"1.2.3.4\0.evil.example.with.a.long.name.behind.the.zero", 54},
         BULLA_E_SERVER_NAME_INVALID},
    };
    const struct world *world = *state;
    struct setup setup = {.role = BULLA_CLIENT, .trust = world->trust};
    bulla_config *config = setup_config(&setup);
    bulla_workspace *workspace;
    bulla_connection *connection;
    char long_name[SERVER_NAME_LEN_MAX + 1];
    (void)memset(long_name, 'a', sizeof long_name);
    must(bulla_workspace_new(&workspace) == BULLA_OK, "workspace");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_cause cause =
            bulla_connection_new_client(&connection, config, workspace, cases[i].name);
        assert_int_equal(cause, cases[i].cause);
        if (cause == BULLA_OK) {
            bulla_connection_free(connection);
        }
    }
    assert_int_equal(bulla_connection_new_client(&connection, config, workspace,
                                                 bytes_of(long_name, sizeof long_name)),
                     BULLA_E_SERVER_NAME_INVALID);
    bulla_workspace_free(workspace);
    bulla_config_free(config);
}

static void made_from_the_wrong_things(void **state) {
    const struct world *world = *state;
    struct setup client = {.role = BULLA_CLIENT, .trust = world->trust};
    struct setup server = {.role = BULLA_SERVER, .credentials = {world->both}};
    bulla_config *client_config = setup_config(&client), *server_config = setup_config(&server);
    const bulla_bytes name = BYTES_OF(TEST_SERVER_NAME);
    bulla_workspace *workspace;
    bulla_connection *connection = NULL;
    must(bulla_workspace_new(&workspace) == BULLA_OK, "workspace");
    assert_int_equal(bulla_connection_new_client(&connection, server_config, workspace, name),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_new_server(&connection, client_config, workspace),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_new_client(&connection, client_config, NULL, name),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_new_client(&connection, NULL, workspace, name),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_connection_new_server(&connection, NULL, workspace), BULLA_E_API_MISUSE);
    assert_null(connection);
    bulla_connection_free(NULL);
    bulla_workspace_free(NULL);
    bulla_workspace_free(workspace);
    bulla_config_free(client_config);
    bulla_config_free(server_config);
}

static void names_of_parameters(void **state) {
    (void)state;
    assert_string_equal(bulla_suite_name(0x1303), "TLS_CHACHA20_POLY1305_SHA256");
    assert_string_equal(bulla_suite_name(0xc02f), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_string_equal(bulla_suite_name(0xc013), "unknown"); /* CBC */
    assert_string_equal(bulla_group_name(0x001d), "x25519");
    assert_string_equal(bulla_group_name(0), "unknown");
    assert_string_equal(bulla_signature_scheme_name(0x0804), "rsa_pss_rsae_sha256");
    assert_string_equal(bulla_signature_scheme_name(0x0203), "unknown");
}

/* Randomness that fails is a failure of the connection, not of the process. */
static int no_random(void *context, uint8_t *out, size_t len) {
    (void)context;
    (void)out;
    (void)len;
    return 0;
}

static void randomness_fails(void **state) {
    for (int at_server = 0; at_server <= 1; at_server++) {
        struct pair pair;
        open_sized(&pair, *state, 0, 0);
        struct end *end = at_server ? &pair.server : &pair.client;
        end->connection->config->random_function = no_random;
        pair_run(&pair);
        assert_int_equal(end_failure(end), BULLA_E_RANDOM_FAILED);
        assert_int_equal(bulla_connection_failure(end->connection).alert_sent,
                         BULLA_ALERT_INTERNAL_ERROR);
        expect_dead(end, BULLA_E_RANDOM_FAILED);
        pair_close(&pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_in_pieces),
        cmocka_unit_test(input_cut_anywhere),
        cmocka_unit_test(idle_is_lean),
        cmocka_unit_test(data_of_all_sizes),
        cmocka_unit_test(records_of_the_size_asked_for),
        cmocka_unit_test(sending_into_little_room),
        cmocka_unit_test(waiting_output_goes_first),
        cmocka_unit_test(output_taken_in_parts),
        cmocka_unit_test(key_updates),
        cmocka_unit_test(key_updates_that_cross),
        cmocka_unit_test(key_changes_by_itself),
        cmocka_unit_test(sequence_ends),
        cmocka_unit_test(exporters),
        cmocka_unit_test(close_both_ways),
        cmocka_unit_test(data_after_close),
        cmocka_unit_test(truncation),
        cmocka_unit_test(close_in_the_handshake),
        cmocka_unit_test(calls_before_the_handshake_is_done),
        cmocka_unit_test(names_of_servers),
        cmocka_unit_test(made_from_the_wrong_things),
        cmocka_unit_test(names_of_parameters),
        cmocka_unit_test(randomness_fails),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
