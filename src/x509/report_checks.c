/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of a report. The validator stops at the first thing that speaks against a certificate;
 * a reader wants to know the rest too. So what depends on a certificate, its place and the request
 * alone is asked here of every entry; what needs a path (signatures, path lengths, name
 * constraints) has the validator's verdict or none. Nothing here decides: the headline stands. */
#include "x509/report_checks.h"
#include "x509/identity.h"
#include "x509/name.h"
#include "x509/pins.h"

/* One entry, while its checks are filled in. */
struct judging {
    const struct report_builder *builder;
    const struct certificate *certificate;
    bulla_report_entry *entry;
    bool accepted;
};

static void judge_entry(const struct judging *judging);
static void judge_leaf(const struct judging *judging);
static bool is_ca_in_vain(const struct judging *judging, bool signs);
static void judge_issuer(const struct judging *judging);
static void judge_issued(const struct judging *judging);
static void set(const struct judging *judging, bulla_check check, bulla_cause cause);
static void set_verdict(const struct judging *judging, bulla_check check, bulla_verdict verdict);
static bulla_cause dates_of(const struct certificate *certificate, int64_t now);
static bulla_cause issuer_of(const struct judging *judging);
static bulla_cause purpose_of(const struct judging *judging, uint32_t also);
static void settle_path_checks(const struct judging *judging);
static void settle_dates(bulla_report *report, const struct report_builder *builder);
static bool only_dates_fail(const bulla_report_entry *entry);

/* Which check has failed with which cause. */
static const struct {
    bulla_cause cause;
    bulla_check check;
} checks_of_causes[] = {
    {BULLA_E_CERT_MALFORMED, BULLA_CHECK_FORM},
    {BULLA_E_CERT_VERSION_UNSUPPORTED, BULLA_CHECK_FORM},
    {BULLA_E_CERT_EXTENSION_DUPLICATE, BULLA_CHECK_FORM},
    {BULLA_E_CERT_EXTENSION_MALFORMED, BULLA_CHECK_FORM},
    {BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, BULLA_CHECK_CRITICAL_EXTENSIONS},
    {BULLA_E_CERT_SIGNATURE_ALGORITHM_MISMATCH, BULLA_CHECK_FORM},
    {BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED, BULLA_CHECK_HASH_STRENGTH},
    {BULLA_E_CERT_KEY_UNSUPPORTED, BULLA_CHECK_KEY_STRENGTH},
    {BULLA_E_CERT_KEY_TOO_WEAK, BULLA_CHECK_KEY_STRENGTH},
    {BULLA_E_CERT_UNKNOWN_ISSUER, BULLA_CHECK_ISSUER},
    {BULLA_E_CERT_SELF_SIGNED, BULLA_CHECK_ISSUER},
    {BULLA_E_CERT_ROOT_UNTRUSTED, BULLA_CHECK_ISSUER},
    {BULLA_E_CERT_DISTRUSTED, BULLA_CHECK_ISSUER},
    {BULLA_E_CERT_CHAIN_TOO_LONG, BULLA_CHECK_PATH_LENGTH},
    {BULLA_E_CERT_PATH_LENGTH_EXCEEDED, BULLA_CHECK_PATH_LENGTH},
    {BULLA_E_CERT_SIGNATURE_INVALID, BULLA_CHECK_SIGNATURE},
    {BULLA_E_CERT_NOT_YET_VALID, BULLA_CHECK_DATES},
    {BULLA_E_CERT_EXPIRED, BULLA_CHECK_DATES},
    {BULLA_E_CERT_CA_FLAG_MISSING, BULLA_CHECK_CA_FLAG},
    {BULLA_E_CERT_IS_CA, BULLA_CHECK_CA_FLAG},
    {BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN, BULLA_CHECK_KEY_USAGE},
    {BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE, BULLA_CHECK_KEY_USAGE},
    {BULLA_E_CERT_PURPOSE_NOT_SERVER, BULLA_CHECK_PURPOSE},
    {BULLA_E_CERT_PURPOSE_NOT_CLIENT, BULLA_CHECK_PURPOSE},
    {BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED, BULLA_CHECK_NAME_CONSTRAINTS},
    {BULLA_E_CERT_NO_SUBJECT_ALT_NAME, BULLA_CHECK_NAME},
    {BULLA_E_CERT_NAME_MISMATCH, BULLA_CHECK_NAME},
    {BULLA_E_CERT_REVOKED, BULLA_CHECK_REVOCATION},
    {BULLA_E_CERT_REVOCATION_UNKNOWN, BULLA_CHECK_REVOCATION},
    {BULLA_E_CERT_STAPLE_MISSING, BULLA_CHECK_REVOCATION},
    {BULLA_E_CRL_MALFORMED, BULLA_CHECK_REVOCATION},
    {BULLA_E_CRL_UNSUPPORTED, BULLA_CHECK_REVOCATION},
    {BULLA_E_CRL_SIGNATURE_INVALID, BULLA_CHECK_REVOCATION},
    {BULLA_E_CRL_STALE, BULLA_CHECK_REVOCATION},
    {BULLA_E_CRL_NOT_YET_VALID, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_MALFORMED, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_NOT_SUCCESSFUL, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_SIGNATURE_INVALID, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_OTHER_CERTIFICATE, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_STALE, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_NOT_YET_VALID, BULLA_CHECK_REVOCATION},
    {BULLA_E_OCSP_NONCE_MISMATCH, BULLA_CHECK_REVOCATION},
    {BULLA_E_CERT_POLICY_VIOLATED, BULLA_CHECK_FORM},
    {BULLA_E_CERT_PROFILE_VIOLATED, BULLA_CHECK_FORM},
    {BULLA_E_CERT_SPIFFE_ID_INVALID, BULLA_CHECK_FORM},
    {BULLA_E_PINS_TOO_FEW, BULLA_CHECK_PINS},
    {BULLA_E_PIN_MISMATCH, BULLA_CHECK_PINS},
};

