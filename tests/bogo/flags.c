/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the runner's flags; see flags.h. A flag that stands here is obeyed, or cannot matter
 * to libbulla (those of the last two parts). All others are unimplemented: README.md says which,
 * and why. */
#include "flags.h"

#include <string.h>

#define FIELD(name) offsetof(struct options, name)

static const struct flag flags[] = {
    {"-server", FLAG_SET, FIELD(is_server)},
    {"-ipv6", FLAG_SET, FIELD(ipv6)},
    {"-port", FLAG_NUMBER, FIELD(port)},
    {"-shim-id", FLAG_NUMBER, FIELD(shim_id)},
    {"-is-handshaker-supported", FLAG_SET, FIELD(ask_handshaker)},
    {"-async", FLAG_SET, FIELD(byte_by_byte)},

    {"-min-version", FLAG_NUMBER, FIELD(min_version)},
    {"-max-version", FLAG_NUMBER, FIELD(max_version)},
    {"-no-tls12", FLAG_SET, FIELD(no_tls12)},
    {"-no-tls13", FLAG_SET, FIELD(no_tls13)},
    {"-cipher", FLAG_TEXT, FIELD(suites)},
    {"-curves", FLAG_LIST, FIELD(groups)},
    {"-key-shares", FLAG_LIST, FIELD(key_shares)},
    {"-verify-prefs", FLAG_LIST, FIELD(verify_schemes)},
    {"-enable-grease", FLAG_SET, FIELD(grease)},
    {"-max-send-fragment", FLAG_NUMBER, FIELD(record_size)},
    {"-host-name", FLAG_TEXT, FIELD(host_name)},
    {"-advertise-alpn", FLAG_TEXT, FIELD(advertise_alpn)},
    {"-select-alpn", FLAG_TEXT, FIELD(select_alpn)},
    {"-reject-alpn", FLAG_SET, FIELD(reject_alpn)},

    {"-new-x509-credential", FLAG_CREDENTIAL, 0},
    {"-cert-file", FLAG_CHAIN, 0},
    {"-key-file", FLAG_KEY, 0},
    {"-ocsp-response", FLAG_STAPLE, 0},
    {"-signing-prefs", FLAG_SIGNING, 0},
    {"-verify-peer", FLAG_SET, FIELD(request_client_certificate)},
    {"-require-any-client-certificate", FLAG_SET, FIELD(require_client_certificate)},
    {"-use-custom-verify-callback", FLAG_SET, FIELD(verify_by_callback)},
    {"-verify-fail", FLAG_SET, FIELD(refuse_chain)},
    {"-reverify-on-resume", FLAG_SET, FIELD(judges_resumptions)},
    {"-use-client-ca-list", FLAG_TEXT, FIELD(authorities)},
    {"-enable-ocsp-stapling", FLAG_SET, FIELD(ask_staple)},
    {"-fail-ocsp-callback", FLAG_SET, FIELD(refuse_staple)},
    {"-decline-ocsp-callback", FLAG_SET, FIELD(decline_staple)},
    {"-install-cert-compression-algs", FLAG_SET, FIELD(compress_all)},
    {"-install-one-cert-compression-alg", FLAG_NUMBER, FIELD(compress_one)},

    {"-resume-count", FLAG_NUMBER, FIELD(num_resumptions)},
    {"-resumption-delay", FLAG_NUMBER, FIELD(resumption_delay)},
    {"-no-ticket", FLAG_SET, FIELD(no_tickets)},
    {"-skip-ticket", FLAG_SET, FIELD(no_tickets)},
    {"-expect-session-id", FLAG_SET, FIELD(session_ids)},
    {"-expect-no-session-id", FLAG_SET, FIELD(no_session_ids)},
    {"-use-ticket-callback", FLAG_SET, FIELD(no_session_ids)},
    {"-use-ticket-aead-callback", FLAG_SET, FIELD(no_session_ids)},
    {"-enable-early-data", FLAG_SET, FIELD(enable_early_data)},

    {"-shim-writes-first", FLAG_SET, FIELD(writes_first)},
    {"-shim-initial-write", FLAG_TEXT, FIELD(initial_write)},
    {"-repeat-shim-initial-write", FLAG_NUMBER, FIELD(num_initial_writes)},
    {"-read-with-unfinished-write", FLAG_SET, FIELD(reads_amid_write)},
    {"-shim-shuts-down", FLAG_SET, FIELD(shuts_down)},
    {"-check-close-notify", FLAG_SET, FIELD(check_close_notify)},
    {"-write-different-record-sizes", FLAG_SET, FIELD(different_record_sizes)},
    {"-handshake-never-done", FLAG_SET, FIELD(never_done)},
    {"-key-update", FLAG_SET, FIELD(update_key)},
    {"-key-update-before-read", FLAG_SET, FIELD(update_key_before_read)},
    {"-export-keying-material", FLAG_NUMBER, FIELD(export_len)},
    {"-export-label", FLAG_TEXT, FIELD(export_label)},
    {"-export-context", FLAG_TEXT, FIELD(export_context)},
    {"-use-export-context", FLAG_SET, FIELD(export_has_context)},
    {"-use-exporter-between-reads", FLAG_SET, FIELD(export_between_reads)},

    {"-expect-version", FLAG_NUMBER, FIELD(expect_version)},
    {"-expect-cipher", FLAG_NUMBER, FIELD(expect_suite)},
    {"-expect-cipher-aes", FLAG_NUMBER, FIELD(expect_suite)}, /* as with AES in hardware */
    {"-expect-cipher-no-aes", FLAG_PASS_VALUE, 0},
    {"-expect-curve-id", FLAG_NUMBER, FIELD(expect_group)},
    {"-expect-peer-signature-algorithm", FLAG_NUMBER, FIELD(expect_peer_scheme)},
    {"-expect-server-name", FLAG_TEXT, FIELD(expect_server_name)},
    {"-expect-alpn", FLAG_TEXT, FIELD(expect_alpn)},
    {"-expect-peer-cert-file", FLAG_TEXT, FIELD(expect_peer_file)},
    {"-expect-ocsp-response", FLAG_TEXT, FIELD(expect_staple)},
    {"-expect-hrr", FLAG_SET, FIELD(expect_retry)},
    {"-expect-no-hrr", FLAG_SET, FIELD(expect_no_retry)},
    {"-expect-no-peer-cert", FLAG_SET, FIELD(expect_no_peer)},
    {"-expect-extended-master-secret", FLAG_SET, FIELD(expect_extended_master_secret)},
    {"-expect-total-renegotiations", FLAG_NUMBER, FIELD(expect_renegotiations)},
    {"-expect-session-miss", FLAG_SET, FIELD(expect_session_miss)},
    {"-expect-no-session", FLAG_SET, FIELD(expect_no_session)},
    {"-expect-ticket-renewal", FLAG_SET, FIELD(expect_new_ticket)},
    {"-expect-accept-early-data", FLAG_SET, FIELD(expect_early_data_accepted)},
    {"-expect-reject-early-data", FLAG_SET, FIELD(expect_early_data_rejected)},
    {"-expect-no-offer-early-data", FLAG_SET, FIELD(expect_no_early_data)},
    {"-expect-early-data-reason", FLAG_TEXT, FIELD(expect_early_data_reason)},

    /* Other ways to the same end in BoringSSL's interface. */
    {"-implicit-handshake", FLAG_PASS, 0},
    {"-handshake-twice", FLAG_PASS, 0},
    {"-no-op-extra-handshake", FLAG_PASS, 0},
    {"-partial-write", FLAG_PASS, 0},
    {"-read-size", FLAG_PASS_VALUE, 0},
    {"-peek-then-read", FLAG_PASS, 0},
    {"-use-early-callback", FLAG_PASS, 0},
    {"-install-ddos-callback", FLAG_PASS, 0},
    {"-use-old-client-cert-callback", FLAG_PASS, 0},
    {"-use-ocsp-callback", FLAG_PASS, 0},
    {"-set-ocsp-in-callback", FLAG_PASS, 0},
    {"-allow-hint-mismatch", FLAG_PASS, 0},
    {"-must-match-issuer", FLAG_PASS, 0}, /* it always must */
    {"-trust-cert", FLAG_PASS_VALUE, 0},  /* the shim is asked about chains, and accepts them */
    {"-decline-alpn", FLAG_PASS, 0},
    {"-server-preference", FLAG_PASS, 0},
    {"-no-tls1", FLAG_PASS, 0},
    {"-no-tls11", FLAG_PASS, 0},
    {"-no-legacy-server-connect", FLAG_PASS, 0},
    {"-renegotiate-once", FLAG_PASS, 0}, /* never, whatever is allowed: see expect_renegotiations */
    {"-renegotiate-freely", FLAG_PASS, 0},
    {"-renegotiate-ignore", FLAG_PASS, 0},
    {"-renegotiate-explicit", FLAG_PASS, 0},
    {"-forbid-renegotiation-after-handshake", FLAG_PASS, 0},

    /* Expectations that the runner's own side of the test has too, or that only BoringSSL's
     * interface can tell. */
    {"-expect-verify-result", FLAG_PASS, 0},
    {"-expect-advertised-alpn", FLAG_PASS_VALUE, 0},
    {"-expect-selected-credential", FLAG_PASS_VALUE, 0},
    {"-expect-msg-callback", FLAG_PASS_VALUE, 0},
    {"-expect-ticket-supports-early-data", FLAG_PASS, 0},
    {"-expect-ticket-age-skew", FLAG_PASS_VALUE, 0},
    {"-expect-not-resumable-across-names", FLAG_PASS, 0},
    {"-expect-secure-renegotiation", FLAG_PASS, 0},
    {"-expect-no-secure-renegotiation", FLAG_PASS, 0},
};

const struct flag *flag_find(const char *name) {
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

bool flag_takes_value(const struct flag *flag) {
    return flag->kind != FLAG_SET && flag->kind != FLAG_CREDENTIAL && flag->kind != FLAG_PASS;
}

bool flag_is_of_credential(const struct flag *flag) {
    return flag->kind == FLAG_CHAIN || flag->kind == FLAG_KEY || flag->kind == FLAG_STAPLE ||
           flag->kind == FLAG_SIGNING;
}
