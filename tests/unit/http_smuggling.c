/* SPDX-License-Identifier: Apache-2.0 */
/* The published ways to have two programs see two different messages in the same bytes, one row
 * each: refused with a status, the connection closed, and the request behind it never answered.
 * Sources: RFC 9112 11.2; Watchfire's "HTTP Request Smuggling" (2005); PortSwigger's "HTTP Desync
 * Attacks" (2019 to 2025); "T-Reqs" (CCS 2021); the fields of http-garden; CVE-2025-55315. */
#include "http/body.h"
#include "http/session.h"

#include "support/check.h"

#include <stdio.h>

#define LINE "POST /a HTTP/1.1\r\n"
#define HOST "Host: x\r\n"
#define POST LINE HOST
#define GET "GET /a HTTP/1.1\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define NO_BODY "\r\n"

struct row {
    const char *name;
    bulla_bytes input;
    unsigned status;
};

struct seen {
    unsigned num_smuggled, num_answered, status;
};

static void answer(void *owner, const struct http_head *request, bulla_bytes path,
                   struct http_response *out) {
    struct seen *seen = owner;
    (void)request;
    seen->num_smuggled += bytes_equal(path, BYTES_OF("/smuggled")) ? 1 : 0;
    writer_bytes(&out->body, path);
}

static void answered(void *owner, const struct http_head *request, unsigned status,
                     uint64_t body_len) {
    struct seen *seen = owner;
    (void)request;
    (void)body_len;
    seen->num_answered++;
    seen->status = status;
}

static int64_t now(void *owner) {
    (void)owner;
    return 0;
}

/* In one piece, and byte by byte: a cut may change nothing. */
static void refuses(const struct row *row, size_t step) {
    const struct http_session_events events = {.answer = answer, .answered = answered, .now = now};
    struct seen seen = {0};
    uint8_t scratch[256];
    struct http_session *session = http_session_new(&events, &seen);
    assert_non_null(session);
    for (size_t at = 0; at < row->input.len; at += step) {
        size_t len = row->input.len - at < step ? row->input.len - at : step;
        http_session_receive(session, bytes_of(row->input.data + at, len));
        for (;;) {
            bulla_bytes output = http_session_output(session, scratch, sizeof scratch);
            if (output.len == 0) {
                break;
            }
            http_session_sent(session, output.len);
        }
    }
    if (seen.status != row->status || seen.num_answered != 1 || seen.num_smuggled != 0 ||
        http_session_state(session) != HTTP_SESSION_DONE) {
        fail_msg("%s: %u answers, the last %u, %u smuggled, state %d; expected one %u", row->name,
                 seen.num_answered, seen.status, seen.num_smuggled,
                 (int)http_session_state(session), row->status);
    }
    http_session_free(session);
}

static void refuse_all(const struct row *rows, size_t num) {
    for (size_t i = 0; i < num; i++) {
        refuses(&rows[i], rows[i].input.len);
        refuses(&rows[i], 1);
    }
}

