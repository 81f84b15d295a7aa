/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of message.h. Refused, each with its status: lines that end in a bare LF or hold a
 * bare CR (RFC 9112 2.2), folded fields (5.2), a blank before the colon (5.1), Content-Length
 * beside Transfer-Encoding, two lengths (in a response: two that differ), any coding but chunked
 * (6.1, 6.3), characters outside the grammar of RFC 9110 5. What the target and Host are refused
 * for stands in target.c. */
#include "http/message.h"

#include "base/reader.h"
#include "http/target.h"

static bool parse_request_line(struct http_head *head, bulla_bytes line,
                               struct http_problem *problem);
static bool parse_status_line(struct http_head *head, bulla_bytes line,
                              struct http_problem *problem);
static bool parse_version(bulla_bytes text, unsigned *out_minor, struct http_problem *problem);
static bool parse_fields(struct http_head *head, struct reader *lines,
                         struct http_problem *problem);
static bool parse_field(struct http_field *out, bulla_bytes line, struct http_problem *problem);
static bool is_framing_in_disguise(bulla_bytes name);
static bool find_framing(struct http_head *head, enum http_framing otherwise,
                         struct http_problem *problem);
static bool find_length(struct http_head *head, size_t *out_num, struct http_problem *problem);
static bool is_request(const struct http_head *head);
static void find_connection(struct http_head *head);
static bool next_line(struct reader *lines, bulla_bytes *out);
static bool split_at(bulla_bytes text, uint8_t c, bulla_bytes *out_before, bulla_bytes *out_after);
static bulla_bytes trim(bulla_bytes text);
static bool refuse(struct http_problem *problem, unsigned status, const char *says);

size_t http_head_length(bulla_bytes bytes, size_t *inout_scanned,
                        struct http_problem *out_problem) {
    size_t i = *inout_scanned;
    for (; i < bytes.len && i < HTTP_HEAD_LEN_MAX; i++) {
        uint8_t c = bytes.data[i];
        bool after_cr = i != 0 && bytes.data[i - 1] == '\r';
        if (after_cr != (c == '\n')) {
            (void)refuse(out_problem, 400, "a line of the head does not end in CR LF");
            return 0;
        }
        if (c == '\n' && i >= 3 && bytes.data[i - 2] == '\n') {
            *inout_scanned = i + 1;
            return i + 1;
        }
    }
    *inout_scanned = i;
    if (i == HTTP_HEAD_LEN_MAX) {
        bool one_line = !bytes_contain(bytes_of(bytes.data, i), '\n');
        (void)refuse(out_problem, one_line ? 414 : 431,
                     one_line ? "the first line is longer than 16 KiB"
                              : "the head is longer than 16 KiB");
    }
    return 0;
}

bool http_request_parse(struct http_head *out, bulla_bytes head, struct http_problem *out_problem) {
    *out = (struct http_head){0};
    struct reader lines = reader_over(head);
    bulla_bytes line;
    if (!next_line(&lines, &line)) {
        return refuse(out_problem, 400, "the head has no request line");
    }
    if (!parse_request_line(out, line, out_problem) || !parse_fields(out, &lines, out_problem) ||
        !http_target_check(out, out_problem) ||
        !find_framing(out, HTTP_FRAMING_NONE, out_problem)) {
        return false;
    }
    const struct http_field *expect = http_head_field(out, "Expect");
    if (expect != NULL && !http_same_text(expect->value, "100-continue")) {
        return refuse(out_problem, 417, "only Expect: 100-continue is known");
    }
    out->expects_continue = expect != NULL;
    find_connection(out);
    return true;
}

bool http_response_parse(struct http_head *out, bulla_bytes head,
                         struct http_problem *out_problem) {
    *out = (struct http_head){0};
    struct reader lines = reader_over(head);
    bulla_bytes line;
    if (!next_line(&lines, &line)) {
        return refuse(out_problem, 502, "the head has no status line");
    }
    if (!parse_status_line(out, line, out_problem) || !parse_fields(out, &lines, out_problem) ||
        !find_framing(out, HTTP_FRAMING_UNTIL_CLOSE, out_problem)) {
        return false;
    }
    if (out->status < 200 || out->status == 204 || out->status == 304) {
        out->framing = HTTP_FRAMING_NONE;
    }
    find_connection(out);
    out->keep_alive = out->keep_alive && out->framing != HTTP_FRAMING_UNTIL_CLOSE;
    return true;
}

