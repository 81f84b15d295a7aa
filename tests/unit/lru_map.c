/* SPDX-License-Identifier: Apache-2.0 */
/* src/base/lru_map.c: against a slow map with the same rules, and that keys which were chosen to
 * share a bucket cost no more than a bucket's worth. */
#include "base/lru_map.h"
#include "engine/seeded.h"
#include "support/check.h"

enum { ROOM = 40, NUM_KEYS = 100, NUM_STEPS = 20000 };

struct entry {
    struct lru_node node;
    bool is_in;
};

/* The same in the plainest way: numbers of keys, the newest first. */
struct model {
    size_t keys[ROOM], num;
};

static void model_remove(struct model *model, size_t key) {
    for (size_t i = 0; i < model->num; i++) {
        if (model->keys[i] == key) {
            model->num--;
            bytes_move(model->keys + i, model->keys + i + 1,
                       (model->num - i) * sizeof *model->keys);
            return;
        }
    }
}

static void model_put(struct model *model, size_t key) {
    model_remove(model, key);
    bytes_move(model->keys + 1, model->keys, model->num * sizeof *model->keys);
    model->keys[0] = key;
    model->num++;
}

static void assert_as_model(const struct lru_map *map, const struct model *model,
                            const struct entry *entries) {
    const struct lru_node *node = map->newest, *newer = NULL;
    assert_int_equal(map->num_nodes, model->num);
    for (size_t i = 0; i < model->num; i++) {
        assert_ptr_equal(node, &entries[model->keys[i]].node);
        assert_ptr_equal(node->newer, newer);
        newer = node;
        node = node->older;
    }
    assert_null(node);
    assert_ptr_equal(map->oldest, newer);
}

static void step(struct lru_map *map, struct model *model, struct entry *entry, size_t key,
                 size_t what) {
    assert_ptr_equal(lru_map_find(map, entry->node.key), entry->is_in ? &entry->node : NULL);
    if (!entry->is_in) {
        struct lru_node *surplus = lru_map_surplus(map, entry->node.key);
        assert_ptr_equal(surplus, model->num == ROOM ? map->oldest : NULL);
        if (surplus != NULL) {
            model_remove(model, model->keys[ROOM - 1]);
            lru_map_remove(map, surplus);
            ((struct entry *)surplus)->is_in = false;
        }
        lru_map_put(map, &entry->node);
        entry->is_in = true;
        model_put(model, key);
    } else if (what == 0) {
        lru_map_remove(map, &entry->node);
        entry->is_in = false;
        model_remove(model, key);
    } else {
        lru_map_touch(map, &entry->node);
        model_put(model, key);
    }
}

static void test_as_the_model(void **state) {
    (void)state;
    struct entry entries[NUM_KEYS] = {0};
    struct model model = {0};
    struct lru_map map;
    struct seeded seeded = seeded_of(4);
    assert_true(lru_map_init(&map, ROOM));
    for (size_t i = 0; i < NUM_KEYS; i++) {
        assert_int_equal(seeded_fill(&seeded, entries[i].node.key, LRU_KEY_LEN), 1);
    }
    for (size_t i = 0; i < NUM_STEPS; i++) {
        size_t key = seeded_below(&seeded, NUM_KEYS);
        step(&map, &model, &entries[key], key, seeded_below(&seeded, 3));
        assert_as_model(&map, &model, entries);
    }
    assert_int_equal(map.num_nodes, ROOM);
    lru_map_free(&map);
}

static void test_room_for_one(void **state) {
    (void)state;
    struct lru_node a = {.key = {1}}, b = {.key = {2}};
    struct lru_map map;
    assert_true(lru_map_init(&map, 1));
    assert_null(lru_map_surplus(&map, a.key));
    lru_map_put(&map, &a);
    assert_ptr_equal(lru_map_find(&map, a.key), &a);
    assert_null(lru_map_find(&map, b.key));
    assert_ptr_equal(lru_map_surplus(&map, b.key), &a);
    lru_map_touch(&map, &a);
    lru_map_remove(&map, &a);
    assert_null(map.oldest);
    assert_null(map.newest);
    lru_map_put(&map, &b);
    assert_ptr_equal(map.oldest, &b);
    lru_map_free(&map);
}

