/* SPDX-License-Identifier: Apache-2.0 */
/* The traces of RFC 8448, reproduced byte for byte by both roles: sections 3 (simple), 5
 * (HelloRetryRequest), 6 (client authentication) and 7 (compatibility mode). The engine is given
 * the trace's randomness and signatures; what the trace's authors preferred and we do not (the
 * order of extensions, a cookie) is replayed as message bodies. All records, and all secrets by way
 * of the key log, must be the trace's. Section 4 needs resumption and 0-RTT. */
#include "tls/flight.h"

#include "der/pem.h"
#include "support/check.h"
#include "support/vectors.h"

#include <stdio.h>
#include <stdlib.h>

#define CLIENT_HELLO "client construct a ClientHello handshake message: ClientHello"
#define SERVER_HELLO "server construct a ServerHello handshake message: ServerHello"
#define ENCRYPTED_EXTENSIONS                                                                       \
    "server construct an EncryptedExtensions handshake message: EncryptedExtensions"
#define CERTIFICATE_REQUEST                                                                        \
    "server construct a CertificateRequest handshake message: CertificateRequest"

enum { DRAWS_MAX = 4, REPLAY_MAX = 4, LOG_LINES_MAX = 8, LOG_LINE_LEN_MAX = 192, ROOM = 4096 };

/* What is particular to a trace. */
struct trace {
    const char *path;
    const char *client_keys[2]; /* names of the private keys that each side draws, in order */
    const char *server_key;
    uint16_t groups[2]; /* the client's; the server has the last of them alone */
    size_t num_groups;
    bool client_authenticates;
};

#define X25519_KEY(side) side " create an ephemeral x25519 key pair: private key"
#define P256_KEY(side) side " create an ephemeral P-256 key pair: private key"

static const struct trace simple = {"tests/vectors/rfc8448/simple_1rtt.txt",
                                    {X25519_KEY("client"), NULL},
                                    X25519_KEY("server"),
                                    {BULLA_GROUP_X25519},
                                    1,
                                    false};
static const struct trace retried = {"tests/vectors/rfc8448/hello_retry_request.txt",
                                     {X25519_KEY("client"), P256_KEY("client")},
                                     P256_KEY("server"),
                                     {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1},
                                     2,
                                     false};
static const struct trace authenticated = {"tests/vectors/rfc8448/client_authentication.txt",
                                           {X25519_KEY("client"), NULL},
                                           X25519_KEY("server"),
                                           {BULLA_GROUP_X25519},
                                           1,
                                           true};
static const struct trace compatible = {"tests/vectors/rfc8448/compatibility_mode.txt",
                                        {X25519_KEY("client"), NULL},
                                        X25519_KEY("server"),
                                        {BULLA_GROUP_X25519},
                                        1,
                                        false};

/* One role's engine in one trace. */
struct play {
    const struct trace *trace;
    struct vectors vectors;
    bulla_role role;
    const char *name; /* "client" or "server" */
    const char *peer;
    size_t chunk; /* bytes fed at a time */

    bulla_bytes draws[DRAWS_MAX]; /* what the engine asks randomness for, in order */
    size_t num_draws, next_draw;
    struct replay_message replay[REPLAY_MAX];
    size_t num_replay;
    char log[LOG_LINES_MAX][LOG_LINE_LEN_MAX];
    size_t num_log_lines;

    bulla_workspace *workspace;
    bulla_connection *connection;
    uint8_t received[ROOM]; /* application data since the last look */
    size_t received_len;
    size_t num_signed, num_verified, num_done;
};

/* ------------------------------------------------------------------ what is injected */

static const uint8_t no_session_id[SESSION_ID_LEN_MAX];

/* Hands out the next draw; any other length than was asked for is an error of the test. */
static int draw(void *context, uint8_t *out, size_t len) {
    struct play *play = context;
    if (play->next_draw == play->num_draws || play->draws[play->next_draw].len != len) {
        return 0;
    }
    bytes_copy(out, len, play->draws[play->next_draw++]);
    return 1;
}

