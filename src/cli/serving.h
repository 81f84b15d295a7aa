/* SPDX-License-Identifier: Apache-2.0 */
/* What `up` and `serve` have in common: listening, the config, the workers, signals, the end. */
#ifndef CLI_SERVING_H
#define CLI_SERVING_H

#include "cli/exit.h"
#include "http/server.h"
#include "net/file_watch.h"
#include "net/key_log.h"

/* Where to listen: a path where it is not NULL, else the address. */
struct serving_place {
    const char *unix_path;
    struct address address;
};

/* What a config is made of. */
struct serving_material {
    bulla_credential *const *credentials; /* one for each name, or several kinds for one */
    size_t num_credentials;
    bulla_trust *trust; /* clients are judged by it; NULL: they are not asked */
    bulla_client_auth client_auth;
    bulla_crls *crls; /* NULL: revocation is not looked at */
};

struct serving_run;

struct serving {
    const char *verb;
    struct listener listener; /* the first worker's */
    bool adopted;             /* it was given to us by a supervisor */
    struct key_log key_log;
    struct log log;
    bulla_policy policy;
    uint16_t tls_min, tls_max;      /* 0: as the policy has it */
    bulla_ticket_keys *ticket_keys; /* by serving_open(): of all configs that follow one another */
    struct http_server_settings settings;
    unsigned num_workers; /* by serving_open(): one for each processor */
    unsigned connections_max, per_address_max;
    http_server_answer answer; /* called by all workers */
    void *context;
    /* Called in the first worker's thread: now and then, at SIGHUP, and when a watched file may
     * have changed. NULL where there is nothing to renew; serving_set_config() what is new. */
    void (*tend)(void *context, struct serving *serving);
    bool tends_by_time;
    /* Names the files to watch; NULL for none. */
    void (*watch)(void *context, struct file_watch *watch);
    struct serving_run *run; /* while it runs */
};

/* Opens the port and the key log, with a line on stderr where that fails. With `may_adopt`, sockets
 * that a supervisor hands over take the place of `place`. serving_close() it. */
BULLA_MUST_CHECK bool serving_open(struct serving *serving, const char *verb,
                                   const struct serving_place *place, bool may_adopt);
void serving_close(struct serving *serving);

BULLA_MUST_CHECK bulla_cause serving_config(struct serving *serving,
                                            const struct serving_material *material,
                                            bulla_config **out);

/* "127.0.0.1:8443, [::1]:8443" on stdout. */
void serving_print_addresses(const struct serving *serving);

/* Serves until SIGINT or SIGTERM. `not_after`: of the certificates of `config`. */
enum exit_code serving_run(struct serving *serving, bulla_config *config, int64_t not_after);

/* Within `tend`: connections that come from now on use `config`. */
void serving_set_config(struct serving *serving, bulla_config *config, int64_t not_after);

/* Opens the key log that SSLKEYLOGFILE names, with a warning; nothing where it is not set. */
BULLA_MUST_CHECK bool serving_open_key_log(struct key_log *out, const char *verb);

#endif
