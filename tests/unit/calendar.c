/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/calendar.c: known dates, every day of ten thousand years, dates that do not exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/calendar.h"

static const int64_t seconds_first = INT64_C(-62167219200); /* 0000-01-01T00:00:00Z */
static const int64_t seconds_last = INT64_C(253402300799);  /* 9999-12-31T23:59:59Z */

/* From `date -u -d ... +%s`. */
static const struct {
    struct calendar date;
    int64_t seconds;
} rows[] = {
    {{1970, 1, 1, 0, 0, 0}, 0},
    {{1969, 12, 31, 23, 59, 59}, -1},
    {{1950, 1, 1, 0, 0, 0}, -631152000},
    {{2000, 2, 29, 12, 34, 56}, 951827696},
    {{2038, 1, 19, 3, 14, 8}, INT64_C(2147483648)},
    {{2049, 12, 31, 23, 59, 59}, INT64_C(2524607999)},
    {{2100, 3, 1, 0, 0, 0}, INT64_C(4107542400)},
    {{0, 1, 1, 0, 0, 0}, INT64_C(-62167219200)},
    {{9999, 12, 31, 23, 59, 59}, INT64_C(253402300799)},
};

static void assert_same(const struct calendar *a, const struct calendar *b) {
    assert_int_equal(a->year, b->year);
    assert_int_equal(a->month, b->month);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->hour, b->hour);
    assert_int_equal(a->minute, b->minute);
    assert_int_equal(a->second, b->second);
}

static void test_known_dates(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t seconds;
        struct calendar date;
        assert_true(calendar_to_seconds(&rows[i].date, &seconds));
        assert_true(seconds == rows[i].seconds);
        assert_true(calendar_from_seconds(rows[i].seconds, &date));
        assert_same(&date, &rows[i].date);
    }
}

/* Each day follows the one before it, and both directions agree. */
static void test_every_day(void **state) {
    (void)state;
    struct calendar before = {-1, 12, 31, 0, 0, 0};
    for (int64_t seconds = seconds_first; seconds <= seconds_last; seconds += 86400) {
        struct calendar date;
        int64_t again;
        bool good = calendar_from_seconds(seconds, &date) && calendar_to_seconds(&date, &again) &&
                    again == seconds;
        bool next_day = date.day == before.day + 1 && date.month == before.month;
        bool next_month = date.day == 1 && date.month == before.month + 1 && before.day >= 28;
        bool next_year = date.day == 1 && date.month == 1 && before.month == 12 &&
                         before.day == 31 && date.year == before.year + 1;
        if (!good || !(next_day || next_month || next_year)) {
            fail_msg("%d-%d-%d does not follow %d-%d-%d", date.year, date.month, date.day,
                     before.year, before.month, before.day);
        }
        before = date;
    }
    assert_int_equal(before.year, 9999);
}

static void test_outside_of_the_range(void **state) {
    (void)state;
    struct calendar date;
    assert_true(calendar_from_seconds(seconds_first, &date));
    assert_false(calendar_from_seconds(seconds_first - 1, &date));
    assert_true(calendar_from_seconds(seconds_last, &date));
    assert_false(calendar_from_seconds(seconds_last + 1, &date));
    assert_false(calendar_from_seconds(INT64_MIN, &date));
    assert_false(calendar_from_seconds(INT64_MAX, &date));
}

static void test_dates_that_do_not_exist(void **state) {
    (void)state;
    const struct calendar wrong[] = {
        {-1, 12, 31, 0, 0, 0},  {10000, 1, 1, 0, 0, 0},     {2023, 0, 1, 0, 0, 0},
        {2023, 13, 1, 0, 0, 0}, {2023, 1, 0, 0, 0, 0},      {2023, 1, 32, 0, 0, 0},
        {2023, 4, 31, 0, 0, 0}, {2023, 2, 29, 0, 0, 0},     {1900, 2, 29, 0, 0, 0},
        {2100, 2, 29, 0, 0, 0}, {2024, 2, 30, 0, 0, 0},     {2023, 1, 1, 24, 0, 0},
        {2023, 1, 1, 0, 60, 0}, {2016, 12, 31, 23, 59, 60}, {2023, 1, 1, -1, 0, 0},
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(calendar_to_seconds(&wrong[i], &seconds));
    }
}

static void test_leap_days_that_exist(void **state) {
    (void)state;
    const struct calendar right[] = {{2024, 2, 29, 0, 0, 0},
                                     {2000, 2, 29, 0, 0, 0},
                                     {1600, 2, 29, 0, 0, 0},
                                     {0, 2, 29, 0, 0, 0}};
    int64_t seconds;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_true(calendar_to_seconds(&right[i], &seconds));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_dates),          cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_outside_of_the_range), cmocka_unit_test(test_dates_that_do_not_exist),
        cmocka_unit_test(test_leap_days_that_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
