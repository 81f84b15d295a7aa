/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle of roots, about as mixed as those that systems ship. */
#ifndef BENCH_ROOTS_H
#define BENCH_ROOTS_H

#include <bulla/bytes.h>
#include <stdbool.h>

/* Writes `num_roots` certificates as PEM; roots_free() it either way. Says why where it fails. */
BULLA_MUST_CHECK bool roots_make(bulla_bytes *out_pem, size_t num_roots);
void roots_free(bulla_bytes *pem);

#endif
