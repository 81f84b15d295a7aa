/* SPDX-License-Identifier: Apache-2.0 */
/* The signature memory: that every part of a question counts, what is forgotten first, and that
 * threads which write over each other never make an answer out of two halves. */
#include "x509/memo.h"
#include "support/check.h"

#include <pthread.h>

enum { ROOM = 64, NUM_THREADS = 8, NUM_ROUNDS = 20000 };

static const uint8_t salt[32] = {7, 1, 9};

static bulla_memo *memo_of(size_t num_entries_max) {
    bulla_memo *memo = NULL;
    assert_int_equal(bulla_memo_new(&memo, num_entries_max, salt), BULLA_OK);
    return memo;
}

static bulla_memo_stats stats_of(const bulla_memo *memo) {
    bulla_memo_stats stats;
    bulla_memo_stats_get(memo, &stats);
    return stats;
}

/* A digest like any other, of the number alone. */
static struct memo_tag tag_number(uint64_t number) {
    struct memo_tag tag;
    for (size_t i = 0; i < MEMO_TAG_WORDS; i++) {
        number += 0x9e3779b97f4a7c15U;
        uint64_t mixed = (number ^ number >> 30) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
        tag.words[i] = mixed ^ mixed >> 31;
    }
    tag.words[MEMO_TAG_WORDS - 1] |= 1;
    return tag;
}

static bool knows_number(bulla_memo *memo, uint64_t number) {
    struct memo_tag tag = tag_number(number);
    return memo_knows_tag(memo, &tag);
}

static void remember_number(bulla_memo *memo, uint64_t number) {
    struct memo_tag tag = tag_number(number);
    memo_remember_tag(memo, &tag);
}

static void test_sizes(void **state) {
    (void)state;
    bulla_memo *memo = NULL;
    assert_int_equal(bulla_memo_new(&memo, 63, salt), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_memo_new(&memo, 0, salt), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_memo_new(&memo, 1048577, salt), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_memo_new(&memo, 64, NULL), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_memo_new(NULL, 64, salt), BULLA_E_API_MISUSE);
    assert_null(memo);
    static const size_t sizes[][2] = {{64, 64}, {65, 128}, {1000, 1024}, {1048576, 1048576}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memo = memo_of(sizes[i][0]);
        assert_int_equal(stats_of(memo).num_entries_max, sizes[i][1]);
        assert_int_equal(stats_of(memo).num_entries, 0);
        bulla_memo_free(memo);
    }
    bulla_memo_free(NULL);
}

static void test_owners(void **state) {
    (void)state;
    bulla_memo *memo = memo_of(ROOM);
    assert_ptr_equal(bulla_memo_ref(memo), memo);
    bulla_memo_free(memo);
    remember_number(memo, 1);
    assert_true(knows_number(memo, 1));
    bulla_memo_free(memo);
}

static void test_no_memo(void **state) {
    (void)state;
    struct certificate child = {0};
    struct public_key_info key = {0};
    memo_remember(NULL, &child, &key);
    assert_false(memo_knows(NULL, &child, &key));
}

/* Zeros are what an empty place holds; no question has that digest. */
static void test_empty(void **state) {
    (void)state;
    bulla_memo *memo = memo_of(ROOM);
    struct memo_tag least = {.words = {0, 0, 0, 1}};
    assert_false(memo_knows_tag(memo, &least));
    struct memo_tag tag = memo_tag_of(memo, &(struct certificate){0}, &(struct public_key_info){0});
    assert_int_equal(tag.words[MEMO_TAG_WORDS - 1] & 1, 1);
    assert_false(memo_knows_tag(memo, &tag));
    assert_int_equal(stats_of(memo).num_misses, 2);
    bulla_memo_free(memo);
}

