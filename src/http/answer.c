/* SPDX-License-Identifier: Apache-2.0 */
/* The decisions of answer.h. Called by session.c (HTTP/1.1) and http2.c. */
#include "http/answer.h"

#include "http/conditions.h"

static bool is_known_method(bulla_bytes method);

void http_answer(const struct http_session_events *events, void *owner,
                 const struct http_question *question, struct http_response *out) {
    const struct http_head *request = question->request;
    bool gives = bytes_equal(request->method, BYTES_OF("GET")) ||
                 bytes_equal(request->method, BYTES_OF("HEAD"));
    if (question->is_early && (!gives || question->has_body)) {
        http_response_problem(out, 425, "only GET and HEAD without a body are answered early",
                              "send it again once the handshake is done");
    } else if (!gives && !is_known_method(request->method)) {
        http_response_problem(out, 501, "the method is not known", NULL);
    } else if (!gives) {
        writer_text(&out->fields, "Allow: GET, HEAD\r\n");
        http_response_problem(out, 405, "only GET and HEAD are answered here", NULL);
    } else if (question->has_body) {
        http_response_problem(out, 413, "a request with a body is not taken here", NULL);
    } else {
        events->answer(owner, request, request->path, out);
        http_conditions_apply(request, events->now(owner), out);
    }
}

/* As nginx does it with its 497: the client can only read what it speaks. The alert that the engine
 * would send is noise to it. */
bulla_bytes http_answer_to_plain_http(void) {
    static const char text[] =
        "HTTP/1.1 400 Bad Request\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 80\r\n"
        "Connection: close\r\n"
        "\r\n"
        "This port speaks HTTPS; the request was plain HTTP. Use https:// in the address.";
    return bytes_of(text, sizeof text - 1);
}

static bool is_known_method(bulla_bytes method) {
    static const char *const known[] = {"POST",  "PUT",     "DELETE", "PATCH",
                                        "TRACE", "OPTIONS", "CONNECT"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (bytes_equal(method, bytes_of_text(known[i]))) {
            return true;
        }
    }
    return false;
}
