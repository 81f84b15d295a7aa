/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTPS server with timeouts: a handshake has 10 s in all, a request 75 s. Both are deadlines,
 * not pauses between bytes, so that nobody holds a connection by sending a byte now and then.
 *     ./tls_server chain.pem key.pem 8443 [HANDSHAKE-SECONDS IDLE-SECONDS]
 *     curl --cacert ca.pem https://localhost:8443/
 * To see it refuse: nc localhost 8443, and wait; or curl --tls-max 1.1. */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>

struct timeouts {
    int64_t handshake_ms, idle_ms;
};

static void handle(struct channel *channel, const void *context);
static bool answer(struct channel *channel, struct request *request, bulla_bytes data,
                   int64_t idle_ms);
static void log_handshake(const bulla_connection *connection);

int main(int argc, char **argv) {
    if (argc != 4 && argc != 6) {
        fprintf(stderr, "usage: tls_server CHAIN.pem KEY.pem PORT [HANDSHAKE-S IDLE-S]\n");
        return 3;
    }
    const struct timeouts timeouts = {
        .handshake_ms = argc == 6 ? strtol(argv[4], NULL, 10) * 1000 : 10000,
        .idle_ms = argc == 6 ? strtol(argv[5], NULL, 10) * 1000 : 75000,
    };
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_ticket_keys *keys;
    must(bulla_ticket_keys_new(&keys, 12 * 60 * 60), "ticket keys");
    must(bulla_config_builder_new(&builder, BULLA_SERVER), "config");
    bulla_config_add_credential(builder, load_credential(argv[1], argv[2]));
    bulla_config_add_alpn(builder, text("http/1.1"));
    bulla_config_set_ticket_keys(builder, keys); /* clients that come back are resumed */
    must(bulla_config_build(builder, &config), "config");
    serve(argv[3], config, handle, &timeouts);
}

/* One connection from its first byte to its last, in a thread of its own. */
static void handle(struct channel *channel, const void *context) {
    const struct timeouts *timeouts = context;
    struct request request = {.len = 0};
    bulla_bytes data;
    channel->deadline_ms = now_ms() + timeouts->handshake_ms;
    if (!channel_handshake(channel)) {
        channel_explain(channel, "handshake");
        return;
    }
    log_handshake(channel->connection);
    channel->deadline_ms = now_ms() + timeouts->idle_ms;
    while (channel_next(channel, &data) == BULLA_EVENT_DATA) {
        if (!answer(channel, &request, data, timeouts->idle_ms)) {
            break;
        }
    }
    channel_explain(channel, "connection");
}

/* Answers each request that ends in `data`, and gives the next one its time. */
static bool answer(struct channel *channel, struct request *request, bulla_bytes data,
                   int64_t idle_ms) {
    for (size_t i = 0; i < data.len; i++) {
        int whole = http_request_add(request, data.data[i]);
        if (whole < 0 || (whole > 0 && !http_send_text(channel, "hello over TLS\n"))) {
            return false;
        }
        if (whole > 0) {
            channel->deadline_ms = now_ms() + idle_ms;
        }
    }
    return true;
}

static void log_handshake(const bulla_connection *connection) {
    bulla_connection_info info;
    bulla_connection_info_get(connection, &info);
    printf("handshake: %s %s %s%s\n", bulla_version_name(info.version),
           bulla_suite_name(info.suite), bulla_group_name(info.group),
           info.resumed ? " resumed" : "");
    fflush(stdout);
}
