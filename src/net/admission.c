/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of admission.h: one number for all, and a table by address that holds the addresses
 * that are connected now and no others, so that the limit in all bounds it too. */
#include "net/admission.h"

#include "base/lock.h"
#include "crypto/system_random.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>

struct place {
    struct place *next;
    uint8_t key[ADMISSION_KEY_LEN];
    size_t num;
    bool refused;
};

struct admission {
    size_t connections_max, per_address_max;
    atomic_size_t num; /* places taken */
    struct lock lock;  /* over what follows */
    struct place **buckets;
    size_t num_buckets; /* a power of two */
    uint64_t seed[2];
};

static struct place **find(const struct admission *admission, const uint8_t *key);
static uint64_t mix(uint64_t value);

bulla_cause admission_new(struct admission **out, size_t connections_max, size_t per_address_max) {
    struct admission *admission = calloc(1, sizeof *admission);
    if (admission == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    admission->connections_max = connections_max;
    admission->per_address_max = per_address_max;
    admission->num_buckets = 64;
    while (admission->num_buckets < connections_max) {
        admission->num_buckets *= 2;
    }
    admission->buckets = calloc(admission->num_buckets, sizeof(struct place *));
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    if (admission->buckets != NULL && lock_init(&admission->lock)) {
        cause = random_fill(&system_random, (uint8_t *)admission->seed, sizeof admission->seed)
                    ? BULLA_OK
                    : BULLA_E_RANDOM_FAILED;
        if (cause != BULLA_OK) {
            lock_destroy(&admission->lock);
        }
    }
    if (cause != BULLA_OK) {
        free(admission->buckets);
        free(admission);
        return cause;
    }
    *out = admission;
    return BULLA_OK;
}

void admission_free(struct admission *admission) {
    if (admission == NULL) {
        return;
    }
    for (size_t i = 0; i < admission->num_buckets; i++) {
        while (admission->buckets[i] != NULL) {
            struct place *place = admission->buckets[i];
            admission->buckets[i] = place->next;
            free(place);
        }
    }
    lock_destroy(&admission->lock);
    free(admission->buckets);
    free(admission);
}

struct admission_key admission_key_of(const struct sockaddr *peer) {
    struct admission_key key = {0};
    bulla_bytes address = {0};
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const void *)peer;
        address = bytes_of((const uint8_t *)&ipv4->sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const void *)peer;
        address = bytes_of((const uint8_t *)&ipv6->sin6_addr, 8);
    } else {
        return key;
    }
    key.counted = true;
    key.bytes[0] = (uint8_t)address.len;
    bytes_copy(key.bytes + 1, sizeof key.bytes - 1, address);
    return key;
}

bool admission_reserve(struct admission *admission) {
    size_t num = atomic_load_explicit(&admission->num, memory_order_relaxed);
    while (num < admission->connections_max) {
        if (atomic_compare_exchange_weak(&admission->num, &num, num + 1)) {
            return true;
        }
    }
    return false;
}

void admission_return(struct admission *admission) {
    atomic_fetch_sub(&admission->num, 1);
}

enum admission_verdict admission_enter(struct admission *admission,
                                       const struct admission_key *key) {
    enum admission_verdict verdict = ADMISSION_LET_IN;
    if (!key->counted) {
        return verdict;
    }
    lock_take(&admission->lock);
    struct place **link = find(admission, key->bytes);
    struct place *place = *link;
    if (place == NULL) {
        place = calloc(1, sizeof *place);
        if (place != NULL) {
            bytes_copy(place->key, sizeof place->key, bytes_of(key->bytes, ADMISSION_KEY_LEN));
            *link = place;
        }
    }
    if (place == NULL) {
        verdict = ADMISSION_NO_MEMORY;
    } else if (place->num >= admission->per_address_max) {
        verdict = place->refused ? ADMISSION_REFUSED : ADMISSION_REFUSED_FIRST;
        place->refused = true;
    } else {
        place->num++;
    }
    lock_release(&admission->lock);
    return verdict;
}

void admission_leave(struct admission *admission, const struct admission_key *key) {
    if (key->counted) {
        lock_take(&admission->lock);
        struct place **link = find(admission, key->bytes);
        struct place *place = *link;
        place->num--;
        place->refused = false;
        if (place->num == 0) {
            *link = place->next;
            free(place);
        }
        lock_release(&admission->lock);
    }
    admission_return(admission);
}

size_t admission_num_connections(const struct admission *admission) {
    return atomic_load_explicit(&admission->num, memory_order_relaxed);
}

/* Where the pointer to the key's entry stands, or would. */
static struct place **find(const struct admission *admission, const uint8_t *key) {
    uint64_t first = admission->seed[0] ^ key[0];
    uint64_t address = 0;
    for (size_t i = 1; i < ADMISSION_KEY_LEN; i++) {
        address = address << 8 | key[i];
    }
    uint64_t hash = mix(mix(first + address) + admission->seed[1]);
    struct place **link = &admission->buckets[hash & (admission->num_buckets - 1)];
    while (*link != NULL && !bytes_equal(bytes_of((*link)->key, ADMISSION_KEY_LEN),
                                         bytes_of(key, ADMISSION_KEY_LEN))) {
        link = &(*link)->next;
    }
    return link;
}

/* MurmurHash3's last step: every bit of the input reaches every bit of the output. The seeds keep
 * peers from aiming at a bucket. */
static uint64_t mix(uint64_t value) {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdU;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53U;
    return value ^ value >> 33;
}
