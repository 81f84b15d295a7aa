/* SPDX-License-Identifier: Apache-2.0 */
/* Whole handshakes between two engines, RFC 8446 section 2: what is negotiated, who is proven to
 * whom, and the decisions that a caller may take over; each refusal with the alert that the other
 * side sees. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { LOG_LEN_MAX = 4096 };

struct key_log {
    char text[LOG_LEN_MAX];
    size_t len;
};

struct world {
    struct authority authority, stranger;
    bulla_trust *trust, *strangers;
    bulla_credential *server, *client;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    authority_make(&world.stranger, "Stranger");
    world.trust = authority_trust(&world.authority);
    world.strangers = authority_trust(&world.stranger);
    world.server = authority_issue(&world.authority, &(struct leaf){.not_for_clients = true});
    world.client = authority_issue(
        &world.authority, &(struct leaf){.not_for_servers = true, .uri = "spiffe://test/client"});
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->server);
    bulla_credential_free(world->client);
    bulla_trust_free(world->trust);
    bulla_trust_free(world->strangers);
    authority_free(&world->authority);
    authority_free(&world->stranger);
    return 0;
}

static struct setup client_setup(const struct world *world) {
    return (struct setup){.role = BULLA_CLIENT, .trust = world->trust};
}

static struct setup server_setup(const struct world *world) {
    return (struct setup){.role = BULLA_SERVER, .credentials = {world->server}};
}

static void open_to(struct pair *pair, const struct setup *client, const struct setup *server,
                    const char *name) {
    pair_open(pair, setup_config(client), setup_config(server), name);
}

static void open_pair(struct pair *pair, const struct setup *client, const struct setup *server) {
    open_to(pair, client, server, TEST_SERVER_NAME);
}

static void log_line(void *context, const char *line, size_t len) {
    struct key_log *log = context;
    int written = snprintf(log->text + log->len, LOG_LEN_MAX - log->len, "%.*s\n", (int)len, line);
    log->len += (size_t)written;
    assert_true(log->len < LOG_LEN_MAX);
}

/* Both have finished and agree on everything that both can tell. */
static void assert_connected(const struct pair *pair) {
    bulla_connection_info client = end_info(&pair->client), server = end_info(&pair->server);
    assert_string_equal(bulla_cause_about(end_failure(&pair->client))->name, "ok");
    assert_string_equal(bulla_cause_about(end_failure(&pair->server))->name, "ok");
    assert_int_equal(pair->client.events[BULLA_EVENT_HANDSHAKE_DONE], 1);
    assert_int_equal(pair->server.events[BULLA_EVENT_HANDSHAKE_DONE], 1);
    assert_true(client.handshake_done && server.handshake_done);
    assert_true(pair_agrees(pair));
    assert_int_equal(client.version, BULLA_TLS_1_3);
    assert_int_equal(server.version, BULLA_TLS_1_3);
    assert_int_equal(client.suite, server.suite);
    assert_int_equal(client.group, server.group);
    assert_true(bytes_equal(client.alpn, server.alpn));
    assert_int_equal(client.hello_retried, server.hello_retried);
    assert_false(client.resumed || server.resumed);
}

/* `end` failed with `cause`, told the other so, and the other has understood. */
static void assert_refused(const struct end *end, const struct end *other, bulla_cause cause) {
    bulla_failure failure = bulla_connection_failure(end->connection);
    bulla_alert alert = bulla_cause_about(cause)->alert;
    assert_string_equal(bulla_cause_about(failure.cause)->name, bulla_cause_about(cause)->name);
    assert_int_equal(failure.alert_sent, alert);
    assert_int_equal(failure.alert_received, BULLA_ALERT_NONE);
    assert_int_equal(end->last, BULLA_EVENT_FAILED);
    failure = bulla_connection_failure(other->connection);
    assert_int_equal(failure.cause, BULLA_E_ALERT_RECEIVED);
    assert_int_equal(failure.alert_received, alert);
    assert_int_equal(failure.alert_sent, BULLA_ALERT_NONE);
}

/* ------------------------------------------------------------------ negotiation */

