/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate policies, RFC 5280 6.1, with the standard's letters at each step. Called by
 * validate.c for a path as a whole.
 *
 * Nobody asks for a policy here: the user-initial-policy-set is any-policy, and none of the three
 * initial flags is set (6.1.1 (c), (e), (f), (g)). So policies decide a path only where one of its
 * CAs demands that they do (requireExplicitPolicy); without that, nothing is computed. What is left
 * of the result then is one bit, whether a policy is valid for the whole path. For that bit the
 * tree of 6.1.2 (a), whose size a hostile path makes exponential (RFC 9618 section 2), shrinks to
 * its lowest level: the set of policies that the next certificate may name. A level is at most
 * the level above it and what one certificate states, and the set is bounded by POLICIES_MAX; what
 * is looked for in it is charged to the budget of comparisons.
 *
 * The anchor's own policies and limits initialize the state, RFC 5937 3.2. */
#include "x509/policy.h"
#include "der/der.h"
#include "der/oid.h"
#include "x509/name.h"

enum { POLICIES_MAX = 128 }; /* the US federal bridge, the richest in use, maps about 60 */

/* The expected policies of the lowest level's nodes. */
struct policy_set {
    bulla_bytes policies[POLICIES_MAX];
    size_t num;
    bool any; /* there is a node of anyPolicy, which expects anyPolicy */
    bool overflowed;
};

/* 6.1.2 (d), (e), (f): how many certificates are left until each holds. */
struct policy_state {
    uint32_t explicit_policy, inhibit_any_policy, policy_mapping;
    struct policy_set expected;
};

static bool spend(const struct policy_state *state, const struct certificate *certificate,
                  uint32_t *comparisons_left);
static bool is_demanded(const struct certificate *const *path, size_t num_path);
static void initialize(struct policy_state *state, const struct certificate *anchor,
                       size_t num_below);
static void process(struct policy_state *state, const struct certificate *certificate,
                    bool any_is_allowed);
static bool prepare_for_next(struct policy_state *state, const struct certificate *ca);
static bool map(struct policy_state *state, const struct certificate *ca);
static bool next_policy(struct reader *policies, bulla_bytes *out);
static bool next_mapping(struct reader *mappings, bulla_bytes *out_issuer,
                         bulla_bytes *out_subject);
static bool set_has(const struct policy_set *set, bulla_bytes policy);
static void set_add(struct policy_set *set, bulla_bytes policy);
static void set_remove(struct policy_set *set, bulla_bytes policy);
static bool set_is_empty(const struct policy_set *set);
static bool is_any(bulla_bytes policy);
static void lower_to(uint32_t *limit, bool present, uint32_t value);
static void count_down(uint32_t *limit);

bulla_cause policy_check(const struct certificate *const *path, size_t num_path,
                         uint32_t *comparisons_left, size_t *out_failed) {
    struct policy_state state;
    if (!is_demanded(path, num_path)) {
        return BULLA_OK;
    }
    initialize(&state, path[num_path - 1], num_path - 1);
    for (size_t i = num_path - 1; i-- > 0;) {
        *out_failed = i;
        if (!spend(&state, path[i], comparisons_left)) {
            return BULLA_E_CERT_BUDGET_EXCEEDED;
        }
        bool self_issued = name_equal(path[i]->subject, path[i]->issuer);
        /* 6.1.3 (d)(2): where inhibit_anyPolicy is 0, only a self-issued CA may still say it. */
        process(&state, path[i], state.inhibit_any_policy > 0 || (i > 0 && self_issued));
        if (state.expected.overflowed) {
            return BULLA_E_CERT_BUDGET_EXCEEDED;
        }
        /* 6.1.3 (f) */
        if (state.explicit_policy == 0 && set_is_empty(&state.expected)) {
            return BULLA_E_CERT_POLICY_VIOLATED;
        }
        if (i > 0 && !prepare_for_next(&state, path[i])) {
            return BULLA_E_CERT_POLICY_VIOLATED;
        }
    }
    /* 6.1.5 (a), (b), and (g): an intersection with any-policy leaves everything. */
    const struct policy_limits *leaf = &path[0]->policy_limits;
    count_down(&state.explicit_policy);
    lower_to(&state.explicit_policy, leaf->has_require_explicit && leaf->require_explicit == 0, 0);
    return state.explicit_policy == 0 && set_is_empty(&state.expected)
               ? BULLA_E_CERT_POLICY_VIOLATED
               : BULLA_OK;
}

/* Each policy is looked for in the set once, those of a mapping twice. One takes about 16 bytes,
 * and four glances at a policy as long as one comparison of names. */
static bool spend(const struct policy_state *state, const struct certificate *certificate,
                  uint32_t *comparisons_left) {
    size_t num_policies = (certificate->policies.len + 2 * certificate->policy_mappings.len) / 16;
    size_t cost = num_policies * (1 + state->expected.num) / 4;
    bool affordable = cost <= *comparisons_left;
    *comparisons_left -= affordable ? (uint32_t)cost : *comparisons_left;
    return affordable;
}

/* explicit_policy begins above the path's length and falls by one at each certificate: unless
 * somebody lowers it, it never becomes 0. Mapping from or to anyPolicy is wrong in any case. */
