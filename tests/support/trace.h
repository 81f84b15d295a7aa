/* SPDX-License-Identifier: Apache-2.0 */
/* The traces of RFC 8448 and what stands in them; tests/vectors/rfc8448 has their octets, named by
 * the RFC's own headings. */
#ifndef TESTS_SUPPORT_TRACE_H
#define TESTS_SUPPORT_TRACE_H

#include "support/vectors.h"

#include <stdint.h>

/* What is particular to a trace. */
struct trace {
    const char *path;
    const char *client_keys[2]; /* names of the private keys that each side draws, in order */
    const char *server_key;
    uint16_t groups[2]; /* the client's; the server has the last of them alone */
    size_t num_groups;
    bool client_authenticates;
    const struct trace *resumes; /* the trace that its session comes from; NULL: none */
};

extern const struct trace trace_simple;        /* section 3 */
extern const struct trace trace_resumed;       /* section 4 */
extern const struct trace trace_retried;       /* section 5 */
extern const struct trace trace_authenticated; /* section 6 */
extern const struct trace trace_compatible;    /* section 7 */

/* A NewSessionTicket, RFC 8446 4.6.1. */
struct trace_ticket {
    uint32_t lifetime, age_add, early_data_max;
    bulla_bytes nonce, ticket;
};
/* The one of a trace that has one. */
struct trace_ticket trace_ticket_read(const struct vectors *vectors);
/* The one certificate of a side's Certificate message. */
bulla_bytes trace_certificate(const struct vectors *vectors, const char *side);
/* The scheme of a side's CertificateVerify, and its signature. */
uint16_t trace_signature(const struct vectors *vectors, const char *side, bulla_bytes *out);
/* The nth ClientHello (from 0) as it was sent: of a resumed trace, with its binder. */
bulla_bytes trace_client_hello(const struct vectors *vectors, size_t nth);
/* The random of either hello. */
bulla_bytes trace_random(bulla_bytes hello);

#endif
