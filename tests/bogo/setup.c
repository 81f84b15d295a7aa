/* SPDX-License-Identifier: Apache-2.0 */
/* Flags become a config; see setup.h. What the library refuses (a P-521 key, an unknown group) is
 * unimplemented, not a failure. Chains are judged by the shim, which accepts them all unless it is
 * told to refuse: validation has suites of its own. */
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LEN_MAX = 1 << 16 };

static bool versions_reach_1_3(const struct options *options);
static bool set_exchange(bulla_config_builder *builder, const struct options *options);
static bool set_credentials(bulla_config_builder *builder, const struct options *options);
static bool set_alpn(bulla_config_builder *builder, const struct options *options);
static void set_server(bulla_config_builder *builder, const struct options *options);
static bool file_read(char **out, size_t *out_len, const char *path);

bool setup_config(bulla_config **out, const struct options *options) {
    bulla_config_builder *builder;
    if (options->resume_count != 0 || !versions_reach_1_3(options) ||
        bulla_config_builder_new(&builder, options->is_server ? BULLA_SERVER : BULLA_CLIENT) !=
            BULLA_OK) {
        return false;
    }
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    if (options->record_size != 0) {
        bulla_config_set_record_size(builder, options->record_size);
    }
    if (options->ask_staple && !options->is_server) {
        bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
    }
    if (options->is_server) {
        set_server(builder, options);
    }
    if (!set_exchange(builder, options) || !set_credentials(builder, options) ||
        !set_alpn(builder, options)) {
        bulla_config_builder_free(builder);
        return false;
    }
    return bulla_config_build(builder, out) == BULLA_OK;
}

static bool versions_reach_1_3(const struct options *options) {
    return options->min_version <= BULLA_TLS_1_3 &&
           (options->max_version == 0 || options->max_version >= BULLA_TLS_1_3) &&
           (options->expect_version == 0 || options->expect_version == BULLA_TLS_1_3);
}

/* A client of ours sends one share, for the first group. */
static bool set_exchange(bulla_config_builder *builder, const struct options *options) {
    const struct number_list *groups = &options->groups;
    const struct number_list *shares = &options->key_shares;
    uint16_t first = groups->num_values == 0 ? BULLA_GROUP_X25519 : groups->values[0];
    if (groups->num_values != 0) {
        bulla_config_set_groups(builder, groups->values, groups->num_values);
    }
    return shares->num_values == 0 || (shares->num_values == 1 && shares->values[0] == first);
}

static bool set_credentials(bulla_config_builder *builder, const struct options *options) {
    for (size_t i = 0; i < options->num_credentials; i++) {
        const struct credential_files *files = &options->credentials[i];
        bulla_credential *credential = NULL;
        char *chain = NULL;
        char *key = NULL;
        size_t chain_len, key_len;
        if (files->chain != NULL && files->key != NULL &&
            file_read(&chain, &chain_len, files->chain) && file_read(&key, &key_len, files->key) &&
            bulla_credential_new(&credential, (bulla_bytes){(const uint8_t *)chain, chain_len},
                                 (bulla_bytes){(const uint8_t *)key, key_len},
                                 (bulla_bytes){NULL, 0}) == BULLA_OK) {
            bulla_config_add_credential(builder, credential);
        }
        free(chain);
        free(key);
        if (credential == NULL) {
            return false;
        }
        bulla_credential_free(credential);
    }
    return true;
}

/* A client's list stands as on the wire: each name after its length. */
static bool set_alpn(bulla_config_builder *builder, const struct options *options) {
    const char *text = options->is_server ? options->select_alpn : options->advertise_alpn;
    if (options->is_server && options->reject_alpn) {
        text = "a protocol that no client names";
    }
    if (text == NULL) {
        return true;
    }
    const uint8_t *names = (const uint8_t *)text;
    size_t left = strlen(text);
    if (options->is_server) {
        bulla_config_add_alpn(builder, (bulla_bytes){names, left});
        return true;
    }
    while (left != 0) {
        size_t len = names[0];
        if (len >= left) {
            return false;
        }
        bulla_config_add_alpn(builder, (bulla_bytes){names + 1, len});
        names += 1 + len;
        left -= 1 + len;
    }
    return true;
}

static void set_server(bulla_config_builder *builder, const struct options *options) {
    if (options->require_client_certificate) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
    } else if (options->request_client_certificate) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUEST);
    }
}

bool setup_read_leaf(bulla_credential **out_owner, bulla_bytes *out_leaf, const char *path) {
    char *pem;
    size_t len;
    if (!file_read(&pem, &len, path)) {
        return false;
    }
    bulla_cause cause =
        bulla_credential_new_remote(out_owner, (bulla_bytes){(const uint8_t *)pem, len});
    free(pem);
    if (cause != BULLA_OK) {
        return false;
    }
    *out_leaf = bulla_credential_certificate(*out_owner, 0);
    return true;
}

static bool file_read(char **out, size_t *out_len, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    *out = malloc(FILE_LEN_MAX);
    *out_len = *out == NULL ? 0 : fread(*out, 1, FILE_LEN_MAX, file);
    bool whole = *out != NULL && *out_len < FILE_LEN_MAX && ferror(file) == 0;
    (void)fclose(file);
    if (!whole) {
        free(*out);
        *out = NULL;
    }
    return whole;
}
