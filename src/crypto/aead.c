/* SPDX-License-Identifier: Apache-2.0 */
/* AES-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439) with contexts that are lent to keys.
 *
 * A pool has a shelf of slots for each algorithm. A key's loan names a slot and the keying that it
 * was lent for; it counts only where the slot still holds that keying, that key and that direction.
 * So a loan of another pool, or of a thread that the connection has left, costs a fresh keying and
 * can do no harm. The slots taken back first are those whose key was not used again since the
 * shelf's hand came by (the clock algorithm). Called by the record layer and by session tickets,
 * once for each record: on a hit nothing is allocated, fetched or locked. */
#include "crypto/libcrypto.h"

#include "crypto/aead.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { NUM_ALGORITHMS = 3, NUM_SLOTS_MAX = 4096 };

/* A loan: the keying's number above the slot's index. The numbers begin anew after 2^20, which does
 * no harm: whose key a slot holds is what decides. */
enum { SLOT_INDEX_BITS = 12 };
enum { NUM_KEYINGS_MAX = (1 << (32 - SLOT_INDEX_BITS)) - 1 };
_Static_assert(NUM_SLOTS_MAX == 1 << SLOT_INDEX_BITS, "a loan has room for each slot's index");

/* A head up to this long is copied in front of its tail, so that one call seals both: the copy
 * costs less than the second call (40 to 80 ns). */
enum { JOINED_HEAD_LEN_MAX = 1024 };

enum direction { OPENING = 0, SEALING = 1 };

struct slot {
    EVP_CIPHER_CTX *context;
    uint32_t loan; /* 0: keyed for nobody */
    uint8_t key[AEAD_KEY_LEN_MAX];
    enum direction direction;
    uint16_t next_free; /* in the shelf's list of free slots */
    bool used_lately;
};

struct shelf {
    EVP_CIPHER *cipher;
    size_t key_len;
    struct slot *slots; /* made with the first context */
    size_t num_made;
    size_t hand;
    uint16_t first_free; /* one more than the index; 0 ends the list */
};

struct aead_pool {
    size_t num_slots;
    uint32_t last_keying;
    struct shelf shelves[NUM_ALGORITHMS];
};

/* The algorithm's shelf, or NULL where `id` is none. */
static struct shelf *shelf_of(struct aead_pool *pool, enum aead_id id);

/* The slot that holds `key` for `direction`, or NULL. */
static struct slot *slot_of(const struct shelf *shelf, const struct aead_key *key,
                            enum direction direction);

/* Hands out a context that holds `key` and is set to begin with `nonce`. `tag` is the parameter
 * that carries the tag to expect; NULL when sealing. */
static bulla_cause borrow(struct aead_pool *pool, struct aead_key *key, enum direction direction,
                          const uint8_t *nonce, const OSSL_PARAM *tag, EVP_CIPHER_CTX **out);

/* borrow() where no slot holds the key yet. */
static bulla_cause key_anew(struct aead_pool *pool, struct aead_key *key, enum direction direction,
                            const uint8_t *nonce, const OSSL_PARAM *tag, EVP_CIPHER_CTX **out);

/* The index of a slot to key: a free one, a new one, or the next that was not used lately. */
static bulla_cause take_slot(struct shelf *shelf, size_t num_slots, size_t *out_index);
static bulla_cause make_slot(struct shelf *shelf, size_t num_slots, size_t *out_index);

static void free_slot(struct shelf *shelf, size_t index);

/* Feeds associated data, then the runs of content, to a context that is set to seal. */
static bool seal_content(EVP_CIPHER_CTX *context, bulla_bytes head, bulla_bytes tail, uint8_t *out);
static bool feed(EVP_CIPHER_CTX *context, bulla_bytes in, uint8_t *out);

size_t aead_key_len(enum aead_id id) {
    return id == AEAD_AES_128_GCM ? 16 : 32;
}

bulla_cause aead_pool_new(struct aead_pool **out, size_t num_contexts) {
    static const char *const names[NUM_ALGORITHMS] = {"AES-128-GCM", "AES-256-GCM",
                                                      "ChaCha20-Poly1305"};
    if (num_contexts == 0 || num_contexts > NUM_SLOTS_MAX) {
        return BULLA_E_API_MISUSE;
    }
    struct aead_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    pool->num_slots = num_contexts;
    for (size_t i = 0; i < NUM_ALGORITHMS; i++) {
        struct shelf *shelf = &pool->shelves[i];
        shelf->key_len = aead_key_len((enum aead_id)(i + AEAD_AES_128_GCM));
        shelf->cipher = EVP_CIPHER_fetch(NULL, names[i], NULL);
        if (shelf->cipher == NULL) {
            aead_pool_free(pool);
            return BULLA_E_CRYPTO_FAILED;
        }
    }
    *out = pool;
    return BULLA_OK;
}

