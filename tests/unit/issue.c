/* SPDX-License-Identifier: Apache-2.0 */
/* Issuing: what is made is read back, verified, and refused where it must not be made. */
#include "x509/issue.h"
#include "der/der.h"
#include "forge.h"
#include "x509/name.h"
#include "x509/verify.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BUFFER_LEN = 4096 };

static const uint8_t loopback[] = {127, 0, 0, 1};

static struct private_key draw(struct forge *forge, enum key_kind kind) {
    uint8_t secret[66];
    size_t len;
    struct private_key key = {0};
    assert_int_equal(private_key_draw(kind, &forge->random, secret, &len), BULLA_OK);
    bulla_cause cause = kind == KEY_KIND_ED25519
                            ? private_key_from_ed25519(&key, bytes_of(secret, len))
                            : private_key_from_scalar(&key, kind, bytes_of(secret, len));
    assert_int_equal(cause, BULLA_OK);
    return key;
}

static struct issue_request request_for_ca(void) {
    return (struct issue_request){.common_name = "CA",
                                  .organization = "Acme",
                                  .is_ca = true,
                                  .path_len = 0,
                                  .not_before = FORGE_NOW,
                                  .not_after = FORGE_NOW + FORGE_DAY};
}

static struct issue_request request_for_leaf(void) {
    return (struct issue_request){.common_name = "web",
                                  .not_before = FORGE_NOW,
                                  .not_after = FORGE_NOW + FORGE_DAY,
                                  .server_auth = true,
                                  .num_names = 3,
                                  .names = {{BULLA_NAME_DNS, BYTES_OF("*.example.com")},
                                            {BULLA_NAME_IP, BYTES_IN(loopback)},
                                            {BULLA_NAME_URI, BYTES_OF("spiffe://td.example/web")}}};
}

static bulla_cause issue(struct forge *forge, const struct issue_request *request,
                         bulla_bytes subject_key, const struct certificate *issuer,
                         const struct private_key *key, uint8_t *buffer, struct certificate *out) {
    struct writer writer = writer_into(buffer, BUFFER_LEN);
    bulla_cause cause =
        issue_certificate(request, subject_key, issuer, key, &forge->random, &writer);
    if (cause == BULLA_OK) {
        assert_int_equal(certificate_parse(out, forge_written(&writer)), BULLA_OK);
    }
    return cause;
}

/* A CA and a leaf under each kind of key; the chain verifies and says what was asked for. */
static void test_chain_for_each_kind(void **state) {
    struct forge *forge = *state;
    static const enum key_kind kinds[] = {KEY_KIND_EC_P256, KEY_KIND_EC_P384, KEY_KIND_EC_P521,
                                          KEY_KIND_ED25519};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        uint8_t info_buffer[256];
        uint8_t ca_buffer[BUFFER_LEN];
        uint8_t leaf_buffer[BUFFER_LEN];
        struct private_key key = draw(forge, kinds[i]);
        struct writer info = writer_into(info_buffer, sizeof info_buffer);
        struct certificate ca;
        struct certificate leaf;
        struct issue_request for_ca = request_for_ca();
        struct issue_request for_leaf = request_for_leaf();
        assert_int_equal(issue_public_key_info(&key, &info), BULLA_OK);
        assert_int_equal(issue(forge, &for_ca, forge_written(&info), NULL, &key, ca_buffer, &ca),
                         BULLA_OK);
        assert_int_equal(issue(forge, &for_leaf, forge->infos[0], &ca, &key, leaf_buffer, &leaf),
                         BULLA_OK);
        assert_true(ca.is_ca && ca.has_path_len && ca.path_len == 0);
        assert_int_equal(ca.key_usage, KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN);
        assert_true(name_equal(ca.subject, ca.issuer) && name_equal(ca.subject, leaf.issuer));
        assert_int_equal(leaf.key_usage, KEY_USAGE_DIGITAL_SIGNATURE);
        assert_int_equal(leaf.extended_key_usage, EXTENDED_KEY_USAGE_SERVER_AUTH);
        assert_true(bytes_equal(leaf.authority_key_id, ca.subject_key_id));
        assert_int_equal(ca.subject_key_id.len, 20);
        assert_int_equal(leaf.not_after, FORGE_NOW + FORGE_DAY);
        assert_false(leaf.subject_alt_name_critical);
        assert_false(bytes_equal(leaf.serial, ca.serial));

        bulla_trust *trust;
        bulla_report report;
        bulla_verify_request request = {.purpose = BULLA_PURPOSE_SERVER_AUTH,
                                        .profile = BULLA_PROFILE_PRIVATE,
                                        .revocation = BULLA_REVOCATION_OFF,
                                        .now = FORGE_NOW,
                                        .name = {BULLA_NAME_DNS, BYTES_OF("a.example.com")}};
        assert_int_equal(bulla_trust_new(&trust), BULLA_OK);
        assert_int_equal(bulla_trust_add_der(trust, ca.der), BULLA_OK);
        assert_int_equal(bulla_verify(trust, &leaf.der, 1, &request, &report), BULLA_OK);
        request.purpose = BULLA_PURPOSE_CLIENT_AUTH;
        assert_int_equal(bulla_verify(trust, &leaf.der, 1, &request, &report),
                         BULLA_E_CERT_PURPOSE_NOT_CLIENT);
        bulla_trust_free(trust);
        private_key_free(&key);
    }
}

