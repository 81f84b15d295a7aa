/* SPDX-License-Identifier: Apache-2.0 */
/* The handshakes' legal order: the engine's tables against a second drawing of the RFCs' figures,
 * and what has to be true of the tables themselves. */
#include "support/check.h"

#include "support/figures.h"
#include "tls/messages.h"

/* ------------------------------------------------------------------ walking the tables */

/* What an action sends, in the words of the figures. */
static const char *action_sends(bulla_role role, state_action action) {
    static const struct {
        state_action action;
        const char *client, *server;
    } all[] = {
        {client_hello_send, "ClientHello", NULL},
        {hello_retry_request_send, NULL, "HelloRetryRequest"},
        {server_hello_send, NULL, "ServerHello EncryptedExtensions CertificateRequest?asked"},
        {certificate_send, "Certificate", "Certificate"},
        {certificate_verify_send, "CertificateVerify", "CertificateVerify"},
        {finished_send, "Finished", "Finished"},
        {end_of_early_data_send, "EndOfEarlyData", NULL},
        {server_hello_12_send, NULL, "ServerHello"},
        {certificate_12_send, "Certificate", "Certificate CertificateStatus?status"},
        {server_key_exchange_send, NULL, "ServerKeyExchange"},
        {server_hello_done_send, NULL, "CertificateRequest?asked ServerHelloDone"},
        {client_key_exchange_send, "ClientKeyExchange", NULL},
        {certificate_verify_12_send, "CertificateVerify", NULL},
        {finished_12_send, "ChangeCipherSpec Finished",
         "NewSessionTicket?ticket+!resumed ChangeCipherSpec Finished"},
    };
    for (size_t i = 0; action != NULL && i < sizeof all / sizeof all[0]; i++) {
        if (all[i].action == action) {
            const char *sends = role == BULLA_CLIENT ? all[i].client : all[i].server;
            assert_non_null(sends);
            return sends;
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
    case IF_RESUMED:
        return facts.resumed;
    case IF_EARLY_DATA:
        return facts.early;
    case IF_TICKET_PROMISED:
        return facts.ticket;
    case CONDITION_INVALID:
        break;
    }
    fail_msg("condition %d is not one", (int)condition);
    return false;
}

static const struct edge *action_edge(struct table table, enum state state, struct facts facts) {
    struct edges edges = states_edges(table.role, table.version);
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
static struct walk table_walk(struct table table, enum state from, int type, struct facts facts) {
    struct walk walk = {.legal = true};
    const struct edge *edge =
        type < 0 ? action_edge(table, from, facts)
                 : states_find(table.role, table.version, from, (enum handshake_type)type);
    walk_to(&walk, state_name(from));
    walk.legal = type < 0 || edge != NULL;
    for (unsigned steps = 0; edge != NULL; steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        walk_sends(&walk, action_sends(table.role, edge->action), facts);
        walk_to(&walk, state_name(edge->next));
        facts.retry = facts.retry && edge->action != hello_retry_request_send;
        edge = action_edge(table, edge->next, facts);
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

/* Where a table begins: TLS 1.2's behind the hello that settled it. */
static enum state beginning_of(struct table table) {
    if (table.version == BULLA_TLS_1_3) {
        return STATE_START;
    }
    return table.role == BULLA_CLIENT ? STATE_RECVD_SH : STATE_RECVD_CH;
}

static bool state_is_of(struct table table, enum state state) {
    struct edges edges = states_edges(table.role, table.version);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state) {
            return true;
        }
    }
    return false;
}

static bool state_waits(struct table table, enum state state) {
    struct edges edges = states_edges(table.role, table.version);
    for (size_t i = 0; i < edges.num_rows; i++) {
        if (edges.rows[i].state == state && edges.rows[i].message != HANDSHAKE_NONE) {
            return true;
        }
    }
    return false;
}

/* The states that a handshake of these facts can come to. */
static void states_reach(struct table table, struct facts facts, bool *out_reached) {
    struct edges edges = states_edges(table.role, table.version);
    memset(out_reached, 0, NUM_STATES * sizeof *out_reached);
    out_reached[beginning_of(table)] = true;
    for (size_t round = 0; round < NUM_STATES; round++) {
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool taken =
                edge->message != HANDSHAKE_NONE || action_edge(table, edge->state, facts) == edge;
            out_reached[edge->next] |= taken && out_reached[edge->state];
        }
    }
}

/* For every set of facts, every state that waits and every message: the same end, the same sends.
 */
static void table_walks_as_the_rfc_draws(struct table table, struct facts facts) {
    const struct arrow *figure = figure_of(table);
    enum state beginning = beginning_of(table);
    bool reached[NUM_STATES];
    struct walk ours = table_walk(table, beginning, -1, facts);
    struct walk theirs = figure_walk(figure, state_name(beginning), -1, facts);
    assert_same_walk(&ours, &theirs, "the beginning", -1);
    states_reach(table, facts, reached);
    for (enum state state = STATE_START; state < NUM_STATES; state++) {
        for (int type = 0; reached[state] && state_waits(table, state) && type < NUM_TYPES;
             type++) {
            ours = table_walk(table, state, type, facts);
            theirs = figure_walk(figure, state_name(state), type, facts);
            assert_same_walk(&ours, &theirs, state_name(state), type);
        }
    }
}

static void tables_agree_with_the_figures(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_TABLES; i++) {
        for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
            if (facts_go_together(tables[i], facts_of(bits))) {
                table_walks_as_the_rfc_draws(tables[i], facts_of(bits));
            }
        }
    }
}

