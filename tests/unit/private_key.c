/* SPDX-License-Identifier: Apache-2.0 */
/* src/der/private_key.c and pbes2.c: openssl's keys in every format load and sign; everything that
 * is damaged, inconsistent, too costly or not supported fails with its own cause; what is written
 * is read back, and is what openssl writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/system_random.h"
#include "der/der.h"
#include "der/oid.h"
#include "der/pbes2.h"
#include "der/private_key.h"
#include "unit/private_key_samples.h"

#include <stdlib.h>

#define NO_PASSWORD bytes_of(NULL, 0)
#define CLAY BYTES_OF("clay")

static const struct sample {
    const char *pem;
    enum key_kind kind;
    unsigned bits;
    const char *public_hex;
    const char *password;
} samples[] = {
    {P256_PKCS8, KEY_KIND_EC_P256, 256, P256_POINT, NULL},
    {P256_SEC1, KEY_KIND_EC_P256, 256, P256_POINT, NULL},
    {P256_SEC1_NO_PUBLIC, KEY_KIND_EC_P256, 256, P256_POINT, NULL},
    {P256_SEC1_COMPRESSED_PUBLIC, KEY_KIND_EC_P256, 256, P256_POINT, NULL},
    {P256_AFTER_PARAMETERS, KEY_KIND_EC_P256, 256, P256_POINT, NULL},
    {P384_PKCS8, KEY_KIND_EC_P384, 384, P384_POINT, NULL},
    {P384_SEC1, KEY_KIND_EC_P384, 384, P384_POINT, NULL},
    {P521_PKCS8, KEY_KIND_EC_P521, 521, P521_POINT, NULL},
    {RSA_PKCS8, KEY_KIND_RSA, 2048, RSA_MODULUS, NULL},
    {RSA_PKCS1, KEY_KIND_RSA, 2048, RSA_MODULUS, NULL},
    {ED25519_PKCS8, KEY_KIND_ED25519, 256, ED25519_PUBLIC, NULL},
    {P256_ENCRYPTED_AES128_SHA1, KEY_KIND_EC_P256, 256, P256_POINT, "clay"},
    {P256_ENCRYPTED_AES192_SHA384, KEY_KIND_EC_P256, 256, P256_POINT, "clay"},
    {P256_ENCRYPTED_AES256_SHA256, KEY_KIND_EC_P256, 256, P256_POINT, "clay"},
    {P256_ENCRYPTED_AES256_SHA512, KEY_KIND_EC_P256, 256, P256_POINT, "clay"},
    {P256_ENCRYPTED_SCRYPT, KEY_KIND_EC_P256, 256, P256_POINT, "clay"},
};
enum { NUM_SAMPLES = sizeof samples / sizeof *samples };

static size_t from_hex(const char *hex, uint8_t *out, size_t cap) {
    size_t len = strlen(hex) / 2;
    assert_true(len <= cap);
    for (size_t i = 0; i < len; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return len;
}

/* The public key by which a signature is judged: openssl's, not what the private key says. */
static struct public_key public_of(enum key_kind kind, bulla_bytes numbers) {
    struct public_key key = {0};
    bulla_cause cause = kind == KEY_KIND_RSA
                            ? public_key_from_rsa(&key, numbers, BYTES_OF("\x01\x00\x01"))
                        : kind == KEY_KIND_ED25519 ? public_key_from_ed25519(&key, numbers)
                                                   : public_key_from_point(&key, kind, numbers);
    assert_int_equal(cause, BULLA_OK);
    return key;
}

static void assert_signs(const struct private_key *key, enum key_kind kind, bulla_bytes numbers) {
    enum signature_kind signature_kind = kind == KEY_KIND_RSA       ? SIGNATURE_RSA_PSS
                                         : kind == KEY_KIND_ED25519 ? SIGNATURE_ED25519
                                                                    : SIGNATURE_ECDSA;
    enum hash_id hash = kind == KEY_KIND_ED25519 ? HASH_INVALID : HASH_SHA256;
    struct public_key public_key = public_of(kind, numbers);
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t len;
    const bulla_bytes message = BYTES_OF("seven jars of oil");
    assert_int_equal(private_key_sign(key, signature_kind, hash, message, signature, &len),
                     BULLA_OK);
    assert_int_equal(
        public_key_verify(&public_key, signature_kind, hash, message, bytes_of(signature, len)),
        BULLA_OK);
    assert_int_equal(public_key_verify(&public_key, signature_kind, hash, BYTES_OF("six jars"),
                                       bytes_of(signature, len)),
                     BULLA_E_SIGNATURE_INVALID);
    public_key_free(&public_key);
}

