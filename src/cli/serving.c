/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a serving verb. */
#include "cli/serving.h"

#include "net/certificate_compression.h"
#include "net/signals.h"

#include <errno.h>
#include <stdlib.h>

enum { TEND_MS = 10 * 60 * 1000, TICKET_KEY_PERIOD = 12 * 60 * 60 };

struct run {
    struct serving *serving;
    struct http_server *server;
    struct loop_watch tend_timer;
};

static void complain_port(const struct serving *serving, const struct address *address, int error);
static enum exit_code run_loop(struct run *run, struct worker *worker);
static void on_signal(void *context, unsigned times);
static void on_tend(void *owner, unsigned events);

bool serving_open(struct serving *serving, const char *verb, const struct address *address) {
    int error;
    signals_hold();
    *serving = (struct serving){
        .verb = verb,
        .settings = http_server_defaults(),
        .log = {.file = stderr, .lowest = LOG_INFO},
        .policy = BULLA_POLICY_INTERMEDIATE,
    };
    if (!serving_open_key_log(&serving->key_log, verb)) {
        return false;
    }
    if (!listener_open(&serving->listener, address, &error)) {
        complain_port(serving, address, error);
        key_log_close(&serving->key_log);
        return false;
    }
    if (bulla_ticket_keys_new(&serving->ticket_keys, TICKET_KEY_PERIOD) != BULLA_OK) {
        serving->ticket_keys = NULL; /* every handshake is a full one then */
    }
    return true;
}

void serving_close(struct serving *serving) {
    listener_close(&serving->listener);
    bulla_ticket_keys_free(serving->ticket_keys);
    key_log_close(&serving->key_log);
}

bulla_cause serving_config(struct serving *serving, bulla_credential *credential,
                           bulla_trust *trust, bulla_client_auth client_auth, bulla_config **out) {
    bulla_config_builder *builder;
    bulla_cause cause = bulla_config_builder_new(&builder, BULLA_SERVER);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_config_set_policy(builder, serving->policy);
    if (serving->ticket_keys != NULL) {
        bulla_config_set_ticket_keys(builder, serving->ticket_keys);
    }
    bulla_config_add_credential(builder, credential);
    bulla_config_add_alpn(builder, BYTES_OF("http/1.1"));
    if (trust != NULL) {
        bulla_config_set_trust(builder, trust);
        bulla_config_set_client_auth(builder, client_auth);
    }
    certificate_compression_add_all(builder);
    key_log_attach(&serving->key_log, builder);
    return bulla_config_build(builder, out);
}

void serving_print_addresses(const struct serving *serving) {
    char text[ADDRESS_TEXT_LEN];
    for (size_t i = 0; listener_text(&serving->listener, i, text) != NULL; i++) {
        printf("%s%s", i == 0 ? "" : ", ", text);
    }
}

enum exit_code serving_run(struct serving *serving, bulla_config *config) {
    struct worker *worker;
    struct run run = {.serving = serving};
    bulla_cause cause = worker_new(&worker);
    if (cause == BULLA_OK) {
        cause =
            http_server_start(&run.server, worker, &serving->listener, config, &serving->settings,
                              &serving->log, serving->answer, serving->context);
        if (cause != BULLA_OK) {
            worker_free(worker);
        }
    }
    if (cause != BULLA_OK) {
        return exit_with(EXIT_USAGE, serving->verb, "%s; %s", bulla_cause_about(cause)->says,
                         bulla_cause_about(cause)->fix);
    }
    enum exit_code code = run_loop(&run, worker);
    listener_close(&serving->listener);
    http_server_free(run.server);
    worker_free(worker);
    return code;
}

static enum exit_code run_loop(struct run *run, struct worker *worker) {
    struct serving *serving = run->serving;
    struct signals signals;
    if (!signals_start(&signals, &worker->loop, on_signal, run)) {
        return exit_with(EXIT_USAGE, serving->verb,
                         "the system gives no thread or pipe: %s; raise its limits (ulimit -a)",
                         strerror(errno));
    }
    run->tend_timer = (struct loop_watch){.fd = -1,
                                          .deadline_ms = clock_deadline_in(TEND_MS),
                                          .background = true,
                                          .ready = on_tend,
                                          .owner = run};
    bool tends = serving->tend != NULL && loop_add(&worker->loop, &run->tend_timer);
    bool ran = loop_run(&worker->loop);
    int error = errno;
    if (tends) {
        loop_remove(&worker->loop, &run->tend_timer);
    }
    signals_end(&signals);
    return ran ? EXIT_OK
               : exit_with(EXIT_FINDING, serving->verb,
                           "poll failed: %s; raise the limit on open "
                           "files (ulimit -n)",
                           strerror(error));
}

bool serving_open_key_log(struct key_log *out, const char *verb) {
    const char *path = getenv("SSLKEYLOGFILE");
    if (!key_log_open(out, path)) {
        (void)exit_with(EXIT_USAGE, verb,
                        "cannot write %s: %s; unset SSLKEYLOGFILE or give another path", path,
                        strerror(errno));
        return false;
    }
    if (out->fd >= 0) {
        fprintf(stderr,
                "bulla %s: warning: SSLKEYLOGFILE is set: the secrets of every connection go to "
                "%s, and whoever reads it can read the traffic\n",
                verb, path);
    }
    return true;
}

static void on_signal(void *context, unsigned times) {
    struct run *run = context;
    struct log_line line;
    log_begin(&line, LOG_INFO, "stopping");
    log_text(&line, "says",
             times == 1 ? "no new connections; responses under way finish"
                        : "responses under way are cut off");
    log_end(&run->serving->log, &line);
    http_server_stop(run->server);
}

static void on_tend(void *owner, unsigned events) {
    struct run *run = owner;
    (void)events;
    run->serving->tend(run->serving->context, run->server, &run->serving->log);
    run->tend_timer.deadline_ms = clock_deadline_in(TEND_MS);
}

static void complain_port(const struct serving *serving, const struct address *address, int error) {
    const char *fix = error == EADDRINUSE ? "stop what listens there, or choose another port"
                      : error == EACCES   ? "choose a port above 1023"
                                          : "choose an address of this machine";
    const char *option = strcmp(serving->verb, "up") == 0 ? "--port 0" : "--listen 127.0.0.1:0";
    bool is_ipv6 = strchr(address->host, ':') != NULL;
    (void)exit_with(EXIT_USAGE, serving->verb,
                    "cannot listen on %s%s%s:%u: %s; %s (%s takes a free one)", is_ipv6 ? "[" : "",
                    address->host, is_ipv6 ? "]" : "", address->port, listener_error_text(error),
                    fix, option);
}
