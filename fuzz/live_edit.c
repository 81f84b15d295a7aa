/* SPDX-License-Identifier: Apache-2.0 */
/* See live_edit.h. */
#include "live_edit.h"

#include "tls/key_schedule.h"

#include <stdlib.h>

enum { STREAM_MAX = 1 << 18, BODY_MAX = 1 << 16 };

static void rehearse(struct live_edits *edits, const struct live_world *world, uint32_t options);
static bool carry_record(struct pair *pair, bulla_role from, struct writer *stream);
static void cut(struct live_edits *edits, int side, bulla_bytes stream);
static void edit(struct live_edits *edits, struct reader *script);
static void change(struct live_edits *edits, struct writer *body, enum handshake_type type,
                   uint16_t place, uint8_t what, uint8_t value);
static void change_extension(struct writer *body, enum handshake_type type, uint16_t place,
                             enum live_change what, uint8_t value);
static void offer_before(struct session_secret *offered, struct writer *body, uint8_t value);
static void splice(struct writer *body, size_t at, size_t num_removed, bulla_bytes inserted);
static void binder_renew(const struct session_secret *offered, struct writer *body);

bool live_edits_make(struct live_edits *edits, const struct live_world *world, uint32_t options,
                     struct reader *script) {
    uint8_t num;
    *edits = (struct live_edits){.num_messages = {0}};
    if (!reader_u8(script, &num) || num % 4 == 0) {
        return false;
    }
    rehearse(edits, world, options);
    for (int i = 0; i < num % 4; i++) {
        edit(edits, script);
    }
    return true;
}

void live_edits_free(struct live_edits *edits) {
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < LIVE_MESSAGES_MAX; i++) {
            free(edits->bodies[side][i]);
        }
    }
}

/* ------------------------------------------------------------------ what is sent unchanged */

static void rehearse(struct live_edits *edits, const struct live_world *world, uint32_t options) {
    struct live live;
    struct pair pair;
    struct writer streams[2] = {writer_growing(STREAM_MAX), writer_growing(STREAM_MAX)};
    live_open(&live, world, options);
    live_pair(&live, &pair, NULL);
    live_start(&live, &pair);
    const struct handshake *handshake = pair.client.connection->handshake;
    const struct session *session = handshake == NULL ? NULL : handshake->resumption.session;
    if (session != NULL && session->version == BULLA_TLS_1_3) {
        edits->offered.hash = session->suite->hash;
        bytes_copy(edits->offered.secret, SECRET_LEN_MAX, BYTES_IN(session->secret));
    }
    bool moved = true;
    while (moved) {
        moved = carry_record(&pair, BULLA_CLIENT, &streams[0]);
        moved = carry_record(&pair, BULLA_SERVER, &streams[1]) || moved;
    }
    cut(edits, 0, bytes_of(streams[0].buffer, streams[0].len));
    cut(edits, 1, bytes_of(streams[1].buffer, streams[1].len));
    writer_free(&streams[0]);
    writer_free(&streams[1]);
    live_pair_close(&live, &pair);
    live_close(&live);
}

/* One record goes its way; what it holds of the handshake is added to the stream. */
static bool carry_record(struct pair *pair, bulla_role from, struct writer *stream) {
    struct end *to = from == BULLA_CLIENT ? &pair->server : &pair->client;
    struct end *sender = from == BULLA_CLIENT ? &pair->client : &pair->server;
    uint8_t opened[RECORD_CIPHERTEXT_LEN_MAX];
    struct record record = {.fragment = opened};
    bulla_bytes header, fragment;
    struct reader reader =
        reader_over(bytes_after(bytes_of(to->inbox.buffer, to->inbox.len), to->inbox_start));
    if (!reader_bytes(&reader, 3, &header) || !reader_vector16(&reader, &fragment)) {
        return false;
    }
    record.type = (enum content_type)header.data[0];
    record.len = fragment.len;
    bytes_copy(record.header, RECORD_HEADER_LEN, bytes_of(header.data, RECORD_HEADER_LEN));
    bytes_copy(opened, sizeof opened, fragment);
    struct record_keys keys = to->connection->read;
    bool sealed =
        keys.aead.id != AEAD_INVALID && (keys.is_12 || record.type == CONTENT_APPLICATION_DATA);
    bool readable = true;
    if (sealed) {
        struct aead_pool *pool;
        must(aead_pool_new(&pool, 1) == BULLA_OK, "pool");
        keys.aead.loan = 0;
        readable = record_open(pool, &keys, &record) == BULLA_OK;
        aead_pool_free(pool);
    }
    if (readable && record.type == CONTENT_HANDSHAKE) {
        writer_bytes(stream, bytes_of(record.fragment, record.len));
    }
    (void)end_receive(to, RECORD_HEADER_LEN + fragment.len);
    (void)end_flush(to, sender);
    return true;
}

