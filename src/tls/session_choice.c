/* SPDX-License-Identifier: Apache-2.0 */
/* A server's choice among the sessions that a client offers: RFC 8446 4.2.11 for TLS 1.3, RFC 5077
 * 3.4 and RFC 5246 7.4.1.2 for 1.2. What cannot be opened, is too old, or whose peer would not be
 * accepted like this today is passed over in silence: a full handshake follows. Where the caller
 * keeps the sessions, it is asked for each. */
#include "tls/hello.h"
#include "tls/messages.h"

#include <stdlib.h>

static bulla_cause psk_receive(bulla_connection *connection, bulla_bytes data, bulla_bytes whole);
static bulla_cause psk_check(bulla_bytes identities, bulla_bytes binders);
static bool offers_psk_dhe(const struct extensions *extensions);
static bulla_cause offer_keep(struct resumption *resumption, bulla_bytes first, bulla_bytes second);
static bulla_cause look_at_next(bulla_connection *connection);
static bool next_identity(struct resumption *resumption, uint16_t version);
static bulla_cause look_up(bulla_connection *connection);
static bool fits(const bulla_connection *connection, const struct session *session);
static bulla_cause binder_check(const bulla_connection *connection);
static bool use_up(bulla_connection *connection);
static bulla_cause accept(bulla_connection *connection);

bool config_resumes(const bulla_config *config) {
    return config->ticket_keys != NULL || config->session_store != NULL ||
           (config->ask & BULLA_ASK_SESSION) != 0;
}

/* ------------------------------------------------------------------ what the hello says */

bulla_cause session_wish_receive(bulla_connection *connection, const struct client_hello *hello,
                                 bulla_bytes whole) {
    struct resumption *resumption = &connection->handshake->resumption;
    bulla_bytes data;
    free(resumption->offer); /* of a hello before a HelloRetryRequest */
    *resumption = (struct resumption){.settled = true};
    if (connection->version == BULLA_TLS_1_3) {
        connection->handshake->peer_offers_psk_dhe = offers_psk_dhe(&hello->extensions);
        if (!extension_get(&hello->extensions, EXTENSION_PRE_SHARED_KEY, &data)) {
            return BULLA_OK;
        }
        resumption->settled =
            !config_resumes(connection->config) || !connection->handshake->peer_offers_psk_dhe;
        return psk_receive(connection, data, whole);
    }
    bool has_ticket = extension_get(&hello->extensions, EXTENSION_SESSION_TICKET, &data);
    connection->handshake->ticket_promised = has_ticket && connection->resumable != NULL &&
                                             connection->extended_master_secret &&
                                             connection->config->session_store == NULL;
    bulla_bytes offer = has_ticket && data.len != 0 ? data : hello->session_id;
    resumption->settled = offer.len == 0 || !config_resumes(connection->config);
    return resumption->settled ? BULLA_OK : offer_keep(resumption, offer, bytes_of(NULL, 0));
}

static bulla_cause psk_receive(bulla_connection *connection, bulla_bytes data, bulla_bytes whole) {
    struct resumption *resumption = &connection->handshake->resumption;
    struct reader reader = reader_over(data);
    bulla_bytes identities, binders;
    if (!reader_vector16(&reader, &identities) || !reader_vector16(&reader, &binders) ||
        !reader_at_end(&reader)) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    bulla_cause cause = psk_check(identities, binders);
    if (cause != BULLA_OK || resumption->settled) {
        return cause; /* what nobody will look at is not kept */
    }
    /* The binders end the hello: nothing follows the last extension. */
    struct hash running =
        transcript_fork(&connection->handshake->transcript, connection->suite->hash);
    hash_update(&running, bytes_of(whole.data, whole.len - binders.len - 2));
    hash_finish(&running, resumption->binder_digest);
    return offer_keep(resumption, identities, binders);
}

