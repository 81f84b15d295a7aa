/* SPDX-License-Identifier: Apache-2.0 */
/* The two protocols of supervisor.h, by hand: two numbers and one datagram. */
#include "net/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKETS_MAX = 64 };

static long number_of(const char *text);

size_t supervisor_num_sockets(const char *listen_pid, const char *listen_fds) {
    long num = number_of(listen_fds);
    return number_of(listen_pid) == (long)getpid() && num > 0 && num <= SOCKETS_MAX ? (size_t)num
                                                                                    : 0;
}

/* A name that begins with @ is one of Linux's abstract names, whose first byte is zero. */
bool supervisor_tell(const char *notify_socket, const char *state) {
    const char *path = notify_socket;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0') {
        return true;
    }
    size_t len = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof address.sun_path) {
        errno = EINVAL;
        return false;
    }
    bytes_copy(address.sun_path, sizeof address.sun_path, bytes_of((const uint8_t *)path, len));
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0) {
        return false;
    }
    socklen_t address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ssize_t sent =
        sendto(fd, state, strlen(state), 0, (const struct sockaddr *)&address, address_len);
    int error = errno;
    close(fd);
    errno = error;
    return sent >= 0;
}

/* -1 for what is not a small decimal number. */
static long number_of(const char *text) {
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9' || strlen(text) > 9) {
        return -1;
    }
    long number = strtol(text, &end, 10);
    return *end == '\0' ? number : -1;
}
