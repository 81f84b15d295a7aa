/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange: X25519 (RFC 7748), ECDH on P-256 and P-384 (RFC 8446 4.2.8.2 and 7.4.2), and
 * X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem 3), whose shares and secrets are ML-KEM's followed by
 * X25519's. Refuses a share of the wrong length or form, points off the curve, ML-KEM keys that are
 * not reduced, and the all-zero X25519 secret. An X25519 offer keeps libcrypto's object in
 * `handle`, so that the scalar is imported once; a curve's offer keeps its scalar in `secret`; a
 * hybrid's keeps its ML-KEM key on the heap until the answer is there. The public functions leave
 * libcrypto's error queue as it was: what there is to say, our causes say. Called by the
 * handshakes. */
#include "crypto/libcrypto.h"

#include "crypto/curve.h"
#include "crypto/key_exchange.h"
#include "crypto/mlkem.h"
#include "crypto/x25519.h"

#include <openssl/err.h>
#include <stdlib.h>

/* The widest scalar of an exchange: P-384's. */
enum { SCALAR_LEN_MAX = 48 };
_Static_assert(sizeof((struct key_exchange){0}.secret) == SCALAR_LEN_MAX, "a scalar fits");

enum {
    HYBRID_OFFER_LEN = MLKEM_ENCAPSULATION_KEY_LEN + X25519_LEN,
    HYBRID_ANSWER_LEN = MLKEM_CIPHERTEXT_LEN + X25519_LEN,
    HYBRID_SECRET_LEN = MLKEM_SECRET_LEN + X25519_LEN,
};
_Static_assert((int)HYBRID_OFFER_LEN == (int)KEY_EXCHANGE_SHARE_LEN_MAX, "the longest share");
_Static_assert((int)HYBRID_SECRET_LEN == (int)KEY_EXCHANGE_SECRET_LEN_MAX, "the longest secret");

/* False where `id` is no exchange on a NIST curve. */
static bool is_ecdh(enum key_exchange_id id, enum curve_id *out_curve);

static bulla_cause x25519_offer(const struct random_source *random, uint8_t *out_share,
                                void **out_handle);
static bulla_cause x25519_accept(const struct random_source *random, bulla_bytes offer,
                                 uint8_t *out_share, uint8_t *out_secret);
static bulla_cause x25519_finish(void *handle, struct key_exchange_scratch *scratch,
                                 bulla_bytes answer, uint8_t *out_secret);

static bulla_cause hybrid_offer(const struct random_source *random, uint8_t *out_share,
                                struct key_exchange *exchange);
static bulla_cause hybrid_accept(const struct random_source *random, bulla_bytes offer,
                                 uint8_t *out_share, uint8_t *out_secret);
static bulla_cause hybrid_finish(const struct key_exchange *exchange,
                                 struct key_exchange_scratch *scratch, bulla_bytes answer,
                                 uint8_t *out_secret);

static bulla_cause ecdh_offer(enum curve_id curve, const struct random_source *random,
                              uint8_t *out_share, uint8_t *out_scalar);
static bulla_cause ecdh_accept(enum curve_id curve, const struct random_source *random,
                               bulla_bytes offer, uint8_t *out_share, uint8_t *out_secret);
static bulla_cause ecdh_finish(enum curve_id curve, const uint8_t *scalar, bulla_bytes answer,
                               uint8_t *out_secret);

/* Draws a scalar, writes its point to `out_share`, and hands the scalar out in both forms. */
static bulla_cause ecdh_draw(enum curve_id curve, const struct random_source *random,
                             BN_CTX *context, uint8_t *out_share, uint8_t *out_scalar,
                             BIGNUM **out_number);

/* The secret of a scalar and the other side's encoded point. */
static bulla_cause ecdh_agree(enum curve_id curve, const BIGNUM *scalar, bulla_bytes share,
                              BN_CTX *context, uint8_t *out_secret);

