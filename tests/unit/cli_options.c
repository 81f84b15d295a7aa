/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: what is read, and the one line that says what is wrong. */
#include "cli/options.h"

#include "support/check.h"

#include <stdlib.h>

struct values {
    bool verbose;
    const char *cert;
    unsigned port, count;
    int64_t wait_ms;
    struct operands operands;
    char *out, *err;
};

static const struct verb_help help = {.name = "test",
                                      .usage = "[OPTIONS]",
                                      .summary = "to be tested",
                                      .text = "Text.",
                                      .example = "  bulla test"};

static enum options_outcome parse(struct values *values, size_t num_arguments,
                                  const char *const *arguments) {
    *values = (struct values){0};
    const struct option options[] = {
        {"verbose", OPTION_FLAG, NULL, "say more", {.flag = &values->verbose}},
        {"cert", OPTION_TEXT, "FILE", "a certificate", {.text = &values->cert}},
        {"port", OPTION_PORT, "N", "a port", {.number = &values->port}},
        {"count", OPTION_COUNT, "N", "a count", {.number = &values->count}},
        {"wait", OPTION_DURATION, "TIME", "a time", {.duration_ms = &values->wait_ms}},
    };
    size_t out_len;
    size_t err_len;
    FILE *out = open_memstream(&values->out, &out_len);
    FILE *err = open_memstream(&values->err, &err_len);
    enum options_outcome outcome =
        options_parse(&help, options, sizeof options / sizeof options[0], arguments, num_arguments,
                      &values->operands, 1, out, err);
    fclose(out);
    fclose(err);
    return outcome;
}

static void done(struct values *values) {
    free(values->out);
    free(values->err);
}

#define ARGUMENTS(...)                                                                             \
    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (const char *const[]) {     \
        __VA_ARGS__                                                                                \
    }

static void test_every_kind(void **state) {
    (void)state;
    struct values values;
    assert_int_equal(parse(&values, ARGUMENTS("--verbose", "--cert", "a.crt", "--port=0", "--count",
                                              "7", "operand", "--wait", "5m")),
                     OPTIONS_OK);
    assert_true(values.verbose);
    assert_string_equal(values.cert, "a.crt");
    assert_int_equal(values.port, 0);
    assert_int_equal(values.count, 7);
    assert_int_equal(values.wait_ms, 300000);
    assert_int_equal(values.operands.num_values, 1);
    assert_string_equal(values.operands.values[0], "operand");
    assert_string_equal(values.err, "");
    done(&values);
}

static void test_forms(void **state) {
    (void)state;
    struct values values;
    assert_int_equal(parse(&values, ARGUMENTS("-cert", "--odd", "--", "--operand")), OPTIONS_OK);
    assert_string_equal(values.cert, "--odd");
    assert_string_equal(values.operands.values[0], "--operand");
    done(&values);
    assert_int_equal(parse(&values, ARGUMENTS("--cert=a=b", "-")), OPTIONS_OK);
    assert_string_equal(values.cert, "a=b");
    assert_string_equal(values.operands.values[0], "-");
    done(&values);
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"250ms", 250}, {"10s", 10000}, {"10", 10000}, {"24h", 86400000}};
    static const char *const bad[] = {"0s", "", "s", "1d", "1.5s", "-1s", "1 s", "10000000s"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct values values;
        assert_int_equal(parse(&values, ARGUMENTS("--wait", good[i].text)), OPTIONS_OK);
        assert_int_equal(values.wait_ms, good[i].ms);
        done(&values);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct values values;
        assert_int_equal(parse(&values, ARGUMENTS("--wait", bad[i])), OPTIONS_WRONG);
        done(&values);
    }
}

static void wrong(struct values *values, enum options_outcome outcome, const char *says) {
    assert_int_equal(outcome, OPTIONS_WRONG);
    assert_non_null(strstr(values->err, says));
    assert_ptr_equal(strchr(values->err, '\n'), values->err + strlen(values->err) - 1);
    done(values);
}

static void test_complaints(void **state) {
    (void)state;
    struct values v;
    wrong(&v, parse(&v, ARGUMENTS("--crt", "x")), "did you mean --cert?");
    wrong(&v, parse(&v, ARGUMENTS("--verb")), "did you mean --verbose?");
    wrong(&v, parse(&v, ARGUMENTS("--zzzzz")), "see bulla test --help");
    wrong(&v, parse(&v, ARGUMENTS("--cert")), "--cert takes a value: FILE");
    wrong(&v, parse(&v, ARGUMENTS("--cert=")), "--cert takes a value: FILE");
    wrong(&v, parse(&v, ARGUMENTS("--verbose=yes")), "takes no value");
    wrong(&v, parse(&v, ARGUMENTS("--cert", "a", "--cert", "b")), "stands there twice");
    wrong(&v, parse(&v, ARGUMENTS("--port", "65536")), "a port, 0 to 65535");
    wrong(&v, parse(&v, ARGUMENTS("--port", "4294967297")), "a port, 0 to 65535");
    wrong(&v, parse(&v, ARGUMENTS("--count", "0")), "a number, 1 to 1000000");
    wrong(&v, parse(&v, ARGUMENTS("--count", "3x")), "a number, 1 to 1000000");
    wrong(&v, parse(&v, ARGUMENTS("one", "two")), "'two' is one argument too many");
}

static void test_help(void **state) {
    (void)state;
    struct values values;
    assert_int_equal(parse(&values, ARGUMENTS("--cert", "x", "--help", "--nonsense")),
                     OPTIONS_HELP);
    assert_non_null(strstr(values.out, "Usage: bulla test [OPTIONS]"));
    assert_non_null(strstr(values.out, "--cert FILE"));
    assert_non_null(strstr(values.out, "Example:\n  bulla test\n"));
    assert_string_equal(values.err, "");
    done(&values);
}

static void test_distance(void **state) {
    (void)state;
    assert_int_equal(options_distance("", ""), 0);
    assert_int_equal(options_distance("get", "get"), 0);
    assert_int_equal(options_distance("gte", "get"), 1);
    assert_int_equal(options_distance("", "abc"), 3);
    assert_int_equal(options_distance("kitten", "sitting"), 3);
    assert_true(options_is_near("srve", "serve"));
    assert_false(options_is_near("x", "up"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_durations),  cmocka_unit_test(test_complaints),
        cmocka_unit_test(test_help),       cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
