/* SPDX-License-Identifier: Apache-2.0 */
/* Record protection, RFC 8446 5.2 to 5.4 and RFC 5246 6.2.3.3, for the three algorithms: sealing
 * and opening, the nonce against one that is computed here, padding, and everything that must not
 * open.
 */
#include "tls/record.h"

#include "base/writer.h"
#include "support/check.h"
#include "support/vectors.h"

#include <stdlib.h>

enum { ROOM = RECORD_HEADER_LEN + RECORD_CIPHERTEXT_LEN_MAX + 64 };

static struct aead_pool *pool;
static uint8_t *wire;    /* ROOM bytes */
static uint8_t *content; /* RECORD_PLAINTEXT_LEN_MAX bytes */

static int pool_make(void **state) {
    (void)state;
    wire = malloc(ROOM);
    content = malloc(RECORD_PLAINTEXT_LEN_MAX);
    if (wire == NULL || content == NULL || aead_pool_new(&pool, 4) != BULLA_OK) {
        return -1;
    }
    for (size_t i = 0; i < RECORD_PLAINTEXT_LEN_MAX; i++) {
        content[i] = (uint8_t)(i * 7 + 1);
    }
    return 0;
}

static int pool_drop(void **state) {
    (void)state;
    aead_pool_free(pool);
    free(wire);
    free(content);
    return 0;
}

static struct record_keys keys_of(enum aead_id id) {
    struct record_keys keys = {.aead = {.id = id}};
    for (size_t i = 0; i < aead_key_len(id); i++) {
        keys.aead.bytes[i] = (uint8_t)(0x40 + i);
    }
    for (size_t i = 0; i < AEAD_NONCE_LEN; i++) {
        keys.iv[i] = (uint8_t)(0xa0 + i);
    }
    return keys;
}

static const enum aead_id ids[] = {AEAD_AES_128_GCM, AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305};

enum { NUM_IDS = sizeof ids / sizeof ids[0] };

/* The record that stands on the wire, `len` bytes with its header. */
static struct record record_on_wire(size_t len) {
    struct record record = {.type = (enum content_type)wire[0],
                            .fragment = wire + RECORD_HEADER_LEN,
                            .len = len - RECORD_HEADER_LEN};
    bytes_copy(record.header, RECORD_HEADER_LEN, bytes_of(wire, RECORD_HEADER_LEN));
    return record;
}

static size_t seal(struct record_keys *keys, enum content_type type, size_t len, size_t multiple) {
    size_t sealed = record_sealed_len(keys, len, multiple);
    assert_true(sealed <= ROOM);
    assert_int_equal(
        record_seal(pool, keys, type, bytes_of(content, len), multiple, LEGACY_VERSION, wire),
        BULLA_OK);
    return sealed;
}

/* Puts a record on the wire whose inner plaintext is what is given, with AEAD alone. */
static size_t seal_inner(struct record_keys *keys, bulla_bytes inner) {
    size_t len = inner.len + AEAD_TAG_LEN;
    const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)(len >> 8), (uint8_t)len};
    bytes_copy(wire, ROOM, BYTES_IN(header));
    assert_int_equal(aead_seal(pool, &keys->aead, keys->iv, BYTES_IN(header), inner,
                               bytes_of(NULL, 0), wire + RECORD_HEADER_LEN),
                     BULLA_OK);
    return RECORD_HEADER_LEN + len;
}

/* ------------------------------------------------------------------ round trips */

