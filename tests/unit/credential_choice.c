/* SPDX-License-Identifier: Apache-2.0 */
/* Which credential is shown: by name, by what the peer can verify, by who issued it. The tests ask
 * credential_for() itself, on a connection whose handshake knows just as much as it looks at. */
#include "tls/credential_choice.h"
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 300 };

/* What one case asks; zeros are TLS 1.3, all schemes, all suites, and no name. */
struct wish {
    const char *name;
    uint16_t version;
    uint16_t schemes[4], suites[4], curves[4];
};

struct world {
    struct authority first, second;
    bulla_config *config;
    bulla_connection *connection;
};

static int world_make(void **state) {
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    authority_make(&world->first, "First");
    authority_make(&world->second, "Second");
    *state = world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    authority_free(&world->first);
    authority_free(&world->second);
    free(world);
    return 0;
}

static void open_config(struct world *world, bulla_role role, struct authority *authority,
                        const struct leaf *leaves, size_t num_leaves) {
    bulla_config_builder *builder;
    assert_int_equal(bulla_config_builder_new(&builder, role), BULLA_OK);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    for (size_t i = 0; i < num_leaves; i++) {
        bulla_credential *credential = authority_issue(authority, &leaves[i]);
        bulla_config_add_credential(builder, credential);
        bulla_credential_free(credential);
    }
    assert_int_equal(bulla_config_build(builder, &world->config), BULLA_OK);
    world->connection = calloc(1, sizeof *world->connection);
    assert_non_null(world->connection);
    world->connection->handshake = calloc(1, sizeof *world->connection->handshake);
    assert_non_null(world->connection->handshake);
    world->connection->config = world->config;
    world->connection->role = role;
}

static void close_config(struct world *world) {
    free(world->connection->handshake);
    free(world->connection);
    bulla_config_free(world->config);
}

static uint32_t schemes_of(const uint16_t *codes) {
    uint32_t set = 0;
    for (size_t i = 0; i < 4 && codes[i] != 0; i++) {
        set |= signature_scheme_bit(signature_scheme_find(codes[i]));
    }
    return set == 0 ? UINT32_MAX : set;
}

static uint32_t suites_of(const uint16_t *codes) {
    uint32_t set = 0;
    for (size_t i = 0; i < 4 && codes[i] != 0; i++) {
        set |= suite_bit(suite_find(codes[i]));
    }
    return set == 0 ? UINT32_MAX : set;
}

/* The place of the credential that is shown; -1: none. */
static int shown(struct world *world, const struct wish *wish) {
    bulla_connection *connection = world->connection;
    uint8_t list[8];
    struct writer curves = writer_into(list, sizeof list);
    for (size_t i = 0; i < 4 && wish->curves[i] != 0; i++) {
        writer_u16(&curves, wish->curves[i]);
    }
    connection->version = wish->version == 0 ? BULLA_TLS_1_3 : wish->version;
    connection->handshake->peer_schemes = schemes_of(wish->schemes);
    connection->handshake->peer_suites = suites_of(wish->suites);
    connection->handshake->peer_refused_curves =
        credential_refused_curves(bytes_of(list, curves.len));
    connection->server_name = bytes_duplicate(bytes_of_text(wish->name));
    connection->server_name_len = (uint32_t)bytes_of_text(wish->name).len;
    const bulla_credential *credential = credential_for(connection);
    free(connection->server_name);
    for (size_t i = 0; i < world->config->num_credentials; i++) {
        if (world->config->credentials[i] == credential) {
            assert_int_equal(credential_fits(connection, credential), BULLA_OK);
            return (int)i;
        }
    }
    assert_null(credential);
    return -1;
}

