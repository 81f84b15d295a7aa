/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule, step by step against RFC 8448 sections 3 and 4 (which resumes 3, with early
 * data); what those traces do not show (the update of a traffic secret, the exporter, SHA-384)
 * against the definitions of RFC 8446 7.1 written out with a bare HMAC. */
#include "tls/key_schedule.h"

#include "base/writer.h"
#include "support/check.h"
#include "support/trace.h"
#include <bulla/config.h>

#include <stdio.h>

static struct vectors simple, resumed;

/* A value of section 3. */
static bulla_bytes get(const char *name) {
    return vectors_get(&simple, name);
}

/* A value of section 4. */
static bulla_bytes get_resumed(const char *name) {
    return vectors_get(&resumed, name);
}

static int traces_read(void **state) {
    (void)state;
    vectors_read(&simple, trace_simple.path);
    vectors_read(&resumed, trace_resumed.path);
    return 0;
}

static int traces_free(void **state) {
    (void)state;
    vectors_free(&simple);
    vectors_free(&resumed);
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

/* ------------------------------------------------------------------ RFC 8448, step by step */

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

/* One part of a step of a trace: "step: part". */
static bulla_bytes part(const struct vectors *trace, const char *step, const char *part_name) {
    char name[96];
    (void)snprintf(name, sizeof name, "%s: %s", step, part_name);
    return vectors_get(trace, name);
}

static void expand(const struct vectors *trace, const char *step, const char *label) {
    uint8_t out[32];
    expand_label(HASH_SHA256, part(trace, step, "PRK").data, label, part(trace, step, "hash"), out,
                 sizeof out);
    assert_bytes(BYTES_IN(out), part(trace, step, "expanded"));
}

static void expansions_are_those_of_the_trace(void **state) {
    (void)state;
    expand(&simple, "server derive secret for handshake \"tls13 derived\"", "derived");
    expand(&simple, "server derive secret \"tls13 c hs traffic\"", "c hs traffic");
    expand(&simple, "server derive secret \"tls13 s hs traffic\"", "s hs traffic");
    expand(&simple, "server derive secret for master \"tls13 derived\"", "derived");
    expand(&simple, "server derive secret \"tls13 c ap traffic\"", "c ap traffic");
    expand(&simple, "server derive secret \"tls13 s ap traffic\"", "s ap traffic");
    expand(&simple, "server derive secret \"tls13 exp master\"", "exp master");
    expand(&simple, "client derive secret \"tls13 res master\"", "res master");
    expand(&simple, "server generate resumption secret \"tls13 resumption\"", "resumption");

    expand(&resumed, "client derive secret \"tls13 c e traffic\"", "c e traffic");
    expand(&resumed, "client derive secret \"tls13 e exp master\"", "e exp master");
    expand(&resumed, "server derive secret for handshake \"tls13 derived\"", "derived");
    expand(&resumed, "client derive secret \"tls13 res master\"", "res master");
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

static void traffic_keys(const struct vectors *trace, const char *step) {
    struct record_keys keys;
    traffic_keys_derive(&keys, suite_find(BULLA_TLS_AES_128_GCM_SHA256),
                        part(trace, step, "PRK").data);
    assert_bytes(bytes_of(keys.aead.bytes, 16), part(trace, step, "key expanded"));
    assert_true(bytes_all_zero(bytes_of(keys.aead.bytes + 16, AEAD_KEY_LEN_MAX - 16)));
    assert_bytes(BYTES_IN(keys.iv), part(trace, step, "iv expanded"));
    assert_int_equal(keys.aead.id, AEAD_AES_128_GCM);
    assert_int_equal(keys.sequence, 0);
}

static void traffic_keys_are_those_of_the_trace(void **state) {
    (void)state;
    traffic_keys(&simple, "server derive write traffic keys for handshake data");
    traffic_keys(&simple, "server derive write traffic keys for application data");
    traffic_keys(&simple, "server derive read traffic keys for handshake data");
    traffic_keys(&simple, "client derive write traffic keys for application data");
    traffic_keys(&resumed, "client derive write traffic keys for early application data");
    traffic_keys(&resumed, "client derive write traffic keys for handshake data");
}

#define CONSTRUCTED(side, article, message)                                                        \
    side " construct " article " " message " handshake message: " message

/* All that is said before the client's Finished but for its hello, RFC 8446 4.4; a resumed
 * handshake shows no certificate and has early data that ends. NULL ends a list. */
static const char *const full_handshake[] = {
    CONSTRUCTED("server", "a", "ServerHello"), CONSTRUCTED("server", "an", "EncryptedExtensions"),
    CONSTRUCTED("server", "a", "Certificate"), CONSTRUCTED("server", "a", "CertificateVerify"),
    CONSTRUCTED("server", "a", "Finished"),    NULL,
};
static const char *const resumed_handshake[] = {
    CONSTRUCTED("server", "a", "ServerHello"),
    CONSTRUCTED("server", "an", "EncryptedExtensions"),
    CONSTRUCTED("server", "a", "Finished"),
    CONSTRUCTED("client", "an", "EndOfEarlyData"),
    NULL,
};

/* Of the transcript up to a side's own Finished. */
static void digest_before_finished(const struct vectors *trace, const char *const *messages,
                                   const char *sender, uint8_t *out) {
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    hash_update(&hash, trace_client_hello(trace, 0));
    for (; *messages != NULL; messages++) {
        if (strcmp(sender, "server") == 0 &&
            strcmp(*messages, CONSTRUCTED("server", "a", "Finished")) == 0) {
            break;
        }
        hash_update(&hash, vectors_get(trace, *messages));
    }
    hash_finish(&hash, out);
}

static void finished(const struct vectors *trace, const char *const *messages, const char *sender) {
    uint8_t digest[HASH_LEN_MAX], verify_data[HASH_LEN_MAX], other[HASH_LEN_MAX];
    char step[64];
    (void)snprintf(step, sizeof step, "%s calculate finished \"tls13 finished\"", sender);
    digest_before_finished(trace, messages, sender, digest);
    finished_verify_data(verify_data, HASH_SHA256, part(trace, step, "PRK").data, digest);
    assert_bytes(bytes_of(verify_data, 32), part(trace, step, "finished"));

    digest[0] ^= 1;
    finished_verify_data(other, HASH_SHA256, part(trace, step, "PRK").data, digest);
    assert_memory_not_equal(other, verify_data, 32);
}

static void finished_is_that_of_the_trace(void **state) {
    (void)state;
    finished(&simple, full_handshake, "server");
    finished(&simple, full_handshake, "client");
    finished(&resumed, resumed_handshake, "server");
    finished(&resumed, resumed_handshake, "client");
}

/* ------------------------------------------------------------------ from section 3 to section 4 */

#define RESUMPTION_PSK "server generate resumption secret \"tls13 resumption\": expanded"

/* "The resumption PSK is HKDF-Expand-Label(resumption_master_secret, "resumption", ticket_nonce,
 * Hash.length)", RFC 8446 4.6.1: from the first connection's master secret to what the second one
 * begins with. */
static void section_3_ends_in_the_psk_of_section_4(void **state) {
    (void)state;
    struct application_secrets application;
    uint8_t resumption[SECRET_LEN_MAX], psk[SECRET_LEN_MAX];
    bytes_copy(application.master_secret, SECRET_LEN_MAX,
               get("server extract secret \"master\": secret"));
    resumption_secret_derive(resumption, &application, HASH_SHA256,
                             get("client derive secret \"tls13 res master\": hash").data);
    assert_bytes(bytes_of(resumption, 32),
                 get("client derive secret \"tls13 res master\": expanded"));
    assert_true(bytes_all_zero(BYTES_IN(application.master_secret)));

    bulla_bytes nonce = trace_ticket_read(&simple).nonce;
    assert_bytes(nonce, get("server generate resumption secret \"tls13 resumption\": hash"));
    ticket_psk_derive(psk, HASH_SHA256, resumption, nonce);
    assert_bytes(bytes_of(psk, 32), get(RESUMPTION_PSK));
    assert_bytes(bytes_of(psk, 32), get_resumed("client extract secret \"early\": IKM"));

    /* Each ticket has a PSK of its own, RFC 8446 4.6.1. */
    const uint8_t other_nonce[2] = {0, 1};
    ticket_psk_derive(psk, HASH_SHA256, resumption, BYTES_IN(other_nonce));
    assert_memory_not_equal(psk, get(RESUMPTION_PSK).data, 32);
}

/* Early Secret = HKDF-Extract(0, PSK); binder_key = Derive-Secret(., "res binder", ""), RFC 8446
 * 7.1; and PskBinderEntry is computed "in the same way as the Finished message", 4.2.11.2. */
static void early_secret_leads_to_the_binder(void **state) {
    (void)state;
    struct early_secrets early;
    uint8_t digest[HASH_LEN_MAX], binder[HASH_LEN_MAX];
    early_secrets_derive(&early, HASH_SHA256, get(RESUMPTION_PSK));
    assert_bytes(bytes_of(early.early_secret, 32),
                 get_resumed("client extract secret \"early\": secret"));
    assert_bytes(bytes_of(early.binder_key, 32), get_resumed("client calculate PSK binder: PRK"));

    hash_once(HASH_SHA256, get_resumed("client calculate PSK binder: ClientHello prefix"), digest);
    assert_bytes(bytes_of(digest, 32), get_resumed("client calculate PSK binder: binder hash"));
    finished_verify_data(binder, HASH_SHA256, early.binder_key, digest);
    assert_bytes(bytes_of(binder, 32), get_resumed("client calculate PSK binder: finished"));
}

/* client_early_traffic_secret = Derive-Secret(., "c e traffic", ClientHello), RFC 8446 7.1: of the
 * whole ClientHello, the binder too. */
static void early_secret_leads_to_the_early_traffic_secret(void **state) {
    (void)state;
    struct early_secrets early;
    uint8_t digest[HASH_LEN_MAX], secret[HASH_LEN_MAX];
    early_secrets_derive(&early, HASH_SHA256, get(RESUMPTION_PSK));
    hash_once(HASH_SHA256, trace_client_hello(&resumed, 0), digest);
    assert_bytes(bytes_of(digest, 32),
                 get_resumed("client derive secret \"tls13 c e traffic\": hash"));
    early_traffic_derive(secret, &early, HASH_SHA256, digest);
    assert_bytes(bytes_of(secret, 32),
                 get_resumed("client derive secret \"tls13 c e traffic\": expanded"));
    assert_bytes(bytes_of(secret, 32),
                 get_resumed("client derive write traffic keys for early application data: PRK"));
}

/* From the early secret on as without a PSK, RFC 8446 7.1; each phase is wiped by the next. */
static void psk_leads_on_to_the_secrets_of_the_trace(void **state) {
    (void)state;
    struct early_secrets early;
    struct handshake_secrets handshake;
    struct application_secrets application;
    uint8_t resumption[SECRET_LEN_MAX];
    early_secrets_derive(&early, HASH_SHA256, get(RESUMPTION_PSK));
    assert_bytes(bytes_of(early.handshake_salt, 32),
                 get_resumed("server derive secret for handshake \"tls13 derived\": expanded"));

    handshake_secrets_derive(&handshake, &early, HASH_SHA256,
                             get_resumed("server extract secret \"handshake\": IKM"),
                             get_resumed("server derive secret \"tls13 c hs traffic\": hash").data);
    assert_true(bytes_all_zero(bytes_of(&early, sizeof early)));
    assert_bytes(bytes_of(handshake.client_traffic, 32),
                 get_resumed("server derive secret \"tls13 c hs traffic\": expanded"));
    assert_bytes(bytes_of(handshake.server_traffic, 32),
                 get_resumed("server derive secret \"tls13 s hs traffic\": expanded"));
    assert_bytes(bytes_of(handshake.master_salt, 32),
                 get_resumed("server derive secret for master \"tls13 derived\": expanded"));

    application_secrets_derive(
        &application, &handshake, HASH_SHA256,
        get_resumed("server derive secret \"tls13 c ap traffic\": hash").data);
    assert_bytes(bytes_of(application.client_traffic, 32),
                 get_resumed("server derive secret \"tls13 c ap traffic\": expanded"));
    assert_bytes(bytes_of(application.server_traffic, 32),
                 get_resumed("server derive secret \"tls13 s ap traffic\": expanded"));
    assert_bytes(bytes_of(application.exporter, 32),
                 get_resumed("server derive secret \"tls13 exp master\": expanded"));
    assert_bytes(bytes_of(application.master_secret, 32),
                 get_resumed("server extract secret \"master\": secret"));

    resumption_secret_derive(resumption, &application, HASH_SHA256,
                             get_resumed("client derive secret \"tls13 res master\": hash").data);
    assert_bytes(bytes_of(resumption, 32),
                 get_resumed("client derive secret \"tls13 res master\": expanded"));
}

/* ------------------------------------------------------------------ beside the traces */

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
        cmocka_unit_test(section_3_ends_in_the_psk_of_section_4),
        cmocka_unit_test(early_secret_leads_to_the_binder),
        cmocka_unit_test(early_secret_leads_to_the_early_traffic_secret),
        cmocka_unit_test(psk_leads_on_to_the_secrets_of_the_trace),
        cmocka_unit_test(traffic_secret_is_updated_by_definition),
        cmocka_unit_test(exporter_is_derived_by_definition),
        cmocka_unit_test(no_psk_is_a_psk_of_zeros),
        cmocka_unit_test(length_is_part_of_the_label),
        cmocka_unit_test(keys_have_the_length_of_their_suite),
    };
    return cmocka_run_group_tests_name("key_schedule", tests, traces_read, traces_free);
}
