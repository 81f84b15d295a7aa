/* SPDX-License-Identifier: Apache-2.0 */
/* What both sides have in common when a session is taken up again, and when one is kept for later.
 * A session is never better than its peer's standing today: what does not hold any more leads to a
 * full handshake, which judges the peer anew. */
#include "tls/credential_choice.h"
#include "tls/hello.h"

#include <stdlib.h>

static const bulla_credential *credential_shown(const bulla_connection *connection);
static bool parameters_are_configured(const bulla_config *config, const struct session *session);
static bool scheme_is_configured(const bulla_config *config, uint16_t code);
static bool group_is_configured(const bulla_config *config, uint16_t code);

bool session_is_acceptable(const bulla_connection *connection, const struct session *session) {
    const bulla_config *config = connection->config;
    int64_t now = config->clock(config->clock_context);
    uint32_t lifetime_max =
        connection->role == BULLA_SERVER ? config->ticket_lifetime : TICKET_LIFETIME_MAX;
    bulla_bytes name = connection->role == BULLA_CLIENT || !connection->server_name_is_address
                           ? bytes_of(connection->server_name, connection->server_name_len)
                           : bytes_of(NULL, 0);
    if (!parameters_are_configured(config, session) ||
        !session_is_alive(session, lifetime_max, now)) {
        return false;
    }
    uint8_t judgement[JUDGEMENT_LEN];
    session_judgement(connection, judgement);
    return bytes_equal(BYTES_IN(session->judgement), BYTES_IN(judgement)) &&
           bytes_equal(session->server_name, name);
}

void session_judgement(const bulla_connection *connection, uint8_t *out) {
    judgement_of(connection->config, credential_shown(connection), out);
}

void judgement_of(const bulla_config *config, const bulla_credential *shown, uint8_t *out) {
    struct hash hash;
    if (shown == NULL) {
        bytes_copy(out, JUDGEMENT_LEN, BYTES_IN(config->judgement));
        return;
    }
    hash_start(&hash, HASH_SHA256);
    hash_update(&hash, BYTES_IN(config->judgement));
    hash_update(&hash, BYTES_IN(shown->names_digest));
    hash_finish(&hash, out);
}

/* What a server shows in a full handshake, or would show instead of resuming. A caller that chooses
 * is not asked before a session is taken up: its configs have judgements of their own. */
static const bulla_credential *credential_shown(const bulla_connection *connection) {
    if (connection->role == BULLA_CLIENT || (connection->config->ask & BULLA_ASK_CREDENTIAL) != 0) {
        return NULL;
    }
    const bulla_credential *chosen = connection->handshake->credential;
    return chosen != NULL ? chosen : credential_by_name(connection);
}

/* What the session rests on, and would not be negotiated today, is not taken over from it: the
 * version, the scheme that the peer proved itself by, and of TLS 1.2 the group of its master secret
 * (TLS 1.3 exchanges keys again). The suite is looked at by whoever knows what is offered. */
static bool parameters_are_configured(const bulla_config *config, const struct session *session) {
    return session->version >= config->version_min && session->version <= config->version_max &&
           session->extended_master_secret &&
           (session->peer_signature_scheme == 0 ||
            scheme_is_configured(config, session->peer_signature_scheme)) &&
           (session->version == BULLA_TLS_1_3 || group_is_configured(config, session->group));
}

static bool scheme_is_configured(const bulla_config *config, uint16_t code) {
    for (size_t i = 0; i < config->num_schemes; i++) {
        if (config->schemes[i]->code == code) {
            return true;
        }
    }
    return false;
}

static bool group_is_configured(const bulla_config *config, uint16_t code) {
    for (size_t i = 0; i < config->num_groups; i++) {
        if (config->groups[i]->code == code) {
            return true;
        }
    }
    return false;
}

