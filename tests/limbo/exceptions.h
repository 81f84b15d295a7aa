/* SPDX-License-Identifier: Apache-2.0 */
/* The limbo cases in which we differ from the expected result, each with the text that makes our
 * answer the right one. docs/x509.md lists the same ones. */
#ifndef TESTS_LIMBO_EXCEPTIONS_H
#define TESTS_LIMBO_EXCEPTIONS_H

#include <stddef.h>

struct limbo_exception {
    const char *id, *text;
};

extern const struct limbo_exception limbo_exceptions[];
extern const size_t num_limbo_exceptions;

#endif
