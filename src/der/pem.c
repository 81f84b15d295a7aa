/* SPDX-License-Identifier: Apache-2.0 */
/* PEM, RFC 7468, a line at a time. Text outside of blocks is passed over; inside of a block only
 * base64 and white space may stand, and its END line names the label of its BEGIN line. Refused:
 * blocks without content, and the headers of RFC 1421, of which the one that says "encrypted" is
 * told apart. Called by private_key.c, and by x509 for certificates. */
#include "der/pem.h"

#include "base/base64.h"

#include <stdlib.h>

enum { PEM_BYTES_PER_LINE = 48 }; /* 64 characters, RFC 7468 section 2 */

static bool read_line(struct reader *text, bulla_bytes *out_line);
static bool is_space(uint8_t c);
static bool begins_with(bulla_bytes line, bulla_bytes prefix);
static bool boundary_label(bulla_bytes line, bulla_bytes prefix, bulla_bytes *out_label);
static bulla_cause read_body(struct reader *text, bulla_bytes label, bulla_bytes *out_body);
static bulla_cause decode(bulla_bytes body, struct pem_block *out);

bulla_cause pem_next(struct reader *text, struct pem_block *out) {
    const bulla_bytes begin = BYTES_OF("-----BEGIN ");
    bulla_bytes line, body;
    *out = (struct pem_block){0};
    do {
        if (!read_line(text, &line)) {
            return BULLA_E_PEM_NOT_FOUND;
        }
    } while (!begins_with(line, begin));
    if (!boundary_label(line, begin, &out->label)) {
        return BULLA_E_PEM_MALFORMED;
    }
    bulla_cause cause = read_body(text, out->label, &body);
    return cause == BULLA_OK ? decode(body, out) : cause;
}

void pem_block_free(struct pem_block *block) {
    bytes_wipe_and_free(block->der, block->der_len);
    *block = (struct pem_block){0};
}

void pem_write(struct writer *writer, const char *label, bulla_bytes der) {
    writer_text(writer, "-----BEGIN ");
    writer_text(writer, label);
    writer_text(writer, "-----\n");
    struct reader left = reader_over(der);
    while (!reader_at_end(&left)) {
        size_t len = left.left < PEM_BYTES_PER_LINE ? left.left : PEM_BYTES_PER_LINE;
        base64_write(writer, bytes_of(left.next, len));
        writer_u8(writer, '\n');
        left = reader_over(bytes_of(left.next + len, left.left - len));
    }
    writer_text(writer, "-----END ");
    writer_text(writer, label);
    writer_text(writer, "-----\n");
}

/* The next line without the white space at its end, which takes in the CR of a CRLF. */
static bool read_line(struct reader *text, bulla_bytes *out_line) {
    if (reader_at_end(text)) {
        return false;
    }
    const uint8_t *newline = memchr(text->next, '\n', text->left);
    size_t len = newline == NULL ? text->left : (size_t)(newline - text->next) + 1;
    if (!reader_bytes(text, len, out_line)) {
        return false;
    }
    while (out_line->len != 0 && is_space(out_line->data[out_line->len - 1])) {
        out_line->len--;
    }
    return true;
}

static bool is_space(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool begins_with(bulla_bytes line, bulla_bytes prefix) {
    return line.len >= prefix.len && bytes_equal(bytes_of(line.data, prefix.len), prefix);
}

/* `prefix`, a label of printable characters, and five dashes. */
static bool boundary_label(bulla_bytes line, bulla_bytes prefix, bulla_bytes *out_label) {
    const bulla_bytes dashes = BYTES_OF("-----");
    if (!begins_with(line, prefix) || line.len - prefix.len <= dashes.len) {
        return false;
    }
    size_t label_len = line.len - prefix.len - dashes.len;
    *out_label = bytes_of(line.data + prefix.len, label_len);
    for (size_t i = 0; i < label_len; i++) {
        if (out_label->data[i] < 0x20 || out_label->data[i] > 0x7e) {
            return false;
        }
    }
    return bytes_equal(bytes_of(out_label->data + label_len, dashes.len), dashes);
}

/* Everything up to the END line, which is read too, also where the block is encrypted: the caller
 * may then go on to the next. */
static bulla_cause read_body(struct reader *text, bulla_bytes label, bulla_bytes *out_body) {
    bulla_bytes line, end_label;
    bool encrypted = false;
    *out_body = bytes_of(text->next, 0);
    for (;;) {
        size_t left_before = text->left;
        if (!read_line(text, &line)) {
            return BULLA_E_PEM_MALFORMED;
        }
        if (begins_with(line, BYTES_OF("-----"))) {
            break;
        }
        encrypted = encrypted || bytes_equal(line, BYTES_OF("Proc-Type: 4,ENCRYPTED"));
        out_body->len += left_before - text->left;
    }
    if (!boundary_label(line, BYTES_OF("-----END "), &end_label) ||
        !bytes_equal(end_label, label)) {
        return BULLA_E_PEM_MALFORMED;
    }
    return encrypted ? BULLA_E_KEY_ENCRYPTED : BULLA_OK;
}

/* The heap block may be larger than the DER by what line ends stand for: a part in sixty. All of it
 * is wiped where the text turns out to be damaged. */
static bulla_cause decode(bulla_bytes body, struct pem_block *out) {
    size_t cap = base64_decoded_len_max(body.len);
    if (cap == 0) {
        return BULLA_E_PEM_MALFORMED;
    }
    uint8_t *der = malloc(cap);
    if (der == NULL) {
        return BULLA_E_OUT_OF_MEMORY;
    }
    size_t len;
    if (!base64_decode(body, der, &len) || len == 0) {
        bytes_wipe_and_free(der, cap);
        return BULLA_E_PEM_MALFORMED;
    }
    out->der = der;
    out->der_len = len;
    return BULLA_OK;
}