bulla_cause session_adopt(bulla_connection *connection, const struct session *session) {
    struct handshake *handshake = connection->handshake;
    if (session->peer_leaf.len != 0) {
        connection->peer_leaf = bytes_duplicate(session->peer_leaf);
        if (connection->peer_leaf == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        connection->peer_leaf_len = (uint32_t)session->peer_leaf.len;
    }
    /* A binder has proven a client of TLS 1.3. All others, who may just have seen a ticket, do so
     * with their Finished: enter(). */
    connection->peer_authenticated = session->peer_authenticated &&
                                     connection->role == BULLA_SERVER &&
                                     connection->version == BULLA_TLS_1_3;
    connection->peer_signature_scheme = session->peer_signature_scheme;
    connection->resumed = true;
    handshake->resumption.accepted = true;
    handshake->certificate_asked = false; /* RFC 8446 4.3.2: never beside a PSK */
    handshake->authenticated_at = session->authenticated_at;
    handshake->valid_until = session->valid_until;
    return BULLA_OK;
}

/* ------------------------------------------------------------------ for later */

bulla_cause resumable_begin(bulla_connection *connection) {
    const bulla_config *config = connection->config;
    /* Who is shown is part of a session: a caller that chooses it anew each time keeps its own. */
    bool caches = config->session_cache != NULL && (config->ask & BULLA_ASK_CREDENTIAL) == 0;
    bool wanted = connection->role == BULLA_CLIENT ? caches : config_resumes(config);
    if (!wanted && (config->ask & BULLA_ASK_SESSION) == 0) {
        return BULLA_OK;
    }
    connection->resumable = calloc(1, sizeof *connection->resumable);
    if (connection->resumable == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    /* Until a peer is judged: nobody was shown, and that does not end. */
    connection->handshake->authenticated_at = config->clock(config->clock_context);
    connection->handshake->valid_until = INT64_MAX;
    return BULLA_OK;
}

static void news_free(struct session_news *news) {
    writer_free(&news->state);
    bytes_wipe_and_free(news, sizeof *news);
}

void resumable_end(bulla_connection *connection) {
    struct resumable *resumable = connection->resumable;
    if (resumable == NULL) {
        return;
    }
    while (resumable->news != NULL) {
        struct session_news *next = resumable->news->next;
        news_free(resumable->news);
        resumable->news = next;
    }
    bytes_wipe_and_free(resumable, sizeof *resumable);
    connection->resumable = NULL;
}

/* What the caller judged is only worth something as long as its own standards have a name. */
bool resumable_holds(const bulla_connection *connection) {
    const bulla_config *config = connection->config;
    bool judged_here = (config->ask & BULLA_ASK_VERIFY) == 0 || config->judgement_identity_len != 0;
    bool shown = connection->peer_leaf_len != 0 ||
                 (connection->handshake != NULL && connection->handshake->num_certificates != 0);
    return connection->resumable != NULL && (judged_here || !shown);
}

bulla_cause session_news_add(bulla_connection *connection, const struct session *session,
                             const uint8_t *id) {
    struct session_news **last = &connection->resumable->news;
    struct session_news *news = calloc(1, sizeof *news);
    if (news == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    news->lifetime = session->lifetime;
    news->state = writer_growing(SESSION_STATE_LEN_MAX);
    if (id != NULL) {
        bytes_copy(news->id, sizeof news->id, bytes_of(id, STORED_SESSION_ID_LEN));
    }
    bulla_cause cause = session_encode(session, &news->state);
    if (cause != BULLA_OK) {
        news_free(news);
        return cause;
    }
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = news;
    return BULLA_OK;
}

const struct session_news *session_news_next(bulla_connection *connection) {
    struct resumable *resumable = connection->resumable;
    if (resumable == NULL || resumable->news == NULL) {
        return NULL;
    }
    if (resumable->news->told) {
        struct session_news *told = resumable->news;
        resumable->news = told->next;
        news_free(told);
    }
    if (resumable->news != NULL) {
        resumable->news->told = true;
    }
    return resumable->news;
}
