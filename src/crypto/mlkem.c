/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM-768 after FIPS 203; numbers of algorithms are that document's. Refuses encapsulation keys
 * and ciphertexts as its sections 7.2 and 7.3 ask.
 *
 * A coefficient is a uint16_t below Q at all times: each operation ends in a reduction by mask, so
 * there are no bounds to track from one to the next. Products are reduced after Montgomery with
 * R = 2^16. Those of two polynomials keep a factor 1/R, which inverse_ntt() or scale_by_r() takes
 * out. No branch, index or division depends on a secret; tests/ct has valgrind watch over that. The
 * matrix A comes of public bytes, and is drawn anew where it is needed rather than stored.
 *
 * Called by key_exchange.c. */
#include "crypto/mlkem.h"

#include "crypto/constant_time.h"
#include "crypto/keccak.h"

enum {
    N = 256,
    Q = 3329,
    RANK = 3,    /* k */
    BITS_U = 10, /* d_u */
    BITS_V = 4,  /* d_v */
    BITS_FULL = 12,
    SEED_LEN = 32, /* of rho, sigma, r, and d */
    NOISE_LEN = 64 * 2 /* eta_1 and eta_2 are 2 */,
    POLYNOMIAL_LEN = N * BITS_FULL / 8,
    U_LEN = N * BITS_U / 8,
    V_LEN = N * BITS_V / 8,
};
_Static_assert(MLKEM_VECTOR_LEN == RANK * POLYNOMIAL_LEN, "FIPS 203 8");
_Static_assert(MLKEM_CIPHERTEXT_LEN == RANK * U_LEN + V_LEN, "FIPS 203 8");
_Static_assert(sizeof(struct mlkem_key) == 2400, "FIPS 203 8: a decapsulation key, unpadded");

enum {
    Q_INVERSE = 62209,   /* 1/Q modulo R */
    R_SQUARED = 1353,    /* R^2 modulo Q */
    R_SQUARED_128 = 1441 /* R^2/128 modulo Q */
};

/* 17^BitRev7(i) * R modulo Q: the roots of unity of FIPS 203 appendix A. */
static const uint16_t zetas[128] = {
    2285, 2571, 2970, 1812, 1493, 1422, 287,  202,  3158, 622,  1577, 182,  962,  2127, 1855, 1468,
    573,  2004, 264,  383,  2500, 1458, 1727, 3199, 2648, 1017, 732,  608,  1787, 411,  3124, 1758,
    1223, 652,  2777, 1015, 2036, 1491, 3047, 1785, 516,  3321, 3009, 2663, 1711, 2167, 126,  1469,
    2476, 3239, 3058, 830,  107,  1908, 3082, 2378, 2931, 961,  1821, 2604, 448,  2264, 677,  2054,
    2226, 430,  555,  843,  2078, 871,  1550, 105,  422,  587,  177,  3094, 3038, 2869, 1574, 1653,
    3083, 778,  1159, 3182, 2552, 1483, 2727, 1119, 1739, 644,  2457, 349,  418,  329,  3173, 3254,
    817,  1097, 603,  610,  1322, 2044, 1864, 384,  2114, 3193, 1218, 1994, 2455, 220,  2142, 1670,
    2144, 1799, 2051, 794,  1819, 2475, 2459, 478,  3221, 3021, 996,  991,  958,  1869, 1522, 1628,
};

struct polynomial {
    uint16_t at[N];
};

static bool is_reduced(const uint8_t *encoded);
static void encrypt(const uint8_t *encapsulation_key, const uint8_t *message,
                    const uint8_t *randomness, uint8_t *out_ciphertext);
static void decrypt(const uint8_t *secret_vector, const uint8_t *ciphertext, uint8_t *out_message);
static void derive(const uint8_t *message, const uint8_t *key_hash, uint8_t *out);

static void sample_uniform(struct polynomial *out, const uint8_t *rho, size_t row, size_t column);
static void sample_noise(struct polynomial *out, const uint8_t *seed, size_t number);

static void ntt(struct polynomial *f);
static void inverse_ntt(struct polynomial *f);
static void multiply_add(struct polynomial *sum, const struct polynomial *f,
                         const struct polynomial *g);
