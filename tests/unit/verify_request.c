/* SPDX-License-Identifier: Apache-2.0 */
/* What a question to the validator brings beside the chain: profile and revocation mode, a trust
 * store with dated distrust, a signature memory, pins; and chains of any length. */
#include "crypto/hash.h"
#include "support/scene.h"
#include "x509/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* RFC 5280 4.2.1.9: the last certificate of a path can be a CA. The web's rules say no, and so does
 * a key usage that lets it sign certificates alone. */
static void test_a_ca_as_the_leaf(void **state) {
    static const struct {
        bulla_profile profile;
        uint32_t key_usage;
        bulla_cause cause;
    } cases[] = {
        {BULLA_PROFILE_PRIVATE, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN, BULLA_OK},
        {BULLA_PROFILE_STRICT, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN, BULLA_OK},
        {BULLA_PROFILE_WEBPKI, KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN,
         BULLA_E_CERT_IS_CA},
        {BULLA_PROFILE_PRIVATE, KEY_USAGE_KEY_CERT_SIGN, BULLA_E_CERT_IS_CA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        usual_start(&usual, scene);
        usual.leaf.ca = true;
        usual.leaf.key_usage = cases[i].key_usage;
        usual.request.profile = cases[i].profile;
        assert_int_equal(usual_judge(&usual, scene), cases[i].cause);
    }
}

static void test_distrust_after(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    uint8_t digest[32];
    usual_start(&usual, scene);
    usual.leaf.not_before = FORGE_NOW - 100;
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    hash_once(HASH_SHA256, trust_anchor(scene->trust, 0)->certificate.der, digest);
    assert_int_equal(bulla_trust_distrust_after(scene->trust, digest, FORGE_NOW - 100), BULLA_OK);
    assert_int_equal(scene_judge(scene), BULLA_OK); /* issued in the last second */
    assert_int_equal(bulla_trust_distrust_after(scene->trust, digest, FORGE_NOW - 101), BULLA_OK);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_DISTRUSTED);

    /* Another anchor may still vouch for it. */
    scene_trust(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    digest[0] ^= 1;
    assert_int_equal(bulla_trust_distrust_after(scene->trust, digest, 0),
                     BULLA_E_CERT_UNKNOWN_ISSUER);
}

/* More certificates than fit on the stack, the way in their midst. */
static void test_long_chains(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    bulla_bytes middle = scene_make(scene, &usual.intermediate);
    struct recipe other = {.subject = "Other", .issuer = "Another", .ca = true, .key = 5};
    bulla_bytes decoy = scene_make(scene, &other);
    while (scene->num_chain < BULLA_VERIFY_CHAIN_LEN_MAX) {
        scene->chain[scene->num_chain] = scene->num_chain == 40 ? middle : decoy;
        scene->num_chain++;
    }
    assert_int_equal(scene_judge(scene), BULLA_OK);
    scene->chain[40] = decoy;
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
}

/* What verified once is not verified again, and nothing else is taken on the memo's word. */
static void test_memo(void **state) {
    static const uint8_t salt[32] = {1};
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    assert_int_equal(bulla_memo_new(&usual.request.memo, 64, salt), BULLA_OK);
    scene->request = usual.request;
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.intermediate);
    bulla_report report;
    assert_int_equal(bulla_verify(scene->trust, scene->chain, 2, &scene->request, &report),
                     BULLA_OK);
    assert_int_equal(report.num_signatures_checked, 2);
    assert_int_equal(bulla_verify(scene->trust, scene->chain, 2, &scene->request, &report),
                     BULLA_OK);
    assert_int_equal(report.num_signatures_checked, 0);
    scene->request.now += 2 * FORGE_DAY;
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_EXPIRED);
    scene->request.now = FORGE_NOW;
    usual.leaf.break_signature = true;
    scene->chain[0] = scene_make(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_SIGNATURE_INVALID);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_SIGNATURE_INVALID);
    bulla_memo_free(usual.request.memo);
}

/* Pins on top of a path, and pins as the whole trust. */
static void test_pins(void **state) {
    static const uint8_t unrelated[32] = {7};
    for (int alone = 0; alone <= 1; alone++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        struct certificate leaf;
        uint8_t digest[32];
        bulla_pins *pins;
        usual_start(&usual, scene);
        scene_send(scene, &usual.leaf);
        scene_send(scene, &usual.intermediate);
        assert_int_equal(certificate_parse(&leaf, scene->chain[0]), BULLA_OK);
        hash_once(HASH_SHA256, leaf.key.der, digest);
        assert_int_equal(bulla_pins_new(&pins, alone), BULLA_OK);
        assert_int_equal(
            bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, unrelated, INT64_MIN, INT64_MAX), BULLA_OK);
        assert_int_equal(
            bulla_pins_add(pins, BULLA_PIN_CERTIFICATE, unrelated, INT64_MIN, INT64_MAX), BULLA_OK);
        scene->request.pins = pins;
        if (alone == 0) {
            assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
            scene_trust(scene, &usual.root);
        }
        assert_int_equal(scene_judge(scene), BULLA_E_PIN_MISMATCH);
        assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, digest, INT64_MIN, INT64_MAX),
                         BULLA_OK);
        assert_int_equal(scene_judge(scene), BULLA_OK);
        assert_int_equal(bulla_verify(NULL, scene->chain, 2, &scene->request, NULL),
                         alone == 1 ? BULLA_OK : BULLA_E_API_MISUSE);
        scene->request.name.value = BYTES_OF("other.example.com");
        assert_int_equal(scene_judge(scene), BULLA_E_CERT_NAME_MISMATCH);
        scene->request.now += 2 * FORGE_DAY;
        assert_int_equal(scene_judge(scene), BULLA_E_CERT_EXPIRED);
        bulla_pins_free(pins);
    }
}

static void test_modes_must_be_said(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    scene->request.profile = BULLA_PROFILE_INVALID;
    assert_int_equal(scene_judge(scene), BULLA_E_API_MISUSE);
    scene->request.profile = BULLA_PROFILE_PRIVATE;
    scene->request.revocation = BULLA_REVOCATION_INVALID;
    assert_int_equal(scene_judge(scene), BULLA_E_API_MISUSE);
    scene->request.revocation = BULLA_REVOCATION_HARD; /* and no answer at hand */
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_REVOCATION_UNKNOWN);
    scene->request.revocation = BULLA_REVOCATION_SOFT;
    assert_int_equal(scene_judge(scene), BULLA_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_ca_as_the_leaf),
        cmocka_unit_test(test_distrust_after),
        cmocka_unit_test(test_long_chains),
        cmocka_unit_test(test_memo),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_modes_must_be_said),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