static const struct leaf by_name[] = {
    {.dns = "*.example.com", .key = KEY_KIND_RSA},
    {.dns = "www.example.com", .key = KEY_KIND_RSA},
    {.dns = "www.example.com", .key = KEY_KIND_EC_P256},
    {.dns = "*.example.com", .key = KEY_KIND_ED25519},
    {.dns = "*.deep.example.com", .key = KEY_KIND_EC_P384},
    {.dns = "other.example", .key = KEY_KIND_EC_P256},
    {.uri = "spiffe://example/other", .key = KEY_KIND_EC_P256},
};

static void names(void **state) {
    static const struct {
        const char *name;
        int place;
    } cases[] = {
        {"www.example.com", 2}, /* that very name before a wildcard, ECDSA before RSA */
        {"WWW.Example.COM", 2},
        {"www.example.com.", 2},
        {"mail.example.com", 3},   /* Ed25519 before RSA */
        {"a.deep.example.com", 4}, /* a wildcard stands for one label */
        {"b.a.deep.example.com", 3},
        {"deep.example.com", 3},
        {"other.example", 5},
        {"a.other.example", 3}, /* the first one's name, and of that the better key */
        {"example.com", 3},
        {"com", 3},
        {"", 3},
        {NULL, 3},
    };
    struct world *world = *state;
    open_config(world, BULLA_SERVER, &world->first, by_name, 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(shown(world, &(struct wish){.name = cases[i].name}), cases[i].place);
    }
    close_config(world);
}

static void schemes(void **state) {
    static const struct {
        struct wish wish;
        int place;
    } cases[] = {
        {{.name = "www.example.com", .schemes = {0x0804}}, 1},
        {{.name = "mail.example.com", .schemes = {0x0804}}, 0},
        /* The name's own credentials can't be verified: a wildcard's can. */
        {{.name = "www.example.com", .schemes = {0x0807}}, 3},
        /* No credential of that name: what can be verified is better than nothing. */
        {{.name = "other.example", .schemes = {0x0805}}, 0},
        {{.name = "mail.example.com", .schemes = {0x0503}}, 4},
        {{.name = "www.example.com", .schemes = {0x0603}}, -1},
        /* PKCS#1 signs no TLS 1.3 handshake, but one of TLS 1.2. */
        {{.name = "www.example.com", .schemes = {0x0401}}, -1},
        {{.name = "www.example.com", .schemes = {0x0401}, .version = BULLA_TLS_1_2}, 1},
        /* TLS 1.3 binds a scheme to its curve, TLS 1.2 does not. */
        {{.name = "a.deep.example.com", .schemes = {0x0403}}, 2},
        {{.name = "a.deep.example.com", .schemes = {0x0403}, .version = BULLA_TLS_1_2}, 4},
    };
    struct world *world = *state;
    open_config(world, BULLA_SERVER, &world->first, by_name, 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int place = shown(world, &cases[i].wish);
        if (place != cases[i].place) {
            fail_msg("case %zu: %d", i, place);
        }
    }
    close_config(world);
}

/* RFC 8422 5.3 and 2.1: suites and curves bind a TLS 1.2 server, and no TLS 1.3 one. */
static void suites_and_curves(void **state) {
    static const struct {
        struct wish wish;
        int place;
    } cases[] = {
        {{.name = "www.example.com", .suites = {0xc02f}, .version = BULLA_TLS_1_2}, 1},
        {{.name = "www.example.com", .suites = {0xc02b}, .version = BULLA_TLS_1_2}, 2},
        {{.name = "mail.example.com", .suites = {0xc02b}, .version = BULLA_TLS_1_2}, 3},
        {{.name = "mail.example.com", .suites = {0xcca8}, .version = BULLA_TLS_1_2}, 0},
        {{.name = "www.example.com", .suites = {0x1301}, .version = BULLA_TLS_1_2}, -1},
        {{.name = "www.example.com", .suites = {0x1301}, .version = BULLA_TLS_1_3}, 2},
        {{.name = "www.example.com", .curves = {0x17, 0x18}, .version = BULLA_TLS_1_2}, 2},
        {{.name = "www.example.com", .curves = {0x1d, 0x18}, .version = BULLA_TLS_1_2}, 1},
        {{.name = "www.example.com", .curves = {0x1d, 0x18}, .version = BULLA_TLS_1_3}, 2},
        {{.name = "a.deep.example.com", .curves = {0x17}, .version = BULLA_TLS_1_2}, 3},
        {{.name = "mail.example.com", .curves = {0x1d}, .version = BULLA_TLS_1_2}, 3},
    };
    struct world *world = *state;
    open_config(world, BULLA_SERVER, &world->first, by_name, 7);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int place = shown(world, &cases[i].wish);
        if (place != cases[i].place) {
            fail_msg("case %zu: %d", i, place);
        }
    }
    close_config(world);
}

