/* SPDX-License-Identifier: Apache-2.0 */
/* Making, ending and reading the response of response.h. */
#include "http/response.h"

#include "http/json.h"

#include <unistd.h>

struct http_response http_response_init(void) {
    return (struct http_response){
        .status = 200,
        .content_type = "application/json",
        .fields = writer_growing(HTTP_FIELDS_LEN_MAX),
        .body = writer_growing(HTTP_BODY_LEN_MAX),
        .file = -1,
    };
}

void http_response_free(struct http_response *response) {
    writer_free(&response->fields);
    writer_free(&response->body);
    if (response->file >= 0) {
        close(response->file);
    }
    *response = http_response_init();
}

void http_response_problem(struct http_response *response, unsigned status, const char *says,
                           const char *fix) {
    response->status = status;
    response->content_type = "application/json";
    struct json json = json_start(&response->body);
    json_number(&json, "status", status);
    json_text(&json, "error", bytes_of_text(http_reason(status)));
    json_text(&json, "says", bytes_of_text(says));
    if (fix != NULL) {
        json_text(&json, "fix", bytes_of_text(fix));
    }
    json_finish(&json);
}

void http_response_finish(struct http_response *response, const char *hsts) {
    bulla_bytes body;
    bulla_bytes fields;
    if (hsts != NULL) {
        writer_text(&response->fields, "Strict-Transport-Security: ");
        writer_text(&response->fields, hsts);
        writer_text(&response->fields, "\r\n");
    }
    if (!writer_finish(&response->body, &body) || !writer_finish(&response->fields, &fields)) {
        http_response_free(response);
        http_response_problem(response, 500, "the answer is too long", NULL);
    }
}

uint64_t http_response_len(const struct http_response *response) {
    return response->file >= 0 ? response->file_len : response->body.len;
}

bool http_response_has_content(const struct http_response *response) {
    return response->status != 304;
}

size_t http_response_read(const struct http_response *response, uint64_t at, uint8_t *out,
                          size_t cap) {
    uint64_t left = http_response_len(response) - at;
    size_t len = left < cap ? (size_t)left : cap;
    if (response->file < 0) {
        bytes_copy(out, cap, bytes_of(response->body.buffer + at, len));
        return len;
    }
    ssize_t got = pread(response->file, out, len, (off_t)(response->file_start + at));
    return got > 0 ? (size_t)got : 0;
}
