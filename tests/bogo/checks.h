/* SPDX-License-Identifier: Apache-2.0 */
/* The -expect- flags, held against a connection. Each says on stderr what was otherwise. */
#ifndef BOGO_CHECKS_H
#define BOGO_CHECKS_H

#include "options.h"
#include <bulla/bulla.h>

/* When the handshake is done. */
bool check_handshake(const struct options *options, const bulla_connection *connection,
                     bool is_resumption);

/* A client whose early data, `early_len` bytes of it, the server rejected: before it goes on. */
bool check_rejection(const struct options *options, const bulla_connection *connection,
                     size_t early_len);

/* While BULLA_EVENT_VERIFY waits, when the staple is at hand. */
bool check_staple(const struct options *options, const bulla_connection *connection);

/* When all is over. */
bool check_end(const struct options *options, const bulla_connection *connection, bool got_session);

#endif
