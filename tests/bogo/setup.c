/* SPDX-License-Identifier: Apache-2.0 */
/* Flags become a config; see setup.h. What the library refuses (a P-521 key, an unknown group) is
 * unimplemented, not a failure. Chains are judged by the shim, which accepts them all unless it is
 * told to refuse: validation has suites of its own. */
#include "setup.h"

#include "compression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    FILE_LEN_MAX = 1 << 16,
    EARLY_DATA_LEN_CLIENT = 1 << 20,
    EARLY_DATA_LEN_SERVER = 14336, /* as the runner knows it */
};

/* What the shim judges its peers by; it changes where one is to be refused that was accepted. */
static const uint8_t judgement[] = "accept", other_judgement[] = "refuse";

static bool set_versions(bulla_config_builder *builder, const struct options *options);
static bool set_suites(bulla_config_builder *builder, const char *list);
static bool set_groups(bulla_config_builder *builder, const struct options *options);
static bool set_schemes(bulla_config_builder *builder, const struct options *options);
static size_t schemes_join(uint16_t *out, const struct number_list *list, size_t num);
static bool set_credentials(bulla_config_builder *builder, const struct options *options,
                            struct carried *carried);
static bulla_credential *credential_read(const struct credential_files *files);
static bool set_alpn(bulla_config_builder *builder, const struct options *options);
static bool set_server(bulla_config_builder *builder, const struct options *options);
static bool set_resumption(bulla_config_builder *builder, const struct options *options,
                           const struct carried *carried);
static bool set_extras(bulla_config_builder *builder, const struct options *options);
static bool takes_early_data(const struct options *options, const struct carried *carried);
static void set_ask(bulla_config_builder *builder, const struct options *options,
                    const struct carried *carried);
static int64_t now(void *context);
static bool file_read(char **out, size_t *out_len, const char *path);

bool setup_config(bulla_config **out, const struct options *options, struct carried *carried) {
    bulla_config_builder *builder;
    if (options->expect_renegotiations != 0 ||
        bulla_config_builder_new(&builder, options->is_server ? BULLA_SERVER : BULLA_CLIENT) !=
            BULLA_OK) {
        return false;
    }
    bulla_config_set_clock(builder, now, carried);
    if (!set_versions(builder, options) || !set_suites(builder, options->suites) ||
        !set_groups(builder, options) || !set_schemes(builder, options) ||
        !set_credentials(builder, options, carried) || !set_alpn(builder, options) ||
        !set_server(builder, options) || !set_resumption(builder, options, carried) ||
        !set_extras(builder, options)) {
        bulla_config_builder_free(builder);
        return false;
    }
    set_ask(builder, options, carried);
    return bulla_config_build(builder, out) == BULLA_OK;
}

/* The runner takes for granted that what is older than TLS 1.2 is spoken too; its tests of that are
 * disabled. */
static bool set_versions(bulla_config_builder *builder, const struct options *options) {
    unsigned long min = options->no_tls12 ? BULLA_TLS_1_3 : BULLA_TLS_1_2;
    unsigned long max = options->no_tls13 ? BULLA_TLS_1_2 : BULLA_TLS_1_3;
    if (options->min_version > min) {
        min = options->min_version;
    }
    if (options->max_version != 0 && options->max_version < max) {
        max = options->max_version;
    }
    if (min > max) {
        return false;
    }
    bulla_config_set_versions(builder, (uint16_t)min, (uint16_t)max);
    return true;
}

/* Names between colons, for TLS 1.2; its neighbour's suites stay. BoringSSL's language for sets and
 * equal preference is not spoken. */
