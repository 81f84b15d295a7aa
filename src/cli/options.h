/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines, read by table: each verb is a row of texts and a list of options, from which both
 * the parser and --help work. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/bytes.h"

#include <stdio.h>

enum option_kind {
    OPTION_INVALID = 0,
    OPTION_FLAG,     /* --name */
    OPTION_TEXT,     /* --name VALUE or --name=VALUE; given twice, it is an error */
    OPTION_TEXTS,    /* the same, any number of times up to OPTION_TEXTS_MAX */
    OPTION_PORT,     /* 0 to 65535 */
    OPTION_COUNT,    /* 1 to a million */
    OPTION_DURATION, /* 500ms, 10s, 5m, 24h; a number alone is seconds */
};

enum { OPTION_TEXTS_MAX = 16 };

struct option_texts {
    const char *values[OPTION_TEXTS_MAX];
    size_t num;
};

/* One option and where its value goes: the member that its kind names. */
struct option {
    const char *name; /* without the dashes */
    enum option_kind kind;
    const char *value; /* as --help calls it; NULL for a flag */
    const char *help;
    union {
        bool *flag;
        const char **text;
        struct option_texts *texts;
        unsigned *number; /* ports and counts */
        int64_t *duration_ms;
    } to;
};

struct verb_help {
    const char *name;
    const char *usage;   /* after "bulla NAME " */
    const char *summary; /* one line */
    const char *text;    /* what one has to know; several lines */
    const char *example; /* a command that works as it stands; several lines */
};

enum { OPERANDS_MAX = 16 };

struct operands {
    const char *values[OPERANDS_MAX];
    size_t num_values;
};

enum options_outcome {
    OPTIONS_INVALID = 0,
    OPTIONS_OK,
    OPTIONS_HELP,  /* --help or -h: the help went to `out` */
    OPTIONS_WRONG, /* one line that says what is wrong went to `err` */
};

/* Reads `num_arguments` arguments after the verb. At most `operands_max` of them may be operands;
 * "--" ends the options. */
BULLA_MUST_CHECK enum options_outcome
options_parse(const struct verb_help *verb, const struct option *options, size_t num_options,
              const char *const *arguments, size_t num_arguments, struct operands *out_operands,
              size_t operands_max, FILE *out, FILE *err);

void options_print_help(const struct verb_help *verb, const struct option *options,
                        size_t num_options, FILE *out);

/* How far two words are apart: letters to insert, delete, replace or swap with their neighbour. */
size_t options_distance(const char *a, const char *b);

/* True where somebody who typed `typed` may have meant `known`. */
bool options_is_near(const char *typed, const char *known);

#endif
