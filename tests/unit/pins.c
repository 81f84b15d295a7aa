/* SPDX-License-Identifier: Apache-2.0 */
/* Pins: each spelling and its broken twins, windows, backups, and which certificate of a path may
 * match. The certificate's digests were computed with openssl (x509 -fingerprint; x509 -pubkey,
 * pkey -outform der, dgst -sha256, base64). */
#include "x509/pins.h"
#include "support/check.h"

enum { NOW = 1800000000, DAY = 86400 };

/* CN=pins.example, P-256, self-signed. */
static const uint8_t certificate_der[] = {
    0x30, 0x82, 0x01, 0x84, 0x30, 0x82, 0x01, 0x2b, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x14, 0x3f,
    0xd0, 0xb9, 0x1e, 0xa2, 0x2a, 0x3b, 0xc6, 0x6a, 0x69, 0x76, 0x5c, 0x5f, 0x28, 0xcb, 0xaf, 0x76,
    0x1b, 0x21, 0x13, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x30,
    0x17, 0x31, 0x15, 0x30, 0x13, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x0c, 0x70, 0x69, 0x6e, 0x73,
    0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x30, 0x20, 0x17, 0x0d, 0x32, 0x36, 0x31, 0x31,
    0x32, 0x33, 0x31, 0x34, 0x30, 0x34, 0x31, 0x30, 0x5a, 0x18, 0x0f, 0x32, 0x31, 0x32, 0x36, 0x31,
    0x30, 0x33, 0x30, 0x31, 0x34, 0x30, 0x34, 0x31, 0x30, 0x5a, 0x30, 0x17, 0x31, 0x15, 0x30, 0x13,
    0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x0c, 0x70, 0x69, 0x6e, 0x73, 0x2e, 0x65, 0x78, 0x61, 0x6d,
    0x70, 0x6c, 0x65, 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0xb0, 0xb9,
    0x78, 0x82, 0xa2, 0xe5, 0x05, 0x8d, 0x2b, 0xbe, 0xe5, 0xa6, 0xf7, 0x1f, 0xea, 0x98, 0x70, 0x65,
    0x21, 0x32, 0x83, 0x1e, 0x2c, 0xf6, 0x01, 0x14, 0xad, 0x44, 0x60, 0xa5, 0xd6, 0x82, 0xe2, 0x81,
    0xa0, 0x5a, 0x36, 0xef, 0x15, 0xc3, 0xd9, 0x00, 0x3d, 0x87, 0x2c, 0x85, 0x41, 0x74, 0x11, 0x0c,
    0x9c, 0x4e, 0xf6, 0x02, 0x36, 0x2f, 0x2f, 0x3e, 0x57, 0x2e, 0xd4, 0xfc, 0x79, 0x35, 0xa3, 0x53,
    0x30, 0x51, 0x30, 0x1d, 0x06, 0x03, 0x55, 0x1d, 0x0e, 0x04, 0x16, 0x04, 0x14, 0xe5, 0xb4, 0x1a,
    0xa2, 0x23, 0x38, 0x16, 0xfd, 0x8b, 0xd8, 0xe7, 0x77, 0x23, 0x92, 0xca, 0x43, 0x5f, 0x9f, 0xe1,
    0xd6, 0x30, 0x1f, 0x06, 0x03, 0x55, 0x1d, 0x23, 0x04, 0x18, 0x30, 0x16, 0x80, 0x14, 0xe5, 0xb4,
    0x1a, 0xa2, 0x23, 0x38, 0x16, 0xfd, 0x8b, 0xd8, 0xe7, 0x77, 0x23, 0x92, 0xca, 0x43, 0x5f, 0x9f,
    0xe1, 0xd6, 0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04, 0x05, 0x30, 0x03,
    0x01, 0x01, 0xff, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x03,
    0x47, 0x00, 0x30, 0x44, 0x02, 0x20, 0x08, 0x7d, 0x42, 0xee, 0x04, 0x2c, 0x45, 0x5b, 0xfa, 0x2f,
    0x78, 0xe1, 0x7e, 0x05, 0x8d, 0x22, 0xf0, 0xd0, 0xed, 0x7e, 0xdd, 0x57, 0xbb, 0x2e, 0x69, 0x18,
    0x59, 0xe8, 0x9f, 0x20, 0x2a, 0x56, 0x02, 0x20, 0x67, 0xbe, 0x22, 0xe1, 0xa4, 0x26, 0x21, 0x0f,
    0xa0, 0xdd, 0x44, 0x9e, 0x4f, 0x97, 0x1e, 0x9f, 0x36, 0x83, 0x90, 0xc7, 0x43, 0x50, 0x3b, 0xe1,
    0xc0, 0x68, 0x1b, 0x00, 0xf1, 0xf4, 0xd5, 0xde,
};

