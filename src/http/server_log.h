/* SPDX-License-Identifier: Apache-2.0 */
/* What the server's log says of its peers. */
#ifndef HTTP_SERVER_LOG_H
#define HTTP_SERVER_LOG_H

#include "http/message.h"
#include "net/log.h"
#include "net/tls_stream.h"

/* A peer that was not let in. */
void server_log_refusal(const struct log *log, const char *peer, const char *cause,
                        const char *says, const char *fix);
/* The system gives no more sockets. */
void server_log_shortage(const struct log *log, int os_error);
/* `request` is NULL where it could not be parsed. */
void server_log_request(const struct log *log, const char *peer, const struct http_head *request,
                        unsigned status, uint64_t body_len);

/* One line for what went wrong; a connection that ended as it should needs none. */
void server_log_end(const struct log *log, const char *peer, const struct tls_stream *stream,
                    enum tls_stream_end end, int os_error);

#endif
