/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate is wanted for, and the name that is looked for in it. */
#ifndef BULLA_CERTIFICATE_H
#define BULLA_CERTIFICATE_H

#include <bulla/error.h>

/* What a certificate is wanted for. */
typedef enum bulla_purpose {
    BULLA_PURPOSE_INVALID = 0,
    BULLA_PURPOSE_SERVER_AUTH, /* it names a TLS server */
    BULLA_PURPOSE_CLIENT_AUTH, /* it names a TLS client */
    /* The same two, of an X509-SVID: the SPIFFE rules hold besides (exactly one URI SAN, a SPIFFE
     * ID with a path, no CA, keyUsage critical with digitalSignature alone). */
    BULLA_PURPOSE_SVID_SERVER,
    BULLA_PURPOSE_SVID_CLIENT,
} bulla_purpose;

/* A name to look for, RFC 9525: matched against the subjectAltName alone, never the CN. */
typedef enum bulla_name_kind {
    BULLA_NAME_INVALID = 0, /* never matches: a forgotten name does not skip the check */
    BULLA_NAME_NONE,        /* no name is looked for; for client certificates */
    BULLA_NAME_DNS,         /* A-labels, no trailing dot needed */
    BULLA_NAME_IP,          /* 4 or 16 raw bytes */
    BULLA_NAME_URI,         /* exact, such as spiffe://td/path */
} bulla_name_kind;

typedef struct bulla_name {
    bulla_name_kind kind;
    bulla_bytes value;
} bulla_name;

#endif
