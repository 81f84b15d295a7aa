/* SPDX-License-Identifier: Apache-2.0 */
/* Chains made to order (forge.h) against the validator: one wrong thing at a time, its exact cause
 * and what the report says of it; then whole graphs: cross-signed, looping, shuffled, hostile. */
#include "support/scene.h"
#include "x509/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* One thing changed in the usual chain. ---------------------------------------------------------
 */

static void nothing(struct usual *u) {
    (void)u;
}
static void client(struct usual *u) {
    u->request.purpose = BULLA_PURPOSE_CLIENT_AUTH;
    u->request.name = (bulla_name){.kind = BULLA_NAME_NONE};
}
static void no_purposes(struct usual *u) {
    u->leaf.purposes = 0;
}
static void leaf_bad_signature(struct usual *u) {
    u->leaf.break_signature = true;
}
static void leaf_other_key(struct usual *u) {
    u->leaf.signed_by = 5;
}
static void middle_bad_signature(struct usual *u) {
    u->intermediate.break_signature = true;
}
static void root_bad_signature(struct usual *u) {
    u->root.break_signature = true;
}
static void leaf_expired(struct usual *u) {
    u->leaf.not_after = FORGE_NOW - 1;
}
static void leaf_in_its_last_second(struct usual *u) {
    u->leaf.not_after = FORGE_NOW;
}
static void leaf_too_early(struct usual *u) {
    u->leaf.not_before = FORGE_NOW + 3 * FORGE_DAY + 7200;
    u->leaf.not_after = FORGE_NOW + 9 * FORGE_DAY;
}
static void leaf_in_its_first_second(struct usual *u) {
    u->leaf.not_before = FORGE_NOW;
}
static void middle_expired(struct usual *u) {
    u->intermediate.not_after = FORGE_NOW - FORGE_DAY;
    u->intermediate.not_before = FORGE_NOW - 9 * FORGE_DAY;
}
static void middle_too_early(struct usual *u) {
    u->intermediate.not_before = FORGE_NOW + 1;
}
static void root_expired(struct usual *u) {
    u->root.not_after = FORGE_NOW - 1;
}
static void middle_no_ca(struct usual *u) {
    u->intermediate.ca = false;
}
static void middle_no_basic_constraints(struct usual *u) {
    u->intermediate.no_basic_constraints = true;
}
static void root_no_ca(struct usual *u) {
    u->root.ca = false;
}
static void middle_no_cert_sign(struct usual *u) {
    u->intermediate.key_usage = KEY_USAGE_CRL_SIGN;
}
static void middle_no_key_usage(struct usual *u) {
    u->intermediate.no_key_usage = true;
}
static void root_no_cert_sign(struct usual *u) {
    u->root.key_usage = KEY_USAGE_DIGITAL_SIGNATURE;
}
static void root_path_len_0(struct usual *u) {
    u->root.path_len = 1;
}
static void root_path_len_1(struct usual *u) {
    u->root.path_len = 2;
}
static void middle_path_len_0(struct usual *u) {
    u->intermediate.path_len = 1;
}
static void leaf_no_signing(struct usual *u) {
    u->leaf.key_usage = 1 << 2; /* keyEncipherment */
}
static void leaf_no_key_usage(struct usual *u) {
    u->leaf.no_key_usage = true;
}
static void leaf_client_only(struct usual *u) {
    u->leaf.purposes = EXTENDED_KEY_USAGE_CLIENT_AUTH;
}
static void leaf_any_purpose(struct usual *u) {
    u->leaf.purposes = EXTENDED_KEY_USAGE_ANY;
}
static void server_as_client(struct usual *u) {
    client(u);
    u->leaf.purposes = EXTENDED_KEY_USAGE_SERVER_AUTH;
}
static void middle_client_only(struct usual *u) {
    u->intermediate.purposes = EXTENDED_KEY_USAGE_CLIENT_AUTH;
}
static void middle_any_purpose(struct usual *u) {
    u->intermediate.purposes = EXTENDED_KEY_USAGE_ANY;
}
static void middle_server_only(struct usual *u) {
    u->intermediate.purposes = EXTENDED_KEY_USAGE_SERVER_AUTH;
}
static void middle_server_only_for_client(struct usual *u) {
    client(u);
    u->intermediate.purposes = EXTENDED_KEY_USAGE_SERVER_AUTH;
}
static void leaf_is_ca(struct usual *u) {
    u->leaf.ca = true;
}
static void leaf_unknown_critical(struct usual *u) {
    u->leaf.extra = OID_EXTENSION_CRL_DISTRIBUTION_POINTS;
    u->leaf.extra_critical = true;
}
static void leaf_unknown_not_critical(struct usual *u) {
    u->leaf.extra = OID_EXTENSION_CRL_DISTRIBUTION_POINTS;
}
static void middle_unknown_critical(struct usual *u) {
    u->intermediate.extra = OID_EXTENSION_TLS_FEATURE;
    u->intermediate.extra_critical = true;
}
static void root_unknown_critical(struct usual *u) {
    u->root.extra = OID_EXTENSION_TLS_FEATURE;
    u->root.extra_critical = true;
}
static void leaf_extension_twice(struct usual *u) {
    u->leaf.extra = OID_EXTENSION_TLS_FEATURE;
    u->leaf.extra_twice = true;
}
static void middle_extension_twice(struct usual *u) {
    u->intermediate.extra = OID_EXTENSION_TLS_FEATURE;
    u->intermediate.extra_twice = true;
}
static void leaf_extension_malformed(struct usual *u) {
    u->leaf.extra = OID_EXTENSION_AUTHORITY_INFO_ACCESS;
}
static void leaf_two_algorithms(struct usual *u) {
    u->leaf.other_outer_algorithm = true;
}
static void leaf_sha1(struct usual *u) {
    u->leaf.sha1 = true;
}
static void root_sha1(struct usual *u) {
    u->root.sha1 = true;
}
static void leaf_v1(struct usual *u) {
    u->leaf.version = 1;
}
static void leaf_v2(struct usual *u) {
    u->leaf.version = 2;
}
static void leaf_serial_long(struct usual *u) {
    u->leaf.serial_long = true;
}
static void leaf_serial_zero(struct usual *u) {
    u->leaf.serial_zero = true;
}
static void root_serial_zero(struct usual *u) {
    u->root.serial_zero = true;
}
static void leaf_serial_negative(struct usual *u) {
    u->leaf.serial_negative = true;
}
static void root_serial_negative(struct usual *u) {
    u->root.serial_negative = true;
}
static void leaf_no_subject(struct usual *u) {
    u->leaf.subject = NULL;
}
static void leaf_no_subject_critical(struct usual *u) {
    u->leaf.subject = NULL;
    u->leaf.names_critical = true;
}
static void leaf_signs_certificates(struct usual *u) {
    u->leaf.key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN;
}
static void unknown_issuer(struct usual *u) {
    u->intermediate.issuer = "Nobody";
    u->intermediate.aia_url = "http://ca.example.net/nobody.cer\n";
}
static void other_root(struct usual *u) {
    u->root.key = 7;
    u->root.signed_by = 7;
}
static void no_names(struct usual *u) {
    u->leaf.dns[0] = NULL;
    u->leaf.subject = "www.example.com";
}
static void other_names(struct usual *u) {
    u->leaf.dns[0] = "a.example.com";
    u->leaf.dns[1] = "b.example.com";
}
static void address_instead(struct usual *u) {
    static const uint8_t address[] = {192, 0, 2, 1};
    u->request.name = (bulla_name){BULLA_NAME_IP, BYTES_IN(address)};
}
static void reference_invalid(struct usual *u) {
    u->request.name = (bulla_name){BULLA_NAME_DNS, BYTES_OF("www..example.com")};
}
static void reference_forgotten(struct usual *u) {
    u->request.name = (bulla_name){.kind = BULLA_NAME_INVALID};
}
static void no_depth(struct usual *u) {
    u->request.depth_max = 0;
}
static void just_enough_depth(struct usual *u) {
    u->request.depth_max = 1;
}
static void no_purpose(struct usual *u) {
    u->request.purpose = BULLA_PURPOSE_INVALID;
}
static void no_key_ids(struct usual *u) {
    u->root.no_key_ids = u->intermediate.no_key_ids = u->leaf.no_key_ids = true;
}

