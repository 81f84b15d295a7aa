/* SPDX-License-Identifier: Apache-2.0 */
/* Connections between two engines over a network that has a mind of its own: it cuts, delays,
 * loses, repeats, reorders and flips bytes, while both sides send, change keys and close when they
 * like. Everything, the bytes on the wire included, follows from a seed.
 *
 * What must hold in each of them: two sides that both finish agree on secrets and names; what is
 * received is a prefix of what was sent; a failure has a cause and the alert that its row says; an
 * honest network makes exactly the connection that the two configs allow; and it comes to an end.
 *
 *     test_simulation [--connections N] [--seed S] [--trace]
 *
 * runs N connections with the seeds S, S + 1, ...; a seed that fails is printed. */
#include "engine/pair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONNECTIONS_DEFAULT = 2000, STEPS_MAX = 20000, SENT_MAX = 60000, TWICE_EVERY = 40 };

enum shown { SHOWN_GOOD, SHOWN_STRANGE, SHOWN_EXPIRED, SHOWN_NONE, NUM_SHOWN };

struct world {
    bulla_trust *trust;
    bulla_credential *credentials[NUM_SHOWN]; /* NULL: none is shown */
};

/* What a side wants of its connection, drawn from the seed. */
struct wishes {
    uint16_t suites[3], groups[3];
    size_t num_suites, num_groups;
    const char *alpn[4];
    enum shown shown;
    bulla_client_auth auth;
    unsigned ask;
    size_t record_size, padding;
};

struct side {
    struct wishes wishes;
    struct seeded random;
    size_t num_sent;
    bool closed, ended; /* we sent close_notify; the transport ended */
    bool exported;      /* and what, as soon as its handshake was done */
    uint8_t secret[32];
};

struct run {
    const struct world *world;
    struct seeded seeded;
    struct pair pair;
    struct side sides[2]; /* the client, the server */
    bool hostile;         /* the network may change bytes */
    bool altered;         /* it has, or somebody refused by whim or broke off */
    unsigned alterations_left;
    uint64_t wire;      /* a digest of all that was sent */
    const char *broken; /* the invariant that does not hold */
};

struct options {
    uint64_t seed;
    unsigned long connections;
    bool trace;
};

static bool options_read(struct options *out, int argc, char **argv);
static bool simulate(const struct world *world, uint64_t seed, uint64_t *out_wire);
static void world_make(struct world *world);
static void world_free(struct world *world);
static void wishes_draw(struct wishes *wishes, struct seeded *seeded, bulla_role role);
static bulla_config *config_of(struct run *run, bulla_role role);
static bool step(struct run *run);
static void finish(struct run *run);
static void check(struct run *run);
static void check_end(struct run *run);
static bulla_cause predicted(const struct run *run);

int main(int argc, char **argv) {
    struct options options = {.seed = 1, .connections = CONNECTIONS_DEFAULT};
    struct world world;
    if (!options_read(&options, argc, argv)) {
        fprintf(stderr, "usage: %s [--connections N] [--seed S] [--trace]\n", argv[0]);
        return 2;
    }
    world_make(&world);
    unsigned long num_failed = 0;
    clock_t began = clock();
    for (uint64_t seed = options.seed; seed - options.seed < options.connections; seed++) {
        uint64_t wire, again;
        if (options.trace) {
            fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        }
        bool well = simulate(&world, seed, &wire);
        if (well && seed % TWICE_EVERY == 0) {
            well = simulate(&world, seed, &again) && wire == again;
            if (!well) {
                printf("seed %llu: a second run sends other bytes\n", (unsigned long long)seed);
            }
        }
        num_failed += !well;
    }
    double seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%lu connections, %lu failed, %.0f a second\n", options.connections, num_failed,
           seconds > 0 ? (double)options.connections / seconds : 0);
    world_free(&world);
    return num_failed == 0 ? 0 : 1;
}

