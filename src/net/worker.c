/* SPDX-License-Identifier: Apache-2.0 */
/* Making and dropping a worker; its buffers have held plaintext, so they are wiped. */
#include "net/worker.h"

#include <stdlib.h>

bulla_cause worker_new(struct worker **out) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    if (loop_init(&worker->loop)) {
        cause = bulla_workspace_new(&worker->workspace);
    }
    if (cause != BULLA_OK) {
        loop_free(&worker->loop);
        free(worker);
        return cause;
    }
    *out = worker;
    return BULLA_OK;
}

void worker_free(struct worker *worker) {
    if (worker != NULL) {
        bulla_workspace_free(worker->workspace);
        loop_free(&worker->loop);
        bytes_wipe_and_free(worker, sizeof *worker);
    }
}
