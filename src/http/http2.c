/* SPDX-License-Identifier: Apache-2.0 */
/* The session of http2.h: nghttp2 takes frames apart and puts them together, this file says what
 * a request gets, what it may cost, and when the connection is over. Called by server_session.c,
 * and by the unit test with nghttp2's client side as the peer. */
#include "http/http2.h"

#include "http/http2_budget.h"
#include "http/http2_message.h"
#include "http/http2_output.h"

#include <stdlib.h>

enum {
    OUTBOUND_ACKS_MAX = 100,
    /* Of a body that nobody wants this much is read and dropped: some clients take a reset that
     * overtakes their body for an error, and do not show the answer. */
    UNWANTED_LEN_MAX = 1024 * 1024,
};

struct stream {
    struct http2_session *session;
    struct stream *previous, *next;
    int32_t id;
    struct http2_request request;
    struct http_response response;
    uint64_t body_len, body_sent;
    uint64_t unwanted_len; /* of the request's body */
    bool head_is_whole, request_is_whole, answered, is_sent;
};

struct http2_session {
    struct http_session_events events;
    void *owner;
    nghttp2_session *nghttp2;
    struct stream *streams;
    size_t num_waiting; /* streams whose request is not answered yet */
    struct http2_budget budget;

    struct http2_output output;
    bool is_early, preface_is_whole, in_header_block;
    bool stopping, out_of_credit, broken;
};

/* Of the PING whose answer tells that our first GOAWAY has arrived. */
static const uint8_t drain_mark[8] = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};

static nghttp2_session *new_nghttp2(struct http2_session *session);
static void set_callbacks(nghttp2_session_callbacks *callbacks);
static bool submit_settings(nghttp2_session *nghttp2);
static void receive(struct http2_session *session, bulla_bytes bytes);
static int on_begin_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *header, void *owner);
static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner);
static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *owner);
static int on_invalid_header(nghttp2_session *nghttp2, const nghttp2_frame *frame,
                             const uint8_t *name, size_t name_len, const uint8_t *value,
                             size_t value_len, uint8_t flags, void *owner);
static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner);
static int on_data_chunk(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *owner);
static int on_frame_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner);
static int reset(const struct stream *stream);
static int on_stream_close(nghttp2_session *nghttp2, int32_t id, uint32_t error, void *owner);
static ssize_t on_data_length(nghttp2_session *nghttp2, uint8_t type, int32_t id,
                              int32_t session_window, int32_t stream_window, uint32_t frame_max,
                              void *owner);
static ssize_t on_read_body(nghttp2_session *nghttp2, int32_t id, uint8_t *out, size_t cap,
                            uint32_t *flags, nghttp2_data_source *source, void *owner);
static struct stream *stream_of(struct http2_session *session, int32_t id);
static void remove_stream(struct stream *stream);
static void take_request(struct stream *stream, bool has_data);
static int respond(struct stream *stream, const struct http_head *request);
static void spend(struct http2_session *session, int64_t cost);
static void end_with(struct http2_session *session, uint32_t error);

struct http2_session *http2_session_new(const struct http_session_events *events, void *owner) {
    struct http2_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return NULL;
    }
    session->events = *events;
    session->owner = owner;
    session->budget = http2_budget_full(events->now(owner));
    session->nghttp2 = new_nghttp2(session);
    if (session->nghttp2 == NULL || !submit_settings(session->nghttp2)) {
        http2_session_free(session);
        return NULL;
    }
    return session;
}

void http2_session_free(struct http2_session *session) {
    if (session == NULL) {
        return;
    }
    while (session->streams != NULL) {
        remove_stream(session->streams);
    }
    nghttp2_session_del(session->nghttp2);
    http2_output_free(&session->output);
    free(session);
}

void http2_session_receive(struct http2_session *session, bulla_bytes bytes) {
    session->is_early = false;
    receive(session, bytes);
}

void http2_session_receive_early(struct http2_session *session, bulla_bytes bytes) {
    session->is_early = true;
    receive(session, bytes);
}

bulla_bytes http2_session_output(struct http2_session *session) {
    if (session->broken) {
        return bytes_of(NULL, 0);
    }
    bulla_bytes output = {0};
    session->broken = !http2_output_next(&session->output, session->nghttp2, &output);
    return session->broken ? bytes_of(NULL, 0) : output;
}

