/* SPDX-License-Identifier: Apache-2.0 */
/* The two pages of a server that has no folder to give: what the connection is, and who the client
 * is. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include "http/session.h"
#include <bulla/connection.h>

/* `/`: version, suite, group, server name and resumption of `connection`. `/api/secure`: the
 * verified client certificate's CN, organisation, names and serial; 401 without one. */
void site_answer(const bulla_connection *connection, bulla_bytes path, struct http_response *out);

#endif
