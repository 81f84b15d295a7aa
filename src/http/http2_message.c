/* SPDX-License-Identifier: Apache-2.0 */
/* The heads of http2_message.h. nghttp2 has refused by then what RFC 9113 8.2 and 8.3 forbid:
 * pseudo fields that are missing, doubled or late, capitals, fields about the connection. Refused
 * here, with the answer that HTTP/1.1 gives: what target.c refuses, an :authority beside another
 * Host, any scheme but https, more than 100 fields or 16 KiB of them. */
#include "http/http2_message.h"

#include "base/reader.h"
#include "http/target.h"
#include "net/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    FIELD_OVERHEAD = 32, /* RFC 9113 6.5.2 */
    /* Beyond the limit a peer is still owed its 431; beyond this it is at work against us, with
     * references into the table that cost it a byte each. */
    LIST_LEN_ENDURED = 4 * HTTP2_LIST_LEN_MAX,
};

static bool take_field(struct http_head *head, bulla_bytes *authority, bulla_bytes *scheme,
                       const struct http_field *field);
static bool take_authority(struct http_head *head, bulla_bytes authority,
                           struct http_problem *problem);
static bool find_length(struct http_head *head, struct http_problem *problem);
static bool add(struct http2_response_head *head, bulla_bytes name, bulla_bytes value);
static bool add_text(struct http2_response_head *head, const char *name, const char *value);
static bool add_number(struct http2_response_head *head, const char *name, uint64_t value);
static bool add_lines(struct http2_response_head *head, bulla_bytes lines);
static uint8_t *copy(struct http2_response_head *head, bulla_bytes bytes);
static bool refuse(struct http_problem *problem, unsigned status, const char *says);

struct http2_request http2_request_init(void) {
    /* The lengths before each name and value are not part of the limit. */
    return (struct http2_request){.fields = writer_growing(HTTP2_LIST_LEN_MAX)};
}

void http2_request_free(struct http2_request *request) {
    writer_free(&request->fields);
}

bool http2_request_add(struct http2_request *request, bulla_bytes name, bulla_bytes value) {
    request->list_len += name.len + value.len + FIELD_OVERHEAD;
    if (request->list_len <= HTTP2_LIST_LEN_MAX) {
        writer_vector(&request->fields, 2, name);
        writer_vector(&request->fields, 2, value);
        request->num_fields++;
    }
    return request->list_len <= LIST_LEN_ENDURED;
}

bool http2_request_head(const struct http2_request *request, struct http_head *out,
                        struct http_problem *out_problem) {
    struct reader fields = reader_over(bytes_of(request->fields.buffer, request->fields.len));
    struct http_field field;
    bulla_bytes authority = {0};
    bulla_bytes scheme = {0};
    *out = (struct http_head){.minor_version = 1, .framing = HTTP_FRAMING_NONE, .keep_alive = true};
    if (request->malformed) {
        return refuse(out_problem, 400, "a header field has a character that none may have");
    }
    if (request->fields.failed) {
        return refuse(out_problem, 503, "the server is short of memory");
    }
    if (request->list_len > HTTP2_LIST_LEN_MAX) {
        return refuse(out_problem, 431, "the header fields are longer than 16 KiB");
    }
    while (!reader_at_end(&fields)) {
        if (!reader_vector16(&fields, &field.name) || !reader_vector16(&fields, &field.value)) {
            return refuse(out_problem, 500, "the fields can't be read back");
        }
        if (!take_field(out, &authority, &scheme, &field)) {
            return refuse(out_problem, 431, "the head has more than 100 fields");
        }
    }
    if (!http_same_text(scheme, "https") && !bytes_equal(out->method, BYTES_OF("CONNECT"))) {
        return refuse(out_problem, 400, "the scheme is not https");
    }
    return take_authority(out, authority, out_problem) && find_length(out, out_problem);
}

static bool take_field(struct http_head *head, bulla_bytes *authority, bulla_bytes *scheme,
                       const struct http_field *field) {
    if (bytes_equal(field->name, BYTES_OF(":method"))) {
        head->method = field->value;
    } else if (bytes_equal(field->name, BYTES_OF(":path"))) {
        head->target = field->value;
    } else if (bytes_equal(field->name, BYTES_OF(":authority"))) {
        *authority = field->value;
    } else if (bytes_equal(field->name, BYTES_OF(":scheme"))) {
        *scheme = field->value;
    } else if (head->num_fields + 1 < HTTP_FIELDS_MAX) {
        head->fields[head->num_fields++] = *field;
    } else {
        return false;
    }
    return true;
}

