/* SPDX-License-Identifier: Apache-2.0 */
/* Judging the server's chain, and telling about it. Texts that come from certificates arrive in the
 * report already escaped. */
#include "cli/get_report.h"

#include "base/system_clock.h"

#include <stdio.h>

static bulla_name name_to_look_for(const struct url *url, uint8_t ip[16]);
static void print_chain(const bulla_report *chain);
static void print_entry(const bulla_report_entry *entry);
static void print_timings(const struct http_client_result *result);
static void print_timing(const char *what, int64_t from_us, int64_t until_us);
static enum exit_code end_response(const struct get_report *report,
                                   const struct http_client_result *result);
static enum exit_code end_tls(const struct get_report *report,
                              const struct http_client_result *result);
static enum exit_code end_unreachable(const struct get_report *report,
                                      const struct http_client_result *result);
static void say_evidence_of_chain(const bulla_report *chain);
static void say_next_step(const struct get_report *report, bulla_cause cause, unsigned alert);

bulla_cause get_report_verify(void *context, const bulla_connection *connection) {
    struct get_report *report = context;
    bulla_bytes chain[BULLA_CHAIN_LEN_MAX];
    size_t num = 0;
    uint8_t ip[16];
    while (num < BULLA_CHAIN_LEN_MAX &&
           bulla_connection_peer_certificate(connection, num).len != 0) {
        chain[num] = bulla_connection_peer_certificate(connection, num);
        num++;
    }
    const bulla_verify_request request = {
        .purpose = BULLA_PURPOSE_SERVER_AUTH,
        .profile = BULLA_PROFILE_PRIVATE,
        .revocation = BULLA_REVOCATION_OFF,
        .name = name_to_look_for(report->url, ip),
        .now = system_clock(NULL),
        .depth_max = BULLA_VERIFY_DEPTH_DEFAULT,
    };
    report->judged = true;
    return bulla_verify(report->trust, chain, num, &request, &report->chain);
}

void get_report_connected(void *context, const bulla_connection *connection) {
    const struct get_report *report = context;
    bulla_connection_info info;
    if (!report->verbose) {
        return;
    }
    bulla_connection_info_get(connection, &info);
    fprintf(stderr, "* version    %s\n* suite      %s\n* group      %s%s\n",
            bulla_version_name(info.version), bulla_suite_name(info.suite),
            bulla_group_name(info.group), info.hello_retried ? " (after a HelloRetryRequest)" : "");
    fprintf(stderr, "* signature  %s\n* alpn       %.*s\n",
            bulla_signature_scheme_name(info.peer_signature_scheme),
            info.alpn.len == 0 ? 4 : (int)info.alpn.len,
            info.alpn.len == 0 ? "none" : (const char *)info.alpn.data);
    print_chain(&report->chain);
}

enum exit_code get_report_end(const struct get_report *report,
                              const struct http_client_result *result) {
    if (report->verbose) {
        print_timings(result);
    }
    switch (result->outcome) {
    case HTTP_CLIENT_COMPLETE:
    case HTTP_CLIENT_BAD_RESPONSE:
    case HTTP_CLIENT_OUTPUT_FAILED:
        return end_response(report, result);
    case HTTP_CLIENT_TLS_FAILED:
        return end_tls(report, result);
    case HTTP_CLIENT_RESOLVE_FAILED:
    case HTTP_CLIENT_CONNECT_FAILED:
    case HTTP_CLIENT_HANDSHAKE_TIMEOUT:
    case HTTP_CLIENT_IDLE_TIMEOUT:
    case HTTP_CLIENT_SOCKET_ERROR:
    case HTTP_CLIENT_INVALID:
        break;
    }
    return end_unreachable(report, result);
}

static bulla_name name_to_look_for(const struct url *url, uint8_t ip[16]) {
    size_t ip_len;
    if (address_is_ip(url->address.host, ip, &ip_len)) {
        return (bulla_name){BULLA_NAME_IP, bytes_of(ip, ip_len)};
    }
    return (bulla_name){BULLA_NAME_DNS, bytes_of_text(url->address.host)};
}

