/* SPDX-License-Identifier: Apache-2.0 */
/* Every message in every state of a living connection: what has no arrow in the RFCs' figures must
 * end in unexpected_message, and what has one gets as far as its parser. */
#include "support/check.h"

#include "support/figures.h"
#include "support/peers.h"
#include "tls/connection.h"

#include <stdlib.h>

static bool state_waits(struct table table, enum state state) {
    struct edges edges = states_edges(table.role, table.version);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state && edges.rows[i].message != HANDSHAKE_NONE) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ living connections */

/* A place in which a connection waits, and the way of getting there. */
struct place {
    bulla_role role;
    enum state state;
    struct peers_wish wish;
    bool retried;
};

static const struct place places[] = {
    {BULLA_CLIENT, STATE_WAIT_SH, {.retry = false}, false},
    {BULLA_CLIENT, STATE_WAIT_SH, {.retry = true}, true},
    {BULLA_CLIENT, STATE_WAIT_EE, {.retry = false}, false},
    {BULLA_CLIENT, STATE_WAIT_CERT_CR, {.retry = false}, false},
    {BULLA_CLIENT,
     STATE_WAIT_CERT,
     {.client_auth = BULLA_CLIENT_AUTH_REQUEST, .client_has_credential = true},
     false},
    {BULLA_CLIENT, STATE_WAIT_CV, {.retry = false}, false},
    {BULLA_CLIENT, STATE_WAIT_FINISHED, {.retry = false}, false},
    {BULLA_CLIENT, STATE_CONNECTED, {.retry = false}, false},
    {BULLA_SERVER, STATE_START, {.retry = false}, false},
    {BULLA_SERVER, STATE_START, {.retry = true}, true},
    {BULLA_SERVER,
     STATE_WAIT_CERT,
     {.client_auth = BULLA_CLIENT_AUTH_REQUEST, .client_has_credential = true},
     false},
    {BULLA_SERVER,
     STATE_WAIT_CV,
     {.client_auth = BULLA_CLIENT_AUTH_REQUIRE, .client_has_credential = true},
     false},
    {BULLA_SERVER, STATE_WAIT_FINISHED, {.retry = false}, false},
    {BULLA_SERVER, STATE_WAIT_FINISHED, {.client_auth = BULLA_CLIENT_AUTH_REQUEST}, false},
    {BULLA_SERVER,
     STATE_CONNECTED,
     {.client_auth = BULLA_CLIENT_AUTH_REQUIRE, .client_has_credential = true},
     false},
    {BULLA_CLIENT, STATE_WAIT_SH, {.tls_12 = true}, false},
    {BULLA_CLIENT, STATE_WAIT_CERT, {.tls_12 = true}, false},
    {BULLA_CLIENT, STATE_WAIT_STATUS_SKE, {.tls_12 = true}, false},
    {BULLA_CLIENT, STATE_WAIT_CR_SHD, {.tls_12 = true}, false},
    {BULLA_CLIENT,
     STATE_WAIT_SHD,
     {.client_auth = BULLA_CLIENT_AUTH_REQUEST, .client_has_credential = true, .tls_12 = true},
     false},
    {BULLA_CLIENT, STATE_WAIT_TICKET, {.tls_12 = true, .tickets = true}, false},
    {BULLA_CLIENT, STATE_WAIT_CCS, {.tls_12 = true}, false},
    {BULLA_CLIENT, STATE_WAIT_FINISHED, {.tls_12 = true}, false},
    {BULLA_CLIENT, STATE_CONNECTED, {.tls_12 = true}, false},
    {BULLA_SERVER, STATE_START, {.tls_12 = true}, false},
    {BULLA_SERVER,
     STATE_WAIT_CERT,
     {.client_auth = BULLA_CLIENT_AUTH_REQUEST, .client_has_credential = true, .tls_12 = true},
     false},
    {BULLA_SERVER, STATE_WAIT_CKE, {.tls_12 = true}, false},
    {BULLA_SERVER,
     STATE_WAIT_CV,
     {.client_auth = BULLA_CLIENT_AUTH_REQUIRE, .client_has_credential = true, .tls_12 = true},
     false},
    {BULLA_SERVER, STATE_WAIT_CCS, {.tls_12 = true}, false},
    {BULLA_SERVER, STATE_WAIT_FINISHED, {.tls_12 = true}, false},
    {BULLA_SERVER,
     STATE_CONNECTED,
     {.client_auth = BULLA_CLIENT_AUTH_REQUIRE, .client_has_credential = true, .tls_12 = true},
     false},
};

