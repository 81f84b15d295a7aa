/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a CRL and answering from it: RFC 5280 section 5, and 6.3.3 with its letters.
 *
 * Refused when it is read: anything but version 1 or 2, two signature algorithms, trailing bytes, a
 * malformed entry anywhere, extensions that stand twice, a version 2 without its crlNumber (5.2.3);
 * as unsupported: delta CRLs, indirect CRLs, unknown critical extensions, of the CRL or an entry.
 *
 * A CRL may have a million entries: they are walked over three times as it is read (to check, to
 * count, to place), never copied, and found by a hash index afterwards. The signature, which takes
 * a hash over all of it, is checked when the issuer is known, once for each issuer's key.
 *
 * Called by crl_store.c, which reads, and revocation.c, which asks. */
#include "x509/crl.h"
#include "der/der.h"
#include "x509/name.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    VERSION_2 = 1,
    CRL_NUMBER_LEN_MAX = 20, /* 5.2.3 */
    EXTENSIONS_MAX = 24,     /* bounds the search for duplicates; a CRL has about four */
    BUCKET_LEN_MAX = 256,    /* honest serial numbers put a handful in one bucket */
    NAME_COMPARISONS_MAX = 1024,
    KEY_DIGEST_LEN = 32,
};

/* A key under which the signature was found right, or wrong. Written once, by whoever comes first,
 * and read by all. */
struct verdict {
    atomic_int state; /* enum verdict_state */
    uint8_t key_digest[KEY_DIGEST_LEN];
};

enum verdict_state { VERDICT_NONE = 0, VERDICT_BEING_WRITTEN, VERDICT_WRITTEN };

struct crl_verdicts {
    struct verdict right, wrong;
};

struct entry {
    bulla_bytes serial;
    struct status_answer answer;
};

enum coverage { COVERS_NOTHING, COVERS_SOME_REASONS, COVERS_ALL };

static bulla_cause parse(struct crl *crl);
static bulla_cause parse_tbs(struct crl *crl);
static bool read_version(struct reader *tbs, bool *out_is_v2);
static bool read_name(struct reader *tbs, bulla_bytes *out);
static bulla_cause parse_entries(struct crl *crl, bool is_v2);
static bulla_cause read_entry(struct reader *entries, bool is_v2, struct entry *out);
static bulla_cause read_entry_extensions(struct reader extensions, struct entry *out);
static bulla_cause parse_extensions(struct crl *crl, struct reader tbs, bool is_v2);
static bulla_cause take_extension(struct crl *crl, const struct status_extension *extension);
static bool read_crl_number(const struct status_extension *extension);
static bool read_authority_key_id(struct crl *crl, struct reader value);
static bulla_cause read_issuing_distribution_point(struct crl *crl, struct reader value);
static bool read_distribution_point_name(struct crl *crl, struct reader inside);
static bool read_default_false(struct reader *inside, uint8_t tag, bool *out);
static bulla_cause make_index(struct crl *crl);
static bool next_serial(struct reader *entries, bulla_bytes *out_serial);
static size_t bucket_of(const struct crl *crl, bulla_bytes serial);
static enum coverage coverage(const struct crl *crl, const struct certificate *certificate);
static enum coverage point_coverage(const struct crl *crl, const struct certificate *certificate);
static bool read_point(struct reader *points, bulla_bytes *out_names, bool *out_has_reasons,
                       bulla_bytes *out_crl_issuer);
static bool share_a_name(bulla_bytes names, bulla_bytes others, unsigned *comparisons_left);
static bool has_directory_name(bulla_bytes names, bulla_bytes name, unsigned *comparisons_left);
static bulla_cause verify_once(const struct crl *crl, const struct certificate *issuer);
static bool is_about(const struct verdict *verdict, const uint8_t *key_digest);
static void write_verdict(struct verdict *verdict, const uint8_t *key_digest);

bulla_cause crl_open(struct crl *out, uint8_t *der, size_t der_len) {
    *out = (struct crl){.der = der, .der_len = der_len};
    bulla_cause cause = parse(out);
    if (cause == BULLA_OK) {
        cause = make_index(out);
    }
    if (cause == BULLA_OK) {
        out->verdicts = calloc(1, sizeof *out->verdicts);
        cause = out->verdicts == NULL ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
    }
    if (cause != BULLA_OK) {
        out->der = NULL;
        crl_free(out);
    }
    return cause;
}

