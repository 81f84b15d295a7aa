/* SPDX-License-Identifier: Apache-2.0 */
/* The server of session.h: head, answer, next head. Called by server.c with what a TLS stream
 * decrypted, by the unit test with plain text. */
#include "http/session.h"

#include "net/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RESPONSE_HEAD_LEN_MAX = HTTP_FIELDS_LEN_MAX + 1024,
    /* A whole head and what one turn of the loop may bring behind it. */
    INPUT_LEN_MAX = HTTP_HEAD_LEN_MAX + 64 * 1024,
};

struct http_session {
    struct http_session_events events;
    void *owner;
    enum http_session_state state;

    uint8_t *input; /* heap; requests that are not answered yet */
    size_t input_len, input_cap, scanned;

    struct http_response response;
    struct writer head; /* of the response */
    size_t head_sent;
    uint64_t body_len, body_sent; /* what goes out: 0 for HEAD */
    bool keep_alive;
    bool is_early; /* what is answered now is answered before the handshake is done */
    bool stopping;
};

static void receive(struct http_session *session, bulla_bytes bytes);
static bool append(struct http_session *session, bulla_bytes bytes);
static void consume(struct http_session *session, size_t len);
static void process(struct http_session *session);
static void serve_request(struct http_session *session, bulla_bytes head);
static bool has_body(const struct http_head *request);
static void refuse(struct http_session *session, const struct http_problem *problem);
static void begin_response(struct http_session *session, const struct http_head *request);
static void write_head(struct http_session *session, uint64_t body_len, bool old_client);
static void end_response(struct http_session *session);
static bulla_bytes body_output(struct http_session *session, uint8_t *scratch, size_t cap);

struct http_session *http_session_new(const struct http_session_events *events, void *owner) {
    struct http_session *session = calloc(1, sizeof *session);
    if (session != NULL) {
        session->events = *events;
        session->owner = owner;
        session->state = HTTP_SESSION_IDLE;
        session->response = http_response_init();
        session->head = writer_growing(RESPONSE_HEAD_LEN_MAX);
    }
    return session;
}

void http_session_free(struct http_session *session) {
    if (session != NULL) {
        http_response_free(&session->response);
        writer_free(&session->head);
        bytes_wipe_and_free(session->input, session->input_cap);
        free(session);
    }
}

enum http_session_state http_session_state(const struct http_session *session) {
    return session->state;
}

void http_session_receive(struct http_session *session, bulla_bytes bytes) {
    session->is_early = false;
    receive(session, bytes);
}

void http_session_receive_early(struct http_session *session, bulla_bytes bytes) {
    session->is_early = true;
    receive(session, bytes);
}

static void receive(struct http_session *session, bulla_bytes bytes) {
    if (session->state == HTTP_SESSION_DONE || session->state == HTTP_SESSION_BROKEN) {
        return;
    }
    if (!append(session, bytes)) {
        session->state = HTTP_SESSION_BROKEN;
        return;
    }
    process(session);
}

bulla_bytes http_session_output(struct http_session *session, uint8_t *scratch,
                                size_t scratch_cap) {
    if (session->state != HTTP_SESSION_ANSWERING) {
        return bytes_of(NULL, 0);
    }
    if (session->head_sent < session->head.len) {
        return bytes_of(session->head.buffer + session->head_sent,
                        session->head.len - session->head_sent);
    }
    return body_output(session, scratch, scratch_cap);
}

void http_session_sent(struct http_session *session, size_t len) {
    size_t of_head = session->head.len - session->head_sent;
    of_head = len < of_head ? len : of_head;
    session->head_sent += of_head;
    session->body_sent += len - of_head;
    if (session->state == HTTP_SESSION_ANSWERING && session->head_sent == session->head.len &&
        session->body_sent == session->body_len) {
        end_response(session);
    }
}

void http_session_expire(struct http_session *session) {
    if (session->state == HTTP_SESSION_RECEIVING) {
        static const struct http_problem late = {408, "the request did not come in time"};
        refuse(session, &late);
    }
}

void http_session_stop(struct http_session *session) {
    session->stopping = true;
}

/* Takes requests off the input until one is being answered. */
static void process(struct http_session *session) {
    while (session->state == HTTP_SESSION_IDLE || session->state == HTTP_SESSION_RECEIVING) {
        struct http_problem problem = {0};
        bulla_bytes input = bytes_of(session->input, session->input_len);
        if (session->state == HTTP_SESSION_IDLE && input.len >= 2 && input.data[0] == '\r' &&
            input.data[1] == '\n') {
            /* RFC 9112 2.2: an empty line before a request is passed over. */
            consume(session, 2);
            session->state = HTTP_SESSION_RECEIVING;
            continue;
        }
        size_t len = http_head_length(input, &session->scanned, &problem);
        if (problem.status != 0) {
            refuse(session, &problem);
            return;
        }
        if (len == 0) {
            bool between = input.len == 0 || (input.len == 1 && input.data[0] == '\r');
            if (!between) {
                session->state = HTTP_SESSION_RECEIVING;
            }
            return;
        }
        serve_request(session, bytes_of(input.data, len));
        consume(session, len);
    }
}

