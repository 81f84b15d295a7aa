/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_connection: what a connection keeps for its whole life, and what only a
 * handshake needs, which is freed when the handshake ends. */
#ifndef TLS_CONNECTION_H
#define TLS_CONNECTION_H

#include "base/reader.h"
#include "base/writer.h"
#include "tls/config.h"
#include "tls/extensions.h"
#include "tls/key_schedule.h"
#include "tls/record.h"
#include "tls/states.h"
#include "tls/transcript.h"
#include <bulla/connection.h>

struct bulla_workspace {
    struct aead_pool *pool;
};

/* Room for what a CertificateVerify signs: RFC 8446 4.4.3. */
enum { SIGNED_CONTENT_LEN_MAX = 64 + 33 + 1 + HASH_LEN_MAX };

/* A decision that the caller owes; WAITING_NOT while there is none. */
enum waiting { WAITING_NOT = 0, WAITING_CREDENTIAL, WAITING_SIGN, WAITING_VERIFY };

struct handshake {
    struct transcript transcript;
    uint8_t client_random[RANDOM_LEN];
    uint8_t session_id[SESSION_ID_LEN_MAX];
    size_t session_id_len;

    /* Facts, in the order in which they become known. */
    uint64_t offered;        /* the extensions of our ClientHello */
    bool retry;              /* a HelloRetryRequest is due (server), or was just read (client) */
    bool retried;            /* one was sent or obeyed */
    size_t early_data_left;  /* a server: bytes of refused early data that may still be skipped */
    bool compatibility_sent; /* our change_cipher_spec is out */
    unsigned num_compatibility; /* the peer's change_cipher_spec records */
    bool certificate_asked;
    bool credential_chosen;
    uint32_t peer_schemes; /* signature schemes that the peer accepts, as table bits */
    uint8_t *cookie;       /* of the HelloRetryRequest; heap */
    size_t cookie_len;

    struct key_exchange exchange; /* a client's private half of its share */
    const struct group *exchange_group;
    uint8_t client_share[KEY_EXCHANGE_SHARE_LEN_MAX];
    size_t client_share_len;
    uint8_t shared_secret[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t shared_secret_len;
    struct handshake_secrets secrets;
    struct application_secrets application;

    bulla_credential *credential; /* ours to show; referenced; NULL: none */
    const struct signature_scheme *scheme;
    uint8_t signed_content[SIGNED_CONTENT_LEN_MAX];
    size_t signed_content_len;
    uint8_t *signature; /* an answer to BULLA_EVENT_SIGN; heap */
    size_t signature_len;
    bool verify_answered;

    uint8_t *chain; /* the peer's certificate list, heap; views below */
    size_t chain_len;
    size_t num_certificates;
    bulla_bytes certificates[BULLA_CHAIN_LEN_MAX];
    bulla_bytes ocsp_response; /* stapled to the leaf; empty: none */
    struct certificate leaf;

    struct writer flight; /* handshake messages not yet sealed */
    size_t num_replayed;
};

struct bulla_connection {
    bulla_config *config;
    bulla_workspace *workspace;
    bulla_role role;
    enum state state;
    enum waiting waiting;
    struct handshake *handshake; /* NULL once connected, or failed */

    struct record_keys read, write;
    uint8_t read_secret[SECRET_LEN_MAX], write_secret[SECRET_LEN_MAX];
    uint8_t exporter_secret[SECRET_LEN_MAX];

    /* Input: the header of the record that is coming, and as much of its fragment as is here. */
    uint8_t header[RECORD_HEADER_LEN];
    uint8_t header_len;
    uint8_t *stash;
    size_t stash_len, stash_cap;
    bool stash_in_use; /* its record was handed on; free to reuse when the next one is wanted */
    /* Handshake bytes that no handler has seen: a message not yet whole, or held by a decision. */
    struct writer assembly;
    struct reader pending; /* during a call: views the assembly's end, or the record itself */

    /* Output, in the order of sending. */
    uint8_t *output;
    size_t output_start, output_len, output_cap;

    const struct suite *suite;
    const struct group *group;
    const struct alpn_protocol *alpn; /* the config's entry */
    uint8_t *server_name;
    size_t server_name_len;
    bool server_name_is_address;
    uint8_t *peer_leaf; /* after the handshake */
    size_t peer_leaf_len;
    uint16_t peer_signature_scheme;

    bool first_record_seen, done_reported, peer_authenticated, hello_retried;
    bool close_sent, close_received, key_update_queued;
    uint8_t num_empty_records, num_warnings, num_post_handshake;

    bulla_cause failure;
    bulla_alert alert_sent;
    unsigned alert_received;
    bulla_report *report;
};

/* lifetime.c */
BULLA_MUST_CHECK bulla_cause handshake_begin(bulla_connection *connection);
/* Wipes and frees the handshake; NULL-safe. */
void handshake_end(bulla_connection *connection);
void connection_wipe_keys(bulla_connection *connection);
/* Queues the cause's alert, wipes the handshake and the keys; returns `cause`. */
bulla_cause connection_fail(bulla_connection *connection, bulla_cause cause);

/* connection_output.c */
BULLA_MUST_CHECK bulla_cause output_record(bulla_connection *connection, enum content_type type,
                                           bulla_bytes content);
/* Makes room for `len` more bytes; NULL without memory. The bytes count once output_len grows. */
BULLA_MUST_CHECK uint8_t *output_room(bulla_connection *connection, size_t len);

/* connection_input.c: the event that the input led to. */
BULLA_MUST_CHECK bulla_event input_next(bulla_connection *connection, bulla_input *input,
                                        bulla_bytes *out_data);

/* key_log.c */
void key_log_secret(const bulla_connection *connection, const char *label, const uint8_t *secret);

#endif
