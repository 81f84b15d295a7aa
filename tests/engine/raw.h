/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that writes what it likes: hellos out of their parts, records with any header, and
 * records under the very key that the victim reads with. */
#ifndef ENGINE_RAW_H
#define ENGINE_RAW_H

#include "engine/pair.h"

/* Bytes for a victim, in the order of sending. */
void raw_record(struct writer *out, unsigned type, uint16_t version, bulla_bytes fragment);
/* Sealed as the victim's next record; its key moves on only when it reads it, so `num_before` is
 * how many sealed records wait before this one. */
void raw_sealed(struct writer *out, const struct end *victim, unsigned num_before, unsigned type,
                bulla_bytes content, size_t num_padding);
/* Opens the first sealed record of `flight`, adds `extra` to its content, and seals it again as the
 * victim's next; other records of the flight are left out. */
void raw_extended(struct writer *out, const struct end *victim, bulla_bytes flight,
                  bulla_bytes extra);
/* A handshake message: type, length, body. */
void raw_message(struct writer *out, unsigned type, bulla_bytes body);

/* A hello in parts. Extensions are kept in the order in which they were set. */
enum { FORGED_EXTENSIONS_MAX = 100 };

struct forged_extension {
    uint16_t type;
    bulla_bytes data;
};

struct forged_hello {
    uint16_t legacy_version;
    bulla_bytes random, session_id;
    bulla_bytes cipher_suites; /* a ClientHello's list, or a ServerHello's one, two bytes */
    bulla_bytes compression;   /* a ClientHello's list, or a ServerHello's one byte */
    struct forged_extension extensions[FORGED_EXTENSIONS_MAX];
    size_t num_extensions;
    bool without_extensions; /* not even an empty block */
    bulla_bytes trailing;    /* after the end */
};

/* A ClientHello that a server with the default config answers: every suite, X25519 with a share,
 * every signature scheme. */
struct forged_hello forged_client_hello(void);
/* The ServerHello, or HelloRetryRequest for secp256r1, that answers the ClientHello which `client`
 * has in its output. */
struct forged_hello forged_server_hello(const struct end *client);
struct forged_hello forged_retry(const struct end *client);

/* Replaces the extension's data, or adds it at the end. */
void forged_set(struct forged_hello *hello, uint16_t type, bulla_bytes data);
/* Adds one, also a second time. */
void forged_add(struct forged_hello *hello, uint16_t type, bulla_bytes data);
void forged_drop(struct forged_hello *hello, uint16_t type);
bulla_bytes forged_get(const struct forged_hello *hello, uint16_t type);

/* The message, header included. */
void forged_write(const struct forged_hello *hello, enum handshake_type type, struct writer *out);

/* Takes the ClientHello that is in a client's output apart; views into that output. */
struct forged_hello raw_read_client_hello(bulla_bytes output);

/* The description of the last alert among the records of `output`, which `keys` (a copy from
 * before it was written) open where they are sealed; -1 where there is none. */
int raw_last_alert(bulla_bytes output, const struct record_keys *keys);

#endif
