/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of TLS 1.2 and 1.3: code points (RFC 8446 appendix B, RFC 5246 appendix A) and every
 * limit that the engine keeps, each with its source. */
#ifndef TLS_PROTOCOL_H
#define TLS_PROTOCOL_H

#include "base/bytes.h"

enum content_type { /* RFC 8446 B.1 */
                    CONTENT_INVALID = 0,
                    CONTENT_CHANGE_CIPHER_SPEC = 20,
                    CONTENT_ALERT = 21,
                    CONTENT_HANDSHAKE = 22,
                    CONTENT_APPLICATION_DATA = 23,
};

enum alert_level { ALERT_WARNING = 1, ALERT_FATAL = 2 }; /* RFC 5246 7.2 */

enum handshake_type { /* RFC 8446 B.3, RFC 5246 A.4, RFC 6066 8, RFC 8879 4 */
                      HANDSHAKE_HELLO_REQUEST = 0,
                      HANDSHAKE_CLIENT_HELLO = 1,
                      HANDSHAKE_SERVER_HELLO = 2,
                      HANDSHAKE_NEW_SESSION_TICKET = 4,
                      HANDSHAKE_END_OF_EARLY_DATA = 5,
                      HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
                      HANDSHAKE_CERTIFICATE = 11,
                      HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
                      HANDSHAKE_CERTIFICATE_REQUEST = 13,
                      HANDSHAKE_SERVER_HELLO_DONE = 14,
                      HANDSHAKE_CERTIFICATE_VERIFY = 15,
                      HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
                      HANDSHAKE_FINISHED = 20,
                      HANDSHAKE_CERTIFICATE_STATUS = 22,
                      HANDSHAKE_KEY_UPDATE = 24,
                      HANDSHAKE_COMPRESSED_CERTIFICATE = 25,
                      HANDSHAKE_MESSAGE_HASH = 254,
                      /* Not on the wire: TLS 1.2's ChangeCipherSpec has a place in the order of
                       * messages (RFC 5246 7.1), and "no message" is an edge of our own. */
                      HANDSHAKE_CHANGE_CIPHER_SPEC = 256,
                      HANDSHAKE_NONE = 257,
};

enum extension_type { /* RFC 8446 4.2 and the IANA registry */
                      EXTENSION_SERVER_NAME = 0,
                      EXTENSION_MAX_FRAGMENT_LENGTH = 1,
                      EXTENSION_STATUS_REQUEST = 5,
                      EXTENSION_SUPPORTED_GROUPS = 10,
                      EXTENSION_EC_POINT_FORMATS = 11,
                      EXTENSION_SIGNATURE_ALGORITHMS = 13,
                      EXTENSION_USE_SRTP = 14,
                      EXTENSION_HEARTBEAT = 15,
                      EXTENSION_ALPN = 16,
                      EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP = 18,
                      EXTENSION_CLIENT_CERTIFICATE_TYPE = 19,
                      EXTENSION_SERVER_CERTIFICATE_TYPE = 20,
                      EXTENSION_PADDING = 21,
                      EXTENSION_ENCRYPT_THEN_MAC = 22,
                      EXTENSION_EXTENDED_MASTER_SECRET = 23,
                      EXTENSION_COMPRESS_CERTIFICATE = 27,
                      EXTENSION_RECORD_SIZE_LIMIT = 28,
                      EXTENSION_SESSION_TICKET = 35,
                      EXTENSION_PRE_SHARED_KEY = 41,
                      EXTENSION_EARLY_DATA = 42,
                      EXTENSION_SUPPORTED_VERSIONS = 43,
                      EXTENSION_COOKIE = 44,
                      EXTENSION_PSK_KEY_EXCHANGE_MODES = 45,
                      EXTENSION_CERTIFICATE_AUTHORITIES = 47,
                      EXTENSION_OID_FILTERS = 48,
                      EXTENSION_POST_HANDSHAKE_AUTH = 49,
                      EXTENSION_SIGNATURE_ALGORITHMS_CERT = 50,
                      EXTENSION_KEY_SHARE = 51,
                      EXTENSION_RENEGOTIATION_INFO = 0xff01,
};

