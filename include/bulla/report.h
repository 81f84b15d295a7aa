/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a chain's validation: every certificate that was tried, what failed, and what
 * would mend it. Self-contained: it owns copies of the names it mentions. */
#ifndef BULLA_REPORT_H
#define BULLA_REPORT_H

#include <bulla/certificate.h>
#include <bulla/memo.h>
#include <bulla/pins.h>
#include <bulla/revocation.h>
#include <bulla/trust.h>

enum {
    BULLA_REPORT_ENTRIES_MAX = 32,
    BULLA_REPORT_TEXT_MAX = 160,
    BULLA_REPORT_NAMES_MAX = 256,
    BULLA_REPORT_SERIAL_MAX = 48,
};

/* What is asked of a certificate. */
typedef enum bulla_check {
    BULLA_CHECK_INVALID = 0,
    BULLA_CHECK_FORM, /* well-formed X.509, and the rules of its profile and purpose */
    BULLA_CHECK_ISSUER,
    BULLA_CHECK_SIGNATURE,
    BULLA_CHECK_DATES,
    BULLA_CHECK_CA_FLAG,
    BULLA_CHECK_PATH_LENGTH,
    BULLA_CHECK_KEY_USAGE,
    BULLA_CHECK_PURPOSE,
    BULLA_CHECK_NAME_CONSTRAINTS,
    BULLA_CHECK_KEY_STRENGTH,
    BULLA_CHECK_HASH_STRENGTH,
    BULLA_CHECK_CRITICAL_EXTENSIONS,
    BULLA_CHECK_NAME,
    BULLA_CHECK_REVOCATION,
    BULLA_CHECK_PINS,
    BULLA_NUM_CHECKS
} bulla_check;

typedef enum bulla_verdict {
    BULLA_VERDICT_INVALID = 0,
    BULLA_VERDICT_PASSED,
    BULLA_VERDICT_FAILED,
    BULLA_VERDICT_WARNING,
    BULLA_VERDICT_NOT_REACHED, /* something else failed before */
    BULLA_VERDICT_NOT_ASKED,   /* nothing to ask of this certificate in its place */
} bulla_verdict;

typedef struct bulla_check_result {
    bulla_verdict verdict;
    bulla_cause cause; /* of FAILED and WARNING; else BULLA_OK */
} bulla_check_result;

/* Of an entry that no path of names connects with the leaf. */
#define BULLA_REPORT_DEPTH_NONE (~0U)

/* One certificate that was looked at, and the most specific thing that speaks against it. */
typedef struct bulla_report_entry {
    bulla_cause cause;  /* BULLA_OK where nothing does */
    unsigned depth;     /* 0 is the leaf; the place on the path where it was tried */
    int from_trust;     /* 1 for an anchor of the trust store, 0 for one that the peer sent */
    int sent_at;        /* its place in what the peer sent, 0 the first; -1: it was not sent */
    int64_t not_before; /* seconds since 1970, UTC */
    int64_t not_after;
    int64_t revoked_at; /* where its cause is BULLA_E_CERT_REVOKED, and the CRLReason */
    int revocation_reason;
    const char *key_kind;                /* "ECDSA P-256", "RSA", ... ; a static string */
    unsigned key_bits;                   /* the curve's, or the modulus's */
    const char *signature_algorithm;     /* "ECDSA with SHA-256", ...; a static string */
    char subject[BULLA_REPORT_TEXT_MAX]; /* RFC 4514 form, UTF-8, cut with "..." */
    char issuer[BULLA_REPORT_TEXT_MAX];
    char names[BULLA_REPORT_NAMES_MAX];     /* of the subjectAltName: "DNS:a.test, IP:192.0.2.1" */
    char serial[BULLA_REPORT_SERIAL_MAX];   /* hexadecimal */
    char ca_issuers[BULLA_REPORT_TEXT_MAX]; /* where its issuer's certificate is published */
    uint8_t sha256[32];                     /* of the certificate */
    uint8_t public_key_sha256[32];          /* of its SubjectPublicKeyInfo */
    bulla_check_result checks[BULLA_NUM_CHECKS]; /* by bulla_check */
} bulla_report_entry;

/* Some 35 KB: for the heap rather than a small stack. */
typedef struct bulla_report {
    bulla_cause cause; /* the headline: of several failures, the most specific */
    /* A stable word, finer than the cause's name where more is known: "missing_intermediate" and
     * "unknown_root" are both BULLA_E_CERT_UNKNOWN_ISSUER. A static string, never NULL. */
    const char *diagnosis;
    size_t headline; /* the index of the entry it belongs to */
    size_t num_entries;
    size_t num_dropped; /* entries that had no room */
    size_t num_signatures_checked;
    int wrong_order; /* 1: the chain was not sent leaf first, each with its issuer next; harmless */
    /* The seconds in which all certificates of the chain are valid at once; empty (from > until)
     * where there are none. With `clock_explains`, a clock here that is wrong would explain every
     * fault that was found. */
    int64_t valid_from, valid_until;
    int clock_explains;
    bulla_report_entry entries[BULLA_REPORT_ENTRIES_MAX];
    /* What was found instead of what was wanted, in a sentence: the names that the certificate
     * does carry, by how long a date was missed, the issuer that is missing. */
    char evidence[1024];
    char fix[512]; /* the cause's own fix, or a more exact one */
} bulla_report;

/* A check's stable name, "key_usage"; "invalid" for others. */
BULLA_API const char *bulla_check_name(bulla_check check);
/* "passed", "failed", "warning", "not reached", "not asked"; "invalid" for others. */
BULLA_API const char *bulla_verdict_name(bulla_verdict verdict);

/* By whose rules certificates are judged beyond RFC 5280. */
typedef enum bulla_profile {
    BULLA_PROFILE_INVALID = 0,
    BULLA_PROFILE_PRIVATE, /* RFC 5280 alone: a CA of one's own */
    BULLA_PROFILE_WEBPKI,  /* and the CA/Browser Forum's rules for public TLS certificates */
    BULLA_PROFILE_STRICT,  /* and what RFC 5280 section 4 demands of issuing CAs besides: key
                            * identifiers, critical flags; to hold one's own CA to the letter */
} bulla_profile;

/* What a chain is judged by. */
typedef struct bulla_verify_request {
    bulla_purpose purpose;
    bulla_profile profile;
    bulla_name name;
    int64_t now;                 /* seconds since 1970, UTC */
    unsigned depth_max;          /* intermediates allowed on a path; 0 means none */
    bulla_revocation revocation; /* and what to ask about it: */
    const bulla_crls *crls;      /* NULL: none */
    bulla_bytes ocsp_response;   /* for the leaf, as stapled or fetched; empty: none */
    const bulla_pins *pins;      /* looked at after a path was found; NULL: none */
    bulla_memo *memo;            /* signatures that verified before; NULL: none */
} bulla_verify_request;

enum {
    BULLA_VERIFY_DEPTH_DEFAULT = 8,
    BULLA_VERIFY_CHAIN_LEN_MAX = 64, /* certificates that are judged at once */
    BULLA_CHAIN_LEN_MAX = 16,        /* and that a peer or a credential shows in a handshake */
};

/* Validates `chain` (DER, the leaf first, the others in any order) against `trust`, RFC 5280 6.1
 * and RFC 9525. `out_report` may be NULL; where it is not, it is filled in whatever the outcome.
 * Returns the report's headline, BULLA_OK for a chain that is good. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_verify(const bulla_trust *trust,
                                                    const bulla_bytes *chain, size_t num_chain,
                                                    const bulla_verify_request *request,
                                                    bulla_report *out_report);

#endif
