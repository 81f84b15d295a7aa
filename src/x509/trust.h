/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_trust: the anchors, and finding them by subject. */
#ifndef X509_TRUST_H
#define X509_TRUST_H

#include "base/writer.h"
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

/* The anchors' subjects as the DistinguishedNames of a certificate_authorities list (RFC
 * 8446 4.2.4, RFC 5246 7.4.4), each name once: how many bytes they are, and they themselves,
 * without the list's own length; none where they are more than `len_max`. */
size_t trust_authorities_len(const bulla_trust *trust);
void trust_authorities_write(const bulla_trust *trust, struct writer *out, size_t len_max);

/* True where exactly this certificate is an anchor. `subject_hash` as above. */
bool trust_has(const bulla_trust *trust, const struct certificate *certificate,
               uint64_t subject_hash);

/* SET_DIGEST_LEN bytes that say which anchors these are, and until when each may have issued;
 * whatever the order in which they were added. */
BULLA_MUST_CHECK bulla_cause trust_digest(const bulla_trust *trust, uint8_t *out);

#endif
