/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: one for each address that a name stands for, all on one port. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/address.h"
#include "net/loop.h"

enum { LISTENER_SOCKETS_MAX = 8 };

struct listener;

struct listener_socket {
    struct loop_watch watch;
    struct listener *listener;
};

struct listener {
    struct listener_socket sockets[LISTENER_SOCKETS_MAX];
    size_t num_sockets;
    struct loop *loop; /* NULL until started */
    bool paused;
    /* A new peer, on a non-blocking socket that is the callee's from now on. */
    void (*accepted)(void *context, int fd, const char *peer);
    /* The system refuses (EMFILE, ENFILE, ENOBUFS, ENOMEM); accepting rests for a moment. */
    void (*refused)(void *context, int os_error);
    void *context;
};

/* Binds every address of `address`; port 0 lets the system choose one. Addresses that the machine
 * does not have (IPv6 switched off) are passed over while one is left. False with a reason in
 * `out_error`, an errno, or a negative number for which address_resolve() failed: see
 * listener_error_text(). */
BULLA_MUST_CHECK bool listener_open(struct listener *listener, const struct address *address,
                                    int *out_error);
const char *listener_error_text(int error);
void listener_close(struct listener *listener);

/* The port that was bound. */
uint16_t listener_port(const struct listener *listener);
/* The address bound at `index` (ADDRESS_TEXT_LEN bytes); NULL past the last. */
const char *listener_text(const struct listener *listener, size_t index, char *out);

/* Begins to accept; accepted, refused and context are set by then. False without memory. */
BULLA_MUST_CHECK bool listener_start(struct listener *listener, struct loop *loop);
/* While paused, peers wait in the system's queue. */
void listener_pause(struct listener *listener);
void listener_resume(struct listener *listener);

#endif