/* Every part of the question, and the borders between the parts. */
static void test_another_question(void **state) {
    (void)state;
    bulla_memo *memo = memo_of(ROOM);
    const struct certificate child = {.tbs = BYTES_OF("signed bytes"),
                                      .signature = BYTES_OF("signature"),
                                      .signature_algorithm = {SIGNATURE_ECDSA, HASH_SHA256}};
    const struct public_key_info key = {.der = BYTES_OF("key"), .kind = KEY_KIND_EC_P256};
    assert_false(memo_knows(memo, &child, &key));
    memo_remember(memo, &child, &key);
    assert_true(memo_knows(memo, &child, &key));

    struct certificate other = child;
    other.tbs = BYTES_OF("signed byteS");
    assert_false(memo_knows(memo, &other, &key));
    other = child;
    other.signature = BYTES_OF("signaturE");
    assert_false(memo_knows(memo, &other, &key));
    other = child;
    other.signature_algorithm.hash = HASH_SHA384;
    assert_false(memo_knows(memo, &other, &key));
    other = child;
    other.signature_algorithm.kind = SIGNATURE_RSA_PKCS1;
    assert_false(memo_knows(memo, &other, &key));
    struct public_key_info other_key = key;
    other_key.der = BYTES_OF("kez");
    assert_false(memo_knows(memo, &child, &other_key));

    /* The same bytes, parted elsewhere. */
    other = child;
    other.tbs = BYTES_OF("signed bytess");
    other.signature = BYTES_OF("ignature");
    assert_false(memo_knows(memo, &other, &key));
    other = child;
    other.tbs = BYTES_OF("ysigned bytes");
    other_key.der = BYTES_OF("ke");
    assert_false(memo_knows(memo, &other, &other_key));

    /* What is no part of it does not count: where the bytes lie, and the rest of the struct. */
    char copy[] = "signed bytes";
    other = child;
    other.tbs = bytes_of(copy, sizeof copy - 1);
    other.not_after = 1;
    assert_true(memo_knows(memo, &other, &key));
    assert_int_equal(stats_of(memo).num_entries, 1);
    assert_int_equal(stats_of(memo).num_hits, 2);
    assert_int_equal(stats_of(memo).num_misses, 8);
    bulla_memo_free(memo);
}

/* The salt decides where in the table a signature lies. */
static void test_salt(void **state) {
    (void)state;
    bulla_memo *memo = memo_of(ROOM);
    bulla_memo *other = NULL;
    uint8_t other_salt[32] = {7, 1, 9, 1};
    assert_int_equal(bulla_memo_new(&other, ROOM, other_salt), BULLA_OK);
    struct certificate child = {.tbs = BYTES_OF("tbs")};
    struct public_key_info key = {.der = BYTES_OF("key")};
    struct memo_tag here = memo_tag_of(memo, &child, &key);
    struct memo_tag there = memo_tag_of(other, &child, &key);
    assert_true(here.words[0] != there.words[0]);
    memo_remember(memo, &child, &key);
    assert_false(memo_knows(other, &child, &key));
    bulla_memo_free(memo);
    bulla_memo_free(other);
}

static void test_bounded(void **state) {
    (void)state;
    enum { NUM_SIGNATURES = 10000 };
    bulla_memo *memo = memo_of(ROOM);
    for (uint64_t i = 0; i < NUM_SIGNATURES; i++) {
        remember_number(memo, i);
        assert_true(knows_number(memo, i));
        remember_number(memo, i); /* known already: nothing changes */
    }
    bulla_memo_stats stats = stats_of(memo);
    assert_int_equal(stats.num_entries, ROOM);
    assert_int_equal(stats.num_evictions, NUM_SIGNATURES - ROOM);
    assert_int_equal(stats.num_hits, NUM_SIGNATURES);
    size_t num_known = 0;
    for (uint64_t i = 0; i < NUM_SIGNATURES; i++) {
        num_known += knows_number(memo, i);
    }
    assert_int_equal(num_known, ROOM);
    bulla_memo_free(memo);
}

/* What is asked for again and again outlives any number of signatures that are seen once; when it
 * is not asked for any more, it goes. */
