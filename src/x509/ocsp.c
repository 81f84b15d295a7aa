/* SPDX-License-Identifier: Apache-2.0 */
/* Reading an OCSP response and believing it, RFC 6960 3.2 and 4.2; nonces as RFC 9654 has them.
 *
 * Refused: all that is not a successful BasicOCSPResponse of version 1; unknown critical
 * extensions; a signature that is neither the issuer's nor that of a responder whom the issuer
 * named: by a certificate signed with the same key, with id-kp-OCSPSigning, valid now. CertIDs are
 * understood with SHA-1 (the field's) and SHA-256.
 *
 * Whether a responder's own certificate was revoked is not asked, with or without
 * id-pkix-ocsp-nocheck (4.2.2.2.1): they live for days, and what could be asked is not at hand.
 *
 * Called by revocation.c, and by whoever fetched a response. */
#include "x509/ocsp.h"
#include "der/der.h"
#include "x509/name.h"

enum {
    RESPONSE_SUCCESSFUL = 0,
    RESPONSE_STATUS_MAX = 6,
    SINGLE_RESPONSES_MAX = 1000, /* a stapled response has one */
    RESPONDERS_TRIED_MAX = 4, /* signature checks that a response can make us spend: twice that */
    RESPONDERS_MAX = 16,
    SHA1_LEN = 20,
};

/* Without nextUpdate newer information is always to be had (4.2.2.1): the answer is taken for a
 * day. */
static const int64_t age_max_without_next_update = 86400;

struct response {
    struct status_signed signed_data;
    bulla_bytes certificates;   /* DER, one after the other */
    bulla_bytes responder_name; /* a Name, or empty: */
    bulla_bytes responder_key_hash;
    bulla_bytes singles; /* the content of `responses` */
    bulla_bytes nonce;   /* the octets; empty: none */
};

struct single {
    struct status_answer answer;
    int64_t this_update, next_update;
    bool is_ours;
};

static bulla_cause parse(struct response *out, bulla_bytes der);
static bool read_basic(struct response *out, struct reader bytes);
static bool read_certificates(struct response *out, struct reader *basic);
static bool parse_tbs(struct response *out);
static bool read_version(struct reader *tbs);
static bool read_responder_id(struct response *out, struct reader *tbs);
static bool read_response_extensions(struct response *out, struct reader *tbs);
static bool read_generalized_time(struct reader *reader, int64_t *out);
static bulla_cause find_single(const struct response *response,
                               const struct ocsp_question *question, struct single *out);
static unsigned weight_of(const struct status_answer *answer);
static bool read_single(struct reader *singles, const struct ocsp_question *question,
                        struct single *out);
static bool read_cert_id(struct reader *single, const struct ocsp_question *question,
                         bool *out_is_ours);
static bool read_status(struct reader *single, struct status_answer *out);
static bool read_revoked(struct reader info, struct status_answer *out);
static bool read_next_update(struct reader *single, struct single *out);
static bool read_single_extensions(struct reader *single);
static bulla_cause verify(const struct response *response, const struct ocsp_question *question,
                          struct single *single);
static bool is_responder(const struct response *response, const struct certificate *certificate);
static bool may_respond(const struct certificate *responder, const struct ocsp_question *question);
static bulla_cause verify_responder(const struct certificate *responder,
                                    const struct ocsp_question *question);
static bulla_cause check_nonce(const struct response *response, bulla_bytes nonce);
static bulla_cause check_age(const struct single *single, int64_t now);

bulla_cause ocsp_check(bulla_bytes der, const struct ocsp_question *question,
                       struct status_answer *out) {
    struct response response = {0};
    struct single single;
    bulla_cause cause = parse(&response, der);
    if (cause == BULLA_OK) {
        cause = find_single(&response, question, &single);
    }
    if (cause == BULLA_OK) {
        cause = verify(&response, question, &single);
    }
    if (cause == BULLA_OK && !status_is_final(&single.answer)) {
        cause = check_nonce(&response, question->nonce);
        cause = cause == BULLA_OK ? check_age(&single, question->now) : cause;
    }
    if (cause == BULLA_OK) {
        *out = single.answer;
    }
    return cause;
}

