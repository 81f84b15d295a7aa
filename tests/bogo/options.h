/* SPDX-License-Identifier: Apache-2.0 */
/* What BoGo's runner asks of a shim, read from its command line. */
#ifndef BOGO_OPTIONS_H
#define BOGO_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTION_LIST_MAX = 16 };

/* Exit statuses; the runner skips a test that ends with the second. */
enum { EXIT_AS_EXPECTED = 0, EXIT_FAILED = 1, EXIT_UNIMPLEMENTED = 89 };

struct number_list {
    uint16_t values[OPTION_LIST_MAX];
    size_t num_values;
};

struct credential_files {
    const char *chain, *key, *ocsp_response;
    bool is_last_resort; /* BoringSSL's default credential, which comes behind the others */
    struct number_list signing_schemes;
};

/* Texts are NULL and numbers 0 where the flag was not given. */
struct options {
    bool is_server, ipv6, byte_by_byte, ask_handshaker;
    unsigned long port, shim_id, num_resumptions, resumption_delay;
    unsigned long min_version, max_version;
    bool no_tls12, no_tls13;

    struct credential_files credentials[OPTION_LIST_MAX];
    size_t num_credentials;
    bool request_client_certificate, require_client_certificate, refuse_chain, ask_staple;
    bool verify_by_callback, refuse_staple, decline_staple, judges_resumptions;
    struct number_list groups, key_shares, verify_schemes;
    const char *suites, *authorities;
    unsigned long record_size;
    const char *host_name, *advertise_alpn, *select_alpn;
    bool reject_alpn, no_tickets, session_ids, no_session_ids, enable_early_data;
    bool grease;
    bool compress_all;
    unsigned long compress_one;

    bool writes_first, shuts_down, check_close_notify, different_record_sizes, never_done;
    bool reads_amid_write;
    const char *initial_write;
    unsigned long num_initial_writes;
    bool update_key, update_key_before_read;
    unsigned long export_len;
    bool export_has_context, export_between_reads;
    const char *export_label, *export_context;

    unsigned long expect_version, expect_suite, expect_group, expect_peer_scheme;
    unsigned long expect_renegotiations;
    const char *expect_server_name, *expect_alpn, *expect_peer_file, *expect_staple;
    const char *expect_early_data_reason;
    bool expect_retry, expect_no_retry, expect_no_peer, expect_extended_master_secret;
    bool expect_session_miss, expect_no_session, expect_new_ticket;
    bool expect_early_data_accepted, expect_early_data_rejected, expect_no_early_data;
};

/* The runner speaks of three kinds of connections: the first; those after it, which resume; and one
 * that goes on after its early data was rejected. */
enum { OPTIONS_INITIAL, OPTIONS_RESUMED, OPTIONS_RETRIED, NUM_OPTIONS };

/* False where a flag is unknown, or asks for what libbulla does not have. */
bool options_parse(struct options out[NUM_OPTIONS], int argc, char **argv);

#endif
