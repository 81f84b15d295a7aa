/* SPDX-License-Identifier: Apache-2.0 */
/* See encounter.h: the network, the steps, and how a connection begins and ends. */
#include "simulation/encounter.h"

#include "simulation/randomness.h"
#include "simulation/replay.h"

enum {
    STEPS_MAX = 20000,
    SENT_MAX = 12000,
    EARLY_WIRE_MAX = 12000, /* within EARLY_DATA_SKIPPED_MAX, for the case of a refusal */
};

static void open(struct encounter *encounter);
static void start(struct encounter *encounter);
static void offer_by_hand(struct encounter *encounter);
static bool step(struct encounter *encounter);
static void finish(struct encounter *encounter);
static void flush(struct encounter *encounter, int from);
static void deliver(struct encounter *encounter, int i);
static void count(struct encounter *encounter);

void encounter_play(struct episode *episode) {
    struct encounter encounter = {.episode = episode};
    size_t steps = 0;
    open(&encounter);
    start(&encounter);
    while (episode->broken == NULL && steps < STEPS_MAX && step(&encounter)) {
        encounter_check(&encounter);
        steps++;
    }
    if (episode->broken == NULL) {
        finish(&encounter);
    }
    if (episode->broken == NULL) {
        encounter_check_end(&encounter);
    }
    count(&encounter);
    caller_close(&encounter.sides[CLIENT].caller);
    caller_close(&encounter.sides[SERVER].caller);
}

/* ------------------------------------------------------------------ the beginning */

static void open(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    struct seeded *seeded = &episode->seeded;
    encounter->hostile = seeded_once_in(seeded, 3);
    encounter->alterations_left = encounter->hostile ? 1 + (unsigned)seeded_below(seeded, 3) : 0;
    encounter->member = seeded_once_in(seeded, 4) ? 1 : 0;
    encounter->server_number = ++episode->num_servers;
    encounter->must_resume = episode->unchanged && episode->tickets_due;
    encounter->forecast = oracle_forecast(episode->world, &episode->wishes[CLIENT],
                                          &episode->wishes[SERVER], episode->clocks);
    encounter->flight = &episode->flights[episode->num_flights % FLIGHTS_KEPT];
    encounter->num_states = episode->num_states[CLIENT];
    encounter->flight->bytes.len = 0;
    encounter->flight->num_early = 0;
    encounter->flight->number = episode->number;
    for (int i = 0; i < REGISTERS; i++) {
        encounter->flight->taken_by[i] = 0;
    }
    for (int i = 0; i < 2; i++) {
        struct side *side = &encounter->sides[i];
        side->caller = (struct caller){.episode = episode,
                                       .side = i,
                                       .member = encounter->member,
                                       .capricious = encounter->hostile};
        side->began = episode->clocks[i];
        caller_open(&side->caller, &side->end);
    }
}

/* The client's hello, and which session it offers. */
static void start(struct encounter *encounter) {
    struct side *client = &encounter->sides[CLIENT];
    if (encounter->episode->wishes[CLIENT].keeper == KEEPER_BY_HAND) {
        offer_by_hand(encounter);
    }
    caller_receive(&client->caller, 0);
    const struct handshake *handshake = client->end.connection->handshake;
    encounter->offers_early = end_info(&client->end).early_data == BULLA_EARLY_DATA_OFFERED;
    if (handshake != NULL && handshake->resumption.session != NULL) {
        const struct session *session = handshake->resumption.session;
        client->has_origin = true;
        client->origin = session->authenticated_at;
        client->ticket = 0xcbf29ce484222325U;
        for (size_t i = 0; i < session->ticket.len; i++) {
            client->ticket = (client->ticket ^ session->ticket.data[i]) * 0x100000001b3U;
        }
    }
}

