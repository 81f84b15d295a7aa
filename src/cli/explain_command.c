/* SPDX-License-Identifier: Apache-2.0 */
/* The command to paste, by diagnosis. {TARGET}, {HOST}, {PORT}, {NAME} and {URL} stand for what was
 * typed or what a certificate holds; where one of them has a character that a shell might take for
 * more than a letter, no command is given at all. */
#include "cli/explain.h"

static const struct {
    const char *diagnosis, *command;
} commands[] = {
    {"missing_intermediate", "curl -sS {URL} | openssl x509 -inform DER >> chain.pem"},
    {"unknown_root", "bulla explain --cacert ca.pem {TARGET}"},
    {"unknown_issuer", "bulla explain --cacert ca.pem {TARGET}"},
    {"cert_self_signed", "bulla pin {TARGET}"},
    {"leaf_not_first", "cat server.crt intermediate.crt > chain.pem"},
    {"clock_skew", "date -u"},
    {"cert_not_yet_valid", "date -u"},
    {"cert_expired", "openssl req -new -key server.key -subj / -addext subjectAltName={NAME} -out "
                     "server.csr"},
    {"cert_name_mismatch", "openssl req -new -key server.key -subj / -addext "
                           "subjectAltName={NAME} -out server.csr"},
    {"cert_no_subject_alt_name", "openssl req -new -key server.key -subj / -addext "
                                 "subjectAltName={NAME} -out server.csr"},
    {"cert_purpose_not_server", "openssl req -new -key server.key -subj / -addext "
                                "subjectAltName={NAME} -addext extendedKeyUsage=serverAuth -out "
                                "server.csr"},
    {"cert_purpose_not_client", "openssl req -new -key client.key -subj /CN=client -addext "
                                "extendedKeyUsage=clientAuth -out client.csr"},
    {"cert_key_too_weak",
     "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key"},
    {"cert_revoked",
     "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key"},
    {"pin_mismatch", "bulla pin {TARGET}"},
    {"key_mismatch", "openssl x509 -in {TARGET} -noout -pubkey"},
    {"client_certificate_required", "bulla explain --cert client.crt --key client.key {TARGET}"},
    {"client_ca_not_accepted",
     "bulla explain --purpose client --cacert server-client-ca.pem client.crt"},
    {"client_certificate_refused",
     "bulla explain --purpose client --cacert server-client-ca.pem client.crt"},
    {"client_certificate_expired",
     "bulla explain --purpose client --cacert server-client-ca.pem client.crt"},
    {"peer_speaks_http", "curl -v http://{HOST}:{PORT}/"},
    {"peer_speaks_ssh", "ssh -p {PORT} {HOST}"},
    {"peer_speaks_smtp", "openssl s_client -starttls smtp -connect {HOST}:{PORT}"},
    {"peer_speaks_postgresql", "openssl s_client -starttls postgres -connect {HOST}:{PORT}"},
    {"protocol_mismatch", "openssl s_client -tls1_2 -connect {HOST}:{PORT}"},
    {"suite_mismatch", "openssl s_client -tls1_3 -connect {HOST}:{PORT}"},
    {"connect_failed", "curl -v https://{HOST}:{PORT}/"},
    {"name_unknown", "getent hosts {HOST}"},
};

struct filling {
    char *out;
    size_t len;
    bool failed;
};

static void fill(struct filling *filling, const struct explanation *explanation,
                 const char *pattern);
static const char *take_word(struct filling *filling, const struct explanation *explanation,
                             const char *word);
static void add_name(struct filling *filling, const struct explanation *explanation);
static void add_value(struct filling *filling, const char *value);
static bool is_harmless(char c);
static void add(struct filling *filling, char c);

void explain_command(struct explanation *explanation) {
    struct filling filling = {.out = explanation->command};
    explanation->command[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].diagnosis, explanation->diagnosis) == 0) {
            fill(&filling, explanation, commands[i].command);
        }
    }
    if (filling.failed) {
        explanation->command[0] = '\0';
    }
}

static void fill(struct filling *filling, const struct explanation *explanation,
                 const char *pattern) {
    const char *at = pattern;
    while (*at != '\0') {
        if (*at == '{') {
            at = take_word(filling, explanation, at + 1);
        } else {
            add(filling, *at++);
        }
    }
}

/* `word` is what follows the brace; returns what follows the closing one. */
static const char *take_word(struct filling *filling, const struct explanation *explanation,
                             const char *word) {
    size_t len = strcspn(word, "}");
    const struct address *peer = explanation->peer;
    const bulla_report *report = explanation->report;
    bulla_bytes name = bytes_of(word, len);
    char port[8];
    if (bytes_equal(name, BYTES_OF("TARGET"))) {
        add_value(filling, explanation->target);
    } else if (bytes_equal(name, BYTES_OF("NAME"))) {
        add_name(filling, explanation);
    } else if (bytes_equal(name, BYTES_OF("URL")) && report != NULL) {
        add_value(filling, report->entries[report->headline].ca_issuers);
    } else if (bytes_equal(name, BYTES_OF("HOST")) && peer != NULL) {
        add_value(filling, peer->host);
    } else if (bytes_equal(name, BYTES_OF("PORT")) && peer != NULL) {
        snprintf(port, sizeof port, "%u", peer->port);
        add_value(filling, port);
    } else {
        filling->failed = true;
    }
    return word + len + 1;
}

/* The name that was looked for, as openssl's subjectAltName takes it. */
static void add_name(struct filling *filling, const struct explanation *explanation) {
    const bulla_name *name = &explanation->request->name;
    if (name->kind == BULLA_NAME_IP && explanation->peer != NULL) {
        add_value(filling, "IP:");
        add_value(filling, explanation->peer->host);
        return;
    }
    if (name->kind != BULLA_NAME_DNS && name->kind != BULLA_NAME_URI) {
        add_value(filling, "DNS:server.example");
        return;
    }
    add_value(filling, name->kind == BULLA_NAME_DNS ? "DNS:" : "URI:");
    for (size_t i = 0; i < name->value.len; i++) {
        char c = (char)name->value.data[i];
        filling->failed |= !is_harmless(c);
        add(filling, c);
    }
}

static void add_value(struct filling *filling, const char *value) {
    filling->failed |= value[0] == '\0' || value[0] == '-';
    for (const char *at = value; *at != '\0'; at++) {
        filling->failed |= !is_harmless(*at);
        add(filling, *at);
    }
}

static bool is_harmless(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._-:/%+,@", c) != NULL);
}

static void add(struct filling *filling, char c) {
    if (filling->len + 1 >= EXPLAIN_TEXT_MAX) {
        filling->failed = true;
        return;
    }
    filling->out[filling->len++] = c;
    filling->out[filling->len] = '\0';
}
