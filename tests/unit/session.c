/* SPDX-License-Identifier: Apache-2.0 */
/* src/tls/session.c: a copy owns what it views; what is written is read back, and byte by byte
 * nothing else; what contradicts itself is neither written nor read; when a session ends. */
#include "session_samples.h"
#include "support/check.h"
#include "tls/protocol.h"

#include <stdlib.h>

/* Where the fields of an encoded sample_session_13() begin. */
enum {
    AT_FORMAT = 0,
    AT_VERSION = 2,
    AT_SUITE = 4,
    AT_GROUP = 6,
    AT_SCHEME = 8,
    AT_FLAGS = 10,
    AT_SECRET = 11,
    AT_AUTHENTICATED = AT_SECRET + 48,
    AT_VALID = AT_AUTHENTICATED + 8,
    AT_ISSUED = AT_VALID + 8,
    AT_LIFETIME = AT_ISSUED + 8,
    AT_JUDGEMENT = AT_LIFETIME + 12,
    AT_ALPN = AT_JUDGEMENT + 32,
};

static struct writer encoded(const struct session *session) {
    struct writer writer = writer_growing(SESSION_STATE_LEN_MAX);
    assert_int_equal(session_encode(session, &writer), BULLA_OK);
    return writer;
}

static bulla_bytes bytes_of_writer(const struct writer *writer) {
    bulla_bytes bytes;
    assert_true(writer_finish(writer, &bytes));
    return bytes;
}

static void assert_bytes(bulla_bytes found, bulla_bytes expected) {
    assert_int_equal(found.len, expected.len);
    assert_true(bytes_equal(found, expected));
}

static void assert_same(const struct session *found, const struct session *expected) {
    assert_int_equal(found->version, expected->version);
    assert_ptr_equal(found->suite, expected->suite);
    assert_int_equal(found->group, expected->group);
    assert_int_equal(found->peer_signature_scheme, expected->peer_signature_scheme);
    assert_int_equal(found->extended_master_secret, expected->extended_master_secret);
    assert_int_equal(found->peer_authenticated, expected->peer_authenticated);
    assert_int_equal(found->ticket_is_id, expected->ticket_is_id);
    assert_memory_equal(found->secret, expected->secret, SECRET_LEN_MAX);
    assert_int_equal(found->authenticated_at, expected->authenticated_at);
    assert_int_equal(found->valid_until, expected->valid_until);
    assert_int_equal(found->issued_at, expected->issued_at);
    assert_int_equal(found->lifetime, expected->lifetime);
    assert_int_equal(found->age_add, expected->age_add);
    assert_int_equal(found->early_data_max, expected->early_data_max);
    assert_memory_equal(found->judgement, expected->judgement, JUDGEMENT_LEN);
    assert_bytes(found->alpn, expected->alpn);
    assert_bytes(found->server_name, expected->server_name);
    assert_bytes(found->peer_leaf, expected->peer_leaf);
    assert_bytes(found->ticket, expected->ticket);
}

static void assert_refused(bulla_bytes state) {
    struct session *session = NULL;
    uint8_t *exact = bytes_duplicate(state);
    assert_non_null(exact);
    assert_int_equal(session_decode(&session, bytes_of(exact, state.len)),
                     BULLA_E_SESSION_MALFORMED);
    assert_null(session);
    free(exact);
}

static void test_a_copy_owns_its_bytes(void **state) {
    (void)state;
    uint8_t ticket[] = {1, 2, 3};
    struct session plan = sample_session_13(BYTES_IN(ticket)), *session = NULL;
    assert_int_equal(session_new(&session, &plan), BULLA_OK);
    assert_same(session, &plan);
    assert_int_equal(session->memory_len, 2 + 9 + 6 + 3);
    ticket[0] = 9;
    const uint8_t before[] = {1, 2, 3};
    assert_bytes(session->ticket, BYTES_IN(before));

    struct session *second = NULL;
    assert_int_equal(session_new(&second, session), BULLA_OK);
    session_free(session);
    assert_bytes(second->ticket, BYTES_IN(before));
    session_free(second);
    session_free(NULL);
}

static void test_a_copy_of_nothing(void **state) {
    (void)state;
    struct session plan = {.version = BULLA_TLS_1_3}, *session = NULL;
    assert_int_equal(session_new(&session, &plan), BULLA_OK);
    assert_int_equal(session->memory_len, 0);
    assert_int_equal(session->ticket.len, 0);
    session_free(session);
}

