/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for the status of each certificate below the anchor: RFC 5280 6.1.3 (a)(3) and 6.3, with
 * the answers that are at hand. The leaf has its stapled OCSP response and CRLs, the others have
 * CRLs.
 *
 * What says "revoked" refuses, in whatever mode and wherever it stands. What says "good" has to be
 * fresh, signed, complete and about this certificate. Everything between is a missing answer: it
 * refuses in hard mode, and in soft mode it is reported.
 *
 * A server's certificate that promises a stapled response (RFC 7633) needs a good one in either
 * mode, whatever CRLs say. From clients none is demanded: 7633 binds those who were asked for a
 * response, and servers of ours do not ask.
 *
 * Called by verify.c once a path was found. */
#include "x509/revocation.h"
#include "x509/crl_store.h"
#include "x509/ocsp.h"

/* What is known of one certificate. `lack` is BULLA_OK where an answer was found, else why none. */
struct finding {
    struct status_answer answer;
    bulla_cause lack;
    bulla_cause staple;  /* what came of the stapled response */
    int64_t valid_until; /* the first end of an answer that was taken */
};

static bulla_cause check_one(const bulla_verify_request *request,
                             const struct certificate *const *path, size_t place,
                             struct finding *out);
static bulla_cause ask_staple(const bulla_verify_request *request,
                              const struct certificate *const *path, struct status_answer *out);
static bulla_cause ask_crls(const bulla_verify_request *request,
                            const struct certificate *certificate, const struct certificate *issuer,
                            struct finding *out);
static bool lacks_staple(const bulla_verify_request *request, const struct certificate *leaf,
                         const struct finding *finding);
static unsigned rank(bulla_cause cause);
static int64_t earlier(int64_t a, int64_t b);

bulla_cause revocation_check(const bulla_verify_request *request,
                             const struct certificate *const *path, size_t num_path,
                             struct revocation_outcome *out) {
    *out = (struct revocation_outcome){
        .cause = BULLA_OK,
        .warning = BULLA_OK,
        .valid_until = INT64_MAX,
        .reason = STATUS_REASON_NONE,
    };
    if (request->revocation == BULLA_REVOCATION_OFF) {
        return BULLA_OK;
    }
    if (request->revocation != BULLA_REVOCATION_SOFT &&
        request->revocation != BULLA_REVOCATION_HARD) {
        return out->cause = BULLA_E_API_MISUSE;
    }
    bulla_cause promise = BULLA_OK; /* of a stapled response, that was not kept */
    for (size_t i = 0; i + 1 < num_path; i++) {
        struct finding finding;
        bulla_cause cause = check_one(request, path, i, &finding);
        if (cause != BULLA_OK) {
            *out = (struct revocation_outcome){.cause = cause,
                                               .failed = i,
                                               .warning = BULLA_OK,
                                               .revoked_at = finding.answer.revoked_at,
                                               .reason = finding.answer.reason};
            return cause;
        }
        out->missing[i] = finding.lack;
        out->valid_until = earlier(out->valid_until, finding.valid_until);
        if (i == 0 && lacks_staple(request, path[0], &finding)) {
            promise = finding.staple;
        }
        if (finding.lack != BULLA_OK && rank(finding.lack) > rank(out->warning)) {
            out->warning = finding.lack;
            out->failed = i;
        }
    }
    if (promise != BULLA_OK) {
        *out = (struct revocation_outcome){
            .cause = promise, .warning = BULLA_OK, .reason = STATUS_REASON_NONE};
    } else if (request->revocation == BULLA_REVOCATION_HARD && out->warning != BULLA_OK) {
        out->cause = out->warning;
        out->warning = BULLA_OK;
    }
    return out->cause;
}

