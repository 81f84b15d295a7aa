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

struct credential_files {
    const char *chain, *key;
};

struct number_list {
    uint16_t values[OPTION_LIST_MAX];
    size_t num_values;
};

/* Texts are NULL and numbers 0 where the flag was not given. */
struct options {
    bool is_server, ipv6, byte_by_byte, ask_handshaker;
    unsigned long port, shim_id, resume_count;
    unsigned long min_version, max_version;

    struct credential_files credentials[OPTION_LIST_MAX];
    size_t num_credentials;
    bool request_client_certificate, require_client_certificate, refuse_chain, ask_staple;
    struct number_list groups, key_shares;
    unsigned long record_size;
    const char *host_name, *advertise_alpn, *select_alpn;
    bool reject_alpn;

    bool writes_first, shuts_down, check_close_notify, different_record_sizes, never_done;
    const char *initial_write;
    unsigned long num_initial_writes;
    bool update_key, update_key_before_read;
    unsigned long export_len;
    const char *export_label, *export_context;

    unsigned long expect_version, expect_suite, expect_group, expect_peer_scheme;
    const char *expect_server_name, *expect_alpn, *expect_peer_file, *expect_staple;
    bool expect_retry, expect_no_retry, expect_no_peer;
};

/* False where a flag is unknown, or asks for what libbulla does not have. */
bool options_parse(struct options *out, int argc, char **argv);

#endif