void crl_free(struct crl *crl) {
    free(crl->der);
    free(crl->bucket_ends);
    free(crl->offsets);
    free(crl->verdicts);
    *crl = (struct crl){0};
}

/* 6.3.3. That somebody was revoked is taken from an old CRL too, and from one that speaks of some
 * reasons alone: neither makes it untrue. That somebody was not takes a fresh and complete one. */
bulla_cause crl_check(const struct crl *crl, const struct certificate *certificate,
                      const struct certificate *issuer, int64_t now, struct status_answer *out) {
    *out = (struct status_answer){.status = STATUS_GOOD, .reason = STATUS_REASON_NONE};
    bool other_key = crl->authority_key_id.len != 0 && issuer->subject_key_id.len != 0 &&
                     !bytes_equal(crl->authority_key_id, issuer->subject_key_id);
    enum coverage covers = coverage(crl, certificate); /* (b)(2), (d), (e) */
    bool listed = crl_find(crl, certificate->serial, out);
    /* Key identifiers are hints, and certificates of one key may differ in theirs: a CRL that seems
       to be another key's is worth a signature check where it lists the certificate. */
    if ((other_key && !listed) || covers == COVERS_NOTHING) {
        return BULLA_E_CERT_REVOCATION_UNKNOWN;
    }
    if (issuer->has_key_usage && (issuer->key_usage & KEY_USAGE_CRL_SIGN) == 0) { /* (f) */
        return BULLA_E_CRL_SIGNATURE_INVALID;
    }
    bulla_cause cause = verify_once(crl, issuer); /* (g) */
    if (cause != BULLA_OK) {
        bool of_other_key = other_key && cause == BULLA_E_CRL_SIGNATURE_INVALID;
        return of_other_key ? BULLA_E_CERT_REVOCATION_UNKNOWN : cause;
    }
    if (listed && status_is_final(out)) { /* (j) */
        return BULLA_OK;
    }
    /* (a): a CRL that does not say when the next one comes (5.1.2.5 demands it) is never known to
       be fresh. */
    enum status_age age = status_age(crl->this_update, crl->next_update, now);
    if (age == STATUS_EARLY) {
        return BULLA_E_CRL_NOT_YET_VALID;
    }
    if (age == STATUS_STALE || !crl->has_next_update) {
        return BULLA_E_CRL_STALE;
    }
    out->valid_until = crl->next_update;
    return listed || covers == COVERS_ALL ? BULLA_OK : BULLA_E_CERT_REVOCATION_UNKNOWN;
}

/* Of one that stands there twice, what is never taken back. */
bool crl_find(const struct crl *crl, bulla_bytes serial, struct status_answer *out) {
    bool found = false;
    if (crl->num_buckets == 0) {
        return false;
    }
    size_t bucket = bucket_of(crl, serial);
    for (size_t i = bucket == 0 ? 0 : crl->bucket_ends[bucket - 1]; i < crl->bucket_ends[bucket];
         i++) {
        struct reader entries = reader_over(bytes_after(crl->entries, crl->offsets[i]));
        struct entry entry;
        if (read_entry(&entries, true, &entry) == BULLA_OK && bytes_equal(entry.serial, serial)) {
            *out = entry.answer;
            found = true;
            if (status_is_final(out)) {
                break;
            }
        }
    }
    return found;
}

/* Parsing. */

static bulla_cause parse(struct crl *crl) {
    struct reader input = reader_over(bytes_of(crl->der, crl->der_len));
    struct reader list;
    if (!der_read_nested(&input, DER_SEQUENCE, &list) || !reader_at_end(&input) ||
        !status_read_signed(&list, &crl->signed_data) || !reader_at_end(&list)) {
        return BULLA_E_CRL_MALFORMED;
    }
    return parse_tbs(crl);
}

