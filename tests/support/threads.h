/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads that do the same at once. What they find goes into atomics, and is asserted once
 * they have all come back: cmocka belongs to one thread. */
#ifndef TESTS_SUPPORT_THREADS_H
#define TESTS_SUPPORT_THREADS_H

#include "support/check.h"

#include <pthread.h>

enum { NUM_THREADS = 8 };

/* Runs `body(argument)` in NUM_THREADS threads and waits for all of them. */
static inline void run_threads(void *(*body)(void *), void *argument) {
    pthread_t threads[NUM_THREADS];
    for (size_t i = 0; i < NUM_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, body, argument), 0);
    }
    for (size_t i = 0; i < NUM_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

#endif
