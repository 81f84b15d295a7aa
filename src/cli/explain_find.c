/* SPDX-License-Identifier: Apache-2.0 */
/* From what was seen to the one finding: of a chain its report's headline; of a connection that
 * failed otherwise, what the alert or the first bytes mean to somebody who has to mend it. */
#include "cli/explain.h"

#include <bulla/config.h>

enum { PLAIN_TIMEOUT_MS = 1500 };

static void find_mended(struct explanation *explanation);
static void find_connection(struct explanation *explanation);
static void find_unreachable(struct explanation *explanation, const char *diagnosis,
                             const char *says, const char *evidence);
static void find_tls(struct explanation *explanation);
static void find_alert(struct explanation *explanation);
static void find_plain(struct explanation *explanation, bulla_cause fallback);
static void find_good(struct explanation *explanation);
static void take_cause(struct explanation *explanation, bulla_cause cause);
static void put(char *out, const char *text);

/* What an alert means to a client that sends none of its own faults. `ours`: 1 where a certificate
 * was shown, 0 where not, -1 for either. */
static const struct alert_meaning {
    bulla_alert alert;
    int ours;
    const char *diagnosis, *says, *fix;
} meanings[] = {
    {BULLA_ALERT_CERTIFICATE_REQUIRED, -1, "client_certificate_required",
     "the server requires a client certificate",
     "show one that the server's client CA issued (--cert, --key)"},
    {BULLA_ALERT_UNKNOWN_CA, 1, "client_ca_not_accepted",
     "the client certificate was issued by another CA than the server accepts",
     "show a certificate of a CA that the server accepts, with its intermediates, or add this "
     "one's CA to the server's client CAs"},
    {BULLA_ALERT_BAD_CERTIFICATE, 1, "client_certificate_refused",
     "the server refuses the client certificate",
     "see the server's log; judge the certificate as the server does: --purpose client"},
    {BULLA_ALERT_UNSUPPORTED_CERTIFICATE, 1, "client_certificate_refused",
     "the server refuses this kind of client certificate",
     "show one that has clientAuth in its extended key usage, and a key the server supports"},
    {BULLA_ALERT_CERTIFICATE_UNKNOWN, 1, "client_certificate_refused",
     "the server refuses the client certificate", "see the server's log"},
    {BULLA_ALERT_CERTIFICATE_EXPIRED, 1, "client_certificate_expired",
     "the server holds the client certificate to be expired",
     "renew the client certificate; check the server's clock"},
    {BULLA_ALERT_CERTIFICATE_REVOKED, 1, "client_certificate_revoked",
     "the server holds the client certificate to be revoked",
     "have a new client certificate issued for a new key"},
    {BULLA_ALERT_ACCESS_DENIED, -1, "client_denied",
     "the server knows the client and does not let it in", "see the server's access rules"},
    {BULLA_ALERT_PROTOCOL_VERSION, -1, "protocol_mismatch",
     "the server speaks neither TLS 1.3 nor 1.2", "turn TLS 1.3 on at the server"},
    {BULLA_ALERT_HANDSHAKE_FAILURE, 0, "suite_mismatch",
     "the server found no cipher suite, group or signature scheme in common with ours",
     "enable TLS_AES_128_GCM_SHA256, X25519 or P-256, and an ECDSA P-256 or RSA certificate at "
     "the server; one that wants a client certificate may also say this"},
    {BULLA_ALERT_INSUFFICIENT_SECURITY, -1, "suite_mismatch",
     "the server wants stronger algorithms than it was offered",
     "enable TLS 1.3, or an ECDHE suite with AES-GCM or ChaCha20-Poly1305, at the server"},
    {BULLA_ALERT_UNRECOGNIZED_NAME, -1, "server_name_unknown",
     "the server has no site of the name that it was asked for",
     "ask for a name that it serves (--name), or add this one at the server"},
    {BULLA_ALERT_NO_APPLICATION_PROTOCOL, -1, "no_application_protocol",
     "the server insists on an application protocol (ALPN) that was not offered",
     "connect with a client of the protocol that this server is for"},
};

void explain_find(struct explanation *explanation) {
    const struct probe_result *probe = explanation->probe;
    const bulla_report *report = explanation->report;
    if (report != NULL && report->cause != BULLA_OK) {
        take_cause(explanation, report->cause);
        explanation->diagnosis = report->diagnosis;
        put(explanation->evidence, report->evidence);
        put(explanation->fix, report->fix);
        find_mended(explanation);
    } else if (probe != NULL && probe->outcome != PROBE_DONE) {
        find_connection(explanation);
    } else {
        find_good(explanation);
    }
    explain_command(explanation);
}

void explain_find_cause(struct explanation *explanation, bulla_cause cause, const char *evidence) {
    take_cause(explanation, cause);
    explanation->code = EXIT_FINDING;
    snprintf(explanation->evidence, EXPLAIN_TEXT_MAX,
             "the key in %s has another public key than the first certificate of %s", evidence,
             explanation->target);
    explain_command(explanation);
}

/* The verdict stays that of what was sent. */
static void find_mended(struct explanation *explanation) {
    const struct fetched *fetched = explanation->fetched;
    if (fetched != NULL && fetched->num_issuers != 0 &&
        explanation->cause == BULLA_E_CERT_UNKNOWN_ISSUER) {
        fetched_print_fix(fetched, explanation->fix, sizeof explanation->fix);
    }
}

