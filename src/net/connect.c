/* SPDX-License-Identifier: Apache-2.0 */
/* The race of connect.h: a few attempts under way at a time, one poll() over them. */
#include "net/connect.h"

#include "net/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

enum {
    ATTEMPTS_MAX = 16,   /* addresses that are tried of one host */
    HEAD_START_MS = 250, /* RFC 8305 section 5: the Connection Attempt Delay */
};

struct race {
    struct pollfd attempts[ATTEMPTS_MAX];
    const struct addrinfo *addresses[ATTEMPTS_MAX];
    size_t num_attempts, num_under_way;
    const struct addrinfo *next;
    int64_t next_start_ms, deadline_ms;
    int last_error;
};

static void start_next(struct race *race);
static int wait_ms(const struct race *race);
static bool take_finished(struct race *race, size_t *out_winner);
static int socket_error(int fd);
static void drop_others(struct race *race, size_t winner);

bool connect_any(int *out_fd, char *out_text, const struct addrinfo *addresses,
                 int64_t timeout_ms) {
    struct race race = {.next = addresses, .deadline_ms = clock_deadline_in(timeout_ms)};
    size_t winner = ATTEMPTS_MAX;
    race.last_error = ETIMEDOUT;
    start_next(&race);
    while (race.num_under_way != 0 || race.next != NULL) {
        if (clock_monotonic_ms() >= race.deadline_ms) {
            race.last_error = ETIMEDOUT;
            break;
        }
        poll(race.attempts, (nfds_t)race.num_attempts, wait_ms(&race));
        if (take_finished(&race, &winner)) {
            break;
        }
        if (race.num_under_way == 0 || clock_monotonic_ms() >= race.next_start_ms) {
            start_next(&race);
        }
    }
    drop_others(&race, winner);
    if (winner == ATTEMPTS_MAX) {
        errno = race.last_error;
        return false;
    }
    *out_fd = race.attempts[winner].fd;
    address_text(race.addresses[winner]->ai_addr, race.addresses[winner]->ai_addrlen, out_text);
    return true;
}

static void start_next(struct race *race) {
    const struct addrinfo *address = race->next;
    if (address == NULL) {
        return;
    }
    race->next = race->num_attempts + 1 < ATTEMPTS_MAX ? address->ai_next : NULL;
    race->next_start_ms = clock_deadline_in(HEAD_START_MS);
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0) {
        race->last_error = errno;
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        (connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS)) {
        race->last_error = errno;
        close(fd);
        return;
    }
    race->addresses[race->num_attempts] = address;
    race->attempts[race->num_attempts++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    race->num_under_way++;
}

static int wait_ms(const struct race *race) {
    int64_t until = race->deadline_ms;
    if (race->next != NULL && race->next_start_ms < until) {
        until = race->next_start_ms;
    }
    if (race->num_under_way == 0) {
        return 0;
    }
    int64_t wait = until - clock_monotonic_ms();
    return wait <= 0 ? 0 : wait > 60000 ? 60000 : (int)wait;
}

static bool take_finished(struct race *race, size_t *out_winner) {
    for (size_t i = 0; i < race->num_attempts; i++) {
        struct pollfd *attempt = &race->attempts[i];
        if (attempt->fd < 0 || attempt->revents == 0) {
            continue;
        }
        int error = socket_error(attempt->fd);
        if (error == 0) {
            *out_winner = i;
            return true;
        }
        race->last_error = error;
        close(attempt->fd);
        attempt->fd = -1;
        race->num_under_way--;
    }
    return false;
}

static int socket_error(int fd) {
    int error = 0;
    socklen_t len = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 ? error : errno;
}

static void drop_others(struct race *race, size_t winner) {
    for (size_t i = 0; i < race->num_attempts; i++) {
        if (i != winner && race->attempts[i].fd >= 0) {
            close(race->attempts[i].fd);
        }
    }
}
