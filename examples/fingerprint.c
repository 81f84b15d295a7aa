/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the SHA-256 of each certificate and the pin of its public key, of a PEM file or of what a
 * server shows. It trusts nobody: that chain is looked at, then refused; no data flows.
 *     ./fingerprint chain.pem
 *     ./fingerprint localhost 8443
 * To see it refuse: a file without certificates, or a port where no TLS is spoken. */
#include "channel.h"

#include <stdio.h>

enum { TIMEOUT_MS = 10000 };

static int of_file(const char *path, const bulla_trust *nobody);
static int of_host(const char *host, const char *port, const bulla_trust *nobody);
static void print(const bulla_report *report);
static void print_base64(const uint8_t *bytes, size_t len);

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: fingerprint CHAIN.pem | HOST PORT\n");
        return 3;
    }
    bulla_trust *nobody;
    must(bulla_trust_new(&nobody), "trust");
    int code = argc == 2 ? of_file(argv[1], nobody) : of_host(argv[1], argv[2], nobody);
    bulla_trust_free(nobody);
    return code;
}

/* A report describes every certificate that it is given, whatever the verdict. */
static int of_file(const char *path, const bulla_trust *nobody) {
    bulla_bytes chain[BULLA_CHAIN_LEN_MAX];
    bulla_report report;
    bulla_credential *credential = load_chain(path);
    size_t num = 0;
    while (num < BULLA_CHAIN_LEN_MAX &&
           (chain[num] = bulla_credential_certificate(credential, num)).len != 0) {
        num++;
    }
    bulla_cause cause = judge(chain, num, nobody, BULLA_PURPOSE_SERVER_AUTH, any_name(), &report);
    print(&report);
    bulla_credential_free(credential);
    return cause == BULLA_E_OUT_OF_MEMORY ? 3 : 0;
}

static int of_host(const char *host, const char *port, const bulla_trust *nobody) {
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_workspace *workspace;
    struct channel channel;
    bulla_report report;
    bulla_bytes none;
    must(bulla_config_builder_new(&builder, BULLA_CLIENT), "config");
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    must(bulla_config_build(builder, &config), "config");
    must(bulla_workspace_new(&workspace), "workspace");
    bool shown = channel_connect(&channel, config, workspace, host, port, TIMEOUT_MS) &&
                 channel_next(&channel, &none) == BULLA_EVENT_VERIFY;
    if (shown) {
        bulla_cause verdict =
            judge_peer(channel.connection, nobody, BULLA_PURPOSE_SERVER_AUTH, any_name(), &report);
        must(bulla_connection_answer_verify(channel.connection, verdict), "verdict");
        (void)channel_next(&channel, &none); /* tells the server that it ends here */
        print(&report);
    } else {
        channel_explain(&channel, host);
    }
    channel_close(&channel);
    bulla_workspace_free(workspace);
    bulla_config_free(config);
    return shown ? 0 : 3;
}

static void print(const bulla_report *report) {
    const bulla_report_entry *entry;
    for (int i = 0; (entry = sent_entry(report, i)) != NULL; i++) {
        printf("%d %s\n  certificate  ", i, entry->subject);
        for (size_t j = 0; j < sizeof entry->sha256; j++) {
            printf("%s%02X", j == 0 ? "" : ":", entry->sha256[j]);
        }
        printf("\n  public key   sha256//");
        print_base64(entry->public_key_sha256, sizeof entry->public_key_sha256);
        printf("\n");
    }
}

static void print_base64(const uint8_t *bytes, size_t len) {
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= i + 2 < len ? bytes[i + 2] : 0;
        printf("%c%c%c%c", digits[group >> 18], digits[group >> 12 & 63],
               i + 1 < len ? digits[group >> 6 & 63] : '=', i + 2 < len ? digits[group & 63] : '=');
    }
}