static void cut(struct live_edits *edits, int side, bulla_bytes stream) {
    struct reader reader = reader_over(stream);
    size_t num = 0;
    uint8_t type;
    bulla_bytes body;
    while (num < LIVE_MESSAGES_MAX && reader_u8(&reader, &type) &&
           reader_vector24(&reader, &body)) {
        uint8_t *copy = bytes_duplicate(body);
        must(body.len == 0 || copy != NULL, "memory");
        edits->bodies[side][num] = copy;
        edits->messages[side][num].type = (enum handshake_type)type;
        edits->messages[side][num].body = bytes_of(copy, body.len);
        num++;
    }
    edits->num_messages[side] = num;
    edits->instead[side].messages = edits->messages[side];
}

/* ------------------------------------------------------------------ what is changed */

static void edit(struct live_edits *edits, struct reader *script) {
    uint8_t which, num, what, value;
    uint16_t place;
    if (!reader_u8(script, &which) || !reader_u8(script, &num)) {
        return;
    }
    const int side = (which & LIVE_EDIT_SERVER) != 0;
    const size_t index = which & LIVE_EDIT_WHICH;
    if (index >= edits->num_messages[side]) {
        return;
    }
    struct replay_message *message = &edits->messages[side][index];
    struct writer body = writer_growing(BODY_MAX);
    writer_bytes(&body, message->body);
    for (int i = 0; i < num % 4; i++) {
        if (reader_u16(script, &place) && reader_u8(script, &what) && reader_u8(script, &value)) {
            change(edits, &body, message->type, place, what, value);
        }
    }
    if (side == 0 && index == 0 && (which & LIVE_EDIT_BINDER_STAYS) == 0) {
        binder_renew(&edits->offered, &body);
    }
    free(edits->bodies[side][index]);
    edits->bodies[side][index] =
        body.failed ? NULL : bytes_duplicate(bytes_of(body.buffer, body.len));
    message->body =
        bytes_of(edits->bodies[side][index], edits->bodies[side][index] == NULL ? 0 : body.len);
    writer_free(&body);
    if (edits->instead[side].num <= index) {
        edits->instead[side].num = index + 1;
    }
}

static void change(struct live_edits *edits, struct writer *body, enum handshake_type type,
                   uint16_t place, uint8_t what, uint8_t value) {
    const enum live_change kind = (enum live_change)(what % LIVE_CHANGES);
    size_t at = body->len == 0 ? 0 : place % body->len;
    size_t len = value < body->len - at ? value : body->len - at;
    switch (kind) {
    case LIVE_CHANGE_FLIP:
    case LIVE_CHANGE_SET:
        if (body->len != 0) {
            body->buffer[at] =
                (uint8_t)(kind == LIVE_CHANGE_SET ? value : body->buffer[at] ^ value);
        }
        break;
    case LIVE_CHANGE_INSERT:
        splice(body, at, 0, bytes_of(&value, 1));
        break;
    case LIVE_CHANGE_REMOVE:
        splice(body, at, len, bytes_of(NULL, 0));
        break;
    case LIVE_CHANGE_COPY:
        splice(body, at, 0, bytes_of(body->buffer == NULL ? NULL : body->buffer + at, len));
        break;
    case LIVE_CHANGE_END:
        body->len = at;
        break;
    case LIVE_CHANGE_DROP_EXTENSION:
    case LIVE_CHANGE_REPEAT_EXTENSION:
    case LIVE_CHANGE_NAME_EXTENSION:
        change_extension(body, type, place, kind, value);
        break;
    case LIVE_CHANGE_OFFER_BEFORE:
    case LIVE_CHANGES:
        if (type == HANDSHAKE_CLIENT_HELLO && edits->offered.hash != HASH_INVALID) {
            offer_before(&edits->offered, body, value);
        }
        break;
    }
}

/* Where a message's block of extensions begins, at its length field. */
static bool find_block(bulla_bytes body, enum handshake_type type, size_t *out_at) {
    struct reader reader = reader_over(body);
    bulla_bytes skipped;
    bool hello = type == HANDSHAKE_CLIENT_HELLO || type == HANDSHAKE_SERVER_HELLO;
    if (hello && (!reader_skip(&reader, 2 + RANDOM_LEN) || !reader_vector8(&reader, &skipped))) {
        return false;
    }
    if (type == HANDSHAKE_CLIENT_HELLO &&
        (!reader_vector16(&reader, &skipped) || !reader_vector8(&reader, &skipped))) {
        return false;
    }
    if ((type == HANDSHAKE_SERVER_HELLO && !reader_skip(&reader, 3)) ||
        (type == HANDSHAKE_CERTIFICATE_REQUEST && !reader_skip(&reader, 1))) {
        return false;
    }
    *out_at = body.len - reader.left;
    return (hello || type == HANDSHAKE_ENCRYPTED_EXTENSIONS ||
            type == HANDSHAKE_CERTIFICATE_REQUEST) &&
           reader.left >= 2;
}

