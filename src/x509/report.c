/* SPDX-License-Identifier: Apache-2.0 */
/* Reports (bulla/report.h): what was sent and tried, in which place, and what came of it. Cold:
 * only who asks for a report pays for it. The verdicts of single checks are report_checks.c's, the
 * sentences report_evidence.c's. All text from certificates goes through text.c, which makes it
 * harmless. */
#include "x509/report.h"
#include "x509/certificate_extensions.h"
#include "x509/failure_rank.h"
#include "x509/name.h"
#include "x509/path.h"
#include "x509/pins.h"
#include "x509/report_checks.h"
#include "x509/report_evidence.h"
#include "x509/revocation.h"
#include "x509/trust.h"

static size_t entry_of(struct report_builder *builder, const struct certificate *certificate,
                       unsigned depth, bool from_trust);
static size_t find(const struct report_builder *builder, bulla_bytes der);
static void fill_entry(bulla_report_entry *entry, const struct certificate *certificate,
                       unsigned depth, bool from_trust);
static const char *key_kind_name(enum key_kind kind);
static const char *signature_name(const struct signature_algorithm *algorithm);
static void check_at(struct report_builder *builder, size_t index, bulla_check check,
                     bulla_verdict verdict, bulla_cause cause);
static void blame(struct report_builder *builder, bulla_cause cause,
                  const struct certificate *certificate);
static void add_untried(struct report_builder *builder, struct certificate *parsed);
static void link_by_names(struct report_builder *builder);
static void add_anchor(struct report_builder *builder);
static void note_order(struct report_builder *builder);

void report_begin(struct report_builder *builder, bulla_report *out,
                  const bulla_verify_request *request) {
    *out = (bulla_report){.diagnosis = "invalid"};
    *builder = (struct report_builder){.out = out, .request = request};
}

void report_sent(struct report_builder *builder, const bulla_trust *trust,
                 const struct certificate *leaf, const bulla_bytes *others, size_t num_others) {
    if (builder != NULL) {
        builder->trust = trust;
        builder->leaf = leaf;
        builder->others = others;
        builder->num_others = num_others < BULLA_VERIFY_CHAIN_LEN_MAX ? num_others : 0;
    }
}

void report_note(struct report_builder *builder, const struct certificate *certificate,
                 unsigned depth, bool from_trust, bulla_cause cause) {
    if (builder == NULL) {
        return;
    }
    size_t index = entry_of(builder, certificate, depth, from_trust);
    if (index == BULLA_REPORT_ENTRIES_MAX) {
        builder->out->num_dropped++;
        return;
    }
    bulla_report_entry *entry = &builder->out->entries[index];
    if (failure_rank(cause) > failure_rank(entry->cause)) {
        entry->cause = cause;
        entry->depth = depth;
    }
}

void report_accept(struct report_builder *builder, const struct certificate *certificate,
                   unsigned depth, bool from_trust) {
    if (builder == NULL) {
        return;
    }
    size_t index = entry_of(builder, certificate, depth, from_trust);
    if (index != BULLA_REPORT_ENTRIES_MAX) {
        builder->out->entries[index].cause = BULLA_OK;
        builder->out->entries[index].depth = depth;
        builder->accepted[index] = true;
    }
}

/* The anchor's own status is not asked. Of what comes after the certificate that failed nothing
 * was asked either. */
void report_revocation(struct report_builder *builder, const struct certificate *const *path,
                       size_t num_path, const struct revocation_outcome *outcome) {
    if (builder == NULL || builder->request->revocation == BULLA_REVOCATION_OFF) {
        return;
    }
    for (size_t i = 0; i + 1 < num_path; i++) {
        size_t index = entry_of(builder, path[i], (unsigned)i, false);
        if (index == BULLA_REPORT_ENTRIES_MAX) {
            continue;
        }
        if (outcome->cause == BULLA_OK) {
            bulla_cause missing = outcome->missing[i];
            check_at(builder, index, BULLA_CHECK_REVOCATION,
                     missing == BULLA_OK ? BULLA_VERDICT_PASSED : BULLA_VERDICT_WARNING, missing);
        } else if (i == outcome->failed) {
            check_at(builder, index, BULLA_CHECK_REVOCATION, BULLA_VERDICT_FAILED, outcome->cause);
            builder->out->entries[index].revoked_at = outcome->revoked_at;
            builder->out->entries[index].revocation_reason = outcome->reason;
        }
    }
}

void report_pins(struct report_builder *builder, const struct pins_outcome *outcome) {
    if (builder == NULL) {
        return;
    }
    bool matched = outcome->cause == BULLA_OK;
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        const bulla_report_entry *entry = &builder->out->entries[i];
        bool here = entry->depth == (matched ? outcome->matched : 0) &&
                    (builder->accepted[i] || entry->depth == 0);
        if (here && matched) {
            check_at(builder, i, BULLA_CHECK_PINS,
                     outcome->expiring_only ? BULLA_VERDICT_WARNING : BULLA_VERDICT_PASSED,
                     BULLA_OK);
        } else if (here) {
            check_at(builder, i, BULLA_CHECK_PINS, BULLA_VERDICT_FAILED, outcome->cause);
        }
    }
    builder->pins_expiring = matched && outcome->expiring_only;
    builder->pins_not_after = outcome->not_after;
}

