/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of server_log.h. */
#include "http/server_log.h"

static void log_failure(const struct tls_stream *stream, struct log_line *line);

void server_log_refusal(const struct log *log, const char *peer, const char *cause,
                        const char *says, const char *fix) {
    struct log_line line;
    log_begin(&line, LOG_ERROR, "peer_refused");
    log_text(&line, "peer", peer);
    log_text(&line, "cause", cause);
    log_text(&line, "says", says);
    log_text(&line, "fix", fix);
    log_end(log, &line);
}

void server_log_shortage(const struct log *log, int os_error) {
    struct log_line line;
    log_begin(&line, LOG_ERROR, "accept_failed");
    log_text(&line, "says", strerror(os_error));
    log_text(&line, "fix", "raise the limit on open files (ulimit -n)");
    log_end(log, &line);
}

void server_log_request(const struct log *log, const char *peer, const struct http_head *request,
                        unsigned status, uint64_t body_len) {
    struct log_line line;
    if (log->lowest > LOG_INFO) {
        return;
    }
    log_begin(&line, LOG_INFO, "request");
    log_text(&line, "peer", peer);
    if (request != NULL) {
        log_bytes(&line, "method", request->method);
        log_bytes(&line, "target", request->target);
    }
    log_number(&line, "status", status);
    log_number(&line, "body_len", body_len > INT64_MAX ? INT64_MAX : (int64_t)body_len);
    log_end(log, &line);
}

void server_log_end(const struct log *log, const char *peer, const struct tls_stream *stream,
                    enum tls_stream_end end, int os_error) {
    static const struct {
        enum log_level level;
        const char *event, *says;
    } ends[] = {
        [TLS_STREAM_END_INVALID] = {LOG_ERROR, "ended", "the connection ended for no reason"},
        [TLS_STREAM_CLOSED] = {LOG_INFO, NULL, ""},
        [TLS_STREAM_FAILED] = {LOG_WARN, "connection_failed", ""},
        [TLS_STREAM_HANDSHAKE_TIMEOUT] = {LOG_WARN, "handshake_timeout",
                                          "the peer stalled in the middle of the handshake"},
        [TLS_STREAM_IDLE_TIMEOUT] = {LOG_INFO, "idle_timeout", "the peer was idle for too long"},
        [TLS_STREAM_SOCKET_ERROR] = {LOG_WARN, "disconnected", ""},
    };
    struct log_line line;
    if (ends[end].event == NULL) {
        return;
    }
    log_begin(&line, ends[end].level, ends[end].event);
    log_text(&line, "peer", peer);
    if (end == TLS_STREAM_FAILED) {
        log_failure(stream, &line);
    } else if (end == TLS_STREAM_SOCKET_ERROR) {
        log_text(&line, "says", strerror(os_error));
    } else if (end == TLS_STREAM_HANDSHAKE_TIMEOUT && tls_stream_is_silent(stream)) {
        log_text(&line, "says", "the peer connected and said nothing");
    } else {
        log_text(&line, "says", ends[end].says);
    }
    log_end(log, &line);
}

static void log_failure(const struct tls_stream *stream, struct log_line *line) {
    bulla_failure failure = bulla_connection_failure(tls_stream_connection(stream));
    const bulla_cause_info *about = bulla_cause_about(failure.cause);
    bool left_silently =
        failure.cause == BULLA_E_CLOSED_BEFORE_HANDSHAKE && tls_stream_is_silent(stream);
    log_text(line, "cause", about->name);
    if (failure.alert_sent != BULLA_ALERT_NONE) {
        log_text(line, "alert_sent", bulla_alert_name((unsigned)failure.alert_sent));
    }
    if (failure.alert_received != BULLA_ALERT_NONE) {
        log_text(line, "alert_received", bulla_alert_name(failure.alert_received));
    }
    log_text(line, "says",
             left_silently ? "the peer connected and left without a word" : about->says);
    if (failure.report != NULL && failure.report->num_entries != 0 &&
        failure.report->headline < failure.report->num_entries) {
        const bulla_report_entry *entry = &failure.report->entries[failure.report->headline];
        log_text(line, "subject", entry->subject);
        log_text(line, "issuer", entry->issuer);
        log_text(line, "evidence", failure.report->evidence);
    }
    if (!left_silently) {
        log_text(line, "fix", about->fix);
    }
}
