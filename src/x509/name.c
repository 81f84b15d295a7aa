/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names: comparing, hashing, taking apart, printing (RFC 5280 4.1.2.4 and 7.1, RFC
 * 4514). Chains are joined by these comparisons, and directoryName constraints rest on them. */
#include "x509/name.h"
#include "der/der.h"

/* One attribute with its type: AttributeTypeAndValue. */
struct typed_attribute {
    bulla_bytes type; /* the OID's content */
    struct name_attribute attribute;
    bulla_bytes whole; /* the value with its tag and length */
};

/* A value read as 7.1 compares it: one character at a time, case and runs of spaces folded. */
struct folded {
    bulla_bytes value;
    size_t at;
};

enum { FOLDED_END = -1 };

static struct reader rdns_of(bulla_bytes name);
static bool read_attribute(struct reader *rdn, struct typed_attribute *out);
static bool rdn_equal(struct reader a, struct reader b);
static bool attribute_equal(const struct typed_attribute *a, const struct typed_attribute *b);
static bool is_foldable(uint8_t tag);
static int folded_next(struct folded *folded);
static uint64_t hash_byte(uint64_t hash, uint8_t byte);
static uint64_t hash_attribute(uint64_t hash, const struct typed_attribute *attribute);
static void print_rdn(struct text *text, struct reader rdn);
static void print_type(struct text *text, bulla_bytes type);
static void print_oid(struct text *text, bulla_bytes content);
static void print_bmp(struct text *text, bulla_bytes value);

bool name_is_well_formed(bulla_bytes name) {
    struct reader whole = reader_over(name);
    struct reader rdns;
    struct reader rdn;
    if (!der_read_nested(&whole, DER_SEQUENCE, &rdns) || !reader_at_end(&whole)) {
        return false;
    }
    while (!reader_at_end(&rdns)) {
        /* RelativeDistinguishedName ::= SET SIZE (1..MAX) */
        if (!der_read_nested(&rdns, DER_SET, &rdn) || reader_at_end(&rdn)) {
            return false;
        }
        while (!reader_at_end(&rdn)) {
            struct typed_attribute attribute;
            if (!read_attribute(&rdn, &attribute)) {
                return false;
            }
        }
    }
    return true;
}

bool name_is_empty(bulla_bytes name) {
    struct reader rdns = rdns_of(name);
    return reader_at_end(&rdns);
}

bool name_equal(bulla_bytes a, bulla_bytes b) {
    if (bytes_equal(a, b)) {
        return true;
    }
    struct reader rdns_a = rdns_of(a);
    struct reader rdns_b = rdns_of(b);
    struct reader rdn_a;
    struct reader rdn_b;
    while (der_read_nested(&rdns_a, DER_SET, &rdn_a)) {
        if (!der_read_nested(&rdns_b, DER_SET, &rdn_b) || !rdn_equal(rdn_a, rdn_b)) {
            return false;
        }
    }
    return reader_at_end(&rdns_a) && reader_at_end(&rdns_b);
}

bool name_is_within(bulla_bytes name, bulla_bytes base) {
    struct reader rdns_name = rdns_of(name);
    struct reader rdns_base = rdns_of(base);
    struct reader rdn_name;
    struct reader rdn_base;
    while (der_read_nested(&rdns_base, DER_SET, &rdn_base)) {
        if (!der_read_nested(&rdns_name, DER_SET, &rdn_name) || !rdn_equal(rdn_name, rdn_base)) {
            return false;
        }
    }
    return reader_at_end(&rdns_base);
}

uint64_t name_hash(bulla_bytes name) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a: the hash need not resist anybody, see trust.c */
    struct reader rdns = rdns_of(name);
    struct reader rdn;
    while (der_read_nested(&rdns, DER_SET, &rdn)) {
        struct typed_attribute attribute;
        while (read_attribute(&rdn, &attribute)) {
            hash = hash_attribute(hash, &attribute);
        }
        hash = hash_byte(hash, 0xff);
    }
    return hash;
}

bool name_find(bulla_bytes name, enum oid type, size_t skip, struct name_attribute *out) {
    struct reader rdns = rdns_of(name);
    struct reader rdn;
    bulla_bytes wanted = oid_content(type);
    while (der_read_nested(&rdns, DER_SET, &rdn)) {
        struct typed_attribute attribute;
        while (read_attribute(&rdn, &attribute)) {
            if (bytes_equal(attribute.type, wanted) && skip-- == 0) {
                *out = attribute.attribute;
                return true;
            }
        }
    }
    return false;
}

