/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a report: what was found instead of what was wanted, and what would mend it.
 * They name the certificate, the date, the names that are there. All text from certificates goes
 * through text.c, which makes it harmless. Called by report.c once the entries are complete. */
#include "x509/report_evidence.h"
#include "base/base64.h"
#include "der/der.h"
#include "x509/certificate_extensions.h"
#include "x509/name.h"
#include "x509/name_constraints.h"
#include "x509/profile.h"

enum {
    NAMES_LISTED_MAX = 8, /* in lists of names; a certificate may have thousands */
    COMPARISONS_MAX = 10000,
    PIN_TEXT_LEN = 45, /* 32 bytes in base64, and a final zero */
};

static void give_evidence(struct text *text, const struct report_builder *builder,
                          const struct certificate *certificate);
static bool explain_path(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate);
static bool explain_leaf(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate);
static void explain_good(struct text *text, const struct report_builder *builder,
                         const struct certificate *anchor);
static void explain_dates(struct text *text, const struct report_builder *builder,
                          const struct certificate *certificate);
static void explain_issuer(struct text *text, const struct certificate *certificate);
static void explain_signature(struct text *text, const struct certificate *certificate);
static void explain_names(struct text *text, const bulla_name *wanted,
                          const struct certificate *certificate);
static void explain_no_names(struct text *text, const bulla_name *wanted,
                             const struct certificate *certificate);
static void explain_purposes(struct text *text, const struct certificate *certificate);
static void explain_path_length(struct text *text, const struct report_builder *builder,
                                const struct certificate *certificate);
static void explain_constraints(struct text *text, const struct report_builder *builder,
                                const struct certificate *certificate);
static void print_subtrees(struct text *text, const char *words, bulla_bytes constraints,
                           uint8_t tag);
static void print_subtree(struct text *text, const struct general_name *base);
static void explain_revoked(struct text *text, const struct report_builder *builder,
                            const struct certificate *certificate);
static void explain_pins(struct text *text, const struct report_builder *builder);
static void explain_rest(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate);
static void give_fix(struct text *text, const struct report_builder *builder,
                     const struct certificate *certificate);
static const char *diagnose(const struct report_builder *builder,
                            const struct certificate *certificate);
static bool sent_an_end_entity(const struct report_builder *builder);
static size_t num_failing_dates(const bulla_report *report);
static void print_subject(struct text *text, const struct certificate *certificate);
static void print_wanted(struct text *text, const bulla_name *wanted);

void report_evidence_give(struct report_builder *builder, const struct certificate *certificate) {
    bulla_report *report = builder->out;
    struct text evidence = text_into(report->evidence, sizeof report->evidence);
    struct text fix = text_into(report->fix, sizeof report->fix);
    if (certificate != NULL) {
        give_evidence(&evidence, builder, certificate);
    }
    report->diagnosis = diagnose(builder, certificate);
    give_fix(&fix, builder, certificate);
}

void report_evidence_names(struct text *text, const struct certificate *certificate) {
    struct name_iterator names = name_iterator_over(certificate->subject_alt_name);
    struct general_name name;
    size_t num = 0;
    while (name_next(&names, &name)) {
        if (num < NAMES_LISTED_MAX) {
            text_add(text, num == 0 ? "" : ", ");
            general_name_print(text, &name);
        }
        num++;
    }
    if (num > NAMES_LISTED_MAX) {
        text_add(text, " and ");
        text_add_number(text, (int64_t)(num - NAMES_LISTED_MAX));
        text_add(text, " more");
    }
}

static void give_evidence(struct text *text, const struct report_builder *builder,
                          const struct certificate *certificate) {
    if (!explain_path(text, builder, certificate) && !explain_leaf(text, builder, certificate)) {
        explain_rest(text, builder, certificate);
    }
}

/* Of about 130 causes the few that have more to say: what is wrong with a certificate's place on
 * the path. */
static bool explain_path(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate) {
    switch ((int)builder->out->cause) {
    case BULLA_OK:
        explain_good(text, builder, certificate);
        return true;
    case BULLA_E_CERT_EXPIRED:
    case BULLA_E_CERT_NOT_YET_VALID:
        explain_dates(text, builder, certificate);
        return true;
    case BULLA_E_CERT_UNKNOWN_ISSUER:
        explain_issuer(text, certificate);
        return true;
    case BULLA_E_CERT_SIGNATURE_INVALID:
        explain_signature(text, certificate);
        return true;
    case BULLA_E_CERT_PATH_LENGTH_EXCEEDED:
        explain_path_length(text, builder, certificate);
        return true;
    case BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED:
        explain_constraints(text, builder, certificate);
        return true;
    case BULLA_E_CERT_CHAIN_TOO_LONG:
        print_subject(text, certificate);
        text_add(text, " would be one intermediate more than the ");
        text_add_number(text, builder->request->depth_max);
        text_add(text, " that are allowed");
        return true;
    default:
        return false;
    }
}

