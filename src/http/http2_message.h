/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of HTTP/2 messages, RFC 9113 8: fields as they come, turned into the request that HTTP/1.1
 * knows; a response turned into fields. */
#ifndef HTTP_HTTP2_MESSAGE_H
#define HTTP_HTTP2_MESSAGE_H

#include "http/response.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTP2_LIST_LEN_MAX = 16 * 1024, /* SETTINGS_MAX_HEADER_LIST_SIZE, counted as RFC 9113 6.5.2 */
    HTTP2_RESPONSE_FIELDS_MAX = 32,
    HTTP2_RESPONSE_TEXT_LEN = HTTP_FIELDS_LEN_MAX + 1024,
};

/* The fields of one request so far. */
struct http2_request {
    struct writer fields; /* each name and value behind its length */
    size_t num_fields;
    size_t list_len;
    bool malformed; /* a field came that HTTP does not allow */
};

struct http2_request http2_request_init(void);
void http2_request_free(struct http2_request *request);

/* Takes a field. What is beyond the limits is counted and not kept; false where so much comes that
 * decoding it is not worth its while. */
BULLA_MUST_CHECK bool http2_request_add(struct http2_request *request, bulla_bytes name,
                                        bulla_bytes value);

/* The request as views into `request`. */
BULLA_MUST_CHECK bool http2_request_head(const struct http2_request *request, struct http_head *out,
                                         struct http_problem *out_problem);

/* A response's head, whose names and values live in `text`. */
struct http2_response_head {
    nghttp2_nv fields[HTTP2_RESPONSE_FIELDS_MAX];
    size_t num_fields;
    uint8_t text[HTTP2_RESPONSE_TEXT_LEN];
    size_t text_len;
};

/* False where it has more fields than fit. */
BULLA_MUST_CHECK bool http2_response_head_write(struct http2_response_head *out,
                                                const struct http_response *response, int64_t now);

#endif