static void add(struct polynomial *sum, const struct polynomial *f);
static void subtract(struct polynomial *difference, const struct polynomial *f);
static void scale_by_r(struct polynomial *f);

static void encode(uint8_t *out, const struct polynomial *f, unsigned bits);
static void decode(struct polynomial *out, const uint8_t *bytes, unsigned bits);
static void compress(struct polynomial *f, unsigned bits);
static void decompress(struct polynomial *f, unsigned bits);

/* ------------------------------------------------------------------ algorithms 16, 17 and 18 */

void mlkem_keygen(struct mlkem_key *out, const uint8_t *seed) {
    static const uint8_t rank = RANK;
    uint8_t seeds[2 * SEED_LEN]; /* rho and sigma */
    const uint8_t *rho = seeds, *sigma = seeds + SEED_LEN;
    struct polynomial secret[RANK], t, f;
    keccak_once(KECCAK_SHA3_512, bytes_of(seed, SEED_LEN), bytes_of(&rank, 1), seeds, sizeof seeds);
    declare_public(rho, SEED_LEN);
    for (size_t i = 0; i < RANK; i++) {
        sample_noise(&secret[i], sigma, i);
        ntt(&secret[i]);
        encode(out->secret_vector + i * POLYNOMIAL_LEN, &secret[i], BITS_FULL);
    }
    for (size_t i = 0; i < RANK; i++) {
        t = (struct polynomial){{0}};
        for (size_t j = 0; j < RANK; j++) {
            sample_uniform(&f, rho, i, j);
            multiply_add(&t, &f, &secret[j]);
        }
        scale_by_r(&t);
        sample_noise(&f, sigma, RANK + i);
        ntt(&f);
        add(&t, &f);
        encode(out->encapsulation_key + i * POLYNOMIAL_LEN, &t, BITS_FULL);
    }
    bytes_copy(out->encapsulation_key + MLKEM_VECTOR_LEN, SEED_LEN, bytes_of(rho, SEED_LEN));
    keccak_once(KECCAK_SHA3_256, BYTES_IN(out->encapsulation_key), bytes_of(NULL, 0),
                out->encapsulation_key_hash, SHA3_256_LEN);
    bytes_copy(out->rejection_seed, sizeof out->rejection_seed, bytes_of(seed + SEED_LEN, 32));
    bytes_wipe(seeds, sizeof seeds);
    bytes_wipe(secret, sizeof secret);
    bytes_wipe(&f, sizeof f);
}

bulla_cause mlkem_encapsulate(bulla_bytes encapsulation_key, const uint8_t *message,
                              uint8_t *out_ciphertext, uint8_t *out_secret) {
    if (encapsulation_key.len != MLKEM_ENCAPSULATION_KEY_LEN ||
        !is_reduced(encapsulation_key.data)) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    uint8_t hash[SHA3_256_LEN], derived[MLKEM_SECRET_LEN + SEED_LEN];
    keccak_once(KECCAK_SHA3_256, encapsulation_key, bytes_of(NULL, 0), hash, sizeof hash);
    derive(message, hash, derived);
    encrypt(encapsulation_key.data, message, derived + MLKEM_SECRET_LEN, out_ciphertext);
    bytes_copy(out_secret, MLKEM_SECRET_LEN, bytes_of(derived, MLKEM_SECRET_LEN));
    bytes_wipe(derived, sizeof derived);
    return BULLA_OK;
}

