/* SPDX-License-Identifier: Apache-2.0 */
/* A single-threaded poll() loop: whoever waits for a socket or for time puts a watch into it.
 *
 * The watch lies inside its owner and is changed freely between calls: the loop reads `wanted` and
 * `deadline_ms` anew before each wait. Watches may be added and removed from within `ready`. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/bytes.h"
#include "net/clock.h"

#include <poll.h>

enum {
    LOOP_READ = 1 << 0,
    LOOP_WRITE = 1 << 1,
    LOOP_TIMEOUT = 1 << 2, /* the deadline passed; it is CLOCK_NEVER again */
};

struct loop_watch {
    int fd;              /* non-blocking; -1 for a timer */
    unsigned wanted;     /* LOOP_READ, LOOP_WRITE */
    int64_t deadline_ms; /* on clock_monotonic_ms() */
    bool background;     /* does not keep loop_run() from returning */
    void (*ready)(void *owner, unsigned events);
    void *owner;
    size_t slot; /* the loop's own */
};

struct loop {
    struct loop_watch **watches; /* a hole (NULL) where one was removed during a round */
    struct pollfd *polls;
    size_t num_watches, cap;
    bool stopping;
};

/* Zeroed memory is an empty loop. Frees the loop's arrays, not the watches. */
void loop_free(struct loop *loop);

/* False without memory. */
BULLA_MUST_CHECK bool loop_add(struct loop *loop, struct loop_watch *watch);
void loop_remove(struct loop *loop, struct loop_watch *watch);

/* Runs until loop_stop() or until only background watches are left. False where poll() failed,
 * with errno set. */
BULLA_MUST_CHECK bool loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

#endif
