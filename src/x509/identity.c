/* SPDX-License-Identifier: Apache-2.0 */
/* Service identity, RFC 9525: the last check of a chain (verify.c).
 *
 * Only the subjectAltName counts, never the CN (RFC 9525 2). A wildcard is the whole left-most
 * label, stands for one label, and stands above at least two more. Partial wildcards, empty labels
 * and characters that no host name has never match. */
#include "x509/identity.h"
#include "x509/dns_name.h"
#include "x509/name.h"

static bulla_bytes without_final_dot(bulla_bytes name);
static bool uri_is_valid(bulla_bytes uri);
static bool kind_of(bulla_name_kind wanted, enum general_name_kind *out);
static bool matches(const struct general_name *presented, const bulla_name *reference);

bulla_cause identity_check_reference(const bulla_name *reference) {
    bool valid = false;
    switch (reference->kind) {
    case BULLA_NAME_INVALID:
        break;
    case BULLA_NAME_NONE:
        valid = true;
        break;
    case BULLA_NAME_DNS:
        valid = dns_name_is_valid(without_final_dot(reference->value));
        break;
    case BULLA_NAME_IP:
        valid = reference->value.len == 4 || reference->value.len == 16;
        break;
    case BULLA_NAME_URI:
        valid = uri_is_valid(reference->value);
        break;
    }
    return valid ? BULLA_OK : BULLA_E_CERT_REFERENCE_NAME_INVALID;
}

bulla_cause identity_check(const struct certificate *certificate, const bulla_name *reference) {
    enum general_name_kind kind;
    if (!kind_of(reference->kind, &kind)) {
        return BULLA_OK;
    }
    bool kind_seen = false;
    struct name_iterator names = name_iterator_over(certificate->subject_alt_name);
    struct general_name presented;
    while (name_next(&names, &presented)) {
        if (presented.kind != kind) {
            continue;
        }
        if (matches(&presented, reference)) {
            return BULLA_OK;
        }
        kind_seen = true;
    }
    return kind_seen ? BULLA_E_CERT_NAME_MISMATCH : BULLA_E_CERT_NO_SUBJECT_ALT_NAME;
}

/* "example.com." is the absolute spelling of the same name, RFC 1034 3.1. */
static bulla_bytes without_final_dot(bulla_bytes name) {
    bool dot = name.len != 0 && name.data[name.len - 1] == '.';
    return dot ? bytes_of(name.data, name.len - 1) : name;
}

/* A scheme, a colon and more, in visible ASCII (RFC 3986 3.1): enough to tell a URI from a host
 * name given by mistake; the comparison is exact anyway. */
static bool uri_is_valid(bulla_bytes uri) {
    size_t colon = uri.len;
    for (size_t i = 0; i < uri.len; i++) {
        if (uri.data[i] <= ' ' || uri.data[i] >= 0x7f) {
            return false;
        }
        if (uri.data[i] == ':' && colon == uri.len) {
            colon = i;
        }
    }
    return colon != 0 && colon + 1 < uri.len;
}

/* False where no name is looked for. */
static bool kind_of(bulla_name_kind wanted, enum general_name_kind *out) {
    switch (wanted) {
    case BULLA_NAME_DNS:
        *out = GENERAL_NAME_DNS;
        return true;
    case BULLA_NAME_IP:
        *out = GENERAL_NAME_IP;
        return true;
    case BULLA_NAME_URI:
        *out = GENERAL_NAME_URI;
        return true;
    case BULLA_NAME_INVALID:
    case BULLA_NAME_NONE:
        break;
    }
    return false;
}

static bool matches(const struct general_name *presented, const bulla_name *reference) {
    if (presented->kind == GENERAL_NAME_DNS) {
        return dns_name_matches(presented->value, without_final_dot(reference->value));
    }
    return bytes_equal(presented->value, reference->value);
}
