/* SPDX-License-Identifier: Apache-2.0 */
/* The player of traces: what is injected, the decisions, the steps. See play.h. */
#include "support/play.h"

#include "der/pem.h"
#include "support/check.h"
#include "tls/flight.h"

#include <stdio.h>
#include <stdlib.h>

#define SERVER_HELLO "server construct a ServerHello handshake message: ServerHello"
#define ENCRYPTED_EXTENSIONS                                                                       \
    "server construct an EncryptedExtensions handshake message: EncryptedExtensions"
#define CERTIFICATE_REQUEST                                                                        \
    "server construct a CertificateRequest handshake message: CertificateRequest"

enum { EARLY_DATA_MAX = 1024, STRIKE_WINDOW = 21 };

static const uint8_t no_session_id[SESSION_ID_LEN_MAX];

static void inject_as_client(struct play *play);
static void inject_as_server(struct play *play);
static bulla_config *config_of(struct play *play);
static bool ends_with(const char *text, const char *end);
static void step_of_ours(struct play *play, const struct vector *record);
static void step_of_peer(struct play *play, const struct vector *record);

struct play *play_new(const struct trace *trace, bulla_role role, size_t chunk) {
    struct play *play = calloc(1, sizeof *play);
    assert_non_null(play);
    play->trace = trace;
    play->role = role;
    play->name = role == BULLA_CLIENT ? "client" : "server";
    play->peer = role == BULLA_CLIENT ? "server" : "client";
    play->chunk = chunk;
    play->session = writer_growing(SESSION_STATE_LEN_MAX);
    play->stored = writer_growing(SESSION_STATE_LEN_MAX);
    vectors_read(&play->vectors, trace->path);
    if (trace->resumes != NULL) {
        vectors_read(&play->origin, trace->resumes->path);
    }
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

void play_free(struct play *play) {
    bulla_connection_free(play->connection);
    bulla_workspace_free(play->workspace);
    writer_free(&play->session);
    writer_free(&play->stored);
    vectors_free(&play->vectors);
    vectors_free(&play->origin);
    free(play);
}

/* ------------------------------------------------------------------ what is injected */

/* Hands out the next draws, as many as one call takes; any other length than theirs is an error of
 * the test. */
static int draw(void *context, uint8_t *out, size_t len) {
    struct play *play = context;
    while (len > 0) {
        if (play->next_draw == play->num_draws || play->draws[play->next_draw].len > len) {
            return 0;
        }
        bulla_bytes next = play->draws[play->next_draw++];
        bytes_copy(out, len, next);
        out += next.len;
        len -= next.len;
    }
    return 1;
}

static int64_t now(void *context) {
    (void)context;
    return PLAY_NOW;
}

static void log_line(void *context, const char *line, size_t len) {
    struct play *play = context;
    assert_true(play->num_log_lines < LOG_LINES_MAX && len < LOG_LINE_LEN_MAX - 1);
    bytes_copy(play->log[play->num_log_lines], LOG_LINE_LEN_MAX - 1, bytes_of(line, len));
    play->num_log_lines++;
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

static void inject_as_client(struct play *play) {
    bulla_bytes hello = trace_client_hello(&play->vectors, 0);
    bulla_bytes id = bytes_after(hello, HANDSHAKE_HEADER_LEN + 2 + RANDOM_LEN);
    add_draw(play, trace_random(hello));
    add_draw(play,
             id.data[0] == 0 ? BYTES_IN(no_session_id) : bytes_of(id.data + 1, SESSION_ID_LEN_MAX));
    for (size_t i = 0; i < play->trace->num_groups; i++) {
        add_draw(play, vectors_get(&play->vectors, play->trace->client_keys[i]));
        add_replay(play, HANDSHAKE_CLIENT_HELLO, trace_client_hello(&play->vectors, i));
    }
}

/* Of its ServerHellos, we would write the one with a cookie and the one with pre_shared_key
 * otherwise. */
static void inject_as_server(struct play *play) {
    size_t num_hellos = vectors_count(&play->vectors, SERVER_HELLO);
    add_draw(play, trace_random(vectors_nth(&play->vectors, SERVER_HELLO, num_hellos - 1)));
    add_draw(play, vectors_get(&play->vectors, play->trace->server_key));
    if (num_hellos == 2 || play->trace->resumes != NULL) {
        add_replay(play, HANDSHAKE_SERVER_HELLO, vectors_nth(&play->vectors, SERVER_HELLO, 0));
    }
    add_replay(play, HANDSHAKE_ENCRYPTED_EXTENSIONS,
               vectors_get(&play->vectors, ENCRYPTED_EXTENSIONS));
    if (play->trace->client_authenticates) {
        add_replay(play, HANDSHAKE_CERTIFICATE_REQUEST,
                   vectors_get(&play->vectors, CERTIFICATE_REQUEST));
    }
}

static void set_credential(const struct play *play, bulla_config_builder *builder) {
    struct writer pem = writer_growing(PLAY_ROOM);
    bulla_credential *credential;
    pem_write(&pem, "CERTIFICATE", trace_certificate(play_full_handshake(play), play->name));
    assert_int_equal(bulla_credential_new_remote(&credential, bytes_of(pem.buffer, pem.len)),
                     BULLA_OK);
    writer_free(&pem);
    bulla_config_add_credential(builder, credential);
    bulla_credential_free(credential);
}

/* A client keeps every session that it is given, for it names what it judges by. A server has one
 * only where the trace resumes it; elsewhere it would send tickets of its own. */
static void set_resumption(const struct play *play, bulla_config_builder *builder) {
    unsigned ask = BULLA_ASK_VERIFY | BULLA_ASK_SIGN;
    bool resumes = play->trace->resumes != NULL;
    if (play->role == BULLA_CLIENT) {
        bulla_config_set_judgement(builder, BYTES_OF("RFC 8448"));
        ask |= BULLA_ASK_SESSION;
    } else if (resumes) {
        ask |= BULLA_ASK_SESSION | BULLA_ASK_STRIKE;
    }
    if (resumes) {
        bulla_config_set_early_data(builder, EARLY_DATA_MAX);
    }
    bulla_config_set_ask(builder, ask);
}

static bulla_config *config_of(struct play *play) {
    bool is_client = play->role == BULLA_CLIENT;
    size_t last = play->trace->num_groups - 1;
    bulla_config_builder *builder;
    bulla_config *config;
    assert_int_equal(bulla_config_builder_new(&builder, play->role), BULLA_OK);
    bulla_config_set_groups(builder, play->trace->groups + (is_client ? 0 : last),
                            is_client ? play->trace->num_groups : 1);
    bulla_config_set_grease(builder, 0);
    bulla_config_set_clock(builder, now, NULL);
    bulla_config_set_random(builder, draw, play);
    bulla_config_set_key_log(builder, log_line, play);
    config_set_replay(builder, play->replay, play->num_replay);
    set_resumption(play, builder);
    if (!is_client || play->trace->client_authenticates) {
        set_credential(play, builder);
    }
    if (!is_client && play->trace->client_authenticates) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
    }
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    return config;
}

/* ------------------------------------------------------------------ decisions */

/* What is to be signed must be what the trace signed: its signature verifies over it. */
static void answer_sign(struct play *play) {
    struct certificate certificate;
    struct public_key key = {.kind = KEY_KIND_INVALID};
    bulla_signing signing;
    bulla_bytes signature = {NULL, 0}, der = trace_certificate(&play->vectors, play->name);
    const struct signature_scheme *scheme =
        signature_scheme_find(trace_signature(&play->vectors, play->name, &signature));
    assert_non_null(scheme);
    assert_int_equal(bulla_connection_signing(play->connection, &signing), BULLA_OK);
    assert_int_equal(signing.scheme, scheme->code);
    assert_int_equal(certificate_parse(&certificate, der), BULLA_OK);
    assert_int_equal(certificate_public_key(&certificate, &key), BULLA_OK);
    assert_int_equal(
        public_key_verify(&key, scheme->kind, scheme->hash, signing.message, signature), BULLA_OK);
    public_key_free(&key);
    assert_int_equal(bulla_connection_answer_signature(play->connection, signature), BULLA_OK);
    play->num_signed++;
}

static void answer_verify(struct play *play) {
    assert_bytes(bulla_connection_peer_certificate(play->connection, 0),
                 trace_certificate(&play->vectors, play->peer));
    assert_int_equal(bulla_connection_peer_certificate(play->connection, 1).len, 0);
    assert_int_equal(bulla_connection_answer_verify(play->connection, BULLA_OK), BULLA_OK);
    play->num_verified++;
}

/* What is asked for is the ticket that the resumed trace gave its client. */
static void answer_lookup(struct play *play) {
    bulla_session_view view;
    assert_int_equal(bulla_connection_session(play->connection, &view), BULLA_OK);
    assert_bytes(view.id, trace_ticket_read(&play->origin).ticket);
    assert_int_equal(view.state.len, 0);
    assert_int_equal(bulla_connection_answer_session(
                         play->connection, bytes_of(play->stored.buffer, play->stored.len)),
                     BULLA_OK);
    play->num_lookups++;
}

/* One hello is told from another by its binder. */
static void answer_strike(struct play *play) {
    uint8_t unique[32], expected[HASH_LEN_MAX];
    uint32_t window;
    assert_int_equal(bulla_connection_strike(play->connection, unique, &window), BULLA_OK);
    hash_once(HASH_SHA256, vectors_get(&play->vectors, "client calculate PSK binder: finished"),
              expected);
    assert_bytes(BYTES_IN(unique), bytes_of(expected, sizeof unique));
    assert_int_equal(window, STRIKE_WINDOW);
    assert_int_equal(bulla_connection_answer_strike(play->connection, true), BULLA_OK);
    play->num_strikes++;
}

static void keep_session(struct play *play) {
    bulla_session_view view;
    assert_int_equal(bulla_connection_session(play->connection, &view), BULLA_OK);
    play->session.len = 0;
    writer_bytes(&play->session, view.state);
    play->session_lifetime = view.lifetime;
    play->num_sessions++;
}

static void keep_data(struct play_data *received, bulla_bytes data) {
    bytes_copy(received->bytes + received->len, PLAY_ROOM - received->len, data);
    received->len += data.len;
}

/* False for an event that is not for the player. */
static bool react(struct play *play, bulla_event event, bulla_bytes data) {
    if (event == BULLA_EVENT_SIGN) {
        answer_sign(play);
    } else if (event == BULLA_EVENT_VERIFY) {
        answer_verify(play);
    } else if (event == BULLA_EVENT_SESSION_LOOKUP) {
        answer_lookup(play);
    } else if (event == BULLA_EVENT_STRIKE) {
        answer_strike(play);
    } else if (event == BULLA_EVENT_SESSION) {
        keep_session(play);
    } else if (event == BULLA_EVENT_EARLY_DATA) {
        keep_data(&play->early_data, data);
    } else if (event == BULLA_EVENT_DATA) {
        keep_data(&play->data, data);
    } else if (event == BULLA_EVENT_HANDSHAKE_DONE) {
        play->num_done++;
    } else {
        return false;
    }
    return true;
}

bulla_event play_feed(struct play *play, bulla_bytes bytes) {
    bulla_event event = BULLA_EVENT_NEED_BYTES;
    do {
        size_t len = bytes.len < play->chunk ? bytes.len : play->chunk;
        uint8_t *piece = bytes_duplicate(bytes_of(bytes.data, len));
        assert_non_null(piece);
        bulla_input input = {piece, len};
        bulla_bytes data;
        do {
            event = bulla_connection_receive(play->connection, &input, &data);
        } while (react(play, event, data));
        assert_int_equal(input.len, 0);
        free(piece);
        bytes = bytes_after(bytes, len);
    } while (bytes.len != 0);
    return event;
}

/* ------------------------------------------------------------------ the steps */

/* What a record's name says of it. */
static bool is_record(const struct vector *item) {
    return ends_with(item->name, "record: complete record");
}

static bool is_of(const struct vector *record, const char *side) {
    return strncmp(record->name, side, strlen(side)) == 0;
}

static bool is_data(const struct vector *record) {
    return ends_with(record->name, "send application_data record: complete record");
}

static bool is_alert(const struct vector *record) {
    return ends_with(record->name, "send alert record: complete record");
}

static bool ends_with(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* It stands before the record. */
static bulla_bytes payload_of(const struct vector *record) {
    assert_true(ends_with(record[-1].name, "record: payload"));
    return record[-1].value;
}

void play_steps(struct play *play) {
    if (play->role == BULLA_CLIENT) {
        assert_int_equal(play_feed(play, bytes_of(NULL, 0)), BULLA_EVENT_NEED_BYTES);
    }
    for (size_t i = 1; i < play->vectors.num_items; i++) {
        const struct vector *item = &play->vectors.items[i];
        if (is_record(item) && is_of(item, play->name)) {
            step_of_ours(play, item);
        } else if (is_record(item)) {
            step_of_peer(play, item);
        }
    }
    assert_int_equal(bulla_connection_output(play->connection).len, 0);
}

bulla_failure play_altered(struct play *play, size_t nth) {
    (void)play_feed(play, bytes_of(NULL, 0));
    for (size_t i = 1; i < play->vectors.num_items; i++) {
        const struct vector *item = &play->vectors.items[i];
        if (is_record(item) && is_of(item, play->name)) {
            step_of_ours(play, item);
        } else if (is_record(item) && nth-- != 0) {
            step_of_peer(play, item);
        } else if (is_record(item)) {
            uint8_t altered[PLAY_ROOM];
            bytes_copy(altered, sizeof altered, item->value);
            altered[item->value.len - 1] ^= 1;
            assert_int_equal(play_feed(play, bytes_of(altered, item->value.len)),
                             BULLA_EVENT_FAILED);
            break;
        }
    }
    return bulla_connection_failure(play->connection);
}

/* What the engine does not do by itself in the handshake. Data that is sent before the handshake is
 * done is early data. */
static void act(struct play *play, const struct vector *record, struct writer *out) {
    bulla_bytes payload = payload_of(record);
    if (is_data(record)) {
        uint8_t sealed[PLAY_ROOM];
        size_t len;
        assert_int_equal(
            play->num_done == 0
                ? bulla_connection_send_early(play->connection, &payload, sealed, sizeof sealed,
                                              &len)
                : bulla_connection_send(play->connection, &payload, sealed, sizeof sealed, &len),
            BULLA_OK);
        assert_int_equal(payload.len, 0);
        writer_bytes(out, bytes_of(sealed, len));
    } else if (is_alert(record)) {
        assert_int_equal(bulla_connection_close(play->connection), BULLA_OK);
    } else if (payload.data[0] == HANDSHAKE_NEW_SESSION_TICKET) {
        assert_int_equal(flight_send_whole(play->connection, payload), BULLA_OK);
    }
}

/* A record that is ours: it stands next in the output. */
static void step_of_ours(struct play *play, const struct vector *record) {
    uint8_t buffer[PLAY_ROOM];
    struct writer out = writer_into(buffer, sizeof buffer);
    act(play, record, &out);
    if (out.len == 0) {
        bulla_bytes waiting = bulla_connection_output(play->connection);
        assert_true(waiting.len >= record->value.len);
        writer_bytes(&out, bytes_of(waiting.data, record->value.len));
        bulla_connection_output_sent(play->connection, record->value.len);
    }
    assert_bytes(bytes_of(buffer, out.len), record->value);
}

/* A record of the peer's: by now we have said all that we had to say, but for what early data goes
 * before. */
static void step_of_peer(struct play *play, const struct vector *record) {
    static const bulla_bytes nothing = {NULL, 0};
    bool is_early = is_data(record) && play->num_done == 0;
    assert_int_equal(bulla_connection_output(play->connection).len == 0, !is_early);
    assert_int_equal(play_feed(play, record->value),
                     is_alert(record) ? BULLA_EVENT_CLOSED : BULLA_EVENT_NEED_BYTES);
    assert_bytes(bytes_of(play->early_data.bytes, play->early_data.len),
                 is_early ? payload_of(record) : nothing);
    assert_bytes(bytes_of(play->data.bytes, play->data.len),
                 is_data(record) && !is_early ? payload_of(record) : nothing);
    play->data.len = play->early_data.len = 0;
}
