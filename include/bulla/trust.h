/* SPDX-License-Identifier: Apache-2.0 */
/* A trust store: the CAs whose word is taken. Immutable once it is in a config; shared freely by
 * threads; reference-counted. */
#ifndef BULLA_TRUST_H
#define BULLA_TRUST_H

#include <bulla/error.h>

typedef struct bulla_trust bulla_trust;

BULLA_API BULLA_MUST_CHECK bulla_cause bulla_trust_new(bulla_trust **out);

/* Adds every CERTIFICATE block of a PEM text (copied). Certificates of a bundle that cannot be
 * used as an anchor are passed over; BULLA_E_PEM_NOT_FOUND where none could be used. On any
 * failure the store is as before. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_trust_add_pem(bulla_trust *trust, bulla_bytes pem,
                                                           size_t *out_num_added);

/* Adds one DER certificate (copied) as an anchor: its name and key are trusted. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_trust_add_der(bulla_trust *trust, bulla_bytes der);

/* Distrusts what an anchor vouches for from a date on, as the root programs do with a CA that they
 * remove: leaves whose notBefore is later than `date` (seconds since 1970) are
 * BULLA_E_CERT_DISTRUSTED, older ones stay trusted. The anchor is named by its certificate's
 * SHA-256; BULLA_E_CERT_UNKNOWN_ISSUER where there is none such. Before the store is shared. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_trust_distrust_after(bulla_trust *trust,
                                                                  const uint8_t sha256[32],
                                                                  int64_t date);

BULLA_API size_t bulla_trust_num_anchors(const bulla_trust *trust);

/* Another owner of the same store; each owner frees it once. */
BULLA_API bulla_trust *bulla_trust_ref(bulla_trust *trust);
BULLA_API void bulla_trust_free(bulla_trust *trust);

#endif