/* As many binders as identities, each of a length that a hash may have. */
static bulla_cause psk_check(bulla_bytes identities, bulla_bytes binders) {
    struct reader identity_reader = reader_over(identities), binder_reader = reader_over(binders);
    bulla_bytes identity, binder;
    uint32_t age;
    if (identities.len == 0 || binders.len == 0) {
        return BULLA_E_EXTENSION_MALFORMED;
    }
    while (!reader_at_end(&identity_reader) && !reader_at_end(&binder_reader)) {
        if (!reader_vector16(&identity_reader, &identity) || identity.len == 0 ||
            !reader_u32(&identity_reader, &age) || !reader_vector8(&binder_reader, &binder) ||
            binder.len < 32) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
    }
    return reader_at_end(&identity_reader) && reader_at_end(&binder_reader)
               ? BULLA_OK
               : BULLA_E_PRE_SHARED_KEY_INVALID;
}

static bool offers_psk_dhe(const struct extensions *extensions) {
    bulla_bytes data, modes;
    if (!extension_get(extensions, EXTENSION_PSK_KEY_EXCHANGE_MODES, &data)) {
        return false;
    }
    struct reader reader = reader_over(data);
    return reader_vector8(&reader, &modes) && reader_at_end(&reader) && bytes_contain(modes, 1);
}

static bulla_cause offer_keep(struct resumption *resumption, bulla_bytes first,
                              bulla_bytes second) {
    uint8_t *offer = malloc(first.len + second.len);
    if (offer == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bytes_copy(offer, first.len, first);
    bytes_copy(offer + first.len, second.len, second);
    resumption->offer = offer;
    resumption->identities = bytes_of(offer, first.len);
    resumption->binders = bytes_of(offer + first.len, second.len);
    return BULLA_OK;
}

/* ------------------------------------------------------------------ the choice */

bulla_cause session_choose(bulla_connection *connection) {
    const struct resumption *resumption = &connection->handshake->resumption;
    while (!resumption->settled) {
        bulla_cause cause = look_at_next(connection);
        if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
            return cause;
        }
    }
    if (connection->version == BULLA_TLS_1_2) {
        return BULLA_OK;
    }
    /* A certificate is needed, and schemes to sign with: RFC 8446 4.2.3. */
    uint64_t schemes = extension_bit(EXTENSION_SIGNATURE_ALGORITHMS);
    return resumption->accepted || (connection->handshake->peer_extensions & schemes) != 0
               ? early_data_choose(connection)
               : BULLA_E_EXTENSION_MISSING;
}

static bulla_cause look_at_next(bulla_connection *connection) {
    struct resumption *resumption = &connection->handshake->resumption;
    if (!resumption->answered && !next_identity(resumption, connection->version)) {
        resumption->settled = true;
        return BULLA_OK;
    }
    bulla_cause cause = look_up(connection);
    if (cause != BULLA_OK || connection->waiting != WAITING_NOT) {
        return cause;
    }
    if (resumption->session != NULL && fits(connection, resumption->session)) {
        return accept(connection);
    }
    session_free(resumption->session);
    resumption->session = NULL;
    resumption->index++;
    return BULLA_OK;
}

/* The next identity and its binder; TLS 1.2 has one identity and no binder. */
static bool next_identity(struct resumption *resumption, uint16_t version) {
    struct reader identities = reader_over(resumption->identities);
    struct reader binders = reader_over(resumption->binders);
    if (version == BULLA_TLS_1_2) {
        resumption->identity = resumption->identities;
        resumption->identities = bytes_of(NULL, 0);
        return resumption->identity.len != 0;
    }
    if (resumption->index >= PSK_IDENTITIES_MAX ||
        !reader_vector16(&identities, &resumption->identity) ||
        !reader_u32(&identities, &resumption->ticket_age) ||
        !reader_vector8(&binders, &resumption->binder)) {
        return false;
    }
    resumption->identities = reader_rest(&identities);
    resumption->binders = reader_rest(&binders);
    return true;
}

/* Leaves the session of the identity that is looked at in resumption->session, where there is one.
 */
