/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate revocation list, RFC 5280 section 5: parsed once, then asked often. */
#ifndef X509_CRL_H
#define X509_CRL_H

#include "x509/status.h"

struct crl_verdicts;

/* Views into `der`, which is on the heap. Beside it an index takes 8 to 12 bytes an entry. */
struct crl {
    uint8_t *der;
    size_t der_len;
    struct status_signed signed_data;
    bulla_bytes issuer; /* a whole Name */
    int64_t this_update;
    bool has_next_update;
    int64_t next_update;
    bulla_bytes authority_key_id; /* a hint; empty: none */

    /* What it speaks of, 5.2.5. A fullName's GeneralNames; empty: whatever the issuer issued. */
    bool has_distribution_point;
    bulla_bytes distribution_point;
    bool only_user_certificates, only_ca_certificates, only_attribute_certificates;
    bool only_some_reasons;

    bulla_bytes entries; /* the content of revokedCertificates */
    size_t num_entries;
    size_t num_buckets;    /* a power of two; 0 where there are no entries */
    uint32_t *bucket_ends; /* where each bucket's part of `offsets` ends */
    uint32_t *offsets;     /* of entries, by bucket */
    struct crl_verdicts *verdicts;
};

/* Parses one whole CRL, every entry included, and indexes it; takes `der` (from malloc) over where
 * that succeeds: crl_free() it. BULLA_E_CRL_MALFORMED, BULLA_E_CRL_UNSUPPORTED. */
BULLA_MUST_CHECK bulla_cause crl_open(struct crl *out, uint8_t *der, size_t der_len);
void crl_free(struct crl *crl);

/* Asks for the status of a certificate that `issuer` issued; the CRL's issuer has been found to be
 * called so. BULLA_OK: `out` says STATUS_GOOD or STATUS_REVOKED. Where it gives no answer:
 * BULLA_E_CERT_REVOCATION_UNKNOWN (it is not about this certificate), or what is wrong with it. May
 * be called by several threads at a time. */
BULLA_MUST_CHECK bulla_cause crl_check(const struct crl *crl, const struct certificate *certificate,
                                       const struct certificate *issuer, int64_t now,
                                       struct status_answer *out);

/* Looks a serial number (an INTEGER's content) up, whatever the CRL's signature and dates. */
BULLA_MUST_CHECK bool crl_find(const struct crl *crl, bulla_bytes serial,
                               struct status_answer *out);

#endif
