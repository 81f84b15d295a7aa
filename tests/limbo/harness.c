/* SPDX-License-Identifier: Apache-2.0 */
/* The x509-limbo harness: the suite's JSON on stdin, its results JSON on stdout, as the suite's own
 * harnesses do it. Exit 0 when every case was judged, whatever came of it; 2 for other input. */
#include "base/system_clock.h"
#include "limbo/case.h"

#include <bulla/version.h>
#include <stdio.h>
#include <string.h>

static json_t *result_of(const json_t *testcase, int64_t now) {
    bulla_report report;
    bulla_cause cause = case_judge(testcase, now, &report);
    char context[1280];
    snprintf(context, sizeof context, "%s: %s", bulla_cause_about(cause)->name, report.evidence);
    return json_pack("{s:s, s:s, s:s}", "id", case_text(testcase, "id"), "actual_result",
                     cause == BULLA_OK ? "SUCCESS" : "FAILURE", "context", context);
}

int main(void) {
    json_error_t error;
    json_t *suite = json_loadf(stdin, 0, &error);
    json_t *testcases = json_object_get(suite, "testcases");
    if (!json_is_array(testcases)) {
        fprintf(stderr, "limbo-harness: stdin is not the suite's JSON: %s\n",
                suite == NULL ? error.text : "no testcases");
        json_decref(suite);
        return 2;
    }
    json_t *results = json_array();
    int64_t now = system_clock(NULL);
    size_t index;
    json_t *testcase;
    json_array_foreach(testcases, index, testcase) {
        json_array_append_new(results, result_of(testcase, now));
    }
    json_t *answer = json_pack("{s:i, s:s, s:o}", "version", 1, "harness", "bulla/" BULLA_VERSION,
                               "results", results);
    int written = answer == NULL ? -1 : json_dumpf(answer, stdout, JSON_INDENT(2));
    json_decref(answer);
    json_decref(suite);
    return written == 0 ? 0 : 1;
}
