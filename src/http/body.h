/* SPDX-License-Identifier: Apache-2.0 */
/* A message's body as it comes in: lengths counted, chunks taken apart (RFC 9112 6 and 7.1). */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "base/reader.h"
#include "http/message.h"

enum http_body_event {
    HTTP_BODY_INVALID = 0,
    HTTP_BODY_NEED_BYTES, /* all input was used */
    HTTP_BODY_DATA,       /* `out_data` holds some of the body */
    HTTP_BODY_END,        /* the body is whole; what is left of the input is not part of it */
    HTTP_BODY_BROKEN,     /* the chunks are malformed */
};

struct http_body {
    enum http_framing framing;
    uint64_t left;     /* of the body, or of the chunk */
    int chunk_state;   /* body.c's */
    size_t line_len;   /* of the size line, or of all trailers */
    size_t num_digits; /* of the chunk's size */
};

struct http_body http_body_of(const struct http_head *head);

/* Uses input until something can be said. `out_data` is a view into the input. */
BULLA_MUST_CHECK enum http_body_event http_body_next(struct http_body *body, struct reader *input,
                                                     bulla_bytes *out_data);

#endif
