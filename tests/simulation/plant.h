/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes that can be planted into the simulation's own view of things, to see that what it
 * promises to notice is noticed: `--plant NAME`. The engine is never touched. */
#ifndef SIMULATION_PLANT_H
#define SIMULATION_PLANT_H

#include <stdbool.h>

enum plant {
    PLANT_NONE = 0,
    PLANT_SECRET,     /* one side exports another secret */
    PLANT_NAME,       /* the server hears another name */
    PLANT_INFO,       /* the client tells of another suite */
    PLANT_PLAINTEXT,  /* a byte of what is received is another one */
    PLANT_ALERT,      /* a failure says no alert */
    PLANT_CAUSE,      /* a failure is outside the enumeration */
    PLANT_ENDED,      /* certificates end a year earlier than is known */
    PLANT_STRANGER,   /* trusted issuers are not */
    PLANT_IDENTITY,   /* who was resumed was somebody else at first */
    PLANT_AGE,        /* sessions are older than they may be */
    PLANT_REUSE,      /* every ticket is the same one */
    PLANT_TWICE,      /* the register that we keep knows nothing */
    PLANT_LOST_EARLY, /* refused early data comes back without its end */
    PLANT_FORGETFUL,  /* the client loses its sessions, and nobody is told */
    NUM_PLANTS
};

/* False for a name that is none. */
bool plant_find(const char *name, enum plant *out);
const char *plant_name(enum plant plant);

#endif
