/* SPDX-License-Identifier: Apache-2.0 */
/* src/x509/crl.c, crl_store.c and issue_crl.c: what is read and what is refused, each rule with the
 * CRL that keeps it and the one that breaks it; scope, dates, signatures; the index; the set. */
#include "x509/crl.h"
#include "der/pem.h"
#include "forge.h"
#include "revocation_samples.h"
#include "x509/crl_store.h"
#include "x509/issue_crl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { CA_KEY = 0, LEAF_KEY = 1, OTHER_KEY = 2, CRL_CAP = 1 << 16 };

/* What stands in a CRL. Zeros give a version 2 CRL of "CA" that is good and empty. */
struct crl_recipe {
    uint32_t version;   /* 0: 2; 1: none is written; else version - 1 is */
    const char *issuer; /* NULL: "CA"; "": an empty name */
    size_t signed_by;
    int64_t this_update, next_update; /* 0: FORGE_NOW a day before and after; next -1: left out */
    bulla_bytes entries;              /* DER, one after the other */
    bool empty_list;
    bulla_bytes extensions; /* DER, beside the number */
    bool no_number, number_critical, number_twice, no_extensions, with_key_id;
    bool other_algorithm, break_signature, trailing;
};

struct world {
    struct forge forge;
    uint8_t ca_der[FORGE_LEN_MAX], leaf_der[FORGE_LEN_MAX];
    struct certificate ca, leaf;
    uint8_t crl_der[CRL_CAP];
};

static void write_number(struct writer *writer, const struct crl_recipe *recipe) {
    static const uint8_t number[] = {DER_INTEGER, 1, 7};
    static const uint8_t key_id[] = {DER_SEQUENCE, 3, 0x80, 1, CA_KEY + 1};
    for (int i = 0; !recipe->no_number && i < 1 + recipe->number_twice; i++) {
        forge_extension(writer, OID_EXTENSION_CRL_NUMBER, recipe->number_critical,
                        BYTES_IN(number));
    }
    if (recipe->with_key_id) {
        forge_extension(writer, OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, false, BYTES_IN(key_id));
    }
}

static void write_list(struct writer *tbs, const struct crl_recipe *recipe) {
    const struct signature_algorithm algorithm = {
        SIGNATURE_ECDSA, recipe->other_algorithm ? HASH_SHA384 : HASH_SHA256};
    const char *issuer = recipe->issuer == NULL ? "CA" : recipe->issuer;
    size_t sequence = der_open(tbs, DER_SEQUENCE);
    if (recipe->version != 1) {
        der_write_small_integer(tbs, recipe->version == 0 ? 1 : recipe->version - 1);
    }
    signature_algorithm_write(tbs, &algorithm);
    forge_name(tbs, *issuer == '\0' ? NULL : issuer);
    der_write_time(tbs, recipe->this_update != 0 ? recipe->this_update : FORGE_NOW - FORGE_DAY);
    if (recipe->next_update != -1) {
        der_write_time(tbs, recipe->next_update != 0 ? recipe->next_update : FORGE_NOW + FORGE_DAY);
    }
    if (recipe->entries.len != 0 || recipe->empty_list) {
        der_write(tbs, DER_SEQUENCE, recipe->entries);
    }
    if (!recipe->no_extensions) {
        size_t wrapper = der_open(tbs, DER_CONTEXT_CONSTRUCTED(0));
        size_t extensions = der_open(tbs, DER_SEQUENCE);
        write_number(tbs, recipe);
        writer_bytes(tbs, recipe->extensions);
        der_close(tbs, extensions);
        der_close(tbs, wrapper);
    }
    der_close(tbs, sequence);
}

static bulla_bytes forge_crl(struct world *world, const struct crl_recipe *recipe) {
    static uint8_t tbs_buffer[CRL_CAP];
    const struct signature_algorithm algorithm = {SIGNATURE_ECDSA, HASH_SHA256};
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    struct writer tbs = writer_into(tbs_buffer, sizeof tbs_buffer);
    struct writer out = writer_into(world->crl_der, sizeof world->crl_der);
    write_list(&tbs, recipe);
    assert_int_equal(private_key_sign(&world->forge.keys[recipe->signed_by], SIGNATURE_ECDSA,
                                      HASH_SHA256, forge_written(&tbs), signature, &signature_len),
                     BULLA_OK);
    signature[signature_len - 1] ^= recipe->break_signature;
    size_t sequence = der_open(&out, DER_SEQUENCE);
    writer_bytes(&out, forge_written(&tbs));
    signature_algorithm_write(&out, &algorithm);
    der_write_bit_string(&out, bytes_of(signature, signature_len));
    der_close(&out, sequence);
    if (recipe->trailing) {
        writer_u8(&out, 0);
    }
    return forge_written(&out);
}

