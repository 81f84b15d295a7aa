/* SPDX-License-Identifier: Apache-2.0 */
/* base64, RFC 4648 section 4: the alphabet with + and /, padded with =. Private keys pass through
 * here, so neither direction looks a value up in a table or branches on it. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/writer.h"

/* Room for what a text of `text_len` characters decodes to; spaces in it make this too large. */
static inline size_t base64_decoded_len_max(size_t text_len) {
    return text_len / 4 * 3;
}

/* Writes base64 in one piece, without line breaks. */
void base64_write(struct writer *writer, bulla_bytes bytes);

/* Decodes all of `text` to `out`, which has room for base64_decoded_len_max() bytes. Spaces, tabs
 * and line ends may stand anywhere. False for any other character, for padding that is missing,
 * superfluous or not at the end, and for bits behind the last byte that are not zero. */
BULLA_MUST_CHECK bool base64_decode(bulla_bytes text, uint8_t *out, size_t *out_len);

#endif
