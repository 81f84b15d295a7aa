/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a bulla_connection: what a connection keeps for its whole life, and what only a
 * handshake needs, which is freed when the handshake ends. */
#ifndef TLS_CONNECTION_H
#define TLS_CONNECTION_H

#include "base/reader.h"
#include "base/writer.h"
#include "tls/config.h"
#include "tls/extensions.h"
#include "tls/key_schedule_12.h"
#include "tls/record.h"
#include "tls/session.h"
#include "tls/states.h"
#include "tls/transcript.h"
#include <bulla/connection.h>

struct bulla_workspace {
    struct aead_pool *pool;
    struct key_exchange_scratch exchange;
};

/* Room for what is signed: TLS 1.2's ServerKeyExchange has two randoms, a curve and a point of
 * P-384 (RFC 8422 5.4), which is more than a CertificateVerify of RFC 8446 4.4.3 has. */
enum { SIGNED_CONTENT_LEN_MAX = 2 * RANDOM_LEN + 1 + 2 + 1 + 97 };

/* A decision that the caller owes; WAITING_NOT while there is none. */
enum waiting {
    WAITING_NOT = 0,
    WAITING_CREDENTIAL,
    WAITING_SIGN,
    WAITING_VERIFY,
    WAITING_SESSION,
    WAITING_STRIKE,
};

/* A client's wish to go on with a session, or a server's with what it was offered. */
struct resumption {
    struct session *session; /* offered, or taken; owned; NULL: none */
    bool accepted;           /* the handshake goes on with it */

    /* A server's alone. What the hello says is kept, for a decision may take its time. */
    uint8_t *offer; /* heap: identities and binders; TLS 1.2: the ticket or the session id */
    bulla_bytes identities, binders;     /* views into it: what has not been looked at yet */
    bulla_bytes identity, binder;        /* and what is looked at */
    uint32_t ticket_age;                 /* obfuscated, of the same */
    uint8_t binder_digest[HASH_LEN_MAX]; /* of the transcript up to the binders */
    uint16_t index;                      /* of the identity that is looked at, or was taken */
    bool answered, settled;
    bool strike_answered, strike_is_new;
};

/* Early data of one connection; heap, freed once the handshake is done and, where it was refused,
 * handed back. */
struct early {
    bulla_early_data state;
    uint8_t traffic_secret[SECRET_LEN_MAX];
    uint32_t left;      /* plaintext bytes that may still come, or be sent */
    struct writer copy; /* a client: what was sent, for the case of a refusal */
};

/* What BULLA_EVENT_SESSION tells; heap, in the order of telling. */
struct session_news {
    struct session_news *next;
    bool told;
    uint32_t lifetime;
    uint8_t id[STORED_SESSION_ID_LEN]; /* zeros at a client */
    struct writer state;
};

/* What a connection keeps to resume another one later: only where its config wants that. */
struct resumable {
    uint8_t secret[SECRET_LEN_MAX]; /* resumption_master_secret */
    int64_t authenticated_at, valid_until;
    struct session_news *news;
};

struct handshake {
    struct transcript transcript;
    uint8_t client_random[RANDOM_LEN], server_random[RANDOM_LEN];
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
    uint32_t peer_schemes;        /* signature schemes that the peer accepts, as table bits */
    uint32_t peer_suites;         /* a server: the suites that the client offers, as table bits */
    uint32_t peer_refused_curves; /* TLS 1.2, a server: credential_refused_curves() */
    bool peer_prefers_chacha;     /* its first suite says so */
    bool peer_offers_psk_dhe;     /* psk_key_exchange_modes: sessions are of use to it */
    bool share_replaced;          /* a client: the HelloRetryRequest asked for another group */
    uint64_t peer_extensions;     /* of the peer's ClientHello or CertificateRequest, as bits */
    bool status_promised;         /* TLS 1.2: the ServerHello answers status_request */
    bool ticket_promised;         /* TLS 1.2: and session_ticket */
    uint16_t compression;         /* certificate compression that the peer reads; 0: none */
    uint8_t *authorities;         /* names that the peer's certificate_authorities have; heap */
    size_t authorities_len;
    uint8_t grease; /* RFC 8701: the byte that this hello's values are made of */
    uint8_t server_session_id[SESSION_ID_LEN_MAX]; /* TLS 1.2 */
    size_t server_session_id_len;
    uint8_t *cookie; /* of the HelloRetryRequest; heap */
    size_t cookie_len;