static void add_draw(struct play *play, bulla_bytes bytes) {
    assert_true(play->num_draws < DRAWS_MAX);
    play->draws[play->num_draws++] = bytes;
}

static void add_replay(struct play *play, enum handshake_type type, bulla_bytes message) {
    assert_true(play->num_replay < REPLAY_MAX);
    assert_int_equal(message.data[0], type);
    play->replay[play->num_replay++] =
        (struct replay_message){type, bytes_after(message, HANDSHAKE_HEADER_LEN)};
}

/* A hello's random stands after its header and its version, RFC 8446 4.1.2 and 4.1.3. */
static bulla_bytes random_of(bulla_bytes hello) {
    return bytes_of(bytes_after(hello, HANDSHAKE_HEADER_LEN + 2).data, RANDOM_LEN);
}

static void inject_as_client(struct play *play) {
    bulla_bytes hello = vectors_nth(&play->vectors, CLIENT_HELLO, 0);
    bulla_bytes id = bytes_after(hello, HANDSHAKE_HEADER_LEN + 2 + RANDOM_LEN);
    add_draw(play, random_of(hello));
    add_draw(play,
             id.data[0] == 0 ? BYTES_IN(no_session_id) : bytes_of(id.data + 1, SESSION_ID_LEN_MAX));
    for (size_t i = 0; i < play->trace->num_groups; i++) {
        add_draw(play, vectors_get(&play->vectors, play->trace->client_keys[i]));
        add_replay(play, HANDSHAKE_CLIENT_HELLO, vectors_nth(&play->vectors, CLIENT_HELLO, i));
    }
}

static void inject_as_server(struct play *play) {
    size_t num_hellos = vectors_count(&play->vectors, SERVER_HELLO);
    add_draw(play, random_of(vectors_nth(&play->vectors, SERVER_HELLO, num_hellos - 1)));
    add_draw(play, vectors_get(&play->vectors, play->trace->server_key));
    if (num_hellos == 2) {
        add_replay(play, HANDSHAKE_SERVER_HELLO, vectors_nth(&play->vectors, SERVER_HELLO, 0));
    }
    add_replay(play, HANDSHAKE_ENCRYPTED_EXTENSIONS,
               vectors_get(&play->vectors, ENCRYPTED_EXTENSIONS));
    if (play->trace->client_authenticates) {
        add_replay(play, HANDSHAKE_CERTIFICATE_REQUEST,
                   vectors_get(&play->vectors, CERTIFICATE_REQUEST));
    }
}

/* A message of the trace that either side may have sent. */
static bulla_bytes message_of(const struct play *play, const char *side, const char *message) {
    char name[96];
    (void)snprintf(name, sizeof name, "%s construct a %s handshake message: %s", side, message,
                   message);
    return vectors_get(&play->vectors, name);
}

/* The one certificate of a side's Certificate message: after header, context and list length. */
static bulla_bytes certificate_of(const struct play *play, const char *side) {
    struct reader reader = reader_over(message_of(play, side, "Certificate"));
    bulla_bytes context, list = {NULL, 0}, der = {NULL, 0};
    assert_true(reader_skip(&reader, HANDSHAKE_HEADER_LEN) && reader_vector8(&reader, &context) &&
                reader_vector24(&reader, &list));
    reader = reader_over(list);
    assert_true(reader_vector24(&reader, &der));
    return der;
}

static bulla_credential *credential_of(const struct play *play) {
    struct writer pem = writer_growing(ROOM);
    bulla_credential *credential;
    pem_write(&pem, "CERTIFICATE", certificate_of(play, play->name));
    assert_int_equal(bulla_credential_new_remote(&credential, bytes_of(pem.buffer, pem.len)),
                     BULLA_OK);
    writer_free(&pem);
    return credential;
}

