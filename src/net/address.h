/* SPDX-License-Identifier: Apache-2.0 */
/* Where to connect to or listen on, as people type it: HOST:PORT, [IPv6]:PORT, :PORT. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/bytes.h"

#include <netdb.h>
#include <sys/socket.h>

enum { ADDRESS_HOST_MAX = 254, ADDRESS_TEXT_LEN = 80 };

struct address {
    char host[ADDRESS_HOST_MAX]; /* without brackets; empty: every local address */
    uint16_t port;
};

/* Reads `text`, whose port may be missing where `default_port` is not 0. False for anything that
 * is not an address: a port above 65535, an IPv6 address without brackets, a space. */
BULLA_MUST_CHECK bool address_parse(struct address *out, bulla_bytes text, uint16_t default_port);

/* True where `host` is an IPv4 or IPv6 address rather than a name. */
BULLA_MUST_CHECK bool address_is_ip(const char *host, uint8_t out_ip[16], size_t *out_len);

/* Resolves for connecting (or, with `to_listen`, for binding). 0, or getaddrinfo()'s error for
 * gai_strerror(). freeaddrinfo() the list. */
BULLA_MUST_CHECK int address_resolve(const struct address *address, bool to_listen,
                                     struct addrinfo **out);

/* "127.0.0.1:8443", "[::1]:8443" or "unix:/path" (as much of it as fits; "unix:" alone for one
 * without a name) into ADDRESS_TEXT_LEN bytes; returns `out`. */
const char *address_text(const struct sockaddr *socket_address, socklen_t len, char *out);

/* The port of an IPv4 or IPv6 socket address; 0 for others. */
uint16_t address_port(const struct sockaddr *socket_address);
void address_set_port(struct sockaddr *socket_address, uint16_t port);

#endif
