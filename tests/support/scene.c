/* SPDX-License-Identifier: Apache-2.0 */
/* Making and judging scenes; see scene.h. */
#include "support/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct scene *scene_of(void **state) {
    struct scene *scene = *state;
    bulla_trust_free(scene->trust);
    assert_int_equal(bulla_trust_new(&scene->trust), BULLA_OK);
    scene->num_chain = 0;
    scene->num_buffers = 0;
    scene->request = (bulla_verify_request){.purpose = BULLA_PURPOSE_SERVER_AUTH,
                                            .name = {BULLA_NAME_DNS, BYTES_OF("www.example.com")},
                                            .now = FORGE_NOW,
                                            .depth_max = BULLA_VERIFY_DEPTH_DEFAULT};
    return scene;
}

bulla_bytes scene_make(struct scene *scene, const struct recipe *recipe) {
    assert_true(scene->num_buffers < SCENE_CERTIFICATES_MAX);
    return forge_certificate(scene->forge, recipe, scene->buffers[scene->num_buffers++]);
}

void scene_trust(struct scene *scene, const struct recipe *recipe) {
    bulla_cause cause = bulla_trust_add_der(scene->trust, scene_make(scene, recipe));
    assert_int_equal(cause, BULLA_OK);
}

void scene_send(struct scene *scene, const struct recipe *recipe) {
    scene->chain[scene->num_chain++] = scene_make(scene, recipe);
}

bulla_cause scene_judge(struct scene *scene) {
    bulla_cause cause =
        bulla_verify(scene->trust, scene->chain, scene->num_chain, &scene->request, &scene->report);
    assert_int_equal(
        bulla_verify(scene->trust, scene->chain, scene->num_chain, &scene->request, NULL), cause);
    assert_int_equal(scene->report.cause, cause);
    assert_true(scene->report.num_entries == 0 ||
                scene->report.entries[scene->report.headline].cause == cause);
    return cause;
}

void assert_says(const char *text, const char *words) {
    if (strstr(text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", text, words);
    }
}

void usual_start(struct usual *usual, const struct scene *scene) {
    *usual = (struct usual){
        .root = {.subject = "Root", .issuer = "Root", .ca = true},
        .intermediate =
            {.subject = "Middle", .issuer = "Root", .ca = true, .key = 1, .signed_by = 0},
        .leaf = {.subject = "Leaf",
                 .issuer = "Middle",
                 .key = 2,
                 .signed_by = 1,
                 .dns = {"www.example.com"},
                 .purposes = EXTENDED_KEY_USAGE_SERVER_AUTH | EXTENDED_KEY_USAGE_CLIENT_AUTH},
        .request = scene->request,
    };
}

bulla_cause usual_judge(const struct usual *usual, struct scene *scene) {
    scene->request = usual->request;
    scene_trust(scene, &usual->root);
    scene_send(scene, &usual->leaf);
    scene_send(scene, &usual->intermediate);
    return scene_judge(scene);
}

int scene_start(void **state) {
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL) {
        return -1;
    }
    scene->forge = calloc(1, sizeof *scene->forge);
    if (scene->forge == NULL) {
        free(scene);
        return -1;
    }
    forge_start(scene->forge);
    *state = scene;
    return 0;
}

int scene_stop(void **state) {
    struct scene *scene = *state;
    bulla_trust_free(scene->trust);
    forge_stop(scene->forge);
    free(scene->forge);
    free(scene);
    return 0;
}
