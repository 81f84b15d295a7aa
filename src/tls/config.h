/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_config. */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

#include "tls/parameters.h"
#include "tls/protocol.h"
#include "x509/credential.h"
#include <bulla/config.h>

#include <stdatomic.h>

enum {
    CREDENTIALS_MAX = 1024,
    ALPN_MAX = 16,
    ALPN_LEN_MAX = 255,
    JUDGEMENT_IDENTITY_LEN_MAX = 64,
    COMPRESSIONS_MAX = 3,
};

struct certificate_compression {
    uint16_t algorithm;
    bulla_compress_function compress, decompress;
};

/* A credential's Certificate message, compressed: certificate_compression.c. */
struct compressed_certificate {
    const bulla_credential *credential; /* one of the config's */
    bool with_status;
    uint16_t algorithm;
    uint8_t *body; /* heap */
    size_t len;
};

struct credential_index;

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
    bulla_credential **credentials; /* heap */
    bulla_client_auth client_auth;
    size_t num_alpn;
    struct alpn_protocol *alpn; /* heap, num_alpn of them */
    size_t num_suites;
    const struct suite *suites[NUM_SUITES];
    size_t num_groups;
    const struct group *groups[NUM_GROUPS];
    size_t num_schemes;
    const struct signature_scheme *schemes[NUM_SIGNATURE_SCHEMES];
    uint16_t version_min, version_max;
    bool extended_master_secret_required;
    bulla_session_cache *session_cache; /* a client's */
    bulla_ticket_keys *ticket_keys;     /* a server's; it has these or */
    bulla_session_store *session_store; /* this, or neither */
    unsigned num_tickets;
    uint32_t ticket_lifetime;
    uint32_t early_data_max; /* 0: no early data */
    bulla_strike_register *strikes;
    uint8_t judgement_identity[JUDGEMENT_IDENTITY_LEN_MAX];
    size_t judgement_identity_len;
    size_t record_size_limit; /* 0: no wish */
    size_t num_compressions;
    struct certificate_compression compressions[COMPRESSIONS_MAX];
    bool name_authorities, grease;

    /* Made by config_build(). What peers are judged by, and besides that all that makes one
     * client's connections different from another's: SHA-256. */
    uint8_t judgement[32], fingerprint[32];
    struct credential_index *index;            /* credential_choice.c's: credentials by name */
    struct compressed_certificate *compressed; /* sorted; num_compressed of them */
    size_t num_compressed;
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
