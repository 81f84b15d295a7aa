/* SPDX-License-Identifier: Apache-2.0 */
/* The names in certificates: distinguished names (Name, RFC 5280 4.1.2.4) and the alternatives to
 * them (GeneralName, RFC 5280 4.2.1.6). A `name` is always the whole DER of a Name. */
#ifndef X509_NAME_H
#define X509_NAME_H

#include "der/oid.h"
#include "x509/text.h"

/* Distinguished names. ------------------------------------------------------------------------ */

/* True where `name` is one well-formed Name: certificate_parse() asks, the others rely on it. */
BULLA_MUST_CHECK bool name_is_well_formed(bulla_bytes name);

bool name_is_empty(bulla_bytes name);

/* RFC 5280 7.1, as far as real names need it: values of PrintableString, UTF8String and IA5String
 * compare with each other, ASCII letters without regard to case and runs of spaces as one; all
 * other types octet for octet. Equal names have equal hashes. */
bool name_equal(bulla_bytes a, bulla_bytes b);
uint64_t name_hash(bulla_bytes name);

/* True where `name` is `base` or below it: base's RDNs are name's first ones. */
bool name_is_within(bulla_bytes name, bulla_bytes base);

/* A value of an attribute in a Name. */
struct name_attribute {
    uint8_t tag; /* enum der_tag */
    bulla_bytes value;
};

/* The value of the `skip` + 1st attribute of this type; false where there is none. */
bool name_find(bulla_bytes name, enum oid type, size_t skip, struct name_attribute *out);

/* Adds the name as RFC 4514 writes it, the most significant RDN last: "CN=leaf,O=Acme". */
void name_print(struct text *text, bulla_bytes name);

/* Adds an attribute's value, as readable text. */
void name_print_value(struct text *text, const struct name_attribute *attribute);

/* GeneralNames. ------------------------------------------------------------------------------- */

enum general_name_kind { /* the context tags of RFC 5280 4.2.1.6 */
                         GENERAL_NAME_OTHER = 0,
                         GENERAL_NAME_EMAIL = 1,
                         GENERAL_NAME_DNS = 2,
                         GENERAL_NAME_X400 = 3,
                         GENERAL_NAME_DIRECTORY = 4,
                         GENERAL_NAME_EDI_PARTY = 5,
                         GENERAL_NAME_URI = 6,
                         GENERAL_NAME_IP = 7,
                         GENERAL_NAME_REGISTERED_ID = 8,
};

struct general_name {
    enum general_name_kind kind;
    bulla_bytes value; /* text, octets, for a directoryName the whole Name; else the DER content */
};

/* Reads one GeneralName; false for one that is malformed: text that is not ASCII, a broken Name.
 * The octets of an iPAddress are the caller's to count: an address, or one with its mask. */
BULLA_MUST_CHECK bool general_name_read(struct reader *reader, struct general_name *out);

/* Adds "DNS:example.com", "IP:192.0.2.1", "URI:...", "email:...", "dirName:...". */
void general_name_print(struct text *text, const struct general_name *name);

/* Adds an address of 4 or 16 octets as RFC 5952 writes it; other lengths in hexadecimal. */
void ip_address_print(struct text *text, bulla_bytes octets);

/* One after the other over a certificate's subject_alt_name, which was found well-formed. */
struct name_iterator {
    struct reader rest;
};

struct name_iterator name_iterator_over(bulla_bytes general_names);
bool name_next(struct name_iterator *iterator, struct general_name *out);

#endif
