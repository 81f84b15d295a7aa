/* SPDX-License-Identifier: Apache-2.0 */
/* Application data over one established connection: records of 16 KiB and of 64 bytes, each way,
 * sending and receiving apart, for the three suites of RFC 8446, beside the bare AEAD doing the
 * same amount. Records go in batches, for one of 64 bytes is shorter than what a clock costs; a
 * batch stays within a core's second cache.
 *
 * How buffers lie to each other within a page can slow a copy down by half, by sheer luck of the
 * heap's layout. So plaintext and wires move on by a different step in each round, and all
 * contenders alike. */
#include "bare_aead.h"
#include "bench.h"
#include <bulla/config.h>
#include <stdio.h>

enum { OURS, THEIRS, BARE, NUM_CONTENDERS };

/* The four directions, and what they come to together. The bare AEAD has the last three alone. */
enum quantity {
    CLIENT_SEND,
    SERVER_RECEIVE,
    SERVER_SEND,
    CLIENT_RECEIVE,
    SEND,
    RECEIVE,
    BOTH,
    NUM_QUANTITIES,
};

enum {
    RECORD_LEN_MAX = 16384,
    SMALL_LEN = 64,
    ROUNDS_FACTOR = 4, /* rounds are short; a disturbance must not outlast them all */
    PAGE_LEN = 4096,
    PLAINTEXT_STEP = 17 * 64, /* odd numbers of cache lines: every place of a page in time */
    WIRE_STEP = 41 * 64,
    RECORD_STRIDE_EXTRA = 22, /* header, content type and tag: batches lie as records would */
};

struct record_size {
    const char *name;
    size_t len;
    size_t batch;
};

static const struct record_size SIZES[] = {{"16k", RECORD_LEN_MAX, 8}, {"64", SMALL_LEN, 64}};

struct suite {
    const char *name;
    uint16_t code;
};

static const struct suite SUITES[] = {
    {"aes128gcm", BULLA_TLS_AES_128_GCM_SHA256},
    {"aes256gcm", BULLA_TLS_AES_256_GCM_SHA384},
    {"chacha20poly1305", BULLA_TLS_CHACHA20_POLY1305_SHA256},
};

/* What design.md asks of a record of 16 KiB. */
static const double TARGET_OF_BARE = 0.97;

static const struct section SECTION = {
    .title = "Records, megabytes (10^6) of plaintext a second",
    .floor_name = "bare",
    .has_medians = true,
};

struct contest {
    const struct record_size *size;
    const struct suite *suite;
    struct peer_configs configs[NUM_CONTENDERS]; /* of OURS and THEIRS */
    struct pair pairs[NUM_CONTENDERS];           /* likewise */
    struct wires wires[NUM_CONTENDERS];          /* lent to the pairs */
    struct bare_aead *aead;
    struct series times[NUM_CONTENDERS][NUM_QUANTITIES]; /* nanoseconds a batch */
};

static const struct peer *const PEERS[] = {[OURS] = &PEER_BULLA, [THEIRS] = &PEER_LIBSSL};

static bool case_run(struct bench *bench, const struct record_size *size,
                     const struct suite *suite);
static bool is_wanted(const struct bench *bench, const struct contest *contest);
static bool contest_make(struct contest *contest, struct bench *bench);
static bool series_make_all(struct contest *contest, const struct options *options);
static void contest_free(struct contest *contest);
static bool contest_check(struct contest *contest, bulla_bytes data);
static bool contest_run(struct contest *contest, struct bench *bench, const uint8_t *plaintext);
static bool round_run(struct contest *contest, int contender, size_t num_batches, bulla_bytes data);
static bool pair_batch(struct contest *contest, int contender, bulla_bytes data);
static bool bare_batch(struct contest *contest, bulla_bytes data);
static bool timed_send(struct pair *pair, enum side from, bulla_bytes data, size_t batch,
                       double *out_ns);
static bool timed_receive(struct pair *pair, enum side to, size_t len, double *out_ns);
static void contest_report(const struct contest *contest, struct results *results);
static struct figure speed(const struct contest *contest, int contender, enum quantity quantity);
static void data_fill(uint8_t *out, size_t len);

bool bench_records(struct bench *bench) {
    bool ran = true;
    results_begin(&bench->results, &SECTION);
    for (size_t size = 0; ran && size < sizeof(SIZES) / sizeof(SIZES[0]); size++) {
        for (size_t suite = 0; ran && suite < sizeof(SUITES) / sizeof(SUITES[0]); suite++) {
            ran = case_run(bench, &SIZES[size], &SUITES[suite]);
        }
    }
    return ran;
}