/* Both secrets, the agreed one and the one of a rejection, are computed whatever the ciphertext. */
bulla_cause mlkem_decapsulate(const struct mlkem_key *key, bulla_bytes ciphertext,
                              uint8_t *out_secret) {
    if (ciphertext.len != MLKEM_CIPHERTEXT_LEN) {
        return BULLA_E_KEY_SHARE_INVALID;
    }
    uint8_t message[MLKEM_MESSAGE_LEN], derived[MLKEM_SECRET_LEN + SEED_LEN];
    uint8_t rejection[MLKEM_SECRET_LEN], again[MLKEM_CIPHERTEXT_LEN];
    decrypt(key->secret_vector, ciphertext.data, message);
    derive(message, key->encapsulation_key_hash, derived);
    keccak_once(KECCAK_SHAKE256, BYTES_IN(key->rejection_seed), ciphertext, rejection,
                sizeof rejection);
    encrypt(key->encapsulation_key, message, derived + MLKEM_SECRET_LEN, again);
    uint8_t same = opaque(bytes_equal_secret(again, ciphertext.data, sizeof again));
    uint8_t mask = opaque((uint8_t)(0U - same));
    for (size_t i = 0; i < MLKEM_SECRET_LEN; i++) {
        out_secret[i] = (uint8_t)((derived[i] & mask) | (rejection[i] & ~mask));
    }
    bytes_wipe(message, sizeof message);
    bytes_wipe(derived, sizeof derived);
    bytes_wipe(rejection, sizeof rejection);
    bytes_wipe(again, sizeof again);
    return BULLA_OK;
}

/* The modulus check of FIPS 203 7.2. The key is public. */
static bool is_reduced(const uint8_t *encoded) {
    struct polynomial f;
    for (size_t i = 0; i < RANK; i++) {
        decode(&f, encoded + i * POLYNOMIAL_LEN, BITS_FULL);
        for (size_t k = 0; k < N; k++) {
            if (f.at[k] >= Q) {
                return false;
            }
        }
    }
    return true;
}

/* G of FIPS 203 4.1: the shared secret, then the randomness of the encryption. */
static void derive(const uint8_t *message, const uint8_t *key_hash, uint8_t *out) {
    keccak_once(KECCAK_SHA3_512, bytes_of(message, MLKEM_MESSAGE_LEN),
                bytes_of(key_hash, SHA3_256_LEN), out, MLKEM_SECRET_LEN + SEED_LEN);
}

/* ------------------------------------------------------------------ algorithms 14 and 15 */

static void encrypt(const uint8_t *encapsulation_key, const uint8_t *message,
                    const uint8_t *randomness, uint8_t *out_ciphertext) {
    const uint8_t *rho = encapsulation_key + MLKEM_VECTOR_LEN;
    struct polynomial y[RANK], sum, f;
    for (size_t i = 0; i < RANK; i++) {
        sample_noise(&y[i], randomness, i);
        ntt(&y[i]);
    }
    for (size_t i = 0; i < RANK; i++) {
        sum = (struct polynomial){{0}};
        for (size_t j = 0; j < RANK; j++) {
            sample_uniform(&f, rho, j, i); /* A transposed */
            multiply_add(&sum, &f, &y[j]);
        }
        inverse_ntt(&sum);
        sample_noise(&f, randomness, RANK + i);
        add(&sum, &f);
        compress(&sum, BITS_U);
        encode(out_ciphertext + i * U_LEN, &sum, BITS_U);
    }
    sum = (struct polynomial){{0}};
    for (size_t i = 0; i < RANK; i++) {
        decode(&f, encapsulation_key + i * POLYNOMIAL_LEN, BITS_FULL);
        multiply_add(&sum, &f, &y[i]);
    }
    inverse_ntt(&sum);
    sample_noise(&f, randomness, RANK + RANK);
    add(&sum, &f);
    decode(&f, message, 1);
    decompress(&f, 1);
    add(&sum, &f);
    compress(&sum, BITS_V);
    encode(out_ciphertext + RANK * U_LEN, &sum, BITS_V);
    bytes_wipe(y, sizeof y);
    bytes_wipe(&sum, sizeof sum);
    bytes_wipe(&f, sizeof f);
}

static void decrypt(const uint8_t *secret_vector, const uint8_t *ciphertext, uint8_t *out_message) {
    struct polynomial product = {{0}}, message, secret, u;
    for (size_t i = 0; i < RANK; i++) {
        decode(&u, ciphertext + i * U_LEN, BITS_U);
        decompress(&u, BITS_U);
        ntt(&u);
        decode(&secret, secret_vector + i * POLYNOMIAL_LEN, BITS_FULL);
        multiply_add(&product, &u, &secret);
    }
    inverse_ntt(&product);
    decode(&message, ciphertext + RANK * U_LEN, BITS_V);
    decompress(&message, BITS_V);
    subtract(&message, &product);
    compress(&message, 1);
    encode(out_message, &message, 1);
    bytes_wipe(&product, sizeof product);
    bytes_wipe(&message, sizeof message);
    bytes_wipe(&secret, sizeof secret);
}

