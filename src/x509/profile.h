/* SPDX-License-Identifier: Apache-2.0 */
/* By whose rules a well-formed certificate is judged, beyond RFC 5280 6.1: bulla_profile. Each rule
 * looks at one certificate alone and at its place. */
#ifndef X509_PROFILE_H
#define X509_PROFILE_H

#include "x509/certificate.h"
#include <bulla/report.h>

enum profile_place { PROFILE_LEAF, PROFILE_INTERMEDIATE, PROFILE_ANCHOR };

/* The rule that is broken: its cause and a sentence ("it ..."); BULLA_OK and NULL where none is. */
struct profile_verdict {
    bulla_cause cause;
    const char *says;
};

/* All rules of a profile, the common ones first. A leaf that is itself an anchor is a leaf here. */
struct profile_verdict profile_check(bulla_profile profile, const struct certificate *certificate,
                                     enum profile_place place);

/* The CA/Browser Forum's rules alone. BULLA_E_CERT_PROFILE_VIOLATED, and where a cause names the
 * fault more exactly that one. */
struct profile_verdict profile_webpki_check(const struct certificate *certificate,
                                            enum profile_place place);

#endif