const struct http_field *http_head_field(const struct http_head *head, const char *name) {
    for (size_t i = 0; i < head->num_fields; i++) {
        if (http_same_text(head->fields[i].name, name)) {
            return &head->fields[i];
        }
    }
    return NULL;
}

bool http_same_text(bulla_bytes a, const char *b) {
    return http_same(a, bytes_of_text(b));
}

bool http_same(bulla_bytes a, bulla_bytes b) {
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        uint8_t x = a.data[i];
        uint8_t y = b.data[i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + ('a' - 'A')) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + ('a' - 'A')) : y;
        if (x != y) {
            return false;
        }
    }
    return true;
}

bool http_number(bulla_bytes digits, uint64_t *out) {
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint8_t c = digits.data[i];
        if (c < '0' || c > '9' || number > (UINT64_MAX - 9) / 10) {
            return false;
        }
        number = number * 10 + (uint64_t)(c - '0');
    }
    *out = number;
    return digits.len != 0;
}

bool http_is_token(bulla_bytes text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return text.len != 0;
}

const char *http_reason(unsigned status) {
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {425, "Too Early"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

/* method SP request-target SP HTTP-version, RFC 9112 3: exactly one SP each. */
static bool parse_request_line(struct http_head *head, bulla_bytes line,
                               struct http_problem *problem) {
    bulla_bytes rest;
    bulla_bytes version;
    if (!split_at(line, ' ', &head->method, &rest) ||
        !split_at(rest, ' ', &head->target, &version) || !http_is_token(head->method)) {
        return refuse(problem, 400, "the request line is not METHOD TARGET HTTP/1.1");
    }
    return parse_version(version, &head->minor_version, problem);
}

/* HTTP-version SP status-code SP [reason], RFC 9112 4; many servers leave out the last SP. */
static bool parse_status_line(struct http_head *head, bulla_bytes line,
                              struct http_problem *problem) {
    bulla_bytes version;
    bulla_bytes rest;
    uint64_t status;
    if (!split_at(line, ' ', &version, &rest) || rest.len < 3 ||
        !http_number(bytes_of(rest.data, 3), &status) || status < 100 ||
        (rest.len > 3 && rest.data[3] != ' ')) {
        return refuse(problem, 502, "the status line is not HTTP/1.1 CODE REASON");
    }
    head->status = (unsigned)status;
    head->reason = rest.len > 4 ? bytes_of(rest.data + 4, rest.len - 4) : bytes_of(NULL, 0);
    return parse_version(version, &head->minor_version, problem);
}

static bool parse_version(bulla_bytes text, unsigned *out_minor, struct http_problem *problem) {
    if (bytes_equal(text, BYTES_OF("HTTP/1.1")) || bytes_equal(text, BYTES_OF("HTTP/1.0"))) {
        *out_minor = text.data[7] == '1';
        return true;
    }
    bool other = text.len == 8 && bytes_equal(bytes_of(text.data, 5), BYTES_OF("HTTP/")) &&
                 text.data[5] >= '0' && text.data[5] <= '9' && text.data[6] == '.' &&
                 text.data[7] >= '0' && text.data[7] <= '9';
    return other ? refuse(problem, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
                 : refuse(problem, 400, "the HTTP version is malformed");
}

static bool parse_fields(struct http_head *head, struct reader *lines,
                         struct http_problem *problem) {
    bulla_bytes line;
    while (next_line(lines, &line) && line.len != 0) {
        if (head->num_fields == HTTP_FIELDS_MAX) {
            return refuse(problem, 431, "the head has more than 100 fields");
        }
        if (!parse_field(&head->fields[head->num_fields], line, problem)) {
            return false;
        }
        head->num_fields++;
    }
    return true;
}

static bool parse_field(struct http_field *out, bulla_bytes line, struct http_problem *problem) {
    if (line.data[0] == ' ' || line.data[0] == '\t') {
        return refuse(problem, 400, "a header field is folded over two lines");
    }
    if (!split_at(line, ':', &out->name, &out->value) || !http_is_token(out->name)) {
        return refuse(problem, 400, "a header field is not NAME: VALUE");
    }
    if (is_framing_in_disguise(out->name)) {
        return refuse(problem, 400, "a header field imitates Content-Length or Transfer-Encoding");
    }
    out->value = trim(out->value);
    for (size_t i = 0; i < out->value.len; i++) {
        uint8_t c = out->value.data[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return refuse(problem, 400, "a header field holds a control character");
        }
    }
    return true;
}

/* Gateways that hand fields on as CGI variables take an underscore for a hyphen: they saw another
 * message than we do. */
static bool is_framing_in_disguise(bulla_bytes name) {
    return http_same_text(name, "Content_Length") || http_same_text(name, "Transfer_Encoding");
}

/* RFC 9112 6.3, in its order; smuggling lives where this is lenient. */
static bool find_framing(struct http_head *head, enum http_framing otherwise,
                         struct http_problem *problem) {
    size_t num_codings = 0;
    size_t num_lengths = 0;
    head->framing = otherwise;
    for (size_t i = 0; i < head->num_fields; i++) {
        if (!http_same_text(head->fields[i].name, "Transfer-Encoding")) {
            continue;
        }
        if (!http_same_text(head->fields[i].value, "chunked")) {
            return refuse(problem, 501, "the only transfer coding that is known is chunked");
        }
        num_codings++;
    }
    if (!find_length(head, &num_lengths, problem)) {
        return false;
    }
    if (num_codings > 1 || (num_codings != 0 && num_lengths != 0) ||
        (num_codings != 0 && head->minor_version == 0)) {
        return refuse(problem, 400, "Transfer-Encoding stands where it may not");
    }
    head->framing = num_codings != 0   ? HTTP_FRAMING_CHUNKED
                    : num_lengths != 0 ? HTTP_FRAMING_LENGTH
                                       : otherwise;
    return true;
}

static bool find_length(struct http_head *head, size_t *out_num, struct http_problem *problem) {
    for (size_t i = 0; i < head->num_fields; i++) {
        uint64_t length;
        if (!http_same_text(head->fields[i].name, "Content-Length")) {
            continue;
        }
        if (!http_number(head->fields[i].value, &length)) {
            return refuse(problem, 400, "Content-Length is not a number");
        }
        bool again = *out_num != 0;
        if (again && (length != head->content_length || is_request(head))) {
            return refuse(problem, 400, "there are two Content-Length fields");
        }
        head->content_length = length;
        (*out_num)++;
    }
    return true;
}

static bool is_request(const struct http_head *head) {
    return head->method.len != 0;
}

/* RFC 9112 9.3: HTTP/1.1 stays open unless told otherwise, HTTP/1.0 closes. */
static void find_connection(struct http_head *head) {
    bool keep = false;
    bool close = false;
    for (size_t i = 0; i < head->num_fields; i++) {
        if (!http_same_text(head->fields[i].name, "Connection")) {
            continue;
        }
        bulla_bytes rest = head->fields[i].value;
        while (rest.len != 0) {
            bulla_bytes option;
            if (!split_at(rest, ',', &option, &rest)) {
                option = rest;
                rest = bytes_of(NULL, 0);
            }
            keep = keep || http_same_text(trim(option), "keep-alive");
            close = close || http_same_text(trim(option), "close");
        }
    }
    head->keep_alive = !close && (head->minor_version == 1 || keep);
}

/* The next line without its CR LF; http_head_length() made sure that each has one. */
static bool next_line(struct reader *lines, bulla_bytes *out) {
    size_t len = 0;
    while (len + 1 < lines->left && lines->next[len] != '\r') {
        len++;
    }
    return reader_bytes(lines, len, out) && reader_skip(lines, 2);
}

static bool split_at(bulla_bytes text, uint8_t c, bulla_bytes *out_before, bulla_bytes *out_after) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == c) {
            *out_before = bytes_of(text.data, i);
            *out_after = bytes_of(text.data + i + 1, text.len - i - 1);
            return true;
        }
    }
    return false;
}

static bulla_bytes trim(bulla_bytes text) {
    while (text.len != 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = bytes_of(text.data + 1, text.len - 1);
    }
    while (text.len != 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static bool refuse(struct http_problem *problem, unsigned status, const char *says) {
    *problem = (struct http_problem){.status = status, .says = says};
    return false;
}
