/* SPDX-License-Identifier: Apache-2.0 */
/* The validator as the handshake calls it: with the leaf parsed already. */
#ifndef X509_VERIFY_H
#define X509_VERIFY_H

#include "x509/certificate.h"
#include <bulla/report.h>

/* As bulla_verify(); `others` are the peer's further certificates in any order. The fast path (no
 * report, good chain) allocates nothing but what libcrypto needs for keys. `out_valid_until` (may
 * be NULL) is set on success: the first end of a certificate on the path, of a pin that it needs,
 * or of what was said about its revocation. Until then, and with the same settings, the same chain
 * would be accepted again. */
BULLA_MUST_CHECK bulla_cause chain_verify(const bulla_trust *trust, const struct certificate *leaf,
                                          const bulla_bytes *others, size_t num_others,
                                          const bulla_verify_request *request,
                                          bulla_report *out_report, int64_t *out_valid_until);

#endif
