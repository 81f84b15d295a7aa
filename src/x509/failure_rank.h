/* SPDX-License-Identifier: Apache-2.0 */
/* Which of a path's failures is its headline. */
#ifndef X509_FAILURE_RANK_H
#define X509_FAILURE_RANK_H

#include <bulla/error.h>

/* Of two failures the one that ranks higher says more of what is to be mended. */
unsigned failure_rank(bulla_cause cause);

#endif
