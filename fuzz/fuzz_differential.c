/* SPDX-License-Identifier: Apache-2.0 */
/* Our verdict on a chain beside that of libcrypto's X509_verify_cert, strict and not.
 *
 * An input picks one of a few good chains, and edits to make in what its certificates say: bits,
 * tags and whole elements of the DER, lengths put right above them. What was edited is signed
 * again, so that the edit is judged and not the signature. Where the two verdicts differ, the
 * difference belongs to one of the classes below, each of which stands in docs/x509-differences.md
 * with the text that makes our answer the right one; any other aborts. libcrypto's X.509 functions
 * are called here and nowhere else but in the benchmark.
 *
 * With BULLA_DIFFERENTIAL_COUNTS in the environment, the numbers by class are printed at the end.
 */
#include "forge.h"
#include "fuzz_differential_edit.h"
#include "x509/verify.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SCENES = 6, SCENE_LEN_MAX = 4, EDITS_MAX = 4 };

static const char reference_name[] = "www.example.com";

/* What an input says first. */
enum {
    FLAG_STRICT = 1 << 0,
    FLAG_CLIENT = 1 << 1,
    FLAG_NO_NAME = 1 << 2,
    FLAG_PARTIAL = 1 << 3, /* an anchor need not be self-signed for them either */
};

/* A good chain: the certificates that are sent, the leaf first. The anchor is made by key 0. */
struct scene {
    size_t num;
    struct recipe recipes[SCENE_LEN_MAX];
};

/* permitted: DNS example.com */
static const uint8_t constraints_dns[] = {0xa0, 0x0f, 0x30, 0x0d, 0x82, 0x0b, 'e', 'x', 'a',
                                          'm',  'p',  'l',  'e',  '.',  'c',  'o', 'm'};
/* permitted: DNS example.com, IP 192.0.2.0/24; excluded: mail at evil.test */
static const uint8_t constraints_more[] = {
    0xa0, 0x1b, 0x30, 0x0d, 0x82, 0x0b, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'c',
    'o',  'm',  0x30, 0x0a, 0x87, 0x08, 192, 0,   2,   0,   255, 255, 255, 0,   0xa1,
    0x0d, 0x30, 0x0b, 0x81, 0x09, 'e',  'v', 'i', 'l', '.', 't', 'e', 's', 't'};
/* IP 192.0.2.1, me@ok.test, spiffe://t/ */
static const uint8_t names_more[] = {0x87, 0x04, 192, 0,   2,   1,   0x81, 0x0a, 'm',  'e', '@',
                                     'o',  'k',  '.', 't', 'e', 's', 't',  0x86, 0x0b, 's', 'p',
                                     'i',  'f',  'f', 'e', ':', '/', '/',  't',  '/'};

static const struct scene scenes[SCENES] = {
    {2,
     {{.subject = "Leaf", .issuer = "I", .key = 2, .signed_by = 1, .dns = {"www.example.com"}},
      {.subject = "I", .issuer = "Root", .key = 1, .ca = true}}},
    {2,
     {{.subject = "Leaf",
       .issuer = "I",
       .key = 2,
       .signed_by = 1,
       .purposes = EXTENDED_KEY_USAGE_SERVER_AUTH | EXTENDED_KEY_USAGE_CLIENT_AUTH,
       .dns = {"www.example.com", "*.example.com"}},
      {.subject = "I",
       .issuer = "Root",
       .key = 1,
       .ca = true,
       .path_len = 1,
       .purposes = EXTENDED_KEY_USAGE_SERVER_AUTH | EXTENDED_KEY_USAGE_CLIENT_AUTH,
       .name_constraints = {constraints_dns, sizeof constraints_dns}}}},
    {3,
     {{.subject = "Leaf", .issuer = "I", .key = 3, .signed_by = 2, .dns = {"www.example.com"}},
      {.subject = "I", .issuer = "J", .key = 2, .signed_by = 1, .ca = true, .path_len = 1},
      {.subject = "J", .issuer = "Root", .key = 1, .ca = true, .path_len = 2}}},
    {3, /* one of two issuers of one name and key has expired */
     {{.subject = "Leaf", .issuer = "I", .key = 2, .signed_by = 1, .dns = {"www.example.com"}},
      {.subject = "I",
       .issuer = "Root",
       .key = 1,
       .ca = true,
       .not_before = FORGE_NOW - 9 * FORGE_DAY,
       .not_after = FORGE_NOW - FORGE_DAY},
      {.subject = "I", .issuer = "Root", .key = 1, .ca = true}}},
    {2,
     {{.subject = "Leaf",
       .issuer = "I",
       .key = 2,
       .signed_by = 1,
       .dns = {"www.example.com"},
       .names = {names_more, sizeof names_more}},
      {.subject = "I",
       .issuer = "Root",
       .key = 1,
       .ca = true,
       .name_constraints = {constraints_more, sizeof constraints_more}}}},
    {1, {{.subject = "Leaf", .issuer = "Root", .key = 2, .dns = {"www.example.com"}}}},
};

