/* SPDX-License-Identifier: Apache-2.0 */
/* A session: what two ends need to go on where they left off. A server seals it into a ticket or
 * keeps it in a store, a client keeps it with the ticket. See bulla/session.h for what it is worth.
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include "base/random.h"
#include "base/writer.h"
#include "tls/key_schedule.h"
#include <bulla/session.h>

enum {
    JUDGEMENT_LEN = 32,
    SESSION_STATE_LEN_MAX = 1 << 16,
    /* A ticket of 2^16-1 bytes (RFC 8446 4.6.1) has no room among the extensions of a hello, which
     * have no more together: this leaves half of it to the others. */
    SESSION_TICKET_LEN_MAX = 1 << 15,
    /* A leaf may take what these and the small parts leave: what is kept can always be written. */
    SESSION_LEAF_LEN_MAX = SESSION_STATE_LEN_MAX - SESSION_TICKET_LEN_MAX - 1024,
    STORED_SESSION_ID_LEN = 32, /* what a stateful server's ticket is */
};

struct session {
    uint16_t version;
    const struct suite *suite;
    uint16_t group;                 /* code points of the handshake that it began with */
    uint16_t peer_signature_scheme; /* 0: the peer showed no certificate */
    bool extended_master_secret;    /* TLS 1.2; true for 1.3 */
    bool peer_authenticated;
    uint8_t secret[SECRET_LEN_MAX];   /* TLS 1.3: the ticket's PSK; TLS 1.2: master_secret (48) */
    int64_t authenticated_at;         /* seconds since 1970: the full handshake; it ends
                                       * config->ticket_lifetime later */
    int64_t valid_until;              /* of the peer's chain; INT64_MAX without one */
    int64_t issued_at;                /* when this ticket was sent, or came, by our clock */
    uint32_t lifetime;                /* seconds from issued_at, as the server said */
    uint32_t age_add;                 /* RFC 8446 4.6.1 */
    uint32_t early_data_max;          /* 0: none */
    uint8_t judgement[JUDGEMENT_LEN]; /* session_judgement() of the full handshake */
    /* Views into `memory`. */
    bulla_bytes alpn, server_name;
    bulla_bytes peer_leaf; /* DER; empty: none */
    bulla_bytes ticket;    /* a client's: the identity to offer; TLS 1.2 without a ticket: the
                            * session id */
    bool ticket_is_id;     /* TLS 1.2: `ticket` is a session id */
    uint8_t *memory;       /* heap, owned */
    size_t memory_len;
};

/* A copy of `plan` on the heap that owns all that it views. */
BULLA_MUST_CHECK bulla_cause session_new(struct session **out, const struct session *plan);
/* Wipes and frees; NULL-safe. */
void session_free(struct session *session);

/* The session as bytes: for a ticket, a store, a caller. Its format begins with a version of its
 * own; what another version wrote is BULLA_E_SESSION_MALFORMED. Every field is checked; what would
 * not be read, or has more than SESSION_STATE_LEN_MAX bytes, is BULLA_E_SESSION_UNUSABLE. */
BULLA_MUST_CHECK bulla_cause session_encode(const struct session *session, struct writer *out);
BULLA_MUST_CHECK bulla_cause session_decode(struct session **out, bulla_bytes state);

/* Not ended by its lifetime (of this ticket, and `lifetime_max` of the whole line) or by the peer's
 * chain, and not from the future. */
bool session_is_alive(const struct session *session, uint32_t lifetime_max, int64_t now);

/* The client's cache; `key` has 32 bytes. Put takes the session over. Take hands a TLS 1.3 session
 * over (it is gone from the cache), and a copy of a TLS 1.2 one; NULL where there is none that is
 * alive. Several TLS 1.3 tickets of one key are kept (the newest 4). */
void session_cache_put(bulla_session_cache *cache, const uint8_t *key, struct session *session);
struct session *session_cache_take(bulla_session_cache *cache, const uint8_t *key, int64_t now);
/* Drops a key's sessions: the server did not want them. */
void session_cache_drop(bulla_session_cache *cache, const uint8_t *key);

/* Seals `state` into a ticket (appended to `out`): key name, nonce, ciphertext, tag, with
 * AES-256-GCM. BULLA_E_SESSION_UNUSABLE where no key is valid now. */
BULLA_MUST_CHECK bulla_cause ticket_seal(bulla_ticket_keys *keys, struct aead_pool *pool,
                                         const struct random_source *random, int64_t now,
                                         bulla_bytes state, struct writer *out);
/* Opens it into `out_state` (a growing writer; wiped by the caller). False for a ticket that is not
 * ours, was altered, or whose key has ended: all that is one to a peer. */
BULLA_MUST_CHECK bool ticket_open(bulla_ticket_keys *keys, struct aead_pool *pool, int64_t now,
                                  bulla_bytes ticket, struct writer *out_state);

/* The server's store; `id` has STORED_SESSION_ID_LEN bytes. Put copies. Get appends the state to
 * `out_state` (a growing writer); with `once` it is gone from the store. */
BULLA_MUST_CHECK bulla_cause session_store_put(bulla_session_store *store, const uint8_t *id,
                                               bulla_bytes state, int64_t until);
BULLA_MUST_CHECK bool session_store_get(bulla_session_store *store, const uint8_t *id, int64_t now,
                                        bool once, struct writer *out_state);

/* True the first time that `unique` (32 bytes) is asked about while early data of its age may be
 * fresh, which is twice the window; false later on, and where the register is full. strike_window()
 * is the window in seconds, on either side of a ticket's age. */
BULLA_MUST_CHECK bool strike_register_is_new(bulla_strike_register *strikes, const uint8_t *unique,
                                             int64_t now);
uint32_t strike_window(const bulla_strike_register *strikes);
/* A register that begins empty beside ticket keys that live on (a process that starts again) does
 * not know what was seen before: so early data of sessions from before its beginning, which the
 * first call sets, is taken only once what it may have missed is stale (RFC 8446 8.2). */
void strike_register_begin(bulla_strike_register *strikes, int64_t now);
BULLA_MUST_CHECK bool strike_register_knows(bulla_strike_register *strikes, int64_t issued_at,
                                            int64_t now);

#endif
