/* SPDX-License-Identifier: Apache-2.0 */
/* Making certificates and certification requests: RFC 5280 section 4, RFC 2986. */
#ifndef X509_ISSUE_H
#define X509_ISSUE_H

#include "base/random.h"
#include "base/writer.h"
#include "x509/certificate.h"

enum { ISSUE_NAMES_MAX = 16 };

/* A subjectAltName entry: BULLA_NAME_DNS (text), _IP (4 or 16 bytes) or _URI (text). */
struct issue_request {
    const char *common_name;  /* NULL: none */
    const char *organization; /* NULL: none */
    bulla_name names[ISSUE_NAMES_MAX];
    size_t num_names;
    int64_t not_before, not_after; /* seconds since 1970, UTC */
    bool is_ca;
    int path_len;                  /* CA: intermediates allowed below; -1: no limit */
    bool server_auth, client_auth; /* end entity: extended key usages */
};

/* Writes a certificate's DER for the subject's public key (a whole SubjectPublicKeyInfo), signed
 * with `issuer_key`. `issuer` is the issuing CA's certificate; NULL makes it self-signed (then the
 * key in `subject_key` must be issuer_key's). Serial: 128 random bits, positive. Extensions:
 * basicConstraints (critical), keyUsage (critical), extendedKeyUsage, SKI, AKI, SAN (critical where
 * the subject is empty). */
BULLA_MUST_CHECK bulla_cause issue_certificate(const struct issue_request *request,
                                               bulla_bytes subject_key,
                                               const struct certificate *issuer,
                                               const struct private_key *issuer_key,
                                               const struct random_source *random,
                                               struct writer *out_der);

/* Writes a CSR's DER (PKCS#10) with the SAN as an extensionRequest. */
BULLA_MUST_CHECK bulla_cause issue_signing_request(const struct issue_request *request,
                                                   const struct private_key *key,
                                                   struct writer *out_der);

/* Writes the SubjectPublicKeyInfo of a private key (EC, Ed25519, RSA). */
BULLA_MUST_CHECK bulla_cause issue_public_key_info(const struct private_key *key,
                                                   struct writer *out_der);

#endif