/* Why our verdict is another than theirs. Every class is a heading of docs/x509-differences.md. */
struct difference {
    const char *name;
    bulla_cause cause; /* ours; BULLA_OK where they refuse what we accept */
    int error;         /* theirs; X509_V_OK where they accept */
    unsigned long count;
};

#include "fuzz_differential_classes.h"

/* One verdict of theirs. */
struct verdict {
    bool good;
    int error; /* PARSE_ERROR where there was nothing to be judged */
};

/* What is made once: the keys, the good chains and both stores. */
static struct forge *forge;
static bulla_bytes good_chains[SCENES][SCENE_LEN_MAX];
static bulla_trust *trust;
static X509_STORE *store;

static void start(void);
static void print_counts(void);
static bulla_bytes sign_again(bulla_bytes tbs, size_t signed_by, uint8_t *out);
static size_t make_chain(struct reader *input, const struct scene *scene, bulla_bytes *out_chain);
static bulla_cause ask_us(const bulla_bytes *chain, size_t num, uint8_t flags);
static struct verdict ask_them(const bulla_bytes *chain, size_t num, uint8_t flags);
static STACK_OF(X509) * parse_theirs(const bulla_bytes *chain, size_t num);
static struct verdict verify_theirs(STACK_OF(X509) * certificates, uint8_t flags);
static void classify(bulla_cause ours, struct verdict theirs, uint8_t flags,
                     const bulla_bytes *chain, size_t num);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct reader input = reader_over(bytes_of(data, len));
    bulla_bytes chain[SCENE_LEN_MAX];
    uint8_t which;
    uint8_t flags;
    if (forge == NULL) {
        start();
    }
    if (!reader_u8(&input, &which) || !reader_u8(&input, &flags)) {
        return 0;
    }
    const struct scene *scene = &scenes[which % SCENES];
    for (size_t i = 0; i < scene->num; i++) {
        chain[i] = good_chains[which % SCENES][i];
    }
    size_t num = make_chain(&input, scene, chain);
    bulla_cause ours = ask_us(chain, num, flags);
    struct verdict theirs = ask_them(chain, num, flags);
    if ((ours == BULLA_OK) != theirs.good) {
        classify(ours, theirs, flags, chain, num);
    } else {
        num_agreed[theirs.good]++;
    }
    return 0;
}

static void start(void) {
    static uint8_t buffers[SCENES][SCENE_LEN_MAX][FORGE_LEN_MAX];
    static uint8_t root_buffer[FORGE_LEN_MAX];
    const struct recipe root_recipe = {.subject = "Root", .issuer = "Root", .ca = true};
    forge = calloc(1, sizeof *forge);
    if (forge == NULL) {
        abort();
    }
    forge_start(forge);
    bulla_bytes root = forge_certificate(forge, &root_recipe, root_buffer);
    for (size_t i = 0; i < SCENES; i++) {
        for (size_t j = 0; j < scenes[i].num; j++) {
            good_chains[i][j] = forge_certificate(forge, &scenes[i].recipes[j], buffers[i][j]);
        }
    }
    const uint8_t *der = root.data;
    X509 *theirs = d2i_X509(NULL, &der, (long)root.len);
    store = X509_STORE_new();
    if (theirs == NULL || store == NULL || X509_STORE_add_cert(store, theirs) != 1 ||
        bulla_trust_new(&trust) != BULLA_OK || bulla_trust_add_der(trust, root) != BULLA_OK) {
        abort();
    }
    X509_free(theirs);
    if (getenv("BULLA_DIFFERENTIAL_COUNTS") != NULL && atexit(print_counts) != 0) {
        abort();
    }
}

static void print_counts(void) {
    fprintf(stderr, "%lu accepted by both, %lu refused by both\n", num_agreed[1], num_agreed[0]);
    for (size_t i = 0; i < NUM_CLASSES; i++) {
        if (classes[i].count != 0) {
            fprintf(stderr, "%8lu %s: ours %s, theirs %s\n", classes[i].count, classes[i].name,
                    bulla_cause_about(classes[i].cause)->name,
                    classes[i].error == PARSE_ERROR
                        ? "does not parse"
                        : X509_verify_cert_error_string(classes[i].error));
        }
    }
}

/* Applies the edits that are left in the input; each is six bytes, the first of which chooses the
 * certificate. */
static size_t make_chain(struct reader *input, const struct scene *scene, bulla_bytes *out_chain) {
    static uint8_t tbs_buffers[2][EDIT_LEN_MAX];
    static uint8_t buffers[EDITS_MAX][FORGE_LEN_MAX];
    for (size_t i = 0; i < EDITS_MAX; i++) {
        uint8_t which;
        struct edit edit;
        if (!reader_u8(input, &which) || !edit_read(input, &edit)) {
            break;
        }
        which = (uint8_t)(which % scene->num);
        bulla_bytes tbs;
        bulla_bytes content;
        uint8_t tag;
        struct reader whole = reader_over(out_chain[which]);
        struct reader inside;
        if (!der_read_nested(&whole, DER_SEQUENCE, &inside) ||
            !der_read_any(&inside, &tag, &content, &tbs)) {
            break;
        }
        if (edit_apply(&edit, tbs, tbs_buffers[i % 2], &tbs)) {
            out_chain[which] = sign_again(tbs, scene->recipes[which].signed_by, buffers[i]);
        }
    }
    return scene->num;
}

