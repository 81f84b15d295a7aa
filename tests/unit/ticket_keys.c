/* SPDX-License-Identifier: Apache-2.0 */
/* src/tls/ticket_keys.c: what is sealed is opened, and nothing else is; keys that rotate by
 * themselves, keys that are handed in, clocks that go back, and many threads at once. */
#include "engine/seeded.h"
#include "support/threads.h"
#include "tls/session.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { NOW = 1800000000, PERIOD = 3600, NAME_LEN = 16, OVERHEAD = 16 + 12 + 16 };

struct scene {
    bulla_ticket_keys *keys;
    struct aead_pool *pool;
    struct seeded seeded;
    struct random_source random;
};

static struct scene *scene_new(void) {
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->seeded = seeded_of(17);
    scene->random = seeded_source(&scene->seeded);
    assert_int_equal(aead_pool_new(&scene->pool, 4), BULLA_OK);
    assert_int_equal(bulla_ticket_keys_new(&scene->keys, PERIOD), BULLA_OK);
    return scene;
}

static void scene_free(struct scene *scene) {
    bulla_ticket_keys_free(scene->keys);
    aead_pool_free(scene->pool);
    free(scene);
}

static struct writer sealed_at(struct scene *scene, int64_t now, const char *state) {
    struct writer ticket = writer_growing(SESSION_TICKET_LEN_MAX);
    assert_int_equal(
        ticket_seal(scene->keys, scene->pool, &scene->random, now, bytes_of_text(state), &ticket),
        BULLA_OK);
    return ticket;
}

static bulla_bytes bytes_of_writer(const struct writer *writer) {
    return bytes_of(writer->buffer, writer->len);
}

/* NULL: it is not opened, and leaves nothing behind. */
static void assert_opens(struct scene *scene, int64_t now, bulla_bytes ticket,
                         const char *expected) {
    struct writer opened = writer_growing(SESSION_STATE_LEN_MAX);
    writer_text(&opened, "before ");
    assert_int_equal(ticket_open(scene->keys, scene->pool, now, ticket, &opened), expected != NULL);
    assert_true(bytes_equal(bytes_of(opened.buffer, 7), BYTES_OF("before ")));
    assert_true(bytes_equal(bytes_of(opened.buffer + 7, opened.len - 7), bytes_of_text(expected)));
    writer_free(&opened);
}

static bool same_key(const struct writer *a, const struct writer *b) {
    return bytes_equal(bytes_of(a->buffer, NAME_LEN), bytes_of(b->buffer, NAME_LEN));
}

static void assert_no_seal(struct scene *scene, int64_t now, bulla_cause cause) {
    struct writer ticket = writer_growing(SESSION_TICKET_LEN_MAX);
    assert_int_equal(
        ticket_seal(scene->keys, scene->pool, &scene->random, now, BYTES_OF("clay"), &ticket),
        cause);
    assert_int_equal(ticket.len, 0);
    writer_free(&ticket);
}

static void test_periods(void **state) {
    (void)state;
    bulla_ticket_keys *keys = NULL;
    assert_int_equal(bulla_ticket_keys_new(NULL, PERIOD), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_new(&keys, 59), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_new(&keys, 604801), BULLA_E_API_MISUSE);
    assert_null(keys);
    assert_int_equal(bulla_ticket_keys_new(&keys, 60), BULLA_OK);
    assert_ptr_equal(bulla_ticket_keys_ref(keys), keys);
    bulla_ticket_keys_free(keys);
    bulla_ticket_keys_free(keys);
    bulla_ticket_keys_free(NULL);
}

static void test_sealed_and_opened(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer a = sealed_at(scene, NOW, "clay"), b = sealed_at(scene, NOW, "clay");
    struct writer empty = sealed_at(scene, NOW, "");
    assert_int_equal(a.len, OVERHEAD + 4);
    assert_true(same_key(&a, &b));
    /* Nonces differ, and with them all that follows. */
    assert_false(bytes_equal(bytes_of(a.buffer + NAME_LEN, 12), bytes_of(b.buffer + NAME_LEN, 12)));
    assert_opens(scene, NOW, bytes_of_writer(&a), "clay");
    assert_opens(scene, NOW, bytes_of_writer(&b), "clay");
    assert_opens(scene, NOW, bytes_of_writer(&a), "clay"); /* a key does not count its uses */
    assert_opens(scene, NOW, bytes_of_writer(&empty), "");
    writer_free(&a);
    writer_free(&b);
    writer_free(&empty);
    scene_free(scene);
}

