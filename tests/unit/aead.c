/* SPDX-License-Identifier: Apache-2.0 */
/* AEADs: published vectors, every way to be refused, and the lending of contexts: keys beyond the
 * pool's slots, copies of keys in other pools, both directions of one key, retirement. */
#include "crypto/aead.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const enum aead_id all_ids[] = {AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305};
enum { NUM_IDS = 3, MESSAGE_LEN = 100, SEALED_LEN = MESSAGE_LEN + AEAD_TAG_LEN };

static const uint8_t a_nonce[AEAD_NONCE_LEN] = {1, 2, 3};

static struct aead_pool *new_pool(size_t num_contexts) {
    struct aead_pool *pool = NULL;
    assert_int_equal(aead_pool_new(&pool, num_contexts), BULLA_OK);
    return pool;
}

static struct aead_key new_key(enum aead_id id, uint8_t first_byte) {
    return (struct aead_key){.id = id, .bytes = {first_byte, 0x5a}};
}

/* Seals MESSAGE_LEN bytes that follow from the key. */
static void seal(struct aead_pool *pool, struct aead_key *key, uint8_t *out) {
    uint8_t message[MESSAGE_LEN];
    memset(message, key->bytes[0], sizeof message);
    assert_int_equal(
        aead_seal(pool, key, a_nonce, BYTES_OF("data"), BYTES_IN(message), bytes_of(NULL, 0), out),
        BULLA_OK);
}

static bulla_cause open(struct aead_pool *pool, struct aead_key *key, uint8_t *sealed) {
    bulla_cause cause = aead_open(pool, key, a_nonce, BYTES_OF("data"), sealed, SEALED_LEN);
    for (size_t i = 0; cause == BULLA_OK && i < MESSAGE_LEN; i++) {
        assert_int_equal(sealed[i], key->bytes[0]);
    }
    return cause;
}

struct vector {
    enum aead_id id;
    const char *key, *nonce, *data, *plain, *sealed;
};

/* Test cases 4 and 16 of the GCM specification (McGrew and Viega), RFC 8439 2.8.2. */
static const struct vector vectors[] = {
    {AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    {AEAD_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
     "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
     "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
     "637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
     "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
     "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
     "3ff4def08e4b7a9de576d26586cec64b6116"
     "1ae10b594f09e26a7e902ecbd0600691"},
};

static void published_vectors(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(1);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        const struct vector *vector = &vectors[i];
        struct aead_key write = {.id = vector->id};
        uint8_t nonce[AEAD_NONCE_LEN];
        uint8_t data[32];
        uint8_t plain[128];
        uint8_t expected[160];
        uint8_t sealed[160];
        bulla_bytes key = hex_into(write.bytes, sizeof write.bytes, vector->key);
        assert_int_equal(key.len, aead_key_len(vector->id));
        struct aead_key read = write;
        hex_into(nonce, sizeof nonce, vector->nonce);
        bulla_bytes data_bytes = hex_into(data, sizeof data, vector->data);
        bulla_bytes plain_bytes = hex_into(plain, sizeof plain, vector->plain);
        bulla_bytes expected_bytes = hex_into(expected, sizeof expected, vector->sealed);
        assert_int_equal(
            aead_seal(pool, &write, nonce, data_bytes, plain_bytes, bytes_of(NULL, 0), sealed),
            BULLA_OK);
        assert_true(bytes_equal(bytes_of(sealed, expected_bytes.len), expected_bytes));
        assert_int_equal(aead_open(pool, &read, nonce, data_bytes, sealed, expected_bytes.len),
                         BULLA_OK);
        assert_true(bytes_equal(bytes_of(sealed, plain_bytes.len), plain_bytes));
    }
    aead_pool_free(pool);
}

/* Heads on both sides of the length up to which they are copied, apart and in place. */
static void head_and_tail_are_one_plaintext(void **state) {
    (void)state;
    enum { LEN = 2000 };
    static uint8_t plain[LEN];
    static uint8_t whole[LEN + AEAD_TAG_LEN];
    static uint8_t parts[LEN + AEAD_TAG_LEN];
    static const size_t cuts[] = {0, 1, 15, 16, 17, 1023, 1024, 1025, 1999, 2000};
    struct aead_pool *pool = new_pool(2);
    for (size_t i = 0; i < LEN; i++) {
        plain[i] = (uint8_t)(i * 31);
    }
    for (size_t i = 0; i < NUM_IDS * sizeof cuts / sizeof cuts[0]; i++) {
        struct aead_key key = new_key(all_ids[i % NUM_IDS], 7);
        bulla_bytes head = bytes_of(plain, cuts[i / NUM_IDS]);
        bulla_bytes tail = bytes_of(plain + head.len, LEN - head.len);
        bulla_bytes none = bytes_of(NULL, 0);
        assert_int_equal(aead_seal(pool, &key, a_nonce, none, BYTES_IN(plain), none, whole),
                         BULLA_OK);
        assert_int_equal(aead_seal(pool, &key, a_nonce, none, head, tail, parts), BULLA_OK);
        assert_memory_equal(whole, parts, sizeof whole);

        bytes_copy(parts, LEN, head);
        assert_int_equal(
            aead_seal(pool, &key, a_nonce, none, bytes_of(parts, head.len), tail, parts), BULLA_OK);
        assert_memory_equal(whole, parts, sizeof whole);
    }
    aead_pool_free(pool);
}

