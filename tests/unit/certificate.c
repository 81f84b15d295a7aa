/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates: every field of a good one, and for each rule of the parser the bytes that
 * break it. A good certificate is also cut and bent at every byte. */
#include "forge.h"
#include "hex.h"
#include "x509/certificate_extensions.h"
#include "x509/name.h"
#include "x509/profile.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_fields(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    static const uint8_t constraints[] = {0xa0, 7, 0x30, 5, 0x82, 3, 'a', '.', 'b'};
    struct recipe recipe = {.subject = "Subject",
                            .issuer = "Issuer",
                            .key = 3,
                            .signed_by = 4,
                            .ca = true,
                            .path_len = 3,
                            .dns = {"a.example", "b.example"},
                            .names_critical = true,
                            .name_constraints = BYTES_IN(constraints),
                            .purposes = EXTENDED_KEY_USAGE_SERVER_AUTH |
                                        EXTENDED_KEY_USAGE_OCSP_SIGNING | EXTENDED_KEY_USAGE_OTHER,
                            .aia_url = "http://a.example/ca"};
    bulla_bytes der = forge_certificate(forge, &recipe, buffer);
    struct certificate parsed;
    assert_int_equal(certificate_parse(&parsed, der), BULLA_OK);
    assert_int_equal(parsed.serial.len, 8);
    assert_int_equal(parsed.not_before, FORGE_NOW - FORGE_DAY);
    assert_int_equal(parsed.not_after, FORGE_NOW + FORGE_DAY);
    assert_true(bytes_equal(parsed.key.der, forge->infos[3]));
    assert_int_equal(parsed.key.kind, KEY_KIND_EC_P256);
    assert_int_equal(parsed.key.bits, 256);
    assert_int_equal(parsed.key.point.len, 65);
    assert_int_equal(parsed.signature_algorithm.kind, SIGNATURE_ECDSA);
    assert_int_equal(parsed.signature_algorithm.hash, HASH_SHA256);
    assert_true(parsed.has_basic_constraints && parsed.is_ca && parsed.has_path_len);
    assert_int_equal(parsed.path_len, 2);
    assert_int_equal(parsed.key_usage, KEY_USAGE_KEY_CERT_SIGN);
    assert_int_equal(parsed.extended_key_usage, EXTENDED_KEY_USAGE_SERVER_AUTH |
                                                    EXTENDED_KEY_USAGE_OCSP_SIGNING |
                                                    EXTENDED_KEY_USAGE_OTHER);
    assert_true(parsed.subject_alt_name_critical);
    assert_true(bytes_equal(parsed.name_constraints, BYTES_IN(constraints)));
    assert_true(bytes_equal(parsed.subject_key_id, BYTES_OF("\x04")));
    assert_true(bytes_equal(parsed.authority_key_id, BYTES_OF("\x05")));
    assert_false(parsed.unknown_critical);

    struct name_iterator names = name_iterator_over(parsed.subject_alt_name);
    struct general_name name;
    assert_true(name_next(&names, &name) && bytes_equal(name.value, BYTES_OF("a.example")));
    assert_true(name_next(&names, &name) && bytes_equal(name.value, BYTES_OF("b.example")));
    assert_false(name_next(&names, &name));
    bulla_bytes url;
    assert_true(certificate_ca_issuers_url(&parsed, &url));
    assert_true(bytes_equal(url, BYTES_OF("http://a.example/ca")));

    struct public_key key;
    struct public_key other;
    assert_int_equal(certificate_public_key(&parsed, &key), BULLA_OK);
    public_key_free(&key);
    assert_int_equal(public_key_from_point(&other, KEY_KIND_EC_P256, parsed.key.point), BULLA_OK);
    public_key_free(&other);
}

/* Every way of cutting it short, and one byte too many. */
static void test_cut_anywhere(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    struct recipe recipe = {.subject = "S", .issuer = "I", .dns = {"a.example"}};
    bulla_bytes der = forge_certificate(forge, &recipe, buffer);
    struct certificate parsed;
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *exact = bytes_duplicate(bytes_of(der.data, len));
        assert_int_equal(certificate_parse(&parsed, bytes_of(exact, len)), BULLA_E_CERT_MALFORMED);
        free(exact);
    }
    buffer[der.len] = 0;
    assert_int_equal(certificate_parse(&parsed, bytes_of(buffer, der.len + 1)),
                     BULLA_E_CERT_MALFORMED);
    assert_int_equal(certificate_parse(&parsed, der), BULLA_OK);
}

