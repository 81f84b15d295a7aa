/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a stream: handshaking, open, then ending (what is queued goes out), lingering (our
 * side is shut; what the peer still sends is thrown away) and gone.
 *
 * Lingering is there because close() with unread input makes the system send a reset, which can
 * destroy an alert that the peer has not read yet: RFC 9112 9.6 describes the same for HTTP. */
#include "net/tls_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum state {
    STATE_INVALID = 0,
    STATE_HANDSHAKING,
    STATE_OPEN,
    STATE_ENDING,
    STATE_LINGERING,
    STATE_GONE,
};

enum {
    ENDING_MS = 5000,    /* for what is queued to go out, without progress */
    LINGER_MS = 1000,    /* for the peer to close its side */
    LINGER_LEN = 262144, /* bytes that are thrown away in the meantime */
    LAST_READS_MAX = 8,  /* after the socket refused to send */
};

struct tls_stream {
    struct loop_watch watch;
    struct worker *worker;
    bulla_connection *connection;
    struct tls_stream_events events;
    void *owner;
    enum state state;
    int64_t idle_ms, idle_deadline, limit_deadline;
    struct tls_stream_times times;
    size_t lingered_len;
    uint8_t *kept; /* sealed bytes that the socket did not take, from `kept_sent` on */
    size_t kept_len, kept_sent;
    int write_error; /* errno; nothing can be sent any more */
    bool paused, owner_waits;
    bool input_over; /* close_notify or the end of the stream has come */
    bool peer_gone;  /* nobody is there to read or to linger for */
};

static void on_ready(void *owner, unsigned events);
static bool receive(struct tls_stream *stream);
static void feed(struct tls_stream *stream, bulla_input input);
static bool take_event(struct tls_stream *stream, bulla_event event, bulla_bytes data);
static void take_handshake_done(struct tls_stream *stream);
static void judge(struct tls_stream *stream);
static void receive_end(struct tls_stream *stream);
static void flush(struct tls_stream *stream);
static size_t write_out(struct tls_stream *stream, bulla_bytes bytes);
static void hear_out(struct tls_stream *stream);
static bool keep(struct tls_stream *stream, bulla_bytes rest);
static void drop_kept(struct tls_stream *stream);
static void expire(struct tls_stream *stream);
static void close_idle(struct tls_stream *stream);
static void end(struct tls_stream *stream, enum tls_stream_end how, int os_error);
static void linger(struct tls_stream *stream);
static void settle(struct tls_stream *stream);
static void touch(struct tls_stream *stream);
static bool is_live(const struct tls_stream *stream);
static bool has_output(const struct tls_stream *stream);

bulla_cause tls_stream_open(struct tls_stream **out, struct worker *worker, int fd,
                            bulla_connection *connection, const struct tls_stream_events *events,
                            void *owner, const struct tls_stream_limits *limits) {
    struct tls_stream *stream = calloc(1, sizeof *stream);
    if (stream != NULL) {
        *stream = (struct tls_stream){
            .worker = worker,
            .connection = connection,
            .events = *events,
            .owner = owner,
            .state = STATE_HANDSHAKING,
            .idle_ms = limits->idle_ms,
            .idle_deadline = CLOCK_NEVER,
            .limit_deadline = clock_deadline_in(limits->handshake_ms),
            .times = {.opened = clock_monotonic_us()},
            /* Writable at once: that first turn lets a client say its ClientHello. */
            .watch = {.fd = fd,
                      .wanted = LOOP_READ | (limits->peer_begins ? 0U : LOOP_WRITE),
                      .ready = on_ready,
                      .owner = stream},
        };
        stream->watch.deadline_ms = stream->limit_deadline;
    }
    if (stream == NULL || !loop_add(&worker->loop, &stream->watch)) {
        free(stream);
        bulla_connection_free(connection);
        close(fd);
        return BULLA_E_OUT_OF_MEMORY;
    }
    *out = stream;
    return BULLA_OK;
}