#define KEY_BASE64 "wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeKf+A="
#define FINGERPRINT                                                                                \
    "8A:CE:F0:91:19:52:B0:D6:2E:AB:82:39:11:02:96:9E:36:81:C1:C1:FB:C9:05:55:94:04:A0:FC:47:79:"   \
    "D7:C5"
#define CERTIFICATE_HEX "8acef0911952b0d62eab82391102969e3681c1c1fbc905559404a0fc4779d7c5"

static const uint8_t other_digest[BULLA_PIN_LEN] = {1, 2, 3};
static const uint8_t third_digest[BULLA_PIN_LEN] = {4, 5, 6};

static struct certificate certificate_of_test(void) {
    struct certificate certificate;
    assert_int_equal(certificate_parse(&certificate, BYTES_IN(certificate_der)), BULLA_OK);
    return certificate;
}

static bulla_pins *pins_new(int alone) {
    bulla_pins *pins = NULL;
    assert_int_equal(bulla_pins_new(&pins, alone), BULLA_OK);
    return pins;
}

static void add(bulla_pins *pins, bulla_pin_kind kind, const uint8_t *digest, int64_t not_before,
                int64_t not_after) {
    assert_int_equal(bulla_pins_add(pins, kind, digest, not_before, not_after), BULLA_OK);
}

static void add_always(bulla_pins *pins, const uint8_t *digest) {
    add(pins, BULLA_PIN_PUBLIC_KEY, digest, INT64_MIN, INT64_MAX);
}

static bulla_cause add_text(bulla_pins *pins, bulla_pin_kind kind, const char *text) {
    return bulla_pins_add_text(pins, kind, bytes_of_text(text), INT64_MIN, INT64_MAX);
}

/* The test's certificate against the set, at NOW. */
static struct pins_outcome check(const bulla_pins *pins) {
    struct certificate certificate = certificate_of_test();
    const struct certificate *path[] = {&certificate};
    struct pins_outcome outcome;
    bulla_cause cause = pins_check(pins, path, 1, NOW, &outcome);
    assert_int_equal(cause, outcome.cause);
    return outcome;
}

/* Does the text name the test's certificate? A backup stands beside it. */
static bulla_cause check_text(bulla_pin_kind kind, const char *text) {
    bulla_pins *pins = pins_new(0);
    add_always(pins, other_digest);
    bulla_cause cause = add_text(pins, kind, text);
    cause = cause == BULLA_OK ? check(pins).cause : cause;
    bulla_pins_free(pins);
    return cause;
}

static void test_digests(void **state) {
    (void)state;
    struct certificate certificate = certificate_of_test();
    uint8_t digest[BULLA_PIN_LEN];
    uint8_t buffer[256];
    bulla_bytes written;
    struct writer writer = writer_into(buffer, sizeof buffer);
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, digest);
    assert_true(pins_print(BULLA_PIN_PUBLIC_KEY, digest, PINS_SPELLING_SLASH, &writer));
    assert_true(writer_finish(&writer, &written));
    assert_true(bytes_equal(written, BYTES_OF("sha256/" KEY_BASE64)));
    writer = writer_into(buffer, sizeof buffer);
    pins_digest(&certificate, BULLA_PIN_CERTIFICATE, digest);
    assert_true(pins_print(BULLA_PIN_CERTIFICATE, digest, PINS_SPELLING_FINGERPRINT, &writer));
    assert_true(writer_finish(&writer, &written));
    assert_true(bytes_equal(written, BYTES_OF(FINGERPRINT)));
}

