/* SPDX-License-Identifier: Apache-2.0 */
/* Making OCSP responses, RFC 6960 4.2: what a responder signs. */
#ifndef X509_ISSUE_OCSP_H
#define X509_ISSUE_OCSP_H

#include "base/writer.h"
#include "x509/status.h"

struct issue_ocsp_single {
    bulla_bytes serial; /* the INTEGER's content, as struct certificate has it */
    struct status_answer answer;
    int64_t this_update, next_update; /* seconds since 1970, UTC; next_update 0: left out */
};

struct issue_ocsp_request {
    int64_t produced_at;
    const struct issue_ocsp_single *singles;
    size_t num_singles;
    enum hash_id cert_id_hash; /* as the request had it: HASH_SHA1 or HASH_SHA256 */
    bulla_bytes nonce;         /* the request's; empty: none */
    /* A responder's certificate, issued by `issuer` for id-kp-OCSPSigning and sent along; NULL: the
     * issuer signs itself. */
    const struct certificate *responder;
    bool by_name; /* how the response names who signed it: else by the key's hash */
};

/* Writes a successful response's DER about certificates of `issuer`, signed with the responder's or
 * the issuer's key. BULLA_E_API_MISUSE for what the request's comments exclude. */
BULLA_MUST_CHECK bulla_cause issue_ocsp_response(const struct issue_ocsp_request *request,
                                                 const struct certificate *issuer,
                                                 const struct private_key *key,
                                                 struct writer *out_der);

/* Writes a response that is none: malformedRequest (1), internalError (2), tryLater (3),
 * sigRequired (5), unauthorized (6). */
BULLA_MUST_CHECK bulla_cause issue_ocsp_refusal(unsigned status, struct writer *out_der);

#endif
