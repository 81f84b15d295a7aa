/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC and HKDF: the test cases of RFC 4231 and RFC 5869. */
#include "crypto/hkdf.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_mac(enum hash_id id, bulla_bytes key, bulla_bytes message,
                       const char *expected) {
    uint8_t mac[HASH_LEN_MAX];
    uint8_t expected_mac[HASH_LEN_MAX];
    bulla_bytes expected_bytes = hex_into(expected_mac, sizeof expected_mac, expected);
    hmac_once(id, key, message, mac);
    /* RFC 4231 case 5 truncates. */
    assert_true(bytes_equal(bytes_of(mac, expected_bytes.len), expected_bytes));
}

static void rfc_4231_case_1(void **state) {
    (void)state;
    HEX(key, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    bulla_bytes data = BYTES_OF("Hi There");
    assert_mac(HASH_SHA256, key, data,
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_mac(HASH_SHA384, key, data,
               "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
               "faea9ea9076ede7f4af152e8b2fa9cb6");
    assert_mac(HASH_SHA512, key, data,
               "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
               "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
}

static void rfc_4231_case_2(void **state) {
    (void)state;
    bulla_bytes data = BYTES_OF("what do ya want for nothing?");
    assert_mac(HASH_SHA256, BYTES_OF("Jefe"), data,
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_mac(HASH_SHA384, BYTES_OF("Jefe"), data,
               "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
               "8e2240ca5e69e2c78b3239ecfab21649");
}

static void rfc_4231_case_5(void **state) {
    (void)state;
    HEX(key, "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c");
    assert_mac(HASH_SHA256, key, BYTES_OF("Test With Truncation"),
               "a3b6167473100ee06e0c796c2955552b");
}

static void rfc_4231_cases_6_and_7(void **state) {
    (void)state;
    uint8_t key[131];
    memset(key, 0xaa, sizeof key);
    bulla_bytes data = BYTES_OF("Test Using Larger Than Block-Size Key - Hash Key First");
    assert_mac(HASH_SHA256, BYTES_IN(key), data,
               "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    assert_mac(HASH_SHA384, BYTES_IN(key), data,
               "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
               "0c2ef6ab4030fe8296248df163f44952");
    bulla_bytes long_data =
        BYTES_OF("This is a test using a larger than block-size key and a larger than block-size "
                 "data. The key needs to be hashed before being used by the HMAC algorithm.");
    assert_mac(HASH_SHA256, BYTES_IN(key), long_data,
               "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void a_key_serves_for_many_messages(void **state) {
    (void)state;
    struct hmac_key key;
    uint8_t once[32];
    uint8_t again[32];
    hmac_key_set(&key, HASH_SHA256, BYTES_OF("Jefe"));
    hmac(&key, BYTES_OF("another message"), again);
    hmac(&key, BYTES_OF("what do ya want for nothing?"), again);
    hmac_once(HASH_SHA256, BYTES_OF("Jefe"), BYTES_OF("what do ya want for nothing?"), once);
    assert_memory_equal(once, again, sizeof once);
    hmac(&key, BYTES_OF("what do ya want for nothing!"), again);
    assert_memory_not_equal(once, again, sizeof once);
}

/* Zeros at a key's end are HMAC's own padding; a bit elsewhere is another key. */
static void keys_of_the_block_length_are_not_hashed(void **state) {
    (void)state;
    uint8_t key[65] = {1, 2, 3};
    uint8_t a[32];
    uint8_t b[32];
    hmac_once(HASH_SHA256, bytes_of(key, 3), BYTES_OF("m"), a);
    hmac_once(HASH_SHA256, bytes_of(key, 64), BYTES_OF("m"), b);
    assert_memory_equal(a, b, sizeof a);
    hmac_once(HASH_SHA256, bytes_of(key, 65), BYTES_OF("m"), b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void assert_hkdf(enum hash_id id, bulla_bytes input_key, bulla_bytes salt, bulla_bytes info,
                        const char *expected_prk, const char *expected_okm) {
    uint8_t prk[HASH_LEN_MAX];
    uint8_t okm[82];
    uint8_t expected[82];
    bulla_bytes expected_bytes = hex_into(expected, sizeof expected, expected_prk);
    hkdf_extract(id, salt, input_key, prk);
    assert_true(bytes_equal(bytes_of(prk, hash_len(id)), expected_bytes));

    struct hmac_key key;
    hmac_key_set(&key, id, bytes_of(prk, hash_len(id)));
    expected_bytes = hex_into(expected, sizeof expected, expected_okm);
    for (size_t len = 0; len <= expected_bytes.len; len++) {
        memset(okm, 0, sizeof okm);
        hkdf_expand(&key, info, okm, len);
        assert_memory_equal(okm, expected, len);
        assert_true(bytes_all_zero(bytes_of(okm + len, sizeof okm - len)));
    }
}

static void rfc_5869_case_1(void **state) {
    (void)state;
    HEX(input_key, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    HEX(salt, "000102030405060708090a0b0c");
    HEX(info, "f0f1f2f3f4f5f6f7f8f9");
    assert_hkdf(HASH_SHA256, input_key, salt, info,
                "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                "34007208d5b887185865");
}

static void rfc_5869_case_2(void **state) {
    (void)state;
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_hkdf(HASH_SHA256, bytes_of(bytes, 80), bytes_of(bytes + 0x60, 80),
                bytes_of(bytes + 0xb0, 80),
                "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                "cc30c58179ec3e87c14c01d5c1f3434f1d87");
}

static void rfc_5869_case_3_without_salt(void **state) {
    (void)state;
    HEX(input_key, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    static const uint8_t zeros[32];
    const char *prk = "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04";
    const char *okm = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                      "9d201395faa4b61a96c8";
    assert_hkdf(HASH_SHA256, input_key, bytes_of(NULL, 0), bytes_of(NULL, 0), prk, okm);
    assert_hkdf(HASH_SHA256, input_key, BYTES_IN(zeros), bytes_of(NULL, 0), prk, okm);
}

/* The longest output there is: its last block depends on all before it. */
static void expands_to_255_blocks(void **state) {
    (void)state;
    static uint8_t whole[255 * 32];
    static uint8_t shorter[255 * 32];
    struct hmac_key key;
    hmac_key_set(&key, HASH_SHA256, BYTES_OF("key"));
    hkdf_expand(&key, BYTES_OF("info"), whole, sizeof whole);
    hkdf_expand(&key, BYTES_OF("info"), shorter, sizeof shorter - 1);
    assert_memory_equal(whole, shorter, sizeof shorter - 1);

    uint8_t input[32 + 4 + 1]; /* T(254), info, 255 */
    uint8_t last[32];
    bytes_copy(input, 32, bytes_of(whole + 253 * 32, 32));
    bytes_copy(input + 32, 4, BYTES_OF("info"));
    input[36] = 255;
    hmac(&key, BYTES_IN(input), last);
    assert_memory_equal(last, whole + 254 * 32, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_4231_case_1),
        cmocka_unit_test(rfc_4231_case_2),
        cmocka_unit_test(rfc_4231_case_5),
        cmocka_unit_test(rfc_4231_cases_6_and_7),
        cmocka_unit_test(a_key_serves_for_many_messages),
        cmocka_unit_test(keys_of_the_block_length_are_not_hashed),
        cmocka_unit_test(rfc_5869_case_1),
        cmocka_unit_test(rfc_5869_case_2),
        cmocka_unit_test(rfc_5869_case_3_without_salt),
        cmocka_unit_test(expands_to_255_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
