/* SPDX-License-Identifier: Apache-2.0 */
/* Reports: every certificate that was sent is in them, each check has its verdict, and what is told
 * is finer than the cause. The sentences for real set-ups: tests/explain. */
#include "support/scene.h"
#include "x509/report_checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const bulla_report_entry *at_depth(const struct scene *scene, unsigned depth) {
    for (size_t i = 0; i < scene->report.num_entries; i++) {
        if (scene->report.entries[i].depth == depth) {
            return &scene->report.entries[i];
        }
    }
    return NULL;
}

static bulla_verdict verdict(const struct scene *scene, unsigned depth, bulla_check check) {
    const bulla_report_entry *entry = at_depth(scene, depth);
    return entry == NULL ? BULLA_VERDICT_INVALID : entry->checks[check].verdict;
}

static void test_good_chain(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_string_equal(scene->report.diagnosis, "ok");
    assert_int_equal(scene->report.num_entries, 3);
    assert_false(scene->report.wrong_order);
    assert_false(scene->report.clock_explains);
    for (unsigned depth = 0; depth < 3; depth++) {
        for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
            bulla_verdict found = verdict(scene, depth, (bulla_check)check);
            assert_true(found == BULLA_VERDICT_PASSED || found == BULLA_VERDICT_NOT_ASKED);
        }
    }
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_NAME), BULLA_VERDICT_PASSED);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_NAME), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_SIGNATURE), BULLA_VERDICT_PASSED);
    assert_int_equal(verdict(scene, 2, BULLA_CHECK_SIGNATURE), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_REVOCATION), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PINS), BULLA_VERDICT_NOT_ASKED);
    assert_true(at_depth(scene, 2)->from_trust);
    assert_int_equal(at_depth(scene, 2)->sent_at, -1);
    assert_int_equal(at_depth(scene, 0)->sent_at, 0);
    assert_int_equal(at_depth(scene, 1)->sent_at, 1);
    assert_string_equal(at_depth(scene, 0)->key_kind, "ECDSA P-256");
    assert_string_equal(at_depth(scene, 0)->signature_algorithm, "ECDSA with SHA-256");
}

/* The validator stops at the leaf's date; the report knows the rest. */
static void test_what_was_not_tried_is_shown(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.not_after = FORGE_NOW - 1;
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_EXPIRED);
    assert_int_equal(scene->report.num_entries, 3);
    assert_int_equal(at_depth(scene, 1)->sent_at, 1);
    assert_true(at_depth(scene, 2)->from_trust);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_DATES), BULLA_VERDICT_FAILED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_SIGNATURE), BULLA_VERDICT_NOT_REACHED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_NAME), BULLA_VERDICT_PASSED);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_DATES), BULLA_VERDICT_PASSED);
    assert_int_equal(at_depth(scene, 1)->cause, BULLA_OK);
}

static void test_two_faults_of_one_certificate(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.not_after = FORGE_NOW - 1;
    usual.leaf.purposes = EXTENDED_KEY_USAGE_CLIENT_AUTH;
    (void)usual_judge(&usual, scene);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_DATES), BULLA_VERDICT_FAILED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PURPOSE), BULLA_VERDICT_FAILED);
    assert_false(scene->report.clock_explains);
}

static void test_one_clock_explains_all(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.request.now = FORGE_NOW - 400 * FORGE_DAY;
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_NOT_YET_VALID);
    assert_string_equal(scene->report.diagnosis, "clock_skew");
    assert_true(scene->report.clock_explains);
    assert_true(scene->report.valid_from <= FORGE_NOW && scene->report.valid_until >= FORGE_NOW);
    assert_says(scene->report.evidence, "slow by at least");
    assert_says(scene->report.fix, "NTP");
}

static void test_no_clock_explains_it(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.not_before = FORGE_NOW - 900 * FORGE_DAY;
    usual.leaf.not_after = FORGE_NOW - 800 * FORGE_DAY;
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_EXPIRED);
    assert_string_equal(scene->report.diagnosis, "cert_expired");
    assert_false(scene->report.clock_explains);
    assert_true(scene->report.valid_from > scene->report.valid_until);
    assert_says(scene->report.evidence, "no moment");
}

