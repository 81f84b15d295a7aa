/* SPDX-License-Identifier: Apache-2.0 */
/* bulla up: a private CA and a server in one command, and what to paste to try them. */
#include "base/system_clock.h"
#include "ca/private_ca.h"
#include "cli/material.h"
#include "cli/options.h"
#include "cli/serving.h"
#include "cli/verbs.h"
#include "crypto/system_random.h"
#include "http/site.h"

static const struct verb_help help = {
    .name = "up",
    .usage = "[OPTIONS]",
    .summary = "make a private CA and serve HTTPS with it: the first thing to try",
    .text = "On the first start it makes, in DIR: a CA (ca.crt, intermediate.crt), a server\n"
            "certificate for localhost, 127.0.0.1 and ::1, and a client certificate, each with\n"
            "its key. Later starts use the same files and renew what has passed two thirds of its\n"
            "life; so does the server while it runs. Then it serves: / says what the connection\n"
            "is, and /api/secure, which wants the client certificate, says who the client is.\n"
            "At most 1024 connections at a time, 256 from one address. SSLKEYLOGFILE is honoured.\n"
            "Ctrl-C stops it.",
    .example = "  bulla up\n"
               "  curl --cacert bulla-up/ca.crt https://localhost:8443/",
};

struct up {
    const char *program, *folder;
    struct serving serving;
    struct private_ca_report report; /* of the last look at the files */
    int64_t served_until;            /* not_after of the certificate that is served */
};

static bool make_config(struct up *up, bulla_config **out);
static void print_made(const struct up *up);
static void print_part(const struct up *up, enum private_ca_part part, const char *about);
static void print_commands(const struct up *up);
static void print_quoted(const char *text);
static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out);
static void tend(void *context, struct serving *serving);
static void log_tending(const struct up *up, const struct log *log, bool ok);

enum exit_code verb_up(const struct command *command) {
    struct up up = {.program = command->program, .folder = "bulla-up"};
    struct serving_place place = {.address = {.host = "localhost"}};
    unsigned port = 8443;
    const struct option options[] = {
        {"dir", OPTION_TEXT, "DIR", "where the files are (default bulla-up)", {.text = &up.folder}},
        {"port", OPTION_PORT, "N", "on localhost (default 8443; 0: a free one)", {.number = &port}},
    };
    struct operands operands;
    enum options_outcome outcome =
        options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                      command->num_arguments, &operands, 0, stdout, stderr);
    if (outcome != OPTIONS_OK) {
        return outcome == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    }
    /* The port first: where it is taken, nothing is made. */
    place.address.port = (uint16_t)port;
    if (!serving_open(&up.serving, "up", &place, false)) {
        return EXIT_USAGE;
    }
    up.serving.answer = answer;
    up.serving.tend = tend;
    up.serving.tends_by_time = true;
    up.serving.context = &up;
    enum exit_code code = EXIT_USAGE;
    bulla_config *config;
    if (!private_ca_prepare(&up.report, up.folder, system_clock(NULL), &system_random)) {
        (void)exit_with(EXIT_USAGE, "up", "%s", up.report.problem);
    } else if (make_config(&up, &config)) {
        print_made(&up);
        print_commands(&up);
        code = serving_run(&up.serving, config, up.served_until);
        bulla_config_free(config);
    }
    serving_close(&up.serving);
    return code;
}

static bool make_config(struct up *up, bulla_config **out) {
    const struct certified_key_files *server = &up->report.parts[PRIVATE_CA_SERVER].files;
    const struct credential_files files = {.certificate = server->certificate, .key = server->key};
    bulla_credential *credential;
    bulla_trust *trust;
    if (!material_credential(&credential, "up", &files)) {
        return false;
    }
    if (!material_trust(&trust, "up", up->report.parts[PRIVATE_CA_ROOT].files.certificate)) {
        bulla_credential_free(credential);
        return false;
    }
    const struct serving_material material = {.credentials = &credential,
                                              .num_credentials = 1,
                                              .trust = trust,
                                              .client_auth = BULLA_CLIENT_AUTH_REQUEST};
    bulla_cause cause = serving_config(&up->serving, &material, out);
    bulla_credential_free(credential);
    bulla_trust_free(trust);
    if (cause != BULLA_OK) {
        (void)exit_with(EXIT_USAGE, "up", "%s: %s; %s", bulla_cause_about(cause)->name,
                        bulla_cause_about(cause)->says, bulla_cause_about(cause)->fix);
        return false;
    }
    up->served_until = up->report.parts[PRIVATE_CA_SERVER].not_after;
    return true;
}

