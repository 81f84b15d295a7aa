/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzzer's input played against one side of a connection, so that it gets behind the encryption:
 * the other side is an engine of ours, and the script decides what of its bytes arrives, what is
 * changed, and what comes in between under the right keys. */
#ifndef ENGINE_SCRIPT_H
#define ENGINE_SCRIPT_H

#include "engine/raw.h"

/* What outlives inputs: trust and Ed25519 credentials, whose signatures are always the same. */
struct script_world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
};

/* Made with the first input. */
void script_world_make(struct script_world *world);

/* How a script begins: SCRIPT_RAW, and all that follows is fed as it is; or the config's bits below
 * and then commands, each followed by what it says. */
enum script_start {
    SCRIPT_RAW = 1 << 0,
    SCRIPT_ASKS = 1 << 1,  /* the victim raises every decision */
    SCRIPT_RETRY = 1 << 2, /* the client's first group is not the server's */
    SCRIPT_CLIENT_AUTH = 1 << 3 /* the server requires a certificate */,
    SCRIPT_SMALL = 1 << 4,  /* records of 64 bytes, padded to 32 */
    SCRIPT_SUITES = 3 << 5, /* which suite the client has: 0 to 2, or all */
};

enum script_command {
    SCRIPT_DELIVER,  /* u8: that many bytes of the honest peer's arrive; 0: all */
    SCRIPT_PEER,     /* the honest peer takes what there is for it, and answers */
    SCRIPT_FLIP,     /* u16, u8: exclusive-ors that byte on its way */
    SCRIPT_MESSAGE,  /* u8, u16: a handshake message of that type and length follows */
    SCRIPT_RECORD,   /* u8, u16, u8: a record of that type and length follows, so much padded */
    SCRIPT_BYTES,    /* u16: as many bytes follow, which are no record */
    SCRIPT_VICTIM,   /* u8: the victim sends, updates its key or closes */
    SCRIPT_END,      /* the transport ends */
    SCRIPT_COMMANDS, /* how many there are; others count modulo this */
};

/* Plays `script` against a connection of that role. Aborts where an invariant does not hold. */
void script_play(const struct script_world *world, bulla_role victim, bulla_bytes script);

/* A pair as the first byte of a script asks for, the randomness of both sides from `seeds`. */
void script_open(struct pair *pair, const struct script_world *world, unsigned start,
                 bulla_role victim, struct seeded seeds[2]);

/* Aborts where a connection tells what may not be: a cause outside the table, an alert that is not
 * the cause's, a fault of our own. */
void script_check(const struct end *end);

#endif