/* ------------------------------------------------------------------ sampling */

/* Algorithm 7, for one element of A. Rejects by branches: rho is public. */
static void sample_uniform(struct polynomial *out, const uint8_t *rho, size_t row, size_t column) {
    const uint8_t indices[] = {(uint8_t)column, (uint8_t)row};
    uint8_t block[SHAKE128_BLOCK_LEN];
    struct keccak xof;
    keccak_start(&xof, KECCAK_SHAKE128);
    keccak_absorb(&xof, bytes_of(rho, SEED_LEN));
    keccak_absorb(&xof, BYTES_IN(indices));
    size_t num = 0;
    while (num < N) {
        keccak_squeeze(&xof, block, sizeof block);
        for (size_t i = 0; i < sizeof block && num < N; i += 3) {
            uint32_t low = block[i] | (block[i + 1] & 0x0fU) << 8;
            uint32_t high = (uint32_t)block[i + 1] >> 4 | (uint32_t)block[i + 2] << 4;
            if (low < Q) {
                out->at[num++] = (uint16_t)low;
            }
            if (high < Q && num < N) {
                out->at[num++] = (uint16_t)high;
            }
        }
    }
}

/* The one place in which a number below zero, or one of 2Q and less, becomes a coefficient: adds Q
 * where the subtraction before it went below zero. */
static inline uint16_t add_q_if_negative(uint16_t value) {
    uint16_t mask = (uint16_t)(0U - (uint32_t)(value >> 15));
    return (uint16_t)(value + (mask & Q));
}

/* Algorithm 8 with eta 2, of PRF(seed, number): the difference of two pairs of bits for each
 * coefficient. */
static void sample_noise(struct polynomial *out, const uint8_t *seed, size_t number) {
    const uint8_t suffix = (uint8_t)number;
    uint8_t noise[NOISE_LEN];
    keccak_once(KECCAK_SHAKE256, bytes_of(seed, SEED_LEN), bytes_of(&suffix, 1), noise,
                sizeof noise);
    for (size_t i = 0; i < NOISE_LEN; i++) {
        uint32_t sums = (noise[i] & 0x55U) + (noise[i] >> 1 & 0x55U); /* four of 2 bits */
        out->at[2 * i] = add_q_if_negative((uint16_t)((sums & 3) - (sums >> 2 & 3)));
        out->at[2 * i + 1] = add_q_if_negative((uint16_t)((sums >> 4 & 3) - (sums >> 6)));
    }
    bytes_wipe(noise, sizeof noise);
}

/* ------------------------------------------------------------------ arithmetic */

static inline uint16_t sum_of(uint16_t a, uint16_t b) {
    return add_q_if_negative((uint16_t)(a + b - Q));
}

static inline uint16_t difference_of(uint16_t a, uint16_t b) {
    return add_q_if_negative((uint16_t)(a - b));
}

/* product/R modulo Q, for a product below R * Q: the multiple of Q that has the product's low half
 * is taken off, which leaves a high half between -Q and Q. */
static inline uint16_t reduce(uint32_t product) {
    uint16_t multiple = (uint16_t)(product * Q_INVERSE);
    return add_q_if_negative((uint16_t)((product >> 16) - ((uint32_t)multiple * Q >> 16)));
}

static inline uint32_t product_of(uint16_t a, uint16_t b) {
    return (uint32_t)a * b;
}

/* Algorithm 9. */
static void ntt(struct polynomial *f) {
    size_t k = 1;
    for (size_t len = N / 2; len >= 2; len /= 2) {
        for (size_t start = 0; start < N; start += 2 * len, k++) {
            uint16_t *restrict low = f->at + start, *restrict high = f->at + start + len;
            for (size_t i = 0; i < len; i++) {
                uint16_t turned = reduce(product_of(zetas[k], high[i]));
                high[i] = difference_of(low[i], turned);
                low[i] = sum_of(low[i], turned);
            }
        }
    }
}