/* Every byte bent in eight ways: no crash, and never a view outside (the sanitizers look). */
static void test_bent_anywhere(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    struct recipe recipe = {
        .subject = "S", .issuer = "I", .ca = true, .dns = {"a.example"}, .aia_url = "http://a"};
    bulla_bytes der = forge_certificate(forge, &recipe, buffer);
    for (size_t at = 0; at < der.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *bent = bytes_duplicate(der);
            struct certificate parsed;
            struct public_key key = {0};
            bent[at] ^= (uint8_t)(1U << bit);
            if (certificate_parse(&parsed, bytes_of(bent, der.len)) == BULLA_OK &&
                certificate_public_key(&parsed, &key) == BULLA_OK) {
                public_key_free(&key);
            }
            free(bent);
        }
    }
}

/* Extensions. -----------------------------------------------------------------------------------
 */

static const struct {
    const char *what, *der;
    bulla_cause cause;
} extension_cases[] = {
    {"none at all", "", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"keyUsage", "300b 0603551d0f 0404 03020780", BULLA_OK},
    {"keyUsage, critical", "300e 0603551d0f 0101ff 0404 03020780", BULLA_OK},
    {"keyUsage, FALSE spelled out", "300e 0603551d0f 010100 0404 03020780", BULLA_OK},
    {"keyUsage, critical neither", "300e 0603551d0f 010101 0404 03020780",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"keyUsage without a bit", "300a 0603551d0f 0403 030100", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"keyUsage with unused bits set", "300b 0603551d0f 0404 03020781",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"keyUsage with more behind it", "300d 0603551d0f 0406 03020780 0500",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"keyUsage twice", "300b 0603551d0f 0404 03020780 300b 0603551d0f 0404 03020780",
     BULLA_E_CERT_EXTENSION_DUPLICATE},
    {"an unknown one twice", "3008 06022a03 0402 0500 3008 06022a03 0402 0500",
     BULLA_E_CERT_EXTENSION_DUPLICATE},
    {"two unknown ones", "3008 06022a03 0402 0500 3008 06022a04 0402 0500", BULLA_OK},
    {"no value", "3005 0603551d0f", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"basicConstraints", "3009 0603551d13 0402 3000", BULLA_OK},
    {"basicConstraints, CA", "300c 0603551d13 0405 3003 0101ff", BULLA_OK},
    {"basicConstraints, FALSE spelled out", "300c 0603551d13 0405 3003 010100", BULLA_OK},
    {"basicConstraints, path length without CA", "300c 0603551d13 0405 3003 020100",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"basicConstraints, path length below 0", "300f 0603551d13 0408 3006 0101ff 0201ff",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"basicConstraints, more behind", "300e 0603551d13 0407 3005 0101ff 0500",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"extKeyUsage without purposes", "3009 0603551d25 0402 3000", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectAltName without names", "3009 0603551d11 0402 3000", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectAltName, text", "3008 0603551d11 0401 61", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectAltName, address", "300f 0603551d11 0408 3006 8704 c0000201", BULLA_OK},
    {"subjectAltName, address of 5 octets", "3010 0603551d11 0409 3007 8705 c000020100",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectAltName, range of addresses", "3013 0603551d11 040c 300a 8708 c0000200ffffff00",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectAltName, a name that is not ASCII", "300c 0603551d11 0405 3003 8201 e4",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"nameConstraints, empty", "3009 0603551d1e 0402 3000", BULLA_E_CERT_EXTENSION_MALFORMED},
    {"nameConstraints, empty lists", "300d 0603551d1e 0406 3004 a000 a100",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"nameConstraints, one name", "3010 0603551d1e 0409 3007 a005 3003 820161", BULLA_OK},
    {"nameConstraints, with a minimum", "3013 0603551d1e 040c 300a a008 3006 820161 800101",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"subjectKeyIdentifier", "300a 0603551d0e 0403 040101", BULLA_OK},
    {"subjectKeyIdentifier, critical", "300d 0603551d0e 0101ff 0403 040101",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"authorityKeyIdentifier, empty", "3009 0603551d23 0402 3000", BULLA_OK},
    {"authorityKeyIdentifier, critical", "300c 0603551d23 0101ff 0402 3000",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"authorityKeyIdentifier, serial alone", "300c 0603551d23 0405 3003 820101",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"authorityInfoAccess, empty", "300e 06082b06010505070101 0402 3000",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"authorityInfoAccess, critical",
     "3020 06082b06010505070101 0101ff 0411 300f 300d 06082b06010505073002 860161",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"authorityInfoAccess", "301d 06082b06010505070101 0411 300f 300d 06082b06010505073002 860161",
     BULLA_OK},
    {"policyConstraints, not critical", "300c 0603551d24 0405 3003 800100",
     BULLA_E_CERT_EXTENSION_MALFORMED},
    {"inhibitAnyPolicy, not critical", "300a 0603551d36 0403 020100",
     BULLA_E_CERT_EXTENSION_MALFORMED},
};

static void test_extensions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof extension_cases / sizeof *extension_cases; i++) {
        uint8_t buffer[128];
        struct certificate certificate = {0};
        bulla_bytes der = hex_into(buffer, sizeof buffer, extension_cases[i].der);
        bulla_cause cause = certificate_extensions_parse(&certificate, der);
        if (cause != extension_cases[i].cause) {
            fail_msg("%s: %s", extension_cases[i].what, bulla_cause_about(cause)->name);
        }
        assert_false(certificate.unknown_critical);
    }
}

