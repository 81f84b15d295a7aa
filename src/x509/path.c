/* SPDX-License-Identifier: Apache-2.0 */
/* Path search: depth first from the leaf upwards, with an explicit stack.
 *
 * A certificate's possible issuers are the anchors and sent certificates that bear its issuer's
 * name; key identifiers only decide who is tried first (RFC 5280 4.2.1.1). A candidate is judged
 * by itself (validate_issuer), then its key must have made the signature; only then does the path
 * go on from it. At an anchor the path as a whole is judged (validate_path), and where that fails,
 * the search goes on. So it finds a valid path wherever there is one, and since a signature has
 * one key, few branches survive their first step.
 *
 * A hostile chain costs at most the budget. Nothing is spent on chains whose names do not even lead
 * to an anchor: those are only looked over, to say what is missing. */
#include "x509/path.h"
#include "x509/failure_rank.h"
#include "x509/memo.h"
#include "x509/name.h"
#include "x509/validate.h"

#include <stdlib.h>

enum {
    /* Together less than five milliseconds on a machine of 2020 with OpenSSL 3.0, as the benchmark
       chain_hostile measures. Mozilla's pkix and webpki allow 100 signature checks of any kind and
       250,000 comparisons of name constraints (rustls/webpki issues 152 and 163 tell why). Here a
       check costs what its key makes it cost, see signature_cost(): four with P-384 are allowed,
       36 with P-256; and a comparison what the length of its names does. */
    PATH_SIGNATURES_MAX = 36,
    PATH_COMPARISONS_MAX = 50000,
    /* Ours: with 16 certificates and a key for each name, real graphs (cross-signed roots, each
       intermediate thrice) stay below 300 steps. To judge a whole path costs as much as 16. */
    PATH_STEPS_MAX = 1500,
    STEPS_OF_A_PATH = 16,
    /* Two different names of one hash: somebody looked for them. */
    STEPS_OF_A_COLLISION = 50,
};

_Static_assert(BULLA_VERIFY_CHAIN_LEN_MAX <= 64, "a node has a bit in a mask of 64");

/* The rounds of a level. Key identifiers that differ make a candidate unlikely, not impossible. */
enum {
    ROUND_LIKELY_ANCHORS,
    ROUND_LIKELY_NODES,
    ROUND_OTHER_ANCHORS,
    ROUND_OTHER_NODES,
    NUM_ROUNDS
};

/* A candidate: one of the trust store's anchors, or one of the nodes. */
struct issuer {
    const struct certificate *certificate;
    const struct anchor *anchor; /* NULL: a node */
    size_t node;
};

static bool make_slots(struct path_search *search, size_t num);
static void begin(struct path_search *search, const struct certificate *leaf,
                  const bulla_bytes *others, size_t num_others);
static struct path_node *member(struct path_search *search, size_t depth);
static void number_names(struct path_search *search);
static size_t first_equal(struct path_search *search, size_t own);
static size_t *name_number(struct path_search *search, size_t number);
static bulla_bytes numbered_name(const struct path_search *search, size_t number);
static uint64_t numbered_hash(const struct path_search *search, size_t number);
static void spend_steps(struct path_search *search, uint32_t num);
static void connect(struct path_search *search);
static void mark_reaching(struct path_search *search);
static bulla_cause search_paths(struct path_search *search);
static void push(struct path_search *search, size_t node);
static bool next_issuer(const struct path_search *search, struct path_level *level,
                        struct issuer *out);
static void begin_round(const struct path_node *child, struct path_level *level);
static bool is_likely(const struct certificate *child, const struct certificate *issuer);
static bool is_on_path(struct path_search *search, const struct issuer *issuer);
static bulla_cause try_issuer(struct path_search *search, const struct issuer *issuer);
static bulla_cause judge(struct path_search *search, const struct issuer *issuer);
static size_t num_intermediates(struct path_search *search, const struct path_node *next);
static bool is_self_issued(const struct path_node *node);
static bulla_cause check_signature(struct path_search *search, const struct issuer *issuer);
static bulla_cause verify(struct path_search *search, const struct certificate *child,
                          const struct issuer *issuer);
