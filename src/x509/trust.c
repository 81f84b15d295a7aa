/* SPDX-License-Identifier: Apache-2.0 */
/* The trust store (bulla/trust.h): anchors in an array, and over it a hash index by subject, since
 * path search asks "who is called this?" and a system's store has 150 names.
 *
 * The hash is not keyed: what is in the store was put there by its owner, and a peer who finds a
 * name with an anchor's hash gains one comparison. Anchors are added before the store is shared;
 * afterwards it is only read. */
#include "x509/trust.h"
#include "crypto/hash.h"
#include "der/pem.h"
#include "x509/name.h"
#include "x509/set_digest.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Far above any bundle (Mozilla's has about 150), so that sizes can't overflow. */
enum { ANCHORS_MAX = 100000, ANCHORS_FIRST_CAP = 8 };

struct bulla_trust {
    atomic_size_t num_owners;
    struct anchor *anchors;
    size_t num_anchors;
    size_t cap;
    size_t *buckets;    /* index of the first anchor, or TRUST_NO_ANCHOR; none while empty */
    size_t num_buckets; /* a power of two, at least num_anchors */
};

static bulla_cause append(bulla_trust *trust, bulla_bytes der);
static bulla_cause make_anchor(struct anchor *out, bulla_bytes der);
static void free_anchor(struct anchor *anchor);
static bulla_cause make_room(bulla_trust *trust);
static bulla_cause make_buckets(bulla_trust *trust);
static void link_anchor(bulla_trust *trust, size_t index);
static void truncate_to(bulla_trust *trust, size_t num_anchors);
static bool is_fatal(bulla_cause cause);
static bool is_named_first(const bulla_trust *trust, size_t index);
static size_t match_from(const bulla_trust *trust, size_t index, bulla_bytes subject,
                         uint64_t subject_hash);

bulla_cause bulla_trust_new(bulla_trust **out) {
    bulla_trust *trust = calloc(1, sizeof *trust);
    if (trust == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&trust->num_owners, 1);
    *out = trust;
    return BULLA_OK;
}

bulla_cause bulla_trust_add_der(bulla_trust *trust, bulla_bytes der) {
    return append(trust, der);
}

bulla_cause bulla_trust_add_pem(bulla_trust *trust, bulla_bytes pem, size_t *out_num_added) {
    size_t num_before = trust->num_anchors;
    struct reader text = reader_over(pem);
    size_t num_usable = 0;
    struct pem_block block;
    bulla_cause cause = pem_next(&text, &block);
    while (cause == BULLA_OK) {
        if (bytes_equal(block.label, BYTES_OF("CERTIFICATE"))) {
            cause = append(trust, bytes_of(block.der, block.der_len));
            num_usable += cause == BULLA_OK;
        }
        pem_block_free(&block);
        cause = is_fatal(cause) ? cause : pem_next(&text, &block);
    }
    if (cause != BULLA_E_PEM_NOT_FOUND || num_usable == 0) {
        truncate_to(trust, num_before);
        return cause;
    }
    if (out_num_added != NULL) {
        *out_num_added = trust->num_anchors - num_before;
    }
    return BULLA_OK;
}

bulla_cause bulla_trust_distrust_after(bulla_trust *trust, const uint8_t sha256[32], int64_t date) {
    for (size_t i = 0; i < trust->num_anchors; i++) {
        struct anchor *anchor = &trust->anchors[i];
        uint8_t digest[HASH_LEN_MAX];
        hash_once(HASH_SHA256, anchor->certificate.der, digest);
        if (bytes_equal(bytes_of(digest, 32), bytes_of(sha256, 32))) {
            anchor->distrust_after = date;
            return BULLA_OK;
        }
    }
    return BULLA_E_CERT_UNKNOWN_ISSUER;
}

size_t bulla_trust_num_anchors(const bulla_trust *trust) {
    return trust->num_anchors;
}

bulla_trust *bulla_trust_ref(bulla_trust *trust) {
    atomic_fetch_add_explicit(&trust->num_owners, 1, memory_order_relaxed);
    return trust;
}

