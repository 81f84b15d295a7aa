/* SPDX-License-Identifier: Apache-2.0 */
/* The sigwait() thread of signals.h. */
#include "net/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void our_signals(sigset_t *out);
static void *wait_for_signals(void *argument);
static void on_byte(void *owner, unsigned events);
static bool make_pipe(int ends[2]);

void signals_ignore_pipe(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

/* A mask is inherited by every thread that is made later: only sigwait() takes these signals. */
void signals_hold(void) {
    sigset_t set;
    our_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool signals_start(struct signals *signals, struct loop *loop, const struct signals_events *events,
                   void *context) {
    int ends[2];
    if (!make_pipe(ends)) {
        return false;
    }
    *signals = (struct signals){
        .loop = loop,
        .pipe_write = ends[1],
        .events = *events,
        .context = context,
        .watch = {.fd = ends[0],
                  .wanted = LOOP_READ,
                  .deadline_ms = CLOCK_NEVER,
                  .background = true,
                  .ready = on_byte,
                  .owner = signals},
    };
    if (!loop_add(loop, &signals->watch) ||
        pthread_create(&signals->thread, NULL, wait_for_signals, signals) != 0) {
        loop_remove(loop, &signals->watch);
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    return true;
}

void signals_end(struct signals *signals) {
    atomic_store(&signals->ending, true);
    pthread_kill(signals->thread, SIGTERM);
    pthread_join(signals->thread, NULL);
    loop_remove(signals->loop, &signals->watch);
    close(signals->watch.fd);
    close(signals->pipe_write);
}

static void our_signals(sigset_t *out) {
    sigemptyset(out);
    sigaddset(out, SIGINT);
    sigaddset(out, SIGTERM);
    sigaddset(out, SIGHUP);
}

/* Ends by a signal of our own: a thread that is cancelled never leaves its frames in good order. */
static void *wait_for_signals(void *argument) {
    struct signals *signals = argument;
    sigset_t set;
    our_signals(&set);
    for (;;) {
        int number;
        if (sigwait(&set, &number) != 0) {
            continue;
        }
        if (atomic_load(&signals->ending)) {
            return NULL;
        }
        ssize_t written = write(signals->pipe_write, number == SIGHUP ? "h" : "s", 1);
        (void)written; /* a full pipe holds enough bytes to stop anybody */
    }
    return NULL;
}

static void on_byte(void *owner, unsigned events) {
    struct signals *signals = owner;
    (void)events;
    char byte;
    while (read(signals->watch.fd, &byte, 1) == 1) {
        if (byte == 'h') {
            signals->events.reload(signals->context);
        } else {
            signals->times++;
            signals->events.stop(signals->context, signals->times);
        }
    }
}

static bool make_pipe(int ends[2]) {
    if (pipe(ends) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        int flags = fcntl(ends[i], F_GETFL);
        if (flags < 0 || fcntl(ends[i], F_SETFL, flags | O_NONBLOCK) < 0 ||
            fcntl(ends[i], F_SETFD, FD_CLOEXEC) < 0) {
            close(ends[0]);
            close(ends[1]);
            return false;
        }
    }
    return true;
}