static bulla_cause find_key(struct path_search *search, const struct issuer *issuer,
                            const struct public_key **out);
static uint32_t signature_cost(const struct certificate *child, const struct public_key_info *key);
static bulla_cause finish_path(struct path_search *search, const struct issuer *issuer);
static bulla_cause refuse(struct path_search *search, bulla_cause cause,
                          const struct certificate *culprit, size_t depth, bool from_trust);
static bool is_fatal(bulla_cause cause);
static bulla_cause explain_dead_end(struct path_search *search);
static bool follow(const struct path_search *search, size_t from, uint64_t visited,
                   size_t *out_next);
static bulla_cause dead_end_cause(struct path_search *search, size_t node, size_t depth);

bulla_cause path_search_run(struct path_search *search, const bulla_trust *trust,
                            const bulla_verify_request *request, struct report_builder *report,
                            const struct certificate *leaf, const bulla_bytes *others,
                            size_t num_others) {
    search->trust = trust;
    search->request = request;
    search->report = report;
    search->budget = (struct path_budget){.signatures_left = PATH_SIGNATURES_MAX,
                                          .steps_left = PATH_STEPS_MAX,
                                          .comparisons_left = PATH_COMPARISONS_MAX};
    search->num_nodes = 0;
    search->num_levels = 0;
    search->cause = BULLA_CAUSE_INVALID;
    search->culprit = leaf;
    search->num_path = 0;
    search->num_signatures_checked = 0;
    if (!make_slots(search, num_others + 1)) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    begin(search, leaf, others, num_others);
    number_names(search);
    connect(search);
    mark_reaching(search);
    return search->slots[0].node.reaches_anchor ? search_paths(search) : explain_dead_end(search);
}

void path_search_free(struct path_search *search) {
    for (size_t i = 0; i < search->num_nodes; i++) {
        public_key_free(&search->slots[i].node.key);
    }
    if (search->slots != search->inside) {
        free(search->slots);
    }
}

static bool make_slots(struct path_search *search, size_t num) {
    search->slots = search->inside;
    if (num > PATH_SLOTS_INSIDE) {
        search->slots = malloc(num * sizeof *search->slots);
    }
    return search->slots != NULL;
}

static void begin(struct path_search *search, const struct certificate *leaf,
                  const bulla_bytes *others, size_t num_others) {
    search->num_nodes = num_others + 1;
    search->slots[0].node = (struct path_node){.certificate = leaf, .parsed = BULLA_OK};
    for (size_t i = 0; i < num_others; i++) {
        struct certificate *other = &search->slots[i + 1].certificate;
        search->slots[i + 1].node =
            (struct path_node){.certificate = other, .parsed = certificate_parse(other, others[i])};
    }
    for (size_t i = 0; i < search->num_nodes; i++) {
        struct path_node *node = &search->slots[i].node;
        node->subject_hash = name_hash(node->certificate->subject);
        node->issuer_hash = name_hash(node->certificate->issuer);
    }
}

/* Equal names get one number, so that each is compared once and not in every step. A name's own
 * number is twice its node's, and one more for an issuer. */
static void number_names(struct path_search *search) {
    for (size_t own = 0; own < 2 * search->num_nodes; own++) {
        *name_number(search, own) = first_equal(search, own);
    }
}

static size_t first_equal(struct path_search *search, size_t own) {
    for (size_t other = 0; other < own; other++) {
        if (*name_number(search, other) != other ||
            numbered_hash(search, other) != numbered_hash(search, own)) {
            continue;
        }
        if (name_equal(numbered_name(search, other), numbered_name(search, own))) {
            return other;
        }
        spend_steps(search, STEPS_OF_A_COLLISION);
        if (search->budget.steps_left == 0) {
            break; /* as good as different: no path will be looked for */
        }
    }
    return own;
}

static size_t *name_number(struct path_search *search, size_t number) {
    struct path_node *node = &search->slots[number / 2].node;
    return number % 2 == 0 ? &node->subject_number : &node->issuer_number;
}

