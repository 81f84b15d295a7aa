/* SPDX-License-Identifier: Apache-2.0 */
/* TLS 1.2's key schedule: the PRF against the vectors that were published on the TLS working
 * group's list (msg03416, 2009), all else against the definitions of RFC 5246, 7627 and 5705
 * written out. */
#include "tls/key_schedule_12.h"

#include "base/writer.h"
#include "hex.h"
#include "support/check.h"

static void prf_matches_the_published_vectors(void **state) {
    (void)state;
    HEX(secret_256, "9bbe436ba940f017b17652849a71db35");
    HEX(seed_256, "a0ba9f936cda311827a6f796ffd5198c");
    HEX(output_256, "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
                    "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
                    "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
                    "87347b66");
    HEX(secret_384, "b80b733d6ceefcdc71566ea48e5567df");
    HEX(seed_384, "cd665cf6a8447dd6ff8b27555edb7465");
    HEX(output_384, "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
                    "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
                    "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
                    "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
                    "91c8f3a26854308d5eaa3be85e0990703d73e56f");
    const struct {
        enum hash_id hash;
        bulla_bytes secret, seed, output;
    } cases[] = {{HASH_SHA256, secret_256, seed_256, output_256},
                 {HASH_SHA384, secret_384, seed_384, output_384}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t out[148 + 1];
        for (size_t len = 0; len <= cases[i].output.len; len++) {
            const bulla_bytes seed[] = {BYTES_OF("test label"), cases[i].seed};
            /* However it is cut, and no byte more. */
            const bulla_bytes parts[] = {BYTES_OF("test"), BYTES_OF(" label"), bytes_of(NULL, 0),
                                         bytes_of(cases[i].seed.data, 1),
                                         bytes_after(cases[i].seed, 1)};
            out[len] = 0x5a;
            prf(cases[i].hash, cases[i].secret, seed, 2, out, len);
            assert_memory_equal(out, cases[i].output.data, len);
            prf(cases[i].hash, cases[i].secret, parts, 5, out, len);
            assert_memory_equal(out, cases[i].output.data, len);
            assert_int_equal(out[len], 0x5a);
        }
    }
}

static struct master_12 master_of(uint8_t first) {
    struct master_12 master;
    for (size_t i = 0; i < MASTER_SECRET_LEN; i++) {
        master.secret[i] = (uint8_t)(first + i);
    }
    for (size_t i = 0; i < RANDOM_LEN; i++) {
        master.client_random[i] = (uint8_t)(first + 64 + i);
        master.server_random[i] = (uint8_t)(first + 128 + i);
    }
    return master;
}

/* PRF over a label and a seed in one piece. */
static void prf_by_definition(enum hash_id hash, bulla_bytes secret, const char *label,
                              bulla_bytes a, bulla_bytes b, uint8_t *out, size_t len) {
    uint8_t buffer[256];
    struct writer seed = writer_into(buffer, sizeof buffer);
    writer_text(&seed, label);
    writer_bytes(&seed, a);
    writer_bytes(&seed, b);
    const bulla_bytes whole = bytes_of(buffer, seed.len);
    assert_false(seed.failed);
    prf(hash, secret, &whole, 1, out, len);
}

static void master_secrets_are_those_of_the_rfcs(void **state) {
    (void)state;
    const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384};
    for (size_t i = 0; i < 2; i++) {
        struct master_12 master = master_of(7), extended = master_of(7);
        uint8_t expected[MASTER_SECRET_LEN], session_hash[HASH_LEN_MAX] = {1, 2, 3};
        const bulla_bytes premaster = BYTES_OF("a premaster secret of any length");
        master_secret_derive(&master, hashes[i], premaster);
        prf_by_definition(hashes[i], premaster, "master secret", BYTES_IN(master.client_random),
                          BYTES_IN(master.server_random), expected, sizeof expected);
        assert_memory_equal(master.secret, expected, sizeof expected);
        extended_master_secret_derive(&extended, hashes[i], premaster, session_hash);
        prf_by_definition(hashes[i], premaster, "extended master secret",
                          bytes_of(session_hash, hash_len(hashes[i])), bytes_of(NULL, 0), expected,
                          sizeof expected);
        assert_memory_equal(extended.secret, expected, sizeof expected);
        assert_memory_not_equal(extended.secret, master.secret, sizeof expected);
    }
}

