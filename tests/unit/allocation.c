/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out: a whole mutual connection, from its configs to its close, is run again and
 * again, and each time another allocation of ours fails (the linker puts ours in the place of
 * malloc(); libcrypto keeps its own). Whatever fails, fails with out_of_memory, tells the peer
 * where it still can, and leaves nothing behind, which the address sanitizer sees. */
#include "engine/authority.h"
#include "session_samples.h"
#include "tls/connection.h"
#include <bulla/bulla.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t len);
void *__real_calloc(size_t num, size_t len);
void *__real_realloc(void *block, size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t num, size_t len);
void *__wrap_realloc(void *block, size_t len);

/* Allocations from now to the one that fails; 0: none does. */
static size_t fails_at;

static bool may_allocate(void) {
    return fails_at == 0 || --fails_at != 0;
}

void *__wrap_malloc(size_t len) {
    return may_allocate() ? __real_malloc(len) : NULL;
}

void *__wrap_calloc(size_t num, size_t len) {
    return may_allocate() ? __real_calloc(num, len) : NULL;
}

void *__wrap_realloc(void *block, size_t len) {
    return may_allocate() ? __real_realloc(block, len) : NULL;
}

enum { WIRE_CAP = 1 << 16, FLIGHTS_MAX = 20 };

struct world {
    bulla_trust *trust, *strangers;
    bulla_credential *credential;
};

/* Bytes on their way to a connection, which is fed 700 of them at a time. */
struct wire {
    uint8_t bytes[WIRE_CAP];
    size_t len;
};

struct scene {
    bool bad_chain;
    bulla_workspace *workspace;
    bulla_config *configs[2];
    bulla_connection *ends[2]; /* the client, the server */
    struct wire to[2];
    bool done[2], closed[2], has_data[2];
    bulla_cause cause; /* of the first call that failed */
};

static int64_t clock_of_test(void *context) {
    (void)context;
    return TEST_NOW;
}

static bool note(struct scene *scene, bulla_cause cause) {
    if (scene->cause == BULLA_OK) {
        scene->cause = cause;
    }
    return cause == BULLA_OK;
}

static bool make_config(struct scene *scene, const struct world *world, bulla_role role) {
    static const uint16_t group_codes[] = {BULLA_GROUP_SECP384R1, BULLA_GROUP_X25519};
    bulla_config_builder *builder;
    if (!note(scene, bulla_config_builder_new(&builder, role))) {
        return false;
    }
    bulla_config_set_trust(builder, scene->bad_chain ? world->strangers : world->trust);
    bulla_config_add_credential(builder, world->credential);
    bulla_config_set_clock(builder, clock_of_test, NULL);
    bulla_config_add_alpn(builder, BYTES_OF("h2"));
    bulla_config_add_alpn(builder, BYTES_OF("http/1.1"));
    bulla_config_set_record_size(builder, 500);
    bulla_config_set_ask(builder, BULLA_ASK_SIGN);
    if (role == BULLA_SERVER) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
        bulla_config_set_groups(builder, group_codes + 1, 1); /* there will be a retry */
    } else {
        bulla_config_set_groups(builder, group_codes, 2);
    }
    return note(scene, bulla_config_build(builder, &scene->configs[role == BULLA_SERVER]));
}

static bool set_up(struct scene *scene, const struct world *world) {
    return note(scene, bulla_workspace_new(&scene->workspace)) &&
           make_config(scene, world, BULLA_CLIENT) && make_config(scene, world, BULLA_SERVER) &&
           note(scene, bulla_connection_new_client(&scene->ends[0], scene->configs[0],
                                                   scene->workspace, BYTES_OF(TEST_SERVER_NAME))) &&
           note(scene,
                bulla_connection_new_server(&scene->ends[1], scene->configs[1], scene->workspace));
}

/* Nothing of ours is allocated here: the key is made of numbers, and kept by libcrypto. */
static bulla_cause answer_sign(bulla_connection *connection) {
    const size_t kept = fails_at;
    uint8_t signature[SIGNATURE_LEN_MAX];
    bulla_signing signing;
    struct private_key key;
    size_t len;
    fails_at = 0;
    must(bulla_connection_signing(connection, &signing) == BULLA_OK, "signing");
    test_key(&key, KEY_KIND_ED25519);
    must(private_key_sign(&key, SIGNATURE_ED25519, HASH_INVALID, signing.message, signature,
                          &len) == BULLA_OK,
         "sign");
    private_key_free(&key);
    fails_at = kept;
    return bulla_connection_answer_signature(connection, bytes_of(signature, len));
}

