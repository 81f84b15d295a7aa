/* SPDX-License-Identifier: Apache-2.0 */
/* What the examples share: PEM files, judging a chain, a clock. What a program is to show stands in
 * the program itself. */
#ifndef COMMON_H
#define COMMON_H

#include <bulla/bulla.h>
#include <stdbool.h>

/* Ends the program with 3 and a sentence, unless `cause` is BULLA_OK. */
void must(bulla_cause cause, const char *what);
bulla_bytes text(const char *string);
/* Milliseconds of a clock that is never set. */
int64_t now_ms(void);

/* From PEM files, which must be there and good. */
bulla_trust *load_trust(const char *path);
bulla_credential *load_credential(const char *chain_path, const char *key_path);
/* A chain without its key, for looking at. */
bulla_credential *load_chain(const char *path);

/* The name that a server has to have: a host's, or an IP address, which is put into `ip`. */
bulla_name server_name(const char *host, uint8_t ip[16]);
/* For clients, and for looking: no name is asked for. */
bulla_name any_name(void);
/* Judges a chain (DER, the leaf first), with a report that says everything about it. */
bulla_cause judge(const bulla_bytes *chain, size_t num_chain, const bulla_trust *trust,
                  bulla_purpose purpose, bulla_name name, bulla_report *out);
/* The same at BULLA_EVENT_VERIFY, for what the peer has shown. */
bulla_cause judge_peer(const bulla_connection *connection, const bulla_trust *trust,
                       bulla_purpose purpose, bulla_name name, bulla_report *out);
/* The report's entry of the certificate that was sent as number `index`, 0 the leaf; or NULL. */
const bulla_report_entry *sent_entry(const bulla_report *report, int index);

#endif
