/* SPDX-License-Identifier: Apache-2.0 */
/* The key log, RFC 9850: the secrets of every connection, appended to the file that SSLKEYLOGFILE
 * names, for Wireshark. Whoever reads that file reads the traffic. */
#ifndef NET_KEY_LOG_H
#define NET_KEY_LOG_H

#include <bulla/config.h>
#include <stdbool.h>

struct key_log {
    int fd; /* -1: off */
};

/* Opens `path` (mode 0600 where it is made); NULL or empty leaves the log off. False where the
 * file can't be opened, with errno set. */
BULLA_MUST_CHECK bool key_log_open(struct key_log *log, const char *path);
void key_log_close(struct key_log *log);

/* Has the config write to the log, where it is on. `log` outlives the config. */
void key_log_attach(struct key_log *log, bulla_config_builder *builder);

#endif
