/* SPDX-License-Identifier: Apache-2.0 */
/* See common.h. What goes wrong here ends the program: it is a missing file or a wrong argument. */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILE_LEN_MAX = 1 << 20 };

void must(bulla_cause cause, const char *what) {
    if (cause != BULLA_OK) {
        const bulla_cause_info *about = bulla_cause_about(cause);
        fprintf(stderr, "%s: %s; %s\n", what, about->says, about->fix);
        exit(3);
    }
}

bulla_bytes text(const char *string) {
    return (bulla_bytes){(const uint8_t *)string, strlen(string)};
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The caller frees it. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *content = malloc(FILE_LEN_MAX);
    if (file == NULL || content == NULL) {
        perror(path);
        exit(3);
    }
    content[fread(content, 1, FILE_LEN_MAX - 1, file)] = '\0';
    fclose(file);
    return content;
}

bulla_trust *load_trust(const char *path) {
    bulla_trust *trust;
    size_t num;
    char *pem = read_file(path);
    must(bulla_trust_new(&trust), path);
    must(bulla_trust_add_pem(trust, text(pem), &num), path);
    free(pem);
    return trust;
}

bulla_credential *load_credential(const char *chain_path, const char *key_path) {
    bulla_credential *credential;
    char *chain = read_file(chain_path), *key = read_file(key_path);
    must(bulla_credential_new(&credential, text(chain), text(key), text("")), chain_path);
    free(chain);
    free(key);
    return credential;
}

bulla_credential *load_chain(const char *path) {
    bulla_credential *credential;
    char *chain = read_file(path);
    must(bulla_credential_new_remote(&credential, text(chain)), path);
    free(chain);
    return credential;
}

bulla_name server_name(const char *host, uint8_t ip[16]) {
    if (inet_pton(AF_INET, host, ip) == 1) {
        return (bulla_name){BULLA_NAME_IP, {ip, 4}};
    }
    if (inet_pton(AF_INET6, host, ip) == 1) {
        return (bulla_name){BULLA_NAME_IP, {ip, 16}};
    }
    return (bulla_name){BULLA_NAME_DNS, text(host)};
}

bulla_name any_name(void) {
    return (bulla_name){.kind = BULLA_NAME_NONE};
}

bulla_cause judge(const bulla_bytes *chain, size_t num_chain, const bulla_trust *trust,
                  bulla_purpose purpose, bulla_name name, bulla_report *out) {
    const bulla_verify_request request = {
        .purpose = purpose,
        .profile = BULLA_PROFILE_PRIVATE,
        .name = name,
        .now = time(NULL),
        .depth_max = BULLA_VERIFY_DEPTH_DEFAULT,
        .revocation = BULLA_REVOCATION_OFF,
    };
    return bulla_verify(trust, chain, num_chain, &request, out);
}

bulla_cause judge_peer(const bulla_connection *connection, const bulla_trust *trust,
                       bulla_purpose purpose, bulla_name name, bulla_report *out) {
    bulla_bytes chain[BULLA_CHAIN_LEN_MAX];
    size_t num = 0;
    while (num < BULLA_CHAIN_LEN_MAX &&
           (chain[num] = bulla_connection_peer_certificate(connection, num)).len != 0) {
        num++;
    }
    return judge(chain, num, trust, purpose, name, out);
}

const bulla_report_entry *sent_entry(const bulla_report *report, int index) {
    for (size_t i = 0; i < report->num_entries; i++) {
        if (report->entries[i].sent_at == index) {
            return &report->entries[i];
        }
    }
    return NULL;
}
