/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate extensions, RFC 5280 4.2. A table says which are known, who reads each, and which
 * criticality 4.2.1 and 4.2.2 prescribe where a wrong one is refused; where some CAs get it wrong
 * and nothing hangs on it, the criticality is noted and a profile judges it (profile.c).
 *
 * A critical extension that stands in the table is understood: processed where a path is judged.
 * Every other critical one is noted and refuses its certificate, RFC 5280 4.2. */
#include "x509/certificate_extensions.h"
#include "der/der.h"
#include "x509/name.h"
#include "x509/name_constraints.h"

/* More than any CA writes (about 12); bounds the search for duplicates. */
enum { EXTENSIONS_MAX = 48 };

enum criticality { CRITICALITY_ANY, CRITICALITY_MUST, CRITICALITY_MUST_NOT };

struct extension {
    bulla_bytes oid;
    bool critical;
    bulla_bytes value; /* what the OCTET STRING wraps */
};

/* Takes the extension's value into the certificate; false where it is malformed. */
typedef bool extension_reader(struct certificate *certificate, struct reader value);

static extension_reader read_key_usage;
static extension_reader read_extended_key_usage;
static extension_reader read_basic_constraints;
static extension_reader read_subject_alt_name;
static extension_reader read_name_constraints;
static extension_reader read_subject_key_id;
static extension_reader read_authority_key_id;
static extension_reader read_authority_info_access;
static extension_reader read_crl_distribution_points;
static extension_reader read_policies;
static extension_reader read_policy_mappings;
static extension_reader read_policy_constraints;
static extension_reader read_inhibit_any_policy;
static extension_reader read_tls_feature;
static void note_criticality(struct certificate *certificate, enum oid oid);
static bool read_nonempty(struct reader value, bulla_bytes *out);
static bool read_skip_certs(struct reader *reader, uint8_t tag, bool *out_present, uint32_t *out);
static bool read_extension(struct reader *extensions, struct extension *out);
static bool take(struct certificate *certificate, const struct extension *extension);
static bool read_access(struct reader *accesses, enum oid *out_method,
                        struct general_name *out_location);

static const struct {
    enum oid oid;
    enum criticality criticality;
    extension_reader *read;
} known[] = {
    {OID_EXTENSION_KEY_USAGE, CRITICALITY_ANY, read_key_usage},
    {OID_EXTENSION_EXTENDED_KEY_USAGE, CRITICALITY_ANY, read_extended_key_usage},
    {OID_EXTENSION_BASIC_CONSTRAINTS, CRITICALITY_ANY, read_basic_constraints},
    {OID_EXTENSION_SUBJECT_ALT_NAME, CRITICALITY_ANY, read_subject_alt_name},
    {OID_EXTENSION_NAME_CONSTRAINTS, CRITICALITY_ANY, read_name_constraints},
    {OID_EXTENSION_SUBJECT_KEY_IDENTIFIER, CRITICALITY_MUST_NOT, read_subject_key_id},
    {OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, CRITICALITY_MUST_NOT, read_authority_key_id},
    {OID_EXTENSION_AUTHORITY_INFO_ACCESS, CRITICALITY_MUST_NOT, read_authority_info_access},
    {OID_EXTENSION_CRL_DISTRIBUTION_POINTS, CRITICALITY_ANY, read_crl_distribution_points},
    {OID_EXTENSION_CERTIFICATE_POLICIES, CRITICALITY_ANY, read_policies},
    {OID_EXTENSION_POLICY_MAPPINGS, CRITICALITY_ANY, read_policy_mappings},
    {OID_EXTENSION_INHIBIT_ANY_POLICY, CRITICALITY_MUST, read_inhibit_any_policy},
    {OID_EXTENSION_POLICY_CONSTRAINTS, CRITICALITY_MUST, read_policy_constraints},
    {OID_EXTENSION_TLS_FEATURE, CRITICALITY_ANY, read_tls_feature},
};

bulla_cause certificate_extensions_parse(struct certificate *certificate, bulla_bytes extensions) {
    struct reader rest = reader_over(extensions);
    bulla_bytes seen[EXTENSIONS_MAX];
    size_t num_seen = 0;
    while (!reader_at_end(&rest)) {
        struct extension extension;
        if (num_seen == EXTENSIONS_MAX || !read_extension(&rest, &extension)) {
            return BULLA_E_CERT_EXTENSION_MALFORMED;
        }
        for (size_t i = 0; i < num_seen; i++) {
            if (bytes_equal(seen[i], extension.oid)) {
                return BULLA_E_CERT_EXTENSION_DUPLICATE;
            }
        }
        seen[num_seen++] = extension.oid;
        if (!take(certificate, &extension)) {
            return BULLA_E_CERT_EXTENSION_MALFORMED;
        }
    }
    return num_seen == 0 ? BULLA_E_CERT_EXTENSION_MALFORMED : BULLA_OK; /* SIZE (1..MAX) */
}