static const uint16_t all_suites[] = {BULLA_TLS_AES_128_GCM_SHA256, BULLA_TLS_AES_256_GCM_SHA384,
                                      BULLA_TLS_CHACHA20_POLY1305_SHA256};
static const uint16_t all_groups[] = {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1,
                                      BULLA_GROUP_SECP384R1, BULLA_GROUP_X25519MLKEM768};
static const struct {
    enum key_kind kind;
    uint16_t scheme;
} all_kinds[] = {{KEY_KIND_EC_P256, 0x0403},
                 {KEY_KIND_EC_P384, 0x0503},
                 {KEY_KIND_ED25519, 0x0807},
                 {KEY_KIND_RSA, 0x0804}};

static void connect_with(const struct world *world, uint16_t suite, uint16_t group,
                         bulla_credential *credential, uint16_t scheme) {
    struct key_log client_log = {.len = 0}, server_log = {.len = 0};
    struct setup client = client_setup(world), server = server_setup(world);
    struct pair pair;
    client.key_log = server.key_log = log_line;
    client.key_log_context = &client_log;
    server.key_log_context = &server_log;
    client.suites = &suite;
    client.groups = &group;
    client.num_suites = client.num_groups = 1;
    server.credentials[0] = credential;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_connected(&pair);
    assert_int_equal(end_info(&pair.client).suite, suite);
    assert_int_equal(end_info(&pair.client).group, group);
    assert_int_equal(end_info(&pair.client).peer_signature_scheme, scheme);
    assert_int_equal(end_info(&pair.server).peer_signature_scheme, 0);
    assert_true(end_info(&pair.client).peer_authenticated);
    assert_false(end_info(&pair.server).peer_authenticated);
    assert_false(end_info(&pair.client).hello_retried);
    assert_string_equal(client_log.text, server_log.text);
    pair_close(&pair);
}

static void every_suite_group_and_key(void **state) {
    struct world *world = *state;
    for (size_t kind = 0; kind < 4; kind++) {
        bulla_credential *credential =
            authority_issue(&world->authority, &(struct leaf){.key = all_kinds[kind].kind});
        for (size_t suite = 0; suite < 3; suite++) {
            for (size_t group = 0; group < 4; group++) {
                connect_with(world, all_suites[suite], all_groups[group], credential,
                             all_kinds[kind].scheme);
            }
        }
        bulla_credential_free(credential);
    }
}

