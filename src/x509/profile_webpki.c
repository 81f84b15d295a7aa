/* SPDX-License-Identifier: Apache-2.0 */
/* BULLA_PROFILE_WEBPKI: the CA/Browser Forum's Baseline Requirements (BR, sections below) for
 * public TLS certificates, as far as one certificate shows whether they are kept.
 *
 * Refused: leaves without a subjectAltName or serverAuth, with anyExtendedKeyUsage, or with a
 * common name that the subjectAltName does not repeat; CAs as leaves; keys other than RSA (a whole
 * number of octets, 2048 bits or more) and ECDSA over P-256, P-384, P-521; roots that restrict
 * purposes or name another as their issuer. SHA-1 passes nowhere (algorithm.c), RSA below 2048 bits
 * neither (validate.c).
 *
 * Not judged: how long a certificate may be valid (6.3.2; the limit depends on the day of issue,
 * and whoever trusts a CA's dates at all gains nothing), and wildcards over public suffixes, which
 * 3.2.2.6 allows to who controls the whole suffix: nobody else can tell. */
#include "x509/dns_name.h"
#include "x509/name.h"
#include "x509/profile.h"

static struct profile_verdict check_key(const struct public_key_info *key);
static struct profile_verdict check_leaf(const struct certificate *leaf);
static bool dns_names_are_valid(const struct certificate *leaf);
static struct profile_verdict check_common_name(const struct certificate *leaf);
static struct profile_verdict check_anchor(const struct certificate *anchor);
static bool is_in_subject_alt_name(bulla_bytes common_name, const struct certificate *leaf);
static bool is_copy(bulla_bytes common_name, const struct general_name *name);
static bool names_itself_as_issuer(const struct certificate *root);
static struct profile_verdict violated(const char *says);
static struct profile_verdict kept(void);

struct profile_verdict profile_webpki_check(const struct certificate *certificate,
                                            enum profile_place place) {
    struct profile_verdict verdict = check_key(&certificate->key);
    if (verdict.cause != BULLA_OK) {
        return verdict;
    }
    switch (place) {
    case PROFILE_LEAF:
        return check_leaf(certificate);
    case PROFILE_ANCHOR:
        return check_anchor(certificate);
    case PROFILE_INTERMEDIATE:
        break;
    }
    return kept();
}

/* BR 6.1.5. */
static struct profile_verdict check_key(const struct public_key_info *key) {
    if (key->kind == KEY_KIND_ED25519) {
        return violated("its key is neither RSA nor ECDSA over P-256, P-384 or P-521");
    }
    if (key->kind == KEY_KIND_RSA && key->bits % 8 != 0) {
        return violated("its RSA modulus is not a whole number of octets");
    }
    return kept();
}

/* BR 7.1.2.7. */
static struct profile_verdict check_leaf(const struct certificate *leaf) {
    if (!leaf->has_subject_alt_name) { /* 7.1.2.7.12 */
        return (struct profile_verdict){BULLA_E_CERT_NO_SUBJECT_ALT_NAME,
                                        "it has no subjectAltName"};
    }
    if (leaf->subject_alt_name_critical && !name_is_empty(leaf->subject)) { /* 7.1.2.7.12 */
        return violated("its subjectAltName is critical though its subject is not empty");
    }
    if (!dns_names_are_valid(leaf)) { /* 7.1.2.7.12 */
        return violated("a dNSName of it is no host name");
    }
    if (!leaf->has_extended_key_usage) { /* 7.1.2.7.6 */
        return violated("it has no extended key usage");
    }
    if (leaf->extended_key_usage_critical) { /* 7.1.2.7.6 */
        return violated("its extended key usage is critical");
    }
    if ((leaf->extended_key_usage & EXTENDED_KEY_USAGE_ANY) != 0) { /* 7.1.2.7.10 */
        return violated("its extended key usage has anyExtendedKeyUsage");
    }
    if (leaf->authority_key_id.len == 0) { /* 7.1.2.7.6 and 7.1.2.11.1 */
        return violated("it has no authority key identifier");
    }
    return check_common_name(leaf);
}

