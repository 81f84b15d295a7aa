/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials (bulla/credential.h): a chain out of PEM, read and checked once, and the key to its
 * leaf. The chain is kept as it was given, since that is what the peer will be shown; that it is in
 * order beyond the leaf is for the peer to care about (RFC 8446 4.4.2). */
#include "x509/credential.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "der/pem.h"
#include "der/private_key.h"
#include "x509/name.h"
#include "x509/ocsp.h"

#include <stdlib.h>

/* All certificates together fit the 24-bit length of a Certificate message many times over; a real
 * chain has 5 KiB. */
enum { CHAIN_DER_LEN_MAX = 1 << 18, PUBLIC_KEY_LEN_MAX = RSA_BITS_MAX / 8 };

/* What a peer still reads: a Certificate message of 64 KiB has to hold it beside the chain. */
enum { OCSP_RESPONSE_LEN_MAX = 1 << 15 };

static bulla_cause new_with_chain(bulla_credential **out, bulla_bytes chain_pem);
static bulla_cause read_chain(bulla_credential *credential, bulla_bytes pem);
static bulla_cause collect(bulla_credential *credential, bulla_bytes pem, struct writer *der);
static bulla_cause parse_chain(bulla_credential *credential);
static bulla_cause check_key(const bulla_credential *credential);
static bulla_cause check_response(const bulla_credential *credential, bulla_bytes ocsp_der);
static bulla_credential *share(bulla_credential *credential);

bulla_cause bulla_credential_new(bulla_credential **out, bulla_bytes chain_pem, bulla_bytes key_pem,
                                 bulla_bytes password) {
    bulla_credential *credential;
    bulla_cause cause = new_with_chain(&credential, chain_pem);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = private_key_from_pem(&credential->key, key_pem, password);
    if (cause == BULLA_OK) {
        cause = check_key(credential);
    }
    if (cause != BULLA_OK) {
        bulla_credential_free(credential);
        return cause;
    }
    *out = credential;
    return BULLA_OK;
}

bulla_cause bulla_credential_new_remote(bulla_credential **out, bulla_bytes chain_pem) {
    bulla_credential *credential;
    bulla_cause cause = new_with_chain(&credential, chain_pem);
    if (cause == BULLA_OK) {
        credential->remote = true;
        *out = credential;
    }
    return cause;
}

