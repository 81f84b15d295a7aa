/* SPDX-License-Identifier: Apache-2.0 */
/* Resumption: what lets a connection go on where an earlier one left off (RFC 8446 2.2, RFC 5077),
 * and with it the peer's identity. A session remembers who the peer was, until when its
 * certificates hold, and a digest of all that it was judged by (trust, purpose, profile,
 * revocation, pins, the demand for client certificates; at a client also its own credentials, for
 * it goes on as who it was; at a server the names of the certificate that it showed, for no virtual
 * host stands in for another). Whoever would be judged by something else
 * today, or not accepted any more, or asks for another name or protocol, is not resumed: a full
 * handshake judges it anew.
 *
 * All four objects are reference-counted and shared by configs and threads. */
#ifndef BULLA_SESSION_H
#define BULLA_SESSION_H

#include <bulla/error.h>

/* A client's sessions, by server name (not port: the name is what is proven) and config; the least
 * recently used one makes room. A TLS 1.3 session is taken out by its use: nobody can link two
 * connections by it (RFC 8446 C.4). */
typedef struct bulla_session_cache bulla_session_cache;
enum { BULLA_SESSION_CACHE_DEFAULT = 128 };
/* Room for `num_sessions_max` servers (1 to 65536). */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_session_cache_new(bulla_session_cache **out,
                                                               size_t num_sessions_max);
BULLA_API void bulla_session_cache_clear(bulla_session_cache *cache);
BULLA_API size_t bulla_session_cache_num(const bulla_session_cache *cache);
BULLA_API bulla_session_cache *bulla_session_cache_ref(bulla_session_cache *cache);
BULLA_API void bulla_session_cache_free(bulla_session_cache *cache);

/* The keys of a server's stateless tickets. They are drawn when they are first needed, replaced
 * every `period` seconds, and open old tickets for one `period` more. */
typedef struct bulla_ticket_keys bulla_ticket_keys;
enum { BULLA_TICKET_KEY_NAME_LEN = 16, BULLA_TICKET_KEY_SECRET_LEN = 32 };
/* `period`: 60 to 604800 seconds. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_ticket_keys_new(bulla_ticket_keys **out,
                                                             uint32_t period);
/* Hands a key in, so that a fleet shares it: it seals from `from` on, until a later one does, and
 * opens until `until` (seconds since 1970). From the first such call on no key is drawn any more,
 * and those that were are dropped: once all have run out, no tickets are issued. A name that is
 * here already gets the new times. At most 8 at a time; one that has ended when the new one begins
 * gives way. BULLA_E_API_MISUSE for a ninth, or another secret under a name. Nonces are random: a
 * process seals 2^32 tickets at the most with one key, and a fleet sees to it that all of it
 * together stays below that (NIST SP 800-38D 8.3). */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_ticket_keys_add(bulla_ticket_keys *keys,
                                                             const uint8_t name[16],
                                                             const uint8_t secret[32], int64_t from,
                                                             int64_t until);
BULLA_API bulla_ticket_keys *bulla_ticket_keys_ref(bulla_ticket_keys *keys);
BULLA_API void bulla_ticket_keys_free(bulla_ticket_keys *keys);

/* A server's sessions where the state is kept and the ticket is only its number: each is used once
 * (TLS 1.3), and can be forgotten. Room for `num_sessions_max` of them (1 to 1,048,576); the least
 * recently used one makes room. */
typedef struct bulla_session_store bulla_session_store;
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_session_store_new(bulla_session_store **out,
                                                               size_t num_sessions_max);
BULLA_API void bulla_session_store_clear(bulla_session_store *store);
BULLA_API size_t bulla_session_store_num(const bulla_session_store *store);
BULLA_API bulla_session_store *bulla_session_store_ref(bulla_session_store *store);
BULLA_API void bulla_session_store_free(bulla_session_store *store);

/* Which early data was seen, RFC 8446 8.2: within `window` seconds (1 to 60) of its ticket's age
 * early data is taken once; what is older or younger than that, or finds the register full, is not
 * taken early. Whoever shares ticket keys shares the register too: it knows only what it saw
 * itself. `num_max` entries of 50 bytes or so (64 to 1,048,576), allocated at once. */
typedef struct bulla_strike_register bulla_strike_register;
enum { BULLA_STRIKE_WINDOW_DEFAULT = 10 };
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_strike_register_new(bulla_strike_register **out,
                                                                 uint32_t window, size_t num_max);
BULLA_API bulla_strike_register *bulla_strike_register_ref(bulla_strike_register *strikes);
BULLA_API void bulla_strike_register_free(bulla_strike_register *strikes);

#endif
