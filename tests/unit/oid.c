/* SPDX-License-Identifier: Apache-2.0 */
/* src/der/oid.c: the table is in order and holds what openssl says, each row is found, and
 * AlgorithmIdentifiers are taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "der/der.h"
#include "der/oid.h"

#include <stdio.h>

static void test_table_in_order_and_found(void **state) {
    (void)state;
    for (int oid = OID_UNKNOWN + 1; oid < NUM_OIDS; oid++) {
        bulla_bytes content = oid_content((enum oid)oid);
        assert_int_not_equal(content.len, 0);
        assert_int_equal(oid_find(content), oid);
        if (oid > OID_UNKNOWN + 1) {
            assert_int_equal(bytes_compare(oid_content((enum oid)(oid - 1)), content), -1);
        }
    }
}

/* Writes the dotted form; content is known to be well formed. */
static void dotted(bulla_bytes content, char *out, size_t cap) {
    unsigned long arc = 0;
    size_t len = 0;
    bool first = true;
    for (size_t i = 0; i < content.len; i++) {
        arc = arc << 7 | (content.data[i] & 0x7f);
        if (content.data[i] < 0x80) {
            unsigned long top = arc < 80 ? arc / 40 : 2;
            int num = first ? snprintf(out + len, cap - len, "%lu.%lu", top, arc - top * 40)
                            : snprintf(out + len, cap - len, ".%lu", arc);
            assert_true(num > 0 && (size_t)num < cap - len);
            len += (size_t)num;
            arc = 0;
            first = false;
        }
    }
}

static const struct {
    enum oid oid;
    const char *text;
} known[] = {
    {OID_USER_ID, "0.9.2342.19200300.100.1.1"},
    {OID_DOMAIN_COMPONENT, "0.9.2342.19200300.100.1.25"},
    {OID_RSA_ENCRYPTION, "1.2.840.113549.1.1.1"},
    {OID_MGF1, "1.2.840.113549.1.1.8"},
    {OID_RSASSA_PSS, "1.2.840.113549.1.1.10"},
    {OID_SHA256_WITH_RSA, "1.2.840.113549.1.1.11"},
    {OID_SHA384_WITH_RSA, "1.2.840.113549.1.1.12"},
    {OID_SHA512_WITH_RSA, "1.2.840.113549.1.1.13"},
    {OID_PBKDF2, "1.2.840.113549.1.5.12"},
    {OID_PBES2, "1.2.840.113549.1.5.13"},
    {OID_EMAIL_ADDRESS, "1.2.840.113549.1.9.1"},
    {OID_EXTENSION_REQUEST, "1.2.840.113549.1.9.14"},
    {OID_HMAC_WITH_SHA1, "1.2.840.113549.2.7"},
    {OID_HMAC_WITH_SHA256, "1.2.840.113549.2.9"},
    {OID_HMAC_WITH_SHA512, "1.2.840.113549.2.11"},
    {OID_EC_PUBLIC_KEY, "1.2.840.10045.2.1"},
    {OID_PRIME256V1, "1.2.840.10045.3.1.7"},
    {OID_ECDSA_WITH_SHA1, "1.2.840.10045.4.1"},
    {OID_ECDSA_WITH_SHA256, "1.2.840.10045.4.3.2"},
    {OID_ECDSA_WITH_SHA384, "1.2.840.10045.4.3.3"},
    {OID_ECDSA_WITH_SHA512, "1.2.840.10045.4.3.4"},
    {OID_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMPS, "1.3.6.1.4.1.11129.2.4.2"},
    {OID_SCRYPT, "1.3.6.1.4.1.11591.4.11"},
    {OID_EXTENSION_AUTHORITY_INFO_ACCESS, "1.3.6.1.5.5.7.1.1"},
    {OID_EXTENSION_TLS_FEATURE, "1.3.6.1.5.5.7.1.24"},
    {OID_PURPOSE_SERVER_AUTH, "1.3.6.1.5.5.7.3.1"},
    {OID_PURPOSE_CLIENT_AUTH, "1.3.6.1.5.5.7.3.2"},
    {OID_PURPOSE_OCSP_SIGNING, "1.3.6.1.5.5.7.3.9"},
    {OID_ACCESS_OCSP, "1.3.6.1.5.5.7.48.1"},
    {OID_ACCESS_CA_ISSUERS, "1.3.6.1.5.5.7.48.2"},
    {OID_SHA1, "1.3.14.3.2.26"},
    {OID_X25519, "1.3.101.110"},
    {OID_ED25519, "1.3.101.112"},
    {OID_ED448, "1.3.101.113"},
    {OID_SECP384R1, "1.3.132.0.34"},
    {OID_SECP521R1, "1.3.132.0.35"},
    {OID_COMMON_NAME, "2.5.4.3"},
    {OID_SERIAL_NUMBER, "2.5.4.5"},
    {OID_COUNTRY, "2.5.4.6"},
    {OID_LOCALITY, "2.5.4.7"},
    {OID_STATE_OR_PROVINCE, "2.5.4.8"},
    {OID_ORGANIZATION, "2.5.4.10"},
    {OID_ORGANIZATIONAL_UNIT, "2.5.4.11"},
    {OID_EXTENSION_SUBJECT_KEY_IDENTIFIER, "2.5.29.14"},
    {OID_EXTENSION_KEY_USAGE, "2.5.29.15"},
    {OID_EXTENSION_SUBJECT_ALT_NAME, "2.5.29.17"},
    {OID_EXTENSION_BASIC_CONSTRAINTS, "2.5.29.19"},
    {OID_EXTENSION_NAME_CONSTRAINTS, "2.5.29.30"},
    {OID_EXTENSION_CRL_DISTRIBUTION_POINTS, "2.5.29.31"},
    {OID_EXTENSION_CERTIFICATE_POLICIES, "2.5.29.32"},
    {OID_ANY_POLICY, "2.5.29.32.0"},
    {OID_EXTENSION_POLICY_MAPPINGS, "2.5.29.33"},
    {OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, "2.5.29.35"},
    {OID_EXTENSION_POLICY_CONSTRAINTS, "2.5.29.36"},
    {OID_EXTENSION_EXTENDED_KEY_USAGE, "2.5.29.37"},
    {OID_PURPOSE_ANY, "2.5.29.37.0"},
    {OID_EXTENSION_INHIBIT_ANY_POLICY, "2.5.29.54"},
    {OID_AES128_CBC, "2.16.840.1.101.3.4.1.2"},
    {OID_AES192_CBC, "2.16.840.1.101.3.4.1.22"},
    {OID_AES256_CBC, "2.16.840.1.101.3.4.1.42"},
    {OID_SHA256, "2.16.840.1.101.3.4.2.1"},
    {OID_SHA512, "2.16.840.1.101.3.4.2.3"},
};