static void refused_curves(void **state) {
    (void)state;
    assert_int_equal(credential_refused_curves(bytes_of(NULL, 0)), 0);
    assert_int_equal(credential_refused_curves(BYTES_OF("\0\x17\0\x18\0\x19")), 0);
    assert_int_equal(credential_refused_curves(BYTES_OF("\0\x1d")),
                     1 << KEY_KIND_EC_P256 | 1 << KEY_KIND_EC_P384 | 1 << KEY_KIND_EC_P521);
    assert_int_equal(credential_refused_curves(BYTES_OF("\0\x19\0\x17")), 1 << KEY_KIND_EC_P384);
}

static void what_does_not_fit(void **state) {
    static const struct leaf rsa = {.key = KEY_KIND_RSA};
    struct world *world = *state;
    open_config(world, BULLA_SERVER, &world->first, &rsa, 1);
    bulla_connection *connection = world->connection;
    const bulla_credential *credential = world->config->credentials[0];
    assert_int_equal(shown(world, &(struct wish){.schemes = {0x0403}}), -1);
    assert_int_equal(credential_fits(connection, credential), BULLA_E_NO_COMMON_SIGNATURE_SCHEME);
    assert_int_equal(shown(world, &(struct wish){.suites = {0xc02b}, .version = BULLA_TLS_1_2}),
                     -1);
    assert_int_equal(credential_fits(connection, credential), BULLA_E_NO_COMMON_SUITE);
    close_config(world);
}

/* The order is the config's own, whatever the peer's and the table's. */
static void signing_scheme(void **state) {
    static const struct leaf leaves[] = {{.key = KEY_KIND_RSA}, {.key = KEY_KIND_EC_P384}};
    static const uint16_t order[] = {0x0806, 0x0403, 0x0804, 0x0503};
    struct world *world = *state;
    bulla_config_builder *builder;
    open_config(world, BULLA_SERVER, &world->first, leaves, 2);
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_SERVER), BULLA_OK);
    bulla_config_set_signature_schemes(builder, order, 4);
    for (size_t i = 0; i < 2; i++) {
        bulla_config_add_credential(builder, world->config->credentials[i]);
    }
    bulla_config_free(world->config);
    assert_int_equal(bulla_config_build(builder, &world->config), BULLA_OK);
    bulla_connection *connection = world->connection;
    connection->config = world->config;
    const bulla_credential *rsa = world->config->credentials[0];
    const bulla_credential *p384 = world->config->credentials[1];
    connection->version = BULLA_TLS_1_2;
    connection->handshake->peer_schemes = UINT32_MAX;
    assert_int_equal(credential_scheme(connection, rsa)->code, 0x0806);
    assert_int_equal(credential_scheme(connection, p384)->code, 0x0503); /* its curve's own hash */
    connection->handshake->peer_schemes = schemes_of((uint16_t[]){0x0804, 0x0403, 0, 0});
    assert_int_equal(credential_scheme(connection, rsa)->code, 0x0804);
    assert_int_equal(credential_scheme(connection, p384)->code, 0x0403);
    connection->version = BULLA_TLS_1_3;
    assert_null(credential_scheme(connection, p384));
    connection->handshake->peer_schemes = schemes_of((uint16_t[]){0x0805, 0, 0, 0});
    assert_null(credential_scheme(connection, rsa)); /* the peer's, and not ours */
    close_config(world);
}