bulla_cause bulla_credential_with_ocsp_response(bulla_credential **out,
                                                bulla_credential *credential,
                                                bulla_bytes ocsp_der) {
    bulla_cause cause = ocsp_der.len == 0 ? BULLA_OK : check_response(credential, ocsp_der);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_credential *with_response = share(credential);
    if (with_response == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    if (ocsp_der.len != 0) {
        with_response->ocsp_der = bytes_duplicate(ocsp_der);
        with_response->ocsp_response = bytes_of(with_response->ocsp_der, ocsp_der.len);
        if (with_response->ocsp_der == NULL) {
            bulla_credential_free(with_response);
            return BULLA_E_OUT_OF_MEMORY;
        }
    }
    *out = with_response;
    return BULLA_OK;
}

bulla_bytes bulla_credential_certificate(const bulla_credential *credential, size_t index) {
    return index < credential->num_certificates ? credential->certificates[index]
                                                : bytes_of(NULL, 0);
}

bulla_credential *bulla_credential_ref(bulla_credential *credential) {
    atomic_fetch_add_explicit(&credential->num_owners, 1, memory_order_relaxed);
    return credential;
}

void bulla_credential_free(bulla_credential *credential) {
    if (credential == NULL ||
        atomic_fetch_sub_explicit(&credential->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (credential->original != NULL) {
        bulla_credential_free(credential->original);
    } else {
        private_key_free(&credential->key);
        free(credential->der);
    }
    free(credential->ocsp_der);
    free(credential);
}

static bulla_cause new_with_chain(bulla_credential **out, bulla_bytes chain_pem) {
    bulla_credential *credential = calloc(1, sizeof *credential);
    if (credential == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&credential->num_owners, 1);
    bulla_cause cause = read_chain(credential, chain_pem);
    if (cause != BULLA_OK) {
        bulla_credential_free(credential);
        return cause;
    }
    *out = credential;
    return BULLA_OK;
}

static bulla_cause read_chain(bulla_credential *credential, bulla_bytes pem) {
    struct writer der = writer_growing(CHAIN_DER_LEN_MAX);
    bulla_bytes written;
    bulla_cause cause = collect(credential, pem, &der);
    if (cause == BULLA_OK && !writer_finish(&der, &written)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause != BULLA_OK) {
        writer_free(&der);
        return cause;
    }
    credential->der = der.buffer;
    return parse_chain(credential);
}

/* Every CERTIFICATE block, one after the other; other blocks (the key in the same file, say) are
 * passed over. The views have lengths alone until the buffer stops growing. */
static bulla_cause collect(bulla_credential *credential, bulla_bytes pem, struct writer *der) {
    struct reader text = reader_over(pem);
    struct pem_block block;
    bulla_cause cause = pem_next(&text, &block);
    while (cause == BULLA_OK) {
        bool wanted = bytes_equal(block.label, BYTES_OF("CERTIFICATE"));
        if (wanted && credential->num_certificates == BULLA_CHAIN_LEN_MAX) {
            pem_block_free(&block);
            return BULLA_E_CERTIFICATE_LIST_TOO_LONG;
        }
        if (wanted) {
            credential->certificates[credential->num_certificates++].len = block.der_len;
            writer_bytes(der, bytes_of(block.der, block.der_len));
        }
        pem_block_free(&block);
        cause = pem_next(&text, &block);
    }
    return cause == BULLA_E_PEM_NOT_FOUND && credential->num_certificates != 0 ? BULLA_OK : cause;
}

/* A chain with a certificate that no peer can read is found out here, not in a handshake. */
static bulla_cause parse_chain(bulla_credential *credential) {
    const uint8_t *next = credential->der;
    for (size_t i = 0; i < credential->num_certificates; i++) {
        bulla_bytes *view = &credential->certificates[i];
        struct certificate issuer;
        view->data = next;
        next += view->len;
        bulla_cause cause = certificate_parse(i == 0 ? &credential->leaf : &issuer, *view);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    const struct certificate *leaf = &credential->leaf;
    hash_once(HASH_SHA256, leaf->has_subject_alt_name ? leaf->subject_alt_name : leaf->der,
              credential->names_digest);
    return BULLA_OK;
}

static bulla_cause check_key(const bulla_credential *credential) {
    const struct public_key_info *certified = &credential->leaf.key;
    uint8_t buffer[PUBLIC_KEY_LEN_MAX];
    size_t len;
    if (certified->kind == KEY_KIND_INVALID) {
        return BULLA_E_CERT_KEY_UNSUPPORTED;
    }
    if (certified->kind != credential->key.kind) {
        return BULLA_E_KEY_MISMATCH;
    }
    bulla_cause cause = private_key_public(&credential->key, buffer, sizeof buffer, &len);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_bytes expected = certified->kind == KEY_KIND_RSA ? certified->modulus : certified->point;
    return bytes_equal(bytes_of(buffer, len), expected) ? BULLA_OK : BULLA_E_KEY_MISMATCH;
}

/* The issuer is at hand where the chain is in order, as it should be. */
static bulla_cause check_response(const bulla_credential *credential, bulla_bytes ocsp_der) {
    struct certificate issuer;
    if (ocsp_der.len > OCSP_RESPONSE_LEN_MAX) {
        return BULLA_E_API_MISUSE;
    }
    bool issuer_known = credential->num_certificates > 1 &&
                        certificate_parse(&issuer, credential->certificates[1]) == BULLA_OK &&
                        name_equal(issuer.subject, credential->leaf.issuer);
    return ocsp_is_about(ocsp_der, &credential->leaf, issuer_known ? &issuer : NULL);
}

/* The original's, whoever it was made from: of a response that is renewed every day, all the others
 * are not kept. */
static bulla_credential *share(bulla_credential *credential) {
    bulla_credential *original = credential->original == NULL ? credential : credential->original;
    bulla_credential *shared = calloc(1, sizeof *shared);
    if (shared == NULL) {
        return NULL;
    }
    atomic_init(&shared->num_owners, 1);
    shared->original = bulla_credential_ref(original);
    shared->num_certificates = original->num_certificates;
    for (size_t i = 0; i < original->num_certificates; i++) {
        shared->certificates[i] = original->certificates[i];
    }
    shared->leaf = original->leaf;
    bytes_copy(shared->names_digest, sizeof shared->names_digest, BYTES_IN(original->names_digest));
    shared->remote = original->remote;
    shared->key = original->key;
    return shared;
}
