/* SPDX-License-Identifier: Apache-2.0 */
/* Files are read whole, and replaced whole or not at all. */
#include "net/file.h"

#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN = 128 };

struct folder {
    char path[64];
};

static void make_folder(struct folder *folder) {
    snprintf(folder->path, sizeof folder->path, "/tmp/bulla-file-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static const char *in(const struct folder *folder, const char *name, char path[PATH_LEN]) {
    snprintf(path, PATH_LEN, "%s/%s", folder->path, name);
    return path;
}

static void test_replaced_and_read_back(void **state) {
    (void)state;
    struct folder folder;
    struct file file;
    struct stat about;
    char path[PATH_LEN];
    make_folder(&folder);
    assert_true(file_replace(in(&folder, "a", path), BYTES_OF("one"), 0600));
    assert_true(file_replace(path, BYTES_OF("second"), 0600));
    assert_true(file_read(&file, path));
    assert_true(bytes_equal(file_bytes(&file), BYTES_OF("second")));
    file_free(&file);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    unlink(path);
    assert_int_equal(rmdir(folder.path), 0); /* nothing was left beside it */
}

static void test_mode_does_not_depend_on_the_umask(void **state) {
    (void)state;
    struct folder folder;
    struct stat about;
    char path[PATH_LEN];
    make_folder(&folder);
    mode_t before = umask(0);
    assert_true(file_replace(in(&folder, "key", path), BYTES_OF("k"), 0600));
    umask(0777);
    assert_true(file_replace(path, BYTES_OF("k"), 0600));
    umask(before);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    unlink(path);
    rmdir(folder.path);
}

static void test_leftover_of_a_crash_is_no_obstacle(void **state) {
    (void)state;
    struct folder folder;
    char path[PATH_LEN];
    char leftover[PATH_LEN];
    make_folder(&folder);
    assert_true(file_replace(in(&folder, "a.new", leftover), BYTES_OF("half"), 0644));
    assert_true(file_replace(in(&folder, "a", path), BYTES_OF("whole"), 0644));
    assert_int_equal(access(leftover, F_OK), -1);
    unlink(path);
    rmdir(folder.path);
}

static void test_failure_changes_nothing(void **state) {
    (void)state;
    struct folder folder;
    struct file file;
    char path[PATH_LEN];
    make_folder(&folder);
    assert_false(file_replace(in(&folder, "no/such/folder", path), BYTES_OF("x"), 0644));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mkdir(in(&folder, "taken", path), 0700), 0);
    assert_false(file_replace(path, BYTES_OF("x"), 0644)); /* a folder is in the way */
    rmdir(path);
    assert_false(file_read(&file, path));
    assert_int_equal(errno, ENOENT);
    assert_false(file_read(&file, folder.path));
    assert_int_equal(errno, EISDIR);
    assert_int_equal(rmdir(folder.path), 0);
}

static void test_large_file_and_too_large_file(void **state) {
    (void)state;
    struct folder folder;
    struct file file;
    char path[PATH_LEN];
    make_folder(&folder);
    uint8_t *content = calloc(1, FILE_LEN_MAX + 1);
    assert_non_null(content);
    content[FILE_LEN_MAX - 1] = 7;
    assert_true(file_replace(in(&folder, "large", path), bytes_of(content, FILE_LEN_MAX), 0644));
    assert_true(file_read(&file, path));
    assert_int_equal(file.len, FILE_LEN_MAX);
    assert_int_equal(file.bytes[FILE_LEN_MAX - 1], 7);
    file_free(&file);
    assert_true(file_replace(path, bytes_of(content, FILE_LEN_MAX + 1), 0644));
    assert_false(file_read(&file, path));
    assert_int_equal(errno, EFBIG);
    free(content);
    unlink(path);
    rmdir(folder.path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replaced_and_read_back),
        cmocka_unit_test(test_mode_does_not_depend_on_the_umask),
        cmocka_unit_test(test_leftover_of_a_crash_is_no_obstacle),
        cmocka_unit_test(test_failure_changes_nothing),
        cmocka_unit_test(test_large_file_and_too_large_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
