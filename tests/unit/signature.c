/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: RFC 6979 A.2 and RFC 8032 7.1, RSA in both encodings with keys of two shapes, and
 * what must be refused: other messages, signatures that are not DER, keys whose numbers do not
 * belong together. The rest of Wycheproof's signatures are tried in wycheproof.c. */
#include "crypto/signature.h"
#include "crypto/system_random.h"
#include "hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const enum key_kind ec_kinds[] = {KEY_KIND_EC_P256, KEY_KIND_EC_P384, KEY_KIND_EC_P521};
static const enum hash_id hashes[] = {HASH_SHA256, HASH_SHA384, HASH_SHA512};
enum { NUM_EC = 3, NUM_HASHES = 3, POINT_LEN_MAX = 133 };

/* A key pair, and the public half as private_key_public() writes it. */
struct pair {
    struct private_key private;
    struct public_key public;
    uint8_t bytes[SIGNATURE_LEN_MAX];
    size_t len;
};

static void free_pair(struct pair *pair) {
    private_key_free(&pair->private);
    public_key_free(&pair->public);
}

static void ec_pair(struct pair *pair, enum key_kind kind, bulla_bytes scalar) {
    assert_int_equal(private_key_from_scalar(&pair->private, kind, scalar), BULLA_OK);
    assert_int_equal(private_key_public(&pair->private, pair->bytes, POINT_LEN_MAX, &pair->len),
                     BULLA_OK);
    assert_int_equal(public_key_from_point(&pair->public, kind, bytes_of(pair->bytes, pair->len)),
                     BULLA_OK);
    assert_int_equal(pair->private.bits, pair->public.bits);
}

static void fresh_ec_pair(struct pair *pair, enum key_kind kind) {
    uint8_t scalar[66];
    size_t len;
    assert_int_equal(private_key_draw(kind, &system_random, scalar, &len), BULLA_OK);
    ec_pair(pair, kind, bytes_of(scalar, len));
}

struct ecdsa_vector {
    enum key_kind kind;
    enum hash_id hash;
    const char *scalar, *point, *signature;
};

/* RFC 6979 A.2.5 and A.2.7, message "sample"; r and s wrapped in DER. The second's hash is longer
 * than the order, the third's DER has a length of two bytes. */
static const struct ecdsa_vector ecdsa_vectors[] = {
    {KEY_KIND_EC_P256, HASH_SHA256,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
     "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
    {KEY_KIND_EC_P256, HASH_SHA512,
     "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
     "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
     "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
     "30450221008496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00"
     "02202362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe"},
    {KEY_KIND_EC_P521, HASH_SHA512,
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa8"
     "96eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538",
     NULL,
     "308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f"
     "174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa0241"
     "617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e"
     "5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"},
};

static void ecdsa_verifies_the_published_signatures(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ecdsa_vectors / sizeof ecdsa_vectors[0]; i++) {
        const struct ecdsa_vector *vector = &ecdsa_vectors[i];
        uint8_t scalar[66];
        uint8_t point[POINT_LEN_MAX];
        uint8_t signature[160];
        struct pair pair;
        ec_pair(&pair, vector->kind, hex_into(scalar, sizeof scalar, vector->scalar));
        if (vector->point != NULL) {
            assert_true(bytes_equal(bytes_of(pair.bytes, pair.len),
                                    hex_into(point, sizeof point, vector->point)));
        }
        bulla_bytes sig = hex_into(signature, sizeof signature, vector->signature);
        assert_int_equal(
            public_key_verify(&pair.public, SIGNATURE_ECDSA, vector->hash, BYTES_OF("sample"), sig),
            BULLA_OK);
        assert_int_equal(
            public_key_verify(&pair.public, SIGNATURE_ECDSA, vector->hash, BYTES_OF("simple"), sig),
            BULLA_E_SIGNATURE_INVALID);
        free_pair(&pair);
    }
}