/* Algorithm 10, times R. */
static void inverse_ntt(struct polynomial *f) {
    size_t k = N / 2 - 1;
    for (size_t len = 2; len <= N / 2; len *= 2) {
        for (size_t start = 0; start < N; start += 2 * len, k--) {
            uint16_t *restrict low = f->at + start, *restrict high = f->at + start + len;
            for (size_t i = 0; i < len; i++) {
                uint16_t difference = difference_of(high[i], low[i]);
                low[i] = sum_of(low[i], high[i]);
                high[i] = reduce(product_of(zetas[k], difference));
            }
        }
    }
    for (size_t i = 0; i < N; i++) {
        f->at[i] = reduce(product_of(f->at[i], R_SQUARED_128));
    }
}

/* Algorithms 11 and 12: adds f * g / R, both in the NTT's domain. Pairs of coefficients are
 * polynomials modulo X^2 - zeta, and modulo X^2 + zeta by turns. */
static void multiply_add(struct polynomial *sum, const struct polynomial *f,
                         const struct polynomial *g) {
    for (size_t i = 0; i < N; i += 2) {
        uint16_t zeta = zetas[N / 4 + i / 4];
        uint16_t root = i % 4 == 0 ? zeta : (uint16_t)(Q - zeta);
        uint16_t high = reduce(product_of(f->at[i + 1], g->at[i + 1]));
        uint16_t constant = reduce(product_of(f->at[i], g->at[i]) + product_of(high, root));
        uint16_t linear =
            reduce(product_of(f->at[i], g->at[i + 1]) + product_of(f->at[i + 1], g->at[i]));
        sum->at[i] = sum_of(sum->at[i], constant);
        sum->at[i + 1] = sum_of(sum->at[i + 1], linear);
    }
}

static void add(struct polynomial *sum, const struct polynomial *f) {
    for (size_t i = 0; i < N; i++) {
        sum->at[i] = sum_of(sum->at[i], f->at[i]);
    }
}

static void subtract(struct polynomial *difference, const struct polynomial *f) {
    for (size_t i = 0; i < N; i++) {
        difference->at[i] = difference_of(difference->at[i], f->at[i]);
    }
}

static void scale_by_r(struct polynomial *f) {
    for (size_t i = 0; i < N; i++) {
        f->at[i] = reduce(product_of(f->at[i], R_SQUARED));
    }
}

/* ------------------------------------------------------------------ bytes and bits */

/* Algorithm 5. Which bits make a byte depends on positions alone. */
static void encode(uint8_t *out, const struct polynomial *f, unsigned bits) {
    uint32_t held = 0;
    unsigned num_held = 0;
    for (size_t i = 0; i < N; i++) {
        held |= (uint32_t)f->at[i] << num_held;
        num_held += bits;
        for (; num_held >= 8; num_held -= 8) {
            *out++ = (uint8_t)held;
            held >>= 8;
        }
    }
}

/* Algorithm 6, without a reduction where `bits` is BITS_FULL: is_reduced() refuses what needs one.
 */
static void decode(struct polynomial *out, const uint8_t *bytes, unsigned bits) {
    uint32_t held = 0;
    unsigned num_held = 0;
    for (size_t i = 0; i < N; i++) {
        for (; num_held < bits; num_held += 8) {
            held |= (uint32_t)*bytes++ << num_held;
        }
        out->at[i] = (uint16_t)(held & ((1U << bits) - 1));
        held >>= bits;
        num_held -= bits;
    }
}

/* FIPS 203 4.2.1: the nearest multiple of Q/2^bits. Divides by Q through a multiplication with
 * 2^36/Q, rounded up, which is exact for numerators below 2^24. */
static void compress(struct polynomial *f, unsigned bits) {
    for (size_t i = 0; i < N; i++) {
        uint64_t numerator = ((uint32_t)f->at[i] << bits) + Q / 2;
        uint64_t quotient = numerator * 20642679 >> 36;
        f->at[i] = (uint16_t)(quotient & ((1U << bits) - 1));
    }
}

static void decompress(struct polynomial *f, unsigned bits) {
    for (size_t i = 0; i < N; i++) {
        f->at[i] = (uint16_t)(((uint32_t)f->at[i] * Q + (1U << (bits - 1))) >> bits);
    }
}