static void assert_loads(bulla_bytes pem, bulla_bytes password, const struct sample *sample) {
    uint8_t numbers[RSA_BITS_MAX / 8];
    size_t len = from_hex(sample->public_hex, numbers, sizeof numbers);
    struct private_key key;
    assert_int_equal(private_key_from_pem(&key, pem, password), BULLA_OK);
    assert_int_equal(key.kind, sample->kind);
    assert_int_equal(key.bits, sample->bits);
    assert_signs(&key, sample->kind, bytes_of(numbers, len));
    private_key_free(&key);
}

/* The cause for a PEM text in a heap block of just its size; a key that loads is freed. */
static bulla_cause cause_of(bulla_bytes pem, bulla_bytes password) {
    uint8_t *exact = bytes_duplicate(pem);
    struct private_key key;
    assert_non_null(exact);
    bulla_cause cause = private_key_from_pem(&key, bytes_of(exact, pem.len), password);
    if (cause != BULLA_OK) {
        assert_null(key.handle);
    }
    private_key_free(&key);
    free(exact);
    return cause;
}

static bulla_cause cause_of_text(const char *pem, bulla_bytes password) {
    return cause_of(bytes_of_text(pem), password);
}

/* The same for DER that would stand under `label`. */
static bulla_cause cause_of_der(bulla_bytes label, bulla_bytes der, bulla_bytes password) {
    uint8_t *exact = bytes_duplicate(der);
    struct private_key key;
    assert_non_null(exact);
    const struct pem_block block = {.label = label, .der = exact, .der_len = der.len};
    bulla_cause cause = private_key_from_block(&key, &block, password);
    if (cause != BULLA_OK) {
        assert_null(key.handle);
    }
    private_key_free(&key);
    free(exact);
    return cause;
}

/* The last block of a PEM text; pem_block_free() it. */
static struct pem_block block_of(const char *pem) {
    struct reader text = reader_over(bytes_of_text(pem));
    struct pem_block block;
    assert_int_equal(pem_next(&text, &block), BULLA_OK);
    while (!reader_at_end(&text)) {
        pem_block_free(&block);
        assert_int_equal(pem_next(&text, &block), BULLA_OK);
    }
    return block;
}

/* Loading. */

static void test_every_format_loads_and_signs(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        assert_loads(bytes_of_text(samples[i].pem), bytes_of_text(samples[i].password),
                     &samples[i]);
    }
}

static void test_a_key_that_is_not_encrypted_needs_no_password(void **state) {
    (void)state;
    assert_loads(BYTES_OF(P256_PKCS8), BYTES_OF("whatever"), &samples[0]);
}

static void test_the_first_key_of_a_file(void **state) {
    (void)state;
    const char *certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    assert_loads(BYTES_OF("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
                          "some text\n" P256_SEC1 RSA_PKCS8),
                 NO_PASSWORD, &samples[0]);
    assert_int_equal(cause_of_text(certificate, NO_PASSWORD), BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(cause_of_text("", NO_PASSWORD), BULLA_E_PEM_NOT_FOUND);
}

static void test_passwords(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        if (samples[i].password == NULL) {
            continue;
        }
        const char *pem = samples[i].pem;
        assert_int_equal(cause_of_text(pem, NO_PASSWORD), BULLA_E_KEY_ENCRYPTED);
        assert_int_equal(cause_of_text(pem, BYTES_OF("")), BULLA_E_KEY_ENCRYPTED);
        assert_int_equal(cause_of_text(pem, BYTES_OF("Clay")), BULLA_E_KEY_PASSWORD_WRONG);
    }
}