static void log_line(void *context, const char *line, size_t len) {
    struct play *play = context;
    assert_true(play->num_log_lines < LOG_LINES_MAX && len < LOG_LINE_LEN_MAX - 1);
    bytes_copy(play->log[play->num_log_lines], LOG_LINE_LEN_MAX - 1, bytes_of(line, len));
    play->num_log_lines++;
}

static bulla_config *config_of(struct play *play) {
    bool is_client = play->role == BULLA_CLIENT;
    size_t last = play->trace->num_groups - 1;
    bulla_config_builder *builder;
    bulla_config *config;
    assert_int_equal(bulla_config_builder_new(&builder, play->role), BULLA_OK);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY | BULLA_ASK_SIGN);
    bulla_config_set_groups(builder, play->trace->groups + (is_client ? 0 : last),
                            is_client ? play->trace->num_groups : 1);
    bulla_config_set_random(builder, draw, play);
    bulla_config_set_key_log(builder, log_line, play);
    config_set_replay(builder, play->replay, play->num_replay);
    if (!is_client || play->trace->client_authenticates) {
        bulla_credential *credential = credential_of(play);
        bulla_config_add_credential(builder, credential);
        bulla_credential_free(credential);
    }
    if (!is_client && play->trace->client_authenticates) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
    }
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    return config;
}

static struct play *play_new(const struct trace *trace, bulla_role role, size_t chunk) {
    struct play *play = calloc(1, sizeof *play);
    assert_non_null(play);
    play->trace = trace;
    play->role = role;
    play->name = role == BULLA_CLIENT ? "client" : "server";
    play->peer = role == BULLA_CLIENT ? "server" : "client";
    play->chunk = chunk;
    vectors_read(&play->vectors, trace->path);
    if (role == BULLA_CLIENT) {
        inject_as_client(play);
    } else {
        inject_as_server(play);
    }
    bulla_config *config = config_of(play);
    assert_int_equal(bulla_workspace_new(&play->workspace), BULLA_OK);
    assert_int_equal(role == BULLA_CLIENT
                         ? bulla_connection_new_client(&play->connection, config, play->workspace,
                                                       BYTES_OF("server"))
                         : bulla_connection_new_server(&play->connection, config, play->workspace),
                     BULLA_OK);
    bulla_config_free(config);
    return play;
}

static void play_free(struct play *play) {
    bulla_connection_free(play->connection);
    bulla_workspace_free(play->workspace);
    vectors_free(&play->vectors);
    free(play);
}

/* ------------------------------------------------------------------ decisions */

/* What a side's CertificateVerify holds, RFC 8446 4.4.3. */
static uint16_t signature_of(const struct play *play, const char *side, bulla_bytes *out) {
    struct reader reader = reader_over(message_of(play, side, "CertificateVerify"));
    uint16_t scheme = 0;
    assert_true(reader_skip(&reader, HANDSHAKE_HEADER_LEN) && reader_u16(&reader, &scheme) &&
                reader_vector16(&reader, out));
    return scheme;
}

/* What is to be signed must be what the trace signed: its signature verifies over it. */
static void answer_sign(struct play *play) {
    struct certificate certificate;
    struct public_key key = {.kind = KEY_KIND_INVALID};
    bulla_signing signing;
    bulla_bytes signature = {NULL, 0};
    const struct signature_scheme *scheme =
        signature_scheme_find(signature_of(play, play->name, &signature));
    assert_non_null(scheme);
    assert_int_equal(bulla_connection_signing(play->connection, &signing), BULLA_OK);
    assert_int_equal(signing.scheme, scheme->code);
    assert_int_equal(certificate_parse(&certificate, certificate_of(play, play->name)), BULLA_OK);
    assert_int_equal(certificate_public_key(&certificate, &key), BULLA_OK);
    assert_int_equal(
        public_key_verify(&key, scheme->kind, scheme->hash, signing.message, signature), BULLA_OK);
    public_key_free(&key);
    assert_int_equal(bulla_connection_answer_signature(play->connection, signature), BULLA_OK);
    play->num_signed++;
}

