/* SPDX-License-Identifier: Apache-2.0 */
/* Record protection, RFC 8446 section 5.2 and RFC 5246 section 6.2.3.3: sealing and opening single
 * records. Framing (finding a record in a stream) is connection_input.c's. */
#ifndef TLS_RECORD_H
#define TLS_RECORD_H

#include "crypto/aead.h"
#include "tls/parameters.h"
#include "tls/protocol.h"

/* One direction's keys; aead.id is AEAD_INVALID while records are plaintext. */
struct record_keys {
    struct aead_key aead;
    uint8_t iv[AEAD_NONCE_LEN]; /* TLS 1.2's AES-GCM has 4 bytes of it, and then zeros */
    bool is_12;                 /* protects as TLS 1.2 does */
    uint64_t sequence;
};

/* An idle connection holds two of these: TLS 1.2 lives where there was a hole. */
_Static_assert(sizeof(struct record_keys) == 64, "record_keys has grown");

/* A record as it came, and what is left of it once it is opened. */
struct record {
    enum content_type type;
    uint8_t header[RECORD_HEADER_LEN];
    uint8_t *fragment;
    size_t len;
};

/* What TLS 1.2 takes of its key block as IV: a salt for AES-GCM (RFC 5288 3), the nonce's length
 * for ChaCha20-Poly1305 (RFC 7905 2). */
size_t record_12_iv_len(enum aead_id id);

/* Bytes on the wire of a record with `len` bytes of content padded to a multiple of `multiple`;
 * TLS 1.2 knows no padding. */
size_t record_sealed_len(const struct record_keys *keys, size_t len, size_t multiple);

/* Seals `content` (at most RECORD_PLAINTEXT_LEN_MAX bytes) into `out`, which has room for
 * record_sealed_len() bytes; without keys it is only framed, under `plaintext_version`. */
BULLA_MUST_CHECK bulla_cause record_seal(struct aead_pool *pool, struct record_keys *keys,
                                         enum content_type type, bulla_bytes content,
                                         size_t multiple, uint16_t plaintext_version, uint8_t *out);

/* Opens a protected record in place: `type`, `fragment` and `len` become the inner ones. In TLS 1.2
 * the header's type is under protection too. */
BULLA_MUST_CHECK bulla_cause record_open(struct aead_pool *pool, struct record_keys *keys,
                                         struct record *record);

#endif