/* BULLA_OK: not known to be revoked. */
static bulla_cause check_one(const bulla_verify_request *request,
                             const struct certificate *const *path, size_t place,
                             struct finding *out) {
    *out = (struct finding){.answer = {.reason = STATUS_REASON_NONE},
                            .lack = BULLA_E_CERT_REVOCATION_UNKNOWN,
                            .staple = BULLA_E_CERT_STAPLE_MISSING,
                            .valid_until = INT64_MAX};
    if (place == 0 && request->ocsp_response.len != 0) {
        out->staple = ask_staple(request, path, &out->answer);
        if (out->staple == BULLA_E_CERT_REVOKED || status_is_fatal(out->staple)) {
            return out->staple;
        }
        out->lack = out->staple;
        if (out->staple == BULLA_OK) {
            out->valid_until = out->answer.valid_until;
        }
    }
    return request->crls == NULL ? BULLA_OK : ask_crls(request, path[place], path[place + 1], out);
}

static bulla_cause ask_staple(const bulla_verify_request *request,
                              const struct certificate *const *path, struct status_answer *out) {
    const struct ocsp_question question = {
        .certificate = path[0], .issuer = path[1], .now = request->now, .memo = request->memo};
    bulla_cause cause = ocsp_check(request->ocsp_response, &question, out);
    if (cause != BULLA_OK) {
        return cause;
    }
    return out->status == STATUS_GOOD      ? BULLA_OK
           : out->status == STATUS_REVOKED ? BULLA_E_CERT_REVOKED
                                           : BULLA_E_CERT_REVOCATION_UNKNOWN;
}

/* All of the issuer's CRLs are asked, for one may list what another has left out. */
static bulla_cause ask_crls(const bulla_verify_request *request,
                            const struct certificate *certificate, const struct certificate *issuer,
                            struct finding *out) {
    size_t place = 0;
    const struct crl *crl = crl_store_find(request->crls, certificate->issuer, 0, &place);
    while (crl != NULL) {
        struct status_answer answer;
        bulla_cause cause = crl_check(crl, certificate, issuer, request->now, &answer);
        if (status_is_fatal(cause)) {
            return cause;
        }
        if (cause == BULLA_OK && answer.status == STATUS_REVOKED) {
            out->answer = answer;
            return BULLA_E_CERT_REVOKED;
        }
        if (cause == BULLA_OK) {
            out->lack = BULLA_OK;
            out->valid_until = earlier(out->valid_until, answer.valid_until);
        } else if (out->lack != BULLA_OK && rank(cause) > rank(out->lack)) {
            out->lack = cause;
        }
        crl = crl_store_find(request->crls, certificate->issuer, place + 1, &place);
    }
    return BULLA_OK;
}

static bool lacks_staple(const bulla_verify_request *request, const struct certificate *leaf,
                         const struct finding *finding) {
    bool is_server = request->purpose == BULLA_PURPOSE_SERVER_AUTH ||
                     request->purpose == BULLA_PURPOSE_SVID_SERVER;
    return leaf->must_staple && is_server && finding->staple != BULLA_OK;
}

/* Of several answers that are none, the one that came nearest says most of what is to be mended;
 * no cause but BULLA_OK has rank 0, so that none passes for an answer. */
static unsigned rank(bulla_cause cause) {
    static const bulla_cause nearest_last[] = {
        BULLA_E_CERT_REVOCATION_UNKNOWN,
        BULLA_E_CRL_UNSUPPORTED,
        BULLA_E_CRL_MALFORMED,
        BULLA_E_OCSP_MALFORMED,
        BULLA_E_OCSP_NOT_SUCCESSFUL,
        BULLA_E_OCSP_OTHER_CERTIFICATE,
        BULLA_E_CRL_SIGNATURE_INVALID,
        BULLA_E_OCSP_SIGNATURE_INVALID,
        BULLA_E_OCSP_NONCE_MISMATCH,
        BULLA_E_CRL_NOT_YET_VALID,
        BULLA_E_OCSP_NOT_YET_VALID,
        BULLA_E_CRL_STALE,
        BULLA_E_OCSP_STALE,
    };
    for (unsigned i = 0; i < sizeof nearest_last / sizeof *nearest_last; i++) {
        if (nearest_last[i] == cause) {
            return i + 1;
        }
    }
    return cause == BULLA_OK ? 0 : 1;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}
