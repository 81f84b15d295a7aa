/* SPDX-License-Identifier: Apache-2.0 */
/* The CAs that a server names when it asks for a certificate: RFC 8446 4.2.4 and RFC 5246 7.4.4.
 * What stands in its list, when there is none, and what a client keeps of it and refuses. */
#include "support/check.h"

#include "engine/expect.h"
#include "tls/hello.h"
#include "tls/messages.h"
#include "x509/trust.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY = 600 };

static const uint16_t versions[] = {BULLA_TLS_1_2, BULLA_TLS_1_3};

static struct authority first, second;
static bulla_trust *trust;
static bulla_credential *of_first, *of_second;

static int world_make(void **state) {
    (void)state;
    authority_make(&first, "First");
    authority_make(&second, "Second");
    trust = authority_trust(&first);
    must(bulla_trust_add_der(trust, bytes_of(second.root.buffer, second.root.len)) == BULLA_OK,
         "both roots");
    of_first = authority_issue(&first, &(struct leaf){0});
    of_second = authority_issue(&second, &(struct leaf){0});
    return 0;
}

static int world_drop(void **state) {
    (void)state;
    bulla_credential_free(of_first);
    bulla_credential_free(of_second);
    bulla_trust_free(trust);
    authority_free(&first);
    authority_free(&second);
    return 0;
}

static struct setup client_setup(uint16_t version) {
    return (struct setup){.role = BULLA_CLIENT,
                          .trust = trust,
                          .credentials = {of_first},
                          .version_min = BULLA_TLS_1_2,
                          .version_max = version};
}

static struct setup server_setup(uint16_t version) {
    return (struct setup){.role = BULLA_SERVER,
                          .trust = trust,
                          .credentials = {of_second},
                          .client_auth = BULLA_CLIENT_AUTH_REQUIRE,
                          .version_min = BULLA_TLS_1_2,
                          .version_max = version};
}

static void no_names(bulla_config_builder *builder, void *context) {
    (void)context;
    bulla_config_set_name_authorities(builder, 0);
}

/* The names that a client kept when it chose its certificate, and then that all went well. */
static void expect_names(const struct setup *client, const struct setup *server,
                         bulla_bytes names) {
    struct setup asks = *client;
    struct pair pair;
    asks.ask = BULLA_ASK_CREDENTIAL;
    pair_open(&pair, setup_config(&asks), setup_config(server), TEST_SERVER_NAME);
    pair.client.holds = true;
    pair_run(&pair);
    assert_int_equal(pair.client.last, BULLA_EVENT_CREDENTIAL);
    const struct handshake *handshake = pair.client.connection->handshake;
    assert_true(bytes_equal(bytes_of(handshake->authorities, handshake->authorities_len), names));
    pair_close(&pair);
    pair_open(&pair, setup_config(client), setup_config(server), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_true(end_info(&pair.server).peer_authenticated);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ what is sent */

static void name_of(const struct authority *authority, struct writer *out) {
    struct certificate root;
    must(certificate_parse(&root, bytes_of(authority->root.buffer, authority->root.len)) ==
             BULLA_OK,
         "root");
    writer_vector(out, 2, root.subject);
}

static void the_stores_names_are_sent(void **state) {
    struct writer names = writer_growing(1 << 12);
    (void)state;
    name_of(&first, &names);
    name_of(&second, &names);
    for (size_t i = 0; i < 2; i++) {
        struct setup client = client_setup(versions[i]), server = server_setup(versions[i]);
        expect_names(&client, &server, bytes_of(names.buffer, names.len));
        server.more = no_names;
        expect_names(&client, &server, bytes_of(NULL, 0));
    }
    writer_free(&names);
}

/* A server may judge by itself, and have no store to name. */
static void without_a_store_there_are_no_names(void **state) {
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setup client = client_setup(versions[i]), server = server_setup(versions[i]);
        server.trust = NULL;
        server.ask = BULLA_ASK_VERIFY;
        expect_names(&client, &server, bytes_of(NULL, 0));
    }
}

/* Two roots of one name, as after a change of keys, are one authority. */
static void each_name_is_sent_once(void **state) {
    struct authority again;
    struct writer names = writer_growing(1 << 12), expected = writer_growing(1 << 12);
    bulla_trust *store = authority_trust(&first);
    (void)state;
    authority_make(&again, "First");
    /* Another certificate under the same name. */
    bulla_credential *leaf = authority_issue(&again, &(struct leaf){.common_name = "First Root"});
    bulla_credential *same = authority_issue(
        &again, &(struct leaf){.common_name = "First Root", .key = KEY_KIND_ED25519});
    must(bulla_trust_add_der(store, bulla_credential_certificate(leaf, 0)) == BULLA_OK, "add");
    must(bulla_trust_add_der(store, bulla_credential_certificate(same, 0)) == BULLA_OK, "add");
    assert_int_equal(bulla_trust_num_anchors(store), 3);
    name_of(&first, &expected);
    trust_authorities_write(store, &names, AUTHORITIES_LEN_MAX);
    assert_true(
        bytes_equal(bytes_of(names.buffer, names.len), bytes_of(expected.buffer, expected.len)));
    assert_int_equal(trust_authorities_len(store), expected.len);
    writer_free(&names);
    writer_free(&expected);
    bulla_credential_free(leaf);
    bulla_credential_free(same);
    bulla_trust_free(store);
    authority_free(&again);
}

/* Up to the limit they are sent, beyond it none is. */
static void too_many_names_are_none(void **state) {
    struct writer names = writer_growing(1 << 20);
    bulla_trust *store = authority_trust(&first);
    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, "An authority with a name of some length, number %u", i);
        bulla_credential *one = authority_issue(&first, &(struct leaf){.common_name = name});
        must(bulla_trust_add_der(store, bulla_credential_certificate(one, 0)) == BULLA_OK, "add");
        bulla_credential_free(one);
    }
    size_t len = trust_authorities_len(store);
    assert_true(len > AUTHORITIES_LEN_MAX);
    trust_authorities_write(store, &names, len - 1);
    assert_int_equal(names.len, 0);
    trust_authorities_write(store, &names, len);
    assert_int_equal(names.len, len);
    for (size_t i = 0; i < 2; i++) {
        struct setup client = client_setup(versions[i]), server = server_setup(versions[i]);
        server.trust = store;
        expect_names(&client, &server, bytes_of(NULL, 0));
    }
    writer_free(&names);
    bulla_trust_free(store);
}

