/* SPDX-License-Identifier: Apache-2.0 */
/* The shim for BoringSSL's BoGo runner: a TCP client that speaks TLS in the role it is told, and
 * answers application data with each byte inverted. A failure's cause is printed as ":name:", which
 * config.json maps from the errors that the runner expects. README.md says how to run it. */
#include "checks.h"
#include "setup.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_LEN = 1 << 15, EXPORT_LEN_MAX = 4096 };

struct shim {
    const struct options *options;
    bulla_connection *connection;
    int socket;
    bool connected; /* from here on what waits goes out with the next data, as in BoringSSL */
    uint8_t buffer[INPUT_LEN];
};

static int run(const struct options *options);
static bool connection_open(struct shim *shim, bulla_config *config, bulla_workspace *workspace);
static int socket_open(const struct options *options);
static bool write_all(int socket, bulla_bytes bytes);
static bool converse(struct shim *shim);
static bool handle(struct shim *shim, bulla_event event, bulla_bytes data, bool *out_done);
static bool verify(struct shim *shim);
static bool begin(struct shim *shim, bool *out_done);
static bool echo(struct shim *shim, bulla_bytes data);
static bool send_exported(struct shim *shim);
static bool send_different_sizes(struct shim *shim);
static bool send_data(struct shim *shim, bulla_bytes data);
static bool update_key(struct shim *shim);
static bool flush(struct shim *shim);
static bool close_both(struct shim *shim);
static bool ended(struct shim *shim);
static void linger(struct shim *shim);
static void complain(const struct shim *shim);
static bulla_bytes text(const char *string);

int main(int argc, char **argv) {
    struct options options;
    if (!options_parse(&options, argc, argv)) {
        return EXIT_UNIMPLEMENTED;
    }
    if (options.ask_handshaker) {
        (void)puts("No");
        return EXIT_AS_EXPECTED;
    }
    return run(&options);
}

static int run(const struct options *options) {
    struct shim shim = {.options = options, .socket = -1};
    bulla_config *config = NULL;
    bulla_workspace *workspace = NULL;
    if (!setup_config(&config, options)) {
        return EXIT_UNIMPLEMENTED;
    }
    int status = EXIT_FAILED;
    if (bulla_workspace_new(&workspace) == BULLA_OK && connection_open(&shim, config, workspace)) {
        shim.socket = socket_open(options);
        status = shim.socket >= 0 && converse(&shim) ? EXIT_AS_EXPECTED : EXIT_FAILED;
        if (shim.socket >= 0) {
            linger(&shim);
            (void)close(shim.socket);
        }
    }
    bulla_connection_free(shim.connection);
    bulla_workspace_free(workspace);
    bulla_config_free(config);
    return status;
}

static bool connection_open(struct shim *shim, bulla_config *config, bulla_workspace *workspace) {
    const char *name = shim->options->host_name;
    bulla_cause cause =
        shim->options->is_server
            ? bulla_connection_new_server(&shim->connection, config, workspace)
            : bulla_connection_new_client(&shim->connection, config, workspace,
                                          name == NULL ? (bulla_bytes){NULL, 0} : text(name));
    if (cause != BULLA_OK) {
        (void)fprintf(stderr, ":%s:\n", bulla_cause_about(cause)->name);
    }
    return cause == BULLA_OK;
}

/* ------------------------------------------------------------------ the transport */

