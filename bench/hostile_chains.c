/* SPDX-License-Identifier: Apache-2.0 */
/* Makes hostile chains. Each kind goes for one thing that a validator may be made to spend:
 *
 *   namesakes    CAs of one name, none of whose keys made the leaf's signature: each is tried, with
 *                the slowest kinds of keys
 *   large_leaf   the same, and much to be hashed for each of them
 *   mesh         CAs of one name in a ring, the right issuer last: each key is tried on each
 *   layers       eight layers of like CAs, several of each: paths multiply from layer to layer,
 *                every signature on them is good, and no path is: at the top, or for a name
 *   long_names   names that are equal only when compared to their end, in another case
 *   constraints  name constraints against names: their product
 *   policies     policies and mappings, which multiply from level to level
 *   deep         the longest path of good signatures by slow keys
 *   names        one leaf with as many names as there is room for
 */
#include "hostile_chains.h"
#include "base/writer.h"
#include "chains.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NUM_OTHERS_MAX = BULLA_VERIFY_CHAIN_LEN_MAX - 1,
    NUM_LAYERS = 8, /* BULLA_VERIFY_DEPTH_DEFAULT */
    TEXT_LEN_MAX = 1 << 17,
};

static const struct mint_extension CA_EXTENSION = {NID_basic_constraints, "critical,CA:TRUE"};
static const struct mint_extension NAME_EXTENSION = {NID_subject_alt_name,
                                                     "DNS:" CHAIN_SERVER_NAME};

static bool namesakes_p256(struct hostile_chain *out);
static bool namesakes_p384(struct hostile_chain *out);
static bool namesakes_p521(struct hostile_chain *out);
static bool namesakes_rsa2048(struct hostile_chain *out);
static bool namesakes_rsa8192(struct hostile_chain *out);
static bool large_leaf(struct hostile_chain *out);
static bool mesh_p256(struct hostile_chain *out);
static bool mesh_p521(struct hostile_chain *out);
static bool layers_of_2(struct hostile_chain *out);
static bool layers_of_3(struct hostile_chain *out);
static bool layers_long_names(struct hostile_chain *out);
static bool layers_constraints(struct hostile_chain *out);
static bool long_names(struct hostile_chain *out);
static bool constraints_short(struct hostile_chain *out);
static bool constraints_long(struct hostile_chain *out);
static bool policies(struct hostile_chain *out);
static bool deep_p521(struct hostile_chain *out);
static bool names(struct hostile_chain *out);

const struct hostile_kind HOSTILE_KINDS[NUM_HOSTILE_KINDS] = {
    {"namesakes_p256", namesakes_p256},
    {"namesakes_p384", namesakes_p384},
    {"namesakes_p521", namesakes_p521},
    {"namesakes_rsa2048", namesakes_rsa2048},
    {"namesakes_rsa8192", namesakes_rsa8192},
    {"large_leaf", large_leaf},
    {"mesh_p256", mesh_p256},
    {"mesh_p521", mesh_p521},
    {"layers_of_2", layers_of_2},
    {"layers_of_3", layers_of_3},
    {"layers_long_names", layers_long_names},
    {"layers_constraints", layers_constraints},
    {"long_names", long_names},
    {"constraints_short", constraints_short},
    {"constraints_long", constraints_long},
    {"policies", policies},
    {"deep_p521", deep_p521},
    {"names", names},
};

/* What the certificates of layered chains hold besides. */
struct layering {
    size_t num_alike; /* in a layer */
    size_t num_layers;
    enum mint_key_kind keys;
    const char *name; /* of mint_profile */
    const char *leaf_names;
    struct mint_extension first;   /* of the CAs in the lowest layer */
    struct mint_extension each[2]; /* of all CAs, and of the leaf */
    bool to_root; /* the top is signed by the root, else by a stranger of its name */
};

/* For lists of openssl.cnf's notation. */
struct text {
    char characters[TEXT_LEN_MAX];
};

static bool namesakes(struct hostile_chain *out, enum mint_key_kind kind, const char *leaf_names);
static EVP_PKEY *another_key(enum mint_key_kind kind, EVP_PKEY *first, unsigned number);
static bool mesh(struct hostile_chain *out, enum mint_key_kind kind, size_t num);
static bool layers(struct hostile_chain *out, const struct layering *how);
static bool add_layer(struct hostile_chain *out, const struct layering *how, size_t layer,
                      const struct minted *parent, EVP_PKEY *signer, struct minted *out_last);
static bool constraints(struct hostile_chain *out, const char *domain, size_t num);
static bool repeat(struct text *out, const char *before, const char *after, size_t num);
static void write_item(struct writer *writer, const char *before, size_t number, const char *after);
static bool end_list(struct writer *writer);
static bool add(struct hostile_chain *chain, struct minted *minted);
static bool set_root(struct hostile_chain *chain, const struct minted *root);
static EVP_PKEY *share(EVP_PKEY *key);

