/* SPDX-License-Identifier: Apache-2.0 */
/* Making certificates and certification requests (issue.h), RFC 5280 section 4 and RFC 2986, for
 * private CAs and for tests. What is issued here is what the validator takes: version 3, one
 * signature algorithm, every extension in its one DER form. Refused: names that are none, a key
 * that is not the issuer's, an issuer that may not issue. */
#include "x509/issue.h"
#include "der/der.h"
#include "der/oid.h"
#include "x509/algorithm.h"
#include "x509/dns_name.h"
#include "x509/identity.h"

enum {
    SERIAL_LEN = 16,
    KEY_ID_LEN = 20,   /* RFC 7093 2 (1) */
    NAME_LEN_MAX = 64, /* ub-common-name, ub-organization-name: RFC 5280 appendix A.1 */
    TBS_LEN_MAX = 1 << 16,
    PUBLIC_KEY_LEN_MAX = RSA_BITS_MAX / 8,
    VERSION_3 = 2,
};

static const uint32_t rsa_exponent = 65537;

static bulla_cause check_request(const struct issue_request *request);
static bulla_cause check_text(const char *text);
static bulla_cause check_name(const bulla_name *name);
static bulla_cause check_issuer(bulla_bytes subject_key, const struct certificate *issuer,
                                const struct private_key *issuer_key);
static void write_tbs(struct writer *tbs, const struct issue_request *request,
                      const struct public_key_info *key, const struct certificate *issuer,
                      const struct signature_algorithm *algorithm, bulla_bytes serial);
static void write_subject(struct writer *writer, const struct issue_request *request);
static void write_attribute(struct writer *writer, enum oid type, const char *value);
static void write_extensions(struct writer *tbs, const struct issue_request *request,
                             const struct public_key_info *key, const struct certificate *issuer);
static size_t open_extension(struct writer *writer, enum oid type, bool critical);
static void close_extension(struct writer *writer, size_t sequence, size_t value);
static void write_basic_constraints(struct writer *writer, const struct issue_request *request);
static void write_usage(struct writer *writer, const struct issue_request *request);
static void write_key_ids(struct writer *writer, const struct public_key_info *key,
                          const struct certificate *issuer);
static void key_id(const struct public_key_info *key, uint8_t out[KEY_ID_LEN]);
static void write_subject_alt_name(struct writer *writer, const struct issue_request *request);
static bulla_cause sign_and_write(struct writer *out, const struct writer *tbs,
                                  const struct private_key *key);
static void write_request_info(struct writer *info, const struct issue_request *request,
                               bulla_bytes key);
static bulla_cause write_rsa_key(const struct private_key *key, bulla_bytes modulus,
                                 struct writer *out);