static void test_known_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[64];
        dotted(oid_content(known[i].oid), text, sizeof text);
        assert_string_equal(text, known[i].text);
    }
}

static void test_unknown(void **state) {
    (void)state;
    assert_int_equal(oid_find(BYTES_OF("\x2a")), OID_UNKNOWN);
    assert_int_equal(oid_find(BYTES_OF("\x2b\x65\x7f")), OID_UNKNOWN);
    assert_int_equal(oid_find(BYTES_OF("\xff")), OID_UNKNOWN);
    assert_int_equal(oid_find(bytes_of(NULL, 0)), OID_UNKNOWN);
    /* a known one with an octet more */
    assert_int_equal(oid_find(BYTES_OF("\x2b\x65\x70\x01")), OID_UNKNOWN);
    struct reader reader = reader_over(BYTES_OF("\x06\x01\x2a"));
    enum oid oid = OID_ED25519;
    assert_true(oid_read(&reader, &oid));
    assert_int_equal(oid, OID_UNKNOWN);
    reader = reader_over(BYTES_OF("\x06\x01\x80"));
    assert_false(oid_read(&reader, &oid));
    assert_int_equal(reader.left, 3);
}

static void test_algorithms(void **state) {
    (void)state;
    enum oid algorithm;
    bulla_bytes parameters;
    struct reader reader = reader_over(BYTES_OF("\x30\x05\x06\x03\x2b\x65\x70"));
    assert_true(oid_read_algorithm(&reader, &algorithm, &parameters));
    assert_int_equal(algorithm, OID_ED25519);
    assert_int_equal(parameters.len, 0);
    assert_true(oid_parameters_null(parameters));

    reader = reader_over(BYTES_OF("\x30\x07\x06\x03\x2b\x65\x70\x05\x00"));
    assert_true(oid_read_algorithm(&reader, &algorithm, &parameters));
    assert_true(bytes_equal(parameters, BYTES_OF("\x05\x00")));
    assert_true(oid_parameters_null(parameters));

    reader = reader_over(BYTES_OF("\x30\x07\x06\x03\x2b\x65\x70\x04\x00"));
    assert_true(oid_read_algorithm(&reader, &algorithm, &parameters));
    assert_false(oid_parameters_null(parameters));

    const bulla_bytes wrong[] = {
        BYTES_OF("\x30\x00"),
        BYTES_OF("\x30\x02\x05\x00"),
        BYTES_OF("\x31\x05\x06\x03\x2b\x65\x70"),
        BYTES_OF("\x30\x06\x06\x03\x2b\x65\x70\x05"),
        BYTES_OF("\x30\x09\x06\x03\x2b\x65\x70\x05\x00\x05\x00"),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        reader = reader_over(wrong[i]);
        assert_false(oid_read_algorithm(&reader, &algorithm, &parameters));
        assert_int_equal(reader.left, wrong[i].len);
    }
}

static void test_written(void **state) {
    (void)state;
    uint8_t buffer[16];
    struct writer writer = writer_into(buffer, sizeof buffer);
    oid_write(&writer, OID_ED25519);
    assert_false(writer.failed);
    assert_true(bytes_equal(bytes_of(buffer, writer.len), BYTES_OF("\x06\x03\x2b\x65\x70")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_in_order_and_found),
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