static void what_is_sealed_opens(void **state) {
    (void)state;
    static const size_t lens[] = {0, 1, 15, 16, 17, 255, 256, 1000, RECORD_PLAINTEXT_LEN_MAX};
    static const enum content_type types[] = {CONTENT_ALERT, CONTENT_HANDSHAKE,
                                              CONTENT_APPLICATION_DATA};
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
        for (size_t j = 0; j < sizeof lens / sizeof lens[0]; j++) {
            enum content_type type = types[j % 3];
            size_t len = seal(&sender, type, lens[j], 1);
            assert_int_equal(len, lens[j] + RECORD_OVERHEAD);
            const uint8_t header[] = {CONTENT_APPLICATION_DATA, 3, 3, (uint8_t)((len - 5) >> 8),
                                      (uint8_t)(len - 5)};
            assert_memory_equal(wire, header, sizeof header);
            struct record record = record_on_wire(len);
            assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
            assert_int_equal(record.type, type);
            assert_bytes(bytes_of(record.fragment, record.len), bytes_of(content, lens[j]));
            assert_int_equal(sender.sequence, j + 1);
            assert_int_equal(receiver.sequence, j + 1);
        }
    }
}

static void without_keys_records_are_only_framed(void **state) {
    (void)state;
    struct record_keys keys = {.aead = {.id = AEAD_INVALID}};
    const uint8_t expected[] = {CONTENT_HANDSHAKE, 3, 1, 0, 2, 1, 8};
    assert_int_equal(record_sealed_len(&keys, 2, 256), sizeof expected);
    assert_int_equal(record_seal(pool, &keys, CONTENT_HANDSHAKE, bytes_of(content, 2), 256,
                                 LEGACY_RECORD_VERSION, wire),
                     BULLA_OK);
    assert_memory_equal(wire, expected, sizeof expected);
    assert_int_equal(keys.sequence, 0);
}

/* ------------------------------------------------------------------ nonce and sequence */

/* RFC 8446 5.3, computed byte by byte from the big-endian sequence number padded to the IV. */
static void nonce_by_definition(const uint8_t *iv, uint64_t sequence, uint8_t *out) {
    uint8_t padded[AEAD_NONCE_LEN] = {0};
    for (size_t i = AEAD_NONCE_LEN; i > 0 && sequence != 0; i--) {
        padded[i - 1] = (uint8_t)(sequence % 256);
        sequence /= 256;
    }
    for (size_t i = 0; i < AEAD_NONCE_LEN; i++) {
        out[i] = (uint8_t)(iv[i] ^ padded[i]);
    }
}

static void nonce_is_the_iv_and_the_sequence_number(void **state) {
    (void)state;
    static const uint64_t sequences[] = {
        0, 1, 2, 255, 256, 65535, 65536, 0x0102030405060708, UINT64_MAX - 1};
    const uint8_t inner[] = {1, 8, 15, CONTENT_APPLICATION_DATA};
    for (size_t i = 0; i < NUM_IDS; i++) {
        for (size_t j = 0; j < sizeof sequences / sizeof sequences[0]; j++) {
            struct record_keys keys = keys_of(ids[i]), same = keys_of(ids[i]);
            uint8_t nonce[AEAD_NONCE_LEN], expected[sizeof inner + AEAD_TAG_LEN];
            keys.sequence = sequences[j];
            size_t len = seal(&keys, CONTENT_APPLICATION_DATA, 3, 1);
            nonce_by_definition(same.iv, sequences[j], nonce);
            assert_int_equal(aead_seal(pool, &same.aead, nonce, bytes_of(wire, RECORD_HEADER_LEN),
                                       BYTES_IN(inner), bytes_of(NULL, 0), expected),
                             BULLA_OK);
            assert_bytes(bytes_of(wire + RECORD_HEADER_LEN, len - RECORD_HEADER_LEN),
                         BYTES_IN(expected));
        }
    }
}

static void records_open_in_their_order_only(void **state) {
    (void)state;
    struct record_keys sender = keys_of(AEAD_AES_128_GCM), receiver = keys_of(AEAD_AES_128_GCM);
    (void)seal(&sender, CONTENT_APPLICATION_DATA, 10, 1);
    size_t len = seal(&sender, CONTENT_APPLICATION_DATA, 10, 1);
    struct record record = record_on_wire(len);
    assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_DECRYPT_FAILED);
}

