/* SPDX-License-Identifier: Apache-2.0 */
/* Path validation, RFC 5280 6.1, with the standard's letters at each step. Asked by path.c, which
 * chooses the certificates; nothing here searches.
 *
 * Departures from 6.1, all to the strict side but the last:
 * - A trust anchor is more than a name and a key: its own dates, CA flag, key usage, path length,
 *   purposes and name constraints hold, as in every other implementation that users know. Only its
 *   signature and the hash under it do not matter.
 * - An intermediate's or anchor's extended key usage bounds what stands below it (6.1 does not
 *   know purposes; browsers and Mozilla's and Microsoft's root programs do).
 * - The leaf may not be a CA, except where exactly it was trusted: one self-signed certificate as
 *   both, as test set-ups make it, is its owner's explicit choice.
 * - RSA below 2048 bits and signatures over MD5 or SHA-1 do not pass.
 * - (d), (e), (f), (a) to (j) of 6.1.4 on policies: see certificate_extensions.c.
 * - (a)(3), revocation, is asked elsewhere. */
#include "x509/validate.h"
#include "x509/name.h"
#include "x509/name_constraints.h"

/* NIST SP 800-57 part 1, table 2: 112 bits of strength; as the CA/Browser Forum demands it. */
enum { RSA_BITS_MIN = 2048 };

static bulla_cause check_dates(const struct certificate *certificate, int64_t now);
static bulla_cause check_key(const struct public_key_info *key);
static bool serves_purpose(const struct certificate *certificate, bulla_purpose purpose,
                           uint32_t also);
static bulla_cause purpose_missing(bulla_purpose purpose);
static bulla_cause check_remainder(const struct certificate *certificate, int64_t now,
                                   bool is_anchor);
static bulla_cause check_path_lengths(const struct certificate *const *path, size_t num_path,
                                      size_t *out_failed);
static bulla_cause check_constraints(const struct certificate *const *path, size_t num_path,
                                     uint32_t *comparisons_left, size_t *out_failed);

/* 6.1.5 (wrap-up) and the demands of TLS on the certificate that signs the handshake. */
bulla_cause validate_leaf(const struct certificate *leaf, const bulla_verify_request *request,
                          bool trusted) {
    if (leaf->is_ca && !trusted) {
        return BULLA_E_CERT_IS_CA;
    }
    if (!serves_purpose(leaf, request->purpose, 0)) {
        /* anyExtendedKeyUsage alone does not do: 4.2.1.12 leaves that to the application, and who
           issues for TLS names TLS. */
        return purpose_missing(request->purpose);
    }
    if (leaf->has_key_usage && (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) == 0) {
        return BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE; /* RFC 8446 4.4.2.2 */
    }
    return check_remainder(leaf, request->now, trusted);
}

bulla_cause validate_issuer(const struct certificate *issuer, const bulla_verify_request *request,
                            bool is_anchor) {
    /* 6.1.4 (k) */
    if (!issuer->is_ca) {
        return BULLA_E_CERT_CA_FLAG_MISSING;
    }
    /* 6.1.4 (n) */
    if (issuer->has_key_usage && (issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN) == 0) {
        return BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN;
    }
    if (!serves_purpose(issuer, request->purpose, EXTENDED_KEY_USAGE_ANY)) {
        return purpose_missing(request->purpose);
    }
    return check_remainder(issuer, request->now, is_anchor);
}

/* 6.1.3 (a)(1); the names of (a)(4) were compared by whoever found the issuer. */
bulla_cause validate_signature(const struct certificate *certificate,
                               const struct public_key *issuer_key) {
    const struct signature_algorithm *algorithm = &certificate->signature_algorithm;
    if (algorithm->kind == SIGNATURE_INVALID) {
        return BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED;
    }
    bulla_cause cause = public_key_verify(issuer_key, algorithm->kind, algorithm->hash,
                                          certificate->tbs, certificate->signature);
    /* An algorithm that does not fit the issuer's key can't have made a signature with it. */
    bool wrong = cause == BULLA_E_SIGNATURE_INVALID || cause == BULLA_E_KEY_UNSUPPORTED;
    return wrong ? BULLA_E_CERT_SIGNATURE_INVALID : cause;
}

bulla_cause validate_path(const struct certificate *const *path, size_t num_path,
                          uint32_t *comparisons_left, size_t *out_failed) {
    bulla_cause cause = check_path_lengths(path, num_path, out_failed);
    return cause == BULLA_OK ? check_constraints(path, num_path, comparisons_left, out_failed)
                             : cause;
}

bool validate_is_self_issued(const struct certificate *certificate) {
    return name_equal(certificate->subject, certificate->issuer);
}