bulla_cause ocsp_is_about(bulla_bytes der, const struct certificate *certificate,
                          const struct certificate *issuer) {
    const struct ocsp_question question = {.certificate = certificate, .issuer = issuer};
    struct response response = {0};
    struct single single;
    bulla_cause cause = parse(&response, der);
    return cause == BULLA_OK ? find_single(&response, &question, &single) : cause;
}

bulla_bytes ocsp_nonce(bulla_bytes der) {
    struct response response = {0};
    return parse(&response, der) == BULLA_OK ? response.nonce : bytes_of(NULL, 0);
}

bool ocsp_hash_key(const struct certificate *certificate, enum hash_id hash, uint8_t *out) {
    struct reader whole = reader_over(certificate->key.der);
    struct reader inside;
    bulla_bytes algorithm;
    bulla_bytes bits;
    if (!der_read_nested(&whole, DER_SEQUENCE, &inside) ||
        !der_read(&inside, DER_SEQUENCE, &algorithm) ||
        !der_read_bit_string_octets(&inside, &bits)) {
        return false;
    }
    hash_once(hash, bits, out);
    return true;
}

/* Parsing. */

/* OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED,
 *     responseBytes [0] EXPLICIT SEQUENCE { responseType, response OCTET STRING } OPTIONAL } */
static bulla_cause parse(struct response *out, bulla_bytes der) {
    struct reader input = reader_over(der);
    struct reader inside;
    struct reader wrapper;
    struct reader bytes;
    bulla_bytes status;
    if (!der_read_nested(&input, DER_SEQUENCE, &inside) || !reader_at_end(&input) ||
        !der_read(&inside, DER_ENUMERATED, &status) || status.len != 1 ||
        status.data[0] > RESPONSE_STATUS_MAX) {
        return BULLA_E_OCSP_MALFORMED;
    }
    if (status.data[0] != RESPONSE_SUCCESSFUL) {
        return BULLA_E_OCSP_NOT_SUCCESSFUL;
    }
    if (!der_read_nested(&inside, DER_CONTEXT_CONSTRUCTED(0), &wrapper) ||
        !reader_at_end(&inside) || !der_read_nested(&wrapper, DER_SEQUENCE, &bytes) ||
        !reader_at_end(&wrapper) || !read_basic(out, bytes) || !parse_tbs(out)) {
        return BULLA_E_OCSP_MALFORMED;
    }
    return BULLA_OK;
}

static bool read_basic(struct response *out, struct reader bytes) {
    enum oid type;
    struct reader octets;
    struct reader basic;
    return oid_read(&bytes, &type) && type == OID_OCSP_BASIC &&
           der_read_nested(&bytes, DER_OCTET_STRING, &octets) && reader_at_end(&bytes) &&
           der_read_nested(&octets, DER_SEQUENCE, &basic) && reader_at_end(&octets) &&
           status_read_signed(&basic, &out->signed_data) && read_certificates(out, &basic) &&
           reader_at_end(&basic);
}

static bool read_certificates(struct response *out, struct reader *basic) {
    struct reader wrapper;
    if (reader_at_end(basic)) {
        return true;
    }
    return der_read_nested(basic, DER_CONTEXT_CONSTRUCTED(0), &wrapper) &&
           der_read(&wrapper, DER_SEQUENCE, &out->certificates) && reader_at_end(&wrapper);
}

/* ResponseData, 4.2.1. */
static bool parse_tbs(struct response *out) {
    struct reader tbs = reader_over(out->signed_data.tbs_content);
    int64_t produced_at;
    return read_version(&tbs) && read_responder_id(out, &tbs) &&
           read_generalized_time(&tbs, &produced_at) &&
           der_read(&tbs, DER_SEQUENCE, &out->singles) && read_response_extensions(out, &tbs) &&
           reader_at_end(&tbs);
}

