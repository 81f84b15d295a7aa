/* SPDX-License-Identifier: Apache-2.0 */
/* The two decisions about certificates: which of ours to show, and whether the peer's chain is
 * good. The config answers both unless it was told to ask. */
#include "tls/credential_choice.h"
#include "tls/flight.h"
#include "tls/messages.h"

#include "x509/verify.h"

#include <arpa/inet.h>
#include <stdlib.h>

static bulla_cause use(bulla_connection *connection);
static bulla_cause go_without(const bulla_connection *connection);
static bulla_cause judge_by_config(bulla_connection *connection);
static bulla_name reference_name(const bulla_connection *connection, uint8_t *address);

/* For a server a certificate is a must; a client without one that fits shows an empty list,
 * RFC 8446 4.4.2, RFC 5246 7.4.6. */
bulla_cause credential_choose(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    if (!handshake->credential_chosen) {
        if ((connection->config->ask & BULLA_ASK_CREDENTIAL) != 0) {
            connection->waiting = WAITING_CREDENTIAL;
            return BULLA_OK;
        }
        bulla_credential *credential = credential_for(connection);
        if (credential != NULL) {
            handshake->credential = bulla_credential_ref(credential);
        }
    }
    return handshake->credential == NULL ? go_without(connection) : use(connection);
}

static bulla_cause use(bulla_connection *connection) {
    struct handshake *handshake = connection->handshake;
    handshake->scheme = credential_scheme(connection, handshake->credential);
    return credential_fits(connection, handshake->credential);
}

/* What kept the first credential from being shown speaks for all. */
static bulla_cause go_without(const bulla_connection *connection) {
    if (connection->role == BULLA_CLIENT) {
        return BULLA_OK;
    }
    return connection->handshake->credential_chosen
               ? BULLA_E_SERVER_NAME_UNKNOWN
               : credential_fits(connection, connection->config->credentials[0]);
}

/* A judgement of the caller's own holds as long as the leaf, and as what it depends on says
 * (bulla_config_set_judgement()). */
bulla_cause certificate_judge(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct handshake *handshake = connection->handshake;
    bool ask = (config->ask & BULLA_ASK_VERIFY) != 0;
    if (ask && !handshake->verify_answered) {
        connection->waiting = WAITING_VERIFY;
        return BULLA_OK;
    }
    handshake->authenticated_at = config->clock(config->clock_context);
    handshake->valid_until = handshake->leaf.not_after;
    return ask ? BULLA_OK : judge_by_config(connection);
}

/* The good case makes no report; a bad chain is gone through again for one. */
static bulla_cause judge_by_config(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct handshake *handshake = connection->handshake;
    uint8_t address[16];
    bulla_verify_request request = {
        .purpose = config->purpose,
        .profile = config->profile,
        .name = reference_name(connection, address),
        .now = handshake->authenticated_at,
        .depth_max = config->verify_depth,
        .revocation = config->revocation,
        .crls = config->crls,
        .ocsp_response = handshake->ocsp_response,
        .pins = config->pins,
        .memo = config->memo,
    };
    bulla_cause cause =
        chain_verify(config->trust, &handshake->leaf, handshake->certificates + 1,
                     handshake->num_certificates - 1, &request, NULL, &handshake->valid_until);
    if (cause == BULLA_OK) {
        return BULLA_OK;
    }
    connection->report = calloc(1, sizeof *connection->report);
    if (connection->report != NULL) {
        cause = chain_verify(config->trust, &handshake->leaf, handshake->certificates + 1,
                             handshake->num_certificates - 1, &request, connection->report, NULL);
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
