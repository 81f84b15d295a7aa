/* SPDX-License-Identifier: Apache-2.0 */
/* Name constraints, RFC 5280 4.2.1.10 and 6.1.3 (b), (c): called by validate.c for every
 * certificate below a CA that has them.
 *
 * Processed: DNS, IP, email, URI and directory names. A constraint on any other kind refuses each
 * certificate that carries a name of that kind, whether or not the extension is critical. Refused
 * too are constraints that are not valid themselves (a leading dot or a wildcard in a DNS name, a
 * mask with holes), and names that are not valid where their kind is constrained: what cannot be
 * understood cannot be shown to lie inside. */
#include "x509/name_constraints.h"
#include "der/der.h"
#include "x509/dns_name.h"
#include "x509/name.h"

/* The two lists of subtrees, each the content of GeneralSubtrees. */
struct subtrees {
    bulla_bytes permitted, excluded;
};

/* One certificate's names against one CA's constraints. */
struct check {
    struct subtrees subtrees;
    uint32_t *comparisons_left;
};

enum verdict { VERDICT_OUTSIDE, VERDICT_INSIDE, VERDICT_NOT_UNDERSTOOD };

enum side { SIDE_PERMITTED, SIDE_EXCLUDED };

static bool read_subtrees(bulla_bytes content, struct subtrees *out);
static bool subtrees_are_well_formed(bulla_bytes subtrees);
static bool next_subtree(struct reader *subtrees, struct general_name *out_base);
static bulla_cause check_constraints(const struct check *check, bulla_bytes subtrees);
static bulla_cause check_subject(const struct check *check, const struct certificate *subject);
static bulla_cause check_name(const struct check *check, const struct general_name *name);
static bulla_cause search(const struct check *check, enum side side,
                          const struct general_name *name, bool *out_constrained, bool *out_inside);
static bool spend(const struct check *check, size_t len);
static enum verdict judge(const struct general_name *name, const struct general_name *base,
                          enum side side);
static enum verdict judge_dns(bulla_bytes name, bulla_bytes base, enum side side);
static enum verdict judge_email(bulla_bytes mailbox, bulla_bytes base);
static enum verdict judge_uri(bulla_bytes uri, bulla_bytes base);
static enum verdict judge_ip(bulla_bytes address, bulla_bytes base);
static bool constraint_is_valid(const struct general_name *base);
static bool ip_range_is_valid(bulla_bytes range);
static bool split_mailbox(bulla_bytes mailbox, bulla_bytes *out_local, bulla_bytes *out_host);
static bool uri_host(bulla_bytes uri, bulla_bytes *out_host);
static bool host_matches(bulla_bytes host, bulla_bytes base);

bool name_constraints_are_well_formed(bulla_bytes content) {
    struct subtrees subtrees;
    return content.len != 0 && read_subtrees(content, &subtrees) &&
           subtrees_are_well_formed(subtrees.permitted) &&
           subtrees_are_well_formed(subtrees.excluded);
}

bulla_cause name_constraints_check(const struct certificate *ca, const struct certificate *subject,
                                   uint32_t *comparisons_left) {
    struct check check = {.comparisons_left = comparisons_left};
    if (!read_subtrees(ca->name_constraints, &check.subtrees)) {
        return BULLA_E_CERT_EXTENSION_MALFORMED;
    }
    bulla_cause cause = check_constraints(&check, check.subtrees.permitted);
    if (cause == BULLA_OK) {
        cause = check_constraints(&check, check.subtrees.excluded);
    }
    return cause == BULLA_OK ? check_subject(&check, subject) : cause;
}

/* NameConstraints ::= SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }, both optional but
 * neither empty. */
static bool read_subtrees(bulla_bytes content, struct subtrees *out) {
    struct reader inside = reader_over(content);
    bool permitted;
    bool excluded;
    *out = (struct subtrees){0};
    return der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &permitted, &out->permitted) &&
           der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &excluded, &out->excluded) &&
           reader_at_end(&inside) && (!permitted || out->permitted.len != 0) &&
           (!excluded || out->excluded.len != 0);
}

static bool subtrees_are_well_formed(bulla_bytes subtrees) {
    struct reader rest = reader_over(subtrees);
    while (!reader_at_end(&rest)) {
        struct general_name base;
        if (!next_subtree(&rest, &base)) {
            return false;
        }
    }
    return true;
}

/* GeneralSubtree: minimum is always 0, its default, which DER leaves out, and maximum is absent. */
static bool next_subtree(struct reader *subtrees, struct general_name *out_base) {
    struct reader inside;
    return der_read_nested(subtrees, DER_SEQUENCE, &inside) &&
           general_name_read(&inside, out_base) && reader_at_end(&inside);
}

static bulla_cause check_constraints(const struct check *check, bulla_bytes subtrees) {
    struct reader rest = reader_over(subtrees);
    struct general_name base;
    while (next_subtree(&rest, &base)) {
        if (!spend(check, base.value.len)) {
            return BULLA_E_CERT_BUDGET_EXCEEDED;
        }
        if (!constraint_is_valid(&base)) {
            return BULLA_E_CERT_EXTENSION_MALFORMED;
        }
    }
    return BULLA_OK;
}