static void test_too_long_for_a_copy(void **state) {
    (void)state;
    static const uint8_t bytes[SESSION_TICKET_LEN_MAX + 1];
    struct session plan = sample_session_13(BYTES_IN(bytes)), *session = NULL;
    assert_int_equal(session_new(&session, &plan), BULLA_E_SESSION_UNUSABLE);
    plan.ticket.len--;
    assert_int_equal(session_new(&session, &plan), BULLA_OK);
    session_free(session);
    session = NULL;
    plan.server_name = bytes_of(bytes, SERVER_NAME_LEN_MAX + 1);
    assert_int_equal(session_new(&session, &plan), BULLA_E_SESSION_UNUSABLE);
    plan.server_name.len = 0;
    plan.alpn = bytes_of(bytes, 256);
    assert_int_equal(session_new(&session, &plan), BULLA_E_SESSION_UNUSABLE);
    plan.alpn.len = 0;
    plan.peer_leaf = bytes_of(bytes, (size_t)1 << 24);
    assert_int_equal(session_new(&session, &plan), BULLA_E_SESSION_UNUSABLE);
    assert_null(session);
}

/* The format, written by hand: whoever changes it gives it another number. */
static void test_the_bytes(void **state) {
    (void)state;
    const struct session session = sample_session_13(BYTES_OF("ticket"));
    uint8_t expected[AT_ALPN + 3 + 10 + 9 + 8];
    const uint8_t head[] = {1, 1, 0x03, 0x04, 0x13, 0x02, 0x11, 0xec, 0x04, 0x03, 3};
    const uint8_t middle[] = {
        0, 0,    0,    0,    0x6b, 0x49, 0xd1, 0x9c, 0,    0, 0, 0, 0x6b, 0x4b, 0x23, 0x80, 0, 0, 0,
        0, 0x6b, 0x49, 0xd2, 0x00, 0,    0,    0x1c, 0x20, 1, 2, 3, 4,    0,    0,    0x40, 0};
    struct writer by_hand = writer_into(expected, sizeof expected);
    writer_bytes(&by_hand, BYTES_IN(head));
    for (unsigned i = 0; i < 48; i++) {
        writer_u8(&by_hand, (uint8_t)(0xc0 + i));
    }
    writer_bytes(&by_hand, BYTES_IN(middle));
    for (unsigned i = 0; i < JUDGEMENT_LEN; i++) {
        writer_u8(&by_hand, (uint8_t)(0x40 + i));
    }
    writer_bytes(&by_hand, BYTES_OF("\x02h2\x09"
                                    "a.example"
                                    "\0\0\x06"
                                    "a leaf"
                                    "\0\x06"
                                    "ticket"));
    struct writer writer = encoded(&session);
    assert_bytes(bytes_of_writer(&writer), bytes_of_writer(&by_hand));
    writer_free(&writer);
}

static void check_round_trip(struct session plan) {
    struct session *session = NULL;
    struct writer writer = encoded(&plan);
    assert_int_equal(session_decode(&session, bytes_of_writer(&writer)), BULLA_OK);
    assert_same(session, &plan);
    struct writer again = encoded(session);
    assert_bytes(bytes_of_writer(&again), bytes_of_writer(&writer));
    session_free(session);
    writer_free(&again);
    writer_free(&writer);
}

static void test_round_trips(void **state) {
    (void)state;
    struct session plan = sample_session_13(BYTES_OF("t"));
    check_round_trip(plan);
    plan.suite = suite_find(BULLA_TLS_CHACHA20_POLY1305_SHA256);
    bytes_wipe(plan.secret + 32, 16); /* SHA-256's secrets end here */
    plan.valid_until = INT64_MAX;
    plan.lifetime = TICKET_LIFETIME_MAX;
    plan.age_add = plan.early_data_max = UINT32_MAX;
    check_round_trip(plan);
    plan.peer_authenticated = false; /* a client without a certificate */
    plan.peer_signature_scheme = 0;
    plan.peer_leaf = plan.alpn = plan.server_name = plan.ticket = bytes_of(NULL, 0);
    check_round_trip(plan);

    plan = sample_session_12(BYTES_OF("a TLS 1.2 ticket"));
    check_round_trip(plan);
    plan.extended_master_secret = false;
    check_round_trip(plan);
    plan.ticket = BYTES_OF("0123456789abcdef0123456789abcdef");
    plan.ticket_is_id = true;
    check_round_trip(plan);
}

static void test_truncated_and_continued(void **state) {
    (void)state;
    const struct session plans[] = {sample_session_13(BYTES_OF("ticket")),
                                    sample_session_12(BYTES_OF("ticket"))};
    for (size_t i = 0; i < 2; i++) {
        struct writer writer = encoded(&plans[i]);
        bulla_bytes whole = bytes_of_writer(&writer);
        for (size_t len = 0; len < whole.len; len++) {
            assert_refused(bytes_of(whole.data, len));
        }
        writer_u8(&writer, 0);
        assert_refused(bytes_of_writer(&writer));
        writer_free(&writer);
    }
}

