/* SPDX-License-Identifier: Apache-2.0 */
/* What the most expensive chains cost (hostile_chains.h): ours and X509_verify_cert, from DER to a
 * verdict, with a signature memory that knows nothing. chain_hostile is the worst of them for us;
 * each has a row of its own among the details. */
#include "bench.h"
#include "hostile_chains.h"
#include "validator.h"
#include <bulla/bulla.h>
#include <openssl/err.h>
#include <stdio.h>

enum { OURS, THEIRS, NUM_CONTENDERS };
enum { NUM_SAMPLES_OURS = 9 }; /* theirs is measured once: it is not what is asked here */

static const struct section SECTION = {
    .title = "Hostile chains, microseconds",
};

static bool is_wanted(const struct bench *bench, const char *kind);
static bool kind_run(const struct hostile_kind *kind, struct figure out[NUM_CONTENDERS]);
static bool time_ours(struct validator *validator, const struct hostile_chain *chain,
                      struct figure *out);
static bool time_theirs(struct validator *validator, const struct hostile_chain *chain,
                        struct figure *out);
static void report(struct results *results, const char *kind,
                   const struct figure figures[NUM_CONTENDERS]);

bool bench_hostile(struct bench *bench) {
    struct figure worst[NUM_CONTENDERS] = {{0}};
    bool all_wanted = is_wanted(bench, NULL);
    results_begin(&bench->results, &SECTION);
    for (size_t i = 0; i < NUM_HOSTILE_KINDS; i++) {
        const struct hostile_kind *kind = &HOSTILE_KINDS[i];
        struct figure figures[NUM_CONTENDERS] = {{0}};
        progress_show(&bench->progress, kind->name, i, NUM_HOSTILE_KINDS);
        if ((all_wanted || is_wanted(bench, kind->name)) && !kind_run(kind, figures)) {
            return false;
        }
        progress_clear(&bench->progress);
        report(&bench->results, kind->name, figures);
        if (figures[OURS].best > worst[OURS].best) {
            worst[OURS] = figures[OURS];
            worst[THEIRS] = figures[THEIRS];
        }
    }
    report(&bench->results, NULL, worst);
    return true;
}

static bool is_wanted(const struct bench *bench, const char *kind) {
    const struct figure figures[NUM_CONTENDERS] = {{0}};
    struct results probe = results_probe(&bench->results, &SECTION);
    report(&probe, kind, figures);
    return bench_is_wanted(bench, &probe);
}

static bool kind_run(const struct hostile_kind *kind, struct figure out[NUM_CONTENDERS]) {
    static struct hostile_chain chain;
    struct validator validator = {0};
    bool made = hostile_chain_make(&chain, kind) && chain.len <= HOSTILE_LEN_MAX &&
                validator_make(&validator, chain.root_pem);
    if (!made) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "bulla-bench: can't make the chain %s (%zu bytes)\n", kind->name,
                chain.len);
    }
    bool ran = made && time_ours(&validator, &chain, &out[OURS]) &&
               time_theirs(&validator, &chain, &out[THEIRS]);
    validator_free(&validator);
    hostile_chain_free(&chain);
    return ran;
}

/* A memory that learnt from the last attempt would help the next. The figure of a chain is the best
 * of a few: what the machine does undisturbed. */
static bool time_ours(struct validator *validator, const struct hostile_chain *chain,
                      struct figure *out) {
    bulla_cause cause = BULLA_CAUSE_INVALID;
    for (size_t i = 0; i < NUM_SAMPLES_OURS; i++) {
        if (!validator_forget(validator)) {
            return false;
        }
        uint64_t since = stats_now_ns();
        cause = validate_ours(validator, chain->certificates, chain->num_certificates, NULL);
        double us = (double)(stats_now_ns() - since) / 1e3;
        out->best = i == 0 || us < out->best ? us : out->best;
    }
    out->median = out->best;
    return cause != BULLA_CAUSE_INVALID;
}

static bool time_theirs(struct validator *validator, const struct hostile_chain *chain,
                        struct figure *out) {
    uint64_t since = stats_now_ns();
    enum verdict verdict = validate_theirs(validator, chain->certificates, chain->num_certificates);
    out->best = (double)(stats_now_ns() - since) / 1e3;
    out->median = out->best;
    return verdict != VERDICT_FAILED;
}

/* NULL is the worst of all. */
static void report(struct results *results, const char *kind,
                   const struct figure figures[NUM_CONTENDERS]) {
    struct result result = {
        .unit = UNIT_MICROSECONDS,
        .ours = figures[OURS],
        .theirs = figures[THEIRS],
        .is_detail = kind != NULL,
    };
    snprintf(result.name, sizeof(result.name), "chain_hostile%s%s", kind == NULL ? "" : "_",
             kind == NULL ? "" : kind);
    results_add(results, &result);
}