static void test_it_appends(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    uint8_t buffer[3 + OVERHEAD + 4];
    struct writer ticket = writer_into(buffer, sizeof buffer);
    writer_text(&ticket, "abc");
    assert_int_equal(
        ticket_seal(scene->keys, scene->pool, &scene->random, NOW, BYTES_OF("clay"), &ticket),
        BULLA_OK);
    assert_memory_equal(buffer, "abc", 3);
    assert_opens(scene, NOW, bytes_of(buffer + 3, ticket.len - 3), "clay");
    assert_int_equal(
        ticket_seal(scene->keys, scene->pool, &scene->random, NOW, BYTES_OF("clay"), &ticket),
        BULLA_E_OUT_OF_MEMORY); /* no room */
    scene_free(scene);
}

static void test_altered_truncated_continued(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer ticket = sealed_at(scene, NOW, "wet clay");
    for (size_t at = 0; at < ticket.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            ticket.buffer[at] ^= (uint8_t)(1U << bit);
            assert_opens(scene, NOW, bytes_of_writer(&ticket), NULL);
            ticket.buffer[at] ^= (uint8_t)(1U << bit);
        }
    }
    for (size_t len = 0; len < ticket.len; len++) {
        uint8_t *exact = bytes_duplicate(bytes_of(ticket.buffer, len));
        assert_non_null(exact);
        assert_opens(scene, NOW, bytes_of(exact, len), NULL);
        free(exact);
    }
    assert_opens(scene, NOW, bytes_of_writer(&ticket), "wet clay");
    writer_u8(&ticket, 0);
    assert_opens(scene, NOW, bytes_of_writer(&ticket), NULL);
    writer_free(&ticket);
    scene_free(scene);
}

static void test_somebody_elses(void **state) {
    (void)state;
    struct scene *scene = scene_new(), *other = scene_new();
    other->seeded = seeded_of(18);
    struct writer ticket = sealed_at(scene, NOW, "clay");
    assert_opens(other, NOW, bytes_of_writer(&ticket), NULL); /* it has no key at all */
    struct writer theirs = sealed_at(other, NOW, "clay");
    assert_opens(other, NOW, bytes_of_writer(&ticket), NULL);
    /* Their key's name over our ticket. */
    bytes_copy(ticket.buffer, NAME_LEN, bytes_of(theirs.buffer, NAME_LEN));
    assert_opens(other, NOW, bytes_of_writer(&ticket), NULL);
    writer_free(&ticket);
    writer_free(&theirs);
    scene_free(scene);
    scene_free(other);
}

static void test_rotation(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer first = sealed_at(scene, NOW, "first");
    struct writer same = sealed_at(scene, NOW + PERIOD - 1, "same");
    struct writer second = sealed_at(scene, NOW + PERIOD, "second");
    assert_true(same_key(&first, &same));
    assert_false(same_key(&first, &second));
    /* Rotated once: the old key opens for one period more. */
    assert_opens(scene, NOW + PERIOD, bytes_of_writer(&first), "first");
    assert_opens(scene, NOW + 2 * PERIOD - 1, bytes_of_writer(&same), "same");
    assert_opens(scene, NOW + 2 * PERIOD - 1, bytes_of_writer(&second), "second");
    /* Rotated twice: it is gone, and stays so. */
    struct writer third = sealed_at(scene, NOW + 2 * PERIOD, "third");
    assert_false(same_key(&second, &third));
    assert_opens(scene, NOW + 2 * PERIOD, bytes_of_writer(&first), NULL);
    assert_opens(scene, NOW, bytes_of_writer(&first), NULL);
    assert_opens(scene, NOW + 2 * PERIOD, bytes_of_writer(&second), "second");
    /* And without anything sealed in between. */
    assert_opens(scene, NOW + 3 * PERIOD, bytes_of_writer(&second), NULL);
    assert_opens(scene, NOW + 4 * PERIOD, bytes_of_writer(&third), NULL);
    writer_free(&first);
    writer_free(&same);
    writer_free(&second);
    writer_free(&third);
    scene_free(scene);
}

