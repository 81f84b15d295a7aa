/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: RFC 5958 (PKCS#8, versions 1 and 2, plain or encrypted), RFC 5915 (SEC1), RFC 8017
 * A.1.2 (PKCS#1), RFC 8410 (Ed25519). Only the numbers are taken out; crypto/signature.h makes the
 * key and computes the public half, which must be the one stated, where one is.
 *
 * Refused: explicit curve parameters, RSA with more than two primes, keys restricted to RSASSA-PSS,
 * curves and algorithms that TLS here does not sign with. Called by x509's credentials and the CA.
 */
#include "der/private_key.h"

#include "der/der.h"
#include "der/oid.h"
#include "der/pbes2.h"

#include <stdlib.h>

enum { SCALAR_LEN_MAX = 66, POINT_LEN_MAX = 133, PKCS8_WRITTEN_LEN_MAX = 512 };
enum { ED25519_SECRET_LEN = 32 };

static bulla_cause read_pkcs8(struct private_key *out, bulla_bytes der);
static bulla_cause read_pkcs8_encrypted(struct private_key *out, bulla_bytes der,
                                        bulla_bytes password);
static bulla_cause read_sec1(struct private_key *out, bulla_bytes der, enum key_kind curve);
static bulla_cause read_pkcs1(struct private_key *out, bulla_bytes der);
static bulla_cause read_ed25519(struct private_key *out, bulla_bytes der);
static bulla_cause read_curve(bulla_bytes parameters, enum key_kind *out_curve);
static bulla_cause check_public(const struct private_key *key, bulla_bytes stated);

/* Formats, by label and by algorithm. */

bulla_cause private_key_from_pem(struct private_key *out, bulla_bytes pem, bulla_bytes password) {
    struct reader text = reader_over(pem);
    *out = (struct private_key){0};
    for (;;) {
        struct pem_block block;
        bulla_cause cause = pem_next(&text, &block);
        if (cause == BULLA_E_KEY_ENCRYPTED) {
            /* RFC 1421's encryption derives its key with one round of MD5: no password opens it. */
            return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
        }
        if (cause != BULLA_OK) {
            return cause;
        }
        cause = private_key_from_block(out, &block, password);
        pem_block_free(&block);
        if (cause != BULLA_E_PEM_NOT_FOUND) {
            return cause;
        }
    }
}

static bool ends_with(bulla_bytes text, bulla_bytes suffix) {
    return text.len >= suffix.len &&
           bytes_equal(bytes_of(text.data + text.len - suffix.len, suffix.len), suffix);
}

bulla_cause private_key_from_block(struct private_key *out, const struct pem_block *block,
                                   bulla_bytes password) {
    const bulla_bytes der = bytes_of(block->der, block->der_len);
    *out = (struct private_key){0};
    if (bytes_equal(block->label, BYTES_OF("PRIVATE KEY"))) {
        return read_pkcs8(out, der);
    }
    if (bytes_equal(block->label, BYTES_OF("ENCRYPTED PRIVATE KEY"))) {
        return read_pkcs8_encrypted(out, der, password);
    }
    if (bytes_equal(block->label, BYTES_OF("EC PRIVATE KEY"))) {
        return read_sec1(out, der, KEY_KIND_INVALID);
    }
    if (bytes_equal(block->label, BYTES_OF("RSA PRIVATE KEY"))) {
        return read_pkcs1(out, der);
    }
    /* "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY". */
    return ends_with(block->label, BYTES_OF("PRIVATE KEY")) ? BULLA_E_KEY_UNSUPPORTED
                                                            : BULLA_E_PEM_NOT_FOUND;
}

/* The privateKey of a PKCS#8 key, in the form that its algorithm gives it. */
static bulla_cause read_by_algorithm(struct private_key *out, enum oid algorithm,
                                     bulla_bytes parameters, bulla_bytes key) {
    if (algorithm == OID_EC_PUBLIC_KEY) {
        enum key_kind curve;
        bulla_cause cause = read_curve(parameters, &curve);
        return cause == BULLA_OK ? read_sec1(out, key, curve) : cause;
    }
    if (algorithm == OID_RSA_ENCRYPTION) {
        return oid_parameters_null(parameters) ? read_pkcs1(out, key) : BULLA_E_KEY_MALFORMED;
    }
    if (algorithm == OID_ED25519) {
        /* RFC 8410 section 3: the parameters are absent. */
        return parameters.len == 0 ? read_ed25519(out, key) : BULLA_E_KEY_MALFORMED;
    }
    return BULLA_E_KEY_UNSUPPORTED;
}

/* OneAsymmetricKey, RFC 5958 section 2: version, privateKeyAlgorithm, privateKey, [0] attributes
 * OPTIONAL (passed over), [1] publicKey OPTIONAL, IMPLICIT and only in version 2, which is 1. */
static bulla_cause read_pkcs8(struct private_key *out, bulla_bytes der) {
    struct reader reader = reader_over(der);
    struct reader inside;
    uint32_t version;
    enum oid algorithm;
    bulla_bytes parameters, key, attributes, public_bits;
    bool has_attributes, has_public;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !der_read_small_integer(&inside, &version) || version > 1 ||
        !oid_read_algorithm(&inside, &algorithm, &parameters) ||
        !der_read(&inside, DER_OCTET_STRING, &key) ||
        !der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &has_attributes, &attributes) ||
        !der_read_optional(&inside, DER_CONTEXT(1), &has_public, &public_bits) ||
        !reader_at_end(&inside) || (has_public && version == 0)) {
        return BULLA_E_KEY_MALFORMED;
    }
    bulla_cause cause = read_by_algorithm(out, algorithm, parameters, key);
    if (cause != BULLA_OK || !has_public) {
        return cause;
    }
    struct reader bits = reader_over(public_bits);
    uint8_t unused_bits;
    bool whole = reader_u8(&bits, &unused_bits) && unused_bits == 0;
    cause = whole ? check_public(out, reader_rest(&bits)) : BULLA_E_KEY_MALFORMED;
    if (cause != BULLA_OK) {
        private_key_free(out);
    }
    return cause;
}