bool certificate_ca_issuers_url(const struct certificate *certificate, bulla_bytes *out_url) {
    struct reader accesses = reader_over(certificate->authority_info_access);
    enum oid method;
    struct general_name location;
    while (read_access(&accesses, &method, &location)) {
        if (method == OID_ACCESS_CA_ISSUERS && location.kind == GENERAL_NAME_URI) {
            *out_url = location.value;
            return true;
        }
    }
    return false;
}

bool certificate_crl_url(const struct certificate *certificate, size_t skip, bulla_bytes *out_url) {
    struct reader points = reader_over(certificate->crl_distribution_points);
    struct reader point;
    while (der_read_nested(&points, DER_SEQUENCE, &point)) {
        struct reader name;
        struct reader names;
        struct general_name each;
        if (!der_read_nested(&point, DER_CONTEXT_CONSTRUCTED(0), &name) || !reader_at_end(&point) ||
            !der_read_nested(&name, DER_CONTEXT_CONSTRUCTED(0), &names)) {
            continue;
        }
        while (general_name_read(&names, &each)) {
            bool http = each.kind == GENERAL_NAME_URI && each.value.len > 4 &&
                        bytes_equal(bytes_of(each.value.data, 4), BYTES_OF("http"));
            if (http && skip-- == 0) {
                *out_url = each.value;
                return true;
            }
        }
    }
    return false;
}

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }. DER
 * leaves FALSE out; CAs that write it are too many to refuse, and it is unambiguous. */
static bool read_extension(struct reader *extensions, struct extension *out) {
    struct reader inside;
    out->critical = false;
    return der_read_nested(extensions, DER_SEQUENCE, &inside) && der_read_oid(&inside, &out->oid) &&
           (!der_next_is(&inside, DER_BOOLEAN) || der_read_boolean(&inside, &out->critical)) &&
           der_read(&inside, DER_OCTET_STRING, &out->value) && reader_at_end(&inside);
}

static bool take(struct certificate *certificate, const struct extension *extension) {
    enum oid oid = oid_find(extension->oid);
    for (size_t i = 0; oid != OID_UNKNOWN && i < sizeof known / sizeof *known; i++) {
        if (known[i].oid != oid) {
            continue;
        }
        if ((known[i].criticality == CRITICALITY_MUST && !extension->critical) ||
            (known[i].criticality == CRITICALITY_MUST_NOT && extension->critical)) {
            return false;
        }
        if (extension->critical) {
            note_criticality(certificate, oid);
        }
        return known[i].read(certificate, reader_over(extension->value));
    }
    certificate->unknown_critical = certificate->unknown_critical || extension->critical;
    return true;
}

static void note_criticality(struct certificate *certificate, enum oid oid) {
    certificate->basic_constraints_critical |= oid == OID_EXTENSION_BASIC_CONSTRAINTS;
    certificate->key_usage_critical |= oid == OID_EXTENSION_KEY_USAGE;
    certificate->extended_key_usage_critical |= oid == OID_EXTENSION_EXTENDED_KEY_USAGE;
    certificate->subject_alt_name_critical |= oid == OID_EXTENSION_SUBJECT_ALT_NAME;
    certificate->name_constraints_critical |= oid == OID_EXTENSION_NAME_CONSTRAINTS;
}

/* 4.2.1.3: at least one bit is set. */
static bool read_key_usage(struct certificate *certificate, struct reader value) {
    certificate->has_key_usage = true;
    return der_read_named_bits(&value, &certificate->key_usage) && reader_at_end(&value) &&
           certificate->key_usage != 0;
}

