/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of client.h. A response is complete where its own framing says so; one that ends with
 * the connection counts only if the peer said close_notify (RFC 8446 6.1), else it may have been
 * cut by anybody. */
#include "http/client.h"

#include "net/connect.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { REQUEST_LEN_MAX = 8192 };

struct call {
    struct http_client_result *result;
    const struct http_client_settings *settings;
    struct tls_stream *stream;
    struct http_exchange exchange;
    struct writer request;
    size_t request_sent;
};

static bool reach(struct http_client_result *result, const struct url *url,
                  const struct http_client_settings *settings, int *out_fd);
static bulla_cause talk(struct call *call, const struct url *url, bulla_config *config,
                        struct worker *worker, int fd);
static void fail_tls(struct http_client_result *result, bulla_cause cause);
static bulla_cause on_verify(void *owner);
static void on_handshake_done(void *owner);
static void on_data(void *owner, bulla_bytes data);
static void on_peer_closed(void *owner);
static void send_request(void *owner);
static void on_ended(void *owner, enum tls_stream_end end, int os_error);
static void conclude(struct call *call);

static const struct tls_stream_events stream_events = {
    .verify = on_verify,
    .handshake_done = on_handshake_done,
    .data = on_data,
    .peer_closed = on_peer_closed,
    .writable = send_request,
    .ended = on_ended,
};

void http_client_get(struct http_client_result *out, const struct url *url, bulla_config *config,
                     struct worker *worker, const struct http_client_settings *settings) {
    *out = (struct http_client_result){.alert_received = BULLA_ALERT_NONE};
    out->times.started = clock_monotonic_us();
    int fd;
    if (reach(out, url, settings, &fd)) {
        struct call *call = calloc(1, sizeof *call);
        bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
        if (call == NULL) {
            close(fd);
        } else {
            call->result = out;
            call->settings = settings;
            call->request = writer_growing(REQUEST_LEN_MAX);
            cause = talk(call, url, config, worker, fd);
            writer_free(&call->request);
            free(call);
        }
        if (cause != BULLA_OK) {
            fail_tls(out, cause);
        }
    }
    out->times.ended = clock_monotonic_us();
}

static bool reach(struct http_client_result *result, const struct url *url,
                  const struct http_client_settings *settings, int *out_fd) {
    struct addrinfo *addresses;
    result->system_error = address_resolve(&url->address, false, &addresses);
    if (result->system_error != 0) {
        result->outcome = HTTP_CLIENT_RESOLVE_FAILED;
        return false;
    }
    result->times.resolved = clock_monotonic_us();
    bool connected = connect_any(out_fd, result->address, addresses, settings->connect_ms);
    if (!connected) {
        result->system_error = errno;
        result->outcome = HTTP_CLIENT_CONNECT_FAILED;
    }
    freeaddrinfo(addresses);
    result->times.connected = clock_monotonic_us();
    return connected;
}

/* Everything on the connected socket. A cause is returned for what failed before the loop ran. */
static bulla_cause talk(struct call *call, const struct url *url, bulla_config *config,
                        struct worker *worker, int fd) {
    const struct tls_stream_limits limits = {.handshake_ms = call->settings->handshake_ms,
                                             .idle_ms = call->settings->idle_ms};
    bulla_connection *connection;
    http_exchange_request(url, &call->request);
    http_exchange_start(&call->exchange, call->settings->sink, call->settings->context);
    bulla_cause cause = bulla_connection_new_client(&connection, config, worker->workspace,
                                                    bytes_of_text(url->address.host));
    if (cause != BULLA_OK) {
        close(fd);
        return cause;
    }
    cause = tls_stream_open(&call->stream, worker, fd, connection, &stream_events, call, &limits);
    if (cause != BULLA_OK) {
        return cause;
    }
    loop_run(&worker->loop);
    return BULLA_OK;
}

static bulla_cause on_verify(void *owner) {
    const struct call *call = owner;
    return call->settings->verify(call->settings->context, tls_stream_connection(call->stream));
}

static void on_handshake_done(void *owner) {
    struct call *call = owner;
    call->result->handshake_done = true;
    call->result->times.tls = tls_stream_times(call->stream);
    call->settings->connected(call->settings->context, tls_stream_connection(call->stream));
    send_request(call);
}

static void send_request(void *owner) {
    struct call *call = owner;
    bulla_bytes request;
    if (!writer_finish(&call->request, &request)) {
        tls_stream_abort(call->stream);
        return;
    }
    bulla_bytes left =
        bytes_of(request.data + call->request_sent, request.len - call->request_sent);
    if (tls_stream_send(call->stream, &left)) {
        call->request_sent = request.len - left.len;
    }
}

static void on_data(void *owner, bulla_bytes data) {
    struct call *call = owner;
    http_exchange_receive(&call->exchange, data);
    if (call->exchange.state != HTTP_EXCHANGE_HEAD && call->exchange.state != HTTP_EXCHANGE_BODY) {
        tls_stream_close(call->stream);
    }
}

static void on_peer_closed(void *owner) {
    struct call *call = owner;
    http_exchange_end(&call->exchange);
    tls_stream_close(call->stream);
}

static void on_ended(void *owner, enum tls_stream_end end, int os_error) {
    struct call *call = owner;
    struct http_client_result *result = call->result;
    bulla_failure failure = bulla_connection_failure(tls_stream_connection(call->stream));
    result->times.tls = tls_stream_times(call->stream);
    result->system_error = os_error;
    switch (end) {
    case TLS_STREAM_CLOSED:
        conclude(call);
        break;
    case TLS_STREAM_FAILED:
        result->alert_received = failure.alert_received;
        fail_tls(result, failure.cause);
        break;
    case TLS_STREAM_HANDSHAKE_TIMEOUT:
        result->outcome = HTTP_CLIENT_HANDSHAKE_TIMEOUT;
        break;
    case TLS_STREAM_IDLE_TIMEOUT:
        result->outcome = HTTP_CLIENT_IDLE_TIMEOUT;
        break;
    case TLS_STREAM_SOCKET_ERROR:
    case TLS_STREAM_END_INVALID:
        result->outcome = HTTP_CLIENT_SOCKET_ERROR;
        break;
    }
}

/* The response's own verdict, once the connection ended as it should. */
static void conclude(struct call *call) {
    const struct http_exchange *exchange = &call->exchange;
    struct http_client_result *result = call->result;
    result->status = exchange->head.status;
    result->body_len = exchange->body_len;
    switch (exchange->state) {
    case HTTP_EXCHANGE_COMPLETE:
        result->outcome = HTTP_CLIENT_COMPLETE;
        break;
    case HTTP_EXCHANGE_STOPPED:
        result->outcome = HTTP_CLIENT_OUTPUT_FAILED;
        break;
    case HTTP_EXCHANGE_BROKEN:
    case HTTP_EXCHANGE_HEAD:
    case HTTP_EXCHANGE_BODY:
    case HTTP_EXCHANGE_INVALID:
        result->outcome = HTTP_CLIENT_BAD_RESPONSE;
        result->says = exchange->problem.says;
        break;
    }
}

static void fail_tls(struct http_client_result *result, bulla_cause cause) {
    result->outcome = HTTP_CLIENT_TLS_FAILED;
    result->cause = cause;
}
