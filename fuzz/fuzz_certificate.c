/* SPDX-License-Identifier: Apache-2.0 */
/* certificate_parse() on any bytes; what it accepts is then used by all that read certificates:
 * printing, iterating, hashing, its key, its constraints against itself. */
#include "x509/certificate_extensions.h"
#include "x509/name.h"
#include "x509/name_constraints.h"
#include "x509/profile.h"
#include "x509/spiffe.h"
#include "x509/validate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use_names(const struct certificate *certificate) {
    char out[200];
    struct text text = text_into(out, sizeof out);
    name_print(&text, certificate->subject);
    name_print(&text, certificate->issuer);
    struct name_iterator names = name_iterator_over(certificate->subject_alt_name);
    struct general_name name;
    while (name_next(&names, &name)) {
        text = text_into(out, sizeof out);
        general_name_print(&text, &name);
    }
    for (const char *at = out; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            abort(); /* an escape was forgotten */
        }
    }
    bool equal = name_equal(certificate->subject, certificate->issuer);
    if (equal && name_hash(certificate->subject) != name_hash(certificate->issuer)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct certificate certificate;
    if (certificate_parse(&certificate, bytes_of(data, len)) != BULLA_OK) {
        use_names(&certificate); /* what was read before the failure stands */
        return 0;
    }
    use_names(&certificate);
    bulla_bytes url;
    (void)certificate_ca_issuers_url(&certificate, &url);
    for (int profile = BULLA_PROFILE_PRIVATE; profile <= BULLA_PROFILE_STRICT; profile++) {
        (void)profile_check((bulla_profile)profile, &certificate, PROFILE_LEAF);
        (void)profile_check((bulla_profile)profile, &certificate, PROFILE_ANCHOR);
    }
    (void)!spiffe_check_leaf(&certificate);
    uint32_t comparisons = 10000;
    if (name_constraints_check(&certificate, &certificate, &comparisons) ==
        BULLA_E_CERT_BUDGET_EXCEEDED) {
        return 0;
    }
    struct public_key key = {0};
    if (certificate_public_key(&certificate, &key) == BULLA_OK) {
        public_key_free(&key);
    }
    return 0;
}
