/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the benchmark's certificates with libcrypto's X.509 functions, which belong to neither of
 * the two sides that are compared: leaf, intermediate and root as a private CA of today would
 * issue them (RFC 5280 profile, subjectAltName alone for names). Called once for each kind. */
#include "chains.h"
#include "base/bytes.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

enum { CHAIN_LIFE_SECONDS = 7 * 24 * 3600, CHAIN_CLOCK_SLACK_SECONDS = 3600 };

/* One certificate to be made, with its extensions in openssl.cnf's notation. */
struct profile {
    const char *common_name;
    const char *basic_constraints;
    const char *key_usage;
    const char *extended_key_usage; /* NULL for none */
    const char *subject_alt_name;   /* NULL for none */
};

static const struct profile PROFILE_ROOT = {"Bench Root", "critical,CA:TRUE",
                                            "critical,keyCertSign,cRLSign", NULL, NULL};
static const struct profile PROFILE_INTERMEDIATE = {
    "Bench Intermediate", "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", NULL, NULL};
static const struct profile PROFILE_SERVER = {"Bench Server", "critical,CA:FALSE",
                                              "critical,digitalSignature", "serverAuth",
                                              "DNS:" CHAIN_SERVER_NAME};
static const struct profile PROFILE_CLIENT = {"Bench Client", "critical,CA:FALSE",
                                              "critical,digitalSignature", "clientAuth",
                                              "URI:spiffe://bench.example/client"};

struct issuer {
    X509 *certificate;
    EVP_PKEY *key;
};

static bool issuer_make(struct issuer *out, enum chain_kind kind, const struct profile *profile,
                        const struct issuer *parent, long serial);
static void issuer_free(struct issuer *issuer);
static bool certificate_fill(X509 *certificate, EVP_PKEY *key, const struct profile *profile,
                             const struct issuer *parent, long serial);
static bool extensions_add(X509 *certificate, X509 *parent, const struct profile *profile);
static bool extension_add(X509 *certificate, X509V3_CTX *context, int nid, const char *value);
static bool chains_write(struct chains *out, const struct issuer *root,
                         const struct issuer *intermediate, const struct issuer *server,
                         const struct issuer *client);
static bool pem_of_certificates(bulla_bytes *out, X509 *first, X509 *second);
static bool pem_of_key(bulla_bytes *out, EVP_PKEY *key);
static bool bytes_take(bulla_bytes *out, BIO *bio);

const char *chain_kind_name(enum chain_kind kind) {
    return kind == CHAIN_P256 ? "p256" : "rsa2048";
}

bool chains_make(struct chains *out, enum chain_kind kind) {
    struct issuer root = {0};
    struct issuer intermediate = {0};
    struct issuer server = {0};
    struct issuer client = {0};
    *out = (struct chains){.kind = kind};

    bool made = issuer_make(&root, kind, &PROFILE_ROOT, NULL, 1) &&
                issuer_make(&intermediate, kind, &PROFILE_INTERMEDIATE, &root, 2) &&
                issuer_make(&server, kind, &PROFILE_SERVER, &intermediate, 3) &&
                issuer_make(&client, kind, &PROFILE_CLIENT, &intermediate, 4) &&
                chains_write(out, &root, &intermediate, &server, &client);
    issuer_free(&client);
    issuer_free(&server);
    issuer_free(&intermediate);
    issuer_free(&root);
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
    EVP_PKEY_free(chains->server_key);
    *chains = (struct chains){.kind = chains->kind};
}

/* A certificate under `parent`, or under itself where that is NULL. */
static bool issuer_make(struct issuer *out, enum chain_kind kind, const struct profile *profile,
                        const struct issuer *parent, long serial) {
    out->key = kind == CHAIN_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
    out->certificate = X509_new();
    if (out->key == NULL || out->certificate == NULL) {
        return false;
    }
    return certificate_fill(out->certificate, out->key, profile, parent == NULL ? out : parent,
                            serial);
}

static void issuer_free(struct issuer *issuer) {
    X509_free(issuer->certificate);
    EVP_PKEY_free(issuer->key);
}

static bool certificate_fill(X509 *certificate, EVP_PKEY *key, const struct profile *profile,
                             const struct issuer *parent, long serial) {
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) &&
           ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (const unsigned char *)profile->common_name, -1, -1, 0) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(parent->certificate)) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -CHAIN_CLOCK_SLACK_SECONDS) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), CHAIN_LIFE_SECONDS) != NULL &&
           X509_set_pubkey(certificate, key) &&
           extensions_add(certificate, parent->certificate, profile) &&
           X509_sign(certificate, parent->key, EVP_sha256()) > 0;
}

static bool extensions_add(X509 *certificate, X509 *parent, const struct profile *profile) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, parent, certificate, NULL, NULL, 0);
    /* The authority's identifier comes last: a root reads it from its own subject's. */
    return extension_add(certificate, &context, NID_basic_constraints,
                         profile->basic_constraints) &&
           extension_add(certificate, &context, NID_key_usage, profile->key_usage) &&
           extension_add(certificate, &context, NID_ext_key_usage, profile->extended_key_usage) &&
           extension_add(certificate, &context, NID_subject_alt_name, profile->subject_alt_name) &&
           extension_add(certificate, &context, NID_subject_key_identifier, "hash") &&
           extension_add(certificate, &context, NID_authority_key_identifier, "keyid:always");
}

static bool extension_add(X509 *certificate, X509V3_CTX *context, int nid, const char *value) {
    if (value == NULL) {
        return true;
    }
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

static bool chains_write(struct chains *out, const struct issuer *root,
                         const struct issuer *intermediate, const struct issuer *server,
                         const struct issuer *client) {
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
