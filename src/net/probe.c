/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of probe.h: a plain loop over the engine and poll(), as only one connection lives.
 *
 * A TLS 1.3 client is done before the server has looked at its certificate (RFC 8446 4.4.2.4), so
 * where one was asked for, close_notify goes out at once and the server's last word is waited for:
 * it closes too, or it sends the alert that tells what it has against us. */
#include "net/probe.h"

#include "net/clock.h"
#include "net/connect.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_LEN = 32 * 1024, LAST_WORD_MS = 2000, ANSWER_LEN = 16 };

struct probe {
    const struct probe_settings *settings;
    struct probe_result *result;
    bulla_connection *connection;
    int fd;
    int64_t deadline_ms;
    bool over;
    uint8_t input[INPUT_LEN];
};

static bool reach(int *out_fd, struct probe_result *result, const struct address *address,
                  int64_t timeout_ms);
static bulla_cause make_config(bulla_config **out);
static bulla_cause talk(struct probe *probe, bulla_workspace *workspace);
static void shake_hands(struct probe *probe);
static void take_event(struct probe *probe, bulla_event event, bulla_input *input);
static bulla_cause answer_verify(struct probe *probe);
static bulla_cause copy_chain(struct probe *probe);
static void finish_handshake(struct probe *probe);
static void exchange(struct probe *probe, bulla_input *input);
static bool flush(struct probe *probe);
static bool wait_for(const struct probe *probe, short events);
static void fail_socket(struct probe *probe);
static void fail_tls(struct probe_result *result, bulla_cause cause);
static void take_info(struct probe *probe);
static size_t ask_plain(const struct address *address, int64_t timeout_ms, bulla_bytes question,
                        uint8_t *answer);

void probe_run(struct probe_result *out, const struct probe_settings *settings) {
    bulla_workspace *workspace;
    *out = (struct probe_result){.alert_received = BULLA_ALERT_NONE, .silent = true};
    struct probe *probe = calloc(1, sizeof *probe);
    bulla_cause cause = BULLA_E_OUT_OF_MEMORY;
    if (probe != NULL) {
        probe->settings = settings;
        probe->result = out;
        cause = bulla_workspace_new(&workspace);
    }
    if (cause == BULLA_OK) {
        if (reach(&probe->fd, out, settings->address, settings->timeout_ms)) {
            cause = talk(probe, workspace);
            close(probe->fd);
        }
        bulla_workspace_free(workspace);
    }
    if (cause != BULLA_OK) {
        fail_tls(out, cause);
    }
    free(probe);
}

void probe_free(struct probe_result *result) {
    free(result->bytes);
    *result = (struct probe_result){0};
}

/* A server that took our ClientHello for a start-up packet has closed by now; hence the second
 * and third connection. */
enum probe_plain probe_plain(const struct address *address, int64_t timeout_ms) {
    static const uint8_t ssl_request[] = {0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f};
    uint8_t answer[ANSWER_LEN];
    size_t len = ask_plain(address, timeout_ms, bytes_of(ssl_request, sizeof ssl_request), answer);
    if (len == 1 && (answer[0] == 'S' || answer[0] == 'N')) {
        return answer[0] == 'S' ? PROBE_PLAIN_POSTGRESQL : PROBE_PLAIN_POSTGRESQL_OFF;
    }
    len = ask_plain(address, timeout_ms, BYTES_OF("OPTIONS * HTTP/1.0\r\n\r\n"), answer);
    bool http = len >= 5 && bytes_equal(bytes_of(answer, 5), BYTES_OF("HTTP/"));
    return http ? PROBE_PLAIN_HTTP : PROBE_PLAIN_UNKNOWN;
}

static bool reach(int *out_fd, struct probe_result *result, const struct address *address,
                  int64_t timeout_ms) {
    struct addrinfo *addresses;
    result->system_error = address_resolve(address, false, &addresses);
    if (result->system_error != 0) {
        result->outcome = PROBE_RESOLVE_FAILED;
        return false;
    }
    bool connected = connect_any(out_fd, result->address, addresses, timeout_ms);
    if (!connected) {
        result->system_error = errno;
        result->outcome = PROBE_CONNECT_FAILED;
    }
    freeaddrinfo(addresses);
    return connected;
}