static bulla_bytes numbered_name(const struct path_search *search, size_t number) {
    const struct certificate *certificate = search->slots[number / 2].node.certificate;
    return number % 2 == 0 ? certificate->subject : certificate->issuer;
}

static uint64_t numbered_hash(const struct path_search *search, size_t number) {
    const struct path_node *node = &search->slots[number / 2].node;
    return number % 2 == 0 ? node->subject_hash : node->issuer_hash;
}

static void spend_steps(struct path_search *search, uint32_t num) {
    search->budget.steps_left -= search->budget.steps_left < num ? search->budget.steps_left : num;
}

/* The node that stands on the path at this depth. */
static struct path_node *member(struct path_search *search, size_t depth) {
    return &search->slots[search->slots[depth].level.node].node;
}

/* Who could have issued whom, by names. The leaf issues nothing. */
static void connect(struct path_search *search) {
    for (size_t i = 0; i < search->num_nodes; i++) {
        struct path_node *node = &search->slots[i].node;
        if (node->parsed != BULLA_OK) {
            node->anchor = TRUST_NO_ANCHOR;
            continue;
        }
        node->anchor = trust_find(search->trust, node->certificate->issuer, node->issuer_hash);
        for (size_t j = 1; j < search->num_nodes; j++) {
            const struct path_node *other = &search->slots[j].node;
            if (j != i && other->parsed == BULLA_OK &&
                other->subject_number == node->issuer_number) {
                node->issuers |= UINT64_C(1) << j;
            }
        }
    }
}

/* An anchor is reached from a node that has one, and from every node that such a node may have
 * issued: at most one round for each node. */
static void mark_reaching(struct path_search *search) {
    uint64_t reaching = 0;
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < search->num_nodes; i++) {
            struct path_node *node = &search->slots[i].node;
            if (!node->reaches_anchor &&
                (node->anchor != TRUST_NO_ANCHOR || (node->issuers & reaching) != 0)) {
                node->reaches_anchor = true;
                reaching |= UINT64_C(1) << i;
                grown = true;
            }
        }
    }
    for (size_t i = 0; i < search->num_nodes; i++) {
        uint64_t *issuers = &search->slots[i].node.issuers;
        *issuers = search->slots[0].node.reaches_anchor ? *issuers & reaching : *issuers;
    }
}

static bulla_cause search_paths(struct path_search *search) {
    report_note(search->report, search->slots[0].node.certificate, 0, false, BULLA_OK);
    push(search, 0);
    while (search->num_levels != 0) {
        struct issuer issuer;
        if (!next_issuer(search, &search->slots[search->num_levels - 1].level, &issuer)) {
            search->num_levels--;
            continue;
        }
        bulla_cause cause = try_issuer(search, &issuer);
        if (cause == BULLA_OK && issuer.anchor != NULL) {
            return BULLA_OK;
        }
        if (is_fatal(cause)) {
            return cause;
        }
        if (cause == BULLA_OK) {
            push(search, issuer.node);
        }
    }
    /* Nothing but circles: an anchor has the leaf's own name and key, say. */
    return search->cause == BULLA_CAUSE_INVALID ? explain_dead_end(search) : search->cause;
}

static void push(struct path_search *search, size_t node) {
    struct path_level *level = &search->slots[search->num_levels++].level;
    *level = (struct path_level){.node = node};
    begin_round(&search->slots[node].node, level);
}

