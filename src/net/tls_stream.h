/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS connection over a socket: the engine's bytes carried to and fro by the loop.
 *
 * Input is read into the worker's buffer and decrypted there; output is sealed into the worker's
 * other buffer and written at once. Only what the socket does not take is kept, so that an idle
 * stream holds no buffer, and a peer that does not read makes tls_stream_send() take nothing more.
 * However a stream ends, what it still has to say (the alert of a failure above all) is sent before
 * the socket is closed, and closed so that a reset does not overtake it. */
#ifndef NET_TLS_STREAM_H
#define NET_TLS_STREAM_H

#include "net/worker.h"

enum tls_stream_end {
    TLS_STREAM_END_INVALID = 0,
    TLS_STREAM_CLOSED,            /* tls_stream_close(), with or without the peer's close_notify */
    TLS_STREAM_FAILED,            /* see bulla_connection_failure() */
    TLS_STREAM_HANDSHAKE_TIMEOUT, /* handshake_ms passed before the handshake was done */
    TLS_STREAM_IDLE_TIMEOUT,      /* idle_ms passed without a byte either way */
    TLS_STREAM_SOCKET_ERROR,      /* `os_error` says which */
};

/* What the owner is told. It may send, close and abort within each of these but `verify` and
 * `ended`. */
struct tls_stream_events {
    /* The engine's BULLA_EVENT_VERIFY; may be NULL without BULLA_ASK_VERIFY. */
    bulla_cause (*verify)(void *owner);
    void (*handshake_done)(void *owner); /* may be NULL */
    /* `data` is valid until the owner sends. */
    void (*data)(void *owner, bulla_bytes data);
    /* The peer sent close_notify: no more data will come. Sending still works. */
    void (*peer_closed)(void *owner);
    /* What was kept has gone out: tls_stream_send() takes data again. */
    void (*writable)(void *owner);
    /* The time of tls_stream_set_limit() is over; may be NULL where that is not used. */
    void (*limit_reached)(void *owner);
    /* The last call. What is queued goes out after it; the stream frees itself, so the owner lets
     * go of it here. */
    void (*ended)(void *owner, enum tls_stream_end end, int os_error);
};

struct tls_stream_limits {
    int64_t handshake_ms;
    int64_t idle_ms;
    bool peer_begins; /* a server's stream: there is nothing to say before the peer speaks */
};

/* When things happened, clock_monotonic_us(); 0 for what has not. */
struct tls_stream_times {
    int64_t opened, first_sent, first_received, handshake_done, first_data;
};

struct tls_stream;

/* Takes over `fd` (also where it fails) and `connection`, and begins the handshake on the loop's
 * next turn. */
BULLA_MUST_CHECK bulla_cause tls_stream_open(struct tls_stream **out, struct worker *worker, int fd,
                                             bulla_connection *connection,
                                             const struct tls_stream_events *events, void *owner,
                                             const struct tls_stream_limits *limits);

/* Seals and sends from `data`, which moves forward by what was taken: all of it, or as much as fits
 * before the socket is full. Then `writable` follows. False where the stream has ended: the owner
 * has been told, and may be gone. */
BULLA_MUST_CHECK bool tls_stream_send(struct tls_stream *stream, bulla_bytes *data);

/* True while earlier data is still on its way: tls_stream_send() would take nothing. */
bool tls_stream_is_full(const struct tls_stream *stream);

/* Stops and resumes reading from the socket; data that was read already still comes. */
void tls_stream_pause(struct tls_stream *stream);
void tls_stream_resume(struct tls_stream *stream);

/* Has `limit_reached` called once `wait_ms` have passed, whatever happens in the meantime;
 * CLOCK_NEVER lifts the limit. */
void tls_stream_set_limit(struct tls_stream *stream, int64_t wait_ms);

/* Says close_notify after what was sent, and ends. */
void tls_stream_close(struct tls_stream *stream);
/* Ends without close_notify, dropping what is queued: the peer can tell that something is missing.
 */
void tls_stream_abort(struct tls_stream *stream);

/* Within `ended`: sends `bytes` as they are, instead of the alert, to a peer that does not speak
 * TLS. */
void tls_stream_say_plain(struct tls_stream *stream, bulla_bytes bytes);

const bulla_connection *tls_stream_connection(const struct tls_stream *stream);
struct tls_stream_times tls_stream_times(const struct tls_stream *stream);
/* True where not one byte has come from the peer. */
bool tls_stream_is_silent(const struct tls_stream *stream);

#endif
