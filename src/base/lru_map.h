/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded map from digests that knows which of its entries was used least recently. It owns the
 * table alone: an entry is a struct of the caller's with a struct lru_node in it, so that putting
 * one in never fails. Not locked. */
#ifndef BASE_LRU_MAP_H
#define BASE_LRU_MAP_H

#include "base/bytes.h"

enum {
    LRU_KEY_LEN = 32,
    LRU_NUM_MAX = 1 << 20, /* entries of one map */
    /* Nodes of one bucket. With as many buckets as entries or more, even keys leave a bucket with
     * one node on average and hardly ever (1 in 10^14) with more than this. */
    LRU_CHAIN_MAX = 16,
};

/* The first member of an entry, so that a node's address is its entry's. */
struct lru_node {
    uint8_t key[LRU_KEY_LEN];
    struct lru_node *newer, *older; /* by use */
    struct lru_node *next;          /* in its bucket */
};

struct lru_map {
    struct lru_node **buckets;
    size_t num_buckets; /* a power of two */
    size_t num_nodes, num_nodes_max;
    struct lru_node *newest, *oldest;
};

/* An empty map for up to `num_max` entries (1 to LRU_NUM_MAX); false without memory. */
BULLA_MUST_CHECK bool lru_map_init(struct lru_map *map, size_t num_max);
/* Frees the table. The entries are the caller's: taken out before, or lost. */
void lru_map_free(struct lru_map *map);

/* NULL where there is none. The order stays as it is. */
struct lru_node *lru_map_find(const struct lru_map *map, const uint8_t *key);

/* The entry that has to make room before one with `key` can be put in: the last of a bucket that
 * has LRU_CHAIN_MAX of them, or the least recently used of a full map; NULL where there is room. */
struct lru_node *lru_map_surplus(const struct lru_map *map, const uint8_t *key);

/* Puts in a node whose key is set, not in the map, and has room there; it is the newest. */
void lru_map_put(struct lru_map *map, struct lru_node *node);
/* Makes a node of the map its newest. */
void lru_map_touch(struct lru_map *map, struct lru_node *node);
void lru_map_remove(struct lru_map *map, struct lru_node *node);

#endif