const char *bulla_check_name(bulla_check check) {
    static const char *const names[BULLA_NUM_CHECKS] = {"invalid",
                                                        "form",
                                                        "issuer",
                                                        "signature",
                                                        "dates",
                                                        "ca_flag",
                                                        "path_length",
                                                        "key_usage",
                                                        "purpose",
                                                        "name_constraints",
                                                        "key_strength",
                                                        "hash_strength",
                                                        "critical_extensions",
                                                        "name",
                                                        "revocation",
                                                        "pins"};
    return (unsigned)check < BULLA_NUM_CHECKS ? names[check] : names[0];
}

const char *bulla_verdict_name(bulla_verdict verdict) {
    static const char *const names[] = {"invalid", "passed",      "failed",
                                        "warning", "not reached", "not asked"};
    return (unsigned)verdict < sizeof names / sizeof *names ? names[verdict] : names[0];
}

bulla_check report_check_of(bulla_cause cause) {
    for (size_t i = 0; i < sizeof checks_of_causes / sizeof *checks_of_causes; i++) {
        if (checks_of_causes[i].cause == cause) {
            return checks_of_causes[i].check;
        }
    }
    return BULLA_CHECK_INVALID;
}

void report_checks_fill(struct report_builder *builder) {
    bulla_report *report = builder->out;
    for (size_t i = 0; i < report->num_entries; i++) {
        const struct judging judging = {.builder = builder,
                                        .certificate = builder->certificates[i],
                                        .entry = &report->entries[i],
                                        .accepted = builder->accepted[i]};
        judge_entry(&judging);
    }
    settle_dates(report, builder);
}

static void judge_entry(const struct judging *judging) {
    bulla_report_entry *entry = judging->entry;
    if (entry->depth == BULLA_REPORT_DEPTH_NONE) { /* it certifies nothing here */
        for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
            set_verdict(judging, (bulla_check)check, BULLA_VERDICT_NOT_ASKED);
        }
    } else {
        set(judging, BULLA_CHECK_DATES,
            dates_of(judging->certificate, judging->builder->request->now));
        set(judging, BULLA_CHECK_CRITICAL_EXTENSIONS,
            judging->certificate->unknown_critical ? BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN
                                                   : BULLA_OK);
        set(judging, BULLA_CHECK_KEY_STRENGTH,
            judging->certificate->key.kind == KEY_KIND_INVALID ? BULLA_E_CERT_KEY_UNSUPPORTED
            : judging->certificate->key.kind == KEY_KIND_RSA &&
                    judging->certificate->key.bits < 2048
                ? BULLA_E_CERT_KEY_TOO_WEAK
                : BULLA_OK);
        if (entry->depth == 0) {
            judge_leaf(judging);
        } else {
            judge_issuer(judging);
        }
        judge_issued(judging);
        settle_path_checks(judging);
    }
    bulla_check failed = report_check_of(entry->cause);
    if (failed != BULLA_CHECK_INVALID) {
        set(judging, failed, entry->cause);
    }
}

