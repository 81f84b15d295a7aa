/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of HTTP/2 with nghttp2's client side as its peer, in memory: answers, windows,
 * limits, goodbyes, and each flood with the budget that ends it. */
#include "http/http2.h"

#include "http/http2_budget.h"
#include "http/server_session.h"
#include "support/check.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { REPLIES_MAX = 400, BIG_LEN = 3 * 1024 * 1024 };

struct reply {
    unsigned status;
    uint64_t len;
    char body[1024];
    char fields[1024];
    bool is_over;
    uint32_t error;
};

struct peers {
    struct server_session server;
    nghttp2_session *client;
    struct reply replies[REPLIES_MAX]; /* by half the stream's id */
    int64_t now;
    unsigned num_answers, last_status;
    FILE *file;
    uint64_t claimed_len; /* of the file */
    bool got_goaway;
    uint32_t goaway_error;
    bool keeps_window_shut;
    uint64_t uploaded;
    size_t step; /* how much of its output the server gets rid of at a time */
    const char *hsts;
};

static void answer(void *owner, const struct http_head *request, bulla_bytes path,
                   struct http_response *out) {
    struct peers *peers = owner;
    peers->num_answers++;
    assert_true(bytes_equal(http_head_field(request, "HOST")->value, BYTES_OF("x")));
    if (bytes_equal(path, BYTES_OF("/file"))) {
        out->file = dup(fileno(peers->file));
        out->file_len = peers->claimed_len;
        snprintf(out->etag, sizeof out->etag, "\"tag\"");
        return;
    }
    out->content_type = "text/plain";
    writer_text(&out->fields, "X-Capital: Yes\r\n");
    writer_bytes(&out->body, path);
}

static void answered(void *owner, const struct http_head *request, unsigned status,
                     uint64_t body_len) {
    struct peers *peers = owner;
    (void)request;
    (void)body_len;
    peers->last_status = status;
}

static int64_t now(void *owner) {
    return ((struct peers *)owner)->now;
}

/* The client. */

static int on_header(nghttp2_session *client, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *owner) {
    struct reply *reply = &((struct peers *)owner)->replies[frame->hd.stream_id / 2];
    uint64_t status;
    (void)client;
    (void)flags;
    if (bytes_equal(bytes_of(name, name_len), BYTES_OF(":status"))) {
        assert_true(http_number(bytes_of(value, value_len), &status));
        reply->status = (unsigned)status;
    } else {
        size_t len = strlen(reply->fields);
        snprintf(reply->fields + len, sizeof reply->fields - len, "%s: %s\n", (const char *)name,
                 (const char *)value);
    }
    return 0;
}

static int on_data(nghttp2_session *client, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *owner) {
    struct peers *peers = owner;
    struct reply *reply = &peers->replies[id / 2];
    (void)flags;
    if (reply->len + len < sizeof reply->body) {
        bytes_copy(reply->body + reply->len, sizeof reply->body - reply->len, bytes_of(data, len));
    }
    reply->len += len;
    return peers->keeps_window_shut ? 0 : nghttp2_session_consume(client, id, len);
}

static int on_close(nghttp2_session *client, int32_t id, uint32_t error, void *owner) {
    struct reply *reply = &((struct peers *)owner)->replies[id / 2];
    (void)client;
    reply->is_over = true;
    reply->error = error;
    return 0;
}

static int on_frame(nghttp2_session *client, const nghttp2_frame *frame, void *owner) {
    struct peers *peers = owner;
    (void)client;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        peers->got_goaway = true;
        peers->goaway_error = frame->goaway.error_code;
    }
    return 0;
}