enum { NUM_PLACES = sizeof places / sizeof places[0], FORGED_LEN_MAX = 64 };

/* The keys of one direction, for a record that the other side might have sealed. */
static struct record_keys keys_copy(const struct record_keys *keys) {
    struct record_keys copy = *keys;
    copy.aead.loan = 0;
    return copy;
}

/* Feeds a handshake record under the keys that the connection expects next. */
static bulla_event inject(bulla_connection *connection, bulla_bytes content) {
    struct record_keys keys = keys_copy(&connection->read);
    size_t len = record_sealed_len(&keys, content.len, 1);
    uint8_t *record = malloc(len);
    assert_non_null(record);
    assert_int_equal(record_seal(connection->workspace->pool, &keys, CONTENT_HANDSHAKE, content, 1,
                                 LEGACY_VERSION, record),
                     BULLA_OK);
    bulla_event event = peer_feed(connection, bytes_of(record, len));
    free(record);
    return event;
}

static bool arrived(const bulla_connection *connection, const struct place *place) {
    const struct handshake *handshake = connection->handshake;
    return connection->state == place->state &&
           (handshake == NULL || !place->retried || handshake->retried);
}

/* Takes a record apart and delivers its messages each in a record of its own, up to the place. */
static void deliver_record(bulla_connection *victim, struct record *record,
                           const struct place *place) {
    struct record_keys keys = keys_copy(&victim->read);
    if (victim->read.aead.id != AEAD_INVALID) {
        assert_int_equal(record_open(victim->workspace->pool, &keys, record), BULLA_OK);
    }
    assert_int_equal(record->type, CONTENT_HANDSHAKE);
    struct reader messages = reader_over(bytes_of(record->fragment, record->len));
    while (!reader_at_end(&messages) && !arrived(victim, place)) {
        const uint8_t *start = messages.next;
        bulla_bytes body = bytes_of(NULL, 0);
        assert_true(reader_skip(&messages, 1) && reader_vector24(&messages, &body));
        assert_int_equal(inject(victim, bytes_of(start, HANDSHAKE_HEADER_LEN + body.len)),
                         BULLA_EVENT_NEED_BYTES);
    }
}

static void deliver(bulla_connection *victim, bulla_input bytes, const struct place *place) {
    while (bytes.len != 0 && !arrived(victim, place)) {
        assert_true(bytes.len >= RECORD_HEADER_LEN);
        size_t len = (size_t)bytes.bytes[3] << 8 | bytes.bytes[4];
        struct record record = {.type = (enum content_type)bytes.bytes[0],
                                .fragment = bytes.bytes + RECORD_HEADER_LEN,
                                .len = len};
        bytes_copy(record.header, RECORD_HEADER_LEN, bytes_of(bytes.bytes, RECORD_HEADER_LEN));
        if (record.type == CONTENT_CHANGE_CIPHER_SPEC) {
            (void)peer_feed(victim, bytes_of(bytes.bytes, RECORD_HEADER_LEN + len));
        } else {
            deliver_record(victim, &record, place);
        }
        bytes.bytes += RECORD_HEADER_LEN + len;
        bytes.len -= RECORD_HEADER_LEN + len;
    }
}

/* Makes a pair and leads the connection under test to the place, message by message. */
static bulla_connection *lead_to(const struct place *place, const struct identities *identities,
                                 struct peers *out_peers) {
    peers_make(out_peers, identities, &place->wish);
    bool is_client = place->role == BULLA_CLIENT;
    bulla_connection *victim = is_client ? out_peers->client : out_peers->server;
    bulla_connection *other = is_client ? out_peers->server : out_peers->client;
    for (unsigned steps = 0; !arrived(victim, place); steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        bulla_input sent = peer_take_output(victim);
        (void)peer_feed(other, bytes_of(sent.bytes, sent.len));
        free(sent.bytes);
        sent = peer_take_output(other);
        deliver(victim, sent, place);
        free(sent.bytes);
    }
    assert_int_equal(bulla_connection_failure(victim).cause, BULLA_OK);
    free(peer_take_output(victim).bytes);
    return victim;
}

/* What the connection under test did with forged bytes. */
struct outcome {
    bulla_event event;
    bulla_failure failure;
    bool alert_is_out; /* exactly the failure's alert, sealed as it should be */
};

/* The output is one record with one fatal alert; before a client's first protected record there is
 * its change_cipher_spec, RFC 8446 D.4. */
