/* SPDX-License-Identifier: Apache-2.0 */
/* The logfmt writer of log.h. A value that has no room is left out whole: a line never ends in the
 * middle of a quoted text. */
#include "net/log.h"

#include "net/clock.h"

#include <inttypes.h>

/* One byte of the buffer is kept for the end of the line. */
enum { ROOM_FOR_END = 1 };

static const char *const level_names[] = {"", "info", "warn", "error"};

static void write_value(struct writer *writer, bulla_bytes value);
static bool is_bare(bulla_bytes value);

void log_begin(struct log_line *line, enum log_level level, const char *event) {
    char now[CLOCK_TEXT_LEN];
    line->level = level;
    line->writer = writer_into(line->buffer, sizeof line->buffer - ROOM_FOR_END);
    writer_text(&line->writer, "time=");
    writer_text(&line->writer, clock_timestamp(clock_now(), now));
    log_text(line, "level", level_names[level]);
    log_text(line, "event", event);
}

void log_text(struct log_line *line, const char *key, const char *value) {
    log_bytes(line, key, bytes_of_text(value));
}

void log_bytes(struct log_line *line, const char *key, bulla_bytes value) {
    struct writer before = line->writer;
    writer_u8(&line->writer, ' ');
    writer_text(&line->writer, key);
    writer_u8(&line->writer, '=');
    write_value(&line->writer, value);
    if (line->writer.failed) {
        line->writer = before;
    }
}

void log_number(struct log_line *line, const char *key, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    log_text(line, key, text);
}

void log_end(const struct log *log, struct log_line *line) {
    if (line->level < log->lowest) {
        return;
    }
    line->buffer[line->writer.len] = '\n';
    fwrite(line->buffer, 1, line->writer.len + 1, log->file);
    fflush(log->file);
}

static void write_value(struct writer *writer, bulla_bytes value) {
    if (is_bare(value)) {
        writer_bytes(writer, value);
        return;
    }
    writer_u8(writer, '"');
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c == '"' || c == '\\') {
            writer_u8(writer, '\\');
            writer_u8(writer, c);
        } else if (c < ' ' || c >= 0x7f) {
            char escaped[8];
            snprintf(escaped, sizeof escaped, "\\x%02x", c);
            writer_text(writer, escaped);
        } else {
            writer_u8(writer, c);
        }
    }
    writer_u8(writer, '"');
}

static bool is_bare(bulla_bytes value) {
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') {
            return false;
        }
    }
    return value.len != 0;
}
