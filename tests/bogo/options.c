/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line by the table of flags.h. "-on-resume-x" is "-x" for the connections of one
 * kind, "-x" is for all of them. */
#include "options.h"

#include "flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Which connections a flag is for, one bit each. */
enum { FOR_NONE = 0, FOR_ALL = (1 << NUM_OPTIONS) - 1 };

static const struct prefix {
    const char *text;
    unsigned connections;
} prefixes[] = {
    {"-on-shim", FOR_ALL},
    {"-on-handshaker", FOR_NONE}, /* there is none */
    {"-on-initial", 1 << OPTIONS_INITIAL},
    {"-on-resume", 1 << OPTIONS_RESUMED},
    {"-on-retry", 1 << OPTIONS_RETRIED},
};

static unsigned prefixes_strip(const char **name);
static bool flag_set(struct options *out, const struct flag *flag, const char *value);
static struct credential_files *credential_of(struct options *out, const struct flag *flag);
static bool number_parse(unsigned long *out, const char *text);
static bool list_add(struct number_list *out, const char *text);

bool options_parse(struct options out[NUM_OPTIONS], int argc, char **argv) {
    for (unsigned i = 0; i < NUM_OPTIONS; i++) {
        out[i] = (struct options){.num_initial_writes = 1, .initial_write = "hello"};
    }
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        unsigned connections = prefixes_strip(&name);
        const struct flag *flag = flag_find(name);
        if (flag == NULL || (flag_takes_value(flag) && i + 1 == argc)) {
            return false;
        }
        const char *value = flag_takes_value(flag) ? argv[++i] : NULL;
        for (unsigned j = 0; j < NUM_OPTIONS; j++) {
            if ((connections & 1u << j) != 0 && !flag_set(&out[j], flag, value)) {
                return false;
            }
        }
    }
    return true;
}

/* "-on-shim-server" becomes "-server". */
static unsigned prefixes_strip(const char **name) {
    unsigned connections = FOR_ALL;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i].text);
        if (strncmp(*name, prefixes[i].text, len) == 0 && (*name)[len] == '-') {
            *name += len;
            connections &= prefixes[i].connections;
        }
    }
    return connections;
}

static bool flag_set(struct options *out, const struct flag *flag, const char *value) {
    void *field = (uint8_t *)out + flag->offset;
    struct credential_files *credential = credential_of(out, flag);
    if (credential == NULL) {
        return false;
    }
    switch (flag->kind) {
    case FLAG_SET:
        *(bool *)field = true;
        return true;
    case FLAG_NUMBER:
        return number_parse(field, value);
    case FLAG_TEXT:
        *(const char **)field = value;
        return true;
    case FLAG_LIST:
        return list_add(field, value);
    case FLAG_CHAIN:
        credential->chain = value;
        return true;
    case FLAG_KEY:
        credential->key = value;
        return true;
    case FLAG_STAPLE:
        credential->ocsp_response = value;
        return true;
    case FLAG_SIGNING:
        return list_add(&credential->signing_schemes, value);
    case FLAG_CREDENTIAL:
    case FLAG_PASS:
    case FLAG_PASS_VALUE:
        return true;
    case FLAG_INVALID:
        break;
    }
    return false;
}

/* The last one that was begun; what comes before the first FLAG_CREDENTIAL begins one too. NULL
 * where there are too many. */
static struct credential_files *credential_of(struct options *out, const struct flag *flag) {
    bool begins =
        flag->kind == FLAG_CREDENTIAL || (out->num_credentials == 0 && flag_is_of_credential(flag));
    if (begins && out->num_credentials++ == OPTION_LIST_MAX) {
        return NULL;
    }
    struct credential_files *last =
        &out->credentials[out->num_credentials == 0 ? 0 : out->num_credentials - 1];
    last->is_last_resort = begins ? flag->kind != FLAG_CREDENTIAL : last->is_last_resort;
    return last;
}

static bool number_parse(unsigned long *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool list_add(struct number_list *out, const char *text) {
    unsigned long value;
    if (out->num_values == OPTION_LIST_MAX || !number_parse(&value, text) || value > UINT16_MAX) {
        return false;
    }
    out->values[out->num_values++] = (uint16_t)value;
    return true;
}
