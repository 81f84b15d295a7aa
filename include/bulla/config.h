/* SPDX-License-Identifier: Apache-2.0 */
/* A config: everything that connections of one kind share. It is built once, then immutable,
 * reference-counted and shared by threads. What would be insecure has no name here. */
#ifndef BULLA_CONFIG_H
#define BULLA_CONFIG_H

#include <bulla/credential.h>
#include <bulla/report.h>
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
    BULLA_ASK_VERIFY = 1 << 0,     /* raise BULLA_EVENT_VERIFY for the peer's chain */
    BULLA_ASK_SIGN = 1 << 1,       /* raise BULLA_EVENT_SIGN even with the key at hand */
    BULLA_ASK_CREDENTIAL = 1 << 2, /* raise BULLA_EVENT_CREDENTIAL to have one chosen */
};

/* TLS code points, RFC 8446 B.4 and 4.2.7. */
enum {
    BULLA_TLS_AES_128_GCM_SHA256 = 0x1301,
    BULLA_TLS_AES_256_GCM_SHA384 = 0x1302,
    BULLA_TLS_CHACHA20_POLY1305_SHA256 = 0x1303,

    BULLA_GROUP_SECP256R1 = 0x0017,
    BULLA_GROUP_SECP384R1 = 0x0018,
    BULLA_GROUP_X25519 = 0x001d,
    BULLA_GROUP_X25519MLKEM768 = 0x11ec, /* safe against quantum computers too */

    BULLA_TLS_1_3 = 0x0304,
};

typedef struct bulla_config bulla_config;
typedef struct bulla_config_builder bulla_config_builder;

/* Seconds since 1970, UTC. */
typedef int64_t (*bulla_clock_function)(void *context);
/* Fills `out` with `len` unpredictable bytes; returns 1, or 0 where that failed. */
typedef int (*bulla_random_function)(void *context, uint8_t *out, size_t len);
/* One line of a key log without its end of line, RFC 9850. */
typedef void (*bulla_key_log_function)(void *context, const char *line, size_t len);

/* A builder with safe defaults: TLS 1.3; AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305;
 * X25519MLKEM768, X25519, P-256, P-384; no ALPN; a server asks for no client certificate; the
 * system's clock and libcrypto's randomness; records of 16 KiB, no padding. */
BULLA_API BULLA_MUST_CHECK bulla_cause bulla_config_builder_new(bulla_config_builder **out,
                                                                bulla_role role);
/* Drops a builder that was not built. */
BULLA_API void bulla_config_builder_free(bulla_config_builder *builder);

/* The setters below remember their first failure, which bulla_config_build() returns. Whatever
 * they are given is copied, or referenced where it is reference-counted. */

/* A client needs a trust store or BULLA_ASK_VERIFY; so does a server that asks for certificates. */
BULLA_API void bulla_config_set_trust(bulla_config_builder *builder, bulla_trust *trust);
/* May be called several times; the first that fits the peer is shown. */
BULLA_API void bulla_config_add_credential(bulla_config_builder *builder,
                                           bulla_credential *credential);
BULLA_API void bulla_config_set_client_auth(bulla_config_builder *builder, bulla_client_auth mode);
/* Adds one application protocol, 1 to 255 bytes, in order of preference, RFC 7301. */
BULLA_API void bulla_config_add_alpn(bulla_config_builder *builder, bulla_bytes protocol);
/* Replaces the default lists, in order of preference. A client sends a key share for the first
 * group; and where that is X25519MLKEM768 and X25519 is in the list, one for X25519 with the same
 * key, so that a server without the former needs no second hello. */
BULLA_API void bulla_config_set_suites(bulla_config_builder *builder, const uint16_t *suites,
                                       size_t num_suites);
BULLA_API void bulla_config_set_groups(bulla_config_builder *builder, const uint16_t *groups,
                                       size_t num_groups);
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
