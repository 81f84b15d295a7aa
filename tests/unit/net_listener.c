/* SPDX-License-Identifier: Apache-2.0 */
/* Listening: a port is ours alone and yet shared by our workers, peers wait where there is no room,
 * and who waits at the end is still taken. */
#include "net/listener.h"

#include "support/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

struct host {
    struct loop loop;
    struct listener listener;
    unsigned num_places, num_accepted, num_until_stop;
    char last_peer[ADDRESS_TEXT_LEN];
};

static bool reserve(void *context) {
    struct host *host = context;
    if (host->num_places == 0) {
        loop_stop(&host->loop);
        return false;
    }
    host->num_places--;
    return true;
}

static void unreserve(void *context) {
    struct host *host = context;
    host->num_places++;
}

static void accepted(void *context, int fd, const struct listener_peer *peer) {
    struct host *host = context;
    snprintf(host->last_peer, sizeof host->last_peer, "%s", peer->text);
    close(fd);
    if (++host->num_accepted == host->num_until_stop) {
        loop_stop(&host->loop);
    }
}

static void refused(void *context, int os_error) {
    (void)context;
    (void)os_error;
    fail();
}

static void set_up(struct host *host, unsigned num_places) {
    host->num_places = num_places;
    host->num_accepted = 0;
    host->listener.reserve = reserve;
    host->listener.unreserve = unreserve;
    host->listener.accepted = accepted;
    host->listener.refused = refused;
    host->listener.context = host;
    assert_true(loop_init(&host->loop));
    assert_true(listener_start(&host->listener, &host->loop));
}

static void tear_down(struct host *host) {
    listener_close(&host->listener);
    loop_free(&host->loop);
}

static struct address here(uint16_t port) {
    return (struct address){.host = "127.0.0.1", .port = port};
}

static int connect_to(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address),
                     0);
    return fd;
}

static void test_port_is_ours_alone(void **state) {
    (void)state;
    int error = 0;
    struct listener first;
    struct listener beside;
    struct listener stranger;
    const struct address any = here(0);
    assert_true(listener_open(&first, &any, &error));
    assert_true(listener_open_beside(&beside, &first, &error));
    assert_int_equal(listener_port(&beside), listener_port(&first));
    const struct address taken = here(listener_port(&first));
    assert_false(listener_open(&stranger, &taken, &error));
    assert_int_equal(error, EADDRINUSE);
    listener_close(&first);
    listener_close(&beside);
}

static void test_no_room_leaves_peers_waiting(void **state) {
    (void)state;
    int error = 0;
    struct host host = {.num_until_stop = 3};
    const struct address any = here(0);
    assert_true(listener_open(&host.listener, &any, &error));
    set_up(&host, 2);
    int fds[3];
    for (size_t i = 0; i < 3; i++) {
        fds[i] = connect_to(listener_port(&host.listener));
    }
    loop_run(&host.loop);
    assert_int_equal(host.num_accepted, 2);
    host.num_places = 5;
    listener_resume(&host.listener);
    loop_run(&host.loop);
    assert_int_equal(host.num_accepted, 3);
    for (size_t i = 0; i < 3; i++) {
        close(fds[i]);
    }
    tear_down(&host);
}

static void test_finish_takes_those_who_wait(void **state) {
    (void)state;
    int error = 0;
    struct host host = {0};
    const struct address any = here(0);
    assert_true(listener_open(&host.listener, &any, &error));
    set_up(&host, 10);
    int fds[] = {connect_to(listener_port(&host.listener)),
                 connect_to(listener_port(&host.listener))};
    listener_finish(&host.listener);
    assert_int_equal(host.num_accepted, 2);
    assert_int_equal(host.num_places, 8);
    close(fds[0]);
    close(fds[1]);
    tear_down(&host);
}

static void test_unix_socket_is_shared_and_removed(void **state) {
    (void)state;
    int error = 0;
    char folder[] = "/tmp/bulla-listener-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct listener first;
    struct listener stranger;
    struct host host = {.num_until_stop = 1};
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    assert_true(listener_open_unix(&first, address.sun_path, &error));
    assert_false(listener_open_unix(&stranger, address.sun_path, &error));
    assert_int_equal(error, EADDRINUSE);
    assert_true(listener_open_beside(&host.listener, &first, &error));
    set_up(&host, 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&address, sizeof address),
                     0);
    loop_run(&host.loop);
    assert_int_equal(host.num_accepted, 1);
    assert_string_equal(host.last_peer, "unix:");
    close(fd);
    tear_down(&host);
    listener_close(&first);
    assert_int_equal(access(address.sun_path, F_OK), -1);
    assert_int_equal(rmdir(folder), 0);
}

static void test_adopts_what_listens_and_nothing_else(void **state) {
    (void)state;
    int error = 0;
    struct listener adopted;
    int quiet = socket(AF_INET, SOCK_STREAM, 0);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(listen(listening, 5), 0);
    assert_false(listener_adopt(&adopted, &quiet, 1, &error));
    assert_int_equal(error, EINVAL);
    assert_false(listener_adopt(&adopted, NULL, 0, &error));
    assert_true(listener_adopt(&adopted, &listening, 1, &error));
    assert_int_not_equal(listener_port(&adopted), 0);
    listener_close(&adopted);
    close(quiet);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_is_ours_alone),
        cmocka_unit_test(test_no_room_leaves_peers_waiting),
        cmocka_unit_test(test_finish_takes_those_who_wait),
        cmocka_unit_test(test_unix_socket_is_shared_and_removed),
        cmocka_unit_test(test_adopts_what_listens_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
