/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's input played against a connection; see script.h. */
#include "engine/script.h"

enum { PIECE_MAX = 1 << 18, INPUT_MAX = 1 << 17 };

/* One play: the script that is left, and the pair. */
struct play {
    struct reader script;
    struct pair pair;
    struct end *victim, *peer;
};

static bool command(struct play *play);
static void deliver(struct play *play);
static void flip(struct play *play);
static void forge(struct play *play, enum script_command what);
static void victim_acts(struct play *play);
static bulla_bytes take(struct reader *script, size_t len);

void script_world_make(struct script_world *world) {
    authority_make(&world->authority, "Fuzz");
    world->trust = authority_trust(&world->authority);
    world->credential = authority_issue(&world->authority, &(struct leaf){.key = KEY_KIND_ED25519});
}

void script_open(struct pair *pair, const struct script_world *world, unsigned start,
                 bulla_role victim, struct seeded seeds[2]) {
    static const uint16_t group_codes[] = {BULLA_GROUP_SECP256R1, BULLA_GROUP_X25519};
    static const uint16_t suite_codes[] = {BULLA_TLS_AES_128_GCM_SHA256,
                                           BULLA_TLS_AES_256_GCM_SHA384,
                                           BULLA_TLS_CHACHA20_POLY1305_SHA256};
    const unsigned suite = (start & SCRIPT_SUITES) >> 5;
    const bool small = (start & SCRIPT_SMALL) != 0;
    const unsigned asks = BULLA_ASK_VERIFY | BULLA_ASK_SIGN | BULLA_ASK_CREDENTIAL;
    struct setup client = {
        .role = BULLA_CLIENT,
        .trust = world->trust,
        .credentials = {world->credential},
        .alpn = {"h2", "http/1.1"},
        .record_size = small ? 64 : 0,
        .padding = small ? 32 : 0,
        .suites = suite == 3 ? suite_codes : suite_codes + suite,
        .num_suites = suite == 3 ? 3 : 1,
        /* X25519 alone is quick; a retry begins with P-256. */
        .groups = (start & SCRIPT_RETRY) != 0 ? group_codes : group_codes + 1,
        .num_groups = (start & SCRIPT_RETRY) != 0 ? 2 : 1,
    };
    struct setup server = client;
    server.role = BULLA_SERVER;
    server.suites = NULL;
    server.groups = group_codes + 1;
    server.num_groups = 1;
    server.client_auth =
        (start & SCRIPT_CLIENT_AUTH) != 0 ? BULLA_CLIENT_AUTH_REQUIRE : BULLA_CLIENT_AUTH_NONE;
    (victim == BULLA_CLIENT ? &client : &server)->ask = (start & SCRIPT_ASKS) != 0 ? asks : 0;
    seeds[0] = seeded_of(1);
    seeds[1] = seeded_of(2);
    client.random = &seeds[0];
    server.random = &seeds[1];
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair->client.credential = pair->server.credential = world->credential;
}

void script_play(const struct script_world *world, bulla_role victim, bulla_bytes script) {
    struct play play = {.script = reader_over(script)};
    struct seeded seeds[2];
    uint8_t start;
    if (script.len > INPUT_MAX || !reader_u8(&play.script, &start)) {
        return;
    }
    script_open(&play.pair, world, start, victim, seeds);
    play.victim = victim == BULLA_CLIENT ? &play.pair.client : &play.pair.server;
    play.peer = victim == BULLA_CLIENT ? &play.pair.server : &play.pair.client;
    (void)end_receive(&play.pair.client, 0);
    (void)end_flush(&play.pair.client, &play.pair.server);
    if ((start & SCRIPT_RAW) != 0) {
        play.victim->inbox.len = 0; /* no honest peer speaks */
        (void)end_feed(play.victim, reader_rest(&play.script));
    } else {
        while (command(&play)) {
            script_check(play.victim);
            script_check(play.peer);
        }
    }
    script_check(play.victim);
    if (play.pair.client.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
        play.pair.server.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
        end_failure(play.victim) == BULLA_OK && end_failure(play.peer) == BULLA_OK) {
        must(pair_agrees(&play.pair), "two that are done agree");
    }
    pair_close(&play.pair);
}

