/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that break RFC 8446 section 4: hellos out of forged parts, and messages under the right
 * keys with the wrong body or at the wrong time. Each refusal is told from its good twin by one
 * change, and has its cause, its alert and its end. Records (section 5) and alerts (6) are
 * misbehaviour_records.c's. */
#include "engine/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/expect.h"

enum { BYTES_MAX = 1 << 18 };

/* The x coordinates' curve equation does not hold for the last byte changed. */
#define P256_GENERATOR                                                                             \
    "\x04\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb" \
    "\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7\xeb\x4a\x7c" \
    "\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37\xbf\x51"
#define ZEROS_31 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

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
    client->version_min = client->version_max = BULLA_TLS_1_3; /* tls12_misbehaviour.c has 1.2 */
    server->version_min = server->version_max = BULLA_TLS_1_3;
    client->trust = world->trust;
    server->role = BULLA_SERVER;
    server->trust = world->trust;
    server->credentials[0] = world->server;
    pair_open(pair, setup_config(client), setup_config(server), TEST_SERVER_NAME);
}

/* ------------------------------------------------------------------ hellos in parts */

enum change {
    DO_NOTHING,
    DO_SET,
    DO_ADD,
    DO_DROP,
    DO_SUITES,
    DO_COMPRESSION,
    DO_SESSION_ID,
    DO_VERSION,
    DO_RANDOM,
    DO_TRAILING,
    DO_NO_EXTENSIONS,
};

struct edit {
    enum change change;
    uint16_t type; /* of an extension; for VERSION the version */
    bulla_bytes data;
};

struct hello_case {
    const char *what;
    bulla_cause cause; /* BULLA_OK: is taken */
    struct edit edits[3];
};

#define DATA(literal)                                                                              \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }
#define NOTHING                                                                                    \
    { DO_NOTHING, 0, DATA("") }