static bulla_cause open_copy(struct crl *out, bulla_bytes der) {
    uint8_t *copy = bytes_duplicate(der);
    assert_non_null(copy);
    bulla_cause cause = crl_open(out, copy, der.len);
    if (cause != BULLA_OK) {
        free(copy);
    }
    return cause;
}

static bulla_cause try_open(struct world *world, const struct crl_recipe *recipe) {
    struct crl crl;
    bulla_cause cause = open_copy(&crl, forge_crl(world, recipe));
    if (cause == BULLA_OK) {
        crl_free(&crl);
    }
    return cause;
}

/* What the recipe's CRL, once read, says of a certificate. */
static bulla_cause ask(struct world *world, const struct crl_recipe *recipe,
                       const struct certificate *certificate, struct status_answer *out) {
    struct crl crl;
    assert_int_equal(open_copy(&crl, forge_crl(world, recipe)), BULLA_OK);
    bulla_cause cause = crl_check(&crl, certificate, &world->ca, FORGE_NOW, out);
    struct status_answer again;
    assert_int_equal(crl_check(&crl, certificate, &world->ca, FORGE_NOW, &again), cause);
    assert_int_equal(again.status, out->status);
    crl_free(&crl);
    return cause;
}

static bulla_cause ask_leaf(struct world *world, const struct crl_recipe *recipe) {
    struct status_answer answer;
    bulla_cause cause = ask(world, recipe, &world->leaf, &answer);
    if (cause == BULLA_OK) {
        assert_int_equal(answer.status, STATUS_GOOD);
    }
    return cause;
}

/* An entry; `reason` -1 gives none, and `extensions` follow it. */
static void write_entry(struct writer *writer, bulla_bytes serial, int reason,
                        bulla_bytes extensions) {
    size_t entry = der_open(writer, DER_SEQUENCE);
    der_write(writer, DER_INTEGER, serial);
    der_write_time(writer, FORGE_NOW - 100);
    if (reason >= 0 || extensions.len != 0) {
        size_t list = der_open(writer, DER_SEQUENCE);
        if (reason >= 0) {
            const uint8_t value[] = {DER_ENUMERATED, 1, (uint8_t)reason};
            forge_extension(writer, OID_EXTENSION_REASON_CODE, false, BYTES_IN(value));
        }
        writer_bytes(writer, extensions);
        der_close(writer, list);
    }
    der_close(writer, entry);
}

static bulla_bytes leaf_entry(struct world *world, int reason) {
    static uint8_t buffer[128];
    struct writer writer = writer_into(buffer, sizeof buffer);
    write_entry(&writer, world->leaf.serial, reason, bytes_of(NULL, 0));
    return forge_written(&writer);
}

static void test_good_and_revoked(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    struct crl_recipe recipe = {0};
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);

    recipe.entries = leaf_entry(world, STATUS_REASON_KEY_COMPROMISE);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    assert_int_equal(answer.reason, STATUS_REASON_KEY_COMPROMISE);
    assert_int_equal(answer.revoked_at, FORGE_NOW - 100);
    assert_int_equal(ask(world, &recipe, &world->ca, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);

    recipe.entries = leaf_entry(world, STATUS_REASON_NONE);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    assert_int_equal(answer.reason, STATUS_REASON_NONE);
}

