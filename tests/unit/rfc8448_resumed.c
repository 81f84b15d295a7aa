/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8448 section 4, "Resumed 0-RTT Handshake", reproduced byte for byte by both roles: the client
 * goes on with the session that section 3's NewSessionTicket gives it, the server finds that
 * session under the ticket and takes the early data. A hello's body is replayed, so its binder has
 * a test of its own. */
#include "support/play.h"

#include "support/check.h"
#include "tls/hello.h"

static const size_t chunks[] = {SIZE_MAX, 1, 7};
enum { NUM_CHUNKS = sizeof chunks / sizeof chunks[0] };

#define RESUMPTION_PSK "server generate resumption secret \"tls13 resumption\": expanded"
#define BINDER "client calculate PSK binder: finished"

/* ------------------------------------------------------------------ the session */

static bulla_bytes written(const struct writer *writer) {
    return bytes_of(writer->buffer, writer->len);
}

/* Section 3, after which its client holds a session. */
static struct play *play_simple(size_t chunk) {
    struct play *play = play_new(&trace_simple, BULLA_CLIENT, chunk);
    play_steps(play);
    assert_int_equal(play->num_sessions, 1);
    return play;
}

/* What a server that had played section 3 would have put into its ticket. The session is in its
 * last second: it can be resumed, but no ticket can follow, and none does in the trace. */
static struct session server_session(const struct play *play) {
    struct trace_ticket ticket = trace_ticket_read(&play->origin);
    struct session session = {
        .version = BULLA_TLS_1_3,
        .suite = suite_find(BULLA_TLS_AES_128_GCM_SHA256),
        .group = BULLA_GROUP_X25519,
        .extended_master_secret = true,
        .authenticated_at = PLAY_NOW,
        .valid_until = PLAY_NOW,
        .issued_at = PLAY_NOW,
        .lifetime = ticket.lifetime,
        .age_add = ticket.age_add,
        .early_data_max = ticket.early_data_max,
        .server_name = BYTES_OF("server"),
    };
    bytes_copy(session.secret, sizeof session.secret, vectors_get(&play->origin, RESUMPTION_PSK));
    const bulla_config *config = play->connection->config;
    judgement_of(config, config->num_credentials == 0 ? NULL : config->credentials[0],
                 session.judgement);
    return session;
}

/* A play of section 4 with its session at hand. */
static struct play *resumed_new(bulla_role role, size_t chunk) {
    struct play *play = play_new(&trace_resumed, role, chunk);
    if (role == BULLA_SERVER) {
        const struct session session = server_session(play);
        assert_int_equal(session_encode(&session, &play->stored), BULLA_OK);
    } else {
        struct play *before = play_simple(chunk);
        assert_int_equal(bulla_connection_resume(play->connection, written(&before->session)),
                         BULLA_OK);
        play_free(before);
    }
    return play;
}

static void section_3_ticket_is_kept_as_a_session(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_CHUNKS; i++) {
        struct play *play = play_simple(chunks[i]);
        struct trace_ticket ticket = trace_ticket_read(&play->vectors);
        struct session *session;
        assert_int_equal(session_decode(&session, written(&play->session)), BULLA_OK);
        assert_bytes(bytes_of(session->secret, 32), vectors_get(&play->vectors, RESUMPTION_PSK));
        assert_bytes(session->ticket, ticket.ticket);
        assert_int_equal(session->age_add, ticket.age_add);
        assert_int_equal(session->early_data_max, ticket.early_data_max);
        assert_int_equal(session->lifetime, ticket.lifetime);
        assert_int_equal(play->session_lifetime, ticket.lifetime);
        assert_int_equal(session->version, BULLA_TLS_1_3);
        assert_int_equal(session->suite->code, BULLA_TLS_AES_128_GCM_SHA256);
        assert_int_equal(session->group, BULLA_GROUP_X25519);
        assert_int_equal(session->issued_at, PLAY_NOW);
        assert_int_equal(session->authenticated_at, PLAY_NOW);
        assert_bytes(session->server_name, BYTES_OF("server"));
        assert_true(session->peer_authenticated);
        assert_bytes(session->peer_leaf, trace_certificate(&play->vectors, "server"));
        assert_int_equal(session->alpn.len, 0);
        session_free(session);
        play_free(play);
    }
}

/* ------------------------------------------------------------------ the binder */

/* Has the engine fill in the binder of the trace's hello, in whose place there are zeros. The rest
 * of the body stays as it was. */
static void fill_in(struct play *play, uint8_t *body, size_t *out_len) {
    bulla_bytes hello = trace_client_hello(&play->vectors, 0);
    bulla_bytes trace_body = bytes_after(hello, HANDSHAKE_HEADER_LEN);
    bulla_bytes prefix =
        vectors_get(&play->vectors, "client calculate PSK binder: ClientHello prefix");
    bytes_copy(body, PLAY_ROOM, trace_body);
    memset(body + trace_body.len - 32, 0, 32);
    transcript_start(&play->connection->handshake->transcript, HASH_INVALID);
    assert_int_equal(binders_fill_in(play->connection, body, trace_body.len), BULLA_OK);
    assert_bytes(bytes_of(hello.data, prefix.len), prefix);
    assert_bytes(bytes_of(body, trace_body.len - 32),
                 bytes_of(trace_body.data, trace_body.len - 32));
    *out_len = trace_body.len;
}

