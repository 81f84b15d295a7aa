/* SPDX-License-Identifier: Apache-2.0 */
/* Key log lines, RFC 9850: a label, the client's random, a secret. Only where the config has a key
 * log function. */
#include "tls/connection.h"

enum { LABEL_LEN_MAX = 40, LINE_LEN_MAX = LABEL_LEN_MAX + 2 + 2 * RANDOM_LEN + 2 * SECRET_LEN_MAX };

static void hex_write(struct writer *line, bulla_bytes bytes) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        writer_u8(line, (uint8_t)digits[bytes.data[i] >> 4]);
        writer_u8(line, (uint8_t)digits[bytes.data[i] & 15]);
    }
}

static void line_write(const bulla_connection *connection, const char *label, bulla_bytes secret) {
    const bulla_config *config = connection->config;
    uint8_t buffer[LINE_LEN_MAX];
    struct writer line = writer_into(buffer, sizeof buffer);
    if (config->key_log == NULL) {
        return;
    }
    writer_text(&line, label);
    writer_u8(&line, ' ');
    hex_write(&line, BYTES_IN(connection->handshake->client_random));
    writer_u8(&line, ' ');
    hex_write(&line, secret);
    if (!line.failed) {
        config->key_log(config->key_log_context, (const char *)buffer, line.len);
    }
    bytes_wipe(buffer, sizeof buffer);
}

void key_log_secret(const bulla_connection *connection, const char *label, const uint8_t *secret) {
    line_write(connection, label, bytes_of(secret, hash_len(connection->suite->hash)));
}

void key_log_master_secret(const bulla_connection *connection) {
    line_write(connection, "CLIENT_RANDOM", BYTES_IN(connection->master->secret));
}
