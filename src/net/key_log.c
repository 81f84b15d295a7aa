/* SPDX-License-Identifier: Apache-2.0 */
/* key_log.h: each line goes out in one write() to a file opened for appending, so that the lines of
 * several processes do not mix. */
#include "net/key_log.h"

#include "base/writer.h"

#include <fcntl.h>
#include <unistd.h>

/* The longest label (31), two blanks, a random of 32 and a secret of 48 bytes in hex, and room. */
enum { LINE_MAX_LEN = 512 };

static void write_line(void *context, const char *line, size_t len);

bool key_log_open(struct key_log *log, const char *path) {
    log->fd = -1;
    if (path == NULL || path[0] == '\0') {
        return true;
    }
    log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return log->fd >= 0;
}

void key_log_close(struct key_log *log) {
    if (log->fd >= 0) {
        close(log->fd);
    }
    log->fd = -1;
}

void key_log_attach(struct key_log *log, bulla_config_builder *builder) {
    if (log->fd >= 0) {
        bulla_config_set_key_log(builder, write_line, log);
    }
}

/* A full disk must not break a connection: a line that can't be written is lost. */
static void write_line(void *context, const char *line, size_t len) {
    const struct key_log *log = context;
    uint8_t buffer[LINE_MAX_LEN];
    struct writer writer = writer_into(buffer, sizeof buffer);
    writer_bytes(&writer, bytes_of(line, len));
    writer_u8(&writer, '\n');
    bulla_bytes whole;
    if (writer_finish(&writer, &whole)) {
        ssize_t written = write(log->fd, whole.data, whole.len);
        (void)written;
    }
    bytes_wipe(buffer, sizeof buffer);
}