static struct peers *start(void) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    struct peers *peers = calloc(1, sizeof *peers);
    assert_non_null(peers);
    peers->step = SIZE_MAX;
    peers->now = 1000;
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    assert_int_equal(nghttp2_session_client_new2(&peers->client, callbacks, peers, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    assert_int_equal(nghttp2_submit_settings(peers->client, 0, NULL, 0), 0);
    const struct http_session_events events = {
        .answer = answer, .answered = answered, .now = now, .hsts = "max-age=1"};
    assert_true(server_session_open(&peers->server, BYTES_OF("h2"), &events, peers));
    return peers;
}

static void end(struct peers *peers) {
    server_session_close(&peers->server);
    nghttp2_session_del(peers->client);
    if (peers->file != NULL) {
        fclose(peers->file);
    }
    free(peers);
}

/* The server's output, as far as the client's windows let it come; true where there was any. */
static bool deliver(struct peers *peers) {
    bool any = false;
    for (;;) {
        bulla_bytes output = server_session_output(&peers->server, NULL, 0);
        size_t len = output.len < peers->step ? output.len : peers->step;
        if (len == 0) {
            return any;
        }
        (void)nghttp2_session_mem_recv(peers->client, output.data, len);
        server_session_sent(&peers->server, len);
        any = true;
    }
}

static void talk(struct peers *peers) {
    const uint8_t *data;
    ssize_t len;
    do {
        while ((len = nghttp2_session_mem_send(peers->client, &data)) > 0) {
            server_session_receive(&peers->server, bytes_of(data, (size_t)len));
        }
        assert_true(len >= 0);
    } while (deliver(peers) || nghttp2_session_want_write(peers->client) != 0);
}

static nghttp2_nv field(const char *name, const char *value) {
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .namelen = strlen(name),
                        .value = (uint8_t *)(uintptr_t)value,
                        .valuelen = strlen(value)};
}

/* Asks for `path`, with up to one more field; the stream's reply, once talk() brought it. */
static struct reply *ask(struct peers *peers, const char *method, const char *path,
                         const char *name, const char *value) {
    const nghttp2_nv fields[] = {field(":method", method), field(":scheme", "https"),
                                 field(":authority", "x"), field(":path", path),
                                 field(name == NULL ? "a" : name, name == NULL ? "b" : value)};
    int32_t id = nghttp2_submit_request(peers->client, NULL, fields, 5, NULL, NULL);
    assert_true(id > 0 && id / 2 < REPLIES_MAX);
    return &peers->replies[id / 2];
}

static enum http_session_state state_of(const struct peers *peers) {
    return server_session_state(&peers->server);
}

static void make_file(struct peers *peers, size_t len) {
    peers->file = tmpfile();
    assert_non_null(peers->file);
    for (size_t i = 0; i < len; i++) {
        fputc('a' + (int)(i % 26), peers->file);
    }
    fflush(peers->file);
    peers->claimed_len = len;
}

/* A frame as raw bytes, RFC 9113 4.1. */
static void send_frame(struct peers *peers, uint8_t type, uint8_t flags, uint8_t id,
                       bulla_bytes payload) {
    uint8_t frame[512] = {0, 0, (uint8_t)payload.len, type, flags, 0, 0, 0, id};
    bytes_copy(frame + 9, sizeof frame - 9, payload);
    server_session_receive(&peers->server, bytes_of(frame, 9 + payload.len));
}

static void test_get_and_head(void **state) {
    (void)state;
    for (size_t step = 1; step < 100; step += 7) {
        struct peers *peers = start();
        peers->step = step;
        struct reply *get = ask(peers, "GET", "/a?b", NULL, NULL);
        struct reply *head = ask(peers, "HEAD", "/abc", NULL, NULL);
        talk(peers);
        assert_int_equal(get->status, 200);
        assert_string_equal(get->body, "/a");
        assert_string_equal(get->fields,
                            "date: Thu, 01 Jan 1970 00:16:40 GMT\ncontent-type: text/plain\n"
                            "content-length: 2\nx-content-type-options: nosniff\n"
                            "x-capital: Yes\nstrict-transport-security: max-age=1\n");
        assert_int_equal(head->status, 200);
        assert_int_equal(head->len, 0);
        assert_non_null(strstr(head->fields, "content-length: 4\n"));
        assert_true(get->is_over && head->is_over);
        assert_int_equal(get->error, 0);
        assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
        end(peers);
    }
}

