/* SPDX-License-Identifier: Apache-2.0 */
/* A config: everything that connections of one kind share. It is built once, then immutable,
 * reference-counted and shared by threads. What would be insecure has no name here. */
#ifndef BULLA_CONFIG_H
#define BULLA_CONFIG_H

#include <bulla/credential.h>
#include <bulla/report.h>
#include <bulla/session.h>
#include <bulla/trust.h>

typedef enum bulla_role {
    BULLA_ROLE_INVALID = 0,
    BULLA_CLIENT,
    BULLA_SERVER,
} bulla_role;

/* What a server wants of its clients, RFC 8446 4.3.2. */
typedef enum bulla_client_auth {
    BULLA_CLIENT_AUTH_INVALID = 0,
    BULLA_CLIENT_AUTH_NONE,    /* no CertificateRequest */
    BULLA_CLIENT_AUTH_REQUEST, /* one that is sent must be good; none is accepted */
    BULLA_CLIENT_AUTH_REQUIRE, /* none is refused with certificate_required */
} bulla_client_auth;

/* Decisions that a config answers by itself unless it is told to ask. */
enum {
    BULLA_ASK_VERIFY = 1 << 0,     /* raise BULLA_EVENT_VERIFY for the peer's chain: in the place of
                                    * all that the config would judge it by (trust, name, profile,
                                    * revocation, pins) */
    BULLA_ASK_SIGN = 1 << 1,       /* raise BULLA_EVENT_SIGN even with the key at hand */
    BULLA_ASK_CREDENTIAL = 1 << 2, /* raise BULLA_EVENT_CREDENTIAL to have one chosen */
    BULLA_ASK_SESSION = 1 << 3,    /* raise BULLA_EVENT_SESSION for each session that could be
                                    * resumed later, and at a server BULLA_EVENT_SESSION_LOOKUP for
                                    * each that a client asks for (8 at the most; an id of ours has
                                    * 32 bytes): for stores outside the process */
    BULLA_ASK_STRIKE = 1 << 4,     /* raise BULLA_EVENT_STRIKE before early data is taken: for a
                                    * strike register that several processes share */
};

/* Whole sets of versions, suites, groups and signature schemes: Mozilla's Server Side TLS. */
typedef enum bulla_policy {
    BULLA_POLICY_INVALID = 0,
    BULLA_POLICY_MODERN,       /* TLS 1.3 alone */
    BULLA_POLICY_INTERMEDIATE, /* TLS 1.2 and 1.3; the default */
} bulla_policy;

/* TLS code points, RFC 8446 B.4 and 4.2.7, RFC 5289 and RFC 7905. */
enum {
    BULLA_TLS_1_2 = 0x0303,
    BULLA_TLS_1_3 = 0x0304,

    BULLA_TLS_AES_128_GCM_SHA256 = 0x1301,
    BULLA_TLS_AES_256_GCM_SHA384 = 0x1302,
    BULLA_TLS_CHACHA20_POLY1305_SHA256 = 0x1303,

    BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b,
    BULLA_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c,
    BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
    BULLA_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030,
    BULLA_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8,
    BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9,

    BULLA_GROUP_SECP256R1 = 0x0017,
    BULLA_GROUP_SECP384R1 = 0x0018,
    BULLA_GROUP_X25519 = 0x001d,
    BULLA_GROUP_X25519MLKEM768 = 0x11ec, /* safe against quantum computers too */
};

typedef struct bulla_config bulla_config;
typedef struct bulla_config_builder bulla_config_builder;

/* Seconds since 1970, UTC. */
typedef int64_t (*bulla_clock_function)(void *context);
/* Fills `out` with `len` unpredictable bytes; returns 1, or 0 where that failed. */
typedef int (*bulla_random_function)(void *context, uint8_t *out, size_t len);
/* One line of a key log without its end of line, RFC 9850. */
typedef void (*bulla_key_log_function)(void *context, const char *line, size_t len);

/* A builder with safe defaults: BULLA_POLICY_INTERMEDIATE; no ALPN; a server asks for no client
 * certificate; no resumption and no early data; the system's clock and libcrypto's randomness;
 * records of 16 KiB, no padding. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_config_builder_new(bulla_config_builder **out,
                                                                bulla_role role);
/* Drops a builder that was not built. */
BULLA_API void bulla_config_builder_free(bulla_config_builder *builder);

/* The setters below remember their first failure, which bulla_config_build() returns. Whatever
 * they are given is copied, or referenced where it is reference-counted. */

