/* SPDX-License-Identifier: Apache-2.0 */
/* The differences between our verdict and libcrypto's that are understood: the names are headings
 * of docs/x509-differences.md. Only for fuzz_differential.c. */
#ifndef FUZZ_DIFFERENTIAL_CLASSES_H
#define FUZZ_DIFFERENTIAL_CLASSES_H

enum { PARSE_ERROR = -1 };

static struct difference classes[] = {
    /* We refuse, they accept. */
    {"der", BULLA_E_CERT_MALFORMED, X509_V_OK, 0},
    {"extension", BULLA_E_CERT_EXTENSION_MALFORMED, X509_V_OK, 0},
    {"duplicate", BULLA_E_CERT_EXTENSION_DUPLICATE, X509_V_OK, 0},
    {"version", BULLA_E_CERT_VERSION_UNSUPPORTED, X509_V_OK, 0},
    {"unusable issuer", BULLA_E_CERT_UNKNOWN_ISSUER, X509_V_OK, 0},
    {"unusable issuer", BULLA_E_CERT_EXPIRED, X509_V_OK, 0},
    {"constraint", BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED, X509_V_OK, 0},
    /* They refuse, we accept. */
    {"key identifier", BULLA_OK, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0},
    {"attribute value", BULLA_OK, PARSE_ERROR, 0},
    {"leaf key", BULLA_OK, X509_V_ERR_UNSPECIFIED, 0},
    {"other path", BULLA_OK, X509_V_ERR_CERT_HAS_EXPIRED, 0},
    {"strict", BULLA_OK, X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER, 0},
    {"strict", BULLA_OK, X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER, 0},
    {"strict", BULLA_OK, X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, 0},
    {"strict", BULLA_OK, X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, 0},
    {"strict", BULLA_OK, X509_V_ERR_CA_BCONS_NOT_CRITICAL, 0},
};

enum { NUM_CLASSES = sizeof classes / sizeof classes[0] };

/* Refused by both, and accepted by both. */
static unsigned long num_agreed[2];

#endif
