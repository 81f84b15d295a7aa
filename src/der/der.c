/* SPDX-License-Identifier: Apache-2.0 */
/* DER values; see der.h for what is refused. Every read works on a copy of the reader and commits
 * it once the whole value is known to be good. Called by private_key.c, pbes2.c and x509. */
#include "der/der.h"

#include "base/calendar.h"

enum { TAG_NUMBER_MASK = 0x1f, TAG_CONSTRUCTED = 0x20, LENGTH_OCTETS_MAX = 4 };

static bool read_header(struct reader *ahead, uint8_t *out_tag, size_t *out_len);
static bool read_number(bulla_bytes magnitude, size_t size_max, uint64_t *out_value);
static bool read_year(struct reader *text, uint8_t tag, int *out_year);
static bool read_two_digits(struct reader *text, int *out_value);

/* Reading. */

bool der_peek(const struct reader *reader, uint8_t *out_tag) {
    struct reader ahead = *reader;
    return reader_u8(&ahead, out_tag);
}

bool der_next_is(const struct reader *reader, uint8_t tag) {
    uint8_t next;
    return der_peek(reader, &next) && next == tag;
}

bool der_read_any(struct reader *reader, uint8_t *out_tag, bulla_bytes *out_content,
                  bulla_bytes *out_whole) {
    struct reader ahead = *reader;
    size_t len;
    if (!read_header(&ahead, out_tag, &len) || !reader_bytes(&ahead, len, out_content)) {
        return false;
    }
    *out_whole = bytes_of(reader->next, reader->left - ahead.left);
    *reader = ahead;
    return true;
}

bool der_read_whole(struct reader *reader, uint8_t tag, bulla_bytes *out_content,
                    bulla_bytes *out_whole) {
    uint8_t seen;
    return der_next_is(reader, tag) && der_read_any(reader, &seen, out_content, out_whole);
}

bool der_read(struct reader *reader, uint8_t tag, bulla_bytes *out_content) {
    bulla_bytes whole;
    return der_read_whole(reader, tag, out_content, &whole);
}

bool der_read_optional(struct reader *reader, uint8_t tag, bool *out_present,
                       bulla_bytes *out_content) {
    *out_present = der_next_is(reader, tag);
    *out_content = bytes_of(NULL, 0);
    return !*out_present || der_read(reader, tag, out_content);
}

bool der_read_nested(struct reader *reader, uint8_t tag, struct reader *out_inside) {
    bulla_bytes content;
    if (!der_read(reader, tag, &content)) {
        return false;
    }
    *out_inside = reader_over(content);
    return true;
}

/* X.690 8.1.2 and 8.1.3, restricted by 10.1. */
static bool read_header(struct reader *ahead, uint8_t *out_tag, size_t *out_len) {
    uint8_t first;
    if (!reader_u8(ahead, out_tag) || !reader_u8(ahead, &first)) {
        return false;
    }
    bool multi_octet_tag = (*out_tag & TAG_NUMBER_MASK) == TAG_NUMBER_MASK;
    bool end_of_contents = (*out_tag & ~TAG_CONSTRUCTED) == 0;
    if (multi_octet_tag || end_of_contents) {
        return false;
    }
    if (first < 0x80) {
        *out_len = first;
        return true;
    }
    unsigned num_octets = first & 0x7f;
    if (num_octets > LENGTH_OCTETS_MAX) {
        return false;
    }
    size_t len = 0;
    for (unsigned i = 0; i < num_octets; i++) {
        uint8_t octet;
        if (!reader_u8(ahead, &octet)) {
            return false;
        }
        len = len << 8 | octet;
    }
    /* No octets at all is the indefinite form: its length of 0 fails here too. */
    bool minimal = len >= 0x80 && len >> 8 * (num_octets - 1) != 0;
    *out_len = len;
    return minimal;
}

