/* SPDX-License-Identifier: Apache-2.0 */
/* What the caller of a connection does: it feeds it, keeps the sessions that it tells of, and
 * answers what it asks. */
#ifndef SIMULATION_DECISIONS_H
#define SIMULATION_DECISIONS_H

#include "simulation/episode.h"

/* A connection of one side; a server's stands at one member of the fleet. */
struct caller {
    struct episode *episode;
    struct end *end;
    int side;
    unsigned member;
    bool capricious;  /* may refuse what is good */
    bool was_against; /* and did */
    bool was_unsure;  /* a session was not looked for */
};

void caller_open(struct caller *caller, struct end *end);
void caller_close(struct caller *caller);
/* Feeds at most `max` bytes of the inbox, in a heap block of their own. The early data that was
 * refused stands in end->state once the handshake is done. */
void caller_receive(struct caller *caller, size_t max);
/* Answers a decision that waits. True where one did. */
bool caller_answer(struct caller *caller);

#endif
