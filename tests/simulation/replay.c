/* SPDX-License-Identifier: Apache-2.0 */
/* See replay.h and RFC 8446 8: what a register has seen is not taken early again, for as long as
 * the register lives. */
#include "simulation/replay.h"

#include "simulation/decisions.h"

void replay(struct episode *episode, struct flight *flight, unsigned member) {
    struct caller caller = {.episode = episode, .side = SERVER, .member = member};
    struct end end;
    unsigned number = ++episode->num_servers;
    bool moved = true;
    caller_open(&caller, &end);
    writer_bytes(&end.inbox, bytes_of(flight->bytes.buffer, flight->bytes.len));
    while (moved) {
        size_t before = end_waiting(&end);
        caller_receive(&caller, 1 + seeded_below(&episode->seeded, 700));
        bool answered = caller_answer(&caller);
        bulla_bytes output = bulla_connection_output(end.connection);
        episode_hash(episode, output.data, output.len);
        bulla_connection_output_sent(end.connection, output.len);
        moved = end_waiting(&end) != before || answered;
    }
    replay_check_early(episode, flight, member, number, bytes_of(end.early.buffer, end.early.len));
    episode_require(episode, end.events[BULLA_EVENT_HANDSHAKE_DONE] == 0 && end.received.len == 0,
                    "a replayed flight made a connection");
    episode->tally->counts[COUNT_REPLAYS]++;
    episode->tally->counts[COUNT_REPLAYS_TAKEN] += end.early.len != 0;
    caller_close(&caller);
}

void replay_check_early(struct episode *episode, struct flight *flight, unsigned member,
                        unsigned server, bulla_bytes early) {
    if (early.len == 0) {
        return;
    }
    bool ours = episode->wishes[SERVER].asks_strike;
    unsigned *taken_by = &flight->taken_by[ours ? MEMBERS + member : member];
    episode_require(episode, *taken_by == 0 || *taken_by == server,
                    "early data was taken twice by one register");
    *taken_by = server;
    episode_require(episode, early.len <= flight->num_early, "more early data than was sent");
    for (size_t i = 0; i < early.len; i++) {
        episode_require(episode, early.data[i] == early_byte(flight->number, i),
                        "early data that was not sent so");
    }
}
