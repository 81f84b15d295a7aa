/* SPDX-License-Identifier: Apache-2.0 */
/* The weak code points and the reasons. Who asks for one is told why it is not to be had, rather
 * than that nobody knows it: the setters of a config (config_policy.c) and the lookups by name
 * (parameter_names.c) refuse by this table. */
#include "tls/weakness.h"

static const struct weakness weak_versions[] = {
    {0x0002, "SSLv2", "SSL2", WEAK_SSL2},
    {0x0300, "SSLv3", "SSL3", WEAK_SSL3},
    {0x0301, "TLSv1.0", "TLSv1", WEAK_TLS_1_0},
    {0x0302, "TLSv1.1", "", WEAK_TLS_1_1},
};

/* RFC 8422 5.1.1 withdrew the curves, RFC 7919 has the finite fields. */
static const struct weakness weak_groups[] = {
    {0x0001, "sect163k1", "K-163", WEAK_BINARY_CURVE},
    {0x0002, "sect163r1", "", WEAK_BINARY_CURVE},
    {0x0003, "sect163r2", "B-163", WEAK_BINARY_CURVE},
    {0x0004, "sect193r1", "", WEAK_BINARY_CURVE},
    {0x0005, "sect193r2", "", WEAK_BINARY_CURVE},
    {0x0006, "sect233k1", "K-233", WEAK_BINARY_CURVE},
    {0x0007, "sect233r1", "B-233", WEAK_BINARY_CURVE},
    {0x0008, "sect239k1", "", WEAK_BINARY_CURVE},
    {0x0009, "sect283k1", "K-283", WEAK_BINARY_CURVE},
    {0x000a, "sect283r1", "B-283", WEAK_BINARY_CURVE},
    {0x000b, "sect409k1", "K-409", WEAK_BINARY_CURVE},
    {0x000c, "sect409r1", "B-409", WEAK_BINARY_CURVE},
    {0x000d, "sect571k1", "K-571", WEAK_BINARY_CURVE},
    {0x000e, "sect571r1", "B-571", WEAK_BINARY_CURVE},
    {0x000f, "secp160k1", "", WEAK_SMALL_CURVE},
    {0x0010, "secp160r1", "", WEAK_SMALL_CURVE},
    {0x0011, "secp160r2", "", WEAK_SMALL_CURVE},
    {0x0012, "secp192k1", "", WEAK_SMALL_CURVE},
    {0x0013, "secp192r1", "prime192v1", WEAK_SMALL_CURVE},
    {0x0013, "P-192", "", WEAK_SMALL_CURVE},
    {0x0014, "secp224k1", "", WEAK_SMALL_CURVE},
    {0x0015, "secp224r1", "P-224", WEAK_SMALL_CURVE},
    {0x0100, "ffdhe2048", "", WEAK_FINITE_FIELD},
    {0x0101, "ffdhe3072", "", WEAK_FINITE_FIELD},
    {0x0102, "ffdhe4096", "", WEAK_FINITE_FIELD},
    {0x0103, "ffdhe6144", "", WEAK_FINITE_FIELD},
    {0x0104, "ffdhe8192", "", WEAK_FINITE_FIELD},
    {0xff01, "arbitrary_explicit_prime_curves", "", WEAK_EXPLICIT_CURVE},
    {0xff02, "arbitrary_explicit_char2_curves", "", WEAK_EXPLICIT_CURVE},
};

/* Hash and signature as two bytes, RFC 5246 7.4.1.4.1. */
static const struct weakness weak_schemes[] = {
    {0x0101, "rsa_pkcs1_md5", "RSA+MD5", WEAK_MD5},
    {0x0102, "dsa_md5", "DSA+MD5", WEAK_MD5},
    {0x0103, "ecdsa_md5", "ECDSA+MD5", WEAK_MD5},
    {0x0201, "rsa_pkcs1_sha1", "RSA+SHA1", WEAK_SHA1},
    {0x0202, "dsa_sha1", "DSA+SHA1", WEAK_SHA1},
    {0x0203, "ecdsa_sha1", "ECDSA+SHA1", WEAK_SHA1},
    {0x0301, "rsa_pkcs1_sha224", "RSA+SHA224", WEAK_SHA224},
    {0x0302, "dsa_sha224", "DSA+SHA224", WEAK_SHA224},
    {0x0303, "ecdsa_sha224", "ECDSA+SHA224", WEAK_SHA224},
    {0x0402, "dsa_sha256", "DSA+SHA256", WEAK_DSA},
    {0x0502, "dsa_sha384", "DSA+SHA384", WEAK_DSA},
    {0x0602, "dsa_sha512", "DSA+SHA512", WEAK_DSA},
};

