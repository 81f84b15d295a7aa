/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a certificate, RFC 5280 4.1: one pass over the DER, every field a view into it.
 *
 * Refused here is what has the wrong form: anything but version 3, trailing bytes, two signature
 * algorithms, serial numbers above 20 octets, malformed names and extensions, an extension that
 * stands twice. What is well formed but may not be used so (4.2.1's rules between fields,
 * algorithms, dates) is judged where a path needs the certificate, in validate.c and profile.c.
 * Called for peers' chains, trust anchors and credentials. */
#include "x509/certificate.h"
#include "der/der.h"
#include "der/oid.h"
#include "x509/algorithm.h"
#include "x509/certificate_extensions.h"
#include "x509/name.h"

enum { SERIAL_LEN_MAX = 20, VERSION_3 = 2 };

/* RFC 5280 4.1.2.5: what UTCTime can say is said in it, 1950-01-01 up to 2050-01-01. */
static const int64_t year_1950 = -631152000;
static const int64_t year_2050 = 2524608000;

static bulla_cause parse_tbs(struct certificate *out, struct reader tbs,
                             bulla_bytes outer_algorithm);
static bulla_cause parse_version(struct reader *tbs);
static bool read_serial(struct reader *tbs, bulla_bytes *out);
static bool read_name(struct reader *tbs, bulla_bytes *out);
static bool read_validity(struct reader *tbs, struct certificate *out);
static bool read_time(struct reader *validity, struct certificate *certificate, int64_t *out);
static bulla_cause parse_tail(struct certificate *out, struct reader tbs);

bulla_cause certificate_parse(struct certificate *out, bulla_bytes der) {
    *out = (struct certificate){.der = der};
    struct reader input = reader_over(der);
    struct reader certificate;
    bulla_bytes tbs;
    bulla_bytes content;
    bulla_bytes algorithm;
    if (!der_read_nested(&input, DER_SEQUENCE, &certificate) || !reader_at_end(&input) ||
        !der_read_whole(&certificate, DER_SEQUENCE, &tbs, &out->tbs) ||
        !der_read_whole(&certificate, DER_SEQUENCE, &content, &algorithm) ||
        !der_read_bit_string_octets(&certificate, &out->signature) ||
        !reader_at_end(&certificate)) {
        return BULLA_E_CERT_MALFORMED;
    }
    return parse_tbs(out, reader_over(tbs), algorithm);
}

static bulla_cause parse_tbs(struct certificate *out, struct reader tbs,
                             bulla_bytes outer_algorithm) {
    bulla_bytes content;
    bulla_bytes algorithm;
    bulla_bytes key;
    bulla_cause cause = parse_version(&tbs);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (!read_serial(&tbs, &out->serial) ||
        !der_read_whole(&tbs, DER_SEQUENCE, &content, &algorithm) ||
        !read_name(&tbs, &out->issuer) || !read_validity(&tbs, out) ||
        !read_name(&tbs, &out->subject) || !der_read_whole(&tbs, DER_SEQUENCE, &content, &key) ||
        !signature_algorithm_parse(&out->signature_algorithm, algorithm)) {
        return BULLA_E_CERT_MALFORMED;
    }
    if (!bytes_equal(algorithm, outer_algorithm)) {
        return BULLA_E_CERT_SIGNATURE_ALGORITHM_MISMATCH;
    }
    cause = public_key_info_parse(&out->key, key);
    return cause == BULLA_OK ? parse_tail(out, tbs) : cause;
}

/* [0] EXPLICIT INTEGER DEFAULT v1. Versions 1 and 2 have no extensions: nothing in them says
 * whether the subject is a CA. */
static bulla_cause parse_version(struct reader *tbs) {
    struct reader inside;
    uint32_t version;
    if (!der_next_is(tbs, DER_CONTEXT_CONSTRUCTED(0))) {
        return der_next_is(tbs, DER_INTEGER) ? BULLA_E_CERT_VERSION_UNSUPPORTED
                                             : BULLA_E_CERT_MALFORMED;
    }
    if (!der_read_nested(tbs, DER_CONTEXT_CONSTRUCTED(0), &inside) ||
        !der_read_small_integer(&inside, &version) || !reader_at_end(&inside)) {
        return BULLA_E_CERT_MALFORMED;
    }
    return version == VERSION_3 ? BULLA_OK : BULLA_E_CERT_VERSION_UNSUPPORTED;
}

/* 4.1.2.2. Zero and less pass here: roots of well-known CAs have them (see validate.c). */
static bool read_serial(struct reader *tbs, bulla_bytes *out) {
    return der_read_integer_content(tbs, out) && out->len <= SERIAL_LEN_MAX;
}

static bool read_name(struct reader *tbs, bulla_bytes *out) {
    bulla_bytes content;
    bulla_bytes name;
    if (!der_read_whole(tbs, DER_SEQUENCE, &content, &name) || !name_is_well_formed(name)) {
        return false;
    }
    *out = name;
    return true;
}

static bool read_validity(struct reader *tbs, struct certificate *out) {
    struct reader validity;
    return der_read_nested(tbs, DER_SEQUENCE, &validity) &&
           read_time(&validity, out, &out->not_before) &&
           read_time(&validity, out, &out->not_after) && reader_at_end(&validity);
}

static bool read_time(struct reader *validity, struct certificate *certificate, int64_t *out) {
    bool generalized = der_next_is(validity, DER_GENERALIZED_TIME);
    if (!der_read_time(validity, out)) {
        return false;
    }
    certificate->wrong_time_form |= generalized != (*out < year_1950 || *out >= year_2050);
    return true;
}

/* issuerUniqueID [1] and subjectUniqueID [2], which 4.1.2.8 lets parsers pass over, and the
 * extensions [3]. */
static bulla_cause parse_tail(struct certificate *out, struct reader tbs) {
    bool present;
    bulla_bytes content;
    struct reader wrapper;
    if (!der_read_optional(&tbs, DER_CONTEXT(1), &present, &content) ||
        !der_read_optional(&tbs, DER_CONTEXT(2), &present, &content)) {
        return BULLA_E_CERT_MALFORMED;
    }
    if (reader_at_end(&tbs)) {
        return BULLA_OK;
    }
    if (!der_read_nested(&tbs, DER_CONTEXT_CONSTRUCTED(3), &wrapper) || !reader_at_end(&tbs) ||
        !der_read(&wrapper, DER_SEQUENCE, &content) || !reader_at_end(&wrapper)) {
        return BULLA_E_CERT_MALFORMED;
    }
    return certificate_extensions_parse(out, content);
}
