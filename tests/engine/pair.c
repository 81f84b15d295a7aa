/* SPDX-License-Identifier: Apache-2.0 */
/* Two connections and the wires between them; see pair.h. */
#include "engine/pair.h"

#include <stdlib.h>

enum { WIRE_LEN_MAX = 1 << 26 };

static void end_open(struct end *end);
static void end_close(struct end *end);
static bool end_turn(struct pair *pair, struct end *end, struct end *other);
static bool end_answer(struct end *end, bulla_event event);
static bool end_keep_session(struct end *end);

bulla_cause setup_try(const struct setup *setup, bulla_config **out) {
    bulla_config_builder *builder;
    bulla_cause cause = bulla_config_builder_new(&builder, setup->role);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (setup->suites != NULL) {
        bulla_config_set_suites(builder, setup->suites, setup->num_suites);
    }
    if (setup->groups != NULL) {
        bulla_config_set_groups(builder, setup->groups, setup->num_groups);
    }
    for (size_t i = 0; i < 4 && setup->alpn[i] != NULL; i++) {
        bulla_config_add_alpn(builder, bytes_of_text(setup->alpn[i]));
    }
    for (size_t i = 0; i < 4 && setup->credentials[i] != NULL; i++) {
        bulla_config_add_credential(builder, setup->credentials[i]);
    }
    if (setup->trust != NULL) {
        bulla_config_set_trust(builder, setup->trust);
    }
    if (setup->client_auth != BULLA_CLIENT_AUTH_INVALID) {
        bulla_config_set_client_auth(builder, setup->client_auth);
    }
    bulla_config_set_ask(builder, setup->ask);
    if (setup->no_grease) {
        bulla_config_set_grease(builder, 0);
    }
    if (setup->version_min != 0) {
        bulla_config_set_versions(builder, setup->version_min, setup->version_max);
    }
    if (setup->more != NULL) {
        setup->more(builder, setup->more_context);
    }
    if (setup->record_size != 0) {
        bulla_config_set_record_size(builder, setup->record_size);
    }
    if (setup->padding != 0) {
        bulla_config_set_padding(builder, setup->padding);
    }
    if (setup->random != NULL) {
        bulla_config_set_random(builder, seeded_fill, setup->random);
    }
    bulla_config_set_clock(builder, test_clock, (void *)(uintptr_t)setup->now);
    bulla_config_set_key_log(builder, setup->key_log, setup->key_log_context);
    config_set_replay(builder, setup->replay, setup->num_replay);
    return bulla_config_build(builder, out);
}

bulla_config *setup_config(const struct setup *setup) {
    bulla_config *config;
    bulla_cause cause = setup_try(setup, &config);
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    return config;
}

int64_t test_clock(void *context) {
    const int64_t *now = context;
    return now == NULL ? TEST_NOW : *now;
}

void pair_open(struct pair *pair, bulla_config *client, bulla_config *server, const char *name) {
    *pair = (struct pair){.chunk = 0};
    end_open(&pair->client);
    end_open(&pair->server);
    must(bulla_workspace_new(&pair->workspace) == BULLA_OK, "workspace");
    bulla_cause cause = bulla_connection_new_client(&pair->client.connection, client,
                                                    pair->workspace, bytes_of_text(name));
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    cause = bulla_connection_new_server(&pair->server.connection, server, pair->workspace);
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
    bulla_config_free(client);
    bulla_config_free(server);
}

static void end_open(struct end *end) {
    end->inbox = writer_growing(WIRE_LEN_MAX);
    end->received = writer_growing(WIRE_LEN_MAX);
    end->early = writer_growing(WIRE_LEN_MAX);
    end->state = writer_growing(WIRE_LEN_MAX);
    end->verdict = BULLA_OK;
}

void pair_close(struct pair *pair) {
    end_close(&pair->client);
    end_close(&pair->server);
    bulla_workspace_free(pair->workspace);
}

static void end_close(struct end *end) {
    bulla_connection_free(end->connection);
    writer_free(&end->inbox);
    writer_free(&end->received);
    writer_free(&end->early);
    writer_free(&end->state);
}

void pair_run(struct pair *pair) {
    bool moved = true;
    while (moved) {
        moved = end_turn(pair, &pair->client, &pair->server);
        moved = end_turn(pair, &pair->server, &pair->client) || moved;
    }
}

void pair_connect(struct pair *pair) {
    pair_run(pair);
    must(pair->client.events[BULLA_EVENT_HANDSHAKE_DONE] == 1 &&
             pair->server.events[BULLA_EVENT_HANDSHAKE_DONE] == 1,
         "connect");
}

static bool end_turn(struct pair *pair, struct end *end, struct end *other) {
    size_t before = end_waiting(end);
    size_t max = pair->chunk == 0 ? SIZE_MAX : pair->chunk;
    if (pair->cuts != NULL) {
        max = 1 + seeded_below(pair->cuts, seeded_once_in(pair->cuts, 3) ? 3000 : 40);
    }
    if (before != 0 || !end->started) {
        (void)end_receive(end, max);
    }
    size_t sent = end_flush(end, other);
    return sent != 0 || end_waiting(end) != before;
}

size_t end_flush(struct end *from, struct end *to) {
    bulla_bytes output = bulla_connection_output(from->connection);
    writer_bytes(&to->inbox, output);
    must(!to->inbox.failed, "room on the wire");
    bulla_connection_output_sent(from->connection, output.len);
    return output.len;
}

