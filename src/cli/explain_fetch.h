/* SPDX-License-Identifier: Apache-2.0 */
/* `bulla explain --fetch`: what the certificates of a chain point at is asked for, over plain http:
 * the status of each below the anchor (OCSP for the leaf, CRLs), and the issuers that are missing.
 */
#ifndef CLI_EXPLAIN_FETCH_H
#define CLI_EXPLAIN_FETCH_H

#include "http/fetch.h"
#include <bulla/report.h>

enum {
    FETCHED_ITEMS_MAX = 16,  /* questions in all, whatever a chain points at */
    FETCHED_ISSUERS_MAX = 3, /* missing in a row */
    FETCHED_URL_MAX = 512,
    FETCHED_SAYS_MAX = FETCH_SAYS_MAX + 128,
};

/* One question and what came of it. */
struct fetched_item {
    const char *kind;                    /* "ocsp", "crl", "issuer" */
    char subject[BULLA_REPORT_TEXT_MAX]; /* of the certificate that points there */
    char url[FETCHED_URL_MAX];
    size_t len; /* of what came; 0: nothing did */
    /* "good", "revoked", "unknown", "found" (an issuer), "failed" (nothing came), or the name of
     * the cause for which it can't be used. */
    const char *outcome;
    char says[FETCHED_SAYS_MAX]; /* a sentence; may be empty */
};

struct fetched {
    struct fetched_item items[FETCHED_ITEMS_MAX];
    size_t num_items;
    bulla_bytes ocsp_response; /* that was believed; views `owned_ocsp` */
    struct fetch_result owned_ocsp;
    uint8_t *issuers[FETCHED_ISSUERS_MAX];
    size_t issuer_items[FETCHED_ISSUERS_MAX]; /* the questions that they answer */
    char issuer_names[FETCHED_ISSUERS_MAX][BULLA_REPORT_TEXT_MAX];
    size_t num_issuers;
    bulla_cause mended; /* of the chain together with `issuers`; where there are some */
};

/* Asks whatever is open of `chain`, the leaf first, as it was sent. `request` and `inout_crls` get
 * what was believed (`inout_crls` is the request's set, made where there is none). Asks nothing of
 * a leaf that is refused by itself, nothing of the status where revocation is off. fetched_free().
 */
void fetched_run(struct fetched *out, const bulla_trust *trust, const bulla_bytes *chain,
                 size_t num_chain, bulla_verify_request *request, bulla_crls **inout_crls);
void fetched_free(struct fetched *fetched);

/* What would mend a chain whose issuers had to be fetched. */
void fetched_print_fix(const struct fetched *fetched, char *out, size_t cap);

#endif
