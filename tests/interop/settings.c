/* SPDX-License-Identifier: Apache-2.0 */
/* The peer's command line as a table, and the config that it asks for; see settings.h. Options
 * after --then change the plan for the connections that follow the first. */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_LEN_MAX = 1 << 18,
    TICKET_PERIOD = 3600,
    NUM_SESSIONS = 64,
    NUM_STRIKES = 1024,
    EARLY_DATA_DEFAULT = 16384, /* that a client is willing to send */
};

enum option_kind {
    OPTION_INVALID = 0,
    OPTION_SET,     /* a bool */
    OPTION_NUMBER,  /* an unsigned long */
    OPTION_TEXT,    /* a const char * */
    OPTION_VERSION, /* a uint16_t */
    OPTION_GROUPS,  /* a struct number_list, from names with commas between */
    OPTION_SUITES,
    OPTION_CHAIN, /* begins a credential */
    OPTION_KEY,   /* of the credential begun last */
    OPTION_STAPLE,
};

struct option {
    const char *name;
    enum option_kind kind;
    size_t offset; /* of the field in struct settings */
};

static const struct option options[] = {
    {"--name", OPTION_TEXT, offsetof(struct settings, name)},
    {"--ca", OPTION_TEXT, offsetof(struct settings, ca)},
    {"--alpn", OPTION_TEXT, offsetof(struct settings, alpn)},
    {"--client-auth", OPTION_TEXT, offsetof(struct settings, client_auth)},
    {"--revocation", OPTION_TEXT, offsetof(struct settings, revocation)},
    {"--cert", OPTION_CHAIN, 0},
    {"--key", OPTION_KEY, 0},
    {"--staple", OPTION_STAPLE, 0},
    {"--groups", OPTION_GROUPS, offsetof(struct settings, groups)},
    {"--suites", OPTION_SUITES, offsetof(struct settings, suites)},
    {"--min", OPTION_VERSION, offsetof(struct settings, min)},
    {"--max", OPTION_VERSION, offsetof(struct settings, max)},
    {"--resume", OPTION_SET, offsetof(struct settings, resume)},
    {"--tickets", OPTION_SET, offsetof(struct settings, tickets)},
    {"--store", OPTION_SET, offsetof(struct settings, store)},
    {"--session-in", OPTION_TEXT, offsetof(struct settings, session_in)},
    {"--session-out", OPTION_TEXT, offsetof(struct settings, session_out)},
    {"--early-data-max", OPTION_NUMBER, offsetof(struct settings, early_data_max)},
    {"--early-data", OPTION_TEXT, offsetof(struct settings, early_data)},
    {"--say", OPTION_TEXT, offsetof(struct settings, say)},
    {"--until", OPTION_TEXT, offsetof(struct settings, until)},
};

static const uint16_t groups[] = {BULLA_GROUP_X25519MLKEM768, BULLA_GROUP_X25519,
                                  BULLA_GROUP_SECP256R1, BULLA_GROUP_SECP384R1};
