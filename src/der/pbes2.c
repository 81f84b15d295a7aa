/* SPDX-License-Identifier: Apache-2.0 */
/* PBES2, RFC 8018 6.2 and appendix A: PBKDF2 (A.2) or scrypt (RFC 7914 section 7) derives the key
 * of AES-CBC (B.2.5, RFC 3565). Refused: PBES1 and its ciphers (DES, RC2, RC4) and triple
 * DES; crypto/password.h bounds the work and memory that a file can ask for. Called by
 * private_key.c. */
#include "der/pbes2.h"

#include "crypto/password.h"
#include "der/der.h"

enum { AES_BLOCK_LEN = 16, AES_KEY_LEN_MAX = 32 };

/* What is written. */
enum { WRITTEN_ITERATIONS = 600 * 1000, WRITTEN_SALT_LEN = 16 };

static bulla_cause read_derivation(struct pbes2 *out, struct reader *reader, uint32_t *out_key_len);
static bulla_cause read_pbkdf2(struct pbes2 *out, bulla_bytes parameters, uint32_t *out_key_len);
static bulla_cause read_prf(struct reader *reader, enum hash_id *out_hash);
static bulla_cause read_scrypt(struct pbes2 *out, bulla_bytes parameters, uint32_t *out_key_len);
static bool read_key_len(struct reader *reader, uint32_t *out_key_len);
static bulla_cause read_cipher(struct pbes2 *out, struct reader *reader);
static bulla_cause derive_key(const struct pbes2 *scheme, bulla_bytes password, uint8_t *out_key);
static void write_scheme(struct writer *writer, const struct pbes2 *scheme);