/* TBSCertList, 5.1. */
static bulla_cause parse_tbs(struct crl *crl) {
    struct reader tbs = reader_over(crl->signed_data.tbs_content);
    bool is_v2;
    bulla_bytes content;
    bulla_bytes algorithm;
    if (!read_version(&tbs, &is_v2) || !der_read_whole(&tbs, DER_SEQUENCE, &content, &algorithm) ||
        !bytes_equal(algorithm, crl->signed_data.algorithm) || !read_name(&tbs, &crl->issuer) ||
        !der_read_time(&tbs, &crl->this_update)) {
        return BULLA_E_CRL_MALFORMED;
    }
    crl->has_next_update =
        der_next_is(&tbs, DER_UTC_TIME) || der_next_is(&tbs, DER_GENERALIZED_TIME);
    if (crl->has_next_update && !der_read_time(&tbs, &crl->next_update)) {
        return BULLA_E_CRL_MALFORMED;
    }
    /* An empty list, which 5.1.2.6 would rather have left out, is common and harmless. */
    bool has_entries;
    if (!der_read_optional(&tbs, DER_SEQUENCE, &has_entries, &crl->entries)) {
        return BULLA_E_CRL_MALFORMED;
    }
    bulla_cause cause = parse_entries(crl, is_v2);
    return cause == BULLA_OK ? parse_extensions(crl, tbs, is_v2) : cause;
}

static bool read_version(struct reader *tbs, bool *out_is_v2) {
    uint32_t version;
    *out_is_v2 = der_next_is(tbs, DER_INTEGER);
    return !*out_is_v2 || (der_read_small_integer(tbs, &version) && version == VERSION_2);
}

static bool read_name(struct reader *tbs, bulla_bytes *out) {
    bulla_bytes content;
    return der_read_whole(tbs, DER_SEQUENCE, &content, out) && name_is_well_formed(*out) &&
           !name_is_empty(*out); /* 5.1.2.3 */
}

static bulla_cause parse_entries(struct crl *crl, bool is_v2) {
    struct reader entries = reader_over(crl->entries);
    while (!reader_at_end(&entries)) {
        struct entry entry;
        bulla_cause cause = read_entry(&entries, is_v2, &entry);
        if (cause != BULLA_OK) {
            return cause;
        }
        crl->num_entries++;
    }
    return BULLA_OK;
}

static bulla_cause read_entry(struct reader *entries, bool is_v2, struct entry *out) {
    struct reader inside;
    struct reader extensions;
    out->answer = (struct status_answer){.status = STATUS_REVOKED, .reason = STATUS_REASON_NONE};
    if (!der_read_nested(entries, DER_SEQUENCE, &inside) ||
        !der_read_integer_content(&inside, &out->serial) ||
        !der_read_time(&inside, &out->answer.revoked_at)) {
        return BULLA_E_CRL_MALFORMED;
    }
    if (reader_at_end(&inside)) {
        return BULLA_OK;
    }
    if (!is_v2 || !der_read_nested(&inside, DER_SEQUENCE, &extensions) || !reader_at_end(&inside) ||
        reader_at_end(&extensions)) {
        return BULLA_E_CRL_MALFORMED;
    }
    return read_entry_extensions(extensions, out);
}

/* 5.3. invalidityDate says since when, not whether, and is passed over. */
static bulla_cause read_entry_extensions(struct reader extensions, struct entry *out) {
    bool has_reason = false;
    while (!reader_at_end(&extensions)) {
        struct status_extension extension;
        if (!status_read_extension(&extensions, &extension)) {
            return BULLA_E_CRL_MALFORMED;
        }
        struct reader value = reader_over(extension.value);
        if (extension.oid == OID_EXTENSION_CERTIFICATE_ISSUER) {
            return BULLA_E_CRL_UNSUPPORTED; /* 5.3.3: stands in indirect CRLs */
        }
        if (extension.oid == OID_EXTENSION_REASON_CODE) {
            if (has_reason || !status_read_reason(&value, &out->answer.reason) ||
                !reader_at_end(&value) || out->answer.reason == STATUS_REASON_REMOVE_FROM_CRL) {
                return BULLA_E_CRL_MALFORMED;
            }
            has_reason = true;
        } else if (extension.critical && extension.oid != OID_EXTENSION_INVALIDITY_DATE) {
            return BULLA_E_CRL_UNSUPPORTED;
        }
    }
    return BULLA_OK;
}

