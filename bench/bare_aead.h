/* SPDX-License-Identifier: Apache-2.0 */
/* libcrypto's AEAD by itself, doing to plaintext what a record needs and nothing else: the floor
 * that records are compared with. */
#ifndef BENCH_BARE_AEAD_H
#define BENCH_BARE_AEAD_H

#include <bulla/bytes.h>
#include <stdbool.h>

enum { BARE_AEAD_TAG_LEN = 16 };

struct bare_aead;

/* NULL on failure. `suite` is a TLS 1.3 code point. */
struct bare_aead *bare_aead_new(uint16_t suite);
void bare_aead_free(struct bare_aead *aead);

/* One record's worth: a new nonce, 5 bytes of associated data, the plaintext, the tag.
 * `out` has room for plaintext.len + BARE_AEAD_TAG_LEN bytes. */
BULLA_MUST_CHECK bool bare_aead_seal(struct bare_aead *aead, bulla_bytes plaintext, uint8_t *out);
/* Opens in place what was sealed at the same position of the sequence. */
BULLA_MUST_CHECK bool bare_aead_open(struct bare_aead *aead, uint8_t *in_out, size_t plaintext_len);

#endif
