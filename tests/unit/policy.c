/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate policies along a path, RFC 5280 6.1: each path is drawn from the anchor down to the
 * leaf, a policy is a capital letter, "*" is anyPolicy, "A>B" maps. */
#include "x509/policy.h"
#include "der/der.h"
#include "der/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWN_MAX = 6, NEVER = -1 };

/* One certificate. Limits are plus one, so that 0 is none. */
struct drawn {
    const char *policies, *mappings;
    int require_explicit, inhibit_mapping, inhibit_any;
    bool self_issued;
};

static void write_policy(struct writer *writer, char letter) {
    const uint8_t content[] = {0x2a, 0x03, (uint8_t)letter};
    if (letter == '*') {
        oid_write(writer, OID_ANY_POLICY);
    } else {
        der_write_oid(writer, BYTES_IN(content));
    }
}

static bulla_bytes write_policies(const char *policies, uint8_t *buffer, size_t cap) {
    struct writer writer = writer_into(buffer, cap);
    bulla_bytes written;
    for (; policies != NULL && *policies != '\0'; policies++) {
        size_t sequence = der_open(&writer, DER_SEQUENCE);
        write_policy(&writer, *policies);
        der_close(&writer, sequence);
    }
    assert_true(writer_finish(&writer, &written));
    return written;
}

static bulla_bytes write_mappings(const char *mappings, uint8_t *buffer, size_t cap) {
    struct writer writer = writer_into(buffer, cap);
    bulla_bytes written;
    for (; mappings != NULL && *mappings != '\0'; mappings += 3) {
        assert_int_equal(mappings[1], '>');
        size_t sequence = der_open(&writer, DER_SEQUENCE);
        write_policy(&writer, mappings[0]);
        write_policy(&writer, mappings[2]);
        der_close(&writer, sequence);
    }
    assert_true(writer_finish(&writer, &written));
    return written;
}

static void draw(struct certificate *out, const struct drawn *drawn, uint8_t buffers[2][512]) {
    static const uint8_t name[] = {
        DER_SEQUENCE, 11, DER_SET, 9, DER_SEQUENCE, 7, 6, 3, 0x55, 4, 3, DER_UTF8_STRING, 0};
    static const uint8_t other[] = {DER_SEQUENCE, 0};
    *out = (struct certificate){
        .subject = BYTES_IN(name),
        .issuer = drawn->self_issued ? BYTES_IN(name) : BYTES_IN(other),
        .policies = write_policies(drawn->policies, buffers[0], 512),
        .policy_mappings = write_mappings(drawn->mappings, buffers[1], 512),
        .policy_limits = {.has_require_explicit = drawn->require_explicit != 0,
                          .require_explicit = (uint32_t)drawn->require_explicit - 1,
                          .has_inhibit_mapping = drawn->inhibit_mapping != 0,
                          .inhibit_mapping = (uint32_t)drawn->inhibit_mapping - 1,
                          .has_inhibit_any = drawn->inhibit_any != 0,
                          .inhibit_any = (uint32_t)drawn->inhibit_any - 1},
    };
}

/* `failed` is counted as drawn, the anchor being 0. */
static bulla_cause judge(const struct drawn *drawn, size_t num, size_t *out_failed) {
    static uint8_t buffers[DRAWN_MAX][2][512];
    struct certificate certificates[DRAWN_MAX];
    const struct certificate *path[DRAWN_MAX];
    size_t failed = 0;
    for (size_t i = 0; i < num; i++) {
        draw(&certificates[i], &drawn[i], buffers[i]);
        path[num - 1 - i] = &certificates[i];
    }
    bulla_cause cause = policy_check(path, num, &(uint32_t){100000}, &failed);
    *out_failed = num - 1 - failed;
    return cause;
}

