/* SPDX-License-Identifier: Apache-2.0 */
/* Modular inversion in the manner of Bernstein and Yang ("Fast constant-time gcd computation and
 * modular inversion", 2019), in variable time: libcrypto's own variable-time inverse takes a sixth
 * of a P-256 verification, this one less than a thirtieth. What it computes is multiplied with what
 * it was given, so that a mistake here could refuse a good signature, but never let a bad one pass.
 *
 * The steps work on an odd f and a g, modulus and number at first:
 *     where delta > 0 and g is odd:  delta, f, g = 1 - delta, g, (g - f) / 2
 *     else:                          delta, f, g = 1 + delta, f, (g + (g is odd ? f : 0)) / 2
 * until g is 0, when f is the greatest common divisor or its negative. 62 steps depend on the low
 * 62 bits of f and g alone, and act as a matrix that is divided by 2^62; applied to d and e, which
 * begin as 0 and 1, modulo the modulus, it keeps f = d * number and g = e * number. Called by
 * ecdsa.c. */
#include "crypto/modular_inverse.h"

#ifdef __SIZEOF_INT128__

/* Limbs of 62 bits, the last one signed. */
enum { LIMB_BITS = 62, NUM_LIMBS_MAX = 9, NUM_BYTES_MAX = 72, MODULUS_BITS_MAX = 521 };
#define LIMB_MASK (UINT64_MAX >> 2)

/* 521 bits are done after (49 * 521 + 57) / 17 steps at most. */
enum { NUM_BATCHES_MAX = 25 };

/* How many low bits of g one multiple of f may clear. */
enum { CLEARED_BITS_MAX = 6 };

__extension__ typedef __int128 wide;

struct limbs {
    int64_t limb[NUM_LIMBS_MAX];
};

/* What a batch of LIMB_BITS steps does: f, g = (u * f + v * g, q * f + r * g) / 2^62. */
struct matrix {
    int64_t u, v, q, r;
};

static bool limbs_from(struct limbs *out, const BIGNUM *number);

/* The number of limbs modulo `modulus`, negated where `negative`. */
static bool number_from(BIGNUM *out, const struct limbs *limbs, size_t num_limbs, bool negative,
                        const BIGNUM *modulus, BN_CTX *context);
static void negate(struct limbs *limbs, size_t num_limbs);
static bool is_zero(const struct limbs *limbs, size_t num_limbs);

/* The inverse of an odd limb modulo 2^62. */
static uint64_t limb_inverse(uint64_t odd);

/* Makes LIMB_BITS steps on the low bits of f and g. */
static struct matrix steps(int64_t *delta, uint64_t f, uint64_t g);
static unsigned zeros_below(uint64_t bits, unsigned limit);

/* Applies a batch to f and g, and to d and e modulo the modulus. */
static void apply(const struct matrix *matrix, struct limbs *f, struct limbs *g, size_t num_limbs);
static void apply_modular(const struct matrix *matrix, struct limbs *d, struct limbs *e,
                          const struct limbs *modulus, uint64_t modulus_inverse, size_t num_limbs);

static bool invert(BIGNUM *out, const BIGNUM *number, const BIGNUM *modulus, BN_CTX *context) {
    struct limbs n;
    struct limbs g;
    struct limbs d = {{0}};
    struct limbs e = {{1}};
    if (BN_num_bits(modulus) > MODULUS_BITS_MAX || !limbs_from(&n, modulus) ||
        !limbs_from(&g, number)) {
        return false;
    }
    /* The limbs leave 37 bits above P-521 and more above the others; each batch adds at most one
       modulus to d and e, so that they outgrow it by five. */
    size_t num_limbs = (size_t)BN_num_bits(modulus) / LIMB_BITS + 1;
    uint64_t n_inverse = limb_inverse((uint64_t)n.limb[0]);
    struct limbs f = n;
    int64_t delta = 1;
    for (int batch = 0; !is_zero(&g, num_limbs); batch++) {
        if (batch == NUM_BATCHES_MAX) {
            return false;
        }
        struct matrix matrix = steps(&delta, (uint64_t)f.limb[0], (uint64_t)g.limb[0]);
        apply(&matrix, &f, &g, num_limbs);
        apply_modular(&matrix, &d, &e, &n, n_inverse, num_limbs);
    }
    return number_from(out, &d, num_limbs, f.limb[num_limbs - 1] < 0, modulus, context);
}

