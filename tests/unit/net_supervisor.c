/* SPDX-License-Identifier: Apache-2.0 */
/* What systemd hands over, and what it is told. */
#include "net/supervisor.h"

#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void test_sockets_are_counted_if_they_are_ours(void **state) {
    (void)state;
    char pid[16];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_int_equal(supervisor_num_sockets(pid, "2"), 2);
    assert_int_equal(supervisor_num_sockets("1", "2"), 0);
    assert_int_equal(supervisor_num_sockets(NULL, "2"), 0);
    assert_int_equal(supervisor_num_sockets(pid, NULL), 0);
    const char *const not_numbers[] = {"", "-1", "2x", " 2", "0", "65", "99999999999999999999"};
    for (size_t i = 0; i < sizeof not_numbers / sizeof not_numbers[0]; i++) {
        assert_int_equal(supervisor_num_sockets(pid, not_numbers[i]), 0);
    }
}

static void test_tells_whoever_listens(void **state) {
    (void)state;
    char folder[] = "/tmp/bulla-notify-XXXXXX";
    char heard[32] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    assert_true(supervisor_tell(address.sun_path, "READY=1"));
    assert_int_equal(recv(fd, heard, sizeof heard - 1, 0), 7);
    assert_string_equal(heard, "READY=1");
    close(fd);
    assert_false(supervisor_tell(address.sun_path, "READY=1"));
    assert_int_equal(errno, ECONNREFUSED);
    unlink(address.sun_path);
    assert_int_equal(rmdir(folder), 0);
}

static void test_nobody_is_told_nothing(void **state) {
    (void)state;
    assert_true(supervisor_tell(NULL, "READY=1"));
    assert_true(supervisor_tell("", "READY=1"));
    assert_false(supervisor_tell("not/absolute", "READY=1"));
    assert_int_equal(errno, EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sockets_are_counted_if_they_are_ours),
        cmocka_unit_test(test_tells_whoever_listens),
        cmocka_unit_test(test_nobody_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
