/* SPDX-License-Identifier: Apache-2.0 */
/* See episode.h: what the two have, and what happens to them between their connections. */
#include "simulation/episode.h"

#include "simulation/encounter.h"
#include "simulation/replay.h"

#include <inttypes.h>

enum {
    CACHE_SERVERS = 4,
    STORE_SESSIONS = 128,
    STRIKES_MAX = 64,
    STRIKE_WINDOWS = 20,
    KEY_PERIOD = 86400,
    HANDED_IN_FOR = 2 * KEY_PERIOD,
    KEYS_AT_ONCE = 8,
    SKEW_MAX = 30,
    UNMENDED_ONCE_IN = 8,
    MENDS_MAX = 100,
    MARGIN = 2, /* seconds: what is this near an end need not hold */
};

static void begin(struct episode *episode);
static void end(struct episode *episode);
static void meanwhile(struct episode *episode);
static void let_time_pass(struct episode *episode);
static void change_something(struct episode *episode);
static void mend(struct episode *episode);
static bool sessions_hold(const struct episode *episode);
static void play_next(struct episode *episode);
static void say_broken(const struct episode *episode);

bool episode_play(const struct world *world, uint64_t seed, unsigned num_connections,
                  enum plant plant, struct tally *tally) {
    struct episode episode = {.world = world,
                              .tally = tally,
                              .seed = seed,
                              .plant = plant,
                              .seeded = seeded_of(seed),
                              .wire = seed};
    begin(&episode);
    while (episode.broken == NULL && episode.number < num_connections) {
        episode.number++;
        if (episode.number > 1) {
            meanwhile(&episode);
        }
        play_next(&episode);
    }
    if (episode.broken != NULL) {
        say_broken(&episode);
        tally->num_broken++;
    }
    tally->digest += episode.wire;
    end(&episode);
    return episode.broken == NULL;
}

static void begin(struct episode *episode) {
    struct seeded *seeded = &episode->seeded;
    uint32_t window = 1 + (uint32_t)seeded_below(seeded, STRIKE_WINDOWS);
    wishes_draw(&episode->wishes[CLIENT], seeded, BULLA_CLIENT);
    wishes_draw(&episode->wishes[SERVER], seeded, BULLA_SERVER);
    episode->clocks[SERVER] = episode->clocks[CLIENT] = TEST_NOW;
    if (seeded_once_in(seeded, 4)) {
        episode->clocks[CLIENT] += (int64_t)seeded_below(seeded, 2 * SKEW_MAX) - SKEW_MAX;
    }
    episode->latest = episode->clocks[CLIENT];
    mend(episode);
    must(bulla_session_cache_new(&episode->cache, CACHE_SERVERS) == BULLA_OK, "cache");
    must(bulla_ticket_keys_new(&episode->keys, KEY_PERIOD) == BULLA_OK, "keys");
    must(bulla_session_store_new(&episode->store, STORE_SESSIONS) == BULLA_OK, "store");
    episode->keys_until = INT64_MAX;
    episode->lifetime = UINT32_MAX;
    for (int i = 0; i < MEMBERS; i++) {
        must(bulla_strike_register_new(&episode->strikes[i], window, STRIKES_MAX) == BULLA_OK,
             "register");
    }
    for (int i = 0; i < FLIGHTS_KEPT; i++) {
        episode->flights[i].bytes = writer_growing(1 << 20);
    }
    for (int i = 0; i < 2; i++) {
        episode->failures[i] = BULLA_OK;
        for (int j = 0; j < STATES_KEPT; j++) {
            episode->states[i][j].state = writer_growing(1 << 16);
        }
    }
}

static void forget_configs(struct episode *episode) {
    bulla_config_free(episode->client);
    episode->client = NULL;
    for (int i = 0; i < MEMBERS; i++) {
        bulla_config_free(episode->servers[i]);
        episode->servers[i] = NULL;
    }
}

static void end(struct episode *episode) {
    forget_configs(episode);
    bulla_session_cache_free(episode->cache);
    bulla_ticket_keys_free(episode->keys);
    bulla_session_store_free(episode->store);
    for (int i = 0; i < MEMBERS; i++) {
        bulla_strike_register_free(episode->strikes[i]);
    }
    for (int i = 0; i < FLIGHTS_KEPT; i++) {
        writer_free(&episode->flights[i].bytes);
    }
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < STATES_KEPT; j++) {
            writer_free(&episode->states[i][j].state);
        }
    }
}

static void play_next(struct episode *episode) {
    struct seeded *seeded = &episode->seeded;
    size_t num = episode->num_flights < FLIGHTS_KEPT ? episode->num_flights : FLIGHTS_KEPT;
    for (int i = 0; i < 2; i++) {
        episode->randoms[i] = seeded_of(seeded_next(seeded));
    }
    if (num == 0 || !seeded_once_in(seeded, 6)) {
        encounter_play(episode);
        episode->unchanged = true;
        return;
    }
    /* The newest flight the most often: it is the freshest. */
    size_t back = seeded_once_in(seeded, 3) ? seeded_below(seeded, num) : 0;
    size_t place = (episode->num_flights - 1 - back) % FLIGHTS_KEPT;
    replay(episode, &episode->flights[place], (unsigned)seeded_below(seeded, MEMBERS));
    episode->tally->counts[COUNT_CONNECTIONS]++;
    episode->tally->counts[COUNT_REPLAYED]++;
}

