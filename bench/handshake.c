/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of TLS 1.3 (RFC 8446 2) and TLS 1.2 (RFC 5246 7.3), full and resumed, each side's time
 * apart, connection objects included. Ours, theirs and the sum of the public-key operations take
 * turns within a round, so that whatever the machine does meanwhile falls on all three. The sum of
 * a warm case is the cold one's: what a chain seen for the first time costs. ML-KEM is in no sum,
 * because libcrypto 3.0 has none.
 *
 * A resumed handshake takes up one session again and again, and no ticket is sent; "_ticket" takes
 * up the latest, and leaves another. */
#include "bench.h"
#include "public_key_sum.h"
#include <bulla/config.h>
#include <stdio.h>

enum { OURS, THEIRS, SUM, NUM_CONTENDERS };
enum { BOTH = NUM_SIDES, NUM_QUANTITIES };

struct handshake_case {
    const char *stem;
    enum chain_kind kind;
    struct peer_setup setup; /* but for the chains */
    bool ours_alone;
    double ratio;  /* of both sides' time to theirs, at least; 0: not asked */
    double of_sum; /* of each side, at most */
};

/* What the issue asks; a warm handshake of both is to be below the cold sum. RSA's signature is so
 * much of a handshake that no ratio is asked there. */
#define FULL 2.2
#define RESUMED 1.8
#define OF_SUM 1.15
#define SUITE_13 .suite = BULLA_TLS_AES_128_GCM_SHA256
#define SUITE_12 .version = BULLA_TLS_1_2, .suite = BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256

static const struct handshake_case CASES[] = {
    {"handshake_p256", CHAIN_P256, {SUITE_13}, false, FULL, OF_SUM},
    {"handshake_p256_mutual", CHAIN_P256, {SUITE_13, .mutual = true}, false, FULL, OF_SUM},
    {"handshake_p256_warm", CHAIN_P256, {SUITE_13, .remember = true}, false, FULL, OF_SUM},
    {"handshake_p256_warm_mutual",
     CHAIN_P256,
     {SUITE_13, .mutual = true, .remember = true},
     false,
     FULL,
     1},
    {"handshake_rsa2048", CHAIN_RSA2048, {SUITE_13}, false, 0, OF_SUM},
    {"handshake_rsa2048_mutual", CHAIN_RSA2048, {SUITE_13, .mutual = true}, false, 0, OF_SUM},
    {"handshake_mlkem", CHAIN_P256, {SUITE_13, .group = BULLA_GROUP_X25519MLKEM768}, true, 0, 0},
    {"handshake_resumed",
     CHAIN_P256,
     {SUITE_13, .resumption = RESUME_FIRST},
     false,
     RESUMED,
     OF_SUM},
    {"handshake_resumed_ticket",
     CHAIN_P256,
     {SUITE_13, .resumption = RESUME_LATEST},
     false,
     RESUMED,
     0},
    {"handshake_early",
     CHAIN_P256,
     {SUITE_13, .resumption = RESUME_LATEST, .early_len = 256},
     false,
     RESUMED,
     0},
    {"handshake_12_p256", CHAIN_P256, {SUITE_12}, false, FULL, OF_SUM},
    {"handshake_12_p256_mutual", CHAIN_P256, {SUITE_12, .mutual = true}, false, FULL, OF_SUM},
    {"handshake_12_resumed", CHAIN_P256, {SUITE_12, .resumption = RESUME_FIRST}, false, RESUMED, 0},
};

static const struct section SECTION = {
    .title = "Handshakes, microseconds",
    .floor_name = "sum",
    .has_medians = true,
};

/* What the three contenders of a case need, and their times. */
struct contest {
    const struct handshake_case *what;
    struct peer_configs configs[NUM_CONTENDERS]; /* of OURS and THEIRS */
    struct public_key_sum *sum;                  /* NULL: nothing to add up */
    struct series times[NUM_CONTENDERS][NUM_QUANTITIES];
};

static const struct peer *const PEERS[] = {[OURS] = &PEER_BULLA, [THEIRS] = &PEER_LIBSSL};

static bool is_wanted(const struct bench *bench, const struct handshake_case *what);
static bool contest_make(struct contest *out, struct bench *bench,
                         const struct handshake_case *what);
static void contest_free(struct contest *contest);
static bool contender_prepare(struct contest *contest, int contender, const struct chains *chains,
                              struct bench *bench);
static bool takes_part(const struct contest *contest, int contender);
static bool contest_run(struct contest *contest, struct bench *bench);
static bool contender_run(struct contest *contest, int contender, struct bench *bench);
static bool handshake_time(struct contest *contest, int contender, struct wires *wires,
                           uint64_t out_ns[NUM_SIDES]);
