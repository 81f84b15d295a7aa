/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h over uv_poll_t and uv_timer_t.
 *
 * libuv's handles outlive the watch by a turn, as they are closed asynchronously: hence a handle
 * apart for each watch. To change what a uv_poll_t waits for costs two system calls, to move a
 * timer two walks through its heap; both are put off until the watch's turn is over and saved where
 * nothing changed. A deadline that moved back does not move its timer at all: the timer that comes
 * too early finds that out, and is set anew. */
#include "net/loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

struct loop_core {
    uv_loop_t uv;
    uv_async_t wake; /* for loop_post(); also what libuv waits for where no watch wants a thing */
    pthread_mutex_t mutex;
    struct loop_call *first, *last; /* under the mutex */
};

struct loop_handle {
    uv_poll_t poll;
    uv_timer_t timer;
    struct loop *loop;
    struct loop_watch *watch; /* NULL once it was removed */
    int64_t armed_ms;         /* when the timer comes; CLOCK_NEVER while it rests */
    unsigned polled;          /* what the poll handle waits for */
    unsigned num_open;        /* of libuv's handles, until it says that they are closed */
    bool in_turn;
};

static void on_poll(uv_poll_t *poll, int status, int seen);
static void on_timer(uv_timer_t *timer);
static void on_wake(uv_async_t *wake);
static void on_closed(uv_handle_t *closed);
static void take_turn(struct loop_handle *handle, unsigned events);
static void apply(struct loop_handle *handle);
static void apply_wanted(struct loop_handle *handle);
static void apply_deadline(struct loop_handle *handle);
static void let_go(struct loop_handle *handle);
static void let_go_of_rest(uv_handle_t *one, void *context);
static struct loop_call *take_call(struct loop_core *core);

bool loop_init(struct loop *loop) {
    struct loop_core *core = calloc(1, sizeof *core);
    if (core == NULL) {
        return false;
    }
    int error = uv_loop_init(&core->uv);
    if (error == 0) {
        error = uv_async_init(&core->uv, &core->wake, on_wake);
        if (error != 0) {
            (void)uv_loop_close(&core->uv);
        }
    }
    if (error != 0 || pthread_mutex_init(&core->mutex, NULL) != 0) {
        free(core);
        errno = error != 0 ? -error : ENOMEM;
        return false;
    }
    core->wake.data = core;
    *loop = (struct loop){.core = core};
    return true;
}

void loop_free(struct loop *loop) {
    struct loop_core *core = loop->core;
    if (core == NULL) {
        return;
    }
    uv_walk(&core->uv, let_go_of_rest, NULL);
    uv_close((uv_handle_t *)&core->wake, NULL);
    (void)uv_run(&core->uv, UV_RUN_DEFAULT);
    (void)uv_loop_close(&core->uv);
    pthread_mutex_destroy(&core->mutex);
    free(core);
    *loop = (struct loop){0};
}

bool loop_add(struct loop *loop, struct loop_watch *watch) {
    struct loop_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL) {
        return false;
    }
    handle->loop = loop;
    handle->watch = watch;
    handle->armed_ms = CLOCK_NEVER;
    if (watch->fd >= 0) {
        if (uv_poll_init(&loop->core->uv, &handle->poll, watch->fd) != 0) {
            free(handle);
            return false;
        }
        handle->poll.data = handle;
        handle->num_open++;
    }
    (void)uv_timer_init(&loop->core->uv, &handle->timer); /* never fails */
    handle->timer.data = handle;
    handle->num_open++;
    watch->handle = handle;
    loop->num_foreground += watch->background ? 0 : 1;
    apply(handle);
    return true;
}

void loop_remove(struct loop *loop, struct loop_watch *watch) {
    if (watch->handle != NULL) {
        loop->num_foreground -= watch->background ? 0 : 1;
        let_go(watch->handle);
    }
}

void loop_update(struct loop *loop, struct loop_watch *watch) {
    (void)loop;
    if (watch->handle != NULL && !watch->handle->in_turn) {
        apply(watch->handle);
    }
}

void loop_run(struct loop *loop) {
    loop->stopping = false;
    while (!loop->stopping && loop->num_foreground != 0) {
        (void)uv_run(&loop->core->uv, UV_RUN_ONCE);
    }
}

void loop_stop(struct loop *loop) {
    loop->stopping = true;
}

void loop_hold(struct loop *loop) {
    loop->num_foreground++;
}

void loop_release(struct loop *loop) {
    loop->num_foreground--;
}

