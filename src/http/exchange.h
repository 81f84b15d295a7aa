/* SPDX-License-Identifier: Apache-2.0 */
/* A client's side of one HTTP/1.1 exchange, without any I/O: the request as bytes, and a reader
 * that takes the response apart. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "base/writer.h"
#include "http/body.h"
#include "http/url.h"

enum http_exchange_state {
    HTTP_EXCHANGE_INVALID = 0,
    HTTP_EXCHANGE_HEAD,     /* the response's head is on its way */
    HTTP_EXCHANGE_BODY,     /* its body is */
    HTTP_EXCHANGE_COMPLETE, /* all has come */
    HTTP_EXCHANGE_BROKEN,   /* see `problem` */
    HTTP_EXCHANGE_STOPPED,  /* the sink refused to take more */
};

struct http_exchange {
    enum http_exchange_state state;
    struct http_head head; /* views into `buffer`; once past HTTP_EXCHANGE_HEAD */
    struct http_body body;
    uint64_t body_len; /* so far */
    struct http_problem problem;
    uint8_t buffer[HTTP_HEAD_LEN_MAX];
    size_t buffer_len, scanned;
    /* Takes some of the body; false to stop. */
    bool (*sink)(void *context, bulla_bytes body);
    void *context;
};

/* Writes a GET request that asks to close the connection afterwards. */
void http_exchange_request(const struct url *url, struct writer *out);

void http_exchange_start(struct http_exchange *exchange,
                         bool (*sink)(void *context, bulla_bytes body), void *context);
void http_exchange_receive(struct http_exchange *exchange, bulla_bytes bytes);
/* The peer said that no more will come. What lacks its end is then broken. */
void http_exchange_end(struct http_exchange *exchange);

#endif