static void test_clocks_that_go_back(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer first = sealed_at(scene, NOW, "first");
    struct writer back = sealed_at(scene, NOW - PERIOD, "back");
    struct writer far_back = sealed_at(scene, NOW - PERIOD - 1, "far back");
    assert_true(same_key(&first, &back));
    assert_false(same_key(&first, &far_back));
    assert_opens(scene, NOW - PERIOD - 1, bytes_of_writer(&first), "first");
    assert_opens(scene, NOW, bytes_of_writer(&far_back), "far back");
    writer_free(&first);
    writer_free(&back);
    writer_free(&far_back);

    /* Any time is a time: keys come and go, nothing overflows. */
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MIN, 0};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct writer ticket = sealed_at(scene, times[i], "clay");
        assert_opens(scene, times[i], bytes_of_writer(&ticket), "clay");
        writer_free(&ticket);
    }
    scene_free(scene);
}

static void test_more_keys_than_places(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer last = {0};
    for (int64_t i = 0; i < 20; i++) { /* each from before the one before it */
        writer_free(&last);
        last = sealed_at(scene, NOW - i * 2 * PERIOD, "clay");
        assert_opens(scene, NOW - i * 2 * PERIOD, bytes_of_writer(&last), "clay");
    }
    writer_free(&last);
    scene_free(scene);
}

static void add_key(struct scene *scene, uint8_t number, int64_t from, int64_t until,
                    bulla_cause cause) {
    const uint8_t name[16] = {'k', number}, secret[32] = {'s', number};
    assert_int_equal(bulla_ticket_keys_add(scene->keys, name, secret, from, until), cause);
}

static void assert_sealed_by(struct scene *scene, int64_t now, uint8_t number) {
    struct writer ticket = sealed_at(scene, now, "clay");
    assert_int_equal(ticket.buffer[0], 'k');
    assert_int_equal(ticket.buffer[1], number);
    assert_opens(scene, now, bytes_of_writer(&ticket), "clay");
    writer_free(&ticket);
}

static void test_handed_in(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    add_key(scene, 1, NOW, NOW + 100, BULLA_OK);
    add_key(scene, 2, NOW + 50, NOW + 150, BULLA_OK);
    assert_no_seal(scene, NOW - 1, BULLA_E_SESSION_UNUSABLE);
    assert_sealed_by(scene, NOW, 1);
    assert_sealed_by(scene, NOW + 49, 1);
    struct writer ticket = sealed_at(scene, NOW + 49, "old");
    assert_sealed_by(scene, NOW + 50, 2);
    assert_opens(scene, NOW + 99, bytes_of_writer(&ticket), "old");
    assert_opens(scene, NOW + 100, bytes_of_writer(&ticket), NULL);
    assert_sealed_by(scene, NOW + 149, 2);
    assert_no_seal(scene, NOW + 150, BULLA_E_SESSION_UNUSABLE);
    assert_no_seal(scene, NOW, BULLA_E_SESSION_UNUSABLE); /* what ended does not come back */
    writer_free(&ticket);
    scene_free(scene);
}

static void test_a_fleet(void **state) {
    (void)state;
    struct scene *a = scene_new(), *b = scene_new();
    b->seeded = seeded_of(99);
    add_key(a, 1, NOW, NOW + 100, BULLA_OK);
    add_key(b, 1, NOW, NOW + 100, BULLA_OK);
    struct writer ticket = sealed_at(a, NOW + 1, "clay");
    assert_opens(b, NOW - 1, bytes_of_writer(&ticket), "clay"); /* whose clock is behind */
    assert_opens(b, NOW + 99, bytes_of_writer(&ticket), "clay");
    assert_opens(b, NOW + 100, bytes_of_writer(&ticket), NULL);
    writer_free(&ticket);
    scene_free(a);
    scene_free(b);
}

