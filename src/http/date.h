/* SPDX-License-Identifier: Apache-2.0 */
/* Dates in HTTP fields, RFC 9110 5.6.7: the one form that is written and the two that once were. */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "base/bytes.h"

/* Parses into seconds since 1970. `now` tells which century a year of two digits belongs to. */
BULLA_MUST_CHECK bool http_date_parse(bulla_bytes text, int64_t now, int64_t *out);

#endif