#define SET(type, literal)                                                                         \
    { DO_SET, EXTENSION_##type, DATA(literal) }
#define ADD(type, literal)                                                                         \
    { DO_ADD, EXTENSION_##type, DATA(literal) }
#define ADD_UNKNOWN                                                                                \
    { DO_ADD, 0x1a1a, DATA("x") }
#define DROP(type)                                                                                 \
    { DO_DROP, EXTENSION_##type, DATA("") }
#define SUITES(literal)                                                                            \
    { DO_SUITES, 0, DATA(literal) }
#define COMPRESSION(literal)                                                                       \
    { DO_COMPRESSION, 0, DATA(literal) }
#define SESSION_ID(literal)                                                                        \
    { DO_SESSION_ID, 0, DATA(literal) }
#define VERSION(number)                                                                            \
    { DO_VERSION, number, DATA("") }
#define RANDOM(literal)                                                                            \
    { DO_RANDOM, 0, DATA(literal) }
#define TRAILING(literal)                                                                          \
    { DO_TRAILING, 0, DATA(literal) }
#define NO_EXTENSIONS                                                                              \
    { DO_NO_EXTENSIONS, 0, DATA("") }

static void edit_one(struct forged_hello *hello, const struct edit *edit) {
    switch (edit->change) {
    case DO_NOTHING:
        return;
    case DO_SET:
        forged_set(hello, edit->type, edit->data);
        return;
    case DO_ADD:
        forged_add(hello, edit->type, edit->data);
        return;
    case DO_DROP:
        forged_drop(hello, edit->type);
        return;
    case DO_SUITES:
        hello->cipher_suites = edit->data;
        return;
    case DO_COMPRESSION:
        hello->compression = edit->data;
        return;
    case DO_SESSION_ID:
        hello->session_id = edit->data;
        return;
    case DO_VERSION:
        hello->legacy_version = edit->type;
        return;
    case DO_RANDOM:
        hello->random = edit->data;
        return;
    case DO_TRAILING:
        hello->trailing = edit->data;
        return;
    case DO_NO_EXTENSIONS:
        hello->without_extensions = true;
    }
}

static void edit(struct forged_hello *hello, const struct hello_case *hello_case) {
    for (size_t i = 0; i < 3; i++) {
        edit_one(hello, &hello_case->edits[i]);
    }
}

/* The hello in a plaintext record. */
static bulla_bytes in_record(struct writer *out, const struct forged_hello *hello,
                             enum handshake_type type) {
    struct writer message = writer_growing(BYTES_MAX);
    *out = writer_growing(BYTES_MAX);
    forged_write(hello, type, &message);
    raw_record(out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    writer_free(&message);
    return bytes_of(out->buffer, out->len);
}

static void feed_hello(struct end *end, const struct forged_hello *hello, enum handshake_type type,
                       const struct hello_case *hello_case) {
    struct writer out;
    bulla_bytes record = in_record(&out, hello, type);
    if (hello_case->cause == BULLA_OK) {
        expect_taken(end, record, hello_case->what);
    } else {
        expect_refused(end, record, hello_case->cause, hello_case->what);
    }
    writer_free(&out);
}

/* RFC 8446 4.1.2 and 4.2, at the server. */
static const struct hello_case client_hellos[] = {
    {"nothing is wrong", BULLA_OK, {NOTHING}},
    {"old legacy_version", BULLA_OK, {VERSION(0x0301)}},
    {"new legacy_version", BULLA_OK, {VERSION(0x0304)}},
    {"no session id", BULLA_OK, {SESSION_ID("")}},
    {"long session id", BULLA_E_MESSAGE_MALFORMED, {SESSION_ID(ZEROS_31 "\0\0")}},
    {"trailing byte", BULLA_E_MESSAGE_TRAILING_BYTES, {TRAILING("\0")}},

    {"no extensions", BULLA_E_VERSION_UNSUPPORTED, {NO_EXTENSIONS}},
    {"no version", BULLA_E_VERSION_UNSUPPORTED, {DROP(SUPPORTED_VERSIONS)}},
    {"only 1.2", BULLA_E_VERSION_UNSUPPORTED, {SET(SUPPORTED_VERSIONS, "\x02\x03\x03")}},
    {"greased versions", BULLA_OK, {SET(SUPPORTED_VERSIONS, "\x06\x7a\x7a\x03\x04\x03\x03")}},
    {"no versions", BULLA_E_EXTENSION_MALFORMED, {SET(SUPPORTED_VERSIONS, "\0")}},
    {"half a version", BULLA_E_EXTENSION_MALFORMED, {SET(SUPPORTED_VERSIONS, "\x03\x03\x04\x03")}},
    {"bytes after the versions",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(SUPPORTED_VERSIONS, "\x02\x03\x04\0")}},

    {"a compression method", BULLA_E_COMPRESSION_ILLEGAL, {COMPRESSION("\x01\0")}},
    {"only a compression method", BULLA_E_COMPRESSION_ILLEGAL, {COMPRESSION("\x01")}},
    {"null twice", BULLA_E_COMPRESSION_ILLEGAL, {COMPRESSION("\0\0")}},
    {"no compression methods", BULLA_E_MESSAGE_MALFORMED, {COMPRESSION("")}},

    {"no suites", BULLA_E_MESSAGE_MALFORMED, {SUITES("")}},
    {"half a suite", BULLA_E_MESSAGE_MALFORMED, {SUITES("\x13\x01\x13")}},
    {"suites of 1.2", BULLA_E_NO_COMMON_SUITE, {SUITES("\xc0\x2f\0\xff")}},
    {"greased suites", BULLA_OK, {SUITES("\x0a\x0a\0\xff\x13\x02")}},

    {"no groups", BULLA_E_EXTENSION_MISSING, {DROP(SUPPORTED_GROUPS)}},
    {"empty groups", BULLA_E_EXTENSION_MALFORMED, {SET(SUPPORTED_GROUPS, "\0\0")}},
    {"half a group", BULLA_E_EXTENSION_MALFORMED, {SET(SUPPORTED_GROUPS, "\0\x03\0\x1d\0")}},
    {"bytes after the groups",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(SUPPORTED_GROUPS, "\0\x02\0\x1d\0")}},
    {"no key_share", BULLA_E_EXTENSION_MISSING, {DROP(KEY_SHARE)}},
    {"empty shares ask for a retry", BULLA_OK, {SET(KEY_SHARE, "\0\0")}},
    {"share for a group that is not listed",
     BULLA_E_EXTENSION_VALUE_ILLEGAL,
     {SET(SUPPORTED_GROUPS, "\0\x02\0\x17")}},
    {"no group in common",
     BULLA_E_NO_COMMON_GROUP,
     {SET(SUPPORTED_GROUPS, "\0\x02\x01\0"), SET(KEY_SHARE, "\0\0")}},
    {"empty share", BULLA_E_EXTENSION_MALFORMED, {SET(KEY_SHARE, "\0\x04\0\x1d\0\0")}},
    {"cut share", BULLA_E_EXTENSION_MALFORMED, {SET(KEY_SHARE, "\0\x05\0\x1d\0\x20\x09")}},
    {"bytes after the shares",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(KEY_SHARE, "\0\x24\0\x1d\0\x20\x09" ZEROS_31 "\0")}},
    {"a group twice",
     BULLA_E_EXTENSION_VALUE_ILLEGAL,
     {SET(KEY_SHARE, "\0\x48\0\x1d\0\x20\x09" ZEROS_31 "\0\x1d\0\x20\x09" ZEROS_31)}},
    {"greased share first",
     BULLA_OK,
     {SET(KEY_SHARE, "\0\x29\x1a\x1a\0\x01\0\0\x1d\0\x20\x09" ZEROS_31)}},
    {"short share", BULLA_E_KEY_SHARE_INVALID, {SET(KEY_SHARE, "\0\x23\0\x1d\0\x1f" ZEROS_31)}},
    {"zero share", BULLA_E_KEY_SHARE_INVALID, {SET(KEY_SHARE, "\0\x24\0\x1d\0\x20\0" ZEROS_31)}},
    {"share of order two",
     BULLA_E_KEY_SHARE_INVALID,
     {SET(KEY_SHARE, "\0\x24\0\x1d\0\x20\x01" ZEROS_31)}},
    {"a point", BULLA_OK, {SET(KEY_SHARE, "\0\x45\0\x17\0\x41" P256_GENERATOR "\xf5")}},
    {"a point off the curve",
     BULLA_E_KEY_SHARE_INVALID,
     {SET(KEY_SHARE, "\0\x45\0\x17\0\x41" P256_GENERATOR "\xf4")}},
    {"a compressed point",
     BULLA_E_KEY_SHARE_INVALID,
     {SET(KEY_SHARE, "\0\x25\0\x17\0\x21\x03\x01" ZEROS_31)}},
    {"the point at infinity", BULLA_E_KEY_SHARE_INVALID, {SET(KEY_SHARE, "\0\x05\0\x17\0\x01\0")}},

    {"no signature schemes", BULLA_E_EXTENSION_MISSING, {DROP(SIGNATURE_ALGORITHMS)}},
    {"empty signature schemes", BULLA_E_EXTENSION_MALFORMED, {SET(SIGNATURE_ALGORITHMS, "\0\0")}},
    {"half a signature scheme",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(SIGNATURE_ALGORITHMS, "\0\x03\x04\x03\x08")}},
    {"signature schemes for other keys",
     BULLA_E_NO_COMMON_SIGNATURE_SCHEME,
     {SET(SIGNATURE_ALGORITHMS, "\0\x04\x08\x07\x05\x03")}},
    {"unknown signature schemes",
     BULLA_E_NO_COMMON_SIGNATURE_SCHEME,
     {SET(SIGNATURE_ALGORITHMS, "\0\x04\x02\x01\xfe\xfe")}},

    {"an extension twice", BULLA_E_EXTENSION_DUPLICATE, {ADD(SUPPORTED_VERSIONS, "\x02\x03\x04")}},
    {"an unknown extension", BULLA_OK, {ADD_UNKNOWN}},
    {"an unknown extension twice", BULLA_E_EXTENSION_DUPLICATE, {ADD_UNKNOWN, ADD_UNKNOWN}},
    {"an extension of a CertificateRequest",
     BULLA_E_EXTENSION_MISPLACED,
     {ADD(OID_FILTERS, "\0\0")}},
    {"extensions of 1.2",
     BULLA_OK,
     {ADD(EC_POINT_FORMATS, "\x01\0"), ADD(RENEGOTIATION_INFO, "\0"),
      ADD(EXTENDED_MASTER_SECRET, "")}},
    {"a pre-shared key",
     BULLA_OK,
     {ADD(PSK_KEY_EXCHANGE_MODES, "\x01\x01"),
      ADD(PRE_SHARED_KEY, "\0\x07\0\x01x\0\0\0\0\0\x21\x20"
                          "0123456789abcdef0123456789abcdef")}},
    {"a pre-shared key without a binder",
     BULLA_E_EXTENSION_MALFORMED,
     {ADD(PSK_KEY_EXCHANGE_MODES, "\x01\x01"), ADD(PRE_SHARED_KEY, "\0\x07\0\x01x\0\0\0\0\0\0")}},
    {"more binders than pre-shared keys",
     BULLA_E_PRE_SHARED_KEY_INVALID,
     {ADD(PSK_KEY_EXCHANGE_MODES, "\x01\x01"),
      ADD(PRE_SHARED_KEY, "\0\x07\0\x01x\0\0\0\0\0\x42\x20"
                          "0123456789abcdef0123456789abcdef\x20"
                          "0123456789abcdef0123456789abcdef")}},
    {"a pre-shared key without modes", BULLA_E_EXTENSION_MISSING, {ADD(PRE_SHARED_KEY, "\0")}},
    {"a pre-shared key that is not last",
     BULLA_E_PRE_SHARED_KEY_NOT_LAST,
     {ADD(PRE_SHARED_KEY, "\0"), ADD(PSK_KEY_EXCHANGE_MODES, "\x01\x01")}},

    {"a name",
     BULLA_OK,
     {ADD(SERVER_NAME, "\0\x06\0\0\x03"
                       "a.b")}},
    {"an empty list of names", BULLA_E_EXTENSION_MALFORMED, {ADD(SERVER_NAME, "\0\0")}},
    {"an empty name", BULLA_E_EXTENSION_MALFORMED, {ADD(SERVER_NAME, "\0\x03\0\0\0")}},
    {"a name of another type",
     BULLA_E_EXTENSION_MALFORMED,
     {ADD(SERVER_NAME, "\0\x04\x01\0\x01x")}},
    {"two names", BULLA_E_EXTENSION_MALFORMED, {ADD(SERVER_NAME, "\0\x08\0\0\x01x\0\0\x01y")}},
    {"bytes after the names", BULLA_E_EXTENSION_MALFORMED, {ADD(SERVER_NAME, "\0\x04\0\0\x01xy")}},
    {"a name with a zero byte",
     BULLA_E_SERVER_NAME_INVALID,
     {ADD(SERVER_NAME, "\0\x06\0\0\x03x\0y")}},
    {"a name with an escape",
     BULLA_E_SERVER_NAME_INVALID,
     {ADD(SERVER_NAME, "\0\x06\0\0\x03x\x1by")}},

    {"an empty protocol list", BULLA_E_EXTENSION_MALFORMED, {ADD(ALPN, "\0\0")}},
    {"an empty protocol", BULLA_E_EXTENSION_MALFORMED, {ADD(ALPN, "\0\x01\0")}},
    {"a cut protocol", BULLA_E_EXTENSION_MALFORMED, {ADD(ALPN, "\0\x02\x02h")}},
    {"bytes after the protocols", BULLA_E_EXTENSION_MALFORMED, {ADD(ALPN, "\0\x02\x01hh")}},
};

