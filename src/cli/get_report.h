/* SPDX-License-Identifier: Apache-2.0 */
/* What `bulla get` says about a connection: the handshake when asked, the failure in three lines
 * (what failed, the evidence, the next step). All on stderr. */
#ifndef CLI_GET_REPORT_H
#define CLI_GET_REPORT_H

#include "cli/exit.h"
#include "http/client.h"

struct get_report {
    const char *url_text;
    const struct url *url;
    const bulla_trust *trust;
    bool verbose;
    bool shows_certificate; /* --cert was given */
    bool judged;            /* `chain` is filled in */
    bulla_report chain;
};

/* The callbacks of http_client_settings, with the report as their context. */
bulla_cause get_report_verify(void *context, const bulla_connection *connection);
void get_report_connected(void *context, const bulla_connection *connection);

/* Says what has to be said about the end, and chooses the exit code. */
enum exit_code get_report_end(const struct get_report *report,
                              const struct http_client_result *result);

#endif
