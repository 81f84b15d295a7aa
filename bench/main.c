/* SPDX-License-Identifier: Apache-2.0 */
/* bulla-bench: libbulla's client and server beside libssl's, in one process and thread, over
 * memory, on the same libcrypto. */
#include "bench.h"
#include <openssl/crypto.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static bool run(struct bench *bench);
static enum results_mode mode_of(const struct options *options);

int main(int num_words, char **words) {
    struct options options;
    if (!options_parse(&options, num_words, words)) {
        return EXIT_USAGE;
    }
    if (options.help) {
        options_print_help();
        return EXIT_DONE;
    }
    struct bench bench = {
        .options = &options,
        .results = {.mode = mode_of(&options), .only = options.only, .detail = options.detail},
    };
    progress_begin(&bench.progress);
    bool ran = wires_make(&bench.wires) && run(&bench);
    progress_clear(&bench.progress);
    results_end(&bench.results);
    for (int kind = 0; kind < NUM_CHAIN_KINDS; kind++) {
        chains_free(&bench.chains[kind]);
    }
    wires_free(&bench.wires);
    if (ran && bench.results.num_shown == 0) {
        fprintf(stderr, "bulla-bench: nothing is called \"%s\"; --list shows the names\n",
                options.only == NULL ? "" : options.only);
        return EXIT_USAGE;
    }
    return ran ? EXIT_DONE : EXIT_FAILED;
}

static bool run(struct bench *bench) {
    if (bench->results.mode == RESULTS_TABLE) {
        printf("ours: libbulla, theirs: libssl, both on %s; %zu rounds\n",
               OpenSSL_version(OPENSSL_VERSION), bench->options->num_rounds);
    }
    return bench_handshakes(bench) && bench_validation(bench) && bench_hostile(bench) &&
           bench_records(bench) && bench_memory(bench);
}

static enum results_mode mode_of(const struct options *options) {
    if (options->list) {
        return RESULTS_LIST;
    }
    return options->json ? RESULTS_JSON : RESULTS_TABLE;
}
