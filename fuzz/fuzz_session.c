/* SPDX-License-Identifier: Apache-2.0 */
/* session_decode() on any bytes: what it takes, session_encode() writes again byte by byte, and
 * session_is_alive() answers for at any time. The same bytes as a ticket: without the secret nobody
 * makes one that opens. */
#include "engine/authority.h"
#include "tls/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void decode(bulla_bytes state);
static void open_forged(bulla_bytes ticket);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    decode(bytes_of(data, len));
    open_forged(bytes_of(data, len));
    return 0;
}

static void decode(bulla_bytes state) {
    static const int64_t times[] = {INT64_MIN, -1, 0, 1800000000, INT64_MAX};
    struct session *session = NULL, *copy = NULL;
    struct writer writer = writer_growing(state.len + 1);
    bulla_bytes written = {0};
    bulla_cause cause = session_decode(&session, state);
    if (cause != BULLA_OK) {
        must(cause == BULLA_E_SESSION_MALFORMED && session == NULL, "nothing but malformed");
        return;
    }
    must(session_new(&copy, session) == BULLA_OK, "a copy");
    session_free(session);
    must(session_encode(copy, &writer) == BULLA_OK && writer_finish(&writer, &written), "encode");
    must(bytes_equal(written, state), "one way to write it");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        bool is_alive = session_is_alive(copy, UINT32_MAX, times[i]);
        must(!is_alive || (times[i] >= copy->issued_at && times[i] <= copy->valid_until), "alive");
    }
    writer_free(&writer);
    session_free(copy);
}

static void open_forged(bulla_bytes ticket) {
    static const uint8_t name[BULLA_TICKET_KEY_NAME_LEN] = "the key's name.";
    static const uint8_t secret[BULLA_TICKET_KEY_SECRET_LEN] = {0x5e, 0xc7};
    static struct aead_pool *pool;
    static bulla_ticket_keys *keys;
    if (keys == NULL) {
        must(aead_pool_new(&pool, 8) == BULLA_OK, "pool");
        must(bulla_ticket_keys_new(&keys, 3600) == BULLA_OK, "keys");
        must(bulla_ticket_keys_add(keys, name, secret, 0, INT64_MAX) == BULLA_OK, "key");
    }
    struct writer opened = writer_growing(SESSION_TICKET_LEN_MAX);
    must(!ticket_open(keys, pool, 1, ticket, &opened) && opened.len == 0, "a forgery");
    writer_free(&opened);
}
