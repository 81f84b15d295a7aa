/* SPDX-License-Identifier: Apache-2.0 */
/* Full TLS 1.3 handshakes (RFC 8446 2): P-256 and RSA-2048 chains, server-only and mutual, each
 * side's time apart, connection objects included. Ours, theirs and the sum of the public-key
 * operations take turns within a round, so that whatever the machine does meanwhile falls on all
 * three. The sum of a warm case is the cold one's: what a chain seen for the first time costs. */
#include "bench.h"
#include "public_key_sum.h"
#include <bulla/config.h>
#include <stdio.h>

enum { OURS, THEIRS, SUM, NUM_CONTENDERS };
enum { BOTH = NUM_SIDES, NUM_QUANTITIES };

struct handshake_case {
    const char *stem;
    enum chain_kind kind;
    bool mutual;
    bool warm; /* ours has a signature memory, and has seen the chains */
};

static const struct handshake_case CASES[] = {
    {"handshake_p256", CHAIN_P256, false, false},
    {"handshake_p256_mutual", CHAIN_P256, true, false},
    {"handshake_p256_warm", CHAIN_P256, false, true},
    {"handshake_p256_warm_mutual", CHAIN_P256, true, true},
    {"handshake_rsa2048", CHAIN_RSA2048, false, false},
    {"handshake_rsa2048_mutual", CHAIN_RSA2048, true, false},
};

static const struct section SECTION = {
    .title = "Handshakes, TLS 1.3, microseconds",
    .floor_name = "sum",
    .has_medians = true,
};

/* What the three contenders of a case need, and their times. */
struct contest {
    const struct handshake_case *what;
    struct peer_configs configs[NUM_CONTENDERS]; /* of OURS and THEIRS */
    struct public_key_sum *sum;
    struct series times[NUM_CONTENDERS][NUM_QUANTITIES];
};

static const struct peer *const PEERS[] = {[OURS] = &PEER_BULLA, [THEIRS] = &PEER_LIBSSL};

static bool is_wanted(const struct bench *bench, const struct handshake_case *what);
static bool contest_make(struct contest *out, struct bench *bench,
                         const struct handshake_case *what);
static void contest_free(struct contest *contest);
static bool contest_run(struct contest *contest, struct bench *bench);
static bool contender_run(struct contest *contest, int contender, struct bench *bench);
static bool handshake_time(struct contest *contest, int contender, struct wires *wires,
                           uint64_t out_ns[NUM_SIDES]);
static bool sum_time(struct contest *contest, uint64_t out_ns[NUM_SIDES]);
static void contest_report(const struct contest *contest, struct results *results);

bool bench_handshakes(struct bench *bench) {
    bool ran = true;
    results_begin(&bench->results, &SECTION);
    for (size_t i = 0; ran && i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct contest contest = {.what = &CASES[i]};
        if (is_wanted(bench, &CASES[i])) {
            ran = contest_make(&contest, bench, &CASES[i]) && contest_run(&contest, bench);
        }
        if (ran) {
            progress_clear(&bench->progress);
            contest_report(&contest, &bench->results);
        }
        contest_free(&contest);
    }
    return ran;
}

static bool is_wanted(const struct bench *bench, const struct handshake_case *what) {
    struct results probe = results_probe(&bench->results, &SECTION);
    contest_report(&(struct contest){.what = what}, &probe);
    return bench_is_wanted(bench, &probe);
}

static bool contest_make(struct contest *out, struct bench *bench,
                         const struct handshake_case *what) {
    const struct chains *chains = bench_chains(bench, what->kind);
    const struct peer_setup setup = {.chains = chains,
                                     .suite = BULLA_TLS_AES_128_GCM_SHA256,
                                     .mutual = what->mutual,
                                     .remember = what->warm};
    if (chains == NULL) {
        return false;
    }
    out->sum = public_key_sum_new(chains, what->mutual);
    bool made = out->sum != NULL && PEERS[OURS]->configure(&out->configs[OURS], &setup) &&
                PEERS[THEIRS]->configure(&out->configs[THEIRS], &setup);
    for (int contender = 0; made && contender < NUM_CONTENDERS; contender++) {
        for (int quantity = 0; made && quantity < NUM_QUANTITIES; quantity++) {
            made = series_make(&out->times[contender][quantity], bench->options->num_rounds,
                               bench->options->num_handshakes);
        }
    }
    return made;
}

static void contest_free(struct contest *contest) {
    for (int contender = 0; contender < NUM_CONTENDERS; contender++) {
        for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
            series_free(&contest->times[contender][quantity]);
        }
    }
    PEERS[OURS]->discard(&contest->configs[OURS]);
    PEERS[THEIRS]->discard(&contest->configs[THEIRS]);
    public_key_sum_free(contest->sum);
}

static bool contest_run(struct contest *contest, struct bench *bench) {
    size_t num_rounds = bench->options->num_rounds;
    bool ran = true;
    for (size_t round = 0; ran && round < num_rounds; round++) {
        progress_show(&bench->progress, contest->what->stem, round, num_rounds);
        for (int contender = 0; ran && contender < NUM_CONTENDERS; contender++) {
            ran = contender_run(contest, contender, bench);
        }
    }
    return ran;
}

/* One contender's share of a round; the first handshake warms up and does not count. */
static bool contender_run(struct contest *contest, int contender, struct bench *bench) {
    struct series *times = contest->times[contender];
    for (size_t i = 0; i <= bench->options->num_handshakes; i++) {
        uint64_t ns[NUM_SIDES] = {0};
        if (contender == SUM ? !sum_time(contest, ns)
                             : !handshake_time(contest, contender, &bench->wires, ns)) {
            return false;
        }
        if (i > 0) {
            series_add(&times[SIDE_CLIENT], (double)ns[SIDE_CLIENT] / 1e3);
            series_add(&times[SIDE_SERVER], (double)ns[SIDE_SERVER] / 1e3);
            series_add(&times[BOTH], (double)(ns[SIDE_CLIENT] + ns[SIDE_SERVER]) / 1e3);
        }
    }
    for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
        series_end_round(&times[quantity]);
    }
    return true;
}

static bool handshake_time(struct contest *contest, int contender, struct wires *wires,
                           uint64_t out_ns[NUM_SIDES]) {
    struct pair pair;
    if (!pair_open(&pair, PEERS[contender], &contest->configs[contender], wires)) {
        return false;
    }
    pair_close(&pair);
    out_ns[SIDE_CLIENT] = pair.nanoseconds[SIDE_CLIENT];
    out_ns[SIDE_SERVER] = pair.nanoseconds[SIDE_SERVER];
    return true;
}

static bool sum_time(struct contest *contest, uint64_t out_ns[NUM_SIDES]) {
    bool ran = true;
    for (enum side side = SIDE_CLIENT; ran && side < NUM_SIDES; side++) {
        uint64_t since = stats_now_ns();
        ran = public_key_sum_run(contest->sum, side);
        out_ns[side] = stats_now_ns() - since;
    }
    return ran;
}

static void contest_report(const struct contest *contest, struct results *results) {
    static const char *const names[] = {
        [SIDE_CLIENT] = "client", [SIDE_SERVER] = "server", [BOTH] = "both"};
    for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
        struct result result = {
            .unit = UNIT_MICROSECONDS,
            .ours = series_figure(&contest->times[OURS][quantity]),
            .theirs = series_figure(&contest->times[THEIRS][quantity]),
            .floor = series_figure(&contest->times[SUM][quantity]).best,
        };
        snprintf(result.name, sizeof(result.name), "%s_%s", contest->what->stem, names[quantity]);
        results_add(results, &result);
    }
}