static void judge_leaf(const struct judging *judging) {
    const struct certificate *leaf = judging->certificate;
    bool no_signature = leaf->has_key_usage && (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0;
    set(judging, BULLA_CHECK_CA_FLAG,
        is_ca_in_vain(judging, !no_signature) ? BULLA_E_CERT_IS_CA : BULLA_OK);
    set(judging, BULLA_CHECK_KEY_USAGE,
        no_signature ? BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE : BULLA_OK);
    set(judging, BULLA_CHECK_PURPOSE, purpose_of(judging, 0));
    set_verdict(judging, BULLA_CHECK_PATH_LENGTH, BULLA_VERDICT_NOT_ASKED);
    if (judging->builder->request->name.kind == BULLA_NAME_NONE) {
        set_verdict(judging, BULLA_CHECK_NAME, BULLA_VERDICT_NOT_ASKED);
    } else {
        set(judging, BULLA_CHECK_NAME, identity_check(leaf, &judging->builder->request->name));
    }
}

/* Where a CA may not show itself: validate_leaf()'s rule, and spiffe_check_leaf()'s. */
static bool is_ca_in_vain(const struct judging *judging, bool signs) {
    const bulla_verify_request *request = judging->builder->request;
    bool trusted = judging->entry->from_trust || pins_are_alone(request->pins);
    bool is_svid = request->purpose == BULLA_PURPOSE_SVID_SERVER ||
                   request->purpose == BULLA_PURPOSE_SVID_CLIENT;
    return judging->certificate->is_ca &&
           (is_svid || (!trusted && (!signs || request->profile == BULLA_PROFILE_WEBPKI)));
}

static void judge_issuer(const struct judging *judging) {
    const struct certificate *issuer = judging->certificate;
    bool no_cert_sign = issuer->has_key_usage && (issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN) == 0;
    set(judging, BULLA_CHECK_CA_FLAG, issuer->is_ca ? BULLA_OK : BULLA_E_CERT_CA_FLAG_MISSING);
    set(judging, BULLA_CHECK_KEY_USAGE,
        no_cert_sign ? BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN : BULLA_OK);
    set(judging, BULLA_CHECK_PURPOSE, purpose_of(judging, EXTENDED_KEY_USAGE_ANY));
    set_verdict(judging, BULLA_CHECK_NAME, BULLA_VERDICT_NOT_ASKED);
}

/* What an anchor is not asked, nor what pins alone vouch for: who issued it. */
static void judge_issued(const struct judging *judging) {
    if (judging->entry->from_trust || pins_are_alone(judging->builder->request->pins)) {
        set_verdict(judging, BULLA_CHECK_ISSUER, BULLA_VERDICT_NOT_ASKED);
        set_verdict(judging, BULLA_CHECK_SIGNATURE, BULLA_VERDICT_NOT_ASKED);
        set_verdict(judging, BULLA_CHECK_HASH_STRENGTH, BULLA_VERDICT_NOT_ASKED);
        return;
    }
    set(judging, BULLA_CHECK_ISSUER, issuer_of(judging));
    set(judging, BULLA_CHECK_HASH_STRENGTH,
        judging->certificate->signature_algorithm.kind == SIGNATURE_INVALID
            ? BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED
            : BULLA_OK);
}

/* What nobody has a verdict on yet: passed on a path that was found, else not reached. */
static void settle_path_checks(const struct judging *judging) {
    const bulla_verify_request *request = judging->builder->request;
    bool has_revocation = request->revocation != BULLA_REVOCATION_INVALID &&
                          request->revocation != BULLA_REVOCATION_OFF &&
                          !judging->entry->from_trust && !pins_are_alone(request->pins);
    /* Pins that matched, but not this certificate, have asked nothing more of it. */
    bool has_pins = request->pins != NULL && judging->entry->depth == 0 &&
                    judging->builder->out->cause != BULLA_OK;
    for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
        if (judging->entry->checks[check].verdict != BULLA_VERDICT_INVALID) {
            continue;
        }
        bool later = check == BULLA_CHECK_REVOCATION || check == BULLA_CHECK_PINS;
        bool asked = check == BULLA_CHECK_REVOCATION ? has_revocation
                     : check == BULLA_CHECK_PINS     ? has_pins
                                                     : true;
        set_verdict(judging, (bulla_check)check,
                    !asked                        ? BULLA_VERDICT_NOT_ASKED
                    : judging->accepted && !later ? BULLA_VERDICT_PASSED
                                                  : BULLA_VERDICT_NOT_REACHED);
    }
}