/* RFC 8446 5.3: sequence numbers never wrap. The last number is not used. */
static void sequence_numbers_run_out(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
        sender.sequence = receiver.sequence = UINT64_MAX - 1;
        size_t len = seal(&sender, CONTENT_APPLICATION_DATA, 10, 1);
        struct record record = record_on_wire(len);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
        assert_int_equal(record_seal(pool, &sender, CONTENT_APPLICATION_DATA, bytes_of(content, 10),
                                     1, LEGACY_VERSION, wire),
                         BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
        record = record_on_wire(len);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
        assert_true(sender.sequence == UINT64_MAX && receiver.sequence == UINT64_MAX);
    }
}

/* ------------------------------------------------------------------ padding */

static void padding_hides_the_length(void **state) {
    (void)state;
    static const size_t multiples[] = {2, 16, 100, 512, 4096, RECORD_PLAINTEXT_LEN_MAX};
    static const size_t lens[] = {0, 1, 15, 16, 99, 100, 511, 512, 4095, 4096, 16383};
    for (size_t i = 0; i < sizeof multiples / sizeof multiples[0]; i++) {
        for (size_t j = 0; j < sizeof lens / sizeof lens[0]; j++) {
            struct record_keys sender = keys_of(ids[j % NUM_IDS]), receiver = sender;
            size_t len = seal(&sender, CONTENT_ALERT, lens[j], multiples[i]);
            size_t inner = len - RECORD_HEADER_LEN - AEAD_TAG_LEN;
            assert_true(inner > lens[j] && inner <= RECORD_INNER_PLAINTEXT_LEN_MAX);
            assert_true(inner % multiples[i] == 0 || inner == RECORD_INNER_PLAINTEXT_LEN_MAX);
            assert_true(inner - lens[j] - 1 < multiples[i]);
            struct record record = record_on_wire(len);
            assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
            assert_int_equal(record.type, CONTENT_ALERT);
            assert_bytes(bytes_of(record.fragment, record.len), bytes_of(content, lens[j]));
        }
    }
}

/* A full record has no room for padding, and no multiple makes it longer than allowed. */
static void full_records_are_not_padded_past_the_limit(void **state) {
    (void)state;
    for (size_t multiple = 1; multiple <= RECORD_PLAINTEXT_LEN_MAX; multiple += 1021) {
        struct record_keys keys = keys_of(AEAD_AES_128_GCM);
        assert_int_equal(record_sealed_len(&keys, RECORD_PLAINTEXT_LEN_MAX, multiple),
                         RECORD_PLAINTEXT_LEN_MAX + RECORD_OVERHEAD);
    }
}

/* The zeros at the content's end are content: only those after the type are padding. */
static void zeros_of_the_content_stay(void **state) {
    (void)state;
    struct record_keys sender = keys_of(AEAD_CHACHA20_POLY1305), receiver = sender;
    const uint8_t zeros[20] = {0};
    assert_int_equal(record_seal(pool, &sender, CONTENT_APPLICATION_DATA, BYTES_IN(zeros), 64,
                                 LEGACY_VERSION, wire),
                     BULLA_OK);
    struct record record = record_on_wire(record_sealed_len(&sender, sizeof zeros, 64));
    assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
    assert_bytes(bytes_of(record.fragment, record.len), BYTES_IN(zeros));
}

/* ------------------------------------------------------------------ what does not open */

static void inner_plaintext_needs_a_type(void **state) {
    (void)state;
    const uint8_t zeros[40] = {0};
    static const size_t lens[] = {1, 2, 40};
    for (size_t i = 0; i < NUM_IDS; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
            struct record record = record_on_wire(seal_inner(&sender, bytes_of(zeros, lens[j])));
            assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_NO_CONTENT_TYPE);
        }
        struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
        const uint8_t type_alone[] = {CONTENT_HANDSHAKE, 0, 0};
        struct record record = record_on_wire(seal_inner(&sender, BYTES_IN(type_alone)));
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
        assert_int_equal(record.type, CONTENT_HANDSHAKE);
        assert_int_equal(record.len, 0);
    }
}

