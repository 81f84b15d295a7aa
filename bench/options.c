/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line with getopt_long and says what it means. */
#include "options.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NUM_ROUNDS_DEFAULT = 13,
    NUM_ROUNDS_QUICK = 2,
    NUM_ROUNDS_MAX = 10000,
};

static const struct option LONG_OPTIONS[] = {
    {"json", no_argument, NULL, 'j'},         {"quick", no_argument, NULL, 'q'},
    {"rounds", required_argument, NULL, 'r'}, {"only", required_argument, NULL, 'o'},
    {"detail", no_argument, NULL, 'd'},       {"list", no_argument, NULL, 'l'},
    {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
};

static void be_quick(struct options *options);
static bool rounds_parse(size_t *out, const char *text);

bool options_parse(struct options *out, int num_words, char **words) {
    bool understood = true;
    size_t num_rounds = 0;
    int option = 0;
    *out = (struct options){.num_rounds = NUM_ROUNDS_DEFAULT,
                            .num_handshakes = 100,
                            .num_batches = 32,
                            .num_connections = 64};
    while (understood && (option = getopt_long(num_words, words, "h", LONG_OPTIONS, NULL)) != -1) {
        switch (option) {
        case 'j':
            out->json = true;
            break;
        case 'q':
            be_quick(out);
            break;
        case 'r':
            understood = rounds_parse(&num_rounds, optarg);
            break;
        case 'o':
            out->only = optarg;
            break;
        case 'd':
            out->detail = true;
            break;
        case 'l':
            out->list = true;
            break;
        case 'h':
            out->help = true;
            break;
        default:
            understood = false;
        }
    }
    if (num_rounds > 0) {
        out->num_rounds = num_rounds;
    }
    if (understood && optind < num_words) {
        fprintf(stderr, "bulla-bench: what is \"%s\"? Try --help\n", words[optind]);
        understood = false;
    }
    return understood;
}

void options_print_help(void) {
    puts(
        "bulla-bench: libbulla beside libssl on the same libcrypto, in one process and thread\n"
        "\n"
        "  --only PATTERN  the benchmarks whose name contains PATTERN, or matches it where it\n"
        "                  has * or ?\n"
        "  --list          the names, and nothing else\n"
        "  --json          one object a line: bench, ours, theirs, ratio, unit, met\n"
        "  --detail        rows for each direction of records too\n"
        "  --rounds N      interleaved rounds: ours, theirs, the floor (13 unless told); of\n"
        "                  records, where a round is short, four times as many\n"
        "  --quick         a few seconds; for seeing that it works, not for figures\n"
        "  --help          this\n"
        "\n"
        "Example:\n"
        "  bulla-bench --only 'handshake_p256*' --rounds 25\n"
        "\n"
        "How to read it:\n"
        "  A ratio above 1 means that ours is better; null stands for a ratio with nothing.\n"
        "  met, missed: what the project asks of itself: so many times libssl's speed; so much\n"
        "  of the floor at the most (records: at least); so much memory.\n"
        "  A figure is the lowest of the rounds' 10th percentiles, what the machine does when\n"
        "  nothing disturbs it; NAME_median is the median of the rounds' medians.\n"
        "  sum: a side's own public-key operations alone (NAME_over_sum). bare: the AEAD alone\n"
        "  (NAME_over_bare). Both are done by the same libcrypto, with everything prepared.\n"
        "  Handshakes are TLS 1.3 (_12: TLS 1.2) with X25519 (mlkem: X25519MLKEM768, which is in\n"
        "  no sum) and AES-128-GCM; leaf and intermediate are sent, the root is trusted, the name\n"
        "  is checked; making and freeing connections included. resumed: one session, taken up\n"
        "  again and again; ticket: the latest each time, and another is issued; early: the same\n"
        "  with 256 bytes of early data, against replays of which only ours is protected.\n"
        "  heap_: bytes asked for by one side and not freed, libcrypto's included; idle: each\n"
        "  of many connections at rest; peak: the most in one handshake; shared: configs and\n"
        "  what a thread keeps, for both sides; released: with SSL_MODE_RELEASE_BUFFERS; "
        "resumable: with\n"
        "  ticket keys, and a session cache in which the sessions that came are counted too.\n"
        "\n"
        "Exit: 0 done; 1 a connection or libcrypto failed; 2 the command line.");
}

static void be_quick(struct options *options) {
    options->num_rounds = NUM_ROUNDS_QUICK;
    options->num_handshakes = 10;
    options->num_batches = 8;
    options->num_connections = 4;
}

static bool rounds_parse(size_t *out, const char *text) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 1 || number > NUM_ROUNDS_MAX) {
        fprintf(stderr, "bulla-bench: --rounds takes a number from 1 to %d, not \"%s\"\n",
                NUM_ROUNDS_MAX, text);
        return false;
    }
    *out = (size_t)number;
    return true;
}