static void test_what_is_not_supported(void **state) {
    (void)state;
    const char *const keys[] = {P256_PKCS8_EXPLICIT_CURVE,
                                P256_SEC1_EXPLICIT_CURVE,
                                SECP256K1_PKCS8,
                                ED448_PKCS8,
                                X25519_PKCS8,
                                RSA_PSS_PKCS8,
                                RSA_THREE_PRIMES_PKCS1};
    const char *const encryptions[] = {P256_ENCRYPTED_DES3, P256_ENCRYPTED_PBES1,
                                       P256_ENCRYPTED_RFC1421};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_int_equal(cause_of_text(keys[i], NO_PASSWORD), BULLA_E_KEY_UNSUPPORTED);
    }
    for (size_t i = 0; i < sizeof encryptions / sizeof *encryptions; i++) {
        assert_int_equal(cause_of_text(encryptions[i], CLAY), BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
        assert_int_equal(cause_of_text(encryptions[i], NO_PASSWORD),
                         BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    }
    const bulla_bytes der = BYTES_OF("\x30\x00");
    assert_int_equal(cause_of_der(BYTES_OF("OPENSSH PRIVATE KEY"), der, NO_PASSWORD),
                     BULLA_E_KEY_UNSUPPORTED);
    assert_int_equal(cause_of_der(BYTES_OF("DSA PRIVATE KEY"), der, NO_PASSWORD),
                     BULLA_E_KEY_UNSUPPORTED);
    assert_int_equal(cause_of_der(BYTES_OF("PUBLIC KEY"), der, NO_PASSWORD), BULLA_E_PEM_NOT_FOUND);
}

/* Damage. */

static void test_text_truncated_at_every_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        size_t len = strlen(samples[i].pem);
        for (size_t cut = 0; cut + 1 < len; cut++) { /* the last byte is the last line's end */
            bulla_cause cause = cause_of(bytes_of(samples[i].pem, cut), CLAY);
            assert_true(cause == BULLA_E_PEM_NOT_FOUND || cause == BULLA_E_PEM_MALFORMED);
        }
    }
}

static void test_der_truncated_and_lengthened(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_SAMPLES; i++) {
        struct pem_block block = block_of(samples[i].pem);
        for (size_t len = 0; len < block.der_len; len++) {
            assert_int_equal(cause_of_der(block.label, bytes_of(block.der, len), CLAY),
                             BULLA_E_KEY_MALFORMED);
        }
        uint8_t *longer = calloc(1, block.der_len + 1);
        assert_non_null(longer);
        bytes_copy(longer, block.der_len, bytes_of(block.der, block.der_len));
        assert_int_equal(cause_of_der(block.label, bytes_of(longer, block.der_len + 1), CLAY),
                         BULLA_E_KEY_MALFORMED);
        free(longer);
        pem_block_free(&block);
    }
}

/* Whatever a flipped bit makes of a key, the causes are those of private_key.h. Where the key holds
 * its public half, and for RSA its factors, hardly a flip goes unnoticed; here it's enough that
 * nothing else happens. */