static bool set_suites(bulla_config_builder *builder, const char *list) {
    uint16_t suites[OPTION_LIST_MAX] = {BULLA_TLS_AES_128_GCM_SHA256, BULLA_TLS_AES_256_GCM_SHA384,
                                        BULLA_TLS_CHACHA20_POLY1305_SHA256};
    size_t num_suites = 3;
    char name[64];
    if (list == NULL) {
        return true;
    }
    while (*list != '\0') {
        size_t len = strcspn(list, ":");
        int written = snprintf(name, sizeof name, "%.*s", (int)len, list);
        if (written < 0 || (size_t)written >= sizeof name || num_suites == OPTION_LIST_MAX ||
            bulla_suite_find(name, &suites[num_suites++]) != BULLA_OK) {
            return false;
        }
        list += len + (list[len] == ':');
    }
    bulla_config_set_suites(builder, suites, num_suites);
    return true;
}

/* A client of ours sends one share, for the first group, and beside X25519MLKEM768 its X25519. */
static bool set_groups(bulla_config_builder *builder, const struct options *options) {
    const struct number_list *groups = &options->groups;
    const struct number_list *shares = &options->key_shares;
    uint16_t first = groups->num_values == 0 ? BULLA_GROUP_X25519MLKEM768 : groups->values[0];
    size_t num_shares = 1;
    if (groups->num_values != 0) {
        bulla_config_set_groups(builder, groups->values, groups->num_values);
    }
    for (size_t i = 1; first == BULLA_GROUP_X25519MLKEM768 && i < groups->num_values; i++) {
        num_shares += groups->values[i] == BULLA_GROUP_X25519;
    }
    return shares->num_values == 0 ||
           (shares->num_values == num_shares && shares->values[0] == first &&
            (num_shares == 1 || shares->values[1] == BULLA_GROUP_X25519));
}

/* The runner has schemes to accept, and others to sign with; ours is one list. Those to sign with
 * are put first, before all others. Those to accept are the whole list of a client that shows no
 * certificate; whoever has to sign too needs the others behind them. */
static bool set_schemes(bulla_config_builder *builder, const struct options *options) {
    static const struct number_list defaults = {
        {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601}, 10};
    const struct number_list *signing = &options->credentials[0].signing_schemes;
    uint16_t schemes[3 * OPTION_LIST_MAX];
    size_t num = schemes_join(schemes, signing, 0);
    num = schemes_join(schemes, &options->verify_schemes, num);
    for (size_t i = 1; i < options->num_credentials; i++) {
        if (options->credentials[i].signing_schemes.num_values != 0) {
            return false; /* a list for each credential */
        }
    }
    if (num != 0) {
        num = options->num_credentials == 0 ? num : schemes_join(schemes, &defaults, num);
        bulla_config_set_signature_schemes(builder, schemes, num);
    }
    return true;
}

static size_t schemes_join(uint16_t *out, const struct number_list *list, size_t num) {
    for (size_t i = 0; i < list->num_values; i++) {
        size_t j = 0;
        while (j < num && out[j] != list->values[i]) {
            j++;
        }
        out[j] = list->values[i];
        num += j == num;
    }
    return num;
}

/* An asynchronous shim with one credential is asked for it in time. */
static bool set_credentials(bulla_config_builder *builder, const struct options *options,
                            struct carried *carried) {
    size_t num = options->num_credentials;
    size_t first = num != 0 && options->credentials[0].is_last_resort ? 1 : 0;
    bool asked = options->byte_by_byte && num == 1;
    for (size_t i = 0; i < num; i++) {
        const struct credential_files *files = &options->credentials[(first + i) % num];
        bool staples = options->is_server && files->ocsp_response != NULL;
        if (staples && !options->decline_staple) {
            return false; /* four bytes, which are no OCSP response: ours does not take them */
        }
        bulla_credential *credential = credential_read(files);
        if (credential == NULL) {
            return false;
        }
        if (asked) {
            bulla_credential_free(carried->credential);
            carried->credential = bulla_credential_ref(credential);
        } else {
            bulla_config_add_credential(builder, credential);
        }
        bulla_credential_free(credential);
    }
    return true;
}

