/* SPDX-License-Identifier: Apache-2.0 */
/* bulla pin: both digests of every certificate of a chain, in the spellings that people paste. A
 * server is shaken hands with, so that it proves to have its leaf's key, and left: no path is
 * validated, no application data is sent. */
#include "cli/chain_files.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "crypto/hash.h"
#include "der/der.h"
#include "http/json.h"
#include "net/probe.h"
#include "x509/certificate.h"
#include "x509/name.h"
#include "x509/pins.h"

#include <stdlib.h>

enum { OUTPUT_LEN_MAX = 1 << 20, SUBJECT_LEN_MAX = 256 };

static const struct verb_help help = {
    .name = "pin",
    .usage = "[OPTIONS] HOST:PORT | FILE...",
    .summary = "print the pins of a chain, ready to paste",
    .text =
        "Prints the SHA-256 of each certificate and of its public key, in every spelling in use.\n"
        "FILE is a certificate, a chain or a certification request, PEM or DER. The chain is not\n"
        "judged: pin what you know to be yours. Sends no application data.",
    .example = "  bulla pin example.com:443\n"
               "  bulla pin server.crt next.csr",
};

struct pin_options {
    bool json;
    int64_t timeout_ms;
    struct operands operands;
};

/* What stands under one subject. A certification request has no certificate to pin. */
struct pinned {
    char subject[SUBJECT_LEN_MAX];
    bool has_certificate;
    uint8_t certificate[BULLA_PIN_LEN], public_key[BULLA_PIN_LEN];
};

static enum options_outcome parse(const struct command *command, struct pin_options *out);
static bool read_operands(struct chain_files *files, struct probe_result *probe,
                          const struct pin_options *options, enum exit_code *out_code);
static bool ask_server(struct chain_files *files, struct probe_result *probe,
                       const struct pin_options *options, enum exit_code *out_code);
static bulla_cause accept_any(void *context, const struct probe_result *result);
static enum exit_code print(const struct chain_files *files, bool as_json);
static bool digest(struct pinned *out, const struct chain_file_item *item);
static bool digest_request(struct pinned *out, bulla_bytes der);
static void write_lines(struct writer *writer, const struct pinned *pinned);
static void write_spellings(struct writer *writer, bulla_pin_kind kind, const uint8_t *pin);
static void write_json(struct json *json, const struct pinned *pinned);
static void write_json_pins(struct json *json, const char *name, bulla_pin_kind kind,
                            const uint8_t *pin);

enum exit_code verb_pin(const struct command *command) {
    struct pin_options options;
    struct probe_result probe = {0};
    enum exit_code code = EXIT_USAGE;
    enum options_outcome outcome = parse(command, &options);
    if (outcome != OPTIONS_OK) {
        return outcome == OPTIONS_HELP ? EXIT_OK : EXIT_USAGE;
    }
    if (options.operands.num_values == 0) {
        return exit_with(EXIT_USAGE, "pin", "HOST:PORT or a FILE is missing; see bulla pin --help");
    }
    struct chain_files *files = calloc(1, sizeof *files);
    if (files == NULL) {
        return exit_with(EXIT_USAGE, "pin", "there is not enough memory; free some");
    }
    if (read_operands(files, &probe, &options, &code)) {
        code = print(files, options.json);
    }
    probe_free(&probe);
    chain_files_free(files);
    free(files);
    return code;
}

static enum options_outcome parse(const struct command *command, struct pin_options *out) {
    *out = (struct pin_options){.timeout_ms = 5000};
    const struct option options[] = {
        {"timeout",
         OPTION_DURATION,
         "TIME",
         "to connect, and then to shake hands (5s)",
         {.duration_ms = &out->timeout_ms}},
        {"json", OPTION_FLAG, NULL, "print JSON", {.flag = &out->json}},
    };
    return options_parse(&help, options, sizeof options / sizeof options[0], command->arguments,
                         command->num_arguments, &out->operands, OPERANDS_MAX, stdout, stderr);
}

static bool read_operands(struct chain_files *files, struct probe_result *probe,
                          const struct pin_options *options, enum exit_code *out_code) {
    const struct operands *operands = &options->operands;
    if (operands->num_values == 1 && !chain_files_is_file(operands->values[0])) {
        return ask_server(files, probe, options, out_code);
    }
    for (size_t i = 0; i < operands->num_values; i++) {
        if (!chain_files_add(files, "pin", operands->values[i])) {
            return false;
        }
    }
    return true;
}

/* The items view the probe's bytes. */
static bool ask_server(struct chain_files *files, struct probe_result *probe,
                       const struct pin_options *options, enum exit_code *out_code) {
    const char *target = options->operands.values[0];
    struct address address;
    if (!address_parse(&address, bytes_of_text(target), 443) || address.host[0] == '\0') {
        (void)exit_with(EXIT_USAGE, "pin", "'%s' is neither a file nor an address; write HOST:PORT",
                        target);
        return false;
    }
    const struct probe_settings settings = {
        .address = &address, .timeout_ms = options->timeout_ms, .judge = accept_any};
    probe_run(probe, &settings);
    if (!probe->handshake_done) {
        *out_code = exit_with(EXIT_CANNOT_CONNECT, "pin",
                              "%s: the handshake was not done; to know why: bulla explain %s",
                              target, target);
        return false;
    }
    for (size_t i = 0; i < probe->num_chain; i++) {
        files->items[files->num_items++] =
            (struct chain_file_item){CHAIN_FILE_CERTIFICATE, probe->chain[i], NULL};
    }
    return true;
}