static void test_what_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *method, *path, *name, *value;
        unsigned status;
    } rows[] = {
        {"DELETE", "/", NULL, NULL, 405},  {"BREW", "/", NULL, NULL, 501},
        {"GET", "/\"", NULL, NULL, 400},   {"GET", "/", "host", "y", 400},
        {"OPTIONS", "*", NULL, NULL, 405}, {"GET", "/", "content-length", "0", 200},
    };
    struct peers *peers = start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply *reply = ask(peers, rows[i].method, rows[i].path, rows[i].name, rows[i].value);
        talk(peers);
        assert_int_equal(reply->status, rows[i].status);
        assert_true(reply->is_over);
    }
    assert_int_equal(peers->num_answers, 1);
    assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    end(peers);
}

/* Fields about the connection, capitals, and characters that no field may have: nothing is left out
 * to make the rest fit. */
static void test_malformed_fields(void **state) {
    (void)state;
    static const char *const fields[][2] = {
        {"connection", "close"}, {"transfer-encoding", "chunked"},
        {"content-length", "1"}, {"na me", "x"},
        {"x", "a\r\nb: c"},      {"x", "a\x01"}};
    struct peers *peers = start();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct reply *reply = ask(peers, "GET", "/", fields[i][0], fields[i][1]);
        talk(peers);
        assert_true(reply->is_over);
        if (reply->status != 400 && reply->error != NGHTTP2_PROTOCOL_ERROR) {
            fail_msg("%s: %s: status %u, error %u", fields[i][0], fields[i][1], reply->status,
                     reply->error);
        }
    }
    /* "Ab: x", as RFC 7541 writes it; nghttp2's client would make small letters of it. */
    send_frame(peers, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 99,
               BYTES_OF("\x82\x87\x84\x41\x01x\x10\x02"
                        "Ab\x01x"));
    assert_int_equal(peers->last_status, 400);
    assert_int_equal(peers->num_answers, 0);
    end(peers);
}

static void test_long_fields(void **state) {
    (void)state;
    static char value[60 * 1024];
    static const struct {
        size_t len;
        unsigned status;
    } rows[] = {{16000, 200}, {17000, 431}, {40000, 431}};
    struct peers *peers = start();
    for (size_t i = 0; i < 3; i++) {
        snprintf(value, sizeof value, "%0*d", (int)rows[i].len, 0);
        struct reply *reply = ask(peers, "GET", "/", "x", value);
        talk(peers);
        assert_int_equal(reply->status, rows[i].status);
        assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    }
    end(peers);
}

static void test_file_waits_for_the_window(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, BIG_LEN);
    peers->keeps_window_shut = true;
    struct reply *reply = ask(peers, "GET", "/file", NULL, NULL);
    talk(peers);
    assert_int_equal(reply->len, 65535); /* the first window */
    assert_int_equal(state_of(peers), HTTP_SESSION_ANSWERING);
    assert_true(server_session_wants_input(&peers->server));
    peers->keeps_window_shut = false;
    assert_int_equal(nghttp2_session_consume(peers->client, 1, 65535), 0);
    struct reply *other = ask(peers, "GET", "/other", NULL, NULL);
    talk(peers);
    assert_int_equal(reply->len, BIG_LEN);
    assert_int_equal(reply->error, 0);
    assert_string_equal(other->body, "/other");
    assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    end(peers);
}

