/* SPDX-License-Identifier: Apache-2.0 */
/* A server's side of one HTTP/1.1 connection, without any I/O: it is fed requests as bytes and
 * gives responses as bytes, in order.
 *
 * This server only gives: a request with a body is answered (405, or 413) without reading it, and
 * the connection ends. Requests that came while a response was under way wait their turn. */
#ifndef HTTP_SESSION_H
#define HTTP_SESSION_H

#include "base/writer.h"
#include "http/message.h"

enum { HTTP_BODY_LEN_MAX = 64 * 1024 /* of a response that is built in memory */ };

/* What the answering function fills in; http_response_init() makes an empty 200. */
struct http_response {
    unsigned status;
    const char *content_type; /* static */
    struct writer fields;     /* further fields, each ended by CR LF */
    struct writer body;       /* the body, unless there is a file */
    int file;                 /* the body's file, -1 for none; closed by the session */
    uint64_t file_len;
};

struct http_response http_response_init(void);
void http_response_free(struct http_response *response);
/* A JSON body that says what is wrong and, where `fix` is not NULL, what to do. */
void http_response_problem(struct http_response *response, unsigned status, const char *says,
                           const char *fix);

struct http_session_events {
    /* Answers a GET or HEAD request. `path` is the target's path as it was sent. */
    void (*answer)(void *owner, const struct http_head *request, bulla_bytes path,
                   struct http_response *out);
    /* The answer is decided; `request` is NULL where the request could not be parsed. */
    void (*answered)(void *owner, const struct http_head *request, unsigned status,
                     uint64_t body_len);
    /* Seconds since 1970, for the Date field. */
    int64_t (*now)(void *owner);
};

struct http_session;

/* NULL without memory. */
BULLA_MUST_CHECK struct http_session *http_session_new(const struct http_session_events *events,
                                                       void *owner);
void http_session_free(struct http_session *session);

void http_session_receive(struct http_session *session, bulla_bytes bytes);

/* The next bytes to send: views into the session, or a file's content in `scratch`. Report with
 * http_session_sent() how many went out. Empty where nothing waits. */
BULLA_MUST_CHECK bulla_bytes http_session_output(struct http_session *session, uint8_t *scratch,
                                                 size_t scratch_cap);
void http_session_sent(struct http_session *session, size_t len);

/* Answers the request that is half there with 408 and asks to close. */
void http_session_expire(struct http_session *session);

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
