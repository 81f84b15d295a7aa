/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for BoringSSL's BoGo runner: a TCP client that speaks TLS in the role it is told, as
 * often as it is told. README.md says how to run it. */
#include "conversation.h"

#include <stdio.h>

static int run(const struct options options[NUM_OPTIONS]);
static int converse_all(const struct options options[NUM_OPTIONS], bulla_config *const *configs,
                        struct carried *carried);

int main(int argc, char **argv) {
    struct options options[NUM_OPTIONS];
    if (!options_parse(options, argc, argv)) {
        return EXIT_UNIMPLEMENTED;
    }
    if (options[OPTIONS_INITIAL].ask_handshaker) {
        (void)puts("No");
        return EXIT_AS_EXPECTED;
    }
    return run(options);
}

/* The later connections have a config of their own, which may differ from the first one's. */
static int run(const struct options options[NUM_OPTIONS]) {
    struct carried carried;
    bulla_config *configs[] = {NULL, NULL};
    int status = EXIT_UNIMPLEMENTED;
    if (!carried_init(&carried, options)) {
        return EXIT_FAILED;
    }
    if (setup_config(&configs[OPTIONS_INITIAL], &options[OPTIONS_INITIAL], &carried) &&
        setup_config(&configs[OPTIONS_RESUMED], &options[OPTIONS_RESUMED], &carried)) {
        status = converse_all(options, configs, &carried);
    }
    bulla_config_free(configs[OPTIONS_INITIAL]);
    bulla_config_free(configs[OPTIONS_RESUMED]);
    carried_free(&carried);
    return status;
}

static int converse_all(const struct options options[NUM_OPTIONS], bulla_config *const *configs,
                        struct carried *carried) {
    bulla_workspace *workspace;
    bool as_expected = true;
    if (bulla_workspace_new(&workspace) != BULLA_OK) {
        return EXIT_FAILED;
    }
    for (unsigned long i = 0; as_expected && i <= options[OPTIONS_INITIAL].num_resumptions; i++) {
        unsigned kind = i == 0 ? OPTIONS_INITIAL : OPTIONS_RESUMED;
        as_expected = converse(&options[kind], &options[OPTIONS_RETRIED], carried, configs[kind],
                               workspace, i != 0);
        carried->seconds_passed += (int64_t)options[kind].resumption_delay;
    }
    bulla_workspace_free(workspace);
    return as_expected ? EXIT_AS_EXPECTED : EXIT_FAILED;
}
