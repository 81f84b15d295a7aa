/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark's certificates: leaf, intermediate and root as a private CA of today would issue
 * them (RFC 5280 profile, subjectAltName alone for names). Called once for each kind. */
#include "chains.h"
#include "base/bytes.h"
#include "mint.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define CA_USAGE "critical,keyCertSign,cRLSign"

static const struct mint_profile PROFILE_ROOT = {
    .common_name = "Bench Root",
    .extensions = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, CA_USAGE}}};
static const struct mint_profile PROFILE_INTERMEDIATE = {
    .common_name = "Bench Intermediate",
    .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                   {NID_key_usage, CA_USAGE}}};
static const struct mint_profile PROFILE_SERVER = {
    .common_name = "Bench Server",
    .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                   {NID_key_usage, "critical,digitalSignature"},
                   {NID_ext_key_usage, "serverAuth"},
                   {NID_subject_alt_name, "DNS:" CHAIN_SERVER_NAME}}};
static const struct mint_profile PROFILE_CLIENT = {
    .common_name = "Bench Client",
    .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                   {NID_key_usage, "critical,digitalSignature"},
                   {NID_ext_key_usage, "clientAuth"},
                   {NID_subject_alt_name, "URI:spiffe://bench.example/client"}}};

static bool chains_write(struct chains *out, const struct minted *root,
                         const struct minted *intermediate, const struct minted *server,
                         const struct minted *client);
static bool pem_of_certificates(bulla_bytes *out, X509 *first, X509 *second);
static bool pem_of_key(bulla_bytes *out, EVP_PKEY *key);
static bool bytes_take(bulla_bytes *out, BIO *bio);

const char *chain_kind_name(enum chain_kind kind) {
    return kind == CHAIN_P256 ? "p256" : "rsa2048";
}

bool chains_make(struct chains *out, enum chain_kind kind) {
    enum mint_key_kind key = kind == CHAIN_P256 ? MINT_P256 : MINT_RSA2048;
    struct minted root = {0};
    struct minted intermediate = {0};
    struct minted server = {0};
    struct minted client = {0};
    *out = (struct chains){.kind = kind};

    bool made = mint(&root, mint_key(key), &PROFILE_ROOT, NULL, 1) &&
                mint(&intermediate, mint_key(key), &PROFILE_INTERMEDIATE, &root, 2) &&
                mint(&server, mint_key(key), &PROFILE_SERVER, &intermediate, 3) &&
                mint(&client, mint_key(key), &PROFILE_CLIENT, &intermediate, 4) &&
                chains_write(out, &root, &intermediate, &server, &client) &&
                mint_der(&out->server_chain_der[0], &server) &&
                mint_der(&out->server_chain_der[1], &intermediate) &&
                mint_der(&out->server_chain_der[2], &root);
    minted_free(&client);
    minted_free(&server);
    minted_free(&intermediate);
    minted_free(&root);
    if (!made) {
        ERR_print_errors_fp(stderr);
        chains_free(out);
    }
    return made;
}

void chains_free(struct chains *chains) {
    free((void *)(uintptr_t)chains->root_pem.data);
    free((void *)(uintptr_t)chains->server_chain_pem.data);
    free((void *)(uintptr_t)chains->server_key_pem.data);
    free((void *)(uintptr_t)chains->client_chain_pem.data);
    free((void *)(uintptr_t)chains->client_key_pem.data);
    for (size_t i = 0; i < CHAIN_LEN; i++) {
        free((void *)(uintptr_t)chains->server_chain_der[i].data);
    }
    EVP_PKEY_free(chains->server_key);
    *chains = (struct chains){.kind = chains->kind};
}

static bool chains_write(struct chains *out, const struct minted *root,
                         const struct minted *intermediate, const struct minted *server,
                         const struct minted *client) {
    if (!EVP_PKEY_up_ref(server->key)) {
        return false;
    }
    out->server_key = server->key;
    return pem_of_certificates(&out->root_pem, root->certificate, NULL) &&
           pem_of_certificates(&out->server_chain_pem, server->certificate,
                               intermediate->certificate) &&
           pem_of_certificates(&out->client_chain_pem, client->certificate,
                               intermediate->certificate) &&
           pem_of_key(&out->server_key_pem, server->key) &&
           pem_of_key(&out->client_key_pem, client->key);
}

/* `second` may be NULL. */
static bool pem_of_certificates(bulla_bytes *out, X509 *first, X509 *second) {
    BIO *bio = BIO_new(BIO_s_mem());
    bool written = bio != NULL && PEM_write_bio_X509(bio, first) &&
                   (second == NULL || PEM_write_bio_X509(bio, second)) && bytes_take(out, bio);
    BIO_free(bio);
    return written;
}

static bool pem_of_key(bulla_bytes *out, EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem());
    bool written = bio != NULL &&
                   PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) &&
                   bytes_take(out, bio);
    BIO_free(bio);
    return written;
}

static bool bytes_take(bulla_bytes *out, BIO *bio) {
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    if (len <= 0) {
        return false;
    }
    uint8_t *copy = bytes_duplicate(bytes_of(text, (size_t)len));
    *out = bytes_of(copy, copy == NULL ? 0 : (size_t)len);
    return copy != NULL;
}