static void ecdsa_signs_what_it_verifies(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_EC * NUM_HASHES; i++) {
        enum hash_id hash = hashes[i % NUM_HASHES];
        uint8_t signature[SIGNATURE_LEN_MAX];
        size_t len;
        struct pair pair;
        struct pair other;
        fresh_ec_pair(&pair, ec_kinds[i / NUM_HASHES]);
        fresh_ec_pair(&other, ec_kinds[i / NUM_HASHES]);
        assert_int_equal(private_key_sign(&pair.private, SIGNATURE_ECDSA, hash, BYTES_OF("message"),
                                          signature, &len),
                         BULLA_OK);
        bulla_bytes sig = bytes_of(signature, len);
        assert_int_equal(
            public_key_verify(&pair.public, SIGNATURE_ECDSA, hash, BYTES_OF("message"), sig),
            BULLA_OK);
        assert_int_equal(
            public_key_verify(&pair.public, SIGNATURE_ECDSA, hash, BYTES_OF("massage"), sig),
            BULLA_E_SIGNATURE_INVALID);
        assert_int_equal(
            public_key_verify(&other.public, SIGNATURE_ECDSA, hash, BYTES_OF("message"), sig),
            BULLA_E_SIGNATURE_INVALID);
        free_pair(&pair);
        free_pair(&other);
    }
}

static void ecdsa_refuses_each_changed_byte_and_each_cut(void **state) {
    (void)state;
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t len;
    struct pair pair;
    fresh_ec_pair(&pair, KEY_KIND_EC_P256);
    assert_int_equal(private_key_sign(&pair.private, SIGNATURE_ECDSA, HASH_SHA256, BYTES_OF("m"),
                                      signature, &len),
                     BULLA_OK);
    for (size_t at = 0; at <= len; at++) {
        signature[at] ^= 1;
        assert_int_equal(public_key_verify(&pair.public, SIGNATURE_ECDSA, HASH_SHA256,
                                           BYTES_OF("m"),
                                           bytes_of(signature, at == len ? len + 1 : len)),
                         BULLA_E_SIGNATURE_INVALID);
        signature[at] ^= 1;
        assert_int_equal(public_key_verify(&pair.public, SIGNATURE_ECDSA, HASH_SHA256,
                                           BYTES_OF("m"), bytes_of(signature, at)),
                         at == len ? BULLA_OK : BULLA_E_SIGNATURE_INVALID);
    }
    free_pair(&pair);
}

static void points_must_be_on_the_curve_and_uncompressed(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_EC; i++) {
        struct pair pair;
        struct public_key key = {0};
        fresh_ec_pair(&pair, ec_kinds[i]);
        bulla_bytes compressed = bytes_of(pair.bytes, 1 + pair.len / 2);
        uint8_t tail = pair.bytes[pair.len - 1];
        pair.bytes[pair.len - 1] ^= 1;
        assert_int_equal(public_key_from_point(&key, ec_kinds[i], bytes_of(pair.bytes, pair.len)),
                         BULLA_E_KEY_MALFORMED);
        pair.bytes[pair.len - 1] = tail;
        assert_int_equal(
            public_key_from_point(&key, ec_kinds[i], bytes_of(pair.bytes, pair.len - 1)),
            BULLA_E_KEY_MALFORMED);
        assert_int_equal(
            public_key_from_point(&key, ec_kinds[i], bytes_of(pair.bytes, pair.len + 1)),
            BULLA_E_KEY_MALFORMED);
        assert_int_equal(
            public_key_from_point(&key, ec_kinds[(i + 1) % NUM_EC], bytes_of(pair.bytes, pair.len)),
            BULLA_E_KEY_MALFORMED);
        assert_int_equal(public_key_from_point(&key, ec_kinds[i], bytes_of(NULL, 0)),
                         BULLA_E_KEY_MALFORMED);
        pair.bytes[0] = 6 | (tail & 1); /* hybrid */
        assert_int_equal(public_key_from_point(&key, ec_kinds[i], bytes_of(pair.bytes, pair.len)),
                         BULLA_E_KEY_MALFORMED);
        pair.bytes[0] = 2 | (tail & 1);
        assert_int_equal(public_key_from_point(&key, ec_kinds[i], compressed),
                         BULLA_E_KEY_UNSUPPORTED);
        assert_null(key.handle);
        free_pair(&pair);
    }
}