static void test_forms(void **state) {
    static const uint8_t twice[] = {DER_SEQUENCE, 0, DER_SEQUENCE, 0};
    static const struct {
        struct crl_recipe recipe;
        bulla_cause cause;
    } rows[] = {
        {{0}, BULLA_OK},
        {{.version = 1, .no_extensions = true}, BULLA_OK},
        {{.empty_list = true}, BULLA_OK},
        {{.with_key_id = true}, BULLA_OK},
        {{.next_update = -1}, BULLA_OK},
        {{.this_update = 2600000000, .next_update = 2700000000}, BULLA_OK},
        {{.version = 1}, BULLA_E_CRL_MALFORMED},
        {{.version = 3}, BULLA_E_CRL_MALFORMED},
        {{.no_extensions = true}, BULLA_E_CRL_MALFORMED},
        {{.no_number = true, .with_key_id = true}, BULLA_E_CRL_MALFORMED},
        {{.number_critical = true}, BULLA_E_CRL_MALFORMED},
        {{.number_twice = true}, BULLA_E_CRL_MALFORMED},
        {{.issuer = ""}, BULLA_E_CRL_MALFORMED},
        {{.other_algorithm = true}, BULLA_E_CRL_MALFORMED},
        {{.trailing = true}, BULLA_E_CRL_MALFORMED},
        {{.entries = {twice, 4}}, BULLA_E_CRL_MALFORMED},
        {{.extensions = {twice, 4}}, BULLA_E_CRL_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(try_open(*state, &rows[i].recipe), rows[i].cause);
    }
}

/* Every cut of a good CRL is malformed, and no byte of it is read past its end. */
static void test_cuts(void **state) {
    struct world *world = *state;
    struct crl_recipe recipe = {.entries = leaf_entry(world, 1), .with_key_id = true};
    bulla_bytes whole = forge_crl(world, &recipe);
    for (size_t len = 0; len < whole.len; len++) {
        struct crl crl;
        assert_int_equal(open_copy(&crl, bytes_of(whole.data, len)), BULLA_E_CRL_MALFORMED);
    }
}

static bulla_cause with_extension(struct world *world, enum oid oid, bool critical,
                                  bulla_bytes value) {
    uint8_t buffer[256];
    struct writer writer = writer_into(buffer, sizeof buffer);
    forge_extension(&writer, oid, critical, value);
    struct crl_recipe recipe = {.extensions = forge_written(&writer)};
    return try_open(world, &recipe);
}

static void test_extensions(void **state) {
    static const uint8_t number[] = {DER_INTEGER, 1, 7};
    static const uint8_t indirect[] = {DER_SEQUENCE, 3, 0x84, 1, 0xff};
    static const uint8_t direct[] = {DER_SEQUENCE, 3, 0x84, 1, 0x00};
    static const uint8_t neither[] = {DER_SEQUENCE, 3, 0x84, 1, 0x01};
    static const uint8_t after[] = {DER_SEQUENCE, 0, 0};
    const enum oid scope = OID_EXTENSION_ISSUING_DISTRIBUTION_POINT;
    assert_int_equal(
        with_extension(*state, OID_EXTENSION_DELTA_CRL_INDICATOR, true, BYTES_IN(number)),
        BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(
        with_extension(*state, OID_EXTENSION_DELTA_CRL_INDICATOR, false, BYTES_IN(number)),
        BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(with_extension(*state, scope, true, BYTES_IN(indirect)),
                     BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(with_extension(*state, scope, true, BYTES_IN(direct)), BULLA_OK);
    assert_int_equal(with_extension(*state, scope, true, BYTES_IN(neither)), BULLA_E_CRL_MALFORMED);
    assert_int_equal(with_extension(*state, scope, true, BYTES_IN(after)), BULLA_E_CRL_MALFORMED);
    /* Not known: may be critical or not. */
    assert_int_equal(with_extension(*state, OID_USER_ID, true, BYTES_IN(number)),
                     BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(with_extension(*state, OID_USER_ID, false, BYTES_IN(number)), BULLA_OK);
    /* Where delta CRLs are to be had is nothing that must be known. */
    assert_int_equal(with_extension(*state, OID_EXTENSION_FRESHEST_CRL, false, BYTES_IN(number)),
                     BULLA_OK);
}

static bulla_cause with_entry(struct world *world, int reason, enum oid oid, bool critical) {
    static const uint8_t value[] = {DER_NULL, 0};
    uint8_t buffer[256];
    uint8_t extension[64];
    struct writer entry = writer_into(buffer, sizeof buffer);
    struct writer extensions = writer_into(extension, sizeof extension);
    if (oid != OID_UNKNOWN) {
        forge_extension(&extensions, oid, critical, BYTES_IN(value));
    }
    write_entry(&entry, BYTES_OF("\x05"), reason, forge_written(&extensions));
    struct crl_recipe recipe = {.entries = forge_written(&entry)};
    return try_open(world, &recipe);
}

static void test_entries(void **state) {
    for (int reason = 0; reason < 20; reason++) {
        bool good = reason <= 10 && reason != 7 && reason != STATUS_REASON_REMOVE_FROM_CRL;
        assert_int_equal(with_entry(*state, reason, OID_UNKNOWN, false),
                         good ? BULLA_OK : BULLA_E_CRL_MALFORMED);
    }
    assert_int_equal(with_entry(*state, 1, OID_EXTENSION_INVALIDITY_DATE, false), BULLA_OK);
    assert_int_equal(with_entry(*state, 1, OID_USER_ID, false), BULLA_OK);
    assert_int_equal(with_entry(*state, 1, OID_USER_ID, true), BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(with_entry(*state, 1, OID_EXTENSION_CERTIFICATE_ISSUER, true),
                     BULLA_E_CRL_UNSUPPORTED);
    assert_int_equal(with_entry(*state, 1, OID_EXTENSION_REASON_CODE, false),
                     BULLA_E_CRL_MALFORMED); /* twice */

    /* Entries of version 1 have no extensions. */
    struct crl_recipe recipe = {.version = 1, .no_extensions = true};
    recipe.entries = leaf_entry(*state, 1);
    assert_int_equal(try_open(*state, &recipe), BULLA_E_CRL_MALFORMED);
    recipe.entries = leaf_entry(*state, -1);
    assert_int_equal(try_open(*state, &recipe), BULLA_OK);
}

static void test_dates(void **state) {
    struct world *world = *state;
    const int64_t skew = STATUS_CLOCK_SKEW;
    struct crl_recipe recipe = {.next_update = FORGE_NOW - skew};
    assert_int_equal(ask_leaf(world, &recipe), BULLA_OK);
    recipe.next_update--;
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_STALE);
    recipe = (struct crl_recipe){.this_update = FORGE_NOW + skew};
    assert_int_equal(ask_leaf(world, &recipe), BULLA_OK);
    recipe.this_update++;
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_NOT_YET_VALID);
    recipe = (struct crl_recipe){.next_update = -1};
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_STALE);

    /* A revocation does not age, but for one that may be taken back. */
    struct status_answer answer;
    recipe.next_update = FORGE_NOW - FORGE_DAY / 2;
    recipe.entries = leaf_entry(world, STATUS_REASON_SUPERSEDED);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    recipe.entries = leaf_entry(world, STATUS_REASON_CERTIFICATE_HOLD);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_E_CRL_STALE);
    recipe.next_update = 0;
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
}

static void test_signature(void **state) {
    struct world *world = *state;
    struct crl_recipe recipe = {.break_signature = true};
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_SIGNATURE_INVALID);
    recipe = (struct crl_recipe){.signed_by = OTHER_KEY};
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_SIGNATURE_INVALID);
    /* Of what is wrongly signed not even a revocation is believed. */
    struct status_answer answer;
    recipe.entries = leaf_entry(world, 1);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_E_CRL_SIGNATURE_INVALID);

    /* The key usage is the issuer's permission; without the extension all is permitted. */
    struct certificate ca = world->ca;
    recipe = (struct crl_recipe){.with_key_id = true};
    world->ca.key_usage = KEY_USAGE_KEY_CERT_SIGN;
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CRL_SIGNATURE_INVALID);
    world->ca.has_key_usage = false;
    assert_int_equal(ask_leaf(world, &recipe), BULLA_OK);
    world->ca = ca;
    /* A CRL that says that it is of another key is not looked at. */
    world->ca.subject_key_id = BYTES_OF("another");
    assert_int_equal(ask_leaf(world, &recipe), BULLA_E_CERT_REVOCATION_UNKNOWN);
    /* But what it lists under this very key is revoked: the identifier is a hint. */
    recipe.entries = leaf_entry(world, STATUS_REASON_SUPERSEDED);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    recipe.signed_by = OTHER_KEY;
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_E_CERT_REVOCATION_UNKNOWN);
    recipe = (struct crl_recipe){.with_key_id = true};
    world->ca.subject_key_id = bytes_of(NULL, 0);
    assert_int_equal(ask_leaf(world, &recipe), BULLA_OK);
    world->ca = ca;
}

