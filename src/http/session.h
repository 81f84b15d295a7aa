/* SPDX-License-Identifier: Apache-2.0 */
/* A server's side of one HTTP/1.1 connection, without any I/O: it is fed requests as bytes and
 * gives responses as bytes, in order.
 *
 * This server only gives: a request with a body is answered (405, or 413) without reading it, and
 * the connection ends. Requests that came while a response was under way wait their turn. */
#ifndef HTTP_SESSION_H
#define HTTP_SESSION_H

#include "http/answer.h"

struct http_session;

/* NULL without memory. */
BULLA_MUST_CHECK struct http_session *http_session_new(const struct http_session_events *events,
                                                       void *owner);
void http_session_free(struct http_session *session);

void http_session_receive(struct http_session *session, bulla_bytes bytes);
/* The same for early data, while the handshake is not done: what changes anything is answered 425
 * (RFC 8470). */
void http_session_receive_early(struct http_session *session, bulla_bytes bytes);

/* The next bytes to send: views into the session, or a file's content in `scratch`. Report with
 * http_session_sent() how many went out. Empty where nothing waits. */
BULLA_MUST_CHECK bulla_bytes http_session_output(struct http_session *session, uint8_t *scratch,
                                                 size_t scratch_cap);
void http_session_sent(struct http_session *session, size_t len);

/* Answers the request that is half there with 408 and asks to close. */
void http_session_expire(struct http_session *session);

/* The next response whose head is not out yet is the last, and says so. */
void http_session_stop(struct http_session *session);

enum http_session_state {
    HTTP_SESSION_INVALID = 0,
    HTTP_SESSION_IDLE,      /* between two requests */
    HTTP_SESSION_RECEIVING, /* in the middle of a request's head */
    HTTP_SESSION_ANSWERING, /* there is output */
    HTTP_SESSION_DONE,      /* all is sent; close the connection */
    HTTP_SESSION_BROKEN,    /* a response can't be completed; cut the connection */
};

enum http_session_state http_session_state(const struct http_session *session);

#endif