static bulla_bytes sign_again(bulla_bytes tbs, size_t signed_by, uint8_t *out) {
    uint8_t signature[SIGNATURE_LEN_MAX];
    size_t signature_len;
    struct writer writer = writer_into(out, FORGE_LEN_MAX);
    if (private_key_sign(&forge->keys[signed_by], SIGNATURE_ECDSA, HASH_SHA256, tbs, signature,
                         &signature_len) != BULLA_OK) {
        abort();
    }
    size_t sequence = der_open(&writer, DER_SEQUENCE);
    writer_bytes(&writer, tbs);
    forge_algorithm(&writer, &(struct recipe){0});
    der_write_bit_string(&writer, bytes_of(signature, signature_len));
    der_close(&writer, sequence);
    return forge_written(&writer);
}

static bulla_cause ask_us(const bulla_bytes *chain, size_t num, uint8_t flags) {
    const bulla_verify_request request = {
        .purpose =
            (flags & FLAG_CLIENT) != 0 ? BULLA_PURPOSE_CLIENT_AUTH : BULLA_PURPOSE_SERVER_AUTH,
        .profile = BULLA_PROFILE_PRIVATE,
        .name = (flags & FLAG_NO_NAME) != 0
                    ? (bulla_name){.kind = BULLA_NAME_NONE}
                    : (bulla_name){BULLA_NAME_DNS, bytes_of_text(reference_name)},
        .now = FORGE_NOW,
        .depth_max = BULLA_VERIFY_DEPTH_DEFAULT,
        .revocation = BULLA_REVOCATION_OFF};
    return bulla_verify(trust, chain, num, &request, NULL);
}

static struct verdict ask_them(const bulla_bytes *chain, size_t num, uint8_t flags) {
    STACK_OF(X509) *certificates = parse_theirs(chain, num);
    struct verdict verdict = {.error = PARSE_ERROR};
    if (certificates != NULL) {
        verdict = verify_theirs(certificates, flags);
    }
    sk_X509_pop_free(certificates, X509_free);
    ERR_clear_error();
    return verdict;
}

/* One that does not parse is left out, as a TLS library that went on would do: we ignore it, too,
 * unless it is the leaf. */
static STACK_OF(X509) * parse_theirs(const bulla_bytes *chain, size_t num) {
    STACK_OF(X509) *certificates = sk_X509_new_null();
    for (size_t i = 0; certificates != NULL && i < num; i++) {
        const uint8_t *der = chain[i].data;
        X509 *certificate = d2i_X509(NULL, &der, (long)chain[i].len);
        if (certificate == NULL && i == 0) {
            sk_X509_free(certificates);
            return NULL;
        }
        if (certificate != NULL && sk_X509_push(certificates, certificate) == 0) {
            abort();
        }
    }
    return certificates;
}

static struct verdict verify_theirs(STACK_OF(X509) * certificates, uint8_t flags) {
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL ||
        X509_STORE_CTX_init(context, store, sk_X509_value(certificates, 0), certificates) != 1) {
        abort();
    }
    X509_VERIFY_PARAM *parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, FORGE_NOW);
    X509_VERIFY_PARAM_set_depth(parameters, BULLA_VERIFY_DEPTH_DEFAULT);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    unsigned long asked = ((flags & FLAG_STRICT) != 0 ? X509_V_FLAG_X509_STRICT : 0) |
                          ((flags & FLAG_PARTIAL) != 0 ? X509_V_FLAG_PARTIAL_CHAIN : 0);
    int purpose = (flags & FLAG_CLIENT) != 0 ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER;
    if (X509_VERIFY_PARAM_set_flags(parameters, asked) != 1 ||
        X509_VERIFY_PARAM_set_purpose(parameters, purpose) != 1 ||
        ((flags & FLAG_NO_NAME) == 0 &&
         X509_VERIFY_PARAM_set1_host(parameters, reference_name, 0) != 1)) {
        abort();
    }
    struct verdict verdict = {.good = X509_verify_cert(context) == 1};
    verdict.error = verdict.good ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    return verdict;
}

static void classify(bulla_cause ours, struct verdict theirs, uint8_t flags,
                     const bulla_bytes *chain, size_t num) {
    for (size_t i = 0; i < NUM_CLASSES; i++) {
        if (classes[i].cause == ours && classes[i].error == theirs.error) {
            classes[i].count++;
            return;
        }
    }
    fprintf(stderr, "not classified: ours %s, theirs %d (%s), flags %u\n",
            bulla_cause_about(ours)->name, theirs.error,
            theirs.error == PARSE_ERROR ? "does not parse"
                                        : X509_verify_cert_error_string(theirs.error),
            flags);
    for (size_t i = 0; i < num; i++) {
        for (size_t j = 0; j < chain[i].len; j++) {
            fprintf(stderr, "%02x", chain[i].data[j]);
        }
        fputc('\n', stderr);
    }
    if (getenv("BULLA_DIFFERENTIAL_GO_ON") == NULL) {
        abort();
    }
}
