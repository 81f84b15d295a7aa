/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever started us, where that is systemd or speaks as it does: sockets that are open already
 * (sd_listen_fds(3)) and the word that we are ready (sd_notify(3)). The caller reads the
 * variables of the environment by which both are announced. */
#ifndef NET_SUPERVISOR_H
#define NET_SUPERVISOR_H

#include "base/bytes.h"

enum { SUPERVISOR_FIRST_FD = 3 };

/* How many sockets we were given, from SUPERVISOR_FIRST_FD on: `listen_fds`, if `listen_pid` is
 * us; both may be NULL. */
size_t supervisor_num_sockets(const char *listen_pid, const char *listen_fds);

/* "READY=1", "RELOADING=1", "STOPPING=1" or another line, to the socket `notify_socket`, which may
 * be NULL. False where there is one and it can't be told, with errno set. */
BULLA_MUST_CHECK bool supervisor_tell(const char *notify_socket, const char *state);

#endif