static void test_critical_extensions(void **state) {
    (void)state;
    static const struct {
        const char *der;
        bool unknown;
    } cases[] = {
        {"300b 06022a03 0101ff 0402 0500", true},
        {"300f 0603551d24 0101ff 0405 3003 800100", false},        /* policyConstraints */
        {"300d 0603551d36 0101ff 0403 020100", false},             /* inhibitAnyPolicy */
        {"3012 0603551d20 0101ff 0408 3006 3004 06022a03", false}, /* certificatePolicies */
        {"300c 0603551d13 0101ff 0402 3000", false},
        {"3010 0603551d1f 0101ff 0406 3004 3002 a000", false}, /* CRL distribution points */
        {"300c 0603551d12 0101ff 0402 3000", true},            /* issuerAltName */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buffer[64];
        struct certificate certificate = {0};
        bulla_bytes der = hex_into(buffer, sizeof buffer, cases[i].der);
        assert_int_equal(certificate_extensions_parse(&certificate, der), BULLA_OK);
        assert_int_equal(certificate.unknown_critical, cases[i].unknown);
    }
}

static void test_too_many_extensions(void **state) {
    (void)state;
    for (size_t num = 48; num <= 49; num++) {
        uint8_t buffer[1024];
        struct writer writer = writer_into(buffer, sizeof buffer);
        struct certificate certificate = {0};
        for (size_t i = 0; i < num; i++) {
            uint8_t oid[2] = {0x2a, (uint8_t)i};
            size_t extension = der_open(&writer, DER_SEQUENCE);
            der_write_oid(&writer, BYTES_IN(oid));
            der_write(&writer, DER_OCTET_STRING, BYTES_OF("x"));
            der_close(&writer, extension);
        }
        assert_int_equal(certificate_extensions_parse(&certificate, forge_written(&writer)),
                         num == 48 ? BULLA_OK : BULLA_E_CERT_EXTENSION_MALFORMED);
    }
}

/* Public keys and algorithms. -------------------------------------------------------------------
 */

