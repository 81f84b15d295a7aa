/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of url.h. What it lets through can go into a request line as it stands. */
#include "http/url.h"

#include "http/message.h"

#include <stdio.h>

static const char *check_https(bulla_bytes text);
static const char *check_http(bulla_bytes text);
static const char *parse_rest(struct url *out, bulla_bytes rest, uint16_t default_port);
static bool is_clean(bulla_bytes target);

const char *url_parse(struct url *out, const char *text) {
    bulla_bytes whole = bytes_of_text(text);
    const char *wrong = check_https(whole);
    return wrong != NULL ? wrong : parse_rest(out, bytes_after(whole, 8), 443);
}

const char *url_parse_http(struct url *out, const char *text) {
    bulla_bytes whole = bytes_of_text(text);
    const char *wrong = check_http(whole);
    return wrong != NULL ? wrong : parse_rest(out, bytes_after(whole, 7), 80);
}

const char *url_host(const struct url *url, char *out) {
    bool is_ipv6 = strchr(url->address.host, ':') != NULL;
    char port[8] = "";
    if (url->has_port && url->address.port != url->default_port) {
        snprintf(port, sizeof port, ":%u", url->address.port);
    }
    snprintf(out, URL_HOST_MAX, "%s%s%s%s", is_ipv6 ? "[" : "", url->address.host,
             is_ipv6 ? "]" : "", port);
    return out;
}

/* What follows the scheme. */
static const char *parse_rest(struct url *out, bulla_bytes rest, uint16_t default_port) {
    *out = (struct url){.default_port = default_port};
    size_t host_len = 0;
    while (host_len < rest.len && strchr("/?#", rest.data[host_len]) == NULL) {
        host_len++;
    }
    bulla_bytes host = bytes_of(rest.data, host_len);
    if (memchr(host.data, '@', host.len) != NULL) {
        return "a URL with a user name or password is not taken";
    }
    if (!address_parse(&out->address, host, default_port) || out->address.host[0] == '\0' ||
        out->address.port == 0) {
        return "the URL's host or port can't be read (an IPv6 address stands in brackets)";
    }
    out->has_port = host.data[host.len - 1] != ']' && memchr(host.data, ':', host.len) != NULL;
    bulla_bytes target = bytes_of(rest.data + host_len, rest.len - host_len);
    const uint8_t *fragment = target.len == 0 ? NULL : memchr(target.data, '#', target.len);
    if (fragment != NULL) {
        target.len = (size_t)(fragment - target.data);
    }
    if (!is_clean(target) || target.len + 2 > sizeof out->target) {
        return "the URL's path has a blank or another character to be written as %20, or is too "
               "long";
    }
    bool rooted = target.len != 0 && target.data[0] == '/';
    snprintf(out->target, sizeof out->target, "%s%.*s", rooted ? "" : "/", (int)target.len,
             target.len == 0 ? "" : (const char *)target.data);
    return NULL;
}

static const char *check_https(bulla_bytes text) {
    if (text.len > 8 && http_same_text(bytes_of(text.data, 8), "https://")) {
        return NULL;
    }
    if (text.len >= 7 && http_same_text(bytes_of(text.data, 7), "http://")) {
        return "plain http:// is not spoken; write https://";
    }
    return "a URL begins with https:// and a host name";
}

static const char *check_http(bulla_bytes text) {
    if (text.len > 7 && http_same_text(bytes_of(text.data, 7), "http://")) {
        return NULL;
    }
    if (text.len >= 8 && http_same_text(bytes_of(text.data, 8), "https://")) {
        return "https:// is not followed here, as that needs a verdict of its own (RFC 5280 8); "
               "have the CA publish it under http://";
    }
    return "only URLs that begin with http:// and a host name are fetched";
}

static bool is_clean(bulla_bytes target) {
    for (size_t i = 0; i < target.len; i++) {
        uint8_t c = target.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL) {
            return false;
        }
    }
    return true;
}
