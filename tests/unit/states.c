/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake's legal order: a second drawing of RFC 8446 appendix A, made from the RFC's
 * figures, is held against the engine's tables; then every message is sent in every state of a
 * living connection, and what has no edge must end in unexpected_message. */
#include "tls/states.h"

#include "support/check.h"
#include "support/peers.h"
#include "tls/messages.h"

#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ the second drawing */

/* The facts that decide where a figure's arrow forks. */
struct facts {
    bool retry;       /* the message is, or has to be answered with, a HelloRetryRequest */
    bool asked;       /* "Client auth": there is a CertificateRequest */
    bool credential;  /* the brackets of [+ CertificateVerify] */
    bool certificate; /* the peer's Certificate is not "empty" */
};

enum { NUM_FACTS = 16, SENDS_LEN_MAX = 256, STEPS_MAX = 16 };

/* One arrow: "Recv X" leads on only with that message, all else is walked without waiting. `when`
 * names the fact that the arrow is drawn for, '!' its contrary. In `sends` a message may carry the
 * facts under which it is sent, which are the figure's brackets. */
struct arrow {
    const char *from;
    const char *receives;
    const char *when;
    const char *sends;
    const char *to;
};

/* A.1. Left out: PSKs (WAIT_EE to WAIT_FINISHED) and early data (EndOfEarlyData), which the engine
 * does not offer yet. Added: what 4.6 lets come in CONNECTED; a CertificateRequest may not, since
 * post_handshake_auth is not offered (4.6.2). */