static void test_spellings(void **state) {
    (void)state;
    static const char *const keys[] = {
        "sha256/" KEY_BASE64,
        "SHA256/" KEY_BASE64,
        " \tsha256/" KEY_BASE64 "\r\n",
        "sha256//" KEY_BASE64,
        "sha256//" KEY_BASE64 ";",
        "sha256//" KEY_BASE64 ";sha256//d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM=",
        "sha256//d6qzRu9zOECb90Uez27xWltNsj0e1Md7GkYYkVoZWmM= ; sha256//" KEY_BASE64 " ; ",
        "pin-sha256=\"" KEY_BASE64 "\"",
        "Pin-SHA256=\"" KEY_BASE64 "\"; pin-sha256="
        "\"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\"",
        "sha256:" KEY_BASE64,
        KEY_BASE64,
        "<key>SPKI-SHA256-BASE64</key>\n  <string>" KEY_BASE64 "</string>",
        "<pin digest=\"SHA-256\">" KEY_BASE64 "</pin>",
        "<pin digest=\"SHA-256\">\n " KEY_BASE64 "\n</pin>",
        "sha256:c04048d24163887d3551d857bc915828c110748f2e4f6b914c434da9f78a7fe0",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        assert_int_equal(check_text(BULLA_PIN_PUBLIC_KEY, keys[i]), BULLA_OK);
        /* The certificate is not the key. */
        assert_int_equal(check_text(BULLA_PIN_CERTIFICATE, keys[i]), BULLA_E_PIN_MISMATCH);
    }
    static const char *const certificates[] = {
        FINGERPRINT,
        CERTIFICATE_HEX,
        "sha256:" CERTIFICATE_HEX,
        "sha256:" FINGERPRINT,
        "sha256 Fingerprint=" FINGERPRINT "\n",
        "8ACEF0911952b0d62eab82391102969e3681c1c1fbc905559404a0fc4779d7c5",
    };
    for (size_t i = 0; i < sizeof certificates / sizeof certificates[0]; i++) {
        assert_int_equal(check_text(BULLA_PIN_CERTIFICATE, certificates[i]), BULLA_OK);
        assert_int_equal(check_text(BULLA_PIN_PUBLIC_KEY, certificates[i]), BULLA_E_PIN_MISMATCH);
    }
}

