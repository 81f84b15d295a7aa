/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing, resolving and printing of address.h. What is refused: anything that could mean two
 * things, such as "::1:443". */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

static bool parse_port(bulla_bytes digits, uint16_t *out);
static bool split(bulla_bytes text, bulla_bytes *out_host, bulla_bytes *out_port, bool *out_has);
static bool is_host(bulla_bytes host);

bool address_parse(struct address *out, bulla_bytes text, uint16_t default_port) {
    bulla_bytes host;
    bulla_bytes port;
    bool has_port;
    if (!split(text, &host, &port, &has_port) || !is_host(host) || host.len >= sizeof out->host) {
        return false;
    }
    *out = (struct address){.port = default_port};
    bytes_copy(out->host, sizeof out->host - 1, host);
    if (!has_port) {
        return default_port != 0 && host.len != 0;
    }
    return parse_port(port, &out->port);
}

bool address_is_ip(const char *host, uint8_t out_ip[16], size_t *out_len) {
    if (inet_pton(AF_INET, host, out_ip) == 1) {
        *out_len = 4;
        return true;
    }
    *out_len = 16;
    return inet_pton(AF_INET6, host, out_ip) == 1;
}

int address_resolve(const struct address *address, bool to_listen, struct addrinfo **out) {
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_protocol = IPPROTO_TCP,
        .ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : 0),
    };
    char port[8];
    snprintf(port, sizeof port, "%u", address->port);
    return getaddrinfo(address->host[0] == '\0' ? NULL : address->host, port, &hints, out);
}

const char *address_text(const struct sockaddr *socket_address, socklen_t len, char *out) {
    char host[64];
    char port[8];
    if (socket_address->sa_family == AF_UNIX) {
        const struct sockaddr_un *local = (const void *)socket_address;
        size_t start = offsetof(struct sockaddr_un, sun_path);
        int path_len = len > start ? (int)strnlen(local->sun_path, len - start) : 0;
        snprintf(out, ADDRESS_TEXT_LEN, "unix:%.*s", path_len, local->sun_path);
        return out;
    }
    if (getnameinfo(socket_address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(out, ADDRESS_TEXT_LEN, "?");
    } else if (socket_address->sa_family == AF_INET6) {
        snprintf(out, ADDRESS_TEXT_LEN, "[%s]:%s", host, port);
    } else {
        snprintf(out, ADDRESS_TEXT_LEN, "%s:%s", host, port);
    }
    return out;
}

uint16_t address_port(const struct sockaddr *socket_address) {
    if (socket_address->sa_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)(const void *)socket_address)->sin_port);
    }
    if (socket_address->sa_family == AF_INET6) {
        return ntohs(((const struct sockaddr_in6 *)(const void *)socket_address)->sin6_port);
    }
    return 0;
}

void address_set_port(struct sockaddr *socket_address, uint16_t port) {
    if (socket_address->sa_family == AF_INET) {
        ((struct sockaddr_in *)(void *)socket_address)->sin_port = htons(port);
    } else if (socket_address->sa_family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)socket_address)->sin6_port = htons(port);
    }
}

/* Takes the brackets and the last colon apart. A second colon outside brackets is ambiguous. */
static bool split(bulla_bytes text, bulla_bytes *out_host, bulla_bytes *out_port, bool *out_has) {
    bool bracketed = text.len != 0 && text.data[0] == '[';
    size_t end = 0;
    while (end < text.len && text.data[end] != (bracketed ? ']' : ':')) {
        end++;
    }
    *out_host = bytes_of(text.data, end);
    if (bracketed) {
        if (end == text.len || end < 2) {
            return false;
        }
        *out_host = bytes_of(text.data + 1, end - 1);
        end++;
    }
    *out_has = end < text.len;
    *out_port = bytes_of(NULL, 0);
    if (!*out_has) {
        return true;
    }
    if (text.data[end] != ':') {
        return false;
    }
    *out_port = bytes_of(text.data + end + 1, text.len - end - 1);
    return true;
}

static bool is_host(bulla_bytes host) {
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.data[i];
        if (c <= ' ' || c >= 0x7f || c == '/' || c == '@' || c == '[' || c == ']') {
            return false;
        }
    }
    return true;
}

static bool parse_port(bulla_bytes digits, uint16_t *out) {
    uint32_t port = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(digits.data[i] - '0');
        if (port > UINT16_MAX) {
            return false;
        }
    }
    *out = (uint16_t)port;
    return digits.len != 0;
}
