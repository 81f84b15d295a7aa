/* SPDX-License-Identifier: Apache-2.0 */
/* DER, X.690 sections 8 and 10 to 11: reading over base's reader, writing over base's writer.
 *
 * Refused wherever it stands: indefinite lengths, lengths that are not minimal or need more than
 * four octets, tag numbers above 30, and each value that is not written in its one DER form.
 *
 * A read that returns false has read nothing: the reader stands where it stood, and the out_
 * parameters hold nothing to rely on. What is read are views into the input. Whoever reads the
 * content of a value checks reader_at_end() afterwards: trailing bytes are an error. */
#ifndef DER_DER_H
#define DER_DER_H

#include "base/reader.h"
#include "base/writer.h"

/* Identifier octets, class and constructed bit included. */
enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};

/* Context-specific tags [0] to [30]. */
#define DER_CONTEXT(number) ((uint8_t)(0x80 | (number)))
#define DER_CONTEXT_CONSTRUCTED(number) ((uint8_t)(0xa0 | (number)))

/* Reading. ------------------------------------------------------------------------------------ */

/* The next value's tag, without reading it; false at the end. */
BULLA_MUST_CHECK bool der_peek(const struct reader *reader, uint8_t *out_tag);

/* True where a value with this tag comes next; false also at the end. */
BULLA_MUST_CHECK bool der_next_is(const struct reader *reader, uint8_t tag);

/* One value: its content, and with _whole its tag and length too. */
BULLA_MUST_CHECK bool der_read(struct reader *reader, uint8_t tag, bulla_bytes *out_content);
BULLA_MUST_CHECK bool der_read_whole(struct reader *reader, uint8_t tag, bulla_bytes *out_content,
                                     bulla_bytes *out_whole);
BULLA_MUST_CHECK bool der_read_any(struct reader *reader, uint8_t *out_tag,
                                   bulla_bytes *out_content, bulla_bytes *out_whole);

/* Where another tag comes next, or nothing: true, absent, and no content. False for a value with
 * this tag that is malformed. */
BULLA_MUST_CHECK bool der_read_optional(struct reader *reader, uint8_t tag, bool *out_present,
                                        bulla_bytes *out_content);

/* As der_read(), with a reader over the content. */
BULLA_MUST_CHECK bool der_read_nested(struct reader *reader, uint8_t tag,
                                      struct reader *out_inside);

BULLA_MUST_CHECK bool der_read_boolean(struct reader *reader, bool *out_value);
BULLA_MUST_CHECK bool der_read_null(struct reader *reader);

/* An INTEGER of either sign: its content octets, checked to be minimal. */
BULLA_MUST_CHECK bool der_read_integer_content(struct reader *reader, bulla_bytes *out_content);

/* An INTEGER of 0 or more, big-endian, without the octet that holds only its sign; 0 is one zero
 * octet. */
BULLA_MUST_CHECK bool der_read_unsigned_integer(struct reader *reader, bulla_bytes *out_magnitude);

/* An INTEGER of 0 to 2^32-1, or to 2^64-1. */
BULLA_MUST_CHECK bool der_read_small_integer(struct reader *reader, uint32_t *out_value);
BULLA_MUST_CHECK bool der_read_large_integer(struct reader *reader, uint64_t *out_value);

/* A BIT STRING; the unused bits at its end (0 to 7) are zero, X.690 11.2.1. */
BULLA_MUST_CHECK bool der_read_bit_string(struct reader *reader, bulla_bytes *out_octets,
                                          unsigned *out_unused_bits);

/* A BIT STRING of whole octets: a key, a signature. */
BULLA_MUST_CHECK bool der_read_bit_string_octets(struct reader *reader, bulla_bytes *out_octets);

/* A named bit list of at most 32 bits, such as KeyUsage: named bit i is 1 << i of the result.
 * Zero bits at the end, which X.690 11.2.2 has removed, change nothing and are let pass. */
BULLA_MUST_CHECK bool der_read_named_bits(struct reader *reader, uint32_t *out_bits);

/* An OBJECT IDENTIFIER's content, checked: not empty, every arc complete and minimal. */
BULLA_MUST_CHECK bool der_read_oid(struct reader *reader, bulla_bytes *out_content);

/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 wants them (seconds present, "Z", no fraction, a
 * date that exists, no leap second), in seconds since 1970. UTCTime spans 1950 to 2049. */
BULLA_MUST_CHECK bool der_read_time(struct reader *reader, int64_t *out_seconds);

/* Writing. As everywhere with a writer, a failure sticks until writer_finish(). ---------------- */

/* Begins a value whose content is what is written until der_close(), which is given the mark.
 * Values nest; they are closed innermost first. */
BULLA_MUST_CHECK size_t der_open(struct writer *writer, uint8_t tag);
void der_close(struct writer *writer, size_t mark);

/* A BIT STRING of whole octets whose content is written until der_close(). */
BULLA_MUST_CHECK size_t der_open_bit_string(struct writer *writer);

void der_write(struct writer *writer, uint8_t tag, bulla_bytes content);
void der_write_text(struct writer *writer, uint8_t tag, const char *text);
void der_write_boolean(struct writer *writer, bool value);
void der_write_null(struct writer *writer);

/* `magnitude` is big-endian and may begin with zeros; none at all is 0. */
void der_write_unsigned_integer(struct writer *writer, bulla_bytes magnitude);
void der_write_small_integer(struct writer *writer, uint64_t value);

void der_write_bit_string(struct writer *writer, bulla_bytes octets);

/* Named bit i is 1 << i of `bits`; zero bits at the end are left out, X.690 11.2.2. */
void der_write_named_bits(struct writer *writer, uint32_t bits);

void der_write_oid(struct writer *writer, bulla_bytes content);

/* UTCTime through 2049, GeneralizedTime before 1950 and from 2050, RFC 5280 4.1.2.5. Years 0 to
 * 9999; others fail the writer. */
void der_write_time(struct writer *writer, int64_t seconds);

#endif
