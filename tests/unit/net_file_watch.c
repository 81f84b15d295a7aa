/* SPDX-License-Identifier: Apache-2.0 */
/* Files that change are told of, however they change; nothing is told where nothing changed. */
#include "net/file_watch.h"

#include "support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LEN = 128, DEADLINE_MS = 20 * 1000 };

struct place {
    char folder[PATH_LEN];
    struct loop loop;
    struct loop_watch deadline; /* keeps the loop going, and ends it where nothing is told */
    struct file_watch *watch;
    unsigned num_told;
};

static const char *path_of(const struct place *place, const char *name, char *out) {
    snprintf(out, PATH_LEN * 2, "%s/%s", place->folder, name);
    return out;
}

static void write_file(const struct place *place, const char *name, const char *content) {
    char path[PATH_LEN * 2];
    int fd = open(path_of(place, name, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    close(fd);
}

static void on_changed(void *context) {
    struct place *place = context;
    place->num_told++;
    loop_stop(&place->loop);
}

static void on_deadline(void *owner, unsigned events) {
    struct place *place = owner;
    (void)events;
    loop_stop(&place->loop);
}

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/bulla-watch-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    assert_true(loop_init(&place->loop));
    place->deadline = (struct loop_watch){
        .fd = -1, .deadline_ms = CLOCK_NEVER, .ready = on_deadline, .owner = place};
    assert_true(loop_add(&place->loop, &place->deadline));
    place->watch = file_watch_new(&place->loop, on_changed, place);
    assert_non_null(place->watch);
    write_file(place, "a", "first");
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    const char *const names[] = {"a", "b", "link", "one/a", "two/a", "one", "two", "data"};
    char path[PATH_LEN * 2];
    file_watch_free(place->watch);
    loop_remove(&place->loop, &place->deadline);
    loop_free(&place->loop);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)remove(path_of(place, names[i], path));
    }
    assert_int_equal(rmdir(place->folder), 0);
    free(place);
    return 0;
}

static unsigned told_within(struct place *place, int64_t wait_ms) {
    place->num_told = 0;
    place->deadline.deadline_ms = clock_deadline_in(wait_ms);
    loop_update(&place->loop, &place->deadline);
    loop_run(&place->loop);
    return place->num_told;
}

static void watch(struct place *place, const char *name) {
    char path[PATH_LEN * 2];
    file_watch_add(place->watch, path_of(place, name, path));
    assert_int_equal(file_watch_num_missed(place->watch), 0);
}

static void test_rewritten(void **state) {
    struct place *place = *state;
    watch(place, "a");
    write_file(place, "a", "second");
    write_file(place, "a", "third");
    assert_int_equal(told_within(place, DEADLINE_MS), 1);
    assert_int_equal(told_within(place, 2L * FILE_WATCH_QUIET_MS), 0);
}

static void test_renamed_over_again_and_again(void **state) {
    struct place *place = *state;
    char from[PATH_LEN * 2];
    char to[PATH_LEN * 2];
    watch(place, "a");
    for (int i = 0; i < 3; i++) {
        write_file(place, "b", "next");
        assert_int_equal(rename(path_of(place, "b", from), path_of(place, "a", to)), 0);
        assert_int_equal(told_within(place, DEADLINE_MS), 1);
    }
}

/* link -> data/a, data -> one, and then data -> two. */
static void test_link_on_the_way_is_swapped(void **state) {
    struct place *place = *state;
    char path[PATH_LEN * 2];
    char other[PATH_LEN * 2];
    assert_int_equal(mkdir(path_of(place, "one", path), 0700), 0);
    assert_int_equal(mkdir(path_of(place, "two", path), 0700), 0);
    write_file(place, "one/a", "1");
    write_file(place, "two/a", "2");
    assert_int_equal(symlink("one", path_of(place, "data", path)), 0);
    assert_int_equal(symlink("data/a", path_of(place, "link", path)), 0);
    watch(place, "link");
    assert_int_equal(symlink("two", path_of(place, "b", path)), 0);
    assert_int_equal(rename(path, path_of(place, "data", other)), 0);
    assert_int_equal(told_within(place, DEADLINE_MS), 1);
}

static void test_folder_that_is_not_there(void **state) {
    struct place *place = *state;
    char path[PATH_LEN * 2];
    file_watch_add(place->watch, path_of(place, "nowhere/a", path));
    assert_int_equal(file_watch_num_missed(place->watch), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rewritten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renamed_over_again_and_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_on_the_way_is_swapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folder_that_is_not_there, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
