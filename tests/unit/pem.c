/* SPDX-License-Identifier: Apache-2.0 */
/* src/der/pem.c: blocks among text, what damages a block, and what is written is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "der/pem.h"

#include <stdlib.h>

/* Reads the first block of `text`, which is given in a heap block of just its size. */
static bulla_cause cause_of(bulla_bytes text) {
    uint8_t *exact = bytes_duplicate(text);
    struct pem_block block;
    assert_non_null(exact);
    struct reader reader = reader_over(bytes_of(exact, text.len));
    bulla_cause cause = pem_next(&reader, &block);
    if (cause != BULLA_OK) {
        assert_null(block.der);
    }
    pem_block_free(&block);
    free(exact);
    return cause;
}

static void assert_next(struct reader *text, const char *label, const char *content) {
    struct pem_block block;
    assert_int_equal(pem_next(text, &block), BULLA_OK);
    assert_true(bytes_equal(block.label, bytes_of_text(label)));
    assert_true(bytes_equal(bytes_of(block.der, block.der_len), bytes_of_text(content)));
    pem_block_free(&block);
    assert_null(block.der);
}

static void assert_end(struct reader *text) {
    struct pem_block block;
    assert_int_equal(pem_next(text, &block), BULLA_E_PEM_NOT_FOUND);
}

static void test_blocks_among_text(void **state) {
    (void)state;
    struct reader text = reader_over(BYTES_OF("subject=/CN=clay\n"
                                              "-----BEGIN A-----\nZm9v\n-----END A-----\n"
                                              "\n -----BEGIN indented, so it is text-----\n"
                                              "-----BEGIN TWO WORDS-----\nYmFy\n"
                                              "-----END TWO WORDS-----\n"
                                              "-----END STRAY-----\n"
                                              "-----BEGIN A-----\nZm9v\nYmFy\n-----END A-----"));
    assert_next(&text, "A", "foo");
    assert_next(&text, "TWO WORDS", "bar");
    assert_next(&text, "A", "foobar");
    assert_end(&text);
    assert_end(&text);
}

static void test_line_ends_and_white_space(void **state) {
    (void)state;
    struct reader text =
        reader_over(BYTES_OF("-----BEGIN A-----\r\nZm9v\r\n-----END A-----\r\n"
                             "-----BEGIN A----- \t\n\n  Zm 9v\t\n\n-----END A-----  \n"
                             "-----BEGIN A-----\nZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy"
                             "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFy\n-----END A-----"));
    assert_next(&text, "A", "foo");
    assert_next(&text, "A", "foo");
    assert_next(&text, "A",
                "foobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarfoobar");
    assert_end(&text);
}