bool tls_stream_send(struct tls_stream *stream, bulla_bytes *data) {
    while (stream->state == STATE_OPEN && data->len != 0 && !tls_stream_is_full(stream)) {
        size_t len;
        bulla_cause cause = bulla_connection_send(stream->connection, data, stream->worker->output,
                                                  WORKER_OUTPUT_LEN, &len);
        if (cause != BULLA_OK) {
            end(stream, TLS_STREAM_FAILED, 0);
            break;
        }
        size_t sent = write_out(stream, bytes_of(stream->worker->output, len));
        if (!keep(stream, bytes_of(stream->worker->output + sent, len - sent))) {
            end(stream, TLS_STREAM_SOCKET_ERROR, ENOMEM);
        }
    }
    stream->owner_waits = data->len != 0 && stream->state == STATE_OPEN;
    settle(stream);
    return stream->state == STATE_OPEN;
}

bool tls_stream_is_full(const struct tls_stream *stream) {
    return stream->kept_len != stream->kept_sent || stream->write_error != 0;
}

void tls_stream_pause(struct tls_stream *stream) {
    stream->paused = true;
    settle(stream);
}

void tls_stream_resume(struct tls_stream *stream) {
    stream->paused = false;
    settle(stream);
}

void tls_stream_set_limit(struct tls_stream *stream, int64_t wait_ms) {
    if (stream->state == STATE_OPEN) {
        stream->limit_deadline = wait_ms == CLOCK_NEVER ? CLOCK_NEVER : clock_deadline_in(wait_ms);
        settle(stream);
    }
}

void tls_stream_close(struct tls_stream *stream) {
    if (is_live(stream)) {
        bulla_cause cause = bulla_connection_close(stream->connection);
        end(stream, cause == BULLA_OK ? TLS_STREAM_CLOSED : TLS_STREAM_FAILED, 0);
    }
}

void tls_stream_abort(struct tls_stream *stream) {
    drop_kept(stream);
    end(stream, TLS_STREAM_CLOSED, 0);
}

void tls_stream_say_plain(struct tls_stream *stream, bulla_bytes bytes) {
    bulla_bytes alert = bulla_connection_output(stream->connection);
    bulla_connection_output_sent(stream->connection, alert.len);
    if (!tls_stream_is_full(stream)) {
        drop_kept(stream);
        (void)keep(stream, bytes); /* without memory it is not said */
    }
}

const bulla_connection *tls_stream_connection(const struct tls_stream *stream) {
    return stream->connection;
}

struct tls_stream_times tls_stream_times(const struct tls_stream *stream) {
    return stream->times;
}

bool tls_stream_is_silent(const struct tls_stream *stream) {
    return stream->times.first_received == 0;
}

/* One turn. Whatever happens below only changes the state; the stream is freed here alone. */
static void on_ready(void *owner, unsigned events) {
    struct tls_stream *stream = owner;
    if (stream->times.first_sent == 0 && stream->state == STATE_HANDSHAKING) {
        feed(stream, (bulla_input){0});
    }
    if ((events & LOOP_TIMEOUT) != 0) {
        expire(stream);
    }
    if ((events & LOOP_READ) != 0) {
        if (stream->state == STATE_LINGERING) {
            linger(stream);
        } else if (is_live(stream)) {
            (void)receive(stream);
        }
    }
    flush(stream);
    if (stream->state == STATE_GONE) {
        loop_remove(&stream->worker->loop, &stream->watch);
        bulla_connection_free(stream->connection);
        drop_kept(stream);
        close(stream->watch.fd);
        free(stream);
        return;
    }
    settle(stream);
}

/* One read a turn: a stream that talks without end leaves the others theirs. False where there was
 * nothing to read. */
static bool receive(struct tls_stream *stream) {
    ssize_t len = recv(stream->watch.fd, stream->worker->input, WORKER_INPUT_LEN, 0);
    if (len < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            end(stream, TLS_STREAM_SOCKET_ERROR, errno);
        }
        return false;
    }
    if (len == 0) {
        receive_end(stream);
        return false;
    }
    touch(stream);
    if (stream->times.first_received == 0) {
        stream->times.first_received = clock_monotonic_us();
    }
    feed(stream, (bulla_input){.bytes = stream->worker->input, .len = (size_t)len});
    return true;
}

static void receive_end(struct tls_stream *stream) {
    stream->peer_gone = true;
    stream->input_over = true;
    bulla_connection_receive_end(stream->connection);
    bool failed = bulla_connection_failure(stream->connection).cause != BULLA_OK;
    if (failed) {
        end(stream, TLS_STREAM_FAILED, 0);
    }
}

