/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange: RFC 7748 6.1 and RFC 5903 8.1 and 8.2 from both sides, and every share that must be
 * refused. The rest of Wycheproof's shares are tried in wycheproof.c. */
#include "crypto/key_exchange.h"
#include "crypto/system_random.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* One for all exchanges, as a thread has it. */
static struct key_exchange_scratch scratch;

static int scratch_free(void **state) {
    (void)state;
    key_exchange_scratch_free(&scratch);
    return 0;
}

static const enum key_exchange_id all_ids[] = {KEY_EXCHANGE_X25519, KEY_EXCHANGE_P256,
                                               KEY_EXCHANGE_P384, KEY_EXCHANGE_X25519MLKEM768};
enum { NUM_IDS = 4, FIRST_CURVE = 1, NUM_CURVES = 2 };

/* Gives out fixed bytes, then fails. */
struct script {
    bulla_bytes left;
    size_t num_calls;
};

static bool fill_from_script(void *context, uint8_t *out, size_t len) {
    struct script *script = context;
    script->num_calls++;
    if (script->left.len < len) {
        return false;
    }
    bytes_copy(out, len, bytes_of(script->left.data, len));
    script->left = bytes_of(script->left.data + len, script->left.len - len);
    return true;
}

static bool fill_with_ones(void *context, uint8_t *out, size_t len) {
    size_t *num_calls = context;
    ++*num_calls;
    memset(out, 0xff, len);
    return true;
}

struct vector {
    enum key_exchange_id id;
    const char *client_private, *client_share, *server_private, *server_share, *secret;
};

