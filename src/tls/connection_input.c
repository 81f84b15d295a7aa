/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection is fed: records are found in the stream, opened where they stand, and handed on
 * by type. A record that is not whole yet is the only thing that is copied. RFC 8446 section 5. */
#include "tls/handshake.h"

#include <stdlib.h>

/* Whether a record is there, or what stands in the way. */
enum framing { FRAMING_NEEDS_BYTES, FRAMING_READY, FRAMING_FAILED };

static bulla_event event_of_state(bulla_connection *connection);
static enum framing record_next(bulla_connection *connection, bulla_input *input,
                                struct record *out, bulla_cause *out_cause);
static bulla_cause stash_release(bulla_connection *connection);
static bulla_cause header_check(const bulla_connection *connection, size_t *out_len);
static size_t fragment_len_max(const bulla_connection *connection);
static bulla_cause foreign_protocol(const uint8_t *first);
static bulla_cause stash_add(bulla_connection *connection, bulla_input *input, size_t record_len);
static bulla_cause record_receive(bulla_connection *connection, struct record *record,
                                  bulla_bytes *out_data);
static bulla_cause record_unprotect(bulla_connection *connection, struct record *record,
                                    bool *out_dropped);
static bulla_cause record_12_unprotect(bulla_connection *connection, struct record *record);
static bool early_data_skip(bulla_connection *connection, size_t len);
static bulla_cause compatibility_receive(bulla_connection *connection, const struct record *record);
static bulla_cause alert_receive(bulla_connection *connection, const struct record *record);
static bool alerts_have_levels(const bulla_connection *connection);
static bulla_cause data_receive(bulla_connection *connection, const struct record *record,
                                bulla_bytes *out_data);

bulla_event input_next(bulla_connection *connection, bulla_input *input, bulla_bytes *out_data) {
    for (;;) {
        struct record record;
        bulla_cause cause = BULLA_OK;
        if (connection->state != STATE_CONNECTED || connection->pending.left != 0) {
            cause = handshake_advance(connection);
        }
        if (cause == BULLA_OK) {
            bulla_event event = event_of_state(connection);
            if (event != BULLA_EVENT_NEED_BYTES) {
                return event;
            }
            enum framing framing = record_next(connection, input, &record, &cause);
            if (framing == FRAMING_NEEDS_BYTES) {
                return BULLA_EVENT_NEED_BYTES;
            }
        }
        if (cause == BULLA_OK) {
            *out_data = bytes_of(NULL, 0);
            cause = record_receive(connection, &record, out_data);
        }
        if (cause != BULLA_OK) {
            (void)connection_fail(connection, cause);
            return BULLA_EVENT_FAILED;
        }
        if (out_data->len != 0) {
            return connection->state == STATE_CONNECTED ? BULLA_EVENT_DATA : BULLA_EVENT_EARLY_DATA;
        }
    }
}

/* NEED_BYTES where nothing is to be told. */
static bulla_event event_of_state(bulla_connection *connection) {
    switch (connection->waiting) {
    case WAITING_CREDENTIAL:
        return BULLA_EVENT_CREDENTIAL;
    case WAITING_SIGN:
        return BULLA_EVENT_SIGN;
    case WAITING_VERIFY:
        return BULLA_EVENT_VERIFY;
    case WAITING_SESSION:
        return BULLA_EVENT_SESSION_LOOKUP;
    case WAITING_STRIKE:
        return BULLA_EVENT_STRIKE;
    case WAITING_NOT:
        break;
    }
    if (connection->state == STATE_CONNECTED && !connection->done_reported) {
        connection->done_reported = true;
        return BULLA_EVENT_HANDSHAKE_DONE;
    }
    if (connection->state == STATE_CONNECTED && session_news_next(connection) != NULL) {
        return BULLA_EVENT_SESSION;
    }
    return connection->close_received ? BULLA_EVENT_CLOSED : BULLA_EVENT_NEED_BYTES;
}

/* ------------------------------------------------------------------ framing */

