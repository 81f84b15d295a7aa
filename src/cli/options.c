/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of options.h. What is refused: options that are not known (with the nearest one
 * named), values that are missing or of another kind, the same option twice, too many operands. */
#include "cli/options.h"

enum { WORD_LEN_MAX = 64, OPTIONS_MAX = 32, COUNT_MAX = 1000000 };

struct parse {
    const struct verb_help *verb;
    const struct option *options;
    size_t num_options;
    const char *const *arguments;
    size_t num_arguments, next;
    bool seen[OPTIONS_MAX];
    FILE *err;
};

static bool take_option(struct parse *parse, const char *argument);
static bool take_text(const struct parse *parse, const struct option *option, const char *value);
static bool take_value(struct parse *parse, const struct option *option, const char *value);
static bool read_number(const char *text, unsigned lowest, unsigned highest, unsigned *out,
                        const char **out_rest);
static bool read_duration(const char *text, int64_t *out_ms);
static bool complain_unknown(const struct parse *parse, const char *name);
static size_t least(size_t a, size_t b, size_t c);

enum options_outcome options_parse(const struct verb_help *verb, const struct option *options,
                                   size_t num_options, const char *const *arguments,
                                   size_t num_arguments, struct operands *out_operands,
                                   size_t operands_max, FILE *out, FILE *err) {
    struct parse parse = {.verb = verb,
                          .options = options,
                          .num_options = num_options,
                          .arguments = arguments,
                          .num_arguments = num_arguments,
                          .err = err};
    bool only_operands = false;
    *out_operands = (struct operands){0};
    while (parse.next < num_arguments) {
        const char *argument = arguments[parse.next++];
        if (only_operands || argument[0] != '-' || argument[1] == '\0') {
            if (out_operands->num_values == operands_max) {
                fprintf(err, "bulla %s: '%s' is one argument too many; see bulla %s --help\n",
                        verb->name, argument, verb->name);
                return OPTIONS_WRONG;
            }
            out_operands->values[out_operands->num_values++] = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_operands = true;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            options_print_help(verb, options, num_options, out);
            return OPTIONS_HELP;
        } else if (!take_option(&parse, argument)) {
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_OK;
}

void options_print_help(const struct verb_help *verb, const struct option *options,
                        size_t num_options, FILE *out) {
    fprintf(out, "bulla %s: %s\n\nUsage: bulla %s %s\n\n%s\n\nOptions:\n", verb->name,
            verb->summary, verb->name, verb->usage, verb->text);
    for (size_t i = 0; i < num_options; i++) {
        char left[WORD_LEN_MAX];
        const char *value = options[i].value == NULL ? "" : options[i].value;
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, *value == '\0' ? "" : " ", value);
        fprintf(out, "  %-26s %s\n", left, options[i].help);
    }
    fprintf(out, "  %-26s %s\n\nExample:\n%s\n", "--help", "this text", verb->example);
}

/* The optimal string alignment distance, over the first WORD_LEN_MAX letters. */
size_t options_distance(const char *a, const char *b) {
    size_t rows[3][WORD_LEN_MAX + 1];
    size_t a_len = strnlen(a, WORD_LEN_MAX);
    size_t b_len = strnlen(b, WORD_LEN_MAX);
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], two_above[j - 2] + 1, SIZE_MAX);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

bool options_is_near(const char *typed, const char *known) {
    size_t len = strlen(known);
    bool begins = strlen(typed) >= 3 && strncmp(typed, known, strlen(typed)) == 0;
    return begins || options_distance(typed, known) <= (len < 5 ? 1 : len < 9 ? 2 : 3);
}

static bool take_text(const struct parse *parse, const struct option *option, const char *value) {
    struct option_texts *texts = option->to.texts;
    if (texts->num == OPTION_TEXTS_MAX) {
        fprintf(parse->err, "bulla %s: --%s may be given %d times at most\n", parse->verb->name,
                option->name, OPTION_TEXTS_MAX);
        return false;
    }
    texts->values[texts->num++] = value;
    return true;
}

