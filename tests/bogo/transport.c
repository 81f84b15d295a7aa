/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking sockets, over the loopback alone; see transport.h. */
#include "transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool introduce(struct transport *transport, unsigned long shim_id);
static bool write_all(int socket, bulla_bytes bytes);

bool transport_open(struct transport *out, const struct options *options) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET};
    six.sin6_port = four.sin_port = htons((uint16_t)options->port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *out = (struct transport){.socket = socket(options->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0)};
    int failed = options->ipv6 ? connect(out->socket, (const struct sockaddr *)&six, sizeof six)
                               : connect(out->socket, (const struct sockaddr *)&four, sizeof four);
    if (failed != 0 || !introduce(out, options->shim_id)) {
        perror("connect");
        if (out->socket >= 0) {
            (void)close(out->socket);
        }
        return false;
    }
    return true;
}

static bool introduce(struct transport *transport, unsigned long shim_id) {
    const int one = 1;
    uint8_t id[8];
    for (unsigned i = 0; i < sizeof id; i++) {
        id[i] = (uint8_t)(shim_id >> 8 * i);
    }
    return setsockopt(transport->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
           write_all(transport->socket, (bulla_bytes){id, sizeof id});
}

bool transport_write(struct transport *transport, bulla_bytes bytes) {
    bulla_bytes first = {transport->withheld, transport->withheld_len};
    bool sent = bytes.len == 0 ||
                (write_all(transport->socket, first) && write_all(transport->socket, bytes));
    if (bytes.len != 0) {
        free(transport->withheld);
        transport->withheld = NULL;
        transport->withheld_len = 0;
    }
    return sent;
}

bool transport_write_unfinished(struct transport *transport, bulla_bytes bytes) {
    if (bytes.len < 2 || !transport_write(transport, (bulla_bytes){bytes.data, 1})) {
        return false;
    }
    transport->withheld_len = bytes.len - 1;
    transport->withheld = malloc(transport->withheld_len);
    if (transport->withheld == NULL) {
        return false;
    }
    memcpy(transport->withheld, bytes.data + 1, transport->withheld_len);
    return true;
}

ssize_t transport_read(struct transport *transport, uint8_t *out, size_t room) {
    return recv(transport->socket, out, room, 0);
}

void transport_close(struct transport *transport) {
    uint8_t unread[1024];
    (void)shutdown(transport->socket, SHUT_WR);
    while (recv(transport->socket, unread, sizeof unread, 0) > 0) {
    }
    (void)close(transport->socket);
    free(transport->withheld);
}

static bool write_all(int socket, bulla_bytes bytes) {
    while (bytes.len != 0) {
        ssize_t sent = send(socket, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes = (bulla_bytes){bytes.data + sent, bytes.len - (size_t)sent};
    }
    return true;
}
