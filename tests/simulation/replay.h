/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded first flight comes once more, to whichever member of the fleet. */
#ifndef SIMULATION_REPLAY_H
#define SIMULATION_REPLAY_H

#include "simulation/episode.h"

/* To `member`: whatever it makes of it, no handshake comes of it. */
void replay(struct episode *episode, struct flight *flight, unsigned member);
/* That server connection was handed early data of the flight: `early` is all of it so far. */
void replay_check_early(struct episode *episode, struct flight *flight, unsigned member,
                        unsigned server, bulla_bytes early);

#endif
