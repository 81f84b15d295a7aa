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
#include "x509/name.h"
#include "x509/validate.h"

enum {
    /* Mozilla's pkix and, after it, webpki allow 100 signature checks and 250,000 comparisons of
       name constraints (rustls/webpki issues 152 and 163 tell why). */
    PATH_SIGNATURES_MAX = 100,
    PATH_COMPARISONS_MAX = 250000,
    /* Ours: with 16 certificates and a key for each name, real graphs (cross-signed roots, each
       intermediate thrice) stay below 300 steps. */
    PATH_STEPS_MAX = 10000,
};

_Static_assert(BULLA_CHAIN_LEN_MAX <= 32, "a node has a bit in a mask of 32");

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

static void begin(struct path_search *search, const struct certificate *leaf,
                  const bulla_bytes *others, size_t num_others);
static void connect(struct path_search *search);
static void mark_reaching(struct path_search *search);
static bulla_cause search_paths(struct path_search *search);
static void push(struct path_search *search, size_t node);
static bool next_issuer(const struct path_search *search, struct path_level *level,
                        struct issuer *out);
static void begin_round(const struct path_node *child, struct path_level *level);
static bool is_likely(const struct certificate *child, const struct certificate *issuer);
static bool is_on_path(const struct path_search *search, const struct certificate *issuer);
static bulla_cause try_issuer(struct path_search *search, const struct issuer *issuer);
static bulla_cause judge(struct path_search *search, const struct issuer *issuer);
static size_t num_intermediates(const struct path_search *search, const struct certificate *next);
static bulla_cause check_signature(struct path_search *search, const struct issuer *issuer);
static bulla_cause verify(struct path_search *search, const struct certificate *child,
                          const struct public_key *key);
static bulla_cause node_key(struct path_node *node);
static bulla_cause finish_path(struct path_search *search, const struct issuer *issuer);
static bulla_cause refuse(struct path_search *search, bulla_cause cause,
                          const struct certificate *culprit, size_t depth, bool from_trust);
static bool is_fatal(bulla_cause cause);
static bulla_cause explain_dead_end(struct path_search *search);
static bool follow(const struct path_search *search, size_t from, uint32_t visited,
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
    search->num_levels = 0;
    search->cause = BULLA_CAUSE_INVALID;
    search->num_path = 0;
    search->num_signatures_checked = 0;
    begin(search, leaf, others, num_others);
    connect(search);
    mark_reaching(search);
    return search->nodes[0].reaches_anchor ? search_paths(search) : explain_dead_end(search);
}

void path_search_free(struct path_search *search) {
    for (size_t i = 0; i < search->num_nodes; i++) {
        public_key_free(&search->nodes[i].key);
    }
}

/* Who lost the way says least; who found it and stumbled over a date, a flag or a name says what
 * to mend. A namesake whose key does not fit is most often not the issuer that was meant. */
unsigned path_failure_rank(bulla_cause cause) {
    static const struct {
        bulla_cause cause;
        unsigned rank;
    } ranks[] = {
        {BULLA_E_CERT_UNKNOWN_ISSUER, 1},
        {BULLA_E_CERT_ROOT_UNTRUSTED, 1},
        {BULLA_E_CERT_SELF_SIGNED, 1},
        {BULLA_E_CERT_SIGNATURE_INVALID, 2},
        {BULLA_E_CERT_CHAIN_TOO_LONG, 4},
        {BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, 5},
        {BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED, 5},
        {BULLA_E_CERT_KEY_UNSUPPORTED, 5},
        {BULLA_E_CERT_KEY_TOO_WEAK, 5},
        {BULLA_E_CERT_CA_FLAG_MISSING, 6},
        {BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN, 6},
        {BULLA_E_CERT_PURPOSE_NOT_SERVER, 6},
        {BULLA_E_CERT_PURPOSE_NOT_CLIENT, 6},
        {BULLA_E_CERT_PATH_LENGTH_EXCEEDED, 6},
        {BULLA_E_CERT_NOT_YET_VALID, 7},
        {BULLA_E_CERT_EXPIRED, 7},
        {BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED, 8},
    };
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        if (ranks[i].cause == cause) {
            return ranks[i].rank;
        }
    }
    return cause == BULLA_OK ? 0 : 3; /* malformed in some way */
}