static void check_flips(const char *pem, bulla_bytes password, size_t step) {
    struct pem_block block = block_of(pem);
    for (size_t bit = 0; bit < block.der_len * 8; bit += step) {
        block.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bulla_cause cause = cause_of_der(block.label, bytes_of(block.der, block.der_len), password);
        assert_true(cause == BULLA_OK || cause == BULLA_E_KEY_MALFORMED ||
                    cause == BULLA_E_KEY_UNSUPPORTED || cause == BULLA_E_KEY_PASSWORD_WRONG ||
                    cause == BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
        block.der[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    pem_block_free(&block);
}

static void test_flipped_bits(void **state) {
    (void)state;
    check_flips(P256_PKCS8, NO_PASSWORD, 1);
    check_flips(P256_SEC1, NO_PASSWORD, 1);
    check_flips(ED25519_PKCS8, NO_PASSWORD, 1);
    check_flips(RSA_PKCS1, NO_PASSWORD, 17);
    check_flips(P256_ENCRYPTED_AES128_SHA1, CLAY, 3);
    check_flips(P256_ENCRYPTED_SCRYPT, CLAY, 11);
}

/* A P-256 key that states its public half: no flip of the scalar or the point goes unnoticed. */
static void test_flipped_numbers_are_noticed(void **state) {
    (void)state;
    struct pem_block block = block_of(P256_PKCS8);
    const size_t scalar = 36; /* where openssl's form of this key has them */
    const size_t point = block.der_len - 65;
    for (size_t i = 0; i < block.der_len; i++) {
        if ((i >= scalar && i < scalar + 32) || i >= point) {
            block.der[i] ^= 0x10;
            assert_int_equal(
                cause_of_der(block.label, bytes_of(block.der, block.der_len), NO_PASSWORD),
                BULLA_E_KEY_MALFORMED);
            block.der[i] ^= 0x10;
        }
    }
    pem_block_free(&block);
}

/* PKCS#8 and SEC1, part by part. */

struct pkcs8_parts {
    uint64_t version;
    enum oid algorithm;
    bulla_bytes parameters; /* whole */
    bulla_bytes key;
    bulla_bytes attributes; /* whole */
    bulla_bytes public_bits;
    bulla_bytes trailing;
};

static bulla_cause cause_of_parts(const struct pkcs8_parts *parts) {
    struct writer writer = writer_growing(8192);
    bulla_bytes der;
    size_t whole = der_open(&writer, DER_SEQUENCE);
    der_write_small_integer(&writer, parts->version);
    size_t algorithm = der_open(&writer, DER_SEQUENCE);
    oid_write(&writer, parts->algorithm);
    writer_bytes(&writer, parts->parameters);
    der_close(&writer, algorithm);
    der_write(&writer, DER_OCTET_STRING, parts->key);
    writer_bytes(&writer, parts->attributes);
    if (parts->public_bits.len != 0) {
        size_t mark = der_open(&writer, DER_CONTEXT(1));
        writer_u8(&writer, 0);
        writer_bytes(&writer, parts->public_bits);
        der_close(&writer, mark);
    }
    writer_bytes(&writer, parts->trailing);
    der_close(&writer, whole);
    assert_true(writer_finish(&writer, &der));
    bulla_cause cause = cause_of_der(BYTES_OF("PRIVATE KEY"), der, NO_PASSWORD);
    writer_free(&writer);
    return cause;
}

/* RFC 8032 7.1, test 1. */
#define SEED "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define SEED_PUBLIC "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static void test_pkcs8_version_2(void **state) {
    (void)state;
    uint8_t key[34] = {DER_OCTET_STRING, 32};
    uint8_t public_key[32];
    assert_int_equal(from_hex(SEED, key + 2, 32), 32);
    assert_int_equal(from_hex(SEED_PUBLIC, public_key, 32), 32);
    const struct pkcs8_parts good = {
        .version = 1,
        .algorithm = OID_ED25519,
        .key = BYTES_IN(key),
        .attributes = BYTES_OF("\xa0\x02\x30\x00"),
        .public_bits = BYTES_IN(public_key),
    };
    assert_int_equal(cause_of_parts(&good), BULLA_OK);
    struct pkcs8_parts parts = good;
    parts.attributes = parts.public_bits = bytes_of(NULL, 0);
    assert_int_equal(cause_of_parts(&parts), BULLA_OK);
    parts.version = 0;
    assert_int_equal(cause_of_parts(&parts), BULLA_OK);
    parts.attributes = good.attributes;
    assert_int_equal(cause_of_parts(&parts), BULLA_OK);

    parts = good; /* version 1 has no public key */
    parts.version = 0;
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good;
    parts.version = 2;
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good; /* another public key */
    parts.public_bits = bytes_of(key + 2, 32);
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good;
    parts.public_bits.len = 31;
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good; /* the parameters of Ed25519 are absent */
    parts.parameters = BYTES_OF("\x05\x00");
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good;
    parts.trailing = BYTES_OF("\x05\x00");
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good; /* the seed itself where its OCTET STRING should be */
    parts.key = bytes_of(key + 2, 32);
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_MALFORMED);
    parts = good;
    parts.algorithm = OID_X25519;
    assert_int_equal(cause_of_parts(&parts), BULLA_E_KEY_UNSUPPORTED);
}

static void test_pkcs8_version_2_of_rsa(void **state) {
    (void)state;
    uint8_t modulus[256];
    assert_int_equal(from_hex(RSA_MODULUS, modulus, sizeof modulus), sizeof modulus);
    struct pem_block block = block_of(RSA_PKCS1);
    for (unsigned flip = 0; flip < 2; flip++) {
        uint8_t buffer[300];
        struct writer writer = writer_into(buffer, sizeof buffer);
        modulus[100] ^= (uint8_t)flip;
        size_t mark = der_open(&writer, DER_SEQUENCE);
        der_write_unsigned_integer(&writer, BYTES_IN(modulus));
        der_write_small_integer(&writer, 65537);
        der_close(&writer, mark);
        assert_false(writer.failed);
        const struct pkcs8_parts parts = {
            .version = 1,
            .algorithm = OID_RSA_ENCRYPTION,
            .parameters = BYTES_OF("\x05\x00"),
            .key = bytes_of(block.der, block.der_len),
            .public_bits = bytes_of(buffer, writer.len),
        };
        assert_int_equal(cause_of_parts(&parts), flip ? BULLA_E_KEY_MALFORMED : BULLA_OK);
    }
    const struct pkcs8_parts wrong_parameters = {
        .algorithm = OID_RSA_ENCRYPTION,
        .parameters = BYTES_OF("\x04\x00"),
        .key = bytes_of(block.der, block.der_len),
    };
    assert_int_equal(cause_of_parts(&wrong_parameters), BULLA_E_KEY_MALFORMED);
    pem_block_free(&block);
}

struct sec1_parts {
    uint64_t version;
    bulla_bytes scalar;
    enum oid inside;  /* [0]; OID_UNKNOWN: absent */
    enum oid outside; /* in PKCS#8; OID_UNKNOWN: the key stands under "EC PRIVATE KEY" */
    bulla_bytes point;
};

static bulla_cause cause_of_sec1(const struct sec1_parts *parts) {
    uint8_t buffer[512];
    uint8_t parameters[16];
    struct writer writer = writer_into(buffer, sizeof buffer);
    size_t whole = der_open(&writer, DER_SEQUENCE);
    der_write_small_integer(&writer, parts->version);
    der_write(&writer, DER_OCTET_STRING, parts->scalar);
    if (parts->inside != OID_UNKNOWN) {
        size_t mark = der_open(&writer, DER_CONTEXT_CONSTRUCTED(0));
        oid_write(&writer, parts->inside);
        der_close(&writer, mark);
    }
    if (parts->point.len != 0) {
        size_t mark = der_open(&writer, DER_CONTEXT_CONSTRUCTED(1));
        der_write_bit_string(&writer, parts->point);
        der_close(&writer, mark);
    }
    der_close(&writer, whole);
    assert_false(writer.failed);
    const bulla_bytes key = bytes_of(buffer, writer.len);
    if (parts->outside == OID_UNKNOWN) {
        return cause_of_der(BYTES_OF("EC PRIVATE KEY"), key, NO_PASSWORD);
    }
    struct writer outside = writer_into(parameters, sizeof parameters);
    oid_write(&outside, parts->outside);
    assert_false(outside.failed);
    return cause_of_parts(&(struct pkcs8_parts){
        .algorithm = OID_EC_PUBLIC_KEY,
        .parameters = bytes_of(parameters, outside.len),
        .key = key,
    });
}

/* Scalar 1, whose point is the generator: FIPS 186-4 D.1.2.3. */
#define GENERATOR                                                                                  \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"                           \
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"

static void test_where_the_curve_stands(void **state) {
    (void)state;
    const uint8_t one[32] = {[31] = 1};
    static const struct {
        enum oid inside, outside;
        bulla_cause cause;
    } rows[] = {
        {OID_PRIME256V1, OID_UNKNOWN, BULLA_OK},
        {OID_UNKNOWN, OID_PRIME256V1, BULLA_OK},
        {OID_PRIME256V1, OID_PRIME256V1, BULLA_OK},
        {OID_UNKNOWN, OID_UNKNOWN, BULLA_E_KEY_MALFORMED},
        {OID_SECP384R1, OID_PRIME256V1, BULLA_E_KEY_MALFORMED},
        {OID_PRIME256V1, OID_SECP384R1, BULLA_E_KEY_MALFORMED},
        {OID_ED25519, OID_UNKNOWN, BULLA_E_KEY_UNSUPPORTED},
        {OID_ED25519, OID_PRIME256V1, BULLA_E_KEY_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct sec1_parts parts = {.version = 1,
                                         .scalar = BYTES_IN(one),
                                         .inside = rows[i].inside,
                                         .outside = rows[i].outside};
        assert_int_equal(cause_of_sec1(&parts), rows[i].cause);
    }
}

static void test_scalars(void **state) {
    (void)state;
    const uint8_t zeros[40] = {0};
    const uint8_t one[40] = {[39] = 1};
    uint8_t order[32];
    assert_int_equal(
        from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", order, 32),
        32);
    struct sec1_parts parts = {.version = 1, .inside = OID_PRIME256V1};
    for (size_t len = 1; len <= sizeof one; len++) { /* short, exact and long ones say the same */
        parts.scalar = bytes_of(one + sizeof one - len, len);
        assert_int_equal(cause_of_sec1(&parts), BULLA_OK);
    }
    parts.scalar = bytes_of(zeros, 32);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    parts.scalar = bytes_of(zeros, 0);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    parts.scalar = BYTES_IN(order);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    order[31]--;
    assert_int_equal(cause_of_sec1(&parts), BULLA_OK);
    uint8_t long_one[33] = {[0] = 1, [32] = 1};
    parts.scalar = BYTES_IN(long_one);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    parts.scalar = bytes_of(one + 8, 32);
    parts.version = 0;
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
}

static void test_the_public_half_must_match(void **state) {
    (void)state;
    const uint8_t one[32] = {[31] = 1};
    uint8_t point[65];
    uint8_t compressed[33];
    assert_int_equal(from_hex(GENERATOR, point, sizeof point), sizeof point);
    bytes_copy(compressed, sizeof compressed, bytes_of(point, sizeof compressed));
    compressed[0] = 0x03; /* the generator's y is odd */
    struct sec1_parts parts = {
        .version = 1, .scalar = BYTES_IN(one), .inside = OID_PRIME256V1, .point = BYTES_IN(point)};
    assert_int_equal(cause_of_sec1(&parts), BULLA_OK);
    parts.point = bytes_of(point, 64);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    point[64] ^= 1;
    parts.point = BYTES_IN(point);
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
    parts.point = BYTES_IN(compressed);
    assert_int_equal(cause_of_sec1(&parts), BULLA_OK);
    compressed[0] = 0x02;
    assert_int_equal(cause_of_sec1(&parts), BULLA_E_KEY_MALFORMED);
}

/* Encryption, part by part. */

struct encrypted_parts {
    bool scrypt;
    uint64_t iterations, n, r, p;
    uint32_t key_len; /* 0: absent */
    enum oid prf;     /* OID_UNKNOWN: absent */
    size_t iv_len;
    size_t text_len;
};

static const struct encrypted_parts pbkdf2_parts = {
    .iterations = 1000, .prf = OID_HMAC_WITH_SHA256, .iv_len = 16, .text_len = 48};
static const struct encrypted_parts scrypt_parts = {
    .scrypt = true, .n = 1024, .r = 8, .p = 1, .iv_len = 16, .text_len = 48};

static void write_derivation(struct writer *writer, const struct encrypted_parts *parts) {
    oid_write(writer, parts->scrypt ? OID_SCRYPT : OID_PBKDF2);
    size_t parameters = der_open(writer, DER_SEQUENCE);
    der_write_text(writer, DER_OCTET_STRING, "salt");
    if (parts->scrypt) {
        der_write_small_integer(writer, parts->n);
        der_write_small_integer(writer, parts->r);
        der_write_small_integer(writer, parts->p);
    } else {
        der_write_small_integer(writer, parts->iterations);
    }
    if (parts->key_len != 0) {
        der_write_small_integer(writer, parts->key_len);
    }
    if (parts->prf != OID_UNKNOWN) {
        size_t prf = der_open(writer, DER_SEQUENCE);
        oid_write(writer, parts->prf);
        der_write_null(writer);
        der_close(writer, prf);
    }
    der_close(writer, parameters);
}

/* Nothing that was ever encrypted: what can be parsed and afforded ends in a wrong password. */
static bulla_cause cause_of_encrypted(const struct encrypted_parts *parts) {
    uint8_t buffer[512];
    const uint8_t zeros[64] = {0};
    struct writer writer = writer_into(buffer, sizeof buffer);
    size_t whole = der_open(&writer, DER_SEQUENCE);
    size_t algorithm = der_open(&writer, DER_SEQUENCE);
    oid_write(&writer, OID_PBES2);
    size_t parameters = der_open(&writer, DER_SEQUENCE);
    size_t derivation = der_open(&writer, DER_SEQUENCE);
    write_derivation(&writer, parts);
    der_close(&writer, derivation);
    size_t cipher = der_open(&writer, DER_SEQUENCE);
    oid_write(&writer, OID_AES128_CBC);
    der_write(&writer, DER_OCTET_STRING, bytes_of(zeros, parts->iv_len));
    der_close(&writer, cipher);
    der_close(&writer, parameters);
    der_close(&writer, algorithm);
    der_write(&writer, DER_OCTET_STRING, bytes_of(zeros, parts->text_len));
    der_close(&writer, whole);
    assert_false(writer.failed);
    return cause_of_der(BYTES_OF("ENCRYPTED PRIVATE KEY"), bytes_of(buffer, writer.len), CLAY);
}

static void test_pbkdf2_parameters(void **state) {
    (void)state;
    struct encrypted_parts parts = pbkdf2_parts;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_PASSWORD_WRONG);
    parts.key_len = 16;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_PASSWORD_WRONG);
    parts.key_len = 32; /* not AES-128's */
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_MALFORMED);
    parts = pbkdf2_parts;
    parts.prf = OID_UNKNOWN; /* SHA-1 by default */
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_PASSWORD_WRONG);
    parts.prf = OID_SHA256;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    parts = pbkdf2_parts;
    parts.iv_len = 15;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_MALFORMED);
    parts = pbkdf2_parts;
    parts.text_len = 47;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_MALFORMED);
    parts.text_len = 0;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_MALFORMED);
}

