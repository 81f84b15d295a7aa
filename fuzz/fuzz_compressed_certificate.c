/* SPDX-License-Identifier: Apache-2.0 */
/* A CompressedCertificate's body (RFC 8879 4) at a client that reads every algorithm that is built
 * in: the fields, the decompressors within their bounds, and the Certificate that comes out. */
#include "engine/script.h"
#include "net/certificate_compression.h"
#include "tls/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bulla_config *config_make(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static bulla_config *config;
    static bulla_workspace *workspace;
    bulla_connection *client;
    if (config == NULL) {
        config = config_make();
        must(bulla_workspace_new(&workspace) == BULLA_OK, "workspace");
    }
    if (len > CERTIFICATE_MESSAGE_LEN_MAX) {
        return 0;
    }
    must(bulla_connection_new_client(&client, config, workspace, bytes_of_text(TEST_SERVER_NAME)) ==
             BULLA_OK,
         "client");
    bulla_bytes body = bytes_of(data, len);
    bulla_cause cause = compressed_certificate_receive(client, body, body);
    must(cause > BULLA_CAUSE_INVALID && cause < BULLA_NUM_CAUSES && cause != BULLA_E_INTERNAL,
         "a cause of the table");
    must((cause == BULLA_OK) <= (client->handshake->num_certificates != 0),
         "what was taken is there");
    bulla_connection_free(client);
    return 0;
}

static bulla_config *config_make(void) {
    bulla_config_builder *builder;
    bulla_config *config;
    must(bulla_config_builder_new(&builder, BULLA_CLIENT) == BULLA_OK, "builder");
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    certificate_compression_add_all(builder);
    must(bulla_config_build(builder, &config) == BULLA_OK, "config");
    return config;
}
