/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] and the sponge around it, FIPS 202. Called by mlkem.c.
 *
 * The lane at column x and row y is lanes[x + 5 * y]; byte i of the state is byte i % 8, the lowest
 * first, of lane i / 8. Aborts where a caller absorbs after it squeezed. */
#include "crypto/keccak.h"

#include <stdlib.h>

enum { NUM_ROUNDS = 24, LANE_LEN = 8 };

/* FIPS 202 3.2.5 */
static const uint64_t round_constants[NUM_ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static const struct {
    uint8_t rate, suffix;
} functions[] = {
    [KECCAK_SHA3_256] = {136, 0x06},
    [KECCAK_SHA3_512] = {72, 0x06},
    [KECCAK_SHAKE128] = {SHAKE128_BLOCK_LEN, 0x1f},
    [KECCAK_SHAKE256] = {136, 0x1f},
};

static void permute(struct keccak *keccak);
static void pad(struct keccak *keccak);
static void add_byte(struct keccak *keccak, uint8_t byte);
static uint64_t lane_read(const uint8_t *bytes);
static void lane_write(uint8_t *bytes, uint64_t lane);

void keccak_start(struct keccak *keccak, enum keccak_id id) {
    *keccak = (struct keccak){.rate = functions[id].rate, .suffix = functions[id].suffix};
}

void keccak_absorb(struct keccak *keccak, bulla_bytes input) {
    if (keccak->squeezing) {
        abort();
    }
    size_t i = 0;
    while (i < input.len) {
        if (keccak->position % LANE_LEN == 0 && input.len - i >= LANE_LEN) {
            keccak->lanes[keccak->position / LANE_LEN] ^= lane_read(input.data + i);
            keccak->position += LANE_LEN;
            i += LANE_LEN;
        } else {
            add_byte(keccak, input.data[i]);
            keccak->position++;
            i++;
        }
        if (keccak->position == keccak->rate) {
            permute(keccak);
            keccak->position = 0;
        }
    }
}

void keccak_squeeze(struct keccak *keccak, uint8_t *out, size_t len) {
    if (!keccak->squeezing) {
        pad(keccak);
    }
    size_t i = 0;
    while (i < len) {
        if (keccak->position == keccak->rate) {
            permute(keccak);
            keccak->position = 0;
        }
        uint64_t lane = keccak->lanes[keccak->position / LANE_LEN];
        if (keccak->position % LANE_LEN == 0 && len - i >= LANE_LEN) {
            lane_write(out + i, lane);
            keccak->position += LANE_LEN;
            i += LANE_LEN;
        } else {
            out[i] = (uint8_t)(lane >> (8 * (keccak->position % LANE_LEN)));
            keccak->position++;
            i++;
        }
    }
}

void keccak_once(enum keccak_id id, bulla_bytes first, bulla_bytes second, uint8_t *out,
                 size_t len) {
    struct keccak keccak;
    keccak_start(&keccak, id);
    keccak_absorb(&keccak, first);
    keccak_absorb(&keccak, second);
    keccak_squeeze(&keccak, out, len);
    bytes_wipe(&keccak, sizeof keccak);
}

/* The suffix and the pad10*1 rule of FIPS 202 5.1. */
static void pad(struct keccak *keccak) {
    add_byte(keccak, keccak->suffix);
    keccak->position = keccak->rate - 1;
    add_byte(keccak, 0x80);
    permute(keccak);
    keccak->position = 0;
    keccak->squeezing = true;
}

static void add_byte(struct keccak *keccak, uint8_t byte) {
    keccak->lanes[keccak->position / LANE_LEN] ^= (uint64_t)byte
                                                  << (8 * (keccak->position % LANE_LEN));
}

static uint64_t lane_read(const uint8_t *bytes) {
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

static void lane_write(uint8_t *bytes, uint64_t lane) {
    for (size_t i = 0; i < LANE_LEN; i++) {
        bytes[i] = (uint8_t)(lane >> (8 * i));
    }
}

/* `by` is 1 to 63. */
static inline uint64_t rotate(uint64_t lane, unsigned by) {
    return lane << by | lane >> (64 - by);
}

/* Step chi on one row, FIPS 202 3.2.4. */
static inline void chi(uint64_t *out, uint64_t b0, uint64_t b1, uint64_t b2, uint64_t b3,
                       uint64_t b4) {
    out[0] = b0 ^ (~b1 & b2);
    out[1] = b1 ^ (~b2 & b3);
    out[2] = b2 ^ (~b3 & b4);
    out[3] = b3 ^ (~b4 & b0);
    out[4] = b4 ^ (~b0 & b1);
}

static inline uint64_t column(const uint64_t *a, size_t x) {
    return a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
}

/* One round from `a` to `out`. The lane that steps rho and pi bring to column x of row y stood in
 * row x at column x + 3y (mod 5); a row is rotated, moved and mixed at once. */
static inline void round_step(const uint64_t *restrict a, uint64_t *restrict out,
                              uint64_t constant) {
    uint64_t c0 = column(a, 0), c1 = column(a, 1), c2 = column(a, 2), c3 = column(a, 3),
             c4 = column(a, 4);
    uint64_t d0 = c4 ^ rotate(c1, 1), d1 = c0 ^ rotate(c2, 1), d2 = c1 ^ rotate(c3, 1),
             d3 = c2 ^ rotate(c4, 1), d4 = c3 ^ rotate(c0, 1);
    chi(out, a[0] ^ d0, rotate(a[6] ^ d1, 44), rotate(a[12] ^ d2, 43), rotate(a[18] ^ d3, 21),
        rotate(a[24] ^ d4, 14));
    chi(out + 5, rotate(a[3] ^ d3, 28), rotate(a[9] ^ d4, 20), rotate(a[10] ^ d0, 3),
        rotate(a[16] ^ d1, 45), rotate(a[22] ^ d2, 61));
    chi(out + 10, rotate(a[1] ^ d1, 1), rotate(a[7] ^ d2, 6), rotate(a[13] ^ d3, 25),
        rotate(a[19] ^ d4, 8), rotate(a[20] ^ d0, 18));
    chi(out + 15, rotate(a[4] ^ d4, 27), rotate(a[5] ^ d0, 36), rotate(a[11] ^ d1, 10),
        rotate(a[17] ^ d2, 15), rotate(a[23] ^ d3, 56));
    chi(out + 20, rotate(a[2] ^ d2, 62), rotate(a[8] ^ d3, 55), rotate(a[14] ^ d4, 39),
        rotate(a[15] ^ d0, 41), rotate(a[21] ^ d1, 2));
    out[0] ^= constant;
}

/* There and back between two states, so that no round copies. */
static void permute(struct keccak *keccak) {
    for (size_t i = 0; i < NUM_ROUNDS; i += 2) {
        round_step(keccak->lanes, keccak->spare, round_constants[i]);
        round_step(keccak->spare, keccak->lanes, round_constants[i + 1]);
    }
}