void http2_session_sent(struct http2_session *session, size_t len) {
    http2_output_sent(&session->output, len);
}

enum http_session_state http2_session_state(const struct http2_session *session) {
    bool writes = !http2_output_is_empty(&session->output) ||
                  nghttp2_session_want_write(session->nghttp2) != 0;
    if (session->broken) {
        return HTTP_SESSION_BROKEN;
    }
    if (!writes && nghttp2_session_want_read(session->nghttp2) == 0) {
        return HTTP_SESSION_DONE;
    }
    /* Within a header block nothing else can come, so that its time counts whatever is going on. */
    bool alone = session->streams == NULL && !writes;
    bool waits = session->num_waiting != 0 || (alone && !session->preface_is_whole);
    if (session->in_header_block || (waits && !writes)) {
        return HTTP_SESSION_RECEIVING;
    }
    return alone ? HTTP_SESSION_IDLE : HTTP_SESSION_ANSWERING;
}

bool http2_session_wants_input(const struct http2_session *session) {
    return !session->broken && http2_output_is_empty(&session->output);
}

void http2_session_expire(struct http2_session *session) {
    struct stream *stream = session->streams;
    if (http2_session_state(session) != HTTP_SESSION_RECEIVING) {
        return;
    }
    if (session->in_header_block || session->num_waiting == 0) {
        end_with(session, NGHTTP2_NO_ERROR);
        return;
    }
    while (stream != NULL) {
        struct stream *next = stream->next;
        if (!stream->answered) {
            http_response_problem(&stream->response, 408, "the request did not come in time", NULL);
            (void)respond(stream, NULL);
        }
        stream = next;
    }
    http2_session_stop(session);
}

/* RFC 9113 6.8: a first GOAWAY that takes nothing back, then, once it is known to have arrived, the
 * one that names the last request that is answered. No request is lost on the way. */
void http2_session_stop(struct http2_session *session) {
    if (session->stopping || session->broken) {
        return;
    }
    session->stopping = true;
    if (nghttp2_submit_shutdown_notice(session->nghttp2) != 0 ||
        nghttp2_submit_ping(session->nghttp2, NGHTTP2_FLAG_NONE, drain_mark) != 0) {
        session->broken = true;
    }
}

static nghttp2_session *new_nghttp2(struct http2_session *session) {
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    nghttp2_session *nghttp2 = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0) {
        set_callbacks(callbacks);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_option_set_max_outbound_ack(option, OUTBOUND_ACKS_MAX);
        nghttp2_option_set_no_closed_streams(option, 1);
        if (nghttp2_session_server_new2(&nghttp2, callbacks, session, option) != 0) {
            nghttp2 = NULL;
        }
    }
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    return nghttp2;
}

static void set_callbacks(nghttp2_session_callbacks *callbacks) {
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, on_invalid_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, on_data_length);
}

static bool submit_settings(nghttp2_session *nghttp2) {
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_STREAMS_MAX},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HTTP2_LIST_LEN_MAX},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    return nghttp2_submit_settings(nghttp2, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]) == 0;
}

static void receive(struct http2_session *session, bulla_bytes bytes) {
    if (session->broken || session->out_of_credit || bytes.len == 0) {
        return;
    }
    ssize_t taken = nghttp2_session_mem_recv(session->nghttp2, bytes.data, bytes.len);
    /* What fails here is no HTTP/2 at all, or a queue that is full of our answers to floods. */
    session->broken = session->broken || taken < 0;
}

static int on_begin_frame(nghttp2_session *nghttp2, const nghttp2_frame_hd *header, void *owner) {
    struct http2_session *session = owner;
    (void)nghttp2;
    (void)header;
    session->preface_is_whole = true;
    spend(session, HTTP2_COST_OF_FRAME);
    return 0;
}

static int on_begin_headers(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
    struct http2_session *session = owner;
    session->in_header_block = true;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
        return 0;
    }
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    *stream = (struct stream){.session = session,
                              .id = frame->hd.stream_id,
                              .request = http2_request_init(),
                              .response = http_response_init(),
                              .next = session->streams};
    if (stream->next != NULL) {
        stream->next->previous = stream;
    }
    session->streams = stream;
    session->num_waiting++;
    return nghttp2_session_set_stream_user_data(nghttp2, stream->id, stream);
}

