/* SPDX-License-Identifier: Apache-2.0 */
/* The system's two clocks: one that counts on for deadlines, one that tells the date. */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/* Never goes back; its zero means nothing. */
int64_t clock_monotonic_us(void);
int64_t clock_monotonic_ms(void);

/* Seconds since 1970, UTC. */
int64_t clock_now(void);

/* `wait_ms` from now, on the monotonic clock; CLOCK_NEVER where that is too far to count. */
int64_t clock_deadline_in(int64_t wait_ms);

enum { CLOCK_TEXT_LEN = 32 };

/* "2026-11-30T12:00:00Z", RFC 3339, into CLOCK_TEXT_LEN bytes; returns `out`. */
const char *clock_timestamp(int64_t seconds, char *out);
/* "Mon, 30 Nov 2026 12:00:00 GMT", RFC 9110 5.6.7, likewise. */
const char *clock_http_date(int64_t seconds, char *out);

#endif
