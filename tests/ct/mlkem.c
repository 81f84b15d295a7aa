/* SPDX-License-Identifier: Apache-2.0 */
/* Runs under valgrind: secrets are declared undefined memory, and memcheck reports every branch and
 * every address that comes of one. Compiles mlkem.c and keccak.c as the library does. With an
 * argument it branches on a secret itself, which must be reported. */
#include "crypto/mlkem.h"
#include "crypto/constant_time.h"

#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

static void secret(void *bytes, size_t len) {
    VALGRIND_MAKE_MEM_UNDEFINED(bytes, len);
}

void declare_public(const uint8_t *bytes, size_t len) {
    VALGRIND_MAKE_MEM_DEFINED(bytes, len);
}

int main(int num_arguments, char **arguments) {
    (void)arguments;
    uint8_t seed[MLKEM_SEED_LEN] = {1}, message[MLKEM_MESSAGE_LEN] = {2};
    uint8_t ciphertext[MLKEM_CIPHERTEXT_LEN], ours[MLKEM_SECRET_LEN], theirs[MLKEM_SECRET_LEN];
    struct mlkem_key key;
    secret(seed, sizeof seed);
    secret(message, sizeof message);
    mlkem_keygen(&key, seed);
    declare_public(key.encapsulation_key, sizeof key.encapsulation_key); /* sent */
    if (mlkem_encapsulate(BYTES_IN(key.encapsulation_key), message, ciphertext, ours) != BULLA_OK) {
        return 2;
    }
    declare_public(ciphertext, sizeof ciphertext); /* sent */
    bool agree = true;
    for (size_t altered = 0; altered < 2; altered++) {
        ciphertext[0] ^= (uint8_t)altered;
        if (mlkem_decapsulate(&key, BYTES_IN(ciphertext), theirs) != BULLA_OK) {
            return 2;
        }
        if (num_arguments > 1 && theirs[0] == 1) {
            puts("one in 256");
        }
        declare_public(ours, sizeof ours);
        declare_public(theirs, sizeof theirs);
        agree = agree && (memcmp(ours, theirs, sizeof ours) == 0) == (altered == 0);
    }
    return agree ? 0 : 2;
}
