/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of a connection, whatever the network does:
 *
 * - two sides that both finish agree on secrets, names and all else that was negotiated;
 * - what is received is a prefix of what was sent, early data apart from the rest;
 * - a failure has a cause of the enumeration, and the alert that its row says;
 * - whoever is accepted may be accepted, at that time, by that side's wishes; resumed or not;
 * - a resumed peer is who it was in the full handshake that the session comes from;
 * - a session is not used for longer than its server says, a ticket once by a cache or a store;
 * - early data is taken once by a register, and comes back whole where it is refused;
 * - an honest network makes exactly the connection that the two configs allow, resumed where
 *   nothing changed, with its early data; and it comes to an end. */
#include "simulation/encounter.h"

#include "simulation/replay.h"

enum { YEAR = 365 * TEST_DAY };

static void check_failure(struct encounter *encounter, int i);
static void note_origin(struct encounter *encounter);
static void check_done(struct encounter *encounter, int i);
static void check_peer(struct encounter *encounter, int i, int peer);
static void check_origin(struct encounter *encounter, int i, int peer);
static void check_tickets(struct encounter *encounter);
static void check_refused(struct encounter *encounter);
static void check_received(struct encounter *encounter, int to);
static void check_agreement(struct encounter *encounter);
static void check_honest(struct encounter *encounter);
static void remember(struct encounter *encounter);

static void require(struct encounter *encounter, bool holds, const char *what) {
    episode_require(encounter->episode, holds, what);
}

static bool planted(const struct encounter *encounter, enum plant plant) {
    return encounter->episode->plant == plant;
}

void encounter_check(struct encounter *encounter) {
    struct end *server = &encounter->sides[SERVER].end;
    note_origin(encounter);
    replay_check_early(encounter->episode, encounter->flight, encounter->member,
                       encounter->server_number, bytes_of(server->early.buffer, server->early.len));
    for (int i = 0; i < 2; i++) {
        struct side *side = &encounter->sides[i];
        unsigned num_done = side->end.events[BULLA_EVENT_HANDSHAKE_DONE];
        encounter->altered = encounter->altered || side->caller.was_against;
        require(encounter, num_done <= 1, "the handshake was done twice");
        check_failure(encounter, i);
        if (num_done == 1 && !side->done) {
            side->done = true;
            check_done(encounter, i);
        }
    }
}

static void check_failure(struct encounter *encounter, int i) {
    const struct side *side = &encounter->sides[i];
    bulla_failure failure = bulla_connection_failure(side->end.connection);
    bulla_alert alert = bulla_cause_about(failure.cause)->alert;
    if (failure.cause == BULLA_OK) {
        return;
    }
    if (planted(encounter, PLANT_CAUSE)) {
        failure.cause = BULLA_NUM_CAUSES;
    }
    if (planted(encounter, PLANT_ALERT)) {
        failure.alert_sent = BULLA_ALERT_NONE;
    }
    require(encounter, failure.cause > BULLA_CAUSE_INVALID && failure.cause < BULLA_NUM_CAUSES,
            "a cause outside the enumeration");
    require(encounter,
            failure.cause != BULLA_E_INTERNAL && failure.cause != BULLA_E_CRYPTO_FAILED &&
                failure.cause != BULLA_E_API_MISUSE,
            "a fault of our own");
    require(encounter,
            failure.alert_sent == alert || (side->closed && failure.alert_sent == BULLA_ALERT_NONE),
            "a failure without its alert");
    require(encounter,
            (failure.cause == BULLA_E_ALERT_RECEIVED) ==
                (failure.alert_received != BULLA_ALERT_NONE),
            "an alert received, or not");
}

/* A server knows its session while its handshake lasts. */
static void note_origin(struct encounter *encounter) {
    struct side *server = &encounter->sides[SERVER];
    const bulla_connection *connection = server->end.connection;
    if (!server->has_origin && connection->resumed && connection->handshake != NULL) {
        server->has_origin = true;
        server->origin = connection->handshake->authenticated_at;
    }
}

