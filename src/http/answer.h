/* SPDX-License-Identifier: Apache-2.0 */
/* What a request gets, whichever protocol brought it: this server only gives, so GET and HEAD
 * without a body are answered and all else is refused. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "http/response.h"

struct http_session_events {
    /* Answers a GET or HEAD request. `path` is the target's path as it was sent. */
    void (*answer)(void *owner, const struct http_head *request, bulla_bytes path,
                   struct http_response *out);
    /* The answer is decided; `request` is NULL where the request could not be parsed. */
    void (*answered)(void *owner, const struct http_head *request, unsigned status,
                     uint64_t body_len);
    /* Seconds since 1970, for the Date field. */
    int64_t (*now)(void *owner);
    /* The value of Strict-Transport-Security, "max-age=63072000"; NULL for no such field. */
    const char *hsts;
};

struct http_question {
    const struct http_head *request;
    bool has_body;
    /* It came as early data of a handshake that is not done: whoever recorded it can send it again,
     * so that what changes anything is put off with 425 (RFC 8470). */
    bool is_early;
};

/* Fills in `out`, which is fresh, with conditions and ranges applied; not finished yet. */
void http_answer(const struct http_session_events *events, void *owner,
                 const struct http_question *question, struct http_response *out);

/* The whole response, in plain text, to a client that speaks HTTP on the port of TLS. */
bulla_bytes http_answer_to_plain_http(void);

#endif
