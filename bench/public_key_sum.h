/* SPDX-License-Identifier: Apache-2.0 */
/* The public-key operations that one side of a handshake can't do without, and nothing else: the
 * floor that its time is compared with. */
#ifndef BENCH_PUBLIC_KEY_SUM_H
#define BENCH_PUBLIC_KEY_SUM_H

#include "peer.h"

struct public_key_sum;

/* Who proves who they are: the server alone, both, or (where a session goes on) nobody. */
enum proofs { PROOF_OF_SERVER, PROOF_OF_BOTH, PROOF_OF_NOBODY };

/* NULL on failure, after a line on stderr. */
struct public_key_sum *public_key_sum_new(const struct chains *chains, enum proofs proofs);
void public_key_sum_free(struct public_key_sum *sum);

/* One handshake's worth of `side`. */
BULLA_MUST_CHECK bool public_key_sum_run(struct public_key_sum *sum, enum side side);

/* The signatures of one chain alone, a leaf's and an intermediate's. */
BULLA_MUST_CHECK bool public_key_sum_run_chain(struct public_key_sum *sum);

#endif