static const struct change {
    const char *what;
    void (*make)(struct usual *usual);
    bulla_cause cause;
    const char *evidence; /* a part of it; NULL: not asked */
} changes[] = {
    {"nothing", nothing, BULLA_OK, "trusted through CN=Root"},
    {"asked as a client", client, BULLA_OK, NULL},
    {"no extended key usage", no_purposes, BULLA_OK, NULL},
    {"leaf's signature broken", leaf_bad_signature, BULLA_E_CERT_SIGNATURE_INVALID,
     "CN=Leaf names CN=Middle as its issuer"},
    {"leaf signed with another key", leaf_other_key, BULLA_E_CERT_SIGNATURE_INVALID, NULL},
    {"intermediate's signature broken", middle_bad_signature, BULLA_E_CERT_SIGNATURE_INVALID,
     "CN=Middle names CN=Root as its issuer"},
    {"anchor's own signature broken", root_bad_signature, BULLA_OK, NULL},
    {"leaf expired", leaf_expired, BULLA_E_CERT_EXPIRED,
     "CN=Leaf expired 1 second ago, at 2027-01-15 07:59:59 UTC"},
    {"leaf in its last second", leaf_in_its_last_second, BULLA_OK, NULL},
    {"leaf not valid yet", leaf_too_early, BULLA_E_CERT_NOT_YET_VALID,
     "CN=Leaf becomes valid in 3 days 2 hours, at 2027-01-18 10:00:00 UTC; the clock here says "
     "2027-01-15 08:00:00 UTC"},
    {"leaf in its first second", leaf_in_its_first_second, BULLA_OK, NULL},
    {"intermediate expired", middle_expired, BULLA_E_CERT_EXPIRED, "CN=Middle expired 1 day ago"},
    {"intermediate not valid yet", middle_too_early, BULLA_E_CERT_NOT_YET_VALID, "CN=Middle"},
    {"anchor expired", root_expired, BULLA_E_CERT_EXPIRED, "CN=Root expired 1 second ago"},
    {"intermediate no CA", middle_no_ca, BULLA_E_CERT_CA_FLAG_MISSING, "CN=Middle"},
    {"intermediate without basicConstraints", middle_no_basic_constraints,
     BULLA_E_CERT_CA_FLAG_MISSING, NULL},
    {"anchor no CA", root_no_ca, BULLA_E_CERT_CA_FLAG_MISSING, "CN=Root"},
    {"intermediate without keyCertSign", middle_no_cert_sign, BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN,
     NULL},
    {"intermediate without keyUsage", middle_no_key_usage, BULLA_OK, NULL},
    {"anchor without keyCertSign", root_no_cert_sign, BULLA_E_CERT_KEY_USAGE_NO_CERT_SIGN, NULL},
    {"anchor's path length 0", root_path_len_0, BULLA_E_CERT_PATH_LENGTH_EXCEEDED, "CN=Middle"},
    {"anchor's path length 1", root_path_len_1, BULLA_OK, NULL},
    {"intermediate's path length 0", middle_path_len_0, BULLA_OK, NULL},
    {"leaf without digitalSignature", leaf_no_signing, BULLA_E_CERT_KEY_USAGE_NO_SIGNATURE, NULL},
    {"leaf without keyUsage", leaf_no_key_usage, BULLA_OK, NULL},
    {"leaf for clients", leaf_client_only, BULLA_E_CERT_PURPOSE_NOT_SERVER,
     "CN=Leaf is for clientAuth alone"},
    {"leaf for any purpose", leaf_any_purpose, BULLA_E_CERT_PURPOSE_NOT_SERVER, NULL},
    {"leaf for servers, as a client", server_as_client, BULLA_E_CERT_PURPOSE_NOT_CLIENT,
     "CN=Leaf is for serverAuth alone"},
    {"intermediate for clients", middle_client_only, BULLA_E_CERT_PURPOSE_NOT_SERVER, "CN=Middle"},
    {"intermediate for any purpose", middle_any_purpose, BULLA_OK, NULL},
    {"intermediate for servers", middle_server_only, BULLA_OK, NULL},
    {"intermediate for servers, as a client", middle_server_only_for_client,
     BULLA_E_CERT_PURPOSE_NOT_CLIENT, NULL},
    {"leaf a CA", leaf_is_ca, BULLA_E_CERT_IS_CA, NULL},
    {"leaf with an unknown critical extension", leaf_unknown_critical,
     BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, NULL},
    {"the same, not critical", leaf_unknown_not_critical, BULLA_OK, NULL},
    {"intermediate with an unknown critical extension", middle_unknown_critical,
     BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, "CN=Middle"},
    {"anchor with an unknown critical extension", root_unknown_critical,
     BULLA_E_CERT_CRITICAL_EXTENSION_UNKNOWN, "CN=Root"},
    {"leaf with an extension twice", leaf_extension_twice, BULLA_E_CERT_EXTENSION_DUPLICATE,
     "CN=Leaf"},
    {"intermediate with an extension twice", middle_extension_twice,
     BULLA_E_CERT_EXTENSION_DUPLICATE, "CN=Middle"},
    {"leaf with a malformed extension", leaf_extension_malformed, BULLA_E_CERT_EXTENSION_MALFORMED,
     NULL},
    {"leaf with two signature algorithms", leaf_two_algorithms,
     BULLA_E_CERT_SIGNATURE_ALGORITHM_MISMATCH, NULL},
    {"leaf signed over SHA-1", leaf_sha1, BULLA_E_CERT_SIGNATURE_ALGORITHM_UNSUPPORTED, "CN=Leaf"},
    {"anchor signed over SHA-1", root_sha1, BULLA_OK, NULL},
    {"leaf of version 1", leaf_v1, BULLA_E_CERT_VERSION_UNSUPPORTED, NULL},
    {"leaf of version 2", leaf_v2, BULLA_E_CERT_VERSION_UNSUPPORTED, NULL},
    {"leaf's serial of 21 octets", leaf_serial_long, BULLA_E_CERT_MALFORMED, NULL},
    {"leaf's serial zero", leaf_serial_zero, BULLA_E_CERT_MALFORMED,
     "its serial number is not positive"},
    {"anchor's serial zero", root_serial_zero, BULLA_OK, NULL},
    {"leaf's serial negative", leaf_serial_negative, BULLA_E_CERT_MALFORMED, NULL},
    {"anchor's serial negative", root_serial_negative, BULLA_OK, NULL},
    {"leaf without subject", leaf_no_subject, BULLA_E_CERT_EXTENSION_MALFORMED,
     "DNS:www.example.com: its subject is empty and its subjectAltName not critical"},
    {"the same, subjectAltName critical", leaf_no_subject_critical, BULLA_OK, NULL},
    {"leaf with keyCertSign", leaf_signs_certificates, BULLA_E_CERT_EXTENSION_MALFORMED,
     "keyCertSign"},
    {"issuer nowhere", unknown_issuer, BULLA_E_CERT_UNKNOWN_ISSUER,
     "CN=Middle was issued by CN=Nobody, which was neither sent nor is it trusted here"},
    {"another root of the same name", other_root, BULLA_E_CERT_SIGNATURE_INVALID, "CN=Middle"},
    {"no subjectAltName, but a CN", no_names, BULLA_E_CERT_NO_SUBJECT_ALT_NAME,
     "only the common name www.example.com"},
    {"other names", other_names, BULLA_E_CERT_NAME_MISMATCH,
     "looked for DNS:www.example.com, but the certificate is for DNS:a.example.com, "
     "DNS:b.example.com"},
    {"an address looked for", address_instead, BULLA_E_CERT_NO_SUBJECT_ALT_NAME,
     "looked for IP:192.0.2.1, but the certificate is for DNS:www.example.com"},
    {"a name looked for that is none", reference_invalid, BULLA_E_CERT_REFERENCE_NAME_INVALID,
     NULL},
    {"the name forgotten", reference_forgotten, BULLA_E_CERT_REFERENCE_NAME_INVALID, NULL},
    {"no intermediates allowed", no_depth, BULLA_E_CERT_CHAIN_TOO_LONG, "CN=Middle"},
    {"one intermediate allowed", just_enough_depth, BULLA_OK, NULL},
    {"no purpose", no_purpose, BULLA_E_API_MISUSE, NULL},
    {"no key identifiers", no_key_ids, BULLA_OK, NULL},
};

