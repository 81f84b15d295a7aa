/* SPDX-License-Identifier: Apache-2.0 */
/* Writing OCSP requests (ocsp_request.h), RFC 6960 4.1.1, unsigned as nearly all are, for programs
 * that fetch an answer, and for tests. */
#include "x509/ocsp_request.h"
#include "der/der.h"
#include "der/oid.h"
#include "x509/name.h"
#include "x509/ocsp.h"

static void write_extensions(struct writer *writer, bulla_bytes nonce);

bulla_cause ocsp_request_write(struct writer *out, const struct certificate *certificate,
                               const struct certificate *issuer, bulla_bytes nonce) {
    if (nonce.len > OCSP_NONCE_LEN_MAX) {
        return BULLA_E_API_MISUSE;
    }
    size_t request = der_open(out, DER_SEQUENCE);
    size_t tbs = der_open(out, DER_SEQUENCE);
    size_t list = der_open(out, DER_SEQUENCE);
    size_t single = der_open(out, DER_SEQUENCE);
    if (!ocsp_request_write_cert_id(out, HASH_SHA1, certificate->issuer, issuer,
                                    certificate->serial)) {
        return BULLA_E_CERT_MALFORMED;
    }
    der_close(out, single);
    der_close(out, list);
    if (nonce.len != 0) {
        write_extensions(out, nonce);
    }
    der_close(out, tbs);
    der_close(out, request);
    return out->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
}

bool ocsp_request_url(const struct certificate *certificate, bulla_bytes *out_url) {
    struct reader accesses = reader_over(certificate->authority_info_access);
    struct reader access;
    while (der_read_nested(&accesses, DER_SEQUENCE, &access)) {
        enum oid method;
        struct general_name location;
        if (oid_read(&access, &method) && general_name_read(&access, &location) &&
            method == OID_ACCESS_OCSP && location.kind == GENERAL_NAME_URI) {
            *out_url = location.value;
            return true;
        }
    }
    return false;
}

bool ocsp_request_write_cert_id(struct writer *out, enum hash_id hash, bulla_bytes issuer_name,
                                const struct certificate *issuer, bulla_bytes serial) {
    uint8_t name_hash[HASH_LEN_MAX];
    uint8_t key_hash[HASH_LEN_MAX];
    hash_once(hash, issuer_name, name_hash);
    if (!ocsp_hash_key(issuer, hash, key_hash)) {
        return false;
    }
    size_t id = der_open(out, DER_SEQUENCE);
    size_t algorithm = der_open(out, DER_SEQUENCE);
    oid_write(out, hash == HASH_SHA1 ? OID_SHA1 : OID_SHA256);
    der_write_null(out);
    der_close(out, algorithm);
    der_write(out, DER_OCTET_STRING, bytes_of(name_hash, hash_len(hash)));
    der_write(out, DER_OCTET_STRING, bytes_of(key_hash, hash_len(hash)));
    der_write(out, DER_INTEGER, serial);
    der_close(out, id);
    return true;
}

/* Nonce ::= OCTET STRING, in the extension's OCTET STRING. */
void ocsp_request_write_nonce(struct writer *out, bulla_bytes nonce) {
    size_t extension = der_open(out, DER_SEQUENCE);
    oid_write(out, OID_OCSP_NONCE);
    size_t value = der_open(out, DER_OCTET_STRING);
    der_write(out, DER_OCTET_STRING, nonce);
    der_close(out, value);
    der_close(out, extension);
}

/* requestExtensions [2] EXPLICIT. */
static void write_extensions(struct writer *writer, bulla_bytes nonce) {
    size_t wrapper = der_open(writer, DER_CONTEXT_CONSTRUCTED(2));
    size_t extensions = der_open(writer, DER_SEQUENCE);
    ocsp_request_write_nonce(writer, nonce);
    der_close(writer, extensions);
    der_close(writer, wrapper);
}
