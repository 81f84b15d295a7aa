/* SPDX-License-Identifier: Apache-2.0 */
/* The judging of conditions.h, in the order of RFC 9110 13.2.2. A malformed condition counts as
 * absent where that gives the whole file, and as failed where it would be If-Match. Several ranges
 * are answered with the whole file (14.2 allows it): multipart/byteranges has been a lever to make
 * a server send a file a thousand times over (CVE-2011-3192). */
#include "http/conditions.h"

#include "http/date.h"
#include "net/clock.h"

#include <inttypes.h>
#include <stdio.h>

enum verdict { VERDICT_INVALID = 0, VERDICT_GO_ON, VERDICT_NOT_MODIFIED, VERDICT_FAILED };
enum range { RANGE_INVALID = 0, RANGE_NONE, RANGE_PART, RANGE_UNSATISFIABLE };

struct part {
    uint64_t start, len;
};

static enum verdict judge(const struct http_head *request, int64_t now,
                          const struct http_response *response);
static bool date_of(const struct http_head *request, const char *name, int64_t now, int64_t *out);
static bool any_tag(const struct http_head *request, const char *name, const char *etag, bool weak);
static bool list_has_tag(bulla_bytes list, const char *etag, bool weak);
static bool next_tag(bulla_bytes *list, bulla_bytes *out);
static bool same_tag(bulla_bytes tag, const char *etag, bool weak);
static void select_range(const struct http_head *request, int64_t now,
                         struct http_response *response);
static bool range_is_wanted(const struct http_head *request, int64_t now,
                            const struct http_response *response);
static enum range parse_range(bulla_bytes text, uint64_t len, struct part *out);
static enum range last_part(bulla_bytes suffix, uint64_t len, struct part *out);
static void drop_body(struct http_response *response);
static void add_validators(struct http_response *response);

void http_conditions_apply(const struct http_head *request, int64_t now,
                           struct http_response *response) {
    if (response->status != 200 || response->etag[0] == '\0') {
        return;
    }
    switch (judge(request, now, response)) {
    case VERDICT_NOT_MODIFIED:
        drop_body(response);
        response->status = 304;
        break;
    case VERDICT_FAILED:
        drop_body(response);
        http_response_problem(response, 412, "the file is not the one that the request names",
                              NULL);
        break;
    case VERDICT_GO_ON:
    case VERDICT_INVALID:
        select_range(request, now, response);
        break;
    }
    add_validators(response);
}

static enum verdict judge(const struct http_head *request, int64_t now,
                          const struct http_response *response) {
    int64_t date;
    if (http_head_field(request, "If-Match") != NULL) {
        if (!any_tag(request, "If-Match", response->etag, false)) {
            return VERDICT_FAILED;
        }
    } else if (date_of(request, "If-Unmodified-Since", now, &date) && response->modified > date) {
        return VERDICT_FAILED;
    }
    if (http_head_field(request, "If-None-Match") != NULL) {
        bool same = any_tag(request, "If-None-Match", response->etag, true);
        return same ? VERDICT_NOT_MODIFIED : VERDICT_GO_ON;
    }
    bool since = date_of(request, "If-Modified-Since", now, &date) && response->modified <= date;
    return since ? VERDICT_NOT_MODIFIED : VERDICT_GO_ON;
}

static bool date_of(const struct http_head *request, const char *name, int64_t now, int64_t *out) {
    const struct http_field *field = http_head_field(request, name);
    return field != NULL && http_date_parse(field->value, now, out);
}

static bool any_tag(const struct http_head *request, const char *name, const char *etag,
                    bool weak) {
    for (size_t i = 0; i < request->num_fields; i++) {
        const struct http_field *field = &request->fields[i];
        if (http_same_text(field->name, name) &&
            (bytes_equal(field->value, BYTES_OF("*")) || list_has_tag(field->value, etag, weak))) {
            return true;
        }
    }
    return false;
}

static bool list_has_tag(bulla_bytes list, const char *etag, bool weak) {
    bulla_bytes tag;
    while (next_tag(&list, &tag)) {
        if (same_tag(tag, etag, weak)) {
            return true;
        }
    }
    return false;
}

/* The next entity tag with its quotes and, where it has one, its W/; false at the end and at what
 * is none. */
static bool next_tag(bulla_bytes *list, bulla_bytes *out) {
    size_t i = 0;
    while (i < list->len &&
           (list->data[i] == ' ' || list->data[i] == '\t' || list->data[i] == ',')) {
        i++;
    }
    size_t begin = i;
    i += list->len - i >= 2 && list->data[i] == 'W' && list->data[i + 1] == '/' ? 2 : 0;
    if (i == list->len || list->data[i] != '"') {
        return false;
    }
    i++;
    while (i < list->len && list->data[i] != '"') {
        i++;
    }
    if (i == list->len) {
        return false;
    }
    *out = bytes_of(list->data + begin, i + 1 - begin);
    *list = bytes_after(*list, i + 1);
    return true;
}