static void nothing_at_all_can_be_sealed(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(2);
    bulla_bytes none = bytes_of(NULL, 0);
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct aead_key write = new_key(all_ids[i], 1);
        struct aead_key read = write;
        uint8_t sealed[AEAD_TAG_LEN];
        assert_int_equal(aead_seal(pool, &write, a_nonce, none, none, none, sealed), BULLA_OK);
        assert_int_equal(aead_open(pool, &read, a_nonce, none, sealed, sizeof sealed), BULLA_OK);
        sealed[0] ^= 1; /* opening leaves the tag as it is */
        assert_int_equal(aead_open(pool, &read, a_nonce, none, sealed, sizeof sealed),
                         BULLA_E_RECORD_DECRYPT_FAILED);
    }
    aead_pool_free(pool);
}

static void each_changed_byte_is_noticed_and_nothing_is_left(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(2);
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct aead_key write = new_key(all_ids[i], 9);
        struct aead_key read = write;
        uint8_t good[SEALED_LEN];
        uint8_t bad[SEALED_LEN];
        seal(pool, &write, good);
        for (size_t at = 0; at < SEALED_LEN; at++) {
            bytes_copy(bad, sizeof bad, BYTES_IN(good));
            bad[at] ^= 0x80;
            assert_int_equal(open(pool, &read, bad), BULLA_E_RECORD_DECRYPT_FAILED);
            assert_true(bytes_all_zero(BYTES_IN(bad)));
        }
        assert_int_equal(open(pool, &read, good), BULLA_OK);
    }
    aead_pool_free(pool);
}

static void another_nonce_key_data_or_length_is_refused(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(4);
    static const uint8_t other_nonce[AEAD_NONCE_LEN] = {1, 2, 4};
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct aead_key write = new_key(all_ids[i], 9);
        struct aead_key read = write;
        struct aead_key other = new_key(all_ids[i], 10);
        uint8_t sealed[SEALED_LEN];
        seal(pool, &write, sealed);
        assert_int_equal(open(pool, &other, sealed), BULLA_E_RECORD_DECRYPT_FAILED);
        seal(pool, &write, sealed);
        assert_int_equal(aead_open(pool, &read, other_nonce, BYTES_OF("data"), sealed, SEALED_LEN),
                         BULLA_E_RECORD_DECRYPT_FAILED);
        seal(pool, &write, sealed);
        assert_int_equal(aead_open(pool, &read, a_nonce, BYTES_OF("dato"), sealed, SEALED_LEN),
                         BULLA_E_RECORD_DECRYPT_FAILED);
        seal(pool, &write, sealed);
        assert_int_equal(aead_open(pool, &read, a_nonce, BYTES_OF("dat"), sealed, SEALED_LEN),
                         BULLA_E_RECORD_DECRYPT_FAILED);
        for (size_t len = 0; len < SEALED_LEN; len += 5) {
            seal(pool, &write, sealed);
            assert_int_equal(aead_open(pool, &read, a_nonce, BYTES_OF("data"), sealed, len),
                             BULLA_E_RECORD_DECRYPT_FAILED);
            assert_true(bytes_all_zero(bytes_of(sealed, len)));
        }
        seal(pool, &write, sealed);
        assert_int_equal(open(pool, &read, sealed), BULLA_OK);
    }
    aead_pool_free(pool);
}

/* Seven keys on three slots, in an order that keeps taking contexts back. */
static void more_keys_than_contexts(void **state) {
    (void)state;
    enum { NUM_KEYS = 7 };
    struct aead_pool *pool = new_pool(3);
    struct aead_key writes[NUM_KEYS];
    struct aead_key reads[NUM_KEYS];
    for (size_t i = 0; i < NUM_KEYS; i++) {
        writes[i] = reads[i] = new_key(all_ids[i % 2], (uint8_t)(i + 1));
    }
    for (size_t turn = 0; turn < 500; turn++) {
        size_t i = (turn * turn + turn / 3) % NUM_KEYS;
        uint8_t sealed[SEALED_LEN];
        seal(pool, &writes[i], sealed);
        assert_int_equal(open(pool, &reads[i], sealed), BULLA_OK);
    }
    aead_pool_free(pool);
}