static const uint16_t suites[] = {
    BULLA_TLS_AES_128_GCM_SHA256,
    BULLA_TLS_AES_256_GCM_SHA384,
    BULLA_TLS_CHACHA20_POLY1305_SHA256,
    BULLA_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    BULLA_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    BULLA_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    BULLA_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    BULLA_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

static bool run_option(struct plans *out, const char *name, const char *value);
static const struct option *option_find(const char *name);
static bool option_set(struct settings *out, const struct option *option, const char *value);
static bool credential_set(struct settings *out, enum option_kind kind, const char *value);
static bool number_parse(unsigned long *out, const char *text);
static bool version_parse(uint16_t *out, const char *text);
static bool list_parse(struct number_list *out, const char *text, const uint16_t *known,
                       size_t num_known, const char *(*name_of)(uint16_t));
static bulla_cause set_trust(bulla_config_builder *builder, const struct settings *settings);
static bulla_cause set_credentials(bulla_config_builder *builder, const struct settings *settings);
static bulla_cause credential_read(bulla_credential **out, const struct credential_files *files);
static bulla_cause staple(bulla_credential **credential, const char *path);
static void set_negotiation(bulla_config_builder *builder, const struct settings *settings);
static void set_alpn(bulla_config_builder *builder, const char *names);
static void set_resumption(bulla_config_builder *builder, const struct settings *settings,
                           const struct shared *shared);
static void set_early_data(bulla_config_builder *builder, const struct settings *settings,
                           bool is_server, const struct shared *shared);

/* ------------------------------------------------------------------ the command line */

bool plans_parse(struct plans *out, int argc, char **argv) {
    *out = (struct plans){.num_plans = 1, .plans = {{.name = "localhost"}}};
    out->is_server = argc > 1 && strcmp(argv[1], "server") == 0;
    out->times = out->is_server ? 0 : 1;
    bool good = argc > 1 && (out->is_server || strcmp(argv[1], "client") == 0);
    for (int i = 2; good && i < argc; i++) {
        struct settings *settings = &out->plans[out->num_plans - 1];
        const struct option *option = option_find(argv[i]);
        if (strcmp(argv[i], "--then") == 0) {
            good = out->num_plans < SETTINGS_PLANS_MAX;
            if (good) {
                out->plans[out->num_plans++] = *settings;
            }
        } else if (option != NULL && option->kind == OPTION_SET) {
            *(bool *)((uint8_t *)settings + option->offset) = true;
        } else if (i + 1 == argc) {
            good = false;
        } else if (option != NULL) {
            good = option_set(settings, option, argv[i + 1]);
            i++;
        } else {
            good = run_option(out, argv[i], argv[i + 1]);
            i++;
        }
    }
    if (!good || out->address == NULL) {
        (void)fprintf(stderr, "usage: bulla-peer client|server --connect|--listen HOST:PORT ...\n");
        return false;
    }
    return true;
}

static bool run_option(struct plans *out, const char *name, const char *value) {
    if (strcmp(name, "--times") == 0) {
        return number_parse(&out->times, value);
    }
    out->address = value;
    return strcmp(name, out->is_server ? "--listen" : "--connect") == 0;
}

static const struct option *option_find(const char *name) {
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool option_set(struct settings *out, const struct option *option, const char *value) {
    void *field = (uint8_t *)out + option->offset;
    switch (option->kind) {
    case OPTION_NUMBER:
        return number_parse(field, value);
    case OPTION_TEXT:
        *(const char **)field = value;
        return true;
    case OPTION_VERSION:
        return version_parse(field, value);
    case OPTION_GROUPS:
        return list_parse(field, value, groups, sizeof groups / sizeof groups[0], bulla_group_name);
    case OPTION_SUITES:
        return list_parse(field, value, suites, sizeof suites / sizeof suites[0], bulla_suite_name);
    case OPTION_CHAIN:
    case OPTION_KEY:
    case OPTION_STAPLE:
        return credential_set(out, option->kind, value);
    case OPTION_SET:
    case OPTION_INVALID:
        break;
    }
    return false;
}

static bool credential_set(struct settings *out, enum option_kind kind, const char *value) {
    if (kind == OPTION_CHAIN) {
        if (out->num_credentials == SETTINGS_LIST_MAX) {
            return false;
        }
        out->credentials[out->num_credentials++] = (struct credential_files){.chain = value};
        return true;
    }
    if (out->num_credentials == 0) {
        return false;
    }
    struct credential_files *last = &out->credentials[out->num_credentials - 1];
    *(kind == OPTION_KEY ? &last->key : &last->staple) = value;
    return true;
}

static bool number_parse(unsigned long *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool version_parse(uint16_t *out, const char *text) {
    *out = strcmp(text, "1.2") == 0 ? BULLA_TLS_1_2 : BULLA_TLS_1_3;
    return *out == BULLA_TLS_1_2 || strcmp(text, "1.3") == 0;
}

static bool list_parse(struct number_list *out, const char *text, const uint16_t *known,
                       size_t num_known, const char *(*name_of)(uint16_t)) {
    out->num_values = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        size_t i = 0;
        while (i < num_known &&
               (strlen(name_of(known[i])) != len || strncmp(name_of(known[i]), text, len) != 0)) {
            i++;
        }
        if (i == num_known || out->num_values == SETTINGS_LIST_MAX) {
            return false;
        }
        out->values[out->num_values++] = known[i];
        text += text[len] == ',' ? len + 1 : len;
    }
    return true;
}

/* ------------------------------------------------------------------ what connections share */

bulla_cause shared_new(struct shared *out) {
    *out = (struct shared){0};
    bulla_cause cause = bulla_session_cache_new(&out->cache, BULLA_SESSION_CACHE_DEFAULT);
    if (cause == BULLA_OK) {
        cause = bulla_ticket_keys_new(&out->keys, TICKET_PERIOD);
    }
    if (cause == BULLA_OK) {
        cause = bulla_session_store_new(&out->store, NUM_SESSIONS);
    }
    if (cause == BULLA_OK) {
        cause = bulla_strike_register_new(&out->strikes, BULLA_STRIKE_WINDOW_DEFAULT, NUM_STRIKES);
    }
    return cause == BULLA_OK ? bulla_workspace_new(&out->workspace) : cause;
}

void shared_free(struct shared *shared) {
    bulla_session_cache_free(shared->cache);
    bulla_ticket_keys_free(shared->keys);
    bulla_session_store_free(shared->store);
    bulla_strike_register_free(shared->strikes);
    bulla_workspace_free(shared->workspace);
}

/* ------------------------------------------------------------------ the config */

bulla_cause settings_config(bulla_config **out, const struct settings *settings, bool is_server,
                            const struct shared *shared) {
    bulla_config_builder *builder;
    bulla_cause cause = bulla_config_builder_new(&builder, is_server ? BULLA_SERVER : BULLA_CLIENT);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = set_trust(builder, settings);
    if (cause == BULLA_OK) {
        cause = set_credentials(builder, settings);
    }
    if (cause != BULLA_OK) {
        bulla_config_builder_free(builder);
        return cause;
    }
    set_negotiation(builder, settings);
    set_resumption(builder, settings, shared);
    set_early_data(builder, settings, is_server, shared);
    return bulla_config_build(builder, out);
}

static bulla_cause set_trust(bulla_config_builder *builder, const struct settings *settings) {
    bulla_trust *trust = NULL;
    struct file pem;
    size_t num_added;
    if (settings->ca == NULL) {
        return BULLA_OK;
    }
    if (!file_read(&pem, settings->ca)) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = bulla_trust_new(&trust);
    if (cause == BULLA_OK) {
        cause = bulla_trust_add_pem(trust, file_bytes(&pem), &num_added);
    }
    if (cause == BULLA_OK) {
        bulla_config_set_trust(builder, trust);
    }
    bulla_trust_free(trust);
    file_free(&pem);
    return cause;
}

static bulla_cause set_credentials(bulla_config_builder *builder, const struct settings *settings) {
    for (size_t i = 0; i < settings->num_credentials; i++) {
        bulla_credential *credential;
        bulla_cause cause = credential_read(&credential, &settings->credentials[i]);
        if (cause != BULLA_OK) {
            return cause;
        }
        bulla_config_add_credential(builder, credential);
        bulla_credential_free(credential);
    }
    return BULLA_OK;
}

static bulla_cause credential_read(bulla_credential **out, const struct credential_files *files) {
    struct file chain = {NULL, 0}, key = {NULL, 0};
    bulla_cause cause = BULLA_E_API_MISUSE;
    if (files->key != NULL && file_read(&chain, files->chain) && file_read(&key, files->key)) {
        cause = bulla_credential_new(out, file_bytes(&chain), file_bytes(&key), text_bytes(NULL));
    }
    file_free(&chain);
    file_free(&key);
    return cause == BULLA_OK && files->staple != NULL ? staple(out, files->staple) : cause;
}

/* The credential gives way to one that staples. */
static bulla_cause staple(bulla_credential **credential, const char *path) {
    bulla_credential *bare = *credential;
    struct file response;
    bulla_cause cause = BULLA_E_API_MISUSE;
    if (file_read(&response, path)) {
        cause = bulla_credential_with_ocsp_response(credential, bare, file_bytes(&response));
        file_free(&response);
    }
    bulla_credential_free(bare);
    return cause;
}

static void set_negotiation(bulla_config_builder *builder, const struct settings *settings) {
    if (settings->min != 0 || settings->max != 0) {
        bulla_config_set_versions(builder, settings->min == 0 ? BULLA_TLS_1_2 : settings->min,
                                  settings->max == 0 ? BULLA_TLS_1_3 : settings->max);
    }
    if (settings->groups.num_values != 0) {
        bulla_config_set_groups(builder, settings->groups.values, settings->groups.num_values);
    }
    if (settings->suites.num_values != 0) {
        bulla_config_set_suites(builder, settings->suites.values, settings->suites.num_values);
    }
    if (settings->alpn != NULL) {
        set_alpn(builder, settings->alpn);
    }
    if (settings->client_auth != NULL) {
        bulla_config_set_client_auth(builder, strcmp(settings->client_auth, "require") == 0
                                                  ? BULLA_CLIENT_AUTH_REQUIRE
                                                  : BULLA_CLIENT_AUTH_REQUEST);
    }
    if (settings->revocation != NULL) {
        bulla_config_set_revocation(builder,
                                    strcmp(settings->revocation, "hard") == 0
                                        ? BULLA_REVOCATION_HARD
                                        : BULLA_REVOCATION_SOFT,
                                    NULL);
    }
}

static void set_alpn(bulla_config_builder *builder, const char *names) {
    while (*names != '\0') {
        size_t len = strcspn(names, ",");
        bulla_config_add_alpn(builder, (bulla_bytes){(const uint8_t *)names, len});
        names += names[len] == ',' ? len + 1 : len;
    }
}

static void set_resumption(bulla_config_builder *builder, const struct settings *settings,
                           const struct shared *shared) {
    if (settings->resume) {
        bulla_config_set_session_cache(builder, shared->cache);
    }
    if (settings->session_in != NULL || settings->session_out != NULL) {
        bulla_config_set_ask(builder, BULLA_ASK_SESSION);
    }
    if (settings->tickets) {
        bulla_config_set_ticket_keys(builder, shared->keys);
    }
    if (settings->store) {
        bulla_config_set_session_store(builder, shared->store);
    }
}

static void set_early_data(bulla_config_builder *builder, const struct settings *settings,
                           bool is_server, const struct shared *shared) {
    if (is_server && settings->early_data_max != 0) {
        bulla_config_set_early_data(builder, (uint32_t)settings->early_data_max);
        bulla_config_set_strike_register(builder, shared->strikes);
    } else if (!is_server && settings->early_data != NULL) {
        bulla_config_set_early_data(builder, EARLY_DATA_DEFAULT);
    }
}

/* ------------------------------------------------------------------ files and texts */

bool file_read(struct file *out, const char *path) {
    FILE *file = fopen(path, "rb");
    *out = (struct file){file == NULL ? NULL : malloc(FILE_LEN_MAX), 0};
    if (out->bytes != NULL) {
        out->len = fread(out->bytes, 1, FILE_LEN_MAX, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (out->len == 0 || out->len == FILE_LEN_MAX) {
        (void)fprintf(stderr, "bulla-peer: %s can't be read\n", path);
        file_free(out);
        return false;
    }
    return true;
}

void file_free(struct file *file) {
    free(file->bytes);
    *file = (struct file){NULL, 0};
}

bulla_bytes file_bytes(const struct file *file) {
    return (bulla_bytes){file->bytes, file->len};
}

bulla_bytes text_bytes(const char *text) {
    return (bulla_bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}
