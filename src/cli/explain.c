/* SPDX-License-Identifier: Apache-2.0 */
/* bulla explain: one server or some files, judged as a client of ours would, and the finding told.
 * Here: the options, what they load, and the order of things. */
#include "cli/explain.h"
#include "base/calendar.h"
#include "base/system_clock.h"
#include "cli/chain_files.h"
#include "cli/material.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "net/file.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

static const struct verb_help help = {
    .name = "explain",
    .usage = "[OPTIONS] HOST:PORT | FILE...",
    .summary = "say what is wrong with a server's certificate chain, and how to mend it",
    .text =
        "Shakes hands with a server, or reads a chain from files (PEM or DER, the leaf first),\n"
        "and shows every certificate, every check and the one thing to mend first. Sends no\n"
        "application data, and asks nobody else; with --fetch it also asks where the certificates\n"
        "say, over http://, for CRLs, OCSP and missing issuers. Without --cacert the system's\n"
        "trust store judges. Names of findings are stable; docs/explain.md lists them.",
    .example = "  bulla explain example.com:443\n"
               "  bulla explain --cacert ca.crt --name db.internal server.crt intermediate.crt",
};

struct explain_options {
    const char *ca, *name, *at, *purpose, *profile, *revocation, *crl, *ocsp, *pins;
    struct credential_files files;
    bool json, fetch;
    int64_t timeout_ms;
    struct operands operands;
};

/* Everything that was loaded, to be freed at the end. */
struct explain {
    struct explain_options options;
    struct explanation explanation;
    struct address address;
    bool is_server;
    uint8_t ip[16];
    bulla_trust *trust;
    bulla_crls *crls;
    bulla_pins *pins;
    bulla_credential *credential;
    struct file ocsp;
    struct chain_files chain_files;
    struct probe_result probe;
    struct fetched fetched;
    bulla_verify_request request;
    bulla_report report;
};

static enum options_outcome parse(const struct command *command, struct explain_options *out);
static bool take_operands(struct explain *explain);
static bool take_request(struct explain *explain);
static bool take_words(struct explain *explain);
static bool take_time(const char *text, int64_t *out);
static bool take_name(struct explain *explain);
static bool load(struct explain *explain);
static bool load_crls(struct explain *explain);
static bool load_pins(struct explain *explain);
static bool load_file(struct file *out, const char *path);
static enum exit_code run(struct explain *explain);
static void explain_server(struct explain *explain);
static bool fetch_for_server(struct explain *explain);
static void probe_server(struct explain *explain, bulla_credential *credential);
static void explain_files(struct explain *explain);
static bulla_cause judge(void *context, const struct probe_result *probed);
static bool key_differs(struct explain *explain);
static enum exit_code show(const struct explain *explain);
static bool wrong(const char *path, bulla_cause cause);
static void unload(struct explain *explain);

enum exit_code verb_explain(const struct command *command) {
    struct explain *explain = calloc(1, sizeof *explain);
    if (explain == NULL) {
        return exit_with(EXIT_USAGE, "explain", "there is not enough memory; free some");
    }
    enum exit_code code = EXIT_USAGE;
    enum options_outcome outcome = parse(command, &explain->options);
    if (outcome == OPTIONS_HELP) {
        code = EXIT_OK;
    } else if (outcome == OPTIONS_OK && take_operands(explain) && take_request(explain) &&
               load(explain)) {
        code = run(explain);
    }
    unload(explain);
    free(explain);
    return code;
}

