/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests, right ones and wrong ones: whatever a recipe says is written and signed,
 * so that each rule of the validator meets the certificate that breaks it and its good twin. */
#ifndef TESTS_FORGE_H
#define TESTS_FORGE_H

#include "der/der.h"
#include "der/oid.h"
#include "x509/algorithm.h"
#include "x509/certificate.h"
#include "x509/issue.h"

#include <stdlib.h>

enum { FORGE_KEYS = 20, FORGE_LEN_MAX = 16384, FORGE_NOW = 1800000000, FORGE_DAY = 86400 };

/* A source of "randomness" that gives the same bytes in each run. */
static bool forge_random_fill(void *context, uint8_t *out, size_t len) {
    uint64_t *state = context;
    for (size_t i = 0; i < len; i++) {
        *state = *state * 6364136223846793005U + 1442695040888963407U;
        out[i] = (uint8_t)(*state >> 56);
    }
    return true;
}

struct forge {
    uint64_t state;
    struct random_source random;
    struct private_key keys[FORGE_KEYS];
    uint8_t info_buffers[FORGE_KEYS][512];
    bulla_bytes infos[FORGE_KEYS]; /* SubjectPublicKeyInfo of each key */
};

/* What stands in a certificate. Zeros give a valid end-entity certificate without names; what is
 * wrong says so. */
struct recipe {
    const char *subject;           /* common name; NULL: an empty subject */
    const char *issuer;            /* common name; NULL: an empty issuer */
    size_t key, signed_by;         /* numbers of keys */
    int64_t not_before, not_after; /* 0: FORGE_NOW a day before and after */
    bool ca;
    int path_len; /* above 0: pathLenConstraint of path_len - 1 */
    bool no_basic_constraints, no_key_usage, pretend_ca_usage;
    uint32_t key_usage; /* 0: what suits */
    uint32_t purposes;  /* enum certificate_extended_key_usage; 0: no extension */
    const char *dns[4]; /* dNSNames */
    bulla_bytes names;  /* further GeneralNames, as DER */
    bool names_critical;
    bulla_bytes name_constraints; /* the content of NameConstraints */
    enum oid extra;               /* an extension with a NULL in it */
    bool extra_critical, extra_twice;
    bulla_bytes extensions; /* further whole Extensions, as DER */
    uint32_t version;       /* 0: 2, which is v3; else version - 1 is written */
    const char *aia_url;
    bool serial_zero, serial_long, serial_negative;
    bool break_signature, other_outer_algorithm, sha1;
    bool no_key_ids;
};

static inline void forge_start(struct forge *forge) {
    forge->state = 20261123;
    forge->random = (struct random_source){.fill = forge_random_fill, .context = &forge->state};
    for (size_t i = 0; i < FORGE_KEYS; i++) {
        uint8_t secret[66];
        size_t len;
        struct writer writer = writer_into(forge->info_buffers[i], sizeof forge->info_buffers[i]);
        if (private_key_draw(KEY_KIND_EC_P256, &forge->random, secret, &len) != BULLA_OK ||
            private_key_from_scalar(&forge->keys[i], KEY_KIND_EC_P256, bytes_of(secret, len)) !=
                BULLA_OK ||
            issue_public_key_info(&forge->keys[i], &writer) != BULLA_OK ||
            !writer_finish(&writer, &forge->infos[i])) {
            abort();
        }
    }
}

static inline void forge_stop(struct forge *forge) {
    for (size_t i = 0; i < FORGE_KEYS; i++) {
        private_key_free(&forge->keys[i]);
    }
}

static inline void forge_name(struct writer *writer, const char *common_name) {
    size_t name = der_open(writer, DER_SEQUENCE);
    if (common_name != NULL) {
        size_t set = der_open(writer, DER_SET);
        size_t attribute = der_open(writer, DER_SEQUENCE);
        oid_write(writer, OID_COMMON_NAME);
        der_write_text(writer, DER_UTF8_STRING, common_name);
        der_close(writer, attribute);
        der_close(writer, set);
    }
    der_close(writer, name);
}

static inline void forge_extension(struct writer *writer, enum oid oid, bool critical,
                                   bulla_bytes value) {
    size_t extension = der_open(writer, DER_SEQUENCE);
    oid_write(writer, oid);
    if (critical) {
        der_write_boolean(writer, true);
    }
    der_write(writer, DER_OCTET_STRING, value);
    der_close(writer, extension);
}

