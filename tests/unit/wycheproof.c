/* SPDX-License-Identifier: Apache-2.0 */
/* Every Wycheproof file that speaks of what src/crypto does, each vector asserted exactly. Vectors
 * are sought in ../shared/vectors/wycheproof, or where BULLA_VECTORS points; without them the tests
 * are skipped. What Wycheproof calls acceptable, we:
 *   - X25519: accept (twist and non-canonical points are legal, RFC 7748 5), except where the
 *     shared secret is all zeros, which we refuse (RFC 8446 7.4.2);
 *   - ECDH: refuse (compressed points, RFC 8446 4.2.8.2);
 *   - RSA PKCS#1: refuse (a DigestInfo without its NULL, RFC 8017 9.2). */
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "crypto/key_exchange.h"
#include "crypto/mlkem.h"
#include "crypto/signature.h"
#include "hex.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* One for all exchanges, as a thread has it. */
static struct key_exchange_scratch scratch;

static int scratch_free(void **state) {
    (void)state;
    key_exchange_scratch_free(&scratch);
    return 0;
}

/* The longest byte string in these files is an HKDF output of 255 blocks. */
enum { FIELD_LEN_MAX = 16384 };

struct field {
    uint8_t bytes[FIELD_LEN_MAX];
    size_t len;
};

/* What one kind of file is about, and how one of its vectors is tried: true where our answer is
 * that the vector is good. */
struct subject {
    enum hash_id hash;
    enum aead_id aead;
    enum key_exchange_id exchange;
    enum key_kind key;
    enum signature_kind signature;
    bool (*try_vector)(const struct subject *subject, const json_t *group, const json_t *vector);
    bool (*accepts_acceptable)(const json_t *vector);
    bool (*applies)(const json_t *group); /* NULL: to each group */
};

static struct aead_pool *pool;

static bulla_bytes read_field(struct field *field, const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    assert_non_null(text);
    bulla_bytes bytes = hex_into(field->bytes, sizeof field->bytes, text);
    field->len = bytes.len;
    return bytes;
}

static bool has_flag(const json_t *vector, const char *flag) {
    const json_t *flags = json_object_get(vector, "flags");
    for (size_t i = 0; i < json_array_size(flags); i++) {
        if (strcmp(json_string_value(json_array_get(flags, i)), flag) == 0) {
            return true;
        }
    }
    return false;
}

static bool accepts_none(const json_t *vector) {
    (void)vector;
    return false;
}

static bool accepts_unless_zero(const json_t *vector) {
    return !has_flag(vector, "ZeroSharedSecret");
}

static bool try_hmac(const struct subject *subject, const json_t *group, const json_t *vector) {
    static struct field key, msg, tag;
    size_t tag_len = (size_t)json_integer_value(json_object_get(group, "tagSize")) / 8;
    uint8_t mac[HASH_LEN_MAX];
    bulla_bytes expected = read_field(&tag, vector, "tag");
    hmac_once(subject->hash, read_field(&key, vector, "key"), read_field(&msg, vector, "msg"), mac);
    return bytes_equal(bytes_of(mac, tag_len), expected);
}

static bool try_hkdf(const struct subject *subject, const json_t *group, const json_t *vector) {
    static struct field ikm, salt, info, okm, out;
    (void)group;
    size_t size = (size_t)json_integer_value(json_object_get(vector, "size"));
    if (size > 255 * hash_len(subject->hash)) {
        return false; /* hkdf_expand() would abort: no length of a peer's reaches it */
    }
    uint8_t pseudorandom_key[HASH_LEN_MAX];
    struct hmac_key key;
    hkdf_extract(subject->hash, read_field(&salt, vector, "salt"), read_field(&ikm, vector, "ikm"),
                 pseudorandom_key);
    hmac_key_set(&key, subject->hash, bytes_of(pseudorandom_key, hash_len(subject->hash)));
    hkdf_expand(&key, read_field(&info, vector, "info"), out.bytes, size);
    return bytes_equal(bytes_of(out.bytes, size), read_field(&okm, vector, "okm"));
}

