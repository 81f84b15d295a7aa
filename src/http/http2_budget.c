/* SPDX-License-Identifier: Apache-2.0 */
/* The credits of http2_budget.h. A clock that is set back brings none, one that is set forward at
 * most fills the budget. */
#include "http/http2_budget.h"

struct http2_budget http2_budget_full(int64_t now) {
    return (struct http2_budget){.credits = HTTP2_CREDITS_MAX, .filled_at = now};
}

bool http2_budget_spend(struct http2_budget *budget, int64_t cost, int64_t now) {
    int64_t passed = now > budget->filled_at ? now - budget->filled_at : 0;
    bool long_ago = passed > HTTP2_CREDITS_MAX / HTTP2_CREDITS_PER_SECOND;
    http2_budget_earn(budget, long_ago ? HTTP2_CREDITS_MAX : passed * HTTP2_CREDITS_PER_SECOND);
    budget->filled_at = now;
    budget->credits -= cost;
    return budget->credits >= 0;
}

void http2_budget_earn(struct http2_budget *budget, int64_t credits) {
    budget->credits += credits;
    budget->credits = budget->credits < HTTP2_CREDITS_MAX ? budget->credits : HTTP2_CREDITS_MAX;
}