static void test_work_is_bounded(void **state) {
    (void)state;
    struct encrypted_parts parts = pbkdf2_parts;
    parts.iterations = 0;
    assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_MALFORMED);
    const uint64_t too_many[] = {10 * 1000 * 1000 + 1, UINT32_MAX, UINT64_C(1) << 32 | 1000,
                                 UINT64_MAX};
    for (size_t i = 0; i < sizeof too_many / sizeof *too_many; i++) {
        parts.iterations = too_many[i];
        assert_int_equal(cause_of_encrypted(&parts), BULLA_E_KEY_ENCRYPTION_UNSUPPORTED);
    }
    static const struct {
        uint64_t n, r, p;
        bulla_cause cause;
    } rows[] = {
        {1024, 8, 1, BULLA_E_KEY_PASSWORD_WRONG},
        {16384, 8, 1, BULLA_E_KEY_PASSWORD_WRONG},
        {0, 8, 1, BULLA_E_KEY_MALFORMED},
        {1, 8, 1, BULLA_E_KEY_MALFORMED},
        {1000, 8, 1, BULLA_E_KEY_MALFORMED},
        {1024, 0, 1, BULLA_E_KEY_MALFORMED},
        {1024, 8, 0, BULLA_E_KEY_MALFORMED},
        {1 << 20, 8, 1, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
        {1024, 1 << 20, 1, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
        {1024, 8, 1 << 30, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
        {2, 1, 1 << 22, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
        {UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
        {UINT64_C(1) << 60, 16, 16, BULLA_E_KEY_ENCRYPTION_UNSUPPORTED},
    };
    parts = scrypt_parts;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        parts.n = rows[i].n;
        parts.r = rows[i].r;
        parts.p = rows[i].p;
        assert_int_equal(cause_of_encrypted(&parts), rows[i].cause);
    }
}

/* The right password over what is no key: the padding is right, as it is by chance for one wrong
 * password in 256. */
static void test_a_wrong_password_with_right_padding(void **state) {
    (void)state;
    struct writer writer = writer_growing(1024);
    bulla_bytes der;
    size_t whole = der_open(&writer, DER_SEQUENCE);
    assert_int_equal(pbes2_write(&writer, BYTES_OF("noise"), CLAY, &system_random), BULLA_OK);
    der_close(&writer, whole);
    assert_true(writer_finish(&writer, &der));
    assert_int_equal(cause_of_der(BYTES_OF("ENCRYPTED PRIVATE KEY"), der, CLAY),
                     BULLA_E_KEY_PASSWORD_WRONG);
    writer_free(&writer);
}

/* Writing. */

static const enum key_kind written_kinds[] = {KEY_KIND_EC_P256, KEY_KIND_EC_P384, KEY_KIND_EC_P521,
                                              KEY_KIND_ED25519};
enum { NUM_WRITTEN_KINDS = sizeof written_kinds / sizeof *written_kinds };

/* Draws a key; `out_key` is made from the secret without any encoding. */
static bulla_bytes draw(enum key_kind kind, uint8_t secret[66], struct private_key *out_key) {
    size_t len;
    assert_int_equal(private_key_draw(kind, &system_random, secret, &len), BULLA_OK);
    bulla_bytes bytes = bytes_of(secret, len);
    assert_int_equal(kind == KEY_KIND_ED25519 ? private_key_from_ed25519(out_key, bytes)
                                              : private_key_from_scalar(out_key, kind, bytes),
                     BULLA_OK);
    return bytes;
}

/* Writes PEM around `der`, reads it, and compares the key with the one drawn. */
static void assert_read_back(const char *label, const struct writer *der, bulla_bytes password,
                             const struct private_key *drawn) {
    uint8_t public_key[133];
    size_t len;
    struct private_key key;
    struct writer text = writer_growing(8192);
    bulla_bytes pem;
    pem_write(&text, label, bytes_of(der->buffer, der->len));
    assert_true(writer_finish(&text, &pem));
    assert_int_equal(private_key_from_pem(&key, pem, password), BULLA_OK);
    assert_int_equal(private_key_public(drawn, public_key, sizeof public_key, &len), BULLA_OK);
    assert_signs(&key, drawn->kind, bytes_of(public_key, len));
    private_key_free(&key);
    writer_free(&text);
}

static void test_written_keys_are_read(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_WRITTEN_KINDS; i++) {
        uint8_t secret_buffer[66];
        struct private_key drawn;
        struct writer der = writer_growing(1024);
        const bulla_bytes secret = draw(written_kinds[i], secret_buffer, &drawn);
        assert_int_equal(private_key_write_pkcs8(written_kinds[i], secret, &der), BULLA_OK);
        assert_read_back("PRIVATE KEY", &der, NO_PASSWORD, &drawn);
        writer_free(&der);
        private_key_free(&drawn);
    }
}

static void test_written_encrypted_keys_are_read(void **state) {
    (void)state;
    uint8_t secret_buffer[66];
    struct private_key drawn;
    struct writer der = writer_growing(1024);
    const bulla_bytes secret = draw(KEY_KIND_EC_P256, secret_buffer, &drawn);
    assert_int_equal(
        private_key_write_pkcs8_encrypted(KEY_KIND_EC_P256, secret, CLAY, &system_random, &der),
        BULLA_OK);
    assert_read_back("ENCRYPTED PRIVATE KEY", &der, CLAY, &drawn);
    writer_free(&der);
    private_key_free(&drawn);
}

/* Byte for byte, from the secrets where openssl's own encodings have them. */
static void test_written_as_openssl_writes(void **state) {
    (void)state;
    static const struct {
        const char *pem;
        enum key_kind kind;
        size_t secret_at, secret_len;
    } rows[] = {
        {P256_PKCS8, KEY_KIND_EC_P256, 36, 32},
        {P384_PKCS8, KEY_KIND_EC_P384, 35, 48},
        {P521_PKCS8, KEY_KIND_EC_P521, 35, 66},
        {ED25519_PKCS8, KEY_KIND_ED25519, 16, 32},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pem_block block = block_of(rows[i].pem);
        struct writer der = writer_growing(1024);
        const bulla_bytes secret = bytes_of(block.der + rows[i].secret_at, rows[i].secret_len);
        assert_int_equal(private_key_write_pkcs8(rows[i].kind, secret, &der), BULLA_OK);
        assert_int_equal(der.len, block.der_len);
        assert_memory_equal(der.buffer, block.der, block.der_len);
        writer_free(&der);
        pem_block_free(&block);
    }
}

static void test_what_cannot_be_written(void **state) {
    (void)state;
    uint8_t buffer[512];
    const uint8_t secret[66] = {[31] = 1, [65] = 1};
    struct writer der = writer_into(buffer, sizeof buffer);
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_RSA, bytes_of(secret, 32), &der),
                     BULLA_E_API_MISUSE);
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_INVALID, bytes_of(secret, 32), &der),
                     BULLA_E_API_MISUSE);
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_EC_P256, bytes_of(secret, 31), &der),
                     BULLA_E_API_MISUSE);
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_EC_P256, bytes_of(secret + 32, 32), &der),
                     BULLA_E_KEY_MALFORMED);
    assert_int_equal(der.len, 0);
    der = writer_into(buffer, 100);
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_EC_P256, bytes_of(secret, 32), &der),
                     BULLA_E_BUFFER_TOO_SMALL);
}