size_t key_exchange_offer_len(enum key_exchange_id id) {
    enum curve_id curve;
    if (id == KEY_EXCHANGE_X25519MLKEM768) {
        return HYBRID_OFFER_LEN;
    }
    return is_ecdh(id, &curve) ? curve_point_len(curve) : X25519_LEN;
}

size_t key_exchange_answer_len(enum key_exchange_id id) {
    return id == KEY_EXCHANGE_X25519MLKEM768 ? HYBRID_ANSWER_LEN : key_exchange_offer_len(id);
}

size_t key_exchange_draw_len(enum key_exchange_id id) {
    enum curve_id curve;
    if (id == KEY_EXCHANGE_X25519MLKEM768) {
        return MLKEM_SEED_LEN + X25519_LEN;
    }
    return is_ecdh(id, &curve) ? curve_scalar_len(curve) : X25519_LEN;
}

enum key_exchange_id key_exchange_half(enum key_exchange_id id) {
    return id == KEY_EXCHANGE_X25519MLKEM768 ? KEY_EXCHANGE_X25519 : KEY_EXCHANGE_INVALID;
}

bulla_bytes key_exchange_half_share(enum key_exchange_id id, const uint8_t *share) {
    return key_exchange_half(id) == KEY_EXCHANGE_INVALID
               ? bytes_of(NULL, 0)
               : bytes_of(share + MLKEM_ENCAPSULATION_KEY_LEN, X25519_LEN);
}

void key_exchange_keep_half(struct key_exchange *exchange) {
    bytes_wipe_and_free(exchange->mlkem, sizeof *exchange->mlkem);
    exchange->mlkem = NULL;
    exchange->id = key_exchange_half(exchange->id);
}

bulla_cause key_exchange_offer(struct key_exchange *exchange, enum key_exchange_id id,
                               const struct random_source *random, uint8_t *out_share) {
    *exchange = (struct key_exchange){.id = id};
    enum curve_id curve;
    bulla_cause cause = BULLA_E_API_MISUSE;
    ERR_set_mark();
    if (id == KEY_EXCHANGE_X25519) {
        cause = x25519_offer(random, out_share, &exchange->handle);
    } else if (id == KEY_EXCHANGE_X25519MLKEM768) {
        cause = hybrid_offer(random, out_share, exchange);
    } else if (is_ecdh(id, &curve)) {
        cause = ecdh_offer(curve, random, out_share, exchange->secret);
    }
    ERR_pop_to_mark();
    if (cause != BULLA_OK) {
        key_exchange_wipe(exchange);
    }
    return cause;
}

bulla_cause key_exchange_accept(enum key_exchange_id id, const struct random_source *random,
                                bulla_bytes offer, uint8_t *out_share, uint8_t *out_secret,
                                size_t *out_secret_len) {
    enum curve_id curve;
    bulla_cause cause = BULLA_E_API_MISUSE;
    ERR_set_mark();
    if (id == KEY_EXCHANGE_X25519) {
        cause = x25519_accept(random, offer, out_share, out_secret);
        *out_secret_len = X25519_LEN;
    } else if (id == KEY_EXCHANGE_X25519MLKEM768) {
        cause = hybrid_accept(random, offer, out_share, out_secret);
        *out_secret_len = HYBRID_SECRET_LEN;
    } else if (is_ecdh(id, &curve)) {
        cause = ecdh_accept(curve, random, offer, out_share, out_secret);
        *out_secret_len = curve_scalar_len(curve);
    }
    ERR_pop_to_mark();
    return cause;
}

void key_exchange_scratch_free(struct key_exchange_scratch *scratch) {
    EVP_PKEY_free(scratch->peer);
    scratch->peer = NULL;
}

