/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate extensions, RFC 5280 4.2. A table says which are known, who reads each, and which
 * criticality 4.2.1 and 4.2.2 prescribe where a wrong one is refused.
 *
 * Policies are not evaluated: with the inputs of 6.1.1 (c) to (e) set to any-policy and no explicit
 * policy required, the policy tree decides nothing, so that certificatePolicies, policyMappings and
 * inhibitAnyPolicy count as understood. policyConstraints can demand an explicit policy; it has to
 * be critical, and then refuses the path as any unknown critical extension does. */
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
static extension_reader read_policies;
static extension_reader read_unknown_critical;
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
    {OID_EXTENSION_CERTIFICATE_POLICIES, CRITICALITY_ANY, read_policies},
    {OID_EXTENSION_POLICY_MAPPINGS, CRITICALITY_ANY, read_policies},
    {OID_EXTENSION_INHIBIT_ANY_POLICY, CRITICALITY_MUST, read_policies},
    {OID_EXTENSION_POLICY_CONSTRAINTS, CRITICALITY_MUST, read_unknown_critical},
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
        if (oid == OID_EXTENSION_SUBJECT_ALT_NAME) {
            certificate->subject_alt_name_critical = extension->critical;
        }
        return known[i].read(certificate, reader_over(extension->value));
    }
    certificate->unknown_critical = certificate->unknown_critical || extension->critical;
    return true;
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
    bulla_bytes issuer;
    bulla_bytes serial;
    return der_read_nested(&value, DER_SEQUENCE, &inside) && reader_at_end(&value) &&
           der_read_optional(&inside, DER_CONTEXT(0), &has_key_id,
                             &certificate->authority_key_id) &&
           der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &has_issuer, &issuer) &&
           der_read_optional(&inside, DER_CONTEXT(2), &has_serial, &serial) &&
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

/* Without effect on a path for which no policy is demanded; one well-formed value all the same. */
static bool read_policies(struct certificate *certificate, struct reader value) {
    uint8_t tag;
    bulla_bytes content;
    bulla_bytes whole;
    (void)certificate;
    return der_read_any(&value, &tag, &content, &whole) && reader_at_end(&value) &&
           content.len != 0;
}

static bool read_unknown_critical(struct certificate *certificate, struct reader value) {
    certificate->unknown_critical = true;
    return read_policies(certificate, value);
}
