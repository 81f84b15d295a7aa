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
 * - The leaf's key must be one that may sign a handshake (RFC 8446 4.4.2.2).
 * - RSA below 2048 bits and signatures over MD5 or SHA-1 do not pass.
 * - The steps on policies, (d) to (f) of 6.1.3 and (a), (b), (h) to (j) of 6.1.4: see policy.c.
 * - (a)(3), revocation, is asked in verify.c, once a path was found. */
#include "x509/validate.h"
#include "x509/name.h"
#include "x509/name_constraints.h"
#include "x509/policy.h"
#include "x509/profile.h"
#include "x509/spiffe.h"

/* NIST SP 800-57 part 1, table 2: 112 bits of strength; as the CA/Browser Forum demands it. */
enum { RSA_BITS_MIN = 2048 };

static bulla_cause check_leaf_usage(const struct certificate *leaf,
                                    const bulla_verify_request *request, bool trusted);
static bulla_cause check_dates(const struct certificate *certificate, int64_t now);
static bulla_cause check_key(const struct public_key_info *key);
static bool serves_purpose(const struct certificate *certificate, bulla_purpose purpose,
                           uint32_t also);
static bulla_cause purpose_missing(bulla_purpose purpose);
static bool is_for_server(bulla_purpose purpose);
static bool is_for_svid(bulla_purpose purpose);
static bulla_cause check_remainder(const struct certificate *certificate,
                                   const bulla_verify_request *request, enum profile_place place);
static bulla_cause check_path_lengths(const struct certificate *const *path, size_t num_path,
                                      size_t *out_failed);
static bulla_cause check_constraints(const struct certificate *const *path, size_t num_path,
                                     uint32_t *comparisons_left, size_t *out_failed);

/* 6.1.5 (wrap-up) and the demands of TLS on the certificate that signs the handshake. */
bulla_cause validate_leaf(const struct certificate *leaf, const bulla_verify_request *request,
                          bool trusted) {
    bulla_cause cause = check_leaf_usage(leaf, request, trusted);
    if (cause == BULLA_OK) {
        cause = check_remainder(leaf, request, PROFILE_LEAF);
    }
    return cause == BULLA_OK && is_for_svid(request->purpose) ? spiffe_check_leaf(leaf) : cause;
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
    bulla_cause cause =
        check_remainder(issuer, request, is_anchor ? PROFILE_ANCHOR : PROFILE_INTERMEDIATE);
    bool svid = cause == BULLA_OK && !is_anchor && is_for_svid(request->purpose);
    return svid ? spiffe_check_issuer(issuer) : cause;
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
    if (cause == BULLA_OK) {
        cause = check_constraints(path, num_path, comparisons_left, out_failed);
    }
    return cause == BULLA_OK ? policy_check(path, num_path, comparisons_left, out_failed) : cause;
}

bool validate_is_self_issued(const struct certificate *certificate) {
    return name_equal(certificate->subject, certificate->issuer);
}

static bulla_cause check_leaf_usage(const struct certificate *leaf,
                                    const bulla_verify_request *request, bool trusted) {
    bool signs = !leaf->has_key_usage || (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) != 0;
    /* RFC 5280 lets the last certificate be a CA (4.2.1.9); BR 7.1.2.7.8 does not, except where
       exactly this one was made the anchor, its owner's explicit choice. */
    if (leaf->is_ca && !trusted && (!signs || request->profile == BULLA_PROFILE_WEBPKI)) {
        return BULLA_E_CERT_IS_CA;
    }
    if (!serves_purpose(leaf, request->purpose, 0)) {
        /* anyExtendedKeyUsage alone does not do: 4.2.1.12 leaves that to the application, and who
           issues for TLS names TLS. */
        return purpose_missing(request->purpose);
    }
    return signs ? BULLA_OK : BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE; /* RFC 8446 4.4.2.2 */
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
    uint32_t wanted =
        is_for_server(purpose) ? EXTENDED_KEY_USAGE_SERVER_AUTH : EXTENDED_KEY_USAGE_CLIENT_AUTH;
    return !certificate->has_extended_key_usage ||
           (certificate->extended_key_usage & (wanted | also)) != 0;
}

static bulla_cause purpose_missing(bulla_purpose purpose) {
    return is_for_server(purpose) ? BULLA_E_CERT_PURPOSE_NOT_SERVER
                                  : BULLA_E_CERT_PURPOSE_NOT_CLIENT;
}

static bool is_for_server(bulla_purpose purpose) {
    return purpose == BULLA_PURPOSE_SERVER_AUTH || purpose == BULLA_PURPOSE_SVID_SERVER;
}

static bool is_for_svid(bulla_purpose purpose) {
    return purpose == BULLA_PURPOSE_SVID_SERVER || purpose == BULLA_PURPOSE_SVID_CLIENT;
}

/* What leaves and issuers have in common, the more telling first. */
static bulla_cause check_remainder(const struct certificate *certificate,
                                   const bulla_verify_request *request, enum profile_place place) {
    bulla_cause cause = check_dates(certificate, request->now);
    if (cause == BULLA_OK) {
        cause = check_key(&certificate->key);
    }
    /* 6.1.4 (o), 6.1.5 (f) */
    if (cause == BULLA_OK && certificate->unknown_critical) {
        cause = BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN;
    }
    return cause == BULLA_OK ? profile_check(request->profile, certificate, place).cause : cause;
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
