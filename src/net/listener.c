/* SPDX-License-Identifier: Apache-2.0 */
/* bind(), listen() and accept() of listener.h. */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum {
    BACKLOG = 511,
    ACCEPTS_PER_TURN = 64, /* so that a flood of new peers leaves the old ones their turn */
    REST_MS = 100,         /* after the system refused a socket */
};

static int open_socket(const struct addrinfo *address, uint16_t port, int *out_error);
static void on_ready(void *owner, unsigned events);
static void accept_peers(struct listener *listener, struct loop_watch *watch);
static bool is_passing(int error);
static bool is_shortage(int error);

bool listener_open(struct listener *listener, const struct address *address, int *out_error) {
    struct addrinfo *found;
    int error = address_resolve(address, true, &found);
    *listener = (struct listener){0};
    if (error != 0) {
        *out_error = -1 - (error < 0 ? -error : error);
        return false;
    }
    uint16_t port = address->port;
    *out_error = EADDRNOTAVAIL;
    for (const struct addrinfo *one = found;
         one != NULL && listener->num_sockets < LISTENER_SOCKETS_MAX; one = one->ai_next) {
        int fd = open_socket(one, port, out_error);
        if (fd < 0) {
            if (*out_error == EADDRNOTAVAIL || *out_error == EAFNOSUPPORT) {
                continue;
            }
            listener_close(listener);
            break;
        }
        struct listener_socket *place = &listener->sockets[listener->num_sockets++];
        *place = (struct listener_socket){.listener = listener,
                                          .watch = {.fd = fd,
                                                    .wanted = LOOP_READ,
                                                    .deadline_ms = CLOCK_NEVER,
                                                    .owner = place,
                                                    .ready = on_ready}};
        port = listener_port(listener);
    }
    freeaddrinfo(found);
    return listener->num_sockets != 0;
}

const char *listener_error_text(int error) {
    if (error < 0) {
        /* Linux numbers these errors below zero, others above. */
        return gai_strerror(EAI_NONAME < 0 ? error + 1 : -1 - error);
    }
    return strerror(error);
}

void listener_close(struct listener *listener) {
    for (size_t i = 0; i < listener->num_sockets; i++) {
        if (listener->loop != NULL) {
            loop_remove(listener->loop, &listener->sockets[i].watch);
        }
        close(listener->sockets[i].watch.fd);
    }
    listener->num_sockets = 0;
    listener->loop = NULL;
}

uint16_t listener_port(const struct listener *listener) {
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (listener->num_sockets == 0 ||
        getsockname(listener->sockets[0].watch.fd, (struct sockaddr *)&bound, &len) != 0) {
        return 0;
    }
    return address_port((const struct sockaddr *)&bound);
}

const char *listener_text(const struct listener *listener, size_t index, char *out) {
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (index >= listener->num_sockets ||
        getsockname(listener->sockets[index].watch.fd, (struct sockaddr *)&bound, &len) != 0) {
        return NULL;
    }
    return address_text((const struct sockaddr *)&bound, len, out);
}

bool listener_start(struct listener *listener, struct loop *loop) {
    listener->loop = loop;
    for (size_t i = 0; i < listener->num_sockets; i++) {
        if (!loop_add(loop, &listener->sockets[i].watch)) {
            return false;
        }
    }
    return true;
}

void listener_pause(struct listener *listener) {
    listener->paused = true;
    for (size_t i = 0; i < listener->num_sockets; i++) {
        listener->sockets[i].watch.wanted = 0;
    }
}

void listener_resume(struct listener *listener) {
    listener->paused = false;
    for (size_t i = 0; i < listener->num_sockets; i++) {
        listener->sockets[i].watch.wanted = LOOP_READ;
        listener->sockets[i].watch.deadline_ms = CLOCK_NEVER;
    }
}

static int open_socket(const struct addrinfo *address, uint16_t port, int *out_error) {
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0) {
        *out_error = errno;
        return -1;
    }
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    address_set_port(address->ai_addr, port);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        *out_error = errno;
        close(fd);
        return -1;
    }
    return fd;
}

static void on_ready(void *owner, unsigned events) {
    struct listener_socket *place = owner;
    if ((events & LOOP_TIMEOUT) != 0 && !place->listener->paused) {
        place->watch.wanted = LOOP_READ;
    }
    if ((events & LOOP_READ) != 0) {
        accept_peers(place->listener, &place->watch);
    }
}

static void accept_peers(struct listener *listener, struct loop_watch *watch) {
    for (int i = 0; i < ACCEPTS_PER_TURN && !listener->paused && listener->num_sockets != 0; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        int fd = accept(watch->fd, (struct sockaddr *)&from, &len);
        if (fd < 0 && is_passing(errno)) {
            continue;
        }
        if (fd < 0) {
            if (is_shortage(errno)) {
                /* The peer stays in the queue and poll() would report it at once: rest. */
                watch->wanted = 0;
                watch->deadline_ms = clock_deadline_in(REST_MS);
                listener->refused(listener->context, errno);
            }
            return;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
            close(fd);
            continue;
        }
        char peer[ADDRESS_TEXT_LEN];
        listener->accepted(listener->context, fd,
                           address_text((const struct sockaddr *)&from, len, peer));
    }
}

/* Errors of the one connection that accept() would have given; accept(2) lists them. */
static bool is_passing(int error) {
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
           error == EHOSTUNREACH || error == ENETUNREACH;
}

static bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}
