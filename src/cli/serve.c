/* SPDX-License-Identifier: Apache-2.0 */
/* bulla serve: HTTPS with the caller's own certificates; a folder, or the two built-in pages. */
#include "cli/options.h"
#include "cli/served.h"
#include "cli/serving.h"
#include "cli/verbs.h"
#include "http/site.h"
#include "http/static_files.h"
#include "net/crew.h"
#include <bulla/policy.h>

#include <errno.h>
#include <unistd.h>

struct serve_options {
    struct option_texts certificates, keys;
    const char *password, *client_ca, *client_auth, *crl, *listen, *policy, *tls_min, *tls_max;
    unsigned workers, connections, per_address; /* 0: the default */
    int64_t handshake_ms, header_ms, idle_ms, drain_ms;
    bool hsts, quiet;
    const char *folder;
};

/* The options, understood. */
struct serve {
    struct serving serving;
    struct serving_place place;
    struct served served;
    bulla_client_auth client_auth;
    bulla_policy policy;
    uint16_t tls_min, tls_max;
    int folder; /* -1 for none */
};

static const struct verb_help help = {
    .name = "serve",
    .usage = "--cert FILE --key FILE [OPTIONS] [DIR]",
    .summary = "serve HTTPS with certificates of your own",
    .text =
        "Gives the files of DIR (no symbolic links, no names that begin with a dot). Without DIR\n"
        "it answers / with what the connection is, and /api/secure with who the client is.\n"
        "TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2, resumption by tickets. SSLKEYLOGFILE is honoured.\n"
        "With several --cert (and as many --key, in the same order) the client's SNI chooses.\n"
        "When one of the files changes, or at SIGHUP, what is new and good is taken over; what is\n"
        "not is logged, and the last good one goes on. SIGINT and SIGTERM let responses finish "
        "for\n"
        "5 s; a second one cuts them off. systemd's socket activation and Type=notify work.",
    .example = "  bulla up --dir /tmp/ca --port 0   # makes certificates; stop it with Ctrl-C\n"
               "  bulla serve --cert /tmp/ca/server.crt --key /tmp/ca/server.key \\\n"
               "              --client-ca /tmp/ca/ca.crt --listen 127.0.0.1:8443 .",
};

static struct serve_options defaults(void);
static enum options_outcome parse(const struct command *command, struct serve_options *out);
static struct option texts(const char *name, const char *about, struct option_texts *to);
static struct option text(const char *name, const char *value, const char *about, const char **to);
static struct option number(const char *name, const char *about, unsigned *to);
static struct option duration(const char *name, const char *about, int64_t *to);
static struct option flag(const char *name, const char *about, bool *to);
static bool understand(struct serve *out, const struct serve_options *options);
static bool parse_place(struct serving_place *out, const char *text);
static bool parse_pairs(struct served *out, const struct serve_options *options);
static bool parse_client_auth(const struct serve_options *options, bulla_client_auth *out);
static bool parse_policy(const struct serve_options *options, bulla_policy *out);
static bool parse_version(uint16_t *out, const char *option, const char *name);
static enum exit_code serve(struct serve *serve, const struct serve_options *options);
static void configure(struct serve *serve, const struct serve_options *options);
static bulla_cause make_config(struct serve *serve, bulla_config **out);
static void tend(void *context, struct serving *serving);
static void watch(void *context, struct file_watch *files);
static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out);

enum exit_code verb_serve(const struct command *command) {
    struct serve_options options;
    struct serve one = {.folder = -1};
    enum options_outcome outcome = parse(command, &options);
    if (outcome != OPTIONS_OK) {
        return outcome == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    }
    if (!understand(&one, &options)) {
        return EXIT_USAGE;
    }
    if (options.workers > CREW_WORKERS_MAX) {
        return exit_with(EXIT_USAGE, "serve", "--workers takes 1 to %d", CREW_WORKERS_MAX);
    }
    if (options.folder != NULL && !static_files_open(&one.folder, options.folder)) {
        return exit_with(EXIT_USAGE, "serve", "cannot open the folder %s: %s; check the path",
                         options.folder, strerror(errno));
    }
    enum exit_code code = serve(&one, &options);
    if (one.folder >= 0) {
        close(one.folder);
    }
    return code;
}

static struct serve_options defaults(void) {
    const struct http_server_settings settings = http_server_defaults();
    return (struct serve_options){.listen = "localhost:8443",
                                  .policy = "intermediate",
                                  .connections = ADMISSION_CONNECTIONS_DEFAULT,
                                  .per_address = ADMISSION_PER_ADDRESS_DEFAULT,
                                  .handshake_ms = settings.handshake_ms,
                                  .header_ms = settings.request_ms,
                                  .idle_ms = settings.idle_ms,
                                  .drain_ms = settings.drain_ms};
}

