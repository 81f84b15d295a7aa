/* SPDX-License-Identifier: Apache-2.0 */
/* A server's HTTP session of whichever version the handshake agreed on. Zeroed memory is a session
 * that is not open yet: it is idle, has no output and takes no input. */
#ifndef HTTP_SERVER_SESSION_H
#define HTTP_SERVER_SESSION_H

#include "http/session.h"

struct http2_session;

struct server_session {
    struct http_session *http1; /* the one that is open, or neither */
    struct http2_session *http2;
};

/* `alpn` is what the connection agreed on: "h2" for HTTP/2, HTTP/1.1 for all else. False without
 * memory. There may be output at once. */
BULLA_MUST_CHECK bool server_session_open(struct server_session *session, bulla_bytes alpn,
                                          const struct http_session_events *events, void *owner);
void server_session_close(struct server_session *session);
bool server_session_is_open(const struct server_session *session);

/* As in session.h and http2.h. */
void server_session_receive(struct server_session *session, bulla_bytes bytes);
void server_session_receive_early(struct server_session *session, bulla_bytes bytes);
BULLA_MUST_CHECK bulla_bytes server_session_output(struct server_session *session, uint8_t *scratch,
                                                   size_t scratch_cap);
void server_session_sent(struct server_session *session, size_t len);
enum http_session_state server_session_state(const struct server_session *session);
void server_session_expire(struct server_session *session);

/* Whether to read from the peer: HTTP/1.1 answers one request after the other and reads none
 * meanwhile; HTTP/2 has to hear of windows that open while it answers. */
bool server_session_wants_input(const struct server_session *session);

/* Has the session end as soon as that loses no request: HTTP/1.1 says with its next response that
 * it is the last, HTTP/2 begins to say goodbye at once. There may be output. Once that is over the
 * state is HTTP_SESSION_DONE; HTTP_SESSION_IDLE where the peer has nothing to ask any more. */
void server_session_stop(struct server_session *session);

#endif