/* Every state in which the RFC's figure waits is one of ours: nothing that is drawn was passed by
 * because no state of ours has its name. */
static void waiting_states_of_the_figures_are_all_there(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        for (const struct arrow *arrow = figure_of(table); arrow->from != NULL; arrow++) {
            bool found = arrow->receives[0] == '\0';
            for (enum state each = STATE_START; each < NUM_STATES; each++) {
                found = found ||
                        (strcmp(state_name(each), arrow->from) == 0 && state_waits(table, each));
            }
            assert_true(found);
        }
    }
}

/* ------------------------------------------------------------------ the tables' own form */

static void states_are_all_reached(void **state) {
    (void)state;
    bool used[NUM_STATES] = {[STATE_INVALID] = true};
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        struct edges edges = states_edges(table.role, table.version);
        bool reached[NUM_STATES] = {false};
        reached[beginning_of(table)] = true;
        for (size_t round = 0; round < NUM_STATES; round++) {
            for (size_t i = 0; i < edges.num_rows; i++) {
                reached[edges.rows[i].next] |= reached[edges.rows[i].state];
            }
        }
        for (size_t i = 0; i < edges.num_rows; i++) {
            assert_true(reached[edges.rows[i].state]);
            assert_true(state_is_of(table, edges.rows[i].next)); /* no dead end */
            used[edges.rows[i].state] = true;
        }
    }
    for (size_t i = 0; i < NUM_STATES; i++) {
        assert_true(used[i]);
    }
}

static void states_wait_or_act_but_never_both(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        struct edges edges = states_edges(table.role, table.version);
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool waits = edge->message != HANDSHAKE_NONE;
            assert_int_equal(waits, state_waits(table, edge->state));
            if (waits) {
                /* The driver does not ask a condition of a message's edge. */
                assert_int_equal(edge->condition, ALWAYS);
                assert_non_null(edge->handler);
                assert_null(edge->action);
                assert_ptr_equal(states_find(table.role, table.version, edge->state, edge->message),
                                 edge);
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
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        struct edges edges = states_edges(table.role, table.version);
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

/* RFC 8446 5.1: ClientHello, EndOfEarlyData, ServerHello, Finished and KeyUpdate can stand before a
 * key change, and no other message can; in TLS 1.2 no message can. */
static void key_changes_are_marked(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        struct edges edges = states_edges(table.role, table.version);
        for (size_t i = 0; i < edges.num_rows; i++) {
            unsigned type = edges.rows[i].message;
            bool changes = type == type_of("ClientHello") || type == type_of("ServerHello") ||
                           type == type_of("EndOfEarlyData") || type == type_of("Finished") ||
                           type == type_of("KeyUpdate");
            assert_int_equal((edges.rows[i].flags & CHANGES_READ_KEY) != 0,
                             changes && table.version == BULLA_TLS_1_3);
        }
    }
}

/* The transcript holds every message up to the two Finished and none after, RFC 8446 4.4.1 and RFC
 * 5246 7.4.9; a ChangeCipherSpec is no message. The hellos choose its hash, and the
 * ClientKeyExchange needs it for the master secret (RFC 7627 3): they add themselves. */
static void transcript_ends_with_the_handshake(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        struct table table = tables[t];
        struct edges edges = states_edges(table.role, table.version);
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool outside =
                edge->state == STATE_CONNECTED || edge->message == HANDSHAKE_CHANGE_CIPHER_SPEC;
            bool by_handler = edge->message == HANDSHAKE_CLIENT_HELLO ||
                              edge->message == HANDSHAKE_SERVER_HELLO ||
                              edge->message == HANDSHAKE_CLIENT_KEY_EXCHANGE;
            assert_int_equal((edge->flags & NOT_HASHED) != 0, outside);
            assert_int_equal((edge->flags & HASHED_BY_HANDLER) != 0, by_handler && !outside);
        }
    }
}

