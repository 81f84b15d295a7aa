/* SPDX-License-Identifier: Apache-2.0 */
/* The glue of server.h: accepted socket -> TLS stream -> HTTP session -> TLS stream. */
#include "http/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct peer {
    struct http_server *server;
    struct tls_stream *stream;
    struct http_session *session;
    struct peer *previous, *next;
    char address[ADDRESS_TEXT_LEN];
    bool limited; /* a request's head is on its way, and the clock runs */
    bool said_goodbye;
};

struct http_server {
    struct worker *worker;
    struct listener *listener;
    bulla_config *config;
    struct http_server_settings settings;
    const struct log *log;
    http_server_answer answer;
    void *context;
    struct peer *peers;
    size_t num_peers;
    struct loop_watch drain_timer;
    bool stopping, drain_timer_runs;
    bool short_of_sockets; /* said once, until a peer is accepted again */
};

static void on_accepted(void *context, int fd, const char *address);
static void on_refused(void *context, int os_error);
static void on_drained(void *owner, unsigned events);
static struct peer *add_peer(struct http_server *server, const char *address);
static void remove_peer(struct peer *peer);
static bulla_cause open_stream(struct peer *peer, int fd);
static void on_data(void *owner, bulla_bytes data);
static void on_peer_closed(void *owner);
static void on_writable(void *owner);
static void on_limit_reached(void *owner);
static void on_ended(void *owner, enum tls_stream_end end, int os_error);
static void pump(struct peer *peer);
static void settle(struct peer *peer);
static void on_answer(void *owner, const struct http_head *request, bulla_bytes path,
                      struct http_response *out);
static void on_answered(void *owner, const struct http_head *request, unsigned status,
                        uint64_t body_len);
static int64_t now(void *owner);
static void log_end_of(const struct peer *peer, enum tls_stream_end end, int os_error);
static void log_failure(const struct peer *peer, struct log_line *line);

static const struct tls_stream_events stream_events = {
    .data = on_data,
    .peer_closed = on_peer_closed,
    .writable = on_writable,
    .limit_reached = on_limit_reached,
    .ended = on_ended,
};

static const struct http_session_events session_events = {
    .answer = on_answer, .answered = on_answered, .now = now};

struct http_server_settings http_server_defaults(void) {
    return (struct http_server_settings){
        .connections_max = 1024,
        .handshake_ms = 10 * 1000,
        .request_ms = 10 * 1000,
        .idle_ms = 60 * 1000,
        .drain_ms = 5 * 1000,
    };
}

bulla_cause http_server_start(struct http_server **out, struct worker *worker,
                              struct listener *listener, bulla_config *config,
                              const struct http_server_settings *settings, const struct log *log,
                              http_server_answer answer, void *context) {
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    *server = (struct http_server){
        .worker = worker,
        .listener = listener,
        .config = bulla_config_ref(config),
        .settings = *settings,
        .log = log,
        .answer = answer,
        .context = context,
    };
    listener->accepted = on_accepted;
    listener->refused = on_refused;
    listener->context = server;
    if (!listener_start(listener, &worker->loop)) {
        http_server_free(server);
        return BULLA_E_OUT_OF_MEMORY;
    }
    *out = server;
    return BULLA_OK;
}

void http_server_set_config(struct http_server *server, bulla_config *config) {
    bulla_config *old = server->config;
    server->config = bulla_config_ref(config);
    bulla_config_free(old);
}

void http_server_stop(struct http_server *server) {
    bool again = server->stopping;
    server->stopping = true;
    listener_close(server->listener);
    struct peer *peer = server->peers;
    while (peer != NULL) {
        struct peer *next = peer->next;
        if (again) {
            tls_stream_abort(peer->stream);
        } else if (http_session_state(peer->session) != HTTP_SESSION_ANSWERING) {
            tls_stream_close(peer->stream);
        }
        peer = next;
    }
    if (!again && server->peers != NULL) {
        server->drain_timer = (struct loop_watch){
            .fd = -1,
            .deadline_ms = clock_deadline_in(server->settings.drain_ms),
            .background = true,
            .ready = on_drained,
            .owner = server,
        };
        server->drain_timer_runs = loop_add(&server->worker->loop, &server->drain_timer);
    }
}

void http_server_free(struct http_server *server) {
    while (server->peers != NULL) {
        remove_peer(server->peers);
    }
    if (server->drain_timer_runs) {
        loop_remove(&server->worker->loop, &server->drain_timer);
    }
    bulla_config_free(server->config);
    free(server);
}

static void on_drained(void *owner, unsigned events) {
    (void)events;
    http_server_stop(owner);
}

