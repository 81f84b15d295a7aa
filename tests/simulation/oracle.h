/* SPDX-License-Identifier: Apache-2.0 */
/* What two sides' wishes come to, worked out a second time and apart from the engine: RFC 8446
 * 4.1.1, 4.2 and 4.4.2, RFC 5246 7.4, and what bulla/config.h promises of the choice among several
 * credentials. */
#ifndef SIMULATION_ORACLE_H
#define SIMULATION_ORACLE_H

#include "simulation/wishes.h"

/* Whether a side may take that credential for its peer's: BULLA_OK, or what is wrong with it. Its
 * dates have to hold at one moment of [from, until] at least. */
bulla_cause oracle_accepts(const struct wishes *judge, const struct shown *shown, int64_t from,
                           int64_t until);

/* What happens on an honest network, one cause of the first thing that stands in the way. `clocks`
 * are the client's and the server's. */
struct forecast {
    uint16_t version; /* 0: none in common */
    bulla_cause negotiation;
    bulla_cause full; /* negotiation, or how a full handshake goes on */
};

struct forecast oracle_forecast(const struct world *world, const struct wishes *client,
                                const struct wishes *server, const int64_t *clocks);

/* Who a side shows that is asked by BULLA_EVENT_CREDENTIAL; NULL: nobody. */
const struct shown *oracle_answer(const struct world *world, const struct wishes *wishes);

#endif
