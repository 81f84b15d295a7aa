/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of crew.h. A thread that could not be made stops those that were: they wait for a
 * gate, which opens once all are there. */
#include "net/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

struct member {
    struct crew *crew;
    struct worker *worker;
    pthread_t thread;
    struct loop_call done; /* told to the first worker's loop */
};

struct crew {
    struct member *members;
    size_t num_members;
    pthread_mutex_t gate; /* held by crew_run() while it makes threads */
    bool cancelled;       /* under the gate */
};

static bool start_others(struct crew *crew, size_t *out_num_started);
static void *run_member(void *argument);
static void on_done(void *context);

size_t crew_num_default(void) {
    size_t num = uv_available_parallelism();
    return num == 0 ? 1 : num > CREW_WORKERS_MAX ? CREW_WORKERS_MAX : num;
}

bulla_cause crew_new(struct crew **out, size_t num_workers) {
    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    crew->members = calloc(num_workers, sizeof *crew->members);
    if (crew->members == NULL || pthread_mutex_init(&crew->gate, NULL) != 0) {
        free(crew->members);
        free(crew);
        return BULLA_E_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < num_workers; i++) {
        struct member *member = &crew->members[i];
        bulla_cause cause = worker_new(&member->worker);
        if (cause != BULLA_OK) {
            crew_free(crew);
            return cause;
        }
        member->crew = crew;
        member->done = (struct loop_call){.run = on_done, .context = member};
        crew->num_members++;
    }
    *out = crew;
    return BULLA_OK;
}

size_t crew_num(const struct crew *crew) {
    return crew->num_members;
}

struct worker *crew_worker(const struct crew *crew, size_t index) {
    return crew->members[index].worker;
}

bool crew_run(struct crew *crew) {
    size_t num_started = 1;
    pthread_mutex_lock(&crew->gate);
    bool started = start_others(crew, &num_started);
    int error = errno;
    crew->cancelled = !started;
    pthread_mutex_unlock(&crew->gate);
    if (started) {
        loop_run(&crew->members[0].worker->loop);
    }
    for (size_t i = 1; i < num_started; i++) {
        pthread_join(crew->members[i].thread, NULL);
    }
    errno = error;
    return started;
}

void crew_free(struct crew *crew) {
    if (crew == NULL) {
        return;
    }
    for (size_t i = 0; i < crew->num_members; i++) {
        worker_free(crew->members[i].worker);
    }
    pthread_mutex_destroy(&crew->gate);
    free(crew->members);
    free(crew);
}

static bool start_others(struct crew *crew, size_t *out_num_started) {
    struct loop *first = &crew->members[0].worker->loop;
    for (size_t i = 1; i < crew->num_members; i++) {
        int error = pthread_create(&crew->members[i].thread, NULL, run_member, &crew->members[i]);
        if (error != 0) {
            errno = error;
            return false;
        }
        loop_hold(first);
        (*out_num_started)++;
    }
    return true;
}

static void *run_member(void *argument) {
    struct member *member = argument;
    pthread_mutex_lock(&member->crew->gate);
    bool cancelled = member->crew->cancelled;
    pthread_mutex_unlock(&member->crew->gate);
    if (!cancelled) {
        loop_run(&member->worker->loop);
    }
    loop_post(&member->crew->members[0].worker->loop, &member->done);
    return NULL;
}

/* In the first worker's thread. */
static void on_done(void *context) {
    struct member *member = context;
    loop_release(&member->crew->members[0].worker->loop);
}
