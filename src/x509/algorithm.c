/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys and signature algorithms as certificates name them: SubjectPublicKeyInfo (RFC 5280
 * 4.1.2.7, RFC 5480, RFC 8017 A.1, RFC 8410) and AlgorithmIdentifier (RFC 5280 4.1.1.2).
 *
 * Left as not supported, for the validator to refuse: MD5, SHA-1, DSA, Ed448; curves other than
 * P-256, P-384 and P-521, and any curve given by its parameters; RSA keys bound to PSS; PSS with
 * other than one hash throughout and a salt as long as it. */
#include "x509/algorithm.h"
#include "der/der.h"
#include "der/oid.h"

static bool parse_ec_key(struct public_key_info *out, bulla_bytes parameters, bulla_bytes bits);
static bool parse_rsa_key(struct public_key_info *out, bulla_bytes parameters, bulla_bytes bits);
static unsigned bit_length(bulla_bytes magnitude);
static bool parse_pss(struct signature_algorithm *out, bulla_bytes parameters);
static bool read_hash(struct reader *reader, enum hash_id *out);

/* What stands under a signature, and its identifier. */
static const struct {
    enum oid oid;
    struct signature_algorithm algorithm;
} algorithms[] = {
    {OID_ECDSA_WITH_SHA256, {SIGNATURE_ECDSA, HASH_SHA256}},
    {OID_ECDSA_WITH_SHA384, {SIGNATURE_ECDSA, HASH_SHA384}},
    {OID_ECDSA_WITH_SHA512, {SIGNATURE_ECDSA, HASH_SHA512}},
    {OID_SHA256_WITH_RSA, {SIGNATURE_RSA_PKCS1, HASH_SHA256}},
    {OID_SHA384_WITH_RSA, {SIGNATURE_RSA_PKCS1, HASH_SHA384}},
    {OID_SHA512_WITH_RSA, {SIGNATURE_RSA_PKCS1, HASH_SHA512}},
    {OID_ED25519, {SIGNATURE_ED25519, HASH_INVALID}},
};

static const size_t num_algorithms = sizeof algorithms / sizeof *algorithms;

bulla_cause public_key_info_parse(struct public_key_info *out, bulla_bytes der) {
    *out = (struct public_key_info){.der = der};
    struct reader whole = reader_over(der);
    struct reader inside;
    enum oid algorithm;
    bulla_bytes parameters;
    bulla_bytes bits;
    if (!der_read_nested(&whole, DER_SEQUENCE, &inside) || !reader_at_end(&whole) ||
        !oid_read_algorithm(&inside, &algorithm, &parameters) ||
        !der_read_bit_string_octets(&inside, &bits) || !reader_at_end(&inside)) {
        return BULLA_E_CERT_MALFORMED;
    }
    bool well_formed = true;
    if (algorithm == OID_EC_PUBLIC_KEY) {
        well_formed = parse_ec_key(out, parameters, bits);
    } else if (algorithm == OID_RSA_ENCRYPTION) {
        well_formed = parse_rsa_key(out, parameters, bits);
    } else if (algorithm == OID_ED25519) {
        /* RFC 8410 3: no parameters, not even NULL. */
        well_formed = parameters.len == 0 && bits.len == 32;
        out->kind = KEY_KIND_ED25519;
        out->bits = 256;
        out->point = bits;
    }
    return well_formed ? BULLA_OK : BULLA_E_CERT_MALFORMED;
}

bulla_cause certificate_public_key(const struct certificate *certificate, struct public_key *out) {
    const struct public_key_info *key = &certificate->key;
    bulla_cause cause = BULLA_E_KEY_UNSUPPORTED;
    switch (key->kind) {
    case KEY_KIND_EC_P256:
    case KEY_KIND_EC_P384:
    case KEY_KIND_EC_P521:
        cause = public_key_from_point(out, key->kind, key->point);
        break;
    case KEY_KIND_RSA:
        cause = public_key_from_rsa(out, key->modulus, key->exponent);
        break;
    case KEY_KIND_ED25519:
        cause = public_key_from_ed25519(out, key->point);
        break;
    case KEY_KIND_INVALID:
        break;
    }
    /* The crypto door speaks of keys; here it is a certificate's that is at fault. */
    if (cause == BULLA_E_KEY_UNSUPPORTED) {
        return BULLA_E_CERT_KEY_UNSUPPORTED;
    }
    return cause == BULLA_E_KEY_MALFORMED ? BULLA_E_CERT_MALFORMED : cause;
}

bool signature_algorithm_parse(struct signature_algorithm *out, bulla_bytes identifier) {
    *out = (struct signature_algorithm){0};
    struct reader whole = reader_over(identifier);
    enum oid oid;
    bulla_bytes parameters;
    if (!oid_read_algorithm(&whole, &oid, &parameters) || !reader_at_end(&whole)) {
        return false;
    }
    if (oid == OID_RSASSA_PSS) {
        return parse_pss(out, parameters);
    }
    for (size_t i = 0; i < num_algorithms; i++) {
        if (algorithms[i].oid == oid) {
            *out = algorithms[i].algorithm;
            /* RFC 4055 5 wants NULL with RSA, and much software leaves it out; ECDSA (RFC 5758
               3.2) and Ed25519 (RFC 8410 3) have nothing there. */
            return out->kind == SIGNATURE_RSA_PKCS1 ? oid_parameters_null(parameters)
                                                    : parameters.len == 0;
        }
    }
    return true;
}

