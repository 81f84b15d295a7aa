/* SPDX-License-Identifier: Apache-2.0 */
/* The set of CRLs (bulla/revocation.h): an array in the order of the hashes of their issuers'
 * names, since validation asks "what does this one say?" CRLs are added before the set is shared;
 * afterwards it is only read.
 *
 * A text with a CRL that can't be used is refused as a whole: where CRLs are fewer than their owner
 * believes, certificates pass that were revoked. */
#include "x509/crl_store.h"
#include "der/pem.h"
#include "x509/name.h"
#include "x509/set_digest.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CRLS_MAX = 1 << 20, CRLS_FIRST_CAP = 8 };

struct stored {
    struct crl *crl;
    uint64_t issuer_hash;
};

struct bulla_crls {
    atomic_size_t num_owners;
    struct stored *list;
    size_t num;
    size_t cap;
};

static bulla_cause add_block(bulla_crls *crls, const struct pem_block *block);
static bulla_cause add(bulla_crls *crls, bulla_bytes der);
static bulla_cause merge(bulla_crls *crls, bulla_crls *batch, size_t *out_num_added);
static bool insert(bulla_crls *crls, const struct stored *stored);
static bulla_cause make_room(bulla_crls *crls, size_t num_more);
static size_t lower_bound(const bulla_crls *crls, uint64_t issuer_hash);
static void clear(bulla_crls *crls);

bulla_cause bulla_crls_new(bulla_crls **out) {
    bulla_crls *crls = calloc(1, sizeof *crls);
    if (crls == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&crls->num_owners, 1);
    *out = crls;
    return BULLA_OK;
}

bulla_cause bulla_crls_add_der(bulla_crls *crls, bulla_bytes der) {
    bulla_crls batch = {0};
    size_t num_added;
    bulla_cause cause = add(&batch, der);
    if (cause == BULLA_OK) {
        cause = merge(crls, &batch, &num_added);
    }
    clear(&batch);
    return cause;
}

bulla_cause bulla_crls_add_pem(bulla_crls *crls, bulla_bytes pem, size_t *out_num_added) {
    bulla_crls batch = {0};
    struct reader text = reader_over(pem);
    struct pem_block block;
    size_t num_blocks = 0;
    size_t num_added = 0;
    bulla_cause cause = pem_next(&text, &block);
    while (cause == BULLA_OK) {
        if (bytes_equal(block.label, BYTES_OF("X509 CRL"))) {
            cause = add_block(&batch, &block);
            num_blocks++;
        }
        pem_block_free(&block);
        cause = cause == BULLA_OK ? pem_next(&text, &block) : cause;
    }
    if (cause == BULLA_E_PEM_NOT_FOUND && num_blocks != 0) {
        cause = merge(crls, &batch, &num_added);
    }
    clear(&batch);
    if (cause == BULLA_OK && out_num_added != NULL) {
        *out_num_added = num_added;
    }
    return cause;
}

bulla_crls *bulla_crls_ref(bulla_crls *crls) {
    atomic_fetch_add_explicit(&crls->num_owners, 1, memory_order_relaxed);
    return crls;
}

void bulla_crls_free(bulla_crls *crls) {
    if (crls == NULL ||
        atomic_fetch_sub_explicit(&crls->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    clear(crls);
    free(crls);
}

size_t crl_store_len(const bulla_crls *crls) {
    return crls->num;
}

const struct crl *crl_store_find(const bulla_crls *crls, bulla_bytes issuer, size_t from,
                                 size_t *out_place) {
    uint64_t issuer_hash = name_hash(issuer);
    size_t first = lower_bound(crls, issuer_hash);
    for (size_t i = from > first ? from : first; i < crls->num; i++) {
        if (crls->list[i].issuer_hash != issuer_hash) {
            break;
        }
        if (name_equal(crls->list[i].crl->issuer, issuer)) {
            *out_place = i;
            return crls->list[i].crl;
        }
    }
    return NULL;
}

bulla_cause crl_store_digest(const bulla_crls *crls, uint8_t *out) {
    struct set_digest set;
    bulla_cause cause = set_digest_begin(&set, crls->num);
    if (cause != BULLA_OK) {
        return cause;
    }
    for (size_t i = 0; i < crls->num; i++) {
        set_digest_add(&set, bytes_of(crls->list[i].crl->der, crls->list[i].crl->der_len), 0);
    }
    set_digest_end(&set, out);
    return BULLA_OK;
}

static bulla_cause add_block(bulla_crls *crls, const struct pem_block *block) {
    return add(crls, bytes_of(block->der, block->der_len));
}

/* At the end; merge() puts it in order. */
static bulla_cause add(bulla_crls *crls, bulla_bytes der) {
    bulla_cause cause = make_room(crls, 1);
    if (cause != BULLA_OK) {
        return cause;
    }
    uint8_t *copy = bytes_duplicate(der);
    struct crl *crl = malloc(sizeof *crl);
    cause = copy == NULL || crl == NULL ? BULLA_E_OUT_OF_MEMORY : crl_open(crl, copy, der.len);
    if (cause != BULLA_OK) {
        free(copy);
        free(crl);
        return cause;
    }
    crls->list[crls->num++] = (struct stored){crl, name_hash(crl->issuer)};
    return BULLA_OK;
}

/* Moves what is in the batch over, all or nothing. */
static bulla_cause merge(bulla_crls *crls, bulla_crls *batch, size_t *out_num_added) {
    bulla_cause cause = make_room(crls, batch->num);
    if (cause != BULLA_OK) {
        return cause;
    }
    size_t num_left = 0;
    for (size_t i = 0; i < batch->num; i++) {
        if (!insert(crls, &batch->list[i])) {
            batch->list[num_left++] = batch->list[i];
        }
    }
    *out_num_added = batch->num - num_left;
    batch->num = num_left;
    return BULLA_OK;
}

/* False for one that is there already. */
static bool insert(bulla_crls *crls, const struct stored *stored) {
    size_t place = lower_bound(crls, stored->issuer_hash);
    while (place < crls->num && crls->list[place].issuer_hash == stored->issuer_hash) {
        const struct crl *other = crls->list[place].crl;
        if (bytes_equal(bytes_of(other->der, other->der_len),
                        bytes_of(stored->crl->der, stored->crl->der_len))) {
            return false;
        }
        place++;
    }
    bytes_move(crls->list + place + 1, crls->list + place,
               (crls->num - place) * sizeof *crls->list);
    crls->list[place] = *stored;
    crls->num++;
    return true;
}

static bulla_cause make_room(bulla_crls *crls, size_t num_more) {
    if (num_more > CRLS_MAX - crls->num) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    size_t cap = crls->cap == 0 ? CRLS_FIRST_CAP : crls->cap;
    while (cap < crls->num + num_more) {
        cap *= 2;
    }
    if (cap != crls->cap) {
        struct stored *bigger = realloc(crls->list, cap * sizeof *bigger);
        if (bigger == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        crls->list = bigger;
        crls->cap = cap;
    }
    return BULLA_OK;
}

static size_t lower_bound(const bulla_crls *crls, uint64_t issuer_hash) {
    size_t first = 0;
    size_t end = crls->num;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (crls->list[middle].issuer_hash < issuer_hash) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return first;
}

static void clear(bulla_crls *crls) {
    for (size_t i = 0; i < crls->num; i++) {
        crl_free(crls->list[i].crl);
        free(crls->list[i].crl);
    }
    free(crls->list);
    crls->list = NULL;
    crls->num = crls->cap = 0;
}
