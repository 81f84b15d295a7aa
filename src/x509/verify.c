/* SPDX-License-Identifier: Apache-2.0 */
/* The validator's front: the leaf, then a path (path.c), then the name (identity.c); and the
 * report, where one is wanted. Called by handshakes, and through bulla_verify() by everybody. */
#include "x509/verify.h"
#include "x509/identity.h"
#include "x509/name.h"
#include "x509/path.h"
#include "x509/validate.h"

static bulla_cause check_request(const bulla_verify_request *request, size_t num_chain);
static bulla_cause verify(const bulla_trust *trust, const struct certificate *leaf,
                          const bulla_bytes *others, size_t num_others,
                          const bulla_verify_request *request, struct report_builder *report);
static bulla_cause verify_trusted(const struct certificate *leaf,
                                  const bulla_verify_request *request,
                                  struct report_builder *report);
static bulla_cause verify_path(const bulla_trust *trust, const struct certificate *leaf,
                               const bulla_bytes *others, size_t num_others,
                               const bulla_verify_request *request, struct report_builder *report);
static bulla_cause fail_leaf(const struct certificate *leaf, bulla_cause cause,
                             struct report_builder *report);
static void accept_path(const struct path_search *search, struct report_builder *report);

bulla_cause bulla_verify(const bulla_trust *trust, const bulla_bytes *chain, size_t num_chain,
                         const bulla_verify_request *request, bulla_report *out_report) {
    struct certificate leaf = {0};
    bulla_cause cause = check_request(request, num_chain);
    if (cause == BULLA_OK) {
        cause = certificate_parse(&leaf, chain[0]);
    }
    if (cause == BULLA_OK) {
        return chain_verify(trust, &leaf, chain + 1, num_chain - 1, request, out_report);
    }
    if (out_report != NULL) {
        struct report_builder builder;
        report_begin(&builder, out_report, request);
        report_conclude(&builder, cause, leaf.der.len == 0 ? NULL : &leaf);
    }
    return cause;
}

bulla_cause chain_verify(const bulla_trust *trust, const struct certificate *leaf,
                         const bulla_bytes *others, size_t num_others,
                         const bulla_verify_request *request, bulla_report *out_report) {
    if (out_report == NULL) {
        return verify(trust, leaf, others, num_others, request, NULL);
    }
    struct report_builder builder;
    report_begin(&builder, out_report, request);
    return verify(trust, leaf, others, num_others, request, &builder);
}

static bulla_cause verify(const bulla_trust *trust, const struct certificate *leaf,
                          const bulla_bytes *others, size_t num_others,
                          const bulla_verify_request *request, struct report_builder *report) {
    bulla_cause cause = check_request(request, num_others + 1);
    if (cause != BULLA_OK) {
        report_conclude(report, cause, NULL);
        return cause;
    }
    bool trusted = trust_has(trust, leaf, name_hash(leaf->subject));
    cause = validate_leaf(leaf, request, trusted);
    if (cause != BULLA_OK) {
        return fail_leaf(leaf, cause, report);
    }
    return trusted ? verify_trusted(leaf, request, report)
                   : verify_path(trust, leaf, others, num_others, request, report);
}

/* Whether the question makes sense at all. */
static bulla_cause check_request(const bulla_verify_request *request, size_t num_chain) {
    if (request->purpose != BULLA_PURPOSE_SERVER_AUTH &&
        request->purpose != BULLA_PURPOSE_CLIENT_AUTH) {
        return BULLA_E_API_MISUSE;
    }
    if (num_chain == 0) {
        return BULLA_E_CERTIFICATE_LIST_EMPTY;
    }
    if (num_chain > BULLA_CHAIN_LEN_MAX) {
        return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
    }
    return identity_check_reference(&request->name);
}

/* The leaf is an anchor: there is no issuer to ask, and its own signature proves nothing more. */
static bulla_cause verify_trusted(const struct certificate *leaf,
                                  const bulla_verify_request *request,
                                  struct report_builder *report) {
    bulla_cause cause = identity_check(leaf, &request->name);
    if (cause != BULLA_OK) {
        return fail_leaf(leaf, cause, report);
    }
    report_accept(report, leaf, 0, true);
    report_conclude(report, BULLA_OK, leaf);
    return BULLA_OK;
}

static bulla_cause verify_path(const bulla_trust *trust, const struct certificate *leaf,
                               const bulla_bytes *others, size_t num_others,
                               const bulla_verify_request *request, struct report_builder *report) {
    struct path_search search;
    bulla_cause cause = path_search_run(&search, trust, request, report, leaf, others, num_others);
    if (report != NULL) {
        report->out->num_signatures_checked = search.num_signatures_checked;
    }
    if (cause != BULLA_OK) {
        report_conclude(report, cause, search.culprit);
    } else {
        /* The name comes last: of a certificate that nobody vouches for, names mean nothing. */
        accept_path(&search, report);
        cause = identity_check(leaf, &request->name);
        report_conclude(report, cause, cause == BULLA_OK ? search.path[search.num_path - 1] : leaf);
    }
    path_search_free(&search);
    return cause;
}

static bulla_cause fail_leaf(const struct certificate *leaf, bulla_cause cause,
                             struct report_builder *report) {
    report_conclude(report, cause, leaf);
    return cause;
}

static void accept_path(const struct path_search *search, struct report_builder *report) {
    for (size_t i = 0; i < search->num_path; i++) {
        report_accept(report, search->path[i], (unsigned)i, i == search->num_path - 1);
    }
}
