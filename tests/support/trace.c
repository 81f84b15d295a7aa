/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the traces of RFC 8448: their messages, taken apart. See trace.h. */
#include "support/trace.h"

#include "support/check.h"
#include "tls/connection.h"

#include <stdio.h>

#define X25519_KEY(side) side " create an ephemeral x25519 key pair: private key"
#define P256_KEY(side) side " create an ephemeral P-256 key pair: private key"

static bulla_bytes message_of(const struct vectors *vectors, const char *side, const char *message);

const struct trace trace_simple = {
    .path = "tests/vectors/rfc8448/simple_1rtt.txt",
    .client_keys = {X25519_KEY("client")},
    .server_key = X25519_KEY("server"),
    .groups = {BULLA_GROUP_X25519},
    .num_groups = 1,
};

const struct trace trace_resumed = {
    .path = "tests/vectors/rfc8448/resumed_0rtt.txt",
    .client_keys = {X25519_KEY("client")},
    .server_key = X25519_KEY("server"),
    .groups = {BULLA_GROUP_X25519},
    .num_groups = 1,
    .resumes = &trace_simple,
};

const struct trace trace_retried = {
    .path = "tests/vectors/rfc8448/hello_retry_request.txt",
    .client_keys = {X25519_KEY("client"), P256_KEY("client")},
    .server_key = P256_KEY("server"),
    .groups = {BULLA_GROUP_X25519, BULLA_GROUP_SECP256R1},
    .num_groups = 2,
};

const struct trace trace_authenticated = {
    .path = "tests/vectors/rfc8448/client_authentication.txt",
    .client_keys = {X25519_KEY("client")},
    .server_key = X25519_KEY("server"),
    .groups = {BULLA_GROUP_X25519},
    .num_groups = 1,
    .client_authenticates = true,
};

const struct trace trace_compatible = {
    .path = "tests/vectors/rfc8448/compatibility_mode.txt",
    .client_keys = {X25519_KEY("client")},
    .server_key = X25519_KEY("server"),
    .groups = {BULLA_GROUP_X25519},
    .num_groups = 1,
};

struct trace_ticket trace_ticket_read(const struct vectors *vectors) {
    struct reader reader = reader_over(message_of(vectors, "server", "NewSessionTicket"));
    struct trace_ticket out = {0};
    bulla_bytes extensions = {NULL, 0}, data = {NULL, 0};
    uint16_t type = 0;
    assert_true(reader_skip(&reader, HANDSHAKE_HEADER_LEN) && reader_u32(&reader, &out.lifetime) &&
                reader_u32(&reader, &out.age_add) && reader_vector8(&reader, &out.nonce) &&
                reader_vector16(&reader, &out.ticket) && reader_vector16(&reader, &extensions) &&
                reader_at_end(&reader));
    reader = reader_over(extensions);
    assert_true(reader_u16(&reader, &type) && reader_vector16(&reader, &data) &&
                reader_at_end(&reader));
    assert_int_equal(type, EXTENSION_EARLY_DATA);
    reader = reader_over(data);
    assert_true(reader_u32(&reader, &out.early_data_max) && reader_at_end(&reader));
    return out;
}

/* After header, context and list length. */
bulla_bytes trace_certificate(const struct vectors *vectors, const char *side) {
    struct reader reader = reader_over(message_of(vectors, side, "Certificate"));
    bulla_bytes context, list = {NULL, 0}, der = {NULL, 0};
    assert_true(reader_skip(&reader, HANDSHAKE_HEADER_LEN) && reader_vector8(&reader, &context) &&
                reader_vector24(&reader, &list));
    reader = reader_over(list);
    assert_true(reader_vector24(&reader, &der));
    return der;
}

/* RFC 8446 4.4.3. */
uint16_t trace_signature(const struct vectors *vectors, const char *side, bulla_bytes *out) {
    struct reader reader = reader_over(message_of(vectors, side, "CertificateVerify"));
    uint16_t scheme = 0;
    assert_true(reader_skip(&reader, HANDSHAKE_HEADER_LEN) && reader_u16(&reader, &scheme) &&
                reader_vector16(&reader, out));
    return scheme;
}

/* The message that is "constructed" in section 4 has no binders yet; what is sent has. A client
 * sends nothing else before its hellos. */
bulla_bytes trace_client_hello(const struct vectors *vectors, size_t nth) {
    bulla_bytes hello = vectors_nth(vectors, "client send handshake record: payload", nth);
    assert_int_equal(hello.data[0], HANDSHAKE_CLIENT_HELLO);
    return hello;
}

/* After header and version, RFC 8446 4.1.2 and 4.1.3. */
bulla_bytes trace_random(bulla_bytes hello) {
    return bytes_of(bytes_after(hello, HANDSHAKE_HEADER_LEN + 2).data, RANDOM_LEN);
}

static bulla_bytes message_of(const struct vectors *vectors, const char *side,
                              const char *message) {
    char name[96];
    (void)snprintf(name, sizeof name, "%s construct a %s handshake message: %s", side, message,
                   message);
    return vectors_get(vectors, name);
}
