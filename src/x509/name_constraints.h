/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints, RFC 5280 4.2.1.10: what a CA may issue for. */
#ifndef X509_NAME_CONSTRAINTS_H
#define X509_NAME_CONSTRAINTS_H

#include "x509/certificate.h"

/* True where the NameConstraints SEQUENCE's content has the form of 4.2.1.10: not empty, every
 * subtree one GeneralName without minimum and maximum. */
BULLA_MUST_CHECK bool name_constraints_are_well_formed(bulla_bytes content);

/* Checks every name of `subject` against the constraints of `ca`; each comparison takes one from
 * `comparisons_left`. BULLA_OK; BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED;
 * BULLA_E_CERT_BUDGET_EXCEEDED; BULLA_E_CERT_EXTENSION_MALFORMED where a constraint is no valid
 * name of its kind. */
BULLA_MUST_CHECK bulla_cause name_constraints_check(const struct certificate *ca,
                                                    const struct certificate *subject,
                                                    uint32_t *comparisons_left);

#endif