/* A client needs a trust store, pins that are alone (bulla/pins.h) or BULLA_ASK_VERIFY; so does a
 * server that asks for certificates. */
BULLA_API void bulla_config_set_trust(bulla_config_builder *builder, bulla_trust *trust);
/* May be called several times. A server shows, of the credentials that the peer can verify, the
 * one whose names hold the client's SNI (exactly, else by a wildcard), else the first; ECDSA and
 * Ed25519 before RSA. A client shows the first that the server can verify; a client with several,
 * where the server names CAs, the first that one of them issued, or none. */
BULLA_API void bulla_config_add_credential(bulla_config_builder *builder,
                                           bulla_credential *credential);
BULLA_API void bulla_config_set_client_auth(bulla_config_builder *builder, bulla_client_auth mode);
/* Adds one application protocol, 1 to 255 bytes, in order of preference, RFC 7301. */
BULLA_API void bulla_config_add_alpn(bulla_config_builder *builder, bulla_bytes protocol);
/* Versions, suites, groups and signature schemes of a named policy; the setters below it change
 * single ones. */
BULLA_API void bulla_config_set_policy(bulla_config_builder *builder, bulla_policy policy);
/* The first and the last version that is spoken. What is older than TLS 1.2 is
 * BULLA_E_WEAK_VERSION: it has no place here (RFC 8996). */
BULLA_API void bulla_config_set_versions(bulla_config_builder *builder, uint16_t min, uint16_t max);
/* Replaces the default lists, in order of preference; a version that is left without a suite or a
 * group is not spoken. A server goes by its own order, but takes
 * ChaCha20-Poly1305 first for a client that puts it first (which has no AES in hardware). What has
 * no forward secrecy, no AEAD or no strength is an error of its own that says why
 * (BULLA_E_WEAK_SUITE, BULLA_E_WEAK_GROUP, BULLA_E_WEAK_SIGNATURE_SCHEME); what is merely unknown
 * here is BULLA_E_API_MISUSE. A client sends a key share for the first
 * group; and where that is X25519MLKEM768 and X25519 is in the list, one for X25519 with the same
 * key, so that a server without the former needs no second hello. */
BULLA_API void bulla_config_set_suites(bulla_config_builder *builder, const uint16_t *suites,
                                       size_t num_suites);
BULLA_API void bulla_config_set_groups(bulla_config_builder *builder, const uint16_t *groups,
                                       size_t num_groups);
/* Code points of RFC 8446 4.2.3, in order of preference: what we sign with and accept signed. */
BULLA_API void bulla_config_set_signature_schemes(bulla_config_builder *builder,
                                                  const uint16_t *schemes, size_t num_schemes);
/* With `required` a TLS 1.2 peer without RFC 7627 is refused; default: taken, but never resumed. */
BULLA_API void bulla_config_set_extended_master_secret(bulla_config_builder *builder, int required);

/* Resumption. A client resumes with a cache (not with BULLA_ASK_CREDENTIAL: a session is bound to
 * who was shown; nor without a server's name), a server with ticket keys (stateless) or a store
 * (stateful; RFC 8446 8.1's single use), never both. Whoever was authenticated stays so, and is
 * refused a resumption once it would be judged otherwise: see bulla/session.h. */
BULLA_API void bulla_config_set_session_cache(bulla_config_builder *builder,
                                              bulla_session_cache *cache);
BULLA_API void bulla_config_set_ticket_keys(bulla_config_builder *builder, bulla_ticket_keys *keys);
BULLA_API void bulla_config_set_session_store(bulla_config_builder *builder,
                                              bulla_session_store *store);
/* Tickets that a server sends after a full TLS 1.3 handshake (0 to 8; default 2; after a resumed
 * one it is one), and for how many seconds a session can be resumed (1 to 604800, RFC 8446 4.6.1;
 * default 7200), counted from the full handshake. */
BULLA_API void bulla_config_set_tickets(bulla_config_builder *builder, unsigned num_tickets,
                                        uint32_t lifetime);
/* Early data (0-RTT, RFC 8446 4.2.10), at most `len_max` bytes (1 to 1 MiB); off unless called. A
 * server needs a strike register or BULLA_ASK_STRIKE with it: one for all configs that share ticket
 * keys or a store, and BULLA_ASK_STRIKE where other processes do, for what one of two registers has
 * seen is new to the other. What comes early can be replayed: it is handed out as
 * BULLA_EVENT_EARLY_DATA, apart from all else. */
BULLA_API void bulla_config_set_early_data(bulla_config_builder *builder, uint32_t len_max);
BULLA_API void bulla_config_set_strike_register(bulla_config_builder *builder,
                                                bulla_strike_register *strikes);
