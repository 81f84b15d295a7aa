/* SPDX-License-Identifier: Apache-2.0 */
/* The traces of RFC 8448 that are full handshakes, reproduced byte for byte by both roles: sections
 * 3 (simple), 5 (HelloRetryRequest), 6 (client authentication) and 7 (compatibility mode). Section
 * 4, which resumes section 3, is in rfc8448_resumed.c. */
#include "support/play.h"

#include "support/check.h"

static void reproduce(const struct trace *trace) {
    static const size_t chunks[] = {SIZE_MAX, 1, 7};
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            struct play *play = play_new(trace, role, chunks[i]);
            play_steps(play);
            play_assert_secrets(play);
            play_assert_outcome(play);
            play_free(play);
        }
    }
}

static void section_3_simple(void **state) {
    (void)state;
    reproduce(&trace_simple);
}

static void section_5_hello_retry_request(void **state) {
    (void)state;
    reproduce(&trace_retried);
}

static void section_6_client_authentication(void **state) {
    (void)state;
    reproduce(&trace_authenticated);
}

static void section_7_compatibility_mode(void **state) {
    (void)state;
    reproduce(&trace_compatible);
}

/* ------------------------------------------------------------------ the negative twins */

static void refuse_altered(const struct trace *trace, bulla_role role, size_t nth,
                           bulla_cause cause, bulla_alert alert) {
    struct play *play = play_new(trace, role, SIZE_MAX);
    bulla_failure failure = play_altered(play, nth);
    assert_int_equal(failure.cause, cause);
    assert_int_equal(failure.alert_sent, alert);
    play_free(play);
}

static void altered_records_end_the_connection(void **state) {
    (void)state;
    static const struct trace *const traces[] = {&trace_simple, &trace_retried,
                                                 &trace_authenticated};
    /* The peer's first protected record, of those that each side sends. */
    static const size_t client_sees[] = {1, 2, 1}, server_sees[] = {1, 2, 1};
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        refuse_altered(traces[i], BULLA_CLIENT, client_sees[i], BULLA_E_RECORD_DECRYPT_FAILED,
                       BULLA_ALERT_BAD_RECORD_MAC);
        refuse_altered(traces[i], BULLA_SERVER, server_sees[i], BULLA_E_RECORD_DECRYPT_FAILED,
                       BULLA_ALERT_BAD_RECORD_MAC);
    }
}

/* A ServerHello whose version is altered still looks like one, and is refused for what it says. */
static void altered_server_hello_is_refused(void **state) {
    (void)state;
    refuse_altered(&trace_simple, BULLA_CLIENT, 0, BULLA_E_VERSION_NOT_OFFERED,
                   BULLA_ALERT_ILLEGAL_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_3_simple),
        cmocka_unit_test(section_5_hello_retry_request),
        cmocka_unit_test(section_6_client_authentication),
        cmocka_unit_test(section_7_compatibility_mode),
        cmocka_unit_test(altered_records_end_the_connection),
        cmocka_unit_test(altered_server_hello_is_refused),
    };
    return cmocka_run_group_tests_name("rfc8448", tests, NULL, NULL);
}