/* RFC 4514 2.1 begins with the last RDN. A DER sequence reads forwards only, so each RDN is walked
 * to from the front; since each one printed fills some of the bounded text, that ends soon. */
void name_print(struct text *text, bulla_bytes name) {
    size_t num_rdns = 0;
    struct reader rdns = rdns_of(name);
    struct reader rdn;
    while (der_read_nested(&rdns, DER_SET, &rdn)) {
        num_rdns++;
    }
    for (size_t left = num_rdns; left != 0 && !text->cut; left--) {
        rdns = rdns_of(name);
        for (size_t i = 0; i < left; i++) {
            if (!der_read_nested(&rdns, DER_SET, &rdn)) {
                return;
            }
        }
        text_add(text, left == num_rdns ? "" : ",");
        print_rdn(text, rdn);
    }
}

void name_print_value(struct text *text, const struct name_attribute *attribute) {
    switch (attribute->tag) {
    case DER_UTF8_STRING:
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_NUMERIC_STRING:
    case DER_VISIBLE_STRING:
    case DER_TELETEX_STRING: /* in practice ASCII; other bytes come out escaped */
        text_add_untrusted(text, attribute->value);
        return;
    case DER_BMP_STRING:
        print_bmp(text, attribute->value);
        return;
    default:
        text_add(text, "#");
        text_add_hex(text, attribute->value);
        return;
    }
}

/* No RDNs at all where `name` is no Name, as in a certificate that was read only in part. */
static struct reader rdns_of(bulla_bytes name) {
    struct reader whole = reader_over(name);
    struct reader rdns;
    return der_read_nested(&whole, DER_SEQUENCE, &rdns) ? rdns : (struct reader){0};
}

static bool read_attribute(struct reader *rdn, struct typed_attribute *out) {
    struct reader inside;
    return der_read_nested(rdn, DER_SEQUENCE, &inside) && der_read_oid(&inside, &out->type) &&
           der_read_any(&inside, &out->attribute.tag, &out->attribute.value, &out->whole) &&
           reader_at_end(&inside);
}

/* DER sorts a SET OF by encoding, so that attributes of two equal RDNs stand in the same order but
 * for the rare case where folding makes equal what sorts apart; such RDNs are held to differ. */
static bool rdn_equal(struct reader a, struct reader b) {
    struct typed_attribute attribute_a;
    struct typed_attribute attribute_b;
    while (read_attribute(&a, &attribute_a)) {
        if (!read_attribute(&b, &attribute_b) || !attribute_equal(&attribute_a, &attribute_b)) {
            return false;
        }
    }
    return reader_at_end(&a) && reader_at_end(&b);
}

static bool attribute_equal(const struct typed_attribute *a, const struct typed_attribute *b) {
    if (!bytes_equal(a->type, b->type)) {
        return false;
    }
    if (bytes_equal(a->whole, b->whole)) {
        return true;
    }
    if (!is_foldable(a->attribute.tag) || !is_foldable(b->attribute.tag)) {
        return false;
    }
    struct folded folded_a = {.value = a->attribute.value};
    struct folded folded_b = {.value = b->attribute.value};
    int character;
    do {
        character = folded_next(&folded_a);
        if (character != folded_next(&folded_b)) {
            return false;
        }
    } while (character != FOLDED_END);
    return true;
}

static bool is_foldable(uint8_t tag) {
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING;
}

static int folded_next(struct folded *folded) {
    bulla_bytes value = folded->value;
    size_t at = folded->at;
    while (at < value.len && value.data[at] == ' ') {
        at++;
    }
    if (at == value.len) {
        folded->at = at;
        return FOLDED_END; /* spaces at the end count for nothing */
    }
    bool after_space = at != folded->at;
    bool at_start = folded->at == 0;
    if (after_space && !at_start) {
        folded->at = at;
        return ' ';
    }
    uint8_t byte = value.data[at];
    folded->at = at + 1;
    return byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
}

static uint64_t hash_byte(uint64_t hash, uint8_t byte) {
    return (hash ^ byte) * 0x100000001b3;
}

