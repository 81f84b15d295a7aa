/* SPDX-License-Identifier: Apache-2.0 */
/* SPIFFE IDs, and X509-SVIDs as a purpose of validation. */
#include "x509/spiffe.h"
#include "support/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const valid_ids[] = {
    "spiffe://example.org", "spiffe://example.org/a", "spiffe://example.org/ns/prod/sa/Web_1.x-y",
    "spiffe://10.0.0.1/x",  "spiffe://a_b-c.d/...",   "spiffe://x/..a/.b",
};

static const char *const invalid_ids[] = {
    "",
    "spiffe:",
    "spiffe://",
    "spiffe:///path",
    "https://example.org/a",
    "SPIFFE://example.org/a",
    "spiffe:/example.org/a",
    "spiffe://Example.org/a",
    "spiffe://example.org:443/a",
    "spiffe://user@example.org/a",
    "spiffe://ex%61mple.org/a",
    "spiffe://[::1]/a",
    "spiffe://example.org/",
    "spiffe://example.org/a/",
    "spiffe://example.org//a",
    "spiffe://example.org/a//b",
    "spiffe://example.org/.",
    "spiffe://example.org/a/../b",
    "spiffe://example.org/a%20b",
    "spiffe://example.org/a b",
    "spiffe://example.org/a?q",
    "spiffe://example.org/a#f",
    "spiffe://example.org?q",
    "spiffe://example.org#f",
    "spiffe://example.org/\xc3\xa4",
};

static void test_ids(void **state) {
    (void)state;
    struct spiffe_id id;
    for (size_t i = 0; i < sizeof valid_ids / sizeof *valid_ids; i++) {
        if (!spiffe_id_parse(&id, bytes_of_text(valid_ids[i]))) {
            fail_msg("%s is valid", valid_ids[i]);
        }
    }
    for (size_t i = 0; i < sizeof invalid_ids / sizeof *invalid_ids; i++) {
        if (spiffe_id_parse(&id, bytes_of_text(invalid_ids[i]))) {
            fail_msg("%s is not valid", invalid_ids[i]);
        }
    }
    assert_true(spiffe_id_parse(&id, BYTES_OF("spiffe://td/a/b")));
    assert_true(bytes_equal(id.trust_domain, BYTES_OF("td")));
    assert_true(bytes_equal(id.path, BYTES_OF("/a/b")));
}

static void test_lengths(void **state) {
    (void)state;
    struct spiffe_id id;
    char text[2100];
    for (size_t len = 255; len <= 256; len++) {
        memset(text, 'a', sizeof text);
        bytes_copy(text, sizeof text, BYTES_OF("spiffe://"));
        assert_int_equal(spiffe_id_parse(&id, bytes_of(text, 9 + len)), len == 255);
    }
    text[10] = '/';
    for (size_t len = 2048; len <= 2049; len++) {
        assert_int_equal(spiffe_id_parse(&id, bytes_of(text, len)), len == 2048);
    }
}

/* What differs from a good SVID. */
struct change {
    const char *what;
    const char *uris[2];        /* of the leaf; NULL: the usual one */
    const char *issuer_uris[2]; /* of the intermediate; NULL: none */
    bool no_uri, with_dns, leaf_is_ca, issuer_without_usage, usage_not_critical, server_alone;
    uint32_t key_usage;
    bulla_cause cause;
};

static const struct change changes[] = {
    {.what = "a good SVID", .cause = BULLA_OK},
    {.what = "with a DNS name beside it", .with_dns = true, .cause = BULLA_OK},
    {.what = "no URI", .no_uri = true, .with_dns = true, .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "two URIs",
     .uris = {"spiffe://td/a", "spiffe://td/b"},
     .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "two URIs, one of another kind",
     .uris = {"spiffe://td/a", "https://td/b"},
     .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "no SPIFFE ID", .uris = {"https://td/a"}, .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "no path", .uris = {"spiffe://td"}, .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "a CA as the leaf",
     .leaf_is_ca = true,
     .key_usage = KEY_USAGE_DIGITAL_SIGNATURE,
     .cause = BULLA_E_CERT_IS_CA},
    {.what = "key usage not critical",
     .usage_not_critical = true,
     .cause = BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE},
    {.what = "key usage with cRLSign",
     .key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_CRL_SIGN,
     .cause = BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE},
    {.what = "key usage with keyEncipherment",
     .key_usage = KEY_USAGE_DIGITAL_SIGNATURE | 1 << 2,
     .cause = BULLA_OK},
    {.what = "for servers alone, asked for a client",
     .server_alone = true,
     .cause = BULLA_E_CERT_PURPOSE_NOT_CLIENT},
    {.what = "the issuer has the trust domain's ID",
     .issuer_uris = {"spiffe://td"},
     .cause = BULLA_OK},
    {.what = "the issuer has an ID with a path",
     .issuer_uris = {"spiffe://td/ca"},
     .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "the issuer has two IDs",
     .issuer_uris = {"spiffe://td", "spiffe://other"},
     .cause = BULLA_E_CERT_SPIFFE_ID_INVALID},
    {.what = "the issuer has no key usage",
     .issuer_without_usage = true,
     .cause = BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN},
};