/* ------------------------------------------------------------------ one side is done */

static void check_done(struct encounter *encounter, int i) {
    struct episode *episode = encounter->episode;
    struct side *side = &encounter->sides[i];
    bulla_connection *connection = side->end.connection;
    bulla_connection_info info = end_info(&side->end);
    bulla_bytes leaf = bulla_connection_peer_certificate(connection, 0);
    int peer = world_find(episode->world, leaf);
    side->bound =
        bulla_connection_channel_binding(connection, BULLA_CHANNEL_BINDING_SERVER_END_POINT,
                                         side->binding, &side->binding_len) == BULLA_OK;
    side->exported = bulla_connection_export(connection, BYTES_OF("simulation"), bytes_of(NULL, 0),
                                             side->secret, sizeof side->secret) == BULLA_OK;
    if (i == CLIENT && planted(encounter, PLANT_SECRET)) {
        side->secret[5] ^= 1;
    }
    require(encounter, (peer == -1) == (leaf.len == 0), "a certificate that nobody has");
    require(encounter, (peer != -1) == (info.peer_authenticated != 0),
            "who is authenticated has a certificate");
    check_peer(encounter, i, peer);
    if (info.resumed) {
        check_origin(encounter, i, peer);
    } else {
        episode->fulls[i][episode->num_fulls[i]++] =
            (struct full){side->began, episode->clocks[i], peer, info.version,
                          info.alpn.len == 0   ? bytes_of(NULL, 0)
                          : info.alpn.len == 2 ? BYTES_OF("h2")
                          : info.alpn.len == 6 ? BYTES_OF("spdy/1")
                                               : BYTES_OF("http/1.1")};
    }
    if (i == CLIENT) {
        check_refused(encounter);
    } else {
        check_tickets(encounter);
    }
}

/* Whoever is accepted may be accepted. */
static void check_peer(struct encounter *encounter, int i, int peer) {
    const struct episode *episode = encounter->episode;
    const struct wishes *wishes = &episode->wishes[i];
    if (peer == -1) {
        require(encounter, i == SERVER && wishes->auth != BULLA_CLIENT_AUTH_REQUIRE,
                "a peer that nobody knows");
        return;
    }
    struct shown shown = episode->world->shown[peer];
    if (planted(encounter, PLANT_ENDED)) {
        shown.not_after -= YEAR;
    }
    if (planted(encounter, PLANT_STRANGER)) {
        shown.issuer = 0;
    }
    bulla_cause cause =
        oracle_accepts(wishes, &shown, encounter->sides[i].began, episode->clocks[i]);
    require(encounter, cause != BULLA_E_CERT_EXPIRED && cause != BULLA_E_CERT_NOT_YET_VALID,
            "a peer was accepted whose certificate is not valid now");
    require(encounter, cause == BULLA_OK, "a peer was accepted that is not to be");
    require(encounter, i == CLIENT || wishes->auth != BULLA_CLIENT_AUTH_NONE,
            "a certificate that nobody asked for");
}

/* A resumed connection goes back to a full handshake of this side, with the same peer. */
static void check_origin(struct encounter *encounter, int i, int peer) {
    const struct episode *episode = encounter->episode;
    const struct side *side = &encounter->sides[i];
    bulla_connection_info info = end_info(&side->end);
    const struct full *full = NULL;
    int64_t oldest = side->began - (int64_t)episode->wishes[SERVER].lifetime;
    for (size_t j = 0; j < episode->num_fulls[i]; j++) {
        const struct full *one = &episode->fulls[i][j];
        if (side->has_origin && one->from <= side->origin && side->origin <= one->until) {
            full = one;
        }
    }
    require(encounter, full != NULL, "resumed, but from no full handshake");
    if (full == NULL) {
        return;
    }
    int peer_then = planted(encounter, PLANT_IDENTITY) ? full->peer + 1 : full->peer;
    if (planted(encounter, PLANT_AGE)) {
        oldest = side->origin + 1;
    }
    require(encounter, peer_then == peer, "resumed with another identity");
    require(encounter, full->version == info.version, "resumed with another version");
    require(encounter, bytes_equal(full->alpn, info.alpn), "resumed with another protocol");
    require(encounter, i == CLIENT || side->origin >= oldest, "resumed after its end");
}