static void test_orders(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    bulla_bytes root = scene_make(scene, &usual.root);
    assert_int_equal(bulla_trust_add_der(scene->trust, root), BULLA_OK);
    scene_send(scene, &usual.leaf);
    scene->chain[scene->num_chain++] = root;
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    assert_true(scene->report.wrong_order);
    assert_int_equal(scene->report.num_entries, 3); /* the root sent and the root trusted are one */
    assert_true(at_depth(scene, 2)->from_trust);
    assert_int_equal(at_depth(scene, 2)->sent_at, 1);
}

static void test_a_stray_certificate(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    const struct recipe stray = {
        .subject = "Stray", .issuer = "Stray", .key = 9, .signed_by = 9, .ca = true};
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &stray);
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    const bulla_report_entry *entry = at_depth(scene, BULLA_REPORT_DEPTH_NONE);
    assert_non_null(entry);
    assert_string_equal(entry->subject, "CN=Stray");
    assert_int_equal(entry->sent_at, 1);
    assert_int_equal(entry->checks[BULLA_CHECK_DATES].verdict, BULLA_VERDICT_NOT_ASKED);
    assert_false(scene->report.wrong_order);
}

static void test_what_cannot_be_read_is_shown_too(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    scene->chain[scene->num_chain++] = BYTES_OF("not a certificate");
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    assert_int_equal(scene->report.num_entries, 2);
    assert_int_equal(scene->report.entries[1].cause, BULLA_E_CERT_MALFORMED);
    assert_int_equal(scene->report.entries[1].checks[BULLA_CHECK_FORM].verdict,
                     BULLA_VERDICT_FAILED);
}

/* More than a report has room for, each of them once and one of them twice. */
static void test_a_long_list(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    static const char junk[] = "no certificate at all, in as many pieces as fit";
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    for (size_t i = 1; scene->num_chain < sizeof scene->chain / sizeof *scene->chain - 3; i++) {
        scene->chain[scene->num_chain++] = bytes_of(junk, i % (sizeof junk - 1) + 1);
    }
    scene_send(scene, &usual.intermediate);
    scene->chain[scene->num_chain++] = scene->chain[1];
    assert_int_equal(scene_judge(scene), BULLA_OK);
    assert_true(scene->report.num_entries <= BULLA_REPORT_ENTRIES_MAX);
    assert_int_equal(verdict(scene, 2, BULLA_CHECK_CA_FLAG), BULLA_VERDICT_PASSED);
    if (scene->num_chain > BULLA_REPORT_ENTRIES_MAX) {
        assert_true(scene->report.num_dropped > 0);
    }
}

/* The one to blame has an entry though others took all the room, and in its own place. */
static void test_the_last_of_many_is_to_blame(void **state) {
    enum { NUM_NAMESAKES = BULLA_REPORT_ENTRIES_MAX + 3 };
    struct scene *scene = scene_of(state);
    struct usual usual;
    uint8_t *copies[NUM_NAMESAKES];
    uint8_t buffer[FORGE_LEN_MAX];
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    for (size_t i = 0; i < NUM_NAMESAKES; i++) {
        usual.intermediate.ca = i == NUM_NAMESAKES - 1;
        usual.intermediate.not_before = FORGE_NOW - 99 - (int64_t)i;
        usual.intermediate.not_after = usual.intermediate.ca ? FORGE_NOW - 1 : FORGE_NOW + 99;
        bulla_bytes der = forge_certificate(scene->forge, &usual.intermediate, buffer);
        copies[i] = bytes_duplicate(der);
        assert_non_null(copies[i]);
        scene->chain[scene->num_chain++] = bytes_of(copies[i], der.len);
    }
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_EXPIRED);
    const bulla_report_entry *blamed = &scene->report.entries[scene->report.headline];
    assert_int_equal(blamed->not_after, FORGE_NOW - 1);
    assert_int_equal(blamed->depth, 1);
    assert_int_equal(blamed->checks[BULLA_CHECK_CA_FLAG].verdict, BULLA_VERDICT_PASSED);
    assert_int_equal(blamed->checks[BULLA_CHECK_DATES].verdict, BULLA_VERDICT_FAILED);
    for (size_t i = 0; i < NUM_NAMESAKES; i++) {
        free(copies[i]);
    }
}

