/* SPDX-License-Identifier: Apache-2.0 */
/* One conversation over a blocking socket; see talk.h. The sockets have a time limit, so that a
 * peer that says nothing ends it. Early data that the server refused is sent again as ordinary
 * data, before anything else. */
#include "talk.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUTPUT_LEN = 32768 };

static void end_of_input(struct talk *talk);
static bool begin(struct talk *talk);
static bool offer_session(struct talk *talk);
static bool send_early(struct talk *talk);
static bool handle(struct talk *talk, bulla_event event, bulla_bytes data);
static bool handshake_done(struct talk *talk);
static bool answer_early(struct talk *talk);
static bool session_keep(struct talk *talk);
static bool answer(struct talk *talk, bulla_bytes data);
static bool holds(const struct text *text, const char *wanted);
static bool send_data(struct talk *talk, bulla_bytes data);
static bool flush(struct talk *talk);
static bool hang_up(struct talk *talk);
static bool write_all(int socket, bulla_bytes bytes);
static void linger(struct talk *talk);
static void text_add(struct text *text, bulla_bytes bytes);

bool talk_run(struct talk *talk) {
    bulla_input input = {talk->input, 0};
    if (!begin(talk)) {
        return false;
    }
    for (bool going = true; going;) {
        bulla_bytes data = {NULL, 0};
        bulla_event event = bulla_connection_receive(talk->connection, &input, &data);
        going = handle(talk, event, data);
        if (!going || event != BULLA_EVENT_NEED_BYTES) {
            continue;
        }
        ssize_t got = recv(talk->socket, talk->input, sizeof talk->input, 0);
        if (got <= 0) {
            end_of_input(talk);
            break;
        }
        input = (bulla_input){talk->input, (size_t)got};
    }
    linger(talk);
    return true;
}

/* Whoever has said close_notify and all it wanted to say may miss the other's: there are programs
 * that never send one. */
static void end_of_input(struct talk *talk) {
    if (!talk->closing) {
        bulla_connection_receive_end(talk->connection);
    }
}

/* ------------------------------------------------------------------ the beginning */

/* The first receive makes a client's hello; early data goes out behind it. */
static bool begin(struct talk *talk) {
    bulla_input nothing = {talk->input, 0};
    bulla_bytes data;
    talk->resume = BULLA_OK;
    if (talk->is_server) {
        return true;
    }
    if (talk->settings->session_in != NULL && !offer_session(talk)) {
        return false;
    }
    bulla_event event = bulla_connection_receive(talk->connection, &nothing, &data);
    return event == BULLA_EVENT_NEED_BYTES && flush(talk) && send_early(talk);
}

static bool offer_session(struct talk *talk) {
    struct file session;
    if (!file_read(&session, talk->settings->session_in)) {
        return false;
    }
    talk->resume = bulla_connection_resume(talk->connection, file_bytes(&session));
    file_free(&session);
    return talk->resume == BULLA_OK || talk->resume == BULLA_E_SESSION_UNUSABLE;
}

/* Where there is no session that allows it, nothing goes out early. */
static bool send_early(struct talk *talk) {
    uint8_t out[OUTPUT_LEN];
    size_t len = 0;
    bulla_bytes data = text_bytes(talk->settings->early_data);
    if (data.len == 0) {
        return true;
    }
    bulla_bytes whole = data;
    bulla_cause cause = bulla_connection_send_early(talk->connection, &data, out, sizeof out, &len);
    if (cause == BULLA_E_EARLY_DATA_UNAVAILABLE) {
        return true;
    }
    text_add(&talk->early, (bulla_bytes){whole.data, whole.len - data.len});
    return cause == BULLA_OK && write_all(talk->socket, (bulla_bytes){out, len});
}

/* ------------------------------------------------------------------ events */

