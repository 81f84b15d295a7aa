/* SPDX-License-Identifier: Apache-2.0 */
/* Connects three times: a full handshake; a resumed one, without certificates and signatures; and a
 * resumed one whose request goes out with the first bytes (0-RTT), one round trip earlier.
 *     ./session_cache ca.pem localhost 8443 [forget]
 * against nginx with `ssl_early_data on`, or ./tls_server, which takes no early data. To see it
 * refuse to resume: `forget` empties the cache before the third connection. */
#include "http.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, EARLY_DATA_MAX = 16384 };

static int visit(bulla_config *config, bulla_workspace *workspace, char **argv, bool early);
static bool send_early(struct channel *channel, bulla_bytes *request);
static void print(const bulla_connection *connection, bool early, const struct answer *answer);

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: session_cache CA.pem HOST PORT [forget]\n");
        return 3;
    }
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_session_cache *cache;
    bulla_workspace *workspace;
    bulla_trust *trust = load_trust(argv[1]);
    must(bulla_session_cache_new(&cache, BULLA_SESSION_CACHE_DEFAULT), "cache");
    must(bulla_config_builder_new(&builder, BULLA_CLIENT), "config");
    bulla_config_set_trust(builder, trust);
    bulla_config_set_session_cache(builder, cache);
    bulla_config_set_early_data(builder, EARLY_DATA_MAX);
    must(bulla_config_build(builder, &config), "config");
    must(bulla_workspace_new(&workspace), "workspace");

    int code = visit(config, workspace, argv, false);
    code = code == 0 ? visit(config, workspace, argv, false) : code;
    if (argc == 5 && strcmp(argv[4], "forget") == 0) {
        bulla_session_cache_clear(cache);
    }
    code = code == 0 ? visit(config, workspace, argv, true) : code;
    bulla_workspace_free(workspace);
    bulla_config_free(config);
    bulla_session_cache_free(cache);
    bulla_trust_free(trust);
    return code;
}

/* One connection with one request. What is sent early can be replayed by whoever recorded it: a GET
 * that changes nothing may, a payment may not. */
static int visit(bulla_config *config, bulla_workspace *workspace, char **argv, bool early) {
    char request[1024];
    struct answer answer;
    struct channel channel;
    bool good = channel_connect(&channel, config, workspace, argv[2], argv[3], TIMEOUT_MS);
    bulla_bytes unsent = http_request(request, argv[2], "/", false);
    if (good && early) {
        good = send_early(&channel, &unsent);
    }
    good = good && channel_handshake(&channel);
    if (good && bulla_connection_early_data_refused(channel.connection).len != 0) {
        unsent = text(request); /* the server threw it away: once more, from the beginning */
    }
    good = good && channel_send(&channel, unsent) && http_answer(&channel, &answer);
    if (good) {
        print(channel.connection, early, &answer);
    } else {
        channel_explain(&channel, argv[2]);
    }
    channel_close(&channel);
    return good ? 0 : 1;
}

/* Sends what may go early, and moves `request` forward by it: nothing where no session is known or
 * its server takes no early data. The first receive writes the ClientHello, which goes before. */
static bool send_early(struct channel *channel, bulla_bytes *request) {
    uint8_t sealed[17000];
    size_t len;
    bulla_bytes none;
    if (bulla_connection_receive(channel->connection, &channel->input, &none) !=
        BULLA_EVENT_NEED_BYTES) {
        return false;
    }
    return bulla_connection_send_early(channel->connection, request, sealed, sizeof sealed, &len) !=
               BULLA_OK ||
           channel_send_sealed(channel, sealed, len);
}

static void print(const bulla_connection *connection, bool early, const struct answer *answer) {
    const char *said = "";
    bulla_connection_info info;
    bulla_connection_info_get(connection, &info);
    if (early && info.early_data != BULLA_EARLY_DATA_NONE) {
        said = info.early_data == BULLA_EARLY_DATA_ACCEPTED ? ", early data accepted"
                                                            : ", early data refused";
    }
    printf("%s%s: %.*s\n", info.resumed ? "resumed" : "full", said, http_status_len(answer),
           answer->head);
}
