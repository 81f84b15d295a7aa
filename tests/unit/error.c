/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/error.c: every cause has a whole row, and the rows read as the header promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include <bulla/error.h>

static const bulla_cause_info *about(int cause) {
    return bulla_cause_about((bulla_cause)cause);
}

static bool is_name(const char *text) {
    return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

/* A sentence without its full stop. */
static bool is_sentence(const char *text) {
    size_t len = strlen(text);
    return len >= 10 && text[len - 1] != '.' && text[len - 1] != ' ' && text[0] != ' ';
}

static void test_every_cause_has_its_row(void **state) {
    (void)state;
    const bulla_cause_info *internal = about(BULLA_E_INTERNAL);
    for (int cause = 0; cause < BULLA_NUM_CAUSES; cause++) {
        const bulla_cause_info *info = about(cause);
        if (cause != BULLA_E_INTERNAL && info == internal) {
            fail_msg("cause %d has no row", cause);
        }
        if (!is_name(info->name) || !is_sentence(info->says) || !is_sentence(info->fix)) {
            fail_msg("the row of %s is not written as a name and two sentences", info->name);
        }
        assert_non_null(info->rfc);
    }
}

static void test_names_are_unique(void **state) {
    (void)state;
    for (int a = 0; a < BULLA_NUM_CAUSES; a++) {
        for (int b = a + 1; b < BULLA_NUM_CAUSES; b++) {
            assert_string_not_equal(about(a)->name, about(b)->name);
        }
    }
}

static void test_every_alert_has_a_name(void **state) {
    (void)state;
    for (int cause = 0; cause < BULLA_NUM_CAUSES; cause++) {
        bulla_alert alert = about(cause)->alert;
        if (alert != BULLA_ALERT_NONE) {
            assert_string_not_equal(bulla_alert_name((unsigned)alert), "unknown");
        }
    }
}

static void test_success_sends_no_alert(void **state) {
    (void)state;
    assert_int_equal(about(BULLA_OK)->alert, BULLA_ALERT_NONE);
    assert_string_equal(about(BULLA_OK)->name, "ok");
}

static void test_values_outside_of_the_enumeration(void **state) {
    (void)state;
    assert_string_equal(about(BULLA_NUM_CAUSES)->name, "internal");
    assert_string_equal(about(-1)->name, "internal");
    assert_string_equal(about(1 << 20)->name, "internal");
}

static void test_alert_names_are_the_rfcs(void **state) {
    (void)state;
    static const struct {
        unsigned alert;
        const char *name;
    } rows[] = {
        {0, "close_notify"},
        {10, "unexpected_message"},
        {20, "bad_record_mac"},
        {22, "record_overflow"},
        {40, "handshake_failure"},
        {42, "bad_certificate"},
        {43, "unsupported_certificate"},
        {44, "certificate_revoked"},
        {45, "certificate_expired"},
        {46, "certificate_unknown"},
        {47, "illegal_parameter"},
        {48, "unknown_ca"},
        {49, "access_denied"},
        {50, "decode_error"},
        {51, "decrypt_error"},
        {70, "protocol_version"},
        {71, "insufficient_security"},
        {80, "internal_error"},
        {86, "inappropriate_fallback"},
        {90, "user_canceled"},
        {109, "missing_extension"},
        {110, "unsupported_extension"},
        {112, "unrecognized_name"},
        {113, "bad_certificate_status_response"},
        {115, "unknown_psk_identity"},
        {116, "certificate_required"},
        {120, "no_application_protocol"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(bulla_alert_name(rows[i].alert), rows[i].name);
    }
    assert_string_equal(bulla_alert_name(1), "unknown");
    assert_string_equal(bulla_alert_name(255), "unknown");
    assert_string_equal(bulla_alert_name(BULLA_ALERT_NONE), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cause_has_its_row),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_every_alert_has_a_name),
        cmocka_unit_test(test_success_sends_no_alert),
        cmocka_unit_test(test_values_outside_of_the_enumeration),
        cmocka_unit_test(test_alert_names_are_the_rfcs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
