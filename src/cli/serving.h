/* SPDX-License-Identifier: Apache-2.0 */
/* What `up` and `serve` have in common: listening, the config, the loop, the end. */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "cli/exit.h"
#include "http/server.h"
#include "net/key_log.h"

struct serving {
    const char *verb;
    struct listener listener;
    struct key_log key_log;
    struct log log;
    bulla_policy policy;
    bulla_ticket_keys *ticket_keys; /* by serving_open(): of all configs that follow one another */
    struct http_server_settings settings;
    http_server_answer answer;
    void *context;
    /* Called now and then while the server runs; NULL where there is nothing to renew. */
    void (*tend)(void *context, struct http_server *server, const struct log *log);
};

/* Opens the port and the key log, with a line on stderr where that fails. serving_close() it. */
BULLA_MUST_CHECK bool serving_open(struct serving *serving, const char *verb,
                                   const struct address *address);
void serving_close(struct serving *serving);

/* A config for a server that shows `credential`, and judges clients by `trust` where it is not
 * NULL. */
BULLA_MUST_CHECK bulla_cause serving_config(struct serving *serving, bulla_credential *credential,
                                            bulla_trust *trust, bulla_client_auth client_auth,
                                            bulla_config **out);

/* "127.0.0.1:8443, [::1]:8443" on stdout. */
void serving_print_addresses(const struct serving *serving);

/* Serves until SIGINT or SIGTERM. */
enum exit_code serving_run(struct serving *serving, bulla_config *config);

/* Opens the key log that SSLKEYLOGFILE names, with a warning; nothing where it is not set. */
BULLA_MUST_CHECK bool serving_open_key_log(struct key_log *out, const char *verb);

#endif
