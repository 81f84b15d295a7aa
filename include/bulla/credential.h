/* SPDX-License-Identifier: Apache-2.0 */
/* A credential: a certificate chain and the private key to its leaf, or the promise that somebody
 * else will sign with that key. Immutable, reference-counted, shared by threads. */
#ifndef BULLA_CREDENTIAL_H
#define BULLA_CREDENTIAL_H

#include <bulla/error.h>

typedef struct bulla_credential bulla_credential;

/* Reads a PEM chain (the leaf first) and a PEM private key (PKCS#8, also encrypted; SEC1; PKCS#1).
 * `password` is empty for a key that is not encrypted. BULLA_E_KEY_MISMATCH where the key is not
 * the leaf's. Everything is copied. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_credential_new(bulla_credential **out,
                                                            bulla_bytes chain_pem,
                                                            bulla_bytes key_pem,
                                                            bulla_bytes password);

/* A chain whose key lives elsewhere: a connection that shows it raises BULLA_EVENT_SIGN. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_credential_new_remote(bulla_credential **out,
                                                                   bulla_bytes chain_pem);

/* Another credential with the same chain and key, which are shared, and this OCSP response (DER, at
 * most 32 KiB) for servers to staple (RFC 6066 8, RFC 8446 4.4.2.1); an empty one staples nothing.
 * BULLA_E_OCSP_OTHER_CERTIFICATE and its kin where it does not answer for the leaf. Its signature
 * and dates are for the peers to judge: whoever fetched it asked bulla_verify(). */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_credential_with_ocsp_response(
    bulla_credential **out, bulla_credential *credential, bulla_bytes ocsp_der);

/* The chain's DER, the leaf at index 0; no bytes past the end. Valid as long as the credential. */
BULLA_API bulla_bytes bulla_credential_certificate(const bulla_credential *credential,
                                                   size_t index);

BULLA_API bulla_credential *bulla_credential_ref(bulla_credential *credential);
BULLA_API void bulla_credential_free(bulla_credential *credential);

#endif
