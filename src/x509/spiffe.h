/* SPDX-License-Identifier: Apache-2.0 */
/* SPIFFE: identifiers (SPIFFE-ID) and the certificates that carry them (X509-SVID). */
#ifndef X509_SPIFFE_H
#define X509_SPIFFE_H

#include "x509/certificate.h"

/* A SPIFFE ID, taken apart. `path` is empty or begins with "/". */
struct spiffe_id {
    bulla_bytes trust_domain, path;
};

/* False where the grammar of SPIFFE-ID 2 is broken anywhere. */
BULLA_MUST_CHECK bool spiffe_id_parse(struct spiffe_id *out, bulla_bytes uri);

/* A leaf that is to authenticate: X509-SVID 2 to 5. BULLA_E_CERT_SPIFFE_ID_INVALID,
 * BULLA_E_CERT_IS_CA, BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE. */
BULLA_MUST_CHECK bulla_cause spiffe_check_leaf(const struct certificate *leaf);

/* A CA of a trust domain below its anchor. BULLA_E_CERT_SPIFFE_ID_INVALID,
 * BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN. */
BULLA_MUST_CHECK bulla_cause spiffe_check_issuer(const struct certificate *issuer);

#endif
