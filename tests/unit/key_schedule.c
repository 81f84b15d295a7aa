/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule, step by step against RFC 8448 section 3; what that trace does not show (the
 * update of a traffic secret, the exporter, SHA-384) against the definitions of RFC 8446 7.1
 * written out with a bare HMAC. */
#include "tls/key_schedule.h"

#include "base/writer.h"
#include "support/check.h"
#include "support/vectors.h"
#include <bulla/config.h>

#include <stdio.h>

static struct vectors trace;

static bulla_bytes get(const char *name) {
    return vectors_get(&trace, name);
}

static int trace_read(void **state) {
    (void)state;
    vectors_read(&trace, "tests/vectors/rfc8448/simple_1rtt.txt");
    return 0;
}

static int trace_free(void **state) {
    (void)state;
    vectors_free(&trace);
    return 0;
}

/* HKDF-Expand for one block: HMAC(secret, HkdfLabel || 1), RFC 5869 2.3 and RFC 8446 7.1. */
static void expand_by_definition(enum hash_id hash, const uint8_t *secret, const char *label,
                                 bulla_bytes context, uint8_t *out, size_t len) {
    uint8_t buffer[256], block[HASH_LEN_MAX];
    struct writer info = writer_into(buffer, sizeof buffer);
    bulla_bytes message;
    writer_u16(&info, (uint16_t)len);
    writer_u8(&info, (uint8_t)(6 + strlen(label)));
    writer_text(&info, "tls13 ");
    writer_text(&info, label);
    writer_u8(&info, (uint8_t)context.len);
    writer_bytes(&info, context);
    writer_u8(&info, 1);
    assert_true(writer_finish(&info, &message));
    assert_true(len <= hash_len(hash));
    hmac_once(hash, bytes_of(secret, hash_len(hash)), message, block);
    bytes_copy(out, len, bytes_of(block, len));
}

/* ------------------------------------------------------------------ RFC 8448 section 3 */

static void extracts_are_those_of_the_trace(void **state) {
    (void)state;
    uint8_t secret[32];
    const uint8_t zeros[32] = {0};
    hkdf_extract(HASH_SHA256, bytes_of(NULL, 0), get("server extract secret \"early\": IKM"),
                 secret);
    assert_bytes(BYTES_IN(secret), get("server extract secret \"early\": secret"));
    hkdf_extract(HASH_SHA256, get("server extract secret \"handshake\": salt"),
                 get("server extract secret \"handshake\": IKM"), secret);
    assert_bytes(BYTES_IN(secret), get("server extract secret \"handshake\": secret"));
    hkdf_extract(HASH_SHA256, get("server extract secret \"master\": salt"), BYTES_IN(zeros),
                 secret);
    assert_bytes(BYTES_IN(secret), get("server extract secret \"master\": secret"));
}

static void expand(const char *step, const char *label) {
    uint8_t out[32];
    char name[80];
    (void)snprintf(name, sizeof name, "%s: PRK", step);
    bulla_bytes secret = get(name);
    (void)snprintf(name, sizeof name, "%s: hash", step);
    bulla_bytes hash = get(name);
    (void)snprintf(name, sizeof name, "%s: expanded", step);
    expand_label(HASH_SHA256, secret.data, label, hash, out, sizeof out);
    assert_bytes(BYTES_IN(out), get(name));
}

static void expansions_are_those_of_the_trace(void **state) {
    (void)state;
    expand("server derive secret for handshake \"tls13 derived\"", "derived");
    expand("server derive secret \"tls13 c hs traffic\"", "c hs traffic");
    expand("server derive secret \"tls13 s hs traffic\"", "s hs traffic");
    expand("server derive secret for master \"tls13 derived\"", "derived");
    expand("server derive secret \"tls13 c ap traffic\"", "c ap traffic");
    expand("server derive secret \"tls13 s ap traffic\"", "s ap traffic");
    expand("server derive secret \"tls13 exp master\"", "exp master");
    expand("client derive secret \"tls13 res master\"", "res master");
    expand("server generate resumption secret \"tls13 resumption\"", "resumption");
}