/* Whose chain this is, its reader decides. */
static bulla_cause accept_any(void *context, const struct probe_result *result) {
    (void)context;
    (void)result;
    return BULLA_OK;
}

static enum exit_code print(const struct chain_files *files, bool as_json) {
    struct writer writer = writer_growing(OUTPUT_LEN_MAX);
    struct json json = {0};
    bulla_bytes text;
    bool ok = true;
    if (as_json) {
        json = json_start(&writer);
        json_array_open(&json, "certificates");
    }
    for (size_t i = 0; ok && i < files->num_items; i++) {
        struct pinned pinned;
        ok = digest(&pinned, &files->items[i]);
        if (ok && as_json) {
            write_json(&json, &pinned);
        } else if (ok) {
            write_lines(&writer, &pinned);
        }
    }
    if (as_json) {
        json_array_close(&json);
        json_finish(&json);
    }
    bool written = writer_finish(&writer, &text);
    if (ok && written) {
        (void)fwrite(text.data, 1, text.len, stdout); /* main() flushes and looks */
    }
    writer_free(&writer);
    return ok && written ? EXIT_OK
                         : exit_with(EXIT_USAGE, "pin",
                                     "a certificate or request could not be read; look at it with "
                                     "openssl x509 -text or openssl req -text");
}

static bool digest(struct pinned *out, const struct chain_file_item *item) {
    struct certificate certificate;
    *out = (struct pinned){.has_certificate = item->kind == CHAIN_FILE_CERTIFICATE};
    if (!out->has_certificate) {
        return digest_request(out, item->der);
    }
    if (certificate_parse(&certificate, item->der) != BULLA_OK) {
        return false;
    }
    struct text subject = text_into(out->subject, sizeof out->subject);
    name_print(&subject, certificate.subject);
    pins_digest(&certificate, BULLA_PIN_CERTIFICATE, out->certificate);
    pins_digest(&certificate, BULLA_PIN_PUBLIC_KEY, out->public_key);
    return true;
}

/* CertificationRequestInfo, RFC 2986 4.1: version, subject, subjectPKInfo, attributes. */
static bool digest_request(struct pinned *out, bulla_bytes der) {
    struct reader reader = reader_over(der);
    struct reader outer;
    struct reader info;
    uint32_t version;
    bulla_bytes content;
    bulla_bytes subject;
    bulla_bytes key;
    if (!der_read_nested(&reader, DER_SEQUENCE, &outer) ||
        !der_read_nested(&outer, DER_SEQUENCE, &info) || !der_read_small_integer(&info, &version) ||
        !der_read_whole(&info, DER_SEQUENCE, &content, &subject) ||
        !der_read_whole(&info, DER_SEQUENCE, &content, &key) || !name_is_well_formed(subject)) {
        return false;
    }
    struct text text = text_into(out->subject, sizeof out->subject);
    name_print(&text, subject);
    hash_once(HASH_SHA256, key, out->public_key);
    return true;
}

static void write_lines(struct writer *writer, const struct pinned *pinned) {
    writer_text(writer, pinned->subject[0] == '\0' ? "(no subject)" : pinned->subject);
    writer_text(writer, pinned->has_certificate ? "\n" : "  (certification request)\n");
    writer_text(writer, "  public key\n");
    write_spellings(writer, BULLA_PIN_PUBLIC_KEY, pinned->public_key);
    if (pinned->has_certificate) {
        writer_text(writer, "  certificate\n");
        write_spellings(writer, BULLA_PIN_CERTIFICATE, pinned->certificate);
    }
}

static void write_spellings(struct writer *writer, bulla_pin_kind kind, const uint8_t *pin) {
    for (int spelling = PINS_SPELLING_SLASH; spelling < PINS_NUM_SPELLINGS; spelling++) {
        uint8_t line[256];
        struct writer one = writer_into(line, sizeof line);
        bulla_bytes text;
        if (pins_print(kind, pin, (enum pins_spelling)spelling, &one) &&
            writer_finish(&one, &text)) {
            writer_text(writer, "    ");
            writer_bytes(writer, text);
            writer_text(writer, "\n");
        }
    }
}

static void write_json(struct json *json, const struct pinned *pinned) {
    json_object_open(json, NULL);
    json_text(json, "subject", bytes_of_text(pinned->subject));
    write_json_pins(json, "public_key", BULLA_PIN_PUBLIC_KEY, pinned->public_key);
    if (pinned->has_certificate) {
        write_json_pins(json, "certificate", BULLA_PIN_CERTIFICATE, pinned->certificate);
    }
    json_object_close(json);
}

static void write_json_pins(struct json *json, const char *name, bulla_pin_kind kind,
                            const uint8_t *pin) {
    static const struct {
        const char *name;
        enum pins_spelling spelling;
    } spellings[] = {{"sha256", PINS_SPELLING_SLASH},  {"curl", PINS_SPELLING_CURL},
                     {"header", PINS_SPELLING_HEADER}, {"colon", PINS_SPELLING_COLON},
                     {"hex", PINS_SPELLING_HEX},       {"fingerprint", PINS_SPELLING_FINGERPRINT},
                     {"apple", PINS_SPELLING_APPLE},   {"android", PINS_SPELLING_ANDROID}};
    json_object_open(json, name);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        uint8_t line[256];
        struct writer one = writer_into(line, sizeof line);
        bulla_bytes text;
        if (pins_print(kind, pin, spellings[i].spelling, &one) && writer_finish(&one, &text)) {
            json_text(json, spellings[i].name, text);
        }
    }
    json_object_close(json);
}
