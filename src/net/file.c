/* SPDX-License-Identifier: Apache-2.0 */
/* file.h over open(), fsync() and rename(). */
#include "net/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN_MAX = 4096 };

static bool read_all(int fd, struct file *out);
static bool write_all(int fd, bulla_bytes content);
static bool write_beside(const char *path, bulla_bytes content, mode_t mode);
static void sync_folder_of(const char *path);

bool file_read(struct file *out, const char *path) {
    *out = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = read_all(fd, out);
    int error = errno;
    close(fd);
    if (!ok) {
        file_free(out);
        errno = error;
    }
    return ok;
}

void file_free(struct file *file) {
    bytes_wipe_and_free(file->bytes, file->len);
    *file = (struct file){0};
}

bulla_bytes file_bytes(const struct file *file) {
    return bytes_of(file->bytes, file->len);
}

bool file_replace(const char *path, bulla_bytes content, mode_t mode) {
    char beside[PATH_LEN_MAX];
    int len = snprintf(beside, sizeof beside, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    /* A leftover of a crash; O_EXCL below then refuses whatever else may stand there. */
    unlink(beside);
    if (!write_beside(beside, content, mode) || rename(beside, path) != 0) {
        int error = errno;
        unlink(beside);
        errno = error;
        return false;
    }
    sync_folder_of(path);
    return true;
}

static bool write_beside(const char *path, bulla_bytes content, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return false;
    }
    /* fchmod: the mode that was asked for, whatever the umask. */
    bool ok = fchmod(fd, mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
    int error = errno;
    if (close(fd) != 0 && ok) {
        return false;
    }
    errno = error;
    return ok;
}

static bool write_all(int fd, bulla_bytes content) {
    while (content.len != 0) {
        ssize_t len = write(fd, content.data, content.len);
        if (len < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        content = bytes_of(content.data + len, content.len - (size_t)len);
    }
    return true;
}

/* Makes the rename itself durable. Some file systems refuse to sync a folder: no harm done. */
static void sync_folder_of(const char *path) {
    char folder[PATH_LEN_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Reads to the end rather than trust st_size: a pipe (process substitution) has none. */
static bool read_all(int fd, struct file *out) {
    size_t cap = 0;
    for (;;) {
        if (out->len == cap) {
            size_t bigger_cap = cap == 0 ? 8192 : cap * 2;
            uint8_t *bigger = malloc(bigger_cap);
            if (bigger == NULL) {
                return false;
            }
            bytes_copy(bigger, bigger_cap, file_bytes(out));
            bytes_wipe_and_free(out->bytes, out->len);
            out->bytes = bigger;
            cap = bigger_cap;
        }
        ssize_t len = read(fd, out->bytes + out->len, cap - out->len);
        if (len == 0) {
            return true;
        }
        if (len < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        out->len += (size_t)len;
        if (out->len > FILE_LEN_MAX) {
            errno = EFBIG;
            return false;
        }
    }
}