/* What the caller's own judgement of peers depends on, 1 to 64 bytes. With BULLA_ASK_VERIFY peers
 * that showed a certificate are resumed only under this, and only while it stays the same. Servers
 * with BULLA_ASK_CREDENTIAL that share ticket keys but not their names need different ones: which
 * credential a resumed connection would have had, nobody is asked. */
BULLA_API void bulla_config_set_judgement(bulla_config_builder *builder, bulla_bytes identity);

/* The largest record that the peer may send, RFC 8449: 64 to 16384 bytes of content; default: no
 * wish. A peer's wish is always heeded. */
BULLA_API void bulla_config_set_record_size_limit(bulla_config_builder *builder, size_t len_max);
/* Certificate compression, RFC 8879, by functions from outside (libbulla links no compressor).
 * `algorithm` is 1 zlib, 2 brotli, 3 zstd, or one that both ends agreed upon (RFC 8879 7.3); up to
 * three, in order of preference. Each function returns 1, or 0 where that failed; `*out_len` is the
 * room at first. `decompress` must fill exactly the room. NULL for a direction that is not spoken.
 */
typedef int (*bulla_compress_function)(bulla_bytes input, uint8_t *out, size_t *out_len);
BULLA_API void bulla_config_add_certificate_compression(bulla_config_builder *builder,
                                                        uint16_t algorithm,
                                                        bulla_compress_function compress,
                                                        bulla_compress_function decompress);
/* A server names the CAs of its trust store to its clients (certificate_authorities, RFC 8446
 * 4.2.4); default: it does. */
BULLA_API void bulla_config_set_name_authorities(bulla_config_builder *builder, int on);
/* A client sends values that nobody knows, RFC 8701, to keep servers tolerant; default: it does. */
BULLA_API void bulla_config_set_grease(bulla_config_builder *builder, int on);
/* A set of BULLA_ASK_ bits. */
BULLA_API void bulla_config_set_ask(bulla_config_builder *builder, unsigned ask);
/* Intermediates that a peer's chain may have; default BULLA_VERIFY_DEPTH_DEFAULT. */
BULLA_API void bulla_config_set_verify_depth(bulla_config_builder *builder, unsigned depth_max);
/* By whose rules the peer's chain is judged; default BULLA_PROFILE_PRIVATE. */
BULLA_API void bulla_config_set_profile(bulla_config_builder *builder, bulla_profile profile);
/* The purpose that the peer's certificate must serve; default SERVER_AUTH for clients, CLIENT_AUTH
 * for servers. */
BULLA_API void bulla_config_set_purpose(bulla_config_builder *builder, bulla_purpose purpose);
/* Default BULLA_REVOCATION_OFF. A client whose mode is another asks the server for a stapled OCSP
 * response (RFC 8446 4.4.2.1). `crls` may be NULL. */
BULLA_API void bulla_config_set_revocation(bulla_config_builder *builder, bulla_revocation mode,
                                           bulla_crls *crls);
BULLA_API void bulla_config_set_pins(bulla_config_builder *builder, bulla_pins *pins);
BULLA_API void bulla_config_set_memo(bulla_config_builder *builder, bulla_memo *memo);
/* Plaintext bytes of a record that is sent: 64 to 16384. */
BULLA_API void bulla_config_set_record_size(bulla_config_builder *builder, size_t len_max);
/* Pads each record's plaintext to a multiple of `multiple` bytes (1: no padding), RFC 8446 5.4. */
BULLA_API void bulla_config_set_padding(bulla_config_builder *builder, size_t multiple);
BULLA_API void bulla_config_set_clock(bulla_config_builder *builder, bulla_clock_function clock,
                                      void *context);
BULLA_API void bulla_config_set_random(bulla_config_builder *builder, bulla_random_function random,
                                       void *context);
/* Gives every secret of every connection away; for debugging alone. */
BULLA_API void bulla_config_set_key_log(bulla_config_builder *builder, bulla_key_log_function log,
                                        void *context);

/* Checks the whole and makes the config; the builder is gone afterwards, whatever the outcome.
 * BULLA_E_API_MISUSE for a setting that its comment excludes; BULLA_E_NO_CREDENTIAL for a server
 * without one (and without BULLA_ASK_CREDENTIAL). */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_config_build(bulla_config_builder *builder,
                                                          bulla_config **out);

BULLA_API bulla_config *bulla_config_ref(bulla_config *config);
BULLA_API void bulla_config_free(bulla_config *config);

#endif