/* Mostly the newest; sometimes one that was used before, and sometimes what is none at all. */
static void offer_by_hand(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    struct seeded *seeded = &episode->seeded;
    bulla_connection *connection = encounter->sides[CLIENT].end.connection;
    size_t num = episode->num_states[CLIENT];
    bool newest = !seeded_once_in(seeded, 4), garbage = seeded_once_in(seeded, 30);
    encounter->offers_newest = newest && !garbage;
    encounter->must_resume = encounter->must_resume && encounter->offers_newest;
    if (num == 0) {
        return;
    }
    size_t kept = num < STATES_KEPT ? num : STATES_KEPT;
    size_t place = newest ? num - 1 : num - 1 - seeded_below(seeded, kept);
    const struct writer *state = &episode->states[CLIENT][place % STATES_KEPT].state;
    size_t len = garbage ? seeded_below(seeded, state->len) : state->len;
    bulla_cause cause = bulla_connection_resume(connection, bytes_of(state->buffer, len));
    episode_require(episode,
                    garbage ? cause == BULLA_E_SESSION_MALFORMED
                            : cause == BULLA_OK || cause == BULLA_E_SESSION_UNUSABLE,
                    "a session was not judged as what it is");
    episode_require(episode, !encounter->must_resume || cause == BULLA_OK,
                    "a session that is good was not taken");
}

/* ------------------------------------------------------------------ the network */

static void append(struct encounter *encounter, int from, bulla_bytes sent) {
    episode_hash(encounter->episode, sent.data, sent.len);
    if (from == CLIENT && !encounter->client_heard) {
        writer_bytes(&encounter->flight->bytes, sent);
    }
}

/* What a side has to say goes on the wire, and into the digest. */
static void flush(struct encounter *encounter, int from) {
    struct end *to = &encounter->sides[1 - from].end;
    size_t before = to->inbox.len;
    (void)end_flush(&encounter->sides[from].end, to);
    append(encounter, from, bytes_of(to->inbox.buffer + before, to->inbox.len - before));
}

/* Some bytes on the way to one end are flipped, lost, repeated or swapped. */
static void alter(struct encounter *encounter, struct end *to) {
    struct seeded *seeded = &encounter->episode->seeded;
    size_t waiting = end_waiting(to);
    if (waiting < 2 || encounter->alterations_left == 0) {
        return;
    }
    uint8_t *bytes = to->inbox.buffer + to->inbox_start;
    size_t at = seeded_below(seeded, waiting - 1);
    size_t len = 1 + seeded_below(seeded, waiting - at < 300 ? waiting - at : 300);
    size_t rest = waiting - at - len;
    uint8_t first;
    encounter->alterations_left--;
    encounter->altered = true;
    switch (seeded_below(seeded, 5)) {
    case 0:
    case 1:
        bytes[at] ^= (uint8_t)(1U << seeded_below(seeded, 8));
        return;
    case 2: /* lost */
        bytes_move(bytes + at, bytes + at + len, rest);
        to->inbox.len -= len;
        return;
    case 3: /* repeated; all behind it is overwritten */
        bytes_move(bytes + at + len, bytes + at, rest < len ? rest : len);
        return;
    default: /* the first byte of the piece comes last */
        first = bytes[at];
        bytes_move(bytes + at, bytes + at + 1, len - 1);
        bytes[at + len - 1] = first;
    }
}

static void deliver(struct encounter *encounter, int i) {
    struct side *side = &encounter->sides[i];
    struct seeded *seeded = &encounter->episode->seeded;
    if (encounter->hostile && seeded_once_in(seeded, 20)) {
        alter(encounter, &side->end);
    }
    size_t max = seeded_once_in(seeded, 4) ? SIZE_MAX : 1 + seeded_below(seeded, 800);
    encounter->client_heard = encounter->client_heard || (i == CLIENT && end_waiting(&side->end));
    caller_receive(&side->caller, max);
    if (seeded_once_in(seeded, 2)) {
        flush(encounter, i);
    }
}

/* ------------------------------------------------------------------ the two sides */

static void send_some(struct encounter *encounter, int i) {
    struct episode *episode = encounter->episode;
    struct side *side = &encounter->sides[i];
    struct end *end = &side->end, *to = &encounter->sides[1 - i].end;
    uint8_t data[3000];
    size_t most = seeded_once_in(&episode->seeded, 4) ? sizeof data : 50;
    size_t len = 1 + seeded_below(&episode->seeded, most);
    /* A server may answer early data before the handshake is done. */
    bool may =
        end->events[BULLA_EVENT_HANDSHAKE_DONE] != 0 || end->events[BULLA_EVENT_EARLY_DATA] != 0;
    if (!may || side->closed || side->num_sent + len > SENT_MAX || end_failure(end) != BULLA_OK) {
        return;
    }
    for (size_t j = 0; j < len; j++) {
        data[j] = stream_byte(i, side->num_sent + j);
    }
    flush(encounter, i);
    size_t before = to->inbox.len;
    episode_require(episode, end_send(end, to, bytes_of(data, len)) == BULLA_OK, "sending failed");
    append(encounter, i, bytes_of(to->inbox.buffer + before, to->inbox.len - before));
    side->num_sent += len;
}