/* [0] EXPLICIT INTEGER DEFAULT v1, which is 0: some responders spell it out. */
static bool read_version(struct reader *tbs) {
    struct reader inside;
    uint32_t version;
    return !der_next_is(tbs, DER_CONTEXT_CONSTRUCTED(0)) ||
           (der_read_nested(tbs, DER_CONTEXT_CONSTRUCTED(0), &inside) &&
            der_read_small_integer(&inside, &version) && reader_at_end(&inside) && version == 0);
}

/* ResponderID ::= CHOICE { byName [1] Name, byKey [2] OCTET STRING }, both EXPLICIT. */
static bool read_responder_id(struct response *out, struct reader *tbs) {
    struct reader inside;
    bulla_bytes content;
    if (der_next_is(tbs, DER_CONTEXT_CONSTRUCTED(1))) {
        return der_read_nested(tbs, DER_CONTEXT_CONSTRUCTED(1), &inside) &&
               der_read_whole(&inside, DER_SEQUENCE, &content, &out->responder_name) &&
               reader_at_end(&inside) && name_is_well_formed(out->responder_name);
    }
    return der_read_nested(tbs, DER_CONTEXT_CONSTRUCTED(2), &inside) &&
           der_read(&inside, DER_OCTET_STRING, &out->responder_key_hash) &&
           reader_at_end(&inside) && out->responder_key_hash.len == SHA1_LEN;
}

/* responseExtensions [1] EXPLICIT; of them the nonce is known. */
static bool read_response_extensions(struct response *out, struct reader *tbs) {
    struct reader wrapper;
    struct reader extensions;
    bool has_nonce = false;
    if (!der_next_is(tbs, DER_CONTEXT_CONSTRUCTED(1))) {
        return true;
    }
    if (!der_read_nested(tbs, DER_CONTEXT_CONSTRUCTED(1), &wrapper) ||
        !der_read_nested(&wrapper, DER_SEQUENCE, &extensions) || !reader_at_end(&wrapper)) {
        return false;
    }
    while (!reader_at_end(&extensions)) {
        struct status_extension extension;
        if (!status_read_extension(&extensions, &extension)) {
            return false;
        }
        if (extension.oid == OID_OCSP_NONCE) {
            struct reader value = reader_over(extension.value);
            if (has_nonce || !der_read(&value, DER_OCTET_STRING, &out->nonce) ||
                !reader_at_end(&value)) {
                return false;
            }
            has_nonce = true;
        } else if (extension.critical) {
            return false;
        }
    }
    return true;
}

static bool read_generalized_time(struct reader *reader, int64_t *out) {
    return der_next_is(reader, DER_GENERALIZED_TIME) && der_read_time(reader, out);
}

/* Of several answers about the certificate a revocation counts first, before others one that is
 * never taken back, then the newest. */
static bulla_cause find_single(const struct response *response,
                               const struct ocsp_question *question, struct single *out) {
    struct reader singles = reader_over(response->singles);
    bool found = false;
    for (size_t i = 0; !reader_at_end(&singles); i++) {
        struct single single;
        if (i == SINGLE_RESPONSES_MAX || !read_single(&singles, question, &single)) {
            return BULLA_E_OCSP_MALFORMED;
        }
        unsigned weight = weight_of(&single.answer);
        unsigned least = found ? weight_of(&out->answer) : 0;
        bool better =
            !found || weight > least || (weight == least && single.this_update > out->this_update);
        if (single.is_ours && better) {
            *out = single;
            found = true;
        }
    }
    return found ? BULLA_OK : BULLA_E_OCSP_OTHER_CERTIFICATE;
}

static unsigned weight_of(const struct status_answer *answer) {
    return status_is_final(answer) ? 2 : answer->status == STATUS_REVOKED ? 1 : 0;
}

/* SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] EXPLICIT OPTIONAL,
 *     singleExtensions [1] EXPLICIT OPTIONAL } */