static const struct arrow client_figure[] = {
    {"START", "", "", "ClientHello", "WAIT_SH"},
    {"WAIT_SH", "HelloRetryRequest", "retry", "", "START"},
    {"WAIT_SH", "ServerHello", "!retry", "", "WAIT_EE"},
    {"WAIT_EE", "EncryptedExtensions", "", "", "WAIT_CERT_CR"},
    {"WAIT_CERT_CR", "Certificate", "", "", "WAIT_CV"},
    {"WAIT_CERT_CR", "CertificateRequest", "", "", "WAIT_CERT"},
    {"WAIT_CERT", "Certificate", "", "", "WAIT_CV"},
    {"WAIT_CV", "CertificateVerify", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "",
     "Certificate?asked CertificateVerify?asked+credential Finished", "CONNECTED"},
    {"CONNECTED", "NewSessionTicket", "", "", "CONNECTED"},
    {"CONNECTED", "KeyUpdate", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

/* A.2. Left out: early data (WAIT_EOED), and the PSK's handshake without [Certificate +
 * CertificateVerify]. */
static const struct arrow server_figure[] = {
    {"START", "ClientHello", "", "", "RECVD_CH"},
    {"RECVD_CH", "", "retry", "HelloRetryRequest", "START"},
    {"RECVD_CH", "", "!retry", "", "NEGOTIATED"},
    {"NEGOTIATED", "", "",
     "ServerHello EncryptedExtensions CertificateRequest?asked Certificate CertificateVerify "
     "Finished",
     "WAIT_FLIGHT2"},
    {"WAIT_FLIGHT2", "", "!asked", "", "WAIT_FINISHED"},
    {"WAIT_FLIGHT2", "", "asked", "", "WAIT_CERT"},
    {"WAIT_CERT", "Certificate", "!certificate", "", "WAIT_FINISHED"},
    {"WAIT_CERT", "Certificate", "certificate", "", "WAIT_CV"},
    {"WAIT_CV", "CertificateVerify", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "", "", "CONNECTED"},
    {"CONNECTED", "KeyUpdate", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

/* HandshakeType, RFC 8446 B.3. A HelloRetryRequest is a ServerHello on the wire, 4.1.4. */
static const struct {
    const char *name;
    unsigned type;
} message_types[] = {
    {"ClientHello", 1},      {"ServerHello", 2},         {"HelloRetryRequest", 2},
    {"NewSessionTicket", 4}, {"EndOfEarlyData", 5},      {"EncryptedExtensions", 8},
    {"Certificate", 11},     {"CertificateRequest", 13}, {"CertificateVerify", 15},
    {"Finished", 20},        {"KeyUpdate", 24},
};

static unsigned type_of(const char *name) {
    for (size_t i = 0; i < sizeof message_types / sizeof message_types[0]; i++) {
        if (strcmp(message_types[i].name, name) == 0) {
            return message_types[i].type;
        }
    }
    fail_msg("no message is named %s", name);
    return 0;
}

static struct facts facts_of(unsigned bits) {
    return (struct facts){(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

static bool fact_holds(const char *name, size_t len, struct facts facts) {
    const struct {
        const char *name;
        bool holds;
    } all[] = {{"retry", facts.retry},
               {"asked", facts.asked},
               {"credential", facts.credential},
               {"certificate", facts.certificate}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i].name) == len && strncmp(all[i].name, name, len) == 0) {
            return all[i].holds;
        }
    }
    fail_msg("no fact is named %s", name);
    return false;
}

/* All of "a+b+!c"; an empty text always holds. */
static bool facts_hold(const char *text, size_t len, struct facts facts) {
    bool hold = true;
    while (len != 0) {
        bool contrary = *text == '!';
        text += contrary ? 1 : 0;
        len -= contrary ? 1 : 0;
        size_t word = 0;
        while (word < len && text[word] != '+') {
            word++;
        }
        hold = hold && fact_holds(text, word, facts) != contrary;
        size_t past = word < len ? word + 1 : word;
        text += past;
        len -= past;
    }
    return hold;
}

/* ------------------------------------------------------------------ walking either graph */

/* Where a message leads: the next place in which the peer is waited for, and what is sent on the
 * way there. The states between, ours and the RFC's alike, vanish. */
struct walk {
    bool legal;
    char to[32];
    char sends[SENDS_LEN_MAX];
};

static void walk_to(struct walk *walk, const char *state) {
    (void)snprintf(walk->to, sizeof walk->to, "%s", state);
}

static void walk_sends(struct walk *walk, const char *messages, struct facts facts) {
    while (*messages != '\0') {
        size_t word = strcspn(messages, " ");
        size_t name = strcspn(messages, "? ");
        const char *when = messages + name + (name < word ? 1 : 0);
        if (facts_hold(when, (size_t)(messages + word - when), facts)) {
            size_t used = strlen(walk->sends);
            (void)snprintf(walk->sends + used, sizeof walk->sends - used, "%.*s ", (int)name,
                           messages);
        }
        messages += word;
        messages += *messages == ' ' ? 1 : 0;
    }
}

static const struct arrow *arrow_find(const struct arrow *figure, const char *from, int type,
                                      struct facts facts) {
    const struct arrow *found = NULL;
    for (; figure->from != NULL; figure++) {
        bool fits =
            type < 0 ? figure->receives[0] == '\0'
                     : figure->receives[0] != '\0' && type_of(figure->receives) == (unsigned)type;
        if (strcmp(figure->from, from) == 0 && fits &&
            facts_hold(figure->when, strlen(figure->when), facts)) {
            assert_null(found); /* a figure that forks without a reason is drawn wrong */
            found = figure;
        }
    }
    return found;
}

/* The RFC's way. `type` is -1 for the beginning, before any message. */
static struct walk figure_walk(const struct arrow *figure, const char *from, int type,
                               struct facts facts) {
    struct walk walk = {.legal = true};
    walk_to(&walk, from);
    const struct arrow *arrow = arrow_find(figure, from, type, facts);
    walk.legal = type < 0 || arrow != NULL;
    for (unsigned steps = 0; arrow != NULL; steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        walk_sends(&walk, arrow->sends, facts);
        walk_to(&walk, arrow->to);
        facts.retry = facts.retry && strcmp(arrow->sends, "HelloRetryRequest") != 0;
        arrow = arrow_find(figure, arrow->to, -1, facts);
    }
    return walk;
}

/* What an action sends, in the words of the figures. */
static const char *action_sends(state_action action) {
    static const struct {
        state_action action;
        const char *sends;
    } all[] = {
        {client_hello_send, "ClientHello"},
        {hello_retry_request_send, "HelloRetryRequest"},
        {server_hello_send, "ServerHello EncryptedExtensions CertificateRequest?asked"},
        {certificate_send, "Certificate"},
        {certificate_verify_send, "CertificateVerify"},
        {finished_send, "Finished"},
    };
    for (size_t i = 0; action != NULL && i < sizeof all / sizeof all[0]; i++) {
        if (all[i].action == action) {
            return all[i].sends;
        }
    }
    return "";
}

static bool condition_is_met(enum condition condition, struct facts facts) {
    switch (condition) {
    case ALWAYS:
        return true;
    case IF_RETRY:
        return facts.retry;
    case IF_CERTIFICATE_ASKED:
        return facts.asked;
    case IF_CREDENTIAL:
        return facts.credential;
    case IF_PEER_CERTIFICATE:
        return facts.certificate;
    case CONDITION_INVALID:
        break;
    }
    fail_msg("condition %d is not one", (int)condition);
    return false;
}

static const struct edge *action_edge(bulla_role role, enum state state, struct facts facts) {
    struct edges edges = states_edges(role);
    for (size_t i = 0; i < edges.num_rows; i++) {
        const struct edge *edge = &edges.rows[i];
        if (edge->state == state && edge->message == HANDSHAKE_NONE &&
            condition_is_met(edge->condition, facts)) {
            return edge;
        }
    }
    return NULL;
}

/* Our way. */
static struct walk table_walk(bulla_role role, enum state from, int type, struct facts facts) {
    struct walk walk = {.legal = true};
    const struct edge *edge = type < 0 ? action_edge(role, from, facts)
                                       : states_find(role, from, (enum handshake_type)type);
    walk_to(&walk, state_name(from));
    walk.legal = type < 0 || edge != NULL;
    for (unsigned steps = 0; edge != NULL; steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        walk_sends(&walk, action_sends(edge->action), facts);
        walk_to(&walk, state_name(edge->next));
        facts.retry = facts.retry && edge->action != hello_retry_request_send;
        edge = action_edge(role, edge->next, facts);
    }
    return walk;
}

static void assert_same_walk(const struct walk *ours, const struct walk *theirs, const char *from,
                             int type) {
    if (ours->legal != theirs->legal ||
        (ours->legal &&
         (strcmp(ours->to, theirs->to) != 0 || strcmp(ours->sends, theirs->sends) != 0))) {
        fail_msg("%s, message %d: ours leads to %s (%d) sending %s; the RFC's to %s (%d) sending "
                 "%s",
                 from, type, ours->to, ours->legal, ours->sends, theirs->to, theirs->legal,
                 theirs->sends);
    }
}

static const struct arrow *figure_of(bulla_role role) {
    return role == BULLA_CLIENT ? client_figure : server_figure;
}

static bool state_is_of_role(bulla_role role, enum state state) {
    struct edges edges = states_edges(role);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state) {
            return true;
        }
    }
    return false;
}

static bool state_waits(bulla_role role, enum state state) {
    struct edges edges = states_edges(role);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state && edges.rows[i].message != HANDSHAKE_NONE) {
            return true;
        }
    }
    return false;
}

