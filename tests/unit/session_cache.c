/* SPDX-License-Identifier: Apache-2.0 */
/* src/tls/session_cache.c: which server makes room, single use, the newest ticket first, what has
 * ended, and that of many threads one gets each ticket. */
#include "engine/seeded.h"
#include "session_samples.h"
#include "support/threads.h"

#include <stdatomic.h>

enum { NOW = SAMPLE_TIME + 1 };

static bulla_session_cache *cache_of(size_t num_max) {
    bulla_session_cache *cache = NULL;
    assert_int_equal(bulla_session_cache_new(&cache, num_max), BULLA_OK);
    return cache;
}

/* A digest like any other, of the number alone. */
static const uint8_t *key_number(uint64_t number, uint8_t key[32]) {
    struct seeded seeded = seeded_of(number);
    (void)seeded_fill(&seeded, key, 32);
    return key;
}

static struct session *session_of(struct session plan) {
    struct session *session = NULL;
    assert_int_equal(session_new(&session, &plan), BULLA_OK);
    return session;
}

static void put_13(bulla_session_cache *cache, uint64_t key, const char *ticket) {
    uint8_t bytes[32];
    session_cache_put(cache, key_number(key, bytes),
                      session_of(sample_session_13(bytes_of_text(ticket))));
}

static void put_12(bulla_session_cache *cache, uint64_t key, const char *ticket) {
    uint8_t bytes[32];
    session_cache_put(cache, key_number(key, bytes),
                      session_of(sample_session_12(bytes_of_text(ticket))));
}

/* NULL: none is expected. */
static void assert_taken(bulla_session_cache *cache, uint64_t key, const char *ticket) {
    uint8_t bytes[32];
    struct session *session = session_cache_take(cache, key_number(key, bytes), NOW);
    if (ticket == NULL) {
        assert_null(session);
        return;
    }
    assert_non_null(session);
    assert_true(bytes_equal(session->ticket, bytes_of_text(ticket)));
    session_free(session);
}

