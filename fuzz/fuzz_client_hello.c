/* SPDX-License-Identifier: Apache-2.0 */
/* A ClientHello's body (RFC 8446 4.1.2) at a fresh server, in as many records as it takes. What the
 * server takes, it answers. */
#include "engine/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void in_records(struct writer *out, enum handshake_type type, bulla_bytes body);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct script_world world;
    struct writer out = writer_growing(1 << 18);
    struct seeded seeds[2];
    struct pair pair;
    if (world.trust == NULL) {
        script_world_make(&world);
    }
    if (len > 1 << 17) {
        return 0;
    }
    script_open(&pair, &world, 0, BULLA_SERVER, seeds);
    in_records(&out, HANDSHAKE_CLIENT_HELLO, bytes_of(data, len));
    (void)end_feed(&pair.server, bytes_of(out.buffer, out.len));
    script_check(&pair.server);
    must(end_failure(&pair.server) != BULLA_OK ||
             bulla_connection_output(pair.server.connection).len != 0,
         "an answer to what was taken");
    pair_close(&pair);
    writer_free(&out);
    return 0;
}

static void in_records(struct writer *out, enum handshake_type type, bulla_bytes body) {
    struct writer message = writer_growing(1 << 18);
    raw_message(&message, type, body);
    for (size_t done = 0; done < message.len; done += RECORD_PLAINTEXT_LEN_MAX) {
        size_t left = message.len - done;
        raw_record(out, CONTENT_HANDSHAKE, LEGACY_VERSION,
                   bytes_of(message.buffer + done,
                            left < RECORD_PLAINTEXT_LEN_MAX ? left : RECORD_PLAINTEXT_LEN_MAX));
    }
    writer_free(&message);
}
