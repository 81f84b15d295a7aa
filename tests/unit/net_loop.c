/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: readiness and deadlines reach their owners, also where owners come and go within a
 * round. */
#include "net/loop.h"

#include "support/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct owner {
    struct loop *loop;
    struct loop_watch watch;
    struct owner *other;
    unsigned num_reads, num_timeouts;
};

static void stop_on_anything(void *context, unsigned events) {
    struct owner *owner = context;
    owner->num_reads += (events & LOOP_READ) != 0 ? 1 : 0;
    owner->num_timeouts += (events & LOOP_TIMEOUT) != 0 ? 1 : 0;
    loop_remove(owner->loop, &owner->watch);
}

static void remove_the_other(void *context, unsigned events) {
    struct owner *owner = context;
    loop_remove(owner->loop, &owner->other->watch);
    stop_on_anything(owner, events);
}

static void add_the_other(void *context, unsigned events) {
    struct owner *owner = context;
    assert_true(loop_add(owner->loop, &owner->other->watch));
    stop_on_anything(owner, events);
}

static struct owner make(struct loop *loop, int fd, void (*ready)(void *, unsigned)) {
    return (struct owner){.loop = loop,
                          .watch = {.fd = fd,
                                    .wanted = fd < 0 ? 0 : LOOP_READ,
                                    .deadline_ms = fd < 0 ? 0 : CLOCK_NEVER,
                                    .ready = ready}};
}

static void add(struct owner *owner) {
    owner->watch.owner = owner;
    assert_true(loop_add(owner->loop, &owner->watch));
}

static void test_readable_pipe_and_past_deadline(void **state) {
    (void)state;
    int ends[2];
    struct loop loop;
    assert_true(loop_init(&loop));
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct owner reader = make(&loop, ends[0], stop_on_anything);
    struct owner timer = make(&loop, -1, stop_on_anything);
    add(&reader);
    add(&timer);
    loop_run(&loop);
    assert_int_equal(reader.num_reads, 1);
    assert_int_equal(reader.num_timeouts, 0);
    assert_int_equal(timer.num_timeouts, 1);
    loop_free(&loop);
    close(ends[0]);
    close(ends[1]);
}

static void test_closed_pipe_is_readable(void **state) {
    (void)state;
    int ends[2];
    struct loop loop;
    assert_true(loop_init(&loop));
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    struct owner reader = make(&loop, ends[0], stop_on_anything);
    add(&reader);
    loop_run(&loop);
    assert_int_equal(reader.num_reads, 1);
    loop_free(&loop);
    close(ends[0]);
}

static void test_removed_within_a_round_is_not_called(void **state) {
    (void)state;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct owner first = make(&loop, -1, remove_the_other);
    struct owner second = make(&loop, -1, stop_on_anything);
    first.other = &second;
    add(&first);
    add(&second);
    loop_run(&loop);
    assert_int_equal(first.num_timeouts, 1);
    assert_int_equal(second.num_timeouts, 0);
    loop_free(&loop);
}

static void test_added_within_a_round_has_its_turn(void **state) {
    (void)state;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct owner late = make(&loop, -1, stop_on_anything);
    struct owner owners[40];
    late.watch.owner = &late;
    for (size_t i = 0; i < 40; i++) {
        owners[i] = make(&loop, -1, stop_on_anything);
        add(&owners[i]);
    }
    owners[39].watch.ready = add_the_other;
    owners[39].other = &late;
    loop_run(&loop);
    assert_int_equal(late.num_timeouts, 1);
    loop_free(&loop);
}

static void test_background_watches_do_not_keep_it_going(void **state) {
    (void)state;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct owner background = make(&loop, -1, stop_on_anything);
    background.watch.background = true;
    background.watch.deadline_ms = CLOCK_NEVER;
    add(&background);
    loop_run(&loop);
    assert_int_equal(background.num_timeouts, 0);
    loop_free(&loop);
}

static void wait_for_writing(void *context, unsigned events) {
    struct owner *owner = context;
    if ((events & LOOP_WRITE) != 0) {
        stop_on_anything(owner, events);
        return;
    }
    owner->num_reads++;
    owner->watch.wanted = LOOP_WRITE; /* what was read stays unread: that would spin */
}

