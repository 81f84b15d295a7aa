/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of tests/vectors: see vectors.h. Whatever is wrong with a file fails the test. */
#include "support/vectors.h"

#include "hex.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>

static char *file_read(const char *path);
static char *name_cut(char *line);

void vectors_read(struct vectors *out, const char *path) {
    char *rest = NULL;
    out->text = file_read(path);
    size_t room = strlen(out->text) / 2 + 1;
    out->bytes = malloc(room);
    out->num_items = 0;
    assert_non_null(out->bytes);
    uint8_t *next = out->bytes;
    const uint8_t *end = next + room;
    for (char *line = strtok_r(out->text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *name = line[0] == '#' ? line : name_cut(line);
        if (name != NULL && line[0] != '#') {
            assert_in_range(out->num_items, 0, VECTORS_MAX - 1);
            out->items[out->num_items++] = (struct vector){name, bytes_of(next, 0)};
        } else if (line[0] != '#') {
            assert_int_not_equal(out->num_items, 0);
            bulla_bytes more = hex_into(next, (size_t)(end - next), line);
            out->items[out->num_items - 1].value.len += more.len;
            next += more.len;
        }
    }
}

void vectors_free(struct vectors *vectors) {
    free(vectors->text);
    free(vectors->bytes);
}

size_t vectors_count(const struct vectors *vectors, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < vectors->num_items; i++) {
        count += strcmp(vectors->items[i].name, name) == 0 ? 1 : 0;
    }
    return count;
}

bulla_bytes vectors_nth(const struct vectors *vectors, const char *name, size_t nth) {
    for (size_t i = 0; i < vectors->num_items; i++) {
        if (strcmp(vectors->items[i].name, name) == 0 && nth-- == 0) {
            return vectors->items[i].value;
        }
    }
    fail_msg("no vector named %s", name);
    return bytes_of(NULL, 0);
}

bulla_bytes vectors_get(const struct vectors *vectors, const char *name) {
    assert_int_equal(vectors_count(vectors, name), 1);
    return vectors_nth(vectors, name, 0);
}

void assert_bytes(bulla_bytes actual, bulla_bytes expected) {
    assert_int_equal(actual.len, expected.len);
    assert_memory_equal(actual.data, expected.data, expected.len);
}

static char *file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s: cannot be opened", path);
        return NULL;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    assert_true(size > 0);
    char *text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), (size_t)size);
    text[size] = '\0';
    (void)fclose(file);
    return text;
}

/* The name of a line `name = ...` whose hex begins on the next line; NULL for a line of hex. */
static char *name_cut(char *line) {
    size_t len = strlen(line);
    if (len < 3 || strcmp(line + len - 2, " =") != 0) {
        return NULL;
    }
    line[len - 2] = '\0';
    return line;
}