/* Without names there is nothing to be better at: what was added first. */
static void nameless(void **state) {
    static const struct leaf leaves[] = {
        {.uri = "spiffe://example/a", .key = KEY_KIND_RSA},
        {.uri = "spiffe://example/b", .key = KEY_KIND_EC_P256},
    };
    struct world *world = *state;
    open_config(world, BULLA_SERVER, &world->first, leaves, 2);
    assert_int_equal(shown(world, &(struct wish){.name = "www.example.com"}), 0);
    assert_int_equal(shown(world, &(struct wish){.schemes = {0x0403}}), 1);
    close_config(world);
}

static void many(void **state) {
    static char dns[MANY][32];
    static struct leaf leaves[MANY];
    struct world *world = *state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(dns[i], sizeof dns[i], "host-%zu.example", i);
        leaves[i] = (struct leaf){.dns = dns[i], .key = KEY_KIND_ED25519};
    }
    open_config(world, BULLA_SERVER, &world->first, leaves, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(shown(world, &(struct wish){.name = dns[i]}), i);
    }
    assert_int_equal(shown(world, &(struct wish){.name = "host-300.example"}), 0);
    close_config(world);
}

/* Clients. ------------------------------------------------------------------------------------ */

/* The issuer of a certificate of the chain, as a CertificateRequest names it. */
static void name_issuer(struct writer *list, const struct authority *authority, bool of_root) {
    const struct writer *der = of_root ? &authority->root : &authority->intermediate;
    struct certificate certificate;
    assert_int_equal(certificate_parse(&certificate, bytes_of(der->buffer, der->len)), BULLA_OK);
    writer_vector(list, 2, certificate.subject);
}

static int shown_to(struct world *world, const struct writer *list, const struct wish *wish) {
    world->connection->handshake->authorities = list->buffer;
    world->connection->handshake->authorities_len = list->len;
    int place = shown(world, wish);
    world->connection->handshake->authorities = NULL;
    world->connection->handshake->authorities_len = 0;
    return place;
}

/* Two of the first authority's and one of the second's. */
static void open_client(struct world *world) {
    static const struct leaf leaves[] = {{.key = KEY_KIND_RSA}, {.key = KEY_KIND_EC_P256}};
    open_config(world, BULLA_CLIENT, &world->first, leaves, 2);
    bulla_config_builder *builder;
    assert_int_equal(bulla_config_builder_new(&builder, BULLA_CLIENT), BULLA_OK);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    bulla_config_add_credential(builder, world->config->credentials[0]);
    bulla_config_add_credential(builder, world->config->credentials[1]);
    bulla_credential *credential = authority_issue(&world->second, &leaves[1]);
    bulla_config_add_credential(builder, credential);
    bulla_credential_free(credential);
    bulla_config_free(world->config);
    assert_int_equal(bulla_config_build(builder, &world->config), BULLA_OK);
    world->connection->config = world->config;
}

static void client_without_authorities(void **state) {
    struct world *world = *state;
    open_client(world);
    assert_int_equal(shown(world, &(struct wish){.name = NULL}), 0); /* what was added first */
    assert_int_equal(shown(world, &(struct wish){.schemes = {0x0403}}), 1);
    assert_int_equal(shown(world, &(struct wish){.schemes = {0x0807}}), -1);
    /* The server chose the suite for its own key. */
    assert_int_equal(shown(world, &(struct wish){.version = BULLA_TLS_1_2, .suites = {0xc02b}}), 0);
    close_config(world);
}

