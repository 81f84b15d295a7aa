/* SPDX-License-Identifier: Apache-2.0 */
/* Channel bindings on both sides of a connection: alike there, another on each connection
 * (tls-exporter) or for each certificate (tls-server-end-point), and none where the specification
 * has none. */
#include "support/check.h"

#include "engine/expect.h"
#include "unit/channel_binding_samples.h"

static const bulla_channel_binding exporter = BULLA_CHANNEL_BINDING_EXPORTER;
static const bulla_channel_binding end_point = BULLA_CHANNEL_BINDING_SERVER_END_POINT;

/* Certificates as they came from elsewhere: their keys are not asked for. */
static bulla_credential *credential_of(const char *pem) {
    bulla_credential *credential;
    bulla_cause cause = bulla_credential_new_remote(&credential, bytes_of_text(pem));
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    return credential;
}

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *credential;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Binding");
    world.trust = authority_trust(&world.authority);
    world.credential = authority_issue(&world.authority, &(struct leaf){0});
    *state = &world;
    return 0;
}

static int world_drop(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->credential);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

static void open_with(struct pair *pair, const struct world *world, bulla_credential *credential,
                      uint16_t version) {
    struct setup client = {.role = BULLA_CLIENT,
                           .trust = world->trust,
                           .ask = BULLA_ASK_VERIFY,
                           .version_min = BULLA_TLS_1_2,
                           .version_max = version};
    struct setup server = {.role = BULLA_SERVER,
                           .credentials = {credential},
                           .version_min = BULLA_TLS_1_2,
                           .version_max = version};
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
}

struct binding {
    bulla_cause cause;
    uint8_t bytes[BULLA_CHANNEL_BINDING_LEN_MAX];
    size_t len;
};

static struct binding binding_of(const struct end *end, bulla_channel_binding kind) {
    struct binding out = {.len = 99};
    out.cause = bulla_connection_channel_binding(end->connection, kind, out.bytes, &out.len);
    assert_true(out.cause == BULLA_OK || out.len == 0);
    return out;
}

/* Both ends have the same. */
static struct binding binding_shared(const struct pair *pair, bulla_channel_binding kind) {
    struct binding client = binding_of(&pair->client, kind);
    struct binding server = binding_of(&pair->server, kind);
    assert_int_equal(client.cause, server.cause);
    assert_int_equal(client.len, server.len);
    assert_memory_equal(client.bytes, server.bytes, client.len);
    return client;
}

static void exporter_is_each_connections_own(void **state) {
    const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};
    const struct world *world = *state;
    for (size_t i = 0; i < 2; i++) {
        struct binding bindings[2];
        for (size_t j = 0; j < 2; j++) {
            uint8_t exported[32];
            struct pair pair;
            open_with(&pair, world, world->credential, versions[i]);
            pair_connect(&pair);
            bindings[j] = binding_shared(&pair, exporter);
            assert_int_equal(bindings[j].cause, BULLA_OK);
            assert_int_equal(bindings[j].len, 32);
            /* RFC 9266 2: the exporter under this label, with a context of no bytes. */
            assert_int_equal(bulla_connection_export(pair.client.connection,
                                                     BYTES_OF("EXPORTER-Channel-Binding"),
                                                     BYTES_OF(""), exported, sizeof exported),
                             BULLA_OK);
            assert_memory_equal(exported, bindings[j].bytes, sizeof exported);
            pair_close(&pair);
        }
        assert_memory_not_equal(bindings[0].bytes, bindings[1].bytes, 32);
    }
}

/* Two connections without the extended master secret can be made to share it, RFC 9266 4.2. */
static void exporter_needs_the_extended_master_secret(void **state) {
    const struct world *world = *state;
    struct pair pair;
    open_with(&pair, world, world->credential, BULLA_TLS_1_2);
    pair_connect(&pair);
    pair.client.connection->extended_master_secret = false;
    assert_int_equal(binding_of(&pair.client, exporter).cause, BULLA_E_CHANNEL_BINDING_UNDEFINED);
    assert_int_equal(binding_of(&pair.server, exporter).cause, BULLA_OK);
    pair_close(&pair);
}

/* The hash is the one under the certificate's signature; SHA-256 for what is older than that. */
static void end_point_is_the_certificates_hash(void **state) {
    const struct {
        const char *pem;
        enum hash_id hash; /* HASH_INVALID: there is none */
    } cases[] = {
        {sample_ecdsa_sha256, HASH_SHA256}, {sample_ecdsa_sha384, HASH_SHA384},
        {sample_rsa_sha512, HASH_SHA512},   {sample_pss_sha384, HASH_SHA384},
        {sample_rsa_sha1, HASH_SHA256},     {sample_ecdsa_sha1, HASH_SHA256},
        {sample_rsa_md5, HASH_SHA256},      {sample_ed25519, HASH_INVALID},
        {sample_rsa_sha224, HASH_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bulla_credential *credential = credential_of(cases[i].pem);
        bulla_connection server = {
            .role = BULLA_SERVER, .failure = BULLA_OK, .state = STATE_CONNECTED};
        server.credential = credential;
        struct end end = {.connection = &server};
        struct binding binding = binding_of(&end, end_point);
        if (cases[i].hash == HASH_INVALID) {
            assert_int_equal(binding.cause, BULLA_E_CHANNEL_BINDING_UNDEFINED);
        } else {
            uint8_t expected[HASH_LEN_MAX];
            hash_once(cases[i].hash, bulla_credential_certificate(credential, 0), expected);
            assert_int_equal(binding.cause, BULLA_OK);
            assert_int_equal(binding.len, hash_len(cases[i].hash));
            assert_memory_equal(binding.bytes, expected, binding.len);
        }
        bulla_credential_free(credential);
    }
}

/* RFC 5929 4: what both sides of a connection say of one certificate. The fixed sample is hashed by
 * `openssl x509 -outform der | openssl dgst`. */
static void end_point_is_alike_on_both_sides(void **state) {
    const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};
    for (size_t i = 0; i < 2; i++) {
        const struct world *world = *state;
        struct pair pair;
        bulla_credential *credential = credential_of(sample_ecdsa_sha256);
        open_with(&pair, world, credential, versions[i]);
        bulla_credential_free(credential);
        pair_connect(&pair);
        struct binding binding = binding_shared(&pair, end_point);
        assert_int_equal(binding.cause, BULLA_OK);
        assert_int_equal(binding.len, 32);
        assert_memory_equal(binding.bytes, sample_ecdsa_sha256_digest, 32);
        pair_close(&pair);
    }
}