void report_conclude(struct report_builder *builder, bulla_cause cause,
                     const struct certificate *certificate) {
    struct certificate parsed[BULLA_REPORT_ENTRIES_MAX];
    if (builder == NULL) {
        return;
    }
    builder->out->cause = cause;
    if (certificate != NULL && cause != BULLA_OK) {
        blame(builder, cause, certificate);
    }
    add_untried(builder, parsed);
    if (!pins_are_alone(builder->request->pins)) { /* else no path was looked for */
        link_by_names(builder);
        add_anchor(builder);
    }
    note_order(builder);
    report_checks_fill(builder);
    report_evidence_give(builder, certificate);
}

/* The certificate's entry, made where there is none yet; BULLA_REPORT_ENTRIES_MAX without room. An
 * anchor that was also sent is one entry. */
static size_t entry_of(struct report_builder *builder, const struct certificate *certificate,
                       unsigned depth, bool from_trust) {
    size_t num = builder->out->num_entries;
    size_t known = find(builder, certificate->der);
    if (known != BULLA_REPORT_ENTRIES_MAX) {
        builder->out->entries[known].from_trust |= from_trust;
        return known;
    }
    if (num < BULLA_REPORT_ENTRIES_MAX) {
        builder->certificates[num] = certificate;
        fill_entry(&builder->out->entries[num], certificate, depth, from_trust);
        builder->out->num_entries = num + 1;
    }
    return num;
}

/* The entry of the certificate with this DER; BULLA_REPORT_ENTRIES_MAX where there is none. */
static size_t find(const struct report_builder *builder, bulla_bytes der) {
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        if (bytes_equal(builder->certificates[i]->der, der)) {
            return i;
        }
    }
    return BULLA_REPORT_ENTRIES_MAX;
}

static void fill_entry(bulla_report_entry *entry, const struct certificate *certificate,
                       unsigned depth, bool from_trust) {
    bulla_bytes url;
    *entry = (bulla_report_entry){.cause = BULLA_OK,
                                  .depth = depth,
                                  .from_trust = from_trust,
                                  .sent_at = -1,
                                  .not_before = certificate->not_before,
                                  .not_after = certificate->not_after,
                                  .key_kind = key_kind_name(certificate->key.kind),
                                  .key_bits = certificate->key.bits,
                                  .signature_algorithm =
                                      signature_name(&certificate->signature_algorithm)};
    struct text subject = text_into(entry->subject, sizeof entry->subject);
    struct text issuer = text_into(entry->issuer, sizeof entry->issuer);
    struct text names = text_into(entry->names, sizeof entry->names);
    struct text serial = text_into(entry->serial, sizeof entry->serial);
    struct text ca_issuers = text_into(entry->ca_issuers, sizeof entry->ca_issuers);
    name_print(&subject, certificate->subject);
    name_print(&issuer, certificate->issuer);
    report_evidence_names(&names, certificate);
    text_add_serial(&serial, certificate->serial);
    if (certificate_ca_issuers_url(certificate, &url)) {
        text_add_untrusted(&ca_issuers, url);
    }
    hash_once(HASH_SHA256, certificate->der, entry->sha256);
    hash_once(HASH_SHA256, certificate->key.der, entry->public_key_sha256);
}

static const char *key_kind_name(enum key_kind kind) {
    switch (kind) {
    case KEY_KIND_EC_P256:
        return "ECDSA P-256";
    case KEY_KIND_EC_P384:
        return "ECDSA P-384";
    case KEY_KIND_EC_P521:
        return "ECDSA P-521";
    case KEY_KIND_RSA:
        return "RSA";
    case KEY_KIND_ED25519:
        return "Ed25519";
    case KEY_KIND_INVALID:
        break;
    }
    return "unsupported";
}

static const char *signature_name(const struct signature_algorithm *algorithm) {
    static const struct {
        enum signature_kind kind;
        enum hash_id hash;
        const char *name;
    } names[] = {{SIGNATURE_ECDSA, HASH_SHA256, "ECDSA with SHA-256"},
                 {SIGNATURE_ECDSA, HASH_SHA384, "ECDSA with SHA-384"},
                 {SIGNATURE_ECDSA, HASH_SHA512, "ECDSA with SHA-512"},
                 {SIGNATURE_RSA_PKCS1, HASH_SHA256, "RSA with SHA-256"},
                 {SIGNATURE_RSA_PKCS1, HASH_SHA384, "RSA with SHA-384"},
                 {SIGNATURE_RSA_PKCS1, HASH_SHA512, "RSA with SHA-512"},
                 {SIGNATURE_RSA_PSS, HASH_SHA256, "RSA-PSS with SHA-256"},
                 {SIGNATURE_RSA_PSS, HASH_SHA384, "RSA-PSS with SHA-384"},
                 {SIGNATURE_RSA_PSS, HASH_SHA512, "RSA-PSS with SHA-512"}};
    if (algorithm->kind == SIGNATURE_ED25519) {
        return "Ed25519";
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].kind == algorithm->kind && names[i].hash == algorithm->hash) {
            return names[i].name;
        }
    }
    return "not supported";
}

