/* SPDX-License-Identifier: Apache-2.0 */
/* libssl behind the benchmark's interface: one version, one group, one suite, the name checked by
 * SSL_set1_host; tickets only where sessions are resumed, and then of the kind that needs no cache
 * at the server. Its replay protection is off where there is early data: it would need one.
 *
 * Instead of BIO_s_mem a BIO of our own reads from and writes to the wires: one copy each way, as
 * with a socket, where a pair of memory BIOs would cost libssl two. */
#include "base/bytes.h"
#include "peer.h"
#include <bulla/config.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

enum { RECORD_LEN_MAX = 16384 };

/* Where SSL_read puts what it reads; one for all connections, for they take turns. */
struct shared {
    BIO_METHOD *method;
    struct peer_setup setup;
    SSL_SESSION *session; /* the client's latest, or with RESUME_FIRST its first */
    uint8_t data[RECORD_LEN_MAX];
};

static bool libssl_configure(struct peer_configs *out, const struct peer_setup *setup);
static void libssl_discard(struct peer_configs *configs);
static bool libssl_settle(struct peer_configs *configs);
static bool libssl_open(struct peer_connection *connection, enum side side);
static bool libssl_handshake(struct peer_connection *connection);
static bool libssl_send(struct peer_connection *connection, bulla_bytes data);
static bool libssl_receive(struct peer_connection *connection, bulla_bytes *out_data);
static void libssl_close(struct peer_connection *connection);

const struct peer PEER_LIBSSL = {
    .name = "libssl",
    .configure = libssl_configure,
    .discard = libssl_discard,
    .settle = libssl_settle,
    .open = libssl_open,
    .handshake = libssl_handshake,
    .send = libssl_send,
    .receive = libssl_receive,
    .close = libssl_close,
};

static BIO_METHOD *wire_method_new(void);
static int wire_bio_create(BIO *bio);
static int wire_bio_read(BIO *bio, char *out, int cap);
static int wire_bio_write(BIO *bio, const char *in, int len);
static long wire_bio_ctrl(BIO *bio, int command, long number, void *pointer);
static SSL_CTX *context_new(const struct peer_setup *setup, enum side side);
static bool context_limit(SSL_CTX *context, const struct peer_setup *setup);
static const char *suite_name(uint16_t suite);
static bool context_resume(SSL_CTX *context, struct shared *shared, enum side side);
static int keep_session(SSL *ssl, SSL_SESSION *session);
static bool offer_session(SSL *ssl, const struct shared *shared);
static bool send_early(struct peer_connection *connection);
static bool receive_early(struct peer_connection *connection);
static bool take_tickets(struct peer_connection *connection);
static bool context_trust(SSL_CTX *context, bulla_bytes root_pem);
static bool context_show(SSL_CTX *context, bulla_bytes chain_pem, bulla_bytes key_pem);
static bool context_add_chain(SSL_CTX *context, BIO *chain);
static bool complain(const char *doing);

static bool libssl_configure(struct peer_configs *out, const struct peer_setup *setup) {
    *out = (struct peer_configs){0};
    struct shared *shared = calloc(1, sizeof(*shared));
    if (shared == NULL) {
        return complain("configure");
    }
    shared->method = wire_method_new();
    shared->setup = *setup;
    out->shared = shared;
    out->sides[SIDE_CLIENT] = context_new(setup, SIDE_CLIENT);
    out->sides[SIDE_SERVER] = context_new(setup, SIDE_SERVER);
    if (shared->method == NULL || out->sides[SIDE_CLIENT] == NULL ||
        out->sides[SIDE_SERVER] == NULL ||
        !context_resume(out->sides[SIDE_CLIENT], shared, SIDE_CLIENT) ||
        !context_resume(out->sides[SIDE_SERVER], shared, SIDE_SERVER)) {
        libssl_discard(out);
        return complain("configure");
    }
    return true;
}

static void libssl_discard(struct peer_configs *configs) {
    struct shared *shared = configs->shared;
    SSL_CTX_free(configs->sides[SIDE_CLIENT]);
    SSL_CTX_free(configs->sides[SIDE_SERVER]);
    if (shared != NULL) {
        SSL_SESSION_free(shared->session);
        BIO_meth_free(shared->method);
        free(shared);
    }
    *configs = (struct peer_configs){0};
}

static bool libssl_settle(struct peer_configs *configs) {
    const struct shared *shared = configs->shared;
    /* A client with a cache uses a session once. */
    SSL_CTX_set_session_cache_mode(configs->sides[SIDE_CLIENT], SSL_SESS_CACHE_OFF);
    return (shared->session != NULL &&
            SSL_CTX_set_num_tickets(configs->sides[SIDE_SERVER], 0) == 1) ||
           complain("settle");
}