static bool next_issuer(const struct path_search *search, struct path_level *level,
                        struct issuer *out) {
    const struct path_node *child = &search->slots[level->node].node;
    while (level->round < NUM_ROUNDS) {
        bool likely = level->round < ROUND_OTHER_ANCHORS;
        bool anchors = level->round == ROUND_LIKELY_ANCHORS || level->round == ROUND_OTHER_ANCHORS;
        while (anchors && level->anchor != TRUST_NO_ANCHOR) {
            const struct anchor *anchor = trust_anchor(search->trust, level->anchor);
            level->anchor = trust_find_next(search->trust, level->anchor);
            if (is_likely(child->certificate, &anchor->certificate) == likely) {
                *out = (struct issuer){.certificate = &anchor->certificate, .anchor = anchor};
                return true;
            }
        }
        for (size_t i = 1; !anchors && i < search->num_nodes; i++) {
            const struct certificate *node = search->slots[i].node.certificate;
            if ((level->untried & UINT64_C(1) << i) == 0) {
                continue;
            }
            level->untried &= ~(UINT64_C(1) << i);
            if (is_likely(child->certificate, node) == likely) {
                *out = (struct issuer){.certificate = node, .node = i};
                return true;
            }
        }
        level->round++;
        begin_round(child, level);
    }
    return false;
}

static void begin_round(const struct path_node *child, struct path_level *level) {
    level->anchor = child->anchor;
    level->untried = child->issuers;
}

static bool is_likely(const struct certificate *child, const struct certificate *issuer) {
    return child->authority_key_id.len == 0 || issuer->subject_key_id.len == 0 ||
           bytes_equal(child->authority_key_id, issuer->subject_key_id);
}

/* One subject with one key stands on a path once: all its certificates certify the same. */
static bool is_on_path(struct path_search *search, const struct issuer *issuer) {
    for (size_t i = 0; i < search->num_levels; i++) {
        const struct path_node *below = member(search, i);
        if (!bytes_equal(below->certificate->key.der, issuer->certificate->key.der)) {
            continue;
        }
        bool same_name =
            issuer->anchor != NULL
                ? name_equal(below->certificate->subject, issuer->certificate->subject)
                : below->subject_number == search->slots[issuer->node].node.subject_number;
        if (same_name) {
            return true;
        }
    }
    return false;
}

/* BULLA_OK: the path goes on from this issuer, or has ended in it. Every other cause has been
 * recorded; BULLA_CAUSE_INVALID is none, and means that the issuer would lead in a circle. */
static bulla_cause try_issuer(struct path_search *search, const struct issuer *issuer) {
    size_t depth = search->num_levels;
    const struct certificate *child = member(search, depth - 1)->certificate;
    bool from_trust = issuer->anchor != NULL;
    if (search->budget.steps_left == 0) {
        return refuse(search, BULLA_E_CERT_BUDGET_EXCEEDED, child, depth - 1, false);
    }
    search->budget.steps_left--;
    if (is_on_path(search, issuer)) {
        return BULLA_CAUSE_INVALID;
    }
    bulla_cause cause = judge(search, issuer);
    if (cause != BULLA_OK) {
        return refuse(search, cause, issuer->certificate, depth, from_trust);
    }
    cause = check_signature(search, issuer);
    if (cause == BULLA_E_CERT_SIGNATURE_INVALID ||
        cause == BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED ||
        cause == BULLA_E_CERT_BUDGET_EXCEEDED) {
        return refuse(search, cause, child, depth - 1, false);
    }
    if (cause != BULLA_OK) {
        return refuse(search, cause, issuer->certificate, depth, from_trust);
    }
    report_note(search->report, issuer->certificate, (unsigned)depth, from_trust, BULLA_OK);
    return from_trust ? finish_path(search, issuer) : BULLA_OK;
}

/* All that costs no signature check. */
static bulla_cause judge(struct path_search *search, const struct issuer *issuer) {
    if (issuer->anchor != NULL) {
        return validate_issuer(issuer->certificate, search->request, true);
    }
    struct path_node *node = &search->slots[issuer->node].node;
    if (node->verdict == BULLA_CAUSE_INVALID) {
        node->verdict = validate_issuer(issuer->certificate, search->request, false);
    }
    if (node->verdict == BULLA_OK && num_intermediates(search, node) > search->request->depth_max) {
        return BULLA_E_CERT_CHAIN_TOO_LONG;
    }
    return node->verdict;
}

/* Counted as RFC 5280 counts a path length: without self-issued ones (they roll a CA's key over,
 * and is_on_path() bounds them). */