/* Our calls have no AES-192, and one length of nonce. */
static bool aead_applies(const json_t *group) {
    return json_integer_value(json_object_get(group, "keySize")) != 192 &&
           json_integer_value(json_object_get(group, "ivSize")) == 8 * AEAD_NONCE_LEN &&
           json_integer_value(json_object_get(group, "tagSize")) == 8 * AEAD_TAG_LEN;
}

/* Opens; and where that succeeds, seals the result again, in each of the ways there are. */
static bool try_aead(const struct subject *subject, const json_t *group, const json_t *vector) {
    static struct field key, iv, aad, msg, ct, tag, sealed;
    struct aead_key read = {.id = subject->aead};
    read_field(&key, vector, "key");
    read_field(&iv, vector, "iv");
    if (json_integer_value(json_object_get(group, "keySize")) == 128) {
        read.id = AEAD_AES_128_GCM;
    }
    assert_int_equal(key.len, aead_key_len(read.id));
    assert_int_equal(iv.len, AEAD_NONCE_LEN);
    bytes_copy(read.bytes, sizeof read.bytes, bytes_of(key.bytes, key.len));
    struct aead_key write = read;

    bulla_bytes data = read_field(&aad, vector, "aad");
    bulla_bytes plain = read_field(&msg, vector, "msg");
    bulla_bytes cipher = read_field(&ct, vector, "ct");
    bytes_copy(ct.bytes + cipher.len, AEAD_TAG_LEN, read_field(&tag, vector, "tag"));
    size_t len = cipher.len + tag.len;
    bytes_copy(sealed.bytes, sizeof sealed.bytes, bytes_of(ct.bytes, len));
    bulla_cause cause = aead_open(pool, &read, iv.bytes, data, sealed.bytes, len);
    if (cause != BULLA_OK) {
        assert_int_equal(cause, BULLA_E_RECORD_DECRYPT_FAILED);
        assert_true(bytes_all_zero(bytes_of(sealed.bytes, len)));
        return false;
    }
    assert_true(bytes_equal(bytes_of(sealed.bytes, plain.len), plain));
    for (size_t cut = 0; cut <= plain.len; cut++) {
        bulla_bytes head = bytes_of(plain.data, cut);
        bulla_bytes tail = bytes_of(plain.data + cut, plain.len - cut);
        assert_int_equal(aead_seal(pool, &write, iv.bytes, data, head, tail, sealed.bytes),
                         BULLA_OK);
        assert_true(bytes_equal(bytes_of(sealed.bytes, len), bytes_of(ct.bytes, len)));
    }
    return true;
}

/* Gives out the vector's private key. */
static bool fill_private(void *context, uint8_t *out, size_t len) {
    const struct field *private = context;
    assert_int_equal(private->len, len);
    bytes_copy(out, len, bytes_of(private->bytes, len));
    return true;
}

/* Both sides of an exchange must come to the same answer. */
static bool try_key_exchange(const struct subject *subject, const json_t *group,
                             const json_t *vector) {
    static struct field public, private, shared;
    (void)group;
    bulla_bytes offer = read_field(&public, vector, "public");
    bulla_bytes scalar = read_field(&private, vector, "private");
    bulla_bytes expected = read_field(&shared, vector, "shared");
    if (subject->exchange != KEY_EXCHANGE_X25519) {
        /* DER's integer: with a leading zero, or without. */
        size_t full = subject->exchange == KEY_EXCHANGE_P256 ? 32 : 48;
        size_t skip = scalar.len > full ? scalar.len - full : 0;
        size_t pad = scalar.len < full ? full - scalar.len : 0;
        bytes_move(private.bytes + pad, private.bytes + skip, scalar.len - skip);
        for (size_t i = 0; i < pad; i++) {
            private.bytes[i] = 0;
        }
        private.len = full;
    }
    const struct random_source random = {.fill = fill_private, .context = &private};
    uint8_t share[KEY_EXCHANGE_SHARE_LEN_MAX];
    uint8_t secret[KEY_EXCHANGE_SECRET_LEN_MAX];
    uint8_t secret_again[KEY_EXCHANGE_SECRET_LEN_MAX];
    size_t len;
    size_t len_again;
    struct key_exchange exchange;
    assert_int_equal(key_exchange_offer(&exchange, subject->exchange, &random, share), BULLA_OK);
    bulla_cause cause = key_exchange_finish(&exchange, &scratch, offer, secret, &len);
    key_exchange_wipe(&exchange);
    assert_int_equal(
        key_exchange_accept(subject->exchange, &random, offer, share, secret_again, &len_again),
        cause);
    if (cause != BULLA_OK) {
        assert_int_equal(cause, BULLA_E_KEY_SHARE_INVALID);
        return false;
    }
    assert_true(bytes_equal(bytes_of(secret, len), bytes_of(secret_again, len_again)));
    return bytes_equal(bytes_of(secret, len), expected);
}