static void check_at(struct report_builder *builder, size_t index, bulla_check check,
                     bulla_verdict verdict, bulla_cause cause) {
    builder->out->entries[index].checks[check] = (bulla_check_result){verdict, cause};
}

/* The headline has an entry, whoever has none. */
static void blame(struct report_builder *builder, bulla_cause cause,
                  const struct certificate *certificate) {
    bulla_report *report = builder->out;
    bool is_leaf = builder->leaf == NULL || builder->leaf == certificate;
    unsigned depth = is_leaf ? 0 : BULLA_REPORT_DEPTH_NONE; /* till link_by_names() knows it */
    size_t index = entry_of(builder, certificate, depth, false);
    if (index == BULLA_REPORT_ENTRIES_MAX) {
        index = BULLA_REPORT_ENTRIES_MAX - 1;
        builder->certificates[index] = certificate;
        builder->accepted[index] = false;
        fill_entry(&report->entries[index], certificate, depth, false);
    }
    report->entries[index].cause = cause;
    report->headline = index;
}

/* Entries for what was sent and never tried; `parsed` (BULLA_REPORT_ENTRIES_MAX of them) holds
 * those. */
static void add_untried(struct report_builder *builder, struct certificate *parsed) {
    bulla_report *report = builder->out;
    for (size_t i = 0; builder->leaf != NULL && i <= builder->num_others; i++) {
        bulla_bytes der = i == 0 ? builder->leaf->der : builder->others[i - 1];
        size_t index = find(builder, der);
        if (index == BULLA_REPORT_ENTRIES_MAX && report->num_entries == index) {
            report->num_dropped++;
            continue;
        }
        if (index == BULLA_REPORT_ENTRIES_MAX) {
            struct certificate *sent = &parsed[report->num_entries];
            bulla_cause cause = certificate_parse(sent, der);
            sent->der = der;
            index = entry_of(builder, sent, i == 0 ? 0 : BULLA_REPORT_DEPTH_NONE, false);
            report->entries[index].cause = cause;
        }
        if (report->entries[index].sent_at < 0) {
            report->entries[index].sent_at = (int)i;
        }
    }
}

/* Gives what was never tried its place above the certificate that names it as its issuer. */
static void link_by_names(struct report_builder *builder) {
    bulla_report *report = builder->out;
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < report->num_entries; i++) {
            bulla_report_entry *entry = &report->entries[i];
            for (size_t j = 0; entry->depth == BULLA_REPORT_DEPTH_NONE && j < report->num_entries;
                 j++) {
                unsigned below = report->entries[j].depth;
                if (below != BULLA_REPORT_DEPTH_NONE && below < BULLA_VERIFY_CHAIN_LEN_MAX &&
                    name_equal(builder->certificates[j]->issuer,
                               builder->certificates[i]->subject)) {
                    entry->depth = below + 1;
                    grown = true;
                }
            }
        }
    }
}

/* The trust store's certificate above the last one that was sent, where the search did not come so
 * far: the tree and the dates are the whole path's. */
static void add_anchor(struct report_builder *builder) {
    bulla_report *report = builder->out;
    size_t top = BULLA_REPORT_ENTRIES_MAX;
    for (size_t i = 0; i < report->num_entries; i++) {
        const bulla_report_entry *entry = &report->entries[i];
        if (entry->from_trust) {
            return;
        }
        if (entry->depth != BULLA_REPORT_DEPTH_NONE &&
            (top == BULLA_REPORT_ENTRIES_MAX || entry->depth > report->entries[top].depth)) {
            top = i;
        }
    }
    if (top == BULLA_REPORT_ENTRIES_MAX || builder->trust == NULL) {
        return;
    }
    bulla_bytes issuer = builder->certificates[top]->issuer;
    size_t anchor = trust_find(builder->trust, issuer, name_hash(issuer));
    if (anchor != TRUST_NO_ANCHOR) {
        (void)entry_of(builder, &trust_anchor(builder->trust, anchor)->certificate,
                       report->entries[top].depth + 1, true);
    }
}

/* RFC 8446 4.4.2: the leaf first; the rest should each certify the one before it, but need not. */
static void note_order(struct report_builder *builder) {
    bulla_report *report = builder->out;
    for (size_t i = 0; i < report->num_entries; i++) {
        const bulla_report_entry *a = &report->entries[i];
        for (size_t j = 0; j < report->num_entries; j++) {
            const bulla_report_entry *b = &report->entries[j];
            if (a->sent_at >= 0 && b->sent_at > a->sent_at && a->depth != BULLA_REPORT_DEPTH_NONE &&
                b->depth < a->depth) {
                report->wrong_order = 1;
            }
        }
    }
}
