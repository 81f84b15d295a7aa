/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of DER that keep it DER as far as lengths go: an element is found by its number, in the
 * order in which elements begin, and changed; the lengths of all that it lies in are put right.
 * What looks like DER inside an OCTET STRING (extensions are such) counts as lying in it. */
#ifndef FUZZ_DIFFERENTIAL_EDIT_H
#define FUZZ_DIFFERENTIAL_EDIT_H

#include "base/reader.h"
#include "base/writer.h"
#include "der/der.h"

enum { EDIT_LEN_MAX = 8192, EDIT_DEPTH_MAX = 16, EDIT_ELEMENTS_MAX = 512 };

enum edit_kind {
    EDIT_FLIP_BIT,
    EDIT_SET_BYTE,
    EDIT_SET_TAG,
    EDIT_DELETE,
    EDIT_DUPLICATE,
    EDIT_CUT,
    EDIT_APPEND,
    EDIT_EMPTY,
    EDIT_COPY, /* of another element, in place of this one */
    EDIT_NUM_KINDS
};

struct edit {
    enum edit_kind kind;
    uint8_t element, at, value, other;
};

/* Where an element lies in the bytes, and which element it lies in. */
struct edit_element {
    size_t begin, content, end;
    size_t parent; /* its own number: none */
};

BULLA_MUST_CHECK static inline bool edit_read(struct reader *input, struct edit *out) {
    uint8_t kind;
    if (!reader_u8(input, &kind) || !reader_u8(input, &out->element) ||
        !reader_u8(input, &out->at) || !reader_u8(input, &out->value) ||
        !reader_u8(input, &out->other)) {
        return false;
    }
    out->kind = (enum edit_kind)(kind % EDIT_NUM_KINDS);
    return true;
}

/* Reads a header at `at`; false where no element fits before `end`. */
BULLA_MUST_CHECK static inline bool edit_header(bulla_bytes der, size_t at, size_t end,
                                                struct edit_element *out) {
    struct reader reader = reader_over(bytes_of(der.data + at, end - at));
    uint8_t tag;
    uint8_t first;
    if (!reader_u8(&reader, &tag) || !reader_u8(&reader, &first)) {
        return false;
    }
    size_t len = first;
    for (unsigned i = 0; first > 0x80 && i < (first & 0x7fU); i++) {
        uint8_t byte;
        if (i > 2 || !reader_u8(&reader, &byte)) {
            return false;
        }
        len = i == 0 ? byte : len << 8 | byte;
    }
    *out = (struct edit_element){.begin = at, .content = end - reader.left};
    out->end = out->content + len;
    return first != 0x80 && len <= reader.left;
}

/* True where all of the content is elements. */
static inline bool edit_holds_elements(bulla_bytes der, const struct edit_element *element) {
    uint8_t tag = der.data[element->begin];
    size_t at = element->content;
    struct edit_element inner;
    while (at < element->end && edit_header(der, at, element->end, &inner)) {
        at = inner.end;
    }
    return at == element->end && at != element->content &&
           ((tag & 0x20) != 0 || tag == DER_OCTET_STRING);
}

static inline size_t edit_find_elements(bulla_bytes der, struct edit_element *out) {
    size_t num = 0;
    size_t at = 0;
    size_t parent = 0;
    while (num < EDIT_ELEMENTS_MAX) {
        size_t end = num == 0 ? der.len : out[parent].end;
        while (num != 0 && at == end && parent != out[parent].parent) {
            parent = out[parent].parent;
            end = out[parent].end;
        }
        if (at == end || !edit_header(der, at, end, &out[num])) {
            break;
        }
        out[num].parent = num == 0 ? 0 : parent;
        bool nested = edit_holds_elements(der, &out[num]);
        at = nested ? out[num].content : out[num].end;
        parent = nested ? num : parent;
        num++;
    }
    return num;
}

/* Writes what comes in place of the element. */
static inline void edit_write(const struct edit *edit, bulla_bytes der,
                              const struct edit_element *elements, size_t num, size_t chosen,
                              struct writer *out) {
    const struct edit_element *element = &elements[chosen];
    const struct edit_element *other = &elements[edit->other % num];
    bulla_bytes whole = bytes_of(der.data + element->begin, element->end - element->begin);
    bulla_bytes content = bytes_of(der.data + element->content, element->end - element->content);
    uint8_t tag = whole.data[0];
    uint8_t changed[EDIT_LEN_MAX];
    bytes_copy(changed, sizeof changed, content);
    size_t at = content.len == 0 ? 0 : edit->at % content.len;
    size_t mark;
    switch (edit->kind) {
    case EDIT_FLIP_BIT:
        changed[at] ^= (uint8_t)(1U << (edit->value & 7));
        break;
    case EDIT_SET_BYTE:
        changed[at] = edit->value;
        break;
    case EDIT_SET_TAG:
        tag = edit->value;
        break;
    case EDIT_DELETE:
        return;
    case EDIT_DUPLICATE:
        writer_bytes(out, whole);
        break;
    case EDIT_CUT:
        content.len = at;
        break;
    case EDIT_APPEND:
    case EDIT_NUM_KINDS:
        break;
    case EDIT_EMPTY:
        content.len = 0;
        break;
    case EDIT_COPY:
        writer_bytes(out, bytes_of(der.data + other->begin, other->end - other->begin));
        return;
    }
    mark = der_open(out, tag);
    writer_bytes(out, bytes_of(changed, content.len));
    if (edit->kind == EDIT_APPEND) {
        writer_u8(out, edit->value);
    }
    der_close(out, mark);
}

/* The edited bytes are in `buffer` of EDIT_LEN_MAX bytes, apart from `der`. False where they do not
 * fit, or there is nothing to edit. */
BULLA_MUST_CHECK static inline bool edit_apply(const struct edit *edit, bulla_bytes der,
                                               uint8_t *buffer, bulla_bytes *out) {
    struct edit_element elements[EDIT_ELEMENTS_MAX];
    size_t marks[EDIT_DEPTH_MAX];
    size_t parents[EDIT_DEPTH_MAX];
    size_t depth = 0;
    size_t num = der.len > EDIT_LEN_MAX / 4 ? 0 : edit_find_elements(der, elements);
    if (num < 2) {
        return false;
    }
    size_t chosen = 1 + edit->element % (num - 1);
    for (size_t i = chosen; elements[i].parent != i; i = elements[i].parent) {
        if (depth == EDIT_DEPTH_MAX) {
            return false;
        }
        parents[depth++] = elements[i].parent;
    }
    struct writer writer = writer_into(buffer, EDIT_LEN_MAX);
    size_t at = 0;
    for (size_t i = depth; i-- > 0;) {
        const struct edit_element *parent = &elements[parents[i]];
        writer_bytes(&writer, bytes_of(der.data + at, parent->begin - at));
        marks[i] = der_open(&writer, der.data[parent->begin]);
        at = parent->content;
    }
    writer_bytes(&writer, bytes_of(der.data + at, elements[chosen].begin - at));
    edit_write(edit, der, elements, num, chosen, &writer);
    at = elements[chosen].end;
    for (size_t i = 0; i < depth; i++) {
        const struct edit_element *parent = &elements[parents[i]];
        writer_bytes(&writer, bytes_of(der.data + at, parent->end - at));
        der_close(&writer, marks[i]);
        at = parent->end;
    }
    return writer_finish(&writer, out);
}

#endif
