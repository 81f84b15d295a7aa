/* SPDX-License-Identifier: Apache-2.0 */
/* Is this certificate for the name that was looked for? RFC 9525. */
#ifndef X509_IDENTITY_H
#define X509_IDENTITY_H

#include "x509/certificate.h"

/* BULLA_E_CERT_REFERENCE_NAME_INVALID for a name that nothing could rightly match. */
BULLA_MUST_CHECK bulla_cause identity_check_reference(const bulla_name *reference);

/* Looks for a valid reference in the subjectAltName. BULLA_E_CERT_NO_SUBJECT_ALT_NAME where no
 * entry is of the reference's kind, BULLA_E_CERT_NAME_MISMATCH where some are but none matches. */
BULLA_MUST_CHECK bulla_cause identity_check(const struct certificate *certificate,
                                            const bulla_name *reference);

#endif
