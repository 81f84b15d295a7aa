/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes src/der/private_key.c and pbes2.c: the input as PEM where it begins with a dash, else as
 * DER under each label. A key that loads can sign or says why not. Encrypted keys are opened where
 * their parameters ask for little work, so that the fuzzer stays quick. */
#include "der/der.h"
#include "der/oid.h"
#include "der/pbes2.h"
#include "der/private_key.h"

#include <stdlib.h>

enum { ITERATIONS_MAX = 64, SCRYPT_BLOCKS_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static void use_key(bulla_cause cause, struct private_key *key) {
    uint8_t public_key[RSA_BITS_MAX / 8];
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t len;
    if (cause != BULLA_OK) {
        require(key->handle == NULL);
        return;
    }
    require(private_key_public(key, public_key, sizeof public_key, &len) == BULLA_OK);
    enum signature_kind kind = SIGNATURE_ECDSA;
    enum hash_id hash = HASH_SHA256;
    if (key->kind == KEY_KIND_RSA) {
        kind = SIGNATURE_RSA_PSS;
    } else if (key->kind == KEY_KIND_ED25519) {
        kind = SIGNATURE_ED25519;
        hash = HASH_INVALID;
    }
    cause = private_key_sign(key, kind, hash, BYTES_OF("clay"), signature, &len);
    require(cause == BULLA_OK || key->kind == KEY_KIND_RSA);
    private_key_free(key);
}

/* True where an EncryptedPrivateKeyInfo would cost us next to nothing to open. */
static bool is_cheap(bulla_bytes der) {
    struct reader reader = reader_over(der);
    struct reader inside;
    enum oid algorithm;
    bulla_bytes parameters;
    struct pbes2 scheme;
    if (!der_read_nested(&reader, DER_SEQUENCE, &inside) ||
        !oid_read_algorithm(&inside, &algorithm, &parameters) || algorithm != OID_PBES2 ||
        pbes2_read(&scheme, parameters) != BULLA_OK) {
        return false;
    }
    if (scheme.derivation == OID_PBKDF2) {
        return scheme.iterations <= ITERATIONS_MAX;
    }
    const uint64_t most = SCRYPT_BLOCKS_MAX;
    return scheme.n <= most && scheme.r <= most && scheme.p <= most &&
           scheme.n * scheme.r * scheme.p <= most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    const bulla_bytes none = {0};
    const bulla_bytes labels[] = {
        BYTES_OF("PRIVATE KEY"),
        BYTES_OF("ENCRYPTED PRIVATE KEY"),
        BYTES_OF("EC PRIVATE KEY"),
        BYTES_OF("RSA PRIVATE KEY"),
    };
    struct private_key key;
    if (len != 0 && data[0] == '-') {
        use_key(private_key_from_pem(&key, bytes_of(data, len), none), &key);
        return 0;
    }
    uint8_t *der = bytes_duplicate(bytes_of(data, len));
    if (der == NULL) {
        return 0;
    }
    const bulla_bytes password = is_cheap(bytes_of(der, len)) ? BYTES_OF("clay") : none;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        const struct pem_block block = {.label = labels[i], .der = der, .der_len = len};
        use_key(private_key_from_block(&key, &block, password), &key);
    }
    bytes_wipe_and_free(der, len);
    return 0;
}