/* `argument` begins with a dash. One dash serves as well as two: s_client's habit. */
static bool take_option(struct parse *parse, const char *argument) {
    const char *name = argument + (argument[1] == '-' ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    for (size_t i = 0; i < parse->num_options; i++) {
        const struct option *option = &parse->options[i];
        if (strlen(option->name) != len || strncmp(option->name, name, len) != 0) {
            continue;
        }
        if (parse->seen[i] && option->kind != OPTION_TEXTS) {
            fprintf(parse->err, "bulla %s: --%s stands there twice; leave one out\n",
                    parse->verb->name, option->name);
            return false;
        }
        parse->seen[i] = true;
        const char *value = equals == NULL ? NULL : equals + 1;
        if (option->kind != OPTION_FLAG && value == NULL && parse->next < parse->num_arguments) {
            value = parse->arguments[parse->next++];
        }
        return take_value(parse, option, value);
    }
    return complain_unknown(parse, name);
}

static bool take_value(struct parse *parse, const struct option *option, const char *value) {
    const char *rest = NULL;
    bool good = false;
    if (option->kind == OPTION_FLAG ? value != NULL : value == NULL || value[0] == '\0') {
        fprintf(parse->err, "bulla %s: --%s takes %s%s\n", parse->verb->name, option->name,
                option->kind == OPTION_FLAG ? "no value" : "a value: ",
                option->kind == OPTION_FLAG ? "; leave it out" : option->value);
        return false;
    }
    switch (option->kind) {
    case OPTION_FLAG:
        *option->to.flag = true;
        return true;
    case OPTION_TEXT:
        *option->to.text = value;
        return true;
    case OPTION_TEXTS:
        return take_text(parse, option, value);
    case OPTION_PORT:
        good = read_number(value, 0, UINT16_MAX, option->to.number, &rest) && *rest == '\0';
        break;
    case OPTION_COUNT:
        good = read_number(value, 1, COUNT_MAX, option->to.number, &rest) && *rest == '\0';
        break;
    case OPTION_DURATION:
        good = read_duration(value, option->to.duration_ms);
        break;
    case OPTION_INVALID:
        break;
    }
    if (!good) {
        fprintf(parse->err, "bulla %s: '%s' is not a value for --%s; it takes %s\n",
                parse->verb->name, value, option->name,
                option->kind == OPTION_PORT    ? "a port, 0 to 65535"
                : option->kind == OPTION_COUNT ? "a number, 1 to 1000000"
                                               : "a time such as 10s, 5m or 24h");
    }
    return good;
}

static bool read_number(const char *text, unsigned lowest, unsigned highest, unsigned *out,
                        const char **out_rest) {
    unsigned number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && number <= highest; digit++) {
        number = number * 10 + (unsigned)(*digit - '0');
    }
    *out_rest = digit;
    *out = number;
    return digit != text && number >= lowest && number <= highest;
}

static bool read_duration(const char *text, int64_t *out_ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60000}, {"h", 3600000}};
    unsigned number;
    const char *rest;
    if (!read_number(text, 1, COUNT_MAX, &number, &rest)) {
        return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(rest, units[i].unit) == 0) {
            *out_ms = (int64_t)number * units[i].ms;
            return true;
        }
    }
    return false;
}

static bool complain_unknown(const struct parse *parse, const char *name) {
    const struct option *nearest = NULL;
    for (size_t i = 0; i < parse->num_options; i++) {
        const struct option *option = &parse->options[i];
        if (options_is_near(name, option->name) &&
            (nearest == NULL ||
             options_distance(name, option->name) < options_distance(name, nearest->name))) {
            nearest = option;
        }
    }
    if (nearest != NULL) {
        fprintf(parse->err, "bulla %s: there is no option --%s; did you mean --%s?\n",
                parse->verb->name, name, nearest->name);
    } else {
        fprintf(parse->err, "bulla %s: there is no option --%s; see bulla %s --help\n",
                parse->verb->name, name, parse->verb->name);
    }
    return false;
}

static size_t least(size_t a, size_t b, size_t c) {
    size_t lower = a < b ? a : b;
    return lower < c ? lower : c;
}
