/* SPDX-License-Identifier: Apache-2.0 */
/* What a script does to a live pair: which side's records arrive, are cut, repeated, exchanged or
 * changed (on the wire, or under the right keys), and what the callers of both do meanwhile. */
#ifndef FUZZ_LIVE_PLAY_H
#define FUZZ_LIVE_PLAY_H

#include "base/reader.h"
#include "live.h"

/* The low bits of a command; LIVE_AT_SERVER says whose inbox or deed it is. */
enum live_command {
    LIVE_DELIVER,  /* u8: so many bytes arrive; 0: all */
    LIVE_RECORD,   /* one record arrives */
    LIVE_RUN,      /* both go on until they are silent */
    LIVE_FLIP,     /* u16, u8: exclusive-ors a byte on its way */
    LIVE_CUT,      /* u8: a record that is lost */
    LIVE_REPEAT,   /* u8: one that comes twice */
    LIVE_SWAP,     /* u8: one that comes after the next */
    LIVE_RESEAL,   /* u8, u16, u8: type (0: its own), place and value: changed under the keys */
    LIVE_SPLIT,    /* u8: a record whose content becomes two, at that place */
    LIVE_FORGE,    /* u8, u16: content type, length; a record under the keys, its content follows */
    LIVE_MESSAGE,  /* u8, u16: the same with a handshake message */
    LIVE_RAW,      /* u16: as many bytes follow */
    LIVE_ACT,      /* u8: enum live_act */
    LIVE_HOLD,     /* decisions wait from now on; or no more */
    LIVE_ANSWER,   /* u8: the decision that waits is answered so */
    LIVE_LATER_ON, /* u8: so many seconds go by */
    LIVE_COMMANDS,
    LIVE_AT_SERVER = 1 << 7,
};

enum live_act {
    LIVE_ACT_SEND,
    LIVE_ACT_SEND_EARLY,
    LIVE_ACT_UPDATE,
    LIVE_ACT_UPDATE_BOTH,
    LIVE_ACT_CLOSE,
    LIVE_ACT_TRANSPORT_ENDS,
    LIVE_ACT_ASK, /* whatever can be asked of a connection */
    LIVE_ACTS,
};

struct live_play {
    struct live *live;
    struct pair pair;
    struct reader script;
    bool edited[2];  /* what the client, the server sends */
    bool knows_keys; /* something was written under the right keys */
    bool meddled;    /* or on the wire, or decided otherwise */
};

/* One command; false at the end. */
bool live_command(struct live_play *play);

#endif
