/* SPDX-License-Identifier: Apache-2.0 */
/* `bulla explain --json`. Members are only ever added; docs/explain.md describes them. */
#include "cli/explain.h"

#include "http/json.h"
#include "net/clock.h"
#include <bulla/config.h>

enum { JSON_LEN_MAX = 1 << 20, HEX_LEN = 65 };

static void write_finding(struct json *json, const struct explanation *explanation);
static void write_connection(struct json *json, const struct probe_result *probe);
static void write_chain(struct json *json, const bulla_report *report);
static void write_entry(struct json *json, const bulla_report_entry *entry);
static void write_checks(struct json *json, const bulla_report_entry *entry);
static void write_fetched(struct json *json, const struct fetched *fetched);
static void write_time(struct json *json, const char *name, int64_t seconds);
static void write_digest(struct json *json, const char *name, const uint8_t *digest);
static void write_text(struct json *json, const char *name, const char *value);

bool explain_print_json(const struct explanation *explanation, FILE *out) {
    struct writer writer = writer_growing(JSON_LEN_MAX);
    struct json json = json_start(&writer);
    bulla_bytes text;
    write_text(&json, "target", explanation->target);
    write_finding(&json, explanation);
    if (explanation->probe != NULL) {
        write_connection(&json, explanation->probe);
    }
    if (explanation->report != NULL) {
        write_chain(&json, explanation->report);
    }
    if (explanation->fetched != NULL) {
        write_fetched(&json, explanation->fetched);
    }
    json_finish(&json);
    bool ok = writer_finish(&writer, &text);
    if (ok) {
        (void)fwrite(text.data, 1, text.len, out); /* main() flushes and looks */
    }
    writer_free(&writer);
    return ok;
}

static void write_finding(struct json *json, const struct explanation *explanation) {
    write_text(json, "diagnosis", explanation->diagnosis);
    write_text(json, "cause", bulla_cause_about(explanation->cause)->name);
    write_text(json, "rfc", bulla_cause_about(explanation->cause)->rfc);
    write_text(json, "says", explanation->says);
    write_text(json, "evidence", explanation->evidence);
    write_text(json, "fix", explanation->fix);
    write_text(json, "command", explanation->command);
    json_number(json, "exit_code", (uint64_t)explanation->code);
    write_time(json, "judged_at", explanation->request->now);
}

static void write_connection(struct json *json, const struct probe_result *probe) {
    json_object_open(json, "connection");
    write_text(json, "address", probe->address);
    if (probe->version != 0) {
        write_text(json, "version", bulla_version_name(probe->version));
        write_text(json, "suite", bulla_suite_name(probe->suite));
        write_text(json, "group", bulla_group_name(probe->group));
    }
    if (probe->alert_received != BULLA_ALERT_NONE) {
        write_text(json, "alert_received", bulla_alert_name(probe->alert_received));
    }
    json_boolean(json, "handshake_done", probe->handshake_done);
    json_boolean(json, "asks_for_certificate", probe->certificate_requested);
    json_boolean(json, "stapled", probe->ocsp_response.len != 0);
    json_object_close(json);
}

static void write_chain(struct json *json, const bulla_report *report) {
    json_boolean(json, "wrong_order", report->wrong_order != 0);
    json_boolean(json, "clock_explains", report->clock_explains != 0);
    if (report->valid_from <= report->valid_until && report->num_entries != 0) {
        write_time(json, "valid_from", report->valid_from);
        write_time(json, "valid_until", report->valid_until);
    }
    json_array_open(json, "certificates");
    for (size_t i = 0; i < report->num_entries; i++) {
        json_object_open(json, NULL);
        write_entry(json, &report->entries[i]);
        json_object_close(json);
    }
    json_array_close(json);
}

static void write_entry(struct json *json, const bulla_report_entry *entry) {
    write_text(json, "subject", entry->subject);
    write_text(json, "issuer", entry->issuer);
    write_text(json, "names", entry->names);
    write_text(json, "serial", entry->serial);
    write_time(json, "not_before", entry->not_before);
    write_time(json, "not_after", entry->not_after);
    write_text(json, "key", entry->key_kind);
    json_number(json, "key_bits", entry->key_bits);
    write_text(json, "signature_algorithm", entry->signature_algorithm);
    write_digest(json, "sha256", entry->sha256);
    write_digest(json, "public_key_sha256", entry->public_key_sha256);
    write_text(json, "ca_issuers", entry->ca_issuers);
    json_boolean(json, "trusted", entry->from_trust != 0);
    if (entry->sent_at >= 0) {
        json_number(json, "sent_at", (uint64_t)entry->sent_at);
    } else {
        json_null(json, "sent_at");
    }
    if (entry->depth == BULLA_REPORT_DEPTH_NONE) {
        json_null(json, "depth");
    } else {
        json_number(json, "depth", entry->depth);
    }
    write_text(json, "cause", bulla_cause_about(entry->cause)->name);
    write_checks(json, entry);
}

static void write_checks(struct json *json, const bulla_report_entry *entry) {
    json_object_open(json, "checks");
    for (unsigned check = BULLA_CHECK_FORM; check < BULLA_NUM_CHECKS; check++) {
        const bulla_check_result *result = &entry->checks[check];
        json_object_open(json, bulla_check_name((bulla_check)check));
        write_text(json, "verdict", bulla_verdict_name(result->verdict));
        if (result->cause > BULLA_OK) {
            write_text(json, "cause", bulla_cause_about(result->cause)->name);
        }
        json_object_close(json);
    }
    json_object_close(json);
}

static void write_fetched(struct json *json, const struct fetched *fetched) {
    json_array_open(json, "fetched");
    for (size_t i = 0; i < fetched->num_items; i++) {
        const struct fetched_item *item = &fetched->items[i];
        json_object_open(json, NULL);
        write_text(json, "kind", item->kind);
        write_text(json, "subject", item->subject);
        write_text(json, "url", item->url);
        json_number(json, "bytes", item->len);
        write_text(json, "outcome", item->outcome);
        write_text(json, "says", item->says);
        json_object_close(json);
    }
    json_array_close(json);
    if (fetched->num_issuers != 0) {
        write_text(json, "cause_with_fetched", bulla_cause_about(fetched->mended)->name);
    }
}

static void write_time(struct json *json, const char *name, int64_t seconds) {
    char text[CLOCK_TEXT_LEN];
    write_text(json, name, clock_timestamp(seconds, text));
}

static void write_digest(struct json *json, const char *name, const uint8_t *digest) {
    char hex[HEX_LEN];
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    write_text(json, name, hex);
}

static void write_text(struct json *json, const char *name, const char *value) {
    json_text(json, name, bytes_of_text(value));
}