void loop_post(struct loop *loop, struct loop_call *call) {
    struct loop_core *core = loop->core;
    pthread_mutex_lock(&core->mutex);
    if (!call->waits) {
        call->waits = true;
        call->next = NULL;
        *(core->first == NULL ? &core->first : &core->last->next) = call;
        core->last = call;
    }
    pthread_mutex_unlock(&core->mutex);
    (void)uv_async_send(&core->wake);
}

struct uv_loop_s *loop_uv(struct loop *loop) {
    return &loop->core->uv;
}

/* An error of the socket (`status`) is for the owner to find: whatever it wanted, it may now try.
 * libuv has stopped the handle then. */
static void on_poll(uv_poll_t *poll, int status, int seen) {
    struct loop_handle *handle = poll->data;
    if (handle->watch == NULL) {
        return;
    }
    unsigned events = handle->watch->wanted;
    if (status < 0) {
        handle->polled = 0;
    } else {
        events &= ((seen & UV_READABLE) != 0 ? LOOP_READ : 0U) |
                  ((seen & UV_WRITABLE) != 0 ? LOOP_WRITE : 0U);
    }
    take_turn(handle, events);
}

static void on_timer(uv_timer_t *timer) {
    struct loop_handle *handle = timer->data;
    handle->armed_ms = CLOCK_NEVER;
    if (handle->watch == NULL) {
        return;
    }
    bool is_due = clock_monotonic_ms() >= handle->watch->deadline_ms;
    if (is_due) {
        handle->watch->deadline_ms = CLOCK_NEVER;
    }
    take_turn(handle, is_due ? LOOP_TIMEOUT : 0);
}

/* The owner may remove the watch, and free itself with it; the handle stays until its closing. */
static void take_turn(struct loop_handle *handle, unsigned events) {
    if (events != 0) {
        handle->in_turn = true;
        handle->watch->ready(handle->watch->owner, events);
        handle->in_turn = false;
    }
    if (handle->watch != NULL) {
        apply(handle);
    }
}

static void apply(struct loop_handle *handle) {
    if (handle->watch->fd >= 0) {
        apply_wanted(handle);
    }
    apply_deadline(handle);
}

/* With nothing wanted the handle is stopped, else the system would tell of a peer that left again
 * and again. */
static void apply_wanted(struct loop_handle *handle) {
    unsigned wanted = handle->watch->wanted;
    if (wanted == handle->polled) {
        return;
    }
    handle->polled = wanted;
    int events = ((wanted & LOOP_READ) != 0 ? UV_READABLE : 0) |
                 ((wanted & LOOP_WRITE) != 0 ? UV_WRITABLE : 0);
    if (events == 0) {
        (void)uv_poll_stop(&handle->poll);
    } else {
        (void)uv_poll_start(&handle->poll, events, on_poll);
    }
}

static void apply_deadline(struct loop_handle *handle) {
    int64_t deadline = handle->watch->deadline_ms;
    if (deadline >= handle->armed_ms) {
        return;
    }
    int64_t now = (int64_t)uv_now(&handle->loop->core->uv);
    handle->armed_ms = deadline;
    (void)uv_timer_start(&handle->timer, on_timer, deadline > now ? (uint64_t)(deadline - now) : 0,
                         0);
}

static void on_wake(uv_async_t *wake) {
    struct loop_core *core = wake->data;
    for (struct loop_call *call = take_call(core); call != NULL; call = take_call(core)) {
        call->run(call->context);
    }
}

/* One call; NULL where none waits. */
static struct loop_call *take_call(struct loop_core *core) {
    pthread_mutex_lock(&core->mutex);
    struct loop_call *call = core->first;
    if (call != NULL) {
        core->first = call->next;
        call->waits = false;
    }
    pthread_mutex_unlock(&core->mutex);
    return call;
}

static void let_go(struct loop_handle *handle) {
    bool polls = handle->watch->fd >= 0;
    handle->watch->handle = NULL;
    handle->watch = NULL;
    if (polls) {
        uv_close((uv_handle_t *)&handle->poll, on_closed);
    }
    uv_close((uv_handle_t *)&handle->timer, on_closed);
}

static void on_closed(uv_handle_t *closed) {
    struct loop_handle *handle = closed->data;
    if (--handle->num_open == 0) {
        free(handle);
    }
}

/* Each watch has a timer, by which it is found. */
static void let_go_of_rest(uv_handle_t *one, void *context) {
    (void)context;
    if (uv_handle_get_type(one) == UV_TIMER && !uv_is_closing(one)) {
        let_go(one->data);
    }
}