/* RFC 9850: each label once, in the order of the schedule, under one client random. */
static void key_log_has_all_labels(void **state) {
    static const char *const labels[] = {
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"};
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct key_log log = {.len = 0};
    char first_random[2 * RANDOM_LEN + 1] = "";
    struct pair pair;
    client.suites = all_suites; /* a SHA-256 secret has 64 digits */
    client.num_suites = 1;
    client.key_log = log_line;
    client.key_log_context = &log;
    open_pair(&pair, &client, &server);
    pair_connect(&pair);
    const char *line = log.text;
    for (size_t i = 0; i < 5; i++) {
        char label[64], random[65], secret[65], end;
        assert_int_equal(sscanf(line, "%63s %64s %64[0-9a-f]%c", label, random, secret, &end), 4);
        assert_string_equal(label, labels[i]);
        assert_int_equal(strlen(random), 64);
        assert_int_equal(strlen(secret), 64);
        assert_int_equal(end, '\n');
        assert_true(i == 0 || strcmp(random, first_random) == 0);
        snprintf(first_random, sizeof first_random, "%s", random);
        line = strchr(line, '\n') + 1;
    }
    assert_string_equal(line, "");
    pair_close(&pair);
}

static void server_prefers_its_own_order(void **state) {
    const uint16_t client_order[] = {BULLA_TLS_AES_128_GCM_SHA256, BULLA_TLS_AES_256_GCM_SHA384};
    const uint16_t server_order[] = {BULLA_TLS_AES_256_GCM_SHA384, BULLA_TLS_AES_128_GCM_SHA256};
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct pair pair;
    client.suites = client_order;
    server.suites = server_order;
    client.num_suites = server.num_suites = 2;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_connected(&pair);
    assert_int_equal(end_info(&pair.client).suite, BULLA_TLS_AES_256_GCM_SHA384);
    pair_close(&pair);
}

static void retry_for_another_group(void **state) {
    for (size_t suite = 0; suite < 3; suite++) {
        for (size_t group = 0; group < 4; group++) {
            const uint16_t offered[] = {all_groups[(group + 1) % 4], all_groups[group]};
            struct setup client = client_setup(*state), server = server_setup(*state);
            struct pair pair;
            client.suites = &all_suites[suite];
            client.num_suites = 1;
            client.groups = offered;
            client.num_groups = 2;
            server.groups = &all_groups[group];
            server.num_groups = 1;
            open_pair(&pair, &client, &server);
            pair_run(&pair);
            assert_connected(&pair);
            assert_true(end_info(&pair.server).hello_retried);
            assert_int_equal(end_info(&pair.server).group, all_groups[group]);
            pair_close(&pair);
        }
    }
}

/* A share that came is worth a round trip: the server does not insist on its first group. */
static void no_retry_where_a_share_fits(void **state) {
    const uint16_t offered[] = {BULLA_GROUP_SECP384R1, BULLA_GROUP_X25519};
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct pair pair;
    client.groups = offered;
    client.num_groups = 2;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_connected(&pair);
    assert_false(end_info(&pair.client).hello_retried);
    assert_int_equal(end_info(&pair.client).group, BULLA_GROUP_SECP384R1);
    pair_close(&pair);
}

static void nothing_in_common(void **state) {
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct pair pair;
    client.suites = &all_suites[0];
    server.suites = &all_suites[1];
    client.num_suites = server.num_suites = 1;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_refused(&pair.server, &pair.client, BULLA_E_NO_COMMON_SUITE);
    pair_close(&pair);

    client = client_setup(*state);
    server = server_setup(*state);
    client.groups = &all_groups[0];
    server.groups = &all_groups[1];
    client.num_groups = server.num_groups = 1;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_refused(&pair.server, &pair.client, BULLA_E_NO_COMMON_GROUP);
    pair_close(&pair);
}

static void alpn(void **state) {
    static const struct {
        const char *client[3], *server[3], *agreed; /* NULL: the server refuses */
    } cases[] = {
        {{"h2", "http/1.1"}, {"http/1.1", "h2"}, "http/1.1"},
        {{"h2", "http/1.1"}, {"http/1.1"}, "http/1.1"},
        {{"h2"}, {"h2"}, "h2"},
        {{"h2"}, {NULL}, ""},
        {{NULL}, {"h2"}, ""},
        {{"h2"}, {"http/1.1"}, NULL},
        {{"h2"}, {"h2c"}, NULL},
        {{"h2c"}, {"h2"}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = client_setup(*state), server = server_setup(*state);
        struct pair pair;
        for (size_t j = 0; j < 3; j++) {
            client.alpn[j] = cases[i].client[j];
            server.alpn[j] = cases[i].server[j];
        }
        open_pair(&pair, &client, &server);
        pair_run(&pair);
        if (cases[i].agreed == NULL) {
            assert_refused(&pair.server, &pair.client, BULLA_E_NO_COMMON_ALPN);
        } else {
            assert_connected(&pair);
            assert_true(bytes_equal(end_info(&pair.client).alpn, bytes_of_text(cases[i].agreed)));
        }
        pair_close(&pair);
    }
}

static void server_name_is_seen(void **state) {
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct pair pair;
    open_to(&pair, &client, &server, TEST_SERVER_NAME ".");
    pair_run(&pair);
    assert_connected(&pair);
    assert_true(bytes_equal(end_info(&pair.server).server_name, BYTES_OF(TEST_SERVER_NAME)));
    assert_true(bytes_equal(end_info(&pair.client).server_name, BYTES_OF(TEST_SERVER_NAME)));
    pair_close(&pair);

    client.ask = BULLA_ASK_VERIFY; /* without a name there is nothing to send */
    open_to(&pair, &client, &server, "");
    pair_run(&pair);
    assert_connected(&pair);
    assert_int_equal(end_info(&pair.server).server_name.len, 0);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ authentication */

static void address_as_name(void **state) {
    static const uint8_t v4[] = {192, 0, 2, 7};
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    static const struct {
        const char *name;
        bool good;
    } cases[] = {{"192.0.2.7", true},
                 {"2001:db8::1", true},
                 {"2001:DB8:0:0::1", true},
                 {"192.0.2.8", false},
                 {"2001:db8::2", false}};
    struct world *world = *state;
    struct setup client = client_setup(world), server = server_setup(world);
    bulla_credential *credentials[] = {
        authority_issue(&world->authority, &(struct leaf){.ip = BYTES_IN(v4)}),
        authority_issue(&world->authority, &(struct leaf){.ip = BYTES_IN(v6)})};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair pair;
        server.credentials[0] = credentials[strchr(cases[i].name, ':') != NULL];
        open_to(&pair, &client, &server, cases[i].name);
        pair_run(&pair);
        if (cases[i].good) {
            assert_connected(&pair);
            assert_int_equal(end_info(&pair.server).server_name.len, 0); /* RFC 6066 3 */
        } else {
            assert_refused(&pair.client, &pair.server, BULLA_E_CERT_NAME_MISMATCH);
        }
        pair_close(&pair);
    }
    bulla_credential_free(credentials[0]);
    bulla_credential_free(credentials[1]);
}

static void bad_server_certificates(void **state) {
    static const struct {
        struct leaf leaf;
        const char *name;
        bool stranger;
        bulla_cause cause;
    } cases[] = {
        {{.dns = "a.example"}, "a.example", false, BULLA_OK},
        {{.dns = "a.example"}, "b.example", false, BULLA_E_CERT_NAME_MISMATCH},
        {{.uri = "https://a.example"}, "a.example", false, BULLA_E_CERT_NO_SUBJECT_ALT_NAME},
        {{.not_after = TEST_NOW - 1}, TEST_SERVER_NAME, false, BULLA_E_CERT_EXPIRED},
        {{.not_before = TEST_NOW + 1}, TEST_SERVER_NAME, false, BULLA_E_CERT_NOT_YET_VALID},
        {{.not_for_servers = true}, TEST_SERVER_NAME, false, BULLA_E_CERT_PURPOSE_NOT_SERVER},
        {{.without_intermediate = true}, TEST_SERVER_NAME, false, BULLA_E_CERT_UNKNOWN_ISSUER},
        {{.dns = NULL}, TEST_SERVER_NAME, true, BULLA_E_CERT_UNKNOWN_ISSUER},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = client_setup(world), server = server_setup(world);
        struct pair pair;
        server.credentials[0] = authority_issue(
            cases[i].stranger ? &world->stranger : &world->authority, &cases[i].leaf);
        open_to(&pair, &client, &server, cases[i].name);
        pair_run(&pair);
        if (cases[i].cause == BULLA_OK) {
            assert_connected(&pair);
            assert_null(bulla_connection_failure(pair.client.connection).report);
        } else {
            assert_refused(&pair.client, &pair.server, cases[i].cause);
            const bulla_report *report = bulla_connection_failure(pair.client.connection).report;
            assert_non_null(report);
            assert_int_equal(report->cause, cases[i].cause);
            assert_int_equal(pair.client.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
        }
        pair_close(&pair);
        bulla_credential_free(server.credentials[0]);
    }
}

/* What each mode of client authentication says to a client with and without a certificate. */
static void client_authentication(void **state) {
    struct world *world = *state;
    for (int mode = BULLA_CLIENT_AUTH_NONE; mode <= BULLA_CLIENT_AUTH_REQUIRE; mode++) {
        for (int shows = 0; shows <= 1; shows++) {
            struct setup client = client_setup(world), server = server_setup(world);
            struct pair pair;
            server.client_auth = (bulla_client_auth)mode;
            server.trust = world->trust;
            client.credentials[0] = shows ? world->client : NULL;
            open_pair(&pair, &client, &server);
            pair_run(&pair);
            if (mode == BULLA_CLIENT_AUTH_REQUIRE && !shows) {
                assert_refused(&pair.server, &pair.client, BULLA_E_CERTIFICATE_REQUIRED);
                assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 0);
                pair_close(&pair);
                continue;
            }
            bool proven = mode != BULLA_CLIENT_AUTH_NONE && shows;
            bulla_bytes leaf = bulla_connection_peer_certificate(pair.server.connection, 0);
            assert_connected(&pair);
            assert_int_equal(end_info(&pair.server).peer_authenticated, proven);
            assert_int_equal(end_info(&pair.server).peer_signature_scheme, proven ? 0x0403 : 0);
            assert_true(bytes_equal(leaf, proven ? bulla_credential_certificate(world->client, 0)
                                                 : bytes_of(NULL, 0)));
            assert_true(bytes_equal(bulla_connection_peer_certificate(pair.client.connection, 0),
                                    bulla_credential_certificate(world->server, 0)));
            assert_int_equal(bulla_connection_peer_certificate(pair.client.connection, 1).len, 0);
            pair_close(&pair);
        }
    }
}

/* Under REQUEST too: a certificate that is shown must be good. */
static void bad_client_certificates(void **state) {
    static const struct {
        struct leaf leaf;
        bool stranger;
        bulla_cause cause;
    } cases[] = {
        {{.not_for_servers = true}, false, BULLA_OK},
        {{.key = KEY_KIND_ED25519}, false, BULLA_OK},
        {{.not_for_clients = true}, false, BULLA_E_CERT_PURPOSE_NOT_CLIENT},
        {{.not_after = TEST_NOW - 1}, false, BULLA_E_CERT_EXPIRED},
        {{.uri = "spiffe://test/a"}, true, BULLA_E_CERT_UNKNOWN_ISSUER},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int mode = BULLA_CLIENT_AUTH_REQUEST; mode <= BULLA_CLIENT_AUTH_REQUIRE; mode++) {
            struct setup client = client_setup(world), server = server_setup(world);
            struct pair pair;
            server.client_auth = (bulla_client_auth)mode;
            server.trust = world->trust;
            client.credentials[0] = authority_issue(
                cases[i].stranger ? &world->stranger : &world->authority, &cases[i].leaf);
            open_pair(&pair, &client, &server);
            pair_run(&pair);
            if (cases[i].cause == BULLA_OK) {
                assert_connected(&pair);
            } else {
                assert_refused(&pair.server, &pair.client, cases[i].cause);
                assert_non_null(bulla_connection_failure(pair.server.connection).report);
            }
            pair_close(&pair);
            bulla_credential_free(client.credentials[0]);
        }
    }
}

/* ------------------------------------------------------------------ decisions */

/* None of the answers is welcome but the one that is asked for. */
static void assert_waits_for(struct end *end, bulla_event event) {
    bulla_connection *connection = end->connection;
    bulla_signing signing;
    const uint8_t byte = 0;
    assert_int_equal(end->last, event);
    assert_int_equal(end_receive(end, SIZE_MAX), event); /* stays */
    if (event != BULLA_EVENT_SIGN) {
        assert_int_equal(bulla_connection_signing(connection, &signing), BULLA_E_API_MISUSE);
        assert_int_equal(bulla_connection_answer_signature(connection, bytes_of(&byte, 1)),
                         BULLA_E_API_MISUSE);
    }
    if (event != BULLA_EVENT_VERIFY) {
        assert_int_equal(bulla_connection_answer_verify(connection, BULLA_OK), BULLA_E_API_MISUSE);
    }
    if (event != BULLA_EVENT_CREDENTIAL) {
        assert_int_equal(bulla_connection_answer_credential(connection, NULL), BULLA_E_API_MISUSE);
    }
}

static void answer_sign(struct end *end) {
    uint8_t signature[SIGNATURE_LEN_MAX];
    bulla_signing signing;
    assert_waits_for(end, BULLA_EVENT_SIGN);
    assert_int_equal(bulla_connection_signing(end->connection, &signing), BULLA_OK);
    assert_int_equal(signing.scheme, 0x0403);
    assert_int_equal(signing.message.data[0], ' '); /* RFC 8446 4.4.3 */
    size_t len = test_sign(&signing, signature);
    assert_int_equal(bulla_connection_answer_signature(end->connection, bytes_of(signature, len)),
                     BULLA_OK);
    assert_int_equal(bulla_connection_answer_signature(end->connection, bytes_of(signature, len)),
                     BULLA_E_API_MISUSE);
}

static void answer_credential(struct end *end, bulla_credential *credential) {
    assert_waits_for(end, BULLA_EVENT_CREDENTIAL);
    assert_int_equal(bulla_connection_answer_credential(end->connection, credential), BULLA_OK);
    assert_int_equal(bulla_connection_answer_credential(end->connection, credential),
                     BULLA_E_API_MISUSE);
}

static void answer_verify(struct end *end, const bulla_credential *shown) {
    assert_waits_for(end, BULLA_EVENT_VERIFY);
    for (size_t i = 0; i < 3; i++) {
        assert_true(bytes_equal(bulla_connection_peer_certificate(end->connection, i),
                                bulla_credential_certificate(shown, i)));
    }
    assert_int_equal(bulla_connection_answer_verify(end->connection, BULLA_OK), BULLA_OK);
    assert_int_equal(bulla_connection_answer_verify(end->connection, BULLA_OK), BULLA_E_API_MISUSE);
}

static void open_asking(struct pair *pair, const struct world *world) {
    const unsigned all = BULLA_ASK_VERIFY | BULLA_ASK_SIGN | BULLA_ASK_CREDENTIAL;
    struct setup client = client_setup(world), server = server_setup(world);
    client.trust = NULL;
    server.credentials[0] = NULL;
    client.ask = server.ask = all;
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    open_pair(pair, &client, &server);
    pair->client.holds = pair->server.holds = true;
}

/* Every decision of a mutual handshake is answered by the test, late, with input at hand in pieces
 * of each size. */
static void all_decisions_later(void **state) {
    static const size_t chunks[] = {0, 1, 7, 1000};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        struct pair pair;
        open_asking(&pair, world);
        pair.chunk = chunks[i];
        pair_run(&pair);
        answer_credential(&pair.server, world->server);
        (void)end_receive(&pair.server, SIZE_MAX);
        answer_sign(&pair.server);
        (void)end_receive(&pair.server, SIZE_MAX);
        pair_run(&pair);
        answer_verify(&pair.client, world->server);
        (void)end_receive(&pair.client, SIZE_MAX);
        pair_run(&pair);
        answer_credential(&pair.client, world->client);
        (void)end_receive(&pair.client, SIZE_MAX);
        answer_sign(&pair.client);
        (void)end_receive(&pair.client, SIZE_MAX);
        pair_run(&pair);
        answer_verify(&pair.server, world->client);
        (void)end_receive(&pair.server, SIZE_MAX);
        pair_run(&pair);
        assert_connected(&pair);
        assert_true(end_info(&pair.server).peer_authenticated);
        pair_close(&pair);
    }
}