static bool options_read(struct options *out, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        char *end = NULL;
        if (strcmp(argv[i], "--trace") == 0) {
            out->trace = true;
            continue;
        }
        if (i + 1 == argc) {
            return false;
        }
        errno = 0;
        unsigned long long number = strtoull(argv[i + 1], &end, 10);
        if (errno != 0 || *end != '\0') {
            return false;
        }
        if (strcmp(argv[i], "--connections") == 0) {
            out->connections = (unsigned long)number;
        } else if (strcmp(argv[i], "--seed") == 0) {
            out->seed = number;
        } else {
            return false;
        }
        i++;
    }
    return true;
}

static void world_make(struct world *world) {
    struct authority authority, stranger;
    const struct leaf good = {.key = KEY_KIND_ED25519};
    const struct leaf expired = {.key = KEY_KIND_ED25519, .not_after = TEST_NOW - 1};
    authority_make(&authority, "Test");
    authority_make(&stranger, "Stranger");
    world->trust = authority_trust(&authority);
    world->credentials[SHOWN_GOOD] = authority_issue(&authority, &good);
    world->credentials[SHOWN_STRANGE] = authority_issue(&stranger, &good);
    world->credentials[SHOWN_EXPIRED] = authority_issue(&authority, &expired);
    world->credentials[SHOWN_NONE] = NULL;
    authority_free(&authority);
    authority_free(&stranger);
}

static void world_free(struct world *world) {
    for (int i = 0; i < NUM_SHOWN; i++) {
        bulla_credential_free(world->credentials[i]);
    }
    bulla_trust_free(world->trust);
}

/* ------------------------------------------------------------------ one connection */

static bool simulate(const struct world *world, uint64_t seed, uint64_t *out_wire) {
    struct run run = {.world = world, .seeded = seeded_of(seed), .wire = seed};
    run.hostile = seeded_once_in(&run.seeded, 2);
    run.alterations_left = run.hostile ? 1 + (unsigned)seeded_below(&run.seeded, 3) : 0;
    for (int i = 0; i < 2; i++) {
        wishes_draw(&run.sides[i].wishes, &run.seeded, i == 0 ? BULLA_CLIENT : BULLA_SERVER);
        run.sides[i].random = seeded_of(seeded_next(&run.seeded));
    }
    bulla_config *client = config_of(&run, BULLA_CLIENT);
    pair_open(&run.pair, client, config_of(&run, BULLA_SERVER), TEST_SERVER_NAME);
    run.pair.client.holds = run.pair.server.holds = true;
    size_t steps = 0;
    while (run.broken == NULL && steps < STEPS_MAX && step(&run)) {
        check(&run);
        steps++;
    }
    if (run.broken == NULL) {
        finish(&run);
    }
    if (run.broken == NULL) {
        check_end(&run);
    }
    if (run.broken != NULL) {
        printf("seed %llu: %s (client: %s, server: %s)\n", (unsigned long long)seed, run.broken,
               bulla_cause_about(end_failure(&run.pair.client))->name,
               bulla_cause_about(end_failure(&run.pair.server))->name);
    }
    *out_wire = run.wire;
    pair_close(&run.pair);
    return run.broken == NULL;
}

/* A random part of `from`, in random order. */
static size_t draw_list(struct seeded *seeded, const uint16_t *from, uint16_t *out) {
    size_t num = 1 + seeded_below(seeded, 3), rotation = seeded_below(seeded, 3);
    bool backwards = seeded_once_in(seeded, 2);
    for (size_t i = 0; i < num; i++) {
        out[i] = from[(rotation + (backwards ? 3 - i : i)) % 3];
    }
    return num;
}

