/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_trust: the anchors, and finding them by subject. */
#ifndef X509_TRUST_H
#define X509_TRUST_H

#include "x509/certificate.h"
#include <bulla/trust.h>

/* The key is made once, when the anchor is added, not in each handshake. */
struct anchor {
    struct certificate certificate; /* views into `der` */
    uint8_t *der;
    struct public_key key;
    uint64_t subject_hash;  /* name_hash() */
    size_t next;            /* of the same bucket, or TRUST_NO_ANCHOR */
    int64_t distrust_after; /* what it issued later is not trusted; INT64_MAX: all is */
};

#define TRUST_NO_ANCHOR SIZE_MAX

/* The first anchor with this subject, and the next one after `index`; TRUST_NO_ANCHOR at the end.
 * `subject_hash` is name_hash(subject). */
size_t trust_find(const bulla_trust *trust, bulla_bytes subject, uint64_t subject_hash);
size_t trust_find_next(const bulla_trust *trust, size_t index);

const struct anchor *trust_anchor(const bulla_trust *trust, size_t index);

/* True where exactly this certificate is an anchor. `subject_hash` as above. */
bool trust_has(const bulla_trust *trust, const struct certificate *certificate,
               uint64_t subject_hash);

#endif
