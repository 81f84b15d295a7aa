/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM-768 where published vectors (wycheproof.c) do not look: what agrees, what is refused at
 * its very edge, and what an altered ciphertext leads to. */
#include "crypto/mlkem.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct mlkem_key key_of(uint8_t number) {
    uint8_t seed[MLKEM_SEED_LEN] = {number};
    struct mlkem_key key;
    mlkem_keygen(&key, seed);
    return key;
}

static void both_sides_agree(void **state) {
    (void)state;
    for (uint8_t i = 0; i < 50; i++) {
        struct mlkem_key key = key_of(i);
        uint8_t message[MLKEM_MESSAGE_LEN] = {i}, ciphertext[MLKEM_CIPHERTEXT_LEN];
        uint8_t ours[MLKEM_SECRET_LEN], theirs[MLKEM_SECRET_LEN];
        assert_int_equal(
            mlkem_encapsulate(BYTES_IN(key.encapsulation_key), message, ciphertext, ours),
            BULLA_OK);
        assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), theirs), BULLA_OK);
        assert_memory_equal(ours, theirs, sizeof ours);
        key = key_of((uint8_t)(i + 1)); /* somebody else's */
        assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), theirs), BULLA_OK);
        assert_memory_not_equal(ours, theirs, sizeof ours);
    }
}

/* FIPS 203 6.3: an altered ciphertext gives a secret of its own, the same each time. */
static void altered_ciphertexts_are_rejected_in_silence(void **state) {
    (void)state;
    struct mlkem_key key = key_of(1);
    uint8_t message[MLKEM_MESSAGE_LEN] = {2}, ciphertext[MLKEM_CIPHERTEXT_LEN];
    uint8_t agreed[MLKEM_SECRET_LEN], once[MLKEM_SECRET_LEN], again[MLKEM_SECRET_LEN];
    assert_int_equal(
        mlkem_encapsulate(BYTES_IN(key.encapsulation_key), message, ciphertext, agreed), BULLA_OK);
    for (size_t i = 0; i < sizeof ciphertext; i += 31) {
        ciphertext[i] ^= 1;
        assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), once), BULLA_OK);
        assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), again), BULLA_OK);
        assert_memory_equal(once, again, sizeof once);
        assert_memory_not_equal(once, agreed, sizeof once);
        key.rejection_seed[0] ^= 1;
        assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), again), BULLA_OK);
        assert_memory_not_equal(once, again, sizeof once);
        key.rejection_seed[0] ^= 1;
        ciphertext[i] ^= 1;
    }
    assert_int_equal(mlkem_decapsulate(&key, BYTES_IN(ciphertext), once), BULLA_OK);
    assert_memory_equal(once, agreed, sizeof once);
}

/* Writes a coefficient of 12 bits at an even place. */
static void coefficient_set(uint8_t *encoded, size_t pair, unsigned value) {
    encoded[3 * pair] = (uint8_t)value;
    encoded[3 * pair + 1] = (uint8_t)((encoded[3 * pair + 1] & 0xf0) | value >> 8);
}

/* FIPS 203 7.2: 3328 is a coefficient, 3329 is none, wherever it stands. */
static void the_modulus_is_checked(void **state) {
    (void)state;
    uint8_t message[MLKEM_MESSAGE_LEN] = {0}, ciphertext[MLKEM_CIPHERTEXT_LEN];
    uint8_t secret[MLKEM_SECRET_LEN];
    for (size_t pair = 0; pair < MLKEM_VECTOR_LEN / 3; pair++) {
        static const struct {
            unsigned value;
            bulla_cause cause;
        } cases[] = {
            {3328, BULLA_OK}, {3329, BULLA_E_KEY_SHARE_INVALID}, {4095, BULLA_E_KEY_SHARE_INVALID}};
        struct mlkem_key key = key_of(3);
        for (size_t i = 0; i < 3; i++) {
            coefficient_set(key.encapsulation_key, pair, cases[i].value);
            assert_int_equal(
                mlkem_encapsulate(BYTES_IN(key.encapsulation_key), message, ciphertext, secret),
                cases[i].cause);
        }
        key.encapsulation_key[3 * pair] = 0;
        key.encapsulation_key[3 * pair + 1] = 0x10; /* the odd place: 0xd01 is 3329 */
        key.encapsulation_key[3 * pair + 2] = 0xd0;
        assert_int_equal(
            mlkem_encapsulate(BYTES_IN(key.encapsulation_key), message, ciphertext, secret),
            BULLA_E_KEY_SHARE_INVALID);
    }
}

static void other_lengths_are_refused(void **state) {
    (void)state;
    struct mlkem_key key = key_of(4);
    uint8_t message[MLKEM_MESSAGE_LEN] = {0}, secret[MLKEM_SECRET_LEN];
    uint8_t long_key[MLKEM_ENCAPSULATION_KEY_LEN + 1] = {0}, out[MLKEM_CIPHERTEXT_LEN];
    uint8_t ciphertext[MLKEM_CIPHERTEXT_LEN + 1] = {0};
    static const size_t keys[] = {0, 1, MLKEM_ENCAPSULATION_KEY_LEN - 1,
                                  MLKEM_ENCAPSULATION_KEY_LEN + 1};
    static const size_t ciphertexts[] = {0, 1, MLKEM_CIPHERTEXT_LEN - 1, MLKEM_CIPHERTEXT_LEN + 1};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(mlkem_encapsulate(bytes_of(long_key, keys[i]), message, out, secret),
                         BULLA_E_KEY_SHARE_INVALID);
        assert_int_equal(mlkem_decapsulate(&key, bytes_of(ciphertext, ciphertexts[i]), secret),
                         BULLA_E_KEY_SHARE_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(altered_ciphertexts_are_rejected_in_silence),
        cmocka_unit_test(the_modulus_is_checked),
        cmocka_unit_test(other_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
