/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a report, and the word for what was found. */
#ifndef X509_REPORT_EVIDENCE_H
#define X509_REPORT_EVIDENCE_H

#include "x509/report.h"
#include "x509/text.h"

/* Fills in evidence, fix and diagnosis of a report whose entries and checks are complete.
 * `certificate` is the one of the headline, as for report_conclude(). */
void report_evidence_give(struct report_builder *builder, const struct certificate *certificate);

/* Adds a certificate's alternative names, eight of them at the most. */
void report_evidence_names(struct text *text, const struct certificate *certificate);

#endif
