/* SPDX-License-Identifier: Apache-2.0 */
/* Both validators behind calls of one form: a store of either's own making, and a chain of DER
 * certificates held against it for a TLS server called CHAIN_SERVER_NAME. */
#ifndef BENCH_VALIDATOR_H
#define BENCH_VALIDATOR_H

#include "chains.h"
#include <bulla/report.h>
#include <openssl/x509.h>

/* Zeroed memory is a valid empty one. */
struct validator {
    bulla_trust *trust;
    bulla_memo *memo;
    int64_t now;
    X509_STORE *store;
};

enum verdict { VERDICT_FAILED = 0, VERDICT_GOOD, VERDICT_REFUSED };

/* Says why on stderr where it fails; validator_free() it either way. */
BULLA_MUST_CHECK bool validator_make(struct validator *out, bulla_bytes root_pem);
void validator_free(struct validator *validator);

/* The two halves of making one: every certificate of the PEM text is an anchor. */
BULLA_MUST_CHECK bool trust_ours(struct validator *out, bulla_bytes pem);
BULLA_MUST_CHECK bool trust_theirs(struct validator *out, bulla_bytes pem);

/* Gives the validator a signature memory that knows nothing. */
BULLA_MUST_CHECK bool validator_forget(struct validator *validator);

/* `out_report` may be NULL. */
BULLA_MUST_CHECK bulla_cause validate_ours(struct validator *validator, const bulla_bytes *chain,
                                           size_t num_chain, bulla_report *out_report);
BULLA_MUST_CHECK enum verdict validate_theirs(struct validator *validator, const bulla_bytes *chain,
                                              size_t num_chain);

#endif