static enum options_outcome parse(const struct command *command, struct serve_options *out) {
    *out = defaults();
    const struct option options[] = {
        texts("cert", "a certificate chain, PEM, the leaf first; several: by SNI",
              &out->certificates),
        texts("key", "its private key, PEM (default: in the file of --cert)", &out->keys),
        text("password-file", "FILE", "a file whose first line decrypts the keys", &out->password),
        text("client-ca", "FILE", "ask clients for a certificate that these CAs issued",
             &out->client_ca),
        text("client-auth", "MODE", "request (default; / works without) or require",
             &out->client_auth),
        text("crl", "FILE", "refuse clients without a fresh CRL of their issuer in FILE",
             &out->crl),
        text("policy", "NAME", "intermediate (default: TLS 1.2 and 1.3) or modern (1.3 alone)",
             &out->policy),
        text("tls-min", "VERSION", "1.2 or 1.3", &out->tls_min),
        text("tls-max", "VERSION", "1.2 or 1.3", &out->tls_max),
        text("listen", "HOST:PORT", "where (default localhost:8443; port 0: any), or unix:/PATH",
             &out->listen),
        number("workers", "threads (default: one for each processor)", &out->workers),
        number("connections", "at once (1024)", &out->connections),
        number("connections-per-address", "at once from one IPv4 address or IPv6 /64 (256)",
               &out->per_address),
        duration("handshake-timeout", "for a peer's whole handshake (10s)", &out->handshake_ms),
        duration("header-timeout", "for a request's whole head (10s)", &out->header_ms),
        duration("idle-timeout", "for a connection without traffic (75s)", &out->idle_ms),
        duration("drain-timeout", "for responses under way at SIGTERM (5s)", &out->drain_ms),
        flag("hsts", "tell browsers to come back by HTTPS alone, for two years", &out->hsts),
        flag("quiet", "log only what goes wrong", &out->quiet),
    };
    struct operands operands;
    enum options_outcome outcome =
        options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                      command->num_arguments, &operands, 1, stdout, stderr);
    out->folder = operands.num_values == 1 ? operands.values[0] : NULL;
    return outcome;
}

static struct option texts(const char *name, const char *about, struct option_texts *to) {
    return (struct option){name, OPTION_TEXTS, "FILE", about, {.texts = to}};
}

static struct option text(const char *name, const char *value, const char *about, const char **to) {
    return (struct option){name, OPTION_TEXT, value, about, {.text = to}};
}

static struct option number(const char *name, const char *about, unsigned *to) {
    return (struct option){name, OPTION_COUNT, "N", about, {.number = to}};
}

static struct option duration(const char *name, const char *about, int64_t *to) {
    return (struct option){name, OPTION_DURATION, "TIME", about, {.duration_ms = to}};
}

static struct option flag(const char *name, const char *about, bool *to) {
    return (struct option){name, OPTION_FLAG, NULL, about, {.flag = to}};
}

/* Says on stderr what cannot be understood. */
static bool understand(struct serve *out, const struct serve_options *options) {
    return parse_pairs(&out->served, options) && parse_place(&out->place, options->listen) &&
           parse_client_auth(options, &out->client_auth) && parse_policy(options, &out->policy) &&
           parse_version(&out->tls_min, "tls-min", options->tls_min) &&
           parse_version(&out->tls_max, "tls-max", options->tls_max);
}

static bool parse_place(struct serving_place *out, const char *text) {
    static const char scheme[] = "unix:";
    if (strncmp(text, scheme, sizeof scheme - 1) == 0 && text[sizeof scheme - 1] != '\0') {
        out->unix_path = text + sizeof scheme - 1;
        return true;
    }
    if (!address_parse(&out->address, bytes_of_text(text), 0)) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "'%s' is not an address to listen on; write HOST:PORT, [IPv6]:PORT, :PORT "
                        "or unix:/PATH",
                        text);
        return false;
    }
    return true;
}

static bool parse_pairs(struct served *out, const struct serve_options *options) {
    const struct option_texts *certificates = &options->certificates;
    const struct option_texts *keys = &options->keys;
    _Static_assert((int)OPTION_TEXTS_MAX <= (int)SERVED_PAIRS_MAX, "a pair for each --cert");
    if (certificates->num == 0) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "--cert FILE is missing; bulla up makes a certificate to begin with");
        return false;
    }
    if (keys->num != 0 && keys->num != certificates->num) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "there are %zu --cert and %zu --key; give each --cert its --key, in the "
                        "same order, or none where the keys are in the files of --cert",
                        certificates->num, keys->num);
        return false;
    }
    for (size_t i = 0; i < certificates->num; i++) {
        out->pairs[i].files =
            (struct credential_files){.certificate = certificates->values[i],
                                      .key = keys->num == 0 ? NULL : keys->values[i],
                                      .password = options->password};
    }
    out->num_pairs = certificates->num;
    out->client_ca = options->client_ca;
    out->crl = options->crl;
    if (options->crl != NULL && options->client_ca == NULL) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "--crl is about client certificates; add --client-ca FILE");
        return false;
    }
    return true;
}

