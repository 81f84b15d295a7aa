/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes src/der/der.c and oid.c: every reader at every value of the input, down to a depth of 32.
 * A refused read leaves the reader where it stood; what is accepted is DER, so that writing it
 * again gives the same bytes. */
#include "der/der.h"
#include "der/oid.h"

#include <stdlib.h>

enum { DEPTH_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool condition) {
    if (!condition) {
        abort();
    }
}

static bool is_written(const struct writer *writer, bulla_bytes whole) {
    bulla_bytes written;
    return writer_finish(writer, &written) && bytes_equal(written, whole);
}

static void check_numbers(struct reader reader, struct writer *writer, bulla_bytes whole) {
    const struct reader start = reader;
    bulla_bytes magnitude, content;
    uint64_t large;
    uint32_t small;
    if (der_read_unsigned_integer(&reader, &magnitude)) {
        der_write_unsigned_integer(writer, magnitude);
        require(is_written(writer, whole));
        bool is_large = der_read_large_integer(&(struct reader){start.next, start.left}, &large);
        bool is_small = der_read_small_integer(&(struct reader){start.next, start.left}, &small);
        require(is_large == (magnitude.len <= 8) && is_small == (magnitude.len <= 4));
        require(!is_small || small == large);
    } else {
        require(reader.left == start.left);
        bool negative = der_read_integer_content(&reader, &content);
        require(!negative || content.data[0] >= 0x80);
    }
}

static void check_bits(struct reader reader, struct writer *writer, bulla_bytes whole) {
    struct reader again = reader;
    const size_t left = reader.left;
    bulla_bytes octets;
    uint32_t bits;
    if (der_read_bit_string_octets(&reader, &octets)) {
        der_write_bit_string(writer, octets);
        require(is_written(writer, whole));
    } else {
        require(reader.left == left);
    }
    if (der_read_named_bits(&again, &bits)) {
        writer->len = 0;
        der_write_named_bits(writer, bits);
        struct reader written = reader_over(bytes_of(writer->buffer, writer->len));
        uint32_t bits_again;
        require(der_read_named_bits(&written, &bits_again) && bits_again == bits);
    }
}

static void check_time(struct reader reader, struct writer *writer) {
    int64_t seconds, again;
    const size_t left = reader.left;
    if (!der_read_time(&reader, &seconds)) {
        require(reader.left == left);
        return;
    }
    der_write_time(writer, seconds);
    struct reader written = reader_over(bytes_of(writer->buffer, writer->len));
    require(!writer->failed && der_read_time(&written, &again) && again == seconds);
}

static void check_algorithm(struct reader reader) {
    const size_t left = reader.left;
    enum oid algorithm;
    bulla_bytes parameters;
    if (oid_read_algorithm(&reader, &algorithm, &parameters)) {
        require(algorithm < NUM_OIDS);
        require(parameters.len != 0 || oid_parameters_null(parameters));
    } else {
        require(reader.left == left);
    }
}

/* One value, by its tag; `reader` stands before it. */
static void check_value(struct reader reader, uint8_t tag, bulla_bytes content, bulla_bytes whole) {
    struct writer writer = writer_growing(whole.len + 64);
    bulla_bytes oid;
    bool value;
    der_write(&writer, tag, content);
    require(is_written(&writer, whole));
    writer.len = 0;
    if (tag == DER_INTEGER) {
        check_numbers(reader, &writer, whole);
    } else if (tag == DER_BIT_STRING) {
        check_bits(reader, &writer, whole);
    } else if (tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME) {
        check_time(reader, &writer);
    } else if (tag == DER_SEQUENCE) {
        check_algorithm(reader);
    } else if (tag == DER_BOOLEAN && der_read_boolean(&reader, &value)) {
        der_write_boolean(&writer, value);
        require(is_written(&writer, whole));
    } else if (tag == DER_OID && der_read_oid(&reader, &oid)) {
        enum oid found = oid_find(oid);
        require(found == OID_UNKNOWN || bytes_equal(oid_content(found), oid));
    }
    writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader stack[DEPTH_MAX] = {reader_over(bytes_of(data, len))};
    unsigned depth = 0;
    for (;;) {
        struct reader *reader = &stack[depth];
        const struct reader before = *reader;
        uint8_t tag;
        bulla_bytes content, whole;
        if (!der_read_any(reader, &tag, &content, &whole)) {
            require(reader->left == before.left && reader->next == before.next);
            if (depth == 0) {
                return 0;
            }
            depth--;
            continue;
        }
        check_value(before, tag, content, whole);
        bool constructed = (tag & 0x20) != 0;
        if (constructed && depth + 1 < DEPTH_MAX) {
            stack[++depth] = reader_over(content);
        }
    }
}