size_t end_waiting(const struct end *end) {
    return end->inbox.len - end->inbox_start;
}

bulla_event end_receive(struct end *end, size_t max) {
    size_t len = end_waiting(end) < max ? end_waiting(end) : max;
    uint8_t *block = NULL;
    if (len != 0) {
        block = bytes_duplicate(bytes_of(end->inbox.buffer + end->inbox_start, len));
        must(block != NULL, "memory");
    }
    bulla_input input = {.bytes = block, .len = len};
    bulla_bytes data;
    bool more = true;
    end->started = true;
    while (more) {
        end->last = bulla_connection_receive(end->connection, &input, &data);
        end->events[end->last]++;
        bool early = end->last == BULLA_EVENT_EARLY_DATA;
        must((end->last == BULLA_EVENT_DATA || early) == (data.len != 0),
             "data comes with its event");
        writer_bytes(early ? &end->early : &end->received, data);
        more = end->last == BULLA_EVENT_DATA || early || end->last == BULLA_EVENT_HANDSHAKE_DONE ||
               end_keep_session(end) || end_answer(end, end->last);
    }
    end->inbox_start += len - input.len;
    if (end_waiting(end) == 0) {
        end->inbox.len = 0;
        end->inbox_start = 0;
    }
    free(block);
    return end->last;
}

/* True where a session was told of. */
static bool end_keep_session(struct end *end) {
    bulla_session_view view;
    if (end->last != BULLA_EVENT_SESSION) {
        return false;
    }
    must(bulla_connection_session(end->connection, &view) == BULLA_OK, "the session");
    end->state.len = 0;
    writer_bytes(&end->state, view.state);
    bytes_copy(end->id, sizeof end->id, view.id);
    return true;
}

/* False where the event is no decision, or the test wants to answer itself. */
static bool end_answer(struct end *end, bulla_event event) {
    bulla_cause cause = BULLA_OK;
    bulla_signing signing;
    uint8_t signature[SIGNATURE_LEN_MAX];
    if (end->holds) {
        return false;
    }
    if (event == BULLA_EVENT_CREDENTIAL) {
        cause = bulla_connection_answer_credential(end->connection, end->credential);
    } else if (event == BULLA_EVENT_VERIFY) {
        cause = bulla_connection_answer_verify(end->connection, end->verdict);
    } else if (event == BULLA_EVENT_SIGN) {
        must(bulla_connection_signing(end->connection, &signing) == BULLA_OK, "what to sign");
        size_t len = test_sign(&signing, signature);
        cause = bulla_connection_answer_signature(end->connection, bytes_of(signature, len));
    } else if (event == BULLA_EVENT_SESSION_LOOKUP) {
        cause = bulla_connection_answer_session(end->connection, end->stored);
    } else if (event == BULLA_EVENT_STRIKE) {
        cause = bulla_connection_answer_strike(end->connection, !end->strike_is_old);
    } else {
        return false;
    }
    must(cause == BULLA_OK, "the answer was taken");
    return true;
}

size_t test_sign(const bulla_signing *signing, uint8_t *out) {
    const struct signature_scheme *scheme = signature_scheme_find(signing->scheme);
    struct private_key key;
    size_t len;
    test_key(&key, signing->credential->leaf.key.kind);
    must(private_key_sign(&key, scheme->kind, scheme->hash, signing->message, out, &len) ==
             BULLA_OK,
         "sign");
    private_key_free(&key);
    return len;
}

bulla_event end_feed(struct end *end, bulla_bytes bytes) {
    writer_bytes(&end->inbox, bytes);
    return end_receive(end, SIZE_MAX);
}

bulla_cause end_send(struct end *from, struct end *to, bulla_bytes data) {
    size_t room = bulla_connection_send_room(from->connection, data.len);
    uint8_t *out = malloc(room);
    size_t len = 0;
    must(out != NULL, "memory");
    bulla_cause cause = bulla_connection_send(from->connection, &data, out, room, &len);
    must(cause != BULLA_OK || data.len == 0, "send_room() was enough");
    writer_bytes(&to->inbox, bytes_of(out, len));
    free(out);
    return cause;
}

bulla_cause end_send_early(struct end *from, struct end *to, bulla_bytes data, size_t *out_taken) {
    size_t room = bulla_connection_send_room(from->connection, data.len);
    uint8_t *out = malloc(room);
    size_t before = data.len, len = 0;
    must(out != NULL, "memory");
    bulla_cause cause = bulla_connection_send_early(from->connection, &data, out, room, &len);
    writer_bytes(&to->inbox, bytes_of(out, len));
    *out_taken = before - data.len;
    free(out);
    return cause;
}

bulla_cause end_failure(const struct end *end) {
    return bulla_connection_failure(end->connection).cause;
}

bulla_connection_info end_info(const struct end *end) {
    bulla_connection_info info;
    bulla_connection_info_get(end->connection, &info);
    return info;
}

bool pair_agrees(const struct pair *pair) {
    uint8_t client[48], server[48];
    const bulla_bytes label = BYTES_OF("EXPERIMENTAL bulla test");
    const bulla_bytes context = BYTES_OF("context");
    return bulla_connection_export(pair->client.connection, label, context, client,
                                   sizeof client) == BULLA_OK &&
           bulla_connection_export(pair->server.connection, label, context, server,
                                   sizeof server) == BULLA_OK &&
           bytes_equal(BYTES_IN(client), BYTES_IN(server));
}