static void change_extension(struct writer *body, enum handshake_type type, uint16_t place,
                             enum live_change what, uint8_t value) {
    bulla_bytes whole = bytes_of(body->buffer, body->len), data;
    size_t block, at, len = 0;
    uint16_t found;
    if (!find_block(whole, type, &block)) {
        return;
    }
    struct reader reader = reader_over(bytes_after(whole, block + 2));
    for (unsigned i = 0; i <= value % 24U; i++) {
        at = body->len - reader.left;
        if (!reader_u16(&reader, &found) || !reader_vector16(&reader, &data)) {
            return;
        }
        len = 4 + data.len;
    }
    if (what == LIVE_CHANGE_NAME_EXTENSION) {
        body->buffer[at] = (uint8_t)(place >> 8);
        body->buffer[at + 1] = (uint8_t)place;
        return;
    }
    if (what == LIVE_CHANGE_DROP_EXTENSION) {
        splice(body, at, len, bytes_of(NULL, 0));
    } else {
        splice(body, block + 2, 0, bytes_of(body->buffer + at, len));
    }
    size_t block_len = body->len - block - 2;
    if (!body->failed) {
        body->buffer[block] = (uint8_t)(block_len >> 8);
        body->buffer[block + 1] = (uint8_t)block_len;
    }
}

/* The pre_shared_key extension, which is the last one, gets one more in front, and what encloses it
 * is as much longer. A hello that another change has spoilt stays as it is. */
static void offer_before(struct session_secret *offered, struct writer *body, uint8_t value) {
    bulla_bytes whole = bytes_of(body->buffer, body->len), data, identities;
    uint8_t identity[2 + 1 + 4] = {0, 1, value}, binder[1 + 32] = {32};
    uint16_t type = 0;
    size_t block, at = 0;
    if (!find_block(whole, HANDSHAKE_CLIENT_HELLO, &block)) {
        return;
    }
    struct reader reader = reader_over(bytes_after(whole, block + 2));
    while (!reader_at_end(&reader)) {
        at = body->len - reader.left;
        if (!reader_u16(&reader, &type) || !reader_vector16(&reader, &data)) {
            return;
        }
    }
    reader = reader_over(bytes_after(whole, at + 4));
    if (type != EXTENSION_PRE_SHARED_KEY || !reader_vector16(&reader, &identities) ||
        reader.left < 2) {
        return;
    }
    const size_t binders = body->len - reader.left;
    const struct {
        size_t at, more;
    } lengths[] = {{block, sizeof identity + sizeof binder},
                   {at + 2, sizeof identity + sizeof binder},
                   {at + 4, sizeof identity},
                   {binders, sizeof binder}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t *field = body->buffer + lengths[i].at;
        size_t len = ((size_t)field[0] << 8 | field[1]) + lengths[i].more;
        field[0] = (uint8_t)(len >> 8);
        field[1] = (uint8_t)len;
    }
    splice(body, binders + 2, 0, BYTES_IN(binder));
    splice(body, at + 6, 0, BYTES_IN(identity));
    offered->num_before++;
}

static void splice(struct writer *body, size_t at, size_t num_removed, bulla_bytes inserted) {
    struct writer result = writer_growing(BODY_MAX);
    writer_bytes(&result, bytes_of(body->buffer, at));
    writer_bytes(&result, inserted);
    writer_bytes(&result, bytes_after(bytes_of(body->buffer, body->len), at + num_removed));
    writer_free(body);
    *body = result;
}

/* The last bytes of a hello that offers a session are its binder: over all that stands before the
 * list of binders. */
static void binder_renew(const struct session_secret *offered, struct writer *body) {
    size_t binder_len = offered->hash == HASH_INVALID ? 0 : hash_len(offered->hash);
    uint8_t header[HANDSHAKE_HEADER_LEN], digest[HASH_LEN_MAX];
    struct writer writer = writer_into(header, sizeof header);
    struct early_secrets secrets;
    struct hash hash;
    size_t binders_len = 2 + 33 * offered->num_before + 1 + binder_len;
    if (body->failed || binder_len == 0 || body->len < binders_len) {
        return;
    }
    writer_u8(&writer, HANDSHAKE_CLIENT_HELLO);
    writer_u24(&writer, (uint32_t)body->len);
    hash_start(&hash, offered->hash);
    hash_update(&hash, BYTES_IN(header));
    hash_update(&hash, bytes_of(body->buffer, body->len - binders_len));
    hash_finish(&hash, digest);
    early_secrets_derive(&secrets, offered->hash, bytes_of(offered->secret, binder_len));
    finished_verify_data(body->buffer + body->len - binder_len, offered->hash, secrets.binder_key,
                         digest);
}
