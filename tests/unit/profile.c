/* SPDX-License-Identifier: Apache-2.0 */
/* The three profiles: each rule with the certificate that breaks it, and who minds. */
#include "x509/profile.h"
#include "support/scene.h"
#include "x509/dns_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Where the extensions of a recipe that are made by hand are written. */
static uint8_t extension_buffer[512];

static bulla_bytes extension(enum oid oid, bool critical, bulla_bytes value) {
    struct writer writer = writer_into(extension_buffer, sizeof extension_buffer);
    forge_extension(&writer, oid, critical, value);
    return forge_written(&writer);
}

/* Each change to the usual chain, and what the profiles say. */
struct change {
    const char *what;
    void (*make)(struct usual *usual);
    bulla_cause private_cause, strict_cause, webpki_cause;
};

static void nothing(struct usual *u) {
    (void)u;
}
static void no_key_ids_in_leaf(struct usual *u) {
    u->leaf.no_key_ids = true;
}
static void no_key_ids_in_intermediate(struct usual *u) {
    u->intermediate.no_key_ids = true;
}
static void no_key_ids_in_root(struct usual *u) {
    u->root.no_key_ids = true;
}
static void basic_constraints_not_critical(struct usual *u) {
    u->intermediate.no_basic_constraints = true;
    u->intermediate.extensions =
        extension(OID_EXTENSION_BASIC_CONSTRAINTS, false, BYTES_OF("\x30\x03\x01\x01\xff"));
}
static void name_constraints_not_critical(struct usual *u) {
    u->intermediate.extensions = extension(OID_EXTENSION_NAME_CONSTRAINTS, false,
                                           BYTES_OF("\x30\x11\xa0\x0f\x30\x0d\x82\x0b"
                                                    "example.com"));
}
static void no_subject_alt_name(struct usual *u) {
    u->leaf.dns[0] = NULL;
    u->request.name = (bulla_name){.kind = BULLA_NAME_NONE};
}
static void critical_subject_alt_name(struct usual *u) {
    u->leaf.names_critical = true;
}
static void no_purposes(struct usual *u) {
    u->leaf.purposes = 0;
}
static void any_purpose_besides(struct usual *u) {
    u->leaf.purposes |= EXTENDED_KEY_USAGE_ANY;
}
static void critical_purposes(struct usual *u) {
    u->leaf.purposes = 0;
    u->leaf.extensions = extension(OID_EXTENSION_EXTENDED_KEY_USAGE, true,
                                   BYTES_OF("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"));
}
static void other_common_name(struct usual *u) {
    u->leaf.subject = "mail.example.com";
}
static void common_name_in_capitals(struct usual *u) {
    u->leaf.subject = "WWW.example.com";
}
static void common_name_below_a_wildcard(struct usual *u) {
    u->leaf.subject = "example.com";
    u->leaf.dns[0] = "*.example.com";
}
static void address_in_another_spelling(struct usual *u) {
    u->leaf.subject = "192.0.2.01";
    u->leaf.dns[0] = NULL;
    u->leaf.names = BYTES_OF("\x87\x04\xc0\x00\x02\x01");
    u->request.name = (bulla_name){BULLA_NAME_IP, BYTES_OF("\xc0\x00\x02\x01")};
}
static void address(struct usual *u) {
    address_in_another_spelling(u);
    u->leaf.subject = "192.0.2.1";
}
static void host_beside_addresses(struct usual *u) {
    address_in_another_spelling(u);
    u->leaf.subject = "www.example.com";
}
static void underscore_besides(struct usual *u) {
    u->leaf.dns[1] = "a_b.example.com";
}
static void reserved_label_besides(struct usual *u) {
    u->leaf.dns[1] = "ab--cd.example.com";
}
static void false_a_label_besides(struct usual *u) {
    u->leaf.dns[1] = "xn--99999999.example.com";
}
static void a_label_besides(struct usual *u) {
    u->leaf.dns[1] = "*.xn--mnchen-3ya.example.com";
}
static void root_with_purposes(struct usual *u) {
    u->root.purposes = EXTENDED_KEY_USAGE_SERVER_AUTH;
}
static void zero_serial(struct usual *u) {
    u->leaf.serial_zero = true;
}
static void root_with_zero_serial(struct usual *u) {
    u->root.serial_zero = true;
}
static void root_naming_another(struct usual *u) {
    /* [1] { [4] { CN=x } }, [2] 1 */
    u->root.no_key_ids = true;
    u->root.extensions =
        extension(OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, false,
                  BYTES_OF("\x30\x15\xa1\x10\xa4\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03"
                           "\x0c\x01x\x82\x01\x01"));
}