static enum options_outcome parse(const struct command *command, struct explain_options *out) {
    *out = (struct explain_options){.purpose = "server", .profile = "private", .timeout_ms = 5000};
    const struct option options[] = {
        {"cacert",
         OPTION_TEXT,
         "FILE",
         "trust the CAs of this file or folder alone",
         {.text = &out->ca}},
        {"name", OPTION_TEXT, "NAME", "the DNS name, IP or URI to look for", {.text = &out->name}},
        {"at", OPTION_TEXT, "TIME", "judge as of 2026-11-30[T12:00:00Z]", {.text = &out->at}},
        {"purpose",
         OPTION_TEXT,
         "WHAT",
         "server, client, svid, svid-client",
         {.text = &out->purpose}},
        {"profile",
         OPTION_TEXT,
         "WHOSE",
         "private, webpki or strict rules",
         {.text = &out->profile}},
        {"revocation",
         OPTION_TEXT,
         "MODE",
         "revocation: off, soft, hard",
         {.text = &out->revocation}},
        {"crl", OPTION_TEXT, "FILE", "CRLs, PEM or DER", {.text = &out->crl}},
        {"ocsp", OPTION_TEXT, "FILE", "an OCSP response, DER", {.text = &out->ocsp}},
        {"fetch",
         OPTION_FLAG,
         NULL,
         "ask the CA for CRLs, OCSP, missing issuers",
         {.flag = &out->fetch}},
        {"pin", OPTION_TEXT, "PINS", "sha256/BASE64, with commas between", {.text = &out->pins}},
        {"cert",
         OPTION_TEXT,
         "FILE",
         "the client certificate to show",
         {.text = &out->files.certificate}},
        {"key",
         OPTION_TEXT,
         "FILE",
         "its key; or one to hold against FILE",
         {.text = &out->files.key}},
        {"password-file",
         OPTION_TEXT,
         "FILE",
         "whose first line decrypts the key",
         {.text = &out->files.password}},
        {"timeout",
         OPTION_DURATION,
         "TIME",
         "to connect, then to shake hands (5s)",
         {.duration_ms = &out->timeout_ms}},
        {"json", OPTION_FLAG, NULL, "print JSON", {.flag = &out->json}},
    };
    return options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                         command->num_arguments, &out->operands, OPERANDS_MAX, stdout, stderr);
}

static bool take_operands(struct explain *explain) {
    const struct operands *operands = &explain->options.operands;
    if (operands->num_values == 0) {
        (void)exit_with(EXIT_USAGE, "explain",
                        "HOST:PORT or a FILE is missing; see bulla explain --help");
        return false;
    }
    explain->explanation.target = operands->values[0];
    if (operands->num_values == 1 && !chain_files_is_file(operands->values[0])) {
        explain->is_server = true;
        explain->explanation.peer = &explain->address;
        if (!address_parse(&explain->address, bytes_of_text(operands->values[0]), 443) ||
            explain->address.host[0] == '\0') {
            (void)exit_with(EXIT_USAGE, "explain",
                            "'%s' is neither a file nor an address; write HOST:PORT or "
                            "[IPv6]:PORT",
                            operands->values[0]);
            return false;
        }
        return true;
    }
    for (size_t i = 0; i < operands->num_values; i++) {
        if (!chain_files_add(&explain->chain_files, "explain", operands->values[i])) {
            return false;
        }
    }
    return true;
}

static bool take_request(struct explain *explain) {
    const struct explain_options *options = &explain->options;
    explain->request =
        (bulla_verify_request){.now = system_clock(NULL), .depth_max = BULLA_VERIFY_DEPTH_DEFAULT};
    if (options->at != NULL && !take_time(options->at, &explain->request.now)) {
        (void)exit_with(EXIT_USAGE, "explain",
                        "'%s' is not a time; write 2026-11-30 or 2026-11-30T12:00:00Z",
                        options->at);
        return false;
    }
    return take_words(explain) && take_name(explain);
}

static bool take_words(struct explain *explain) {
    static const struct {
        const char *option, *word;
        int value;
    } words[] = {{"purpose", "server", BULLA_PURPOSE_SERVER_AUTH},
                 {"purpose", "client", BULLA_PURPOSE_CLIENT_AUTH},
                 {"purpose", "svid", BULLA_PURPOSE_SVID_SERVER},
                 {"purpose", "svid-client", BULLA_PURPOSE_SVID_CLIENT},
                 {"profile", "private", BULLA_PROFILE_PRIVATE},
                 {"profile", "webpki", BULLA_PROFILE_WEBPKI},
                 {"profile", "strict", BULLA_PROFILE_STRICT},
                 {"revocation", "off", BULLA_REVOCATION_OFF},
                 {"revocation", "soft", BULLA_REVOCATION_SOFT},
                 {"revocation", "hard", BULLA_REVOCATION_HARD}};
    const struct explain_options *options = &explain->options;
    bool asks =
        explain->is_server || options->fetch || options->crl != NULL || options->ocsp != NULL;
    const char *revocation = options->revocation != NULL ? options->revocation
                             : asks                      ? "soft"
                                                         : "off";
    const char *given[][2] = {
        {"purpose", options->purpose}, {"profile", options->profile}, {"revocation", revocation}};
    int values[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizeof words / sizeof *words; j++) {
            if (strcmp(words[j].option, given[i][0]) == 0 &&
                strcmp(words[j].word, given[i][1]) == 0) {
                values[i] = words[j].value;
            }
        }
        if (values[i] == 0) {
            (void)exit_with(EXIT_USAGE, "explain",
                            "'%s' is not a value for --%s; see bulla "
                            "explain --help",
                            given[i][1], given[i][0]);
            return false;
        }
    }
    explain->request.purpose = (bulla_purpose)values[0];
    explain->request.profile = (bulla_profile)values[1];
    explain->request.revocation = (bulla_revocation)values[2];
    return true;
}

