/* SPDX-License-Identifier: Apache-2.0 */
/* What one thread lends to all of its streams: the loop, the engine's workspace, and two buffers
 * that are free again whenever a stream's turn ends. */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "net/loop.h"
#include <bulla/connection.h>

enum {
    WORKER_INPUT_LEN = 32 * 1024,  /* what one stream may receive in one turn */
    WORKER_OUTPUT_LEN = 64 * 1024, /* what one stream may seal in one go */
};

struct worker {
    struct loop loop;
    bulla_workspace *workspace;
    uint8_t input[WORKER_INPUT_LEN];
    uint8_t output[WORKER_OUTPUT_LEN];
};

BULLA_MUST_CHECK bulla_cause worker_new(struct worker **out);
void worker_free(struct worker *worker);

#endif
