/* SPDX-License-Identifier: Apache-2.0 */
/* The rounds of loop.h: fill in the poll array, wait, call whoever is ready, close the holes.
 * Costs are linear in the number of watches, which the connection limit bounds. */
#include "net/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static bool has_foreground(const struct loop *loop);
static int prepare(struct loop *loop);
static void dispatch(struct loop *loop, size_t num_polled);
static void close_holes(struct loop *loop);

void loop_free(struct loop *loop) {
    free(loop->watches);
    free(loop->polls);
    *loop = (struct loop){0};
}

bool loop_add(struct loop *loop, struct loop_watch *watch) {
    if (loop->num_watches == loop->cap) {
        size_t cap = loop->cap == 0 ? 16 : loop->cap * 2;
        struct loop_watch **watches = realloc(loop->watches, cap * sizeof *watches);
        if (watches == NULL) {
            return false;
        }
        loop->watches = watches;
        struct pollfd *polls = realloc(loop->polls, cap * sizeof *polls);
        if (polls == NULL) {
            return false;
        }
        loop->polls = polls;
        loop->cap = cap;
    }
    watch->slot = loop->num_watches;
    loop->watches[loop->num_watches++] = watch;
    return true;
}

void loop_remove(struct loop *loop, struct loop_watch *watch) {
    if (watch->slot < loop->num_watches && loop->watches[watch->slot] == watch) {
        loop->watches[watch->slot] = NULL;
    }
}

bool loop_run(struct loop *loop) {
    loop->stopping = false;
    close_holes(loop);
    while (!loop->stopping && has_foreground(loop)) {
        int wait_ms = prepare(loop);
        size_t num_polled = loop->num_watches;
        if (poll(loop->polls, (nfds_t)num_polled, wait_ms) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        dispatch(loop, num_polled);
        close_holes(loop);
    }
    return true;
}

void loop_stop(struct loop *loop) {
    loop->stopping = true;
}

static bool has_foreground(const struct loop *loop) {
    for (size_t i = 0; i < loop->num_watches; i++) {
        if (!loop->watches[i]->background) {
            return true;
        }
    }
    return false;
}

/* Fills in the poll array; returns the wait until the earliest deadline, -1 for none. */
static int prepare(struct loop *loop) {
    int64_t earliest = CLOCK_NEVER;
    for (size_t i = 0; i < loop->num_watches; i++) {
        const struct loop_watch *watch = loop->watches[i];
        int events = ((watch->wanted & LOOP_READ) != 0 ? POLLIN : 0) |
                     ((watch->wanted & LOOP_WRITE) != 0 ? POLLOUT : 0);
        /* With nothing wanted, poll() would still report POLLHUP, again and again. */
        loop->polls[i] =
            (struct pollfd){.fd = events == 0 ? -1 : watch->fd, .events = (short)events};
        if (watch->deadline_ms < earliest) {
            earliest = watch->deadline_ms;
        }
    }
    if (earliest == CLOCK_NEVER) {
        return -1;
    }
    int64_t wait = earliest - clock_monotonic_ms();
    return wait <= 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static void dispatch(struct loop *loop, size_t num_polled) {
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < num_polled; i++) {
        struct loop_watch *watch = loop->watches[i];
        if (watch == NULL) {
            continue;
        }
        int seen = loop->polls[i].revents;
        int broken = seen & (POLLERR | POLLHUP | POLLNVAL);
        unsigned events = 0;
        events |= (seen & POLLIN) != 0 || broken != 0 ? watch->wanted & LOOP_READ : 0;
        events |= (seen & POLLOUT) != 0 || broken != 0 ? watch->wanted & LOOP_WRITE : 0;
        if (now >= watch->deadline_ms) {
            watch->deadline_ms = CLOCK_NEVER;
            events |= LOOP_TIMEOUT;
        }
        if (events != 0) {
            watch->ready(watch->owner, events);
        }
    }
}

static void close_holes(struct loop *loop) {
    size_t kept = 0;
    for (size_t i = 0; i < loop->num_watches; i++) {
        if (loop->watches[i] != NULL) {
            loop->watches[kept] = loop->watches[i];
            loop->watches[kept]->slot = kept;
            kept++;
        }
    }
    loop->num_watches = kept;
}