/* ------------------------------------------------------------------ what is read */

static void expect_of_list(bulla_bytes data, bulla_cause cause, const char *what) {
    uint8_t buffer[128];
    struct writer body = writer_into(buffer, sizeof buffer);
    writer_bytes(&body, BYTES_OF("\0"));
    size_t extensions = writer_open(&body, 2);
    writer_bytes(&body, BYTES_OF("\0\x0d\0\4\0\2\4\3"));
    writer_u16(&body, EXTENSION_CERTIFICATE_AUTHORITIES);
    writer_vector(&body, 2, data);
    writer_close(&body, extensions, 2);
    must(!body.failed, "room");
    const struct replay_message request = {HANDSHAKE_CERTIFICATE_REQUEST,
                                           bytes_of(buffer, body.len)};
    struct setup client = client_setup(BULLA_TLS_1_3), server = server_setup(BULLA_TLS_1_3);
    struct pair pair;
    client.ask = BULLA_ASK_CREDENTIAL;
    server.replay = &request;
    server.num_replay = 1;
    pair_open(&pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
    pair.client.credential = of_first;
    pair_run(&pair);
    expect_cause(&pair.client, cause, what);
    if (cause != BULLA_OK) {
        expect_dead(&pair.client, cause);
    }
    pair_close(&pair);
}

static void malformed_lists_are_refused(void **state) {
    const bulla_cause malformed = BULLA_E_EXTENSION_MALFORMED;
    (void)state;
    expect_of_list(BYTES_OF("\0\3\0\1!"), BULLA_OK, "a name of one byte");
    expect_of_list(BYTES_OF("\0\7\0\1!\0\2!!"), BULLA_OK, "two names");
    expect_of_list(BYTES_OF(""), malformed, "nothing");
    expect_of_list(BYTES_OF("\0"), malformed, "half a length");
    expect_of_list(BYTES_OF("\0\0"), malformed, "no name");
    expect_of_list(BYTES_OF("\0\2\0\0"), malformed, "an empty name");
    expect_of_list(BYTES_OF("\0\5\0\1!\0\0"), malformed, "an empty name after another");
    expect_of_list(BYTES_OF("\0\3\0\2!"), malformed, "a name that is cut");
    expect_of_list(BYTES_OF("\0\4\0\1!\0"), malformed, "a length that is cut");
    expect_of_list(BYTES_OF("\0\3\0\1!!"), malformed, "more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stores_names_are_sent),
        cmocka_unit_test(without_a_store_there_are_no_names),
        cmocka_unit_test(each_name_is_sent_once),
        cmocka_unit_test(too_many_names_are_none),
        cmocka_unit_test(malformed_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
