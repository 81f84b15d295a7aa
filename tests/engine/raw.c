/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that writes what it likes; see raw.h. */
#include "engine/raw.h"

#include <stdlib.h>

static bool open_copy(const struct record_keys *keys, bulla_bytes header, bulla_bytes fragment,
                      uint64_t *sequence, uint8_t *out, struct record *out_record);

static const uint8_t forged_random[RANDOM_LEN] = {0x5a, 0x17};
static const uint8_t forged_session_id[SESSION_ID_LEN_MAX] = {0x51, 0xd0};
static const uint8_t retry_random[RANDOM_LEN] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

void raw_record(struct writer *out, unsigned type, uint16_t version, bulla_bytes fragment) {
    writer_u8(out, (uint8_t)type);
    writer_u16(out, version);
    writer_vector(out, 2, fragment);
    must(!out->failed, "room for a record");
}

void raw_sealed(struct writer *out, const struct end *victim, unsigned num_before, unsigned type,
                bulla_bytes content, size_t num_padding) {
    struct record_keys keys = victim->connection->read;
    struct writer inner = writer_growing(1 << 17);
    struct aead_pool *pool;
    uint8_t *sealed = malloc(content.len + num_padding + 64);
    must(sealed != NULL && keys.aead.id != AEAD_INVALID, "the victim has keys");
    must(aead_pool_new(&pool, 1) == BULLA_OK, "pool");
    keys.sequence += num_before;
    /* Content, type and padding as one: record_seal() would refuse to write what is wrong. */
    writer_bytes(&inner, content);
    writer_u8(&inner, (uint8_t)type);
    for (size_t i = 0; i < num_padding; i++) {
        writer_u8(&inner, 0);
    }
    size_t len = inner.len + AEAD_TAG_LEN;
    const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
    uint8_t nonce[AEAD_NONCE_LEN];
    bytes_copy(nonce, sizeof nonce, BYTES_IN(keys.iv));
    for (unsigned i = 0; i < 8; i++) {
        nonce[AEAD_NONCE_LEN - 1 - i] ^= (uint8_t)(keys.sequence >> 8 * i);
    }
    keys.aead.loan = 0;
    must(aead_seal(pool, &keys.aead, nonce, BYTES_IN(header), bytes_of(inner.buffer, inner.len),
                   bytes_of(NULL, 0), sealed) == BULLA_OK,
         "seal");
    writer_bytes(out, BYTES_IN(header));
    writer_bytes(out, bytes_of(sealed, len));
    must(!out->failed, "room for a record");
    aead_pool_free(pool);
    writer_free(&inner);
    free(sealed);
}

void raw_extended(struct writer *out, const struct end *victim, bulla_bytes flight,
                  bulla_bytes extra) {
    struct reader reader = reader_over(flight);
    struct writer content = writer_growing(1 << 17);
    uint8_t opened[RECORD_CIPHERTEXT_LEN_MAX];
    struct record record = {.type = CONTENT_INVALID};
    uint64_t sequence = victim->connection->read.sequence;
    while (record.type == CONTENT_INVALID) {
        bulla_bytes header = bytes_of(reader.next, RECORD_HEADER_LEN), fragment = header;
        must(reader_skip(&reader, 3) && reader_vector16(&reader, &fragment), "a sealed record");
        if (header.data[0] == CONTENT_APPLICATION_DATA) {
            must(open_copy(&victim->connection->read, header, fragment, &sequence, opened, &record),
                 "the victim's keys open it");
        }
    }
    writer_bytes(&content, bytes_of(record.fragment, record.len));
    writer_bytes(&content, extra);
    raw_sealed(out, victim, 0, record.type, bytes_of(content.buffer, content.len), 0);
    writer_free(&content);
}

void raw_message(struct writer *out, unsigned type, bulla_bytes body) {
    writer_u8(out, (uint8_t)type);
    writer_vector(out, 3, body);
    must(!out->failed, "room for a message");
}

/* ------------------------------------------------------------------ hellos */

