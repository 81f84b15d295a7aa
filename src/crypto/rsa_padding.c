/* SPDX-License-Identifier: Apache-2.0 */
/* EMSA-PKCS1-v1_5 and EMSA-PSS (RFC 8017 9.2 and 9.1). PKCS#1 signatures are verified by encoding
 * and comparing, so that there is nothing to parse; PSS refuses every salt length but the hash's
 * (RFC 8446 4.2.3). Called by rsa.c. */
#include "crypto/rsa_padding.h"

enum { PSS_TRAILER = 0xbc, PSS_NUM_ZEROS = 8, PKCS1_LEN_MIN = 11 };

/* The DER that stands before a digest in a DigestInfo, RFC 8017 9.2 note 1; ids with parameters
 * NULL. */
static bulla_bytes digest_info_prefix(enum hash_id id);

/* The hash over eight zeros, the message's digest and the salt. */
static void pss_hash(enum hash_id hash, bulla_bytes digest, const uint8_t *salt, uint8_t *out);

/* XORs MGF1 of `seed` (RFC 8017 B.2.1) over `len` bytes. */
static void mgf1_xor(enum hash_id id, bulla_bytes seed, uint8_t *in_out, size_t len);

/* The bits of the first byte that a message of `bits` bits may use. */
static uint8_t first_byte_mask(size_t bits);

bool rsa_pkcs1_encode(enum hash_id hash, bulla_bytes digest, uint8_t *out, size_t len) {
    bulla_bytes prefix = digest_info_prefix(hash);
    size_t info_len = prefix.len + digest.len;
    if (prefix.len == 0 || len < info_len + PKCS1_LEN_MIN) {
        return false;
    }
    size_t info_at = len - info_len;
    out[0] = 0x00;
    out[1] = 0x01;
    for (size_t i = 2; i < info_at - 1; i++) {
        out[i] = 0xff;
    }
    out[info_at - 1] = 0x00;
    bytes_copy(out + info_at, info_len, prefix);
    bytes_copy(out + info_at + prefix.len, digest.len, digest);
    return true;
}

bool rsa_pss_encode(enum hash_id hash, bulla_bytes digest, const uint8_t *salt, size_t bits,
                    uint8_t *out) {
    size_t len = (bits + 7) / 8;
    size_t digest_len = hash_len(hash);
    if (len < 2 * digest_len + 2) {
        return false;
    }
    size_t block_len = len - digest_len - 1; /* DB: zeros, 01, salt */
    size_t salt_at = block_len - digest_len;
    for (size_t i = 0; i < salt_at - 1; i++) {
        out[i] = 0;
    }
    out[salt_at - 1] = 0x01;
    bytes_copy(out + salt_at, digest_len, bytes_of(salt, digest_len));

    pss_hash(hash, digest, salt, out + block_len);
    mgf1_xor(hash, bytes_of(out + block_len, digest_len), out, block_len);
    out[0] &= first_byte_mask(bits);
    out[len - 1] = PSS_TRAILER;
    return true;
}

bool rsa_pss_verify(enum hash_id hash, bulla_bytes digest, size_t bits, uint8_t *encoded) {
    size_t len = (bits + 7) / 8;
    size_t digest_len = hash_len(hash);
    if (len < 2 * digest_len + 2 || encoded[len - 1] != PSS_TRAILER ||
        (encoded[0] & ~first_byte_mask(bits)) != 0) {
        return false;
    }
    size_t block_len = len - digest_len - 1;
    size_t salt_at = block_len - digest_len;
    bulla_bytes expected = bytes_of(encoded + block_len, digest_len);
    mgf1_xor(hash, expected, encoded, block_len);
    encoded[0] &= first_byte_mask(bits);
    if (!bytes_all_zero(bytes_of(encoded, salt_at - 1)) || encoded[salt_at - 1] != 0x01) {
        return false;
    }
    uint8_t actual[HASH_LEN_MAX];
    pss_hash(hash, digest, encoded + salt_at, actual);
    return bytes_equal(bytes_of(actual, digest_len), expected);
}

static void pss_hash(enum hash_id hash, bulla_bytes digest, const uint8_t *salt, uint8_t *out) {
    static const uint8_t zeros[PSS_NUM_ZEROS];
    struct hash state;
    hash_start(&state, hash);
    hash_update(&state, BYTES_IN(zeros));
    hash_update(&state, digest);
    hash_update(&state, bytes_of(salt, hash_len(hash)));
    hash_finish(&state, out);
}

static void mgf1_xor(enum hash_id id, bulla_bytes seed, uint8_t *in_out, size_t len) {
    uint8_t mask[HASH_LEN_MAX];
    size_t mask_len = hash_len(id);
    size_t done = 0;
    for (uint8_t counter = 0; done < len; counter++) { /* RSA_BITS_MAX needs 32 rounds at most */
        const uint8_t counter_bytes[] = {0, 0, 0, counter};
        struct hash state;
        hash_start(&state, id);
        hash_update(&state, seed);
        hash_update(&state, BYTES_IN(counter_bytes));
        hash_finish(&state, mask);
        for (size_t i = 0; i < mask_len && done < len; i++, done++) {
            in_out[done] ^= mask[i];
        }
    }
}

static uint8_t first_byte_mask(size_t bits) {
    return (uint8_t)(0xff >> (8 * ((bits + 7) / 8) - bits));
}

static bulla_bytes digest_info_prefix(enum hash_id id) {
    static const uint8_t sha256[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t sha384[] = {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30};
    static const uint8_t sha512[] = {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                     0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40};
    switch (id) {
    case HASH_SHA256:
        return BYTES_IN(sha256);
    case HASH_SHA384:
        return BYTES_IN(sha384);
    case HASH_SHA512:
        return BYTES_IN(sha512);
    case HASH_SHA1:
    case HASH_INVALID:
        break;
    }
    return bytes_of(NULL, 0);
}