/* One way to write each session: an altered byte is another session, or none. */
static void test_every_altered_byte(void **state) {
    (void)state;
    const struct session plan = sample_session_13(BYTES_OF("ticket"));
    struct writer writer = encoded(&plan);
    for (size_t at = 0; at < writer.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct session *session = NULL;
            writer.buffer[at] ^= (uint8_t)(1U << bit);
            bulla_cause cause = session_decode(&session, bytes_of_writer(&writer));
            if (cause == BULLA_OK) {
                struct writer again = encoded(session);
                assert_bytes(bytes_of_writer(&again), bytes_of_writer(&writer));
                writer_free(&again);
                session_free(session);
            } else {
                assert_int_equal(cause, BULLA_E_SESSION_MALFORMED);
            }
            writer.buffer[at] ^= (uint8_t)(1U << bit);
        }
    }
    writer_free(&writer);
}

static void test_fields_that_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t at, len;
        uint8_t bytes[8];
    } cases[] = {
        {AT_FORMAT, 2, {1, 0}},                  /* an older format */
        {AT_FORMAT, 2, {1, 2}},                  /* a newer one */
        {AT_FORMAT, 2, {0, 0}},                  /* none */
        {AT_VERSION, 2, {3, 2}},                 /* TLS 1.1 */
        {AT_VERSION, 2, {3, 3}},                 /* not the suite's */
        {AT_VERSION, 2, {3, 5}},                 /* one to come */
        {AT_SUITE, 2, {0x13, 0x04}},             /* AES-CCM: not in the table */
        {AT_SUITE, 2, {0xc0, 0x2f}},             /* TLS 1.2's */
        {AT_SUITE, 2, {0, 0}},                   /* none */
        {AT_GROUP, 2, {0, 0}},                   /* none */
        {AT_GROUP, 2, {0x01, 0x00}},             /* ffdhe2048 */
        {AT_SCHEME, 2, {0x02, 0x03}},            /* ecdsa_sha1 */
        {AT_SCHEME, 2, {0x04, 0x01}},            /* PKCS#1 in TLS 1.3 */
        {AT_SCHEME, 2, {0, 0}},                  /* a leaf without a signature */
        {AT_FLAGS, 1, {2}},                      /* 1.3 always has an extended master secret */
        {AT_FLAGS, 1, {7}},                      /* and no session ids */
        {AT_FLAGS, 1, {0x0b}},                   /* a bit without a meaning */
        {AT_AUTHENTICATED, 8, {0x80}},           /* past the range of times */
        {AT_VALID, 8, {0xff, 0xff, 0xff, 0xff}}, /* before 1970 */
        {AT_ISSUED, 8, {0x80}},
        {AT_LIFETIME, 4, {0x00, 0x09, 0x3a, 0x81}}, /* a week and a second */
        {AT_ALPN, 1, {1}},                          /* lengths that do not add up */
        {AT_ALPN + 3, 1, {255}},
    };
    const struct session plan = sample_session_13(BYTES_OF("ticket"));
    struct writer writer = encoded(&plan);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *place = writer.buffer + cases[i].at, kept[8];
        bytes_copy(kept, sizeof kept, bytes_of(place, sizeof kept));
        bytes_copy(place, cases[i].len, bytes_of(cases[i].bytes, cases[i].len));
        assert_refused(bytes_of_writer(&writer));
        bytes_copy(place, sizeof kept, BYTES_IN(kept));
    }
    struct session *session = NULL;
    assert_int_equal(session_decode(&session, bytes_of_writer(&writer)), BULLA_OK);
    session_free(session);
    writer_free(&writer);
}

static void assert_not_written(const struct session *session) {
    struct writer writer = writer_growing(SESSION_STATE_LEN_MAX);
    assert_int_equal(session_encode(session, &writer), BULLA_E_SESSION_UNUSABLE);
    assert_int_equal(writer.len, 0);
    writer_free(&writer);
}

