/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a request is for and what it asks for: the request target and Host, RFC 9112 3.2. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "http/message.h"

/* Checks the target of `head` and its Host against each other and sets `head->path`. */
BULLA_MUST_CHECK bool http_target_check(struct http_head *head, struct http_problem *out_problem);

#endif
