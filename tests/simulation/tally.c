/* SPDX-License-Identifier: Apache-2.0 */
/* See tally.h. */
#include "simulation/tally.h"

#include <inttypes.h>

static const char *const labels[NUM_COUNTS] = {
    [COUNT_CONNECTIONS] = "connections",
    [COUNT_MADE_12] = "made, TLS 1.2",
    [COUNT_MADE_13] = "made, TLS 1.3",
    [COUNT_RESUMED_12] = "  resumed, TLS 1.2",
    [COUNT_RESUMED_13] = "  resumed, TLS 1.3",
    [COUNT_RETRIED] = "  after a HelloRetryRequest",
    [COUNT_CLIENT_KNOWN] = "  with a client's certificate",
    [COUNT_EARLY_ACCEPTED] = "  early data accepted",
    [COUNT_EARLY_REFUSED] = "  early data refused",
    [COUNT_HALF_MADE] = "finished by one side alone",
    [COUNT_FAILED] = "failed on both sides",
    [COUNT_REPLAYED] = "replayed first flights",
    [COUNT_HOSTILE] = "on a hostile network",
    [COUNT_ALTERED] = "  altered or broken off",
    [COUNT_REPLAYS] = "first flights replayed in all",
    [COUNT_REPLAYS_TAKEN] = "  early data taken (once)",
    [COUNT_KEY_UPDATES] = "key updates asked for",
    [COUNT_ANSWERS] = "decisions answered",
    [COUNT_BYTES] = "bytes on the wire",
};

void tally_add(struct tally *to, const struct tally *from) {
    for (int i = 0; i < NUM_COUNTS; i++) {
        to->counts[i] += from->counts[i];
    }
    for (int i = 0; i < BULLA_NUM_CAUSES; i++) {
        to->causes[i] += from->causes[i];
    }
    to->digest += from->digest;
    to->num_broken += from->num_broken;
}

/* The most frequent first; each is printed once. */
static void print_causes(const struct tally *tally, FILE *out) {
    uint64_t below = UINT64_MAX;
    for (;;) {
        uint64_t most = 0;
        for (int i = 0; i < BULLA_NUM_CAUSES; i++) {
            uint64_t num = tally->causes[i];
            most = num < below && num > most ? num : most;
        }
        if (most == 0) {
            return;
        }
        for (int i = 0; i < BULLA_NUM_CAUSES; i++) {
            if (tally->causes[i] == most) {
                fprintf(out, "  %-34s %12" PRIu64 "\n", bulla_cause_about((bulla_cause)i)->name,
                        most);
            }
        }
        below = most;
    }
}

void tally_print(const struct tally *tally, FILE *out) {
    for (int i = 0; i < NUM_COUNTS; i++) {
        fprintf(out, "%-36s %12" PRIu64 "\n", labels[i], tally->counts[i]);
    }
    fprintf(out, "causes of what failed\n");
    print_causes(tally, out);
    fprintf(out,
            "%" PRIu64 " connections, %" PRIu64 " made, %" PRIu64
            " broken promises, digest %016" PRIx64 "\n",
            tally->counts[COUNT_CONNECTIONS],
            tally->counts[COUNT_MADE_12] + tally->counts[COUNT_MADE_13], tally->num_broken,
            tally->digest);
}
