/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON, RFC 8259: one object with members in the order in which they are written. */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include "base/writer.h"

struct json {
    struct writer *writer;
    unsigned depth;
    bool has_members; /* of the innermost open object or array */
};

/* The outermost object; json_finish() closes it and ends the line. */
struct json json_start(struct writer *writer);
void json_finish(struct json *json);

void json_text(struct json *json, const char *name, bulla_bytes value);
void json_number(struct json *json, const char *name, uint64_t value);
void json_boolean(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

/* An object within: as a member, or with the name NULL as an array's item. */
void json_object_open(struct json *json, const char *name);
void json_object_close(struct json *json);

/* An array, as a member. */
void json_array_open(struct json *json, const char *name);
void json_array_text(struct json *json, bulla_bytes value);
void json_array_close(struct json *json);

#endif
