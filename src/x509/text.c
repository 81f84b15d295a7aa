/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded text out of untrusted parts (text.h): names in reports and logs come from certificates
 * that anybody may have made, so every byte of them passes text_add_untrusted(). */
#include "x509/text.h"
#include "base/calendar.h"

#include <stdio.h>

enum { ESCAPED_LEN_MAX = 3 * 4 }; /* a character of four bytes, each as \XX */

static void add_unit(struct text *text, const char *unit, size_t len);
static size_t character_len(bulla_bytes rest, uint32_t *out_code);
static bool is_unsafe(uint32_t code);
static bool wants_backslash(bulla_bytes value, size_t at);
static size_t escape_bytes(bulla_bytes bytes, char *out);

struct text text_into(char *out, size_t cap) {
    out[0] = '\0';
    return (struct text){.out = out, .cap = cap};
}

void text_add(struct text *text, const char *words) {
    for (const char *at = words; *at != '\0'; at++) {
        add_unit(text, at, 1);
    }
}

void text_add_number(struct text *text, int64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    text_add(text, digits);
}

void text_add_hex(struct text *text, bulla_bytes bytes) {
    for (size_t i = 0; i < bytes.len && !text->cut; i++) {
        char digits[3];
        snprintf(digits, sizeof digits, "%02x", bytes.data[i]);
        add_unit(text, digits, 2);
    }
}

void text_add_serial(struct text *text, bulla_bytes serial) {
    bool signed_octet = serial.len > 1 && serial.data[0] == 0;
    text_add_hex(text, signed_octet ? bytes_after(serial, 1) : serial);
}

void text_add_untrusted(struct text *text, bulla_bytes value) {
    size_t at = 0;
    while (at < value.len && !text->cut) {
        char unit[ESCAPED_LEN_MAX + 1];
        size_t unit_len = 0;
        uint32_t code = 0;
        size_t len = character_len(bytes_of(value.data + at, value.len - at), &code);
        if (len == 0 || is_unsafe(code)) {
            len = len == 0 ? 1 : len;
            unit_len = escape_bytes(bytes_of(value.data + at, len), unit);
        } else {
            if (wants_backslash(value, at)) {
                unit[unit_len++] = '\\';
            }
            bytes_move(unit + unit_len, value.data + at, len);
            unit_len += len;
        }
        add_unit(text, unit, unit_len);
        at += len;
    }
}

void text_add_time(struct text *text, int64_t seconds) {
    struct calendar date;
    if (!calendar_from_seconds(seconds, &date)) {
        text_add(text, "a date that has no four-digit year");
        return;
    }
    char line[64];
    snprintf(line, sizeof line, "%04d-%02d-%02d %02d:%02d:%02d UTC", date.year, date.month,
             date.day, date.hour, date.minute, date.second);
    text_add(text, line);
}

void text_add_span(struct text *text, int64_t seconds) {
    static const struct {
        int64_t seconds;
        const char *name;
    } units[] = {{31557600, "year"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    unsigned num_written = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && num_written < 2; i++) {
        int64_t count = seconds / units[i].seconds;
        if (count == 0 && (num_written != 0 || units[i].seconds > 1)) {
            num_written = num_written == 0 ? 0 : 2; /* "2 years", not "2 years 5 minutes" */
            continue;
        }
        text_add(text, num_written == 0 ? "" : " ");
        text_add_number(text, count);
        text_add(text, " ");
        text_add(text, units[i].name);
        text_add(text, count == 1 ? "" : "s");
        seconds -= count * units[i].seconds;
        num_written++;
    }
}

static void add_unit(struct text *text, const char *unit, size_t len) {
    if (text->cut) {
        return;
    }
    text->cut = text->cap - text->len < len + TEXT_CAP_MIN;
    bulla_bytes added = text->cut ? BYTES_OF("...") : bytes_of(unit, len);
    bytes_copy(text->out + text->len, text->cap - text->len - 1, added);
    text->len += added.len;
    text->out[text->len] = '\0';
}

/* The length of the UTF-8 character that `rest` begins with, and its code point; 0 for bytes that
 * RFC 3629 does not allow: overlong, surrogates, above U+10FFFF, cut short. */
static size_t character_len(bulla_bytes rest, uint32_t *out_code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = rest.data[0];
    size_t len = first < 0x80   ? 1
                 : first < 0xc0 ? 0
                 : first < 0xe0 ? 2
                 : first < 0xf0 ? 3
                 : first < 0xf8 ? 4
                                : 0;
    if (len == 0 || len > rest.len) {
        return 0;
    }
    uint32_t code = len == 1 ? first : first & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((rest.data[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (rest.data[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return 0;
    }
    *out_code = code;
    return len;
}

/* Controls (C0, DEL, C1), line and paragraph separators, and the format characters that hide or
 * turn around the text beside them. */
static bool is_unsafe(uint32_t code) {
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x00, 0x1f},     {0x7f, 0x9f},      {0xad, 0xad},     {0x61c, 0x61c},
                  {0x200b, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f}, {0xfeff, 0xfeff},
                  {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* RFC 4514 2.4: these anywhere, '#' and ' ' at the beginning, ' ' at the end. */
static bool wants_backslash(bulla_bytes value, size_t at) {
    switch (value.data[at]) {
    case '"':
    case '+':
    case ',':
    case ';':
    case '<':
    case '>':
    case '\\':
        return true;
    case '#':
        return at == 0;
    case ' ':
        return at == 0 || at == value.len - 1;
    default:
        return false;
    }
}

static size_t escape_bytes(bulla_bytes bytes, char *out) {
    for (size_t i = 0; i < bytes.len; i++) {
        snprintf(out + 3 * i, 4, "\\%02X", bytes.data[i]);
    }
    return 3 * bytes.len;
}