static bulla_cause decrypt_and_read(struct private_key *out, const struct pbes2 *scheme,
                                    bulla_bytes password, bulla_bytes encrypted) {
    uint8_t *plain = malloc(encrypted.len == 0 ? 1 : encrypted.len);
    size_t plain_len = 0;
    if (plain == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = pbes2_decrypt(scheme, password, encrypted, plain, &plain_len);
    if (cause == BULLA_OK) {
        cause = read_pkcs8(out, bytes_of(plain, plain_len));
        /* The password was wrong and the padding right by chance. */
        cause = cause == BULLA_E_KEY_MALFORMED ? BULLA_E_KEY_PASSWORD_WRONG : cause;
    }
    bytes_wipe_and_free(plain, encrypted.len);
    return cause;
}

/* EncryptedPrivateKeyInfo, RFC 5958 section 3. */
static bulla_cause read_pkcs8_encrypted(struct private_key *out, bulla_bytes der,
                                        bulla_bytes password) {
    struct reader reader = reader_over(der);
    struct reader inside;
    enum oid algorithm;
    bulla_bytes parameters, encrypted;
    struct pbes2 scheme;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !oid_read_algorithm(&inside, &algorithm, &parameters) ||
        !der_read(&inside, DER_OCTET_STRING, &encrypted) || !reader_at_end(&inside)) {
        return BULLA_E_KEY_MALFORMED;
    }
    if (algorithm != OID_PBES2) {
        return BULLA_E_KEY_ENCRYPTION_UNSUPPORTED;
    }
    bulla_cause cause = pbes2_read(&scheme, parameters);
    if (cause != BULLA_OK) {
        return cause;
    }
    return password.len == 0 ? BULLA_E_KEY_ENCRYPTED
                             : decrypt_and_read(out, &scheme, password, encrypted);
}

