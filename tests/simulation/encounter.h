/* SPDX-License-Identifier: Apache-2.0 */
/* One connection between the two of an episode, over a network that cuts, delays, and where it is
 * hostile loses, repeats, reorders and flips bytes, while both sides send, change keys, answer late
 * and close when they like. */
#ifndef SIMULATION_ENCOUNTER_H
#define SIMULATION_ENCOUNTER_H

#include "simulation/decisions.h"
#include "simulation/oracle.h"

struct side {
    struct caller caller;
    struct end end;
    size_t num_sent;
    bool closed, ended;  /* we sent close_notify; the transport ended */
    bool done, exported; /* and what, as soon as its handshake was done */
    uint8_t secret[32];
    bool bound; /* a channel binding to the server's certificate, likewise */
    uint8_t binding[BULLA_CHANNEL_BINDING_LEN_MAX];
    size_t binding_len;
    int64_t began;   /* its clock then */
    bool has_origin; /* a session was offered, or taken: */
    int64_t origin;  /* when its peer was authenticated */
    uint64_t ticket; /* and a digest of what stands for it on the wire */
};

struct encounter {
    struct episode *episode;
    struct side sides[2];
    struct forecast forecast;
    struct flight *flight;
    unsigned member, server_number;
    bool hostile; /* the network may change bytes */
    bool altered; /* it has, or somebody refused by whim or broke off */
    unsigned alterations_left;
    bool offers_early;            /* the client's hello did */
    size_t num_states;            /* that the client kept by hand before */
    bool offers_newest;           /* and it offers the newest of them */
    bool client_heard;            /* anything yet: then its first flight is over */
    bool ticked;                  /* time passed meanwhile */
    bool replayed;                /* the flight was, and took session or strike away from it */
    bool must_resume;             /* nothing stands against it */
    size_t num_early, early_wire; /* bytes that went early; on the wire */
};

void encounter_play(struct episode *episode);

/* invariants.c. After each step: what holds in any connection at any time; and at the end of it. */
void encounter_check(struct encounter *encounter);
void encounter_check_end(struct encounter *encounter);

#endif