static void a_key_in_use_keeps_its_context(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(2);
    struct aead_key busy = new_key(AEAD_AES_128_GCM, 1);
    uint8_t sealed[SEALED_LEN];
    seal(pool, &busy, sealed);
    uint32_t loan = busy.loan;
    assert_int_not_equal(loan, 0);
    for (uint8_t i = 2; i < 50; i++) {
        struct aead_key passing = new_key(AEAD_AES_128_GCM, i);
        seal(pool, &passing, sealed);
        seal(pool, &busy, sealed);
    }
    assert_int_equal(busy.loan, loan);
    aead_pool_free(pool);
}

/* Loans of two pools are alike: number 1 on slot 0. The keys are not. */
static void another_pools_loan_is_not_mistaken(void **state) {
    (void)state;
    struct aead_pool *here = new_pool(1);
    struct aead_pool *there = new_pool(1);
    struct aead_key first = new_key(AEAD_AES_256_GCM, 1);
    struct aead_key second = new_key(AEAD_AES_256_GCM, 2);
    struct aead_key read = second;
    uint8_t sealed[SEALED_LEN];
    seal(here, &first, sealed);
    seal(there, &second, sealed);
    assert_int_equal(first.loan, second.loan);

    seal(here, &second, sealed); /* the connection moved */
    assert_int_equal(open(there, &read, sealed), BULLA_OK);
    seal(there, &second, sealed); /* and back */
    assert_int_equal(open(there, &read, sealed), BULLA_OK);
    aead_pool_free(here);
    aead_pool_free(there);
}

/* A client and a server in one process: the same bytes, and after a move the same loan. */
static void both_directions_of_one_key(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct aead_pool *pool = new_pool(1);
        struct aead_key write = new_key(all_ids[i], 3);
        uint8_t sealed[SEALED_LEN];
        seal(pool, &write, sealed);
        struct aead_key read = write; /* loan and all */
        assert_int_equal(open(pool, &read, sealed), BULLA_OK);
        seal(pool, &write, sealed);
        assert_int_equal(open(pool, &read, sealed), BULLA_OK);
        aead_pool_free(pool);
    }
}

static void retiring_wipes_the_key_and_frees_its_slot(void **state) {
    (void)state;
    struct aead_pool *pool = new_pool(2);
    struct aead_key staying = new_key(AEAD_AES_128_GCM, 1);
    struct aead_key leaving = new_key(AEAD_AES_128_GCM, 2);
    uint8_t sealed[SEALED_LEN];
    seal(pool, &staying, sealed);
    uint32_t staying_loan = staying.loan;
    for (uint8_t i = 2; i < 20; i++) {
        leaving = new_key(AEAD_AES_128_GCM, i);
        seal(pool, &leaving, sealed);
        assert_int_equal(open(pool, &leaving, sealed), BULLA_OK); /* takes both slots */
        aead_key_retire(pool, &leaving);
        assert_true(bytes_all_zero(bytes_of(&leaving, sizeof leaving)));
    }
    struct aead_key never_used = new_key(AEAD_AES_128_GCM, 2);
    aead_key_retire(pool, &never_used);
    aead_key_retire(pool, &never_used);
    seal(pool, &staying, sealed);
    assert_int_not_equal(staying.loan, staying_loan);
    aead_pool_free(pool);
}

static void misuse_is_refused(void **state) {
    (void)state;
    struct aead_pool *pool = NULL;
    assert_int_equal(aead_pool_new(&pool, 0), BULLA_E_API_MISUSE);
    assert_int_equal(aead_pool_new(&pool, 4097), BULLA_E_API_MISUSE);
    pool = new_pool(4096);
    struct aead_key key = {.id = AEAD_INVALID};
    uint8_t buffer[AEAD_TAG_LEN] = {0};
    bulla_bytes none = bytes_of(NULL, 0);
    assert_int_equal(aead_seal(pool, &key, a_nonce, none, none, none, buffer), BULLA_E_API_MISUSE);
    assert_int_equal(aead_open(pool, &key, a_nonce, none, buffer, sizeof buffer),
                     BULLA_E_API_MISUSE);
    aead_key_retire(pool, &key);
    aead_pool_free(pool);
    aead_pool_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(head_and_tail_are_one_plaintext),
        cmocka_unit_test(nothing_at_all_can_be_sealed),
        cmocka_unit_test(each_changed_byte_is_noticed_and_nothing_is_left),
        cmocka_unit_test(another_nonce_key_data_or_length_is_refused),
        cmocka_unit_test(more_keys_than_contexts),
        cmocka_unit_test(a_key_in_use_keeps_its_context),
        cmocka_unit_test(another_pools_loan_is_not_mistaken),
        cmocka_unit_test(both_directions_of_one_key),
        cmocka_unit_test(retiring_wipes_the_key_and_frees_its_slot),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
