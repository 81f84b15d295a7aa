/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate, RFC 5280 4.2: certificate.c's other half. */
#ifndef X509_CERTIFICATE_EXTENSIONS_H
#define X509_CERTIFICATE_EXTENSIONS_H

#include "x509/certificate.h"

/* Reads the content of Extensions into the certificate. BULLA_E_CERT_EXTENSION_DUPLICATE,
 * BULLA_E_CERT_EXTENSION_MALFORMED; a critical one that is not known is noted there. */
BULLA_MUST_CHECK bulla_cause certificate_extensions_parse(struct certificate *certificate,
                                                          bulla_bytes extensions);

/* The first caIssuers URL of the AIA extension, RFC 5280 4.2.2.1; false where there is none. */
bool certificate_ca_issuers_url(const struct certificate *certificate, bulla_bytes *out_url);

/* The `skip` + 1st http or https URL of a whole CRL, RFC 5280 4.2.1.13: points for some reasons
 * alone and those of other CRL issuers are passed over. False where there is none. */
bool certificate_crl_url(const struct certificate *certificate, size_t skip, bulla_bytes *out_url);

#endif