struct signature_algorithm signature_algorithm_for(enum key_kind kind) {
    switch (kind) {
    case KEY_KIND_EC_P256:
        return (struct signature_algorithm){SIGNATURE_ECDSA, HASH_SHA256};
    case KEY_KIND_EC_P384:
        return (struct signature_algorithm){SIGNATURE_ECDSA, HASH_SHA384};
    case KEY_KIND_EC_P521:
        return (struct signature_algorithm){SIGNATURE_ECDSA, HASH_SHA512};
    case KEY_KIND_RSA:
        return (struct signature_algorithm){SIGNATURE_RSA_PKCS1, HASH_SHA256};
    case KEY_KIND_ED25519:
        return (struct signature_algorithm){SIGNATURE_ED25519, HASH_INVALID};
    case KEY_KIND_INVALID:
        break;
    }
    return (struct signature_algorithm){0};
}

void signature_algorithm_write(struct writer *writer, const struct signature_algorithm *algorithm) {
    size_t sequence = der_open(writer, DER_SEQUENCE);
    for (size_t i = 0; i < num_algorithms; i++) {
        if (algorithms[i].algorithm.kind == algorithm->kind &&
            algorithms[i].algorithm.hash == algorithm->hash) {
            oid_write(writer, algorithms[i].oid);
        }
    }
    if (algorithm->kind == SIGNATURE_RSA_PKCS1) {
        der_write_null(writer);
    }
    der_close(writer, sequence);
}

/* RFC 5480 2.1.1: the parameters are the curve's name. Whether the point is on it, and not
 * compressed, is found when the key is made. */
static bool parse_ec_key(struct public_key_info *out, bulla_bytes parameters, bulla_bytes bits) {
    static const struct {
        enum oid oid;
        enum key_kind kind;
        unsigned bits;
    } curves[] = {{OID_PRIME256V1, KEY_KIND_EC_P256, 256},
                  {OID_SECP384R1, KEY_KIND_EC_P384, 384},
                  {OID_SECP521R1, KEY_KIND_EC_P521, 521}};
    struct reader reader = reader_over(parameters);
    enum oid curve;
    if (!oid_read(&reader, &curve) || !reader_at_end(&reader)) {
        return parameters.len != 0; /* another choice of ECParameters: not supported */
    }
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (curves[i].oid == curve) {
            out->kind = curves[i].kind;
            out->bits = curves[i].bits;
            out->point = bits;
        }
    }
    return bits.len != 0;
}

/* RSAPublicKey, RFC 8017 A.1.1. */
static bool parse_rsa_key(struct public_key_info *out, bulla_bytes parameters, bulla_bytes bits) {
    struct reader whole = reader_over(bits);
    struct reader inside;
    if (!oid_parameters_null(parameters) || !der_read_nested(&whole, DER_SEQUENCE, &inside) ||
        !reader_at_end(&whole) || !der_read_unsigned_integer(&inside, &out->modulus) ||
        !der_read_unsigned_integer(&inside, &out->exponent) || !reader_at_end(&inside)) {
        return false;
    }
    out->kind = KEY_KIND_RSA;
    out->bits = bit_length(out->modulus);
    return true;
}

/* `magnitude` has no leading zero octet, except 0 itself. */
static unsigned bit_length(bulla_bytes magnitude) {
    unsigned bits = (unsigned)magnitude.len * 8;
    for (unsigned top = magnitude.data[0]; bits != 0 && top < 0x80; top = top << 1 | 1) {
        bits--;
    }
    return bits;
}

/* RSASSA-PSS-params, RFC 4055 3.1. Every field has a default (SHA-1, a salt of 20), so that what is
 * supported names hash, mask and salt; the trailer keeps its default. */
static bool parse_pss(struct signature_algorithm *out, bulla_bytes parameters) {
    struct reader whole = reader_over(parameters);
    struct reader inside;
    struct reader field;
    enum hash_id hash;
    enum hash_id mask_hash;
    enum oid mask;
    bulla_bytes mask_parameters;
    uint32_t salt_len;
    if (!der_read_nested(&whole, DER_SEQUENCE, &inside) || !reader_at_end(&whole)) {
        return parameters.len != 0;
    }
    if (!der_read_nested(&inside, DER_CONTEXT_CONSTRUCTED(0), &field) ||
        !read_hash(&field, &hash) || !reader_at_end(&field) ||
        !der_read_nested(&inside, DER_CONTEXT_CONSTRUCTED(1), &field) ||
        !oid_read_algorithm(&field, &mask, &mask_parameters) || !reader_at_end(&field) ||
        !der_read_nested(&inside, DER_CONTEXT_CONSTRUCTED(2), &field) ||
        !der_read_small_integer(&field, &salt_len) || !reader_at_end(&field) ||
        !reader_at_end(&inside)) {
        return true; /* not supported */
    }
    struct reader mask_reader = reader_over(mask_parameters);
    if (mask == OID_MGF1 && read_hash(&mask_reader, &mask_hash) && reader_at_end(&mask_reader) &&
        hash != HASH_INVALID && mask_hash == hash && salt_len == hash_len(hash)) {
        *out = (struct signature_algorithm){SIGNATURE_RSA_PSS, hash};
    }
    return true;
}

static bool read_hash(struct reader *reader, enum hash_id *out) {
    enum oid oid;
    bulla_bytes parameters;
    if (!oid_read_algorithm(reader, &oid, &parameters) || !oid_parameters_null(parameters)) {
        return false;
    }
    *out = oid == OID_SHA256   ? HASH_SHA256
           : oid == OID_SHA384 ? HASH_SHA384
           : oid == OID_SHA512 ? HASH_SHA512
                               : HASH_INVALID;
    return true;
}
