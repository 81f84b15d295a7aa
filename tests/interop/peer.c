/* SPDX-License-Identifier: Apache-2.0 */
/* bulla-peer: libbulla's side of the interoperability tests, over the public interface alone.
 *
 *     bulla-peer client --connect HOST:PORT [--times N] OPTIONS [--then OPTIONS]
 *     bulla-peer server --listen 127.0.0.1:0 [--times N] OPTIONS [--then OPTIONS]
 *
 * One conversation after the other; each ends with a line of JSON (report.c). A server says first
 * where it listens, and without --times goes on until it is ended. settings.c has the options. */
#include "talk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SOCKET_TIMEOUT_S = 20 };

static bool run(const struct plans *plans, const struct shared *shared);
static bool converse(const struct plans *plans, const struct settings *settings,
                     const struct shared *shared, int socket);
static bool connection_new(bulla_connection **out, const struct plans *plans,
                           const struct settings *settings, const struct shared *shared);
static bool address_parse(struct sockaddr_in *out, const char *text);
static int socket_connect(const struct sockaddr_in *address);
static int socket_listen(struct sockaddr_in *address);
static bool socket_prepare(int socket);
static bool complain(bulla_cause cause);

int main(int argc, char **argv) {
    struct plans plans;
    struct shared shared;
    if (!plans_parse(&plans, argc, argv)) {
        return EXIT_FAILURE;
    }
    bulla_cause cause = shared_new(&shared);
    bool good = cause == BULLA_OK ? run(&plans, &shared) : complain(cause);
    shared_free(&shared);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool run(const struct plans *plans, const struct shared *shared) {
    struct sockaddr_in address;
    int listening = -1;
    if (!address_parse(&address, plans->address)) {
        return false;
    }
    if (plans->is_server) {
        listening = socket_listen(&address);
        if (listening < 0) {
            perror("listen");
            return false;
        }
        (void)printf("Listening on 127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
        (void)fflush(stdout);
    }
    bool good = true;
    bool endless = plans->times == 0;
    for (unsigned long i = 0; good && (endless || i < plans->times); i++) {
        int socket = plans->is_server ? accept(listening, NULL, NULL) : socket_connect(&address);
        const struct settings *settings = &plans->plans[i == 0 ? 0 : plans->num_plans - 1];
        good = socket >= 0 && socket_prepare(socket) && converse(plans, settings, shared, socket);
        (void)close(socket);
    }
    (void)close(listening);
    return good;
}

static bool converse(const struct plans *plans, const struct settings *settings,
                     const struct shared *shared, int socket) {
    struct talk *talk = calloc(1, sizeof *talk);
    bool good = false;
    if (talk == NULL) {
        return false;
    }
    *talk = (struct talk){.settings = settings, .socket = socket, .is_server = plans->is_server};
    if (connection_new(&talk->connection, plans, settings, shared)) {
        good = talk_run(talk);
        report_print(talk);
    }
    bulla_connection_free(talk->connection);
    free(talk);
    return good;
}

static bool connection_new(bulla_connection **out, const struct plans *plans,
                           const struct settings *settings, const struct shared *shared) {
    bulla_config *config;
    bulla_cause cause = settings_config(&config, settings, plans->is_server, shared);
    if (cause != BULLA_OK) {
        return complain(cause);
    }
    cause = plans->is_server ? bulla_connection_new_server(out, config, shared->workspace)
                             : bulla_connection_new_client(out, config, shared->workspace,
                                                           text_bytes(settings->name));
    bulla_config_free(config);
    return cause == BULLA_OK || complain(cause);
}

/* ------------------------------------------------------------------ sockets */

/* An IPv4 address and a port. */
static bool address_parse(struct sockaddr_in *out, const char *text) {
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? sizeof host : (size_t)(colon - text);
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    if (len < sizeof host) {
        (void)snprintf(host, sizeof host, "%.*s", (int)len, text);
        out->sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
        if (inet_pton(AF_INET, host, &out->sin_addr) == 1) {
            return true;
        }
    }
    (void)fprintf(stderr, "bulla-peer: '%s' is not an IPv4 address with a port\n", text);
    return false;
}

static int socket_connect(const struct sockaddr_in *address) {
    int handle = socket(AF_INET, SOCK_STREAM, 0);
    if (handle >= 0 && connect(handle, (const struct sockaddr *)address, sizeof *address) == 0) {
        return handle;
    }
    perror("connect");
    (void)close(handle);
    return -1;
}

/* `address` gets the port that was bound. */
static int socket_listen(struct sockaddr_in *address) {
    socklen_t len = sizeof *address;
    int handle = socket(AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    if (handle >= 0 && setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(handle, (const struct sockaddr *)address, sizeof *address) == 0 &&
        listen(handle, SOMAXCONN) == 0 &&
        getsockname(handle, (struct sockaddr *)address, &len) == 0) {
        return handle;
    }
    (void)close(handle);
    return -1;
}

static bool socket_prepare(int socket) {
    const struct timeval limit = {.tv_sec = SOCKET_TIMEOUT_S};
    const int one = 1;
    return setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0;
}

static bool complain(bulla_cause cause) {
    (void)fprintf(stderr, "bulla-peer: %s: %s\n", bulla_cause_about(cause)->name,
                  bulla_cause_about(cause)->says);
    return false;
}