static bool was_used(uint64_t ticket, uint64_t *used, size_t *num) {
    bool found = false;
    for (size_t i = 0; i < *num; i++) {
        found = found || used[i] == ticket;
    }
    used[(*num)++] = ticket;
    return found;
}

/* RFC 8446 C.4 and 8.1, for TLS 1.3: its tickets are offered once by a cache, and taken once by a
 * store. The server is done. */
static void check_tickets(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    const struct side *client = &encounter->sides[CLIENT];
    bulla_connection_info info = end_info(&encounter->sides[SERVER].end);
    uint64_t ticket = planted(encounter, PLANT_REUSE) ? 1 : client->ticket;
    if (!client->has_origin || !info.resumed || info.version != BULLA_TLS_1_3) {
        return;
    }
    if (episode->wishes[CLIENT].keeper == KEEPER_OWN) {
        require(encounter, !was_used(ticket, episode->offered, &episode->num_offered),
                "a ticket was offered twice");
    }
    if (episode->wishes[SERVER].keeper == KEEPER_STORE) {
        require(encounter, !was_used(ticket, episode->stored, &episode->num_stored),
                "a stored session was taken twice");
    }
}

/* The client is done: what was refused comes back whole, what was taken does not. */
static void check_refused(struct encounter *encounter) {
    const struct end *end = &encounter->sides[CLIENT].end;
    bulla_connection_info info = end_info(end);
    bulla_bytes refused = bytes_of(end->state.buffer, end->state.len);
    if (planted(encounter, PLANT_LOST_EARLY) && refused.len != 0) {
        refused.len--;
    }
    require(encounter, info.early_data != BULLA_EARLY_DATA_OFFERED, "early data without an answer");
    require(encounter,
            refused.len == (info.early_data == BULLA_EARLY_DATA_REFUSED ? encounter->num_early : 0),
            "refused early data does not come back whole");
    for (size_t i = 0; i < refused.len; i++) {
        require(encounter, refused.data[i] == early_byte(encounter->episode->number, i),
                "refused early data comes back as something else");
    }
}

/* ------------------------------------------------------------------ the end */

void encounter_check_end(struct encounter *encounter) {
    for (int i = 0; i < 2; i++) {
        check_received(encounter, i);
    }
    if (encounter->sides[CLIENT].done && encounter->sides[SERVER].done) {
        check_agreement(encounter);
    }
    if (!encounter->altered) {
        check_honest(encounter);
    }
    remember(encounter);
}

static void check_received(struct encounter *encounter, int to) {
    const struct side *side = &encounter->sides[to];
    size_t len = side->end.received.len;
    bulla_statistics statistics;
    bulla_connection_statistics(side->end.connection, &statistics);
    require(encounter, len == 0 || side->end.events[BULLA_EVENT_HANDSHAKE_DONE] == 1,
            "data before the handshake was done");
    require(encounter, len <= encounter->sides[1 - to].num_sent, "more data than was sent");
    require(encounter, statistics.data_received == len + side->end.early.len,
            "statistics that do not say what was received");
    require(encounter,
            statistics.data_sent == side->num_sent + (to == CLIENT ? encounter->num_early : 0),
            "statistics that do not say what was sent");
    for (size_t i = 0; i < len && encounter->episode->broken == NULL; i++) {
        uint8_t byte = side->end.received.buffer[i];
        byte ^= planted(encounter, PLANT_PLAINTEXT) && i == 7;
        require(encounter, byte == stream_byte(1 - to, i), "data that was not sent so");
    }
}

/* Both are done. A HelloRetryRequest takes an offer of early data back, which the server need not
 * remember: it has seen none, where the client's was refused. */