void bulla_trust_free(bulla_trust *trust) {
    if (trust == NULL ||
        atomic_fetch_sub_explicit(&trust->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < trust->num_anchors; i++) {
        free_anchor(&trust->anchors[i]);
    }
    free(trust->anchors);
    free(trust->buckets);
    free(trust);
}

size_t trust_find(const bulla_trust *trust, bulla_bytes subject, uint64_t subject_hash) {
    if (trust->num_anchors == 0) {
        return TRUST_NO_ANCHOR;
    }
    size_t first = trust->buckets[subject_hash & (trust->num_buckets - 1)];
    return match_from(trust, first, subject, subject_hash);
}

size_t trust_find_next(const bulla_trust *trust, size_t index) {
    const struct anchor *anchor = &trust->anchors[index];
    return match_from(trust, anchor->next, anchor->certificate.subject, anchor->subject_hash);
}

const struct anchor *trust_anchor(const bulla_trust *trust, size_t index) {
    return &trust->anchors[index];
}

bool trust_has(const bulla_trust *trust, const struct certificate *certificate,
               uint64_t subject_hash) {
    size_t index = trust_find(trust, certificate->subject, subject_hash);
    while (index != TRUST_NO_ANCHOR) {
        if (bytes_equal(trust->anchors[index].certificate.der, certificate->der)) {
            return true;
        }
        index = trust_find_next(trust, index);
    }
    return false;
}

size_t trust_authorities_len(const bulla_trust *trust) {
    size_t len = 0;
    for (size_t i = 0; i < trust->num_anchors; i++) {
        if (is_named_first(trust, i)) {
            len += 2 + trust->anchors[i].certificate.subject.len;
        }
    }
    return len;
}

void trust_authorities_write(const bulla_trust *trust, struct writer *out, size_t len_max) {
    if (trust_authorities_len(trust) > len_max) {
        return;
    }
    for (size_t i = 0; i < trust->num_anchors; i++) {
        if (is_named_first(trust, i)) {
            writer_vector(out, 2, trust->anchors[i].certificate.subject);
        }
    }
}

bulla_cause trust_digest(const bulla_trust *trust, uint8_t *out) {
    struct set_digest set;
    bulla_cause cause = set_digest_begin(&set, trust->num_anchors);
    if (cause != BULLA_OK) {
        return cause;
    }
    for (size_t i = 0; i < trust->num_anchors; i++) {
        const struct anchor *anchor = &trust->anchors[i];
        set_digest_add(&set, anchor->certificate.der, anchor->distrust_after);
    }
    set_digest_end(&set, out);
    return BULLA_OK;
}

/* A certificate that is in the store already is there once. */
static bulla_cause append(bulla_trust *trust, bulla_bytes der) {
    struct anchor anchor;
    bulla_cause cause = make_anchor(&anchor, der);
    if (cause != BULLA_OK) {
        return cause;
    }
    bool known = trust_has(trust, &anchor.certificate, anchor.subject_hash);
    cause = known ? BULLA_OK : make_room(trust);
    if (known || cause != BULLA_OK) {
        free_anchor(&anchor);
        return cause;
    }
    trust->anchors[trust->num_anchors] = anchor;
    link_anchor(trust, trust->num_anchors++);
    return BULLA_OK;
}

static bulla_cause make_anchor(struct anchor *out, bulla_bytes der) {
    *out = (struct anchor){
        .next = TRUST_NO_ANCHOR, .der = bytes_duplicate(der), .distrust_after = INT64_MAX};
    if (out->der == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = certificate_parse(&out->certificate, bytes_of(out->der, der.len));
    if (cause == BULLA_OK) {
        cause = certificate_public_key(&out->certificate, &out->key);
    }
    if (cause != BULLA_OK) {
        free(out->der);
        return cause;
    }
    out->subject_hash = name_hash(out->certificate.subject);
    return BULLA_OK;
}

static void free_anchor(struct anchor *anchor) {
    public_key_free(&anchor->key);
    free(anchor->der);
}

static bulla_cause make_room(bulla_trust *trust) {
    if (trust->num_anchors == ANCHORS_MAX) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    if (trust->num_anchors == trust->cap) {
        size_t cap = trust->cap == 0 ? ANCHORS_FIRST_CAP : trust->cap * 2;
        struct anchor *bigger = realloc(trust->anchors, cap * sizeof *bigger);
        if (bigger == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        trust->anchors = bigger;
        trust->cap = cap;
    }
    return trust->num_buckets < trust->cap ? make_buckets(trust) : BULLA_OK;
}

/* As many buckets as there is room for anchors: both double together. */
static bulla_cause make_buckets(bulla_trust *trust) {
    size_t *buckets = malloc(trust->cap * sizeof *buckets);
    if (buckets == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    free(trust->buckets);
    trust->buckets = buckets;
    trust->num_buckets = trust->cap;
    truncate_to(trust, trust->num_anchors);
    return BULLA_OK;
}

/* At the end of its bucket: of several anchors with one name, the first added is tried first. */
static void link_anchor(bulla_trust *trust, size_t index) {
    struct anchor *anchor = &trust->anchors[index];
    size_t *link = &trust->buckets[anchor->subject_hash & (trust->num_buckets - 1)];
    while (*link != TRUST_NO_ANCHOR) {
        link = &trust->anchors[*link].next;
    }
    anchor->next = TRUST_NO_ANCHOR;
    *link = index;
}

/* Takes back what came after the first `num_anchors`, and builds the index of those anew. */
static void truncate_to(bulla_trust *trust, size_t num_anchors) {
    while (trust->num_anchors > num_anchors) {
        free_anchor(&trust->anchors[--trust->num_anchors]);
    }
    for (size_t i = 0; i < trust->num_buckets; i++) {
        trust->buckets[i] = TRUST_NO_ANCHOR;
    }
    for (size_t i = 0; i < num_anchors; i++) {
        link_anchor(trust, i);
    }
}

/* A certificate that cannot be an anchor is passed over; want of memory is not its fault. */
static bool is_fatal(bulla_cause cause) {
    return cause == BULLA_E_OUT_OF_MEMORY || cause == BULLA_E_CRYPTO_FAILED;
}

static size_t match_from(const bulla_trust *trust, size_t index, bulla_bytes subject,
                         uint64_t subject_hash) {
    while (index != TRUST_NO_ANCHOR) {
        const struct anchor *anchor = &trust->anchors[index];
        if (anchor->subject_hash == subject_hash &&
            name_equal(anchor->certificate.subject, subject)) {
            return index;
        }
        index = anchor->next;
    }
    return TRUST_NO_ANCHOR;
}

/* A name that an earlier anchor has too, as after a change of keys, was counted there. */
static bool is_named_first(const bulla_trust *trust, size_t index) {
    const struct anchor *anchor = &trust->anchors[index];
    return trust_find(trust, anchor->certificate.subject, anchor->subject_hash) == index;
}