static void begin(struct path_search *search, const struct certificate *leaf,
                  const bulla_bytes *others, size_t num_others) {
    search->num_nodes = num_others + 1;
    search->nodes[0] = (struct path_node){.certificate = leaf, .parsed = BULLA_OK};
    for (size_t i = 0; i < num_others; i++) {
        struct certificate *other = &search->others[i];
        search->nodes[i + 1] =
            (struct path_node){.certificate = other, .parsed = certificate_parse(other, others[i])};
    }
    for (size_t i = 0; i < search->num_nodes; i++) {
        struct path_node *node = &search->nodes[i];
        node->subject_hash = name_hash(node->certificate->subject);
        node->issuer_hash = name_hash(node->certificate->issuer);
    }
}

/* Who could have issued whom, by names. The leaf issues nothing. */
static void connect(struct path_search *search) {
    for (size_t i = 0; i < search->num_nodes; i++) {
        struct path_node *node = &search->nodes[i];
        if (node->parsed != BULLA_OK) {
            node->anchor = TRUST_NO_ANCHOR;
            continue;
        }
        bulla_bytes name = node->certificate->issuer;
        node->anchor = trust_find(search->trust, name, node->issuer_hash);
        for (size_t j = 1; j < search->num_nodes; j++) {
            const struct path_node *other = &search->nodes[j];
            if (j != i && other->parsed == BULLA_OK && other->subject_hash == node->issuer_hash &&
                name_equal(other->certificate->subject, name)) {
                node->issuers |= 1U << j;
            }
        }
    }
}

/* An anchor is reached from a node that has one, and from every node that such a node may have
 * issued: at most one round for each node. */
static void mark_reaching(struct path_search *search) {
    uint32_t reaching = 0;
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < search->num_nodes; i++) {
            struct path_node *node = &search->nodes[i];
            if (!node->reaches_anchor &&
                (node->anchor != TRUST_NO_ANCHOR || (node->issuers & reaching) != 0)) {
                node->reaches_anchor = true;
                reaching |= 1U << i;
                grown = true;
            }
        }
    }
    for (size_t i = 0; i < search->num_nodes; i++) {
        uint32_t *issuers = &search->nodes[i].issuers;
        *issuers = search->nodes[0].reaches_anchor ? *issuers & reaching : *issuers;
    }
}