static void binder_is_that_of_the_trace(void **state) {
    (void)state;
    struct play *play = resumed_new(BULLA_CLIENT, SIZE_MAX);
    uint8_t body[PLAY_ROOM];
    size_t len;
    fill_in(play, body, &len);
    assert_bytes(bytes_of(body + len - 32, 32), vectors_get(&play->vectors, BINDER));
    assert_bytes(bytes_of(body, len),
                 bytes_after(trace_client_hello(&play->vectors, 0), HANDSHAKE_HEADER_LEN));
    play_free(play);
}

static void binder_of_another_psk_is_another(void **state) {
    (void)state;
    struct play *play = resumed_new(BULLA_CLIENT, SIZE_MAX);
    uint8_t body[PLAY_ROOM];
    size_t len;
    play->connection->handshake->resumption.session->secret[0] ^= 1;
    fill_in(play, body, &len);
    assert_memory_not_equal(body + len - 32, vectors_get(&play->vectors, BINDER).data, 32);
    play_free(play);
}

/* ------------------------------------------------------------------ the trace */

static void section_4_resumed_0_rtt(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (size_t i = 0; i < NUM_CHUNKS; i++) {
            struct play *play = resumed_new(role, chunks[i]);
            play_steps(play);
            play_assert_secrets(play);
            play_assert_outcome(play);
            play_free(play);
        }
    }
}

/* Hello and early data in one read, as they may well arrive; the answer is the same. */
static void section_4_hello_and_early_data_at_once(void **state) {
    (void)state;
    struct play *play = resumed_new(BULLA_SERVER, SIZE_MAX);
    const struct vectors *vectors = &play->vectors;
    struct writer sent = writer_growing(PLAY_ROOM), expected = writer_growing(PLAY_ROOM);
    writer_bytes(&sent, vectors_nth(vectors, "client send handshake record: complete record", 0));
    writer_bytes(&sent,
                 vectors_nth(vectors, "client send application_data record: complete record", 0));
    assert_int_equal(play_feed(play, written(&sent)), BULLA_EVENT_NEED_BYTES);
    assert_bytes(bytes_of(play->early_data.bytes, play->early_data.len),
                 vectors_nth(vectors, "client send application_data record: payload", 0));
    assert_int_equal(play->data.len, 0);
    for (size_t i = 0; i < 2; i++) {
        writer_bytes(&expected,
                     vectors_nth(vectors, "server send handshake record: complete record", i));
    }
    assert_bytes(bulla_connection_output(play->connection), written(&expected));
    writer_free(&sent);
    writer_free(&expected);
    play_free(play);
}

/* ------------------------------------------------------------------ the negative twins */

static void refuse_altered(bulla_role role, size_t nth, bulla_cause cause, bulla_alert alert) {
    struct play *play = resumed_new(role, SIZE_MAX);
    bulla_failure failure = play_altered(play, nth);
    assert_int_equal(failure.cause, cause);
    assert_int_equal(failure.alert_sent, alert);
    play_free(play);
}

/* What ends a hello that resumes is its binder. */
static void altered_binder_is_refused(void **state) {
    (void)state;
    refuse_altered(BULLA_SERVER, 0, BULLA_E_BINDER_INVALID, BULLA_ALERT_DECRYPT_ERROR);
}

static void binder_of_another_psk_is_refused(void **state) {
    (void)state;
    struct play *play = play_new(&trace_resumed, BULLA_SERVER, SIZE_MAX);
    struct session session = server_session(play);
    session.secret[0] ^= 1;
    assert_int_equal(session_encode(&session, &play->stored), BULLA_OK);
    assert_int_equal(
        play_feed(play,
                  vectors_nth(&play->vectors, "client send handshake record: complete record", 0)),
        BULLA_EVENT_FAILED);
    bulla_failure failure = bulla_connection_failure(play->connection);
    assert_int_equal(failure.cause, BULLA_E_BINDER_INVALID);
    assert_int_equal(failure.alert_sent, BULLA_ALERT_DECRYPT_ERROR);
    assert_int_equal(play->num_strikes, 0);
    play_free(play);
}

/* Early data, EndOfEarlyData, Finished, data, alert; and the server's flight and data: each under a
 * key or a number of its own. */
static void altered_records_end_the_connection(void **state) {
    (void)state;
    for (size_t nth = 1; nth <= 5; nth++) {
        refuse_altered(BULLA_SERVER, nth, BULLA_E_RECORD_DECRYPT_FAILED,
                       BULLA_ALERT_BAD_RECORD_MAC);
    }
    for (size_t nth = 1; nth <= 2; nth++) {
        refuse_altered(BULLA_CLIENT, nth, BULLA_E_RECORD_DECRYPT_FAILED,
                       BULLA_ALERT_BAD_RECORD_MAC);
    }
    /* By the server's alert, the client has closed its own side: there is nothing left to say. */
    refuse_altered(BULLA_CLIENT, 3, BULLA_E_RECORD_DECRYPT_FAILED, BULLA_ALERT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_3_ticket_is_kept_as_a_session),
        cmocka_unit_test(binder_is_that_of_the_trace),
        cmocka_unit_test(binder_of_another_psk_is_another),
        cmocka_unit_test(section_4_resumed_0_rtt),
        cmocka_unit_test(section_4_hello_and_early_data_at_once),
        cmocka_unit_test(altered_binder_is_refused),
        cmocka_unit_test(binder_of_another_psk_is_refused),
        cmocka_unit_test(altered_records_end_the_connection),
    };
    return cmocka_run_group_tests_name("rfc8448_resumed", tests, NULL, NULL);
}
