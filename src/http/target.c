/* SPDX-License-Identifier: Apache-2.0 */
/* The forms of RFC 9112 3.2: /path, https://host/path, host:port for CONNECT, * for OPTIONS.
 * Refused: none or two Hosts, a Host that is no host, an absolute target whose host is another than
 * Host says (3.2.2 would have Host ignored, but whoever stands before us may have looked at it),
 * user information (RFC 9110 4.2.4), other schemes, characters that no URI has. Called by message.c
 * and http2_message.c. */
#include "http/target.h"

static bool find_host(const struct http_head *head, bulla_bytes *out, struct http_problem *problem);
static bool check_absolute(struct http_head *head, bulla_bytes host, struct http_problem *problem);
static bool is_target(bulla_bytes target);
static bool is_host(bulla_bytes host);
static bool is_port(bulla_bytes port);
static bulla_bytes path_at(bulla_bytes target, size_t begin);
static bool refuse(struct http_problem *problem, unsigned status, const char *says);

bool http_target_check(struct http_head *head, struct http_problem *out_problem) {
    bulla_bytes target = head->target;
    bulla_bytes host;
    if (target.len > HTTP_TARGET_LEN_MAX) {
        return refuse(out_problem, 414, "the request target is longer than 8 KiB");
    }
    if (!is_target(target)) {
        return refuse(out_problem, 400,
                      "the request target has a character that a URI may not have");
    }
    if (!find_host(head, &host, out_problem)) {
        return false;
    }
    if (target.data[0] == '/') {
        head->path = path_at(target, 0);
        return true;
    }
    if (bytes_equal(head->method, BYTES_OF("CONNECT"))) {
        return is_host(target) || refuse(out_problem, 400, "the target of CONNECT is not a host");
    }
    if (bytes_equal(target, BYTES_OF("*")) && bytes_equal(head->method, BYTES_OF("OPTIONS"))) {
        return true;
    }
    return check_absolute(head, host, out_problem);
}

/* One Host, required by HTTP/1.1. */
static bool find_host(const struct http_head *head, bulla_bytes *out,
                      struct http_problem *problem) {
    size_t num = 0;
    *out = bytes_of(NULL, 0);
    for (size_t i = 0; i < head->num_fields; i++) {
        if (http_same_text(head->fields[i].name, "Host")) {
            *out = head->fields[i].value;
            num++;
        }
    }
    if (num > 1 || (num == 0 && head->minor_version == 1)) {
        return refuse(problem, 400, "a request needs exactly one Host field");
    }
    if (out->len != 0 && !is_host(*out)) {
        return refuse(problem, 400, "the Host field is not a host name");
    }
    return true;
}

static bool check_absolute(struct http_head *head, bulla_bytes host, struct http_problem *problem) {
    static const char scheme[] = "https://";
    bulla_bytes target = head->target;
    size_t begin = sizeof scheme - 1;
    size_t end = begin;
    if (target.len <= begin || !http_same_text(bytes_of(target.data, begin), scheme)) {
        return refuse(problem, 400, "the request target is neither a path nor an https address");
    }
    while (end < target.len && target.data[end] != '/' && target.data[end] != '?') {
        end++;
    }
    bulla_bytes authority = bytes_of(target.data + begin, end - begin);
    if (!is_host(authority)) {
        return refuse(problem, 400, "the request target does not name a host");
    }
    if (http_head_field(head, "Host") != NULL && !http_same(authority, host)) {
        return refuse(problem, 400, "the request target and Host name two hosts");
    }
    head->path = end < target.len && target.data[end] == '/' ? path_at(target, end) : BYTES_OF("/");
    return true;
}

/* Printable ASCII without the characters that no URI has, RFC 3986 appendix A. */
static bool is_target(bulla_bytes target) {
    for (size_t i = 0; i < target.len; i++) {
        uint8_t c = target.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}#", c) != NULL) {
            return false;
        }
    }
    return target.len != 0;
}

/* uri-host [":" port], RFC 3986 3.2.2, without the comma: it would make one host of two. */
static bool is_host(bulla_bytes host) {
    bool is_literal = host.len != 0 && host.data[0] == '[';
    size_t i = is_literal ? 1 : 0;
    size_t begin = i;
    while (i < host.len && host.data[i] != (is_literal ? ']' : ':')) {
        uint8_t c = host.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || strchr(is_literal ? ":.%-_~" : "-._~%!$&'()*+;=", c) == NULL)) {
            return false;
        }
        i++;
    }
    if (i == begin || (is_literal && i == host.len)) {
        return false;
    }
    return is_port(bytes_after(host, is_literal ? i + 1 : i));
}

/* Nothing, or a colon and what may be digits. */
static bool is_port(bulla_bytes port) {
    for (size_t i = 1; i < port.len; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }
    }
    return port.len == 0 || (port.data[0] == ':' && port.len <= 6);
}

/* What stands from `begin` up to the query. */
static bulla_bytes path_at(bulla_bytes target, size_t begin) {
    size_t end = begin;
    while (end < target.len && target.data[end] != '?') {
        end++;
    }
    return bytes_of(target.data + begin, end - begin);
}

static bool refuse(struct http_problem *problem, unsigned status, const char *says) {
    *problem = (struct http_problem){.status = status, .says = says};
    return false;
}
