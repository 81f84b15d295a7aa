/* SPDX-License-Identifier: Apache-2.0 */
/* The glue of server.h: accepted socket -> TLS stream -> HTTP session -> TLS stream. */
#include "http/server.h"

#include "base/lock.h"
#include "http/server_log.h"
#include "http/server_session.h"
#include "x509/certificate.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* For clients to send what they were about to send when the server was told to stop: a connection
 * that is closed at once may cross with a request. */
enum { DRAIN_IDLE_MS = 1000 };

/* What the stream's one limit stands for. */
enum limit {
    LIMIT_NONE = 0,
    LIMIT_REQUEST, /* a request's head is on its way */
    LIMIT_AGE,     /* a certificate of either side is about to expire */
};

struct peer {
    struct http_server *server;
    struct tls_stream *stream;
    struct server_session session; /* open once the handshake is done */
    struct peer *previous, *next;
    char address[ADDRESS_TEXT_LEN];
    struct admission_key key;
    int64_t not_after; /* of the certificates shown, ours and the peer's */
    enum limit limit;
    bool said_goodbye;
};

struct counts {
    atomic_uint_fast64_t connections, refused, handshakes, requests;
};

struct http_server {
    struct http_server_setup setup;
    struct worker *worker;
    struct lock lock; /* over the config and its not_after */
    struct http_session_events session_events;
    struct counts counts;
    struct peer *peers;
    struct loop_call stop_call;
    atomic_uint num_stops_asked;
    struct loop_watch drain_timer;
    bool stopping, drain_timer_runs;
    bool idle_over;        /* stopping, and DRAIN_IDLE_MS have passed */
    bool short_of_sockets; /* said once, until a peer is accepted again */
};

static bool on_reserve(void *context);
static void on_unreserve(void *context);
static void on_accepted(void *context, int fd, const struct listener_peer *from);
static void on_refused(void *context, int os_error);
static void on_stop(void *context);
static void begin_drain(struct http_server *server);
static void cut_off(struct http_server *server);
static void on_drain_timer(void *owner, unsigned events);
static struct peer *add_peer(struct http_server *server, const struct listener_peer *from);
static void remove_peer(struct peer *peer);
static bulla_cause open_stream(struct peer *peer, int fd);
static void on_handshake_done(void *owner);
static int64_t leaf_not_after(const bulla_connection *connection);
static void on_data(void *owner, bulla_bytes data);
static void on_peer_closed(void *owner);
static void on_writable(void *owner);
static void on_limit_reached(void *owner);
static void on_ended(void *owner, enum tls_stream_end end, int os_error);
static void pump(struct peer *peer);
static void settle(struct peer *peer);
static void set_limit(struct peer *peer, enum limit limit);
static void on_answer(void *owner, const struct http_head *request, bulla_bytes path,
                      struct http_response *out);
static void on_answered(void *owner, const struct http_head *request, unsigned status,
                        uint64_t body_len);
static int64_t now(void *owner);
static void count(atomic_uint_fast64_t *counter);
static uint64_t read_count(const atomic_uint_fast64_t *counter);

static const struct tls_stream_events stream_events = {
    .handshake_done = on_handshake_done,
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
        .handshake_ms = 10 * 1000,
        .request_ms = 10 * 1000,
        .idle_ms = 75 * 1000,
        .drain_ms = 5 * 1000,
    };
}

bulla_cause http_server_start(struct http_server **out, struct worker *worker,
                              const struct http_server_setup *setup) {
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL || !lock_init(&server->lock)) {
        free(server);
        return BULLA_E_OUT_OF_MEMORY;
    }
    server->setup = *setup;
    server->worker = worker;
    server->session_events = session_events;
    server->session_events.hsts = setup->settings.hsts;
    server->stop_call = (struct loop_call){.run = on_stop, .context = server};
    bulla_config_ref(setup->config);
    struct listener *listener = setup->listener;
    listener->reserve = on_reserve;
    listener->unreserve = on_unreserve;
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