static void scalars_must_be_in_range(void **state) {
    (void)state;
    HEX(zero, "0000000000000000000000000000000000000000000000000000000000000000");
    HEX(one, "0000000000000000000000000000000000000000000000000000000000000001");
    HEX(last, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
    HEX(order, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    struct private_key key = {0};
    struct pair pair;
    assert_int_equal(private_key_from_scalar(&key, KEY_KIND_EC_P256, zero), BULLA_E_KEY_MALFORMED);
    assert_int_equal(private_key_from_scalar(&key, KEY_KIND_EC_P256, order), BULLA_E_KEY_MALFORMED);
    assert_int_equal(
        private_key_from_scalar(&key, KEY_KIND_EC_P256, bytes_of(one.data, one.len - 1)),
        BULLA_E_KEY_MALFORMED);
    assert_int_equal(private_key_from_scalar(&key, KEY_KIND_RSA, one), BULLA_E_KEY_UNSUPPORTED);
    ec_pair(&pair, KEY_KIND_EC_P256, one);
    free_pair(&pair);
    ec_pair(&pair, KEY_KIND_EC_P256, last);
    free_pair(&pair);
}

/* RFC 8032 7.1, tests 1 to 3. */
static void ed25519_gives_the_published_signatures(void **state) {
    (void)state;
    static const char *const vectors[][4] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215"
         "90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e4"
         "3e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b53"
         "8d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t fields[4][64];
        uint8_t raw[32];
        uint8_t signature[SIGNATURE_LEN_MAX];
        size_t len;
        struct pair pair;
        bulla_bytes seed = hex_into(fields[0], sizeof fields[0], vectors[i][0]);
        bulla_bytes public = hex_into(fields[1], sizeof fields[1], vectors[i][1]);
        bulla_bytes message = hex_into(fields[2], sizeof fields[2], vectors[i][2]);
        bulla_bytes expected = hex_into(fields[3], sizeof fields[3], vectors[i][3]);
        assert_int_equal(private_key_from_ed25519(&pair.private, seed), BULLA_OK);
        assert_int_equal(public_key_from_ed25519(&pair.public, public), BULLA_OK);
        assert_int_equal(private_key_public(&pair.private, raw, sizeof raw, &len), BULLA_OK);
        assert_true(bytes_equal(bytes_of(raw, len), public));
        assert_int_equal(private_key_sign(&pair.private, SIGNATURE_ED25519, HASH_INVALID, message,
                                          signature, &len),
                         BULLA_OK);
        assert_true(bytes_equal(bytes_of(signature, len), expected));
        for (size_t at = 0; at < len; at += 9) {
            signature[at] ^= 1;
            assert_int_equal(public_key_verify(&pair.public, SIGNATURE_ED25519, HASH_INVALID,
                                               message, bytes_of(signature, len)),
                             BULLA_E_SIGNATURE_INVALID);
            signature[at] ^= 1;
        }
        assert_int_equal(public_key_verify(&pair.public, SIGNATURE_ED25519, HASH_INVALID, message,
                                           bytes_of(signature, len)),
                         BULLA_OK);
        assert_int_equal(public_key_verify(&pair.public, SIGNATURE_ED25519, HASH_INVALID, message,
                                           bytes_of(signature, len - 1)),
                         BULLA_E_SIGNATURE_INVALID);
        free_pair(&pair);
    }
}

static void ed25519_keys_have_32_bytes(void **state) {
    (void)state;
    uint8_t bytes[33] = {1};
    struct public_key public = {0};
    struct private_key private = {0};
    for (size_t len = 31; len <= 33; len += 2) {
        assert_int_equal(public_key_from_ed25519(&public, bytes_of(bytes, len)),
                         BULLA_E_KEY_MALFORMED);
        assert_int_equal(private_key_from_ed25519(&private, bytes_of(bytes, len)),
                         BULLA_E_KEY_MALFORMED);
    }
    size_t len;
    assert_int_equal(private_key_draw(KEY_KIND_ED25519, &system_random, bytes, &len), BULLA_OK);
    assert_int_equal(len, 32);
}

/* modulus, private exponent, primes, exponents, coefficient; the public exponent is 65537. Made for
 * this test with `openssl genrsa`. */
enum { NUM_RSA_NUMBERS = 7, MODULUS = 0 };
static const char *const rsa_1024[NUM_RSA_NUMBERS] = {
    "a41faca15a46cc66fada121813a7bcb30b56fc3300015c9abe7a2a1db2ed9f0f95ec46f77c5d5a7a"
    "ab8d2ef794abb1960cc40530e8ef02dbaacc9199ff1075a6f12a2d794b1f02c57da6fc9d5e4f60b9"
    "62643286d7ddd2e72358b20696959ca9d3378e808e2333e641f4d653cacb0cc4f695d44408f7e607"
    "dc38896e058dda89",
    "947abb58b62d7ada6773460f5628d8043aec14f9a6b594abc24b0f33131efa59c54e9edd633ba991"
    "7506234984ccd7ba620e2c8c150fb64c38f71d7a6e50dbbe1b69d3658408d2818f67697ce9a7ec95"
    "5531be6d557a0ef946c7dbabba66b15da3ebfb71450c2cfaef048b34000fe291551cae99b9ea9eb6"
    "e4c1151cdfd50909",
    "cd455acedf8e03b001f9c5a67234fc98c067048965e2d7753d46a6026a9ccbc1501e76c753600868"
    "9bf3367c3fe4cd2707ba912263c9b6439b5aa25697fcfd67",
    "ccaf1b423c2e8c957aabb31b7d1fd90565b559dcc93eb569e973627375188033015336643a5e174b"
    "d24f0ee23ec2b17f359066f3263c9d23387280d8de42828f",
    "74a4d9923ed4db6193edd413de481fd5c95780eb76bb2d861098e9d2ebb447d084ef9abd6fb25d74"
    "dc519b7f856b45eccce6867c8d49dd4993a9302096e38b37",
    "3df85e2665962a562f77c09877ffa6732de2043d066907fff3004e346aa56a5b06f1acac17c7d901"
    "c9c0c9ded1e59c5bc959d8f1910815034ed9cc0cdcee021d",
    "41a8860b3f3e2da0d43b3f8a6bc24a22e5de23ecdb7c8c8883f46285daa8625f2253229e466e040f"
    "94c77e71cf83c25fbf044744019d161bfa85bec9a6f30929",
};
/* One bit more than whole bytes: PSS then encodes one byte less than the modulus has. */
static const char *const rsa_1025[NUM_RSA_NUMBERS] = {
    "01dfbb06c0902be0bbef32f166e31dccb2dfebaea3cbb4d65e3512bce6eba4d26fc3d5e0007c2e91"
    "4a8567a7f550c7ee208a357ee7ff9435db88bd4ec1f11b06825b6fe150e3441749267806cd576e6b"
    "92438f918672cd571dfb9eb63608b70c86d63dec8ced5c12b8d52a75a61664752ac246ef50173ac9"
    "712369b4a8ed288ce9",
    "b9322645286307fb05389160bac4c2453b946c72e72d04a491b08e24474bf5c117c4f518bad7ef56"
    "e9713eb1c161ad57fa82f45ef3976fc334628088f65f0c7f1fd933a52951839d8be08965536d386d"
    "b9f4704ceb9834f2620e86b854044280a7ef0c7589d56d23960c5fa69d818d73ee9921f0ec5fa05c"
    "5a5c7d0a8065e241",
    "01eda1b7b5c5c17767dda248a534d7c2ee3631b92f25693980fc0c404600e25afae88d7e4ec7ca57"
    "264124611ec1dd56740ec530b03babcdd25ca8150ee41c9425",
    "f8ca71aab0297d9b97c77ba37e133d79bb81708d17fe7aad8ff9a98dcfee0ba215701cec87005c00"
    "a2d67718039e336be7770dcfd635d9dd67301fd5a3b1f875",
    "b191c5fb0e6b3cdfd11b6a947b40ce2f50b16c53285b04c380678bcb62d00a384de5703538ab71d4"
    "2204cb26fc47f9ac800fb1270420164700ebb9bf84913f3d",
    "eca68cd6a2b8e4bd12f3f27c82d94459bded132572d462d723a3850fdae080fa4d5016833aab31d8"
    "7d0c69be52fab1c90b2468e3f0cbca8fdaaea129738b3f5d",
    "014f6f0a9a36164ca02e41d6b863c7d0e0e7f774070ff5299a60c690227c57f1a0a9a3f0e11c585c"
    "2778c8a1cd72da0a875be02a376792ea0f2b4abc9e3ae0fc17",
};

struct rsa_key {
    uint8_t buffers[NUM_RSA_NUMBERS][132];
    bulla_bytes fields[NUM_RSA_NUMBERS];
    struct rsa_numbers numbers;
};

static const uint8_t f4[] = {1, 0, 1};

static void read_rsa(struct rsa_key *key, const char *const *texts) {
    for (size_t i = 0; i < NUM_RSA_NUMBERS; i++) {
        key->fields[i] = hex_into(key->buffers[i], sizeof key->buffers[i], texts[i]);
    }
    key->numbers = (struct rsa_numbers){
        .modulus = key->fields[MODULUS],
        .public_exponent = BYTES_IN(f4),
        .private_exponent = key->fields[1],
        .prime1 = key->fields[2],
        .prime2 = key->fields[3],
        .exponent1 = key->fields[4],
        .exponent2 = key->fields[5],
        .coefficient = key->fields[6],
    };
}

static void rsa_pair(struct pair *pair, const char *const *texts) {
    struct rsa_key key;
    read_rsa(&key, texts);
    assert_int_equal(private_key_from_rsa(&pair->private, &key.numbers), BULLA_OK);
    assert_int_equal(private_key_public(&pair->private, pair->bytes, 129, &pair->len), BULLA_OK);
    bulla_bytes modulus = bytes_of(pair->bytes, pair->len);
    assert_true(bytes_equal(modulus, key.numbers.modulus));
    assert_int_equal(public_key_from_rsa(&pair->public, modulus, BYTES_IN(f4)), BULLA_OK);
    assert_int_equal(pair->public.bits, pair->private.bits);
}

static void check_rsa(const struct pair *pair, enum signature_kind kind, enum hash_id hash) {
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t len;
    bulla_bytes message = BYTES_OF("message");
    enum signature_kind other_kind =
        kind == SIGNATURE_RSA_PSS ? SIGNATURE_RSA_PKCS1 : SIGNATURE_RSA_PSS;
    enum hash_id other_hash = hash == HASH_SHA256 ? HASH_SHA384 : HASH_SHA256;
    assert_int_equal(private_key_sign(&pair->private, kind, hash, message, signature, &len),
                     BULLA_OK);
    assert_int_equal(len, (pair->public.bits + 7) / 8);
    bulla_bytes sig = bytes_of(signature, len);
    assert_int_equal(public_key_verify(&pair->public, kind, hash, message, sig), BULLA_OK);
    assert_int_equal(public_key_verify(&pair->public, kind, hash, BYTES_OF("massage"), sig),
                     BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(public_key_verify(&pair->public, other_kind, hash, message, sig),
                     BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(public_key_verify(&pair->public, kind, other_hash, message, sig),
                     BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(
        public_key_verify(&pair->public, kind, hash, message, bytes_of(signature, len - 1)),
        BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(
        public_key_verify(&pair->public, kind, hash, message, bytes_of(signature, len + 1)),
        BULLA_E_SIGNATURE_INVALID);
    assert_int_equal(public_key_verify(&pair->public, kind, hash, message, bytes_of(NULL, 0)),
                     BULLA_E_SIGNATURE_INVALID);
    signature[len / 2] ^= 1;
    assert_int_equal(public_key_verify(&pair->public, kind, hash, message, sig),
                     BULLA_E_SIGNATURE_INVALID);
    memset(signature, 0xff, len); /* not below the modulus */
    assert_int_equal(public_key_verify(&pair->public, kind, hash, message, sig),
                     BULLA_E_SIGNATURE_INVALID);
}

static void rsa_signs_what_it_verifies(void **state) {
    (void)state;
    struct pair pair;
    rsa_pair(&pair, rsa_1024);
    for (size_t i = 0; i < 20; i++) {
        check_rsa(&pair, SIGNATURE_RSA_PKCS1, hashes[i % NUM_HASHES]);
        check_rsa(&pair, SIGNATURE_RSA_PSS, hashes[i % 2]);
    }
    free_pair(&pair);
    rsa_pair(&pair, rsa_1025);
    for (size_t i = 0; i < 20; i++) {
        check_rsa(&pair, SIGNATURE_RSA_PKCS1, hashes[i % NUM_HASHES]);
        check_rsa(&pair, SIGNATURE_RSA_PSS, hashes[i % 2]);
    }
    free_pair(&pair);
}

/* 1024 bits have no room for two SHA-512 digests and two bytes. */
static void rsa_refuses_a_hash_that_does_not_fit(void **state) {
    (void)state;
    uint8_t signature[SIGNATURE_LEN_MAX] = {0};
    size_t len;
    struct pair pair;
    rsa_pair(&pair, rsa_1024);
    assert_int_equal(private_key_sign(&pair.private, SIGNATURE_RSA_PSS, HASH_SHA512, BYTES_OF("m"),
                                      signature, &len),
                     BULLA_E_KEY_UNSUPPORTED);
    assert_int_equal(public_key_verify(&pair.public, SIGNATURE_RSA_PSS, HASH_SHA512, BYTES_OF("m"),
                                       bytes_of(signature, 128)),
                     BULLA_E_SIGNATURE_INVALID);
    free_pair(&pair);
}

static void rsa_numbers_must_belong_together(void **state) {
    (void)state;
    for (size_t i = 0; i < NUM_RSA_NUMBERS; i++) {
        struct rsa_key key;
        struct private_key private = {0};
        read_rsa(&key, rsa_1024);
        size_t middle = key.fields[i].len / 2;
        key.buffers[i][middle] ^= 0x10;
        assert_int_equal(private_key_from_rsa(&private, &key.numbers), BULLA_E_KEY_MALFORMED);
        key.buffers[i][middle] ^= 0x10;
        assert_int_equal(private_key_from_rsa(&private, &key.numbers), BULLA_OK);
        private_key_free(&private);
        memset(key.buffers[i], 0, sizeof key.buffers[i]);
        assert_int_equal(private_key_from_rsa(&private, &key.numbers), BULLA_E_KEY_MALFORMED);
    }
    struct rsa_key key;
    struct private_key private = {0};
    const uint8_t one[] = {1};
    read_rsa(&key, rsa_1024);
    key.numbers.prime1 = key.numbers.modulus;
    key.numbers.prime2 = BYTES_IN(one);
    assert_int_equal(private_key_from_rsa(&private, &key.numbers), BULLA_E_KEY_MALFORMED);
    key.numbers.prime1 = bytes_of(NULL, 0);
    assert_int_equal(private_key_from_rsa(&private, &key.numbers), BULLA_E_KEY_MALFORMED);
    assert_null(private.handle);
}

static void rsa_public_numbers_have_bounds(void **state) {
    (void)state;
    static uint8_t modulus[1026];
    static const uint8_t exponents[][10] = {{0}, {1}, {2}, {1, 0, 0, 0, 0, 0, 0, 0, 1}};
    static const size_t exponent_lens[] = {1, 1, 1, 9};
    struct public_key key = {0};
    memset(modulus, 0xff, sizeof modulus);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 1024), BYTES_IN(f4)), BULLA_OK);
    assert_int_equal(key.bits, 8192);
    public_key_free(&key);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 1025), BYTES_IN(f4)),
                     BULLA_E_KEY_UNSUPPORTED);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 1026), BYTES_IN(f4)),
                     BULLA_E_KEY_UNSUPPORTED);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 64), BYTES_IN(f4)), BULLA_OK);
    public_key_free(&key);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 63), BYTES_IN(f4)),
                     BULLA_E_KEY_MALFORMED);
    assert_int_equal(public_key_from_rsa(&key, bytes_of(NULL, 0), BYTES_IN(f4)),
                     BULLA_E_KEY_MALFORMED);
    for (size_t i = 0; i < sizeof exponent_lens / sizeof exponent_lens[0]; i++) {
        assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 128),
                                             bytes_of(exponents[i], exponent_lens[i])),
                         BULLA_E_KEY_MALFORMED);
    }
    modulus[127] = 0xfe;
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 128), BYTES_IN(f4)),
                     BULLA_E_KEY_MALFORMED);
    modulus[127] = 0xff;
    modulus[0] = 0; /* DER's leading zero */
    assert_int_equal(public_key_from_rsa(&key, bytes_of(modulus, 129), BYTES_IN(f4)), BULLA_OK);
    assert_int_equal(key.bits, 1024);
    public_key_free(&key);
}

