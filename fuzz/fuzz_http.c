/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 heads and bodies, RFC 9112: a message is read whole, and once more in pieces whose sizes
 * the input chooses; both must see the same message. The first byte chooses request or response and
 * the size of the pieces. */
#include "http/body.h"
#include "http/message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What one reading of a body gave. */
struct outcome {
    enum http_body_event last;
    uint64_t body_len;
    size_t used;
};

static struct outcome body_read(const struct http_head *head, bulla_bytes bytes, size_t piece);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len < 1) {
        return 0;
    }
    bool is_request = (data[0] & 1) != 0;
    size_t piece = 1 + (data[0] >> 1);
    bulla_bytes bytes = bytes_of(data + 1, len - 1);
    struct http_problem problem = {0, NULL};
    struct http_head head;
    size_t scanned = 0;
    size_t head_len = http_head_length(bytes, &scanned, &problem);
    if (head_len == 0) {
        return 0;
    }
    if (head_len > bytes.len) {
        abort();
    }
    bulla_bytes head_bytes = bytes_of(bytes.data, head_len);
    bool parsed = is_request ? http_request_parse(&head, head_bytes, &problem)
                             : http_response_parse(&head, head_bytes, &problem);
    if (!parsed) {
        if (problem.says == NULL) {
            abort(); /* a refusal says why */
        }
        return 0;
    }
    bulla_bytes rest = bytes_of(bytes.data + head_len, bytes.len - head_len);
    struct outcome whole = body_read(&head, rest, rest.len);
    struct outcome pieces = body_read(&head, rest, piece);
    if (whole.last != pieces.last || whole.body_len != pieces.body_len ||
        (whole.last == HTTP_BODY_END && whole.used != pieces.used)) {
        abort();
    }
    return 0;
}

static struct outcome body_read(const struct http_head *head, bulla_bytes bytes, size_t piece) {
    struct http_body body = http_body_of(head);
    struct outcome outcome = {HTTP_BODY_NEED_BYTES, 0, 0};
    do {
        size_t left = bytes.len - outcome.used;
        size_t len = left < piece ? left : piece;
        struct reader input = reader_over(bytes_of(bytes.data + outcome.used, len));
        do {
            bulla_bytes data = bytes_of(NULL, 0);
            outcome.last = http_body_next(&body, &input, &data);
            outcome.body_len += outcome.last == HTTP_BODY_DATA ? data.len : 0;
        } while (outcome.last == HTTP_BODY_DATA);
        outcome.used += len - input.left;
    } while (outcome.last == HTTP_BODY_NEED_BYTES && outcome.used < bytes.len);
    return outcome;
}