/* ------------------------------------------------------------------ between two connections */

static void meanwhile(struct episode *episode) {
    struct seeded *seeded = &episode->seeded;
    let_time_pass(episode);
    while (!seeded_once_in(seeded, 2)) {
        change_something(episode);
    }
    mend(episode);
    if (episode->plant == PLANT_FORGETFUL) {
        bulla_session_cache_clear(episode->cache);
    }
    episode->tickets_due = episode->tickets_due && sessions_hold(episode);
}

/* Times of connections are kept apart, so that each has its own. */
static bool is_taken(const struct episode *episode) {
    for (int i = 0; i < 2; i++) {
        for (size_t j = 0; j < episode->num_fulls[i]; j++) {
            const struct full *full = &episode->fulls[i][j];
            if (full->from - SKEW_MAX <= episode->clocks[i] && episode->clocks[i] <= full->until) {
                return true;
            }
        }
    }
    return false;
}

static void let_time_pass(struct episode *episode) {
    static const size_t spans[] = {5, 5, 5, 5, 5, 5, 60, 600, 7200, 2 * TEST_DAY, 10 * TEST_DAY};
    struct seeded *seeded = &episode->seeded;
    size_t span = spans[seeded_below(seeded, sizeof spans / sizeof spans[0])];
    int64_t seconds = 1 + (int64_t)seeded_below(seeded, span);
    if (seeded_once_in(seeded, 40)) {
        seconds = -seconds;
        episode->went_back = true;
        episode->unchanged = false;
    }
    do {
        for (int i = 0; i < 2; i++) {
            episode->clocks[i] += seconds;
        }
        seconds = 1;
    } while (is_taken(episode));
    if (episode->clocks[CLIENT] > episode->latest) {
        episode->latest = episode->clocks[CLIENT];
    }
}

/* Whether what the last connection left behind can still be resumed, by what the API says. */
static bool sessions_hold(const struct episode *episode) {
    const int64_t *clocks = episode->clocks;
    for (int i = 0; i < 2; i++) {
        if (clocks[i] + MARGIN >= episode->origins[i] + (int64_t)episode->lifetime ||
            clocks[i] + MARGIN >= episode->peers_until[i]) {
            return false;
        }
    }
    /* A key that was handed in begins then, and a clock that was put back is before it. */
    bool keys_seal = !episode->went_back || episode->keys_until == INT64_MAX;
    return episode->wishes[SERVER].keeper != KEEPER_OWN ||
           (keys_seal && clocks[SERVER] + MARGIN < episode->keys_until &&
            clocks[SERVER] + MARGIN < episode->origins[SERVER] + KEY_PERIOD);
}

/* A key that a fleet shares. */
static void hand_key_in(struct episode *episode) {
    uint8_t name[BULLA_TICKET_KEY_NAME_LEN], secret[BULLA_TICKET_KEY_SECRET_LEN];
    int64_t now = episode->clocks[SERVER];
    (void)seeded_fill(&episode->seeded, name, sizeof name);
    (void)seeded_fill(&episode->seeded, secret, sizeof secret);
    bulla_cause cause =
        bulla_ticket_keys_add(episode->keys, name, secret, now, now + HANDED_IN_FOR);
    episode_require(episode, cause == BULLA_OK, "a ticket key was not taken");
    episode->keys_until = now + HANDED_IN_FOR;
}

/* A server that starts again has neither its keys nor what its register knew. */
static void renew_keys(struct episode *episode) {
    bulla_ticket_keys_free(episode->keys);
    must(bulla_ticket_keys_new(&episode->keys, KEY_PERIOD) == BULLA_OK, "keys");
    episode->keys_until = INT64_MAX;
}

static void renew_register(struct episode *episode) {
    size_t member = seeded_below(&episode->seeded, MEMBERS);
    uint32_t window = 1 + (uint32_t)seeded_below(&episode->seeded, STRIKE_WINDOWS);
    bulla_strike_register_free(episode->strikes[member]);
    must(bulla_strike_register_new(&episode->strikes[member], window, STRIKES_MAX) == BULLA_OK,
         "register");
    /* It refuses what came before it, unless the clock was put back meanwhile. Ours lives on. */
    for (int i = 0; i < FLIGHTS_KEPT && episode->went_back; i++) {
        episode->flights[i].taken_by[member] = 0;
    }
}

