/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's side of a conversation: it answers application data with each byte inverted, and does
 * of itself what the flags ask for. A failure's cause is printed as ":name:", which config.json
 * maps from the errors that the runner expects. */
#include "conversation.h"

#include "checks.h"
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_LEN = 1 << 15, EXPORT_LEN_MAX = 4096 };

struct conversation {
    const struct options *options, *retry;
    struct carried *carried;
    bulla_connection *connection;
    struct transport transport;
    bool is_resumption;
    bool began;       /* early data was thought of */
    size_t early_len; /* of what the shim writes first, sent early */
    bool connected;   /* from here on what waits goes out with the next data, as in BoringSSL */
    bool got_session; /* a client: a new one */
    bool wrote;       /* application data */
    uint8_t buffer[INPUT_LEN];
};

/* bulla_connection_send() or its early sister. */
typedef bulla_cause (*send_function)(bulla_connection *connection, bulla_bytes *data, uint8_t *out,
                                     size_t out_cap, size_t *out_len);

static bool connection_open(struct conversation *here, bulla_config *config,
                            bulla_workspace *workspace);
static bool carry_on(struct conversation *here);
static bool handle(struct conversation *here, bulla_event event, bulla_bytes data, bool *out_done);
static bool verify(struct conversation *here);
static bool rejected_early(const struct conversation *here);
static bool keep_session(struct conversation *here);
static bool look_session_up(struct conversation *here);
static bool begin_early(struct conversation *here);
static bool handshake_done(struct conversation *here, bool *out_done);
static bool begin(struct conversation *here, bool *out_done);
static bool write_first(struct conversation *here);
static bool echo(struct conversation *here, bulla_bytes data);
static bool export_material(struct conversation *here, bool sends);
static bool send_different_sizes(struct conversation *here);
static bool send_data(struct conversation *here, bulla_bytes data);
static bulla_cause send_some(struct conversation *here, bulla_bytes *data, send_function send);
static bool update_key(struct conversation *here);
static bool flush(struct conversation *here);
static bool close_both(struct conversation *here);
static bool ended(struct conversation *here);
static bool complain(const struct conversation *here);
static bulla_bytes text(const char *string);

bool converse(const struct options *options, const struct options *retry, struct carried *carried,
              bulla_config *config, bulla_workspace *workspace, bool is_resumption) {
    struct conversation *here = calloc(1, sizeof *here);
    bool as_expected = false;
    if (here == NULL) {
        return false;
    }
    here->options = options;
    here->retry = retry;
    here->carried = carried;
    here->is_resumption = is_resumption;
    if (connection_open(here, config, workspace)) {
        if (transport_open(&here->transport, options)) {
            as_expected =
                carry_on(here) && check_end(here->options, here->connection, here->got_session);
            transport_close(&here->transport);
        }
        bulla_connection_free(here->connection);
    }
    free(here);
    return as_expected;
}

static bool connection_open(struct conversation *here, bulla_config *config,
                            bulla_workspace *workspace) {
    const char *name = here->options->host_name;
    struct carried *carried = here->carried;
    const bulla_bytes client = {NULL, 0};
    bulla_bytes session = carried_find(carried, client);
    if (here->options->is_server) {
        return bulla_connection_new_server(&here->connection, config, workspace) == BULLA_OK;
    }
    if (here->is_resumption && session.len == 0) {
        (void)fprintf(stderr, "no session to offer\n");
        return false;
    }
    bulla_cause cause = bulla_connection_new_client(
        &here->connection, config, workspace, name == NULL ? (bulla_bytes){NULL, 0} : text(name));
    if (cause != BULLA_OK) {
        (void)fprintf(stderr, ":%s:\n", bulla_cause_about(cause)->name);
        return false;
    }
    /* One that cannot be used (any more) is what some tests are about. */
    cause = here->is_resumption ? bulla_connection_resume(here->connection, session) : BULLA_OK;
    if (cause != BULLA_OK && cause != BULLA_E_SESSION_UNUSABLE) {
        bulla_connection_free(here->connection);
        return false;
    }
    carried_forget(carried);
    return true;
}

static bool carry_on(struct conversation *here) {
    bulla_input input = {here->buffer, 0};
    bool done = false;
    while (!done) {
        bulla_bytes data = {NULL, 0};
        bulla_event event = bulla_connection_receive(here->connection, &input, &data);
        if (!handle(here, event, data, &done)) {
            return false;
        }
        if (done || event != BULLA_EVENT_NEED_BYTES) {
            continue;
        }
        size_t wanted = here->options->byte_by_byte ? 1 : sizeof here->buffer;
        ssize_t got = transport_read(&here->transport, here->buffer, wanted);
        if (got <= 0) {
            return ended(here);
        }
        input = (bulla_input){here->buffer, (size_t)got};
    }
    return true;
}