/* One that stands twice in a CRL: what is never taken back counts, in either order. */
static void test_listed_twice(void **state) {
    struct world *world = *state;
    struct status_answer answer;
    uint8_t buffer[256];
    for (int i = 0; i < 2; i++) {
        struct writer writer = writer_into(buffer, sizeof buffer);
        for (int j = 0; j < 2; j++) {
            write_entry(&writer, world->leaf.serial,
                        i == j ? STATUS_REASON_CERTIFICATE_HOLD : STATUS_REASON_KEY_COMPROMISE,
                        bytes_of(NULL, 0));
        }
        struct crl_recipe recipe = {.entries = forge_written(&writer),
                                    .this_update = FORGE_NOW - 9 * FORGE_DAY,
                                    .next_update = FORGE_NOW - 8 * FORGE_DAY};
        assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
        assert_int_equal(answer.reason, STATUS_REASON_KEY_COMPROMISE);
    }
}

/* Two CAs of one name: what was found out under one key says nothing of the other. */
static void test_two_keys(void **state) {
    struct world *world = *state;
    static uint8_t buffer[FORGE_LEN_MAX];
    struct certificate other;
    struct crl crl;
    struct status_answer answer;
    struct recipe recipe = {.subject = "CA",
                            .issuer = "CA",
                            .key = OTHER_KEY,
                            .ca = true,
                            .signed_by = OTHER_KEY,
                            .no_key_usage = true};
    assert_int_equal(certificate_parse(&other, forge_certificate(&world->forge, &recipe, buffer)),
                     BULLA_OK);
    assert_int_equal(open_copy(&crl, forge_crl(world, &(struct crl_recipe){0})), BULLA_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(crl_check(&crl, &world->leaf, &other, FORGE_NOW, &answer),
                         BULLA_E_CRL_SIGNATURE_INVALID);
        assert_int_equal(crl_check(&crl, &world->leaf, &world->ca, FORGE_NOW, &answer), BULLA_OK);
    }
    crl_free(&crl);
}

