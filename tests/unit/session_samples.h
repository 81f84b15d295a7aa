/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions for tests, every field with a value of its own. */
#ifndef TESTS_UNIT_SESSION_SAMPLES_H
#define TESTS_UNIT_SESSION_SAMPLES_H

#include "tls/session.h"
#include <bulla/config.h>

enum { SAMPLE_TIME = 1800000000, SAMPLE_LIFETIME = 7200 };

/* A client's, whose ticket is `ticket`. */
static inline struct session sample_session_13(bulla_bytes ticket) {
    struct session session = {
        .version = BULLA_TLS_1_3,
        .suite = suite_find(BULLA_TLS_AES_256_GCM_SHA384),
        .group = BULLA_GROUP_X25519MLKEM768,
        .peer_signature_scheme = 0x0403,
        .extended_master_secret = true,
        .peer_authenticated = true,
        .authenticated_at = SAMPLE_TIME - 100,
        .valid_until = SAMPLE_TIME + 86400,
        .issued_at = SAMPLE_TIME,
        .lifetime = SAMPLE_LIFETIME,
        .age_add = 0x01020304,
        .early_data_max = 0x00004000,
        .alpn = BYTES_OF("h2"),
        .server_name = BYTES_OF("a.example"),
        .peer_leaf = BYTES_OF("a leaf"),
        .ticket = ticket,
    };
    for (size_t i = 0; i < 48; i++) { /* SHA-384's length */
        session.secret[i] = (uint8_t)(0xc0 + i);
    }
    for (size_t i = 0; i < JUDGEMENT_LEN; i++) {
        session.judgement[i] = (uint8_t)(0x40 + i);
    }
    return session;
}

static inline struct session sample_session_12(bulla_bytes ticket) {
    struct session session = sample_session_13(ticket);
    session.version = BULLA_TLS_1_2;
    session.suite = suite_find(BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    session.group = BULLA_GROUP_SECP256R1;
    session.peer_signature_scheme = 0x0401;
    session.early_data_max = 0;
    return session;
}

#endif