static void print_chain(const bulla_report *chain) {
    for (size_t i = 0; i < chain->num_entries; i++) {
        const bulla_report_entry *entry = &chain->entries[i];
        fprintf(stderr, "* chain %u%s\n", entry->depth,
                entry->from_trust ? " (from the trust store)" : "");
        print_entry(entry);
    }
}

static void print_entry(const bulla_report_entry *entry) {
    char from[CLOCK_TEXT_LEN];
    char until[CLOCK_TEXT_LEN];
    fprintf(stderr, "    subject  %s\n    issuer   %s\n    valid    %s to %s\n    sha256   ",
            entry->subject, entry->issuer, clock_timestamp(entry->not_before, from),
            clock_timestamp(entry->not_after, until));
    for (size_t i = 0; i < sizeof entry->sha256; i++) {
        fprintf(stderr, "%02x", entry->sha256[i]);
    }
    fputc('\n', stderr);
    if (entry->cause != BULLA_OK) {
        fprintf(stderr, "    fault    %s: %s\n", bulla_cause_about(entry->cause)->name,
                bulla_cause_about(entry->cause)->says);
    }
}

/* Each line is the time between two flights, as seen from here. */
static void print_timings(const struct http_client_result *result) {
    const struct http_client_times *times = &result->times;
    if (result->address[0] != '\0') {
        fprintf(stderr, "* address    %s\n", result->address);
    }
    print_timing("resolve", times->started, times->resolved);
    print_timing("connect", times->resolved, times->connected);
    print_timing("ClientHello to the server's first byte", times->tls.first_sent,
                 times->tls.first_received);
    print_timing("the server's flight to our Finished", times->tls.first_received,
                 times->tls.handshake_done);
    print_timing("request to the response's first byte", times->tls.handshake_done,
                 times->tls.first_data);
    print_timing("in all", times->started, times->ended);
}

static void print_timing(const char *what, int64_t from_us, int64_t until_us) {
    if (from_us != 0 && until_us >= from_us) {
        fprintf(stderr, "* time       %8.3f ms  %s\n", (double)(until_us - from_us) / 1000, what);
    }
}

static enum exit_code end_response(const struct get_report *report,
                                   const struct http_client_result *result) {
    if (result->outcome == HTTP_CLIENT_OUTPUT_FAILED) {
        return exit_with(EXIT_FINDING, "get",
                         "the body can't be written to stdout; free some disk "
                         "space, or read all of the pipe");
    }
    if (result->outcome == HTTP_CLIENT_BAD_RESPONSE) {
        return exit_with(EXIT_FINDING, "get",
                         "bad_response: %s\n  evidence: %llu bytes of the body came from %s\n"
                         "  next: see the server's log; try curl -v %s",
                         result->says == NULL ? "the exchange ended early" : result->says,
                         (unsigned long long)result->body_len, result->address, report->url_text);
    }
    if (report->verbose) {
        fprintf(stderr, "* status     %u, %llu bytes\n", result->status,
                (unsigned long long)result->body_len);
    }
    if (result->status >= 400) {
        return exit_with(EXIT_FINDING, "get", "the server answered %u (%s)", result->status,
                         http_reason(result->status));
    }
    return EXIT_OK;
}