static bool case_run(struct bench *bench, const struct record_size *size,
                     const struct suite *suite) {
    struct contest contest = {.size = size, .suite = suite};
    uint8_t plaintext[PAGE_LEN + RECORD_LEN_MAX];
    bool ran = true;
    data_fill(plaintext, sizeof(plaintext));
    if (is_wanted(bench, &contest)) {
        ran = contest_make(&contest, bench) &&
              contest_check(&contest, (bulla_bytes){plaintext, size->len}) &&
              contest_run(&contest, bench, plaintext);
    }
    if (ran) {
        progress_clear(&bench->progress);
        contest_report(&contest, &bench->results);
    }
    contest_free(&contest);
    return ran;
}

static bool is_wanted(const struct bench *bench, const struct contest *contest) {
    struct results probe = results_probe(&bench->results, &SECTION);
    contest_report(contest, &probe);
    return bench_is_wanted(bench, &probe);
}

static bool contest_make(struct contest *contest, struct bench *bench) {
    const struct chains *chains = bench_chains(bench, CHAIN_P256);
    const struct peer_setup setup = {.chains = chains, .suite = contest->suite->code};
    bool made = chains != NULL && series_make_all(contest, bench->options);
    for (int contender = OURS; made && contender <= THEIRS; contender++) {
        made = PEERS[contender]->configure(&contest->configs[contender], &setup) &&
               wires_make(&contest->wires[contender]) &&
               pair_open(&contest->pairs[contender], PEERS[contender], &contest->configs[contender],
                         &contest->wires[contender]);
    }
    contest->aead = made ? bare_aead_new(contest->suite->code) : NULL;
    return contest->aead != NULL && wires_make(&contest->wires[BARE]);
}

static bool series_make_all(struct contest *contest, const struct options *options) {
    bool made = true;
    for (int contender = 0; made && contender < NUM_CONTENDERS; contender++) {
        for (int quantity = 0; made && quantity < NUM_QUANTITIES; quantity++) {
            made = series_make(&contest->times[contender][quantity],
                               options->num_rounds * ROUNDS_FACTOR, options->num_batches);
        }
    }
    return made;
}

static void contest_free(struct contest *contest) {
    for (int contender = 0; contender < NUM_CONTENDERS; contender++) {
        for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
            series_free(&contest->times[contender][quantity]);
        }
        if (contest->pairs[contender].peer != NULL) {
            pair_close(&contest->pairs[contender]);
        }
        if (contender != BARE) {
            PEERS[contender]->discard(&contest->configs[contender]);
        }
        wires_free(&contest->wires[contender]);
    }
    bare_aead_free(contest->aead);
}

/* What is measured afterwards without looking must first arrive intact. */
static bool contest_check(struct contest *contest, bulla_bytes data) {
    size_t batch = contest->size->batch;
    bool intact = true;
    for (int contender = OURS; intact && contender <= THEIRS; contender++) {
        struct pair *pair = &contest->pairs[contender];
        intact = pair_send(pair, SIDE_CLIENT, data, batch) &&
                 pair_receive(pair, SIDE_SERVER, batch * data.len, &data) &&
                 pair_send(pair, SIDE_SERVER, data, batch) &&
                 pair_receive(pair, SIDE_CLIENT, batch * data.len, &data);
    }
    return intact;
}

static bool contest_run(struct contest *contest, struct bench *bench, const uint8_t *plaintext) {
    size_t num_rounds = bench->options->num_rounds * ROUNDS_FACTOR;
    char what[RESULT_NAME_LEN_MAX];
    bool ran = true;
    snprintf(what, sizeof(what), "record_%s_%s", contest->size->name, contest->suite->name);
    for (size_t round = 0; ran && round < num_rounds; round++) {
        progress_show(&bench->progress, what, round, num_rounds);
        const bulla_bytes data = {plaintext + round * PLAINTEXT_STEP % PAGE_LEN,
                                  contest->size->len};
        for (int contender = 0; ran && contender < NUM_CONTENDERS; contender++) {
            wires_set_base(&contest->wires[contender], round * WIRE_STEP % PAGE_LEN);
            ran = round_run(contest, contender, bench->options->num_batches, data);
        }
    }
    return ran;
}

static bool round_run(struct contest *contest, int contender, size_t num_batches,
                      bulla_bytes data) {
    for (size_t i = 0; i < num_batches; i++) {
        bool ran =
            contender == BARE ? bare_batch(contest, data) : pair_batch(contest, contender, data);
        if (!ran) {
            return false;
        }
    }
    for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
        series_end_round(&contest->times[contender][quantity]);
    }
    return true;
}