static int on_header(nghttp2_session *nghttp2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *owner) {
    struct stream *stream = stream_of(owner, frame->hd.stream_id);
    (void)nghttp2;
    (void)flags;
    if (stream == NULL || stream->head_is_whole) { /* a trailer is passed over */
        return 0;
    }
    bool taken =
        http2_request_add(&stream->request, bytes_of(name, name_len), bytes_of(value, value_len));
    if (!taken) {
        stream->session->in_header_block = false; /* nghttp2 decodes the rest for itself */
    }
    return taken ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* nghttp2 would leave such a field out and go on. */
static int on_invalid_header(nghttp2_session *nghttp2, const nghttp2_frame *frame,
                             const uint8_t *name, size_t name_len, const uint8_t *value,
                             size_t value_len, uint8_t flags, void *owner) {
    struct stream *stream = stream_of(owner, frame->hd.stream_id);
    if (stream != NULL) {
        stream->request.malformed = true;
    }
    return on_header(nghttp2, frame, name, name_len, value, value_len, flags, owner);
}

static int on_frame(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
    struct http2_session *session = owner;
    struct stream *stream = stream_of(session, frame->hd.stream_id);
    bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    bool is_answer = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
        session->in_header_block = false;
        if (stream != NULL) {
            stream->head_is_whole = true;
            stream->request_is_whole = stream->request_is_whole || ends;
            take_request(stream, false);
        }
        break;
    case NGHTTP2_DATA:
        if (stream != NULL && ends) {
            stream->request_is_whole = true;
            take_request(stream, false);
        }
        break;
    case NGHTTP2_PING:
        if (session->stopping && is_answer &&
            bytes_equal(BYTES_IN(frame->ping.opaque_data), BYTES_IN(drain_mark))) {
            return nghttp2_submit_goaway(nghttp2, NGHTTP2_FLAG_NONE,
                                         nghttp2_session_get_last_proc_stream_id(nghttp2),
                                         NGHTTP2_NO_ERROR, NULL, 0);
        }
        break;
    default:
        break;
    }
    return 0;
}

/* A body that nobody wants: refused at its first byte. */
static int on_data_chunk(nghttp2_session *nghttp2, uint8_t flags, int32_t id, const uint8_t *data,
                         size_t len, void *owner) {
    struct stream *stream = stream_of(owner, id);
    (void)flags;
    (void)data;
    if (stream == NULL) {
        return nghttp2_session_consume_connection(nghttp2, len);
    }
    take_request(stream, true);
    bool had_enough = stream->unwanted_len > UNWANTED_LEN_MAX;
    stream->unwanted_len += len;
    if (!had_enough && stream->unwanted_len > UNWANTED_LEN_MAX && stream->is_sent) {
        return reset(stream);
    }
    return nghttp2_session_consume(nghttp2, id, len);
}

static int on_frame_sent(nghttp2_session *nghttp2, const nghttp2_frame *frame, void *owner) {
    struct http2_session *session = owner;
    struct stream *stream = stream_of(session, frame->hd.stream_id);
    (void)nghttp2;
    bool has_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (frame->hd.type == NGHTTP2_DATA) {
        http2_budget_earn(&session->budget, HTTP2_CREDITS_PER_DATA);
    }
    if (stream == NULL || !has_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        return 0;
    }
    stream->is_sent = true;
    http2_budget_earn(&session->budget, HTTP2_CREDITS_PER_RESPONSE);
    return !stream->request_is_whole && stream->unwanted_len > UNWANTED_LEN_MAX ? reset(stream) : 0;
}

/* RFC 9113 8.1: the answer is whole, the rest of the request is not wanted. */
static int reset(const struct stream *stream) {
    return nghttp2_submit_rst_stream(stream->session->nghttp2, NGHTTP2_FLAG_NONE, stream->id,
                                     NGHTTP2_NO_ERROR);
}

static int on_stream_close(nghttp2_session *nghttp2, int32_t id, uint32_t error, void *owner) {
    struct http2_session *session = owner;
    struct stream *stream = stream_of(session, id);
    (void)nghttp2;
    (void)error;
    if (stream != NULL) {
        if (!stream->is_sent) {
            spend(session, HTTP2_COST_OF_LOST_STREAM);
        }
        remove_stream(stream);
    }
    return 0;
}

