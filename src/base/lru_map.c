/* SPDX-License-Identifier: Apache-2.0 */
/* The map of lru_map.h: buckets with chains, and one list through all nodes in the order of use.
 *
 * A bucket is chosen by the key's first bytes, without a secret seed. Keys are digests or random
 * numbers, so they spread by themselves; but whoever chooses what is digested can try until many of
 * them share a bucket. That buys nothing here: a chain has at most LRU_CHAIN_MAX nodes, and what is
 * one too many pushes out a neighbour of its own bucket, as it would have pushed out somebody in
 * any bounded map. What is merely looked up lengthens no chain. So the work of each call is bounded
 * for every input, and the same calls always give the same answers. */
#include "base/lru_map.h"

#include <assert.h>
#include <stdlib.h>

static struct lru_node **bucket_of(const struct lru_map *map, const uint8_t *key);
static bool has_key(const struct lru_node *node, const uint8_t *key);
static void link_newest(struct lru_map *map, struct lru_node *node);
static void unlink_used(struct lru_map *map, struct lru_node *node);

bool lru_map_init(struct lru_map *map, size_t num_max) {
    assert(num_max >= 1 && num_max <= LRU_NUM_MAX);
    *map = (struct lru_map){.num_buckets = 1, .num_nodes_max = num_max};
    while (map->num_buckets < num_max) {
        map->num_buckets *= 2;
    }
    map->buckets = calloc(map->num_buckets, sizeof(struct lru_node *));
    return map->buckets != NULL;
}

void lru_map_free(struct lru_map *map) {
    free(map->buckets);
    *map = (struct lru_map){0};
}

struct lru_node *lru_map_find(const struct lru_map *map, const uint8_t *key) {
    struct lru_node *node = *bucket_of(map, key);
    while (node != NULL && !has_key(node, key)) {
        node = node->next;
    }
    return node;
}

/* The bucket first: a full map that gave up its oldest instead, in some other bucket, would let
 * chosen keys fill this one. */
struct lru_node *lru_map_surplus(const struct lru_map *map, const uint8_t *key) {
    struct lru_node *last = *bucket_of(map, key);
    size_t num = last == NULL ? 0 : 1;
    while (last != NULL && last->next != NULL) {
        last = last->next;
        num++;
    }
    if (num >= LRU_CHAIN_MAX) {
        return last;
    }
    return map->num_nodes == map->num_nodes_max ? map->oldest : NULL;
}

void lru_map_put(struct lru_map *map, struct lru_node *node) {
    assert(map->num_nodes < map->num_nodes_max && lru_map_find(map, node->key) == NULL);
    struct lru_node **bucket = bucket_of(map, node->key);
    node->next = *bucket;
    *bucket = node;
    link_newest(map, node);
    map->num_nodes++;
}

void lru_map_touch(struct lru_map *map, struct lru_node *node) {
    if (map->newest != node) {
        unlink_used(map, node);
        link_newest(map, node);
    }
}

void lru_map_remove(struct lru_map *map, struct lru_node *node) {
    struct lru_node **place = bucket_of(map, node->key);
    while (*place != node) {
        place = &(*place)->next;
    }
    *place = node->next;
    unlink_used(map, node);
    map->num_nodes--;
}

static struct lru_node **bucket_of(const struct lru_map *map, const uint8_t *key) {
    size_t number = (size_t)key[0] << 16 | (size_t)key[1] << 8 | key[2];
    _Static_assert(LRU_NUM_MAX <= 1 << 24, "three bytes name each bucket");
    return &map->buckets[number & (map->num_buckets - 1)];
}

/* Not in constant time: keys go over the wire in the clear, or are made of what does. */
static bool has_key(const struct lru_node *node, const uint8_t *key) {
    return bytes_equal(BYTES_IN(node->key), bytes_of(key, LRU_KEY_LEN));
}

static void link_newest(struct lru_map *map, struct lru_node *node) {
    node->newer = NULL;
    node->older = map->newest;
    if (map->newest != NULL) {
        map->newest->newer = node;
    } else {
        map->oldest = node;
    }
    map->newest = node;
}

static void unlink_used(struct lru_map *map, struct lru_node *node) {
    if (node->newer != NULL) {
        node->newer->older = node->older;
    } else {
        map->newest = node->older;
    }
    if (node->older != NULL) {
        node->older->newer = node->newer;
    } else {
        map->oldest = node->newer;
    }
}