/* RFC 8446 D.4: a server's change_cipher_spec answers a session id, and comes second. */
static void assert_compatibility(const struct end *server, bool expected) {
    struct reader reader = reader_over(bulla_connection_output(server->connection));
    bulla_bytes fragment = bytes_of(NULL, 0);
    for (size_t i = 0; !reader_at_end(&reader); i++) {
        bool is_compatibility = reader.next[0] == CONTENT_CHANGE_CIPHER_SPEC;
        assert_int_equal(is_compatibility, expected && i == 1);
        assert_true(reader_skip(&reader, 3) && reader_vector16(&reader, &fragment));
    }
}

static void client_hello_forged(void **state) {
    for (size_t i = 0; i < sizeof client_hellos / sizeof client_hellos[0]; i++) {
        struct forged_hello hello = forged_client_hello();
        struct setup client = {.padding = 0}, server = {.padding = 0};
        struct pair pair;
        open_pair(&pair, *state, &client, &server);
        edit(&hello, &client_hellos[i]);
        feed_hello(&pair.server, &hello, HANDSHAKE_CLIENT_HELLO, &client_hellos[i]);
        if (client_hellos[i].cause == BULLA_OK) {
            assert_true(bulla_connection_output(pair.server.connection).len != 0);
            assert_compatibility(&pair.server, hello.session_id.len != 0);
        }
        pair_close(&pair);
    }
}

