/* SPDX-License-Identifier: Apache-2.0 */
/* Handshake messages that are changed where they are made: the sender's own transcript has them as
 * they are sent, so that Finished messages and binders hold and what is wrong with a message is
 * found out by its meaning. */
#ifndef FUZZ_LIVE_EDIT_H
#define FUZZ_LIVE_EDIT_H

#include "base/reader.h"
#include "live.h"

enum { LIVE_MESSAGES_MAX = 16 };

struct live_edits {
    struct live_messages instead[2]; /* of the client, of the server */
    struct replay_message messages[2][LIVE_MESSAGES_MAX];
    size_t num_messages[2]; /* that each side sends when nothing is changed */
    uint8_t *bodies[2][LIVE_MESSAGES_MAX];
    struct session_secret {
        enum hash_id hash; /* HASH_INVALID: no session is offered */
        size_t num_before; /* others in front of it, with 32 bytes of binder each */
        uint8_t secret[SECRET_LEN_MAX];
    } offered;
};

/* Reads edits from the script, and makes them in what a rehearsal with these options sends:
 *   u8 how many (modulo 4); each: u8 whose and which message, u8 how many changes (modulo 4); each
 *   change: u16 where, u8 what (enum live_change), u8 a value.
 * Without any, nothing is rehearsed. False: nothing is changed. */
bool live_edits_make(struct live_edits *edits, const struct live_world *world, uint32_t options,
                     struct reader *script);
void live_edits_free(struct live_edits *edits);

enum { LIVE_EDIT_SERVER = 1 << 7, LIVE_EDIT_BINDER_STAYS = 1 << 6, LIVE_EDIT_WHICH = 15 };

enum live_change {
    LIVE_CHANGE_FLIP,             /* exclusive-ors a byte */
    LIVE_CHANGE_SET,              /* sets it */
    LIVE_CHANGE_INSERT,           /* inserts it */
    LIVE_CHANGE_REMOVE,           /* removes so many bytes from there */
    LIVE_CHANGE_COPY,             /* repeats so many bytes from there */
    LIVE_CHANGE_END,              /* ends the message there */
    LIVE_CHANGE_DROP_EXTENSION,   /* of a hello: the value's, counting from 0 */
    LIVE_CHANGE_REPEAT_EXTENSION, /* the same, once more at the beginning */
    LIVE_CHANGE_NAME_EXTENSION,   /* gives it the type at "where" */
    LIVE_CHANGE_OFFER_BEFORE,     /* of a ClientHello: an identity that nobody knows */
    LIVE_CHANGES,
};

#endif
