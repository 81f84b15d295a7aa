/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs.h. */
#include "cli/verbs.h"

#include "cli/options.h"

static const struct verb verbs[] = {
    {"up", "make a private CA and serve HTTPS with it: the first thing to try", verb_up, false},
    {"serve", "serve HTTPS with a certificate of your own", verb_serve, false},
    {"get", "fetch an https:// URL, and show the handshake", verb_get, false},
    {"explain", "say what is wrong with a server's chain, and how to mend it", verb_explain, false},
    {"pin", "print the pins of a chain, ready to paste", verb_pin, false},
    {"help", "say what a verb does: bulla help VERB", verb_help, false},
    {"version", "say the version", verb_version, false},
    {"--help", "", verb_help, true},
    {"-h", "", verb_help, true},
    {"--version", "", verb_version, true},
};

const struct verb *verbs_at(size_t index) {
    return index < sizeof verbs / sizeof verbs[0] ? &verbs[index] : NULL;
}

const struct verb *verbs_find(const char *name) {
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

const struct verb *verbs_nearest(const char *name) {
    const struct verb *nearest = NULL;
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        const struct verb *verb = &verbs[i];
        if (!verb->hidden && options_is_near(name, verb->name) &&
            (nearest == NULL ||
             options_distance(name, verb->name) < options_distance(name, nearest->name))) {
            nearest = verb;
        }
    }
    return nearest;
}