static enum framing record_next(bulla_connection *connection, bulla_input *input,
                                struct record *out, bulla_cause *out_cause) {
    *out_cause = stash_release(connection);
    if (*out_cause != BULLA_OK) {
        return FRAMING_FAILED;
    }
    while (connection->header_len < RECORD_HEADER_LEN) {
        if (input->len == 0) {
            return FRAMING_NEEDS_BYTES;
        }
        connection->header[connection->header_len++] = *input->bytes;
        input->bytes++;
        input->len--;
    }
    size_t len = 0;
    *out_cause = header_check(connection, &len);
    if (*out_cause != BULLA_OK) {
        return FRAMING_FAILED;
    }
    bytes_copy(out->header, RECORD_HEADER_LEN, BYTES_IN(connection->header));
    out->type = (enum content_type)connection->header[0];
    out->len = len;
    if (connection->stash_len == 0 && input->len >= len) {
        out->fragment = input->bytes;
        input->bytes += len;
        input->len -= len;
    } else {
        *out_cause = stash_add(connection, input, len);
        if (*out_cause != BULLA_OK) {
            return FRAMING_FAILED;
        }
        if (connection->stash_len < len) {
            return FRAMING_NEEDS_BYTES;
        }
        out->fragment = connection->stash;
        connection->stash_in_use = true;
    }
    connection->header_len = 0;
    connection->first_record_seen = true;
    connection->statistics.records_received++;
    connection->statistics.bytes_received += RECORD_HEADER_LEN + len;
    return FRAMING_READY;
}

/* The record that was handed out from the stash is done with, but for a message's beginning that
 * may still stand there. */
static bulla_cause stash_release(bulla_connection *connection) {
    bulla_cause cause = BULLA_OK;
    if (connection->stash_in_use) {
        cause = connection->pending.left == 0 ? BULLA_OK : handshake_keep_pending(connection);
        connection->stash_in_use = false;
        connection->stash_len = 0;
    }
    return cause;
}

/* Judges a record by its header alone, before its fragment is waited for. */
static bulla_cause header_check(const bulla_connection *connection, size_t *out_len) {
    struct reader reader = reader_over(BYTES_IN(connection->header));
    uint8_t type;
    uint16_t version, len;
    if (!reader_u8(&reader, &type) || !reader_u16(&reader, &version) ||
        !reader_u16(&reader, &len)) {
        return BULLA_E_INTERNAL;
    }
    bool known = type >= CONTENT_CHANGE_CIPHER_SPEC && type <= CONTENT_APPLICATION_DATA;
    if (!connection->first_record_seen && (!known || version >> 8 != 3)) {
        return foreign_protocol(connection->header);
    }
    if (!known) {
        return BULLA_E_RECORD_TYPE_UNKNOWN;
    }
    if (version >> 8 != 3) {
        return BULLA_E_RECORD_VERSION_INVALID;
    }
    *out_len = len;
    return len > fragment_len_max(connection) ? BULLA_E_RECORD_TOO_LONG : BULLA_OK;
}

/* A limit that was agreed on is for what comes under the keys of this handshake, RFC 8449 4: not
 * for early data, which is sealed, and after a HelloRetryRequest comes where nothing else is. */
static size_t fragment_len_max(const bulla_connection *connection) {
    const struct handshake *handshake = connection->handshake;
    bool skips = handshake != NULL && handshake->early_data_left != 0;
    if (connection->read.aead.id == AEAD_INVALID) {
        return skips && connection->header[0] == CONTENT_APPLICATION_DATA
                   ? RECORD_CIPHERTEXT_LEN_MAX
                   : RECORD_PLAINTEXT_LEN_MAX;
    }
    bool early = connection->state == STATE_WAIT_EOED || skips;
    size_t most = connection->read.is_12 ? RECORD_CIPHERTEXT_12_LEN_MAX : RECORD_CIPHERTEXT_LEN_MAX;
    return connection->own_record_limit == 0 || early
               ? most
               : record_sealed_len(&connection->read, connection->own_record_limit, 1) -
                     RECORD_HEADER_LEN;
}

/* What a peer speaks whose first five bytes are no TLS record. */
static bulla_cause foreign_protocol(const uint8_t *first) {
    static const struct {
        char start[6];
        bulla_cause cause;
    } protocols[] = {
        {"HTTP/", BULLA_E_PEER_SPEAKS_HTTP}, {"GET ", BULLA_E_PEER_SPEAKS_HTTP},
        {"HEAD ", BULLA_E_PEER_SPEAKS_HTTP}, {"POST ", BULLA_E_PEER_SPEAKS_HTTP},
        {"PUT ", BULLA_E_PEER_SPEAKS_HTTP},  {"DELET", BULLA_E_PEER_SPEAKS_HTTP},
        {"OPTIO", BULLA_E_PEER_SPEAKS_HTTP}, {"CONNE", BULLA_E_PEER_SPEAKS_HTTP},
        {"PATCH", BULLA_E_PEER_SPEAKS_HTTP}, {"TRACE", BULLA_E_PEER_SPEAKS_HTTP},
        {"PRI ", BULLA_E_PEER_SPEAKS_HTTP},  {"SSH-", BULLA_E_PEER_SPEAKS_SSH},
        {"220 ", BULLA_E_PEER_SPEAKS_SMTP},  {"220-", BULLA_E_PEER_SPEAKS_SMTP},
        {"EHLO ", BULLA_E_PEER_SPEAKS_SMTP}, {"HELO ", BULLA_E_PEER_SPEAKS_SMTP},
    };
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        bulla_bytes start = bytes_of_text(protocols[i].start);
        if (bytes_equal(start, bytes_of(first, start.len))) {
            return protocols[i].cause;
        }
    }
    /* A two-byte length with its top bit set, then CLIENT-HELLO: RFC 5246 E.2. */
    if ((first[0] & 0x80) != 0 && first[2] == 1) {
        return BULLA_E_PEER_SPEAKS_SSL2;
    }
    return BULLA_E_PEER_NOT_TLS;
}

