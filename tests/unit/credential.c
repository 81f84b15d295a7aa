/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials: chain and key belong together or are refused; owners; the key in the chain's file.
 */
#include "x509/credential.h"
#include "der/pem.h"
#include "der/private_key.h"
#include "forge.h"
#include "unit/private_key_samples.h"
#include "x509/issue_ocsp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct files {
    struct private_key key;
    struct writer chain_pem, key_pem, other_key_pem;
    bulla_bytes chain, key_text, other_key_text;
    uint8_t leaf[FORGE_LEN_MAX], middle[FORGE_LEN_MAX];
    size_t leaf_len, middle_len;
};

static void write_key(struct forge *forge, enum key_kind kind, struct private_key *out,
                      struct writer *pem) {
    uint8_t secret[66];
    uint8_t der[256];
    size_t len;
    struct writer writer = writer_into(der, sizeof der);
    assert_int_equal(private_key_draw(kind, &forge->random, secret, &len), BULLA_OK);
    bulla_cause cause = kind == KEY_KIND_ED25519
                            ? private_key_from_ed25519(out, bytes_of(secret, len))
                            : private_key_from_scalar(out, kind, bytes_of(secret, len));
    assert_int_equal(cause, BULLA_OK);
    assert_int_equal(private_key_write_pkcs8(kind, bytes_of(secret, len), &writer), BULLA_OK);
    pem_write(pem, "PRIVATE KEY", forge_written(&writer));
}

static void make_files(struct forge *forge, enum key_kind kind, struct files *out) {
    uint8_t info_buffer[256];
    struct writer info = writer_into(info_buffer, sizeof info_buffer);
    struct private_key other;
    struct recipe leaf = {.subject = "Leaf", .issuer = "Middle", .signed_by = 1};
    struct recipe middle = {.subject = "Middle", .issuer = "Root", .key = 1, .ca = true};
    out->chain_pem = writer_growing(1 << 20);
    out->key_pem = writer_growing(1 << 20);
    out->other_key_pem = writer_growing(1 << 20);
    write_key(forge, kind, &out->key, &out->key_pem);
    write_key(forge, kind, &other, &out->other_key_pem);
    private_key_free(&other);
    assert_int_equal(issue_public_key_info(&out->key, &info), BULLA_OK);
    bulla_bytes der = forge_with_key(forge, &leaf, forge_written(&info), out->leaf);
    out->leaf_len = der.len;
    pem_write(&out->chain_pem, "CERTIFICATE", der);
    der = forge_certificate(forge, &middle, out->middle);
    out->middle_len = der.len;
    pem_write(&out->chain_pem, "CERTIFICATE", der);
    out->chain = forge_written(&out->chain_pem);
    out->key_text = forge_written(&out->key_pem);
    out->other_key_text = forge_written(&out->other_key_pem);
}

static void free_files(struct files *files) {
    private_key_free(&files->key);
    writer_free(&files->chain_pem);
    writer_free(&files->key_pem);
    writer_free(&files->other_key_pem);
}

static void test_each_kind(void **state) {
    static const enum key_kind kinds[] = {KEY_KIND_EC_P256, KEY_KIND_EC_P384, KEY_KIND_ED25519};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct files *files = calloc(1, sizeof *files);
        bulla_credential *credential = NULL;
        assert_non_null(files);
        make_files(*state, kinds[i], files);
        assert_int_equal(
            bulla_credential_new(&credential, files->chain, files->key_text, bytes_of(NULL, 0)),
            BULLA_OK);
        assert_int_equal(credential->num_certificates, 2);
        assert_true(bytes_equal(bulla_credential_certificate(credential, 0),
                                bytes_of(files->leaf, files->leaf_len)));
        assert_true(bytes_equal(bulla_credential_certificate(credential, 1),
                                bytes_of(files->middle, files->middle_len)));
        assert_int_equal(bulla_credential_certificate(credential, 2).len, 0);
        assert_int_equal(credential->leaf.key.kind, kinds[i]);
        assert_false(credential->remote);
        assert_ptr_equal(bulla_credential_ref(credential), credential);
        bulla_credential_free(credential);
        assert_int_equal(bulla_credential_certificate(credential, 0).len, files->leaf_len);
        bulla_credential_free(credential);

        credential = NULL;
        assert_int_equal(bulla_credential_new(&credential, files->chain, files->other_key_text,
                                              bytes_of(NULL, 0)),
                         BULLA_E_KEY_MISMATCH);
        assert_null(credential);
        free_files(files);
        free(files);
    }
}