static inline bulla_bytes forge_written(const struct writer *writer) {
    bulla_bytes bytes;
    if (!writer_finish(writer, &bytes)) {
        abort();
    }
    return bytes;
}

static inline void forge_usages(struct writer *writer, const struct recipe *recipe) {
    uint8_t buffer[64];
    struct writer value = writer_into(buffer, sizeof buffer);
    if (!recipe->no_basic_constraints) {
        size_t sequence = der_open(&value, DER_SEQUENCE);
        if (recipe->ca) {
            der_write_boolean(&value, true);
        }
        if (recipe->path_len > 0) {
            der_write_small_integer(&value, (uint64_t)recipe->path_len - 1);
        }
        der_close(&value, sequence);
        forge_extension(writer, OID_EXTENSION_BASIC_CONSTRAINTS, true, forge_written(&value));
    }
    if (!recipe->no_key_usage) {
        uint32_t suits = recipe->ca ? KEY_USAGE_KEY_CERT_SIGN : KEY_USAGE_DIGITAL_SIGNATURE;
        value = writer_into(buffer, sizeof buffer);
        der_write_named_bits(&value, recipe->key_usage != 0 ? recipe->key_usage : suits);
        forge_extension(writer, OID_EXTENSION_KEY_USAGE, true, forge_written(&value));
    }
    if (recipe->purposes != 0) {
        static const enum oid purposes[] = {OID_PURPOSE_SERVER_AUTH, OID_PURPOSE_CLIENT_AUTH,
                                            OID_PURPOSE_ANY, OID_PURPOSE_OCSP_SIGNING,
                                            OID_PURPOSE_CODE_SIGNING};
        value = writer_into(buffer, sizeof buffer);
        size_t sequence = der_open(&value, DER_SEQUENCE);
        for (unsigned i = 0; i < 5; i++) {
            if ((recipe->purposes & 1U << i) != 0) {
                oid_write(&value, purposes[i]);
            }
        }
        der_close(&value, sequence);
        forge_extension(writer, OID_EXTENSION_EXTENDED_KEY_USAGE, false, forge_written(&value));
    }
}

/* Key identifiers are a key's number. */
static inline void forge_key_ids(struct writer *writer, const struct recipe *recipe) {
    uint8_t buffer[64];
    uint8_t id = (uint8_t)(recipe->key + 1);
    uint8_t issuer_id = (uint8_t)(recipe->signed_by + 1);
    struct writer value = writer_into(buffer, sizeof buffer);
    der_write(&value, DER_OCTET_STRING, bytes_of(&id, 1));
    forge_extension(writer, OID_EXTENSION_SUBJECT_KEY_IDENTIFIER, false, forge_written(&value));
    value = writer_into(buffer, sizeof buffer);
    size_t sequence = der_open(&value, DER_SEQUENCE);
    der_write(&value, DER_CONTEXT(0), bytes_of(&issuer_id, 1));
    der_close(&value, sequence);
    forge_extension(writer, OID_EXTENSION_AUTHORITY_KEY_IDENTIFIER, false, forge_written(&value));
}

static inline void forge_names(struct writer *writer, const struct recipe *recipe) {
    uint8_t buffer[8192];
    struct writer value = writer_into(buffer, sizeof buffer);
    if (recipe->dns[0] != NULL || recipe->names.len != 0) {
        size_t sequence = der_open(&value, DER_SEQUENCE);
        for (size_t i = 0; i < 4 && recipe->dns[i] != NULL; i++) {
            der_write_text(&value, DER_CONTEXT(2), recipe->dns[i]);
        }
        writer_bytes(&value, recipe->names);
        der_close(&value, sequence);
        forge_extension(writer, OID_EXTENSION_SUBJECT_ALT_NAME, recipe->names_critical,
                        forge_written(&value));
    }
    if (recipe->name_constraints.len != 0) {
        value = writer_into(buffer, sizeof buffer);
        der_write(&value, DER_SEQUENCE, recipe->name_constraints);
        forge_extension(writer, OID_EXTENSION_NAME_CONSTRAINTS, true, forge_written(&value));
    }
    if (recipe->aia_url != NULL) {
        value = writer_into(buffer, sizeof buffer);
        size_t accesses = der_open(&value, DER_SEQUENCE);
        size_t access = der_open(&value, DER_SEQUENCE);
        oid_write(&value, OID_ACCESS_CA_ISSUERS);
        der_write_text(&value, DER_CONTEXT(6), recipe->aia_url);
        der_close(&value, access);
        der_close(&value, accesses);
        forge_extension(writer, OID_EXTENSION_AUTHORITY_INFO_ACCESS, false, forge_written(&value));
    }
}

