/* SPDX-License-Identifier: Apache-2.0 */
/* A CA for tests: an Ed25519 root and intermediate, made in the process, and the credentials that
 * it issues. A helper that cannot do its work aborts: then the test is what is broken. */
#ifndef ENGINE_AUTHORITY_H
#define ENGINE_AUTHORITY_H

#include "engine/seeded.h"
#include "x509/credential.h"
#include "x509/issue.h"
#include <bulla/trust.h>

enum { TEST_NOW = 1800000000, TEST_DAY = 86400 };

#define TEST_SERVER_NAME "server.example"

/* Says what went wrong and aborts, unless `holds`. */
void must(bool holds, const char *what);

struct authority {
    struct seeded seeded;
    struct private_key root_key, intermediate_key;
    struct writer root, intermediate; /* DER */
};

/* What is asked of a leaf; zeros give a P-256 one for TEST_SERVER_NAME, for both purposes, valid a
 * day around TEST_NOW. */
struct leaf {
    enum key_kind key;
    const char *common_name;
    const char *dns;
    bulla_bytes ip;
    const char *uri;
    int64_t not_before, not_after;
    bool not_for_servers, not_for_clients;
    bool without_intermediate; /* is not sent */
    bool remote;               /* its key is elsewhere: test_key() */
};

void authority_make(struct authority *authority, const char *name);
void authority_free(struct authority *authority);
/* A new store that holds the root. */
bulla_trust *authority_trust(const struct authority *authority);
bulla_credential *authority_issue(struct authority *authority, const struct leaf *leaf);

/* The key of every leaf of that kind. */
void test_key(struct private_key *out, enum key_kind kind);

#endif