#define VIOLATED BULLA_E_CERT_PROFILE_VIOLATED
static const struct change changes[] = {
    {"nothing", nothing, BULLA_OK, BULLA_OK, BULLA_OK},
    {"leaf without key identifiers", no_key_ids_in_leaf, BULLA_OK, VIOLATED, VIOLATED},
    {"intermediate without key identifiers", no_key_ids_in_intermediate, BULLA_OK, VIOLATED,
     BULLA_OK},
    {"root without key identifiers", no_key_ids_in_root, BULLA_OK, VIOLATED, BULLA_OK},
    {"basic constraints not critical", basic_constraints_not_critical, BULLA_OK, VIOLATED,
     BULLA_OK},
    {"name constraints not critical", name_constraints_not_critical, BULLA_OK, VIOLATED, BULLA_OK},
    {"no subjectAltName", no_subject_alt_name, BULLA_OK, BULLA_OK,
     BULLA_E_CERT_NO_SUBJECT_ALT_NAME},
    {"critical subjectAltName", critical_subject_alt_name, BULLA_OK, BULLA_OK, VIOLATED},
    {"no extended key usage", no_purposes, BULLA_OK, BULLA_OK, VIOLATED},
    {"anyExtendedKeyUsage besides", any_purpose_besides, BULLA_OK, BULLA_OK, VIOLATED},
    {"critical extended key usage", critical_purposes, BULLA_OK, BULLA_OK, VIOLATED},
    {"another common name", other_common_name, BULLA_OK, BULLA_OK, VIOLATED},
    {"common name in capitals", common_name_in_capitals, BULLA_OK, BULLA_OK, VIOLATED},
    {"common name below a wildcard", common_name_below_a_wildcard, BULLA_OK, BULLA_OK, BULLA_OK},
    {"address in another spelling", address_in_another_spelling, BULLA_OK, BULLA_OK, VIOLATED},
    {"address", address, BULLA_OK, BULLA_OK, BULLA_OK},
    {"host name beside addresses", host_beside_addresses, BULLA_OK, BULLA_OK, BULLA_OK},
    {"an underscore besides", underscore_besides, BULLA_OK, BULLA_OK, VIOLATED},
    {"a reserved label besides", reserved_label_besides, BULLA_OK, BULLA_OK, VIOLATED},
    {"a false A-label besides", false_a_label_besides, BULLA_OK, BULLA_OK, VIOLATED},
    {"an A-label besides", a_label_besides, BULLA_OK, BULLA_OK, BULLA_OK},
    {"root with purposes", root_with_purposes, BULLA_OK, BULLA_OK, VIOLATED},
    {"root that names another issuer", root_naming_another, BULLA_OK, VIOLATED, VIOLATED},
    {"serial number 0", zero_serial, BULLA_E_CERT_MALFORMED, BULLA_E_CERT_MALFORMED,
     BULLA_E_CERT_MALFORMED},
    {"root's serial number 0", root_with_zero_serial, BULLA_OK, BULLA_OK, BULLA_OK},
};

static void judge_change(void **state, const struct change *change, bulla_profile profile,
                         bulla_cause expected) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.subject = "www.example.com";
    usual.request.profile = profile;
    change->make(&usual);
    bulla_cause cause = usual_judge(&usual, scene);
    if (cause != expected) {
        fail_msg("%s, profile %d: %s (%s)", change->what, (int)profile,
                 bulla_cause_about(cause)->name, scene->report.evidence);
    }
}

static void test_changes(void **state) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        judge_change(state, &changes[i], BULLA_PROFILE_PRIVATE, changes[i].private_cause);
        judge_change(state, &changes[i], BULLA_PROFILE_STRICT, changes[i].strict_cause);
        judge_change(state, &changes[i], BULLA_PROFILE_WEBPKI, changes[i].webpki_cause);
    }
}

/* BR 6.1.5. */
static void test_keys_of_the_web(void **state) {
    (void)state;
    static const struct {
        struct public_key_info key;
        bulla_cause cause;
    } cases[] = {
        {{.kind = KEY_KIND_EC_P256, .bits = 256}, BULLA_OK},
        {{.kind = KEY_KIND_EC_P521, .bits = 521}, BULLA_OK},
        {{.kind = KEY_KIND_RSA, .bits = 2048}, BULLA_OK},
        {{.kind = KEY_KIND_RSA, .bits = 2052}, BULLA_E_CERT_PROFILE_VIOLATED},
        {{.kind = KEY_KIND_ED25519, .bits = 256}, BULLA_E_CERT_PROFILE_VIOLATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct certificate ca = {.key = cases[i].key, .is_ca = true};
        struct profile_verdict verdict = profile_webpki_check(&ca, PROFILE_INTERMEDIATE);
        assert_int_equal(verdict.cause, cases[i].cause);
        assert_int_equal(verdict.says == NULL, cases[i].cause == BULLA_OK);
    }
}

/* RFC 3492 7.1's samples (A) Arabic, (E) Hebrew, (I) Russian, (L) and (P) Japanese, and what goes
 * wrong: no digits, a digit missing, a hyphen in their place, a code point beyond all. */
static void test_a_labels(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"xn--egbpdaj6bu4bxfgehfvwxn.example", true},
        {"xn--4dbcagdahymbxekheh6e0a7fei0b.example", true},
        {"xn--b1abfaaepdrnnbgefbaDotcwatmq2g4l.example", true},
        {"xn--3B-ww4c5e180e575a65lsy2b.example", true},
        {"xn--2-u9tlzr9756bt3uc0v.example", true},
        {"XN--MNCHEN-3YA.example", true},
        {"plain.ex-am-ple.a", true},
        {"*.example.com", true},
        {"example.xn--", false},
        {"xn--mnchen-3y.example", false},
        {"xn--mnchen-.example", false},
        {"xn--zzzzzzzz.example", false},
        {"xn--0000000000000000000000000000000000.example", false},
        {"yn--mnchen-3ya.example", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (dns_name_has_true_a_labels(bytes_of_text(cases[i].name)) != cases[i].valid) {
            fail_msg("%s", cases[i].name);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_keys_of_the_web),
        cmocka_unit_test(test_a_labels),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