static void test_serials(void **state) {
    struct forge *forge = *state;
    struct issue_request request = request_for_ca();
    for (size_t i = 0; i < 32; i++) {
        uint8_t buffer[BUFFER_LEN];
        struct certificate parsed;
        assert_int_equal(
            issue(forge, &request, forge->infos[0], NULL, &forge->keys[0], buffer, &parsed),
            BULLA_OK);
        assert_true(parsed.serial.len <= 17 && parsed.serial.data[0] < 0x80);
        assert_false(bytes_all_zero(parsed.serial));
    }
}

static bool fill_zero(void *context, uint8_t *out, size_t len) {
    (void)context;
    for (size_t i = 0; i < len; i++) {
        out[i] = 0;
    }
    return true;
}

static bool fill_fails(void *context, uint8_t *out, size_t len) {
    (void)context;
    (void)out;
    (void)len;
    return false;
}

static void test_odd_randomness(void **state) {
    struct forge *forge = *state;
    uint8_t buffer[BUFFER_LEN];
    struct certificate parsed;
    struct issue_request request = request_for_ca();
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct random_source zero = {.fill = fill_zero};
    struct random_source broken = {.fill = fill_fails};
    assert_int_equal(
        issue_certificate(&request, forge->infos[0], NULL, &forge->keys[0], &zero, &writer),
        BULLA_OK);
    assert_int_equal(certificate_parse(&parsed, forge_written(&writer)), BULLA_OK);
    assert_true(bytes_equal(parsed.serial, BYTES_OF("\x01")));
    assert_int_equal(
        issue_certificate(&request, forge->infos[0], NULL, &forge->keys[0], &broken, &writer),
        BULLA_E_RANDOM_FAILED);
}

static void test_names_alone(void **state) {
    struct forge *forge = *state;
    uint8_t ca_buffer[BUFFER_LEN];
    uint8_t leaf_buffer[BUFFER_LEN];
    struct certificate ca;
    struct certificate leaf;
    struct issue_request for_ca = request_for_ca();
    struct issue_request for_leaf = request_for_leaf();
    for_leaf.common_name = NULL;
    assert_int_equal(issue(forge, &for_ca, forge->infos[0], NULL, &forge->keys[0], ca_buffer, &ca),
                     BULLA_OK);
    assert_int_equal(
        issue(forge, &for_leaf, forge->infos[1], &ca, &forge->keys[0], leaf_buffer, &leaf),
        BULLA_OK);
    assert_true(name_is_empty(leaf.subject) && leaf.subject_alt_name_critical);
}