static void too_many_extensions(void **state) {
    for (uint16_t num = EXTENSIONS_MAX; num <= EXTENSIONS_MAX + 1; num++) {
        const struct hello_case expected = {"64 extensions and one more",
                                            num == EXTENSIONS_MAX ? BULLA_OK
                                                                  : BULLA_E_TOO_MANY_EXTENSIONS,
                                            {NOTHING}};
        struct forged_hello hello = forged_client_hello();
        struct setup client = {.padding = 0}, server = {.padding = 0};
        struct pair pair;
        open_pair(&pair, *state, &client, &server);
        while (hello.num_extensions < num) {
            forged_add(&hello, (uint16_t)(0x1000 + hello.num_extensions), bytes_of(NULL, 0));
        }
        feed_hello(&pair.server, &hello, HANDSHAKE_CLIENT_HELLO, &expected);
        pair_close(&pair);
    }
}

/* Every prefix of a hello, closed off with its length, is refused; none is read past its end. */
static void client_hello_cut_anywhere(void **state) {
    struct forged_hello hello = forged_client_hello();
    struct writer whole = writer_growing(BYTES_MAX);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &whole);
    for (size_t len = 0; len < whole.len - HANDSHAKE_HEADER_LEN; len++) {
        struct writer message = writer_growing(BYTES_MAX), record = writer_growing(BYTES_MAX);
        struct setup client = {.padding = 0}, server = {.padding = 0};
        struct pair pair;
        open_pair(&pair, *state, &client, &server);
        raw_message(&message, HANDSHAKE_CLIENT_HELLO,
                    bytes_of(whole.buffer + HANDSHAKE_HEADER_LEN, len));
        raw_record(&record, CONTENT_HANDSHAKE, LEGACY_VERSION,
                   bytes_of(message.buffer, message.len));
        (void)end_feed(&pair.server, bytes_of(record.buffer, record.len));
        bulla_cause cause = end_failure(&pair.server);
        /* Cut where the extensions would begin, it is a hello of TLS 1.2. */
        assert_true(cause == BULLA_E_MESSAGE_MALFORMED || cause == BULLA_E_VERSION_UNSUPPORTED);
        expect_dead(&pair.server, cause);
        pair_close(&pair);
        writer_free(&message);
        writer_free(&record);
    }
    writer_free(&whole);
}

/* RFC 8446 4.1.2: what a ClientHello after a HelloRetryRequest for secp256r1 may change. */
static void second_client_hello(void **state) {
    static const struct hello_case cases[] = {
        {"the share that was asked for", BULLA_OK, {NOTHING}},
        {"padding and a cookie come and go", BULLA_OK, {ADD(PADDING, "\0")}},
        {"another random", BULLA_E_HELLO_RETRY_CHANGED, {RANDOM("x" ZEROS_31)}},
        {"another session id", BULLA_E_HELLO_RETRY_CHANGED, {SESSION_ID("")}},
        {"another suite", BULLA_E_HELLO_RETRY_CHANGED, {SUITES("\x13\x02")}},
        {"fewer suites, the chosen one among them", BULLA_OK, {SUITES("\x13\x01")}},
        {"another group's share",
         BULLA_E_HELLO_RETRY_CHANGED,
         {SET(KEY_SHARE, "\0\x24\0\x1d\0\x20\x09" ZEROS_31)}},
        {"no share again", BULLA_E_HELLO_RETRY_CHANGED, {SET(KEY_SHARE, "\0\0")}},
        {"the group is no longer listed",
         BULLA_E_EXTENSION_VALUE_ILLEGAL,
         {SET(SUPPORTED_GROUPS, "\0\x02\0\x1d")}},
        {"another name", BULLA_E_HELLO_RETRY_CHANGED, {SET(SERVER_NAME, "\0\x04\0\0\x01y")}},
        {"no name", BULLA_E_HELLO_RETRY_CHANGED, {DROP(SERVER_NAME)}},
        {"early data", BULLA_E_HELLO_RETRY_CHANGED, {ADD(EARLY_DATA, "")}},
        {"a wish that the first had not",
         BULLA_E_HELLO_RETRY_CHANGED,
         {ADD(RECORD_SIZE_LIMIT, "\x40\0")}},
        {"an older version",
         BULLA_E_VERSION_UNSUPPORTED,
         {SET(SUPPORTED_VERSIONS, "\x02\x03\x03")}},
    };
    const uint16_t group = BULLA_GROUP_SECP256R1;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct hello_case taken = {"the first hello", BULLA_OK, {NOTHING}};
        struct forged_hello hello = forged_client_hello();
        struct setup client = {.padding = 0}, server = {.groups = &group, .num_groups = 1};
        struct pair pair;
        open_pair(&pair, *state, &client, &server);
        forged_set(&hello, EXTENSION_SERVER_NAME, BYTES_OF("\0\x04\0\0\x01x"));
        /* Of a kind that nobody has an answer for, which is no change where it comes again. */
        forged_set(&hello, EXTENSION_STATUS_REQUEST, BYTES_OF("\x02"));
        feed_hello(&pair.server, &hello, HANDSHAKE_CLIENT_HELLO, &taken);
        bulla_connection_output_sent(pair.server.connection, SIZE_MAX);
        forged_set(&hello, EXTENSION_KEY_SHARE,
                   BYTES_OF("\0\x45\0\x17\0\x41" P256_GENERATOR "\xf5"));
        edit(&hello, &cases[i]);
        feed_hello(&pair.server, &hello, HANDSHAKE_CLIENT_HELLO, &cases[i]);
        pair_close(&pair);
    }
}