static void test_flood(void **state) {
    (void)state;
    enum { NUM_HOT = 16, NUM_FLOOD = 2000 };
    bulla_memo *memo = memo_of(ROOM);
    for (uint64_t i = 0; i < NUM_HOT; i++) {
        remember_number(memo, i);
    }
    for (uint64_t i = 0; i < NUM_FLOOD; i++) {
        for (uint64_t hot = 0; hot < NUM_HOT; hot++) {
            assert_true(knows_number(memo, hot));
        }
        remember_number(memo, 1000 + i);
    }
    for (uint64_t i = 0; i < NUM_FLOOD; i++) {
        remember_number(memo, 100000 + i);
    }
    for (uint64_t hot = 0; hot < NUM_HOT; hot++) {
        assert_false(knows_number(memo, hot));
    }
    bulla_memo_free(memo);
}

struct hammer {
    bulla_memo *memo;
    uint64_t seed;
    size_t num_asked, num_known, num_wrong;
};

/* Even numbers are remembered, odd ones never. */
static void *swing(void *context) {
    struct hammer *hammer = context;
    uint64_t random = hammer->seed;
    for (size_t i = 0; i < NUM_ROUNDS; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        uint64_t number = random >> 33 & 255;
        bool known = knows_number(hammer->memo, number);
        hammer->num_asked++;
        hammer->num_known += known;
        hammer->num_wrong += known && number % 2 == 1;
        if (!known && number % 2 == 0) {
            remember_number(hammer->memo, number);
        }
    }
    return NULL;
}

/* Digests that differ in one half or both, all in one set: each pair of halves that is remembered
 * is of one letter, so that a torn read would show as a pair of two. */
static struct memo_tag tag_of_halves(uint64_t first, uint64_t second) {
    return (struct memo_tag){.words = {first << 32, first << 32, second << 32, second << 32 | 1}};
}

static void *tear(void *context) {
    struct hammer *hammer = context;
    uint64_t random = hammer->seed;
    for (size_t i = 0; i < NUM_ROUNDS; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U;
        uint64_t first = (random >> 33) % 12;
        uint64_t second = (random >> 43) % 12;
        struct memo_tag whole = tag_of_halves(first, first);
        memo_remember_tag(hammer->memo, &whole);
        struct memo_tag asked = tag_of_halves(first, second);
        bool known = memo_knows_tag(hammer->memo, &asked);
        hammer->num_asked++;
        hammer->num_known += known;
        hammer->num_wrong += known && first != second;
    }
    return NULL;
}

static void strike(void *(*thread)(void *)) {
    struct hammer hammers[NUM_THREADS];
    pthread_t threads[NUM_THREADS];
    bulla_memo *memo = memo_of(ROOM);
    size_t num_asked = 0;
    size_t num_known = 0;
    for (size_t i = 0; i < NUM_THREADS; i++) {
        hammers[i] = (struct hammer){.memo = bulla_memo_ref(memo), .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, thread, &hammers[i]), 0);
    }
    for (size_t i = 0; i < NUM_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(hammers[i].num_wrong, 0);
        num_asked += hammers[i].num_asked;
        num_known += hammers[i].num_known;
        bulla_memo_free(memo);
    }
    bulla_memo_stats stats = stats_of(memo);
    assert_int_equal(stats.num_hits, num_known);
    assert_int_equal(stats.num_hits + stats.num_misses, num_asked);
    assert_true(num_known > 0);
    assert_true(stats.num_entries <= ROOM);
    bulla_memo_free(memo);
}

static void test_threads(void **state) {
    (void)state;
    strike(swing);
}

static void test_torn(void **state) {
    (void)state;
    strike(tear);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),   cmocka_unit_test(test_owners),
        cmocka_unit_test(test_no_memo), cmocka_unit_test(test_empty),
        cmocka_unit_test(test_salt),    cmocka_unit_test(test_another_question),
        cmocka_unit_test(test_bounded), cmocka_unit_test(test_flood),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