static void test_changes(void **state) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct scene *scene = scene_of(state);
        struct usual usual;
        usual_start(&usual, scene);
        changes[i].make(&usual);
        bulla_cause cause = usual_judge(&usual, scene);
        if (cause != changes[i].cause) {
            fail_msg("%s: %s, not %s (%s)", changes[i].what, bulla_cause_about(cause)->name,
                     bulla_cause_about(changes[i].cause)->name, scene->report.evidence);
        }
        if (changes[i].evidence != NULL) {
            assert_says(scene->report.evidence, changes[i].evidence);
        }
        assert_true(strlen(scene->report.fix) > 0);
    }
}

static void test_missing_intermediate_is_named_with_its_url(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.aia_url = "http://ca.example.net/middle.cer\x1b";
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    assert_says(scene->report.evidence, "CN=Leaf was issued by CN=Middle");
    assert_says(scene->report.fix, "http://ca.example.net/middle.cer\\1B;");
}

static void test_report_of_a_good_chain(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    assert_int_equal(usual_judge(&usual, scene), BULLA_OK);
    const bulla_report *report = &scene->report;
    assert_int_equal(report->num_entries, 3);
    assert_int_equal(report->num_signatures_checked, 2);
    assert_string_equal(report->entries[0].subject, "CN=Leaf");
    assert_string_equal(report->entries[0].issuer, "CN=Middle");
    assert_string_equal(report->entries[1].subject, "CN=Middle");
    assert_string_equal(report->entries[2].subject, "CN=Root");
    uint8_t digest[32];
    hash_once(HASH_SHA256, scene->chain[1], digest);
    assert_memory_equal(report->entries[1].sha256, digest, sizeof digest);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(report->entries[i].cause, BULLA_OK);
        assert_int_equal(report->entries[i].depth, i);
        assert_int_equal(report->entries[i].from_trust, i == 2);
    }
}

