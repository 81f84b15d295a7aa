/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes: the examples of FIPS 180-4, and what the struct's shape promises (forks, peeks, wiping).
 */
#include "crypto/hash.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct example {
    enum hash_id id;
    const char *message;
    const char *digest;
};

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define TWO_LONG_BLOCKS                                                                            \
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"                                     \
    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

static const struct example examples[] = {
    {HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {HASH_SHA1, TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {HASH_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HASH_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {HASH_SHA256, TWO_BLOCKS, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {HASH_SHA384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {HASH_SHA384, TWO_LONG_BLOCKS,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
     "fcc7c71a557e2db966c3e9fa91746039"},
    {HASH_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {HASH_SHA512, TWO_LONG_BLOCKS,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

enum { NUM_EXAMPLES = sizeof examples / sizeof examples[0] };

static void digests_are_the_published_ones(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_EXAMPLES; i++) {
        uint8_t digest[HASH_LEN_MAX];
        uint8_t expected[HASH_LEN_MAX];
        bulla_bytes digest_bytes = hex_into(expected, sizeof expected, examples[i].digest);
        hash_once(examples[i].id, bytes_of_text(examples[i].message), digest);
        assert_true(bytes_equal(bytes_of(digest, hash_len(examples[i].id)), digest_bytes));
    }
}

static void a_million_bytes_in_uneven_runs(void **state) {
    (void)state;
    static uint8_t run[997];
    memset(run, 'a', sizeof run);
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    for (size_t left = 1000000; left > 0;) {
        size_t len = left < sizeof run ? left : sizeof run;
        hash_update(&hash, bytes_of(run, len));
        left -= len;
    }
    uint8_t digest[32];
    hash_finish(&hash, digest);
    HEX(expected, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_true(bytes_equal(BYTES_IN(digest), expected));
}

static void each_split_gives_the_same_digest(void **state) {
    (void)state;
    uint8_t message[300];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i * 7);
    }
    for (enum hash_id id = HASH_SHA1; id <= HASH_SHA512; id++) {
        uint8_t whole[HASH_LEN_MAX];
        uint8_t split[HASH_LEN_MAX];
        hash_once(id, BYTES_IN(message), whole);
        for (size_t cut = 0; cut <= sizeof message; cut++) {
            struct hash hash;
            hash_start(&hash, id);
            hash_update(&hash, bytes_of(message, cut));
            hash_update(&hash, bytes_of(message + cut, sizeof message - cut));
            hash_finish(&hash, split);
            assert_memory_equal(whole, split, hash_len(id));
        }
    }
}

static void a_copy_is_a_fork(void **state) {
    (void)state;
    uint8_t digest[HASH_LEN_MAX];
    uint8_t expected[HASH_LEN_MAX];
    struct hash hash;
    hash_start(&hash, HASH_SHA384);
    hash_update(&hash, BYTES_OF("ab"));
    struct hash fork = hash;
    hash_update(&hash, BYTES_OF("c"));
    hash_update(&fork, BYTES_OF("d"));
    hash_finish(&hash, digest);
    hash_once(HASH_SHA384, BYTES_OF("abc"), expected);
    assert_memory_equal(digest, expected, 48);
    hash_finish(&fork, digest);
    hash_once(HASH_SHA384, BYTES_OF("abd"), expected);
    assert_memory_equal(digest, expected, 48);
}

static void peeking_changes_nothing(void **state) {
    (void)state;
    uint8_t first[32];
    uint8_t second[32];
    uint8_t expected[32];
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    hash_update(&hash, BYTES_OF("ab"));
    hash_peek(&hash, first);
    hash_peek(&hash, second);
    assert_memory_equal(first, second, sizeof first);
    hash_update(&hash, BYTES_OF("c"));
    hash_finish(&hash, second);
    hash_once(HASH_SHA256, BYTES_OF("abc"), expected);
    assert_memory_equal(second, expected, sizeof second);
    hash_once(HASH_SHA256, BYTES_OF("ab"), expected);
    assert_memory_equal(first, expected, sizeof first);
}

static void finishing_wipes_the_state(void **state) {
    (void)state;
    uint8_t digest[64];
    struct hash hash;
    hash_start(&hash, HASH_SHA512);
    hash_update(&hash, BYTES_OF("a secret"));
    hash_finish(&hash, digest);
    assert_true(bytes_all_zero(BYTES_IN(hash.state)));
}

static void lengths_are_those_of_the_standard(void **state) {
    (void)state;
    assert_int_equal(hash_len(HASH_SHA1), 20);
    assert_int_equal(hash_len(HASH_SHA256), 32);
    assert_int_equal(hash_len(HASH_SHA384), 48);
    assert_int_equal(hash_len(HASH_SHA512), 64);
    assert_int_equal(hash_block_len(HASH_SHA1), 64);
    assert_int_equal(hash_block_len(HASH_SHA256), 64);
    assert_int_equal(hash_block_len(HASH_SHA384), 128);
    assert_int_equal(hash_block_len(HASH_SHA512), 128);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_the_published_ones),
        cmocka_unit_test(a_million_bytes_in_uneven_runs),
        cmocka_unit_test(each_split_gives_the_same_digest),
        cmocka_unit_test(a_copy_is_a_fork),
        cmocka_unit_test(peeking_changes_nothing),
        cmocka_unit_test(finishing_wipes_the_state),
        cmocka_unit_test(lengths_are_those_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