/* And what is wrong with it itself. */
static bool explain_leaf(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate) {
    switch ((int)builder->out->cause) {
    case BULLA_E_CERT_NAME_MISMATCH:
        explain_names(text, &builder->request->name, certificate);
        return true;
    case BULLA_E_CERT_NO_SUBJECT_ALT_NAME:
        explain_no_names(text, &builder->request->name, certificate);
        return true;
    case BULLA_E_CERT_PURPOSE_NOT_SERVER:
    case BULLA_E_CERT_PURPOSE_NOT_CLIENT:
        explain_purposes(text, certificate);
        return true;
    case BULLA_E_CERT_REVOKED:
        explain_revoked(text, builder, certificate);
        return true;
    case BULLA_E_PIN_MISMATCH:
        explain_pins(text, builder);
        return true;
    default:
        return false;
    }
}

static void explain_good(struct text *text, const struct report_builder *builder,
                         const struct certificate *anchor) {
    text_add(text, "trusted through ");
    print_subject(text, anchor);
    if (builder->pins_expiring) {
        text_add(text, "; only a pin that ends at ");
        text_add_time(text, builder->pins_not_after);
        text_add(text, " matched: its successor is not in use yet");
    }
}

static void explain_dates(struct text *text, const struct report_builder *builder,
                          const struct certificate *certificate) {
    const bulla_report *report = builder->out;
    int64_t now = builder->request->now;
    bool expired = now > certificate->not_after;
    int64_t date = expired ? certificate->not_after : certificate->not_before;
    print_subject(text, certificate);
    text_add(text, expired ? " expired " : " becomes valid in ");
    text_add_span(text, expired ? now - date : date - now);
    text_add(text, expired ? " ago, at " : ", at ");
    text_add_time(text, date);
    text_add(text, "; the clock here says ");
    text_add_time(text, now);
    if (report->valid_from > report->valid_until) {
        text_add(text, "; there was no moment in which all of the chain was valid");
    } else if (report->clock_explains) {
        bool slow = now < report->valid_from;
        text_add(text, "; the whole chain is valid from ");
        text_add_time(text, report->valid_from);
        text_add(text, " to ");
        text_add_time(text, report->valid_until);
        text_add(text, slow ? ": a clock that is slow by at least "
                            : ": a clock that is fast by at least ");
        text_add_span(text, slow ? report->valid_from - now : now - report->valid_until);
        text_add(text, " would explain all of it");
    }
}

static void explain_issuer(struct text *text, const struct certificate *certificate) {
    print_subject(text, certificate);
    text_add(text, " was issued by ");
    name_print(text, certificate->issuer);
    text_add(text, ", which was neither sent nor is it trusted here");
}

static void explain_signature(struct text *text, const struct certificate *certificate) {
    print_subject(text, certificate);
    text_add(text, " names ");
    name_print(text, certificate->issuer);
    text_add(text, " as its issuer, but was not signed with the key of the certificate that is "
                   "here under that name");
}

static void explain_names(struct text *text, const bulla_name *wanted,
                          const struct certificate *certificate) {
    text_add(text, "looked for ");
    print_wanted(text, wanted);
    text_add(text, ", but the certificate is for ");
    report_evidence_names(text, certificate);
}

static void explain_no_names(struct text *text, const bulla_name *wanted,
                             const struct certificate *certificate) {
    struct name_attribute common_name;
    text_add(text, "looked for ");
    print_wanted(text, wanted);
    if (certificate->has_subject_alt_name) {
        text_add(text, ", but the certificate is for ");
        report_evidence_names(text, certificate);
        return;
    }
    text_add(text, ", but the certificate has no subjectAltName");
    if (name_find(certificate->subject, OID_COMMON_NAME, 0, &common_name)) {
        text_add(text, ", only the common name ");
        name_print_value(text, &common_name);
        text_add(text, ", which no client looks at any more");
    }
}

static void explain_purposes(struct text *text, const struct certificate *certificate) {
    static const struct {
        uint32_t bit;
        const char *name;
    } purposes[] = {{EXTENDED_KEY_USAGE_SERVER_AUTH, "serverAuth"},
                    {EXTENDED_KEY_USAGE_CLIENT_AUTH, "clientAuth"},
                    {EXTENDED_KEY_USAGE_ANY, "anyExtendedKeyUsage"},
                    {EXTENDED_KEY_USAGE_OCSP_SIGNING, "OCSPSigning"},
                    {EXTENDED_KEY_USAGE_OTHER, "other purposes"}};
    const char *separator = " is for ";
    print_subject(text, certificate);
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        if ((certificate->extended_key_usage & purposes[i].bit) != 0) {
            text_add(text, separator);
            text_add(text, purposes[i].name);
            separator = ", ";
        }
    }
    text_add(text, " alone");
}