bulla_cause pbes2_read(struct pbes2 *out, bulla_bytes parameters) {
    struct reader reader = reader_over(parameters);
    struct reader inside;
    uint32_t key_len = 0;
    *out = (struct pbes2){0};
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader)) {
        return BULLA_E_KEY_MALFORMED;
    }
    bulla_cause cause = read_derivation(out, &inside, &key_len);
    if (cause == BULLA_OK) {
        cause = read_cipher(out, &inside);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    bool key_fits = key_len == 0 || key_len == out->key_len;
    return key_fits && reader_at_end(&inside) ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

static bulla_cause read_derivation(struct pbes2 *out, struct reader *reader,
                                   uint32_t *out_key_len) {
    bulla_bytes parameters;
    if (!oid_read_algorithm(reader, &out->derivation, &parameters)) {
        return BULLA_E_KEY_MALFORMED;
    }
    if (out->derivation == OID_PBKDF2) {
        return read_pbkdf2(out, parameters, out_key_len);
    }
    if (out->derivation == OID_SCRYPT) {
        return read_scrypt(out, parameters, out_key_len);
    }
    return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
}

/* PBKDF2-params, RFC 8018 A.2: salt, iterationCount, keyLength OPTIONAL, prf DEFAULT hmacWithSHA1.
 * The salt's other form, an AlgorithmIdentifier, was never put to use. */
static bulla_cause read_pbkdf2(struct pbes2 *out, bulla_bytes parameters, uint32_t *out_key_len) {
    struct reader reader = reader_over(parameters);
    struct reader inside;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !der_read(&inside, DER_OCTET_STRING, &out->salt) ||
        !der_read_large_integer(&inside, &out->iterations) || out->iterations == 0 ||
        !read_key_len(&inside, out_key_len)) {
        return BULLA_E_KEY_MALFORMED;
    }
    bulla_cause cause = read_prf(&inside, &out->hash);
    if (cause != BULLA_OK) {
        return cause;
    }
    return reader_at_end(&inside) ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

static bulla_cause read_prf(struct reader *reader, enum hash_id *out_hash) {
    enum oid prf = OID_HMAC_WITH_SHA1;
    bulla_bytes parameters = {0};
    if (!reader_at_end(reader) && !oid_read_algorithm(reader, &prf, &parameters)) {
        return BULLA_E_KEY_MALFORMED;
    }
    if (prf == OID_HMAC_WITH_SHA1) {
        *out_hash = HASH_SHA1;
    } else if (prf == OID_HMAC_WITH_SHA256) {
        *out_hash = HASH_SHA256;
    } else if (prf == OID_HMAC_WITH_SHA384) {
        *out_hash = HASH_SHA384;
    } else if (prf == OID_HMAC_WITH_SHA512) {
        *out_hash = HASH_SHA512;
    } else {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    return oid_parameters_null(parameters) ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

/* scrypt-params, RFC 7914 section 7. */
static bulla_cause read_scrypt(struct pbes2 *out, bulla_bytes parameters, uint32_t *out_key_len) {
    struct reader reader = reader_over(parameters);
    struct reader inside;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !der_read(&inside, DER_OCTET_STRING, &out->salt) ||
        !der_read_large_integer(&inside, &out->n) || !der_read_large_integer(&inside, &out->r) ||
        !der_read_large_integer(&inside, &out->p) || !read_key_len(&inside, out_key_len) ||
        !reader_at_end(&inside)) {
        return BULLA_E_KEY_MALFORMED;
    }
    /* RFC 7914 section 2: n is a power of two above 1. */
    if (out->n < 2 || (out->n & (out->n - 1)) != 0 || out->r == 0 || out->p == 0) {
        return BULLA_E_KEY_MALFORMED;
    }
    return BULLA_OK;
}

/* keyLength INTEGER (1..MAX) OPTIONAL; 0 stands for its absence. */
static bool read_key_len(struct reader *reader, uint32_t *out_key_len) {
    *out_key_len = 0;
    if (!der_next_is(reader, DER_INTEGER)) {
        return true;
    }
    return der_read_small_integer(reader, out_key_len) && *out_key_len != 0;
}

static bulla_cause read_cipher(struct pbes2 *out, struct reader *reader) {
    bulla_bytes parameters;
    if (!oid_read_algorithm(reader, &out->cipher, &parameters)) {
        return BULLA_E_KEY_MALFORMED;
    }
    if (out->cipher == OID_AES128_CBC) {
        out->key_len = 16;
    } else if (out->cipher == OID_AES192_CBC) {
        out->key_len = 24;
    } else if (out->cipher == OID_AES256_CBC) {
        out->key_len = 32;
    } else {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    struct reader inside = reader_over(parameters);
    bool read = der_read(&inside, DER_OCTET_STRING, &out->iv) && out->iv.len == AES_BLOCK_LEN &&
                reader_at_end(&inside);
    return read ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

static bulla_cause derive_key(const struct pbes2 *scheme, bulla_bytes password, uint8_t *out_key) {
    if (scheme->derivation == OID_SCRYPT) {
        return password_scrypt(password, scheme->salt, scheme->n, scheme->r, scheme->p, out_key,
                               scheme->key_len);
    }
    if (scheme->iterations > UINT32_MAX) {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    return password_pbkdf2(scheme->hash, password, scheme->salt, (uint32_t)scheme->iterations,
                           out_key, scheme->key_len);
}

bulla_cause pbes2_decrypt(const struct pbes2 *scheme, bulla_bytes password, bulla_bytes in,
                          uint8_t *out, size_t *out_len) {
    if (in.len == 0 || in.len % AES_BLOCK_LEN != 0) {
        return BULLA_E_KEY_MALFORMED;
    }
    uint8_t key[AES_KEY_LEN_MAX];
    bulla_cause cause = derive_key(scheme, password, key);
    if (cause == BULLA_OK) {
        cause = aes_cbc_decrypt(bytes_of(key, scheme->key_len), scheme->iv, in, out, out_len);
    }
    bytes_wipe(key, sizeof key);
    return cause;
}

bulla_cause pbes2_write(struct writer *writer, bulla_bytes plaintext, bulla_bytes password,
                        const struct random_source *random) {
    uint8_t drawn[WRITTEN_SALT_LEN + AES_BLOCK_LEN];
    if (!random_fill(random, drawn, sizeof drawn)) {
        return BULLA_E_RANDOM_FAILED;
    }
    const struct pbes2 scheme = {
        .derivation = OID_PBKDF2,
        .salt = bytes_of(drawn, WRITTEN_SALT_LEN),
        .hash = HASH_SHA256,
        .iterations = WRITTEN_ITERATIONS,
        .cipher = OID_AES256_CBC,
        .key_len = AES_KEY_LEN_MAX,
        .iv = bytes_of(drawn + WRITTEN_SALT_LEN, AES_BLOCK_LEN),
    };
    write_scheme(writer, &scheme);
    size_t encrypted = der_open(writer, DER_OCTET_STRING);
    uint8_t *out = writer_reserve(writer, plaintext.len + AES_BLOCK_LEN);
    if (out == NULL) {
        return BULLA_E_BUFFER_TOO_SMALL;
    }
    uint8_t key[AES_KEY_LEN_MAX];
    size_t out_len = 0;
    bulla_cause cause = derive_key(&scheme, password, key);
    if (cause == BULLA_OK) {
        cause = aes_cbc_encrypt(BYTES_IN(key), scheme.iv, plaintext, out, &out_len);
    }
    bytes_wipe(key, sizeof key);
    writer->len = encrypted + out_len; /* gives back what the padding did not need */
    der_close(writer, encrypted);
    return cause;
}

/* AlgorithmIdentifier with PBES2-params; the PRF's parameters are NULL, RFC 8018 B.1.2. */
static void write_scheme(struct writer *writer, const struct pbes2 *scheme) {
    size_t algorithm = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_PBES2);
    size_t parameters = der_open(writer, DER_SEQUENCE);

    size_t derivation = der_open(writer, DER_SEQUENCE);
    oid_write(writer, scheme->derivation);
    size_t pbkdf2 = der_open(writer, DER_SEQUENCE);
    der_write(writer, DER_OCTET_STRING, scheme->salt);
    der_write_small_integer(writer, scheme->iterations);
    size_t prf = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_HMAC_WITH_SHA256);
    der_write_null(writer);
    der_close(writer, prf);
    der_close(writer, pbkdf2);
    der_close(writer, derivation);

    size_t cipher = der_open(writer, DER_SEQUENCE);
    oid_write(writer, scheme->cipher);
    der_write(writer, DER_OCTET_STRING, scheme->iv);
    der_close(writer, cipher);

    der_close(writer, parameters);
    der_close(writer, algorithm);
}