/* From the first key on that is handed in, those that were drawn are gone. */
static void test_handed_in_after_drawn(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    struct writer drawn = sealed_at(scene, NOW, "drawn");
    add_key(scene, 1, NOW + 10, NOW + 20, BULLA_OK);
    assert_opens(scene, NOW, bytes_of_writer(&drawn), NULL);
    assert_no_seal(scene, NOW, BULLA_E_SESSION_UNUSABLE);
    assert_sealed_by(scene, NOW + 10, 1);
    assert_no_seal(scene, NOW + 20, BULLA_E_SESSION_UNUSABLE);
    writer_free(&drawn);
    scene_free(scene);
}

static void test_handed_in_twice(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    const uint8_t name[16] = {'k', 1}, other_secret[32] = {'x'};
    add_key(scene, 1, NOW, NOW + 10, BULLA_OK);
    struct writer ticket = sealed_at(scene, NOW, "clay");
    add_key(scene, 1, NOW, NOW + 100, BULLA_OK); /* its times have changed */
    assert_opens(scene, NOW + 99, bytes_of_writer(&ticket), "clay");
    /* One name for two keys would be a mistake of the fleet's. */
    assert_int_equal(bulla_ticket_keys_add(scene->keys, name, other_secret, NOW, NOW + 100),
                     BULLA_E_API_MISUSE);
    assert_opens(scene, NOW + 99, bytes_of_writer(&ticket), "clay");
    writer_free(&ticket);
    scene_free(scene);
}

