/* SPDX-License-Identifier: Apache-2.0 */
/* PBKDF2 (RFC 6070, RFC 7914 11), scrypt (RFC 7914 12), AES-CBC (NIST SP 800-38A F.2), and the
 * bounds on what a file may ask of us. */
#include "crypto/password.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void pbkdf2_gives_the_published_keys(void **state) {
    (void)state;
    uint8_t key[64];
    HEX(sha1_key, "4b007901b765489abead49d926f721d065a429c1");
    assert_int_equal(
        password_pbkdf2(HASH_SHA1, BYTES_OF("password"), BYTES_OF("salt"), 4096, key, 20),
        BULLA_OK);
    assert_true(bytes_equal(bytes_of(key, 20), sha1_key));
    HEX(sha256_key, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    assert_int_equal(password_pbkdf2(HASH_SHA256, BYTES_OF("passwd"), BYTES_OF("salt"), 1, key, 64),
                     BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(key), sha256_key));
}

static void pbkdf2_has_bounds(void **state) {
    (void)state;
    uint8_t key[16];
    bulla_bytes salt = BYTES_OF("salt");
    assert_int_equal(password_pbkdf2(HASH_SHA256, salt, salt, 0, key, sizeof key),
                     BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    assert_int_equal(password_pbkdf2(HASH_SHA256, salt, salt, 10000001, key, sizeof key),
                     BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    assert_int_equal(password_pbkdf2(HASH_INVALID, salt, salt, 1, key, sizeof key),
                     BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    assert_int_equal(password_pbkdf2(HASH_SHA384, bytes_of(NULL, 0), salt, 1, key, sizeof key),
                     BULLA_OK);
}

static void scrypt_gives_the_published_keys(void **state) {
    (void)state;
    uint8_t key[64];
    HEX(no_password, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                     "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
    assert_int_equal(password_scrypt(bytes_of(NULL, 0), bytes_of(NULL, 0), 16, 1, 1, key, 64),
                     BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(key), no_password));
    HEX(nacl, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
              "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
    assert_int_equal(password_scrypt(BYTES_OF("password"), BYTES_OF("NaCl"), 1024, 8, 16, key, 64),
                     BULLA_OK);
    assert_true(bytes_equal(BYTES_IN(key), nacl));
}

static void scrypt_has_bounds(void **state) {
    (void)state;
    static const uint64_t refused[][3] = {
        {0, 8, 1},
        {1, 8, 1},
        {15, 8, 1},
        {16, 0, 1},
        {16, 8, 0},
        {131072, 8, 1},  /* 128 MiB */
        {65536, 8, 1},   /* 64 MiB and a block: the input counts, too */
        {2, 1, 1 << 20}, /* 128 MiB of input blocks */
        {32768, 8, 33},
        {16, 1, (uint64_t)1 << 30},
        {(uint64_t)1 << 63, 2, 1},
        {2, (uint64_t)1 << 57, 1},
        {16, 8, UINT64_MAX},
    };
    uint8_t key[16];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(password_scrypt(BYTES_OF("p"), BYTES_OF("s"), refused[i][0], refused[i][1],
                                         refused[i][2], key, sizeof key),
                         BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    }
    /* Twice what `openssl pkcs8 -scrypt` asks for. */
    assert_int_equal(password_scrypt(BYTES_OF("p"), BYTES_OF("s"), 32768, 8, 1, key, sizeof key),
                     BULLA_OK);
}

static void cbc_gives_the_published_blocks(void **state) {
    (void)state;
    static const char *const keys[] = {
        "2b7e151628aed2a6abf7158809cf4f3c",
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
    };
    static const char *const ciphers[] = {
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
        "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
    };
    HEX(iv, "000102030405060708090a0b0c0d0e0f");
    HEX(plain, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    for (size_t i = 0; i < 3; i++) {
        uint8_t key_bytes[32];
        uint8_t expected[32];
        uint8_t sealed[48];
        uint8_t opened[48];
        size_t len;
        bulla_bytes key = hex_into(key_bytes, sizeof key_bytes, keys[i]);
        assert_int_equal(aes_cbc_encrypt(key, iv, plain, sealed, &len), BULLA_OK);
        assert_int_equal(len, 48);
        assert_true(
            bytes_equal(bytes_of(sealed, 32), hex_into(expected, sizeof expected, ciphers[i])));
        assert_int_equal(aes_cbc_decrypt(key, iv, bytes_of(sealed, len), opened, &len), BULLA_OK);
        assert_true(bytes_equal(bytes_of(opened, len), plain));
    }
}

static void cbc_pads_every_length(void **state) {
    (void)state;
    uint8_t plain[40];
    memset(plain, 7, sizeof plain);
    HEX(key, "2b7e151628aed2a6abf7158809cf4f3c");
    for (size_t len = 0; len <= sizeof plain; len++) {
        uint8_t sealed[sizeof plain + 16];
        uint8_t opened[sizeof plain + 16];
        size_t sealed_len;
        size_t opened_len;
        assert_int_equal(aes_cbc_encrypt(key, key, bytes_of(plain, len), sealed, &sealed_len),
                         BULLA_OK);
        assert_int_equal(sealed_len, len / 16 * 16 + 16);
        assert_int_equal(
            aes_cbc_decrypt(key, key, bytes_of(sealed, sealed_len), opened, &opened_len), BULLA_OK);
        assert_true(bytes_equal(bytes_of(opened, opened_len), bytes_of(plain, len)));
    }
}

static void cbc_tells_a_wrong_password_from_a_broken_file(void **state) {
    (void)state;
    HEX(key, "2b7e151628aed2a6abf7158809cf4f3c");
    uint8_t sealed[16];
    uint8_t opened[32];
    size_t len;
    bulla_bytes short_key = bytes_of(key.data, 15);
    assert_int_equal(aes_cbc_encrypt(key, key, BYTES_OF("secret"), sealed, &len), BULLA_OK);
    assert_int_equal(len, sizeof sealed);
    assert_int_equal(aes_cbc_decrypt(key, key, bytes_of(sealed, 15), opened, &len),
                     BULLA_E_KEY_MALFORMED);
    assert_int_equal(aes_cbc_decrypt(key, key, bytes_of(sealed, 0), opened, &len),
                     BULLA_E_KEY_MALFORMED);
    assert_int_equal(aes_cbc_decrypt(short_key, key, BYTES_IN(sealed), opened, &len),
                     BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    assert_int_equal(aes_cbc_decrypt(key, short_key, BYTES_IN(sealed), opened, &len),
                     BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    sealed[15] ^= 1;
    memset(opened, 1, sizeof opened);
    assert_int_equal(aes_cbc_decrypt(key, key, BYTES_IN(sealed), opened, &len),
                     BULLA_E_KEY_PASSWORD_WRONG);
    assert_true(bytes_all_zero(bytes_of(opened, sizeof sealed)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pbkdf2_gives_the_published_keys),
        cmocka_unit_test(pbkdf2_has_bounds),
        cmocka_unit_test(scrypt_gives_the_published_keys),
        cmocka_unit_test(scrypt_has_bounds),
        cmocka_unit_test(cbc_gives_the_published_blocks),
        cmocka_unit_test(cbc_pads_every_length),
        cmocka_unit_test(cbc_tells_a_wrong_password_from_a_broken_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
