/* SPDX-License-Identifier: Apache-2.0 */
/* See peers.h. Whatever goes wrong here fails the test that asked for it. */
#include "support/peers.h"

#include "crypto/system_random.h"
#include "der/pem.h"
#include "der/private_key.h"
#include "support/check.h"
#include "x509/issue.h"

#include <stdlib.h>

enum { DER_LEN_MAX = 4096, DAY = 86400 };

/* One certificate and its key. */
struct issued {
    uint8_t secret[66];
    size_t secret_len;
    struct private_key key;
    struct writer der;
    struct certificate certificate;
};

static void issue(struct issued *out, const struct issued *ca, const struct issue_request *request);
static void issued_free(struct issued *issued);
static bulla_credential *credential_of(const struct issued *issued);
static bulla_config *config_make(bulla_role role, const struct identities *identities,
                                 const struct peers_wish *wish);
static void resumption_set(bulla_config_builder *builder, bulla_role role);

void identities_make(struct identities *out) {
    struct issue_request request = {.common_name = "test CA", .is_ca = true, .path_len = -1};
    struct issued ca, server, client;
    request.not_before = (int64_t)1700000000;
    request.not_after = request.not_before + (int64_t)100 * 365 * DAY;
    issue(&ca, NULL, &request);
    request = (struct issue_request){.common_name = "server",
                                     .names = {{BULLA_NAME_DNS, BYTES_OF("localhost")}},
                                     .num_names = 1,
                                     .not_before = request.not_before,
                                     .not_after = request.not_after,
                                     .server_auth = true};
    issue(&server, &ca, &request);
    request.common_name = "client";
    request.server_auth = false;
    request.client_auth = true;
    issue(&client, &ca, &request);

    assert_int_equal(bulla_trust_new(&out->trust), BULLA_OK);
    assert_int_equal(bulla_trust_add_der(out->trust, bytes_of(ca.der.buffer, ca.der.len)),
                     BULLA_OK);
    out->server = credential_of(&server);
    out->client = credential_of(&client);
    issued_free(&ca);
    issued_free(&server);
    issued_free(&client);
}

void identities_free(struct identities *identities) {
    bulla_trust_free(identities->trust);
    bulla_credential_free(identities->server);
    bulla_credential_free(identities->client);
}

static void issue(struct issued *out, const struct issued *ca,
                  const struct issue_request *request) {
    struct writer public_key = writer_growing(DER_LEN_MAX);
    out->der = writer_growing(DER_LEN_MAX);
    assert_int_equal(
        private_key_draw(KEY_KIND_EC_P256, &system_random, out->secret, &out->secret_len),
        BULLA_OK);
    assert_int_equal(private_key_from_scalar(&out->key, KEY_KIND_EC_P256,
                                             bytes_of(out->secret, out->secret_len)),
                     BULLA_OK);
    assert_int_equal(issue_public_key_info(&out->key, &public_key), BULLA_OK);
    assert_int_equal(issue_certificate(request, bytes_of(public_key.buffer, public_key.len),
                                       ca == NULL ? NULL : &ca->certificate,
                                       ca == NULL ? &out->key : &ca->key, &system_random,
                                       &out->der),
                     BULLA_OK);
    assert_int_equal(certificate_parse(&out->certificate, bytes_of(out->der.buffer, out->der.len)),
                     BULLA_OK);
    writer_free(&public_key);
}

static void issued_free(struct issued *issued) {
    private_key_free(&issued->key);
    writer_free(&issued->der);
}

static bulla_credential *credential_of(const struct issued *issued) {
    struct writer key = writer_growing(DER_LEN_MAX);
    struct writer key_pem = writer_growing(DER_LEN_MAX);
    struct writer chain_pem = writer_growing(DER_LEN_MAX);
    bulla_credential *credential;
    assert_int_equal(private_key_write_pkcs8(KEY_KIND_EC_P256,
                                             bytes_of(issued->secret, issued->secret_len), &key),
                     BULLA_OK);
    pem_write(&key_pem, "PRIVATE KEY", bytes_of(key.buffer, key.len));
    pem_write(&chain_pem, "CERTIFICATE", bytes_of(issued->der.buffer, issued->der.len));
    assert_int_equal(bulla_credential_new(&credential, bytes_of(chain_pem.buffer, chain_pem.len),
                                          bytes_of(key_pem.buffer, key_pem.len), bytes_of(NULL, 0)),
                     BULLA_OK);
    writer_free(&key);
    writer_free(&key_pem);
    writer_free(&chain_pem);
    return credential;
}

