/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk reader of body.h, byte by byte over the lines and at once over the data. Refused: sizes
 * above 2^60, lines that do not end in CR LF or hold other control characters, extensions and
 * trailers beyond their limits. Both are passed over unread (RFC 9112 7.1.1, 7.1.2). */
#include "http/body.h"

enum chunk_state {
    CHUNK_SIZE = 0, /* the first, so that zeroed memory starts there */
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_START,
    CHUNK_TRAILER,
    CHUNK_TRAILER_LF,
    CHUNK_LAST_LF,
    CHUNK_END,
};

enum { SIZE_DIGITS_MAX = 15, SIZE_LINE_LEN_MAX = 256, TRAILERS_LEN_MAX = 8192 };

static enum http_body_event counted(struct http_body *body, struct reader *input,
                                    bulla_bytes *out_data);
static enum http_body_event chunked(struct http_body *body, struct reader *input,
                                    bulla_bytes *out_data);
static bool take(struct http_body *body, uint8_t c);
static bool take_size(struct http_body *body, uint8_t c);
static bool take_trailer(struct http_body *body, uint8_t c);
static bool go(struct http_body *body, bool allowed, enum chunk_state next);
static bool is_control(uint8_t c);
static int hex_value(uint8_t c);

struct http_body http_body_of(const struct http_head *head) {
    return (struct http_body){.framing = head->framing,
                              .left =
                                  head->framing == HTTP_FRAMING_LENGTH ? head->content_length : 0};
}

enum http_body_event http_body_next(struct http_body *body, struct reader *input,
                                    bulla_bytes *out_data) {
    switch (body->framing) {
    case HTTP_FRAMING_NONE:
        return HTTP_BODY_END;
    case HTTP_FRAMING_LENGTH:
        return counted(body, input, out_data);
    case HTTP_FRAMING_CHUNKED:
        return chunked(body, input, out_data);
    case HTTP_FRAMING_UNTIL_CLOSE:
        if (reader_at_end(input)) {
            return HTTP_BODY_NEED_BYTES;
        }
        return reader_bytes(input, input->left, out_data) ? HTTP_BODY_DATA : HTTP_BODY_BROKEN;
    case HTTP_FRAMING_INVALID:
        break;
    }
    return HTTP_BODY_BROKEN;
}

static enum http_body_event counted(struct http_body *body, struct reader *input,
                                    bulla_bytes *out_data) {
    if (body->left == 0) {
        return HTTP_BODY_END;
    }
    if (reader_at_end(input)) {
        return HTTP_BODY_NEED_BYTES;
    }
    size_t len = input->left < body->left ? input->left : (size_t)body->left;
    body->left -= len;
    return reader_bytes(input, len, out_data) ? HTTP_BODY_DATA : HTTP_BODY_BROKEN;
}

static enum http_body_event chunked(struct http_body *body, struct reader *input,
                                    bulla_bytes *out_data) {
    while (body->chunk_state != CHUNK_END) {
        uint8_t c;
        if (reader_at_end(input)) {
            return HTTP_BODY_NEED_BYTES;
        }
        if (body->chunk_state == CHUNK_DATA) {
            enum http_body_event event = counted(body, input, out_data);
            body->chunk_state = body->left == 0 ? CHUNK_DATA_CR : CHUNK_DATA;
            return event;
        }
        if (!reader_u8(input, &c) || !take(body, c)) {
            return HTTP_BODY_BROKEN;
        }
    }
    return HTTP_BODY_END;
}

static bool take(struct http_body *body, uint8_t c) {
    switch ((enum chunk_state)body->chunk_state) {
    case CHUNK_SIZE:
    case CHUNK_EXTENSION:
        return take_size(body, c);
    case CHUNK_SIZE_LF:
        body->line_len = 0;
        body->num_digits = 0;
        return go(body, c == '\n', body->left == 0 ? CHUNK_TRAILER_START : CHUNK_DATA);
    case CHUNK_DATA_CR:
        return go(body, c == '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return go(body, c == '\n', CHUNK_SIZE);
    case CHUNK_TRAILER_START:
    case CHUNK_TRAILER:
        return take_trailer(body, c);
    case CHUNK_TRAILER_LF:
        return go(body, c == '\n', CHUNK_TRAILER_START);
    case CHUNK_LAST_LF:
        return go(body, c == '\n', CHUNK_END);
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return false;
}

static bool take_size(struct http_body *body, uint8_t c) {
    if (++body->line_len > SIZE_LINE_LEN_MAX) {
        return false;
    }
    if (c == '\r') {
        return go(body, body->num_digits != 0, CHUNK_SIZE_LF);
    }
    if (body->chunk_state == CHUNK_EXTENSION) {
        return !is_control(c);
    }
    int value = hex_value(c);
    if (value < 0) {
        return go(body, body->num_digits != 0 && c == ';', CHUNK_EXTENSION);
    }
    body->left = body->left * 16 + (uint64_t)value;
    return ++body->num_digits <= SIZE_DIGITS_MAX;
}

static bool take_trailer(struct http_body *body, uint8_t c) {
    if (++body->line_len > TRAILERS_LEN_MAX || (c != '\r' && is_control(c))) {
        return false;
    }
    if (c == '\r') {
        return go(body, true,
                  body->chunk_state == CHUNK_TRAILER_START ? CHUNK_LAST_LF : CHUNK_TRAILER_LF);
    }
    return go(body, true, CHUNK_TRAILER);
}

static bool go(struct http_body *body, bool allowed, enum chunk_state next) {
    body->chunk_state = (int)next;
    return allowed;
}

static bool is_control(uint8_t c) {
    return (c < ' ' && c != '\t') || c == 0x7f;
}

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
