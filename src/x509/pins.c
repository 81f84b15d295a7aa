/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of pins (bulla/pins.h), RFC 7469: reading the spellings in use, holding a chain against a
 * set, and writing pins down. A set with fewer than two live pins refuses every chain (RFC 7469
 * 4.3: without a backup, one lost key locks everybody out), and so does one whose pins have all
 * ended: there is no date on which a set stops being asked. */
#include "x509/pins.h"
#include "base/base64.h"
#include "base/reader.h"
#include "x509/set_digest.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    PINS_MAX = 4096, /* far above any set in use: HPKP headers were held to about a dozen */
    PINS_FIRST_CAP = 4,
    BASE64_LEN = 44, /* of 32 bytes, RFC 4648 4 */
    HEX_LEN = 64,
    HEX_COLONS_LEN = 95,
};

struct pin {
    bulla_pin_kind kind;
    uint8_t digest[BULLA_PIN_LEN];
    int64_t not_before, not_after;
};

struct bulla_pins {
    atomic_size_t num_owners;
    bool alone;
    struct pin *pins;
    size_t num_pins;
    size_t cap;
};

/* How one spelling looks, without the white space around its parts. */
struct spelling {
    const char *before, *after;
    bool base64;        /* else hex digits */
    bool colons, upper; /* of hex digits, when they are written */
    bool certificates;  /* certificates are pinned so, too */
};

static const struct spelling spellings[PINS_NUM_SPELLINGS] = {
    [PINS_SPELLING_SLASH] = {"sha256/", "", .base64 = true, .certificates = true},
    [PINS_SPELLING_CURL] = {"sha256//", "", .base64 = true},
    [PINS_SPELLING_HEADER] = {"pin-sha256=\"", "\"", .base64 = true},
    [PINS_SPELLING_COLON] = {"sha256:", "", .certificates = true},
    [PINS_SPELLING_FINGERPRINT] = {"", "", .colons = true, .upper = true, .certificates = true},
    [PINS_SPELLING_HEX] = {"", "", .certificates = true},
    [PINS_SPELLING_APPLE] = {"<key>SPKI-SHA256-BASE64</key><string>", "</string>", .base64 = true},
    [PINS_SPELLING_ANDROID] = {"<pin digest=\"SHA-256\">", "</pin>", .base64 = true},
};

/* What may stand before the digest, and must then stand behind it; the longer ones first where one
 * begins like another. The last is for a bare digest. */
static const struct {
    const char *before, *after;
} frames[] = {
    {"sha256//", ""},
    {"sha256/", ""},
    {"sha256:", ""},
    {"pin-sha256=\"", "\""},
    {"sha256 fingerprint=", ""}, /* openssl x509 -fingerprint */
    {"<key>spki-sha256-base64</key><string>", "</string>"},
    {"<pin digest=\"sha-256\">", "</pin>"},
    {"", ""},
};

static bulla_cause make_room(bulla_pins *pins);
static bulla_bytes next_item(struct reader *text);
static bool read_pin(bulla_bytes item, uint8_t *out);
static bool skip_frame(struct reader *reader, const char *before);
static bool read_digest(bulla_bytes text, uint8_t *out);
static bool read_hex(bulla_bytes text, uint8_t *out);
static bool hex_value(uint8_t digit, uint8_t *out);
static bool is_space(uint8_t character);
static uint8_t lower(uint8_t character);
static bulla_bytes trimmed(bulla_bytes text);
static bool is_live(const struct pin *pin, int64_t now);
static bool has_backup(const bulla_pins *pins, int64_t now, int64_t *out_until);
static bool same_pin(const struct pin *a, const struct pin *b);
static void match(const bulla_pins *pins, const struct certificate *certificate, size_t place,
                  int64_t now, struct pins_outcome *out);
static void write_hex(struct writer *writer, const uint8_t *digest, const struct spelling *how);

