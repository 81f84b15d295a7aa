/* SPDX-License-Identifier: Apache-2.0 */
/* PBES2, RFC 8018 6.2: a password encrypts a private key. */
#ifndef DER_PBES2_H
#define DER_PBES2_H

#include "base/random.h"
#include "base/writer.h"
#include "crypto/hash.h"
#include "der/oid.h"
#include <bulla/error.h>

/* PBES2-params, taken apart; views into the DER. */
struct pbes2 {
    enum oid derivation; /* OID_PBKDF2 or OID_SCRYPT */
    bulla_bytes salt;
    enum hash_id hash;   /* PBKDF2: of its HMAC */
    uint64_t iterations; /* PBKDF2 */
    uint64_t n, r, p;    /* scrypt: cost, block size, parallelization */
    enum oid cipher;     /* AES-CBC */
    size_t key_len;
    bulla_bytes iv;
};

/* Parses what stands behind OID_PBES2. BULLA_E_KEY_MALFORMED; BULLA_E_KEY_ENCRYPTION_UNSUPPORTED
 * for other algorithms. */
BULLA_MUST_CHECK bulla_cause pbes2_read(struct pbes2 *out, bulla_bytes parameters);

/* Decrypts to `out`, which has room for in.len bytes. BULLA_E_KEY_PASSWORD_WRONG where the padding
 * is wrong; a wrong password passes that check once in about 256 times.
 * BULLA_E_KEY_ENCRYPTION_UNSUPPORTED for more work or memory than a file may make us spend. */
BULLA_MUST_CHECK bulla_cause pbes2_decrypt(const struct pbes2 *scheme, bulla_bytes password,
                                           bulla_bytes in, uint8_t *out, size_t *out_len);

/* Encrypts under a fresh salt and IV, and writes the AlgorithmIdentifier and the OCTET STRING of an
 * EncryptedPrivateKeyInfo. */
BULLA_MUST_CHECK bulla_cause pbes2_write(struct writer *writer, bulla_bytes plaintext,
                                         bulla_bytes password, const struct random_source *random);

#endif
