/* SPDX-License-Identifier: Apache-2.0 */
/* Extension blocks, RFC 8446 section 4.2: which extension may stand in which message is one table,
 * and duplicates, misplaced and unsolicited ones are refused here, once. */
#ifndef TLS_EXTENSIONS_H
#define TLS_EXTENSIONS_H

#include "base/reader.h"
#include "base/writer.h"
#include "tls/protocol.h"
#include <bulla/error.h>

enum extension_place { /* the message letters of RFC 8446 4.2's table */
                       IN_CLIENT_HELLO = 1 << 0,
                       IN_SERVER_HELLO = 1 << 1,
                       IN_ENCRYPTED_EXTENSIONS = 1 << 2,
                       IN_CERTIFICATE = 1 << 3,
                       IN_CERTIFICATE_REQUEST = 1 << 4,
                       IN_NEW_SESSION_TICKET = 1 << 5,
                       IN_HELLO_RETRY_REQUEST = 1 << 6,
                       IN_SERVER_HELLO_12 = 1 << 7, /* TLS 1.2: each RFC says so itself */
};

enum { NUM_EXTENSIONS = 29 };

/* A parsed block: for each known extension whether it is there, and its extension_data. */
struct extensions {
    uint64_t present; /* bits by the table's index */
    bulla_bytes data[NUM_EXTENSIONS];
};

/* Begins an extension; writer_close(writer, mark, 2) ends it. */
BULLA_MUST_CHECK size_t extension_open(struct writer *writer, uint16_t type);

/* The bit of an extension type in `present` and in an `offered` set; 0 for an unknown one. */
uint64_t extension_bit(uint16_t type);

/* The extension's data, where it is there. */
bool extension_get(const struct extensions *extensions, uint16_t type, bulla_bytes *out);

/* Looks for one extension in a block that is not parsed yet: by supported_versions it is known by
 * whose rules to parse it. */
bool extensions_find(bulla_bytes block, uint16_t type, bulla_bytes *out);

/* Parses a block (without its own length field) of one message. `offered` is what the peer was
 * offered, for the messages that answer (ServerHello, EncryptedExtensions, Certificate,
 * HelloRetryRequest); it is not looked at for those that ask. */
BULLA_MUST_CHECK bulla_cause extensions_parse(struct extensions *out, bulla_bytes block,
                                              enum extension_place place, uint64_t offered);

/* Takes the block, length field included, off the end of a message, and parses it. */
BULLA_MUST_CHECK bulla_cause extensions_parse_last(struct extensions *out, struct reader *message,
                                                   enum extension_place place, uint64_t offered);

#endif