static bool pair_batch(struct contest *contest, int contender, bulla_bytes data) {
    struct pair *pair = &contest->pairs[contender];
    struct series *times = contest->times[contender];
    size_t batch = contest->size->batch;
    size_t len = batch * data.len;
    double ns[NUM_QUANTITIES] = {0};
    if (!timed_send(pair, SIDE_CLIENT, data, batch, &ns[CLIENT_SEND]) ||
        !timed_receive(pair, SIDE_SERVER, len, &ns[SERVER_RECEIVE]) ||
        !timed_send(pair, SIDE_SERVER, data, batch, &ns[SERVER_SEND]) ||
        !timed_receive(pair, SIDE_CLIENT, len, &ns[CLIENT_RECEIVE])) {
        return false;
    }
    ns[SEND] = (ns[CLIENT_SEND] + ns[SERVER_SEND]) / 2;
    ns[RECEIVE] = (ns[SERVER_RECEIVE] + ns[CLIENT_RECEIVE]) / 2;
    ns[BOTH] = ns[SEND] + ns[RECEIVE];
    for (int quantity = 0; quantity < NUM_QUANTITIES; quantity++) {
        series_add(&times[quantity], ns[quantity]);
    }
    return true;
}

static bool bare_batch(struct contest *contest, bulla_bytes data) {
    struct series *times = contest->times[BARE];
    const struct wire *wire = &contest->wires[BARE].sent_by[SIDE_CLIENT];
    uint8_t *bytes = wire->bytes + wire->base;
    size_t stride = data.len + RECORD_STRIDE_EXTRA;
    size_t batch = contest->size->batch;
    bool ran = true;

    uint64_t begun = stats_now_ns();
    for (size_t i = 0; ran && i < batch; i++) {
        ran = bare_aead_seal(contest->aead, data, bytes + i * stride);
    }
    uint64_t sealed = stats_now_ns();
    for (size_t i = 0; ran && i < batch; i++) {
        ran = bare_aead_open(contest->aead, bytes + i * stride, data.len);
    }
    uint64_t opened = stats_now_ns();
    series_add(&times[SEND], (double)(sealed - begun));
    series_add(&times[RECEIVE], (double)(opened - sealed));
    series_add(&times[BOTH], (double)(opened - begun));
    return ran;
}

static bool timed_send(struct pair *pair, enum side from, bulla_bytes data, size_t batch,
                       double *out_ns) {
    uint64_t before = pair->nanoseconds[from];
    bool sent = pair_send(pair, from, data, batch);
    *out_ns = (double)(pair->nanoseconds[from] - before);
    return sent;
}

static bool timed_receive(struct pair *pair, enum side to, size_t len, double *out_ns) {
    uint64_t before = pair->nanoseconds[to];
    bool received = pair_receive(pair, to, len, NULL);
    *out_ns = (double)(pair->nanoseconds[to] - before);
    return received;
}

static void contest_report(const struct contest *contest, struct results *results) {
    static const struct {
        enum quantity quantity;
        const char *suffix;
        enum quantity floor;
    } rows[] = {
        {BOTH, "", BOTH},
        {SEND, "_send", SEND},
        {RECEIVE, "_receive", RECEIVE},
        {CLIENT_SEND, "_client_send", SEND},
        {SERVER_RECEIVE, "_server_receive", RECEIVE},
        {SERVER_SEND, "_server_send", SEND},
        {CLIENT_RECEIVE, "_client_receive", RECEIVE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct result result = {
            .unit = UNIT_MEGABYTES_PER_SECOND,
            .ours = speed(contest, OURS, rows[i].quantity),
            .theirs = speed(contest, THEIRS, rows[i].quantity),
            .floor = speed(contest, BARE, rows[i].floor).best,
            .is_detail = rows[i].quantity < SEND,
        };
        if (rows[i].quantity == BOTH && contest->size->len == RECORD_LEN_MAX) {
            result.target.of_floor = TARGET_OF_BARE;
        }
        snprintf(result.name, sizeof(result.name), "record_%s_%s%s", contest->size->name,
                 contest->suite->name, rows[i].suffix);
        results_add(results, &result);
    }
}

/* Megabytes a second; for BOTH the bytes are those that were sealed and then opened. */
static struct figure speed(const struct contest *contest, int contender, enum quantity quantity) {
    struct figure ns = series_figure(&contest->times[contender][quantity]);
    double bytes = (double)(contest->size->len * contest->size->batch);
    if (!(ns.best > 0) || !(ns.median > 0)) {
        return (struct figure){0};
    }
    return (struct figure){.best = bytes / ns.best * 1e3, .median = bytes / ns.median * 1e3};
}

/* Bytes without a pattern that a shifted or repeated block would keep. */
static void data_fill(uint8_t *out, size_t len) {
    uint32_t state = 1;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525U + 1013904223U;
        out[i] = (uint8_t)(state >> 24);
    }
}
