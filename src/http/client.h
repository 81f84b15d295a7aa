/* SPDX-License-Identifier: Apache-2.0 */
/* One GET over TLS: resolve, connect, handshake, request, response. Blocks until it is over. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http/exchange.h"
#include "net/tls_stream.h"

enum http_client_outcome {
    HTTP_CLIENT_INVALID = 0,
    HTTP_CLIENT_COMPLETE,       /* the whole response came, whatever its status */
    HTTP_CLIENT_RESOLVE_FAILED, /* `system_error` is getaddrinfo()'s */
    HTTP_CLIENT_CONNECT_FAILED, /* `system_error` is an errno */
    HTTP_CLIENT_TLS_FAILED,     /* `cause`, `alert_received` */
    HTTP_CLIENT_HANDSHAKE_TIMEOUT,
    HTTP_CLIENT_IDLE_TIMEOUT,
    HTTP_CLIENT_SOCKET_ERROR, /* `system_error` is an errno */
    HTTP_CLIENT_BAD_RESPONSE, /* `says` */
    HTTP_CLIENT_OUTPUT_FAILED /* the sink refused the body */
};

struct http_client_times { /* clock_monotonic_us() */
    int64_t started, resolved, connected, ended;
    struct tls_stream_times tls;
};

struct http_client_result {
    enum http_client_outcome outcome;
    int system_error;
    bulla_cause cause;
    unsigned alert_received;
    bool handshake_done;
    const char *says;
    unsigned status;
    uint64_t body_len;
    char address[ADDRESS_TEXT_LEN]; /* the one that was connected to; empty for none */
    struct http_client_times times;
};

struct http_client_settings {
    int64_t connect_ms;
    int64_t handshake_ms;
    int64_t idle_ms;
    /* Judges the server's chain; the config has BULLA_ASK_VERIFY. */
    bulla_cause (*verify)(void *context, const bulla_connection *connection);
    /* The handshake is done; `times` has what is known so far. */
    void (*connected)(void *context, const bulla_connection *connection);
    bool (*sink)(void *context, bulla_bytes body);
    void *context;
};

void http_client_get(struct http_client_result *out, const struct url *url, bulla_config *config,
                     struct worker *worker, const struct http_client_settings *settings);

#endif
