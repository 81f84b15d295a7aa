/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict of each check on each certificate of a report. */
#ifndef X509_REPORT_CHECKS_H
#define X509_REPORT_CHECKS_H

#include "x509/report.h"

/* Fills in the checks of every entry, from what the validator noted and, for what it did not come
 * to, from the certificate itself; then the time in which all are valid, and whether the clock
 * explains what failed. */
void report_checks_fill(struct report_builder *builder);

/* The check that a cause is the failure of; BULLA_CHECK_INVALID for a cause that is none's. */
bulla_check report_check_of(bulla_cause cause);

#endif