static enum exit_code end_tls(const struct get_report *report,
                              const struct http_client_result *result) {
    const bulla_cause_info *about = bulla_cause_about(result->cause);
    bool chain_failed =
        report->judged && report->chain.cause != BULLA_OK && result->cause == report->chain.cause;
    fprintf(stderr, "bulla get: %s: %s\n  evidence: ", about->name, about->says);
    if (chain_failed) {
        say_evidence_of_chain(&report->chain);
    } else if (result->alert_received != BULLA_ALERT_NONE) {
        fprintf(stderr, "the server (%s) sent the alert %s (%u)%s\n", result->address,
                bulla_alert_name(result->alert_received), result->alert_received,
                result->handshake_done ? " after the handshake" : "");
    } else {
        fprintf(stderr, "while talking to %s, %s the handshake was done\n", result->address,
                result->handshake_done ? "after" : "before");
    }
    fprintf(stderr, "  next: ");
    if (chain_failed) {
        bool is_ipv6 = strchr(report->url->address.host, ':') != NULL;
        fprintf(stderr,
                "%s; to look at it: openssl s_client -connect %s%s%s:%u -showcerts </dev/null\n",
                report->chain.fix, is_ipv6 ? "[" : "", report->url->address.host,
                is_ipv6 ? "]" : "", report->url->address.port);
    } else {
        say_next_step(report, result->cause, result->alert_received);
    }
    return exit_code_of(result->cause, result->alert_received);
}

static void say_evidence_of_chain(const bulla_report *chain) {
    char from[CLOCK_TEXT_LEN];
    char until[CLOCK_TEXT_LEN];
    if (chain->headline < chain->num_entries) {
        const bulla_report_entry *entry = &chain->entries[chain->headline];
        fprintf(stderr, "certificate %u, subject %s, issuer %s, valid %s to %s, sha256 ",
                entry->depth, entry->subject, entry->issuer,
                clock_timestamp(entry->not_before, from), clock_timestamp(entry->not_after, until));
        for (size_t i = 0; i < sizeof entry->sha256; i++) {
            fprintf(stderr, "%02x", entry->sha256[i]);
        }
        fprintf(stderr, "; ");
    }
    fprintf(stderr, "%s\n", chain->evidence);
}

/* What helps most people in this place; otherwise the cause's own fix. */
static void say_next_step(const struct get_report *report, bulla_cause cause, unsigned alert) {
    bool wants_ours = cause == BULLA_E_ALERT_RECEIVED && alert == BULLA_ALERT_CERTIFICATE_REQUIRED;
    bool dislikes_ours =
        cause == BULLA_E_ALERT_RECEIVED && report->shows_certificate &&
        (alert == BULLA_ALERT_UNKNOWN_CA || alert == BULLA_ALERT_BAD_CERTIFICATE ||
         alert == BULLA_ALERT_CERTIFICATE_EXPIRED || alert == BULLA_ALERT_CERTIFICATE_UNKNOWN);
    if (wants_ours) {
        fprintf(stderr, "bulla get --cert client.crt --key client.key %s\n", report->url_text);
    } else if (dislikes_ours) {
        fprintf(stderr, "show a certificate whose CA the server trusts, with its intermediates; "
                        "its dates: openssl x509 -noout -dates -in client.crt\n");
    } else {
        fprintf(stderr, "%s; try curl -v %s\n", bulla_cause_about(cause)->fix, report->url_text);
    }
}

static enum exit_code end_unreachable(const struct get_report *report,
                                      const struct http_client_result *result) {
    const char *name = "disconnected";
    const char *says = "the connection broke";
    const char *evidence = strerror(result->system_error);
    if (result->outcome == HTTP_CLIENT_RESOLVE_FAILED) {
        name = "name_unknown";
        says = "the host name has no address";
        evidence = gai_strerror(result->system_error);
    } else if (result->outcome == HTTP_CLIENT_CONNECT_FAILED) {
        name = "connect_failed";
        says = "no connection could be made";
    } else if (result->outcome == HTTP_CLIENT_HANDSHAKE_TIMEOUT) {
        name = "handshake_timeout";
        says = "the server did not finish the handshake in time";
        evidence = "is it a TLS port?";
    } else if (result->outcome == HTTP_CLIENT_IDLE_TIMEOUT) {
        name = "idle_timeout";
        says = "the server fell silent";
        evidence = "no byte came within --idle-timeout";
    }
    return exit_with(EXIT_CANNOT_CONNECT, "get",
                     "%s: %s\n  evidence: %s, port %u: %s\n"
                     "  next: check host, port and firewall: curl -v %s",
                     name, says, report->url->address.host, report->url->address.port, evidence,
                     report->url_text);
}