/* RFC 3339 in UTC; a date alone is its midnight. */
static bool take_time(const char *text, int64_t *out) {
    struct calendar date = {0};
    int len = 0;
    bool whole = sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &date.year, &date.month, &date.day,
                        &date.hour, &date.minute, &date.second, &len) == 6;
    if (!whole) {
        date = (struct calendar){0};
        len = 0;
        if (sscanf(text, "%4d-%2d-%2d%n", &date.year, &date.month, &date.day, &len) != 3) {
            return false;
        }
    }
    return len != 0 && text[len] == '\0' && calendar_to_seconds(&date, out);
}

/* Files without --name are looked at for no name in particular. */
static bool take_name(struct explain *explain) {
    const char *name = explain->options.name;
    size_t ip_len;
    if (name == NULL && explain->is_server) {
        name = explain->address.host;
    }
    if (name == NULL) {
        explain->request.name = (bulla_name){.kind = BULLA_NAME_NONE};
    } else if (address_is_ip(name, explain->ip, &ip_len)) {
        explain->request.name = (bulla_name){BULLA_NAME_IP, bytes_of(explain->ip, ip_len)};
    } else {
        bool uri = strstr(name, "://") != NULL;
        explain->request.name =
            (bulla_name){uri ? BULLA_NAME_URI : BULLA_NAME_DNS, bytes_of_text(name)};
    }
    return true;
}

static bool load(struct explain *explain) {
    const struct explain_options *options = &explain->options;
    if (!material_trust(&explain->trust, "explain", options->ca) || !load_crls(explain) ||
        !load_pins(explain)) {
        return false;
    }
    if (options->ocsp != NULL) {
        if (!load_file(&explain->ocsp, options->ocsp)) {
            return false;
        }
        explain->request.ocsp_response = file_bytes(&explain->ocsp);
    }
    if (!explain->is_server || options->files.certificate == NULL) {
        return true;
    }
    explain->explanation.shows_certificate = true;
    return material_credential(&explain->credential, "explain", &options->files);
}

static bool load_crls(struct explain *explain) {
    const char *path = explain->options.crl;
    struct file file;
    size_t num_added;
    if (path == NULL) {
        return true;
    }
    bulla_cause cause = bulla_crls_new(&explain->crls);
    if (cause == BULLA_OK) {
        if (!load_file(&file, path)) {
            return false;
        }
        bulla_bytes content = file_bytes(&file);
        cause = chain_files_is_der(content)
                    ? bulla_crls_add_der(explain->crls, content)
                    : bulla_crls_add_pem(explain->crls, content, &num_added);
        file_free(&file);
    }
    explain->request.crls = explain->crls;
    return cause == BULLA_OK || wrong(path, cause);
}

static bool load_pins(struct explain *explain) {
    const char *at = explain->options.pins;
    if (at == NULL) {
        return true;
    }
    bulla_cause cause = bulla_pins_new(&explain->pins, 0);
    explain->request.pins = explain->pins;
    while (cause == BULLA_OK && *at != '\0') {
        size_t len = strcspn(at, ",; ");
        if (len != 0) {
            cause = bulla_pins_add_text(explain->pins, BULLA_PIN_PUBLIC_KEY, bytes_of(at, len),
                                        INT64_MIN, INT64_MAX);
        }
        at += len + (at[len] == '\0' ? 0 : 1);
    }
    return cause == BULLA_OK || wrong("--pin", cause);
}

static bool load_file(struct file *out, const char *path) {
    if (!file_read(out, path)) {
        (void)exit_with(EXIT_USAGE, "explain", "cannot read %s: %s; check the path", path,
                        strerror(errno));
        return false;
    }
    return true;
}

static enum exit_code run(struct explain *explain) {
    struct explanation *explanation = &explain->explanation;
    explanation->request = &explain->request;
    if (explain->is_server) {
        explain_server(explain);
    } else {
        explain_files(explain);
    }
    return show(explain);
}

static void explain_server(struct explain *explain) {
    if (!explain->options.fetch || fetch_for_server(explain)) {
        probe_server(explain, explain->credential);
    }
    explain->explanation.probe = &explain->probe;
    explain_find(&explain->explanation);
}

/* A first handshake, for the chain alone: asking in the middle of one would keep the server
 * waiting, and whoever is found to be revoked is to be shown no certificate. False where no chain
 * came: then this one handshake says all. */
