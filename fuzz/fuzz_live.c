/* SPDX-License-Identifier: Apache-2.0 */
/* A client and a server of ours, with all that TLS 1.2 and 1.3 have between them, under a script
 * (live.h: options; live_edit.h: messages that are changed where they are made; live_play.h:
 * commands). What must hold whatever happens is checked at the end, and that an honest connection
 * after it is made. */
#include "live_edit.h"
#include "live_play.h"

#include <stdlib.h>

enum { SCRIPT_MAX = 1 << 12, COMMANDS_MAX = 48 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct live_play *play);
static void check_end(const struct live_play *play, const struct end *end);
static void finish(struct live_play *play);
static void check_replay(struct live *live, bulla_bytes first_flight);
static void check_afterwards(struct live *live, bool may_fail);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct live_world world;
    struct live live;
    struct live_edits edits;
    uint32_t options;
    struct live_play play = {.script = reader_over(bytes_of(data, len)), .live = &live};
    if (world.trust == NULL) {
        live_world_make(&world);
    }
    if (len > SCRIPT_MAX || !reader_u32(&play.script, &options)) {
        return 0;
    }
    bool edited = live_edits_make(&edits, &world, options, &play.script);
    play.edited[0] = edits.instead[0].num != 0;
    play.edited[1] = edits.instead[1].num != 0;
    live_open(&live, &world, options);
    live_pair(&live, &play.pair, edited ? edits.instead : NULL);
    live_start(&live, &play.pair);
    struct end *server = &play.pair.server;
    bulla_bytes flight = bytes_of(server->inbox.buffer, server->inbox.len);
    uint8_t *first_flight = bytes_duplicate(flight);
    for (int i = 0; i < COMMANDS_MAX && live_command(&play); i++) {
        check(&play);
    }
    finish(&play);
    check(&play);
    bool early_taken = server->early.len != 0 && !edited && !play.knows_keys && !play.meddled;
    live_pair_close(&live, &play.pair);
    if (early_taken && (options & LIVE_ASK_STRIKE) == 0) {
        check_replay(&live, bytes_of(first_flight, flight.len));
    }
    check_afterwards(&live, edited || play.knows_keys);
    free(first_flight);
    live_close(&live);
    live_edits_free(&edits);
    return 0;
}

/* Both go on as long as they can, and every decision is made. */
static void finish(struct live_play *play) {
    struct pair *pair = &play->pair;
    pair->client.holds = pair->server.holds = false;
    (void)end_receive(&pair->client, SIZE_MAX);
    (void)end_receive(&pair->server, SIZE_MAX);
    (void)end_flush(&pair->client, &pair->server);
    (void)end_flush(&pair->server, &pair->client);
    pair_run(pair);
}

static void check(const struct live_play *play) {
    const struct pair *pair = &play->pair;
    check_end(play, &pair->client);
    check_end(play, &pair->server);
    if (pair->client.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
        pair->server.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
        end_failure(&pair->client) == BULLA_OK && end_failure(&pair->server) == BULLA_OK) {
        bulla_connection_info client = end_info(&pair->client), server = end_info(&pair->server);
        must(client.version == server.version && client.suite == server.suite &&
                 client.group == server.group && client.resumed == server.resumed &&
                 client.extended_master_secret == server.extended_master_secret,
             "two that are done have agreed on the same");
        must(!client.extended_master_secret || pair_agrees(pair), "and have the same keys");
        must(play->edited[0] || play->edited[1] || bytes_equal(client.alpn, server.alpn),
             "and the same protocol");
    }
}

static void check_end(const struct live_play *play, const struct end *end) {
    const uint32_t options = play->live->options;
    const struct live_world *world = play->live->world;
    const bool is_client = end == &play->pair.client;
    const bool edited = play->edited[0] || play->edited[1];
    bulla_failure failure = bulla_connection_failure(end->connection);
    bulla_connection_info info = end_info(end);
    must(failure.cause > BULLA_CAUSE_INVALID && failure.cause < BULLA_NUM_CAUSES, "a cause");
    /* An end that shall send what it cannot read itself says so. */
    must((failure.cause != BULLA_E_INTERNAL || play->edited[!is_client]) &&
             failure.cause != BULLA_E_CRYPTO_FAILED && failure.cause != BULLA_E_OUT_OF_MEMORY &&
             failure.cause != BULLA_E_API_MISUSE,
         "no fault of our own");
    must(failure.cause == BULLA_OK || end->connection->close_sent ||
             failure.alert_sent == bulla_cause_about(failure.cause)->alert,
         "the cause's alert");
    must(end->events[BULLA_EVENT_HANDSHAKE_DONE] <= 1, "done once");
    must(end->received.len == 0 || end->events[BULLA_EVENT_HANDSHAKE_DONE] == 1, "data in time");
    must(end->early.len == 0 || info.early_data == BULLA_EARLY_DATA_ACCEPTED, "early data as such");
    if (end->events[BULLA_EVENT_HANDSHAKE_DONE] == 0 || failure.cause != BULLA_OK) {
        return;
    }
    /* Nobody here has another key than that of his own leaf. */
    bulla_bytes leaf = bulla_connection_peer_certificate(end->connection, 0);
    bulla_bytes expected =
        bulla_credential_certificate(is_client ? world->server : world->client, 0);
    must(is_client || (options & LIVE_AUTH_REQUIRE) == 0 || leaf.len != 0, "who was asked for");
    must(info.peer_authenticated == (leaf.len != 0) && (!is_client || leaf.len != 0), "is known");
    must(leaf.len == 0 || (edited && (options & LIVE_ASKS) != 0) || bytes_equal(leaf, expected),
         "and no other");
}

/* What was taken early once is not taken again. */
static void check_replay(struct live *live, bulla_bytes first_flight) {
    struct pair pair;
    live_pair(live, &pair, NULL);
    (void)end_feed(&pair.server, first_flight);
    must(pair.server.early.len == 0, "early data once");
    pair_close(&pair);
}

/* Whatever was tried, the next ones meet: but for what one who knows the keys can make the other
 * remember. */
static void check_afterwards(struct live *live, bool may_fail) {
    struct pair pair;
    live_pair(live, &pair, NULL);
    live_start(live, &pair);
    pair_run(&pair);
    bool done = pair.client.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
                pair.server.events[BULLA_EVENT_HANDSHAKE_DONE] == 1;
    const uint32_t options = live->options;
    bool can = (options & (LIVE_ANOTHER_NAME | LIVE_OTHER_SERVER)) == 0 &&
               ((options & LIVE_AUTH_REQUIRE) == 0 || (options & LIVE_CLIENT_SHOWS) != 0) &&
               (options & LIVE_KEEPER) != LIVE_CALLER * 0x100U; /* who has but one answer */
    must(done || may_fail || !can, "an honest connection afterwards");
    pair_close(&pair);
}