static void nothing_to_answer(void **state) {
    struct setup client = client_setup(*state), server = server_setup(*state);
    struct pair pair;
    open_pair(&pair, &client, &server);
    (void)end_receive(&pair.client, SIZE_MAX);
    assert_waits_for(&pair.client, BULLA_EVENT_NEED_BYTES);
    pair_run(&pair);
    assert_connected(&pair);
    assert_waits_for(&pair.client, BULLA_EVENT_NEED_BYTES);
    assert_waits_for(&pair.server, BULLA_EVENT_NEED_BYTES);
    pair_close(&pair);
}

static void signature_answered_badly(void **state) {
    struct world *world = *state;
    uint8_t signature[SIGNATURE_LEN_MAX + 1] = {0};
    for (int wrong = 0; wrong < 3; wrong++) {
        struct setup client = client_setup(world), server = server_setup(world);
        struct pair pair;
        bulla_signing signing;
        server.ask = BULLA_ASK_SIGN;
        open_pair(&pair, &client, &server);
        pair.server.holds = true;
        pair_run(&pair);
        assert_waits_for(&pair.server, BULLA_EVENT_SIGN);
        assert_int_equal(bulla_connection_signing(pair.server.connection, &signing), BULLA_OK);
        size_t len = test_sign(&signing, signature);
        signature[len - 1] ^= 1;
        len = wrong == 0 ? len : wrong == 1 ? 0 : sizeof signature;
        assert_int_equal(
            bulla_connection_answer_signature(pair.server.connection, bytes_of(signature, len)),
            wrong == 0 ? BULLA_OK : BULLA_E_SIGNING_FAILED);
        (void)end_receive(&pair.server, SIZE_MAX);
        pair_run(&pair);
        if (wrong == 0) {
            assert_refused(&pair.client, &pair.server, BULLA_E_SIGNATURE_INVALID);
        } else {
            assert_refused(&pair.server, &pair.client, BULLA_E_SIGNING_FAILED);
        }
        pair_close(&pair);
    }
}

