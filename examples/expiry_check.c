/* SPDX-License-Identifier: Apache-2.0 */
/* Connects and prints how many days the server's chain has left, for a cron job or a monitor. Ends
 * with 0: enough; 1: fewer than WARN-DAYS (30); 2: expired; 3: no answer, or wrong in another way.
 *     ./expiry_check ca.pem localhost 8443 [WARN-DAYS]
 * To see it warn: WARN-DAYS larger than what is left. To see it refuse: an expired certificate, or
 * one of another CA. */
#include "channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TIMEOUT_MS = 10000, DAY = 86400, OK = 0, WARNING = 1, EXPIRED = 2, UNKNOWN = 3 };

static int check(struct channel *channel, const char *host, const bulla_trust *trust, long warn);
static int say(const char *host, const bulla_report *report, long warn_days);

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: expiry_check CA.pem HOST PORT [WARN-DAYS]\n");
        return UNKNOWN;
    }
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_workspace *workspace;
    struct channel channel;
    bulla_trust *trust = load_trust(argv[1]);
    must(bulla_config_builder_new(&builder, BULLA_CLIENT), "config");
    bulla_config_set_ask(builder, BULLA_ASK_VERIFY);
    must(bulla_config_build(builder, &config), "config");
    must(bulla_workspace_new(&workspace), "workspace");

    int code = UNKNOWN;
    if (channel_connect(&channel, config, workspace, argv[2], argv[3], TIMEOUT_MS)) {
        code = check(&channel, argv[2], trust, argc == 5 ? strtol(argv[4], NULL, 10) : 30);
    } else {
        channel_explain(&channel, argv[2]);
    }
    channel_close(&channel);
    bulla_workspace_free(workspace);
    bulla_config_free(config);
    bulla_trust_free(trust);
    return code;
}

/* The chain is judged by ourselves: an answer that is no is an answer too, with a report. */
static int check(struct channel *channel, const char *host, const bulla_trust *trust, long warn) {
    uint8_t ip[16];
    bulla_bytes none;
    bulla_report report;
    if (channel_next(channel, &none) != BULLA_EVENT_VERIFY) {
        channel_explain(channel, host);
        return UNKNOWN;
    }
    bulla_cause verdict = judge_peer(channel->connection, trust, BULLA_PURPOSE_SERVER_AUTH,
                                     server_name(host, ip), &report);
    must(bulla_connection_answer_verify(channel->connection, verdict), "verdict");
    return channel_handshake(channel) || verdict != BULLA_OK ? say(host, &report, warn) : UNKNOWN;
}

static int say(const char *host, const bulla_report *report, long warn_days) {
    int64_t left = report->valid_until - (int64_t)time(NULL);
    const bulla_report_entry *leaf = sent_entry(report, 0);
    if (report->cause == BULLA_E_CERT_EXPIRED) {
        printf("%s: EXPIRED: %s\n", host, report->evidence);
        return EXPIRED;
    }
    if (report->cause != BULLA_OK) {
        printf("%s: UNKNOWN: %s; %s\n", host, report->evidence, report->fix);
        return UNKNOWN;
    }
    const char *word = left < (int64_t)warn_days * DAY ? "WARNING" : "OK";
    printf("%s: %s: %" PRId64 " days left, of the leaf %s %" PRId64 "\n", host, word, left / DAY,
           leaf->subject, (leaf->not_after - (int64_t)time(NULL)) / DAY);
    return left < (int64_t)warn_days * DAY ? WARNING : OK;
}
