/* SPDX-License-Identifier: Apache-2.0 */
/* A client's offer to resume, RFC 8446 4.2.11: which session, its pre_shared_key extension and the
 * binder over the hello, and what the server answers. (TLS 1.2's offer is a session_ticket or a
 * session id, which client_hello.c writes.) */
#include "tls/hello.h"

#include "crypto/hkdf.h"

static bool can_offer(const bulla_connection *connection, const struct session *session);
static void early_offer(bulla_connection *connection, const struct session *session);

void session_offer(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct resumption *resumption = &connection->handshake->resumption;
    if (resumption->session == NULL && connection->resumable != NULL &&
        connection->server_name_len != 0 && config->session_cache != NULL) {
        uint8_t key[32];
        session_cache_key(connection, key);
        resumption->session =
            session_cache_take(config->session_cache, key, config->clock(config->clock_context));
    }
    if (resumption->session != NULL && !can_offer(connection, resumption->session)) {
        session_free(resumption->session);
        resumption->session = NULL;
    }
    if (resumption->session != NULL) {
        early_offer(connection, resumption->session);
    }
}

void session_cache_key(const bulla_connection *connection, uint8_t *out) {
    struct hash hash;
    hash_start(&hash, HASH_SHA256);
    hash_update(&hash, BYTES_IN(connection->config->fingerprint));
    hash_update(&hash, bytes_of(connection->server_name, connection->server_name_len));
    hash_finish(&hash, out);
}

static bool can_offer(const bulla_connection *connection, const struct session *session) {
    return suite_is_configured(connection->config, session->suite) &&
           session_is_acceptable(connection, session);
}

static bool protocol_is_offered(const bulla_config *config, bulla_bytes protocol) {
    for (size_t i = 0; i < config->num_alpn; i++) {
        if (bytes_equal(protocol, bytes_of(config->alpn[i].name, config->alpn[i].len))) {
            return true;
        }
    }
    return protocol.len == 0;
}

/* Early data goes out under the session's own suite and protocol, RFC 8446 4.2.10. */
static void early_offer(bulla_connection *connection, const struct session *session) {
    uint32_t own_max = connection->config->early_data_max;
    if (session->version != BULLA_TLS_1_3 || session->early_data_max == 0 || own_max == 0 ||
        !protocol_is_offered(connection->config, session->alpn)) {
        return;
    }
    connection->early = early_new();
    if (connection->early != NULL) { /* without memory: none is sent */
        connection->early->state = BULLA_EARLY_DATA_OFFERED;
        connection->early->left =
            session->early_data_max < own_max ? session->early_data_max : own_max;
    }
}

static bool offers_psk(const struct session *session) {
    return session != NULL && session->version == BULLA_TLS_1_3;
}

void session_retry(bulla_connection *connection) {
    struct resumption *resumption = &connection->handshake->resumption;
    early_data_retry(connection);
    /* TLS 1.2's is the server's to pass over: the hello stays as it was, RFC 8446 4.1.2. */
    if (offers_psk(resumption->session) &&
        resumption->session->suite->hash != connection->suite->hash) {
        session_free(resumption->session);
        resumption->session = NULL;
    }
}

/* One identity and, as long as its hash, the binder's place: OfferedPsks, RFC 8446 4.2.11. */
void pre_shared_key_write(bulla_connection *connection, struct writer *body) {
    const struct session *session = connection->handshake->resumption.session;
    const bulla_config *config = connection->config;
    static const uint8_t zeros[HASH_LEN_MAX];
    int64_t age = config->clock(config->clock_context) - session->issued_at;
    /* A clock of whole seconds may be one ahead of the truth. Servers take what is too young,
     * within their window, and refuse early data of a ticket that is older than they can have made
     * it. */
    age -= age > 0;
    size_t list = writer_open(body, 2);
    writer_vector(body, 2, session->ticket);
    writer_u32(body, (uint32_t)age * 1000 + session->age_add); /* modulo 2^32, 4.2.11.1 */
    writer_close(body, list, 2);
    list = writer_open(body, 2);
    writer_vector(body, 1, bytes_of(zeros, hash_len(session->suite->hash)));
    writer_close(body, list, 2);
}

/* The binder is a MAC over all that was sent so far and this hello up to the binders, RFC 8446
 * 4.2.11.2; the last bytes of the body are its place. */
bulla_cause binders_fill_in(bulla_connection *connection, uint8_t *body, size_t len) {
    struct handshake *handshake = connection->handshake;
    const struct session *session = handshake->resumption.session;
    if (!offers_psk(session)) {
        return BULLA_OK;
    }
    enum hash_id hash = session->suite->hash;
    size_t binder_len = hash_len(hash), binders_len = 2 + 1 + binder_len;
    uint8_t header[HANDSHAKE_HEADER_LEN], digest[HASH_LEN_MAX];
    struct writer writer = writer_into(header, sizeof header);
    if (len < binders_len) {
        return BULLA_E_INTERNAL;
    }
    writer_u8(&writer, HANDSHAKE_CLIENT_HELLO);
    writer_u24(&writer, (uint32_t)len);
    struct hash running = transcript_fork(&handshake->transcript, hash);
    hash_update(&running, BYTES_IN(header));
    hash_update(&running, bytes_of(body, len - binders_len));
    hash_finish(&running, digest);

    early_secrets_derive(&handshake->early, hash, bytes_of(session->secret, binder_len));
    finished_verify_data(body + len - binder_len, hash, handshake->early.binder_key, digest);
    return BULLA_OK;
}

bulla_cause session_answer_receive(bulla_connection *connection,
                                   const struct extensions *extensions) {
    struct resumption *resumption = &connection->handshake->resumption;
    bulla_bytes data;
    uint16_t selected;
    if (!extension_get(extensions, EXTENSION_PRE_SHARED_KEY, &data)) {
        session_free(resumption->session);
        resumption->session = NULL;
        return BULLA_OK;
    }
    struct reader reader = reader_over(data);
    if (!reader_u16(&reader, &selected) || !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    if (selected != 0 || resumption->session == NULL ||
        resumption->session->suite->hash != connection->suite->hash) {
        return BULLA_E_PRE_SHARED_KEY_INVALID;
    }
    return session_adopt(connection, resumption->session);
}
