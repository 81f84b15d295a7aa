/* SPDX-License-Identifier: Apache-2.0 */
/* Extension blocks against the table of RFC 8446 section 4.2, which is drawn a second time here
 * from the RFC's text: every extension in every message, and every way to spoil a block. */
#include "tls/extensions.h"

#include "base/writer.h"
#include "support/check.h"
#include "support/vectors.h"

enum { EVERYTHING_LEN_MAX = 1024, UNKNOWN_TYPE = 0x1a1a /* of those that RFC 8701 keeps free */ };

/* The messages, as the RFC's table abbreviates them. */
static const struct {
    const char *name;
    enum extension_place place;
    bool answers; /* to extensions that were offered: RFC 8446 4.2, third paragraph */
} messages[] = {
    {"CH", IN_CLIENT_HELLO, false},        {"SH", IN_SERVER_HELLO, true},
    {"EE", IN_ENCRYPTED_EXTENSIONS, true}, {"CT", IN_CERTIFICATE, true},
    {"CR", IN_CERTIFICATE_REQUEST, false}, {"NST", IN_NEW_SESSION_TICKET, false},
    {"HRR", IN_HELLO_RETRY_REQUEST, true},
};

enum { NUM_MESSAGES = sizeof messages / sizeof messages[0] };

/* The lines of the table, types from the enumeration ExtensionType above it. Then the extensions
 * of other RFCs, with the column "TLS 1.3" of IANA's registry; what it marks "-" is for TLS 1.2 and
 * can stand in a ClientHello alone. */
static const struct {
    uint16_t type;
    const char *allowed;
} table[] = {
    {0, "CH, EE"},       /* server_name */
    {1, "CH, EE"},       /* max_fragment_length */
    {5, "CH, CR, CT"},   /* status_request */
    {10, "CH, EE"},      /* supported_groups */
    {13, "CH, CR"},      /* signature_algorithms */
    {14, "CH, EE"},      /* use_srtp */
    {15, "CH, EE"},      /* heartbeat */
    {16, "CH, EE"},      /* application_layer_protocol_negotiation */
    {18, "CH, CR, CT"},  /* signed_certificate_timestamp */
    {19, "CH, EE"},      /* client_certificate_type */
    {20, "CH, EE"},      /* server_certificate_type */
    {21, "CH"},          /* padding */
    {51, "CH, SH, HRR"}, /* key_share */
    {41, "CH, SH"},      /* pre_shared_key */
    {45, "CH"},          /* psk_key_exchange_modes */
    {42, "CH, EE, NST"}, /* early_data */
    {44, "CH, HRR"},     /* cookie */
    {43, "CH, SH, HRR"}, /* supported_versions */
    {47, "CH, CR"},      /* certificate_authorities */
    {48, "CR"},          /* oid_filters */
    {49, "CH"},          /* post_handshake_auth */
    {50, "CH, CR"},      /* signature_algorithms_cert */

    {11, "CH"},     /* ec_point_formats, RFC 8422 */
    {22, "CH"},     /* encrypt_then_mac, RFC 7366 */
    {23, "CH"},     /* extended_master_secret, RFC 7627 */
    {27, "CH, CR"}, /* compress_certificate, RFC 8879 */
    {28, "CH, EE"}, /* record_size_limit, RFC 8449 */
    {35, "CH"},     /* session_ticket, RFC 5077 */
    {0xff01, "CH"}, /* renegotiation_info, RFC 5746 */
};

_Static_assert(sizeof table / sizeof table[0] == NUM_EXTENSIONS,
               "an extension is missing in one of the two tables");

