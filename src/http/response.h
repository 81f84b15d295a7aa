/* SPDX-License-Identifier: Apache-2.0 */
/* A response as the answering function makes it, before either protocol writes it down: status,
 * fields, and a body in memory or in a file. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/writer.h"
#include "http/message.h"

enum {
    HTTP_BODY_LEN_MAX = 64 * 1024, /* of a response that is built in memory */
    HTTP_FIELDS_LEN_MAX = 4096,    /* of the further fields, all together */
    HTTP_ETAG_LEN = 64,
};

/* What the answering function fills in; http_response_init() makes an empty 200. */
struct http_response {
    unsigned status;
    const char *content_type; /* static */
    struct writer fields;     /* further fields, each ended by CR LF */
    struct writer body;       /* the body, unless there is a file */
    int file;                 /* the body's file, -1 for none; closed by http_response_free() */
    uint64_t file_start;      /* where in the file the body begins */
    uint64_t file_len;        /* how much of it is the body */

    /* For conditional requests and ranges (conditions.h): the entity tag as it is sent, empty where
     * the response takes none, and when the file was last changed. */
    char etag[HTTP_ETAG_LEN];
    int64_t modified;
};

struct http_response http_response_init(void);
void http_response_free(struct http_response *response);

/* A JSON body that says what is wrong and, where `fix` is not NULL, what to do. */
void http_response_problem(struct http_response *response, unsigned status, const char *says,
                           const char *fix);

/* Makes it fit to be sent: a response that outgrew its limits becomes a 500; a
 * Strict-Transport-Security field (RFC 6797) of the value `hsts` is added where that is not NULL.
 */
void http_response_finish(struct http_response *response, const char *hsts);

/* How long the body is: what Content-Length says. */
uint64_t http_response_len(const struct http_response *response);

/* False for 304, which has neither a body nor fields about one. */
bool http_response_has_content(const struct http_response *response);

/* Reads from the body's byte `at` into `out`: how much, 0 where the file is shorter by now than it
 * was or can't be read. `at` is less than http_response_len(). */
BULLA_MUST_CHECK size_t http_response_read(const struct http_response *response, uint64_t at,
                                           uint8_t *out, size_t cap);

#endif