bulla_cause bulla_pins_new(bulla_pins **out, int alone) {
    if (out == NULL) {
        return BULLA_E_API_MISUSE;
    }
    bulla_pins *pins = calloc(1, sizeof *pins);
    if (pins == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    atomic_init(&pins->num_owners, 1);
    pins->alone = alone != 0;
    *out = pins;
    return BULLA_OK;
}

bulla_cause bulla_pins_add(bulla_pins *pins, bulla_pin_kind kind,
                           const uint8_t digest[BULLA_PIN_LEN], int64_t not_before,
                           int64_t not_after) {
    if (pins == NULL || digest == NULL || not_after < not_before ||
        (kind != BULLA_PIN_PUBLIC_KEY && kind != BULLA_PIN_CERTIFICATE)) {
        return BULLA_E_API_MISUSE;
    }
    bulla_cause cause = make_room(pins);
    if (cause != BULLA_OK) {
        return cause;
    }
    struct pin *pin = &pins->pins[pins->num_pins++];
    *pin = (struct pin){.kind = kind, .not_before = not_before, .not_after = not_after};
    bytes_copy(pin->digest, sizeof pin->digest, bytes_of(digest, BULLA_PIN_LEN));
    return BULLA_OK;
}

bulla_cause bulla_pins_add_text(bulla_pins *pins, bulla_pin_kind kind, bulla_bytes text,
                                int64_t not_before, int64_t not_after) {
    if (pins == NULL) {
        return BULLA_E_API_MISUSE;
    }
    size_t num_before = pins->num_pins;
    struct reader reader = reader_over(text);
    bulla_cause cause = BULLA_E_PIN_MALFORMED;
    do {
        uint8_t digest[BULLA_PIN_LEN];
        bulla_bytes item = next_item(&reader);
        if (item.len == 0 && reader_at_end(&reader) && cause == BULLA_OK) {
            break; /* the text ended with a ; */
        }
        cause = read_pin(item, digest) ? bulla_pins_add(pins, kind, digest, not_before, not_after)
                                       : BULLA_E_PIN_MALFORMED;
    } while (cause == BULLA_OK && !reader_at_end(&reader));
    if (cause != BULLA_OK) {
        pins->num_pins = num_before;
    }
    return cause;
}

size_t bulla_pins_num(const bulla_pins *pins) {
    return pins->num_pins;
}

bulla_pins *bulla_pins_ref(bulla_pins *pins) {
    atomic_fetch_add_explicit(&pins->num_owners, 1, memory_order_relaxed);
    return pins;
}

void bulla_pins_free(bulla_pins *pins) {
    if (pins == NULL ||
        atomic_fetch_sub_explicit(&pins->num_owners, 1, memory_order_acq_rel) != 1) {
        return;
    }
    free(pins->pins);
    free(pins);
}

bulla_cause pins_check(const bulla_pins *pins, const struct certificate *const *path,
                       size_t num_path, int64_t now, struct pins_outcome *out) {
    int64_t backup_until;
    *out =
        (struct pins_outcome){.cause = BULLA_OK, .not_after = INT64_MAX, .valid_until = INT64_MAX};
    if (pins == NULL) {
        return BULLA_OK;
    }
    if (!has_backup(pins, now, &backup_until)) {
        out->cause = BULLA_E_PINS_TOO_FEW;
        return out->cause;
    }
    *out = (struct pins_outcome){.cause = BULLA_E_PIN_MISMATCH};
    size_t num_looked_at = pins->alone && num_path > 1 ? 1 : num_path;
    for (size_t i = 0; i < num_looked_at; i++) {
        match(pins, path[i], i, now, out);
    }
    out->valid_until = out->not_after < backup_until ? out->not_after : backup_until;
    /* Compared without overflow: a live pin does not end before now. */
    out->expiring_only = out->cause == BULLA_OK && out->not_after != INT64_MAX &&
                         (uint64_t)out->not_after - (uint64_t)now <= PINS_OVERLAP;
    return out->cause;
}

bool pins_are_alone(const bulla_pins *pins) {
    return pins != NULL && pins->alone;
}

void pins_digest(const struct certificate *certificate, bulla_pin_kind kind, uint8_t *out) {
    hash_once(HASH_SHA256, kind == BULLA_PIN_CERTIFICATE ? certificate->der : certificate->key.der,
              out);
}

bulla_cause pins_digest_all(const bulla_pins *pins, uint8_t *out) {
    struct set_digest set;
    bulla_cause cause = set_digest_begin(&set, pins->num_pins + 1);
    if (cause != BULLA_OK) {
        return cause;
    }
    set_digest_add(&set, BYTES_OF("alone"), pins->alone);
    for (size_t i = 0; i < pins->num_pins; i++) {
        const struct pin *pin = &pins->pins[i];
        uint8_t octets[BULLA_PIN_LEN + 1 + 8];
        struct writer writer = writer_into(octets, sizeof octets);
        writer_bytes(&writer, BYTES_IN(pin->digest));
        writer_u8(&writer, (uint8_t)pin->kind);
        writer_u64(&writer, (uint64_t)pin->not_before);
        set_digest_add(&set, BYTES_IN(octets), pin->not_after);
    }
    set_digest_end(&set, out);
    return BULLA_OK;
}

bool pins_print(bulla_pin_kind kind, const uint8_t *digest, enum pins_spelling spelling,
                struct writer *writer) {
    if (spelling <= PINS_SPELLING_INVALID || spelling >= PINS_NUM_SPELLINGS) {
        return false;
    }
    const struct spelling *how = &spellings[spelling];
    if (kind != BULLA_PIN_PUBLIC_KEY && !(kind == BULLA_PIN_CERTIFICATE && how->certificates)) {
        return false;
    }
    writer_text(writer, how->before);
    if (how->base64) {
        base64_write(writer, bytes_of(digest, BULLA_PIN_LEN));
    } else {
        write_hex(writer, digest, how);
    }
    writer_text(writer, how->after);
    return true;
}

static bulla_cause make_room(bulla_pins *pins) {
    if (pins->num_pins < pins->cap) {
        return BULLA_OK;
    }
    if (pins->num_pins == PINS_MAX) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    size_t cap = pins->cap == 0 ? PINS_FIRST_CAP : pins->cap * 2;
    struct pin *bigger = realloc(pins->pins, cap * sizeof *bigger);
    if (bigger == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    pins->pins = bigger;
    pins->cap = cap;
    return BULLA_OK;
}

/* Up to the next ; or the end, without the white space around it. */
static bulla_bytes next_item(struct reader *text) {
    bulla_bytes rest = reader_rest(text);
    size_t len = 0;
    while (len < rest.len && rest.data[len] != ';') {
        len++;
    }
    bulla_bytes item = bytes_of(rest.data, len);
    *text = reader_over(bytes_after(rest, len + 1));
    return trimmed(item);
}

static bool read_pin(bulla_bytes item, uint8_t *out) {
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct reader reader = reader_over(item);
        size_t after_len = strlen(frames[i].after);
        if (!skip_frame(&reader, frames[i].before) || reader.left < after_len) {
            continue;
        }
        bulla_bytes digest;
        return reader_bytes(&reader, reader.left - after_len, &digest) &&
               bytes_equal(reader_rest(&reader), bytes_of_text(frames[i].after)) &&
               read_digest(trimmed(digest), out);
    }
    return false;
}

/* Whatever the case of its letters; white space may stand between the tags of XML. */
static bool skip_frame(struct reader *reader, const char *before) {
    struct reader ahead = *reader;
    for (; *before != '\0'; before++) {
        uint8_t character = 0;
        bool read = reader_u8(&ahead, &character);
        while (read && *before == '<' && is_space(character)) {
            read = reader_u8(&ahead, &character);
        }
        if (!read || lower(character) != (uint8_t)*before) {
            return false;
        }
    }
    *reader = ahead;
    return true;
}

/* Neither form can be taken for the other: their lengths differ. */
static bool read_digest(bulla_bytes text, uint8_t *out) {
    if (text.len != BASE64_LEN) {
        return read_hex(text, out);
    }
    uint8_t decoded[BASE64_LEN / 4 * 3];
    size_t len;
    if (!base64_decode(text, decoded, &len) || len != BULLA_PIN_LEN) {
        return false;
    }
    bytes_copy(out, BULLA_PIN_LEN, bytes_of(decoded, len));
    return true;
}

static bool read_hex(bulla_bytes text, uint8_t *out) {
    if (text.len != HEX_LEN && text.len != HEX_COLONS_LEN) {
        return false;
    }
    struct reader reader = reader_over(text);
    for (size_t i = 0; i < BULLA_PIN_LEN; i++) {
        uint8_t colon = ':';
        uint8_t high;
        uint8_t low;
        if (text.len == HEX_COLONS_LEN && i != 0 && !reader_u8(&reader, &colon)) {
            return false;
        }
        if (colon != ':' || !reader_u8(&reader, &high) || !reader_u8(&reader, &low) ||
            !hex_value(high, &high) || !hex_value(low, &low)) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return reader_at_end(&reader);
}

static bool hex_value(uint8_t digit, uint8_t *out) {
    uint8_t small = lower(digit);
    if (small >= '0' && small <= '9') {
        *out = (uint8_t)(small - '0');
        return true;
    }
    *out = (uint8_t)(small - 'a' + 10);
    return small >= 'a' && small <= 'f';
}

static bool is_space(uint8_t character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static uint8_t lower(uint8_t character) {
    return character >= 'A' && character <= 'Z' ? (uint8_t)(character - 'A' + 'a') : character;
}

static bulla_bytes trimmed(bulla_bytes text) {
    while (text.len != 0 && is_space(text.data[0])) {
        text = bytes_after(text, 1);
    }
    while (text.len != 0 && is_space(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool is_live(const struct pin *pin, int64_t now) {
    return pin->not_before <= now && now <= pin->not_after;
}

/* Two live pins that differ: the same one written twice is no backup of itself. There are two until
 * the last but one has ended. */
static bool has_backup(const bulla_pins *pins, int64_t now, int64_t *out_until) {
    const struct pin *last = NULL;
    const struct pin *second = NULL;
    for (size_t i = 0; i < pins->num_pins; i++) {
        const struct pin *pin = &pins->pins[i];
        if (is_live(pin, now) && (last == NULL || pin->not_after > last->not_after)) {
            last = pin;
        }
    }
    for (size_t i = 0; last != NULL && i < pins->num_pins; i++) {
        const struct pin *pin = &pins->pins[i];
        if (is_live(pin, now) && !same_pin(pin, last) &&
            (second == NULL || pin->not_after > second->not_after)) {
            second = pin;
        }
    }
    if (second != NULL) {
        *out_until = second->not_after;
    }
    return second != NULL;
}

static bool same_pin(const struct pin *a, const struct pin *b) {
    return a->kind == b->kind && bytes_equal(BYTES_IN(a->digest), BYTES_IN(b->digest));
}

/* Of several pins that match, the one that lasts longest is what counts. */
static void match(const bulla_pins *pins, const struct certificate *certificate, size_t place,
                  int64_t now, struct pins_outcome *out) {
    uint8_t key_digest[BULLA_PIN_LEN];
    uint8_t certificate_digest[BULLA_PIN_LEN];
    pins_digest(certificate, BULLA_PIN_PUBLIC_KEY, key_digest);
    pins_digest(certificate, BULLA_PIN_CERTIFICATE, certificate_digest);
    for (size_t i = 0; i < pins->num_pins; i++) {
        const struct pin *pin = &pins->pins[i];
        const uint8_t *seen = pin->kind == BULLA_PIN_CERTIFICATE ? certificate_digest : key_digest;
        if (!bytes_equal(BYTES_IN(pin->digest), bytes_of(seen, BULLA_PIN_LEN))) {
            continue;
        }
        if (!is_live(pin, now)) {
            out->outside_window = out->cause != BULLA_OK;
        } else if (out->cause != BULLA_OK || pin->not_after > out->not_after) {
            *out = (struct pins_outcome){
                .cause = BULLA_OK, .matched = place, .not_after = pin->not_after};
        }
    }
}

static void write_hex(struct writer *writer, const uint8_t *digest, const struct spelling *how) {
    const char *digits = how->upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t i = 0; i < BULLA_PIN_LEN; i++) {
        if (how->colons && i != 0) {
            writer_u8(writer, ':');
        }
        writer_u8(writer, (uint8_t)digits[digest[i] >> 4]);
        writer_u8(writer, (uint8_t)digits[digest[i] & 15]);
    }
}
