/* SPDX-License-Identifier: Apache-2.0 */
/* The validator's front: the leaf, then a path (path.c), its revocation (revocation.c), the name
 * (identity.c), the pins (pins.c); and the report, where one is wanted. Called by handshakes, and
 * through bulla_verify() by everybody.
 *
 * Where pins are the whole trust, no path is looked for: the leaf is held to what a leaf that is
 * itself an anchor is held to, dates and name included, and its pin takes the anchor's part. */
#include "x509/verify.h"
#include "x509/identity.h"
#include "x509/name.h"
#include "x509/path.h"
#include "x509/pins.h"
#include "x509/revocation.h"
#include "x509/validate.h"

/* One question, and where its answer is written. */
struct inquiry {
    const bulla_trust *trust;
    const bulla_verify_request *request;
    struct report_builder *report; /* NULL: nobody wants to know */
    int64_t *out_valid_until;      /* likewise */
};

static bulla_cause check_request(const bulla_trust *trust, const bulla_verify_request *request,
                                 size_t num_chain);
static bool modes_are_valid(const bulla_verify_request *request);
static bulla_cause verify(const struct inquiry *inquiry, const struct certificate *leaf,
                          const bulla_bytes *others, size_t num_others);
static bulla_cause verify_path(const struct inquiry *inquiry, const struct certificate *leaf,
                               const bulla_bytes *others, size_t num_others);
static bulla_cause judge_path(const struct inquiry *inquiry, const struct certificate *const *path,
                              size_t num_path, const struct certificate **out_culprit);
static bulla_cause check_pins(const struct inquiry *inquiry, const struct certificate *const *path,
                              size_t num_path, int64_t *valid_until);
static int64_t path_not_after(const struct certificate *const *path, size_t num_path);
static int64_t earlier(int64_t a, int64_t b);
static void accept_path(const struct inquiry *inquiry, const struct certificate *const *path,
                        size_t num_path);

