/* SPDX-License-Identifier: Apache-2.0 */
/* bulla get: one URL, verified; with --verbose, the handshake. The body goes to stdout, all else to
 * stderr. */
#include "base/system_clock.h"
#include "cli/get_report.h"
#include "cli/material.h"
#include "cli/options.h"
#include "cli/serving.h"
#include "cli/verbs.h"
#include "net/certificate_compression.h"

static const struct verb_help help = {
    .name = "get",
    .usage = "[OPTIONS] URL",
    .summary = "fetch an https:// URL, and show the handshake",
    .text =
        "Prints the body. The server's certificate is checked against the system's trust store\n"
        "(SSL_CERT_FILE and SSL_CERT_DIR are honoured) or the CAs of --cacert. An HTTP status\n"
        "of 400 or more prints the body too and ends with 1; so does an answer that was cut\n"
        "short. SSLKEYLOGFILE is honoured.",
    .example = "  bulla get --verbose https://example.com/\n"
               "  bulla get --cacert bulla-up/ca.crt --cert bulla-up/client.crt \\\n"
               "            --key bulla-up/client.key https://localhost:8443/api/secure",
};

struct get_options {
    const char *ca, *url;
    struct credential_files files;
    bool verbose;
    int64_t connect_ms, idle_ms;
};

static enum options_outcome parse(const struct command *command, struct get_options *out);
static bool make_config(const struct get_options *options, struct key_log *key_log,
                        bulla_trust *trust, bulla_config **out);
static enum exit_code get(const struct get_options *options, const struct url *url,
                          bulla_config *config, bulla_trust *trust);
static bool print_body(void *context, bulla_bytes body);

enum exit_code verb_get(const struct command *command) {
    struct get_options options;
    struct url url;
    struct key_log key_log;
    bulla_trust *trust;
    bulla_config *config;
    enum options_outcome outcome = parse(command, &options);
    if (outcome != OPTIONS_OK) {
        return outcome == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    }
    if (options.url == NULL) {
        return exit_with(EXIT_USAGE, "get", "the URL is missing; see bulla get --help");
    }
    const char *wrong = url_parse(&url, options.url);
    if (wrong != NULL) {
        return exit_with(EXIT_USAGE, "get", "%s: %s", options.url, wrong);
    }
    if (options.files.key != NULL && options.files.certificate == NULL) {
        return exit_with(EXIT_USAGE, "get", "--key alone is no use; add --cert FILE");
    }
    if (!material_trust(&trust, "get", options.ca)) {
        return EXIT_USAGE;
    }
    enum exit_code code = EXIT_USAGE;
    if (serving_open_key_log(&key_log, "get")) {
        if (make_config(&options, &key_log, trust, &config)) {
            code = get(&options, &url, config, trust);
            bulla_config_free(config);
        }
        key_log_close(&key_log);
    }
    bulla_trust_free(trust);
    return code;
}

static enum options_outcome parse(const struct command *command, struct get_options *out) {
    *out = (struct get_options){.connect_ms = 10 * 1000, .idle_ms = 60 * 1000};
    const struct option options[] = {
        {"cacert",
         OPTION_TEXT,
         "FILE",
         "trust the CAs of this PEM file, and no others",
         {.text = &out->ca}},
        {"cert",
         OPTION_TEXT,
         "FILE",
         "the certificate to show: a PEM chain, the leaf first",
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
        {"verbose",
         OPTION_FLAG,
         NULL,
         "show the handshake: version, suite, chain, timings",
         {.flag = &out->verbose}},
        {"connect-timeout",
         OPTION_DURATION,
         "TIME",
         "to connect, and then to shake hands (10s)",
         {.duration_ms = &out->connect_ms}},
        {"idle-timeout",
         OPTION_DURATION,
         "TIME",
         "for a server that says nothing (60s)",
         {.duration_ms = &out->idle_ms}},
    };
    struct operands operands;
    enum options_outcome outcome =
        options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                      command->num_arguments, &operands, 1, stdout, stderr);
    out->url = operands.num_values == 1 ? operands.values[0] : NULL;
    return outcome;
}

static bool make_config(const struct get_options *options, struct key_log *key_log,
                        bulla_trust *trust, bulla_config **out) {
    bulla_config_builder *builder;
    bulla_credential *credential = NULL;
    if (options->files.certificate != NULL &&
        !material_credential(&credential, "get", &options->files)) {
        return false;
    }
    bulla_cause cause = bulla_config_builder_new(&builder, BULLA_CLIENT);
    if (cause == BULLA_OK) {
        bulla_config_set_trust(builder, trust);
        /* To judge the chain here, so that its report can be shown whatever the verdict. */
        bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
        bulla_config_add_alpn(builder, BYTES_OF("http/1.1"));
        if (credential != NULL) {
            bulla_config_add_credential(builder, credential);
        }
        certificate_compression_add_all(builder);
        key_log_attach(key_log, builder);
        cause = bulla_config_build(builder, out);
    }
    bulla_credential_free(credential);
    if (cause != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, "get", "%s: %s; %s", bulla_cause_about(cause)->name,
                        bulla_cause_about(cause)->says, bulla_cause_about(cause)->fix);
    }
    return cause == BULLA_OK;
}

static enum exit_code get(const struct get_options *options, const struct url *url,
                          bulla_config *config, bulla_trust *trust) {
    struct worker *worker;
    struct http_client_result result;
    struct get_report report = {.url_text = options->url,
                                .url = url,
                                .trust = trust,
                                .verbose = options->verbose,
                                .shows_certificate = options->files.certificate != NULL};
    const struct http_client_settings settings = {
        .connect_ms = options->connect_ms,
        .handshake_ms = options->connect_ms,
        .idle_ms = options->idle_ms,
        .verify = get_report_verify,
        .connected = get_report_connected,
        .sink = print_body,
        .context = &report,
    };
    bulla_cause cause = worker_new(&worker);
    if (cause != BULLA_OK) {
        return exit_with(EXIT_USAGE, "get", "%s; %s", bulla_cause_about(cause)->says,
                         bulla_cause_about(cause)->fix);
    }
    http_client_get(&result, url, config, worker, &settings);
    worker_free(worker);
    return get_report_end(&report, &result);
}

static bool print_body(void *context, bulla_bytes body) {
    (void)context;
    return fwrite(body.data, 1, body.len, stdout) == body.len;
}
