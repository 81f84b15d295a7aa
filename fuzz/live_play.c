/* SPDX-License-Identifier: Apache-2.0 */
/* See live_play.h. */
#include "live_play.h"

#include <stdlib.h>

enum { PIECE_MAX = 1 << 17, RESEALED_MAX = 1 << 14 };

static void reorder(struct live_play *play, struct end *end, enum live_command what);
static void reseal(struct live_play *play, struct end *end, enum live_command what);
static void forge(struct live_play *play, struct end *end, enum live_command what);
static void act(struct live_play *play, struct end *end, struct end *other);
static void ask(const struct end *end);
static void answer(struct live_play *play, struct end *end);
static void flip(struct live_play *play, struct end *end);
static uint8_t next_byte(struct reader *script);

bool live_command(struct live_play *play) {
    uint8_t byte, num = 0;
    if (!reader_u8(&play->script, &byte)) {
        return false;
    }
    struct pair *pair = &play->pair;
    struct end *end = (byte & LIVE_AT_SERVER) != 0 ? &pair->server : &pair->client;
    struct end *other = end == &pair->server ? &pair->client : &pair->server;
    const enum live_command what = (enum live_command)((byte & ~LIVE_AT_SERVER) % LIVE_COMMANDS);
    switch (what) {
    case LIVE_DELIVER:
        num = next_byte(&play->script);
        (void)end_receive(end, num == 0 ? SIZE_MAX : num);
        break;
    case LIVE_RECORD:
        if (end_waiting(end) >= RECORD_HEADER_LEN) {
            const uint8_t *header = end->inbox.buffer + end->inbox_start;
            (void)end_receive(end, RECORD_HEADER_LEN + ((size_t)header[3] << 8 | header[4]));
        }
        break;
    case LIVE_RUN:
        pair_run(pair);
        break;
    case LIVE_FLIP:
        flip(play, end);
        break;
    case LIVE_CUT:
    case LIVE_REPEAT:
    case LIVE_SWAP:
        reorder(play, end, what);
        break;
    case LIVE_RESEAL:
    case LIVE_SPLIT:
        reseal(play, end, what);
        break;
    case LIVE_FORGE:
    case LIVE_MESSAGE:
    case LIVE_RAW:
        forge(play, end, what);
        break;
    case LIVE_ACT:
        act(play, end, other);
        break;
    case LIVE_HOLD:
        end->holds = !end->holds;
        break;
    case LIVE_ANSWER:
        answer(play, end);
        break;
    case LIVE_LATER_ON:
        play->live->now += next_byte(&play->script);
        break;
    case LIVE_COMMANDS:
    case LIVE_AT_SERVER:
        break;
    }
    (void)end_flush(end, other);
    return true;
}

/* 0 after the last. */
static uint8_t next_byte(struct reader *script) {
    uint8_t byte;
    return reader_u8(script, &byte) ? byte : 0;
}

static void flip(struct live_play *play, struct end *end) {
    uint16_t place;
    uint8_t mask;
    if (reader_u16(&play->script, &place) && reader_u8(&play->script, &mask) &&
        place < end_waiting(end)) {
        end->inbox.buffer[end->inbox_start + place] ^= mask;
        play->meddled = play->meddled || mask != 0;
    }
}

/* ------------------------------------------------------------------ whole records */

static bool next_record(struct reader *reader, bulla_bytes *out) {
    struct reader from = *reader;
    bulla_bytes fragment;
    if (!reader_skip(reader, 3) || !reader_vector16(reader, &fragment)) {
        return false;
    }
    return reader_bytes(&from, RECORD_HEADER_LEN + fragment.len, out);
}

static bulla_bytes inbox_of(const struct end *end) {
    return bytes_after(bytes_of(end->inbox.buffer, end->inbox.len), end->inbox_start);
}

/* Takes the writer over. */
static void inbox_set(struct end *end, struct writer *inbox) {
    writer_free(&end->inbox);
    end->inbox = *inbox;
    end->inbox_start = 0;
}

