/* SPDX-License-Identifier: Apache-2.0 */
/* Makes roots of different names: two thirds RSA, one third P-384, as in Mozilla's store. RSA keys
 * take long to find, so that one serves them all; neither library looks for a key twice. */
#include "roots.h"
#include "base/bytes.h"
#include "mint.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static bool write_root(BIO *bio, EVP_PKEY *rsa_key, size_t index);

bool roots_make(bulla_bytes *out_pem, size_t num_roots) {
    EVP_PKEY *rsa_key = mint_key(MINT_RSA2048);
    BIO *bio = BIO_new(BIO_s_mem());
    bool made = rsa_key != NULL && bio != NULL;
    for (size_t i = 0; made && i < num_roots; i++) {
        made = write_root(bio, rsa_key, i);
    }
    char *text = NULL;
    long len = made ? BIO_get_mem_data(bio, &text) : 0;
    uint8_t *copy = len > 0 ? bytes_duplicate(bytes_of(text, (size_t)len)) : NULL;
    *out_pem = bytes_of(copy, copy == NULL ? 0 : (size_t)len);
    BIO_free(bio);
    EVP_PKEY_free(rsa_key);
    if (copy == NULL) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "bulla-bench: can't make roots\n");
    }
    return copy != NULL;
}

void roots_free(bulla_bytes *pem) {
    free((void *)(uintptr_t)pem->data);
    *pem = bytes_of(NULL, 0);
}

static bool write_root(BIO *bio, EVP_PKEY *rsa_key, size_t index) {
    char name[64];
    snprintf(name, sizeof(name), "Bench Public Root Authority %zu", index);
    const struct mint_profile profile = {
        .common_name = name,
        .extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                       {NID_key_usage, "critical,keyCertSign,cRLSign"}}};
    EVP_PKEY *key = index % 3 == 0 ? mint_key(MINT_P384) : rsa_key;
    struct minted root;
    if (key == rsa_key && EVP_PKEY_up_ref(rsa_key) != 1) {
        return false;
    }
    bool written = mint(&root, key, &profile, NULL, (long)index + 1) &&
                   PEM_write_bio_X509(bio, root.certificate) == 1;
    minted_free(&root);
    return written;
}
