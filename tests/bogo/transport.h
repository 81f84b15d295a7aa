/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection to the runner. */
#ifndef BOGO_TRANSPORT_H
#define BOGO_TRANSPORT_H

#include "options.h"
#include <bulla/bytes.h>
#include <sys/types.h>

struct transport {
    int socket;
    uint8_t *withheld; /* written before anything else is; NULL: nothing */
    size_t withheld_len;
};

/* Connects, and says which shim this is. False with a complaint on stderr. */
bool transport_open(struct transport *out, const struct options *options);
bool transport_write(struct transport *transport, bulla_bytes bytes);
/* Writes the first byte, and withholds the others until something else is written. */
bool transport_write_unfinished(struct transport *transport, bulla_bytes bytes);
/* As recv(). */
ssize_t transport_read(struct transport *transport, uint8_t *out, size_t room);
/* Waits for the peer to close: ours with unread input would reset the connection, and the peer
 * might lose our last alert. */
void transport_close(struct transport *transport);

#endif
