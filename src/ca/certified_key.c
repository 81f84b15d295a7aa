/* SPDX-License-Identifier: Apache-2.0 */
/* Loading, judging and making the pairs of certified_key.h. A key is written with mode 0600 before
 * its certificate: a crash between the two leaves a pair that does not match, which the next start
 * sees and makes anew. */
#include "ca/certified_key.h"

#include "der/pem.h"
#include "der/private_key.h"
#include "net/file.h"
#include "x509/name.h"

#include <errno.h>
#include <stdlib.h>

enum { DER_LEN_MAX = 8192, PEM_LEN_MAX = 16384, SECRET_LEN_MAX = 66 };

/* What certified_key_make() writes. */
struct drawn_key {
    uint8_t secret[SECRET_LEN_MAX];
    size_t secret_len;
};

static bulla_cause load_certificate(struct certified_key *out, bulla_bytes pem);
static bool key_fits(const struct certified_key *pair);
static bulla_cause draw_key(struct drawn_key *drawn, struct private_key *out,
                            const struct random_source *random);
static bulla_cause issue(struct certified_key *out, const struct issue_request *request,
                         const struct certified_key *issuer, const struct random_source *random);
static bulla_cause write_key_pem(const struct drawn_key *drawn, struct writer *out);
static bulla_cause write_chain_pem(const struct certified_key *pair,
                                   const struct certified_key *issuer, struct writer *out);
static bool save(const struct certified_key_files *files, const struct writer *chain_pem,
                 const struct writer *key_pem, char *problem);
static bool explain_file(char *problem, const char *path, const char *verb);
static void explain_cause(char *problem, const char *path, bulla_cause cause);

enum certified_key_state certified_key_load(struct certified_key *out,
                                            const struct certified_key_files *files,
                                            char *problem) {
    struct file certificate;
    struct file key;
    bulla_cause cause;
    *out = (struct certified_key){0};
    bool has_certificate = file_read(&certificate, files->certificate);
    if (!has_certificate && errno != ENOENT) {
        (void)explain_file(problem, files->certificate, "read");
        return CERTIFIED_KEY_BROKEN;
    }
    bool has_key = file_read(&key, files->key);
    if (!has_key && errno != ENOENT) {
        file_free(&certificate);
        (void)explain_file(problem, files->key, "read");
        return CERTIFIED_KEY_BROKEN;
    }
    enum certified_key_state state = CERTIFIED_KEY_BROKEN;
    if (has_certificate && (cause = load_certificate(out, file_bytes(&certificate))) != BULLA_OK) {
        explain_cause(problem, files->certificate, cause);
    } else if (has_key && (cause = private_key_from_pem(&out->key, file_bytes(&key),
                                                        bytes_of(NULL, 0))) != BULLA_OK) {
        explain_cause(problem, files->key, cause);
    } else if (!has_certificate) {
        state = has_key ? CERTIFIED_KEY_NO_CERT : CERTIFIED_KEY_MISSING;
    } else if (!has_key) {
        state = CERTIFIED_KEY_NO_KEY;
    } else {
        state = key_fits(out) ? CERTIFIED_KEY_GOOD : CERTIFIED_KEY_MISMATCH;
    }
    file_free(&certificate);
    file_free(&key);
    return state;
}

void certified_key_free(struct certified_key *pair) {
    private_key_free(&pair->key);
    free(pair->der);
    *pair = (struct certified_key){0};
}

bool certified_key_is_issued_by(const struct certified_key *pair,
                                const struct certified_key *issuer) {
    struct public_key key = {0};
    const struct certificate *certificate = &pair->certificate;
    if (!name_equal(certificate->issuer, issuer->certificate.subject) ||
        certificate_public_key(&issuer->certificate, &key) != BULLA_OK) {
        return false;
    }
    bulla_cause cause = public_key_verify(&key, certificate->signature_algorithm.kind,
                                          certificate->signature_algorithm.hash, certificate->tbs,
                                          certificate->signature);
    public_key_free(&key);
    return cause == BULLA_OK;
}

bool certified_key_make(struct certified_key *out, const struct certified_key_files *files,
                        const struct issue_request *request, const struct certified_key *issuer,
                        bool add_issuer, const struct random_source *random, char *problem) {
    struct drawn_key drawn;
    struct writer chain_pem = writer_growing(PEM_LEN_MAX);
    struct writer key_pem = writer_growing(PEM_LEN_MAX);
    *out = (struct certified_key){0};
    bulla_cause cause = draw_key(&drawn, &out->key, random);
    if (cause == BULLA_OK) {
        cause = issue(out, request, issuer, random);
    }
    if (cause == BULLA_OK) {
        cause = write_chain_pem(out, add_issuer ? issuer : NULL, &chain_pem);
    }
    if (cause == BULLA_OK) {
        cause = write_key_pem(&drawn, &key_pem);
    }
    bool ok = false;
    if (cause != BULLA_OK) {
        explain_cause(problem, files->certificate, cause);
    } else {
        ok = save(files, &chain_pem, &key_pem, problem);
    }
    bytes_wipe(&drawn, sizeof drawn);
    writer_free(&chain_pem);
    writer_free(&key_pem);
    return ok;
}