static void test_nothing_there(void **state) {
    (void)state;
    assert_int_equal(cause_of(bytes_of(NULL, 0)), BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(cause_of(BYTES_OF("\n\n")), BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(cause_of(BYTES_OF("\x30\x03\x02\x01\x00")), BULLA_E_PEM_NOT_FOUND);
    assert_int_equal(cause_of(BYTES_OF("---- BEGIN SSH2 PUBLIC KEY ----\n")),
                     BULLA_E_PEM_NOT_FOUND);
}

static void test_damaged_blocks(void **state) {
    (void)state;
    const char *const damaged[] = {
        "-----BEGIN A-----",                                       /* nothing behind BEGIN */
        "-----BEGIN A-----\nZm9v\n",                               /* no END */
        "-----BEGIN A-----\nZm9v\n-----END A----",                 /* END cut off */
        "-----BEGIN A-----\nZm9v\n-----END B-----\n",              /* another label */
        "-----BEGIN A-----\nZm9v\n-----END AA-----\n",             /* a longer one */
        "-----BEGIN A-----\nZm9v\n-----END A-----x\n",             /* something behind END */
        "-----BEGIN A-----\nZm9v-----END A-----\n",                /* END within a line */
        "-----BEGIN A-----\nZm9v\n-----BEGIN A-----\n",            /* BEGIN within a block */
        "-----BEGIN A----\nZm9v\n-----END A-----\n",               /* a dash less */
        "-----BEGIN A\nZm9v\n-----END A-----\n",                   /* no dashes */
        "-----BEGIN -----\nZm9v\n-----END -----\n",                /* no label */
        "-----BEGIN A\tB-----\nZm9v\n-----END A\tB-----\n",        /* not printable */
        "-----BEGIN A-----\n-----END A-----\n",                    /* no content */
        "-----BEGIN A-----\n\n  \n\n\n-----END A-----\n",          /* white space alone */
        "-----BEGIN A-----\nZm9\n-----END A-----\n",               /* padding missing */
        "-----BEGIN A-----\nZm9v=\n-----END A-----\n",             /* padding too much */
        "-----BEGIN A-----\nZg==\nZg==\n-----END A-----\n",        /* padding in the middle */
        "-----BEGIN A-----\nZm-v\n-----END A-----\n",              /* base64url */
        "-----BEGIN A-----\nComment: x\n\nZm9v\n-----END A-----\n" /* RFC 1421 header */
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        assert_int_equal(cause_of(bytes_of_text(damaged[i])), BULLA_E_PEM_MALFORMED);
    }
}

static void test_encrypted_block_is_told_and_passed(void **state) {
    (void)state;
    struct reader text = reader_over(BYTES_OF("-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n"
                                              "DEK-Info: AES-128-CBC,00\n\nZm9v\n-----END A-----\n"
                                              "-----BEGIN B-----\nYmFy\n-----END B-----\n"));
    struct pem_block block;
    assert_int_equal(pem_next(&text, &block), BULLA_E_KEY_ENCRYPTED);
    assert_null(block.der);
    assert_next(&text, "B", "bar");
    assert_end(&text);
}

static void test_truncated_at_every_byte(void **state) {
    (void)state;
    const bulla_bytes whole = BYTES_OF("-----BEGIN A-----\nZm9vYmFy\n-----END A-----\n");
    const size_t first_of_label = strlen("-----BEGIN A");
    for (size_t len = 0; len < whole.len; len++) {
        bulla_cause expected = BULLA_E_PEM_MALFORMED;
        if (len < first_of_label) {
            expected = BULLA_E_PEM_NOT_FOUND;
        } else if (len == whole.len - 1) {
            expected = BULLA_OK; /* only the last line's end is missing */
        }
        assert_int_equal(cause_of(bytes_of(whole.data, len)), expected);
    }
}

static void test_written_is_read(void **state) {
    (void)state;
    uint8_t der[200];
    for (size_t i = 0; i < sizeof der; i++) {
        der[i] = (uint8_t)(i * 7);
    }
    for (size_t len = 1; len <= sizeof der; len++) {
        struct writer writer = writer_growing(1024);
        bulla_bytes text;
        pem_write(&writer, "CERTIFICATE", bytes_of(der, len));
        assert_true(writer_finish(&writer, &text));
        struct reader reader = reader_over(text);
        struct pem_block block;
        assert_int_equal(pem_next(&reader, &block), BULLA_OK);
        assert_true(reader_at_end(&reader));
        assert_true(bytes_equal(bytes_of(block.der, block.der_len), bytes_of(der, len)));
        pem_block_free(&block);
        writer_free(&writer);
    }
}

static void test_lines_of_64_characters(void **state) {
    (void)state;
    const uint8_t der[49] = {0};
    struct writer writer = writer_growing(1024);
    bulla_bytes text;
    pem_write(&writer, "A", BYTES_IN(der));
    assert_true(writer_finish(&writer, &text));
    assert_true(bytes_equal(
        text, BYTES_OF("-----BEGIN A-----\n"
                       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                       "AA==\n"
                       "-----END A-----\n")));
    writer_free(&writer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_among_text),
        cmocka_unit_test(test_line_ends_and_white_space),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_damaged_blocks),
        cmocka_unit_test(test_encrypted_block_is_told_and_passed),
        cmocka_unit_test(test_truncated_at_every_byte),
        cmocka_unit_test(test_written_is_read),
        cmocka_unit_test(test_lines_of_64_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