bool hostile_chain_make(struct hostile_chain *out, const struct hostile_kind *kind) {
    *out = (struct hostile_chain){.num_certificates = 1}; /* the leaf, made last, stands first */
    return kind->make(out) && out->certificates[0].len != 0;
}

void hostile_chain_free(struct hostile_chain *chain) {
    for (size_t i = 0; i < chain->num_certificates; i++) {
        free((void *)(uintptr_t)chain->certificates[i].data);
    }
    free((void *)(uintptr_t)chain->root_pem.data);
    *chain = (struct hostile_chain){0};
}

static bool namesakes_p256(struct hostile_chain *out) {
    return namesakes(out, MINT_P256, NAME_EXTENSION.value);
}

static bool namesakes_p384(struct hostile_chain *out) {
    return namesakes(out, MINT_P384, NAME_EXTENSION.value);
}

static bool namesakes_p521(struct hostile_chain *out) {
    return namesakes(out, MINT_P521, NAME_EXTENSION.value);
}

static bool namesakes_rsa2048(struct hostile_chain *out) {
    return namesakes(out, MINT_RSA2048, NAME_EXTENSION.value);
}

static bool namesakes_rsa8192(struct hostile_chain *out) {
    return namesakes(out, MINT_RSA8192, NAME_EXTENSION.value);
}

static bool large_leaf(struct hostile_chain *out) {
    static struct text list;
    return repeat(&list, "DNS:n", ",", 6200) && namesakes(out, MINT_P256, list.characters);
}

static bool mesh_p256(struct hostile_chain *out) {
    return mesh(out, MINT_P256, NUM_OTHERS_MAX);
}

static bool mesh_p521(struct hostile_chain *out) {
    return mesh(out, MINT_P521, NUM_OTHERS_MAX);
}

static bool layers_of_2(struct hostile_chain *out) {
    return layers(out, &(struct layering){.num_alike = 2, .num_layers = NUM_LAYERS});
}

static bool layers_of_3(struct hostile_chain *out) {
    return layers(out, &(struct layering){.num_alike = 3, .num_layers = NUM_LAYERS});
}

static bool layers_long_names(struct hostile_chain *out) {
    static struct text name;
    return repeat(&name, "Name ", " ", 75) &&
           layers(out, &(struct layering){
                           .num_alike = 3, .num_layers = NUM_LAYERS, .name = name.characters});
}

/* Every path reaches the root, and only then does a name turn out not to be permitted. */
static bool layers_constraints(struct hostile_chain *out) {
    static struct text list;
    return repeat(&list, "DNS:n", ".bench.example,", 100) &&
           layers(out, &(struct layering){.num_alike = 2,
                                          .num_layers = NUM_LAYERS,
                                          .leaf_names = list.characters,
                                          .first = {NID_name_constraints,
                                                    "critical,permitted;DNS:bench.example,"
                                                    "excluded;DNS:n1099.bench.example"},
                                          .to_root = true});
}

/* All of one name, which its issuers write in capitals. */
static bool long_names(struct hostile_chain *out) {
    static struct text small;
    static struct text large;
    struct mint_profile profile = {
        .common_name = "Bench Long", .name = large.characters, .extensions = {CA_EXTENSION}};
    const struct mint_profile leaf_profile = {.common_name = "Leaf",
                                              .extensions = {NAME_EXTENSION}};
    struct minted root = {0};
    struct minted leaf = {0};
    EVP_PKEY *stranger = mint_key(MINT_P256);
    bool made = repeat(&small, "long name ", " ", 20) && repeat(&large, "LONG NAME ", " ", 20) &&
                mint(&root, mint_key(MINT_P256), &profile, NULL, 1) && set_root(out, &root) &&
                mint_signed_by(&leaf, mint_key(MINT_P256), &leaf_profile, &root, stranger, 2) &&
                mint_der(&out->certificates[0], &leaf);
    profile.name = small.characters;
    for (size_t i = 0; made && i < NUM_OTHERS_MAX; i++) {
        struct minted other = {0};
        made =
            mint_signed_by(&other, mint_key(MINT_P256), &profile, &root, stranger, (long)i + 3) &&
            add(out, &other);
        minted_free(&other);
    }
    EVP_PKEY_free(stranger);
    minted_free(&leaf);
    minted_free(&root);
    return made;
}

static bool constraints_short(struct hostile_chain *out) {
    return constraints(out, ",", 3600);
}

static bool constraints_long(struct hostile_chain *out) {
    return constraints(out, ".one-of-many-departments.of-a-large-company.bench.example,", 470);
}

