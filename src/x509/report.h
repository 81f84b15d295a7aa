/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in a bulla_report while a chain is judged. Every function does nothing where the builder
 * is NULL, so that the validator reads the same with and without a report. */
#ifndef X509_REPORT_H
#define X509_REPORT_H

#include "x509/certificate.h"
#include <bulla/report.h>

struct report_builder {
    bulla_report *out;
    const bulla_verify_request *request;
    const struct certificate *certificates[BULLA_REPORT_ENTRIES_MAX]; /* of the entries */
};

void report_begin(struct report_builder *builder, bulla_report *out,
                  const bulla_verify_request *request);

/* This certificate was tried, and this is what came of it. One that is noted again keeps the cause
 * that ranks higher. */
void report_note(struct report_builder *builder, const struct certificate *certificate,
                 unsigned depth, bool from_trust, bulla_cause cause);

/* It stands on the path that was found: what a worse path had against it is forgotten. */
void report_accept(struct report_builder *builder, const struct certificate *certificate,
                   unsigned depth, bool from_trust);

/* The outcome: headline, evidence, fix. `certificate` is the one to blame, or the anchor that a
 * good path ends in; NULL where no certificate is concerned. */
void report_conclude(struct report_builder *builder, bulla_cause cause,
                     const struct certificate *certificate);

#endif
