/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of fetch.h: resolve, connect, send, receive, over again for each redirect, all under
 * one deadline. The response is taken apart by exchange.h, as strictly as any other. */
#include "http/fetch.h"

#include "http/exchange.h"
#include "net/clock.h"
#include "net/connect.h"

#include <bulla/version.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    URL_TEXT_MAX = URL_TARGET_MAX + ADDRESS_HOST_MAX + 16,
    REQUEST_LEN_MAX = 16 * 1024,
    INPUT_LEN = 16 * 1024,
};

struct fetch {
    const struct fetch_request *request;
    struct fetch_result *result;
    struct url url;
    int64_t deadline_ms;
    int fd;
    bool too_long;
    struct http_exchange exchange;
    uint8_t input[INPUT_LEN];
};

static bool run(struct fetch *fetch);
static bool ask(struct fetch *fetch);
static bool reach(struct fetch *fetch);
static bool send_request(struct fetch *fetch);
static bool send_all(struct fetch *fetch, bulla_bytes left);
static bool receive_response(struct fetch *fetch);
static bool receive_some(struct fetch *fetch);
static bool take_body(void *context, bulla_bytes body);
static bool conclude(struct fetch *fetch);
static bool wait_for(struct fetch *fetch, short events);
static bool fail_late(struct fetch *fetch);
static bool fail_broken(struct fetch *fetch, int error);
static bool fail(struct fetch *fetch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool fetch_run(struct fetch_result *out, const struct fetch_request *request) {
    *out = (struct fetch_result){.bytes = writer_growing(request->len_max)};
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch == NULL) {
        snprintf(out->says, sizeof out->says, "there is not enough memory; free some");
        return false;
    }
    fetch->request = request;
    fetch->result = out;
    fetch->deadline_ms = clock_deadline_in(request->timeout_ms);
    bool done = run(fetch);
    free(fetch);
    return done;
}

void fetch_free(struct fetch_result *result) {
    writer_free(&result->bytes);
}

const char *fetch_read_url(struct url *out, bulla_bytes text) {
    char copy[URL_TEXT_MAX];
    for (size_t i = 0; i < text.len; i++) { /* a host name goes into the request as well */
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f) {
            return "the URL has a blank or a control character; have the CA issue a certificate "
                   "with a proper one";
        }
    }
    if (text.len >= sizeof copy) {
        return "the URL is too long; have the CA issue a certificate with a shorter one";
    }
    bytes_copy(copy, sizeof copy, text);
    copy[text.len] = '\0';
    return url_parse_http(out, copy);
}

void fetch_write_request(struct writer *out, const struct url *url,
                         const struct fetch_request *request) {
    char host[URL_HOST_MAX];
    writer_text(out, request->body.len == 0 ? "GET " : "POST ");
    writer_text(out, url->target);
    writer_text(out, " HTTP/1.1\r\nHost: ");
    writer_text(out, url_host(url, host));
    writer_text(out,
                "\r\nUser-Agent: bulla/" BULLA_VERSION "\r\nAccept: */*\r\nConnection: close\r\n");
    if (request->body.len != 0) {
        char length[24];
        snprintf(length, sizeof length, "%zu", request->body.len);
        writer_text(out, "Content-Type: ");
        writer_text(out, request->content_type);
        writer_text(out, "\r\nContent-Length: ");
        writer_text(out, length);
        writer_text(out, "\r\n");
    }
    writer_text(out, "\r\n");
    writer_bytes(out, request->body);
}

/* 303 means another request than ours. */
bool fetch_is_redirect(unsigned status) {
    return status == 301 || status == 302 || status == 307 || status == 308;
}

const char *fetch_follow(struct url *inout_url, const struct http_head *head) {
    const struct http_field *location = http_head_field(head, "Location");
    if (location == NULL || location->value.len == 0) {
        return "the server redirects without saying where to; tell whoever runs it";
    }
    bulla_bytes value = location->value;
    bool rooted = value.data[0] == '/' && (value.len == 1 || value.data[1] != '/');
    if (!rooted) {
        struct url next;
        const char *wrong = fetch_read_url(&next, value);
        if (wrong == NULL) {
            *inout_url = next;
        }
        return wrong;
    }
    char text[URL_TEXT_MAX];
    char host[URL_HOST_MAX];
    int len = snprintf(text, sizeof text, "http://%s%.*s", url_host(inout_url, host),
                       value.len > URL_TARGET_MAX ? URL_TARGET_MAX : (int)value.len,
                       (const char *)value.data);
    return fetch_read_url(inout_url, bytes_of(text, (size_t)len));
}

static bool run(struct fetch *fetch) {
    const char *wrong = fetch_read_url(&fetch->url, fetch->request->url);
    for (unsigned hops = 0; wrong == NULL; hops++) {
        if (!ask(fetch)) {
            return false;
        }
        const struct http_head *head = &fetch->exchange.head;
        if (!fetch_is_redirect(head->status)) {
            return conclude(fetch);
        }
        if (hops == FETCH_REDIRECTS_MAX) {
            return fail(fetch, "redirected more than %d times; tell whoever runs the server",
                        FETCH_REDIRECTS_MAX);
        }
        wrong = fetch_follow(&fetch->url, head);
        if (wrong != NULL) {
            return fail(fetch, "redirected to where it can't be followed: %s", wrong);
        }
    }
    return fail(fetch, "%s", wrong);
}