static bool libssl_open(struct peer_connection *connection, enum side side) {
    const struct shared *shared = connection->configs->shared;
    SSL *ssl = SSL_new(connection->configs->sides[side]);
    BIO *bio = BIO_new(shared->method);
    connection->handle = ssl;
    if (ssl == NULL || bio == NULL) {
        BIO_free(bio);
        return complain("open");
    }
    BIO_set_data(bio, connection);
    SSL_set_bio(ssl, bio, bio);
    if (side == SIDE_SERVER) {
        SSL_set_accept_state(ssl);
        return true;
    }
    char name[] = CHAIN_SERVER_NAME; /* the macro below casts const away */
    SSL_set_connect_state(ssl);
    return (SSL_set_tlsext_host_name(ssl, name) && SSL_set1_host(ssl, name) &&
            offer_session(ssl, shared)) ||
           complain("name");
}

static bool libssl_handshake(struct peer_connection *connection) {
    const struct shared *shared = connection->configs->shared;
    SSL *ssl = connection->handle;
    if (connection->established) {
        return take_tickets(connection);
    }
    if (shared->setup.early_len > 0 && !connection->early_over) {
        bool going_on = SSL_is_server(ssl) ? receive_early(connection) : send_early(connection);
        if (!going_on || !connection->early_over) {
            return going_on;
        }
    }
    int done = SSL_do_handshake(ssl);
    if (done != 1) {
        return SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ || complain("handshake");
    }
    connection->established = true;
    connection->resumed = SSL_session_reused(ssl) == 1;
    return true;
}

static bool libssl_send(struct peer_connection *connection, bulla_bytes data) {
    size_t sent = 0;
    return (SSL_write_ex(connection->handle, data.data, data.len, &sent) == 1 &&
            sent == data.len) ||
           complain("send");
}

static bool libssl_receive(struct peer_connection *connection, bulla_bytes *out_data) {
    struct shared *shared = connection->configs->shared;
    SSL *ssl = connection->handle;
    size_t len = 0;
    int done = SSL_read_ex(ssl, shared->data, sizeof(shared->data), &len);
    *out_data = bytes_of(shared->data, len);
    return done == 1 || SSL_get_error(ssl, done) == SSL_ERROR_WANT_READ || complain("receive");
}

