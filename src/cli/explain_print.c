/* SPDX-License-Identifier: Apache-2.0 */
/* `bulla explain` for people: the chain as a tree with the root on top, each certificate with its
 * checks, then the paragraph. Texts from certificates arrive escaped (x509/text.h); what was typed
 * is the typist's own. */
#include "cli/explain.h"

#include "net/clock.h"

enum { INDENT_MAX = 64, COLUMNS_MAX = 88, FIELD_LEN = 11 };

/* The look: boxes or ASCII, colours or none. */
struct look {
    FILE *out;
    const char *branch, *trunk;
    const char *red, *yellow, *green, *bold, *plain;
};

static struct look choose_look(FILE *out, bool utf8, bool color);
static void print_head(const struct look *look, const struct explanation *explanation);
static void print_tree(const struct look *look, const bulla_report *report);
static size_t order_entries(const bulla_report *report, size_t *out_order);
static void print_entry(const struct look *look, const bulla_report *report, size_t index,
                        size_t level, bool last);
static void print_fields(const struct look *look, const bulla_report_entry *entry,
                         const char *indent);
static void print_digest(const struct look *look, const char *name, const uint8_t *digest,
                         const char *indent);
static void print_checks(const struct look *look, const bulla_report_entry *entry,
                         const char *indent);
static void print_verdict(const struct look *look, const bulla_report_entry *entry,
                          bulla_verdict verdict, const char *word, const char *indent);
static void print_fault(const struct look *look, const bulla_report_entry *entry, bulla_check check,
                        const char *indent);
static void print_strays(const struct look *look, const bulla_report *report);
static void print_notes(const struct look *look, const bulla_report *report);
static void print_fetched(const struct look *look, const struct fetched *fetched);
static void print_paragraph(const struct look *look, const struct explanation *explanation);

void explain_print(const struct explanation *explanation, FILE *out, bool utf8, bool color) {
    struct look look = choose_look(out, utf8, color);
    print_head(&look, explanation);
    if (explanation->report != NULL) {
        print_tree(&look, explanation->report);
        print_strays(&look, explanation->report);
        print_notes(&look, explanation->report);
    }
    if (explanation->fetched != NULL) {
        print_fetched(&look, explanation->fetched);
    }
    print_paragraph(&look, explanation);
}

static struct look choose_look(FILE *out, bool utf8, bool color) {
    return (struct look){
        .out = out,
        .branch = utf8 ? "└─ " : "`- ",
        .trunk = utf8 ? "│" : "|",
        .red = color ? "\033[31m" : "",
        .yellow = color ? "\033[33m" : "",
        .green = color ? "\033[32m" : "",
        .bold = color ? "\033[1m" : "",
        .plain = color ? "\033[0m" : "",
    };
}

static void print_head(const struct look *look, const struct explanation *explanation) {
    const struct probe_result *probe = explanation->probe;
    fprintf(look->out, "%s%s%s", look->bold, explanation->target, look->plain);
    if (probe != NULL && probe->address[0] != '\0') {
        fprintf(look->out, " (%s)", probe->address);
    }
    if (probe != NULL && probe->version != 0) {
        fprintf(look->out, ", %s, %s, %s%s", bulla_version_name(probe->version),
                bulla_suite_name(probe->suite), bulla_group_name(probe->group),
                probe->certificate_requested ? ", asks for a client certificate" : "");
    }
    fputc('\n', look->out);
}

static void print_tree(const struct look *look, const bulla_report *report) {
    size_t order[BULLA_REPORT_ENTRIES_MAX];
    size_t num = order_entries(report, order);
    size_t level = 0;
    for (size_t i = 0; i < num; i++) {
        if (i != 0 && report->entries[order[i]].depth != report->entries[order[i - 1]].depth) {
            level++;
        }
        print_entry(look, report, order[i], level, i + 1 == num);
    }
}

/* What is part of the chain, the highest first; returns how many. */
static size_t order_entries(const bulla_report *report, size_t *out_order) {
    size_t num = 0;
    for (unsigned above = BULLA_VERIFY_CHAIN_LEN_MAX + 2; above-- > 0;) {
        for (size_t i = 0; i < report->num_entries; i++) {
            if (report->entries[i].depth == above) {
                out_order[num++] = i;
            }
        }
    }
    return num;
}

static void print_entry(const struct look *look, const bulla_report *report, size_t index,
                        size_t level, bool last) {
    const bulla_report_entry *entry = &report->entries[index];
    char indent[INDENT_MAX];
    int spaces = (int)(level == 0 ? 0 : 3 * (level - 1));
    bool bad = entry->cause != BULLA_OK;
    fprintf(look->out, "%*s%s%s%s%s", spaces, "", level == 0 ? "" : look->branch,
            bad ? look->red : look->bold, entry->subject[0] != '\0' ? entry->subject : entry->names,
            look->plain);
    if (entry->from_trust) {
        fprintf(look->out, "  [trusted here]");
    } else if (entry->sent_at >= 0) {
        fprintf(look->out, "  [sent %d]", entry->sent_at + 1);
    }
    fputc('\n', look->out);
    snprintf(indent, sizeof indent, "%*s%s   ", (int)(3 * level), "", last ? " " : look->trunk);
    print_fields(look, entry, indent);
    print_checks(look, entry, indent);
}