static const struct vector vectors[] = {
    {KEY_EXCHANGE_X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
     "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
     "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
     "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
     "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
    {KEY_EXCHANGE_P256, "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
     "04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
     "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
     "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
     "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
     "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
     "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
    {KEY_EXCHANGE_P384,
     "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
     "e35b538041e649ee3faef896783ab194",
     "04667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
     "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
     "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
     "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
     "e0308312916b8ed2960e4bd55a7448fc",
     "04e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
     "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
     "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
     "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
     "d603135569b9e9d09cf5d4a270f59746"},
};

static void both_sides_come_to_the_published_secret(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t private[48];
        uint8_t expected[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t offer[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t answer[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t secret[KEY_EXCHANGE_SECRET_LEN_MAX];
        size_t secret_len = 0;
        struct key_exchange exchange;
        enum key_exchange_id id = vectors[i].id;

        struct script script = {.left =
                                    hex_into(private, sizeof private, vectors[i].client_private)};
        const struct random_source random = {.fill = fill_from_script, .context = &script};
        assert_int_equal(key_exchange_offer(&exchange, id, &random, offer), BULLA_OK);
        bulla_bytes share = hex_into(expected, sizeof expected, vectors[i].client_share);
        assert_true(bytes_equal(bytes_of(offer, key_exchange_offer_len(id)), share));

        script.left = hex_into(private, sizeof private, vectors[i].server_private);
        assert_int_equal(key_exchange_accept(id, &random, share, answer, secret, &secret_len),
                         BULLA_OK);
        share = hex_into(expected, sizeof expected, vectors[i].server_share);
        assert_true(bytes_equal(bytes_of(answer, key_exchange_answer_len(id)), share));
        uint8_t expected_secret[KEY_EXCHANGE_SECRET_LEN_MAX];
        bulla_bytes agreed = hex_into(expected_secret, sizeof expected_secret, vectors[i].secret);
        assert_true(bytes_equal(bytes_of(secret, secret_len), agreed));

        memset(secret, 0, sizeof secret);
        assert_int_equal(key_exchange_finish(&exchange, &scratch, share, secret, &secret_len),
                         BULLA_OK);
        assert_true(bytes_equal(bytes_of(secret, secret_len), agreed));
        key_exchange_wipe(&exchange);
        assert_true(bytes_all_zero(bytes_of(&exchange, sizeof exchange)));
        key_exchange_wipe(&exchange);
    }
}

static void fresh_exchanges_agree_and_differ(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        uint8_t offer[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t answer[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t secrets[3][KEY_EXCHANGE_SECRET_LEN_MAX];
        size_t len;
        struct key_exchange exchange;
        assert_int_equal(key_exchange_offer(&exchange, all_ids[i], &system_random, offer),
                         BULLA_OK);
        bulla_bytes share = bytes_of(offer, key_exchange_offer_len(all_ids[i]));
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(
                key_exchange_accept(all_ids[i], &system_random, share, answer, secrets[k], &len),
                BULLA_OK);
        }
        assert_memory_not_equal(secrets[0], secrets[1], len);
        assert_int_equal(key_exchange_finish(&exchange, &scratch,
                                             bytes_of(answer, key_exchange_answer_len(all_ids[i])),
                                             secrets[2], &len),
                         BULLA_OK);
        assert_memory_equal(secrets[1], secrets[2], len);
        key_exchange_wipe(&exchange);
    }
}

/* Tries `share` on both sides: as an offer, and as the answer to ours. */
static void assert_refused(enum key_exchange_id id, bulla_bytes share) {
    uint8_t ours[KEY_EXCHANGE_SHARE_LEN_MAX];
    uint8_t secret[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t len;
    struct key_exchange exchange;
    assert_int_equal(key_exchange_accept(id, &system_random, share, ours, secret, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    assert_int_equal(key_exchange_offer(&exchange, id, &system_random, ours), BULLA_OK);
    assert_int_equal(key_exchange_finish(&exchange, &scratch, share, secret, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    key_exchange_wipe(&exchange);
}

static void shares_of_another_length_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX] = {0};
        struct key_exchange exchange;
        assert_int_equal(key_exchange_offer(&exchange, all_ids[i], &system_random, share),
                         BULLA_OK);
        key_exchange_wipe(&exchange);
        size_t len = key_exchange_offer_len(all_ids[i]);
        assert_refused(all_ids[i], bytes_of(NULL, 0));
        assert_refused(all_ids[i], bytes_of(share, 1));
        assert_refused(all_ids[i], bytes_of(share, len - 1));
        assert_refused(all_ids[i], bytes_of(share, len + 1));
    }
}

/* The points of small order on Curve25519, RFC 7748 6.1 and its erratum's list. */
static void x25519_shares_of_small_order_are_refused(void **state) {
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        uint8_t share[32];
        assert_refused(KEY_EXCHANGE_X25519, hex_into(share, sizeof share, points[i]));
    }
}

static void points_off_the_curve_and_other_forms_are_refused(void **state) {
    (void)state;
    for (size_t i = FIRST_CURVE; i < FIRST_CURVE + NUM_CURVES; i++) {
        uint8_t good[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX];
        struct key_exchange exchange;
        assert_int_equal(key_exchange_offer(&exchange, all_ids[i], &system_random, good), BULLA_OK);
        key_exchange_wipe(&exchange);
        size_t len = key_exchange_offer_len(all_ids[i]);
        bytes_copy(share, sizeof share, bytes_of(good, len));
        share[len - 1] ^= 1;
        assert_refused(all_ids[i], bytes_of(share, len));
        memset(share + 1, 0xff, len - 1); /* not below p */
        assert_refused(all_ids[i], bytes_of(share, len));
        memset(share + 1, 0, len - 1);
        assert_refused(all_ids[i], bytes_of(share, len));
        share[0] = 0; /* the point at infinity is one zero byte */
        assert_refused(all_ids[i], bytes_of(share, 1));
        assert_refused(all_ids[i], bytes_of(share, len));
        for (uint8_t form = 0; form < 8; form++) {
            bytes_copy(share, sizeof share, bytes_of(good, len));
            share[0] = form;
            if (form != 4) {
                assert_refused(all_ids[i], bytes_of(share, len)); /* 6 and 7: hybrid */
                assert_refused(all_ids[i], bytes_of(share, 1 + (len - 1) / 2)); /* 2, 3: half */
            }
        }
    }
}

/* draft-ietf-tls-ecdhe-mlkem 3: the lengths, and ML-KEM's part first. */
static void a_hybrid_is_both(void **state) {
    (void)state;
    uint8_t offer[KEY_EXCHANGE_SHARE_LEN_MAX], answer[KEY_EXCHANGE_SHARE_LEN_MAX];
    uint8_t ours[KEY_EXCHANGE_SECRET_LEN_MAX], theirs[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t len;
    struct key_exchange exchange;
    enum key_exchange_id id = KEY_EXCHANGE_X25519MLKEM768;
    assert_int_equal(key_exchange_offer_len(id), 1184 + 32);
    assert_int_equal(key_exchange_answer_len(id), 1088 + 32);
    assert_int_equal(key_exchange_offer(&exchange, id, &system_random, offer), BULLA_OK);
    assert_int_equal(key_exchange_accept(id, &system_random, BYTES_IN(offer), answer, theirs, &len),
                     BULLA_OK);
    assert_int_equal(len, 64);
    bulla_bytes share = bytes_of(answer, 1088 + 32);
    for (size_t i = 0; i < share.len; i += 1087) { /* the ciphertext, and the point */
        answer[i] ^= 1;
        assert_int_equal(key_exchange_finish(&exchange, &scratch, share, ours, &len), BULLA_OK);
        answer[i] ^= 1;
        assert_int_equal(memcmp(ours, theirs, 32) == 0, i >= 1088);
        assert_int_equal(memcmp(ours + 32, theirs + 32, 32) == 0, i < 1088);
    }
    assert_int_equal(key_exchange_finish(&exchange, &scratch, share, ours, &len), BULLA_OK);
    assert_memory_equal(ours, theirs, 64);

    memset(answer + 1088, 0, 32); /* a point of small order, on either side */
    assert_int_equal(key_exchange_finish(&exchange, &scratch, share, ours, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    memset(offer + 1184, 0, 32);
    assert_int_equal(key_exchange_accept(id, &system_random, BYTES_IN(offer), answer, theirs, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    offer[0] = offer[1] = 0xff; /* a coefficient of 4095 */
    offer[1184] = 9;
    assert_int_equal(key_exchange_accept(id, &system_random, BYTES_IN(offer), answer, theirs, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    key_exchange_wipe(&exchange);
}

/* The end of a hybrid's share is an X25519 share, and its offer can be finished as one. */
static void the_half_of_a_hybrid(void **state) {
    (void)state;
    uint8_t offer[KEY_EXCHANGE_SHARE_LEN_MAX], answer[KEY_EXCHANGE_SHARE_LEN_MAX];
    uint8_t ours[KEY_EXCHANGE_SECRET_LEN_MAX], theirs[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t len;
    struct key_exchange exchange;
    enum key_exchange_id id = KEY_EXCHANGE_X25519MLKEM768;
    for (size_t i = 0; i < NUM_IDS; i++) {
        assert_int_equal(key_exchange_half(all_ids[i]),
                         all_ids[i] == id ? KEY_EXCHANGE_X25519 : KEY_EXCHANGE_INVALID);
    }
    assert_int_equal(key_exchange_offer(&exchange, id, &system_random, offer), BULLA_OK);
    bulla_bytes half = key_exchange_half_share(id, offer);
    assert_int_equal(half.len, 32);
    assert_int_equal(
        key_exchange_accept(KEY_EXCHANGE_X25519, &system_random, half, answer, theirs, &len),
        BULLA_OK);
    assert_int_equal(key_exchange_finish(&exchange, &scratch, bytes_of(answer, 32), ours, &len),
                     BULLA_E_KEY_SHARE_INVALID);
    key_exchange_keep_half(&exchange);
    assert_int_equal(exchange.id, KEY_EXCHANGE_X25519);
    assert_int_equal(key_exchange_finish(&exchange, &scratch, bytes_of(answer, 32), ours, &len),
                     BULLA_OK);
    assert_int_equal(len, 32);
    assert_memory_equal(ours, theirs, 32);
    key_exchange_wipe(&exchange);
}

static void a_failing_source_fails_the_exchange(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct script empty = {0};
        const struct random_source random = {.fill = fill_from_script, .context = &empty};
        uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t answer[KEY_EXCHANGE_SHARE_LEN_MAX];
        uint8_t secret[KEY_EXCHANGE_SECRET_LEN_MAX];
        size_t len;
        struct key_exchange exchange;
        assert_int_equal(key_exchange_offer(&exchange, all_ids[i], &random, share),
                         BULLA_E_RANDOM_FAILED);
        assert_true(bytes_all_zero(bytes_of(&exchange, sizeof exchange)));
        assert_int_equal(empty.num_calls, 1);

        assert_int_equal(key_exchange_offer(&exchange, all_ids[i], &system_random, share),
                         BULLA_OK);
        assert_int_equal(key_exchange_accept(all_ids[i], &random,
                                             bytes_of(share, key_exchange_offer_len(all_ids[i])),
                                             answer, secret, &len),
                         BULLA_E_RANDOM_FAILED);
        key_exchange_wipe(&exchange);
    }
}

/* Zero and n are no scalars: the next draw is taken. A source that gives nothing else is given up.
 */
static void scalars_out_of_range_are_drawn_again(void **state) {
    (void)state;
    HEX(draws, "0000000000000000000000000000000000000000000000000000000000000000"
               "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
               "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
    struct script script = {.left = draws};
    struct random_source random = {.fill = fill_from_script, .context = &script};
    uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX];
    struct key_exchange exchange;
    assert_int_equal(key_exchange_offer(&exchange, KEY_EXCHANGE_P256, &random, share), BULLA_OK);
    assert_int_equal(script.num_calls, 3);
    HEX(generator_x, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    assert_true(bytes_equal(bytes_of(share + 1, 32), generator_x)); /* (n-1)G = -G */
    key_exchange_wipe(&exchange);

    size_t num_calls = 0;
    random = (struct random_source){.fill = fill_with_ones, .context = &num_calls};
    assert_int_equal(key_exchange_offer(&exchange, KEY_EXCHANGE_P384, &random, share),
                     BULLA_E_RANDOM_FAILED);
    assert_in_range(num_calls, 2, 100);
}

static void misuse_is_refused(void **state) {
    (void)state;
    uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX] = {4};
    uint8_t secret[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t len;
    struct key_exchange empty = {0};
    bulla_bytes none = bytes_of(NULL, 0);
    assert_int_equal(key_exchange_offer(&empty, KEY_EXCHANGE_INVALID, &system_random, share),
                     BULLA_E_API_MISUSE);
    assert_int_equal(
        key_exchange_accept(KEY_EXCHANGE_INVALID, &system_random, none, share, secret, &len),
        BULLA_E_API_MISUSE);
    assert_int_equal(key_exchange_finish(&empty, &scratch, none, secret, &len), BULLA_E_API_MISUSE);
    for (size_t i = 0; i < NUM_IDS; i++) {
        struct key_exchange wiped;
        assert_int_equal(key_exchange_offer(&wiped, all_ids[i], &system_random, share), BULLA_OK);
        key_exchange_wipe(&wiped);
        wiped.id = all_ids[i];
        assert_int_equal(key_exchange_finish(&wiped, &scratch,
                                             bytes_of(share, key_exchange_offer_len(all_ids[i])),
                                             secret, &len),
                         BULLA_E_API_MISUSE);
    }
    key_exchange_wipe(&empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_come_to_the_published_secret),
        cmocka_unit_test(fresh_exchanges_agree_and_differ),
        cmocka_unit_test(shares_of_another_length_are_refused),
        cmocka_unit_test(x25519_shares_of_small_order_are_refused),
        cmocka_unit_test(points_off_the_curve_and_other_forms_are_refused),
        cmocka_unit_test(a_hybrid_is_both),
        cmocka_unit_test(the_half_of_a_hybrid),
        cmocka_unit_test(a_failing_source_fails_the_exchange),
        cmocka_unit_test(scalars_out_of_range_are_drawn_again),
        cmocka_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_free);
}