static void reorder(struct live_play *play, struct end *end, enum live_command what) {
    struct writer out = writer_growing(PIECE_MAX);
    uint8_t which;
    bulla_bytes record, later = bytes_of(NULL, 0);
    if (end_waiting(end) == 0 || end_waiting(end) > PIECE_MAX / 2 ||
        !reader_u8(&play->script, &which)) {
        return;
    }
    struct reader reader = reader_over(inbox_of(end));
    for (size_t i = 0; next_record(&reader, &record); i++) {
        if (i != which) {
            writer_bytes(&out, record);
            writer_bytes(&out, later);
            later = bytes_of(NULL, 0);
            continue;
        }
        play->meddled = true;
        if (what == LIVE_REPEAT) {
            writer_bytes(&out, record);
            writer_bytes(&out, record);
        } else if (what == LIVE_SWAP) {
            later = record;
        }
    }
    writer_bytes(&out, later);
    writer_bytes(&out, reader_rest(&reader));
    inbox_set(end, &out);
}

/* ------------------------------------------------------------------ under the right keys */

static bool is_sealed(const struct end *end, enum content_type type) {
    const struct record_keys *keys = &end->connection->read;
    return keys->aead.id != AEAD_INVALID && (keys->is_12 || type == CONTENT_APPLICATION_DATA);
}

/* As the next that the end will open, or `num_before` later. */
static void seal(const struct end *end, unsigned num_before, enum content_type type,
                 bulla_bytes content, struct writer *out) {
    struct record_keys keys = end->connection->read;
    struct aead_pool *pool;
    uint8_t sealed[RESEALED_MAX + 512];
    if (keys.aead.id == AEAD_INVALID) {
        raw_record(out, type, LEGACY_VERSION, content);
    } else if (!keys.is_12) {
        raw_sealed(out, end, num_before, type, content, 0);
    } else if (content.len <= RESEALED_MAX) {
        must(aead_pool_new(&pool, 1) == BULLA_OK, "pool");
        keys.aead.loan = 0;
        keys.sequence += num_before;
        must(record_seal(pool, &keys, type, content, 1, LEGACY_VERSION, sealed) == BULLA_OK,
             "seal");
        writer_bytes(out, bytes_of(sealed, record_sealed_len(&keys, content.len, 1)));
        aead_pool_free(pool);
    }
}

/* The next record, opened into `opened`. */
static bool open_next(const struct end *end, uint8_t *opened, struct record *out,
                      struct reader *reader) {
    bulla_bytes bytes;
    *reader = reader_over(inbox_of(end));
    if (end_waiting(end) == 0 || !next_record(reader, &bytes) ||
        bytes.len > RECORD_CIPHERTEXT_LEN_MAX) {
        return false;
    }
    bulla_bytes fragment = bytes_after(bytes, RECORD_HEADER_LEN);
    out->type = (enum content_type)bytes.data[0];
    out->fragment = opened;
    out->len = fragment.len;
    bytes_copy(out->header, RECORD_HEADER_LEN, bytes_of(bytes.data, RECORD_HEADER_LEN));
    bytes_copy(opened, RECORD_CIPHERTEXT_LEN_MAX, fragment);
    if (!is_sealed(end, out->type)) {
        return true;
    }
    struct record_keys keys = end->connection->read;
    struct aead_pool *pool;
    must(aead_pool_new(&pool, 1) == BULLA_OK, "pool");
    keys.aead.loan = 0;
    bool done = record_open(pool, &keys, out) == BULLA_OK;
    aead_pool_free(pool);
    return done;
}

