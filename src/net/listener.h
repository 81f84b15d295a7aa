/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets: one for each address that a name stands for, all on one port; a Unix socket;
 * or those that somebody has opened for us. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/address.h"
#include "net/admission.h"
#include "net/loop.h"

enum { LISTENER_SOCKETS_MAX = 8, LISTENER_PATH_MAX = 108 };

struct listener;

struct listener_socket {
    struct loop_watch watch;
    struct listener *listener;
};

struct listener_peer {
    char text[ADDRESS_TEXT_LEN];
    struct admission_key key;
};

struct listener {
    struct listener_socket sockets[LISTENER_SOCKETS_MAX];
    size_t num_sockets;
    struct loop *loop;                 /* NULL until started */
    char unix_path[LISTENER_PATH_MAX]; /* to be removed at the end; empty for none */
    /* Whether one more peer may come; each true is followed by `accepted` or `unreserve`. While it
     * is false, peers wait in the system's queue; it is asked again every now and then. */
    bool (*reserve)(void *context);
    void (*unreserve)(void *context);
    /* A new peer, on a non-blocking socket that is the callee's from now on. */
    void (*accepted)(void *context, int fd, const struct listener_peer *peer);
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
/* A socket in the file system; one that nobody listens on any more gives way. */
BULLA_MUST_CHECK bool listener_open_unix(struct listener *listener, const char *path,
                                         int *out_error);
/* Sockets that listen already, from whoever started us; the listener closes them. */
BULLA_MUST_CHECK bool listener_adopt(struct listener *listener, const int *fds, size_t num_fds,
                                     int *out_error);
/* Another listener on the same addresses, for another worker: with a queue of its own where the
 * system spreads peers over several (SO_REUSEPORT on Linux), else on the same queue. */
BULLA_MUST_CHECK bool listener_open_beside(struct listener *listener, const struct listener *first,
                                           int *out_error);
const char *listener_error_text(int error);
void listener_close(struct listener *listener);

/* The port that was bound; 0 for a Unix socket. */
uint16_t listener_port(const struct listener *listener);
/* The address bound at `index` (ADDRESS_TEXT_LEN bytes); NULL past the last. */
const char *listener_text(const struct listener *listener, size_t index, char *out);

/* Begins to accept; the functions and the context are set by then. False without memory. */
BULLA_MUST_CHECK bool listener_start(struct listener *listener, struct loop *loop);
/* There is room again: looks at once for peers that wait. */
void listener_resume(struct listener *listener);
/* Accepts those who wait in the system's queue, then closes: what is closed with peers in its queue
 * is reset under their hands. */
void listener_finish(struct listener *listener);

#endif