static bool no_random(void *context, uint8_t *out, size_t len) {
    (void)context, (void)out, (void)len;
    return false;
}

static void test_encrypting_without_randomness_or_room(void **state) {
    (void)state;
    const struct random_source broken = {.fill = no_random};
    const uint8_t secret[32] = {[31] = 1};
    uint8_t buffer[512];
    struct writer der = writer_into(buffer, sizeof buffer);
    assert_int_equal(
        private_key_write_pkcs8_encrypted(KEY_KIND_EC_P256, BYTES_IN(secret), CLAY, &broken, &der),
        BULLA_E_RANDOM_FAILED);
    der = writer_into(buffer, 150);
    assert_int_equal(private_key_write_pkcs8_encrypted(KEY_KIND_EC_P256, BYTES_IN(secret), CLAY,
                                                       &system_random, &der),
                     BULLA_E_BUFFER_TOO_SMALL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_format_loads_and_signs),
        cmocka_unit_test(test_a_key_that_is_not_encrypted_needs_no_password),
        cmocka_unit_test(test_the_first_key_of_a_file),
        cmocka_unit_test(test_passwords),
        cmocka_unit_test(test_what_is_not_supported),
        cmocka_unit_test(test_text_truncated_at_every_byte),
        cmocka_unit_test(test_der_truncated_and_lengthened),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_flipped_numbers_are_noticed),
        cmocka_unit_test(test_pkcs8_version_2),
        cmocka_unit_test(test_pkcs8_version_2_of_rsa),
        cmocka_unit_test(test_where_the_curve_stands),
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_the_public_half_must_match),
        cmocka_unit_test(test_pbkdf2_parameters),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_a_wrong_password_with_right_padding),
        cmocka_unit_test(test_written_keys_are_read),
        cmocka_unit_test(test_written_encrypted_keys_are_read),
        cmocka_unit_test(test_written_as_openssl_writes),
        cmocka_unit_test(test_what_cannot_be_written),
        cmocka_unit_test(test_encrypting_without_randomness_or_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