static void test_files_that_do_not_do(void **state) {
    struct files *files = calloc(1, sizeof *files);
    bulla_credential *credential = NULL;
    assert_non_null(files);
    make_files(*state, KEY_KIND_EC_P256, files);
    bulla_bytes none = bytes_of(NULL, 0);
    assert_int_equal(bulla_credential_new(&credential, none, files->key_text, none),
                     BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(bulla_credential_new(&credential, files->key_text, files->key_text, none),
                     BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(bulla_credential_new(&credential, files->chain, files->chain, none),
                     BULLA_E_PEM_NOT_FOUND);
    bulla_bytes cut = bytes_of(files->chain.data, files->chain.len - 30);
    assert_int_equal(bulla_credential_new(&credential, cut, files->key_text, none),
                     BULLA_E_PEM_MALFORMED);
    /* The leaf has to come first. */
    struct writer swapped = writer_growing(1 << 20);
    pem_write(&swapped, "CERTIFICATE", bytes_of(files->middle, files->middle_len));
    pem_write(&swapped, "CERTIFICATE", bytes_of(files->leaf, files->leaf_len));
    assert_int_equal(
        bulla_credential_new(&credential, forge_written(&swapped), files->key_text, none),
        BULLA_E_KEY_MISMATCH);
    pem_write(&swapped, "CERTIFICATE", BYTES_OF("x"));
    assert_int_equal(
        bulla_credential_new(&credential, forge_written(&swapped), files->key_text, none),
        BULLA_E_CERT_MALFORMED);
    writer_free(&swapped);
    struct writer many = writer_growing(1 << 20);
    for (int i = 0; i < BULLA_CHAIN_LEN_MAX + 1; i++) {
        pem_write(&many, "CERTIFICATE", bytes_of(files->leaf, files->leaf_len));
    }
    assert_int_equal(bulla_credential_new(&credential, forge_written(&many), files->key_text, none),
                     BULLA_E_CERTIFICATE_LIST_TOO_LONG);
    assert_null(credential);
    writer_free(&many);
    free_files(files);
    free(files);
}

static void test_one_file_and_remote(void **state) {
    struct files *files = calloc(1, sizeof *files);
    struct writer both = writer_growing(1 << 20);
    bulla_credential *credential;
    assert_non_null(files);
    make_files(*state, KEY_KIND_EC_P256, files);
    writer_bytes(&both, files->key_text);
    writer_bytes(&both, files->chain);
    bulla_bytes text = forge_written(&both);
    assert_int_equal(bulla_credential_new(&credential, text, text, bytes_of(NULL, 0)), BULLA_OK);
    assert_int_equal(credential->num_certificates, 2);
    bulla_credential_free(credential);
    assert_int_equal(bulla_credential_new_remote(&credential, files->chain), BULLA_OK);
    assert_true(credential->remote);
    assert_null(credential->key.handle);
    bulla_credential_free(credential);
    bulla_credential_free(NULL);
    writer_free(&both);
    free_files(files);
    free(files);
}

/* RSA, and a key that is encrypted: the certificates are self-signed for the samples. */
static void test_samples(void **state) {
    struct forge *forge = *state;
    static const struct {
        const char *plain, *given, *password;
        bulla_cause cause;
    } cases[] = {
        {RSA_PKCS8, RSA_PKCS1, "", BULLA_OK},
        {P256_PKCS8, P256_SEC1, "", BULLA_OK},
        {P256_PKCS8, P256_ENCRYPTED_AES256_SHA256, "clay", BULLA_OK},
        {P256_PKCS8, P256_ENCRYPTED_AES256_SHA256, "wax", BULLA_E_KEY_PASSWORD_WRONG},
        {P256_PKCS8, P256_ENCRYPTED_AES256_SHA256, "", BULLA_E_KEY_ENCRYPTED},
        {P256_PKCS8, RSA_PKCS8, "", BULLA_E_KEY_MISMATCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t info_buffer[1024];
        uint8_t buffer[4096];
        struct private_key key;
        bulla_credential *credential;
        struct writer info = writer_into(info_buffer, sizeof info_buffer);
        struct writer der = writer_into(buffer, sizeof buffer);
        struct writer pem = writer_growing(1 << 20);
        struct issue_request request = {.common_name = "self", .not_after = FORGE_NOW};
        assert_int_equal(
            private_key_from_pem(&key, bytes_of_text(cases[i].plain), bytes_of(NULL, 0)), BULLA_OK);
        assert_int_equal(issue_public_key_info(&key, &info), BULLA_OK);
        assert_int_equal(
            issue_certificate(&request, forge_written(&info), NULL, &key, &forge->random, &der),
            BULLA_OK);
        private_key_free(&key);
        pem_write(&pem, "CERTIFICATE", forge_written(&der));
        bulla_cause cause =
            bulla_credential_new(&credential, forge_written(&pem), bytes_of_text(cases[i].given),
                                 bytes_of_text(cases[i].password));
        assert_int_equal(cause, cases[i].cause);
        if (cause == BULLA_OK) {
            bulla_credential_free(credential);
        }
        writer_free(&pem);
    }
}

/* Stapled responses. -------------------------------------------------------------------------- */

/* An OCSP response of the chain's CA, or of another of the same name, about `serial`. */
static bulla_bytes respond(const struct forge *forge, const struct files *files, bulla_bytes serial,
                           bool other_key, uint8_t *buffer) {
    struct certificate issuer;
    struct writer writer = writer_into(buffer, FORGE_LEN_MAX);
    struct issue_ocsp_single single = {.serial = serial,
                                       .answer = {.status = STATUS_GOOD},
                                       .this_update = FORGE_NOW,
                                       .next_update = FORGE_NOW + FORGE_DAY};
    struct issue_ocsp_request request = {.produced_at = FORGE_NOW,
                                         .singles = &single,
                                         .num_singles = 1,
                                         .cert_id_hash = HASH_SHA256};
    assert_int_equal(certificate_parse(&issuer, bytes_of(files->middle, files->middle_len)),
                     BULLA_OK);
    issuer.key.der = other_key ? forge->infos[2] : issuer.key.der;
    assert_int_equal(issue_ocsp_response(&request, &issuer, &forge->keys[1], &writer), BULLA_OK);
    return forge_written(&writer);
}

static void test_stapled_response(void **state) {
    uint8_t buffer[FORGE_LEN_MAX];
    struct files *files = calloc(1, sizeof *files);
    bulla_credential *plain, *stapled, *again, *bare;
    assert_non_null(files);
    make_files(*state, KEY_KIND_EC_P256, files);
    assert_int_equal(bulla_credential_new(&plain, files->chain, files->key_text, bytes_of(NULL, 0)),
                     BULLA_OK);
    bulla_bytes response = respond(*state, files, plain->leaf.serial, false, buffer);
    assert_int_equal(bulla_credential_with_ocsp_response(&stapled, plain, response), BULLA_OK);
    assert_int_equal(plain->ocsp_response.len, 0);
    assert_true(bytes_equal(stapled->ocsp_response, response));
    assert_ptr_not_equal(stapled->ocsp_response.data, response.data);
    /* Chain and key are one and the same, and outlive the first owner. */
    assert_ptr_equal(stapled->key.handle, plain->key.handle);
    assert_ptr_equal(bulla_credential_certificate(stapled, 1).data,
                     bulla_credential_certificate(plain, 1).data);
    assert_int_equal(bulla_credential_certificate(stapled, 2).len, 0);
    bulla_credential_free(plain);
    assert_int_equal(bulla_credential_with_ocsp_response(&again, stapled, response), BULLA_OK);
    assert_ptr_equal(again->original, stapled->original); /* no chain of credentials grows */
    assert_int_equal(bulla_credential_with_ocsp_response(&bare, again, bytes_of(NULL, 0)),
                     BULLA_OK);
    bulla_credential_free(stapled);
    assert_true(bytes_equal(again->ocsp_response, response));
    assert_int_equal(bare->ocsp_response.len, 0);
    bulla_credential_free(again);
    assert_true(
        bytes_equal(bulla_credential_certificate(bare, 0), bytes_of(files->leaf, files->leaf_len)));
    bulla_credential_free(bare);
    free_files(files);
    free(files);
}

static void test_responses_that_do_not_do(void **state) {
    static const uint8_t long_one[(1 << 15) + 1] = {0x30};
    uint8_t buffer[FORGE_LEN_MAX];
    struct forge *forge = *state;
    struct files *files = calloc(1, sizeof *files);
    bulla_credential *chain, *leaf_alone, *out = NULL;
    assert_non_null(files);
    make_files(forge, KEY_KIND_EC_P256, files);
    struct writer pem = writer_growing(1 << 20);
    pem_write(&pem, "CERTIFICATE", bytes_of(files->leaf, files->leaf_len));
    assert_int_equal(bulla_credential_new_remote(&chain, files->chain), BULLA_OK);
    assert_int_equal(bulla_credential_new_remote(&leaf_alone, forge_written(&pem)), BULLA_OK);

    bulla_bytes response = respond(forge, files, BYTES_OF("\x07"), false, buffer);
    assert_int_equal(bulla_credential_with_ocsp_response(&out, chain, response),
                     BULLA_E_OCSP_OTHER_CERTIFICATE);
    assert_int_equal(bulla_credential_with_ocsp_response(&out, leaf_alone, response),
                     BULLA_E_OCSP_OTHER_CERTIFICATE);
    /* Another CA's of the same name: found out where the issuer stands in the chain. */
    response = respond(forge, files, chain->leaf.serial, true, buffer);
    assert_int_equal(bulla_credential_with_ocsp_response(&out, chain, response),
                     BULLA_E_OCSP_OTHER_CERTIFICATE);
    response.len--;
    assert_int_equal(bulla_credential_with_ocsp_response(&out, chain, response),
                     BULLA_E_OCSP_MALFORMED);
    assert_int_equal(
        bulla_credential_with_ocsp_response(&out, chain, BYTES_OF("\x30\x03\x0a\x01\x03")),
        BULLA_E_OCSP_NOT_SUCCESSFUL);
    assert_int_equal(bulla_credential_with_ocsp_response(&out, chain, BYTES_IN(long_one)),
                     BULLA_E_API_MISUSE);
    assert_null(out);
    response.len++;
    assert_int_equal(bulla_credential_with_ocsp_response(&out, leaf_alone, response), BULLA_OK);
    assert_true(out->remote);
    bulla_credential_free(out);
    bulla_credential_free(chain);
    bulla_credential_free(leaf_alone);
    writer_free(&pem);
    free_files(files);
    free(files);
}

static int start(void **state) {
    struct forge *forge = calloc(1, sizeof *forge);
    if (forge == NULL) {
        return -1;
    }
    forge_start(forge);
    *state = forge;
    return 0;
}

static int stop(void **state) {
    forge_stop(*state);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),           cmocka_unit_test(test_files_that_do_not_do),
        cmocka_unit_test(test_one_file_and_remote), cmocka_unit_test(test_samples),
        cmocka_unit_test(test_stapled_response),    cmocka_unit_test(test_responses_that_do_not_do),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
