/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of lock.h over POSIX. An initialised mutex that cannot be taken or given back was
 * overwritten or is not one: whatever it guards can't be trusted, so the process ends. */
#include "base/lock.h"

#include <stdlib.h>

bool lock_init(struct lock *lock) {
    return pthread_mutex_init(&lock->mutex, NULL) == 0;
}

void lock_destroy(struct lock *lock) {
    (void)pthread_mutex_destroy(&lock->mutex);
}

void lock_take(struct lock *lock) {
    if (pthread_mutex_lock(&lock->mutex) != 0) {
        abort();
    }
}

void lock_release(struct lock *lock) {
    if (pthread_mutex_unlock(&lock->mutex) != 0) {
        abort();
    }
}