static void chain_refused_by_the_application(void **state) {
    static const struct {
        bulla_cause verdict, cause;
    } cases[] = {
        {BULLA_E_CHAIN_REFUSED, BULLA_E_CHAIN_REFUSED},
        {BULLA_E_CERT_EXPIRED, BULLA_E_CERT_EXPIRED},
        {BULLA_CAUSE_INVALID, BULLA_E_CHAIN_REFUSED}, /* no verdict is no consent */
        {BULLA_NUM_CAUSES, BULLA_E_CHAIN_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = client_setup(*state), server = server_setup(*state);
        struct pair pair;
        client.ask = BULLA_ASK_VERIFY;
        open_pair(&pair, &client, &server);
        pair.client.verdict = cases[i].verdict;
        pair_run(&pair);
        assert_refused(&pair.client, &pair.server, cases[i].cause);
        assert_null(bulla_connection_failure(pair.client.connection).report);
        assert_int_equal(pair.client.events[BULLA_EVENT_VERIFY], 1);
        pair_close(&pair);
    }
}

static void no_credential_chosen(void **state) {
    struct world *world = *state;
    struct setup client = client_setup(world), server = server_setup(world);
    struct pair pair;
    server.ask = BULLA_ASK_CREDENTIAL;
    open_pair(&pair, &client, &server); /* the answer is NULL */
    pair_run(&pair);
    assert_refused(&pair.server, &pair.client, BULLA_E_SERVER_NAME_UNKNOWN);
    pair_close(&pair);

    server = server_setup(world);
    server.client_auth = BULLA_CLIENT_AUTH_REQUEST;
    server.trust = world->trust;
    client.ask = BULLA_ASK_CREDENTIAL;
    client.credentials[0] = world->client; /* is not shown unasked */
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_connected(&pair);
    assert_int_equal(pair.client.events[BULLA_EVENT_CREDENTIAL], 1);
    assert_false(end_info(&pair.server).peer_authenticated);
    pair_close(&pair);
}

/* With the key elsewhere BULLA_EVENT_SIGN comes without being asked for. */
static void remote_credential(void **state) {
    struct world *world = *state;
    struct setup client = client_setup(world), server = server_setup(world);
    struct pair pair;
    bulla_credential *remote =
        authority_issue(&world->authority, &(struct leaf){.remote = true, .key = KEY_KIND_RSA});
    server.credentials[0] = remote;
    server.client_auth = BULLA_CLIENT_AUTH_REQUIRE;
    server.trust = world->trust;
    client.credentials[0] = remote;
    open_pair(&pair, &client, &server);
    pair_run(&pair);
    assert_connected(&pair);
    assert_int_equal(pair.server.events[BULLA_EVENT_SIGN], 1);
    assert_int_equal(pair.client.events[BULLA_EVENT_SIGN], 1);
    assert_int_equal(end_info(&pair.server).peer_signature_scheme, 0x0804);
    pair_close(&pair);
    bulla_credential_free(remote);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_group_and_key),
        cmocka_unit_test(key_log_has_all_labels),
        cmocka_unit_test(server_prefers_its_own_order),
        cmocka_unit_test(retry_for_another_group),
        cmocka_unit_test(no_retry_where_a_share_fits),
        cmocka_unit_test(nothing_in_common),
        cmocka_unit_test(alpn),
        cmocka_unit_test(server_name_is_seen),
        cmocka_unit_test(address_as_name),
        cmocka_unit_test(bad_server_certificates),
        cmocka_unit_test(client_authentication),
        cmocka_unit_test(bad_client_certificates),
        cmocka_unit_test(all_decisions_later),
        cmocka_unit_test(nothing_to_answer),
        cmocka_unit_test(signature_answered_badly),
        cmocka_unit_test(chain_refused_by_the_application),
        cmocka_unit_test(no_credential_chosen),
        cmocka_unit_test(remote_credential),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