static bool try_keygen(const struct subject *subject, const json_t *group, const json_t *vector) {
    static struct field seed, ek, dk;
    struct mlkem_key key;
    (void)subject;
    (void)group;
    assert_int_equal(read_field(&seed, vector, "seed").len, MLKEM_SEED_LEN);
    mlkem_keygen(&key, seed.bytes);
    return bytes_equal(BYTES_IN(key.encapsulation_key), read_field(&ek, vector, "ek")) &&
           bytes_equal(bytes_of(&key, sizeof key), read_field(&dk, vector, "dk"));
}

static bool try_encapsulation(const struct subject *subject, const json_t *group,
                              const json_t *vector) {
    static struct field m, ek, c, k;
    uint8_t ciphertext[MLKEM_CIPHERTEXT_LEN], secret[MLKEM_SECRET_LEN];
    (void)subject;
    (void)group;
    assert_int_equal(read_field(&m, vector, "m").len, MLKEM_MESSAGE_LEN);
    bulla_cause cause =
        mlkem_encapsulate(read_field(&ek, vector, "ek"), m.bytes, ciphertext, secret);
    if (cause != BULLA_OK) {
        assert_int_equal(cause, BULLA_E_KEY_SHARE_INVALID);
        return false;
    }
    return bytes_equal(BYTES_IN(ciphertext), read_field(&c, vector, "c")) &&
           bytes_equal(BYTES_IN(secret), read_field(&k, vector, "K"));
}

/* A seed of another length can't be asked for: ours has one length. */
static bool try_decapsulation(const struct subject *subject, const json_t *group,
                              const json_t *vector) {
    static struct field seed, ek, c, k;
    struct mlkem_key key;
    uint8_t secret[MLKEM_SECRET_LEN];
    (void)subject;
    (void)group;
    if (read_field(&seed, vector, "seed").len != MLKEM_SEED_LEN) {
        return false;
    }
    mlkem_keygen(&key, seed.bytes);
    assert_true(bytes_equal(BYTES_IN(key.encapsulation_key), read_field(&ek, vector, "ek")));
    bulla_cause cause = mlkem_decapsulate(&key, read_field(&c, vector, "c"), secret);
    if (cause != BULLA_OK) {
        assert_int_equal(cause, BULLA_E_KEY_SHARE_INVALID);
        return false;
    }
    return bytes_equal(BYTES_IN(secret), read_field(&k, vector, "K"));
}

static void read_key(const struct subject *subject, const json_t *group, struct public_key *out) {
    static struct field first, second;
    const json_t *key = json_object_get(group, "publicKey");
    bulla_cause cause;
    if (subject->key == KEY_KIND_RSA) {
        bulla_bytes modulus = read_field(&first, key, "modulus");
        cause = public_key_from_rsa(out, modulus, read_field(&second, key, "publicExponent"));
    } else if (subject->key == KEY_KIND_ED25519) {
        cause = public_key_from_ed25519(out, read_field(&first, key, "pk"));
    } else {
        cause = public_key_from_point(out, subject->key, read_field(&first, key, "uncompressed"));
    }
    assert_int_equal(cause, BULLA_OK);
    assert_int_equal(out->kind, subject->key);
}

