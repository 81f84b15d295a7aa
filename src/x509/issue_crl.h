/* SPDX-License-Identifier: Apache-2.0 */
/* Making CRLs, RFC 5280 section 5: what a CA publishes of the certificates that it took back. */
#ifndef X509_ISSUE_CRL_H
#define X509_ISSUE_CRL_H

#include "base/writer.h"
#include "x509/status.h"

struct issue_crl_entry {
    bulla_bytes serial; /* the INTEGER's content, as struct certificate has it */
    int64_t revoked_at;
    int reason; /* enum status_reason; _NONE and _UNSPECIFIED are left out, 5.3.1 */
};

struct issue_crl_request {
    int64_t this_update, next_update; /* seconds since 1970, UTC */
    uint64_t number;                  /* grows from one CRL to the next, 5.2.3 */
    const struct issue_crl_entry *entries;
    size_t num_entries;
    /* A partition, 5.2.5: the URL that its certificates name; NULL and false: a full CRL. */
    const char *distribution_point;
    bool only_user_certificates, only_ca_certificates;
};

/* Writes a version 2 CRL's DER, signed with the issuer's key. BULLA_E_API_MISUSE for dates the
 * wrong way round, a reason that no full CRL may give, both scopes at once;
 * BULLA_E_CERT_CA_FLAG_MISSING for an issuer whose key usage has no cRLSign. */
BULLA_MUST_CHECK bulla_cause issue_crl(const struct issue_crl_request *request,
                                       const struct certificate *issuer,
                                       const struct private_key *issuer_key,
                                       struct writer *out_der);

#endif
