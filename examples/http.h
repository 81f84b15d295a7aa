/* SPDX-License-Identifier: Apache-2.0 */
/* The little HTTP/1.1 that the examples speak, enough for GET; and the servers' accept loop. A
 * program of yours would have a library for the former and an event loop for the latter. */
#ifndef HTTP_H
#define HTTP_H

#include "channel.h"

enum { HTTP_HEAD_MAX = 4096 };

/* An answer without its body. */
struct answer {
    char head[HTTP_HEAD_MAX + 1];
    size_t head_len, body_len;
    bool reusable; /* the connection takes another request */
};

/* Writes a GET for `path` as a string, and gives it as bytes. */
bulla_bytes http_request(char out[1024], const char *host, const char *path, bool keep_alive);
/* Receives an answer up to its end; false where it breaks off. */
bool http_answer(struct channel *channel, struct answer *out);
/* How long its first line is, for printf("%.*s"). */
int http_status_len(const struct answer *answer);

/* The head of one request at a server, byte by byte. */
struct request {
    char head[HTTP_HEAD_MAX + 1];
    size_t len;
};
/* 1 at the end of a head, which stays until the next byte is added; -1 where it is too long. */
int http_request_add(struct request *request, uint8_t byte);
/* Answers with 200 and a text; false where it could not be sent. */
bool http_send_text(struct channel *channel, const char *body);

/* Listens on 127.0.0.1 (port 0: a free one) for ever, a thread for each connection, at most 256 at
 * once. `handle` gets a channel whose handshake has not begun; it is closed afterwards. */
void serve(const char *port, bulla_config *config,
           void (*handle)(struct channel *channel, const void *context), const void *context);

#endif
