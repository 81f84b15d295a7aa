/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections there may be, in all and from one address; shared by all workers.
 *
 * An address is an IPv4 address or an IPv6 network of 64 bits, which is what one peer is given. */
#ifndef NET_ADMISSION_H
#define NET_ADMISSION_H

#include "base/bytes.h"
#include <bulla/error.h>

#include <sys/socket.h>

enum {
    ADMISSION_CONNECTIONS_DEFAULT = 1024,
    ADMISSION_PER_ADDRESS_DEFAULT = 256,
    ADMISSION_KEY_LEN = 9,
};

/* Whom a connection counts for. */
struct admission_key {
    uint8_t bytes[ADMISSION_KEY_LEN]; /* the family, then the address's first 8 bytes */
    bool counted;                     /* false for peers without an address: Unix sockets */
};

struct admission;

/* Both limits: 1 to a million. */
BULLA_MUST_CHECK bulla_cause admission_new(struct admission **out, size_t connections_max,
                                           size_t per_address_max);
void admission_free(struct admission *admission);

struct admission_key admission_key_of(const struct sockaddr *peer);

/* Takes one of the places, for a connection that may come; false where none is left. */
BULLA_MUST_CHECK bool admission_reserve(struct admission *admission);
/* Gives the place back: no connection came, or it was not let in. */
void admission_return(struct admission *admission);

enum admission_verdict {
    ADMISSION_INVALID = 0,
    ADMISSION_LET_IN,
    ADMISSION_REFUSED,       /* this address has all of its connections */
    ADMISSION_REFUSED_FIRST, /* likewise, and none was refused since it had room: worth a word */
    ADMISSION_NO_MEMORY,
};

/* Counts a connection that has a place; only ADMISSION_LET_IN is to be left. */
BULLA_MUST_CHECK enum admission_verdict admission_enter(struct admission *admission,
                                                        const struct admission_key *key);
/* Forgets the connection and gives its place back. */
void admission_leave(struct admission *admission, const struct admission_key *key);

size_t admission_num_connections(const struct admission *admission);

#endif
