/* SPDX-License-Identifier: Apache-2.0 */
/* Two EVP contexts, keyed once: what a record layer without any cost of its own would spend. */
#include "bare_aead.h"
#include <bulla/config.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { NONCE_LEN = 12, KEY_LEN_MAX = 32, ASSOCIATED_LEN = 5 };

struct bare_aead {
    EVP_CIPHER_CTX *seal;
    EVP_CIPHER_CTX *open;
    uint64_t num_sealed;
    uint64_t num_opened;
};

static const uint8_t associated_data[ASSOCIATED_LEN] = {0x17, 0x03, 0x03, 0x40, 0x11};

static const EVP_CIPHER *cipher_of(uint16_t suite);
static void nonce_of(uint8_t out[NONCE_LEN], uint64_t sequence);

struct bare_aead *bare_aead_new(uint16_t suite) {
    static const uint8_t key[KEY_LEN_MAX] = {0x42};
    struct bare_aead *aead = calloc(1, sizeof(*aead));
    if (aead == NULL) {
        return NULL;
    }
    aead->seal = EVP_CIPHER_CTX_new();
    aead->open = EVP_CIPHER_CTX_new();
    if (aead->seal == NULL || aead->open == NULL ||
        !EVP_EncryptInit_ex2(aead->seal, cipher_of(suite), key, NULL, NULL) ||
        !EVP_DecryptInit_ex2(aead->open, cipher_of(suite), key, NULL, NULL)) {
        bare_aead_free(aead);
        return NULL;
    }
    return aead;
}

void bare_aead_free(struct bare_aead *aead) {
    if (aead != NULL) {
        EVP_CIPHER_CTX_free(aead->seal);
        EVP_CIPHER_CTX_free(aead->open);
        free(aead);
    }
}

bool bare_aead_seal(struct bare_aead *aead, bulla_bytes plaintext, uint8_t *out) {
    uint8_t nonce[NONCE_LEN];
    int len = 0;
    nonce_of(nonce, aead->num_sealed++);
    return EVP_EncryptInit_ex2(aead->seal, NULL, NULL, nonce, NULL) &&
           EVP_EncryptUpdate(aead->seal, NULL, &len, associated_data, ASSOCIATED_LEN) &&
           EVP_EncryptUpdate(aead->seal, out, &len, plaintext.data, (int)plaintext.len) &&
           EVP_EncryptFinal_ex(aead->seal, out + len, &len) &&
           EVP_CIPHER_CTX_ctrl(aead->seal, EVP_CTRL_AEAD_GET_TAG, BARE_AEAD_TAG_LEN,
                               out + plaintext.len);
}

bool bare_aead_open(struct bare_aead *aead, uint8_t *in_out, size_t plaintext_len) {
    uint8_t nonce[NONCE_LEN];
    int len = 0;
    nonce_of(nonce, aead->num_opened++);
    return EVP_DecryptInit_ex2(aead->open, NULL, NULL, nonce, NULL) &&
           EVP_DecryptUpdate(aead->open, NULL, &len, associated_data, ASSOCIATED_LEN) &&
           EVP_DecryptUpdate(aead->open, in_out, &len, in_out, (int)plaintext_len) &&
           EVP_CIPHER_CTX_ctrl(aead->open, EVP_CTRL_AEAD_SET_TAG, BARE_AEAD_TAG_LEN,
                               in_out + plaintext_len) &&
           EVP_DecryptFinal_ex(aead->open, in_out + len, &len);
}

static const EVP_CIPHER *cipher_of(uint16_t suite) {
    return suite == BULLA_TLS_AES_128_GCM_SHA256   ? EVP_aes_128_gcm()
           : suite == BULLA_TLS_AES_256_GCM_SHA384 ? EVP_aes_256_gcm()
                                                   : EVP_chacha20_poly1305();
}

static void nonce_of(uint8_t out[NONCE_LEN], uint64_t sequence) {
    for (size_t i = 0; i < NONCE_LEN; i++) {
        out[NONCE_LEN - 1 - i] = (uint8_t)(i < sizeof(sequence) ? sequence >> (8 * i) : 0);
    }
}