static void reseal(struct live_play *play, struct end *end, enum live_command what) {
    uint8_t opened[RECORD_CIPHERTEXT_LEN_MAX];
    struct writer out = writer_growing(PIECE_MAX);
    struct record record;
    struct reader rest;
    uint8_t first, value = 0;
    uint16_t place = 0;
    if (!reader_u8(&play->script, &first) ||
        (what == LIVE_RESEAL &&
         (!reader_u16(&play->script, &place) || !reader_u8(&play->script, &value))) ||
        end_waiting(end) > PIECE_MAX / 2 || !open_next(end, opened, &record, &rest) ||
        record.len == 0 || record.len > RESEALED_MAX) {
        return;
    }
    if (what == LIVE_RESEAL) {
        enum content_type type =
            first == 0 ? record.type : (enum content_type)(CONTENT_CHANGE_CIPHER_SPEC + first % 5U);
        record.fragment[place % record.len] ^= value;
        seal(end, 0, type, bytes_of(record.fragment, record.len), &out);
        writer_bytes(&out, reader_rest(&rest));
        play->knows_keys = true;
    } else {
        /* What follows has other sequence numbers now: it is left out. */
        size_t at = first % record.len;
        seal(end, 0, record.type, bytes_of(record.fragment, at), &out);
        seal(end, 1, record.type, bytes_of(record.fragment + at, record.len - at), &out);
        if (!is_sealed(end, (enum content_type)record.header[0])) {
            writer_bytes(&out, reader_rest(&rest));
        }
        play->knows_keys = true;
    }
    inbox_set(end, &out);
}

static bulla_bytes take(struct reader *script, size_t len) {
    bulla_bytes bytes;
    bool taken = reader_bytes(script, len < script->left ? len : script->left, &bytes);
    return taken ? bytes : bytes_of(NULL, 0);
}

/* It arrives at once, in front of what the other end has sent. */
static void forge(struct live_play *play, struct end *end, enum live_command what) {
    struct writer out = writer_growing(PIECE_MAX), message = writer_growing(PIECE_MAX);
    uint8_t type = CONTENT_HANDSHAKE;
    uint16_t len = 0;
    bool whole =
        (what == LIVE_RAW || reader_u8(&play->script, &type)) && reader_u16(&play->script, &len);
    bulla_bytes bytes = take(&play->script, whole ? len : 0);
    if (what == LIVE_RAW) {
        writer_bytes(&out, bytes);
    } else if (what == LIVE_MESSAGE) {
        raw_message(&message, type, bytes);
        seal(end, 0, CONTENT_HANDSHAKE, bytes_of(message.buffer, message.len), &out);
    } else {
        seal(end, 0, (enum content_type)type, bytes, &out);
    }
    play->knows_keys = true;
    struct writer honest = end->inbox;
    size_t honest_start = end->inbox_start;
    end->inbox = out;
    end->inbox_start = 0;
    (void)end_receive(end, SIZE_MAX);
    writer_free(&end->inbox);
    end->inbox = honest;
    end->inbox_start = honest_start;
    writer_free(&message);
}

/* ------------------------------------------------------------------ what the callers do */

static void act(struct live_play *play, struct end *end, struct end *other) {
    bulla_connection *connection = end->connection;
    size_t taken;
    bulla_cause cause = BULLA_OK;
    const enum live_act what = (enum live_act)(next_byte(&play->script) % LIVE_ACTS);
    switch (what) {
    case LIVE_ACT_SEND:
        cause = end_send(end, other, BYTES_OF("what one of them has to say"));
        break;
    case LIVE_ACT_SEND_EARLY:
        cause = end_send_early(end, other, BYTES_OF("more of it, early"), &taken);
        cause = cause == BULLA_E_EARLY_DATA_UNAVAILABLE ? BULLA_OK : cause;
        break;
    case LIVE_ACT_UPDATE:
    case LIVE_ACT_UPDATE_BOTH:
        cause = bulla_connection_update_key(connection, what == LIVE_ACT_UPDATE_BOTH);
        break;
    case LIVE_ACT_CLOSE:
        cause = bulla_connection_close(connection);
        play->meddled = true;
        break;
    case LIVE_ACT_TRANSPORT_ENDS:
        bulla_connection_receive_end(connection);
        play->meddled = true;
        break;
    case LIVE_ACT_ASK:
    case LIVE_ACTS:
        ask(end);
        break;
    }
    must(cause == BULLA_OK || cause == BULLA_E_API_MISUSE, "an act in its time");
}