static bool read_single(struct reader *singles, const struct ocsp_question *question,
                        struct single *out) {
    struct reader single;
    return der_read_nested(singles, DER_SEQUENCE, &single) &&
           read_cert_id(&single, question, &out->is_ours) && read_status(&single, &out->answer) &&
           read_generalized_time(&single, &out->this_update) && read_next_update(&single, out) &&
           read_single_extensions(&single) && reader_at_end(&single);
}

/* CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } */
static bool read_cert_id(struct reader *single, const struct ocsp_question *question,
                         bool *out_is_ours) {
    struct reader id;
    enum oid algorithm;
    bulla_bytes parameters;
    bulla_bytes name_hash;
    bulla_bytes key_hash;
    bulla_bytes serial;
    uint8_t digest[HASH_LEN_MAX];
    if (!der_read_nested(single, DER_SEQUENCE, &id) ||
        !oid_read_algorithm(&id, &algorithm, &parameters) || !oid_parameters_null(parameters) ||
        !der_read(&id, DER_OCTET_STRING, &name_hash) ||
        !der_read(&id, DER_OCTET_STRING, &key_hash) || !der_read_integer_content(&id, &serial) ||
        !reader_at_end(&id)) {
        return false;
    }
    enum hash_id hash = algorithm == OID_SHA1     ? HASH_SHA1
                        : algorithm == OID_SHA256 ? HASH_SHA256
                                                  : HASH_INVALID;
    *out_is_ours = false;
    if (hash == HASH_INVALID || !bytes_equal(serial, question->certificate->serial)) {
        return true;
    }
    hash_once(hash, question->certificate->issuer, digest);
    if (!bytes_equal(name_hash, bytes_of(digest, hash_len(hash)))) {
        return true;
    }
    *out_is_ours =
        question->issuer == NULL || (ocsp_hash_key(question->issuer, hash, digest) &&
                                     bytes_equal(key_hash, bytes_of(digest, hash_len(hash))));
    return true;
}

/* CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }, IMPLICIT. */
static bool read_status(struct reader *single, struct status_answer *out) {
    bulla_bytes content;
    *out = (struct status_answer){.reason = STATUS_REASON_NONE};
    if (der_next_is(single, DER_CONTEXT(0))) {
        out->status = STATUS_GOOD;
        return der_read(single, DER_CONTEXT(0), &content) && content.len == 0;
    }
    if (der_next_is(single, DER_CONTEXT(2))) {
        out->status = STATUS_UNKNOWN;
        return der_read(single, DER_CONTEXT(2), &content) && content.len == 0;
    }
    out->status = STATUS_REVOKED;
    return der_read(single, DER_CONTEXT_CONSTRUCTED(1), &content) &&
           read_revoked(reader_over(content), out);
}

static bool read_revoked(struct reader info, struct status_answer *out) {
    struct reader reason;
    if (!read_generalized_time(&info, &out->revoked_at)) {
        return false;
    }
    if (reader_at_end(&info)) {
        return true;
    }
    return der_read_nested(&info, DER_CONTEXT_CONSTRUCTED(0), &reason) && reader_at_end(&info) &&
           status_read_reason(&reason, &out->reason) && reader_at_end(&reason);
}

static bool read_next_update(struct reader *single, struct single *out) {
    struct reader inside;
    out->next_update = out->this_update + age_max_without_next_update;
    bool well_formed =
        !der_next_is(single, DER_CONTEXT_CONSTRUCTED(0)) ||
        (der_read_nested(single, DER_CONTEXT_CONSTRUCTED(0), &inside) &&
         read_generalized_time(&inside, &out->next_update) && reader_at_end(&inside));
    out->answer.valid_until = out->next_update;
    return well_formed;
}

/* 4.4: none of those that may stand here changes what the answer means. */
static bool read_single_extensions(struct reader *single) {
    struct reader wrapper;
    struct reader extensions;
    if (!der_next_is(single, DER_CONTEXT_CONSTRUCTED(1))) {
        return true;
    }
    if (!der_read_nested(single, DER_CONTEXT_CONSTRUCTED(1), &wrapper) ||
        !der_read_nested(&wrapper, DER_SEQUENCE, &extensions) || !reader_at_end(&wrapper)) {
        return false;
    }
    while (!reader_at_end(&extensions)) {
        struct status_extension extension;
        if (!status_read_extension(&extensions, &extension) || extension.critical) {
            return false;
        }
    }
    return true;
}

