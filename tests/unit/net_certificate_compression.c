/* SPDX-License-Identifier: Apache-2.0 */
/* The compressors that are built in: what goes in comes out, and a stranger's bytes take no more
 * room than they are given, end where they say, and are refused otherwise. */
#include "support/check.h"

#include "engine/expect.h"
#include "net/certificate_compression.h"
#include "tls/messages.h"

#include <stdlib.h>

enum { PLAIN_LEN = 5000, BOMB_LEN = 1 << 24 };

static struct authority authority;
static bulla_trust *trust;
static bulla_credential *credential;
static bulla_config *config; /* with all compressors */

static void add_all(bulla_config_builder *builder, void *context) {
    (void)context;
    certificate_compression_add_all(builder);
}

static struct setup setup_of(bulla_role role) {
    struct setup setup = {.role = role, .trust = trust, .more = add_all};
    setup.credentials[0] = role == BULLA_SERVER ? credential : NULL;
    return setup;
}

static int world_make(void **state) {
    (void)state;
    authority_make(&authority, "Compressors");
    trust = authority_trust(&authority);
    credential = authority_issue(&authority, &(struct leaf){0});
    const struct setup server = setup_of(BULLA_SERVER);
    config = setup_config(&server);
    return 0;
}

static int world_drop(void **state) {
    (void)state;
    bulla_config_free(config);
    bulla_credential_free(credential);
    bulla_trust_free(trust);
    authority_free(&authority);
    return 0;
}

/* Something between noise and zeros, as certificates are. */
static void plain_make(uint8_t out[PLAIN_LEN]) {
    struct seeded seeded = seeded_of(5);
    for (size_t i = 0; i < PLAIN_LEN; i++) {
        out[i] = (uint8_t)seeded_below(&seeded, 16);
    }
}

/* Decompresses out of a block that ends where its bytes end, into one with just so much room, which
 * it must fill. */
static int decompress(const struct certificate_compression *by, bulla_bytes input, size_t room,
                      bulla_bytes expected) {
    uint8_t *in = bytes_duplicate(input), *out = malloc(room + 1);
    size_t len = room;
    must(in != NULL && out != NULL, "memory");
    int result = by->decompress(bytes_of(in, input.len), out, &len);
    assert_true(len <= room);
    result = result == 1 && len == room;
    if (result == 1) {
        assert_true(bytes_equal(bytes_of(out, len), expected));
    }
    free(in);
    free(out);
    return result;
}

static size_t compress(const struct certificate_compression *by, bulla_bytes plain, uint8_t *out,
                       size_t cap) {
    size_t len = cap;
    assert_int_equal(by->compress(plain, out, &len), 1);
    assert_true(len <= cap);
    return len;
}

static void what_goes_in_comes_out(void **state) {
    uint8_t plain[PLAIN_LEN], packed[2 * PLAIN_LEN];
    (void)state;
    plain_make(plain);
    for (size_t i = 0; i < config->num_compressions; i++) {
        const struct certificate_compression *by = &config->compressions[i];
        for (size_t len = 1; len <= PLAIN_LEN; len += 999) {
            bulla_bytes input = bytes_of(plain, len);
            size_t packed_len = compress(by, input, packed, sizeof packed);
            assert_int_equal(decompress(by, bytes_of(packed, packed_len), len, input), 1);
        }
    }
}

static void without_room_nothing_is_compressed(void **state) {
    uint8_t plain[PLAIN_LEN], packed[2 * PLAIN_LEN];
    (void)state;
    plain_make(plain);
    for (size_t i = 0; i < config->num_compressions; i++) {
        const struct certificate_compression *by = &config->compressions[i];
        size_t packed_len = compress(by, BYTES_IN(plain), packed, sizeof packed);
        for (size_t room = 0; room < packed_len; room += 101) {
            uint8_t *out = malloc(room + 1);
            size_t len = room;
            assert_non_null(out);
            assert_int_equal(by->compress(BYTES_IN(plain), out, &len), 0);
            free(out);
        }
    }
}

