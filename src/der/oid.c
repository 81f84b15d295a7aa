/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind oid.h, in the order of the encoded octets. Read by keys and certificates. */
#include "der/oid.h"

#include "der/der.h"

enum { OID_LEN_MAX = 10 };

struct oid_row {
    uint8_t len;
    uint8_t content[OID_LEN_MAX];
};

/* Counts the octets, so that no row can state a wrong length. */
#define OID_ROW(...)                                                                               \
    {                                                                                              \
        sizeof((const uint8_t[]){__VA_ARGS__}), {                                                  \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* clang-format off */
#define UCL_ATTRIBUTE   0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01
#define RSADSI          0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d
#define X9_62           0x2a, 0x86, 0x48, 0xce, 0x3d
#define ENTERPRISE      0x2b, 0x06, 0x01, 0x04, 0x01
#define PKIX            0x2b, 0x06, 0x01, 0x05, 0x05, 0x07
#define CERTICOM_CURVE  0x2b, 0x81, 0x04, 0x00
#define ATTRIBUTE       0x55, 0x04
#define EXTENSION       0x55, 0x1d
#define NIST_ALGORITHM  0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04

static const struct oid_row rows[NUM_OIDS] = {
    [OID_USER_ID] = OID_ROW(UCL_ATTRIBUTE, 1),
    [OID_DOMAIN_COMPONENT] = OID_ROW(UCL_ATTRIBUTE, 25),

    [OID_RSA_ENCRYPTION] = OID_ROW(RSADSI, 1, 1, 1),
    [OID_MD5_WITH_RSA] = OID_ROW(RSADSI, 1, 1, 4),
    [OID_SHA1_WITH_RSA] = OID_ROW(RSADSI, 1, 1, 5),
    [OID_MGF1] = OID_ROW(RSADSI, 1, 1, 8),
    [OID_RSASSA_PSS] = OID_ROW(RSADSI, 1, 1, 10),
    [OID_SHA256_WITH_RSA] = OID_ROW(RSADSI, 1, 1, 11),
    [OID_SHA384_WITH_RSA] = OID_ROW(RSADSI, 1, 1, 12),
    [OID_SHA512_WITH_RSA] = OID_ROW(RSADSI, 1, 1, 13),
    [OID_PBKDF2] = OID_ROW(RSADSI, 1, 5, 12),
    [OID_PBES2] = OID_ROW(RSADSI, 1, 5, 13),
    [OID_EMAIL_ADDRESS] = OID_ROW(RSADSI, 1, 9, 1),
    [OID_EXTENSION_REQUEST] = OID_ROW(RSADSI, 1, 9, 14),
    [OID_HMAC_WITH_SHA1] = OID_ROW(RSADSI, 2, 7),
    [OID_HMAC_WITH_SHA256] = OID_ROW(RSADSI, 2, 9),
    [OID_HMAC_WITH_SHA384] = OID_ROW(RSADSI, 2, 10),
    [OID_HMAC_WITH_SHA512] = OID_ROW(RSADSI, 2, 11),

    [OID_EC_PUBLIC_KEY] = OID_ROW(X9_62, 2, 1),
    [OID_PRIME256V1] = OID_ROW(X9_62, 3, 1, 7),
    [OID_ECDSA_WITH_SHA1] = OID_ROW(X9_62, 4, 1),
    [OID_ECDSA_WITH_SHA256] = OID_ROW(X9_62, 4, 3, 2),
    [OID_ECDSA_WITH_SHA384] = OID_ROW(X9_62, 4, 3, 3),
    [OID_ECDSA_WITH_SHA512] = OID_ROW(X9_62, 4, 3, 4),

    [OID_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMPS] = OID_ROW(ENTERPRISE, 0xd6, 0x79, 2, 4, 2),
    [OID_SCRYPT] = OID_ROW(ENTERPRISE, 0xda, 0x47, 4, 11),

    [OID_EXTENSION_AUTHORITY_INFO_ACCESS] = OID_ROW(PKIX, 1, 1),
    [OID_EXTENSION_SUBJECT_INFO_ACCESS] = OID_ROW(PKIX, 1, 11),
    [OID_EXTENSION_TLS_FEATURE] = OID_ROW(PKIX, 1, 24),
    [OID_PURPOSE_SERVER_AUTH] = OID_ROW(PKIX, 3, 1),
    [OID_PURPOSE_CLIENT_AUTH] = OID_ROW(PKIX, 3, 2),
    [OID_PURPOSE_CODE_SIGNING] = OID_ROW(PKIX, 3, 3),
    [OID_PURPOSE_EMAIL_PROTECTION] = OID_ROW(PKIX, 3, 4),
    [OID_PURPOSE_TIME_STAMPING] = OID_ROW(PKIX, 3, 8),
    [OID_PURPOSE_OCSP_SIGNING] = OID_ROW(PKIX, 3, 9),
    [OID_ACCESS_OCSP] = OID_ROW(PKIX, 48, 1),
    [OID_OCSP_BASIC] = OID_ROW(PKIX, 48, 1, 1),
    [OID_OCSP_NONCE] = OID_ROW(PKIX, 48, 1, 2),
    [OID_OCSP_NO_CHECK] = OID_ROW(PKIX, 48, 1, 5),
    [OID_ACCESS_CA_ISSUERS] = OID_ROW(PKIX, 48, 2),

    [OID_SHA1] = OID_ROW(0x2b, 14, 3, 2, 26),

    [OID_X25519] = OID_ROW(0x2b, 101, 110),
    [OID_ED25519] = OID_ROW(0x2b, 101, 112),
    [OID_ED448] = OID_ROW(0x2b, 101, 113),
    [OID_SECP384R1] = OID_ROW(CERTICOM_CURVE, 34),
    [OID_SECP521R1] = OID_ROW(CERTICOM_CURVE, 35),

    [OID_COMMON_NAME] = OID_ROW(ATTRIBUTE, 3),
    [OID_SURNAME] = OID_ROW(ATTRIBUTE, 4),
    [OID_SERIAL_NUMBER] = OID_ROW(ATTRIBUTE, 5),
    [OID_COUNTRY] = OID_ROW(ATTRIBUTE, 6),
    [OID_LOCALITY] = OID_ROW(ATTRIBUTE, 7),
    [OID_STATE_OR_PROVINCE] = OID_ROW(ATTRIBUTE, 8),
    [OID_STREET_ADDRESS] = OID_ROW(ATTRIBUTE, 9),
    [OID_ORGANIZATION] = OID_ROW(ATTRIBUTE, 10),
    [OID_ORGANIZATIONAL_UNIT] = OID_ROW(ATTRIBUTE, 11),
    [OID_TITLE] = OID_ROW(ATTRIBUTE, 12),
    [OID_POSTAL_CODE] = OID_ROW(ATTRIBUTE, 17),
    [OID_GIVEN_NAME] = OID_ROW(ATTRIBUTE, 42),
    [OID_INITIALS] = OID_ROW(ATTRIBUTE, 43),
    [OID_GENERATION_QUALIFIER] = OID_ROW(ATTRIBUTE, 44),
    [OID_DN_QUALIFIER] = OID_ROW(ATTRIBUTE, 46),
    [OID_PSEUDONYM] = OID_ROW(ATTRIBUTE, 65),
    [OID_ORGANIZATION_IDENTIFIER] = OID_ROW(ATTRIBUTE, 97),

    [OID_EXTENSION_SUBJECT_DIRECTORY_ATTRIBUTES] = OID_ROW(EXTENSION, 9),
    [OID_EXTENSION_SUBJECT_KEY_IDENTIFIER] = OID_ROW(EXTENSION, 14),
    [OID_EXTENSION_KEY_USAGE] = OID_ROW(EXTENSION, 15),
    [OID_EXTENSION_SUBJECT_ALT_NAME] = OID_ROW(EXTENSION, 17),
    [OID_EXTENSION_ISSUER_ALT_NAME] = OID_ROW(EXTENSION, 18),
    [OID_EXTENSION_BASIC_CONSTRAINTS] = OID_ROW(EXTENSION, 19),
    [OID_EXTENSION_CRL_NUMBER] = OID_ROW(EXTENSION, 20),
    [OID_EXTENSION_REASON_CODE] = OID_ROW(EXTENSION, 21),
    [OID_EXTENSION_INVALIDITY_DATE] = OID_ROW(EXTENSION, 24),
    [OID_EXTENSION_DELTA_CRL_INDICATOR] = OID_ROW(EXTENSION, 27),
    [OID_EXTENSION_ISSUING_DISTRIBUTION_POINT] = OID_ROW(EXTENSION, 28),
    [OID_EXTENSION_CERTIFICATE_ISSUER] = OID_ROW(EXTENSION, 29),
    [OID_EXTENSION_NAME_CONSTRAINTS] = OID_ROW(EXTENSION, 30),
    [OID_EXTENSION_CRL_DISTRIBUTION_POINTS] = OID_ROW(EXTENSION, 31),
    [OID_EXTENSION_CERTIFICATE_POLICIES] = OID_ROW(EXTENSION, 32),
    [OID_ANY_POLICY] = OID_ROW(EXTENSION, 32, 0),
    [OID_EXTENSION_POLICY_MAPPINGS] = OID_ROW(EXTENSION, 33),
    [OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER] = OID_ROW(EXTENSION, 35),
    [OID_EXTENSION_POLICY_CONSTRAINTS] = OID_ROW(EXTENSION, 36),
    [OID_EXTENSION_EXTENDED_KEY_USAGE] = OID_ROW(EXTENSION, 37),
    [OID_PURPOSE_ANY] = OID_ROW(EXTENSION, 37, 0),
    [OID_EXTENSION_FRESHEST_CRL] = OID_ROW(EXTENSION, 46),
    [OID_EXTENSION_INHIBIT_ANY_POLICY] = OID_ROW(EXTENSION, 54),

    [OID_AES128_CBC] = OID_ROW(NIST_ALGORITHM, 1, 2),
    [OID_AES192_CBC] = OID_ROW(NIST_ALGORITHM, 1, 22),
    [OID_AES256_CBC] = OID_ROW(NIST_ALGORITHM, 1, 42),
    [OID_SHA256] = OID_ROW(NIST_ALGORITHM, 2, 1),
    [OID_SHA384] = OID_ROW(NIST_ALGORITHM, 2, 2),
    [OID_SHA512] = OID_ROW(NIST_ALGORITHM, 2, 3),
};
/* clang-format on */

bulla_bytes oid_content(enum oid oid) {
    return bytes_of(rows[oid].content, rows[oid].len);
}

enum oid oid_find(bulla_bytes content) {
    unsigned first = OID_UNKNOWN + 1;
    unsigned end = NUM_OIDS;
    while (first < end) {
        unsigned middle = first + (end - first) / 2;
        int order = bytes_compare(content, oid_content((enum oid)middle));
        if (order == 0) {
            return (enum oid)middle;
        }
        if (order < 0) {
            end = middle;
        } else {
            first = middle + 1;
        }
    }
    return OID_UNKNOWN;
}

bool oid_read(struct reader *reader, enum oid *out) {
    bulla_bytes content;
    if (!der_read_oid(reader, &content)) {
        return false;
    }
    *out = oid_find(content);
    return true;
}

void oid_write(struct writer *writer, enum oid oid) {
    der_write_oid(writer, oid_content(oid));
}

bool oid_read_algorithm(struct reader *reader, enum oid *out_algorithm,
                        bulla_bytes *out_parameters) {
    struct reader ahead = *reader;
    struct reader inside;
    uint8_t tag;
    bulla_bytes content;
    *out_parameters = bytes_of(NULL, 0);
    if (!der_read_nested(&ahead, DER_SEQUENCE, &inside) || !oid_read(&inside, out_algorithm)) {
        return false;
    }
    if (!reader_at_end(&inside) && !der_read_any(&inside, &tag, &content, out_parameters)) {
        return false;
    }
    if (!reader_at_end(&inside)) {
        return false;
    }
    *reader = ahead;
    return true;
}

bool oid_parameters_null(bulla_bytes parameters) {
    static const uint8_t null[] = {DER_NULL, 0};
    return parameters.len == 0 || bytes_equal(parameters, BYTES_IN(null));
}
