/* SPDX-License-Identifier: Apache-2.0 */
/* Several workers, each with a thread of its own; the first one's is the caller's. */
#ifndef NET_CREW_H
#define NET_CREW_H

#include "net/worker.h"

enum { CREW_WORKERS_MAX = 256 };

struct crew;

/* As many as the machine has processors for us: what a crew is made of by default. */
size_t crew_num_default(void);

/* `num_workers`: 1 to CREW_WORKERS_MAX. */
BULLA_MUST_CHECK bulla_cause crew_new(struct crew **out, size_t num_workers);
size_t crew_num(const struct crew *crew);
struct worker *crew_worker(const struct crew *crew, size_t index);

/* Runs every worker's loop until all of them have run out; the caller's goes on until then. False
 * with errno set where the system gives no thread: nothing has run then. */
BULLA_MUST_CHECK bool crew_run(struct crew *crew);

/* After crew_run() has returned. */
void crew_free(struct crew *crew);

#endif
