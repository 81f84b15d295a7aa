/* SPDX-License-Identifier: Apache-2.0 */
/* x509-limbo against bulla_verify(): the files of ../shared/vectors, or of the folder that
 * BULLA_VECTORS names.
 *
 * A case may differ from the expected result only where limbo/exceptions.c names the text that says
 * so; a row there that has become untrue fails as well, and so does one that docs/x509.md does not
 * list, or lists alone. */
#include "limbo/case.h"
#include "limbo/exceptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_NAME_MAX = 1024, LINE_MAX_LEN = 1024 };

/* Cases without a time of their own are dated when the files were made. */
static const int64_t default_time = 1786795200; /* 2026-08-15 12:00:00 UTC */

struct counts {
    size_t num_agreed, num_excepted, num_unexplained, num_stale;
};

static bool is_exception(const char *id) {
    for (size_t i = 0; i < num_limbo_exceptions; i++) {
        if (strcmp(limbo_exceptions[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void compare_case(const json_t *testcase, struct counts *counts) {
    bulla_report report;
    const char *id = case_text(testcase, "id");
    bulla_cause cause = case_judge(testcase, default_time, &report);
    assert_int_equal(case_judge(testcase, default_time, NULL), cause);
    bool agreed = (cause == BULLA_OK) == case_is_expected_to_succeed(testcase);
    bool known = is_exception(id);
    counts->num_agreed += agreed;
    counts->num_excepted += !agreed && known;
    counts->num_unexplained += !agreed && !known;
    counts->num_stale += agreed && known;
    if (agreed == known) {
        printf("%s %s: %s (%s)\n", known ? "now agreed:" : "not expected:", id,
               bulla_cause_about(cause)->name, report.evidence);
    }
}

static void compare_file(const char *file, struct counts *counts) {
    char path[FILE_NAME_MAX];
    const char *folder = getenv("BULLA_VECTORS");
    snprintf(path, sizeof path, "%s/%s", folder == NULL ? "../shared/vectors" : folder, file);
    json_t *suite = json_load_file(path, 0, NULL);
    if (suite == NULL) {
        printf("skipped: no vectors\n");
        skip();
    }
    size_t index;
    json_t *testcase;
    json_array_foreach(json_object_get(suite, "testcases"), index, testcase) {
        compare_case(testcase, counts);
    }
    json_decref(suite);
    printf("%s: %zu agreed, %zu differ with a reason, %zu without\n", file, counts->num_agreed,
           counts->num_excepted, counts->num_unexplained);
    assert_int_equal(counts->num_unexplained, 0);
    assert_int_equal(counts->num_stale, 0);
}

static void test_core(void **state) {
    (void)state;
    struct counts counts = {0};
    compare_file("limbo-core.json", &counts);
    assert_int_equal(counts.num_excepted, num_limbo_exceptions);
}

static void test_pathbuilding(void **state) {
    (void)state;
    struct counts counts = {0};
    compare_file("limbo-pathbuilding.json", &counts);
    assert_int_equal(counts.num_excepted, 0);
}

/* docs/x509.md has a line "- `id`: ..." for each exception and for nothing else under its heading.
 */
static void test_exceptions_are_documented(void **state) {
    (void)state;
    FILE *docs = fopen("docs/x509.md", "r");
    char line[LINE_MAX_LEN];
    size_t num_listed = 0;
    bool inside = false;
    assert_non_null(docs);
    while (fgets(line, sizeof line, docs) != NULL) {
        if (line[0] == '#') {
            inside = strstr(line, "x509-limbo") != NULL;
        }
        char *end = strncmp(line, "- `", 3) == 0 ? strchr(line + 3, '`') : NULL;
        if (inside && end != NULL) {
            *end = '\0';
            if (!is_exception(line + 3)) {
                fail_msg("docs/x509.md lists %s, exceptions.c does not", line + 3);
            }
            num_listed++;
        }
    }
    fclose(docs);
    assert_int_equal(num_listed, num_limbo_exceptions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core),
        cmocka_unit_test(test_pathbuilding),
        cmocka_unit_test(test_exceptions_are_documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