/* While output stands in line nothing more is read. */
static void test_full_socket_stops_reading(void **state) {
    (void)state;
    struct peers *peers = start();
    const uint8_t *data;
    ssize_t len;
    (void)ask(peers, "GET", "/a", NULL, NULL);
    while ((len = nghttp2_session_mem_send(peers->client, &data)) > 0) {
        server_session_receive(&peers->server, bytes_of(data, (size_t)len));
    }
    bulla_bytes output = server_session_output(&peers->server, NULL, 0);
    assert_true(output.len > 10);
    server_session_sent(&peers->server, 10);
    assert_false(server_session_wants_input(&peers->server));
    assert_int_equal(state_of(peers), HTTP_SESSION_ANSWERING);
    bulla_bytes rest = server_session_output(&peers->server, NULL, 0);
    assert_int_equal(rest.len, output.len - 10);
    server_session_sent(&peers->server, rest.len);
    assert_int_equal(server_session_output(&peers->server, NULL, 0).len, 0);
    assert_true(server_session_wants_input(&peers->server));
    end(peers);
}

static void test_ranges_and_conditions(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, 1000);
    struct reply *part = ask(peers, "GET", "/file", "range", "bytes=27-29");
    struct reply *same = ask(peers, "GET", "/file", "if-none-match", "\"tag\"");
    struct reply *beyond = ask(peers, "GET", "/file", "range", "bytes=1000-");
    talk(peers);
    assert_int_equal(part->status, 206);
    assert_string_equal(part->body, "bcd");
    assert_non_null(strstr(part->fields, "content-range: bytes 27-29/1000\n"));
    assert_int_equal(same->status, 304);
    assert_int_equal(same->len, 0);
    assert_null(strstr(same->fields, "content-length"));
    assert_int_equal(beyond->status, 416);
    end(peers);
}

/* The other streams go on. */
static void test_file_that_shrinks(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, 1000);
    peers->claimed_len = 1001;
    struct reply *reply = ask(peers, "GET", "/file", NULL, NULL);
    struct reply *other = ask(peers, "GET", "/a", NULL, NULL);
    talk(peers);
    assert_int_equal(reply->error, NGHTTP2_INTERNAL_ERROR);
    assert_int_equal(other->status, 200);
    assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    end(peers);
}

static ssize_t read_upload(nghttp2_session *client, int32_t id, uint8_t *out, size_t cap,
                           uint32_t *flags, nghttp2_data_source *source, void *owner) {
    (void)client;
    (void)id;
    (void)flags;
    (void)out;
    if (source->fd == 0) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    ((struct peers *)owner)->uploaded += cap;
    return (ssize_t)cap; /* without end */
}

static struct reply *upload(struct peers *peers, const char *method, int is_long) {
    const nghttp2_nv fields[] = {field(":method", method), field(":scheme", "https"),
                                 field(":authority", "x"), field(":path", "/")};
    const nghttp2_data_provider body = {.source = {.fd = is_long}, .read_callback = read_upload};
    int32_t id = nghttp2_submit_request(peers->client, NULL, fields, 4, &body, NULL);
    assert_true(id > 0);
    return &peers->replies[id / 2];
}

static void test_bodies_are_not_taken(void **state) {
    (void)state;
    struct peers *peers = start();
    struct reply *post = upload(peers, "POST", 1);
    struct reply *get = upload(peers, "GET", 1);
    struct reply *empty = upload(peers, "GET", 0);
    talk(peers);
    assert_int_equal(post->status, 405);
    assert_int_equal(get->status, 413);
    assert_int_equal(empty->status, 200);
    assert_true(post->is_over && get->is_over && empty->is_over);
    assert_int_equal(post->error, NGHTTP2_NO_ERROR);
    assert_in_range(peers->uploaded, 2 * 1024 * 1024, 2 * 1024 * 1024 + 4 * 65535);
    assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    end(peers);
}

