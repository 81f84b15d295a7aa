/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.1 message, RFC 9112: the start line and the fields, read strictly.
 *
 * Where RFC 9112 lets a recipient be lenient, this one is not: every leniency has been a way to
 * make two programs see two different messages in the same bytes. */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/bytes.h"

enum {
    HTTP_HEAD_LEN_MAX = 16 * 1024,
    HTTP_TARGET_LEN_MAX = 8 * 1024,
    HTTP_FIELDS_MAX = 100,
};

/* How the end of a body is known, RFC 9112 6.3. */
enum http_framing {
    HTTP_FRAMING_INVALID = 0,
    HTTP_FRAMING_NONE,        /* there is no body */
    HTTP_FRAMING_LENGTH,      /* Content-Length */
    HTTP_FRAMING_CHUNKED,     /* Transfer-Encoding: chunked */
    HTTP_FRAMING_UNTIL_CLOSE, /* responses alone: all that comes */
};

struct http_field {
    bulla_bytes name, value; /* the value without the blanks around it */
};

/* Views into the bytes that were parsed. */
struct http_head {
    bulla_bytes method, target; /* of a request */
    bulla_bytes path;           /* the target's path; none for CONNECT and OPTIONS * */
    unsigned status;            /* of a response */
    bulla_bytes reason;
    unsigned minor_version; /* HTTP/1.0 or HTTP/1.1 */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t num_fields;

    enum http_framing framing;
    uint64_t content_length; /* with HTTP_FRAMING_LENGTH */
    bool keep_alive;         /* the connection may be used again after this message */
    bool expects_continue;   /* Expect: 100-continue */
};

/* What is wrong with a message: the status that answers it, and why. `status` is 0 where nothing
 * is. */
struct http_problem {
    unsigned status;
    const char *says;
};

/* Looks for the end of the head in `bytes`, of which *inout_scanned were looked at before. Returns
 * the head's length with its empty line, or 0 where more is needed or `out_problem` says what is
 * wrong (a bare CR or LF, too long). */
BULLA_MUST_CHECK size_t http_head_length(bulla_bytes bytes, size_t *inout_scanned,
                                         struct http_problem *out_problem);

/* Parse a whole head, as http_head_length() found it. */
BULLA_MUST_CHECK bool http_request_parse(struct http_head *out, bulla_bytes head,
                                         struct http_problem *out_problem);
BULLA_MUST_CHECK bool http_response_parse(struct http_head *out, bulla_bytes head,
                                          struct http_problem *out_problem);

/* The first field of that name (any case); NULL for none. */
const struct http_field *http_head_field(const struct http_head *head, const char *name);

/* Compare as HTTP does where case does not matter: ASCII letters alone. */
BULLA_MUST_CHECK bool http_same(bulla_bytes a, bulla_bytes b);
BULLA_MUST_CHECK bool http_same_text(bulla_bytes a, const char *b);

/* "Not Found" for 404; "Unknown" for what is not in the table. */
const char *http_reason(unsigned status);

/* A token, RFC 9110 5.6.2: what methods and field names are made of. */
BULLA_MUST_CHECK bool http_is_token(bulla_bytes text);

/* Parses a decimal number that fills `digits`. */
BULLA_MUST_CHECK bool http_number(bulla_bytes digits, uint64_t *out);

#endif