/* Feeds one end a piece of what is there, and puts its output on the wire. */
static bool turn(struct scene *scene, int end) {
    bulla_connection *connection = scene->ends[end];
    struct wire *in = &scene->to[end], *out = &scene->to[1 - end];
    size_t piece = in->len < 700 ? in->len : 700;
    bulla_input input = {in->bytes, piece};
    bulla_bytes data;
    bulla_event event = BULLA_EVENT_INVALID;
    while (event != BULLA_EVENT_NEED_BYTES && event != BULLA_EVENT_FAILED &&
           event != BULLA_EVENT_CLOSED) {
        event = bulla_connection_receive(connection, &input, &data);
        scene->done[end] = scene->done[end] || event == BULLA_EVENT_HANDSHAKE_DONE;
        scene->closed[end] = event == BULLA_EVENT_CLOSED;
        scene->has_data[end] = scene->has_data[end] || event == BULLA_EVENT_DATA;
        if (event == BULLA_EVENT_SIGN) {
            (void)note(scene, answer_sign(connection));
        }
    }
    bulla_bytes output = bulla_connection_output(connection);
    in->len -= piece - input.len;
    bytes_move(in->bytes, input.bytes, in->len);
    bytes_copy(out->bytes + out->len, WIRE_CAP - out->len, output);
    out->len += output.len;
    bulla_connection_output_sent(connection, output.len);
    return note(scene, bulla_connection_failure(connection).cause);
}

static bool run_until_quiet(struct scene *scene) {
    bool well = true;
    do {
        well = turn(scene, 0) && well;
        well = turn(scene, 1) && well;
    } while (scene->to[0].len != 0 || scene->to[1].len != 0);
    return well;
}

static bool send_from(struct scene *scene, int end) {
    struct wire *out = &scene->to[1 - end];
    static const uint8_t bytes[3000];
    bulla_bytes data = BYTES_IN(bytes);
    size_t len;
    bulla_cause cause = bulla_connection_send(scene->ends[end], &data, out->bytes + out->len,
                                              WIRE_CAP - out->len, &len);
    out->len += len;
    return note(scene, cause);
}

static bool play(struct scene *scene) {
    if (!run_until_quiet(scene) || !scene->done[0] || !scene->done[1]) {
        return false;
    }
    return note(scene, bulla_connection_update_key(scene->ends[0], 1)) && send_from(scene, 0) &&
           send_from(scene, 1) && run_until_quiet(scene) &&
           note(scene, bulla_connection_close(scene->ends[0])) &&
           note(scene, bulla_connection_close(scene->ends[1])) && run_until_quiet(scene) &&
           scene->closed[0] && scene->closed[1] && scene->has_data[0] && scene->has_data[1];
}

static void tear_down(struct scene *scene) {
    for (int i = 0; i < 2; i++) {
        bulla_connection_free(scene->ends[i]);
        bulla_config_free(scene->configs[i]);
    }
    bulla_workspace_free(scene->workspace);
}

/* An end that ran out says so, unless there was no memory for the alert; the other was told, or has
 * nothing to complain of. */
static void assert_clean_failure(const struct scene *scene) {
    assert_string_equal(bulla_cause_about(scene->cause)->name, "out_of_memory");
    unsigned num_failed = 0;
    for (int i = 0; i < 2 && scene->ends[0] != NULL && scene->ends[1] != NULL; i++) {
        bulla_failure failure = bulla_connection_failure(scene->ends[i]);
        bulla_failure other = bulla_connection_failure(scene->ends[1 - i]);
        if (failure.cause == BULLA_E_OUT_OF_MEMORY) {
            num_failed++;
            assert_true(failure.alert_sent == BULLA_ALERT_INTERNAL_ERROR ||
                        failure.alert_sent == BULLA_ALERT_NONE);
            assert_null(scene->ends[i]->handshake);
        } else if (failure.cause == BULLA_E_ALERT_RECEIVED) {
            assert_int_equal(failure.alert_received, other.alert_sent);
        } else if (failure.cause != BULLA_OK) {
            /* The alert came where the rest of a message should have. */
            assert_int_equal(failure.cause, BULLA_E_MESSAGE_INTERLEAVED);
        }
    }
    assert_true(num_failed <= 1);
}

static int world_make(void **state) {
    static struct world world;
    struct authority authority, stranger;
    authority_make(&authority, "Test");
    authority_make(&stranger, "Stranger");
    world.trust = authority_trust(&authority);
    world.strangers = authority_trust(&stranger);
    world.credential = authority_issue(&authority, &(struct leaf){.key = KEY_KIND_ED25519});
    authority_free(&authority);
    authority_free(&stranger);
    *state = &world;
    return 0;
}

static int world_free(void **state) {
    struct world *world = *state;
    bulla_credential_free(world->credential);
    bulla_trust_free(world->trust);
    bulla_trust_free(world->strangers);
    return 0;
}

static void each_allocation_fails(void **state) {
    bool well = false;
    size_t num_failures = 0;
    for (size_t nth = 1; !well; nth++) {
        struct scene scene = {.cause = BULLA_OK};
        fails_at = nth;
        well = set_up(&scene, *state) && play(&scene);
        bool failed = fails_at == 0;
        fails_at = 0;
        assert_true(well || failed);
        if (!well) {
            assert_clean_failure(&scene);
            num_failures++;
        }
        tear_down(&scene);
    }
    print_message("%zu allocations failed one by one\n", num_failures);
    assert_true(num_failures > 20);
}