static void test_malformed(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        ";",
        " ",
        "sha256/",
        "sha1/" KEY_BASE64,
        "sha256///" KEY_BASE64,
        "sha256/" KEY_BASE64 "=",
        "sha256/wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeKf+A",  /* no padding */
        "sha256/wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeKf+B=", /* bits behind the last byte */
        "sha256/wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeKf+Ag", /* 33 bytes */
        "sha256/wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeKfw==", /* 31 */
        "sha256/wEBI0kFjiH01UdhXvJFYKMEQdI8uT2uRTENNqfeK-_A=", /* base64url */
        "pin-sha256=\"" KEY_BASE64,
        "pin-sha256=" KEY_BASE64,
        "sha256 " KEY_BASE64,
        "sha256//" KEY_BASE64 ";;sha256//" KEY_BASE64,
        "sha256//" KEY_BASE64 "sha256//" KEY_BASE64,
        "max-age=5184000",
        "<pin digest=\"SHA-256\">" KEY_BASE64,
        "<pin digest=\"SHA-1\">" KEY_BASE64 "</pin>",
        CERTIFICATE_HEX "0",
        CERTIFICATE_HEX "00",
        "8acef0911952b0d62eab82391102969e3681c1c1fbc905559404a0fc4779d7cg",
        "8ace:f091:1952:b0d6:2eab:8239:1102:969e:3681:c1c1:fbc9:0555:9404:a0fc:4779:d7c5",
        "8A-CE:F0:91:19:52:B0:D6:2E:AB:82:39:11:02:96:9E:36:81:C1:C1:FB:C9:05:55:94:04:A0:FC:47:79:"
        "D7:C5",
        FINGERPRINT ":",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bulla_pins *pins = pins_new(0);
        assert_int_equal(add_text(pins, BULLA_PIN_PUBLIC_KEY, texts[i]), BULLA_E_PIN_MALFORMED);
        assert_int_equal(bulla_pins_num(pins), 0);
        bulla_pins_free(pins);
    }
    bulla_pins *pins = pins_new(0);
    assert_int_equal(bulla_pins_add_text(pins, BULLA_PIN_PUBLIC_KEY, bytes_of(NULL, 0), 0, 1),
                     BULLA_E_PIN_MALFORMED);
    /* Of a list with a broken one, none is added. */
    assert_int_equal(add_text(pins, BULLA_PIN_PUBLIC_KEY, "sha256//" KEY_BASE64 ";sha256//x"),
                     BULLA_E_PIN_MALFORMED);
    assert_int_equal(bulla_pins_num(pins), 0);
    assert_int_equal(add_text(pins, BULLA_PIN_PUBLIC_KEY, "sha256//" KEY_BASE64 ";" KEY_BASE64),
                     BULLA_OK);
    assert_int_equal(bulla_pins_num(pins), 2);
    bulla_pins_free(pins);
}

static void test_misuse(void **state) {
    (void)state;
    bulla_pins *pins = pins_new(0);
    assert_int_equal(bulla_pins_new(NULL, 0), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_INVALID, other_digest, 0, 1),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_add(pins, (bulla_pin_kind)3, other_digest, 0, 1),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, NULL, 0, 1), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, other_digest, 2, 1),
                     BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_add(NULL, BULLA_PIN_PUBLIC_KEY, other_digest, 0, 1),
                     BULLA_E_API_MISUSE);
    assert_int_equal(add_text(NULL, BULLA_PIN_PUBLIC_KEY, KEY_BASE64), BULLA_E_API_MISUSE);
    assert_int_equal(add_text(pins, BULLA_PIN_INVALID, KEY_BASE64), BULLA_E_API_MISUSE);
    assert_int_equal(bulla_pins_num(pins), 0);
    bulla_pins_free(pins);
    bulla_pins_free(NULL);
}

static void test_owners(void **state) {
    (void)state;
    bulla_pins *pins = pins_new(0);
    assert_ptr_equal(bulla_pins_ref(pins), pins);
    bulla_pins_free(pins);
    add_always(pins, other_digest);
    assert_int_equal(bulla_pins_num(pins), 1);
    bulla_pins_free(pins);
}

static void test_bounded(void **state) {
    (void)state;
    enum { PINS_MAX = 4096 };
    bulla_pins *pins = pins_new(0);
    for (size_t i = 0; i < PINS_MAX; i++) {
        add_always(pins, other_digest);
    }
    assert_int_equal(bulla_pins_add(pins, BULLA_PIN_PUBLIC_KEY, other_digest, INT64_MIN, INT64_MAX),
                     BULLA_E_OUT_OF_MEMORY);
    assert_int_equal(bulla_pins_num(pins), PINS_MAX);
    bulla_pins_free(pins);
}

