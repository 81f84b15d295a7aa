/* SPDX-License-Identifier: Apache-2.0 */
/* Chain validation: from DER to a verdict, three certificates, the root trusted and sent as well,
 * the server's name checked. Ours is one call. Theirs is d2i_X509 for each certificate and
 * X509_verify_cert against a store that was made once, with the purpose and the name in its
 * parameters. Cold is a signature memory that is empty, which is told all and knows nothing; warm
 * is one that has seen the chain. The sum is the two signature checks that either does cold.
 *
 * And the loading of a bundle of 150 roots, from PEM to a store that can be asked. */
#include "bench.h"
#include "public_key_sum.h"
#include "roots.h"
#include "validator.h"
#include <bulla/bulla.h>
#include <stdio.h>

enum { OURS, THEIRS, SUM, NUM_CONTENDERS };
enum { NUM_ROOTS = 150 };

struct chain_case {
    const char *name;
    enum chain_kind kind;
    bool warm;
};

static const struct chain_case CASES[] = {
    {"chain_cold", CHAIN_P256, false},
    {"chain_warm", CHAIN_P256, true},
    {"chain_rsa2048_cold", CHAIN_RSA2048, false},
    {"chain_rsa2048_warm", CHAIN_RSA2048, true},
};

static const struct section SECTION = {
    .title = "Parse and validate three certificates, microseconds",
    .floor_name = "sum",
    .has_medians = true,
};

static const struct section TRUST_SECTION = {
    .title = "Load 150 roots, microseconds",
    .has_medians = true,
};

struct contest {
    const struct chain_case *what;
    struct validator validator;
    const struct chains *chains;
    struct public_key_sum *sum;
    struct series times[NUM_CONTENDERS];
};

static bool is_wanted(const struct bench *bench, const struct section *section,
                      const struct contest *contest);
static bool contest_make(struct contest *out, struct bench *bench);
static void contest_free(struct contest *contest);
static bool contest_run(struct contest *contest, struct bench *bench);
static bool sample(struct contest *contest, int contender, uint64_t *out_ns);
static bool sample_ours(struct contest *contest, uint64_t *out_ns);
static bool sample_loading(int contender, bulla_bytes pem, uint64_t *out_ns);
static bool trust_run(struct contest *contest, struct bench *bench);
static bool trust_rounds(struct contest *contest, struct bench *bench, bulla_bytes pem);
static bool make_series(struct contest *contest, struct bench *bench);
static void free_series(struct contest *contest);
static void report(const struct contest *contest, struct results *results);

bool bench_validation(struct bench *bench) {
    bool ran = true;
    results_begin(&bench->results, &SECTION);
    for (size_t i = 0; ran && i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct contest contest = {.what = &CASES[i]};
        if (is_wanted(bench, &SECTION, &contest)) {
            ran = contest_make(&contest, bench) && contest_run(&contest, bench);
        }
        if (ran) {
            progress_clear(&bench->progress);
            report(&contest, &bench->results);
        }
        contest_free(&contest);
    }
    static const struct chain_case loading = {.name = "trust_load"};
    struct contest contest = {.what = &loading};
    results_begin(&bench->results, &TRUST_SECTION);
    if (ran && is_wanted(bench, &TRUST_SECTION, &contest)) {
        ran = trust_run(&contest, bench);
    }
    if (ran) {
        progress_clear(&bench->progress);
        report(&contest, &bench->results);
    }
    free_series(&contest);
    return ran;
}

static bool is_wanted(const struct bench *bench, const struct section *section,
                      const struct contest *contest) {
    struct results probe = results_probe(&bench->results, section);
    report(contest, &probe);
    return bench_is_wanted(bench, &probe);
}

static bool contest_make(struct contest *out, struct bench *bench) {
    out->chains = bench_chains(bench, out->what->kind);
    if (out->chains == NULL) {
        return false;
    }
    out->sum = public_key_sum_new(out->chains, PROOF_OF_SERVER);
    return out->sum != NULL && validator_make(&out->validator, out->chains->root_pem) &&
           make_series(out, bench);
}

static void contest_free(struct contest *contest) {
    free_series(contest);
    validator_free(&contest->validator);
    public_key_sum_free(contest->sum);
}

