/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: readiness and deadlines reach their owners, also where owners come and go within a
 * round. */
#include "net/loop.h"

#include "support/check.h"

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
    struct loop loop = {0};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct owner reader = make(&loop, ends[0], stop_on_anything);
    struct owner timer = make(&loop, -1, stop_on_anything);
    add(&reader);
    add(&timer);
    assert_true(loop_run(&loop));
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
    struct loop loop = {0};
    assert_int_equal(pipe(ends), 0);
    close(ends[1]);
    struct owner reader = make(&loop, ends[0], stop_on_anything);
    add(&reader);
    assert_true(loop_run(&loop));
    assert_int_equal(reader.num_reads, 1);
    loop_free(&loop);
    close(ends[0]);
}

static void test_removed_within_a_round_is_not_called(void **state) {
    (void)state;
    struct loop loop = {0};
    struct owner first = make(&loop, -1, remove_the_other);
    struct owner second = make(&loop, -1, stop_on_anything);
    first.other = &second;
    add(&first);
    add(&second);
    assert_true(loop_run(&loop));
    assert_int_equal(first.num_timeouts, 1);
    assert_int_equal(second.num_timeouts, 0);
    loop_free(&loop);
}

static void test_added_within_a_round_has_its_turn(void **state) {
    (void)state;
    struct loop loop = {0};
    struct owner late = make(&loop, -1, stop_on_anything);
    struct owner owners[40];
    late.watch.owner = &late;
    for (size_t i = 0; i < 40; i++) {
        owners[i] = make(&loop, -1, stop_on_anything);
        add(&owners[i]);
    }
    owners[39].watch.ready = add_the_other;
    owners[39].other = &late;
    assert_true(loop_run(&loop));
    assert_int_equal(late.num_timeouts, 1);
    loop_free(&loop);
}

static void test_background_watches_do_not_keep_it_going(void **state) {
    (void)state;
    struct loop loop = {0};
    struct owner background = make(&loop, -1, stop_on_anything);
    background.watch.background = true;
    background.watch.deadline_ms = CLOCK_NEVER;
    add(&background);
    assert_true(loop_run(&loop));
    assert_int_equal(background.num_timeouts, 0);
    loop_free(&loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readable_pipe_and_past_deadline),
        cmocka_unit_test(test_closed_pipe_is_readable),
        cmocka_unit_test(test_removed_within_a_round_is_not_called),
        cmocka_unit_test(test_added_within_a_round_has_its_turn),
        cmocka_unit_test(test_background_watches_do_not_keep_it_going),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
