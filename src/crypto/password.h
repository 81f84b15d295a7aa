/* SPDX-License-Identifier: Apache-2.0 */
/* What encrypted PKCS#8 files need (RFC 8018): PBKDF2, scrypt, AES-CBC. Cold path. */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "crypto/hash.h"
#include <bulla/error.h>

/* `iterations` at most 10,000,000: a file must not be able to stop us for minutes. */
BULLA_MUST_CHECK bulla_cause password_pbkdf2(enum hash_id hash, bulla_bytes password,
                                             bulla_bytes salt, uint32_t iterations, uint8_t *out,
                                             size_t len);
/* Memory at most 64 MiB. */
BULLA_MUST_CHECK bulla_cause password_scrypt(bulla_bytes password, bulla_bytes salt, uint64_t n,
                                             uint64_t r, uint64_t p, uint8_t *out, size_t len);
/* Key of 16, 24 or 32 bytes, iv of 16; PKCS#7 padding. `out` has room for in.len bytes (decrypt)
 * or in.len + 16 (encrypt). BULLA_E_KEY_PASSWORD_WRONG where the padding is wrong. */
BULLA_MUST_CHECK bulla_cause aes_cbc_decrypt(bulla_bytes key, bulla_bytes iv, bulla_bytes in,
                                             uint8_t *out, size_t *out_len);
BULLA_MUST_CHECK bulla_cause aes_cbc_encrypt(bulla_bytes key, bulla_bytes iv, bulla_bytes in,
                                             uint8_t *out, size_t *out_len);

#endif