/* For every set of facts, every state that waits and every message: the same end, the same sends.
 */
static void role_walks_as_the_rfc_draws(bulla_role role) {
    const struct arrow *figure = figure_of(role);
    for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
        struct facts facts = facts_of(bits);
        struct walk ours = table_walk(role, STATE_START, -1, facts);
        struct walk theirs = figure_walk(figure, "START", -1, facts);
        assert_same_walk(&ours, &theirs, "the beginning", -1);
        for (enum state state = STATE_START; state < NUM_STATES; state++) {
            if (!state_waits(role, state)) {
                continue;
            }
            for (int type = 0; type <= UINT8_MAX; type++) {
                ours = table_walk(role, state, type, facts);
                theirs = figure_walk(figure, state_name(state), type, facts);
                assert_same_walk(&ours, &theirs, state_name(state), type);
            }
        }
    }
}

static void tables_agree_with_the_figures(void **state) {
    (void)state;
    role_walks_as_the_rfc_draws(BULLA_CLIENT);
    role_walks_as_the_rfc_draws(BULLA_SERVER);
}

/* Every state in which the RFC's figure waits is one of ours: nothing that is drawn was passed by
 * because no state of ours has its name. */
static void waiting_states_of_the_figures_are_all_there(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (const struct arrow *arrow = figure_of(role); arrow->from != NULL; arrow++) {
            bool found = arrow->receives[0] == '\0';
            for (enum state each = STATE_START; each < NUM_STATES; each++) {
                found = found ||
                        (strcmp(state_name(each), arrow->from) == 0 && state_waits(role, each));
            }
            assert_true(found);
        }
    }
}

/* ------------------------------------------------------------------ the tables' own form */

static void states_are_all_reached(void **state) {
    (void)state;
    bool used[NUM_STATES] = {[STATE_INVALID] = true};
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct edges edges = states_edges(role);
        bool reached[NUM_STATES] = {[STATE_START] = true};
        for (size_t round = 0; round < NUM_STATES; round++) {
            for (size_t i = 0; i < edges.num_rows; i++) {
                reached[edges.rows[i].next] |= reached[edges.rows[i].state];
            }
        }
        for (size_t i = 0; i < edges.num_rows; i++) {
            assert_true(reached[edges.rows[i].state]);
            assert_true(state_is_of_role(role, edges.rows[i].next)); /* no dead end */
            used[edges.rows[i].state] = true;
        }
    }
    for (size_t i = 0; i < NUM_STATES; i++) {
        assert_true(used[i]);
    }
}

