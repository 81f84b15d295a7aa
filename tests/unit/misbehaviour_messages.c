/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that keep the order and the keys, and break RFC 8446 4.3 to 4.6 in what they say: one side
 * is an engine of ours whose message has another body (its transcript goes along with it), the
 * other must refuse, and the liar must be able to read why. Then what may not follow a message in
 * its record, section 5.1, and messages after the handshake. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/expect.h"

enum { BYTES_MAX = 1 << 18 };

struct world {
    struct authority authority;
    bulla_trust *trust;
    bulla_credential *server, *client;
};

static int world_make(void **state) {
    static struct world world;
    authority_make(&world.authority, "Test");
    world.trust = authority_trust(&world.authority);
    world.server = authority_issue(&world.authority, &(struct leaf){.not_for_clients = true});
    world.client = authority_issue(&world.authority, &(struct leaf){.not_for_servers = true});
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->server);
    bulla_credential_free(world->client);
    bulla_trust_free(world->trust);
    authority_free(&world->authority);
    return 0;
}

static void open_pair(struct pair *pair, const struct world *world, struct setup *client,
                      struct setup *server) {
    client->role = BULLA_CLIENT;
    client->trust = world->trust;
    client->credentials[0] = world->client;
    server->role = BULLA_SERVER;
    server->trust = world->trust;
    server->credentials[0] =
        server->credentials[0] == NULL ? world->server : server->credentials[0];
    pair_open(pair, setup_config(client), setup_config(server), TEST_SERVER_NAME);
}

/* ------------------------------------------------------------------ bodies */

#define DATA(literal)                                                                              \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }

struct body_case {
    const char *what;
    enum handshake_type type;
    bulla_cause cause; /* BULLA_OK: the handshake ends well */
    bulla_bytes body;
};

/* A mutual handshake in which `liar` sends the case's body. The client has offered the protocols h2
 * and http/1.1, a server name, and no other extension that could be answered here. */
static void lie(const struct world *world, bulla_role liar, const struct body_case *lie_case) {
    const struct replay_message replay = {lie_case->type, lie_case->body};
    struct setup client = {.alpn = {"h2", "http/1.1"}};
    struct setup server = {.client_auth = BULLA_CLIENT_AUTH_REQUIRE};
    struct setup *liars = liar == BULLA_CLIENT ? &client : &server;
    struct pair pair;
    liars->replay = &replay;
    liars->num_replay = 1;
    open_pair(&pair, world, &client, &server);
    struct end *end = liar == BULLA_CLIENT ? &pair.client : &pair.server;
    struct end *victim = liar == BULLA_CLIENT ? &pair.server : &pair.client;
    pair_run(&pair);
    expect_cause(victim, lie_case->cause, lie_case->what);
    if (lie_case->cause == BULLA_OK) {
        assert_true(pair_agrees(&pair));
    } else {
        bulla_failure failure = bulla_connection_failure(end->connection);
        assert_int_equal(failure.cause, BULLA_E_ALERT_RECEIVED);
        assert_int_equal(failure.alert_received, bulla_cause_about(lie_case->cause)->alert);
        assert_int_equal(victim->events[BULLA_EVENT_HANDSHAKE_DONE], 0);
        expect_dead(victim, lie_case->cause);
    }
    pair_close(&pair);
}

static void lie_each(const struct world *world, bulla_role liar, const struct body_case *cases,
                     size_t num_cases) {
    for (size_t i = 0; i < num_cases; i++) {
        lie(world, liar, &cases[i]);
    }
}

