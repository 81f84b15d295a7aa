/* SPDX-License-Identifier: Apache-2.0 */
/* The common parts of CRLs and OCSP responses (status.h): signatures, extensions, reasons, dates.
 * Called by crl.c and ocsp.c. Signatures over MD5 and SHA-1 and RSA keys below 2048 bits are
 * refused here as everywhere. */
#include "x509/status.h"
#include "der/der.h"
#include "x509/algorithm.h"

enum { RSA_BITS_MIN = 2048 };

bool status_read_signed(struct reader *content, struct status_signed *out) {
    bulla_bytes unused;
    return der_read_whole(content, DER_SEQUENCE, &out->tbs_content, &out->tbs) &&
           der_read_whole(content, DER_SEQUENCE, &unused, &out->algorithm) &&
           signature_algorithm_parse(&out->signature_algorithm, out->algorithm) &&
           der_read_bit_string_octets(content, &out->signature);
}

bulla_cause status_verify_signed(const struct status_signed *data,
                                 const struct certificate *signer) {
    const struct signature_algorithm *algorithm = &data->signature_algorithm;
    bool weak = signer->key.kind == KEY_KIND_RSA && signer->key.bits < RSA_BITS_MIN;
    if (weak || algorithm->kind == SIGNATURE_INVALID) {
        return BULLA_E_SIGNATURE_INVALID;
    }
    struct public_key key = {0};
    bulla_cause cause = certificate_public_key(signer, &key);
    if (cause == BULLA_OK) {
        cause =
            public_key_verify(&key, algorithm->kind, algorithm->hash, data->tbs, data->signature);
        public_key_free(&key);
    }
    return cause == BULLA_OK || status_is_fatal(cause) ? cause : BULLA_E_SIGNATURE_INVALID;
}

/* As in certificates, a FALSE that is spelt out is let pass. */
bool status_read_extension(struct reader *extensions, struct status_extension *out) {
    struct reader inside;
    out->critical = false;
    if (!der_read_nested(extensions, DER_SEQUENCE, &inside) || !der_read_oid(&inside, &out->type) ||
        (der_next_is(&inside, DER_BOOLEAN) && !der_read_boolean(&inside, &out->critical)) ||
        !der_read(&inside, DER_OCTET_STRING, &out->value) || !reader_at_end(&inside)) {
        return false;
    }
    out->oid = oid_find(out->type);
    return true;
}

bool status_read_reason(struct reader *reader, int *out_reason) {
    bulla_bytes content;
    if (!der_read(reader, DER_ENUMERATED, &content) || content.len != 1 ||
        content.data[0] > STATUS_REASON_AA_COMPROMISE || content.data[0] == 7) {
        return false;
    }
    *out_reason = content.data[0];
    return true;
}

/* Dates read from DER lie in the years 0 to 9999, so that the sums can't overflow. */
enum status_age status_age(int64_t this_update, int64_t next_update, int64_t now) {
    if (now < this_update - STATUS_CLOCK_SKEW) {
        return STATUS_EARLY;
    }
    return now > next_update + STATUS_CLOCK_SKEW ? STATUS_STALE : STATUS_FRESH;
}

bool status_is_final(const struct status_answer *answer) {
    return answer->status == STATUS_REVOKED && answer->reason != STATUS_REASON_CERTIFICATE_HOLD;
}

bool status_is_fatal(bulla_cause cause) {
    return cause == BULLA_E_OUT_OF_MEMORY || cause == BULLA_E_CRYPTO_FAILED ||
           cause == BULLA_E_INTERNAL || cause == BULLA_E_API_MISUSE;
}
