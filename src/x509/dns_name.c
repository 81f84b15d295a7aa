/* SPDX-License-Identifier: Apache-2.0 */
/* DNS names: syntax, comparison, wildcards (dns_name.h). Identity checks (identity.c) and name
 * constraints (name_constraints.c) ask here; nothing else compares DNS names. */
#include "x509/dns_name.h"

enum { DNS_NAME_LEN_MAX = 253, DNS_LABEL_LEN_MAX = 63 };

static bool label_is_valid(bulla_bytes label, bool *out_all_digits);
static bulla_bytes first_label(bulla_bytes name);
static bool is_digit(uint8_t byte);
static uint8_t lower(uint8_t byte);

bool dns_name_is_valid(bulla_bytes name) {
    if (name.len > DNS_NAME_LEN_MAX) {
        return false;
    }
    bool all_digits = true;
    for (;;) {
        bulla_bytes label = first_label(name);
        if (!label_is_valid(label, &all_digits)) {
            return false;
        }
        if (label.len == name.len) {
            return !all_digits;
        }
        name = bytes_after(name, label.len + 1);
    }
}

bool dns_name_is_valid_pattern(bulla_bytes pattern) {
    bulla_bytes rest;
    bulla_bytes parent;
    if (!dns_name_wildcard_rest(pattern, &rest)) {
        return dns_name_is_valid(pattern);
    }
    return pattern.len <= DNS_NAME_LEN_MAX && dns_name_parent(rest, &parent) &&
           dns_name_is_valid(rest);
}

bool dns_name_wildcard_rest(bulla_bytes pattern, bulla_bytes *out_rest) {
    if (pattern.len < 2 || pattern.data[0] != '*' || pattern.data[1] != '.') {
        return false;
    }
    *out_rest = bytes_after(pattern, 2);
    return true;
}

bool dns_name_parent(bulla_bytes name, bulla_bytes *out_parent) {
    bulla_bytes label = first_label(name);
    if (label.len == name.len) {
        return false;
    }
    *out_parent = bytes_after(name, label.len + 1);
    return true;
}

bool dns_name_equal(bulla_bytes a, bulla_bytes b) {
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) {
            return false;
        }
    }
    return true;
}

bool dns_name_is_within(bulla_bytes name, bulla_bytes base) {
    if (name.len <= base.len) {
        return dns_name_equal(name, base);
    }
    size_t begin = name.len - base.len;
    return name.data[begin - 1] == '.' && dns_name_equal(bytes_after(name, begin), base);
}

bool dns_name_matches(bulla_bytes pattern, bulla_bytes reference) {
    bulla_bytes rest;
    bulla_bytes parent;
    if (!dns_name_is_valid_pattern(pattern)) {
        return false;
    }
    if (!dns_name_wildcard_rest(pattern, &rest)) {
        return dns_name_equal(pattern, reference);
    }
    return dns_name_parent(reference, &parent) && dns_name_equal(rest, parent);
}

static bool label_is_valid(bulla_bytes label, bool *out_all_digits) {
    if (label.len == 0 || label.len > DNS_LABEL_LEN_MAX || label.data[0] == '-' ||
        label.data[label.len - 1] == '-') {
        return false;
    }
    *out_all_digits = true;
    for (size_t i = 0; i < label.len; i++) {
        uint8_t byte = lower(label.data[i]);
        bool letter_or_hyphen = (byte >= 'a' && byte <= 'z') || byte == '-';
        if (!letter_or_hyphen && !is_digit(byte)) {
            return false;
        }
        *out_all_digits = *out_all_digits && !letter_or_hyphen;
    }
    return true;
}

static bulla_bytes first_label(bulla_bytes name) {
    size_t len = 0;
    while (len < name.len && name.data[len] != '.') {
        len++;
    }
    return bytes_of(name.data, len);
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}