static const struct {
    const char *what;
    struct drawn path[DRAWN_MAX];
    size_t num;
    int failed; /* NEVER: valid */
} paths[] = {
    {"nobody demands anything", {{0}, {.policies = "A"}, {.policies = "B"}}, 3, NEVER},
    {"no policies at all, none demanded", {{0}, {0}, {0}}, 3, NEVER},
    {"demanded, and one goes through",
     {{0}, {.policies = "AB", .require_explicit = 1}, {.policies = "B"}},
     3,
     NEVER},
    {"demanded, and none goes through",
     {{0}, {.policies = "A", .require_explicit = 1}, {.policies = "B"}},
     3,
     2},
    {"demanded, and the leaf has none", {{0}, {.policies = "A", .require_explicit = 1}, {0}}, 3, 2},
    {"demanded after one more certificate",
     {{0}, {.policies = "A", .require_explicit = 2}, {.policies = "A"}, {0}},
     4,
     3},
    {"demanded later than the path is long",
     {{0}, {.policies = "A", .require_explicit = 3}, {0}},
     3,
     NEVER},
    {"a self-issued certificate does not count",
     {{0}, {.require_explicit = 3}, {.self_issued = true}, {0}},
     4,
     NEVER},
    {"a leaf that demands it of itself", {{0}, {0}, {.require_explicit = 1}}, 3, 2},
    {"a leaf that demands it, with a policy of its own",
     {{0}, {.policies = "*"}, {.policies = "A", .require_explicit = 1}},
     3,
     NEVER},
    {"a leaf that demands it later", {{0}, {0}, {.require_explicit = 2}}, 3, NEVER},
    {"any above, one below",
     {{0}, {.policies = "*", .require_explicit = 1}, {.policies = "A"}},
     3,
     NEVER},
    {"one above, any below",
     {{0}, {.policies = "A", .require_explicit = 1}, {.policies = "*"}},
     3,
     NEVER},
    {"any below, where any is inhibited",
     {{0}, {.policies = "A", .require_explicit = 1, .inhibit_any = 1}, {.policies = "*"}},
     3,
     2},
    {"any in a self-issued CA, where any is inhibited",
     {{0},
      {.policies = "A", .require_explicit = 1, .inhibit_any = 1},
      {.policies = "*", .self_issued = true},
      {.policies = "A"}},
     4,
     NEVER},
    {"any in a self-issued leaf, where any is inhibited",
     {{0},
      {.policies = "A", .require_explicit = 1, .inhibit_any = 1},
      {.policies = "*", .self_issued = true}},
     3,
     2},
    {"any inhibited one certificate later",
     {{0},
      {.policies = "A", .require_explicit = 1, .inhibit_any = 2},
      {.policies = "*"},
      {.policies = "*"}},
     4,
     3},
    {"mapped",
     {{0}, {.policies = "A", .mappings = "A>B", .require_explicit = 1}, {.policies = "B"}},
     3,
     NEVER},
    {"what was mapped away is no longer expected",
     {{0}, {.policies = "A", .mappings = "A>B", .require_explicit = 1}, {.policies = "A"}},
     3,
     2},
    {"mapped to two",
     {{0}, {.policies = "A", .mappings = "A>BA>C", .require_explicit = 1}, {.policies = "C"}},
     3,
     NEVER},
    {"mapped from what the CA does not have",
     {{0}, {.policies = "A", .mappings = "C>B", .require_explicit = 1}, {.policies = "B"}},
     3,
     2},
    {"mapped from what any covers",
     {{0}, {.policies = "*", .mappings = "C>B", .require_explicit = 1}, {.policies = "B"}},
     3,
     NEVER},
    {"mapping inhibited",
     {{0},
      {.policies = "A", .require_explicit = 1, .inhibit_mapping = 1},
      {.policies = "A", .mappings = "A>B"},
      {.policies = "B"}},
     4,
     3},
    {"mapping inhibited, and the mapped policy ends",
     {{0},
      {.policies = "A", .require_explicit = 1, .inhibit_mapping = 1},
      {.policies = "A", .mappings = "A>B"},
      {.policies = "A"}},
     4,
     3},
    {"mapping inhibited, another policy goes on",
     {{0},
      {.policies = "AD", .require_explicit = 1, .inhibit_mapping = 1},
      {.policies = "AD", .mappings = "A>B"},
      {.policies = "D"}},
     4,
     NEVER},
    {"mapped from any, though nothing is demanded",
     {{0}, {.policies = "A", .mappings = "*>B"}, {.policies = "B"}},
     3,
     1},
    {"mapped to any, though nothing is demanded",
     {{0}, {.policies = "A", .mappings = "A>*"}, {.policies = "A"}},
     3,
     1},
    {"what is lost once stays lost",
     {{0}, {0}, {.policies = "A", .require_explicit = 1}, {.policies = "A"}},
     4,
     3},
    {"the anchor demands it", {{.require_explicit = 1}, {0}}, 2, 1},
    {"the anchor demands it and it is there",
     {{.require_explicit = 1}, {.policies = "A"}},
     2,
     NEVER},
    {"the anchor's own policies bound the path",
     {{.policies = "A", .require_explicit = 1}, {.policies = "B"}},
     2,
     1},
    {"the anchor inhibits any",
     {{.require_explicit = 1, .inhibit_any = 1}, {.policies = "*"}},
     2,
     1},
};

