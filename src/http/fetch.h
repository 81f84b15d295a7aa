/* SPDX-License-Identifier: Apache-2.0 */
/* Fetching what certificates point at: CRLs, OCSP responses, issuers' certificates. All of it is
 * signed, and published under http:// so that asking for it does not take a verdict of its own
 * (RFC 5280 4.2.1.13, 4.2.2.1 and 8; RFC 6960 A.1). Called by `bulla explain --fetch`.
 *
 * Refused: https:// and other schemes, also where a redirect leads there; more than 3 redirects;
 * any answer but 200; bodies beyond their limit. The request says nothing of who asks. */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "base/writer.h"
#include "http/message.h"
#include "http/url.h"

enum {
    FETCH_TIMEOUT_MS = 5000,
    FETCH_REDIRECTS_MAX = 3,
    FETCH_LEN_MAX = 64 * 1024,            /* of an OCSP response or a certificate */
    FETCH_CRL_LEN_MAX = 32 * 1024 * 1024, /* the largest in public use take some 10 MB */
    FETCH_SAYS_MAX = 256,
};

struct fetch_request {
    bulla_bytes url;          /* as a certificate has it */
    bulla_bytes body;         /* to be POSTed; empty: it is a GET */
    const char *content_type; /* of `body` */
    size_t len_max;
    int64_t timeout_ms; /* in all, but for resolving the name, which the system limits */
};

struct fetch_result {
    struct writer bytes;       /* fetch_free() */
    char says[FETCH_SAYS_MAX]; /* of a failure: what is wrong, and what to do */
};

/* Blocks until it is over. False where nothing was fetched; `says` then says why. fetch_free()
 * either way. */
BULLA_MUST_CHECK bool fetch_run(struct fetch_result *out, const struct fetch_request *request);
void fetch_free(struct fetch_result *result);

/* The parts that do no I/O. */

/* NULL, or a sentence that says why this URL is not fetched. */
BULLA_MUST_CHECK const char *fetch_read_url(struct url *out, bulla_bytes text);

/* The request as bytes. */
void fetch_write_request(struct writer *out, const struct url *url,
                         const struct fetch_request *request);

/* True for a status that says that the same request belongs elsewhere (RFC 9110 15.4). */
bool fetch_is_redirect(unsigned status);

/* Takes `inout_url` to where Location leads: http://..., or a path on the same host. NULL, or a
 * sentence that says why it is not followed. */
BULLA_MUST_CHECK const char *fetch_follow(struct url *inout_url, const struct http_head *head);

#endif