static void feed(struct tls_stream *stream, bulla_input input) {
    bool more = true;
    while (more && is_live(stream)) {
        bulla_bytes data = {0};
        bulla_event event = bulla_connection_receive(stream->connection, &input, &data);
        more = take_event(stream, event, data);
    }
}

/* False where the engine is to be asked no more this turn. */
static bool take_event(struct tls_stream *stream, bulla_event event, bulla_bytes data) {
    switch (event) {
    case BULLA_EVENT_NEED_BYTES:
        return false;
    case BULLA_EVENT_DATA:
        if (stream->times.first_data == 0) {
            stream->times.first_data = clock_monotonic_us();
        }
        stream->events.data(stream->owner, data);
        return true;
    case BULLA_EVENT_HANDSHAKE_DONE:
        take_handshake_done(stream);
        return true;
    case BULLA_EVENT_VERIFY:
        judge(stream);
        return true;
    case BULLA_EVENT_CLOSED:
        stream->input_over = true;
        stream->events.peer_closed(stream->owner);
        return false;
    case BULLA_EVENT_FAILED:
    case BULLA_EVENT_CREDENTIAL: /* never asked for: no config here sets these */
    case BULLA_EVENT_SIGN:
    case BULLA_EVENT_EARLY_DATA:
    case BULLA_EVENT_SESSION:
    case BULLA_EVENT_SESSION_LOOKUP:
    case BULLA_EVENT_STRIKE:
    case BULLA_EVENT_INVALID:
        end(stream, TLS_STREAM_FAILED, 0);
        return false;
    }
    return false;
}

static void take_handshake_done(struct tls_stream *stream) {
    stream->state = STATE_OPEN;
    stream->times.handshake_done = clock_monotonic_us();
    stream->limit_deadline = CLOCK_NEVER;
    touch(stream);
    /* The client's Finished goes out before the owner's first data takes the turn. */
    flush(stream);
    if (stream->state == STATE_OPEN && stream->events.handshake_done != NULL) {
        stream->events.handshake_done(stream->owner);
    }
}

static void judge(struct tls_stream *stream) {
    bulla_cause verdict = stream->events.verify(stream->owner);
    if (bulla_connection_answer_verify(stream->connection, verdict) != BULLA_OK) {
        end(stream, TLS_STREAM_FAILED, 0);
    }
}

/* Writes what is kept, then what the engine has; tells the owner that there is room again. */
static void flush(struct tls_stream *stream) {
    if (stream->state == STATE_LINGERING || stream->state == STATE_GONE) {
        return;
    }
    if (stream->kept != NULL) {
        bulla_bytes rest =
            bytes_of(stream->kept + stream->kept_sent, stream->kept_len - stream->kept_sent);
        stream->kept_sent += write_out(stream, rest);
    }
    if (!tls_stream_is_full(stream)) {
        drop_kept(stream);
        size_t sent = write_out(stream, bulla_connection_output(stream->connection));
        bulla_connection_output_sent(stream->connection, sent);
    }
    if (stream->write_error != 0) {
        hear_out(stream);
        return;
    }
    if (stream->state == STATE_ENDING && !has_output(stream)) {
        bool alone = stream->peer_gone || stream->input_over;
        shutdown(stream->watch.fd, SHUT_WR);
        stream->state = alone ? STATE_GONE : STATE_LINGERING;
        stream->limit_deadline = clock_deadline_in(LINGER_MS);
        stream->idle_deadline = CLOCK_NEVER;
    }
    if (stream->state == STATE_OPEN && stream->owner_waits && !tls_stream_is_full(stream)) {
        stream->owner_waits = false;
        stream->events.writable(stream->owner);
    }
}

/* Writes as much as the socket takes now and returns how much that was; a broken socket is
 * remembered in `write_error`. */
static size_t write_out(struct tls_stream *stream, bulla_bytes bytes) {
    size_t sent = 0;
    while (sent < bytes.len && stream->write_error == 0) {
        ssize_t len = send(stream->watch.fd, bytes.data + sent, bytes.len - sent, 0);
        if (len < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) {
                break;
            }
            stream->write_error = errno == EINTR ? 0 : errno;
            continue;
        }
        if (stream->times.first_sent == 0) {
            stream->times.first_sent = clock_monotonic_us();
        }
        sent += (size_t)len;
        touch(stream);
    }
    return sent;
}

/* Nothing more can be sent, but the peer may have said why before it left: an alert that waits in
 * the socket tells more than "broken pipe". */