struct http_server_counts http_server_counts(const struct http_server *server) {
    return (struct http_server_counts){
        .connections = read_count(&server->counts.connections),
        .refused = read_count(&server->counts.refused),
        .handshakes = read_count(&server->counts.handshakes),
        .requests = read_count(&server->counts.requests),
    };
}

void http_server_set_config(struct http_server *server, bulla_config *config, int64_t not_after) {
    bulla_config_ref(config);
    lock_take(&server->lock);
    bulla_config *old = server->setup.config;
    server->setup.config = config;
    server->setup.not_after = not_after;
    lock_release(&server->lock);
    bulla_config_free(old);
}

void http_server_stop(struct http_server *server) {
    atomic_fetch_add(&server->num_stops_asked, 1);
    loop_post(&server->worker->loop, &server->stop_call);
}

void http_server_free(struct http_server *server) {
    while (server->peers != NULL) {
        remove_peer(server->peers);
    }
    if (server->drain_timer_runs) {
        loop_remove(&server->worker->loop, &server->drain_timer);
    }
    listener_close(server->setup.listener);
    bulla_config_free(server->setup.config);
    lock_destroy(&server->lock);
    free(server);
}

static void on_stop(void *context) {
    struct http_server *server = context;
    if (!server->stopping) {
        begin_drain(server);
    }
    if (atomic_load(&server->num_stops_asked) > 1) {
        cut_off(server);
    }
}

/* Nothing is closed yet: what is idle may have a request on its way, which is answered with the
 * word that it was the last. */
static void begin_drain(struct http_server *server) {
    server->stopping = true;
    listener_finish(server->setup.listener);
    if (server->peers == NULL) {
        return;
    }
    int64_t drain_ms = server->setup.settings.drain_ms;
    server->drain_timer = (struct loop_watch){
        .fd = -1,
        .deadline_ms = clock_deadline_in(drain_ms < DRAIN_IDLE_MS ? drain_ms : DRAIN_IDLE_MS),
        .background = true,
        .ready = on_drain_timer,
        .owner = server,
    };
    server->drain_timer_runs = loop_add(&server->worker->loop, &server->drain_timer);
    if (!server->drain_timer_runs) {
        cut_off(server);
    }
    struct peer *peer = server->peers;
    while (peer != NULL) {
        struct peer *next = peer->next;
        if (server_session_is_open(&peer->session)) {
            server_session_stop(&peer->session);
            pump(peer);
        }
        peer = next;
    }
}

/* Comes twice: to close what is idle, then to end it all. */
static void on_drain_timer(void *owner, unsigned events) {
    struct http_server *server = owner;
    (void)events;
    if (server->idle_over) {
        cut_off(server);
        return;
    }
    server->idle_over = true;
    server->drain_timer.deadline_ms =
        clock_deadline_in(server->setup.settings.drain_ms - DRAIN_IDLE_MS);
    struct peer *peer = server->peers;
    while (peer != NULL) {
        struct peer *next = peer->next;
        if (server_session_is_open(&peer->session) &&
            server_session_state(&peer->session) == HTTP_SESSION_IDLE) {
            tls_stream_close(peer->stream);
        } else if (tls_stream_is_silent(peer->stream)) {
            tls_stream_abort(peer->stream);
        }
        peer = next;
    }
}

static void cut_off(struct http_server *server) {
    struct peer *peer = server->peers;
    while (peer != NULL) {
        struct peer *next = peer->next;
        tls_stream_abort(peer->stream);
        peer = next;
    }
}

static bool on_reserve(void *context) {
    const struct http_server *server = context;
    return admission_reserve(server->setup.admission);
}

static void on_unreserve(void *context) {
    const struct http_server *server = context;
    admission_return(server->setup.admission);
}

