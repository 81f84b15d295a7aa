/* SPDX-License-Identifier: Apache-2.0 */
/* See world.h. */
#include "simulation/world.h"

enum { HOUR = 3600, LONG = 40 * TEST_DAY, MEMO_ENTRIES = 1024 };

#define OTHER_NAME "other.example"
#define WILDCARD_NAME "*.any.example"
#define CLIENT_NAME "client.example"

static const struct shown plans[NUM_SHOWN] = {
    [SHOWN_ED25519] = {KEY_KIND_ED25519, ISSUER_A, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_P256] = {KEY_KIND_EC_P256, ISSUER_A, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_ED25519_HOUR] = {KEY_KIND_ED25519, ISSUER_A, TEST_SERVER_NAME, -LONG, HOUR, NULL},
    [SHOWN_P256_MINUTES] = {KEY_KIND_EC_P256, ISSUER_A, TEST_SERVER_NAME, -LONG, HOUR / 6, NULL},
    [SHOWN_RSA] = {KEY_KIND_RSA, ISSUER_A, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_P384] = {KEY_KIND_EC_P384, ISSUER_A, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_OTHER_NAME] = {KEY_KIND_EC_P256, ISSUER_A, OTHER_NAME, -LONG, LONG, NULL},
    [SHOWN_WILDCARD] = {KEY_KIND_EC_P256, ISSUER_A, WILDCARD_NAME, -LONG, LONG, NULL},
    [SHOWN_B_ED25519] = {KEY_KIND_ED25519, ISSUER_B, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_B_P256] = {KEY_KIND_EC_P256, ISSUER_B, TEST_SERVER_NAME, -LONG, LONG, NULL},
    [SHOWN_ENDED] = {KEY_KIND_ED25519, ISSUER_A, TEST_SERVER_NAME, -LONG, -HOUR, NULL},
    [SHOWN_NOT_YET] = {KEY_KIND_EC_P256, ISSUER_A, TEST_SERVER_NAME, HOUR / 2, LONG, NULL},
    [SHOWN_CLIENT] = {KEY_KIND_EC_P256, ISSUER_A, CLIENT_NAME, -LONG, LONG, NULL},
    [SHOWN_CLIENT_RSA] = {KEY_KIND_RSA, ISSUER_B, CLIENT_NAME, -LONG, LONG, NULL},
};

void world_make(struct world *world) {
    const uint8_t salt[32] = {0};
    struct authority authorities[2];
    authority_make(&authorities[0], "A");
    authority_make(&authorities[1], "B");
    for (int i = 0; i < NUM_SHOWN; i++) {
        struct shown *shown = &world->shown[i];
        *shown = plans[i];
        shown->not_before += TEST_NOW;
        shown->not_after += TEST_NOW;
        const struct leaf leaf = {.key = shown->key,
                                  .dns = shown->name,
                                  .not_before = shown->not_before,
                                  .not_after = shown->not_after};
        shown->credential = authority_issue(&authorities[shown->issuer == ISSUER_B], &leaf);
        test_key(&world->keys[i], shown->key);
    }
    world->trusts[0] = NULL;
    world->trusts[ISSUER_A] = authority_trust(&authorities[0]);
    world->trusts[ISSUER_B] = authority_trust(&authorities[1]);
    world->trusts[ISSUERS_ALL] = authority_trust(&authorities[0]);
    const struct writer *root = &authorities[1].root;
    must(bulla_trust_add_der(world->trusts[ISSUERS_ALL], bytes_of(root->buffer, root->len)) ==
             BULLA_OK,
         "trust both");
    must(bulla_memo_new(&world->memo, MEMO_ENTRIES, salt) == BULLA_OK, "memo");
    must(bulla_workspace_new(&world->workspace) == BULLA_OK, "workspace");
    authority_free(&authorities[0]);
    authority_free(&authorities[1]);
}

void world_free(struct world *world) {
    for (int i = 0; i < NUM_SHOWN; i++) {
        bulla_credential_free(world->shown[i].credential);
        private_key_free(&world->keys[i]);
    }
    for (int i = 0; i <= ISSUERS_ALL; i++) {
        bulla_trust_free(world->trusts[i]);
    }
    bulla_memo_free(world->memo);
    bulla_workspace_free(world->workspace);
}

int world_find(const struct world *world, bulla_bytes leaf) {
    for (int i = 0; i < NUM_SHOWN; i++) {
        if (bytes_equal(bulla_credential_certificate(world->shown[i].credential, 0), leaf)) {
            return i;
        }
    }
    return -1;
}