static bool output_is_alert(const bulla_connection *connection, struct record_keys *keys,
                            bulla_alert alert) {
    static const uint8_t change[] = {CONTENT_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
    uint8_t expected[RECORD_OVERHEAD + 8 + 2]; /* the nonce is TLS 1.2's */
    const uint8_t message[] = {2 /* fatal */, (uint8_t)alert};
    size_t len = record_sealed_len(keys, sizeof message, 1);
    assert_true(len <= sizeof expected);
    assert_int_equal(record_seal(connection->workspace->pool, keys, CONTENT_ALERT,
                                 BYTES_IN(message), 1, LEGACY_VERSION, expected),
                     BULLA_OK);
    bulla_bytes output = bulla_connection_output(connection);
    if (connection->role == BULLA_CLIENT && output.len == sizeof change + len &&
        bytes_equal(bytes_of(output.data, sizeof change), BYTES_IN(change))) {
        output = bytes_of(output.data + sizeof change, len);
    }
    return bytes_equal(output, bytes_of(expected, len));
}

static struct outcome try_at(const struct place *place, const struct identities *identities,
                             bulla_bytes content) {
    struct peers peers;
    struct outcome outcome;
    bulla_connection *victim = lead_to(place, identities, &peers);
    struct record_keys write = keys_copy(&victim->write);
    outcome.event = inject(victim, content);
    outcome.failure = bulla_connection_failure(victim);
    outcome.alert_is_out = outcome.event == BULLA_EVENT_FAILED &&
                           output_is_alert(victim, &write, outcome.failure.alert_sent);
    peers_free(&peers);
    return outcome;
}

/* Before the hello that settles the version, TLS 1.3's table holds for both. */
static struct table table_of(const struct place *place) {
    bool open = place->state == STATE_START || place->state == STATE_WAIT_SH;
    return (struct table){place->role, place->wish.tls_12 && !open ? BULLA_TLS_1_2 : BULLA_TLS_1_3};
}

/* Whether the RFC's figure lets this message come here. */
static bool figure_allows(const struct place *place, unsigned type) {
    struct table table = table_of(place);
    bool allows = false;
    for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
        struct facts facts = facts_of(bits);
        allows = allows ||
                 (facts_go_together(table, facts) &&
                  figure_walk(figure_of(table), state_name(place->state), (int)type, facts).legal);
    }
    return allows;
}

/* RFC 5246 7.4.1.1: a client ignores it while a handshake goes on, unless that is TLS 1.3's. */
static bool is_ignored(const struct place *place, unsigned type) {
    bool may_be_12 = place->wish.tls_12 || (place->state == STATE_WAIT_SH && !place->retried);
    return type == HANDSHAKE_HELLO_REQUEST && may_be_12 && place->role == BULLA_CLIENT;
}

/* What an empty body of a message leads to that may come. */
static bulla_cause cause_of_empty(const struct place *place, unsigned type) {
    if (type == HANDSHAKE_COMPRESSED_CERTIFICATE) {
        return BULLA_E_MESSAGE_UNEXPECTED; /* nobody offered to read it */
    }
    if (!place->wish.tls_12) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (type == HANDSHAKE_SERVER_HELLO_DONE || type == HANDSHAKE_HELLO_REQUEST) {
        return BULLA_OK; /* so it is meant to be */
    }
    if (type == HANDSHAKE_CERTIFICATE_STATUS) {
        return BULLA_E_MESSAGE_UNEXPECTED; /* which was not announced */
    }
    return type == HANDSHAKE_CLIENT_HELLO && place->state == STATE_CONNECTED
               ? BULLA_E_RENEGOTIATION_REFUSED
               : BULLA_E_MESSAGE_MALFORMED;
}

static void assert_outcome(const struct place *place, unsigned type, const struct outcome *outcome,
                           bulla_cause cause, bulla_alert alert) {
    if (outcome->event != BULLA_EVENT_FAILED || outcome->failure.cause != cause ||
        outcome->failure.alert_sent != alert || !outcome->alert_is_out) {
        fail_msg("%s %s, message %u: event %d, %s with alert %d (%s), not %s",
                 place->role == BULLA_CLIENT ? "client" : "server", state_name(place->state), type,
                 (int)outcome->event, bulla_cause_about(outcome->failure.cause)->name,
                 (int)outcome->failure.alert_sent, outcome->alert_is_out ? "sent" : "not sent",
                 bulla_cause_about(cause)->name);
    }
}

static int make_identities(void **state) {
    struct identities *identities = malloc(sizeof *identities);
    if (identities == NULL) {
        return -1;
    }
    identities_make(identities);
    *state = identities;
    return 0;
}

