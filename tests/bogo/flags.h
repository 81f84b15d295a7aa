/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's flags, as a table. */
#ifndef BOGO_FLAGS_H
#define BOGO_FLAGS_H

#include "options.h"

enum flag_kind {
    FLAG_INVALID = 0,
    FLAG_SET,        /* a bool */
    FLAG_NUMBER,     /* an unsigned long */
    FLAG_TEXT,       /* a const char * */
    FLAG_LIST,       /* a struct number_list, one value for each time */
    FLAG_CREDENTIAL, /* begins another credential */
    FLAG_CHAIN,      /* of the credential begun last */
    FLAG_KEY,
    FLAG_STAPLE,
    FLAG_SIGNING,
    FLAG_PASS, /* of no matter here */
    FLAG_PASS_VALUE,
};

struct flag {
    const char *name;
    enum flag_kind kind;
    size_t offset; /* of the field in struct options */
};

/* NULL for a flag that is unknown. */
const struct flag *flag_find(const char *name);
bool flag_takes_value(const struct flag *flag);
bool flag_is_of_credential(const struct flag *flag);

#endif
