/* SPDX-License-Identifier: Apache-2.0 */
/* See decisions.h. */
#include "simulation/decisions.h"

#include "simulation/oracle.h"
#include "simulation/randomness.h"

#include <stdlib.h>

enum { WIRE_LEN_MAX = 1 << 20, CAPRICE_ONCE_IN = 30, UNSURE_ONCE_IN = 10 };

static bulla_cause answer_verify(struct caller *caller);
static bulla_cause answer_credential(struct caller *caller);
static bulla_cause answer_signature(struct caller *caller);
static bulla_cause answer_session(struct caller *caller);
static bulla_cause answer_strike(struct caller *caller);

void caller_open(struct caller *caller, struct end *end) {
    struct episode *episode = caller->episode;
    bulla_config *config = episode_config(episode, caller->side, caller->member);
    bulla_workspace *workspace = episode->world->workspace;
    bulla_bytes name = bytes_of_text(episode->wishes[CLIENT].name);
    *end = (struct end){.holds = true,
                        .inbox = writer_growing(WIRE_LEN_MAX),
                        .received = writer_growing(WIRE_LEN_MAX),
                        .early = writer_growing(WIRE_LEN_MAX),
                        .state = writer_growing(WIRE_LEN_MAX)};
    caller->end = end;
    bulla_cause cause = caller->side == CLIENT
                            ? bulla_connection_new_client(&end->connection, config, workspace, name)
                            : bulla_connection_new_server(&end->connection, config, workspace);
    must(cause == BULLA_OK, bulla_cause_about(cause)->name);
}

void caller_close(struct caller *caller) {
    struct end *end = caller->end;
    bulla_connection_free(end->connection);
    writer_free(&end->inbox);
    writer_free(&end->received);
    writer_free(&end->early);
    writer_free(&end->state);
}

static void hear(struct caller *caller, bulla_bytes data) {
    struct end *end = caller->end;
    bool early = end->last == BULLA_EVENT_EARLY_DATA;
    episode_require(caller->episode, (end->last == BULLA_EVENT_DATA || early) == (data.len != 0),
                    "data and its event do not come together");
    writer_bytes(early ? &end->early : &end->received, data);
    if (end->last == BULLA_EVENT_SESSION) {
        episode_keep(caller->episode, caller->side, end->connection);
    }
    if (end->last == BULLA_EVENT_HANDSHAKE_DONE) {
        writer_bytes(&end->state, bulla_connection_early_data_refused(end->connection));
    }
}

void caller_receive(struct caller *caller, size_t max) {
    struct end *end = caller->end;
    size_t len = end_waiting(end) < max ? end_waiting(end) : max;
    uint8_t *block = NULL;
    if (len != 0) {
        block = bytes_duplicate(bytes_of(end->inbox.buffer + end->inbox_start, len));
        must(block != NULL, "memory");
    }
    bulla_input input = {.bytes = block, .len = len};
    bulla_bytes data = bytes_of(NULL, 0);
    bool more = true;
    end->started = true;
    randomness_reseed(seeded_next(&caller->episode->seeded));
    while (more) {
        end->last = bulla_connection_receive(end->connection, &input, &data);
        end->events[end->last]++;
        hear(caller, data);
        more = end->last == BULLA_EVENT_DATA || end->last == BULLA_EVENT_EARLY_DATA ||
               end->last == BULLA_EVENT_HANDSHAKE_DONE || end->last == BULLA_EVENT_SESSION;
    }
    end->inbox_start += len - input.len;
    if (end_waiting(end) == 0) {
        end->inbox.len = 0;
        end->inbox_start = 0;
    }
    free(block);
}

bool caller_answer(struct caller *caller) {
    static bulla_cause (*const answers[BULLA_EVENT_FAILED + 1])(struct caller * caller) = {
        [BULLA_EVENT_VERIFY] = answer_verify,  [BULLA_EVENT_CREDENTIAL] = answer_credential,
        [BULLA_EVENT_SIGN] = answer_signature, [BULLA_EVENT_SESSION_LOOKUP] = answer_session,
        [BULLA_EVENT_STRIKE] = answer_strike,
    };
    struct end *end = caller->end;
    if (answers[end->last] == NULL || end_failure(end) != BULLA_OK) {
        return false; /* nothing was asked, or it was closed while it asked */
    }
    episode_require(caller->episode, answers[end->last](caller) == BULLA_OK,
                    "an answer was not taken");
    caller->episode->tally->counts[COUNT_ANSWERS]++;
    caller_receive(caller, 0);
    return true;
}

/* Whether to say no for no reason. */
static bool caprice(struct caller *caller) {
    bool against = caller->capricious && seeded_once_in(&caller->episode->seeded, CAPRICE_ONCE_IN);
    caller->was_against = caller->was_against || against;
    return against;
}

static bulla_cause answer_verify(struct caller *caller) {
    struct episode *episode = caller->episode;
    const struct world *world = episode->world;
    bulla_connection *connection = caller->end->connection;
    int64_t now = episode->clocks[caller->side];
    int found = world_find(world, bulla_connection_peer_certificate(connection, 0));
    bulla_cause verdict =
        found == -1 || caprice(caller)
            ? BULLA_E_CHAIN_REFUSED
            : oracle_accepts(&episode->wishes[caller->side], &world->shown[found], now, now);
    return bulla_connection_answer_verify(connection, verdict);
}

static bulla_cause answer_credential(struct caller *caller) {
    const struct episode *episode = caller->episode;
    const struct shown *shown = oracle_answer(episode->world, &episode->wishes[caller->side]);
    return bulla_connection_answer_credential(
        caller->end->connection, shown == NULL || caprice(caller) ? NULL : shown->credential);
}

static bulla_cause answer_signature(struct caller *caller) {
    const struct world *world = caller->episode->world;
    uint8_t signature[SIGNATURE_LEN_MAX];
    bulla_signing signing;
    size_t len = 0;
    int i = 0;
    if (bulla_connection_signing(caller->end->connection, &signing) != BULLA_OK) {
        return BULLA_E_INTERNAL;
    }
    while (world->shown[i].credential != signing.credential) {
        i++;
    }
    const struct signature_scheme *scheme = signature_scheme_find(signing.scheme);
    randomness_reseed(seeded_next(&caller->episode->seeded));
    bulla_cause cause = private_key_sign(&world->keys[i], scheme->kind, scheme->hash,
                                         signing.message, signature, &len);
    if (caprice(caller)) {
        signature[len / 2] ^= 1;
    }
    return cause == BULLA_OK ? bulla_connection_answer_signature(caller->end->connection,
                                                                 bytes_of(signature, len))
                             : cause;
}

static bulla_cause answer_session(struct caller *caller) {
    struct episode *episode = caller->episode;
    bulla_connection *connection = caller->end->connection;
    bulla_session_view view;
    bulla_bytes state = bytes_of(NULL, 0);
    if (bulla_connection_session(connection, &view) != BULLA_OK) {
        return BULLA_E_INTERNAL;
    }
    if (seeded_once_in(&episode->seeded, UNSURE_ONCE_IN)) {
        caller->was_unsure = true;
    } else {
        state = episode_state(episode, view.id);
    }
    return bulla_connection_answer_session(connection, state);
}

static bulla_cause answer_strike(struct caller *caller) {
    uint8_t unique[32];
    uint32_t window;
    if (bulla_connection_strike(caller->end->connection, unique, &window) != BULLA_OK ||
        window == 0) {
        return BULLA_E_INTERNAL;
    }
    return bulla_connection_answer_strike(caller->end->connection,
                                          episode_strike(caller->episode, caller->member, unique));
}
