/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTPS server of one worker: a listener, and for each peer a TLS stream with an HTTP session on
 * it. Every connection that ends badly is one line in the log that says what the peer did. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/session.h"
#include "net/listener.h"
#include "net/log.h"
#include "net/tls_stream.h"

/* Answers a GET or HEAD request for `path`. */
typedef void (*http_server_answer)(void *context, const bulla_connection *connection,
                                   bulla_bytes path, struct http_response *out);

struct http_server_settings {
    int64_t handshake_ms; /* from the first byte to the last of the handshake */
    int64_t request_ms;   /* for a request's head to come in whole */
    int64_t idle_ms;      /* without a byte either way */
    int64_t drain_ms;     /* for responses under way, once the server is told to stop */
    const char *hsts;     /* Strict-Transport-Security's value; NULL for no such field */
};

struct http_server_settings http_server_defaults(void);

/* What one worker's server works with. All of it outlives the server, but for the config, of which
 * it takes a reference. */
struct http_server_setup {
    struct listener *listener; /* open */
    struct admission *admission;
    bulla_config *config;
    int64_t not_after; /* of the certificates of `config`, the first to expire; INT64_MAX: none */
    struct http_server_settings settings;
    const struct log *log;
    http_server_answer answer; /* called by several threads where there are several workers */
    void *context;
};

/* What happened so far. */
struct http_server_counts {
    uint64_t connections; /* accepted and let in */
    uint64_t refused;     /* those above the limit per address */
    uint64_t handshakes;  /* that were done */
    uint64_t requests;
};

struct http_server;

/* Starts to accept in the worker's loop. */
BULLA_MUST_CHECK bulla_cause http_server_start(struct http_server **out, struct worker *worker,
                                               const struct http_server_setup *setup);

/* These two may be called by any thread. */
struct http_server_counts http_server_counts(const struct http_server *server);
/* Connections that come from now on use `config`. */
void http_server_set_config(struct http_server *server, bulla_config *config, int64_t not_after);

/* For any thread. Stops accepting, answers requests for a moment more, the last of each connection
 * with a word that it is the last, and lets responses finish for `drain_ms`; the loop then runs
 * out. Called again, it cuts them off. */
void http_server_stop(struct http_server *server);

/* After the loop has returned. */
void http_server_free(struct http_server *server);

#endif