/* A connection that ends unannounced takes its session with it: as if it had been announced. */
static void libssl_close(struct peer_connection *connection) {
    if (connection->established) {
        SSL_set_shutdown(connection->handle, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(connection->handle);
    connection->handle = NULL;
    connection->established = false;
}

static BIO_METHOD *wire_method_new(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    if (method == NULL) {
        return NULL;
    }
    if (!BIO_meth_set_create(method, wire_bio_create) ||
        !BIO_meth_set_read(method, wire_bio_read) || !BIO_meth_set_write(method, wire_bio_write) ||
        !BIO_meth_set_ctrl(method, wire_bio_ctrl)) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

static int wire_bio_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static int wire_bio_read(BIO *bio, char *out, int cap) {
    struct wire *wire = ((struct peer_connection *)BIO_get_data(bio))->in;
    size_t len = wire->end - wire->start;
    BIO_clear_retry_flags(bio);
    if (len == 0 || cap <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    if (len > (size_t)cap) {
        len = (size_t)cap;
    }
    bytes_copy(out, len, bytes_of(wire->bytes + wire->start, len));
    wire_consume(wire, len);
    return (int)len;
}

static int wire_bio_write(BIO *bio, const char *in, int len) {
    struct wire *wire = ((struct peer_connection *)BIO_get_data(bio))->out;
    BIO_clear_retry_flags(bio);
    return len >= 0 && wire_append(wire, bytes_of(in, (size_t)len)) ? len : -1;
}

static long wire_bio_ctrl(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static SSL_CTX *context_new(const struct peer_setup *setup, enum side side) {
    const struct chains *chains = setup->chains;
    SSL_CTX *context = SSL_CTX_new(side == SIDE_CLIENT ? TLS_client_method() : TLS_server_method());
    bool is_server = side == SIDE_SERVER;
    bool shows = is_server || setup->mutual;
    bool verifies = !is_server || setup->mutual;

    bool made =
        context != NULL && context_limit(context, setup) &&
        (!verifies || context_trust(context, chains->root_pem)) &&
        (!shows ||
         context_show(context, is_server ? chains->server_chain_pem : chains->client_chain_pem,
                      is_server ? chains->server_key_pem : chains->client_key_pem));
    if (!made) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

static bool context_limit(SSL_CTX *context, const struct peer_setup *setup) {
    const int version = setup->version == BULLA_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    const char *suite = suite_name(setup->suite);
    /* TLS 1.2's list speaks of the certificates' curves too, RFC 8422 5.1.1. */
    int groups[] = {NID_X25519, NID_X9_62_prime256v1};
    if (setup->group != 0 && setup->group != BULLA_GROUP_X25519) {
        return false; /* a hybrid, which OpenSSL 3.0 does not have */
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    if (setup->release_buffers) {
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    }
    return SSL_CTX_set_min_proto_version(context, version) &&
           SSL_CTX_set_max_proto_version(context, version) &&
           (version == TLS1_2_VERSION ? SSL_CTX_set_cipher_list(context, suite)
                                      : SSL_CTX_set_ciphersuites(context, suite)) &&
           SSL_CTX_set1_groups(context, groups, version == TLS1_2_VERSION ? 2 : 1);
}

static const char *suite_name(uint16_t suite) {
    switch (suite) {
    case BULLA_TLS_AES_128_GCM_SHA256:
        return "TLS_AES_128_GCM_SHA256";
    case BULLA_TLS_AES_256_GCM_SHA384:
        return "TLS_AES_256_GCM_SHA384";
    case BULLA_TLS_CHACHA20_POLY1305_SHA256:
        return "TLS_CHACHA20_POLY1305_SHA256";
    default:
        return suite == BULLA_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
                   ? "ECDHE-RSA-AES128-GCM-SHA256"
                   : "ECDHE-ECDSA-AES128-GCM-SHA256";
    }
}

/* A ticket for each handshake, as libbulla is told to issue one. */
static bool context_resume(SSL_CTX *context, struct shared *shared, enum side side) {
    const struct peer_setup *setup = &shared->setup;
    if (setup->resumption == RESUME_NOTHING) {
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        return SSL_CTX_set_num_tickets(context, 0) == 1;
    }
    if (side == SIDE_CLIENT) {
        SSL_CTX_set_app_data(context, shared);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, keep_session);
        return true;
    }
    SSL_CTX_set_options(context, SSL_OP_NO_ANTI_REPLAY);
    return SSL_CTX_set_num_tickets(context, 1) == 1 &&
           (setup->early_len == 0 || SSL_CTX_set_max_early_data(context, EARLY_LEN_MAX) == 1);
}

/* Takes the session over where it returns 1. */
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct shared *shared = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (shared->setup.resumption == RESUME_FIRST && shared->session != NULL) {
        return 0;
    }
    SSL_SESSION_free(shared->session);
    shared->session = session;
    return 1;
}

static bool offer_session(SSL *ssl, const struct shared *shared) {
    return shared->session == NULL || SSL_set_session(ssl, shared->session) == 1;
}

/* What the server sent after the handshake. */
static bool take_tickets(struct peer_connection *connection) {
    struct shared *shared = connection->configs->shared;
    size_t len = 0;
    int done = SSL_read_ex(connection->handle, shared->data, sizeof(shared->data), &len);
    return done == 0 && SSL_get_error(connection->handle, done) == SSL_ERROR_WANT_READ;
}

/* Where there is a session for it. */
static bool send_early(struct peer_connection *connection) {
    const struct shared *shared = connection->configs->shared;
    const SSL_SESSION *session = SSL_get0_session(connection->handle);
    size_t sent = 0;
    connection->early_over = true;
    return session == NULL || SSL_SESSION_get_max_early_data(session) == 0 ||
           SSL_write_early_data(connection->handle, shared->data, shared->setup.early_len, &sent) ==
               1 ||
           complain("send early data");
}

static bool receive_early(struct peer_connection *connection) {
    struct shared *shared = connection->configs->shared;
    int done = SSL_READ_EARLY_DATA_SUCCESS;
    while (done == SSL_READ_EARLY_DATA_SUCCESS) {
        size_t len = 0;
        done = SSL_read_early_data(connection->handle, shared->data, sizeof(shared->data), &len);
        connection->early_taken += len;
    }
    connection->early_over = done == SSL_READ_EARLY_DATA_FINISH;
    return connection->early_over || SSL_get_error(connection->handle, 0) == SSL_ERROR_WANT_READ ||
           complain("receive early data");
}

static bool context_trust(SSL_CTX *context, bulla_bytes root_pem) {
    BIO *bio = BIO_new_mem_buf(root_pem.data, (int)root_pem.len);
    X509 *root = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool added = root != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_free(root);
    BIO_free(bio);
    return added;
}

static bool context_show(SSL_CTX *context, bulla_bytes chain_pem, bulla_bytes key_pem) {
    BIO *chain = BIO_new_mem_buf(chain_pem.data, (int)chain_pem.len);
    BIO *key_bio = BIO_new_mem_buf(key_pem.data, (int)key_pem.len);
    EVP_PKEY *key = key_bio == NULL ? NULL : PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    bool shown = chain != NULL && key != NULL && context_add_chain(context, chain) &&
                 SSL_CTX_use_PrivateKey(context, key) == 1;
    EVP_PKEY_free(key);
    BIO_free(key_bio);
    BIO_free(chain);
    return shown;
}

/* The first certificate is the leaf, the second the intermediate. */
static bool context_add_chain(SSL_CTX *context, BIO *chain) {
    X509 *leaf = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    X509 *intermediate = PEM_read_bio_X509(chain, NULL, NULL, NULL);
    bool added = leaf != NULL && intermediate != NULL &&
                 SSL_CTX_use_certificate(context, leaf) == 1 &&
                 SSL_CTX_add1_chain_cert(context, intermediate) == 1;
    X509_free(intermediate);
    X509_free(leaf);
    return added;
}

static bool complain(const char *doing) {
    fprintf(stderr, "bulla-bench: libssl: %s failed\n", doing);
    ERR_print_errors_fp(stderr);
    return false;
}
