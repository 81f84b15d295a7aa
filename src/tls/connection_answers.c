/* SPDX-License-Identifier: Apache-2.0 */
/* The decisions that a connection asks of its caller, and their answers: which credential, sign
 * these bytes, judge this chain, what was stored under this id, was this early data seen. And what
 * the caller hands in or takes out of resumption by itself. See bulla/connection.h. */
#include "tls/credential_choice.h"
#include "tls/hello.h"

static bulla_cause expect(const bulla_connection *connection, enum waiting waiting) {
    return connection->waiting == waiting ? BULLA_OK : BULLA_E_API_MISUSE;
}

bulla_cause bulla_connection_signing(const bulla_connection *connection, bulla_signing *out) {
    bulla_cause cause = expect(connection, WAITING_SIGN);
    if (cause == BULLA_OK) {
        const struct handshake *handshake = connection->handshake;
        out->credential = handshake->credential;
        out->scheme = handshake->scheme->code;
        out->message = handshake->to_sign;
    }
    return cause;
}

bulla_cause bulla_connection_answer_signature(bulla_connection *connection, bulla_bytes signature) {
    bulla_cause cause = expect(connection, WAITING_SIGN);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (signature.len == 0 || signature.len > SIGNATURE_LEN_MAX) {
        return connection_fail(connection, BULLA_E_SIGNING_FAILED);
    }
    connection->handshake->signature = bytes_duplicate(signature);
    connection->handshake->signature_len = signature.len;
    if (connection->handshake->signature == NULL) {
        return connection_fail(connection, BULLA_E_OUT_OF_MEMORY);
    }
    connection->waiting = WAITING_NOT;
    return BULLA_OK;
}

bulla_cause bulla_connection_answer_verify(bulla_connection *connection, bulla_cause verdict) {
    bulla_cause cause = expect(connection, WAITING_VERIFY);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (verdict != BULLA_OK) {
        bool known = verdict > BULLA_OK && verdict < BULLA_NUM_CAUSES;
        (void)connection_fail(connection, known ? verdict : BULLA_E_CHAIN_REFUSED);
        return BULLA_OK;
    }
    connection->handshake->verify_answered = true;
    connection->waiting = WAITING_NOT;
    return BULLA_OK;
}

bulla_cause bulla_connection_credential_fits(const bulla_connection *connection,
                                             const bulla_credential *credential) {
    bulla_cause cause = expect(connection, WAITING_CREDENTIAL);
    return cause == BULLA_OK ? credential_fits(connection, credential) : cause;
}

bulla_cause bulla_connection_answer_credential(bulla_connection *connection,
                                               bulla_credential *credential) {
    bulla_cause cause = expect(connection, WAITING_CREDENTIAL);
    if (cause != BULLA_OK) {
        return cause;
    }
    connection->handshake->credential =
        credential == NULL ? NULL : bulla_credential_ref(credential);
    connection->handshake->credential_chosen = true;
    connection->waiting = WAITING_NOT;
    return BULLA_OK;
}

/* ------------------------------------------------------------------ sessions */

bulla_cause bulla_connection_session(const bulla_connection *connection, bulla_session_view *out) {
    const struct resumable *resumable = connection->resumable;
    if (connection->waiting == WAITING_SESSION) {
        *out = (bulla_session_view){.id = connection->handshake->resumption.identity};
        return BULLA_OK;
    }
    if (resumable == NULL || resumable->news == NULL || !resumable->news->told) {
        return BULLA_E_API_MISUSE;
    }
    const struct session_news *news = resumable->news;
    *out = (bulla_session_view){
        .id = connection->role == BULLA_SERVER ? BYTES_IN(news->id) : bytes_of(NULL, 0),
        .state = bytes_of(news->state.buffer, news->state.len),
        .lifetime = news->lifetime,
    };
    return BULLA_OK;
}

bulla_cause bulla_connection_answer_session(bulla_connection *connection, bulla_bytes state) {
    bulla_cause cause = expect(connection, WAITING_SESSION);
    if (cause != BULLA_OK) {
        return cause;
    }
    struct resumption *resumption = &connection->handshake->resumption;
    if (state.len != 0) {
        cause = session_decode(&resumption->session, state);
        if (cause != BULLA_OK && cause != BULLA_E_SESSION_MALFORMED) {
            return connection_fail(connection, cause);
        }
    }
    /* A state that another version wrote is one that is not known; the caller hears of it. */
    resumption->answered = true;
    connection->waiting = WAITING_NOT;
    return cause;
}

bulla_cause bulla_connection_resume(bulla_connection *connection, bulla_bytes state) {
    struct session *session;
    if (connection->role != BULLA_CLIENT || connection->state != STATE_START ||
        connection->resumable == NULL || connection->handshake->resumption.session != NULL) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = session_decode(&session, state);
    if (cause != BULLA_OK) {
        return cause;
    }
    if (session->ticket.len == 0 || !suite_is_configured(connection->config, session->suite) ||
        !session_is_acceptable(connection, session)) {
        session_free(session);
        return BULLA_E_SESSION_UNUSABLE;
    }
    connection->handshake->resumption.session = session;
    return BULLA_OK;
}

bulla_cause bulla_connection_strike(const bulla_connection *connection, uint8_t out[32],
                                    uint32_t *out_window) {
    bulla_cause cause = expect(connection, WAITING_STRIKE);
    if (cause == BULLA_OK) {
        early_data_unique(connection, out);
        /* As far on either side of the ticket's age as early data is taken, RFC 8446 8.2. */
        *out_window = 2 * early_data_window(connection->config) + 1;
    }
    return cause;
}

bulla_cause bulla_connection_answer_strike(bulla_connection *connection, int is_new) {
    bulla_cause cause = expect(connection, WAITING_STRIKE);
    if (cause == BULLA_OK) {
        connection->handshake->resumption.strike_answered = true;
        connection->handshake->resumption.strike_is_new = is_new != 0;
        connection->waiting = WAITING_NOT;
    }
    return cause;
}

bulla_bytes bulla_connection_early_data_refused(const bulla_connection *connection) {
    const struct early *early = connection->early;
    return connection->state != STATE_CONNECTED || early == NULL
               ? bytes_of(NULL, 0)
               : bytes_of(early->copy.buffer, early->copy.len);
}
