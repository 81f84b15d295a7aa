/* SPDX-License-Identifier: Apache-2.0 */
/* Tells when one of some files may have changed: rewritten, renamed over, or a symbolic link to it
 * set anew, at any place of its path that is a link in its own folder.
 *
 * What is watched are the folders, as a file that is replaced takes its watch with it. A burst of
 * changes is told once, when it has been quiet for FILE_WATCH_QUIET_MS: a certificate and its key
 * are written one after the other. */
#ifndef NET_FILE_WATCH_H
#define NET_FILE_WATCH_H

#include "net/loop.h"

enum { FILE_WATCH_QUIET_MS = 250, FILE_WATCH_LATEST_MS = 2000, FILE_WATCH_FOLDERS_MAX = 64 };

struct file_watch;

/* Calls `changed` in the loop. NULL without memory. A folder that cannot be watched is passed over:
 * file_watch_num_missed() says how many. */
BULLA_MUST_CHECK struct file_watch *file_watch_new(struct loop *loop,
                                                   void (*changed)(void *context), void *context);
/* Watches the folder of `path`, and, where `path` is a link, those that the link leads through. */
void file_watch_add(struct file_watch *watch, const char *path);
size_t file_watch_num_missed(const struct file_watch *watch);
/* Before loop_free(). */
void file_watch_free(struct file_watch *watch);

#endif
