/* SPDX-License-Identifier: Apache-2.0 */
/* What fuzz_live and the reading that went with it found, each as small as it gets: what a
 * connection says of its early data once it has failed, and how much of it is passed over. */
#include "support/check.h"

#include "engine/expect.h"

#include <stdlib.h>

enum { EARLY_MAX = 1 << 16 };

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Found");
    trust = authority_trust(&authority);
    credential = authority_issue(&authority, &(struct leaf){.key = KEY_KIND_ED25519});
    return 0;
}

static int world_drop(void **state) {
    (void)state;
    bulla_credential_free(credential);
    bulla_trust_free(trust);
    authority_free(&authority);
    return 0;
}

/* What resumes, and has already been connected once. */
struct scene {
    bulla_session_cache *cache;
    bulla_ticket_keys *keys;
    int64_t now;
};

static void client_more(bulla_config_builder *builder, void *context) {
    const struct scene *scene = context;
    bulla_config_set_session_cache(builder, scene->cache);
    bulla_config_set_early_data(builder, EARLY_MAX);
}

static void server_more(bulla_config_builder *builder, void *context) {
    const struct scene *scene = context;
    bulla_config_set_ticket_keys(builder, scene->keys);
    bulla_config_set_early_data(builder, EARLY_MAX);
}

static void scene_open(struct scene *scene, struct pair *pair) {
    struct setup client = {.role = BULLA_CLIENT,
                           .trust = trust,
                           .now = &scene->now,
                           .more = client_more,
                           .more_context = scene};
    struct setup server = {.role = BULLA_SERVER,
                           .credentials = {credential},
                           .ask = BULLA_ASK_STRIKE,
                           .now = &scene->now,
                           .more = server_more,
                           .more_context = scene};
    pair_open(pair, setup_config(&client), setup_config(&server), TEST_SERVER_NAME);
}

static void scene_make(struct scene *scene) {
    struct pair pair;
    scene->now = TEST_NOW;
    assert_int_equal(bulla_session_cache_new(&scene->cache, 4), BULLA_OK);
    assert_int_equal(bulla_ticket_keys_new(&scene->keys, 3600), BULLA_OK);
    scene_open(scene, &pair);
    pair_connect(&pair);
    pair_close(&pair);
}

static void scene_drop(struct scene *scene) {
    bulla_session_cache_free(scene->cache);
    bulla_ticket_keys_free(scene->keys);
}

/* The client's hello and `data`, early, are on their way. */
static void start_early(struct pair *pair, bulla_bytes data) {
    size_t taken = 0;
    (void)end_receive(&pair->client, 0);
    assert_int_equal(end_send_early(&pair->client, &pair->server, data, &taken), BULLA_OK);
    assert_int_equal(taken, data.len);
}

/* A server that handed early data out says so, also after a failure that came later. */
static void test_failure_keeps_what_was_early(void **state) {
    (void)state;
    for (int is_old = 0; is_old < 2; is_old++) {
        struct scene scene;
        struct pair pair;
        scene_make(&scene);
        scene_open(&scene, &pair);
        pair.server.strike_is_old = is_old != 0;
        start_early(&pair, BYTES_OF("early"));
        (void)end_receive(&pair.server, SIZE_MAX);
        (void)end_flush(&pair.server, &pair.client);
        assert_int_equal(pair.server.early.len, is_old != 0 ? 0 : 5);
        bulla_connection_receive_end(pair.server.connection);
        bulla_connection_receive_end(pair.client.connection);
        expect_cause(&pair.server, BULLA_E_CLOSED_BEFORE_HANDSHAKE, "the transport ended");
        assert_int_equal(end_info(&pair.server).early_data,
                         is_old != 0 ? BULLA_EARLY_DATA_REFUSED : BULLA_EARLY_DATA_ACCEPTED);
        assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_OFFERED);
        pair_close(&pair);
        scene_drop(&scene);
    }
}

/* A client may send all that its ticket allows before it hears that nothing is taken: whatever
 * that is, it is passed over (RFC 8446 4.2.10), and comes back to the client's caller. */
static void test_all_that_was_invited_is_passed_over(void **state) {
    uint8_t *data = calloc(1, EARLY_MAX);
    (void)state;
    assert_non_null(data);
    struct scene scene;
    struct pair pair;
    scene_make(&scene);
    scene_open(&scene, &pair);
    pair.server.strike_is_old = true;
    start_early(&pair, bytes_of(data, EARLY_MAX));
    pair_run(&pair);
    expect_cause(&pair.server, BULLA_OK, "as much as the ticket said");
    assert_true(pair_agrees(&pair));
    assert_int_equal(pair.server.early.len, 0);
    assert_int_equal(end_info(&pair.client).early_data, BULLA_EARLY_DATA_REFUSED);
    assert_int_equal(bulla_connection_early_data_refused(pair.client.connection).len, EARLY_MAX);
    pair_close(&pair);
    scene_drop(&scene);
    free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure_keeps_what_was_early),
        cmocka_unit_test(test_all_that_was_invited_is_passed_over),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