static bool contest_run(struct contest *contest, struct bench *bench) {
    size_t num_rounds = bench->options->num_rounds;
    bool ran = true;
    for (size_t round = 0; ran && round < num_rounds; round++) {
        progress_show(&bench->progress, contest->what->name, round, num_rounds);
        for (int contender = 0; ran && contender < NUM_CONTENDERS; contender++) {
            for (size_t i = 0; ran && i <= bench->options->num_handshakes; i++) {
                uint64_t ns = 0;
                ran = sample(contest, contender, &ns);
                if (i > 0) { /* the first warms up */
                    series_add(&contest->times[contender], (double)ns / 1e3);
                }
            }
            series_end_round(&contest->times[contender]);
        }
    }
    return ran;
}

static bool sample(struct contest *contest, int contender, uint64_t *out_ns) {
    bool ran = false;
    uint64_t since = stats_now_ns();
    switch (contender) {
    case OURS:
        return sample_ours(contest, out_ns);
    case THEIRS:
        ran = validate_theirs(&contest->validator, contest->chains->server_chain_der, CHAIN_LEN) ==
              VERDICT_GOOD;
        break;
    default:
        ran = public_key_sum_run_chain(contest->sum);
    }
    *out_ns = stats_now_ns() - since;
    return ran;
}

/* A memory that is empty is a new one: making it is not what is measured. */
static bool sample_ours(struct contest *contest, uint64_t *out_ns) {
    struct validator *validator = &contest->validator;
    if (!contest->what->warm && !validator_forget(validator)) {
        return false;
    }
    uint64_t since = stats_now_ns();
    bulla_cause cause =
        validate_ours(validator, contest->chains->server_chain_der, CHAIN_LEN, NULL);
    *out_ns = stats_now_ns() - since;
    if (cause != BULLA_OK) {
        fprintf(stderr, "bulla-bench: validate: %s\n", bulla_cause_about(cause)->says);
    }
    return cause == BULLA_OK;
}

static bool trust_run(struct contest *contest, struct bench *bench) {
    bulla_bytes pem;
    bool ran = roots_make(&pem, NUM_ROOTS) && make_series(contest, bench) &&
               trust_rounds(contest, bench, pem);
    roots_free(&pem);
    return ran;
}

static bool trust_rounds(struct contest *contest, struct bench *bench, bulla_bytes pem) {
    size_t num_rounds = bench->options->num_rounds;
    bool ran = true;
    for (size_t round = 0; ran && round < num_rounds; round++) {
        progress_show(&bench->progress, contest->what->name, round, num_rounds);
        for (int contender = OURS; ran && contender <= THEIRS; contender++) {
            for (size_t i = 0; ran && i < 1 + bench->options->num_handshakes / 10; i++) {
                uint64_t ns = 0;
                ran = sample_loading(contender, pem, &ns);
                series_add(&contest->times[contender], (double)ns / 1e3);
            }
            series_end_round(&contest->times[contender]);
        }
    }
    return ran;
}

static bool sample_loading(int contender, bulla_bytes pem, uint64_t *out_ns) {
    struct validator validator = {0};
    uint64_t since = stats_now_ns();
    bool ran = contender == OURS ? trust_ours(&validator, pem) : trust_theirs(&validator, pem);
    *out_ns = stats_now_ns() - since;
    validator_free(&validator);
    return ran;
}

static bool make_series(struct contest *contest, struct bench *bench) {
    for (int contender = 0; contender < NUM_CONTENDERS; contender++) {
        if (!series_make(&contest->times[contender], bench->options->num_rounds,
                         bench->options->num_handshakes)) {
            return false;
        }
    }
    return true;
}

static void free_series(struct contest *contest) {
    for (int contender = 0; contender < NUM_CONTENDERS; contender++) {
        series_free(&contest->times[contender]);
    }
}

static void report(const struct contest *contest, struct results *results) {
    struct result result = {
        .unit = UNIT_MICROSECONDS,
        .ours = series_figure(&contest->times[OURS]),
        .theirs = series_figure(&contest->times[THEIRS]),
        .floor = series_figure(&contest->times[SUM]).best,
    };
    snprintf(result.name, sizeof(result.name), "%s", contest->what->name);
    results_add(results, &result);
}
