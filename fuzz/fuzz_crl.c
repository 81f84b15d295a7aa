/* SPDX-License-Identifier: Apache-2.0 */
/* crl_open() on any bytes; one that is read is asked for each of its own entries, which it finds,
 * and for a certificate that is its own issuer. */
#include "der/der.h"
#include "x509/crl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ENTRIES_ASKED_MAX = 1000 };

static void find_all(const struct crl *crl) {
    struct reader entries = reader_over(crl->entries);
    struct status_answer answer;
    size_t num = 0;
    while (num < ENTRIES_ASKED_MAX && !reader_at_end(&entries)) {
        struct reader entry;
        bulla_bytes serial;
        if (!der_read_nested(&entries, DER_SEQUENCE, &entry) ||
            !der_read(&entry, DER_INTEGER, &serial) || !crl_find(crl, serial, &answer) ||
            answer.status != STATUS_REVOKED) {
            abort();
        }
        num++;
    }
    if (num > crl->num_entries) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct crl crl;
    struct status_answer answer;
    uint8_t *copy = bytes_duplicate(bytes_of(data, len));
    if (copy == NULL) {
        return 0;
    }
    bulla_cause cause = crl_open(&crl, copy, len);
    if (cause != BULLA_OK) {
        free(copy);
        if (cause != BULLA_E_CRL_MALFORMED && cause != BULLA_E_CRL_UNSUPPORTED) {
            abort();
        }
        return 0;
    }
    find_all(&crl);
    /* Its own scope as the certificate's points: the two readers of one syntax meet. */
    struct certificate certificate = {.serial = BYTES_OF("\x05"),
                                      .issuer = crl.issuer,
                                      .subject = crl.issuer,
                                      .crl_distribution_points = crl.distribution_point};
    (void)!crl_check(&crl, &certificate, &certificate, crl.this_update, &answer);
    crl_free(&crl);
    return 0;
}
