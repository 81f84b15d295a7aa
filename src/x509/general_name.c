/* SPDX-License-Identifier: Apache-2.0 */
/* GeneralName, RFC 5280 4.2.1.6: the entries of subjectAltName, of name constraints and of access
 * descriptions. Read strictly once, at the parse; afterwards name_next() walks over them. */
#include "der/der.h"
#include "x509/name.h"

#include <stdio.h>

enum { TAG_CLASS_AND_FORM = 0xe0, TAG_NUMBER = 0x1f, TAG_CONTEXT = 0x80, TAG_CONSTRUCTED = 0x20 };

static bool is_ascii(bulla_bytes text);
static bool other_name_is_well_formed(bulla_bytes content);
static bool values_are_well_formed(bulla_bytes content);
static void print_ipv6(struct text *text, const uint8_t *octets);
static void longest_zero_run(const uint8_t *octets, size_t *out_begin, size_t *out_len);

bool general_name_read(struct reader *reader, struct general_name *out) {
    uint8_t tag;
    bulla_bytes content;
    bulla_bytes whole;
    if (!der_read_any(reader, &tag, &content, &whole)) {
        return false;
    }
    bool constructed = (tag & TAG_CLASS_AND_FORM) == (TAG_CONTEXT | TAG_CONSTRUCTED);
    if (!constructed && (tag & TAG_CLASS_AND_FORM) != TAG_CONTEXT) {
        return false;
    }
    out->kind = (enum general_name_kind)(tag & TAG_NUMBER);
    out->value = content;
    switch (out->kind) {
    case GENERAL_NAME_EMAIL:
    case GENERAL_NAME_DNS:
    case GENERAL_NAME_URI:
        return !constructed && is_ascii(content); /* IA5String */
    case GENERAL_NAME_IP:
        return !constructed;
    case GENERAL_NAME_DIRECTORY:
        /* [4] is EXPLICIT, for Name is a CHOICE. */
        return constructed && name_is_well_formed(content);
    case GENERAL_NAME_OTHER:
        return constructed && other_name_is_well_formed(content);
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
        return constructed && values_are_well_formed(content);
    case GENERAL_NAME_REGISTERED_ID:
        return !constructed && content.len != 0 && content.data[content.len - 1] < 0x80;
    default:
        return false;
    }
}

struct name_iterator name_iterator_over(bulla_bytes general_names) {
    return (struct name_iterator){.rest = reader_over(general_names)};
}

bool name_next(struct name_iterator *iterator, struct general_name *out) {
    return general_name_read(&iterator->rest, out);
}

void general_name_print(struct text *text, const struct general_name *name) {
    static const char *const labels[] = {"otherName",    "email", "DNS", "x400Address", "dirName",
                                         "ediPartyName", "URI",   "IP",  "registeredID"};
    text_add(text, labels[name->kind]);
    text_add(text, ":");
    switch (name->kind) {
    case GENERAL_NAME_EMAIL:
    case GENERAL_NAME_DNS:
    case GENERAL_NAME_URI:
        text_add_untrusted(text, name->value);
        return;
    case GENERAL_NAME_IP:
        ip_address_print(text, name->value);
        return;
    case GENERAL_NAME_DIRECTORY:
        name_print(text, name->value);
        return;
    case GENERAL_NAME_OTHER:
    case GENERAL_NAME_X400:
    case GENERAL_NAME_EDI_PARTY:
    case GENERAL_NAME_REGISTERED_ID:
        text_add(text, "#");
        text_add_hex(text, name->value);
        return;
    }
}

void ip_address_print(struct text *text, bulla_bytes octets) {
    if (octets.len == 16) {
        print_ipv6(text, octets.data);
    } else if (octets.len == 4) {
        char quad[16];
        snprintf(quad, sizeof quad, "%u.%u.%u.%u", octets.data[0], octets.data[1], octets.data[2],
                 octets.data[3]);
        text_add(text, quad);
    } else {
        text_add(text, "#");
        text_add_hex(text, octets);
    }
}

static bool is_ascii(bulla_bytes text) {
    uint8_t seen = 0;
    for (size_t i = 0; i < text.len; i++) {
        seen |= text.data[i];
    }
    return seen < 0x80;
}

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool other_name_is_well_formed(bulla_bytes content) {
    struct reader inside = reader_over(content);
    bulla_bytes type;
    bulla_bytes value;
    return der_read_oid(&inside, &type) && der_read(&inside, DER_CONTEXT_CONSTRUCTED(0), &value) &&
           reader_at_end(&inside) && values_are_well_formed(value);
}

static bool values_are_well_formed(bulla_bytes content) {
    struct reader inside = reader_over(content);
    while (!reader_at_end(&inside)) {
        uint8_t tag;
        bulla_bytes value;
        bulla_bytes whole;
        if (!der_read_any(&inside, &tag, &value, &whole)) {
            return false;
        }
    }
    return content.len != 0;
}

/* RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups (the
 * first of equals) as "::". */
static void print_ipv6(struct text *text, const uint8_t *octets) {
    size_t run_begin;
    size_t run_len;
    longest_zero_run(octets, &run_begin, &run_len);
    for (size_t i = 0; i < 8; i++) {
        if (run_len >= 2 && i == run_begin) {
            text_add(text, "::");
            i += run_len - 1;
            continue;
        }
        bool after_run = run_len >= 2 && i == run_begin + run_len;
        char group[8];
        snprintf(group, sizeof group, "%s%x", i == 0 || after_run ? "" : ":",
                 (unsigned)octets[2 * i] << 8 | octets[2 * i + 1]);
        text_add(text, group);
    }
}

static void longest_zero_run(const uint8_t *octets, size_t *out_begin, size_t *out_len) {
    size_t len = 0;
    *out_begin = 0;
    *out_len = 0;
    for (size_t i = 0; i < 8; i++) {
        len = octets[2 * i] == 0 && octets[2 * i + 1] == 0 ? len + 1 : 0;
        if (len > *out_len) {
            *out_len = len;
            *out_begin = i + 1 - len;
        }
    }
}
