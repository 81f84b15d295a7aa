/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of FIPS 202 on the messages of NIST's examples (none, "abc", and 1600 bits of
 * a3), in one piece and in pieces of every length around a block. */
#include "crypto/keccak.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LONG_LEN = 200, SHAKE_LEN = 512 };

static uint8_t long_message[LONG_LEN];

/* `end`: the last 32 bytes of `len`. */
static const struct {
    enum keccak_id id;
    const char *message; /* NULL: the long one */
    size_t len;
    const char *end;
} examples[] = {
    {KECCAK_SHA3_256, "", 32, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
    {KECCAK_SHA3_256, "abc", 32,
     "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {KECCAK_SHA3_256, NULL, 32, "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"},
    {KECCAK_SHA3_512, "", 64, "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"},
    {KECCAK_SHA3_512, "abc", 64,
     "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
    {KECCAK_SHA3_512, NULL, 64, "1b7c13c30adf52a3659584739a2df46be589c51ca1a4a8416df6545a1ce8ba00"},
    {KECCAK_SHAKE128, "", 32, "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"},
    {KECCAK_SHAKE128, "", 512, "43e41b45a653f2a5c4492c1add544512dda2529833462b71a41a45be97290b6f"},
    {KECCAK_SHAKE128, NULL, 512,
     "44c9fb359fd56ac0a9a75a743cff6862f17d7259ab075216c0699511643b6439"},
    {KECCAK_SHAKE256, "", 32, "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"},
    {KECCAK_SHAKE256, "", 512, "ab0bae316339894304e35877b0c28a9b1fd166c796b9cc258a064a8f57e27f2a"},
    {KECCAK_SHAKE256, NULL, 512,
     "6a1a9d7846436e4dca5728b6f760eef0ca92bf0be5615e96959d767197a0beeb"},
};

static void published_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        bulla_bytes message = examples[i].message == NULL ? BYTES_IN(long_message)
                                                          : bytes_of_text(examples[i].message);
        uint8_t out[SHAKE_LEN], end[32];
        keccak_once(examples[i].id, message, bytes_of(NULL, 0), out, examples[i].len);
        hex_into(end, sizeof end, examples[i].end);
        assert_memory_equal(out + examples[i].len - sizeof end, end, sizeof end);
    }
}

/* Where the pieces are cut, going in and coming out, does not show. */
static void pieces_of_any_length(void **state) {
    (void)state;
    for (enum keccak_id id = KECCAK_SHA3_256; id <= KECCAK_SHAKE256; id++) {
        bool is_shake = id == KECCAK_SHAKE128 || id == KECCAK_SHAKE256;
        size_t len = is_shake ? SHAKE_LEN : 32;
        for (size_t cut = 0; cut <= LONG_LEN; cut++) {
            uint8_t whole[SHAKE_LEN], pieces[SHAKE_LEN];
            struct keccak keccak;
            keccak_once(id, BYTES_IN(long_message), bytes_of(NULL, 0), whole, len);
            keccak_start(&keccak, id);
            keccak_absorb(&keccak, bytes_of(long_message, cut));
            keccak_absorb(&keccak, bytes_after(BYTES_IN(long_message), cut));
            size_t first = is_shake ? cut : len;
            keccak_squeeze(&keccak, pieces, first);
            keccak_squeeze(&keccak, pieces + first, len - first);
            assert_memory_equal(whole, pieces, len);
        }
    }
}

/* A message that fills a block, and one byte to either side, are told apart. */
static void ends_of_blocks(void **state) {
    (void)state;
    uint8_t zeros[137] = {0}, first[32], second[32];
    keccak_once(KECCAK_SHA3_256, bytes_of(zeros, 135), bytes_of(NULL, 0), first, 32);
    keccak_once(KECCAK_SHA3_256, bytes_of(zeros, 136), bytes_of(NULL, 0), second, 32);
    assert_memory_not_equal(first, second, 32);
    keccak_once(KECCAK_SHA3_256, bytes_of(zeros, 137), bytes_of(NULL, 0), first, 32);
    assert_memory_not_equal(first, second, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples),
        cmocka_unit_test(pieces_of_any_length),
        cmocka_unit_test(ends_of_blocks),
    };
    memset(long_message, 0xa3, sizeof long_message);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
