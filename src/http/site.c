/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of site.h, as JSON. */
#include "http/site.h"

#include "der/der.h"
#include "http/json.h"
#include "x509/certificate.h"
#include "x509/name.h"

enum { NAME_LEN_MAX = 1024 };

static void answer_connection(const bulla_connection *connection, struct http_response *out);
static void answer_client(const bulla_connection *connection, struct http_response *out);
static void attribute(struct json *json, const char *member, bulla_bytes name, enum oid type);
static void alternative_names(struct json *json, bulla_bytes names);
static void serial_number(struct json *json, bulla_bytes serial);
static void text_or_null(struct json *json, const char *name, bulla_bytes value);

void site_answer(const bulla_connection *connection, bulla_bytes path, struct http_response *out) {
    if (bytes_equal(path, BYTES_OF("/"))) {
        answer_connection(connection, out);
    } else if (bytes_equal(path, BYTES_OF("/api/secure"))) {
        answer_client(connection, out);
    } else {
        http_response_problem(out, 404, "there is no such page here", "try / or /api/secure");
    }
}

static void answer_connection(const bulla_connection *connection, struct http_response *out) {
    bulla_connection_info info;
    bulla_connection_info_get(connection, &info);
    struct json json = json_start(&out->body);
    json_text(&json, "version", bytes_of_text(bulla_version_name(info.version)));
    json_text(&json, "suite", bytes_of_text(bulla_suite_name(info.suite)));
    json_text(&json, "group", bytes_of_text(bulla_group_name(info.group)));
    text_or_null(&json, "server_name", info.server_name);
    text_or_null(&json, "alpn", info.alpn);
    json_boolean(&json, "resumed", info.resumed != 0);
    json_boolean(&json, "client_certificate", info.peer_authenticated != 0);
    json_finish(&json);
}

static void answer_client(const bulla_connection *connection, struct http_response *out) {
    bulla_connection_info info;
    struct certificate client;
    bulla_connection_info_get(connection, &info);
    if (!info.peer_authenticated ||
        certificate_parse(&client, bulla_connection_peer_certificate(connection, 0)) != BULLA_OK) {
        http_response_problem(out, 401,
                              "this page is for clients that show a certificate; yours sent none",
                              "give the client a certificate and its key: curl --cert client.crt "
                              "--key client.key, or bulla get --cert client.crt --key client.key");
        return;
    }
    struct json json = json_start(&out->body);
    attribute(&json, "cn", client.subject, OID_COMMON_NAME);
    attribute(&json, "organization", client.subject, OID_ORGANIZATION);
    alternative_names(&json, client.subject_alt_name);
    serial_number(&json, client.serial);
    json_finish(&json);
}

/* The first value of that type, as it stands where its encoding is UTF-8 already. */
static void attribute(struct json *json, const char *member, bulla_bytes name, enum oid type) {
    struct name_attribute found;
    char buffer[NAME_LEN_MAX];
    if (!name_find(name, type, 0, &found)) {
        json_null(json, member);
    } else if (found.tag == DER_UTF8_STRING || found.tag == DER_PRINTABLE_STRING) {
        json_text(json, member, found.value);
    } else {
        struct text text = text_into(buffer, sizeof buffer);
        name_print_value(&text, &found);
        json_text(json, member, bytes_of_text(buffer));
    }
}

static void alternative_names(struct json *json, bulla_bytes names) {
    struct name_iterator iterator = name_iterator_over(names);
    struct general_name name;
    char buffer[NAME_LEN_MAX];
    json_array_open(json, "sans");
    while (name_next(&iterator, &name)) {
        struct text text = text_into(buffer, sizeof buffer);
        general_name_print(&text, &name);
        json_array_text(json, bytes_of_text(buffer));
    }
    json_array_close(json);
}

/* As openssl prints it, without the octet that only holds the sign. */
static void serial_number(struct json *json, bulla_bytes serial) {
    char buffer[NAME_LEN_MAX];
    struct text text = text_into(buffer, sizeof buffer);
    text_add_serial(&text, serial);
    json_text(json, "serial", bytes_of_text(buffer));
}

static void text_or_null(struct json *json, const char *name, bulla_bytes value) {
    if (value.len == 0) {
        json_null(json, name);
    } else {
        json_text(json, name, value);
    }
}