/* A chain that is refused is refused for its own fault, with or without memory for the report. */
static void each_allocation_fails_at_a_bad_chain(void **state) {
    bool spared = false;
    for (size_t nth = 1; !spared; nth++) {
        struct scene scene = {.bad_chain = true, .cause = BULLA_OK};
        fails_at = nth;
        bool well = set_up(&scene, *state) && play(&scene);
        spared = fails_at != 0;
        fails_at = 0;
        assert_false(well);
        if (spared || scene.cause != BULLA_E_OUT_OF_MEMORY) {
            bulla_failure failure = bulla_connection_failure(scene.ends[0]);
            assert_int_equal(failure.cause, BULLA_E_CERT_UNKNOWN_ISSUER);
            assert_true(!spared || failure.report != NULL);
        } else {
            assert_clean_failure(&scene);
        }
        tear_down(&scene);
    }
}

/* What resumption shares between connections. */
struct drawers {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    bulla_session_store *store;
    bulla_strike_register *strikes;
    struct aead_pool *pool;
    struct session *session;
    struct writer state, ticket, opened;
};

static bool open_drawers(struct drawers *drawers, bulla_cause *cause) {
    *cause = bulla_session_cache_new(&drawers->cache, 2);
    *cause = *cause == BULLA_OK ? bulla_ticket_keys_new(&drawers->keys, 60) : *cause;
    *cause = *cause == BULLA_OK ? bulla_session_store_new(&drawers->store, 2) : *cause;
    *cause = *cause == BULLA_OK ? bulla_strike_register_new(&drawers->strikes, 10, 64) : *cause;
    *cause = *cause == BULLA_OK ? aead_pool_new(&drawers->pool, 4) : *cause;
    return *cause == BULLA_OK;
}

/* A session goes through a ticket and a store into the cache, and comes back out. */
static bool play_sessions(struct drawers *drawers, bulla_cause *cause) {
    static const uint8_t id[STORED_SESSION_ID_LEN];
    struct seeded seeded = seeded_of(1);
    const struct random_source random = seeded_source(&seeded);
    const struct session plan = sample_session_12(BYTES_OF("ticket"));
    bulla_bytes state, ticket, opened = {0};
    *cause = session_encode(&plan, &drawers->state);
    if (*cause != BULLA_OK || !writer_finish(&drawers->state, &state)) {
        return false;
    }
    *cause =
        ticket_seal(drawers->keys, drawers->pool, &random, SAMPLE_TIME, state, &drawers->ticket);
    *cause =
        *cause == BULLA_OK ? session_store_put(drawers->store, id, state, SAMPLE_TIME + 1) : *cause;
    if (*cause != BULLA_OK || !writer_finish(&drawers->ticket, &ticket)) {
        return false;
    }
    *cause = BULLA_E_OUT_OF_MEMORY; /* of those who have "none" to say for it */
    if (!ticket_open(drawers->keys, drawers->pool, SAMPLE_TIME, ticket, &drawers->opened) ||
        !session_store_get(drawers->store, id, SAMPLE_TIME, true, &drawers->opened) ||
        !writer_finish(&drawers->opened, &opened) || opened.len != 2 * state.len) {
        return false;
    }
    struct session *session = NULL;
    *cause = session_decode(&session, bytes_of(opened.data, state.len));
    if (*cause != BULLA_OK) {
        return false;
    }
    session_cache_put(drawers->cache, id, session);
    *cause = BULLA_E_OUT_OF_MEMORY;
    drawers->session = session_cache_take(drawers->cache, id, SAMPLE_TIME);
    return drawers->session != NULL && strike_register_is_new(drawers->strikes, id, SAMPLE_TIME);
}

static void close_drawers(struct drawers *drawers) {
    writer_free(&drawers->state);
    writer_free(&drawers->ticket);
    writer_free(&drawers->opened);
    session_free(drawers->session);
    aead_pool_free(drawers->pool);
    bulla_strike_register_free(drawers->strikes);
    bulla_session_store_free(drawers->store);
    bulla_ticket_keys_free(drawers->keys);
    bulla_session_cache_free(drawers->cache);
}

static void each_allocation_fails_at_sessions(void **state) {
    (void)state;
    bool well = false;
    size_t num_failures = 0;
    for (size_t nth = 1; !well; nth++) {
        struct drawers drawers = {.state = writer_growing(SESSION_STATE_LEN_MAX),
                                  .ticket = writer_growing(SESSION_TICKET_LEN_MAX),
                                  .opened = writer_growing(SESSION_STATE_LEN_MAX)};
        bulla_cause cause;
        fails_at = nth;
        well = open_drawers(&drawers, &cause) && play_sessions(&drawers, &cause);
        bool failed = fails_at == 0;
        fails_at = 0;
        assert_true(well || failed);
        assert_true(well || cause == BULLA_E_OUT_OF_MEMORY);
        num_failures += !well;
        close_drawers(&drawers);
    }
    assert_true(num_failures > 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(each_allocation_fails_at_a_bad_chain),
        cmocka_unit_test(each_allocation_fails_at_sessions),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