static bulla_bytes write_uris(const char *const uris[2], uint8_t *buffer, size_t cap) {
    struct writer writer = writer_into(buffer, cap);
    for (size_t i = 0; i < 2 && uris[i] != NULL; i++) {
        der_write_text(&writer, DER_CONTEXT(6), uris[i]);
    }
    return forge_written(&writer);
}

/* KeyUsage as it is usual, but not critical. */
static bulla_bytes write_usage(uint8_t *buffer, size_t cap) {
    uint8_t value_buffer[16];
    struct writer value = writer_into(value_buffer, sizeof value_buffer);
    struct writer writer = writer_into(buffer, cap);
    der_write_named_bits(&value, KEY_USAGE_DIGITAL_SIGNATURE);
    forge_extension(&writer, OID_EXTENSION_KEY_USAGE, false, forge_written(&value));
    return forge_written(&writer);
}

static bulla_cause judge(struct scene *scene, const struct change *change, bulla_purpose purpose) {
    static const char *const usual_uris[2] = {"spiffe://td/workload", NULL};
    uint8_t leaf_uris[256];
    uint8_t issuer_uris[256];
    uint8_t extension[64];
    struct usual usual;
    usual_start(&usual, scene);
    usual.request.purpose = purpose;
    usual.request.name = (bulla_name){.kind = BULLA_NAME_NONE};
    usual.leaf.dns[0] = change->with_dns ? "www.example.com" : NULL;
    if (!change->no_uri) {
        usual.leaf.names = write_uris(change->uris[0] != NULL ? change->uris : usual_uris,
                                      leaf_uris, sizeof leaf_uris);
    }
    usual.leaf.ca = change->leaf_is_ca;
    usual.leaf.key_usage = change->key_usage;
    if (change->usage_not_critical) {
        usual.leaf.no_key_usage = true;
        usual.leaf.extensions = write_usage(extension, sizeof extension);
    }
    if (change->server_alone) {
        usual.leaf.purposes = EXTENDED_KEY_USAGE_SERVER_AUTH;
    }
    usual.intermediate.names = write_uris(change->issuer_uris, issuer_uris, sizeof issuer_uris);
    usual.intermediate.no_key_usage = change->issuer_without_usage;
    return usual_judge(&usual, scene);
}

static void test_svids(void **state) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        bulla_cause cause = judge(scene_of(state), &changes[i], BULLA_PURPOSE_SVID_CLIENT);
        if (cause != changes[i].cause) {
            fail_msg("%s: %s", changes[i].what, bulla_cause_about(cause)->name);
        }
    }
    static const struct change server = {.server_alone = true};
    assert_int_equal(judge(scene_of(state), &server, BULLA_PURPOSE_SVID_SERVER), BULLA_OK);
    /* None of this is asked of other certificates. */
    static const struct change two = {.uris = {"spiffe://td/a", "spiffe://td/b"}};
    assert_int_equal(judge(scene_of(state), &two, BULLA_PURPOSE_CLIENT_AUTH), BULLA_OK);
}

static void test_id_as_the_name(void **state) {
    static const struct change none = {.what = "good"};
    struct scene *scene = scene_of(state);
    assert_int_equal(judge(scene, &none, BULLA_PURPOSE_SVID_SERVER), BULLA_OK);
    scene->request.name = (bulla_name){BULLA_NAME_URI, BYTES_OF("spiffe://td/workload")};
    assert_int_equal(scene_judge(scene), BULLA_OK);
    scene->request.name = (bulla_name){BULLA_NAME_URI, BYTES_OF("spiffe://td/workload2")};
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_NAME_MISMATCH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_svids),
        cmocka_unit_test(test_id_as_the_name),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
