/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of any bytes against a fixed trust store: one byte that chooses purpose, profile and
 * name, then a vector of certificates, each behind its length in three bytes as in a Certificate
 * message. With a report and without the answers agree, and what the stricter profile accepts the
 * private one accepts too. */
#include "base/reader.h"
#include "fuzz_chain_root.h"
#include "x509/verify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Within the root's and the corpus's dates. */
static const int64_t now = 1800000000;

static bulla_verify_request request_of(uint8_t selector) {
    bulla_verify_request request = {
        .purpose = (bulla_purpose)(BULLA_PURPOSE_SERVER_AUTH + (selector & 3)),
        .profile = (bulla_profile)(BULLA_PROFILE_PRIVATE + (selector >> 2) % 3),
        .revocation = BULLA_REVOCATION_OFF,
        .name = {.kind = BULLA_NAME_NONE},
        .now = now,
        .depth_max = BULLA_VERIFY_DEPTH_DEFAULT};
    if (selector < 0x80) {
        request.name = (bulla_name){BULLA_NAME_DNS, BYTES_OF("www.example.com")};
    }
    return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader reader = reader_over(bytes_of(data, len));
    bulla_bytes chain[BULLA_VERIFY_CHAIN_LEN_MAX];
    size_t num_chain = 0;
    uint8_t selector;
    bulla_trust *trust;
    bulla_report report;
    if (!reader_u8(&reader, &selector)) {
        return 0;
    }
    while (num_chain < BULLA_VERIFY_CHAIN_LEN_MAX && reader_vector24(&reader, &chain[num_chain])) {
        num_chain++;
    }
    if (bulla_trust_new(&trust) != BULLA_OK ||
        bulla_trust_add_der(trust, BYTES_IN(fuzz_chain_root)) != BULLA_OK) {
        abort();
    }
    bulla_verify_request request = request_of(selector);
    bulla_cause cause = bulla_verify(trust, chain, num_chain, &request, &report);
    if (bulla_verify(trust, chain, num_chain, &request, NULL) != cause || report.cause != cause) {
        abort();
    }
    request.profile = BULLA_PROFILE_PRIVATE;
    if (cause == BULLA_OK && bulla_verify(trust, chain, num_chain, &request, NULL) != BULLA_OK) {
        abort();
    }
    bulla_trust_free(trust);
    return 0;
}