/* An issuingDistributionPoint with this content. */
static bulla_bytes scope_extension(bulla_bytes content) {
    static uint8_t buffer[512];
    uint8_t value_buffer[256];
    struct writer writer = writer_into(buffer, sizeof buffer);
    struct writer value = writer_into(value_buffer, sizeof value_buffer);
    der_write(&value, DER_SEQUENCE, content);
    forge_extension(&writer, OID_EXTENSION_ISSUING_DISTRIBUTION_POINT, true, forge_written(&value));
    return forge_written(&writer);
}

static void test_scope_kinds(void **state) {
    struct world *world = *state;
    static const uint8_t user[] = {0x81, 1, 0xff};
    static const uint8_t ca[] = {0x82, 1, 0xff};
    static const uint8_t reasons[] = {0x83, 2, 6, 0x40};
    static const uint8_t attribute[] = {0x85, 1, 0xff};
    const struct {
        bulla_bytes scope;
        bulla_cause leaf, ca;
    } rows[] = {
        {BYTES_IN(user), BULLA_OK, BULLA_E_CERT_REVOCATION_UNKNOWN},
        {BYTES_IN(ca), BULLA_E_CERT_REVOCATION_UNKNOWN, BULLA_OK},
        {BYTES_IN(attribute), BULLA_E_CERT_REVOCATION_UNKNOWN, BULLA_E_CERT_REVOCATION_UNKNOWN},
        {BYTES_IN(reasons), BULLA_E_CERT_REVOCATION_UNKNOWN, BULLA_E_CERT_REVOCATION_UNKNOWN},
    };
    struct status_answer answer;
    struct crl_recipe recipe = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        recipe.extensions = scope_extension(rows[i].scope);
        assert_int_equal(ask(world, &recipe, &world->leaf, &answer), rows[i].leaf);
        assert_int_equal(ask(world, &recipe, &world->ca, &answer), rows[i].ca);
    }
    /* One that speaks of some reasons can still say "revoked". */
    recipe.extensions = scope_extension(BYTES_IN(reasons));
    recipe.entries = leaf_entry(world, STATUS_REASON_KEY_COMPROMISE);
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    /* One that is about other certificates can't. */
    recipe.extensions = scope_extension(BYTES_IN(ca));
    assert_int_equal(ask(world, &recipe, &world->leaf, &answer), BULLA_E_CERT_REVOCATION_UNKNOWN);
}

/* distributionPoint { fullName { URI } }, then what else belongs to a certificate's point. */
static void write_point(struct writer *writer, const char *url, bulla_bytes more) {
    size_t point = der_open(writer, DER_CONTEXT_CONSTRUCTED(0));
    size_t name = der_open(writer, DER_CONTEXT_CONSTRUCTED(0));
    der_write_text(writer, DER_CONTEXT(6), url);
    der_close(writer, name);
    der_close(writer, point);
    writer_bytes(writer, more);
}

