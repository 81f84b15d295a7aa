/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of exchange.h: the head is collected, the body passes through as it comes. Interim
 * responses (1xx) are passed over, RFC 9110 15.2. Bytes behind the response are left alone: the
 * connection is not used again. */
#include "http/exchange.h"

#include <bulla/version.h>

static bool take_head(struct http_exchange *exchange, struct reader *input);
static void take_body(struct http_exchange *exchange, struct reader *input);
static void fail(struct http_exchange *exchange, const char *says);

void http_exchange_request(const struct url *url, struct writer *out) {
    char host[URL_HOST_MAX];
    writer_text(out, "GET ");
    writer_text(out, url->target);
    writer_text(out, " HTTP/1.1\r\nHost: ");
    writer_text(out, url_host(url, host));
    writer_text(out, "\r\nUser-Agent: bulla/" BULLA_VERSION
                     "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

void http_exchange_start(struct http_exchange *exchange,
                         bool (*sink)(void *context, bulla_bytes body), void *context) {
    *exchange =
        (struct http_exchange){.state = HTTP_EXCHANGE_HEAD, .sink = sink, .context = context};
}

void http_exchange_receive(struct http_exchange *exchange, bulla_bytes bytes) {
    struct reader input = reader_over(bytes);
    while (exchange->state == HTTP_EXCHANGE_HEAD && take_head(exchange, &input)) {
    }
    if (exchange->state == HTTP_EXCHANGE_BODY) {
        take_body(exchange, &input);
    }
}

void http_exchange_end(struct http_exchange *exchange) {
    if (exchange->state == HTTP_EXCHANGE_HEAD) {
        fail(exchange, exchange->buffer_len == 0
                           ? "the server closed the connection without an answer"
                           : "the server closed the connection in the middle of its answer's head");
    } else if (exchange->state == HTTP_EXCHANGE_BODY) {
        if (exchange->body.framing == HTTP_FRAMING_UNTIL_CLOSE) {
            exchange->state = HTTP_EXCHANGE_COMPLETE;
        } else {
            fail(exchange, "the server closed the connection in the middle of the body");
        }
    }
}

/* Collects up to the head's end; false where more bytes are needed or the state has changed. What
 * was collected beyond the head goes back to the input. */
static bool take_head(struct http_exchange *exchange, struct reader *input) {
    size_t room = sizeof exchange->buffer - exchange->buffer_len;
    size_t len = input->left < room ? input->left : room;
    struct reader ahead = *input;
    if (!reader_copy(&ahead, exchange->buffer + exchange->buffer_len, len)) {
        return false;
    }
    size_t before = exchange->buffer_len;
    size_t head_len = http_head_length(bytes_of(exchange->buffer, before + len), &exchange->scanned,
                                       &exchange->problem);
    if (exchange->problem.status != 0) {
        fail(exchange, exchange->problem.says);
        return false;
    }
    if (head_len == 0) {
        exchange->buffer_len = before + len;
        *input = ahead;
        return false;
    }
    if (!reader_skip(input, head_len - before)) {
        return false;
    }
    if (!http_response_parse(&exchange->head, bytes_of(exchange->buffer, head_len),
                             &exchange->problem)) {
        fail(exchange, exchange->problem.says);
        return false;
    }
    exchange->scanned = 0;
    exchange->buffer_len = 0;
    if (exchange->head.status < 200) {
        return true;
    }
    exchange->body = http_body_of(&exchange->head);
    exchange->state = HTTP_EXCHANGE_BODY;
    return false;
}

static void take_body(struct http_exchange *exchange, struct reader *input) {
    for (;;) {
        bulla_bytes data = {0};
        switch (http_body_next(&exchange->body, input, &data)) {
        case HTTP_BODY_NEED_BYTES:
            return;
        case HTTP_BODY_DATA:
            exchange->body_len += data.len;
            if (!exchange->sink(exchange->context, data)) {
                exchange->state = HTTP_EXCHANGE_STOPPED;
                return;
            }
            break;
        case HTTP_BODY_END:
            exchange->state = HTTP_EXCHANGE_COMPLETE;
            return;
        case HTTP_BODY_BROKEN:
        case HTTP_BODY_INVALID:
            fail(exchange, "the body's chunks are malformed");
            return;
        }
    }
}

static void fail(struct http_exchange *exchange, const char *says) {
    exchange->state = HTTP_EXCHANGE_BROKEN;
    exchange->problem.says = says;
}
