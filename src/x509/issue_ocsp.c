/* SPDX-License-Identifier: Apache-2.0 */
/* Making OCSP responses (issue_ocsp.h), RFC 6960 4.2.1: BasicOCSPResponse of version 1, with the
 * nonce of RFC 9654 where there was one. Called by the CA's responder and by tests. */
#include "x509/issue_ocsp.h"
#include "base/calendar.h"
#include "der/der.h"
#include "x509/algorithm.h"
#include "x509/ocsp.h"
#include "x509/ocsp_request.h"

#include <stdio.h>

enum { RESPONSE_LEN_MAX = 1 << 20, RESPONSE_SUCCESSFUL = 0, RESPONSE_UNAUTHORIZED = 6 };

static bulla_cause check_request(const struct issue_ocsp_request *request);
static bulla_cause write_tbs(struct writer *tbs, const struct issue_ocsp_request *request,
                             const struct certificate *issuer);
static bulla_cause write_responder_id(struct writer *tbs, const struct certificate *responder,
                                      bool by_name);
static bulla_cause write_single(struct writer *tbs, const struct issue_ocsp_request *request,
                                const struct issue_ocsp_single *single,
                                const struct certificate *issuer);
static void write_status(struct writer *tbs, const struct status_answer *answer);
static void write_nonce(struct writer *tbs, bulla_bytes nonce);
static void write_generalized_time(struct writer *writer, int64_t seconds);
static void write_response(struct writer *out, bulla_bytes tbs,
                           const struct signature_algorithm *algorithm, bulla_bytes signature,
                           const struct certificate *responder);

bulla_cause issue_ocsp_response(const struct issue_ocsp_request *request,
                                const struct certificate *issuer, const struct private_key *key,
                                struct writer *out_der) {
    struct signature_algorithm algorithm = signature_algorithm_for(key->kind);
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    bulla_bytes signed_bytes;
    struct writer tbs = writer_growing(RESPONSE_LEN_MAX);
    bulla_cause cause = check_request(request);
    if (cause == BULLA_OK) {
        cause = write_tbs(&tbs, request, issuer);
    }
    if (cause == BULLA_OK && !writer_finish(&tbs, &signed_bytes)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        cause = private_key_sign(key, algorithm.kind, algorithm.hash, signed_bytes, signature,
                                 &signature_len);
    }
    if (cause == BULLA_OK) {
        write_response(out_der, signed_bytes, &algorithm, bytes_of(signature, signature_len),
                       request->responder);
        cause = out_der->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
    }
    writer_free(&tbs);
    return cause;
}

bulla_cause issue_ocsp_refusal(unsigned status, struct writer *out_der) {
    const uint8_t octet = (uint8_t)status;
    if (status == RESPONSE_SUCCESSFUL || status == 4 || status > RESPONSE_UNAUTHORIZED) {
        return BULLA_E_API_MISUSE;
    }
    size_t response = der_open(out_der, DER_SEQUENCE);
    der_write(out_der, DER_ENUMERATED, bytes_of(&octet, 1));
    der_close(out_der, response);
    return out_der->failed ? BULLA_E_BUFFER_TOO_SMALL : BULLA_OK;
}

static bulla_cause check_request(const struct issue_ocsp_request *request) {
    if (request->num_singles == 0 ||
        (request->cert_id_hash != HASH_SHA1 && request->cert_id_hash != HASH_SHA256)) {
        return BULLA_E_API_MISUSE;
    }
    for (size_t i = 0; i < request->num_singles; i++) {
        const struct issue_ocsp_single *single = &request->singles[i];
        if (single->serial.len == 0 || single->answer.status == STATUS_INVALID ||
            (single->next_update != 0 && single->next_update < single->this_update)) {
            return BULLA_E_API_MISUSE;
        }
    }
    return BULLA_OK;
}

/* ResponseData. */
static bulla_cause write_tbs(struct writer *tbs, const struct issue_ocsp_request *request,
                             const struct certificate *issuer) {
    const struct certificate *responder = request->responder == NULL ? issuer : request->responder;
    size_t sequence = der_open(tbs, DER_SEQUENCE);
    bulla_cause cause = write_responder_id(tbs, responder, request->by_name);
    write_generalized_time(tbs, request->produced_at);
    size_t singles = der_open(tbs, DER_SEQUENCE);
    for (size_t i = 0; cause == BULLA_OK && i < request->num_singles; i++) {
        cause = write_single(tbs, request, &request->singles[i], issuer);
    }
    der_close(tbs, singles);
    if (request->nonce.len != 0) {
        write_nonce(tbs, request->nonce);
    }
    der_close(tbs, sequence);
    return cause;
}

