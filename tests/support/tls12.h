/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of TLS 1.2 have in common: credentials of every kind, pairs that speak no other
 * version, and hands in what is on the wire. Include after check.h. */
#ifndef TESTS_SUPPORT_TLS12_H
#define TESTS_SUPPORT_TLS12_H

#include "engine/expect.h"

/* A group's setup and teardown: one CA, and a credential of every kind of key. */
int tls12_make(void **state);
int tls12_drop(void **state);
bulla_credential *tls12_credential(enum key_kind kind);

struct setup client_setup(void);
/* KEY_KIND_INVALID: no credential. */
struct setup server_setup(enum key_kind kind);
void open_with(struct pair *pair, const struct setup *client, const struct setup *server);
void open_default(struct pair *pair);

/* One end takes all there is for it, and what it answers is on its way. */
void turn(struct end *end, struct end *other);
/* Data goes both ways. */
void talk(struct pair *pair);

/* The first handshake message of that type among the plaintext records on their way to `end`,
 * header included; it has to stand in one record. */
uint8_t *message_find(const struct end *end, enum handshake_type type, size_t *out_len);
/* Replaces what is on its way by one record. */
void replace_inbox(struct end *end, enum content_type type, bulla_bytes content);
/* Sends what an honest end never would, under its present key. */
void send_raw(struct end *from, struct end *to, enum content_type type, bulla_bytes content);

/* The ClientHello that a client of this setup sends, in parts; free `out_wire`. */
struct forged_hello hello_of(const struct setup *setup, bulla_bytes *out_wire);

/* A client whose ClientHello lacks an extension (0: none) and has one suite more (0: none). */
struct altered_client {
    bulla_bytes wire;
    struct writer hello;
    uint8_t suites[64];
    struct replay_message replay;
    struct setup setup;
};

void altered_make(struct altered_client *out, uint16_t dropped, uint16_t suite);
void altered_free(struct altered_client *altered);

#endif