static bulla_cause load_certificate(struct certified_key *out, bulla_bytes pem) {
    struct reader text = reader_over(pem);
    for (;;) {
        struct pem_block block;
        bulla_cause cause = pem_next(&text, &block);
        if (cause != BULLA_OK) {
            return cause;
        }
        if (bytes_equal(block.label, BYTES_OF("CERTIFICATE"))) {
            out->der = bytes_duplicate(bytes_of(block.der, block.der_len));
            size_t len = block.der_len;
            pem_block_free(&block);
            return out->der == NULL ? BULLA_E_OUT_OF_MEMORY
                                    : certificate_parse(&out->certificate, bytes_of(out->der, len));
        }
        pem_block_free(&block);
    }
}

static bool key_fits(const struct certified_key *pair) {
    struct writer info = writer_growing(DER_LEN_MAX);
    bulla_bytes bytes;
    bool fits = issue_public_key_info(&pair->key, &info) == BULLA_OK &&
                writer_finish(&info, &bytes) && bytes_equal(bytes, pair->certificate.key.der);
    writer_free(&info);
    return fits;
}

static bulla_cause draw_key(struct drawn_key *drawn, struct private_key *out,
                            const struct random_source *random) {
    bulla_cause cause =
        private_key_draw(KEY_KIND_EC_P256, random, drawn->secret, &drawn->secret_len);
    if (cause != BULLA_OK) {
        return cause;
    }
    return private_key_from_scalar(out, KEY_KIND_EC_P256,
                                   bytes_of(drawn->secret, drawn->secret_len));
}

static bulla_cause issue(struct certified_key *out, const struct issue_request *request,
                         const struct certified_key *issuer, const struct random_source *random) {
    struct writer info = writer_growing(DER_LEN_MAX);
    struct writer der = writer_growing(DER_LEN_MAX);
    bulla_bytes bytes;
    bulla_cause cause = issue_public_key_info(&out->key, &info);
    if (cause == BULLA_OK && !writer_finish(&info, &bytes)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    if (cause == BULLA_OK) {
        cause = issue_certificate(request, bytes, issuer == NULL ? NULL : &issuer->certificate,
                                  issuer == NULL ? &out->key : &issuer->key, random, &der);
    }
    if (cause == BULLA_OK) {
        out->der = writer_finish(&der, &bytes) ? bytes_duplicate(bytes) : NULL;
        cause = out->der == NULL
                    ? BULLA_E_OUT_OF_MEMORY
                    : certificate_parse(&out->certificate, bytes_of(out->der, bytes.len));
    }
    writer_free(&info);
    writer_free(&der);
    return cause;
}

static bulla_cause write_chain_pem(const struct certified_key *pair,
                                   const struct certified_key *issuer, struct writer *out) {
    pem_write(out, "CERTIFICATE", pair->certificate.der);
    if (issuer != NULL) {
        pem_write(out, "CERTIFICATE", issuer->certificate.der);
    }
    return out->failed ? BULLA_E_OUT_OF_MEMORY : BULLA_OK;
}

static bulla_cause write_key_pem(const struct drawn_key *drawn, struct writer *out) {
    struct writer der = writer_growing(DER_LEN_MAX);
    bulla_bytes bytes;
    bulla_cause cause =
        private_key_write_pkcs8(KEY_KIND_EC_P256, bytes_of(drawn->secret, drawn->secret_len), &der);
    if (cause == BULLA_OK && writer_finish(&der, &bytes)) {
        pem_write(out, "PRIVATE KEY", bytes);
    }
    if (cause == BULLA_OK && (der.failed || out->failed)) {
        cause = BULLA_E_OUT_OF_MEMORY;
    }
    writer_free(&der);
    return cause;
}

static bool save(const struct certified_key_files *files, const struct writer *chain_pem,
                 const struct writer *key_pem, char *problem) {
    if (!file_replace(files->key, bytes_of(key_pem->buffer, key_pem->len), 0600)) {
        return explain_file(problem, files->key, "write");
    }
    if (!file_replace(files->certificate, bytes_of(chain_pem->buffer, chain_pem->len), 0644)) {
        return explain_file(problem, files->certificate, "write");
    }
    return true;
}

static bool explain_file(char *problem, const char *path, const char *verb) {
    const char *fix = errno == EACCES || errno == EPERM ? "check its owner and mode: ls -l"
                      : errno == ENOSPC                 ? "free some disk space"
                                                        : "check the path";
    snprintf(problem, CERTIFIED_KEY_PROBLEM_MAX, "cannot %s %s: %s; %s", verb, path,
             strerror(errno), fix);
    return false;
}

static void explain_cause(char *problem, const char *path, bulla_cause cause) {
    const bulla_cause_info *about = bulla_cause_about(cause);
    snprintf(problem, CERTIFIED_KEY_PROBLEM_MAX,
             "%s: %s: %s; restore the file, or remove it to have it "
             "made anew: rm %s",
             path, about->name, about->says, path);
}