struct profile_verdict validate_profile(const struct certificate *certificate, bool is_anchor) {
    bool no_subject = name_is_empty(certificate->subject);
    if (name_is_empty(certificate->issuer)) { /* 4.1.2.4 */
        return (struct profile_verdict){BULLA_E_CERT_MALFORMED, "its issuer has no name"};
    }
    if (no_subject && certificate->is_ca) { /* 4.1.2.6 */
        return (struct profile_verdict){BULLA_E_CERT_MALFORMED, "it is a CA without a name"};
    }
    /* 4.1.2.2; but Go Daddy's and Starfield's second roots have zero, EC-ACC a negative one. */
    bool positive =
        (certificate->serial.data[0] & 0x80) == 0 && !bytes_all_zero(certificate->serial);
    if (!positive && !is_anchor) {
        return (struct profile_verdict){BULLA_E_CERT_MALFORMED,
                                        "its serial number is not positive"};
    }
    if (no_subject && !certificate->subject_alt_name_critical) { /* 4.2.1.6 */
        return (struct profile_verdict){BULLA_E_CERT_EXTENSION_MALFORMED,
                                        "its subject is empty and its subjectAltName not critical"};
    }
    if (!certificate->is_ca && (certificate->key_usage & KEY_USAGE_KEY_CERT_SIGN) != 0) {
        return (struct profile_verdict){BULLA_E_CERT_EXTENSION_MALFORMED, /* 4.2.1.9 */
                                        "its key usage has keyCertSign, but it is no CA"};
    }
    if (!certificate->is_ca && certificate->name_constraints.len != 0) { /* 4.2.1.10 */
        return (struct profile_verdict){BULLA_E_CERT_EXTENSION_MALFORMED,
                                        "it has name constraints, but it is no CA"};
    }
    return (struct profile_verdict){BULLA_OK, NULL};
}

/* 6.1.3 (a)(2); both ends are within, 4.1.2.5. */
static bulla_cause check_dates(const struct certificate *certificate, int64_t now) {
    if (now < certificate->not_before) {
        return BULLA_E_CERT_NOT_YET_VALID;
    }
    return now > certificate->not_after ? BULLA_E_CERT_EXPIRED : BULLA_OK;
}

static bulla_cause check_key(const struct public_key_info *key) {
    if (key->kind == KEY_KIND_INVALID) {
        return BULLA_E_CERT_KEY_UNSUPPORTED;
    }
    return key->kind == KEY_KIND_RSA && key->bits < RSA_BITS_MIN ? BULLA_E_CERT_KEY_TOO_WEAK
                                                                 : BULLA_OK;
}

/* Without the extension a certificate is for every purpose, 4.2.1.12. */
static bool serves_purpose(const struct certificate *certificate, bulla_purpose purpose,
                           uint32_t also) {
    uint32_t wanted = purpose == BULLA_PURPOSE_SERVER_AUTH ? EXTENDED_KEY_USAGE_SERVER_AUTH
                                                           : EXTENDED_KEY_USAGE_CLIENT_AUTH;
    return !certificate->has_extended_key_usage ||
           (certificate->extended_key_usage & (wanted | also)) != 0;
}

static bulla_cause purpose_missing(bulla_purpose purpose) {
    return purpose == BULLA_PURPOSE_SERVER_AUTH ? BULLA_E_CERT_PURPOSE_NOT_SERVER
                                                : BULLA_E_CERT_PURPOSE_NOT_CLIENT;
}

/* What leaves and issuers have in common, the more telling first. */
static bulla_cause check_remainder(const struct certificate *certificate, int64_t now,
                                   bool is_anchor) {
    bulla_cause cause = check_dates(certificate, now);
    if (cause == BULLA_OK) {
        cause = check_key(&certificate->key);
    }
    /* 6.1.4 (o), 6.1.5 (f) */
    if (cause == BULLA_OK && certificate->unknown_critical) {
        cause = BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN;
    }
    return cause == BULLA_OK ? validate_profile(certificate, is_anchor).cause : cause;
}

/* 6.1.4 (l) and (m), from the anchor down. The leaf is no intermediate, whatever it says. */
static bulla_cause check_path_lengths(const struct certificate *const *path, size_t num_path,
                                      size_t *out_failed) {
    uint32_t max_path_length = UINT32_MAX;
    for (size_t i = num_path - 1; i > 0; i--) {
        bool is_anchor = i == num_path - 1;
        if (!is_anchor && !validate_is_self_issued(path[i])) {
            if (max_path_length == 0) { /* (l) */
                *out_failed = i;
                return BULLA_E_CERT_PATH_LENGTH_EXCEEDED;
            }
            max_path_length--;
        }
        if (path[i]->has_path_len && path[i]->path_len < max_path_length) { /* (m) */
            max_path_length = path[i]->path_len;
        }
    }
    return BULLA_OK;
}

/* 6.1.3 (b), (c) and 6.1.4 (g). That permitted subtrees are intersected and excluded ones united
 * means: each CA's constraints hold for every certificate below it. Self-issued ones are exempt but
 * for the last in the path. */
static bulla_cause check_constraints(const struct certificate *const *path, size_t num_path,
                                     uint32_t *comparisons_left, size_t *out_failed) {
    for (size_t ca = num_path - 1; ca > 0; ca--) {
        if (path[ca]->name_constraints.len == 0) {
            continue;
        }
        for (size_t i = ca; i-- > 0;) {
            if (i != 0 && validate_is_self_issued(path[i])) {
                continue;
            }
            bulla_cause cause = name_constraints_check(path[ca], path[i], comparisons_left);
            if (cause != BULLA_OK) {
                *out_failed = cause == BULLA_E_CERT_EXTENSION_MALFORMED ? ca : i;
                return cause;
            }
        }
    }
    return BULLA_OK;
}