/* False where the conversation is over. */
static bool handle(struct talk *talk, bulla_event event, bulla_bytes data) {
    switch (event) {
    case BULLA_EVENT_NEED_BYTES:
        return flush(talk);
    case BULLA_EVENT_EARLY_DATA:
        text_add(&talk->early, data);
        return true;
    case BULLA_EVENT_DATA:
        text_add(&talk->received, data);
        return answer(talk, data);
    case BULLA_EVENT_HANDSHAKE_DONE:
        return handshake_done(talk);
    case BULLA_EVENT_SESSION:
        return session_keep(talk);
    case BULLA_EVENT_CLOSED:
        talk->peer_closed = true;
        (void)hang_up(talk);
        return false;
    case BULLA_EVENT_FAILED:
        (void)flush(talk);
        return false;
    case BULLA_EVENT_CREDENTIAL: /* not asked for */
    case BULLA_EVENT_SIGN:
    case BULLA_EVENT_VERIFY:
    case BULLA_EVENT_SESSION_LOOKUP:
    case BULLA_EVENT_STRIKE:
    case BULLA_EVENT_INVALID:
        break;
    }
    return false;
}

static bool handshake_done(struct talk *talk) {
    if (talk->is_server) {
        return flush(talk) && answer_early(talk);
    }
    bulla_bytes refused = bulla_connection_early_data_refused(talk->connection);
    text_add(&talk->early_refused, refused);
    bulla_bytes again = {talk->early_refused.bytes, talk->early_refused.len};
    const char *until = talk->settings->until;
    return flush(talk) && send_data(talk, again) &&
           send_data(talk, text_bytes(talk->settings->say)) &&
           (until == NULL || *until != '\0' || hang_up(talk));
}

/* A client whose whole line came early has no more to say. */
static bool answer_early(struct talk *talk) {
    const char *until = talk->settings->until;
    if (until == NULL || !holds(&talk->early, until)) {
        return true;
    }
    return send_data(talk, (bulla_bytes){talk->early.bytes, talk->early.len}) && hang_up(talk);
}

/* The last one is kept. */
static bool session_keep(struct talk *talk) {
    bulla_session_view view;
    talk->num_sessions++;
    if (talk->settings->session_out == NULL ||
        bulla_connection_session(talk->connection, &view) != BULLA_OK) {
        return true;
    }
    FILE *file = fopen(talk->settings->session_out, "wb");
    if (file == NULL) {
        perror(talk->settings->session_out);
        return false;
    }
    bool written = fwrite(view.state.data, 1, view.state.len, file) == view.state.len;
    return fclose(file) == 0 && written;
}

static bool answer(struct talk *talk, bulla_bytes data) {
    if (talk->closing) {
        return true;
    }
    if (talk->is_server) {
        return send_data(talk, data) && (!holds(&talk->received, "\n") || hang_up(talk));
    }
    const char *until = talk->settings->until;
    return until == NULL || !holds(&talk->received, until) || hang_up(talk);
}

static bool holds(const struct text *text, const char *wanted) {
    size_t len = strlen(wanted);
    for (size_t at = 0; at + len <= text->len; at++) {
        if (strncmp((const char *)text->bytes + at, wanted, len) == 0) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ the transport */

static bool send_data(struct talk *talk, bulla_bytes data) {
    uint8_t out[OUTPUT_LEN];
    while (data.len != 0) {
        size_t len = 0;
        if (bulla_connection_send(talk->connection, &data, out, sizeof out, &len) != BULLA_OK ||
            !write_all(talk->socket, (bulla_bytes){out, len})) {
            return false;
        }
    }
    return true;
}

static bool flush(struct talk *talk) {
    bulla_bytes output = bulla_connection_output(talk->connection);
    size_t len = output.len;
    if (!write_all(talk->socket, output)) {
        return false;
    }
    bulla_connection_output_sent(talk->connection, len);
    return true;
}

static bool hang_up(struct talk *talk) {
    talk->closing = true;
    return bulla_connection_close(talk->connection) == BULLA_OK && flush(talk) &&
           shutdown(talk->socket, SHUT_WR) == 0;
}

static bool write_all(int socket, bulla_bytes bytes) {
    while (bytes.len != 0) {
        ssize_t sent = send(socket, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes = (bulla_bytes){bytes.data + sent, bytes.len - (size_t)sent};
    }
    return true;
}

/* Closing with unread input would reset the connection, and the peer might lose our last alert. */
static void linger(struct talk *talk) {
    (void)shutdown(talk->socket, SHUT_WR);
    while (recv(talk->socket, talk->input, sizeof talk->input, 0) > 0) {
    }
}

static void text_add(struct text *text, bulla_bytes bytes) {
    for (size_t i = 0; i < bytes.len && text->len < TALK_TEXT_MAX; i++) {
        text->bytes[text->len++] = bytes.data[i];
    }
}