static size_t num_intermediates(struct path_search *search, const struct path_node *next) {
    size_t num = is_self_issued(next) ? 0 : 1;
    for (size_t i = 1; i < search->num_levels; i++) {
        num += !is_self_issued(member(search, i));
    }
    return num;
}

static bool is_self_issued(const struct path_node *node) {
    return node->subject_number == node->issuer_number;
}

/* Does the issuer's key verify the last certificate of the path? Asked once for a pair of nodes,
 * and once for a node and the anchor above it, however many paths lead over them. */
static bulla_cause check_signature(struct path_search *search, const struct issuer *issuer) {
    struct path_node *child = member(search, search->num_levels - 1);
    if (issuer->anchor != NULL) {
        if (child->tried_anchor != issuer->anchor) {
            child->anchor_verdict = verify(search, child->certificate, issuer);
            child->tried_anchor = issuer->anchor;
        }
        return child->anchor_verdict;
    }
    uint64_t bit = UINT64_C(1) << issuer->node;
    if (((child->signed_by | child->not_signed_by) & bit) != 0) {
        return (child->signed_by & bit) != 0 ? BULLA_OK : BULLA_E_CERT_SIGNATURE_INVALID;
    }
    bulla_cause cause = verify(search, child->certificate, issuer);
    child->signed_by |= cause == BULLA_OK ? bit : 0;
    child->not_signed_by |= cause == BULLA_E_CERT_SIGNATURE_INVALID ? bit : 0;
    return cause;
}

/* What verified before costs nothing: neither budget nor a key. */
static bulla_cause verify(struct path_search *search, const struct certificate *child,
                          const struct issuer *issuer) {
    bulla_memo *memo = search->request->memo;
    const struct public_key_info *info = &issuer->certificate->key;
    const struct public_key *key;
    if (memo_knows(memo, child, info)) {
        return BULLA_OK;
    }
    uint32_t cost = signature_cost(child, info);
    if (search->budget.signatures_left < cost) {
        return BULLA_E_CERT_BUDGET_EXCEEDED;
    }
    search->budget.signatures_left -= cost;
    bulla_cause cause = find_key(search, issuer, &key);
    if (cause != BULLA_OK) {
        return cause;
    }
    search->num_signatures_checked++;
    cause = validate_signature(child, key);
    if (cause == BULLA_OK) {
        memo_remember(memo, child, info);
    }
    return cause;
}

/* Decoding a key is not free: it is done when the first signature asks for it. A key that is no
 * point of its curve makes its certificate unusable for good. */
static bulla_cause find_key(struct path_search *search, const struct issuer *issuer,
                            const struct public_key **out) {
    if (issuer->anchor != NULL) {
        *out = &issuer->anchor->key;
        return BULLA_OK;
    }
    struct path_node *node = &search->slots[issuer->node].node;
    bulla_cause cause = BULLA_OK;
    if (!node->has_key) {
        cause = certificate_public_key(node->certificate, &node->key);
        node->has_key = cause == BULLA_OK;
    }
    if (cause != BULLA_OK && !is_fatal(cause)) {
        node->verdict = cause;
    }
    *out = &node->key;
    return cause;
}

/* What a check takes in OpenSSL 3.0, P-256 being 1: P-384 and P-521 have no fast code there, RSA
 * grows with the square of the modulus and with the exponent, and all that was signed is hashed. */
static uint32_t signature_cost(const struct certificate *child, const struct public_key_info *key) {
    uint32_t hashing = (uint32_t)(child->tbs.len / 16384);
    uint32_t size = key->bits / 1024;
    switch (key->kind) {
    case KEY_KIND_EC_P384:
    case KEY_KIND_EC_P521:
        return 8 + hashing;
    case KEY_KIND_ED25519:
        return 2 + hashing;
    case KEY_KIND_RSA:
        return 1 + size * size * (uint32_t)(key->exponent.len * 8) / 200 + hashing;
    case KEY_KIND_EC_P256:
    case KEY_KIND_INVALID:
        break;
    }
    return 1 + hashing;
}

