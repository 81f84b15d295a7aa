/* SPDX-License-Identifier: Apache-2.0 */
/* https URLs as a client is given them, RFC 3986 and RFC 9110 4.2.2; and http URLs as certificates
 * hold them (fetch.h). */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "net/address.h"

enum { URL_TARGET_MAX = 4096 };

struct url {
    struct address address;      /* the scheme's port unless the URL names one */
    char target[URL_TARGET_MAX]; /* path and query; "/" where there is none */
    bool has_port;
    uint16_t default_port; /* the scheme's: 443 or 80 */
};

/* NULL where `text` was read; otherwise a sentence that says what is wrong with it. A fragment is
 * left out; user:password@ and http:// are refused. */
BULLA_MUST_CHECK const char *url_parse(struct url *out, const char *text);
/* The same for http:// alone, which refuses https://. */
BULLA_MUST_CHECK const char *url_parse_http(struct url *out, const char *text);

/* What the Host field says: "localhost:8443", "[::1]". At most URL_HOST_MAX bytes; returns
 * `out`. */
enum { URL_HOST_MAX = ADDRESS_HOST_MAX + 16 };
const char *url_host(const struct url *url, char *out);

#endif