/* RFC 8446 5.4: TLSInnerPlaintext has at most 2^14 + 1 bytes, padding included. */
static void inner_plaintext_has_a_limit(void **state) {
    (void)state;
    uint8_t *inner = calloc(1, RECORD_INNER_PLAINTEXT_LEN_MAX + 1);
    assert_non_null(inner);
    inner[0] = CONTENT_ALERT; /* no content at all: the padding alone makes it too long */
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
        struct record record =
            record_on_wire(seal_inner(&sender, bytes_of(inner, RECORD_INNER_PLAINTEXT_LEN_MAX)));
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
        receiver.sequence = 0;
        record = record_on_wire(
            seal_inner(&sender, bytes_of(inner, RECORD_INNER_PLAINTEXT_LEN_MAX + 1)));
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_TOO_LONG);
    }
    free(inner);
}

static void short_records_do_not_open(void **state) {
    (void)state;
    for (size_t len = 0; len <= AEAD_TAG_LEN; len++) {
        struct record_keys receiver = keys_of(AEAD_AES_256_GCM);
        memset(wire, 0, ROOM);
        struct record record = record_on_wire(RECORD_HEADER_LEN + len);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_DECRYPT_FAILED);
    }
}

/* Every bit of header, ciphertext and tag counts; what fails to open leaves no plaintext behind. */
static void flipped_bits_do_not_open(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        size_t len = 24 + RECORD_OVERHEAD;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            struct record_keys sender = keys_of(ids[i]), receiver = keys_of(ids[i]);
            assert_int_equal(seal(&sender, CONTENT_APPLICATION_DATA, 24, 1), len);
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
            struct record record = record_on_wire(len);
            assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_DECRYPT_FAILED);
            assert_memory_not_equal(wire + RECORD_HEADER_LEN, content, 24);
        }
    }
}

static void another_key_or_iv_does_not_open(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys sender = keys_of(ids[i]);
        struct record_keys other_key = keys_of(ids[i]), other_iv = keys_of(ids[i]);
        other_key.aead.bytes[aead_key_len(ids[i]) - 1] ^= 1;
        other_iv.iv[0] ^= 1;
        struct record record = record_on_wire(seal(&sender, CONTENT_ALERT, 2, 1));
        assert_int_equal(record_open(pool, &other_key, &record), BULLA_E_RECORD_DECRYPT_FAILED);
        sender.sequence = 0;
        record = record_on_wire(seal(&sender, CONTENT_ALERT, 2, 1));
        assert_int_equal(record_open(pool, &other_iv, &record), BULLA_E_RECORD_DECRYPT_FAILED);
    }
}

/* ------------------------------------------------------------------ TLS 1.2 */

static struct record_keys keys_12_of(enum aead_id id) {
    struct record_keys keys = keys_of(id);
    keys.is_12 = true;
    if (id != AEAD_CHACHA20_POLY1305) {
        memset(keys.iv + 4, 0, 8); /* a salt alone, RFC 5288 3 */
    }
    return keys;
}

static size_t explicit_len_of(enum aead_id id) {
    return id == AEAD_CHACHA20_POLY1305 ? 0 : 8;
}

/* The record on the wire, made with AEAD alone: the additional data is sequence number, type,
 * version and the plaintext's length; AES-GCM's nonce is salt and what stands before the
 * ciphertext, ChaCha20-Poly1305's as in TLS 1.3 (RFC 7905 2). */
