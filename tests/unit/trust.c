/* SPDX-License-Identifier: Apache-2.0 */
/* The trust store: bundles with odd things in them, finding by name, owners. */
#include "x509/trust.h"
#include "der/pem.h"
#include "forge.h"
#include "x509/name.h"
#include "x509/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void write_ca(struct forge *forge, struct writer *pem, const char *name, size_t key,
                     const struct recipe *like) {
    static uint8_t buffer[FORGE_LEN_MAX];
    struct recipe recipe = *like;
    recipe.subject = recipe.issuer = name;
    recipe.key = recipe.signed_by = key;
    recipe.ca = true;
    pem_write(pem, "CERTIFICATE", forge_certificate(forge, &recipe, buffer));
}

static void test_bundle(void **state) {
    struct forge *forge = *state;
    struct writer pem = writer_growing(1 << 20);
    bulla_trust *trust;
    size_t num_added = 99;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    writer_text(&pem, "# a bundle\n\n");
    write_ca(forge, &pem, "One", 0, &(struct recipe){0});
    pem_write(&pem, "X509 CRL", BYTES_OF("no certificate"));
    pem_write(&pem, "CERTIFICATE", BYTES_OF("no certificate either"));
    write_ca(forge, &pem, "Old", 1, &(struct recipe){.version = 1});
    write_ca(forge, &pem, "Two", 2, &(struct recipe){0});
    assert_int_equal(bulla_trust_add_pem(trust, forge_written(&pem), &num_added), BULLA_OK);
    assert_int_equal(num_added, 2);
    assert_int_equal(bulla_trust_num_anchors(trust), 2);

    /* The same again adds nothing, and is no failure. */
    assert_int_equal(bulla_trust_add_pem(trust, forge_written(&pem), &num_added), BULLA_OK);
    assert_int_equal(num_added, 0);
    assert_int_equal(bulla_trust_num_anchors(trust), 2);
    writer_free(&pem);
    bulla_trust_free(trust);
}

/* Whoever trusts the system's CAs waits for this at each start. */
static void test_the_systems_bundle(void **state) {
    (void)state;
    static uint8_t text[4 << 20];
    FILE *file = fopen("/etc/ssl/certs/ca-certificates.crt", "rb");
    bulla_trust *trust;
    size_t num_added;
    if (file == NULL) {
        printf("skipped: no bundle\n");
        skip();
    }
    bulla_bytes bundle = bytes_of(text, fread(text, 1, sizeof text, file));
    fclose(file);
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    assert_int_equal(bulla_trust_add_pem(trust, bundle, &num_added), BULLA_OK);
    assert_true(num_added >= 50);
    for (size_t i = 0; i < num_added; i++) {
        const struct certificate *root = &trust_anchor(trust, i)->certificate;
        if (profile_check(BULLA_PROFILE_WEBPKI, root, PROFILE_ANCHOR).cause != BULLA_OK) {
            fail_msg("anchor %zu would never do for the web", i);
        }
    }
    bulla_trust_free(trust);
}

static void test_nothing_usable(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    struct writer pem = writer_growing(1 << 20);
    bulla_trust *trust;
    size_t num_added = 99;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    assert_int_equal(bulla_trust_add_pem(trust, bytes_of(NULL, 0), NULL), BULLA_E_PEM_NOT_FOUND);
    pem_write(&pem, "PRIVATE KEY", BYTES_OF("x"));
    write_ca(forge, &pem, "Old", 1, &(struct recipe){.version = 1});
    assert_int_equal(bulla_trust_add_pem(trust, forge_written(&pem), &num_added),
                     BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(bulla_trust_add_der(trust, BYTES_OF("x")), BULLA_E_CERT_MALFORMED);
    struct recipe old = {.subject = "Old", .issuer = "Old", .version = 1};
    assert_int_equal(bulla_trust_add_der(trust, forge_certificate(forge, &old, buffer)),
                     BULLA_E_CERT_VERSION_UNSUPPORTED);
    assert_int_equal(bulla_trust_num_anchors(trust), 0);
    writer_free(&pem);
    bulla_trust_free(trust);
}

/* A bundle that breaks off leaves the store as it was. */
static void test_all_or_nothing(void **state) {
    struct forge *forge = *state;
    struct writer pem = writer_growing(1 << 20);
    bulla_trust *trust;
    size_t num_added = 99;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    write_ca(forge, &pem, "First", 0, &(struct recipe){0});
    assert_int_equal(bulla_trust_add_pem(trust, forge_written(&pem), &num_added), BULLA_OK);
    size_t first_len = pem.len;
    for (size_t i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "CA %zu", i);
        write_ca(forge, &pem, name, i, &(struct recipe){0});
    }
    bulla_bytes whole = forge_written(&pem);
    bulla_bytes cut = bytes_of(whole.data, whole.len - 40);
    assert_int_equal(bulla_trust_add_pem(trust, cut, &num_added), BULLA_E_PEM_MALFORMED);
    assert_int_equal(bulla_trust_num_anchors(trust), 1);
    assert_int_equal(num_added, 1);
    const struct anchor *first = trust_anchor(trust, 0);
    assert_true(trust_has(trust, &first->certificate, first->subject_hash));
    assert_int_equal(bulla_trust_add_pem(trust,
                                         bytes_of(whole.data + first_len, whole.len - first_len),
                                         &num_added),
                     BULLA_OK);
    assert_int_equal(num_added, 20);
    writer_free(&pem);
    bulla_trust_free(trust);
}

/* 300 anchors of 100 names: each name finds its three, in the order in which they came. */
static void test_find(void **state) {
    struct forge *forge = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    bulla_trust *trust;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    for (size_t i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "CA %zu", i % 100);
        struct recipe recipe = {.subject = name, .issuer = name, .key = i % 7, .ca = true};
        bulla_bytes der = forge_certificate(forge, &recipe, buffer);
        assert_int_equal(bulla_trust_add_der(trust, der), BULLA_OK);
    }
    for (size_t i = 0; i < 100; i++) {
        bulla_bytes subject = trust_anchor(trust, i)->certificate.subject;
        size_t index = trust_find(trust, subject, name_hash(subject));
        assert_int_equal(index, i);
        index = trust_find_next(trust, index);
        assert_int_equal(index, i + 100);
        index = trust_find_next(trust, index);
        assert_int_equal(index, i + 200);
        assert_true(trust_find_next(trust, index) == TRUST_NO_ANCHOR);
    }
    struct recipe stranger = {.subject = "CA 100", .issuer = "CA 0"};
    struct certificate parsed;
    bulla_bytes der = forge_certificate(forge, &stranger, buffer);
    assert_int_equal(certificate_parse(&parsed, der), BULLA_OK);
    assert_true(trust_find(trust, parsed.subject, name_hash(parsed.subject)) == TRUST_NO_ANCHOR);
    assert_false(trust_has(trust, &parsed, name_hash(parsed.subject)));
    bulla_trust_free(trust);
}

static void test_owners(void **state) {
    (void)state;
    bulla_trust *trust;
    assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
    assert_ptr_equal(bulla_trust_ref(trust), trust);
    bulla_trust_free(trust);
    assert_int_equal(bulla_trust_num_anchors(trust), 0);
    bulla_trust_free(trust);
    bulla_trust_free(NULL);
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
        cmocka_unit_test(test_bundle),         cmocka_unit_test(test_the_systems_bundle),
        cmocka_unit_test(test_nothing_usable), cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_find),           cmocka_unit_test(test_owners),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
