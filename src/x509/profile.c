/* SPDX-License-Identifier: Apache-2.0 */
/* The profiles, RFC 5280 section 4, and what the strict one adds. Called by validate.c for each
 * certificate of a path, and for the sentence of a report.
 *
 * Every profile refuses what section 4 forbids and what would leave doubt about a path: a CA
 * without a name, a serial number that identifies nothing, rights of a CA in what is none. What
 * section 4 demands of CAs as issuers, without any bearing on the steps of 6.1, is demanded by
 * BULLA_PROFILE_STRICT alone: much software that private CAs are made of leaves it out. */
#include "x509/profile.h"
#include "x509/name.h"

static struct profile_verdict check_common(const struct certificate *certificate, bool is_anchor);
static struct profile_verdict check_strict(const struct certificate *certificate);
static bool is_self_signed(const struct certificate *certificate);
static struct profile_verdict violated(bulla_cause cause, const char *says);

struct profile_verdict profile_check(bulla_profile profile, const struct certificate *certificate,
                                     enum profile_place place) {
    struct profile_verdict verdict = check_common(certificate, place == PROFILE_ANCHOR);
    if (verdict.cause != BULLA_OK) {
        return verdict;
    }
    switch (profile) {
    case BULLA_PROFILE_STRICT:
        return check_strict(certificate);
    case BULLA_PROFILE_WEBPKI:
        return profile_webpki_check(certificate, place);
    case BULLA_PROFILE_PRIVATE:
    case BULLA_PROFILE_INVALID:
        break;
    }
    return verdict;
}

static struct profile_verdict check_common(const struct certificate *certificate, bool is_anchor) {
    bool no_subject = name_is_empty(certificate->subject);
    if (name_is_empty(certificate->issuer)) { /* 4.1.2.4 */
        return violated(BULLA_E_CERT_MALFORMED, "its issuer has no name");
    }
    if (no_subject && certificate->is_ca) { /* 4.1.2.6 */
        return violated(BULLA_E_CERT_MALFORMED, "it is a CA without a name");
    }
    /* 4.1.2.2; but Go Daddy's and Starfield's second roots have zero, EC-ACC a negative one. */
    bool positive =
        (certificate->serial.data[0] & 0x80) == 0 && !bytes_all_zero(certificate->serial);
    if (!positive && !is_anchor) {
        return violated(BULLA_E_CERT_MALFORMED, "its serial number is not positive");
    }
    if (certificate->wrong_time_form && !is_anchor) { /* 4.1.2.5; but Certum's second root has it */
        return violated(BULLA_E_CERT_MALFORMED, "a date is not in the notation for its year");
    }
    if (no_subject && !certificate->subject_alt_name_critical) { /* 4.2.1.6 */
        return violated(BULLA_E_CERT_EXTENSION_MALFORMED,
                        "its subject is empty and its subjectAltName not critical");
    }
    if (!certificate->is_ca && (certificate->key_usage & KEY_USAGE_KEY_CERT_SIGN) != 0) {
        return violated(BULLA_E_CERT_EXTENSION_MALFORMED, /* 4.2.1.9 */
                        "its key usage has keyCertSign, but it is no CA");
    }
    if (!certificate->is_ca && certificate->name_constraints.len != 0) { /* 4.2.1.10 */
        return violated(BULLA_E_CERT_EXTENSION_MALFORMED,
                        "it has name constraints, but it is no CA");
    }
    return violated(BULLA_OK, NULL);
}

/* What "conforming CAs MUST" write, beyond what 6.1 looks at. */
static struct profile_verdict check_strict(const struct certificate *certificate) {
    if (certificate->authority_key_id.len == 0 && !is_self_signed(certificate)) { /* 4.2.1.1 */
        return violated(
            BULLA_E_CERT_PROFILE_VIOLATED,
            "it has no authority key identifier, which only a self-signed one may omit");
    }
    if (certificate->is_ca && certificate->subject_key_id.len == 0) { /* 4.2.1.2 */
        return violated(BULLA_E_CERT_PROFILE_VIOLATED, "it is a CA without subject key identifier");
    }
    if (certificate->is_ca && !certificate->basic_constraints_critical) { /* 4.2.1.9 */
        return violated(BULLA_E_CERT_PROFILE_VIOLATED,
                        "it is a CA whose basic constraints are not critical");
    }
    if (certificate->name_constraints.len != 0 && !certificate->name_constraints_critical) {
        return violated(BULLA_E_CERT_PROFILE_VIOLATED, /* 4.2.1.10 */
                        "its name constraints are not critical");
    }
    return violated(BULLA_OK, NULL);
}

/* By the looks of it: an anchor's own signature is not verified. */
static bool is_self_signed(const struct certificate *certificate) {
    return name_equal(certificate->subject, certificate->issuer);
}

static struct profile_verdict violated(bulla_cause cause, const char *says) {
    return (struct profile_verdict){cause, says};
}