static bulla_cause look_up(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    struct resumption *resumption = &connection->handshake->resumption;
    bulla_bytes identity = resumption->identity, state;
    int64_t now = config->clock(config->clock_context);
    if ((config->ask & BULLA_ASK_SESSION) != 0) {
        connection->waiting = resumption->answered ? WAITING_NOT : WAITING_SESSION;
        resumption->answered = false;
        return BULLA_OK;
    }
    struct writer opened = writer_growing(SESSION_STATE_LEN_MAX);
    bool found =
        config->ticket_keys != NULL
            ? ticket_open(config->ticket_keys, connection->workspace->pool, now, identity, &opened)
            : identity.len == STORED_SESSION_ID_LEN &&
                  session_store_get(config->session_store, identity.data, now, false, &opened);
    bulla_cause cause = BULLA_OK;
    if (found && writer_finish(&opened, &state)) {
        cause = session_decode(&resumption->session, state);
        /* Of another version of this program: as good as unknown. */
        cause = cause == BULLA_E_SESSION_MALFORMED ? BULLA_OK : cause;
    }
    writer_free(&opened);
    return cause;
}

/* Besides what must hold on either side: the same hash (1.3) or suite (1.2), and protocol. */
static bool fits(const bulla_connection *connection, const struct session *session) {
    const struct alpn_protocol *alpn = connection->alpn;
    bulla_bytes protocol = alpn == NULL ? bytes_of(NULL, 0) : bytes_of(alpn->name, alpn->len);
    bool client_named =
        session->peer_authenticated || connection->config->client_auth != BULLA_CLIENT_AUTH_REQUIRE;
    if (session->version != connection->version || !client_named ||
        !bytes_equal(session->alpn, protocol) || !session_is_acceptable(connection, session)) {
        return false;
    }
    if (connection->version == BULLA_TLS_1_3) {
        return session->suite->hash == connection->suite->hash;
    }
    uint32_t bit = suite_bit(session->suite);
    return (connection->handshake->peer_suites & bit) != 0 &&
           suite_is_configured(connection->config, session->suite);
}

static bulla_cause accept(bulla_connection *connection) {
    struct resumption *resumption = &connection->handshake->resumption;
    const struct session *session = resumption->session;
    resumption->settled = true;
    if (connection->version == BULLA_TLS_1_3) {
        bulla_cause cause = binder_check(connection);
        if (cause == BULLA_OK && !use_up(connection)) {
            /* Another connection was faster: a full handshake. */
            session_free(resumption->session);
            resumption->session = NULL;
            return BULLA_OK;
        }
        return cause == BULLA_OK ? session_adopt(connection, session) : cause;
    }
    if (!connection->extended_master_secret) {
        return BULLA_E_EXTENDED_MASTER_SECRET_CHANGED; /* RFC 7627 5.3 */
    }
    connection->suite = session->suite;
    connection->group = group_find(session->group);
    transcript_choose(&connection->handshake->transcript, session->suite->hash);
    return session_adopt(connection, session);
}

/* A stored session is used once, RFC 8446 8.1; and only by who holds it, for anybody can see its
 * number. False where it is gone. */
static bool use_up(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    bulla_bytes identity = connection->handshake->resumption.identity;
    if (config->session_store == NULL) {
        return true;
    }
    struct writer used = writer_growing(SESSION_STATE_LEN_MAX);
    bool there = session_store_get(config->session_store, identity.data,
                                   config->clock(config->clock_context), true, &used);
    writer_free(&used);
    return there;
}

static bulla_cause binder_check(const bulla_connection *connection) {
    const struct resumption *resumption = &connection->handshake->resumption;
    struct early_secrets *early = &connection->handshake->early;
    enum hash_id hash = connection->suite->hash;
    uint8_t expected[HASH_LEN_MAX];
    early_secrets_derive(early, hash, bytes_of(resumption->session->secret, hash_len(hash)));
    finished_verify_data(expected, hash, early->binder_key, resumption->binder_digest);
    return resumption->binder.len == hash_len(hash) &&
                   bytes_equal_secret(resumption->binder.data, expected, hash_len(hash))
               ? BULLA_OK
               : BULLA_E_BINDER_INVALID;
}