static void key_scheme_and_hash_must_fit(void **state) {
    (void)state;
    static const struct {
        enum signature_kind kind;
        enum hash_id hash;
        bool with_ec, with_rsa;
    } cases[] = {
        {SIGNATURE_ECDSA, HASH_SHA256, true, false},
        {SIGNATURE_ECDSA, HASH_SHA1, false, false},
        {SIGNATURE_ECDSA, HASH_INVALID, false, false},
        {SIGNATURE_RSA_PSS, HASH_SHA256, false, true},
        {SIGNATURE_RSA_PSS, HASH_SHA1, false, false},
        {SIGNATURE_RSA_PKCS1, HASH_SHA1, false, false},
        {SIGNATURE_RSA_PKCS1, HASH_INVALID, false, false},
        {SIGNATURE_ED25519, HASH_INVALID, false, false},
        {SIGNATURE_INVALID, HASH_SHA256, false, false},
    };
    struct pair ec;
    struct pair rsa;
    const struct pair nothing = {0};
    fresh_ec_pair(&ec, KEY_KIND_EC_P256);
    rsa_pair(&rsa, rsa_1024);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t signature[SIGNATURE_LEN_MAX];
        size_t len;
        bulla_bytes message = BYTES_OF("m");
        const struct pair *pairs[] = {&ec, &rsa, &nothing};
        const bool fits[] = {cases[i].with_ec, cases[i].with_rsa, false};
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(private_key_sign(&pairs[k]->private, cases[i].kind, cases[i].hash,
                                              message, signature, &len),
                             fits[k] ? BULLA_OK : BULLA_E_KEY_UNSUPPORTED);
            assert_int_equal(public_key_verify(&pairs[k]->public, cases[i].kind, cases[i].hash,
                                               message, message),
                             fits[k] ? BULLA_E_SIGNATURE_INVALID : BULLA_E_KEY_UNSUPPORTED);
        }
    }
    free_pair(&ec);
    free_pair(&rsa);
}

