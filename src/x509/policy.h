/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate policies along a path, RFC 5280 6.1 and RFC 9618. */
#ifndef X509_POLICY_H
#define X509_POLICY_H

#include "x509/certificate.h"

/* path[0] is the leaf, the last one the anchor. BULLA_E_CERT_POLICY_VIOLATED, or
 * BULLA_E_CERT_BUDGET_EXCEEDED for more policies than are followed, or when `comparisons_left` is
 * used up; `out_failed` is then the place of the certificate at which it showed. */
BULLA_MUST_CHECK bulla_cause policy_check(const struct certificate *const *path, size_t num_path,
                                          uint32_t *comparisons_left, size_t *out_failed);

#endif
