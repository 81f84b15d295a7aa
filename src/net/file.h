/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read at once with a limit, and replaced so that nobody sees half of one. */
#ifndef NET_FILE_H
#define NET_FILE_H

#include "base/bytes.h"

#include <sys/types.h>

/* Room for a large bundle of CAs; keys and chains are far smaller. */
enum { FILE_LEN_MAX = 4 * 1024 * 1024 };

/* A file's content on the heap; it may be a private key, so file_free() wipes it. */
struct file {
    uint8_t *bytes;
    size_t len;
};

/* False with errno set: EFBIG above FILE_LEN_MAX, EISDIR for a directory. */
BULLA_MUST_CHECK bool file_read(struct file *out, const char *path);
void file_free(struct file *file);
bulla_bytes file_bytes(const struct file *file);

/* Writes beside `path`, flushes to the disk, then renames over it: after a crash either the old
 * file or the new one is there. False with errno set; then nothing has changed. */
BULLA_MUST_CHECK bool file_replace(const char *path, bulla_bytes content, mode_t mode);

#endif
