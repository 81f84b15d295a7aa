/* SPDX-License-Identifier: Apache-2.0 */
/* What `bulla explain` has found out, and the ways of showing it. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include "cli/exit.h"
#include "cli/explain_fetch.h"
#include "net/probe.h"

#include <stdio.h>

enum { EXPLAIN_TEXT_MAX = 1536 };

struct explanation {
    const char *target;         /* HOST:PORT or the first file, as it was typed */
    const struct address *peer; /* NULL: files were read */
    const bulla_verify_request *request;
    const struct probe_result *probe; /* of a server that was connected to; or NULL */
    const bulla_report *report;       /* of a chain that was judged; or NULL */
    const struct fetched *fetched;    /* with --fetch; or NULL */
    bool shows_certificate;           /* --cert was given */

    /* The finding: of all that can be wrong the one thing to mend first. */
    bulla_cause cause;
    const char *diagnosis; /* a stable word; "ok" where nothing is wrong */
    char says[EXPLAIN_TEXT_MAX];
    char evidence[EXPLAIN_TEXT_MAX];
    char fix[EXPLAIN_TEXT_MAX];
    char command[EXPLAIN_TEXT_MAX]; /* to be pasted into a shell; empty: none */
    enum exit_code code;
};

/* Fills in the finding from what was probed and judged. */
void explain_find(struct explanation *explanation);

/* A finding made elsewhere: a key that is not the certificate's. */
void explain_find_cause(struct explanation *explanation, bulla_cause cause, const char *evidence);

/* The command that goes with the diagnosis. Nothing that a certificate holds gets into it but what
 * no shell takes for more than letters. */
void explain_command(struct explanation *explanation);

/* The chain as a tree, each check, the paragraph. `utf8`: with box-drawing characters; `color`. */
void explain_print(const struct explanation *explanation, FILE *out, bool utf8, bool color);

/* The same as JSON; docs/explain.md says what is in it. False without memory. */
BULLA_MUST_CHECK bool explain_print_json(const struct explanation *explanation, FILE *out);

#endif
