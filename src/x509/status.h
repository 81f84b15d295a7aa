/* SPDX-License-Identifier: Apache-2.0 */
/* What CRLs and OCSP responses have in common: an issuer's signed word on whether a certificate
 * still holds, for a time, with extensions. */
#ifndef X509_STATUS_H
#define X509_STATUS_H

#include "base/reader.h"
#include "der/oid.h"
#include "x509/certificate.h"

/* By how much our clock and an issuer's may differ, in seconds: thisUpdate may lie so far ahead and
 * nextUpdate so far back. */
enum { STATUS_CLOCK_SKEW = 300 };

enum certificate_status {
    STATUS_INVALID = 0,
    STATUS_GOOD,
    STATUS_REVOKED,
    STATUS_UNKNOWN, /* the issuer answers that it does not know the certificate */
};

/* CRLReason, RFC 5280 5.3.1. 7 is not used. */
enum status_reason {
    STATUS_REASON_NONE = -1, /* not given */
    STATUS_REASON_UNSPECIFIED = 0,
    STATUS_REASON_KEY_COMPROMISE = 1,
    STATUS_REASON_CA_COMPROMISE = 2,
    STATUS_REASON_AFFILIATION_CHANGED = 3,
    STATUS_REASON_SUPERSEDED = 4,
    STATUS_REASON_CESSATION_OF_OPERATION = 5,
    STATUS_REASON_CERTIFICATE_HOLD = 6, /* the one that may be taken back */
    STATUS_REASON_REMOVE_FROM_CRL = 8,  /* in delta CRLs alone */
    STATUS_REASON_PRIVILEGE_WITHDRAWN = 9,
    STATUS_REASON_AA_COMPROMISE = 10,
};

/* Times are seconds since 1970, UTC. The last two belong to STATUS_REVOKED. */
struct status_answer {
    enum certificate_status status;
    int64_t valid_until; /* of an answer that was found fresh: when it ends to be one */
    int64_t revoked_at;
    int reason; /* enum status_reason */
};

/* SIGNED{}, RFC 5280 4.1.1: the signed value, the algorithm, the signature. */
struct status_signed {
    bulla_bytes tbs;         /* what was signed: a whole SEQUENCE */
    bulla_bytes tbs_content; /* what stands in it */
    bulla_bytes algorithm;   /* the whole AlgorithmIdentifier */
    struct signature_algorithm signature_algorithm;
    bulla_bytes signature;
};

struct status_extension {
    enum oid oid;
    bulla_bytes type; /* the identifier's content, for those that are OID_UNKNOWN */
    bool critical;
    bulla_bytes value; /* what the OCTET STRING wraps */
};

enum status_age { STATUS_AGE_INVALID = 0, STATUS_EARLY, STATUS_FRESH, STATUS_STALE };

/* Reads the three parts of SIGNED{} from the content of its SEQUENCE. */
BULLA_MUST_CHECK bool status_read_signed(struct reader *content, struct status_signed *out);

/* BULLA_OK; BULLA_E_SIGNATURE_INVALID also where the algorithm or the key are too weak or do not
 * fit; others are our own failures. */
BULLA_MUST_CHECK bulla_cause status_verify_signed(const struct status_signed *data,
                                                  const struct certificate *signer);

/* One Extension of Extensions. */
BULLA_MUST_CHECK bool status_read_extension(struct reader *extensions,
                                            struct status_extension *out);

/* A CRLReason, ENUMERATED; false for one that is not. */
BULLA_MUST_CHECK bool status_read_reason(struct reader *reader, int *out_reason);

enum status_age status_age(int64_t this_update, int64_t next_update, int64_t now);

/* True for a revocation that stands though the word on it is old: all but certificateHold, for
 * nothing else is ever taken back (RFC 5280 5.3.1). */
bool status_is_final(const struct status_answer *answer);

/* True for what is nobody's answer but our own failure: no memory, libcrypto. */
bool status_is_fatal(bulla_cause cause);

#endif