static bool is_as_meant(const struct pair *pair, const struct peer_setup *setup);
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
    bool resumes = what->setup.resumption != RESUME_NOTHING;
    if (chains == NULL) {
        return false;
    }
    bool made = true;
    if (!resumes || what->setup.version != BULLA_TLS_1_2) {
        out->sum = public_key_sum_new(chains, resumes              ? PROOF_OF_NOBODY
                                              : what->setup.mutual ? PROOF_OF_BOTH
                                                                   : PROOF_OF_SERVER);
        made = out->sum != NULL;
    }
    for (int contender = 0; made && contender < NUM_CONTENDERS; contender++) {
        made = contender_prepare(out, contender, chains, bench);
        for (int quantity = 0; made && quantity < NUM_QUANTITIES; quantity++) {
            made = series_make(&out->times[contender][quantity], bench->options->num_rounds,
                               bench->options->num_handshakes);
        }
    }
    return made;
}

/* Configs, and the session to be resumed. */
static bool contender_prepare(struct contest *contest, int contender, const struct chains *chains,
                              struct bench *bench) {
    struct peer_configs *configs = &contest->configs[contender];
    struct peer_setup setup = contest->what->setup;
    struct pair pair;
    setup.chains = chains;
    if (contender == SUM || !takes_part(contest, contender)) {
        return true;
    }
    if (!PEERS[contender]->configure(configs, &setup)) {
        return false;
    }
    if (setup.resumption == RESUME_NOTHING) {
        return true;
    }
    if (!pair_open(&pair, PEERS[contender], configs, &bench->wires)) {
        return false;
    }
    pair_close(&pair);
    return setup.resumption != RESUME_FIRST || PEERS[contender]->settle(configs);
}

static bool takes_part(const struct contest *contest, int contender) {
    return contender == OURS || (contender == THEIRS && !contest->what->ours_alone) ||
           (contender == SUM && contest->sum != NULL);
}

static void contest_free(struct contest *contest) {
    for (int contender = 0; contender < NUM_CONTENDERS; contender++) {
        for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
            series_free(&contest->times[contender][quantity]);
        }
    }
    for (int contender = 0; contender < SUM; contender++) {
        if (contest->configs[contender].shared != NULL) {
            PEERS[contender]->discard(&contest->configs[contender]);
        }
    }
    public_key_sum_free(contest->sum);
}

static bool contest_run(struct contest *contest, struct bench *bench) {
    size_t num_rounds = bench->options->num_rounds;
    bool ran = true;
    for (size_t round = 0; ran && round < num_rounds; round++) {
        progress_show(&bench->progress, contest->what->stem, round, num_rounds);
        for (int contender = 0; ran && contender < NUM_CONTENDERS; contender++) {
            ran = !takes_part(contest, contender) || contender_run(contest, contender, bench);
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
    bool as_meant = is_as_meant(&pair, &contest->what->setup);
    pair_close(&pair);
    out_ns[SIDE_CLIENT] = pair.nanoseconds[SIDE_CLIENT];
    out_ns[SIDE_SERVER] = pair.nanoseconds[SIDE_SERVER];
    return as_meant;
}

/* A full handshake where a resumed one is measured would be a figure of something else. */
static bool is_as_meant(const struct pair *pair, const struct peer_setup *setup) {
    bool resumes = setup->resumption != RESUME_NOTHING;
    if (pair->ends[SIDE_CLIENT].resumed != resumes || pair->ends[SIDE_SERVER].resumed != resumes ||
        pair->ends[SIDE_SERVER].early_taken != setup->early_len) {
        fprintf(stderr, "bulla-bench: %s: %s, and %zu bytes of early data were taken\n",
                pair->peer->name, pair->ends[SIDE_SERVER].resumed ? "resumed" : "not resumed",
                pair->ends[SIDE_SERVER].early_taken);
        return false;
    }
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
    const struct handshake_case *what = contest->what;
    for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
        struct result result = {
            .unit = UNIT_MICROSECONDS,
            .ours = series_figure(&contest->times[OURS][quantity]),
            .theirs = series_figure(&contest->times[THEIRS][quantity]),
            .floor = series_figure(&contest->times[SUM][quantity]).best,
            .ours_alone = what->ours_alone,
            .target = {.ratio = quantity == BOTH ? what->ratio : 0,
                       .of_floor = quantity == BOTH ? 0 : what->of_sum},
        };
        snprintf(result.name, sizeof(result.name), "%s_%s", what->stem, names[quantity]);
        results_add(results, &result);
    }
}