/* Adds to the record that is not whole yet. The buffer follows what has arrived, not what a header
 * promises, so that a peer pays in bytes for the memory it takes. */
static bulla_cause stash_add(bulla_connection *connection, bulla_input *input, size_t record_len) {
    size_t missing = record_len - connection->stash_len;
    size_t len = input->len < missing ? input->len : missing;
    if (len == 0) {
        return BULLA_OK;
    }
    if (connection->stash_cap - connection->stash_len < len) {
        size_t cap = 2 * (connection->stash_len + len);
        cap = cap > record_len ? record_len : cap;
        uint8_t *bigger = malloc(cap);
        if (bigger == NULL) {
            return BULLA_E_OUT_OF_MEMORY;
        }
        /* Records are opened where they stand: the old block may hold what one said. */
        bytes_copy(bigger, cap, bytes_of(connection->stash, connection->stash_len));
        bytes_wipe_and_free(connection->stash, connection->stash_cap);
        connection->stash = bigger;
        connection->stash_cap = (uint32_t)cap;
    }
    bytes_copy(connection->stash + connection->stash_len, len, bytes_of(input->bytes, len));
    connection->stash_len += (uint32_t)len;
    input->bytes += len;
    input->len -= len;
    return BULLA_OK;
}

/* ------------------------------------------------------------------ by type */

static bulla_cause record_receive(bulla_connection *connection, struct record *record,
                                  bulla_bytes *out_data) {
    bool dropped = false, is_12 = connection->version == BULLA_TLS_1_2;
    if (record->type == CONTENT_CHANGE_CIPHER_SPEC && !is_12) {
        return compatibility_receive(connection, record);
    }
    bulla_cause cause = is_12 ? record_12_unprotect(connection, record)
                              : record_unprotect(connection, record, &dropped);
    if (cause != BULLA_OK || dropped) {
        return cause;
    }
    if (record->type != CONTENT_HANDSHAKE && connection->pending.left != 0) {
        return BULLA_E_MESSAGE_INTERLEAVED;
    }
    switch (record->type) {
    case CONTENT_HANDSHAKE:
        return record->len == 0
                   ? BULLA_E_RECORD_EMPTY
                   : handshake_take(connection, bytes_of(record->fragment, record->len));
    case CONTENT_ALERT: /* empty ones: RFC 8446 5.4 */
        return record->len == 0 ? BULLA_E_RECORD_EMPTY : alert_receive(connection, record);
    case CONTENT_APPLICATION_DATA:
        return data_receive(connection, record, out_data);
    case CONTENT_CHANGE_CIPHER_SPEC:
        return is_12 ? handshake_take_change_cipher_spec(connection,
                                                         bytes_of(record->fragment, record->len))
                     : BULLA_E_CHANGE_CIPHER_SPEC_INVALID; /* inside protection, RFC 8446 5 */
    case CONTENT_INVALID:
        break;
    }
    return BULLA_E_RECORD_TYPE_UNKNOWN;
}

/* Everything after the peer's ChangeCipherSpec is protected, and data comes no earlier. */
static bulla_cause record_12_unprotect(bulla_connection *connection, struct record *record) {
    if (connection->read.aead.id != AEAD_INVALID) {
        return record_open(connection->workspace->pool, &connection->read, record);
    }
    return record->type == CONTENT_APPLICATION_DATA ? BULLA_E_MESSAGE_UNEXPECTED : BULLA_OK;
}