static void test_sizes(void **state) {
    (void)state;
    bulla_session_cache *cache = NULL;
    assert_int_equal(bulla_session_cache_new(NULL, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_session_cache_new(&cache, 0), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_session_cache_new(&cache, 65537), BULLA_E_API_MISUSE);
    assert_null(cache);
    bulla_session_cache_free(cache_of(65536));
    bulla_session_cache_free(NULL);
    cache = cache_of(1);
    put_13(cache, 1, "a");
    put_13(cache, 2, "b");
    assert_int_equal(bulla_session_cache_num(cache), 1);
    assert_taken(cache, 1, NULL);
    assert_taken(cache, 2, "b");
    assert_int_equal(bulla_session_cache_num(cache), 0);
    bulla_session_cache_free(cache);
}

static void test_owners(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(BULLA_SESSION_CACHE_DEFAULT);
    assert_ptr_equal(bulla_session_cache_ref(cache), cache);
    bulla_session_cache_free(cache);
    put_13(cache, 1, "a");
    assert_taken(cache, 1, "a");
    put_13(cache, 1, "left behind");
    bulla_session_cache_free(cache);
}

static void test_a_ticket_is_used_once(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(4);
    assert_taken(cache, 1, NULL);
    put_13(cache, 1, "a");
    assert_taken(cache, 2, NULL); /* another server's */
    assert_taken(cache, 1, "a");
    assert_taken(cache, 1, NULL);
    bulla_session_cache_free(cache);
}

static void test_the_newest_four(void **state) {
    (void)state;
    static const char *const tickets[] = {"a", "b", "c", "d", "e", "f"};
    bulla_session_cache *cache = cache_of(4);
    for (size_t i = 0; i < 6; i++) {
        put_13(cache, 1, tickets[i]);
    }
    assert_int_equal(bulla_session_cache_num(cache), 1);
    assert_taken(cache, 1, "f");
    put_13(cache, 1, "g");
    assert_taken(cache, 1, "g");
    assert_taken(cache, 1, "e");
    assert_taken(cache, 1, "d");
    assert_int_equal(bulla_session_cache_num(cache), 1);
    assert_taken(cache, 1, "c");
    assert_int_equal(bulla_session_cache_num(cache), 0);
    assert_taken(cache, 1, NULL);
    bulla_session_cache_free(cache);
}

static void test_tls_12_is_lent(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(4);
    put_12(cache, 1, "a");
    assert_taken(cache, 1, "a");
    assert_taken(cache, 1, "a");
    put_12(cache, 1, "b"); /* in its place, not beside it */
    assert_taken(cache, 1, "b");
    assert_taken(cache, 1, "b");
    assert_int_equal(bulla_session_cache_num(cache), 1);
    bulla_session_cache_free(cache);
}

static void test_one_version_for_each_server(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(4);
    put_12(cache, 1, "old");
    put_13(cache, 1, "a");
    put_13(cache, 1, "b");
    assert_taken(cache, 1, "b");
    put_12(cache, 1, "back again");
    assert_taken(cache, 1, "back again");
    put_13(cache, 1, "c");
    assert_taken(cache, 1, "c");
    assert_taken(cache, 1, NULL);
    bulla_session_cache_free(cache);
}

/* To put and to take are uses, each makes a server the newest. */
static void test_the_least_recently_used_makes_room(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(3);
    put_13(cache, 1, "1");
    put_12(cache, 2, "2");
    put_13(cache, 3, "3");
    put_13(cache, 1, "1 again");
    assert_taken(cache, 2, "2"); /* 3, 1, 2 from the oldest */
    put_13(cache, 4, "4");
    assert_int_equal(bulla_session_cache_num(cache), 3);
    assert_taken(cache, 3, NULL);
    put_13(cache, 5, "5"); /* 1 goes, with both of its tickets */
    assert_taken(cache, 1, NULL);
    put_13(cache, 6, "6");
    assert_taken(cache, 2, NULL);
    assert_taken(cache, 4, "4");
    assert_taken(cache, 5, "5");
    assert_taken(cache, 6, "6");
    bulla_session_cache_free(cache);
}

static void test_drop_and_clear(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(4);
    uint8_t key[32];
    put_13(cache, 1, "a");
    put_13(cache, 1, "b");
    put_12(cache, 2, "c");
    session_cache_drop(cache, key_number(1, key));
    session_cache_drop(cache, key_number(3, key));
    assert_taken(cache, 1, NULL);
    assert_taken(cache, 2, "c");
    put_13(cache, 1, "d");
    bulla_session_cache_clear(cache);
    assert_int_equal(bulla_session_cache_num(cache), 0);
    assert_taken(cache, 1, NULL);
    assert_taken(cache, 2, NULL);
    put_13(cache, 1, "e");
    assert_taken(cache, 1, "e");
    bulla_session_cache_free(cache);
}

static void test_what_has_ended(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(4);
    struct session plan = sample_session_13(BYTES_OF("lives longer"));
    uint8_t key[32];
    key_number(1, key);
    plan.lifetime = 2 * SAMPLE_LIFETIME;
    session_cache_put(cache, key, session_of(plan));
    put_13(cache, 1, "has ended by then");
    struct session *session = session_cache_take(cache, key, SAMPLE_TIME + SAMPLE_LIFETIME);
    assert_non_null(session);
    assert_true(bytes_equal(session->ticket, BYTES_OF("lives longer")));
    session_free(session);
    assert_int_equal(bulla_session_cache_num(cache), 0);

    put_12(cache, 1, "TLS 1.2 ends, too");
    assert_taken(cache, 1, "TLS 1.2 ends, too");
    assert_null(session_cache_take(cache, key, SAMPLE_TIME + SAMPLE_LIFETIME));
    assert_int_equal(bulla_session_cache_num(cache), 0);

    put_13(cache, 1, "from the future");
    assert_null(session_cache_take(cache, key, SAMPLE_TIME - 1));
    bulla_session_cache_free(cache);
}

/* Servers whose names were chosen so that they share a bucket push out each other alone. */
static void test_chosen_keys(void **state) {
    (void)state;
    bulla_session_cache *cache = cache_of(1000);
    put_13(cache, 1, "not theirs");
    for (unsigned i = 0; i < 500; i++) {
        uint8_t key[32] = {0};
        key[30] = (uint8_t)(i >> 8);
        key[31] = (uint8_t)i;
        session_cache_put(cache, key, session_of(sample_session_13(BYTES_OF("theirs"))));
    }
    assert_true(bulla_session_cache_num(cache) < 20);
    assert_taken(cache, 1, "not theirs");
    bulla_session_cache_free(cache);
}

enum { NUM_ROUNDS = 2000, NUM_KEYS = 32 };

struct contest {
    bulla_session_cache *cache;
    _Atomic uint32_t next_ticket, num_taken, num_wrong;
    atomic_uchar taken[NUM_THREADS * NUM_ROUNDS];
};

/* Each puts tickets of its own and takes whatever is there; no ticket comes twice. */
static void *take_part(void *argument) {
    struct contest *contest = argument;
    for (unsigned i = 0; i < NUM_ROUNDS; i++) {
        uint32_t number = atomic_fetch_add(&contest->next_ticket, 1);
        uint8_t ticket[4], key[32];
        struct writer writer = writer_into(ticket, sizeof ticket);
        struct session plan = sample_session_13(BYTES_IN(ticket)), *session = NULL;
        writer_u32(&writer, number);
        if (session_new(&session, &plan) != BULLA_OK) {
            atomic_fetch_add(&contest->num_wrong, 1);
            continue;
        }
        session_cache_put(contest->cache, key_number(number % NUM_KEYS, key), session);
        session = session_cache_take(contest->cache, key_number((number - 1) % NUM_KEYS, key), NOW);
        if (session != NULL) {
            const uint8_t *bytes = session->ticket.data;
            uint32_t taken = (uint32_t)bytes[2] << 8 | bytes[3];
            atomic_fetch_add(&contest->num_taken, 1);
            atomic_fetch_add(&contest->num_wrong, atomic_exchange(&contest->taken[taken], 1));
            session_free(session);
        }
        if (i % 500 == 0) {
            session_cache_drop(contest->cache, key_number(number % NUM_KEYS, key));
        }
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    static struct contest contest;
    contest.cache = cache_of(NUM_KEYS - 4);
    run_threads(take_part, &contest);
    assert_int_equal(contest.num_wrong, 0);
    assert_true(contest.num_taken > 0);
    assert_true(bulla_session_cache_num(contest.cache) <= NUM_KEYS - 4);
    bulla_session_cache_free(contest.cache);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_a_ticket_is_used_once),
        cmocka_unit_test(test_the_newest_four),
        cmocka_unit_test(test_tls_12_is_lent),
        cmocka_unit_test(test_one_version_for_each_server),
        cmocka_unit_test(test_the_least_recently_used_makes_room),
        cmocka_unit_test(test_drop_and_clear),
        cmocka_unit_test(test_what_has_ended),
        cmocka_unit_test(test_chosen_keys),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