void peers_make(struct peers *out, const struct identities *identities,
                const struct peers_wish *wish) {
    bulla_config *client = config_make(BULLA_CLIENT, identities, wish);
    bulla_config *server = config_make(BULLA_SERVER, identities, wish);
    assert_int_equal(bulla_workspace_new(&out->workspace), BULLA_OK);
    assert_int_equal(
        bulla_connection_new_client(&out->client, client, out->workspace, BYTES_OF("localhost")),
        BULLA_OK);
    assert_int_equal(bulla_connection_new_server(&out->server, server, out->workspace), BULLA_OK);
    bulla_config_free(client);
    bulla_config_free(server);
    assert_int_equal(peer_feed(out->client, bytes_of(NULL, 0)), BULLA_EVENT_NEED_BYTES);
}

void peers_free(struct peers *peers) {
    bulla_connection_free(peers->client);
    bulla_connection_free(peers->server);
    bulla_workspace_free(peers->workspace);
}

static bulla_config *config_make(bulla_role role, const struct identities *identities,
                                 const struct peers_wish *wish) {
    const uint16_t preferred[] = {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1};
    bulla_config_builder *builder;
    bulla_config *config;
    assert_int_equal(bulla_config_builder_new(&builder, role), BULLA_OK);
    bulla_config_set_trust(builder, identities->trust);
    if (wish->tls_12) {
        bulla_config_set_versions(builder, BULLA_TLS_1_2, BULLA_TLS_1_2);
    }
    if (wish->tickets) {
        resumption_set(builder, role);
    }
    if (role == BULLA_CLIENT) {
        bulla_config_set_groups(builder, preferred, 2);
    } else {
        bulla_config_set_groups(builder, preferred + (wish->retry ? 1 : 0), 1);
        if (wish->client_auth != BULLA_CLIENT_AUTH_INVALID) {
            bulla_config_set_client_auth(builder, wish->client_auth);
        }
    }
    if (role == BULLA_SERVER) {
        bulla_config_add_credential(builder, identities->server);
    } else if (wish->client_has_credential) {
        bulla_config_add_credential(builder, identities->client);
    }
    assert_int_equal(bulla_config_build(builder, &config), BULLA_OK);
    return config;
}

static void resumption_set(bulla_config_builder *builder, bulla_role role) {
    if (role == BULLA_CLIENT) {
        bulla_session_cache *cache;
        assert_int_equal(bulla_session_cache_new(&cache, 4), BULLA_OK);
        bulla_config_set_session_cache(builder, cache);
        bulla_session_cache_free(cache);
    } else {
        bulla_ticket_keys *keys;
        assert_int_equal(bulla_ticket_keys_new(&keys, 3600), BULLA_OK);
        bulla_config_set_ticket_keys(builder, keys);
        bulla_ticket_keys_free(keys);
    }
}

bulla_event peer_feed(bulla_connection *connection, bulla_bytes bytes) {
    uint8_t *copy = bytes_duplicate(bytes);
    assert_non_null(copy);
    bulla_input input = {copy, bytes.len};
    bulla_event event;
    do {
        bulla_bytes data;
        event = bulla_connection_receive(connection, &input, &data);
    } while (event == BULLA_EVENT_HANDSHAKE_DONE);
    free(copy);
    return event;
}

bulla_input peer_take_output(bulla_connection *connection) {
    bulla_bytes output = bulla_connection_output(connection);
    bulla_input taken = {bytes_duplicate(output), output.len};
    assert_non_null(taken.bytes);
    bulla_connection_output_sent(connection, output.len);
    return taken;
}

void peers_talk(struct peers *peers) {
    bool silent = false;
    while (!silent) {
        bulla_input to_server = peer_take_output(peers->client);
        (void)peer_feed(peers->server, bytes_of(to_server.bytes, to_server.len));
        bulla_input to_client = peer_take_output(peers->server);
        (void)peer_feed(peers->client, bytes_of(to_client.bytes, to_client.len));
        silent = to_server.len == 0 && to_client.len == 0;
        free(to_server.bytes);
        free(to_client.bytes);
    }
}
