/* SPDX-License-Identifier: Apache-2.0 */
/* src/tls/strike_register.c: new once; for how long a strike is kept; a full register and a full
 * bucket; clocks that go back; and that of many threads one is told "new". */
#include "engine/seeded.h"
#include "support/threads.h"
#include "tls/session.h"

#include <stdatomic.h>

/* A strike made at NOW is kept up to KEPT seconds later: early data is fresh for the window on
 * either side of its time, and a clock ticks. */
enum { NOW = 1800000000, WINDOW = 10, KEPT = 2 * WINDOW + 1, ROOM = 64 };

static bulla_strike_register *register_of(size_t num_max) {
    bulla_strike_register *strikes = NULL;
    assert_int_equal(bulla_strike_register_new(&strikes, WINDOW, num_max), BULLA_OK);
    return strikes;
}

static bool is_new(bulla_strike_register *strikes, uint64_t number, int64_t now) {
    uint8_t unique[32];
    struct seeded seeded = seeded_of(number);
    (void)seeded_fill(&seeded, unique, sizeof unique);
    return strike_register_is_new(strikes, unique, now);
}

static void test_sizes(void **state) {
    (void)state;
    bulla_strike_register *strikes = NULL;
    assert_int_equal(bulla_strike_register_new(NULL, 10, 64), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_strike_register_new(&strikes, 0, 64), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_strike_register_new(&strikes, 61, 64), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_strike_register_new(&strikes, 10, 63), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_strike_register_new(&strikes, 10, 1048577), BULLA_E_API_MISUSE);
    assert_null(strikes);
    assert_int_equal(bulla_strike_register_new(&strikes, 60, 1048576), BULLA_OK);
    assert_int_equal(strike_window(strikes), 60);
    bulla_strike_register_free(strikes);
    bulla_strike_register_free(NULL);
}

static void test_owners(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    assert_ptr_equal(bulla_strike_register_ref(strikes), strikes);
    bulla_strike_register_free(strikes);
    assert_true(is_new(strikes, 1, NOW));
    assert_false(is_new(strikes, 1, NOW));
    bulla_strike_register_free(strikes);
}

static void test_new_once(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    assert_true(is_new(strikes, 1, NOW));
    assert_true(is_new(strikes, 2, NOW));
    assert_false(is_new(strikes, 1, NOW));
    assert_false(is_new(strikes, 1, NOW + WINDOW));
    assert_false(is_new(strikes, 2, NOW + KEPT));
    assert_false(is_new(strikes, 1, NOW + KEPT));
    assert_true(is_new(strikes, 1, NOW + KEPT + 1));
    assert_false(is_new(strikes, 1, NOW + KEPT + 1));
    bulla_strike_register_free(strikes);
}

/* Every byte counts. */
static void test_a_byte_apart(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    uint8_t unique[32] = {0};
    assert_true(strike_register_is_new(strikes, unique, NOW));
    for (size_t i = 0; i < 13; i++) { /* a bucket's worth less some */
        unique[31 - i] ^= 1;
        assert_true(strike_register_is_new(strikes, unique, NOW));
        assert_false(strike_register_is_new(strikes, unique, NOW));
        unique[31 - i] ^= 1;
    }
    unique[2] ^= 1;
    assert_true(strike_register_is_new(strikes, unique, NOW));
    bulla_strike_register_free(strikes);
}

/* Full of live strikes it takes none, and forgets none either. */
static void test_full(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    for (uint64_t i = 0; i < ROOM; i++) {
        assert_true(is_new(strikes, i, NOW + (int64_t)(i / 16)));
    }
    assert_false(is_new(strikes, ROOM, NOW + KEPT));
    for (uint64_t i = 0; i < ROOM; i++) {
        assert_false(is_new(strikes, i, NOW + KEPT));
    }
    /* The first 16 are past a second later. */
    for (uint64_t i = 0; i < 16; i++) {
        assert_true(is_new(strikes, ROOM + i, NOW + KEPT + 1));
    }
    assert_false(is_new(strikes, 2 * ROOM, NOW + KEPT + 1));
    assert_false(is_new(strikes, 16, NOW + KEPT + 1));
    assert_true(is_new(strikes, 2 * ROOM, NOW + KEPT + 2));
    bulla_strike_register_free(strikes);
}

static void test_a_long_life(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    for (uint64_t i = 0; i < 100000; i++) { /* two each second: KEPT seconds of them have room */
        int64_t now = NOW + (int64_t)(i / 2);
        assert_true(is_new(strikes, i, now));
        assert_false(is_new(strikes, i, now));
        if (i >= 2 * KEPT) {
            assert_false(is_new(strikes, i - 2 * KEPT, now));
        }
    }
    /* After a long silence all are past, but not all are forgotten at once. */
    assert_true(is_new(strikes, 99999, NOW + 1000000));
    assert_true(is_new(strikes, 99998, NOW + 1000000));
    assert_false(is_new(strikes, 99999, NOW + 1000000));
    bulla_strike_register_free(strikes);
}

