/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a chain's validation: every certificate that was tried, what failed, and what
 * would mend it. Self-contained: it owns copies of the names it mentions. */
#ifndef BULLA_REPORT_H
#define BULLA_REPORT_H

#include <bulla/certificate.h>
#include <bulla/memo.h>
#include <bulla/pins.h>
#include <bulla/revocation.h>
#include <bulla/trust.h>

enum { BULLA_REPORT_ENTRIES_MAX = 32, BULLA_REPORT_TEXT_MAX = 160 };

/* One certificate that was looked at, and the most specific thing that speaks against it. */
typedef struct bulla_report_entry {
    bulla_cause cause;  /* BULLA_OK where nothing does */
    unsigned depth;     /* 0 is the leaf; the place on the path where it was tried */
    int from_trust;     /* 1 for an anchor of the trust store, 0 for one that the peer sent */
    int64_t not_before; /* seconds since 1970, UTC */
    int64_t not_after;
    char subject[BULLA_REPORT_TEXT_MAX]; /* RFC 4514 form, UTF-8, cut with "..." */
    char issuer[BULLA_REPORT_TEXT_MAX];
    uint8_t sha256[32]; /* of the certificate */
} bulla_report_entry;

typedef struct bulla_report {
    bulla_cause cause; /* the headline: of several failures, the most specific */
    size_t headline;   /* the index of the entry it belongs to */
    size_t num_entries;
    size_t num_dropped; /* entries that had no room */
    size_t num_signatures_checked;
    bulla_report_entry entries[BULLA_REPORT_ENTRIES_MAX];
    /* What was found instead of what was wanted, in a sentence: the names that the certificate
     * does carry, by how long a date was missed, the issuer that is missing. */
    char evidence[512];
    char fix[512]; /* the cause's own fix, or a more exact one */
} bulla_report;

/* By whose rules certificates are judged beyond RFC 5280. */
typedef enum bulla_profile {
    BULLA_PROFILE_INVALID = 0,
    BULLA_PROFILE_PRIVATE, /* RFC 5280 alone: a CA of one's own */
    BULLA_PROFILE_WEBPKI,  /* and the CA/Browser Forum's rules for public TLS certificates */
} bulla_profile;

/* What a chain is judged by. */
typedef struct bulla_verify_request {
    bulla_purpose purpose;
    bulla_profile profile;
    bulla_name name;
    int64_t now;                 /* seconds since 1970, UTC */
    unsigned depth_max;          /* intermediates allowed on a path; 0 means none */
    bulla_revocation revocation; /* and what to ask about it: */
    const bulla_crls *crls;      /* NULL: none */
    bulla_bytes ocsp_response;   /* for the leaf, as stapled or fetched; empty: none */
    const bulla_pins *pins;      /* looked at after a path was found; NULL: none */
    bulla_memo *memo;            /* signatures that verified before; NULL: none */
} bulla_verify_request;

enum { BULLA_VERIFY_DEPTH_DEFAULT = 8, BULLA_CHAIN_LEN_MAX = 16 };

/* Validates `chain` (DER, the leaf first, the others in any order) against `trust`, RFC 5280 6.1
 * and RFC 9525. `out_report` may be NULL; where it is not, it is filled in whatever the outcome.
 * Returns the report's headline, BULLA_OK for a chain that is good. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_verify(const bulla_trust *trust,
                                                    const bulla_bytes *chain, size_t num_chain,
                                                    const bulla_verify_request *request,
                                                    bulla_report *out_report);

#endif
