/* SPDX-License-Identifier: Apache-2.0 */
/* A client that keeps idle connections (10 at most, 90 s at most) and says which ones it used. With
 * a certificate each request is made by nobody and by its owner, never over the other's connection.
 *     ./pooled_client ca.pem localhost 8443 3 [client.pem client.key]
 * against ./tls_server: new, reused, reused. To see it refuse dead connections: one that closes
 * after each answer (openssl s_server -www): new, resumed, resumed. */
#include "http.h"
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 10000 };

static bulla_config *identity(bulla_trust *trust, bulla_session_cache *cache,
                              bulla_credential *credential);
static bool get(struct pool *pool, const struct pool_key *key, const char *who);
static bool ask(struct channel *channel, const char *host, struct answer *out);

int main(int argc, char **argv) {
    if (argc != 5 && argc != 7) {
        fprintf(stderr, "usage: pooled_client CA.pem HOST PORT REQUESTS [CERT.pem KEY.pem]\n");
        return 3;
    }
    bulla_trust *trust = load_trust(argv[1]);
    bulla_session_cache *cache;
    must(bulla_session_cache_new(&cache, BULLA_SESSION_CACHE_DEFAULT), "cache");
    bulla_credential *credential = argc == 7 ? load_credential(argv[5], argv[6]) : NULL;
    bulla_config *nobody = identity(trust, cache, NULL);
    bulla_config *owner = credential == NULL ? NULL : identity(trust, cache, credential);
    struct pool *pool = pool_new();

    bool good = true;
    for (long i = strtol(argv[4], NULL, 10); good && i > 0; i--) {
        good = get(pool, &(struct pool_key){argv[2], argv[3], nobody}, "nobody");
        if (good && owner != NULL) {
            good = get(pool, &(struct pool_key){argv[2], argv[3], owner}, "owner");
        }
    }
    pool_free(pool);
    bulla_config_free(nobody);
    bulla_config_free(owner);
    bulla_credential_free(credential);
    bulla_session_cache_free(cache);
    bulla_trust_free(trust);
    return good ? 0 : 1;
}

/* Trust, own certificate, pins, versions: all that makes an identity but the server's name stands
 * in a config, which never changes. So its address is what a pool's key needs. */
static bulla_config *identity(bulla_trust *trust, bulla_session_cache *cache,
                              bulla_credential *credential) {
    bulla_config_builder *builder;
    bulla_config *config;
    must(bulla_config_builder_new(&builder, BULLA_CLIENT), "config");
    bulla_config_set_trust(builder, trust);
    bulla_config_set_session_cache(builder, cache);
    if (credential != NULL) {
        bulla_config_add_credential(builder, credential);
    }
    must(bulla_config_build(builder, &config), "config");
    return config;
}

/* A server may close an idle connection at the very moment in which it is used: a request that may
 * be made twice, as a GET, is then made on a new one. */
static bool get(struct pool *pool, const struct pool_key *key, const char *who) {
    bulla_connection_info info;
    struct answer answer;
    struct channel *channel = pool_take(pool, key);
    bool reused = channel != NULL;
    bool good = reused && ask(channel, key->host, &answer);
    if (!good) {
        pool_drop(channel);
        reused = false;
        channel = pool_connect(pool, key, TIMEOUT_MS);
        good = channel != NULL && ask(channel, key->host, &answer);
    }
    if (!good) {
        pool_drop(channel);
        return false;
    }
    bulla_connection_info_get(channel->connection, &info);
    const char *made = info.resumed ? "resumed" : "new";
    printf("%s: %s: %.*s\n", who, reused ? "reused" : made, http_status_len(&answer), answer.head);
    if (answer.reusable) {
        pool_give(pool, key, channel);
    } else {
        pool_drop(channel);
    }
    return true;
}

static bool ask(struct channel *channel, const char *host, struct answer *out) {
    char request[1024];
    channel->deadline_ms = now_ms() + TIMEOUT_MS;
    return channel_send(channel, http_request(request, host, "/", true)) &&
           http_answer(channel, out);
}