/* The CA above whose pathLenConstraint has room for fewer. */
static void explain_path_length(struct text *text, const struct report_builder *builder,
                                const struct certificate *certificate) {
    print_subject(text, certificate);
    text_add(text, " is an intermediate too many");
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        const struct certificate *ca = builder->certificates[i];
        unsigned depth = builder->out->entries[i].depth;
        if (ca->has_path_len && depth != BULLA_REPORT_DEPTH_NONE && depth > ca->path_len + 1) {
            text_add(text, ": ");
            print_subject(text, ca);
            text_add(text, " above it allows ");
            text_add_number(text, ca->path_len);
            text_add(text, " (pathLenConstraint)");
            return;
        }
    }
}

/* Asks each CA above it again, to name the one that objects and what it says. */
static void explain_constraints(struct text *text, const struct report_builder *builder,
                                const struct certificate *certificate) {
    print_subject(text, certificate);
    text_add(text, " is for ");
    report_evidence_names(text, certificate);
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        const struct certificate *ca = builder->certificates[i];
        uint32_t comparisons_left = COMPARISONS_MAX;
        if (ca == certificate || ca->name_constraints.len == 0 ||
            name_constraints_check(ca, certificate, &comparisons_left) == BULLA_OK) {
            continue;
        }
        text_add(text, "; its CA ");
        print_subject(text, ca);
        print_subtrees(text, " may issue only for ", ca->name_constraints,
                       DER_CONTEXT_CONSTRUCTED(0));
        print_subtrees(text, " may not issue for ", ca->name_constraints,
                       DER_CONTEXT_CONSTRUCTED(1));
        return;
    }
    text_add(text, "; a CA above it may not issue for all of these");
}

/* The permitted (context tag 0) or excluded (1) subtrees, which were found well-formed. */
static void print_subtrees(struct text *text, const char *words, bulla_bytes constraints,
                           uint8_t tag) {
    struct reader inside = reader_over(constraints);
    bulla_bytes permitted;
    bulla_bytes excluded;
    bool present[2];
    if (!der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &present[0], &permitted) ||
        !der_read_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &present[1], &excluded)) {
        return;
    }
    bool first = tag == DER_CONTEXT_CONSTRUCTED(0);
    struct reader rest = reader_over(first ? permitted : excluded);
    struct reader subtree;
    struct general_name base;
    for (size_t i = 0;
         present[first ? 0 : 1] && i < NAMES_LISTED_MAX &&
         der_read_nested(&rest, DER_SEQUENCE, &subtree) && general_name_read(&subtree, &base);
         i++) {
        text_add(text, i == 0 ? words : ", ");
        print_subtree(text, &base);
    }
}

/* The base of an address range is its address and its mask. */
static void print_subtree(struct text *text, const struct general_name *base) {
    size_t half = base->value.len / 2;
    if (base->kind != GENERAL_NAME_IP || (half != 4 && half != 16)) {
        general_name_print(text, base);
        return;
    }
    text_add(text, "IP:");
    ip_address_print(text, bytes_of(base->value.data, half));
    text_add(text, "/");
    ip_address_print(text, bytes_of(base->value.data + half, half));
}

static void explain_revoked(struct text *text, const struct report_builder *builder,
                            const struct certificate *certificate) {
    /* CRLReason, RFC 5280 5.3.1; 7 is not used. */
    static const char *const reasons[] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", "7",
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};
    const bulla_report_entry *entry = &builder->out->entries[builder->out->headline];
    int reason = entry->revocation_reason;
    print_subject(text, certificate);
    text_add(text, " (serial ");
    text_add_hex(text, certificate->serial);
    text_add(text, ") was revoked at ");
    text_add_time(text, entry->revoked_at);
    text_add(text, ", reason: ");
    text_add(text, reason >= 0 && (size_t)reason < sizeof reasons / sizeof *reasons
                       ? reasons[reason]
                       : "not given");
}

static void explain_pins(struct text *text, const struct report_builder *builder) {
    const char *separator = "the public keys that were seen: ";
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        const bulla_report_entry *entry = &builder->out->entries[i];
        char base64[PIN_TEXT_LEN] = "";
        struct writer writer = writer_into((uint8_t *)base64, sizeof base64 - 1);
        if (entry->depth == BULLA_REPORT_DEPTH_NONE) {
            continue;
        }
        base64_write(&writer, bytes_of(entry->public_key_sha256, sizeof entry->public_key_sha256));
        text_add(text, separator);
        text_add(text, "sha256/");
        text_add(text, base64);
        text_add(text, " (");
        print_subject(text, builder->certificates[i]);
        text_add(text, ")");
        separator = ", ";
    }
}

