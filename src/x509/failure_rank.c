/* SPDX-License-Identifier: Apache-2.0 */
/* See failure_rank.h. */
#include "x509/failure_rank.h"

/* Who lost the way says least; who found it and stumbled over a date, a flag or a name says what
 * to mend. A namesake whose key does not fit is most often not the issuer that was meant. */
unsigned failure_rank(bulla_cause cause) {
    static const struct {
        bulla_cause cause;
        unsigned rank;
    } ranks[] = {
        {BULLA_E_CERT_UNKNOWN_ISSUER, 1},
        {BULLA_E_CERT_ROOT_UNTRUSTED, 1},
        {BULLA_E_CERT_SELF_SIGNED, 1},
        {BULLA_E_CERT_SIGNATURE_INVALID, 2},
        {BULLA_E_CERT_CHAIN_TOO_LONG, 4},
        {BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, 5},
        {BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED, 5},
        {BULLA_E_CERT_KEY_UNSUPPORTED, 5},
        {BULLA_E_CERT_KEY_TOO_WEAK, 5},
        {BULLA_E_CERT_CA_FLAG_MISSING, 6},
        {BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN, 6},
        {BULLA_E_CERT_PURPOSE_NOT_SERVER, 6},
        {BULLA_E_CERT_PURPOSE_NOT_CLIENT, 6},
        {BULLA_E_CERT_PATH_LENGTH_EXCEEDED, 6},
        {BULLA_E_CERT_NOT_YET_VALID, 7},
        {BULLA_E_CERT_EXPIRED, 7},
        {BULLA_E_CERT_PROFILE_VIOLATED, 6},
        {BULLA_E_CERT_SPIFFE_ID_INVALID, 6},
        {BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED, 8},
        {BULLA_E_CERT_POLICY_VIOLATED, 8},
        {BULLA_E_CERT_DISTRUSTED, 9},
    };
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        if (ranks[i].cause == cause) {
            return ranks[i].rank;
        }
    }
    return cause == BULLA_OK ? 0 : 3; /* malformed in some way */
}