/* The signature, 4.2.2.2: the issuer's own, or that of a responder which it named. */

/* What a responder says holds no longer than its certificate. */
static bulla_cause verify(const struct response *response, const struct ocsp_question *question,
                          struct single *single) {
    bulla_cause cause = BULLA_E_SIGNATURE_INVALID;
    if (is_responder(response, question->issuer)) {
        cause = status_verify_signed(&response->signed_data, question->issuer);
    }
    struct reader certificates = reader_over(response->certificates);
    unsigned num_tried = 0;
    for (unsigned i = 0; cause == BULLA_E_SIGNATURE_INVALID && i < RESPONDERS_MAX; i++) {
        struct certificate responder;
        bulla_bytes content;
        bulla_bytes der;
        if (num_tried == RESPONDERS_TRIED_MAX ||
            !der_read_whole(&certificates, DER_SEQUENCE, &content, &der)) {
            break;
        }
        if (certificate_parse(&responder, der) != BULLA_OK || !is_responder(response, &responder) ||
            !may_respond(&responder, question)) {
            continue;
        }
        num_tried++;
        cause = verify_responder(&responder, question);
        if (cause == BULLA_OK) {
            cause = status_verify_signed(&response->signed_data, &responder);
        }
        if (cause == BULLA_OK && responder.not_after < single->answer.valid_until) {
            single->answer.valid_until = responder.not_after;
        }
    }
    return cause == BULLA_E_SIGNATURE_INVALID ? BULLA_E_OCSP_SIGNATURE_INVALID : cause;
}

static bool is_responder(const struct response *response, const struct certificate *certificate) {
    uint8_t digest[HASH_LEN_MAX];
    if (response->responder_name.len != 0) {
        return name_equal(response->responder_name, certificate->subject);
    }
    return ocsp_hash_key(certificate, HASH_SHA1, digest) &&
           bytes_equal(response->responder_key_hash, bytes_of(digest, SHA1_LEN));
}

/* anyExtendedKeyUsage does not do: the CA has to have meant it. */
static bool may_respond(const struct certificate *responder, const struct ocsp_question *question) {
    return (responder->extended_key_usage & EXTENDED_KEY_USAGE_OCSP_SIGNING) != 0 &&
           (!responder->has_key_usage ||
            (responder->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) != 0) &&
           !responder->unknown_critical &&
           name_equal(responder->issuer, question->issuer->subject) &&
           question->now >= responder->not_before && question->now <= responder->not_after;
}

static bulla_cause verify_responder(const struct certificate *responder,
                                    const struct ocsp_question *question) {
    if (memo_knows(question->memo, responder, &question->issuer->key)) {
        return BULLA_OK;
    }
    const struct status_signed data = {.tbs = responder->tbs,
                                       .signature_algorithm = responder->signature_algorithm,
                                       .signature = responder->signature};
    bulla_cause cause = status_verify_signed(&data, question->issuer);
    if (cause == BULLA_OK) {
        memo_remember(question->memo, responder, &question->issuer->key);
    }
    return cause;
}

/* RFC 9654 lets a client decide what an answer without the nonce is worth: who asks with one wants
 * no answer that was made before. */
static bulla_cause check_nonce(const struct response *response, bulla_bytes nonce) {
    return nonce.len == 0 || bytes_equal(nonce, response->nonce) ? BULLA_OK
                                                                 : BULLA_E_OCSP_NONCE_MISMATCH;
}

static bulla_cause check_age(const struct single *single, int64_t now) {
    switch (status_age(single->this_update, single->next_update, now)) {
    case STATUS_FRESH:
        return BULLA_OK;
    case STATUS_EARLY:
        return BULLA_E_OCSP_NOT_YET_VALID;
    case STATUS_STALE:
    case STATUS_AGE_INVALID:
        break;
    }
    return BULLA_E_OCSP_STALE;
}