/* RFC 8446 4.1.3, at the client. */
static const struct hello_case server_hellos[] = {
    {"nothing is wrong", BULLA_OK, {NOTHING}},
    {"another session id", BULLA_E_SESSION_ID_MISMATCH, {SESSION_ID("x" ZEROS_31)}},
    {"no session id", BULLA_E_SESSION_ID_MISMATCH, {SESSION_ID("")}},
    {"a suite that was not offered", BULLA_E_SUITE_NOT_OFFERED, {SUITES("\x13\x02")}},
    {"a suite of 1.2", BULLA_E_SUITE_NOT_OFFERED, {SUITES("\xc0\x2f")}},
    {"a compression method", BULLA_E_COMPRESSION_ILLEGAL, {COMPRESSION("\x01")}},
    {"legacy_version 1.3", BULLA_E_HELLO_VERSION_ILLEGAL, {VERSION(0x0304)}},
    {"legacy_version 1.1", BULLA_E_HELLO_VERSION_ILLEGAL, {VERSION(0x0302)}},
    {"trailing byte", BULLA_E_MESSAGE_TRAILING_BYTES, {TRAILING("\0")}},

    {"no extensions", BULLA_E_VERSION_UNSUPPORTED, {NO_EXTENSIONS}},
    {"no version", BULLA_E_VERSION_UNSUPPORTED, {DROP(SUPPORTED_VERSIONS)}},
    {"a ServerHello of 1.2",
     BULLA_E_VERSION_UNSUPPORTED,
     {DROP(SUPPORTED_VERSIONS), DROP(KEY_SHARE), ADD(RENEGOTIATION_INFO, "\0")}},
    {"version 1.2", BULLA_E_VERSION_NOT_OFFERED, {SET(SUPPORTED_VERSIONS, "\x03\x03")}},
    {"a version to come", BULLA_E_VERSION_NOT_OFFERED, {SET(SUPPORTED_VERSIONS, "\x03\x05")}},
    {"half a version", BULLA_E_EXTENSION_MALFORMED, {SET(SUPPORTED_VERSIONS, "\x03")}},
    {"bytes after the version",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(SUPPORTED_VERSIONS, "\x03\x04\0")}},

    {"no share", BULLA_E_EXTENSION_MISSING, {DROP(KEY_SHARE)}},
    {"a share of a group that had none",
     BULLA_E_GROUP_NOT_OFFERED,
     {SET(KEY_SHARE, "\0\x17\0\x41" P256_GENERATOR "\xf5")}},
    {"a share of an unknown group", BULLA_E_GROUP_NOT_OFFERED, {SET(KEY_SHARE, "\x01\0\0\x01x")}},
    {"a share as in a HelloRetryRequest", BULLA_E_EXTENSION_MALFORMED, {SET(KEY_SHARE, "\0\x1d")}},
    {"bytes after the share",
     BULLA_E_EXTENSION_MALFORMED,
     {SET(KEY_SHARE, "\0\x1d\0\x20\x09" ZEROS_31 "\0")}},
    {"a short share", BULLA_E_KEY_SHARE_INVALID, {SET(KEY_SHARE, "\0\x1d\0\x1f" ZEROS_31)}},
    {"a zero share", BULLA_E_KEY_SHARE_INVALID, {SET(KEY_SHARE, "\0\x1d\0\x20\0" ZEROS_31)}},

    {"an extension twice", BULLA_E_EXTENSION_DUPLICATE, {ADD(SUPPORTED_VERSIONS, "\x03\x04")}},
    {"a pre-shared key", BULLA_E_EXTENSION_UNSOLICITED, {ADD(PRE_SHARED_KEY, "\0\0")}},
    {"an unknown extension", BULLA_E_EXTENSION_UNSOLICITED, {ADD_UNKNOWN}},
    {"an extension of EncryptedExtensions", BULLA_E_EXTENSION_MISPLACED, {ADD(SERVER_NAME, "")}},
    {"a cookie", BULLA_E_EXTENSION_MISPLACED, {ADD(COOKIE, "\0\x01x")}},
};

