/* SPDX-License-Identifier: Apache-2.0 */
/* bind(), listen() and accept() of listener.h.
 *
 * The first socket on an address is bound alone and only then made one of a group (SO_REUSEPORT):
 * bound as one of a group, it would silently share the port with another server of the same user,
 * and neither would know. */
#if defined(__linux__)
#define _GNU_SOURCE /* accept4() */
#endif

#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 511,
    ACCEPTS_PER_TURN = 64, /* so that a flood of new peers leaves the old ones their turn */
    REST_MS = 100,         /* after the system refused a socket, or while there is no room */
};

#if defined(__linux__) && defined(SO_REUSEPORT)
enum { HAS_GROUPS = 1, GROUP_OPTION = SO_REUSEPORT };
#else
enum { HAS_GROUPS = 0, GROUP_OPTION = SO_REUSEADDR };
#endif

static int open_socket(const struct sockaddr *address, socklen_t len, bool joins, int *out_error);
static bool prepare(int fd, const struct sockaddr *address, bool joins);
static int open_beside(int first, int *out_error);
static bool listens(int fd);
static bool set_flags(int fd);
static bool give_way(const char *path, const struct sockaddr_un *address);
static void add(struct listener *listener, int fd);
static void on_ready(void *owner, unsigned events);
static int accept_peer(struct listener *listener, struct loop_watch *watch);
static int accept_quiet(int listening, struct sockaddr *from, socklen_t *len, bool *out_is_set);
static void take(struct listener *listener, int fd, const struct sockaddr *from, socklen_t len);
static void rest(struct listener *listener, struct loop_watch *watch);
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
        address_set_port(one->ai_addr, port);
        int fd = open_socket(one->ai_addr, one->ai_addrlen, false, out_error);
        if (fd < 0) {
            if (*out_error == EADDRNOTAVAIL || *out_error == EAFNOSUPPORT) {
                continue;
            }
            listener_close(listener);
            break;
        }
        add(listener, fd);
        port = listener_port(listener);
    }
    freeaddrinfo(found);
    return listener->num_sockets != 0;
}

bool listener_open_unix(struct listener *listener, const char *path, int *out_error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *listener = (struct listener){0};
    *out_error = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path) {
        return false;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    const struct sockaddr *any = (const void *)&address;
    int fd = open_socket(any, sizeof address, false, out_error);
    if (fd < 0 && *out_error == EADDRINUSE && give_way(path, &address)) {
        fd = open_socket(any, sizeof address, false, out_error);
    }
    if (fd < 0) {
        return false;
    }
    add(listener, fd);
    snprintf(listener->unix_path, sizeof listener->unix_path, "%s", path);
    return true;
}

bool listener_adopt(struct listener *listener, const int *fds, size_t num_fds, int *out_error) {
    *listener = (struct listener){0};
    *out_error = EINVAL;
    for (size_t i = 0; i < num_fds && num_fds <= LISTENER_SOCKETS_MAX; i++) {
        if (!listens(fds[i]) || !set_flags(fds[i])) {
            *out_error = listens(fds[i]) ? errno : EINVAL;
            listener_close(listener);
            return false;
        }
        add(listener, fds[i]);
    }
    return listener->num_sockets != 0;
}

bool listener_open_beside(struct listener *listener, const struct listener *first, int *out_error) {
    *listener = (struct listener){0};
    for (size_t i = 0; i < first->num_sockets; i++) {
        int fd = open_beside(first->sockets[i].watch.fd, out_error);
        if (fd < 0) {
            listener_close(listener);
            return false;
        }
        add(listener, fd);
    }
    return true;
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
    if (listener->unix_path[0] != '\0') {
        unlink(listener->unix_path);
        listener->unix_path[0] = '\0';
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
    struct sockaddr_storage bound = {0};
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
        listener->sockets[i].watch.owner = &listener->sockets[i];
        listener->sockets[i].listener = listener;
        if (!loop_add(loop, &listener->sockets[i].watch)) {
            return false;
        }
    }
    return true;
}

void listener_resume(struct listener *listener) {
    for (size_t i = 0; i < listener->num_sockets; i++) {
        struct loop_watch *watch = &listener->sockets[i].watch;
        if (watch->wanted == 0) {
            watch->wanted = LOOP_READ;
            watch->deadline_ms = CLOCK_NEVER;
            loop_update(listener->loop, watch);
        }
    }
}

void listener_finish(struct listener *listener) {
    for (size_t i = 0; i < listener->num_sockets; i++) {
        int left = BACKLOG;
        while (left > 0 && accept_peer(listener, &listener->sockets[i].watch) == 0) {
            left--;
        }
    }
    listener_close(listener);
}