static int drop_identities(void **state) {
    identities_free(*state);
    free(*state);
    return 0;
}

/* Every place of the figures is tried. */
static void places_are_all_there_are(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        for (enum state each = STATE_START; each < NUM_STATES; each++) {
            /* What wants early data and a stapled response is tried elsewhere. */
            bool found =
                !state_waits(tables[t], each) || each == STATE_WAIT_EOED || each == STATE_WAIT_SKE;
            for (size_t i = 0; i < NUM_PLACES; i++) {
                struct table table = table_of(&places[i]);
                found = found || (table.role == tables[t].role &&
                                  table.version == tables[t].version && places[i].state == each);
            }
            assert_true(found);
        }
    }
}

/* An empty body is no message of any kind: one that may come gets as far as its parser. */
static void every_message_in_every_state(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        /* Past the last type that anybody has named, the highest ones stand for the rest. */
        for (unsigned type = 0; type <= UINT8_MAX; type += type == 32 ? 218 : 1) {
            const uint8_t message[] = {(uint8_t)type, 0, 0, 0};
            struct outcome outcome = try_at(&places[i], *state, BYTES_IN(message));
            bool allowed = figure_allows(&places[i], type);
            bulla_cause cause =
                allowed ? cause_of_empty(&places[i], type) : BULLA_E_MESSAGE_UNEXPECTED;
            if (is_ignored(&places[i], type) || (allowed && cause == BULLA_OK)) {
                assert_int_equal(outcome.event, BULLA_EVENT_NEED_BYTES);
            } else {
                assert_outcome(&places[i], type, &outcome, cause, bulla_cause_about(cause)->alert);
            }
        }
    }
}

/* The order is judged by the header alone; a body that is still missing is waited for only where
 * its message may come. */
static void order_is_judged_before_the_body_is_there(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        for (unsigned type = 0; type <= 32; type++) {
            const uint8_t header[] = {(uint8_t)type, 0, 0, 32};
            struct outcome outcome = try_at(&places[i], *state, BYTES_IN(header));
            if (figure_allows(&places[i], type)) {
                assert_int_equal(outcome.event, BULLA_EVENT_NEED_BYTES);
                assert_int_equal(outcome.failure.cause, BULLA_OK);
            } else {
                assert_outcome(&places[i], type, &outcome, BULLA_E_MESSAGE_UNEXPECTED,
                               BULLA_ALERT_UNEXPECTED_MESSAGE);
            }
        }
    }
}

/* RFC 8446 5.1: a byte after a message that changes the key is an error of its own, whatever the
 * message; after another it is the next message's beginning. Of a first hello its parser says first
 * whether it changes the key. */
static void key_changes_are_aligned_with_records(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        for (unsigned type = 0; type <= 32; type++) {
            const uint8_t message[] = {(uint8_t)type, 0, 0, 0, 0};
            if (places[i].wish.tls_12 || !figure_allows(&places[i], type)) {
                continue;
            }
            bool hello = type == type_of("ClientHello") || type == type_of("ServerHello");
            bool changes = (hello && places[i].retried) || type == type_of("Finished") ||
                           type == type_of("KeyUpdate");
            struct outcome outcome = try_at(&places[i], *state, BYTES_IN(message));
            bulla_cause cause =
                changes ? BULLA_E_MESSAGE_ACROSS_KEY_CHANGE : cause_of_empty(&places[i], type);
            assert_outcome(&places[i], type, &outcome, cause, bulla_cause_about(cause)->alert);
        }
    }
}

/* The twin of all these failures: left alone, each pair connects. */
static void undisturbed_pairs_connect(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        struct peers peers;
        bulla_connection_info client, server;
        peers_make(&peers, *state, &places[i].wish);
        peers_talk(&peers);
        bulla_connection_info_get(peers.client, &client);
        bulla_connection_info_get(peers.server, &server);
        assert_true(client.handshake_done && server.handshake_done);
        assert_true(client.peer_authenticated);
        assert_int_equal(server.peer_authenticated, places[i].wish.client_has_credential);
        assert_int_equal(client.hello_retried, places[i].wish.retry);
        assert_int_equal(server.hello_retried, places[i].wish.retry);
        peers_free(&peers);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_all_there_are),
        cmocka_unit_test(undisturbed_pairs_connect),
        cmocka_unit_test(every_message_in_every_state),
        cmocka_unit_test(order_is_judged_before_the_body_is_there),
        cmocka_unit_test(key_changes_are_aligned_with_records),
    };
    return cmocka_run_group_tests_name("states_alive", tests, make_identities, drop_identities);
}