static bool try_signature(const struct subject *subject, const json_t *group,
                          const json_t *vector) {
    static struct field msg, sig;
    struct public_key key;
    read_key(subject, group, &key);
    bulla_cause cause =
        public_key_verify(&key, subject->signature, subject->hash, read_field(&msg, vector, "msg"),
                          read_field(&sig, vector, "sig"));
    assert_true(cause == BULLA_OK || cause == BULLA_E_SIGNATURE_INVALID);
    public_key_free(&key);
    return cause == BULLA_OK;
}

static json_t *load(const char *name) {
    const char *vectors = getenv("BULLA_VECTORS");
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/wycheproof/%s_test.json",
                       vectors == NULL ? "../shared/vectors" : vectors, name);
    assert_true(len > 0 && (size_t)len < sizeof path);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        print_message("skipped: no vectors\n");
        skip();
    }
    json_error_t error;
    json_t *root = json_loadf(file, 0, &error);
    fclose(file);
    assert_non_null(root);
    return root;
}

static void check_vector(const struct subject *subject, const json_t *group, const json_t *vector,
                         bool *out_accepted) {
    const char *result = json_string_value(json_object_get(vector, "result"));
    bool expected = strcmp(result, "valid") == 0;
    if (strcmp(result, "acceptable") == 0) {
        expected = subject->accepts_acceptable(vector);
    }
    bool accepted = subject->try_vector(subject, group, vector);
    if (accepted != expected) {
        fail_msg("tcId %lld (%s, %s): %s",
                 (long long)json_integer_value(json_object_get(vector, "tcId")), result,
                 json_string_value(json_object_get(vector, "comment")),
                 accepted ? "accepted" : "refused");
    }
    *out_accepted = accepted;
}

static void run(const char *name, const struct subject *subject) {
    json_t *root = load(name);
    size_t num_accepted = 0;
    size_t num_refused = 0;
    size_t num_left_out = 0;
    const json_t *groups = json_object_get(root, "testGroups");
    for (size_t i = 0; i < json_array_size(groups); i++) {
        const json_t *group = json_array_get(groups, i);
        const json_t *vectors = json_object_get(group, "tests");
        if (subject->applies != NULL && !subject->applies(group)) {
            num_left_out += json_array_size(vectors);
            continue;
        }
        for (size_t k = 0; k < json_array_size(vectors); k++) {
            bool accepted;
            check_vector(subject, group, json_array_get(vectors, k), &accepted);
            num_accepted += accepted;
            num_refused += !accepted;
        }
    }
    assert_int_equal(num_accepted + num_refused + num_left_out,
                     json_integer_value(json_object_get(root, "numberOfTests")));
    print_message("%s: %zu accepted, %zu refused, %zu left out\n", name, num_accepted, num_refused,
                  num_left_out);
    json_decref(root);
}

static void hmac_vectors(void **state) {
    (void)state;
    run("hmac_sha256", &(struct subject){.hash = HASH_SHA256, .try_vector = try_hmac});
    run("hmac_sha384", &(struct subject){.hash = HASH_SHA384, .try_vector = try_hmac});
}

static void hkdf_vectors(void **state) {
    (void)state;
    run("hkdf_sha256", &(struct subject){.hash = HASH_SHA256, .try_vector = try_hkdf});
    run("hkdf_sha384", &(struct subject){.hash = HASH_SHA384, .try_vector = try_hkdf});
}

static void aead_vectors(void **state) {
    (void)state;
    /* Two contexts for hundreds of keys: each vector also tries the taking back. */
    assert_int_equal(aead_pool_new(&pool, 2), BULLA_OK);
    run("aes_gcm", &(struct subject){
                       .aead = AEAD_AES_256_GCM, .try_vector = try_aead, .applies = aead_applies});
    run("chacha20_poly1305", &(struct subject){.aead = AEAD_CHACHA20_POLY1305,
                                               .try_vector = try_aead,
                                               .applies = aead_applies});
    aead_pool_free(pool);
}