/* The cause's own words; of a rule that one certificate breaks, that rule's. */
static void explain_rest(struct text *text, const struct report_builder *builder,
                         const struct certificate *certificate) {
    bulla_cause cause = builder->out->cause;
    const bulla_report_entry *entry = &builder->out->entries[builder->out->headline];
    enum profile_place place = entry->depth == 0   ? PROFILE_LEAF
                               : entry->from_trust ? PROFILE_ANCHOR
                                                   : PROFILE_INTERMEDIATE;
    struct profile_verdict rule = {.says = NULL};
    struct certificate again;
    print_subject(text, certificate);
    text_add(text, ": ");
    if (certificate_parse(&again, certificate->der) == BULLA_OK) { /* its form is right */
        rule = profile_check(builder->request->profile, &again, place);
    }
    text_add(text,
             rule.says != NULL && rule.cause == cause ? rule.says : bulla_cause_about(cause)->says);
    if (cause == BULLA_E_CERT_KEY_TOO_WEAK) {
        text_add(text, " (RSA of ");
        text_add_number(text, certificate->key.bits);
        text_add(text, " bits)");
    }
}

static void give_fix(struct text *text, const struct report_builder *builder,
                     const struct certificate *certificate) {
    bulla_cause cause = builder->out->cause;
    bulla_bytes url;
    if (cause == BULLA_E_CERT_UNKNOWN_ISSUER && certificate != NULL &&
        certificate_ca_issuers_url(certificate, &url)) {
        text_add(text, "make the peer send its intermediate, which its CA publishes at ");
        text_add_untrusted(text, url);
        text_add(text, "; or trust that CA's root (--cacert)");
        return;
    }
    if (builder->out->clock_explains && num_failing_dates(builder->out) > 1) {
        text_add(text, "set the clock of this machine, and have it kept by NTP");
        return;
    }
    if (cause == BULLA_E_CERT_IS_CA && sent_an_end_entity(builder)) {
        text_add(text, "put the server's own certificate first in its chain file, its issuers "
                       "after it");
        return;
    }
    text_add(text, bulla_cause_about(cause)->fix);
}

static const char *diagnose(const struct report_builder *builder,
                            const struct certificate *certificate) {
    const bulla_report *report = builder->out;
    bulla_bytes url;
    if (report->cause == BULLA_E_CERT_UNKNOWN_ISSUER && certificate != NULL) {
        if (certificate->is_ca) { /* what stands above an intermediate is most often a root */
            return "unknown_root";
        }
        return certificate_ca_issuers_url(certificate, &url) ? "missing_intermediate"
                                                             : "unknown_issuer";
    }
    if (report->cause == BULLA_E_CERT_ROOT_UNTRUSTED) {
        return "unknown_root";
    }
    if (report->cause == BULLA_E_CERT_IS_CA && sent_an_end_entity(builder)) {
        return "leaf_not_first";
    }
    if (report->clock_explains && num_failing_dates(report) > 1) {
        return "clock_skew";
    }
    return bulla_cause_about(report->cause)->name;
}

static bool sent_an_end_entity(const struct report_builder *builder) {
    for (size_t i = 0; i < builder->out->num_entries; i++) {
        if (builder->out->entries[i].sent_at > 0 && !builder->certificates[i]->is_ca) {
            return true;
        }
    }
    return false;
}

static size_t num_failing_dates(const bulla_report *report) {
    size_t num = 0;
    for (size_t i = 0; i < report->num_entries; i++) {
        num += report->entries[i].checks[BULLA_CHECK_DATES].verdict == BULLA_VERDICT_FAILED;
    }
    return num;
}

static void print_subject(struct text *text, const struct certificate *certificate) {
    struct general_name first;
    struct name_iterator names = name_iterator_over(certificate->subject_alt_name);
    if (!name_is_empty(certificate->subject)) {
        name_print(text, certificate->subject);
    } else if (name_next(&names, &first)) {
        general_name_print(text, &first);
    } else {
        text_add(text, "a certificate without a name");
    }
}

static void print_wanted(struct text *text, const bulla_name *wanted) {
    struct general_name name = {.value = wanted->value,
                                .kind = wanted->kind == BULLA_NAME_DNS  ? GENERAL_NAME_DNS
                                        : wanted->kind == BULLA_NAME_IP ? GENERAL_NAME_IP
                                                                        : GENERAL_NAME_URI};
    general_name_print(text, &name);
}