static bool read_extended_key_usage(struct certificate *certificate, struct reader value) {
    struct reader purposes;
    if (!der_read_nested(&value, DER_SEQUENCE, &purposes) || !reader_at_end(&value) ||
        reader_at_end(&purposes)) {
        return false;
    }
    certificate->has_extended_key_usage = true;
    while (!reader_at_end(&purposes)) {
        enum oid purpose;
        if (!oid_read(&purposes, &purpose)) {
            return false;
        }
        certificate->extended_key_usage |=
            purpose == OID_PURPOSE_SERVER_AUTH    ? EXTENDED_KEY_USAGE_SERVER_AUTH
            : purpose == OID_PURPOSE_CLIENT_AUTH  ? EXTENDED_KEY_USAGE_CLIENT_AUTH
            : purpose == OID_PURPOSE_OCSP_SIGNING ? EXTENDED_KEY_USAGE_OCSP_SIGNING
            : purpose == OID_PURPOSE_ANY          ? EXTENDED_KEY_USAGE_ANY
                                                  : EXTENDED_KEY_USAGE_OTHER;
    }
    return true;
}

/* 4.2.1.9. cA is DEFAULT FALSE, and many leaves spell FALSE out, as above. A path length without
 * cA is forbidden. */
static bool read_basic_constraints(struct certificate *certificate, struct reader value) {
    struct reader inside;
    if (!der_read_nested(&value, DER_SEQUENCE, &inside) || !reader_at_end(&value)) {
        return false;
    }
    certificate->has_basic_constraints = true;
    if (der_next_is(&inside, DER_BOOLEAN) && !der_read_boolean(&inside, &certificate->is_ca)) {
        return false;
    }
    if (der_next_is(&inside, DER_INTEGER)) {
        certificate->has_path_len = true;
        if (!der_read_small_integer(&inside, &certificate->path_len) || !certificate->is_ca) {
            return false;
        }
    }
    return reader_at_end(&inside);
}

/* 4.2.1.6: every entry is taken apart here, so that later readers meet no surprise. Whether a
 * dNSName is a possible host name is asked where it is compared. */
static bool read_subject_alt_name(struct certificate *certificate, struct reader value) {
    struct reader names;
    if (!der_read_nested(&value, DER_SEQUENCE, &names) || !reader_at_end(&value) ||
        reader_at_end(&names)) {
        return false;
    }
    certificate->has_subject_alt_name = true;
    certificate->subject_alt_name = reader_rest(&names);
    while (!reader_at_end(&names)) {
        struct general_name name;
        if (!general_name_read(&names, &name) ||
            (name.kind == GENERAL_NAME_IP && name.value.len != 4 && name.value.len != 16)) {
            return false;
        }
    }
    return true;
}

static bool read_name_constraints(struct certificate *certificate, struct reader value) {
    return der_read(&value, DER_SEQUENCE, &certificate->name_constraints) &&
           reader_at_end(&value) && name_constraints_are_well_formed(certificate->name_constraints);
}

static bool read_subject_key_id(struct certificate *certificate, struct reader value) {
    return der_read(&value, DER_OCTET_STRING, &certificate->subject_key_id) &&
           reader_at_end(&value) && certificate->subject_key_id.len != 0;
}

/* 4.2.1.1: issuer and serial number stand there both or not at all. */
static bool read_authority_key_id(struct certificate *certificate, struct reader value) {
    struct reader inside;
    bool has_key_id;
    bool has_issuer;
    bool has_serial;
    certificate->has_authority_key_id = true;
    return der_read_nested(&value, DER_SEQUENCE, &inside) && reader_at_end(&value) &&
           der_read_optional(&inside, DER_CONTEXT(0), &has_key_id,
                             &certificate->authority_key_id) &&
           der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &has_issuer,
                             &certificate->authority_issuer) &&
           der_read_optional(&inside, DER_CONTEXT(2), &has_serial,
                             &certificate->authority_serial) &&
           reader_at_end(&inside) && has_issuer == has_serial;
}

static bool read_authority_info_access(struct certificate *certificate, struct reader value) {
    struct reader accesses;
    if (!der_read_nested(&value, DER_SEQUENCE, &accesses) || !reader_at_end(&value) ||
        reader_at_end(&accesses)) {
        return false;
    }
    certificate->authority_info_access = reader_rest(&accesses);
    while (!reader_at_end(&accesses)) {
        enum oid method;
        struct general_name location;
        if (!read_access(&accesses, &method, &location)) {
            return false;
        }
    }
    return true;
}

/* AccessDescription ::= SEQUENCE { accessMethod, accessLocation GeneralName } */
static bool read_access(struct reader *accesses, enum oid *out_method,
                        struct general_name *out_location) {
    struct reader inside;
    return der_read_nested(accesses, DER_SEQUENCE, &inside) && oid_read(&inside, out_method) &&
           general_name_read(&inside, out_location) && reader_at_end(&inside);
}

