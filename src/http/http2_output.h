/* SPDX-License-Identifier: Apache-2.0 */
/* nghttp2's frames on their way out: small ones gathered into one TLS record, big ones as they
 * stand in nghttp2's memory. What is half sent stays until the rest is. */
#ifndef HTTP_HTTP2_OUTPUT_H
#define HTTP_HTTP2_OUTPUT_H

#include "base/bytes.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTP2_OUTPUT_LEN = 16 * 1024,          /* one TLS record */
    HTTP2_DATA_LEN = HTTP2_OUTPUT_LEN - 9, /* and a DATA frame with its header that fills it */
};

struct http2_output {
    uint8_t *gathered; /* heap, HTTP2_OUTPUT_LEN; NULL where nothing is */
    size_t gathered_len, gathered_sent;
    bulla_bytes frame; /* nghttp2's; follows what is gathered */
};

/* The next bytes to send, empty where there are none; false where nghttp2 or memory fails. */
BULLA_MUST_CHECK bool http2_output_next(struct http2_output *output, nghttp2_session *nghttp2,
                                        bulla_bytes *out);
void http2_output_sent(struct http2_output *output, size_t len);
/* Whether all that was taken from nghttp2 has been sent. */
bool http2_output_is_empty(const struct http2_output *output);
void http2_output_free(struct http2_output *output);

#endif
