/* SPDX-License-Identifier: Apache-2.0 */
/* See tls12.h. */
#include "support/check.h"

#include "support/tls12.h"

#include <stdlib.h>

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credentials[KEY_KIND_ED25519 + 1];

int tls12_make(void **state) {
    (void)state;
    authority_make(&authority, "TLS 1.2");
    trust = authority_trust(&authority);
    for (enum key_kind kind = KEY_KIND_EC_P256; kind <= KEY_KIND_ED25519; kind++) {
        credentials[kind] = authority_issue(&authority, &(struct leaf){.key = kind});
    }
    return 0;
}

int tls12_drop(void **state) {
    (void)state;
    for (enum key_kind kind = KEY_KIND_EC_P256; kind <= KEY_KIND_ED25519; kind++) {
        bulla_credential_free(credentials[kind]);
    }
    bulla_trust_free(trust);
    authority_free(&authority);
    return 0;
}

bulla_credential *tls12_credential(enum key_kind kind) {
    return credentials[kind];
}

struct setup client_setup(void) {
    return (struct setup){.role = BULLA_CLIENT,
                          .trust = trust,
                          .version_min = BULLA_TLS_1_2,
                          .version_max = BULLA_TLS_1_2};
}

struct setup server_setup(enum key_kind kind) {
    return (struct setup){.role = BULLA_SERVER,
                          .trust = trust,
                          .credentials = {credentials[kind]},
                          .version_min = BULLA_TLS_1_2,
                          .version_max = BULLA_TLS_1_2};
}

void open_with(struct pair *pair, const struct setup *client, const struct setup *server) {
    pair_open(pair, setup_config(client), setup_config(server), TEST_SERVER_NAME);
}

void open_default(struct pair *pair) {
    struct setup client = client_setup(), server = server_setup(KEY_KIND_EC_P256);
    open_with(pair, &client, &server);
}

void turn(struct end *end, struct end *other) {
    (void)end_receive(end, SIZE_MAX);
    (void)end_flush(end, other);
}

void talk(struct pair *pair) {
    const bulla_bytes question = BYTES_OF("question"), answer = BYTES_OF("answer");
    assert_int_equal(end_send(&pair->client, &pair->server, question), BULLA_OK);
    assert_int_equal(end_send(&pair->server, &pair->client, answer), BULLA_OK);
    pair_run(pair);
    assert_true(
        bytes_equal(bytes_of(pair->server.received.buffer, pair->server.received.len), question));
    assert_true(
        bytes_equal(bytes_of(pair->client.received.buffer, pair->client.received.len), answer));
}

/* ------------------------------------------------------------------ what is on the wire */

uint8_t *message_find(const struct end *end, enum handshake_type type, size_t *out_len) {
    struct reader records = reader_over(
        bytes_of(end->inbox.buffer + end->inbox_start, end->inbox.len - end->inbox_start));
    bulla_bytes header, fragment, body;
    while (reader_bytes(&records, 3, &header) && reader_vector16(&records, &fragment) &&
           header.data[0] == CONTENT_HANDSHAKE) {
        struct reader messages = reader_over(fragment);
        uint8_t found;
        while (reader_u8(&messages, &found) && reader_vector24(&messages, &body)) {
            if (found == type) {
                *out_len = HANDSHAKE_HEADER_LEN + body.len;
                return end->inbox.buffer + (body.data - HANDSHAKE_HEADER_LEN - end->inbox.buffer);
            }
        }
    }
    fail_msg("no message of type %d is on its way", (int)type);
    return NULL;
}

void replace_inbox(struct end *end, enum content_type type, bulla_bytes content) {
    uint8_t *copy = bytes_duplicate(content);
    assert_non_null(copy);
    end->inbox.len = 0;
    end->inbox_start = 0;
    raw_record(&end->inbox, type, LEGACY_VERSION, bytes_of(copy, content.len));
    free(copy);
}

void send_raw(struct end *from, struct end *to, enum content_type type, bulla_bytes content) {
    assert_int_equal(output_record(from->connection, type, content), BULLA_OK);
    (void)end_flush(from, to);
}

struct forged_hello hello_of(const struct setup *setup, bulla_bytes *out_wire) {
    struct setup server = server_setup(KEY_KIND_EC_P256);
    struct pair pair;
    open_with(&pair, setup, &server);
    turn(&pair.client, &pair.server);
    *out_wire = bytes_of(bytes_duplicate(bytes_of(pair.server.inbox.buffer, pair.server.inbox.len)),
                         pair.server.inbox.len);
    assert_non_null(out_wire->data);
    pair_close(&pair);
    return raw_read_client_hello(*out_wire);
}

void altered_make(struct altered_client *out, uint16_t dropped, uint16_t suite) {
    out->setup = client_setup();
    struct forged_hello hello = hello_of(&out->setup, &out->wire);
    struct writer list = writer_into(out->suites, sizeof out->suites);
    writer_bytes(&list, hello.cipher_suites);
    if (suite != 0) {
        writer_u16(&list, suite);
    }
    hello.cipher_suites = bytes_of(out->suites, list.len);
    if (dropped != 0) {
        forged_drop(&hello, dropped);
    }
    out->hello = writer_growing(1 << 14);
    forged_write(&hello, HANDSHAKE_CLIENT_HELLO, &out->hello);
    out->replay = (struct replay_message){
        HANDSHAKE_CLIENT_HELLO, bytes_after(bytes_of(out->hello.buffer, out->hello.len), 4)};
    out->setup.replay = &out->replay;
    out->setup.num_replay = 1;
}

void altered_free(struct altered_client *altered) {
    writer_free(&altered->hello);
    free((void *)(uintptr_t)altered->wire.data);
}
