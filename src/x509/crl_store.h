/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_crls: CRLs in the order of their issuers. */
#ifndef X509_CRL_STORE_H
#define X509_CRL_STORE_H

#include "x509/crl.h"
#include <bulla/revocation.h>

size_t crl_store_len(const bulla_crls *crls);

/* The first CRL at `from` or after whose issuer is called so, and where it stands; NULL: none. */
const struct crl *crl_store_find(const bulla_crls *crls, bulla_bytes issuer, size_t from,
                                 size_t *out_place);

/* SET_DIGEST_LEN bytes that say which CRLs these are, whatever their order. */
BULLA_MUST_CHECK bulla_cause crl_store_digest(const bulla_crls *crls, uint8_t *out);

#endif
