/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h over clock_gettime() and gmtime_r(). Dates outside the calendar's range read "?". */
#include "net/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_monotonic_us(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return 0;
    }
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void) {
    return clock_monotonic_us() / 1000;
}

int64_t clock_now(void) {
    return (int64_t)time(NULL);
}

int64_t clock_deadline_in(int64_t wait_ms) {
    int64_t now = clock_monotonic_ms();
    return wait_ms > CLOCK_NEVER - now ? CLOCK_NEVER : now + wait_ms;
}

const char *clock_timestamp(int64_t seconds, char *out) {
    time_t moment = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&moment, &parts) == NULL ||
        strftime(out, CLOCK_TEXT_LEN, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
        snprintf(out, CLOCK_TEXT_LEN, "?");
    }
    return out;
}

const char *clock_http_date(int64_t seconds, char *out) {
    time_t moment = (time_t)seconds;
    struct tm parts;
    if (gmtime_r(&moment, &parts) == NULL ||
        strftime(out, CLOCK_TEXT_LEN, "%a, %d %b %Y %H:%M:%S GMT", &parts) == 0) {
        snprintf(out, CLOCK_TEXT_LEN, "?");
    }
    return out;
}
