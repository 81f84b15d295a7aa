/* SPDX-License-Identifier: Apache-2.0 */
/* Files by URL: what is found, and every known way out of the folder. */
#include "http/static_files.h"

#include "support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char path[64];
    int root, www;
};

static void write_file(int folder, const char *name, const char *content) {
    int fd = openat(folder, name, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static int set_up(void **state) {
    struct tree *tree = calloc(1, sizeof *tree);
    assert_non_null(tree);
    snprintf(tree->path, sizeof tree->path, "/tmp/bulla-www-XXXXXX");
    assert_non_null(mkdtemp(tree->path));
    assert_true(static_files_open(&tree->root, tree->path));
    assert_int_equal(mkdirat(tree->root, "www", 0755), 0);
    assert_int_equal(mkdirat(tree->root, "www/sub", 0755), 0);
    assert_int_equal(mkdirat(tree->root, "www/empty", 0755), 0);
    write_file(tree->root, "secret", "secret");
    write_file(tree->root, "www/a.txt", "a");
    write_file(tree->root, "www/a b%", "b");
    write_file(tree->root, "www/.hidden", "h");
    write_file(tree->root, "www/sub/index.html", "<p>");
    assert_int_equal(symlinkat("../secret", tree->root, "www/link"), 0);
    assert_int_equal(symlinkat("a.txt", tree->root, "www/inner"), 0);
    assert_int_equal(symlinkat("..", tree->root, "www/up"), 0);
    assert_int_equal(mkfifoat(tree->root, "www/pipe", 0644), 0);
    tree->www = openat(tree->root, "www", O_RDONLY | O_DIRECTORY);
    *state = tree;
    return 0;
}

static int tear_down(void **state) {
    static const char *const files[] = {"secret",      "www/a.txt", "www/a b%",
                                        "www/.hidden", "www/link",  "www/inner",
                                        "www/up",      "www/pipe",  "www/sub/index.html"};
    static const char *const folders[] = {"www/sub", "www/empty", "www"};
    struct tree *tree = *state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        unlinkat(tree->root, files[i], 0);
    }
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        unlinkat(tree->root, folders[i], AT_REMOVEDIR);
    }
    close(tree->www);
    close(tree->root);
    assert_int_equal(rmdir(tree->path), 0);
    free(tree);
    return 0;
}

static void gives(const struct tree *tree, const char *path, unsigned status, const char *type,
                  uint64_t len) {
    struct http_response response = http_response_init();
    static_files_answer(tree->www, bytes_of_text(path), &response);
    assert_int_equal(response.status, status);
    if (status == 200) {
        assert_true(response.file >= 0);
        assert_string_equal(response.content_type, type);
        assert_int_equal(response.file_len, len);
    } else {
        assert_int_equal(response.file, -1);
    }
    http_response_free(&response);
}

static void test_found(void **state) {
    const struct tree *tree = *state;
    gives(tree, "/a.txt", 200, "text/plain; charset=utf-8", 1);
    gives(tree, "/%61.txt", 200, "text/plain; charset=utf-8", 1);
    gives(tree, "/a%20b%25", 200, "application/octet-stream", 1);
    gives(tree, "/sub/", 200, "text/html; charset=utf-8", 3);
    gives(tree, "/sub/index.html", 200, "text/html; charset=utf-8", 3);
    gives(tree, "/sub", 301, NULL, 0);
}

static void test_not_found(void **state) {
    static const char *const paths[] = {
        "/",  "/b.txt", "/empty/", "/a.txt/", "/a.txt/x", "/sub//", "//a.txt", "/sub/index.html/",
        "/%", "/%6",    "/%zz",    "/%00",    "/a.txt%00"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        gives(*state, paths[i], 404, NULL, 0);
    }
}

