/* SPDX-License-Identifier: Apache-2.0 */
/* Until when a judgement holds: chain_verify()'s out_valid_until is the first end of all that the
 * judgement rests on, and one second later the same chain is refused. */
#include "support/scene.h"
#include "x509/issue_crl.h"
#include "x509/issue_ocsp.h"
#include "x509/pins.h"
#include "x509/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { HOUR = 3600, BUFFER_LEN = 4096 };

/* Sends and trusts the usual three. */
static void send_usual(struct scene *scene, const struct usual *usual) {
    scene->request = usual->request;
    scene_trust(scene, &usual->root);
    scene_send(scene, &usual->leaf);
    scene_send(scene, &usual->intermediate);
}

static bulla_cause judge_at(struct scene *scene, int64_t now, int64_t *out_until) {
    struct certificate leaf;
    bulla_verify_request request = scene->request;
    request.now = now;
    assert_int_equal(certificate_parse(&leaf, scene->chain[0]), BULLA_OK);
    return chain_verify(scene->trust, &leaf, scene->chain + 1, scene->num_chain - 1, &request, NULL,
                        out_until);
}

/* `slack`: answers about revocation are taken a little beyond their end. */
static void assert_holds_until(struct scene *scene, int64_t expected, int64_t slack) {
    int64_t until = 0;
    assert_int_equal(judge_at(scene, FORGE_NOW, &until), BULLA_OK);
    assert_int_equal(until, expected);
    assert_int_equal(judge_at(scene, until, NULL), BULLA_OK);
    assert_int_not_equal(judge_at(scene, until + slack + 1, NULL), BULLA_OK);
}

static void first_certificate_to_expire(void **state) {
    for (int which = 0; which < 3; which++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        usual_start(&usual, scene);
        usual.leaf.not_after = FORGE_NOW + (which == 0 ? 2 : 9) * HOUR;
        usual.intermediate.not_after = FORGE_NOW + (which == 1 ? 2 : 9) * HOUR;
        usual.root.not_after = FORGE_NOW + (which == 2 ? 2 : 9) * HOUR;
        send_usual(scene, &usual);
        assert_holds_until(scene, FORGE_NOW + 2 * HOUR, 0);
    }
}

static void leaf_that_is_an_anchor(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.not_after = FORGE_NOW + HOUR;
    scene->request = usual.request;
    scene_send(scene, &usual.leaf);
    assert_int_equal(bulla_trust_add_der(scene->trust, scene->chain[0]), BULLA_OK);
    assert_holds_until(scene, FORGE_NOW + HOUR, 0);
}

static void nothing_where_it_fails(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    int64_t until = -7;
    usual_start(&usual, scene);
    usual.leaf.not_after = FORGE_NOW - 1;
    send_usual(scene, &usual);
    assert_int_equal(judge_at(scene, FORGE_NOW, &until), BULLA_E_CERT_EXPIRED);
    assert_int_equal(until, -7);
}

static void add_crl(struct scene *scene, bulla_crls *crls, bulla_bytes issuer_der, size_t key,
                    int64_t next_update) {
    uint8_t buffer[BUFFER_LEN];
    struct certificate issuer;
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct issue_crl_request request = {
        .this_update = FORGE_NOW - HOUR, .next_update = next_update, .number = 1};
    assert_int_equal(certificate_parse(&issuer, issuer_der), BULLA_OK);
    assert_int_equal(issue_crl(&request, &issuer, &scene->forge->keys[key], &writer), BULLA_OK);
    assert_int_equal(bulla_crls_add_der(crls, forge_written(&writer)), BULLA_OK);
}

static bulla_bytes staple(struct scene *scene, size_t key, int64_t next_update, uint8_t *buffer) {
    struct certificate leaf, issuer;
    struct writer writer = writer_into(buffer, BUFFER_LEN);
    assert_int_equal(certificate_parse(&leaf, scene->chain[0]), BULLA_OK);
    assert_int_equal(certificate_parse(&issuer, scene->chain[1]), BULLA_OK);
    struct issue_ocsp_single single = {.serial = leaf.serial,
                                       .answer = {.status = STATUS_GOOD},
                                       .this_update = FORGE_NOW - HOUR,
                                       .next_update = next_update};
    struct issue_ocsp_request request = {.produced_at = FORGE_NOW - HOUR,
                                         .singles = &single,
                                         .num_singles = 1,
                                         .cert_id_hash = HASH_SHA1};
    assert_int_equal(issue_ocsp_response(&request, &issuer, &scene->forge->keys[key], &writer),
                     BULLA_OK);
    return forge_written(&writer);
}

static void start_revocation(struct scene *scene, struct usual *usual) {
    usual_start(usual, scene);
    usual->root.key_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN;
    usual->intermediate.key_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN;
    send_usual(scene, usual);
}