/* Labels are letters, digits and hyphens, or Punycode: "Non-Reserved LDH Labels" or "P-Labels". */
static bool dns_names_are_valid(const struct certificate *leaf) {
    struct name_iterator names = name_iterator_over(leaf->subject_alt_name);
    struct general_name name;
    bool valid = true;
    while (valid && name_next(&names, &name)) {
        valid = name.kind != GENERAL_NAME_DNS ||
                (dns_name_is_valid_pattern(name.value) && dns_name_has_true_a_labels(name.value));
    }
    return valid;
}

/* BR 7.1.4.3: there is one common name at most. It is a copy of an entry of the subjectAltName,
 * character for character, and an address is written as RFC 5952 or RFC 3986 3.2.2 writes it. Two
 * departures, since nobody matches common names any more: the host name that a wildcard stands
 * below counts as its copy, and beside addresses alone a host name contradicts nothing. */
static struct profile_verdict check_common_name(const struct certificate *leaf) {
    struct name_attribute common_name;
    struct name_attribute another;
    if (!name_find(leaf->subject, OID_COMMON_NAME, 0, &common_name)) {
        return kept();
    }
    if (name_find(leaf->subject, OID_COMMON_NAME, 1, &another)) {
        return violated("it has more than one common name");
    }
    return is_in_subject_alt_name(common_name.value, leaf)
               ? kept()
               : violated("its common name does not stand in its subjectAltName");
}

/* BR 7.1.2.1.2 and 7.1.2.1.3. The old roots of Go Daddy, Starfield, QuoVadis and Certigna spell
 * out that they are their own issuer: superfluous, but true. */
static struct profile_verdict check_anchor(const struct certificate *anchor) {
    if (!name_equal(anchor->subject, anchor->issuer)) {
        return kept(); /* a subordinate CA that was made an anchor is not held to a root's rules */
    }
    if (anchor->has_extended_key_usage) {
        return violated("it is a root with an extended key usage");
    }
    if (anchor->has_authority_key_id && anchor->authority_key_id.len == 0) {
        return violated("its authority key identifier has no keyIdentifier");
    }
    if (anchor->has_authority_key_id &&
        !bytes_equal(anchor->authority_key_id, anchor->subject_key_id)) {
        return violated("it is a root whose two key identifiers differ");
    }
    if (anchor->authority_issuer.len != 0 && !names_itself_as_issuer(anchor)) {
        return violated("it is a root that names another certificate as its issuer's");
    }
    return kept();
}

static bool is_in_subject_alt_name(bulla_bytes common_name, const struct certificate *leaf) {
    struct name_iterator names = name_iterator_over(leaf->subject_alt_name);
    struct general_name name;
    bulla_bytes parent;
    bool addresses_alone = true;
    while (name_next(&names, &name)) {
        if (is_copy(common_name, &name)) {
            return true;
        }
        addresses_alone = addresses_alone && name.kind == GENERAL_NAME_IP;
    }
    return addresses_alone && dns_name_is_valid(common_name) &&
           dns_name_parent(common_name, &parent);
}

static bool is_copy(bulla_bytes common_name, const struct general_name *name) {
    char buffer[64];
    bulla_bytes rest;
    if (name->kind == GENERAL_NAME_IP) {
        struct text text = text_into(buffer, sizeof buffer);
        ip_address_print(&text, name->value);
        return bytes_equal(bytes_of_text(buffer), common_name);
    }
    if (name->kind != GENERAL_NAME_DNS) {
        return false;
    }
    return bytes_equal(name->value, common_name) ||
           (dns_name_wildcard_rest(name->value, &rest) && bytes_equal(rest, common_name));
}

static bool names_itself_as_issuer(const struct certificate *root) {
    struct name_iterator names = name_iterator_over(root->authority_issuer);
    struct general_name name;
    if (!bytes_equal(root->authority_serial, root->serial)) {
        return false;
    }
    while (name_next(&names, &name)) {
        if (name.kind == GENERAL_NAME_DIRECTORY && name_equal(name.value, root->subject)) {
            return true;
        }
    }
    return false;
}

static struct profile_verdict violated(const char *says) {
    return (struct profile_verdict){BULLA_E_CERT_PROFILE_VIOLATED, says};
}

static struct profile_verdict kept(void) {
    return (struct profile_verdict){BULLA_OK, NULL};
}
