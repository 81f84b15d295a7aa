/* SPDX-License-Identifier: Apache-2.0 */
/* The names of planted mistakes; see plant.h. */
#include "simulation/plant.h"

#include <string.h>

static const char *const names[NUM_PLANTS] = {
    [PLANT_NONE] = "none",
    [PLANT_SECRET] = "secret",
    [PLANT_NAME] = "name",
    [PLANT_INFO] = "info",
    [PLANT_PLAINTEXT] = "plaintext",
    [PLANT_ALERT] = "alert",
    [PLANT_CAUSE] = "cause",
    [PLANT_ENDED] = "ended",
    [PLANT_STRANGER] = "stranger",
    [PLANT_IDENTITY] = "identity",
    [PLANT_AGE] = "age",
    [PLANT_REUSE] = "reuse",
    [PLANT_TWICE] = "twice",
    [PLANT_LOST_EARLY] = "lost-early",
    [PLANT_FORGETFUL] = "forgetful",
};

bool plant_find(const char *name, enum plant *out) {
    for (int i = 0; i < NUM_PLANTS; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum plant)i;
            return true;
        }
    }
    return false;
}

const char *plant_name(enum plant plant) {
    return names[plant];
}
