/* SPDX-License-Identifier: Apache-2.0 */
/* One case of x509-limbo, judged by bulla_verify(). */
#ifndef TESTS_LIMBO_CASE_H
#define TESTS_LIMBO_CASE_H

#include <bulla/report.h>

#include <jansson.h>
#include <stdbool.h>

/* A string field; "" where it is missing. */
const char *case_text(const json_t *testcase, const char *key);

bool case_is_expected_to_succeed(const json_t *testcase);

/* The verdict. `now` is for cases without a time of their own; `report` may be NULL. */
bulla_cause case_judge(const json_t *testcase, int64_t now, bulla_report *report);

#endif
