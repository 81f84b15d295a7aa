/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for what threads share and change: held for a few instructions, never across a system
 * call, a cipher or a callback. The library starts no thread; it only endures them. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <bulla/bytes.h>
#include <pthread.h>
#include <stdbool.h>

struct lock {
    pthread_mutex_t mutex;
};

/* False where the system has no more of them. */
BULLA_MUST_CHECK bool lock_init(struct lock *lock);
void lock_destroy(struct lock *lock);

/* Not recursive: to take what one holds already is a programmer's error. */
void lock_take(struct lock *lock);
void lock_release(struct lock *lock);

#endif
