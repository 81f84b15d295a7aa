/* SPDX-License-Identifier: Apache-2.0 */
/* Channel bindings: what an authentication inside the connection hashes, so that it is worth
 * nothing on another one. tls-exporter (RFC 9266) comes from the connection's secrets,
 * tls-server-end-point (RFC 5929 4) from the server's certificate. tls-unique has no place in
 * TLS 1.3 (RFC 8446 C.5) and is not here. */
#include "tls/connection.h"

#include "der/der.h"
#include "der/oid.h"

enum { EXPORTER_BINDING_LEN = 32 };

static bulla_cause exporter(const bulla_connection *connection, uint8_t *out, size_t *out_len);
static bulla_cause server_end_point(const bulla_connection *connection, uint8_t *out,
                                    size_t *out_len);
static enum hash_id end_point_hash(const struct certificate *leaf);

bulla_cause bulla_connection_channel_binding(const bulla_connection *connection,
                                             bulla_channel_binding kind,
                                             uint8_t out[BULLA_CHANNEL_BINDING_LEN_MAX],
                                             size_t *out_len) {
    *out_len = 0;
    if (connection->failure != BULLA_OK || connection->state != STATE_CONNECTED) {
        return BULLA_E_API_MISUSE;
    }
    switch (kind) {
    case BULLA_CHANNEL_BINDING_EXPORTER:
        return exporter(connection, out, out_len);
    case BULLA_CHANNEL_BINDING_SERVER_END_POINT:
        return server_end_point(connection, out, out_len);
    case BULLA_CHANNEL_BINDING_INVALID:
        break;
    }
    return BULLA_E_API_MISUSE;
}

/* Over TLS 1.2 it is unique only with the extended master secret, RFC 9266 4.2. */
static bulla_cause exporter(const bulla_connection *connection, uint8_t *out, size_t *out_len) {
    if (!connection->extended_master_secret) {
        return BULLA_E_CHANNEL_BINDING_UNDEFINED;
    }
    *out_len = EXPORTER_BINDING_LEN;
    return bulla_connection_export(connection, BYTES_OF("EXPORTER-Channel-Binding"), BYTES_OF(""),
                                   out, EXPORTER_BINDING_LEN);
}

/* A resumed connection has the certificate of the one that it goes on from: the client's session
 * keeps it, a server's does not say which of its own it was. */
static bulla_cause server_end_point(const bulla_connection *connection, uint8_t *out,
                                    size_t *out_len) {
    struct certificate peer;
    const struct certificate *leaf = &peer;
    if (connection->role == BULLA_SERVER) {
        if (connection->credential == NULL) {
            return BULLA_E_CHANNEL_BINDING_UNDEFINED;
        }
        leaf = &connection->credential->leaf;
    } else if (connection->peer_leaf_len == 0 ||
               certificate_parse(
                   &peer, bytes_of(connection->peer_leaf, connection->peer_leaf_len)) != BULLA_OK) {
        return BULLA_E_CHANNEL_BINDING_UNDEFINED;
    }
    enum hash_id hash = end_point_hash(leaf);
    if (hash == HASH_INVALID) {
        return BULLA_E_CHANNEL_BINDING_UNDEFINED;
    }
    hash_once(hash, leaf->der, out);
    *out_len = hash_len(hash);
    return BULLA_OK;
}

/* The hash under the certificate's signature, but SHA-256 in the place of MD5 and SHA-1, which the
 * parser leaves as not supported; HASH_INVALID where there is none, or more than one: RFC 5929 4.1.
 */
static enum hash_id end_point_hash(const struct certificate *leaf) {
    struct reader der = reader_over(leaf->der), inside;
    bulla_bytes skipped;
    enum oid algorithm;
    if (leaf->signature_algorithm.kind != SIGNATURE_INVALID) {
        return leaf->signature_algorithm.hash;
    }
    if (!der_read_nested(&der, DER_SEQUENCE, &inside) ||
        !der_read(&inside, DER_SEQUENCE, &skipped) ||
        !oid_read_algorithm(&inside, &algorithm, &skipped)) {
        return HASH_INVALID;
    }
    bool is_old = algorithm == OID_MD5_WITH_RSA || algorithm == OID_SHA1_WITH_RSA ||
                  algorithm == OID_ECDSA_WITH_SHA1;
    return is_old ? HASH_SHA256 : HASH_INVALID;
}