static bulla_cause write_responder_id(struct writer *tbs, const struct certificate *responder,
                                      bool by_name) {
    uint8_t key_hash[HASH_LEN_MAX];
    size_t id = der_open(tbs, by_name ? DER_CONTEXT_CONSTRUCTED(1) : DER_CONTEXT_CONSTRUCTED(2));
    if (by_name) {
        writer_bytes(tbs, responder->subject);
    } else {
        if (!ocsp_hash_key(responder, HASH_SHA1, key_hash)) {
            return BULLA_E_CERT_MALFORMED;
        }
        der_write(tbs, DER_OCTET_STRING, bytes_of(key_hash, hash_len(HASH_SHA1)));
    }
    der_close(tbs, id);
    return BULLA_OK;
}

static bulla_cause write_single(struct writer *tbs, const struct issue_ocsp_request *request,
                                const struct issue_ocsp_single *single,
                                const struct certificate *issuer) {
    size_t sequence = der_open(tbs, DER_SEQUENCE);
    if (!ocsp_request_write_cert_id(tbs, request->cert_id_hash, issuer->subject, issuer,
                                    single->serial)) {
        return BULLA_E_CERT_MALFORMED;
    }
    write_status(tbs, &single->answer);
    write_generalized_time(tbs, single->this_update);
    if (single->next_update != 0) {
        size_t next_update = der_open(tbs, DER_CONTEXT_CONSTRUCTED(0));
        write_generalized_time(tbs, single->next_update);
        der_close(tbs, next_update);
    }
    der_close(tbs, sequence);
    return BULLA_OK;
}

static void write_status(struct writer *tbs, const struct status_answer *answer) {
    if (answer->status != STATUS_REVOKED) {
        der_write(tbs, answer->status == STATUS_GOOD ? DER_CONTEXT(0) : DER_CONTEXT(2),
                  bytes_of(NULL, 0));
        return;
    }
    size_t revoked = der_open(tbs, DER_CONTEXT_CONSTRUCTED(1));
    write_generalized_time(tbs, answer->revoked_at);
    if (answer->reason != STATUS_REASON_NONE) {
        const uint8_t octet = (uint8_t)answer->reason;
        size_t reason = der_open(tbs, DER_CONTEXT_CONSTRUCTED(0));
        der_write(tbs, DER_ENUMERATED, bytes_of(&octet, 1));
        der_close(tbs, reason);
    }
    der_close(tbs, revoked);
}

static void write_nonce(struct writer *tbs, bulla_bytes nonce) {
    size_t wrapper = der_open(tbs, DER_CONTEXT_CONSTRUCTED(1));
    size_t extensions = der_open(tbs, DER_SEQUENCE);
    ocsp_request_write_nonce(tbs, nonce);
    der_close(tbs, extensions);
    der_close(tbs, wrapper);
}

/* GeneralizedTime in every year, unlike certificates: RFC 6960 4.2.2.1. */
static void write_generalized_time(struct writer *writer, int64_t seconds) {
    struct calendar date;
    char text[24];
    if (!calendar_from_seconds(seconds, &date)) {
        writer->failed = true;
        return;
    }
    snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", date.year % 10000, date.month % 100,
             date.day % 100, date.hour % 100, date.minute % 100, date.second % 100);
    der_write_text(writer, DER_GENERALIZED_TIME, text);
}

/* OCSPResponse and, in it, BasicOCSPResponse. */
static void write_response(struct writer *out, bulla_bytes tbs,
                           const struct signature_algorithm *algorithm, bulla_bytes signature,
                           const struct certificate *responder) {
    const uint8_t successful = RESPONSE_SUCCESSFUL;
    size_t response = der_open(out, DER_SEQUENCE);
    der_write(out, DER_ENUMERATED, bytes_of(&successful, 1));
    size_t wrapper = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
    size_t response_bytes = der_open(out, DER_SEQUENCE);
    oid_write(out, OID_OCSP_BASIC);
    size_t octets = der_open(out, DER_OCTET_STRING);
    size_t basic = der_open(out, DER_SEQUENCE);
    writer_bytes(out, tbs);
    signature_algorithm_write(out, algorithm);
    der_write_bit_string(out, signature);
    if (responder != NULL) {
        size_t certificates = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
        der_write(out, DER_SEQUENCE, responder->der);
        der_close(out, certificates);
    }
    der_close(out, basic);
    der_close(out, octets);
    der_close(out, response_bytes);
    der_close(out, wrapper);
    der_close(out, response);
}