/* EC. */

static const struct curve {
    enum key_kind kind;
    enum oid oid;
    size_t scalar_len;
} curves[] = {
    {KEY_KIND_EC_P256, OID_PRIME256V1, 32},
    {KEY_KIND_EC_P384, OID_SECP384R1, 48},
    {KEY_KIND_EC_P521, OID_SECP521R1, 66},
};

static const struct curve *curve_of(enum key_kind kind) {
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (curves[i].kind == kind) {
            return &curves[i];
        }
    }
    return NULL;
}

/* ECParameters, RFC 5480 2.1.1: the curve's name; a SEQUENCE would be the curve's own numbers, with
 * which keys have been forged (CVE-2020-0601). */
static bulla_cause read_curve(bulla_bytes parameters, enum key_kind *out_curve) {
    struct reader reader = reader_over(parameters);
    enum oid oid;
    if (der_next_is(&reader, DER_SEQUENCE)) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    if (!oid_read(&reader, &oid) || !reader_at_end(&reader)) {
        return BULLA_E_KEY_MALFORMED;
    }
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (curves[i].oid == oid) {
            *out_curve = curves[i].kind;
            return BULLA_OK;
        }
    }
    return BULLA_E_KEY_UNSUPPORTED;
}

/* RFC 5915 section 3 gives the scalar the curve's length; some writers leave zeros at its front
 * out, or add one, which says the same number. */
static bulla_cause key_from_scalar(struct private_key *out, enum key_kind kind,
                                   bulla_bytes scalar) {
    const struct curve *curve = curve_of(kind);
    uint8_t padded[SCALAR_LEN_MAX] = {0};
    size_t excess = scalar.len > curve->scalar_len ? scalar.len - curve->scalar_len : 0;
    if (scalar.len == 0 || !bytes_all_zero(bytes_of(scalar.data, excess))) {
        return BULLA_E_KEY_MALFORMED;
    }
    scalar = bytes_of(scalar.data + excess, scalar.len - excess);
    size_t missing = curve->scalar_len - scalar.len;
    bytes_copy(padded + missing, sizeof padded - missing, scalar);
    bulla_cause cause = private_key_from_scalar(out, kind, bytes_of(padded, curve->scalar_len));
    bytes_wipe(padded, sizeof padded);
    return cause;
}

/* The curve may stand in PKCS#8's algorithm, in ECPrivateKey, or in both and then twice the same.
 */
static bulla_cause agree_on_curve(enum key_kind *curve, bool has_parameters,
                                  bulla_bytes parameters) {
    enum key_kind named;
    if (!has_parameters) {
        return *curve != KEY_KIND_INVALID ? BULLA_OK : BULLA_E_KEY_MALFORMED;
    }
    bulla_cause cause = read_curve(parameters, &named);
    if (cause == BULLA_OK && *curve != KEY_KIND_INVALID && *curve != named) {
        cause = BULLA_E_KEY_MALFORMED;
    }
    *curve = cause == BULLA_OK ? named : *curve;
    return cause;
}

/* ECPrivateKey, RFC 5915 section 3: version 1, privateKey, [0] parameters OPTIONAL, [1] publicKey
 * OPTIONAL, both EXPLICIT. */
