/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT, SIGTERM and SIGHUP as events of the loop.
 *
 * A thread waits for them with sigwait() and writes a byte into a pipe that the loop reads: no
 * signal handler, hence no global state. */
#ifndef NET_SIGNALS_H
#define NET_SIGNALS_H

#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>

struct signals_events {
    void (*stop)(void *context, unsigned times); /* SIGINT or SIGTERM; how many have come */
    void (*reload)(void *context);               /* SIGHUP */
};

struct signals {
    struct loop_watch watch;
    struct loop *loop;
    int pipe_write;
    pthread_t thread;
    atomic_bool ending;
    struct signals_events events;
    void *context;
    unsigned times;
};

/* Ignores SIGPIPE for the whole process: a write to a peer that left gives EPIPE instead. */
void signals_ignore_pipe(void);

/* Holds the three back until signals_start(), so that one that comes while the program is still
 * starting stops it in good order. To be called before any thread is made. */
void signals_hold(void);

/* Calls what `events` names within the loop. False where the system gave no thread or pipe. */
BULLA_MUST_CHECK bool signals_start(struct signals *signals, struct loop *loop,
                                    const struct signals_events *events, void *context);
void signals_end(struct signals *signals);

#endif