static void test_lengths(void **state) {
    (void)state;
    const struct row rows[] = {
        {"CL.TE", BYTES_OF(POST "Content-Length: 5\r\n" CHUNKED NO_BODY "0\r\n\r\n" NEXT), 400},
        {"TE.CL", BYTES_OF(POST CHUNKED "Content-Length: 3\r\n" NO_BODY "0\r\n\r\n" NEXT), 400},
        {"CL.0", BYTES_OF(POST "Content-Length: 52\r\n" NO_BODY NEXT), 405},
        {"0.CL", BYTES_OF(GET HOST "Content-Length: 52\r\n" NO_BODY NEXT), 413},
        {"CL.CL differing",
         BYTES_OF(POST "Content-Length: 0\r\nContent-Length: 52\r\n" NO_BODY NEXT), 400},
        {"CL.CL equal", BYTES_OF(POST "Content-Length: 0\r\nContent-Length: 0\r\n" NO_BODY NEXT),
         400},
        {"CL list", BYTES_OF(POST "Content-Length: 0, 52\r\n" NO_BODY NEXT), 400},
        {"CL list of equals", BYTES_OF(POST "Content-Length: 5,5\r\n" NO_BODY "abcde" NEXT), 400},
        {"CL with plus", BYTES_OF(POST "Content-Length: +0\r\n" NO_BODY NEXT), 400},
        {"CL with minus", BYTES_OF(POST "Content-Length: -0\r\n" NO_BODY NEXT), 400},
        {"CL hexadecimal", BYTES_OF(POST "Content-Length: 0x0\r\n" NO_BODY NEXT), 400},
        {"CL with exponent", BYTES_OF(POST "Content-Length: 0e1\r\n" NO_BODY NEXT), 400},
        {"CL with fraction", BYTES_OF(POST "Content-Length: 0.0\r\n" NO_BODY NEXT), 400},
        {"CL with underscore", BYTES_OF(POST "Content-Length: 0_0\r\n" NO_BODY NEXT), 400},
        {"CL of two numbers", BYTES_OF(POST "Content-Length: 0 52\r\n" NO_BODY NEXT), 400},
        {"CL quoted", BYTES_OF(POST "Content-Length: \"0\"\r\n" NO_BODY NEXT), 400},
        {"CL empty", BYTES_OF(POST "Content-Length:\r\n" NO_BODY NEXT), 400},
        {"CL of blanks", BYTES_OF(POST "Content-Length: \t \r\n" NO_BODY NEXT), 400},
        {"CL with NUL", BYTES_OF(POST "Content-Length: 0\0\r\n" NO_BODY NEXT), 400},
        {"CL with vertical tab", BYTES_OF(POST "Content-Length: \v0\r\n" NO_BODY NEXT), 400},
        {"CL with form feed", BYTES_OF(POST "Content-Length: 0\f\r\n" NO_BODY NEXT), 400},
        {"CL with a no-break space",
         BYTES_OF(POST "Content-Length: \xa0"
                       "0\r\n" NO_BODY NEXT),
         400},
        {"CL of 2^64", BYTES_OF(POST "Content-Length: 18446744073709551616\r\n" NO_BODY NEXT), 400},
        {"CL of 2^64 + 52", BYTES_OF(POST "Content-Length: 18446744073709551668\r\n" NO_BODY NEXT),
         400},
        {"CL in disguise", BYTES_OF(GET HOST "Content_Length: 52\r\n" NO_BODY NEXT), 400},
    };
    refuse_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_codings(void **state) {
    (void)state;
    const struct row rows[] = {
        {"TE on POST", BYTES_OF(POST CHUNKED NO_BODY "0\r\n\r\n" NEXT), 405},
        {"TE.0", BYTES_OF(GET HOST CHUNKED NO_BODY "0\r\n\r\n" NEXT), 413},
        {"TE.TE", BYTES_OF(POST CHUNKED CHUNKED NO_BODY "0\r\n\r\n" NEXT), 400},
        {"TE then another", BYTES_OF(POST CHUNKED "Transfer-Encoding: x\r\n" NO_BODY NEXT), 501},
        {"another then TE", BYTES_OF(POST "Transfer-Encoding: x\r\n" CHUNKED NO_BODY NEXT), 501},
        {"TE identity", BYTES_OF(POST "Transfer-Encoding: identity\r\n" NO_BODY NEXT), 501},
        {"TE list", BYTES_OF(POST "Transfer-Encoding: gzip, chunked\r\n" NO_BODY NEXT), 501},
        {"TE chunked not last", BYTES_OF(POST "Transfer-Encoding: chunked, gzip\r\n" NO_BODY NEXT),
         501},
        {"TE empty list entry", BYTES_OF(POST "Transfer-Encoding: ,chunked\r\n" NO_BODY NEXT), 501},
        {"TE chunked twice in a list",
         BYTES_OF(POST "Transfer-Encoding: chunked, chunked\r\n" NO_BODY NEXT), 501},
        {"TE prefixed", BYTES_OF(POST "Transfer-Encoding: xchunked\r\n" NO_BODY NEXT), 501},
        {"TE suffixed", BYTES_OF(POST "Transfer-Encoding: chunkedx\r\n" NO_BODY NEXT), 501},
        {"TE parameter", BYTES_OF(POST "Transfer-Encoding: chunked;q=1\r\n" NO_BODY NEXT), 501},
        {"TE quoted", BYTES_OF(POST "Transfer-Encoding: \"chunked\"\r\n" NO_BODY NEXT), 501},
        {"TE single quoted", BYTES_OF(POST "Transfer-Encoding: 'chunked'\r\n" NO_BODY NEXT), 501},
        {"TE empty", BYTES_OF(POST "Transfer-Encoding:\r\n" NO_BODY NEXT), 501},
        {"TE long s",
         BYTES_OF(POST "Transfer-Encoding: chun\xe2\x84\xaa"
                       "ed\r\n" NO_BODY NEXT),
         501},
        {"TE space before colon", BYTES_OF(POST "Transfer-Encoding : chunked\r\n" NO_BODY NEXT),
         400},
        {"TE tab before colon", BYTES_OF(POST "Transfer-Encoding\t: chunked\r\n" NO_BODY NEXT),
         400},
        {"TE after vertical tab", BYTES_OF(POST "Transfer-Encoding: \vchunked\r\n" NO_BODY NEXT),
         400},
        {"TE before NUL", BYTES_OF(POST "Transfer-Encoding: chunked\0\r\n" NO_BODY NEXT), 400},
        {"TE before DEL", BYTES_OF(POST "Transfer-Encoding: chunked\x7f\r\n" NO_BODY NEXT), 400},
        {"TE after a bare LF", BYTES_OF(POST "X: y\nTransfer-Encoding: chunked\r\n" NO_BODY NEXT),
         400},
        {"TE after a bare CR", BYTES_OF(POST "X: y\rTransfer-Encoding: chunked\r\n" NO_BODY NEXT),
         400},
        {"TE folded", BYTES_OF(POST "Transfer-Encoding:\r\n chunked\r\n" NO_BODY NEXT), 400},
        {"TE name folded", BYTES_OF(POST "Transfer-Encoding\r\n : chunked\r\n" NO_BODY NEXT), 400},
        {"TE behind a blank", BYTES_OF(POST " Transfer-Encoding: chunked\r\n" NO_BODY NEXT), 400},
        {"TE behind a tab", BYTES_OF(POST "\tTransfer-Encoding: chunked\r\n" NO_BODY NEXT), 400},
        {"TE name quoted", BYTES_OF(POST "\"Transfer-Encoding\": chunked\r\n" NO_BODY NEXT), 400},
        {"TE name with NUL", BYTES_OF(POST "Transfer-Encoding\0: chunked\r\n" NO_BODY NEXT), 400},
        {"TE in disguise", BYTES_OF(GET HOST "Transfer_Encoding: chunked\r\n" NO_BODY NEXT), 400},
        {"TE in HTTP/1.0",
         BYTES_OF("POST /a HTTP/1.0\r\nConnection: keep-alive\r\n" CHUNKED NO_BODY
                  "0\r\n\r\n" NEXT),
         400},
    };
    refuse_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_lines_and_fields(void **state) {
    (void)state;
    const struct row rows[] = {
        {"bare LF ends a field", BYTES_OF("GET /a HTTP/1.1\r\nHost: x\n\r\n" NEXT), 400},
        {"bare LF ends the request line", BYTES_OF("GET /a HTTP/1.1\nHost: x\r\n\r\n" NEXT), 400},
        {"bare LF ends the head", BYTES_OF(GET "Host: x\r\n\n" NEXT), 400},
        {"bare CR in a value", BYTES_OF(GET HOST "X: a\rb\r\n\r\n" NEXT), 400},
        {"CR CR LF", BYTES_OF(GET HOST "X: a\r\r\n\r\n" NEXT), 400},
        {"obs-fold", BYTES_OF(GET HOST "X: a\r\n b\r\n\r\n" NEXT), 400},
        {"obs-fold with tab", BYTES_OF(GET HOST "X: a\r\n\tb\r\n\r\n" NEXT), 400},
        {"blank line in the middle", BYTES_OF(GET "Host: x\r\n \r\n\r\n" NEXT), 400},
        {"field before all others folded", BYTES_OF(GET " X: a\r\n" HOST "\r\n" NEXT), 400},
        {"space before colon", BYTES_OF(GET HOST "X : a\r\n\r\n" NEXT), 400},
        {"space in a name", BYTES_OF(GET HOST "X Y: a\r\n\r\n" NEXT), 400},
        {"no colon", BYTES_OF(GET HOST "X\r\n\r\n" NEXT), 400},
        {"no name", BYTES_OF(GET HOST ": a\r\n\r\n" NEXT), 400},
        {"NUL in a name", BYTES_OF(GET HOST "X\0Y: a\r\n\r\n" NEXT), 400},
        {"NUL in a value", BYTES_OF(GET HOST "X: a\0b\r\n\r\n" NEXT), 400},
        {"control in a value", BYTES_OF(GET HOST "X: a\x1b\r\n\r\n" NEXT), 400},
        {"non-ASCII name", BYTES_OF(GET HOST "X\xc3\xa9: a\r\n\r\n" NEXT), 400},
        {"name in parentheses", BYTES_OF(GET HOST "(X): a\r\n\r\n" NEXT), 400},
        {"other expectation", BYTES_OF(GET HOST "Expect: 100-continue, x\r\n\r\n" NEXT), 417},
        {"expectation with a body",
         BYTES_OF(POST "Expect: 100-continue\r\nContent-Length: 52\r\n\r\n" NEXT), 405},
    };
    refuse_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_request_lines(void **state) {
    (void)state;
    const struct row rows[] = {
        {"HTTP/0.9", BYTES_OF("GET /a\r\n\r\n" NEXT), 400},
        {"HTTP/0.9 with its number", BYTES_OF("GET /a HTTP/0.9\r\n\r\n" NEXT), 505},
        {"two blanks", BYTES_OF("GET  /a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"tabs", BYTES_OF("GET\t/a\tHTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"vertical tab", BYTES_OF("GET\v/a\vHTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"blank before", BYTES_OF(" GET /a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"blank behind", BYTES_OF("GET /a HTTP/1.1 \r\n" HOST "\r\n" NEXT), 400},
        {"blank in the target", BYTES_OF("GET /a b HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"target of another version", BYTES_OF("GET /a HTTP/1.1 HTTP/1.1\r\n" HOST "\r\n" NEXT),
         400},
        {"no target", BYTES_OF("GET HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"empty target", BYTES_OF("GET  HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"NUL in the target", BYTES_OF("GET /a\0 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"non-ASCII target", BYTES_OF("GET /\xff HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"fragment", BYTES_OF("GET /a#b HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"backslashes", BYTES_OF("GET \\a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"method with a colon", BYTES_OF("GET: /a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"version in small letters", BYTES_OF("GET /a http/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"version of three digits", BYTES_OF("GET /a HTTP/1.10\r\n" HOST "\r\n" NEXT), 400},
        {"version with zeros", BYTES_OF("GET /a HTTP/01.1\r\n" HOST "\r\n" NEXT), 400},
        {"version to come", BYTES_OF("GET /a HTTP/1.9\r\n" HOST "\r\n" NEXT), 505},
        {"other protocol", BYTES_OF("GET /a RTSP/1.0\r\n" HOST "\r\n" NEXT), 400},
        {"preface of HTTP/2", BYTES_OF("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" NEXT), 505},
        {"response for a request", BYTES_OF("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" NEXT),
         400},
        {"two empty lines before", BYTES_OF("\r\n\r\n\r\n" NEXT), 400},
    };
    refuse_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_hosts(void **state) {
    (void)state;
    const struct row rows[] = {
        {"no Host", BYTES_OF(GET "\r\n" NEXT), 400},
        {"two Hosts", BYTES_OF(GET "Host: x\r\nHost: y\r\n\r\n" NEXT), 400},
        {"two equal Hosts", BYTES_OF(GET HOST HOST "\r\n" NEXT), 400},
        {"two Hosts in HTTP/1.0", BYTES_OF("GET /a HTTP/1.0\r\n" HOST "Host: y\r\n\r\n" NEXT), 400},
        {"Host list", BYTES_OF(GET "Host: x, y\r\n\r\n" NEXT), 400},
        {"Host list without blank", BYTES_OF(GET "Host: x,y\r\n\r\n" NEXT), 400},
        {"Host with user", BYTES_OF(GET "Host: u@x\r\n\r\n" NEXT), 400},
        {"Host with path", BYTES_OF(GET "Host: x/y\r\n\r\n" NEXT), 400},
        {"Host with scheme", BYTES_OF(GET "Host: https://x\r\n\r\n" NEXT), 400},
        {"Host with query", BYTES_OF(GET "Host: x?y\r\n\r\n" NEXT), 400},
        {"Host with two ports", BYTES_OF(GET "Host: x:1:2\r\n\r\n" NEXT), 400},
        {"Host with a port of letters", BYTES_OF(GET "Host: x:a\r\n\r\n" NEXT), 400},
        {"Host with an open bracket", BYTES_OF(GET "Host: [::1\r\n\r\n" NEXT), 400},
        {"Host of a port", BYTES_OF(GET "Host: :443\r\n\r\n" NEXT), 400},
        {"Host in the target, none beside it", BYTES_OF("GET https://x/a HTTP/1.1\r\n\r\n" NEXT),
         400},
        {"Host in the target, another beside it",
         BYTES_OF("GET https://y/a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"Host in the target with user",
         BYTES_OF("GET https://u@x/a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"Host in the target, empty", BYTES_OF("GET https:///a HTTP/1.1\r\n" HOST "\r\n" NEXT),
         400},
        {"Host in the target with a port, not beside it",
         BYTES_OF("GET https://x:1/a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"plain http", BYTES_OF("GET http://x/a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"other scheme", BYTES_OF("GET file:///a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"authority for a path", BYTES_OF("GET x:443 HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"asterisk of GET", BYTES_OF("GET * HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
        {"path of CONNECT", BYTES_OF("CONNECT x/a HTTP/1.1\r\n" HOST "\r\n" NEXT), 400},
    };
    refuse_all(rows, sizeof rows / sizeof rows[0]);
}

static void test_long_lines(void **state) {
    (void)state;
    static char text[3 * HTTP_HEAD_LEN_MAX];
    struct row row = {.name = "long target", .status = 414};
    snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n" HOST "\r\n" NEXT, HTTP_TARGET_LEN_MAX, 0);
    row.input = bytes_of_text(text);
    refuse_all(&row, 1);
    row.name = "request line without end";
    snprintf(text, sizeof text, "GET /%0*d", 2 * HTTP_HEAD_LEN_MAX, 0);
    row.input = bytes_of_text(text);
    refuse_all(&row, 1);
    row = (struct row){.name = "field without end", .status = 431};
    snprintf(text, sizeof text, GET HOST "X: %0*d", 2 * HTTP_HEAD_LEN_MAX, 0);
    row.input = bytes_of_text(text);
    refuse_all(&row, 1);
    row.name = "fields without end";
    size_t len = (size_t)snprintf(text, sizeof text, GET HOST);
    for (unsigned i = 0; i < HTTP_FIELDS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "X: y\r\n");
    }
    snprintf(text + len, sizeof text - len, "\r\n" NEXT);
    row.input = bytes_of_text(text);
    refuse_all(&row, 1);
}

/* A chunked body as a client reads it: every form that some program reads in another way breaks. */
static void test_chunks(void **state) {
    (void)state;
    const struct {
        const char *name;
        bulla_bytes body;
    } rows[] = {
        {"size with plus", BYTES_OF("+1\r\na\r\n0\r\n\r\n")},
        {"size with 0x", BYTES_OF("0x1\r\na\r\n0\r\n\r\n")},
        {"size with underscore", BYTES_OF("1_0\r\n0123456789abcdef\r\n0\r\n\r\n")},
        {"size empty", BYTES_OF("\r\na\r\n0\r\n\r\n")},
        {"size behind a blank", BYTES_OF(" 1\r\na\r\n0\r\n\r\n")},
        {"size before a blank", BYTES_OF("1 \r\na\r\n0\r\n\r\n")},
        {"size before a tab", BYTES_OF("1\t;x\r\na\r\n0\r\n\r\n")},
        {"size beyond 2^60", BYTES_OF("1000000000000001\r\na\r\n0\r\n\r\n")},
        {"size of 2^64 + 1", BYTES_OF("10000000000000001\r\na\r\n0\r\n\r\n")},
        {"size of another alphabet", BYTES_OF("\xef\xbc\x91\r\na\r\n0\r\n\r\n")},
        {"size ended by LF", BYTES_OF("1\na\r\n0\r\n\r\n")},
        {"size ended by CR", BYTES_OF("1\ra\r\n0\r\n\r\n")},
        {"size ended by CR CR LF", BYTES_OF("1\r\r\na\r\n0\r\n\r\n")},
        {"extension ended by LF", BYTES_OF("1;x\na\r\n0\r\n\r\n")},
        {"extension with CR", BYTES_OF("1;x\ry\r\na\r\n0\r\n\r\n")},
        {"extension with NUL", BYTES_OF("1;x\0\r\na\r\n0\r\n\r\n")},
        {"extension with control", BYTES_OF("1;\x1b\r\na\r\n0\r\n\r\n")},
        {"data longer than its size", BYTES_OF("1\r\nab\r\n0\r\n\r\n")},
        {"data shorter than its size", BYTES_OF("5\r\na\r\n0\r\n\r\nGET /")},
        {"data ended by LF", BYTES_OF("1\r\na\n0\r\n\r\n")},
        {"data ended by nothing", BYTES_OF("1\r\na0\r\n\r\n")},
        {"trailer ended by LF", BYTES_OF("0\r\nX: y\n\r\n")},
        {"trailer with NUL", BYTES_OF("0\r\nX: \0\r\n\r\n")},
        {"end ended by LF", BYTES_OF("0\r\n\n")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct http_head head = {.framing = HTTP_FRAMING_CHUNKED};
        struct http_body body = http_body_of(&head);
        struct reader input = reader_over(rows[i].body);
        bulla_bytes data;
        enum http_body_event event;
        while ((event = http_body_next(&body, &input, &data)) == HTTP_BODY_DATA) {
        }
        if (event != HTTP_BODY_BROKEN) {
            fail_msg("%s: event %d", rows[i].name, (int)event);
        }
    }
}

/* What stands next to the rows above and is right. */
static void test_good_neighbours(void **state) {
    (void)state;
    static const char *const heads[] = {
        GET HOST "\r\n",
        "\r\n" GET HOST "\r\n",
        GET "Host:\r\n\r\n",
        GET "Host: x:443\r\n\r\n",
        GET "Host: [::1]:443\r\n\r\n",
        GET "host:x\r\nX: \t a b \t \r\nX:\r\n\r\n",
        GET HOST "Content-Length: 0\r\n\r\n",
        GET HOST "Content-Length: 000\r\n\r\n",
        GET HOST "X: \xc3\xa9\r\n\r\n",
        "GET https://x/a HTTP/1.1\r\n" HOST "\r\n",
        "GET https://X:1?b HTTP/1.1\r\nHost: x:1\r\n\r\n",
        "GET /a?b=https://y/ HTTP/1.1\r\n" HOST "\r\n",
        "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        const struct http_session_events events = {
            .answer = answer, .answered = answered, .now = now};
        struct seen seen = {0};
        struct http_session *session = http_session_new(&events, &seen);
        assert_non_null(session);
        http_session_receive(session, bytes_of_text(heads[i]));
        if (seen.status != 200) {
            fail_msg("%s: %u", heads[i], seen.status);
        }
        http_session_free(session);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_codings),
        cmocka_unit_test(test_lines_and_fields),
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_good_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
