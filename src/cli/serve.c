/* SPDX-License-Identifier: Apache-2.0 */
/* bulla serve: HTTPS with the caller's own certificate; a folder, or the two built-in pages. */
#include "cli/material.h"
#include "cli/options.h"
#include "cli/serving.h"
#include "cli/verbs.h"
#include "http/site.h"
#include "http/static_files.h"
#include <bulla/policy.h>

#include <errno.h>
#include <unistd.h>

struct serve_options {
    struct credential_files files;
    const char *client_ca, *client_auth, *listen, *policy;
    unsigned connections;
    int64_t handshake_ms, idle_ms;
    bool quiet;
    const char *folder;
};

static const struct verb_help help = {
    .name = "serve",
    .usage = "--cert FILE --key FILE [OPTIONS] [DIR]",
    .summary = "serve HTTPS with a certificate of your own",
    .text =
        "Gives the files of DIR (no symbolic links, no names that begin with a dot). Without DIR\n"
        "it answers / with what the connection is, and /api/secure with who the client is.\n"
        "TLS 1.2 and 1.3, HTTP/1.1, resumption by tickets. SSLKEYLOGFILE is honoured.\n"
        "SIGINT and SIGTERM let responses finish\n"
        "for 5 s; a second one cuts them off.",
    .example = "  bulla up --dir /tmp/ca --port 0   # makes certificates; stop it with Ctrl-C\n"
               "  bulla serve --cert /tmp/ca/server.crt --key /tmp/ca/server.key \\\n"
               "              --client-ca /tmp/ca/ca.crt --listen 127.0.0.1:8443 .",
};

static struct serve_options defaults(void);
static enum options_outcome parse(const struct command *command, struct serve_options *out);
static bool parse_client_auth(const struct serve_options *options, bulla_client_auth *out);
static enum exit_code serve(const struct serve_options *options, const struct address *address,
                            bulla_client_auth client_auth, bulla_policy policy, int folder);
static bool parse_policy(const struct serve_options *options, bulla_policy *out);
static bool make_config(struct serving *serving, const struct serve_options *options,
                        bulla_client_auth client_auth, bulla_config **out);
static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out);

enum exit_code verb_serve(const struct command *command) {
    struct serve_options options;
    struct address address;
    bulla_client_auth client_auth;
    bulla_policy policy;
    int folder = -1;
    enum options_outcome outcome = parse(command, &options);
    if (outcome != OPTIONS_OK) {
        return outcome == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    }
    if (options.files.certificate == NULL) {
        return exit_with(EXIT_USAGE, "serve",
                         "--cert FILE is missing; bulla up makes a certificate to begin with");
    }
    if (!address_parse(&address, bytes_of_text(options.listen), 0)) {
        return exit_with(EXIT_USAGE, "serve",
                         "'%s' is not an address to listen on; write HOST:PORT, [IPv6]:PORT or "
                         ":PORT",
                         options.listen);
    }
    if (!parse_client_auth(&options, &client_auth) || !parse_policy(&options, &policy)) {
        return EXIT_USAGE;
    }
    if (options.folder != NULL && !static_files_open(&folder, options.folder)) {
        return exit_with(EXIT_USAGE, "serve", "cannot open the folder %s: %s; check the path",
                         options.folder, strerror(errno));
    }
    enum exit_code code = serve(&options, &address, client_auth, policy, folder);
    if (folder >= 0) {
        close(folder);
    }
    return code;
}

static struct serve_options defaults(void) {
    const struct http_server_settings settings = http_server_defaults();
    return (struct serve_options){.listen = "localhost:8443",
                                  .policy = "intermediate",
                                  .connections = (unsigned)settings.connections_max,
                                  .handshake_ms = settings.handshake_ms,
                                  .idle_ms = settings.idle_ms};
}

