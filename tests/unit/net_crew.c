/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers: each runs its own loop in a thread of its own, and calls reach them from others.
 */
#include "net/crew.h"

#include "support/check.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NUM = 4 };

/* Keeps its worker's loop going until it was asked to end. */
struct task {
    struct worker *worker;
    struct loop_watch keeper;
    struct loop_call call;
    pthread_t thread; /* that ran the call */
    atomic_uint *num_done;
};

static void never(void *owner, unsigned events) {
    (void)owner;
    (void)events;
    fail();
}

static void end_task(void *context) {
    struct task *task = context;
    task->thread = pthread_self();
    atomic_fetch_add(task->num_done, 1);
    loop_remove(&task->worker->loop, &task->keeper);
}

static void start_all(void *owner, unsigned events) {
    struct task *tasks = owner;
    (void)events;
    for (size_t i = 0; i < NUM; i++) {
        loop_post(&tasks[i].worker->loop, &tasks[i].call);
        loop_post(&tasks[i].worker->loop, &tasks[i].call); /* it waits already, or has run */
    }
}

static void test_each_worker_has_its_thread(void **state) {
    (void)state;
    struct crew *crew;
    struct task tasks[NUM] = {0};
    atomic_uint num_done = 0;
    assert_int_equal(crew_new(&crew, NUM), BULLA_OK);
    assert_int_equal(crew_num(crew), NUM);
    for (size_t i = 0; i < NUM; i++) {
        struct task *task = &tasks[i];
        task->worker = crew_worker(crew, i);
        task->num_done = &num_done;
        task->call = (struct loop_call){.run = end_task, .context = task};
        task->keeper = (struct loop_watch){
            .fd = -1, .deadline_ms = CLOCK_NEVER, .ready = never, .owner = task};
        assert_true(loop_add(&task->worker->loop, &task->keeper));
    }
    struct loop_watch starter = {
        .fd = -1, .deadline_ms = 0, .background = true, .ready = start_all, .owner = tasks};
    assert_true(loop_add(&tasks[0].worker->loop, &starter));
    assert_true(crew_run(crew));
    assert_in_range(atomic_load(&num_done), NUM, 2 * NUM);
    for (size_t i = 0; i < NUM; i++) {
        assert_int_equal(pthread_equal(tasks[i].thread, pthread_self()) != 0, i == 0);
        for (size_t j = 0; j < i; j++) {
            assert_false(pthread_equal(tasks[i].thread, tasks[j].thread));
        }
    }
    loop_remove(&tasks[0].worker->loop, &starter);
    crew_free(crew);
}

static void test_idle_crew_ends_at_once(void **state) {
    (void)state;
    struct crew *crew;
    assert_int_equal(crew_new(&crew, NUM), BULLA_OK);
    assert_true(crew_run(crew));
    crew_free(crew);
}

static void test_default_number(void **state) {
    (void)state;
    assert_in_range(crew_num_default(), 1, CREW_WORKERS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_worker_has_its_thread),
        cmocka_unit_test(test_idle_crew_ends_at_once),
        cmocka_unit_test(test_default_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
