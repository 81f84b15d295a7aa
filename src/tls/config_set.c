/* SPDX-License-Identifier: Apache-2.0 */
/* A config's settings: who is shown and trusted, what is asked, and how records are made. Each
 * setter remembers its failure; a reference that replaces another is taken first, since both may be
 * the same. */
#include "tls/config_builder.h"

#include <stdlib.h>

enum {
    RECORD_SIZE_MIN = 64,
    RECORD_SIZE_LIMIT_MIN = 64, /* RFC 8449 4 */
    CREDENTIALS_FIRST_CAP = 4,
};

static bulla_cause make_room_for_credential(bulla_config *config);
static bool has_compression(const bulla_config *config, uint16_t algorithm);

void bulla_config_set_trust(bulla_config_builder *builder, bulla_trust *trust) {
    if (trust == NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_trust *old = builder->config->trust;
    builder->config->trust = bulla_trust_ref(trust);
    bulla_trust_free(old);
}

void bulla_config_add_credential(bulla_config_builder *builder, bulla_credential *credential) {
    bulla_config *config = builder->config;
    bulla_cause cause = credential == NULL ? BULLA_E_API_MISUSE : make_room_for_credential(config);
    if (cause != BULLA_OK) {
        builder_remember(builder, cause);
        return;
    }
    config->credentials[config->num_credentials++] = bulla_credential_ref(credential);
}

void bulla_config_set_client_auth(bulla_config_builder *builder, bulla_client_auth mode) {
    if (builder->config->role != BULLA_SERVER || mode < BULLA_CLIENT_AUTH_NONE ||
        mode > BULLA_CLIENT_AUTH_REQUIRE) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->client_auth = mode;
}

void bulla_config_add_alpn(bulla_config_builder *builder, bulla_bytes protocol) {
    bulla_config *config = builder->config;
    if (protocol.len == 0 || protocol.len > ALPN_LEN_MAX || config->num_alpn == ALPN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    struct alpn_protocol *more =
        realloc(config->alpn, (config->num_alpn + 1) * sizeof *config->alpn);
    if (more == NULL) {
        builder_remember(builder, BULLA_E_OUT_OF_MEMORY);
        return;
    }
    config->alpn = more;
    more[config->num_alpn].len = (uint8_t)protocol.len;
    bytes_copy(more[config->num_alpn].name, ALPN_LEN_MAX, protocol);
    config->num_alpn++;
}

void bulla_config_set_record_size_limit(bulla_config_builder *builder, size_t len_max) {
    if (len_max < RECORD_SIZE_LIMIT_MIN || len_max > RECORD_PLAINTEXT_LEN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->record_size_limit = len_max;
}

void bulla_config_add_certificate_compression(bulla_config_builder *builder, uint16_t algorithm,
                                              bulla_compress_function compress,
                                              bulla_compress_function decompress) {
    bulla_config *config = builder->config;
    if (algorithm == 0 || (compress == NULL && decompress == NULL) ||
        config->num_compressions == COMPRESSIONS_MAX || has_compression(config, algorithm)) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    config->compressions[config->num_compressions++] =
        (struct certificate_compression){algorithm, compress, decompress};
}

void bulla_config_set_name_authorities(bulla_config_builder *builder, int on) {
    if (on != 0 && builder->config->role != BULLA_SERVER) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->name_authorities = on != 0;
}

void bulla_config_set_grease(bulla_config_builder *builder, int on) {
    if (on != 0 && builder->config->role != BULLA_CLIENT) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->grease = on != 0;
}

void bulla_config_set_ask(bulla_config_builder *builder, unsigned ask) {
    unsigned known = BULLA_ASK_VERIFY | BULLA_ASK_SIGN | BULLA_ASK_CREDENTIAL | BULLA_ASK_SESSION;
    if (builder->config->role == BULLA_SERVER) {
        known |= BULLA_ASK_STRIKE;
    }
    if ((ask & ~known) != 0) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->ask = ask;
}

void bulla_config_set_verify_depth(bulla_config_builder *builder, unsigned depth_max) {
    builder->config->verify_depth = depth_max;
}

void bulla_config_set_profile(bulla_config_builder *builder, bulla_profile profile) {
    if (profile < BULLA_PROFILE_PRIVATE || profile > BULLA_PROFILE_STRICT) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->profile = profile;
}

void bulla_config_set_purpose(bulla_config_builder *builder, bulla_purpose purpose) {
    if (purpose < BULLA_PURPOSE_SERVER_AUTH || purpose > BULLA_PURPOSE_SVID_CLIENT) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->purpose = purpose;
}

void bulla_config_set_revocation(bulla_config_builder *builder, bulla_revocation mode,
                                 bulla_crls *crls) {
    if (mode < BULLA_REVOCATION_OFF || mode > BULLA_REVOCATION_HARD) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    bulla_crls *old = builder->config->crls;
    builder->config->revocation = mode;
    builder->config->crls = crls == NULL ? NULL : bulla_crls_ref(crls);
    bulla_crls_free(old);
}

void bulla_config_set_pins(bulla_config_builder *builder, bulla_pins *pins) {
    bulla_pins *old = builder->config->pins;
    builder->config->pins = pins == NULL ? NULL : bulla_pins_ref(pins);
    bulla_pins_free(old);
}

void bulla_config_set_memo(bulla_config_builder *builder, bulla_memo *memo) {
    bulla_memo *old = builder->config->memo;
    builder->config->memo = memo == NULL ? NULL : bulla_memo_ref(memo);
    bulla_memo_free(old);
}

void bulla_config_set_record_size(bulla_config_builder *builder, size_t len_max) {
    if (len_max < RECORD_SIZE_MIN || len_max > RECORD_PLAINTEXT_LEN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->record_size = len_max;
}

void bulla_config_set_padding(bulla_config_builder *builder, size_t multiple) {
    if (multiple == 0 || multiple > RECORD_PLAINTEXT_LEN_MAX) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->padding = multiple;
}

void bulla_config_set_clock(bulla_config_builder *builder, bulla_clock_function clock,
                            void *context) {
    if (clock == NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->clock = clock;
    builder->config->clock_context = context;
}

void bulla_config_set_random(bulla_config_builder *builder, bulla_random_function random,
                             void *context) {
    if (random == NULL) {
        builder_remember(builder, BULLA_E_API_MISUSE);
        return;
    }
    builder->config->random_function = random;
    builder->config->random_context = context;
}

void bulla_config_set_key_log(bulla_config_builder *builder, bulla_key_log_function log,
                              void *context) {
    builder->config->key_log = log;
    builder->config->key_log_context = context;
}

void config_set_replay(bulla_config_builder *builder, const struct replay_message *messages,
                       size_t num_messages) {
    builder->config->replay = messages;
    builder->config->num_replay = num_messages;
}

/* The array doubles; its capacity follows from its number of entries. */
static bulla_cause make_room_for_credential(bulla_config *config) {
    size_t num = config->num_credentials;
    if (num == CREDENTIALS_MAX) {
        return BULLA_E_API_MISUSE;
    }
    if (num != 0 && (num < CREDENTIALS_FIRST_CAP || (num & (num - 1)) != 0)) {
        return BULLA_OK;
    }
    size_t cap = num == 0 ? CREDENTIALS_FIRST_CAP : 2 * num;
    bulla_credential **bigger = realloc(config->credentials, cap * sizeof *bigger);
    if (bigger == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    config->credentials = bigger;
    return BULLA_OK;
}

static bool has_compression(const bulla_config *config, uint16_t algorithm) {
    for (size_t i = 0; i < config->num_compressions; i++) {
        if (config->compressions[i].algorithm == algorithm) {
            return true;
        }
    }
    return false;
}