static void client_with_authorities(void **state) {
    struct world *world = *state;
    open_client(world);
    for (int of_root = 0; of_root < 2; of_root++) {
        struct writer list = writer_growing(1 << 16);
        name_issuer(&list, &world->second, of_root);
        assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), 2);
        assert_int_equal(shown_to(world, &list, &(struct wish){.schemes = {0x0804}}), -1);
        name_issuer(&list, &world->first, of_root); /* later in the list, and still the first */
        assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), 0);
        assert_int_equal(shown_to(world, &list, &(struct wish){.schemes = {0x0403}}), 1);
        writer_free(&list);
    }
    close_config(world);
}

static void client_of_nobody_they_know(void **state) {
    struct world *world = *state;
    struct authority third;
    struct writer list = writer_growing(1 << 16);
    open_client(world);
    authority_make(&third, "Third");
    name_issuer(&list, &third, true);
    assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), -1);
    writer_vector(&list, 2, BYTES_OF("not a Name"));
    writer_vector(&list, 2, BYTES_OF("\x30\x00"));
    assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), -1);
    name_issuer(&list, &world->first, false); /* behind what is malformed */
    assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), 0);
    writer_free(&list);
    authority_free(&third);
    close_config(world);
}

/* Its owner has made the choice; the server says what is wrong with it. */
static void client_with_one(void **state) {
    static const struct leaf leaf = {.key = KEY_KIND_EC_P256};
    struct world *world = *state;
    struct writer list = writer_growing(1 << 16);
    open_config(world, BULLA_CLIENT, &world->first, &leaf, 1);
    name_issuer(&list, &world->second, true);
    assert_int_equal(shown_to(world, &list, &(struct wish){.name = NULL}), 0);
    assert_int_equal(shown_to(world, &list, &(struct wish){.schemes = {0x0804}}), -1);
    writer_free(&list);
    close_config(world);
}

static void only_schemes(bulla_config_builder *builder, void *context) {
    bulla_config_set_signature_schemes(builder, context, 1);
}

/* A caller that chooses by itself can ask which would do. */
static void callers_can_ask(void **state) {
    static const uint16_t p256_alone[] = {0x0403};
    struct authority authority;
    struct pair pair;
    (void)state;
    authority_make(&authority, "Asked");
    bulla_trust *trust = authority_trust(&authority);
    bulla_credential *ed25519 =
        authority_issue(&authority, &(struct leaf){.key = KEY_KIND_ED25519});
    bulla_credential *p256 = authority_issue(&authority, &(struct leaf){.key = KEY_KIND_EC_P256});
    struct setup client = {.role = BULLA_CLIENT, .trust = trust, .ask = BULLA_ASK_VERIFY};
    struct setup server = {.role = BULLA_SERVER, .ask = BULLA_ASK_CREDENTIAL};
    client.more = only_schemes;
    client.more_context = (void *)(uintptr_t)p256_alone;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    assert_int_equal(bulla_connection_credential_fits(pair.server.connection, p256),
                     BULLA_E_API_MISUSE);
    pair.server.holds = true;
    pair_run(&pair);
    assert_int_equal(pair.server.last, BULLA_EVENT_CREDENTIAL);
    assert_int_equal(bulla_connection_credential_fits(pair.server.connection, ed25519),
                     BULLA_E_NO_COMMON_SIGNATURE_SCHEME);
    assert_int_equal(bulla_connection_credential_fits(pair.server.connection, p256), BULLA_OK);
    pair_close(&pair);
    bulla_credential_free(ed25519);
    bulla_credential_free(p256);
    bulla_trust_free(trust);
    authority_free(&authority);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_can_ask),
        cmocka_unit_test(names),
        cmocka_unit_test(schemes),
        cmocka_unit_test(suites_and_curves),
        cmocka_unit_test(refused_curves),
        cmocka_unit_test(what_does_not_fit),
        cmocka_unit_test(signing_scheme),
        cmocka_unit_test(nameless),
        cmocka_unit_test(many),
        cmocka_unit_test(client_without_authorities),
        cmocka_unit_test(client_with_authorities),
        cmocka_unit_test(client_of_nobody_they_know),
        cmocka_unit_test(client_with_one),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
