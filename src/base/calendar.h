/* SPDX-License-Identifier: Apache-2.0 */
/* UTC dates and seconds since 1970-01-01T00:00:00Z, in the proleptic Gregorian calendar without
 * leap seconds, as POSIX and X.509 count. Years 0 to 9999: what GeneralizedTime can write. */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <bulla/bytes.h>
#include <stdbool.h>

struct calendar {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour, minute, second;
};

/* False for a date or time of day that does not exist, 23:59:60 included. */
BULLA_MUST_CHECK bool calendar_to_seconds(const struct calendar *date, int64_t *out_seconds);

/* False outside the years 0 to 9999. */
BULLA_MUST_CHECK bool calendar_from_seconds(int64_t seconds, struct calendar *out_date);

#endif