static void states_wait_or_act_but_never_both(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct edges edges = states_edges(role);
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool waits = edge->message != HANDSHAKE_NONE;
            assert_int_equal(waits, state_waits(role, edge->state));
            if (waits) {
                /* The driver does not ask a condition of a message's edge. */
                assert_int_equal(edge->condition, ALWAYS);
                assert_non_null(edge->handler);
                assert_null(edge->action);
                assert_ptr_equal(states_find(role, edge->state, edge->message), edge);
            } else {
                assert_null(edge->handler);
                assert_int_equal(edge->flags, 0);
            }
        }
    }
}

/* Of the rows of a state that acts, exactly one is unconditional, and it stands last: there is
 * always a way on, and none that is never taken. */
static void actions_end_in_a_row_that_always_holds(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct edges edges = states_edges(role);
        for (enum state each = STATE_START; each < NUM_STATES; each++) {
            const struct edge *last = NULL;
            for (size_t i = 0; i < edges.num_rows; i++) {
                const struct edge *edge = &edges.rows[i];
                if (edge->state == each && edge->message == HANDSHAKE_NONE) {
                    assert_true(last == NULL || last->condition != ALWAYS);
                    last = edge;
                }
            }
            assert_true(last == NULL || last->condition == ALWAYS);
        }
    }
}

/* RFC 8446 5.1: ClientHello, ServerHello, Finished and KeyUpdate (and EndOfEarlyData, which is not
 * here yet) can stand before a key change, and no other message can. */
static void key_changes_are_marked(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct edges edges = states_edges(role);
        for (size_t i = 0; i < edges.num_rows; i++) {
            unsigned type = edges.rows[i].message;
            bool changes = type == type_of("ClientHello") || type == type_of("ServerHello") ||
                           type == type_of("Finished") || type == type_of("KeyUpdate");
            assert_int_equal((edges.rows[i].flags & CHANGES_READ_KEY) != 0, changes);
        }
    }
}

/* The transcript holds every message up to the two Finished and none after, RFC 8446 4.4.1. The
 * hellos choose its hash, and so add themselves. */
static void transcript_ends_with_the_handshake(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        struct edges edges = states_edges(role);
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool hello =
                edge->message == HANDSHAKE_CLIENT_HELLO || edge->message == HANDSHAKE_SERVER_HELLO;
            assert_int_equal((edge->flags & NOT_HASHED) != 0, edge->state == STATE_CONNECTED);
            assert_int_equal((edge->flags & HASHED_BY_HANDLER) != 0, hello);
        }
    }
}

static void connected_is_entered_by_a_finished_alone(void **state) {
    (void)state;
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
            for (enum state from = STATE_START; from < STATE_CONNECTED; from++) {
                for (int type = -1; type <= UINT8_MAX; type++) {
                    struct walk walk = table_walk(role, from, type, facts_of(bits));
                    bool connects =
                        walk.legal && strcmp(walk.to, "CONNECTED") == 0 && state_waits(role, from);
                    assert_true(!connects || type == HANDSHAKE_FINISHED);
                }
            }
        }
    }
}

/* Follows all edges but those of CertificateVerify from where a certificate leads to. */
static void assert_no_finished_without_proof(bulla_role role, struct facts facts) {
    struct edges edges = states_edges(role);
    bool reached[NUM_STATES] = {false};
    for (size_t i = 0; i < edges.num_rows; i++) {
        reached[edges.rows[i].next] |= edges.rows[i].message == HANDSHAKE_CERTIFICATE;
    }
    for (size_t round = 0; round < NUM_STATES; round++) {
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool taken = edge->message != HANDSHAKE_NONE
                             ? edge->message != HANDSHAKE_CERTIFICATE_VERIFY
                             : action_edge(role, edge->state, facts) == edge;
            reached[edge->next] |= taken && reached[edge->state];
        }
    }
    for (enum state each = STATE_START; each < NUM_STATES; each++) {
        assert_false(reached[each] && states_find(role, each, HANDSHAKE_FINISHED) != NULL);
    }
}