static void test_streams_have_a_limit(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, BIG_LEN);
    peers->keeps_window_shut = true;
    talk(peers);
    assert_int_equal(
        nghttp2_session_get_remote_settings(peers->client, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
        HTTP2_STREAMS_MAX);
    assert_int_equal(
        nghttp2_session_get_remote_settings(peers->client, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE),
        16 * 1024);
    for (int i = 0; i < HTTP2_STREAMS_MAX + 20; i++) {
        (void)ask(peers, "GET", "/file", NULL, NULL);
    }
    talk(peers); /* nghttp2's client keeps the last 20 back */
    assert_int_equal(peers->num_answers, HTTP2_STREAMS_MAX);
    /* :method GET, :scheme https, :path /, :authority x, as RFC 7541 writes them. */
    send_frame(peers, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 251,
               BYTES_OF("\x82\x87\x84\x41\x01x"));
    (void)deliver(peers);
    assert_int_equal(peers->num_answers, HTTP2_STREAMS_MAX);
    end(peers);
}

static void test_early_data(void **state) {
    (void)state;
    static const struct {
        uint8_t method; /* RFC 7541's static table */
        unsigned status;
    } rows[] = {{0x82, 200}, {0x83, 425}};
    for (size_t i = 0; i < 2; i++) {
        struct peers *peers = start();
        uint8_t request[] = {0, 0, 6, 1, 5, 0, 0, 0, 1, rows[i].method, 0x87, 0x84, 0x41, 1, 'x'};
        server_session_receive_early(
            &peers->server, BYTES_OF("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"));
        server_session_receive_early(&peers->server, BYTES_IN(request));
        assert_int_equal(peers->last_status, rows[i].status);
        request[8] = 3;
        server_session_receive(&peers->server, BYTES_IN(request));
        assert_int_equal(peers->last_status, i == 0 ? 200 : 405);
        end(peers);
    }
}

/* Requests that are on their way when the goodbye is said are answered. */
static void test_stop_loses_nothing(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, BIG_LEN);
    peers->keeps_window_shut = true;
    struct reply *first = ask(peers, "GET", "/file", NULL, NULL);
    talk(peers);
    struct reply *crossing = ask(peers, "GET", "/a", NULL, NULL);
    server_session_stop(&peers->server);
    server_session_stop(&peers->server);
    const uint8_t *data;
    ssize_t len;
    while ((len = nghttp2_session_mem_send(peers->client, &data)) > 0) {
        server_session_receive(&peers->server, bytes_of(data, (size_t)len));
    }
    peers->keeps_window_shut = false;
    assert_int_equal(nghttp2_session_consume(peers->client, 1, 65535), 0);
    talk(peers);
    assert_true(peers->got_goaway);
    assert_int_equal(peers->goaway_error, NGHTTP2_NO_ERROR);
    assert_string_equal(crossing->body, "/a");
    assert_int_equal(first->len, BIG_LEN);
    assert_int_equal(state_of(peers), HTTP_SESSION_DONE);
    end(peers);
}

static void test_stop_when_idle(void **state) {
    (void)state;
    struct peers *peers = start();
    talk(peers);
    server_session_stop(&peers->server);
    talk(peers);
    assert_true(peers->got_goaway);
    assert_int_equal(state_of(peers), HTTP_SESSION_DONE);
    end(peers);
}

static void test_expire(void **state) {
    (void)state;
    /* The preface alone; half a header block; a body that does not come. */
    struct peers *peers = start();
    (void)deliver(peers);
    assert_int_equal(state_of(peers), HTTP_SESSION_RECEIVING);
    server_session_expire(&peers->server);
    (void)deliver(peers);
    assert_int_equal(state_of(peers), HTTP_SESSION_DONE);
    end(peers);

    peers = start();
    talk(peers);
    send_frame(peers, NGHTTP2_HEADERS, 0, 1, BYTES_OF("\x82\x87"));
    assert_int_equal(state_of(peers), HTTP_SESSION_RECEIVING);
    server_session_expire(&peers->server);
    (void)deliver(peers);
    assert_true(peers->got_goaway);
    assert_int_equal(state_of(peers), HTTP_SESSION_DONE);
    end(peers);

    peers = start();
    talk(peers);
    send_frame(peers, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
               BYTES_OF("\x82\x87\x84\x41\x01x"));
    assert_int_equal(state_of(peers), HTTP_SESSION_RECEIVING);
    server_session_expire(&peers->server);
    assert_int_equal(peers->last_status, 408);
    (void)deliver(peers);
    assert_int_equal(peers->num_answers, 0);
    end(peers);
}

