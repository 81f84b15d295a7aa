/* SPDX-License-Identifier: Apache-2.0 */
/* A ServerHello's or HelloRetryRequest's body (RFC 8446 4.1.3, 4.1.4) at a client that has sent its
 * ClientHello, and another one behind it where the first was a HelloRetryRequest: two bytes say how
 * long the first is. The client's random and session id are the same each time. */
#include "engine/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void feed_body(struct end *client, bulla_bytes body);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct script_world world;
    struct reader reader = reader_over(bytes_of(data, len));
    struct seeded seeds[2];
    struct pair pair;
    bulla_bytes first;
    uint16_t first_len;
    if (world.trust == NULL) {
        script_world_make(&world);
    }
    if (len > 1 << 15 || !reader_u16(&reader, &first_len)) {
        return 0;
    }
    if (!reader_bytes(&reader, first_len, &first)) {
        first = reader_rest(&reader);
        reader = reader_over(bytes_of(NULL, 0));
    }
    script_open(&pair, &world, SCRIPT_RETRY, BULLA_CLIENT, seeds);
    (void)end_receive(&pair.client, 0);
    feed_body(&pair.client, first);
    if (pair.client.connection->state == STATE_WAIT_SH && !reader_at_end(&reader)) {
        feed_body(&pair.client, reader_rest(&reader));
    }
    script_check(&pair.client);
    pair_close(&pair);
    return 0;
}

static void feed_body(struct end *client, bulla_bytes body) {
    struct writer message = writer_growing(1 << 16), out = writer_growing(1 << 16);
    if (body.len > RECORD_PLAINTEXT_LEN_MAX - HANDSHAKE_HEADER_LEN) {
        body.len = RECORD_PLAINTEXT_LEN_MAX - HANDSHAKE_HEADER_LEN;
    }
    raw_message(&message, HANDSHAKE_SERVER_HELLO, body);
    raw_record(&out, CONTENT_HANDSHAKE, LEGACY_VERSION, bytes_of(message.buffer, message.len));
    (void)end_feed(client, bytes_of(out.buffer, out.len));
    writer_free(&message);
    writer_free(&out);
}