static bulla_cause finish_path(struct path_search *search, const struct issuer *issuer) {
    size_t num_path = 0;
    for (; num_path < search->num_levels; num_path++) {
        search->path[num_path] = member(search, num_path)->certificate;
    }
    search->path[num_path++] = issuer->certificate;
    size_t failed = 0;
    spend_steps(search, STEPS_OF_A_PATH);
    bulla_cause cause =
        validate_path(search->path, num_path, &search->budget.comparisons_left, &failed);
    if (cause != BULLA_OK) {
        return refuse(search, cause, search->path[failed], failed, failed == num_path - 1);
    }
    if (search->path[0]->not_before > issuer->anchor->distrust_after) {
        return refuse(search, BULLA_E_CERT_DISTRUSTED, search->path[0], 0, false);
    }
    search->num_path = num_path;
    search->cause = BULLA_OK;
    return BULLA_OK;
}

/* Records why a candidate did not do. What is fatal outranks everything. */
static bulla_cause refuse(struct path_search *search, bulla_cause cause,
                          const struct certificate *culprit, size_t depth, bool from_trust) {
    report_note(search->report, culprit, (unsigned)depth, from_trust, cause);
    if (is_fatal(cause) || search->cause == BULLA_CAUSE_INVALID ||
        failure_rank(cause) > failure_rank(search->cause)) {
        search->cause = cause;
        search->culprit = culprit;
    }
    return cause;
}

/* No other candidate can mend it. */
static bool is_fatal(bulla_cause cause) {
    return cause == BULLA_E_CERT_BUDGET_EXCEEDED || cause == BULLA_E_OUT_OF_MEMORY ||
           cause == BULLA_E_CRYPTO_FAILED;
}

/* No path can lead to an anchor. Walks upwards as far as names (and key identifiers, where there
 * is a choice) lead, to name the certificate whose issuer is missing. */
static bulla_cause explain_dead_end(struct path_search *search) {
    size_t node = 0;
    size_t depth = 0;
    uint64_t visited = 1;
    size_t next = 0;
    while (follow(search, node, visited, &next)) {
        report_note(search->report, search->slots[node].node.certificate, (unsigned)depth, false,
                    BULLA_OK);
        node = next;
        visited |= UINT64_C(1) << node;
        depth++;
    }
    return dead_end_cause(search, node, depth);
}

static bool follow(const struct path_search *search, size_t from, uint64_t visited,
                   size_t *out_next) {
    const struct path_node *child = &search->slots[from].node;
    uint64_t choices = child->issuers & ~visited;
    bool found = false;
    for (size_t i = 1; i < search->num_nodes; i++) {
        bool chosen = (choices & UINT64_C(1) << i) != 0;
        if (chosen &&
            (!found || is_likely(child->certificate, search->slots[i].node.certificate))) {
            *out_next = i;
            found = true;
        }
    }
    return found;
}

static bulla_cause dead_end_cause(struct path_search *search, size_t node, size_t depth) {
    const struct path_node *last = &search->slots[node].node;
    bulla_cause cause = BULLA_E_CERT_UNKNOWN_ISSUER;
    const struct certificate *culprit = last->certificate;
    if (validate_is_self_issued(last->certificate)) {
        cause = node == 0 ? BULLA_E_CERT_SELF_SIGNED : BULLA_E_CERT_ROOT_UNTRUSTED;
        return refuse(search, cause, culprit, depth, false);
    }
    /* The issuer may have been sent, but not been readable. */
    for (size_t i = 1; i < search->num_nodes; i++) {
        const struct path_node *other = &search->slots[i].node;
        if (other->parsed != BULLA_OK && other->subject_hash == last->issuer_hash &&
            name_equal(other->certificate->subject, last->certificate->issuer)) {
            report_note(search->report, culprit, (unsigned)depth, false, BULLA_OK);
            cause = other->parsed;
            culprit = other->certificate;
            depth++;
            break;
        }
    }
    return refuse(search, cause, culprit, depth, false);
}