bool der_read_boolean(struct reader *reader, bool *out_value) {
    struct reader ahead = *reader;
    bulla_bytes content;
    if (!der_read(&ahead, DER_BOOLEAN, &content) || content.len != 1 ||
        (content.data[0] != 0x00 && content.data[0] != 0xff)) {
        return false;
    }
    *out_value = content.data[0] != 0;
    *reader = ahead;
    return true;
}

bool der_read_null(struct reader *reader) {
    struct reader ahead = *reader;
    bulla_bytes content;
    if (!der_read(&ahead, DER_NULL, &content) || content.len != 0) {
        return false;
    }
    *reader = ahead;
    return true;
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool integer_minimal(bulla_bytes content) {
    if (content.len < 2) {
        return content.len == 1;
    }
    unsigned first = content.data[0];
    bool next_negative = content.data[1] >= 0x80;
    return !(first == 0x00 && !next_negative) && !(first == 0xff && next_negative);
}

bool der_read_integer_content(struct reader *reader, bulla_bytes *out_content) {
    struct reader ahead = *reader;
    if (!der_read(&ahead, DER_INTEGER, out_content) || !integer_minimal(*out_content)) {
        return false;
    }
    *reader = ahead;
    return true;
}

bool der_read_unsigned_integer(struct reader *reader, bulla_bytes *out_magnitude) {
    struct reader ahead = *reader;
    bulla_bytes content;
    if (!der_read_integer_content(&ahead, &content) || content.data[0] >= 0x80) {
        return false;
    }
    bool sign_octet = content.len > 1 && content.data[0] == 0;
    *out_magnitude = bytes_of(content.data + sign_octet, content.len - sign_octet);
    *reader = ahead;
    return true;
}

bool der_read_small_integer(struct reader *reader, uint32_t *out_value) {
    struct reader ahead = *reader;
    bulla_bytes magnitude;
    uint64_t value;
    if (!der_read_unsigned_integer(&ahead, &magnitude) ||
        !read_number(magnitude, sizeof *out_value, &value)) {
        return false;
    }
    *out_value = (uint32_t)value;
    *reader = ahead;
    return true;
}

bool der_read_large_integer(struct reader *reader, uint64_t *out_value) {
    struct reader ahead = *reader;
    bulla_bytes magnitude;
    if (!der_read_unsigned_integer(&ahead, &magnitude) ||
        !read_number(magnitude, sizeof *out_value, out_value)) {
        return false;
    }
    *reader = ahead;
    return true;
}

static bool read_number(bulla_bytes magnitude, size_t size_max, uint64_t *out_value) {
    if (magnitude.len > size_max) {
        return false;
    }
    *out_value = 0;
    for (size_t i = 0; i < magnitude.len; i++) {
        *out_value = *out_value << 8 | magnitude.data[i];
    }
    return true;
}

bool der_read_bit_string(struct reader *reader, bulla_bytes *out_octets,
                         unsigned *out_unused_bits) {
    struct reader ahead = *reader;
    struct reader inside;
    uint8_t unused;
    if (!der_read_nested(&ahead, DER_BIT_STRING, &inside) || !reader_u8(&inside, &unused) ||
        unused > 7) {
        return false;
    }
    bulla_bytes octets = reader_rest(&inside);
    uint8_t last = octets.len == 0 ? 0 : octets.data[octets.len - 1];
    unsigned padding = last & ((1u << unused) - 1);
    if (padding != 0 || (octets.len == 0 && unused != 0)) {
        return false;
    }
    *out_octets = octets;
    *out_unused_bits = unused;
    *reader = ahead;
    return true;
}

bool der_read_bit_string_octets(struct reader *reader, bulla_bytes *out_octets) {
    struct reader ahead = *reader;
    unsigned unused_bits;
    if (!der_read_bit_string(&ahead, out_octets, &unused_bits) || unused_bits != 0) {
        return false;
    }
    *reader = ahead;
    return true;
}

bool der_read_named_bits(struct reader *reader, uint32_t *out_bits) {
    struct reader ahead = *reader;
    bulla_bytes octets;
    unsigned unused_bits;
    if (!der_read_bit_string(&ahead, &octets, &unused_bits) || octets.len > sizeof *out_bits) {
        return false;
    }
    *out_bits = 0;
    for (size_t i = 0; i < octets.len * 8; i++) {
        uint32_t bit = (uint32_t)octets.data[i / 8] >> (7 - i % 8) & 1;
        *out_bits |= bit << i;
    }
    *reader = ahead;
    return true;
}

/* X.690 8.19.2: an arc ends with the first octet below 0x80 and does not begin with 0x80. */
bool der_read_oid(struct reader *reader, bulla_bytes *out_content) {
    struct reader ahead = *reader;
    if (!der_read(&ahead, DER_OID, out_content)) {
        return false;
    }
    bool arc_complete = false;
    bool arc_begins = true;
    for (size_t i = 0; i < out_content->len; i++) {
        uint8_t octet = out_content->data[i];
        if (arc_begins && octet == 0x80) {
            return false;
        }
        arc_complete = octet < 0x80;
        arc_begins = arc_complete;
    }
    if (!arc_complete) {
        return false;
    }
    *reader = ahead;
    return true;
}

bool der_read_time(struct reader *reader, int64_t *out_seconds) {
    struct reader ahead = *reader;
    struct reader text;
    uint8_t tag;
    bulla_bytes content, whole;
    if (!der_read_any(&ahead, &tag, &content, &whole)) {
        return false;
    }
    text = reader_over(content);
    struct calendar date;
    uint8_t zone;
    bool read = read_year(&text, tag, &date.year) && read_two_digits(&text, &date.month) &&
                read_two_digits(&text, &date.day) && read_two_digits(&text, &date.hour) &&
                read_two_digits(&text, &date.minute) && read_two_digits(&text, &date.second) &&
                reader_u8(&text, &zone) && zone == 'Z' && reader_at_end(&text) &&
                calendar_to_seconds(&date, out_seconds);
    if (read) {
        *reader = ahead;
    }
    return read;
}

/* RFC 5280 4.1.2.5.1: two digits of 50 and above are of the twentieth century. */
static bool read_year(struct reader *text, uint8_t tag, int *out_year) {
    int century = 0;
    int year;
    if (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) {
        return false;
    }
    if (tag == DER_GENERALIZED_TIME && !read_two_digits(text, &century)) {
        return false;
    }
    if (!read_two_digits(text, &year)) {
        return false;
    }
    if (tag == DER_UTC_TIME) {
        century = year >= 50 ? 19 : 20;
    }
    *out_year = century * 100 + year;
    return true;
}

static bool read_two_digits(struct reader *text, int *out_value) {
    bulla_bytes digits;
    if (!reader_bytes(text, 2, &digits) || digits.data[0] < '0' || digits.data[0] > '9' ||
        digits.data[1] < '0' || digits.data[1] > '9') {
        return false;
    }
    *out_value = (digits.data[0] - '0') * 10 + (digits.data[1] - '0');
    return true;
}

/* Writing. */

size_t der_open(struct writer *writer, uint8_t tag) {
    writer_u8(writer, tag);
    writer_u8(writer, 0);
    return writer->len;
}

/* The content stands behind one length octet; where its length needs more, it moves up. */
void der_close(struct writer *writer, size_t mark) {
    if (writer->failed) {
        return;
    }
    size_t len = writer->len - mark;
    unsigned num_more = 0;
    for (size_t rest = len; len >= 0x80 && rest != 0; rest >>= 8) {
        num_more++;
    }
    if (num_more > LENGTH_OCTETS_MAX || writer_reserve(writer, num_more) == NULL) {
        writer->failed = true;
        return;
    }
    uint8_t *content = writer->buffer + mark;
    if (num_more == 0) {
        content[-1] = (uint8_t)len;
        return;
    }
    bytes_move(content + num_more, content, len);
    content[-1] = (uint8_t)(0x80 | num_more);
    for (unsigned i = 0; i < num_more; i++) {
        content[i] = (uint8_t)(len >> 8 * (num_more - 1 - i));
    }
}

size_t der_open_bit_string(struct writer *writer) {
    size_t mark = der_open(writer, DER_BIT_STRING);
    writer_u8(writer, 0);
    return mark;
}

void der_write(struct writer *writer, uint8_t tag, bulla_bytes content) {
    size_t mark = der_open(writer, tag);
    writer_bytes(writer, content);
    der_close(writer, mark);
}

void der_write_text(struct writer *writer, uint8_t tag, const char *text) {
    der_write(writer, tag, bytes_of_text(text));
}

void der_write_boolean(struct writer *writer, bool value) {
    const uint8_t content = value ? 0xff : 0x00;
    der_write(writer, DER_BOOLEAN, bytes_of(&content, 1));
}

void der_write_null(struct writer *writer) {
    der_write(writer, DER_NULL, bytes_of(NULL, 0));
}

void der_write_unsigned_integer(struct writer *writer, bulla_bytes magnitude) {
    while (magnitude.len != 0 && magnitude.data[0] == 0) {
        magnitude = bytes_of(magnitude.data + 1, magnitude.len - 1);
    }
    size_t mark = der_open(writer, DER_INTEGER);
    if (magnitude.len == 0 || magnitude.data[0] >= 0x80) {
        writer_u8(writer, 0);
    }
    writer_bytes(writer, magnitude);
    der_close(writer, mark);
}

void der_write_small_integer(struct writer *writer, uint64_t value) {
    uint8_t magnitude[sizeof value];
    for (unsigned i = 0; i < sizeof value; i++) {
        magnitude[i] = (uint8_t)(value >> 8 * (sizeof value - 1 - i));
    }
    der_write_unsigned_integer(writer, BYTES_IN(magnitude));
}

void der_write_bit_string(struct writer *writer, bulla_bytes octets) {
    size_t mark = der_open_bit_string(writer);
    writer_bytes(writer, octets);
    der_close(writer, mark);
}

void der_write_named_bits(struct writer *writer, uint32_t bits) {
    unsigned num_bits = 0;
    uint8_t octets[sizeof bits] = {0};
    for (unsigned i = 0; i < sizeof bits * 8; i++) {
        if ((bits >> i & 1) != 0) {
            octets[i / 8] |= (uint8_t)(0x80 >> i % 8);
            num_bits = i + 1;
        }
    }
    size_t len = (num_bits + 7) / 8;
    size_t mark = der_open(writer, DER_BIT_STRING);
    writer_u8(writer, (uint8_t)(len * 8 - num_bits));
    writer_bytes(writer, bytes_of(octets, len));
    der_close(writer, mark);
}

void der_write_oid(struct writer *writer, bulla_bytes content) {
    der_write(writer, DER_OID, content);
}

static void write_two_digits(struct writer *writer, int value) {
    writer_u8(writer, (uint8_t)('0' + value / 10));
    writer_u8(writer, (uint8_t)('0' + value % 10));
}

void der_write_time(struct writer *writer, int64_t seconds) {
    struct calendar date;
    if (!calendar_from_seconds(seconds, &date)) {
        writer->failed = true;
        return;
    }
    bool utc_time = date.year >= 1950 && date.year < 2050;
    size_t mark = der_open(writer, utc_time ? DER_UTC_TIME : DER_GENERALIZED_TIME);
    if (!utc_time) {
        write_two_digits(writer, date.year / 100);
    }
    write_two_digits(writer, date.year % 100);
    write_two_digits(writer, date.month);
    write_two_digits(writer, date.day);
    write_two_digits(writer, date.hour);
    write_two_digits(writer, date.minute);
    write_two_digits(writer, date.second);
    writer_u8(writer, 'Z');
    der_close(writer, mark);
}
