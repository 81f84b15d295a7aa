/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes drawn ahead: the same stream in the same order, by fewer calls. */
#include "base/random.h"

#include "support/check.h"

/* Counts up, and how often it was asked; fails once `left` calls were made. */
struct counting {
    uint8_t next;
    unsigned num_calls, left;
};

static bool count_fill(void *context, uint8_t *out, size_t len) {
    struct counting *counting = context;
    if (counting->left == 0) {
        return false;
    }
    counting->left--;
    counting->num_calls++;
    for (size_t i = 0; i < len; i++) {
        out[i] = counting->next++;
    }
    return true;
}

static void assert_counts_from(uint8_t first, const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(bytes[i], (uint8_t)(first + i));
    }
}

static void several_draws_are_one_call(void **state) {
    (void)state;
    struct counting counting = {.left = 1};
    const struct random_source source = {count_fill, &counting};
    struct random_ahead ahead;
    uint8_t bytes[64];
    assert_true(random_ahead_draw(&ahead, &source, 65));
    const struct random_source drawn = random_ahead_source(&ahead);
    assert_true(random_fill(&drawn, bytes, 32));
    assert_counts_from(0, bytes, 32);
    assert_true(random_fill(&drawn, bytes, 33));
    assert_counts_from(32, bytes, 33);
    assert_true(random_fill(&drawn, bytes, 0));
    assert_int_equal(counting.num_calls, 1);
    assert_false(random_fill(&drawn, bytes, 1)); /* the source has no more */
    random_ahead_wipe(&ahead);
    assert_true(bytes_all_zero(BYTES_IN(ahead.bytes)));
}

static void what_is_wanted_beyond_comes_from_the_source(void **state) {
    (void)state;
    struct counting counting = {.left = 3};
    const struct random_source source = {count_fill, &counting};
    struct random_ahead ahead;
    uint8_t bytes[RANDOM_AHEAD_LEN_MAX + 10];
    assert_true(random_ahead_draw(&ahead, &source, 10));
    const struct random_source drawn = random_ahead_source(&ahead);
    assert_true(random_fill(&drawn, bytes, 48)); /* 10 of them are here */
    assert_counts_from(0, bytes, 48);
    assert_true(random_fill(&drawn, bytes, 5));
    assert_counts_from(48, bytes, 5);
    assert_int_equal(counting.num_calls, 3);
    random_ahead_wipe(&ahead);

    counting = (struct counting){.left = 2};
    assert_true(random_ahead_draw(&ahead, &source, sizeof bytes)); /* as much as has room */
    assert_true(random_fill(&drawn, bytes, sizeof bytes));
    assert_counts_from(0, bytes, sizeof bytes);
    random_ahead_wipe(&ahead);
}

static void a_source_that_fails_fails_the_draw(void **state) {
    (void)state;
    struct counting counting = {.left = 0};
    const struct random_source source = {count_fill, &counting};
    struct random_ahead ahead;
    assert_false(random_ahead_draw(&ahead, &source, 32));
    random_ahead_wipe(&ahead);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_draws_are_one_call),
        cmocka_unit_test(what_is_wanted_beyond_comes_from_the_source),
        cmocka_unit_test(a_source_that_fails_fails_the_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