/* RFC 9113 8.3.1: :authority stands for Host, and the two may not differ. */
static bool take_authority(struct http_head *head, bulla_bytes authority,
                           struct http_problem *problem) {
    const struct http_field *host = http_head_field(head, "Host");
    if (host != NULL && authority.len != 0 && !http_same(host->value, authority)) {
        return refuse(problem, 400, "the fields :authority and Host name two hosts");
    }
    if (host == NULL) {
        head->fields[head->num_fields++] =
            (struct http_field){.name = BYTES_OF("host"), .value = authority};
    }
    if (!http_is_token(head->method)) {
        return refuse(problem, 400, "the method is not a token");
    }
    if (bytes_equal(head->method, BYTES_OF("CONNECT"))) {
        head->target = authority;
    } else if (head->target.len == 0 || (head->target.data[0] != '/' && head->target.len != 1)) {
        return refuse(problem, 400, "the field :path is not a path");
    }
    return http_target_check(head, problem);
}

/* nghttp2 counts that the DATA frames bring as much. */
static bool find_length(struct http_head *head, struct http_problem *problem) {
    const struct http_field *length = http_head_field(head, "Content-Length");
    if (length != NULL && !http_number(length->value, &head->content_length)) {
        return refuse(problem, 400, "Content-Length is not a number");
    }
    head->framing = length != NULL ? HTTP_FRAMING_LENGTH : HTTP_FRAMING_NONE;
    return true;
}

bool http2_response_head_write(struct http2_response_head *out,
                               const struct http_response *response, int64_t now) {
    char date[CLOCK_TEXT_LEN];
    out->num_fields = 0;
    out->text_len = 0;
    bool whole = add_number(out, ":status", response->status) &&
                 add_text(out, "date", clock_http_date(now, date));
    if (http_response_has_content(response)) {
        whole = whole && add_text(out, "content-type", response->content_type) &&
                add_number(out, "content-length", http_response_len(response));
    }
    return whole && add_text(out, "x-content-type-options", "nosniff") &&
           add_lines(out, bytes_of(response->fields.buffer, response->fields.len));
}

static bool add(struct http2_response_head *head, bulla_bytes name, bulla_bytes value) {
    if (head->num_fields == HTTP2_RESPONSE_FIELDS_MAX ||
        name.len + value.len > sizeof head->text - head->text_len) {
        return false;
    }
    nghttp2_nv *field = &head->fields[head->num_fields++];
    *field = (nghttp2_nv){.namelen = name.len, .valuelen = value.len};
    field->name = copy(head, name);
    field->value = copy(head, value);
    /* RFC 9113 8.2: names have no capitals. */
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = field->name[i];
        field->name[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
    }
    return true;
}

static bool add_text(struct http2_response_head *head, const char *name, const char *value) {
    return add(head, bytes_of_text(name), bytes_of_text(value));
}

static bool add_number(struct http2_response_head *head, const char *name, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return add_text(head, name, text);
}

/* "Name: value" with CR LF, as http_response collects them. */
static bool add_lines(struct http2_response_head *head, bulla_bytes lines) {
    while (lines.len != 0) {
        size_t colon = 0;
        while (colon < lines.len && lines.data[colon] != ':') {
            colon++;
        }
        size_t end = colon;
        while (end < lines.len && lines.data[end] != '\r') {
            end++;
        }
        size_t begin = colon + 2;
        if (begin > end || end + 2 > lines.len ||
            !add(head, bytes_of(lines.data, colon), bytes_of(lines.data + begin, end - begin))) {
            return false;
        }
        lines = bytes_after(lines, end + 2);
    }
    return true;
}

static uint8_t *copy(struct http2_response_head *head, bulla_bytes bytes) {
    uint8_t *at = head->text + head->text_len;
    bytes_copy(at, sizeof head->text - head->text_len, bytes);
    head->text_len += bytes.len;
    return at;
}

static bool refuse(struct http_problem *problem, unsigned status, const char *says) {
    *problem = (struct http_problem){.status = status, .says = says};
    return false;
}