static void on_accepted(void *context, int fd, const struct listener_peer *from) {
    struct http_server *server = context;
    server->short_of_sockets = false;
    enum admission_verdict verdict = admission_enter(server->setup.admission, &from->key);
    if (verdict != ADMISSION_LET_IN) {
        close(fd);
        admission_return(server->setup.admission);
        count(&server->counts.refused);
        if (verdict == ADMISSION_REFUSED_FIRST) {
            server_log_refusal(server->setup.log, from->text, "too_many_from_address",
                               "this address has all the connections that one address may have",
                               "raise --connections-per-address, or look what it does with them");
        }
        return;
    }
    struct peer *peer = add_peer(server, from);
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    if (peer == NULL) {
        close(fd);
        admission_leave(server->setup.admission, &from->key);
    } else {
        cause = open_stream(peer, fd);
    }
    if (cause != BULLA_OK) {
        const bulla_cause_info *about = bulla_cause_about(cause);
        server_log_refusal(server->setup.log, from->text, about->name, about->says, about->fix);
        if (peer != NULL) {
            remove_peer(peer);
        }
    }
}

static bulla_cause open_stream(struct peer *peer, int fd) {
    struct http_server *server = peer->server;
    const struct http_server_settings *settings = &server->setup.settings;
    bulla_connection *connection;
    lock_take(&server->lock);
    bulla_config *config = bulla_config_ref(server->setup.config);
    /* What has expired already is no reason to end each connection at once. */
    peer->not_after = server->setup.not_after > clock_now() ? server->setup.not_after : INT64_MAX;
    lock_release(&server->lock);
    bulla_cause cause = bulla_connection_new_server(&connection, config, server->worker->workspace);
    bulla_config_free(config);
    if (cause != BULLA_OK) {
        close(fd);
        return cause;
    }
    const struct tls_stream_limits limits = {
        .handshake_ms = settings->handshake_ms, .idle_ms = settings->idle_ms, .peer_begins = true};
    return tls_stream_open(&peer->stream, server->worker, fd, connection, &stream_events, peer,
                           &limits);
}

static void on_refused(void *context, int os_error) {
    struct http_server *server = context;
    if (server->short_of_sockets) {
        return;
    }
    server->short_of_sockets = true;
    server_log_shortage(server->setup.log, os_error);
}

static struct peer *add_peer(struct http_server *server, const struct listener_peer *from) {
    struct peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        return NULL;
    }
    peer->server = server;
    peer->key = from->key;
    snprintf(peer->address, sizeof peer->address, "%s", from->text);
    peer->next = server->peers;
    if (peer->next != NULL) {
        peer->next->previous = peer;
    }
    server->peers = peer;
    count(&server->counts.connections);
    return peer;
}

static void remove_peer(struct peer *peer) {
    struct http_server *server = peer->server;
    *(peer->previous == NULL ? &server->peers : &peer->previous->next) = peer->next;
    if (peer->next != NULL) {
        peer->next->previous = peer->previous;
    }
    admission_leave(server->setup.admission, &peer->key);
    server_session_close(&peer->session);
    free(peer);
    listener_resume(server->setup.listener);
}

static void on_handshake_done(void *owner) {
    struct peer *peer = owner;
    int64_t theirs = leaf_not_after(tls_stream_connection(peer->stream));
    peer->not_after = theirs < peer->not_after ? theirs : peer->not_after;
    count(&peer->server->counts.handshakes);
    bulla_connection_info info;
    bulla_connection_info_get(tls_stream_connection(peer->stream), &info);
    if (!server_session_open(&peer->session, info.alpn, &peer->server->session_events, peer)) {
        tls_stream_abort(peer->stream);
        return;
    }
    if (peer->server->stopping) {
        server_session_stop(&peer->session);
    }
    pump(peer);
}

/* INT64_MAX for a peer without a certificate. */
static int64_t leaf_not_after(const bulla_connection *connection) {
    struct certificate leaf;
    bulla_bytes der = bulla_connection_peer_certificate(connection, 0);
    return der.len != 0 && certificate_parse(&leaf, der) == BULLA_OK ? leaf.not_after : INT64_MAX;
}

static void on_data(void *owner, bulla_bytes data) {
    struct peer *peer = owner;
    server_session_receive(&peer->session, data);
    pump(peer);
}

/* The response under way still goes out: closing one direction is allowed, RFC 8446 6.1. What is
 * left to do is settle()'s, once it is out. */