static void test_missing_intermediate_and_unknown_root(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    assert_string_equal(scene->report.diagnosis, "unknown_issuer");
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_ISSUER), BULLA_VERDICT_FAILED);

    scene = scene_of(state);
    usual.leaf.aia_url = "http://ca.test/1.der";
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    assert_string_equal(scene->report.diagnosis, "missing_intermediate");
    assert_string_equal(at_depth(scene, 0)->ca_issuers, "http://ca.test/1.der");
    assert_says(scene->report.fix, "http://ca.test/1.der");

    scene = scene_of(state);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    assert_string_equal(scene->report.diagnosis, "unknown_root");
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_ISSUER), BULLA_VERDICT_PASSED);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_ISSUER), BULLA_VERDICT_FAILED);

    scene = scene_of(state);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.intermediate);
    scene_send(scene, &usual.root);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_ROOT_UNTRUSTED);
    assert_string_equal(scene->report.diagnosis, "unknown_root");
}

static void test_leaf_not_first(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_IS_CA);
    assert_string_equal(scene->report.diagnosis, "cert_is_ca");
    scene_send(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_IS_CA);
    assert_string_equal(scene->report.diagnosis, "leaf_not_first");
    assert_says(scene->report.fix, "first in its chain file");
}

static void test_path_length_names_the_ca(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.root.path_len = 1; /* pathLenConstraint 0 */
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_PATH_LENGTH_EXCEEDED);
    assert_says(scene->report.evidence, "above it allows 0");
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_PATH_LENGTH), BULLA_VERDICT_FAILED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PATH_LENGTH), BULLA_VERDICT_NOT_ASKED);
}

static void test_lone_pin_and_wrong_pins(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    static const uint8_t one[BULLA_PIN_LEN] = {1};
    static const uint8_t two[BULLA_PIN_LEN] = {2};
    bulla_pins *pins;
    usual_start(&usual, scene);
    assert_int_equal(bulla_pins_new(&pins, 0), BULLA_OK);
    usual.request.pins = pins;
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, one, INT64_MIN, INT64_MAX),
                     BULLA_OK);
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_PINS_TOO_FEW);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, two, INT64_MIN, INT64_MAX),
                     BULLA_OK);
    scene = scene_of(state);
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_PIN_MISMATCH);
    assert_says(scene->report.evidence, "sha256/");
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PINS), BULLA_VERDICT_FAILED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_SIGNATURE), BULLA_VERDICT_PASSED);

    /* One that matches, but ends tomorrow. */
    uint8_t seen[BULLA_PIN_LEN];
    bytes_copy(seen, sizeof seen, BYTES_IN(at_depth(scene, 1)->public_key_sha256));
    assert_int_equal(
        bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, seen, INT64_MIN, FORGE_NOW + FORGE_DAY),
        BULLA_OK);
    scene = scene_of(state);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_PINS), BULLA_VERDICT_WARNING);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PINS), BULLA_VERDICT_NOT_ASKED);
    assert_says(scene->report.evidence, "only a pin that ends at");
    bulla_pins_free(pins);
}

/* Where pins are the whole trust, nobody looked at a signature, an issuer or its answers. */
static void test_pins_alone_vouch_for_the_leaf_alone(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    static const uint8_t backup[BULLA_PIN_LEN] = {1};
    bulla_pins *pins;
    usual_start(&usual, scene);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_int_equal(bulla_pins_new(&pins, 1), BULLA_OK);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, backup, INT64_MIN, INT64_MAX),
                     BULLA_OK);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY,
                                    at_depth(scene, 0)->public_key_sha256, INT64_MIN, INT64_MAX),
                     BULLA_OK);
    usual.request.pins = pins;
    usual.request.revocation = BULLA_REVOCATION_SOFT;
    usual.leaf.break_signature = true;
    scene = scene_of(state);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_PINS), BULLA_VERDICT_PASSED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_ISSUER), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_SIGNATURE), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_HASH_STRENGTH), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_REVOCATION), BULLA_VERDICT_NOT_ASKED);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_DATES), BULLA_VERDICT_PASSED);
    assert_null(at_depth(scene, 1));
    bulla_pins_free(pins);
}