static void test_public_keys(void **state) {
    (void)state;
    static const struct {
        const char *what, *der;
        bulla_cause cause;
        enum key_kind kind;
        unsigned bits;
    } cases[] = {
        {"Ed25519",
         "302a 3005 06032b6570 0321 00 "
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         BULLA_OK, KEY_KIND_ED25519, 256},
        {"Ed25519 of 31 bytes",
         "3029 3005 06032b6570 0320 00 "
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
         BULLA_E_CERT_MALFORMED, KEY_KIND_INVALID, 0},
        {"Ed25519 with NULL",
         "302c 3007 06032b6570 0500 0321 00 "
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         BULLA_E_CERT_MALFORMED, KEY_KIND_INVALID, 0},
        {"an EC curve that is not supported (secp256k1)",
         "3016 3010 06072a8648ce3d0201 06052b8104000a 0302 0004", BULLA_OK, KEY_KIND_INVALID, 0},
        {"an EC curve by its parameters", "3011 300b 06072a8648ce3d0201 3000 0302 0004", BULLA_OK,
         KEY_KIND_INVALID, 0},
        {"EC without a curve", "300f 3009 06072a8648ce3d0201 0302 0004", BULLA_E_CERT_MALFORMED,
         KEY_KIND_INVALID, 0},
        {"EC P-384 without a point", "3015 3010 06072a8648ce3d0201 06052b81040022 0301 00",
         BULLA_E_CERT_MALFORMED, KEY_KIND_INVALID, 0},
        {"RSA", "301b 300d 06092a864886f70d010101 0500 030a 00 3007 0202 00c5 020103", BULLA_OK,
         KEY_KIND_RSA, 8},
        {"RSA, odd number of bits",
         "301c 300d 06092a864886f70d010101 0500 030b 00 3008 0202 0155 "
         "0202 0101",
         BULLA_OK, KEY_KIND_RSA, 9},
        {"RSA, negative", "301a 300d 06092a864886f70d010101 0500 0309 00 3006 0201 c5 020103",
         BULLA_E_CERT_MALFORMED, KEY_KIND_INVALID, 0},
        {"RSA, more behind",
         "301d 300d 06092a864886f70d010101 0500 030c 00 3009 0202 00c5 020103 "
         "0500",
         BULLA_E_CERT_MALFORMED, KEY_KIND_INVALID, 0},
        {"RSA bound to PSS", "3019 300b 06092a864886f70d01010a 030a 00 3007 0202 00c5 020103",
         BULLA_OK, KEY_KIND_INVALID, 0},
        {"DSA", "300f 3009 06072a8648ce380401 0302 0000", BULLA_OK, KEY_KIND_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buffer[128];
        struct public_key_info info;
        bulla_bytes der = hex_into(buffer, sizeof buffer, cases[i].der);
        bulla_cause cause = public_key_info_parse(&info, der);
        if (cause != cases[i].cause || (cause == BULLA_OK && info.kind != cases[i].kind)) {
            fail_msg("%s: %s", cases[i].what, bulla_cause_about(cause)->name);
        }
        assert_true(cause != BULLA_OK || info.bits == cases[i].bits);
        struct certificate certificate = {.key = info};
        struct public_key key;
        if (cause == BULLA_OK && info.kind == KEY_KIND_INVALID) {
            assert_int_equal(certificate_public_key(&certificate, &key),
                             BULLA_E_CERT_KEY_UNSUPPORTED);
        }
    }
}

static void test_point_off_the_curve(void **state) {
    struct forge *forge = *state;
    struct certificate certificate = {0};
    struct public_key key;
    uint8_t bent[256];
    bytes_copy(bent, sizeof bent, forge->infos[0]);
    bent[forge->infos[0].len - 1] ^= 1;
    assert_int_equal(public_key_info_parse(&certificate.key, bytes_of(bent, forge->infos[0].len)),
                     BULLA_OK);
    assert_int_equal(certificate_public_key(&certificate, &key), BULLA_E_CERT_MALFORMED);
}

static void test_signature_algorithms(void **state) {
    (void)state;
    static const struct {
        const char *der;
        bool well_formed;
        struct signature_algorithm algorithm;
    } cases[] = {
        {"300a 06082a8648ce3d040302", true, {SIGNATURE_ECDSA, HASH_SHA256}},
        {"300c 06082a8648ce3d040302 0500", false, {0}},
        {"300a 06082a8648ce3d040303", true, {SIGNATURE_ECDSA, HASH_SHA384}},
        {"300d 06092a864886f70d01010b 0500", true, {SIGNATURE_RSA_PKCS1, HASH_SHA256}},
        {"300b 06092a864886f70d01010b", true, {SIGNATURE_RSA_PKCS1, HASH_SHA256}},
        {"300d 06092a864886f70d01010b 0400", false, {0}},
        {"300d 06092a864886f70d010105 0500", true, {0}}, /* SHA-1 */
        {"300d 06092a864886f70d010104 0500", true, {0}}, /* MD5 */
        {"3005 06032b6570", true, {SIGNATURE_ED25519, HASH_INVALID}},
        {"3005 06032b6571", true, {0}}, /* Ed448 */
        {"3000", false, {0}},
        /* PSS with SHA-256 throughout and a salt of 32; of 20; with SHA-1's defaults */
        {"3041 06092a864886f70d01010a 3034 a00f 300d 0609608648016503040201 0500 a11c 301a "
         "06092a864886f70d010108 300d 0609608648016503040201 0500 a203 020120",
         true,
         {SIGNATURE_RSA_PSS, HASH_SHA256}},
        {"3041 06092a864886f70d01010a 3034 a00f 300d 0609608648016503040201 0500 a11c 301a "
         "06092a864886f70d010108 300d 0609608648016503040201 0500 a203 020114",
         true,
         {0}},
        {"3041 06092a864886f70d01010a 3034 a00f 300d 0609608648016503040201 0500 a11c 301a "
         "06092a864886f70d010108 300d 0609608648016503040202 0500 a203 020120",
         true,
         {0}},
        {"300d 06092a864886f70d01010a 3000", true, {0}},
        {"300b 06092a864886f70d01010a", false, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buffer[128];
        struct signature_algorithm algorithm;
        bulla_bytes der = hex_into(buffer, sizeof buffer, cases[i].der);
        if (signature_algorithm_parse(&algorithm, der) != cases[i].well_formed) {
            fail_msg("case %zu", i);
        }
        if (cases[i].well_formed) {
            assert_int_equal(algorithm.kind, cases[i].algorithm.kind);
            assert_int_equal(algorithm.hash, cases[i].algorithm.hash);
        }
    }
}

/* A validity in the wrong one of the two notations is noted, and refused except of an anchor: the
 * date is bent in place. */
static void test_dates(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    struct certificate parsed;
    struct recipe late = {
        .subject = "S", .issuer = "I", .not_before = 2524607999, .not_after = 2524608000};
    assert_int_equal(certificate_parse(&parsed, forge_certificate(forge, &late, buffer)), BULLA_OK);
    assert_int_equal(parsed.not_before, 2524607999);
    assert_int_equal(parsed.not_after, 2524608000);
    assert_false(parsed.wrong_time_form);
    for (size_t i = 0; i + 17 < FORGE_LEN_MAX; i++) {
        if (buffer[i] == DER_GENERALIZED_TIME && buffer[i + 1] == 15) {
            bytes_copy(buffer + i + 2, 15, BYTES_OF("20491231235959Z"));
            break;
        }
    }
    assert_int_equal(certificate_parse(&parsed, parsed.der), BULLA_OK);
    assert_true(parsed.wrong_time_form);
    assert_int_equal(profile_check(BULLA_PROFILE_PRIVATE, &parsed, PROFILE_LEAF).cause,
                     BULLA_E_CERT_MALFORMED);
    assert_int_equal(profile_check(BULLA_PROFILE_PRIVATE, &parsed, PROFILE_ANCHOR).cause, BULLA_OK);
}

static int start(void **state) {
    struct forge *forge = calloc(1, sizeof *forge);
    if (forge == NULL) {
        return -1;
    }
    forge_start(forge);
    *state = forge;
    return 0;
}

static int stop(void **state) {
    forge_stop(*state);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_bent_anywhere),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_critical_extensions),
        cmocka_unit_test(test_too_many_extensions),
        cmocka_unit_test(test_public_keys),
        cmocka_unit_test(test_point_off_the_curve),
        cmocka_unit_test(test_signature_algorithms),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
