/* SPDX-License-Identifier: Apache-2.0 */
/* The -expect- flags, held against a connection. Each says on stderr what was otherwise. */
#ifndef BOGO_CHECKS_H
#define BOGO_CHECKS_H

#include "options.h"
#include <bulla/bulla.h>

bool check_handshake(const struct options *options, const bulla_connection *connection);

/* While BULLA_EVENT_VERIFY waits, when the staple is at hand. */
bool check_staple(const struct options *options, const bulla_connection *connection);

#endif