static struct matrix steps(int64_t *delta, uint64_t f, uint64_t g) {
    /* Unsigned, so that they wrap and shift as two's complement; they end within 63 bits. */
    uint64_t u = 1;
    uint64_t v = 0;
    uint64_t q = 0;
    uint64_t r = 1;
    unsigned left = LIMB_BITS;
    for (;;) {
        unsigned zeros = zeros_below(g, left);
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        left -= zeros;
        *delta += zeros;
        if (left == 0) {
            break;
        }
        if (*delta > 0) {
            *delta = -*delta;
            uint64_t old_f = f;
            uint64_t old_u = u;
            uint64_t old_v = v;
            f = g;
            u = q;
            v = r;
            g = 0 - old_f;
            q = 0 - old_u;
            r = 0 - old_v;
        }
        /* f stays for 1 - delta steps, so that as many bits of g can be cleared at once, with the
           multiple -g / f of f: f * (f * f - 2) is -1 / f modulo 2^6. */
        unsigned bits = *delta > -CLEARED_BITS_MAX ? (unsigned)(1 - *delta) : CLEARED_BITS_MAX;
        bits = bits < CLEARED_BITS_MAX ? bits : CLEARED_BITS_MAX;
        bits = bits < left ? bits : left;
        uint64_t multiple = (g * f * (f * f - 2)) & ((UINT64_C(1) << bits) - 1);
        g += multiple * f;
        q += multiple * u;
        r += multiple * v;
    }
    return (struct matrix){(int64_t)u, (int64_t)v, (int64_t)q, (int64_t)r};
}

static unsigned zeros_below(uint64_t bits, unsigned limit) {
    return (unsigned)__builtin_ctzll(bits | UINT64_C(1) << limit);
}

static void apply(const struct matrix *matrix, struct limbs *f, struct limbs *g, size_t num_limbs) {
    wide sum_f = 0;
    wide sum_g = 0;
    for (size_t i = 0; i < num_limbs; i++) {
        sum_f += (wide)matrix->u * f->limb[i] + (wide)matrix->v * g->limb[i];
        sum_g += (wide)matrix->q * f->limb[i] + (wide)matrix->r * g->limb[i];
        if (i > 0) { /* the lowest limb of the sums is zero: dropping it divides by 2^62 */
            f->limb[i - 1] = (int64_t)((uint64_t)sum_f & LIMB_MASK);
            g->limb[i - 1] = (int64_t)((uint64_t)sum_g & LIMB_MASK);
        }
        sum_f >>= LIMB_BITS;
        sum_g >>= LIMB_BITS;
    }
    f->limb[num_limbs - 1] = (int64_t)sum_f;
    g->limb[num_limbs - 1] = (int64_t)sum_g;
}

static void apply_modular(const struct matrix *matrix, struct limbs *d, struct limbs *e,
                          const struct limbs *modulus, uint64_t modulus_inverse, size_t num_limbs) {
    /* The multiples of the modulus that make the lowest limbs zero. */
    uint64_t low_d =
        (uint64_t)matrix->u * (uint64_t)d->limb[0] + (uint64_t)matrix->v * (uint64_t)e->limb[0];
    uint64_t low_e =
        (uint64_t)matrix->q * (uint64_t)d->limb[0] + (uint64_t)matrix->r * (uint64_t)e->limb[0];
    int64_t multiple_d = (int64_t)((0 - low_d) * modulus_inverse & LIMB_MASK);
    int64_t multiple_e = (int64_t)((0 - low_e) * modulus_inverse & LIMB_MASK);
    wide sum_d = 0;
    wide sum_e = 0;
    for (size_t i = 0; i < num_limbs; i++) {
        wide n = modulus->limb[i];
        sum_d += (wide)matrix->u * d->limb[i] + (wide)matrix->v * e->limb[i] + n * multiple_d;
        sum_e += (wide)matrix->q * d->limb[i] + (wide)matrix->r * e->limb[i] + n * multiple_e;
        if (i > 0) {
            d->limb[i - 1] = (int64_t)((uint64_t)sum_d & LIMB_MASK);
            e->limb[i - 1] = (int64_t)((uint64_t)sum_e & LIMB_MASK);
        }
        sum_d >>= LIMB_BITS;
        sum_e >>= LIMB_BITS;
    }
    d->limb[num_limbs - 1] = (int64_t)sum_d;
    e->limb[num_limbs - 1] = (int64_t)sum_e;
}

