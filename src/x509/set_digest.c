/* SPDX-License-Identifier: Apache-2.0 */
/* See set_digest.h. Members are hashed, sorted by their hashes and hashed again; the same bytes
 * come out in every process and on every machine. */
#include "x509/set_digest.h"

#include <assert.h>
#include <stdlib.h>

static int compare(const void *a, const void *b);

bulla_cause set_digest_begin(struct set_digest *set, size_t num_max) {
    *set = (struct set_digest){.cap = num_max};
    set->members = calloc(num_max + 1, sizeof *set->members); /* never of no bytes */
    return set->members == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

void set_digest_add(struct set_digest *set, bulla_bytes member, int64_t number) {
    struct hash hash;
    uint8_t octets[8];
    assert(set->num < set->cap);
    for (unsigned i = 0; i < sizeof octets; i++) {
        octets[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    }
    hash_start(&hash, HASH_SHA256);
    hash_update(&hash, BYTES_IN(octets));
    hash_update(&hash, member);
    hash_finish(&hash, set->members[set->num++]);
}

void set_digest_end(struct set_digest *set, uint8_t *out) {
    qsort(set->members, set->num, sizeof *set->members, compare);
    hash_once(HASH_SHA256, bytes_of(set->members, set->num * sizeof *set->members), out);
    free(set->members);
    *set = (struct set_digest){0};
}

static int compare(const void *a, const void *b) {
    return bytes_compare(bytes_of(a, SET_DIGEST_LEN), bytes_of(b, SET_DIGEST_LEN));
}