/* RFC 5280 lets a CA with digitalSignature show itself, the web's rules do not: so says the report.
 */
static void test_a_ca_that_may_be_the_leaf(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.ca = true;
    usual.leaf.key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN;
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_CA_FLAG), BULLA_VERDICT_PASSED);
    usual.request.profile = BULLA_PROFILE_WEBPKI;
    scene = scene_of(state);
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_IS_CA);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_CA_FLAG), BULLA_VERDICT_FAILED);
}

static void test_soft_revocation_warns(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.request.revocation = BULLA_REVOCATION_SOFT;
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_REVOCATION), BULLA_VERDICT_WARNING);
    assert_int_equal(verdict(scene, 1, BULLA_CHECK_REVOCATION), BULLA_VERDICT_WARNING);
    assert_int_equal(verdict(scene, 2, BULLA_CHECK_REVOCATION), BULLA_VERDICT_NOT_ASKED);

    scene = scene_of(state);
    usual.request.revocation = BULLA_REVOCATION_HARD;
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_REVOCATION_UNKNOWN);
    assert_int_equal(verdict(scene, 0, BULLA_CHECK_REVOCATION), BULLA_VERDICT_FAILED);
}

static void test_a_question_that_makes_no_sense(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.request.purpose = BULLA_PURPOSE_INVALID;
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_API_MISUSE);
    assert_string_equal(scene->report.diagnosis, "api_misuse");
}

/* Every cause that a chain can fail with belongs to a check, and no other does. */
static void test_causes_have_checks(void **state) {
    (void)state;
    for (unsigned cause = 0; cause < BULLA_NUM_CAUSES; cause++) {
        bool chain = (cause >= BULLA_E_CERT_MALFORMED && cause <= BULLA_E_PIN_MISMATCH);
        bool none = cause == BULLA_E_CERT_BUDGET_EXCEEDED ||
                    cause == BULLA_E_CERT_REFERENCE_NAME_INVALID || cause == BULLA_E_PIN_MALFORMED;
        bulla_check check = report_check_of((bulla_cause)cause);
        assert_int_equal(check != BULLA_CHECK_INVALID, chain && !none);
    }
}

static void test_names_of_checks_and_verdicts(void **state) {
    (void)state;
    assert_string_equal(bulla_check_name(BULLA_CHECK_FORM), "form");
    assert_string_equal(bulla_check_name(BULLA_CHECK_PINS), "pins");
    assert_string_equal(bulla_check_name(BULLA_NUM_CHECKS), "invalid");
    assert_string_equal(bulla_verdict_name(BULLA_VERDICT_FAILED), "failed");
    assert_string_equal(bulla_verdict_name(BULLA_VERDICT_NOT_ASKED), "not asked");
    assert_string_equal(bulla_verdict_name((bulla_verdict)99), "invalid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_chain),
        cmocka_unit_test(test_what_was_not_tried_is_shown),
        cmocka_unit_test(test_two_faults_of_one_certificate),
        cmocka_unit_test(test_one_clock_explains_all),
        cmocka_unit_test(test_no_clock_explains_it),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_a_stray_certificate),
        cmocka_unit_test(test_what_cannot_be_read_is_shown_too),
        cmocka_unit_test(test_a_long_list),
        cmocka_unit_test(test_the_last_of_many_is_to_blame),
        cmocka_unit_test(test_missing_intermediate_and_unknown_root),
        cmocka_unit_test(test_leaf_not_first),
        cmocka_unit_test(test_path_length_names_the_ca),
        cmocka_unit_test(test_lone_pin_and_wrong_pins),
        cmocka_unit_test(test_pins_alone_vouch_for_the_leaf_alone),
        cmocka_unit_test(test_a_ca_that_may_be_the_leaf),
        cmocka_unit_test(test_soft_revocation_warns),
        cmocka_unit_test(test_a_question_that_makes_no_sense),
        cmocka_unit_test(test_causes_have_checks),
        cmocka_unit_test(test_names_of_checks_and_verdicts),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