/* Each round doubles the number of bits that are right; an odd number is its own inverse modulo 8.
 */
static uint64_t limb_inverse(uint64_t odd) {
    uint64_t inverse = odd;
    for (int right_bits = 3; right_bits < LIMB_BITS; right_bits *= 2) {
        inverse *= 2 - odd * inverse;
    }
    return inverse & LIMB_MASK;
}

static bool limbs_from(struct limbs *out, const BIGNUM *number) {
    uint8_t bytes[NUM_BYTES_MAX];
    if (BN_bn2lebinpad(number, bytes, sizeof bytes) != sizeof bytes) {
        return false;
    }
    wide window = 0;
    unsigned window_bits = 0;
    size_t at = 0;
    for (size_t i = 0; i < NUM_LIMBS_MAX; i++) {
        while (window_bits < LIMB_BITS && at < sizeof bytes) {
            window |= (wide)bytes[at++] << window_bits;
            window_bits += 8;
        }
        out->limb[i] = (int64_t)((uint64_t)window & LIMB_MASK);
        window >>= LIMB_BITS;
        window_bits = window_bits < LIMB_BITS ? 0 : window_bits - LIMB_BITS;
    }
    return true;
}

static bool number_from(BIGNUM *out, const struct limbs *limbs, size_t num_limbs, bool negative,
                        const BIGNUM *modulus, BN_CTX *context) {
    struct limbs magnitude = *limbs;
    if (magnitude.limb[num_limbs - 1] < 0) {
        negate(&magnitude, num_limbs);
        negative = !negative;
    }
    uint8_t bytes[NUM_BYTES_MAX] = {0};
    wide window = 0;
    unsigned window_bits = 0;
    size_t len = 0;
    for (size_t i = 0; i < num_limbs; i++) {
        window |= (wide)magnitude.limb[i] << window_bits;
        window_bits += LIMB_BITS;
        while (window_bits >= 8 && len < sizeof bytes) {
            bytes[len++] = (uint8_t)window;
            window >>= 8;
            window_bits -= 8;
        }
    }
    if (len < sizeof bytes) {
        bytes[len++] = (uint8_t)window;
    }
    if (BN_lebin2bn(bytes, (int)len, out) == NULL) {
        return false;
    }
    BN_set_negative(out, negative);
    return BN_nnmod(out, out, modulus, context) == 1;
}

static void negate(struct limbs *limbs, size_t num_limbs) {
    wide borrow = 0;
    for (size_t i = 0; i < num_limbs; i++) {
        borrow -= limbs->limb[i];
        limbs->limb[i] =
            i + 1 < num_limbs ? (int64_t)((uint64_t)borrow & LIMB_MASK) : (int64_t)borrow;
        borrow >>= LIMB_BITS;
    }
}

static bool is_zero(const struct limbs *limbs, size_t num_limbs) {
    int64_t seen = 0;
    for (size_t i = 0; i < num_limbs; i++) {
        seen |= limbs->limb[i];
    }
    return seen == 0;
}

#else

static bool invert(BIGNUM *out, const BIGNUM *number, const BIGNUM *modulus, BN_CTX *context) {
    return BN_mod_inverse(out, number, modulus, context) != NULL;
}

#endif

bool modular_inverse(BIGNUM *out, const BIGNUM *number, const BIGNUM *modulus, BN_CTX *context) {
    BN_CTX_start(context);
    BIGNUM *inverse = BN_CTX_get(context);
    BIGNUM *product = BN_CTX_get(context);
    bool done = product != NULL && invert(inverse, number, modulus, context) &&
                BN_mod_mul(product, inverse, number, modulus, context) == 1 && BN_is_one(product) &&
                BN_copy(out, inverse) != NULL;
    BN_CTX_end(context);
    return done;
}