static void wishes_draw(struct wishes *wishes, struct seeded *seeded, bulla_role role) {
    static const uint16_t suite_codes[] = {0x1301, 0x1302, 0x1303},
                          group_codes[] = {0x1d, 0x17, 0x18};
    static const char *const protocols[] = {"h2", "http/1.1", "spdy/1"};
    *wishes = (struct wishes){.auth = BULLA_CLIENT_AUTH_INVALID};
    wishes->num_suites = draw_list(seeded, suite_codes, wishes->suites);
    wishes->num_groups = draw_list(seeded, group_codes, wishes->groups);
    for (size_t i = 0; i < 3 && !seeded_once_in(seeded, 3); i++) {
        wishes->alpn[i] = protocols[(i + (role == BULLA_SERVER)) % 3];
    }
    wishes->shown = seeded_once_in(seeded, 8) ? 1 + (enum shown)seeded_below(seeded, NUM_SHOWN - 1)
                                              : SHOWN_GOOD;
    if (role == BULLA_SERVER) {
        wishes->auth = (bulla_client_auth)(1 + seeded_below(seeded, 3));
        wishes->shown = wishes->shown == SHOWN_NONE ? SHOWN_GOOD : wishes->shown;
    }
    wishes->ask = seeded_once_in(seeded, 3) ? (unsigned)seeded_below(seeded, 8) : 0;
    wishes->record_size = seeded_once_in(seeded, 2) ? 0 : 64 + seeded_below(seeded, 2000);
    wishes->padding = seeded_once_in(seeded, 3) ? 1 + seeded_below(seeded, 600) : 0;
}

static bulla_config *config_of(struct run *run, bulla_role role) {
    struct side *side = &run->sides[role == BULLA_SERVER];
    const struct wishes *wishes = &side->wishes;
    struct setup setup = {
        .role = role,
        .suites = wishes->suites,
        .num_suites = wishes->num_suites,
        .groups = wishes->groups,
        .num_groups = wishes->num_groups,
        .credentials = {run->world->credentials[wishes->shown]},
        .trust = run->world->trust,
        .client_auth = wishes->auth,
        .ask = wishes->ask,
        .record_size = wishes->record_size,
        .padding = wishes->padding,
        .random = &side->random,
    };
    for (size_t i = 0; i < 3; i++) {
        setup.alpn[i] = wishes->alpn[i];
    }
    return setup_config(&setup);
}

static struct end *end_at(struct run *run, int i) {
    return i == 0 ? &run->pair.client : &run->pair.server;
}

/* ------------------------------------------------------------------ the network */

/* What a side has to say goes on the wire, and into the digest. */
static void flush(struct run *run, int from) {
    struct end *to = end_at(run, 1 - from);
    size_t before = to->inbox.len;
    (void)end_flush(end_at(run, from), to);
    for (size_t i = before; i < to->inbox.len; i++) {
        run->wire = (run->wire ^ to->inbox.buffer[i]) * 0x100000001b3U;
    }
}

