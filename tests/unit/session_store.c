/* SPDX-License-Identifier: Apache-2.0 */
/* src/tls/session_store.c: what comes back, once or as often as asked, which session makes room,
 * what has ended, and that of many threads one gets each session. */
#include "engine/seeded.h"
#include "session_samples.h"
#include "support/threads.h"

#include <stdatomic.h>

enum { NOW = SAMPLE_TIME, LATER = SAMPLE_TIME + 100 };

static bulla_session_store *store_of(size_t num_max) {
    bulla_session_store *store = NULL;
    assert_int_equal(bulla_session_store_new(&store, num_max), BULLA_OK);
    return store;
}

static const uint8_t *id_number(uint64_t number, uint8_t id[STORED_SESSION_ID_LEN]) {
    struct seeded seeded = seeded_of(number);
    (void)seeded_fill(&seeded, id, STORED_SESSION_ID_LEN);
    return id;
}

static void put(bulla_session_store *store, uint64_t number, const char *state, int64_t until) {
    uint8_t id[STORED_SESSION_ID_LEN];
    assert_int_equal(session_store_put(store, id_number(number, id), bytes_of_text(state), until),
                     BULLA_OK);
}

/* NULL: none is expected. */
static void assert_got_at(bulla_session_store *store, uint64_t number, bool once, int64_t now,
                          const char *expected) {
    uint8_t id[STORED_SESSION_ID_LEN];
    struct writer writer = writer_growing(SESSION_STATE_LEN_MAX);
    bool found = session_store_get(store, id_number(number, id), now, once, &writer);
    assert_int_equal(found, expected != NULL);
    assert_true(bytes_equal(bytes_of(writer.buffer, writer.len), bytes_of_text(expected)));
    writer_free(&writer);
}

static void assert_got(bulla_session_store *store, uint64_t number, bool once,
                       const char *expected) {
    assert_got_at(store, number, once, NOW, expected);
}