static void on_peer_closed(void *owner) {
    struct peer *peer = owner;
    peer->said_goodbye = true;
    if (server_session_wants_input(&peer->session)) {
        pump(peer);
    }
}

static void on_writable(void *owner) {
    pump(owner);
}

static void on_limit_reached(void *owner) {
    struct peer *peer = owner;
    peer->limit = LIMIT_NONE;
    if (server_session_state(&peer->session) == HTTP_SESSION_RECEIVING) {
        server_session_expire(&peer->session);
    }
    pump(peer);
}

/* Moves the session's output into the stream until one of them has had enough. */
static void pump(struct peer *peer) {
    struct tls_stream *stream = peer->stream;
    uint8_t scratch[16 * 1024];
    for (;;) {
        bulla_bytes output = server_session_output(&peer->session, scratch, sizeof scratch);
        bulla_bytes left = output;
        if (output.len == 0) {
            break;
        }
        if (!tls_stream_send(stream, &left)) {
            return;
        }
        server_session_sent(&peer->session, output.len - left.len);
        if (left.len != 0) {
            break;
        }
    }
    settle(peer);
}

/* What comes next, now that the session has nothing more to say. */
static void settle(struct peer *peer) {
    struct tls_stream *stream = peer->stream;
    enum http_session_state state = server_session_state(&peer->session);
    bool idle = state == HTTP_SESSION_IDLE;
    if (state == HTTP_SESSION_BROKEN) {
        tls_stream_abort(stream);
        return;
    }
    bool in_vain = peer->said_goodbye && server_session_wants_input(&peer->session);
    bool over = idle && (peer->server->idle_over ||
                         (peer->not_after != INT64_MAX && clock_now() >= peer->not_after));
    if (state == HTTP_SESSION_DONE || in_vain || over) {
        tls_stream_close(stream);
        return;
    }
    if (server_session_wants_input(&peer->session)) {
        tls_stream_resume(stream);
    } else {
        tls_stream_pause(stream);
    }
    set_limit(peer, state == HTTP_SESSION_RECEIVING        ? LIMIT_REQUEST
                    : idle && peer->not_after != INT64_MAX ? LIMIT_AGE
                                                           : LIMIT_NONE);
}

static void set_limit(struct peer *peer, enum limit limit) {
    int64_t wait_ms = CLOCK_NEVER;
    if (limit == peer->limit) {
        return;
    }
    if (limit == LIMIT_REQUEST) {
        wait_ms = peer->server->setup.settings.request_ms;
    } else if (limit == LIMIT_AGE) {
        int64_t left = peer->not_after - clock_now();
        wait_ms = left < INT32_MAX ? left * 1000 : CLOCK_NEVER;
    }
    peer->limit = limit;
    tls_stream_set_limit(peer->stream, wait_ms);
}

static void on_ended(void *owner, enum tls_stream_end end, int os_error) {
    struct peer *peer = owner;
    bulla_failure failure = bulla_connection_failure(tls_stream_connection(peer->stream));
    if (end == TLS_STREAM_FAILED && failure.cause == BULLA_E_PEER_SPEAKS_HTTP) {
        tls_stream_say_plain(peer->stream, http_answer_to_plain_http());
    }
    server_log_end(peer->server->setup.log, peer->address, peer->stream, end, os_error);
    remove_peer(peer);
}

static void on_answer(void *owner, const struct http_head *request, bulla_bytes path,
                      struct http_response *out) {
    struct peer *peer = owner;
    const struct http_server_setup *setup = &peer->server->setup;
    (void)request;
    setup->answer(setup->context, tls_stream_connection(peer->stream), path, out);
}

static void on_answered(void *owner, const struct http_head *request, unsigned status,
                        uint64_t body_len) {
    struct peer *peer = owner;
    set_limit(peer, LIMIT_NONE);
    count(&peer->server->counts.requests);
    server_log_request(peer->server->setup.log, peer->address, request, status, body_len);
}

static int64_t now(void *owner) {
    (void)owner;
    return clock_now();
}

/* Only this worker writes; others may read meanwhile. */
static void count(atomic_uint_fast64_t *counter) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static uint64_t read_count(const atomic_uint_fast64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}
