/* SPDX-License-Identifier: Apache-2.0 */
/* The program's verbs: a table, and one file for each. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/exit.h"

#include <stdbool.h>
#include <stddef.h>

/* The command line, taken apart. */
struct command {
    const char *program;          /* as it was called, for commands that are printed to be pasted */
    const char *const *arguments; /* after the verb */
    size_t num_arguments;
};

struct verb {
    const char *name;
    const char *summary;
    enum exit_code (*run)(const struct command *command);
    bool hidden; /* a synonym */
};

/* The table's rows, one after the other; NULL past the last. */
const struct verb *verbs_at(size_t index);

/* The row of that name; NULL for none. */
const struct verb *verbs_find(const char *name);
/* The row that somebody who typed `name` may have meant; NULL for none. */
const struct verb *verbs_nearest(const char *name);

enum exit_code verb_up(const struct command *command);
enum exit_code verb_serve(const struct command *command);
enum exit_code verb_get(const struct command *command);
enum exit_code verb_explain(const struct command *command);
enum exit_code verb_pin(const struct command *command);
enum exit_code verb_help(const struct command *command);
enum exit_code verb_version(const struct command *command);

#endif