/* Hellos that were chosen so that they share a bucket are not taken early, and in the way of those
 * alone that fall into it by chance: one in a thousand. */
static void test_chosen_strikes(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(1000);
    unsigned num_new = 0;
    for (unsigned i = 0; i < 500; i++) {
        uint8_t unique[32] = {0};
        unique[30] = (uint8_t)(i >> 8);
        unique[31] = (uint8_t)i;
        num_new += strike_register_is_new(strikes, unique, NOW);
        assert_false(strike_register_is_new(strikes, unique, NOW));
    }
    assert_int_equal(num_new, 16);
    for (uint64_t i = 0; i < 900; i++) {
        num_new += is_new(strikes, i, NOW);
    }
    assert_true(num_new > 16 + 900 - 5);
    bulla_strike_register_free(strikes);
}

/* A clock that is set back by seconds: what was seen is known, what was not is new. */
static void test_a_little_back(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    assert_true(is_new(strikes, 1, NOW));
    assert_false(is_new(strikes, 1, NOW - 5));
    assert_true(is_new(strikes, 2, NOW - 5));
    assert_false(is_new(strikes, 2, NOW + KEPT - 5));
    assert_false(is_new(strikes, 1, NOW + KEPT));
    assert_true(is_new(strikes, 1, NOW + KEPT + 1));
    bulla_strike_register_free(strikes);
}

/* A clock that ran ahead by a day and is put right: what was forgotten meanwhile might be fresh
 * again, so nothing is new until that is over. */
static void test_ahead_and_back(void **state) {
    (void)state;
    const int64_t day = 86400;
    bulla_strike_register *strikes = register_of(ROOM);
    assert_true(is_new(strikes, 1, NOW));
    assert_true(is_new(strikes, 2, NOW + 3));
    assert_true(is_new(strikes, 3, NOW + day));
    assert_false(is_new(strikes, 1, NOW + 5));
    assert_false(is_new(strikes, 2, NOW + 3 + KEPT));
    assert_false(is_new(strikes, 4, NOW + 3 + KEPT)); /* unknown, but how would one tell? */
    assert_true(is_new(strikes, 5, NOW + 3 + KEPT + 1));
    assert_false(is_new(strikes, 5, NOW + 3 + KEPT + 1));
    assert_false(is_new(strikes, 3, NOW + day)); /* still there when its time comes */
    bulla_strike_register_free(strikes);
}

/* Strikes of a future that was revoked fill the register until then, rather than be forgotten. */
static void test_full_of_the_future(void **state) {
    (void)state;
    const int64_t day = 86400;
    bulla_strike_register *strikes = register_of(ROOM);
    for (uint64_t i = 0; i < ROOM; i++) {
        assert_true(is_new(strikes, i, NOW + day));
    }
    assert_false(is_new(strikes, ROOM, NOW));
    assert_false(is_new(strikes, 0, NOW + day + KEPT));
    assert_true(is_new(strikes, 0, NOW + day + KEPT + 1));
    bulla_strike_register_free(strikes);
}

static void test_times_at_the_ends(void **state) {
    (void)state;
    bulla_strike_register *strikes = register_of(ROOM);
    assert_true(is_new(strikes, 1, 0));
    assert_true(is_new(strikes, 2, INT64_MAX));
    assert_false(is_new(strikes, 2, INT64_MAX));
    assert_false(is_new(strikes, 3, INT64_MIN));
    assert_false(is_new(strikes, 3, 0));
    bulla_strike_register_free(strikes);
    strikes = register_of(ROOM);
    assert_true(is_new(strikes, 1, -NOW)); /* before 1970: a time like any other */
    assert_false(is_new(strikes, 1, -NOW));
    bulla_strike_register_free(strikes);
}

enum { NUM_STRIKES = 10000 };

struct contest {
    bulla_strike_register *strikes;
    _Atomic uint32_t num_new;
};

static void *take_part(void *argument) {
    struct contest *contest = argument;
    for (uint64_t i = 0; i < NUM_STRIKES; i++) {
        atomic_fetch_add(&contest->num_new, is_new(contest->strikes, i, NOW + (int64_t)(i % 10)));
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct contest contest = {.strikes = register_of(NUM_STRIKES)};
    run_threads(take_part, &contest);
    assert_int_equal(contest.num_new, NUM_STRIKES);
    bulla_strike_register_free(contest.strikes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_new_once),
        cmocka_unit_test(test_a_byte_apart),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_a_long_life),
        cmocka_unit_test(test_chosen_strikes),
        cmocka_unit_test(test_a_little_back),
        cmocka_unit_test(test_ahead_and_back),
        cmocka_unit_test(test_full_of_the_future),
        cmocka_unit_test(test_times_at_the_ends),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