/* RFC 7469 4.3, and what counts as a second pin. */
static void test_backup(void **state) {
    (void)state;
    uint8_t digest[BULLA_PIN_LEN];
    struct certificate certificate = certificate_of_test();
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, digest);
    bulla_pins *pins = pins_new(0);
    assert_int_equal(check(NULL).cause, BULLA_OK);
    assert_int_equal(check(pins).cause, BULLA_E_PINS_TOO_FEW);
    add_always(pins, digest);
    assert_int_equal(check(pins).cause, BULLA_E_PINS_TOO_FEW);
    add(pins, BULLA_PIN_PUBLIC_KEY, digest, 0, NOW + DAY); /* the same again */
    assert_int_equal(check(pins).cause, BULLA_E_PINS_TOO_FEW);
    add(pins, BULLA_PIN_PUBLIC_KEY, other_digest, INT64_MIN, NOW - 1); /* over */
    assert_int_equal(check(pins).cause, BULLA_E_PINS_TOO_FEW);
    add(pins, BULLA_PIN_PUBLIC_KEY, third_digest, NOW + 1, INT64_MAX); /* not begun */
    assert_int_equal(check(pins).cause, BULLA_E_PINS_TOO_FEW);
    add(pins, BULLA_PIN_CERTIFICATE, other_digest, NOW, NOW);
    assert_int_equal(check(pins).cause, BULLA_OK);
    bulla_pins_free(pins);
}

static void test_windows(void **state) {
    (void)state;
    uint8_t digest[BULLA_PIN_LEN];
    struct certificate certificate = certificate_of_test();
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, digest);
    static const struct {
        int64_t not_before, not_after;
        bulla_cause cause;
        bool expiring;
    } windows[] = {
        {INT64_MIN, INT64_MAX, BULLA_OK, false},
        {NOW, NOW, BULLA_OK, true},
        {NOW + 1, INT64_MAX, BULLA_E_PIN_MISMATCH, false},
        {INT64_MIN, NOW - 1, BULLA_E_PIN_MISMATCH, false},
        {INT64_MIN, NOW + PINS_OVERLAP, BULLA_OK, true},
        {INT64_MIN, NOW + PINS_OVERLAP + 1, BULLA_OK, false},
    };
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        bulla_pins *pins = pins_new(0);
        add_always(pins, other_digest);
        add_always(pins, third_digest);
        add(pins, BULLA_PIN_PUBLIC_KEY, digest, windows[i].not_before, windows[i].not_after);
        struct pins_outcome outcome = check(pins);
        assert_int_equal(outcome.cause, windows[i].cause);
        assert_int_equal(outcome.expiring_only, windows[i].expiring);
        assert_int_equal(outcome.outside_window, windows[i].cause != BULLA_OK);
        if (outcome.cause == BULLA_OK) {
            assert_true(outcome.not_after == windows[i].not_after);
        }
        bulla_pins_free(pins);
    }
}

/* The old pin ends, the new one matches as well: nothing to warn of. */
static void test_overlap(void **state) {
    (void)state;
    uint8_t digest[BULLA_PIN_LEN];
    struct certificate certificate = certificate_of_test();
    bulla_pins *pins = pins_new(0);
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, digest);
    add(pins, BULLA_PIN_PUBLIC_KEY, digest, INT64_MIN, NOW + DAY);
    add_always(pins, other_digest);
    assert_true(check(pins).expiring_only);
    pins_digest(&certificate, BULLA_PIN_CERTIFICATE, digest);
    add(pins, BULLA_PIN_CERTIFICATE, digest, NOW - DAY, NOW + 400 * (int64_t)DAY);
    struct pins_outcome outcome = check(pins);
    assert_int_equal(outcome.cause, BULLA_OK);
    assert_false(outcome.expiring_only);
    assert_true(outcome.not_after == NOW + 400 * (int64_t)DAY);
    bulla_pins_free(pins);
}