bulla_cause key_exchange_finish(const struct key_exchange *exchange,
                                struct key_exchange_scratch *scratch, bulla_bytes answer,
                                uint8_t *out_secret, size_t *out_secret_len) {
    enum curve_id curve;
    bulla_cause cause = BULLA_E_API_MISUSE;
    ERR_set_mark();
    if (exchange->id == KEY_EXCHANGE_X25519 && exchange->handle != NULL) {
        cause = x25519_finish(exchange->handle, scratch, answer, out_secret);
        *out_secret_len = X25519_LEN;
    } else if (exchange->id == KEY_EXCHANGE_X25519MLKEM768 && exchange->mlkem != NULL) {
        cause = hybrid_finish(exchange, scratch, answer, out_secret);
        *out_secret_len = HYBRID_SECRET_LEN;
    } else if (is_ecdh(exchange->id, &curve)) {
        cause = ecdh_finish(curve, exchange->secret, answer, out_secret);
        *out_secret_len = curve_scalar_len(curve);
    }
    ERR_pop_to_mark();
    return cause;
}

void key_exchange_wipe(struct key_exchange *exchange) {
    EVP_PKEY_CTX_free(exchange->handle);
    bytes_wipe_and_free(exchange->mlkem, sizeof *exchange->mlkem);
    bytes_wipe(exchange, sizeof *exchange);
}

static bool is_ecdh(enum key_exchange_id id, enum curve_id *out_curve) {
    *out_curve = id == KEY_EXCHANGE_P384 ? CURVE_P384 : CURVE_P256;
    return id == KEY_EXCHANGE_P256 || id == KEY_EXCHANGE_P384;
}

static bulla_cause x25519_offer(const struct random_source *random, uint8_t *out_share,
                                void **out_handle) {
    uint8_t scalar[X25519_LEN];
    if (!random_fill(random, scalar, sizeof scalar)) {
        return BULLA_E_RANDOM_FAILED;
    }
    EVP_PKEY_CTX *key = NULL;
    bulla_cause cause = x25519_new(&key, scalar, out_share);
    bytes_wipe(scalar, sizeof scalar);
    *out_handle = key;
    return cause;
}

static bulla_cause x25519_accept(const struct random_source *random, bulla_bytes offer,
                                 uint8_t *out_share, uint8_t *out_secret) {
    uint8_t scalar[X25519_LEN];
    if (offer.len != X25519_LEN) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    if (!random_fill(random, scalar, sizeof scalar)) {
        return BULLA_E_RANDOM_FAILED;
    }
    bulla_cause cause = x25519_answer(scalar, offer.data, out_share, out_secret);
    bytes_wipe(scalar, sizeof scalar);
    return cause;
}

static bulla_cause x25519_finish(void *handle, struct key_exchange_scratch *scratch,
                                 bulla_bytes answer, uint8_t *out_secret) {
    if (answer.len != X25519_LEN) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    EVP_PKEY *peer = scratch->peer;
    bulla_cause cause = x25519_at(handle, &peer, answer.data, out_secret);
    scratch->peer = peer;
    return cause;
}

static bulla_cause hybrid_offer(const struct random_source *random, uint8_t *out_share,
                                struct key_exchange *exchange) {
    uint8_t seed[MLKEM_SEED_LEN];
    if (!random_fill(random, seed, sizeof seed)) {
        return BULLA_E_RANDOM_FAILED;
    }
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    exchange->mlkem = malloc(sizeof *exchange->mlkem);
    if (exchange->mlkem != NULL) {
        mlkem_keygen(exchange->mlkem, seed);
        bytes_copy(out_share, HYBRID_OFFER_LEN, BYTES_IN(exchange->mlkem->encapsulation_key));
        cause = x25519_offer(random, out_share + MLKEM_ENCAPSULATION_KEY_LEN, &exchange->handle);
    }
    bytes_wipe(seed, sizeof seed);
    return cause;
}

static bulla_cause hybrid_accept(const struct random_source *random, bulla_bytes offer,
                                 uint8_t *out_share, uint8_t *out_secret) {
    uint8_t message[MLKEM_MESSAGE_LEN];
    if (offer.len != HYBRID_OFFER_LEN) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    if (!random_fill(random, message, sizeof message)) {
        return BULLA_E_RANDOM_FAILED;
    }
    bulla_cause cause = mlkem_encapsulate(bytes_of(offer.data, MLKEM_ENCAPSULATION_KEY_LEN),
                                          message, out_share, out_secret);
    bytes_wipe(message, sizeof message);
    if (cause == BULLA_OK) {
        cause = x25519_accept(random, bytes_after(offer, MLKEM_ENCAPSULATION_KEY_LEN),
                              out_share + MLKEM_CIPHERTEXT_LEN, out_secret + MLKEM_SECRET_LEN);
    }
    return cause;
}

