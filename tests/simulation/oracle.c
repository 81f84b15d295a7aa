/* SPDX-License-Identifier: Apache-2.0 */
/* See oracle.h. Written from the RFCs and the public headers; where it and the engine differ, one
 * of them is wrong. */
#include "simulation/oracle.h"

#include <stdio.h>

/* A negotiation under way. */
struct meeting {
    const struct world *world;
    const struct wishes *client, *server;
    uint16_t version;
};

static uint16_t common_version(const struct wishes *a, const struct wishes *b);
static bool suites_meet(const struct meeting *meeting, bool rsa_alone, bool ecdsa_alone);
static bool groups_meet(const struct meeting *meeting);
static bool protocols_meet(const struct meeting *meeting);
static bool fits(const struct meeting *meeting, bulla_role shower, const struct shown *shown);
static const struct shown *server_shows(const struct meeting *meeting);
static const struct shown *client_shows(const struct meeting *meeting);
static bulla_cause client_is_judged(const struct meeting *meeting, int64_t now);

/* RFC 9525 6.3: a wildcard is one whole label, the first. */
static bool name_is_for(const char *pattern, const char *name) {
    const char *rest = strchr(name, '.');
    return strcmp(pattern, name) == 0 ||
           (pattern[0] == '*' && rest != NULL && strcmp(pattern + 1, rest) == 0);
}

bulla_cause oracle_accepts(const struct wishes *judge, const struct shown *shown, int64_t from,
                           int64_t until) {
    if ((judge->trust & shown->issuer) == 0) {
        return BULLA_E_CERT_UNKNOWN_ISSUER;
    }
    if (shown->not_after < from) {
        return BULLA_E_CERT_EXPIRED;
    }
    if (shown->not_before > until) {
        return BULLA_E_CERT_NOT_YET_VALID;
    }
    return judge->role == BULLA_SERVER || name_is_for(shown->name, judge->name)
               ? BULLA_OK
               : BULLA_E_CERT_NAME_MISMATCH;
}

struct forecast oracle_forecast(const struct world *world, const struct wishes *client,
                                const struct wishes *server, const int64_t *clocks) {
    struct meeting meeting = {world, client, server, common_version(client, server)};
    struct forecast forecast = {.version = meeting.version, .negotiation = BULLA_OK};
    if (meeting.version == 0) {
        forecast.negotiation = BULLA_E_VERSION_UNSUPPORTED;
    } else if (!suites_meet(&meeting, false, false)) {
        forecast.negotiation = BULLA_E_NO_COMMON_SUITE;
    } else if (!protocols_meet(&meeting)) {
        forecast.negotiation = BULLA_E_NO_COMMON_ALPN;
    } else if (!groups_meet(&meeting)) {
        forecast.negotiation = BULLA_E_NO_COMMON_GROUP;
    }
    forecast.full = forecast.negotiation;
    if (forecast.negotiation != BULLA_OK) {
        return forecast;
    }
    const struct shown *shown = server_shows(&meeting);
    forecast.full = shown == NULL ? BULLA_E_NO_COMMON_SIGNATURE_SCHEME
                                  : oracle_accepts(client, shown, clocks[0], clocks[0]);
    if (forecast.full == BULLA_OK && server->auth != BULLA_CLIENT_AUTH_NONE) {
        forecast.full = client_is_judged(&meeting, clocks[1]);
    }
    return forecast;
}

const struct shown *oracle_answer(const struct world *world, const struct wishes *wishes) {
    return wishes->num_shown == 0 ? NULL : &world->shown[wishes->shown[0]];
}

static bulla_cause client_is_judged(const struct meeting *meeting, int64_t now) {
    const struct wishes *client = meeting->client, *server = meeting->server;
    const struct shown *shown = client_shows(meeting);
    if (shown == NULL) {
        return server->auth == BULLA_CLIENT_AUTH_REQUIRE ? BULLA_E_CERTIFICATE_REQUIRED : BULLA_OK;
    }
    if ((client->ask & BULLA_ASK_CREDENTIAL) != 0 && !fits(meeting, BULLA_CLIENT, shown)) {
        return BULLA_E_NO_COMMON_SIGNATURE_SCHEME;
    }
    return oracle_accepts(server, shown, now, now);
}

/* ------------------------------------------------------------------ lists */

static uint16_t common_version(const struct wishes *a, const struct wishes *b) {
    uint16_t version = a->version_max < b->version_max ? a->version_max : b->version_max;
    return version >= a->version_min && version >= b->version_min ? version : 0;
}

static bool is_in(uint16_t code, const uint16_t *list, size_t num) {
    for (size_t i = 0; i < num; i++) {
        if (list[i] == code) {
            return true;
        }
    }
    return false;
}

/* RFC 5289, RFC 7905: which keys a suite of TLS 1.2 is for. */
static bool suite_is_rsa(uint16_t suite) {
    return suite == 0xc02f || suite == 0xc030 || suite == 0xcca8;
}

static bool suites_meet(const struct meeting *meeting, bool rsa_alone, bool ecdsa_alone) {
    const struct wishes *client = meeting->client, *server = meeting->server;
    for (size_t i = 0; i < client->num_suites; i++) {
        uint16_t suite = client->suites[i];
        bool for_13 = suite >> 8 == 0x13;
        if (for_13 == (meeting->version == BULLA_TLS_1_3) &&
            is_in(suite, server->suites, server->num_suites) &&
            (for_13 || suite_is_rsa(suite) || !rsa_alone) &&
            (for_13 || !suite_is_rsa(suite) || !ecdsa_alone)) {
            return true;
        }
    }
    return false;
}

