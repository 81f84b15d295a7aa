/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTPS server: a listener, and for each peer a TLS stream with an HTTP session on it. Every
 * connection that ends badly is one line in the log that says what the peer did. */
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
    size_t connections_max; /* further peers wait in the system's queue */
    int64_t handshake_ms;   /* from the first byte to the last of the handshake */
    int64_t request_ms;     /* for a request's head to come in whole */
    int64_t idle_ms;        /* without a byte either way */
    int64_t drain_ms;       /* for responses under way, once the server is told to stop */
};

struct http_server_settings http_server_defaults(void);

struct http_server;

/* Starts to accept from `listener` (open, and outliving the server) in the worker's loop. Takes a
 * reference to `config`. */
BULLA_MUST_CHECK bulla_cause http_server_start(struct http_server **out, struct worker *worker,
                                               struct listener *listener, bulla_config *config,
                                               const struct http_server_settings *settings,
                                               const struct log *log, http_server_answer answer,
                                               void *context);

/* Connections that come from now on use `config`. */
void http_server_set_config(struct http_server *server, bulla_config *config);

/* Stops accepting, closes idle connections, and lets responses finish for `drain_ms`; the loop then
 * runs out. Called again, it cuts them off. */
void http_server_stop(struct http_server *server);

/* After the loop has returned. */
void http_server_free(struct http_server *server);

#endif
