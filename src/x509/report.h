/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in a bulla_report while a chain is judged. Every function does nothing where the builder
 * is NULL, so that the validator reads the same with and without a report. */
#ifndef X509_REPORT_H
#define X509_REPORT_H

#include "x509/certificate.h"
#include <bulla/report.h>

struct revocation_outcome; /* x509/revocation.h */
struct pins_outcome;       /* x509/pins.h */

struct report_builder {
    bulla_report *out;
    const bulla_verify_request *request;
    const struct certificate *certificates[BULLA_REPORT_ENTRIES_MAX]; /* of the entries */
    bool accepted[BULLA_REPORT_ENTRIES_MAX]; /* stands on the path that was found */
    /* All that the peer sent, see report_sent(). */
    const bulla_trust *trust;
    const struct certificate *leaf;
    const bulla_bytes *others;
    size_t num_others;
    bool pins_expiring; /* only a pin that ends at `pins_not_after` matched */
    int64_t pins_not_after;
};

void report_begin(struct report_builder *builder, bulla_report *out,
                  const bulla_verify_request *request);

/* What was sent, and what is trusted: so that the report also shows what was never tried. All of
 * it outlives the builder. */
void report_sent(struct report_builder *builder, const bulla_trust *trust,
                 const struct certificate *leaf, const bulla_bytes *others, size_t num_others);

/* This certificate was tried, and this is what came of it. One that is noted again keeps the cause
 * that ranks higher. */
void report_note(struct report_builder *builder, const struct certificate *certificate,
                 unsigned depth, bool from_trust, bulla_cause cause);

/* It stands on the path that was found: what a worse path had against it is forgotten. */
void report_accept(struct report_builder *builder, const struct certificate *certificate,
                   unsigned depth, bool from_trust);

/* What revocation_check() and pins_check() said about the path that was found. */
void report_revocation(struct report_builder *builder, const struct certificate *const *path,
                       size_t num_path, const struct revocation_outcome *outcome);
void report_pins(struct report_builder *builder, const struct pins_outcome *outcome);

/* The outcome: headline, evidence, fix, and every check's verdict. `certificate` is the one to
 * blame, or the anchor that a good path ends in; NULL where no certificate is concerned. */
void report_conclude(struct report_builder *builder, bulla_cause cause,
                     const struct certificate *certificate);

#endif
