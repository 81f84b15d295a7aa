/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of a TLS 1.3 connection, P-256, server-only, mutual, and with all that resumption keeps:
 * at rest after the handshake and again after a record each way, at most during the handshake, and
 * what all connections share; allocations in a handshake and for a record. libssl is measured as it
 * comes, and once more told to release its buffers.
 *
 * Everything is done once before it is counted: what a library keeps for the whole process is
 * there by then. */
#include "bench.h"
#include "heap.h"
#include <bulla/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OURS, THEIRS, THEIRS_RELEASED, NUM_CONTENDERS };
enum { RECORD_LEN_MAX = 16384, SMALL_LEN = 64, NUM_RECORDS = 16 };

/* One contender's figures. */
struct tally {
    double idle[NUM_SIDES];
    double idle_after_data[NUM_SIDES];
    double peak[NUM_SIDES];
    double allocations[NUM_SIDES];
    double shared;
};

static const struct {
    const char *infix;
    bool mutual;
    enum resumption resumption;
} CASES[] = {{"", false, RESUME_NOTHING},
             {"_mutual", true, RESUME_NOTHING},
             {"_resumable", false, RESUME_LATEST}};

/* What design.md asks: an idle connection's heap on either side, and a record's allocations. */
static const double IDLE_MAX = 1024;
static const double RECORD_MAX = 0;

static const uint16_t SUITES[] = {BULLA_TLS_AES_128_GCM_SHA256, BULLA_TLS_AES_256_GCM_SHA384,
                                  BULLA_TLS_CHACHA20_POLY1305_SHA256};

static const struct section SECTION = {
    .title = "Heap, bytes asked for by one side of a connection, and numbers of allocations",
};

static const struct peer *const PEERS[] = {
    [OURS] = &PEER_BULLA, [THEIRS] = &PEER_LIBSSL, [THEIRS_RELEASED] = &PEER_LIBSSL};

static bool connections_run(struct bench *bench, size_t index);
static bool records_run(struct bench *bench);
static bool contender_tally(struct tally *out, struct bench *bench, int contender, size_t index);
static bool tally_shared(struct tally *out, struct bench *bench, int contender,
                         struct peer_configs *configs, const struct peer_setup *setup);
static bool tally_handshake(struct tally *out, struct bench *bench, int contender,
                            struct peer_configs *configs);
static bool tally_idle(struct tally *out, struct bench *bench, int contender,
                       struct peer_configs *configs);
static bool crowd_come_and_go(struct bench *bench, int contender, struct peer_configs *configs);
static struct pair *crowd_open(struct bench *bench, int contender, struct peer_configs *configs);
static void crowd_close(struct pair *pairs, size_t num_pairs);
static bool crowd_exchange(struct pair *pairs, size_t num_pairs);
static bool exchange(struct pair *pair, size_t len, size_t num);
static bool allocations_per_record(double *out, struct bench *bench, int contender);
static bool count_records(uint64_t *out_num, struct bench *bench, int contender,
                          struct peer_configs *configs);
static enum heap_account account_of(enum side side);
static int64_t live_of_all(void);
static void report_connections(struct results *results, const char *infix,
                               const struct tally tallies[NUM_CONTENDERS]);
static void add(struct results *results, enum unit unit, double ours, double theirs,
                const char *what, const char *infix, const char *side);

bool bench_memory(struct bench *bench) {
    results_begin(&bench->results, &SECTION);
    if (bench->results.mode != RESULTS_LIST && !heap_can_count()) {
        fprintf(stderr, "bulla-bench: the heap can't be counted in this build\n");
        return true;
    }
    bool ran = true;
    for (size_t i = 0; ran && i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        ran = connections_run(bench, i);
    }
    return ran && records_run(bench);
}

static bool connections_run(struct bench *bench, size_t index) {
    struct results probe = results_probe(&bench->results, &SECTION);
    struct tally tallies[NUM_CONTENDERS] = {0};
    bool ran = true;
    report_connections(&probe, CASES[index].infix, tallies);
    if (bench_is_wanted(bench, &probe)) {
        heap_start_counting();
        for (int contender = 0; ran && contender < NUM_CONTENDERS; contender++) {
            progress_show(&bench->progress, "heap", (size_t)contender, NUM_CONTENDERS);
            ran = contender_tally(&tallies[contender], bench, contender, index);
        }
    }
    if (ran) {
        progress_clear(&bench->progress);
        report_connections(&bench->results, CASES[index].infix, tallies);
    }
    return ran;
}