static void assert_finished_alone_connects(struct table table, struct facts facts) {
    bool reached[NUM_STATES];
    states_reach(table, facts, reached);
    assert_true(reached[STATE_CONNECTED] || facts.retry); /* that fact never ends here */
    for (enum state from = STATE_START; from < NUM_STATES; from++) {
        bool waits = from != STATE_CONNECTED && reached[from] && state_waits(table, from);
        for (int type = 0; waits && type < NUM_TYPES; type++) {
            struct walk walk = table_walk(table, from, type, facts);
            bool connects = walk.legal && strcmp(walk.to, "CONNECTED") == 0;
            assert_true(!connects || type == HANDSHAKE_FINISHED);
        }
    }
}

static void connected_is_entered_by_a_finished_alone(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
            if (facts_go_together(tables[t], facts_of(bits))) {
                assert_finished_alone_connects(tables[t], facts_of(bits));
            }
        }
    }
}

/* Follows all edges but those of the peer's proof from where its certificate leads to: that is the
 * CertificateVerify, but a TLS 1.2 server's ServerKeyExchange. */
static void assert_no_finished_without_proof(struct table table, struct facts facts) {
    struct edges edges = states_edges(table.role, table.version);
    bool server_12 = table.role == BULLA_CLIENT && table.version == BULLA_TLS_1_2;
    enum handshake_type proof =
        server_12 ? HANDSHAKE_SERVER_KEY_EXCHANGE : HANDSHAKE_CERTIFICATE_VERIFY;
    bool reached[NUM_STATES] = {false};
    for (size_t i = 0; i < edges.num_rows; i++) {
        reached[edges.rows[i].next] |= edges.rows[i].message == HANDSHAKE_CERTIFICATE ||
                                       edges.rows[i].message == HANDSHAKE_COMPRESSED_CERTIFICATE;
    }
    for (size_t round = 0; round < NUM_STATES; round++) {
        for (size_t i = 0; i < edges.num_rows; i++) {
            const struct edge *edge = &edges.rows[i];
            bool taken = edge->message != HANDSHAKE_NONE
                             ? edge->message != proof
                             : action_edge(table, edge->state, facts) == edge;
            reached[edge->next] |= taken && reached[edge->state];
        }
    }
    for (enum state each = STATE_START; each < NUM_STATES; each++) {
        assert_false(reached[each] &&
                     states_find(table.role, table.version, each, HANDSHAKE_FINISHED) != NULL);
    }
}

static void certificates_are_proven_before_finished(void **state) {
    (void)state;
    for (size_t t = 0; t < NUM_TABLES; t++) {
        for (unsigned bits = 0; bits < NUM_FACTS; bits++) {
            struct facts facts = facts_of(bits);
            bool shown = tables[t].role == BULLA_CLIENT || facts.certificate;
            if (shown && facts_go_together(tables[t], facts)) {
                assert_no_finished_without_proof(tables[t], facts);
            }
        }
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
    };
    return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
