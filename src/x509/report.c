/* SPDX-License-Identifier: Apache-2.0 */
/* Reports (bulla/report.h): what was tried, why it failed, what would mend it, in sentences that
 * name the certificate, the date, the names that are there. Cold: only who asks for a report pays
 * for it. All text from certificates goes through text.c, which makes it harmless. */
#include "x509/report.h"
#include "x509/certificate_extensions.h"
#include "x509/name.h"
#include "x509/path.h"
#include "x509/validate.h"

/* In lists of names; a certificate may have thousands. */
enum { NAMES_LISTED_MAX = 8 };

static size_t entry_of(struct report_builder *builder, const struct certificate *certificate,
                       unsigned depth, bool from_trust);
static void fill_entry(bulla_report_entry *entry, const struct certificate *certificate,
                       unsigned depth, bool from_trust);
static void give_evidence(struct text *text, const bulla_verify_request *request, bulla_cause cause,
                          const struct certificate *certificate);
static void explain_dates(struct text *text, const struct certificate *certificate, int64_t now);
static void explain_signature(struct text *text, const struct certificate *certificate);
static void explain_names(struct text *text, const bulla_name *wanted,
                          const struct certificate *certificate);
static void explain_no_names(struct text *text, const bulla_name *wanted,
                             const struct certificate *certificate);
static void explain_purposes(struct text *text, const struct certificate *certificate);
static void explain_rest(struct text *text, bulla_cause cause,
                         const struct certificate *certificate);
static void give_fix(struct text *text, bulla_cause cause, const struct certificate *certificate);
static void print_subject(struct text *text, const struct certificate *certificate);
static void print_wanted(struct text *text, const bulla_name *wanted);
static void print_names(struct text *text, const struct certificate *certificate);

void report_begin(struct report_builder *builder, bulla_report *out,
                  const bulla_verify_request *request) {
    *out = (bulla_report){0};
    *builder = (struct report_builder){.out = out, .request = request};
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
    if (path_failure_rank(cause) > path_failure_rank(entry->cause)) {
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
    }
}

void report_conclude(struct report_builder *builder, bulla_cause cause,
                     const struct certificate *certificate) {
    if (builder == NULL) {
        return;
    }
    bulla_report *report = builder->out;
    report->cause = cause;
    struct text evidence = text_into(report->evidence, sizeof report->evidence);
    struct text fix = text_into(report->fix, sizeof report->fix);
    if (certificate != NULL) {
        give_evidence(&evidence, builder->request, cause, certificate);
    }
    give_fix(&fix, cause, certificate);
    if (certificate == NULL || cause == BULLA_OK) {
        return;
    }
    size_t index = entry_of(builder, certificate, 0, false);
    if (index == BULLA_REPORT_ENTRIES_MAX) { /* the headline has an entry, whoever has none */
        index = BULLA_REPORT_ENTRIES_MAX - 1;
        builder->certificates[index] = certificate;
        fill_entry(&report->entries[index], certificate, 0, false);
    }
    report->entries[index].cause = cause;
    report->headline = index;
}

/* The certificate's entry, made where there is none yet; BULLA_REPORT_ENTRIES_MAX without room. */
static size_t entry_of(struct report_builder *builder, const struct certificate *certificate,
                       unsigned depth, bool from_trust) {
    size_t num = builder->out->num_entries;
    for (size_t i = 0; i < num; i++) {
        if (builder->certificates[i] == certificate) {
            return i;
        }
    }
    if (num < BULLA_REPORT_ENTRIES_MAX) {
        builder->certificates[num] = certificate;
        fill_entry(&builder->out->entries[num], certificate, depth, from_trust);
        builder->out->num_entries = num + 1;
    }
    return num;
}

static void fill_entry(bulla_report_entry *entry, const struct certificate *certificate,
                       unsigned depth, bool from_trust) {
    *entry = (bulla_report_entry){.cause = BULLA_OK,
                                  .depth = depth,
                                  .from_trust = from_trust,
                                  .not_before = certificate->not_before,
                                  .not_after = certificate->not_after};
    struct text subject = text_into(entry->subject, sizeof entry->subject);
    struct text issuer = text_into(entry->issuer, sizeof entry->issuer);
    name_print(&subject, certificate->subject);
    name_print(&issuer, certificate->issuer);
    hash_once(HASH_SHA256, certificate->der, entry->sha256);
}