static bulla_cause hybrid_finish(const struct key_exchange *exchange,
                                 struct key_exchange_scratch *scratch, bulla_bytes answer,
                                 uint8_t *out_secret) {
    if (answer.len != HYBRID_ANSWER_LEN) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    bulla_cause cause =
        mlkem_decapsulate(exchange->mlkem, bytes_of(answer.data, MLKEM_CIPHERTEXT_LEN), out_secret);
    if (cause == BULLA_OK) {
        cause = x25519_finish(exchange->handle, scratch, bytes_after(answer, MLKEM_CIPHERTEXT_LEN),
                              out_secret + MLKEM_SECRET_LEN);
    }
    return cause;
}

static bulla_cause ecdh_offer(enum curve_id curve, const struct random_source *random,
                              uint8_t *out_share, uint8_t *out_scalar) {
    BN_CTX *context = BN_CTX_secure_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    BIGNUM *number = NULL;
    bulla_cause cause = ecdh_draw(curve, random, context, out_share, out_scalar, &number);
    BN_clear_free(number);
    BN_CTX_free(context);
    return cause;
}

static bulla_cause ecdh_accept(enum curve_id curve, const struct random_source *random,
                               bulla_bytes offer, uint8_t *out_share, uint8_t *out_secret) {
    BN_CTX *context = BN_CTX_secure_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    uint8_t scalar[SCALAR_LEN_MAX];
    BIGNUM *number = NULL;
    bulla_cause cause = ecdh_draw(curve, random, context, out_share, scalar, &number);
    if (cause == BULLA_OK) {
        cause = ecdh_agree(curve, number, offer, context, out_secret);
    }
    bytes_wipe(scalar, sizeof scalar);
    BN_clear_free(number);
    BN_CTX_free(context);
    return cause;
}

static bulla_cause ecdh_finish(enum curve_id curve, const uint8_t *scalar, bulla_bytes answer,
                               uint8_t *out_secret) {
    BN_CTX *context = BN_CTX_secure_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    BIGNUM *number = NULL;
    bulla_cause cause =
        curve_scalar_decode(curve, bytes_of(scalar, curve_scalar_len(curve)), &number);
    if (cause == BULLA_OK) {
        cause = ecdh_agree(curve, number, answer, context, out_secret);
    } else if (cause == BULLA_E_KEY_MALFORMED) {
        cause = BULLA_E_API_MISUSE; /* zero: wiped, or never offered */
    }
    BN_clear_free(number);
    BN_CTX_free(context);
    return cause;
}

static bulla_cause ecdh_draw(enum curve_id curve, const struct random_source *random,
                             BN_CTX *context, uint8_t *out_share, uint8_t *out_scalar,
                             BIGNUM **out_number) {
    bulla_cause cause = curve_scalar_draw(curve, random, out_scalar, out_number);
    if (cause != BULLA_OK) {
        return cause;
    }
    EC_POINT *point = curve_point_of_scalar(curve, *out_number, context);
    if (point == NULL) {
        return BULLA_E_CRYPTO_FAILED;
    }
    cause = curve_point_encode(curve, point, context, out_share);
    EC_POINT_clear_free(point);
    return cause;
}

static bulla_cause ecdh_agree(enum curve_id curve, const BIGNUM *scalar, bulla_bytes share,
                              BN_CTX *context, uint8_t *out_secret) {
    EC_POINT *point;
    bulla_cause cause = curve_point_decode(curve, share, context, &point);
    if (cause == BULLA_E_KEY_UNSUPPORTED || cause == BULLA_E_KEY_MALFORMED) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    if (cause == BULLA_OK) {
        cause = curve_shared_x(curve, scalar, point, context, out_secret);
        EC_POINT_free(point);
    }
    return cause;
}
