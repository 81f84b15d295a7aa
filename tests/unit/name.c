/* SPDX-License-Identifier: Apache-2.0 */
/* Names: comparison, order, text (name.h, dns_name.h, text.h). What they are for is tested in
 * verify.c. */
#include "x509/name.h"
#include "der/der.h"
#include "hex.h"
#include "x509/dns_name.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct part {
    enum oid type;
    uint8_t tag;
    const char *value;
    bool same_rdn; /* as the part before */
};

/* Parts up to one without a value. */
static bulla_bytes make_name(uint8_t *buffer, size_t cap, const struct part *parts) {
    struct writer writer = writer_into(buffer, cap);
    bulla_bytes name;
    size_t sequence = der_open(&writer, DER_SEQUENCE);
    for (size_t i = 0; parts[i].value != NULL;) {
        size_t set = der_open(&writer, DER_SET);
        do {
            size_t attribute = der_open(&writer, DER_SEQUENCE);
            oid_write(&writer, parts[i].type);
            der_write_text(&writer, parts[i].tag, parts[i].value);
            der_close(&writer, attribute);
            i++;
        } while (parts[i].value != NULL && parts[i].same_rdn);
        der_close(&writer, set);
    }
    der_close(&writer, sequence);
    assert_true(writer_finish(&writer, &name));
    return name;
}

#define NAME(variable, ...)                                                                        \
    uint8_t variable##_buffer[512];                                                                \
    bulla_bytes variable = make_name(variable##_buffer, sizeof variable##_buffer,                  \
                                     (const struct part[]){__VA_ARGS__, {0}})

enum { UTF8 = DER_UTF8_STRING, PRINTABLE = DER_PRINTABLE_STRING, TELETEX = DER_TELETEX_STRING };

