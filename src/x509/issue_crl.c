/* SPDX-License-Identifier: Apache-2.0 */
/* Making CRLs (issue_crl.h), RFC 5280 section 5: version 2, full or of one partition, never delta,
 * never indirect: what crl.c reads. Called by the CA and by tests. */
#include "x509/issue_crl.h"
#include "der/der.h"
#include "x509/algorithm.h"

enum { VERSION_2 = 1, CRL_LEN_MAX = 1 << 30 };

static bulla_cause check_request(const struct issue_crl_request *request,
                                 const struct certificate *issuer);
static void write_tbs(struct writer *tbs, const struct issue_crl_request *request,
                      const struct certificate *issuer,
                      const struct signature_algorithm *algorithm);
static void write_entry(struct writer *writer, const struct issue_crl_entry *entry);
static void write_extensions(struct writer *writer, const struct issue_crl_request *request,
                             const struct certificate *issuer);
static void write_authority_key_id(struct writer *writer, const struct certificate *issuer);
static void write_number(struct writer *writer, uint64_t number);
static void write_scope(struct writer *writer, const struct issue_crl_request *request);
static void write_point(struct writer *writer, const char *url);

bulla_cause issue_crl(const struct issue_crl_request *request, const struct certificate *issuer,
                      const struct private_key *issuer_key, struct writer *out_der) {
    struct signature_algorithm algorithm = signature_algorithm_for(issuer_key->kind);
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    bulla_bytes signed_bytes;
    bulla_cause cause = check_request(request, issuer);
    if (cause != BULLA_OK) {
        return cause;
    }
    struct writer tbs = writer_growing(CRL_LEN_MAX);
    write_tbs(&tbs, request, issuer, &algorithm);
    if (!writer_finish(&tbs, &signed_bytes)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        cause = private_key_sign(issuer_key, algorithm.kind, algorithm.hash, signed_bytes,
                                 signature, &signature_len);
    }
    if (cause == BULLA_OK) {
        size_t list = der_open(out_der, DER_SEQUENCE);
        writer_bytes(out_der, signed_bytes);
        signature_algorithm_write(out_der, &algorithm);
        der_write_bit_string(out_der, bytes_of(signature, signature_len));
        der_close(out_der, list);
        cause = out_der->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
    }
    writer_free(&tbs);
    return cause;
}

static bulla_cause check_request(const struct issue_crl_request *request,
                                 const struct certificate *issuer) {
    if (issuer->has_key_usage && (issuer->key_usage & KEY_USAGE_CRL_SIGN) == 0) {
        return BULLA_E_CERT_CA_FLAG_MISSING;
    }
    if (request->this_update > request->next_update ||
        (request->only_user_certificates && request->only_ca_certificates)) {
        return BULLA_E_API_MISUSE;
    }
    for (size_t i = 0; i < request->num_entries; i++) {
        const struct issue_crl_entry *entry = &request->entries[i];
        if (entry->serial.len == 0 || entry->reason < STATUS_REASON_NONE || entry->reason == 7 ||
            entry->reason == STATUS_REASON_REMOVE_FROM_CRL ||
            entry->reason > STATUS_REASON_AA_COMPROMISE) {
            return BULLA_E_API_MISUSE;
        }
    }
    return BULLA_OK;
}

/* TBSCertList, 5.1. */
static void write_tbs(struct writer *tbs, const struct issue_crl_request *request,
                      const struct certificate *issuer,
                      const struct signature_algorithm *algorithm) {
    size_t sequence = der_open(tbs, DER_SEQUENCE);
    der_write_small_integer(tbs, VERSION_2);
    signature_algorithm_write(tbs, algorithm);
    writer_bytes(tbs, issuer->subject);
    der_write_time(tbs, request->this_update);
    der_write_time(tbs, request->next_update);
    if (request->num_entries != 0) { /* 5.1.2.6: else the list itself is left out */
        size_t entries = der_open(tbs, DER_SEQUENCE);
        for (size_t i = 0; i < request->num_entries; i++) {
            write_entry(tbs, &request->entries[i]);
        }
        der_close(tbs, entries);
    }
    write_extensions(tbs, request, issuer);
    der_close(tbs, sequence);
}

