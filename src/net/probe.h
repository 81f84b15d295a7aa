/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a server without using it: one handshake, its chain, how it ends. Never sends
 * application data. Called by `bulla explain` and `bulla pin`. */
#ifndef NET_PROBE_H
#define NET_PROBE_H

#include "net/address.h"
#include <bulla/connection.h>

enum probe_outcome {
    PROBE_INVALID = 0,
    PROBE_DONE,           /* the handshake was done, and nothing was said against our part in it */
    PROBE_RESOLVE_FAILED, /* `system_error` is getaddrinfo()'s */
    PROBE_CONNECT_FAILED, /* `system_error` is an errno */
    PROBE_TLS_FAILED,     /* `cause`, `alert_received` */
    PROBE_TIMEOUT,
    PROBE_SOCKET_ERROR, /* `system_error` is an errno */
};

/* What a port speaks that does not speak TLS. */
enum probe_plain {
    PROBE_PLAIN_UNKNOWN = 0,
    PROBE_PLAIN_HTTP,
    PROBE_PLAIN_POSTGRESQL,     /* TLS after an SSLRequest */
    PROBE_PLAIN_POSTGRESQL_OFF, /* without TLS */
};

struct probe_result {
    enum probe_outcome outcome;
    int system_error;
    bulla_cause cause;
    unsigned alert_received;
    bool silent; /* not one byte came */
    bool handshake_done;
    bool certificate_requested;
    uint16_t version, suite, group, signature_scheme; /* 0 until negotiated */
    char address[ADDRESS_TEXT_LEN];                   /* the one that was connected to, or empty */
    bulla_bytes chain[BULLA_CHAIN_LEN_MAX];           /* views into `bytes` */
    size_t num_chain;
    bulla_bytes ocsp_response; /* stapled; empty: none */
    uint8_t *bytes;
};

struct probe_settings {
    const struct address *address;
    const char *name;             /* to ask for (SNI); NULL: the address's host */
    bulla_credential *credential; /* to show where the server asks; NULL: none */
    int64_t timeout_ms;           /* to connect, and again to shake hands */
    /* Judges what is in the result so far; what it refuses ends the handshake with its alert.
     * Nothing of ours is shown to a server that was refused. */
    bulla_cause (*judge)(void *context, const struct probe_result *result);
    void *context;
};

/* Blocks until it is over. probe_free() the result, whatever the outcome. */
void probe_run(struct probe_result *out, const struct probe_settings *settings);
void probe_free(struct probe_result *result);

/* Asks a port that did not answer in TLS what it speaks: PostgreSQL's SSLRequest, then HTTP's
 * OPTIONS *, which both ask for nothing. */
enum probe_plain probe_plain(const struct address *address, int64_t timeout_ms);

#endif
