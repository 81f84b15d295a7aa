/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP requests, RFC 6960 4.1: the question that a program sends to a responder. */
#ifndef X509_OCSP_REQUEST_H
#define X509_OCSP_REQUEST_H

#include "base/writer.h"
#include "x509/certificate.h"

/* RFC 9654 2.1: what clients should send, and what responders have to take. */
enum { OCSP_NONCE_LEN = 32, OCSP_NONCE_LEN_MAX = 128 };

/* Writes the DER of a request about one certificate that `issuer` issued; an empty `nonce` leaves
 * it out. The CertID is in SHA-1, which is what responders have their answers under (RFC 5019).
 * BULLA_E_API_MISUSE for a nonce that is too long, BULLA_E_BUFFER_TOO_SMALL. */
BULLA_MUST_CHECK bulla_cause ocsp_request_write(struct writer *out,
                                                const struct certificate *certificate,
                                                const struct certificate *issuer,
                                                bulla_bytes nonce);

/* CertID, RFC 6960 4.1.1, for a certificate of `issuer` (whose name it has as `issuer_name`) with
 * this serial number; false for an issuer whose key is malformed. And the Extension of RFC 9654.
 * Responses have both too. */
BULLA_MUST_CHECK bool ocsp_request_write_cert_id(struct writer *out, enum hash_id hash,
                                                 bulla_bytes issuer_name,
                                                 const struct certificate *issuer,
                                                 bulla_bytes serial);
void ocsp_request_write_nonce(struct writer *out, bulla_bytes nonce);

/* Where the certificate says that its status can be asked (RFC 5280 4.2.2.1): the first OCSP URL of
 * its authorityInfoAccess; false where there is none. */
bool ocsp_request_url(const struct certificate *certificate, bulla_bytes *out_url);

#endif