/* RFC 8446 4.1.4. */
static const struct hello_case retries[] = {
    {"another group", BULLA_OK, {NOTHING}},
    {"another group and a cookie", BULLA_OK, {ADD(COOKIE, "\0\x02xy")}},
    {"a cookie alone", BULLA_OK, {DROP(KEY_SHARE), ADD(COOKIE, "\0\x02xy")}},
    {"nothing to change", BULLA_E_HELLO_RETRY_POINTLESS, {DROP(KEY_SHARE)}},
    {"the group that had a share", BULLA_E_HELLO_RETRY_POINTLESS, {SET(KEY_SHARE, "\0\x1d")}},
    {"a group that was not offered", BULLA_E_GROUP_NOT_OFFERED, {SET(KEY_SHARE, "\0\x18")}},
    {"a share as in a ServerHello", BULLA_E_EXTENSION_MALFORMED, {SET(KEY_SHARE, "\0\x17\0\x01x")}},
    {"an empty cookie", BULLA_E_EXTENSION_MALFORMED, {ADD(COOKIE, "\0\0")}},
    {"a cookie twice",
     BULLA_E_EXTENSION_DUPLICATE,
     {ADD(COOKIE, "\0\x01x"), ADD(COOKIE, "\0\x01x")}},
    {"bytes after the cookie", BULLA_E_EXTENSION_MALFORMED, {ADD(COOKIE, "\0\x01xy")}},
    {"no version", BULLA_E_VERSION_UNSUPPORTED, {DROP(SUPPORTED_VERSIONS)}},
    {"version 1.2", BULLA_E_VERSION_NOT_OFFERED, {SET(SUPPORTED_VERSIONS, "\x03\x03")}},
    {"another session id", BULLA_E_SESSION_ID_MISMATCH, {SESSION_ID("")}},
    {"a suite that was not offered", BULLA_E_SUITE_NOT_OFFERED, {SUITES("\x13\x02")}},
    {"a compression method", BULLA_E_COMPRESSION_ILLEGAL, {COMPRESSION("\x01")}},
    {"legacy_version 1.3", BULLA_E_HELLO_VERSION_ILLEGAL, {VERSION(0x0304)}},
    {"an extension of other messages",
     BULLA_E_EXTENSION_MISPLACED,
     {ADD(SIGNATURE_ALGORITHMS, "\0\x02\x04\x03")}},
};

static const uint16_t client_suites[] = {BULLA_TLS_AES_128_GCM_SHA256,
                                         BULLA_TLS_CHACHA20_POLY1305_SHA256};
static const uint16_t client_groups[] = {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1};

/* A client whose ClientHello lies in its output. */
static void start_client(struct pair *pair, const struct world *world) {
    struct setup client = {.suites = client_suites,
                           .num_suites = 2,
                           .groups = client_groups,
                           .num_groups = 2,
                           .alpn = {"h2", "http/1.1"}};
    struct setup server = {.padding = 0};
    open_pair(pair, world, &client, &server);
    (void)end_receive(&pair->client, 0);
    assert_int_equal(pair->client.last, BULLA_EVENT_NEED_BYTES);
}

static void server_hello_forged(void **state) {
    for (size_t i = 0; i < sizeof server_hellos / sizeof server_hellos[0]; i++) {
        struct pair pair;
        start_client(&pair, *state);
        struct forged_hello hello = forged_server_hello(&pair.client);
        edit(&hello, &server_hellos[i]);
        feed_hello(&pair.client, &hello, HANDSHAKE_SERVER_HELLO, &server_hellos[i]);
        pair_close(&pair);
    }
}

/* The second hello repeats the first but for the share and the cookie, RFC 8446 4.1.2. */
static void assert_repeats(const struct forged_hello *first, const struct forged_hello *second,
                           const struct forged_hello *retry) {
    size_t num_cookies = forged_get(retry, EXTENSION_COOKIE).len != 0;
    assert_true(bytes_equal(first->random, second->random));
    assert_true(bytes_equal(first->session_id, second->session_id));
    assert_true(bytes_equal(first->cipher_suites, second->cipher_suites));
    assert_int_equal(second->num_extensions, first->num_extensions + num_cookies);
    assert_true(
        bytes_equal(forged_get(second, EXTENSION_COOKIE), forged_get(retry, EXTENSION_COOKIE)));
    for (size_t i = 0; i < first->num_extensions; i++) {
        const struct forged_extension *extension = &first->extensions[i];
        if (extension->type != EXTENSION_KEY_SHARE) {
            assert_true(bytes_equal(extension->data, forged_get(second, extension->type)));
        }
    }
    bulla_bytes share = forged_get(second, EXTENSION_KEY_SHARE);
    if (forged_get(retry, EXTENSION_KEY_SHARE).len == 0) {
        assert_true(bytes_equal(share, forged_get(first, EXTENSION_KEY_SHARE)));
    } else {
        assert_int_equal(share.len, 2 + 4 + 65);
        assert_true(
            bytes_equal(bytes_of(share.data + 2, 2), forged_get(retry, EXTENSION_KEY_SHARE)));
    }
}

