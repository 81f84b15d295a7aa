/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people, of bounded length, built from parts that a stranger may have chosen. */
#ifndef X509_TEXT_H
#define X509_TEXT_H

#include "base/bytes.h"

/* Room that every text needs: the mark of a cut and the final zero. */
enum { TEXT_CAP_MIN = 4 };

/* Always terminated. What does not fit is left out, and "..." stands at the end instead; neither an
 * escape nor a character is ever cut in two. */
struct text {
    char *out;
    size_t cap;
    size_t len;
    bool cut; /* nothing is added any more */
};

/* Begins an empty text in `out` of `cap` (at least TEXT_CAP_MIN) bytes. */
struct text text_into(char *out, size_t cap);

/* Words of our own. */
void text_add(struct text *text, const char *words);
void text_add_number(struct text *text, int64_t number);

/* A stranger's UTF-8, escaped as RFC 4514 2.4 does it, so that it neither ends the line, nor steers
 * a terminal, nor reads as anything but one value: what is special in a distinguished name gets a
 * backslash; control and format characters and what is no UTF-8 become \XX for each byte. */
void text_add_untrusted(struct text *text, bulla_bytes value);

/* Two lower-case hexadecimal digits for each byte. */
void text_add_hex(struct text *text, bulla_bytes bytes);
/* A certificate's serial number in hex: without the octet that only says that it is positive. */
void text_add_serial(struct text *text, bulla_bytes serial);

/* "2026-11-23 12:00:00 UTC"; any number of seconds since 1970. */
void text_add_time(struct text *text, int64_t seconds);

/* "3 days 4 hours", the two largest units of a span. */
void text_add_span(struct text *text, int64_t seconds);

#endif