/* Some bytes on the way to one end are flipped, lost, repeated or swapped. */
static void alter(struct run *run, struct end *to) {
    struct seeded *seeded = &run->seeded;
    size_t waiting = end_waiting(to);
    if (waiting < 2 || run->alterations_left == 0) {
        return;
    }
    uint8_t *bytes = to->inbox.buffer + to->inbox_start;
    size_t at = seeded_below(seeded, waiting - 1);
    size_t len = 1 + seeded_below(seeded, waiting - at < 300 ? waiting - at : 300);
    size_t rest = waiting - at - len;
    uint8_t first;
    run->alterations_left--;
    run->altered = true;
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

static void deliver(struct run *run, int i) {
    struct end *end = end_at(run, i);
    struct seeded *seeded = &run->seeded;
    if (run->hostile && seeded_once_in(seeded, 20)) {
        alter(run, end);
    }
    size_t max = seeded_once_in(seeded, 4) ? SIZE_MAX : 1 + seeded_below(seeded, 800);
    (void)end_receive(end, max);
    if (seeded_once_in(seeded, 2)) {
        flush(run, i);
    }
}

/* ------------------------------------------------------------------ the two sides */

/* What a side sends is known by its place in the stream. */
static uint8_t stream_byte(int side, size_t place) {
    return (uint8_t)((place * 131 + (place >> 8) * 17 + (size_t)side * 77) & 0xff);
}

static void send_some(struct run *run, int i) {
    struct side *side = &run->sides[i];
    struct end *end = end_at(run, i);
    uint8_t data[3000];
    size_t len = 1 + seeded_below(&run->seeded, seeded_once_in(&run->seeded, 4) ? sizeof data : 50);
    if (end->events[BULLA_EVENT_HANDSHAKE_DONE] == 0 || side->closed ||
        side->num_sent + len > SENT_MAX || end_failure(end) != BULLA_OK) {
        return;
    }
    for (size_t j = 0; j < len; j++) {
        data[j] = stream_byte(i, side->num_sent + j);
    }
    flush(run, i);
    if (end_send(end, end_at(run, 1 - i), bytes_of(data, len)) == BULLA_OK) {
        side->num_sent += len;
    } else {
        run->broken = "sending failed";
    }
}

static void answer(struct run *run, int i) {
    struct end *end = end_at(run, i);
    const struct wishes *wishes = &run->sides[i].wishes;
    bulla_connection *connection = end->connection;
    uint8_t signature[SIGNATURE_LEN_MAX];
    bulla_signing signing;
    bulla_cause cause = BULLA_OK;
    bool whim = run->hostile && seeded_once_in(&run->seeded, 30);
    if (end_failure(end) != BULLA_OK) {
        return; /* it closed while it was asked */
    }
    if (end->last == BULLA_EVENT_VERIFY) {
        run->altered = run->altered || whim;
        cause = bulla_connection_answer_verify(connection, whim ? BULLA_E_CHAIN_REFUSED : BULLA_OK);
    } else if (end->last == BULLA_EVENT_CREDENTIAL) {
        run->altered = run->altered || whim;
        cause = bulla_connection_answer_credential(
            connection, whim ? NULL : run->world->credentials[wishes->shown]);
    } else if (end->last == BULLA_EVENT_SIGN) {
        must(bulla_connection_signing(connection, &signing) == BULLA_OK, "signing");
        size_t len = test_sign(&signing, signature);
        signature[0] ^= whim;
        run->altered = run->altered || whim;
        cause = bulla_connection_answer_signature(connection, bytes_of(signature, len));
    } else {
        return;
    }
    (void)end_receive(end, 0);
    if (cause != BULLA_OK) {
        run->broken = "an answer was not taken";
    }
}

static void close_side(struct run *run, int i) {
    struct end *end = end_at(run, i);
    if (end->events[BULLA_EVENT_HANDSHAKE_DONE] == 0 && !run->hostile) {
        return;
    }
    run->altered = run->altered || end->events[BULLA_EVENT_HANDSHAKE_DONE] == 0;
    run->sides[i].closed = true;
    if (bulla_connection_close(end->connection) != BULLA_OK) {
        run->broken = "closing failed";
    }
}

static void end_transport(struct run *run, int i) {
    if (run->hostile && !run->sides[i].ended) {
        run->altered = true;
        run->sides[i].ended = true;
        bulla_connection_receive_end(end_at(run, i)->connection);
    }
}

/* One thing happens to one side. False once there is nothing left to do but to close. */
static bool step(struct run *run) {
    struct seeded *seeded = &run->seeded;
    int i = (int)seeded_below(seeded, 2);
    struct end *end = end_at(run, i);
    switch (seeded_below(seeded, 16)) {
    case 0:
    case 1:
        send_some(run, i);
        break;
    case 2:
    case 3:
    case 4:
        answer(run, i);
        break;
    case 5:
        if (seeded_once_in(seeded, 10) && end->events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
            end_failure(end) == BULLA_OK && !run->sides[i].closed) {
            int asks = (int)seeded_below(seeded, 2);
            if (bulla_connection_update_key(end->connection, asks) != BULLA_OK) {
                run->broken = "a key update failed";
            }
        }
        break;
    case 6:
        if (seeded_once_in(seeded, 60)) {
            close_side(run, i);
        }
        break;
    case 7:
        if (seeded_once_in(seeded, 200)) {
            end_transport(run, i);
        }
        break;
    case 8:
        flush(run, i);
        break;
    default:
        deliver(run, i);
    }
    return !seeded_once_in(seeded, 400);
}

/* Lets everything that is under way arrive, closes both sides, and lets that arrive. */
static void finish(struct run *run) {
    for (int round = 0; round < 2; round++) {
        bool moved = true;
        size_t turns = 0;
        while (moved && turns++ < STEPS_MAX) {
            moved = false;
            for (int i = 0; i < 2; i++) {
                struct end *end = end_at(run, i);
                size_t before = end_waiting(end);
                (void)end_receive(end, SIZE_MAX);
                bulla_event event = end->last;
                answer(run, i);
                flush(run, i);
                moved = moved || end_waiting(end) != before || event == BULLA_EVENT_SIGN ||
                        event == BULLA_EVENT_VERIFY || event == BULLA_EVENT_CREDENTIAL ||
                        end_waiting(end_at(run, 1 - i)) != 0;
                check(run);
            }
            /* A connection that waits for the rest of a record has taken what there is. */
        }
        if (moved) {
            run->broken = "it comes to no end";
            return;
        }
        for (int i = 0; i < 2 && round == 0; i++) {
            close_side(run, i);
            flush(run, i);
        }
    }
}

/* ------------------------------------------------------------------ what must hold */

static void require(struct run *run, bool holds, const char *what) {
    if (!holds && run->broken == NULL) {
        run->broken = what;
    }
}

static void check_received(struct run *run, int to) {
    const struct end *end = end_at(run, to);
    size_t len = end->received.len;
    require(run, len == 0 || end->events[BULLA_EVENT_HANDSHAKE_DONE] == 1,
            "data before the handshake was done");
    require(run, len <= run->sides[1 - to].num_sent, "more data than was sent");
    for (size_t i = 0; i < len && run->broken == NULL; i++) {
        require(run, end->received.buffer[i] == stream_byte(1 - to, i),
                "data that was not sent so");
    }
}

static void check_failure(struct run *run, int i) {
    const struct end *end = end_at(run, i);
    bulla_failure failure = bulla_connection_failure(end->connection);
    bulla_alert alert = bulla_cause_about(failure.cause)->alert;
    require(run, failure.cause > BULLA_CAUSE_INVALID && failure.cause < BULLA_NUM_CAUSES,
            "a cause outside the enumeration");
    require(run, failure.cause != BULLA_E_INTERNAL && failure.cause != BULLA_E_CRYPTO_FAILED,
            "a fault of our own");
    if (failure.cause != BULLA_OK) {
        require(run,
                failure.alert_sent == alert ||
                    (run->sides[i].closed && failure.alert_sent == BULLA_ALERT_NONE),
                "a failure without its alert");
        require(run,
                (failure.cause == BULLA_E_ALERT_RECEIVED) ==
                    (failure.alert_received != BULLA_ALERT_NONE),
                "an alert received, or not");
    }
}

/* Once a side is done, and still alive, it has a secret to compare. */
static void export(struct run *run, int i) {
    struct side *side = &run->sides[i];
    const struct end *end = end_at(run, i);
    if (!side->exported && end->events[BULLA_EVENT_HANDSHAKE_DONE] == 1) {
        side->exported =
            bulla_connection_export(end->connection, BYTES_OF("simulation"), bytes_of(NULL, 0),
                                    side->secret, sizeof side->secret) == BULLA_OK;
    }
}

/* After each step: what holds in any connection at any time. */
static void check(struct run *run) {
    for (int i = 0; i < 2; i++) {
        require(run, end_at(run, i)->events[BULLA_EVENT_HANDSHAKE_DONE] <= 1,
                "the handshake was done twice");
        check_failure(run, i);
        export(run, i);
    }
}

static void check_agreement(struct run *run) {
    bulla_connection_info client = end_info(&run->pair.client),
                          server = end_info(&run->pair.server);
    require(run, client.suite == server.suite, "two suites");
    require(run, client.group == server.group, "two groups");
    require(run, bytes_equal(client.alpn, server.alpn), "two protocols");
    require(run, bytes_equal(client.server_name, server.server_name), "two names");
    require(run, client.peer_authenticated != 0, "a server that is not authenticated");
    require(run,
            run->sides[1].wishes.auth != BULLA_CLIENT_AUTH_REQUIRE || server.peer_authenticated,
            "a client that is not authenticated");
    require(run,
            !run->sides[0].exported || !run->sides[1].exported ||
                bytes_equal(BYTES_IN(run->sides[0].secret), BYTES_IN(run->sides[1].secret)),
            "two secrets");
}

static void check_end(struct run *run) {
    const struct end *client = &run->pair.client, *server = &run->pair.server;
    bulla_cause expected = predicted(run);
    for (int i = 0; i < 2; i++) {
        check_received(run, i);
    }
    bool both_done = client->events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
                     server->events[BULLA_EVENT_HANDSHAKE_DONE] == 1;
    if (both_done) {
        check_agreement(run);
        require(run, expected == BULLA_OK || run->altered, "a connection that may not be");
    }
    if (run->altered) {
        return;
    }
    if (expected != BULLA_OK) {
        require(run, end_failure(client) == expected || end_failure(server) == expected,
                bulla_cause_about(expected)->says);
        return;
    }
    require(run, both_done, "a connection that was not made");
    for (int i = 0; i < 2; i++) {
        require(run, end_failure(end_at(run, i)) == BULLA_OK, "a failure on an honest network");
        require(run, end_at(run, i)->received.len == run->sides[1 - i].num_sent, "lost data");
        require(run, end_at(run, i)->last == BULLA_EVENT_CLOSED, "no end");
    }
}

static bool lists_meet(const uint16_t *a, size_t num_a, const uint16_t *b, size_t num_b) {
    for (size_t i = 0; i < num_a * num_b; i++) {
        if (a[i / num_b] == b[i % num_b]) {
            return true;
        }
    }
    return false;
}

static bool protocols_meet(const struct wishes *client, const struct wishes *server) {
    bool meet = client->alpn[0] == NULL || server->alpn[0] == NULL;
    for (size_t i = 0; i < 9; i++) {
        const char *a = client->alpn[i / 3], *b = server->alpn[i % 3];
        meet = meet || (a != NULL && b != NULL && strcmp(a, b) == 0);
    }
    return meet;
}

/* What a peer's chain comes to. A side that asks its caller takes all. */
static bulla_cause judged(const struct wishes *judge, enum shown shown) {
    if ((judge->ask & BULLA_ASK_VERIFY) != 0 || shown == SHOWN_GOOD) {
        return BULLA_OK;
    }
    return shown == SHOWN_EXPIRED ? BULLA_E_CERT_EXPIRED : BULLA_E_CERT_UNKNOWN_ISSUER;
}

/* How the two configs end on an honest network. */
static bulla_cause predicted(const struct run *run) {
    const struct wishes *client = &run->sides[0].wishes, *server = &run->sides[1].wishes;
    if (!lists_meet(client->suites, client->num_suites, server->suites, server->num_suites)) {
        return BULLA_E_NO_COMMON_SUITE;
    }
    if (!protocols_meet(client, server)) {
        return BULLA_E_NO_COMMON_ALPN;
    }
    if (!lists_meet(client->groups, client->num_groups, server->groups, server->num_groups)) {
        return BULLA_E_NO_COMMON_GROUP;
    }
    bulla_cause cause = judged(client, server->shown);
    if (cause != BULLA_OK || server->auth == BULLA_CLIENT_AUTH_NONE) {
        return cause;
    }
    if (client->shown == SHOWN_NONE) {
        return server->auth == BULLA_CLIENT_AUTH_REQUIRE ? BULLA_E_CERTIFICATE_REQUIRED : BULLA_OK;
    }
    return judged(server, client->shown);
}