static bulla_cause ask_partition(struct world *world, const char *crl_url, const char *leaf_url,
                                 bulla_bytes more) {
    uint8_t scope_buffer[128];
    uint8_t points_buffer[256];
    struct writer scope = writer_into(scope_buffer, sizeof scope_buffer);
    struct writer points = writer_into(points_buffer, sizeof points_buffer);
    write_point(&scope, crl_url, bytes_of(NULL, 0));
    for (int i = 0; i < 2; i++) { /* the second point is the one that counts */
        size_t point = der_open(&points, DER_SEQUENCE);
        write_point(&points, i == 0 ? "http://elsewhere" : leaf_url, more);
        der_close(&points, point);
    }
    struct crl_recipe recipe = {.extensions = scope_extension(forge_written(&scope))};
    world->leaf.crl_distribution_points = forge_written(&points);
    bulla_cause cause = ask_leaf(world, &recipe);
    world->leaf.crl_distribution_points = bytes_of(NULL, 0);
    return cause;
}

static void test_partitions(void **state) {
    struct world *world = *state;
    static const uint8_t reasons[] = {0x81, 2, 6, 0x40};
    uint8_t buffer[128];
    const bulla_bytes none = bytes_of(NULL, 0);
    assert_int_equal(ask_partition(world, "http://a/1", "http://a/1", none), BULLA_OK);
    assert_int_equal(ask_partition(world, "http://a/1", "http://a/2", none),
                     BULLA_E_CERT_REVOCATION_UNKNOWN);
    assert_int_equal(ask_partition(world, "http://a/1", "http://a/1", BYTES_IN(reasons)),
                     BULLA_E_CERT_REVOCATION_UNKNOWN);
    for (int i = 0; i < 2; i++) { /* cRLIssuer: another than the CA, and the CA itself */
        struct writer writer = writer_into(buffer, sizeof buffer);
        size_t names = der_open(&writer, DER_CONTEXT_CONSTRUCTED(2));
        size_t name = der_open(&writer, DER_CONTEXT_CONSTRUCTED(4));
        forge_name(&writer, i == 0 ? "Stranger" : "CA");
        der_close(&writer, name);
        der_close(&writer, names);
        assert_int_equal(ask_partition(world, "http://a/1", "http://a/1", forge_written(&writer)),
                         i == 0 ? BULLA_E_CERT_REVOCATION_UNKNOWN : BULLA_OK);
    }

    /* The certificate names no point: its issuer's name is one (6.3.3's last paragraph). */
    for (int i = 0; i < 2; i++) {
        struct writer writer = writer_into(buffer, sizeof buffer);
        size_t point = der_open(&writer, DER_CONTEXT_CONSTRUCTED(0));
        size_t full_name = der_open(&writer, DER_CONTEXT_CONSTRUCTED(0));
        size_t name = der_open(&writer, DER_CONTEXT_CONSTRUCTED(4));
        forge_name(&writer, i == 0 ? "Stranger" : "CA");
        der_close(&writer, name);
        der_close(&writer, full_name);
        der_close(&writer, point);
        struct crl_recipe recipe = {.extensions = scope_extension(forge_written(&writer))};
        assert_int_equal(ask_leaf(world, &recipe),
                         i == 0 ? BULLA_E_CERT_REVOCATION_UNKNOWN : BULLA_OK);
    }
}

static void serial_of(uint32_t i, uint8_t out[4]) {
    uint32_t mixed = i * 2654435761U | 1; /* in no order */
    out[0] = 0x01;
    out[1] = (uint8_t)(mixed >> 24);
    out[2] = (uint8_t)(mixed >> 16);
    out[3] = (uint8_t)(mixed >> 8);
}

static void test_index(void **state) {
    (void)state;
    enum { NUM = 5000 };
    struct writer entries = writer_growing(1 << 20);
    struct crl crl;
    struct status_answer answer;
    static struct issue_crl_entry list[NUM];
    static uint8_t serials[NUM][4];
    for (uint32_t i = 0; i < NUM; i++) {
        serial_of(i, serials[i]);
        list[i] = (struct issue_crl_entry){BYTES_IN(serials[i]), FORGE_NOW - (int64_t)i, -1};
    }
    struct world *world = *state;
    struct issue_crl_request request = {.this_update = FORGE_NOW,
                                        .next_update = FORGE_NOW + 1,
                                        .entries = list,
                                        .num_entries = NUM};
    assert_int_equal(issue_crl(&request, &world->ca, &world->forge.keys[CA_KEY], &entries),
                     BULLA_OK);
    assert_int_equal(open_copy(&crl, forge_written(&entries)), BULLA_OK);
    assert_int_equal(crl.num_entries, NUM);
    for (uint32_t i = 0; i < NUM; i++) {
        assert_true(crl_find(&crl, BYTES_IN(serials[i]), &answer));
        uint8_t longer[5] = {0x02, serials[i][0], serials[i][1], serials[i][2], serials[i][3]};
        assert_false(crl_find(&crl, BYTES_IN(longer), &answer));
        assert_false(crl_find(&crl, bytes_of(serials[i], 3), &answer));
    }
    crl_free(&crl);
    writer_free(&entries);
}