bulla_cause issue_certificate(const struct issue_request *request, bulla_bytes subject_key,
                              const struct certificate *issuer,
                              const struct private_key *issuer_key,
                              const struct random_source *random, struct writer *out_der) {
    struct public_key_info key;
    uint8_t serial[SERIAL_LEN];
    struct signature_algorithm algorithm = signature_algorithm_for(issuer_key->kind);
    bulla_cause cause = check_request(request);
    if (cause == BULLA_OK) {
        cause = public_key_info_parse(&key, subject_key);
    }
    if (cause == BULLA_OK && key.kind == KEY_KIND_INVALID) {
        cause = BULLA_E_CERT_KEY_UNSUPPORTED;
    }
    if (cause == BULLA_OK) {
        cause = check_issuer(subject_key, issuer, issuer_key);
    }
    if (cause == BULLA_OK && !random_fill(random, serial, sizeof serial)) {
        cause = BULLA_E_RANDOM_FAILED;
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    serial[SERIAL_LEN - 1] |= bytes_all_zero(BYTES_IN(serial)); /* positive, 4.1.2.2 */
    struct writer tbs = writer_growing(TBS_LEN_MAX);
    write_tbs(&tbs, request, &key, issuer, &algorithm, BYTES_IN(serial));
    cause = sign_and_write(out_der, &tbs, issuer_key);
    writer_free(&tbs);
    return cause;
}

bulla_cause issue_signing_request(const struct issue_request *request,
                                  const struct private_key *key, struct writer *out_der) {
    struct writer public_key = writer_growing(TBS_LEN_MAX);
    struct writer info = writer_growing(TBS_LEN_MAX);
    bulla_bytes public_key_der;
    bulla_cause cause = check_request(request);
    if (cause == BULLA_OK) {
        cause = issue_public_key_info(key, &public_key);
    }
    if (cause == BULLA_OK && !writer_finish(&public_key, &public_key_der)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        write_request_info(&info, request, public_key_der);
        cause = sign_and_write(out_der, &info, key);
    }
    writer_free(&info);
    writer_free(&public_key);
    return cause;
}

bulla_cause issue_public_key_info(const struct private_key *key, struct writer *out_der) {
    uint8_t bytes[PUBLIC_KEY_LEN_MAX];
    size_t len;
    bulla_cause cause = private_key_public(key, bytes, sizeof bytes, &len);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_bytes public_key = bytes_of(bytes, len);
    if (key->kind == KEY_KIND_RSA) {
        return write_rsa_key(key, public_key, out_der);
    }
    size_t sequence = der_open(out_der, DER_SEQUENCE);
    size_t algorithm = der_open(out_der, DER_SEQUENCE);
    if (key->kind == KEY_KIND_ED25519) {
        oid_write(out_der, OID_ED25519);
    } else {
        oid_write(out_der, OID_EC_PUBLIC_KEY);
        oid_write(out_der, key->kind == KEY_KIND_EC_P256   ? OID_PRIME256V1
                           : key->kind == KEY_KIND_EC_P384 ? OID_SECP384R1
                                                           : OID_SECP521R1);
    }
    der_close(out_der, algorithm);
    der_write_bit_string(out_der, public_key);
    der_close(out_der, sequence);
    return out_der->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause check_request(const struct issue_request *request) {
    bulla_cause cause = check_text(request->common_name);
    if (cause == BULLA_OK) {
        cause = check_text(request->organization);
    }
    bool nameless = request->common_name == NULL && request->organization == NULL;
    bool ca_nameless = request->is_ca && nameless;
    if (request->num_names > ISSUE_NAMES_MAX || ca_nameless || request->path_len < -1 ||
        (nameless && request->num_names == 0) || request->not_before > request->not_after) {
        return BULLA_E_API_MISUSE;
    }
    for (size_t i = 0; cause == BULLA_OK && i < request->num_names; i++) {
        cause = check_name(&request->names[i]);
    }
    return cause;
}

static bulla_cause check_text(const char *text) {
    size_t len = text == NULL ? 1 : strlen(text);
    return len >= 1 && len <= NAME_LEN_MAX ? BULLA_OK : BULLA_E_API_MISUSE;
}

/* What no verifier would ever match is not issued. Wildcards may stand in a certificate, not in a
 * name that is looked for. */
static bulla_cause check_name(const bulla_name *name) {
    if (name->kind == BULLA_NAME_DNS) {
        return dns_name_is_valid_pattern(name->value) ? BULLA_OK
                                                      : BULLA_E_CERT_REFERENCE_NAME_INVALID;
    }
    return name->kind == BULLA_NAME_NONE ? BULLA_E_API_MISUSE : identity_check_reference(name);
}

/* The issuer's certificate and key belong together, and it may issue. */
static bulla_cause check_issuer(bulla_bytes subject_key, const struct certificate *issuer,
                                const struct private_key *issuer_key) {
    bool may_issue =
        issuer == NULL || (issuer->is_ca && (!issuer->has_key_usage ||
                                             (issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN) != 0));
    if (!may_issue) {
        return BULLA_E_CERT_CA_FLAG_MISSING;
    }
    struct writer writer = writer_growing(TBS_LEN_MAX);
    bulla_bytes own;
    bulla_cause cause = issue_public_key_info(issuer_key, &writer);
    if (cause == BULLA_OK && !writer_finish(&writer, &own)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK && !bytes_equal(own, issuer == NULL ? subject_key : issuer->key.der)) {
        cause = BULLA_E_KEY_MISMATCH;
    }
    writer_free(&writer);
    return cause;
}

/* TBSCertificate, RFC 5280 4.1. */
static void write_tbs(struct writer *tbs, const struct issue_request *request,
                      const struct public_key_info *key, const struct certificate *issuer,
                      const struct signature_algorithm *algorithm, bulla_bytes serial) {
    size_t sequence = der_open(tbs, DER_SEQUENCE);
    size_t version = der_open(tbs, DER_CONTEXT_CONSTRUCTED(0));
    der_write_small_integer(tbs, VERSION_3);
    der_close(tbs, version);
    der_write_unsigned_integer(tbs, serial);
    signature_algorithm_write(tbs, algorithm);
    if (issuer == NULL) {
        write_subject(tbs, request);
    } else {
        writer_bytes(tbs, issuer->subject);
    }
    size_t validity = der_open(tbs, DER_SEQUENCE);
    der_write_time(tbs, request->not_before);
    der_write_time(tbs, request->not_after);
    der_close(tbs, validity);
    write_subject(tbs, request);
    writer_bytes(tbs, key->der);
    write_extensions(tbs, request, key, issuer);
    der_close(tbs, sequence);
}

static void write_subject(struct writer *writer, const struct issue_request *request) {
    size_t name = der_open(writer, DER_SEQUENCE);
    write_attribute(writer, OID_ORGANIZATION, request->organization);
    write_attribute(writer, OID_COMMON_NAME, request->common_name);
    der_close(writer, name);
}

static void write_attribute(struct writer *writer, enum oid type, const char *value) {
    if (value == NULL) {
        return;
    }
    size_t set = der_open(writer, DER_SET);
    size_t sequence = der_open(writer, DER_SEQUENCE);
    oid_write(writer, type);
    der_write_text(writer, DER_UTF8_STRING, value);
    der_close(writer, sequence);
    der_close(writer, set);
}

static void write_extensions(struct writer *tbs, const struct issue_request *request,
                             const struct public_key_info *key, const struct certificate *issuer) {
    size_t wrapper = der_open(tbs, DER_CONTEXT_CONSTRUCTED(3));
    size_t extensions = der_open(tbs, DER_SEQUENCE);
    write_basic_constraints(tbs, request);
    write_usage(tbs, request);
    write_key_ids(tbs, key, issuer);
    write_subject_alt_name(tbs, request);
    der_close(tbs, extensions);
    der_close(tbs, wrapper);
}

/* The value is written next, then close_extension() is given both marks. */
static size_t open_extension(struct writer *writer, enum oid type, bool critical) {
    size_t sequence = der_open(writer, DER_SEQUENCE);
    oid_write(writer, type);
    if (critical) {
        der_write_boolean(writer, true);
    }
    return sequence;
}

static void close_extension(struct writer *writer, size_t sequence, size_t value) {
    der_close(writer, value);
    der_close(writer, sequence);
}

static void write_basic_constraints(struct writer *writer, const struct issue_request *request) {
    size_t extension = open_extension(writer, OID_EXTENSION_BASIC_CONSTRAINTS, true);
    size_t value = der_open(writer, DER_OCTET_STRING);
    size_t sequence = der_open(writer, DER_SEQUENCE);
    if (request->is_ca) {
        der_write_boolean(writer, true);
    }
    if (request->is_ca && request->path_len >= 0) {
        der_write_small_integer(writer, (uint64_t)request->path_len);
    }
    der_close(writer, sequence);
    close_extension(writer, extension, value);
}

static void write_usage(struct writer *writer, const struct issue_request *request) {
    size_t extension = open_extension(writer, OID_EXTENSION_KEY_USAGE, true);
    size_t value = der_open(writer, DER_OCTET_STRING);
    der_write_named_bits(writer, request->is_ca ? KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN
                                                : KEY_USAGE_DIGITAL_SIGNATURE);
    close_extension(writer, extension, value);
    if (request->is_ca || (!request->server_auth && !request->client_auth)) {
        return;
    }
    extension = open_extension(writer, OID_EXTENSION_EXTENDED_KEY_USAGE, false);
    value = der_open(writer, DER_OCTET_STRING);
    size_t purposes = der_open(writer, DER_SEQUENCE);
    if (request->server_auth) {
        oid_write(writer, OID_PURPOSE_SERVER_AUTH);
    }
    if (request->client_auth) {
        oid_write(writer, OID_PURPOSE_CLIENT_AUTH);
    }
    der_close(writer, purposes);
    close_extension(writer, extension, value);
}

/* The issuer's identifier is whatever its certificate says, RFC 5280 4.2.1.1. */
static void write_key_ids(struct writer *writer, const struct public_key_info *key,
                          const struct certificate *issuer) {
    uint8_t subject_id[KEY_ID_LEN];
    uint8_t issuer_id[KEY_ID_LEN];
    key_id(key, subject_id);
    key_id(issuer == NULL ? key : &issuer->key, issuer_id);
    bool stated = issuer != NULL && issuer->subject_key_id.len != 0;

    size_t extension = open_extension(writer, OID_EXTENSION_SUBJECT_KEY_IDENTIFIER, false);
    size_t value = der_open(writer, DER_OCTET_STRING);
    der_write(writer, DER_OCTET_STRING, BYTES_IN(subject_id));
    close_extension(writer, extension, value);

    extension = open_extension(writer, OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, false);
    value = der_open(writer, DER_OCTET_STRING);
    size_t sequence = der_open(writer, DER_SEQUENCE);
    der_write(writer, DER_CONTEXT(0), stated ? issuer->subject_key_id : BYTES_IN(issuer_id));
    der_close(writer, sequence);
    close_extension(writer, extension, value);
}

/* RFC 7093 2 (1): the first 160 bits of SHA-256, over the key as it stands in the BIT STRING of the
 * SubjectPublicKeyInfo. For RSA, whose BIT STRING is not kept, over the modulus: any value that
 * tells keys apart will do (RFC 5280 4.2.1.2). */
static void key_id(const struct public_key_info *key, uint8_t out[KEY_ID_LEN]) {
    uint8_t digest[HASH_LEN_MAX];
    hash_once(HASH_SHA256, key->kind == KEY_KIND_RSA ? key->modulus : key->point, digest);
    bytes_copy(out, KEY_ID_LEN, bytes_of(digest, KEY_ID_LEN));
}

/* Critical where there is no subject beside it, 4.2.1.6. */
static void write_subject_alt_name(struct writer *writer, const struct issue_request *request) {
    if (request->num_names == 0) {
        return;
    }
    bool nameless = request->common_name == NULL && request->organization == NULL;
    size_t extension = open_extension(writer, OID_EXTENSION_SUBJECT_ALT_NAME, nameless);
    size_t value = der_open(writer, DER_OCTET_STRING);
    size_t names = der_open(writer, DER_SEQUENCE);
    for (size_t i = 0; i < request->num_names; i++) {
        const bulla_name *name = &request->names[i];
        uint8_t tag = name->kind == BULLA_NAME_DNS   ? DER_CONTEXT(2)
                      : name->kind == BULLA_NAME_URI ? DER_CONTEXT(6)
                                                     : DER_CONTEXT(7);
        der_write(writer, tag, name->value);
    }
    der_close(writer, names);
    close_extension(writer, extension, value);
}

/* SEQUENCE { what is signed, AlgorithmIdentifier, BIT STRING }: a Certificate (RFC 5280 4.1) or a
 * CertificationRequest (RFC 2986 4.2). */
static bulla_cause sign_and_write(struct writer *out, const struct writer *tbs,
                                  const struct private_key *key) {
    struct signature_algorithm algorithm = signature_algorithm_for(key->kind);
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    bulla_bytes signed_bytes;
    if (!writer_finish(tbs, &signed_bytes)) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = private_key_sign(key, algorithm.kind, algorithm.hash, signed_bytes,
                                         signature, &signature_len);
    if (cause != BULLA_OK) {
        return cause;
    }
    size_t sequence = der_open(out, DER_SEQUENCE);
    writer_bytes(out, signed_bytes);
    signature_algorithm_write(out, &algorithm);
    der_write_bit_string(out, bytes_of(signature, signature_len));
    der_close(out, sequence);
    return out->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
}

/* CertificationRequestInfo, RFC 2986 4.1, with the one attribute of RFC 2985 5.4.2. */
static void write_request_info(struct writer *info, const struct issue_request *request,
                               bulla_bytes key) {
    size_t sequence = der_open(info, DER_SEQUENCE);
    der_write_small_integer(info, 0);
    write_subject(info, request);
    writer_bytes(info, key);
    size_t attributes = der_open(info, DER_CONTEXT_CONSTRUCTED(0));
    if (request->num_names != 0) {
        size_t attribute = der_open(info, DER_SEQUENCE);
        oid_write(info, OID_EXTENSION_REQUEST);
        size_t values = der_open(info, DER_SET);
        size_t extensions = der_open(info, DER_SEQUENCE);
        write_subject_alt_name(info, request);
        der_close(info, extensions);
        der_close(info, values);
        der_close(info, attribute);
    }
    der_close(info, attributes);
    der_close(info, sequence);
}

/* A private key gives its modulus alone. 65537 is what every generator takes for the exponent; that
 * it is this key's too is found out by checking a signature. */
static bulla_cause write_rsa_key(const struct private_key *key, bulla_bytes modulus,
                                 struct writer *out) {
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    uint8_t exponent[] = {rsa_exponent >> 16 & 0xff, rsa_exponent >> 8 & 0xff, rsa_exponent & 0xff};
    struct public_key public_key = {0};
    bulla_bytes probe = BYTES_OF("bulla: does this key have the usual exponent?");
    bulla_cause cause =
        private_key_sign(key, SIGNATURE_RSA_PKCS1, HASH_SHA256, probe, signature, &signature_len);
    if (cause == BULLA_OK) {
        cause = public_key_from_rsa(&public_key, modulus, BYTES_IN(exponent));
    }
    if (cause == BULLA_OK) {
        cause = public_key_verify(&public_key, SIGNATURE_RSA_PKCS1, HASH_SHA256, probe,
                                  bytes_of(signature, signature_len));
        public_key_free(&public_key);
    }
    if (cause != BULLA_OK) {
        return cause == BULLA_E_SIGNATURE_INVALID ? BULLA_E_KEY_UNSUPPORTED : cause;
    }
    size_t sequence = der_open(out, DER_SEQUENCE);
    size_t algorithm = der_open(out, DER_SEQUENCE);
    oid_write(out, OID_RSA_ENCRYPTION);
    der_write_null(out);
    der_close(out, algorithm);
    size_t bits = der_open_bit_string(out);
    size_t numbers = der_open(out, DER_SEQUENCE);
    der_write_unsigned_integer(out, modulus);
    der_write_unsigned_integer(out, BYTES_IN(exponent));
    der_close(out, numbers);
    der_close(out, bits);
    der_close(out, sequence);
    return out->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}