struct forged_hello forged_client_hello(void) {
    struct forged_hello hello = {
        .legacy_version = LEGACY_VERSION,
        .random = BYTES_IN(forged_random),
        .session_id = BYTES_IN(forged_session_id),
        .cipher_suites = BYTES_OF("\x13\x01\x13\x02\x13\x03"),
        .compression = BYTES_OF("\0"),
    };
    forged_set(&hello, EXTENSION_SUPPORTED_VERSIONS, BYTES_OF("\x02\x03\x04"));
    forged_set(&hello, EXTENSION_SUPPORTED_GROUPS, BYTES_OF("\0\x06\0\x1d\0\x17\0\x18"));
    forged_set(&hello, EXTENSION_SIGNATURE_ALGORITHMS,
               BYTES_OF("\0\x0a\x04\x03\x05\x03\x08\x07\x08\x04\x08\x05"));
    forged_set(&hello, EXTENSION_KEY_SHARE,
               BYTES_OF("\0\x24\0\x1d\0\x20"
                        "\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    return hello;
}

struct forged_hello forged_server_hello(const struct end *client) {
    struct forged_hello offered =
        raw_read_client_hello(bulla_connection_output(client->connection));
    struct forged_hello hello = {
        .legacy_version = LEGACY_VERSION,
        .random = BYTES_IN(forged_random),
        .session_id = offered.session_id,
        .cipher_suites = BYTES_OF("\x13\x01"),
        .compression = BYTES_OF("\0"),
    };
    forged_set(&hello, EXTENSION_SUPPORTED_VERSIONS, BYTES_OF("\x03\x04"));
    forged_set(&hello, EXTENSION_KEY_SHARE,
               BYTES_OF("\0\x1d\0\x20"
                        "\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    return hello;
}

struct forged_hello forged_retry(const struct end *client) {
    struct forged_hello hello = forged_server_hello(client);
    hello.random = BYTES_IN(retry_random);
    forged_set(&hello, EXTENSION_KEY_SHARE, BYTES_OF("\0\x17"));
    return hello;
}

static size_t find(const struct forged_hello *hello, uint16_t type) {
    size_t i = 0;
    while (i < hello->num_extensions && hello->extensions[i].type != type) {
        i++;
    }
    return i;
}

void forged_set(struct forged_hello *hello, uint16_t type, bulla_bytes data) {
    size_t i = find(hello, type);
    if (i == hello->num_extensions) {
        forged_add(hello, type, data);
    } else {
        hello->extensions[i].data = data;
    }
}

void forged_add(struct forged_hello *hello, uint16_t type, bulla_bytes data) {
    must(hello->num_extensions < FORGED_EXTENSIONS_MAX, "room for an extension");
    hello->extensions[hello->num_extensions++] = (struct forged_extension){type, data};
}

void forged_drop(struct forged_hello *hello, uint16_t type) {
    size_t i = find(hello, type);
    must(i < hello->num_extensions, "the extension is there");
    hello->num_extensions--;
    bytes_move(&hello->extensions[i], &hello->extensions[i + 1],
               (hello->num_extensions - i) * sizeof hello->extensions[0]);
}

bulla_bytes forged_get(const struct forged_hello *hello, uint16_t type) {
    size_t i = find(hello, type);
    return i == hello->num_extensions ? bytes_of(NULL, 0) : hello->extensions[i].data;
}

void forged_write(const struct forged_hello *hello, enum handshake_type type, struct writer *out) {
    writer_u8(out, (uint8_t)type);
    size_t body = writer_open(out, 3);
    writer_u16(out, hello->legacy_version);
    writer_bytes(out, hello->random);
    writer_vector(out, 1, hello->session_id);
    if (type == HANDSHAKE_CLIENT_HELLO) {
        writer_vector(out, 2, hello->cipher_suites);
        writer_vector(out, 1, hello->compression);
    } else {
        writer_bytes(out, hello->cipher_suites);
        writer_bytes(out, hello->compression);
    }
    if (!hello->without_extensions) {
        size_t extensions = writer_open(out, 2);
        for (size_t i = 0; i < hello->num_extensions; i++) {
            writer_u16(out, hello->extensions[i].type);
            writer_vector(out, 2, hello->extensions[i].data);
        }
        writer_close(out, extensions, 2);
    }
    writer_bytes(out, hello->trailing);
    writer_close(out, body, 3);
    must(!out->failed, "room for a hello");
}

struct forged_hello raw_read_client_hello(bulla_bytes output) {
    struct forged_hello hello = {.num_extensions = 0};
    struct reader reader = reader_over(output), extensions;
    bulla_bytes block = bytes_of(NULL, 0);
    must(reader_skip(&reader, RECORD_HEADER_LEN + HANDSHAKE_HEADER_LEN) &&
             reader_u16(&reader, &hello.legacy_version) &&
             reader_bytes(&reader, RANDOM_LEN, &hello.random) &&
             reader_vector8(&reader, &hello.session_id) &&
             reader_vector16(&reader, &hello.cipher_suites) &&
             reader_vector8(&reader, &hello.compression) && reader_vector16(&reader, &block),
         "a ClientHello in one record");
    extensions = reader_over(block);
    while (!reader_at_end(&extensions)) {
        uint16_t type = 0;
        bulla_bytes data = bytes_of(NULL, 0);
        must(reader_u16(&extensions, &type) && reader_vector16(&extensions, &data), "extension");
        forged_add(&hello, type, data);
    }
    return hello;
}

/* ------------------------------------------------------------------ alerts */

int raw_last_alert(bulla_bytes output, const struct record_keys *keys) {
    struct reader reader = reader_over(output);
    uint64_t sequence = keys->sequence;
    int description = -1;
    while (!reader_at_end(&reader)) {
        bulla_bytes header = bytes_of(reader.next, RECORD_HEADER_LEN), fragment;
        uint8_t opened[RECORD_CIPHERTEXT_LEN_MAX];
        struct record record;
        must(reader_skip(&reader, 3) && reader_vector16(&reader, &fragment), "whole records");
        if (header.data[0] == CONTENT_ALERT && fragment.len == 2) {
            description = fragment.data[1];
        } else if (header.data[0] == CONTENT_APPLICATION_DATA &&
                   open_copy(keys, header, fragment, &sequence, opened, &record) &&
                   record.type == CONTENT_ALERT && record.len == 2) {
            description = record.fragment[1];
        }
    }
    return description;
}

static bool open_copy(const struct record_keys *keys, bulla_bytes header, bulla_bytes fragment,
                      uint64_t *sequence, uint8_t *out, struct record *out_record) {
    struct record_keys copy = *keys;
    struct aead_pool *pool;
    must(fragment.len <= RECORD_CIPHERTEXT_LEN_MAX, "a record of legal length");
    must(aead_pool_new(&pool, 1) == BULLA_OK, "pool");
    bytes_copy(out_record->header, RECORD_HEADER_LEN, header);
    bytes_copy(out, RECORD_CIPHERTEXT_LEN_MAX, fragment);
    out_record->type = CONTENT_APPLICATION_DATA;
    out_record->fragment = out;
    out_record->len = fragment.len;
    copy.sequence = *sequence;
    copy.aead.loan = 0;
    bool opened = copy.aead.id != AEAD_INVALID && record_open(pool, &copy, out_record) == BULLA_OK;
    *sequence += opened;
    aead_pool_free(pool);
    return opened;
}