static bulla_cause search_paths(struct path_search *search) {
    report_note(search->report, search->nodes[0].certificate, 0, false, BULLA_OK);
    push(search, 0);
    while (search->num_levels != 0) {
        struct issuer issuer;
        if (!next_issuer(search, &search->levels[search->num_levels - 1], &issuer)) {
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
    struct path_level *level = &search->levels[search->num_levels++];
    *level = (struct path_level){.node = node};
    begin_round(&search->nodes[node], level);
}

static bool next_issuer(const struct path_search *search, struct path_level *level,
                        struct issuer *out) {
    const struct path_node *child = &search->nodes[level->node];
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
            const struct certificate *node = search->nodes[i].certificate;
            if ((level->untried & 1U << i) == 0) {
                continue;
            }
            level->untried &= ~(1U << i);
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
static bool is_on_path(const struct path_search *search, const struct certificate *issuer) {
    for (size_t i = 0; i < search->num_levels; i++) {
        const struct certificate *member = search->nodes[search->levels[i].node].certificate;
        if (bytes_equal(member->key.der, issuer->key.der) &&
            name_equal(member->subject, issuer->subject)) {
            return true;
        }
    }
    return false;
}

/* BULLA_OK: the path goes on from this issuer, or has ended in it. Every other cause has been
 * recorded; BULLA_CAUSE_INVALID is none, and means that the issuer would lead in a circle. */
static bulla_cause try_issuer(struct path_search *search, const struct issuer *issuer) {
    size_t depth = search->num_levels;
    const struct certificate *child = search->nodes[search->levels[depth - 1].node].certificate;
    bool from_trust = issuer->anchor != NULL;
    if (search->budget.steps_left == 0) {
        return refuse(search, BULLA_E_CERT_BUDGET_EXCEEDED, child, depth - 1, false);
    }
    search->budget.steps_left--;
    if (is_on_path(search, issuer->certificate)) {
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
    struct path_node *node = &search->nodes[issuer->node];
    if (node->verdict == BULLA_CAUSE_INVALID) {
        node->verdict = validate_issuer(issuer->certificate, search->request, false);
    }
    if (node->verdict == BULLA_OK &&
        num_intermediates(search, issuer->certificate) > search->request->depth_max) {
        return BULLA_E_CERT_CHAIN_TOO_LONG;
    }
    return node->verdict;
}

/* Counted as RFC 5280 counts a path length: without self-issued ones (they roll a CA's key over,
 * and is_on_path() bounds them). */
static size_t num_intermediates(const struct path_search *search, const struct certificate *next) {
    size_t num = validate_is_self_issued(next) ? 0 : 1;
    for (size_t i = 1; i < search->num_levels; i++) {
        num += !validate_is_self_issued(search->nodes[search->levels[i].node].certificate);
    }
    return num;
}

/* Does the issuer's key verify the last certificate of the path? Asked once for a pair of nodes,
 * and once for a node and the anchor above it, however many paths lead over them. */
static bulla_cause check_signature(struct path_search *search, const struct issuer *issuer) {
    struct path_node *child = &search->nodes[search->levels[search->num_levels - 1].node];
    if (issuer->anchor != NULL) {
        if (child->tried_anchor != issuer->anchor) {
            child->anchor_verdict = verify(search, child->certificate, &issuer->anchor->key);
            child->tried_anchor = issuer->anchor;
        }
        return child->anchor_verdict;
    }
    uint32_t bit = 1U << issuer->node;
    if (((child->signed_by | child->not_signed_by) & bit) != 0) {
        return (child->signed_by & bit) != 0 ? BULLA_OK : BULLA_E_CERT_SIGNATURE_INVALID;
    }
    bulla_cause cause = node_key(&search->nodes[issuer->node]);
    if (cause == BULLA_OK) {
        cause = verify(search, child->certificate, &search->nodes[issuer->node].key);
    }
    child->signed_by |= cause == BULLA_OK ? bit : 0;
    child->not_signed_by |= cause == BULLA_E_CERT_SIGNATURE_INVALID ? bit : 0;
    return cause;
}

static bulla_cause verify(struct path_search *search, const struct certificate *child,
                          const struct public_key *key) {
    if (search->budget.signatures_left == 0) {
        return BULLA_E_CERT_BUDGET_EXCEEDED;
    }
    search->budget.signatures_left--;
    search->num_signatures_checked++;
    return validate_signature(child, key);
}

/* Decoding a key is not free: it is done when the first signature asks for it. A key that is no
 * point of its curve makes its certificate unusable for good. */
static bulla_cause node_key(struct path_node *node) {
    if (node->has_key) {
        return BULLA_OK;
    }
    bulla_cause cause = certificate_public_key(node->certificate, &node->key);
    node->has_key = cause == BULLA_OK;
    if (cause != BULLA_OK && !is_fatal(cause)) {
        node->verdict = cause;
    }
    return cause;
}

static bulla_cause finish_path(struct path_search *search, const struct issuer *issuer) {
    size_t num_path = 0;
    for (; num_path < search->num_levels; num_path++) {
        search->path[num_path] = search->nodes[search->levels[num_path].node].certificate;
    }
    search->path[num_path++] = issuer->certificate;
    size_t failed = 0;
    bulla_cause cause =
        validate_path(search->path, num_path, &search->budget.comparisons_left, &failed);
    if (cause != BULLA_OK) {
        return refuse(search, cause, search->path[failed], failed, failed == num_path - 1);
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
        path_failure_rank(cause) > path_failure_rank(search->cause)) {
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
    uint32_t visited = 1;
    size_t next = 0;
    while (follow(search, node, visited, &next)) {
        report_note(search->report, search->nodes[node].certificate, (unsigned)depth, false,
                    BULLA_OK);
        node = next;
        visited |= 1U << node;
        depth++;
    }
    return dead_end_cause(search, node, depth);
}

static bool follow(const struct path_search *search, size_t from, uint32_t visited,
                   size_t *out_next) {
    const struct path_node *child = &search->nodes[from];
    uint32_t choices = child->issuers & ~visited;
    bool found = false;
    for (size_t i = 1; i < search->num_nodes; i++) {
        bool chosen = (choices & 1U << i) != 0;
        if (chosen && (!found || is_likely(child->certificate, search->nodes[i].certificate))) {
            *out_next = i;
            found = true;
        }
    }
    return found;
}

static bulla_cause dead_end_cause(struct path_search *search, size_t node, size_t depth) {
    const struct path_node *last = &search->nodes[node];
    bulla_cause cause = BULLA_E_CERT_UNKNOWN_ISSUER;
    const struct certificate *culprit = last->certificate;
    if (validate_is_self_issued(last->certificate)) {
        cause = node == 0 ? BULLA_E_CERT_SELF_SIGNED : BULLA_E_CERT_ROOT_UNTRUSTED;
        return refuse(search, cause, culprit, depth, false);
    }
    /* The issuer may have been sent, but not been readable. */
    for (size_t i = 1; i < search->num_nodes; i++) {
        const struct path_node *other = &search->nodes[i];
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