static bool groups_meet(const struct meeting *meeting) {
    const struct wishes *client = meeting->client, *server = meeting->server;
    for (size_t i = 0; i < client->num_groups; i++) {
        bool hybrid = client->groups[i] == BULLA_GROUP_X25519MLKEM768; /* TLS 1.3 alone */
        if ((meeting->version == BULLA_TLS_1_3 || !hybrid) &&
            is_in(client->groups[i], server->groups, server->num_groups)) {
            return true;
        }
    }
    return false;
}

static bool protocols_meet(const struct meeting *meeting) {
    const char *const *client = meeting->client->alpn, *const *server = meeting->server->alpn;
    bool meet = client[0] == NULL || server[0] == NULL;
    for (size_t i = 0; client[i] != NULL; i++) {
        for (size_t j = 0; server[j] != NULL; j++) {
            meet = meet || strcmp(client[i], server[j]) == 0;
        }
    }
    return meet;
}

/* ------------------------------------------------------------------ credentials */

static bool scheme_is_for(uint16_t scheme, enum key_kind key, uint16_t version) {
    bool ecdsa = scheme == 0x0403 || scheme == 0x0503 || scheme == 0x0603;
    bool rsa_12 = scheme == 0x0401 || scheme == 0x0501 || scheme == 0x0601;
    switch (key) {
    case KEY_KIND_EC_P256: /* in TLS 1.2 the scheme's curve says nothing, RFC 8446 4.2.3 */
        return version == BULLA_TLS_1_2 ? ecdsa : scheme == 0x0403;
    case KEY_KIND_EC_P384:
        return version == BULLA_TLS_1_2 ? ecdsa : scheme == 0x0503;
    case KEY_KIND_ED25519:
        return scheme == 0x0807;
    case KEY_KIND_RSA:
        return (scheme >= 0x0804 && scheme <= 0x0806) || (version == BULLA_TLS_1_2 && rsa_12);
    case KEY_KIND_EC_P521:
    case KEY_KIND_INVALID:
        break;
    }
    return false;
}

/* A list that was not set holds all that is known. */
static bool takes_scheme(const struct wishes *wishes, uint16_t scheme) {
    return wishes->num_schemes == 0 || is_in(scheme, wishes->schemes, wishes->num_schemes);
}

static bool fits(const struct meeting *meeting, bulla_role shower, const struct shown *shown) {
    static const uint16_t schemes[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0804,
                                       0x0805, 0x0806, 0x0401, 0x0501, 0x0601};
    const struct wishes *client = meeting->client, *server = meeting->server;
    bool there = false, rsa = shown->key == KEY_KIND_RSA;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        there = there || (scheme_is_for(schemes[i], shown->key, meeting->version) &&
                          takes_scheme(client, schemes[i]) && takes_scheme(server, schemes[i]));
    }
    if (meeting->version == BULLA_TLS_1_3 || shower == BULLA_CLIENT) {
        return there;
    }
    bool curve_listed = (shown->key != KEY_KIND_EC_P256 ||
                         is_in(BULLA_GROUP_SECP256R1, client->groups, client->num_groups)) &&
                        (shown->key != KEY_KIND_EC_P384 ||
                         is_in(BULLA_GROUP_SECP384R1, client->groups, client->num_groups));
    return there && curve_listed && suites_meet(meeting, rsa, !rsa); /* RFC 8422 5.1 */
}

/* Of those that fit and bear `name`, the first; ECDSA and Ed25519 before RSA. */
static const struct shown *best_named(const struct meeting *meeting, const char *name) {
    const struct wishes *server = meeting->server;
    const struct shown *best = NULL;
    for (size_t i = 0; i < server->num_shown; i++) {
        const struct shown *shown = &meeting->world->shown[server->shown[i]];
        if (strcmp(shown->name, name) == 0 && fits(meeting, BULLA_SERVER, shown) &&
            (best == NULL || (best->key == KEY_KIND_RSA && shown->key != KEY_KIND_RSA))) {
            best = shown;
        }
    }
    return best;
}

static const struct shown *first_fitting(const struct meeting *meeting, bulla_role role,
                                         unsigned issuers) {
    const struct wishes *wishes = role == BULLA_SERVER ? meeting->server : meeting->client;
    for (size_t i = 0; i < wishes->num_shown; i++) {
        const struct shown *shown = &meeting->world->shown[wishes->shown[i]];
        if ((shown->issuer & issuers) != 0 && fits(meeting, role, shown)) {
            return shown;
        }
    }
    return NULL;
}

static const struct shown *server_shows(const struct meeting *meeting) {
    const struct wishes *server = meeting->server;
    const struct shown *first = &meeting->world->shown[server->shown[0]];
    char wildcard[64];
    (void)snprintf(wildcard, sizeof wildcard, "*%s", strchr(meeting->client->name, '.'));
    const char *const names[] = {meeting->client->name, wildcard, first->name};
    if ((server->ask & BULLA_ASK_CREDENTIAL) != 0) {
        return fits(meeting, BULLA_SERVER, first) ? first : NULL;
    }
    for (size_t i = 0; i < 3; i++) {
        const struct shown *shown = best_named(meeting, names[i]);
        if (shown != NULL) {
            return shown;
        }
    }
    return first_fitting(meeting, BULLA_SERVER, ISSUERS_ALL);
}

static const struct shown *client_shows(const struct meeting *meeting) {
    const struct wishes *client = meeting->client, *server = meeting->server;
    if ((client->ask & BULLA_ASK_CREDENTIAL) != 0) {
        return oracle_answer(meeting->world, client);
    }
    bool heeds_authorities = server->name_authorities && client->num_shown > 1;
    return first_fitting(meeting, BULLA_CLIENT, heeds_authorities ? server->trust : ISSUERS_ALL);
}