static void on_accepted(void *context, int fd, const char *address) {
    struct http_server *server = context;
    struct log_line line;
    struct peer *peer = add_peer(server, address);
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    server->short_of_sockets = false;
    if (peer == NULL) {
        close(fd);
    } else {
        cause = open_stream(peer, fd);
    }
    if (cause != BULLA_OK) {
        log_begin(&line, LOG_ERROR, "peer_refused");
        log_text(&line, "peer", address);
        log_text(&line, "cause", bulla_cause_about(cause)->name);
        log_text(&line, "says", bulla_cause_about(cause)->says);
        log_end(server->log, &line);
        if (peer != NULL) {
            remove_peer(peer);
        }
    }
    if (server->num_peers >= server->settings.connections_max) {
        listener_pause(server->listener);
    }
}

static bulla_cause open_stream(struct peer *peer, int fd) {
    struct http_server *server = peer->server;
    bulla_connection *connection;
    bulla_cause cause =
        bulla_connection_new_server(&connection, server->config, server->worker->workspace);
    if (cause != BULLA_OK) {
        close(fd);
        return cause;
    }
    const struct tls_stream_limits limits = {.handshake_ms = server->settings.handshake_ms,
                                             .idle_ms = server->settings.idle_ms};
    return tls_stream_open(&peer->stream, server->worker, fd, connection, &stream_events, peer,
                           &limits);
}

static void on_refused(void *context, int os_error) {
    struct http_server *server = context;
    if (server->short_of_sockets) {
        return;
    }
    struct log_line line;
    server->short_of_sockets = true;
    log_begin(&line, LOG_ERROR, "accept_failed");
    log_text(&line, "says", strerror(os_error));
    log_text(&line, "fix", "raise the limit on open files (ulimit -n)");
    log_end(server->log, &line);
}

static struct peer *add_peer(struct http_server *server, const char *address) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->session = http_session_new(&session_events, peer);
    if (peer->session == NULL) {
        free(peer);
        return NULL;
    }
    peer->server = server;
    snprintf(peer->address, sizeof peer->address, "%s", address);
    peer->next = server->peers;
    if (peer->next != NULL) {
        peer->next->previous = peer;
    }
    server->peers = peer;
    server->num_peers++;
    return peer;
}

static void remove_peer(struct peer *peer) {
    struct http_server *server = peer->server;
    *(peer->previous == NULL ? &server->peers : &peer->previous->next) = peer->next;
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    server->num_peers--;
    http_session_free(peer->session);
    free(peer);
    if (server->listener->paused && server->num_peers < server->settings.connections_max) {
        listener_resume(server->listener);
    }
}

static void on_data(void *owner, bulla_bytes data) {
    struct peer *peer = owner;
    http_session_receive(peer->session, data);
    pump(peer);
}

/* The response under way still goes out: closing one direction is allowed, RFC 8446 6.1. What is
 * left to do is settle()'s, once it is out. */
static void on_peer_closed(void *owner) {
    struct peer *peer = owner;
    peer->said_goodbye = true;
    if (http_session_state(peer->session) != HTTP_SESSION_ANSWERING) {
        tls_stream_close(peer->stream);
    }
}

static void on_writable(void *owner) {
    pump(owner);
}

static void on_limit_reached(void *owner) {
    struct peer *peer = owner;
    http_session_expire(peer->session);
    pump(peer);
}

/* Moves the session's output into the stream until one of them has had enough. */
static void pump(struct peer *peer) {
    struct tls_stream *stream = peer->stream;
    uint8_t scratch[16 * 1024];
    for (;;) {
        bulla_bytes output = http_session_output(peer->session, scratch, sizeof scratch);
        bulla_bytes left = output;
        if (output.len == 0) {
            break;
        }
        if (!tls_stream_send(stream, &left)) {
            return;
        }
        http_session_sent(peer->session, output.len - left.len);
        if (left.len != 0) {
            break;
        }
    }
    settle(peer);
}

/* What comes next, now that the session has nothing more to say. */
static void settle(struct peer *peer) {
    struct tls_stream *stream = peer->stream;
    const struct http_server_settings *settings = &peer->server->settings;
    enum http_session_state state = http_session_state(peer->session);
    bool limited = state == HTTP_SESSION_RECEIVING;
    if (state == HTTP_SESSION_BROKEN) {
        tls_stream_abort(stream);
        return;
    }
    bool waits = state == HTTP_SESSION_IDLE || state == HTTP_SESSION_RECEIVING;
    bool in_vain =
        (waits && peer->said_goodbye) || (state == HTTP_SESSION_IDLE && peer->server->stopping);
    if (state == HTTP_SESSION_DONE || in_vain) {
        tls_stream_close(stream);
        return;
    }
    if (state == HTTP_SESSION_ANSWERING) {
        tls_stream_pause(stream);
    } else {
        tls_stream_resume(stream);
    }
    if (limited != peer->limited) {
        peer->limited = limited;
        tls_stream_set_limit(stream, limited ? settings->request_ms : CLOCK_NEVER);
    }
}