static void send_early(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    struct side *client = &encounter->sides[CLIENT];
    uint8_t data[300], out[16384];
    size_t room = sizeof data, len = 0;
    if (client->closed || end_info(&client->end).early_data == BULLA_EARLY_DATA_NONE ||
        encounter->early_wire > EARLY_WIRE_MAX / 2) {
        return;
    }
    room = 1 + seeded_below(&episode->seeded, room);
    for (size_t i = 0; i < room; i++) {
        data[i] = early_byte(episode->number, encounter->num_early + i);
    }
    bulla_bytes rest = bytes_of(data, room);
    flush(encounter, CLIENT);
    bulla_cause cause =
        bulla_connection_send_early(client->end.connection, &rest, out, EARLY_WIRE_MAX / 2, &len);
    episode_require(episode,
                    cause == BULLA_OK || (cause == BULLA_E_EARLY_DATA_UNAVAILABLE && len == 0),
                    "sending early data failed");
    encounter->num_early += room - rest.len;
    encounter->early_wire += len;
    encounter->flight->num_early = encounter->num_early;
    writer_bytes(&encounter->sides[SERVER].end.inbox, bytes_of(out, len));
    append(encounter, CLIENT, bytes_of(out, len));
}

/* A client that has heard nothing yet may send more early data to the original server than a
 * replay of what was recorded so far shows. */
static void replay_meanwhile(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    unsigned member = (unsigned)seeded_below(&episode->seeded, MEMBERS);
    if (encounter->flight->bytes.len != 0) {
        bool took = member == encounter->member ||
                    episode->wishes[SERVER].keeper == KEEPER_STORE; /* of all members */
        encounter->replayed = encounter->replayed || took;
        replay(episode, encounter->flight, member);
    }
}

static void update_key(struct encounter *encounter, int i) {
    struct episode *episode = encounter->episode;
    const struct side *side = &encounter->sides[i];
    if (side->end.events[BULLA_EVENT_HANDSHAKE_DONE] == 0 || side->closed ||
        end_failure(&side->end) != BULLA_OK || end_info(&side->end).version != BULLA_TLS_1_3) {
        return;
    }
    int asks = (int)seeded_below(&episode->seeded, 2);
    episode_require(episode, bulla_connection_update_key(side->end.connection, asks) == BULLA_OK,
                    "a key update failed");
    episode->tally->counts[COUNT_KEY_UPDATES]++;
}

static void close_side(struct encounter *encounter, int i) {
    struct side *side = &encounter->sides[i];
    bool done = side->end.events[BULLA_EVENT_HANDSHAKE_DONE] != 0;
    if (!done && !encounter->hostile) {
        return;
    }
    encounter->altered = encounter->altered || !done;
    side->closed = true;
    episode_require(encounter->episode, bulla_connection_close(side->end.connection) == BULLA_OK,
                    "closing failed");
}

static void end_transport(struct encounter *encounter, int i) {
    struct side *side = &encounter->sides[i];
    if (encounter->hostile && !side->ended) {
        encounter->altered = true;
        side->ended = true;
        bulla_connection_receive_end(side->end.connection);
    }
}

static void let_time_pass(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    if (episode->clocks[CLIENT] >= episode->latest) {
        int64_t seconds = 1 + (int64_t)seeded_below(&episode->seeded, 30);
        encounter->ticked = true;
        for (int i = 0; i < 2; i++) {
            episode->clocks[i] += seconds;
        }
    }
}