/* RFC 9110 8.8.3.2: the strong comparison knows no tag that is weak. */
static bool same_tag(bulla_bytes tag, const char *etag, bool weak) {
    bulla_bytes own = bytes_of_text(etag);
    bool own_is_weak = own.len > 2 && own.data[0] == 'W';
    bool is_weak = tag.len > 2 && tag.data[0] == 'W';
    if (!weak && (own_is_weak || is_weak)) {
        return false;
    }
    return bytes_equal(bytes_after(tag, is_weak ? 2 : 0), bytes_after(own, own_is_weak ? 2 : 0));
}

static void select_range(const struct http_head *request, int64_t now,
                         struct http_response *response) {
    struct part part = {0};
    char line[96];
    uint64_t len = http_response_len(response);
    const struct http_field *field = http_head_field(request, "Range");
    writer_text(&response->fields, "Accept-Ranges: bytes\r\n");
    if (field == NULL || !range_is_wanted(request, now, response)) {
        return;
    }
    switch (parse_range(field->value, len, &part)) {
    case RANGE_PART:
        response->status = 206;
        response->file_start += part.start;
        response->file_len = part.len;
        snprintf(line, sizeof line, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                 part.start, part.start + part.len - 1, len);
        writer_text(&response->fields, line);
        break;
    case RANGE_UNSATISFIABLE:
        drop_body(response);
        snprintf(line, sizeof line, "Content-Range: bytes */%" PRIu64 "\r\n", len);
        writer_text(&response->fields, line);
        http_response_problem(response, 416, "the range lies beyond the end of the file", NULL);
        break;
    case RANGE_NONE:
    case RANGE_INVALID:
        break;
    }
}

/* RFC 9110 14.2: of GET alone, and only where If-Range names what is here. */
static bool range_is_wanted(const struct http_head *request, int64_t now,
                            const struct http_response *response) {
    const struct http_field *if_range = http_head_field(request, "If-Range");
    size_t num = 0;
    for (size_t i = 0; i < request->num_fields; i++) {
        num += http_same_text(request->fields[i].name, "Range") ? 1 : 0;
    }
    if (num != 1 || response->file < 0 || !bytes_equal(request->method, BYTES_OF("GET"))) {
        return false;
    }
    if (if_range == NULL) {
        return true;
    }
    int64_t date;
    if (http_date_parse(if_range->value, now, &date)) {
        /* 13.1.5: a date is strong enough only where the file did not change lately. */
        return date == response->modified && response->etag[0] != 'W';
    }
    return same_tag(if_range->value, response->etag, false);
}

/* "bytes=0-99", "bytes=100-", "bytes=-100"; RANGE_NONE for anything else. */
static enum range parse_range(bulla_bytes text, uint64_t len, struct part *out) {
    uint64_t first;
    uint64_t last = UINT64_MAX;
    size_t dash = 6;
    if (text.len <= 6 || !http_same_text(bytes_of(text.data, 6), "bytes=")) {
        return RANGE_NONE;
    }
    while (dash < text.len && text.data[dash] != '-') {
        dash++;
    }
    bulla_bytes before = bytes_of(text.data + 6, dash - 6);
    bulla_bytes after = bytes_after(text, dash + 1);
    if (dash == text.len) {
        return RANGE_NONE;
    }
    if (before.len == 0) {
        return last_part(after, len, out);
    }
    if (!http_number(before, &first) || (after.len != 0 && !http_number(after, &last)) ||
        last < first) {
        return RANGE_NONE;
    }
    if (first >= len) {
        return RANGE_UNSATISFIABLE;
    }
    last = last < len ? last : len - 1;
    *out = (struct part){.start = first, .len = last - first + 1};
    return RANGE_PART;
}

/* No Content-Range can say "the last bytes of nothing": an empty file goes out whole. */
static enum range last_part(bulla_bytes suffix, uint64_t len, struct part *out) {
    uint64_t num;
    if (!http_number(suffix, &num)) {
        return RANGE_NONE;
    }
    if (num == 0) {
        return RANGE_UNSATISFIABLE;
    }
    num = num < len ? num : len;
    *out = (struct part){.start = len - num, .len = num};
    return len == 0 ? RANGE_NONE : RANGE_PART;
}

static void drop_body(struct http_response *response) {
    struct http_response empty = http_response_init();
    struct writer fields = response->fields;
    empty.modified = response->modified;
    snprintf(empty.etag, sizeof empty.etag, "%s", response->etag);
    response->fields = empty.fields;
    http_response_free(response);
    *response = empty;
    response->fields = fields;
}

static void add_validators(struct http_response *response) {
    char date[CLOCK_TEXT_LEN];
    writer_text(&response->fields, "ETag: ");
    writer_text(&response->fields, response->etag);
    writer_text(&response->fields, "\r\nLast-Modified: ");
    writer_text(&response->fields, clock_http_date(response->modified, date));
    writer_text(&response->fields, "\r\n");
}