static void hear_out(struct tls_stream *stream) {
    for (int i = 0; i < LAST_READS_MAX && is_live(stream) && !stream->input_over; i++) {
        if (!receive(stream)) {
            break;
        }
    }
    end(stream, TLS_STREAM_SOCKET_ERROR, stream->write_error);
    stream->state = STATE_GONE;
}

static bool keep(struct tls_stream *stream, bulla_bytes rest) {
    if (rest.len == 0) {
        return true;
    }
    stream->kept = bytes_duplicate(rest);
    if (stream->kept == NULL) {
        errno = ENOMEM;
        return false;
    }
    stream->kept_len = rest.len;
    stream->kept_sent = 0;
    return true;
}

static void drop_kept(struct tls_stream *stream) {
    free(stream->kept);
    stream->kept = NULL;
    stream->kept_len = 0;
    stream->kept_sent = 0;
}

static void expire(struct tls_stream *stream) {
    int64_t now = clock_monotonic_ms();
    bool limit = now >= stream->limit_deadline;
    if (!limit && now < stream->idle_deadline) {
        return;
    }
    switch (stream->state) {
    case STATE_HANDSHAKING:
        end(stream, TLS_STREAM_HANDSHAKE_TIMEOUT, 0);
        break;
    case STATE_OPEN:
        if (limit) {
            stream->limit_deadline = CLOCK_NEVER;
            stream->events.limit_reached(stream->owner);
        } else {
            close_idle(stream);
        }
        break;
    case STATE_ENDING:
    case STATE_LINGERING:
    case STATE_INVALID:
    case STATE_GONE:
        stream->state = STATE_GONE;
        break;
    }
}

/* Nothing is missing where nothing was under way: then the peer is told so. */
static void close_idle(struct tls_stream *stream) {
    bool whole = !tls_stream_is_full(stream);
    bool closed = whole && bulla_connection_close(stream->connection) == BULLA_OK;
    end(stream, closed || !whole ? TLS_STREAM_IDLE_TIMEOUT : TLS_STREAM_FAILED, 0);
}

static void end(struct tls_stream *stream, enum tls_stream_end how, int os_error) {
    if (!is_live(stream)) {
        return;
    }
    stream->state = STATE_ENDING;
    stream->limit_deadline = CLOCK_NEVER;
    stream->idle_ms = ENDING_MS;
    touch(stream);
    stream->events.ended(stream->owner, how, os_error);
    if (how == TLS_STREAM_SOCKET_ERROR) {
        stream->peer_gone = true;
        stream->state = STATE_GONE;
    }
    settle(stream);
}

static void linger(struct tls_stream *stream) {
    ssize_t len = recv(stream->watch.fd, stream->worker->input, WORKER_INPUT_LEN, 0);
    if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return;
    }
    stream->lingered_len += len > 0 ? (size_t)len : 0;
    if (len <= 0 || stream->lingered_len > LINGER_LEN) {
        stream->state = STATE_GONE;
    }
}

/* Tells the loop what to wait for. */
static void settle(struct tls_stream *stream) {
    struct loop_watch *watch = &stream->watch;
    bool reads = stream->state == STATE_LINGERING ||
                 (is_live(stream) && !stream->paused && !stream->input_over);
    bool writes = has_output(stream) || stream->state == STATE_ENDING;
    watch->wanted = (reads ? LOOP_READ : 0U) | (writes ? LOOP_WRITE : 0U);
    watch->deadline_ms = stream->limit_deadline < stream->idle_deadline ? stream->limit_deadline
                                                                        : stream->idle_deadline;
    if (stream->state == STATE_GONE) {
        /* Reached outside the stream's own turn: have one come at once, to be freed. */
        watch->wanted = 0;
        watch->deadline_ms = 0;
    }
    loop_update(&stream->worker->loop, watch);
}

/* A byte moved: the idle time begins anew. The handshake has its own limit. */
static void touch(struct tls_stream *stream) {
    if (stream->state != STATE_HANDSHAKING) {
        stream->idle_deadline = clock_deadline_in(stream->idle_ms);
    }
}

static bool is_live(const struct tls_stream *stream) {
    return stream->state == STATE_HANDSHAKING || stream->state == STATE_OPEN;
}

static bool has_output(const struct tls_stream *stream) {
    return tls_stream_is_full(stream) || bulla_connection_output(stream->connection).len != 0;
}
