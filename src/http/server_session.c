/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of server_session.h, made once per connection. */
#include "http/server_session.h"

#include "http/http2.h"

bool server_session_open(struct server_session *session, bulla_bytes alpn,
                         const struct http_session_events *events, void *owner) {
    *session = (struct server_session){0};
    if (bytes_equal(alpn, BYTES_OF("h2"))) {
        session->http2 = http2_session_new(events, owner);
    } else {
        session->http1 = http_session_new(events, owner);
    }
    return server_session_is_open(session);
}

void server_session_close(struct server_session *session) {
    http_session_free(session->http1);
    http2_session_free(session->http2);
    *session = (struct server_session){0};
}

bool server_session_is_open(const struct server_session *session) {
    return session->http1 != NULL || session->http2 != NULL;
}

void server_session_receive(struct server_session *session, bulla_bytes bytes) {
    if (session->http2 != NULL) {
        http2_session_receive(session->http2, bytes);
    } else if (session->http1 != NULL) {
        http_session_receive(session->http1, bytes);
    }
}

void server_session_receive_early(struct server_session *session, bulla_bytes bytes) {
    if (session->http2 != NULL) {
        http2_session_receive_early(session->http2, bytes);
    } else if (session->http1 != NULL) {
        http_session_receive_early(session->http1, bytes);
    }
}

bulla_bytes server_session_output(struct server_session *session, uint8_t *scratch,
                                  size_t scratch_cap) {
    if (session->http2 != NULL) {
        return http2_session_output(session->http2);
    }
    return session->http1 != NULL ? http_session_output(session->http1, scratch, scratch_cap)
                                  : bytes_of(NULL, 0);
}

void server_session_sent(struct server_session *session, size_t len) {
    if (session->http2 != NULL) {
        http2_session_sent(session->http2, len);
    } else if (session->http1 != NULL) {
        http_session_sent(session->http1, len);
    }
}

enum http_session_state server_session_state(const struct server_session *session) {
    if (session->http2 != NULL) {
        return http2_session_state(session->http2);
    }
    return session->http1 != NULL ? http_session_state(session->http1) : HTTP_SESSION_IDLE;
}

void server_session_expire(struct server_session *session) {
    if (session->http2 != NULL) {
        http2_session_expire(session->http2);
    } else if (session->http1 != NULL) {
        http_session_expire(session->http1);
    }
}

bool server_session_wants_input(const struct server_session *session) {
    if (session->http2 != NULL) {
        return http2_session_wants_input(session->http2);
    }
    enum http_session_state state = server_session_state(session);
    return state == HTTP_SESSION_IDLE || state == HTTP_SESSION_RECEIVING;
}

void server_session_stop(struct server_session *session) {
    if (session->http2 != NULL) {
        http2_session_stop(session->http2);
    } else if (session->http1 != NULL) {
        http_session_stop(session->http1);
    }
}
