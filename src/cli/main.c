/* SPDX-License-Identifier: Apache-2.0 */
/* The program's entrance: finds the verb and hands the rest of the line to it. */
#include "cli/verbs.h"
#include "net/signals.h"

#include <stdio.h>

static enum exit_code run(int argc, char **argv);

int main(int argc, char **argv) {
    signals_ignore_pipe();
    enum exit_code code = run(argc, argv);
    /* A full disk or a closed pipe shows here at the latest. */
    if (fflush(stdout) != 0 && code == EXIT_OK) {
        code = EXIT_FINDING;
    }
    return (int)code;
}

static enum exit_code run(int argc, char **argv) {
    struct command command = {.program = argc > 0 ? argv[0] : "bulla"};
    if (argc < 2) {
        (void)verb_help(&command);
        return EXIT_USAGE;
    }
    const struct verb *verb = verbs_find(argv[1]);
    if (verb == NULL) {
        const struct verb *nearest = verbs_nearest(argv[1]);
        fprintf(stderr, "bulla: there is no verb '%s'; %s%s%s\n", argv[1],
                nearest == NULL ? "see bulla help" : "did you mean bulla ",
                nearest == NULL ? "" : nearest->name, nearest == NULL ? "" : "?");
        return EXIT_USAGE;
    }
    command.arguments = (const char *const *)argv + 2;
    command.num_arguments = (size_t)argc - 2;
    return verb->run(&command);
}
