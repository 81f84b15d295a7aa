/* SPDX-License-Identifier: Apache-2.0 */
/* Host names as SNI carries them, RFC 6066 section 3. */
#ifndef TLS_SERVER_NAME_H
#define TLS_SERVER_NAME_H

#include "base/bytes.h"

/* Whether a host name is fit for SNI and for a log: letters, digits, hyphens, dots, and the
 * underscores that are in use; at most SERVER_NAME_LEN_MAX bytes. */
bool server_name_is_valid(bulla_bytes name);

#endif