static bool command(struct play *play) {
    uint8_t byte;
    if (!reader_u8(&play->script, &byte)) {
        return false;
    }
    enum script_command what = (enum script_command)(byte % SCRIPT_COMMANDS);
    switch (what) {
    case SCRIPT_DELIVER:
        deliver(play);
        break;
    case SCRIPT_PEER:
        (void)end_receive(play->peer, SIZE_MAX);
        (void)end_flush(play->peer, play->victim);
        break;
    case SCRIPT_FLIP:
        flip(play);
        break;
    case SCRIPT_MESSAGE:
    case SCRIPT_RECORD:
    case SCRIPT_BYTES:
        forge(play, what);
        break;
    case SCRIPT_VICTIM:
        victim_acts(play);
        break;
    case SCRIPT_END:
    case SCRIPT_COMMANDS:
        bulla_connection_receive_end(play->victim->connection);
        return false;
    }
    (void)end_flush(play->victim, play->peer);
    return true;
}

static void deliver(struct play *play) {
    uint8_t num;
    if (reader_u8(&play->script, &num)) {
        (void)end_receive(play->victim, num == 0 ? SIZE_MAX : num);
    }
}

static void flip(struct play *play) {
    uint16_t place;
    uint8_t mask;
    if (reader_u16(&play->script, &place) && reader_u8(&play->script, &mask) &&
        place < end_waiting(play->victim)) {
        play->victim->inbox.buffer[play->victim->inbox_start + place] ^= mask;
    }
}

/* What follows goes to the victim at once, in front of the honest peer's bytes. */
static void forge(struct play *play, enum script_command what) {
    struct writer out = writer_growing(PIECE_MAX), message = writer_growing(PIECE_MAX);
    uint8_t type = CONTENT_HANDSHAKE, padding = 0;
    uint16_t len = 0;
    bool whole = (what == SCRIPT_BYTES || reader_u8(&play->script, &type)) &&
                 reader_u16(&play->script, &len) &&
                 (what != SCRIPT_RECORD || reader_u8(&play->script, &padding));
    bulla_bytes bytes = take(&play->script, whole ? len : 0);
    if (what == SCRIPT_MESSAGE) {
        raw_message(&message, type, bytes);
        bytes = bytes_of(message.buffer, message.len);
        type = CONTENT_HANDSHAKE;
    }
    if (what == SCRIPT_BYTES) {
        writer_bytes(&out, bytes);
    } else if (play->victim->connection->read.aead.id == AEAD_INVALID) {
        raw_record(&out, type, LEGACY_VERSION, bytes);
    } else if (bytes.len + padding < 1 << 15) {
        raw_sealed(&out, play->victim, 0, type, bytes, padding);
    }
    struct writer honest = play->victim->inbox;
    size_t honest_start = play->victim->inbox_start;
    play->victim->inbox = out;
    play->victim->inbox_start = 0;
    (void)end_receive(play->victim, SIZE_MAX);
    writer_free(&play->victim->inbox);
    play->victim->inbox = honest;
    play->victim->inbox_start = honest_start;
    writer_free(&message);
}

static void victim_acts(struct play *play) {
    uint8_t what;
    if (!reader_u8(&play->script, &what)) {
        return;
    }
    bulla_connection *connection = play->victim->connection;
    bool may = play->victim->events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
               end_failure(play->victim) == BULLA_OK && !connection->close_sent;
    bulla_cause cause = BULLA_OK;
    if (what % 8 == 7) {
        cause = bulla_connection_close(connection);
        may = true;
    } else if (what % 8 >= 5) {
        cause = bulla_connection_update_key(connection, what % 8 == 6);
    } else if (may) {
        cause = end_send(play->victim, play->peer, BYTES_OF("what the victim has to say"));
    }
    must(may ? cause == BULLA_OK : cause == BULLA_OK || cause == BULLA_E_API_MISUSE,
         "an act in its time");
}

void script_check(const struct end *end) {
    bulla_failure failure = bulla_connection_failure(end->connection);
    must(failure.cause > BULLA_CAUSE_INVALID && failure.cause < BULLA_NUM_CAUSES, "a cause");
    must(failure.cause != BULLA_E_INTERNAL && failure.cause != BULLA_E_CRYPTO_FAILED &&
             failure.cause != BULLA_E_OUT_OF_MEMORY && failure.cause != BULLA_E_API_MISUSE,
         "no fault of our own");
    must(failure.cause == BULLA_OK || end->connection->close_sent ||
             failure.alert_sent == bulla_cause_about(failure.cause)->alert,
         "the cause's alert");
    must(end->events[BULLA_EVENT_HANDSHAKE_DONE] <= 1, "done once");
    must(end->received.len == 0 || end->events[BULLA_EVENT_HANDSHAKE_DONE] == 1, "data in time");
}

static bulla_bytes take(struct reader *script, size_t len) {
    bulla_bytes bytes;
    bool taken = reader_bytes(script, len < script->left ? len : script->left, &bytes);
    return taken ? bytes : bytes_of(NULL, 0);
}