    struct key_exchange exchange; /* a client's private half of its share */
    const struct group *exchange_group;
    const struct group *half_group; /* offered beside a hybrid with the same key; NULL: none */
    uint8_t client_share[KEY_EXCHANGE_SHARE_LEN_MAX];
    size_t client_share_len;
    uint8_t shared_secret[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t shared_secret_len;
    struct early_secrets early; /* from the binders to the ServerHello */
    struct handshake_secrets secrets;
    struct application_secrets application;
    struct resumption resumption;
    int64_t authenticated_at, valid_until; /* the peer's: when it was judged, how long that holds */

    /* TLS 1.2. */
    struct record_keys next_read, next_write; /* from the next ChangeCipherSpec on */
    bool secure_renegotiation; /* a server: the client understands it, RFC 5746 3.6 */
    uint8_t *status;           /* a client: a CertificateStatus's response; heap */
    uint8_t *ticket;           /* a client: of a NewSessionTicket; heap */
    size_t ticket_len;
    uint32_t ticket_lifetime;

    bulla_credential *credential; /* ours to show; referenced; NULL: none */
    const struct signature_scheme *scheme;
    uint8_t signed_content[SIGNED_CONTENT_LEN_MAX];
    bulla_bytes to_sign; /* signed_content, or the whole transcript at a TLS 1.2 client */
    uint8_t *signature;  /* an answer to BULLA_EVENT_SIGN; heap */
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

/* At rest a connection is this, its peer's leaf and name, and nothing else; members stand by size,
 * so that no room is lost between them. */
struct bulla_connection {
    bulla_config *config;
    bulla_workspace *workspace;
    struct handshake *handshake; /* NULL once connected, or failed */
    struct early *early;         /* NULL: no early data is offered or left to speak of */
    struct resumable *resumable; /* NULL: nothing will be resumed */

    struct record_keys read, write;
    uint8_t *secrets;         /* TLS 1.3, once connected: see lasting_secret(); heap */
    struct master_12 *master; /* TLS 1.2, heap; afterwards for its exporters */

    /* Input: as much as is here of a record that is not whole yet; `header` is below. */
    uint8_t *stash;
    uint32_t stash_len, stash_cap;
    /* Handshake bytes that no handler has seen: a message not yet whole, or held by a decision.
     * Heap; NULL while there are none. */
    struct writer *assembly;
    struct reader pending; /* during a call: views the assembly's end, or the record itself */
    struct output *output; /* in the order of sending; heap; NULL while nothing waits */

    const struct suite *suite;
    const struct group *group;
    const struct alpn_protocol *alpn; /* the config's entry */
    uint8_t *server_name;
    uint8_t *peer_leaf; /* after the handshake */
    uint32_t server_name_len, peer_leaf_len;
    bulla_credential *credential; /* a server's: the one that it showed; referenced; NULL: none */
    bulla_report *report;
    bulla_statistics statistics;

    bulla_role role;
    enum state state;
    enum waiting waiting;
    bulla_cause failure;
    bulla_alert alert_sent;
    unsigned alert_received;

    uint16_t version; /* 0: not known yet */
    uint16_t peer_signature_scheme;
    uint16_t peer_record_limit; /* content bytes that the peer takes in a record; 0: no wish */
    uint16_t own_record_limit;  /* and that we take, where that was agreed on; record_limits.c */

    uint8_t header[RECORD_HEADER_LEN]; /* of the record that is coming */
    uint8_t header_len;
    uint8_t early_data; /* bulla_early_data, as it ended */
    uint8_t num_empty_records, num_warnings, num_post_handshake;
    bool stash_in_use : 1; /* its record was handed on; free to reuse for the next one */
    bool server_name_is_address : 1;
    bool resumed : 1, extended_master_secret : 1;
    bool first_record_seen : 1, done_reported : 1, peer_authenticated : 1, hello_retried : 1;
    bool close_sent : 1, close_received : 1;
    bool answer_queued : 1; /* to a KeyUpdate or a HelloRequest: it serves all of them */
};

/* resumption.c */
BULLA_MUST_CHECK bulla_cause resumable_begin(bulla_connection *connection);
void resumable_end(bulla_connection *connection);
/* Whether the peer of this handshake may be resumed later at all. */
bool resumable_holds(const bulla_connection *connection);
/* Queues a BULLA_EVENT_SESSION; `id` NULL: none. */
BULLA_MUST_CHECK bulla_cause session_news_add(bulla_connection *connection,
                                              const struct session *session, const uint8_t *id);
/* The oldest that is not told yet, which counts as told from here on; NULL: none. */
const struct session_news *session_news_next(bulla_connection *connection);

/* early_data.c; NULL-safe */
void early_end(bulla_connection *connection);
/* The handshake is done: what is left of early data is what was refused. */
void early_conclude(bulla_connection *connection);

/* What outlives a TLS 1.3 handshake: the secrets that keys are updated from (RFC 8446 7.2) and that
 * exporters derive from (7.5), hash_len() bytes each, in one block. */
enum lasting_secret { SECRET_READ, SECRET_WRITE, SECRET_EXPORTER, NUM_LASTING_SECRETS };
static inline uint8_t *lasting_secret(const bulla_connection *connection,
                                      enum lasting_secret which) {
    return connection->secrets + (size_t)which * hash_len(connection->suite->hash);
}

/* lifetime.c */
/* Keeps them from the handshake that ends. */
BULLA_MUST_CHECK bulla_cause lasting_secrets_keep(bulla_connection *connection);
BULLA_MUST_CHECK bulla_cause handshake_begin(bulla_connection *connection);
/* Wipes and frees the handshake; NULL-safe. */
void handshake_end(bulla_connection *connection);
void connection_wipe_keys(bulla_connection *connection);
/* Queues an alert. A client's first protected record may be this one, and then its
 * change_cipher_spec goes before it as before any other: RFC 8446 D.4. */
BULLA_MUST_CHECK bulla_cause alert_send(bulla_connection *connection, enum alert_level level,
                                        bulla_alert alert);
/* Queues the cause's alert, wipes the handshake and the keys; returns `cause`. */
bulla_cause connection_fail(bulla_connection *connection, bulla_cause cause);

/* handshake.c: lets go of what no handler has seen. */
void assembly_end(bulla_connection *connection);

/* connection_output.c */
BULLA_MUST_CHECK bulla_cause output_record(bulla_connection *connection, enum content_type type,
                                           bulla_bytes content);
/* Seals one record into `out`, which has room for it, and counts it. */
BULLA_MUST_CHECK bulla_cause output_seal(bulla_connection *connection, struct record_keys *keys,
                                         enum content_type type, bulla_bytes content, uint8_t *out);
void output_end(bulla_connection *connection);

/* connection_input.c: the event that the input led to. */
BULLA_MUST_CHECK bulla_event input_next(bulla_connection *connection, bulla_input *input,
                                        bulla_bytes *out_data);

/* key_log.c */
void key_log_secret(const bulla_connection *connection, const char *label, const uint8_t *secret);
void key_log_master_secret(const bulla_connection *connection);

#endif