static size_t seal_12_by_definition(const struct record_keys *keys, unsigned type, size_t len,
                                    const uint8_t *explicit_nonce, uint8_t *out) {
    struct aead_key key = keys->aead;
    size_t explicit_len = explicit_len_of(keys->aead.id);
    size_t fragment_len = explicit_len + len + AEAD_TAG_LEN;
    uint8_t additional[13], nonce[AEAD_NONCE_LEN];
    struct writer writer = writer_into(additional, sizeof additional);
    writer_u64(&writer, keys->sequence);
    writer_u8(&writer, (uint8_t)type);
    writer_u16(&writer, 0x0303);
    writer_u16(&writer, (uint16_t)len);
    nonce_by_definition(keys->iv, keys->sequence, nonce);
    bytes_copy(nonce + 4, 8, bytes_of(explicit_nonce, explicit_len));
    const uint8_t header[] = {(uint8_t)type, 3, 3, (uint8_t)(fragment_len >> 8),
                              (uint8_t)fragment_len};
    bytes_copy(out, ROOM, BYTES_IN(header));
    bytes_copy(out + RECORD_HEADER_LEN, ROOM, bytes_of(explicit_nonce, explicit_len));
    key.loan = 0;
    assert_int_equal(aead_seal(pool, &key, nonce, BYTES_IN(additional), bytes_of(content, len),
                               bytes_of(NULL, 0), out + RECORD_HEADER_LEN + explicit_len),
                     BULLA_OK);
    return RECORD_HEADER_LEN + fragment_len;
}

static void records_of_12_are_as_defined(void **state) {
    (void)state;
    static const size_t lens[] = {0, 1, 16, 1000, RECORD_PLAINTEXT_LEN_MAX};
    static const uint64_t sequences[] = {0, 1, 0x0102030405060708, UINT64_MAX - 1};
    uint8_t *expected = malloc(ROOM);
    assert_non_null(expected);
    for (size_t i = 0; i < NUM_IDS * 5 * 4; i++) {
        enum aead_id id = ids[i % NUM_IDS];
        struct record_keys sender = keys_12_of(id), receiver = keys_12_of(id);
        size_t len = lens[i / NUM_IDS % 5];
        uint8_t explicit_nonce[8];
        struct writer writer = writer_into(explicit_nonce, sizeof explicit_nonce);
        sender.sequence = receiver.sequence = sequences[i / NUM_IDS / 5];
        writer_u64(&writer, sender.sequence);
        size_t expected_len =
            seal_12_by_definition(&sender, CONTENT_ALERT, len, explicit_nonce, expected);
        size_t sealed = seal(&sender, CONTENT_ALERT, len, 512); /* there is no padding */
        assert_bytes(bytes_of(wire, sealed), bytes_of(expected, expected_len));
        struct record record = record_on_wire(sealed);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
        assert_int_equal(record.type, CONTENT_ALERT);
        assert_bytes(bytes_of(record.fragment, record.len), bytes_of(content, len));
        assert_true(sender.sequence == receiver.sequence);
    }
    free(expected);
}

/* How a peer makes its explicit nonces is its own business. */
static void explicit_nonces_are_taken_as_they_come(void **state) {
    (void)state;
    static const uint8_t strange[8] = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4};
    for (size_t i = 0; i < 2; i++) {
        struct record_keys sender = keys_12_of(ids[i]), receiver = keys_12_of(ids[i]);
        size_t len = seal_12_by_definition(&sender, CONTENT_HANDSHAKE, 40, strange, wire);
        struct record record = record_on_wire(len);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_OK);
        assert_bytes(bytes_of(record.fragment, record.len), bytes_of(content, 40));
    }
}

static void flipped_bits_of_12_do_not_open(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys keys = keys_12_of(ids[i]);
        size_t len = record_sealed_len(&keys, 24, 1);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            struct record_keys sender = keys_12_of(ids[i]), receiver = keys_12_of(ids[i]);
            assert_int_equal(seal(&sender, CONTENT_APPLICATION_DATA, 24, 1), len);
            wire[bit / 8] ^= (uint8_t)(1u << bit % 8);
            struct record record = record_on_wire(len);
            /* The length in the header is not covered as such: the fragment has the one it has. */
            assert_int_equal(record_open(pool, &receiver, &record),
                             bit / 8 == 3 || bit / 8 == 4 ? BULLA_OK
                                                          : BULLA_E_RECORD_DECRYPT_FAILED);
        }
        struct record_keys sender = keys_12_of(ids[i]), receiver = keys_12_of(ids[i]);
        struct record record = record_on_wire(seal(&sender, CONTENT_ALERT, 2, 1));
        receiver.sequence = 1; /* in another place */
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_DECRYPT_FAILED);
    }
}

