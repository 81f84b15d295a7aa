/* SPDX-License-Identifier: Apache-2.0 */
/* A trace of RFC 8448, played by the engine in one of its roles: it is given the trace's
 * randomness and signatures; what the trace's authors preferred and we do not (the order of
 * extensions, a cookie) is replayed as message bodies. All records that it sends must then be the
 * trace's, byte for byte, and all secrets. */
#ifndef TESTS_SUPPORT_PLAY_H
#define TESTS_SUPPORT_PLAY_H

#include "support/trace.h"
#include "tls/connection.h"

/* The clock of every play: the month of the RFC, when its certificates held. */
#define PLAY_NOW INT64_C(1546300800)

enum {
    DRAWS_MAX = 4,
    REPLAY_MAX = 4,
    LOG_LINES_MAX = 8,
    LOG_LINE_LEN_MAX = 192,
    PLAY_ROOM = 4096,
};

struct play_data {
    uint8_t bytes[PLAY_ROOM];
    size_t len;
};

/* One role's engine in one trace. */
struct play {
    const struct trace *trace;
    struct vectors vectors;
    struct vectors origin; /* of the trace that it resumes; else nothing */
    bulla_role role;
    const char *name; /* "client" or "server" */
    const char *peer;
    size_t chunk; /* bytes fed at a time */

    bulla_bytes draws[DRAWS_MAX]; /* what the engine asks randomness for, in order */
    size_t num_draws, next_draw;
    struct replay_message replay[REPLAY_MAX];
    size_t num_replay;
    char log[LOG_LINES_MAX][LOG_LINE_LEN_MAX];
    size_t num_log_lines;

    bulla_workspace *workspace;
    bulla_connection *connection;
    struct play_data data, early_data; /* received since the last look */
    struct writer session;             /* a client: the state of the last that it was given */
    uint32_t session_lifetime;
    struct writer stored; /* a server: the state that it finds under the trace's ticket */
    size_t num_signed, num_verified, num_done, num_sessions, num_lookups, num_strikes;
};

/* The engine is fed `chunk` bytes at a time. In a trace that resumes, the session is the caller's
 * to give before anything is fed: to a client by bulla_connection_resume(), to a server in
 * `stored`. */
struct play *play_new(const struct trace *trace, bulla_role role, size_t chunk);
void play_free(struct play *play);

/* Feeds a copy, in pieces that are gone after each call, and makes all decisions as the trace has
 * them. The event is the one that the last piece led to. */
bulla_event play_feed(struct play *play, bulla_bytes bytes);

/* Plays the whole trace. */
void play_steps(struct play *play);
/* Plays it up to the nth record of the peer's (from 0), whose last byte is then altered, which must
 * end the connection. */
bulla_failure play_altered(struct play *play, size_t nth);

/* After play_steps(): every secret that the trace names was logged, and the connection says of
 * itself what happened in the trace. */
void play_assert_secrets(const struct play *play);
void play_assert_outcome(const struct play *play);

/* The trace in which the certificates stand: the one that it resumes, or itself. */
const struct vectors *play_full_handshake(const struct play *play);

#endif