static bool fetch_for_server(struct explain *explain) {
    bulla_bytes given = explain->request.ocsp_response;
    probe_server(explain, NULL);
    if (explain->probe.num_chain == 0) {
        return false;
    }
    fetched_run(&explain->fetched, explain->trust, explain->probe.chain, explain->probe.num_chain,
                &explain->request, &explain->crls);
    explain->explanation.fetched = &explain->fetched;
    bulla_bytes fetched = explain->fetched.ocsp_response;
    explain->request.ocsp_response = fetched.len != 0 ? fetched : given;
    probe_free(&explain->probe);
    explain->explanation.report = NULL;
    return true;
}

static void probe_server(struct explain *explain, bulla_credential *credential) {
    bool dns = explain->request.name.kind == BULLA_NAME_DNS;
    const struct probe_settings settings = {
        .address = &explain->address,
        .name = dns && explain->options.name != NULL ? explain->options.name : NULL,
        .credential = credential,
        .timeout_ms = explain->options.timeout_ms,
        .judge = judge,
        .context = explain,
    };
    probe_run(&explain->probe, &settings);
}

static void explain_files(struct explain *explain) {
    bulla_bytes chain[BULLA_VERIFY_CHAIN_LEN_MAX];
    size_t num = 0;
    for (size_t i = 0; i < explain->chain_files.num_items && num < BULLA_VERIFY_CHAIN_LEN_MAX;
         i++) {
        if (explain->chain_files.items[i].kind == CHAIN_FILE_CERTIFICATE) {
            chain[num++] = explain->chain_files.items[i].der;
        }
    }
    if (explain->options.fetch) {
        fetched_run(&explain->fetched, explain->trust, chain, num, &explain->request,
                    &explain->crls);
        explain->explanation.fetched = &explain->fetched;
    }
    bulla_cause cause =
        bulla_verify(explain->trust, chain, num, &explain->request, &explain->report);
    explain->explanation.report = &explain->report;
    explain_find(&explain->explanation);
    if (cause == BULLA_OK && explain->options.files.key != NULL && key_differs(explain)) {
        explain_find_cause(&explain->explanation, BULLA_E_KEY_MISMATCH, explain->options.files.key);
    }
}

/* Called within the handshake, with the chain as the server sent it. */
static bulla_cause judge(void *context, const struct probe_result *probed) {
    struct explain *explain = context;
    if (explain->request.ocsp_response.len == 0) {
        explain->request.ocsp_response = probed->ocsp_response;
    }
    explain->explanation.report = &explain->report;
    return bulla_verify(explain->trust, probed->chain, probed->num_chain, &explain->request,
                        &explain->report);
}

static bool key_differs(struct explain *explain) {
    struct file chain;
    struct file key;
    bulla_credential *credential = NULL;
    bulla_cause cause = BULLA_OK;
    if (!file_read(&chain, explain->options.operands.values[0])) {
        return false;
    }
    if (load_file(&key, explain->options.files.key)) {
        cause = bulla_credential_new(&credential, file_bytes(&chain), file_bytes(&key),
                                     bytes_of(NULL, 0));
        bulla_credential_free(credential);
        file_free(&key);
    }
    file_free(&chain);
    return cause == BULLA_E_KEY_MISMATCH;
}

/* Colours and boxes are for people: on a terminal, where NO_COLOR and the locale allow them. */
static enum exit_code show(const struct explain *explain) {
    const struct explanation *explanation = &explain->explanation;
    const char *no_color = getenv("NO_COLOR");
    if (explain->options.json) {
        if (!explain_print_json(explanation, stdout)) {
            return exit_with(EXIT_USAGE, "explain", "there is not enough memory; free some");
        }
        return explanation->code;
    }
    bool terminal = isatty(STDOUT_FILENO) == 1;
    bool utf8 =
        terminal && setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    explain_print(explanation, stdout, utf8, terminal && (no_color == NULL || *no_color == '\0'));
    return explanation->code;
}

static bool wrong(const char *path, bulla_cause cause) {
    const bulla_cause_info *about = bulla_cause_about(cause);
    (void)exit_with(EXIT_USAGE, "explain", "%s: %s: %s; %s", path, about->name, about->says,
                    about->fix);
    return false;
}

static void unload(struct explain *explain) {
    probe_free(&explain->probe);
    fetched_free(&explain->fetched);
    chain_files_free(&explain->chain_files);
    file_free(&explain->ocsp);
    bulla_credential_free(explain->credential);
    bulla_pins_free(explain->pins);
    bulla_crls_free(explain->crls);
    bulla_trust_free(explain->trust);
}