/* RFC 5246 6.3: client's key, server's key, client's IV, server's IV; the server's random first. */
static void key_blocks_are_cut_in_order(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SUITES; i++) {
        const struct suite *suite = &suites[i];
        struct master_12 master = master_of((uint8_t)i);
        struct record_keys client, server;
        uint8_t block[2 * (32 + 12)];
        if (suite->version != BULLA_TLS_1_2) {
            continue;
        }
        size_t key_len = aead_key_len(suite->aead);
        size_t iv_len = suite->aead == AEAD_CHACHA20_POLY1305 ? 12 : 4;
        prf_by_definition(suite->hash, BYTES_IN(master.secret), "key expansion",
                          BYTES_IN(master.server_random), BYTES_IN(master.client_random), block,
                          sizeof block);
        record_keys_12_derive(&client, &server, suite, &master);
        assert_int_equal(client.aead.id, suite->aead);
        assert_int_equal(server.aead.id, suite->aead);
        assert_true(client.is_12 && server.is_12);
        assert_int_equal(client.sequence + server.sequence, 0);
        assert_memory_equal(client.aead.bytes, block, key_len);
        assert_memory_equal(server.aead.bytes, block + key_len, key_len);
        assert_memory_equal(client.iv, block + 2 * key_len, iv_len);
        assert_memory_equal(server.iv, block + 2 * key_len + iv_len, iv_len);
        assert_true(bytes_all_zero(bytes_of(client.iv + iv_len, 12 - iv_len)));
    }
}

static void finished_is_labelled_by_its_sender(void **state) {
    (void)state;
    struct master_12 master = master_of(3);
    uint8_t digest[HASH_LEN_MAX] = {9, 8, 7}, out[VERIFY_DATA_12_LEN], expected[VERIFY_DATA_12_LEN];
    const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384};
    for (size_t i = 0; i < 2; i++) {
        for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
            finished_12_verify_data(out, hashes[i], &master, role, digest);
            prf_by_definition(hashes[i], BYTES_IN(master.secret),
                              role == BULLA_CLIENT ? "client finished" : "server finished",
                              bytes_of(digest, hash_len(hashes[i])), bytes_of(NULL, 0), expected,
                              sizeof expected);
            assert_memory_equal(out, expected, sizeof expected);
        }
    }
}

/* RFC 5705 4, with a context, with an empty one, and with none. */
static void exporters_are_those_of_the_rfc(void **state) {
    (void)state;
    struct master_12 master = master_of(5);
    uint8_t out[77], expected[77], buffer[128];
    const bulla_bytes label = BYTES_OF("EXPORTER-a label"),
                      contexts[] = {BYTES_OF("context"), bytes_of("", 0), bytes_of(NULL, 0)};
    for (size_t i = 0; i < 3; i++) {
        struct writer seed = writer_into(buffer, sizeof buffer);
        writer_bytes(&seed, BYTES_IN(master.client_random));
        writer_bytes(&seed, BYTES_IN(master.server_random));
        if (i != 2) {
            writer_vector(&seed, 2, contexts[i]);
        }
        prf_by_definition(HASH_SHA384, BYTES_IN(master.secret), "EXPORTER-a label",
                          bytes_of(buffer, seed.len), bytes_of(NULL, 0), expected, sizeof expected);
        assert_int_equal(
            exporter_12_derive(out, sizeof out, HASH_SHA384, &master, label, contexts[i]),
            BULLA_OK);
        assert_memory_equal(out, expected, sizeof expected);
    }
}

static void exporters_refuse_what_they_must(void **state) {
    (void)state;
    static uint8_t context[UINT16_MAX + 1];
    static const char *const labels[] = {"client finished", "server finished",
                                         "master secret",   "extended master secret",
                                         "key expansion",   "key expansion and more"};
    struct master_12 master = master_of(5);
    uint8_t out[32];
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        assert_int_equal(exporter_12_derive(out, sizeof out, HASH_SHA256, &master,
                                            bytes_of_text(labels[i]), bytes_of(NULL, 0)),
                         BULLA_E_API_MISUSE);
    }
    assert_int_equal(exporter_12_derive(out, sizeof out, HASH_SHA256, &master,
                                        BYTES_OF("key expansio"), bytes_of(context, UINT16_MAX)),
                     BULLA_OK);
    assert_int_equal(exporter_12_derive(out, sizeof out, HASH_SHA256, &master,
                                        BYTES_OF("key expansio"), BYTES_IN(context)),
                     BULLA_E_API_MISUSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prf_matches_the_published_vectors),
        cmocka_unit_test(master_secrets_are_those_of_the_rfcs),
        cmocka_unit_test(key_blocks_are_cut_in_order),
        cmocka_unit_test(finished_is_labelled_by_its_sender),
        cmocka_unit_test(exporters_are_those_of_the_rfc),
        cmocka_unit_test(exporters_refuse_what_they_must),
    };
    return cmocka_run_group_tests_name("key_schedule_12", tests, NULL, NULL);
}