static void hello_retry_forged(void **state) {
    static const uint8_t compatibility[] = {CONTENT_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
    for (size_t i = 0; i < sizeof retries / sizeof retries[0]; i++) {
        struct pair pair;
        start_client(&pair, *state);
        bulla_connection *client = pair.client.connection;
        size_t len = bulla_connection_output(client).len;
        struct forged_hello hello = forged_retry(&pair.client);
        edit(&hello, &retries[i]);
        uint8_t *kept = bytes_duplicate(bulla_connection_output(client));
        struct forged_hello first = raw_read_client_hello(bytes_of(kept, len));
        feed_hello(&pair.client, &hello, HANDSHAKE_SERVER_HELLO, &retries[i]);
        if (retries[i].cause == BULLA_OK) {
            bulla_bytes output = bytes_after(bulla_connection_output(client), len);
            assert_true(output.len > sizeof compatibility);
            assert_true(
                bytes_equal(bytes_of(output.data, sizeof compatibility), BYTES_IN(compatibility)));
            output = bytes_after(output, sizeof compatibility);
            assert_int_equal(output.data[2], 3); /* RFC 8446 5.1: no longer 0x0301 */
            struct forged_hello second = raw_read_client_hello(output);
            hello.session_id = first.session_id; /* the views moved with the output */
            assert_repeats(&first, &second, &hello);
        }
        free(kept);
        pair_close(&pair);
    }
}

/* After a HelloRetryRequest for secp256r1 with TLS_AES_128_GCM_SHA256. */
static void server_hello_after_retry(void **state) {
    static const struct hello_case cases[] = {
        {"the group that was asked for", BULLA_OK, {NOTHING}},
        {"another group", BULLA_E_GROUP_NOT_OFFERED, {SET(KEY_SHARE, "\0\x1d\0\x20\x09" ZEROS_31)}},
        {"another suite", BULLA_E_HELLO_RETRY_CHANGED, {SUITES("\x13\x03")}},
        {"a second retry",
         BULLA_E_HELLO_RETRY_AGAIN,
         {RANDOM("\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
                 "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"),
          SET(KEY_SHARE, "\0\x1d")}},
        {"off the curve",
         BULLA_E_KEY_SHARE_INVALID,
         {SET(KEY_SHARE, "\0\x17\0\x41" P256_GENERATOR "\xf4")}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct hello_case taken = {"the retry", BULLA_OK, {NOTHING}};
        struct pair pair;
        uint8_t session_id[SESSION_ID_LEN_MAX];
        start_client(&pair, *state);
        struct forged_hello hello = forged_retry(&pair.client);
        bytes_copy(session_id, sizeof session_id, hello.session_id);
        feed_hello(&pair.client, &hello, HANDSHAKE_SERVER_HELLO, &taken);
        bulla_connection_output_sent(pair.client.connection, SIZE_MAX);
        hello.session_id = BYTES_IN(session_id);
        hello.random = BYTES_OF("x" ZEROS_31);
        forged_set(&hello, EXTENSION_KEY_SHARE, BYTES_OF("\0\x17\0\x41" P256_GENERATOR "\xf5"));
        edit(&hello, &cases[i]);
        feed_hello(&pair.client, &hello, HANDSHAKE_SERVER_HELLO, &cases[i]);
        pair_close(&pair);
    }
}

/* ------------------------------------------------------------------ order */

/* A body for each type that its parser might like, so that only the order speaks against it. */
static bulla_bytes plausible_body(unsigned type) {
    switch (type) {
    case HANDSHAKE_KEY_UPDATE:
        return BYTES_OF("\0");
    case HANDSHAKE_ENCRYPTED_EXTENSIONS:
        return BYTES_OF("\0\0");
    case HANDSHAKE_CERTIFICATE:
        return BYTES_OF("\0\0\0\0");
    case HANDSHAKE_CERTIFICATE_REQUEST:
        return BYTES_OF("\0\0\x08\0\x0d\0\x04\0\x02\x04\x03");
    case HANDSHAKE_NEW_SESSION_TICKET:
        return BYTES_OF("\0\0\0\0\0\0\0\0\0\0\x01t\0\0");
    default:
        return BYTES_OF("");
    }
}

/* Every message type but `allowed` is unexpected: known ones, hello_request (0), end_of_early_data
 * (5), message_hash (254), unknown ones. It is refused by its first bytes, before its body. */
static void expect_only(void (*prepare)(struct pair *, const struct world *), bool at_client,
                        const struct world *world, const uint8_t *allowed, size_t num_allowed) {
    for (unsigned type = 0; type < 256; type++) {
        struct writer message = writer_growing(BYTES_MAX), out = writer_growing(BYTES_MAX);
        struct pair pair;
        bool is_allowed = false;
        for (size_t i = 0; i < num_allowed; i++) {
            is_allowed = is_allowed || allowed[i] == type;
        }
        prepare(&pair, world);
        struct end *victim = at_client ? &pair.client : &pair.server;
        raw_message(&message, type, plausible_body(type));
        bulla_bytes bytes = bytes_of(message.buffer, message.len);
        if (victim->connection->read.aead.id == AEAD_INVALID) {
            raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes);
        } else {
            raw_sealed(&out, victim, 0, CONTENT_HANDSHAKE, bytes, 0);
        }
        if (is_allowed) {
            (void)end_feed(victim, bytes_of(out.buffer, out.len));
            assert_int_not_equal(end_failure(victim), BULLA_E_MESSAGE_UNEXPECTED);
        } else {
            char what[32];
            snprintf(what, sizeof what, "message type %u", type);
            expect_refused(victim, bytes_of(out.buffer, out.len), BULLA_E_MESSAGE_UNEXPECTED, what);
        }
        pair_close(&pair);
        writer_free(&message);
        writer_free(&out);
    }
}

static void prepare_fresh(struct pair *pair, const struct world *world) {
    start_client(pair, world);
}

/* The client has read the ServerHello and nothing else. */
static void prepare_after_server_hello(struct pair *pair, const struct world *world) {
    const struct hello_case taken = {"the ServerHello", BULLA_OK, {NOTHING}};
    start_client(pair, world);
    struct forged_hello hello = forged_server_hello(&pair->client);
    feed_hello(&pair->client, &hello, HANDSHAKE_SERVER_HELLO, &taken);
    bulla_connection_output_sent(pair->client.connection, SIZE_MAX);
}

static void prepare_after_encrypted_extensions(struct pair *pair, const struct world *world) {
    struct writer out = writer_growing(BYTES_MAX);
    prepare_after_server_hello(pair, world);
    raw_sealed(&out, &pair->client, 0, CONTENT_HANDSHAKE, BYTES_OF("\x08\0\0\x02\0\0"), 0);
    expect_taken(&pair->client, bytes_of(out.buffer, out.len), "EncryptedExtensions");
    writer_free(&out);
}

/* The server has sent its flight. */
static void prepare_server(struct pair *pair, const struct world *world, bool asks) {
    struct setup client = {.padding = 0}, server = {.padding = 0};
    server.client_auth = asks ? BULLA_CLIENT_AUTH_REQUEST : BULLA_CLIENT_AUTH_NONE;
    open_pair(pair, world, &client, &server);
    (void)end_receive(&pair->client, 0);
    (void)end_flush(&pair->client, &pair->server);
    (void)end_receive(&pair->server, SIZE_MAX);
    (void)end_flush(&pair->server, &pair->client);
    assert_int_equal(pair->server.last, BULLA_EVENT_NEED_BYTES);
}

static void prepare_server_not_asking(struct pair *pair, const struct world *world) {
    prepare_server(pair, world, false);
}

static void prepare_server_asking(struct pair *pair, const struct world *world) {
    prepare_server(pair, world, true);
}

static void prepare_connected(struct pair *pair, const struct world *world) {
    struct setup client = {.padding = 0}, server = {.padding = 0};
    open_pair(pair, world, &client, &server);
    pair_connect(pair);
}

static void messages_out_of_order(void **state) {
    static const uint8_t client_hello[] = {HANDSHAKE_CLIENT_HELLO};
    static const uint8_t server_hello[] = {HANDSHAKE_SERVER_HELLO};
    static const uint8_t extensions[] = {HANDSHAKE_ENCRYPTED_EXTENSIONS};
    static const uint8_t certificates[] = {HANDSHAKE_CERTIFICATE, HANDSHAKE_CERTIFICATE_REQUEST};
    static const uint8_t finished[] = {HANDSHAKE_FINISHED};
    static const uint8_t at_client[] = {HANDSHAKE_NEW_SESSION_TICKET, HANDSHAKE_KEY_UPDATE};
    static const uint8_t at_server[] = {HANDSHAKE_KEY_UPDATE};
    expect_only(prepare_fresh, false, *state, client_hello, 1);
    expect_only(prepare_fresh, true, *state, server_hello, 1);
    expect_only(prepare_after_server_hello, true, *state, extensions, 1);
    expect_only(prepare_after_encrypted_extensions, true, *state, certificates, 2);
    expect_only(prepare_server_not_asking, false, *state, finished, 1);
    expect_only(prepare_server_asking, false, *state, certificates, 1);
    expect_only(prepare_connected, true, *state, at_client, 2);
    expect_only(prepare_connected, false, *state, at_server, 1);
}

/* hello_request (0) behind a decision: no edge without a message is taken for it. */
static void hello_request_while_a_decision_waits(void **state) {
    const struct world *world = *state;
    struct writer body = writer_growing(BYTES_MAX), message = writer_growing(BYTES_MAX);
    struct writer out = writer_growing(BYTES_MAX);
    struct setup client = {.ask = BULLA_ASK_VERIFY}, server = {.padding = 0};
    const struct hello_case taken = {"the ServerHello", BULLA_OK, {NOTHING}};
    struct pair pair;
    open_pair(&pair, world, &client, &server);
    pair.client.holds = true;
    (void)end_receive(&pair.client, 0);
    struct forged_hello hello = forged_server_hello(&pair.client);
    feed_hello(&pair.client, &hello, HANDSHAKE_SERVER_HELLO, &taken);
    writer_u8(&body, 0);
    size_t list = writer_open(&body, 3);
    writer_vector(&body, 3, bulla_credential_certificate(world->server, 0));
    writer_u16(&body, 0);
    writer_close(&body, list, 3);
    raw_message(&message, HANDSHAKE_ENCRYPTED_EXTENSIONS, BYTES_OF("\0\0"));
    raw_message(&message, HANDSHAKE_CERTIFICATE, bytes_of(body.buffer, body.len));
    raw_message(&message, HANDSHAKE_HELLO_REQUEST, BYTES_OF(""));
    raw_sealed(&out, &pair.client, 0, CONTENT_HANDSHAKE, bytes_of(message.buffer, message.len), 0);
    assert_int_equal(end_feed(&pair.client, bytes_of(out.buffer, out.len)), BULLA_EVENT_VERIFY);
    assert_int_equal(bulla_connection_answer_verify(pair.client.connection, BULLA_OK), BULLA_OK);
    expect_refused(&pair.client, bytes_of(NULL, 0), BULLA_E_MESSAGE_UNEXPECTED, "hello_request");
    assert_null(
        states_find(BULLA_CLIENT, BULLA_TLS_1_3, STATE_RECVD_CERT, HANDSHAKE_HELLO_REQUEST));
    pair_close(&pair);
    writer_free(&body);
    writer_free(&message);
    writer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello_forged),
        cmocka_unit_test(too_many_extensions),
        cmocka_unit_test(client_hello_cut_anywhere),
        cmocka_unit_test(second_client_hello),
        cmocka_unit_test(server_hello_forged),
        cmocka_unit_test(hello_retry_forged),
        cmocka_unit_test(server_hello_after_retry),
        cmocka_unit_test(messages_out_of_order),
        cmocka_unit_test(hello_request_while_a_decision_waits),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