static void phases_lead_to_the_secrets_of_the_trace(void **state) {
    (void)state;
    struct handshake_secrets handshake;
    struct application_secrets application;
    handshake_secrets_derive(&handshake, NULL, HASH_SHA256,
                             get("server extract secret \"handshake\": IKM"),
                             get("server derive secret \"tls13 c hs traffic\": hash").data);
    assert_bytes(bytes_of(handshake.master_salt, 32),
                 get("server derive secret for master \"tls13 derived\": expanded"));
    assert_bytes(bytes_of(handshake.client_traffic, 32),
                 get("server derive secret \"tls13 c hs traffic\": expanded"));
    assert_bytes(bytes_of(handshake.server_traffic, 32),
                 get("server derive secret \"tls13 s hs traffic\": expanded"));

    application_secrets_derive(&application, &handshake, HASH_SHA256,
                               get("server derive secret \"tls13 c ap traffic\": hash").data);
    assert_bytes(bytes_of(application.client_traffic, 32),
                 get("server derive secret \"tls13 c ap traffic\": expanded"));
    assert_bytes(bytes_of(application.server_traffic, 32),
                 get("server derive secret \"tls13 s ap traffic\": expanded"));
    assert_bytes(bytes_of(application.exporter, 32),
                 get("server derive secret \"tls13 exp master\": expanded"));
    /* The phase that is over leaves nothing that could lead to the next once more, but keeps what
     * the Finished messages still need. */
    assert_true(bytes_all_zero(BYTES_IN(handshake.master_salt)));
    assert_bytes(bytes_of(handshake.client_traffic, 32),
                 get("server derive secret \"tls13 c hs traffic\": expanded"));
}

static void traffic_keys(const char *step) {
    struct record_keys keys;
    char name[80];
    (void)snprintf(name, sizeof name, "%s: PRK", step);
    traffic_keys_derive(&keys, suite_find(BULLA_TLS_AES_128_GCM_SHA256), get(name).data);
    (void)snprintf(name, sizeof name, "%s: key expanded", step);
    assert_bytes(bytes_of(keys.aead.bytes, 16), get(name));
    assert_true(bytes_all_zero(bytes_of(keys.aead.bytes + 16, AEAD_KEY_LEN_MAX - 16)));
    (void)snprintf(name, sizeof name, "%s: iv expanded", step);
    assert_bytes(BYTES_IN(keys.iv), get(name));
    assert_int_equal(keys.aead.id, AEAD_AES_128_GCM);
    assert_int_equal(keys.sequence, 0);
}

static void traffic_keys_are_those_of_the_trace(void **state) {
    (void)state;
    traffic_keys("server derive write traffic keys for handshake data");
    traffic_keys("server derive write traffic keys for application data");
    traffic_keys("server derive read traffic keys for handshake data");
    traffic_keys("client derive write traffic keys for application data");
}

/* The transcript up to a message, hashed here from the trace's messages. */
static void digest_before_finished(const char *sender, uint8_t *out) {
    static const char *const messages[] = {
        "client construct a ClientHello handshake message: ClientHello",
        "server construct a ServerHello handshake message: ServerHello",
        "server construct an EncryptedExtensions handshake message: EncryptedExtensions",
        "server construct a Certificate handshake message: Certificate",
        "server construct a CertificateVerify handshake message: CertificateVerify",
        "server construct a Finished handshake message: Finished",
    };
    size_t num_messages = strcmp(sender, "server") == 0 ? 5 : 6;
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    for (size_t i = 0; i < num_messages; i++) {
        hash_update(&hash, get(messages[i]));
    }
    hash_finish(&hash, out);
}

static void finished(const char *sender) {
    uint8_t digest[HASH_LEN_MAX], verify_data[HASH_LEN_MAX];
    char name[80];
    (void)snprintf(name, sizeof name, "%s calculate finished \"tls13 finished\": PRK", sender);
    digest_before_finished(sender, digest);
    finished_verify_data(verify_data, HASH_SHA256, get(name).data, digest);
    (void)snprintf(name, sizeof name, "%s calculate finished \"tls13 finished\": finished", sender);
    assert_bytes(bytes_of(verify_data, 32), get(name));

    digest[0] ^= 1;
    (void)snprintf(name, sizeof name, "%s calculate finished \"tls13 finished\": PRK", sender);
    uint8_t other[HASH_LEN_MAX];
    finished_verify_data(other, HASH_SHA256, get(name).data, digest);
    assert_memory_not_equal(other, verify_data, 32);
}

static void finished_is_that_of_the_trace(void **state) {
    (void)state;
    finished("server");
    finished("client");
}

/* ------------------------------------------------------------------ beside the trace */

static void traffic_secret_is_updated_by_definition(void **state) {
    (void)state;
    static const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384};
    for (size_t i = 0; i < 2; i++) {
        uint8_t secret[SECRET_LEN_MAX], expected[SECRET_LEN_MAX];
        memset(secret, 0xa5, sizeof secret);
        for (unsigned generation = 0; generation < 3; generation++) {
            expand_by_definition(hashes[i], secret, "traffic upd", bytes_of(NULL, 0), expected,
                                 hash_len(hashes[i]));
            traffic_secret_update(secret, hashes[i]);
            assert_memory_equal(secret, expected, hash_len(hashes[i]));
        }
    }
}

/* RFC 8446 7.5, by hand: Derive-Secret over the hash of nothing, then "exporter" over the hash of
 * the context. */