static void certificates_are_proven_before_finished(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
        struct facts facts = facts_of(bits);
        assert_no_finished_without_proof(BULLA_CLIENT, facts);
        if (facts.certificate) {
            assert_no_finished_without_proof(BULLA_SERVER, facts);
        }
    }
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
    {BULLA_CLIENT, STATE_WAIT_CERT, {BULLA_CLIENT_AUTH_REQUEST, true, false}, false},
    {BULLA_CLIENT, STATE_WAIT_CV, {.retry = false}, false},
    {BULLA_CLIENT, STATE_WAIT_FINISHED, {.retry = false}, false},
    {BULLA_CLIENT, STATE_CONNECTED, {.retry = false}, false},
    {BULLA_SERVER, STATE_START, {.retry = false}, false},
    {BULLA_SERVER, STATE_START, {.retry = true}, true},
    {BULLA_SERVER, STATE_WAIT_CERT, {BULLA_CLIENT_AUTH_REQUEST, true, false}, false},
    {BULLA_SERVER, STATE_WAIT_CV, {BULLA_CLIENT_AUTH_REQUIRE, true, false}, false},
    {BULLA_SERVER, STATE_WAIT_FINISHED, {.retry = false}, false},
    {BULLA_SERVER, STATE_WAIT_FINISHED, {BULLA_CLIENT_AUTH_REQUEST, false, false}, false},
    {BULLA_SERVER, STATE_CONNECTED, {BULLA_CLIENT_AUTH_REQUIRE, true, false}, false},
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
    if (record->type == CONTENT_APPLICATION_DATA) {
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
    uint8_t expected[RECORD_OVERHEAD + 2];
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

/* Whether the RFC's figure lets this message come here. */
static bool figure_allows(const struct place *place, unsigned type) {
    bool allows = false;
    for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
        struct walk walk = figure_walk(figure_of(place->role), state_name(place->state), (int)type,
                                       facts_of(bits));
        allows = allows || walk.legal;
    }
    return allows;
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
    for (bulla_role role = BULLA_CLIENT; role <= BULLA_SERVER; role++) {
        for (enum state each = STATE_START; each < NUM_STATES; each++) {
            bool found = !state_waits(role, each);
            for (size_t i = 0; i < NUM_PLACES; i++) {
                found = found || (places[i].role == role && places[i].state == each);
            }
            assert_true(found);
        }
    }
}

/* An empty body is no message of any kind: one that may come gets as far as its parser. */
static void every_message_in_every_state(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        for (unsigned type = 0; type <= UINT8_MAX; type++) {
            const uint8_t message[] = {(uint8_t)type, 0, 0, 0};
            struct outcome outcome = try_at(&places[i], *state, BYTES_IN(message));
            if (figure_allows(&places[i], type)) {
                assert_outcome(&places[i], type, &outcome, BULLA_E_MESSAGE_MALFORMED,
                               BULLA_ALERT_DECODE_ERROR);
            } else {
                assert_outcome(&places[i], type, &outcome, BULLA_E_MESSAGE_UNEXPECTED,
                               BULLA_ALERT_UNEXPECTED_MESSAGE);
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
 * message; after another it is the next message's beginning. */
static void key_changes_are_aligned_with_records(void **state) {
    for (size_t i = 0; i < NUM_PLACES; i++) {
        for (unsigned type = 0; type <= 32; type++) {
            const uint8_t message[] = {(uint8_t)type, 0, 0, 0, 0};
            if (!figure_allows(&places[i], type)) {
                continue;
            }
            bool changes = type == type_of("ClientHello") || type == type_of("ServerHello") ||
                           type == type_of("Finished") || type == type_of("KeyUpdate");
            struct outcome outcome = try_at(&places[i], *state, BYTES_IN(message));
            assert_outcome(&places[i], type, &outcome,
                           changes ? BULLA_E_MESSAGE_ACROSS_KEY_CHANGE : BULLA_E_MESSAGE_MALFORMED,
                           changes ? BULLA_ALERT_UNEXPECTED_MESSAGE : BULLA_ALERT_DECODE_ERROR);
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
        cmocka_unit_test(tables_agree_with_the_figures),
        cmocka_unit_test(waiting_states_of_the_figures_are_all_there),
        cmocka_unit_test(states_are_all_reached),
        cmocka_unit_test(states_wait_or_act_but_never_both),
        cmocka_unit_test(actions_end_in_a_row_that_always_holds),
        cmocka_unit_test(key_changes_are_marked),
        cmocka_unit_test(transcript_ends_with_the_handshake),
        cmocka_unit_test(connected_is_entered_by_a_finished_alone),
        cmocka_unit_test(certificates_are_proven_before_finished),
        cmocka_unit_test(places_are_all_there_are),
        cmocka_unit_test(undisturbed_pairs_connect),
        cmocka_unit_test(every_message_in_every_state),
        cmocka_unit_test(order_is_judged_before_the_body_is_there),
        cmocka_unit_test(key_changes_are_aligned_with_records),
    };
    return cmocka_run_group_tests_name("states", tests, make_identities, drop_identities);
}