static void check_agreement(struct encounter *encounter) {
    const struct side *sides = encounter->sides;
    bulla_connection_info client = end_info(&sides[CLIENT].end),
                          server = end_info(&sides[SERVER].end);
    if (planted(encounter, PLANT_NAME)) {
        server.server_name = BYTES_OF("else.example");
    }
    if (planted(encounter, PLANT_INFO)) {
        client.suite++;
    }
    require(encounter, client.version == server.version, "two versions");
    require(encounter, client.suite == server.suite, "two suites");
    require(encounter, client.group == server.group, "two groups");
    require(encounter, client.resumed == server.resumed, "resumed for one side alone");
    require(encounter, client.hello_retried == server.hello_retried, "retried for one side alone");
    require(encounter, client.extended_master_secret == server.extended_master_secret,
            "two kinds of master secret");
    require(encounter, bytes_equal(client.alpn, server.alpn), "two protocols");
    require(encounter, bytes_equal(client.server_name, server.server_name), "two names");
    require(encounter,
            (client.early_data == BULLA_EARLY_DATA_ACCEPTED) ==
                (server.early_data == BULLA_EARLY_DATA_ACCEPTED),
            "early data accepted by one side alone");
    require(encounter,
            !sides[CLIENT].bound || !sides[SERVER].bound ||
                bytes_equal(bytes_of(sides[CLIENT].binding, sides[CLIENT].binding_len),
                            bytes_of(sides[SERVER].binding, sides[SERVER].binding_len)),
            "two channel bindings");
    require(encounter,
            !sides[CLIENT].exported || !sides[SERVER].exported ||
                bytes_equal(BYTES_IN(sides[CLIENT].secret), BYTES_IN(sides[SERVER].secret)),
            "two secrets");
}

/* The causes that a chain with several flaws may be refused with. */
static bool is_about_a_chain(bulla_cause cause) {
    return cause == BULLA_E_CERT_UNKNOWN_ISSUER || cause == BULLA_E_CERT_EXPIRED ||
           cause == BULLA_E_CERT_NOT_YET_VALID || cause == BULLA_E_CERT_NAME_MISMATCH;
}

/* That a credential does not fit can be for its schemes or its suites. */
static bool is_about_a_credential(bulla_cause cause) {
    return cause == BULLA_E_NO_COMMON_SIGNATURE_SCHEME || cause == BULLA_E_NO_COMMON_SUITE;
}

static bool failed_with(const struct encounter *encounter, bulla_cause expected) {
    for (int i = 0; i < 2; i++) {
        bulla_cause cause = end_failure(&encounter->sides[i].end);
        if (cause == expected || (is_about_a_chain(cause) && is_about_a_chain(expected)) ||
            (is_about_a_credential(cause) && is_about_a_credential(expected))) {
            return true;
        }
    }
    return false;
}

static void check_made(struct encounter *encounter) {
    const struct side *sides = encounter->sides;
    bulla_connection_info info = end_info(&sides[CLIENT].end);
    require(encounter, sides[CLIENT].done && sides[SERVER].done, "a connection was not made");
    require(encounter, info.version == encounter->forecast.version, "not the version in common");
    for (int i = 0; i < 2; i++) {
        const struct end *end = &sides[i].end;
        require(encounter, end_failure(end) == BULLA_OK, "a failure on an honest network");
        require(encounter, end->received.len == sides[1 - i].num_sent, "lost data");
        require(encounter, end->last == BULLA_EVENT_CLOSED, "no end");
    }
    require(encounter,
            sides[SERVER].end.early.len ==
                (info.early_data == BULLA_EARLY_DATA_ACCEPTED ? encounter->num_early : 0),
            "lost early data");
    if (encounter->must_resume && !sides[SERVER].caller.was_unsure) {
        const struct episode *episode = encounter->episode;
        /* Another member's register does not know what came before its own beginning. */
        bool on_time = !encounter->ticked && !encounter->replayed && !episode->went_back &&
                       encounter->member == episode->last_member;
        bool taken_away = encounter->replayed && episode->wishes[SERVER].keeper == KEEPER_STORE;
        require(encounter, info.resumed != 0 || taken_away || encounter->ticked,
                "nothing changed, and it was not resumed");
        require(encounter,
                info.early_data == BULLA_EARLY_DATA_NONE || info.hello_retried || !on_time ||
                    episode->wishes[SERVER].early_max == 0 ||
                    info.early_data == BULLA_EARLY_DATA_ACCEPTED,
                "nothing changed, and early data was refused");
    }
}

