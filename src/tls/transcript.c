/* SPDX-License-Identifier: Apache-2.0 */
/* The running hash of all handshake messages. See transcript.h. */
#include "tls/transcript.h"

#include "tls/protocol.h"

void transcript_start(struct transcript *transcript, enum hash_id id) {
    transcript->chosen = id;
    if (id != HASH_SHA384) {
        hash_start(&transcript->sha256, HASH_SHA256);
    }
    if (id != HASH_SHA256) {
        hash_start(&transcript->sha384, HASH_SHA384);
    }
}

void transcript_add(struct transcript *transcript, bulla_bytes message) {
    if (transcript->keeps) {
        writer_bytes(&transcript->messages, message);
    }
    if (transcript->chosen != HASH_SHA384) {
        hash_update(&transcript->sha256, message);
    }
    if (transcript->chosen != HASH_SHA256) {
        hash_update(&transcript->sha384, message);
    }
}

void transcript_choose(struct transcript *transcript, enum hash_id id) {
    transcript->chosen = id;
}

void transcript_fold(struct transcript *transcript) {
    uint8_t message[HANDSHAKE_HEADER_LEN + HASH_LEN_MAX] = {HANDSHAKE_MESSAGE_HASH};
    size_t len = hash_len(transcript->chosen);
    message[3] = (uint8_t)len;
    transcript_digest(transcript, message + HANDSHAKE_HEADER_LEN);
    transcript_start(transcript, transcript->chosen);
    transcript_add(transcript, bytes_of(message, HANDSHAKE_HEADER_LEN + len));
}

void transcript_digest(const struct transcript *transcript, uint8_t *out) {
    hash_peek(transcript->chosen == HASH_SHA384 ? &transcript->sha384 : &transcript->sha256, out);
}

void transcript_keep(struct transcript *transcript) {
    transcript->messages = writer_growing(TRANSCRIPT_KEPT_MAX);
    transcript->keeps = true;
}

bool transcript_messages(const struct transcript *transcript, bulla_bytes *out) {
    return transcript->keeps && writer_finish(&transcript->messages, out);
}

void transcript_forget(struct transcript *transcript) {
    if (transcript->keeps) {
        writer_free(&transcript->messages);
        transcript->keeps = false;
    }
}

struct hash transcript_fork(const struct transcript *transcript, enum hash_id id) {
    return id == HASH_SHA384 ? transcript->sha384 : transcript->sha256;
}