static void key_exchange_vectors(void **state) {
    (void)state;
    run("x25519", &(struct subject){.exchange = KEY_EXCHANGE_X25519,
                                    .try_vector = try_key_exchange,
                                    .accepts_acceptable = accepts_unless_zero});
    run("ecdh_secp256r1_ecpoint", &(struct subject){.exchange = KEY_EXCHANGE_P256,
                                                    .try_vector = try_key_exchange,
                                                    .accepts_acceptable = accepts_none});
    run("ecdh_secp384r1_ecpoint", &(struct subject){.exchange = KEY_EXCHANGE_P384,
                                                    .try_vector = try_key_exchange,
                                                    .accepts_acceptable = accepts_none});
}

static void mlkem_vectors(void **state) {
    (void)state;
    run("mlkem_768_keygen_seed", &(struct subject){.try_vector = try_keygen});
    run("mlkem_768_encaps", &(struct subject){.try_vector = try_encapsulation});
    run("mlkem_768", &(struct subject){.try_vector = try_decapsulation});
}

static void run_signatures(const char *name, enum key_kind key, enum signature_kind signature,
                           enum hash_id hash) {
    run(name, &(struct subject){.key = key,
                                .signature = signature,
                                .hash = hash,
                                .try_vector = try_signature,
                                .accepts_acceptable = accepts_none});
}

static void ecdsa_vectors(void **state) {
    (void)state;
    run_signatures("ecdsa_secp256r1_sha256", KEY_KIND_EC_P256, SIGNATURE_ECDSA, HASH_SHA256);
    run_signatures("ecdsa_secp384r1_sha256", KEY_KIND_EC_P384, SIGNATURE_ECDSA, HASH_SHA256);
    run_signatures("ecdsa_secp384r1_sha384", KEY_KIND_EC_P384, SIGNATURE_ECDSA, HASH_SHA384);
}

static void ed25519_vectors(void **state) {
    (void)state;
    run_signatures("ed25519", KEY_KIND_ED25519, SIGNATURE_ED25519, HASH_INVALID);
}

static void rsa_pss_vectors(void **state) {
    (void)state;
    run_signatures("rsa_pss_2048_sha256_mgf1_32", KEY_KIND_RSA, SIGNATURE_RSA_PSS, HASH_SHA256);
    run_signatures("rsa_pss_2048_sha384_mgf1_48", KEY_KIND_RSA, SIGNATURE_RSA_PSS, HASH_SHA384);
    run_signatures("rsa_pss_3072_sha256_mgf1_32", KEY_KIND_RSA, SIGNATURE_RSA_PSS, HASH_SHA256);
    run_signatures("rsa_pss_4096_sha384_mgf1_48", KEY_KIND_RSA, SIGNATURE_RSA_PSS, HASH_SHA384);
}

static void rsa_pkcs1_vectors(void **state) {
    (void)state;
    run_signatures("rsa_signature_2048_sha256", KEY_KIND_RSA, SIGNATURE_RSA_PKCS1, HASH_SHA256);
    run_signatures("rsa_signature_2048_sha384", KEY_KIND_RSA, SIGNATURE_RSA_PKCS1, HASH_SHA384);
    run_signatures("rsa_signature_3072_sha256", KEY_KIND_RSA, SIGNATURE_RSA_PKCS1, HASH_SHA256);
    run_signatures("rsa_signature_4096_sha512", KEY_KIND_RSA, SIGNATURE_RSA_PKCS1, HASH_SHA512);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_vectors),      cmocka_unit_test(hkdf_vectors),
        cmocka_unit_test(aead_vectors),      cmocka_unit_test(key_exchange_vectors),
        cmocka_unit_test(ecdsa_vectors),     cmocka_unit_test(ed25519_vectors),
        cmocka_unit_test(mlkem_vectors),     cmocka_unit_test(rsa_pss_vectors),
        cmocka_unit_test(rsa_pkcs1_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, scratch_free);
}