static void test_no_way_out(void **state) {
    static const char *const paths[] = {
        "/..",
        "/../secret",
        "/%2e%2e/secret",
        "/.%2e/secret",
        "/sub/../../secret",
        "/..%2fsecret",
        "/%2e%2e%2fsecret",
        "/./a.txt",
        "/link",
        "/inner",
        "/up/secret",
        "/up/",
        "/.hidden",
        "/%2ehidden",
        "/pipe",
        "/sub/../a.txt",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        gives(*state, paths[i], 404, NULL, 0);
    }
}

static void test_long_and_deep_paths(void **state) {
    static char path[2000];
    for (size_t i = 0; i < sizeof path - 1; i++) {
        path[i] = i == 0 ? '/' : 'a';
    }
    gives(*state, path, 404, NULL, 0);
    for (size_t i = 0; i < sizeof path - 1; i++) {
        path[i] = i % 2 == 0 ? '/' : 'a';
    }
    gives(*state, path, 404, NULL, 0);
}

static void test_redirect_names_the_folder(void **state) {
    const struct tree *tree = *state;
    struct http_response response = http_response_init();
    static_files_answer(tree->www, BYTES_OF("/sub"), &response);
    assert_true(bytes_equal(bytes_of(response.fields.buffer, response.fields.len),
                            BYTES_OF("Location: /sub/\r\n")));
    http_response_free(&response);
}

static void tag_of(const struct tree *tree, const char *name, char *out) {
    char path[64];
    struct http_response response = http_response_init();
    snprintf(path, sizeof path, "/%s", name);
    static_files_answer(tree->www, bytes_of_text(path), &response);
    assert_int_equal(response.status, 200);
    snprintf(out, HTTP_ETAG_LEN, "%s", response.etag);
    http_response_free(&response);
}

static void set_time(const struct tree *tree, const char *name, time_t seconds, long nanoseconds) {
    const struct timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
    assert_int_equal(utimensat(tree->www, name, times, 0), 0);
}

static void test_tags(void **state) {
    const struct tree *tree = *state;
    char first[HTTP_ETAG_LEN];
    char other[HTTP_ETAG_LEN];
    tag_of(tree, "a.txt", first); /* written just now: weak */
    assert_int_equal(strncmp(first, "W/\"", 3), 0);
    set_time(tree, "a.txt", 784111777, 5);
    tag_of(tree, "a.txt", first);
    assert_int_equal(first[0], '"');
    assert_int_equal(first[strlen(first) - 1], '"');
    tag_of(tree, "a.txt", other);
    assert_string_equal(first, other);
    set_time(tree, "a.txt", 784111777, 6); /* the time alone */
    tag_of(tree, "a.txt", other);
    assert_string_not_equal(first, other);
    assert_int_equal(unlinkat(tree->www, "sub/index.html", 0), 0);
    write_file(tree->www, "sub/index.html", "b");
    set_time(tree, "sub/index.html", 784111777, 5); /* another file of that length and time */
    tag_of(tree, "sub/index.html", other);
    assert_string_not_equal(first, other);
    write_file(tree->www, "a.txt", "aa");
    set_time(tree, "a.txt", 784111777, 5); /* another length */
    tag_of(tree, "a.txt", other);
    assert_string_not_equal(first, other);
}

static void test_last_modified(void **state) {
    const struct tree *tree = *state;
    struct http_response response = http_response_init();
    set_time(tree, "a.txt", 784111777, 0);
    static_files_answer(tree->www, BYTES_OF("/a.txt"), &response);
    assert_int_equal(response.modified, 784111777);
    http_response_free(&response);
}

/* A 404 would say that the file is gone, to caches too. */
static void test_no_descriptor_left_is_no_404(void **state) {
    const struct tree *tree = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct http_response response = http_response_init();
    static_files_answer(tree->www, BYTES_OF("/a.txt"), &response);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(response.status, 503);
    http_response_free(&response);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_way_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_and_deep_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_redirect_names_the_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_modified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_descriptor_left_is_no_404, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