static void print_fields(const struct look *look, const bulla_report_entry *entry,
                         const char *indent) {
    char from[CLOCK_TEXT_LEN];
    char until[CLOCK_TEXT_LEN];
    fprintf(look->out, "%sissuer     %s\n", indent, entry->issuer);
    fprintf(look->out, "%svalid      %s to %s\n", indent, clock_timestamp(entry->not_before, from),
            clock_timestamp(entry->not_after, until));
    fprintf(look->out, "%skey        %s, %u bits; signed by %s\n", indent, entry->key_kind,
            entry->key_bits, entry->signature_algorithm);
    if (entry->names[0] != '\0') {
        fprintf(look->out, "%snames      %s\n", indent, entry->names);
    }
    fprintf(look->out, "%sserial     %s\n", indent, entry->serial);
    print_digest(look, "sha256", entry->sha256, indent);
    print_digest(look, "key sha256", entry->public_key_sha256, indent);
}

static void print_digest(const struct look *look, const char *name, const uint8_t *digest,
                         const char *indent) {
    fprintf(look->out, "%s%-10s ", indent, name);
    for (size_t i = 0; i < 32; i++) {
        fprintf(look->out, "%02x", digest[i]);
    }
    fputc('\n', look->out);
}

static void print_checks(const struct look *look, const bulla_report_entry *entry,
                         const char *indent) {
    print_verdict(look, entry, BULLA_VERDICT_PASSED, "passed", indent);
    for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
        bulla_verdict verdict = entry->checks[check].verdict;
        if (verdict == BULLA_VERDICT_FAILED || verdict == BULLA_VERDICT_WARNING) {
            print_fault(look, entry, (bulla_check)check, indent);
        }
    }
    print_verdict(look, entry, BULLA_VERDICT_NOT_REACHED, "unreached", indent);
}

/* The names of all checks of one verdict, in as many lines as they take. */
static void print_verdict(const struct look *look, const bulla_report_entry *entry,
                          bulla_verdict verdict, const char *word, const char *indent) {
    size_t column = 0;
    for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
        const char *name = bulla_check_name((bulla_check)check);
        if (entry->checks[check].verdict != verdict) {
            continue;
        }
        if (column == 0 || column + strlen(name) > COLUMNS_MAX) {
            bool passed = verdict == BULLA_VERDICT_PASSED;
            fprintf(look->out, "%s%s%s%-10s%s ", column == 0 ? "" : ",\n", indent,
                    passed ? look->green : "", column == 0 ? word : "", passed ? look->plain : "");
            column = strlen(indent) + FIELD_LEN;
        } else {
            fputs(", ", look->out);
        }
        fputs(name, look->out);
        column += strlen(name) + 2;
    }
    if (column != 0) {
        fputc('\n', look->out);
    }
}

static void print_fault(const struct look *look, const bulla_report_entry *entry, bulla_check check,
                        const char *indent) {
    const bulla_check_result *result = &entry->checks[check];
    bool failed = result->verdict == BULLA_VERDICT_FAILED;
    const bulla_cause_info *about = bulla_cause_about(result->cause);
    bool named = result->cause > BULLA_OK;
    fprintf(look->out, "%s%s%-10s%s %s: %s\n", indent, failed ? look->red : look->yellow,
            failed ? "FAILED" : "warning", look->plain, bulla_check_name(check),
            named ? about->says : "only a pin that is about to end matches");
}

/* Sent, but nobody's issuer here. */
static void print_strays(const struct look *look, const bulla_report *report) {
    for (size_t i = 0; i < report->num_entries; i++) {
        const bulla_report_entry *entry = &report->entries[i];
        if (entry->depth == BULLA_REPORT_DEPTH_NONE) {
            fprintf(look->out, "not part of the chain: %s  [sent %d]\n", entry->subject,
                    entry->sent_at + 1);
        }
    }
}

static void print_notes(const struct look *look, const bulla_report *report) {
    if (report->wrong_order) {
        fprintf(look->out,
                "%snote%s: the certificates were sent in the wrong order; harmless here "
                "(RFC 8446 4.4.2 lets clients sort them), but old clients fail\n",
                look->yellow, look->plain);
    }
    if (report->num_dropped != 0) {
        fprintf(look->out, "note: %zu more certificates are not shown\n", report->num_dropped);
    }
}

static void print_fetched(const struct look *look, const struct fetched *fetched) {
    if (fetched->num_items == 0) {
        fputs("fetched nothing: no question was open, or no certificate says where to ask\n",
              look->out);
    }
    for (size_t i = 0; i < fetched->num_items; i++) {
        const struct fetched_item *item = &fetched->items[i];
        bool came = item->len != 0;
        const char *kind = strcmp(item->kind, "ocsp") == 0  ? "OCSP response"
                           : strcmp(item->kind, "crl") == 0 ? "CRL"
                                                            : "issuer";
        fprintf(look->out, "%s%s%s the %s of %s from %s: ", came ? "" : look->yellow,
                came ? "fetched" : "warning: could not fetch", came ? "" : look->plain, kind,
                item->subject, item->url);
        if (came) {
            fprintf(look->out, "%zu bytes, %s%s", item->len, item->outcome,
                    item->says[0] == '\0' ? "" : ": ");
        }
        fprintf(look->out, "%s\n", item->says);
    }
}

static void print_paragraph(const struct look *look, const struct explanation *explanation) {
    bool good = explanation->code == EXIT_OK;
    fprintf(look->out, "\n%s%s%s: %s", good ? look->green : look->red, explanation->diagnosis,
            look->plain, explanation->says);
    if (explanation->evidence[0] != '\0') {
        fprintf(look->out, ": %s", explanation->evidence);
    }
    fputs(".\n", look->out);
    if (explanation->fix[0] != '\0') {
        fprintf(look->out, "fix: %s.\n", explanation->fix);
    }
    if (explanation->command[0] != '\0') {
        fprintf(look->out, "  %s\n", explanation->command);
    }
}
