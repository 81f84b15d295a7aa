/* SPDX-License-Identifier: Apache-2.0 */
/* Asking and telling a signature memory (bulla/memo.h). Path search does, around each signature. */
#ifndef X509_MEMO_H
#define X509_MEMO_H

#include "x509/certificate.h"
#include <bulla/memo.h>

/* True where `child`'s signature is known to verify under `issuer_key`. Never waits: where another
 * thread is writing next to the answer, or there is no memo, the answer is false. */
bool memo_knows(bulla_memo *memo, const struct certificate *child,
                const struct public_key_info *issuer_key);

/* To be told after public_key_verify() said BULLA_OK, and only then. Never waits either: what would
 * have to is not remembered. Without a memo nothing happens. */
void memo_remember(bulla_memo *memo, const struct certificate *child,
                   const struct public_key_info *issuer_key);

/* The same in halves: the digest of a question, and the table that knows digests. The last bit of
 * the last word is always set. */
enum { MEMO_TAG_WORDS = 4 };

struct memo_tag {
    uint64_t words[MEMO_TAG_WORDS];
};

struct memo_tag memo_tag_of(const bulla_memo *memo, const struct certificate *child,
                            const struct public_key_info *issuer_key);
bool memo_knows_tag(bulla_memo *memo, const struct memo_tag *tag);
void memo_remember_tag(bulla_memo *memo, const struct memo_tag *tag);

#endif
