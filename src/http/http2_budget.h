/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTP/2 peer may make us do without getting anything done: credits that every frame costs,
 * a stream that is thrown away costs dearly (rapid reset, CVE-2023-44487; made-you-reset,
 * CVE-2025-8671), and that answered requests, sent data and time bring back. One budget for all
 * kinds of frames, as each kind has had its flood: PING, SETTINGS, empty DATA, RST_STREAM, PRIORITY
 * (CVE-2019-9511 to 9518), CONTINUATION (CVE-2024-27316 and its kin), WINDOW_UPDATE. */
#ifndef HTTP_HTTP2_BUDGET_H
#define HTTP_HTTP2_BUDGET_H

#include <bulla/bytes.h>
#include <stdbool.h>

enum {
    HTTP2_CREDITS_MAX = 4000,        /* to begin with, and never more */
    HTTP2_CREDITS_PER_SECOND = 20,   /* PINGs and window updates of a connection that lasts */
    HTTP2_COST_OF_FRAME = 1,         /* any of a known type: others do not move anything */
    HTTP2_COST_OF_LOST_STREAM = 20,  /* one that ended before its response was out */
    HTTP2_CREDITS_PER_RESPONSE = 10, /* one that went out whole */
    HTTP2_CREDITS_PER_DATA = 2,      /* a DATA frame sent: two window updates may answer it */
};

struct http2_budget {
    int64_t credits;
    int64_t filled_at; /* seconds */
};

struct http2_budget http2_budget_full(int64_t now);
/* False where there is not as much left: the connection has to end. */
BULLA_MUST_CHECK bool http2_budget_spend(struct http2_budget *budget, int64_t cost, int64_t now);
void http2_budget_earn(struct http2_budget *budget, int64_t credits);

#endif