static enum options_outcome parse(const struct command *command, struct serve_options *out) {
    *out = defaults();
    const struct option options[] = {
        {"cert",
         OPTION_TEXT,
         "FILE",
         "the certificate chain, PEM, the leaf first",
         {.text = &out->files.certificate}},
        {"key",
         OPTION_TEXT,
         "FILE",
         "its private key, PEM (default: in the file of --cert)",
         {.text = &out->files.key}},
        {"password-file",
         OPTION_TEXT,
         "FILE",
         "a file whose first line decrypts the key",
         {.text = &out->files.password}},
        {"client-ca",
         OPTION_TEXT,
         "FILE",
         "ask clients for a certificate that these CAs issued",
         {.text = &out->client_ca}},
        {"client-auth",
         OPTION_TEXT,
         "MODE",
         "request (default; / works without) or require",
         {.text = &out->client_auth}},
        {"policy",
         OPTION_TEXT,
         "NAME",
         "intermediate (default: TLS 1.2 and 1.3) or modern (1.3 alone)",
         {.text = &out->policy}},
        {"listen",
         OPTION_TEXT,
         "HOST:PORT",
         "where (default localhost:8443; port 0: a free one)",
         {.text = &out->listen}},
        {"connections", OPTION_COUNT, "N", "at once (1024)", {.number = &out->connections}},
        {"handshake-timeout",
         OPTION_DURATION,
         "TIME",
         "for a peer's whole handshake (10s)",
         {.duration_ms = &out->handshake_ms}},
        {"idle-timeout",
         OPTION_DURATION,
         "TIME",
         "for a connection without traffic (60s)",
         {.duration_ms = &out->idle_ms}},
        {"quiet", OPTION_FLAG, NULL, "log only what goes wrong", {.flag = &out->quiet}},
    };
    struct operands operands;
    enum options_outcome outcome =
        options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                      command->num_arguments, &operands, 1, stdout, stderr);
    out->folder = operands.num_values == 1 ? operands.values[0] : NULL;
    return outcome;
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

static enum exit_code serve(const struct serve_options *options, const struct address *address,
                            bulla_client_auth client_auth, bulla_policy policy, int folder) {
    struct serving serving;
    bulla_config *config;
    if (!serving_open(&serving, "serve", address)) {
        return EXIT_USAGE;
    }
    serving.settings.connections_max = options->connections;
    serving.settings.handshake_ms = options->handshake_ms;
    serving.settings.idle_ms = options->idle_ms;
    serving.log.lowest = options->quiet ? LOG_WARN : LOG_INFO;
    serving.policy = policy;
    serving.answer = answer;
    serving.context = &folder;
    enum exit_code code = EXIT_USAGE;
    if (make_config(&serving, options, client_auth, &config)) {
        printf("Listening on ");
        serving_print_addresses(&serving);
        printf("\n");
        fflush(stdout);
        code = serving_run(&serving, config);
        bulla_config_free(config);
    }
    serving_close(&serving);
    return code;
}

static bool make_config(struct serving *serving, const struct serve_options *options,
                        bulla_client_auth client_auth, bulla_config **out) {
    bulla_credential *credential;
    bulla_trust *trust = NULL;
    if (!material_credential(&credential, "serve", &options->files)) {
        return false;
    }
    if (options->client_ca != NULL && !material_trust(&trust, "serve", options->client_ca)) {
        bulla_credential_free(credential);
        return false;
    }
    bulla_cause cause = serving_config(serving, credential, trust, client_auth, out);
    bulla_credential_free(credential);
    bulla_trust_free(trust);
    if (cause != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, "serve", "%s: %s: %s; %s", options->files.certificate,
                        bulla_cause_about(cause)->name, bulla_cause_about(cause)->says,
                        bulla_cause_about(cause)->fix);
    }
    return cause == BULLA_OK;
}

static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out) {
    const int *folder = context;
    if (*folder < 0) {
        site_answer(connection, path, out);
    } else {
        static_files_answer(*folder, path, out);
    }
}