static void set(const struct judging *judging, bulla_check check, bulla_cause cause) {
    judging->entry->checks[check] = (bulla_check_result){
        cause == BULLA_OK ? BULLA_VERDICT_PASSED : BULLA_VERDICT_FAILED, cause};
}

static void set_verdict(const struct judging *judging, bulla_check check, bulla_verdict verdict) {
    judging->entry->checks[check] = (bulla_check_result){verdict, BULLA_OK};
}

static bulla_cause dates_of(const struct certificate *certificate, int64_t now) {
    if (now < certificate->not_before) {
        return BULLA_E_CERT_NOT_YET_VALID;
    }
    return now > certificate->not_after ? BULLA_E_CERT_EXPIRED : BULLA_OK;
}

/* By names alone: whether somebody in the report could have issued this one. */
static bulla_cause issuer_of(const struct judging *judging) {
    const struct report_builder *builder = judging->builder;
    const struct certificate *certificate = judging->certificate;
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        const struct certificate *other = builder->certificates[i];
        if (other != certificate && name_equal(other->subject, certificate->issuer)) {
            return BULLA_OK;
        }
    }
    if (!name_equal(certificate->subject, certificate->issuer)) {
        return BULLA_E_CERT_UNKNOWN_ISSUER;
    }
    return judging->entry->depth == 0 ? BULLA_E_CERT_SELF_SIGNED : BULLA_E_CERT_ROOT_UNTRUSTED;
}

static bulla_cause purpose_of(const struct judging *judging, uint32_t also) {
    const struct certificate *certificate = judging->certificate;
    bulla_purpose purpose = judging->builder->request->purpose;
    bool server = purpose == BULLA_PURPOSE_SERVER_AUTH || purpose == BULLA_PURPOSE_SVID_SERVER;
    uint32_t wanted = server ? EXTENDED_KEY_USAGE_SERVER_AUTH : EXTENDED_KEY_USAGE_CLIENT_AUTH;
    if (!certificate->has_extended_key_usage ||
        (certificate->extended_key_usage & (wanted | also)) != 0) {
        return BULLA_OK;
    }
    return server ? BULLA_E_CERT_PURPOSE_NOT_SERVER : BULLA_E_CERT_PURPOSE_NOT_CLIENT;
}

/* Over the path that was found, or else over all that names connect with the leaf. */
static void settle_dates(bulla_report *report, const struct report_builder *builder) {
    bool any_accepted = false;
    bool others_fail = false;
    for (size_t i = 0; i < report->num_entries; i++) {
        any_accepted |= builder->accepted[i];
    }
    report->valid_from = INT64_MIN;
    report->valid_until = INT64_MAX;
    for (size_t i = 0; i < report->num_entries; i++) {
        const bulla_report_entry *entry = &report->entries[i];
        if (any_accepted ? !builder->accepted[i] : entry->depth == BULLA_REPORT_DEPTH_NONE) {
            continue;
        }
        report->valid_from =
            entry->not_before > report->valid_from ? entry->not_before : report->valid_from;
        report->valid_until =
            entry->not_after < report->valid_until ? entry->not_after : report->valid_until;
        others_fail |= !only_dates_fail(entry);
    }
    bool dates = report_check_of(report->cause) == BULLA_CHECK_DATES;
    report->clock_explains = dates && !others_fail && report->valid_from <= report->valid_until;
}

static bool only_dates_fail(const bulla_report_entry *entry) {
    for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
        if (check != BULLA_CHECK_DATES && entry->checks[check].verdict == BULLA_VERDICT_FAILED) {
            return false;
        }
    }
    return true;
}