static void serve_request(struct http_session *session, bulla_bytes head) {
    /* About 3 KiB; on the stack, as it is gone before the next request. */
    struct http_head request;
    struct http_problem problem = {0};
    if (!http_request_parse(&request, head, &problem)) {
        refuse(session, &problem);
        return;
    }
    session->keep_alive = request.keep_alive && !has_body(&request);
    const struct http_question question = {
        .request = &request, .has_body = has_body(&request), .is_early = session->is_early};
    http_answer(&session->events, session->owner, &question, &session->response);
    begin_response(session, &request);
}

static bool has_body(const struct http_head *request) {
    return request->framing == HTTP_FRAMING_CHUNKED ||
           (request->framing == HTTP_FRAMING_LENGTH && request->content_length != 0);
}

/* Answers what is not a request; what follows on the connection can't be told apart from it. */
static void refuse(struct http_session *session, const struct http_problem *problem) {
    session->keep_alive = false;
    http_response_problem(&session->response, problem->status, problem->says, NULL);
    begin_response(session, NULL);
}

static void begin_response(struct http_session *session, const struct http_head *request) {
    struct http_response *response = &session->response;
    http_response_finish(response, session->events.hsts);
    session->keep_alive = session->keep_alive && response->status != 400 && !session->stopping;
    uint64_t len = http_response_len(response);
    bool no_body = request != NULL && (bytes_equal(request->method, BYTES_OF("HEAD")) ||
                                       !http_response_has_content(response));
    session->body_len = no_body ? 0 : len;
    session->body_sent = 0;
    session->head_sent = 0;
    write_head(session, len, request != NULL && request->minor_version == 0);
    session->state = session->head.failed ? HTTP_SESSION_BROKEN : HTTP_SESSION_ANSWERING;
    session->events.answered(session->owner, request, response->status, len);
}

static void write_head(struct http_session *session, uint64_t body_len, bool old_client) {
    const struct http_response *response = &session->response;
    struct writer *head = &session->head;
    char line[256];
    char date[CLOCK_TEXT_LEN];
    writer_free(head);
    snprintf(line, sizeof line, "HTTP/1.1 %u %s\r\nDate: %s\r\n", response->status,
             http_reason(response->status),
             clock_http_date(session->events.now(session->owner), date));
    writer_text(head, line);
    if (http_response_has_content(response)) {
        snprintf(line, sizeof line, "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n",
                 response->content_type, body_len);
        writer_text(head, line);
    }
    writer_text(head, "X-Content-Type-Options: nosniff\r\n");
    writer_bytes(head, bytes_of(response->fields.buffer, response->fields.len));
    if (!session->keep_alive) {
        writer_text(head, "Connection: close\r\n");
    } else if (old_client) {
        writer_text(head, "Connection: keep-alive\r\n");
    }
    writer_text(head, "\r\n");
}

static bulla_bytes body_output(struct http_session *session, uint8_t *scratch, size_t cap) {
    const struct http_response *response = &session->response;
    if (response->file < 0) {
        return bytes_of(response->body.buffer + session->body_sent,
                        (size_t)(session->body_len - session->body_sent));
    }
    size_t len = http_response_read(response, session->body_sent, scratch, cap);
    if (len == 0) {
        /* The file was cut while it went out: Content-Length can't be kept any more. */
        session->state = HTTP_SESSION_BROKEN;
    }
    return bytes_of(scratch, len);
}

static void end_response(struct http_session *session) {
    http_response_free(&session->response);
    writer_free(&session->head);
    session->head_sent = 0;
    session->body_len = 0;
    session->body_sent = 0;
    session->state = session->keep_alive ? HTTP_SESSION_IDLE : HTTP_SESSION_DONE;
    process(session);
}

static bool append(struct http_session *session, bulla_bytes bytes) {
    if (bytes.len > INPUT_LEN_MAX - session->input_len) {
        return false;
    }
    size_t len = session->input_len + bytes.len;
    if (len > session->input_cap) {
        uint8_t *bigger = malloc(len);
        if (bigger == NULL) {
            return false;
        }
        bytes_copy(bigger, len, bytes_of(session->input, session->input_len));
        bytes_wipe_and_free(session->input, session->input_cap);
        session->input = bigger;
        session->input_cap = len;
    }
    bytes_copy(session->input + session->input_len, session->input_cap - session->input_len, bytes);
    session->input_len = len;
    return true;
}

/* An idle session holds no buffer. */
static void consume(struct http_session *session, size_t len) {
    session->input_len -= len;
    session->scanned = 0;
    if (session->input_len == 0) {
        bytes_wipe_and_free(session->input, session->input_cap);
        session->input = NULL;
        session->input_cap = 0;
        return;
    }
    bytes_move(session->input, session->input + len, session->input_len);
}