/* One request and its whole response. */
static bool ask(struct fetch *fetch) {
    if (!reach(fetch)) {
        return false;
    }
    http_exchange_start(&fetch->exchange, take_body, fetch);
    bool done = send_request(fetch) && receive_response(fetch);
    close(fetch->fd);
    return done;
}

static bool reach(struct fetch *fetch) {
    char text[ADDRESS_TEXT_LEN];
    struct addrinfo *addresses;
    int error = address_resolve(&fetch->url.address, false, &addresses);
    if (error != 0) {
        return fail(fetch, "%.100s has no address (%s); check this machine's DNS",
                    fetch->url.address.host, gai_strerror(error));
    }
    int64_t left = fetch->deadline_ms - clock_monotonic_ms();
    bool connected = connect_any(&fetch->fd, text, addresses, left < 0 ? 0 : left);
    error = errno;
    freeaddrinfo(addresses);
    return connected ||
           fail(fetch,
                "no connection to %.100s port %u (%s); check whether a firewall stands between",
                fetch->url.address.host, fetch->url.address.port, strerror(error));
}

static bool send_request(struct fetch *fetch) {
    struct writer writer = writer_growing(REQUEST_LEN_MAX);
    bulla_bytes request;
    fetch_write_request(&writer, &fetch->url, fetch->request);
    bool sent = writer_finish(&writer, &request)
                    ? send_all(fetch, request)
                    : fail(fetch, "there is not enough memory; free some");
    writer_free(&writer);
    return sent;
}

/* A server may answer and leave before it has read all: what it says is looked at. */
static bool send_all(struct fetch *fetch, bulla_bytes left) {
    while (left.len != 0) {
        ssize_t sent = write(fetch->fd, left.data, left.len);
        if (sent > 0) {
            left = bytes_after(left, (size_t)sent);
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return true;
        } else if (errno != EAGAIN && errno != EINTR) {
            return fail_broken(fetch, errno);
        } else if (!wait_for(fetch, POLLOUT)) {
            return fail_late(fetch);
        }
    }
    return true;
}

static bool receive_response(struct fetch *fetch) {
    const struct http_exchange *exchange = &fetch->exchange;
    while (exchange->state == HTTP_EXCHANGE_HEAD || exchange->state == HTTP_EXCHANGE_BODY) {
        if (!receive_some(fetch)) {
            return false;
        }
    }
    if (exchange->state == HTTP_EXCHANGE_COMPLETE) {
        return true;
    }
    if (exchange->state == HTTP_EXCHANGE_BROKEN) {
        return fail(fetch, "%s; tell whoever runs it", exchange->problem.says);
    }
    return fetch->too_long
               ? fail(fetch,
                      "the answer is longer than %zu bytes, which is more than is taken; "
                      "look at what is published there",
                      fetch->request->len_max)
               : fail(fetch, "there is not enough memory; free some");
}

static bool receive_some(struct fetch *fetch) {
    if (!wait_for(fetch, POLLIN)) {
        return fail_late(fetch);
    }
    ssize_t len = read(fetch->fd, fetch->input, sizeof fetch->input);
    if (len > 0) {
        http_exchange_receive(&fetch->exchange, bytes_of(fetch->input, (size_t)len));
    } else if (len == 0) {
        http_exchange_end(&fetch->exchange);
    } else if (errno != EAGAIN && errno != EINTR) {
        return fail_broken(fetch, errno);
    }
    return true;
}

/* Of an answer that is not the one that was asked for the body is passed over. */
static bool take_body(void *context, bulla_bytes body) {
    struct fetch *fetch = context;
    struct writer *bytes = &fetch->result->bytes;
    size_t len_max = fetch->request->len_max;
    fetch->too_long = fetch->exchange.body_len > len_max ||
                      (fetch->exchange.head.framing == HTTP_FRAMING_LENGTH &&
                       fetch->exchange.head.content_length > len_max);
    if (fetch->exchange.head.status == 200 && !fetch->too_long) {
        writer_bytes(bytes, body);
    }
    return !fetch->too_long && !bytes->failed;
}

static bool conclude(struct fetch *fetch) {
    unsigned status = fetch->exchange.head.status;
    if (status != 200) {
        return fail(fetch, "the server answers %u %s; check the URL with whoever runs the CA",
                    status, http_reason(status));
    }
    return fetch->result->bytes.len != 0 ||
           fail(fetch, "the answer is empty; look at what is published there");
}

/* False when the deadline has passed. */
static bool wait_for(struct fetch *fetch, short events) {
    struct pollfd polled = {.fd = fetch->fd, .events = events};
    int64_t left = fetch->deadline_ms - clock_monotonic_ms();
    return left > 0 && poll(&polled, 1, left > INT32_MAX ? INT32_MAX : (int)left) != 0;
}

static bool fail_late(struct fetch *fetch) {
    return fail(fetch, "no whole answer within %lld ms; try again, or tell whoever runs the server",
                (long long)fetch->request->timeout_ms);
}

static bool fail_broken(struct fetch *fetch, int error) {
    return fail(fetch, "the connection broke (%s); try again", strerror(error));
}

static bool fail(struct fetch *fetch, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(fetch->result->says, sizeof fetch->result->says, format, values);
    va_end(values);
    return false;
}
