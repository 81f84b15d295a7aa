/* SPDX-License-Identifier: Apache-2.0 */
/* What is demanded of a certificate in its place on a path: RFC 5280 6.1, apart from the question
 * which path (path.h). */
#ifndef X509_VALIDATE_H
#define X509_VALIDATE_H

#include "x509/certificate.h"
#include <bulla/report.h>

/* The certificate at the path's end that shows itself. `trusted` where it is itself an anchor. */
BULLA_MUST_CHECK bulla_cause validate_leaf(const struct certificate *leaf,
                                           const bulla_verify_request *request, bool trusted);

/* A certificate as somebody's issuer, wherever the path leads: all that depends on it alone. */
BULLA_MUST_CHECK bulla_cause validate_issuer(const struct certificate *issuer,
                                             const bulla_verify_request *request, bool is_anchor);

/* The signature under a certificate, with its issuer's key. BULLA_E_CERT_SIGNATURE_INVALID,
 * BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED. */
BULLA_MUST_CHECK bulla_cause validate_signature(const struct certificate *certificate,
                                                const struct public_key *issuer_key);

/* A whole path, path[0] the leaf and the last one the anchor: what depends on all of it, path
 * lengths, name constraints, policies. `out_failed` is the index of the certificate that fails. */
BULLA_MUST_CHECK bulla_cause validate_path(const struct certificate *const *path, size_t num_path,
                                           uint32_t *comparisons_left, size_t *out_failed);

/* Self-issued, RFC 5280 6.1: of one subject and issuer. */
bool validate_is_self_issued(const struct certificate *certificate);

#endif