static bulla_cause parse_extensions(struct crl *crl, struct reader tbs, bool is_v2) {
    bulla_bytes seen[EXTENSIONS_MAX];
    size_t num_seen = 0;
    bool has_number = false;
    struct reader wrapper;
    struct reader extensions;
    if (reader_at_end(&tbs)) {
        return is_v2 ? BULLA_E_CRL_MALFORMED : BULLA_OK;
    }
    if (!is_v2 || !der_read_nested(&tbs, DER_CONTEXT_CONSTRUCTED(0), &wrapper) ||
        !reader_at_end(&tbs) || !der_read_nested(&wrapper, DER_SEQUENCE, &extensions) ||
        !reader_at_end(&wrapper)) {
        return BULLA_E_CRL_MALFORMED;
    }
    while (!reader_at_end(&extensions)) {
        struct status_extension extension;
        if (num_seen == EXTENSIONS_MAX || !status_read_extension(&extensions, &extension)) {
            return BULLA_E_CRL_MALFORMED;
        }
        for (size_t i = 0; i < num_seen; i++) {
            if (bytes_equal(seen[i], extension.type)) {
                return BULLA_E_CRL_MALFORMED;
            }
        }
        seen[num_seen++] = extension.type;
        has_number = has_number || extension.oid == OID_EXTENSION_CRL_NUMBER;
        bulla_cause cause = take_extension(crl, &extension);
        if (cause != BULLA_OK) {
            return cause;
        }
    }
    return has_number ? BULLA_OK : BULLA_E_CRL_MALFORMED;
}

/* 5.2. */
static bulla_cause take_extension(struct crl *crl, const struct status_extension *extension) {
    struct reader value = reader_over(extension->value);
    bool well_formed = true;
    if (extension->oid == OID_EXTENSION_DELTA_CRL_INDICATOR) {
        return BULLA_E_CRL_UNSUPPORTED;
    }
    if (extension->oid == OID_EXTENSION_ISSUING_DISTRIBUTION_POINT) {
        return read_issuing_distribution_point(crl, value);
    }
    if (extension->oid == OID_EXTENSION_CRL_NUMBER) {
        well_formed = read_crl_number(extension);
    } else if (extension->oid == OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER) {
        well_formed = read_authority_key_id(crl, value);
    } else if (extension->critical) {
        return BULLA_E_CRL_UNSUPPORTED;
    }
    return well_formed ? BULLA_OK : BULLA_E_CRL_MALFORMED;
}

static bool read_crl_number(const struct status_extension *extension) {
    struct reader value = reader_over(extension->value);
    bulla_bytes number;
    return !extension->critical && der_read_unsigned_integer(&value, &number) &&
           reader_at_end(&value) && number.len <= CRL_NUMBER_LEN_MAX;
}

static bool read_authority_key_id(struct crl *crl, struct reader value) {
    struct reader inside;
    bool present;
    return der_read_nested(&value, DER_SEQUENCE, &inside) && reader_at_end(&value) &&
           der_read_optional(&inside, DER_CONTEXT(0), &present, &crl->authority_key_id);
}

static bulla_cause read_issuing_distribution_point(struct crl *crl, struct reader value) {
    struct reader inside;
    struct reader name;
    bool is_indirect;
    bulla_bytes reasons;
    if (!der_read_nested(&value, DER_SEQUENCE, &inside) || !reader_at_end(&value)) {
        return BULLA_E_CRL_MALFORMED;
    }
    crl->has_distribution_point = der_next_is(&inside, DER_CONTEXT_CONSTRUCTED(0));
    if (crl->has_distribution_point &&
        (!der_read_nested(&inside, DER_CONTEXT_CONSTRUCTED(0), &name) ||
         !read_distribution_point_name(crl, name))) {
        return BULLA_E_CRL_MALFORMED;
    }
    if (!read_default_false(&inside, DER_CONTEXT(1), &crl->only_user_certificates) ||
        !read_default_false(&inside, DER_CONTEXT(2), &crl->only_ca_certificates) ||
        !der_read_optional(&inside, DER_CONTEXT(3), &crl->only_some_reasons, &reasons) ||
        !read_default_false(&inside, DER_CONTEXT(4), &is_indirect) ||
        !read_default_false(&inside, DER_CONTEXT(5), &crl->only_attribute_certificates) ||
        !reader_at_end(&inside)) {
        return BULLA_E_CRL_MALFORMED;
    }
    return is_indirect ? BULLA_E_CRL_UNSUPPORTED : BULLA_OK;
}

/* A name relative to the issuer's is no name that is found in certificates any more: such a CRL
 * covers nothing. */