static void answer_verify(struct play *play) {
    assert_bytes(bulla_connection_peer_certificate(play->connection, 0),
                 certificate_of(play, play->peer));
    assert_int_equal(bulla_connection_peer_certificate(play->connection, 1).len, 0);
    assert_int_equal(bulla_connection_answer_verify(play->connection, BULLA_OK), BULLA_OK);
    play->num_verified++;
}

/* Answers and collects until the engine wants more bytes, or ends. */
static bulla_event pump(struct play *play, bulla_input *input) {
    for (;;) {
        bulla_bytes data;
        bulla_event event = bulla_connection_receive(play->connection, input, &data);
        if (event == BULLA_EVENT_SIGN) {
            answer_sign(play);
        } else if (event == BULLA_EVENT_VERIFY) {
            answer_verify(play);
        } else if (event == BULLA_EVENT_DATA) {
            bytes_copy(play->received + play->received_len, ROOM - play->received_len, data);
            play->received_len += data.len;
        } else if (event == BULLA_EVENT_HANDSHAKE_DONE) {
            play->num_done++;
        } else {
            return event;
        }
    }
}

/* Feeds a copy, in pieces of `chunk` bytes that are gone after each call. */
static bulla_event feed(struct play *play, bulla_bytes bytes) {
    bulla_event event = BULLA_EVENT_NEED_BYTES;
    do {
        size_t len = bytes.len < play->chunk ? bytes.len : play->chunk;
        uint8_t *piece = bytes_duplicate(bytes_of(bytes.data, len));
        assert_non_null(piece);
        bulla_input input = {piece, len};
        event = pump(play, &input);
        assert_int_equal(input.len, 0);
        free(piece);
        bytes = bytes_after(bytes, len);
    } while (bytes.len != 0);
    return event;
}

/* ------------------------------------------------------------------ the play */

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* What the engine does not do by itself in the handshake. */
static void act(struct play *play, const char *step, bulla_bytes payload, struct writer *out) {
    if (ends_with(step, "send application_data record: complete record")) {
        uint8_t sealed[ROOM];
        size_t len;
        assert_int_equal(
            bulla_connection_send(play->connection, &payload, sealed, sizeof sealed, &len),
            BULLA_OK);
        assert_int_equal(payload.len, 0);
        writer_bytes(out, bytes_of(sealed, len));
    } else if (ends_with(step, "send alert record: complete record")) {
        assert_int_equal(bulla_connection_close(play->connection), BULLA_OK);
    } else if (payload.data[0] == HANDSHAKE_NEW_SESSION_TICKET) {
        assert_int_equal(flight_send_whole(play->connection, payload), BULLA_OK);
    }
}

/* A record that is ours: it stands next in the output. */
static void step_of_ours(struct play *play, const char *step, bulla_bytes payload,
                         bulla_bytes record) {
    uint8_t buffer[ROOM];
    struct writer out = writer_into(buffer, sizeof buffer);
    act(play, step, payload, &out);
    if (out.len == 0) {
        bulla_bytes waiting = bulla_connection_output(play->connection);
        assert_true(waiting.len >= record.len);
        writer_bytes(&out, bytes_of(waiting.data, record.len));
        bulla_connection_output_sent(play->connection, record.len);
    }
    assert_bytes(bytes_of(buffer, out.len), record);
}

/* A record of the peer's: by now we have said all that we had to say. */
static void step_of_peer(struct play *play, const char *step, bulla_bytes payload,
                         bulla_bytes record) {
    assert_int_equal(bulla_connection_output(play->connection).len, 0);
    bool is_alert = ends_with(step, "send alert record: complete record");
    assert_int_equal(feed(play, record), is_alert ? BULLA_EVENT_CLOSED : BULLA_EVENT_NEED_BYTES);
    if (ends_with(step, "send application_data record: complete record")) {
        assert_bytes(bytes_of(play->received, play->received_len), payload);
        play->received_len = 0;
    }
    assert_int_equal(play->received_len, 0);
}

