/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the certificates of a path were revoked, RFC 5280 6.3 and RFC 6960: asked after a path
 * was found, of what the caller holds (a stapled OCSP response, CRLs). */
#ifndef X509_REVOCATION_H
#define X509_REVOCATION_H

#include "x509/certificate.h"
#include <bulla/report.h>

/* `cause` and `failed` (a place on the path) say what refuses it; where it is accepted though an
 * answer is missing, `warning` says the most telling reason, for the certificate at `failed`.
 * `revoked_at` (seconds since 1970) and `reason` (RFC 5280 5.3.1; -1: not given) belong to
 * BULLA_E_CERT_REVOKED. */
struct revocation_outcome {
    bulla_cause cause;
    size_t failed;
    bulla_cause warning; /* BULLA_OK: none */
    int64_t valid_until; /* of an accepted path: when the first of the answers ends */
    int64_t revoked_at;
    int reason;
    /* Of an accepted path, by place: why there is no answer; BULLA_OK where there is one. */
    bulla_cause missing[BULLA_VERIFY_CHAIN_LEN_MAX];
};

/* path[0] is the leaf, the last one the anchor, whose own status is not asked. Returns out->cause.
 */
BULLA_MUST_CHECK bulla_cause revocation_check(const bulla_verify_request *request,
                                              const struct certificate *const *path,
                                              size_t num_path, struct revocation_outcome *out);

#endif