/* One thing happens to one side. False once there is nothing left to do but to close. */
static bool step(struct encounter *encounter) {
    struct seeded *seeded = &encounter->episode->seeded;
    int i = (int)seeded_below(seeded, 2);
    switch (seeded_below(seeded, 16)) {
    case 0:
    case 1:
        send_some(encounter, i);
        break;
    case 2:
    case 3:
    case 4:
        (void)caller_answer(&encounter->sides[i].caller);
        break;
    case 5:
        if (seeded_once_in(seeded, 10)) {
            update_key(encounter, i);
        }
        break;
    case 6:
        if (seeded_once_in(seeded, 60)) {
            close_side(encounter, i);
        }
        break;
    case 7:
        if (seeded_once_in(seeded, 200)) {
            end_transport(encounter, i);
        }
        break;
    case 8:
        flush(encounter, i);
        break;
    case 9:
        send_early(encounter);
        break;
    case 10:
        if (seeded_once_in(seeded, 100)) {
            let_time_pass(encounter);
        } else if (seeded_once_in(seeded, 200)) {
            replay_meanwhile(encounter);
        }
        break;
    default:
        deliver(encounter, i);
    }
    return !seeded_once_in(seeded, 250);
}

/* ------------------------------------------------------------------ the end */

/* Lets everything that is under way arrive. False where that comes to no end. */
static bool run_out(struct encounter *encounter) {
    bool moved = true;
    for (size_t turns = 0; moved && turns < STEPS_MAX; turns++) {
        moved = false;
        for (int i = 0; i < 2; i++) {
            struct side *side = &encounter->sides[i];
            struct side *other = &encounter->sides[1 - i];
            size_t before = end_waiting(&side->end);
            encounter->client_heard = encounter->client_heard || (i == CLIENT && before != 0);
            caller_receive(&side->caller, SIZE_MAX);
            bool answered = caller_answer(&side->caller);
            flush(encounter, i);
            moved = moved || answered || end_waiting(&side->end) != before ||
                    end_waiting(&other->end) != 0;
            encounter_check(encounter);
        }
    }
    return !moved;
}

static void finish(struct encounter *encounter) {
    for (int round = 0; round < 2; round++) {
        episode_require(encounter->episode, run_out(encounter), "it comes to no end");
        for (int i = 0; i < 2 && round == 0; i++) {
            close_side(encounter, i);
            flush(encounter, i);
        }
    }
}

/* What kept it from being made: where one side only heard of it, what the other says. */
static bulla_cause cause_of(const struct encounter *encounter) {
    bulla_cause server = end_failure(&encounter->sides[SERVER].end),
                client = end_failure(&encounter->sides[CLIENT].end);
    bool server_heard = server == BULLA_OK || server == BULLA_E_ALERT_RECEIVED ||
                        server == BULLA_E_CLOSED_BEFORE_HANDSHAKE || server == BULLA_E_TRUNCATED;
    return server_heard && client != BULLA_OK ? client : server;
}

static void count(struct encounter *encounter) {
    uint64_t *counts = encounter->episode->tally->counts;
    bulla_connection_info client = end_info(&encounter->sides[CLIENT].end);
    bool client_done = encounter->sides[CLIENT].done, server_done = encounter->sides[SERVER].done;
    bulla_cause cause = cause_of(encounter);
    for (int i = 0; i < 2; i++) {
        encounter->episode->failures[i] = end_failure(&encounter->sides[i].end);
    }
    counts[COUNT_CONNECTIONS]++;
    counts[COUNT_HOSTILE] += encounter->hostile;
    counts[COUNT_ALTERED] += encounter->altered;
    counts[COUNT_HALF_MADE] += client_done != server_done;
    counts[COUNT_FAILED] += !client_done && !server_done;
    if (cause > BULLA_OK && cause < BULLA_NUM_CAUSES) {
        encounter->episode->tally->causes[cause]++;
    }
    if (client_done && server_done) {
        bool is_12 = client.version == BULLA_TLS_1_2;
        counts[is_12 ? COUNT_MADE_12 : COUNT_MADE_13]++;
        counts[is_12 ? COUNT_RESUMED_12 : COUNT_RESUMED_13] += client.resumed != 0;
        counts[COUNT_RETRIED] += client.hello_retried != 0;
        counts[COUNT_CLIENT_KNOWN] +=
            end_info(&encounter->sides[SERVER].end).peer_authenticated != 0;
        counts[COUNT_EARLY_ACCEPTED] += client.early_data == BULLA_EARLY_DATA_ACCEPTED;
        counts[COUNT_EARLY_REFUSED] += client.early_data == BULLA_EARLY_DATA_REFUSED;
    }
}