static void check_honest(struct encounter *encounter) {
    const struct episode *episode = encounter->episode;
    struct forecast now = oracle_forecast(episode->world, &episode->wishes[CLIENT],
                                          &episode->wishes[SERVER], episode->clocks);
    bool resumed = end_info(&encounter->sides[SERVER].end).resumed != 0;
    bulla_cause expected = resumed ? now.negotiation : now.full;
    if (encounter->offers_early && now.version == BULLA_TLS_1_2 && now.negotiation == BULLA_OK &&
        !is_about_a_credential(now.full)) {
        expected = BULLA_E_EARLY_DATA_DOWNGRADE; /* RFC 8446 D.3 */
    }
    if (expected == BULLA_E_CERTIFICATE_REQUIRED && now.version == BULLA_TLS_1_2) {
        expected = BULLA_E_CERTIFICATE_REQUIRED_12;
    }
    if (!resumed && now.full != encounter->forecast.full) {
        return; /* a certificate's time came meanwhile */
    }
    if (expected == BULLA_OK) {
        check_made(encounter);
    } else {
        require(encounter, failed_with(encounter, expected), bulla_cause_about(expected)->says);
    }
}

/* ------------------------------------------------------------------ for the next one */

/* Whether this side's peer may be resumed at all: what the caller judged needs a name. */
static bool is_resumable(const struct encounter *encounter, int i) {
    const struct wishes *wishes = &encounter->episode->wishes[i];
    bool shown = end_info(&encounter->sides[i].end).peer_authenticated != 0;
    /* A cache does not know whom a client will choose to be. */
    bool kept = wishes->keeper != KEEPER_NONE && (i == SERVER || wishes->keeper != KEEPER_OWN ||
                                                  (wishes->ask & BULLA_ASK_CREDENTIAL) == 0);
    return kept && (!shown || (wishes->ask & BULLA_ASK_VERIFY) == 0 || wishes->names_judgement);
}

static void remember(struct encounter *encounter) {
    struct episode *episode = encounter->episode;
    const struct side *sides = encounter->sides;
    /* The newest that a client keeps is one of this connection, or the one that this began with. */
    bool newest_is_good = episode->wishes[CLIENT].keeper != KEEPER_BY_HAND ||
                          encounter->offers_newest ||
                          encounter->num_states != episode->num_states[CLIENT];
    episode->tickets_due = newest_is_good && !encounter->altered && sides[CLIENT].done &&
                           sides[SERVER].done && !encounter->ticked &&
                           is_resumable(encounter, CLIENT) && is_resumable(encounter, SERVER) &&
                           episode->wishes[SERVER].num_tickets != 0;
    for (int i = 0; i < 2; i++) {
        int peer = world_find(episode->world,
                              bulla_connection_peer_certificate(sides[i].end.connection, 0));
        bool resumed = end_info(&sides[i].end).resumed != 0;
        episode->origins[i] = resumed ? sides[i].origin : sides[i].began;
        episode->peers_until[i] = peer == -1 ? INT64_MAX : episode->world->shown[peer].not_after;
    }
    uint32_t lifetime = episode->wishes[SERVER].lifetime;
    episode->lifetime = lifetime < episode->lifetime ? lifetime : episode->lifetime;
    episode->last_member = encounter->member;
    if (encounter->offers_early) {
        episode->num_flights++;
    }
}