/* So many entries under one serial number that asking would take long. */
static void test_index_is_bounded(void **state) {
    uint8_t buffer[16384];
    for (int num = 256; num <= 257; num++) {
        struct writer entries = writer_into(buffer, sizeof buffer);
        for (int i = 0; i < num; i++) {
            write_entry(&entries, BYTES_OF("\x05"), -1, bytes_of(NULL, 0));
        }
        struct crl_recipe recipe = {.entries = forge_written(&entries)};
        assert_int_equal(try_open(*state, &recipe),
                         num == 256 ? BULLA_OK : BULLA_E_CRL_UNSUPPORTED);
    }
}

static void test_issue(void **state) {
    struct world *world = *state;
    const struct private_key *key = &world->forge.keys[CA_KEY];
    uint8_t buffer[1024];
    struct crl crl;
    struct status_answer answer;
    struct issue_crl_entry entry = {world->leaf.serial, FORGE_NOW - 5, STATUS_REASON_SUPERSEDED};
    struct issue_crl_request request = {.this_update = FORGE_NOW,
                                        .next_update = FORGE_NOW + 60,
                                        .number = 300,
                                        .entries = &entry,
                                        .num_entries = 1,
                                        .distribution_point = "http://a/1",
                                        .only_user_certificates = true};
    struct writer writer = writer_into(buffer, sizeof buffer);
    assert_int_equal(issue_crl(&request, &world->ca, key, &writer), BULLA_OK);
    assert_int_equal(open_copy(&crl, forge_written(&writer)), BULLA_OK);
    assert_true(crl.has_distribution_point && crl.only_user_certificates);
    assert_true(bytes_equal(crl.authority_key_id, world->ca.subject_key_id));
    assert_true(crl_find(&crl, world->leaf.serial, &answer));
    assert_int_equal(answer.reason, STATUS_REASON_SUPERSEDED);
    assert_int_equal(answer.revoked_at, FORGE_NOW - 5);
    crl_free(&crl);

    entry.reason = STATUS_REASON_REMOVE_FROM_CRL;
    assert_int_equal(issue_crl(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    entry.reason = STATUS_REASON_NONE;
    request.only_ca_certificates = true;
    assert_int_equal(issue_crl(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    request.only_ca_certificates = false;
    request.next_update = FORGE_NOW - 1;
    assert_int_equal(issue_crl(&request, &world->ca, key, &writer), BULLA_E_API_MISUSE);
    request.next_update = FORGE_NOW + 1;
    assert_int_equal(issue_crl(&request, &world->leaf, key, &writer), BULLA_E_CERT_CA_FLAG_MISSING);
    writer = writer_into(buffer, 100);
    assert_int_equal(issue_crl(&request, &world->ca, key, &writer), BULLA_E_BUFFER_TOO_SMALL);
}

static void test_store(void **state) {
    struct world *world = *state;
    struct writer pem = writer_growing(1 << 20);
    bulla_crls *crls;
    size_t num_added = 99;
    size_t place;
    assert_int_equal(bulla_crls_new(&crls), BULLA_OK);
    assert_int_equal(bulla_crls_add_pem(crls, BYTES_OF("nothing"), &num_added),
                     BULLA_E_PEM_NOT_FOUND);
    writer_text(&pem, "# two, and one of them twice\n");
    for (int i = 0; i < 3; i++) {
        struct crl_recipe recipe = {.issuer = i == 1 ? "Another" : "CA", .no_number = false};
        bulla_bytes der = forge_crl(world, &recipe);
        static uint8_t first[CRL_CAP];
        static size_t first_len;
        if (i == 0) {
            bytes_copy(first, sizeof first, der);
            first_len = der.len;
        }
        pem_write(&pem, "X509 CRL", i == 2 ? bytes_of(first, first_len) : der);
        pem_write(&pem, "CERTIFICATE", BYTES_OF("not one"));
    }
    assert_int_equal(bulla_crls_add_pem(crls, forge_written(&pem), &num_added), BULLA_OK);
    assert_int_equal(num_added, 2);
    assert_int_equal(crl_store_len(crls), 2);
    assert_non_null(crl_store_find(crls, world->ca.subject, 0, &place));
    assert_null(crl_store_find(crls, world->ca.subject, place + 1, &place));
    struct crl_recipe older = {.this_update = FORGE_NOW - 2 * FORGE_DAY};
    assert_int_equal(bulla_crls_add_der(crls, forge_crl(world, &older)), BULLA_OK);
    assert_int_equal(crl_store_len(crls), 3);
    assert_non_null(crl_store_find(crls, world->ca.subject, 0, &place));
    assert_non_null(crl_store_find(crls, world->ca.subject, place + 1, &place));
    assert_null(crl_store_find(crls, world->ca.subject, place + 1, &place));

    /* One that can't be used: nothing is added, and none is passed over in silence. */
    struct crl_recipe bad = {.version = 3};
    pem_write(&pem, "X509 CRL", forge_crl(world, &bad));
    struct crl_recipe third = {.issuer = "Third"};
    pem_write(&pem, "X509 CRL", forge_crl(world, &third));
    num_added = 99;
    assert_int_equal(bulla_crls_add_pem(crls, forge_written(&pem), &num_added),
                     BULLA_E_CRL_MALFORMED);
    assert_int_equal(num_added, 99);
    assert_int_equal(crl_store_len(crls), 3);
    assert_int_equal(bulla_crls_add_der(crls, BYTES_OF("x")), BULLA_E_CRL_MALFORMED);

    assert_ptr_equal(bulla_crls_ref(crls), crls);
    bulla_crls_free(crls);
    assert_int_equal(crl_store_len(crls), 3);
    bulla_crls_free(crls);
    bulla_crls_free(NULL);
    writer_free(&pem);
}

static bulla_bytes der_of(const char *pem, struct pem_block *block) {
    struct reader text = reader_over(bytes_of_text(pem));
    assert_int_equal(pem_next(&text, block), BULLA_OK);
    return bytes_of(block->der, block->der_len);
}

static void test_samples(void **state) {
    (void)state;
    struct pem_block root_block, good_block, revoked_block, crl_block;
    struct certificate root, good, revoked;
    struct crl crl;
    struct status_answer answer;
    const int64_t now = revocation_samples_now;
    assert_int_equal(certificate_parse(&root, der_of(samples_root, &root_block)), BULLA_OK);
    assert_int_equal(certificate_parse(&good, der_of(samples_good, &good_block)), BULLA_OK);
    assert_int_equal(certificate_parse(&revoked, der_of(samples_revoked, &revoked_block)),
                     BULLA_OK);
    assert_int_equal(open_copy(&crl, der_of(samples_crl, &crl_block)), BULLA_OK);
    assert_int_equal(crl_check(&crl, &good, &root, now, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);
    assert_int_equal(crl_check(&crl, &revoked, &root, now, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_REVOKED);
    assert_int_equal(answer.reason, STATUS_REASON_KEY_COMPROMISE);
    crl_free(&crl);
    pem_block_free(&crl_block);
    assert_int_equal(open_copy(&crl, der_of(samples_crl_version_1, &crl_block)), BULLA_OK);
    assert_int_equal(crl_check(&crl, &good, &root, now, &answer), BULLA_OK);
    assert_int_equal(answer.status, STATUS_GOOD);
    crl_free(&crl);
    pem_block_free(&crl_block);
    assert_int_equal(open_copy(&crl, der_of(samples_crl_without_number, &crl_block)),
                     BULLA_E_CRL_MALFORMED);
    pem_block_free(&crl_block);
    pem_block_free(&root_block);
    pem_block_free(&good_block);
    pem_block_free(&revoked_block);
}

static int start(void **state) {
    static struct world world;
    forge_start(&world.forge);
    struct recipe ca = {.subject = "CA",
                        .issuer = "CA",
                        .key = CA_KEY,
                        .signed_by = CA_KEY,
                        .ca = true,
                        .key_usage = KEY_USAGE_KEY_CERT_SIGN | KEY_USAGE_CRL_SIGN};
    struct recipe leaf = {.subject = "leaf", .issuer = "CA", .key = LEAF_KEY, .signed_by = CA_KEY};
    *state = &world;
    return certificate_parse(&world.ca, forge_certificate(&world.forge, &ca, world.ca_der)) !=
               BULLA_OK ||
           certificate_parse(&world.leaf, forge_certificate(&world.forge, &leaf, world.leaf_der)) !=
               BULLA_OK;
}

static int stop(void **state) {
    struct world *world = *state;
    forge_stop(&world->forge);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_and_revoked),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_extensions),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_listed_twice),
        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_scope_kinds),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_index_is_bounded),
        cmocka_unit_test(test_issue),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