static bool read_distribution_point_name(struct crl *crl, struct reader inside) {
    bulla_bytes relative;
    if (der_next_is(&inside, DER_CONTEXT_CONSTRUCTED(1))) {
        return der_read(&inside, DER_CONTEXT_CONSTRUCTED(1), &relative) && reader_at_end(&inside);
    }
    if (!der_read(&inside, DER_CONTEXT_CONSTRUCTED(0), &crl->distribution_point) ||
        !reader_at_end(&inside)) {
        return false;
    }
    struct reader names = reader_over(crl->distribution_point);
    struct general_name name;
    while (!reader_at_end(&names)) {
        if (!general_name_read(&names, &name)) {
            return false;
        }
    }
    return crl->distribution_point.len != 0;
}

/* [n] IMPLICIT BOOLEAN DEFAULT FALSE. */
static bool read_default_false(struct reader *inside, uint8_t tag, bool *out) {
    bool present;
    bulla_bytes content;
    if (!der_read_optional(inside, tag, &present, &content) ||
        (present && (content.len != 1 || (content.data[0] != 0 && content.data[0] != 0xff)))) {
        return false;
    }
    *out = present && content.data[0] != 0;
    return true;
}

/* The index: entries sorted into buckets by counting, so that both building and asking are bounded
 * whatever the order of the entries. */

static bulla_cause make_index(struct crl *crl) {
    if (crl->num_entries == 0) {
        return BULLA_OK;
    }
    crl->num_buckets = 1;
    while (crl->num_buckets < crl->num_entries) {
        crl->num_buckets *= 2;
    }
    crl->bucket_ends = calloc(crl->num_buckets, sizeof *crl->bucket_ends);
    crl->offsets = calloc(crl->num_entries, sizeof *crl->offsets);
    if (crl->bucket_ends == NULL || crl->offsets == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_bytes serial;
    struct reader entries = reader_over(crl->entries);
    while (next_serial(&entries, &serial)) {
        uint32_t *len = &crl->bucket_ends[bucket_of(crl, serial)];
        if (++*len > BUCKET_LEN_MAX) {
            return BULLA_E_CRL_UNSUPPORTED; /* serial numbers chosen so that they collide */
        }
    }
    uint32_t begin = 0;
    for (size_t i = 0; i < crl->num_buckets; i++) {
        uint32_t len = crl->bucket_ends[i];
        crl->bucket_ends[i] = begin; /* moves on to the end as the bucket is filled below */
        begin += len;
    }
    entries = reader_over(crl->entries);
    uint32_t offset = 0;
    while (next_serial(&entries, &serial)) {
        crl->offsets[crl->bucket_ends[bucket_of(crl, serial)]++] = offset;
        offset = (uint32_t)(crl->entries.len - entries.left);
    }
    return BULLA_OK;
}

/* Entries have been checked before. */
static bool next_serial(struct reader *entries, bulla_bytes *out_serial) {
    struct reader inside;
    return der_read_nested(entries, DER_SEQUENCE, &inside) &&
           der_read(&inside, DER_INTEGER, out_serial);
}

/* FNV-1a, its halves folded. */
static size_t bucket_of(const struct crl *crl, bulla_bytes serial) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < serial.len; i++) {
        hash = (hash ^ serial.data[i]) * 0x100000001b3;
    }
    return (size_t)(hash ^ hash >> 32) & (crl->num_buckets - 1);
}

/* Scope, 6.3.3 (b)(2). */

static enum coverage coverage(const struct crl *crl, const struct certificate *certificate) {
    if (crl->only_attribute_certificates || (crl->only_user_certificates && certificate->is_ca) ||
        (crl->only_ca_certificates && !certificate->is_ca)) {
        return COVERS_NOTHING;
    }
    enum coverage covers =
        crl->has_distribution_point ? point_coverage(crl, certificate) : COVERS_ALL;
    return covers == COVERS_ALL && crl->only_some_reasons ? COVERS_SOME_REASONS : covers;
}

/* (b)(2)(i): a partition is for the certificates that name it. The last paragraph of 6.3.3 adds a
 * point that every certificate has: its issuer's name. */
static enum coverage point_coverage(const struct crl *crl, const struct certificate *certificate) {
    unsigned comparisons_left = NAME_COMPARISONS_MAX;
    if (has_directory_name(crl->distribution_point, certificate->issuer, &comparisons_left)) {
        return COVERS_ALL;
    }
    enum coverage covers = COVERS_NOTHING;
    struct reader points = reader_over(certificate->crl_distribution_points);
    while (covers != COVERS_ALL && !reader_at_end(&points)) {
        bulla_bytes names;
        bulla_bytes crl_issuer;
        bool has_reasons;
        if (!read_point(&points, &names, &has_reasons, &crl_issuer)) {
            return COVERS_NOTHING;
        }
        bool other_issuer =
            crl_issuer.len != 0 && !has_directory_name(crl_issuer, crl->issuer, &comparisons_left);
        if (!other_issuer && share_a_name(crl->distribution_point, names, &comparisons_left)) {
            covers = has_reasons ? COVERS_SOME_REASONS : COVERS_ALL;
        }
    }
    return covers;
}

