/* SPDX-License-Identifier: Apache-2.0 */
/* The table of RFC 8446 section 4.2, and the parser that obeys it. See extensions.h. */
#include "tls/extensions.h"

struct extension_rule {
    uint16_t type;
    uint16_t places;
};

enum {
    CH = IN_CLIENT_HELLO,
    SH = IN_SERVER_HELLO,
    EE = IN_ENCRYPTED_EXTENSIONS,
    CT = IN_CERTIFICATE,
    CR = IN_CERTIFICATE_REQUEST,
    NST = IN_NEW_SESSION_TICKET,
    HRR = IN_HELLO_RETRY_REQUEST,
    SH12 = IN_SERVER_HELLO_12,
};

/* Sorted by type. TLS 1.2 answers in its ServerHello, which is a place of its own here. */
static const struct extension_rule rules[NUM_EXTENSIONS] = {
    {EXTENSION_SERVER_NAME, CH | EE | SH12},
    {EXTENSION_MAX_FRAGMENT_LENGTH, CH | EE | SH12},
    {EXTENSION_STATUS_REQUEST, CH | CR | CT | SH12},
    /* Servers of TLS 1.2 were not to send it, but some did: it is passed over, as by BoringSSL. */
    {EXTENSION_SUPPORTED_GROUPS, CH | EE | SH12},
    {EXTENSION_EC_POINT_FORMATS, CH | SH12},
    {EXTENSION_SIGNATURE_ALGORITHMS, CH | CR},
    {EXTENSION_USE_SRTP, CH | EE},
    {EXTENSION_HEARTBEAT, CH | EE},
    {EXTENSION_ALPN, CH | EE | SH12},
    {EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP, CH | CR | CT},
    {EXTENSION_CLIENT_CERTIFICATE_TYPE, CH | EE},
    {EXTENSION_SERVER_CERTIFICATE_TYPE, CH | EE},
    {EXTENSION_PADDING, CH},
    {EXTENSION_ENCRYPT_THEN_MAC, CH},
    {EXTENSION_EXTENDED_MASTER_SECRET, CH | SH12},
    {EXTENSION_COMPRESS_CERTIFICATE, CH | CR},
    {EXTENSION_RECORD_SIZE_LIMIT, CH | EE | SH12},
    {EXTENSION_SESSION_TICKET, CH | SH12},
    {EXTENSION_PRE_SHARED_KEY, CH | SH},
    {EXTENSION_EARLY_DATA, CH | EE | NST},
    {EXTENSION_SUPPORTED_VERSIONS, CH | SH | HRR},
    {EXTENSION_COOKIE, CH | HRR},
    {EXTENSION_PSK_KEY_EXCHANGE_MODES, CH},
    {EXTENSION_CERTIFICATE_AUTHORITIES, CH | CR},
    {EXTENSION_OID_FILTERS, CR},
    {EXTENSION_POST_HANDSHAKE_AUTH, CH},
    {EXTENSION_SIGNATURE_ALGORITHMS_CERT, CH | CR},
    {EXTENSION_KEY_SHARE, CH | SH | HRR},
    {EXTENSION_RENEGOTIATION_INFO, CH | SH12},
};

static const struct extension_rule *rule_find(uint16_t type);
static bulla_cause extension_add(struct extensions *out, uint16_t type, bulla_bytes data,
                                 enum extension_place place, uint64_t offered);
static bool seen_before(const uint16_t *seen, size_t num_seen, uint16_t type);

size_t extension_open(struct writer *writer, uint16_t type) {
    writer_u16(writer, type);
    return writer_open(writer, 2);
}

uint64_t extension_bit(uint16_t type) {
    const struct extension_rule *rule = rule_find(type);
    return rule == NULL ? 0 : (uint64_t)1 << (rule - rules);
}

bool extension_get(const struct extensions *extensions, uint16_t type, bulla_bytes *out) {
    const struct extension_rule *rule = rule_find(type);
    if (rule == NULL || (extensions->present >> (rule - rules) & 1) == 0) {
        return false;
    }
    *out = extensions->data[rule - rules];
    return true;
}

bool extensions_find(bulla_bytes block, uint16_t type, bulla_bytes *out) {
    struct reader reader = reader_over(block);
    uint16_t found;
    while (reader_u16(&reader, &found) && reader_vector16(&reader, out)) {
        if (found == type) {
            return true;
        }
    }
    return false;
}

bulla_cause extensions_parse_last(struct extensions *out, struct reader *message,
                                  enum extension_place place, uint64_t offered) {
    bulla_bytes block;
    if (!reader_vector16(message, &block)) {
        return BULLA_E_MESSAGE_MALFORMED;
    }
    if (!reader_at_end(message)) {
        return BULLA_E_MESSAGE_TRAILING_BYTES;
    }
    return extensions_parse(out, block, place, offered);
}

bulla_cause extensions_parse(struct extensions *out, bulla_bytes block, enum extension_place place,
                             uint64_t offered) {
    struct reader reader = reader_over(block);
    uint16_t seen[EXTENSIONS_MAX];
    size_t num_seen = 0;
    out->present = 0;
    while (!reader_at_end(&reader)) {
        uint16_t type;
        bulla_bytes data;
        if (!reader_u16(&reader, &type) || !reader_vector16(&reader, &data)) {
            return BULLA_E_EXTENSION_MALFORMED;
        }
        if (num_seen == EXTENSIONS_MAX) {
            return BULLA_E_TOO_MANY_EXTENSIONS;
        }
        if (seen_before(seen, num_seen, type)) {
            return BULLA_E_EXTENSION_DUPLICATE;
        }
        seen[num_seen++] = type;
        bulla_cause cause = extension_add(out, type, data, place, offered);
        if (cause != BULLA_OK) {
            return cause;
        }
        if (type == EXTENSION_PRE_SHARED_KEY && place == IN_CLIENT_HELLO &&
            !reader_at_end(&reader)) {
            return BULLA_E_PRE_SHARED_KEY_NOT_LAST;
        }
    }
    return BULLA_OK;
}

static bulla_cause extension_add(struct extensions *out, uint16_t type, bulla_bytes data,
                                 enum extension_place place, uint64_t offered) {
    /* A cookie is the one answer that nobody asked for, RFC 8446 4.2. */
    const unsigned answers = IN_SERVER_HELLO | IN_ENCRYPTED_EXTENSIONS | IN_CERTIFICATE |
                             IN_HELLO_RETRY_REQUEST | IN_SERVER_HELLO_12;
    const struct extension_rule *rule = rule_find(type);
    bool is_answer = ((unsigned)place & answers) != 0 && type != EXTENSION_COOKIE;
    if (rule == NULL) {
        return is_answer ? BULLA_E_EXTENSION_UNSOLICITED : BULLA_OK;
    }
    if ((rule->places & (unsigned)place) == 0) {
        return BULLA_E_EXTENSION_MISPLACED;
    }
    uint64_t bit = (uint64_t)1 << (rule - rules);
    if (is_answer && (offered & bit) == 0) {
        return BULLA_E_EXTENSION_UNSOLICITED;
    }
    out->present |= bit;
    out->data[rule - rules] = data;
    return BULLA_OK;
}

static bool seen_before(const uint16_t *seen, size_t num_seen, uint16_t type) {
    for (size_t i = 0; i < num_seen; i++) {
        if (seen[i] == type) {
            return true;
        }
    }
    return false;
}

static const struct extension_rule *rule_find(uint16_t type) {
    for (size_t i = 0; i < NUM_EXTENSIONS; i++) {
        if (rules[i].type == type) {
            return &rules[i];
        }
    }
    return NULL;
}
