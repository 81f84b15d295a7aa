/* SPDX-License-Identifier: Apache-2.0 */
/* A session: copied, written as bytes and read back, and asked whether it still holds.
 *
 * Its bytes, all numbers big-endian:
 *
 *     uint16 format;                  SESSION_FORMAT
 *     uint16 version, suite, group, peer_signature_scheme;
 *     uint8  flags;                   bits of enum flag, the others 0
 *     opaque secret[n];               n is the suite's hash's length; TLS 1.2: 48
 *     uint64 authenticated_at, valid_until, issued_at;
 *     uint32 lifetime, age_add, early_data_max;
 *     opaque judgement[32];
 *     opaque alpn<0..2^8-1>, server_name<0..2^8-1>, peer_leaf<0..2^24-1>, ticket<0..2^16-1>;
 *
 * There is one way to write a session, and nothing is written that would not be read: what has the
 * wrong length, an unknown code point or parts that contradict each other is no session. Refused is
 * also what another format's version wrote: a full handshake costs less than guessing. The bytes
 * hold a secret; whoever carries them (a ticket, a store, a caller) keeps them so. */
#include "tls/session.h"

#include "base/reader.h"
#include "tls/config.h"

#include <stdlib.h>

enum { SESSION_FORMAT = 0x0101, MASTER_SECRET_LEN = 48 };

enum flag {
    FLAG_EXTENDED_MASTER_SECRET = 1 << 0,
    FLAG_PEER_AUTHENTICATED = 1 << 1,
    FLAG_TICKET_IS_ID = 1 << 2,
    FLAGS_ALL = (1 << 3) - 1,
};

static bool is_sound(const struct session *session);
static bool parameters_are_sound(const struct session *session);
static bool peer_is_sound(const struct session *session);
static bool ticket_is_sound(const struct session *session);
static bool lengths_are_sound(const struct session *session);
static size_t secret_len(const struct session *session);
static size_t encoded_len(const struct session *session);
static bulla_bytes keep(struct session *session, size_t *used, bulla_bytes bytes);
static bool read_session(struct reader *reader, struct session *out);
static bool read_parameters(struct reader *reader, struct session *out);
static bool read_times(struct reader *reader, struct session *out);
static bool read_time(struct reader *reader, int64_t *out);
static uint8_t flags_of(const struct session *session);