static void test_what_is_wanted_changes_within_ready(void **state) {
    (void)state;
    int ends[2];
    struct loop loop;
    assert_true(loop_init(&loop));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct owner owner = make(&loop, ends[0], wait_for_writing);
    add(&owner);
    loop_run(&loop);
    assert_int_equal(owner.num_reads, 1);
    loop_free(&loop);
    close(ends[0]);
    close(ends[1]);
}

static void update_the_other(void *context, unsigned events) {
    struct owner *owner = context;
    owner->other->watch.deadline_ms = 0;
    loop_update(owner->loop, &owner->other->watch);
    stop_on_anything(owner, events);
}

static void test_update_from_outside(void **state) {
    (void)state;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct owner sleeper = make(&loop, -1, stop_on_anything);
    struct owner waker = make(&loop, -1, update_the_other);
    sleeper.watch.deadline_ms = CLOCK_NEVER;
    waker.other = &sleeper;
    add(&sleeper);
    add(&waker);
    loop_run(&loop);
    assert_int_equal(sleeper.num_timeouts, 1);
    loop_free(&loop);
}

static void test_a_deadline_that_moves_back_is_kept(void **state) {
    (void)state;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct owner owner = make(&loop, -1, stop_on_anything);
    int64_t later = clock_deadline_in(60);
    owner.watch.deadline_ms = clock_deadline_in(20);
    add(&owner);
    owner.watch.deadline_ms = later;
    loop_update(&loop, &owner.watch);
    loop_run(&loop);
    assert_int_equal(owner.num_timeouts, 1);
    assert_true(clock_monotonic_ms() >= later);
    loop_free(&loop);
}

struct poster {
    struct loop *loop;
    struct loop_call call;
    unsigned num_calls;
};

static void count_call(void *context) {
    struct poster *poster = context;
    poster->num_calls++;
    loop_stop(poster->loop);
}

static void *post(void *context) {
    struct poster *poster = context;
    loop_post(poster->loop, &poster->call);
    return NULL;
}

static void test_a_call_from_another_thread_wakes_the_loop(void **state) {
    (void)state;
    pthread_t thread;
    struct loop loop;
    assert_true(loop_init(&loop));
    struct poster poster = {.loop = &loop};
    poster.call = (struct loop_call){.run = count_call, .context = &poster};
    struct owner sleeper = make(&loop, -1, stop_on_anything);
    sleeper.watch.deadline_ms = CLOCK_NEVER;
    add(&sleeper);
    assert_int_equal(pthread_create(&thread, NULL, post, &poster), 0);
    loop_run(&loop);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(poster.num_calls, 1);
    assert_int_equal(sleeper.num_timeouts, 0);
    loop_free(&loop);
}

static void test_a_file_cannot_be_watched(void **state) {
    (void)state;
    char path[] = "/tmp/bulla-loop-XXXXXX";
    int fd = mkstemp(path);
    struct loop loop;
    assert_true(fd >= 0);
    assert_true(loop_init(&loop));
    struct owner owner = make(&loop, fd, stop_on_anything);
    owner.watch.owner = &owner;
    assert_false(loop_add(&loop, &owner.watch));
    loop_run(&loop); /* nothing to wait for */
    loop_free(&loop);
    close(fd);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readable_pipe_and_past_deadline),
        cmocka_unit_test(test_closed_pipe_is_readable),
        cmocka_unit_test(test_removed_within_a_round_is_not_called),
        cmocka_unit_test(test_added_within_a_round_has_its_turn),
        cmocka_unit_test(test_background_watches_do_not_keep_it_going),
        cmocka_unit_test(test_what_is_wanted_changes_within_ready),
        cmocka_unit_test(test_update_from_outside),
        cmocka_unit_test(test_a_deadline_that_moves_back_is_kept),
        cmocka_unit_test(test_a_call_from_another_thread_wakes_the_loop),
        cmocka_unit_test(test_a_file_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