/* DistributionPoint, 4.2.1.13; `out_names` are the fullName's, empty where there is none. */
static bool read_point(struct reader *points, bulla_bytes *out_names, bool *out_has_reasons,
                       bulla_bytes *out_crl_issuer) {
    struct reader inside;
    bool present;
    bulla_bytes content;
    if (!der_read_nested(points, DER_SEQUENCE, &inside) ||
        !der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &present, &content)) {
        return false;
    }
    struct reader name = reader_over(content);
    return der_read_optional(&name, DER_CONTEXT_CONSTRUCTED(0), &present, out_names) &&
           der_read_optional(&inside, DER_CONTEXT(1), out_has_reasons, &content) &&
           der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(2), &present, out_crl_issuer) &&
           reader_at_end(&inside);
}

static bool share_a_name(bulla_bytes names, bulla_bytes others, unsigned *comparisons_left) {
    struct name_iterator outer = name_iterator_over(names);
    struct general_name name;
    while (name_next(&outer, &name)) {
        struct name_iterator inner = name_iterator_over(others);
        struct general_name other;
        if (name.kind == GENERAL_NAME_DIRECTORY &&
            has_directory_name(others, name.value, comparisons_left)) {
            return true;
        }
        while (*comparisons_left != 0 && name_next(&inner, &other)) {
            --*comparisons_left;
            if (name.kind == other.kind && bytes_equal(name.value, other.value)) {
                return true;
            }
        }
    }
    return false;
}

static bool has_directory_name(bulla_bytes names, bulla_bytes name, unsigned *comparisons_left) {
    struct name_iterator iterator = name_iterator_over(names);
    struct general_name each;
    while (*comparisons_left != 0 && name_next(&iterator, &each)) {
        --*comparisons_left;
        if (each.kind == GENERAL_NAME_DIRECTORY && name_equal(each.value, name)) {
            return true;
        }
    }
    return false;
}

/* The signature. */

/* One CRL has one issuer and, but for a CA that changes its key, one key to be checked under: that
 * key's verdict is remembered, and one key's more under which it was wrong. */
static bulla_cause verify_once(const struct crl *crl, const struct certificate *issuer) {
    uint8_t key_digest[KEY_DIGEST_LEN];
    hash_once(HASH_SHA256, issuer->key.der, key_digest);
    if (is_about(&crl->verdicts->right, key_digest)) {
        return BULLA_OK;
    }
    if (is_about(&crl->verdicts->wrong, key_digest)) {
        return BULLA_E_CRL_SIGNATURE_INVALID;
    }
    bulla_cause cause = status_verify_signed(&crl->signed_data, issuer);
    if (cause == BULLA_OK) {
        write_verdict(&crl->verdicts->right, key_digest);
    } else if (cause == BULLA_E_SIGNATURE_INVALID) {
        write_verdict(&crl->verdicts->wrong, key_digest);
        cause = BULLA_E_CRL_SIGNATURE_INVALID;
    }
    return cause;
}

static bool is_about(const struct verdict *verdict, const uint8_t *key_digest) {
    return atomic_load_explicit(&verdict->state, memory_order_acquire) == VERDICT_WRITTEN &&
           bytes_equal(BYTES_IN(verdict->key_digest), bytes_of(key_digest, KEY_DIGEST_LEN));
}

static void write_verdict(struct verdict *verdict, const uint8_t *key_digest) {
    int expected = VERDICT_NONE;
    if (atomic_compare_exchange_strong_explicit(&verdict->state, &expected, VERDICT_BEING_WRITTEN,
                                                memory_order_relaxed, memory_order_relaxed)) {
        bytes_copy(verdict->key_digest, KEY_DIGEST_LEN, bytes_of(key_digest, KEY_DIGEST_LEN));
        atomic_store_explicit(&verdict->state, VERDICT_WRITTEN, memory_order_release);
    }
}