static void test_refused(void **state) {
    struct forge *forge = *state;
    uint8_t buffer[BUFFER_LEN];
    uint8_t ca_buffer[BUFFER_LEN];
    uint8_t leaf_buffer[BUFFER_LEN];
    struct certificate ca;
    struct certificate leaf;
    struct certificate out;
    struct issue_request for_ca = request_for_ca();
    struct issue_request good = request_for_leaf();
    const struct private_key *key = &forge->keys[0];
    char long_name[66] = {0};
    assert_int_equal(issue(forge, &for_ca, forge->infos[0], NULL, key, ca_buffer, &ca), BULLA_OK);
    assert_int_equal(issue(forge, &good, forge->infos[1], &ca, key, leaf_buffer, &leaf), BULLA_OK);

    /* Keys that do not fit, and an issuer that is none. */
    assert_int_equal(issue(forge, &good, forge->infos[1], &ca, &forge->keys[1], buffer, &out),
                     BULLA_E_KEY_MISMATCH);
    assert_int_equal(issue(forge, &for_ca, forge->infos[1], NULL, key, buffer, &out),
                     BULLA_E_KEY_MISMATCH);
    assert_int_equal(issue(forge, &good, forge->infos[1], &leaf, &forge->keys[1], buffer, &out),
                     BULLA_E_CERT_CA_FLAG_MISSING);
    assert_int_equal(issue(forge, &good, BYTES_OF("0"), &ca, key, buffer, &out),
                     BULLA_E_CERT_MALFORMED);

    struct issue_request bad = good;
    bad.names[0].value = BYTES_OF("a_b.example.com");
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_CERT_REFERENCE_NAME_INVALID);
    bad = good;
    bad.names[1].value.len = 3;
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_CERT_REFERENCE_NAME_INVALID);
    bad = good;
    bad.common_name = "";
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_API_MISUSE);
    bad = good;
    for (size_t i = 0; i < 65; i++) {
        long_name[i] = 'x';
    }
    bad.common_name = long_name;
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_API_MISUSE);
    long_name[64] = '\0';
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out), BULLA_OK);
    bad = good;
    bad.common_name = NULL;
    bad.num_names = 0;
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_API_MISUSE);
    bad = good;
    bad.not_after = bad.not_before - 1;
    assert_int_equal(issue(forge, &bad, forge->infos[1], &ca, key, buffer, &out),
                     BULLA_E_API_MISUSE);

    struct writer narrow = writer_into(buffer, 64);
    assert_int_equal(issue_certificate(&good, forge->infos[1], &ca, key, &forge->random, &narrow),
                     BULLA_E_BUFFER_TOO_SMALL);
}

/* The request's fields, read back by hand; its signature verifies under the key in it. */
static void test_signing_request(void **state) {
    struct forge *forge = *state;
    uint8_t buffer[BUFFER_LEN];
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct issue_request request = request_for_leaf();
    assert_int_equal(issue_signing_request(&request, &forge->keys[2], &writer), BULLA_OK);
    struct reader input = reader_over(forge_written(&writer));
    struct reader outer;
    struct reader info;
    struct reader attributes;
    struct reader attribute;
    bulla_bytes content;
    bulla_bytes signed_bytes;
    bulla_bytes subject;
    bulla_bytes key_der;
    bulla_bytes signature;
    uint32_t version;
    enum oid oid;
    assert_true(der_read_nested(&input, DER_SEQUENCE, &outer) && reader_at_end(&input));
    assert_true(der_read_whole(&outer, DER_SEQUENCE, &content, &signed_bytes));
    info = reader_over(content);
    assert_true(der_read(&outer, DER_SEQUENCE, &content));
    assert_true(der_read_bit_string_octets(&outer, &signature) && reader_at_end(&outer));
    assert_true(der_read_small_integer(&info, &version) && version == 0);
    assert_true(der_read_whole(&info, DER_SEQUENCE, &content, &subject));
    assert_true(der_read_whole(&info, DER_SEQUENCE, &content, &key_der));
    assert_true(bytes_equal(key_der, forge->infos[2]));
    assert_true(der_read_nested(&info, DER_CONTEXT_CONSTRUCTED(0), &attributes));
    assert_true(reader_at_end(&info));
    assert_true(der_read_nested(&attributes, DER_SEQUENCE, &attribute));
    assert_true(oid_read(&attribute, &oid) && oid == OID_EXTENSION_REQUEST);

    struct certificate view = {0};
    struct public_key key;
    assert_int_equal(public_key_info_parse(&view.key, key_der), BULLA_OK);
    assert_int_equal(certificate_public_key(&view, &key), BULLA_OK);
    assert_int_equal(public_key_verify(&key, SIGNATURE_ECDSA, HASH_SHA256, signed_bytes, signature),
                     BULLA_OK);
    public_key_free(&key);
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
        cmocka_unit_test(test_chain_for_each_kind),
        cmocka_unit_test(test_serials),
        cmocka_unit_test(test_odd_randomness),
        cmocka_unit_test(test_names_alone),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_signing_request),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
