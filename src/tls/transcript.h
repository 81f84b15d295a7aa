/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript hash, RFC 8446 section 4.4.1. A client does not know the hash before ServerHello,
 * so until then both are kept. */
#ifndef TLS_TRANSCRIPT_H
#define TLS_TRANSCRIPT_H

#include "crypto/hash.h"

struct transcript {
    enum hash_id chosen; /* HASH_INVALID: not yet */
    struct hash sha256;
    struct hash sha384;
};

/* Begins; `id` may be HASH_INVALID for "not known yet". */
void transcript_start(struct transcript *transcript, enum hash_id id);
/* Adds a whole handshake message, header included. */
void transcript_add(struct transcript *transcript, bulla_bytes message);
/* Fixes the hash. */
void transcript_choose(struct transcript *transcript, enum hash_id id);
/* Replaces what was added (the first ClientHello) by the synthetic message_hash message that a
 * HelloRetryRequest demands. The hash is chosen. */
void transcript_fold(struct transcript *transcript);
/* Writes hash_len(chosen) bytes. */
void transcript_digest(const struct transcript *transcript, uint8_t *out);

#endif