/* Trust. ----------------------------------------------------------------------------------------
 */

static void test_self_signed(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.issuer = "Leaf";
    usual.leaf.signed_by = usual.leaf.key;
    scene_trust(scene, &usual.root);
    scene_send(scene, &usual.leaf);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_SELF_SIGNED);

    /* Trusted itself, it is good, whoever signed it. */
    assert_int_equal(bulla_trust_add_der(scene->trust, scene->chain[0]), BULLA_OK);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    assert_int_equal(scene->report.num_signatures_checked, 0);
    scene->request.name.value = BYTES_OF("other.example.com");
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_NAME_MISMATCH);
    scene->request.now += 2 * FORGE_DAY;
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_EXPIRED);
}

static void test_a_trusted_leaf_may_be_a_ca(void **state) {
    struct scene *scene = scene_of(state);
    struct recipe both = {.subject = "Both",
                          .issuer = "Both",
                          .ca = true,
                          .key_usage = KEY_USAGE_DIGITAL_SIGNATURE | KEY_USAGE_KEY_CERT_SIGN,
                          .dns = {"www.example.com"}};
    scene_trust(scene, &both);
    scene->chain[scene->num_chain++] = bytes_of(scene->buffers[0], 0);
    struct recipe again = both;
    scene->chain[0] = scene_make(scene, &again);
    /* Its twin, with another signature and serial, is not the one that was trusted. */
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_IS_CA);
    assert_int_equal(bulla_trust_add_der(scene->trust, scene->chain[0]), BULLA_OK);
    assert_int_equal(scene_judge(scene), BULLA_OK);
}