static void change_something(struct episode *episode) {
    struct seeded *seeded = &episode->seeded;
    int side = (int)seeded_below(seeded, 2);
    forget_configs(episode);
    episode->unchanged = false;
    switch (seeded_below(seeded, 16)) {
    case 0:
        bulla_session_cache_clear(episode->cache);
        return;
    case 1:
        bulla_session_store_clear(episode->store);
        return;
    case 2:
        renew_keys(episode);
        return;
    case 3:
        hand_key_in(episode);
        return;
    case 4:
        renew_register(episode);
        return;
    case 5:
        wishes_draw(&episode->wishes[side], seeded, side == CLIENT ? BULLA_CLIENT : BULLA_SERVER);
        return;
    default:
        wishes_change(&episode->wishes[side], seeded,
                      (enum change)seeded_below(seeded, NUM_CHANGES));
    }
}

/* Two whose wishes do not go together mostly find out and change them: a seed is there for what
 * comes after the hellos too. */
static void mend(struct episode *episode) {
    struct seeded *seeded = &episode->seeded;
    if (seeded_once_in(seeded, UNMENDED_ONCE_IN)) {
        return;
    }
    for (int i = 0; i < MENDS_MAX; i++) {
        struct forecast forecast = oracle_forecast(episode->world, &episode->wishes[CLIENT],
                                                   &episode->wishes[SERVER], episode->clocks);
        if (forecast.full == BULLA_OK) {
            return;
        }
        forget_configs(episode);
        episode->unchanged = false;
        wishes_change(&episode->wishes[seeded_below(seeded, 2)], seeded,
                      seeded_once_in(seeded, 2) ? CHANGE_SHOWN
                                                : (enum change)seeded_below(seeded, NUM_CHANGES));
    }
}

/* ------------------------------------------------------------------ what they have */

bulla_config *episode_config(struct episode *episode, int side, unsigned member) {
    bulla_config **place = side == CLIENT ? &episode->client : &episode->servers[member];
    const struct belongings belongings = {
        .cache = episode->cache,
        .keys = episode->keys,
        .store = episode->store,
        .strikes = episode->strikes[member],
        .random = &episode->randoms[side],
        .clock = &episode->clocks[side],
    };
    if (*place == NULL) {
        *place = wishes_config(&episode->wishes[side], episode->world, &belongings);
    }
    return *place;
}

void episode_keep(struct episode *episode, int side, const bulla_connection *connection) {
    struct kept *kept = &episode->states[side][episode->num_states[side] % STATES_KEPT];
    bulla_session_view view;
    if (bulla_connection_session(connection, &view) != BULLA_OK) {
        episode_require(episode, false, "a session was told of, and there is none");
        return;
    }
    episode->num_states[side]++;
    episode_require(episode, view.id.len == (side == SERVER ? sizeof kept->id : 0),
                    "a session with an id that it should not have");
    episode_require(episode, view.lifetime != 0 && view.state.len != 0, "a session that is none");
    bytes_copy(kept->id, sizeof kept->id, view.id);
    kept->state.len = 0;
    writer_bytes(&kept->state, view.state);
}

bulla_bytes episode_state(struct episode *episode, bulla_bytes id) {
    for (int i = 0; i < STATES_KEPT; i++) {
        const struct kept *kept = &episode->states[SERVER][i];
        if (kept->state.len != 0 && bytes_equal(BYTES_IN(kept->id), id)) {
            return bytes_of(kept->state.buffer, kept->state.len);
        }
    }
    return bytes_of(NULL, 0);
}

bool episode_strike(struct episode *episode, unsigned member, const uint8_t *unique) {
    size_t *num = &episode->num_struck[member];
    for (size_t i = 0; i < *num && episode->plant != PLANT_TWICE; i++) {
        if (bytes_equal(BYTES_IN(episode->struck[member][i]), bytes_of(unique, 32))) {
            return false;
        }
    }
    if (*num == STRIKES_KNOWN) {
        return false;
    }
    bytes_copy(episode->struck[member][(*num)++], 32, bytes_of(unique, 32));
    return true;
}

void episode_require(struct episode *episode, bool holds, const char *what) {
    if (!holds && episode->broken == NULL) {
        episode->broken = what;
    }
}

uint8_t stream_byte(int side, size_t place) {
    return (uint8_t)((place * 131 + (place >> 8) * 17 + (size_t)side * 77) & 0xff);
}

uint8_t early_byte(unsigned number, size_t place) {
    return (uint8_t)((place * 29 + (place >> 8) * 3 + (size_t)number * 101 + 7) & 0xff);
}

void episode_hash(struct episode *episode, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        episode->wire = (episode->wire ^ bytes[i]) * 0x100000001b3U;
    }
    episode->tally->counts[COUNT_BYTES] += len;
}

static void say_broken(const struct episode *episode) {
    bool planted = episode->plant != PLANT_NONE;
    printf("seed %" PRIu64 ", connection %u: %s (client: %s, server: %s); again: ./dev simulate "
           "--seed %" PRIu64 " --connections %u%s%s\n",
           episode->seed, episode->number, episode->broken,
           bulla_cause_about(episode->failures[CLIENT])->name,
           bulla_cause_about(episode->failures[SERVER])->name, episode->seed, episode->number,
           planted ? " --plant " : "", planted ? plant_name(episode->plant) : "");
    fflush(stdout);
}