static void test_equal(void **state) {
    (void)state;
    static const struct {
        struct part a[4], b[4];
        bool equal;
    } cases[] = {
        {{{OID_COMMON_NAME, UTF8, "CA", 0}}, {{OID_COMMON_NAME, UTF8, "CA", 0}}, true},
        {{{OID_COMMON_NAME, UTF8, "CA", 0}}, {{OID_COMMON_NAME, PRINTABLE, "ca", 0}}, true},
        {{{OID_COMMON_NAME, UTF8, " My \t  CA  ", 0}},
         {{OID_COMMON_NAME, UTF8, "my \t ca", 0}},
         true},
        {{{OID_COMMON_NAME, UTF8, "MyCA", 0}}, {{OID_COMMON_NAME, UTF8, "My CA", 0}}, false},
        {{{OID_COMMON_NAME, UTF8, "CA", 0}}, {{OID_ORGANIZATION, UTF8, "CA", 0}}, false},
        {{{OID_COMMON_NAME, UTF8, "CA", 0}}, {{OID_COMMON_NAME, UTF8, "CA2", 0}}, false},
        {{{OID_COMMON_NAME, TELETEX, "CA", 0}}, {{OID_COMMON_NAME, UTF8, "CA", 0}}, false},
        {{{OID_COMMON_NAME, TELETEX, "CA", 0}}, {{OID_COMMON_NAME, TELETEX, "ca", 0}}, false},
        {{{OID_COMMON_NAME, UTF8, "\xc3\x84", 0}}, {{OID_COMMON_NAME, UTF8, "\xc3\xa4", 0}}, false},
        {{{OID_COUNTRY, UTF8, "DE", 0}, {OID_COMMON_NAME, UTF8, "CA", 0}},
         {{OID_COMMON_NAME, UTF8, "CA", 0}, {OID_COUNTRY, UTF8, "DE", 0}},
         false},
        {{{OID_COUNTRY, UTF8, "DE", 0}, {OID_COMMON_NAME, UTF8, "CA", 0}},
         {{OID_COUNTRY, UTF8, "DE", 0}},
         false},
        {{{OID_COUNTRY, UTF8, "DE", 0}, {OID_COMMON_NAME, UTF8, "CA", 0}},
         {{OID_COUNTRY, UTF8, "DE", 0}, {OID_COMMON_NAME, UTF8, "CA", 1}},
         false},
        {{{0}}, {{0}}, true},
        {{{0}}, {{OID_COMMON_NAME, UTF8, "", 0}}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buffer_a[256];
        uint8_t buffer_b[256];
        bulla_bytes a = make_name(buffer_a, sizeof buffer_a, cases[i].a);
        bulla_bytes b = make_name(buffer_b, sizeof buffer_b, cases[i].b);
        if (name_equal(a, b) != cases[i].equal || name_equal(b, a) != cases[i].equal) {
            fail_msg("case %zu", i);
        }
        assert_true(name_is_well_formed(a) && name_is_well_formed(b));
        assert_true(!cases[i].equal || name_hash(a) == name_hash(b));
        assert_true(cases[i].equal || name_hash(a) != name_hash(b));
    }
}

static void test_within(void **state) {
    (void)state;
    NAME(base, {OID_COUNTRY, PRINTABLE, "DE", 0}, {OID_ORGANIZATION, UTF8, "Acme", 0});
    NAME(below, {OID_COUNTRY, UTF8, "de", 0}, {OID_ORGANIZATION, UTF8, "ACME", 0},
         {OID_COMMON_NAME, UTF8, "x", 0});
    NAME(beside, {OID_COUNTRY, UTF8, "DE", 0}, {OID_ORGANIZATION, UTF8, "Acme Inc", 0},
         {OID_COMMON_NAME, UTF8, "x", 0});
    assert_true(name_is_within(base, base));
    assert_true(name_is_within(below, base));
    assert_false(name_is_within(base, below));
    assert_false(name_is_within(beside, base));
}

static void test_malformed(void **state) {
    (void)state;
    static const char *const names[] = {
        "",                          /* nothing */
        "3000 00",                   /* more behind it */
        "3100",                      /* a SET */
        "3002 3100",                 /* an empty RDN */
        "3004 3102 3000",            /* an empty attribute */
        "3009 3107 3005 0603550403", /* no value */
        "300c 310a 3008 0603550403 0c",
        "300f 310d 300b 0603550403 0c0141 0500",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint8_t buffer[64];
        bulla_bytes name = hex_into(buffer, sizeof buffer, names[i]);
        assert_false(name_is_well_formed(name));
        struct name_attribute found;
        assert_false(name_find(bytes_of(buffer, i == 0 ? 0 : 1), OID_COMMON_NAME, 0, &found));
    }
    HEX(good, "300c 310a 3008 0603550403 0c0141");
    assert_true(name_is_well_formed(good));
}

static void assert_prints(bulla_bytes name, size_t cap, const char *expected) {
    char out[256];
    struct text text = text_into(out, cap);
    name_print(&text, name);
    assert_string_equal(out, expected);
}

static void test_print(void **state) {
    (void)state;
    NAME(usual, {OID_COUNTRY, PRINTABLE, "DE", 0}, {OID_ORGANIZATION, UTF8, "Acme, Inc.", 0},
         {OID_COMMON_NAME, UTF8, "www", 0}, {OID_USER_ID, UTF8, "7", 1});
    assert_prints(usual, 256, "CN=www+UID=7,O=Acme\\, Inc.,C=DE");
    NAME(edges, {OID_COMMON_NAME, UTF8, " #a b ", 0}, {OID_TITLE, UTF8, "#x", 0});
    assert_prints(edges, 256, "title=\\#x,CN=\\ #a b\\ ");
    NAME(foreign, {OID_PURPOSE_CODE_SIGNING, UTF8, "x", 0});
    assert_prints(foreign, 256, "1.3.6.1.5.5.7.3.3=x");
    NAME(utf8, {OID_COMMON_NAME, UTF8, "J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x94\x91", 0});
    assert_prints(utf8, 256, "CN=J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x94\x91");
    NAME(broken, {OID_COMMON_NAME, UTF8, "\xc3 \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \x80", 0});
    assert_prints(broken, 256, "CN=\\C3 \\C0\\80 \\ED\\A0\\80 \\F4\\90\\80\\80 \\80");
    NAME(steering, {OID_COMMON_NAME, UTF8, "\n\x1b[0m\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8", 0});
    assert_prints(steering, 256, "CN=\\0A\\1B[0m\\7F\\C2\\9B\\E2\\80\\AE\\E2\\80\\A8");
    HEX(bmp, "3010 310e 300c 0603550403 1e05 00410020 00");
    assert_prints(bmp, 256, "CN=A ");
    HEX(octets, "300d 310b 3009 0603550403 0402 ff01");
    assert_prints(octets, 256, "CN=#ff01");
    assert_prints(bytes_of(NULL, 0), 256, "");
}

static void test_cut(void **state) {
    (void)state;
    NAME(name, {OID_COMMON_NAME, UTF8, "ab\xc3\xbc\n", 0});
    assert_prints(name, 4, "...");
    assert_prints(name, 8, "CN=a...");
    assert_prints(name, 10, "CN=ab..."); /* the umlaut needs two bytes */
    assert_prints(name, 11, "CN=ab\xc3\xbc...");
    assert_prints(name, 13, "CN=ab\xc3\xbc..."); /* the escape needs three */
    assert_prints(name, 14, "CN=ab\xc3\xbc\\0A");
}

static void test_spans_and_dates(void **state) {
    (void)state;
    static const struct {
        int64_t seconds;
        const char *says;
    } spans[] = {{0, "0 seconds"},          {1, "1 second"},
                 {61, "1 minute 1 second"}, {7200, "2 hours"},
                 {90061, "1 day 1 hour"},   {86401, "1 day"},
                 {31557600, "1 year"},      {31557600LL * 9999, "9999 years"}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        char out[64];
        struct text text = text_into(out, sizeof out);
        text_add_span(&text, spans[i].seconds);
        assert_string_equal(out, spans[i].says);
    }
    char out[64];
    struct text text = text_into(out, sizeof out);
    text_add_time(&text, 951782400);
    assert_string_equal(out, "2000-02-29 00:00:00 UTC");
    text = text_into(out, sizeof out);
    text_add_time(&text, INT64_MAX);
    assert_string_equal(out, "a date that has no four-digit year");
}

static void assert_general_name(const char *der, const char *expected) {
    uint8_t buffer[128];
    char out[128];
    struct reader reader = reader_over(hex_into(buffer, sizeof buffer, der));
    struct general_name name;
    bool read = general_name_read(&reader, &name) && reader_at_end(&reader);
    assert_int_equal(read, expected != NULL);
    if (read) {
        struct text text = text_into(out, sizeof out);
        general_name_print(&text, &name);
        assert_string_equal(out, expected);
    }
}

static void test_general_names(void **state) {
    (void)state;
    assert_general_name("8203 612e62", "DNS:a.b");
    assert_general_name("8203 612eff", NULL);
    assert_general_name("a203 612e62", NULL);
    assert_general_name("0203 612e62", NULL);
    assert_general_name("8103 614062", "email:a@b");
    assert_general_name("8604 613a2f2f", "URI:a://");
    assert_general_name("8704 c0000201", "IP:192.0.2.1");
    assert_general_name("8703 c00002", "IP:#c00002");
    assert_general_name("8710 20010db8000000000000000000000001", "IP:2001:db8::1");
    assert_general_name("8710 00000000000000000000000000000000", "IP:::");
    assert_general_name("8710 00000000000000000000000000000001", "IP:::1");
    assert_general_name("8710 20010000000000010000000000000000", "IP:2001:0:0:1::");
    assert_general_name("8710 20010000000000010000000000010001", "IP:2001::1:0:0:1:1");
    assert_general_name("8710 20010db8000000010001000100010001", "IP:2001:db8:0:1:1:1:1:1");
    assert_general_name("a40e 300c 310a 3008 0603550403 0c0141", "dirName:CN=A");
    assert_general_name("a402 3100", NULL);
    assert_general_name("a009 0603550403 a002 0500", "otherName:#0603550403a0020500");
    assert_general_name("a005 0603550403", NULL);
    assert_general_name("a500", NULL);
    assert_general_name("8802 2a03", "registeredID:#2a03");
    assert_general_name("8801 83", NULL);
    assert_general_name("8901 00", NULL);
}

static void test_dns_patterns(void **state) {
    (void)state;
    assert_true(dns_name_is_valid(BYTES_OF("a")));
    assert_true(dns_name_is_valid(BYTES_OF("a-1.B2.c3")));
    assert_true(dns_name_is_valid(BYTES_OF("1.2.3.com")));
    assert_false(dns_name_is_valid(BYTES_OF("1.2.3.4")));
    assert_false(dns_name_is_valid(BYTES_OF("*.a.b")));
    assert_true(dns_name_is_valid_pattern(BYTES_OF("*.a.b")));
    assert_false(dns_name_is_valid_pattern(BYTES_OF("*.a")));
    char longest[256];
    for (size_t i = 0; i < 254; i++) {
        longest[i] = i % 2 == 0 ? 'a' : '.';
    }
    assert_true(dns_name_is_valid(bytes_of(longest, 253)));
    longest[253] = 'a';
    assert_false(dns_name_is_valid(bytes_of(longest, 254)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),         cmocka_unit_test(test_within),
        cmocka_unit_test(test_malformed),     cmocka_unit_test(test_print),
        cmocka_unit_test(test_cut),           cmocka_unit_test(test_spans_and_dates),
        cmocka_unit_test(test_general_names), cmocka_unit_test(test_dns_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
