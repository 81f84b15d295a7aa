/* SPDX-License-Identifier: Apache-2.0 */
/* The output of http2_output.h. An idle connection holds no buffer here. Called by http2.c. */
#include "http/http2_output.h"

#include <stdlib.h>

static bool gather(struct http2_output *output, nghttp2_session *nghttp2);
static bool append(struct http2_output *output, bulla_bytes frame);

bool http2_output_next(struct http2_output *output, nghttp2_session *nghttp2, bulla_bytes *out) {
    if (http2_output_is_empty(output) && !gather(output, nghttp2)) {
        return false;
    }
    *out = output->gathered_len == 0 ? output->frame
                                     : bytes_of(output->gathered + output->gathered_sent,
                                                output->gathered_len - output->gathered_sent);
    return true;
}

void http2_output_sent(struct http2_output *output, size_t len) {
    if (output->gathered_len == 0) {
        output->frame = bytes_after(output->frame, len);
        return;
    }
    output->gathered_sent += len;
    if (output->gathered_sent == output->gathered_len) {
        http2_output_free(output);
    }
}

bool http2_output_is_empty(const struct http2_output *output) {
    return output->gathered_len == 0 && output->frame.len == 0;
}

void http2_output_free(struct http2_output *output) {
    bytes_wipe_and_free(output->gathered, output->gathered_len);
    output->gathered = NULL;
    output->gathered_len = 0;
    output->gathered_sent = 0;
}

/* Takes frames until a record is full of them. One that does not fit any more stays where nghttp2
 * has it, as a big one does from the beginning: it is valid until the next is taken. */
static bool gather(struct http2_output *output, nghttp2_session *nghttp2) {
    for (;;) {
        const uint8_t *data = NULL;
        ssize_t len = nghttp2_session_mem_send(nghttp2, &data);
        if (len <= 0) {
            return len == 0;
        }
        bulla_bytes frame = bytes_of(data, (size_t)len);
        bool is_big = output->gathered_len == 0 && frame.len > HTTP2_OUTPUT_LEN / 2;
        if (is_big || frame.len > HTTP2_OUTPUT_LEN - output->gathered_len) {
            output->frame = frame;
            return true;
        }
        if (!append(output, frame)) {
            return false;
        }
    }
}

static bool append(struct http2_output *output, bulla_bytes frame) {
    if (output->gathered == NULL) {
        output->gathered = malloc(HTTP2_OUTPUT_LEN);
    }
    if (output->gathered == NULL) {
        return false;
    }
    bytes_copy(output->gathered + output->gathered_len, HTTP2_OUTPUT_LEN - output->gathered_len,
               frame);
    output->gathered_len += frame.len;
    return true;
}