static void test_misused(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    const uint8_t name[16] = {'k'}, secret[32] = {'s'};
    assert_int_equal(bulla_ticket_keys_add(NULL, name, secret, 0, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_add(scene->keys, NULL, secret, 0, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_add(scene->keys, name, NULL, 0, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_add(scene->keys, name, secret, 1, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_ticket_keys_add(scene->keys, name, secret, 1, 0), BULLA_E_API_MISUSE);
    struct writer ticket = sealed_at(scene, NOW, "clay"); /* none counted as handed in */
    writer_free(&ticket);
    scene_free(scene);
}

static void test_eight_at_a_time(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    for (uint8_t i = 0; i < 8; i++) {
        add_key(scene, i, NOW + i * 10, NOW + i * 10 + 100, BULLA_OK);
    }
    add_key(scene, 8, NOW + 80, NOW + 180, BULLA_E_API_MISUSE); /* all are needed until then */
    add_key(scene, 8, NOW + 100, NOW + 200, BULLA_OK);          /* the first ends as it begins */
    assert_sealed_by(scene, NOW + 15, 1);
    assert_no_seal(scene, NOW, BULLA_E_SESSION_UNUSABLE); /* the first has made room */
    assert_sealed_by(scene, NOW + 130, 8);                /* three have ended by now */
    for (uint8_t i = 9; i < 12; i++) {
        add_key(scene, i, NOW + 130, NOW + 300, BULLA_OK);
    }
    add_key(scene, 12, NOW + 130, NOW + 300, BULLA_E_API_MISUSE);
    assert_sealed_by(scene, NOW + 131, 11); /* of those that began at once the last */
    scene_free(scene);
}

/* Fails from the call on whose number is `num_left`. */
static bool failing_fill(void *context, uint8_t *out, size_t len) {
    unsigned *num_left = context;
    bytes_wipe(out, len);
    return *num_left != 0 && (*num_left)--;
}

static void test_no_randomness(void **state) {
    (void)state;
    struct scene *scene = scene_new();
    unsigned num_left;
    scene->random = (struct random_source){.fill = failing_fill, .context = &num_left};
    for (unsigned i = 0; i < 3; i++) { /* the nonce, the key's name, the key */
        num_left = i;
        assert_no_seal(scene, NOW, BULLA_E_RANDOM_FAILED);
    }
    num_left = 3;
    struct writer ticket = sealed_at(scene, NOW, "clay");
    writer_free(&ticket);
    assert_no_seal(scene, NOW, BULLA_E_RANDOM_FAILED);
    num_left = 1;
    ticket = sealed_at(scene, NOW, "clay"); /* with a key at hand one nonce is enough */
    writer_free(&ticket);
    scene_free(scene);
}

static void test_too_long_for_a_ticket(void **state) {
    (void)state;
    static const uint8_t bytes[SESSION_TICKET_LEN_MAX - OVERHEAD + 1];
    struct scene *scene = scene_new();
    struct writer ticket = writer_growing(SESSION_TICKET_LEN_MAX);
    assert_int_equal(
        ticket_seal(scene->keys, scene->pool, &scene->random, NOW, BYTES_IN(bytes), &ticket),
        BULLA_E_SESSION_UNUSABLE);
    assert_int_equal(ticket_seal(scene->keys, scene->pool, &scene->random, NOW,
                                 bytes_of(bytes, sizeof bytes - 1), &ticket),
                     BULLA_OK);
    assert_int_equal(ticket.len, SESSION_TICKET_LEN_MAX);
    writer_free(&ticket);
    scene_free(scene);
}

enum { NUM_ROUNDS = 400 };

struct contest {
    bulla_ticket_keys *keys;
    _Atomic uint32_t num_threads, num_opened, num_wrong;
};

static void seal_and_open(struct contest *contest, struct aead_pool *pool, struct seeded *seeded,
                          int64_t now) {
    uint8_t buffers[2][OVERHEAD + 4 + AEAD_TAG_LEN];
    struct writer ticket = writer_into(buffers[0], sizeof buffers[0]);
    struct writer opened = writer_into(buffers[1], sizeof buffers[1]);
    const struct random_source random = seeded_source(seeded);
    if (ticket_seal(contest->keys, pool, &random, now, BYTES_OF("clay"), &ticket) != BULLA_OK) {
        atomic_fetch_add(&contest->num_wrong, 1);
    }
    if (ticket_open(contest->keys, pool, now, bytes_of_writer(&ticket), &opened)) {
        bool is_right = bytes_equal(bytes_of_writer(&opened), BYTES_OF("clay"));
        atomic_fetch_add(&contest->num_wrong, !is_right);
        atomic_fetch_add(&contest->num_opened, 1);
    }
}

/* Each thread goes through time at its own pace. */
static void go_through(struct contest *contest, int64_t step) {
    struct seeded seeded = seeded_of(atomic_fetch_add(&contest->num_threads, 1));
    struct aead_pool *pool;
    if (aead_pool_new(&pool, 4) != BULLA_OK) {
        atomic_fetch_add(&contest->num_wrong, 1);
        return;
    }
    for (int64_t i = 0; i < NUM_ROUNDS; i++) {
        seal_and_open(contest, pool, &seeded, NOW + i * step);
    }
    aead_pool_free(pool);
}

static void *within_one_period(void *argument) {
    go_through(argument, 1);
    return NULL;
}

static void *through_many_periods(void *argument) {
    go_through(argument, PERIOD / 2);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct contest contest = {0};
    assert_int_equal(bulla_ticket_keys_new(&contest.keys, PERIOD), BULLA_OK);
    run_threads(within_one_period, &contest);
    assert_int_equal(contest.num_wrong, 0);
    assert_int_equal(contest.num_opened, NUM_THREADS * NUM_ROUNDS);
    run_threads(through_many_periods, &contest); /* one may let another's key end */
    assert_int_equal(contest.num_wrong, 0);
    bulla_ticket_keys_free(contest.keys);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_sealed_and_opened),
        cmocka_unit_test(test_it_appends),
        cmocka_unit_test(test_altered_truncated_continued),
        cmocka_unit_test(test_somebody_elses),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_clocks_that_go_back),
        cmocka_unit_test(test_more_keys_than_places),
        cmocka_unit_test(test_handed_in),
        cmocka_unit_test(test_a_fleet),
        cmocka_unit_test(test_handed_in_after_drawn),
        cmocka_unit_test(test_handed_in_twice),
        cmocka_unit_test(test_misused),
        cmocka_unit_test(test_eight_at_a_time),
        cmocka_unit_test(test_no_randomness),
        cmocka_unit_test(test_too_long_for_a_ticket),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