static void write_entry(struct writer *writer, const struct issue_crl_entry *entry) {
    size_t sequence = der_open(writer, DER_SEQUENCE);
    der_write(writer, DER_INTEGER, entry->serial);
    der_write_time(writer, entry->revoked_at);
    if (entry->reason > STATUS_REASON_UNSPECIFIED) {
        const uint8_t reason = (uint8_t)entry->reason;
        size_t extensions = der_open(writer, DER_SEQUENCE);
        size_t extension = der_open(writer, DER_SEQUENCE);
        oid_write(writer, OID_EXTENSION_REASON_CODE);
        size_t value = der_open(writer, DER_OCTET_STRING);
        der_write(writer, DER_ENUMERATED, bytes_of(&reason, 1));
        der_close(writer, value);
        der_close(writer, extension);
        der_close(writer, extensions);
    }
    der_close(writer, sequence);
}

static void write_extensions(struct writer *writer, const struct issue_crl_request *request,
                             const struct certificate *issuer) {
    size_t wrapper = der_open(writer, DER_CONTEXT_CONSTRUCTED(0));
    size_t extensions = der_open(writer, DER_SEQUENCE);
    write_authority_key_id(writer, issuer);
    write_number(writer, request->number);
    write_scope(writer, request);
    der_close(writer, extensions);
    der_close(writer, wrapper);
}

static void write_authority_key_id(struct writer *writer, const struct certificate *issuer) {
    if (issuer->subject_key_id.len == 0) {
        return;
    }
    size_t extension = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER);
    size_t value = der_open(writer, DER_OCTET_STRING);
    size_t sequence = der_open(writer, DER_SEQUENCE);
    der_write(writer, DER_CONTEXT(0), issuer->subject_key_id);
    der_close(writer, sequence);
    der_close(writer, value);
    der_close(writer, extension);
}

static void write_number(struct writer *writer, uint64_t number) {
    size_t extension = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_EXTENSION_CRL_NUMBER);
    size_t value = der_open(writer, DER_OCTET_STRING);
    der_write_small_integer(writer, number);
    der_close(writer, value);
    der_close(writer, extension);
}

/* IssuingDistributionPoint, critical. */
static void write_scope(struct writer *writer, const struct issue_crl_request *request) {
    static const uint8_t yes = 0xff;
    if (request->distribution_point == NULL && !request->only_user_certificates &&
        !request->only_ca_certificates) {
        return;
    }
    size_t extension = der_open(writer, DER_SEQUENCE);
    oid_write(writer, OID_EXTENSION_ISSUING_DISTRIBUTION_POINT);
    der_write_boolean(writer, true);
    size_t value = der_open(writer, DER_OCTET_STRING);
    size_t sequence = der_open(writer, DER_SEQUENCE);
    if (request->distribution_point != NULL) {
        write_point(writer, request->distribution_point);
    }
    if (request->only_user_certificates) {
        der_write(writer, DER_CONTEXT(1), bytes_of(&yes, 1));
    }
    if (request->only_ca_certificates) {
        der_write(writer, DER_CONTEXT(2), bytes_of(&yes, 1));
    }
    der_close(writer, sequence);
    der_close(writer, value);
    der_close(writer, extension);
}

/* distributionPoint [0], a CHOICE and so EXPLICIT, fullName [0], a URI [6]. */
static void write_point(struct writer *writer, const char *url) {
    size_t point = der_open(writer, DER_CONTEXT_CONSTRUCTED(0));
    size_t full_name = der_open(writer, DER_CONTEXT_CONSTRUCTED(0));
    der_write_text(writer, DER_CONTEXT(6), url);
    der_close(writer, full_name);
    der_close(writer, point);
}
