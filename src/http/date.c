/* SPDX-License-Identifier: Apache-2.0 */
/* The dates of date.h, each form as a pattern that is walked once: a letter stands for a part, any
 * other byte for itself. The name of the weekday is checked to be one, not to be the right one. */
#include "http/date.h"

#include "base/calendar.h"
#include "base/reader.h"

enum { YEARS_AHEAD_MAX = 50 };

static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool parse(bulla_bytes text, const char *pattern, struct calendar *out);
static bool parse_part(struct reader *text, char part, struct calendar *out);
static bool weekday(struct reader *text, bool whole);
static bool month(struct reader *text, int *out);
static bool digits(struct reader *text, size_t num, int *out);
static bool literal(struct reader *text, bulla_bytes expected);

bool http_date_parse(bulla_bytes text, int64_t now, int64_t *out) {
    struct calendar date = {0};
    struct calendar today;
    if (parse(text, "a, d b Y h:m:s GMT", &date) || parse(text, "a b e h:m:s Y", &date)) {
        return calendar_to_seconds(&date, out);
    }
    if (!parse(text, "A, d-b-y h:m:s GMT", &date) || !calendar_from_seconds(now, &today)) {
        return false;
    }
    /* RFC 850's two digits: never more than 50 years ahead. */
    date.year += today.year - today.year % 100;
    date.year -= date.year > today.year + YEARS_AHEAD_MAX ? 100 : 0;
    return calendar_to_seconds(&date, out);
}

static bool parse(bulla_bytes text, const char *pattern, struct calendar *out) {
    struct reader rest = reader_over(text);
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        if (!parse_part(&rest, pattern[i], out)) {
            return false;
        }
    }
    return reader_at_end(&rest);
}

static bool parse_part(struct reader *text, char part, struct calendar *out) {
    switch (part) {
    case 'a':
        return weekday(text, false);
    case 'A':
        return weekday(text, true);
    case 'b':
        return month(text, &out->month);
    case 'd':
        return digits(text, 2, &out->day);
    case 'e': /* asctime(): a blank for the first of two digits */
        return literal(text, BYTES_OF(" ")) ? digits(text, 1, &out->day)
                                            : digits(text, 2, &out->day);
    case 'Y':
        return digits(text, 4, &out->year);
    case 'y':
        return digits(text, 2, &out->year);
    case 'h':
        return digits(text, 2, &out->hour);
    case 'm':
        return digits(text, 2, &out->minute);
    case 's':
        return digits(text, 2, &out->second);
    default:
        return literal(text, bytes_of(&part, 1));
    }
}

static bool weekday(struct reader *text, bool whole) {
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        if (literal(text, bytes_of(days[i], whole ? strlen(days[i]) : 3))) {
            return true;
        }
    }
    return false;
}

static bool month(struct reader *text, int *out) {
    for (int i = 0; i < 12; i++) {
        if (literal(text, bytes_of_text(months[i]))) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static bool digits(struct reader *text, size_t num, int *out) {
    bulla_bytes bytes;
    int value = 0;
    if (!reader_bytes(text, num, &bytes)) {
        return false;
    }
    for (size_t i = 0; i < num; i++) {
        if (bytes.data[i] < '0' || bytes.data[i] > '9') {
            return false;
        }
        value = value * 10 + (bytes.data[i] - '0');
    }
    *out = value;
    return true;
}

/* Passes over `expected` where it stands there, and over nothing where it does not. */
static bool literal(struct reader *text, bulla_bytes expected) {
    return text->left >= expected.len &&
           bytes_equal(bytes_of(text->next, expected.len), expected) &&
           reader_skip(text, expected.len);
}