static int socket_open(const struct options *options) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET};
    uint8_t id[8];
    const int one = 1;
    six.sin6_port = four.sin_port = htons((uint16_t)options->port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int handle = socket(options->ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (handle < 0) {
        return -1;
    }
    int failed = options->ipv6 ? connect(handle, (const struct sockaddr *)&six, sizeof six)
                               : connect(handle, (const struct sockaddr *)&four, sizeof four);
    for (unsigned i = 0; i < sizeof id; i++) {
        id[i] = (uint8_t)(options->shim_id >> 8 * i);
    }
    if (failed != 0 || setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        !write_all(handle, (bulla_bytes){id, sizeof id})) {
        perror("connect");
        (void)close(handle);
        return -1;
    }
    return handle;
}

static bool write_all(int socket, bulla_bytes bytes) {
    while (bytes.len != 0) {
        ssize_t sent = send(socket, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent < 0) {
            return false;
        }
        bytes = (bulla_bytes){bytes.data + sent, bytes.len - (size_t)sent};
    }
    return true;
}

/* Closing with unread input would reset the connection, and the peer might lose our last alert. */
static void linger(struct shim *shim) {
    (void)shutdown(shim->socket, SHUT_WR);
    while (recv(shim->socket, shim->buffer, sizeof shim->buffer, 0) > 0) {
    }
}

/* ------------------------------------------------------------------ the conversation */

/* True where all went as the flags say. */
static bool converse(struct shim *shim) {
    bulla_input input = {shim->buffer, 0};
    bool done = false;
    while (!done) {
        bulla_bytes data;
        bulla_event event = bulla_connection_receive(shim->connection, &input, &data);
        if (!handle(shim, event, data, &done)) {
            return false;
        }
        if (done || event != BULLA_EVENT_NEED_BYTES) {
            continue;
        }
        size_t wanted = shim->options->byte_by_byte ? 1 : sizeof shim->buffer;
        ssize_t got = recv(shim->socket, shim->buffer, wanted, 0);
        if (got <= 0) {
            return ended(shim);
        }
        input = (bulla_input){shim->buffer, (size_t)got};
    }
    return true;
}

static bool handle(struct shim *shim, bulla_event event, bulla_bytes data, bool *out_done) {
    switch (event) {
    case BULLA_EVENT_NEED_BYTES:
        return shim->connected || flush(shim);
    case BULLA_EVENT_DATA:
        return echo(shim, data);
    case BULLA_EVENT_HANDSHAKE_DONE:
        shim->connected = true;
        return flush(shim) && check_handshake(shim->options, shim->connection) &&
               begin(shim, out_done);
    case BULLA_EVENT_VERIFY:
        return verify(shim);
    case BULLA_EVENT_CLOSED:
        *out_done = true;
        return bulla_connection_close(shim->connection) == BULLA_OK && flush(shim);
    case BULLA_EVENT_FAILED:
        (void)flush(shim);
        complain(shim);
        return false;
    case BULLA_EVENT_CREDENTIAL: /* not asked for */
    case BULLA_EVENT_SIGN:
    case BULLA_EVENT_INVALID:
        break;
    }
    return false;
}

static bool verify(struct shim *shim) {
    bulla_cause verdict = shim->options->refuse_chain ? BULLA_E_CHAIN_REFUSED : BULLA_OK;
    return check_staple(shim->options, shim->connection) &&
           bulla_connection_answer_verify(shim->connection, verdict) == BULLA_OK;
}

/* What the shim does of itself once it is connected. */
static bool begin(struct shim *shim, bool *out_done) {
    const struct options *options = shim->options;
    if (options->export_len != 0 && !send_exported(shim)) {
        return false;
    }
    if (options->different_record_sizes) {
        *out_done = true;
        return send_different_sizes(shim) && close_both(shim);
    }
    for (unsigned long i = 0; options->writes_first && i < options->num_initial_writes; i++) {
        if (!send_data(shim, text(options->initial_write))) {
            return false;
        }
    }
    if (options->shuts_down) {
        *out_done = !options->check_close_notify;
        return close_both(shim);
    }
    return !options->update_key_before_read || (update_key(shim) && flush(shim));
}

static bool echo(struct shim *shim, bulla_bytes data) {
    uint8_t *inverted = malloc(data.len);
    if (inverted == NULL) {
        return false;
    }
    for (size_t i = 0; i < data.len; i++) {
        inverted[i] = data.data[i] ^ 0xff;
    }
    bool sent = (!shim->options->update_key || update_key(shim)) &&
                send_data(shim, (bulla_bytes){inverted, data.len});
    free(inverted);
    return sent && (!shim->options->update_key_before_read || (update_key(shim) && flush(shim)));
}

static bool send_exported(struct shim *shim) {
    const struct options *options = shim->options;
    uint8_t exported[EXPORT_LEN_MAX];
    bulla_bytes label = text(options->export_label == NULL ? "" : options->export_label);
    bulla_bytes context = text(options->export_context == NULL ? "" : options->export_context);
    if (options->export_len > sizeof exported ||
        bulla_connection_export(shim->connection, label, context, exported, options->export_len) !=
            BULLA_OK) {
        (void)fprintf(stderr, "export failed\n");
        return false;
    }
    return send_data(shim, (bulla_bytes){exported, options->export_len});
}

/* Around the borders of a record, as the runner knows them. */
static bool send_different_sizes(struct shim *shim) {
    static const size_t sizes[] = {1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768};
    for (size_t i = 0; i < sizeof shim->buffer; i++) {
        shim->buffer[i] = 0x42;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!send_data(shim, (bulla_bytes){shim->buffer, sizes[i]})) {
            return false;
        }
    }
    return true;
}

static bool send_data(struct shim *shim, bulla_bytes data) {
    size_t room = bulla_connection_send_room(shim->connection, data.len);
    size_t len = 0;
    uint8_t *sealed = malloc(room);
    if (sealed == NULL) {
        return false;
    }
    bulla_cause cause = bulla_connection_send(shim->connection, &data, sealed, room, &len);
    bool sent =
        cause == BULLA_OK && data.len == 0 && write_all(shim->socket, (bulla_bytes){sealed, len});
    free(sealed);
    return sent;
}

static bool update_key(struct shim *shim) {
    return bulla_connection_update_key(shim->connection, 0) == BULLA_OK;
}

static bool flush(struct shim *shim) {
    bulla_bytes output = bulla_connection_output(shim->connection);
    bool sent = write_all(shim->socket, output);
    bulla_connection_output_sent(shim->connection, output.len);
    return sent;
}

static bool close_both(struct shim *shim) {
    return bulla_connection_close(shim->connection) == BULLA_OK && flush(shim);
}

/* The transport ended. Whether its end had to be announced is what -check-close-notify says. */
static bool ended(struct shim *shim) {
    bulla_connection_receive_end(shim->connection);
    bulla_cause cause = bulla_connection_failure(shim->connection).cause;
    if (cause == BULLA_OK || (cause == BULLA_E_TRUNCATED && !shim->options->check_close_notify)) {
        return true;
    }
    (void)flush(shim);
    complain(shim);
    return false;
}

static void complain(const struct shim *shim) {
    bulla_failure failure = bulla_connection_failure(shim->connection);
    (void)fprintf(stderr, ":%s:", bulla_cause_about(failure.cause)->name);
    if (failure.alert_received != BULLA_ALERT_NONE) {
        (void)fprintf(stderr, "%s:", bulla_alert_name(failure.alert_received));
    }
    (void)fputc('\n', stderr);
}

static bulla_bytes text(const char *string) {
    size_t len = 0;
    while (string[len] != '\0') {
        len++;
    }
    return (bulla_bytes){(const uint8_t *)string, len};
}
