/* SPDX-License-Identifier: Apache-2.0 */
/* See wishes.h. Most of what is drawn goes together, and most of it is cheap: keys of RSA and P-384
 * cost ten times the others. */
#include "simulation/wishes.h"

#include "simulation/toy_compression.h"
#include "tls/config.h"

static const uint16_t suite_codes[] = {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f,
                                       0xc02c, 0xc030, 0xcca9, 0xcca8};
enum { NUM_SUITES_13 = 3, NUM_SUITES_12 = 6 };

static void draw_versions(struct wishes *wishes, struct seeded *seeded);
static void draw_suites(struct wishes *wishes, struct seeded *seeded);
static void draw_groups(struct wishes *wishes, struct seeded *seeded);
static void draw_schemes(struct wishes *wishes, struct seeded *seeded);
static void draw_alpn(struct wishes *wishes, struct seeded *seeded);
static void draw_shown(struct wishes *wishes, struct seeded *seeded);
static void draw_trust(struct wishes *wishes, struct seeded *seeded);
static void draw_name(struct wishes *wishes, struct seeded *seeded);
static void draw_auth(struct wishes *wishes, struct seeded *seeded);
static void draw_ask(struct wishes *wishes, struct seeded *seeded);
static void draw_records(struct wishes *wishes, struct seeded *seeded);
static void draw_keeper(struct wishes *wishes, struct seeded *seeded);
static void draw_early(struct wishes *wishes, struct seeded *seeded);
static void settle(struct wishes *wishes);
static void set_the_rest(bulla_config_builder *builder, void *context);

typedef void draw_function(struct wishes *wishes, struct seeded *seeded);

static draw_function *const draws[NUM_CHANGES] = {
    [CHANGE_VERSIONS] = draw_versions, [CHANGE_SUITES] = draw_suites,
    [CHANGE_GROUPS] = draw_groups,     [CHANGE_SCHEMES] = draw_schemes,
    [CHANGE_ALPN] = draw_alpn,         [CHANGE_SHOWN] = draw_shown,
    [CHANGE_TRUST] = draw_trust,       [CHANGE_NAME] = draw_name,
    [CHANGE_AUTH] = draw_auth,         [CHANGE_ASK] = draw_ask,
    [CHANGE_RECORDS] = draw_records,   [CHANGE_KEEPER] = draw_keeper,
    [CHANGE_EARLY] = draw_early,
};

void wishes_draw(struct wishes *wishes, struct seeded *seeded, bulla_role role) {
    *wishes = (struct wishes){.role = role, .auth = BULLA_CLIENT_AUTH_INVALID};
    for (int i = 0; i < NUM_CHANGES; i++) {
        draws[i](wishes, seeded);
    }
    settle(wishes);
}

void wishes_change(struct wishes *wishes, struct seeded *seeded, enum change change) {
    draws[change](wishes, seeded);
    if (change == CHANGE_VERSIONS) {
        draw_suites(wishes, seeded); /* there has to be one for each version */
        draw_early(wishes, seeded);
    }
    settle(wishes);
}

/* ------------------------------------------------------------------ drawing */

static void draw_versions(struct wishes *wishes, struct seeded *seeded) {
    static const uint16_t ranges[][2] = {{0x0303, 0x0304}, {0x0303, 0x0304}, {0x0303, 0x0304},
                                         {0x0304, 0x0304}, {0x0304, 0x0304}, {0x0303, 0x0303}};
    const uint16_t *range = ranges[seeded_below(seeded, sizeof ranges / sizeof ranges[0])];
    wishes->version_min = range[0];
    wishes->version_max = range[1];
}

/* `num` of `from`, from a random place on, forwards or backwards. */
static void draw_some(struct seeded *seeded, const uint16_t *from, size_t num_from, size_t num,
                      uint16_t *out) {
    size_t start = seeded_below(seeded, num_from);
    bool backwards = seeded_once_in(seeded, 2);
    for (size_t i = 0; i < num; i++) {
        out[i] = from[(start + (backwards ? num_from - i : i)) % num_from];
    }
}

static void draw_suites(struct wishes *wishes, struct seeded *seeded) {
    size_t num_13 = 1 + seeded_below(seeded, NUM_SUITES_13),
           num_12 =
               seeded_once_in(seeded, 3) ? 1 + seeded_below(seeded, NUM_SUITES_12) : NUM_SUITES_12;
    wishes->num_suites = 0;
    if (wishes->version_max == BULLA_TLS_1_3) {
        draw_some(seeded, suite_codes, NUM_SUITES_13, num_13, wishes->suites);
        wishes->num_suites = num_13;
    }
    if (wishes->version_min == BULLA_TLS_1_2) {
        draw_some(seeded, suite_codes + NUM_SUITES_13, NUM_SUITES_12, num_12,
                  wishes->suites + wishes->num_suites);
        wishes->num_suites += num_12;
    }
}

