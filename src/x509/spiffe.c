/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of SPIFFE for X.509: called by validate.c where the purpose is one of an SVID.
 *
 * Refused: a leaf with no or several URI SANs (other kinds of names are let pass), an ID that is
 * not one in every character, an ID without a path (it stands for the trust domain's own CA), a
 * leaf that is a CA or whose key usage is missing, not critical, or has keyCertSign or cRLSign.
 * Nothing is normalized: IDs are compared octet for octet, so only one spelling may pass.
 *
 * That the trust store holds the bundle of the leaf's trust domain and of no other is its owner's
 * part. */
#include "x509/spiffe.h"
#include "x509/name.h"

/* SPIFFE-ID 2.3 has implementations support IDs of 2048 bytes; longer ones need not be. */
enum { SPIFFE_ID_LEN_MAX = 2048, TRUST_DOMAIN_LEN_MAX = 255 };

static bool trust_domain_is_valid(bulla_bytes trust_domain);
static bool path_is_valid(bulla_bytes path);
static bool segment_is_valid(bulla_bytes segment);
static size_t find_slash(bulla_bytes text);
static bool is_domain_character(uint8_t byte);
static bool is_segment_character(uint8_t byte);
static size_t find_uris(const struct certificate *certificate, bulla_bytes *out_first);

bool spiffe_id_parse(struct spiffe_id *out, bulla_bytes uri) {
    bulla_bytes scheme = BYTES_OF("spiffe://");
    if (uri.len > SPIFFE_ID_LEN_MAX || uri.len < scheme.len ||
        !bytes_equal(bytes_of(uri.data, scheme.len), scheme)) {
        return false;
    }
    bulla_bytes rest = bytes_after(uri, scheme.len);
    size_t slash = find_slash(rest);
    out->trust_domain = bytes_of(rest.data, slash);
    out->path = bytes_after(rest, slash);
    return trust_domain_is_valid(out->trust_domain) && path_is_valid(out->path);
}

bulla_cause spiffe_check_leaf(const struct certificate *leaf) {
    bulla_bytes uri;
    struct spiffe_id id;
    /* X509-SVID 2 and 5.2 */
    if (find_uris(leaf, &uri) != 1 || !spiffe_id_parse(&id, uri) || id.path.len == 0) {
        return BULLA_E_CERT_SPIFFE_ID_INVALID;
    }
    if (leaf->is_ca) { /* 4.1 */
        return BULLA_E_CERT_IS_CA;
    }
    /* 4.3; keyCertSign without cA is refused with every purpose. */
    bool signs = (leaf->key_usage & KEY_USAGE_DIGITAL_SIGNATURE) != 0;
    bool certifies = (leaf->key_usage & (KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN)) != 0;
    return leaf->key_usage_critical && signs && !certifies ? BULLA_OK
                                                           : BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE;
}

bulla_cause spiffe_check_issuer(const struct certificate *issuer) {
    bulla_bytes uri;
    struct spiffe_id id;
    size_t num_uris = find_uris(issuer, &uri);
    /* 3.2: a signing certificate may have an ID, which is then the trust domain's, without a path.
     */
    if (num_uris > 1 || (num_uris == 1 && (!spiffe_id_parse(&id, uri) || id.path.len != 0))) {
        return BULLA_E_CERT_SPIFFE_ID_INVALID;
    }
    /* 4.3: without the extension, which 4.2.1.3 of RFC 5280 lets mean everything, it is none. */
    return (issuer->key_usage & KEY_USAGE_KEY_CERT_SIGN) != 0 ? BULLA_OK
                                                              : BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN;
}

/* SPIFFE-ID 2.1: lower case, so that there is one spelling; no port, no user, no escapes. */
static bool trust_domain_is_valid(bulla_bytes trust_domain) {
    if (trust_domain.len == 0 || trust_domain.len > TRUST_DOMAIN_LEN_MAX) {
        return false;
    }
    for (size_t i = 0; i < trust_domain.len; i++) {
        if (!is_domain_character(trust_domain.data[i])) {
            return false;
        }
    }
    return true;
}

/* SPIFFE-ID 2.2: nothing, or segments each behind its slash; query and fragment have no
 * character to begin with. */
static bool path_is_valid(bulla_bytes path) {
    while (path.len != 0) {
        bulla_bytes rest = bytes_after(path, 1);
        size_t len = find_slash(rest);
        if (!segment_is_valid(bytes_of(rest.data, len))) {
            return false;
        }
        path = bytes_after(rest, len);
    }
    return true;
}

static bool segment_is_valid(bulla_bytes segment) {
    bool relative = bytes_equal(segment, BYTES_OF(".")) || bytes_equal(segment, BYTES_OF(".."));
    for (size_t i = 0; i < segment.len; i++) {
        if (!is_segment_character(segment.data[i])) {
            return false;
        }
    }
    return segment.len != 0 && !relative;
}

/* The first slash, or the end. */
static size_t find_slash(bulla_bytes text) {
    size_t at = 0;
    while (at < text.len && text.data[at] != '/') {
        at++;
    }
    return at;
}

static bool is_domain_character(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
           byte == '-' || byte == '_';
}

static bool is_segment_character(uint8_t byte) {
    return is_domain_character(byte) || (byte >= 'A' && byte <= 'Z');
}

/* How many URIs the subjectAltName has, and the first of them. */
static size_t find_uris(const struct certificate *certificate, bulla_bytes *out_first) {
    struct name_iterator names = name_iterator_over(certificate->subject_alt_name);
    struct general_name name;
    size_t num = 0;
    while (name_next(&names, &name)) {
        if (name.kind == GENERAL_NAME_URI) {
            *out_first = num == 0 ? name.value : *out_first;
            num++;
        }
    }
    return num;
}
