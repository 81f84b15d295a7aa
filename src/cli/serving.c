/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a serving verb. The first worker's thread is the program's own; signals, files and
 * time come to it, and what they bring goes to the others from there. */
#include "cli/serving.h"

#include "net/certificate_compression.h"
#include "net/crew.h"
#include "net/signals.h"
#include "net/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { TEND_MS = 10 * 60 * 1000, TICKET_KEY_PERIOD = 12 * 60 * 60 };

/* One worker's part. */
struct part {
    struct listener own_listener; /* of all workers but the first */
    struct http_server *server;   /* NULL: not started */
};

struct serving_run {
    struct serving *serving;
    struct crew *crew;
    struct admission *admission;
    struct part *parts;
    struct signals signals;
    struct file_watch *files;
    struct loop_watch tend_timer;
};

static bool open_place(struct serving *serving, const struct serving_place *place, bool may_adopt);
static bool adopt(struct serving *serving);
static void complain_port(const struct serving *serving, const struct serving_place *place,
                          int error);
static bool prepare(struct serving_run *run);
static bool start_servers(struct serving_run *run, bulla_config *config, int64_t not_after);
static bool start_server(struct serving_run *run, size_t index, bulla_config *config,
                         int64_t not_after);
static enum exit_code run_crew(struct serving_run *run);
static void start_tending(struct serving_run *run);
static void end_tending(struct serving_run *run);
static void log_counts(const struct serving_run *run);
static void end(struct serving_run *run);
static void on_stop(void *context, unsigned times);
static void on_reload(void *context);
static void on_tend(void *owner, unsigned events);
static void tell(const struct serving *serving, const char *state);
static void complain(const struct serving *serving, bulla_cause cause);

static const struct signals_events signals_events = {.stop = on_stop, .reload = on_reload};