static void test_what_is_not_http2(void **state) {
    (void)state;
    struct peers *peers = start();
    server_session_receive(&peers->server, BYTES_OF("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(state_of(peers), HTTP_SESSION_BROKEN);
    end(peers);
}

/* Sends one frame again and again until the server has had enough; how often. */
static int64_t flood(uint8_t type, uint8_t flags, uint8_t id, bulla_bytes payload, bool talks) {
    struct peers *peers = start();
    int64_t times = 0;
    talk(peers);
    while (times < 100000 && state_of(peers) != HTTP_SESSION_DONE &&
           state_of(peers) != HTTP_SESSION_BROKEN) {
        send_frame(peers, type, flags, id, payload);
        if (talks) {
            (void)deliver(peers);
        }
        times++;
    }
    /* The client gives up itself at the first SETTINGS that it did not ask to be acknowledged. */
    bool listens = talks && type != NGHTTP2_SETTINGS;
    if (listens && peers->goaway_error != NGHTTP2_ENHANCE_YOUR_CALM) {
        fail_msg("frame type %u: error %u", (unsigned)type, peers->goaway_error);
    }
    end(peers);
    return times;
}

static void test_floods(void **state) {
    (void)state;
    const bulla_bytes eight = BYTES_OF("01234567");
    assert_in_range(flood(NGHTTP2_PING, 0, 0, eight, true), 3900, 4001);
    assert_in_range(flood(NGHTTP2_SETTINGS, 0, 0, BYTES_OF(""), true), 3900, 4001);
    assert_in_range(flood(NGHTTP2_WINDOW_UPDATE, 0, 0, BYTES_OF("\0\0\0\1"), true), 3900, 4001);
    assert_in_range(flood(NGHTTP2_PRIORITY, 0, 1, BYTES_OF("\0\0\0\0\1"), true), 3900, 4001);
    /* Who does not even read the answers is gone sooner. */
    assert_in_range(flood(NGHTTP2_PING, 0, 0, eight, false), 100, 110);
}

static void test_empty_data_flood(void **state) {
    (void)state;
    struct peers *peers = start();
    int64_t times = 0;
    talk(peers);
    send_frame(peers, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
               BYTES_OF("\x82\x87\x84\x41\x01x"));
    while (times < 10000 && state_of(peers) != HTTP_SESSION_DONE) {
        send_frame(peers, NGHTTP2_DATA, 0, 1, BYTES_OF(""));
        (void)deliver(peers);
        times++;
    }
    assert_in_range(times, 3900, 4001);
    end(peers);
}

/* CVE-2024-27316 and its kin: a header block that never ends. */
static void test_continuation_flood(void **state) {
    (void)state;
    struct peers *peers = start();
    int64_t times = 0;
    talk(peers);
    send_frame(peers, NGHTTP2_HEADERS, 0, 1, BYTES_OF("\x82\x87\x84\x41\x01x"));
    while (times < 10000 && state_of(peers) == HTTP_SESSION_RECEIVING) {
        send_frame(peers, NGHTTP2_CONTINUATION, 0, 1,
                   BYTES_OF("\x10\x01"
                            "a\x01"
                            "b"));
        (void)deliver(peers);
        times++;
    }
    assert_in_range(times, 1, 4001);
    assert_int_equal(peers->num_answers, 0);
    end(peers);
}

/* A field of 4,000 bytes, put into the table once and named 12,000 times for a byte each. */
static void test_table_bomb(void **state) {
    (void)state;
    static uint8_t frame[9 + 16384] = {0, 0x40, 0, NGHTTP2_HEADERS, 5, 0, 0, 0, 1};
    struct peers *peers = start();
    talk(peers);
    const bulla_bytes begin = BYTES_OF("\x82\x87\x84\x41\x01x\x40\x01"
                                       "x\x7f\xa1\x1e");
    bytes_copy(frame + 9, sizeof frame - 9, begin);
    for (size_t i = 9 + begin.len; i < sizeof frame; i++) {
        frame[i] = i < 9 + begin.len + 4000 ? 'y' : 0xbe;
    }
    server_session_receive(&peers->server, BYTES_IN(frame));
    (void)deliver(peers);
    assert_int_equal(peers->num_answers, 0);
    assert_int_equal(peers->last_status, 0);
    assert_int_equal(state_of(peers), HTTP_SESSION_IDLE);
    end(peers);
}

/* CVE-2023-44487: each request is taken back before its answer is out. */
static void test_rapid_reset(void **state) {
    (void)state;
    struct peers *peers = start();
    make_file(peers, BIG_LEN);
    peers->keeps_window_shut = true;
    talk(peers);
    int times = 0;
    while (times < REPLIES_MAX - 10 && !peers->got_goaway) {
        (void)ask(peers, "GET", "/file", NULL, NULL);
        talk(peers);
        (void)nghttp2_submit_rst_stream(peers->client, 0, 2 * times + 1, NGHTTP2_CANCEL);
        talk(peers);
        times++;
    }
    assert_in_range(times, 150, 250);
    assert_int_equal(peers->goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_int_equal(state_of(peers), HTTP_SESSION_DONE);
    end(peers);
}

static void test_budget(void **state) {
    (void)state;
    struct http2_budget budget = http2_budget_full(100);
    assert_true(http2_budget_spend(&budget, HTTP2_CREDITS_MAX, 100));
    assert_false(http2_budget_spend(&budget, 1, 100));
    http2_budget_earn(&budget, 2);
    assert_true(http2_budget_spend(&budget, 1, 100));
    assert_true(http2_budget_spend(&budget, HTTP2_CREDITS_PER_SECOND, 101));
    assert_false(http2_budget_spend(&budget, 1, 50)); /* set back: nothing comes of it */
    assert_true(http2_budget_spend(&budget, HTTP2_CREDITS_MAX - 1, INT64_MAX - 1));
    assert_false(http2_budget_spend(&budget, 1, INT64_MAX - 1));
}

static void test_the_version_is_alpns(void **state) {
    (void)state;
    static const char *const others[] = {"http/1.1", "", "h2c", "H2"};
    const struct http_session_events events = {.answer = answer, .answered = answered, .now = now};
    for (size_t i = 0; i < 4; i++) {
        struct peers peers = {0};
        struct server_session session = {0};
        assert_false(server_session_is_open(&session));
        assert_int_equal(server_session_state(&session), HTTP_SESSION_IDLE);
        assert_true(server_session_open(&session, bytes_of_text(others[i]), &events, &peers));
        server_session_receive(&session, BYTES_OF("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_int_equal(peers.last_status, 200);
        assert_false(server_session_wants_input(&session));
        server_session_close(&session);
        assert_false(server_session_is_open(&session));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_head),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_malformed_fields),
        cmocka_unit_test(test_long_fields),
        cmocka_unit_test(test_file_waits_for_the_window),
        cmocka_unit_test(test_full_socket_stops_reading),
        cmocka_unit_test(test_ranges_and_conditions),
        cmocka_unit_test(test_file_that_shrinks),
        cmocka_unit_test(test_bodies_are_not_taken),
        cmocka_unit_test(test_streams_have_a_limit),
        cmocka_unit_test(test_early_data),
        cmocka_unit_test(test_stop_loses_nothing),
        cmocka_unit_test(test_stop_when_idle),
        cmocka_unit_test(test_expire),
        cmocka_unit_test(test_what_is_not_http2),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_empty_data_flood),
        cmocka_unit_test(test_continuation_flood),
        cmocka_unit_test(test_table_bomb),
        cmocka_unit_test(test_rapid_reset),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_the_version_is_alpns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
