/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange, in the shape that suits Diffie-Hellman and key encapsulation alike: one side
 * offers a share, the other accepts it and answers with its own, the first finishes.
 *
 * Private keys are drawn from the random source that is handed in, so that the same bytes give
 * the same exchange. */
#ifndef CRYPTO_KEY_EXCHANGE_H
#define CRYPTO_KEY_EXCHANGE_H

#include "base/random.h"
#include <bulla/error.h>

enum key_exchange_id {
    KEY_EXCHANGE_INVALID = 0,
    KEY_EXCHANGE_X25519, /* RFC 7748 */
    KEY_EXCHANGE_P256,   /* uncompressed points, RFC 8446 4.2.8.2 */
    KEY_EXCHANGE_P384,
    KEY_EXCHANGE_X25519MLKEM768, /* draft-ietf-tls-ecdhe-mlkem: ML-KEM-768, then X25519 */
};

/* Room for the largest share and secret of any exchange: X25519MLKEM768's. */
enum { KEY_EXCHANGE_SHARE_LEN_MAX = 1216, KEY_EXCHANGE_SECRET_LEN_MAX = 64 };

struct mlkem_key;

/* An offer's private half. `handle` and `mlkem` belong to key_exchange.c; zeroed memory is a valid
 * empty one. */
struct key_exchange {
    enum key_exchange_id id;
    void *handle;
    struct mlkem_key *mlkem; /* heap */
    uint8_t secret[48];
};

/* What the offering and the accepting side send, in bytes. */
size_t key_exchange_offer_len(enum key_exchange_id id);
size_t key_exchange_answer_len(enum key_exchange_id id);

/* Bytes of randomness that an offer draws; more where a curve's scalar must be drawn again. */
size_t key_exchange_draw_len(enum key_exchange_id id);

/* Draws a private key and writes key_exchange_offer_len() bytes to `out_share`. */
BULLA_MUST_CHECK bulla_cause key_exchange_offer(struct key_exchange *exchange,
                                                enum key_exchange_id id,
                                                const struct random_source *random,
                                                uint8_t *out_share);

/* The exchange that a hybrid holds at the end of its share, and that can be offered beside it with
 * the same key (draft-ietf-tls-hybrid-design 3.2); KEY_EXCHANGE_INVALID where there is none. */
enum key_exchange_id key_exchange_half(enum key_exchange_id id);

/* The half's share: a view into `share`, which a hybrid's offer wrote. */
bulla_bytes key_exchange_half_share(enum key_exchange_id id, const uint8_t *share);

/* Turns a hybrid's offer into that of its half, which is what the other side took. */
void key_exchange_keep_half(struct key_exchange *exchange);

/* The other side in one step: writes key_exchange_answer_len() bytes to `out_share` and the shared
 * secret (at most KEY_EXCHANGE_SECRET_LEN_MAX bytes, big-endian with leading zeros kept) to
 * `out_secret`. BULLA_E_KEY_SHARE_INVALID where `offer` has the wrong length or form, is no point
 * of the curve, no ML-KEM key, or (X25519) leads to the all-zero secret. */
BULLA_MUST_CHECK bulla_cause key_exchange_accept(enum key_exchange_id id,
                                                 const struct random_source *random,
                                                 bulla_bytes offer, uint8_t *out_share,
                                                 uint8_t *out_secret, size_t *out_secret_len);

/* What a thread lends to its exchanges, one after the other: an object of libcrypto's that holds
 * nothing but the last share that came. Zeroed memory is a valid one. */
struct key_exchange_scratch {
    void *peer;
};

void key_exchange_scratch_free(struct key_exchange_scratch *scratch);

/* Finishes an offer with the other side's share; errors as above. Leaves `exchange` for
 * key_exchange_wipe(). */
BULLA_MUST_CHECK bulla_cause key_exchange_finish(const struct key_exchange *exchange,
                                                 struct key_exchange_scratch *scratch,
                                                 bulla_bytes answer, uint8_t *out_secret,
                                                 size_t *out_secret_len);

/* Frees and wipes; safe on an empty one and twice. */
void key_exchange_wipe(struct key_exchange *exchange);

#endif