/* RFC 8446 4.3.1, RFC 6066 3, RFC 7301 3.1. */
static void encrypted_extensions(void **state) {
    static const struct body_case cases[] = {
        {"none", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_OK, DATA("\0\0")},
        {"a protocol", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_OK,
         DATA("\0\x09\0\x10\0\x05\0\x03\x02h2")},
        {"the name was used", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_OK, DATA("\0\x04\0\0\0\0")},
        {"no block", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_MESSAGE_MALFORMED, DATA("")},
        {"a cut block", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_MESSAGE_MALFORMED,
         DATA("\0\x05\0\0\0\0")},
        {"a cut extension", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\x03\0\0\0")},
        {"a trailing byte", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_MESSAGE_TRAILING_BYTES,
         DATA("\0\0\0")},
        {"a name", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\x05\0\0\0\x01x")},
        {"the name twice", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_DUPLICATE,
         DATA("\0\x08\0\0\0\0\0\0\0\0")},
        {"heartbeat, not offered", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_UNSOLICITED,
         DATA("\0\x05\0\x0f\0\x01\x01")},
        {"early_data, not offered", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_UNSOLICITED,
         DATA("\0\x04\0\x2a\0\0")},
        {"unknown", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_UNSOLICITED,
         DATA("\0\x04\x1a\x1a\0\0")},
        {"a key share", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MISPLACED,
         DATA("\0\x06\0\x33\0\x02\0\x1d")},
        {"a version", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MISPLACED,
         DATA("\0\x06\0\x2b\0\x02\x03\x04")},
        {"a protocol that was not offered", HANDSHAKE_ENCRYPTED_EXTENSIONS,
         BULLA_E_EXTENSION_VALUE_ILLEGAL, DATA("\0\x09\0\x10\0\x05\0\x03\x02h3")},
        {"two protocols", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\x12\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1")},
        {"an empty protocol", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\x07\0\x10\0\x03\0\x01\0")},
        {"no protocol", HANDSHAKE_ENCRYPTED_EXTENSIONS, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\x06\0\x10\0\x02\0\0")},
    };
    lie_each(*state, BULLA_SERVER, cases, sizeof cases / sizeof cases[0]);
}

/* RFC 8446 4.3.2. */
static void certificate_request(void **state) {
    static const struct body_case cases[] = {
        {"schemes", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_OK,
         DATA("\0\0\x08\0\x0d\0\x04\0\x02\x04\x03")},
        {"unknown extensions are ignored", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_OK,
         DATA("\0\0\x0d\0\x0d\0\x04\0\x02\x04\x03\x1a\x1a\0\x01x")},
        {"a context", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL,
         DATA("\x01x\0\x08\0\x0d\0\x04\0\x02\x04\x03")},
        {"no schemes", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_EXTENSION_MISSING, DATA("\0\0\0")},
        {"empty schemes", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_EXTENSION_MALFORMED,
         DATA("\0\0\x06\0\x0d\0\x02\0\0")},
        {"schemes twice", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_EXTENSION_DUPLICATE,
         DATA("\0\0\x10\0\x0d\0\x04\0\x02\x04\x03\0\x0d\0\x04\0\x02\x04\x03")},
        {"a misplaced extension", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_EXTENSION_MISPLACED,
         DATA("\0\0\x0c\0\x0d\0\x04\0\x02\x04\x03\0\0\0\0")},
        {"nothing", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_MESSAGE_MALFORMED, DATA("")},
        {"a trailing byte", HANDSHAKE_CERTIFICATE_REQUEST, BULLA_E_MESSAGE_TRAILING_BYTES,
         DATA("\0\0\x08\0\x0d\0\x04\0\x02\x04\x03\0")},
    };
    lie_each(*state, BULLA_SERVER, cases, sizeof cases / sizeof cases[0]);

    /* No scheme for our key: an empty list is shown, which this server does not accept. */
    const struct replay_message replay = {HANDSHAKE_CERTIFICATE_REQUEST,
                                          DATA("\0\0\x08\0\x0d\0\x04\0\x02\x08\x07")};
    struct setup client = {.replay = NULL};
    struct setup server = {
        .client_auth = BULLA_CLIENT_AUTH_REQUIRE, .replay = &replay, .num_replay = 1};
    struct pair pair;
    open_pair(&pair, *state, &client, &server);
    pair_run(&pair);
    assert_int_equal(end_failure(&pair.server), BULLA_E_CERTIFICATE_REQUIRED);
    pair_close(&pair);
}

/* A Certificate body: the credential's chain, `num_extra` more copies of its leaf, and extensions
 * in the first entry. */
static bulla_bytes certificate_body(struct writer *out, const bulla_credential *credential,
                                    bulla_bytes context, bulla_bytes extensions, size_t num_extra) {
    *out = writer_growing(BYTES_MAX);
    writer_vector(out, 1, context);
    size_t list = writer_open(out, 3);
    for (size_t i = 0; i < credential->num_certificates + num_extra; i++) {
        size_t index = i < credential->num_certificates ? i : 0;
        writer_vector(out, 3, bulla_credential_certificate(credential, index));
        writer_vector(out, 2, i == 0 ? extensions : bytes_of(NULL, 0));
    }
    writer_close(out, list, 3);
    return bytes_of(out->buffer, out->len);
}

/* RFC 8446 4.4.2, by either side. */
static void certificate_from(const struct world *world, bulla_role liar) {
    const bulla_credential *credential = liar == BULLA_CLIENT ? world->client : world->server;
    const struct {
        const char *what;
        bulla_cause cause;
        bulla_bytes context, extensions;
        size_t num_extra;
    } cases[] = {
        {"the chain", BULLA_OK, DATA(""), DATA(""), 0},
        {"more certificates than it takes", BULLA_OK, DATA(""), DATA(""), 3},
        {"a context", BULLA_E_CERTIFICATE_CONTEXT_ILLEGAL, DATA("x"), DATA(""), 0},
        {"an extension that was not offered", BULLA_E_EXTENSION_UNSOLICITED, DATA(""),
         DATA("\0\x05\0\0"), 0},
        {"an unknown extension", BULLA_E_EXTENSION_UNSOLICITED, DATA(""), DATA("\x1a\x1a\0\0"), 0},
        {"a misplaced extension", BULLA_E_EXTENSION_MISPLACED, DATA(""), DATA("\0\0\0\0"), 0},
        {"a cut extension", BULLA_E_EXTENSION_MALFORMED, DATA(""), DATA("\0\x05\0"), 0},
        {"16 certificates", BULLA_OK, DATA(""), DATA(""), 14},
        {"17 certificates", BULLA_E_CERTIFICATE_LIST_TOO_LONG, DATA(""), DATA(""), 15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct writer out;
        const struct body_case body = {cases[i].what, HANDSHAKE_CERTIFICATE, cases[i].cause,
                                       certificate_body(&out, credential, cases[i].context,
                                                        cases[i].extensions, cases[i].num_extra)};
        lie(world, liar, &body);
        writer_free(&out);
    }
    const struct body_case bodies[] = {
        {"no list", HANDSHAKE_CERTIFICATE, BULLA_E_MESSAGE_MALFORMED, DATA("\0\0\0")},
        {"an empty list", HANDSHAKE_CERTIFICATE,
         liar == BULLA_SERVER ? BULLA_E_CERTIFICATE_LIST_EMPTY : BULLA_E_CERTIFICATE_REQUIRED,
         DATA("\0\0\0\0")},
        {"a trailing byte", HANDSHAKE_CERTIFICATE, BULLA_E_MESSAGE_TRAILING_BYTES,
         DATA("\0\0\0\0\0")},
        {"an empty certificate", HANDSHAKE_CERTIFICATE, BULLA_E_MESSAGE_MALFORMED,
         DATA("\0\0\0\x05\0\0\0\0\0")},
        {"an entry without extensions", HANDSHAKE_CERTIFICATE, BULLA_E_MESSAGE_MALFORMED,
         DATA("\0\0\0\x04\0\0\x01x")},
        {"no certificate", HANDSHAKE_CERTIFICATE, BULLA_E_CERT_MALFORMED,
         DATA("\0\0\0\x08\0\0\x03\x30\x01\0\0\0")},
    };
    lie_each(world, liar, bodies, sizeof bodies / sizeof bodies[0]);
}

static void certificates(void **state) {
    certificate_from(*state, BULLA_SERVER);
    certificate_from(*state, BULLA_CLIENT);
}

/* RFC 8446 4.4.3 and 4.4.4, by either side, whose key is on P-256. */
static void proofs(void **state) {
    static const struct body_case cases[] = {
        {"nothing", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_MESSAGE_MALFORMED, DATA("")},
        {"a trailing byte", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_MESSAGE_TRAILING_BYTES,
         DATA("\x04\x03\0\x01xy")},
        {"no signature", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_INVALID,
         DATA("\x04\x03\0\0")},
        {"no DER", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_INVALID,
         DATA("\x04\x03\0\x01x")},
        {"zeros", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_INVALID,
         DATA("\x04\x03\0\x08\x30\x06\x02\x01\0\x02\x01\0")},
        {"PKCS#1", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_SCHEME_ILLEGAL,
         DATA("\x04\x01\0\x01x")},
        {"SHA-1", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_SCHEME_ILLEGAL,
         DATA("\x02\x03\0\x01x")},
        {"an unknown scheme", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_SCHEME_ILLEGAL,
         DATA("\x1a\x1a\0\x01x")},
        {"another curve", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_SCHEME_ILLEGAL,
         DATA("\x05\x03\0\x01x")},
        {"another kind of key", HANDSHAKE_CERTIFICATE_VERIFY, BULLA_E_SIGNATURE_SCHEME_ILLEGAL,
         DATA("\x08\x04\0\x01x")},
        {"a wrong Finished", HANDSHAKE_FINISHED, BULLA_E_FINISHED_INVALID,
         DATA("0123456789abcdef0123456789abcdef")},
        {"a short Finished", HANDSHAKE_FINISHED, BULLA_E_MESSAGE_MALFORMED, DATA("0123456789ab")},
        {"no Finished", HANDSHAKE_FINISHED, BULLA_E_MESSAGE_MALFORMED, DATA("")},
        {"a long Finished", HANDSHAKE_FINISHED, BULLA_E_MESSAGE_MALFORMED,
         DATA("0123456789abcdef0123456789abcdef0123456789abcdef")},
    };
    lie_each(*state, BULLA_SERVER, cases, sizeof cases / sizeof cases[0]);
    lie_each(*state, BULLA_CLIENT, cases, sizeof cases / sizeof cases[0]);
}

/* An RSA key fits PKCS#1 in kind; still only PSS may stand in a CertificateVerify, 4.2.3. */
static void pkcs1_by_an_rsa_key(void **state) {
    static const struct {
        struct replay_message replay;
        bulla_cause cause;
    } cases[] = {
        {{HANDSHAKE_CERTIFICATE_VERIFY, DATA("\x04\x01\0\x01x")}, BULLA_E_SIGNATURE_SCHEME_ILLEGAL},
        {{HANDSHAKE_CERTIFICATE_VERIFY, DATA("\x05\x01\0\x01x")}, BULLA_E_SIGNATURE_SCHEME_ILLEGAL},
        {{HANDSHAKE_CERTIFICATE_VERIFY, DATA("\x08\x04\0\x01x")}, BULLA_E_SIGNATURE_INVALID},
    };
    struct world *world = *state;
    bulla_credential *rsa = authority_issue(&world->authority, &(struct leaf){.key = KEY_KIND_RSA});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = {.replay = NULL};
        struct setup server = {.credentials = {rsa}, .replay = &cases[i].replay, .num_replay = 1};
        struct pair pair;
        open_pair(&pair, world, &client, &server);
        pair_run(&pair);
        expect_cause(&pair.client, cases[i].cause, "CertificateVerify under an RSA key");
        pair_close(&pair);
    }
    bulla_credential_free(rsa);
}

/* A good signature over the right bytes, by a key that is not the certificate's. */
static void signed_by_another_key(void **state) {
    struct world *world = *state;
    const struct random_source random = seeded_source(&world->authority.seeded);
    struct setup client = {.replay = NULL}, server = {.ask = BULLA_ASK_SIGN};
    uint8_t secret[66], signature[SIGNATURE_LEN_MAX];
    struct private_key key;
    struct pair pair;
    bulla_signing signing;
    size_t len;
    must(private_key_draw(KEY_KIND_EC_P256, &random, secret, &len) == BULLA_OK &&
             private_key_from_scalar(&key, KEY_KIND_EC_P256, bytes_of(secret, len)) == BULLA_OK,
         "another key");
    open_pair(&pair, world, &client, &server);
    pair.server.holds = true;
    pair_run(&pair);
    assert_int_equal(bulla_connection_signing(pair.server.connection, &signing), BULLA_OK);
    must(private_key_sign(&key, SIGNATURE_ECDSA, HASH_SHA256, signing.message, signature, &len) ==
             BULLA_OK,
         "sign");
    assert_int_equal(
        bulla_connection_answer_signature(pair.server.connection, bytes_of(signature, len)),
        BULLA_OK);
    (void)end_receive(&pair.server, SIZE_MAX);
    pair_run(&pair);
    assert_int_equal(end_failure(&pair.client), BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(bulla_connection_failure(pair.server.connection).alert_received,
                     BULLA_ALERT_DECRYPT_ERROR);
    private_key_free(&key);
    pair_close(&pair);
}

/* ------------------------------------------------------------------ key changes */

/* The ServerHello and the flight behind it, in the client's inbox; the client has read the former,
 * and the flight's bytes are kept in `out_flight`. */
static void prepare_flight(struct pair *pair, const struct world *world,
                           struct writer *out_flight) {
    struct setup client = {.replay = NULL}, server = {.replay = NULL};
    open_pair(pair, world, &client, &server);
    (void)end_receive(&pair->client, 0);
    (void)end_flush(&pair->client, &pair->server);
    (void)end_receive(&pair->server, SIZE_MAX);
    (void)end_flush(&pair->server, &pair->client);
    const uint8_t *bytes = pair->client.inbox.buffer;
    size_t len = RECORD_HEADER_LEN + ((size_t)bytes[3] << 8 | bytes[4]);
    *out_flight = writer_growing(BYTES_MAX);
    writer_bytes(out_flight, bytes_of(bytes + len, pair->client.inbox.len - len));
    (void)end_receive(&pair->client, len);
    pair->client.inbox.len = pair->client.inbox_start = 0;
    assert_int_equal(pair->client.last, BULLA_EVENT_NEED_BYTES);
}

static void bytes_after_the_server_finished(void **state) {
    for (int extra = 0; extra <= 1; extra++) {
        const bulla_bytes bytes = extra ? BYTES_OF("\x18\0\0\x01\0") : bytes_of(NULL, 0);
        struct writer flight, out = writer_growing(BYTES_MAX);
        struct pair pair;
        prepare_flight(&pair, *state, &flight);
        raw_extended(&out, &pair.client, bytes_of(flight.buffer, flight.len), bytes);
        if (extra) {
            expect_refused(&pair.client, bytes_of(out.buffer, out.len),
                           BULLA_E_MESSAGE_ACROSS_KEY_CHANGE, "KeyUpdate behind Finished");
        } else {
            expect_taken(&pair.client, bytes_of(out.buffer, out.len), "nothing behind Finished");
            assert_int_equal(pair.client.events[BULLA_EVENT_HANDSHAKE_DONE], 1);
        }
        pair_close(&pair);
        writer_free(&flight);
        writer_free(&out);
    }
}

static void bytes_after_the_client_finished(void **state) {
    for (int extra = 0; extra <= 1; extra++) {
        const bulla_bytes bytes = extra ? BYTES_OF("\x18") : bytes_of(NULL, 0);
        struct writer flight, out = writer_growing(BYTES_MAX);
        struct pair pair;
        prepare_flight(&pair, *state, &flight);
        (void)end_feed(&pair.client, bytes_of(flight.buffer, flight.len));
        raw_extended(&out, &pair.server, bulla_connection_output(pair.client.connection), bytes);
        if (extra) {
            expect_refused(&pair.server, bytes_of(out.buffer, out.len),
                           BULLA_E_MESSAGE_ACROSS_KEY_CHANGE, "a byte behind Finished");
        } else {
            expect_taken(&pair.server, bytes_of(out.buffer, out.len), "nothing behind Finished");
            assert_int_equal(pair.server.events[BULLA_EVENT_HANDSHAKE_DONE], 1);
        }
        pair_close(&pair);
        writer_free(&flight);
        writer_free(&out);
    }
}

static void bytes_after_hellos(void **state) {
    struct forged_hello hello = forged_client_hello();
    struct writer message = writer_growing(BYTES_MAX), out = writer_growing(BYTES_MAX);
    struct setup client = {.replay = NULL}, server = {.replay = NULL};
    struct pair pair;
    open_pair(&pair, *state, &client, &server);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &message);
    writer_u8(&message, HANDSHAKE_FINISHED);
    raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    expect_refused(&pair.server, bytes_of(out.buffer, out.len), BULLA_E_MESSAGE_ACROSS_KEY_CHANGE,
                   "a byte behind the ClientHello");

    (void)end_receive(&pair.client, 0);
    message.len = out.len = 0;
    hello = forged_server_hello(&pair.client);
    forged_write(&hello, HANDSHAKE_SERVER_HELLO, &message);
    raw_message(&message, HANDSHAKE_ENCRYPTED_EXTENSIONS, BYTES_OF("\0\0"));
    raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    expect_refused(&pair.client, bytes_of(out.buffer, out.len), BULLA_E_MESSAGE_ACROSS_KEY_CHANGE,
                   "EncryptedExtensions in plaintext behind the ServerHello");
    pair_close(&pair);
    writer_free(&message);
    writer_free(&out);
}

/* ------------------------------------------------------------------ after the handshake */

struct late_case {
    const char *what;
    bulla_cause cause;
    bulla_bytes bytes; /* of handshake records */
};

static void late(const struct world *world, bool at_client, const struct late_case *late_case) {
    struct setup client = {.replay = NULL}, server = {.replay = NULL};
    struct writer out = writer_growing(BYTES_MAX);
    struct pair pair;
    open_pair(&pair, world, &client, &server);
    pair_connect(&pair);
    struct end *victim = at_client ? &pair.client : &pair.server;
    raw_sealed(&out, victim, 0, CONTENT_HANDSHAKE, late_case->bytes, 0);
    if (late_case->cause == BULLA_OK) {
        expect_taken(victim, bytes_of(out.buffer, out.len), late_case->what);
    } else {
        expect_refused(victim, bytes_of(out.buffer, out.len), late_case->cause, late_case->what);
    }
    pair_close(&pair);
    writer_free(&out);
}

static void key_updates_forged(void **state) {
    static const struct late_case cases[] = {
        {"not requested", BULLA_OK, DATA("\x18\0\0\x01\0")},
        {"requested", BULLA_OK, DATA("\x18\0\0\x01\x01")},
        {"a third value", BULLA_E_KEY_UPDATE_ILLEGAL, DATA("\x18\0\0\x01\x02")},
        {"no value", BULLA_E_MESSAGE_MALFORMED, DATA("\x18\0\0\0")},
        {"two values", BULLA_E_MESSAGE_MALFORMED, DATA("\x18\0\0\x02\0\0")},
        {"two at once", BULLA_E_MESSAGE_ACROSS_KEY_CHANGE, DATA("\x18\0\0\x01\0\x18\0\0\x01\0")},
        {"too long by its header", BULLA_E_MESSAGE_TOO_LONG, DATA("\x18\xff\xff\xff")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        late(*state, true, &cases[i]);
        late(*state, false, &cases[i]);
    }
}

static void tickets_forged(void **state) {
    static const struct late_case cases[] = {
        {"a ticket", BULLA_OK, DATA("\x04\0\0\x0e\0\0\0\0\0\0\0\0\0\0\x01t\0\0")},
        {"two tickets", BULLA_OK,
         DATA(
             "\x04\0\0\x0e\0\0\0\0\0\0\0\0\0\0\x01t\0\0\x04\0\0\x0e\0\0\0\0\0\0\0\0\0\0\x01t\0\0")},
        {"an unknown extension", BULLA_OK,
         DATA("\x04\0\0\x12\0\0\0\0\0\0\0\0\0\0\x01t\0\x04\x1a\x1a\0\0")},
        {"a misplaced extension", BULLA_E_EXTENSION_MISPLACED,
         DATA("\x04\0\0\x12\0\0\0\0\0\0\0\0\0\0\x01t\0\x04\0\0\0\0")},
        {"no ticket", BULLA_E_MESSAGE_MALFORMED, DATA("\x04\0\0\x0d\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {"cut", BULLA_E_MESSAGE_MALFORMED, DATA("\x04\0\0\x0b\0\0\0\0\0\0\0\0\0\0\x01")},
        {"a trailing byte", BULLA_E_MESSAGE_TRAILING_BYTES,
         DATA("\x04\0\0\x0f\0\0\0\0\0\0\0\0\0\0\x01t\0\0\0")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        late(*state, true, &cases[i]);
    }
}

/* 32 messages without data between them are borne, one more is a flood; data starts the count
 * anew. */
static void floods(void **state) {
    static const struct {
        bulla_bytes message;
        bulla_cause cause;
    } cases[] = {
        {DATA("\x18\0\0\x01\0"), BULLA_E_KEY_UPDATE_FLOOD},
        {DATA("\x18\0\0\x01\x01"), BULLA_E_KEY_UPDATE_FLOOD},
        {DATA("\x04\0\0\x0e\0\0\0\0\0\0\0\0\0\0\x01t\0\0"), BULLA_E_POST_HANDSHAKE_FLOOD},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct setup client = {.replay = NULL}, server = {.replay = NULL};
        struct writer out = writer_growing(BYTES_MAX);
        struct pair pair;
        open_pair(&pair, *state, &client, &server);
        pair_connect(&pair);
        for (int sent = 0; sent < 2 * POST_HANDSHAKE_MESSAGES_MAX; sent++) {
            if (sent == POST_HANDSHAKE_MESSAGES_MAX) {
                out.len = 0;
                raw_sealed(&out, &pair.client, 0, CONTENT_APPLICATION_DATA, BYTES_OF("x"), 0);
                expect_taken(&pair.client, bytes_of(out.buffer, out.len), "data");
            }
            out.len = 0;
            raw_sealed(&out, &pair.client, 0, CONTENT_HANDSHAKE, cases[i].message, 0);
            expect_taken(&pair.client, bytes_of(out.buffer, out.len), "within the limit");
            if (cases[i].message.data[0] == HANDSHAKE_KEY_UPDATE) {
                /* However many ask, one answer waits. */
                size_t waiting = bulla_connection_output(pair.client.connection).len;
                assert_int_equal(waiting, cases[i].message.data[4] * (RECORD_OVERHEAD + 5));
            }
        }
        bulla_connection_output_sent(pair.client.connection, SIZE_MAX);
        out.len = 0;
        raw_sealed(&out, &pair.client, 0, CONTENT_HANDSHAKE, cases[i].message, 0);
        expect_refused(&pair.client, bytes_of(out.buffer, out.len), cases[i].cause, "flood");
        pair_close(&pair);
        writer_free(&out);
    }
}

/* A chain whose judge is the caller and accepts it: a key that may sign no handshake, here a CA's,
 * is refused all the same. RFC 8446 4.4.2.2. */
static void key_that_may_not_sign(void **state) {
    const struct world *world = *state;
    const struct writer *root = &world->authority.root;
    struct writer body = writer_growing(BYTES_MAX);
    writer_u8(&body, 0);
    size_t list = writer_open(&body, 3);
    writer_vector(&body, 3, bytes_of(root->buffer, root->len));
    writer_u16(&body, 0);
    writer_close(&body, list, 3);
    const struct replay_message replay = {HANDSHAKE_CERTIFICATE, bytes_of(body.buffer, body.len)};
    for (unsigned replayed = 0; replayed < 2; replayed++) {
        struct setup client = {.ask = BULLA_ASK_VERIFY};
        struct setup server = {.replay = &replay, .num_replay = replayed};
        struct pair pair;
        open_pair(&pair, world, &client, &server);
        pair.client.verdict = BULLA_OK;
        pair_run(&pair);
        assert_int_equal(pair.client.events[BULLA_EVENT_VERIFY], 1);
        expect_cause(&pair.client, replayed != 0 ? BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE : BULLA_OK,
                     "a CA's key");
        pair_close(&pair);
    }
    writer_free(&body);
}

/* A client's first protected record goes after its change_cipher_spec, alert or not; where that is
 * out already, it is not sent again. RFC 8446 D.4. */
static void compatibility_before_an_alert(void **state) {
    static const uint16_t other_group[] = {BULLA_GROUP_SECP256R1};
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    const struct replay_message replay = {HANDSHAKE_ENCRYPTED_EXTENSIONS, DATA("")};
    for (unsigned retried = 0; retried < 2; retried++) {
        struct setup client = {.padding = 0}, server = {.replay = &replay, .num_replay = 1};
        struct pair pair;
        server.groups = retried != 0 ? other_group : NULL;
        server.num_groups = retried;
        open_pair(&pair, *state, &client, &server);
        for (unsigned flight = 0; flight <= retried; flight++) {
            (void)end_receive(&pair.client, SIZE_MAX);
            (void)end_flush(&pair.client, &pair.server);
            (void)end_receive(&pair.server, SIZE_MAX);
            (void)end_flush(&pair.server, &pair.client);
        }
        (void)end_receive(&pair.client, SIZE_MAX);
        expect_cause(&pair.client, BULLA_E_MESSAGE_MALFORMED, "no block");
        bulla_bytes output = bulla_connection_output(pair.client.connection);
        assert_int_equal(output.len, (retried == 0 ? sizeof change : 0) + RECORD_OVERHEAD + 2);
        assert_int_equal(bytes_equal(bytes_of(output.data, sizeof change), BYTES_IN(change)),
                         retried == 0);
        pair_close(&pair);
    }
}

/* close_notify is an alert like others: the caller may close while it is asked. */
static void compatibility_before_the_end(void **state) {
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    struct setup client = {.ask = BULLA_ASK_VERIFY}, server = {.padding = 0};
    struct pair pair;
    open_pair(&pair, *state, &client, &server);
    pair.client.holds = true;
    pair_run(&pair);
    assert_int_equal(pair.client.last, BULLA_EVENT_VERIFY);
    assert_int_equal(bulla_connection_close(pair.client.connection), BULLA_OK);
    expect_cause(&pair.client, BULLA_E_CLOSED_BEFORE_HANDSHAKE, "closed");
    bulla_bytes output = bulla_connection_output(pair.client.connection);
    assert_int_equal(output.len, sizeof change + RECORD_OVERHEAD + 2);
    assert_true(bytes_equal(bytes_of(output.data, sizeof change), BYTES_IN(change)));
    (void)end_flush(&pair.client, &pair.server);
    (void)end_receive(&pair.server, SIZE_MAX);
    expect_cause(&pair.server, BULLA_E_CLOSED_BEFORE_HANDSHAKE, "is told so");
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encrypted_extensions),
        cmocka_unit_test(key_that_may_not_sign),
        cmocka_unit_test(compatibility_before_an_alert),
        cmocka_unit_test(compatibility_before_the_end),
        cmocka_unit_test(certificate_request),
        cmocka_unit_test(certificates),
        cmocka_unit_test(proofs),
        cmocka_unit_test(pkcs1_by_an_rsa_key),
        cmocka_unit_test(signed_by_another_key),
        cmocka_unit_test(bytes_after_the_server_finished),
        cmocka_unit_test(bytes_after_the_client_finished),
        cmocka_unit_test(bytes_after_hellos),
        cmocka_unit_test(key_updates_forged),
        cmocka_unit_test(tickets_forged),
        cmocka_unit_test(floods),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