/* Every byte of a key counts. */
static void test_keys_that_differ_in_a_byte(void **state) {
    (void)state;
    struct lru_node nodes[LRU_KEY_LEN + 1] = {0};
    struct lru_map map;
    assert_true(lru_map_init(&map, 1000));
    for (size_t i = 0; i <= LRU_KEY_LEN; i++) {
        if (i < LRU_KEY_LEN) {
            nodes[i].key[i] = 0xff;
        }
        struct lru_node *surplus = lru_map_surplus(&map, nodes[i].key);
        if (surplus != NULL) {
            lru_map_remove(&map, surplus);
        }
        lru_map_put(&map, &nodes[i]);
        assert_ptr_equal(lru_map_find(&map, nodes[i].key), &nodes[i]);
    }
    lru_map_free(&map);
}

/* A thousand keys of one bucket: the first of them goes for each that comes, others stay. */
static void test_one_bucket(void **state) {
    (void)state;
    enum { NUM = 1000 };
    static struct lru_node nodes[NUM];
    struct lru_node other = {.key = {7, 7, 7}};
    struct lru_map map;
    assert_true(lru_map_init(&map, NUM));
    lru_map_put(&map, &other);
    for (size_t i = 0; i < NUM; i++) {
        nodes[i].key[30] = (uint8_t)(i >> 8);
        nodes[i].key[31] = (uint8_t)i;
        struct lru_node *surplus = lru_map_surplus(&map, nodes[i].key);
        assert_ptr_equal(surplus, i < LRU_CHAIN_MAX ? NULL : &nodes[i - LRU_CHAIN_MAX]);
        if (surplus != NULL) {
            lru_map_remove(&map, surplus);
        }
        lru_map_put(&map, &nodes[i]);
    }
    assert_int_equal(map.num_nodes, LRU_CHAIN_MAX + 1);
    assert_ptr_equal(lru_map_find(&map, other.key), &other);
    assert_ptr_equal(map.oldest, &other);
    assert_null(lru_map_find(&map, nodes[NUM - LRU_CHAIN_MAX - 1].key));
    assert_non_null(lru_map_find(&map, nodes[NUM - LRU_CHAIN_MAX].key));
    lru_map_free(&map);
}

/* Keys as they are meant to be fill the map to its last place. */
static void test_even_keys_fill_it(void **state) {
    (void)state;
    enum { NUM = 1 << 14 };
    static struct lru_node nodes[NUM];
    struct seeded seeded = seeded_of(5);
    struct lru_map map;
    assert_true(lru_map_init(&map, NUM));
    for (size_t i = 0; i < NUM; i++) {
        assert_int_equal(seeded_fill(&seeded, nodes[i].key, LRU_KEY_LEN), 1);
        assert_null(lru_map_surplus(&map, nodes[i].key));
        lru_map_put(&map, &nodes[i]);
    }
    assert_ptr_equal(map.oldest, &nodes[0]);
    lru_map_free(&map);
}

/* Nor do they get at more of a map that others have filled. */
static void test_one_bucket_of_a_full_map(void **state) {
    (void)state;
    enum { NUM = 200 };
    static struct lru_node others[NUM], nodes[NUM];
    struct lru_map map;
    assert_true(lru_map_init(&map, NUM));
    for (size_t i = 0; i < NUM; i++) {
        others[i].key[2] = (uint8_t)(1 + i);
        lru_map_put(&map, &others[i]);
    }
    for (size_t i = 0; i < NUM; i++) {
        nodes[i].key[31] = (uint8_t)i;
        struct lru_node *surplus = lru_map_surplus(&map, nodes[i].key);
        assert_ptr_equal(surplus, i < LRU_CHAIN_MAX ? &others[i] : &nodes[i - LRU_CHAIN_MAX]);
        lru_map_remove(&map, surplus);
        lru_map_put(&map, &nodes[i]);
    }
    assert_int_equal(map.num_nodes, NUM);
    assert_ptr_equal(lru_map_find(&map, others[LRU_CHAIN_MAX].key), &others[LRU_CHAIN_MAX]);
    lru_map_free(&map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_the_model),
        cmocka_unit_test(test_room_for_one),
        cmocka_unit_test(test_keys_that_differ_in_a_byte),
        cmocka_unit_test(test_one_bucket),
        cmocka_unit_test(test_one_bucket_of_a_full_map),
        cmocka_unit_test(test_even_keys_fill_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
