/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of the benchmark: a root, an intermediate, a server's and a client's leaf, made
 * afresh at each start, as PEM for either library to read. */
#ifndef BENCH_CHAINS_H
#define BENCH_CHAINS_H

#include <bulla/bytes.h>
#include <stdbool.h>

enum chain_kind { CHAIN_P256, CHAIN_RSA2048, NUM_CHAIN_KINDS };

/* The name that the server's leaf carries and that clients look for. */
#define CHAIN_SERVER_NAME "server.bench.example"

/* Leaf, intermediate and root. */
enum { CHAIN_LEN = 3 };

/* Every key of a kind is of the same algorithm and size. The chains hold leaf and intermediate. */
struct chains {
    enum chain_kind kind;
    bulla_bytes root_pem;
    bulla_bytes server_chain_pem;
    bulla_bytes server_chain_der[CHAIN_LEN]; /* with the root */
    bulla_bytes server_key_pem;
    bulla_bytes client_chain_pem;
    bulla_bytes client_key_pem;
    struct evp_pkey_st *server_key; /* the same key again, for public_key_sum.c */
};

/* "p256" or "rsa2048". */
const char *chain_kind_name(enum chain_kind kind);

/* On failure nothing is left to be freed. */
BULLA_MUST_CHECK bool chains_make(struct chains *out, enum chain_kind kind);
void chains_free(struct chains *chains);

#endif
