/* SPDX-License-Identifier: Apache-2.0 */
/* The handshakes' legal order once more: RFC 8446 appendix A, and RFC 5246 7.3 with RFC 5077 3.1,
 * drawn from the RFCs' figures and not from the engine's tables, which tests hold against this.
 * Include after check.h. */
#ifndef TESTS_SUPPORT_FIGURES_H
#define TESTS_SUPPORT_FIGURES_H

#include "tls/states.h"

/* The facts that decide where a figure's arrow forks. */
struct facts {
    bool retry;       /* the message is, or has to be answered with, a HelloRetryRequest */
    bool asked;       /* "Client auth": there is a CertificateRequest */
    bool credential;  /* the brackets of [+ CertificateVerify] */
    bool certificate; /* the peer's Certificate is not "empty" */
    bool resumed;     /* "Using PSK"; TLS 1.2: the abbreviated handshake */
    bool early;       /* "0-RTT" */
    bool ticket;      /* TLS 1.2: the ServerHello has a SessionTicket extension */
    bool status;      /* TLS 1.2: and status_request */
};

enum { NUM_FACTS = 256, SENDS_LEN_MAX = 256, STEPS_MAX = 16, NUM_TYPES = 257 };

/* One of the four tables. */
struct table {
    bulla_role role;
    uint16_t version;
};

enum { NUM_TABLES = 4 };

extern const struct table tables[NUM_TABLES];

bool facts_hold(const char *text, size_t len, struct facts facts);
struct facts facts_of(unsigned bits);
/* Whether all of them can be true of one handshake. */
bool facts_go_together(struct table table, struct facts facts);

/* One arrow: "Recv X" leads on only with that message, all else is walked without waiting. `when`
 * names the fact that the arrow is drawn for, '!' its contrary. In `sends` a message may carry the
 * facts under which it is sent, which are the figure's brackets. */
struct arrow {
    const char *from;
    const char *receives;
    const char *when;
    const char *sends;
    const char *to;
};

/* Ends with a row of NULLs. */
const struct arrow *figure_of(struct table table);
unsigned type_of(const char *name);

/* Where a message leads: the next place in which the peer is waited for, and what is sent on the
 * way there. The states between, ours and the RFC's alike, vanish. */
struct walk {
    bool legal;
    char to[32];
    char sends[SENDS_LEN_MAX];
};

void walk_to(struct walk *walk, const char *state);
void walk_sends(struct walk *walk, const char *messages, struct facts facts);
/* The RFC's way. `type` is -1 for the beginning, before any message. */
struct walk figure_walk(const struct arrow *figure, const char *from, int type, struct facts facts);

#endif
