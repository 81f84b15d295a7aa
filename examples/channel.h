/* SPDX-License-Identifier: Apache-2.0 */
/* A libbulla connection over a socket, with a deadline for whatever is waited for. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "common.h"

/* A connection over a socket. Whoever starts something sets by when it has to be done. */
struct channel {
    int fd;
    bulla_connection *connection;
    int64_t deadline_ms; /* by now_ms() */
    const char *trouble; /* why channel_next() gave BULLA_EVENT_INVALID; else NULL */
    bulla_input input;   /* what of `buffer` was received and not used yet */
    uint8_t buffer[16384];
};

/* Connects to a server and makes its connection; false, and `trouble`, where nobody answers. */
bool channel_connect(struct channel *channel, bulla_config *config, bulla_workspace *workspace,
                     const char *host, const char *port, int timeout_ms);
/* Sends and receives until something happens. BULLA_EVENT_INVALID: the deadline passed, or the
 * socket failed. */
bulla_event channel_next(struct channel *channel, bulla_bytes *out_data);
/* Until BULLA_EVENT_HANDSHAKE_DONE; false for anything else. */
bool channel_handshake(struct channel *channel);
bool channel_send(struct channel *channel, bulla_bytes data);
/* Sends bytes that are sealed already. */
bool channel_send_sealed(struct channel *channel, const uint8_t *bytes, size_t len);
/* Says on stderr why a channel came to its end. */
void channel_explain(const struct channel *channel, const char *who);
/* Says close_notify, frees the connection, closes the socket. */
void channel_close(struct channel *channel);

#endif