static void an_ed25519_certificate_has_no_end_point(void **state) {
    const struct world *world = *state;
    struct pair pair;
    open_with(&pair, world, world->credential, BULLA_TLS_1_3); /* signed by an Ed25519 key */
    pair_connect(&pair);
    assert_int_equal(binding_shared(&pair, end_point).cause, BULLA_E_CHANNEL_BINDING_UNDEFINED);
    pair_close(&pair);
}

static void resumes_by_tickets(bulla_config_builder *builder, void *keys) {
    bulla_config_set_ticket_keys(builder, keys);
}

static void resumes_from_cache(bulla_config_builder *builder, void *cache) {
    bulla_config_set_session_cache(builder, cache);
    bulla_config_set_judgement(builder, BYTES_OF("test"));
}

/* The certificate is that of the first connection: the client's session keeps it, the server does
 * not say which of its own it was. The exporter is the connection's own. */
static void a_resumed_connection_has_the_first_ones_end_point(void **state) {
    const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};
    for (size_t i = 0; i < 2; i++) {
        const struct world *world = *state;
        bulla_credential *credential = credential_of(sample_ecdsa_sha256);
        bulla_session_cache *cache;
        bulla_ticket_keys *keys;
        struct setup client = {.role = BULLA_CLIENT,
                               .trust = world->trust,
                               .ask = BULLA_ASK_VERIFY,
                               .version_min = BULLA_TLS_1_2,
                               .version_max = versions[i],
                               .more = resumes_from_cache};
        struct setup server = {.role = BULLA_SERVER,
                               .credentials = {credential},
                               .version_min = BULLA_TLS_1_2,
                               .version_max = versions[i],
                               .more = resumes_by_tickets};
        uint8_t first[32];
        must(bulla_session_cache_new(&cache, 8) == BULLA_OK, "cache");
        must(bulla_ticket_keys_new(&keys, 3600) == BULLA_OK, "keys");
        client.more_context = cache;
        server.more_context = keys;
        for (unsigned round = 0; round < 2; round++) {
            struct pair pair;
            pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
            pair_connect(&pair);
            assert_int_equal(end_info(&pair.client).resumed, round);
            struct binding binding = binding_of(&pair.client, end_point);
            assert_int_equal(binding.cause, BULLA_OK);
            assert_memory_equal(binding.bytes, sample_ecdsa_sha256_digest, 32);
            assert_int_equal(binding_of(&pair.server, end_point).cause,
                             round == 0 ? BULLA_OK : BULLA_E_CHANNEL_BINDING_UNDEFINED);
            binding = binding_shared(&pair, exporter);
            assert_int_equal(binding.cause, BULLA_OK);
            assert_true(round == 0 || !bytes_equal(bytes_of(binding.bytes, 32), BYTES_IN(first)));
            bytes_copy(first, sizeof first, bytes_of(binding.bytes, 32));
            pair_close(&pair);
        }
        bulla_session_cache_free(cache);
        bulla_ticket_keys_free(keys);
        bulla_credential_free(credential);
    }
}

static void there_is_none_outside_of_a_connection(void **state) {
    const struct world *world = *state;
    struct pair pair;
    open_with(&pair, world, world->credential, BULLA_TLS_1_3);
    for (unsigned kind = 0; kind < 4; kind++) {
        bulla_channel_binding asked = (bulla_channel_binding)kind;
        assert_int_equal(binding_of(&pair.client, asked).cause, BULLA_E_API_MISUSE);
    }
    pair_connect(&pair);
    assert_int_equal(binding_of(&pair.client, BULLA_CHANNEL_BINDING_INVALID).cause,
                     BULLA_E_API_MISUSE);
    assert_int_equal(binding_of(&pair.client, (bulla_channel_binding)3).cause, BULLA_E_API_MISUSE);
    bulla_connection_receive_end(pair.client.connection);
    assert_int_equal(binding_of(&pair.client, exporter).cause, BULLA_E_API_MISUSE);
    assert_int_equal(binding_of(&pair.client, end_point).cause, BULLA_E_API_MISUSE);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exporter_is_each_connections_own),
        cmocka_unit_test(exporter_needs_the_extended_master_secret),
        cmocka_unit_test(end_point_is_the_certificates_hash),
        cmocka_unit_test(end_point_is_alike_on_both_sides),
        cmocka_unit_test(an_ed25519_certificate_has_no_end_point),
        cmocka_unit_test(a_resumed_connection_has_the_first_ones_end_point),
        cmocka_unit_test(there_is_none_outside_of_a_connection),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
