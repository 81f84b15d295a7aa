/* SPDX-License-Identifier: Apache-2.0 */
/* A client with two pins, the server's current key and the backup that follows it. Each has its
 * dates, and they overlap: when one key replaces the other, no client is locked out.
 *     ./pinned_client ca.pem localhost 8443 sha256/CURRENT= 2026-01-01 2027-03-01 \
 *                                           sha256/BACKUP=  2026-12-01 2028-03-01
 * (`bulla pin FILE` prints pins.) To see it refuse: change a letter, or let a date be over. */
#include "http.h"

#include <stdio.h>

enum { TIMEOUT_MS = 10000 };

static bulla_pins *read_pins(char **arguments);
static int64_t day(const char *date);
static int fetch(struct channel *channel, const char *host);

int main(int argc, char **argv) {
    if (argc != 10) {
        fprintf(stderr, "usage: pinned_client CA.pem HOST PORT PIN FROM UNTIL PIN FROM UNTIL\n");
        return 3;
    }
    bulla_config_builder *builder;
    bulla_config *config;
    bulla_workspace *workspace;
    struct channel channel;
    bulla_trust *trust = load_trust(argv[1]);
    bulla_pins *pins = read_pins(argv + 4);
    must(bulla_config_builder_new(&builder, BULLA_CLIENT), "config");
    bulla_config_set_trust(builder, trust);
    bulla_config_set_pins(builder, pins); /* on top of the path to a CA, not instead of it */
    must(bulla_config_build(builder, &config), "config");
    must(bulla_workspace_new(&workspace), "workspace");

    int code = 3;
    if (channel_connect(&channel, config, workspace, argv[2], argv[3], TIMEOUT_MS)) {
        code = fetch(&channel, argv[2]);
    }
    if (code != 0) {
        channel_explain(&channel, argv[2]);
    }
    channel_close(&channel);
    bulla_workspace_free(workspace);
    bulla_config_free(config);
    bulla_pins_free(pins);
    bulla_trust_free(trust);
    return code;
}

/* Two times PIN FROM UNTIL. A set needs two pins that are in their time, else it refuses every
 * server: whoever has no backup would be locked out by the loss of one key. */
static bulla_pins *read_pins(char **arguments) {
    bulla_pins *pins;
    must(bulla_pins_new(&pins, 0), "pins");
    for (int i = 0; i < 2; i++, arguments += 3) {
        must(bulla_pins_add_text(pins, BULLA_PIN_PUBLIC_KEY, text(arguments[0]), day(arguments[1]),
                                 day(arguments[2])),
             arguments[0]);
    }
    return pins;
}

/* Seconds since 1970 at the beginning of YYYY-MM-DD, UTC; years begin in March for the leap day. */
static int64_t day(const char *date) {
    long long year, month, day_of_month;
    if (sscanf(date, "%4lld-%2lld-%2lld", &year, &month, &day_of_month) != 3 || month < 1 ||
        month > 12) {
        must(BULLA_E_API_MISUSE, date);
    }
    year -= month < 3;
    month += month < 3 ? 9 : -3;
    return (365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day_of_month -
            719469) *
           86400;
}

static int fetch(struct channel *channel, const char *host) {
    char request[1024];
    struct answer answer;
    channel->deadline_ms = now_ms() + TIMEOUT_MS;
    if (!channel_handshake(channel)) {
        return 1;
    }
    printf("pinned: %s showed a key that is pinned\n", host);
    if (!channel_send(channel, http_request(request, host, "/", false)) ||
        !http_answer(channel, &answer)) {
        return 1;
    }
    printf("%.*s, %zu bytes\n", http_status_len(&answer), answer.head, answer.body_len);
    return 0;
}
