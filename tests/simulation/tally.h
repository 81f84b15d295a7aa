/* SPDX-License-Identifier: Apache-2.0 */
/* What came of many connections, as numbers that can be added up. */
#ifndef SIMULATION_TALLY_H
#define SIMULATION_TALLY_H

#include <bulla/error.h>

#include <stdio.h>

enum count {
    COUNT_CONNECTIONS, /* all that follow are among them */
    COUNT_MADE_12,     /* both sides finished the handshake */
    COUNT_MADE_13,
    COUNT_RESUMED_12,
    COUNT_RESUMED_13,
    COUNT_RETRIED,
    COUNT_CLIENT_KNOWN,
    COUNT_EARLY_ACCEPTED,
    COUNT_EARLY_REFUSED,
    COUNT_HALF_MADE, /* one side finished alone */
    COUNT_FAILED,
    COUNT_REPLAYED, /* recorded flights, fed to a server of their own */
    COUNT_HOSTILE,  /* on a network that may change bytes */
    COUNT_ALTERED,  /* and did, or somebody broke off */

    COUNT_REPLAYS, /* recorded flights, also those beside another connection */
    COUNT_REPLAYS_TAKEN,
    COUNT_KEY_UPDATES,
    COUNT_ANSWERS, /* to decisions */
    COUNT_BYTES,
    NUM_COUNTS
};

struct tally {
    uint64_t counts[NUM_COUNTS];
    uint64_t causes[BULLA_NUM_CAUSES]; /* of those that failed */
    uint64_t digest;                   /* of all that went over the wires, in whatever order */
    uint64_t num_broken;
    uint64_t seed; /* under way */
};

void tally_add(struct tally *to, const struct tally *from);
/* As a table, and a last line that says all: the same for the same seeds. */
void tally_print(const struct tally *tally, FILE *out);

#endif