static inline void forge_extensions(struct writer *tbs, const struct recipe *recipe) {
    static const uint8_t null[] = {DER_NULL, 0};
    size_t wrapper = der_open(tbs, DER_CONTEXT_CONSTRUCTED(3));
    size_t extensions = der_open(tbs, DER_SEQUENCE);
    forge_usages(tbs, recipe);
    if (!recipe->no_key_ids) {
        forge_key_ids(tbs, recipe);
    }
    forge_names(tbs, recipe);
    for (int i = 0; recipe->extra != OID_UNKNOWN && i < 1 + recipe->extra_twice; i++) {
        forge_extension(tbs, recipe->extra, recipe->extra_critical, BYTES_IN(null));
    }
    writer_bytes(tbs, recipe->extensions);
    der_close(tbs, extensions);
    der_close(tbs, wrapper);
}

static inline void forge_serial(struct writer *tbs, struct forge *forge,
                                const struct recipe *recipe) {
    uint8_t serial[24] = {0x7f};
    size_t len = recipe->serial_long ? 21 : 8;
    forge_random_fill(&forge->state, serial + 1, len - 1);
    serial[0] = recipe->serial_negative ? 0x80 : 0x7f;
    if (recipe->serial_zero) {
        der_write_small_integer(tbs, 0);
    } else {
        der_write(tbs, DER_INTEGER, bytes_of(serial, len));
    }
}

static inline void forge_algorithm(struct writer *writer, const struct recipe *recipe) {
    const struct signature_algorithm algorithm = {SIGNATURE_ECDSA, HASH_SHA256};
    if (recipe->sha1) {
        size_t sequence = der_open(writer, DER_SEQUENCE);
        oid_write(writer, OID_ECDSA_WITH_SHA1);
        der_close(writer, sequence);
    } else {
        signature_algorithm_write(writer, &algorithm);
    }
}

/* Writes the recipe's certificate into `buffer` of FORGE_LEN_MAX bytes, for the public key `info`.
 */
static inline bulla_bytes forge_with_key(struct forge *forge, const struct recipe *recipe,
                                         bulla_bytes info, uint8_t *buffer) {
    uint8_t tbs_buffer[FORGE_LEN_MAX];
    struct writer tbs = writer_into(tbs_buffer, sizeof tbs_buffer);
    struct writer out = writer_into(buffer, FORGE_LEN_MAX);
    size_t sequence = der_open(&tbs, DER_SEQUENCE);
    if (recipe->version != 1) {
        size_t version = der_open(&tbs, DER_CONTEXT_CONSTRUCTED(0));
        der_write_small_integer(&tbs, recipe->version == 0 ? 2 : recipe->version - 1);
        der_close(&tbs, version);
    }
    forge_serial(&tbs, forge, recipe);
    forge_algorithm(&tbs, recipe);
    forge_name(&tbs, recipe->issuer);
    size_t validity = der_open(&tbs, DER_SEQUENCE);
    der_write_time(&tbs, recipe->not_before != 0 ? recipe->not_before : FORGE_NOW - FORGE_DAY);
    der_write_time(&tbs, recipe->not_after != 0 ? recipe->not_after : FORGE_NOW + FORGE_DAY);
    der_close(&tbs, validity);
    forge_name(&tbs, recipe->subject);
    writer_bytes(&tbs, info);
    if (recipe->version == 0 || recipe->version == 3) {
        forge_extensions(&tbs, recipe);
    }
    der_close(&tbs, sequence);

    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    if (private_key_sign(&forge->keys[recipe->signed_by], SIGNATURE_ECDSA, HASH_SHA256,
                         forge_written(&tbs), signature, &signature_len) != BULLA_OK) {
        abort();
    }
    signature[signature_len - 1] ^= recipe->break_signature;
    struct recipe outer = *recipe;
    outer.sha1 = recipe->sha1 != recipe->other_outer_algorithm;
    sequence = der_open(&out, DER_SEQUENCE);
    writer_bytes(&out, forge_written(&tbs));
    forge_algorithm(&out, &outer);
    der_write_bit_string(&out, bytes_of(signature, signature_len));
    der_close(&out, sequence);
    return forge_written(&out);
}

static inline bulla_bytes forge_certificate(struct forge *forge, const struct recipe *recipe,
                                            uint8_t *buffer) {
    return forge_with_key(forge, recipe, forge->infos[recipe->key], buffer);
}

#endif
