/* SPDX-License-Identifier: Apache-2.0 */
/* A thread's event loop, over libuv: whoever waits for a socket or for time puts a watch into it.
 *
 * The watch lies inside its owner and is changed freely within `ready`; the loop looks at it again
 * when that returns. Whoever changes `wanted` or `deadline_ms` at another time calls loop_update().
 * No call costs more with more watches, but for the timers, which are a heap. A loop belongs to one
 * thread; loop_post() alone may be called from others. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/bytes.h"
#include "net/clock.h"

enum {
    LOOP_READ = 1 << 0,
    LOOP_WRITE = 1 << 1,
    LOOP_TIMEOUT = 1 << 2, /* the deadline passed; it is CLOCK_NEVER again */
};

struct loop_handle;
struct loop_core;
struct uv_loop_s;

struct loop_watch {
    int fd;              /* non-blocking, a socket or a pipe; -1 for a timer */
    unsigned wanted;     /* LOOP_READ, LOOP_WRITE */
    int64_t deadline_ms; /* on clock_monotonic_ms() */
    bool background;     /* does not keep loop_run() from returning */
    void (*ready)(void *owner, unsigned events);
    void *owner;
    struct loop_handle *handle; /* the loop's own; NULL outside a loop */
};

struct loop {
    struct loop_core *core;
    size_t num_foreground; /* watches and holds that keep loop_run() going */
    bool stopping;
};

/* A call that another thread asks for; it lies inside its owner until it has run. */
struct loop_call {
    void (*run)(void *context);
    void *context;
    struct loop_call *next; /* the loop's own, as the rest */
    bool waits;
};

/* False without memory or descriptors, with errno set. */
BULLA_MUST_CHECK bool loop_init(struct loop *loop);
/* Lets go of the watches that are left, without closing their descriptors. A zeroed loop is let be.
 */
void loop_free(struct loop *loop);

/* False where the system gives no memory or cannot watch this descriptor; nothing is added then. */
BULLA_MUST_CHECK bool loop_add(struct loop *loop, struct loop_watch *watch);
/* From here on `ready` is not called, and the descriptor may be closed. */
void loop_remove(struct loop *loop, struct loop_watch *watch);
/* The watch was changed. Within its own `ready` this is not needed, and costs nothing. */
void loop_update(struct loop *loop, struct loop_watch *watch);

/* Runs until loop_stop() or until only background watches are left. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Keeps loop_run() going until loop_release(), as a watch would. */
void loop_hold(struct loop *loop);
void loop_release(struct loop *loop);

/* Has `call` run once in the loop's thread, during loop_run(); a call that waits already is let
 * wait. For any thread, as long as the loop lives. */
void loop_post(struct loop *loop, struct loop_call *call);

/* libuv's own loop, for what else of libuv the floor uses. */
struct uv_loop_s *loop_uv(struct loop *loop);

#endif