/* 4.2.1.13, SIZE (1..MAX). What the points hold is read where CRLs are chosen. */
static bool read_crl_distribution_points(struct certificate *certificate, struct reader value) {
    return read_nonempty(value, &certificate->crl_distribution_points);
}

/* 4.2.1.4: PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers OPTIONAL }. The
 * qualifiers are for people to read. */
static bool read_policies(struct certificate *certificate, struct reader value) {
    if (!read_nonempty(value, &certificate->policies)) {
        return false;
    }
    struct reader policies = reader_over(certificate->policies);
    while (!reader_at_end(&policies)) {
        struct reader inside;
        bulla_bytes policy;
        bulla_bytes qualifiers;
        bool present;
        if (!der_read_nested(&policies, DER_SEQUENCE, &inside) || !der_read_oid(&inside, &policy) ||
            !der_read_optional(&inside, DER_SEQUENCE, &present, &qualifiers) ||
            !reader_at_end(&inside)) {
            return false;
        }
    }
    return true;
}

/* 4.2.1.5: pairs of issuerDomainPolicy and subjectDomainPolicy. */
static bool read_policy_mappings(struct certificate *certificate, struct reader value) {
    if (!read_nonempty(value, &certificate->policy_mappings)) {
        return false;
    }
    struct reader mappings = reader_over(certificate->policy_mappings);
    while (!reader_at_end(&mappings)) {
        struct reader inside;
        bulla_bytes policy;
        if (!der_read_nested(&mappings, DER_SEQUENCE, &inside) || !der_read_oid(&inside, &policy) ||
            !der_read_oid(&inside, &policy) || !reader_at_end(&inside)) {
            return false;
        }
    }
    return true;
}

/* 4.2.1.11: at least one of the two is there. */
static bool read_policy_constraints(struct certificate *certificate, struct reader value) {
    struct policy_limits *limits = &certificate->policy_limits;
    struct reader inside;
    return der_read_nested(&value, DER_SEQUENCE, &inside) && reader_at_end(&value) &&
           !reader_at_end(&inside) &&
           read_skip_certs(&inside, DER_CONTEXT(0), &limits->has_require_explicit,
                           &limits->require_explicit) &&
           read_skip_certs(&inside, DER_CONTEXT(1), &limits->has_inhibit_mapping,
                           &limits->inhibit_mapping) &&
           reader_at_end(&inside);
}

static bool read_inhibit_any_policy(struct certificate *certificate, struct reader value) {
    struct policy_limits *limits = &certificate->policy_limits;
    return read_skip_certs(&value, DER_INTEGER, &limits->has_inhibit_any, &limits->inhibit_any) &&
           limits->has_inhibit_any && reader_at_end(&value);
}

/* SkipCerts ::= INTEGER (0..MAX), with this tag or absent. */
static bool read_skip_certs(struct reader *reader, uint8_t tag, bool *out_present, uint32_t *out) {
    enum { SKIP_CERTS_LEN_MAX = 4 };
    bulla_bytes content;
    if (!der_read_optional(reader, tag, out_present, &content)) {
        return false;
    }
    if (!*out_present) {
        return true;
    }
    bool minimal =
        content.len == 1 || (content.len > 1 && (content.data[0] != 0 || content.data[1] >= 0x80));
    if (!minimal || content.data[0] >= 0x80 || content.len > SKIP_CERTS_LEN_MAX) {
        return false; /* no path has two thousand million certificates */
    }
    *out = 0;
    for (size_t i = 0; i < content.len; i++) {
        *out = *out << 8 | content.data[i];
    }
    return true;
}

/* Features ::= SEQUENCE OF INTEGER, RFC 7633 4: numbers of TLS extensions. */
static bool read_tls_feature(struct certificate *certificate, struct reader value) {
    enum { STATUS_REQUEST = 5 }; /* RFC 6066 1.1 */
    struct reader features;
    if (!der_read_nested(&value, DER_SEQUENCE, &features) || !reader_at_end(&value)) {
        return false;
    }
    while (!reader_at_end(&features)) {
        uint32_t feature;
        if (!der_read_small_integer(&features, &feature)) {
            return false;
        }
        certificate->must_staple |= feature == STATUS_REQUEST;
    }
    return true;
}

/* A SEQUENCE of something. */
static bool read_nonempty(struct reader value, bulla_bytes *out) {
    return der_read(&value, DER_SEQUENCE, out) && reader_at_end(&value) && out->len != 0;
}