bool serving_open(struct serving *serving, const char *verb, const struct serving_place *place,
                  bool may_adopt) {
    signals_hold();
    *serving = (struct serving){
        .verb = verb,
        .settings = http_server_defaults(),
        .log = {.file = stderr, .lowest = LOG_INFO},
        .policy = BULLA_POLICY_INTERMEDIATE,
        .num_workers = (unsigned)crew_num_default(),
        .connections_max = ADMISSION_CONNECTIONS_DEFAULT,
        .per_address_max = ADMISSION_PER_ADDRESS_DEFAULT,
    };
    if (!serving_open_key_log(&serving->key_log, verb)) {
        return false;
    }
    if (!open_place(serving, place, may_adopt)) {
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

bulla_cause serving_config(struct serving *serving, const struct serving_material *material,
                           bulla_config **out) {
    bulla_config_builder *builder;
    bulla_cause cause = bulla_config_builder_new(&builder, BULLA_SERVER);
    if (cause != BULLA_OK) {
        return cause;
    }
    bulla_config_set_policy(builder, serving->policy);
    if (serving->tls_min != 0 || serving->tls_max != 0) {
        uint16_t lowest = serving->policy == BULLA_POLICY_MODERN ? BULLA_TLS_1_3 : BULLA_TLS_1_2;
        bulla_config_set_versions(builder, serving->tls_min != 0 ? serving->tls_min : lowest,
                                  serving->tls_max != 0 ? serving->tls_max : BULLA_TLS_1_3);
    }
    if (serving->ticket_keys != NULL) {
        bulla_config_set_ticket_keys(builder, serving->ticket_keys);
    }
    for (size_t i = 0; i < material->num_credentials; i++) {
        bulla_config_add_credential(builder, material->credentials[i]);
    }
    bulla_config_add_alpn(builder, BYTES_OF("h2"));
    bulla_config_add_alpn(builder, BYTES_OF("http/1.1"));
    if (material->trust != NULL) {
        bulla_config_set_trust(builder, material->trust);
        bulla_config_set_client_auth(builder, material->client_auth);
    }
    if (material->crls != NULL) {
        bulla_config_set_revocation(builder, BULLA_REVOCATION_HARD, material->crls);
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

enum exit_code serving_run(struct serving *serving, bulla_config *config, int64_t not_after) {
    struct serving_run run = {.serving = serving};
    enum exit_code code = EXIT_USAGE;
    if (prepare(&run) && start_servers(&run, config, not_after)) {
        serving->run = &run;
        code = run_crew(&run);
        serving->run = NULL;
        log_counts(&run);
    }
    end(&run);
    return code;
}

void serving_set_config(struct serving *serving, bulla_config *config, int64_t not_after) {
    const struct serving_run *run = serving->run;
    for (size_t i = 0; i < crew_num(run->crew); i++) {
        http_server_set_config(run->parts[i].server, config, not_after);
    }
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

static bool open_place(struct serving *serving, const struct serving_place *place, bool may_adopt) {
    int error;
    if (may_adopt && supervisor_num_sockets(getenv("LISTEN_PID"), getenv("LISTEN_FDS")) != 0) {
        return adopt(serving);
    }
    bool opened = place->unix_path != NULL
                      ? listener_open_unix(&serving->listener, place->unix_path, &error)
                      : listener_open(&serving->listener, &place->address, &error);
    if (!opened) {
        complain_port(serving, place, error);
    }
    return opened;
}

static bool adopt(struct serving *serving) {
    int fds[LISTENER_SOCKETS_MAX];
    int error = E2BIG;
    size_t num = supervisor_num_sockets(getenv("LISTEN_PID"), getenv("LISTEN_FDS"));
    for (size_t i = 0; i < num && i < LISTENER_SOCKETS_MAX; i++) {
        fds[i] = SUPERVISOR_FIRST_FD + (int)i;
    }
    serving->adopted = true;
    if (num > LISTENER_SOCKETS_MAX || !listener_adopt(&serving->listener, fds, num, &error)) {
        (void)exit_with(EXIT_USAGE, serving->verb,
                        "LISTEN_FDS: cannot listen on the %zu sockets handed over: %s; hand over "
                        "1 to %d listening stream sockets",
                        num, strerror(error), LISTENER_SOCKETS_MAX);
        return false;
    }
    return true;
}

static bool prepare(struct serving_run *run) {
    struct serving *serving = run->serving;
    bulla_cause cause =
        admission_new(&run->admission, serving->connections_max, serving->per_address_max);
    if (cause == BULLA_OK) {
        cause = crew_new(&run->crew, serving->num_workers);
    }
    if (cause == BULLA_OK) {
        run->parts = calloc(serving->num_workers, sizeof *run->parts);
        cause = run->parts != NULL ? BULLA_OK : BULLA_E_OUT_OF_MEMORY;
    }
    if (cause != BULLA_OK) {
        complain(serving, cause);
    }
    return cause == BULLA_OK;
}

static bool start_servers(struct serving_run *run, bulla_config *config, int64_t not_after) {
    for (size_t i = 0; i < crew_num(run->crew); i++) {
        if (!start_server(run, i, config, not_after)) {
            return false;
        }
    }
    return true;
}

static bool start_server(struct serving_run *run, size_t index, bulla_config *config,
                         int64_t not_after) {
    struct serving *serving = run->serving;
    struct part *part = &run->parts[index];
    struct http_server_setup setup = {
        .listener = index == 0 ? &serving->listener : &part->own_listener,
        .admission = run->admission,
        .config = config,
        .not_after = not_after,
        .settings = serving->settings,
        .log = &serving->log,
        .answer = serving->answer,
        .context = serving->context,
    };
    int error;
    if (index != 0 && !listener_open_beside(setup.listener, &serving->listener, &error)) {
        (void)exit_with(EXIT_USAGE, serving->verb,
                        "cannot listen for worker %zu: %s; raise the limit on open files (ulimit "
                        "-n), or take fewer --workers",
                        index, strerror(error));
        return false;
    }
    bulla_cause cause = http_server_start(&part->server, crew_worker(run->crew, index), &setup);
    if (cause != BULLA_OK) {
        listener_close(setup.listener);
        complain(serving, cause);
    }
    return cause == BULLA_OK;
}

static enum exit_code run_crew(struct serving_run *run) {
    struct serving *serving = run->serving;
    bool ran = false;
    if (signals_start(&run->signals, &crew_worker(run->crew, 0)->loop, &signals_events, run)) {
        start_tending(run);
        tell(serving, "READY=1");
        ran = crew_run(run->crew);
        int error = errno;
        end_tending(run);
        signals_end(&run->signals);
        errno = error;
    }
    return ran ? EXIT_OK
               : exit_with(EXIT_USAGE, serving->verb,
                           "the system gives no thread or pipe: %s; raise its limits (ulimit -a)",
                           strerror(errno));
}

/* A server whose files can't be watched still has SIGHUP. */
static void start_tending(struct serving_run *run) {
    struct serving *serving = run->serving;
    struct loop *loop = &crew_worker(run->crew, 0)->loop;
    run->tend_timer = (struct loop_watch){.fd = -1,
                                          .deadline_ms = clock_deadline_in(TEND_MS),
                                          .background = true,
                                          .ready = on_tend,
                                          .owner = run};
    bool timed =
        serving->tend == NULL || !serving->tends_by_time || loop_add(loop, &run->tend_timer);
    if (serving->watch != NULL) {
        run->files = file_watch_new(loop, on_reload, run);
        if (run->files != NULL) {
            serving->watch(serving->context, run->files);
        }
        /* What changed between the first reading and now was seen by nobody. */
        serving->tend(serving->context, serving);
    }
    size_t missed = run->files == NULL ? 0 : file_watch_num_missed(run->files);
    if (!timed || (serving->watch != NULL && run->files == NULL) || missed != 0) {
        struct log_line line;
        log_begin(&line, LOG_WARN, "watch_failed");
        log_text(&line, "says", "changes of some files will go unseen");
        log_text(&line, "fix", "send SIGHUP after a change, or raise fs.inotify.max_user_watches");
        log_end(&serving->log, &line);
    }
}

static void end_tending(struct serving_run *run) {
    loop_remove(&crew_worker(run->crew, 0)->loop, &run->tend_timer);
    file_watch_free(run->files);
}

/* How the workers shared the load. */
static void log_counts(const struct serving_run *run) {
    for (size_t i = 0; i < crew_num(run->crew); i++) {
        struct http_server_counts counts = http_server_counts(run->parts[i].server);
        struct log_line line;
        log_begin(&line, LOG_INFO, "worker_ended");
        log_number(&line, "worker", (int64_t)i);
        log_number(&line, "connections", (int64_t)counts.connections);
        log_number(&line, "handshakes", (int64_t)counts.handshakes);
        log_number(&line, "requests", (int64_t)counts.requests);
        log_number(&line, "refused", (int64_t)counts.refused);
        log_end(&run->serving->log, &line);
    }
}

static void end(struct serving_run *run) {
    for (size_t i = 0; run->parts != NULL && i < crew_num(run->crew); i++) {
        if (run->parts[i].server != NULL) {
            http_server_free(run->parts[i].server);
        }
    }
    free(run->parts);
    crew_free(run->crew);
    admission_free(run->admission);
}

static void on_stop(void *context, unsigned times) {
    struct serving_run *run = context;
    struct log_line line;
    log_begin(&line, LOG_INFO, "stopping");
    log_text(&line, "says",
             times == 1 ? "no new connections; responses under way finish"
                        : "responses under way are cut off");
    log_end(&run->serving->log, &line);
    tell(run->serving, "STOPPING=1");
    for (size_t i = 0; i < crew_num(run->crew); i++) {
        http_server_stop(run->parts[i].server);
    }
}

/* SIGHUP, or a file that may have changed. systemd waits for READY once it is told of a reload. */
static void on_reload(void *context) {
    struct serving_run *run = context;
    struct serving *serving = run->serving;
    char state[64];
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
    tell(serving, state);
    if (serving->tend != NULL) {
        serving->tend(serving->context, serving);
    }
    tell(serving, "READY=1");
}

static void on_tend(void *owner, unsigned events) {
    struct serving_run *run = owner;
    (void)events;
    run->serving->tend(run->serving->context, run->serving);
    run->tend_timer.deadline_ms = clock_deadline_in(TEND_MS);
}

static void tell(const struct serving *serving, const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!supervisor_tell(path, state)) {
        struct log_line line;
        log_begin(&line, LOG_WARN, "notify_failed");
        log_text(&line, "socket", path);
        log_text(&line, "says", strerror(errno));
        log_end(&serving->log, &line);
    }
}

static void complain(const struct serving *serving, bulla_cause cause) {
    (void)exit_with(EXIT_USAGE, serving->verb, "%s; %s", bulla_cause_about(cause)->says,
                    bulla_cause_about(cause)->fix);
}

static void complain_port(const struct serving *serving, const struct serving_place *place,
                          int error) {
    const struct address *address = &place->address;
    if (place->unix_path != NULL) {
        (void)exit_with(EXIT_USAGE, serving->verb,
                        "cannot listen on unix:%s: %s; stop what listens there, or choose another "
                        "path",
                        place->unix_path, strerror(error));
        return;
    }
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
