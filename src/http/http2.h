/* SPDX-License-Identifier: Apache-2.0 */
/* A server's side of one HTTP/2 connection, without any I/O: what session.h is for HTTP/1.1, over
 * nghttp2. Up to 100 requests are answered side by side; a file is read as the peer's windows open.
 *
 * A peer that keeps us busy for nothing is told ENHANCE_YOUR_CALM and left: http2_budget.h. */
#ifndef HTTP_HTTP2_H
#define HTTP_HTTP2_H

#include "http/session.h"

enum { HTTP2_STREAMS_MAX = 100 };

struct http2_session;

/* NULL without memory. There is output at once: our SETTINGS. */
BULLA_MUST_CHECK struct http2_session *http2_session_new(const struct http_session_events *events,
                                                         void *owner);
void http2_session_free(struct http2_session *session);

void http2_session_receive(struct http2_session *session, bulla_bytes bytes);
void http2_session_receive_early(struct http2_session *session, bulla_bytes bytes);

/* The next frames to send, as views into the session that last until http2_session_sent() has
 * counted all of them out. */
BULLA_MUST_CHECK bulla_bytes http2_session_output(struct http2_session *session);
void http2_session_sent(struct http2_session *session, size_t len);

/* HTTP_SESSION_ANSWERING also where a response waits for its window to open, with no output. */
enum http_session_state http2_session_state(const struct http2_session *session);
/* False where output stands in line: what is read now could only make that longer. */
bool http2_session_wants_input(const struct http2_session *session);

/* Answers requests that are half there with 408 and ends the connection. */
void http2_session_expire(struct http2_session *session);

/* Tells the peer to begin no more requests, takes those that were on their way, and ends once they
 * are answered (RFC 9113 6.8). */
void http2_session_stop(struct http2_session *session);

#endif
