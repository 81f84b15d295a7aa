/* SPDX-License-Identifier: Apache-2.0 */
/* How the program ends: its exit codes, and the form of its complaints.
 *
 * Trouble with a file, an option or the system is one line that ends in the fix. A connection that
 * failed is three: what failed (with the cause's stable name), the evidence, the next step. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

#include <bulla/error.h>

enum exit_code {
    EXIT_OK = 0,
    EXIT_FINDING = 1, /* it ran, and what it found is not good */
    EXIT_USAGE = 2,   /* options, files */
    EXIT_CANNOT_CONNECT = 3,
    EXIT_UNTRUSTED = 4,
    EXIT_EXPIRED = 5,
    EXIT_REVOKED = 6,
    EXIT_PIN = 7,
    EXIT_POLICY_DENIED = 8,
};

/* "bulla VERB: ..." on stderr, one line; `code` comes back for `return`. */
__attribute__((format(printf, 3, 4))) enum exit_code
exit_with(enum exit_code code, const char *verb, const char *format, ...);

/* The code for a connection that failed: the certificate's fault, the peer's policy, or none of
 * these. `alert_received` counts where the cause is BULLA_E_ALERT_RECEIVED. */
enum exit_code exit_code_of(bulla_cause cause, unsigned alert_received);

#endif
