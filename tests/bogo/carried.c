/* SPDX-License-Identifier: Apache-2.0 */
/* See carried.h. A shim that is to be asynchronous keeps sessions and judges early data by itself,
 * as a store and a strike register that several processes share would. */
#include "carried.h"

#include <stdlib.h>
#include <string.h>

enum {
    STORE_SESSIONS_MAX = 64,
    STRIKES_MAX = 64,
    STRIKE_WINDOW = 60, /* seconds; the runner's ticket ages may be wrong by as much */
    TICKET_PERIOD = 604800,
};

static bool wants_ids(const struct options *options);

/* A server of BoringSSL's has tickets and session ids at once. Ours has one or the other: ids where
 * the runner asks for them and, to have both tested, where it wants the shim asynchronous. */
bool carried_init(struct carried *out, const struct options options[NUM_OPTIONS]) {
    const struct options *first = &options[OPTIONS_INITIAL];
    bulla_cause cause = BULLA_OK;
    *out = (struct carried){0};
    if (!first->is_server) {
        return true;
    }
    if (!wants_ids(first)) {
        cause = bulla_ticket_keys_new(&out->ticket_keys, TICKET_PERIOD);
    } else if (first->byte_by_byte) {
        out->outside = true;
    } else {
        cause = bulla_session_store_new(&out->store, STORE_SESSIONS_MAX);
    }
    if (cause == BULLA_OK && options[OPTIONS_RESUMED].enable_early_data && !first->byte_by_byte) {
        cause = bulla_strike_register_new(&out->strikes, STRIKE_WINDOW, STRIKES_MAX);
    }
    if (cause != BULLA_OK) {
        carried_free(out);
    }
    return cause == BULLA_OK;
}

static bool wants_ids(const struct options *options) {
    return options->session_ids || (options->byte_by_byte && !options->no_session_ids) ||
           (options->no_tickets && options->num_resumptions != 0);
}

void carried_free(struct carried *carried) {
    bulla_ticket_keys_free(carried->ticket_keys);
    bulla_session_store_free(carried->store);
    bulla_strike_register_free(carried->strikes);
    bulla_credential_free(carried->credential);
    carried_forget(carried);
    *carried = (struct carried){0};
}

bool carried_keep(struct carried *carried, bulla_bytes id, bulla_bytes state) {
    if (id.len == 0) {
        carried_forget(carried);
    }
    if (carried->num_sessions == CARRIED_SESSIONS_MAX || id.len > CARRIED_ID_LEN_MAX ||
        state.len == 0) {
        return false;
    }
    struct carried_session *session = &carried->sessions[carried->num_sessions];
    session->state = malloc(state.len);
    if (session->state == NULL) {
        return false;
    }
    memcpy(session->state, state.data, state.len);
    session->state_len = state.len;
    session->id_len = id.len;
    if (id.len != 0) {
        memcpy(session->id, id.data, id.len);
    }
    carried->num_sessions++;
    return true;
}

bulla_bytes carried_find(const struct carried *carried, bulla_bytes id) {
    for (size_t i = 0; i < carried->num_sessions; i++) {
        const struct carried_session *session = &carried->sessions[i];
        if (session->id_len == id.len &&
            (id.len == 0 || memcmp(session->id, id.data, id.len) == 0)) {
            return (bulla_bytes){session->state, session->state_len};
        }
    }
    return (bulla_bytes){NULL, 0};
}

void carried_forget(struct carried *carried) {
    for (size_t i = 0; i < carried->num_sessions; i++) {
        free(carried->sessions[i].state);
    }
    carried->num_sessions = 0;
}