/* All of the subjectAltName; the subject as a directory name; and, where there is no
 * subjectAltName, the email addresses in the subject. */
static bulla_cause check_subject(const struct check *check, const struct certificate *subject) {
    struct name_iterator names = name_iterator_over(subject->subject_alt_name);
    struct general_name name;
    bulla_cause cause = BULLA_OK;
    while (cause == BULLA_OK && name_next(&names, &name)) {
        cause = check_name(check, &name);
    }
    if (cause == BULLA_OK && !name_is_empty(subject->subject)) {
        name = (struct general_name){.kind = GENERAL_NAME_DIRECTORY, .value = subject->subject};
        cause = check_name(check, &name);
    }
    struct name_attribute email;
    for (size_t i = 0; cause == BULLA_OK && !subject->has_subject_alt_name &&
                       name_find(subject->subject, OID_EMAIL_ADDRESS, i, &email);
         i++) {
        name = (struct general_name){.kind = GENERAL_NAME_EMAIL, .value = email.value};
        /* Each search begins at the front. */
        cause = spend(check, i * 32) ? check_name(check, &name) : BULLA_E_CERT_BUDGET_EXCEEDED;
    }
    return cause;
}

/* 6.1.3 (b): inside one of the permitted subtrees of its kind, if there are any; (c): inside none
 * of the excluded ones. */
static bulla_cause check_name(const struct check *check, const struct general_name *name) {
    bool constrained;
    bool inside;
    bulla_cause cause = search(check, SIDE_PERMITTED, name, &constrained, &inside);
    if (cause == BULLA_OK && constrained && !inside) {
        cause = BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED;
    }
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = search(check, SIDE_EXCLUDED, name, &constrained, &inside);
    if (cause == BULLA_OK && inside) {
        cause = BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED;
    }
    return cause;
}

static bulla_cause search(const struct check *check, enum side side,
                          const struct general_name *name, bool *out_constrained,
                          bool *out_inside) {
    struct reader rest =
        reader_over(side == SIDE_PERMITTED ? check->subtrees.permitted : check->subtrees.excluded);
    struct general_name base;
    *out_constrained = false;
    *out_inside = false;
    while (!*out_inside && next_subtree(&rest, &base)) {
        if (!spend(check, base.kind == name->kind ? name->value.len + base.value.len : 0)) {
            return BULLA_E_CERT_BUDGET_EXCEEDED;
        }
        if (base.kind != name->kind) {
            continue;
        }
        enum verdict verdict = judge(name, &base, side);
        if (verdict == VERDICT_NOT_UNDERSTOOD) {
            return BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED;
        }
        *out_constrained = true;
        *out_inside = verdict == VERDICT_INSIDE;
    }
    return BULLA_OK;
}

/* Long names cost more than short ones: both are read to their ends. */
static bool spend(const struct check *check, size_t len) {
    size_t cost = 1 + len / 32;
    bool affordable = cost <= *check->comparisons_left;
    *check->comparisons_left -= affordable ? (uint32_t)cost : *check->comparisons_left;
    return affordable;
}

static enum verdict judge(const struct general_name *name, const struct general_name *base,
                          enum side side) {
    switch (name->kind) {
    case GENERAL_NAME_DNS:
        return judge_dns(name->value, base->value, side);
    case GENERAL_NAME_EMAIL:
        return judge_email(name->value, base->value);
    case GENERAL_NAME_URI:
        return judge_uri(name->value, base->value);
    case GENERAL_NAME_IP:
        return judge_ip(name->value, base->value);
    case GENERAL_NAME_DIRECTORY:
        return name_is_within(name->value, base->value) ? VERDICT_INSIDE : VERDICT_OUTSIDE;
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        break;
    }
    return VERDICT_NOT_UNDERSTOOD;
}

/* "*.example.com" stands for every name one label below example.com. It is permitted where all of
 * these are, and excluded where any of them is (RFC 5280 says nothing of wildcards; the cautious
 * reading is the one that CVE-2025-61727 teaches). */
static enum verdict judge_dns(bulla_bytes name, bulla_bytes base, enum side side) {
    if (!dns_name_is_valid_pattern(name)) {
        return VERDICT_NOT_UNDERSTOOD;
    }
    bulla_bytes rest;
    bulla_bytes parent;
    if (base.len == 0) {
        return VERDICT_INSIDE; /* every name has zero labels added to none */
    }
    if (!dns_name_wildcard_rest(name, &rest)) {
        return dns_name_is_within(name, base) ? VERDICT_INSIDE : VERDICT_OUTSIDE;
    }
    bool inside =
        dns_name_is_within(rest, base) ||
        (side == SIDE_EXCLUDED && dns_name_parent(base, &parent) && dns_name_equal(parent, rest));
    return inside ? VERDICT_INSIDE : VERDICT_OUTSIDE;
}