static void test_untrusted_root_that_was_sent(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    struct recipe elsewhere = {
        .subject = "Elsewhere", .issuer = "Elsewhere", .ca = true, .key = 9, .signed_by = 9};
    scene_trust(scene, &elsewhere);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.root);
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_ROOT_UNTRUSTED);
    assert_says(scene->report.evidence, "CN=Root");
    assert_int_equal(scene->report.num_signatures_checked, 0);
    assert_int_equal(scene->report.num_entries, 3);
}

static void test_an_intermediate_may_be_the_anchor(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.intermediate);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.root);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    assert_int_equal(scene->report.num_entries, 2);
}

static void test_empty_and_long_lists(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    scene_trust(scene, &usual.root);
    assert_int_equal(scene_judge(scene), BULLA_E_CERTIFICATE_LIST_EMPTY);
    scene_send(scene, &usual.leaf);
    scene_send(scene, &usual.intermediate);
    while (scene->num_chain < BULLA_CHAIN_LEN_MAX) {
        scene->chain[scene->num_chain++] = BYTES_OF("not a certificate");
    }
    assert_int_equal(scene_judge(scene), BULLA_OK); /* what is not needed need not be readable */
    scene->chain[scene->num_chain++] = BYTES_OF("one more");
    assert_int_equal(scene_judge(scene), BULLA_E_CERTIFICATE_LIST_TOO_LONG);
}

static void test_rsa_below_2048_bits(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    for (unsigned bits = 1024; bits <= 2048; bits += 1024) {
        uint8_t info[512];
        uint8_t modulus[256] = {0xc3};
        struct writer writer = writer_into(info, sizeof info);
        forge_random_fill(&scene->forge->state, modulus + 1, bits / 8 - 1);
        modulus[bits / 8 - 1] |= 1;
        size_t sequence = der_open(&writer, DER_SEQUENCE);
        size_t algorithm = der_open(&writer, DER_SEQUENCE);
        oid_write(&writer, OID_RSA_ENCRYPTION);
        der_write_null(&writer);
        der_close(&writer, algorithm);
        size_t string = der_open_bit_string(&writer);
        size_t numbers = der_open(&writer, DER_SEQUENCE);
        der_write_unsigned_integer(&writer, bytes_of(modulus, bits / 8));
        der_write_small_integer(&writer, 65537);
        der_close(&writer, numbers);
        der_close(&writer, string);
        der_close(&writer, sequence);
        scene = scene_of(state);
        scene_trust(scene, &usual.root);
        uint8_t *buffer = scene->buffers[scene->num_buffers++];
        scene->chain[scene->num_chain++] =
            forge_with_key(scene->forge, &usual.leaf, forge_written(&writer), buffer);
        scene_send(scene, &usual.intermediate);
        assert_int_equal(scene_judge(scene), bits < 2048 ? BULLA_E_CERT_KEY_TOO_WEAK : BULLA_OK);
        assert_true(bits >= 2048 || strstr(scene->report.evidence, "RSA of 1024 bits") != NULL);
    }
}