/* Whether one of the words of the list is `message`. */
static bool names_message(const char *list, const char *message) {
    size_t len = strlen(message);
    for (const char *at = strstr(list, message); at != NULL; at = strstr(at + 1, message)) {
        bool begins = at == list || at[-1] == ' ';
        if (begins && (at[len] == ',' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static uint64_t offer_of_all(void) {
    uint64_t offered = 0;
    for (size_t i = 0; i < NUM_EXTENSIONS; i++) {
        offered |= extension_bit(table[i].type);
    }
    return offered;
}

static void extension_write(struct writer *block, uint16_t type, bulla_bytes data) {
    writer_u16(block, type);
    writer_vector(block, 2, data);
}

static bulla_cause parse_types(const uint16_t *types, size_t num_types, enum extension_place place,
                               uint64_t offered) {
    uint8_t buffer[EVERYTHING_LEN_MAX];
    struct writer block = writer_into(buffer, sizeof buffer);
    struct extensions extensions;
    bulla_bytes written;
    for (size_t i = 0; i < num_types; i++) {
        extension_write(&block, types[i], BYTES_OF("x"));
    }
    assert_true(writer_finish(&block, &written));
    return extensions_parse(&extensions, written, place, offered);
}

static bulla_cause parse_one(uint16_t type, enum extension_place place, uint64_t offered) {
    return parse_types(&type, 1, place, offered);
}

/* ------------------------------------------------------------------ the table */

static void each_extension_stands_where_the_rfc_lets_it(void **state) {
    (void)state;
    for (size_t row = 0; row < NUM_EXTENSIONS; row++) {
        for (size_t i = 0; i < NUM_MESSAGES; i++) {
            bool allowed = names_message(table[row].allowed, messages[i].name);
            bulla_cause cause = parse_one(table[row].type, messages[i].place, UINT64_MAX);
            if (cause != (allowed ? BULLA_OK : BULLA_E_EXTENSION_MISPLACED)) {
                fail_msg("extension %u in %s: %s", table[row].type, messages[i].name,
                         bulla_cause_about(cause)->name);
            }
        }
    }
}

/* An answer to what was not offered is refused; what asks needs no offer. A HelloRetryRequest's
 * cookie is the exception of RFC 8446 4.2. */
static void answers_need_an_offer(void **state) {
    (void)state;
    for (size_t row = 0; row < NUM_EXTENSIONS; row++) {
        uint16_t type = table[row].type;
        for (size_t i = 0; i < NUM_MESSAGES; i++) {
            if (!names_message(table[row].allowed, messages[i].name)) {
                continue;
            }
            bool needs_offer = messages[i].answers && type != 44;
            uint64_t others = offer_of_all() & ~extension_bit(type);
            assert_int_equal(parse_one(type, messages[i].place, others),
                             needs_offer ? BULLA_E_EXTENSION_UNSOLICITED : BULLA_OK);
            assert_int_equal(parse_one(type, messages[i].place, extension_bit(type)), BULLA_OK);
        }
    }
}

static void each_extension_has_a_bit_of_its_own(void **state) {
    (void)state;
    uint64_t seen = 0;
    for (size_t row = 0; row < NUM_EXTENSIONS; row++) {
        uint64_t bit = extension_bit(table[row].type);
        assert_true(bit != 0 && (bit & (bit - 1)) == 0);
        assert_true((seen & bit) == 0);
        seen |= bit;
    }
    assert_true(extension_bit(UNKNOWN_TYPE) == 0);
}

/* ------------------------------------------------------------------ unknown types */

static void unknown_types_are_ignored_where_they_ask(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_MESSAGES; i++) {
        assert_int_equal(parse_one(UNKNOWN_TYPE, messages[i].place, UINT64_MAX),
                         messages[i].answers ? BULLA_E_EXTENSION_UNSOLICITED : BULLA_OK);
    }
}

/* Every type that the table does not hold, not only one that was picked. */
static void all_other_types_are_unknown(void **state) {
    (void)state;
    size_t num_known = 0;
    for (unsigned type = 0; type <= UINT16_MAX; type++) {
        bool known = extension_bit((uint16_t)type) != 0;
        num_known += known ? 1 : 0;
        if (!known) {
            assert_int_equal(parse_one((uint16_t)type, IN_CLIENT_HELLO, 0), BULLA_OK);
            assert_int_equal(parse_one((uint16_t)type, IN_ENCRYPTED_EXTENSIONS, UINT64_MAX),
                             BULLA_E_EXTENSION_UNSOLICITED);
        }
    }
    assert_int_equal(num_known, NUM_EXTENSIONS);
}

/* ------------------------------------------------------------------ spoiled blocks */

static void duplicates_are_refused(void **state) {
    (void)state;
    for (size_t row = 0; row < NUM_EXTENSIONS; row++) {
        if (table[row].type == 41) {
            continue; /* pre_shared_key twice is one that is not last: below */
        }
        for (size_t i = 0; i < NUM_MESSAGES; i++) {
            const uint16_t apart[] = {table[row].type, 44, table[row].type};
            const uint16_t twice[] = {table[row].type, table[row].type};
            if (names_message(table[row].allowed, messages[i].name)) {
                assert_int_equal(parse_types(twice, 2, messages[i].place, UINT64_MAX),
                                 BULLA_E_EXTENSION_DUPLICATE);
            }
            if (messages[i].place == IN_CLIENT_HELLO && table[row].type != 48) {
                assert_int_equal(parse_types(apart, 3, messages[i].place, 0),
                                 BULLA_E_EXTENSION_DUPLICATE);
            }
        }
    }
    const uint16_t psk[] = {41, 41};
    assert_int_equal(parse_types(psk, 2, IN_SERVER_HELLO, UINT64_MAX), BULLA_E_EXTENSION_DUPLICATE);
}

static void duplicates_of_unknown_types_are_refused(void **state) {
    (void)state;
    const uint16_t twice[] = {UNKNOWN_TYPE, 0, UNKNOWN_TYPE};
    const uint16_t two[] = {UNKNOWN_TYPE, 0, 0x2a2a};
    assert_int_equal(parse_types(twice, 3, IN_CLIENT_HELLO, 0), BULLA_E_EXTENSION_DUPLICATE);
    assert_int_equal(parse_types(two, 3, IN_CLIENT_HELLO, 0), BULLA_OK);
}

/* RFC 8446 4.2.11: last in the ClientHello, anywhere in the ServerHello. */
static void pre_shared_key_is_last_in_a_client_hello(void **state) {
    (void)state;
    const uint16_t first[] = {41, 51};
    const uint16_t before_unknown[] = {51, 41, UNKNOWN_TYPE};
    const uint16_t last[] = {51, 41};
    const uint16_t twice[] = {41, 41};
    assert_int_equal(parse_types(first, 2, IN_CLIENT_HELLO, 0), BULLA_E_PRE_SHARED_KEY_NOT_LAST);
    assert_int_equal(parse_types(before_unknown, 3, IN_CLIENT_HELLO, 0),
                     BULLA_E_PRE_SHARED_KEY_NOT_LAST);
    assert_int_equal(parse_types(twice, 2, IN_CLIENT_HELLO, 0), BULLA_E_PRE_SHARED_KEY_NOT_LAST);
    assert_int_equal(parse_types(last, 2, IN_CLIENT_HELLO, 0), BULLA_OK);
    assert_int_equal(parse_types(first, 2, IN_SERVER_HELLO, UINT64_MAX), BULLA_OK);
}

static void number_of_extensions_is_bounded(void **state) {
    (void)state;
    uint16_t types[EXTENSIONS_MAX + 1];
    for (size_t i = 0; i <= EXTENSIONS_MAX; i++) {
        types[i] = (uint16_t)(0x4000 + i);
    }
    assert_int_equal(parse_types(types, EXTENSIONS_MAX, IN_CLIENT_HELLO, 0), BULLA_OK);
    assert_int_equal(parse_types(types, EXTENSIONS_MAX + 1, IN_CLIENT_HELLO, 0),
                     BULLA_E_TOO_MANY_EXTENSIONS);
}

/* A block with three extensions, cut at every place: whole only where an extension ends. */
static void truncated_blocks_are_refused(void **state) {
    (void)state;
    uint8_t buffer[64];
    struct writer block = writer_into(buffer, sizeof buffer);
    size_t ends[4] = {0};
    extension_write(&block, 0, BYTES_OF("name"));
    ends[1] = block.len;
    extension_write(&block, UNKNOWN_TYPE, bytes_of(NULL, 0));
    ends[2] = block.len;
    extension_write(&block, 43, BYTES_OF("versions"));
    ends[3] = block.len;
    for (size_t len = 0; len <= block.len; len++) {
        struct extensions extensions;
        bool whole = len == ends[0] || len == ends[1] || len == ends[2] || len == ends[3];
        assert_int_equal(extensions_parse(&extensions, bytes_of(buffer, len), IN_CLIENT_HELLO, 0),
                         whole ? BULLA_OK : BULLA_E_EXTENSION_MALFORMED);
    }
}

/* ------------------------------------------------------------------ what was read */

static void data_is_handed_out_by_type(void **state) {
    (void)state;
    uint8_t buffer[64];
    struct writer block = writer_into(buffer, sizeof buffer);
    struct extensions extensions;
    bulla_bytes data;
    extension_write(&block, 43, BYTES_OF("versions"));
    extension_write(&block, UNKNOWN_TYPE, BYTES_OF("unknown"));
    extension_write(&block, 0, bytes_of(NULL, 0));
    assert_int_equal(extensions_parse(&extensions, bytes_of(buffer, block.len), IN_CLIENT_HELLO, 0),
                     BULLA_OK);
    assert_true(extension_get(&extensions, 43, &data));
    assert_bytes(data, BYTES_OF("versions"));
    assert_true(extension_get(&extensions, 0, &data));
    assert_int_equal(data.len, 0);
    assert_false(extension_get(&extensions, 51, &data));
    assert_false(extension_get(&extensions, UNKNOWN_TYPE, &data));
    assert_true(extensions.present == (extension_bit(43) | extension_bit(0)));
}

/* The block is the message's end: its length field is exact. */
static void block_is_the_last_of_its_message(void **state) {
    (void)state;
    static const struct {
        uint8_t bytes[8];
        size_t len;
        bulla_cause cause;
    } samples[] = {
        {{0, 0}, 2, BULLA_OK},
        {{0, 4, 0x1a, 0x1a, 0, 0}, 6, BULLA_OK},
        {{0}, 0, BULLA_E_MESSAGE_MALFORMED},
        {{0}, 1, BULLA_E_MESSAGE_MALFORMED},
        {{0, 5, 0x1a, 0x1a, 0, 0}, 6, BULLA_E_MESSAGE_MALFORMED},
        {{0, 4, 0x1a, 0x1a, 0, 0, 0}, 7, BULLA_E_MESSAGE_TRAILING_BYTES},
        {{0, 3, 0x1a, 0x1a, 0}, 5, BULLA_E_EXTENSION_MALFORMED},
    };
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct reader message = reader_over(bytes_of(samples[i].bytes, samples[i].len));
        struct extensions extensions;
        assert_int_equal(extensions_parse_last(&extensions, &message, IN_CLIENT_HELLO, 0),
                         samples[i].cause);
    }
}

static void find_looks_at_types_alone(void **state) {
    (void)state;
    uint8_t buffer[64];
    bulla_bytes data;
    struct writer block = writer_into(buffer, sizeof buffer);
    extension_write(&block, UNKNOWN_TYPE, BYTES_OF("\0\x2b")); /* 43, but inside the data */
    extension_write(&block, 51, BYTES_OF("share"));
    assert_true(extensions_find(bytes_of(buffer, block.len), 51, &data));
    assert_true(bytes_equal(data, BYTES_OF("share")));
    assert_false(extensions_find(bytes_of(buffer, block.len), 43, &data));
    assert_false(extensions_find(bytes_of(buffer, block.len - 1), 51, &data)); /* cut off */
    assert_false(extensions_find(bytes_of(NULL, 0), 51, &data));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_extension_stands_where_the_rfc_lets_it),
        cmocka_unit_test(answers_need_an_offer),
        cmocka_unit_test(each_extension_has_a_bit_of_its_own),
        cmocka_unit_test(unknown_types_are_ignored_where_they_ask),
        cmocka_unit_test(all_other_types_are_unknown),
        cmocka_unit_test(duplicates_are_refused),
        cmocka_unit_test(duplicates_of_unknown_types_are_refused),
        cmocka_unit_test(pre_shared_key_is_last_in_a_client_hello),
        cmocka_unit_test(number_of_extensions_is_bounded),
        cmocka_unit_test(truncated_blocks_are_refused),
        cmocka_unit_test(data_is_handed_out_by_type),
        cmocka_unit_test(block_is_the_last_of_its_message),
        cmocka_unit_test(find_looks_at_types_alone),
    };
    return cmocka_run_group_tests_name("extensions", tests, NULL, NULL);
}