void aead_pool_free(struct aead_pool *pool) {
    if (pool == NULL) {
        return;
    }
    for (size_t i = 0; i < NUM_ALGORITHMS; i++) {
        struct shelf *shelf = &pool->shelves[i];
        for (size_t index = 0; index < shelf->num_made; index++) {
            EVP_CIPHER_CTX_free(shelf->slots[index].context);
        }
        bytes_wipe_and_free(shelf->slots, shelf->num_made * sizeof *shelf->slots);
        EVP_CIPHER_free(shelf->cipher);
    }
    free(pool);
}

void aead_key_retire(struct aead_pool *pool, struct aead_key *key) {
    struct shelf *shelf = shelf_of(pool, key->id);
    if (shelf != NULL && key->loan != 0) {
        struct slot *slot = slot_of(shelf, key, SEALING);
        slot = slot != NULL ? slot : slot_of(shelf, key, OPENING);
        if (slot != NULL) {
            free_slot(shelf, (size_t)(slot - shelf->slots));
        }
    }
    bytes_wipe(key, sizeof *key);
}

bulla_cause aead_seal(struct aead_pool *pool, struct aead_key *key, const uint8_t *nonce,
                      bulla_bytes associated_data, bulla_bytes head, bulla_bytes tail,
                      uint8_t *out) {
    if (head.len > INT_MAX / 2 || tail.len > INT_MAX / 2 || associated_data.len > INT_MAX) {
        return BULLA_E_API_MISUSE;
    }
    EVP_CIPHER_CTX *context;
    bulla_cause cause = borrow(pool, key, SEALING, nonce, NULL, &context);
    if (cause != BULLA_OK) {
        return cause;
    }
    uint8_t *tag = out + head.len + tail.len;
    OSSL_PARAM get_tag[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AEAD_TAG_LEN),
        OSSL_PARAM_END,
    };
    int last_len;
    if (!feed(context, associated_data, NULL) || !seal_content(context, head, tail, out) ||
        EVP_EncryptFinal_ex(context, tag, &last_len) != 1 ||
        EVP_CIPHER_CTX_get_params(context, get_tag) != 1) {
        bytes_wipe(out, head.len + tail.len);
        return BULLA_E_CRYPTO_FAILED;
    }
    return BULLA_OK;
}

bulla_cause aead_open(struct aead_pool *pool, struct aead_key *key, const uint8_t *nonce,
                      bulla_bytes associated_data, uint8_t *in_out, size_t len) {
    if (len > INT_MAX || associated_data.len > INT_MAX) {
        return BULLA_E_API_MISUSE;
    }
    if (len < AEAD_TAG_LEN) {
        bytes_wipe(in_out, len);
        return BULLA_E_RECORD_DECRYPT_FAILED;
    }
    size_t content_len = len - AEAD_TAG_LEN;
    uint8_t *tag = in_out + content_len;
    OSSL_PARAM set_tag[] = {
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, AEAD_TAG_LEN),
        OSSL_PARAM_END,
    };
    EVP_CIPHER_CTX *context;
    bulla_cause cause = borrow(pool, key, OPENING, nonce, set_tag, &context);
    if (cause != BULLA_OK) {
        return cause;
    }
    int last_len;
    if (!feed(context, associated_data, NULL) ||
        !feed(context, bytes_of(in_out, content_len), in_out) ||
        EVP_DecryptFinal_ex(context, tag, &last_len) != 1) {
        bytes_wipe(in_out, len);
        return BULLA_E_RECORD_DECRYPT_FAILED;
    }
    return BULLA_OK;
}

static bool seal_content(EVP_CIPHER_CTX *context, bulla_bytes head, bulla_bytes tail,
                         uint8_t *out) {
    bool in_place = head.data == out;
    if (!in_place && head.len > JOINED_HEAD_LEN_MAX) {
        return feed(context, head, out) && feed(context, tail, out + head.len);
    }
    if (!in_place) {
        bytes_copy(out, head.len, head);
    }
    bytes_copy(out + head.len, tail.len, tail);
    return feed(context, bytes_of(out, head.len + tail.len), out);
}

static bool feed(EVP_CIPHER_CTX *context, bulla_bytes in, uint8_t *out) {
    int written;
    return in.len == 0 || EVP_CipherUpdate(context, out, &written, in.data, (int)in.len) == 1;
}