static bool handle(struct conversation *here, bulla_event event, bulla_bytes data, bool *out_done) {
    switch (event) {
    case BULLA_EVENT_NEED_BYTES:
        return (here->connected || flush(here)) && (here->began || begin_early(here));
    case BULLA_EVENT_DATA:
    case BULLA_EVENT_EARLY_DATA:
        return echo(here, data);
    case BULLA_EVENT_HANDSHAKE_DONE:
        return handshake_done(here, out_done);
    case BULLA_EVENT_VERIFY:
        return verify(here);
    case BULLA_EVENT_SESSION:
        return keep_session(here);
    case BULLA_EVENT_CLOSED:
        *out_done = true;
        return bulla_connection_close(here->connection) == BULLA_OK && flush(here);
    case BULLA_EVENT_FAILED:
        (void)flush(here);
        return complain(here);
    case BULLA_EVENT_CREDENTIAL:
        return bulla_connection_answer_credential(here->connection, here->carried->credential) ==
               BULLA_OK;
    case BULLA_EVENT_SESSION_LOOKUP:
        return look_session_up(here);
    case BULLA_EVENT_STRIKE: /* the runner repeats no early data */
        return bulla_connection_answer_strike(here->connection, 1) == BULLA_OK;
    case BULLA_EVENT_SIGN: /* not asked for */
    case BULLA_EVENT_INVALID:
        break;
    }
    return false;
}

/* Whoever rejected early data is judged as the connection that goes on after it. A shim that is not
 * told to insist takes a chain that it finds bad. */
static bool verify(struct conversation *here) {
    const struct options *options = rejected_early(here) ? here->retry : here->options;
    bool insists = options->verify_by_callback || options->request_client_certificate ||
                   options->require_client_certificate;
    bulla_cause verdict = BULLA_OK;
    if (options->refuse_chain && insists) {
        verdict = BULLA_E_CHAIN_REFUSED;
    } else if (options->refuse_staple) {
        verdict = BULLA_E_OCSP_NOT_SUCCESSFUL;
    }
    return check_staple(options, here->connection) &&
           bulla_connection_answer_verify(here->connection, verdict) == BULLA_OK;
}

static bool rejected_early(const struct conversation *here) {
    bulla_connection_info info;
    bulla_connection_info_get(here->connection, &info);
    return !here->options->is_server && info.early_data == BULLA_EARLY_DATA_REFUSED;
}

static bool keep_session(struct conversation *here) {
    bulla_session_view view;
    here->got_session = true;
    return bulla_connection_session(here->connection, &view) == BULLA_OK &&
           carried_keep(here->carried, view.id, view.state);
}

static bool look_session_up(struct conversation *here) {
    bulla_session_view view;
    return bulla_connection_session(here->connection, &view) == BULLA_OK &&
           bulla_connection_answer_session(here->connection,
                                           carried_find(here->carried, view.id)) == BULLA_OK;
}

/* ------------------------------------------------------------------ of itself */

/* A client that writes first does so early, as much as the session allows. */
static bool begin_early(struct conversation *here) {
    const struct options *options = here->options;
    bulla_cause cause = BULLA_OK;
    bool may = !options->is_server && here->is_resumption && options->enable_early_data;
    here->began = true;
    for (unsigned long i = 0; may && options->writes_first && i < options->num_initial_writes;
         i++) {
        bulla_bytes data = text(options->initial_write);
        size_t len = data.len;
        cause = send_some(here, &data, bulla_connection_send_early);
        here->early_len += len - data.len;
        may = cause == BULLA_OK && data.len == 0;
    }
    return cause == BULLA_OK || cause == BULLA_E_EARLY_DATA_UNAVAILABLE;
}

static bool handshake_done(struct conversation *here, bool *out_done) {
    here->connected = true;
    if (!flush(here)) {
        return false;
    }
    if (rejected_early(here)) {
        if (!check_rejection(here->options, here->connection, here->early_len)) {
            return false;
        }
        here->options = here->retry; /* which has its own word on what is sent */
        here->early_len = 0;
    }
    return check_handshake(here->options, here->connection, here->is_resumption) &&
           begin(here, out_done);
}

static bool begin(struct conversation *here, bool *out_done) {
    const struct options *options = here->options;
    if (options->export_len != 0 && !export_material(here, true)) {
        return false;
    }
    if (options->different_record_sizes) {
        *out_done = true;
        return send_different_sizes(here) && close_both(here);
    }
    if (!write_first(here)) {
        return false;
    }
    if (options->shuts_down) {
        *out_done = !options->check_close_notify;
        return close_both(here);
    }
    return !options->update_key_before_read || (update_key(here) && flush(here));
}

