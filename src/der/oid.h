/* SPDX-License-Identifier: Apache-2.0 */
/* The object identifiers that keys and certificates use, as one enumeration.
 *
 * Whoever dispatches on an identifier reads it with oid_read() and compares, or looks it up in a
 * table of its own. The order is that of the encoded octets, so that oid_find() can halve. */
#ifndef DER_OID_H
#define DER_OID_H

#include "base/reader.h"
#include "base/writer.h"

enum oid {
    OID_UNKNOWN = 0, /* well formed, but not one of these */

    /* 0.9.2342.19200300.100.1: attribute types, RFC 4519 */
    OID_USER_ID,
    OID_DOMAIN_COMPONENT,

    /* 1.2.840.113549.1.1: RFC 8017 */
    OID_RSA_ENCRYPTION,
    OID_MD5_WITH_RSA,
    OID_SHA1_WITH_RSA,
    OID_MGF1,
    OID_RSASSA_PSS,
    OID_SHA256_WITH_RSA,
    OID_SHA384_WITH_RSA,
    OID_SHA512_WITH_RSA,

    /* 1.2.840.113549.1.5 and .9: RFC 8018, RFC 2985 */
    OID_PBKDF2,
    OID_PBES2,
    OID_EMAIL_ADDRESS,
    OID_EXTENSION_REQUEST,

    /* 1.2.840.113549.2: RFC 8018 B.1 */
    OID_HMAC_WITH_SHA1,
    OID_HMAC_WITH_SHA256,
    OID_HMAC_WITH_SHA384,
    OID_HMAC_WITH_SHA512,

    /* 1.2.840.10045: RFC 5480, RFC 5758 */
    OID_EC_PUBLIC_KEY,
    OID_PRIME256V1,
    OID_ECDSA_WITH_SHA1,
    OID_ECDSA_WITH_SHA256,
    OID_ECDSA_WITH_SHA384,
    OID_ECDSA_WITH_SHA512,

    /* 1.3.6.1.4.1: RFC 6962 3.3, RFC 7914 7 */
    OID_EXTENSION_SIGNED_CERTIFICATE_TIMESTAMPS,
    OID_SCRYPT,

    /* 1.3.6.1.5.5.7: PKIX extensions, purposes, access methods; RFC 5280, RFC 7633 */
    OID_EXTENSION_AUTHORITY_INFO_ACCESS,
    OID_EXTENSION_SUBJECT_INFO_ACCESS,
    OID_EXTENSION_TLS_FEATURE,
    OID_PURPOSE_SERVER_AUTH,
    OID_PURPOSE_CLIENT_AUTH,
    OID_PURPOSE_CODE_SIGNING,
    OID_PURPOSE_EMAIL_PROTECTION,
    OID_PURPOSE_TIME_STAMPING,
    OID_PURPOSE_OCSP_SIGNING,
    OID_ACCESS_OCSP,
    OID_OCSP_BASIC, /* and RFC 6960's own, below it */
    OID_OCSP_NONCE,
    OID_OCSP_NO_CHECK,
    OID_ACCESS_CA_ISSUERS,

    OID_SHA1, /* 1.3.14.3.2.26 */

    /* 1.3.101 and 1.3.132.0: RFC 8410, RFC 5480 */
    OID_X25519,
    OID_ED25519,
    OID_ED448,
    OID_SECP384R1,
    OID_SECP521R1,

    /* 2.5.4: attribute types, RFC 5280 appendix A.1 */
    OID_COMMON_NAME,
    OID_SURNAME,
    OID_SERIAL_NUMBER,
    OID_COUNTRY,
    OID_LOCALITY,
    OID_STATE_OR_PROVINCE,
    OID_STREET_ADDRESS,
    OID_ORGANIZATION,
    OID_ORGANIZATIONAL_UNIT,
    OID_TITLE,
    OID_POSTAL_CODE,
    OID_GIVEN_NAME,
    OID_INITIALS,
    OID_GENERATION_QUALIFIER,
    OID_DN_QUALIFIER,
    OID_PSEUDONYM,
    OID_ORGANIZATION_IDENTIFIER,

    /* 2.5.29: extensions, RFC 5280 4.2.1 and 5.2 to 5.3 */
    OID_EXTENSION_SUBJECT_DIRECTORY_ATTRIBUTES,
    OID_EXTENSION_SUBJECT_KEY_IDENTIFIER,
    OID_EXTENSION_KEY_USAGE,
    OID_EXTENSION_SUBJECT_ALT_NAME,
    OID_EXTENSION_ISSUER_ALT_NAME,
    OID_EXTENSION_BASIC_CONSTRAINTS,
    OID_EXTENSION_CRL_NUMBER,
    OID_EXTENSION_REASON_CODE,
    OID_EXTENSION_INVALIDITY_DATE,
    OID_EXTENSION_DELTA_CRL_INDICATOR,
    OID_EXTENSION_ISSUING_DISTRIBUTION_POINT,
    OID_EXTENSION_CERTIFICATE_ISSUER,
    OID_EXTENSION_NAME_CONSTRAINTS,
    OID_EXTENSION_CRL_DISTRIBUTION_POINTS,
    OID_EXTENSION_CERTIFICATE_POLICIES,
    OID_ANY_POLICY,
    OID_EXTENSION_POLICY_MAPPINGS,
    OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER,
    OID_EXTENSION_POLICY_CONSTRAINTS,
    OID_EXTENSION_EXTENDED_KEY_USAGE,
    OID_PURPOSE_ANY,
    OID_EXTENSION_FRESHEST_CRL,
    OID_EXTENSION_INHIBIT_ANY_POLICY,

    /* 2.16.840.1.101.3.4: NIST's AES and SHA-2 */
    OID_AES128_CBC,
    OID_AES192_CBC,
    OID_AES256_CBC,
    OID_SHA256,
    OID_SHA384,
    OID_SHA512,

    NUM_OIDS
};

/* The content octets of a known identifier. */
bulla_bytes oid_content(enum oid oid);

/* The identifier with these content octets, or OID_UNKNOWN. */
enum oid oid_find(bulla_bytes content);

/* Reads an OBJECT IDENTIFIER; false where it is malformed. */
BULLA_MUST_CHECK bool oid_read(struct reader *reader, enum oid *out);
void oid_write(struct writer *writer, enum oid oid);

/* AlgorithmIdentifier, RFC 5280 4.1.1.2: the algorithm and its parameters as one whole DER value;
 * no parameters give no bytes. */
BULLA_MUST_CHECK bool oid_read_algorithm(struct reader *reader, enum oid *out_algorithm,
                                         bulla_bytes *out_parameters);

/* True where parameters are absent or NULL, as RSA's and the hashes' may be. */
BULLA_MUST_CHECK bool oid_parameters_null(bulla_bytes parameters);

#endif
