/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses, RFC 6960 4.2: one issuer's word on one certificate, stapled or fetched. */
#ifndef X509_OCSP_H
#define X509_OCSP_H

#include "x509/memo.h"
#include "x509/status.h"

/* What a response is held against. */
struct ocsp_question {
    const struct certificate *certificate;
    const struct certificate *issuer; /* of `certificate`: its signature verified under that key */
    int64_t now;
    bulla_bytes nonce; /* of the request, RFC 9654; empty: asked without one */
    bulla_memo *memo;  /* for the signature of a responder's certificate; may be NULL */
};

/* BULLA_OK: the response answers the question, and `out` says what. Else BULLA_E_OCSP_MALFORMED and
 * its kin, of several the one that it came to last: an answer that is only stale parsed, was about
 * the certificate, and its signature is right. */
BULLA_MUST_CHECK bulla_cause ocsp_check(bulla_bytes response, const struct ocsp_question *question,
                                        struct status_answer *out);

/* BULLA_OK: the response is well-formed and has an answer about the certificate, whatever it is
 * worth. BULLA_E_OCSP_OTHER_CERTIFICATE, _MALFORMED or _NOT_SUCCESSFUL. `issuer` may be NULL: then
 * its key is not compared, only its name. */
BULLA_MUST_CHECK bulla_cause ocsp_is_about(bulla_bytes response,
                                           const struct certificate *certificate,
                                           const struct certificate *issuer);

/* The nonce in a response, RFC 9654; empty where it has none or is malformed. Responders that sign
 * ahead (RFC 5019) have none, and whoever asks decides whether that will do. */
bulla_bytes ocsp_nonce(bulla_bytes response);

/* The hash of a key as it stands in the BIT STRING of its SubjectPublicKeyInfo, RFC 6960 4.1.1:
 * hash_len() bytes. */
BULLA_MUST_CHECK bool ocsp_hash_key(const struct certificate *certificate, enum hash_id hash,
                                    uint8_t *out);

#endif