static uint64_t hash_attribute(uint64_t hash, const struct typed_attribute *attribute) {
    for (size_t i = 0; i < attribute->type.len; i++) {
        hash = hash_byte(hash, attribute->type.data[i]);
    }
    if (is_foldable(attribute->attribute.tag)) {
        struct folded folded = {.value = attribute->attribute.value};
        for (int c = folded_next(&folded); c != FOLDED_END; c = folded_next(&folded)) {
            hash = hash_byte(hash, (uint8_t)c);
        }
        return hash_byte(hash, 0);
    }
    for (size_t i = 0; i < attribute->whole.len; i++) {
        hash = hash_byte(hash, attribute->whole.data[i]);
    }
    return hash;
}

static void print_rdn(struct text *text, struct reader rdn) {
    struct typed_attribute attribute;
    for (bool first = true; read_attribute(&rdn, &attribute) && !text->cut; first = false) {
        text_add(text, first ? "" : "+");
        print_type(text, attribute.type);
        text_add(text, "=");
        name_print_value(text, &attribute.attribute);
    }
}

/* The keywords of RFC 4514 section 3, and those that are in common use beside them. */
static void print_type(struct text *text, bulla_bytes type) {
    static const struct {
        enum oid oid;
        const char *keyword;
    } keywords[] = {
        {OID_COMMON_NAME, "CN"},
        {OID_ORGANIZATION, "O"},
        {OID_ORGANIZATIONAL_UNIT, "OU"},
        {OID_COUNTRY, "C"},
        {OID_LOCALITY, "L"},
        {OID_STATE_OR_PROVINCE, "ST"},
        {OID_STREET_ADDRESS, "STREET"},
        {OID_DOMAIN_COMPONENT, "DC"},
        {OID_USER_ID, "UID"},
        {OID_EMAIL_ADDRESS, "emailAddress"},
        {OID_SERIAL_NUMBER, "serialNumber"},
        {OID_SURNAME, "SN"},
        {OID_GIVEN_NAME, "GN"},
        {OID_TITLE, "title"},
        {OID_POSTAL_CODE, "postalCode"},
        {OID_ORGANIZATION_IDENTIFIER, "organizationIdentifier"},
    };
    enum oid oid = oid_find(type);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (keywords[i].oid == oid) {
            text_add(text, keywords[i].keyword);
            return;
        }
    }
    print_oid(text, type);
}

/* X.690 8.19.4: the first number holds two arcs, 40 * first + second. */
static void print_oid(struct text *text, bulla_bytes content) {
    uint64_t number = 0;
    bool first = true;
    for (size_t i = 0; i < content.len && !text->cut; i++) {
        if (number > UINT64_MAX >> 8) {
            text_add(text, "..."); /* an arc that fits no integer: nobody has one in earnest */
            return;
        }
        number = number << 7 | (content.data[i] & 0x7f);
        if ((content.data[i] & 0x80) != 0) {
            continue;
        }
        if (first) {
            uint64_t root = number < 80 ? number / 40 : 2;
            text_add_number(text, (int64_t)root);
            number -= 40 * root;
        }
        text_add(text, ".");
        text_add_number(text, (int64_t)number);
        first = false;
        number = 0;
    }
}

/* BMPString: two octets a character. Written as UTF-8 first, so that one place does the escaping;
 * surrogates come out as bytes that are no UTF-8, and so escaped. */
static void print_bmp(struct text *text, bulla_bytes value) {
    for (size_t i = 0; i + 1 < value.len && !text->cut; i += 2) {
        unsigned code = (unsigned)value.data[i] << 8 | value.data[i + 1];
        uint8_t utf8[3] = {(uint8_t)(0xe0 | code >> 12), (uint8_t)(0x80 | (code >> 6 & 0x3f)),
                           (uint8_t)(0x80 | (code & 0x3f))};
        bulla_bytes character = BYTES_IN(utf8);
        if (code == ' ') {
            text_add(text, " ");
            continue;
        }
        if (code < 0x80) {
            utf8[0] = (uint8_t)code;
            character.len = 1;
        } else if (code < 0x800) {
            utf8[0] = (uint8_t)(0xc0 | code >> 6);
            utf8[1] = utf8[2];
            character.len = 2;
        }
        text_add_untrusted(text, character);
    }
}