static void print_made(const struct up *up) {
    bool fresh = up->report.parts[PRIVATE_CA_ROOT].made;
    printf("%s a private CA in %s:\n", fresh ? "Made" : "Using", up->folder);
    print_part(up, PRIVATE_CA_ROOT, "the root, to be trusted");
    print_part(up, PRIVATE_CA_INTERMEDIATE, "the intermediate, which issues");
    print_part(up, PRIVATE_CA_SERVER, "localhost, 127.0.0.1, ::1");
    print_part(up, PRIVATE_CA_CLIENT, "CN=client, spiffe://bulla.local/client");
    printf("  The root's SHA-256: ");
    for (size_t i = 0; i < sizeof up->report.root_sha256; i++) {
        printf("%02x", up->report.root_sha256[i]);
    }
    printf("\n\n");
}

static void print_part(const struct up *up, enum private_ca_part part, const char *about) {
    const char *path = up->report.parts[part].files.certificate;
    const char *slash = strrchr(path, '/');
    char until[CLOCK_TEXT_LEN];
    printf("  %-17s %-4s until %s  %s\n", slash == NULL ? path : slash + 1,
           up->report.parts[part].made ? "made" : "kept",
           clock_timestamp(up->report.parts[part].not_after, until), about);
}

/* Three commands that work as they stand, whatever the folder is called. */
static void print_commands(const struct up *up) {
    const struct certified_key_files *client = &up->report.parts[PRIVATE_CA_CLIENT].files;
    const char *root = up->report.parts[PRIVATE_CA_ROOT].files.certificate;
    unsigned port = listener_port(&up->serving.listener);
    printf("Listening on ");
    serving_print_addresses(&up->serving);
    printf("\nTry, in another terminal:\n\n  curl --cacert ");
    print_quoted(root);
    printf(" https://localhost:%u/\n  curl --cacert ", port);
    for (int i = 0; i < 2; i++) {
        print_quoted(root);
        printf(" --cert ");
        print_quoted(client->certificate);
        printf(" --key ");
        print_quoted(client->key);
        printf(" https://localhost:%u/api/secure\n", port);
        if (i == 0) {
            printf("  ");
            print_quoted(up->program);
            printf(" get --verbose --cacert ");
        }
    }
    printf("\nCtrl-C stops it.\n");
    fflush(stdout);
}

/* As a POSIX shell reads it back. */
static void print_quoted(const char *text) {
    size_t plain = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789_./+:@%-");
    if (text[plain] == '\0' && plain != 0) {
        printf("%s", text);
        return;
    }
    putchar('\'');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            printf("'\\''");
        } else {
            putchar(*c);
        }
    }
    putchar('\'');
}

static void answer(void *context, const bulla_connection *connection, bulla_bytes path,
                   struct http_response *out) {
    (void)context;
    site_answer(connection, path, out);
}

/* Certificates of a day expire under a server that runs for two. Another `bulla up` in the same
 * folder may have renewed them; and what could not be loaded last time is tried again. */
static void tend(void *context, struct serving *serving) {
    struct up *up = context;
    bulla_config *config;
    bool ok = private_ca_prepare(&up->report, up->folder, system_clock(NULL), &system_random);
    if (ok && up->report.parts[PRIVATE_CA_SERVER].not_after != up->served_until) {
        ok = make_config(up, &config);
        if (ok) {
            serving_set_config(serving, config, up->served_until);
            bulla_config_free(config);
        }
    }
    log_tending(up, &serving->log, ok);
}

static void log_tending(const struct up *up, const struct log *log, bool ok) {
    struct log_line line;
    if (!ok) {
        log_begin(&line, LOG_ERROR, "renewal_failed");
        log_text(&line, "says",
                 up->report.problem[0] != '\0' ? up->report.problem
                                               : "the renewed certificate cannot be loaded; the "
                                                 "line above says why");
        log_end(log, &line);
    }
    for (int part = 0; ok && part < PRIVATE_CA_NUM_PARTS; part++) {
        char until[CLOCK_TEXT_LEN];
        if (up->report.parts[part].made) {
            log_begin(&line, LOG_INFO, "renewed");
            log_text(&line, "file", up->report.parts[part].files.certificate);
            log_text(&line, "not_after", clock_timestamp(up->report.parts[part].not_after, until));
            log_end(log, &line);
        }
    }
}