/* Answers at any time, and views that a sanitizer can look at. */
static void ask(const struct end *end) {
    const bulla_connection *connection = end->connection;
    uint8_t out[BULLA_CHANNEL_BINDING_LEN_MAX], unique[32];
    bulla_session_view view = {.lifetime = 0};
    bulla_signing signing = {.scheme = 0};
    bulla_statistics statistics;
    uint32_t window;
    size_t len, sum = 0;
    const bulla_bytes views[] = {bulla_connection_peer_certificate(connection, 0),
                                 bulla_connection_peer_certificate(connection, 1),
                                 bulla_connection_ocsp_response(connection),
                                 bulla_connection_early_data_refused(connection),
                                 bulla_connection_output(connection)};
    (void)!bulla_connection_session(connection, &view);
    (void)!bulla_connection_signing(connection, &signing);
    (void)!bulla_connection_strike(connection, unique, &window);
    (void)!bulla_connection_channel_binding(connection, BULLA_CHANNEL_BINDING_EXPORTER, out, &len);
    (void)!bulla_connection_channel_binding(connection, BULLA_CHANNEL_BINDING_SERVER_END_POINT, out,
                                            &len);
    bulla_connection_statistics(connection, &statistics);
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        for (size_t j = 0; j < views[i].len; j++) {
            sum += views[i].data[j];
        }
    }
    bulla_bytes last = view.state.len != 0 ? view.state : signing.message;
    for (size_t j = 0; j < last.len; j++) {
        sum += last.data[j];
    }
    must(sum < SIZE_MAX, "read");
}

/* The decision that waits, if any, answered as no honest caller of this world would. */
static void answer(struct live_play *play, struct end *end) {
    bulla_connection *connection = end->connection;
    bulla_bytes rest = reader_rest(&play->script);
    const uint8_t how = next_byte(&play->script);
    bulla_cause cause = BULLA_OK;
    switch (end->last) {
    case BULLA_EVENT_CREDENTIAL:
        cause = bulla_connection_answer_credential(connection, NULL);
        break;
    case BULLA_EVENT_SIGN:
        cause = bulla_connection_answer_signature(connection, take(&play->script, how));
        cause = cause == BULLA_E_SIGNING_FAILED ? BULLA_OK : cause;
        break;
    case BULLA_EVENT_VERIFY:
        cause = bulla_connection_answer_verify(connection,
                                               how % 2 == 0 ? BULLA_OK : BULLA_E_CHAIN_REFUSED);
        break;
    case BULLA_EVENT_SESSION_LOOKUP:
        cause = bulla_connection_answer_session(connection, how % 2 == 0 ? bytes_of(NULL, 0)
                                                                         : bytes_after(rest, 1));
        cause = cause == BULLA_E_SESSION_MALFORMED ? BULLA_OK : cause;
        break;
    case BULLA_EVENT_STRIKE:
        cause = bulla_connection_answer_strike(connection, how % 2);
        break;
    case BULLA_EVENT_INVALID:
    case BULLA_EVENT_NEED_BYTES:
    case BULLA_EVENT_DATA:
    case BULLA_EVENT_HANDSHAKE_DONE:
    case BULLA_EVENT_EARLY_DATA:
    case BULLA_EVENT_SESSION:
    case BULLA_EVENT_CLOSED:
    case BULLA_EVENT_FAILED:
        return;
    }
    must(cause == BULLA_OK || end_failure(end) != BULLA_OK || cause == BULLA_E_API_MISUSE,
         "an answer to what was asked");
    play->meddled = true;
    (void)end_receive(end, SIZE_MAX);
}
