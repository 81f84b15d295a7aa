/* SPDX-License-Identifier: Apache-2.0 */
/* The transcript hash, RFC 8446 section 4.4.1. A client does not know the hash before ServerHello,
 * so until then both are kept. */
#ifndef TLS_TRANSCRIPT_H
#define TLS_TRANSCRIPT_H

#include "base/writer.h"
#include "crypto/hash.h"

/* A whole TLS 1.2 handshake before the client's CertificateVerify: two hellos, two chains. */
enum { TRANSCRIPT_KEPT_MAX = 1 << 18 };

struct transcript {
    enum hash_id chosen; /* HASH_INVALID: not yet */
    struct hash sha256;
    struct hash sha384;
    bool keeps;
    struct writer messages; /* growing; the caller frees it with transcript_forget() */
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
/* The running hash, by itself, for a message of which only a part counts. The hash is chosen, or
 * not yet chosen. */
struct hash transcript_fork(const struct transcript *transcript, enum hash_id id);
/* Writes hash_len(chosen) bytes. */
void transcript_digest(const struct transcript *transcript, uint8_t *out);

/* Keeps the messages themselves besides, from now on: TLS 1.2 signs them, under a hash that is
 * known late (RFC 5246 7.4.8). */
void transcript_keep(struct transcript *transcript);
/* What was kept; false where memory was short, or a peer sent more than TRANSCRIPT_KEPT_MAX. */
BULLA_MUST_CHECK bool transcript_messages(const struct transcript *transcript, bulla_bytes *out);
/* Lets go of them. Safe on what keeps nothing. */
void transcript_forget(struct transcript *transcript);

#endif