bulla_cause bulla_verify(const bulla_trust *trust, const bulla_bytes *chain, size_t num_chain,
                         const bulla_verify_request *request, bulla_report *out_report) {
    struct certificate leaf = {0};
    bulla_cause cause = check_request(trust, request, num_chain);
    if (cause == BULLA_OK) {
        cause = certificate_parse(&leaf, chain[0]);
    }
    if (cause == BULLA_OK) {
        return chain_verify(trust, &leaf, chain + 1, num_chain - 1, request, out_report, NULL);
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
                         const bulla_verify_request *request, bulla_report *out_report,
                         int64_t *out_valid_until) {
    struct report_builder builder;
    struct inquiry inquiry = {
        .trust = trust, .request = request, .out_valid_until = out_valid_until};
    if (out_report != NULL) {
        report_begin(&builder, out_report, request);
        report_sent(&builder, trust, leaf, others, num_others);
        inquiry.report = &builder;
    }
    bulla_cause cause = check_request(trust, request, num_others + 1);
    if (cause != BULLA_OK) {
        report_conclude(inquiry.report, cause, NULL);
        return cause;
    }
    return verify(&inquiry, leaf, others, num_others);
}

/* Whether the question makes sense at all. */
static bulla_cause check_request(const bulla_trust *trust, const bulla_verify_request *request,
                                 size_t num_chain) {
    if (!modes_are_valid(request) || (trust == NULL && !pins_are_alone(request->pins))) {
        return BULLA_E_API_MISUSE;
    }
    if (num_chain == 0) {
        return BULLA_E_CERTIFICATE_LIST_EMPTY;
    }
    if (num_chain > BULLA_VERIFY_CHAIN_LEN_MAX) {
        return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
    }
    return identity_check_reference(&request->name);
}

static bool modes_are_valid(const bulla_verify_request *request) {
    return request->purpose >= BULLA_PURPOSE_SERVER_AUTH &&
           request->purpose <= BULLA_PURPOSE_SVID_CLIENT &&
           request->profile >= BULLA_PROFILE_PRIVATE && request->profile <= BULLA_PROFILE_STRICT &&
           request->revocation >= BULLA_REVOCATION_OFF &&
           request->revocation <= BULLA_REVOCATION_HARD;
}

/* Where the leaf is an anchor there is no issuer to ask, and its own signature proves nothing more.
 */
static bulla_cause verify(const struct inquiry *inquiry, const struct certificate *leaf,
                          const bulla_bytes *others, size_t num_others) {
    bool trusted = pins_are_alone(inquiry->request->pins) ||
                   trust_has(inquiry->trust, leaf, name_hash(leaf->subject));
    const struct certificate *culprit = leaf;
    bulla_cause cause = validate_leaf(leaf, inquiry->request, trusted);
    if (cause == BULLA_OK && !trusted) {
        return verify_path(inquiry, leaf, others, num_others);
    }
    if (cause == BULLA_OK) {
        cause = judge_path(inquiry, &leaf, 1, &culprit);
    }
    report_conclude(inquiry->report, cause, culprit);
    return cause;
}

static bulla_cause verify_path(const struct inquiry *inquiry, const struct certificate *leaf,
                               const bulla_bytes *others, size_t num_others) {
    struct path_search search;
    bulla_cause cause = path_search_run(&search, inquiry->trust, inquiry->request, inquiry->report,
                                        leaf, others, num_others);
    const struct certificate *culprit = search.culprit;
    if (inquiry->report != NULL) {
        inquiry->report->out->num_signatures_checked = search.num_signatures_checked;
    }
    if (cause == BULLA_OK) {
        cause = judge_path(inquiry, search.path, search.num_path, &culprit);
    }
    report_conclude(inquiry->report, cause, culprit);
    path_search_free(&search);
    return cause;
}

/* What is asked of a path that was found. The name comes after: of a certificate that nobody
 * vouches for, names mean nothing. `out_culprit` is the anchor where all is well. */
static bulla_cause judge_path(const struct inquiry *inquiry, const struct certificate *const *path,
                              size_t num_path, const struct certificate **out_culprit) {
    struct revocation_outcome revocation;
    int64_t valid_until = path_not_after(path, num_path);
    accept_path(inquiry, path, num_path);
    if (num_path > 1) {
        bulla_cause cause = revocation_check(inquiry->request, path, num_path, &revocation);
        report_revocation(inquiry->report, path, num_path, &revocation);
        if (cause != BULLA_OK) {
            *out_culprit = path[revocation.failed];
            return cause;
        }
        valid_until = earlier(valid_until, revocation.valid_until);
    }
    *out_culprit = path[0];
    bulla_cause cause = identity_check(path[0], &inquiry->request->name);
    if (cause == BULLA_OK) {
        cause = check_pins(inquiry, path, num_path, &valid_until);
    }
    if (cause == BULLA_OK) {
        *out_culprit = path[num_path - 1];
    }
    if (cause == BULLA_OK && inquiry->out_valid_until != NULL) {
        *inquiry->out_valid_until = valid_until;
    }
    return cause;
}

static bulla_cause check_pins(const struct inquiry *inquiry, const struct certificate *const *path,
                              size_t num_path, int64_t *valid_until) {
    struct pins_outcome pins;
    const bulla_verify_request *request = inquiry->request;
    if (request->pins == NULL) {
        return BULLA_OK;
    }
    bulla_cause cause = pins_check(request->pins, path, num_path, request->now, &pins);
    report_pins(inquiry->report, &pins);
    *valid_until = earlier(*valid_until, pins.valid_until);
    return cause;
}

/* The anchor's dates are judged like the others'. */
static int64_t path_not_after(const struct certificate *const *path, size_t num_path) {
    int64_t end = INT64_MAX;
    for (size_t i = 0; i < num_path; i++) {
        end = earlier(end, path[i]->not_after);
    }
    return end;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void accept_path(const struct inquiry *inquiry, const struct certificate *const *path,
                        size_t num_path) {
    bool anchored = num_path > 1 || !pins_are_alone(inquiry->request->pins);
    for (size_t i = 0; i < num_path; i++) {
        report_accept(inquiry->report, path[i], (unsigned)i, anchored && i == num_path - 1);
    }
}
