/* SPDX-License-Identifier: Apache-2.0 */
/* A scene for the validator: a trust store, a chain made to order (forge.h), a question. */
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include "forge.h"
#include "x509/verify.h"

enum { SCENE_CERTIFICATES_MAX = 24 };

/* A trust store, a chain and a question. */
struct scene {
    struct forge *forge;
    bulla_trust *trust;
    bulla_bytes chain[SCENE_CERTIFICATES_MAX];
    size_t num_chain;
    uint8_t buffers[SCENE_CERTIFICATES_MAX][FORGE_LEN_MAX];
    size_t num_buffers;
    bulla_verify_request request;
    bulla_report report;
};

/* The three of the usual chain, and the question that is asked of it. */
struct usual {
    struct recipe root, intermediate, leaf;
    bulla_verify_request request;
};

/* Setup and teardown of a group of tests; the state is the scene. */
int scene_start(void **state);
int scene_stop(void **state);

/* The group's scene, emptied, with the usual question. */
struct scene *scene_of(void **state);
bulla_bytes scene_make(struct scene *scene, const struct recipe *recipe);
void scene_trust(struct scene *scene, const struct recipe *recipe);
void scene_send(struct scene *scene, const struct recipe *recipe);

/* With a report and without, the answer is the same, and the report is about it. */
bulla_cause scene_judge(struct scene *scene);

void assert_says(const char *text, const char *words);
void usual_start(struct usual *usual, const struct scene *scene);
bulla_cause usual_judge(const struct usual *usual, struct scene *scene);

#endif
