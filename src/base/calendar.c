/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as day numbers: day 0 is 0000-01-01, a year's days are counted from its first of January.
 * The C library's timegm() and gmtime() are not used: they depend on the platform's range. */
#include "base/calendar.h"

enum { YEAR_MAX = 9999, SECONDS_PER_DAY = 86400, DAY_OF_1970 = 719528 };

/* The Gregorian calendar repeats after 400 years, which are this many days. */
enum { CYCLE_YEARS = 400, CYCLE_DAYS = 146097 };

static bool is_leap(int year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* The rounded-up quotients count the leap years before `year`, year 0 being one. */
static int days_before_year(int year) {
    return 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
}

static bool exists(const struct calendar *date) {
    return date->year >= 0 && date->year <= YEAR_MAX && date->month >= 1 && date->month <= 12 &&
           date->day >= 1 && date->day <= days_in_month(date->year, date->month) &&
           date->hour >= 0 && date->hour < 24 && date->minute >= 0 && date->minute < 60 &&
           date->second >= 0 && date->second < 60;
}

bool calendar_to_seconds(const struct calendar *date, int64_t *out_seconds) {
    if (!exists(date)) {
        return false;
    }
    int day = days_before_year(date->year) + date->day - 1;
    for (int month = 1; month < date->month; month++) {
        day += days_in_month(date->year, month);
    }
    int second_of_day = (date->hour * 60 + date->minute) * 60 + date->second;
    *out_seconds = (int64_t)(day - DAY_OF_1970) * SECONDS_PER_DAY + second_of_day;
    return true;
}

bool calendar_from_seconds(int64_t seconds, struct calendar *out_date) {
    const int64_t first = -(int64_t)DAY_OF_1970 * SECONDS_PER_DAY;
    const int64_t end = first + (int64_t)days_before_year(YEAR_MAX + 1) * SECONDS_PER_DAY;
    if (seconds < first || seconds >= end) {
        return false;
    }
    int day = (int)((seconds - first) / SECONDS_PER_DAY);
    int second_of_day = (int)((seconds - first) % SECONDS_PER_DAY);

    /* The quotient is off by one at most, near the turn of a year. */
    int year = (int)((int64_t)day * CYCLE_YEARS / CYCLE_DAYS);
    if (days_before_year(year) > day) {
        year--;
    } else if (days_before_year(year + 1) <= day) {
        year++;
    }
    day -= days_before_year(year);
    int month = 1;
    while (day >= days_in_month(year, month)) {
        day -= days_in_month(year, month);
        month++;
    }
    *out_date = (struct calendar){.year = year,
                                  .month = month,
                                  .day = day + 1,
                                  .hour = second_of_day / 3600,
                                  .minute = second_of_day / 60 % 60,
                                  .second = second_of_day % 60};
    return true;
}