static bool parse_client_auth(const struct serve_options *options, bulla_client_auth *out) {
    const char *mode = options->client_auth;
    if (mode != NULL && options->client_ca == NULL) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "--client-auth needs to know whom to trust; add --client-ca FILE");
        return false;
    }
    if (mode != NULL && strcmp(mode, "request") != 0 && strcmp(mode, "require") != 0) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "'%s' is not a value for --client-auth; it takes request or require", mode);
        return false;
    }
    bool require = mode != NULL && strcmp(mode, "require") == 0;
    *out = options->client_ca == NULL ? BULLA_CLIENT_AUTH_NONE
           : require                  ? BULLA_CLIENT_AUTH_REQUIRE
                                      : BULLA_CLIENT_AUTH_REQUEST;
    return true;
}

static bool parse_policy(const struct serve_options *options, bulla_policy *out) {
    if (bulla_policy_find(options->policy, out) != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, "serve",
                        "'%s' is not a value for --policy; it takes modern or intermediate",
                        options->policy);
        return false;
    }
    return true;
}

static bool parse_version(uint16_t *out, const char *option, const char *name) {
    *out = 0;
    if (name == NULL) {
        return true;
    }
    bulla_cause cause = bulla_version_find(name, out);
    if (cause == BULLA_E_WEAK_VERSION) {
        (void)exit_with(EXIT_USAGE, "serve", "--%s %s: %s; it takes 1.2 or 1.3", option, name,
                        bulla_weakness(BULLA_PARAMETER_VERSION, *out));
    } else if (cause != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, "serve", "'%s' is not a value for --%s; it takes 1.2 or 1.3",
                        name, option);
    }
    return cause == BULLA_OK;
}

static enum exit_code serve(struct serve *serve, const struct serve_options *options) {
    struct serving *serving = &serve->serving;
    bulla_config *config;
    if (!serving_open(serving, "serve", &serve->place, true)) {
        return EXIT_USAGE;
    }
    configure(serve, options);
    enum exit_code code = EXIT_USAGE;
    if (served_load(&serve->served, "serve")) {
        bulla_cause cause = make_config(serve, &config);
        if (cause == BULLA_OK) {
            printf("Listening on ");
            serving_print_addresses(serving);
            printf("\n");
            fflush(stdout);
            code = serving_run(serving, config, served_not_after(&serve->served));
            bulla_config_free(config);
        } else {
            const bulla_cause_info *about = bulla_cause_about(cause);
            (void)exit_with(EXIT_USAGE, "serve", "%s: %s: %s; %s", options->certificates.values[0],
                            about->name, about->says, about->fix);
        }
    }
    served_free(&serve->served);
    serving_close(serving);
    return code;
}

static void configure(struct serve *serve, const struct serve_options *options) {
    struct serving *serving = &serve->serving;
    serving->connections_max = options->connections;
    serving->per_address_max = options->per_address;
    serving->num_workers = options->workers != 0 ? options->workers : serving->num_workers;
    serving->settings.handshake_ms = options->handshake_ms;
    serving->settings.request_ms = options->header_ms;
    serving->settings.idle_ms = options->idle_ms;
    serving->settings.drain_ms = options->drain_ms;
    serving->settings.hsts = options->hsts ? "max-age=63072000" : NULL;
    serving->log.lowest = options->quiet ? LOG_WARN : LOG_INFO;
    serving->policy = serve->policy;
    serving->tls_min = serve->tls_min;
    serving->tls_max = serve->tls_max;
    serving->answer = answer;
    serving->tend = tend;
    serving->watch = watch;
    serving->context = serve;
}

static bulla_cause make_config(struct serve *serve, bulla_config **out) {
    const struct served *served = &serve->served;
    bulla_credential *credentials[SERVED_PAIRS_MAX];
    for (size_t i = 0; i < served->num_pairs; i++) {
        credentials[i] = served->pairs[i].credential;
    }
    const struct serving_material material = {.credentials = credentials,
                                              .num_credentials = served->num_pairs,
                                              .trust = served->trust,
                                              .client_auth = serve->client_auth,
                                              .crls = served->crls};
    return serving_config(&serve->serving, &material, out);
}

static void tend(void *context, struct serving *serving) {
    struct serve *serve = context;
    bulla_config *config;
    if (!served_reload(&serve->served, &serving->log)) {
        return;
    }
    bulla_cause cause = make_config(serve, &config);
    if (cause == BULLA_OK) {
        serving_set_config(serving, config, served_not_after(&serve->served));
        bulla_config_free(config);
        served_log_renewed(&serve->served, &serving->log);
        return;
    }
    struct log_line line;
    log_begin(&line, LOG_ERROR, "reload_failed");
    log_text(&line, "cause", bulla_cause_about(cause)->name);
    log_text(&line, "says", bulla_cause_about(cause)->says);
    log_text(&line, "fix", bulla_cause_about(cause)->fix);
    log_end(&serving->log, &line);
}

static void watch(void *context, struct file_watch *files) {
    const struct serve *serve = context;
    served_watch(&serve->served, files);
}

static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out) {
    const struct serve *serve = context;
    if (serve->folder < 0) {
        site_answer(connection, path, out);
    } else {
        static_files_answer(serve->folder, path, out);
    }
}