static bool policies(struct hostile_chain *out) {
    enum { NUM_POLICIES = 100, NUM_MAPPED = 4 };
    static struct text list;
    static struct text mappings;
    struct writer writer = writer_into((uint8_t *)mappings.characters, sizeof(mappings.characters));
    for (size_t i = 0; i < NUM_POLICIES * NUM_MAPPED; i++) {
        size_t from = i / NUM_MAPPED;
        write_item(&writer, "1.3.6.", 1000 + from, ":");
        write_item(&writer, "1.3.6.", 1000 + (from + i % NUM_MAPPED) % NUM_POLICIES, ",");
    }
    return end_list(&writer) && repeat(&list, "1.3.6.", ",", NUM_POLICIES) &&
           layers(out, &(struct layering){.num_alike = 1,
                                          .num_layers = NUM_LAYERS,
                                          .each = {{NID_certificate_policies, list.characters},
                                                   {NID_policy_mappings, mappings.characters}},
                                          .to_root = true});
}

static bool deep_p521(struct hostile_chain *out) {
    return layers(
        out, &(struct layering){
                 .num_alike = 1, .num_layers = NUM_LAYERS, .keys = MINT_P521, .to_root = true});
}

static bool names(struct hostile_chain *out) {
    static struct text list;
    return repeat(&list, "DNS:n", ",", 8000) &&
           layers(out, &(struct layering){.num_alike = 1,
                                          .num_layers = 1,
                                          .leaf_names = list.characters,
                                          .to_root = true});
}

static bool namesakes(struct hostile_chain *out, enum mint_key_kind kind, const char *leaf_names) {
    const struct mint_profile profile = {
        .common_name = "Bench Namesake", .extensions = {CA_EXTENSION}, .without_key_ids = true};
    const struct mint_profile leaf_profile = {.common_name = "Leaf",
                                              .extensions = {{NID_subject_alt_name, leaf_names}},
                                              .without_key_ids = true};
    struct minted root = {0};
    struct minted leaf = {0};
    EVP_PKEY *cheap = mint_key(MINT_P256);
    EVP_PKEY *signer = mint_key(kind);
    bool made = mint(&root, mint_key(MINT_P256), &profile, NULL, 1) && set_root(out, &root) &&
                mint_signed_by(&leaf, mint_key(MINT_P256), &leaf_profile, &root, signer, 2) &&
                mint_der(&out->certificates[0], &leaf);
    out->len += out->certificates[0].len;
    for (unsigned i = 0; made && i < NUM_OTHERS_MAX && out->len < HOSTILE_LEN_MAX - 2048; i++) {
        struct minted other = {0};
        made = mint_signed_by(&other, another_key(kind, signer, i + 1), &profile, &root, cheap,
                              (long)i + 3) &&
               add(out, &other);
        minted_free(&other);
    }
    EVP_PKEY_free(signer);
    EVP_PKEY_free(cheap);
    minted_free(&leaf);
    minted_free(&root);
    return made;
}

/* RSA keys that nobody can sign with are made in no time. */
static EVP_PKEY *another_key(enum mint_key_kind kind, EVP_PKEY *first, unsigned number) {
    bool rsa = kind == MINT_RSA2048 || kind == MINT_RSA8192;
    return rsa ? mint_stranger(first, number) : mint_key(kind);
}

/* Certificate i has key i and the signature of key i + 1, and stands as far behind as it can. */
static bool mesh(struct hostile_chain *out, enum mint_key_kind kind, size_t num) {
    const struct mint_profile profile = {
        .common_name = "Bench Mesh", .extensions = {CA_EXTENSION}, .without_key_ids = true};
    const struct mint_profile leaf_profile = {
        .common_name = "Leaf", .extensions = {NAME_EXTENSION}, .without_key_ids = true};
    struct minted root = {0};
    struct minted leaf = {0};
    EVP_PKEY *first = mint_key(kind);
    EVP_PKEY *signer = share(first);
    bool made = mint(&root, mint_key(MINT_P256), &profile, NULL, 1) && set_root(out, &root);
    for (size_t i = 0; made && i < num; i++) {
        struct minted other = {0};
        EVP_PKEY *key = i + 1 == num ? share(first) : mint_key(kind);
        made =
            mint_signed_by(&other, key, &profile, &root, signer, (long)i + 3) && add(out, &other);
        EVP_PKEY_free(signer);
        signer = share(key);
        minted_free(&other);
    }
    made = made && mint_signed_by(&leaf, mint_key(MINT_P256), &leaf_profile, &root, first, 2) &&
           mint_der(&out->certificates[0], &leaf);
    EVP_PKEY_free(signer);
    EVP_PKEY_free(first);
    minted_free(&leaf);
    minted_free(&root);
    return made;
}

