/* SPDX-License-Identifier: Apache-2.0 */
/* A CA for tests; see authority.h. Leaves have one fixed key for each kind, so that nothing is
 * drawn and Ed25519 leaves sign alike in each run. */
#include "engine/authority.h"

#include "der/pem.h"
#include "der/private_key.h"
#include "unit/private_key_samples.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_LEN_MAX = 1 << 15 };

static void authority_sign(struct authority *authority, const struct issue_request *request,
                           const struct private_key *subject, const struct private_key *issuer_key,
                           const struct writer *issuer_der, struct writer *out);
static void leaf_request(const struct leaf *leaf, struct issue_request *out);
static const char *key_pem(enum key_kind kind);

void must(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "the test itself failed: %s\n", what);
        abort();
    }
}

void authority_make(struct authority *authority, const char *name) {
    uint8_t secret[32];
    char common_name[64];
    struct issue_request request = {
        .common_name = common_name,
        .not_before = TEST_NOW - 1000 * (int64_t)TEST_DAY,
        .not_after = TEST_NOW + 1000 * (int64_t)TEST_DAY,
        .is_ca = true,
        .path_len = -1,
    };
    authority->seeded = seeded_of(1);
    for (const char *c = name; *c != '\0'; c++) {
        authority->seeded.state = authority->seeded.state * 31 + (uint64_t)*c;
    }
    (void)seeded_fill(&authority->seeded, secret, sizeof secret);
    must(private_key_from_ed25519(&authority->root_key, BYTES_IN(secret)) == BULLA_OK, "key");
    (void)seeded_fill(&authority->seeded, secret, sizeof secret);
    must(private_key_from_ed25519(&authority->intermediate_key, BYTES_IN(secret)) == BULLA_OK,
         "key");
    snprintf(common_name, sizeof common_name, "%s Root", name);
    authority_sign(authority, &request, &authority->root_key, &authority->root_key, NULL,
                   &authority->root);
    snprintf(common_name, sizeof common_name, "%s Intermediate", name);
    request.path_len = 0;
    authority_sign(authority, &request, &authority->intermediate_key, &authority->root_key,
                   &authority->root, &authority->intermediate);
}

void authority_free(struct authority *authority) {
    private_key_free(&authority->root_key);
    private_key_free(&authority->intermediate_key);
    writer_free(&authority->root);
    writer_free(&authority->intermediate);
}

static void authority_sign(struct authority *authority, const struct issue_request *request,
                           const struct private_key *subject, const struct private_key *issuer_key,
                           const struct writer *issuer_der, struct writer *out) {
    struct random_source random = seeded_source(&authority->seeded);
    struct writer info = writer_growing(4096);
    struct certificate issuer;
    must(issue_public_key_info(subject, &info) == BULLA_OK, "public key info");
    if (issuer_der != NULL) {
        must(certificate_parse(&issuer, bytes_of(issuer_der->buffer, issuer_der->len)) == BULLA_OK,
             "parse issuer");
    }
    *out = writer_growing(TEXT_LEN_MAX);
    bulla_cause cause =
        issue_certificate(request, bytes_of(info.buffer, info.len),
                          issuer_der == NULL ? NULL : &issuer, issuer_key, &random, out);
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    writer_free(&info);
}

bulla_trust *authority_trust(const struct authority *authority) {
    bulla_trust *trust;
    must(bulla_trust_new(&trust) == BULLA_OK, "trust");
    must(bulla_trust_add_der(trust, bytes_of(authority->root.buffer, authority->root.len)) ==
             BULLA_OK,
         "trust the root");
    return trust;
}

bulla_credential *authority_issue(struct authority *authority, const struct leaf *leaf) {
    enum key_kind kind = leaf->key == KEY_KIND_INVALID ? KEY_KIND_EC_P256 : leaf->key;
    struct writer der, chain = writer_growing(TEXT_LEN_MAX);
    struct private_key key;
    struct issue_request request;
    bulla_credential *credential;
    test_key(&key, kind);
    leaf_request(leaf, &request);
    authority_sign(authority, &request, &key, &authority->intermediate_key,
                   &authority->intermediate, &der);
    private_key_free(&key);
    pem_write(&chain, "CERTIFICATE", bytes_of(der.buffer, der.len));
    if (!leaf->without_intermediate) {
        pem_write(&chain, "CERTIFICATE",
                  bytes_of(authority->intermediate.buffer, authority->intermediate.len));
    }
    bulla_bytes text = bytes_of(chain.buffer, chain.len);
    bulla_cause cause = leaf->remote
                            ? bulla_credential_new_remote(&credential, text)
                            : bulla_credential_new(&credential, text, bytes_of_text(key_pem(kind)),
                                                   bytes_of(NULL, 0));
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    writer_free(&der);
    writer_free(&chain);
    return credential;
}

static void leaf_request(const struct leaf *leaf, struct issue_request *out) {
    *out = (struct issue_request){
        .common_name = leaf->common_name,
        .not_before = leaf->not_before != 0 ? leaf->not_before : TEST_NOW - TEST_DAY,
        .not_after = leaf->not_after != 0 ? leaf->not_after : TEST_NOW + TEST_DAY,
        .server_auth = !leaf->not_for_servers,
        .client_auth = !leaf->not_for_clients,
    };
    if (leaf->dns != NULL) {
        out->names[out->num_names++] = (bulla_name){BULLA_NAME_DNS, bytes_of_text(leaf->dns)};
    }
    if (leaf->ip.len != 0) {
        out->names[out->num_names++] = (bulla_name){BULLA_NAME_IP, leaf->ip};
    }
    if (leaf->uri != NULL) {
        out->names[out->num_names++] = (bulla_name){BULLA_NAME_URI, bytes_of_text(leaf->uri)};
    }
    if (out->num_names == 0) {
        out->names[out->num_names++] = (bulla_name){BULLA_NAME_DNS, BYTES_OF(TEST_SERVER_NAME)};
    }
}

void test_key(struct private_key *out, enum key_kind kind) {
    must(private_key_from_pem(out, bytes_of_text(key_pem(kind)), bytes_of(NULL, 0)) == BULLA_OK,
         "load the sample key");
}

static const char *key_pem(enum key_kind kind) {
    switch (kind) {
    case KEY_KIND_EC_P256:
        return P256_PKCS8;
    case KEY_KIND_EC_P384:
        return P384_PKCS8;
    case KEY_KIND_EC_P521:
        return P521_PKCS8;
    case KEY_KIND_RSA:
        return RSA_PKCS8;
    case KEY_KIND_ED25519:
        return ED25519_PKCS8;
    case KEY_KIND_INVALID:
        break;
    }
    must(false, "no sample key of that kind");
    return NULL;
}
