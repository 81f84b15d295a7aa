/* SPDX-License-Identifier: Apache-2.0 */
/* Names against the validator: name constraints (RFC 5280 4.2.1.10) of every kind, and the name
 * that is looked for (RFC 9525). */
#include "support/scene.h"
#include "x509/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Name constraints. -----------------------------------------------------------------------------
 */

enum { DNS = DER_CONTEXT(2), EMAIL = DER_CONTEXT(1), URI = DER_CONTEXT(6), IP = DER_CONTEXT(7) };

static const uint8_t ip_range[] = {192, 0, 2, 0, 255, 255, 255, 0};
static const uint8_t ip_holes[] = {192, 0, 2, 0, 255, 0, 255, 0};
static const uint8_t ip_in[] = {192, 0, 2, 77};
static const uint8_t ip_out[] = {192, 0, 3, 77};
static const uint8_t ip6[] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t other_name[] = {DER_OID, 3, 0x2a, 3, 4, 0xa0, 2, DER_NULL, 0};

#define TEXT(literal)                                                                              \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define OCTETS(array)                                                                              \
    { (array), sizeof(array) }

static const struct constraint_case {
    uint8_t tag;
    bulla_bytes permitted, excluded; /* none where .data is NULL */
    bulla_bytes name;
    bulla_cause cause;
} constraint_cases[] = {
    {DNS, TEXT("example.com"), {0}, TEXT("example.com"), BULLA_OK},
    {DNS, TEXT("example.com"), {0}, TEXT("a.b.EXAMPLE.com"), BULLA_OK},
    {DNS, TEXT("example.com"), {0}, TEXT("badexample.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), {0}, TEXT("com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), {0}, TEXT("*.example.com"), BULLA_OK},
    {DNS, TEXT("a.example.com"), {0}, TEXT("*.example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), {0}, TEXT(".example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), {0}, TEXT("a_b.example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT(""), {0}, TEXT("anything.example"), BULLA_OK},
    {DNS, TEXT(".example.com"), {0}, TEXT("a.example.com"), BULLA_E_CERT_EXTENSION_MALFORMED},
    {DNS, TEXT("*.example.com"), {0}, TEXT("a.example.com"), BULLA_E_CERT_EXTENSION_MALFORMED},
    {DNS, {0}, TEXT("example.com"), TEXT("example.net"), BULLA_OK},
    {DNS, {0}, TEXT("example.com"), TEXT("example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, {0}, TEXT("a.example.com"), TEXT("*.example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, {0}, TEXT("a.b.example.com"), TEXT("*.example.com"), BULLA_OK},
    {DNS, {0}, TEXT(""), TEXT("example.net"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), TEXT("bad.example.com"), TEXT("x.bad.example.com"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {DNS, TEXT("example.com"), TEXT("bad.example.com"), TEXT("good.example.com"), BULLA_OK},
    {IP, OCTETS(ip_range), {0}, OCTETS(ip_in), BULLA_OK},
    {IP, OCTETS(ip_range), {0}, OCTETS(ip_out), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {IP, OCTETS(ip_range), {0}, OCTETS(ip6), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {IP, {0}, OCTETS(ip_range), OCTETS(ip_in), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {IP, {0}, OCTETS(ip_range), OCTETS(ip6), BULLA_OK},
    {IP, OCTETS(ip_holes), {0}, OCTETS(ip_in), BULLA_E_CERT_EXTENSION_MALFORMED},
    {IP, OCTETS(ip_in), {0}, OCTETS(ip_in), BULLA_E_CERT_EXTENSION_MALFORMED},
    {EMAIL, TEXT("a@example.com"), {0}, TEXT("a@EXAMPLE.com"), BULLA_OK},
    {EMAIL,
     TEXT("a@example.com"),
     {0},
     TEXT("A@example.com"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {EMAIL, TEXT("example.com"), {0}, TEXT("b@example.com"), BULLA_OK},
    {EMAIL,
     TEXT("example.com"),
     {0},
     TEXT("b@a.example.com"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {EMAIL, TEXT(".example.com"), {0}, TEXT("b@a.example.com"), BULLA_OK},
    {EMAIL,
     TEXT(".example.com"),
     {0},
     TEXT("b@example.com"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {EMAIL,
     TEXT("example.com"),
     {0},
     TEXT("a@b@example.com"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {EMAIL, TEXT("a@b@example.com"), {0}, TEXT("b@example.com"), BULLA_E_CERT_EXTENSION_MALFORMED},
    {EMAIL, {0}, TEXT("example.com"), TEXT("b@example.com"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {URI, TEXT("td.example"), {0}, TEXT("spiffe://td.example/web"), BULLA_OK},
    {URI,
     TEXT("td.example"),
     {0},
     TEXT("spiffe://a.td.example/web"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {URI, TEXT(".td.example"), {0}, TEXT("https://a.td.example:8443/"), BULLA_OK},
    {URI, TEXT("td.example"), {0}, TEXT("https://user@td.example"), BULLA_OK},
    {URI,
     TEXT("td.example"),
     {0},
     TEXT("https://td.example@other.example/"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {URI, TEXT("td.example"), {0}, TEXT("urn:uuid:1"), BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {URI,
     {0},
     TEXT("td.example"),
     TEXT("https://192.0.2.1/"),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    {URI, {0}, TEXT("td.example"), TEXT("https://ok.example/"), BULLA_OK},
    {DER_CONTEXT_CONSTRUCTED(0),
     {0},
     OCTETS(other_name),
     OCTETS(other_name),
     BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
};

static void write_subtrees(struct writer *writer, uint8_t list, uint8_t tag, bulla_bytes base) {
    if (base.data != NULL) {
        size_t subtrees = der_open(writer, list);
        size_t subtree = der_open(writer, DER_SEQUENCE);
        der_write(writer, tag, base);
        der_close(writer, subtree);
        der_close(writer, subtrees);
    }
}

static void test_name_constraints(void **state) {
    for (size_t i = 0; i < sizeof constraint_cases / sizeof *constraint_cases; i++) {
        const struct constraint_case *test = &constraint_cases[i];
        struct scene *scene = scene_of(state);
        struct usual usual;
        uint8_t constraints[256];
        uint8_t names[256];
        struct writer writer = writer_into(constraints, sizeof constraints);
        struct writer name_writer = writer_into(names, sizeof names);
        usual_start(&usual, scene);
        usual.request.name = (bulla_name){.kind = BULLA_NAME_NONE};
        write_subtrees(&writer, DER_CONTEXT_CONSTRUCTED(0), test->tag, test->permitted);
        write_subtrees(&writer, DER_CONTEXT_CONSTRUCTED(1), test->tag, test->excluded);
        usual.intermediate.name_constraints = forge_written(&writer);
        usual.leaf.dns[0] = NULL;
        der_write(&name_writer, test->tag, test->name);
        usual.leaf.names = forge_written(&name_writer);
        bulla_cause cause = usual_judge(&usual, scene);
        if (cause != test->cause) {
            fail_msg("case %zu, %.*s: %s", i, (int)test->name.len, (const char *)test->name.data,
                     bulla_cause_about(cause)->name);
        }
    }
}

static bulla_bytes directory_constraint(struct writer *writer, uint8_t list, const char *name) {
    size_t subtrees = der_open(writer, list);
    size_t subtree = der_open(writer, DER_SEQUENCE);
    size_t base = der_open(writer, DER_CONTEXT_CONSTRUCTED(4));
    forge_name(writer, name);
    der_close(writer, base);
    der_close(writer, subtree);
    der_close(writer, subtrees);
    return forge_written(writer);
}

static void test_directory_constraints(void **state) {
    static const struct {
        uint8_t list;
        const char *base;
        bulla_cause cause;
    } cases[] = {
        {DER_CONTEXT_CONSTRUCTED(0), "leaf ", BULLA_OK}, /* compared with case and spaces folded */
        {DER_CONTEXT_CONSTRUCTED(0), "Other", BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
        {DER_CONTEXT_CONSTRUCTED(1), "Leaf", BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
        {DER_CONTEXT_CONSTRUCTED(1), "Other", BULLA_OK},
        {DER_CONTEXT_CONSTRUCTED(0), NULL, BULLA_OK}, /* every name begins with none */
        {DER_CONTEXT_CONSTRUCTED(1), NULL, BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        uint8_t buffer[128];
        struct writer writer = writer_into(buffer, sizeof buffer);
        usual_start(&usual, scene);
        usual.intermediate.name_constraints =
            directory_constraint(&writer, cases[i].list, cases[i].base);
        assert_int_equal(usual_judge(&usual, scene), cases[i].cause);
    }
}

/* The root's constraints reach over the intermediate, and bind the intermediate's own names unless
 * it is self-issued. */
static void test_constraints_reach_down(void **state) {
    for (int self_issued = 0; self_issued < 2; self_issued++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        uint8_t buffer[128];
        struct writer writer = writer_into(buffer, sizeof buffer);
        usual_start(&usual, scene);
        write_subtrees(&writer, DER_CONTEXT_CONSTRUCTED(0), DNS, BYTES_OF("example.com"));
        usual.root.name_constraints = forge_written(&writer);
        assert_int_equal(usual_judge(&usual, scene), BULLA_OK);

        scene = scene_of(state);
        usual.intermediate.dns[0] = "elsewhere.example";
        usual.root.subject = usual.root.issuer = usual.intermediate.issuer =
            self_issued ? "Middle" : "Root";
        assert_int_equal(usual_judge(&usual, scene),
                         self_issued ? BULLA_OK : BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED);
        assert_true(self_issued || strstr(scene->report.evidence, "CN=Middle") != NULL);
    }
}

static void test_constraints_in_a_leaf(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    uint8_t buffer[128];
    struct writer writer = writer_into(buffer, sizeof buffer);
    usual_start(&usual, scene);
    write_subtrees(&writer, DER_CONTEXT_CONSTRUCTED(0), DNS, BYTES_OF("example.com"));
    usual.leaf.name_constraints = forge_written(&writer);
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_EXTENSION_MALFORMED);
    assert_says(scene->report.evidence, "name constraints");
}

/* 700 names against 700 constraints are 490,000 comparisons; 300 against 300 are within it. */
static void test_constraint_budget(void **state) {
    for (unsigned num = 300; num <= 700; num += 400) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        uint8_t constraints[8000];
        uint8_t names[8000];
        struct writer writer = writer_into(constraints, sizeof constraints);
        struct writer name_writer = writer_into(names, sizeof names);
        usual_start(&usual, scene);
        size_t list = der_open(&writer, DER_CONTEXT_CONSTRUCTED(1));
        for (unsigned i = 0; i < num; i++) {
            size_t subtree = der_open(&writer, DER_SEQUENCE);
            der_write_text(&writer, DNS, "no.test");
            der_close(&writer, subtree);
            der_write_text(&name_writer, DNS, "a.test");
        }
        der_close(&writer, list);
        usual.intermediate.name_constraints = forge_written(&writer);
        usual.leaf.names = forge_written(&name_writer);
        assert_int_equal(usual_judge(&usual, scene),
                         num == 300 ? BULLA_OK : BULLA_E_CERT_BUDGET_EXCEEDED);
    }
}

/* Names looked for. -----------------------------------------------------------------------------
 */

static const struct {
    const char *presented, *reference;
    bulla_cause cause;
} dns_cases[] = {
    {"www.example.com", "www.example.com", BULLA_OK},
    {"www.example.com", "WWW.Example.COM", BULLA_OK},
    {"www.example.com", "www.example.com.", BULLA_OK},
    {"www.example.com.", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"www.example.com", "example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"example.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"localhost", "localhost", BULLA_OK},
    {"*.example.com", "www.example.com", BULLA_OK},
    {"*.Example.com", "www.eXample.com", BULLA_OK},
    {"*.example.com", "example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*.example.com", "a.b.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*.com", "example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*", "localhost", BULLA_E_CERT_NAME_MISMATCH},
    {"*.", "localhost", BULLA_E_CERT_NAME_MISMATCH},
    {"w*.example.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*w.example.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"www.*.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*.*.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"xn--*.example.com", "xn--a.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"*.example.com", "xn--nxasmq6b.example.com", BULLA_OK},
    {"a_b.example.com", "www.example.com", BULLA_E_CERT_NAME_MISMATCH},
    {"www.example.com", "a_b.example.com", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", "*.example.com", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", "", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", ".", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", "-a.example.com", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", "a-.example.com", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"8.8.8.8", "8.8.8.8", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"www.example.com", "www.example.com..", BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"a234567890123456789012345678901234567890123456789012345678901234.com",
     "a234567890123456789012345678901234567890123456789012345678901234.com",
     BULLA_E_CERT_REFERENCE_NAME_INVALID},
    {"a23456789012345678901234567890123456789012345678901234567890123.com",
     "a23456789012345678901234567890123456789012345678901234567890123.com", BULLA_OK},
};

static void test_dns_names(void **state) {
    for (size_t i = 0; i < sizeof dns_cases / sizeof *dns_cases; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        usual_start(&usual, scene);
        usual.leaf.dns[0] = dns_cases[i].presented;
        usual.request.name.value = bytes_of_text(dns_cases[i].reference);
        bulla_cause cause = usual_judge(&usual, scene);
        if (cause != dns_cases[i].cause) {
            fail_msg("%s against %s: %s", dns_cases[i].presented, dns_cases[i].reference,
                     bulla_cause_about(cause)->name);
        }
    }
}

static void test_other_names(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    uint8_t names[128];
    struct writer writer = writer_into(names, sizeof names);
    usual_start(&usual, scene);
    der_write(&writer, IP, BYTES_IN(ip_in));
    der_write(&writer, IP, BYTES_IN(ip6));
    der_write_text(&writer, URI, "spiffe://td.example/web");
    usual.leaf.names = forge_written(&writer);
    usual.request.name = (bulla_name){BULLA_NAME_IP, BYTES_IN(ip_in)};
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    const struct {
        bulla_name name;
        bulla_cause cause;
    } cases[] = {
        {{BULLA_NAME_IP, BYTES_IN(ip6)}, BULLA_OK},
        {{BULLA_NAME_IP, BYTES_IN(ip_out)}, BULLA_E_CERT_NAME_MISMATCH},
        {{BULLA_NAME_IP, {ip_in, 3}}, BULLA_E_CERT_REFERENCE_NAME_INVALID},
        {{BULLA_NAME_URI, TEXT("spiffe://td.example/web")}, BULLA_OK},
        {{BULLA_NAME_URI, TEXT("spiffe://td.example/WEB")}, BULLA_E_CERT_NAME_MISMATCH},
        {{BULLA_NAME_URI, TEXT("spiffe://td.example/web/")}, BULLA_E_CERT_NAME_MISMATCH},
        {{BULLA_NAME_URI, TEXT("td.example")}, BULLA_E_CERT_REFERENCE_NAME_INVALID},
        {{BULLA_NAME_URI, TEXT("spiffe://td.example/a b")}, BULLA_E_CERT_REFERENCE_NAME_INVALID},
        {{BULLA_NAME_NONE, {0}}, BULLA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scene->request.name = cases[i].name;
        assert_int_equal(scene_judge(scene), cases[i].cause);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name_constraints),
        cmocka_unit_test(test_directory_constraints),
        cmocka_unit_test(test_constraints_reach_down),
        cmocka_unit_test(test_constraints_in_a_leaf),
        cmocka_unit_test(test_constraint_budget),
        cmocka_unit_test(test_dns_names),
        cmocka_unit_test(test_other_names),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