static bool records_run(struct bench *bench) {
    struct results probe = results_probe(&bench->results, &SECTION);
    double allocations[NUM_CONTENDERS] = {0};
    bool ran = true;
    add(&probe, UNIT_ALLOCATIONS, 0, 0, "allocations_record", "", "");
    if (bench_is_wanted(bench, &probe)) {
        heap_start_counting();
        ran = allocations_per_record(&allocations[OURS], bench, OURS) &&
              allocations_per_record(&allocations[THEIRS], bench, THEIRS);
    }
    if (ran) {
        add(&bench->results, UNIT_ALLOCATIONS, allocations[OURS], allocations[THEIRS],
            "allocations_record", "", "");
    }
    return ran;
}

static bool contender_tally(struct tally *out, struct bench *bench, int contender, size_t index) {
    const struct chains *chains = bench_chains(bench, CHAIN_P256);
    const struct peer_setup setup = {
        .chains = chains,
        .suite = BULLA_TLS_AES_128_GCM_SHA256,
        .mutual = CASES[index].mutual,
        .resumption = CASES[index].resumption,
        .release_buffers = contender == THEIRS_RELEASED,
    };
    struct peer_configs configs = {0};
    bool ran = chains != NULL && tally_shared(out, bench, contender, &configs, &setup) &&
               tally_handshake(out, bench, contender, &configs) &&
               tally_idle(out, bench, contender, &configs);
    PEERS[contender]->discard(&configs);
    return ran;
}

/* What stays when a crowd of connections has come and gone: configs, and what a thread keeps for
 * the next connection. */
static bool tally_shared(struct tally *out, struct bench *bench, int contender,
                         struct peer_configs *configs, const struct peer_setup *setup) {
    const struct peer *peer = PEERS[contender];
    if (!peer->configure(configs, setup) || !crowd_come_and_go(bench, contender, configs)) {
        return false;
    }
    peer->discard(configs);
    int64_t before = live_of_all();
    if (!peer->configure(configs, setup) || !crowd_come_and_go(bench, contender, configs)) {
        return false;
    }
    out->shared = (double)(live_of_all() - before);
    return true;
}

static bool tally_handshake(struct tally *out, struct bench *bench, int contender,
                            struct peer_configs *configs) {
    struct heap_figures before[NUM_SIDES];
    struct pair pair;
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        heap_mark_peak(account_of(side));
        before[side] = heap_figures_of(account_of(side));
    }
    if (!pair_open(&pair, PEERS[contender], configs, &bench->wires)) {
        return false;
    }
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        struct heap_figures after = heap_figures_of(account_of(side));
        out->peak[side] = (double)(after.peak_bytes - before[side].live_bytes);
        out->allocations[side] = (double)(after.num_allocations - before[side].num_allocations);
    }
    pair_close(&pair);
    return true;
}

static bool tally_idle(struct tally *out, struct bench *bench, int contender,
                       struct peer_configs *configs) {
    size_t num = bench->options->num_connections;
    int64_t before[NUM_SIDES];
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        before[side] = heap_figures_of(account_of(side)).live_bytes;
    }
    struct pair *pairs = crowd_open(bench, contender, configs);
    if (pairs == NULL) {
        return false;
    }
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        int64_t live = heap_figures_of(account_of(side)).live_bytes;
        out->idle[side] = (double)(live - before[side]) / (double)num;
    }
    bool exchanged = crowd_exchange(pairs, num);
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        int64_t live = heap_figures_of(account_of(side)).live_bytes;
        out->idle_after_data[side] = (double)(live - before[side]) / (double)num;
    }
    crowd_close(pairs, num);
    return exchanged;
}

static bool crowd_come_and_go(struct bench *bench, int contender, struct peer_configs *configs) {
    size_t num = bench->options->num_connections;
    struct pair *pairs = crowd_open(bench, contender, configs);
    if (pairs == NULL) {
        return false;
    }
    bool exchanged = crowd_exchange(pairs, num);
    crowd_close(pairs, num);
    return exchanged;
}

/* NULL on failure. */
static struct pair *crowd_open(struct bench *bench, int contender, struct peer_configs *configs) {
    size_t num = bench->options->num_connections;
    struct pair *pairs = calloc(num, sizeof(*pairs));
    for (size_t i = 0; pairs != NULL && i < num; i++) {
        if (!pair_open(&pairs[i], PEERS[contender], configs, &bench->wires)) {
            crowd_close(pairs, i);
            return NULL;
        }
    }
    return pairs;
}

static void crowd_close(struct pair *pairs, size_t num_pairs) {
    for (size_t i = 0; i < num_pairs; i++) {
        pair_close(&pairs[i]);
    }
    free(pairs);
}

static bool crowd_exchange(struct pair *pairs, size_t num_pairs) {
    bool exchanged = true;
    for (size_t i = 0; exchanged && i < num_pairs; i++) {
        exchanged = exchange(&pairs[i], RECORD_LEN_MAX, 1);
    }
    return exchanged;
}