static bulla_cause read_sec1(struct private_key *out, bulla_bytes der, enum key_kind curve) {
    struct reader reader = reader_over(der);
    struct reader inside;
    uint32_t version;
    bulla_bytes scalar, parameters, wrapped_public, point = {0};
    bool has_parameters, has_public;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !der_read_small_integer(&inside, &version) || version != 1 ||
        !der_read(&inside, DER_OCTET_STRING, &scalar) ||
        !der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &has_parameters, &parameters) ||
        !der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &has_public, &wrapped_public) ||
        !reader_at_end(&inside)) {
        return BULLA_E_KEY_MALFORMED;
    }
    struct reader wrapped = reader_over(wrapped_public);
    if (has_public && (!der_read_bit_string_octets(&wrapped, &point) || !reader_at_end(&wrapped))) {
        return BULLA_E_KEY_MALFORMED;
    }
    bulla_cause cause = agree_on_curve(&curve, has_parameters, parameters);
    if (cause == BULLA_OK) {
        cause = key_from_scalar(out, curve, scalar);
    }
    if (cause == BULLA_OK && has_public) {
        cause = check_public(out, point);
    }
    if (cause != BULLA_OK) {
        private_key_free(out);
    }
    return cause;
}

/* RSA and Ed25519. */

/* RSAPrivateKey, RFC 8017 A.1.2; version 1 has further primes. */
static bulla_cause read_pkcs1(struct private_key *out, bulla_bytes der) {
    struct reader reader = reader_over(der);
    struct reader inside;
    uint32_t version;
    struct rsa_numbers numbers;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) || !reader_at_end(&reader) ||
        !der_read_small_integer(&inside, &version) || version > 1) {
        return BULLA_E_KEY_MALFORMED;
    }
    if (version == 1) {
        return BULLA_E_KEY_UNSUPPORTED;
    }
    bulla_bytes *const in_order[] = {
        &numbers.modulus, &numbers.public_exponent, &numbers.private_exponent, &numbers.prime1,
        &numbers.prime2,  &numbers.exponent1,       &numbers.exponent2,        &numbers.coefficient,
    };
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) {
        if (!der_read_unsigned_integer(&inside, in_order[i])) {
            return BULLA_E_KEY_MALFORMED;
        }
    }
    return reader_at_end(&inside) ? private_key_from_rsa(out, &numbers) : BULLA_E_KEY_MALFORMED;
}

/* CurvePrivateKey, RFC 8410 section 7: an OCTET STRING inside the privateKey's OCTET STRING. */
static bulla_cause read_ed25519(struct private_key *out, bulla_bytes der) {
    struct reader reader = reader_over(der);
    bulla_bytes seed;
    if (!der_read(&reader, DER_OCTET_STRING, &seed) || !reader_at_end(&reader) ||
        seed.len != ED25519_SECRET_LEN) {
        return BULLA_E_KEY_MALFORMED;
    }
    return private_key_from_ed25519(out, seed);
}

/* The public half. */

/* SEC 1, 2.3.3: the sign of y, then x. */
static bool is_compressed_form(bulla_bytes stated, bulla_bytes point) {
    size_t coordinate_len = (point.len - 1) / 2;
    uint8_t y_parity = point.data[point.len - 1] & 1;
    return stated.len == 1 + coordinate_len && stated.data[0] == (0x02 | y_parity) &&
           bytes_equal(bytes_of(stated.data + 1, coordinate_len),
                       bytes_of(point.data + 1, coordinate_len));
}

/* RSAPublicKey, RFC 8017 A.1.1. */
static bool is_rsa_public_key(bulla_bytes stated, bulla_bytes modulus) {
    struct reader reader = reader_over(stated);
    struct reader inside;
    bulla_bytes stated_modulus, exponent;
    return der_read_nested(&reader, DER_SEQUENCE, &inside) && reader_at_end(&reader) &&
           der_read_unsigned_integer(&inside, &stated_modulus) &&
           der_read_unsigned_integer(&inside, &exponent) && reader_at_end(&inside) &&
           bytes_equal(stated_modulus, modulus);
}

