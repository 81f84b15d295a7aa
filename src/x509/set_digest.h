/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a set: the same whatever the order of its members. */
#ifndef X509_SET_DIGEST_H
#define X509_SET_DIGEST_H

#include "crypto/hash.h"
#include <bulla/error.h>

enum { SET_DIGEST_LEN = 32 };

struct set_digest {
    uint8_t (*members)[SET_DIGEST_LEN]; /* SHA-256 of each */
    size_t num, cap;
};

/* Room for `num_max` members. */
BULLA_MUST_CHECK bulla_cause set_digest_begin(struct set_digest *set, size_t num_max);
/* A member: some bytes, and a number that belongs to them. */
void set_digest_add(struct set_digest *set, bulla_bytes member, int64_t number);
/* Writes SET_DIGEST_LEN bytes, SHA-256, and frees. */
void set_digest_end(struct set_digest *set, uint8_t *out);

#endif