static void test_unsupported_key(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    uint8_t info[128];
    struct writer writer = writer_into(info, sizeof info);
    usual_start(&usual, scene);
    size_t sequence = der_open(&writer, DER_SEQUENCE);
    size_t algorithm = der_open(&writer, DER_SEQUENCE);
    oid_write(&writer, OID_ED448);
    der_close(&writer, algorithm);
    der_write_bit_string(&writer, BYTES_OF("an Ed448 key, as far as anybody here can tell"));
    der_close(&writer, sequence);
    scene_trust(scene, &usual.root);
    uint8_t *buffer = scene->buffers[scene->num_buffers++];
    scene->chain[scene->num_chain++] =
        forge_with_key(scene->forge, &usual.leaf, forge_written(&writer), buffer);
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_KEY_UNSUPPORTED);
}

/* Graphs. ---------------------------------------------------------------------------------------
 */

/* A chain of three intermediates in every order of the four further certificates, root included. */
static void test_any_order(void **state) {
    static const struct recipe members[] = {
        {.subject = "Root", .issuer = "Root", .ca = true},
        {.subject = "One", .issuer = "Root", .ca = true, .key = 1, .signed_by = 0},
        {.subject = "Two", .issuer = "One", .ca = true, .key = 2, .signed_by = 1},
        {.subject = "Three", .issuer = "Two", .ca = true, .key = 3, .signed_by = 2},
    };
    struct recipe leaf = {
        .subject = "Leaf", .issuer = "Three", .key = 4, .signed_by = 3, .dns = {"www.example.com"}};
    struct scene *scene = scene_of(state);
    scene_trust(scene, &members[0]);
    scene_send(scene, &leaf);
    bulla_bytes made[4];
    for (size_t i = 0; i < 4; i++) {
        made[i] = scene_make(scene, &members[i]);
    }
    for (unsigned order = 0; order < 256; order++) {
        size_t places[4] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6 & 3};
        unsigned seen = 1U << places[0] | 1U << places[1] | 1U << places[2] | 1U << places[3];
        for (size_t i = 0; seen == 15 && i < 4; i++) {
            scene->chain[1 + i] = made[places[i]];
        }
        scene->num_chain = 5;
        assert_int_equal(seen == 15 ? scene_judge(scene) : BULLA_OK, BULLA_OK);
    }
}

/* The intermediate exists twice: cross-signed by a root that is trusted but expired, and by one
 * that is good. Whichever is tried first, the good path is found. */
static void test_expired_cross_sign(void **state) {
    for (int good_first = 0; good_first < 2; good_first++) {
        for (int both_bad = 0; both_bad < 2; both_bad++) {
            struct scene *scene = scene_of(state);
            struct usual usual;
            usual_start(&usual, scene);
            struct recipe old_root = {
                .subject = "Old", .issuer = "Old", .ca = true, .key = 5, .signed_by = 5};
            struct recipe old_cross = usual.intermediate;
            old_cross.issuer = "Old";
            old_cross.signed_by = 5;
            old_cross.not_after = FORGE_NOW - FORGE_DAY / 2;
            usual.intermediate.break_signature = both_bad;
            scene_trust(scene, &old_root);
            scene_trust(scene, &usual.root);
            scene_send(scene, &usual.leaf);
            scene_send(scene, good_first ? &usual.intermediate : &old_cross);
            scene_send(scene, good_first ? &old_cross : &usual.intermediate);
            /* Of two failures the date says more than the namesake's signature. */
            assert_int_equal(scene_judge(scene), both_bad ? BULLA_E_CERT_EXPIRED : BULLA_OK);
        }
    }
}

/* Several CAs of one name: only one of five keys made the signature. */
static void test_several_keys_under_one_name(void **state) {
    for (size_t right = 1; right <= 5; right++) {
        for (int key_ids = 0; key_ids < 2; key_ids++) {
            struct scene *scene = scene_of(state);
            struct usual usual;
            usual_start(&usual, scene);
            usual.leaf.signed_by = right;
            usual.leaf.key = 8;
            usual.leaf.no_key_ids = key_ids == 0;
            scene_trust(scene, &usual.root);
            scene_send(scene, &usual.leaf);
            for (size_t key = 1; key <= 5; key++) {
                usual.intermediate.key = key;
                scene_send(scene, &usual.intermediate);
            }
            assert_int_equal(scene_judge(scene), BULLA_OK);
            if (key_ids) { /* the hint leads straight to it */
                assert_int_equal(scene->report.num_signatures_checked, 2);
            }
        }
    }
}

/* A key identifier that lies delays the search, and no more. */
static void test_wrong_key_id(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    uint8_t *buffer = scene->buffers[scene->num_buffers++];
    usual.leaf.signed_by = 6; /* writes key 6's identifier ... */
    bulla_bytes wrong = forge_certificate(scene->forge, &usual.leaf, buffer);
    struct certificate parsed;
    assert_int_equal(certificate_parse(&parsed, wrong), BULLA_OK);
    usual.intermediate.key = 6;
    scene_trust(scene, &usual.root);
    scene->chain[scene->num_chain++] = wrong;
    usual.intermediate.no_key_ids = true;
    scene_send(scene, &usual.intermediate);
    assert_int_equal(scene_judge(scene), BULLA_OK);
}