/* `num` records each way, one at a time. */
static bool exchange(struct pair *pair, size_t len, size_t num) {
    static const uint8_t zeros[RECORD_LEN_MAX];
    const bulla_bytes data = {zeros, len};
    bool exchanged = true;
    for (size_t i = 0; exchanged && i < num; i++) {
        exchanged =
            pair_send(pair, SIDE_CLIENT, data, 1) && pair_receive(pair, SIDE_SERVER, len, NULL) &&
            pair_send(pair, SIDE_SERVER, data, 1) && pair_receive(pair, SIDE_CLIENT, len, NULL);
    }
    return exchanged;
}

/* Both sides' allocations for a record, sent and received, over all suites and both sizes. */
static bool allocations_per_record(double *out, struct bench *bench, int contender) {
    const struct chains *chains = bench_chains(bench, CHAIN_P256);
    const size_t num_suites = sizeof(SUITES) / sizeof(SUITES[0]);
    uint64_t num = 0;
    bool ran = chains != NULL;
    for (size_t i = 0; ran && i < num_suites; i++) {
        const struct peer_setup setup = {.chains = chains, .suite = SUITES[i]};
        struct peer_configs configs = {0};
        ran = PEERS[contender]->configure(&configs, &setup) &&
              count_records(&num, bench, contender, &configs);
        PEERS[contender]->discard(&configs);
    }
    *out = (double)num / (double)(num_suites * 2 * 2 * NUM_RECORDS);
    return ran;
}

/* Adds to `out_num`. The first records, which may make a context or a buffer, do not count. */
static bool count_records(uint64_t *out_num, struct bench *bench, int contender,
                          struct peer_configs *configs) {
    struct pair pair;
    if (!pair_open(&pair, PEERS[contender], configs, &bench->wires)) {
        return false;
    }
    bool ran = exchange(&pair, RECORD_LEN_MAX, 1);
    uint64_t before =
        heap_figures_of(HEAP_CLIENT).num_allocations + heap_figures_of(HEAP_SERVER).num_allocations;
    ran = ran && exchange(&pair, RECORD_LEN_MAX, NUM_RECORDS) &&
          exchange(&pair, SMALL_LEN, NUM_RECORDS);
    *out_num += heap_figures_of(HEAP_CLIENT).num_allocations +
                heap_figures_of(HEAP_SERVER).num_allocations - before;
    pair_close(&pair);
    return ran;
}

static enum heap_account account_of(enum side side) {
    return side == SIDE_CLIENT ? HEAP_CLIENT : HEAP_SERVER;
}

static int64_t live_of_all(void) {
    int64_t live = 0;
    for (enum heap_account account = HEAP_NOBODY; account < NUM_HEAP_ACCOUNTS; account++) {
        live += heap_figures_of(account).live_bytes;
    }
    return live;
}

static void report_connections(struct results *results, const char *infix,
                               const struct tally tallies[NUM_CONTENDERS]) {
    const struct tally *ours = &tallies[OURS];
    const struct tally *theirs = &tallies[THEIRS];
    const struct tally *released = &tallies[THEIRS_RELEASED];
    for (enum side side = SIDE_CLIENT; side < NUM_SIDES; side++) {
        const char *name = side_name(side);
        add(results, UNIT_BYTES, ours->idle[side], theirs->idle[side], "heap_idle", infix, name);
        add(results, UNIT_BYTES, ours->idle[side], released->idle[side], "heap_idle_released",
            infix, name);
        add(results, UNIT_BYTES, ours->idle_after_data[side], theirs->idle_after_data[side],
            "heap_idle_after_data", infix, name);
        add(results, UNIT_BYTES, ours->peak[side], theirs->peak[side], "heap_peak", infix, name);
        add(results, UNIT_ALLOCATIONS, ours->allocations[side], theirs->allocations[side],
            "allocations_handshake", infix, name);
    }
    add(results, UNIT_BYTES, ours->shared, theirs->shared, "heap_shared", infix, "");
}

/* The name is WHAT, infix and, where there is one, the side. */
static void add(struct results *results, enum unit unit, double ours, double theirs,
                const char *what, const char *infix, const char *side) {
    struct result result = {.unit = unit, .ours = {.best = ours}, .theirs = {.best = theirs}};
    snprintf(result.name, sizeof(result.name), "%s%s%s%s", what, infix, *side == '\0' ? "" : "_",
             side);
    if (strcmp(what, "heap_idle") == 0 || strcmp(what, "heap_idle_after_data") == 0) {
        result.target = (struct target){.ours = IDLE_MAX, .has_ours = true};
    } else if (strcmp(what, "allocations_record") == 0) {
        result.target = (struct target){.ours = RECORD_MAX, .has_ours = true};
    }
    results_add(results, &result);
}