static void draw_groups(struct wishes *wishes, struct seeded *seeded) {
    static const uint16_t cheap[] = {0x17, 0x1d}, all[] = {0x11ec, 0x1d, 0x17, 0x18};
    if (seeded_once_in(seeded, 12)) {
        wishes->num_groups = 1 + seeded_below(seeded, 4);
        draw_some(seeded, all, 4, wishes->num_groups, wishes->groups);
    } else {
        wishes->num_groups = seeded_once_in(seeded, 4) ? 1 : 2;
        draw_some(seeded, cheap, 2, wishes->num_groups, wishes->groups);
    }
}

static void draw_schemes(struct wishes *wishes, struct seeded *seeded) {
    static const uint16_t all[] = {0x0403, 0x0807, 0x0804, 0x0503, 0x0805, 0x0806};
    wishes->num_schemes = 0; /* the default */
    if (seeded_once_in(seeded, 6)) {
        wishes->num_schemes = 1 + seeded_below(seeded, 6);
        draw_some(seeded, all, 6, wishes->num_schemes, wishes->schemes);
    }
}

static void draw_alpn(struct wishes *wishes, struct seeded *seeded) {
    static const char *const protocols[] = {"h2", "http/1.1", "spdy/1"};
    size_t num = seeded_once_in(seeded, 3) ? 0 : 1 + seeded_below(seeded, 3);
    size_t start = seeded_once_in(seeded, 4) ? seeded_below(seeded, 3) : 0;
    for (size_t i = 0; i <= ALPN_WISHES; i++) {
        wishes->alpn[i] = i < num ? protocols[(start + i) % 3] : NULL;
    }
}

static int draw_one_shown(struct seeded *seeded) {
    return (int)seeded_below(seeded, seeded_once_in(seeded, 10) ? NUM_SHOWN : NUM_SHOWN_CHEAP);
}

static void draw_shown(struct wishes *wishes, struct seeded *seeded) {
    bool is_server = wishes->role == BULLA_SERVER;
    wishes->num_shown = is_server || !seeded_once_in(seeded, 6) ? 1 : 0;
    if (wishes->num_shown == 1 && seeded_once_in(seeded, 4)) {
        wishes->num_shown += 1 + seeded_below(seeded, SHOWN_WISHES - 1);
    }
    for (size_t i = 0; i < wishes->num_shown; i++) {
        wishes->shown[i] = draw_one_shown(seeded);
    }
}

static void draw_trust(struct wishes *wishes, struct seeded *seeded) {
    wishes->trust = seeded_once_in(seeded, 12)  ? ISSUER_B
                    : seeded_once_in(seeded, 4) ? ISSUERS_ALL
                                                : ISSUER_A;
    wishes->name_authorities = wishes->role == BULLA_SERVER && !seeded_once_in(seeded, 4);
}

static void draw_name(struct wishes *wishes, struct seeded *seeded) {
    static const char *const names[] = {"other.example", "one.any.example"};
    wishes->name = seeded_once_in(seeded, 10) ? names[seeded_below(seeded, 2)] : TEST_SERVER_NAME;
}

static void draw_auth(struct wishes *wishes, struct seeded *seeded) {
    if (wishes->role == BULLA_SERVER) {
        wishes->auth = (bulla_client_auth)(1 + seeded_below(seeded, 3));
    }
}

static void draw_ask(struct wishes *wishes, struct seeded *seeded) {
    wishes->ask = seeded_once_in(seeded, 4) ? (unsigned)seeded_below(seeded, 8) : 0;
    wishes->names_judgement = seeded_once_in(seeded, 2);
    wishes->requires_extended_master_secret = seeded_once_in(seeded, 3);
    wishes->grease = wishes->role == BULLA_CLIENT && seeded_once_in(seeded, 2);
}

static void draw_records(struct wishes *wishes, struct seeded *seeded) {
    wishes->record_size = seeded_once_in(seeded, 2) ? 0 : 64 + seeded_below(seeded, 2000);
    wishes->padding = seeded_once_in(seeded, 4) ? 1 + seeded_below(seeded, 600) : 0;
    wishes->record_size_limit =
        seeded_once_in(seeded, 4)
            ? 64 + seeded_below(seeded, seeded_once_in(seeded, 2) ? 300 : 16321)
            : 0;
    wishes->compresses = seeded_once_in(seeded, 3);
    wishes->decompresses = seeded_once_in(seeded, 3);
}

static void draw_keeper(struct wishes *wishes, struct seeded *seeded) {
    static const enum keeper clients[] = {KEEPER_OWN, KEEPER_OWN,     KEEPER_OWN,     KEEPER_OWN,
                                          KEEPER_OWN, KEEPER_BY_HAND, KEEPER_BY_HAND, KEEPER_NONE};
    static const enum keeper servers[] = {KEEPER_OWN,   KEEPER_OWN,   KEEPER_OWN,     KEEPER_OWN,
                                          KEEPER_STORE, KEEPER_STORE, KEEPER_BY_HAND, KEEPER_NONE};
    static const uint32_t lifetimes[] = {7200, 7200, 7200, 604800, 86400, 30};
    wishes->keeper = (wishes->role == BULLA_CLIENT ? clients : servers)[seeded_below(seeded, 8)];
    wishes->num_tickets = seeded_once_in(seeded, 8) ? (unsigned)seeded_below(seeded, 9) : 2;
    wishes->lifetime = lifetimes[seeded_below(seeded, sizeof lifetimes / sizeof lifetimes[0])];
    draw_early(wishes, seeded);
}

