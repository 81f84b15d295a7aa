/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to whichever of a host's addresses answers first, RFC 8305 in its plain form. */
#ifndef NET_CONNECT_H
#define NET_CONNECT_H

#include "net/address.h"

/* Tries the addresses in their order, each a quarter of a second after the one before it or as
 * soon as that one fails, and keeps the first that connects: a non-blocking socket. Blocks up to
 * `timeout_ms`. False with errno set: ETIMEDOUT, or what the last attempt met. `out_text` gets the
 * address that is connected (ADDRESS_TEXT_LEN bytes). */
BULLA_MUST_CHECK bool connect_any(int *out_fd, char *out_text, const struct addrinfo *addresses,
                                  int64_t timeout_ms);

#endif
