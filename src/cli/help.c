/* SPDX-License-Identifier: Apache-2.0 */
/* bulla help, bulla version. */
#include "cli/verbs.h"

#include <bulla/version.h>
#include <stdio.h>

enum exit_code verb_help(const struct command *command) {
    static const char *const help_option[] = {"--help"};
    if (command->num_arguments > 0) {
        const struct verb *verb = verbs_find(command->arguments[0]);
        if (verb == NULL) {
            return exit_with(EXIT_USAGE, "help", "there is no verb '%s'; see bulla help",
                             command->arguments[0]);
        }
        if (verb->run != verb_help && verb->run != verb_version) {
            const struct command ask = {command->program, help_option, 1};
            return verb->run(&ask);
        }
    }
    printf("bulla %s: TLS and mTLS from one program\n\nUsage: bulla VERB [OPTIONS]\n\n",
           bulla_version());
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        if (!verbs_at(i)->hidden) {
            printf("  %-8s %s\n", verbs_at(i)->name, verbs_at(i)->summary);
        }
    }
    printf("\nExit codes: 0 well; 1 it ran and found fault; 2 usage or a file; 3 no connection;\n"
           "4 not trusted; 5 expired; 6 revoked; 7 pin; 8 denied by policy.\n"
           "\nTo begin:\n  bulla up\n");
    return EXIT_OK;
}

enum exit_code verb_version(const struct command *command) {
    (void)command;
    printf("bulla %s\n", bulla_version());
    return EXIT_OK;
}
