/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a conversation as one line of JSON; see talk.h. */
#include "talk.h"

#include <stdio.h>

static void print_text(const char *key, bulla_bytes text);
static void print_name(const char *key, const char *name);
static void print_bool(const char *key, bool value);
static void print_hex(const char *key, bulla_bytes bytes);
static void print_alert(const char *key, unsigned alert);
static const char *version_name(uint16_t version);
static const char *early_data_name(bulla_early_data early_data);

void report_print(const struct talk *talk) {
    bulla_connection_info info;
    bulla_connection_info_get(talk->connection, &info);
    bulla_failure failure = bulla_connection_failure(talk->connection);
    (void)printf("{\"sessions\": %u", talk->num_sessions);
    print_bool("handshake_done", info.handshake_done);
    print_name("version", version_name(info.version));
    print_name("suite", info.suite == 0 ? "" : bulla_suite_name(info.suite));
    print_name("group", info.group == 0 ? "" : bulla_group_name(info.group));
    print_name("peer_scheme", info.peer_signature_scheme == 0
                                  ? ""
                                  : bulla_signature_scheme_name(info.peer_signature_scheme));
    print_bool("hello_retried", info.hello_retried);
    print_bool("resumed", info.resumed);
    print_bool("extended_master_secret", info.extended_master_secret);
    print_name("early_data", early_data_name(info.early_data));
    print_bool("peer_authenticated", info.peer_authenticated);
    print_hex("peer_certificate", bulla_connection_peer_certificate(talk->connection, 0));
    print_text("server_name", info.server_name);
    print_text("alpn", info.alpn);
    print_text("received", (bulla_bytes){talk->received.bytes, talk->received.len});
    print_text("early", (bulla_bytes){talk->early.bytes, talk->early.len});
    print_text("early_refused", (bulla_bytes){talk->early_refused.bytes, talk->early_refused.len});
    print_name("resume", bulla_cause_about(talk->resume)->name);
    print_bool("peer_closed", talk->peer_closed);
    print_name("cause", bulla_cause_about(failure.cause)->name);
    print_alert("alert_sent", failure.alert_sent);
    print_alert("alert_received", failure.alert_received);
    (void)printf("}\n");
    (void)fflush(stdout);
}

/* Bytes that are not ASCII are shown as the characters of the same number. */
static void print_text(const char *key, bulla_bytes text) {
    (void)printf(", \"%s\": \"", key);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\') {
            (void)printf("\\u%04x", byte);
        } else {
            (void)putchar(byte);
        }
    }
    (void)putchar('"');
}

static void print_name(const char *key, const char *name) {
    print_text(key, text_bytes(name));
}

static void print_bool(const char *key, bool value) {
    (void)printf(", \"%s\": %s", key, value ? "true" : "false");
}

static void print_hex(const char *key, bulla_bytes bytes) {
    (void)printf(", \"%s\": \"", key);
    for (size_t i = 0; i < bytes.len; i++) {
        (void)printf("%02x", bytes.data[i]);
    }
    (void)putchar('"');
}

static void print_alert(const char *key, unsigned alert) {
    print_name(key, alert == BULLA_ALERT_NONE ? "" : bulla_alert_name(alert));
}

static const char *version_name(uint16_t version) {
    return version == BULLA_TLS_1_3 ? "1.3" : version == BULLA_TLS_1_2 ? "1.2" : "";
}

static const char *early_data_name(bulla_early_data early_data) {
    switch (early_data) {
    case BULLA_EARLY_DATA_NONE:
        return "none";
    case BULLA_EARLY_DATA_OFFERED:
        return "offered";
    case BULLA_EARLY_DATA_ACCEPTED:
        return "accepted";
    case BULLA_EARLY_DATA_REFUSED:
        return "refused";
    }
    return "unknown";
}