static void test_what_is_not_written(void **state) {
    (void)state;
    static const uint8_t long_bytes[SESSION_TICKET_LEN_MAX + 1];
    struct session plan = sample_session_13(BYTES_IN(long_bytes));
    assert_not_written(&plan);
    plan = sample_session_13(BYTES_OF("t"));
    plan.suite = NULL;
    assert_not_written(&plan);
    plan = sample_session_13(BYTES_OF("t"));
    plan.lifetime = TICKET_LIFETIME_MAX + 1;
    assert_not_written(&plan);
    plan = sample_session_13(BYTES_OF("t"));
    plan.issued_at = -1;
    assert_not_written(&plan);
    plan = sample_session_13(BYTES_OF("t"));
    plan.peer_leaf = bytes_of(NULL, 0);
    assert_not_written(&plan);
    plan.peer_signature_scheme = 0; /* authenticated without a certificate */
    assert_not_written(&plan);
    plan = sample_session_13(BYTES_OF("t"));
    plan.peer_authenticated = false; /* and the other way round */
    assert_not_written(&plan);

    plan = sample_session_12(BYTES_OF("t"));
    plan.early_data_max = 1;
    assert_not_written(&plan);
    plan = sample_session_12(BYTES_OF("t"));
    plan.group = BULLA_GROUP_X25519MLKEM768;
    assert_not_written(&plan);
    plan = sample_session_12(BYTES_OF("0123456789abcdef0123456789abcdef0")); /* 33 bytes */
    plan.ticket_is_id = true;
    assert_not_written(&plan);
    plan.ticket = bytes_of(NULL, 0);
    assert_not_written(&plan);
}

/* What may be kept may be written: else a long certificate would end its connection. */
static void test_the_longest_is_written(void **state) {
    (void)state;
    static const uint8_t bytes[SESSION_STATE_LEN_MAX];
    struct session plan = sample_session_13(bytes_of(bytes, SESSION_TICKET_LEN_MAX));
    struct writer writer = writer_growing(SESSION_STATE_LEN_MAX);
    plan.alpn = bytes_of(bytes, 255);
    plan.server_name = bytes_of(bytes, SERVER_NAME_LEN_MAX);
    plan.peer_leaf = bytes_of(bytes, SESSION_LEAF_LEN_MAX);
    assert_int_equal(session_encode(&plan, &writer), BULLA_OK);
    writer_free(&writer);
    plan.peer_leaf.len++;
    assert_not_written(&plan);
}

static void test_no_room_to_write(void **state) {
    (void)state;
    const struct session plan = sample_session_13(BYTES_OF("ticket"));
    uint8_t buffer[AT_ALPN];
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_int_equal(session_encode(&plan, &writer), BULLA_E_OUT_OF_MEMORY);
}

static void test_when_it_ends(void **state) {
    (void)state;
    struct session session = sample_session_13(BYTES_OF("t"));
    const int64_t now = SAMPLE_TIME;
    const uint32_t week = TICKET_LIFETIME_MAX;
    assert_true(session_is_alive(&session, week, now));
    assert_true(session_is_alive(&session, week, now + SAMPLE_LIFETIME - 1));
    assert_false(session_is_alive(&session, week, now + SAMPLE_LIFETIME));
    assert_false(session_is_alive(&session, week, INT64_MAX));

    /* The line as a whole began 100 seconds earlier. */
    assert_false(session_is_alive(&session, 100, now));
    assert_true(session_is_alive(&session, 101, now));
    assert_false(session_is_alive(&session, 101, now + 1));
    assert_false(session_is_alive(&session, 0, now));

    session.valid_until = now;
    assert_true(session_is_alive(&session, week, now));
    assert_false(session_is_alive(&session, week, now + 1));

    session = sample_session_13(BYTES_OF("t"));
    session.lifetime = 0;
    assert_false(session_is_alive(&session, week, now));
}

static void test_from_the_future(void **state) {
    (void)state;
    struct session session = sample_session_13(BYTES_OF("t"));
    assert_false(session_is_alive(&session, TICKET_LIFETIME_MAX, SAMPLE_TIME - 1));
    session.authenticated_at = SAMPLE_TIME + 1;
    assert_false(session_is_alive(&session, TICKET_LIFETIME_MAX, SAMPLE_TIME));
    assert_true(session_is_alive(&session, TICKET_LIFETIME_MAX, SAMPLE_TIME + 1));
    session.issued_at = INT64_MIN; /* no clock says so, and nothing overflows */
    assert_false(session_is_alive(&session, TICKET_LIFETIME_MAX, INT64_MAX));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_owns_its_bytes),
        cmocka_unit_test(test_a_copy_of_nothing),
        cmocka_unit_test(test_too_long_for_a_copy),
        cmocka_unit_test(test_the_bytes),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_truncated_and_continued),
        cmocka_unit_test(test_every_altered_byte),
        cmocka_unit_test(test_fields_that_are_refused),
        cmocka_unit_test(test_what_is_not_written),
        cmocka_unit_test(test_the_longest_is_written),
        cmocka_unit_test(test_no_room_to_write),
        cmocka_unit_test(test_when_it_ends),
        cmocka_unit_test(test_from_the_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
