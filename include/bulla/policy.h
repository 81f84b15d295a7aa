/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, suites, groups and signature schemes by name, for command lines and configuration
 * files: what there is, and why what is weak is not. */
#ifndef BULLA_POLICY_H
#define BULLA_POLICY_H

#include <bulla/config.h>

/* What a code point is a code point of. */
typedef enum bulla_parameter {
    BULLA_PARAMETER_INVALID = 0,
    BULLA_PARAMETER_VERSION,
    BULLA_PARAMETER_SUITE,
    BULLA_PARAMETER_GROUP,
    BULLA_PARAMETER_SIGNATURE_SCHEME,
} bulla_parameter;

/* Each takes IANA's name, OpenSSL's, or the usual short one ("1.2" and "TLSv1.2", "P-256" and
 * "prime256v1"), in any case of letters, and sets `out_code` to a code point that the setters of
 * bulla/config.h take. A name that is known and weak is BULLA_E_WEAK_VERSION,
 * BULLA_E_WEAK_SUITE, BULLA_E_WEAK_GROUP or BULLA_E_WEAK_SIGNATURE_SCHEME; `out_code` is set then
 * too, for bulla_weakness(). Any other name is BULLA_E_API_MISUSE. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_version_find(const char *name, uint16_t *out_code);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_suite_find(const char *name, uint16_t *out_code);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_group_find(const char *name, uint16_t *out_code);
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_signature_scheme_find(const char *name,
                                                                   uint16_t *out_code);

/* "modern" or "intermediate"; BULLA_E_API_MISUSE for others. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_policy_find(const char *name, bulla_policy *out);

/* Why a code point has no place here: a static sentence without its full stop; NULL for one that is
 * not weak, or not known. */
BULLA_API const char *bulla_weakness(bulla_parameter kind, uint16_t code);

#endif
