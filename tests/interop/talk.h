/* SPDX-License-Identifier: Apache-2.0 */
/* One conversation over a connected socket, from the first byte to both sides' close_notify. */
#ifndef INTEROP_TALK_H
#define INTEROP_TALK_H

#include "settings.h"

enum { TALK_TEXT_MAX = 32768, TALK_INPUT_LEN = 32768 };

/* What was said; what is longer is cut. */
struct text {
    size_t len;
    uint8_t bytes[TALK_TEXT_MAX];
};

struct talk {
    const struct settings *settings;
    bulla_connection *connection;
    int socket;
    bool is_server, peer_closed, closing;
    unsigned num_sessions;     /* that BULLA_EVENT_SESSION gave */
    bulla_cause resume;        /* what bulla_connection_resume() said; BULLA_OK where not asked */
    struct text received;      /* application data */
    struct text early;         /* a server: what came early; a client: what went out early */
    struct text early_refused; /* a client: what the server did not take, sent again */
    uint8_t input[TALK_INPUT_LEN];
};

/* A server answers the first whole line with that line, and closes (or, with --until, early data
 * that holds it); a client says what it was told
 * to, and closes once the answer holds its --until (empty: at once; none: after the peer). Blocks
 * until the peer has closed too. False where the connection was not even begun. */
bool talk_run(struct talk *talk);

/* One line of JSON on stdout: what was negotiated, said, and how it ended. */
void report_print(const struct talk *talk);

#endif