/* A and B certify each other; C, further on, leads to the root. */
static void test_loops(void **state) {
    struct recipe root = {.subject = "Root", .issuer = "Root", .ca = true};
    struct recipe a_by_b = {.subject = "A", .issuer = "B", .ca = true, .key = 1, .signed_by = 2};
    struct recipe b_by_a = {.subject = "B", .issuer = "A", .ca = true, .key = 2, .signed_by = 1};
    struct recipe b_by_root = {
        .subject = "B", .issuer = "Root", .ca = true, .key = 2, .signed_by = 0};
    struct recipe leaf = {
        .subject = "Leaf", .issuer = "A", .key = 3, .signed_by = 1, .dns = {"www.example.com"}};
    struct scene *scene = scene_of(state);
    scene_trust(scene, &root);
    scene_send(scene, &leaf);
    scene_send(scene, &a_by_b);
    scene_send(scene, &b_by_a);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_UNKNOWN_ISSUER);
    scene_send(scene, &b_by_root);
    assert_int_equal(scene_judge(scene), BULLA_OK);
    /* The depth holds where a path exists: A and B are two. */
    scene->request.depth_max = 1;
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_CHAIN_TOO_LONG);
    scene->request.depth_max = 2;
    assert_int_equal(scene_judge(scene), BULLA_OK);
}

/* A leaf that was renewed under the same self-signed name and key: only a circle. */
static void test_circle_through_an_anchor(void **state) {
    struct scene *scene = scene_of(state);
    struct recipe self = {
        .subject = "Self", .issuer = "Self", .key = 1, .signed_by = 1, .dns = {"www.example.com"}};
    scene_trust(scene, &self);
    scene_send(scene, &self);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_SELF_SIGNED);
}

/* A key rollover: the self-issued certificate counts neither for path lengths nor for the depth. */
static void test_self_issued_is_not_counted(void **state) {
    struct recipe root = {.subject = "Root", .issuer = "Root", .ca = true, .path_len = 2};
    struct recipe old = {
        .subject = "CA", .issuer = "Root", .ca = true, .key = 1, .signed_by = 0, .path_len = 1};
    struct recipe rolled = {.subject = "CA", .issuer = "CA", .ca = true, .key = 2, .signed_by = 1};
    struct recipe leaf = {
        .subject = "Leaf", .issuer = "CA", .key = 3, .signed_by = 2, .dns = {"www.example.com"}};
    struct scene *scene = scene_of(state);
    scene_trust(scene, &root);
    scene_send(scene, &leaf);
    scene_send(scene, &rolled);
    scene_send(scene, &old);
    scene->request.depth_max = 1;
    assert_int_equal(scene_judge(scene), BULLA_OK);
    /* Under another name it is an intermediate like any other. */
    rolled.subject = "CA2";
    leaf.issuer = "CA2";
    scene->num_chain = 0;
    scene->request.depth_max = 8;
    scene_send(scene, &leaf);
    scene_send(scene, &rolled);
    scene_send(scene, &old);
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_PATH_LENGTH_EXCEEDED);
}

/* Fifteen CAs of one name and as many keys, each seeming to issue every other and the leaf, and a
 * trusted root of that name: all signatures are wrong, and there are 16 * 15 of them to check. */
static void test_hostile_namesakes_exceed_the_budget(void **state) {
    struct scene *scene = scene_of(state);
    struct recipe root = {.subject = "CA", .issuer = "CA", .ca = true, .no_key_ids = true};
    struct recipe leaf = {.subject = "Leaf",
                          .issuer = "CA",
                          .key = 1,
                          .signed_by = 2,
                          .dns = {"www.example.com"},
                          .no_key_ids = true};
    scene_trust(scene, &root);
    scene_send(scene, &leaf);
    /* A ladder: each is signed with the next one's key, so that the search climbs, and at each
       rung asks all the others. */
    for (size_t i = 0; i < 15; i++) {
        struct recipe rung = {.subject = "CA",
                              .issuer = "CA",
                              .ca = true,
                              .key = 2 + i,
                              .signed_by = i == 14 ? 18 : 3 + i,
                              .no_key_ids = true};
        scene_send(scene, &rung);
    }
    /* The ladder sent upside down makes each rung's right issuer the last to be tried. */
    for (size_t i = 1, j = scene->num_chain - 1; i < j; i++, j--) {
        bulla_bytes swap = scene->chain[i];
        scene->chain[i] = scene->chain[j];
        scene->chain[j] = swap;
    }
    scene->request.depth_max = 15;
    bulla_cause cause = scene_judge(scene);
    assert_true(scene->report.num_signatures_checked <= 100);
    assert_int_equal(cause, BULLA_E_CERT_BUDGET_EXCEEDED);
}

