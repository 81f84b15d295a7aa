/* SPDX-License-Identifier: Apache-2.0 */
/* What the peer is told on its command line, and the config that it makes of that. */
#ifndef INTEROP_SETTINGS_H
#define INTEROP_SETTINGS_H

#include <bulla/bulla.h>
#include <stdbool.h>

enum { SETTINGS_LIST_MAX = 8, SETTINGS_PLANS_MAX = 2 };

struct credential_files {
    const char *chain, *key, *staple;
};

struct number_list {
    uint16_t values[SETTINGS_LIST_MAX];
    size_t num_values;
};

/* Of one connection. NULL and 0 are what was not asked for. */
struct settings {
    const char *name, *ca, *alpn, *client_auth, *revocation;
    struct credential_files credentials[SETTINGS_LIST_MAX];
    size_t num_credentials;
    struct number_list groups, suites;
    uint16_t min, max;
    bool resume, tickets, store;
    const char *session_in, *session_out;
    unsigned long early_data_max;
    const char *early_data, *say, *until; /* a client's */
};

/* Of the whole run: the plan of the first connection, and that of all later ones. */
struct plans {
    bool is_server;
    const char *address; /* HOST:PORT */
    unsigned long times;
    struct settings plans[SETTINGS_PLANS_MAX];
    size_t num_plans;
};

/* What the connections of a run share: without it nothing would be resumed. */
struct shared {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    bulla_workspace *workspace;
};

/* False, with a line on stderr, for what is not understood. */
bool plans_parse(struct plans *out, int argc, char **argv);

bulla_cause shared_new(struct shared *out);
void shared_free(struct shared *shared);

/* BULLA_E_API_MISUSE too where a file can't be read; a line on stderr says which. */
bulla_cause settings_config(bulla_config **out, const struct settings *settings, bool is_server,
                            const struct shared *shared);

struct file {
    uint8_t *bytes;
    size_t len;
};

/* A whole file on the heap; false, with a line on stderr, where it can't be read or is empty. */
bool file_read(struct file *out, const char *path);
void file_free(struct file *file);
bulla_bytes file_bytes(const struct file *file);
bulla_bytes text_bytes(const char *text);

#endif