/* "user@host": that mailbox. "host": every mailbox there. ".domain": every host below. The local
 * part is compared octet for octet, RFC 5280 7.5. */
static enum verdict judge_email(bulla_bytes mailbox, bulla_bytes base) {
    bulla_bytes local;
    bulla_bytes host;
    bulla_bytes base_local;
    bulla_bytes base_host;
    if (!split_mailbox(mailbox, &local, &host)) {
        return VERDICT_NOT_UNDERSTOOD;
    }
    bool inside = split_mailbox(base, &base_local, &base_host)
                      ? bytes_equal(local, base_local) && dns_name_equal(host, base_host)
                      : host_matches(host, base);
    return inside ? VERDICT_INSIDE : VERDICT_OUTSIDE;
}

/* "host": exactly that host. ".domain": every host below. A URI without a host name in it lies
 * outside of all understanding, RFC 5280 4.2.1.10. */
static enum verdict judge_uri(bulla_bytes uri, bulla_bytes base) {
    bulla_bytes host;
    if (!uri_host(uri, &host) || !dns_name_is_valid(host)) {
        return VERDICT_NOT_UNDERSTOOD;
    }
    return host_matches(host, base) ? VERDICT_INSIDE : VERDICT_OUTSIDE;
}

/* The base is an address and a mask of the same length. */
static enum verdict judge_ip(bulla_bytes address, bulla_bytes base) {
    if (base.len != 2 * address.len) {
        return VERDICT_OUTSIDE; /* IPv4 against IPv6 */
    }
    uint8_t difference = 0;
    for (size_t i = 0; i < address.len; i++) {
        difference |= (uint8_t)((address.data[i] ^ base.data[i]) & base.data[address.len + i]);
    }
    return difference == 0 ? VERDICT_INSIDE : VERDICT_OUTSIDE;
}

static bool constraint_is_valid(const struct general_name *base) {
    bulla_bytes value = base->value;
    bulla_bytes local;
    bulla_bytes host;
    switch (base->kind) {
    case GENERAL_NAME_DNS:
        return value.len == 0 || dns_name_is_valid(value);
    case GENERAL_NAME_EMAIL:
        if (split_mailbox(value, &local, &host)) {
            return true;
        }
        return dns_name_is_valid(value.len > 1 && value.data[0] == '.' ? bytes_after(value, 1)
                                                                       : value);
    case GENERAL_NAME_URI:
        return dns_name_is_valid(value.len > 1 && value.data[0] == '.' ? bytes_after(value, 1)
                                                                       : value);
    case GENERAL_NAME_IP:
        return ip_range_is_valid(value);
    case GENERAL_NAME_DIRECTORY:
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        break;
    }
    return true;
}

/* The mask is that of RFC 4632: ones, then zeros. */
static bool ip_range_is_valid(bulla_bytes range) {
    if (range.len != 8 && range.len != 32) {
        return false;
    }
    bool zeros_begun = false;
    for (size_t i = range.len / 2; i < range.len; i++) {
        for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
            bool one = (range.data[i] & bit) != 0;
            if (one && zeros_begun) {
                return false;
            }
            zeros_begun = !one;
        }
    }
    return true;
}

/* One "@", something before it, a host name behind it. Quoted local parts, in which another "@" may
 * stand, are not understood. */
static bool split_mailbox(bulla_bytes mailbox, bulla_bytes *out_local, bulla_bytes *out_host) {
    size_t at = 0;
    while (at < mailbox.len && mailbox.data[at] != '@') {
        at++;
    }
    if (at == 0 || at == mailbox.len) {
        return false;
    }
    *out_local = bytes_of(mailbox.data, at);
    *out_host = bytes_after(mailbox, at + 1);
    return dns_name_is_valid(*out_host);
}

/* scheme "://" [userinfo "@"] host [":" port] ["/" ...], RFC 3986 3.2. */
static bool uri_host(bulla_bytes uri, bulla_bytes *out_host) {
    size_t begin = 0;
    while (begin < uri.len && uri.data[begin] != ':') {
        begin++;
    }
    if (begin == 0 || uri.len - begin < 3 ||
        !bytes_equal(bytes_of(uri.data + begin, 3), BYTES_OF("://"))) {
        return false;
    }
    bulla_bytes authority = bytes_after(uri, begin + 3);
    size_t end = 0;
    size_t host_begin = 0;
    while (end < authority.len && authority.data[end] != '/' && authority.data[end] != '?' &&
           authority.data[end] != '#') {
        host_begin = authority.data[end] == '@' ? end + 1 : host_begin;
        end++;
    }
    size_t host_end = host_begin;
    while (host_end < end && authority.data[host_end] != ':') {
        host_end++;
    }
    *out_host = bytes_of(authority.data + host_begin, host_end - host_begin);
    return true;
}

static bool host_matches(bulla_bytes host, bulla_bytes base) {
    if (base.len == 0 || base.data[0] != '.') {
        return dns_name_equal(host, base);
    }
    return host.len > base.len - 1 && dns_name_is_within(host, bytes_after(base, 1));
}
