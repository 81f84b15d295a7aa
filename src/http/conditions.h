/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests and ranges, RFC 9110 13 and 14, judged on a response that is otherwise
 * decided: whoever answers only says what the entity tag and the last change are. */
#ifndef HTTP_CONDITIONS_H
#define HTTP_CONDITIONS_H

#include "http/response.h"

/* Turns a 200 with an entity tag into what the request's conditions and range make of it: 304, 412,
 * 206, 416, or the 200 that it was; adds ETag, Last-Modified and Accept-Ranges. Leaves every other
 * response alone. */
void http_conditions_apply(const struct http_head *request, int64_t now,
                           struct http_response *response);

#endif