/* The steps: one key under one name in many certificates makes many paths, all cut off at the end
 * by a name constraint; they are all walked, and their signatures checked but once. */
static void test_many_paths_share_their_signatures(void **state) {
    struct scene *scene = scene_of(state);
    struct recipe root = {.subject = "Root", .issuer = "Root", .ca = true, .path_len = 1};
    struct recipe leaf = {
        .subject = "Leaf", .issuer = "C0", .key = 9, .signed_by = 1, .dns = {"www.example.com"}};
    static const char *const names[] = {"C0", "C1", "C2", "C3", "C4"};
    scene_trust(scene, &root);
    scene_send(scene, &leaf);
    for (size_t level = 0; level < 5; level++) {
        struct recipe ca = {.subject = names[level],
                            .issuer = level == 4 ? "Root" : names[level + 1],
                            .ca = true,
                            .key = 1 + level,
                            .signed_by = level == 4 ? 0 : 2 + level};
        scene_send(scene, &ca);
        scene_send(scene, &ca);
        if (level < 4) {
            scene_send(scene, &ca);
        }
    }
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_PATH_LENGTH_EXCEEDED);
    assert_true(scene->report.num_signatures_checked < 100);
}

/* Nothing that a certificate says reaches a terminal or a log line as it stands. */
static void test_reports_are_harmless(void **state) {
    struct scene *scene = scene_of(state);
    struct usual usual;
    usual_start(&usual, scene);
    usual.leaf.subject = "evil\n2026-11-23 all is well\x1b[2J\x7f\xff, \xe2\x80\xae";
    usual.leaf.dns[0] = "evil\r\n, DNS:www.example.com";
    assert_int_equal(usual_judge(&usual, scene), BULLA_E_CERT_NAME_MISMATCH);
    const char *texts[] = {scene->report.evidence, scene->report.fix,
                           scene->report.entries[0].subject};
    for (size_t i = 0; i < 3; i++) {
        for (const char *at = texts[i]; *at != '\0'; at++) {
            assert_true((unsigned char)*at >= ' ' && (unsigned char)*at < 0x7f);
        }
    }
    assert_string_equal(scene->report.entries[0].subject,
                        "CN=evil\\0A2026-11-23 all is well\\1B[2J\\7F\\FF\\, \\E2\\80\\AE");
    assert_says(scene->report.evidence, "DNS:evil\\0D\\0A\\, DNS:www.example.com");
}

/* Every entry has a place, and what has none is counted. */
static void test_report_is_bounded(void **state) {
    struct scene *scene = scene_of(state);
    struct recipe leaf = {
        .subject = "Leaf", .issuer = "CA", .key = 1, .signed_by = 11, .dns = {"www.example.com"}};
    scene_send(scene, &leaf);
    for (size_t i = 0; i < 40; i++) {
        struct recipe root = {
            .subject = "CA", .issuer = "CA", .ca = true, .not_after = FORGE_NOW - 1};
        scene->num_buffers = 1;
        scene_trust(scene, &root);
    }
    assert_int_equal(scene_judge(scene), BULLA_E_CERT_EXPIRED);
    assert_int_equal(scene->report.num_entries, BULLA_REPORT_ENTRIES_MAX);
    assert_int_equal(scene->report.num_dropped, 41 - BULLA_REPORT_ENTRIES_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_missing_intermediate_is_named_with_its_url),
        cmocka_unit_test(test_report_of_a_good_chain),
        cmocka_unit_test(test_self_signed),
        cmocka_unit_test(test_a_trusted_leaf_may_be_a_ca),
        cmocka_unit_test(test_untrusted_root_that_was_sent),
        cmocka_unit_test(test_an_intermediate_may_be_the_anchor),
        cmocka_unit_test(test_empty_and_long_lists),
        cmocka_unit_test(test_rsa_below_2048_bits),
        cmocka_unit_test(test_unsupported_key),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_expired_cross_sign),
        cmocka_unit_test(test_several_keys_under_one_name),
        cmocka_unit_test(test_wrong_key_id),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_circle_through_an_anchor),
        cmocka_unit_test(test_self_issued_is_not_counted),
        cmocka_unit_test(test_hostile_namesakes_exceed_the_budget),
        cmocka_unit_test(test_many_paths_share_their_signatures),
        cmocka_unit_test(test_reports_are_harmless),
        cmocka_unit_test(test_report_is_bounded),
    };
    return cmocka_run_group_tests(tests, scene_start, scene_stop);
}
