/* SPDX-License-Identifier: Apache-2.0 */
/* What is known at the end of a trace that was played: its secrets, and what the connection says of
 * itself. See play.h. */
#include "support/play.h"

#include "support/check.h"

#include <stdio.h>

const struct vectors *play_full_handshake(const struct play *play) {
    return play->trace->resumes != NULL ? &play->origin : &play->vectors;
}

static int append_hex(char *text, size_t cap, bulla_bytes bytes) {
    int len = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        len += snprintf(text + len, cap - (size_t)len, "%02x", bytes.data[i]);
    }
    return len;
}

static void assert_logged(const struct play *play, const char *label, const char *secret_name) {
    char expected[LOG_LINE_LEN_MAX];
    bulla_bytes random = trace_random(trace_client_hello(&play->vectors, 0));
    int len = snprintf(expected, sizeof expected, "%s ", label);
    len += append_hex(expected + len, sizeof expected - (size_t)len, random);
    len += snprintf(expected + len, sizeof expected - (size_t)len, " ");
    (void)append_hex(expected + len, sizeof expected - (size_t)len,
                     vectors_get(&play->vectors, secret_name));
    for (size_t i = 0; i < play->num_log_lines; i++) {
        if (strcmp(play->log[i], expected) == 0) {
            return;
        }
    }
    fail_msg("%s is not in the key log", expected);
}

void play_assert_secrets(const struct play *play) {
    static const char resumption[] = "client derive secret \"tls13 res master\": expanded";
    bool is_early = play->trace->resumes != NULL;
    assert_int_equal(play->num_log_lines, is_early ? 6 : 5);
    if (is_early) {
        assert_logged(play, "CLIENT_EARLY_TRAFFIC_SECRET",
                      "client derive secret \"tls13 c e traffic\": expanded");
    }
    assert_logged(play, "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                  "server derive secret \"tls13 c hs traffic\": expanded");
    assert_logged(play, "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                  "server derive secret \"tls13 s hs traffic\": expanded");
    assert_logged(play, "CLIENT_TRAFFIC_SECRET_0",
                  "server derive secret \"tls13 c ap traffic\": expanded");
    assert_logged(play, "SERVER_TRAFFIC_SECRET_0",
                  "server derive secret \"tls13 s ap traffic\": expanded");
    assert_logged(play, "EXPORTER_SECRET", "server derive secret \"tls13 exp master\": expanded");
    /* A client keeps it for tickets that may still come; not all traces show it. */
    if (play->role == BULLA_CLIENT && vectors_count(&play->vectors, resumption) != 0) {
        assert_bytes(bytes_of(play->connection->resumable->secret, 32),
                     vectors_get(&play->vectors, resumption));
    }
}

static void assert_peer(const struct play *play, const bulla_connection_info *info) {
    const struct trace *trace = play->trace;
    bool is_client = play->role == BULLA_CLIENT;
    bool peer_shows = is_client || trace->client_authenticates;
    bool resumes = trace->resumes != NULL;
    bulla_bytes signature, leaf = bulla_connection_peer_certificate(play->connection, 0);
    assert_int_equal(info->peer_authenticated, peer_shows);
    assert_int_equal(info->peer_signature_scheme,
                     peer_shows ? trace_signature(play_full_handshake(play), play->peer, &signature)
                                : 0);
    assert_bytes(leaf, peer_shows ? trace_certificate(play_full_handshake(play), play->peer)
                                  : bytes_of(NULL, 0));
    /* A session speaks for its peer: nothing is shown and nothing proven once more. */
    assert_int_equal(play->num_verified, peer_shows && !resumes);
    assert_int_equal(play->num_signed, (!is_client || trace->client_authenticates) && !resumes);
}

void play_assert_outcome(const struct play *play) {
    const struct trace *trace = play->trace;
    bool is_client = play->role == BULLA_CLIENT, resumes = trace->resumes != NULL;
    bulla_connection_info info;
    bulla_connection_info_get(play->connection, &info);
    assert_int_equal(info.version, BULLA_TLS_1_3);
    assert_int_equal(info.suite, BULLA_TLS_AES_128_GCM_SHA256);
    assert_int_equal(info.group, trace->groups[trace->num_groups - 1]);
    assert_int_equal(info.hello_retried, trace->num_groups == 2);
    assert_int_equal(info.resumed, resumes);
    assert_int_equal(info.early_data, resumes ? BULLA_EARLY_DATA_ACCEPTED : BULLA_EARLY_DATA_NONE);
    assert_bytes(info.server_name, BYTES_OF("server"));
    assert_peer(play, &info);
    assert_int_equal(play->num_lookups, !is_client && resumes);
    assert_int_equal(play->num_strikes, !is_client && resumes);
    assert_int_equal(play->num_sessions, is_client && trace == &trace_simple);
    assert_int_equal(play->num_done, 1);
    /* Nothing that was injected was left over. */
    assert_int_equal(play->next_draw, play->num_draws);
    assert_int_equal(bulla_connection_failure(play->connection).cause, BULLA_OK);
}