static bulla_credential *credential_read(const struct credential_files *files) {
    bulla_credential *credential = NULL;
    char *chain = NULL;
    char *key = NULL;
    size_t chain_len, key_len;
    if (files->chain == NULL || files->key == NULL ||
        !file_read(&chain, &chain_len, files->chain) || !file_read(&key, &key_len, files->key) ||
        bulla_credential_new(&credential, (bulla_bytes){(const uint8_t *)chain, chain_len},
                             (bulla_bytes){(const uint8_t *)key, key_len},
                             (bulla_bytes){NULL, 0}) != BULLA_OK) {
        credential = NULL;
    }
    free(chain);
    free(key);
    return credential;
}

/* A client's list stands as on the wire: each name after its length. */
static bool set_alpn(bulla_config_builder *builder, const struct options *options) {
    const char *text = options->is_server ? options->select_alpn : options->advertise_alpn;
    if (options->is_server && options->reject_alpn) {
        text = "a protocol that no client names";
    }
    if (text == NULL || text[0] == '\0') {
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

static bool set_server(bulla_config_builder *builder, const struct options *options) {
    if (!options->is_server) {
        return true;
    }
    if (options->require_client_certificate) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
    } else if (options->request_client_certificate) {
        bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUEST);
    }
    /* Names of CAs without the CAs are not to be had. */
    return !options->refuse_staple &&
           (options->authorities == NULL || options->authorities[0] == '<');
}

static bool set_resumption(bulla_config_builder *builder, const struct options *options,
                           const struct carried *carried) {
    bool never = options->no_tickets && carried->ticket_keys != NULL;
    bulla_bytes judged_by = {judgement, sizeof judgement};
    if (options->judges_resumptions && options->refuse_chain) {
        judged_by = (bulla_bytes){other_judgement, sizeof other_judgement};
    }
    bulla_config_set_judgement(builder, judged_by);
    if (options->no_tickets && !options->is_server) {
        return false; /* a client without tickets, but with session ids */
    }
    if (carried->store != NULL) {
        bulla_config_set_session_store(builder, carried->store);
    } else if (carried->ticket_keys != NULL && !never) {
        bulla_config_set_ticket_keys(builder, carried->ticket_keys);
    }
    if (takes_early_data(options, carried)) {
        bulla_config_set_early_data(builder, options->is_server ? EARLY_DATA_LEN_SERVER
                                                                : EARLY_DATA_LEN_CLIENT);
    }
    if (carried->strikes != NULL) {
        bulla_config_set_strike_register(builder, carried->strikes);
    }
    return true;
}

static bool takes_early_data(const struct options *options, const struct carried *carried) {
    return options->enable_early_data && !(options->no_tickets && carried->ticket_keys != NULL) &&
           !options->no_tls13 &&
           (options->max_version == 0 || options->max_version >= BULLA_TLS_1_3);
}

/* A client keeps its session as BoringSSL's does. A server asks where it is to be asynchronous. */
static void set_ask(bulla_config_builder *builder, const struct options *options,
                    const struct carried *carried) {
    unsigned ask = BULLA_ASK_VERIFY;
    if (carried->credential != NULL) {
        ask |= BULLA_ASK_CREDENTIAL;
    }
    if (!options->is_server || carried->outside) {
        ask |= BULLA_ASK_SESSION;
    }
    if (options->is_server && takes_early_data(options, carried) && carried->strikes == NULL) {
        ask |= BULLA_ASK_STRIKE;
    }
    bulla_config_set_ask(builder, ask);
}

static bool set_extras(bulla_config_builder *builder, const struct options *options) {
    bulla_config_set_grease(builder, options->grease); /* the runner counts key shares */
    if (options->record_size != 0) {
        bulla_config_set_record_size(builder, options->record_size);
    }
    if ((options->ask_staple || options->refuse_staple) && !options->is_server) {
        bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
    }
    if (options->compress_all) {
        return compression_add(builder, 0);
    }
    return options->compress_one == 0 || compression_add(builder, options->compress_one);
}

static int64_t now(void *context) {
    const struct carried *carried = context;
    return (int64_t)time(NULL) + carried->seconds_passed;
}

/* ------------------------------------------------------------------ files */

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