static bulla_cause borrow(struct aead_pool *pool, struct aead_key *key, enum direction direction,
                          const uint8_t *nonce, const OSSL_PARAM *tag, EVP_CIPHER_CTX **out) {
    struct shelf *shelf = shelf_of(pool, key->id);
    if (shelf == NULL) {
        return BULLA_E_API_MISUSE;
    }
    struct slot *slot = slot_of(shelf, key, direction);
    if (slot == NULL) {
        return key_anew(pool, key, direction, nonce, tag, out);
    }
    slot->used_lately = true;
    *out = slot->context;
    return EVP_CipherInit_ex2(slot->context, NULL, NULL, nonce, (int)direction, tag) == 1
               ? BULLA_OK
               : BULLA_E_CRYPTO_FAILED;
}

static bulla_cause key_anew(struct aead_pool *pool, struct aead_key *key, enum direction direction,
                            const uint8_t *nonce, const OSSL_PARAM *tag, EVP_CIPHER_CTX **out) {
    struct shelf *shelf = shelf_of(pool, key->id);
    size_t index;
    bulla_cause cause = take_slot(shelf, pool->num_slots, &index);
    if (cause != BULLA_OK) {
        return cause;
    }
    struct slot *slot = &shelf->slots[index];
    if (EVP_CipherInit_ex2(slot->context, NULL, key->bytes, nonce, (int)direction, tag) != 1) {
        free_slot(shelf, index);
        return BULLA_E_CRYPTO_FAILED;
    }
    pool->last_keying = pool->last_keying % NUM_KEYINGS_MAX + 1;
    slot->loan = key->loan = pool->last_keying << SLOT_INDEX_BITS | (uint32_t)index;
    bytes_copy(slot->key, sizeof slot->key, bytes_of(key->bytes, shelf->key_len));
    slot->direction = direction;
    slot->used_lately = false; /* the second record counts: handshake keys seal one or two */
    *out = slot->context;
    return BULLA_OK;
}

static struct shelf *shelf_of(struct aead_pool *pool, enum aead_id id) {
    return id >= AEAD_AES_128_GCM && id <= AEAD_CHACHA20_POLY1305
               ? &pool->shelves[id - AEAD_AES_128_GCM]
               : NULL;
}

static struct slot *slot_of(const struct shelf *shelf, const struct aead_key *key,
                            enum direction direction) {
    size_t index = key->loan & (NUM_SLOTS_MAX - 1);
    if (key->loan == 0 || index >= shelf->num_made) {
        return NULL;
    }
    struct slot *slot = &shelf->slots[index];
    bool holds_key = slot->loan == key->loan && slot->direction == direction &&
                     bytes_equal_secret(slot->key, key->bytes, shelf->key_len);
    return holds_key ? slot : NULL;
}

static bulla_cause take_slot(struct shelf *shelf, size_t num_slots, size_t *out_index) {
    if (shelf->first_free != 0) {
        *out_index = shelf->first_free - 1U;
        shelf->first_free = shelf->slots[*out_index].next_free;
        return BULLA_OK;
    }
    if (shelf->num_made < num_slots) {
        return make_slot(shelf, num_slots, out_index);
    }
    while (shelf->slots[shelf->hand].used_lately) {
        shelf->slots[shelf->hand].used_lately = false;
        shelf->hand = (shelf->hand + 1) % num_slots;
    }
    *out_index = shelf->hand;
    shelf->hand = (shelf->hand + 1) % num_slots;
    return BULLA_OK;
}

static bulla_cause make_slot(struct shelf *shelf, size_t num_slots, size_t *out_index) {
    if (shelf->slots == NULL) {
        shelf->slots = calloc(num_slots, sizeof *shelf->slots);
        if (shelf->slots == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
    }
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    if (EVP_CipherInit_ex2(context, shelf->cipher, NULL, NULL, SEALING, NULL) != 1) {
        EVP_CIPHER_CTX_free(context);
        return BULLA_E_CRYPTO_FAILED;
    }
    *out_index = shelf->num_made++;
    shelf->slots[*out_index].context = context;
    return BULLA_OK;
}

static void free_slot(struct shelf *shelf, size_t index) {
    static const uint8_t zeros[AEAD_KEY_LEN_MAX];
    struct slot *slot = &shelf->slots[index];
    /* Keying with zeros overwrites the key schedule and keeps the context's memory; the nonce is no
       secret. Should that fail, the next keying overwrites it, or freeing the context wipes it. */
    (void)EVP_CipherInit_ex2(slot->context, NULL, zeros, NULL, SEALING, NULL);
    bytes_wipe(slot->key, sizeof slot->key);
    slot->loan = 0;
    slot->used_lately = false;
    slot->next_free = shelf->first_free;
    shelf->first_free = (uint16_t)(index + 1);
}