static void on_ended(void *owner, enum tls_stream_end end, int os_error) {
    struct peer *peer = owner;
    log_end_of(peer, end, os_error);
    remove_peer(peer);
}

static void on_answer(void *owner, const struct http_head *request, bulla_bytes path,
                      struct http_response *out) {
    struct peer *peer = owner;
    (void)request;
    peer->server->answer(peer->server->context, tls_stream_connection(peer->stream), path, out);
}

static void on_answered(void *owner, const struct http_head *request, unsigned status,
                        uint64_t body_len) {
    struct peer *peer = owner;
    struct log_line line;
    peer->limited = false;
    tls_stream_set_limit(peer->stream, CLOCK_NEVER);
    log_begin(&line, LOG_INFO, "request");
    log_text(&line, "peer", peer->address);
    if (request != NULL) {
        log_bytes(&line, "method", request->method);
        log_bytes(&line, "target", request->target);
    }
    log_number(&line, "status", status);
    log_number(&line, "body_len", body_len > INT64_MAX ? INT64_MAX : (int64_t)body_len);
    log_end(peer->server->log, &line);
}

static int64_t now(void *owner) {
    (void)owner;
    return clock_now();
}

/* One line for what went wrong; a connection that ended as it should needs none. */
static void log_end_of(const struct peer *peer, enum tls_stream_end end, int os_error) {
    static const struct {
        enum log_level level;
        const char *event, *says;
    } ends[] = {
        [TLS_STREAM_END_INVALID] = {LOG_ERROR, "ended", "the connection ended for no reason"},
        [TLS_STREAM_CLOSED] = {LOG_INFO, NULL, ""},
        [TLS_STREAM_FAILED] = {LOG_WARN, "connection_failed", ""},
        [TLS_STREAM_HANDSHAKE_TIMEOUT] = {LOG_WARN, "handshake_timeout",
                                          "the peer stalled in the middle of the handshake"},
        [TLS_STREAM_IDLE_TIMEOUT] = {LOG_INFO, "idle_timeout", "the peer was idle for too long"},
        [TLS_STREAM_SOCKET_ERROR] = {LOG_WARN, "disconnected", ""},
    };
    struct log_line line;
    if (ends[end].event == NULL) {
        return;
    }
    log_begin(&line, ends[end].level, ends[end].event);
    log_text(&line, "peer", peer->address);
    if (end == TLS_STREAM_FAILED) {
        log_failure(peer, &line);
    } else if (end == TLS_STREAM_SOCKET_ERROR) {
        log_text(&line, "says", strerror(os_error));
    } else if (end == TLS_STREAM_HANDSHAKE_TIMEOUT && tls_stream_is_silent(peer->stream)) {
        log_text(&line, "says", "the peer connected and said nothing");
    } else {
        log_text(&line, "says", ends[end].says);
    }
    log_end(peer->server->log, &line);
}

static void log_failure(const struct peer *peer, struct log_line *line) {
    bulla_failure failure = bulla_connection_failure(tls_stream_connection(peer->stream));
    const bulla_cause_info *about = bulla_cause_about(failure.cause);
    bool left_silently =
        failure.cause == BULLA_E_CLOSED_BEFORE_HANDSHAKE && tls_stream_is_silent(peer->stream);
    log_text(line, "cause", about->name);
    if (failure.alert_sent != BULLA_ALERT_NONE) {
        log_text(line, "alert_sent", bulla_alert_name((unsigned)failure.alert_sent));
    }
    if (failure.alert_received != BULLA_ALERT_NONE) {
        log_text(line, "alert_received", bulla_alert_name(failure.alert_received));
    }
    log_text(line, "says",
             left_silently ? "the peer connected and left without a word" : about->says);
    if (failure.report != NULL && failure.report->num_entries != 0 &&
        failure.report->headline < failure.report->num_entries) {
        const bulla_report_entry *entry = &failure.report->entries[failure.report->headline];
        log_text(line, "subject", entry->subject);
        log_text(line, "issuer", entry->issuer);
        log_text(line, "evidence", failure.report->evidence);
    }
    if (!left_silently) {
        log_text(line, "fix", about->fix);
    }
}
