/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of json.h. Bytes that are not UTF-8 become U+FFFD, so that what a certificate holds
 * can't make the document invalid; DEL and the C1 controls are escaped for the terminal's sake. */
#include "http/json.h"

#include <inttypes.h>
#include <stdio.h>

static void begin_member(struct json *json, const char *name);
static void begin_item(struct json *json);
static void end_line(struct json *json);
static void end_group(struct json *json, const char *bracket);
static void write_string(struct writer *writer, bulla_bytes text);
static size_t write_character(struct writer *writer, bulla_bytes text);
static size_t utf8_len(bulla_bytes text);
static bool needs_escape(uint8_t c);

struct json json_start(struct writer *writer) {
    writer_text(writer, "{");
    return (struct json){.writer = writer, .depth = 1};
}

void json_finish(struct json *json) {
    writer_text(json->writer, json->has_members ? "\n}\n" : "}\n");
}

void json_text(struct json *json, const char *name, bulla_bytes value) {
    begin_member(json, name);
    write_string(json->writer, value);
}

void json_number(struct json *json, const char *name, uint64_t value) {
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    begin_member(json, name);
    writer_text(json->writer, digits);
}

void json_boolean(struct json *json, const char *name, bool value) {
    begin_member(json, name);
    writer_text(json->writer, value ? "true" : "false");
}

void json_null(struct json *json, const char *name) {
    begin_member(json, name);
    writer_text(json->writer, "null");
}

void json_object_open(struct json *json, const char *name) {
    if (name == NULL) {
        begin_item(json);
    } else {
        begin_member(json, name);
    }
    writer_text(json->writer, "{");
    json->depth++;
    json->has_members = false;
}

void json_object_close(struct json *json) {
    end_group(json, "}");
}

void json_array_open(struct json *json, const char *name) {
    begin_member(json, name);
    writer_text(json->writer, "[");
    json->depth++;
    json->has_members = false;
}

void json_array_text(struct json *json, bulla_bytes value) {
    begin_item(json);
    write_string(json->writer, value);
}

void json_array_close(struct json *json) {
    end_group(json, "]");
}

static void end_group(struct json *json, const char *bracket) {
    bool empty = !json->has_members;
    json->depth--;
    if (!empty) {
        end_line(json);
    }
    writer_text(json->writer, bracket);
    json->has_members = true;
}

static void begin_member(struct json *json, const char *name) {
    begin_item(json);
    write_string(json->writer, bytes_of_text(name));
    writer_text(json->writer, ": ");
}

static void begin_item(struct json *json) {
    writer_text(json->writer, json->has_members ? "," : "");
    end_line(json);
    json->has_members = true;
}

static void end_line(struct json *json) {
    writer_text(json->writer, "\n");
    for (unsigned i = 0; i < json->depth; i++) {
        writer_text(json->writer, "  ");
    }
}

static void write_string(struct writer *writer, bulla_bytes text) {
    writer_u8(writer, '"');
    while (text.len != 0) {
        size_t used = write_character(writer, text);
        text = bytes_of(text.data + used, text.len - used);
    }
    writer_u8(writer, '"');
}

/* Writes the first character of `text`; returns how many bytes it has there. */
static size_t write_character(struct writer *writer, bulla_bytes text) {
    uint8_t c = text.data[0];
    size_t len = utf8_len(text);
    if (len == 0) {
        writer_text(writer, "\\ufffd");
        return 1;
    }
    bool c1_control = len == 2 && c == 0xc2 && text.data[1] < 0xa0;
    if (needs_escape(c) || c1_control) {
        char escaped[8];
        snprintf(escaped, sizeof escaped, "\\u%04x", c1_control ? text.data[1] : c);
        writer_text(writer, escaped);
    } else {
        writer_bytes(writer, bytes_of(text.data, len));
    }
    return len;
}

static bool needs_escape(uint8_t c) {
    return c < ' ' || c == '"' || c == '\\' || c == 0x7f;
}

/* The length of the well-formed UTF-8 character that `text` begins with, by the table of RFC 3629
 * section 4; 0 where it is malformed. */
static size_t utf8_len(bulla_bytes text) {
    uint8_t c = text.data[0];
    if (c < 0x80) {
        return 1;
    }
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || text.len < len) {
        return 0;
    }
    uint8_t lowest = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    uint8_t highest = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (text.data[1] < lowest || text.data[1] > highest) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((text.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}