static void exporter_is_derived_by_definition(void **state) {
    (void)state;
    static const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384};
    bulla_bytes context = BYTES_OF("context");
    uint8_t master[SECRET_LEN_MAX];
    memset(master, 0x3c, sizeof master);
    for (size_t i = 0; i < 2; i++) {
        uint8_t empty[HASH_LEN_MAX], hashed[HASH_LEN_MAX], secret[HASH_LEN_MAX];
        uint8_t expected[24], actual[24];
        size_t len = hash_len(hashes[i]);
        hash_once(hashes[i], bytes_of(NULL, 0), empty);
        hash_once(hashes[i], context, hashed);
        expand_by_definition(hashes[i], master, "EXPORTER-test", bytes_of(empty, len), secret, len);
        expand_by_definition(hashes[i], secret, "exporter", bytes_of(hashed, len), expected,
                             sizeof expected);
        exporter_derive(actual, sizeof actual, hashes[i], master, BYTES_OF("EXPORTER-test"),
                        context);
        assert_memory_equal(actual, expected, sizeof expected);
        exporter_derive(actual, sizeof actual, hashes[i], master, BYTES_OF("EXPORTER-test"),
                        bytes_of(NULL, 0));
        assert_memory_not_equal(actual, expected, sizeof expected);
    }
}

/* RFC 8446 7.1: "if a given secret is not available, then the 0-value consisting of a string of
 * Hash.length bytes set to zeros is used". */
static void no_psk_is_a_psk_of_zeros(void **state) {
    (void)state;
    static const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384};
    static const uint8_t zeros[HASH_LEN_MAX], digest[HASH_LEN_MAX] = {5};
    for (size_t i = 0; i < 2; i++) {
        struct handshake_secrets without = {0}, with = {0};
        struct early_secrets early;
        bulla_bytes shared = BYTES_OF("shared");
        handshake_secrets_derive(&without, NULL, hashes[i], shared, digest);
        early_secrets_derive(&early, hashes[i], bytes_of(zeros, hash_len(hashes[i])));
        handshake_secrets_derive(&with, &early, hashes[i], shared, digest);
        assert_memory_equal(&without, &with, sizeof with);
        assert_true(bytes_all_zero(BYTES_IN(early.handshake_salt)));

        early_secrets_derive(&early, hashes[i], BYTES_OF("a PSK"));
        handshake_secrets_derive(&with, &early, hashes[i], shared, digest);
        assert_memory_not_equal(&without, &with, sizeof with);
    }
}

/* Output longer than one block is the blocks' concatenation, so a prefix stays a prefix only under
 * one length: the length is part of the label. */
static void length_is_part_of_the_label(void **state) {
    (void)state;
    uint8_t secret[32] = {7}, short_out[16], long_out[80];
    expand_label(HASH_SHA256, secret, "key", bytes_of(NULL, 0), short_out, sizeof short_out);
    expand_label(HASH_SHA256, secret, "key", bytes_of(NULL, 0), long_out, sizeof long_out);
    assert_memory_not_equal(short_out, long_out, sizeof short_out);
    uint8_t expected[16];
    expand_by_definition(HASH_SHA256, secret, "key", bytes_of(NULL, 0), expected, sizeof expected);
    assert_memory_equal(short_out, expected, sizeof expected);
}

static void keys_have_the_length_of_their_suite(void **state) {
    (void)state;
    uint8_t secret[SECRET_LEN_MAX] = {1};
    for (size_t i = 0; i < NUM_SUITES; i++) {
        struct record_keys keys;
        uint8_t expected[AEAD_KEY_LEN_MAX];
        size_t len = aead_key_len(suites[i].aead);
        traffic_keys_derive(&keys, &suites[i], secret);
        expand_by_definition(suites[i].hash, secret, "key", bytes_of(NULL, 0), expected, len);
        assert_memory_equal(keys.aead.bytes, expected, len);
        expand_by_definition(suites[i].hash, secret, "iv", bytes_of(NULL, 0), expected,
                             AEAD_NONCE_LEN);
        assert_memory_equal(keys.iv, expected, AEAD_NONCE_LEN);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extracts_are_those_of_the_trace),
        cmocka_unit_test(expansions_are_those_of_the_trace),
        cmocka_unit_test(phases_lead_to_the_secrets_of_the_trace),
        cmocka_unit_test(traffic_keys_are_those_of_the_trace),
        cmocka_unit_test(finished_is_that_of_the_trace),
        cmocka_unit_test(traffic_secret_is_updated_by_definition),
        cmocka_unit_test(exporter_is_derived_by_definition),
        cmocka_unit_test(no_psk_is_a_psk_of_zeros),
        cmocka_unit_test(length_is_part_of_the_label),
        cmocka_unit_test(keys_have_the_length_of_their_suite),
    };
    return cmocka_run_group_tests_name("key_schedule", tests, trace_read, trace_free);
}
