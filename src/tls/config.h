/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_config. */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

#include "tls/parameters.h"
#include "tls/protocol.h"
#include "x509/credential.h"
#include <bulla/config.h>

#include <stdatomic.h>

enum { CREDENTIALS_MAX = 16, ALPN_MAX = 16, ALPN_LEN_MAX = 255 };

struct alpn_protocol {
    uint8_t len;
    uint8_t name[ALPN_LEN_MAX];
};

/* A handshake message's body that is sent instead of the one that was built: how the tests play a
 * recorded handshake (RFC 8448) whose other side had preferences that this engine does not have. */
struct replay_message {
    enum handshake_type type;
    bulla_bytes body;
};

struct bulla_config {
    atomic_size_t num_owners;
    bulla_role role;
    bulla_trust *trust;
    size_t num_credentials;
    bulla_credential *credentials[CREDENTIALS_MAX];
    bulla_client_auth client_auth;
    size_t num_alpn;
    struct alpn_protocol *alpn; /* heap, num_alpn of them */
    size_t num_suites;
    const struct suite *suites[NUM_SUITES];
    size_t num_groups;
    const struct group *groups[NUM_GROUPS];
    unsigned ask;
    unsigned verify_depth;
    bulla_profile profile;
    bulla_purpose purpose;
    bulla_revocation revocation;
    bulla_crls *crls;
    bulla_pins *pins;
    bulla_memo *memo;
    size_t record_size;
    size_t padding;
    bulla_clock_function clock;
    void *clock_context;
    struct random_source random; /* over `random_function` */
    bulla_random_function random_function;
    void *random_context;
    bulla_key_log_function key_log;
    void *key_log_context;
    const struct replay_message *replay; /* the tests' alone; in the order of sending */
    size_t num_replay;
};

/* The tests' way in: `messages` must outlive the config. */
void config_set_replay(bulla_config_builder *builder, const struct replay_message *messages,
                       size_t num_messages);

#endif