/* What was not sent early. */
static bool write_first(struct conversation *here) {
    const struct options *options = here->options;
    if (options->reads_amid_write) {
        return here->early_len != 0 || send_data(here, text(options->initial_write));
    }
    for (unsigned long i = 0; options->writes_first && i < options->num_initial_writes; i++) {
        bulla_bytes data = text(options->initial_write);
        size_t early = here->early_len < data.len ? here->early_len : data.len;
        here->early_len -= early;
        data = (bulla_bytes){data.data + early, data.len - early};
        if (data.len != 0 && !send_data(here, data)) {
            return false;
        }
    }
    return true;
}

static bool echo(struct conversation *here, bulla_bytes data) {
    const struct options *options = here->options;
    uint8_t *inverted = malloc(data.len);
    if (inverted == NULL) {
        return false;
    }
    for (size_t i = 0; i < data.len; i++) {
        inverted[i] = data.data[i] ^ 0xff;
    }
    bool sent = (!options->update_key || update_key(here)) &&
                (!options->export_between_reads || export_material(here, false)) &&
                send_data(here, (bulla_bytes){inverted, data.len});
    free(inverted);
    return sent && (!options->update_key_before_read || (update_key(here) && flush(here)));
}

static bool export_material(struct conversation *here, bool sends) {
    const struct options *options = here->options;
    uint8_t exported[EXPORT_LEN_MAX];
    size_t len = sends ? options->export_len : 32;
    bulla_bytes label = text(options->export_label == NULL ? "" : options->export_label);
    bulla_bytes context = {NULL, 0};
    if (options->export_has_context) {
        context = text(options->export_context == NULL ? "" : options->export_context);
    }
    if (len > sizeof exported ||
        bulla_connection_export(here->connection, label, context, exported, len) != BULLA_OK) {
        (void)fprintf(stderr, "export failed\n");
        return false;
    }
    return !sends || send_data(here, (bulla_bytes){exported, len});
}

/* Around the borders of a record, as the runner knows them. */
static bool send_different_sizes(struct conversation *here) {
    static const size_t sizes[] = {1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768};
    memset(here->buffer, 0x42, sizeof here->buffer);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!send_data(here, (bulla_bytes){here->buffer, sizes[i]})) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ sending */

static bool send_data(struct conversation *here, bulla_bytes data) {
    return send_some(here, &data, bulla_connection_send) == BULLA_OK && data.len == 0;
}

/* With -read-with-unfinished-write the first write stays unfinished until the next. */
static bulla_cause send_some(struct conversation *here, bulla_bytes *data, send_function send) {
    bool unfinished = here->options->reads_amid_write && !here->wrote;
    size_t room = bulla_connection_send_room(here->connection, data->len);
    size_t len = 0;
    uint8_t *sealed = malloc(room);
    if (sealed == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    bulla_cause cause = send(here->connection, data, sealed, room, &len);
    bulla_bytes bytes = {sealed, len};
    bool sent =
        cause != BULLA_OK || (unfinished ? transport_write_unfinished(&here->transport, bytes)
                                         : transport_write(&here->transport, bytes));
    here->wrote = here->wrote || cause == BULLA_OK;
    free(sealed);
    return sent ? cause : BULLA_E_TRUNCATED;
}

static bool update_key(struct conversation *here) {
    return bulla_connection_update_key(here->connection, 0) == BULLA_OK;
}

static bool flush(struct conversation *here) {
    bulla_bytes output = bulla_connection_output(here->connection);
    bool sent = transport_write(&here->transport, output);
    bulla_connection_output_sent(here->connection, output.len);
    return sent;
}

/* ------------------------------------------------------------------ the end */

static bool close_both(struct conversation *here) {
    return bulla_connection_close(here->connection) == BULLA_OK && flush(here);
}

/* The transport ended. Whether its end had to be announced is what -check-close-notify says. */
static bool ended(struct conversation *here) {
    bulla_connection_receive_end(here->connection);
    bulla_cause cause = bulla_connection_failure(here->connection).cause;
    if (cause == BULLA_OK || (cause == BULLA_E_TRUNCATED && !here->options->check_close_notify)) {
        return true;
    }
    (void)flush(here);
    return complain(here);
}

/* False, for whoever fails with it. */
static bool complain(const struct conversation *here) {
    bulla_failure failure = bulla_connection_failure(here->connection);
    (void)fprintf(stderr, ":%s:", bulla_cause_about(failure.cause)->name);
    if (failure.alert_received != BULLA_ALERT_NONE) {
        (void)fprintf(stderr, "%s:", bulla_alert_name(failure.alert_received));
    }
    (void)fputc('\n', stderr);
    return false;
}

static bulla_bytes text(const char *string) {
    return (bulla_bytes){(const uint8_t *)string, strlen(string)};
}