bulla_cause session_new(struct session **out, const struct session *plan) {
    if (!lengths_are_sound(plan)) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    struct session *session = malloc(sizeof *session);
    if (session == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    *session = *plan;
    session->memory_len =
        plan->alpn.len + plan->server_name.len + plan->peer_leaf.len + plan->ticket.len;
    session->memory = malloc(session->memory_len == 0 ? 1 : session->memory_len);
    if (session->memory == NULL) {
        session_free(session);
        return BULLA_E_OUT_OF_MEMORY;
    }
    size_t used = 0;
    session->alpn = keep(session, &used, plan->alpn);
    session->server_name = keep(session, &used, plan->server_name);
    session->peer_leaf = keep(session, &used, plan->peer_leaf);
    session->ticket = keep(session, &used, plan->ticket);
    *out = session;
    return BULLA_OK;
}

void session_free(struct session *session) {
    if (session != NULL) {
        bytes_wipe_and_free(session->memory, session->memory_len);
        bytes_wipe_and_free(session, sizeof *session);
    }
}

bulla_cause session_encode(const struct session *session, struct writer *out) {
    bulla_bytes written;
    if (!is_sound(session) || encoded_len(session) > SESSION_STATE_LEN_MAX) {
        return BULLA_E_SESSION_UNUSABLE;
    }
    writer_u16(out, SESSION_FORMAT);
    writer_u16(out, session->version);
    writer_u16(out, session->suite->code);
    writer_u16(out, session->group);
    writer_u16(out, session->peer_signature_scheme);
    writer_u8(out, flags_of(session));
    writer_bytes(out, bytes_of(session->secret, secret_len(session)));
    writer_u64(out, (uint64_t)session->authenticated_at);
    writer_u64(out, (uint64_t)session->valid_until);
    writer_u64(out, (uint64_t)session->issued_at);
    writer_u32(out, session->lifetime);
    writer_u32(out, session->age_add);
    writer_u32(out, session->early_data_max);
    writer_bytes(out, BYTES_IN(session->judgement));
    writer_vector(out, 1, session->alpn);
    writer_vector(out, 1, session->server_name);
    writer_vector(out, 3, session->peer_leaf);
    writer_vector(out, 2, session->ticket);
    return writer_finish(out, &written) ? BULLA_OK : BULLA_E_OUT_OF_MEMORY;
}

bulla_cause session_decode(struct session **out, bulla_bytes state) {
    struct session read = {0};
    struct reader reader = reader_over(state);
    bulla_cause cause = BULLA_E_SESSION_MALFORMED;
    if (read_session(&reader, &read) && reader_at_end(&reader) && is_sound(&read)) {
        cause = session_new(out, &read);
    }
    bytes_wipe(&read, sizeof read);
    return cause;
}

/* A lifetime of 0 means "discard it at once" (RFC 8446 4.6.1), so its last second is not part of
 * it; that of a certificate's validity is (RFC 5280 4.1.2.5). */
bool session_is_alive(const struct session *session, uint32_t lifetime_max, int64_t now) {
    if (session->issued_at < 0 || session->authenticated_at < 0 || session->issued_at > now ||
        session->authenticated_at > now || session->valid_until < now) {
        return false;
    }
    return now - session->issued_at < session->lifetime &&
           now - session->authenticated_at < lifetime_max;
}

static bool is_sound(const struct session *session) {
    return parameters_are_sound(session) && peer_is_sound(session) && ticket_is_sound(session) &&
           lengths_are_sound(session) && session->authenticated_at >= 0 &&
           session->valid_until >= 0 && session->issued_at >= 0 &&
           session->lifetime <= TICKET_LIFETIME_MAX;
}

static bool parameters_are_sound(const struct session *session) {
    const struct suite *suite = session->suite;
    const struct group *group = group_find(session->group);
    if (suite == NULL || suite->version != session->version || group == NULL) {
        return false;
    }
    return session->version == BULLA_TLS_1_3 ? session->extended_master_secret
                                             : !group_is_hybrid(group);
}

/* A peer that was authenticated showed a certificate and signed with its key; and of one that was
 * not, no certificate is kept that somebody might take for its own. */
static bool peer_is_sound(const struct session *session) {
    const struct signature_scheme *scheme = signature_scheme_find(session->peer_signature_scheme);
    if (session->peer_signature_scheme == 0) {
        return session->peer_leaf.len == 0 && !session->peer_authenticated;
    }
    return session->peer_leaf.len != 0 && session->peer_authenticated && scheme != NULL &&
           (session->version == BULLA_TLS_1_2 || !scheme->certificates_only);
}

/* Session ids and tickets without early data are TLS 1.2's. */
static bool ticket_is_sound(const struct session *session) {
    if (session->ticket_is_id &&
        (session->ticket.len == 0 || session->ticket.len > SESSION_ID_LEN_MAX)) {
        return false;
    }
    return session->version == BULLA_TLS_1_3 ? !session->ticket_is_id
                                             : session->early_data_max == 0;
}

/* Each short enough for its length field, so that their sum has a meaning. */
static bool lengths_are_sound(const struct session *session) {
    return session->alpn.len <= ALPN_LEN_MAX && session->server_name.len <= SERVER_NAME_LEN_MAX &&
           session->peer_leaf.len <= SESSION_LEAF_LEN_MAX &&
           session->ticket.len <= SESSION_TICKET_LEN_MAX;
}

static size_t secret_len(const struct session *session) {
    return session->version == BULLA_TLS_1_3 ? hash_len(session->suite->hash) : MASTER_SECRET_LEN;
}

/* Of a session whose parts are sound; together they may still be too long. */
static size_t encoded_len(const struct session *session) {
    enum { NUMBERS_LEN = 5 * 2 + 1 + 3 * 8 + 3 * 4, LENGTHS_LEN = 1 + 1 + 3 + 2 };
    return NUMBERS_LEN + secret_len(session) + JUDGEMENT_LEN + LENGTHS_LEN + session->alpn.len +
           session->server_name.len + session->peer_leaf.len + session->ticket.len;
}

static bulla_bytes keep(struct session *session, size_t *used, bulla_bytes bytes) {
    uint8_t *place = session->memory + *used;
    bytes_copy(place, session->memory_len - *used, bytes);
    *used += bytes.len;
    return bytes_of(place, bytes.len);
}

static bool read_session(struct reader *reader, struct session *out) {
    return read_parameters(reader, out) && reader_copy(reader, out->secret, secret_len(out)) &&
           read_times(reader, out) && reader_u32(reader, &out->lifetime) &&
           reader_u32(reader, &out->age_add) && reader_u32(reader, &out->early_data_max) &&
           reader_copy(reader, out->judgement, sizeof out->judgement) &&
           reader_vector8(reader, &out->alpn) && reader_vector8(reader, &out->server_name) &&
           reader_vector24(reader, &out->peer_leaf) && reader_vector16(reader, &out->ticket);
}

/* The suite is known afterwards; the secret's length depends on it. */
static bool read_parameters(struct reader *reader, struct session *out) {
    uint16_t format, suite;
    uint8_t flags;
    if (!reader_u16(reader, &format) || format != SESSION_FORMAT ||
        !reader_u16(reader, &out->version) || !reader_u16(reader, &suite) ||
        !reader_u16(reader, &out->group) || !reader_u16(reader, &out->peer_signature_scheme) ||
        !reader_u8(reader, &flags) || (flags & ~FLAGS_ALL) != 0) {
        return false;
    }
    out->suite = suite_find(suite);
    out->extended_master_secret = (flags & FLAG_EXTENDED_MASTER_SECRET) != 0;
    out->peer_authenticated = (flags & FLAG_PEER_AUTHENTICATED) != 0;
    out->ticket_is_id = (flags & FLAG_TICKET_IS_ID) != 0;
    return parameters_are_sound(out);
}

static bool read_times(struct reader *reader, struct session *out) {
    return read_time(reader, &out->authenticated_at) && read_time(reader, &out->valid_until) &&
           read_time(reader, &out->issued_at);
}

static bool read_time(struct reader *reader, int64_t *out) {
    uint64_t seconds;
    if (!reader_u64(reader, &seconds) || seconds > INT64_MAX) {
        return false;
    }
    *out = (int64_t)seconds;
    return true;
}

static uint8_t flags_of(const struct session *session) {
    unsigned flags = 0;
    flags |= session->extended_master_secret ? FLAG_EXTENDED_MASTER_SECRET : 0U;
    flags |= session->peer_authenticated ? FLAG_PEER_AUTHENTICATED : 0U;
    flags |= session->ticket_is_id ? FLAG_TICKET_IS_ID : 0U;
    return (uint8_t)flags;
}
