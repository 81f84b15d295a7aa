/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a path from a peer's certificate to a trust anchor. What is demanded of the
 * certificates on it stands in validate.h. */
#ifndef X509_PATH_H
#define X509_PATH_H

#include "x509/report.h"
#include "x509/trust.h"

/* Sent certificates and an anchor. */
enum { PATH_LEN_MAX = BULLA_VERIFY_CHAIN_LEN_MAX + 1 };

/* What one search may spend at most, whatever a peer sends. */
struct path_budget {
    uint32_t signatures_left, steps_left, comparisons_left;
};

/* A certificate that the peer sent, with what the search has learnt of it. Number 0 is the leaf.
 * Masks have a bit for each of the peer's certificates. */
struct path_node {
    const struct certificate *certificate;
    bulla_cause parsed;
    bulla_cause verdict; /* validate_issuer()'s; BULLA_CAUSE_INVALID: not asked yet */
    struct public_key key;
    bool has_key;
    bool reaches_anchor; /* judging by names alone */
    uint64_t subject_hash, issuer_hash;
    size_t subject_number, issuer_number; /* equal where the names are */
    size_t anchor;                        /* the first that is called as this one's issuer */
    uint64_t issuers;                     /* nodes that are called so */
    uint64_t signed_by, not_signed_by;    /* nodes whose keys were tried */
    const struct anchor
        *tried_anchor; /* the last anchor whose key was tried, and what came of it */
    bulla_cause anchor_verdict;
};

/* Where the search stands at one certificate of the path. */
struct path_level {
    size_t node;
    unsigned round;   /* which of the four kinds of issuers is being tried, see path.c */
    size_t anchor;    /* the next anchor of this round */
    uint64_t untried; /* the nodes left in this round */
};

/* What the search keeps for one of the peer's certificates. */
struct path_slot {
    struct path_node node;
    struct path_level level;        /* of this depth */
    struct certificate certificate; /* what the node views; the leaf's is the caller's */
};

/* Chains of usual length are searched on the stack; longer ones allocate their slots at once. */
enum { PATH_SLOTS_INSIDE = 8 };

struct path_search {
    const bulla_trust *trust;
    const bulla_verify_request *request;
    struct report_builder *report; /* NULL: nobody wants to know */
    struct path_budget budget;
    struct path_slot *slots; /* `inside`, or on the heap */
    size_t num_nodes, num_levels;

    /* The outcome: where it is BULLA_OK the path, else the certificate that is to blame. */
    bulla_cause cause;
    const struct certificate *culprit;
    const struct certificate *path[PATH_LEN_MAX];
    size_t num_path;
    size_t num_signatures_checked;

    struct path_slot inside[PATH_SLOTS_INSIDE];
};

_Static_assert(sizeof(struct path_search) < 16384, "it stands on the stack");

/* Finds a valid path from `leaf`, judged already, through some of `others` (at most
 * BULLA_VERIFY_CHAIN_LEN_MAX - 1, in any order) to an anchor; there is one wherever it says so,
 * within the budget. The outcome is in the search, its cause returned. path_search_free() it either
 * way. */
BULLA_MUST_CHECK bulla_cause path_search_run(struct path_search *search, const bulla_trust *trust,
                                             const bulla_verify_request *request,
                                             struct report_builder *report,
                                             const struct certificate *leaf,
                                             const bulla_bytes *others, size_t num_others);
void path_search_free(struct path_search *search);

#endif