static void test_sizes(void **state) {
    (void)state;
    bulla_session_store *store = NULL;
    assert_int_equal(bulla_session_store_new(NULL, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_session_store_new(&store, 0), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_session_store_new(&store, 1048577), BULLA_E_API_MISUSE);
    assert_null(store);
    bulla_session_store_free(store_of(1048576));
    bulla_session_store_free(NULL);
    store = store_of(1);
    put(store, 1, "a", LATER);
    put(store, 2, "b", LATER);
    assert_int_equal(bulla_session_store_num(store), 1);
    assert_got(store, 1, true, NULL);
    assert_got(store, 2, true, "b");
    bulla_session_store_free(store);
}

static void test_owners(void **state) {
    (void)state;
    bulla_session_store *store = store_of(4);
    assert_ptr_equal(bulla_session_store_ref(store), store);
    bulla_session_store_free(store);
    put(store, 1, "a", LATER);
    assert_got(store, 1, false, "a");
    bulla_session_store_free(store);
}

static void test_once_and_often(void **state) {
    (void)state;
    bulla_session_store *store = store_of(4);
    put(store, 1, "a", LATER);
    put(store, 2, "", LATER); /* an empty state is one */
    assert_got(store, 3, false, NULL);
    assert_got(store, 1, false, "a");
    assert_got(store, 1, false, "a");
    assert_got(store, 1, true, "a");
    assert_got(store, 1, false, NULL);
    assert_got(store, 2, true, "");
    assert_int_equal(bulla_session_store_num(store), 0);
    bulla_session_store_free(store);
}

static void test_an_id_again(void **state) {
    (void)state;
    bulla_session_store *store = store_of(1);
    put(store, 1, "first", LATER);
    put(store, 1, "second", LATER);
    assert_int_equal(bulla_session_store_num(store), 1);
    assert_got(store, 1, false, "second");
    bulla_session_store_free(store);
}

static void test_it_appends(void **state) {
    (void)state;
    bulla_session_store *store = store_of(1);
    uint8_t id[STORED_SESSION_ID_LEN], buffer[5];
    struct writer writer = writer_into(buffer, sizeof buffer);
    put(store, 1, "cde", LATER);
    writer_text(&writer, "ab");
    assert_true(session_store_get(store, id_number(1, id), NOW, false, &writer));
    assert_memory_equal(buffer, "abcde", 5);
    assert_false(session_store_get(store, id_number(1, id), NOW, false, &writer)); /* no room */
    bulla_session_store_free(store);
}

static void test_the_least_recently_used_makes_room(void **state) {
    (void)state;
    bulla_session_store *store = store_of(3);
    put(store, 1, "1", LATER);
    put(store, 2, "2", LATER);
    put(store, 3, "3", LATER);
    assert_got(store, 1, false, "1"); /* 2, 3, 1 from the oldest */
    put(store, 4, "4", LATER);
    assert_got(store, 2, false, NULL);
    put(store, 3, "3 again", LATER); /* 1, 4, 3 */
    put(store, 5, "5", LATER);
    assert_got(store, 1, false, NULL);
    assert_got(store, 4, false, "4");
    assert_got(store, 3, false, "3 again");
    assert_got(store, 5, false, "5");
    assert_int_equal(bulla_session_store_num(store), 3);
    bulla_session_store_free(store);
}

static void test_what_has_ended(void **state) {
    (void)state;
    bulla_session_store *store = store_of(10);
    put(store, 1, "a", LATER);
    assert_got_at(store, 1, false, LATER - 1, "a");
    assert_got_at(store, 1, false, LATER, NULL);
    assert_int_equal(bulla_session_store_num(store), 0);
    assert_got_at(store, 1, false, LATER - 1, NULL); /* gone for good */

    /* Whoever looks, finds or not, takes two of those that ended along. */
    put(store, 1, "a", LATER);
    put(store, 2, "b", LATER);
    put(store, 3, "c", LATER);
    put(store, 4, "d", INT64_MAX);
    assert_got_at(store, 9, false, LATER - 1, NULL);
    assert_int_equal(bulla_session_store_num(store), 4);
    assert_got_at(store, 9, false, LATER, NULL);
    assert_int_equal(bulla_session_store_num(store), 2);
    assert_got_at(store, 4, false, LATER, "d");
    assert_int_equal(bulla_session_store_num(store), 1);
    bulla_session_store_free(store);
}

static void test_too_long(void **state) {
    (void)state;
    static const uint8_t bytes[SESSION_STATE_LEN_MAX + 1], id[STORED_SESSION_ID_LEN];
    bulla_session_store *store = store_of(1);
    assert_int_equal(session_store_put(store, id, BYTES_IN(bytes), LATER),
                     BULLA_E_SESSION_UNUSABLE);
    assert_int_equal(bulla_session_store_num(store), 0);
    assert_int_equal(session_store_put(store, id, bytes_of(bytes, SESSION_STATE_LEN_MAX), LATER),
                     BULLA_OK);
    bulla_session_store_free(store);
}

static void test_clear(void **state) {
    (void)state;
    bulla_session_store *store = store_of(3);
    put(store, 1, "a", LATER);
    put(store, 2, "b", LATER);
    bulla_session_store_clear(store);
    assert_int_equal(bulla_session_store_num(store), 0);
    assert_got(store, 1, false, NULL);
    put(store, 1, "c", LATER);
    assert_got(store, 1, false, "c");
    bulla_session_store_free(store);
}

enum { NUM_SESSIONS = 4000 };

struct contest {
    bulla_session_store *store;
    _Atomic uint32_t num_won, num_wrong;
};

/* All want each session once: one of them gets it, whole. */
static void *take_part(void *argument) {
    struct contest *contest = argument;
    for (uint32_t i = 0; i < NUM_SESSIONS; i++) {
        uint8_t id[STORED_SESSION_ID_LEN], found[STORED_SESSION_ID_LEN];
        struct writer writer = writer_into(found, sizeof found);
        if (session_store_get(contest->store, id_number(i, id), NOW, true, &writer)) {
            atomic_fetch_add(&contest->num_won, 1);
            atomic_fetch_add(&contest->num_wrong, !bytes_equal(BYTES_IN(found), BYTES_IN(id)));
        }
        /* And fills the store with others meanwhile, without overflowing it. */
        id_number(NUM_SESSIONS + i % 16, id);
        if (session_store_put(contest->store, id, BYTES_IN(id), LATER) != BULLA_OK) {
            atomic_fetch_add(&contest->num_wrong, 1);
        }
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct contest contest = {.store = store_of(NUM_SESSIONS + 16)};
    for (uint32_t i = 0; i < NUM_SESSIONS; i++) {
        uint8_t id[STORED_SESSION_ID_LEN];
        id_number(i, id);
        assert_int_equal(session_store_put(contest.store, id, BYTES_IN(id), LATER), BULLA_OK);
    }
    run_threads(take_part, &contest);
    assert_int_equal(contest.num_wrong, 0);
    assert_int_equal(contest.num_won, NUM_SESSIONS);
    assert_int_equal(bulla_session_store_num(contest.store), 16);
    bulla_session_store_free(contest.store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_once_and_often),
        cmocka_unit_test(test_an_id_again),
        cmocka_unit_test(test_it_appends),
        cmocka_unit_test(test_the_least_recently_used_makes_room),
        cmocka_unit_test(test_what_has_ended),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