static void draw_early(struct wishes *wishes, struct seeded *seeded) {
    wishes->early_max =
        seeded_once_in(seeded, 3) ? 0 : 1 + (uint32_t)seeded_below(seeded, EARLY_WISH_MAX);
    wishes->asks_strike = wishes->role == BULLA_SERVER && seeded_once_in(seeded, 3);
}

/* Takes back what a config may not say together. */
static void settle(struct wishes *wishes) {
    bool invited =
        wishes->role == BULLA_CLIENT || (wishes->keeper != KEEPER_NONE && wishes->num_tickets != 0);
    if (wishes->version_max != BULLA_TLS_1_3 || !invited) {
        wishes->early_max = 0;
    }
    if (wishes->version_min == BULLA_TLS_1_2 && wishes->num_groups == 1 &&
        wishes->groups[0] == BULLA_GROUP_X25519MLKEM768) {
        wishes->groups[wishes->num_groups++] = BULLA_GROUP_X25519; /* for TLS 1.2 */
    }
}

/* ------------------------------------------------------------------ the config */

struct context {
    const struct wishes *wishes;
    const struct world *world;
    const struct belongings *belongings;
};

bulla_config *wishes_config(const struct wishes *wishes, const struct world *world,
                            const struct belongings *belongings) {
    struct context context = {wishes, world, belongings};
    struct setup setup = {
        .role = wishes->role,
        .suites = wishes->suites,
        .num_suites = wishes->num_suites,
        .groups = wishes->groups,
        .num_groups = wishes->num_groups,
        .trust = world->trusts[wishes->trust],
        .client_auth = wishes->auth,
        .ask = wishes->ask,
        .record_size = wishes->record_size,
        .padding = wishes->padding,
        .random = belongings->random,
        .now = belongings->clock,
        .version_min = wishes->version_min,
        .version_max = wishes->version_max,
        .more = set_the_rest,
        .more_context = &context,
    };
    setup.ask |= wishes->keeper == KEEPER_BY_HAND ? BULLA_ASK_SESSION : 0;
    setup.ask |= wishes->early_max != 0 && wishes->asks_strike ? BULLA_ASK_STRIKE : 0;
    for (size_t i = 0; i < ALPN_WISHES; i++) {
        setup.alpn[i] = wishes->alpn[i];
    }
    for (size_t i = 0; i < wishes->num_shown; i++) {
        setup.credentials[i] = world->shown[wishes->shown[i]].credential;
    }
    return setup_config(&setup);
}

static void set_resumption(bulla_config_builder *builder, const struct wishes *wishes,
                           const struct belongings *belongings) {
    /* What our own judgement (oracle_accepts()) depends on. */
    static const char *const judgements[] = {"nobody", "A", "B", "A and B"};
    if (wishes->names_judgement) {
        bulla_config_set_judgement(builder, bytes_of_text(judgements[wishes->trust]));
    }
    if (wishes->early_max != 0) {
        bulla_config_set_early_data(builder, wishes->early_max);
    }
    if (wishes->role == BULLA_CLIENT) {
        bulla_config_set_session_cache(builder,
                                       wishes->keeper == KEEPER_OWN ? belongings->cache : NULL);
        return;
    }
    bulla_config_set_ticket_keys(builder, wishes->keeper == KEEPER_OWN ? belongings->keys : NULL);
    bulla_config_set_session_store(builder,
                                   wishes->keeper == KEEPER_STORE ? belongings->store : NULL);
    bulla_config_set_tickets(builder, wishes->num_tickets, wishes->lifetime);
    bulla_config_set_strike_register(builder, belongings->strikes);
}

static void set_the_rest(bulla_config_builder *builder, void *opaque) {
    const struct context *context = opaque;
    const struct wishes *wishes = context->wishes;
    if (wishes->num_schemes != 0) {
        bulla_config_set_signature_schemes(builder, wishes->schemes, wishes->num_schemes);
    }
    if (wishes->record_size_limit != 0) {
        bulla_config_set_record_size_limit(builder, wishes->record_size_limit);
    }
    if (wishes->compresses || wishes->decompresses) {
        bulla_config_add_certificate_compression(builder, 1,
                                                 wishes->compresses ? toy_compress : NULL,
                                                 wishes->decompresses ? toy_decompress : NULL);
    }
    if (wishes->role == BULLA_CLIENT) {
        bulla_config_set_grease(builder, wishes->grease);
    } else {
        bulla_config_set_name_authorities(builder, wishes->name_authorities);
    }
    bulla_config_set_extended_master_secret(builder, wishes->requires_extended_master_secret);
    bulla_config_set_memo(builder, context->world->memo);
    set_resumption(builder, wishes, context->belongings);
}
