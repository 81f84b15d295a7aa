/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of FIPS 202 that ML-KEM is made of: SHA3-256, SHA3-512, SHAKE128 and SHAKE256, fed
 * and read in pieces of any length. Time and memory access depend on lengths alone.
 *
 * Our own, because libcrypto 3.0 squeezes once only, and ML-KEM reads until it has enough. */
#ifndef CRYPTO_KECCAK_H
#define CRYPTO_KECCAK_H

#include "base/bytes.h"

enum keccak_id {
    KECCAK_INVALID = 0,
    KECCAK_SHA3_256,
    KECCAK_SHA3_512,
    KECCAK_SHAKE128,
    KECCAK_SHAKE256,
};

enum {
    SHA3_256_LEN = 32,
    SHA3_512_LEN = 64,
    SHAKE128_BLOCK_LEN = 168, /* what one permutation yields */
};

struct keccak {
    uint64_t lanes[25];
    uint64_t spare[25]; /* every other round's; here so that it is wiped with the rest */
    size_t rate;        /* bytes of the state that are fed and read */
    size_t position;    /* of the next byte in them */
    uint8_t suffix;     /* the bits that end the input, FIPS 202 6.1 and 6.2 */
    bool squeezing;
};

void keccak_start(struct keccak *keccak, enum keccak_id id);

/* Any number of times, before the first squeeze. */
void keccak_absorb(struct keccak *keccak, bulla_bytes input);

/* The next `len` bytes: of a SHA3 function all of its digest at once, of a SHAKE as often as
 * wanted. */
void keccak_squeeze(struct keccak *keccak, uint8_t *out, size_t len);

/* All in one, of two inputs one after the other. */
void keccak_once(enum keccak_id id, bulla_bytes first, bulla_bytes second, uint8_t *out,
                 size_t len);

#endif
