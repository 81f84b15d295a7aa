/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation as data: certificate revocation lists (RFC 5280 section 5) and OCSP responses (RFC
 * 6960) that somebody has fetched or stapled. Nothing here fetches. */
#ifndef BULLA_REVOCATION_H
#define BULLA_REVOCATION_H

#include <bulla/error.h>

/* How much a missing answer weighs. An answer that says "revoked" refuses in every mode but OFF. */
typedef enum bulla_revocation {
    BULLA_REVOCATION_INVALID = 0,
    BULLA_REVOCATION_OFF,
    BULLA_REVOCATION_SOFT, /* no fresh answer: accepted (except must-staple), and the report says so
                            */
    BULLA_REVOCATION_HARD, /* no fresh answer for a certificate below the anchor: refused */
} bulla_revocation;

/* A set of CRLs: immutable once in use, reference-counted, shared by threads. */
typedef struct bulla_crls bulla_crls;

BULLA_API BULLA_MUST_CHECK bulla_cause bulla_crls_new(bulla_crls **out);
/* Adds every "X509 CRL" block of a PEM text, or one DER CRL (copied, parsed, not yet verified: the
 * signature is checked against the issuer on the path that a validation finds). Delta and indirect
 * CRLs and unknown critical extensions are BULLA_E_CRL_UNSUPPORTED; on any failure the set is as
 * before, for a CRL that is left out in silence lets revoked certificates pass. Beside the DER an
 * entry takes 8 to 12 bytes. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_crls_add_pem(bulla_crls *crls, bulla_bytes pem,
                                                          size_t *out_num_added);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_crls_add_der(bulla_crls *crls, bulla_bytes der);
BULLA_API bulla_crls *bulla_crls_ref(bulla_crls *crls);
BULLA_API void bulla_crls_free(bulla_crls *crls);

#endif
