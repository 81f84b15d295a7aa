/* SPDX-License-Identifier: Apache-2.0 */
/* A server that requires a client certificate and says whose it is: subject, names (DNS, SPIFFE
 * URI), fingerprint. It judges the chain itself, at BULLA_EVENT_VERIFY, to have the report.
 *     ./mtls_server chain.pem key.pem client-ca.pem 8443
 *     curl --cacert ca.pem --cert client.pem --key client.key https://localhost:8443/
 * To see it refuse: curl without --cert, or with a certificate of another CA. */
#include "http.h"

#include <stdio.h>

enum { HANDSHAKE_MS = 10000, IDLE_MS = 75000 };

static void handle(struct channel *channel, const void *context);
static bool authenticate(struct channel *channel, const bulla_trust *trust, bulla_report *report);
static void greet(struct channel *channel, const bulla_report_entry *client);

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: mtls_server CHAIN.pem KEY.pem CLIENT-CA.pem PORT\n");
        return 3;
    }
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_trust *trust = load_trust(argv[3]);
    must(bulla_config_builder_new(&builder, BULLA_SERVER), "config");
    bulla_config_add_credential(builder, load_credential(argv[1], argv[2]));
    bulla_config_set_trust(builder, trust); /* its names are sent, so that clients can choose */
    bulla_config_set_client_auth(builder, BULLA_CLIENT_AUTH_REQUIRE);
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    must(bulla_config_build(builder, &config), "config");
    serve(argv[4], config, handle, trust);
}

static void handle(struct channel *channel, const void *context) {
    bulla_report report = {.num_entries = 0};
    channel->deadline_ms = now_ms() + HANDSHAKE_MS;
    if (!authenticate(channel, context, &report)) {
        channel_explain(channel, "refused");
        if (report.cause != BULLA_CAUSE_INVALID) {
            fprintf(stderr, "  %s; %s\n", report.evidence, report.fix);
        }
        return;
    }
    channel->deadline_ms = now_ms() + IDLE_MS;
    greet(channel, sent_entry(&report, 0));
}

/* The handshake; `report` is the client's once it has shown a chain. A client that shows none is
 * refused by the engine, without an event. */
static bool authenticate(struct channel *channel, const bulla_trust *trust, bulla_report *report) {
    bulla_bytes none;
    bulla_event event = channel_next(channel, &none);
    if (event == BULLA_EVENT_VERIFY) {
        bulla_cause verdict =
            judge_peer(channel->connection, trust, BULLA_PURPOSE_CLIENT_AUTH, any_name(), report);
        must(bulla_connection_answer_verify(channel->connection, verdict), "verdict");
        event = channel_next(channel, &none);
    }
    return event == BULLA_EVENT_HANDSHAKE_DONE && sent_entry(report, 0) != NULL;
}

/* Prints who it is, and answers one request with it. */
static void greet(struct channel *channel, const bulla_report_entry *client) {
    struct request request = {.len = 0};
    char body[BULLA_REPORT_TEXT_MAX + BULLA_REPORT_NAMES_MAX + 64];
    bulla_bytes data;
    printf("client: subject=\"%s\" names=\"%s\" serial=%s sha256=", client->subject, client->names,
           client->serial);
    for (size_t i = 0; i < sizeof client->sha256; i++) {
        printf("%02x", client->sha256[i]);
    }
    printf("\n");
    fflush(stdout);
    snprintf(body, sizeof body, "hello, %s (%s)\n", client->subject, client->names);
    while (channel_next(channel, &data) == BULLA_EVENT_DATA) {
        for (size_t i = 0; i < data.len; i++) {
            int whole = http_request_add(&request, data.data[i]);
            if (whole != 0) {
                if (whole > 0) {
                    (void)http_send_text(channel, body);
                }
                return;
            }
        }
    }
}