static void damaged_input_is_refused(void **state) {
    uint8_t plain[PLAIN_LEN], packed[2 * PLAIN_LEN];
    bulla_bytes whole = BYTES_IN(plain);
    (void)state;
    plain_make(plain);
    for (size_t i = 0; i < config->num_compressions; i++) {
        const struct certificate_compression *by = &config->compressions[i];
        size_t len = compress(by, whole, packed, sizeof packed - 1);
        packed[len] = 0;
        assert_int_equal(decompress(by, bytes_of(packed, len + 1), PLAIN_LEN, whole), 0);
        assert_int_equal(decompress(by, bytes_of(packed, len), PLAIN_LEN - 1, whole), 0);
        for (size_t cut = 0; cut < len; cut += 37) {
            assert_int_equal(decompress(by, bytes_of(packed, cut), PLAIN_LEN, whole), 0);
        }
        /* What is altered may decompress, but stays within its room. */
        for (size_t at = 0; at < len; at += 11) {
            uint8_t *out = malloc(PLAIN_LEN);
            size_t out_len = PLAIN_LEN;
            assert_non_null(out);
            packed[at] ^= 0x10;
            (void)by->decompress(bytes_of(packed, len), out, &out_len);
            assert_true(out_len <= PLAIN_LEN);
            packed[at] ^= 0x10;
            free(out);
        }
    }
}

/* 16 MiB of zeros in a few bytes: refused once the room is full. */
static void bombs_are_refused(void **state) {
    uint8_t *zeros = calloc(1, BOMB_LEN), *packed = malloc(1 << 16);
    (void)state;
    must(zeros != NULL && packed != NULL, "memory");
    for (size_t i = 0; i < config->num_compressions; i++) {
        const struct certificate_compression *by = &config->compressions[i];
        size_t len = compress(by, bytes_of(zeros, BOMB_LEN), packed, 1 << 16);
        assert_int_equal(
            decompress(by, bytes_of(packed, len), CERTIFICATE_MESSAGE_LEN_MAX, bytes_of(NULL, 0)),
            0);
    }
    free(zeros);
    free(packed);
}

/* As long as a Certificate can be, out of a stream that may have the largest of windows. */
static void the_longest_is_read(void **state) {
    uint8_t *plain = calloc(1, CERTIFICATE_MESSAGE_LEN_MAX), *packed = malloc(1 << 17);
    struct seeded seeded = seeded_of(6);
    (void)state;
    must(plain != NULL && packed != NULL, "memory");
    (void)seeded_fill(&seeded, plain, CERTIFICATE_MESSAGE_LEN_MAX);
    bulla_bytes whole = bytes_of(plain, CERTIFICATE_MESSAGE_LEN_MAX);
    for (size_t i = 0; i < config->num_compressions; i++) {
        const struct certificate_compression *by = &config->compressions[i];
        size_t len = compress(by, whole, packed, 1 << 17);
        assert_int_equal(decompress(by, bytes_of(packed, len), CERTIFICATE_MESSAGE_LEN_MAX, whole),
                         1);
    }
    free(plain);
    free(packed);
}

static void certificates_go_compressed(void **state) {
    const struct setup client = setup_of(BULLA_CLIENT);
    struct pair pair;
    (void)state;
    if (config->num_compressions == 0) {
        skip();
    }
    struct writer plain = writer_growing(1 << 16);
    certificate_write(credential, false, &plain);
    for (size_t i = 0; i < config->num_compressions; i++) {
        bulla_bytes body =
            certificate_compressed(config, credential, false, config->compressions[i].algorithm);
        assert_true(body.len != 0 && body.len < plain.len);
    }
    pair_open(&pair, setup_config(&client), bulla_config_ref(config), TEST_SERVER_NAME);
    pair_connect(&pair);
    assert_true(pair_agrees(&pair));
    assert_true(bytes_equal(bulla_connection_peer_certificate(pair.client.connection, 0),
                            bulla_credential_certificate(credential, 0)));
    writer_free(&plain);
    pair_close(&pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(without_room_nothing_is_compressed),
        cmocka_unit_test(damaged_input_is_refused),
        cmocka_unit_test(bombs_are_refused),
        cmocka_unit_test(the_longest_is_read),
        cmocka_unit_test(certificates_go_compressed),
    };
    return cmocka_run_group_tests(tests, world_make, world_drop);
}
