/* SPDX-License-Identifier: Apache-2.0 */
/* The table behind exceptions.h. The harness writes these texts into its context field. */
#include "limbo/exceptions.h"

const struct limbo_exception limbo_exceptions[] = {
    {"pathlen::validation-ignores-pathlen-in-leaf",
     "RFC 8446 4.4.2.2: the digitalSignature bit MUST be set if the Key Usage extension is "
     "present; "
     "this leaf has keyCertSign alone"},
    {"rfc5280::ca-as-leaf", "RFC 8446 4.4.2.2: the digitalSignature bit MUST be set if the Key "
                            "Usage extension is present; "
                            "this leaf has keyCertSign alone"},
};

const size_t num_limbo_exceptions = sizeof limbo_exceptions / sizeof *limbo_exceptions;