static void test_place_on_path(void **state) {
    (void)state;
    struct certificate pinned = certificate_of_test();
    struct certificate leaf = pinned;
    leaf.der.len--;
    leaf.key.der.len--;
    const struct certificate *path[] = {&leaf, &leaf, &pinned};
    uint8_t digest[BULLA_PIN_LEN];
    pins_digest(&pinned, BULLA_PIN_PUBLIC_KEY, digest);
    struct pins_outcome outcome;
    for (int alone = 0; alone <= 1; alone++) {
        bulla_pins *pins = pins_new(alone);
        add_always(pins, digest);
        add_always(pins, other_digest);
        assert_int_equal(pins_are_alone(pins), alone);
        assert_int_equal(pins_check(pins, path, 3, NOW, &outcome),
                         alone ? BULLA_E_PIN_MISMATCH : BULLA_OK);
        if (!alone) {
            assert_int_equal(outcome.matched, 2);
        }
        assert_int_equal(pins_check(pins, path, 2, NOW, &outcome), BULLA_E_PIN_MISMATCH);
        assert_int_equal(pins_check(pins, path + 2, 1, NOW, &outcome), BULLA_OK);
        assert_int_equal(outcome.matched, 0);
        assert_int_equal(pins_check(pins, path, 0, NOW, &outcome), BULLA_E_PIN_MISMATCH);
        bulla_pins_free(pins);
    }
    assert_false(pins_are_alone(NULL));
}

/* Whatever is printed is read again, as the same pin. */
static void test_print(void **state) {
    (void)state;
    static const char *const wanted[PINS_NUM_SPELLINGS] = {
        [PINS_SPELLING_SLASH] = "sha256/" KEY_BASE64,
        [PINS_SPELLING_CURL] = "sha256//" KEY_BASE64,
        [PINS_SPELLING_HEADER] = "pin-sha256=\"" KEY_BASE64 "\"",
        [PINS_SPELLING_COLON] =
            "sha256:c04048d24163887d3551d857bc915828c110748f2e4f6b914c434da9f78a7fe0",
        [PINS_SPELLING_FINGERPRINT] = "C0:40:48:D2:41:63:88:7D:35:51:D8:57:BC:91:58:28:C1:10:74:8F:"
                                      "2E:4F:6B:91:4C:43:4D:A9:F7:"
                                      "8A:7F:E0",
        [PINS_SPELLING_HEX] = "c04048d24163887d3551d857bc915828c110748f2e4f6b914c434da9f78a7fe0",
        [PINS_SPELLING_APPLE] = "<key>SPKI-SHA256-BASE64</key><string>" KEY_BASE64 "</string>",
        [PINS_SPELLING_ANDROID] = "<pin digest=\"SHA-256\">" KEY_BASE64 "</pin>",
    };
    struct certificate certificate = certificate_of_test();
    uint8_t digest[BULLA_PIN_LEN];
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, digest);
    for (enum pins_spelling i = PINS_SPELLING_SLASH; i < PINS_NUM_SPELLINGS; i++) {
        uint8_t buffer[128];
        bulla_bytes written;
        struct writer writer = writer_into(buffer, sizeof buffer);
        assert_true(pins_print(BULLA_PIN_PUBLIC_KEY, digest, i, &writer));
        writer_u8(&writer, 0);
        assert_true(writer_finish(&writer, &written));
        assert_string_equal((const char *)written.data, wanted[i]);
        assert_int_equal(check_text(BULLA_PIN_PUBLIC_KEY, (const char *)written.data), BULLA_OK);
        bool knows_certificates = i == PINS_SPELLING_SLASH || i == PINS_SPELLING_COLON ||
                                  i == PINS_SPELLING_FINGERPRINT || i == PINS_SPELLING_HEX;
        writer = writer_into(buffer, sizeof buffer);
        assert_int_equal(pins_print(BULLA_PIN_CERTIFICATE, digest, i, &writer), knows_certificates);
        assert_int_equal(writer.len != 0, knows_certificates);
    }
    struct writer writer = writer_into(digest, sizeof digest);
    assert_false(pins_print(BULLA_PIN_PUBLIC_KEY, digest, PINS_SPELLING_INVALID, &writer));
    assert_false(pins_print(BULLA_PIN_PUBLIC_KEY, digest, PINS_NUM_SPELLINGS, &writer));
    assert_false(pins_print(BULLA_PIN_INVALID, digest, PINS_SPELLING_HEX, &writer));
    assert_int_equal(writer.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests),   cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_owners),    cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_backup),    cmocka_unit_test(test_windows),
        cmocka_unit_test(test_overlap),   cmocka_unit_test(test_place_on_path),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
