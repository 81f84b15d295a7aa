/* SPDX-License-Identifier: Apache-2.0 */
/* The second drawing; see figures.h. */
#include "support/check.h"

#include "support/figures.h"

#include <stdio.h>

const struct table tables[NUM_TABLES] = {{BULLA_CLIENT, BULLA_TLS_1_3},
                                         {BULLA_SERVER, BULLA_TLS_1_3},
                                         {BULLA_CLIENT, BULLA_TLS_1_2},
                                         {BULLA_SERVER, BULLA_TLS_1_2}};

/* A.1. Added: what 4.6 lets come in CONNECTED (a CertificateRequest may not, since
 * post_handshake_auth is not offered, 4.6.2), and CompressedCertificate wherever a Certificate may
 * come, RFC 8879 4. */
static const struct arrow client_figure[] = {
    {"START", "", "", "ClientHello", "WAIT_SH"},
    {"WAIT_SH", "HelloRetryRequest", "retry", "", "START"},
    {"WAIT_SH", "ServerHello", "!retry", "", "WAIT_EE"},
    {"WAIT_EE", "EncryptedExtensions", "resumed", "", "WAIT_FINISHED"},
    {"WAIT_EE", "EncryptedExtensions", "!resumed", "", "WAIT_CERT_CR"},
    {"WAIT_CERT_CR", "Certificate", "", "", "WAIT_CV"},
    {"WAIT_CERT_CR", "CompressedCertificate", "", "", "WAIT_CV"},
    {"WAIT_CERT_CR", "CertificateRequest", "", "", "WAIT_CERT"},
    {"WAIT_CERT", "Certificate", "", "", "WAIT_CV"},
    {"WAIT_CERT", "CompressedCertificate", "", "", "WAIT_CV"},
    {"WAIT_CV", "CertificateVerify", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "",
     "EndOfEarlyData?early Certificate?asked CertificateVerify?asked+credential Finished",
     "CONNECTED"},
    {"CONNECTED", "NewSessionTicket", "", "", "CONNECTED"},
    {"CONNECTED", "KeyUpdate", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

/* A.2. */
static const struct arrow server_figure[] = {
    {"START", "ClientHello", "", "", "RECVD_CH"},
    {"RECVD_CH", "", "retry", "HelloRetryRequest", "START"},
    {"RECVD_CH", "", "!retry", "", "NEGOTIATED"},
    {"NEGOTIATED", "", "",
     "ServerHello EncryptedExtensions CertificateRequest?asked Certificate?!resumed "
     "CertificateVerify?!resumed Finished",
     "FLIGHT_SENT"},
    {"FLIGHT_SENT", "", "early", "", "WAIT_EOED"},
    {"FLIGHT_SENT", "", "!early", "", "WAIT_FLIGHT2"},
    {"WAIT_EOED", "EndOfEarlyData", "", "", "WAIT_FLIGHT2"},
    {"WAIT_FLIGHT2", "", "!asked", "", "WAIT_FINISHED"},
    {"WAIT_FLIGHT2", "", "asked", "", "WAIT_CERT"},
    {"WAIT_CERT", "Certificate", "!certificate", "", "WAIT_FINISHED"},
    {"WAIT_CERT", "CompressedCertificate", "!certificate", "", "WAIT_FINISHED"},
    {"WAIT_CERT", "Certificate", "certificate", "", "WAIT_CV"},
    {"WAIT_CERT", "CompressedCertificate", "certificate", "", "WAIT_CV"},
    {"WAIT_CV", "CertificateVerify", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "", "", "CONNECTED"},
    {"CONNECTED", "KeyUpdate", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

#define CLIENT_FLIGHT_12                                                                           \
    "Certificate?asked ClientKeyExchange CertificateVerify?credential ChangeCipherSpec Finished"

/* RFC 5246 7.3, figures 1 and 2, with RFC 5077 3.1 and RFC 6066 8; always with a ServerKeyExchange,
 * as all our suites have one. The figures name no states. */
static const struct arrow client_12_figure[] = {
    {"RECVD_SH", "", "!resumed", "", "WAIT_CERT"},
    {"RECVD_SH", "", "resumed", "", "SERVER_TURN"},
    {"WAIT_CERT", "Certificate", "", "", "WAIT_STATUS_SKE"},
    {"WAIT_STATUS_SKE", "CertificateStatus", "", "", "WAIT_SKE"},
    {"WAIT_STATUS_SKE", "ServerKeyExchange", "", "", "WAIT_CR_SHD"},
    {"WAIT_SKE", "ServerKeyExchange", "", "", "WAIT_CR_SHD"},
    {"WAIT_CR_SHD", "CertificateRequest", "", "", "WAIT_SHD"},
    {"WAIT_CR_SHD", "ServerHelloDone", "", CLIENT_FLIGHT_12, "SERVER_TURN"},
    {"WAIT_SHD", "ServerHelloDone", "", CLIENT_FLIGHT_12, "SERVER_TURN"},
    {"SERVER_TURN", "", "ticket", "", "WAIT_TICKET"},
    {"SERVER_TURN", "", "!ticket", "", "WAIT_CCS"},
    {"WAIT_TICKET", "NewSessionTicket", "", "", "WAIT_CCS"},
    {"WAIT_CCS", "ChangeCipherSpec", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "!resumed", "", "CONNECTED"},
    {"WAIT_FINISHED", "Finished", "resumed", "ChangeCipherSpec Finished", "CONNECTED"},
    {"CONNECTED", "HelloRequest", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

/* A resumed session keeps its ticket: no NewSessionTicket there. A ClientHello in CONNECTED has an
 * answer of its own. */
static const struct arrow server_12_figure[] = {
    {"RECVD_CH", "", "resumed", "ServerHello ChangeCipherSpec Finished", "WAIT_CCS"},
    {"RECVD_CH", "", "!resumed",
     "ServerHello Certificate CertificateStatus?status ServerKeyExchange CertificateRequest?asked "
     "ServerHelloDone",
     "CLIENT_TURN"},
    {"CLIENT_TURN", "", "asked", "", "WAIT_CERT"},
    {"CLIENT_TURN", "", "!asked", "", "WAIT_CKE"},
    {"WAIT_CERT", "Certificate", "", "", "WAIT_CKE"},
    {"WAIT_CKE", "ClientKeyExchange", "certificate", "", "WAIT_CV"},
    {"WAIT_CKE", "ClientKeyExchange", "!certificate", "", "WAIT_CCS"},
    {"WAIT_CV", "CertificateVerify", "", "", "WAIT_CCS"},
    {"WAIT_CCS", "ChangeCipherSpec", "", "", "WAIT_FINISHED"},
    {"WAIT_FINISHED", "Finished", "resumed", "", "CONNECTED"},
    {"WAIT_FINISHED", "Finished", "!resumed", "NewSessionTicket?ticket ChangeCipherSpec Finished",
     "CONNECTED"},
    {"CONNECTED", "ClientHello", "", "", "CONNECTED"},
    {NULL, NULL, NULL, NULL, NULL},
};

/* HandshakeType, RFC 8446 B.3 and RFC 5246 A.4; the ChangeCipherSpec is no such message, and has
 * the engine's number past them all. A HelloRetryRequest is a ServerHello on the wire, 4.1.4. */
static const struct {
    const char *name;
    unsigned type;
} message_types[] = {
    {"ClientHello", 1},        {"ServerHello", 2},         {"HelloRetryRequest", 2},
    {"NewSessionTicket", 4},   {"EndOfEarlyData", 5},      {"EncryptedExtensions", 8},
    {"Certificate", 11},       {"CertificateRequest", 13}, {"CertificateVerify", 15},
    {"Finished", 20},          {"KeyUpdate", 24},          {"CompressedCertificate", 25},
    {"HelloRequest", 0},       {"ServerKeyExchange", 12},  {"ServerHelloDone", 14},
    {"ClientKeyExchange", 16}, {"CertificateStatus", 22},  {"ChangeCipherSpec", 256},
};

unsigned type_of(const char *name) {
    for (size_t i = 0; i < sizeof message_types / sizeof message_types[0]; i++) {
        if (strcmp(message_types[i].name, name) == 0) {
            return message_types[i].type;
        }
    }
    fail_msg("no message is named %s", name);
    return 0;
}

struct facts facts_of(unsigned bits) {
    return (struct facts){(bits & 1) != 0,  (bits & 2) != 0,  (bits & 4) != 0,  (bits & 8) != 0,
                          (bits & 16) != 0, (bits & 32) != 0, (bits & 64) != 0, (bits & 128) != 0};
}

bool facts_go_together(struct table table, struct facts facts) {
    bool is_12 = table.version == BULLA_TLS_1_2;
    bool early = !facts.early || (facts.resumed && !facts.retry); /* RFC 8446 4.2.10 */
    bool asked = !facts.asked || !facts.resumed;                  /* 4.3.2 */
    bool answered = facts.asked || !(facts.credential || (facts.certificate && is_12));
    bool version = is_12 ? !facts.retry && !facts.early : !facts.ticket && !facts.status;
    return early && asked && answered && version;
}

static bool fact_holds(const char *name, size_t len, struct facts facts) {
    const struct {
        const char *name;
        bool holds;
    } all[] = {{"retry", facts.retry},           {"asked", facts.asked},
               {"credential", facts.credential}, {"certificate", facts.certificate},
               {"resumed", facts.resumed},       {"early", facts.early},
               {"ticket", facts.ticket},         {"status", facts.status}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strlen(all[i].name) == len && strncmp(all[i].name, name, len) == 0) {
            return all[i].holds;
        }
    }
    fail_msg("no fact is named %s", name);
    return false;
}

/* All of "a+b+!c"; an empty text always holds. */
bool facts_hold(const char *text, size_t len, struct facts facts) {
    bool hold = true;
    while (len != 0) {
        bool contrary = *text == '!';
        text += contrary ? 1 : 0;
        len -= contrary ? 1 : 0;
        size_t word = 0;
        while (word < len && text[word] != '+') {
            word++;
        }
        hold = hold && fact_holds(text, word, facts) != contrary;
        size_t past = word < len ? word + 1 : word;
        text += past;
        len -= past;
    }
    return hold;
}

const struct arrow *figure_of(struct table table) {
    if (table.version == BULLA_TLS_1_2) {
        return table.role == BULLA_CLIENT ? client_12_figure : server_12_figure;
    }
    return table.role == BULLA_CLIENT ? client_figure : server_figure;
}

void walk_to(struct walk *walk, const char *state) {
    (void)snprintf(walk->to, sizeof walk->to, "%s", state);
}

void walk_sends(struct walk *walk, const char *messages, struct facts facts) {
    while (*messages != '\0') {
        size_t word = strcspn(messages, " ");
        size_t name = strcspn(messages, "? ");
        const char *when = messages + name + (name < word ? 1 : 0);
        if (facts_hold(when, (size_t)(messages + word - when), facts)) {
            size_t used = strlen(walk->sends);
            (void)snprintf(walk->sends + used, sizeof walk->sends - used, "%.*s ", (int)name,
                           messages);
        }
        messages += word;
        messages += *messages == ' ' ? 1 : 0;
    }
}

static const struct arrow *arrow_find(const struct arrow *figure, const char *from, int type,
                                      struct facts facts) {
    const struct arrow *found = NULL;
    for (; figure->from != NULL; figure++) {
        bool fits =
            type < 0 ? figure->receives[0] == '\0'
                     : figure->receives[0] != '\0' && type_of(figure->receives) == (unsigned)type;
        if (strcmp(figure->from, from) == 0 && fits &&
            facts_hold(figure->when, strlen(figure->when), facts)) {
            assert_null(found); /* a figure that forks without a reason is drawn wrong */
            found = figure;
        }
    }
    return found;
}

struct walk figure_walk(const struct arrow *figure, const char *from, int type,
                        struct facts facts) {
    struct walk walk = {.legal = true};
    walk_to(&walk, from);
    const struct arrow *arrow = arrow_find(figure, from, type, facts);
    walk.legal = type < 0 || arrow != NULL;
    for (unsigned steps = 0; arrow != NULL; steps++) {
        assert_in_range(steps, 0, STEPS_MAX);
        walk_sends(&walk, arrow->sends, facts);
        walk_to(&walk, arrow->to);
        facts.retry = facts.retry && strcmp(arrow->sends, "HelloRetryRequest") != 0;
        arrow = arrow_find(figure, arrow->to, -1, facts);
    }
    return walk;
}