static ssize_t on_data_length(nghttp2_session *nghttp2, uint8_t type, int32_t id,
                              int32_t session_window, int32_t stream_window, uint32_t frame_max,
                              void *owner) {
    (void)nghttp2;
    (void)type;
    (void)id;
    (void)session_window;
    (void)stream_window;
    (void)owner;
    return frame_max < HTTP2_DATA_LEN ? (ssize_t)frame_max : HTTP2_DATA_LEN;
}

static ssize_t on_read_body(nghttp2_session *nghttp2, int32_t id, uint8_t *out, size_t cap,
                            uint32_t *flags, nghttp2_data_source *source, void *owner) {
    struct stream *stream = source->ptr;
    (void)nghttp2;
    (void)id;
    (void)owner;
    size_t len = http_response_read(&stream->response, stream->body_sent, out, cap);
    if (len == 0) {
        /* The file was cut while it went out. */
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    stream->body_sent += len;
    if (stream->body_sent == stream->body_len) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return (ssize_t)len;
}

/* NULL for the connection itself, and for streams that are gone or were refused. */
static struct stream *stream_of(struct http2_session *session, int32_t id) {
    return id == 0 ? NULL : nghttp2_session_get_stream_user_data(session->nghttp2, id);
}

static void remove_stream(struct stream *stream) {
    struct http2_session *session = stream->session;
    *(stream->previous == NULL ? &session->streams : &stream->previous->next) = stream->next;
    if (stream->next != NULL) {
        stream->next->previous = stream->previous;
    }
    session->num_waiting -= stream->answered ? 0 : 1;
    http2_request_free(&stream->request);
    http_response_free(&stream->response);
    free(stream);
}

/* Answers once it is sure whether there is a body: a GET may say so in a DATA frame of its own. */
static void take_request(struct stream *stream, bool has_data) {
    struct http2_session *session = stream->session;
    struct http_head request;
    struct http_problem problem = {0};
    if (stream->answered || session->out_of_credit) {
        return;
    }
    bool parsed = http2_request_head(&stream->request, &request, &problem);
    bool may_end = parsed && !has_data && request.content_length == 0 &&
                   (bytes_equal(request.method, BYTES_OF("GET")) ||
                    bytes_equal(request.method, BYTES_OF("HEAD")));
    if (may_end && !stream->request_is_whole) {
        return;
    }
    if (parsed) {
        const struct http_question question = {.request = &request,
                                               .has_body = has_data || !stream->request_is_whole,
                                               .is_early = session->is_early};
        http_answer(&session->events, session->owner, &question, &stream->response);
    } else {
        http_response_problem(&stream->response, problem.status, problem.says, NULL);
    }
    session->broken |= respond(stream, parsed ? &request : NULL) != 0;
    http2_request_free(&stream->request);
}

/* What nghttp2 returns. */
static int respond(struct stream *stream, const struct http_head *request) {
    struct http2_session *session = stream->session;
    struct http_response *response = &stream->response;
    struct http2_response_head head;
    http_response_finish(response, session->events.hsts);
    if (!http2_response_head_write(&head, response, session->events.now(session->owner))) {
        http_response_free(response);
        http_response_problem(response, 500, "the answer has too many fields", NULL);
        if (!http2_response_head_write(&head, response, session->events.now(session->owner))) {
            return NGHTTP2_ERR_NOMEM;
        }
    }
    uint64_t len = http_response_len(response);
    bool no_body = (request != NULL && bytes_equal(request->method, BYTES_OF("HEAD"))) ||
                   !http_response_has_content(response);
    stream->body_len = no_body ? 0 : len;
    stream->answered = true;
    session->num_waiting--;
    session->events.answered(session->owner, request, response->status, len);
    const nghttp2_data_provider body = {.source = {.ptr = stream}, .read_callback = on_read_body};
    return nghttp2_submit_response(session->nghttp2, stream->id, head.fields, head.num_fields,
                                   stream->body_len == 0 ? NULL : &body);
}

static void spend(struct http2_session *session, int64_t cost) {
    int64_t now = session->events.now(session->owner);
    if (!session->out_of_credit && !http2_budget_spend(&session->budget, cost, now)) {
        session->out_of_credit = true;
        end_with(session, NGHTTP2_ENHANCE_YOUR_CALM);
    }
}

/* GOAWAY and no more: responses under way end here. */
static void end_with(struct http2_session *session, uint32_t error) {
    if (nghttp2_session_terminate_session(session->nghttp2, error) != 0) {
        session->broken = true;
    }
}
