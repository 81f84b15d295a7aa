/* SPDX-License-Identifier: Apache-2.0 */
/* DNS names: syntax, comparison, wildcards (dns_name.h). Identity checks (identity.c) and name
 * constraints (name_constraints.c) ask here; nothing else compares DNS names. */
#include "x509/dns_name.h"

enum { DNS_NAME_LEN_MAX = 253, DNS_LABEL_LEN_MAX = 63 };

/* A decoder of Punycode, RFC 3492 6.2, that keeps no output: only how much there would be. */
struct punycode {
    uint64_t code_point, index, num_points;
    unsigned bias;
};

static bool label_is_valid(bulla_bytes label, bool *out_all_digits);
static bool is_false_a_label(bulla_bytes label);
static bool punycode_is_valid(bulla_bytes text);
static bool read_delta(struct punycode *state, bulla_bytes text, size_t *at);
static unsigned adapt(uint64_t delta, uint64_t num_points, bool first);
static bool read_digit(uint8_t byte, unsigned *out);
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

bool dns_name_has_true_a_labels(bulla_bytes name) {
    bulla_bytes label = first_label(name);
    while (label.len != 0 && !is_false_a_label(label)) {
        name = bytes_after(name, label.len + 1);
        label = first_label(name);
    }
    return label.len == 0;
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

static bool is_false_a_label(bulla_bytes label) {
    if (label.len < 4 || label.data[2] != '-' || label.data[3] != '-') {
        return false;
    }
    return lower(label.data[0]) != 'x' || lower(label.data[1]) != 'n' ||
           !punycode_is_valid(bytes_after(label, 4));
}

/* RFC 3492 6.2: what stands before the last hyphen is ASCII as it is, what follows inserts at least
 * one code point that is not. */
static bool punycode_is_valid(bulla_bytes text) {
    struct punycode state = {.code_point = 128, .bias = 72};
    size_t at = text.len;
    while (at > 0 && text.data[at - 1] != '-') {
        at--;
    }
    if (at == text.len) {
        return false;
    }
    state.num_points = at > 0 ? at - 1 : 0;
    while (at < text.len) {
        if (!read_delta(&state, text, &at)) {
            return false;
        }
    }
    return true;
}

/* One generalized integer: how far the next code point and its place lie from the last. */
static bool read_delta(struct punycode *state, bulla_bytes text, size_t *at) {
    enum { BASE = 36, TMIN = 1, TMAX = 26 };
    static const uint64_t largest =
        UINT64_C(0x10ffff) * 64; /* a label has 63 code points at most */
    uint64_t old_index = state->index;
    uint64_t weight = 1;
    for (unsigned k = BASE;; k += BASE) {
        unsigned digit;
        if (*at == text.len || !read_digit(text.data[(*at)++], &digit) || weight > largest) {
            return false;
        }
        state->index += digit * weight;
        unsigned threshold = k <= state->bias          ? TMIN
                             : k >= state->bias + TMAX ? TMAX
                                                       : k - state->bias;
        if (digit < threshold) {
            break;
        }
        weight *= BASE - threshold;
    }
    state->num_points++;
    state->bias = adapt(state->index - old_index, state->num_points, old_index == 0);
    state->code_point += state->index / state->num_points;
    state->index = state->index % state->num_points + 1;
    bool surrogate = state->code_point >= 0xd800 && state->code_point <= 0xdfff;
    return state->code_point <= 0x10ffff && !surrogate;
}

/* RFC 3492 6.1, with the parameters of section 5. */
static unsigned adapt(uint64_t delta, uint64_t num_points, bool first) {
    unsigned k = 0;
    delta = first ? delta / 700 : delta / 2;
    delta += delta / num_points;
    for (; delta > 455; k += 36) {
        delta /= 35;
    }
    return k + (unsigned)(36 * delta / (delta + 38));
}

static bool read_digit(uint8_t byte, unsigned *out) {
    uint8_t letter = lower(byte);
    *out = is_digit(byte) ? byte - '0' + 26U : letter - (unsigned)'a';
    return is_digit(byte) || (letter >= 'a' && letter <= 'z');
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
