/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_credential, for the handshake. */
#ifndef X509_CREDENTIAL_H
#define X509_CREDENTIAL_H

#include "x509/certificate.h"
#include <bulla/credential.h>
#include <bulla/report.h>

#include <stdatomic.h>

struct bulla_credential {
    atomic_size_t num_owners;
    size_t num_certificates;
    bulla_bytes certificates[BULLA_CHAIN_LEN_MAX]; /* DER, views into `der` */
    uint8_t *der;                                  /* one heap block for the whole chain */
    struct certificate leaf;                       /* parsed; views into `der` */
    uint8_t names_digest[32]; /* SHA-256 of the leaf's names; of one without, of all of it */
    bool remote;              /* the key is elsewhere; `key` is empty */
    struct private_key key;
    bulla_bytes ocsp_response; /* to be stapled; empty: none */
    uint8_t *ocsp_der;         /* the same, heap */
    /* Where only the response is its own: whose chain and key these are; referenced. NULL: none. */
    struct bulla_credential *original;
};

#endif