enum {
    LEGACY_VERSION = 0x0303,        /* RFC 8446 4.1.2, 5.1 */
    LEGACY_RECORD_VERSION = 0x0301, /* of a first ClientHello's record, RFC 8446 5.1 */

    SUITE_EMPTY_RENEGOTIATION_INFO = 0x00ff, /* RFC 5746 3.3: signals, not suites */
    SUITE_FALLBACK = 0x5600,                 /* RFC 7507 2 */

    RANDOM_LEN = 32,
    SESSION_ID_LEN_MAX = 32,
    SERVER_NAME_LEN_MAX = 255, /* a DNS name's, RFC 1035 2.3.4 */

    RECORD_HEADER_LEN = 5,
    RECORD_PLAINTEXT_LEN_MAX = 1 << 14,                             /* RFC 8446 5.1 */
    RECORD_CIPHERTEXT_LEN_MAX = RECORD_PLAINTEXT_LEN_MAX + 256,     /* RFC 8446 5.2 */
    RECORD_CIPHERTEXT_12_LEN_MAX = RECORD_PLAINTEXT_LEN_MAX + 2048, /* RFC 5246 6.2.3 */
    RECORD_INNER_PLAINTEXT_LEN_MAX = RECORD_PLAINTEXT_LEN_MAX + 1,  /* RFC 8446 5.4 */
    RECORD_OVERHEAD = RECORD_HEADER_LEN + 1 + 16 /* header, content type, tag */,
    HANDSHAKE_HEADER_LEN = 4,

    /* AES-GCM keeps its margin up to 2^24.5 full records (RFC 8446 5.5): the key is updated well
     * before. */
    RECORDS_PER_KEY_MAX = 1 << 24,
    /* TLS 1.2 can't update a key. The attacker's advantage grows with the square of what a key
     * protected, and is 2^-57 at 2^24.5 full records (RFC 8446 5.5): this leaves 2^-50 at the
     * worst, after 4 TiB. What is left then is a new connection (RFC 9325 4.4). */
    RECORDS_12_MAX = 1 << 28,

    /* What a peer may make us hold or do. BoringSSL and rustls draw the lines for chains at 64 KiB
     * and above; a ClientHello with every post-quantum share stays below 16 KiB. */
    CERTIFICATE_MESSAGE_LEN_MAX = 1 << 16,
    HELLO_LEN_MAX = 1 << 16,
    OTHER_MESSAGE_LEN_MAX = 1 << 14,
    NEW_SESSION_TICKET_LEN_MAX = 1 << 17, /* ticket<1..2^16-1> and its extensions */
    AUTHORITIES_LEN_MAX = 1 << 14,        /* of names that we send: a private CA has a few, and
                                           * what has hundreds says nothing to a client */
    EXTENSIONS_MAX = 64,                  /* twice what the IANA registry makes plausible */
    EMPTY_RECORDS_MAX = 32,               /* in a row, as BoringSSL */
    WARNING_ALERTS_MAX = 4,               /* in a row, as BoringSSL */
    POST_HANDSHAKE_MESSAGES_MAX = 32,     /* without data between them, as BoringSSL's KeyUpdates */
    EARLY_DATA_SKIPPED_MAX = 1 << 14,     /* ciphertext that nobody invited, as BoringSSL */
    EARLY_DATA_LEN_MAX = 1 << 20,         /* of a config's limit */
    TICKET_LIFETIME_MAX = 604800,         /* seconds, RFC 8446 4.6.1 */
    TICKETS_MAX = 8,                      /* that a server sends after one handshake */
    PSK_IDENTITIES_MAX = 8,               /* of a ClientHello that are looked at */
    COMPATIBILITY_CCS_MAX = 32,           /* change_cipher_spec records in one handshake */
};

#endif