static void give_evidence(struct text *text, const bulla_verify_request *request, bulla_cause cause,
                          const struct certificate *certificate) {
    switch ((int)cause) { /* of about 120 causes the few that a certificate can have */
    case BULLA_OK:
        text_add(text, "trusted through ");
        print_subject(text, certificate);
        return;
    case BULLA_E_CERT_EXPIRED:
    case BULLA_E_CERT_NOT_YET_VALID:
        explain_dates(text, certificate, request->now);
        return;
    case BULLA_E_CERT_UNKNOWN_ISSUER:
        print_subject(text, certificate);
        text_add(text, " was issued by ");
        name_print(text, certificate->issuer);
        text_add(text, ", which was neither sent nor is it trusted here");
        return;
    case BULLA_E_CERT_SIGNATURE_INVALID:
        explain_signature(text, certificate);
        return;
    case BULLA_E_CERT_NAME_MISMATCH:
        explain_names(text, &request->name, certificate);
        return;
    case BULLA_E_CERT_NO_SUBJECT_ALT_NAME:
        explain_no_names(text, &request->name, certificate);
        return;
    case BULLA_E_CERT_PURPOSE_NOT_SERVER:
    case BULLA_E_CERT_PURPOSE_NOT_CLIENT:
        explain_purposes(text, certificate);
        return;
    case BULLA_E_CERT_NAME_CONSTRAINT_VIOLATED:
        print_subject(text, certificate);
        text_add(text, " is for ");
        print_names(text, certificate);
        text_add(text, "; a CA above it may not issue for all of these");
        return;
    case BULLA_E_CERT_CHAIN_TOO_LONG:
        print_subject(text, certificate);
        text_add(text, " would be one intermediate more than the ");
        text_add_number(text, request->depth_max);
        text_add(text, " that are allowed");
        return;
    default:
        explain_rest(text, cause, certificate);
        return;
    }
}

static void explain_dates(struct text *text, const struct certificate *certificate, int64_t now) {
    bool expired = now > certificate->not_after;
    int64_t date = expired ? certificate->not_after : certificate->not_before;
    print_subject(text, certificate);
    text_add(text, expired ? " expired " : " becomes valid in ");
    text_add_span(text, expired ? now - date : date - now);
    text_add(text, expired ? " ago, at " : ", at ");
    text_add_time(text, date);
    text_add(text, "; the clock here says ");
    text_add_time(text, now);
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
    print_names(text, certificate);
}

static void explain_no_names(struct text *text, const bulla_name *wanted,
                             const struct certificate *certificate) {
    struct name_attribute common_name;
    text_add(text, "looked for ");
    print_wanted(text, wanted);
    if (certificate->has_subject_alt_name) {
        text_add(text, ", but the certificate is for ");
        print_names(text, certificate);
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

static void explain_rest(struct text *text, bulla_cause cause,
                         const struct certificate *certificate) {
    const char *says = bulla_cause_about(cause)->says;
    struct profile_verdict profile = {.says = NULL};
    print_subject(text, certificate);
    text_add(text, ": ");
    struct certificate again;
    if (certificate_parse(&again, certificate->der) == BULLA_OK) { /* its form is right */
        profile = validate_profile(&again, false);
    }
    text_add(text, profile.says != NULL && profile.cause == cause ? profile.says : says);
    if (cause == BULLA_E_CERT_KEY_TOO_WEAK) {
        text_add(text, " (RSA of ");
        text_add_number(text, certificate->key.bits);
        text_add(text, " bits)");
    }
}

static void give_fix(struct text *text, bulla_cause cause, const struct certificate *certificate) {
    bulla_bytes url;
    if (cause == BULLA_E_CERT_UNKNOWN_ISSUER && certificate != NULL &&
        certificate_ca_issuers_url(certificate, &url)) {
        text_add(text, "make the peer send its intermediate, which its CA publishes at ");
        text_add_untrusted(text, url);
        text_add(text, "; or trust that CA's root (--cacert)");
        return;
    }
    text_add(text, bulla_cause_about(cause)->fix);
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

static void print_names(struct text *text, const struct certificate *certificate) {
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
    if (num == 0) {
        name_print(text, certificate->subject);
    }
}