static void find_connection(struct explanation *explanation) {
    const struct probe_result *probe = explanation->probe;
    explanation->code = EXIT_CANNOT_CONNECT;
    switch (probe->outcome) {
    case PROBE_TLS_FAILED:
        find_tls(explanation);
        return;
    case PROBE_RESOLVE_FAILED:
        find_unreachable(explanation, "name_unknown", "the host name has no address",
                         gai_strerror(probe->system_error));
        return;
    case PROBE_CONNECT_FAILED:
        find_unreachable(explanation, "connect_failed", "no connection could be made",
                         strerror(probe->system_error));
        return;
    case PROBE_TIMEOUT:
        find_unreachable(explanation, "handshake_timeout",
                         "the server did not finish the handshake in time",
                         probe->silent ? "it said nothing at all" : "it fell silent");
        if (probe->silent) {
            find_plain(explanation, BULLA_OK);
        }
        return;
    case PROBE_SOCKET_ERROR:
    case PROBE_DONE:
    case PROBE_INVALID:
        break;
    }
    find_unreachable(explanation, "disconnected", "the connection broke",
                     strerror(probe->system_error));
}

static void find_unreachable(struct explanation *explanation, const char *diagnosis,
                             const char *says, const char *evidence) {
    explanation->cause = BULLA_E_CLOSED_BEFORE_HANDSHAKE;
    explanation->diagnosis = diagnosis;
    put(explanation->says, says);
    put(explanation->evidence, evidence);
    put(explanation->fix, "check host, port and firewall");
}

static void find_tls(struct explanation *explanation) {
    const struct probe_result *probe = explanation->probe;
    take_cause(explanation, probe->cause);
    explanation->code = exit_code_of(probe->cause, probe->alert_received);
    snprintf(explanation->evidence, EXPLAIN_TEXT_MAX,
             "while talking to %s, %s the handshake was "
             "done",
             probe->address, probe->handshake_done ? "after" : "before");
    if (probe->cause == BULLA_E_ALERT_RECEIVED) {
        find_alert(explanation);
    } else if (probe->cause == BULLA_E_VERSION_UNSUPPORTED) {
        explanation->diagnosis = "protocol_mismatch";
    } else if (probe->cause == BULLA_E_TRUNCATED && probe->certificate_requested) {
        explanation->diagnosis = "client_certificate_refused";
        put(explanation->evidence,
            "the server broke the connection off when it had seen our answer to its request for "
            "a certificate, without an alert");
    } else if (probe->cause == BULLA_E_CLOSED_BEFORE_HANDSHAKE ||
               probe->cause == BULLA_E_PEER_NOT_TLS) {
        find_plain(explanation, probe->cause);
    }
}

static void find_alert(struct explanation *explanation) {
    const struct probe_result *probe = explanation->probe;
    snprintf(explanation->evidence, EXPLAIN_TEXT_MAX, "the server (%s) sent the alert %s (%u)%s%s",
             probe->address, bulla_alert_name(probe->alert_received), probe->alert_received,
             probe->handshake_done ? " after it had seen our last flight" : "",
             probe->certificate_requested && !explanation->shows_certificate
                 ? "; it had asked for a certificate, and none was shown"
                 : "");
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct alert_meaning *meaning = &meanings[i];
        if (meaning->alert == (bulla_alert)probe->alert_received &&
            (meaning->ours < 0 || meaning->ours == explanation->shows_certificate)) {
            explanation->diagnosis = meaning->diagnosis;
            put(explanation->says, meaning->says);
            put(explanation->fix, meaning->fix);
            return;
        }
    }
}

/* A second look at a port that answered our ClientHello with nothing that we know. */
static void find_plain(struct explanation *explanation, bulla_cause fallback) {
    switch (probe_plain(explanation->peer, PLAIN_TIMEOUT_MS)) {
    case PROBE_PLAIN_HTTP:
        take_cause(explanation, BULLA_E_PEER_SPEAKS_HTTP);
        put(explanation->evidence, "it answers a plain OPTIONS * with an HTTP status line");
        break;
    case PROBE_PLAIN_POSTGRESQL:
        take_cause(explanation, BULLA_E_PEER_SPEAKS_POSTGRESQL);
        put(explanation->evidence, "it answers PostgreSQL's SSLRequest with S: TLS is there");
        break;
    case PROBE_PLAIN_POSTGRESQL_OFF:
        take_cause(explanation, BULLA_E_PEER_SPEAKS_POSTGRESQL);
        put(explanation->evidence, "it answers PostgreSQL's SSLRequest with N: TLS is off");
        put(explanation->fix, "turn TLS on at the server (ssl = on in postgresql.conf)");
        break;
    case PROBE_PLAIN_UNKNOWN:
        if (fallback == BULLA_E_CLOSED_BEFORE_HANDSHAKE && explanation->probe->silent) {
            put(explanation->evidence, "it closed the connection without a byte");
        }
        break;
    }
    explanation->code = EXIT_CANNOT_CONNECT;
}

/* Nothing to mend; there may be things to know. */
static void find_good(struct explanation *explanation) {
    const bulla_report *report = explanation->report;
    take_cause(explanation, BULLA_OK);
    explanation->code = EXIT_OK;
    put(explanation->says, "nothing is wrong");
    put(explanation->fix, "");
    if (report != NULL) {
        put(explanation->evidence, report->evidence);
    }
}

static void take_cause(struct explanation *explanation, bulla_cause cause) {
    const bulla_cause_info *about = bulla_cause_about(cause);
    explanation->cause = cause;
    explanation->diagnosis = about->name;
    explanation->code = exit_code_of(cause, BULLA_ALERT_NONE);
    put(explanation->says, about->says);
    put(explanation->fix, about->fix);
}

static void put(char *out, const char *text) {
    snprintf(out, EXPLAIN_TEXT_MAX, "%s", text);
}
