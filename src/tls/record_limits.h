/* SPDX-License-Identifier: Apache-2.0 */
/* How records are cut and padded so that they stay within what the config and the peer say: see
 * record_limits.c. hello.h has the extensions' side of it. */
#ifndef TLS_RECORD_LIMITS_H
#define TLS_RECORD_LIMITS_H

#include "tls/connection.h"

/* Content bytes that a record may have, at least 1; and the multiple that it is padded to. */
size_t record_content_max(const bulla_connection *connection);
size_t record_padding(const bulla_connection *connection);

#endif