/* Every decision is ours; the OCSP response is asked for. */
static bulla_cause make_config(bulla_config **out) {
    bulla_config_builder *builder;
    bulla_cause cause = bulla_config_builder_new(&builder, BULLA_CLIENT);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY | BULLA_ASK_CREDENTIAL);
    bulla_config_set_revocation(builder, BULLA_REVOCATION_SOFT, NULL);
    return bulla_config_build(builder, out);
}

static bulla_cause talk(struct probe *probe, bulla_workspace *workspace) {
    const struct probe_settings *settings = probe->settings;
    bulla_config *config;
    const char *name = settings->name == NULL ? settings->address->host : settings->name;
    bulla_cause cause = make_config(&config);
    if (cause != BULLA_OK) {
        return cause;
    }
    cause = bulla_connection_new_client(&probe->connection, config, workspace, bytes_of_text(name));
    bulla_config_free(config);
    if (cause == BULLA_OK) {
        probe->deadline_ms = clock_deadline_in(settings->timeout_ms);
        shake_hands(probe);
        take_info(probe);
        bulla_connection_free(probe->connection);
    }
    return cause;
}

static void shake_hands(struct probe *probe) {
    bulla_input input = {.bytes = probe->input, .len = 0};
    while (!probe->over) {
        bulla_bytes data;
        take_event(probe, bulla_connection_receive(probe->connection, &input, &data), &input);
    }
}

/* Data that the server sends unasked is passed over. */
static void take_event(struct probe *probe, bulla_event event, bulla_input *input) {
    struct probe_result *result = probe->result;
    bulla_cause cause = BULLA_OK;
    switch (event) {
    case BULLA_EVENT_NEED_BYTES:
        exchange(probe, input);
        break;
    case BULLA_EVENT_VERIFY:
        cause = answer_verify(probe);
        break;
    case BULLA_EVENT_CREDENTIAL:
        result->certificate_requested = true;
        cause = bulla_connection_answer_credential(probe->connection, probe->settings->credential);
        break;
    case BULLA_EVENT_HANDSHAKE_DONE:
        finish_handshake(probe);
        break;
    case BULLA_EVENT_DATA:
        break;
    case BULLA_EVENT_CLOSED:
        probe->over = true;
        break;
    case BULLA_EVENT_FAILED: {
        bulla_failure failure = bulla_connection_failure(probe->connection);
        (void)flush(probe); /* our alert */
        result->alert_received = failure.alert_received;
        fail_tls(result, failure.cause);
        probe->over = true;
        break;
    }
    case BULLA_EVENT_SIGN: /* never asked for, as the rest here */
    case BULLA_EVENT_EARLY_DATA:
    case BULLA_EVENT_SESSION:
    case BULLA_EVENT_SESSION_LOOKUP:
    case BULLA_EVENT_STRIKE:
    case BULLA_EVENT_INVALID:
        cause = BULLA_E_INTERNAL;
        break;
    }
    if (cause != BULLA_OK) {
        fail_tls(result, cause);
        probe->over = true;
    }
}

static bulla_cause answer_verify(struct probe *probe) {
    bulla_cause verdict = copy_chain(probe);
    if (verdict == BULLA_OK) {
        verdict = probe->settings->judge(probe->settings->context, probe->result);
    }
    return bulla_connection_answer_verify(probe->connection, verdict);
}

