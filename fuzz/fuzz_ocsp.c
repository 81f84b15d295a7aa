/* SPDX-License-Identifier: Apache-2.0 */
/* ocsp_check() on any bytes, as a response about a certificate of the fixed root's; what it takes
 * for an answer is one. The corpus has a response that is good at `now`. */
#include "fuzz_ocsp_chain.h"
#include "x509/ocsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct certificate root;
    struct certificate leaf;
    struct status_answer answer;
    if (certificate_parse(&root, BYTES_IN(fuzz_ocsp_root)) != BULLA_OK ||
        certificate_parse(&leaf, BYTES_IN(fuzz_ocsp_leaf)) != BULLA_OK) {
        abort();
    }
    struct ocsp_question question = {.certificate = &leaf, .issuer = &root, .now = fuzz_ocsp_now};
    bulla_cause cause = ocsp_check(bytes_of(data, len), &question, &answer);
    if (cause == BULLA_OK && answer.status != STATUS_GOOD && answer.status != STATUS_REVOKED &&
        answer.status != STATUS_UNKNOWN) {
        abort();
    }
    if (cause == BULLA_CAUSE_INVALID || cause >= BULLA_NUM_CAUSES) {
        abort();
    }
    return 0;
}
