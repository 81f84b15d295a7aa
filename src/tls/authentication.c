/* SPDX-License-Identifier: Apache-2.0 */
/* The two decisions about certificates: which of ours to show, and whether the peer's chain is
 * good. The config answers both unless it was told to ask. */
#include "tls/flight.h"
#include "tls/messages.h"

#include "x509/verify.h"

#include <arpa/inet.h>
#include <stdlib.h>

static bulla_cause credential_settle(bulla_connection *connection);
static bulla_cause judge_by_config(bulla_connection *connection);
static bulla_name reference_name(const bulla_connection *connection, uint8_t *address);

/* For a server a certificate is a must; a client without one that fits shows an empty list,
 * RFC 8446 4.4.2. */
bulla_cause credential_choose(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct handshake *handshake = connection->handshake;
    if (handshake->credential_chosen) {
        return credential_settle(connection);
    }
    if ((config->ask & BULLA_ASK_CREDENTIAL) != 0) {
        connection->waiting = WAITING_CREDENTIAL;
        return BULLA_OK;
    }
    for (size_t i = 0; i < config->num_credentials; i++) {
        bulla_credential *credential = config->credentials[i];
        if (signature_scheme_for_key(credential->leaf.key.kind, handshake->peer_schemes) != NULL) {
            handshake->credential = bulla_credential_ref(credential);
            break;
        }
    }
    return credential_settle(connection);
}

static bulla_cause credential_settle(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (handshake->credential != NULL) {
        handshake->scheme =
            signature_scheme_for_key(handshake->credential->leaf.key.kind, handshake->peer_schemes);
        return handshake->scheme == NULL ? BULLA_E_NO_COMMON_SIGNATURE_SCHEME : BULLA_OK;
    }
    if (connection->role == BULLA_CLIENT) {
        return BULLA_OK;
    }
    return handshake->credential_chosen ? BULLA_E_SERVER_NAME_UNKNOWN
                                        : BULLA_E_NO_COMMON_SIGNATURE_SCHEME;
}

bulla_cause certificate_judge(bulla_connection *connection) {
    if ((connection->config->ask & BULLA_ASK_VERIFY) == 0) {
        return judge_by_config(connection);
    }
    if (!connection->handshake->verify_answered) {
        connection->waiting = WAITING_VERIFY;
    }
    return BULLA_OK;
}

/* The good case makes no report; a bad chain is gone through again for one. */
static bulla_cause judge_by_config(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    const struct handshake *handshake = connection->handshake;
    uint8_t address[16];
    bulla_verify_request request = {
        .purpose = config->purpose,
        .profile = config->profile,
        .name = reference_name(connection, address),
        .now = config->clock(config->clock_context),
        .depth_max = config->verify_depth,
        .revocation = config->revocation,
        .crls = config->crls,
        .ocsp_response = handshake->ocsp_response,
        .pins = config->pins,
        .memo = config->memo,
    };
    bulla_cause cause = chain_verify(config->trust, &handshake->leaf, handshake->certificates + 1,
                                     handshake->num_certificates - 1, &request, NULL);
    if (cause == BULLA_OK) {
        return BULLA_OK;
    }
    connection->report = calloc(1, sizeof *connection->report);
    if (connection->report != NULL) {
        cause = chain_verify(config->trust, &handshake->leaf, handshake->certificates + 1,
                             handshake->num_certificates - 1, &request, connection->report);
    }
    return cause == BULLA_OK ? BULLA_E_INTERNAL : cause;
}

static bulla_name reference_name(const bulla_connection *connection, uint8_t *address) {
    char text[INET6_ADDRSTRLEN] = "";
    bulla_bytes name = bytes_of(connection->server_name, connection->server_name_len);
    if (connection->role == BULLA_SERVER) {
        return (bulla_name){.kind = BULLA_NAME_NONE};
    }
    if (!connection->server_name_is_address) {
        return (bulla_name){BULLA_NAME_DNS, name};
    }
    bytes_copy(text, sizeof text - 1, name);
    size_t len = inet_pton(AF_INET, text, address) == 1 ? 4 : 16;
    if (len == 16 && inet_pton(AF_INET6, text, address) != 1) {
        return (bulla_name){.kind = BULLA_NAME_INVALID};
    }
    return (bulla_name){BULLA_NAME_IP, bytes_of(address, len)};
}
