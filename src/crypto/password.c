/* SPDX-License-Identifier: Apache-2.0 */
/* PBKDF2 and AES-CBC (RFC 8018 5.2 and B.2.5) and scrypt (RFC 7914), for encrypted PKCS#8 files.
 * Read from a file once, so the generic doors of libcrypto serve. A file's parameters are bounded:
 * what would take minutes or much memory is refused. Called by src/der. */
#include "crypto/libcrypto.h"

#include "crypto/password.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum {
    AES_BLOCK_LEN = 16,
    PBKDF2_ITERATIONS_MAX = 10000000,
    SCRYPT_MEMORY_MAX = 64 << 20,
    /* Sixteen passes over the largest memory, some seconds: the memory bound alone would leave
       scrypt's parallelism, and with it the time, without one. */
    SCRYPT_WORK_MAX = 1 << 30,
};

static const EVP_MD *digest_of(enum hash_id id);
static const EVP_CIPHER *cipher_for_key(size_t key_len);

/* True where N, r and p are what RFC 7914 6 allows and stay below our bounds. */
static bool scrypt_is_bearable(uint64_t n, uint64_t r, uint64_t p);

static bulla_cause aes_cbc(bool encrypt, bulla_bytes key, bulla_bytes iv, bulla_bytes in,
                           uint8_t *out, size_t *out_len);

bulla_cause password_pbkdf2(enum hash_id hash, bulla_bytes password, bulla_bytes salt,
                            uint32_t iterations, uint8_t *out, size_t len) {
    const EVP_MD *digest = digest_of(hash);
    if (digest == NULL || iterations == 0 || iterations > PBKDF2_ITERATIONS_MAX) {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    if (password.len > INT_MAX || salt.len > INT_MAX || len > INT_MAX) {
        return BULLA_E_API_MISUSE;
    }
    ERR_set_mark();
    int done = PKCS5_PBKDF2_HMAC((const char *)password.data, (int)password.len, salt.data,
                                 (int)salt.len, (int)iterations, digest, (int)len, out);
    ERR_pop_to_mark();
    return done == 1 ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

bulla_cause password_scrypt(bulla_bytes password, bulla_bytes salt, uint64_t n, uint64_t r,
                            uint64_t p, uint8_t *out, size_t len) {
    if (!scrypt_is_bearable(n, r, p)) {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    /* libcrypto counts a few blocks beside N * r, hence twice the bound here. */
    ERR_set_mark();
    int done = EVP_PBE_scrypt((const char *)password.data, password.len, salt.data, salt.len, n, r,
                              p, 2 * SCRYPT_MEMORY_MAX, out, len);
    ERR_pop_to_mark();
    return done == 1 ? BULLA_OK : BULLA_E_CRYPTO_FAILED;
}

bulla_cause aes_cbc_decrypt(bulla_bytes key, bulla_bytes iv, bulla_bytes in, uint8_t *out,
                            size_t *out_len) {
    if (in.len == 0 || in.len % AES_BLOCK_LEN != 0) {
        return BULLA_E_KEY_MALFORMED;
    }
    return aes_cbc(false, key, iv, in, out, out_len);
}

bulla_cause aes_cbc_encrypt(bulla_bytes key, bulla_bytes iv, bulla_bytes in, uint8_t *out,
                            size_t *out_len) {
    return aes_cbc(true, key, iv, in, out, out_len);
}

static bulla_cause aes_cbc(bool encrypt, bulla_bytes key, bulla_bytes iv, bulla_bytes in,
                           uint8_t *out, size_t *out_len) {
    const EVP_CIPHER *cipher = cipher_for_key(key.len);
    if (cipher == NULL || iv.len != AES_BLOCK_LEN) {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    if (in.len > INT_MAX - AES_BLOCK_LEN) {
        return BULLA_E_API_MISUSE;
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    int head_len = 0;
    int last_len = 0;
    bulla_cause cause = BULLA_OK;
    ERR_set_mark();
    if (EVP_CipherInit_ex(context, cipher, NULL, key.data, iv.data, encrypt) != 1 ||
        EVP_CipherUpdate(context, out, &head_len, in.data, (int)in.len) != 1) {
        cause = BULLA_E_CRYPTO_FAILED;
    } else if (EVP_CipherFinal_ex(context, out + head_len, &last_len) != 1) {
        /* Decrypting, what can be wrong this late is the padding. */
        cause = encrypt ? BULLA_E_CRYPTO_FAILED : BULLA_E_KEY_PASSWORD_WRONG;
    }
    ERR_pop_to_mark();
    EVP_CIPHER_CTX_free(context);
    if (cause != BULLA_OK) {
        bytes_wipe(out, in.len);
        return cause;
    }
    *out_len = (size_t)head_len + (size_t)last_len;
    return BULLA_OK;
}

static bool scrypt_is_bearable(uint64_t n, uint64_t r, uint64_t p) {
    if (n < 2 || (n & (n - 1)) != 0 || r == 0 || p == 0) {
        return false;
    }
    if (n > SCRYPT_MEMORY_MAX || r > SCRYPT_MEMORY_MAX || p > SCRYPT_WORK_MAX) {
        return false; /* so that the products below can't overflow */
    }
    /* RFC 7914 6: the vector V of n blocks, and p blocks of input, each of 128 * r bytes. */
    uint64_t memory = 128 * r * (n + p);
    return memory <= SCRYPT_MEMORY_MAX && 128 * r * n <= SCRYPT_WORK_MAX / p;
}

static const EVP_MD *digest_of(enum hash_id id) {
    switch (id) {
    case HASH_SHA1:
        return EVP_sha1();
    case HASH_SHA256:
        return EVP_sha256();
    case HASH_SHA384:
        return EVP_sha384();
    case HASH_SHA512:
        return EVP_sha512();
    case HASH_INVALID:
        break;
    }
    return NULL;
}

static const EVP_CIPHER *cipher_for_key(size_t key_len) {
    switch (key_len) {
    case 16:
        return EVP_aes_128_cbc();
    case 24:
        return EVP_aes_192_cbc();
    case 32:
        return EVP_aes_256_cbc();
    default:
        return NULL;
    }
}