/* `out_dropped` is set for a record that is to be passed over without a word. */
static bulla_cause record_unprotect(bulla_connection *connection, struct record *record,
                                    bool *out_dropped) {
    bool is_data = record->type == CONTENT_APPLICATION_DATA;
    *out_dropped = false;
    if (connection->read.aead.id == AEAD_INVALID) {
        bool between = connection->pending.left == 0; /* messages, RFC 8446 5.1 */
        *out_dropped = is_data && between && early_data_skip(connection, record->len);
        return is_data && !*out_dropped ? BULLA_E_MESSAGE_UNEXPECTED : BULLA_OK;
    }
    if (is_data) {
        size_t len = record->len;
        bulla_cause cause = record_open(connection->workspace->pool, &connection->read, record);
        *out_dropped = cause == BULLA_E_RECORD_DECRYPT_FAILED && early_data_skip(connection, len);
        if (*out_dropped) {
            connection->read.sequence = 0;
            return BULLA_OK;
        }
        if (cause == BULLA_OK && connection->handshake != NULL) {
            connection->handshake->early_data_left = 0; /* the client has moved on */
        }
        return cause;
    }
    /* A client that cannot make sense of our flight has no keys yet for its alert. */
    bool early = connection->role == BULLA_SERVER && connection->handshake != NULL &&
                 connection->read.sequence == 0;
    return record->type == CONTENT_ALERT && early ? BULLA_OK : BULLA_E_RECORD_NOT_PROTECTED;
}

/* The early data of a client whose offer was not taken is skipped, by its bytes up to a limit: what
 * cannot be opened, and after a HelloRetryRequest what claims to be data; RFC 8446 4.2.10. */
static bool early_data_skip(bulla_connection *connection, size_t len) {
    struct handshake *handshake = connection->handshake;
    if (handshake == NULL || handshake->early_data_left < len) {
        return false;
    }
    handshake->early_data_left -= len;
    return len != 0;
}

/* Dropped from the first ClientHello to the peer's Finished, an error elsewhere: RFC 8446 5. */
static bulla_cause compatibility_receive(bulla_connection *connection,
                                         const struct record *record) {
    struct handshake *handshake = connection->handshake;
    bool before_hello =
        handshake == NULL || (connection->role == BULLA_SERVER &&
                              connection->state == STATE_START && !handshake->retried);
    if (before_hello || record->len != 1 || record->fragment[0] != 1) {
        return BULLA_E_CHANGE_CIPHER_SPEC_INVALID;
    }
    handshake->num_compatibility++;
    return handshake->num_compatibility > COMPATIBILITY_CCS_MAX ? BULLA_E_CHANGE_CIPHER_SPEC_INVALID
                                                                : BULLA_OK;
}

static bulla_cause alert_receive(bulla_connection *connection, const struct record *record) {
    bool has_levels = alerts_have_levels(connection);
    if (record->len != 2 || (has_levels && record->fragment[0] != ALERT_WARNING &&
                             record->fragment[0] != ALERT_FATAL)) {
        return BULLA_E_ALERT_MALFORMED;
    }
    uint8_t description = record->fragment[1];
    if (description == BULLA_ALERT_CLOSE_NOTIFY) {
        if (connection->handshake != NULL) {
            return BULLA_E_CLOSED_BEFORE_HANDSHAKE;
        }
        connection->close_received = true;
        return BULLA_OK;
    }
    if (has_levels ? record->fragment[0] == ALERT_WARNING
                   : description == BULLA_ALERT_USER_CANCELED) {
        connection->num_warnings++;
        return connection->num_warnings > WARNING_ALERTS_MAX ? BULLA_E_ALERT_FLOOD : BULLA_OK;
    }
    connection->alert_received = description;
    return BULLA_E_ALERT_RECEIVED;
}

/* TLS 1.3 ignores the level: every alert but two is an error, RFC 8446 6. In TLS 1.2 a warning is
 * no more than that (RFC 5246 7.2.2), and some servers send one before their hello. */
static bool alerts_have_levels(const bulla_connection *connection) {
    return connection->version == BULLA_TLS_1_2 ||
           (connection->version == 0 && connection->config->version_min == BULLA_TLS_1_2);
}

static bulla_cause data_receive(bulla_connection *connection, const struct record *record,
                                bulla_bytes *out_data) {
    if (connection->handshake != NULL) {
        if (connection->state != STATE_WAIT_EOED) {
            return BULLA_E_MESSAGE_UNEXPECTED;
        }
        if (record->len > connection->early->left) {
            return BULLA_E_EARLY_DATA_TOO_LONG;
        }
        connection->early->left -= (uint32_t)record->len;
    }
    if (record->len == 0) {
        connection->num_empty_records++;
        return connection->num_empty_records > EMPTY_RECORDS_MAX ? BULLA_E_RECORD_FLOOD_EMPTY
                                                                 : BULLA_OK;
    }
    connection->num_empty_records = 0;
    connection->num_post_handshake = 0;
    connection->num_warnings = 0;
    connection->statistics.data_received += record->len;
    *out_data = bytes_of(record->fragment, record->len);
    return BULLA_OK;
}