/* The chain is the connection's, and goes with it. */
static bulla_cause copy_chain(struct probe *probe) {
    struct probe_result *result = probe->result;
    bulla_bytes ocsp = bulla_connection_ocsp_response(probe->connection);
    size_t len = ocsp.len;
    size_t num = 0;
    while (num < BULLA_CHAIN_LEN_MAX) {
        bulla_bytes one = bulla_connection_peer_certificate(probe->connection, num);
        if (one.len == 0) {
            break;
        }
        result->chain[num++] = one;
        len += one.len;
    }
    free(result->bytes);
    result->num_chain = 0;
    result->bytes = malloc(len == 0 ? 1 : len);
    if (result->bytes == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    uint8_t *at = result->bytes;
    for (size_t i = 0; i < num; i++) {
        bytes_move(at, result->chain[i].data, result->chain[i].len);
        result->chain[i].data = at;
        at += result->chain[i].len;
    }
    if (ocsp.len != 0) {
        bytes_move(at, ocsp.data, ocsp.len);
        result->ocsp_response = bytes_of(at, ocsp.len);
    }
    result->num_chain = num;
    return BULLA_OK;
}

static void finish_handshake(struct probe *probe) {
    struct probe_result *result = probe->result;
    result->handshake_done = true;
    result->outcome = PROBE_DONE;
    bulla_cause cause = bulla_connection_close(probe->connection);
    if (cause != BULLA_OK) {
        fail_tls(result, cause);
        probe->over = true;
    } else if (result->certificate_requested) {
        probe->deadline_ms = clock_deadline_in(LAST_WORD_MS);
    } else {
        (void)flush(probe);
        probe->over = true;
    }
}

/* Sends what is to be sent, then receives. Once our side is done, an end of any kind is one. */
static void exchange(struct probe *probe, bulla_input *input) {
    if (!flush(probe)) {
        return;
    }
    if (!wait_for(probe, POLLIN)) {
        probe->result->outcome = probe->result->handshake_done ? PROBE_DONE : PROBE_TIMEOUT;
        probe->over = true;
        return;
    }
    ssize_t len = read(probe->fd, probe->input, sizeof probe->input);
    if (len > 0) {
        probe->result->silent = false;
        *input = (bulla_input){.bytes = probe->input, .len = (size_t)len};
    } else if (len == 0 && probe->result->handshake_done) {
        probe->over = true;
    } else if (len == 0) {
        bulla_connection_receive_end(probe->connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        fail_socket(probe);
    }
}

static bool flush(struct probe *probe) {
    for (;;) {
        bulla_bytes output = bulla_connection_output(probe->connection);
        if (output.len == 0) {
            return true;
        }
        ssize_t sent = write(probe->fd, output.data, output.len);
        if (sent > 0) {
            bulla_connection_output_sent(probe->connection, (size_t)sent);
        } else if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return true; /* why it left may still be there to read */
        } else if (errno != EAGAIN && errno != EINTR) {
            fail_socket(probe);
            return false;
        } else if (!wait_for(probe, POLLOUT)) {
            probe->result->outcome = PROBE_TIMEOUT;
            probe->over = true;
            return false;
        }
    }
}

/* False when the deadline has passed. */
static bool wait_for(const struct probe *probe, short events) {
    struct pollfd polled = {.fd = probe->fd, .events = events};
    int64_t left = probe->deadline_ms - clock_monotonic_ms();
    if (left <= 0) {
        return false;
    }
    return poll(&polled, 1, left > INT32_MAX ? INT32_MAX : (int)left) != 0;
}

/* A reset after our certificate was shown is a refusal without words. */
static void fail_socket(struct probe *probe) {
    probe->over = true;
    probe->result->system_error = errno;
    if (probe->result->handshake_done) {
        fail_tls(probe->result, BULLA_E_TRUNCATED);
    } else if (probe->result->silent && errno == ECONNRESET) {
        fail_tls(probe->result, BULLA_E_CLOSED_BEFORE_HANDSHAKE);
    } else {
        probe->result->outcome = PROBE_SOCKET_ERROR;
    }
}

static void fail_tls(struct probe_result *result, bulla_cause cause) {
    result->outcome = PROBE_TLS_FAILED;
    result->cause = cause;
}

static void take_info(struct probe *probe) {
    bulla_connection_info info;
    bulla_connection_info_get(probe->connection, &info);
    probe->result->version = info.version;
    probe->result->suite = info.suite;
    probe->result->group = info.group;
    probe->result->signature_scheme = info.peer_signature_scheme;
}

/* Sends `question`, and reads up to ANSWER_LEN bytes of an answer; 0 for none. */
static size_t ask_plain(const struct address *address, int64_t timeout_ms, bulla_bytes question,
                        uint8_t *answer) {
    struct probe_result unused = {0};
    struct probe probe = {.deadline_ms = clock_deadline_in(timeout_ms)};
    size_t len = 0;
    if (!reach(&probe.fd, &unused, address, timeout_ms)) {
        return 0;
    }
    if (write(probe.fd, question.data, question.len) == (ssize_t)question.len &&
        wait_for(&probe, POLLIN)) {
        ssize_t got = read(probe.fd, answer, ANSWER_LEN);
        len = got > 0 ? (size_t)got : 0;
    }
    close(probe.fd);
    return len;
}