static void short_records_of_12_do_not_open(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        for (size_t len = 0; len < explicit_len_of(ids[i]) + AEAD_TAG_LEN; len++) {
            struct record_keys receiver = keys_12_of(ids[i]);
            memset(wire, 0, ROOM);
            struct record record = record_on_wire(RECORD_HEADER_LEN + len);
            assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_DECRYPT_FAILED);
        }
    }
}

/* RFC 5246 6.2.1: at most 2^14 bytes of content, whatever the ciphertext's limit leaves room for.
 */
static void plaintext_of_12_has_a_limit(void **state) {
    (void)state;
    uint8_t *longer = calloc(1, RECORD_PLAINTEXT_LEN_MAX + 1), *kept = content;
    static const uint8_t nonce[8] = {0};
    assert_non_null(longer);
    content = longer;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys sender = keys_12_of(ids[i]), receiver = keys_12_of(ids[i]);
        size_t len = seal_12_by_definition(&sender, CONTENT_APPLICATION_DATA,
                                           RECORD_PLAINTEXT_LEN_MAX + 1, nonce, wire);
        struct record record = record_on_wire(len);
        assert_int_equal(record_open(pool, &receiver, &record), BULLA_E_RECORD_TOO_LONG);
    }
    content = kept;
    free(longer);
}

/* There is no other key to go on with: AES-GCM ends at its margin, ChaCha20-Poly1305 with the
 * sequence numbers; an alert may still say so. */
static void keys_of_12_end(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct record_keys keys = keys_12_of(ids[i]);
        bool is_gcm = ids[i] != AEAD_CHACHA20_POLY1305;
        keys.sequence = is_gcm ? RECORDS_12_MAX - 1 : UINT64_MAX - 1;
        (void)seal(&keys, CONTENT_APPLICATION_DATA, 1, 1);
        assert_int_equal(record_seal(pool, &keys, CONTENT_APPLICATION_DATA, bytes_of(content, 1), 1,
                                     LEGACY_VERSION, wire),
                         BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
        assert_int_equal(
            record_seal(pool, &keys, CONTENT_ALERT, bytes_of(content, 2), 1, LEGACY_VERSION, wire),
            is_gcm ? BULLA_OK : BULLA_E_RECORD_SEQUENCE_EXHAUSTED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens),
        cmocka_unit_test(without_keys_records_are_only_framed),
        cmocka_unit_test(nonce_is_the_iv_and_the_sequence_number),
        cmocka_unit_test(records_open_in_their_order_only),
        cmocka_unit_test(sequence_numbers_run_out),
        cmocka_unit_test(padding_hides_the_length),
        cmocka_unit_test(full_records_are_not_padded_past_the_limit),
        cmocka_unit_test(zeros_of_the_content_stay),
        cmocka_unit_test(inner_plaintext_needs_a_type),
        cmocka_unit_test(inner_plaintext_has_a_limit),
        cmocka_unit_test(short_records_do_not_open),
        cmocka_unit_test(flipped_bits_do_not_open),
        cmocka_unit_test(another_key_or_iv_does_not_open),
        cmocka_unit_test(records_of_12_are_as_defined),
        cmocka_unit_test(explicit_nonces_are_taken_as_they_come),
        cmocka_unit_test(flipped_bits_of_12_do_not_open),
        cmocka_unit_test(short_records_of_12_do_not_open),
        cmocka_unit_test(plaintext_of_12_has_a_limit),
        cmocka_unit_test(keys_of_12_end),
    };
    return cmocka_run_group_tests_name("record", tests, pool_make, pool_drop);
}