static void steps(struct play *play) {
    size_t name_len = strlen(play->name);
    if (play->role == BULLA_CLIENT) {
        assert_int_equal(feed(play, bytes_of(NULL, 0)), BULLA_EVENT_NEED_BYTES);
    }
    for (size_t i = 1; i < play->vectors.num_items; i++) {
        const struct vector *item = &play->vectors.items[i];
        if (!ends_with(item->name, "record: complete record")) {
            continue;
        }
        assert_true(ends_with(item[-1].name, "record: payload"));
        if (strncmp(item->name, play->name, name_len) == 0) {
            step_of_ours(play, item->name, item[-1].value, item->value);
        } else {
            step_of_peer(play, item->name, item[-1].value, item->value);
        }
    }
    assert_int_equal(bulla_connection_output(play->connection).len, 0);
}

/* ------------------------------------------------------------------ what is known in the end */

static void assert_logged(const struct play *play, const char *label, const char *secret_name) {
    char expected[LOG_LINE_LEN_MAX];
    bulla_bytes random = random_of(vectors_nth(&play->vectors, CLIENT_HELLO, 0));
    bulla_bytes secret = vectors_get(&play->vectors, secret_name);
    int len = snprintf(expected, sizeof expected, "%s ", label);
    for (size_t i = 0; i < random.len; i++) {
        len += snprintf(expected + len, sizeof expected - (size_t)len, "%02x", random.data[i]);
    }
    len += snprintf(expected + len, sizeof expected - (size_t)len, " ");
    for (size_t i = 0; i < secret.len; i++) {
        len += snprintf(expected + len, sizeof expected - (size_t)len, "%02x", secret.data[i]);
    }
    for (size_t i = 0; i < play->num_log_lines; i++) {
        if (strcmp(play->log[i], expected) == 0) {
            return;
        }
    }
    fail_msg("%s is not in the key log", expected);
}

static void assert_secrets(const struct play *play) {
    assert_int_equal(play->num_log_lines, 5);
    assert_logged(play, "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                  "server derive secret \"tls13 c hs traffic\": expanded");
    assert_logged(play, "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                  "server derive secret \"tls13 s hs traffic\": expanded");
    assert_logged(play, "CLIENT_TRAFFIC_SECRET_0",
                  "server derive secret \"tls13 c ap traffic\": expanded");
    assert_logged(play, "SERVER_TRAFFIC_SECRET_0",
                  "server derive secret \"tls13 s ap traffic\": expanded");
    assert_logged(play, "EXPORTER_SECRET", "server derive secret \"tls13 exp master\": expanded");
}

static void assert_outcome(const struct play *play) {
    const struct trace *trace = play->trace;
    bool is_client = play->role == BULLA_CLIENT;
    bulla_connection_info info;
    bulla_connection_info_get(play->connection, &info);
    assert_int_equal(info.version, BULLA_TLS_1_3);
    assert_int_equal(info.suite, BULLA_TLS_AES_128_GCM_SHA256);
    assert_int_equal(info.group, trace->groups[trace->num_groups - 1]);
    assert_int_equal(info.hello_retried, trace->num_groups == 2);
    assert_bytes(info.server_name, BYTES_OF("server"));
    bool peer_shows = is_client || trace->client_authenticates;
    assert_int_equal(info.peer_authenticated, peer_shows);
    bulla_bytes signature;
    assert_int_equal(info.peer_signature_scheme,
                     peer_shows ? signature_of(play, play->peer, &signature) : 0);
    assert_int_equal(play->num_verified, peer_shows);
    assert_int_equal(play->num_signed, !is_client || trace->client_authenticates);
    assert_int_equal(play->num_done, 1);
    /* Nothing that was injected was left over. */
    assert_int_equal(play->next_draw, play->num_draws);
    assert_int_equal(bulla_connection_failure(play->connection).cause, BULLA_OK);
}