static void test_paths(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        size_t failed;
        bulla_cause cause = judge(paths[i].path, paths[i].num, &failed);
        bulla_cause expected = paths[i].failed == NEVER ? BULLA_OK : BULLA_E_CERT_POLICY_VIOLATED;
        if (cause != expected || (cause != BULLA_OK && (int)failed != paths[i].failed)) {
            fail_msg("%s: %s at %zu", paths[i].what, bulla_cause_about(cause)->name, failed);
        }
    }
}

/* RFC 9618: a path of mappings each to each, whose tree would have 4 * 3^4 leaves. Nothing to see
 * here but that it ends, and well. */
static void test_mappings_do_not_multiply(void **state) {
    (void)state;
    struct drawn path[DRAWN_MAX] = {{.require_explicit = 1}};
    size_t failed;
    for (size_t i = 1; i < DRAWN_MAX; i++) {
        path[i] =
            (struct drawn){.policies = "ABCD", .mappings = "A>BA>CA>DB>AB>CB>DC>AC>BC>DD>AD>BD>C"};
    }
    assert_int_equal(judge(path, DRAWN_MAX, &failed), BULLA_OK);
}

/* One more policy than is followed. */
static void test_too_many_policies(void **state) {
    (void)state;
    for (int num = 128; num <= 129; num++) {
        uint8_t buffer[2048];
        struct writer writer = writer_into(buffer, sizeof buffer);
        struct certificate anchor = {.policy_limits.has_require_explicit = true};
        struct certificate leaf = {.serial = BYTES_OF("x")};
        const struct certificate *path[] = {&leaf, &anchor};
        size_t failed = 9;
        for (int i = 0; i < num; i++) {
            const uint8_t content[] = {0x2a, 0x03, (uint8_t)(0x81 + i / 100), (uint8_t)(i % 100)};
            size_t sequence = der_open(&writer, DER_SEQUENCE);
            der_write_oid(&writer, BYTES_IN(content));
            der_close(&writer, sequence);
        }
        assert_true(writer_finish(&writer, &leaf.policies));
        leaf.subject = leaf.issuer = anchor.subject = anchor.issuer = BYTES_OF("\x30\x00");
        assert_int_equal(policy_check(path, 2, &(uint32_t){100000}, &failed),
                         num == 128 ? BULLA_OK : BULLA_E_CERT_BUDGET_EXCEEDED);
        assert_int_equal(failed, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_mappings_do_not_multiply),
        cmocka_unit_test(test_too_many_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