/* `joins`: as one of the group that the first socket on this address began. */
static int open_socket(const struct sockaddr *address, socklen_t len, bool joins, int *out_error) {
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM, 0);
    if (fd < 0) {
        *out_error = errno;
        return -1;
    }
    bool is_tcp = address->sa_family != AF_UNIX;
    if (!prepare(fd, address, joins) || bind(fd, address, len) != 0 ||
        (HAS_GROUPS != 0 && is_tcp &&
         setsockopt(fd, SOL_SOCKET, GROUP_OPTION, &on, sizeof on) != 0) ||
        listen(fd, BACKLOG) != 0) {
        *out_error = errno;
        close(fd);
        return -1;
    }
    return fd;
}

static bool prepare(int fd, const struct sockaddr *address, bool joins) {
    int on = 1;
    if (address->sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (address->sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    return set_flags(fd) &&
           (!joins || setsockopt(fd, SOL_SOCKET, GROUP_OPTION, &on, sizeof on) == 0);
}

/* A socket that was given to us may not be one of a group: then its queue is shared. */
static int open_beside(int first, int *out_error) {
    struct sockaddr_storage bound = {0};
    socklen_t len = sizeof bound;
    int grouped = 0;
    socklen_t grouped_len = sizeof grouped;
    struct sockaddr *address = (struct sockaddr *)&bound;
    if (getsockname(first, address, &len) == 0 && HAS_GROUPS != 0 &&
        address->sa_family != AF_UNIX &&
        getsockopt(first, SOL_SOCKET, GROUP_OPTION, &grouped, &grouped_len) == 0 && grouped != 0) {
        return open_socket(address, len, true, out_error);
    }
    int fd = fcntl(first, F_DUPFD_CLOEXEC, 0);
    *out_error = errno;
    return fd;
}

static bool listens(int fd) {
    int yes = 0;
    socklen_t len = sizeof yes;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes != 0;
}

static bool set_flags(int fd) {
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* Removes a socket whose server has gone: nobody answers there. */
static bool give_way(const char *path, const struct sockaddr_un *address) {
    struct stat about;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        return false;
    }
    bool dead = lstat(path, &about) == 0 && S_ISSOCK(about.st_mode) &&
                connect(fd, (const void *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
    close(fd);
    return dead && unlink(path) == 0;
}

static void add(struct listener *listener, int fd) {
    listener->sockets[listener->num_sockets++] = (struct listener_socket){
        .watch = {.fd = fd, .wanted = LOOP_READ, .deadline_ms = CLOCK_NEVER, .ready = on_ready}};
}

static void on_ready(void *owner, unsigned events) {
    struct listener_socket *place = owner;
    struct listener *listener = place->listener;
    if ((events & LOOP_TIMEOUT) != 0) {
        place->watch.wanted = LOOP_READ;
    }
    for (int i = 0; i < ACCEPTS_PER_TURN && listener->num_sockets != 0; i++) {
        if (accept_peer(listener, &place->watch) != 0) {
            return;
        }
    }
}

/* 0 where there may be more, -1 where there is nothing more to be had now. */
static int accept_peer(struct listener *listener, struct loop_watch *watch) {
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    if (!listener->reserve(listener->context)) {
        rest(listener, watch);
        return -1;
    }
    bool is_set;
    int fd = accept_quiet(watch->fd, (struct sockaddr *)&from, &len, &is_set);
    int error = errno;
    if (fd >= 0 && is_set) {
        take(listener, fd, (const struct sockaddr *)&from, len);
        return 0;
    }
    listener->unreserve(listener->context);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (is_shortage(error)) {
        /* The peer stays in the queue and the system would report it at once: rest. */
        rest(listener, watch);
        listener->refused(listener->context, error);
    }
    return is_passing(error) ? 0 : -1;
}

/* Non-blocking and closed at exec(): in one call where the system has that. */
static int accept_quiet(int listening, struct sockaddr *from, socklen_t *len, bool *out_is_set) {
#if defined(__linux__)
    int fd = accept4(listening, from, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    *out_is_set = true;
#else
    int fd = accept(listening, from, len);
    *out_is_set = fd >= 0 && set_flags(fd);
#endif
    return fd;
}

static void take(struct listener *listener, int fd, const struct sockaddr *from, socklen_t len) {
    struct listener_peer peer = {.key = admission_key_of(from)};
    int on = 1;
    if (from->sa_family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    (void)address_text(from, len, peer.text);
    listener->accepted(listener->context, fd, &peer);
}

static void rest(struct listener *listener, struct loop_watch *watch) {
    watch->wanted = 0;
    watch->deadline_ms = clock_deadline_in(REST_MS);
    loop_update(listener->loop, watch);
}

/* Errors of the one connection that accept() would have given; accept(2) lists them. */
static bool is_passing(int error) {
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
           error == EHOSTUNREACH || error == ENETUNREACH;
}

static bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}