static void reproduce(const struct trace *trace) {
    static const size_t chunks[] = {SIZE_MAX, 1, 7};
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            struct play *play = play_new(trace, role, chunks[i]);
            steps(play);
            assert_secrets(play);
            assert_outcome(play);
            play_free(play);
        }
    }
}

static void section_3_simple(void **state) {
    (void)state;
    reproduce(&simple);
}

static void section_5_hello_retry_request(void **state) {
    (void)state;
    reproduce(&retried);
}

static void section_6_client_authentication(void **state) {
    (void)state;
    reproduce(&authenticated);
}

static void section_7_compatibility_mode(void **state) {
    (void)state;
    reproduce(&compatible);
}

/* ------------------------------------------------------------------ the negative twins */

/* Plays the trace up to its nth record of the peer's (from 0), whose last byte is then altered. */
static bulla_failure play_altered(struct play *play, size_t nth) {
    size_t name_len = strlen(play->name);
    (void)feed(play, bytes_of(NULL, 0));
    for (size_t i = 1; i < play->vectors.num_items; i++) {
        const struct vector *item = &play->vectors.items[i];
        if (!ends_with(item->name, "record: complete record")) {
            continue;
        }
        if (strncmp(item->name, play->name, name_len) == 0) {
            step_of_ours(play, item->name, item[-1].value, item->value);
        } else if (nth-- != 0) {
            step_of_peer(play, item->name, item[-1].value, item->value);
        } else {
            uint8_t altered[ROOM];
            bytes_copy(altered, sizeof altered, item->value);
            altered[item->value.len - 1] ^= 1;
            assert_int_equal(feed(play, bytes_of(altered, item->value.len)), BULLA_EVENT_FAILED);
            break;
        }
    }
    return bulla_connection_failure(play->connection);
}

static void altered_records_end_the_connection(void **state) {
    (void)state;
    static const struct trace *const traces[] = {&simple, &retried, &authenticated};
    /* The peer's first protected record, of those that each side sends. */
    static const size_t client_sees[] = {1, 2, 1}, server_sees[] = {1, 2, 1};
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        struct play *play = play_new(traces[i], BULLA_CLIENT, SIZE_MAX);
        bulla_failure failure = play_altered(play, client_sees[i]);
        assert_int_equal(failure.cause, BULLA_E_RECORD_DECRYPT_FAILED);
        assert_int_equal(failure.alert_sent, BULLA_ALERT_BAD_RECORD_MAC);
        play_free(play);
        play = play_new(traces[i], BULLA_SERVER, SIZE_MAX);
        failure = play_altered(play, server_sees[i]);
        assert_int_equal(failure.cause, BULLA_E_RECORD_DECRYPT_FAILED);
        assert_int_equal(failure.alert_sent, BULLA_ALERT_BAD_RECORD_MAC);
        play_free(play);
    }
}

/* A ServerHello whose version is altered still looks like one, and is refused for what it says. */
static void altered_server_hello_is_refused(void **state) {
    (void)state;
    struct play *play = play_new(&simple, BULLA_CLIENT, SIZE_MAX);
    bulla_failure failure = play_altered(play, 0);
    assert_int_equal(failure.cause, BULLA_E_VERSION_NOT_OFFERED);
    assert_int_equal(failure.alert_sent, BULLA_ALERT_ILLEGAL_PARAMETER);
    play_free(play);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_3_simple),
        cmocka_unit_test(section_5_hello_retry_request),
        cmocka_unit_test(section_6_client_authentication),
        cmocka_unit_test(section_7_compatibility_mode),
        cmocka_unit_test(altered_records_end_the_connection),
        cmocka_unit_test(altered_server_hello_is_refused),
    };
    return cmocka_run_group_tests_name("rfc8448", tests, NULL, NULL);
}