static bool fill_fails(void *context, uint8_t *out, size_t len) {
    (void)context;
    (void)out;
    (void)len;
    return false;
}

static void edges_of_the_calls(void **state) {
    (void)state;
    uint8_t bytes[POINT_LEN_MAX];
    size_t len;
    struct pair pair;
    struct private_key empty = {0};
    const struct random_source failing = {.fill = fill_fails};
    fresh_ec_pair(&pair, KEY_KIND_EC_P384);
    assert_int_equal(private_key_public(&pair.private, bytes, 96, &len), BULLA_E_BUFFER_TOO_SMALL);
    assert_int_equal(private_key_public(&pair.private, bytes, 97, &len), BULLA_OK);
    assert_int_equal(private_key_public(&empty, bytes, sizeof bytes, &len), BULLA_E_API_MISUSE);
    free_pair(&pair);
    free_pair(&pair);
    assert_int_equal(private_key_draw(KEY_KIND_EC_P521, &failing, bytes, &len),
                     BULLA_E_RANDOM_FAILED);
    assert_int_equal(private_key_draw(KEY_KIND_ED25519, &failing, bytes, &len),
                     BULLA_E_RANDOM_FAILED);
    assert_int_equal(private_key_draw(KEY_KIND_RSA, &system_random, bytes, &len),
                     BULLA_E_KEY_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecdsa_verifies_the_published_signatures),
        cmocka_unit_test(ecdsa_signs_what_it_verifies),
        cmocka_unit_test(ecdsa_refuses_each_changed_byte_and_each_cut),
        cmocka_unit_test(points_must_be_on_the_curve_and_uncompressed),
        cmocka_unit_test(scalars_must_be_in_range),
        cmocka_unit_test(ed25519_gives_the_published_signatures),
        cmocka_unit_test(ed25519_keys_have_32_bytes),
        cmocka_unit_test(rsa_signs_what_it_verifies),
        cmocka_unit_test(rsa_refuses_a_hash_that_does_not_fit),
        cmocka_unit_test(rsa_numbers_must_belong_together),
        cmocka_unit_test(rsa_public_numbers_have_bounds),
        cmocka_unit_test(key_scheme_and_hash_must_fit),
        cmocka_unit_test(edges_of_the_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