static bool is_demanded(const struct certificate *const *path, size_t num_path) {
    bool demanded = false;
    for (size_t i = 0; i < num_path; i++) {
        demanded |=
            path[i]->policy_limits.has_require_explicit || path[i]->policy_mappings.len != 0;
    }
    return demanded;
}

static void initialize(struct policy_state *state, const struct certificate *anchor,
                       size_t num_below) {
    const struct policy_limits *limits = &anchor->policy_limits;
    uint32_t never = (uint32_t)num_below + 1;
    *state = (struct policy_state){
        .explicit_policy = limits->has_require_explicit ? 0 : never,
        .inhibit_any_policy = limits->has_inhibit_any ? 0 : never,
        .policy_mapping = limits->has_inhibit_mapping ? 0 : never,
        .expected.any = true,
    };
    if (anchor->policies.len != 0) {
        process(state, anchor, true);
    }
}

/* 6.1.3 (d), (e): the level of this certificate from the level above it. */
static void process(struct policy_state *state, const struct certificate *certificate,
                    bool any_is_allowed) {
    const struct policy_set *above = &state->expected;
    struct policy_set level = {.num = 0};
    struct reader policies = reader_over(certificate->policies);
    bulla_bytes policy;
    while (next_policy(&policies, &policy)) {
        if (is_any(policy)) { /* (d)(2): whatever was expected and is not named, lives on */
            level.any |= any_is_allowed && above->any;
            for (size_t i = 0; any_is_allowed && i < above->num; i++) {
                set_add(&level, above->policies[i]);
            }
        } else if (above->any || set_has(above, policy)) { /* (d)(1) */
            set_add(&level, policy);
        }
    }
    state->expected = level;
}

/* 6.1.4 (a), (b), (h), (i), (j). */
static bool prepare_for_next(struct policy_state *state, const struct certificate *ca) {
    const struct policy_limits *limits = &ca->policy_limits;
    if (!map(state, ca)) {
        return false;
    }
    if (!name_equal(ca->subject, ca->issuer)) { /* (h) */
        count_down(&state->explicit_policy);
        count_down(&state->policy_mapping);
        count_down(&state->inhibit_any_policy);
    }
    lower_to(&state->explicit_policy, limits->has_require_explicit, limits->require_explicit);
    lower_to(&state->policy_mapping, limits->has_inhibit_mapping, limits->inhibit_mapping);
    lower_to(&state->inhibit_any_policy, limits->has_inhibit_any, limits->inhibit_any);
    return true;
}

/* (a): neither side of a mapping is anyPolicy. (b)(1): who named an issuerDomainPolicy, or any, now
 * expects the subjectDomainPolicies in its place; (b)(2): where mapping is inhibited, that policy
 * ends here. */
static bool map(struct policy_state *state, const struct certificate *ca) {
    const struct policy_set before = state->expected;
    struct reader mappings = reader_over(ca->policy_mappings);
    bulla_bytes issuer;
    bulla_bytes subject;
    while (next_mapping(&mappings, &issuer, &subject)) {
        if (is_any(issuer) || is_any(subject)) {
            return false;
        }
        set_remove(&state->expected, issuer);
    }
    mappings = reader_over(ca->policy_mappings);
    while (state->policy_mapping > 0 && next_mapping(&mappings, &issuer, &subject)) {
        if (before.any || set_has(&before, issuer)) {
            set_add(&state->expected, subject);
        }
    }
    return true;
}

/* Both lists were found well-formed when the certificate was parsed. */
static bool next_policy(struct reader *policies, bulla_bytes *out) {
    struct reader inside;
    return der_read_nested(policies, DER_SEQUENCE, &inside) && der_read_oid(&inside, out);
}

static bool next_mapping(struct reader *mappings, bulla_bytes *out_issuer,
                         bulla_bytes *out_subject) {
    struct reader inside;
    return der_read_nested(mappings, DER_SEQUENCE, &inside) && der_read_oid(&inside, out_issuer) &&
           der_read_oid(&inside, out_subject);
}

static bool set_has(const struct policy_set *set, bulla_bytes policy) {
    for (size_t i = 0; i < set->num; i++) {
        if (bytes_equal(set->policies[i], policy)) {
            return true;
        }
    }
    return false;
}

static void set_add(struct policy_set *set, bulla_bytes policy) {
    if (set_has(set, policy)) {
        return;
    }
    if (set->num == POLICIES_MAX) {
        set->overflowed = true;
        return;
    }
    set->policies[set->num++] = policy;
}

static void set_remove(struct policy_set *set, bulla_bytes policy) {
    for (size_t i = 0; i < set->num; i++) {
        if (bytes_equal(set->policies[i], policy)) {
            set->policies[i] = set->policies[--set->num];
            return;
        }
    }
}

static bool set_is_empty(const struct policy_set *set) {
    return set->num == 0 && !set->any;
}

static bool is_any(bulla_bytes policy) {
    return oid_find(policy) == OID_ANY_POLICY;
}

static void lower_to(uint32_t *limit, bool present, uint32_t value) {
    if (present && value < *limit) {
        *limit = value;
    }
}

static void count_down(uint32_t *limit) {
    *limit -= *limit > 0;
}
