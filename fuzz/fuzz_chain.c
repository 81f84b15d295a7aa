/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of any bytes against a fixed trust store: a vector of certificates, each behind its
 * length in three bytes as in a Certificate message. With a report and without, for a server and
 * for a client, the answers agree. */
#include "base/reader.h"
#include "fuzz_chain_root.h"
#include "x509/verify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Within the root's and the corpus's dates. */
static const int64_t now = 1800000000;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader reader = reader_over(bytes_of(data, len));
    bulla_bytes chain[BULLA_CHAIN_LEN_MAX];
    size_t num_chain = 0;
    bulla_trust *trust;
    bulla_report report;
    while (num_chain < BULLA_CHAIN_LEN_MAX && reader_vector24(&reader, &chain[num_chain])) {
        num_chain++;
    }
    if (bulla_trust_new(&trust) != BULLA_OK ||
        bulla_trust_add_der(trust, BYTES_IN(fuzz_chain_root)) != BULLA_OK) {
        abort();
    }
    bulla_verify_request request = {.purpose = BULLA_PURPOSE_SERVER_AUTH,
                                    .name = {BULLA_NAME_DNS, BYTES_OF("www.example.com")},
                                    .now = now,
                                    .depth_max = BULLA_VERIFY_DEPTH_DEFAULT};
    bulla_cause cause = bulla_verify(trust, chain, num_chain, &request, &report);
    if (bulla_verify(trust, chain, num_chain, &request, NULL) != cause || report.cause != cause) {
        abort();
    }
    request.purpose = BULLA_PURPOSE_CLIENT_AUTH;
    request.name = (bulla_name){.kind = BULLA_NAME_NONE};
    (void)!bulla_verify(trust, chain, num_chain, &request, &report);
    bulla_trust_free(trust);
    return 0;
}
