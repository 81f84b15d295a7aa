/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask for and do not get, and why: see bulla/policy.h. */
#ifndef TLS_WEAKNESS_H
#define TLS_WEAKNESS_H

#include <bulla/policy.h>

enum weakness_reason {
    WEAK_INVALID = 0,
    /* Versions. */
    WEAK_SSL2,
    WEAK_SSL3,
    WEAK_TLS_1_0,
    WEAK_TLS_1_1,
    /* Suites; of several reasons the gravest. */
    WEAK_NULL,
    WEAK_ANONYMOUS,
    WEAK_EXPORT,
    WEAK_RC4,
    WEAK_DES,
    WEAK_SHORT_BLOCKS,
    WEAK_STATIC_RSA,
    WEAK_STATIC_ECDH,
    WEAK_CBC,
    WEAK_DHE,
    WEAK_SHORT_TAG,
    /* Groups. */
    WEAK_SMALL_CURVE,
    WEAK_BINARY_CURVE,
    WEAK_EXPLICIT_CURVE,
    WEAK_FINITE_FIELD,
    /* Signature schemes. */
    WEAK_MD5,
    WEAK_SHA1,
    WEAK_SHA224,
    WEAK_DSA,
    NUM_WEAK_REASONS
};

struct weakness {
    uint16_t code;
    const char *name;       /* IANA's, or the usual one */
    const char *other_name; /* OpenSSL's; empty: the same, or none */
    enum weakness_reason reason;
};

/* weak_suites.c */
extern const struct weakness weak_suites[];
extern const size_t num_weak_suites;

/* All that is weak of one kind; `out_num` of them. */
const struct weakness *weaknesses_of(bulla_parameter kind, size_t *out_num);

/* The refusal of a code point that is not in the tables of parameters.h: the weak ones' own cause,
 * or BULLA_E_API_MISUSE. */
BULLA_MUST_CHECK bulla_cause weakness_refusal(bulla_parameter kind, uint16_t code);

#endif
