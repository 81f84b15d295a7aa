/* SPDX-License-Identifier: Apache-2.0 */
/* One line an event, in logfmt: time=... level=... event=... key=value key="two words".
 *
 * Whatever a peer sent is escaped, so that it can neither end the line nor drive a terminal. */
#ifndef NET_LOG_H
#define NET_LOG_H

#include "base/writer.h"

#include <stdio.h>

enum log_level { LOG_LEVEL_INVALID = 0, LOG_INFO, LOG_WARN, LOG_ERROR };

enum { LOG_LINE_MAX = 2048 };

/* Where lines go; `lowest` and above are written. */
struct log {
    FILE *file;
    enum log_level lowest;
};

struct log_line {
    uint8_t buffer[LOG_LINE_MAX];
    struct writer writer;
    enum log_level level;
};

void log_begin(struct log_line *line, enum log_level level, const char *event);
void log_text(struct log_line *line, const char *key, const char *value);
void log_bytes(struct log_line *line, const char *key, bulla_bytes value);
void log_number(struct log_line *line, const char *key, int64_t value);
/* Writes the line, cut where it is longer than LOG_LINE_MAX. */
void log_end(const struct log *log, struct log_line *line);

#endif