/* Each certificate's answer counts, and the answers of one and the same certificate too. */
static void answers_about_revocation(void **state) {
    static const struct {
        bulla_revocation mode;
        int leaf_crl, intermediate_crl, staple; /* hours from now to the next update; 0: none */
        int expected;
    } cases[] = {
        {BULLA_REVOCATION_HARD, 3, 4, 0, 3}, {BULLA_REVOCATION_HARD, 4, 3, 0, 3},
        {BULLA_REVOCATION_HARD, 0, 4, 2, 2}, {BULLA_REVOCATION_HARD, 3, 4, 2, 2},
        {BULLA_REVOCATION_HARD, 2, 4, 3, 2}, {BULLA_REVOCATION_SOFT, 0, 0, 2, 2},
        {BULLA_REVOCATION_SOFT, 0, 3, 0, 3}, {BULLA_REVOCATION_SOFT, 0, 0, 0, 24},
        {BULLA_REVOCATION_OFF, 3, 4, 2, 24},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        uint8_t buffer[BUFFER_LEN];
        bulla_crls *crls;
        int64_t until = 0;
        start_revocation(scene, &usual);
        assert_int_equal(bulla_crls_new(&crls), BULLA_OK);
        if (cases[i].leaf_crl != 0) {
            add_crl(scene, crls, scene->chain[1], usual.intermediate.key,
                    FORGE_NOW + cases[i].leaf_crl * HOUR);
        }
        if (cases[i].intermediate_crl != 0) {
            add_crl(scene, crls, trust_anchor(scene->trust, 0)->certificate.der, usual.root.key,
                    FORGE_NOW + cases[i].intermediate_crl * HOUR);
        }
        if (cases[i].staple != 0) {
            scene->request.ocsp_response =
                staple(scene, usual.intermediate.key, FORGE_NOW + cases[i].staple * HOUR, buffer);
        }
        scene->request.revocation = cases[i].mode;
        scene->request.crls = crls;
        assert_int_equal(judge_at(scene, FORGE_NOW, &until), BULLA_OK);
        if (until != FORGE_NOW + cases[i].expected * HOUR) {
            fail_msg("case %zu: %lld", i, (long long)(until - FORGE_NOW) / HOUR);
        }
        bulla_crls_free(crls);
    }
}

static void revocation_in_hard_mode_ends(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    bulla_crls *crls;
    start_revocation(scene, &usual);
    assert_int_equal(bulla_crls_new(&crls), BULLA_OK);
    add_crl(scene, crls, scene->chain[1], usual.intermediate.key, FORGE_NOW + HOUR);
    add_crl(scene, crls, trust_anchor(scene->trust, 0)->certificate.der, usual.root.key,
            FORGE_NOW + 2 * HOUR);
    scene->request.revocation = BULLA_REVOCATION_HARD;
    scene->request.crls = crls;
    assert_holds_until(scene, FORGE_NOW + HOUR, STATUS_CLOCK_SKEW);
    bulla_crls_free(crls);
}

/* Pins, and their backup. --------------------------------------------------------------------- */

static void pins_end(void **state) {
    static const struct {
        int matching, backup, third; /* hours; 0: none */
        int expected;
    } cases[] = {
        {3, 5, 0, 3}, {5, 3, 0, 3},    /* a set without a backup refuses everybody */
        {5, 2, 4, 4},                  /* the third takes the second's part */
        {3, 5, 6, 3}, {48, 48, 0, 24}, /* the certificates end before */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        struct certificate leaf;
        uint8_t digest[BULLA_PIN_LEN];
        const int hours[] = {cases[i].matching, cases[i].backup, cases[i].third};
        bulla_pins *pins;
        usual_start(&usual, scene);
        send_usual(scene, &usual);
        assert_int_equal(certificate_parse(&leaf, scene->chain[0]), BULLA_OK);
        pins_digest(&leaf, BULLA_PIN_PUBLIC_KEY, digest);
        assert_int_equal(bulla_pins_new(&pins, 0), BULLA_OK);
        for (size_t j = 0; j < 3 && hours[j] != 0; j++) {
            digest[0] ^= (uint8_t)j;
            assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, digest, 0,
                                            FORGE_NOW + hours[j] * (int64_t)HOUR),
                             BULLA_OK);
        }
        scene->request.pins = pins;
        assert_holds_until(scene, FORGE_NOW + cases[i].expected * (int64_t)HOUR, 0);
        bulla_pins_free(pins);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_certificate_to_expire),  cmocka_unit_test(leaf_that_is_an_anchor),
        cmocka_unit_test(nothing_where_it_fails),       cmocka_unit_test(answers_about_revocation),
        cmocka_unit_test(revocation_in_hard_mode_ends), cmocka_unit_test(pins_end),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