/* From the top down: of each layer, one name and one key. */
static bool layers(struct hostile_chain *out, const struct layering *how) {
    const struct mint_profile root_profile = {.common_name = "Bench Root",
                                              .extensions = {CA_EXTENSION}};
    const struct mint_profile leaf_profile = {
        .common_name = "Leaf",
        .extensions = {{NID_subject_alt_name,
                        how->leaf_names == NULL ? NAME_EXTENSION.value : how->leaf_names},
                       how->each[0]}};
    struct minted parent = {0};
    struct minted leaf = {0};
    EVP_PKEY *stranger = mint_key(how->keys);
    bool made =
        mint(&parent, mint_key(how->keys), &root_profile, NULL, 1) && set_root(out, &parent);
    for (size_t layer = how->num_layers; made && layer > 0; layer--) {
        struct minted last = {0};
        bool strange = layer == how->num_layers && !how->to_root;
        made = add_layer(out, how, layer, &parent, strange ? stranger : parent.key, &last);
        minted_free(&parent);
        parent = last;
    }
    made = made && mint(&leaf, mint_key(MINT_P256), &leaf_profile, &parent, 1) &&
           mint_der(&out->certificates[0], &leaf);
    EVP_PKEY_free(stranger);
    minted_free(&leaf);
    minted_free(&parent);
    return made;
}

static bool add_layer(struct hostile_chain *out, const struct layering *how, size_t layer,
                      const struct minted *parent, EVP_PKEY *signer, struct minted *out_last) {
    char common_name[64];
    snprintf(common_name, sizeof(common_name), "Bench Layer %zu", layer);
    struct mint_profile profile = {.common_name = common_name,
                                   .name = how->name,
                                   .extensions = {CA_EXTENSION, how->each[0], how->each[1]}};
    if (layer == 1) {
        profile.extensions[MINT_EXTENSIONS_MAX - 1] = how->first;
    }
    EVP_PKEY *key = mint_key(how->keys);
    bool made = key != NULL;
    for (size_t i = 0; made && i < how->num_alike; i++) {
        minted_free(out_last);
        made = mint_signed_by(out_last, share(key), &profile, parent, signer,
                              (long)(layer * 100 + i)) &&
               add(out, out_last);
    }
    EVP_PKEY_free(key);
    return made;
}

/* As many excluded names as the leaf has names, and none of them are the same. */
static bool constraints(struct hostile_chain *out, const char *domain, size_t num) {
    static struct text has;
    static struct text excludes;
    return repeat(&has, "DNS:n", domain, num) && repeat(&excludes, "excluded;DNS:x", domain, num) &&
           layers(out, &(struct layering){.num_alike = 1,
                                          .num_layers = 1,
                                          .leaf_names = has.characters,
                                          .first = {NID_name_constraints, excludes.characters},
                                          .to_root = true});
}

/* A list of `num` items, each with its number between `before` and `after`; without the comma at
 * its end. */
static bool repeat(struct text *out, const char *before, const char *after, size_t num) {
    struct writer writer = writer_into((uint8_t *)out->characters, sizeof(out->characters));
    for (size_t i = 0; i < num; i++) {
        write_item(&writer, before, 1000 + i, after);
    }
    return end_list(&writer);
}

static void write_item(struct writer *writer, const char *before, size_t number,
                       const char *after) {
    char digits[24];
    snprintf(digits, sizeof(digits), "%zu", number);
    writer_text(writer, before);
    writer_text(writer, digits);
    writer_text(writer, after);
}

static bool end_list(struct writer *writer) {
    bulla_bytes written;
    writer_u8(writer, '\0');
    if (!writer_finish(writer, &written) || written.len < 2) {
        return false;
    }
    if (writer->buffer[writer->len - 2] == ',') {
        writer->buffer[writer->len - 2] = '\0';
    }
    return true;
}

static bool add(struct hostile_chain *chain, struct minted *minted) {
    if (chain->num_certificates == BULLA_VERIFY_CHAIN_LEN_MAX) {
        return false;
    }
    bulla_bytes *der = &chain->certificates[chain->num_certificates];
    if (!mint_der(der, minted)) {
        return false;
    }
    chain->num_certificates++;
    chain->len += der->len;
    return true;
}

static bool set_root(struct hostile_chain *chain, const struct minted *root) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool written = bio != NULL && PEM_write_bio_X509(bio, root->certificate) == 1;
    long len = written ? BIO_get_mem_data(bio, &text) : 0;
    uint8_t *copy = len > 0 ? bytes_duplicate(bytes_of(text, (size_t)len)) : NULL;
    chain->root_pem = bytes_of(copy, copy == NULL ? 0 : (size_t)len);
    BIO_free(bio);
    return copy != NULL;
}

static EVP_PKEY *share(EVP_PKEY *key) {
    return key != NULL && EVP_PKEY_up_ref(key) == 1 ? key : NULL;
}