static bulla_cause check_public(const struct private_key *key, bulla_bytes stated) {
    uint8_t computed[RSA_BITS_MAX / 8];
    size_t len;
    bulla_cause cause = private_key_public(key, computed, sizeof computed, &len);
    if (cause != BULLA_OK) {
        return cause;
    }
    const bulla_bytes public_key = bytes_of(computed, len);
    bool same = bytes_equal(stated, public_key);
    if (key->kind == KEY_KIND_RSA) {
        same = is_rsa_public_key(stated, public_key);
    } else if (key->kind != KEY_KIND_ED25519) {
        same = same || is_compressed_form(stated, public_key);
    }
    return same ? BULLA_OK : BULLA_E_KEY_MALFORMED;
}

/* Writing. */

/* The public point is written along: RFC 5915 leaves it optional, but there are readers that do not
 * compute it. The curve stands in the algorithm alone, as in RFC 5958's section 2. */
static void write_ec(struct writer *writer, const struct curve *curve, bulla_bytes secret,
                     bulla_bytes point) {
    size_t algorithm = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_EC_PUBLIC_KEY);
    oid_write(writer, curve->oid);
    der_close(writer, algorithm);
    size_t octets = der_open(writer, DER_OCTET_STRING);
    size_t key = der_open(writer, DER_SEQUENCE);
    der_write_small_integer(writer, 1);
    der_write(writer, DER_OCTET_STRING, secret);
    size_t wrapped_public = der_open(writer, DER_CONTEXT_CONSTRUCTED(1));
    der_write_bit_string(writer, point);
    der_close(writer, wrapped_public);
    der_close(writer, key);
    der_close(writer, octets);
}

static void write_ed25519(struct writer *writer, bulla_bytes secret) {
    size_t algorithm = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_ED25519);
    der_close(writer, algorithm);
    size_t octets = der_open(writer, DER_OCTET_STRING);
    der_write(writer, DER_OCTET_STRING, secret);
    der_close(writer, octets);
}

static bulla_cause compute_point(const struct curve *curve, bulla_bytes secret, uint8_t *out,
                                 size_t cap, size_t *out_len) {
    struct private_key key;
    bulla_cause cause = private_key_from_scalar(&key, curve->kind, secret);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = private_key_public(&key, out, cap, out_len);
    private_key_free(&key);
    return cause;
}

bulla_cause private_key_write_pkcs8(enum key_kind kind, bulla_bytes secret,
                                    struct writer *out_der) {
    const struct curve *curve = curve_of(kind);
    size_t secret_len = curve != NULL ? curve->scalar_len : ED25519_SECRET_LEN;
    uint8_t point[POINT_LEN_MAX];
    size_t point_len = 0;
    if ((curve == NULL && kind != KEY_KIND_ED25519) || secret.len != secret_len) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = BULLA_OK;
    if (curve != NULL) {
        cause = compute_point(curve, secret, point, sizeof point, &point_len);
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    size_t whole = der_open(out_der, DER_SEQUENCE);
    der_write_small_integer(out_der, 0);
    if (curve != NULL) {
        write_ec(out_der, curve, secret, bytes_of(point, point_len));
    } else {
        write_ed25519(out_der, secret);
    }
    der_close(out_der, whole);
    return out_der->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
}

bulla_cause private_key_write_pkcs8_encrypted(enum key_kind kind, bulla_bytes secret,
                                              bulla_bytes password,
                                              const struct random_source *random,
                                              struct writer *out_der) {
    uint8_t buffer[PKCS8_WRITTEN_LEN_MAX];
    struct writer plain = writer_into(buffer, sizeof buffer);
    bulla_cause cause = private_key_write_pkcs8(kind, secret, &plain);
    if (cause == BULLA_OK) {
        size_t whole = der_open(out_der, DER_SEQUENCE);
        cause = pbes2_write(out_der, bytes_of(buffer, plain.len), password, random);
        der_close(out_der, whole);
    }
    bytes_wipe(buffer, sizeof buffer);
    bool room = !out_der->failed;
    return cause == BULLA_OK && !room ? BULLA_E_BUFFER_TOO_SMALL : cause;
}
