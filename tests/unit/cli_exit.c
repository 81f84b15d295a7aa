/* SPDX-License-Identifier: Apache-2.0 */
/* The exit codes that scripts rely on. */
#include "cli/exit.h"

#include "support/check.h"

static void test_causes(void **state) {
    (void)state;
    static const struct {
        bulla_cause cause;
        enum exit_code code;
    } rows[] = {
        {BULLA_OK, EXIT_OK},
        {BULLA_E_CERT_UNKNOWN_ISSUER, EXIT_UNTRUSTED},
        {BULLA_E_CERT_NAME_MISMATCH, EXIT_UNTRUSTED},
        {BULLA_E_CERT_NOT_YET_VALID, EXIT_UNTRUSTED},
        {BULLA_E_CERT_MALFORMED, EXIT_UNTRUSTED},
        {BULLA_E_SIGNATURE_INVALID, EXIT_UNTRUSTED},
        {BULLA_E_CERT_EXPIRED, EXIT_EXPIRED},
        {BULLA_E_PEER_SPEAKS_HTTP, EXIT_CANNOT_CONNECT},
        {BULLA_E_NO_COMMON_SUITE, EXIT_CANNOT_CONNECT},
        {BULLA_E_CLOSED_BEFORE_HANDSHAKE, EXIT_CANNOT_CONNECT},
        {BULLA_E_TRUNCATED, EXIT_FINDING},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(exit_code_of(rows[i].cause, BULLA_ALERT_NONE), rows[i].code);
    }
}

static void test_alerts(void **state) {
    (void)state;
    static const struct {
        bulla_alert alert;
        enum exit_code code;
    } rows[] = {
        {BULLA_ALERT_CERTIFICATE_REQUIRED, EXIT_POLICY_DENIED},
        {BULLA_ALERT_ACCESS_DENIED, EXIT_POLICY_DENIED},
        {BULLA_ALERT_UNKNOWN_CA, EXIT_UNTRUSTED},
        {BULLA_ALERT_BAD_CERTIFICATE, EXIT_UNTRUSTED},
        {BULLA_ALERT_CERTIFICATE_EXPIRED, EXIT_EXPIRED},
        {BULLA_ALERT_CERTIFICATE_REVOKED, EXIT_REVOKED},
        {BULLA_ALERT_HANDSHAKE_FAILURE, EXIT_CANNOT_CONNECT},
        {BULLA_ALERT_PROTOCOL_VERSION, EXIT_CANNOT_CONNECT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(exit_code_of(BULLA_E_ALERT_RECEIVED, (unsigned)rows[i].alert),
                         rows[i].code);
    }
    /* An alert counts only where it is what ended the connection. */
    assert_int_equal(exit_code_of(BULLA_E_CERT_EXPIRED, BULLA_ALERT_ACCESS_DENIED), EXIT_EXPIRED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
