/* SPDX-License-Identifier: Apache-2.0 */
/* bulla_verify() and X509_verify_cert() for the same question. Called by validation.c and
 * hostile.c. */
#include "validator.h"
#include <bulla/bulla.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

enum { MEMO_ENTRIES = 64 };

static bool ask(struct validator *validator);
static STACK_OF(X509) * certificates_of(const bulla_bytes *chain, size_t num_chain);
static enum verdict judge(X509_STORE *store, STACK_OF(X509) * certificates);

bool validator_make(struct validator *out, bulla_bytes root_pem) {
    *out = (struct validator){.now = (int64_t)time(NULL)};
    if (!trust_ours(out, root_pem) || !trust_theirs(out, root_pem) || !ask(out) ||
        !validator_forget(out)) {
        ERR_print_errors_fp(stderr);
        fprintf(stderr, "bulla-bench: can't make a store\n");
        return false;
    }
    return true;
}

void validator_free(struct validator *validator) {
    bulla_trust_free(validator->trust);
    bulla_memo_free(validator->memo);
    X509_STORE_free(validator->store);
    *validator = (struct validator){0};
}

bool trust_ours(struct validator *out, bulla_bytes pem) {
    return bulla_trust_new(&out->trust) == BULLA_OK &&
           bulla_trust_add_pem(out->trust, pem, NULL) == BULLA_OK;
}

bool trust_theirs(struct validator *out, bulla_bytes pem) {
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    bool added = bio != NULL && (out->store = X509_STORE_new()) != NULL;
    X509 *root = NULL;
    while (added && (root = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        added = X509_STORE_add_cert(out->store, root) == 1;
        X509_free(root);
    }
    ERR_clear_error(); /* the end of the text */
    BIO_free(bio);
    return added;
}

bool validator_forget(struct validator *validator) {
    static const uint8_t salt[32] = {1};
    bulla_memo_free(validator->memo);
    validator->memo = NULL;
    return bulla_memo_new(&validator->memo, MEMO_ENTRIES, salt) == BULLA_OK;
}

bulla_cause validate_ours(struct validator *validator, const bulla_bytes *chain, size_t num_chain,
                          bulla_report *out_report) {
    static const char name[] = CHAIN_SERVER_NAME;
    const bulla_verify_request request = {
        .purpose = BULLA_PURPOSE_SERVER_AUTH,
        .profile = BULLA_PROFILE_PRIVATE,
        .name = {BULLA_NAME_DNS, {(const uint8_t *)name, sizeof(name) - 1}},
        .now = validator->now,
        .depth_max = BULLA_VERIFY_DEPTH_DEFAULT,
        .revocation = BULLA_REVOCATION_OFF,
        .memo = validator->memo,
    };
    return bulla_verify(validator->trust, chain, num_chain, &request, out_report);
}

enum verdict validate_theirs(struct validator *validator, const bulla_bytes *chain,
                             size_t num_chain) {
    STACK_OF(X509) *certificates = certificates_of(chain, num_chain);
    enum verdict verdict =
        certificates == NULL ? VERDICT_REFUSED : judge(validator->store, certificates);
    sk_X509_pop_free(certificates, X509_free);
    ERR_clear_error();
    return verdict;
}

/* What their store is asked by, said once. */
static bool ask(struct validator *validator) {
    X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(validator->store);
    X509_VERIFY_PARAM_set_depth(parameters, BULLA_VERIFY_DEPTH_DEFAULT);
    return X509_VERIFY_PARAM_set1_host(parameters, CHAIN_SERVER_NAME, 0) == 1 &&
           X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER) == 1;
}

/* NULL where one of them is malformed. */
static STACK_OF(X509) * certificates_of(const bulla_bytes *chain, size_t num_chain) {
    STACK_OF(X509) *certificates = sk_X509_new_null();
    for (size_t i = 0; certificates != NULL && i < num_chain; i++) {
        const uint8_t *der = chain[i].data;
        X509 *certificate = d2i_X509(NULL, &der, (long)chain[i].len);
        if (certificate == NULL || sk_X509_push(certificates, certificate) == 0) {
            X509_free(certificate);
            sk_X509_pop_free(certificates, X509_free);
            return NULL;
        }
    }
    return certificates;
}

static enum verdict judge(X509_STORE *store, STACK_OF(X509) * certificates) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    enum verdict verdict = VERDICT_FAILED;
    if (context != NULL &&
        X509_STORE_CTX_init(context, store, sk_X509_value(certificates, 0), certificates) == 1) {
        verdict = X509_verify_cert(context) == 1 ? VERDICT_GOOD : VERDICT_REFUSED;
    }
    X509_STORE_CTX_free(context);
    return verdict;
}