static const char *const reasons[NUM_WEAK_REASONS] = {
    [WEAK_SSL2] = "SSL 2.0 lets anyone in the middle choose the cipher, and opens other versions'"
                  " connections under the same key (RFC 6176, DROWN)",
    [WEAK_SSL3] = "SSL 3.0 gives plaintext away by its padding (RFC 7568, POODLE)",
    [WEAK_TLS_1_0] = "TLS 1.0 rests on MD5 and SHA-1 and has no AEAD (RFC 8996)",
    [WEAK_TLS_1_1] = "TLS 1.1 rests on MD5 and SHA-1 and has no AEAD (RFC 8996)",
    [WEAK_NULL] = "it encrypts nothing, so everybody on the way reads along",
    [WEAK_ANONYMOUS] = "neither side proves who it is, so anyone in the middle can be both",
    [WEAK_EXPORT] = "its keys were kept short for export, and are found by trying them all (FREAK)",
    [WEAK_RC4] = "RC4's keystream is biased (RFC 7465)",
    [WEAK_DES] = "a DES key has 56 bits, and is found by trying them all (RFC 5469)",
    [WEAK_SHORT_BLOCKS] =
        "its blocks of 64 bits repeat within one long connection, and repeats give"
        " plaintext away (Sweet32)",
    [WEAK_STATIC_RSA] = "without forward secrecy a key that leaks opens all that was ever recorded,"
                        " and servers give RSA key transport away by how they refuse it (ROBOT)",
    [WEAK_STATIC_ECDH] =
        "without forward secrecy a key that leaks opens all that was ever recorded",
    [WEAK_CBC] = "CBC under its MAC gives plaintext away by how long the padding takes to check"
                 " (Lucky Thirteen)",
    [WEAK_DHE] = "in TLS 1.2 the server alone chooses the finite field, often one too small"
                 " (Logjam), and its secrets' leading zeros can be timed (Raccoon)",
    [WEAK_SHORT_TAG] = "a tag of 8 bytes is forged 2^64 times as soon as one of 16",
    [WEAK_SMALL_CURVE] = "curves below 256 bits are below the strength of all else here (RFC 8422"
                         " 5.1.1)",
    [WEAK_BINARY_CURVE] = "curves over binary fields were withdrawn from TLS (RFC 8422 5.1.1)",
    [WEAK_EXPLICIT_CURVE] = "nobody can check a curve that its peer makes up (RFC 8422 5.1.1)",
    [WEAK_FINITE_FIELD] = "finite fields cost a server many times what curves do, which attackers"
                          " turn against it (D(HE)at), and give no more for it",
    [WEAK_MD5] = "two texts with one MD5 digest are found within seconds (RFC 9155)",
    [WEAK_SHA1] = "two texts with one SHA-1 digest can be found (RFC 9155)",
    [WEAK_SHA224] = "SHA-224 is below the strength of all else here, and TLS 1.3 has dropped it",
    [WEAK_DSA] = "DSA gives its key away where one number is drawn badly, and TLS 1.3 has dropped"
                 " it (RFC 8446 4.2.3)",
};

static const struct weakness *weakness_find(bulla_parameter kind, uint16_t code);

const struct weakness *weaknesses_of(bulla_parameter kind, size_t *out_num) {
    switch (kind) {
    case BULLA_PARAMETER_VERSION:
        *out_num = sizeof weak_versions / sizeof weak_versions[0];
        return weak_versions;
    case BULLA_PARAMETER_SUITE:
        *out_num = num_weak_suites;
        return weak_suites;
    case BULLA_PARAMETER_GROUP:
        *out_num = sizeof weak_groups / sizeof weak_groups[0];
        return weak_groups;
    case BULLA_PARAMETER_SIGNATURE_SCHEME:
        *out_num = sizeof weak_schemes / sizeof weak_schemes[0];
        return weak_schemes;
    case BULLA_PARAMETER_INVALID:
        break;
    }
    *out_num = 0;
    return NULL;
}

const char *bulla_weakness(bulla_parameter kind, uint16_t code) {
    const struct weakness *weakness = weakness_find(kind, code);
    return weakness == NULL ? NULL : reasons[weakness->reason];
}

bulla_cause weakness_refusal(bulla_parameter kind, uint16_t code) {
    static const bulla_cause causes[] = {
        [BULLA_PARAMETER_VERSION] = BULLA_E_WEAK_VERSION,
        [BULLA_PARAMETER_SUITE] = BULLA_E_WEAK_SUITE,
        [BULLA_PARAMETER_GROUP] = BULLA_E_WEAK_GROUP,
        [BULLA_PARAMETER_SIGNATURE_SCHEME] = BULLA_E_WEAK_SIGNATURE_SCHEME,
    };
    return weakness_find(kind, code) == NULL ? BULLA_E_API_MISUSE : causes[kind];
}

static const struct weakness *weakness_find(bulla_parameter kind, uint16_t code) {
    size_t num;
    const struct weakness *list = weaknesses_of(kind, &num);
    for (size_t i = 0; i < num; i++) {
        if (list[i].code == code) {
            return &list[i];
        }
    }
    return NULL;
}
