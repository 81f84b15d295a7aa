/* SPDX-License-Identifier: Apache-2.0 */
/* The table from causes and alerts to exit codes. */
#include "cli/exit.h"

#include <stdarg.h>
#include <stdio.h>

static enum exit_code code_of_alert(unsigned alert);

enum exit_code exit_with(enum exit_code code, const char *verb, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "bulla %s: ", verb);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

enum exit_code exit_code_of(bulla_cause cause, unsigned alert_received) {
    if (cause == BULLA_OK) {
        return EXIT_OK;
    }
    if (cause == BULLA_E_ALERT_RECEIVED) {
        return code_of_alert(alert_received);
    }
    if (cause == BULLA_E_CERT_EXPIRED) {
        return EXIT_EXPIRED;
    }
    if (cause == BULLA_E_CERT_REVOKED) {
        return EXIT_REVOKED;
    }
    if (cause >= BULLA_E_PIN_MALFORMED && cause <= BULLA_E_PIN_MISMATCH) {
        return EXIT_PIN;
    }
    if ((cause >= BULLA_E_CERT_MALFORMED && cause <= BULLA_E_CERT_SPIFFE_ID_INVALID) ||
        cause == BULLA_E_SIGNATURE_INVALID || cause == BULLA_E_CHAIN_REFUSED) {
        return EXIT_UNTRUSTED;
    }
    return cause == BULLA_E_TRUNCATED ? EXIT_FINDING : EXIT_CANNOT_CONNECT;
}

/* What the peer thinks of us, RFC 8446 6.2. */
static enum exit_code code_of_alert(unsigned alert) {
    switch (alert) {
    case BULLA_ALERT_BAD_CERTIFICATE:
    case BULLA_ALERT_UNSUPPORTED_CERTIFICATE:
    case BULLA_ALERT_CERTIFICATE_UNKNOWN:
    case BULLA_ALERT_UNKNOWN_CA:
        return EXIT_UNTRUSTED;
    case BULLA_ALERT_CERTIFICATE_EXPIRED:
        return EXIT_EXPIRED;
    case BULLA_ALERT_CERTIFICATE_REVOKED:
        return EXIT_REVOKED;
    case BULLA_ALERT_CERTIFICATE_REQUIRED:
    case BULLA_ALERT_ACCESS_DENIED:
        return EXIT_POLICY_DENIED;
    default:
        return EXIT_CANNOT_CONNECT;
    }
}
